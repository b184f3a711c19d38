"""What is told of hand-offs: how often, how long the work waits, how often it comes back, whether promises are kept.

Times are calendar seconds, shares fractions of 1. A hand-off is one passing of work from a step or decision of one team
to the next one of another. Its wait runs from the moment when the taker has all that it needs (behind a `parallel`,
when the last branch is done) to the moment when the taker begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Clock = Literal["start", "end", "mixed"]
State = Literal["kept", "broken", "unknown"]
LATELY = 8
"""Periods that are told of by themselves: whether a promise gets better or worse."""


@dataclass(frozen=True, slots=True)
class Designed:
    """A hand-off as the model is written.

    Attributes:
        per_case: how often it happens in a case of its workflow; of several workflows None.
        per_period: how often in a period, over all workflows; None where no cases keep coming.
        wait: mean seconds, with delays on the way, the taker's `waits` and its queue; None where a team cannot keep up.
        returns: share of these hand-offs after which the taker gives the work back as rework.
        to_and_fro: such returns per case; of several workflows None.
    """

    per_case: float | None
    per_period: float | None
    wait: float | None
    returns: float
    to_and_fro: float | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "per_case": self.per_case,
            "per_period": self.per_period,
            "wait": self.wait,
            "returns": self.returns,
            "to_and_fro": self.to_and_fro,
        }


@dataclass(frozen=True, slots=True)
class Estimated:
    """An observed figure with its 95 % interval and how many observations it rests on; the bounds are None with too
    few.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


@dataclass(frozen=True, slots=True)
class Observed:
    """A hand-off as an event log has it.

    Attributes:
        n: how often it happened; cases: in how many cases. per_period: how often in a period of the log.
        wait, p90: mean seconds, and the span that nine of ten stay within, of those that were taken up.
        clock: what the log says of taking up: its `start`, or only its `end`, so that waits hold the taker's work too;
            `mixed` where it is now the one, now the other.
        open: how many are waiting now; longest: the seconds that the first of them has waited, None without any.
        returns: share after which the taker gave the work back as rework, of those whose story is known.
        to_and_fro: such returns per case.
    """

    n: int
    cases: int
    per_period: float
    wait: Estimated | None = None
    p90: Estimated | None = None
    clock: Clock = "start"
    open: int = 0
    longest: float | None = None
    returns: Estimated | None = None
    to_and_fro: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "cases": self.cases,
            "per_period": self.per_period,
            "wait": _maybe(self.wait),
            "p90": _maybe(self.p90),
            "clock": self.clock,
            "open": self.open,
            "longest": self.longest,
            "returns": _maybe(self.returns),
            "to_and_fro": self.to_and_fro,
        }


@dataclass(frozen=True, slots=True)
class PromiseFigure:
    """A promise held against the log and the design.

    Attributes:
        workflow: the one it is about, None for all of the file.
        within: seconds; share: of how many hand-offs it is promised, None for every one.
        kept: share of hand-offs taken up in time, of those that are old enough to judge: handed over at least `within`
            before the end of what is known, so that one that still waits counts as missed. None without any.
        missed: how many of them were not; fresh: how many are too young to judge.
        lately, earlier: the same share, of those whose time was up in the last `LATELY` periods, and of those before.
        state: `kept` or `broken` by what was seen so far, `unknown` without anything seen.
        p_broken: with a share, the probability that fewer than that are kept in the long run; without one, the
            probability that at least one hand-off of the next period is late. Both from the counts, by a Beta law with
            Jeffreys' prior (half a hand-off kept, half one missed).
        designed_late: share of the hand-offs that are late by design, approximate: the queue's wait is taken as
            exponential where there is one; None where a team cannot keep up.
    """

    workflow: str | None
    label: str
    owner: str | None
    within: float
    share: float | None
    kept: Estimated | None = None
    missed: int = 0
    fresh: int = 0
    state: State = "unknown"
    p_broken: float | None = None
    designed_late: float | None = None
    lately: Estimated | None = None
    earlier: Estimated | None = None

    @property
    def worse(self) -> bool:
        """Whether it gets worse: the 95 % range of lately lies below that of earlier, so that luck hardly made it."""
        if self.lately is None or self.earlier is None or self.lately.high is None or self.earlier.low is None:
            return False
        return self.lately.high < self.earlier.low

    def to_dict(self) -> dict[str, Any]:
        return {
            "workflow": self.workflow,
            "label": self.label,
            "owner": self.owner,
            "within": self.within,
            "share": self.share,
            "kept": _maybe(self.kept),
            "missed": self.missed,
            "fresh": self.fresh,
            "lately": _maybe(self.lately),
            "earlier": _maybe(self.earlier),
            "state": self.state,
            "p_broken": self.p_broken,
            "designed_late": self.designed_late,
        }


@dataclass(frozen=True, slots=True)
class NodeHandoff:
    """A hand-off from one step or decision to another; `rework` where it is always work that comes back."""

    workflow: str
    source: str
    target: str
    label: str
    rework: bool
    designed: Designed
    observed: Observed | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "workflow": self.workflow,
            "from": self.source,
            "to": self.target,
            "label": self.label,
            "rework": self.rework,
            "designed": self.designed.to_dict(),
            "observed": self.observed.to_dict() if self.observed is not None else None,
        }


@dataclass(frozen=True, slots=True)
class HandoffFigure:
    """All hand-offs from one team or partner to another.

    Attributes:
        across: whether one of the two is another organisation; owned: whether both have an owner.
        observed: None without a log.
        promises: those made about them, that of the file first.
        steps: the hand-offs between steps and decisions that make it up, in the order of the text.
    """

    giver: str
    taker: str
    giver_label: str
    taker_label: str
    across: bool
    owned: bool
    designed: Designed
    observed: Observed | None = None
    promises: tuple[PromiseFigure, ...] = ()
    steps: tuple[NodeHandoff, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "giver": self.giver,
            "taker": self.taker,
            "giver_label": self.giver_label,
            "taker_label": self.taker_label,
            "across": self.across,
            "owned": self.owned,
            "designed": self.designed.to_dict(),
            "observed": self.observed.to_dict() if self.observed is not None else None,
            "promises": [one.to_dict() for one in self.promises],
            "steps": [one.to_dict() for one in self.steps],
        }


NOBODY = ""
"""Where no team stands behind a cause or a place: steps and questions by nobody, and what comes from outside."""


@dataclass(frozen=True, slots=True)
class Burden:
    """Who causes and who bears the extra time, or the extra visits, of one workflow.

    Attributes:
        kind: `delay` (seconds per case) or `rework` (visits per case).
        cells: causing team -> bearing team -> amount; "" is nobody. They add up to `total`, to rounding.
        total: of all steps and decisions, as the evaluation has them.
    """

    workflow: str
    kind: Literal["delay", "rework"]
    cells: Mapping[str, Mapping[str, float]]
    total: float

    def caused(self, team: str) -> float:
        """What a team causes, wherever it lands."""
        return sum(self.cells.get(team, {}).values())

    def borne(self, team: str) -> float:
        """What lands on a team, whoever causes it."""
        return sum(row.get(team, 0.0) for row in self.cells.values())

    def to_dict(self) -> dict[str, Any]:
        return {
            "workflow": self.workflow,
            "kind": self.kind,
            "total": self.total,
            "cells": [
                {"cause": cause or None, "bearer": bearer or None, "amount": amount}
                for cause, row in self.cells.items()
                for bearer, amount in row.items()
            ],
        }


def _maybe(one: Estimated | None) -> dict[str, Any] | None:
    return one.to_dict() if one is not None else None
