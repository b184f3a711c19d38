"""Cause and effect as one networkx graph: from what can be watched early to what is judged late.

Nodes are indicators (those that workflows give by themselves, and named ones) and metrics. Edges say where an influence
comes from (`origin`):

    structural   a workflow's indicator on a metric whose formula asks for a figure of that workflow, `time(W)` say
    formula      what an expression mentions, on the metric or named indicator that it computes; at once
    declared     a `cause` whose strength its author states
    learned      a `cause` whose strength is taken from data

Edges are keyed by their origin; a second declared influence of the same pair gets `declared#2`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.model.expressions import Expression, Function, Reference, walk
from mpmflow.model.imports import with_imports
from mpmflow.model.measures import Cause, DerivedIndicator, Each, Elasticity, Indicator, Learned, Metric, Saturating
from mpmflow.model.model import Model, derived_indicators
from mpmflow.model.process import Call, Decision, Step, Workflow

Gains = Mapping[tuple[str, str], float]
"""(source, effect) -> what one more of the source adds to the effect, both in base units."""


def cause_effect(model: Model, gains: Gains | None = None) -> nx.MultiDiGraph:
    """The cause-effect graph of a model and all that it imports.

    `gains` fills in the strength of structural and formula edges, which the analysis knows and the text does not.

    >>> from mpmflow.model.process import Outcome
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> workflow = Workflow(name="w", body=[Step(name="brief"), check])
    >>> cycle = Metric(name="cycle", category="operational",
    ...                formula=Function(function="time", arguments=[Reference(name="w")]))
    >>> graph = cause_effect(Model(workflows=[workflow], metrics=[cycle]))
    >>> graph.edges["ok.no", "cycle", "structural"]["lag"]
    (0.0, 0.0)
    """
    models = list(with_imports(model))
    graph = nx.MultiDiGraph(**{at.VIEW: "causes"})
    workflows = {workflow.name: workflow for one in models for workflow in one.workflows}
    order = 0
    for one in models:
        indicators: tuple[Indicator | DerivedIndicator, ...] = (*one.declared_indicators, *derived_indicators(one))
        for indicator in indicators:
            if indicator.name not in graph:
                graph.add_node(indicator.name, **_indicator(indicator), **{at.ORDER: order})
                order += 1
        for metric in one.metrics:
            graph.add_node(metric.name, **_metric(metric, workflows), **{at.ORDER: order})
            order += 1
    for one in models:
        for metric in one.metrics:
            if metric.formula is not None:
                _add_expression(graph, metric.name, metric.formula, workflows, gains or {})
        for indicator in one.declared_indicators:
            _add_expression(graph, indicator.name, indicator.measure, workflows, gains or {})
        for cause in one.causes:
            _add_cause(graph, cause)
    for position, (_, _, data) in enumerate(graph.edges(data=True)):
        data[at.ORDER] = position
    return graph


def _indicator(indicator: Indicator | DerivedIndicator) -> dict[str, Any]:
    found = {
        at.KIND: "indicator",
        at.LABEL: indicator.title if isinstance(indicator, Indicator) else indicator.label,
        at.TIMING: "leading",
        at.OWNER: indicator.owner,
        at.BETTER: indicator.better,
        at.UNIT: getattr(indicator, "unit", None) or None,
        at.OF: getattr(indicator, "of", None),
        at.ASPECT: getattr(indicator, "aspect", None),
    }
    return at.present(found)


def _metric(metric: Metric, workflows: Mapping[str, Workflow]) -> dict[str, Any]:
    found = {
        at.KIND: "metric",
        at.LABEL: metric.title,
        at.CATEGORY: metric.category,
        at.TIMING: timing_of(metric, workflows),
        at.UNIT: metric.unit,
        at.BETTER: metric.better,
        at.OWNER: metric.owner,
    }
    return at.present(found)


def timing_of(metric: Metric, workflows: Mapping[str, Workflow]) -> str:
    """Whether a metric leads or lags: what goes into the process or is seen while it runs leads, the rest lags.

    Activities go in; a metric leads also if its formula asks for nothing but the cases that are open (`wip`).
    """
    if metric.category == "activity":
        return "leading"
    if metric.formula is None:
        return "lagging"
    asked = {function for function, _ in workflow_functions(metric.formula, workflows)}
    return "leading" if asked == {"wip"} else "lagging"


def workflow_functions(expression: Expression, workflows: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each workflow function that an expression uses, with the workflow it is asked of, in the order of the text."""
    found = []
    for part in walk(expression):
        if isinstance(part, Function):
            for argument in part.arguments:
                if isinstance(argument, Reference) and argument.name in workflows:
                    found.append((part.function, argument.name))
    return list(dict.fromkeys(found))


