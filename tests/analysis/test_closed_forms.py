"""A formula in chosen shares is the figure at every value of them; where it meets a target, the figure does."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import pytest
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.exact.analyze import analyze
from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.figures import solve_process
from mpmflow.analysis.scenarios.closed_forms import FIGURES, formula
from mpmflow.analysis.scenarios.sweep import sweep
from mpmflow.analysis.scenarios.whatif import LeverError, apply
from mpmflow.exchange.schema import schema
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision
from tests.random_workflows import random_workflow

LOOP = """\
workflow w {
  arrivals 3 per week
  team crew { people 3, cost 60 eur/h }
  step brief by crew takes 2h costs 20 eur
  decision ok {
    yes
    no   20% -> brief rework
    lost  5% scrap
  }
  parallel both {
    branch {
      step copy by crew takes 3h
      decision proof { fine, bad 25% -> copy rework, awful 5% scrap }
    }
    branch { step media takes 1h to 5h costs 400 eur }
  }
  decision signed {
    on   80% then 90%
    back 20% then 10% -> brief rework at most 2 then -> done
  }
}
"""
BLOCK = LOOP.replace("decision signed", "decision signed_off").replace(" at most 2 then -> done", "")


def chosen_of(model: Model, seed: int) -> list[str]:
    """Up to three outcomes with percentages of their own, of up to three decisions."""
    rng = random.Random(seed)
    found = []
    for _, node in model.nodes():
        if isinstance(node, Decision | Choose):
            found.append([f"{node.name}.{outcome.name}" for outcome in node.outcomes if outcome.share is not None])
    return [rng.choice(names) for names in rng.sample(found, min(3, len(found)))]


@pytest.mark.parametrize("seed", [3, 5, 6, 7, 9, 11, 12])
def test_a_formula_is_the_figure_of_every_scenario(seed: int) -> None:
    model = mpm.parse(random_workflow(seed))
    chosen = chosen_of(model, seed)
    rng = random.Random(seed + 100)
    settings = {name: [round(rng.uniform(0.0, 0.4), 2) for _ in range(3)] for name in chosen}
    figures = ["time.mean", "touch_time.mean", "cost.mean", "yield", "scrap", "first_pass", "visits.n1", "ends.done"]
    wanted = sweep(model, settings, figures=figures)
    for figure in figures:
        found = formula(model, chosen, figure)
        assert found.form is not None, found.notes
        for at in range(3):
            value = found.at({name: values[at] for name, values in settings.items()})
            assert value == pytest.approx(wanted[figure][at], rel=1e-9), figure


@pytest.mark.parametrize("figure", [*FIGURES, "visits.copy", "ends.scrap"])
def test_every_figure_behind_a_block_that_may_lose_and_rework(figure: str) -> None:
    model = mpm.parse(BLOCK.replace("then 90%", "").replace("then 10%", ""))
    found = formula(model, ["ok.no", "signed_off.back"], figure)
    scenario = {"ok.no": 0.3, "signed_off.back": 0.05}
    solution = solve_process(to_chain(apply(model, scenario), "w"), Solver(LawBook()))
    wanted = {"visits.copy": None, "ends.scrap": solution.values["scrap"]}.get(figure, solution.values.get(figure))
    if figure == "visits.copy":
        wanted = sum(times for state, times in solution.executions if state.node == "copy" and state.part == "work")
    assert found.at(scenario) == pytest.approx(wanted, rel=1e-9)
    assert found.value == pytest.approx(found.at({}), rel=1e-9)


def test_all_others_pay_where_nobody_just_goes_on() -> None:
    text = "workflow w {\n step a takes 1h\n decision d {\n x 50% -> done\n y 30% -> a\n z 20% scrap\n }\n }"
    model = mpm.parse(text)
    found = formula(model, ["d.y"], "yield")
    assert found.at({"d.y": "65%"}) == pytest.approx(
        analyze(apply(model, {"d.y": "65%"}), waits="none")["w"]["yield"], rel=1e-12
    )


class TestTargets:
    @pytest.mark.parametrize(
        ("figure", "target", "base"),
        [
            ("time.mean", "13h", 13 * 3600.0),
            ("cost.mean", "900 eur", 900.0),
            ("cost.mean", 900, 900.0),
            ("first_pass", "50%", 0.5),
            ("visits.brief", "2", 2.0),
            ("throughput_per_s", "2 1/w", 2 / 604800),
        ],
    )
    def test_the_figure_meets_the_target_at_the_break_even_share(
        self, figure: str, target: object, base: float
    ) -> None:
        model = mpm.parse(LOOP)
        (lever,) = formula(model, ["ok.no"], figure, target=target).levers
        assert lever.break_even
        for share in lever.break_even:
            there = sweep(model, {"ok.no": [share]}, figures=[figure])[figure][0]
            assert there == pytest.approx(base, rel=1e-9)

    def test_others_stay_as_they_are_today(self) -> None:
        """Also those whose share changes from visit to visit."""
        model = mpm.parse(LOOP)
        alone = formula(model, ["ok.no"], target="20h").levers[0].break_even
        beside = formula(model, ["ok.no", "signed.back"], target="20h").levers[0].break_even
        assert alone == beside

    def test_a_share_beyond_what_the_others_leave_is_none(self) -> None:
        model = mpm.parse(LOOP)
        (lever,) = formula(model, ["ok.no"], target="2000h").levers
        assert lever.highest == pytest.approx(0.95)
        assert lever.break_even == ()

    def test_without_a_target_there_is_no_break_even(self) -> None:
        assert formula(mpm.parse(LOOP), ["ok.no"]).levers[0].break_even is None

    @pytest.mark.parametrize(
        ("figure", "target"), [("time.mean", "5 eur"), ("cost.mean", "5 usd"), ("yield", "5h"), ("time.mean", "soon")]
    )
    def test_a_target_of_another_kind_is_refused(self, figure: str, target: str) -> None:
        with pytest.raises(LeverError, match="is no value of"):
            formula(mpm.parse(LOOP), ["ok.no"], figure, target=target)


@pytest.mark.parametrize("figure", ["time.mean", "cost.mean", "first_pass", "visits.copy"])
def test_the_gradient_is_the_slope_of_the_scenarios(figure: str) -> None:
    model = mpm.parse(LOOP)
    (lever,) = formula(model, ["ok.no"], figure).levers
    low, high = sweep(model, {"ok.no": [0.2 - 1e-5, 0.2 + 1e-5]}, figures=[figure])[figure]
    assert lever.gradient == pytest.approx((high - low) / 2e-5, rel=1e-6)


def test_a_share_that_changes_by_visit_is_said_and_has_no_slope() -> None:
    found = formula(mpm.parse(LOOP), ["signed.back"])
    assert found.levers[0].by_visit == (Fraction(1, 5), Fraction(1, 10))
    assert found.levers[0].gradient is None
    assert "changes from visit to visit" in found.notes[0]
    assert found.value == analyze(mpm.parse(LOOP), waits="none")["w"]["time.mean"]


def test_more_than_four_levers_are_looked_at_alone() -> None:
    text = "workflow w {\n" + "".join(
        f" step s{i} takes 1h\n decision d{i} {{\n yes\n no 10% -> s{i} rework\n }}\n" for i in range(5)
    )
    found = formula(mpm.parse(text + "}"), [f"d{i}.no" for i in range(5)], target="7h")
    assert found.form is None
    assert "at most 4" in found.notes[0]
    assert [lever.gradient for lever in found.levers] == pytest.approx([3600 / 0.81] * 5)
    assert all(len(lever.break_even or ()) == 1 for lever in found.levers)
    with pytest.raises(ValueError, match="fewer"):
        found.at({"d0.no": 0.2})


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (["ok.nope"], "Did you mean ok.no?"),
        (["brief.takes"], "only shares of outcomes"),
        (["proof.bad"], "inside a parallel block"),
        (["ok.yes", "ok.no", "ok.lost"], "leave one outcome of ok out"),
        ([], "at least one outcome"),
    ],
)
def test_levers_that_cannot_stand_in_a_formula(chosen: list[str], words: str) -> None:
    with pytest.raises(LeverError) as told:
        formula(mpm.parse(LOOP), chosen)
    assert words in str(told.value)


def test_a_figure_without_a_formula_says_which_have_one() -> None:
    with pytest.raises(KeyError, match=r"time\.mean"):
        formula(mpm.parse(LOOP), ["ok.no"], "time.p90")


def test_the_document_keeps_to_its_schema_and_holds_the_exact_formula() -> None:
    text = "workflow w {\n step a takes 1h\n decision d {\n yes\n no 25% -> a rework\n }\n }"
    document = json.loads(formula(mpm.parse(text), ["d.no"], "visits.a", target=2).to_json())
    validate(document, schema("formula"))
    assert document["numerator"] == [{"coefficient": "-1", "powers": {}}]
    assert document["denominator"] == [
        {"coefficient": "-1", "powers": {}},
        {"coefficient": "1", "powers": {"d.no": 1}},
    ]
    assert document["levers"][0]["break_even"] == [0.5]
