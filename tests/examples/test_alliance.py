"""The made example of two partners: its log is what its script makes, and it shows what its README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("polars", reason="optional: polars")

import mpmflow as mpm

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "alliance"


def test_the_file_has_no_findings() -> None:
    assert mpm.read(EXAMPLE / "alliance.mpm").diagnostics == ()


def test_the_log_is_what_the_script_makes() -> None:
    made = subprocess.run([sys.executable, "make_events.py"], cwd=EXAMPLE, capture_output=True, check=True)
    assert made.stdout == (EXAMPLE / "events.csv").read_bytes()


def test_it_shows_what_was_put_into_it() -> None:
    found = mpm.handoffs(mpm.load(EXAMPLE / "alliance.mpm"))
    studio, back = found.between("marketing", "studio"), found.between("studio", "marketing")
    letters = found.between("legal", "letters")
    assert (studio.promises[0].state, back.promises[0].state) == ("broken", "kept")
    assert (studio.observed.clock, letters.observed.clock) == ("start", "end")
    assert studio.observed.returns.low < 0.14 < studio.observed.returns.high  # briefs that are not clear, and changes
    assert found.between("legal", "studio").steps[0].rework
