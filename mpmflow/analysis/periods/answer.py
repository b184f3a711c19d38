"""The answer of `compare`: figures and levers in two periods, what changed them, and a draft of what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mpmflow.analysis.results import Document, Provenance, Result, finite
from mpmflow.diagnostics.suggest import nearest

from .parts import KINDS, Kind


@dataclass(frozen=True, slots=True)
class LeverChange:
    """A share, a time, the arrivals or a segment's part of the cases, in both periods.

    Attributes:
        kind: mix, rates, process, volume or data.
        before, after: in base units: shares as fractions, seconds, cases per second.
        n_before, n_after: decisions, visits or cases behind them; None where a table gave no counts.
        low, high: 95 % interval of the change; None without counts.
        luck: whether that interval holds 0, so that the change may be luck; None without counts.
        worse: whether the change is for the worse; None where no direction is better.
    """

    name: str
    label: str
    kind: Kind
    unit: str
    before: float
    after: float
    n_before: int | None
    n_after: int | None
    low: float | None
    high: float | None
    worse: bool | None

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def luck(self) -> bool | None:
        return None if self.low is None or self.high is None else self.low <= 0.0 <= self.high

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "unit": self.unit,
            "before": self.before,
            "after": self.after,
            "n_before": self.n_before,
            "n_after": self.n_after,
            "low": finite(self.low),
            "high": finite(self.high),
            "luck": self.luck,
            "worse": self.worse,
        }


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A metric, or a figure of a workflow, in both periods.

    Attributes:
        before, after: as the shares, times and arrivals of each period make it, or as data have it, in base units.
        by: source -> what it adds to the change. kinds: the same by kind; both add up to the change.
        residual: what the parts leave: rounding.
        low, high: 95 % interval of the change from the counts behind its sources; None where they have none.
        seen_before, seen_after: what was observed of it in each period, of the cases that ended there. seen_low,
            seen_high: 95 % interval of that change, for shares of the cases.
        better: higher, lower, or None.
    """

    name: str
    label: str
    unit: str
    better: str | None
    before: float
    after: float
    by: Mapping[str, float]
    kinds: Mapping[str, float]
    residual: float
    low: float | None
    high: float | None
    seen_before: float | None = None
    seen_after: float | None = None
    seen_low: float | None = None
    seen_high: float | None = None

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def luck(self) -> bool | None:
        """Whether the change may be luck: by what was observed of it where something was, else by its sources; None
        where that cannot be said.
        """
        low, high = (self.low, self.high) if self.seen_low is None else (self.seen_low, self.seen_high)
        return None if low is None or high is None else low <= 0.0 <= high

    @property
    def beside(self) -> float | None:
        """What was observed of the change beside what the process of each period makes of it; None if not observed."""
        if self.seen_before is None or self.seen_after is None:
            return None
        return self.seen_after - self.seen_before - self.change

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "unit": self.unit,
            "better": self.better,
            "before": self.before,
            "after": self.after,
            "change": self.change,
            "by": dict(self.by),
            "kinds": dict(self.kinds),
            "residual": self.residual,
            "low": finite(self.low),
            "high": finite(self.high),
            "luck": self.luck,
            "seen_before": finite(self.seen_before),
            "seen_after": finite(self.seen_after),
            "seen_low": finite(self.seen_low),
            "seen_high": finite(self.seen_high),
            "beside": finite(self.beside),
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """Initiatives that follow from the comparison, as text to paste.

    Attributes:
        text: blocks of the language, with a comment that says where each comes from.
        adds, replaces: names of new initiatives, and of those of the file whose place a block takes.
        reached: initiatives of the file whose goal has been reached.
    """

    text: str
    adds: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()

    def to_dict(self) -> Document:
        return {
            "text": self.text,
            "adds": list(self.adds),
            "replaces": list(self.replaces),
            "reached": list(self.reached),
        }


@dataclass(frozen=True)
class PeriodComparison(Result):
    """One period against another.

    Attributes:
        first, second: the days of both, from and to; figures change from the first to the second.
        cases: how many came in each.
        figures: metrics, then figures of workflows that no metric is. levers: what was counted in both.
        column: by which the cases were told apart; "" for none.
        draft: what to do next.
    """

    schema = "mpmflow/comparison/1"
    shown_by = ("render.compare_page", "compare_page")

    first: tuple[date, date]
    second: tuple[date, date]
    cases: tuple[int, int]
    figures: tuple[FigureChange, ...]
    levers: tuple[LeverChange, ...]
    draft: Draft
    column: str = ""
    notes: tuple[str, ...] = ()
    title: str = ""
    provenance: Provenance | None = None
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)

    def figure(self, name: str) -> FigureChange:
        """The metric or figure of that name; KeyError with the nearest names if there is none."""
        for row in self.figures:
            if row.name == name:
                return row
        names = [row.name for row in self.figures]
        near = nearest(name, names, most=3) or tuple(names[:8])
        raise KeyError(f"{name!r} is not in this comparison; nearest: {', '.join(near)}")

    def body(self) -> Document:
        return {
            "first": [day.isoformat() for day in self.first],
            "second": [day.isoformat() for day in self.second],
            "cases": list(self.cases),
            "column": self.column,
            "figures": [row.to_dict() for row in self.figures],
            "levers": [row.to_dict() for row in self.levers],
            "draft": self.draft.to_dict(),
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict() if self.provenance is not None else None,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a figure: name, unit, before, after, change, low, high, and a column for each kind of part."""
        names = ("name", "unit", "before", "after", "change", "low", "high")
        table: dict[str, list[Any]] = {name: [getattr(row, name) for row in self.figures] for name in names}
        return table | {kind: [row.kinds.get(kind, 0.0) for row in self.figures] for kind in KINDS}

    def __str__(self) -> str:
        first, second = (f"{start}..{end}" for start, end in (self.first, self.second))
        return (
            f"Comparison of {first} with {second}: {len(self.figures)} figures, {len(self.draft.adds)} new initiatives"
        )
