"""`diff` at the command line: pages, Markdown, documents, pictures, exit codes, and words where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

OLD = """\
team writers { people 1, cost 60 eur/h }
workflow w "Newsletter" {
  arrivals 2 per day
  deadline 5d
  step brief by writers takes exponential(4h)
  decision ok "Is it ok?" { yes 80%, no 20% -> brief rework }
}
metric days operational = time(w) unit d lower is better
metric late_ones operational = late(w) unit % lower is better
"""
NEW = OLD.replace("80%", "90%").replace("20%", "10%").replace("}\nmetric days", "  step send takes 1h\n}\nmetric days")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("old.mpm", OLD), ("new.mpm", NEW), ("spaced.mpm", "# a remark\n\n" + OLD)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def call(*arguments: str, given: str | None = None) -> Result:
    result = CliRunner().invoke(program, ["diff", "-q", *arguments], prog_name="mpmflow", input=given)
    assert "Traceback" not in result.output
    return result


def test_the_most_important_comes_first(folder: Path) -> None:
    lines = call("old.mpm", "new.mpm").stdout.splitlines()
    assert lines[0] == "From old.mpm to new.mpm"
    assert lines[1].startswith("  A case takes ")
    assert "Because of ok shares" in lines[1]
    assert "  + step send added in w: takes 1h (line 7)" in lines
    assert "  ~ ok.no: 20% → 10% (line 6)" in lines
    assert "  All of them can still be held against what comes: every metric is defined as before." in lines


@pytest.mark.parametrize(
    ("other", "words", "code"),
    [
        pytest.param("old.mpm", "Nothing changed: the two are the same.", 0, id="the same"),
        pytest.param("spaced.mpm", "Only layout, comments or the order of statements changed", 0, id="layout"),
        pytest.param("new.mpm", "Statements: 1 added and 2 changed.", 1, id="another meaning"),
    ],
)
def test_the_exit_code_tells_meanings_apart_where_it_is_asked_for(
    folder: Path, other: str, words: str, code: int
) -> None:
    assert words in call("old.mpm", other).stdout
    assert call("old.mpm", other).exit_code == 0
    assert call("old.mpm", other, "--exit-code").exit_code == code


def test_the_document_keeps_to_its_schema(folder: Path) -> None:
    for other in ("old.mpm", "new.mpm"):
        found = json.loads(call("old.mpm", other, "--json").stdout)
        validate(found, schema("diff"))
    assert found["schema"] == "mpmflow/diff/1"
    assert found == json.loads(call("old.mpm", "new.mpm", "--format", "json").stdout)
    (time,) = (one for one in found["figures"] if (one["of"], one["figure"]) == ("w", "time.mean"))
    assert sum(time["by"].values()) == pytest.approx(time["change"], rel=1e-9)


def test_markdown_has_tables_and_takes_names_literally(folder: Path) -> None:
    text = call("old.mpm", "new.mpm", "--format", "md").stdout
    assert text.startswith("## From old.mpm to new.mpm\n")
    assert "| figure | before | now | change |\n| --- | ---: | ---: | ---: |\n" in text
    assert "- `+` step send added in w: takes 1h (line 7)\n" in text
    assert "\n### Forecasts made before\n" in text


def test_one_side_may_come_from_standard_input(folder: Path) -> None:
    result = call("-", "new.mpm", "--json", given=OLD)
    assert [edit["id"] for edit in json.loads(result.stdout)["edits"]] == ["send", "ok.yes", "ok.no"]
    assert call("-", "-", given=OLD).exit_code == 2


@pytest.mark.parametrize("ending", ["svg", "png", "html", "mmd", "dot"])
def test_both_in_one_picture(folder: Path, ending: str) -> None:
    result = call("old.mpm", "new.mpm", "-o", f"d.{ending}")
    assert (result.exit_code, result.stdout) == (0, "")
    first = (folder / f"d.{ending}").read_bytes()
    assert call("old.mpm", "new.mpm", "-o", f"d.{ending}").exit_code == 0
    assert (folder / f"d.{ending}").read_bytes() == first, "the same to the byte"


def test_what_cannot_be_read_or_drawn_is_said(folder: Path) -> None:
    assert call("old.mpm", "nowhere.mpm").exit_code == 2
    drawn = call("old.mpm", "new.mpm", "-o", "d.gif")
    assert drawn.exit_code == 2
    assert "Cannot draw this" in drawn.stderr
    empty = call("old.mpm", "new.mpm", "-o", "d.svg", "--workflow", "x")
    assert "there is no workflow called 'x'; there is w" in empty.stderr


def test_a_team_with_more_work_than_people_is_told_first(folder: Path) -> None:
    (folder / "busy.mpm").write_text(OLD.replace("2 per day", "6 per day"), encoding="utf-8")
    lines = call("old.mpm", "busy.mpm").stdout.splitlines()
    assert lines[1] == "  writers now has more work than people: work piles up there."
    assert call("busy.mpm", "old.mpm").stdout.splitlines()[1] == "  writers can keep up with its work again."


def test_a_workflow_that_only_one_version_has_is_named_and_not_compared(folder: Path) -> None:
    (folder / "two.mpm").write_text(OLD + 'workflow other "Leaflet" { step fold takes 1h }\n', encoding="utf-8")
    lines = call("old.mpm", "two.mpm").stdout.splitlines()
    assert lines[1] == "  The workflow “Leaflet” is new."
    assert call("two.mpm", "old.mpm").stdout.splitlines()[1] == "  The workflow “Leaflet” is gone."
    assert not any("none" in line for line in lines)


def test_a_figure_that_one_version_lacks_says_on_which_side(folder: Path) -> None:
    (folder / "busy.mpm").write_text(OLD.replace("2 per day", "6 per day"), encoding="utf-8")
    lines = call("old.mpm", "busy.mpm").stdout.splitlines()
    assert any(line.startswith("  Time of a case: ") and line.endswith(" before, none now.") for line in lines)
