"""What cases did that the workflow does not have: small stories, and every shared log counted once more by hand."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mpmflow import parse
from mpmflow.model.model import Model
from mpmflow.model.observations import Coverage, Detour
from mpmflow.readers.logs import read_log

polars = pytest.importorskip("polars", reason="optional: polars")

CHAIN = parse("workflow w { step brief\nstep copy\nstep legal\nstep launch }")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def seen(*cases: str, model: Model = CHAIN, days_later: int = 1) -> Coverage:
    """Coverage of cases written as their events, an hour apart, judged some days after the last event."""
    rows = []
    for number, case in enumerate(cases):
        for hour, activity in enumerate(case.split()):
            rows.append((f"c{number}", activity, MONDAY + timedelta(days=number, hours=hour)))
    table = polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")
    return read_log(model, table, as_of=max(row[2] for row in rows) + timedelta(days=days_later)).coverage


def test_a_case_that_follows_the_workflow_makes_no_detour() -> None:
    found = seen("brief copy legal launch", "brief copy")
    assert (found.detours, found.astray) == ((), 0)


def test_skipped_names_what_is_missing_and_a_case() -> None:
    found = seen("brief copy legal launch", "brief launch", "copy legal launch")
    assert found.detours == (
        Detour("skipped", "brief", "launch", 1, 1, ("copy", "legal"), ("c1",)),
        Detour("skipped", "start", "copy", 1, 1, ("brief",), ("c2",)),
    )
    assert found.astray == 2


def test_an_event_too_many_is_inserted_and_the_way_back_from_it_is_no_second_detour() -> None:
    found = seen("brief copy legal launch", "brief legal copy legal launch", "brief brief copy legal launch")
    assert {(one.kind, one.earlier, one.later, one.events) for one in found.detours} == {
        ("inserted", "brief", "brief", 1),
        ("inserted", "brief", "legal", 1),
    }
    assert found.deviations == (("brief", "brief", 1), ("brief", "legal", 1), ("legal", "copy", 1))


def test_out_of_order_is_what_the_workflow_never_does_behind_that() -> None:
    found = seen("brief copy legal launch", "brief copy legal launch copy")
    assert found.detours == (Detour("out of order", "launch", "copy", 1, 1, (), ("c1",)),)


def test_a_case_that_does_so_twice_is_one_case_with_two_events() -> None:
    model = parse("workflow w { step brief\ndecision ok { yes, no 20% -> brief rework }\nstep copy\nstep launch }")
    found = seen("brief copy launch brief copy launch brief copy launch", model=model)
    (detour,) = found.detours
    assert (detour.kind, detour.earlier, detour.later, detour.events, detour.cases) == (
        "out of order",
        "launch",
        "brief",
        2,
        1,
    )
    assert found.astray == 1


def test_unfinished_is_a_case_that_stands_longer_than_any_that_went_on() -> None:
    whole = ["brief copy legal launch"] * 20
    soon = seen("brief copy", *whole, days_later=0)
    assert [one.kind for one in soon.detours] == ["unfinished"], "it has stood for weeks, the others an hour"
    few = seen("brief copy", *whole[:18])
    assert few.detours == (), "18 cases are too few to say how long one waits"
    assert soon.detours[0] == Detour("unfinished", "copy", "", 1, 1, (), ("c0",))
    assert soon.astray == 1


def test_ignored_activities_are_told_apart_from_unmatched_ones() -> None:
    model = parse("""
    workflow w { step brief
      step launch }
    data { log "x.csv" { ignore "Coffee", "lunch" } }
    """)
    found = seen("brief coffee lunch gossip launch", model=model)
    assert found.ignored == (("coffee", 1), ("lunch", 1))
    assert found.unmatched == (("gossip", 1),)
    assert found.detours == ()


def test_a_step_may_be_ignored_by_name_but_not_what_is_seen_as_it() -> None:
    model = parse("""
    workflow w { step brief
      step copy seen as "writing"
      step launch }
    data { log "x.csv" { ignore "brief", "writing" } }
    """)
    found = seen("brief writing launch", model=model)
    assert found.ignored == (("brief", 1),)
    assert found.unmatched == ()


# ------------------------------------------------------------------------------------------- the shared logs


LOGS = {
    "bpic2020_domestic": ("case:concept:name", "concept:name", "time:timestamp"),
    "phone_repair": ("case:concept:name", "concept:name", "time:timestamp"),
    "production_parts": ("case:concept:name", "concept:name", "time:timestamp"),
    "purchasing_p2p": ("case:concept:name", "concept:name", "time:timestamp"),
    "receipt_wabo": ("case:concept:name", "concept:name", "time:timestamp"),
    "running_example": ("case:concept:name", "concept:name", "time:timestamp"),
    "traffic_fines_10k": ("case_id", "activity", "timestamp"),
}


def kind_by_hand(before: int | None, earlier: int, later: int, after: int | None) -> str | None:
    """The kind of a succession in a chain of numbered steps; -1 is the start, None where there is no event."""

    def follows(one: int | None, two: int | None) -> bool:
        return one is not None and two is not None and two == one + 1

    if follows(earlier, later):
        return None
    if earlier != -1 and not follows(before, earlier) and follows(before, later):
        return None
    if earlier == later:
        return "inserted"
    if after is not None and follows(earlier, after) and not follows(later, after):
        return "inserted"
    return "skipped" if later > earlier else "out of order"


@pytest.mark.parametrize("name", LOGS)
def test_every_shared_log_against_an_independent_count(name: str, shared: Callable[[str], Path]) -> None:
    """The workflow is a chain of the log's activities in the order in which they first show; the rarest is left out."""
    columns = LOGS[name]
    with gzip.open(shared(f"data/logs/{name}/events.csv.gz"), "rt", encoding="utf-8") as file:
        rows = [tuple(row[column] for column in columns) for row in csv.DictReader(file)]
    times = {row[2]: datetime.fromisoformat(row[2]) for row in rows}
    times = {text: when if when.tzinfo else when.replace(tzinfo=UTC) for text, when in times.items()}
    counts = Counter(row[1] for row in rows)
    rarest = min(counts, key=lambda activity: (counts[activity], activity))
    steps = [activity for activity in dict.fromkeys(row[1] for row in rows) if activity != rarest]
    text = "\n".join(
        f"step s{number} seen as {json.dumps(step, ensure_ascii=False)}" for number, step in enumerate(steps)
    )
    table = polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")

    found = read_log(parse(f"workflow w {{\n{text}\n}}"), table).coverage

    cases: dict[str, list[tuple[datetime, int]]] = {}
    for case, activity, time in rows:
        if activity != rarest:
            cases.setdefault(case, []).append((times[time], steps.index(activity)))
    detours: Counter[tuple[str, str, str]] = Counter()
    whose: dict[tuple[str, str, str], set[str]] = {}
    astray = set()
    for case, events in cases.items():
        marks = [mark for _, mark in sorted(events, key=lambda event: event[0])]
        for index, later in enumerate(marks):
            earlier = marks[index - 1] if index else -1
            before = marks[index - 2] if index > 1 else -1
            after = marks[index + 1] if index + 1 < len(marks) else None
            if later != earlier + 1:
                astray.add(case)
            kind = kind_by_hand(before, earlier, later, after)
            if kind:
                key = (kind, f"s{earlier}" if earlier >= 0 else "start", f"s{later}")
                detours[key] += 1
                whose.setdefault(key, set()).add(case)
    told = [one for one in found.detours if one.kind != "unfinished"]
    assert {(one.kind, one.earlier, one.later): one.events for one in told} == detours
    assert {(one.kind, one.earlier, one.later): one.cases for one in told} == {
        key: len(ids) for key, ids in whose.items()
    }
    assert all(set(one.examples) <= whose[one.kind, one.earlier, one.later] for one in told)
    assert found.unmatched == ((rarest, counts[rarest]),)
    assert (found.events, found.cases) == (len(rows), len({row[0] for row in rows}))
    unfinished = sum(one.cases for one in found.detours if one.kind == "unfinished")
    assert len(astray) <= found.astray <= len(astray) + unfinished
