"""`mpmflow report`: on the terminal, into files, for one level, for one partner, beside what was said before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

TEXT = """
team desk { people 4 }
partner agency "Studio North" { people 3 }
workflow flyer {
  arrivals 3 per week
  step brief by desk takes 2h
  decision ok "Is it fine?" by agency takes 1h { yes, no 20% -> brief rework }
}
metric leads "Leads" output unit leads higher is better target at least 40 by 2026-03-29
cause ok.no -> leads { lag 1w, each +10% adds -3 }
objective more "More leads" department { measured by leads, owner "Ann" }
initiative hints "A sheet of hints" { moves ok.no from 20% to 10%, costs 2k eur, serves more, owner "Ann" }
commitment said "Forty leads" { by "Ann", promises leads at least 40 by 2026-03-29, if missed "a talk" }
data { series "weekly.csv" { time week } }
"""
WEEKLY = """\
week,leads,ok.no
2026-01-05,38,20%
2026-01-12,41,21%
2026-01-19,40,25%
2026-01-26,37,30%
2026-02-02,36,31%
2026-02-09,35,33%
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flyer.mpm").write_text(TEXT)
    (tmp_path / "weekly.csv").write_text(WEEKLY)
    return "flyer.mpm"


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, ["report", *arguments], prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


def test_without_a_file_to_write_markdown_goes_to_standard_output(file: str) -> None:
    result = call(file)
    assert result.exit_code == 0
    assert result.stdout.startswith("# flyer\n\nOn 9 Feb 2026, measured against the plan.\n\n**Leads will ")
    assert "## Promises" in result.stdout


def test_json_is_the_documented_document_and_nothing_else(file: str) -> None:
    result = call("--json", "-q", file)
    assert (result.exit_code, result.stderr) == (0, "")
    validate(json.loads(result.stdout), schema("report"))
    assert call("--format", "json", "-q", file).stdout == result.stdout


def test_several_files_are_written_at_once_each_as_its_ending_says(file: str) -> None:
    result = call(file, "-o", "r.html", "-o", "r.csv", "-o", "r.txt", "--format", "md")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-3:] == ["Wrote r.html", "Wrote r.csv", "Wrote r.txt"]
    assert Path("r.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert Path("r.csv").read_bytes().startswith(b"\xef\xbb\xbfsection,name,")
    assert Path("r.txt").read_text(encoding="utf-8").startswith("# flyer")


def test_quiet_says_nothing(file: str) -> None:
    assert call("-q", file, "-o", "r.md").output == ""


def test_one_level_is_told_alone(file: str) -> None:
    assert "For the level: department." in call("--level", "department", file).stdout
    result = call("--level", "enterprise", file)
    assert result.exit_code == 2
    assert "no objective for the level enterprise; it has some for department" in result.stderr


def test_a_partner_gets_its_own_part(file: str) -> None:
    text = call("--for", "partner:agency", file).stdout
    assert text.startswith("# Studio North\n\nOn 9 Feb 2026. For Studio North alone.")
    for of_others in ("leads", "Leads", "Ann", "hints", "brief", "talk"):
        assert of_others not in text
    assert call("--for", "agency", file).stdout == text


def test_what_was_said_before_stands_beside_what_came(file: str) -> None:
    recorded = CliRunner().invoke(program, ["ledger", "record", file, "--as-of", "2026-02-01", "--ledger", "book.db"])
    assert recorded.exit_code == 0, recorded.output
    text = call(file, "--ledger", "book.db").stdout
    assert "## Past forecasts against what came" in text
    assert "1 Feb 2026" in text.partition("## Past forecasts")[2]


def test_initiatives_are_chosen_under_a_budget(file: str) -> None:
    assert "What to take for 5k eur:" in call(file, "--budget", "5k eur").stdout.replace("5,000 eur", "5k eur")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["-o", "r.doc"], "give r.doc one of these endings, or say --format", id="unknown ending"),
        pytest.param(["--for", "bank:agency"], "is no reader; write partner:NAME", id="unknown reader"),
        pytest.param(["--for", "partner:agensy"], "there is no partner and no team called 'agensy'", id="no partner"),
        pytest.param(["--for", "agency", "--level", "department"], "its own part alone", id="partner and level"),
        pytest.param(["--json", "--format", "md"], "contradict each other", id="two forms"),
        pytest.param(["-o", "r.html", "--format", "md"], "the ending of r.html says its form", id="ending and form"),
        pytest.param(["--budget", "much"], "--budget", id="no money"),
        pytest.param(["--ledger", "none.db"], "there is no such ledger", id="no ledger"),
        pytest.param(["-o", "nowhere/r.md"], "Cannot use nowhere/r.md", id="no folder"),
        pytest.param(
            ["-o", "/dev/null", "--format", "md"], "Cannot use /dev/null: it is no ordinary file", id="device"
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(file: str, arguments: list[str], words: str) -> None:
    result = call(file, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert {path.name for path in Path().iterdir()} == {"flyer.mpm", "weekly.csv"}
