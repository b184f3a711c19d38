"""What holds of the evaluator whatever the workflow: on random small ones, through `evaluate` itself.

Closure, sign flips and Shapley values of single parts stand beside what they test (`test_process_change`,
`test_crowds`); here the whole answer is held to the definitions.
"""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow import parse
from mpmflow.analysis.risk.evaluate import evaluate
from tests.analysis.risk_data import observed

FEW = settings(max_examples=6, deadline=None)


def small(seed: int, *, twin: bool = False, split: bool = False, scale: float = 1.0) -> str:
    """A line of steps and decisions; `twin` writes the first outcome that sends back as two halves, `split` one step as
    two of half its cost in a row, `scale` makes every cost so many times larger.
    """
    rng = random.Random(seed)
    lines = ["workflow w {", "  arrivals 30 per week"]
    size = rng.randint(4, 8)
    for at in range(size):
        hours, cost, back = rng.randint(1, 9), rng.randint(1, 90), rng.randint(5, 30)
        behind = rng.randrange(at) if at else 0
        if at in (2, size - 1) or (at > 2 and rng.random() < 0.3):
            again = f"again {back}% -> n{behind} rework"
            if twin and at == 2:
                again = f"again {back / 2}% -> n{behind} rework, more {back / 2}% -> n{behind} rework"
            lines.append(f"  decision n{at} takes {hours}h {{ on, {again}, lost {rng.randint(1, 5)}% scrap }}")
        elif split and at == 1:
            lines.append(f"  step n1 takes {hours / 2}h costs {scale * cost / 2} eur")
            lines.append(f"  step n1b takes {hours / 2}h costs {scale * cost / 2} eur")
        else:
            lines.append(f"  step n{at} takes {hours}h costs {scale * cost} eur")
    lines.append("}")
    lines.append("metric days operational = time(w) unit d\nmetric money operational = cost(w)")
    lines.append("metric both operational = cost(w) + cost(w)\nmetric good operational = yield(w)")
    return "\n".join(lines)


