"""Whatever people bring, as one table: a file of any kind, a database with a query, a frame of any library.

Every table can say what its columns are called, give the first rows to look at, and name the row of a fault. Rows of a
CSV file are counted as an editor shows them, the header being row 1; of everything else from 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import Role

from .engines import collected
from .formats.database import Place, is_url, place_of, read_query
from .formats.delimited import CsvFile, scan
from .formats.files import fingerprint, kind_of, locate, nearest, open_bytes

ROW = "row"
"""The column of a frame that numbers its rows from 0, in the order of the file."""

LARGEST = 200_000_000
"""An engine's table with more rows than this is not brought into memory."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a source beside its name.

    Attributes:
        query: the SELECT, where the source is a database.
        case: the type of object that is the case, where the log is object-centric; any other log has it as a column.
    """

    query: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """A log or a table of periods with what is asked of it; stands wherever one of them may.

    Args:
        source: a path, the URL of a database, or a dataframe; None for those of the model's `data` block.
        query: one SELECT, where the source is a database.
        case: which column is the case, or which type of object, where the log is object-centric (OCEL).

    >>> Data("sqlite:///crm.db", query="select * from tickets").query
    'select * from tickets'
    """

    source: Any = None
    query: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was opened.

    Attributes:
        label: what to call it.
        columns: their names, as they are there.
        file: its path, None for a frame.
        csv: the CSV file, if it is one; then `frame` is None until `select`.
        frame: the frame of whatever library it is.
        means: roles that the format itself gives to columns, such as `case` in XES.
        notes: what a reader should know of how it was read.
        query: what was asked of a database.
    """

    label: str
    columns: tuple[str, ...]
    file: Path | None = None
    csv: CsvFile | None = None
    frame: Any = None
    means: Mapping[Role, str] | None = None
    notes: tuple[str, ...] = ()
    query: str | None = None

    def select(self, columns: Sequence[str]) -> tuple[Table, Any]:
        """These columns, as a native frame; those of a CSV file are texts, and its letters are known only now."""
        if self.csv is None:
            return self, self.frame
        file, frame = scan(self.csv, columns)
        known = replace(self, csv=file, notes=file.notes) if file is not self.csv else self
        return known, frame

    def head(self, rows: int) -> dict[str, list[Any]]:
        """The cells of the first rows, by column."""
        import narwhals

        if self.csv:
            return dict(scan(self.csv, self.columns, rows)[1].to_dict(as_series=False))
        frame: Any = collected(narwhals.from_native(self.frame).head(rows))
        return {name: frame[name].to_list() for name in self.columns}

    def fault(self, message: str, column: str, record: int) -> DataError:
        """The fault of a cell; `record` numbers the rows from 0 as the frame does."""
        row = self.csv.row_of(record) if self.csv else record + 1
        return DataError(message, file=self.label, column=column, row=row)

    @property
    def origin(self) -> str:
        """What results keep to say what they were computed from."""
        if self.file is None:
            return self.label
        return fingerprint(self.file) + (f" query {self.query}" if self.query else "")


def need_columns(needed: Sequence[str], present: Sequence[str], file: str) -> None:
    """Raise the DataError of the first column that is needed and not there, or there twice."""
    for name in needed:
        if name not in present:
            meant = nearest(name, present)
            hint = f" Did you mean {meant!r}?" if meant else ""
            shown = ", ".join(present[:20]) + (f" and {len(present) - 20} more" if len(present) > 20 else "")
            raise DataError(f"there is no such column; the file has {shown}.{hint}", file=file, column=name)
        if present.count(name) > 1:
            raise DataError("two columns have this name; which one is meant?", file=file, column=name)


