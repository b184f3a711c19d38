"""Hand-offs as a page: how often, how long work waits, what was promised, who causes delay and who bears it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mpmflow.analysis.alliances.figures import (
    LATELY,
    NOBODY,
    Burden,
    Designed,
    Estimated,
    HandoffFigure,
    Observed,
    PromiseFigure,
)
from mpmflow.analysis.alliances.handoffs import Handoffs
from mpmflow.model.imports import workflows_in_question
from mpmflow.render.note_blocks import heading, paragraph
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.risk_words import chance, one_unit, signed

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

SMALL = 0.005
"""Less than this of the largest entry of a matrix is shown as a point."""
PERIODS = {86400.0: "day", 604800.0: "week"}
Line = tuple[str, Designed, Observed | None]
"""One line of the first table: whose hand-off it is, and its figures."""
STATES = {"kept": "kept so far", "broken": "broken", "unknown": "nothing seen yet"}


def handoffs_page(found: Handoffs, *, steps: bool = False) -> Group:
    """The page, for a terminal of any width or a file; with `steps` also every hand-off between two steps."""
    from rich.console import Group

    parts: list[RenderableType] = [*_opening(found)]
    if found.pairs:
        parts += _volumes(found, steps)
        promises = [(pair_words(pair), one) for pair in found.pairs for one in pair.promises]
        parts += promise_blocks(promises, found.period)
        parts += _burdens(found)
    parts += [paragraph(note, "dim") for note in found.notes]
    return Group(*parts)


def _opening(found: Handoffs) -> Iterator[RenderableType]:
    from rich.text import Text

    workflows = workflows_in_question(found.model)
    title = f"{workflows[0].title}: " if len(workflows) == 1 else ""
    when = f", up to {found.as_of.isoformat()}" if found.as_of is not None else ""
    yield Text(f"{title}hand-offs between teams{when}", style="bold")
    if not found.pairs:
        yield paragraph(
            "No work passes from one team to another: the steps of this file say `by TEAM` for one at most."
        )
    elif found.cases is not None:
        cases = "1 case" if found.cases == 1 else f"{found.cases:,} cases"
        yield paragraph(f"Observed in a log of {cases}, beside what the file was designed for.")


def table_of(*columns: str, left: int = 1) -> Table:
    """An empty table; the first columns stand left, figures right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="dim")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number < left else "right", overflow="fold")
    return table


def pair_words(pair: HandoffFigure) -> str:
    """Giver and taker, as people call them."""
    return f"{pair.giver_label} → {pair.taker_label}"


# ------------------------------------------------------------------------------------------ how often, how long
def _volumes(found: Handoffs, steps: bool) -> Iterator[RenderableType]:
    lines: list[Line] = [(pair_words(pair), pair.designed, pair.observed) for pair in found.pairs]
    yield from volume_blocks(lines, found.period)
    if steps:
        inner: list[Line] = [
            (f"{step.source} → {step.target}{' (rework)' if step.rework else ''}", step.designed, step.observed)
            for pair in found.pairs
            for step in pair.steps
        ]
        yield from volume_blocks(inner, found.period, "Step by step")


