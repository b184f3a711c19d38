"""`mpmflow import`: a diagram as a text, on the terminal or in a file, with what is not in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

import mpmflow as mpm
from mpmflow.cli.import_ import SHOWN
from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

DIAGRAM = Path(__file__).parent.parent.parent / "docs" / "guides" / "press-release.bpmn"


def read(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["import", *arguments], prog_name="mpmflow")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_text_goes_to_standard_output_and_the_remarks_beside_it() -> None:
    result = read(str(DIAGRAM))
    assert result.exit_code == 0
    assert result.stdout.rstrip("\n") == mpm.read_bpmn(DIAGRAM).text.rstrip("\n")
    assert "Not in the model: 4 elements of the diagram." in result.stderr
    assert '  line 54: dataObjectReference "Fact sheet": data has no place in a workflow' in result.stderr


def test_a_file_is_written_and_never_over_another() -> None:
    result = read(str(DIAGRAM), "-o", "press.mpm")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("Wrote press.mpm\n")
    assert mpm.load("press.mpm") == mpm.read_bpmn(DIAGRAM).model
    again = read(str(DIAGRAM), "-o", "press.mpm")
    assert (again.exit_code, again.stderr) == (
        2,
        "There is a file press.mpm already; --overwrite lets it be replaced.\n",
    )
    assert read(str(DIAGRAM), "-o", "press.mpm", "--overwrite", "-q").stderr == ""


def test_the_document_lists_everything() -> None:
    document = json.loads(read(str(DIAGRAM), "--json", "-q").stdout)
    validate(document, schema("import"))
    assert [one["id"] for one in document["kept"]] == ["wire", "to_wire", "facts", "sheet"]
    assert document["counts"]["lane"] == 2
    assert document["taken"]["check"] == "check_the_claims"


def test_a_long_list_is_counted_on_the_terminal() -> None:
    more = "".join(f'<dataObject id="extra{number}"/>' for number in range(SHOWN))
    Path("many.bpmn").write_text(DIAGRAM.read_text(encoding="utf-8").replace("</process>", f"{more}</process>"))
    assert "and 4 more; mpmflow import many.bpmn --json lists all" in read("many.bpmn").stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a/>", "The data cannot be used: x.bpmn, row 1: this is XML, but no BPMN 2.0"),
        ("", "The data cannot be used: x.bpmn, row 1: this is not well-formed XML: the file is empty or cut off"),
        (None, "Cannot use x.bpmn: there is no such file or folder."),
    ],
)
def test_what_cannot_be_read_is_said_in_words(text: str | None, said: str) -> None:
    if text is not None:
        Path("x.bpmn").write_text(text, encoding="utf-8")
    result = read("x.bpmn")
    assert result.exit_code == 2
    assert result.stderr.startswith(said)


def test_parameters_lie_beside_the_diagram() -> None:
    Path("p.json").write_text(
        json.dumps(
            {
                "gateway_branching_probabilities": {"sound": {"yes": 0.7, "no": 0.25, "never": 0.05}},
            }
        ),
        encoding="utf-8",
    )
    text = read(str(DIAGRAM), "--parameters", "p.json", "-q").stdout
    assert "25% -> write_the_release" in text
    assert "equal until" not in text


def test_two_answers_on_one_standard_output_are_refused() -> None:
    assert read(str(DIAGRAM), "--json", "-o", "-").exit_code == 2
