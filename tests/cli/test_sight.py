"""`mpmflow sight`: the page in words, the document for programs, and what it takes from data."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

ROOT = Path(__file__).resolve().parents[2]
WEBINAR = str(ROOT / "examples/webinar/webinar.mpm")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments)


def test_the_page_names_goals_vanity_and_what_only_data_know() -> None:
    found = call("sight", WEBINAR, "-q")
    assert found.exit_code == 0, found.output
    assert "Build pipeline (pipeline): business unit, VP Marketing" in found.output
    assert "move no outcome: spend" in found.output
    assert "learned from data, and none was looked at" in " ".join(found.output.split())


def test_data_fill_in_what_the_file_leaves_open() -> None:
    found = call("sight", WEBINAR, "-q", "--observed")
    assert found.exit_code == 0, found.output
    assert "not known" not in found.output
    assert "data, predictive" in found.output


def test_the_document_keeps_to_its_schema() -> None:
    found = call("sight", WEBINAR, "-q", "--json")
    document = json.loads(found.stdout)
    validate(document, schema("sight"))
    assert document["vanity"] == ["spend"]


def test_an_objective_is_explained_with_what_can_move_it() -> None:
    found = call("explain", WEBINAR, "pipeline", "-q")
    assert found.exit_code == 0, found.output
    assert "What can move it" in found.output
    assert "cycle_time" in found.output


def test_a_file_without_goals_is_told_so_and_ends_well(tmp_path: Path) -> None:
    (tmp_path / "m.mpm").write_text("workflow w { step brief takes 1h }\n")
    found = call("sight", str(tmp_path / "m.mpm"), "-q")
    assert found.exit_code == 0, found.output
    assert "no objective" in found.output
