"""`mpmflow ledger`: its parts, exit codes, documents, and what it says when it cannot."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

MODEL = """
metric leads output unit leads higher is better target at least 40 per 4w by 2026-03-29 owner "Ann"
metric spend activity unit eur
cause spend -> leads { lag 1w, each +100 eur adds 1 }
commitment spring "A good spring" { by "Bob", promises leads at least 150 per 4w by 2026-03-15, if missed "we talk" }
data { series "weekly.csv" { time week } }
"""
LEADS = (38, 41, 40, 43, 39, 42, 44, 41, 40, 46, 41, 38, 43)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls `mpmflow ledger …` in a folder with a model and thirteen weeks of data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MPMFLOW_LEDGER", raising=False)
    Path("m.mpm").write_text(MODEL)
    rows = [f"{date(2026, 1, 5) + timedelta(weeks=number)},{one},400\n" for number, one in enumerate(LEADS)]
    Path("weekly.csv").write_text("week,leads,spend\n" + "".join(rows))

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(program, ["ledger", *arguments])
        assert "Traceback" not in result.output
        return result

    return invoke


def test_from_recording_to_the_review(call: Callable[..., Result]) -> None:
    first = call("record", "m.mpm", "-q", "--as-of", "2026-02-22", "--author", "Ann")
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("3 forecasts recorded; the ledger has 4 entries.\nHead: ")
    assert Path("mpmflow-ledger.db.anchor").exists()
    again = call("record", "m.mpm", "-q", "--as-of", "2026-02-22")
    assert again.stdout.startswith("3 forecasts were there already and are not doubled.\n")
    page = call("review", "m.mpm", "-q")
    assert page.exit_code == 0, page.output
    for words in ("Promises and targets", "What was foretold", "How good the forecasts were", "too few to judge"):
        assert words in page.stdout
    assert "kept" in page.stdout
    assert "today's file" not in page.stdout
    assert "today's file" in call("review", "m.mpm", "-q", "--again").stdout
    listed = call("list").stdout
    assert "leads (promise spring)" in listed
    assert "model" in listed


def test_documents_keep_to_their_schemas(call: Callable[..., Result]) -> None:
    recorded = json.loads(call("record", "m.mpm", "-q", "--json", "--as-of", "2026-02-22").stdout)
    validate(recorded, schema("ledger-recorded"))
    entry = json.loads(call("settle", "leads", "151", "leads", "a count", "--on", "2026-03-15", "--json").stdout)
    validate(entry, schema("ledger"))
    review = json.loads(call("review", "m.mpm", "-q", "--json").stdout)
    validate(review, schema("review"))
    spring = next(one for one in review["forecasts"] if one["commitment"] == "spring")
    assert (spring["mark"], spring["came"], spring["source"], spring["by_hand"]) == ("kept", 151.0, "a count", True)
    verified = json.loads(call("verify", "--json").stdout)
    validate(verified, schema("ledger-verified"))
    assert verified["ok"]
    lines = call("list", "--json").stdout.splitlines()
    assert lines == call("export").stdout.splitlines()
    assert len(lines) == 5
    for line in lines:
        validate(json.loads(line), schema("ledger"))


def test_entries_go_out_and_in_and_ledgers_become_one(call: Callable[..., Result]) -> None:
    call("record", "m.mpm", "-q", "--as-of", "2026-02-15")
    call("record", "m.mpm", "-q", "--as-of", "2026-02-22", "--ledger", "other.db")
    assert "5 entries" not in call("export", "-o", "book.jsonl").output
    taken = call("merge", "other.db", "--json")
    validate(json.loads(taken.stdout), schema("ledger-merged"))
    assert [one["kind"] for one in json.loads(taken.stdout)["added"]] == ["forecast"] * 3 + ["merge"]
    assert "Nothing in other.db is new here" in call("merge", "other.db").stdout
    assert "4 of 4 entries in book.jsonl were new here" in call("import", "book.jsonl", "--ledger", "third.db").stdout
    assert call("verify").exit_code == 0
    itself = call("merge", "mpmflow-ledger.db")
    assert itself.exit_code == 2
    assert "cannot be merged with itself" in itself.output


def test_verify_ends_with_one_where_something_was_changed(call: Callable[..., Result]) -> None:
    call("record", "m.mpm", "-q", "--as-of", "2026-02-22")
    head = json.loads(call("verify", "--json").stdout)["head"]
    assert call("verify", "--head", head[:10]).exit_code == 0
    base = sqlite3.connect("mpmflow-ledger.db")
    base.execute("DROP TRIGGER no_removal")
    base.execute("DELETE FROM entries WHERE number = 2")
    base.commit()
    base.close()
    found = call("verify")
    assert found.exit_code == 1
    assert "entry 2 is missing" in found.stdout
    assert "no_removal is gone from the file: it refuses the removal of entries" in found.stdout
    page = call("review", "m.mpm", "-q")
    assert page.exit_code == 0
    assert "This ledger is not as it was written, see ledger verify" in " ".join(page.stdout.split())


def test_the_ledger_may_be_named_by_the_environment(
    call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPMFLOW_LEDGER", "book.db")
    assert call("record", "m.mpm", "-q").exit_code == 0
    assert Path("book.db").exists()
    assert not Path("mpmflow-ledger.db").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("review", "m.mpm", "-q"), "there is no such ledger; `mpmflow ledger record FILE` begins one"),
        (("verify",), "there is no such ledger"),
        (("list",), "there is no such ledger"),
        (("settle", "leads", "3"), "say a figure and where it comes from"),
        (("merge", "nowhere.db"), "there is no such ledger"),
        (("import", "m.mpm"), "line 2: it is no JSON"),
        (("import", "nowhere.jsonl"), "nowhere.jsonl"),
        (("record", "m.mpm", "-q", "--scenario", "thrice"), "thrice: there is no scenario of that name"),
        (("record", "m.mpm", "-q", "--ledger", "no/such/folder/book.db"), "the ledger cannot be opened"),
    ],
    ids=["review", "verify", "list", "settle", "merge", "import", "no file", "scenario", "folder"],
)
def test_what_cannot_be_done_is_said_in_words(
    arguments: tuple[str, ...], said: str, call: Callable[..., Result]
) -> None:
    found = call(*arguments)
    assert found.exit_code == 2
    assert said in found.output


def test_a_figure_that_the_ledger_does_not_take_leaves_it_as_it_was(call: Callable[..., Result]) -> None:
    call("record", "m.mpm", "-q", "--as-of", "2026-02-22")
    found = call("settle", "leads", "3", "eur", "a count")
    assert found.exit_code == 2
    assert "The ledger does not take this: leads is measured in leads, not in eur" in found.output
    assert len(call("export").stdout.splitlines()) == 4


def test_a_file_without_data_lives_by_what_is_settled(call: Callable[..., Result]) -> None:
    call("record", "m.mpm", "-q", "--as-of", "2026-02-22")
    call("settle", "leads", "140", "a count", "--on", "2026-03-15")
    Path("bare.mpm").write_text(MODEL.partition("data {")[0])
    page = call("review", "bare.mpm", "-q", "--as-of", "2026-06-30", "--no-again")
    assert page.exit_code == 0, page.output
    words = " ".join(page.stdout.split())
    assert "so only what was settled by hand is known" in words
    assert "missed" in words
    assert "say what came: ledger settle leads VALUE SOURCE" in words
