"""`mpmflow fmt`: files are rewritten whole or not at all."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mpmflow.cli.program import program

UNTIDY = "# why\nteam legal{people 1 # one\n}\n"
TIDY = "# why\nteam legal {\n  people 1  # one\n}\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("legal.mpm")
    path.write_text(UNTIDY, encoding="utf-8")
    return path


def fmt(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(program, ["fmt", *arguments], input=text, prog_name="mpmflow")


def test_rewrites_a_file_and_leaves_nothing_else_behind(file: Path) -> None:
    result = fmt("legal.mpm")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Rewrote legal.mpm\n")
    assert file.read_text(encoding="utf-8") == TIDY
    assert os.listdir() == ["legal.mpm"]


def test_does_not_touch_what_is_tidy(file: Path) -> None:
    file.write_text(TIDY, encoding="utf-8")
    before = file.stat()
    assert fmt("legal.mpm").output == ""
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert file.stat().st_ino == before.st_ino


def test_check_changes_nothing_and_ends_with_one(file: Path) -> None:
    result = fmt("--check", "legal.mpm")
    assert (result.exit_code, result.stderr) == (1, "Would rewrite legal.mpm\n")
    assert file.read_text(encoding="utf-8") == UNTIDY
    file.write_text(TIDY, encoding="utf-8")
    assert fmt("--check", "legal.mpm").exit_code == 0


def test_diff_shows_the_lines_that_change(file: Path) -> None:
    result = fmt("--diff", "legal.mpm")
    assert result.exit_code == 1
    assert "-team legal{people 1 # one" in result.stdout
    assert "+team legal {" in result.stdout
    assert file.read_text(encoding="utf-8") == UNTIDY


def test_standard_input_goes_to_standard_output(file: Path) -> None:
    result = fmt("-", text=UNTIDY)
    assert (result.exit_code, result.stdout) == (0, TIDY)


def test_a_file_with_syntax_errors_is_left_as_it_is_and_the_others_are_formatted(file: Path) -> None:
    broken = Path("broken.mpm")
    broken.write_text("team legal{people 1\nworkflow {", encoding="utf-8")
    result = fmt("broken.mpm", "legal.mpm")
    assert result.exit_code == 1
    assert "broken.mpm:" in result.stderr
    assert broken.read_text(encoding="utf-8") == "team legal{people 1\nworkflow {"
    assert file.read_text(encoding="utf-8") == TIDY


def test_a_missing_file_ends_with_two(file: Path) -> None:
    assert fmt("legl.mpm").exit_code == 2


def test_json_says_what_was_done(file: Path) -> None:
    document = json.loads(fmt("--json", "legal.mpm").stdout)
    assert document["schema"] == "mpmflow/format/1"
    assert document["files"] == [{"file": "legal.mpm", "formatted": True, "changed": True, "written": True}]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions and needs a privilege for links")
def test_permissions_and_links_are_kept(file: Path) -> None:
    file.chmod(0o640)
    Path("link.mpm").symlink_to("legal.mpm")
    assert fmt("link.mpm").exit_code == 0
    assert Path("link.mpm").is_symlink()
    assert file.read_text(encoding="utf-8") == TIDY
    assert file.stat().st_mode & 0o777 == 0o640
