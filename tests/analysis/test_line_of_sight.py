"""Line of sight: effects checked by hand, what is planted is found, and a cause that goes takes only its own goals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.alignment.answer import LineOfSight
from mpmflow.analysis.alignment.sight import direction_of
from mpmflow.exchange.schema import schema

ROOT = Path(__file__).resolve().parents[2]
DAY = 86400.0

BY_HAND = """
workflow w {
  arrivals 10 per week
  step brief takes 1d
  decision ok { yes, no 20% -> brief rework }
  decision good { pass, fail 10% scrap }
}
metric days     operational = time(w) unit d lower is better
metric launches output      = throughput(w) higher is better
metric posts    activity    unit posts
metric likes    output      unit likes
metric leads    output      unit leads
metric revenue  outcome     unit eur higher is better
cause days     -> leads   { lag 1w, each +1d adds -6 }
cause launches -> leads   { lag 1w to 3w, each +1 adds 5 }
cause leads    -> revenue { lag 4w, each +1 adds 100 eur, evidence experiment }
cause posts    -> likes   { lag 1d, each +1 adds 30 }
objective grow "Grow" enterprise { measured by revenue
  objective fill "Fill" department { measured by leads }
  objective seen "Be seen" department { measured by likes }
}
"""


def sight(text: str) -> LineOfSight:
    return mpm.line_of_sight(mpm.parse(text))


def effect(found: LineOfSight, goal: str, source: str, metric: str):  # type: ignore[no-untyped-def]
    return next(one for one in found.objective(goal).effects if one.source == source and one.metric == metric)


def test_effects_are_products_along_the_ways_and_sums_over_them() -> None:
    """Time is 1 d / (1 - q): one point more of q = 20 % is 1 / 0.64 = 0.015625 d, at -6 leads a day; times 100 eur."""
    found = sight(BY_HAND)
    rework = effect(found, "grow", "ok.no", "revenue")
    assert rework.change == pytest.approx(0.01 / 0.64 * -6 * 100)
    assert (rework.strength, rework.helps, rework.evidence) == ("known", False, "declared")
    # One point more fail: 0.1 launches a week fewer, 5 leads each. Whoever fails takes no less time.
    lost = effect(found, "fill", "good.fail", "leads")
    assert lost.change == pytest.approx(-0.1 * 5)
    # One more arrival per week: 0.9 launches, 5 leads each.
    assert effect(found, "fill", "w.arrivals", "leads").change == pytest.approx(0.9 * 5)


def test_lags_add_up_and_the_range_holds_the_mean() -> None:
    found = sight(BY_HAND)
    chain = effect(found, "grow", "launches", "revenue")
    assert (chain.soonest, chain.lag, chain.latest) == (35 * DAY, 42 * DAY, 49 * DAY)
    for goal in found.objectives:
        for one in goal.effects:
            assert one.soonest <= one.lag <= one.latest


def test_each_step_that_is_spoken_of_is_worth_what_the_model_says() -> None:
    """A finite difference of the analysis: the effect on time of one hour more, through the causes."""
    found = sight(BY_HAND)
    model = mpm.parse(BY_HAND)
    change = mpm.what_if(model, {"brief.takes": "25h"}).alternatives[0].metrics["days"].difference
    assert change is not None
    assert effect(found, "fill", "brief.takes", "leads").change == pytest.approx(-6 * change / DAY)


def test_who_moves_an_outcome_is_effective_and_who_moves_likes_is_not() -> None:
    found = sight(BY_HAND)
    verdicts = {row.name: row.verdict for row in found.activities}
    assert verdicts["ok"] == verdicts["good"] == verdicts["brief"] == "effective"
    assert verdicts["posts"] == "output only"
    assert found.vanity == ("posts", "likes")
    assert next(link for link in found.up if link.child == "seen").reaches is False
    assert next(link for link in found.up if link.child == "fill").effect.change == pytest.approx(100.0)  # type: ignore[union-attr]


def test_what_is_planted_is_found() -> None:
    planted = BY_HAND.replace(
        'objective seen "Be seen" department { measured by likes }',
        'objective loved "Be loved" department { measured by love }',
    )
    planted += """
    metric love outcome unit points
    metric mugs activity unit mugs
    workflow side { step stuff takes 1h }
    metric stuff_time operational = time(side) unit h
    initiative paint { moves stuff.takes from 1h to 30min, serves fill }
    """
    found = sight(planted)
    assert found.blind == ("loved",)
    assert found.vanity == ("posts", "likes", "mugs")
    assert {"stuff", "stuff_time", "mugs", "posts", "likes", "paint"} <= set(found.orphans)
    assert {"stuff", "paint"} <= set(found.efficient_only)
    assert any("paint says it serves fill" in note for note in found.notes)
    assert "ok" not in found.orphans


def test_coverage_is_told_level_by_level() -> None:
    enterprise, department = sight(BY_HAND).levels
    assert (enterprise.level, enterprise.reached, enterprise.below) == ("enterprise", ("grow",), ())
    assert (department.goals, department.moving_up) == (("fill", "seen"), ("fill",))


def test_goals_of_one_level_that_pull_apart_say_at_which_lever() -> None:
    """More spend brings leads, and makes each lead cost more where the price of reach grows."""
    found = sight("""
    team crew { people 2 }
    workflow w { arrivals 3 per week, step brief by crew takes 1d }
    metric spend activity unit eur
    metric leads output   unit leads higher is better
    metric price operational unit eur lower is better
    metric days  operational = time(w) unit d lower is better
    cause spend -> leads { lag 1w, each +1000 eur adds 20 }
    cause spend -> price { lag 1w, each +1000 eur adds 2 eur }
    cause days  -> leads { lag 1w, each +1d adds -1 }
    cause days  -> price { lag 1w, each +1d adds 1 eur }
    objective more department  { measured by leads }
    objective cheap department { measured by price }
    """)
    (pair,) = found.across
    assert (pair.first, pair.second, pair.teams) == ("more", "cheap", ("crew",))
    (conflict,) = pair.conflicts
    assert (conflict.helps.metric, conflict.helps.change) == ("leads", pytest.approx(20.0))
    assert (conflict.hurts.metric, conflict.hurts.change) == ("price", pytest.approx(2.0))
    assert {"brief.takes", "days"} <= set(pair.together)


def test_a_strength_that_only_data_know_is_left_open_and_said() -> None:
    found = sight(BY_HAND.replace("each +1 adds 100 eur, evidence experiment", "learned"))
    open_ = effect(found, "grow", "ok.no", "revenue")
    assert (open_.change, open_.strength, open_.helps) == (None, "unknown", None)
    assert "learned from data" in open_.why
    assert open_.evidence == "declared"  # the way over `days -> leads` rests on somebody's word, weaker than data


def test_a_way_in_doubt_beside_a_known_one_leaves_the_sum_open() -> None:
    found = sight(BY_HAND.replace("lag 1w to 3w, each +1 adds 5", "lag 1w to 3w, learned"))
    partly = effect(found, "fill", "w.arrivals", "leads")
    assert partly.strength == "unknown"
    whole = effect(found, "fill", "ok.no", "leads")
    assert whole.strength == "known"


def test_a_ring_of_influences_that_dies_out_adds_up_in_full() -> None:
    """a moves b by a half and b moves a by a half: one of a is worth 0.5 / (1 - 0.25) of b."""
    found = sight("""
    metric posts activity unit posts
    metric a output unit clicks
    metric b outcome unit visits
    cause posts -> a { lag 1w, each +1 adds 1 }
    cause a -> b { lag 1w, each +1 adds 0.5 }
    cause b -> a { lag 1w, each +1 adds 0.5 }
    objective o enterprise { measured by b }
    """)
    assert effect(found, "o", "posts", "b").change == pytest.approx(0.5 / 0.75)


def test_a_team_with_more_work_than_it_can_do_leaves_times_open_but_not_costs() -> None:
    found = sight("""
    workflow w {
      arrivals 10 per day
      team one { people 1, cost 50 eur/h }
      step a by one takes 1d
      decision ok { yes, no 10% -> a rework }
    }
    metric days  operational = time(w) unit d lower is better
    metric most  operational = p75(time(w)) unit d lower is better
    metric money operational = cost(w) unit eur lower is better
    objective o enterprise { measured by days, most, money }
    """)
    for metric in ("days", "most"):
        mine = [one for one in found.objective("o").effects if one.metric == metric]
        assert {one.source for one in mine} == {"a.takes", "ok.no", "one.people", "w.arrivals"}
        assert all(one.strength == "unknown" and "more work than it can do" in one.why for one in mine)
    hour = effect(found, "o", "a.takes", "money")
    assert hour.change == pytest.approx(50 / 0.9)


CHAIN = ("a", "b", "c", "d", "e")


@given(
    st.sets(st.sampled_from([(x, y) for i, x in enumerate(CHAIN) for y in CHAIN[i + 1 :]]), min_size=1, max_size=8),
    st.data(),
)
@settings(max_examples=30, deadline=None)
def test_a_cause_that_is_removed_changes_exactly_the_goals_it_served(
    edges: set[tuple[str, str]], data: st.DataObject
) -> None:
    chosen = sorted(edges)
    gone = data.draw(st.sampled_from(chosen))

    def told(pairs: list[tuple[str, str]]) -> dict[str, list[dict[str, object]]]:
        text = "".join(f"metric {name} {'activity' if name == 'a' else 'output'} unit clicks\n" for name in CHAIN)
        text += "".join(f"cause {x} -> {y} {{ lag 1w, each +1 adds {2 + CHAIN.index(x)} }}\n" for x, y in pairs)
        text += "".join(f"objective o_{name} department {{ measured by {name} }}\n" for name in CHAIN)
        return {goal.name: [one.to_dict() for one in goal.effects] for goal in sight(text).objectives}

    before, after = told(chosen), told([pair for pair in chosen if pair != gone])
    served = {gone[1]}
    for name in CHAIN:
        if any(x in served and y == name for x, y in chosen):
            served.add(name)
    changed = {goal for goal in before if before[goal] != after[goal]}
    assert changed == {f"o_{name}" for name in served}


def test_the_document_keeps_to_its_schema_and_the_table_has_a_row_for_each_effect() -> None:
    found = mpm.line_of_sight(mpm.load(ROOT / "examples/webinar/webinar.mpm"))
    document = json.loads(found.to_json())
    validate(document, schema("sight"))
    assert len(found.to_frame()) == sum(len(goal.effects) for goal in found.objectives)
    assert "<table>" in found._repr_mimebundle_()["text/html"]


def test_an_evaluation_fills_in_levels_and_what_was_learned() -> None:
    model = mpm.load(ROOT / "examples/webinar/webinar.mpm")
    evaluation = mpm.evaluate(model)
    found = mpm.line_of_sight(model, evaluation)
    assert found.as_of == evaluation.as_of
    chain = effect(found, "pipeline", "registrations", "leads")
    assert (chain.strength, chain.evidence, chain.helps) == ("known", "learned", True)
    assert effect(found, "grow", "leads", "revenue").strength == "known"
    told = evaluation.explain("pipeline")
    assert told.sight == found.objective("pipeline")
    validate(told.to_dict(), schema("explanation"))
    with pytest.raises(ValueError, match="another model"):
        mpm.line_of_sight(mpm.parse("metric a output"), evaluation)


def test_a_goal_says_which_way_is_better_for_the_metric_that_its_target_is_about() -> None:
    """Money comes first among its metrics, but 900 are leads: nobody wants more to be spent."""
    model = mpm.parse(
        """
        metric spend activity unit eur
        metric leads output unit leads
        objective pipeline "Pipeline" department { measured by spend, leads, target at least 900 per 13w by 2026-09-30 }
        """
    )
    assert [direction_of(model, metric) for metric in model.metrics] == [None, "higher"]
