"""What one partner may see: its own steps, load, hand-offs, share of delay, open cases and actions, and nothing else.

The record is built up from what is allowed, field by field; nothing is taken from an evaluation as a whole and then
struck out. No field holds a name, label or figure of anybody else but the name and label of the team on the other side
of a hand-off. Names of workflows, metrics, objectives and people are left out too, and so are the words of promises'
owners, costs, money, and every figure of a whole case (when it will be done, whether it will be late).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from mpmflow.analysis.results import Document, Result

from .figures import Designed, Observed, PromiseFigure


@dataclass(frozen=True, slots=True)
class OwnStep:
    """A step or decision that the partner does.

    Attributes:
        kind: `step`, `decision` or `choose`.
        visits, wait: by design, how often a case comes there, and the mean seconds that it waits in the queue; None
            where that is not known.
    """

    name: str
    label: str
    kind: Literal["step", "decision", "choose"]
    visits: float | None = None
    wait: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "visits": self.visits,
            "wait": self.wait,
        }


@dataclass(frozen=True, slots=True)
class OwnIndicator:
    """An indicator of one of the partner's steps or decisions, or its load, under the name that it has by itself.

    `state` is that of the rules which watch it, None where nothing does. `low` and `high` are a 95 % interval.
    """

    name: str
    label: str
    unit: str
    expected: float | None
    observed: float | None
    low: float | None
    high: float | None
    n: int | None
    state: str | None = None
    since: date | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "unit": self.unit,
            "expected": self.expected,
            "observed": self.observed,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "state": self.state,
            "since": self.since.isoformat() if self.since is not None else None,
        }


@dataclass(frozen=True, slots=True)
class OwnHandoff:
    """Hand-offs between the partner and one other team, in one direction.

    `direction` is `in` (the partner takes up) or `out` (it hands over). Promises carry no owner and no workflow. Where
    the other team takes up, its wait by design and what follows from it are None: its queue is its own affair, and what
    was observed is known to both.
    """

    direction: Literal["in", "out"]
    counterpart: str
    counterpart_label: str
    designed: Designed
    observed: Observed | None = None
    promises: tuple[PromiseFigure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        promises = [one.to_dict() for one in self.promises]
        for told in promises:
            del told["owner"], told["workflow"]
        return {
            "direction": self.direction,
            "counterpart": self.counterpart,
            "counterpart_label": self.counterpart_label,
            "designed": self.designed.to_dict(),
            "observed": self.observed.to_dict() if self.observed is not None else None,
            "promises": promises,
        }


@dataclass(frozen=True, slots=True)
class OwnPart:
    """The partner's part of extra time (seconds per case) or extra visits (per case), over the processes it works in.

    Attributes:
        borne_of_own, borne_of_others: what lands on its steps because of what it does, and because of what others do.
        caused_at_others: what it causes where others work.
    """

    borne_of_own: float
    borne_of_others: float
    caused_at_others: float

    def to_dict(self) -> dict[str, float]:
        return {
            "borne_of_own": self.borne_of_own,
            "borne_of_others": self.borne_of_others,
            "caused_at_others": self.caused_at_others,
        }


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A case that now stands at one of the partner's steps: its id, where, since when, for how many seconds."""

    case: str
    at: str
    since: str
    age: float

    def to_dict(self) -> dict[str, Any]:
        return {"case": self.case, "at": self.at, "since": self.since, "age": self.age}


@dataclass(frozen=True, slots=True)
class OwnAction:
    """One of the partner's levers, its level now, and the level that it should come back to."""

    lever: str
    label: str
    start: float
    goal: float
    unit: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "lever": self.lever,
            "label": self.label,
            "move": {"from": self.start, "to": self.goal},
            "unit": self.unit,
        }


@dataclass(frozen=True)
class PartnerView(Result):
    """All that a partner (or a team) may see, and nothing of anybody else.

    Attributes:
        name, label, kind, people: of the partner; `kind` is `partner` or `team`.
        as_of: the day up to which was looked; None without data.
        period: seconds of a period, for what is counted per period.
        load, load_expected: busy share of its people now and by design; None where that is not known.
        wait, wait_expected: mean seconds that a visit waits for it, now and by design.
        steps, indicators, handoffs, open_cases, actions: see their classes; in the order of the text, cases by age.
        delay, rework: its part of them; None without an evaluation.
        notes: what the figures of its hand-offs cannot tell.
    """

    schema: ClassVar[str] = "mpmflow/partner-view/1"
    shown_by = ("render.partner_page", "partner_page")

    name: str
    label: str
    kind: Literal["partner", "team"]
    people: int
    as_of: date | None = None
    period: float = 604800.0
    load: float | None = None
    load_expected: float | None = None
    wait: float | None = None
    wait_expected: float | None = None
    steps: tuple[OwnStep, ...] = ()
    indicators: tuple[OwnIndicator, ...] = ()
    handoffs: tuple[OwnHandoff, ...] = ()
    delay: OwnPart | None = None
    rework: OwnPart | None = None
    open_cases: tuple[OwnCase, ...] = ()
    actions: tuple[OwnAction, ...] = ()
    notes: tuple[str, ...] = ()

    def body(self) -> Document:
        """The document `mpmflow/partner-view/1` without its head."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "people": self.people,
            "as_of": self.as_of.isoformat() if self.as_of is not None else None,
            "period": self.period,
            "load": {"now": self.load, "expected": self.load_expected},
            "wait": {"now": self.wait, "expected": self.wait_expected},
            "steps": [one.to_dict() for one in self.steps],
            "indicators": [one.to_dict() for one in self.indicators],
            "handoffs": [one.to_dict() for one in self.handoffs],
            "delay": self.delay.to_dict() if self.delay is not None else None,
            "rework": self.rework.to_dict() if self.rework is not None else None,
            "open_cases": [one.to_dict() for one in self.open_cases],
            "actions": [one.to_dict() for one in self.actions],
            "notes": list(self.notes),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a direction and counterpart: the figures of the hand-offs."""
        columns: dict[str, list[Any]] = {}
        for one in self.handoffs:
            told = {"direction": one.direction, "counterpart": one.counterpart}
            for name, value in (told | figures_row(one.designed, one.observed, one.promises)).items():
                columns.setdefault(name, []).append(value)
        return columns

    def __str__(self) -> str:
        return f"What {self.label} may see: {len(self.steps)} steps, {len(self.handoffs)} hand-offs"


def figures_row(
    designed: Designed, observed: Observed | None, promises: tuple[PromiseFigure, ...]
) -> dict[str, float | int | str | None]:
    """The figures of one hand-off, flat; of several promises the first."""
    promise = promises[0] if promises else None
    wait, p90 = (observed.wait, observed.p90) if observed is not None else (None, None)
    returns, kept = observed.returns if observed is not None else None, promise.kept if promise is not None else None
    return {
        "designed_per_period": designed.per_period,
        "designed_wait": designed.wait,
        "designed_returns": designed.returns,
        "observed": observed.n if observed is not None else None,
        "per_period": observed.per_period if observed is not None else None,
        "wait": wait.value if wait is not None else None,
        "wait_p90": p90.value if p90 is not None else None,
        "open": observed.open if observed is not None else None,
        "returns": returns.value if returns is not None else None,
        "promised_within": promise.within if promise is not None else None,
        "promised_share": promise.share if promise is not None else None,
        "kept": kept.value if kept is not None else None,
        "p_broken": promise.p_broken if promise is not None else None,
    }
