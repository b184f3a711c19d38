"""Killed at any moment, or written by several at once: what was acknowledged is there, and the chain is whole."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mpmflow.live.ledger.ledger import Ledger
from mpmflow.live.ledger.verify import verify_file

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(__file__).with_name("recorded_and_killed.py")


def started(ledger: Path, acknowledged: Path, first: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(PROGRAM), str(ledger), str(acknowledged), str(first), str(count)]
    return subprocess.Popen(command, env={"PYTHONPATH": str(ROOT)})


def said(acknowledged: Path) -> set[str]:
    """The ids that were acknowledged; a last line that was cut off was not said yet."""
    text = acknowledged.read_text() if acknowledged.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    return {word for word in whole.split() if word != "open"}


def survives(folder: Path, kills: int, longest: float) -> None:
    ledger, acknowledged = folder / "book.db", folder / "acknowledged"
    luck, seen = random.Random(11), 0
    for number in range(kills):
        before = acknowledged.read_text().count("open") if acknowledged.exists() else 0
        with started(ledger, acknowledged, 10_000 * number, 9_000) as running:
            while running.poll() is None and (
                not acknowledged.exists() or acknowledged.read_text().count("open") == before
            ):
                time.sleep(0.002)
            time.sleep(luck.uniform(0.0, longest))
            assert running.poll() is None, "it ended by itself"
            running.kill()
            running.wait()
        verified = verify_file(ledger)
        assert verified.ok, str(verified)
        with Ledger(ledger) as kept:
            assert said(acknowledged) <= kept.store.ids()
        seen = verified.entries
    assert seen > kills


def test_killed_a_few_times_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    survives(tmp_path, kills=3, longest=0.3)


@pytest.mark.slow
def test_killed_a_hundred_times_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    survives(tmp_path, kills=100, longest=0.3)


def test_several_programs_write_at_once_and_all_is_there(tmp_path: Path) -> None:
    """They begin the same new file together, each with forecasts of its own and some that all have."""
    ledger, writers, each = tmp_path / "book.db", 3, 60
    running = [started(ledger, tmp_path / f"acknowledged{one}", 40 * one, each) for one in range(writers)]
    assert [one.wait() for one in running] == [0] * writers
    verified = verify_file(ledger)
    assert verified.ok, str(verified)
    assert verified.entries == verified.vouched == 40 * (writers - 1) + each
    acknowledged = [said(tmp_path / f"acknowledged{one}") for one in range(writers)]
    with Ledger(ledger) as kept:
        assert set().union(*acknowledged) == kept.store.ids()
    assert sum(len(one) for one in acknowledged) == verified.entries
