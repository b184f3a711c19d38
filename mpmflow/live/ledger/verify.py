"""Whether a ledger is as it was written: what was changed, removed or moved, by entry, and what cannot be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from mpmflow.analysis.results import Document, Result
from mpmflow.diagnostics.errors import LedgerError

from .anchor import Anchor, anchor_path, read_anchor
from .chain import FIRST, Entry, digest, document_of, entry_of
from .store import DAMAGED, SCHEMA, LedgerStore, Row


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. `number`: the entry; None for the file as a whole."""

    kind: str
    number: int | None
    what: str

    def to_dict(self) -> Document:
        return {"kind": self.kind, "number": self.number, "what": self.what}

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True, slots=True)
class Verified(Result):
    """What a look through a ledger found.

    Attributes:
        ok: nothing was found. entries: how many there are. head: the hash of the last one: written down elsewhere, it
            shows later that nothing up to here was changed.
        findings: what was found, entry by entry. vouched: how many entries the anchor or a given head vouches for.
        unseen: what cannot be seen from here.
    """

    schema: ClassVar[str] = "mpmflow/ledger-verified/1"

    entries: int
    head: str
    findings: tuple[Finding, ...]
    vouched: int
    unseen: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def body(self) -> Document:
        return {
            "ok": self.ok,
            "entries": self.entries,
            "head": self.head,
            "vouched": self.vouched,
            "findings": [one.to_dict() for one in self.findings],
            "unseen": list(self.unseen),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """A row for each finding."""
        rows = [one.to_dict() for one in self.findings]
        return {name: [row[name] for row in rows] for name in ("kind", "number", "what")}

    def __str__(self) -> str:
        lines = []
        damaged = any(one.kind == "damaged" for one in self.findings)
        if self.ok:
            lines.append(f"The chain of {counted(self.entries)} is whole.")
        else:
            there = "its entries cannot be read" if damaged else counted(self.entries)
            lines.append(f"This ledger is not as it was written ({there}):")
            lines += [f"  {one}" for one in self.findings]
        if not damaged:  # nothing is known of entries that cannot be read
            lines.append(f"Head: {self.head}" if self.entries else "It is empty.")
        lines += self.unseen
        return "\n".join(lines)


def counted(entries: int) -> str:
    """A number of entries in words.

    >>> counted(1), counted(1200)
    ('1 entry', '1,200 entries')
    """
    return f"{entries:,} entr{'y' if entries == 1 else 'ies'}"


def verify_file(path: str | Path, head: str | None = None) -> Verified:
    """Look through the ledger at a path; see `verify`. One that SQLite cannot open any more is found damaged.

    Raises LedgerError where there is no such file, or it is no ledger, or for a head that is no hash.
    """
    try:
        store = LedgerStore(path, reading=True)
    except LedgerError as error:
        if not error.message.startswith(DAMAGED):
            raise
        return Verified(0, FIRST, (Finding("damaged", None, error.message),), 0, ())
    try:
        return verify(store, head)
    finally:
        store.close()


def verify(store: LedgerStore, head: str | None = None) -> Verified:
    """Look through a ledger.

    Args:
        head: a hash that was written down when the ledger was shorter or as long: the beginning of one will do.

    Raises LedgerError for a head that is no hash: that says nothing of the ledger.
    """
    if head is not None and not re.fullmatch("[0-9a-f]{8,64}", head.lower()):
        raise LedgerError(
            f"a head is a hash as it was printed, or at least the first 8 signs of one; {head[:80]!r} is none"
        )
    findings = list(_file(store))
    rows: list[Row] = []
    try:
        rows += store.rows()
    except LedgerError as error:
        findings.append(Finding("damaged", None, f"entries cannot be read: {error.message}"))
    if any(one.kind == "damaged" for one in findings):
        return Verified(0, FIRST, tuple(findings), 0, ())
    findings += _chain(rows)
    hashes = {row[0]: row[4] for row in rows}
    count, last = (rows[-1][0], rows[-1][4]) if rows else (0, FIRST)
    vouched, anchored, unseen = 0, list(_anchored(store, hashes)), []
    if store.path is not None:
        anchor = read_anchor(store.path)
        findings += anchored
        if anchor is None:
            unseen.append(
                "There is no anchor that says how many entries there should be: if the last ones were cut off, or all "
                "were written anew, this look cannot see it. A head that you wrote down can: --head."
            )
        elif not anchored:
            vouched = anchor.entries
            if vouched < count:
                unseen.append(f"The anchor vouches for the first {counted(vouched)}, not for what came after.")
    if head is not None:
        found = [number for number, one in hashes.items() if one.startswith(head.lower())]
        if found:
            vouched = max(vouched, found[0])
        else:
            findings.append(
                Finding("head", None, f"no entry has the hash {head}: what it vouched for was cut off or written anew")
            )
    elif vouched:
        unseen.append(
            "Whoever can write the ledger and its anchor can write both anew; a head kept elsewhere shows it."
        )
    return Verified(len(rows), last, tuple(findings), vouched, tuple(unseen))


def _file(store: LedgerStore) -> Iterator[Finding]:
    """What is wrong with the file itself: damage, or other tables and fences than it was made with."""
    try:
        damage = " ".join(store.damage().split())
        there = store.definitions()
    except LedgerError as error:
        damage, there = error.message, {}
    if damage:
        yield Finding("damaged", None, damage if damage.startswith(DAMAGED) else f"{DAMAGED} ({damage})")
        return
    for name, written in SCHEMA.items():
        if name not in there:
            yield Finding("schema", None, f"{name} is gone from the file: it {_role(name)}")
        elif there[name] != written:
            yield Finding("schema", None, f"{name} is not as it was made: it {_role(name)}")
    for name in sorted(set(there) - set(SCHEMA)):
        yield Finding("schema", None, f"there is something in the file that no ledger has: {name[:80]}")


def _role(name: str) -> str:
    return {
        "entries": "holds the entries",
        "entries_by_kind": "finds entries by their kind",
        "no_change": "refuses changes of entries",
        "no_removal": "refuses the removal of entries",
        "in_order": "lets entries be added at the end only",
    }[name]


def _chain(rows: list[Row]) -> Iterator[Finding]:
    """What is wrong with entries and their order, each named by its number."""
    before, expected = FIRST, 1
    for number, kind, identity, line, hashed in rows:
        missing = number > expected
        if missing:
            gone = f"entry {expected} is" if number == expected + 1 else f"entries {expected} to {number - 1} are"
            yield Finding("removed", expected, f"{gone} missing")
        found = _row(number, kind, identity, line, hashed)
        if isinstance(found, Finding):
            yield found
        elif not missing and found.before != before:
            last = f"entry {number - 1}: one of the two was written anew" if number > 1 else "nothing, but is the first"
            yield Finding("broken", number, f"entry {number} does not follow {last}")
        before, expected = hashed, number + 1


def _row(number: int, kind: str, identity: str, line: str, hashed: str) -> Entry | Finding:
    """One entry, or what is wrong with it. Its hash stands for all that it says: that is not looked at once more."""
    if not all(isinstance(text, str) for text in (kind, identity, line, hashed)) or digest(line) != hashed:
        return Finding("changed", number, f"entry {number} was changed: its text does not have its hash")
    try:
        entry = entry_of(document_of(line), hashed)
    except ValueError as error:
        return Finding("changed", number, f"entry {number} is no entry: {str(error)[:200]}")
    if entry.number != number:
        return Finding("moved", number, f"entry {entry.number} stands in the place of entry {number}")
    if (entry.kind, entry.id) != (kind, identity):
        return Finding("changed", number, f"entry {number} is not filed under what it says")
    return entry


def _anchored(store: LedgerStore, hashes: Mapping[int, str]) -> Iterator[Finding]:
    """What the anchor says that is not so."""
    if store.path is None:
        return
    anchor: Anchor | None = read_anchor(store.path)
    if anchor is None:
        if anchor_path(store.path).exists():
            yield Finding("anchor", None, f"the anchor {anchor_path(store.path)} cannot be read")
        return
    last = max(hashes, default=0)
    if last < anchor.entries:
        lost = anchor.entries - last
        which = f"entry {anchor.entries} is" if lost == 1 else f"entries {last + 1} to {anchor.entries} are"
        yield Finding("cut", last + 1, f"{which} cut off: the anchor says {counted(anchor.entries)}")
    elif anchor.entries and hashes.get(anchor.entries) != anchor.head:
        yield Finding(
            "rewritten",
            anchor.entries,
            f"entry {anchor.entries} is not the one that the anchor vouches for: it, or what came before it, was "
            "written anew",
        )
