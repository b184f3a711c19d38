"""`mpmflow observe`: indicators over time and by segment as a page, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow import load, observe
from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

pytest.importorskip("polars", reason="optional: polars")

MODEL = """
team house { people 2 }
workflow w {
  step brief by house
  decision complete { yes 80%, no 20% -> brief rework }
  step launch by house
}
data { log "events.csv" { case case, activity, time time, lifecycle, ignore "tea" } }
"""
EVENTS = """case,activity,lifecycle,time,channel
a,brief,start,2026-01-05T08:00,web
a,brief,complete,2026-01-05T10:00,web
a,tea,complete,2026-01-05T10:30,web
a,launch,start,2026-01-05T13:00,web
a,launch,complete,2026-01-05T14:00,web
b,brief,start,2026-01-12T08:00,mail
b,brief,complete,2026-01-12T09:00,mail
b,brief,start,2026-01-13T08:00,mail
b,brief,complete,2026-01-13T11:00,mail
b,gossip,complete,2026-01-13T11:30,mail
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "w.mpm").write_text(MODEL)
    (tmp_path / "events.csv").write_text(EVENTS)
    return str(tmp_path / "w.mpm")


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


def test_json_is_the_documented_document_and_nothing_else(model: str) -> None:
    result = call("observe", "--json", "-q", "--by", "channel", model)
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    validate(document, schema("observed"))
    assert [(part["column"], part["value"], part["cases"]) for part in document["segments"]] == [
        ("channel", "mail", 1),
        ("channel", "web", 1),
    ]
    assert document["coverage"]["ignored_activities"] == [{"activity": "tea", "events": 1}]
    assert document["coverage"]["unmatched_activities"] == [{"activity": "gossip", "events": 1}]


def test_every_figure_of_a_small_log(model: str) -> None:
    found = observe(load(model), by="channel")
    hour = 3600.0
    assert {one.name: one.values for one in found.indicators} == {
        "brief.time": (2 * hour, 2 * hour),
        "complete.yes": (1.0, 0.0),
        "complete.no": (0.0, 1.0),
        "complete.rounds": (1.0, None),
        "launch.time": (hour, None),
        "w.arrivals": (1.0, 1.0),
        "w.done": (1.0, 0.0),
        "w.open": (0.0, 1.0),
        "house.load": (3 * hour / (2 * 168 * hour), 4 * hour / (2 * 48 * hour)),
        "brief.wait": (None, 23 * hour),
        "launch.wait": (3 * hour, None),
    }
    assert found["complete.no"].whole == 0.5
    assert found["brief.time"].counts == (1, 2)
    assert {part.value: part.indicators[0].whole for part in found.segments} == {"mail": 2 * hour, "web": 2 * hour}
    with pytest.raises(KeyError, match="was not observed; there are: brief"):
        found["brief.load"]


def test_csv_has_a_row_for_each_indicator_period_and_segment(model: str) -> None:
    result = call("observe", "--csv", "-q", "--by", "channel", model)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 3 * 11 * 2
    (row,) = [one for one in rows if (one["indicator"], one["segment"], one["value"]) == ("complete.no", "mail", "1.0")]
    assert (row["column"], row["start"], row["count"]) == ("channel", "2026-01-12T00:00:00+00:00", "1")
    assert {one["segment"] for one in rows} == {"", "mail", "web"}


def test_the_page_names_what_the_workflow_leaves_unsaid(model: str) -> None:
    page = call("observe", model, "--by", "channel", "--last", "1").stdout
    assert "What was observed in 2 periods, up to 2026-01-14" in page
    assert "2026-01-12" in page
    assert "2026-01-05" not in page, "one period was asked for"
    assert 'belong to no step or outcome: "gossip" 1' in " ".join(page.split())
    assert "1 events are ignored, as the file says." in page
    assert page.splitlines() == [line.rstrip() for line in page.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--by", "chanel"), 'column "chanel": there is no such column'),
        (("--json", "--csv"), "--json and --csv are two forms of the same answer"),
        (("--period", "fast"), "a period is a span of time such as 1w or 1d, not 'fast'"),
        (("--period", "3 leads"), "a period is a span of time such as 1w or 1d, not 3 leads"),
        (("--log", "none.csv"), "there is no such file"),
        (("--last", "0"), "--last"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(arguments: tuple[str, ...], words: str, model: str) -> None:
    result = call("observe", model, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_table_of_periods_has_no_cases_to_split(tmp_path: Path) -> None:
    (tmp_path / "w.mpm").write_text(
        'workflow w { step brief }\nmetric leads output\ndata { series "s.csv" { time week } }'
    )
    (tmp_path / "s.csv").write_text("week,leads\n2026-01-05,3\n2026-01-12,4\n")
    result = call("observe", str(tmp_path / "w.mpm"), "--by", "channel")
    assert result.exit_code == 2
    assert "there is no log that could be split: a table of periods has no cases" in result.stderr
    page = call("observe", str(tmp_path / "w.mpm"))
    assert page.exit_code == 0
    assert "leads" in page.stdout


def test_a_day_that_is_none_is_a_wrong_option_and_the_message_shows_how_one_is_written(model: str) -> None:
    for day in ("2026-13-01", "2030", "Monday"):
        result = call("observe", model, "--as-of", day)
        assert result.exit_code == 2
        assert f"'{day}' is no day of the calendar; write one as 2026-03-02" in result.stderr


def test_what_a_series_brings_is_shown_in_its_unit_and_no_word_is_said_of_events(tmp_path: Path) -> None:
    (tmp_path / "w.mpm").write_text(
        "workflow w {\n  step brief\n  decision ok { yes, no 20% -> brief rework }\n}\n"
        "metric good operational = first_pass(w)\nindicator back = rate(ok.no)\nindicator twice = 2 * rate(ok.no)\n"
        'data { series "s.csv" { time week } }\n'
    )
    (tmp_path / "s.csv").write_text(
        "week,ok.no,brief.time,good,back,twice\n2026-01-05,0.25,3600,0.5,0.125,0.5\n2026-01-12,0.5,7200,0.75,0.25,1\n"
    )
    shown = call("observe", "-q", str(tmp_path / "w.mpm")).stdout
    lines = {line.split()[0]: line.split()[-2:] for line in shown.splitlines() if "." in line or "%" in line}
    assert lines["ok.no"] == ["25%", "50%"]
    assert " ".join(lines["brief.time"]) == "2 h"
    assert (lines["good"], lines["back"]) == (["50%", "75%"], ["12.5%", "25%"])
    assert "No events: the figures are those of the series." in shown
    assert "Every case" not in shown
