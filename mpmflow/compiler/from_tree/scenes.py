"""Scenarios and tests: from the tree to the model."""

from __future__ import annotations

from datetime import date
from typing import Any

from mpmflow.diagnostics.suggest import nearest
from mpmflow.model import scenes
from mpmflow.model.quantities import Quantity
from mpmflow.syntax import tree

from . import figures
from .bridge import Bridge, make
from .process import allows, arrivals, label, poisson, works

MAX_TIMES = 100_000


def scenario(bridge: Bridge, written: tree.Scenario) -> scenes.Scenario:
    """A scenario with its settings."""
    made = bridge.part(
        scenes.Scenario,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        settings=tuple(_setting(bridge, setting) for setting in written.settings),
    )
    bridge.mark(made, name=written.name)
    return made


def _setting(bridge: Bridge, written: tree.Setting) -> scenes.Setting:
    value: Any
    if isinstance(written.value, tree.Quantity):
        value = figures.quantity(bridge, written.value)
    elif isinstance(written.value, tree.Rate):
        of_arrivals = written.name.text.endswith(".arrivals")
        value = poisson(bridge, written.value) if of_arrivals else figures.quantity(bridge, written.value)
    elif isinstance(written.value, (tree.ArrivalEvery, tree.ArrivalBatch)):
        value = arrivals(bridge, written.value)
    elif isinstance(written.value, tree.Works):
        value = works(bridge, written.value)
    else:
        value = figures.duration(bridge, written.value)
    made = bridge.part(scenes.Setting, written.span, lever=written.name.text, value=value)
    bridge.mark(made, lever=written.name, value=written.value)
    return made


def test(bridge: Bridge, written: tree.Test) -> scenes.Test:
    """A test: its examples, what is given and what is expected."""
    tables = [item for item in written.body if isinstance(item, tree.Examples)]
    for extra in tables[1:]:
        bridge.fault("duplicate-clause", extra.span, clause="examples")
    columns = frozenset(word.text for word in tables[0].header) if tables else frozenset()
    given, expects = [], []
    for item in written.body:
        if isinstance(item, tree.Given):
            given.append(_given(bridge, item, columns))
        elif isinstance(item, tree.Expect):
            expects.append(_expect(bridge, item, columns))
    made = bridge.part(
        scenes.Test,
        written.span,
        title=written.title.value,
        allow=allows(bridge, written.allows),
        examples=_examples(bridge, tables[0]) if tables else None,
        given=tuple(given),
        expects=tuple(one for one in expects if one is not None),
    )
    bridge.mark(made, title=written.title)
    return made


def _examples(bridge: Bridge, written: tree.Examples) -> scenes.Examples:
    columns = tuple(word.text for word in written.header)
    for position, word in enumerate(written.header):
        if word.text in columns[:position]:
            bridge.fault(
                "duplicate-name", word.span, name=word.text, kind="a column", other="a column", where=" of the examples"
            )
    rows = []
    for row in written.rows:
        if len(row.cells) != len(columns):
            bridge.fault("row-length", row.span, cells=len(row.cells), columns=len(columns))
            continue
        rows.append(
            tuple(
                figures.quantity(bridge, cell)
                if isinstance(cell, (tree.Quantity, tree.Rate))
                else scenes.read_cell(str(cell))
                for cell in row.cells
            )
        )
    return bridge.part(scenes.Examples, written.span, columns=columns, rows=tuple(rows))


def _cell(bridge: Bridge, written: tree.Word, columns: frozenset[str]) -> scenes.Cell:
    if written.text not in columns:
        bridge.fault(
            "unknown-name",
            written.span,
            kind="column of the examples",
            name=written.text,
            nearest=nearest(written.text, columns),
            known=sorted(columns),
        )
    return bridge.part(scenes.Cell, written.span, column=written.text)


def _given(bridge: Bridge, written: tree.Given, columns: frozenset[str]) -> scenes.Given:
    start: Any = _moment(bridge, written.start, columns)
    if written.start is None:
        bridge.fault(
            "missing-part",
            written.span,
            name=written.name.text,
            kind="given",
            what="date to start from",
            cure="add `from` and a date, as in `every 1w from 2026-01-05`",
        )
    if start is None:
        start = date(2026, 1, 5)  # a Monday; the fault says that the file's own is missing
    made = bridge.part(
        scenes.Given,
        written.span,
        name=written.name.text,
        values=tuple(_observed(bridge, value, columns) for value in written.values),
        every=figures.span_of_time(bridge, written.every, zero=False) if written.every else figures.ONE_WEEK,
        start=start,
    )
    bridge.mark(made, name=written.name, values=written.values, every=written.every, start=written.start)
    return made


def _observed(bridge: Bridge, written: tree.Observed, columns: frozenset[str]) -> Any:
    if isinstance(written, tree.Missing):
        return bridge.part(scenes.Value, written.span, value=None)
    if isinstance(written, tree.Word):
        return _cell(bridge, written, columns)
    if not isinstance(written, tree.Run):
        return bridge.part(scenes.Value, written.span, value=figures.quantity(bridge, written))
    times = figures.count(bridge, written.times, "times", least=0)
    if times > MAX_TIMES:
        bridge.fault("too-many-values", written.times.span, limit=MAX_TIMES)
        times = MAX_TIMES
    down = written.sign == "-"
    step: Any
    if isinstance(written.step, tree.Word):
        step = _cell(bridge, written.step, columns)
    else:
        size = figures.quantity(bridge, written.step)
        step, down = (make(Quantity, value=-size.value, unit=size.unit) if down else size), False
    return bridge.part(
        scenes.Ramp, written.span, start=_observed(bridge, written.start, columns), step=step, down=down, times=times
    )


def _moment(bridge: Bridge, written: tree.Word | None, columns: frozenset[str]) -> Any:
    """A date, or the column of the examples that gives it."""
    if written is not None and not written.text[:1].isdigit():
        return _cell(bridge, written, columns)
    return figures.day(bridge, written)


def _expect(bridge: Bridge, written: tree.Expect, columns: frozenset[str]) -> Any:
    claim = written.claim
    if isinstance(claim, tree.Silent):
        if written.at is not None or written.within is not None:
            bridge.fault("silence-with-date", (written.at or written.within or claim).span)
        made: Any = bridge.part(scenes.ExpectSilence, written.span, level=claim.level, name=claim.name.text)
        bridge.mark(made, name=claim.name)
        return made
    when = {
        "at": _moment(bridge, written.at, columns),
        "within": figures.span_of_time(bridge, written.within) if written.within else None,
    }
    if isinstance(claim, tree.IsState):
        made = bridge.part(scenes.ExpectState, written.span, name=claim.name.text, state=claim.state.text, **when)
        bridge.mark(made, name=claim.name, state=claim.state, at=written.at)
    elif isinstance(claim, tree.Compares):
        value: Any
        if isinstance(claim.value, tree.Word):
            value = _cell(bridge, claim.value, columns)
        else:
            value = figures.quantity(bridge, claim.value)
        made = bridge.part(scenes.ExpectLevel, written.span, name=claim.name.text, side=claim.side, value=value, **when)
        bridge.mark(made, name=claim.name, value=claim.value, at=written.at)
    else:
        made = bridge.part(
            scenes.ExpectSpread, written.span, what=claim.kind, node=claim.at.text, direction=claim.direction, **when
        )
        bridge.mark(made, node=claim.at, at=written.at)
    return made
