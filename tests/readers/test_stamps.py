"""Times counted from their digits are those that Python's own calendar gives, and nothing else is taken for one."""

from __future__ import annotations

import random

import narwhals as nw
import pytest

from mpmflow.readers.periods import moment
from mpmflow.readers.stamps import Stamp

polars = pytest.importorskip("polars", reason="optional: polars")

FORMS = [
    "2026-03-02", "2026-03-02T14:30", "2026-03-02 14:30:00.5Z", "2026-03-02T14:30:00.123456-05:30",
    "2026-03-02 14:30:00+01:00", "2026-03-02T14:30:00Z",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_digits_give_the_moment_that_the_calendar_gives(form: str) -> None:
    chance = random.Random(form)
    days = ["0000-01-01", "0001-01-01", "1900-02-29", "2000-02-29", "2023-02-29", "2024-02-29", "9999-12-31"]
    texts = [day + form[10:] for day in days] + [form + "\n", form[:-1], " " + form[1:], form.replace("2", "\u0662")]
    for _ in range(2_000):
        texts.append("".join(chance.choice("0123456789") if c.isdigit() and chance.random() < 0.3 else c for c in form))
    stamp, text = Stamp.of(form), nw.col("text")
    assert stamp is not None
    frame = nw.from_native(polars.LazyFrame({"text": texts})).filter(stamp.fits(text))
    found = dict(frame.select("text", ms=stamp.moment(text)).collect().iter_rows())
    known = {one: moment(one) for one in texts if len(one) == len(form) and one.isascii() and one[0] != " "}
    zones = {one for one in known if stamp.zone == "+" and one[-2:] > "59"}
    assert found == {one: ms for one, ms in known.items() if ms is not None and one not in zones}


@pytest.mark.parametrize("text", ["2026-3-02", "02.03.2026", "2026-03-02T14", "2026-03-02T14:30.5", "20260302", "soon"])
def test_other_ways_of_writing_have_no_fixed_places(text: str) -> None:
    assert Stamp.of(text) is None
