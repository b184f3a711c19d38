"""Visits and loads by plain arithmetic, held against what can be worked out on paper and by brute force."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.analysis.exact.analyze import analyze
from mpmflow.compiler.components import strong_components
from mpmflow.compiler.pipeline import compile_source
from mpmflow.compiler.visits import Calendar, Counter, capacity, work_seconds
from mpmflow.diagnostics.source import Source
from mpmflow.model import distributions as law
from mpmflow.model.flow import arcs
from mpmflow.model.model import Import, Model
from mpmflow.model.process import Team, Works


def model_of(text: str) -> Model:
    made = compile_source(Source("a.mpm", text))
    assert made.errors == ()
    assert made.model is not None
    return made.model


def visits(text: str, workflow: str = "w") -> dict[str, float]:
    model = model_of(text)
    return Counter({one.name: arcs(one) for one in model.workflows}).of(workflow).of


def test_a_loop_of_one_in_five_is_a_quarter_more() -> None:
    found = visits("workflow w { step brief takes 1h\n decision ok { yes 80%, no 20% -> brief rework } }")
    assert found["brief"] == pytest.approx(1.25)


def test_shares_that_change_from_visit_to_visit() -> None:
    found = visits("workflow w { step a takes 1h\n decision ok { yes 50% then 75%, no 50% then 25% -> a rework } }")
    assert found["a"] == pytest.approx(1 + 0.5 / 0.75)


def test_a_bounded_outcome_leads_on_after_its_limit() -> None:
    text = """workflow w {
  step a takes 1h
  decision ok { yes 50%, no 50% -> a rework at most 2 then -> boss }
  done
  step boss takes 1h
}"""
    found = visits(text)
    assert found["a"] == pytest.approx(1 + 0.5 + 0.25)
    assert found["boss"] == pytest.approx(0.125)


def test_all_branches_of_a_block_are_visited_and_a_lost_case_stops_behind_it() -> None:
    text = """workflow w {
  parallel both {
    branch { step a takes 1h\n decision ok { yes 80%, no 20% -> a rework } }
    branch { step b takes 1h\n decision keep { yes 90%, no 10% scrap } }
  }
  step c takes 1h
}"""
    found = visits(text)
    assert found["a"] == pytest.approx(1.25)
    assert found["b"] == pytest.approx(1)
    assert found["c"] == pytest.approx(0.9)


def test_a_called_workflow_is_part_of_the_case() -> None:
    text = """workflow w { step a takes 1h\n call inner\n step c takes 1h }
workflow inner { step b takes 1h\n decision ok { yes 50%, again 30% -> b rework, no 20% scrap } }"""
    found = visits(text)
    assert found["b"] == pytest.approx(1 / 0.7)
    assert found["c"] == pytest.approx(0.5 / 0.7)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), min_size=2, max_size=6), st.integers(0, 2**32))
def test_visits_agree_with_walking_many_cases(shares: list[tuple[int, int]], seed: int) -> None:
    lines = ["workflow w {"]
    for number, (percent, back) in enumerate(shares):
        lines.append(f"  step s{number} takes 1h")
        lines.append(
            f"  decision d{number} {{ on {100 - percent}%, back {percent}% -> s{max(0, number - back)} rework }}"
        )
    found = visits("\n".join([*lines, "}"]))
    dice, cases, seen = random.Random(seed), 3000, [0] * len(shares)
    limit = 200 * cases
    for _ in range(cases):
        place = 0
        while place < len(shares) and limit > 0:
            limit -= 1
            seen[place] += 1
            percent, back = shares[place]
            place = max(0, place - back) if dice.random() * 100 < percent else place + 1
    if limit <= 0:
        return
    for number in range(len(shares)):
        mean = found[f"s{number}"]
        assert seen[number] / cases == pytest.approx(mean, abs=6 * mean * math.sqrt((1 + mean) * len(shares) / cases))


WORKS = (Works(days=("mon", "tue", "wed", "thu", "fri"), start="09:00", end="17:00"),)


def test_a_day_of_work_is_a_day_of_the_calendar() -> None:
    calendar = Calendar.of(WORKS)
    day = law.Constant(value="1d")
    week = law.Constant(value="1w")
    assert work_seconds(day, calendar) == 8 * 3600
    assert work_seconds(week, calendar) == 40 * 3600
    assert work_seconds(day, Calendar.of(())) == 24 * 3600


LAWS = [
    (law.Uniform(low="2h", high="4h"), 3.0),
    (law.Triangular(low="1h", mode="2h", high="6h"), 3.0),
    (law.Exponential(mean="3h"), 3.0),
    (law.Weibull(shape=1, scale="3h"), 3.0),
    (law.Lognormal(mean="3h", sd="2h"), 3.0),
    (law.Normal(mean="3h", sd="0h"), 3.0),
    (law.Normal(mean="0h", sd="1h"), math.sqrt(2 / math.pi)),
]


@pytest.mark.parametrize(("duration", "hours"), LAWS, ids=lambda one: getattr(one, "law", ""))
def test_the_mean_of_each_law(duration: law.Law, hours: float) -> None:
    assert work_seconds(duration, Calendar.of(())) / 3600 == pytest.approx(hours)


def test_two_people_at_work_forty_hours_a_week() -> None:
    assert capacity(Team(name="t", people=2, works=WORKS)) == pytest.approx(2 * 40 / 168)


def test_a_team_at_its_limit_cannot_keep_up_as_analyze_says() -> None:
    text = "team t {{ people 1 }}\nworkflow w {{ arrivals every {gap}\n step s by t takes 1d }}"
    for gap, full in (("23h", True), ("24h", True), ("25h", False)):
        compiled = compile_source(Source("a", text.format(gap=gap)))
        assert ("overloaded-team" in {one.code for one in compiled.diagnostics}) == full
        assert bool(analyze(compiled.model).overload) == full


def test_work_of_an_imported_workflow_counts_and_overlapping_hours_count_once() -> None:
    assert capacity(Team(name="t", works=[*WORKS, *WORKS])) == capacity(Team(name="t", works=WORKS))
    shared = model_of("team t { people 1 }\nworkflow a { arrivals every 25h\n step s by t takes 1d }")
    text = "workflow b { arrivals every 100h\n step u by t takes 1d }"
    whole = Model(imports=[Import(path="a.mpm", model=shared)], workflows=model_of("team t\n" + text).workflows)
    assert [team.team for team in analyze(whole).overload] == ["t"]
    assert "overloaded-team" in {one.code for one in whole.check()}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_components_are_the_names_that_reach_each_other(pairs: list[tuple[int, int]]) -> None:
    ahead: dict[str, list[str]] = {str(number): [] for number in range(8)}
    for one, other in pairs:
        ahead[str(one)].append(str(other))

    def reach(start: str) -> set[str]:
        seen, todo = {start}, [start]
        while todo:
            for other in ahead[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    slow = {frozenset(b for b in ahead if b in reach(a) and a in reach(b)) for a in ahead}
    assert {frozenset(component) for component in strong_components(ahead)} == slow


def test_fractions_stay_exact_in_the_model() -> None:
    model = model_of("workflow w { decision d { yes 2 of 3, no 1 of 3 scrap } }")
    assert model.workflows["w"].decisions[0].outcomes[1].share is not None
    assert model.workflows["w"].decisions[0].outcomes[1].share.first == Fraction(1, 3)
