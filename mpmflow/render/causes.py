"""The picture of cause and effect: leading indicators on the left, what is judged late on the right."""

from __future__ import annotations

from html import escape
from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.graphs.written import write_target
from mpmflow.model.expressions import references
from mpmflow.model.flow import shares
from mpmflow.model.imports import with_imports
from mpmflow.model.measures import Cause, Each, Elasticity, Saturating
from mpmflow.model.model import Model
from mpmflow.model.process import Decision, Workflow
from mpmflow.model.quantities import Quantity, write_number, write_quantity
from mpmflow.render import palette
from mpmflow.render.dot import Attributes, Graph, Markup, padded, plain, rows, with_legend, wrapped
from mpmflow.render.numbers import percent
from mpmflow.render.pictures.unpainted import PLAIN, Unpainted

_EVIDENCE = {"experiment": "solid", "associated": "dashed", "declared": "dotted"}
_SMALL = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'


def causes_dot(model: Model, graph: nx.MultiDiGraph, paint: Unpainted = PLAIN) -> Graph:
    """A cause-effect graph as it is drawn.

    Each decision is a card with its outcomes that do harm. The cards of a workflow meet in it, and it leads to the
    metrics that are figures of it. Declared influences carry their lag and strength; their line tells what they rest
    on: solid an experiment, dashed an association in data, dotted somebody's word. Formulas are thin grey lines.
    """
    dot = Graph(
        "causes",
        {"bgcolor": palette.GROUND, "fontname": palette.FONT, "nodesep": 0.22, "pad": 0.25, "rankdir": "LR",
         "ranksep": 0.55},
        {"fontname": palette.FONT, "fontsize": 11, "fontcolor": palette.INK, "penwidth": 1.1, "margin": "0.12,0.07"},
        {"fontname": palette.FONT, "fontsize": 9, "fontcolor": palette.INK, "color": palette.LINE, "arrowsize": 0.65},
    )  # fmt: skip
    metrics = {name for name, facts in graph.nodes(data=True) if facts[at.KIND] == "metric"}
    structural = sorted(
        {(facts[at.VIA], target) for _, target, facts in graph.edges(data=True) if facts[at.ORIGIN] == "structural"}
    )
    asked = {via for via, _ in structural}
    for one in with_imports(model):
        for workflow in one.workflows:
            if workflow.name in asked:
                _workflow(dot, one, workflow, paint)
    for name in sorted(metrics, key=lambda name: graph.nodes[name][at.ORDER]):
        told = _told(model, graph, name, paint)
        dot.node(name, paint.metric(name, _metric(name, graph.nodes[name])), told)
    for via, target in structural:
        if target in metrics:
            hub = f"workflow {via}"
            dot.edge(hub, target, paint.influence(hub, target, {"penwidth": 1.4}))
    drawn = set(metrics)
    declared = {(cause.source, cause.effect): cause for one in with_imports(model) for cause in one.causes}
    for source, target, facts in sorted(graph.edges(data=True), key=lambda edge: edge[2][at.ORDER]):
        if facts[at.ORIGIN] == "structural" or target not in metrics:
            continue
        if source not in drawn:
            if facts[at.ORIGIN] == "formula" and graph.nodes[source][at.KIND] != "metric":
                continue
            shown = paint.indicator(source, _indicator(source, graph.nodes[source]))
            dot.node(source, shown, _told(model, graph, source, paint))
            drawn.add(source)
        cause = declared.get((source, target))
        ends = [str(graph.nodes[name].get(at.LABEL, name)) for name in (source, target)]
        details = [f"{ends[0]} → {ends[1]}", f"{facts[at.ORIGIN]} influence", str(facts.get(at.NOTE, ""))]
        looks = paint.influence(source, target, _influence(facts, cause))
        dot.edge(source, target, looks, [line for line in details if line])
    return with_legend(dot, paint.legend("causes"))


