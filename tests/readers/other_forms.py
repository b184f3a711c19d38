"""The same log written in every form that people bring logs in: plain writers, as other programs would write them."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr


@dataclass(frozen=True)
class Rows:
    """A log as the csv module reads it, with the columns of case, activity and time."""

    header: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    case: str
    activity: str
    time: str

    @classmethod
    def read(cls, path: Path, case: str, activity: str, time: str) -> Rows:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            header, *cells = csv.reader(file)
        return cls(tuple(header), tuple(map(tuple, cells)), case, activity, time)

    def column(self, name: str) -> list[str]:
        at = self.header.index(name)
        return [row[at] for row in self.cells]

    def by_case(self) -> dict[str, list[tuple[str, ...]]]:
        """Rows of each case; cases and rows in the order of the file."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for name, row in zip(self.column(self.case), self.cells, strict=True):
            found.setdefault(name, []).append(row)
        return found


def write_xes(rows: Rows, path: Path) -> None:
    """XES as process-mining tools write it: cases as traces, `case:` columns as attributes of the trace."""
    standard = {rows.activity: "concept:name", rows.time: "time:timestamp"}
    with gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="utf-8" ?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n'
        )
        file.write('<global scope="event"><string key="concept:name" value="__INVALID__"/></global>\n')
        file.write('<classifier name="Activity" keys="concept:name"/>\n<string key="origin" value="a test"/>\n')
        for case, events in rows.by_case().items():
            file.write(f'<trace><string key="concept:name" value={quoteattr(case)}/>\n')
            for event in events:
                file.write("<event>")
                for name, cell in zip(rows.header, event, strict=True):
                    if name != rows.case and cell:
                        tag = "date" if name == rows.time else "string"
                        file.write(f"<{tag} key={quoteattr(standard.get(name, name))} value={quoteattr(cell)}/>")
                file.write("</event>\n")
            file.write("</trace>\n")
        file.write("</log>\n")


def write_ocel_json(rows: Rows, path: Path, kind: str = "order") -> None:
    """OCEL 2.0 as JSON: each case is an object, each row an event that is related to it and to a customer."""
    own = [name for name in rows.header if name not in (rows.case, rows.activity, rows.time)]
    document = {
        "objectTypes": [{"name": kind, "attributes": []}, {"name": "customer", "attributes": []}],
        "eventTypes": [{"name": name, "attributes": []} for name in sorted(set(rows.column(rows.activity)))],
        "objects": [
            *({"id": f"o:{name}", "type": kind, "attributes": [], "relationships": []} for name in rows.by_case()),
            {"id": "somebody", "type": "customer"},
        ],
        "events": [
            {
                "id": f"e{number}",
                "type": cells[rows.activity],
                "time": cells[rows.time],
                "attributes": [{"name": name, "value": cells[name]} for name in own if cells[name]],
                "relationships": [
                    {"objectId": "somebody", "qualifier": "for"},
                    {"objectId": f"o:{cells[rows.case]}", "qualifier": "of"},
                ],
            }
            for number, row in enumerate(rows.cells)
            for cells in [dict(zip(rows.header, row, strict=True))]
        ],
    }
    path.write_text(json.dumps(document), encoding="utf-8")


def write_ocel_sqlite(rows: Rows, path: Path, kind: str = "order") -> None:
    """OCEL 2.0 as SQLite, with a table of attributes for each type of event."""
    own = [name for name in rows.header if name not in (rows.case, rows.activity, rows.time)]
    columns = "".join(f", {quoted(name)} TEXT" for name in own)
    maps = {activity: f"Type{number}" for number, activity in enumerate(sorted(set(rows.column(rows.activity))))}
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            "CREATE TABLE event (ocel_id TEXT, ocel_type TEXT); CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);"
            "CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);"
            "CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);"
            "CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);"
            "CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);"
            "CREATE TABLE object_Order (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT);"
        )
        database.execute("INSERT INTO object_map_type VALUES (?, 'Order')", (kind,))
        for activity, table in maps.items():
            database.execute(f"CREATE TABLE event_{table} (ocel_id TEXT, ocel_time TEXT{columns})")
            database.execute("INSERT INTO event_map_type VALUES (?, ?)", (activity, table))
        names = list(rows.by_case())
        database.executemany("INSERT INTO object VALUES (?, ?)", [(f"o:{name}", kind) for name in names])
        database.executemany(
            "INSERT INTO object_Order VALUES (?, '1970-01-01 00:00:00', NULL)", [(f"o:{name}",) for name in names]
        )
        places = ", ".join("?" * (2 + len(own)))
        for number, row in enumerate(rows.cells):
            cells = dict(zip(rows.header, row, strict=True))
            activity = cells[rows.activity]
            database.execute("INSERT INTO event VALUES (?, ?)", (f"e{number}", activity))
            database.execute("INSERT INTO event_object VALUES (?, ?, 'of')", (f"e{number}", f"o:{cells[rows.case]}"))
            values = [f"e{number}", cells[rows.time], *(cells[name] or None for name in own)]
            database.execute(f"INSERT INTO event_{maps[activity]} VALUES ({places})", values)


def write_sqlite(rows: Rows, path: Path, table: str = "events") -> None:
    """A table of texts with an order, as an application keeps its events."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE {quoted(table)} ({', '.join(map(quoted, rows.header))})")
        places = ", ".join("?" * len(rows.header))
        cells = [[cell or None for cell in row] for row in rows.cells]
        database.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", cells)


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def write_csv(header: Sequence[str], rows: Sequence[Sequence[str]], path: Path, **how: str) -> None:
    """CSV with a delimiter and an encoding of one's own."""
    with path.open("w", encoding=how.get("encoding", "utf-8"), newline="") as file:
        writer = csv.writer(file, delimiter=how.get("delimiter", ","))
        writer.writerow(header)
        writer.writerows(rows)
