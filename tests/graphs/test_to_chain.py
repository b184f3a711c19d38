"""From a workflow to states and ways: what becomes a state, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.to_chain import to_chain
from mpmflow.graphs.work_time import work_time
from mpmflow.model.distributions import Exponential
from mpmflow.model.model import Import, Model
from mpmflow.model.process import (
    BatchArrivals,
    Branch,
    Call,
    Decision,
    Outcome,
    Parallel,
    RenewalArrivals,
    Step,
    Team,
    Workflow,
    Works,
)
from mpmflow.model.quantities import Quantity

OFFICE = Works(days=["mon", "tue", "wed", "thu", "fri"], start="09:00", end="17:00")


def parts(*body: object, **fields: object) -> list[tuple[str, str]]:
    cells = to_chain(Model(workflows=[Workflow(name="w", body=body, **fields)]), "w").cells
    return [(state.node, state.part) for state in cells.states]


def test_waits_delays_and_blocks_have_states_of_their_own() -> None:
    later = Decision(name="d", outcomes=[Outcome(name="later", share=0.1, target="d", delay="5d"), Outcome(name="go")])
    block = Parallel(name="p", branches=[Branch(body=[Step(name="b")]), Branch()])
    assert parts(Step(name="a", takes="1h", waits="2h"), later, block) == [
        ("a", "wait"),
        ("a", "work"),
        ("d", "work"),
        ("p", "block"),
        ("p", "joined"),
        ("d", "delay"),
    ]


def test_cases_come_to_the_wait_before_the_work() -> None:
    model = Model(workflows=[Workflow(name="w", body=[Step(name="a", waits="2h"), Step(name="b", waits="1h")])])
    cells = to_chain(model, "w").cells
    assert cells.entries_of == {"a": [0], "b": [2]}
    assert cells.states_of == {"a": [1], "b": [3]}


def test_a_called_workflow_is_copied_in_and_keeps_its_names() -> None:
    inner = Workflow(
        name="v",
        body=[
            Step(name="x"),
            Decision(name="q", outcomes=[Outcome(name="no", share=0.1, scrap=True), Outcome(name="y")]),
        ],
    )
    outer = Workflow(name="w", body=[Call(name="one", workflow="v"), Call(name="two", workflow="v"), Step(name="z")])
    cells = to_chain(
        Model(imports=[Import(path="v.mpm", model=Model(workflows=[inner]))], workflows=[outer]), "w"
    ).cells
    assert cells.states_of == {"one": [0], "x": [1, 4], "q": [2, 5], "two": [3], "z": [6]}
    assert len(cells.ways_of["q.no"]) == 2
    assert dict(zip(cells.ends, cells.good, strict=True)) == {"done": True, "scrap": False}


def test_what_no_case_reaches_has_no_state() -> None:
    process = to_chain(Model(workflows=[Workflow(name="w", body=[Step(name="a", target="done"), Step(name="b")])]), "w")
    assert [state.node for state in process.cells.states] == ["a"]
    assert process.unreached == ("b",)


def test_ways_of_a_row_stand_together_and_name_who_pays() -> None:
    check = Decision(
        name="d",
        outcomes=[
            Outcome(name="no", share=0.2, target="a"),
            Outcome(name="yes"),
            Outcome(name="bin", share=0.1, scrap=True),
        ],
    )
    cells = to_chain(Model(workflows=[Workflow(name="w", body=[Step(name="a"), check])]), "w").cells
    payer = cells.ways_of["d.yes"][0]
    assert [way.payer for way in cells.ways] == [None, payer, None, payer]
    assert [way.row for way in cells.ways] == sorted(way.row for way in cells.ways)


def test_work_on_a_calendar_counts_in_its_days_and_weeks() -> None:
    hours = work_time(Team(name="t", works=[OFFICE]))
    assert hours.seconds(Quantity(value=1, unit="d")) == 8 * 3600
    assert hours.seconds(Quantity(value=1, unit="w")) == 40 * 3600
    assert hours.seconds(Quantity(value=3, unit="h")) == 3 * 3600
    assert hours.stretch == pytest.approx(168 / 40)


def test_several_working_hours_add_up_and_overlaps_count_once() -> None:
    evening = Works(days=["mon"], start="16:00", end="20:00")
    hours = work_time(Team(name="t", works=[OFFICE, evening]))
    assert hours.seconds(Quantity(value=1, unit="w")) == 43 * 3600


@given(st.integers(1, 7), st.integers(0, 11), st.integers(12, 24))
def test_a_week_of_work_takes_a_week(days: int, start: int, end: int) -> None:
    works = Works(
        days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"][:days], start=f"{start:02}:00", end=f"{end:02}:00"
    )
    hours = work_time(Team(name="t", works=[works]))
    assert hours.seconds(Quantity(value=1, unit="w")) * hours.stretch == pytest.approx(7 * 86400)


def test_arrivals() -> None:
    def coming(arrivals: object) -> object:
        return to_chain(Model(workflows=[Workflow(name="w", arrivals=arrivals, body=[Step(name="a")])]), "w").coming

    assert coming(RenewalArrivals(gap=Exponential(mean=Quantity(value=10, unit="s")))).rate == pytest.approx(0.1)
    assert coming(BatchArrivals(cases=20)).cases == 20
    assert coming(None).kind is None


def test_a_workflow_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(ModelFault, match=r"no workflow 'x'.*w"):
        to_chain(Model(workflows=[Workflow(name="w", body=[])]), "x")