def _told(model: Model, graph: nx.MultiDiGraph, name: str, paint: Unpainted) -> list[str]:
    """What an interactive picture tells of an indicator or a metric: its kind, target, and what moves it."""
    facts = graph.nodes[name]
    found = [str(facts.get(at.LABEL, name)), f"{facts.get(at.TIMING, '')} {facts[at.KIND]}".strip()]
    found += [f"{word} {facts[key]}" for word, key in (("unit", at.UNIT), ("owner", at.OWNER)) if key in facts]
    if name in model.metrics.names and (target := model.metrics[name].target) is not None:
        found.append(f"target {write_target(target)}")
    moving = sorted(graph.in_edges(name, data=True), key=lambda edge: edge[2][at.ORDER])
    movers = [facts[at.VIA] if facts[at.ORIGIN] == "structural" else source for source, _, facts in moving]
    if movers:
        found.append(f"Moved by {', '.join(dict.fromkeys(movers))}")
    return [*found, *paint.told(name)]


def _workflow(dot: Graph, model: Model, workflow: Workflow, paint: Unpainted) -> None:
    hub = f"workflow {workflow.name}"
    lines = [(line, f'COLOR="{palette.INK}" POINT-SIZE="12"') for line in wrapped(workflow.title, 18)]
    drawn: Attributes = {
        "shape": "box", "style": "rounded,filled", "fillcolor": palette.STEP_FILL, "color": palette.ACCENT,
        "penwidth": 1.8, "label": rows([*lines, ("the whole process", _SMALL)]), "margin": "0.18,0.12",
        "tooltip": workflow.name,
    }  # fmt: skip
    dot.node(hub, paint.whole(workflow.name, drawn), [workflow.title, "workflow", *paint.told(workflow.name)])
    watched = {
        name: indicator.title for indicator in model.declared_indicators for name in references(indicator.measure)
    }
    for decision in workflow.decisions:
        name = f"decision {decision.name}"
        harmful = tuple(f"{decision.name}.{outcome.name}" for outcome in decision.outcomes if outcome.has_effect)
        told = [decision.title, "decision", *(line for outcome in harmful for line in paint.told(outcome))]
        card = _card(decision, watched, paint.question(decision.name, harmful), paint.starts(decision.name))
        dot.node(name, {"shape": "plain", "label": card, "tooltip": decision.name}, told)
        dot.edge(name, hub, paint.influence(name, hub, {"color": palette.DECISION_LINE}))
    count = sum(1 for node in workflow.nodes() if node.kind in ("step", "decision"))
    words = f"times and waits of {count} steps" + (", loads of teams" if workflow.teams else "")
    times = rows([(line, _SMALL) for line in wrapped(words, 26)])
    dot.node(f"times {workflow.name}", {"shape": "box", "style": "rounded", "color": palette.HAIR, "label": times})
    dot.edge(f"times {workflow.name}", hub, {"color": palette.STEP_LINE})


def _card(decision: Decision, watched: dict[str, str], foot: list[Markup], bold: bool) -> Markup:
    """A table: the question, each outcome with an effect, its share and what it does, and what a painting adds."""
    question = "<BR/>".join(escape(line) for line in wrapped(decision.title, 34))
    head = f'<TR><TD COLSPAN="3" ALIGN="LEFT" BALIGN="LEFT">{question}</TD></TR>'
    lines = []
    for outcome, share in zip(decision.outcomes, shares(decision.outcomes), strict=True):
        if not outcome.has_effect:
            continue
        effect = ", ".join(outcome.effects)
        colour = palette.REWORK if outcome.rework else palette.DELAY if outcome.delay else palette.LOST
        note = watched.get(f"{decision.name}.{outcome.name}")
        cells = (
            f'<TD ALIGN="LEFT" WIDTH="72">{escape(plain(outcome.title))}</TD>',
            f'<TD ALIGN="RIGHT" WIDTH="34">{percent(float(share[0]))}</TD>',
            f'<TD ALIGN="LEFT" WIDTH="58"><FONT COLOR="{colour}">{effect}</FONT></TD>',
        )
        lines.append(f"<TR>{''.join(cells)}</TR>")
        if note:
            told = "<BR/>".join(escape(line) for line in wrapped(f"watched: {note}", 34))
            font = f'<FONT COLOR="{palette.ACCENT}" POINT-SIZE="9">{told}</FONT>'
            lines.append(f'<TR><TD COLSPAN="3" ALIGN="LEFT" BALIGN="LEFT">{font}</TD></TR>')
    if not lines:
        lines.append(f'<TR><TD COLSPAN="3" ALIGN="LEFT"><FONT {_SMALL}>no outcome has an effect</FONT></TD></TR>')
    lines += [f'<TR><TD COLSPAN="3" ALIGN="LEFT">{line}</TD></TR>' for line in foot]
    if foot:  # the last sign keeps clear of the border
        lines.append('<TR><TD COLSPAN="3" HEIGHT="4"></TD></TR>')
    table = (
        f'<TABLE BORDER="{3 if bold else 1}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" STYLE="ROUNDED" '
        f'COLOR="{palette.DECISION_LINE}" BGCOLOR="{palette.DECISION_FILL}">'
    )
    return Markup(f'<FONT POINT-SIZE="10">{table}{head}{"".join(lines)}</TABLE></FONT>')


