"""Why something stands where it does: an indicator, a metric, a place of the process, a team, an objective or a
commitment.

Everything here is read off one evaluation; of an objective its line of sight is worked out beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from mpmflow.analysis.results import Document, Result
from mpmflow.analysis.rules import Clause
from mpmflow.diagnostics.suggest import nearest

from .objectives import ObjectiveFigure

if TYPE_CHECKING:
    from mpmflow.analysis.alignment.answer import ObjectiveSight

    from .commitments import CommitmentFigure
    from .evaluation import Evaluation
    from .figures import IndicatorFigure, MetricFigure, SpreadFigure

Kind = Literal["indicator", "metric", "place", "objective", "commitment"]
_OF_INDICATOR = ("unit", "expected", "observed", "n", "low", "high", "estimate", "half_life", "p_worse", "rule")
_OF_METRIC = (
    "unit", "baseline", "forecast", "low", "high", "target", "p_miss", "change", "residual", "reading", "evidence",
    "method",
)  # fmt: skip
_OF_COMMITMENT = ("promises", "p_miss", "days_left", "if_met", "if_missed", "follows", "ways_back", "do")


@dataclass(frozen=True)
class Explanation(Result):
    """The answer of `Evaluation.explain`.

    Attributes:
        name, label, kind: what is explained; a step, decision, team or workflow is a `place`.
        owner: who answers for it, where the file says so.
        state, since: how an indicator, objective or commitment stands, and of an indicator since when.
        clauses: of an indicator, its rules, each clause with its value and the levels it compares with.
        figures: the numbers behind it, by the names of `IndicatorFigure`, `MetricFigure` or `ObjectiveFigure`.
        by: of a metric, what each source adds to it; of an indicator, what it adds to each metric.
        rework, delay: of a place, extra visits per case and extra seconds per case by source; of an indicator, what it
            adds at each place.
        paths: the ways of influence, each a list of names.
        measured_by: of an objective, its metrics, of a commitment, those it promises, each explained.
        sight: of an objective, what can move it, by how much and how soon.
        evaluation: what it was read off; a page of it needs the words of that.
    """

    schema = "mpmflow/explanation/1"
    shown_by = ("render.explain_page", "explanation_page")
    name: str
    label: str
    kind: Kind
    owner: str | None = None
    state: str | None = None
    since: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    clauses: tuple[Clause, ...] = ()
    by: Mapping[str, float] = field(default_factory=dict)
    rework: Mapping[str, float] = field(default_factory=dict)
    delay: Mapping[str, float] = field(default_factory=dict)
    paths: tuple[tuple[str, ...], ...] = ()
    measured_by: tuple[Explanation, ...] = ()
    sight: ObjectiveSight | None = None
    evaluation: Evaluation | None = field(default=None, repr=False, compare=False)

    def body(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "owner": self.owner,
            "state": self.state,
            "since": self.since,
            "figures": dict(self.figures),
            "clauses": [clause.to_dict() for clause in self.clauses],
            "by": dict(self.by),
            "rework": dict(self.rework),
            "delay": dict(self.delay),
            "paths": [list(path) for path in self.paths],
            "measured_by": [metric.body() for metric in self.measured_by],
            "sight": self.sight.to_dict() if self.sight is not None else None,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a source (or place, or metric): what it adds to the figure, to visits, to the time there."""
        names = list(dict.fromkeys([*self.by, *self.rework, *self.delay]))
        return {
            "name": names,
            "adds": [self.by.get(name) for name in names],
            "extra_visits": [self.rework.get(name) for name in names],
            "extra_time": [self.delay.get(name) for name in names],
        }


def explain(evaluation: Evaluation, name: str) -> Explanation:
    """Explain an indicator, metric, objective, commitment, step, decision, team or workflow of an evaluation.

    Raises KeyError, with the nearest names, for anything else.
    """
    return replace(_explained(evaluation, name), evaluation=evaluation)


def _explained(evaluation: Evaluation, name: str) -> Explanation:
    for row in evaluation.indicators:
        if row.name == name:
            return _indicator(evaluation, row)
    for metric in evaluation.metrics:
        if metric.name == name:
            return _metric(metric)
    for objective in evaluation.objectives:
        if objective.name == name:
            return _objective(evaluation, objective)
    for commitment in evaluation.commitments:
        if commitment.name == name:
            return _commitment(evaluation, commitment)
    for place in evaluation.spread:
        if place.at == name:
            return _place(evaluation, place)
    for whole in evaluation.spread:
        if whole.kind == "metric" and whole.workflow == name and whole.time_by:
            return _workflow(evaluation, name, whole)
    names = explicable(evaluation)
    moved = evaluation.model.initiatives.get(name) if evaluation.model is not None else None
    if moved is not None:
        levers = ", ".join(move.lever for move in moved.moves)
        raise KeyError(
            f"{name!r} is an initiative: ask about what it moves ({levers or 'nothing'}), or about its goals"
        )
    near = nearest(name, names, most=3)
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    meant = f"the nearest names are {', '.join(near)}" if near else f"there are {', '.join(names[:12])}{more}"
    raise KeyError(f"{name!r} is no indicator, metric, objective, commitment or place of this evaluation; {meant}")


