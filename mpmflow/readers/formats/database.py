"""Databases by URL and query: `sqlite:///crm.db` and `duckdb:///warehouse.duckdb`, read and never written.

A query is one SELECT (or WITH … SELECT). Behind the URL may stand `?table=NAME` for a whole table, or `?query=…` for
the query itself. Three slashes lead to a file beside the model (or in the present folder), four to a path from the root
of the machine. DuckDB is opened without access to other files, the network or extensions, and does the counting itself.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from mpmflow.diagnostics.errors import DataError

from .files import kind_of, locate
from .sandbox import open_sqlite

PACKAGE = 1 << 16
MOST_ROWS = 50_000_000
"""A query with more rows than this is held in memory by nobody; DuckDB counts them itself."""
MOST_TEXT = 4 << 30
"""Characters of all rows of a query, as for rows."""

OTHERS = (
    "mpmflow reads sqlite:/// and duckdb:/// itself; from another database, bring the rows as a dataframe (in Python, "
    "polars.read_database_uri gives one) or as Parquet"
)

_SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "lock_configuration": "true",
    "memory_limit": "4GB",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A database and what is asked of it: `engine` is `sqlite` or `duckdb`."""

    engine: str
    path: Path
    query: str

    @property
    def label(self) -> str:
        return self.path.name


def is_url(log: object) -> bool:
    """Whether a log is named by the URL of a database.

    >>> is_url("sqlite:///crm.db"), is_url("events.csv.gz"), is_url("C:/events.csv")
    (True, False, False)
    """
    return isinstance(log, str) and re.match(r"[A-Za-z][\w+.-]+:/", log) is not None


def place_of(url: str, query: str | None, folder: Path | None) -> Place:
    """Take a URL apart. Raises DataError for a kind of database that is not read, a path outside, or no query.

    >>> place_of("sqlite:///crm.db?table=events", None, None).query
    'SELECT * FROM "events"'
    """
    scheme, _, rest = url.partition(":")
    shown = f"{scheme}:{re.sub('//[^/@]*@', '//…@', rest)}"[:200]
    if scheme not in ("sqlite", "duckdb"):
        raise DataError(f"there is no reader for {scheme!r}; {OTHERS}", file=shown)
    path, _, behind = rest.partition("?")
    if not path.startswith("///") or len(path) < 4:
        raise DataError(f"write the file behind three slashes, as in {scheme}:///crm.db", file=shown)
    given = dict(parse_qsl(behind, keep_blank_values=True))
    unknown = sorted(given.keys() - {"table", "query"})
    if unknown:
        raise DataError(f"behind the file only table and query may stand, not {unknown[0]!r}", file=shown)
    asked = [one for one in (query, given.get("query"), given.get("table")) if one]
    if len(asked) != 1:
        said = "which rows are meant?" if not asked else "it is asked twice, in the URL and beside it:"
        raise DataError(
            f'{said} give one query, as in log "{scheme}:///{path[3:]}" {{ query "select …" }}, --query, or '
            "?table=NAME behind the file",
            file=shown,
        )
    if given.get("table"):
        quoted = given["table"].replace('"', '""')
        return Place(scheme, locate(unquote(path[3:]), folder), f'SELECT * FROM "{quoted}"')
    return Place(scheme, locate(unquote(path[3:]), folder), asked[0])


def read_query(place: Place) -> Any:
    """The rows of a query: a polars DataFrame from SQLite, a relation that DuckDB computes itself. Raises DataError."""
    found = kind_of(place.path)
    if found != place.engine:
        what = f"a {found} file" if found in ("sqlite", "duckdb") else "no database"
        raise DataError(f"the URL says {place.engine}, and this is {what}", file=place.label)
    one_select(place.query, place.label)
    return _sqlite(place) if place.engine == "sqlite" else _duckdb(place)


_ASIDE = re.compile(r"'[^']*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
"""Texts, quoted names and comments; what is not closed goes on to the end, so that one look is enough."""


def one_select(query: str, file: str) -> None:
    """Raise the DataError of a query that is anything else than one SELECT."""
    bare = _ASIDE.sub(" ", query).strip()
    if ";" in bare.rstrip("; \n\t"):
        raise DataError("a query is one SELECT, and here are several statements", file=file)
    if not re.match(r"\(*\s*(?:select|with|from|values)\b", bare, re.IGNORECASE):
        word = (bare.split() or ["nothing"])[0][:40]
        raise DataError(
            f"a query is one SELECT, which reads and changes nothing; this one begins with {word!r}", file=file
        )


def _sqlite(place: Place) -> Any:
    import polars

    with closing(open_sqlite(place.path)) as database:
        try:
            cursor = database.execute(place.query)
        except (sqlite3.Error, sqlite3.Warning) as fault:
            raise _refused(place, str(fault)) from None
        names = [part[0] for part in cursor.description or ()]
        _distinct(names, place)
        schema = dict.fromkeys(names, polars.String)
        frames = [polars.DataFrame(schema=schema)]
        try:
            for rows in _packages(cursor, place):
                columns = list(zip(*rows, strict=True))
                texts = {name: [_text(cell) for cell in column] for name, column in zip(names, columns, strict=True)}
                frames.append(polars.DataFrame(texts, schema=schema))
        except sqlite3.Error as fault:
            raise _refused(place, str(fault)) from None
    return polars.concat(frames)


def _text(cell: Any) -> str | None:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return None if cell is None or cell == "" else str(cell)


def _packages(cursor: sqlite3.Cursor, place: Place) -> Iterator[list[Any]]:
    text = 0
    rows: list[Any] = []
    for count, row in enumerate(cursor, start=1):
        rows.append(row)
        text += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
        if count > MOST_ROWS or text > MOST_TEXT:
            most = f"{MOST_ROWS:,} rows" if count > MOST_ROWS else f"{MOST_TEXT:,} characters"
            raise DataError(f"the query has more than {most}; select fewer, or keep them in DuckDB", file=place.label)
        if len(rows) == PACKAGE:
            yield rows
            rows = []
    if rows:
        yield rows


def _distinct(names: list[str], place: Place) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError("two columns of the query have this name; give one another, with AS", file=place.label,
                        column=twice)  # fmt: skip


def _duckdb(place: Place) -> Any:
    import duckdb

    try:
        database = duckdb.connect(str(place.path), read_only=True, config=dict(_SETTINGS))
        statements = database.extract_statements(place.query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise DataError("a query is one SELECT, which reads and changes nothing", file=place.label)
        relation = database.query(place.query)
        _distinct(list(relation.columns), place)
        return relation
    except duckdb.Error as fault:
        raise _refused(place, str(fault)) from None


def _refused(place: Place, said: str) -> DataError:
    reason = said.strip().splitlines()[0] if said.strip() else "no reason given"
    if "not authorized" in reason or "prohibited" in reason:
        reason = "it asks for more than to read this database"
    elif reason == "interrupted":
        reason = "it takes too long, or has no end; ask for less, or bring the rows as Parquet"
    return DataError(f"the query cannot be answered: {reason}", file=place.label)
