"""Tables of periods: a column a metric or indicator, a row a period."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpmflow import parse
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import Column, SeriesSource
from mpmflow.readers.cells import Reading
from mpmflow.readers.periods import DAY, Grid, spacing, to_moment, to_time
from mpmflow.readers.series import read_series

MODEL = parse("""
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
}
metric leads "New leads" output unit leads
metric spend activity unit eur
metric pace operational unit d
metric win outcome unit %
indicator back = rate(complete.no)
""")


def write(folder: Path, text: str) -> Path:
    path = folder / "weekly.csv"
    path.write_text(text)
    return path


def test_a_bare_number_is_in_the_unit_of_its_metric(tmp_path: Path) -> None:
    found = read_series(MODEL, write(tmp_path, "week,leads,spend,pace,win\n2026-01-05,12,1200.5,1.5,20\n"))
    assert found.series == {"leads": (12.0,), "spend": (1200.5,), "pace": (1.5 * 86400,), "win": (0.2,)}


def test_a_share_is_a_fraction_or_has_its_percent_sign(tmp_path: Path) -> None:
    found = read_series(MODEL, write(tmp_path, "week,complete.no,back\n2026-01-05,0.2,31%\n2026-01-12,20%,0.315\n"))
    assert found.series == {"complete.no": (0.2, 0.2), "back": (0.31, 0.315)}
    with pytest.raises(DataError, match="20 is no share: write a fraction between 0 and 1, or a percentage"):
        read_series(MODEL, write(tmp_path, "week,complete.no\n2026-01-05,20\n"))


def test_a_cell_may_bring_its_own_unit(tmp_path: Path) -> None:
    found = read_series(MODEL, write(tmp_path, "week,pace,spend,brief.wait\n2026-01-05,36h,1.2k eur,2d\n"))
    assert found.series == {"pace": (129600.0,), "spend": (1200.0,), "brief.wait": (172800.0,)}


def test_arrivals_are_counted_in_their_period(tmp_path: Path) -> None:
    found = read_series(MODEL, write(tmp_path, "week,w.arrivals\n2026-01-05,3\n2026-01-12,7\n"))
    assert found.series["w.arrivals"] == (3 / 604800, 7 / 604800)


def test_gaps_are_gaps(tmp_path: Path) -> None:
    found = read_series(MODEL, write(tmp_path, "week,leads,spend\n2026-01-05,1,\n2026-01-12,2,5\n2026-02-02,3,6\n"))
    assert found.series == {"leads": (1.0, 2.0, None, None, 3.0), "spend": (None, 5.0, None, None, 6.0)}


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    found = read_series(MODEL, write(tmp_path, "week,leads\n2026-01-12,2\n2026-01-05,1\n"))
    assert found.series["leads"] == (1.0, 2.0)


def test_periods_have_the_spacing_of_the_rows(tmp_path: Path) -> None:
    months = read_series(MODEL, write(tmp_path, "month,leads\n2026-01,1\n2026-02,2\n2026-04,4\n"))
    assert [start.date() for start in months.starts] == [date(2026, month, 1) for month in (1, 2, 3, 4)]
    assert months.series["leads"] == (1.0, 2.0, None, 4.0)
    days = read_series(MODEL, write(tmp_path, "day,leads\n2026-01-01,1\n2026-01-02,2\n"))
    assert days.period == 86400.0


def test_a_row_is_known_from_its_day_on(tmp_path: Path) -> None:
    path = write(tmp_path, "week,leads\n2026-01-05,1\n2026-01-12,2\n2026-01-19,3\n")
    found = read_series(MODEL, path, as_of="2026-01-12")
    assert found.series["leads"] == (1.0, 2.0)
    assert found.as_of == datetime(2026, 1, 13, tzinfo=UTC)
    assert read_series(MODEL, path).as_of == datetime(2026, 1, 20, tzinfo=UTC)


def test_columns_that_are_nothing_here_are_named(tmp_path: Path) -> None:
    found = read_series(MODEL, write(tmp_path, "week,leads,weather,mood\n2026-01-05,1,2,x\n"))
    assert found.coverage.notes == ("weekly.csv has columns that are no metric and no indicator here: mood, weather.",)


def test_a_column_may_have_the_label_of_a_metric_or_be_declared(tmp_path: Path) -> None:
    path = write(tmp_path, "KW;New Leads;Ausgaben\n2026-01-05;3;100\n")
    source = SeriesSource(
        path="", columns=(Column(role="time", column="KW"), Column(name="spend", type="number", column="Ausgaben"))
    )
    assert read_series(MODEL, path, source).series == {"leads": (3.0,), "spend": (100.0,)}


def test_a_long_table_has_a_name_and_a_value_in_each_row(tmp_path: Path) -> None:
    path = write(
        tmp_path, "date,metric,value\n2026-01-05,leads,3\n2026-01-05,spend,5\n2026-01-12,leads,4\n2026-01-12,mood,4\n"
    )
    found = read_series(MODEL, path)
    assert found.series == {"leads": (3.0, 4.0), "spend": (5.0, None)}
    assert found.coverage.notes == ("weekly.csv has columns that are no metric and no indicator here: mood.",)


def test_frames_are_read_like_files(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars", reason="optional: polars")
    text = "week,leads,complete.no\n2026-01-05,3,20%\n2026-01-12,,0.25\n"
    expected = read_series(MODEL, write(tmp_path, text)).series
    frame = polars.DataFrame(
        {"week": [date(2026, 1, 5), date(2026, 1, 12)], "leads": [3, None], "complete.no": ["20%", "0.25"]}
    )
    assert read_series(MODEL, frame).series == expected
    assert read_series(MODEL, frame.lazy()).series == expected
    pandas = pytest.importorskip("pandas", reason="optional: pandas")
    assert read_series(MODEL, pandas.DataFrame(frame.to_dict(as_series=False))).series == expected


def test_a_table_is_read_without_a_dataframe_library(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = write(tmp_path, "week,leads\n2026-01-05,3\n")
    program = (
        "import sys; from mpmflow.model.model import Model; from mpmflow.readers.observe import observe;"
        f"observe(Model(metrics=[{{'name': 'leads', 'category': 'output'}}]), series={str(path)!r});"
        "print([name for name in ('polars', 'narwhals', 'pandas', 'numpy') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 24))
def test_every_moment_lies_in_its_period(day: date, months: int) -> None:
    moment = to_moment(day)
    for grid in (Grid(), Grid.every("1d"), Grid.every(f"{months}mo"), Grid.every("13w")):
        number = grid.number(moment)
        assert grid.start(number) <= moment < grid.start(number + 1)


def test_weeks_start_on_mondays() -> None:
    assert all(to_time(Grid().start(number)).weekday() == 0 for number in range(0, 3000, 7))


@given(
    st.integers(0, 20_000),
    st.integers(1, 400),
    st.sets(st.integers(0, 60), min_size=2).filter(lambda steps: {0, 1} <= steps),
)
def test_the_spacing_is_found_under_any_gaps(day: int, days: int, steps: set[int]) -> None:
    moments = [day * DAY + step * days * DAY for step in sorted(steps)]
    grid = spacing(moments)
    assert isinstance(grid, Grid)
    assert (grid.anchor, grid.width) == (moments[0], days * DAY)


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_decimals_are_read_exactly(digits: int, places: int) -> None:
    text = f"{digits}" if places == 0 else f"{digits / 10**places:.{places}f}"
    assert Reading("leads").value(text, 1.0) == float(text)


# ------------------------------------------------------------------------------------------------ as people bring them


@pytest.mark.parametrize(
    ("dates", "word", "starts"),
    [
        (("2026-01-31", "2026-02-28", "2026-03-31"), "month", ["2026-01-01", "2026-02-01", "2026-03-01"]),
        (("2026-01-05", "2026-01-12", "2026-01-22"), "week", ["2026-01-05", "2026-01-12", "2026-01-19"]),
        (("2025-12-31", "2026-03-31", "2026-06-30"), "period of 3 months", ["2025-10-01", "2026-01-01", "2026-04-01"]),
    ],
)
def test_uneven_rows_stand_for_the_period_in_which_they_lie(
    dates: tuple[str, ...], word: str, starts: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "kpi.csv"
    path.write_text("date,leads\n" + "".join(f"{day},{number}\n" for number, day in enumerate(dates)))
    found = read_series(parse("metric leads output unit leads"), path)
    assert found.series["leads"] == (0.0, 1.0, 2.0)
    assert [start.date().isoformat() for start in found.starts] == starts
    assert found.coverage.notes[0].endswith(f"each value stands for the {word} in which its date lies.")


def test_quarters(tmp_path: Path) -> None:
    (tmp_path / "kpi.csv").write_text("date,leads\n2026-Q1,3\n2026 Q3,5\n")
    found = read_series(parse("metric leads output unit leads"), tmp_path / "kpi.csv")
    assert found.series["leads"][0] == 3.0
    assert found.starts[0].month == 1


def test_a_long_table_in_parquet_and_one_in_latin_1(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars", reason="optional: polars")
    model = parse('metric leads "N\u00e4chste Leads" output unit leads')
    rows = {"week": ["2026-01-05", "2026-01-12"], "metric": ["leads"] * 2, "value": [3, 4]}
    polars.DataFrame(rows).write_parquet(tmp_path / "kpi.parquet")
    assert read_series(model, tmp_path / "kpi.parquet").series["leads"] == (3.0, 4.0)
    (tmp_path / "kpi.csv").write_bytes("week;N\u00e4chste Leads\n2026-01-05;3\n2026-01-12;4\n".encode("latin-1"))
    found = read_series(model, tmp_path / "kpi.csv")
    assert found.series["leads"] == (3.0, 4.0)
    assert found.coverage.notes == ("kpi.csv is not UTF-8; it was read as Windows-1252 (Latin-1).",)
