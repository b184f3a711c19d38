"""The exceptions of the project: faults in a text, faults in data, faults of ours."""

from __future__ import annotations

from collections.abc import Iterable

from mpmflow.diagnostics.diagnostic import Diagnostic
from mpmflow.diagnostics.text import render_text

__all__ = ["DataError", "InternalError", "LedgerError", "LeverError", "MonitorError", "MpmError", "UnreadableError"]


class MpmError(Exception):
    """A text has no meaning or no answer; `diagnostics` says why, place by place.

    `str` of it is what a terminal would show, so that a traceback already teaches.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n" + render_text(self.diagnostics)


class UnreadableError(MpmError):
    """A file could not be read at all: it is missing, too large, or not text."""


class DataError(Exception):
    """Observations cannot be used: says in which file, column and row.

    Rows of a file are counted as an editor shows them, the header being row 1; rows of a dataframe from 1. What is
    unknown is None.

    >>> print(DataError("this is not a date: '31.02.'", file="events.csv", column="timestamp", row=7))
    events.csv, column "timestamp", row 7: this is not a date: '31.02.'
    """

    def __init__(
        self, message: str, *, file: str | None = None, column: str | None = None, row: int | None = None
    ) -> None:
        super().__init__(message, file, column, row)
        self.message = message
        self.file = file
        self.column = column
        self.row = row

    def __str__(self) -> str:
        place = [
            self.file or "",
            f'column "{self.column}"' if self.column is not None else "",
            f"row {self.row}" if self.row is not None else "",
        ]
        where = ", ".join(part for part in place if part)
        return f"{where}: {self.message}" if where else self.message


class LeverError(ValueError):
    """A setting that cannot be made: no such scenario or lever, or a value that does not fit.

    Attributes:
        lever: the dotted name as given.
        nearest: names of levers that may have been meant, the likeliest first.

    >>> print(LeverError("legal.peple", "there is nothing of that name to set", ("legal.people",)))
    legal.peple: there is nothing of that name to set. Did you mean legal.people?
    """

    def __init__(self, lever: str, what: str, near: tuple[str, ...] = ()) -> None:
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"{lever}: {what}.{meant}")
        self.lever = lever
        self.nearest = near


class MonitorError(Exception):
    """A monitor cannot go on: its store is full, locked, damaged or of another kind, or its clock went back.

    Whatever was acknowledged before is in the store as it was; the message says what to do.

    >>> print(MonitorError("the clock went back", store="state.db"))
    state.db: the clock went back
    """

    def __init__(self, message: str, *, store: str | None = None) -> None:
        super().__init__(message, store)
        self.message = message
        self.store = store

    def __str__(self) -> str:
        return f"{self.store}: {self.message}" if self.store else self.message


class LedgerError(Exception):
    """A ledger cannot be used: it is locked, damaged or no ledger, or what should enter it is none of its entries.

    Nothing was recorded then; the message says what to do.

    >>> print(LedgerError("this database is no ledger", ledger="old.db"))
    old.db: this database is no ledger
    """

    def __init__(self, message: str, *, ledger: str | None = None) -> None:
        super().__init__(message, ledger)
        self.message = message
        self.ledger = ledger

    def __str__(self) -> str:
        return f"{self.ledger}: {self.message}" if self.ledger else self.message


class InternalError(Exception):
    """Something in mpmflow itself is broken; nothing that stands in a file or in data can be the reason.

    >>> print(InternalError("the code `abc` is not in the table"))
    mpmflow made a mistake; it is not in your file. Please report this: the code `abc` is not in the table
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return f"mpmflow made a mistake; it is not in your file. Please report this: {self.message}"
