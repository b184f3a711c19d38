"""`mpmflow compare`: the page of two periods, the draft in a file, and periods that are none."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

ROOT = Path(__file__).resolve().parents[2]
TRAVEL = str(ROOT / "examples/travel/travel.mpm")
HALVES = ("--from", "2018-01-01..2018-06-30", "--with", "2018-07-01..2018-12-31")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments)


def test_the_page_says_what_changed_why_and_what_to_do(tmp_path: Path) -> None:
    draft = tmp_path / "next.mpm"
    found = call("compare", TRAVEL, "-q", *HALVES, "-o", str(draft))
    assert found.exit_code == 0, found.output
    assert "1 Jul 2018 to 31 Dec 2018 against 1 Jan 2018 to 30 Jun 2018" in found.output
    assert "may be luck" in found.output
    assert "Keep up what got better: pay.time" in found.output
    text = draft.read_text()
    again = call("compare", TRAVEL, "-q", *HALVES, "-o", str(draft))
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr
    assert text in found.output
    (tmp_path / "with.mpm").write_text(
        (ROOT / "examples/travel/travel.mpm").read_text() + text.split("# New;")[1].partition("\n")[2]
    )
    checked = call("check", str(tmp_path / "with.mpm"))
    assert "error[" not in checked.output


def test_the_document_keeps_to_its_schema() -> None:
    found = call("compare", TRAVEL, "-q", *HALVES, "--json")
    document = json.loads(found.stdout)
    validate(document, schema("comparison"))
    assert document["first"] == ["2018-01-01", "2018-06-30"]


def test_what_is_no_period_ends_with_2_and_says_how_to_write_one() -> None:
    for words in ("January", "2018-06-30..2018-01-01", "2018-13-01..2018-12-31"):
        found = call("compare", TRAVEL, "-q", "--from", words, "--with", "2018-07-01..2018-12-31")
        assert found.exit_code == 2
        assert "period" in found.output
    found = call("compare", TRAVEL, "-q", "--from", "2018-01-01..2018-07-30", *HALVES[2:])
    assert found.exit_code == 2
    assert "overlap" in found.output
