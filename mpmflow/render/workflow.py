"""The picture of a workflow: steps, diamonds, who does the work, shares on the ways, rework apart from the rest."""

from __future__ import annotations

import re
from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.render import palette
from mpmflow.render.dot import Attributes, Graph, Markup, padded, rows, with_legend, wrapped
from mpmflow.render.numbers import percent
from mpmflow.render.pictures.unpainted import PLAIN, Unpainted

TITLE, SMALL = f'COLOR="{palette.INK}" POINT-SIZE="11"', f'COLOR="{palette.QUIET}" POINT-SIZE="9"'

WIDE = 12
"""With more nodes than this a workflow runs from top to bottom: it then fits a page and a screen better."""

TANGLED = 120
"""With so many more ways than nodes, curves around everything would take minutes: ways are straight then."""


def workflow_dot(graph: nx.MultiDiGraph, paint: Unpainted = PLAIN) -> Graph:
    """A flow graph as it is drawn.

    Diamonds are decisions, white ones a plain choice; rounded boxes are steps, violet ones work of a partner. Rework is
    dashed and warm, delay dotted, what is lost dark red. A parallel block is a frame around its branches.
    """
    dot = Graph(
        str(graph.graph[at.NAME]),
        {
            "bgcolor": palette.GROUND, "fontname": palette.FONT, "nodesep": 0.35, "pad": 0.25,
            "rankdir": "LR" if graph.number_of_nodes() <= WIDE else "TB", "ranksep": 0.38, "fontsize": 10,
            "fontcolor": palette.QUIET, "newrank": "true",
        },
        {"fontname": palette.FONT, "fontsize": 11, "fontcolor": palette.INK, "penwidth": 1.1, "margin": "0.12,0.07"},
        {"fontname": palette.FONT, "fontsize": 9, "fontcolor": palette.INK, "color": palette.LINE, "arrowsize": 0.65},
    )  # fmt: skip
    if graph.number_of_edges() - graph.number_of_nodes() > TANGLED:
        dot.defaults["graph"] |= {"splines": "line", "nslimit": 1, "nslimit1": 1}
    _inside(dot, graph, None, -1, paint)
    for source, target, _, facts in sorted(graph.edges(keys=True, data=True), key=lambda edge: edge[3][at.ORDER]):
        drawn = paint.way(source, facts, _edge(facts))
        told = _told_of_way(graph, source, target, facts, paint)
        if graph.nodes[target][at.ORDER] < graph.nodes[source][at.ORDER]:
            # A way back is laid out forwards with its head at the tail, so that it does not push the others about. Its
            # words may lie on the border of a block that it leads into.
            if isinstance(label := drawn.get("label"), Markup):
                drawn = drawn | {"label": padded(label, 0, palette.GROUND)}
            dot.edge(target, source, drawn | {"dir": "back", "weight": 1}, told)
        else:
            dot.edge(source, target, drawn, told)
    return with_legend(dot, paint.legend("workflow"))


def _inside(dot: Graph, graph: nx.MultiDiGraph, block: str | None, branch: int, paint: Unpainted) -> None:
    """The nodes that stand directly in one branch of a block, and the frames of the blocks among them."""
    for name, facts in graph.nodes(data=True):
        kind = facts[at.KIND]
        if facts.get(at.BLOCK) != block or facts.get(at.BRANCH, -1) != branch or kind == "join":
            continue
        if name in ("done", "scrap") and not graph.in_degree(name):
            continue  # the end that a text implies behind its last statement, where that one leads elsewhere
        if kind != "fork":
            drawn = _node(name, facts)
            if kind == "folded":
                drawn = paint.folded(facts[at.FOLDS], drawn)
            elif kind not in ("start", "end"):
                drawn = paint.place(name, drawn)
            dot.node(name, drawn, _told(graph, name, facts, paint))
            continue
        words = "all of these" if facts[at.JOIN] == "all" else "the first of these"
        label = f"{facts.get(at.LABEL, name)}: {words}"
        dot.open(
            f"cluster_{name}", label=label, style="rounded,filled", color=palette.HAIR, fillcolor=palette.BLOCK_FILL,
            labeljust="l", labelloc="t", fontsize=9, margin=10,
        )  # fmt: skip
        dot.node(name, _bar(dot))
        branches = {inner[at.BRANCH] for _, inner in graph.nodes(data=True) if inner.get(at.BLOCK) == name}
        for number in sorted(branches):
            _inside(dot, graph, name, number, paint)
        dot.node(f"{name}.join", _bar(dot))
        dot.close()


