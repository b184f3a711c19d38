"""Event logs as they are opened: the columns that matter, in one shape for every engine, up to the as-of moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import narwhals as nw

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import Column, LogSource, Role

from .columns import MOMENTS, is_time, moments_of, numbers_of, with_moments_of_spark, with_moments_of_texts
from .engines import collected
from .periods import DAY
from .roles import MOST_ACTIVITIES, NEEDED, Roles, find_roles
from .tables import LARGEST, ROW, Asked, Data, Table, need_columns, open_table
from .typed import typed


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a log up to a moment, ready to be counted.

    Attributes:
        frame: columns case, activity, ms (moments), row, `w0`… (texts that claims look at), `n0`… (numbers), and
            lifecycle, turn (see `spread`) and resource where the log has them; a narwhals DataFrame, or a LazyFrame of
            polars or of an engine that computes itself. Cases are texts, or in a LazyFrame whole numbers where the log
            has such, or categories; only polars knows a `row`.
        label: what to call the log.
        file: its path, None for a frame.
        events: how many.
        first, last: the earliest and the latest moment.
        kinds: events per activity and values of `w0`…, sorted.
        lifecycle: whether rows say start and complete, or had a time for each.
        by_day: whether every time is the start of a day.
        origin: what results keep to say what they were computed from.
        notes: what a reader should know of how the log was read.
        columns: the file's column of each role.
    """

    frame: Any
    label: str
    file: Path | None
    events: int
    first: int
    last: int
    kinds: tuple[tuple[tuple[str, ...], int], ...]
    lifecycle: bool
    by_day: bool
    origin: str = ""
    notes: tuple[str, ...] = ()
    columns: Mapping[Role, str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """How many cases there are; counted when it is asked."""
        return int(rows_of(self.frame.select(nw.col("case").n_unique()))[0][0])

    @property
    def lazy(self) -> bool:
        return isinstance(self.frame, nw.LazyFrame)

    def before(self, until: int) -> Events:
        """The events before a moment, of a log that is open already. Raises DataError if there were none."""
        frame = self.frame.filter(nw.col("ms") < until)
        found = summary(frame, paired="turn" in frame.collect_schema().names())
        if not found.kinds:
            raise DataError("there are no events up to the as-of day", file=self.label)
        return replace(
            self, frame=frame, events=found.events, first=found.first, last=found.last, kinds=found.kinds,
            by_day=found.by_day,
        )  # fmt: skip


def rows_of(frame: Any) -> list[tuple[Any, ...]]:
    """The rows of a small frame."""
    if isinstance(frame, nw.LazyFrame):
        if frame.implementation.is_polars():
            return list(frame.to_native().collect(engine="streaming").iter_rows())
        frame = collected(frame)
    return list(frame.iter_rows())


def open_events(
    log: str | Path | Any,
    declared: LogSource,
    *,
    folder: Path | None = None,
    looks_at: Sequence[str] = (),
    numbers: Sequence[str] = (),
    until: int | None = None,
) -> Events:
    """Open a log and find its columns.

    Args:
        log: a path, the URL of a database, a dataframe of any library that narwhals takes, or a `Data` that says more.
        declared: the columns as the `data` block names them.
        folder: where the path starts and must stay; None for a path of the caller's own.
        looks_at, numbers: further columns as texts and as numbers, by own name or by the file's name.
        until: the moment from which on nothing is read.

    Raises DataError with file, column and row for whatever cannot be used.
    """
    given = log if isinstance(log, Data) else Data(log)
    if given.case is not None:
        declared = with_case(declared, given.case)
    case = next((column.source for column in declared.columns if column.role == "case"), None)
    asked = Asked(given.query if given.query is not None else declared.query, case)
    table = open_table(given.source, "log", folder=folder, asked=asked)
    roles = find_roles(table, declared)
    columns = _columns(declared, roles, looks_at, numbers)
    need_columns(list(columns.values()), table.columns, table.label)
    quick = typed(table.csv or table.frame, columns) if "start" not in columns else None
    if quick is not None:
        frame, notes = nw.from_native(quick[0]), [*table.notes, *roles.notes, *quick[1]]
    else:
        table, native = table.select(list(columns.values()))
        notes = [*table.notes, *roles.notes]
        frame = _shape(_settled(nw.from_native(native), columns, table, notes), columns, table, notes)
    if until is not None:
        frame = frame.filter(nw.col("ms") < until)
    return replace(_count(frame, columns, table, until, notes), columns=roles.columns)


def with_case(declared: LogSource, case: str) -> LogSource:
    """The declaration with another column, or type of object, as the case."""
    others = tuple(column for column in declared.columns if column.role != "case")
    return declared.model_copy(update={"columns": (Column(role="case", column=case), *others)})


def _columns(declared: LogSource, roles: Roles, looks_at: Sequence[str], numbers: Sequence[str]) -> dict[str, str]:
    """The file's column for each column of the shape."""
    columns: dict[str, str] = {role: roles.columns[role] for role in NEEDED}
    for role in ("start", "lifecycle", "resource"):
        if role in roles.columns:
            columns[role] = roles.columns[role]
    if "start" in columns:
        columns.pop("lifecycle", None)
    named = {column.name: column.source for column in declared.columns if column.name}
    columns |= {f"w{index}": named.get(name, name) for index, name in enumerate(looks_at)}
    return columns | {f"n{index}": named.get(name, name) for index, name in enumerate(numbers)}


def _settled(frame: Any, columns: dict[str, str], table: Table, notes: list[str]) -> Any:
    """Leave the work to a lazy engine where it can do all of it; else bring the columns into memory."""
    if table.csv:
        # A blank line is a row of missing cells here, and no event.
        frame = frame.with_row_index(ROW)
        blank = nw.all_horizontal(*(nw.col(columns[role]).is_null() for role in NEEDED), ignore_nulls=False)
        return frame.filter(~blank)
    if isinstance(frame, nw.LazyFrame):
        types = frame.collect_schema()
        elsewhere = not frame.implementation.is_polars()
        if elsewhere and "start" not in columns and types[columns["time"]] == nw.String:
            frame = with_moments_of_texts(frame, columns["time"], notes)
            types = frame.collect_schema()
        plain = "start" not in columns and (MOMENTS in types.names() or is_time(types[columns["time"]]))
        if plain and all(types[column].is_numeric() for name, column in columns.items() if name[0] == "n"):
            if elsewhere or ROW in types.names():
                return frame
            return nw.from_native(frame.select(*dict.fromkeys(columns.values())).to_native().with_row_index(ROW))
        if elsewhere:
            rows = int(rows_of(frame.select(nw.len()))[0][0])
            if rows > LARGEST:
                raise DataError(
                    f"this log has {rows:,} rows, more than {LARGEST:,} that are brought into memory; only a log whose "
                    "times are timestamps, or texts of one form such as 2026-03-02T14:30:00, and whose numbers are "
                    "numbers, without start times, is counted where it lies. Convert the columns, or select fewer rows",
                    file=table.label,
                )
        frame = collected(frame.select(*dict.fromkeys(columns.values())))
    return frame if ROW in frame.columns else frame.with_row_index(ROW)


def _shape(frame: Any, columns: dict[str, str], table: Table, notes: list[str]) -> Any:
    """The frame with the columns of `Events.frame`."""
    texts = [name for name in columns if name[0] in "cw" or name in ("activity", "lifecycle", "resource")]
    chosen = [nw.col(columns[name]).cast(nw.String).alias(name) for name in texts]
    chosen += [numbers_of(frame, column, table).alias(name) for name, column in columns.items() if name[0] == "n"]
    if isinstance(frame, nw.LazyFrame):
        types = frame.collect_schema()
        if types[columns["case"]].is_integer():
            chosen[texts.index("case")] = nw.col(columns["case"]).alias("case")
        row = nw.col(ROW).cast(nw.Int64) if ROW in types.names() else nw.lit(0).alias(ROW)
        if MOMENTS in types.names():
            return frame.select(*chosen, nw.col(MOMENTS).alias("ms"), row)
        ms = moments_of(frame, columns["time"], table, notes)
        if frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect():
            needed = frame.select(*dict.fromkeys(columns.values()))
            frame, ms = with_moments_of_spark(needed, columns["time"]), nw.col(MOMENTS).alias("ms")
        return frame.select(*chosen, ms, row)
    chosen.append(nw.col(ROW).cast(nw.Int64))
    if "start" in columns:
        return spread(frame, columns, chosen, table, notes)
    frame = frame.select(*chosen, moments_of(frame, columns["time"], table, notes))
    need_cells(frame, columns, table)
    return frame


def need_cells(frame: Any, columns: dict[str, str], table: Table) -> None:
    """Raise the DataError of the first event without a case or an activity."""
    for role in ("case", "activity"):
        missing = frame.filter(nw.col(role).is_null() | (nw.col(role) == ""))
        if len(missing):
            raise table.fault(f"the {role} of this event is missing", columns[role], missing[ROW][0])


def _count(frame: Any, columns: dict[str, str], table: Table, until: int | None, notes: list[str]) -> Events:
    looks = [name for name in columns if name[0] == "w"]
    frame = frame.with_columns(*(nw.col(name).fill_null("") for name in looks)) if looks else frame
    found = summary(frame, paired="start" in columns)
    counted = found.rows
    if isinstance(frame, nw.LazyFrame):
        _need_cells_of_engine(frame, counted, columns, table)
    different = len({row[0] for row in counted})
    if different > MOST_ACTIVITIES:
        raise DataError(
            f"there are {different:,} different activities, more than {MOST_ACTIVITIES:,}: is this column really what "
            "happened? A data block can name another",
            file=table.label,
            column=columns["activity"],
        )
    if not counted:
        raise DataError("there are no events" + (" up to the as-of day" if until is not None else ""), file=table.label)
    return Events(
        frame=frame,
        label=table.label,
        file=table.file,
        events=found.events,
        first=found.first,
        last=found.last,
        kinds=found.kinds,
        lifecycle="lifecycle" in columns or "start" in columns,
        by_day=found.by_day,
        origin=table.origin,
        notes=tuple(dict.fromkeys(notes)),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """A log in a few numbers: see `Events`. `rows` are those of the table that they come from."""

    rows: list[tuple[Any, ...]]
    events: int
    first: int
    last: int
    kinds: tuple[tuple[tuple[str, ...], int], ...]
    by_day: bool


def summary(frame: Any, *, paired: bool) -> Summary:
    """Count the events of a frame as `Events.frame` has it; `paired` where a row with two times became two rows."""
    types = frame.collect_schema()
    looks = [name for name in types.names() if name[0] == "w" and name[1:].isdigit()]
    named = nw.col("case")
    if types["case"] == nw.String:
        named = nw.when(named != "").then(named)
    rows = rows_of(
        frame.with_columns((nw.col("ms") % DAY).alias("clock"), (nw.col(ROW) // 2).alias("event"), named.alias("named"))
        .group_by("activity", *looks)
        .agg(
            # A row with two times became two rows and is one event.
            (nw.col("event").n_unique() if paired else nw.len()).alias("events"),
            nw.col("ms").min().alias("first"),
            nw.col("ms").max().alias("last"),
            nw.col("clock").max(),
            *(nw.col(name).count().alias(f"{name}s") for name in ("named", "ms")),
            nw.len().alias("rows"),
        )
    )
    width = 1 + len(looks)
    return Summary(
        rows,
        sum(int(row[width]) for row in rows),
        min((int(row[width + 1]) for row in rows if row[width + 1] is not None), default=0),
        max((int(row[width + 2]) for row in rows if row[width + 2] is not None), default=0),
        tuple(sorted((row[:width], int(row[width])) for row in rows if row[0] is not None)),
        all(row[width + 3] is None or int(row[width + 3]) == 0 for row in rows),
    )


def _need_cells_of_engine(frame: Any, counted: Any, columns: dict[str, str], table: Table) -> None:
    """Raise the DataError of an event without a case, activity or time in a log that was not looked at row by row."""
    missing = {
        ("case", "case"): sum(int(row[-1]) - int(row[-3]) for row in counted),
        ("activity", "activity"): sum(int(row[-1]) for row in counted if not row[0]),
        ("time", "ms"): sum(int(row[-1]) - int(row[-2]) for row in counted),
    }
    for (role, name), rows in missing.items():
        if rows:
            said = f"the {role} of {rows} events is missing"
            if not frame.implementation.is_polars():
                raise DataError(said, file=table.label, column=columns[role])
            empty = nw.col(name).is_null() | (nw.col(name).cast(nw.String) == "")
            first = rows_of(frame.filter(empty).select(nw.col(ROW).min()))[0][0]
            raise table.fault(f"{said}, here first", columns[role], int(first))


def spread(frame: Any, columns: dict[str, str], chosen: Sequence[Any], table: Table, notes: list[str]) -> Any:
    """Rows that hold a start and an end, as two rows each: the columns of `Events.frame`, with `lifecycle`, and `turn`,
    the number that both have in common.

    A row without an end is work that goes on; one without a start has only ended.
    """
    start, time = columns["start"], columns["time"]
    begin = moments_of(frame, start, table, notes, optional=True).alias("begin")
    frame = frame.select(*chosen, begin, moments_of(frame, time, table, notes, optional=True))
    missing = frame.filter(nw.col("begin").is_null() & nw.col("ms").is_null())
    if len(missing):
        raise table.fault("the time is missing", time, missing[ROW][0])
    need_cells(frame, columns, table)
    wrong = frame.filter((nw.col("ms") < nw.col("begin")).fill_null(False))
    if len(wrong):
        first = table.fault("", time, wrong[ROW].min()).row
        notes.append(f"{len(wrong)} rows end before they start, row {first} first: their start is not used.")
    early = (nw.col("ms") < nw.col("begin")).fill_null(False)
    begun = frame.filter(~early & ~nw.col("begin").is_null())
    begun = begun.with_columns(ms=nw.col("begin"), lifecycle=nw.lit("start"), row=nw.col(ROW) * 2, turn=nw.col(ROW))
    ended = frame.filter(~nw.col("ms").is_null())
    ended = ended.with_columns(lifecycle=nw.lit("complete"), row=nw.col(ROW) * 2 + 1, turn=nw.col(ROW))
    return nw.concat([begun.drop("begin"), ended.drop("begin")]).sort(ROW)
