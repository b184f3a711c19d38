"""Many scenarios at once give what a loop over `what if` and `analyze` gives, and say how they were solved."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.exact.analyze import analyze
from mpmflow.analysis.exact.figures import FIGURES
from mpmflow.analysis.scenarios import sweep as module
from mpmflow.analysis.scenarios.sweep import Sweep, sweep
from mpmflow.analysis.scenarios.whatif import LeverError, apply, levers
from mpmflow.exchange.schema import schema
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision
from tests.effort import calls
from tests.random_workflows import random_workflow

WEBINAR = """\
workflow w "Webinar" {
  arrivals 3 per week
  deadline 20d
  team crew { people 3, cost 60 eur/h }
  team legal { people 1, cost 110 eur/h }
  step brief by crew takes triangular(2h, 4h, 2d) costs 20 eur
  decision complete by crew takes 30min {
    yes 80%
    no  20% -> brief rework
  }
  parallel assets {
    branch { step copy by crew takes 1d }
    branch {
      step media takes lognormal(mean 3d, sd 2d) costs 400 eur
      decision good { yes, no 10% -> media rework, lost 2% scrap }
    }
  }
  decision legal_ok by legal takes 4h waits exponential(1d) {
    approve 80% then 87%
    fix     15% then 8%  -> brief rework at most 3 then -> director
    later    4%          -> legal_ok delay 5d
    reject   1%          scrap
  }
  step launch takes 1h
  done
  step director takes 1d -> launch
}
"""
OUTER = WEBINAR.replace("decision good { yes, no 10% -> media rework, lost 2% scrap }", "")
"""The same without anything in its block that counts: a case may come to it again."""
ALL = (*FIGURES, "visits.brief", "visits.copy", "visits.director", "ends.done", "ends.scrap")


def one_by_one(model: Model, settings: Mapping[str, Sequence[Any]], names: Sequence[str]) -> dict[str, Any]:
    """The reference: each scenario set by `what if`, and analysed in full."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for values in zip(*settings.values(), strict=True):
        analysis = analyze(apply(model, dict(zip(settings, values, strict=True))), waits="none")["w"]
        for name in names:
            head, _, tail = name.partition(".")
            value = {"visits": analysis.visits, "ends": analysis.ends}.get(head, {}).get(tail)
            value = analysis[name] if head not in ("visits", "ends") else value
            found[name].append(np.nan if value is None else value)
    return {name: np.array(values) for name, values in found.items()}


def assert_same(found: Sweep, wanted: Mapping[str, Any]) -> None:
    for name, values in wanted.items():
        assert found[name] == pytest.approx(values, rel=1e-10, abs=1e-12, nan_ok=True), name


def outcome_levers(model: Model) -> list[list[str]]:
    """The outcomes of each decision that have a percentage of their own."""
    found = []
    for _, node in model.nodes():
        if isinstance(node, Decision | Choose):
            found.append([f"{node.name}.{outcome.name}" for outcome in node.outcomes if outcome.share is not None])
    return found


@pytest.mark.parametrize("seed", range(24))
def test_random_shares_of_random_workflows(seed: int) -> None:
    """Levers of several decisions, two of one decision among them; the others make up for them."""
    rng = random.Random(1000 + seed)
    model = mpm.parse(random_workflow(seed))
    decisions = outcome_levers(model)
    assert decisions, "a workflow without a decision tests nothing here; draw another one"
    chosen = [name for names in rng.sample(decisions, min(3, len(decisions))) for name in names[:2]]
    settings = {name: [round(rng.uniform(0.0, 0.4), 3) for _ in range(4)] for name in chosen}
    names = [name for name in FIGURES if name not in ("throughput_per_s", "wip")]
    found = sweep(model, settings, figures=names)
    assert found.how == "side by side"
    assert_same(found, one_by_one(model, settings, names))


