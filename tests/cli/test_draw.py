"""`mpmflow draw`: the ending of a file says how it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.draw import VIEWS
from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema
from mpmflow.render import drawing

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "webinar" / "webinar.mpm"


def draw(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["draw", *arguments], prog_name="mpmflow")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_several_files_at_once_by_their_endings() -> None:
    result = draw("-q", str(EXAMPLE), "-o", "a.svg", "-o", "a.png", "-o", "a.dot")
    assert (result.exit_code, result.output) == (0, "")
    assert Path("a.svg").read_text(encoding="utf-8").startswith("<svg")
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    assert Path("a.dot").read_text(encoding="utf-8").startswith("digraph")


def test_without_a_file_dot_goes_to_standard_output() -> None:
    assert draw("-q", str(EXAMPLE)).stdout.startswith("digraph")


def test_json_says_what_was_written() -> None:
    document = json.loads(draw("-q", str(EXAMPLE), "--json", "-o", "a.svg").stdout)
    validate(document, schema("drawing"))
    assert document["written"] == [{"path": "a.svg", "bytes": Path("a.svg").stat().st_size}]


def test_a_bpmn_diagram_comes_with_the_notes_of_an_export() -> None:
    drawn = draw(str(EXAMPLE), "-o", "a.bpmn", "-o", "a.svg")
    exported = CliRunner().invoke(program, ["export", str(EXAMPLE), "-o", "b.bpmn"], prog_name="mpmflow")
    assert "Only mpmflow reads these in the file" in drawn.stderr
    assert drawn.stderr.splitlines()[2:] == exported.stderr.splitlines()[1:]
    assert Path("a.bpmn").read_bytes() == Path("b.bpmn").read_bytes()
    document = json.loads(draw("-q", str(EXAMPLE), "--json", "-o", "c.bpmn").stdout)
    validate(document, schema("drawing"))
    assert document["notes"] == drawn.stderr.splitlines()[2:]


def test_an_implied_end_that_nothing_leads_to_is_not_drawn() -> None:
    Path("w.mpm").write_text(
        "workflow w {\n step check\n decision ok { yes, no 20% -> mend rework }\n done published\n"
        " step mend -> check\n}\n",
        encoding="utf-8",
    )
    dot = draw("-q", "w.mpm").stdout
    assert '"published" [' in dot
    assert '"done" [' not in dot


def test_causes_without_a_metric_are_no_picture() -> None:
    Path("w.mpm").write_text("workflow w { step check }\n", encoding="utf-8")
    result = draw("-q", "w.mpm", "--view", "causes", "-o", "w.svg")
    assert result.exit_code == 2
    assert "no metric" in result.stderr
    assert not Path("w.svg").exists()


def test_an_unknown_ending_says_which_there_are() -> None:
    result = draw("-q", str(EXAMPLE), "-o", "a.jpeg")
    assert result.exit_code == 2
    assert ".svg" in result.stderr


def test_a_folder_that_is_not_there_is_said_in_words() -> None:
    result = draw("-q", str(EXAMPLE), "-o", "nowhere/a.svg")
    assert (result.exit_code, result.stderr) == (2, "Cannot use nowhere/a.svg: there is no such file or folder.\n")


def test_an_unknown_workflow_says_which_there_are() -> None:
    result = draw("-q", str(EXAMPLE), "--workflow", "webiner")
    assert result.exit_code == 2
    assert "webinar" in result.stderr


def test_the_views_offered_are_those_that_can_be_drawn() -> None:
    assert set(VIEWS) == set(drawing.VIEWS)


def test_risk_is_painted_from_the_data_that_the_file_names() -> None:
    result = draw("-q", str(EXAMPLE), "--risk", "--as-of", "2026-02-01")
    assert result.exit_code == 0
    assert "Risk on 1 Feb 2026, measured against the plan" in result.stdout
    assert "a case</FONT>" in result.stdout


def test_evidence_without_risk_is_a_slip_that_is_said() -> None:
    result = draw("-q", str(EXAMPLE), "--as-of", "2026-02-01")
    assert result.exit_code == 2
    assert "add --risk" in result.stderr


def test_a_page_and_a_mermaid_text_are_written_by_their_endings() -> None:
    result = draw("-q", str(EXAMPLE), "-o", "a.html", "-o", "a.mmd", "--theme", "dark")
    assert (result.exit_code, result.output) == (0, "")
    assert Path("a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert Path("a.mmd").read_text(encoding="utf-8").startswith("flowchart LR\n  accTitle: Workflow: Webinar campaign")


def test_a_crowded_picture_names_ways_to_a_smaller_one() -> None:
    steps = "\n".join(f"step s{number} takes 1h" for number in range(130))
    Path("long.mpm").write_text(f"workflow w {{\n{steps}\n}}\n", encoding="utf-8")
    whole = draw("long.mpm", "-o", "a.dot").stderr
    assert "132 boxes: --collapse folds" in whole
    assert "boxes" not in draw("long.mpm", "--collapse", "-o", "a.dot").stderr
    assert "boxes" not in draw("long.mpm", "--around", "s5", "-o", "a.dot").stderr
