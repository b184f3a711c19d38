"""Why an indicator or metric stands where it does: the clauses of its rules with their values, its parts and paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mpmflow.analysis.rules import Clause
from mpmflow.diagnostics.suggest import nearest

if TYPE_CHECKING:
    from .evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer of `Evaluation.explain`.

    Attributes:
        name, label, kind: what is explained.
        state, since: of an indicator; `clauses` its rules, each clause with its value and the levels it compares with.
        figures: the numbers behind it (expected, observed, estimate, p_worse; or baseline, forecast, target, p_miss).
        by: of a metric, what each source adds; of an indicator, what it does to each metric.
        paths: the ways of influence, each a list of names.
    """

    name: str
    label: str
    kind: Literal["indicator", "metric"]
    state: str | None = None
    since: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    clauses: tuple[Clause, ...] = ()
    by: Mapping[str, float] = field(default_factory=dict)
    paths: tuple[tuple[str, ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "state": self.state,
            "since": self.since,
            "figures": dict(self.figures),
            "clauses": [_clause(clause) for clause in self.clauses],
            "by": dict(self.by),
            "paths": [list(path) for path in self.paths],
        }


def explain(evaluation: Evaluation, name: str) -> Explanation:
    """Explain one indicator or metric of an evaluation. KeyError, with the nearest names, for anything else."""
    for row in evaluation.indicators:
        if row.name == name:
            effects = {
                metric.name: metric.by[source]
                for metric in evaluation.metrics
                for source in (row.measures or row.name,)
                if source in metric.by
            }
            ways = [path for metric in evaluation.metrics for path in metric.paths if path[0] in (name, row.measures)]
            figures = {
                word: getattr(row, word)
                for word in ("expected", "observed", "n", "low", "high", "estimate", "p_worse", "rule")
            }
            since = row.since.isoformat() if row.since else None
            return Explanation(
                name, row.label, "indicator", row.state, since, figures, row.clauses, effects, tuple(ways)
            )
    for metric in evaluation.metrics:
        if metric.name == name:
            words = ("baseline", "forecast", "low", "high", "target", "p_miss", "change", "reading", "evidence")
            figures = {word: getattr(metric, word) for word in words}
            figures["on"] = metric.on.isoformat() if metric.on else None
            figures["reaches_on"] = metric.reaches_on.isoformat() if metric.reaches_on else None
            return Explanation(name, metric.label, "metric", figures=figures, by=metric.by, paths=metric.paths)
    names = [row.name for row in evaluation.indicators] + [row.name for row in evaluation.metrics]
    near = ", ".join(nearest(name, names, most=3)) or "there is nothing like it"
    raise KeyError(f"{name!r} is no indicator or metric of this evaluation; nearest: {near}")


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "text": clause.text,
        "kind": clause.kind,
        "truth": clause.truth,
        "value": clause.value,
        "low": clause.low,
        "high": clause.high,
        "fires": clause.fires,
        "pending": clause.pending,
        "parts": [_clause(part) for part in clause.parts],
    }
