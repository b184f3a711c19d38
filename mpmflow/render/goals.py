"""Pictures of what everything is for: the cascade of objectives, the metrics map, and hand-offs between teams."""

from __future__ import annotations

from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.render import palette
from mpmflow.render.dot import Attributes, Graph, Markup, padded, rows, with_legend, wrapped
from mpmflow.render.pictures.unpainted import PLAIN, Unpainted

_SMALL = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'
_NODE: Attributes = {
    "fontname": palette.FONT, "fontsize": 11, "fontcolor": palette.INK, "penwidth": 1.1, "margin": "0.13,0.08",
    "shape": "box", "style": "rounded,filled",
}  # fmt: skip
_EDGE: Attributes = {
    "fontname": palette.FONT, "fontsize": 9, "fontcolor": palette.INK, "color": palette.LINE, "arrowsize": 0.65,
}  # fmt: skip
MANY = 4
"""More hand-offs than this of one kind between two teams are drawn as one line."""
_LOOKS: dict[str, Attributes] = {
    "objective": {"fillcolor": palette.GROUND, "color": palette.ACCENT, "penwidth": 1.8},
    "metric": {"fillcolor": palette.LAGGING_FILL, "color": palette.LAGGING_LINE},
    "initiative": {"fillcolor": palette.STEP_FILL, "color": palette.STEP_LINE},
    "commitment": {"fillcolor": palette.PARTNER_FILL, "color": palette.PARTNER_LINE},
    "lever": {"fillcolor": palette.DECISION_FILL, "color": palette.DECISION_LINE},
    "team": {"fillcolor": palette.STEP_FILL, "color": palette.STEP_LINE},
    "partner": {"fillcolor": palette.PARTNER_FILL, "color": palette.PARTNER_LINE},
}


def objectives_dot(graph: nx.MultiDiGraph, paint: Unpainted = PLAIN) -> Graph:
    """The cascade: the highest goal on top, below it what serves it, and the metrics that measure each.

    Also draws the metrics map, which adds the influences among metrics, dashed where they are declared or learned.
    """
    name = str(graph.graph[at.VIEW])
    dot = Graph(name, _page("BT"), _NODE, _EDGE)
    for node, facts in sorted(graph.nodes(data=True), key=lambda one: one[1][at.ORDER]):
        kind = facts[at.KIND]
        drawn: Attributes = {"label": _goal(node, facts), "tooltip": node, **_LOOKS[kind]}
        painted = {
            "objective": paint.objective,
            "metric": paint.metric,
            "lever": paint.indicator,
            "commitment": paint.commitment,
        }.get(kind)
        drawn = painted(node, drawn) if painted is not None else drawn
        dot.node(node, drawn, _told(graph, node, facts, paint))
    for source, target, facts in sorted(graph.edges(data=True), key=lambda one: one[2][at.ORDER]):
        kind = facts[at.KIND]
        if kind == "serves":
            dot.edge(source, target, {"color": palette.ACCENT, "penwidth": 1.6})
        elif kind == "measured by":
            dot.edge(target, source, {"arrowhead": "none", "color": palette.LAGGING_LINE})
        elif kind == "causes":
            style = "solid" if facts[at.ORIGIN] in ("structural", "formula") else "dashed"
            dot.edge(source, target, paint.influence(source, target, {"style": style}))
        else:
            label = str(facts.get(at.LABEL) or facts.get(at.TARGET) or kind)
            constraint = "true" if kind == "promises" else "false"
            dot.edge(source, target, {"label": _words([kind, label]), "style": "dotted", "constraint": constraint})
    return with_legend(dot, paint.legend("objectives"))


