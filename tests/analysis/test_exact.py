"""The exact figures: textbook answers, hand-computed examples, and random workflows against plain dense algebra."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.analysis.exact.analyze import WorkflowAnalysis, analyze
from mpmflow.analysis.exact.figures import FIGURES
from mpmflow.graphs.faults import ModelFault
from mpmflow.model.flow import arcs
from mpmflow.model.model import Model
from mpmflow.model.process import (
    AtMost,
    Branch,
    Call,
    Decision,
    End,
    Outcome,
    Parallel,
    PoissonArrivals,
    Step,
    Team,
    Workflow,
    Works,
)
from tests.effort import calls

HOUR = 3600.0
SHARED = Path(__file__).parents[3] / "shared" / "data" / "oracles" / "flow_analysis_basic" / "expected.json"


def answer(*body: object, **fields: object) -> WorkflowAnalysis:
    """The analysis of one workflow with that body."""
    return analyze(Model(workflows=[Workflow(name="w", body=body, **fields)]))["w"]


# -------------------------------------------------------------------------------------------- textbook patterns

TEXTBOOK = [
    ("seq", {"seq": [{"task": "A", "time": 10}, {"task": "B", "time": 20}]}, 30),
    ("xor_50_50", {"seq": [{"task": "A", "time": 10}, {"xor": [(0.5, "B", 20), (0.5, "C", 10)]}]}, 25),
    ("xor_90_10", {"seq": [{"task": "A", "time": 10}, {"xor": [(0.9, "B", 20), (0.1, "C", 10)]}]}, 29),
    ("and", {"seq": [{"task": "A", "time": 10}, {"and": [("B", 20), ("C", 10)]}]}, 30),
    ("loop_none", {"seq": [{"task": "A", "time": 10}, {"loop": (0, "B", 20)}]}, 30),
    ("loop_20", {"seq": [{"task": "A", "time": 10}, {"loop": (0.2, "B", 20)}]}, 35),
    ("loop_99", {"seq": [{"task": "A", "time": 10}, {"loop": (0.99, "B", 20)}]}, 2010),
]
"""Flow analysis of seven patterns: Dumas, La Rosa, Mendling, Reijers, Fundamentals of Business Process Management,
2nd ed., Springer 2018, chapter 7 (numbers as printed in its lecture slides)."""


def task(name: str, hours: float) -> Step:
    return Step(name=name.lower(), takes=f"{hours}h")


def pattern(parts: list[dict]) -> list[object]:
    """A process tree of the textbook as the body of a workflow."""
    body: list[object] = []
    for part in parts:
        if "task" in part:
            body.append(task(part["task"], part["time"]))
        elif "xor" in part:
            names = [name.lower() for _, name, _ in part["xor"]]
            outcomes = [
                Outcome(name=f"to_{n}", share=p, target=n) for n, (p, _, _) in zip(names, part["xor"], strict=True)
            ]
            body.append(Decision(name="which", outcomes=outcomes))
            for _, name, hours in part["xor"]:
                body += [task(name, hours), End(kind="done")]
        elif "and" in part:
            branches = [Branch(body=[task(name, hours)]) for name, hours in part["and"]]
            body.append(Parallel(name="both", branches=branches))
        else:
            again, name, hours = part["loop"]
            body.append(task(name, hours))
            outcomes = [Outcome(name="again", share=again, target=name.lower(), rework=True), Outcome(name="fine")]
            body.append(Decision(name="good", outcomes=outcomes))
    return body


@pytest.mark.parametrize(("name", "tree", "hours"), TEXTBOOK, ids=[name for name, _, _ in TEXTBOOK])
def test_textbook_cycle_times(name: str, tree: dict, hours: float) -> None:
    assert answer(*pattern(tree["seq"]))["time.mean"] == pytest.approx(hours * HOUR, rel=1e-12)


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared folder of published figures beside the project")
def test_the_table_above_is_the_published_one() -> None:
    published = json.loads(SHARED.read_text())["cycle_time"]
    assert [(case["id"], case["expected"]) for case in published] == [(name, hours) for name, _, hours in TEXTBOOK]
    for case, (_, tree, _) in zip(published, TEXTBOOK, strict=True):
        assert [simple(part) for part in case["process"]["seq"]] == tree["seq"]


def simple(part: dict) -> dict:
    if "xor" in part:
        return {"xor": [(one["p"], one["body"]["task"], one["body"]["time"]) for one in part["xor"]]}
    if "and" in part:
        return {"and": [(one["task"], one["time"]) for one in part["and"]]}
    if "loop" in part:
        loop = part["loop"]
        return {"loop": (loop["repeat_probability"], loop["body"]["task"], loop["body"]["time"])}
    return part


# ----------------------------------------------------------------------------------------- the webinar, by hand


def webinar() -> Model:
    """A brief, checked; two assets side by side; legal sends one case in five back for good; launch."""
    marketing = Team(name="marketing", people=4, cost="60 eur/h")
    legal = Team(name="legal", cost="110 eur/h")
    body = [
        Step(name="brief", by="marketing", takes="8h"),
        Decision(
            name="brief_complete",
            by="marketing",
            takes="30min",
            outcomes=[Outcome(name="yes", share="80%"), Outcome(name="no", share="20%", target="brief", rework=True)],
        ),
        Parallel(
            name="assets",
            branches=[
                Branch(body=[Step(name="copy", by="marketing", takes="8h")]),
                Branch(body=[Step(name="media", takes="24h", costs="400 eur")]),
            ],
        ),
        Decision(
            name="legal_ok",
            by="legal",
            takes="4h",
            outcomes=[
                Outcome(name="approve"),
                Outcome(name="later", share="4%", target="legal_ok", delay="5d"),
                Outcome(name="reject", share="1%", scrap=True),
            ],
        ),
        Step(name="launch", by="marketing", takes="1h"),
    ]
    arrivals = PoissonArrivals(cases=3, per="1w")
    return Model(workflows=[Workflow(name="webinar", teams=[marketing, legal], arrivals=arrivals, body=body)])


def test_the_webinar_by_hand() -> None:
    found = analyze(webinar(), waits="none")["webinar"]
    rounds, legal = 1 / 0.8, 1 / 0.96
    passes = 0.95 / 0.96
    assert found.visits["brief"] == pytest.approx(rounds, rel=1e-14)
    assert found.visits["legal_ok"] == pytest.approx(legal, rel=1e-14)
    assert found.visits["copy"] == found.visits["media"] == 1.0
    assert found.ends == pytest.approx({"done": passes, "scrap": 0.01 / 0.96}, rel=1e-13)
    hours = 8.5 * rounds + 24 + 4 * legal + 120 * 0.04 * legal + passes
    assert found["time.mean"] == pytest.approx(hours * HOUR, rel=1e-12)
    work = 8.5 * rounds + 8 + 24 + 4 * legal + passes
    assert found["touch_time.mean"] == pytest.approx(work * HOUR, rel=1e-12)
    money = 60 * (8.5 * rounds + 8 + passes) + 400 + 110 * 4 * legal
    assert found["cost.mean"] == pytest.approx(money, rel=1e-12)
    assert found.currency == "eur"
    assert found["first_pass"] == pytest.approx(0.8 * passes, rel=1e-12)
    assert found["rework"] == pytest.approx(8.5 * 0.25 / work, rel=1e-12)
    rate = 3 / (7 * 86400)
    assert found["throughput_per_s"] == pytest.approx(rate * passes, rel=1e-12)
    assert found["wip"] == pytest.approx(rate * hours * HOUR, rel=1e-12)
    assert found.teams["legal"].load == pytest.approx(rate * 4 * legal * HOUR, rel=1e-12)
    assert found.teams["marketing"].load == pytest.approx(rate * (8.5 * rounds + 8 + passes) * HOUR / 4, rel=1e-12)
    assert found.steps["copy"].cost == pytest.approx(480.0)
    assert found.teams["legal"].wait is None


def test_times_without_queues_say_so_when_people_may_be_busy() -> None:
    found = analyze(webinar(), waits="none")["webinar"]
    assert found.method["time.mean"] == "approximate"
    assert any("waiting for people" in note for note in found.notes)


def test_a_share_moves_time_as_its_formula_says() -> None:
    found = analyze(webinar(), waits="none")["webinar"]
    gradient, elasticity = found.levers.effect("brief_complete.no", "time.mean")
    assert gradient == pytest.approx(8.5 * HOUR / 0.8**2, rel=1e-12)
    assert elasticity == pytest.approx(gradient * 0.2 / found["time.mean"], rel=1e-12)


def test_mending_a_decision_gains_what_leaving_its_effects_out_gains() -> None:
    found = analyze(webinar(), waits="none")["webinar"]
    gains = {one.decision: one.gains for one in found.ranking}
    assert gains["brief_complete"]["time.mean"] == pytest.approx(-8.5 * HOUR * 0.25, rel=1e-10)
    assert gains["legal_ok"]["yield"] == pytest.approx(0.01 / 0.96, rel=1e-10)
    first = found.ranking[0]
    assert first.gains["time.mean"] == min(one.gains["time.mean"] for one in found.ranking)


def test_two_mendings_together_are_those_of_a_workflow_without_both() -> None:
    def found(first: float, second: float) -> WorkflowAnalysis:
        one = Decision(name="p", outcomes=[Outcome(name="no", share=first, target="a", rework=True), Outcome(name="y")])
        two = Decision(
            name="q", outcomes=[Outcome(name="no", share=second, target="a", rework=True), Outcome(name="y")]
        )
        return answer(Step(name="a", takes="2h"), one, Step(name="b", takes="3h"), two)

    here = found(0.2, 0.3)
    (both,) = here.mending_both
    single = found(0, 0.3)["time.mean"] + found(0.2, 0)["time.mean"] - 2 * here["time.mean"]
    assert set(both.decisions) == {"p", "q"}
    assert both.gains["time.mean"] == pytest.approx(found(0, 0)["time.mean"] - here["time.mean"], rel=1e-10)
    assert both.beyond["time.mean"] == pytest.approx(both.gains["time.mean"] - single, rel=1e-9)
    assert both.beyond["yield"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("figure", ["time.mean", "touch_time.mean", "cost.mean", "yield", "scrap"])
def test_interactions_are_second_differences(figure: str) -> None:
    def found(first: float, second: float) -> WorkflowAnalysis:
        rest = (1 - first) / 0.9
        one = Decision(
            name="p",
            outcomes=[
                Outcome(name="no", share=0.2 * rest, target="a", rework=True),
                Outcome(name="lost", share=first, scrap=True),
                Outcome(name="y"),
            ],
        )
        two = Decision(
            name="q", outcomes=[Outcome(name="no", share=second, target="a", rework=True), Outcome(name="y")]
        )
        return answer(Step(name="a", takes="2h", costs="7 eur"), one, Step(name="b", takes="3h"), two)

    h = 1e-3
    up, down, left, right = (
        found(0.1 + h, 0.3 + h),
        found(0.1 - h, 0.3 - h),
        found(0.1 - h, 0.3 + h),
        found(0.1 + h, 0.3 - h),
    )
    difference = (up[figure] + down[figure] - left[figure] - right[figure]) / (4 * h * h)
    pairs = {one.levers: one.second for one in found(0.1, 0.3).interactions(figure)}
    assert pairs["p.lost", "q.no"] == pytest.approx(difference, rel=1e-4)
    (named,) = found(0.1, 0.3).interactions(figure, ["q.y", "p.lost"])
    assert named.second == pytest.approx(-difference, rel=1e-4)


def test_interactions_of_what_has_none_are_refused_with_the_names() -> None:
    found = analyze(webinar(), waits="none")["webinar"]
    with pytest.raises(KeyError, match=r"time\.mean, touch_time\.mean"):
        found.interactions("time.p90")
    with pytest.raises(KeyError, match="no outcome of a decision"):
        found.interactions(levers=["brief.takes", "legal_ok.fix"])
    assert found.interactions()[0].levers == ("brief_complete.no", "legal_ok.later")


# ------------------------------------------------------------------------------------- calendars, ends, silence


def test_a_day_of_work_is_a_day_of_the_calendar_and_takes_longer() -> None:
    office = Works(days=["mon", "tue", "wed", "thu", "fri"], start="09:00", end="17:00")
    found = answer(Step(name="copy", by="team", takes="1d"), teams=[Team(name="team", cost="10 eur/h", works=[office])])
    assert found["touch_time.mean"] == 8 * HOUR
    assert found["cost.mean"] == pytest.approx(80.0)
    assert found["time.mean"] == pytest.approx(8 * HOUR * 168 / 40)
    assert found.method["time.mean"] == "approximate"


def test_a_workflow_of_nothing_is_done_at_once() -> None:
    found = answer()
    assert found.ends == {"done": 1.0}
    assert found["time.mean"] == 0.0
    assert found["throughput_per_s"] is None


def test_what_no_case_comes_to_has_no_visits() -> None:
    found = answer(Step(name="a", takes="1h"), End(kind="done"), Step(name="b", takes="1h"))
    assert found.visits == {"a": 1.0, "b": 0.0}


def test_named_ends_are_told_apart() -> None:
    channel = Decision(
        name="fate", outcomes=[Outcome(name="out", share=0.3, target="published"), Outcome(name="no", target="dropped")]
    )
    found = answer(channel, End(kind="done", name="published"), End(kind="scrap", name="dropped"))
    assert found.ends == pytest.approx({"published": 0.3, "dropped": 0.7})
    assert found["scrap"] == pytest.approx(0.7)


def test_costs_in_two_currencies_are_not_added_up() -> None:
    found = answer(Step(name="a", costs="10 eur"), Step(name="b", costs="10 usd"))
    assert found["cost.mean"] is None
    assert any("eur, usd" in note for note in found.notes)


def test_waste_counts_each_execution_once() -> None:
    """Half of the drafts are thrown away after review, and the next draft may be thrown away again."""
    review = Decision(
        name="good", outcomes=[Outcome(name="use"), Outcome(name="bin", share=0.5, target="draft", waste=True)]
    )
    found = answer(Step(name="draft", costs="10 eur", takes="1h"), review, Step(name="print", costs="1 eur"))
    assert found["cost.mean"] == pytest.approx(21.0)
    assert found["waste.cost"] == pytest.approx(10.0)
    assert found["waste.touch_time"] == pytest.approx(HOUR)


def test_waste_behind_a_block_wastes_all_branches_and_inside_only_its_own() -> None:
    wasteful = Decision(name="keep", outcomes=[Outcome(name="no", share=0.25, waste=True), Outcome(name="yes")])
    left = Branch(body=[Step(name="a", costs="8 eur"), wasteful])
    right = Branch(body=[Step(name="b", costs="4 eur")])
    inside = answer(Parallel(name="p", branches=[left, right]))
    assert inside["waste.cost"] == pytest.approx(2.0)
    plain = Parallel(name="p", branches=[Branch(body=[Step(name="a", costs="8 eur")]), right])
    assert answer(plain, wasteful)["waste.cost"] == pytest.approx(3.0)


# -------------------------------------------------------------------------------------------- loops with memory


def test_a_bound_counts_rounds_of_a_case() -> None:
    bound = AtMost(times=2, target="director")
    check = Decision(
        name="ok",
        outcomes=[Outcome(name="no", share=0.5, target="brief", rework=True, at_most=bound), Outcome(name="yes")],
    )
    found = answer(Step(name="brief", takes="1h"), check, End(kind="done"), Step(name="director", takes="3h"))
    assert found.visits == pytest.approx({"brief": 1.75, "ok": 1.75, "director": 0.125})
    assert found["first_pass"] == pytest.approx(0.5)
    gradient, _ = found.levers.effect("ok.no", "time.mean")
    assert gradient == pytest.approx((1 + 2 * 0.5 + 3 * 3 * 0.5**2) * HOUR)


def test_a_share_may_change_from_visit_to_visit() -> None:
    check = Decision(
        name="ok", outcomes=[Outcome(name="no", share=(0.5, 0.2), target="brief", rework=True), Outcome(name="yes")]
    )
    found = answer(Step(name="brief", takes="1h"), check)
    assert found.visits["brief"] == pytest.approx(1 + 0.5 / 0.8)


def test_bounds_of_two_decisions_in_one_loop_are_counted_together() -> None:
    def check(name: str) -> Decision:
        bound = AtMost(times=1, target="stop")
        return Decision(
            name=name,
            outcomes=[Outcome(name="no", share=0.5, target="a", rework=True, at_most=bound), Outcome(name="yes")],
        )

    found = answer(Step(name="a", takes="1h"), check("x"), check("y"), End(kind="done"), Step(name="stop"))
    # Visits of a, by hand: 1, again after x (1/2) or y (1/4), and once more when the other one sends back as well:
    # after x: x must pass (1/2, else stop), y sends back (1/2); after y: x sends back (1/2).
    assert found.visits["a"] == pytest.approx(1 + 1 / 2 + 1 / 4 + 1 / 8 + 1 / 8)
    # It stops where one of them sends back a second time.
    after_x, after_y, after_both = 1 / 2, 1 / 4, 1 / 4
    stops = after_x / 2 + after_y * (1 / 2) * (1 / 2) + after_both * (1 / 2 + 1 / 4)
    assert found.visits["stop"] == pytest.approx(stops)


def test_what_a_block_counts_cannot_be_carried_into_its_next_round() -> None:
    counted = Decision(
        name="ok", outcomes=[Outcome(name="no", share=(0.5, 0.2), target="a", rework=True), Outcome(name="yes")]
    )
    block = Parallel(name="p", branches=[Branch(body=[Step(name="a"), counted])])
    again = Decision(name="all", outcomes=[Outcome(name="no", share=0.1, target="p", rework=True), Outcome(name="yes")])
    assert answer(block).visits["a"] == pytest.approx(1 + 0.5 / 0.8)
    with pytest.raises(ModelFault, match="simulate"):
        answer(block, again)


# ------------------------------------------------------------------------------------------------ parallel blocks


def exponential(hours: float) -> dict:
    return {"law": "exponential", "mean": f"{hours}h"}


def test_the_longer_of_two_exponential_branches() -> None:
    found = answer(
        Parallel(
            name="p",
            branches=[
                Branch(body=[Step(name="a", takes=exponential(1))]),
                Branch(body=[Step(name="b", takes=exponential(2))]),
            ],
        )
    )
    assert found["time.mean"] == pytest.approx((1 + 2 - 1 / 1.5) * HOUR, rel=1e-9)
    second = 2 * (1 + 4 - 1 / 1.5**2)
    assert found["time.sd"] == pytest.approx(math.sqrt(second - (3 - 1 / 1.5) ** 2) * HOUR, rel=1e-8)
    assert found["touch_time.mean"] == pytest.approx(3 * HOUR)
    gradient, _ = found.levers.effect("a.takes", "time.mean")
    assert gradient == pytest.approx(1 - (2 / 3) ** 2, rel=1e-6)  # mean a + b - ab/(a+b), so 1 - (b/(a+b))^2


def test_the_first_of_two_branches_goes_on_and_the_other_still_costs() -> None:
    branches = [Branch(body=[Step(name=name, takes=exponential(1), costs="10 eur")]) for name in ("a", "b")]
    found = answer(Parallel(name="p", join="first", branches=branches))
    assert found["time.mean"] == pytest.approx(0.5 * HOUR, rel=1e-9)
    assert found["cost.mean"] == pytest.approx(20.0)


def test_a_branch_that_loses_the_case_is_waited_for() -> None:
    loses = Decision(name="ok", outcomes=[Outcome(name="no", share=0.25, scrap=True), Outcome(name="yes")])
    block = Parallel(
        name="p",
        branches=[
            Branch(
                body=[Step(name="a", takes="1h", costs="1 eur"), loses, Step(name="more", takes="1h", costs="5 eur")]
            ),
            Branch(body=[Step(name="b", takes="3h")]),
        ],
    )
    found = answer(block, Step(name="after", takes="10h"))
    assert found.ends == pytest.approx({"done": 0.75, "scrap": 0.25})
    assert found["time.mean"] == pytest.approx((3 + 7.5) * HOUR, rel=1e-9)
    assert found["cost.mean"] == pytest.approx(1 + 0.75 * 5)
    assert found["cost.sd"] == pytest.approx(5 * math.sqrt(0.75 * 0.25))
    assert found.visits["after"] == pytest.approx(0.75)


def test_first_pass_needs_every_branch_without_rework() -> None:
    def branch(name: str) -> Branch:
        again = Outcome(name="again", share=0.5, target=name, rework=True)
        return Branch(
            body=[Step(name=name, takes="1h"), Decision(name=f"{name}_ok", outcomes=[again, Outcome(name="fine")])]
        )

    found = answer(Parallel(name="p", branches=[branch("a"), branch("b")]))
    assert found["first_pass"] == pytest.approx(0.25)
    assert found["yield"] == pytest.approx(1.0)
    assert found["rework"] == pytest.approx(0.5)
    # the larger of two geometric numbers with chance one half: 8/3
    assert found["time.mean"] == pytest.approx(8 / 3 * HOUR, rel=1e-5)


def test_people_shared_by_branches_make_times_approximate() -> None:
    branches = [Branch(body=[Step(name=name, by="team", takes="1h")]) for name in ("a", "b")]
    found = answer(Parallel(name="p", branches=branches), teams=[Team(name="team")])
    assert found.method["time.mean"] == "approximate"


# --------------------------------------------------------------------------------------------------------- calls


def test_a_call_is_the_other_workflow_in_its_place() -> None:
    review = Workflow(
        name="review",
        body=[
            Step(name="read", takes="2h"),
            Decision(name="fine", outcomes=[Outcome(name="no", share=0.1, scrap=True), Outcome(name="yes")]),
        ],
    )
    outer = Workflow(name="w", body=[Call(name="first", workflow="review"), Call(name="second", workflow="review")])
    found = analyze(Model(workflows=[outer, review]))["w"]
    assert found.visits == pytest.approx({"first": 1.0, "second": 0.9, "read": 1.9, "fine": 1.9})
    assert found.ends == pytest.approx({"done": 0.81, "scrap": 0.19})
    gradient, _ = found.levers.effect("fine.no", "yield")
    assert gradient == pytest.approx(-2 * 0.9)


def test_a_workflow_cannot_contain_itself() -> None:
    a = Workflow(name="a", body=[Call(name="to_b", workflow="b")])
    b = Workflow(name="b", body=[Call(name="to_a", workflow="a")])
    with pytest.raises(ModelFault, match="a -> b -> a"):
        analyze(Model(workflows=[a, b]))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([Step(name="a", target="nowhere")], "nowhere"),
        ([Step(name="a", by="nobody")], "no team"),
        ([Step(name="a", costs="3h")], "no cost"),
        ([Step(name="a"), Decision(name="d", outcomes=[Outcome(name="x", share=0.5, target="a")])], "50"),
        ([Step(name="a", target="a")], "never leave"),
        ([Step(name="a", takes={"law": "empirical", "file": "x.csv", "column": "c"})], "not read"),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(body: list[object], words: str) -> None:
    with pytest.raises(ModelFault, match=words):
        answer(*body)


def test_empirical_times_may_be_handed_over() -> None:
    step = Step(name="a", takes={"law": "empirical", "file": "x.csv", "column": "c"})
    found = analyze(Model(workflows=[Workflow(name="w", body=[step])]), samples={("x.csv", "c"): [1.0, 3.0]})["w"]
    assert found["time.mean"] == 2.0
    assert found["time.sd"] == 1.0


# ---------------------------------------------------------------------------------------------- random workflows


@st.composite
def random_models(draw: st.DrawFn) -> Model:
    """Steps and decisions with arrows anywhere, effects, delays, costs; the last outcome of a decision just goes on."""
    size = draw(st.integers(2, 7))
    names = [f"n{index}" for index in range(size)]
    body: list[object] = []
    for index, name in enumerate(names):
        hours = draw(st.integers(0, 5))
        law = draw(st.sampled_from(["constant", "gamma", "uniform"]))
        takes: object = f"{hours + 1}h"
        if law == "gamma":
            takes = {"law": "gamma", "mean": f"{hours + 1}h", "sd": f"{hours + 2}h"}
        elif law == "uniform":
            takes = {"law": "uniform", "low": f"{hours}h", "high": f"{hours + 3}h"}
        common = {"name": name, "by": "team", "takes": takes, "costs": f"{draw(st.integers(0, 9))} eur"}
        if draw(st.booleans()) and index:
            weights = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4))
            total = sum(weights) + 5
            outcomes = []
            for number, weight in enumerate(weights):
                kind = draw(st.sampled_from(["rework", "jump", "delay", "scrap"]))
                outcomes.append(
                    Outcome(
                        name=f"o{number}",
                        share=Fraction(weight, total),
                        target=None if kind == "scrap" else draw(st.sampled_from(names)),
                        rework=kind == "rework",
                        scrap=kind == "scrap",
                        delay=f"{weight}h" if kind == "delay" else None,
                    )
                )
            outcomes.append(Outcome(name="pass", share=Fraction(5, total)))
            body.append(Decision(**common, outcomes=outcomes))
        else:
            body.append(Step(**common, waits="1h" if draw(st.booleans()) else None))
    arrivals = PoissonArrivals(cases=2, per="1w")
    team = Team(name="team", people=3, cost="7 eur/h")
    return Model(workflows=[Workflow(name="w", teams=[team], arrivals=arrivals, body=body)])


@settings(max_examples=60, deadline=None)
@given(random_models())
def test_visits_and_ends_are_those_of_dense_algebra(model: Model) -> None:
    found = analyze(model, waits="none")["w"]
    flow = arcs(model.workflows["w"])
    places = [place.id for place in flow.nodes.values() if place.kind != "end"]
    seat = {place: index for index, place in enumerate(places)}
    routing = np.zeros((len(places), len(places)))
    for arc in flow.arcs:
        if arc.target in seat:
            routing[seat[arc.source], seat[arc.target]] += float(arc.share[0])
    visits = np.linalg.solve(np.eye(len(places)) - routing.T, np.eye(len(places))[seat[flow.start]])
    for place, index in seat.items():
        if place != flow.start:
            assert found.visits[place] == pytest.approx(visits[index], rel=1e-9, abs=1e-12)
    assert sum(found.ends.values()) == pytest.approx(1.0, abs=1e-12)
    assert found["yield"] + found["scrap"] == pytest.approx(1.0, abs=1e-12)
    assert 0.0 <= found["first_pass"] <= found["yield"] + 1e-12
    assert 0.0 <= found["rework"] < 1.0


def moved(model: Model, decision: str, outcome: str, change: Fraction) -> Model:
    """The model with one share moved and the others of its decision paying in proportion."""
    workflow = model.workflows["w"]
    body = []
    for node in workflow.body:
        if isinstance(node, Decision) and node.name == decision:
            held = {one.name: one.share.first for one in node.outcomes}
            rest = 1 - held[outcome]
            new = {name: share - change * share / rest for name, share in held.items()} | {
                outcome: held[outcome] + change
            }
            node = Decision(
                **{
                    **node.model_dump(exclude={"outcomes"}),
                    "outcomes": [
                        Outcome(**{**one.model_dump(exclude={"share"}), "share": new[one.name]})
                        for one in node.outcomes
                    ],
                }
            )
        body.append(node)
    return Model(
        workflows=[
            Workflow(**{**workflow.model_dump(exclude={"body", "teams"}), "teams": workflow.teams, "body": body})
        ]
    )


@settings(max_examples=15, deadline=None)
@given(random_models())
def test_slopes_of_shares_are_those_of_central_differences(model: Model) -> None:
    found = analyze(model, waits="none")["w"]
    step = Fraction(1, 100_000)
    decisions = [
        node for node in model.workflows["w"].body if isinstance(node, Decision) and found.visits[node.name] > 0
    ]
    for decision in decisions[:2]:
        for outcome in decision.outcomes[:3]:
            lever = f"{decision.name}.{outcome.name}"
            up = analyze(moved(model, decision.name, outcome.name, step), waits="none")["w"]
            down = analyze(moved(model, decision.name, outcome.name, -step), waits="none")["w"]
            for figure in FIGURES:
                column = found.levers.gradients[figure]
                before = (found[figure] - down[figure]) / float(step)
                after = (up[figure] - found[figure]) / float(step)
                exact = float(column[found.levers.names.index(lever)])
                scale = abs(found[figure]) + abs(exact)
                room = 2e-5 * abs(exact) + 2e-6 * scale + 1e-12
                if figure == "rework" and abs(after - before) > 1e-2 * scale:
                    # Where a step is visited exactly as often as without rework, its share of rework has a kink.
                    assert min(before, after) - room <= exact <= max(before, after) + room, (lever, figure)
                else:
                    assert exact == pytest.approx((before + after) / 2, abs=room), (lever, figure)


@settings(max_examples=25, deadline=None)
@given(random_models())
def test_elasticities_of_all_times_and_of_all_costs_add_up_to_one(model: Model) -> None:
    """Stretching every time by 1 % stretches the mean and the spread by 1 % (Euler); so with money."""
    found = analyze(model, waits="none")["w"]
    for figures, words in (
        (("time.mean", "time.sd"), ("takes", "waits", "delay")),
        (("cost.mean", "cost.sd"), ("costs", "cost")),
    ):
        for figure in figures:
            parts = [effects[figure][1] for name, _, effects in found.levers if figure in effects and ends(name, words)]
            if found[figure]:
                assert sum(part for part in parts if part is not None) == pytest.approx(1.0, rel=1e-7)


def ends(name: str, words: tuple[str, ...]) -> bool:
    return name.split(".")[-1] in words


# ------------------------------------------------------------------------------------------- the law of the time


def test_percentiles_of_a_line_of_two_exponential_steps() -> None:
    found = answer(Step(name="a", takes=exponential(1)), Step(name="b", takes=exponential(1)), deadline="2h")
    assert found["time.late"] == pytest.approx(3 * math.exp(-2), abs=1e-5)
    assert found.method["time.late"] in ("bounded", "exact") or "time.late" not in found.method
    assert found.error["time.late"] < 1e-4


def test_slopes_of_percentiles_and_lateness_are_those_of_differences() -> None:
    def found(hours: float, again: float) -> WorkflowAnalysis:
        check = Decision(name="ok", outcomes=[Outcome(name="no", share=again, target="a"), Outcome(name="yes")])
        return answer(Step(name="a", takes={"law": "gamma", "mean": f"{hours}h", "sd": "1h"}), check, deadline="6h")

    here, step = found(2.0, 0.2), 1e-3
    for figure in ("time.p90", "time.late"):
        gradient, _ = here.levers.effect("ok.no", figure)
        slope = (found(2.0, 0.2 + step)[figure] - found(2.0, 0.2 - step)[figure]) / (2 * step)
        assert gradient == pytest.approx(slope, rel=1e-3)
    # Stretching the work stretches every percentile alike.
    assert here.levers.effect("a.takes", "time.p90")[1] == pytest.approx(1.0, rel=1e-3)


def test_every_kind_of_lever_moves_the_law_of_the_time() -> None:
    """Work, waits, delays and shares against solving anew, for every figure of the law; money moves none of them."""

    def found(work: float = 3.0, wait: float = 2.0, held: float = 5.0, again: float = 0.2) -> WorkflowAnalysis:
        no = Outcome(name="no", share=again, target="a", rework=True, delay=exponential(held))
        steps = [
            Step(name="a", takes={"law": "gamma", "mean": f"{work}h", "sd": f"{work / 2}h"}, waits=exponential(wait)),
            Decision(name="ok", outcomes=[no, Outcome(name="yes")], costs="5 eur"),
        ]
        return answer(*steps, deadline="15h")

    here = found()
    moved = {
        "a.takes": (found(work=3.06), found(work=2.94), 0.12 * HOUR),
        "a.waits": (found(wait=2.04), found(wait=1.96), 0.08 * HOUR),
        "ok.no.delay": (found(held=5.1), found(held=4.9), 0.2 * HOUR),
        "ok.no": (found(again=0.204), found(again=0.196), 0.008),
    }
    for lever, (up, down, width) in moved.items():
        for figure in ("time.p50", "time.p90", "time.p95", "time.late"):
            gradient, _ = here.levers.effect(lever, figure)
            assert gradient == pytest.approx((up[figure] - down[figure]) / width, rel=1e-2), (lever, figure)
    assert here.levers.effect("ok.costs", "time.p90") is None


def test_levers_inside_a_parallel_block_move_the_law_of_the_time() -> None:
    """Against solving anew with large steps: shares, work, waits, and rework inside the branches and around them."""

    def found(work: float = 3.0, wait: float = 2.0, again: float = 0.2, lost: float = 0.1) -> WorkflowAnalysis:
        check = Decision(
            name="ok",
            outcomes=[
                Outcome(name="no", share=again, target="a", rework=True),
                Outcome(name="stop", share=lost * (1 - again) / 0.8, scrap=True),
                Outcome(name="yes"),
            ],
        )
        a = Step(name="a", takes={"law": "gamma", "mean": f"{work}h", "sd": f"{work / 2}h"}, waits=exponential(wait))
        block = Parallel(name="both", branches=[Branch(body=[a, check]), Branch(body=[Step(name="b", takes="6h")])])
        last = Decision(name="fine", outcomes=[Outcome(name="back", share=0.3, target="both"), Outcome(name="y")])
        return answer(block, Step(name="c", takes=exponential(2)), last, deadline="20h")

    here = found()
    moved = {
        "a.takes": (found(work=3.06), found(work=2.94), 0.12 * HOUR),
        "a.waits": (found(wait=2.04), found(wait=1.96), 0.08 * HOUR),
        "ok.no": (found(again=0.21), found(again=0.19), 0.02),
    }
    for lever, (up, down, width) in moved.items():
        for figure in ("time.p50", "time.p90", "time.p95", "time.late"):
            gradient, _ = here.levers.effect(lever, figure)
            assert gradient == pytest.approx((up[figure] - down[figure]) / width, rel=2e-2), (lever, figure)


def test_a_gamma_law_moves_with_its_mean_and_spread() -> None:
    def found(again: float) -> WorkflowAnalysis:
        check = Decision(name="ok", outcomes=[Outcome(name="no", share=again, target="s0"), Outcome(name="yes")])
        return answer(*(Step(name=f"s{i}", takes=exponential(1)) for i in range(1_600)), check, deadline="80d")

    here, up, down = found(0.1), found(0.1001), found(0.0999)
    assert here.method["time.p90"] == "approximate"
    for figure in ("time.p50", "time.p90", "time.p95", "time.late"):
        gradient, _ = here.levers.effect("ok.no", figure)
        assert gradient == pytest.approx((up[figure] - down[figure]) / 2e-4, rel=1e-4)


def test_a_percentile_on_a_jump_has_no_slope() -> None:
    check = Decision(name="ok", outcomes=[Outcome(name="no", share=0.2, target="a"), Outcome(name="yes")])
    found = answer(Step(name="a", takes="1h"), check, deadline="90min")
    assert found.levers.effect("ok.no", "time.p90") is None
    assert found.levers.effect("ok.no", "time.late")[0] == pytest.approx(1.0, rel=1e-6)


def test_fixed_times_are_late_exactly() -> None:
    check = Decision(name="ok", outcomes=[Outcome(name="no", share=0.2, target="a", rework=True), Outcome(name="yes")])
    found = answer(Step(name="a", takes="1h"), check, deadline="3h")
    assert found["time.late"] == pytest.approx(0.2**3, abs=1e-9)
    assert found["time.p90"] == 2 * HOUR
    assert "time.late" not in found.method


# ------------------------------------------------------------------------------------------------------- results


def test_the_document_is_strict_json_and_the_same_every_time() -> None:
    first, second = analyze(webinar(), waits="none"), analyze(webinar(), waits="none")
    assert first.to_json() == second.to_json()
    document = json.loads(first.to_json())
    assert document["schema"] == "mpmflow/analysis/1"
    figures = document["workflows"]["webinar"]
    wanted = {"ends", "visits", "time", "touch_time", "cost", "yield", "first_pass", "rework", "scrap", "wip", "levers"}
    assert wanted | {"throughput_per_s", "teams", "steps", "method"} <= set(figures)
    assert set(figures["time"]) == {"mean", "sd", "p50", "p90", "p95", "late"}
    assert figures["time"]["late"] is None


def test_a_result_is_a_table_of_any_library() -> None:
    pytest.importorskip("narwhals")
    pytest.importorskip("polars")
    frame = analyze(webinar(), waits="none").to_frame()
    assert frame.columns == ["workflow", "figure", "value", "method", "error"]
    assert "text/html" in analyze(webinar(), waits="none")._repr_mimebundle_()


def long_line(steps: int) -> Model:
    body: list[object] = []
    for index in range(steps):
        back = Outcome(name="no", share=0.1, target=f"s{max(0, index - 3)}", rework=True)
        body += [Step(name=f"s{index}", takes="2h"), Decision(name=f"d{index}", outcomes=[back, Outcome(name="yes")])]
    return Model(workflows=[Workflow(name="w", body=body)])


@pytest.mark.slow
def test_the_work_grows_with_the_number_of_steps_and_no_faster() -> None:
    model = long_line(5_000)
    small = long_line(1_250)
    work = calls(lambda: analyze(model)["w"].levers)
    assert work < 4.5 * calls(lambda: analyze(small)["w"].levers)
    found = analyze(model, waits="none")["w"]
    assert found.method["time.p90"] == "approximate"
    assert len(found.levers) == 15_000
