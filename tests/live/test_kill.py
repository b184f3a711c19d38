"""Killed at any moment: nothing acknowledged is lost, every change is delivered at least once, with its key."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

import mpmflow as mpm

from .fed_and_killed import MONDAY, TEXT, events

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(__file__).with_name("fed_and_killed.py")


def survives(folder: Path, count: int, kills: int, longest: float) -> None:
    files = [folder / name for name in ("state.db", "acknowledged", "delivered")]
    command = [sys.executable, str(PROGRAM), *map(str, files), str(count)]
    luck, ended, killed = random.Random(7), False, 0
    while not ended:
        with subprocess.Popen(command, env={"PYTHONPATH": str(ROOT)}) as running:
            begin = time.monotonic()
            while running.poll() is None and not files[1].exists():
                time.sleep(0.01)  # the first start may take long
            if killed < kills:
                life = luck.uniform(0.0, longest)
                while running.poll() is None and time.monotonic() - begin < life:
                    time.sleep(0.005)
                running.kill()
            ended = running.wait() == 0
            killed += not ended
        assert killed <= kills, "it ended by itself, and not well"
        if not ended and files[0].exists() and files[1].exists():
            acknowledged = int((files[1].read_text().split() or ["0"])[-1])
            with mpm.Monitor(mpm.parse(TEXT), files[0]) as monitor:
                assert monitor.counts["events"] >= acknowledged
    expected: list[str] = []
    with mpm.Monitor(mpm.parse(TEXT)) as whole:
        whole.on("any", lambda one: expected.append(f"{one.key} {one.indicator} {one.after}"))
        rows = list(events(count))
        for begin in range(0, len(rows), 50):
            whole.feed(rows[begin : begin + 50])
            whole.advance(rows[min(begin + 49, len(rows) - 1)]["time"])
        whole.advance(MONDAY + timedelta(weeks=1000))
        with mpm.Monitor(mpm.parse(TEXT), files[0]) as kept:
            assert kept.transitions() == whole.transitions()
            assert kept.counts["events"] == whole.counts["events"] == len(rows)
            assert kept.counts["waiting"] == 0
    assert set(files[2].read_text().splitlines()) == set(expected)
    assert len(set(expected)) == len(expected) > 10


def test_killed_a_few_times(tmp_path: Path) -> None:
    survives(tmp_path, count=3_000, kills=4, longest=3.0)


@pytest.mark.slow
def test_killed_two_hundred_times_in_a_hundred_thousand_events(tmp_path: Path) -> None:
    survives(tmp_path, count=100_000, kills=200, longest=3.0)