def _metric(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    lagging = facts[at.TIMING] == "lagging"
    better = {"higher": "higher is better", "lower": "lower is better"}.get(facts.get(at.BETTER, ""), "")
    small = ", ".join(part for part in (facts[at.CATEGORY], better) if part)
    lines = [(line, 'POINT-SIZE="11"') for line in wrapped(str(facts.get(at.LABEL, name)), 20)]
    return {
        "shape": "box", "style": "rounded,filled", "label": rows([*lines, (small, _SMALL)]), "tooltip": name,
        "fillcolor": palette.LAGGING_FILL if lagging else palette.STEP_FILL,
        "color": palette.LAGGING_LINE if lagging else palette.STEP_LINE,
    }  # fmt: skip


def _indicator(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    lines = [(line, 'POINT-SIZE="10"') for line in wrapped(str(facts.get(at.LABEL, name)), 22)]
    return {"shape": "box", "style": "rounded,filled", "fillcolor": palette.DECISION_FILL, "tooltip": name,
            "color": palette.DECISION_LINE, "label": rows(lines)}  # fmt: skip


def _influence(facts: dict[str, Any], cause: Cause | None) -> dict[str, Any]:
    if facts[at.ORIGIN] == "formula" or cause is None:
        return {"color": palette.STEP_LINE, "penwidth": 0.9, "arrowsize": 0.5}
    words = [_strength(cause), _lag(cause)]
    if cause.confidence is not None:
        words.append(f"confidence {percent(float(cause.confidence))}")
    grade = cause.evidence.grade if cause.evidence else "declared"
    style = _EVIDENCE[grade] if cause.strength is not None and facts[at.ORIGIN] == "declared" else "dashed"
    label = padded(rows([(word, 'POINT-SIZE="9"') for word in words if word]))
    return {"label": label, "style": style, "color": palette.INK, "penwidth": 1.4}


def _strength(cause: Cause) -> str:
    if isinstance(cause.strength, Each):
        step, adds = cause.strength.step, cause.strength.adds
        return f"each {_signed(step)} adds {write_quantity(adds)}"
    if isinstance(cause.strength, Elasticity):
        return f"1% more gives {write_number(cause.strength.value)}%"
    if isinstance(cause.strength, Saturating):
        most, half = write_quantity(cause.strength.most), write_quantity(cause.strength.half)
        return f"up to {most}, half of it at {half}"
    return "strength learned from data" if cause.strength else ""


def _signed(quantity: Quantity) -> str:
    text = write_quantity(quantity)
    return text if text.startswith("-") else f"+{text}"


def _lag(cause: Cause) -> str:
    if cause.lag is None:
        return ""
    low, high = write_quantity(cause.lag.low), write_quantity(cause.lag.high)
    return f"after {low}" if low == high else f"after {low} to {high}"
