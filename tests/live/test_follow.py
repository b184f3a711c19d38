"""Following a growing file: what is whole is read once, across restarts, rotation and broken lines."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

import mpmflow as mpm
from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema
from mpmflow.live.follow import Follower
from mpmflow.live.monitor import Monitor
from mpmflow.live.openmetrics import openmetrics

TEXT = """
workflow w {
  step brief
  decision ok { yes, no 20% -> brief rework }
  step launch
}
indicator sent_back "Briefs \\"sent\\" back\\\\" = rate(ok.no) { warn above 25% }
"""
MODEL = mpm.parse(TEXT)
HEADER = "case,activity,time\n"
FIRST = "a,brief,2026-01-05\na,brief,2026-01-06\n"
SECOND = "a,launch,2026-01-07\nb,brief,2026-01-13\n"


def read(follower: Follower) -> int:
    return sum(follower.poll())


def test_a_last_line_is_left_until_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "events.csv"
    with Monitor(MODEL) as monitor:
        follower = Follower(monitor, log)
        log.write_text(HEADER + FIRST + "a,laun")
        assert read(follower) == 2
        log.write_text(HEADER + FIRST + SECOND)
        assert (read(follower), read(follower)) == (2, 0)
        follower.close()


@pytest.mark.parametrize("cut", range(0, 70, 7))
def test_a_restart_takes_up_where_the_store_ends(tmp_path: Path, cut: int) -> None:
    """Cut anywhere, the file is read in two runs as in one."""
    log, text = tmp_path / "events.csv", HEADER + FIRST + SECOND
    taken = []
    for part in (text[:cut], text):
        log.write_text(part)
        with Monitor(MODEL, tmp_path / "state.db") as monitor:
            follower = Follower(monitor, log)
            taken.append(read(follower))
            follower.close()
            counts = monitor.counts
    assert sum(taken) == counts["events"] == 4
    assert (counts["duplicates"], counts["unreadable"]) == (0, 0)


def test_a_rotated_file_is_read_to_its_end_and_then_the_new_one(tmp_path: Path) -> None:
    log, said = tmp_path / "events.csv", list[str]()
    with Monitor(MODEL) as monitor:
        follower = Follower(monitor, log, said.append)
        log.write_text(HEADER + FIRST)
        read(follower)
        with log.open("a") as file:
            file.write(SECOND.rstrip("\n"))  # the last line never got its line break
        log.rename(tmp_path / "events.1.csv")
        log.write_text("activity;case;time\nlaunch;b;2026-01-14\n")
        assert read(follower) == 3
        assert monitor.counts["events"] == 5
        assert said == [f"{log} is a new file: reading it from its beginning."]
        follower.close()


def test_a_file_cut_short_is_a_new_file(tmp_path: Path) -> None:
    log = tmp_path / "events.csv"
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        follower = Follower(monitor, log)
        log.write_text(HEADER + FIRST + SECOND)
        read(follower)
        log.write_text(HEADER + "c,brief,2026-01-14\n")
        assert read(follower) == 1
        follower.close()
    log.write_text(HEADER + "d,brief,2026-01-15\n" * 2 + "e,brief,2026-01-15\n")
    said: list[str] = []
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        follower = Follower(monitor, log, said.append)
        assert read(follower) == 2
        assert "is not the file that was read before" in said[0]
        follower.close()


def test_lines_that_cannot_be_used_are_counted_and_said(tmp_path: Path) -> None:
    log, said = tmp_path / "events.csv", list[str]()
    log.write_text(HEADER + 'a,brief,soon\n\na,brief\n"a\nb",brief,2026-01-05\na,launch,2026-01-06\n')
    with Monitor(MODEL) as monitor:
        follower = Follower(monitor, log, said.append)
        assert read(follower) == 2
        assert monitor.counts["unreadable"] == 2
        follower.close()
    assert [line.split(": ", 1)[1].removeprefix(str(log)) for line in said] == [
        ", column \"time\", row 2: 'soon' is no time; it should look like 2026-03-02 or 2026-03-02T14:30:00+01:00",
        ", row 4: this row has 2 cells, and the header 3",
    ]


def test_json_by_lines(tmp_path: Path) -> None:
    log, said = tmp_path / "events.jsonl", list[str]()
    rows = [{"case": "a", "activity": "brief", "time": "2026-01-05"}, {"case": "a", "activity": "launch", "time": 3}]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n[1]\n")
    with Monitor(MODEL) as monitor:
        follower = Follower(monitor, log, said.append)
        assert read(follower) == 1
        assert monitor.counts["unreadable"] == 3
        follower.close()


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "events.csv"
    log.write_text("who,what\nx,y\n")
    with Monitor(MODEL) as monitor, pytest.raises(mpm.DataError, match=r"events\.csv.*an event needs a case"):
        read(Follower(monitor, log))


# ---------------------------------------------------------------------------------------------- the verb


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "w.mpm").write_text(TEXT)
    (tmp_path / "events.csv").write_text(HEADER + FIRST + SECOND)
    return str(tmp_path / "w.mpm")


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


def test_watch_tells_each_change_once(model: str, tmp_path: Path) -> None:
    given = ["watch", model, "-q", "--log", str(tmp_path / "events.csv"), "--store", str(tmp_path / "state.db")]
    first = call(*given, "--once", "--clock", "log", "--json")
    assert (first.exit_code, first.stderr) == (0, "")
    document = json.loads(first.stdout)
    validate(document, schema("transition"))
    assert (document["before"], document["after"], document["value"]) == ("unknown", "warn", 0.5)
    again = call(*given, "--once", "--clock", "log")
    assert (again.exit_code, again.output) == (0, "")


def test_watch_says_what_is_wrong(model: str, tmp_path: Path) -> None:
    log = ["--log", str(tmp_path / "events.csv")]
    assert call("watch", model, "--once", "--log", str(tmp_path / "none.csv")).exit_code == 2
    assert "--every" in call("watch", model, *log, "--every", "soon").stderr
    (tmp_path / "letter.db").write_text("dear reader " * 500)
    result = call("watch", model, *log, "--store", str(tmp_path / "letter.db"))
    assert (result.exit_code, "The monitor cannot go on" in result.stderr) == (2, True)


def test_ctrl_c_ends_it_and_nothing_is_lost(model: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mpmflow", "watch", model, "-q", "--log", str(tmp_path / "events.csv")]
    command += ["--store", str(tmp_path / "state.db"), "--clock", "log", "--every", "1h"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert "unknown -> warn" in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        out, said = running.communicate(timeout=60)
    assert (running.returncode, out, said) == (0, "", "")


# ---------------------------------------------------------------------------------------------- for a scraper


def test_metrics_are_valid_openmetrics(model: str, tmp_path: Path) -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason="optional: prometheus_client")
    out = tmp_path / "out.prom"
    result = call("watch", model, "-q", "--log", str(tmp_path / "events.csv"), "--once", "--clock", "log",
                  "--metrics", str(out))  # fmt: skip
    assert result.exit_code == 0
    assert out.read_text().endswith("# EOF\n")
    families = {family.name: family for family in parser.text_string_to_metric_families(out.read_text())}
    (share,) = families["mpmflow_indicator_ratio"].samples
    assert (share.value, share.labels) == (0.5, {"indicator": "sent_back", "label": 'Briefs "sent" back\\'})
    assert families["mpmflow_indicator_ratio"].unit == "ratio"
    states = {one.labels["mpmflow_indicator_state"]: one.value for one in families["mpmflow_indicator_state"].samples}
    assert states == {"ok": 0, "pending": 0, "warn": 1, "alert": 0, "unknown": 0}
    taken = {one.labels["result"]: one.value for one in families["mpmflow_events"].samples}
    assert taken["taken"] == 4


def test_metrics_before_anything_was_observed_are_valid_too() -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason="optional: prometheus_client")
    with Monitor(MODEL) as monitor:
        assert list(parser.text_string_to_metric_families(openmetrics(monitor)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress((HEADER + FIRST).encode()), "this is a gzip file"),
        (b"PAR1" + bytes(40), "this is a Parquet file"),
        ((HEADER + FIRST).encode("utf-16"), "another encoding than UTF-8"),
        (b"<?xml version='1.0'?><log/>\n", "this is an XML file"),
        (b"case,activity\rtime\n", "this row is no CSV"),
    ],
    ids=["gzip", "parquet", "utf-16", "xml", "a stray line end"],
)
def test_what_does_not_grow_line_by_line_is_refused_in_words(
    model: str, tmp_path: Path, content: bytes, words: str
) -> None:
    log = tmp_path / "events.csv"
    log.write_bytes(content)
    result = CliRunner().invoke(program, ["watch", model, "--log", str(log), "--once"], prog_name="mpmflow")
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
