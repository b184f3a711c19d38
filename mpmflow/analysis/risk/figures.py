"""What an evaluation tells of: indicators, where rework and delay spread, metrics, warnings, open cases, actions.

Times are seconds, shares fractions of 1, money in its own unit, dates ISO 8601. Every `by` maps a source to its part of
the figure beside it; the parts add up to it, to rounding. A source is a dotted name: an outcome's share
(`brief_complete.no`), the time at a step (`copy.time`) or in front of a decision (`legal_ok.wait`), or a metric that
moved by itself (`spend`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from mpmflow.analysis.observed.indicators import detour_document
from mpmflow.analysis.rules import Clause, State
from mpmflow.model.observations import Detour

Shares = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted in one period: the value, the decisions (or visits) behind it, and the period's last day."""

    value: float
    n: int
    on: date

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value, "n": self.n, "on": _day(self.on)}


@dataclass(frozen=True, slots=True)
class IndicatorFigure:
    """A leading indicator: what was expected of it, what was seen, and what its rules make of that.

    Attributes:
        name, label: its dotted name, and the words that people read.
        measures: the derived indicator that it watches, if it is a named one that watches exactly that.
        expected: the level it was designed for: `expect`, else the model's own figure; where something else than the
            plan is the reference, the level there. None if neither is known.
        observed: value of the last full period; None where nothing was observed.
        low, high: 95 % interval of `observed`, for sampling noise; None for figures without counts.
        n: decisions (or visits) behind `observed`; None for figures that are not counted.
        estimate, estimate_low, estimate_high: what forecasts use: all periods, older ones counting less, 95 %.
        half_life: periods after which an observation counts half in it: the memory that foretold this figure best.
        enough: the last full period with at least 10 decisions (or visits), where the very last one has fewer.
        sd, expected_sd: of a time, how much single visits scatter, as observed and as expected; None for other figures.
        p_worse: probability that the true level is worse than expected; None without direction or without data.
        state, since: the state of its rules, and the day it began; since is None without observations.
        rule: its rules in words, "" without any; `do` the actions that they ask for, by name.
        history: the values of all full periods, None where missing; `clauses` what its rules made of the last one.
    """

    name: str
    label: str
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    measures: str | None = None
    owner: str | None = None
    expected: float | None = None
    observed: float | None = None
    segment: str | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    enough: Seen | None = None
    estimate: float | None = None
    estimate_low: float | None = None
    estimate_high: float | None = None
    half_life: float | None = None
    sd: float | None = None
    expected_sd: float | None = None
    p_worse: float | None = None
    state: State = "unknown"
    since: date | None = None
    rule: str = ""
    do: tuple[str, ...] = ()
    history: tuple[float | None, ...] = field(default=(), repr=False)
    clauses: tuple[Clause, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "unit": self.unit,
            "better": self.better,
            "measures": self.measures,
            "owner": self.owner,
            "expected": self.expected,
            "observed": self.observed,
            "segment": self.segment,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "enough": self.enough.to_dict() if self.enough is not None else None,
            "estimate": _interval(self.estimate, self.estimate_low, self.estimate_high, self.half_life),
            "sd": self.sd,
            "expected_sd": self.expected_sd,
            "p_worse": self.p_worse,
            "state": self.state,
            "since": _day(self.since),
            "rule": self.rule,
            "do": list(self.do),
        }


