"""Objectives as an evaluation sees them: the target each is held to, how it stands, and what moves it.

An objective is held to its own target and to those of its metrics, each read at its own date, and stands as the worst
of them: missed or met where the date has passed and data show what came, at risk from a chance to miss of 20 % on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mpmflow.model.goals import Level, Objective
from mpmflow.model.model import Model
from mpmflow.model.quantities import write_quantity

from .prepared import metric_meant
from .standing import CLOSE

if TYPE_CHECKING:
    from mpmflow.compiler.units import Units

    from .figures import MetricFigure
    from .forecast import Forecaster

State = Literal["missed", "at risk", "unknown", "on course", "met"]
WORST_FIRST: tuple[State, ...] = ("missed", "at risk", "unknown", "on course", "met")


@dataclass(frozen=True, slots=True)
class ObjectiveFigure:
    """A goal of one level of the organisation.

    Attributes:
        parent: the objective that it serves; None at the top.
        measured_by: its metrics, in the order of the text.
        target_text: its own target as written; metrics may have targets of their own.
        state: how it stands; "unknown" without a target too.
        p_miss: the largest probability to miss its own target or one of its metrics'; None without any.
        moved_by: what moves its metrics away from the reference, the strongest first.
    """

    name: str
    label: str
    level: Level
    parent: str | None
    owner: str | None
    measured_by: tuple[str, ...]
    target_text: str | None
    p_miss: float | None
    moved_by: tuple[str, ...]
    state: State = "unknown"

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "level": self.level,
            "parent": self.parent,
            "owner": self.owner,
            "measured_by": list(self.measured_by),
            "target": self.target_text,
            "state": self.state,
            "p_miss": self.p_miss,
            "moved_by": list(self.moved_by),
        }


def objective_figures(
    model: Model, metrics: Sequence[MetricFigure], forecaster: Forecaster, units: Units
) -> tuple[ObjectiveFigure, ...]:
    """Every objective of a model, from the top down."""
    rows = {row.name: row for row in metrics}
    return tuple(_figure(objective, parent, rows, forecaster, units) for objective, parent in model.objective_tree())


def _figure(
    objective: Objective,
    parent: Objective | None,
    rows: dict[str, MetricFigure],
    forecaster: Forecaster,
    units: Units,
) -> ObjectiveFigure:
    mine = [rows[name] for name in objective.measured_by if name in rows]
    held = [(row.p_miss, row.method == "observed") for row in mine if row.target is not None]
    target = objective.target
    meant = metric_meant(objective, units)
    if target is not None and meant in rows and not _is_held_to(rows[meant], objective):
        own = forecaster.forecast(meant, target)
        held.append((own.p_miss, own.settled))
    moved: dict[str, None] = {}
    for row in mine:
        moved |= dict.fromkeys(row.by)
    return ObjectiveFigure(
        objective.name,
        objective.title,
        objective.level,
        parent.name if parent is not None else None,
        objective.owner,
        tuple(objective.measured_by),
        f"{target.comparison} {write_quantity(target.value)}" if target is not None else None,
        max((chance for chance, _ in held if chance is not None), default=None),
        tuple(moved),
        min((_state(*one) for one in held), key=WORST_FIRST.index, default="unknown"),
    )


def _is_held_to(row: MetricFigure, objective: Objective) -> bool:
    """Whether the row of a metric speaks of the objective's own target."""
    target = objective.target
    return target is not None and (row.target, row.comparison, row.on) == (
        float(target.value.base),
        target.comparison,
        target.by,
    )


def _state(p_miss: float | None, passed: bool) -> State:
    if p_miss is None:
        return "unknown"
    if passed:
        return "missed" if p_miss > 0.0 else "met"
    return "at risk" if p_miss >= CLOSE else "on course"
