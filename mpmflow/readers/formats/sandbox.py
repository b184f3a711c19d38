"""SQLite files of strangers, opened to be read and nothing else.

The connection cannot write, attach another file, load an extension, or set anything; a query runs only what SQLite's
authorizer is asked about and allows, and only so many steps: a view or a query can be written that never ends.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from mpmflow.diagnostics.errors import DataError

from .files import open_bytes

_ALLOWED = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE))
_REFUSED_FUNCTIONS = frozenset(("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "zeroblob"))
STEPS = 100_000
"""Steps of SQLite's machine between two looks at whether to go on."""
MOST_STEPS = 5_000_000_000
"""Steps of one connection, a minute or two: a hundred for each row of the longest table that is read."""


def open_sqlite(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises DataError where there is no such file or it may not be opened."""
    with open_bytes(path):
        pass
    try:
        database = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
        database.execute("PRAGMA query_only = 1")
        database.execute("PRAGMA trusted_schema = 0")
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 << 20)
        left = iter(range(MOST_STEPS // STEPS))
        database.set_progress_handler(lambda: next(left, None) is None, STEPS)
        database.set_authorizer(_judge)
        database.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as fault:
        raise DataError(f"this database cannot be opened: {fault}", file=path.name) from None
    return database


def _judge(action: int, first: str | None, second: str | None, *_: object) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY
