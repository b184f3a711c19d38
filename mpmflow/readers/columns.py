"""Columns of a frame as what they mean: times as moments, numbers as numbers, with the row of each that is neither."""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import isfinite, nan
from typing import Any

import narwhals as nw

from mpmflow.diagnostics.errors import DataError

from .engines import collected
from .periods import moment, to_moment
from .stamps import Stamp
from .tables import ROW, Table

NO_ZONE = "Times in the log have no time zone: they are read as UTC."
TIME_LOOKS = "2026-03-02 or 2026-03-02T14:30:00+01:00"


def is_time(dtype: Any) -> bool:
    """Whether an engine knows the column's values as dates or times."""
    return dtype == nw.Date or isinstance(dtype, nw.Datetime)


def moments_of(
    frame: Any, column: str, source: Table, notes: list[str] | None = None, *, optional: bool = False
) -> Any:
    """The times of a column as moments (see `periods`), named `ms`: an expression or a series for `select`.

    Text is read in any frame that is in memory; a lazy engine must know the column as a time. A missing time is a
    fault of its row, of a lazy engine or where it is `optional` a null. What a reader should know of time zones is
    added to `notes`.
    """
    dtype = frame.collect_schema()[column]
    if is_time(dtype):
        if notes is not None and dtype != nw.Date and getattr(dtype, "time_zone", None) is None:
            notes.append(NO_ZONE)
        time = nw.col(column).cast(nw.Datetime("ms")) if dtype == nw.Date else nw.col(column)
        if isinstance(frame, nw.LazyFrame):
            epoch = datetime(1970, 1, 1, tzinfo=UTC if getattr(dtype, "time_zone", None) else None)
            return (time - nw.lit(epoch)).dt.total_milliseconds().alias("ms")
        missing = frame.filter(nw.col(column).is_null())
        if len(missing) and not optional:
            raise source.fault("the time is missing", column, missing[ROW][0])
        return time.dt.timestamp("ms").alias("ms")
    if dtype not in (nw.String, nw.Object):
        raise DataError(f"times are expected here, not values of the type {dtype}", file=source.label, column=column)
    if frame.implementation.is_polars() and dtype == nw.String:
        read, zones = _polars_moments(frame[column].to_native(), optional)
        if read is not None:
            if notes is not None:
                notes += zones
            return read
    if notes is not None and dtype == nw.String:
        notes += _zones(frame[column])
    return _moments_one_by_one(frame, column, source, optional)


MOMENTS = "mpmflow_ms"
"""A column that a frame of an engine is given where its moments need more than an expression."""


def with_moments_of_texts(frame: Any, column: str, notes: list[str]) -> Any:
    """An engine's frame with one more column, `MOMENTS`, of times that are texts; as it is where they are not all
    written as the first one is, or are days alone, whose events keep the order of the rows, which an engine does not
    know. What a reader should know of time zones is added to `notes`."""
    text = nw.col(column)
    first = collected(frame.filter(~text.is_null()).select(column).head(1))
    stamp = Stamp.of(first[column][0]) if len(first) else None
    if stamp is None or not stamp.between:
        return frame
    other = (~stamp.fits(text)).fill_null(True).cast(nw.Int64).sum().alias("other")
    if collected(frame.select(other))["other"][0]:
        return frame
    if stamp.without_zone:
        notes.append(NO_ZONE)
    return frame.with_columns(stamp.moment(text).alias(MOMENTS))


def with_moments_of_spark(frame: Any, column: str) -> Any:
    """A Spark frame with one more column, `MOMENTS`, of a column of times."""
    dtype, quoted = frame.collect_schema()[column], "`" + column.replace("`", "``") + "`"
    if dtype == nw.Date:
        ms = f"cast(unix_date({quoted}) as bigint) * 86400000"
    elif getattr(dtype, "time_zone", None):
        ms = f"unix_millis({quoted})"
    else:
        ms = f"timestampdiff(MILLISECOND, timestamp_ntz'1970-01-01 00:00:00', {quoted})"
    return nw.from_native(frame.to_native().selectExpr("*", f"{ms} AS {MOMENTS}"))


def _moments_one_by_one(frame: Any, column: str, source: Table, optional: bool) -> Any:
    """Texts (or the objects of a frame) read slowly, each once."""
    seen: dict[Any, int | None] = {}
    moments: list[int | None] = []
    for index, cell in enumerate(frame[column].to_list()):
        empty = cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())
        if empty and optional:
            moments.append(None)
            continue
        if cell not in seen:
            seen[cell] = _cell_moment(cell)
        if seen[cell] is None:
            said = "the time is missing" if empty else f"{str(cell)!r} is no time"
            raise source.fault(f"{said}; it should look like {TIME_LOOKS}", column, frame[ROW][index])
        moments.append(seen[cell])
    return nw.new_series("ms", moments, nw.Int64, backend=nw.get_native_namespace(frame))


def _cell_moment(cell: Any) -> int | None:
    if isinstance(cell, str):
        return moment(cell)
    return to_moment(cell) if isinstance(cell, date) else None


def _zones(texts: Any) -> list[str]:
    """That times have no zone, or some of them; a day alone has none and needs none."""
    clock = texts.str.contains(r"\d[T ]\d")
    zoned = int((clock & texts.str.contains(r"(?:[Zz]|[+-]\d\d(?::?\d\d)?)\s*$")).sum() or 0)
    naive = int(clock.sum() or 0) - zoned
    if not naive:
        return []
    return [f"{naive} of {naive + zoned} times have no time zone: they are read as UTC."] if zoned else [NO_ZONE]


FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("%+", ()),
    ("%Y-%m-%dT%H:%M:%S%.f", (NO_ZONE,)),
    ("%Y-%m-%d %H:%M:%S%.f", (NO_ZONE,)),
    ("%Y-%m-%d", ()),
)
"""How times are mostly written, and what is to be said of such a column."""


def _polars_moments(texts: Any, optional: bool) -> tuple[Any | None, tuple[str, ...]]:
    """Texts of one common form, which the first one tells, read by polars itself, which is quick; with what is to be
    said of their zones. None when one of them is of another form."""
    import polars

    def parsed(cells: Any, form: str) -> Any:
        if form == "%Y-%m-%d":
            return cells.str.to_date(form, strict=False).cast(polars.Datetime("ms", "UTC"))
        return cells.str.to_datetime(form, time_unit="ms", time_zone="UTC", strict=False)

    first = texts.drop_nulls().head(1)
    for form, said in FORMS:
        if len(first) and parsed(first, form).null_count() == 0:
            read = parsed(texts, form)
            if read.null_count() > (texts.null_count() if optional else 0):
                break
            return nw.from_native(read.dt.timestamp("ms").alias("ms"), series_only=True), said
    return None, ()


def numbers_of(frame: Any, column: str, source: Table) -> Any:
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
            raise source.fault(message, column, frame[ROW][index])
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
