"""A workflow with fewer boxes: blocks and straight stretches of steps fold into one box each, which says what it holds.

What decides where a case goes, and every way of a case, stays: only what leads on by itself is folded.
"""

from __future__ import annotations

from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at

LEAST = 3
"""So many steps in a row, at least, are folded."""


def collapsed(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """A flow graph with its parallel blocks and its straight stretches of steps folded.

    >>> from mpmflow.graphs.flow import flow_graph
    >>> from mpmflow.model.process import Step, Workflow
    >>> graph = flow_graph(Workflow(name="w", body=[Step(name=name) for name in ("a", "b", "c")]))
    >>> list(collapsed(graph))
    ['w.start', 'a', 'done']
    >>> collapsed(graph).nodes["a"]["folded"]
    ('3 steps', 'a', 'b', 'c')
    """
    return _stretches(_blocks(graph))


def _blocks(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """Each outermost block becomes one box."""
    inside: dict[str, str] = {}
    for name, facts in graph.nodes(data=True):
        block = name if facts[at.KIND] == "fork" else facts.get(at.BLOCK)
        while block is not None and graph.nodes[block].get(at.BLOCK) is not None:
            block = graph.nodes[block][at.BLOCK]
        if block is not None:
            inside[name] = block
        elif facts[at.KIND] == "join":
            inside[name] = name.removesuffix(".join")
    held: dict[str, list[str]] = {}
    for name, block in inside.items():
        if graph.nodes[name][at.KIND] not in ("fork", "join"):
            held.setdefault(block, []).append(name)
    boxes: dict[str, dict[str, Any]] = {}
    for block in dict.fromkeys(inside.values()):
        facts = graph.nodes[block]
        words = "all of them" if facts[at.JOIN] == "all" else "the first of them"
        parts = held.get(block, [])
        boxes[block] = _box(graph, facts, f"side by side: {_count(graph, parts)}, {words}", parts)
    return _folded(graph, inside, boxes)


def _stretches(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """At least three steps that follow each other, and that nothing else leads to or from, become one box."""
    inside: dict[str, str] = {}
    boxes: dict[str, dict[str, Any]] = {}
    for name in graph:
        if name in inside or not _straight(graph, name) or _before(graph, name) is not None:
            continue
        row = [name]
        while (follower := _after(graph, row[-1])) is not None and follower not in row:
            row.append(follower)
        if len(row) >= LEAST:
            facts = {**graph.nodes[name]}
            facts[at.LABEL] = f"{_title(graph, row[0])} … {_title(graph, row[-1])}"
            boxes[name] = _box(graph, facts, _count(graph, row), row)
            inside |= dict.fromkeys(row, name)
    return _folded(graph, inside, boxes)


def _straight(graph: nx.MultiDiGraph, name: str) -> bool:
    return graph.nodes[name][at.KIND] in ("step", "call") and graph.out_degree(name) == 1


def _after(graph: nx.MultiDiGraph, name: str) -> str | None:
    """The next step of a stretch: the only one behind it, with no other way to it, in the same branch."""
    (follower,) = graph.successors(name)
    same = graph.nodes[name].get(at.BRANCH) == graph.nodes[follower].get(at.BRANCH)
    fits = _straight(graph, follower) and graph.in_degree(follower) == 1 and same
    return str(follower) if fits else None


def _before(graph: nx.MultiDiGraph, name: str) -> str | None:
    """The step that a stretch would have come from, were this not its first."""
    if graph.in_degree(name) != 1:
        return None
    (leader,) = graph.predecessors(name)
    return str(leader) if _straight(graph, leader) and _after(graph, leader) == name else None


def _box(graph: nx.MultiDiGraph, facts: dict[str, Any], words: str, parts: list[str]) -> dict[str, Any]:
    kept = {key: facts[key] for key in (at.LABEL, at.ORDER) if key in facts}
    titles = (_title(graph, name) for name in parts)
    return {at.KIND: "folded", **kept, at.FOLDED: (words, *titles), at.FOLDS: _names(graph, parts)}


def _names(graph: nx.MultiDiGraph, parts: list[str]) -> tuple[str, ...]:
    """Names of the file: those within a box that is already folded instead of that box."""
    return tuple(name for part in parts for name in graph.nodes[part].get(at.FOLDS, (part,)))


def _count(graph: nx.MultiDiGraph, parts: list[str]) -> str:
    kinds = [graph.nodes[name][at.KIND] for name in parts]
    asked = sum(kind in ("decision", "choose") for kind in kinds)
    done = sum(kind in ("step", "call", "folded") for kind in kinds)
    found = [
        f"{number} {word}{'' if number == 1 else 's'}"
        for number, word in ((done, "step"), (asked, "question"))
        if number
    ]
    return " and ".join(found) or "nothing"


def _title(graph: nx.MultiDiGraph, name: str) -> str:
    return str(graph.nodes[name].get(at.LABEL, name.replace("_", " ")))


def _folded(graph: nx.MultiDiGraph, inside: dict[str, str], boxes: dict[str, dict[str, Any]]) -> nx.MultiDiGraph:
    """The graph with each box in place of what it holds; ways within a box are gone, others end at it."""
    found = nx.MultiDiGraph(**graph.graph)
    for name, facts in graph.nodes(data=True):
        if name not in inside:
            found.add_node(name, **facts)
        elif inside[name] not in found:
            found.add_node(inside[name], **boxes[inside[name]])
    for source, target, key, facts in graph.edges(keys=True, data=True):
        start, end = inside.get(source, source), inside.get(target, target)
        within = start == end and source in inside
        if not within:
            found.add_edge(start, end, key, **facts)
    return found
