"""`mpmflow handoffs`: a page for people, a document for programs, words for what cannot be done."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

pytest.importorskip("polars", reason="optional: polars")

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

ALLIANCE = str(Path(__file__).parents[2] / "examples" / "alliance" / "alliance.mpm")
LOG = str(Path(ALLIANCE).with_name("events.csv"))


def call(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["handoffs", *arguments])


@cache
def document(*arguments: str) -> dict[str, Any]:
    """What `--json` prints; asked once for each question, since the example is judged anew every time."""
    found = call(ALLIANCE, "--json", *arguments)
    assert found.exit_code == 0, found.output
    return dict(json.loads(found.stdout))


def test_a_broken_promise_is_an_answer_and_no_failure() -> None:
    found = call(ALLIANCE, "-q")
    assert found.exit_code == 0, found.output
    assert "What was promised" in found.stdout
    assert "broken" in found.stdout


@pytest.mark.slow
def test_its_document_keeps_to_the_schema_and_is_the_same_each_time() -> None:
    found = document("--as-of", "2026-03-31")
    validate(found, schema("handoffs"))
    assert found["as_of"] == "2026-03-31"
    assert [one["giver"] for one in found["handoffs"]][:2] == ["marketing", "studio"]
    assert found == json.loads(call(ALLIANCE, "--json", "--as-of", "2026-03-31").stdout)


@pytest.mark.slow
def test_it_knows_nothing_later_than_the_day_that_is_asked_for() -> None:
    """The studio became slow in the middle of April: on the last evening of March its promise looks better."""
    now, then = (
        found["handoffs"][0]["promises"][0]["kept"] for found in (document(), document("--as-of", "2026-03-31"))
    )
    assert then["n"] < now["n"]
    assert then["value"] > now["value"] + 0.05


def test_a_partner_gets_its_own_part() -> None:
    found = document("--for", "partner:studio")
    validate(found, schema("partner-view"))
    assert found["name"] == "studio"
    page = call(ALLIANCE, "--for", "studio")
    assert "Studio North: your part of the work" in page.stdout
    assert "Letter shop" not in page.stdout


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ("partner:studi", 'there is no partner called "studi"; there is studio'),
        ("partner:legal", 'there is no partner called "legal"; there is studio, letters'),
        ("nobody", 'there is no partner or team called "nobody"; there is'),
        ("customer:x", 'write partner:NAME or team:NAME, not "customer:x"'),
    ],
    ids=["misspelt", "a team", "unknown", "another kind"],
)
def test_an_unknown_reader_is_answered_with_those_there_are(reader: str, words: str) -> None:
    found = call(ALLIANCE, "--for", reader)
    assert found.exit_code == 2
    assert words in " ".join(found.output.split())


@pytest.mark.slow
def test_a_file_without_a_log_takes_one(tmp_path: Path) -> None:
    text = Path(ALLIANCE).read_text(encoding="utf-8")
    (tmp_path / "bare.mpm").write_text(text[: text.index("data {")])
    bare = str(tmp_path / "bare.mpm")
    assert "There is no event log" in call(bare, "-q").stdout
    given = json.loads(call(bare, "--json", "--log", LOG).stdout)
    assert given["cases"] == 103


def test_a_log_that_cannot_be_read_is_said_in_words() -> None:
    found = call(ALLIANCE, "--log", "nowhere.csv")
    assert found.exit_code == 2
    assert "nowhere.csv" in found.output
    assert "Traceback" not in found.output
