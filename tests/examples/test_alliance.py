"""The made example of two partners: its log is what its script makes, and it shows what its README says."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("polars", reason="optional: polars")

import mpmflow as mpm

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "alliance"


def test_the_file_has_no_findings() -> None:
    assert mpm.read(EXAMPLE / "alliance.mpm").diagnostics == ()


def test_the_log_is_what_the_script_makes() -> None:
    made = subprocess.run([sys.executable, "make_events.py"], cwd=EXAMPLE, capture_output=True, check=True)
    assert made.stdout == (EXAMPLE / "events.csv").read_bytes()


@pytest.fixture(scope="module")
def found() -> Any:
    return mpm.handoffs(mpm.load(EXAMPLE / "alliance.mpm"))


def test_the_figures_are_those_that_a_plain_reading_of_the_log_gives(found: Any) -> None:
    """Case by case with the standard library: from the end of marketing's work to the start of the studio's."""
    until = datetime(2026, 6, 29)
    cases: dict[str, list[tuple[str, str, datetime]]] = {}
    with (EXAMPLE / "events.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            event = (row["activity"], row["lifecycle"], datetime.fromisoformat(row["time"]))
            cases.setdefault(row["case"], []).append(event)
    given, waits, kept, judged = 0, [], 0, 0
    for events in cases.values():
        for place, (activity, life, moment) in enumerate(events):
            following = events[place + 1] if place + 1 < len(events) else None
            if life != "complete" or activity not in ("brief", "good"):
                continue
            if following is not None and following[0] not in ("clear", "design"):
                continue
            if following is None and activity == "good":
                continue  # to the studio or to legal: nobody knows
            given += 1
            wait = (following[2] - moment).total_seconds() if following is not None else None
            waits += [wait] if wait is not None else []
            if moment + timedelta(days=1) <= until:
                judged += 1
                kept += wait is not None and wait <= 86400.0
    pair = found.between("marketing", "studio")
    assert pair.observed.n == given
    assert pair.observed.wait.value == pytest.approx(sum(waits) / len(waits))
    assert (pair.promises[0].kept.n, pair.promises[0].kept.n - pair.promises[0].missed) == (judged, kept)


def test_it_shows_what_was_put_into_it(found: Any) -> None:
    studio, back = found.between("marketing", "studio"), found.between("studio", "marketing")
    letters = found.between("legal", "letters")
    assert (studio.promises[0].state, back.promises[0].state) == ("broken", "kept")
    assert (studio.observed.clock, letters.observed.clock) == ("start", "end")
    assert studio.observed.returns.low < 0.14 < studio.observed.returns.high  # briefs that are not clear, and changes
    assert found.between("legal", "studio").steps[0].rework
