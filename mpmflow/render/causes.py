"""The picture of cause and effect: leading indicators on the left, what is judged late on the right."""

from __future__ import annotations

from html import escape
from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.model.expressions import references
from mpmflow.model.flow import shares
from mpmflow.model.imports import with_imports
from mpmflow.model.measures import Cause, Each, Elasticity
from mpmflow.model.model import Model
from mpmflow.model.process import Decision, Workflow
from mpmflow.model.quantities import Quantity, write_number, write_quantity
from mpmflow.render import palette
from mpmflow.render.dot import Graph, Markup, padded, plain, rows, wrapped
from mpmflow.render.numbers import percent

_EVIDENCE = {"experiment": "solid", "associated": "dashed", "declared": "dotted"}
_SMALL = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'


def causes_dot(model: Model, graph: nx.MultiDiGraph) -> str:
    """A cause-effect graph as DOT.

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
                _workflow(dot, one, workflow)
    for name in sorted(metrics, key=lambda name: graph.nodes[name][at.ORDER]):
        dot.node(name, **_metric(name, graph.nodes[name]))
    for via, target in structural:
        if target in metrics:
            dot.edge(f"workflow {via}", target, penwidth=1.4)
    drawn = set(metrics)
    declared = {(cause.source, cause.effect): cause for one in with_imports(model) for cause in one.causes}
    for source, target, facts in sorted(graph.edges(data=True), key=lambda edge: edge[2][at.ORDER]):
        if facts[at.ORIGIN] == "structural" or target not in metrics:
            continue
        if source not in drawn:
            if facts[at.ORIGIN] == "formula" and graph.nodes[source][at.KIND] != "metric":
                continue
            dot.node(source, **_indicator(source, graph.nodes[source]))
            drawn.add(source)
        dot.edge(source, target, **_influence(facts, declared.get((source, target))))
    return str(dot)


def _workflow(dot: Graph, model: Model, workflow: Workflow) -> None:
    hub = f"workflow {workflow.name}"
    lines = [(line, f'COLOR="{palette.INK}" POINT-SIZE="12"') for line in wrapped(workflow.title, 18)]
    dot.node(
        hub, shape="box", style="rounded,filled", fillcolor=palette.STEP_FILL, color=palette.ACCENT, penwidth=1.8,
        label=rows([*lines, ("the whole process", _SMALL)]), margin="0.18,0.12",
    )  # fmt: skip
    watched = {
        name: indicator.title for indicator in model.declared_indicators for name in references(indicator.measure)
    }
    for decision in workflow.decisions:
        card = _card(decision, watched)
        dot.node(f"decision {decision.name}", shape="plain", label=card, tooltip=decision.name)
        dot.edge(f"decision {decision.name}", hub, color=palette.DECISION_LINE)
    count = sum(1 for node in workflow.nodes() if node.kind in ("step", "decision"))
    words = f"times and waits of {count} steps" + (", loads of teams" if workflow.teams else "")
    dot.node(
        f"times {workflow.name}", shape="box", style="rounded", color=palette.HAIR,
        label=rows([(line, _SMALL) for line in wrapped(words, 26)]),
    )  # fmt: skip
    dot.edge(f"times {workflow.name}", hub, color=palette.STEP_LINE)


def _card(decision: Decision, watched: dict[str, str]) -> Markup:
    """A table: the question, then each outcome with an effect, its share and what it does."""
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
    table = (
        f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" STYLE="ROUNDED" '
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
    return "strength learned from data" if cause.strength else ""


def _signed(quantity: Quantity) -> str:
    text = write_quantity(quantity)
    return text if text.startswith("-") else f"+{text}"


def _lag(cause: Cause) -> str:
    if cause.lag is None:
        return ""
    low, high = write_quantity(cause.lag.low), write_quantity(cause.lag.high)
    return f"after {low}" if low == high else f"after {low} to {high}"
