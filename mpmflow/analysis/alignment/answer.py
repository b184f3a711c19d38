"""The answer of `line_of_sight`: for every goal what can move it, for all that is done which goals it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from mpmflow.analysis.results import Document, Provenance, Result, finite
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.goals import LEVELS

from .ways import Way

Strength = Literal["known", "partly", "unknown"]
Verdict = Literal["effective", "output only", "efficient only", "nothing"]
"""What something that is done is good for: it moves an outcome; an output or an activity, but no outcome; metrics of
efficiency and no others; no metric at all.
"""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a lever or a metric does to a metric, in the long run.

    Attributes:
        source: a lever (`brief_complete.no`, `brief.takes`, `legal.people`) or a metric.
        kind: share, work, wait, delay, money, rate (money per hour), people, arrivals or metric.
        of: the step, decision, team or workflow that the lever belongs to; of a metric, itself.
        step, said: a step that people speak of, in base units and in words: 0.01, "+1 point".
        change: what that step adds to the metric, in its base unit, over all ways of known strength together; None
            where no way has one.
        strength: `known`; `partly`, where some ways have no known strength; `unknown`.
        helps: whether the step makes the metric better; None without a direction, or without a known change.
        worth: what all of the source, from nothing to where it stands, adds to the metric at this strength, in size;
            None where its own level or its strength is not known. Effects are ordered by it.
        soonest, lag, latest: seconds until the effect comes: nearly the first of it, the mean, nearly all of it.
        evidence: the weakest that any of the ways rests on.
        why: why the strength, or a part of it, is not known.
        ways: the strongest ways.
    """

    source: str
    kind: str
    of: str
    metric: str
    step: float
    said: str
    change: float | None
    strength: Strength
    helps: bool | None
    worth: float | None
    soonest: float
    lag: float
    latest: float
    evidence: str
    why: str = ""
    ways: tuple[Way, ...] = ()

    def to_dict(self) -> Document:
        return {
            "source": self.source,
            "kind": self.kind,
            "of": self.of,
            "metric": self.metric,
            "step": self.step,
            "said": self.said,
            "change": finite(self.change),
            "strength": self.strength,
            "helps": self.helps,
            "lag": {"soonest": self.soonest, "mean": self.lag, "latest": self.latest},
            "evidence": self.evidence,
            "why": self.why,
            "ways": [
                {"names": list(way.names), "gain": finite(way.gain), "lag": way.lag, "evidence": way.evidence}
                for way in self.ways
            ],
        }


@dataclass(frozen=True, slots=True)
class ObjectiveSight:
    """One goal: what moves its metrics, and who serves it.

    Attributes:
        effects: the levers and metrics that move its metrics, metric by metric, those worth most first.
        activities: the steps, decisions, teams, workflows and activity metrics that reach it.
        children: the goals below it. initiatives: those that say they serve it.
        blind: nothing that is done reaches it.
    """

    name: str
    label: str
    level: str
    parent: str | None
    owner: str | None
    measured_by: tuple[str, ...]
    effects: tuple[Effect, ...]
    activities: tuple[str, ...]
    children: tuple[str, ...]
    initiatives: tuple[str, ...]
    blind: bool

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "level": self.level,
            "parent": self.parent,
            "owner": self.owner,
            "measured_by": list(self.measured_by),
            "blind": self.blind,
            "activities": list(self.activities),
            "children": list(self.children),
            "initiatives": list(self.initiatives),
            "effects": [effect.to_dict() for effect in self.effects],
        }


@dataclass(frozen=True, slots=True)
class ActivitySight:
    """Something that is done, and what it is good for.

    Attributes:
        kind: step, decision, choose, team, partner, workflow, metric (an activity metric) or initiative.
        levers: what of it can be set or happens.
        metrics, objectives: those that it reaches. outcomes: the metrics of category `outcome` among them.
        serves: of an initiative, the goals that it says it serves.
    """

    name: str
    label: str
    kind: str
    levers: tuple[str, ...]
    metrics: tuple[str, ...]
    objectives: tuple[str, ...]
    outcomes: tuple[str, ...]
    verdict: Verdict
    serves: tuple[str, ...] = ()

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "verdict": self.verdict,
            "levers": list(self.levers),
            "metrics": list(self.metrics),
            "objectives": list(self.objectives),
            "outcomes": list(self.outcomes),
            "serves": list(self.serves),
        }


