"""Tables of periods: what was measured per week or month, as values of metrics and indicators.

Wide tables have a column of dates and one column a metric or indicator; long ones three columns, for the date, the name
and the value. A date is the first day of its period, and its row is known from that day on. Small tables, so they are
read with the standard library and exact numbers; any dataframe is taken as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.model import Model
from mpmflow.model.observations import Coverage, Observations, SeriesSource

from . import tables
from .cells import Reading, readings
from .claims import plain
from .engines import collected
from .libraries import needed
from .periods import Calendar, Grid, around, day_end, end_of, moment, spacing, to_moment, to_time

NAME_COLUMNS = ("metric", "indicator", "name", "series")
VALUE_COLUMN = "value"
_QUARTER = re.compile(r"\d{4}[- ]?Q[1-4]\Z")


def read_series(
    model: Model,
    table: str | Path | Any,
    columns: SeriesSource | None = None,
    *,
    folder: Path | None = None,
    as_of: date | datetime | str | None = None,
) -> Observations:
    """Read a table of periods for a model.

    Args:
        table: a path (CSV or Parquet), the URL of a database, a dataframe of any library that narwhals takes, or a
            `tables.Data`.
        columns: the columns as the `data` block declares them; those of the model's first series when None.
        folder: where a path starts and must stay; None for a path of the caller's own.
        as_of: the day (its end) or moment up to which is read; None for the last row's day.

    Returns observations with nothing but `series`: base units, None where a cell is empty or a row missing. A bare
    number is in the metric's unit, of a share a fraction, of arrivals a count in the period; `20%` or `2h` brings its
    own. Columns that are no metric and no indicator are named in `coverage.notes`.

    Raises DataError, with file, column and row, for what cannot be read.
    """
    opened = open_series(model, table, columns, folder=folder, as_of=as_of)
    until = end_of(as_of) if as_of is not None else day_end(opened.last)
    return opened.observe(Calendar.over(opened.grid, opened.first, until, opened.label))


@dataclass(frozen=True, slots=True)
class OpenedSeries:
    """A table that was read and whose spacing is known, before it is laid on a calendar.

    `values` holds base units by name and moment; `unclaimed` the columns (or names) that are no metric or indicator.
    """

    label: str
    origin: str
    grid: Grid
    first: int
    last: int
    values: dict[str, dict[int, float | None]]
    unclaimed: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def before(self, until: int) -> OpenedSeries:
        """The same table as it was known at a moment. Raises DataError if it had no rows yet."""
        if until > self.last:
            return self
        values = {
            name: {when: value for when, value in row.items() if when < until} for name, row in self.values.items()
        }
        known = sorted({when for row in values.values() for when in row})
        if not known:
            raise DataError("there are no rows up to the as-of day", file=self.label)
        return replace(self, last=known[-1], values=values)

    def observe(self, calendar: Calendar) -> Observations:
        """The observations on a calendar whose periods start where the rows do."""
        series: dict[str, tuple[float | None, ...]] = {}
        for name, values in sorted(self.values.items()):
            row: list[float | None] = [None] * len(calendar)
            for when, value in values.items():
                row[calendar.index(when)] = value
            series[name] = tuple(row)
        unclaimed = f"{self.label} has columns that are no metric and no indicator here: {', '.join(self.unclaimed)}."
        return Observations(
            starts=calendar.starts,
            ends=calendar.ends,
            as_of=to_time(calendar.until),
            period=calendar.grid.seconds,
            series=series,
            coverage=Coverage(notes=(*self.notes, *((unclaimed,) if self.unclaimed else ()))),
            sources=(self.origin,),
        )


def open_series(
    model: Model,
    table: str | Path | Any,
    columns: SeriesSource | None = None,
    *,
    folder: Path | None = None,
    as_of: date | datetime | str | None = None,
) -> OpenedSeries:
    """Open and read a table; arguments as of `read_series`."""
    declared = columns or next((part for part in model.data if isinstance(part, SeriesSource)), SeriesSource(path=""))
    source = _rows_of(table, declared, folder)
    return _Reader(model, declared, source, end_of(as_of) if as_of is not None else None).read()


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows with the number by which a reader finds them."""

    label: str
    origin: str
    header: Sequence[str]
    rows: Iterable[tuple[int, Sequence[Any]]]
    notes: tuple[str, ...] = ()


