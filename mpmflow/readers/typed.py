"""A log whose times are texts, as in CSV, read in one sweep of polars: each column as what it means, no cell as text.

Identifiers become whole numbers where every one of them is written as its number is (`007` is not), else small codes
with one text each; activities and other words become codes too, times milliseconds. That takes a third of the memory
of texts and a quarter of the time. It is tried first and gives way: where one cell does not fit, the log is read
cell by cell (see `columns`), which reads more ways of writing and names the row of a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from .columns import FORMS, NO_ZONE
from .formats.delimited import CsvFile
from .roles import NEEDED
from .stamps import Stamp
from .tables import ROW

LOOKED_AT = 1_000
"""Rows by which it is guessed how cases and times are written."""

ZONES = {
    f"{sign}{minutes // 60:02}:{minutes % 60:02}": (1 if sign == "+" else -1) * 60_000 * minutes
    for sign in "+-"
    for minutes in range(0, 15 * 60, 15)
}
"""Milliseconds of each distance from UTC that is in use anywhere: quarters of an hour."""

Way = tuple[pl.Expr, tuple[str, ...]]
"""How a text becomes a moment, null where it does not fit, and what is to be said of its zone."""


def typed(source: Any, columns: Mapping[str, str]) -> tuple[pl.LazyFrame, tuple[str, ...]] | None:
    """The columns of `Events.frame` from a CSV file or a polars LazyFrame whose times are texts; and notes of zones.

    Args:
        columns: the source's column of each column of the shape.

    Returns a lazy frame over what is in memory, whose cases are whole numbers or Categorical and whose words are texts;
    None for any other source, and where anything in it asks for a closer look.
    """
    try:
        if isinstance(source, CsvFile):
            with source.as_utf8() as plain:
                cells = pl.scan_csv(plain, separator=source.delimiter, infer_schema=False, glob=False)
                cells = cells.select(pl.col(column).alias(name) for name, column in columns.items())
                # A blank line is a row of missing cells and no event; few files have one.
                blank = pl.all_horizontal(pl.col(role).is_null() for role in NEEDED)
                read = _read(cells) or _read(cells.filter(~blank))
        else:
            read = _read(_texts(source, columns)) if _of_texts(source, columns) else None
    except (pl.exceptions.PolarsError, OSError):
        return None
    if read is None:
        return None
    frame, said = read
    words = [name for name in frame.columns if name != "case" and isinstance(frame.schema[name], pl.Categorical)]
    return frame.lazy().with_columns(pl.col(words).cast(pl.String)).with_row_index(ROW), said


def _of_texts(source: Any, columns: Mapping[str, str]) -> bool:
    """Whether this is a lazy frame with times as texts, numbers as numbers or texts, and no numbers of rows."""
    if not isinstance(source, pl.LazyFrame):
        return False
    types = source.collect_schema()
    numbers = [types[column] for name, column in columns.items() if name[0] == "n"]
    texts = types[columns["time"]] == pl.String and ROW not in types
    return texts and all(kind == pl.String or kind.is_numeric() for kind in numbers)


def _texts(source: pl.LazyFrame, columns: Mapping[str, str]) -> pl.LazyFrame:
    """The columns of the shape as a CSV file would have them: all but whole numbers of cases are texts."""
    types = source.collect_schema()
    plain = [
        name for name, column in columns.items() if name[0] == "n" or (name == "case" and types[column].is_integer())
    ]
    return source.select(
        pl.col(column).alias(name) if name in plain else pl.col(column).cast(pl.String).alias(name)
        for name, column in columns.items()
    )


def _read(cells: pl.LazyFrame) -> tuple[pl.DataFrame, tuple[str, ...]] | None:
    first = cells.head(LOOKED_AT).collect()
    times = first["time"].drop_nulls()
    if not len(times):
        return None
    ways = _ways(times[0])
    numbered = bool(first.select(_is_number(pl.col("case").cast(pl.String)).all()).item())
    while ways:
        (moment, said), *later = ways
        chosen = (*_columns(first.columns, numbered), moment.alias("ms"), _odd(first.schema))
        frame = cells.select(*chosen).collect(engine="streaming")
        if frame["odd"].any() or frame["activity"].null_count():
            return None
        if not frame["case"].null_count():
            if not frame["ms"].null_count():
                return frame.drop("odd"), said
            ways = later
        elif numbered and first.schema["case"] == pl.String:
            numbered = False
        else:
            return None
    return None


def _columns(names: list[str], numbered: bool) -> list[pl.Expr]:
    """Every column but the time; a case or a number that cannot be one is null."""
    found = []
    for name in names:
        column = pl.col(name)
        if name == "case" and numbered:
            number = column.cast(pl.Int64, strict=False)
            found.append(pl.when(_is_number(column.cast(pl.String))).then(number).alias(name))
        elif name[0] == "n":
            found.append(column.cast(pl.Float64, strict=False))
        elif name != "time":
            found.append(column.cast(pl.Categorical(pl.Categories.random())))
    return found


def _is_number(text: pl.Expr) -> pl.Expr:
    """Whether a text is written as the whole number that it is, so that nothing is lost with it."""
    return text.cast(pl.Int64, strict=False).cast(pl.String) == text


def _odd(types: pl.Schema) -> pl.Expr:
    """Whether a row has an empty text where there must be one, or a number that is none."""
    wrong = [pl.col(name) == "" for name in ("case", "activity") if types[name] == pl.String]
    for name in types:
        if name[0] == "n":
            number = pl.col(name).cast(pl.Float64, strict=False)
            empty = pl.col(name) == "" if types[name] == pl.String else pl.lit(False)
            wrong.append(pl.col(name).is_not_null() & ~empty & ~number.is_finite().fill_null(False))
    return pl.any_horizontal(wrong).alias("odd")


def _ways(text: str) -> list[Way]:
    """The ways of reading times that read this one, the quickest first."""
    time = pl.col("time")
    found: list[Way] = []
    stamp = Stamp.of(text)
    if stamp is not None and stamp.between:
        found.append((_in_places(time, stamp), (NO_ZONE,) if stamp.without_zone else ()))
    for form, said in FORMS:
        if form == "%Y-%m-%d":
            read = time.str.to_date(form, strict=False).cast(pl.Datetime("ms", "UTC"))
        else:
            read = time.str.to_datetime(form, time_unit="ms", time_zone="UTC", strict=False)
        if pl.DataFrame({"time": [text]}).select(read).item() is not None:
            found.append((read.dt.timestamp("ms"), said))
            break
    return found


def _in_places(time: pl.Expr, stamp: Stamp) -> pl.Expr:
    """Times of one form, part by part: a third of the work of reading them as a whole."""
    form = f"%Y-%m-%d{stamp.between}%H:%M" + (":%S" if stamp.seconds else "")
    # Few times come twice, so that polars had better not remember them.
    whole = time.str.head(stamp.size).str.to_datetime(form, time_unit="ms", time_zone="UTC", strict=False, cache=False)
    moment, fits = whole.dt.timestamp("ms"), time.str.len_bytes() == stamp.length
    if stamp.digits:
        part = time.str.slice(stamp.size + 1, stamp.digits)
        fits &= (time.str.slice(stamp.size, 1) == ".") & ~part.str.starts_with("+")
        number, more = part.cast(pl.UInt32, strict=False).cast(pl.Int64), stamp.digits - 3
        moment += number // 10**more if more > 0 else number * 10**-more
    if stamp.zone == "Z":
        fits &= time.str.ends_with("Z")
    elif stamp.zone:
        moment -= time.str.tail(6).replace_strict(ZONES, default=None, return_dtype=pl.Int64)
    return pl.when(fits).then(moment)