@dataclass(frozen=True, slots=True)
class MetricSight:
    """A metric, and what it is for.

    Attributes:
        tells: what it tells of: effort (an activity), effectiveness (the right things) or efficiency (things done
            right).
        objectives: the goals that it measures or moves; outcomes: the outcome metrics that it moves, or is.
        vanity: an activity or output metric that moves no outcome, in a file that has one. orphan: it measures and
            moves no goal.
    """

    name: str
    label: str
    category: str
    tells: Literal["effort", "effectiveness", "efficiency"]
    objectives: tuple[str, ...]
    outcomes: tuple[str, ...]
    vanity: bool
    orphan: bool

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "category": self.category,
            "tells": self.tells,
            "objectives": list(self.objectives),
            "outcomes": list(self.outcomes),
            "vanity": self.vanity,
            "orphan": self.orphan,
        }


@dataclass(frozen=True, slots=True)
class UpLink:
    """Whether a goal moves the goal above it, by its strongest pair of metrics.

    Attributes:
        metric, moves: the metric of the child and that of the parent; the same where they share one. None where no
            metric of the child reaches one of the parent.
        effect: what the one does to the other; None where they share the metric, or nothing reaches.
    """

    child: str
    parent: str
    metric: str | None
    moves: str | None
    effect: Effect | None

    @property
    def reaches(self) -> bool:
        """Whether there is a line of sight."""
        return self.metric is not None

    def to_dict(self) -> Document:
        return {
            "child": self.child,
            "parent": self.parent,
            "reaches": self.reaches,
            "metric": self.metric,
            "moves": self.moves,
            "effect": self.effect.to_dict() if self.effect is not None else None,
        }


@dataclass(frozen=True, slots=True)
class Conflict:
    """A lever that helps one goal and hurts another: its step, and what that does to a metric of each."""

    helps: Effect
    hurts: Effect

    def to_dict(self) -> Document:
        return {"source": self.helps.source, "helps": self.helps.to_dict(), "hurts": self.hurts.to_dict()}


@dataclass(frozen=True, slots=True)
class Across:
    """Two goals of one level: what they share, what helps both, what helps one and hurts the other.

    `conflicts` are ordered by how much the lever is worth to both.
    """

    first: str
    second: str
    level: str
    metrics: tuple[str, ...]
    teams: tuple[str, ...]
    together: tuple[str, ...]
    conflicts: tuple[Conflict, ...]

    def to_dict(self) -> Document:
        return {
            "first": self.first,
            "second": self.second,
            "level": self.level,
            "metrics": list(self.metrics),
            "teams": list(self.teams),
            "together": list(self.together),
            "conflicts": [one.to_dict() for one in self.conflicts],
        }


@dataclass(frozen=True, slots=True)
class LevelCoverage:
    """One level of the organisation: its goals, those that what is done reaches, those below another and those of them
    that move it, those with an initiative of their own.
    """

    level: str
    goals: tuple[str, ...]
    reached: tuple[str, ...]
    below: tuple[str, ...]
    moving_up: tuple[str, ...]
    undertaken: tuple[str, ...]

    def to_dict(self) -> Document:
        return {
            "level": self.level,
            "goals": list(self.goals),
            "reached": list(self.reached),
            "below": list(self.below),
            "moving_up": list(self.moving_up),
            "undertaken": list(self.undertaken),
        }