def volume_blocks(
    lines: Sequence[Line], period: float, title: str = "How often, and how long work waits"
) -> Iterator[RenderableType]:
    """How often hand-offs happen, how long work waits and how much comes back: by design, and as observed."""
    from rich.padding import Padding
    from rich.text import Text

    seen = any(observed is not None for _, _, observed in lines)
    rates = seen or any(designed.per_period is not None for _, designed, _ in lines)
    often = f"a {PERIODS.get(period, f'period of {duration(period)}')}" if rates else "a case"
    yield Text("")
    yield heading(title, "waits: since the taker had all it needs; comes back: as rework")
    columns = ["waits", "comes back"]
    if seen:
        columns = ["design", "waits", "design", "9 of 10 within", "waiting now", "comes back", "design"]
    table = table_of("" if seen else "by design", often, *columns)
    for words, designed, observed in lines:
        volume = _number(designed.per_period if rates else designed.per_case)
        wait = duration(designed.wait, 2) if designed.wait is not None else "-"
        if not seen:
            table.add_row(words, volume, wait, _percent(designed.returns))
        elif observed is not None:
            mean = f"{duration(observed.wait.value, 2)}{_mark(observed)}" if observed.wait is not None else "-"
            table.add_row(
                words,
                _number(observed.per_period),
                volume,
                mean,
                wait,
                duration(observed.p90.value, 2) if observed.p90 is not None else "-",
                _waiting(observed),
                _percent(observed.returns.value) if observed.returns is not None else "-",
                _percent(designed.returns),
            )
    yield Padding(table, (0, 0, 0, 2))
    if any(observed is not None and _mark(observed) for _, _, observed in lines):
        yield paragraph("* with the taker's own work in it: the log does not say when that began.", "dim")


def _mark(observed: Observed) -> str:
    return "*" if observed.clock != "start" and observed.wait is not None else ""


def _waiting(observed: Observed) -> str:
    if observed.longest is None:
        return "-"
    return f"{observed.open}, up to {duration(observed.longest, 2)}"


def _number(value: float | None) -> str:
    return significant(value, 2) if value is not None else "-"


def _percent(share: float) -> str:
    return percent(share, 2) if share > 0.0 else "-"


# ------------------------------------------------------------------------------------------ what was promised
def promise_blocks(
    promises: Sequence[tuple[str, PromiseFigure]], period: float, *, owners: bool = True
) -> Iterator[RenderableType]:
    """Promises with what came of them, each beside the words for its hand-off; `owners`: say who answers for one."""
    from rich.padding import Padding
    from rich.text import Text

    if not promises:
        return
    yield Text("")
    seen = any(one.kept is not None for _, one in promises)
    yield heading("What was promised", "kept: of the hand-offs old enough to judge, with a 95% range" if seen else "")
    columns = ["hand-off", "promised", *(["kept", "missed", "so far", "chance to break"] if seen else [])]
    table = table_of(*columns, "late, design", left=2)
    table.columns[1].no_wrap = True
    for words, one in promises:
        cells = [f"{words}{f' in {one.workflow}' if one.workflow else ''}", promise_words(one)]
        if seen:
            cells += [
                f"{percent(one.kept.value, 2)}{_share_range(one.kept)}" if one.kept is not None else "-",
                f"{one.missed} of {one.kept.n}" if one.kept is not None else "-",
                STATES[one.state],
                _breaks(one, period),
            ]
        table.add_row(*cells, chance(one.designed_late) if one.designed_late is not None else "-")
    yield Padding(table, (0, 0, 0, 2))
    for words, one in promises:
        if one.state == "broken":
            yield paragraph(_broken(words, one, owners), "bold")
        if one.worse:
            yield paragraph(_lately(words, one, period))
        if _hopeless(one):
            assert one.share is not None
            late, allowed = chance(one.designed_late), percent(1.0 - one.share)
            yield paragraph(
                f"{_named(words, one)} cannot be kept as it is designed: about {late} would be late, and the promise "
                f"allows {allowed}."
            )


def _lately(words: str, one: PromiseFigure, period: float) -> str:
    assert one.lately is not None
    assert one.earlier is not None
    span = f"{LATELY} {PERIODS.get(period, f'periods of {duration(period)}')}{'s' if period in PERIODS else ''}"
    now, then = percent(one.lately.value, 2), percent(one.earlier.value, 2)
    return f"{_named(words, one)} gets worse: {now} in time in the last {span}, {then} before."


def _hopeless(one: PromiseFigure) -> bool:
    """Whether nothing was seen yet, and by design more would be late than a promise allows."""
    return (
        one.state == "unknown"
        and one.share is not None
        and one.designed_late is not None
        and one.designed_late > 1.0 - one.share
    )


