"""The file in which a monitor keeps what it knows: one SQLite database, written in whole steps or not at all.

The database is in WAL mode and written through to the disk at the end of each step (`synchronous=FULL`), so what was
acknowledged survives a killed process and a power cut. One monitor at a time holds it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import MonitorError

FORM = 1
"""The form of the tables; a store of another form was written by another version of mpmflow."""
WAIT = 2.0
"""Seconds to wait for another program that holds the file."""
TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE kinds (number INTEGER PRIMARY KEY, shown TEXT NOT NULL, mark TEXT, scope TEXT NOT NULL);
CREATE TABLE cases (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sums (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series (name TEXT, period INTEGER, at INTEGER, value REAL, PRIMARY KEY (name, period)) WITHOUT ROWID;
CREATE TABLE states (indicator TEXT, period INTEGER, state TEXT NOT NULL,
    PRIMARY KEY (indicator, period)) WITHOUT ROWID;
CREATE TABLE transitions (seq INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, indicator TEXT NOT NULL,
    period INTEGER NOT NULL, standing INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE handlers (name TEXT PRIMARY KEY, event TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE deliveries (seq INTEGER, handler TEXT, tries INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0,
    error TEXT, done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (seq, handler)) WITHOUT ROWID;
CREATE INDEX waiting ON deliveries (handler, next) WHERE NOT done;
"""


class Store:
    """A store at a path, or in memory where the path is None.

    Raises MonitorError, which says what to do, for a file that cannot be used.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else str(path)
        self.on_failure: Callable[[], None] = lambda: None
        try:
            self.base = sqlite3.connect(self.path or ":memory:", timeout=WAIT, isolation_level=None)
        except sqlite3.Error as error:
            raise self.fault(error) from error
        try:
            self.base.execute("PRAGMA locking_mode=EXCLUSIVE")
            self.base.execute("PRAGMA journal_mode=WAL")
            self.base.execute("PRAGMA synchronous=FULL")
            self._prepare()
        except BaseException as error:
            self.base.close()
            if isinstance(error, sqlite3.Error):
                raise self.fault(error) from error
            raise

    def _prepare(self) -> None:
        tables = {name for (name,) in self.base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            self.base.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {FORM}; COMMIT;")
            return
        (form,) = self.base.execute("PRAGMA user_version").fetchone()
        if "deliveries" not in tables:
            raise MonitorError(
                "this database is not the store of a monitor; give the path of a new file, or of the monitor's own",
                store=self.path,
            )
        if form != FORM:
            raise MonitorError(
                f"this store has the form {form}, and this version of mpmflow reads the form {FORM}; open it with the "
                "version that wrote it, or begin with a new file and feed the events again",
                store=self.path,
            )
        (found,) = self.base.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise MonitorError(f"{DAMAGED} ({found})", store=self.path)
        self.base.execute("BEGIN IMMEDIATE")  # takes the file, or finds out that another program holds it
        self.base.execute("COMMIT")

    def fault(self, error: sqlite3.Error) -> MonitorError:
        """What went wrong with the file, in words, and what to do."""
        said = str(error)
        if "locked" in said or "busy" in said:
            what = (
                "another program holds this store, and a store has one monitor at a time; close the other one, or "
                "give this one a file of its own"
            )
        elif "full" in said:
            what = (
                "there is no room left for the store; what was acknowledged is kept and this step was undone. Make "
                "room on the disk and feed the same events again"
            )
        elif "malformed" in said or "not a database" in said or "corrupt" in said:
            what = f"{DAMAGED} ({said})"
        elif "readonly" in said or "unable to open" in said:
            what = (
                f"the store cannot be written ({said}); see to it that the folder exists and that this user may write "
                "in it"
            )
        elif "closed database" in said:
            what = "this monitor has been closed; a new one with the same store goes on where it stopped"
        else:
            kept = "This step was undone; what was acknowledged before is kept"
            what = f"the store cannot be used: {said.rstrip('.')}. {kept}"
        return MonitorError(what, store=self.path)

    @contextmanager
    def step(self) -> Iterator[sqlite3.Connection]:
        """Everything written in this block, or nothing of it. After a failure `on_failure` is called, for what is in
        memory is ahead of the file then. Raises MonitorError where the file cannot be written."""
        try:
            self.base.execute("BEGIN IMMEDIATE")
            yield self.base
            self.base.execute("COMMIT")
        except BaseException as error:
            try:
                if self.base.in_transaction:
                    self.base.execute("ROLLBACK")
                self.on_failure()
            except sqlite3.Error as worse:
                raise self.fault(worse) from error
            if isinstance(error, sqlite3.Error):
                raise self.fault(error) from error
            raise

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises MonitorError where the file cannot be read."""
        try:
            return self.base.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise self.fault(error) from error

    def kept(self) -> dict[str, Any]:
        """The named values, each as it was put in."""
        return {name: json.loads(value) for name, value in self.rows("SELECT name, value FROM meta")}

    def keep(self, values: Iterable[tuple[str, Any]]) -> None:
        """Put in named values; within a `step`."""
        self.base.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", [(name, json.dumps(value)) for name, value in values]
        )

    def close(self) -> None:
        """Close the file."""
        self.base.close()


DAMAGED = (
    "this file is damaged or is no store; put back a copy of it, or move it away and feed the events again into a new "
    "one (handlers will see the same keys again)"
)
