"""The rows of the spread: nodes, teams and figures of workflows, each with its extra visits or time by source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.process import End

from .arrivals import NEVER, Coming
from .figures import SpreadFigure
from .labels import nodes_of, team_labels
from .levels import figure_name
from .outlook import Outlook
from .prepared import FIGURES
from .process_change import ProcessChange
from .spread import NodeSpread, Split


def place_rows(
    changes: Mapping[str, ProcessChange], model: Model, coming: Mapping[str, Mapping[str, Coming] | None]
) -> tuple[SpreadFigure, ...]:
    """Nodes and behind them teams, those with the largest extra time (then visits) first.

    `coming`: workflow -> node -> when its extra visits come, None for a workflow where that is not known.
    """
    rows: list[SpreadFigure] = []
    kinds = {node.name: (node.kind, node.title) for _, node in nodes_of(model) if not isinstance(node, End)}
    teams = team_labels(model)
    for name, change in changes.items():
        for node, spread in change.nodes.items():
            kind, label = kinds.get(node, ("step", node))
            if kind == "parallel":
                continue
            rows.append(_row(node, kind, label, name, spread, (coming.get(name) or {}).get(node, NEVER)))
        for team, spread in change.team_spread().items():
            rows.append(_row(team, "team", teams.get(team, team.replace("_", " ")), name, spread))
    return tuple(sorted(rows, key=lambda row: (row.kind == "team", -abs(row.extra_time), -abs(row.extra_visits))))


def figure_rows(
    changes: Mapping[str, ProcessChange], metrics: Sequence[Metric], outlook: Outlook
) -> tuple[SpreadFigure, ...]:
    """The figures of every workflow, each under the name of the metric that is nothing but it, where there is one."""
    rows: list[SpreadFigure] = []
    named = {
        _only_figure(outlook, metric.name): metric for metric in reversed(metrics) if _only_figure(outlook, metric.name)
    }
    for name, change in changes.items():
        asked = [figure for figure in outlook.figures.values() if figure[1] == name]
        for function, _, statistic in dict.fromkeys([*((one, name, None) for one in FIGURES), *asked]):
            split = change.split(function, statistic)
            if split is None:
                continue
            place = figure_name(function, name, statistic)
            metric = named.get(place)
            rows.append(_metric_row(metric.name if metric else place, metric, name, function, split))
    return tuple(rows)


def _row(at: str, kind: str, label: str, workflow: str, spread: NodeSpread, coming: Coming = NEVER) -> SpreadFigure:
    return SpreadFigure(
        at=at,
        kind=kind,  # type: ignore[arg-type]
        label=label,
        workflow=workflow,
        extra_visits=spread.visits.change,
        visits_by=_sorted(spread.visits.parts),
        reaches_on=coming.reaches_on,
        starves_until=coming.starves_until,
        fewest=coming.fewest,
        extra_time=spread.time.change,
        time_by=_sorted(spread.time.parts),
        path_time=spread.path,
        own_time=spread.own,
        pool_time=spread.pool,
        residual=_told(spread.time.residual, spread.time),
    )


def _metric_row(at: str, metric: Metric | None, workflow: str, function: str, split: Split) -> SpreadFigure:
    timed = function == "time"
    return SpreadFigure(
        at=at,
        kind="metric",
        label=metric.title if metric else at,
        workflow=workflow,
        extra_time=split.change if timed else 0.0,
        time_by=_sorted(split.parts) if timed else {},
        change=split.change,
        change_by=_sorted(split.parts),
        unit=(metric.unit or "") if metric else "",
        residual=_told(split.residual, split),
    )


def _told(residual: float, split: Split) -> float:
    """A residual worth telling: more than rounding."""
    scale = max(abs(split.before), abs(split.after), *(abs(part) for part in split.parts.values()), 0.0)
    return residual if abs(residual) > 1e-9 * scale else 0.0


def _sorted(parts: Mapping[str, float]) -> dict[str, float]:
    kept = {name: part for name, part in parts.items() if part}
    return dict(sorted(kept.items(), key=lambda item: (-abs(item[1]), item[0])))


def _only_figure(outlook: Outlook, metric: str) -> str | None:
    """The workflow figure that a metric is nothing but."""
    inputs = [edge.source for edge in outlook.network.edges if edge.target == metric]
    formula = outlook.formulas.get(metric)
    one = len(inputs) == 1 and formula is not None and formula.kind == "function"
    return inputs[0] if one and inputs[0] in outlook.figures else None
