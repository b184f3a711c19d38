"""The file of a ledger: one SQLite database to which entries are added, and from which none is taken.

WAL mode, written through to the disk at the end of each step (`synchronous=FULL`): what was acknowledged survives a
killed process and a power cut. Several programs may write at once; each waits for its turn. Triggers refuse every
change of what is there: a first fence, which whoever can write the file can take down. The chain then shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import LedgerError

from .anchor import Anchor, anchor_path, read_anchor, write_anchor
from .chain import FIRST, Draft, Entry, linked

FORM = 1
"""The form of the tables; a ledger of another form was written by another version of mpmflow."""
WAIT = 30.0
"""Seconds to wait for another program that is writing."""
SCHEMA: dict[str, str] = {
    "entries": """CREATE TABLE entries (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    line TEXT NOT NULL, hash TEXT NOT NULL UNIQUE)""",
    "entries_by_kind": "CREATE INDEX entries_by_kind ON entries (kind)",
    "no_change": """CREATE TRIGGER no_change BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'a ledger only grows: entries are never changed'); END""",
    "no_removal": """CREATE TRIGGER no_removal BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'a ledger only grows: entries are never removed'); END""",
    "in_order": """CREATE TRIGGER in_order BEFORE INSERT ON entries
    WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entries)
    BEGIN SELECT RAISE(ABORT, 'a ledger only grows at its end'); END""",
}
"""Every table, index and trigger by its name, to the letter."""
BATCH = 500
"""Rows that are read at once."""
Row = tuple[int, str, str, str, str]
"""number, kind, id, line, hash."""


class LedgerStore:
    """The file at a path; None keeps it in memory.

    Raises LedgerError, which says what to do, for a file that cannot be used.
    """

    def __init__(self, path: str | Path | None, *, reading: bool = False) -> None:
        self.path = None if path is None else str(path)
        if reading and self.path is not None and not Path(self.path).is_file():
            raise LedgerError(
                "there is no such ledger; `mpmflow ledger record FILE` begins one, --ledger names another",
                ledger=self.path,
            )
        try:
            self.base = sqlite3.connect(self.path or ":memory:", timeout=WAIT, isolation_level=None)
        except sqlite3.Error as error:
            raise self.fault(error) from error
        try:
            # A text that is none any more is read as it is, so that its entry can be named.
            self.base.text_factory = lambda raw: raw.decode(errors="surrogateescape")
            self.base.execute("PRAGMA trusted_schema=OFF")  # a ledger may come from elsewhere
            self.base.execute("PRAGMA journal_mode=WAL")
            self.base.execute("PRAGMA synchronous=FULL")
            self._prepare(reading)
        except BaseException as error:
            self.base.close()
            if isinstance(error, sqlite3.Error):
                raise self.fault(error) from error
            raise

    def _prepare(self, reading: bool) -> None:
        tables = self._tables()
        if not tables and not reading:
            self.base.execute("BEGIN IMMEDIATE")  # two programs may begin the same file at once: one makes the tables
            if not self._tables():
                for statement in SCHEMA.values():
                    self.base.execute(statement)
                self.base.execute(f"PRAGMA user_version = {FORM}")
            self.base.execute("COMMIT")
            tables = self._tables()
        if "entries" not in tables:
            raise LedgerError(
                "this database is no ledger; give the path of a new file or of a ledger", ledger=self.path
            )
        (form,) = self.base.execute("PRAGMA user_version").fetchone()
        if form > FORM:
            raise LedgerError(
                f"this ledger has the form {form}, and this version of mpmflow reads the form {FORM}; use the version "
                "that wrote it, or export it there and import it here",
                ledger=self.path,
            )

    def _tables(self) -> set[str]:
        return {name for (name,) in self.base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def fault(self, error: sqlite3.Error) -> LedgerError:
        """What went wrong with the file, in words, and what to do."""
        said = str(error)
        if "a ledger only grows" in said:
            what = said
        elif "locked" in said or "busy" in said:
            what = f"another program has been writing this ledger for {WAIT:g} seconds; nothing was recorded. Try again"
        elif "full" in said:
            what = "there is no room left on the disk; nothing was recorded, what was there is kept. Make room"
        elif "malformed" in said or "not a database" in said or "corrupt" in said or "file is encrypted" in said:
            what = f"{DAMAGED} ({said})"
        elif "readonly" in said or "unable to open" in said:
            what = (
                f"the ledger cannot be opened ({said}); see to it that the folder exists and that this user may write "
                "in it"
            )
        else:
            what = f"the ledger cannot be used: {said}. Nothing was recorded, what was there is kept"
        return LedgerError(what, ledger=self.path)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Faults of the file as words."""
        try:
            yield
        except sqlite3.Error as error:
            raise self.fault(error) from error

    # ------------------------------------------------------------------------------------------ adding
    def add(self, make: Callable[[set[str]], Sequence[Draft]]) -> tuple[Entry, ...]:
        """Add entries behind the last one, all or none; when this returns they are on the disk.

        Args:
            make: is given the ids that are there, while nobody else can write, and says what is to be added.

        Raises LedgerError where the file cannot be written, or does not hold what its anchor says.
        """
        added: list[Entry] = []
        try:
            self.base.execute("BEGIN IMMEDIATE")
            count, head = self.end()
            self._hold_to_anchor(count)
            drafts = make({identity for (identity,) in self.base.execute("SELECT id FROM entries")})
            for entry, line in linked(drafts, count, head):
                row = (entry.number, entry.kind, entry.id, line, entry.hash)
                self.base.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", row)
                added.append(entry)
            self.base.execute("COMMIT")
        except BaseException as error:
            if self.base.in_transaction:
                self.base.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise self.fault(error) from error
            raise
        if added and self.path is not None:
            write_anchor(self.path, Anchor(added[-1].number, added[-1].hash))
        return tuple(added)

    def _hold_to_anchor(self, count: int) -> None:
        """Refuse to write over the traces: a ledger that is not what its anchor says does not go on."""
        if self.path is None:
            return
        anchor = read_anchor(self.path)
        if anchor is None and anchor_path(self.path).exists():
            raise LedgerError(
                f"the anchor beside the ledger, {anchor_path(self.path).name}, cannot be read, so nobody can say "
                "whether entries are missing; put back a copy of both (or remove the anchor, if you began anew)",
                ledger=self.path,
            )
        if anchor is None or not anchor.entries:
            return
        found = self.base.execute("SELECT hash FROM entries WHERE number = ?", (anchor.entries,)).fetchone()
        if found is None or found[0] != anchor.head:
            raise LedgerError(
                f"the ledger does not hold what its anchor says ({anchor.entries} entries, it has {count}); see "
                "`mpmflow ledger verify`, and put back a copy that does (or remove the anchor, if you began anew)",
                ledger=self.path,
            )

    # ------------------------------------------------------------------------------------------ looking
    def end(self) -> tuple[int, str]:
        """How many entries there are, and the hash of the last one."""
        with self.reading():
            found = self.base.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
        return (int(found[0]), str(found[1])) if found else (0, FIRST)

    def rows(self, kind: str | None = None) -> Iterator[Row]:
        """The rows in their order."""
        where, given = ("WHERE kind = ?", (kind,)) if kind is not None else ("", ())
        query = f"SELECT number, kind, id, line, hash FROM entries {where} ORDER BY number"
        with self.reading():
            found = self.base.execute(query, given)
        while True:
            with self.reading():
                rows = found.fetchmany(BATCH)
            if not rows:
                return
            yield from rows

    def ids(self) -> set[str]:
        """The ids of all entries."""
        with self.reading():
            return {identity for (identity,) in self.base.execute("SELECT id FROM entries")}

    def definitions(self) -> dict[str, str]:
        """Every table, index and trigger of the file by its name, as it was written."""
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        with self.reading():
            return dict(self.base.execute(query).fetchall())

    def damage(self) -> str:
        """What SQLite itself finds wrong with the file; "" for nothing."""
        with self.reading():
            found: list[tuple[Any, ...]] = self.base.execute("PRAGMA integrity_check(3)").fetchall()
        return "" if found == [("ok",)] else "; ".join(str(row[0]) for row in found)

    def close(self) -> None:
        """Close the file."""
        self.base.close()


DAMAGED = "this file is damaged or is no ledger; put back a copy of it, and import what was exported since"
