"""The words that an evaluation uses for names, and the nodes of a model with those of its imports."""

from __future__ import annotations

from collections.abc import Sequence

from mpmflow.model.imports import with_imports, workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.process import End, Node, Workflow

from .enough_data import metrics_of
from .figures import IndicatorFigure


def labels_of(model: Model, indicators: Sequence[IndicatorFigure]) -> dict[str, str]:
    """Words for every name that an evaluation mentions: a named indicator lends its label to what it measures."""
    labels = {row.name: row.label for row in indicators if row.measures is None}
    labels |= {row.measures: row.label for row in indicators if row.measures is not None}
    labels |= {row.name: row.label for row in indicators if row.measures is not None}
    labels |= {metric.name: metric.title for metric in metrics_of(model)}
    labels |= {node.name: node.title for _, node in nodes_of(model) if not isinstance(node, End)}
    labels |= {workflow.name: workflow.title for workflow in workflows_in_question(model)}
    labels |= team_labels(model)
    labels |= {initiative.name: initiative.title for initiative in model.initiatives}
    labels |= {commitment.name: commitment.title for commitment in model.commitments}
    return labels


def team_labels(model: Model) -> dict[str, str]:
    """The labels that somebody gave to teams."""
    return {team.name: team.label for one in with_imports(model) for team in one.all_teams if team.label}


def nodes_of(model: Model) -> list[tuple[Workflow, Node]]:
    """Every node with its workflow, those of imports after those of the file itself."""
    found = list(model.nodes())
    for imported in model.imports:
        found += nodes_of(imported.model)
    return found