def _rows_of(table: Any, declared: SeriesSource, folder: Path | None) -> _Table:
    """The rows of any table; those of a CSV file without a dataframe library."""
    given = table if isinstance(table, tables.Data) else tables.Data(table)
    query = given.query if given.query is not None else declared.query
    with needed():
        opened = tables.open_table(given.source, "series", folder=folder, asked=tables.Asked(query))
    if opened.csv:
        file = opened.csv.settled()
        return _Table(opened.label, opened.origin, file.header, file.records(), file.notes)
    import narwhals

    frame: Any = collected(narwhals.from_native(opened.frame))
    rows = ((number, row) for number, row in enumerate(frame.iter_rows(), start=1))
    return _Table(opened.label, opened.origin, frame.columns, rows, opened.notes)


class _Reader:
    def __init__(self, model: Model, declared: SeriesSource, table: _Table, until: int | None) -> None:
        self.declared, self.table, self.until = declared, table, until
        self.notes: list[str] = []
        self.known = readings(model)
        self.by_label = {
            plain(part.label): part.name
            for part in (*model.indicators, *model.metrics)
            if part.label and part.name in self.known
        }

    def read(self) -> OpenedSeries:
        time = self._time_column()
        header = list(self.table.header)
        cells, unclaimed = self._long(time) if self._is_long(header) else self._wide(time)
        rows: dict[int, int] = {}
        found: dict[str, dict[int, tuple[int, str, Any]]] = {}
        for row, when, name, column, cell in cells:
            rows.setdefault(when, row)
            if name is None:
                continue
            values = found.setdefault(name, {})
            if when in values:
                raise DataError(f"this date has a value in row {values[when][0]} already", file=self.table.label,
                                column=column, row=row)  # fmt: skip
            values[when] = (row, column, cell)
        if not rows:
            raise DataError(
                "there are no rows" + (" up to the as-of day" if self.until is not None else ""), file=self.table.label
            )
        grid = self._grid(rows, time)
        values_of = {
            name: {when: self._value(self.known[name], *value, grid) for when, value in sorted(values.items())}
            for name, values in found.items()
        }
        first, last = min(rows), max(rows)
        notes = (*self.table.notes, *self.notes)
        return OpenedSeries(
            self.table.label, self.table.origin, grid, self._start(grid, first), last, values_of, unclaimed, notes
        )

    def _time_column(self) -> str:
        column = next((column.source for column in self.declared.columns if column.role == "time"), None)
        if column is None:
            usual = ("time", "date", "week", "month", "period", "day")
            column = next((name for name in usual if name in self.table.header), "time")
        tables.need_columns([column], list(self.table.header), self.table.label)
        return column

    def _is_long(self, header: list[str]) -> bool:
        names = [name for name in NAME_COLUMNS if name in header and self._claimed(name) is None]
        return bool(names) and VALUE_COLUMN in header and self._claimed(VALUE_COLUMN) is None

    def _claimed(self, column: str) -> str | None:
        """The metric or indicator that a column of the file is."""
        for own in self.declared.columns:
            if own.name and own.source == column and own.name in self.known:
                return own.name
        return column if column in self.known else self.by_label.get(plain(column))

    def _moments(self, position: int, time: str) -> Iterator[tuple[int, int, Sequence[Any]]]:
        """Every row with its number and moment, those after the as-of moment left out."""
        for row, cells in self.table.rows:
            if not cells:
                continue
            when = _moment(cells[position])
            if when is None:
                said = f"{cells[position]!r} is no date" if cells[position] else "the date is missing"
                raise DataError(
                    f"{said}; it should look like 2026-03-02 or 2026-03", file=self.table.label, column=time, row=row
                )
            if self.until is None or when < self.until:
                yield row, when, cells

    def _wide(self, time: str) -> tuple[Iterator[tuple[int, int, str | None, str, Any]], tuple[str, ...]]:
        header = list(self.table.header)
        tables.need_columns(
            [column.source for column in self.declared.columns if column.name], header, self.table.label
        )
        claimed = [(index, column, self._claimed(column)) for index, column in enumerate(header) if column != time]
        holders: dict[str, str] = {}
        for _, column, name in claimed:
            if name and name in holders:
                raise DataError(f"both this column and {holders[name]!r} are {name}", file=self.table.label,
                                column=column)  # fmt: skip
            if name:
                holders[name] = column

        def cells() -> Iterator[tuple[int, int, str | None, str, Any]]:
            for row, when, values in self._moments(header.index(time), time):
                yield row, when, None, "", None
                for index, column, name in claimed:
                    if name:
                        yield row, when, name, column, values[index]

        return self._unique(cells(), time), tuple(sorted(column for _, column, name in claimed if not name and column))

    def _unique(
        self, cells: Iterator[tuple[int, int, str | None, str, Any]], time: str
    ) -> Iterator[tuple[int, int, str | None, str, Any]]:
        """The cells of a wide table, whose dates must differ."""
        seen: dict[int, int] = {}
        for row, when, name, column, cell in cells:
            if name is None:
                if when in seen:
                    raise DataError(f"this date stands in row {seen[when]} already", file=self.table.label,
                                    column=time, row=row)  # fmt: skip
                seen[when] = row
            yield row, when, name, column, cell

    def _long(self, time: str) -> tuple[Iterator[tuple[int, int, str | None, str, Any]], tuple[str, ...]]:
        header = list(self.table.header)
        names = next(name for name in NAME_COLUMNS if name in header and self._claimed(name) is None)
        at, value = header.index(names), header.index(VALUE_COLUMN)
        rows = list(self._moments(header.index(time), time))
        unclaimed = {str(cells[at]) for _, _, cells in rows if self._claimed(str(cells[at])) is None}
        found = ((row, when, self._claimed(str(cells[at])), VALUE_COLUMN, cells[value]) for row, when, cells in rows)
        return found, tuple(sorted(unclaimed))

    def _grid(self, rows: dict[int, int], time: str) -> Grid:
        moments = sorted(rows)
        grid = spacing(moments)
        if isinstance(grid, Grid):
            return grid
        index, reason = grid
        grid = around(moments)
        numbers = [grid.number(when) for when in moments]
        twice = next((at for at, (one, two) in enumerate(pairwise(numbers), start=1) if one == two), None)
        if twice is not None:
            raise DataError(
                f"the rows are not evenly spaced: {reason}; and two of them lie in the {grid.word} of "
                f"{to_time(grid.start(numbers[twice])):%Y-%m-%d}. Leave one row a {grid.word}",
                file=self.table.label,
                column=time,
                row=rows[moments[twice]],
            )
        self.notes.append(
            f"The rows of {self.table.label} are not evenly spaced (row {rows[moments[index]]}: {reason}): each value "
            f"stands for the {grid.word} in which its date lies."
        )
        return grid

    def _start(self, grid: Grid, first: int) -> int:
        """The start of the first period; a date inside of it where rows are spaced unevenly."""
        return grid.start(grid.number(first)) if self.notes else first

    def _value(self, reading: Reading, row: int, column: str, cell: Any, grid: Grid) -> float | None:
        try:
            return reading.value(cell, grid.seconds)
        except ValueError as fault:
            raise DataError(str(fault), file=self.table.label, column=column, row=row) from None


def _moment(cell: Any) -> int | None:
    """The moment of a date, time or text; a month or quarter alone means its first day."""
    if isinstance(cell, date | datetime):
        return to_moment(cell) if cell == cell else None
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    if _QUARTER.match(text):
        return moment(f"{text[:4]}-{3 * int(text[-1]) - 2:02}-01")
    return moment(f"{text}-01" if len(text) == 7 and text[4:5] == "-" and text[5:].isdigit() else text)
