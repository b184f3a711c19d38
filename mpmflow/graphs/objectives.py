"""The cascade of objectives, and the metrics map: what everything is for, and what it hangs on.

Kinds of nodes: objective, metric, initiative, commitment, lever. Kinds of edges: `serves` (an objective its parent, an
initiative an objective), `measured by` (an objective its metrics), `moves` (an initiative its levers), `promises` (a
commitment its metrics); the metrics map adds the influences among metrics, of kind `causes`.
"""

from __future__ import annotations

from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.graphs.causes import cause_effect
from mpmflow.graphs.written import write_target
from mpmflow.model.goals import Move
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model, derived_indicators
from mpmflow.model.quantities import write_quantity


def objectives_graph(model: Model) -> nx.MultiDiGraph:
    """Objectives with their parents, metrics, initiatives and commitments.

    >>> from mpmflow.model.goals import Objective
    >>> leads = Objective(name="leads", level="department", measured_by=["n"])
    >>> grow = Objective(name="grow", level="enterprise", children=[leads])
    >>> list(objectives_graph(Model(objectives=[grow])).edges(keys=True))
    [('leads', 'grow', 'serves'), ('leads', 'n', 'measured by')]
    """
    graph = nx.MultiDiGraph(**{at.VIEW: "objectives"})
    metrics = {metric.name: metric for metric in model.metrics}
    shown = {indicator.name: indicator.label for indicator in derived_indicators(model)}
    benchmarks: dict[str, list[str]] = {}
    for benchmark in model.benchmarks:
        words = write_quantity(benchmark.value) + (f" ({benchmark.label})" if benchmark.label else "")
        benchmarks.setdefault(benchmark.metric, []).append(words)

    def add_metric(name: str) -> None:
        if name not in graph:
            data = _metric(metrics.get(name))
            graph.add_node(name, **data, **at.present({at.BENCHMARK: tuple(benchmarks.get(name, ())) or None}))

    for objective, parent in model.objective_tree():
        found = {
            at.KIND: "objective",
            at.LABEL: objective.title,
            at.LEVEL: objective.level,
            at.OWNER: objective.owner,
            at.TARGET: write_target(objective.target) if objective.target else None,
            at.BY: _day(objective.target.by) if objective.target else None,
        }
        graph.add_node(objective.name, **at.present(found))
        if parent is not None:
            graph.add_edge(objective.name, parent.name, "serves", **{at.KIND: "serves"})
        for name in objective.measured_by:
            add_metric(name)
            graph.add_edge(objective.name, name, "measured by", **{at.KIND: "measured by"})
    for initiative in model.initiatives:
        found = {
            at.KIND: "initiative",
            at.LABEL: initiative.title,
            at.OWNER: initiative.owner,
            at.COSTS: write_quantity(initiative.costs) if initiative.costs else None,
        }
        graph.add_node(initiative.name, **at.present(found))
        for name in initiative.serves:
            graph.add_edge(initiative.name, name, "serves", **{at.KIND: "serves"})
        for move in initiative.moves:
            if move.lever not in graph:
                graph.add_node(move.lever, **{at.KIND: "lever", at.LABEL: shown.get(move.lever, move.lever)})
            data = {at.KIND: "moves", at.LABEL: _move(move), at.BY: _day(move.by)}
            graph.add_edge(initiative.name, move.lever, "moves", **at.present(data))
    for commitment in model.commitments:
        found = {at.KIND: "commitment", at.LABEL: commitment.title, at.OWNER: commitment.by}
        graph.add_node(commitment.name, **at.present(found))
        for promise in commitment.promises:
            add_metric(promise.metric)
            data = {at.KIND: "promises", at.TARGET: write_target(promise.target), at.BY: _day(promise.target.by)}
            graph.add_edge(commitment.name, promise.metric, "promises", **at.present(data))
    _number(graph)
    return graph


def metrics_map(model: Model) -> nx.MultiDiGraph:
    """The metrics map: objectives, every metric, what moves what among them, and the levers of initiatives.

    Of the leading indicators only those stand in it that an initiative moves; the causes view has them all.
    """
    graph = objectives_graph(model)
    graph.graph[at.VIEW] = "metrics"
    causes = cause_effect(model)
    for metric in model.metrics:
        graph.add_node(metric.name, **_metric(metric))
    for source, effect, key, data in causes.edges(keys=True, data=True):
        if source in graph and effect in graph:
            graph.add_edge(source, effect, key, **{**data, at.KIND: "causes"})
    _number(graph)
    return graph


def _metric(metric: Metric | None) -> dict[str, Any]:
    if metric is None:
        return {at.KIND: "metric"}
    found = {
        at.KIND: "metric",
        at.LABEL: metric.title,
        at.CATEGORY: metric.category,
        at.UNIT: metric.unit,
        at.BETTER: metric.better,
        at.OWNER: metric.owner,
        at.TARGET: write_target(metric.target) if metric.target else None,
        at.BY: _day(metric.target.by) if metric.target else None,
    }
    return at.present(found)


def _move(move: Move) -> str:
    start = f"from {write_quantity(move.start)} " if move.start is not None else ""
    return f"{start}to {write_quantity(move.goal)}"


def _day(day: Any) -> str | None:
    return day.isoformat() if day is not None else None


def _number(graph: nx.MultiDiGraph) -> None:
    for position, (_, data) in enumerate(graph.nodes(data=True)):
        data[at.ORDER] = position
    for position, (_, _, data) in enumerate(graph.edges(data=True)):
        data[at.ORDER] = position
