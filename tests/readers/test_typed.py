"""A CSV log read in one sweep says what the same log read cell by cell says, to the last word of an error."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mpmflow import parse
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import Column, LogSource
from mpmflow.readers import counting, events
from mpmflow.readers.events import open_events
from mpmflow.readers.follows import read_histories
from mpmflow.readers.logs import read_log
from mpmflow.readers.spells import read_spells
from mpmflow.readers.typed import typed

polars = pytest.importorskip("polars", reason="optional: polars")

DECLARED = LogSource(
    path="",
    columns=(
        Column(role="case", column="case"),
        Column(role="activity", column="activity"),
        Column(role="time", column="time"),
        Column(name="amount", type="number"),
    ),
)
HEADER = "case,activity,time,amount,channel\n"


def said(path: Path) -> Any:
    """What `open_events` makes of a log: its figures and its rows, or its fault."""
    try:
        found = open_events(path, DECLARED, looks_at=("channel",), numbers=("amount",))
    except DataError as fault:
        return str(fault)
    frame = found.frame.select(nw.col("case").cast(nw.String), "activity", "ms", "w0", "n0")
    rows = frame.to_native().lazy().collect().rows()
    return found.events, found.first, found.last, found.kinds, found.by_day, found.notes, found.cases, rows


def in_one_sweep(path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a log was read in one sweep."""
    tried: list[bool] = []
    quick = typed

    def watched(*given: Any) -> Any:
        found = quick(*given)
        tried.append(found is not None)
        return found

    monkeypatch.setattr(events, "typed", watched)
    said(path)
    monkeypatch.setattr(events, "typed", quick)
    return tried == [True]


def cell_by_cell(path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(events, "typed", lambda *_: None)
        return said(path)


def write(path: Path, *rows: str) -> Path:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


# ------------------------------------------------------------------------------------------------ by chance

CASES = st.sampled_from(["1", "7", "007", "-3", "+5", "NA", "a b", "é", "9" * 19, "12345678901234567890", '""', ""])
DATES = st.sampled_from(
    ["2026-01-05", "2026-02-28", "2025-12-31", "1969-12-31", "2026- 1-05", "2026-1-05", "0001-01-01"]
)
CLOCKS = st.sampled_from(["10:00:00", "23:59:59", "24:00:00", "10:00:60", "10:00", "+1:00:00", "10: 0:00", "10:0a:00"])
PARTS = st.sampled_from(["", ".5", ".123", ".123999", ".123456789", ".+12", ".1a3", ". 12", ",123"])
PLACES = st.sampled_from(["", "Z", "+00:00", "+02:00", "-05:30", "+05:45", "+02:07", "+0200", "+2:00", "z"])
ODD = st.sampled_from(["", '""', "soon", " 2026-01-05", "2026-01-05 ", "2026-13-01", "20260105", "2026-02-30T10:00:00"])


@st.composite
def tables(draw: st.DrawFn) -> list[str]:
    """Rows of a log whose times mostly are of one form, as in a file that a program wrote."""
    between, clock, part, place = draw(st.sampled_from("T ")), draw(CLOCKS), draw(PARTS), draw(PLACES)
    mixed = draw(st.booleans())
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        time = draw(DATES)
        if mixed:
            between, clock, part, place = draw(st.sampled_from("T ")), draw(CLOCKS), draw(PARTS), draw(PLACES)
        if draw(st.booleans()) or not mixed:
            time += between + clock + part + place
        if draw(st.integers(0, 9)) == 0:
            time = draw(ODD)
        case = draw(CASES) if draw(st.booleans()) else str(draw(st.integers(0, 3)))
        amount = draw(st.sampled_from(["", "", "1.5", "-2", "1e3", " ", "inf", "nan", "many", "+1", "007"]))
        time = f'"{time}"' if "," in time else time
        rows.append(f"{case},{draw(st.sampled_from(['brief', 'launch', 'brief', '']))},{time},{amount},web")
    if draw(st.booleans()):
        rows.insert(draw(st.integers(0, len(rows))), draw(st.sampled_from(["", ",,,,", ",,,5,web", '"","","",,'])))
    return rows


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables())
@example(rows=["1,brief,2026-01-05T10:00:60.5,,"])
@example(rows=["1,brief,1969-12-31T23:59:59.1239,,"])
@example(rows=["1,brief,2026-01-05T10:00:00.+12,,"])
@example(rows=["1,brief,2026-01-05T10:00:00+02:00,,", "2,brief,2026-01-05T10:00:00-05:30,,"])
@example(rows=["1,brief,2026-01-05T10:00:00Z,,", "01,brief,2026-01-05T10:00:00.5Z,,"])
def test_both_ways_of_reading_say_the_same(rows: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "log.csv", *rows)
    assert said(path) == cell_by_cell(path, monkeypatch)