def seen(text: str, seed: int, twin: bool = False, *, still: bool = False):
    """What every decision did in 8 weeks; `still`: nothing is known of n2, so it is as planned."""
    rng = random.Random(seed + 1)
    model = parse(text)
    outcomes = {}
    for _, node in model.nodes():
        if node.kind == "decision":
            again, lost = 2 * rng.randint(2, 40), rng.randint(0, 8)
            half = twin and node.name == "n2"
            parts = {"again": again // 2, "more": again // 2} if half else {"again": again}
            for name, count in {**parts, "lost": lost, "on": 120 - again - lost}.items():
                outcomes[f"{node.name}.{name}"] = [count] * 8
    if still:
        outcomes = {name: row for name, row in outcomes.items() if not name.startswith("n2.")}
    return evaluate(model, observed(8, outcomes), draws=50)


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@given(st.integers(0, 10_000))
@FEW
def test_all_parts_add_up_to_their_whole(seed):
    evaluation = seen(small(seed), seed)
    for row in evaluation.spread:
        assert sum(row.visits_by.values()) == near(row.extra_visits)
        assert sum(row.time_by.values()) + row.residual == near(row.extra_time)
        if row.kind != "metric":
            assert row.path_time + row.own_time + row.pool_time == near(row.extra_time)
        elif row.change is not None:
            assert sum(row.change_by.values()) + row.residual == near(row.change)
    for row in evaluation.metrics:
        if row.change is not None:
            assert sum(row.by.values()) + row.residual == pytest.approx(row.change, rel=1e-6, abs=1e-9)


@given(st.integers(0, 10_000))
@FEW
def test_a_source_that_did_not_move_is_to_blame_for_nothing(seed):
    evaluation = seen(small(seed), seed, still=True)
    blamed = [name for row in evaluation.spread for name in (*row.visits_by, *row.time_by, *row.change_by)]
    assert blamed
    assert not any(name.startswith("n2.") for name in blamed)


@given(st.integers(0, 10_000))
@FEW
def test_parts_of_a_sum_of_metrics_are_the_sums_of_their_parts(seed):
    evaluation = seen(small(seed), seed)
    once, twice = evaluation.metric("money").by, evaluation.metric("both").by
    assert {name: 2.0 * part for name, part in once.items()} == pytest.approx(twice, rel=1e-6)


@given(st.integers(0, 10_000))
@FEW
def test_costs_in_another_unit_are_other_numbers_of_the_same_thing(seed):
    euros, cents = seen(small(seed), seed), seen(small(seed, scale=100.0), seed)
    assert {name: 100.0 * part for name, part in euros.metric("money").by.items()} == pytest.approx(
        cents.metric("money").by, rel=1e-6
    )
    assert euros.metric("days").by == pytest.approx(cents.metric("days").by, rel=1e-6)


@given(st.integers(0, 10_000))
@FEW
def test_an_outcome_written_as_two_halves_spreads_as_one(seed):
    """To 1 %: what is estimated of two shares is not to the last digit what is estimated of their sum."""
    one, two = seen(small(seed), seed), seen(small(seed, twin=True), seed, twin=True)
    ours, theirs = ({row.at: row for row in found.spread if row.kind != "metric"} for found in (one, two))
    assert ours.keys() == theirs.keys()
    for at, row in ours.items():
        other = theirs[at].visits_by
        assert row.extra_visits == pytest.approx(theirs[at].extra_visits, rel=0.01, abs=1e-3)
        halves = other.get("n2.again", 0.0) + other.get("n2.more", 0.0)
        assert row.visits_by.get("n2.again", 0.0) == pytest.approx(halves, rel=0.01, abs=1e-3)


@given(st.integers(0, 10_000))
@FEW
def test_a_step_written_as_two_in_a_row_changes_no_metric_and_no_other_place(seed):
    one, two = seen(small(seed), seed), seen(small(seed, split=True), seed)
    for row in one.metrics:
        assert two.metric(row.name).by == pytest.approx(row.by, rel=1e-6, abs=1e-9)
    ours, theirs = ({row.at: row for row in found.spread if row.kind != "metric"} for found in (one, two))
    for at, row in ours.items():
        halves = theirs[at].extra_time + (theirs["n1b"].extra_time if at == "n1" else 0.0)
        assert row.extra_time == near(halves)


@given(st.integers(0, 10_000))
@FEW
def test_places_that_no_way_leads_to_from_what_moved_feel_nothing(seed):
    """The first two nodes lie before the first decision; what does not send back so far leaves them alone."""
    text = small(seed)
    evaluation = seen(text, seed)
    ways = {
        node.name: {way.target for way in node.outcomes} for _, node in parse(text).nodes() if hasattr(node, "outcomes")
    }
    if all("n0" not in targets for targets in ways.values()):
        row = next(row for row in evaluation.spread if row.at == "n0")
        assert row.extra_visits == near(0.0)
        assert row.extra_time == near(0.0)


@given(st.integers(0, 10_000), st.booleans())
@FEW
def test_more_rework_and_nothing_else_never_makes_less_of_anything(seed, more):
    """Only the share that is sent back moves, at the cost of going on: visits, time and cost all move its way.

    Where nothing is lost: what goes round once more is lost once more often.
    """
    text = re.sub(r", lost \d+% scrap", "", small(seed))
    planned = {
        f"n2.{outcome.name}": outcome.share.by_visit[0]
        for _, node in parse(text).nodes()
        if node.name == "n2"
        for outcome in node.outcomes
        if outcome.share is not None
    }
    again = float(planned["n2.again"]) * (1.5 if more else 0.5)
    counts = {"n2.again": again, "n2.on": 1.0 - again}
    outcomes = {name: [round(100_000 * share)] * 8 for name, share in counts.items()}
    evaluation = evaluate(parse(text), observed(8, outcomes), draws=50)
    sign = 1.0 if more else -1.0
    for row in evaluation.spread:
        if row.kind != "metric":
            assert sign * row.visits_by.get("n2.again", 0.0) >= -1e-9
            assert sign * row.time_by.get("n2.again", 0.0) >= -1e-6
    assert sign * evaluation.metric("money").by["n2.again"] > 0.0
    assert sign * evaluation.metric("days").by["n2.again"] > 0.0


@given(st.integers(0, 10_000))
@settings(max_examples=3, deadline=None)
def test_forecasts_alone_are_those_of_the_whole_answer(seed):
    text = small(seed)
    observations = observed(4, {"n2.again": [30] * 4, "n2.lost": [1] * 4, "n2.on": [69] * 4})
    whole, alone = (evaluate(parse(text), observations, draws=50, only_forecasts=only) for only in (False, True))
    assert [row.to_dict() for row in alone.metrics] == [row.to_dict() for row in whole.metrics]
    places = {row.at: row for row in whole.spread if row.kind != "metric"}
    assert {row.at for row in alone.spread} == set(places)
    for row in alone.spread:
        assert (row.extra_visits, row.extra_time) == (places[row.at].extra_visits, places[row.at].extra_time)
    assert not alone.actions
