"""A model survives being written down: as text, and as JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from mpmflow.compiler.from_tree import Bridge, model_from_tree
from mpmflow.compiler.to_tree import model_to_text
from mpmflow.diagnostics.source import Source
from mpmflow.model import expressions, measures, observations, process, scenes
from mpmflow.model.model import Model
from mpmflow.model.process import TAKEN_OUTCOMES
from mpmflow.model.quantities import Quantity
from mpmflow.model.units import TAKEN_UNITS
from mpmflow.syntax import build
from mpmflow.syntax.grammar import tables
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


def outcome(share: Any) -> Model:
    yes, no = process.Outcome(name="yes"), process.Outcome(name="no", share=share, scrap=True)
    decision = process.Decision(name="d", outcomes=(yes, no))
    return Model(workflows=[process.Workflow(name="w", body=[decision])])


@pytest.mark.parametrize(
    ("share", "written"),
    [
        ("1/3", "no  1/3 scrap"),
        (Fraction(1, 8), "no  12.5% scrap"),
        (["1/3", "1/4", "2/7"], "no  1/3 then 25% then 2/7 scrap"),
        (process.Share.of(17, 85), "no  17 of 85 scrap"),
        (1e-300, f"no  1/{10**300} scrap"),
    ],
)
def test_a_share_is_written_exactly(share: Any, written: str) -> None:
    model = outcome(share)
    assert written in model_to_text(model)
    assert read(model_to_text(model)) == model


def indicator(**fields: Any) -> Model:
    return Model(indicators=[measures.Indicator(name="i", measure=expressions.Reference(name="leads"), **fields)])


@pytest.mark.parametrize(
    ("expect", "written"),
    [
        ("1/3 leads", "expect 1/3 leads"),
        ("100/3 %", "expect 100/3%"),
        ("900/13 1/w", "expect 900 per 13w"),
        ("900/13 leads/w", "expect 900 leads per 13w"),
        ("20 target", "expect 20target"),
        ("20000 cost", "expect 20000cost"),
        ("20000 people", "expect 20k people"),
    ],
)
def test_a_figure_is_written_exactly(expect: str, written: str) -> None:
    model = indicator(expect=expect)
    assert written in model_to_text(model)
    assert read(model_to_text(model)) == model


def test_every_action_is_written() -> None:
    model = indicator(do=("notify", "page_owner", "warn"))
    assert "do notify, page_owner, warn" in model_to_text(model)
    assert read(model_to_text(model)) == model
    assert read("indicator i = leads { do notify, do page_owner, warn }") == model


def test_a_text_ends_on_its_line() -> None:
    assert process.Team(name="t", label="two\nlines", owner="a\r\nb").label == "two lines"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Quantity(value=3, unit="per"), "joins figures"),
        (lambda: measures.Metric(name="m", category="output", unit="x"), "joins figures"),
        (lambda: Quantity(value=3, unit="eur*h"), "is not a unit of the language"),
        (lambda: Quantity(value=Fraction(1, 10**500)), "at most 400 digits"),
        (lambda: expressions.Amount(value="1/3"), "Binary"),
        (lambda: expressions.Amount(value="-3"), "Unary"),
        (lambda: expressions.Reference(name="and"), "joins conditions"),
        (lambda: process.Outcome(name="rounds"), "cannot be called"),
        (lambda: process.Seen(activities=()), "at least 1"),
        (lambda: scenes.Examples(columns=("_",), rows=()), "missing value"),
        (lambda: scenes.Examples(columns=("a",), rows=(("1", "2"),)), "one cell for each column"),
        (lambda: observations.Column(), "a role or a name"),
    ],
)
def test_what_has_no_text_is_no_model(make: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        make()


def test_the_model_and_the_grammar_agree_on_the_words_that_are_taken() -> None:
    assert build.TAKEN_OUTCOMES == TAKEN_OUTCOMES
    _, pattern = tables().terminals["UNIT"]
    assert pattern is not None
    assert set(pattern.partition("(?!(?:")[2].partition(")")[0].split("|")) == TAKEN_UNITS
