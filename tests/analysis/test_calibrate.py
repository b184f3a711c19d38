"""`risk --calibrate`: chances are corrected only where that would have helped, and the note says what was found."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

import mpmflow as mpm

MODEL = """
metric leads output unit leads higher is better target at least 50 by DAY
"""


def series(seed: int, weeks: int = 70) -> pl.DataFrame:
    """A figure that swings widely and comes back: whoever follows the last value is too sure of it."""
    luck = np.random.default_rng(seed)
    values = [50.0]
    for _ in range(weeks - 1):
        values.append(50.0 + 0.5 * (values[-1] - 50.0) + 8.0 * float(luck.standard_normal()))
    return pl.DataFrame({"time": [date(2024, 1, 1) + timedelta(weeks=n) for n in range(weeks)], "leads": values})


def asked(weeks: int = 70, ahead: int = 6, calibrate: bool = True) -> mpm.evaluate:  # type: ignore[valid-type]
    by = date(2024, 1, 1) + timedelta(weeks=weeks + ahead, days=-1)
    model = mpm.parse(MODEL.replace("DAY", by.isoformat()))
    (row,) = mpm.evaluate(model, series=series(3, weeks), calibrate=calibrate).metrics
    return row


def test_a_chance_that_is_corrected_says_by_what() -> None:
    plain, row = asked(calibrate=False), asked()
    assert plain.p_miss_raw is None
    (note,) = row.notes
    assert "past forecasts 6 weeks ahead" in note
    assert "as they were told" in note
    if row.p_miss_raw is None:
        assert note.startswith("Not recalibrated: it would not have brought")
        assert row.p_miss == plain.p_miss
    else:
        assert note.startswith("Recalibrated from")
        assert row.p_miss_raw == plain.p_miss
        assert row.p_miss != plain.p_miss
    assert row.to_dict()["p_miss_raw"] == row.p_miss_raw


def test_too_short_a_history_leaves_it_as_it_is_and_says_how_long_it_should_be() -> None:
    row = asked(weeks=30, ahead=20)
    assert row.p_miss_raw is None
    assert row.notes[-1] == (
        "Not recalibrated: its target is 20 weeks ahead, and the history has 30 weeks; 39 would show how such "
        "forecasts did."
    )


@pytest.mark.parametrize("calibrate", [False, True])
def test_what_is_settled_is_no_chance_any_more(calibrate: bool) -> None:
    row = asked(ahead=-3, calibrate=calibrate)
    assert row.method == "observed"
    assert row.p_miss in (0.0, 1.0)
    assert row.notes == ()