def open_table(source: Any, what: str, *, folder: Path | None = None, asked: Asked | None = None) -> Table:
    """Open whatever a source is.

    Args:
        source: a path, the URL of a database, or a frame.
        what: `log` or `series`, for messages.
        folder: where a path starts and must stay; None for a path of the caller's own.
        asked: a query, and the object type of an object-centric log.

    Raises DataError for what cannot be opened.
    """
    asked = asked or Asked()
    if is_url(source):
        return _of_database(place_of(str(source), asked.query, folder))
    if not isinstance(source, str | Path):
        if asked.query is not None:
            raise DataError("a query is for a database; a frame is queried by its own library", file=f"the {what}")
        return _of_frame(source, f"the {what}", what)
    path = locate(source, folder)
    kind = kind_of(path)
    if kind in ("sqlite", "duckdb"):
        if asked.query is not None:
            return _of_database(Place(kind, path, asked.query))
        if kind == "duckdb":
            raise DataError(
                f'a database needs a query: {what} "{source}" {{ query "select …" }}, or --query', file=path.name
            )
        return _of_ocel(path, kind, what, asked)
    if asked.query is not None:
        raise DataError("a query is for a database, and this file is none", file=path.name)
    if kind == "csv":
        file = CsvFile.open(path)
        return Table(path.name, file.header, path, file, notes=file.notes)
    if kind == "parquet":
        return _of_frame(scan_parquet(path), path.name, what, path)
    return _of_xes(path, what) if kind == "xes" else _of_ocel(path, kind, what, asked)


def scan_parquet(path: Path) -> Any:
    """A Parquet file as a lazy polars frame."""
    import polars

    try:
        with open_bytes(path) as file:
            file.seek(-4, 2)
            if file.read(4) != b"PAR1":
                raise DataError(
                    "the Parquet file is cut off: its last bytes are missing; copy it again", file=path.name
                )
        frame = polars.scan_parquet(path, glob=False)
        frame.collect_schema()
    except (polars.exceptions.PolarsError, OSError) as fault:
        raise DataError(f"this is not a Parquet file: {str(fault).splitlines()[0]}", file=path.name) from None
    return frame


def _of_frame(native: Any, label: str, what: str, path: Path | None = None) -> Table:
    import narwhals

    try:
        frame: Any = narwhals.from_native(native)
    except TypeError:
        kind = type(native).__name__
        raise DataError(
            f"a {what} is a path or a dataframe (polars, pandas, pyarrow, DuckDB, Spark), not {kind}"
        ) from None
    if isinstance(frame, narwhals.Series):
        raise DataError(f"a {what} is a whole dataframe, not one column of it")
    return Table(label, tuple(frame.collect_schema().names()), path, frame=native)


def _of_database(place: Place) -> Table:
    frame = read_query(place)
    table = _of_frame(frame, place.label, "log")
    return Table(place.label, table.columns, place.path, frame=frame, query=place.query)


def _of_xes(path: Path, what: str) -> Table:
    if what == "series":
        raise DataError("this is an event log, not a table of periods", file=path.name)
    from .formats.xes import read_xes

    log = read_xes(path)
    means = _standard(log.frame.columns)
    if "activity" not in means and log.classifiers:
        means["activity"] = next(iter(log.classifiers))
    return Table(path.name, tuple(log.frame.columns), path, frame=log.frame, means=means, notes=log.notes)


def _of_ocel(path: Path, kind: str, what: str, asked: Asked) -> Table:
    if what == "series":
        said = "a database needs a query" if kind == "sqlite" else "JSON is no table of periods: save it as CSV"
        raise DataError(said, file=path.name)
    from .formats.ocel import flatten, read_json, read_sqlite

    flat = flatten((read_sqlite if kind == "sqlite" else read_json)(path), asked.case)
    notes = flat.notes
    if flat.guessed:
        notes = (f"Cases of {path.name} are its objects of the type {flat.case!r}, the only one it has.", *notes)
    means = _standard(flat.frame.columns)
    return Table(path.name, tuple(flat.frame.columns), path, frame=flat.frame, means=means, notes=notes)


def _standard(columns: Sequence[str]) -> dict[Role, str]:
    """The roles that the standard of process mining gives to its own names."""
    standard: dict[Role, str] = {
        "case": "case:concept:name",
        "activity": "concept:name",
        "time": "time:timestamp",
        "resource": "org:resource",
    }
    return {role: name for role, name in standard.items() if name in columns}
