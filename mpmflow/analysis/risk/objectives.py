"""Objectives as an evaluation sees them: the target each is held to, how likely it is missed, and what moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpmflow.model.goals import Level, Objective
from mpmflow.model.model import Model
from mpmflow.model.quantities import write_quantity

if TYPE_CHECKING:
    from .figures import MetricFigure


@dataclass(frozen=True, slots=True)
class ObjectiveFigure:
    """A goal of one level of the organisation.

    Attributes:
        parent: the objective that it serves; None at the top.
        measured_by: its metrics, in the order of the text.
        target_text: its own target as written; metrics may have targets of their own.
        p_miss: of its metrics that have a target, the largest probability to miss one; None without any.
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

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "level": self.level,
            "parent": self.parent,
            "owner": self.owner,
            "measured_by": list(self.measured_by),
            "target": self.target_text,
            "p_miss": self.p_miss,
            "moved_by": list(self.moved_by),
        }


def objective_figures(model: Model, metrics: Sequence[MetricFigure]) -> tuple[ObjectiveFigure, ...]:
    """Every objective of a model, from the top down."""
    rows = {row.name: row for row in metrics}
    return tuple(_figure(objective, parent, rows) for objective, parent in model.objective_tree())


def _figure(objective: Objective, parent: Objective | None, rows: dict[str, MetricFigure]) -> ObjectiveFigure:
    mine = [rows[name] for name in objective.measured_by if name in rows]
    chances = [row.p_miss for row in mine if row.p_miss is not None]
    moved: dict[str, None] = {}
    for row in mine:
        moved |= dict.fromkeys(row.by)
    target = objective.target
    return ObjectiveFigure(
        objective.name,
        objective.title,
        objective.level,
        parent.name if parent is not None else None,
        objective.owner,
        tuple(objective.measured_by),
        f"{target.comparison} {write_quantity(target.value)}" if target is not None else None,
        max(chances, default=None),
        tuple(moved),
    )