@dataclass(frozen=True)
class LineOfSight(Result):
    """The answer of `line_of_sight`.

    Attributes:
        objectives: from the top down. activities, metrics: in the order of the file.
        up: every goal and the one above it. across: goals of one level that share something or pull apart.
        as_of: the day whose data gave levels and learned strengths; None where the model alone was asked.
        labels, units: of levers, metrics and goals, for those who show them.
    """

    schema = "mpmflow/sight/1"
    shown_by = ("render.sight_page", "sight_page")

    objectives: tuple[ObjectiveSight, ...]
    activities: tuple[ActivitySight, ...]
    metrics: tuple[MetricSight, ...]
    up: tuple[UpLink, ...]
    across: tuple[Across, ...]
    notes: tuple[str, ...] = ()
    as_of: date | None = None
    title: str = ""
    provenance: Provenance | None = None
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    units: Mapping[str, str] = field(default_factory=dict, repr=False)

    def objective(self, name: str) -> ObjectiveSight:
        """The goal of that name; KeyError with the nearest names if there is none."""
        for row in self.objectives:
            if row.name == name:
                return row
        names = [row.name for row in self.objectives]
        near = nearest(name, names, most=3) or tuple(names[:8])
        raise KeyError(f"{name!r} is none of the objectives; nearest: {', '.join(near) or 'there are none'}")

    @property
    def levels(self) -> tuple[LevelCoverage, ...]:
        """Coverage level by level, from the enterprise down; levels without goals are left out."""
        links = {link.child: link.reaches for link in self.up}
        found = []
        for level in LEVELS:
            goals = [row for row in self.objectives if row.level == level]
            if goals:
                names = tuple(row.name for row in goals)
                found.append(
                    LevelCoverage(
                        level,
                        names,
                        tuple(row.name for row in goals if not row.blind),
                        tuple(name for name in names if name in links),
                        tuple(name for name in names if links.get(name)),
                        tuple(row.name for row in goals if row.initiatives),
                    )
                )
        return tuple(found)

    @property
    def blind(self) -> tuple[str, ...]:
        """The goals that nothing that is done reaches."""
        return tuple(row.name for row in self.objectives if row.blind)

    @property
    def orphans(self) -> tuple[str, ...]:
        """What is done, initiatives and metrics that reach no goal; none where the file has no goals.

        What has neither time nor cost nor share in the file is left out: nothing of it could be changed.
        """
        if not self.objectives:
            return ()
        done = [row for row in self.activities if row.kind != "metric" and (row.levers or row.kind == "initiative")]
        names = [row.name for row in done if not row.objectives]
        return (*names, *(row.name for row in self.metrics if row.orphan))

    @property
    def vanity(self) -> tuple[str, ...]:
        """Activity and output metrics that move no outcome."""
        return tuple(row.name for row in self.metrics if row.vanity)

    @property
    def efficient_only(self) -> tuple[str, ...]:
        """What moves metrics of efficiency, such as times and costs, and no others."""
        return tuple(row.name for row in self.activities if row.verdict == "efficient only")

    def body(self) -> Document:
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "levels": [row.to_dict() for row in self.levels],
            "objectives": [row.to_dict() for row in self.objectives],
            "activities": [row.to_dict() for row in self.activities],
            "metrics": [row.to_dict() for row in self.metrics],
            "up": [row.to_dict() for row in self.up],
            "across": [row.to_dict() for row in self.across],
            "blind": list(self.blind),
            "orphans": list(self.orphans),
            "vanity": list(self.vanity),
            "efficient_only": list(self.efficient_only),
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict() if self.provenance is not None else None,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row for each effect on a goal: objective, source, kind, metric, said, change, strength, helps, lag,
        evidence; change in base units, lag in seconds.
        """
        pairs = [(goal.name, effect) for goal in self.objectives for effect in goal.effects]
        names = ("source", "kind", "metric", "said", "change", "strength", "helps", "lag", "evidence")
        table: dict[str, list[Any]] = {"objective": [goal for goal, _ in pairs]}
        return table | {name: [getattr(effect, name) for _, effect in pairs] for name in names}

    def __str__(self) -> str:
        blind = ", ".join(self.blind) or "none"
        return f"Line of sight of {len(self.objectives)} objectives: blind {blind}; {len(self.vanity)} vanity metrics"
