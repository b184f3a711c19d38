"""Metrics by the model alone, and scenarios beside today."""

from __future__ import annotations

import json

import pytest

from mpmflow.analysis.exact.analyze import analyze
from mpmflow.analysis.scenarios.comparison import what_if
from mpmflow.analysis.scenarios.planned import Planned, workflow_function
from mpmflow.analysis.scenarios.whatif import LeverError
from mpmflow.model.expressions import Amount, Binary, Function, Reference
from mpmflow.model.measures import Indicator, Metric
from mpmflow.model.model import Model
from mpmflow.model.process import Decision, Outcome, PoissonArrivals, Step, Team, Workflow
from mpmflow.model.quantities import Quantity
from mpmflow.model.scenes import Scenario, Setting

WEEK = 7 * 86400.0


def of(function: str, *arguments: object) -> Function:
    return Function(function=function, arguments=[Reference(name=a) if isinstance(a, str) else a for a in arguments])


def model() -> Model:
    body = [
        Step(name="brief", by="team", takes="2h"),
        Decision(
            name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief", rework=True)]
        ),
    ]
    workflow = Workflow(
        name="w",
        deadline="5h",
        arrivals=PoissonArrivals(cases=10, per="1w"),
        teams=[Team(name="team", cost="50 eur/h")],
        body=body,
    )
    hundred = Amount(value=Quantity(value=100, unit="eur"))
    metrics = [
        Metric(name="cycle", category="operational", formula=of("time", "w")),
        Metric(name="slow", category="operational", formula=of("p90", of("time", "w"))),
        Metric(name="launches", category="output", formula=of("throughput", "w")),
        Metric(name="margin", category="outcome", formula=of("roi", hundred, of("cost", "w"))),
        Metric(name="leads", category="output", unit="leads"),
        Metric(
            name="cpl",
            category="operational",
            formula=Binary(operator="/", left=of("cost", "w"), right=Reference(name="leads")),
        ),
    ]
    indicator = Indicator(name="returned", measure=of("rate", "ok.no"))
    scenario = Scenario(name="better", label="Better briefs", settings=[Setting(lever="ok.no", value="10%")])
    return Model(workflows=[workflow], metrics=metrics, indicators=[indicator], scenarios=[scenario])


def test_formulas_are_computed_from_the_exact_figures() -> None:
    planned = Planned(model(), analyze(model(), waits="none"))
    levels = planned.levels()
    assert levels["cycle"] == pytest.approx(9000)
    assert levels["slow"] == 4 * 3600
    assert levels["launches"] == pytest.approx(10.0)
    assert levels["margin"] == pytest.approx((100 - 125) / 125)
    assert levels["leads"] is None
    assert levels["cpl"] is None


def test_indicators_have_the_level_of_the_design() -> None:
    planned = Planned(model(), analyze(model(), waits="none"))
    wanted = {
        "ok.no": 0.2, "ok.rounds": 1.25, "returned": 0.2, "brief.time": 7200.0, "w.arrivals": 10 / WEEK,
        "team.load": 10 * 9000 / WEEK, "w.open": 10 * 9000 / WEEK,
    }  # fmt: skip
    assert {name: planned.level(name) for name in wanted} == pytest.approx(wanted)
    assert planned.level("brief.wait") is None


def test_with_waits_an_indicator_of_a_wait_has_a_level() -> None:
    found = analyze(model())
    planned = Planned(model(), found)
    assert planned.level("brief.wait") == found["w"].steps["brief"].wait > 0
    assert planned.level("ok.wait") == 0.0
    assert planned.level("w.open") == pytest.approx(10 / WEEK * found["w"]["time.mean"], rel=1e-12)


def test_workflow_functions_and_their_statistics() -> None:
    found = analyze(model(), waits="none")["w"]
    assert workflow_function(found, "time", "median") == 7200.0
    assert workflow_function(found, "late") == pytest.approx(0.2**2, abs=1e-9)
    assert workflow_function(found, "cost", "sd") == pytest.approx(100 * (0.2**0.5) / 0.8)
    assert workflow_function(found, "cost", "p90") is None


def test_a_scenario_beside_today() -> None:
    found = what_if(model(), "better", {"team.people": 2})
    better = found["better"]
    assert better.label == "Better briefs"
    assert better.figures["w"]["time.without_wait"].then == pytest.approx(8000)
    assert better.figures["w"]["time.without_wait"].relative == pytest.approx(-1 / 9)
    time = better.figures["w"]["time.mean"]
    assert time.difference < -1000  # fewer rounds, and shorter waits for all the others
    assert better.metrics["cycle"].difference == pytest.approx(time.difference)
    assert "leads" not in better.metrics
    assert found.alternatives[1].teams["team"].load.relative == pytest.approx(-0.5)
    document = json.loads(found.to_json())
    assert document["schema"] == "mpmflow/what-if/1"
    assert document["scenarios"][0]["metrics"]["cycle"]["change"] == pytest.approx(time.difference)


def test_without_a_name_all_scenarios_and_an_unknown_one_is_refused() -> None:
    assert [one.name for one in what_if(model()).alternatives] == ["better"]
    with pytest.raises(LeverError, match="better"):
        what_if(model(), "beter")