def explicable(evaluation: Evaluation) -> list[str]:
    """Every name that `explain` knows."""
    groups = (
        [row.name for row in evaluation.indicators],
        [row.name for row in evaluation.metrics],
        [row.name for row in evaluation.objectives],
        [row.name for row in evaluation.commitments],
        [row.at for row in evaluation.spread],
    )
    return list(dict.fromkeys(name for group in groups for name in group))


def _indicator(evaluation: Evaluation, row: IndicatorFigure) -> Explanation:
    source = row.measures or row.name
    return Explanation(
        row.name,
        row.label,
        "indicator",
        row.owner,
        row.state,
        row.since.isoformat() if row.since else None,
        {word: getattr(row, word) for word in _OF_INDICATOR},
        row.clauses,
        {metric.name: metric.by[source] for metric in evaluation.metrics if source in metric.by},
        {place.at: place.visits_by[source] for place in evaluation.spread if source in place.visits_by},
        {
            place.at: place.time_by[source]
            for place in evaluation.spread
            if source in place.time_by and place.kind != "metric"
        },
        tuple(path for metric in evaluation.metrics for path in metric.paths if path[0] in (row.name, source)),
    )


def _metric(row: MetricFigure) -> Explanation:
    figures = {word: getattr(row, word) for word in _OF_METRIC}
    figures["on"] = row.on.isoformat() if row.on else None
    figures["reaches_on"] = row.reaches_on.isoformat() if row.reaches_on else None
    figures["target_text"] = row.target_text
    return Explanation(row.name, row.label, "metric", row.owner, figures=figures, by=row.by, paths=row.paths)


def _objective(evaluation: Evaluation, row: ObjectiveFigure) -> Explanation:
    figures = {"level": row.level, "parent": row.parent, "target_text": row.target_text, "p_miss": row.p_miss}
    held = {metric.name: metric for metric in evaluation.metrics}
    metrics = tuple(_metric(held[name]) for name in row.measured_by if name in held)
    seen = evaluation.line_of_sight
    sight = seen.objective(row.name) if seen is not None else None
    return Explanation(
        row.name, row.label, "objective", row.owner, row.state, figures=figures, measured_by=metrics, sight=sight
    )


def _commitment(evaluation: Evaluation, row: CommitmentFigure) -> Explanation:
    """A commitment: its promises and ways back as in its row, and what moves the metrics that it promises."""
    told = row.to_dict()
    figures = {word: told[word] for word in _OF_COMMITMENT}
    held = {metric.name: metric for metric in evaluation.metrics}
    names = dict.fromkeys(promise.metric for promise in row.promises)
    metrics = tuple(_metric(held[name]) for name in names if name in held)
    return Explanation(row.name, row.label, "commitment", row.by, row.state, figures=figures, measured_by=metrics)


def _place(evaluation: Evaluation, row: SpreadFigure) -> Explanation:
    figures = {
        "place": row.kind,
        "extra_visits": row.extra_visits,
        "reaches_on": row.reaches_on.isoformat() if row.reaches_on else None,
        "starves_until": row.starves_until.isoformat() if row.starves_until else None,
        "fewest": row.fewest,
        "extra_time": row.extra_time,
        "path_time": row.path_time,
        "own_time": row.own_time,
        "residual": row.residual,
    }
    open_there = sum(case.at == row.at for case in evaluation.open_cases)
    figures["open_cases"] = open_there
    return Explanation(row.at, row.label or row.at, "place", figures=figures, rework=row.visits_by, delay=row.time_by)


def _workflow(evaluation: Evaluation, name: str, row: SpreadFigure) -> Explanation:
    """A whole workflow: the time of its cases."""
    figures = {
        "place": "workflow",
        "extra_time": row.extra_time,
        "residual": row.residual,
        "open_cases": sum(case.workflow == name for case in evaluation.open_cases),
    }
    return Explanation(name, evaluation.labels.get(name, name), "place", figures=figures, delay=row.time_by)
