"""`allow` silences a warning where it stands, is counted, and must be good for something."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from mpmflow.compiler.pipeline import check_model, compile_source
from mpmflow.diagnostics.source import Source
from mpmflow.model.model import Model
from tests.strategies import models


def said(text: str) -> tuple[list[str], int]:
    made = compile_source(Source("a.mpm", text))
    return [one.code for one in made.diagnostics], made.allowed


def test_an_allow_silences_its_own_statement_alone() -> None:
    text = """
metric posts activity unit posts { allow orphan-metric "for the works council" }
metric calls activity unit calls
"""
    assert said(text) == (["orphan-metric"], 1)


def test_an_allow_in_a_workflow_holds_for_all_that_is_in_it() -> None:
    text = """
workflow w {
  allow unused-team "they come in May"
  allow unmeasured-decision "a draft"
  team legal { people 1 }
  team sales { people 1 }
  decision ready { yes 80%, no 20% scrap }
}
"""
    assert said(text) == ([], 3)


def test_an_error_cannot_be_allowed() -> None:
    text = 'workflow w { decision ready { allow shares-sum "nearly", yes 80%, no 10% scrap } }\n'
    codes, allowed = said(text)
    assert "shares-sum" in codes
    assert "useless-allow" in codes
    assert allowed == 0


def test_an_unknown_check_is_named_with_its_neighbour() -> None:
    made = compile_source(Source("a.mpm", 'metric m output { allow orfan-metric "x" }\n'))
    assert [one.help for one in made.diagnostics if one.code == "unknown-allow"] == ["did you mean `orphan-metric`?"]


def test_allows_hold_in_models_made_in_python() -> None:
    made = compile_source(Source("a.mpm", 'metric m output { allow orphan-metric "x" }\n'))
    assert made.model is not None
    assert check_model(made.model) == ()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_no_model_brings_the_checks_down(model: Model) -> None:
    first = [one.message for one in check_model(model)]
    assert first == [one.message for one in check_model(model)]
