"""Units of formulas: what fits together, what does not, and where each came from."""

from __future__ import annotations

import pytest

from mpmflow.compiler.measured import show
from mpmflow.compiler.names import Names
from mpmflow.compiler.pipeline import compile_source
from mpmflow.compiler.units import Units
from mpmflow.diagnostics.source import Source

BASE = """
team editors { people 1, cost 50 eur/h }
workflow w {
  arrivals 3 per week
  deadline 5d
  step work by editors takes 1d costs 20 eur
  decision ready { yes 80%, no 20% -> work rework }
}
workflow free { step idle takes 1d }
metric spend activity unit eur
metric price outcome unit usd
metric leads output unit leads
metric visits output unit visits
metric age outcome unit d
metric ratio outcome unit %
data { log "events.csv" { case, activity, time, amount number } }
"""

UNITS = [
    ("spend", "eur"),
    ("spend / leads", "eur/leads"),
    ("spend + 100 eur", "eur"),
    ("leads + 5", "leads"),
    ("5 + leads", "leads"),
    ("2 * spend", "eur"),
    ("spend * 20%", "eur"),
    ("spend ^ 2", "eur^2"),
    ("leads / leads", "a plain number or share"),
    ("time(w)", "a time"),
    ("p90(time(w))", "a time"),
    ("sd(cost(w))", "eur"),
    ("cost(w)", "eur"),
    ("throughput(w)", "cases"),
    ("spend / throughput(w)", "eur/cases"),
    ("late(w)", "a plain number or share"),
    ("work.time + work.wait", "a time"),
    ("ready.no", "a plain number or share"),
    ("rate(ready.no, 4w)", "a plain number or share"),
    ("editors.load", "a plain number or share"),
    ("w.arrivals", "cases/time"),
    ("w.open", "cases"),
    ("change(spend, 4w)", "eur"),
    ("trend(leads, 8w)", "leads/time"),
    ("lag(age, 1w)", "a time"),
    ("max(spend, 0)", "eur"),
    ("max(age, lag(age, 1w))", "a time"),
    ("if(leads > 100, spend, 0)", "eur"),
    ("sum(amount) / throughput(w)", None),
    ("roi(spend, spend)", "a plain number or share"),
    ("cost_per(spend, leads)", "eur/leads"),
    ("cac(spend, leads)", "eur/leads"),
    ("conversion(leads, visits)", "a plain number or share"),
    ("churn(3, leads)", "a plain number or share"),
    ("win_rate(leads, leads)", "a plain number or share"),
    ("clv(spend / leads, 60%, 4%)", "eur/leads"),
    ("clv(spend / leads, 60%, 4%, 1%)", "eur/leads"),
]


@pytest.mark.parametrize(("formula", "unit"), UNITS)
def test_the_unit_of_a_formula(formula: str, unit: str | None) -> None:
    made = compile_source(Source("a.mpm", f"{BASE}metric x output = {formula}\n"))
    assert [one.message for one in made.errors] == []
    assert made.model is not None
    found = Units(Names(made.model)).of_name("x").unit
    assert (show(found) if found is not None else None) == unit


WRONG = [
    ("spend + leads", "unit-mismatch"),
    ("spend + price", "unit-mismatch"),
    ("if(spend > 3d, 1, 0)", "unit-mismatch"),
    ("age + spend", "unit-mismatch"),
    ("spend + 100", "unit-mismatch"),
    ("max(spend, leads)", "unit-mismatch"),
    ("if(leads > 1, spend, age)", "unit-mismatch"),
    ("if(leads, spend, spend)", "not-a-condition"),
    ("leads + (leads > 1)", "condition-as-figure"),
    ("leads > 1", "not-a-figure"),
    ("2 ^ age", "power-with-unit"),
    ("spend ^ leads", "power-with-unit"),
    ("spend ^ 0.5", "power-of-unit"),
    ("roi(spend, age)", "unit-mismatch"),
    ("time(spend)", "wrong-kind"),
    ("time(work)", "wrong-kind"),
    ("work + 1", "wrong-kind"),
    ("w", "wrong-kind"),
    ("amount", "wrong-kind"),
    ("rate(leads)", "wrong-kind"),
    ("tim(w)", "unknown-function"),
    ("time(v)", "unknown-name"),
    ("change(spend)", "wrong-arguments"),
    ("change(spend, 4)", "wrong-arguments"),
    ("p90(spend)", "wrong-arguments"),
    ("p0(time(w))", "unknown-function"),
    ("x + 1", "formula-loop"),
]


