"""Pictures of what everything is for: the cascade of objectives, the metrics map, and hand-offs between teams."""

from __future__ import annotations

from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.render import palette
from mpmflow.render.dot import Attributes, Graph, Markup, padded, rows, wrapped

_SMALL = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'
_NODE: Attributes = {
    "fontname": palette.FONT, "fontsize": 11, "fontcolor": palette.INK, "penwidth": 1.1, "margin": "0.13,0.08",
    "shape": "box", "style": "rounded,filled",
}  # fmt: skip
_EDGE: Attributes = {
    "fontname": palette.FONT, "fontsize": 9, "fontcolor": palette.INK, "color": palette.LINE, "arrowsize": 0.65,
}  # fmt: skip
_LOOKS: dict[str, Attributes] = {
    "objective": {"fillcolor": palette.GROUND, "color": palette.ACCENT, "penwidth": 1.8},
    "metric": {"fillcolor": palette.LAGGING_FILL, "color": palette.LAGGING_LINE},
    "initiative": {"fillcolor": palette.STEP_FILL, "color": palette.STEP_LINE},
    "commitment": {"fillcolor": palette.PARTNER_FILL, "color": palette.PARTNER_LINE},
    "lever": {"fillcolor": palette.DECISION_FILL, "color": palette.DECISION_LINE},
    "team": {"fillcolor": palette.STEP_FILL, "color": palette.STEP_LINE},
    "partner": {"fillcolor": palette.PARTNER_FILL, "color": palette.PARTNER_LINE},
}


def objectives_dot(graph: nx.MultiDiGraph) -> str:
    """The cascade: the highest goal on top, below it what serves it, and the metrics that measure each.

    Also draws the metrics map, which adds the influences among metrics, dashed where they are declared or learned.
    """
    name = str(graph.graph[at.VIEW])
    dot = Graph(name, _page("BT"), _NODE, _EDGE)
    for node, facts in sorted(graph.nodes(data=True), key=lambda one: one[1][at.ORDER]):
        kind = facts[at.KIND]
        dot.node(node, label=_goal(node, facts), tooltip=f"{kind} {node}", **_LOOKS[kind])
    for source, target, facts in sorted(graph.edges(data=True), key=lambda one: one[2][at.ORDER]):
        kind = facts[at.KIND]
        if kind == "serves":
            dot.edge(source, target, color=palette.ACCENT, penwidth=1.6)
        elif kind == "measured by":
            dot.edge(target, source, arrowhead="none", color=palette.LAGGING_LINE)
        elif kind == "causes":
            style = "solid" if facts[at.ORIGIN] in ("structural", "formula") else "dashed"
            dot.edge(source, target, style=style)
        else:
            label = str(facts.get(at.LABEL) or facts.get(at.TARGET) or kind)
            dot.edge(
                source,
                target,
                label=_words([kind, label]),
                style="dotted",
                constraint="true" if kind == "promises" else "false",
            )
    return str(dot)


def handoffs_dot(graph: nx.MultiDiGraph) -> str:
    """Teams and partners, and the ways work goes from one to the other; what goes back as rework is dashed.

    A hand-off to another organisation is bold; one that lacks an owner on a side says so.
    """
    dot = Graph("handoffs", _page("LR") | {"nodesep": 0.6, "ranksep": 1.1}, _NODE, _EDGE)
    for node, facts in sorted(graph.nodes(data=True), key=lambda one: one[1][at.ORDER]):
        people = facts[at.PEOPLE]
        small = [f"{people} {'person' if people == 1 else 'people'}"]
        small += ["another organisation"] if facts[at.KIND] == "partner" else []
        small += [f"owner: {facts[at.OWNER]}"] if at.OWNER in facts else ["no owner"]
        dot.node(node, label=_label(str(facts[at.LABEL]), small), tooltip=node, **_LOOKS[facts[at.KIND]])
    for source, target, key, facts in sorted(graph.edges(keys=True, data=True), key=lambda one: one[3][at.ORDER]):
        words = [key.replace("->", " to ").replace("_", " ")]
        drawn: dict[str, Any] = {}
        if facts.get(at.REWORK):
            words.append("rework")
            drawn |= {"color": palette.REWORK, "fontcolor": palette.REWORK, "style": "dashed"}
        if facts[at.ACROSS]:
            drawn["penwidth"] = 2
            words += [] if facts[at.OWNED] else ["no owner on one side"]
        dot.edge(source, target, label=_words(words), **drawn)
    return str(dot)


def _page(direction: str) -> Attributes:
    return {"bgcolor": palette.GROUND, "fontname": palette.FONT, "nodesep": 0.3, "pad": 0.25, "rankdir": direction,
            "ranksep": 0.5}  # fmt: skip


def _goal(name: str, facts: dict[str, Any]) -> Markup:
    small = [str(facts.get(at.LEVEL) or facts.get(at.CATEGORY) or facts[at.KIND]).replace("_", " ")]
    small += [str(facts[at.TARGET])] if at.TARGET in facts else []
    small += [f"owner: {facts[at.OWNER]}"] if at.OWNER in facts and facts[at.KIND] != "metric" else []
    return _label(str(facts.get(at.LABEL, name)), small)


def _label(title: str, small: list[str]) -> Markup:
    lines = [(line, 'POINT-SIZE="11"') for line in wrapped(title, 24)]
    return rows([*lines, *((line, _SMALL) for text in small for line in wrapped(text, 34))])


def _words(words: list[str]) -> Markup:
    return padded(rows([(line, 'POINT-SIZE="9"') for word in words for line in wrapped(word, 30)]))
