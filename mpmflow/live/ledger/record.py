"""What came of writing down an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mpmflow.analysis.results import Document, Result

from .chain import Entry
from .verify import counted

if TYPE_CHECKING:
    from mpmflow.analysis.review.recording import LeftOut


@dataclass(frozen=True, slots=True)
class Recorded(Result):
    """What was recorded.

    Attributes:
        added: new entries. already: forecasts that were there before, to the digit. left_out: what cannot be judged
            later and is not kept, with the reason.
        entries, head: how many entries there are now, and the hash of the last: kept elsewhere, it shows later that
            nothing up to here was changed.
    """

    schema: ClassVar[str] = "mpmflow/ledger-recorded/1"

    added: tuple[Entry, ...]
    already: int
    left_out: tuple[LeftOut, ...]
    entries: int
    head: str

    def body(self) -> Document:
        return {
            "added": [one.to_dict() for one in self.added],
            "already": self.already,
            "left_out": [{"name": name, "why": why} for name, why in self.left_out],
            "entries": self.entries,
            "head": self.head,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """A row for each new entry."""
        return {
            "number": [one.number for one in self.added],
            "kind": [one.kind for one in self.added],
            "id": [one.id for one in self.added],
        }

    def __str__(self) -> str:
        new = sum(1 for one in self.added if one.kind == "forecast")
        lines = [f"{_forecasts(new)} recorded; the ledger has {counted(self.entries)}."]
        if self.already:
            lines = [
                f"{_forecasts(self.already)} {'was' if self.already == 1 else 'were'} there already and "
                f"{'is' if self.already == 1 else 'are'} not doubled.",
                *(lines if new else []),
            ]
        lines += [f"Not kept: {name}, for {why}." for name, why in self.left_out]
        return "\n".join([*lines, f"Head: {self.head}"])


def _forecasts(count: int) -> str:
    return f"{count} forecast{'' if count == 1 else 's'}"
