"""`mpmflow test`: exit codes, what is said, JUnit and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

GOOD = """\
workflow w {
  step brief takes 1d
  decision complete { yes, no 20% -> brief rework }
}
metric speed operational = time(w) unit d
indicator back = rate(complete.no) { warn above 25% }
test "calm" {
  given complete.no = 20%, 24% every 1w from 2026-01-05
  expect back is ok at 2026-01-12
}
test "levels" {
  examples | share | state |
           | 25%   | ok    |
           | 26%   | warn  |
  given complete.no = share every 1w from 2026-01-05
  expect back is state
}
"""
BAD = GOOD.replace("expect back is ok at", "expect back is warn at")


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.mpm").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.mpm").write_text(BAD, encoding="utf-8")
    (tmp_path / "none.mpm").write_text("workflow w { step brief takes 1d }\n", encoding="utf-8")
    (tmp_path / "broken.mpm").write_text("workflow w { step brief takes }\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["good.mpm"], 0, "3 passed\n"),
        (["bad.mpm"], 1, "2 passed, 1 failed\n"),
        (["good.mpm", "bad.mpm"], 1, "5 passed, 1 failed in 2 files\n"),
        (["broken.mpm", "good.mpm"], 2, "3 passed\n"),
        (["nowhere.mpm"], 2, "nowhere.mpm"),
        (["none.mpm"], 0, "none.mpm has no tests; write a block such as"),
        (["good.mpm", "-k", "26%"], 0, "1 passed\n"),
        (["good.mpm", "-k", "sunshine"], 2, 'No test has "sunshine" in its title or row, so nothing was tested.'),
        (["good.mpm", "--fail-under", "80"], 2, "--fail-under goes with --coverage or --mutate"),
        (["good.mpm", "--coverage", "--mutate"], 2, "two questions"),
        (["bad.mpm", "--mutate"], 1, "once all tests pass"),
        (["good.mpm", "--mutate", "--fail-under", "100"], 1, "is below the 100% that --fail-under asks for"),
        (["good.mpm", "--coverage", "--fail-under", "10"], 0, "3 passed"),
    ],
)
def test_exit_codes_and_the_closing_line(arguments: list[str], code: int, said: str) -> None:
    result = call("test", *arguments)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_a_folder_means_every_file_in_it(folder: Path) -> None:
    (folder / "broken.mpm").unlink()
    inner = folder / "a" / ".hidden"
    inner.mkdir(parents=True)
    (inner / "worse.mpm").write_text(BAD, encoding="utf-8")
    (folder / "a" / "more.mpm").write_text(GOOD, encoding="utf-8")
    assert "8 passed, 1 failed in 3 files" in call("test", ".").stderr
    (folder / "empty").mkdir()
    assert "there is no .mpm file in the folder empty" in call("test", "empty").stderr


def test_a_failure_is_shown_where_it_stands() -> None:
    shown = call("test", "bad.mpm").stdout
    assert shown.startswith('bad.mpm:9:3: error[test-failed] "calm": expected back is warn at 2026-01-12, got ok')
    assert "9 |   expect back is warn at 2026-01-12\n  |   ^^^^^^" in shown
    assert "warn above 25%: does not fire" in shown


def test_json_keeps_to_its_schemas() -> None:
    for arguments, name in (
        (["bad.mpm"], "test"),
        (["good.mpm", "--coverage"], "test-coverage"),
        (["good.mpm", "--mutate"], "test-mutation"),
    ):
        document = json.loads(call("test", "--json", "-q", *arguments).stdout)
        validate(document, schema(name))
    document = json.loads(call("test", "--json", "-q", "bad.mpm").stdout)
    assert (document["passed"], document["failed"], len(document["tests"])) == (2, 1, 3)
    assert call("test", "--json", "bad.mpm").stdout == call("test", "--json", "bad.mpm").stdout


def test_junit_has_a_case_for_every_test_and_row(folder: Path) -> None:
    call("test", "good.mpm", "bad.mpm", "--junit", "out.xml")
    root = Xml.parse(folder / "out.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("6", "1")
    names = [case.get("name") for case in root.iter("testcase")]
    assert names[:3] == ["calm", "levels [share 25%, state ok]", "levels [share 26%, state warn]"]
    (failed,) = root.iter("failure")
    assert (failed.get("message") or "").startswith("expected back is warn at 2026-01-12, got ok")
    assert "^^^^" in (failed.text or "")


def test_a_missed_change_is_named_with_a_test_that_notices() -> None:
    shown = call("test", "--mutate", "good.mpm").stdout
    assert "no test notices `complete.no 20%` becoming `complete.no 22%`" in shown
    assert "This test would (it was run with both):" in shown
    assert "  expect speed below" in shown
