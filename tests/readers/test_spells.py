"""Spells of a log: each case's way, event by event, with what was open when the log ended."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import Any

import polars
import pytest

import mpmflow as mpm
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision
from mpmflow.model.spells import OPEN, Spells
from mpmflow.readers.logs import read_log
from mpmflow.readers.spells import read_spells

TRAVEL = Path(__file__).parents[2] / "examples" / "travel"

REVIEW = """
workflow w {
  step brief seen as "briefed"
  decision ok waits 1d {
    yes           seen as "approved"
    no 20% -> brief rework seen as "sent back"
  }
  step launch waits 2d seen as "launched"
}
"""


def log(*events: tuple[Any, ...]) -> polars.DataFrame:
    """Events as (case, activity, day of January 2026) and, if given, lifecycle and resource."""
    days = [datetime(2026, 1, 1 + int(one[2]), int(one[2] % 1 * 24), tzinfo=UTC) for one in events]
    columns = {"case": [one[0] for one in events], "activity": [one[1] for one in events], "time": days}
    if len(events[0]) > 3:
        columns |= {"lifecycle": [one[3] for one in events], "resource": [one[4] for one in events]}
    return polars.DataFrame(columns)


def spells(text: str, frame: polars.DataFrame, **asked: Any) -> Spells:
    return read_spells(mpm.parse(text), log=frame, **asked)


def days(moments: Any) -> list[float | None]:
    """Moments as days of January 2026, from 0."""
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    return [None if isnan(one) else round((one - start) / 86400, 6) for one in moments]


def test_a_decision_has_a_spell_for_each_visit_and_an_open_one_at_the_end() -> None:
    found = spells(
        REVIEW,
        log(("a", "briefed", 0), ("a", "sent back", 3), ("a", "briefed", 4), ("a", "approved", 5), ("b", "briefed", 6)),
        as_of="2026-01-10",
    ).decisions["ok"]
    assert list(found.outcome) == [1, 0, OPEN]
    assert list(found.visit) == [1, 2, 1]
    assert days(found.entered) == [0, 4, 6]
    assert days(found.left) == [3, 5, 10]


def test_an_open_case_waits_at_the_node_that_takes_the_time() -> None:
    found = spells(REVIEW, log(("a", "briefed", 0), ("a", "approved", 2)), as_of="2026-01-05")
    assert days(found.nodes["ok"].left) == [2]
    assert days(found.nodes["launch"].entered) == [2]
    assert days(found.nodes["launch"].left) == [None]


def test_nothing_later_than_the_as_of_day_is_known() -> None:
    frame = log(("a", "briefed", 0), ("a", "approved", 2), ("a", "launched", 8))
    assert spells(REVIEW, frame, as_of="2026-01-04").ended == 0
    assert spells(REVIEW, frame).ended == 1


def test_start_rows_split_the_wait_from_the_work_and_say_who_did_it() -> None:
    text = 'workflow w { step brief takes 1h seen as "brief"\n step copy takes 1d seen as "copy" }'
    found = spells(
        text,
        log(
            ("a", "brief", 0, "start", "Ann"),
            ("a", "brief", 1, "complete", "Ann"),
            ("a", "copy", 3, "start", "Ben"),
            ("a", "copy", 4, "complete", "Ben"),
            ("b", "brief", 4, "start", "Ann"),
        ),
        as_of="2026-01-07",
    )
    copy, brief = found.nodes["copy"], found.nodes["brief"]
    assert (days(copy.entered), days(copy.began), days(copy.left)) == ([1], [3], [4])
    assert [found.resources[one] for one in copy.who] == ["Ben"]
    assert days(brief.left) == [1, None]
    assert days(brief.began) == [0, 4]
    assert found.timed


def test_a_silent_decision_is_open_until_the_next_event_shows_it() -> None:
    text = """
    workflow w {
      step a seen as "a"
      decision d { left, right 30% -> c }
      step b seen as "b" -> done
      step c seen as "c"
    }
    """
    found = spells(
        text, log(("1", "a", 0), ("1", "b", 1), ("2", "a", 0), ("2", "c", 5), ("3", "a", 3)), as_of="2026-01-09"
    )
    assert Counter(found.decisions["d"].outcome) == {0: 1, 1: 1, OPEN: 1}


def test_a_case_that_went_another_way_was_not_asked() -> None:
    text = """
    workflow w {
      step a seen as "a"
      choose way { straight, through 30% -> check }
      step b seen as "b" -> done
      decision check {
        yes seen as "yes"
        no 50% scrap seen as "no"
      }
    }
    """
    found = spells(
        text, log(("1", "a", 0), ("1", "b", 1), ("2", "a", 0), ("2", "no", 5), ("3", "a", 3)), as_of="2026-01-09"
    )
    assert list(found.decisions["check"].outcome) == [2, 1, OPEN]  # 2: there are two outcomes, this was neither


def test_the_branches_of_a_parallel_block_run_beside_each_other() -> None:
    text = """
    workflow w {
      step a seen as "a"
      parallel both {
        branch { step b waits 1d seen as "b" }
        branch { step c waits 1d seen as "c" }
      }
      step d waits 1d seen as "d"
    }
    """
    found = spells(text, log(("1", "a", 0), ("1", "b", 2), ("1", "c", 5), ("1", "d", 6)))
    spans = {name: (days(one.entered), days(one.left)) for name, one in found.nodes.items()}
    assert spans == {"b": ([0], [2]), "c": ([0], [5]), "d": ([5], [6])}


def test_times_behind_a_delay_are_nobodys() -> None:
    text = """
    workflow w {
      step a seen as "a"
      decision d waits 1d {
        yes seen as "yes"
        later 20% -> d delay 5d seen as "later"
      }
    }
    """
    found = spells(text, log(("1", "a", 0), ("1", "later", 1), ("1", "yes", 9)))
    assert days(found.nodes["d"].left) == [1]
    assert list(found.decisions["d"].outcome) == [1, 0]


def test_a_log_of_which_the_workflow_knows_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="no event of it is one that the workflow knows"):
        spells(REVIEW, log(("a", "unheard of", 0)))


def test_a_model_without_a_log_is_told_how_to_name_one() -> None:
    with pytest.raises(DataError, match="--log PATH"):
        read_spells(mpm.parse(REVIEW))


@pytest.fixture(scope="module")
def travel() -> tuple[Model, Spells]:
    model = mpm.load(TRAVEL / "travel.mpm")
    return model, read_spells(model, folder=TRAVEL)


def test_the_spells_of_a_real_log_count_what_the_counting_engine_counts(travel: tuple[Model, Spells]) -> None:
    model, found = travel
    counted = read_log(model, TRAVEL / "claims.csv.gz")
    for _, node in model.nodes():
        if isinstance(node, Decision | Choose) and node.name in found.decisions:
            taken = Counter(found.decisions[node.name].outcome)
            for index, outcome in enumerate(node.outcomes):
                assert taken[index] == sum(counted.outcomes[f"{node.name}.{outcome.name}"]), outcome.name
    for name, times in counted.durations.items():
        visits = found.nodes[name]
        closed = [left - came for came, left in zip(visits.entered, visits.left, strict=True) if not isnan(left - came)]
        assert len(closed) == sum(times.visits), name
        assert sum(closed) == pytest.approx(sum(times.seconds), rel=1e-9), name
    assert found.cases - found.ended == len(counted.open_cases)
    assert found.deviations == sum(count for *_, count in counted.coverage.deviations)


@pytest.mark.parametrize("name", ["phone_repair", "production_parts", "purchasing_p2p"])
def test_logs_with_start_and_end_are_read_as_well(name: str) -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / "logs" / name / "events.csv.gz"
    if not path.exists():
        pytest.skip(f"the shared log {name} is not beside the project")
    activities = {
        "phone_repair": "Test Repair",
        "production_parts": "Final Inspection Q.C.",
        "purchasing_p2p": "Release Supplier's Invoice",
    }
    model = mpm.parse(f'workflow w {{ step one takes 1h seen as "{activities[name]}" }}')
    found = read_spells(model, log=path)
    assert found.timed
    times = [left - began for began, left in zip(found.nodes["one"].began, found.nodes["one"].left, strict=True)]
    assert len(times) > 50
    assert min(times) >= 0
