"""What is wrong with data is said with file, column and row, and how to mend it."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from mpmflow import parse
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import LogSource
from mpmflow.readers.logs import read_log
from mpmflow.readers.observe import observe
from mpmflow.readers.series import read_series

pytest.importorskip("polars", reason="optional: polars")

MODEL = parse("""
workflow w { step brief
  step launch }
metric leads output unit leads
metric spend activity unit eur
metric pace operational unit d
indicator brief_time = brief.time
""")
HEADER = "case,activity,time\n"


def fault_of_log(tmp_path: Path, content: bytes | str, name: str = "log.csv") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        read_log(MODEL, path)
    return str(caught.value)


def fault_of_series(tmp_path: Path, content: str) -> str:
    path = tmp_path / "weekly.csv"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        read_series(MODEL, path)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------ files


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(HEADER)
    with pytest.raises(DataError) as caught:
        read_log(MODEL, tmp_path / "event.csv")
    assert str(caught.value) == (f"event.csv: there is no such file in {tmp_path.name}. Did you mean 'events.csv'?")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder, not a file"):
        read_log(MODEL, tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, "") == "log.csv: the file is empty: its first row should name the columns"


def test_a_header_alone(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, HEADER) == "log.csv: there are no events"


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, b"\x00\x01\x02\n") == (
        "log.csv, row 1: this is not a CSV file: its first row holds zero bytes"
    )


@pytest.mark.parametrize("cut", [30, 2000])
def test_a_gzip_file_that_is_cut_off(cut: int, tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = "".join(f"{chance.random()},brief,2026-01-05\n" for _ in range(500))
    packed = gzip.compress((HEADER + rows).encode())
    assert fault_of_log(tmp_path, packed[:-cut], "log.csv.gz") == (
        "log.csv.gz: the compressed file is cut off or damaged: it ends in the middle; copy it again"
    )


def test_two_encodings_in_one_file(tmp_path: Path) -> None:
    own, other = "M\u00fcller,brief,2026-01-05\n".encode(), "M\u00fcller,brief,2026-01-05\n".encode("latin-1")
    assert fault_of_log(tmp_path, HEADER.encode() + own + b"a,brief,2026-01-05\n" + other) == (
        "log.csv, row 4: this row is not UTF-8 text (byte 0xfc), but row 2 is: two ways of writing letters are mixed "
        'in this file; save all of it as UTF-8, which spreadsheets call "CSV UTF-8"'
    )


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b"a,brief,2026-01-05\n")
    assert read_log(MODEL, path).coverage.events == 1


def test_a_row_with_too_many_cells(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, HEADER + "a,brief,2026-01-05\na,brief, too,2026-01-05\n") == (
        "log.csv, row 3: this row has 4 cells, the header 3; is a cell with a delimiter in it missing its quotes?"
    )


def test_no_dataframe(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a log is a path or a dataframe .* not dict"):
        read_log(MODEL, {"case": []})


# ------------------------------------------------------------------------------------------------ columns and cells


def test_a_missing_column_names_those_that_are_there(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, "case,activty,time\n1,brief,2026-01-05\n") == (
        'log.csv, column "activity": there is no such column; the file has case, activty, time. '
        "Did you mean 'activty'?"
    )


def test_a_column_that_is_there_twice(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, "case,activity,time,time\n1,brief,2026-01-05,2026-01-06\n") == (
        'log.csv, column "time": two columns have this name; which one is meant?'
    )


@pytest.mark.parametrize("text", ["05.01.2026", "yesterday", "2026-13-01"])
def test_a_time_that_cannot_be_read(text: str, tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, HEADER + f"a,brief,2026-01-05\n\na,brief,{text}\n") == (
        f'log.csv, column "time", row 4: {text!r} is no time; '
        "it should look like 2026-03-02 or 2026-03-02T14:30:00+01:00"
    ), "rows are counted as an editor shows them: the header is row 1, a blank line counts"


def test_a_row_behind_a_cell_of_two_lines(tmp_path: Path) -> None:
    assert 'column "time", row 4:' in fault_of_log(tmp_path, HEADER + '"a\nb",brief,2026-01-05\nc,brief,soon\n')


def test_missing_cells(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, HEADER + "a,brief,\n").startswith(
        'log.csv, column "time", row 2: the time is missing'
    )
    assert fault_of_log(tmp_path, HEADER + ",brief,2026-01-05\n") == (
        'log.csv, column "case", row 2: the case of this event is missing'
    )
    assert fault_of_log(tmp_path, HEADER + "a,,2026-01-05\n") == (
        'log.csv, column "activity", row 2: the activity of this event is missing'
    )


def test_a_number_that_cannot_be_read(tmp_path: Path) -> None:
    model = parse("""
    workflow w { step brief }
    metric money output = sum(amount)
    data { log "log.csv" { case case, activity, time time, amount number "Amount (EUR)" } }
    """)
    (tmp_path / "log.csv").write_text('case,activity,time,Amount (EUR)\na,brief,2026-01-05,"1,200"\n')
    with pytest.raises(DataError) as caught:
        observe(model, folder=tmp_path)
    assert str(caught.value) == (
        "log.csv, column \"Amount (EUR)\", row 2: '1,200' is no number; "
        "write it with a decimal point and without blanks, as 1234.5"
    )


def test_nothing_observed_yet(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEADER + "a,brief,2026-01-05\n")
    with pytest.raises(DataError, match="there are no events up to the as-of day"):
        read_log(MODEL, tmp_path / "log.csv", as_of="2026-01-04")


def test_a_date_that_is_far_off(tmp_path: Path) -> None:
    assert fault_of_log(tmp_path, HEADER + "a,brief,0202-01-05\na,launch,2026-01-05\n") == (
        "log.csv: from 0202-01-05 to 2026-01-06 there are 95,173 periods of 1w, more than 50,000: "
        "a date is probably wrong, or the period too short"
    )


# ------------------------------------------------------------------------------------------------ tables of periods


def test_a_series_without_its_time_column(tmp_path: Path) -> None:
    assert fault_of_series(tmp_path, "wek,leads\n2026-01-05,3\n") == (
        'weekly.csv, column "time": there is no such column; the file has wek, leads.'
    )


def test_a_date_that_is_none(tmp_path: Path) -> None:
    assert fault_of_series(tmp_path, "week,leads\n2026-01-05,3\nw2,4\n") == (
        "weekly.csv, column \"week\", row 3: 'w2' is no date; it should look like 2026-03-02 or 2026-03"
    )


def test_a_date_twice(tmp_path: Path) -> None:
    assert fault_of_series(tmp_path, "week,leads\n2026-01-05,3\n2026-01-12,4\n2026-01-05,4\n") == (
        'weekly.csv, column "week", row 4: this date stands in row 2 already'
    )


def test_rows_that_are_not_evenly_spaced(tmp_path: Path) -> None:
    """Two rows in one week cannot both be its value; rows on odd days of different weeks can (see test_series)."""
    assert fault_of_series(tmp_path, "week,leads\n2026-01-05,3\n2026-01-12,4\n2026-01-15,4\n2026-01-22,4\n") == (
        'weekly.csv, column "week", row 4: the rows are not evenly spaced: most rows are 1w apart, this one is 3d '
        "after the one before; and two of them lie in the week of 2026-01-12. Leave one row a week"
    )


def test_a_cell_that_is_no_number(tmp_path: Path) -> None:
    assert fault_of_series(tmp_path, "week,leads\n2026-01-05,many\n") == (
        "weekly.csv, column \"leads\", row 2: 'many' is no number; write it with a decimal point and without blanks, "
        "as 1234.5, and leave the cell empty where nothing is known"
    )


def test_a_cell_in_another_unit(tmp_path: Path) -> None:
    assert fault_of_series(tmp_path, "week,spend\n2026-01-05,20 usd\n") == (
        'weekly.csv, column "spend", row 2: 20 usd is in another unit than spend, which is in eur'
    )


def test_two_columns_for_one_metric(tmp_path: Path) -> None:
    model = parse('metric leads "New leads" output unit leads')
    (tmp_path / "weekly.csv").write_text("week,leads,New leads\n2026-01-05,3,4\n")
    with pytest.raises(DataError) as caught:
        read_series(model, tmp_path / "weekly.csv")
    assert str(caught.value) == "weekly.csv, column \"New leads\": both this column and 'leads' are leads"


# ------------------------------------------------------------------------------------------------ where data may lie


def test_a_data_block_reaches_only_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEADER + "a,brief,2026-01-05\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.csv").symlink_to(tmp_path / "log.csv")
    for path in ("../log.csv", str(tmp_path / "log.csv"), "link.csv"):
        source = LogSource(path=path)
        model = MODEL.model_copy(update={"data": (source,)})
        with pytest.raises(DataError, match="reaches only files in the folder of its own file"):
            observe(model, folder=inner)


def test_nothing_to_observe() -> None:
    with pytest.raises(DataError, match="there is nothing to observe: name a log or a series in a data block"):
        observe(MODEL)


def test_an_as_of_that_is_no_date(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEADER + "a,brief,2026-01-05\n")
    with pytest.raises(DataError, match="'soon' is no date that observations could end at; write it as 2026-03-02"):
        read_log(MODEL, tmp_path / "log.csv", as_of="soon")
