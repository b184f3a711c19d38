"""A monitor counts, event by event and in any order, what `observe` counts in the whole log."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.live.monitor import Monitor
from mpmflow.model.observations import Column, LogSource, Observations
from mpmflow.readers.logs import read_log

from .processes import MODELS, MONDAY, distinct, logs

polars = pytest.importorskip("polars", reason="optional: polars")

NOT_COMPARED = {"coverage", "sources"}


def figures(found: Observations) -> dict[str, Any]:
    return {part.name: getattr(found, part.name) for part in fields(found) if part.name not in NOT_COMPARED}


def whole(name: str, rows: list[dict[str, Any]], until: Any, patience: float | None) -> dict[str, Any]:
    types = {"amount": polars.Float64, "start": polars.Datetime("ms", "UTC")}
    frame = polars.DataFrame(rows, schema_overrides={name: types[name] for name in types if name in rows[0]})
    columns = None
    if "lifecycle" in rows[0]:
        roles = ("case", "activity", "time", "lifecycle")
        columns = LogSource(path="fed", columns=tuple(Column(role=role) for role in roles))
    return figures(read_log(MODELS[name], frame, columns, as_of=until, patience=patience))


def same(name: str, rows: list[dict[str, Any]], order: list[dict[str, Any]], patience: float | None) -> None:
    """Feed in an order, close the last period, and look at the whole log as of then."""
    with Monitor(MODELS[name], late="52w", patience=patience) as monitor:
        monitor.feed(order)
        end = max(row["time"] for row in rows) + timedelta(weeks=1)
        monitor.advance(end)
        found = monitor.observations()
        assert figures(found) == whole(name, rows, found.as_of, patience)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_in_any_order_the_figures_are_those_of_the_whole_log(name: str, data: st.DataObject) -> None:
    rows = data.draw(logs(name))
    same(name, rows, data.draw(st.permutations(rows)), data.draw(st.sampled_from([None, 0.9])))


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_events_at_one_moment_keep_the_order_in_which_they_came(name: str, data: st.DataObject) -> None:
    rows = distinct(data.draw(logs(name, ties=True, weeks=1)))
    same(name, rows, rows, None)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_work_that_says_start_and_complete(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["side by side", "quiet"]))
    rows = data.draw(logs(name))
    for row in rows:
        row["lifecycle"] = data.draw(st.sampled_from(["start", "complete", "complete"]))
    same(name, rows, data.draw(st.permutations(rows)), None)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_rows_that_have_a_start_and_an_end(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["side by side", "quiet"]))
    rows = data.draw(logs(name))
    for row in rows:
        before = timedelta(hours=data.draw(st.integers(0, 300)))
        row["start"] = data.draw(st.sampled_from([row["time"] - before, None]))
    same(name, rows, data.draw(st.permutations(rows)), None)


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_cases_that_were_let_go_and_events_that_came_twice_change_nothing(data: st.DataObject) -> None:
    """Cases of an hour each: what has ended is forgotten week by week, and every event comes again."""
    rows = []
    for number in range(data.draw(st.integers(1, 30))):
        begin = MONDAY + timedelta(hours=data.draw(st.integers(0, 8 * 168)))
        path = data.draw(st.sampled_from([["brief", "brief", "approved", "launch"], ["brief", "approved", "launch"]]))
        for step, activity in enumerate(path):
            rows.append(
                {"case": f"c{number}", "activity": activity, "time": begin + timedelta(minutes=step),
                 "channel": "mail", "amount": float(number)}
            )  # fmt: skip
    rows.sort(key=lambda row: row["time"])
    end = rows[-1]["time"] + timedelta(weeks=1)
    with Monitor(MODELS["briefs"], late="1w", patience=None) as monitor:
        for row in rows:
            assert monitor.feed([row, row]) == 1
            monitor.advance(row["time"])
        monitor.advance(end)
        found = monitor.observations()
        assert figures(found) == whole("briefs", rows, found.as_of, None)
        monitor.advance(end + timedelta(weeks=5))
        assert monitor.counts["cases"] == 0
        assert monitor.counts["duplicates"] == len(rows)


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_case_that_goes_round_a_hundred_times_is_kept_short(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["side by side", "quiet", "briefs"]))
    rows = data.draw(logs(name, weeks=12, most=200))
    for row in rows:
        row["case"] = "round and round"
    rows.sort(key=lambda row: row["time"])
    with Monitor(MODELS[name], late="1w", patience=None) as monitor:
        for row in rows:
            monitor.feed(row)
            monitor.advance(row["time"])
        end = rows[-1]["time"] + timedelta(weeks=1)
        monitor.advance(end)
        found = monitor.observations()
        assert figures(found) == whole(name, rows, found.as_of, None)
