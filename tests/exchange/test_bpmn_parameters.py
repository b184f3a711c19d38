"""Simulation parameters come along: of QBP and BPSim inside the diagram, of Prosimos beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import mpmflow as mpm

from .diagrams import diagram, gateway, statements, task

NODES = '<startEvent id="s"/>' + task("check", "mend") + gateway("exclusive", "g", name="Good?") + '<endEvent id="e"/>'
FLOWS = "s check; check g; g e yes; g mend no; mend check"

HOURS = [{"from": "MONDAY", "to": "FRIDAY", "beginTime": "09:00:00", "endTime": "16:59:59"}]
OLDER = {
    "resource_profiles": {
        "pool": {"name": "Clerks", "resource_list": [{"id": f"c{n}", "cost_per_hour": "20", "amount": 1} for n in "12"]}
    },
    "arrival_time_distribution": {"distribution_name": "expon", "distribution_params": [0, 7200]},
    "gateway_branching_probabilities": {"g": {"f2": "0.9", "f3": "0.1"}},
    "task_resource_distribution": {
        "check": {person: {"distribution_name": "norm", "distribution_params": [3600, 600]} for person in ("c1", "c2")},
        "mend": {"c1": {"distribution_name": "gamma", "distribution_params": [4.0, 0, 900.0]}},
    },
    "resource_calendars": {"c1": HOURS, "c2": HOURS},
}
NEWER = {
    "resource_profiles": [
        {
            "id": "pool",
            "name": "Clerks",
            "resource_list": [{"id": "c", "cost_per_hour": 20, "amount": 2, "calendar": "k"}],
        }
    ],
    "arrival_time_distribution": {
        "distribution_name": "expon",
        "distribution_params": [{"value": 7200}, {"value": 0}, {"value": 99999}],
    },
    "gateway_branching_probabilities": [
        {"gateway_id": "g", "probabilities": [{"path_id": "f2", "value": 0.9}, {"path_id": "f3", "value": 0.1}]}
    ],
    "task_resource_distribution": [
        {
            "task_id": name,
            "resources": [{"resource_id": "c", "distribution_name": kind, "distribution_params": numbers}],
        }
        for name, kind, numbers in (
            ("check", "norm", [{"value": 3600}, {"value": 600}, {"value": 0}, {"value": 9999}]),
            ("mend", "gamma", [{"value": 3600}, {"value": 3240000}, {"value": 0}, {"value": 99999}]),
        )
    ],
    "resource_calendars": [{"id": "k", "time_periods": HOURS}],
}
SAME = (
    'team clerks "Clerks" { people 2, cost 20 eur/h, works mon-fri 09:00-17:00 } workflow campaign "Campaign" { '
    "arrivals every exponential(2h) "
    'step check "Check" by clerks takes normal(mean 1h, sd 10min) '
    'decision good "Good?" { yes 90% no 10% -> mend rework } done '
    'step mend "Mend" by clerks takes gamma(mean 1h, sd 30min) -> check }'
)


@pytest.mark.parametrize("written", [OLDER, NEWER], ids=["as scipy names them", "by mean and variance"])
def test_both_generations_of_prosimos_say_the_same(tmp_path: Path, written: object) -> None:
    (tmp_path / "drawn.bpmn").write_text(diagram(NODES, FLOWS), encoding="utf-8")
    (tmp_path / "sim.json").write_text(json.dumps(written), encoding="utf-8")
    found = mpm.read_bpmn(tmp_path / "drawn.bpmn", parameters=tmp_path / "sim.json")
    assert statements(found) == SAME
    assert not any("equal" in note for note in found.notes)


QBP = """
<q:processSimulationInfo xmlns:q="http://www.qbp-simulator.com/Schema201212" currency="EUR">
 <q:timetables><q:timetable id="k"><q:rules>
  <q:rule fromTime="09:00:00" toTime="17:00:00" fromWeekDay="MONDAY" toWeekDay="FRIDAY"/></q:rules></q:timetable>
 </q:timetables>
 <q:arrivalRateDistribution type="EXPONENTIAL" mean="0" arg1="7200"/>
 <q:resources><q:resource id="pool" name="Clerks" totalAmount="2" costPerHour="20" timetableId="k"/></q:resources>
 <q:elements>
  <q:element elementId="check"><q:durationDistribution type="NORMAL" mean="3600" arg1="600"/>
   <q:resourceIds><q:resourceId>pool</q:resourceId></q:resourceIds></q:element>
  <q:element elementId="mend"><q:durationDistribution type="GAMMA" mean="3600" arg1="3240000"/>
   <q:resourceIds><q:resourceId>pool</q:resourceId></q:resourceIds></q:element>
 </q:elements>
 <q:sequenceFlows><q:sequenceFlow elementId="f2" executionProbability="0.9"/>
  <q:sequenceFlow elementId="f3" executionProbability="0.1"/></q:sequenceFlows>
