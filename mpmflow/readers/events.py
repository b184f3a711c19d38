"""Event logs as they are opened: the columns that matter, in one shape for every engine, up to the as-of moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import LogSource, Role

from . import tables
from .columns import Source, is_time, moments_of, numbers_of
from .periods import DAY

USUAL_NAMES: dict[Role, tuple[str, ...]] = {
    "case": ("case", "case_id", "case:concept:name"),
    "activity": ("activity", "concept:name"),
    "time": ("time", "timestamp", "time:timestamp"),
}
"""What the columns of a log are called where nobody declares them; the last ones are those of process-mining tools."""


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a log up to a moment, ready to be counted.

    Attributes:
        frame: columns case, activity, ms (moments), row, `w0`… (texts that claims look at), `n0`… (numbers), and
            lifecycle where the log has one; a narwhals DataFrame, or a LazyFrame of an engine that computes itself.
        label: what to call the log.
        file: its path, None for a frame.
        events, cases: how many.
        first, last: the earliest and the latest moment.
        kinds: events per activity and values of `w0`…, sorted.
        lifecycle: whether rows say start and complete.
        by_day: whether every time is the start of a day.
    """

    frame: Any
    label: str
    file: Path | None
    events: int
    cases: int
    first: int
    last: int
    kinds: tuple[tuple[tuple[str, ...], int], ...]
    lifecycle: bool
    by_day: bool

    @property
    def lazy(self) -> bool:
        return isinstance(self.frame, nw.LazyFrame)


def rows_of(frame: Any) -> list[tuple[Any, ...]]:
    """The rows of a small frame."""
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    return list(frame.iter_rows())


def open_events(
    log: str | Path | Any,
    declared: LogSource,
    *,
    folder: Path | None = None,
    looks_at: Sequence[str] = (),
    numbers: Sequence[str] = (),
    branches: bool = False,
    until: int | None = None,
) -> Events:
    """Open a log and find its columns.

    Args:
        log: a path (CSV, gzip or not, or Parquet) or a dataframe of any library that narwhals takes.
        declared: the columns as the `data` block names them.
        folder: where the path starts and must stay; None for a path of the caller's own.
        looks_at, numbers: further columns as texts and as numbers, by own name or by the file's name.
        branches: the log will be split by parallel branches, which a lazy engine is not asked to do.
        until: the moment from which on nothing is read.

    Raises DataError with file, column and row for whatever cannot be used.
    """
    path = tables.locate(log, folder) if isinstance(log, str | Path) else None
    csv_file = tables.CsvFile.open(path) if path is not None and path.suffix != ".parquet" else None
    source = Source(path.name if path else "the log", csv_file)
    frame = None if csv_file else _frame(tables.scan_parquet(path) if path is not None else log)
    present = list(csv_file.header) if csv_file else list(frame.collect_schema().names())  # type: ignore[union-attr]
    columns = _columns(declared, present, looks_at, numbers)
    tables.need_columns(list(columns.values()), present, source.label)
    if csv_file:
        frame = _frame(tables.scan(csv_file, list(columns.values())))
        # A blank line is a row of missing cells here, and no event.
        blank = nw.all_horizontal(*(nw.col(columns[role]).is_null() for role in USUAL_NAMES), ignore_nulls=False)
        frame = frame.filter(~blank)
    else:
        frame = _settle(frame, columns, branches)
    frame = _shape(frame, columns, source)
    if until is not None:
        frame = frame.filter(nw.col("ms") < until)
    return _count(frame, columns, source, path, until)


def _frame(native: Any) -> Any:
    try:
        return nw.from_native(native)
    except TypeError:
        kind = type(native).__name__
        raise DataError(
            f"a log is a path or a dataframe (polars, pandas, pyarrow, DuckDB, Spark), not {kind}"
        ) from None


def _columns(
    declared: LogSource, present: Sequence[str], looks_at: Sequence[str], numbers: Sequence[str]
) -> dict[str, str]:
    """The file's column for each column of the shape."""
    roles = {column.role: column.source for column in declared.columns if column.role}
    columns: dict[str, str] = {}
    for role, usual in USUAL_NAMES.items():
        columns[role] = roles.get(role) or next((name for name in usual if name in present), role)
    if "lifecycle" in roles:
        columns["lifecycle"] = roles["lifecycle"]
    named = {column.name: column.source for column in declared.columns if column.name}
    columns |= {f"w{index}": named.get(name, name) for index, name in enumerate(looks_at)}
    return columns | {f"n{index}": named.get(name, name) for index, name in enumerate(numbers)}


def _settle(frame: Any, columns: dict[str, str], branches: bool) -> Any:
    """Leave the work to a lazy engine where it can do all of it; else bring the columns into memory."""
    if isinstance(frame, nw.LazyFrame):
        plain = not branches and not any(name == "lifecycle" or name[0] == "n" for name in columns)
        if plain and not frame.implementation.is_polars() and is_time(frame.collect_schema()[columns["time"]]):
            return frame
        frame = frame.select(*dict.fromkeys(columns.values())).collect()
    return frame if tables.ROW in frame.columns else frame.with_row_index(tables.ROW)


def _shape(frame: Any, columns: dict[str, str], source: Source) -> Any:
    """The frame with the columns of `Events.frame`."""
    chosen = [moments_of(frame, columns["time"], source)]
    chosen += [nw.col(column).cast(nw.String).alias(name) for name, column in columns.items() if name[0] not in "tn"]
    chosen += [numbers_of(frame, column, source).alias(name) for name, column in columns.items() if name[0] == "n"]
    if isinstance(frame, nw.LazyFrame):
        return frame.select(*chosen, nw.lit(0).alias(tables.ROW))
    frame = frame.select(*chosen, nw.col(tables.ROW).cast(nw.Int64))
    for role in ("case", "activity"):
        missing = frame.filter(nw.col(role).is_null() | (nw.col(role) == ""))
        if len(missing):
            raise source.fault(f"the {role} of this event is missing", columns[role], missing[tables.ROW][0])
    return frame


def _count(frame: Any, columns: dict[str, str], source: Source, path: Path | None, until: int | None) -> Events:
    looks = [name for name in columns if name[0] == "w"]
    frame = frame.with_columns(*(nw.col(name).fill_null("") for name in looks)) if looks else frame
    counted = rows_of(
        frame.with_columns((nw.col("ms") % DAY).alias("clock"))
        .group_by("activity", *looks)
        .agg(
            nw.len().alias("events"),
            nw.col("ms").min().alias("first"),
            nw.col("ms").max().alias("last"),
            nw.col("clock").max(),
        )
    )
    if not counted:
        raise DataError(
            "there are no events" + (" up to the as-of day" if until is not None else ""), file=source.label
        )
    width = 1 + len(looks)
    return Events(
        frame=frame,
        label=source.label,
        file=path,
        events=sum(int(row[width]) for row in counted),
        cases=int(rows_of(frame.select(nw.col("case").n_unique()))[0][0]),
        first=min(int(row[width + 1]) for row in counted),
        last=max(int(row[width + 2]) for row in counted),
        kinds=tuple(sorted((row[:width], int(row[width])) for row in counted)),
        lifecycle="lifecycle" in columns,
        by_day=all(int(row[width + 3]) == 0 for row in counted),
    )
