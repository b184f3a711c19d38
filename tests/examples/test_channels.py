"""The example of channels: its table is made as its README says, and what is said of it holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mpmflow as mpm

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "channels"


def test_the_table_is_the_one_that_the_script_makes() -> None:
    made = subprocess.run([sys.executable, str(FOLDER / "make_weekly.py")], capture_output=True, text=True, check=True)
    assert made.stdout == (FOLDER / "weekly.csv").read_text()


def test_what_the_readme_says_of_the_channels() -> None:
    model = mpm.load(FOLDER / "channels.mpm")
    assert not model.check()
    learned = mpm.learn_causes(model).causes[0]
    assert (round(learned.ceiling), round(learned.half, -2)) == (89, 3700)
    found = mpm.allocate(model, "110k eur", "revenue")
    assert found.nominal.p_miss < 0.5 < found.today.p_miss
    rows = {row.name: row for row in found.channels}
    assert rows["search"].nominal > rows["search"].now
    assert rows["fairs"].nominal < rows["fairs"].now
    assert max(row.worth for row in found.channels) == pytest.approx(min(row.worth for row in found.channels), rel=0.1)
