"""The real expense claims: what the reader counts is what a plain loop over the rows counts."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from mpmflow import load
from mpmflow.api import read
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.readers.observe import observe
from tests.effort import calls

pytest.importorskip("polars", reason="optional: polars")

SHOWN = {
    "administration_ok.approve": "Declaration APPROVED by ADMINISTRATION",
    "administration_ok.reject": "Declaration REJECTED by ADMINISTRATION",
    "budget_owner_ok.approve": "Declaration APPROVED by BUDGET OWNER",
    "budget_owner_ok.reject": "Declaration REJECTED by BUDGET OWNER",
    "pre_approver_ok.approve": "Declaration APPROVED by PRE_APPROVER",
    "pre_approver_ok.reject": "Declaration REJECTED by PRE_APPROVER",
    "supervisor_ok.approve": "Declaration FINAL_APPROVED by SUPERVISOR",
    "supervisor_ok.reject": "Declaration REJECTED by SUPERVISOR",
    "payable.yes": "Request Payment",
    "payable.no": "Declaration REJECTED by MISSING",
}


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "examples" / "travel"


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return load(folder / "travel.mpm")


@pytest.fixture(scope="module")
def observed(model: Model, folder: Path) -> Observations:
    return observe(model, folder=folder)


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    with gzip.open(folder / "claims.csv.gz", "rt", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def cases(rows: list[dict[str, str]]) -> dict[str, list[tuple[datetime, str]]]:
    """Events of each case by time, in the order of the file on ties."""
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in rows:
        found[row["case_id"]].append((datetime.fromisoformat(row["timestamp"]).astimezone(UTC), row["activity"]))
    for events in found.values():
        events.sort(key=lambda event: event[0])
    return found


def week(observed: Observations, when: datetime) -> int:
    return (when - observed.starts[0]) // timedelta(weeks=1)


def test_the_file_checks_without_a_finding(folder: Path) -> None:
    assert read(folder / "travel.mpm").diagnostics == ()


def test_the_log_is_that_of_its_source(observed: Observations, rows: list[dict[str, str]]) -> None:
    assert (observed.coverage.events, observed.coverage.cases) == (55_628, 10_357)
    assert len({row["activity"] for row in rows}) == 14
    assert observed.starts[0] == datetime(2017, 1, 9, tzinfo=UTC)
    assert observed.as_of == datetime(2019, 1, 8, tzinfo=UTC)
    assert len(observed.starts) == 105


def test_it_is_the_published_log_with_fewer_columns(shared: Callable[[str], Path], rows: list[dict[str, str]]) -> None:
    names = {"case_id": "case:concept:name", "activity": "concept:name", "timestamp": "time:timestamp",
             "resource": "org:resource", "role": "org:role", "amount": "(case)_Amount"}  # fmt: skip
    with gzip.open(shared("data/logs/bpic2020_domestic/events.csv.gz"), "rt", newline="", encoding="utf-8") as file:
        published = [{own: row[name] for own, name in names.items()} for row in csv.DictReader(file)]
    assert rows == published


def test_every_activity_is_claimed_and_thirty_six_events_come_out_of_turn(observed: Observations) -> None:
    assert observed.coverage.unmatched == ()
    assert observed.coverage.deviations[0] == ("administration_ok.reject", "submit", 19)
    assert sum(count for *_, count in observed.coverage.deviations) == 36


@pytest.mark.parametrize("outcome", SHOWN)
def test_outcomes_with_an_event_are_that_event_per_week(
    outcome: str, observed: Observations, rows: list[dict[str, str]]
) -> None:
    expected = Counter(
        week(observed, datetime.fromisoformat(row["timestamp"])) for row in rows if row["activity"] == SHOWN[outcome]
    )
    assert observed.outcomes[outcome] == tuple(expected[index] for index in range(105))


@pytest.mark.parametrize("decision", ["administration_ok", "budget_owner_ok", "pre_approver_ok", "supervisor_ok"])
def test_rejection_shares_to_the_last_digit(decision: str, observed: Observations, rows: list[dict[str, str]]) -> None:
    approve, reject = SHOWN[f"{decision}.approve"], SHOWN[f"{decision}.reject"]
    seen: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        if row["activity"] in (approve, reject):
            seen[week(observed, datetime.fromisoformat(row["timestamp"]))].append(row["activity"])
    for index in range(105):
        yes, no = observed.outcomes[f"{decision}.approve"][index], observed.outcomes[f"{decision}.reject"][index]
        assert yes + no == len(seen[index])
        if seen[index]:
            assert Fraction(no, yes + no) == Fraction(seen[index].count(reject), len(seen[index]))


def test_silent_decisions_are_what_came_next(
    observed: Observations, cases: dict[str, list[tuple[datetime, str]]]
) -> None:
    expected: Counter[str] = Counter()
    submit = "Declaration SUBMITTED by EMPLOYEE"
    for events in cases.values():
        names = [name for _, name in events]
        for earlier, later in pairwise(names):
            if earlier == submit:
                for first in ("ADMINISTRATION", "PRE_APPROVER", "SUPERVISOR"):
                    if later.endswith(first):
                        expected[f"first_check.{first.lower()}"] += 1
            if earlier == SHOWN["administration_ok.approve"]:
                other = later in (SHOWN["budget_owner_ok.approve"], SHOWN["budget_owner_ok.reject"])
                expected["budget.of_another" if other else "budget.own"] += 1
            if earlier in ("Declaration REJECTED by EMPLOYEE", SHOWN["payable.no"]) and later == submit:
                expected["again.yes"] += 1
    assert {name: sum(observed.outcomes[name]) for name in expected} == dict(expected)


def test_times_are_those_between_two_events(
    observed: Observations, cases: dict[str, list[tuple[datetime, str]]]
) -> None:
    """`pay` follows a request for payment in every way that the workflow has."""
    visits, milliseconds, squares = [0] * 105, [0] * 105, [0] * 105
    for events in cases.values():
        for (before, earlier), (when, later) in pairwise(events):
            if (earlier, later) == ("Request Payment", "Payment Handled"):
                gap = (when - before) // timedelta(milliseconds=1)
                index = week(observed, when)
                visits[index] += 1
                milliseconds[index] += gap
                squares[index] += gap * gap
    found = observed.durations["pay"]
    assert found.visits == tuple(visits)
    assert found.seconds == tuple(total / 1000 for total in milliseconds)
    assert found.squares == tuple(total / 1_000_000 for total in squares)


def test_ends_arrivals_and_open_cases_balance(
    observed: Observations, cases: dict[str, list[tuple[datetime, str]]]
) -> None:
    last = Counter(events[-1][1] for events in cases.values())
    finished = {name: sum(counts) for name, counts in observed.finished.items()}
    assert finished["claim.paid"] == last["Payment Handled"] == 9911
    assert finished["claim.never_submitted"] == last["Declaration SAVED by EMPLOYEE"] == 134
    assert sum(observed.arrivals["claim"]) == 10_357
    arrived = Counter(week(observed, events[0][0]) for events in cases.values())
    assert observed.arrivals["claim"] == tuple(arrived[index] for index in range(105))
    assert observed.open["claim"][-1] == len(observed.open_cases) == 10_357 - sum(finished.values())
    assert {case.at for case in observed.open_cases} == {"again"}, "all others were settled when the log was taken"


def test_money_is_that_of_the_claims_that_were_paid(
    observed: Observations, rows: list[dict[str, str]], cases: dict[str, list[tuple[datetime, str]]]
) -> None:
    amounts = {row["case_id"]: float(row["amount"]) for row in rows}
    paid = sum(amounts[case] for case, events in cases.items() if events[-1][1] == "Payment Handled")
    assert sum(value or 0.0 for value in observed.series["reimbursed"]) == pytest.approx(paid, rel=1e-12)


def test_the_plan_is_rounded_from_the_weeks_it_names(model: Model, observed: Observations) -> None:
    """2018-01-08 to 2018-05-27, twenty weeks: every declared share lies within a point of the counted one."""
    first = observed.starts.index(datetime(2018, 1, 8, tzinfo=UTC))
    weeks = slice(first, first + 20)
    assert observed.ends[first + 19] == datetime(2018, 5, 28, tzinfo=UTC)
    for node in model.workflows["claim"].decisions:
        counts = {
            outcome.name: sum(observed.outcomes[f"{node.name}.{outcome.name}"][weeks]) for outcome in node.outcomes
        }
        for outcome in node.outcomes:
            if outcome.share and sum(counts.values()):
                assert abs(float(outcome.share.first) - counts[outcome.name] / sum(counts.values())) < 0.01
    assert sum(observed.arrivals["claim"][weeks]) / 20 == pytest.approx(160, abs=5)


def test_nothing_of_the_future_is_in_the_past(model: Model, folder: Path, observed: Observations) -> None:
    """Counts of events up to a day are the same whether the rest of the log is there or not."""
    early = observe(model, folder=folder, as_of="2018-07-08")
    weeks = len(early.starts)
    assert early.ends[-1] == early.as_of == datetime(2018, 7, 9, tzinfo=UTC)
    for outcome in SHOWN:
        assert early.outcomes[outcome] == observed.outcomes[outcome][:weeks]
    assert early.arrivals["claim"] == observed.arrivals["claim"][:weeks]
    rejected, approved = (early.outcomes[f"administration_ok.{way}"][-1] for way in ("reject", "approve"))
    assert (rejected, rejected + approved) == (53, 296), "the README speaks of 18 %"


def test_reading_takes_little_work_per_event(folder: Path) -> None:
    """A dozen function calls an event at the most, all that is done case by case included."""
    model = load(folder / "travel.mpm")
    assert calls(lambda: observe(model, folder=folder)) < 12 * 55_628


def test_the_copy_is_the_one_that_was_counted(folder: Path, observed: Observations) -> None:
    digest = hashlib.sha256((folder / "claims.csv.gz").read_bytes()).hexdigest()
    assert observed.sources == (f"claims.csv.gz sha256:{digest[:32]}",)
