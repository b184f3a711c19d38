"""The command line as its users meet it: verbs, exit codes, streams, and words instead of tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import mpmflow
from mpmflow.cli import guard, terminal
from mpmflow.cli.program import VERBS, Program, program
from mpmflow.diagnostics.errors import DataError, InternalError

CLEAN = """\
workflow travel "Travel expenses" {
  deadline 20d
  team office { people 2, owner "Office" }
  step submit "Hand in" takes 1h
  decision approved "Is it in order?" by office takes 10min {
    yes
    no 10% -> submit rework
  }
  done
}

metric cycle_time operational = time(travel) unit d lower is better

objective repaid "Money back soon" department {
  measured by cycle_time
  target at most 3d by 2026-12-31
  owner "Office"
}
"""
BROKEN = CLEAN.replace("-> submit", "-> sbumit")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls `mpmflow …` in a folder with clean.mpm, broken.mpm and garbage.mpm."""
    monkeypatch.chdir(tmp_path)
    Path("clean.mpm").write_text(CLEAN, encoding="utf-8")
    Path("broken.mpm").write_text(BROKEN, encoding="utf-8")
    Path("garbage.mpm").write_bytes(b"\xff\xfe\x00workflow \x00")

    def invoke(*arguments: str, text: str | None = None) -> Result:
        result = CliRunner().invoke(program, list(arguments), input=text, prog_name="mpmflow")
        assert "Traceback" not in result.output
        return result

    return invoke


def shell(*arguments: str, cwd: Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(mpmflow.__file__).parent.parent)}
    environment.pop("PYTHONIOENCODING", None)
    return subprocess.run(
        [sys.executable, "-m", "mpmflow", *arguments],
        cwd=cwd,
        env=environment,
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


class TestTheProgram:
    def test_tells_its_version(self, call: Callable[..., Result]) -> None:
        assert call("--version").stdout == f"mpmflow {mpmflow.__version__}\n"

    def test_lists_its_verbs(self, call: Callable[..., Result]) -> None:
        listed = call("--help").stdout
        for verb, line in VERBS.items():
            assert verb in listed
            assert line in " ".join(listed.split())

    @pytest.mark.parametrize("verb", VERBS)
    def test_explains_each_verb(self, verb: str, call: Callable[..., Result]) -> None:
        result = call(verb, "--help")
        assert result.exit_code == 0
        assert f"Usage: mpmflow {verb}" in result.stdout

    @pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("completion", "lsp")])
    def test_each_verb_that_answers_offers_json_and_quiet(self, verb: str) -> None:
        command = Program(name="mpmflow").get_command(click.Context(program), verb)
        assert command is not None
        parts = command.commands if isinstance(command, click.Group) else {verb: command}
        for name, part in parts.items():
            options = {word for parameter in part.params for word in parameter.opts}
            wanted = {"--json", "-q"} if name != "export" or verb == name else {"-q"}  # entries are exported as JSON
            assert wanted <= options, name

    def test_suggests_the_nearest_verb(self, call: Callable[..., Result]) -> None:
        result = call("chekc", "clean.mpm")
        assert result.exit_code == 2
        assert 'There is no verb "chekc". Did you mean "check"?' in result.stderr
        assert result.stdout == ""

    def test_says_that_the_verb_comes_first(self, call: Callable[..., Result]) -> None:
        assert "The verb comes first: mpmflow check clean.mpm" in call("clean.mpm").stderr

    @pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
    def test_prints_completion_scripts(self, name: str, call: Callable[..., Result]) -> None:
        result = call("completion", name)
        assert result.exit_code == 0
        assert "_MPMFLOW_COMPLETE" in result.stdout

    def test_completes_verbs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("_MPMFLOW_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", "mpmflow che")
        monkeypatch.setenv("COMP_CWORD", "1")
        assert "check" in shell(cwd=tmp_path).stdout


