"""`mpmflow fit` as people call it: the page, the JSON, the file it writes, and what it says when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, with a small file and its log."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.mpm").write_text(
        "workflow w {\n  step brief\n  decision ok {\n    yes\n    no 20% -> brief rework\n  }\n  step launch\n}\n"
    )
    rows = ["case,activity,time"]
    for case in range(60):
        times = 1 + case % 2
        for visit in range(times):
            rows.append(f"c{case:02d},brief,2026-01-{1 + case // 3:02d}T1{visit}:00:00")
        rows.append(f"c{case:02d},launch,2026-01-{1 + case // 3:02d}T15:00:00")
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_the_page_sets_each_declared_number_beside_that_of_the_log(folder: Path) -> None:
    result = call("fit", "w.mpm", "--log", "log.csv", "-q")
    assert result.exit_code == 0
    assert "The log contradicts" in result.stdout
    lines = [line for line in result.stdout.splitlines() if line.strip().startswith("ok.no,")]
    assert all("20%" in line for line in lines)
    assert lines
    assert [one for one in result.stdout.splitlines() if one != one.rstrip()] == []


def test_json_is_the_documented_document_and_nothing_else(folder: Path) -> None:
    result = call("fit", "w.mpm", "--log", "log.csv", "--json", "-q")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    validate(document, schema("fit"))
    number = document["numbers"][0]
    assert (number["name"], number["declared"]["text"], number["contradicted"]) == ("ok.no", "20%", True)


def test_a_fitted_file_is_written_once_and_replaced_only_when_told(folder: Path) -> None:
    assert "Wrote fitted.mpm" in call("fit", "w.mpm", "--log", "log.csv", "-o", "fitted.mpm").stderr
    assert "# fitted: " in Path("fitted.mpm").read_text()
    again = call("fit", "w.mpm", "--log", "log.csv", "-o", "fitted.mpm")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "--overwrite" in again.stderr
    assert call("fit", "w.mpm", "--log", "log.csv", "-o", "fitted.mpm", "--overwrite").exit_code == 0
    assert call("check", "fitted.mpm", "-q").exit_code == call("check", "w.mpm", "-q").exit_code


def test_the_file_itself_is_not_overwritten_unless_told(folder: Path) -> None:
    before = Path("w.mpm").read_text()
    assert call("fit", "w.mpm", "--log", "log.csv", "-o", "w.mpm").exit_code == 2
    assert Path("w.mpm").read_text() == before


def test_a_dash_prints_the_text_alone(folder: Path) -> None:
    result = call("fit", "w.mpm", "--log", "log.csv", "-o", "-", "-q")
    assert result.stdout.startswith("workflow w {")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "mpmflow fit FILE"),
        (("w.mpm",), "--log PATH"),
        (("w.mpm", "--log", "lgo.csv"), "log.csv"),
        (("w.mpm", "--log", "log.csv", "--memory", "soon"), 'neither "all" nor a number of weeks'),
        (("w.mpm", "--log", "log.csv", "--memory", "-1"), 'neither "all" nor a number of weeks'),
        (("w.mpm", "--log", "log.csv", "--from", "2027-01-01"), "nothing is left from 2027-01-01 on"),
        (("w.mpm", "--log", "log.csv", "--from", "2026-01-05", "--to", "2026-01-02"), "lies after --to"),
        (("w.mpm", "--log", "log.csv", "--to", "2020-01-01"), "there are no events"),
        (("w.mpm", "--log", "log.csv", "--empirical"), "-o PATH"),
        (("w.mpm", "--log", "log.csv", "--json", "-o", "-"), "choose one"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    result = call("fit", *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


def test_a_log_of_something_else_is_refused_with_what_it_holds(folder: Path) -> None:
    Path("other.csv").write_text("case,activity,time\n1,bake,2026-01-05\n")
    result = call("fit", "w.mpm", "--log", "other.csv")
    assert result.exit_code == 2
    assert "'bake'" in result.stderr
    assert "seen as" in result.stderr