def shown_by(workflow: Workflow, workflows: Mapping[str, Workflow]) -> tuple[str, ...]:
    """The indicators that a workflow shows while it runs, those of the workflows that it calls included."""
    found: dict[str, None] = {}
    waiting, seen = [workflow], {workflow.name}
    while waiting:
        one = waiting.pop(0)
        teams: dict[str, None] = {}
        for node in one.nodes():
            if isinstance(node, Decision):
                found |= dict.fromkeys(f"{node.name}.{outcome.name}" for outcome in node.outcomes)
                found |= dict.fromkeys((f"{node.name}.rounds", f"{node.name}.wait"))
            elif isinstance(node, Step):
                found |= dict.fromkeys((f"{node.name}.time", f"{node.name}.wait"))
            elif isinstance(node, Call):
                called = workflows.get(node.workflow)
                if called is not None and called.name not in seen:
                    seen.add(called.name)
                    waiting.append(called)
            team = getattr(node, "by", None)
            if team:
                teams[f"{team}.load"] = None
        found |= teams
    return (*found, f"{workflow.name}.arrivals", f"{workflow.name}.open")


def _add_expression(
    graph: nx.MultiDiGraph, effect: str, expression: Expression, workflows: Mapping[str, Workflow], gains: Gains
) -> None:
    for _, name in workflow_functions(expression, workflows):
        for source in shown_by(workflows[name], workflows):
            if source in graph and not graph.has_edge(source, effect):
                data = {at.ORIGIN: "structural", at.LAG: (0.0, 0.0), at.VIA: name, at.GAIN: gains.get((source, effect))}
                graph.add_edge(source, effect, "structural", **at.present(data))
    for part in walk(expression):
        if isinstance(part, Reference) and part.name not in workflows and part.name != effect and part.name in graph:
            data = {at.ORIGIN: "formula", at.LAG: (0.0, 0.0), at.GAIN: gains.get((part.name, effect))}
            graph.add_edge(part.name, effect, "formula", **at.present(data))


def _add_cause(graph: nx.MultiDiGraph, cause: Cause) -> None:
    if cause.source not in graph or cause.effect not in graph:
        return  # a name that does not exist is the compiler's to report
    strength = cause.strength
    origin = "learned" if isinstance(strength, Learned) else "declared"
    data: dict[str, Any] = {
        at.ORIGIN: origin,
        at.STRENGTH: strength.kind if strength is not None else None,
        at.LAG: (float(cause.lag.low.base), float(cause.lag.high.base)) if cause.lag else None,
        at.CONFIDENCE: float(cause.confidence) if cause.confidence is not None else None,
        at.GRADE: cause.grade,
        at.EVIDENCE: cause.evidence.grade if cause.evidence else "declared",
        at.NOTE: cause.evidence.note if cause.evidence else None,
    }
    if isinstance(strength, Each) and strength.step.base:
        data[at.GAIN] = float(strength.adds.base / strength.step.base)
    elif isinstance(strength, Saturating):
        data[at.SATURATION] = (float(strength.most.base), float(strength.half.base))
    elif isinstance(strength, Elasticity):
        data[at.ELASTICITY] = float(strength.value)
    number = sum(key.partition("#")[0] == origin for key in graph.get_edge_data(cause.source, cause.effect, default={}))
    graph.add_edge(cause.source, cause.effect, f"{origin}#{number + 1}" if number else origin, **at.present(data))
