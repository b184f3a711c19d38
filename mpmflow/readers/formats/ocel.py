"""Object-centric event logs (OCEL 2.0, JSON and SQLite), laid flat along one type of object.

In such a log an event belongs to several objects: one order, three items, a customer. To follow cases, one type of
object must be chosen as the case. An event stands once for each object of that type that it is related to; events
related to none are passed over. How many of each there are is said in `notes`.

Columns of the flat table, all texts: `case:concept:name` (the object), `concept:name` (the type of the event),
`time:timestamp`, `ocel:eid`, the attributes of the event under their names, those of the object with the prefix
`case:` as they were when the event happened, and for each other type of object `object:TYPE` with its objects, with
commas between.

Source: A. Berti and others, OCEL (Object-Centric Event Log) 2.0 Specification, 2023, ocel-standard.org.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import DataError

from ..periods import moment
from .files import nearest, open_bytes
from .growth import Growth
from .sandbox import open_sqlite

LARGEST_JSON = 512 << 20
"""JSON is read whole; a larger log has an SQLite form, which is not."""

MOST_ROWS = 20_000_000
MOST_IN_DATABASE = 20
"""Bytes in memory for each byte of an SQLite file: its rows are on the disk, unless columns make up their values."""
ROW = 100
"""Bytes that a row takes in memory beside its texts, about."""
ALWAYS_READ = 64 << 20
"""So many bytes in memory are fine for any file."""

Change = tuple[int, int, str, str]
"""A value of an object: since when, the place in the file, the attribute, the value."""


@dataclass(slots=True)
class Ocel:
    """An object-centric log, as either format gives it.

    Attributes:
        name: what to call the file.
        size: its length in bytes, unpacked.
        types: objects per type.
        type_of: object -> its type.
        changes: object -> its values, in the order of time.
        events: id, type, time, attributes and the ids of related objects, in the order of the file.
    """

    name: str
    size: int
    types: dict[str, int] = field(default_factory=dict)
    type_of: dict[str, str] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    events: list[tuple[str, str, str, dict[str, str], list[str]]] = field(default_factory=list)

    def add_object(self, name: str, kind: str) -> None:
        if name in self.type_of:
            raise DataError(f"the object {name!r} is there twice", file=self.name)
        self.type_of[name] = kind
        self.types[kind] = self.types.get(kind, 0) + 1

    def add_change(self, name: str, time: Any, attribute: str, value: Any) -> None:
        text = text_of(value)
        if text is not None:
            when = moment(str(time)) if time else None
            changes = self.changes.setdefault(name, [])
            changes.append((when or 0, len(changes), attribute, text))


@dataclass(frozen=True, slots=True)
class FlatLog:
    """A flat log: a polars DataFrame of texts, the type of object that became the case, and what to know of it."""

    frame: Any
    case: str
    guessed: bool
    notes: tuple[str, ...]


def text_of(value: Any) -> str | None:
    """A value as a text; None for what is missing.

    >>> text_of(True), text_of(2.5), text_of("")
    ('true', '2.5', None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def flatten(log: Ocel, case: str | None) -> FlatLog:
    """Lay a log flat along a type of object; the only one there is if None is named. Raises DataError."""
    import polars

    chosen = choose(log, case)
    rows: list[dict[str, str | None]] = []
    several = none = 0
    histories = {name: _history(changes) for name, changes in log.changes.items()}
    table = Growth(log.name)
    for number, (event, kind, time, values, related) in enumerate(log.events, start=1):
        others: dict[str, list[str]] = {}
        cases: list[str] = []
        for name in dict.fromkeys(related):
            found = log.type_of.get(name)
            if found is None:
                raise DataError(f"the event {event!r} is related to {name!r}, which is no object of the log",
                                file=log.name, row=number)  # fmt: skip
            if found == chosen:
                cases.append(name)
            else:
                others.setdefault(f"object:{found}", []).append(name)
        several += len(cases) > 1
        none += not cases
        beside = {column: ", ".join(names) for column, names in others.items()}
        for name in cases:
            own = {"case:concept:name": name, "concept:name": kind, "time:timestamp": time, "ocel:eid": event}
            rows.append({**_at(histories.get(name, {}), time), **beside, **values, **own})
            table.add(rows[-1], log.size)
            if len(rows) > MOST_ROWS:
                raise DataError(f"flat along {chosen!r}, this log has more than {MOST_ROWS:,} rows", file=log.name)
    if not rows:
        raise DataError(f"no event is related to an object of the type {chosen!r}", file=log.name)
    columns = dict.fromkeys(sorted(table.columns), polars.String)
    frame = polars.DataFrame({name: [row.get(name) for row in rows] for name in columns}, schema=columns)
    return FlatLog(frame, chosen, case is None, tuple(_notes(log, chosen, several, none)))


def choose(log: Ocel, case: str | None) -> str:
    """The type of object that is the case. Raises DataError, with the types there are, unless it is clear."""
    there = ", ".join(f"{kind} ({count})" for kind, count in sorted(log.types.items())[:20]) or "none"
    example = min(log.types, default="order")
    how = f'say it in the data block, as in case "{example}", or with --case-notion "{example}"'
    if case is None:
        if len(log.types) == 1:
            return next(iter(log.types))
        raise DataError(
            f"an object-centric log has a case only once you say which objects are the cases; {how}. Types of objects: "
            f"{there}",
            file=log.name,
        )
    if case not in log.types:
        meant = nearest(case, log.types)
        hint = f" Did you mean {meant!r}?" if meant else ""
        raise DataError(f"the log has no objects of the type {case!r}; it has {there}.{hint}", file=log.name)
    return case


History = dict[str, tuple[list[int], list[str]]]
"""Column -> since when, and the value."""


def _history(changes: Iterable[Change]) -> History:
    """The values of an object in the order of time."""
    found: History = {}
    for when, _, attribute, value in sorted(changes):
        times, values = found.setdefault(CASE + attribute, ([], []))
        times.append(when)
        values.append(value)
    return found


def _at(history: History, time: str) -> dict[str, str]:
    """The values of an object when an event happened; of what was first known later, the first."""
    now = moment(time) if history else None
    return {
        column: values[-1 if now is None else max(bisect_right(times, now) - 1, 0)]
        for column, (times, values) in history.items()
    }


CASE = "case:"


def _notes(log: Ocel, case: str, several: int, none: int) -> Iterator[str]:
    of = f"of {len(log.events)} events"
    if several:
        yield f"{several} {of} belong to several objects of the type {case!r} and count for each of them."
    if none:
        yield f"{none} {of} are related to no object of the type {case!r} and are passed over."


# -------------------------------------------------------------------------------------------------- JSON


def read_json(path: Path) -> Ocel:
    """Read OCEL 2.0 as JSON, plain or gzip. Raises DataError."""
    with open_bytes(path) as file:
        pieces, size = [], 0
        while size <= LARGEST_JSON and (piece := file.read(1 << 20)):
            pieces.append(piece)
            size += len(piece)
    if size > LARGEST_JSON:
        raise DataError(
            f"as JSON, a log of more than {LARGEST_JSON >> 20} MB is not read; save it as SQLite (OCEL 2.0)",
            file=path.name,
        )
    try:
        document = json.loads(b"".join(pieces))
    except RecursionError:
        raise DataError("this JSON is nested too deeply for a log", file=path.name) from None
    except UnicodeDecodeError:
        raise DataError("this JSON is not UTF-8 text; save it as UTF-8", file=path.name) from None
    except ValueError as fault:
        row = getattr(fault, "lineno", None)
        said = getattr(fault, "msg", None) or str(fault)
        raise DataError(f"this is not JSON from here on: {said}", file=path.name, row=row) from None
    if not isinstance(document, dict) or not {"events", "objects"} <= document.keys():
        old = isinstance(document, dict) and "ocel:events" in document
        said = (
            "this is OCEL 1.0; save it as OCEL 2.0" if old else "this JSON is no OCEL 2.0: it has no events and objects"
        )
        raise DataError(said, file=path.name)
    log = Ocel(path.name, size)
    for number, entry in _entries(document, "objects", log):
        name = _word(entry, "id", "objects", number, log)
        log.add_object(name, _word(entry, "type", "objects", number, log))
        for _, part in _entries(entry, "attributes", log):
            log.add_change(name, part.get("time"), _word(part, "name", "objects", number, log), part.get("value"))
    for number, entry in _entries(document, "events", log):
        values = {
            _word(part, "name", "events", number, log): value
            for _, part in _entries(entry, "attributes", log)
            if (value := text_of(part.get("value"))) is not None
        }
        related = [_word(part, "objectId", "events", number, log) for _, part in _entries(entry, "relationships", log)]
        name, kind, time = (_word(entry, key, "events", number, log) for key in ("id", "type", "time"))
        log.events.append((name, kind, time, values, related))
    return log


def _entries(holder: Mapping[str, Any], key: str, log: Ocel) -> Iterator[tuple[int, Mapping[str, Any]]]:
    found = holder.get(key)
    if found is None:
        return
    if not isinstance(found, list):
        raise DataError(f"{key!r} should be a list", file=log.name)
    for number, entry in enumerate(found, start=1):
        if not isinstance(entry, dict):
            raise DataError(f"entry {number} of {key!r} should be an object with names and values", file=log.name)
        yield number, entry


def _word(entry: Mapping[str, Any], key: str, where: str, number: int, log: Ocel) -> str:
    found = entry.get(key)
    if not isinstance(found, str | int) or found == "":
        raise DataError(f"entry {number} of {where!r} has no {key!r}", file=log.name, row=number)
    return str(found)


# -------------------------------------------------------------------------------------------------- SQLite


def read_sqlite(path: Path) -> Ocel:
    """Read OCEL 2.0 as SQLite. Raises DataError, also for a database that is no such log."""
    with closing(open_sqlite(path)) as database:
        try:
            return _read_sqlite(_Rows(database, path.name, path.stat().st_size))
        except sqlite3.Error as fault:
            raise DataError(f"this database cannot be read as OCEL 2.0: {fault}", file=path.name) from None


class _Rows:
    """The rows of a database, as many as a file of its size can hold: generated columns may make up more."""

    def __init__(self, database: sqlite3.Connection, name: str, size: int) -> None:
        self.database, self.name, self.size = database, name, size
        self.left = ALWAYS_READ + MOST_IN_DATABASE * size

    def select(self, query: str) -> Iterator[dict[str, Any]]:
        """Raises DataError where there are more than the file can hold."""
        rows = self.database.execute(query)
        columns = [part[0] for part in rows.description]
        for row in rows:
            self.left -= ROW + sum(len(cell) for cell in row if isinstance(cell, str | bytes))
            if self.left < 0:
                raise DataError("its columns make up more than the file can hold: save plain tables",
                                file=self.name)  # fmt: skip
            yield dict(zip(columns, row, strict=True))


def _read_sqlite(database: _Rows) -> Ocel:
    name = database.name
    tables = database.select("SELECT name FROM sqlite_master WHERE type = 'table'")
    there = {str(row["name"]) for row in tables}
    needed = {"event", "object", "event_object", "event_map_type", "object_map_type"}
    if not needed <= there:
        shown = ", ".join(sorted(there)[:20]) or "none"
        raise DataError(
            "this database is no object-centric log (OCEL 2.0); to read a table of it, add a query, as in "
            f'log "sqlite:///{name}" {{ query "select …" }}. Its tables: {shown}',
            file=name,
        )
    log = Ocel(name, database.size)
    for row in database.select("SELECT ocel_id, ocel_type FROM object ORDER BY rowid"):
        log.add_object(str(row["ocel_id"]), str(row["ocel_type"]))
    for values in _attributes(database, "object"):
        own = str(values.pop("ocel_id"))
        time, changed = values.pop("ocel_time", None), values.pop("ocel_changed_field", None)
        for attribute, value in values.items():
            if changed in (None, "", attribute):
                log.add_change(own, time, attribute, value)
    times: dict[str, tuple[str, dict[str, str]]] = {}
    for values in _attributes(database, "event"):
        own, time = str(values.pop("ocel_id")), text_of(values.pop("ocel_time", None))
        texts = {attribute: text for attribute, value in values.items() if (text := text_of(value)) is not None}
        times[own] = (time or "", texts)
    related: dict[str, list[str]] = {}
    for row in database.select("SELECT ocel_event_id, ocel_object_id FROM event_object ORDER BY rowid"):
        related.setdefault(str(row["ocel_event_id"]), []).append(str(row["ocel_object_id"]))
    for row in database.select("SELECT ocel_id, ocel_type FROM event ORDER BY rowid"):
        event = str(row["ocel_id"])
        time, texts = times.get(event, ("", {}))
        log.events.append((event, str(row["ocel_type"]), time, texts, related.get(event, [])))
    return log


def _attributes(database: _Rows, what: str) -> Iterator[dict[str, Any]]:
    """The rows of every table of attributes of events or of objects."""
    types = [str(row["kind"]) for row in database.select(f"SELECT DISTINCT ocel_type_map AS kind FROM {what}_map_type")]
    for kind in sorted(types):
        quoted = f"{what}_{kind}".replace('"', '""')
        for row in database.select(f'SELECT * FROM "{quoted}" ORDER BY rowid'):
            if "ocel_id" not in row:
                raise DataError(f"the table {what}_{kind} has no column ocel_id", file=database.name)
            yield row
