"""A model survives being written down: as text, and as JSON."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from mpmflow.compiler.from_tree import Bridge, model_from_tree
from mpmflow.compiler.to_tree import model_to_text
from mpmflow.diagnostics.source import Source
from mpmflow.model.model import Model
from mpmflow.syntax.parse import parse
from tests.strategies import models

patient = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def read(text: str) -> Model:
    parsed = parse(Source("again.mpm", text))
    assert parsed.diagnostics == (), text
    bridge = Bridge()
    model = model_from_tree(bridge, parsed.tree)
    assert bridge.faults == [], text
    return model


@patient
@given(models())
def test_a_model_written_as_text_and_read_again_is_the_same(model: Model) -> None:
    text = model_to_text(model)
    again = read(text)
    assert again == model, text
    assert model_to_text(again) == text


@patient
@given(models())
def test_a_model_written_as_json_and_read_again_is_the_same(model: Model) -> None:
    assert Model.model_validate_json(model.model_dump_json()) == model


@patient
@given(models())
def test_the_bridge_makes_the_same_parts_that_validation_makes(model: Model) -> None:
    made = read(model_to_text(model))
    assert Model.model_validate_json(made.model_dump_json()) == made