@pytest.mark.parametrize(("formula", "code"), WRONG)
def test_what_has_no_unit_is_an_error(formula: str, code: str) -> None:
    made = compile_source(Source("a.mpm", f"{BASE}metric x output = {formula}\n"))
    assert [one.code for one in made.errors] == [code]


def test_a_mismatch_shows_both_units_and_where_each_came_from() -> None:
    made = compile_source(Source("a.mpm", f"{BASE}metric x output = age + spend\n"))
    (error,) = made.errors
    assert error.span is not None
    assert error.span.text == "age + spend"
    assert [note.span.text for note in error.notes if note.span] == ["age", "spend"]
    assert "a time" in error.message
    assert "eur" in error.message


VALUES = [
    ("metric x output unit leads target at least 900 per 13w by 2026-09-30", True),
    ("metric x output unit leads target at least 900 leads per 13w by 2026-09-30", True),
    ("metric x output unit leads target at least 900 visits per 13w by 2026-09-30", False),
    ("metric x output unit leads target at least 900 eur per 13w by 2026-09-30", False),
    ("metric x operational = spend / leads target at most 43 eur by 2026-09-30", True),
    ("metric x operational = spend / leads target at most 43 usd by 2026-09-30", False),
    ("metric x operational = spend / leads target at most 43 by 2026-09-30", False),
    ("indicator x = rate(ready.no) { warn above 25% }", True),
    ("indicator x = rate(ready.no) { warn above 0.25 }", True),
    ("indicator x = rate(ready.no) { warn above 3d }", False),
    ("indicator x = work.time { warn above 3d }", True),
    ("indicator x = w.arrivals { warn above 3 per week }", True),
    ("indicator x = w.arrivals { warn above 3 }", False),
    ("cause ready.no -> leads { lag 1w, each +5% adds -3 }", True),
    ("cause ready.no -> leads { lag 1w, each +5% adds -3 eur }", False),
    ("benchmark spend 40 d source \"survey\"", False),
    ("scenario x { work.takes = 4h to 8h, editors.people = 2, w.arrivals = 4 per week, ready.no = 10% }", True),
    ("scenario x { editors.cost = 60 eur/h, editors.works = mon-sat 08:00-20:00 }", True),
    ("scenario x { editors.cost = 60 usd/h }", False),
    ("scenario x { editors.people = 20% }", True),
    ("initiative x { moves ready.no from 20% to 10%, moves spend from 1k eur to 2k eur }", True),
    ("initiative x { moves spend from 1k usd to 2k usd }", False),
    ('test "t" { given ready.no = 20% every 1w from 2026-01-05, expect spend above 3 eur at 2026-01-12 }', True),
    ('test "t" { given ready.no = 2d every 1w from 2026-01-05, expect spend above 3 eur at 2026-01-12 }', False),
    ('test "t" { given ready.no = 20% every 1w from 2026-01-05, expect spend above 3d at 2026-01-12 }', False),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "fits"), VALUES)
def test_values_measure_what_they_are_about(statement: str, fits: bool) -> None:
    made = compile_source(Source("a.mpm", f"{BASE}{statement}\n"))
    assert ("unit-of-value" not in {one.code for one in made.errors}) == fits


def test_a_workflow_without_costs_costs_nothing_in_no_currency() -> None:
    made = compile_source(Source("a.mpm", f"{BASE}metric x output = cost(free) + spend\n"))
    assert made.errors == ()


def test_flows_are_told_from_levels() -> None:
    text = f"{BASE}metric a output = throughput(w)\nmetric b output = spend / leads\nmetric c output = 2 * leads\n"
    made = compile_source(Source("a.mpm", text))
    assert made.model is not None
    units = Units(Names(made.model))
    flows = {name: units.of_name(name).flow for name in ("a", "b", "c", "spend", "age", "ratio")}
    assert flows == {"a": True, "b": False, "c": True, "spend": True, "age": False, "ratio": False}


def test_a_name_that_nothing_resembles_is_to_be_declared() -> None:
    findings = compile_source(Source("a.mpm", BASE + "metric m outcome = qqqqq / leads\n")).diagnostics
    (told,) = (finding for finding in findings if finding.code == "unknown-name")
    assert told.help == "say what it is, as in `metric qqqqq activity unit eur`"
