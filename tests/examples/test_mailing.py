"""The example of letters to customers: what its README says of it holds."""

from __future__ import annotations

from pathlib import Path

import mpmflow as mpm

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mailing" / "mailing.mpm"
HOUR = 3600.0


def test_what_the_readme_says_of_the_mailing() -> None:
    model = mpm.load(EXAMPLE)
    assert not model.check()
    found = mpm.simulate(model, 40_000, scenarios=["legal_daily", "third_writer"])
    mailing, correction = found["mailing"], found["correction"]
    assert 9 * HOUR < mailing["touch_time.mean"].mean < 11 * HOUR
    assert 8 * 24 * HOUR < mailing["time.mean"].mean < 9.2 * 24 * HOUR
    assert 0.5 < mailing["teams.legal.load"].mean < 0.6
    assert mailing["teams.legal.wait"].mean > 24 * HOUR
    assert correction["teams.studio.wait"].mean < mailing["teams.studio.wait"].mean
    gain = found.scenarios["legal_daily"].difference
    assert -12 * HOUR < gain["mailing"]["time.mean"].mean < -8 * HOUR
    assert -16 * HOUR < gain["correction"]["time.mean"].mean < -10 * HOUR
    assert found.scenarios["third_writer"].difference["mailing"]["time.mean"].mean < 0.0
