"""Columns of a frame as what they mean: times as moments, numbers as numbers, with the row of each that is neither."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite, nan
from typing import Any

import narwhals as nw

from mpmflow.diagnostics.errors import DataError

from . import tables
from .periods import moment

TIME_LOOKS = "2026-03-02 or 2026-03-02T14:30:00+01:00"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a frame comes from, to name the place of a fault: what to call it, and the CSV file if it was one."""

    label: str
    csv: tables.CsvFile | None = None

    def fault(self, message: str, column: str, record: int) -> DataError:
        """The fault of a cell; `record` numbers the rows from 0 as the frame does."""
        row = self.csv.row_of(record) if self.csv else record + 1
        return DataError(message, file=self.label, column=column, row=row)


def is_time(dtype: Any) -> bool:
    """Whether an engine knows the column's values as dates or times."""
    return dtype == nw.Date or isinstance(dtype, nw.Datetime)


def moments_of(frame: Any, column: str, source: Source) -> Any:
    """The times of a column as moments (see `periods`), named `ms`: an expression or a series for `select`.

    Text is read in any frame that is in memory; a lazy engine must know the column as a time. A missing time is a
    fault of its row, of a lazy engine a null.
    """
    dtype = frame.collect_schema()[column]
    if is_time(dtype):
        time = nw.col(column).cast(nw.Datetime("ms")) if dtype == nw.Date else nw.col(column)
        if isinstance(frame, nw.LazyFrame):
            epoch = datetime(1970, 1, 1, tzinfo=UTC if getattr(dtype, "time_zone", None) else None)
            return (time - nw.lit(epoch)).dt.total_milliseconds().alias("ms")
        missing = frame.filter(nw.col(column).is_null())
        if len(missing):
            raise source.fault("the time is missing", column, missing[tables.ROW][0])
        return time.dt.timestamp("ms").alias("ms")
    if dtype != nw.String:
        raise DataError(f"times are expected here, not values of the type {dtype}", file=source.label, column=column)
    read = _polars_moments(frame, column) if frame.implementation.is_polars() else None
    if read is None:
        seen: dict[str | None, int | None] = {}
        moments = []
        for text in frame[column].to_list():
            if text not in seen:
                seen[text] = moment(text) if isinstance(text, str) else None
            moments.append(seen[text])
        if None in moments:
            index = moments.index(None)
            text = frame[column][index]
            said = f"{text!r} is no time" if isinstance(text, str) and text.strip() else "the time is missing"
            raise source.fault(f"{said}; it should look like {TIME_LOOKS}", column, frame[tables.ROW][index])
        read = nw.new_series("ms", moments, nw.Int64, backend=nw.get_native_namespace(frame))
    return read


def _polars_moments(frame: Any, column: str) -> Any | None:
    """Texts read by polars itself, which is quick; None when one of them is of a rarer form, or none at all."""
    import polars

    texts = frame[column].to_native()
    read = texts.str.to_datetime("%+", time_unit="ms", time_zone="UTC", strict=False)
    if read.null_count() == len(read):
        spaced = texts.str.replace("T", " ", literal=True)
        read = spaced.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ms", time_zone="UTC", strict=False)
    if read.null_count() == len(read):
        read = texts.str.to_date("%Y-%m-%d", strict=False).cast(polars.Datetime("ms", "UTC"))
    if read.null_count():
        return None
    return nw.from_native(read.dt.timestamp("ms").alias("ms"), series_only=True)


def numbers_of(frame: Any, column: str, source: Source) -> Any:
    """The numbers of a column, with missing ones null: an expression or a series for `select`."""
    dtype = frame.collect_schema()[column]
    if dtype.is_numeric():
        return nw.col(column).cast(nw.Float64)
    if dtype != nw.String:
        raise DataError(f"numbers are expected here, not values of the type {dtype}", file=source.label, column=column)
    quick = _polars_numbers(frame, column) if frame.implementation.is_polars() else None
    if quick is not None:
        return quick
    numbers: list[float | None] = []
    for index, text in enumerate(frame[column].to_list()):
        if not isinstance(text, str) or not text.strip():
            numbers.append(None)
            continue
        try:
            number = float(text)
        except ValueError:
            number = nan
        if not isfinite(number):
            message = f"{text!r} is no number; write it with a decimal point and without blanks, as 1234.5"
            raise source.fault(message, column, frame[tables.ROW][index])
        numbers.append(number)
    return nw.new_series(column, numbers, nw.Float64, backend=nw.get_native_namespace(frame))


def _polars_numbers(frame: Any, column: str) -> Any | None:
    """Texts read by polars itself; None when one of them is no finite number to it."""
    import polars

    texts = frame[column].to_native()
    read = texts.cast(polars.Float64, strict=False)
    if read.null_count() != texts.null_count() or not read.drop_nulls().is_finite().all():
        return None
    return nw.from_native(read, series_only=True)