def handoffs_dot(graph: nx.MultiDiGraph, paint: Unpainted = PLAIN) -> Graph:
    """Teams and partners, and the ways work goes from one to the other; what goes back as rework is dashed.

    A hand-off to another organisation is bold; one that lacks an owner on a side says so. More than four of one kind
    between two teams are one line.
    """
    dot = Graph("handoffs", _page("LR") | {"nodesep": 0.6, "ranksep": 1.1}, _NODE, _EDGE)
    for node, facts in sorted(graph.nodes(data=True), key=lambda one: one[1][at.ORDER]):
        people = facts[at.PEOPLE]
        small = [f"{people} {'person' if people == 1 else 'people'}"]
        small += ["another organisation"] if facts[at.KIND] == "partner" else []
        small += [f"owner: {facts[at.OWNER]}"] if at.OWNER in facts else ["no owner"]
        drawn: Attributes = {"label": _label(str(facts[at.LABEL]), small), "tooltip": node, **_LOOKS[facts[at.KIND]]}
        dot.node(node, paint.place(node, drawn), [str(facts[at.LABEL]), str(facts[at.KIND]), *small, *paint.told(node)])
    alike: dict[tuple[Any, ...], list[tuple[str, dict[str, Any]]]] = {}
    for source, target, key, facts in sorted(graph.edges(keys=True, data=True), key=lambda one: one[3][at.ORDER]):
        kind = (source, target, facts.get(at.REWORK, False), facts[at.ACROSS], facts[at.OWNED])
        alike.setdefault(kind, []).append((key, facts))
    for (source, target, *_), found in alike.items():
        for some in [found] if len(found) > MANY else [[one] for one in found]:
            _handoff(dot, graph, (source, target), some, paint)
    return with_legend(dot, paint.legend("handoffs"))


def _handoff(
    dot: Graph, graph: nx.MultiDiGraph, ends: tuple[str, str], found: list[tuple[str, dict[str, Any]]], paint: Unpainted
) -> None:
    """One hand-off, or many of one kind as one line that says how many."""
    facts = found[0][1]
    labels = [str(one[at.LABEL]) for _, one in found]
    giving, _, taking = labels[0].rpartition(" → ")
    words = [f"{giving} →", taking] if len(found) == 1 else [f"{len(found)} hand-offs"]
    drawn: Attributes = {}
    if facts.get(at.REWORK):
        words.append("rework")
        drawn |= {"color": palette.REWORK, "fontcolor": palette.REWORK, "style": "dashed"}
    if facts[at.ACROSS]:
        drawn["penwidth"] = 2
        words += [] if facts[at.OWNED] else ["no owner on one side"]
    promised = list(dict.fromkeys(str(one[at.PROMISED]) for _, one in found if at.PROMISED in one))
    words += [] if paint.tells_promises else [f"promised {words}" for words in promised]
    shares = [(key.partition("->")[0], one[at.SHARE]) for key, one in found if at.SHARE in one]
    ways = [way for _, one in found for way in one[at.WAYS]]
    between = [(key.partition("->")[0], key.partition("->")[2]) for key, _ in found]
    drawn = paint.handoff(shares, ways, {"label": _words(words), **drawn}, between)
    dot.edge(
        *ends,
        drawn,
        [
            " → ".join(str(graph.nodes[end][at.LABEL]) for end in ends),
            *labels,
            *(f"Promised {one}" for one in promised),
        ],
    )


def _told(graph: nx.MultiDiGraph, node: str, facts: dict[str, Any], paint: Unpainted) -> list[str]:
    """What an interactive picture tells of a goal: its figures, what it is measured by, and what moves it."""
    found = [_title(graph, node), str(facts[at.KIND]), *(f"benchmark {words}" for words in facts.get(at.BENCHMARK, ()))]
    found += [f"{word} {facts[key]}" for word, key in (("target", at.TARGET), ("costs", at.COSTS)) if key in facts]
    words = {"measured by": "Measured by", "moves": "Moves", "promises": "Promises", "serves": "Serves"}
    for kind, said in words.items():
        names = [target for _, target, way in graph.out_edges(node, data=True) if way[at.KIND] == kind]
        found += [f"{said} {', '.join(_title(graph, name) for name in names)}"] if names else []
    moving = [source for source, _, way in graph.in_edges(node, data=True) if way[at.KIND] in ("causes", "moves")]
    if moving:
        found.append(f"Moved by {', '.join(_title(graph, name) for name in dict.fromkeys(moving))}")
    return [*found, *paint.told(node)]


def _title(graph: nx.MultiDiGraph, name: str) -> str:
    return str(graph.nodes[name].get(at.LABEL, name))


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