def _breaks(one: PromiseFigure, period: float) -> str:
    """The chance to break, of a promise about every hand-off with the time in which it is meant."""
    if one.p_broken is None:
        return "-"
    every = f" a {PERIODS.get(period, duration(period))}" if one.share is None else ""
    return f"{chance(one.p_broken)}{every}"


def promise_words(one: PromiseFigure) -> str:
    """A promise in words: `90% within 1 d`."""
    share = "every one" if one.share is None else percent(one.share)
    return f"{share} within {duration(one.within)}"


def _named(words: str, one: PromiseFigure) -> str:
    return f"“{one.label}” ({words})" if one.label else words


def _broken(words: str, one: PromiseFigure, owners: bool) -> str:
    assert one.kept is not None
    owner = "" if not owners else f" Ask {one.owner}." if one.owner else " Nobody is named who answers for it."
    wanted = "every one was" if one.share is None else f"{percent(one.share)} were"
    kept = f"{percent(one.kept.value, 2)} were taken up in time"
    return f"{_named(words, one)} is broken: {kept} where {wanted} promised.{owner}"


def _share_range(one: Estimated) -> str:
    if one.low is None or one.high is None:
        return ""
    return f" ({percent(one.low, 2)} to {percent(one.high, 2)})"


# ------------------------------------------------------------------------------------------ who causes, who bears
def _burdens(found: Handoffs) -> Iterator[RenderableType]:
    several = len({one.workflow for one in found.burdens}) > 1
    reference = found.evaluation.reference if found.evaluation is not None else "plan"
    than = {"plan": "by plan", "rework-free": "without rework"}.get(reference, "before")
    told = False
    for one in found.burdens:
        if any(abs(amount) > 0.0 for line in one.cells.values() for amount in line.values()):
            yield from burden_block(one, found.labels, several, than)
            told = True
    if told:
        yield paragraph(
            "A cause counts for the team at whose step or question it was seen: there is where to ask, which is not "
            "always whose fault it is. “Nobody” are arrivals, and steps without a team.",
            "dim",
        )


def burden_block(
    one: Burden, labels: Mapping[str, str], several: bool = False, than: str = "by plan"
) -> Iterator[RenderableType]:
    """A matrix: who causes (rows) extra time or visits, and who bears them (columns)."""
    from rich.padding import Padding
    from rich.text import Text

    largest = max(abs(amount) for line in one.cells.values() for amount in line.values())
    if one.kind == "delay":
        unit, size = one_unit(max(largest, abs(one.total)))
        words = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}[unit]
        title, gloss = "Who causes delay, and who bears it", f"{words} per case more than {than}"
    else:
        size = 0.01
        title, gloss = "Who causes rework, and who does it", f"visits per 100 cases more than {than}"
    yield Text("")
    yield heading(f"{title}{f' in {one.workflow}' if several else ''}", gloss)
    bearers = list(dict.fromkeys(bearer for line in one.cells.values() for bearer in line))
    known = [name for name in labels if name in bearers] + [name for name in bearers if name not in labels]
    table = table_of("caused by ↓  borne by →", *(_who(name, labels) for name in known), "in all")
    for cause, line in one.cells.items():
        cells = [_amount(line.get(bearer, 0.0) / size, largest / size) for bearer in known]
        table.add_row(_who(cause, labels), *cells, _amount(sum(line.values()) / size, largest / size))
    sums = [_amount(one.borne(bearer) / size, largest / size) for bearer in known]
    table.add_row("in all", *sums, _amount(one.total / size, largest / size), style="bold")
    yield Padding(table, (0, 0, 0, 2))


def _who(name: str, labels: Mapping[str, str]) -> str:
    return "nobody" if name == NOBODY else labels.get(name, name)


def _amount(value: float, largest: float) -> str:
    return signed(value) if abs(value) >= SMALL * largest else "·"
