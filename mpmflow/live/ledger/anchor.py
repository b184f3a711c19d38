"""The anchor: how many entries a ledger had, and the hash of the last one, in a small file beside it.

A chain shows what was changed inside of it, but not that its end was cut off: a shorter chain is whole too. Whoever has
the anchor, or the head that was printed, sees that as well. Kept in the same folder it guards against accidents; kept
elsewhere (in a repository, in a mail) against people.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from .chain import canonical

LONGEST = 1_000
MOST = 2**63
"""SQLite numbers no more rows."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """So many entries, of which the last has that hash."""

    entries: int
    head: str


def anchor_path(ledger: str) -> Path:
    """Where the anchor of a ledger lies."""
    return Path(f"{ledger}.anchor")


def read_anchor(ledger: str) -> Anchor | None:
    """The anchor of a ledger; None where there is none, or none that can be read."""
    try:
        with anchor_path(ledger).open(encoding="utf-8") as file:
            found = json.loads(file.read(LONGEST))
        entries, head = found["entries"], found["head"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    sound = type(entries) is int and 0 <= entries < MOST and isinstance(head, str)
    return Anchor(entries, head) if sound else None


def write_anchor(ledger: str, anchor: Anchor) -> None:
    """Put the anchor there whole, unless a later one of another writer is there already."""
    old = read_anchor(ledger)
    if old is not None and old.entries > anchor.entries:
        return
    path = anchor_path(ledger)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    fresh.write_text(canonical({"entries": anchor.entries, "head": anchor.head}) + "\n", encoding="utf-8")
    os.replace(fresh, path)
