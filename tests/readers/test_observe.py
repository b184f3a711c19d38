"""Logs and tables of periods on one grid of time."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpmflow import parse
from mpmflow.diagnostics.errors import DataError
from mpmflow.readers.observe import observe

pytest.importorskip("polars", reason="optional: polars")

TEXT = """
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  step launch
}
metric launches output = throughput(w) higher is better
metric leads output unit leads
data {
  log "log.csv" { case case, activity, time time }
  series "weekly.csv" { time week }
}
"""
LOG = "case,activity,time\na,brief,2025-12-30\na,brief,2026-01-02\na,launch,2026-01-09\nb,brief,2026-01-08\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "weekly.csv").write_text("week,leads\n2026-01-04,3\n2026-01-11,4\n2026-01-18,5\n")
    return tmp_path


def test_the_table_gives_the_periods(folder: Path) -> None:
    """Its weeks start on Sundays; the log reaches one of them further back."""
    found = observe(parse(TEXT), folder=folder)
    assert [start.date().isoformat() for start in found.starts] == [
        "2025-12-28", "2026-01-04", "2026-01-11", "2026-01-18",
    ]  # fmt: skip
    assert found.series["leads"] == (None, 3.0, 4.0, 5.0)
    assert found.outcomes == {"complete.no": (1, 0, 0, 0), "complete.yes": (0, 1, 0, 0)}
    assert found.series["launches"] == (0.0, 1.0, 0.0, 0.0)
    assert found.open == {"w": (1, 1, 1, 1)}
    assert [source.split()[0] for source in found.sources] == ["log.csv", "weekly.csv"]


def test_as_of_holds_for_both(folder: Path) -> None:
    found = observe(parse(TEXT), folder=folder, as_of="2026-01-04")
    assert found.series["leads"] == (None, 3.0)
    assert found.coverage.events == 2


def test_what_is_given_stands_for_the_block(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "log.csv").write_text(LOG + "c,brief,2026-01-10\n")
    found = observe(parse(TEXT), folder=folder, log=other / "log.csv")
    assert found.coverage.events == 5


def test_a_table_stands_over_the_log(folder: Path) -> None:
    (folder / "weekly.csv").write_text("week,launches\n2026-01-05,7\n2026-01-12,\n")
    assert observe(parse(TEXT), folder=folder).series["launches"] == (0.0, 7.0, 0.0)


def test_a_log_alone_has_weeks_from_monday_or_the_period_asked_for(folder: Path) -> None:
    model = parse(TEXT.replace('  series "weekly.csv" { time week }\n', ""))
    assert observe(model, folder=folder).starts[0].date().isoformat() == "2025-12-29"
    assert observe(model, folder=folder, period="1d").period == 86400.0


def test_a_period_must_be_that_of_the_table(folder: Path) -> None:
    with pytest.raises(DataError, match=r"weekly\.csv: its periods are not 1d long"):
        observe(parse(TEXT), folder=folder, period="1d")


def test_two_tables_must_fit_together(folder: Path) -> None:
    text = TEXT.replace("series", 'series "other.csv" { time week }\n  series', 1)
    (folder / "other.csv").write_text("week,leads\n2026-01-05,3\n2026-01-12,4\n")
    with pytest.raises(DataError) as caught:
        observe(parse(text), folder=folder)
    assert "its periods do not start when those of other.csv do (Sunday 2026-01-04 against Monday 2026-01-05)" in str(
        caught.value
    )


def test_two_logs_add_up(folder: Path) -> None:
    text = TEXT.replace('  series "weekly.csv" { time week }', '  log "more.csv" { case case, activity, time time }')
    (folder / "more.csv").write_text("case,activity,time\nx,brief,2025-12-30\nx,launch,2026-01-02\n")
    found = observe(parse(text), folder=folder)
    assert (found.coverage.cases, found.coverage.events) == (3, 6)
    assert found.arrivals == {"w": (2, 1)}
    assert found.outcomes["complete.yes"] == (1, 1)
    assert found.durations["launch"].visits == (1, 1)
