"""Logs on the command line: files of any kind, databases with a query, and what is said when they cannot be used."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mpmflow.cli.program import program

pytest.importorskip("polars", reason="optional: polars")

MODEL = """workflow desk "Requests" {
  step read
  decision clear "Is it clear?" { yes, no 20% -> read rework }
  step answer
}
"""
ROWS = [(f"T-{n // 2}", ("read", "answer")[n % 2], f"2026-01-{n + 1:02}T10:00:00Z") for n in range(24)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.mpm").write_text(MODEL)
    (tmp_path / "log.csv").write_text("Ticket ID,Work,Closed\n" + "".join(",".join(row) + "\n" for row in ROWS))
    with closing(sqlite3.connect(tmp_path / "crm.db")) as database, database:
        database.execute("create table steps (ticket, work, closed)")
        database.executemany("insert into steps values (?, ?, ?)", ROWS)
    objects = [{"id": name, "type": "ticket"} for name in dict.fromkeys(row[0] for row in ROWS)]
    events = [
        {"id": f"e{n}", "type": work, "time": when, "relationships": [{"objectId": ticket, "qualifier": ""}]}
        for n, (ticket, work, when) in enumerate(ROWS)
    ]
    document = {"objects": [*objects, {"id": "me", "type": "clerk"}], "events": events}
    (tmp_path / "log.json").write_text(json.dumps(document))
    return tmp_path


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize(
    "source",
    [
        ["--log", "log.csv"],
        [
            "--log",
            "sqlite:///crm.db",
            "--query",
            'select ticket as "case", work as activity, closed as time from steps',
        ],
        ["--log", "sqlite:///crm.db?table=steps", "--case-notion", "ticket"],
        ["--log", "log.json", "--case-notion", "ticket"],
    ],
)
def test_a_log_of_any_kind(source: list[str], desk: Path) -> None:
    result = call("observe", "-q", "desk.mpm", "--json", *source)
    assert (result.exit_code, result.stderr) == (0, "")
    coverage = json.loads(result.stdout)["coverage"]
    assert (coverage["events"], coverage["cases"]) == (24, 12)


def test_what_was_guessed_stands_on_the_page(desk: Path) -> None:
    page = " ".join(call("observe", "-q", "desk.mpm", "--log", "log.csv").stdout.split())
    assert "Columns of log.csv were guessed: case = Ticket ID, activity = Work, time = Closed." in page


def test_a_case_notion_for_the_log_of_the_file(desk: Path) -> None:
    (desk / "desk.mpm").write_text(MODEL + 'data { log "log.json" }\n')
    assert call("observe", "-q", "desk.mpm", "--case-notion", "ticket").exit_code == 0
    refused = call("observe", "-q", "desk.mpm")
    assert refused.exit_code == 2
    assert 'with --case-notion "clerk". Types of objects: clerk (1), ticket (12)' in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--log", "postgresql://h/crm", "--query", "select 1"], "there is no reader for 'postgresql'"),
        (["--log", "sqlite:///crm.db", "--query", "drop table steps"], "this one begins with 'drop'"),
        (["--query", "select 1"], "a query is for a database: name it too, as in `--log sqlite:///crm.db`"),
        (["--log", "."], ".: this is a folder, not a file"),
        (["--log", "lag.csv"], "lag.csv: there is no such file in this folder. Did you mean 'log.csv'?"),
    ],
)
def test_what_cannot_be_read_is_said_with_exit_code_2(arguments: list[str], said: str, desk: Path) -> None:
    result = call("observe", "-q", "desk.mpm", *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("The data cannot be used: ")
    assert said in result.stderr


def test_every_library_comes_with_the_extra_that_is_named(root: Path) -> None:
    import tomllib

    from mpmflow.readers.libraries import EXTRAS

    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for library, extra in EXTRAS.items():
        assert any(one.startswith(library) for one in extras[extra]), f"{library} is not in [{extra}]"


def test_a_missing_library_says_what_to_install_from_python_too(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import mpmflow

    for name in [name for name in sys.modules if name.startswith(("mpmflow.readers.logs", "mpmflow.readers.events"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(
        ModuleNotFoundError, match=r'This needs narwhals, which comes with: pip install "mpmflow\[data\]"'
    ):
        mpmflow.observe(mpmflow.load("desk.mpm"), log="log.csv")
