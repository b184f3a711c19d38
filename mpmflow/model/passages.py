"""Passages: every time that work went from one team to another, as an event log shows it.

Readers make them, `analysis.alliances` sums them up. A table is a record of columns of one length, so that a million
passages are a few arrays. Moments are seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

UNKNOWN = -1
"""Of `back`: the case goes on, and what the taker makes of the work is not known yet."""


def _integers() -> array[int]:
    return array("q")


def _moments() -> array[float]:
    return array("d")


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """The hand-offs of a log.

    Columns:
        case: number of the case.
        source, target: numbers of the steps or decisions that hand over and take up, into `nodes`.
        given: when the taker had all that it needs: behind a parallel block, when its last branch was done.
        taken: when it was taken up; NaN while nobody has.
        began: 1 where `taken` is the beginning of work, 0 where the log tells only its end.
        rework: 1 where the work came over a rework outcome.
        back: 1 where the taker's next hand-off gave the work back to the giver as rework, 0 where not, or `UNKNOWN`.

    Attributes:
        first, until: moment of the first event; the moment up to which all is known.
        cases: workflow -> cases that came.
        unseen: (source, target) -> how often work surely passed between them without an event that says when.
        blurred: how often the giver asked a question after its last event, so that the clock starts early.
        astray: passages that the workflow does not have, left out.
        undecided: open cases of which nobody knows who has to go on.
        label: what to call the log; source_of: its fingerprint, or the label of a frame. by_day: it knows days only.
    """

    nodes: tuple[str, ...]
    first: float
    until: float
    case: array[int] = field(default_factory=_integers)
    source: array[int] = field(default_factory=_integers)
    target: array[int] = field(default_factory=_integers)
    given: array[float] = field(default_factory=_moments)
    taken: array[float] = field(default_factory=_moments)
    began: array[int] = field(default_factory=_integers)
    rework: array[int] = field(default_factory=_integers)
    back: array[int] = field(default_factory=_integers)
    cases: Mapping[str, int] = field(default_factory=dict)
    unseen: Mapping[tuple[str, str], int] = field(default_factory=dict)
    blurred: int = 0
    astray: int = 0
    undecided: int = 0
    label: str = ""
    source_of: str = ""
    by_day: bool = False

    def __len__(self) -> int:
        return len(self.case)
