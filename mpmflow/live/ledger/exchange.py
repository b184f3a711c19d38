"""Entries as lines of JSON, out and in, and two ledgers made one.

What comes in is not trusted: size, depth and every field are checked before anything is written, and lines that follow
each other must be linked. Entries that are new here are added behind the last one with a hash of their place, and with
the id, the time and the author that they had.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from mpmflow.analysis.results import Document, Result
from mpmflow.diagnostics.errors import LedgerError

from .chain import Entry, canonical, digest, document_of, entry_of, kept_in
from .store import LedgerStore
from .verify import counted, verify

LONGEST_LINE = 20_000_000
"""Bytes of a line; a model of a hundred thousand steps is shorter."""
LARGEST_FILE = 1_000_000_000
DEEPEST = 12
"""Brackets within brackets; an entry needs five."""


@dataclass(frozen=True, slots=True)
class TakenIn(Result):
    """What came of taking in other entries.

    Attributes:
        source: where they came from. offered: how many there were. added: those that were new here, as they are now;
            the last one says what was taken in. head: the hash of the last entry now.
    """

    schema: ClassVar[str] = "mpmflow/ledger-merged/1"

    source: str
    offered: int
    added: tuple[Entry, ...] = field(repr=False)
    head: str

    def body(self) -> Document:
        return {
            "source": self.source,
            "offered": self.offered,
            "added": [one.to_dict() for one in self.added],
            "head": self.head,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """A row for each entry that was added."""
        return {
            "number": [one.number for one in self.added],
            "kind": [one.kind for one in self.added],
            "id": [one.id for one in self.added],
        }

    def __str__(self) -> str:
        new = sum(1 for one in self.added if one.kind != "merge")
        if not new:
            return f"Nothing in {self.source} is new here ({counted(self.offered)})."
        return f"{new:,} of {counted(self.offered)} in {self.source} were new here and are added.\nHead: {self.head}"


# ------------------------------------------------------------------------------------------ out
def write_lines(store: LedgerStore, path: str | Path) -> int:
    """Write all entries as lines of JSON, each as it was hashed, with its hash; the file is there whole or not at all.

    Returns how many. Raises OSError where it cannot be written.
    """
    fresh = Path(f"{path}.{os.getpid()}.new")
    written = 0
    try:
        with fresh.open("w", encoding="ascii", newline="\n") as file:
            for line in lines(store):
                file.write(line + "\n")
                written += 1
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return written


def lines(store: LedgerStore, kind: str | None = None) -> Iterator[str]:
    """Entries as lines of JSON, without line ends."""
    for _, _, _, line, hashed in store.rows(kind):
        yield canonical({**json.loads(line), "hash": hashed})


# ------------------------------------------------------------------------------------------ in
def entries_in(path: str | Path) -> list[Entry]:
    """The entries of a file of lines, checked. Raises LedgerError, which names the line."""
    found: list[Entry] = []
    name = str(path)
    with Path(path).open("rb") as file:
        if os.fstat(file.fileno()).st_size > LARGEST_FILE:
            raise LedgerError(f"the file is larger than {LARGEST_FILE // 1_000_000:,} MB", ledger=name)
        number = 0
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                raise LedgerError(f"line {number} is longer than {LONGEST_LINE // 1_000_000} MB", ledger=name)
            if not raw.strip():
                continue
            try:
                found.append(entry_from(raw))
            except ValueError as error:
                raise LedgerError(f"line {number}: {error}", ledger=name) from None
            if len(found) > 1 and (found[-1].before, found[-1].number) != (found[-2].hash, found[-2].number + 1):
                raise LedgerError(
                    f"line {number} (entry {found[-1].number}) does not follow the one before it (entry "
                    f"{found[-2].number}): a line is missing or was moved; export the ledger again",
                    ledger=name,
                )
    if not found:
        raise LedgerError("there is no entry in this file; `mpmflow ledger export` writes one", ledger=name)
    return found


def entry_from(raw: bytes) -> Entry:
    """The entry of one line. Raises ValueError, which says what is wrong with it."""
    try:
        document = json.loads(raw.decode(), parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested deeper than any entry") from None
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON (column {error.colno}: {error.msg})") from None
    if not isinstance(document, dict):
        raise ValueError("it is no object of JSON")
    _shallow(document)
    hashed = document.pop("hash", None)
    if not isinstance(hashed, str):
        raise ValueError("it has no hash")
    return _checked(document, hashed)


def _checked(document: dict[str, Any], hashed: str) -> Entry:
    """The entry that a document means, where it is one in all it says. Raises ValueError."""
    entry = entry_of(document, hashed)
    try:
        if digest(canonical(document)) != hashed:
            raise ValueError(f"entry {entry.number} was changed: its text does not have its hash")
        if digest(canonical(entry.content)) != entry.id:
            raise ValueError(f"entry {entry.number} was changed: its content does not have its id")
    except UnicodeEncodeError:
        raise ValueError("it holds what is no text") from None
    kept_in(entry)
    return entry


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _shallow(document: Any) -> None:
    waiting = [(document, 1)]
    while waiting:
        thing, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError("it is nested deeper than any entry")
        if isinstance(thing, dict):
            waiting += [(one, depth + 1) for one in thing.values()]
        elif isinstance(thing, list) and any(isinstance(one, dict | list) for one in thing):
            waiting += [(one, depth + 1) for one in thing]


def entries_of(path: str | Path) -> list[Entry]:
    """The entries of another ledger. Raises LedgerError where it is not as it was written."""
    if not Path(path).is_file():
        raise LedgerError("there is no such ledger", ledger=str(path))
    other = LedgerStore(path, reading=True)
    try:
        seen = verify(other)
        if not seen.ok:
            raise LedgerError(
                f"it is not as it was written, so nothing is taken from it: {seen.findings[0]}", ledger=str(path)
            )
        return [_taken(number, line, hashed, str(path)) for number, _, _, line, hashed in other.rows()]
    finally:
        other.close()


def _taken(number: int, line: str, hashed: str, ledger: str) -> Entry:
    """An entry of another ledger, checked as a line of a file is: a chain can be whole, and say what no entry says."""
    try:
        document = document_of(line)
        _shallow(document)
        return _checked(document, hashed)
    except ValueError as error:
        told = f"its entry {number} cannot be read, so nothing is taken from it: {str(error)[:200]}"
        raise LedgerError(told, ledger=ledger) from None


def new_ones(entries: Iterable[Entry], there: set[str]) -> list[Entry]:
    """Those entries whose content is not there yet, each once; what only says that ledgers were merged is left out."""
    seen, found = set(there), []
    for entry in entries:
        if entry.id not in seen and entry.kind != "merge":
            seen.add(entry.id)
            found.append(entry)
    return found