SETTINGS: dict[str, dict[str, Sequence[Any]]] = {
    "shares of a bounded loop": {"legal_ok.fix": [0.0, 0.1, 0.3], "legal_ok.later": ["1%", "10%", "20%"]},
    "the one that goes on is set itself": {"complete.yes": [0.1, 0.5, 1.0]},
    "times": {"brief.takes": ["2h", "3d", "0s"], "legal_ok.waits": ["1h", "2d", "9d"]},
    "a delay": {"legal_ok.later.delay": ["1d", "2d", "20d"]},
    "a time that the text leaves out": {
        "launch.waits": ["1h", "2h", "3d"],
        "director.costs": ["1 eur", "2 eur", "3 eur"],
    },
    "money": {"brief.costs": ["0 eur", "5 eur", "500 eur"], "legal.cost": ["10 eur/h", "100 eur/h", "1k eur/h"]},
    "arrivals": {"w.arrivals": ["1 per week", "2 per d", "5 per week"], "complete.no": [0.1, 0.2, 0.3]},
    "everything at once": {
        "complete.no": ["10%", "20%", "40%"],
        "brief.takes": ["1h", "2h", "5h"],
        "legal.cost": ["10 eur/h", "20 eur/h", "1k eur/h"],
    },
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_every_kind_of_lever_beside_a_block(settings: dict[str, Sequence[Any]]) -> None:
    model = mpm.parse(OUTER)
    found = sweep(model, settings, figures=ALL)
    assert found.how == "side by side"
    assert_same(found, one_by_one(model, settings, ALL))


def test_a_factor_multiplies_the_whole_law() -> None:
    """Twice a triangular time is a triangular time with twice its bounds: its spread doubles too."""
    model = mpm.parse(OUTER)
    found = sweep(model, {"brief.takes.scale": [0.5, 2.0]}, figures=ALL)
    for at, law in enumerate(("triangular(1h, 2h, 1d)", "triangular(4h, 8h, 4d)")):
        analysis = analyze(mpm.parse(OUTER.replace("triangular(2h, 4h, 2d)", law)), waits="none")["w"]
        for name in FIGURES:
            assert found[name][at] == pytest.approx(analysis[name], rel=1e-10), name


@pytest.mark.parametrize(
    ("lever", "values", "same_as"),
    [
        ("legal.cost.scale", [2.0], {"legal.cost": ["220 eur/h"]}),
        ("brief.costs.scale", [0.5], {"brief.costs": ["10 eur"]}),
        ("w.arrivals.scale", [2.0], {"w.arrivals": ["6 per week"]}),
        ("legal_ok.later.delay.scale", [0.4], {"legal_ok.later.delay": ["2d"]}),
    ],
)
def test_other_factors(lever: str, values: list[float], same_as: dict[str, Any]) -> None:
    model = mpm.parse(OUTER)
    assert_same(sweep(model, {lever: values}, figures=ALL), sweep(model, same_as, figures=ALL).figures)


INSIDE: dict[str, dict[str, Sequence[Any]]] = {
    "a share": {"good.no": [0.05, 0.3], "good.lost": [0.0, 0.1]},
    "a time": {"copy.takes": ["2h", "5d"]},
    "a rate of a team that works there too": {"crew.cost": ["20 eur/h", "100 eur/h"]},
}


@pytest.mark.parametrize("settings", INSIDE.values(), ids=INSIDE.keys())
def test_levers_inside_a_block_are_solved_one_by_one_and_say_so(settings: dict[str, Sequence[Any]]) -> None:
    again = "approve 80% then 87%\n    fix     15% then 8%  -> brief rework at most 3 then -> director\n"
    model = mpm.parse(WEBINAR.replace(again, "approve\n    fix 15% -> brief rework\n"))
    names = ("time.mean", "time.sd", "cost.mean", "first_pass", "visits.media")
    found = sweep(model, settings, figures=names)
    assert found.how == "one by one"
    assert "inside a parallel block" in found.notes[0]
    assert_same(found, one_by_one(model, settings, names))


def test_the_slow_way_gives_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    model = mpm.parse(OUTER)
    settings = {
        "complete.no": np.array([0.1, 0.25]),
        "brief.takes.scale": [0.5, 1.5],
        "legal.cost": [0.01, 0.03],
        "legal_ok.waits": [3600.0, 7200.0],
        "w.arrivals.scale": [1.0, 2.0],
        "brief.costs.scale": [2, 3],
    }
    quick = sweep(model, settings, figures=ALL)
    monkeypatch.setattr(module, "supported", lambda figure: False)
    slow = sweep(model, settings, figures=ALL)
    assert (quick.how, slow.how) == ("side by side", "one by one")
    assert_same(slow, quick.figures)


def test_figures_of_the_whole_law() -> None:
    model = mpm.parse(OUTER)
    names = ("time.p90", "time.late", "waste.cost")
    settings = {"complete.no": [0.1, 0.4]}
    found = sweep(model, settings, figures=names)
    assert found.how == "one by one"
    assert_same(found, one_by_one(model, settings, names))
    assert found["time.late"][0] < found["time.late"][1]


class TestShape:
    model = mpm.parse("workflow w { \n step brief takes 2h\n decision ok {\n yes\n no 20% -> brief rework\n }\n }")

    def test_a_grid_has_every_combination_the_last_lever_fastest(self) -> None:
        found = sweep(self.model, {"ok.no": [0.0, 0.5], "brief.takes": ["1h", "2h", "3h"]}, grid=True)
        assert found.shape == (2, 3)
        assert found["time.mean"].reshape(found.shape) / 3600 == pytest.approx(np.array([[1, 2, 3], [2, 4, 6]]))

    def test_one_value_serves_all_scenarios(self) -> None:
        found = sweep(self.model, {"ok.no": [0.0, 0.5], "brief.takes": "4h"})
        assert (found["time.mean"] / 3600).tolist() == [4.0, 8.0]

    def test_no_way_out_has_no_figure_and_harms_no_other(self) -> None:
        found = sweep(self.model, {"ok.no": [0.5, 1.0]}, figures=["time.mean"])
        assert found["time.mean"][0] == 14400.0
        assert np.isnan(found["time.mean"][1])
        assert found.notes == ("1 scenarios have no figures: no case ever leaves",)
        assert found.to_dict()["figures"]["time.mean"] == [14400.0, None]

    def test_sums_of_decimals_may_miss_a_hundred_percent_by_rounding(self) -> None:
        text = "workflow w { \n decision ok {\n a -> done\n b 30% scrap\n c 10% scrap\n }\n }"
        found = sweep(mpm.parse(text), {"ok.b": [0.1 + 0.2], "ok.c": [0.7]}, figures=["yield"])
        assert found["yield"].tolist() == [0.0]

    def test_the_best_scenario(self) -> None:
        found = sweep(self.model, {"ok.no": [0.4, 0.1, 0.3]})
        assert found.best("time.mean").levers == {"ok.no": 0.1}
        assert found.best("first_pass").scenario == 1
        assert found.best("time.mean", highest=True).scenario == 0

    def test_today_is_the_workflow_as_it_is(self) -> None:
        found = sweep(self.model, {"ok.no": [0.4]}, figures=["time.mean"])
        assert found.today["time.mean"] == analyze(self.model, waits="none")["w"]["time.mean"]

    def test_a_table_and_a_document(self) -> None:
        found = sweep(self.model, {"ok.no": [0.4, 0.1]})
        frame = found.to_frame()
        assert frame.columns == ["ok.no", "time.mean", "cost.mean", "yield", "first_pass"]
        assert len(frame) == 2
        validate(json.loads(found.to_json()), schema("sweep"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"complete.nope": [0.1]}, "Did you mean complete.no?"),
        ({"complete.no": [0.1, 1.2]}, "in scenario 1, is not between 0% and 100%"),
        ({"complete.no": [0.1, 0.6], "complete.yes": [0.9, 0.6]}, "would add up to 120% in scenario 1"),
        ({"complete.no": ["2h"]}, "is no share"),
        ({"brief.takes": ["2 eur"]}, "expected is one such as 4h"),
        ({"brief.takes": [-1.0]}, "cannot be negative"),
        ({"brief.costs": ["2h"]}, "expected is one such as 400 eur"),
        ({"brief.costs": ["2 usd"]}, "another currency"),
        ({"crew.people": [2]}, "moves the waiting"),
        ({"complete.no.scale": [2]}, "only times, money and arrivals"),
        ({"launch.waits.scale": [2]}, "nothing to scale"),
        ({"brief.takes": ["2h"], "brief.takes.scale": [2]}, "set twice"),
        ({"brief.takes": [1, 2], "complete.no": [0.1, 0.2, 0.3]}, "ask for a grid"),
        ({"w.arrivals": ["4 eur"]}, "4 per week"),
        ({}, "at least one lever"),
    ],
)
def test_faults_are_told_with_the_lever(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(LeverError) as told:
        sweep(mpm.parse(OUTER), settings)
    assert words in str(told.value)


def test_an_unknown_figure_says_which_there_are() -> None:
    with pytest.raises(KeyError, match=r"did you mean 'time\.mean'"):
        sweep(mpm.parse(OUTER), {"complete.no": [0.1]}, figures=["time.meen"])


def test_a_huge_grid_is_refused() -> None:
    many = np.linspace(0.0, 0.5, 2000)
    with pytest.raises(LeverError, match="4,000,000 scenarios"):
        sweep(mpm.parse(OUTER), {"complete.no": many, "legal_ok.fix": many}, grid=True)


def test_ten_thousand_scenarios_are_solved_together() -> None:
    model = mpm.parse(random_workflow(7))
    lever = next(name for names in outcome_levers(model) for name in names)
    figures = ("time.mean", "time.sd", "first_pass")

    def solved(count: int) -> int:
        return calls(lambda: sweep(model, {lever: np.linspace(0.0, 0.4, count)}, figures=figures))

    solved(2)  # compiled once
    assert solved(10_000) < 2 * solved(100)
    found = sweep(model, {lever: np.linspace(0.0, 0.4, 10_000)}, figures=figures)
    assert len(found) == 10_000
    assert levers(model)[lever] is not None
