"""The rows of a report: facts in base units with their unit, name and label; words only where a sentence is due.

What an evaluation knows already stays the record that it is (`IndicatorFigure`, `MetricFigure`, `Course`, …); a part
puts beside it what only a report needs: its history with limits, how it stands, the sentence that says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from mpmflow.analysis.results import finite
from mpmflow.analysis.risk.commitments import CommitmentFigure
from mpmflow.analysis.risk.courses import Course
from mpmflow.analysis.risk.figures import Action, IndicatorFigure, MetricFigure
from mpmflow.analysis.risk.objectives import ObjectiveFigure
from mpmflow.analysis.risk.standing import Standing
from mpmflow.analysis.rules import State
from mpmflow.model.goals import Level

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class IndicatorPoint:
    """An indicator at the end of one period.

    Attributes:
        on: the last day of the period.
        value: in base units (shares as fractions, seconds); None where nothing was seen.
        n: answers or visits behind the value; None where it is not counted.
        state: what its rules made of it; None for an indicator without rules.
    """

    on: date
    value: float | None
    n: int | None = None
    state: State | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"on": self.on.isoformat(), "value": finite(self.value), "n": self.n, "state": self.state}


@dataclass(frozen=True, slots=True)
class Limit:
    """A level that a rule compares an indicator with.

    Attributes:
        level: what comes of it: `warn`, `alert`, or `clears` for the level behind which a rule is silent again.
        kind: `threshold` and `outside` are levels that somebody wrote, `moves` follows the value of some periods ago,
            `control` is a limit of a control chart.
        side: the side on which the rule fires (of `clears`: on which it is silent).
        values: the level in each period of the course, in base units; None where it is not known.
        text: the rule as written.
    """

    level: Literal["warn", "alert", "clears"]
    kind: Literal["threshold", "outside", "moves", "control"]
    side: Literal["above", "below"]
    values: Values
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "kind": self.kind,
            "side": self.side,
            "values": [finite(value) for value in self.values],
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class IndicatorCourse:
    """An indicator over the last full periods (at most 120), with its limits period by period.

    Charts that compare another figure than the observed one (an EWMA, a CUSUM) have no limit here; their states do
    stand at the points.
    """

    points: tuple[IndicatorPoint, ...]
    limits: tuple[Limit, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "points": [point.to_dict() for point in self.points],
            "limits": [limit.to_dict() for limit in self.limits],
        }


@dataclass(frozen=True, slots=True)
class ReportedIndicator:
    """A leading indicator with its course.

    Attributes:
        figure: as the evaluation has it.
        words: its label, or the question that it belongs to written out.
        in_trouble: its rules fire or begin to, or it is very likely worse than expected.
        state: of its rules; None for an indicator without any.
        course: its history; None where nothing was observed period by period.
    """

    figure: IndicatorFigure
    words: str
    in_trouble: bool
    state: State | None = None
    course: IndicatorCourse | None = None

    @property
    def name(self) -> str:
        return self.figure.name

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.figure.to_dict(),
            "state": self.state,
            "words": self.words,
            "in_trouble": self.in_trouble,
            "course": self.course.to_dict() if self.course is not None else None,
        }


@dataclass(frozen=True, slots=True)
class ReportedMetric:
    """A lagging metric with its course.

    Attributes:
        figure: as the evaluation has it.
        standing: how it stands to its target; see `mpmflow.analysis.risk.standing`.
        why: a sentence that says where its change comes from; "" where it hardly changes.
        course: observed and foretold, read as the target reads it; None where its level is not known.
    """

    figure: MetricFigure
    standing: Standing
    why: str = ""
    course: Course | None = None

    @property
    def name(self) -> str:
        return self.figure.name

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.figure.to_dict(),
            "standing": self.standing,
            "why": self.why,
            "course": self.course.to_dict() if self.course is not None else None,
        }


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way from a cause to a metric: an indicator with its state, or a metric with how it stands."""

    name: str
    words: str
    kind: Literal["indicator", "metric", "other"]
    state: State | None = None
    standing: Standing | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "words": self.words,
            "kind": self.kind,
            "state": self.state,
            "standing": self.standing,
        }


@dataclass(frozen=True, slots=True)
class Way:
    """How a cause reaches a metric in danger: the strongest way, what it adds, how much earlier it shows.

    Attributes:
        stops: from the leading indicator to the lagging metric.
        adds: what the cause adds to the metric's change, in the unit of the metric.
        warning_time: seconds by which the first place shows it before the last; None where that is not known.
        evidence: the weakest on the way.
    """

    stops: tuple[Stop, ...]
    adds: float
    unit: str
    warning_time: float | None = None
    evidence: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "stops": [stop.to_dict() for stop in self.stops],
            "adds": self.adds,
            "unit": self.unit,
            "warning_time": self.warning_time,
            "evidence": self.evidence,
        }


@dataclass(frozen=True, slots=True)
class ReportedAction:
    """Something to do, with the sentence that says what it gains."""

    action: Action
    words: str

    def to_dict(self) -> dict[str, Any]:
        return {**self.action.to_dict(), "unit": self.action.unit, "words": self.words}