# ------------------------------------------------------------------------------------------------ what is quick


@pytest.mark.parametrize(
    ("case", "time", "quick"),
    [
        ("1", "2026-01-05", True),
        ("1", "2026-01-05T10:00", True),
        ("007", "2026-01-05 10:00:00", True),
        ("NA", "2026-01-05T10:00:00.639", True),
        ("M\u00fcller", "2026-01-05T10:00:00.123456+01:00", True),
        ("1", "2026-01-05T10:00:00Z", True),
        ("1", "2026-01-05T10:00:00+0100", True),
        ("1", "20260105T100000", False),
        ("1", "2026-01-05T10", False),
    ],
)
def test_the_common_ways_of_writing_are_read_in_one_sweep(
    case: str, time: str, quick: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "log.csv", f"{case},brief,{time},1,web", "", f"{case},launch,{time},,web")
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert in_one_sweep(path, monkeypatch) is quick
    assert said(path) == said(tmp_path / "log.csv.gz") == cell_by_cell(path, monkeypatch)


@pytest.mark.parametrize("cases", [["7", "007", "a"], [7, 8, 9], [7, None, 9], ["7", "", "9"], [7.0, 8.5, 9.0]])
@pytest.mark.parametrize("amounts", [[1, 2, None], [1.5, float("nan"), 0.0], ["1", "2.5", ""], ["1", "many", ""]])
def test_a_parquet_file_with_times_as_texts_is_read_in_one_sweep_too(
    cases: list[Any], amounts: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"case": cases, "activity": ["brief", "brief", "launch"], "amount": amounts, "channel": [None, "web", ""]}
    frame = polars.DataFrame(table | {"time": ["2026-01-05 10:00", "2026-01-05 11:00", "2026-01-06 10:00"]})
    frame.write_parquet(tmp_path / "log.parquet")
    whole = not any(cell is None or cell == "" for cell in cases) and "many" not in amounts
    assert repr(said(tmp_path / "log.parquet")) == repr(cell_by_cell(tmp_path / "log.parquet", monkeypatch))
    assert in_one_sweep(tmp_path / "log.parquet", monkeypatch) is (whole and amounts[1] == amounts[1])


def test_what_changes_behind_the_first_thousand_rows_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers that turn out to be names, and times that turn out to be written in several ways."""
    same = ["3,brief,2026-01-05T10:00:00+00:00,,web"] * 1_500
    last = ["007,brief,2026-01-05T10:00:00.5+00:00,,web", "7,brief,2026-01-05T10:00:00Z,,web"]
    path = write(tmp_path / "log.csv", *same, *last)
    assert in_one_sweep(path, monkeypatch)
    assert said(path) == cell_by_cell(path, monkeypatch)
    assert open_events(path, DECLARED).cases == 3
    assert "row 1504: 'soon' is no time" in str(said(write(tmp_path / "bad.csv", *same, *last, "1,brief,soon,,web")))


MODEL = parse("""
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  step launch
}
metric cycle operational = p90(time(w)) unit d lower is better
""")


@pytest.mark.parametrize("name", ["{}", "{:03}", "case {}"])
def test_whatever_is_asked_of_a_log_has_the_same_answer(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are put in order as texts are, so that examples and sums do not depend on the way of reading."""
    chance, rows = random.Random(4), []
    for case in range(120):
        day = chance.randrange(20)
        for step in ("brief", *["brief"] * (chance.random() < 0.3), "launch"):
            clock = f"2026-01-{day % 28 + 1:02}T{chance.randrange(24):02}:00:00"
            rows.append(f"{name.format(case)},{step},{clock},,{chance.choice(['web', 'mail', ''])}")
            day += chance.randrange(3)
    chance.shuffle(rows)
    path = write(tmp_path / "log.csv", *rows)

    def answers() -> tuple[Any, ...]:
        return read_log(MODEL, path, by="channel"), read_histories(path), read_spells(MODEL, log=path)

    assert in_one_sweep(path, monkeypatch)
    quick = answers()
    monkeypatch.setattr(counting, "PART", 50)
    assert repr(answers()) == repr(quick)
    monkeypatch.setattr(events, "typed", lambda *_: None)
    assert repr(answers()) == repr(quick)
