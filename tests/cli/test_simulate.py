"""`mpmflow simulate` as its users meet it: pages, options, mistakes said in words, a Ctrl-C that loses nothing."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mpmflow as mpm
from mpmflow.cli import terminal
from mpmflow.cli.program import program

TEXT = """\
team desk { people 1, cost 60 eur/h }
workflow w "Counter" {
  arrivals every exponential(2h)
  deadline 1d
  step serve by desk takes exponential(1h)
  decision ok { yes, no 10% -> serve rework }
}
metric speed operational = time(w) lower is better
scenario two "Two people" { desk.people = 2 }
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "counter.mpm"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["simulate", *arguments])


def test_the_page_has_every_figure_with_its_interval(file: str) -> None:
    result = simulate(file, "--cases", "4000")
    assert result.exit_code == 0, result.output
    page = result.stdout
    for words in ("Counter, simulated", "time of a case", "late", "right first time", "serve", "desk", "Ends"):
        assert words in page
    assert "4,000 cases counted in 20 replications" in page
    assert "seed 1" in page
    assert " to " in page.splitlines()[2]


def test_json_is_the_document_and_nothing_else(file: str) -> None:
    result = simulate(file, "--cases", "1000", "--seed", "5", "--json", "-q")
    document = json.loads(result.stdout)
    assert (document["schema"], document["cases"], document["seed"]) == ("mpmflow/simulation/1", 1000, 5)
    time_of = document["workflows"]["w"]["time"]["mean"]
    assert time_of["low"] < time_of["mean"] < time_of["high"]
    assert document == mpm.simulate(mpm.load(file), 1000, 5).to_dict()


def test_a_scenario_stands_beside_today_with_the_difference(file: str) -> None:
    result = simulate(file, "--cases", "4000", "--scenario", "two")
    assert result.exit_code == 0, result.output
    row = next(line for line in result.stdout.splitlines() if "time of a case" in line)
    assert "Two people" in result.stdout
    assert row.count("-") >= 3  # the difference and both ends of its interval


def test_one_replication_has_no_interval(file: str) -> None:
    result = simulate(file, "--cases", "500", "--replications", "1", "--warmup", "0")
    assert "500 cases counted in one replication; seed 1." in result.stdout
    assert "95 times" not in result.stdout


def test_until_it_is_known_well_enough(file: str) -> None:
    result = simulate(file, "--cases", "2000", "--within", "5%", "--figure", "speed", "--json", "-q")
    precision = json.loads(result.stdout)["precision"]
    assert precision["figure"] == "time.mean"
    assert precision["reached"] <= 0.05


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cases", "0"], "--cases"),
        (["--cases", "99999999999"], "--cases"),
        (["--warmup", "some"], "auto"),
        (["--warmup", "-5"], "auto"),
        (["--within", "much"], "such as 2%"),
        (["--within", "0.1%", "--figure", "time.p50"], "2.2%"),
        (["--within", "2%", "--figure", "tiem.mean"], "time.mean"),
        (["--within", "2%", "--workflow", "v"], "workflow"),
        (["--figure", "time.mean"], "--within"),
        (["--scenario", "tow"], "two"),
        (["--workers", "0"], "--workers"),
        (["--replications", "1000"], "--replications"),
    ],
)
def test_what_cannot_be_is_said_in_words(file: str, arguments: list[str], words: str) -> None:
    result = simulate(file, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("workflow w {\n  step s takes 1h\n}", "1:", "arrivals 3 per week"),
        ("workflow w {\n  arrivals 1 per day\n  step s by t takes 1h\n}\nteam t { people 0 }", "5:", "no people"),
    ],
)
def test_a_model_that_cannot_be_simulated_is_shown_with_its_line(
    tmp_path: Path, text: str, line: str, words: str
) -> None:
    path = tmp_path / "w.mpm"
    path.write_text(text, encoding="utf-8")
    result = simulate(str(path))
    assert result.exit_code == 2
    assert f"w.mpm:{line}" in result.stderr
    assert words in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="optional: sends a signal that Windows has not")
def test_ctrl_c_keeps_what_is_done(file: str) -> None:
    """Two hundred replications of half a million cases would take minutes; it is stopped once some are done."""
    program_ = (
        "import sys; from contextlib import contextmanager\n"
        "from mpmflow.cli import terminal; from mpmflow.cli.program import main\n"
        "@contextmanager\n"
        "def progress(title, *, quiet=False):\n"
        "    yield lambda done, wanted: done >= 2 and (print('some are done', file=sys.stderr, flush=True))\n"
        "terminal.progress = progress\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program_, "simulate", file, "--cases", "100000000", "--replications", "200"]
    running = subprocess.Popen(
        [*command, "--json", "--warmup", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "some are done" in line:
            break
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    out, errors = running.communicate(timeout=120)
    assert running.returncode == 130, errors
    document = json.loads(out)
    done = document["run"]["replications"]
    assert 2 <= done < 200
    assert document["run"]["interrupted"]
    assert document["cases"] == done * 500_000
    assert f"the figures stand on {done} replications" in errors
    assert any(str(done) in note for note in document["notes"])


class Screen(io.StringIO):
    """A terminal that somebody watches."""

    def isatty(self) -> bool:
        return True


def test_a_bar_appears_on_a_terminal_and_only_after_some_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    shown = {}
    for patience, quiet in ((0.0, False), (60.0, False), (0.0, True)):
        screen = Screen()
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr(terminal, "PATIENCE", patience)
        with terminal.progress("Simulating", quiet=quiet) as told:
            for done in range(1, 5):
                told(done, 8)
                time.sleep(0.1)
        shown[patience, quiet] = screen.getvalue()
    assert "Simulating" in shown[0.0, False]
    assert "50%" in shown[0.0, False]
    assert shown[60.0, False] == shown[0.0, True] == ""


def test_the_first_use_says_that_it_compiles(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mpmflow.numerics.events import runs

    monkeypatch.setattr(runs, "compiles_first", lambda: True)
    assert "compiled for this machine, once" in simulate(file, "--cases", "100").stderr
    assert "compiled" not in simulate(file, "--cases", "100", "-q").stderr
    monkeypatch.setattr(runs, "compiles_first", lambda: False)
    assert "compiled" not in simulate(file, "--cases", "100").stderr