def _bar(dot: Graph) -> Attributes:
    """A bar across the direction in which the workflow runs."""
    across = dot.defaults["graph"]["rankdir"] == "TB"
    width, height = (0.55, 0.07) if across else (0.07, 0.55)
    return {"shape": "box", "label": "", "width": width, "height": height, "style": "filled", "color": palette.LINE,
            "fillcolor": palette.LINE, "fixedsize": "true"}  # fmt: skip


def _node(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    kind = facts[at.KIND]
    label = str(facts.get(at.LABEL, name.replace("_", " ")))
    if kind == "start":
        return {"shape": "circle", "label": "", "width": 0.2, "style": "filled", "color": palette.INK,
                "fillcolor": palette.INK, "tooltip": "start"}  # fmt: skip
    if kind == "end":
        colour = palette.GOOD if facts[at.GOOD] else palette.LOST
        text = rows([(name.replace("_", " "), f'COLOR="{colour}" POINT-SIZE="10"')])
        return {"shape": "box", "style": "rounded,bold", "color": colour, "label": text, "margin": "0.1,0.04",
                "height": 0.28, "tooltip": "a case ends " + ("well" if facts[at.GOOD] else "badly")}  # fmt: skip
    if kind in ("decision", "choose"):
        lines = [(line, TITLE) for line in wrapped(label, 14)]
        fill = palette.DECISION_FILL if kind == "decision" else palette.CHOOSE_FILL
        line = palette.DECISION_LINE if kind == "decision" else palette.STEP_LINE
        return {"shape": "diamond", "style": "filled", "fillcolor": fill, "color": line, "margin": "0.03,0.02",
                "label": rows([*lines, (_work(facts), SMALL)]), "tooltip": name}  # fmt: skip
    partner = facts.get(at.PARTNER, False)
    lines = [(line, TITLE) for line in wrapped(label, 20)]
    small = f"workflow {facts[at.CALLS]}" if kind == "call" else _work(facts)
    if kind == "folded":
        small = str(facts[at.FOLDED][0])
    return {
        "shape": "box", "style": "rounded,filled", "label": rows([*lines, (small, SMALL)]), "tooltip": name,
        "fillcolor": palette.PARTNER_FILL if partner else palette.STEP_FILL,
        "color": palette.PARTNER_LINE if partner else palette.STEP_LINE,
        "peripheries": 2 if kind in ("call", "folded") else 1,
    }  # fmt: skip


def _work(facts: dict[str, Any]) -> str:
    """Who does it and how long it takes, in the words of the language."""
    takes, waits = _spoken(facts.get(at.TAKES, "")), _spoken(facts.get(at.WAITS, ""))
    parts = [facts.get(at.TEAM, "").replace("_", " "), takes, f"waits {waits}" if waits else ""]
    return ", ".join(part for part in parts if part)


_MEAN = re.compile(r"^(?:exponential\(|(?:normal|lognormal|gamma)\(mean )([^,)]+)")
_BOUNDS = re.compile(r"^triangular\(([^,]+), [^,]+, ([^)]+)\)")


def _spoken(duration: str) -> str:
    """A duration in few words: of a random one its mean or its bounds."""
    if found := _MEAN.match(duration):
        return f"about {found[1]}"
    if found := _BOUNDS.match(duration):
        return f"{found[1]} to {found[2]}"
    return duration if len(duration) <= 24 else "as observed"


def _edge(facts: dict[str, Any]) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    words: list[str] = []
    if at.OUTCOME in facts:
        words.append(str(facts[at.LABEL]))
        if at.SHARE_BY_VISIT in facts:
            words.append(" then ".join(percent(share) for share in facts[at.SHARE_BY_VISIT]))
        elif at.SHARE in facts:
            words.append(percent(facts[at.SHARE]))
        if at.DELAY in facts:
            words.append(f"after {facts[at.DELAY]}")
    if facts[at.KIND] == "after_limit":
        words = list(_once_more(facts))
        drawn |= {"style": "dashed"}
    elif at.AT_MOST in facts:
        words.append(f"at most {facts[at.AT_MOST]}")
    colour = None
    if facts.get(at.REWORK):
        colour, drawn["style"], drawn["penwidth"] = palette.REWORK, "dashed", 1.5
        words.append("rework")
    elif facts.get(at.DELAY):
        colour, drawn["style"] = palette.DELAY, "dotted"
    elif facts.get(at.SCRAP) or facts.get(at.WASTE):
        colour = palette.LOST
        words.append("scrap" if facts.get(at.SCRAP) else "waste")
    if facts.get(at.SHARE) == 0:
        drawn["style"], colour = "dotted", palette.STEP_LINE
    if colour:
        drawn |= {"color": colour, "fontcolor": colour if colour != palette.STEP_LINE else palette.QUIET}
    if words:
        drawn["label"] = padded(rows([(line, 'POINT-SIZE="9"') for line in _lines(words)]))
    if not colour:
        drawn["weight"] = 1 + round(8 * facts.get(at.SHARE, 0.0))
    return drawn


def _told(graph: nx.MultiDiGraph, name: str, facts: dict[str, Any], paint: Unpainted) -> list[str]:
    """What an interactive picture tells of a place: who, how long, what is asked, which work comes back to it."""
    kind = facts[at.KIND]
    words = {"choose": "a choice that is no question", "folded": "folded", "call": "another workflow"}
    title = _called(name, facts)
    found = [title, words.get(kind, kind)] if kind != "start" else [title]
    labels = {"by": at.TEAM, "takes": at.TAKES, "waits": at.WAITS, "costs": at.COSTS, "owner": at.OWNER}
    found += [f"{word} {facts[key]}" for word, key in labels.items() if key in facts]
    found += [str(line) for line in facts.get(at.FOLDED, ())]
    for _, _, way in sorted(graph.out_edges(name, data=True), key=lambda one: one[2][at.ORDER]):
        if at.OUTCOME in way:
            found.append(" ".join([*_words_of_way(way)]))
    back = [way for _, _, way in graph.in_edges(name, data=True) if way.get(at.REWORK) and at.OUTCOME in way]
    if back:
        moved = sorted(
            {f"{way[at.OUTCOME]} {percent(way[at.SHARE])}" if at.SHARE in way else way[at.OUTCOME] for way in back}
        )
        found.append(f"Work comes back from {', '.join(moved)}")
    return [*found, *paint.told(name)]


def _called(name: str, facts: dict[str, Any]) -> str:
    return "start" if facts[at.KIND] == "start" else str(facts.get(at.LABEL, name.replace("_", " ")))


def _told_of_way(
    graph: nx.MultiDiGraph, source: str, target: str, facts: dict[str, Any], paint: Unpainted
) -> list[str]:
    ends = [_called(name, graph.nodes[name]) for name in (source, target)]
    return [f"{ends[0]} → {ends[1]}", *(paint.told(facts[at.OUTCOME]) if at.OUTCOME in facts else [])]


def _once_more(facts: dict[str, Any]) -> tuple[str, str]:
    """What stands on the way of work that has come back as often as it may."""
    return f"{facts[at.LABEL]} once more", "(limit reached)"


def _words_of_way(facts: dict[str, Any]) -> list[str]:
    if facts[at.KIND] == "after_limit":
        return list(_once_more(facts))
    share = [percent(facts[at.SHARE])] if at.SHARE in facts else []
    effects = [
        word for word, key in (("rework", at.REWORK), ("scrap", at.SCRAP), ("waste", at.WASTE)) if facts.get(key)
    ]
    delay = [f"after {facts[at.DELAY]}"] if at.DELAY in facts else []
    return [str(facts[at.LABEL]), *share, *effects, *delay]


def _lines(words: list[str]) -> list[str]:
    """At most two parts a line, so that labels stay narrow."""
    head = " ".join(words[:2]) if len(" ".join(words[:2])) <= 22 else None
    return [head, *words[2:]] if head else words
