"""The published schemas: each is one, and what the verbs print keeps to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mpmflow as mpm
from mpmflow.diagnostics.json import render_json
from mpmflow.exchange.schema import DOCUMENTS, schema

TEXT = """\
workflow travel "Travel expenses" {
  arrivals 3 per week
  deadline 20d
  team office { people 2, cost 60 eur/h, works mon-fri 09:00-17:00, owner "Office" }
  step submit "Hand in" takes triangular(1h, 2h, 1d)
  decision approved "Is it in order?" by office takes 10min {
    yes
    no 10% then 5% -> submit rework
  }
  parallel both {
    branch { step pay takes 1h }
    branch { step file takes lognormal(mean 3d, sd 2d) costs 4 eur }
  }
  done
}

metric speed operational = time(travel) unit d lower is better
metric revenue outcome unit eur higher is better
cause speed -> revenue { lag 4w, each +1d adds -6 eur, confidence 60% }
indicator sent_back = rate(approved.no) { expect 10%, warn above 15% for 2w, clears below 12% }
scenario better { approved.no = 5% }
"""


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


def test_the_json_of_a_model_keeps_to_the_schema_and_gives_the_model_back() -> None:
    model = mpm.parse(TEXT)
    document = json.loads(model.model_dump_json())
    assert list(validator("model").iter_errors(document)) == []
    assert mpm.Model.model_validate_json(model.model_dump_json()) == model


def test_a_schema_refuses_what_it_should() -> None:
    assert list(validator("model").iter_errors({"workflows": [{"name": "two words", "body": []}]}))
    assert list(validator("check").iter_errors({"schema": "mpmflow/check/1"}))


def test_findings_keep_to_the_schema() -> None:
    with pytest.raises(mpm.MpmError) as caught:
        mpm.parse(TEXT.replace("-> submit", "-> sbumit").replace("eur/h", "eurr/h"))
    document = json.loads(render_json(caught.value.diagnostics, version=mpm.__version__))
    assert len(document["diagnostics"]) >= 2
    assert list(validator("check").iter_errors(document)) == []


def test_figures_keep_to_the_schema() -> None:
    document = json.loads(mpm.analyze(mpm.parse(TEXT)).to_json())
    assert list(validator("analysis").iter_errors(document)) == []
    assert document["workflows"]["travel"]["levers"]


def test_a_simulation_with_a_scenario_keeps_to_the_schema() -> None:
    found = mpm.simulate(mpm.parse(TEXT), 400, replications=2, warmup=10, scenarios=["better"])
    document = json.loads(found.to_json())
    assert list(validator("simulation").iter_errors(document)) == []
    assert document["scenarios"]["better"]["difference"]["travel"]["rework"]["mean"] < 0.0


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "model"])
def test_documents_may_grow(name: str) -> None:
    """Readers of a document must not break when it gets a further field, so no schema forbids one."""
    assert all(node.get("additionalProperties") is not False for node in objects(schema(name)))
