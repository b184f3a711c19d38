"""The vector engine over the whole log, and a monitor fed in any order, tell the same changes of state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow import parse
from mpmflow.analysis.risk.watched import indicator_traces
from mpmflow.live.monitor import Monitor
from mpmflow.live.transitions import FIRST
from mpmflow.model.model import Model
from mpmflow.readers.observe import observe

from .processes import MODELS, MONDAY, logs

polars = pytest.importorskip("polars", reason="optional: polars")

WEEK = timedelta(weeks=1)
Change = tuple[str, datetime, str, str]


def by_vectors(model: Model, rows: list[dict[str, Any]], until: datetime) -> list[Change]:
    """The changes of state that the rules' vector engine finds in the whole log."""
    types = {"amount": polars.Float64}
    frame = polars.DataFrame(rows, schema_overrides={name: types[name] for name in types if name in rows[0]})
    seen = observe(model, log=frame, as_of=until, patience=None)
    found = []
    for name, trace in indicator_traces(model, seen).items():
        if name not in {indicator.name for indicator in model.declared_indicators}:
            continue
        before: str = FIRST
        for start, state in zip(seen.starts, trace.states, strict=False):
            if state != before:
                found.append((name, start, before, state))
            before = state
    return sorted(found)


def told(monitor: Monitor) -> list[Change]:
    return sorted((one.indicator, one.start, one.before, one.after) for one in monitor.transitions())


def closing(rows: list[dict[str, Any]]) -> datetime:
    """The end of the period of the last event."""
    return MONDAY + WEEK * ((max(row["time"] for row in rows) - MONDAY) // WEEK + 1)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_one_by_one_shuffled_and_all_at_once_are_the_same(name: str, data: st.DataObject) -> None:
    model = MODELS[name]
    rows = data.draw(logs(name, weeks=6, most=25))
    expected = by_vectors(model, rows, closing(rows))
    in_order = sorted(rows, key=lambda row: row["time"])
    # Shuffled by up to two weeks: no event comes after one that is more than two weeks later.
    shifts = data.draw(st.lists(st.integers(0, 14 * 24), min_size=len(rows), max_size=len(rows)))
    late = [row for _, row in sorted(
        ((row["time"] + timedelta(hours=shift), row) for row, shift in zip(rows, shifts, strict=True)),
        key=lambda pair: pair[0],
    )]  # fmt: skip
    for order in (in_order, late):
        delivered: list[Any] = []
        with Monitor(model, patience=None, late="2w") as monitor:
            monitor.on("any", delivered.append)
            now = MONDAY
            for row in order:
                now = max(now, row["time"])
                monitor.advance(now)
                monitor.feed(row)
            monitor.advance(closing(rows))
            assert monitor.counts["refused"] == 0
            assert told(monitor) == expected
        # What was delivered and not withdrawn is what stands; every delivery has a key of its own.
        standing: dict[tuple[Any, ...], int] = {}
        for one in delivered:
            change = (one.indicator, one.start, one.before, one.after)
            standing[change] = standing.get(change, 0) + (-1 if one.withdrawn else 1)
        assert sorted(change for change, count in standing.items() if count) == expected
        assert set(standing.values()) <= {0, 1}
        assert len({one.key for one in delivered}) == len(delivered)


CHARTED = parse("""
workflow w { step brief }
metric leads output unit leads
metric spend activity unit eur
indicator dear = spend / leads {
  warn above 40 eur for 2w, clears below 35 eur
  alert out of control or rises 50% in 3w
}
""")


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_values_of_tables_in_any_order(data: st.DataObject) -> None:
    """Control limits and moves look far back; they too are the same whether values come weekly or all at once."""
    weeks = data.draw(st.integers(3, 30))
    missing = st.one_of(st.none(), st.integers(1, 50))
    values = [(data.draw(st.integers(100, 2000)), data.draw(missing)) for _ in range(weeks)]
    rows = [
        (name, number, pair[at]) for number, pair in enumerate(values) for at, name in enumerate(("spend", "leads"))
    ]
    frame = polars.DataFrame(
        {"time": [(MONDAY + WEEK * n).date().isoformat() for n in range(weeks)],
         "spend": [pair[0] for pair in values], "leads": [pair[1] for pair in values]},
        schema_overrides={"leads": polars.Int64},
    )  # fmt: skip
    until = MONDAY + WEEK * weeks
    seen = observe(CHARTED, series=frame, as_of=until)
    trace = indicator_traces(CHARTED, seen)["dear"]
    states = list(trace.states)
    expected = [
        ("dear", start, before, state)
        for start, before, state in zip(seen.starts, [FIRST, *states], states, strict=False)
        if before != state
    ]
    with Monitor(CHARTED) as monitor:
        for name, number, value in rows:
            monitor.observe(name, value, MONDAY + WEEK * number)
            monitor.advance(MONDAY + WEEK * number)
        monitor.advance(until)
        assert told(monitor) == expected
    with Monitor(CHARTED) as monitor:
        for name, number, value in data.draw(st.permutations(rows)):
            assert monitor.observe(name, value, MONDAY + WEEK * number)
            assert not monitor.observe(name, value, MONDAY + WEEK * number)
        monitor.advance(until)
        assert told(monitor) == expected
