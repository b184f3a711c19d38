"""The growing log: `watch` and the whole log tell the same changes."""

from __future__ import annotations

from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.analysis.risk.watched import indicator_traces
from mpmflow.live.follow import Follower

pytest.importorskip("polars", reason="optional: polars")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "live"


def test_the_file_has_no_findings() -> None:
    assert mpm.read(EXAMPLE / "briefs.mpm").diagnostics == ()


def test_followed_it_tells_what_the_whole_log_says() -> None:
    model = mpm.load(EXAMPLE / "briefs.mpm")
    with mpm.Monitor(model) as monitor:
        follower = Follower(monitor, EXAMPLE / "events.csv")
        assert sum(follower.poll()) == 304
        follower.close()
        monitor.advance("2026-03-16")
        told = [one.after for one in monitor.transitions()]
    seen = mpm.observe(model, as_of="2026-03-15").observations
    states = indicator_traces(model, seen)["sent_back"].states
    assert told == [state for at, state in enumerate(states) if at == 0 or states[at - 1] != state]
    assert told[-1] == "warn"
