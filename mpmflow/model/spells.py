"""Spells: how long each case was where, what was decided there, and who did it; open spells end with the log.

Readers make them of an event log, one table a node and one a decision; `fit` estimates from them. A table is a record
of columns of one length, so that a million spells are a few arrays. Moments are seconds since 1970-01-01 UTC; NaN
stands for what the log does not say.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan

OPEN = -1
"""The outcome of a decision that is not made yet."""

NOBODY = -1
"""Who did it, where the log does not say."""


def _integers() -> array[int]:
    return array("q")


def _moments() -> array[float]:
    return array("d")


@dataclass(frozen=True, slots=True, eq=False)
class NodeSpells:
    """Visits of cases to one node.

    Columns:
        case: number of the case; visit: its how-manieth visit to this node, from 1.
        after: number of the mark whose event came before (see `Spells.marks`).
        entered: when the case came, which is when the event before was over; NaN for a case's first event.
        began: when work began; NaN where the log has completions only.
        left: when the visit was over; NaN while the case is still there.
        who: number of the resource, `NOBODY` if not recorded.
        among: at how many nodes the case may be, 1 where the log leaves no doubt; above 1 only for open visits.
    """

    case: array[int] = field(default_factory=_integers)
    visit: array[int] = field(default_factory=_integers)
    after: array[int] = field(default_factory=_integers)
    entered: array[float] = field(default_factory=_moments)
    began: array[float] = field(default_factory=_moments)
    left: array[float] = field(default_factory=_moments)
    who: array[int] = field(default_factory=_integers)
    among: array[int] = field(default_factory=_integers)

    def __len__(self) -> int:
        return len(self.case)

    def add(
        self,
        case: int,
        after: int,
        visit: int,
        entered: float,
        began: float = nan,
        left: float = nan,
        who: int = NOBODY,
        among: int = 1,
    ) -> None:
        """One more visit."""
        self.case.append(case)
        self.visit.append(visit)
        self.after.append(after)
        self.entered.append(entered)
        self.began.append(began)
        self.left.append(left)
        self.who.append(who)
        self.among.append(among)


@dataclass(frozen=True, slots=True, eq=False)
class DecisionSpells:
    """Times from an event after which a decision may come to the event that shows what was decided.

    Columns:
        case, visit, after: as of `NodeSpells`; `visit` counts the decisions made here in this case.
        entered: moment of the event before.
        left: moment of the event that shows the outcome; the end of the log for an open one.
        outcome: number of the outcome in the order of the text; `OPEN`; or the number of outcomes, for a case that went
            another way, so that this decision was not asked.
    """

    case: array[int] = field(default_factory=_integers)
    visit: array[int] = field(default_factory=_integers)
    after: array[int] = field(default_factory=_integers)
    entered: array[float] = field(default_factory=_moments)
    left: array[float] = field(default_factory=_moments)
    outcome: array[int] = field(default_factory=_integers)

    def __len__(self) -> int:
        return len(self.case)

    def add(self, case: int, visit: int, after: int, entered: float, left: float, outcome: int) -> None:
        """One more time of waiting for a decision."""
        self.case.append(case)
        self.visit.append(visit)
        self.after.append(after)
        self.entered.append(entered)
        self.left.append(left)
        self.outcome.append(outcome)


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Everything that the cases of a log did, as spells.

    Attributes:
        first, until: moment of the first event; the moment up to which all is known.
        nodes: node -> visits. decisions: decision or choose -> times up to what was decided.
        arrivals: workflow -> when each case came, ascending.
        ended: how many cases have ended. cases, events: how many the log holds.
        marks: what `after` counts: names of nodes, ids of outcomes, `start`. went_on: how often a case went on, or
            ended, after each. given_up: numbers of those after which some cases ended without an event that says so.
        resources: names of those who did the work, as `who` counts them.
        timed: whether some events say when work began.
        by_day: whether the log knows days only.
        label: what to call the log; source: its fingerprint, or the label of a frame.
        unmatched: events of activities that nobody claims. deviations: events that follow another one in a way that
            the workflow does not have.
        notes: what a reader of the figures should know.
    """

    first: float
    until: float
    nodes: Mapping[str, NodeSpells] = field(default_factory=dict)
    decisions: Mapping[str, DecisionSpells] = field(default_factory=dict)
    arrivals: Mapping[str, array[float]] = field(default_factory=dict)
    ended: int = 0
    cases: int = 0
    events: int = 0
    marks: tuple[str, ...] = ()
    went_on: tuple[int, ...] = ()
    given_up: frozenset[int] = frozenset()
    resources: tuple[str, ...] = ()
    timed: bool = False
    by_day: bool = False
    label: str = ""
    source: str = ""
    unmatched: int = 0
    deviations: int = 0
    notes: tuple[str, ...] = ()