</q:processSimulationInfo>"""


def test_qbp_says_the_same_inside_the_diagram(tmp_path: Path) -> None:
    text = diagram(NODES, FLOWS).replace("</definitions>", QBP + "</definitions>")
    (tmp_path / "drawn.bpmn").write_text(text, encoding="utf-8")
    assert statements(mpm.read_bpmn(tmp_path / "drawn.bpmn")) == SAME


BPSIM = """
<b:BPSimData xmlns:b="http://www.bpsim.org/schemas/1.0"><b:Scenario id="x">
 <b:ScenarioParameters baseTimeUnit="min" baseCurrencyUnit="USD"/>
 <b:ElementParameters elementRef="check"><b:TimeParameters><b:ProcessingTime>
  <b:TriangularDistribution min="10" mode="20" max="60"/></b:ProcessingTime></b:TimeParameters>
  <b:CostParameters><b:FixedCost><b:FloatingParameter value="12.5"/></b:FixedCost></b:CostParameters>
 </b:ElementParameters>
 <b:ElementParameters elementRef="s"><b:ControlParameters><b:InterTriggerTimer>
  <b:DurationParameter value="PT6H"/></b:InterTriggerTimer></b:ControlParameters></b:ElementParameters>
 <b:ElementParameters elementRef="f2"><b:ControlParameters><b:Probability>
  <b:FloatingParameter value="0.75"/></b:Probability></b:ControlParameters></b:ElementParameters>
</b:Scenario></b:BPSimData>"""


def test_bpsim_gives_times_costs_arrivals_and_shares(tmp_path: Path) -> None:
    text = diagram(NODES, FLOWS).replace(
        "</definitions>", f"<extensionElements>{BPSIM}</extensionElements></definitions>"
    )
    (tmp_path / "drawn.bpmn").write_text(text, encoding="utf-8")
    said = statements(mpm.read_bpmn(tmp_path / "drawn.bpmn"))
    assert "arrivals every 6h" in said
    assert "takes triangular(10min, 20min, 1h) costs 12.5 usd" in said
    assert "yes 75% no 25% -> mend rework" in said


def test_the_fitted_purchasing_example_is_taken_over(shared: Callable[[str], Path]) -> None:
    """Prosimos' own example: the shares that Simod found, people, rates and gaps, to the last figure that is shown."""
    folder = shared("data/logs/purchasing_p2p")
    found = mpm.read_bpmn(folder / "model_qbp.bpmn", parameters=folder / "simulation_parameters.json")
    assert not [one for one in found.model.check() if one.is_error]
    flow = found.model.workflows[0]
    shares = {f"{one.name}.{out.name}": float(out.share.first) for one in flow.nodes()
              if one.kind in ("decision", "choose") for out in one.outcomes if out.share}  # fmt: skip
    assert sorted(shares.values()) == [0.014652, 0.377315, 0.855019]
    assert {team.label: team.people for team in found.model.teams} == {
        "SYSTEM": 20, "Role 1": 14, "Role 2": 5, "Role 3": 3, "Role 4": 3, "Role 5": 2,
    }  # fmt: skip
    assert str(flow.arrivals.gap.mean) == "4.1193h"
    assert any("hours in which cases arrive" in note for note in found.notes)
    assert mpm.analyze(found.model).workflows["model_qbp"].visits["analyze_request_for_quotation"] > 1.5


@pytest.mark.parametrize(
    ("written", "said"), [("[1", "no JSON"), ("{}", "holds no simulation parameters"), ("[]", "holds no simulation")]
)
def test_what_are_no_parameters_is_said(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "drawn.bpmn").write_text(diagram(NODES, FLOWS), encoding="utf-8")
    (tmp_path / "sim.json").write_text(written, encoding="utf-8")
    with pytest.raises(mpm.DataError, match=said):
        mpm.read_bpmn(tmp_path / "drawn.bpmn", parameters=tmp_path / "sim.json")


def test_parameters_of_the_wrong_shape_are_passed_over_not_stumbled_over(tmp_path: Path) -> None:
    odd = {
        "resource_profiles": [1, {"id": "p", "resource_list": 5}, {"id": 3}],
        "arrival_time_distribution": {"distribution_name": "expon", "distribution_params": ["soon"]},
        "gateway_branching_probabilities": {"g": {"f2": "often", "f3": 7}},
        "task_resource_distribution": {"check": {"x": None}, "mend": "y"},
        "resource_calendars": {"k": "always"},
        "something_new": {"a": 1},
    }
    (tmp_path / "drawn.bpmn").write_text(diagram(NODES, FLOWS), encoding="utf-8")
    (tmp_path / "sim.json").write_text(json.dumps(odd), encoding="utf-8")
    found = mpm.read_bpmn(tmp_path / "drawn.bpmn", parameters=tmp_path / "sim.json")
    assert any("something_new" in note for note in found.notes)
    assert "yes 50%" in statements(found)


@pytest.mark.parametrize(("shares", "said"), [(("0.9", "0.3"), "add up to 1.2"), (("0", "0"), "")])
def test_shares_that_do_not_add_up_are_mended_and_said(tmp_path: Path, shares: tuple[str, str], said: str) -> None:
    written = {"gateway_branching_probabilities": {"g": dict(zip(("f2", "f3"), shares, strict=True))}}
    (tmp_path / "drawn.bpmn").write_text(diagram(NODES, FLOWS), encoding="utf-8")
    (tmp_path / "sim.json").write_text(json.dumps(written), encoding="utf-8")
    found = mpm.read_bpmn(tmp_path / "drawn.bpmn", parameters=tmp_path / "sim.json")
    assert any(said in one.why for one in found.kept) == bool(said)
    assert not [one for one in found.model.check() if one.is_error]