@dataclass(frozen=True, slots=True)
class SpreadFigure:
    """Where risk lands: extra executions and extra time at a place, by the source they come from.

    Attributes:
        at: name of the step, decision, team, workflow or metric.
        kind: what it is.
        extra_visits, visits_by: extra executions per case against the reference (for a team, of all its nodes).
        reaches_on: for a step or decision, the day from which at least 90 % of the extra visits are there; None if
            there are none. See `arrivals` for what it rests on.
        starves_until, fewest: the last day on which fewer cases come than in the reference although that does not
            last, and extra visits per case at the worst, below 0; None where that is not so.
        extra_time, time_by: extra seconds that a case spends there.
        path_time, own_time, pool_time: the three ways that it comes: more visits; longer ones; longer waits for the
            people who work there, who are busy with other things. They add up to `extra_time`.
        change, change_by: for a metric, its change in its own unit.
        residual: what the parts leave of the whole, where that is more than rounding.
    """

    at: str
    kind: Literal["step", "decision", "choose", "call", "team", "workflow", "metric"]
    label: str = ""
    workflow: str | None = None
    extra_visits: float = 0.0
    visits_by: Shares = field(default_factory=dict)
    reaches_on: date | None = None
    starves_until: date | None = None
    fewest: float | None = None
    extra_time: float = 0.0
    time_by: Shares = field(default_factory=dict)
    path_time: float = 0.0
    own_time: float = 0.0
    pool_time: float = 0.0
    change: float | None = None
    change_by: Shares = field(default_factory=dict)
    unit: str = ""
    residual: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "at": self.at,
            "kind": self.kind,
            "label": self.label,
            "workflow": self.workflow,
            "rework": {
                "extra_visits": self.extra_visits,
                "by": dict(self.visits_by),
                "reaches_on": _day(self.reaches_on),
                "starves_until": _day(self.starves_until),
                "fewest": self.fewest,
            },
            "delay": {
                "extra": self.extra_time,
                "by": dict(self.time_by),
                "path": self.path_time,
                "own": self.own_time,
                "pool": self.pool_time,
            },
        }
        if self.kind == "metric":
            found["change"] = {"extra": self.change, "unit": self.unit, "by": dict(self.change_by)}
        if self.residual:
            found["residual"] = self.residual
        return found


@dataclass(frozen=True, slots=True)
class MetricFigure:
    """A lagging metric: where it would stand by the reference, where it is heading, and why.

    Attributes:
        on: the date that baseline and forecast are for: the target's, else after the longest lag.
        observed: what was observed in the last full period, where there is data of the metric itself.
        recent: mean of what was observed, a period counting half as much every 8 periods that pass.
        baseline: the figure if every source were at its reference.
        forecast, low, high: expected figure and its 95 % interval.
        target: level of the target in base units, `target_text` as written; None without one.
        reading: over which periods the figure counts, in words, for metrics that are counted per period.
        p_miss: probability of missing the target; None without one, or where the figure's level is unknown.
        p_miss_raw: the same before it was recalibrated by past forecasts; None where it was not.
        reaches_on: the day when 90 % of the change has arrived; None if nothing changes.
        change, by: forecast minus baseline, and what each source adds to it. Known even where the level is not.
        paths: the strongest ways from a source to the metric, each a list of names.
        evidence: the weakest evidence on those paths: structural, formula, experiment, associated, learned or declared.
        method: `exact` for what the process determines, `forecast` for what rests on declared or learned influences,
            `observed` where the target's time has passed and what came is known.
        notes: what a reader should know before leaning on the figure.
    """

    name: str
    label: str
    category: str
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    owner: str | None = None
    on: date | None = None
    observed: float | None = None
    recent: float | None = None
    baseline: float | None = None
    forecast: float | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    comparison: Literal["at least", "at most"] | None = None
    target_text: str | None = None
    reading: str = ""
    p_miss: float | None = None
    p_miss_raw: float | None = None
    reaches_on: date | None = None
    change: float | None = None
    by: Shares = field(default_factory=dict)
    paths: tuple[tuple[str, ...], ...] = ()
    evidence: str | None = None
    method: str = "forecast"
    notes: tuple[str, ...] = ()
    residual: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        found = {
            "name": self.name,
            "label": self.label,
            "category": self.category,
            "unit": self.unit,
            "better": self.better,
            "owner": self.owner,
            "on": _day(self.on),
            "observed": self.observed,
            "recent": self.recent,
            "baseline": self.baseline,
            "forecast": self.forecast,
            "low": self.low,
            "high": self.high,
            "target": self.target,
            "comparison": self.comparison,
            "target_text": self.target_text,
            "reading": self.reading,
            "p_miss": self.p_miss,
            "p_miss_raw": self.p_miss_raw,
            "reaches_on": _day(self.reaches_on),
            "change": self.change,
            "by": dict(self.by),
            "paths": [list(path) for path in self.paths],
            "evidence": self.evidence,
            "method": self.method,
            "notes": list(self.notes),
        }
        if self.residual:
            found["residual"] = self.residual
        return found


