"""`mpmflow analyze --formula`: a figure in the levers' own names, and where it meets a target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

TEXT = """\
workflow w {
  step brief takes 2h
  decision ok {
    yes
    no   20% -> brief rework
    lost  5% scrap
  }
}
"""


def analyze(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["analyze", "-q", "w.mpm", *arguments], prog_name="mpmflow")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w.mpm").write_text(TEXT, encoding="utf-8")


def test_the_page() -> None:
    lines = [line.strip() for line in analyze("--formula", "ok.no", "--target", "4h").stdout.splitlines()]
    assert "2 / (1 - ok.no)" in lines
    assert "Today it is 2.5 h; the target is 4 h." in lines
    assert any(line.split() == ["ok.no", "20%", "+1.9", "min", "50%"] for line in lines)


def test_a_target_that_the_lever_cannot_meet_alone() -> None:
    assert "not even at 0%: 2 h" in analyze("--formula", "ok.no", "--target", "1h").stdout


@pytest.mark.parametrize(
    "arguments",
    [("--formula", "ok.no", "ok.lost"), ("--formula", "ok.no,ok.lost"), ("--formula", "ok.no", "--formula", "ok.lost")],
)
def test_several_levers_however_they_are_given(arguments: tuple[str, ...]) -> None:
    result = analyze(*arguments, "--figure", "yield", "--json")
    document = json.loads(result.stdout)
    validate(document, schema("formula"))
    assert [lever["lever"] for lever in document["levers"]] == ["ok.no", "ok.lost"]
    assert document["formula"] == "(ok.no + ok.lost - 1) / (ok.no - 1)"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--formula", "ok.on"), "Did you mean ok.no"),
        (("--formula", "ok.no", "--figure", "time.p90"), "no fraction of polynomials"),
        (("--formula", "ok.no", "--target", "3 eur"), "is no value of time.mean"),
        (("--target", "3h"), "needs --formula"),
        (("ok.no",), "needs --formula"),
        (("--formula", "ok.no", "--workflow", "v"), "there is no workflow 'v'"),
    ],
)
def test_what_cannot_be_is_said(arguments: tuple[str, ...], words: str) -> None:
    result = analyze(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_long_formula_is_not_printed() -> None:
    bounded = TEXT.replace("rework\n", "rework at most 9 then -> done\n").replace("5% scrap", "5% -> ok delay 1d")
    Path("w.mpm").write_text(bounded, encoding="utf-8")
    result = analyze("--formula", "ok.no", "ok.lost")
    assert result.exit_code == 0
    assert "too many to read" in result.stdout