@dataclass(frozen=True, slots=True)
class ReportedCommitment:
    """A commitment, with the sentences that say how it stands, what follows, and what would bring it back."""

    figure: CommitmentFigure
    words: str

    @property
    def name(self) -> str:
        return self.figure.name

    def to_dict(self) -> dict[str, Any]:
        return {**self.figure.to_dict(), "words": self.words}


@dataclass(frozen=True, slots=True)
class ReportedMove:
    """What an initiative changes: a lever from one level to another (both in base units), by a date."""

    lever: str
    start: float
    goal: float
    unit: str
    by: date | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "lever": self.lever,
            "from": self.start,
            "to": self.goal,
            "unit": self.unit,
            "by": self.by.isoformat() if self.by is not None else None,
        }


@dataclass(frozen=True, slots=True)
class ReportedInitiative:
    """An initiative of the file.

    Attributes:
        cost: in its `currency`; None where none is declared.
        moves: what it changes.
        serves: names of objectives.
        chosen: whether it is among those to take under the budget; None where no budget was given.
    """

    name: str
    label: str
    owner: str | None
    cost: float | None
    currency: str
    moves: tuple[ReportedMove, ...]
    serves: tuple[str, ...]
    chosen: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "owner": self.owner,
            "cost": self.cost,
            "currency": self.currency,
            "moves": [move.to_dict() for move in self.moves],
            "serves": list(self.serves),
            "chosen": self.chosen,
        }


@dataclass(frozen=True, slots=True)
class PastForecast:
    """A forecast that was made earlier, beside what came.

    Attributes:
        metric, label, unit: what was foretold.
        made_on, for_on: when, and for which date.
        middle, low, high: the figure that was expected, and its 95 % interval.
        target_text: the target of that day, as written; `p_miss` the chance to miss it that was told.
        came: what came; None as long as nobody knows.
        missed: whether the target was missed; None where that is not known, or there was none.
        inside: whether what came lies in the interval; None where it is not known.
        mark: `kept` or `missed` its target, `late` (missed, and reached on `reached_on`), `came` where there was no
            target, `ahead` as long as its day is not over, `unscored` where nothing can be said.
        title: the commitment or scenario that it belongs to; "" for the metric as things stood.
        note: why there is no score, or what else to know.
    """

    metric: str
    label: str
    unit: str
    made_on: date
    for_on: date | None
    middle: float | None = None
    low: float | None = None
    high: float | None = None
    target_text: str | None = None
    p_miss: float | None = None
    came: float | None = None
    missed: bool | None = None
    inside: bool | None = None
    mark: Literal["kept", "missed", "late", "came", "ahead", "unscored"] = "ahead"
    reached_on: date | None = None
    title: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "label": self.label,
            "unit": self.unit,
            "made_on": self.made_on.isoformat(),
            "for_on": self.for_on.isoformat() if self.for_on else None,
            "middle": self.middle,
            "low": self.low,
            "high": self.high,
            "target_text": self.target_text,
            "p_miss": self.p_miss,
            "came": self.came,
            "missed": self.missed,
            "inside": self.inside,
            "mark": self.mark,
            "reached_on": self.reached_on.isoformat() if self.reached_on else None,
            "title": self.title,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class ReportedObjective:
    """An objective with everything that hangs on it.

    Attributes:
        figure: as the evaluation has it.
        metrics: names of its metrics that the report has.
        commitments: names of those that promise something of its metrics.
        initiatives: names of those that serve it.
        serves: label of the objective above it; None at the top.
    """

    figure: ObjectiveFigure
    metrics: tuple[str, ...]
    commitments: tuple[str, ...]
    initiatives: tuple[str, ...]
    serves: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.figure.to_dict(),
            "metrics": list(self.metrics),
            "commitments": list(self.commitments),
            "initiatives": list(self.initiatives),
            "serves": self.serves,
        }


@dataclass(frozen=True, slots=True)
class LevelPart:
    """What a report says to one level of the organisation: its objectives, in the order of the text."""

    level: Level
    objectives: tuple[ReportedObjective, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"level": self.level, "objectives": [one.to_dict() for one in self.objectives]}


@dataclass(frozen=True, slots=True)
class Summary:
    """Which metrics stand how (by name), and how many indicators are in which state."""

    metrics: Mapping[Standing, tuple[str, ...]] = field(default_factory=dict)
    indicators: Mapping[State, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "metrics": {standing: list(names) for standing, names in self.metrics.items()},
            "indicators": dict(self.indicators),
        }


@dataclass(frozen=True, slots=True)
class Told:
    """The sentences of a report, made by the floor that makes words.

    Attributes:
        headline: one sentence that says the most important thing.
        sentences: what else belongs to the top: causes, what else is in danger, what is not known.
        against: what everything is measured against, in words; `meaning` says what that is.
        whys: metric -> where its change comes from.
        actions: an action and its sentence, the best one first.
        promises: commitment -> how it stands, what follows, and what would bring it back.
        words: name -> how people call it, for every name in the report.
        notes: what a reader should know of the data and the figures; `cautions` comes before everything else.
    """

    headline: str
    sentences: tuple[str, ...] = ()
    against: str = ""
    meaning: str = ""
    whys: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[ReportedAction, ...] = ()
    promises: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