@dataclass(frozen=True, slots=True)
class WarningTime:
    """A pair of a leading indicator and a lagging metric.

    Attributes:
        warning_time: seconds by which the first warns before the second shows it.
        strength: what one more of the first adds to the second in the long run, by the strongest way; base units.
        evidence: the weakest on that way; `path` its places.
    """

    leading: str
    lagging: str
    warning_time: float
    evidence: str
    strength: float = 0.0
    path: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "leading": self.leading,
            "lagging": self.lagging,
            "warning_time": self.warning_time,
            "strength": self.strength,
            "evidence": self.evidence,
            "path": list(self.path),
        }


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a cause is expected to do to a metric, and by when most of it is there."""

    name: str
    on: date | None
    change: float

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "on": _day(self.on), "change": self.change}


@dataclass(frozen=True, slots=True)
class Headline:
    """One cause that stands out, its consequences, and the troubled metrics that it does not explain."""

    root: str
    expected_consequences: tuple[Consequence, ...] = ()
    unexplained: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "root": self.root,
            "expected_consequences": [consequence.to_dict() for consequence in self.expected_consequences],
            "unexplained": list(self.unexplained),
        }


@dataclass(frozen=True, slots=True)
class OpenCaseFigure:
    """A case that has not ended: where it stands, since when, and what is to be expected of it.

    `remaining` is the expected time to its end in seconds, `p_late` the probability to end after the deadline (None
    without one), `p_rework` that of at least one rework outcome from here on.
    """

    case: str
    workflow: str
    at: str
    since: str
    age: float
    p_late: float | None = None
    remaining: float | None = None
    p_rework: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "workflow": self.workflow,
            "at": self.at,
            "since": self.since,
            "age": self.age,
            "p_late": self.p_late,
            "remaining": self.remaining,
            "p_rework": self.p_rework,
        }


@dataclass(frozen=True, slots=True)
class Action:
    """A lever moved back to where it should be, and what that gains, exactly.

    Attributes:
        lever: the dotted name.
        start, goal: its level now, and the level that it would be moved to.
        gains: metric -> change of its forecast by the move, in its own unit.
        score: what the list is sorted by: the fall in expected misses, and where nothing is targeted, in relative
        change.
        initiative: the declared initiative that moves this lever, if there is one.
        why: `deviates` (the lever is worse than its reference) or `costly` (it is as planned, but a fifth less would
        pay).
    """

    lever: str
    label: str
    start: float
    goal: float
    unit: str = ""
    gains: Shares = field(default_factory=dict)
    misses_avoided: float = 0.0
    score: float = 0.0
    initiative: str | None = None
    owner: str | None = None
    why: Literal["deviates", "costly"] = "deviates"

    def to_dict(self) -> dict[str, Any]:
        return {
            "lever": self.lever,
            "label": self.label,
            "move": {"from": self.start, "to": self.goal},
            "gains": dict(self.gains),
            "misses_avoided": self.misses_avoided,
            "initiative": self.initiative,
            "owner": self.owner,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class CoverageFigure:
    """How much of the data the model explains; `cautions` say where the data themselves are thin."""

    cases: int = 0
    events: int = 0
    periods: int = 0
    unmatched: tuple[tuple[str, int], ...] = ()
    deviations: tuple[tuple[str, str, int], ...] = ()
    detours: tuple[Detour, ...] = ()
    astray: int = 0
    notes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "events": self.events,
            "periods": self.periods,
            "unmatched_activities": [{"activity": name, "events": count} for name, count in self.unmatched],
            "deviations": [{"from": first, "to": then, "times": count} for first, then, count in self.deviations],
            "astray": self.astray,
            "detours": [detour_document(one) for one in self.detours],
            "notes": list(self.notes),
            "cautions": list(self.cautions),
        }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _interval(
    value: float | None, low: float | None, high: float | None, half_life: float | None
) -> dict[str, float | None] | None:
    return None if value is None else {"mean": value, "low": low, "high": high, "half_life_periods": half_life}
