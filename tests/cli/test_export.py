"""`mpmflow export`: the ending of a file says how it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

EXAMPLE = str(Path(__file__).parent.parent.parent / "examples" / "webinar" / "webinar.mpm")


def export(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["export", *arguments], prog_name="mpmflow")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_prism_model_has_its_properties_beside_it() -> None:
    result = export(EXAMPLE, "-o", "w.prism")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Wrote w.prism\nWrote w.props\n" in result.stderr
    assert "\ndtmc\n" in Path("w.prism").read_text(encoding="utf-8")
    assert '"visits_brief": R{"visits_brief"}=? [ F "end" ];  // mpmflow: 1.25\n' in Path("w.props").read_text(
        encoding="utf-8"
    )


def test_without_a_file_the_model_goes_to_standard_output() -> None:
    result = export("-q", EXAMPLE)
    assert result.stdout.startswith("// Made by mpmflow from its workflow webinar, Webinar campaign.\n")
    assert result.stderr == ""


@pytest.mark.parametrize("verb", ["export", "draw"])
def test_a_diagram_that_may_have_been_edited_is_not_written_over_unless_told_to(verb: str) -> None:
    def write(*more: str) -> Result:
        return CliRunner().invoke(program, [verb, "-q", EXAMPLE, "-o", "w.bpmn", *more], prog_name="mpmflow")

    Path("w.bpmn").write_text("edited", encoding="utf-8")
    refused = write()
    assert refused.exit_code == 2
    assert "--overwrite lets it be replaced" in refused.stderr
    assert Path("w.bpmn").read_text(encoding="utf-8") == "edited"
    assert write("--overwrite").exit_code == 0
    assert Path("w.bpmn").read_text(encoding="utf-8") != "edited"


def test_the_whole_model_as_json() -> None:
    assert export("-q", EXAMPLE, "-o", "w.json").exit_code == 0
    document = json.loads(Path("w.json").read_text(encoding="utf-8"))
    validate(document, schema("model"))
    assert document["workflows"][0]["name"] == "webinar"


def test_json_says_what_was_written() -> None:
    document = json.loads(export("-q", EXAMPLE, "--json", "-o", "w.prism", "-o", "w.json").stdout)
    validate(document, schema("export"))
    assert [(one["path"], one["bytes"]) for one in document["written"]] == [
        (path, Path(path).stat().st_size) for path in ("w.prism", "w.props", "w.json")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "w.docx"), ".prism, .props, .json, .bpmn"),
        (("--workflow", "webiner", "-o", "w.prism"), "there is webinar"),
    ],
)
def test_what_cannot_be_written_is_said(arguments: tuple[str, ...], words: str) -> None:
    result = export("-q", EXAMPLE, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_file_with_errors_is_not_exported() -> None:
    Path("w.mpm").write_text("workflow w { step brief -> lunch }\n", encoding="utf-8")
    result = export("w.mpm", "-o", "w.prism")
    assert result.exit_code == 2
    assert not Path("w.prism").exists()