class TestCheck:
    def test_a_clean_file_ends_with_zero(self, call: Callable[..., Result]) -> None:
        result = call("check", "clean.mpm")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no findings\n")

    def test_findings_end_with_one_and_show_the_place(self, call: Callable[..., Result]) -> None:
        result = call("check", "broken.mpm")
        assert result.exit_code == 1
        assert result.stdout.startswith("broken.mpm:7:")
        assert "submit" in result.stdout
        assert "^^^^^^" in result.stdout

    def test_a_missing_file_ends_with_two_and_the_others_are_still_checked(self, call: Callable[..., Result]) -> None:
        result = call("check", "claen.mpm", "broken.mpm")
        assert result.exit_code == 2
        assert "clean.mpm" in result.stdout
        assert "broken.mpm:7:" in result.stdout

    def test_garbage_ends_with_two_and_words(self, call: Callable[..., Result]) -> None:
        result = call("check", "garbage.mpm")
        assert result.exit_code == 2
        assert "UTF-8" in result.stdout

    @pytest.mark.parametrize("form", [["--json"], ["--format", "json"]])
    def test_json_is_the_documented_document(self, form: list[str], call: Callable[..., Result]) -> None:
        result = call("check", *form, "broken.mpm")
        document = json.loads(result.stdout)
        assert result.exit_code == 1
        assert document["schema"] == "mpmflow/check/1"
        assert document["mpmflow"] == mpmflow.__version__
        assert document["allowed"] == 0
        (finding,) = document["diagnostics"]
        assert (finding["severity"], finding["file"], finding["line"]) == ("error", "broken.mpm", 7)
        assert BROKEN.splitlines()[6][finding["column"] - 1 : finding["end_column"] - 1] == "sbumit"

    def test_json_of_what_cannot_be_read_is_a_document_too(self, call: Callable[..., Result]) -> None:
        result = call("check", "--json", "nowhere.mpm")
        assert result.exit_code == 2
        assert json.loads(result.stdout)["diagnostics"][0]["severity"] == "error"

    def test_sarif_and_github(self, call: Callable[..., Result]) -> None:
        assert json.loads(call("check", "--format", "sarif", "broken.mpm").stdout)["version"] == "2.1.0"
        assert call("check", "--format", "github", "broken.mpm").stdout.startswith("::error file=broken.mpm,line=7")

    def test_reads_standard_input(self, call: Callable[..., Result]) -> None:
        assert call("check", "-", text=CLEAN).exit_code == 0
        assert call("check", "-", text=BROKEN).stdout.startswith("<stdin>:7:")

    def test_quiet_says_nothing_but_the_findings(self, call: Callable[..., Result]) -> None:
        assert call("check", "-q", "clean.mpm").output == ""

    def test_the_same_file_twice_is_told_once(self, call: Callable[..., Result]) -> None:
        once, twice = call("check", "broken.mpm"), call("check", "broken.mpm", "broken.mpm")
        assert once.stdout == twice.stdout


class TestTheLastNet:
    """Whatever goes wrong, there are words and an exit code."""

    def told(self, trouble: BaseException, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
        def verb() -> int:
            raise trouble

        code = guard.run(verb, arguments=arguments)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "Traceback" not in captured.err
        return code, captured.err

    def test_our_fault_looks_like_ours_and_keeps_what_is_needed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        file = tmp_path / "clean.mpm"
        file.write_text(CLEAN, encoding="utf-8")
        code, words = self.told(ZeroDivisionError("division by zero"), capsys, "analyze", str(file))
        assert code == 70
        assert "not in your file" in words
        (kept,) = tmp_path.glob("mpmflow-report-*")
        assert str(kept) in words
        assert "ZeroDivisionError" in (kept / "report.txt").read_text(encoding="utf-8")
        assert (kept / "clean.mpm").read_text(encoding="utf-8") == CLEAN

    @pytest.mark.parametrize("trouble", [InternalError("a code is missing"), RecursionError("too deep"), KeyError()])
    def test_every_other_exception_is_ours(
        self,
        trouble: BaseException,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        assert self.told(trouble, capsys)[0] == 70

    def test_bad_data_names_its_place(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, words = self.told(DataError("not a date", file="events.csv", column="time", row=7), capsys)
        assert code == 2
        assert 'events.csv, column "time", row 7: not a date' in words

    def test_a_missing_extra_says_what_to_install(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, words = self.told(ModuleNotFoundError("No module named 'polars'", name="polars"), capsys)
        assert code == 2
        assert 'pip install "mpmflow[data]"' in words

    def test_an_interruption_is_short(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.told(KeyboardInterrupt(), capsys) == (130, "\nStopped.\n")

    def test_the_system_speaks_in_words(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, words = self.told(PermissionError(13, "Permission denied", "out.svg"), capsys)
        assert (code, words) == (2, "Cannot use out.svg: this user is not allowed to.\n")

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no broken pipes of this kind")
    def test_a_reader_that_goes_away_is_no_trouble(self, tmp_path: Path) -> None:
        (tmp_path / "broken.mpm").write_text(BROKEN * 200, encoding="utf-8")
        command = f'"{sys.executable}" -m mpmflow check broken.mpm | head -n 1'
        environment = {**os.environ, "PYTHONPATH": str(Path(mpmflow.__file__).parent.parent)}
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert len(done.stdout.splitlines()) == 1
        assert "Error" not in done.stderr.replace("Errors", "")
        assert "Traceback" not in done.stderr


class TestStreams:
    def test_a_pipe_gets_utf8_whatever_the_locale(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LC_ALL", "C")
        monkeypatch.setenv("PYTHONCOERCECLOCALE", "0")
        monkeypatch.setenv("PYTHONUTF8", "0")
        (tmp_path / "grün.mpm").write_text("workflow grün { step überall -> nirgends }", encoding="utf-8")
        done = shell("check", "grün.mpm", cwd=tmp_path)
        assert done.returncode == 1
        assert "nirgends" in done.stdout
        assert "überall" in done.stdout

    def test_no_colours_outside_a_terminal(self, tmp_path: Path) -> None:
        (tmp_path / "broken.mpm").write_text(BROKEN, encoding="utf-8")
        assert "\x1b" not in shell("check", "broken.mpm", cwd=tmp_path).stdout

    def test_work_that_is_quick_or_unwatched_shows_no_bar(self, capsys: pytest.CaptureFixture[str]) -> None:
        with terminal.busy("Counting"):
            pass
        assert capsys.readouterr().err == ""
