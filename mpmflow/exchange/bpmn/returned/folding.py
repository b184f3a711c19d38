"""Shapes of one statement folded together, so that what is left is one vertex a statement, as the reader expects it.

A timer or a task in front of its statement, the delay of an outcome, the lost cases of a call: where they still stand
as mpmflow drew them, they go, and the flows lead past them. What was torn apart stays, and is read as it looks.
"""

from __future__ import annotations

from mpmflow.exchange.bpmn.document import Document, Flow, Node, Scope
from mpmflow.exchange.bpmn.drawing.process import part_name
from mpmflow.exchange.bpmn.returned.marks import Marks
from mpmflow.model import process


def fold(document: Document, marks: Marks) -> dict[str, str]:
    """Fold every process of a document; returns the part of each element that went."""
    gone: dict[str, str] = {}
    for scope in document.scopes:
        for node in list(scope.nodes.values()):
            role, part = marks.role_of.get(node.id, ""), marks.part_of.get(node.id, "")
            before = role in ("waits", "takes") and _before(node, part, marks)
            if before or (role == "delay" and len(node.outgoing) == 1 and _only(node, part, marks)):
                _past(scope, node)
                gone[node.id] = part
            elif role == "lost" and _lost(scope, node):
                gone[node.id] = part
            elif role == "join" and node.kind == "complex":
                node.kind = "parallel"
            elif role == "end":
                _ending(document, node, part)
    return gone


def _before(node: Node, part: str, marks: Marks) -> bool:
    """Whether a shape stands in front of another of its statement, and of nothing else."""
    return len(node.outgoing) == 1 and marks.part_of.get(node.outgoing[0].target) == part


def _only(node: Node, part: str, marks: Marks) -> bool:
    return bool(node.incoming) and all(marks.part_of.get(flow.id) == part for flow in node.incoming)


def _past(scope: Scope, node: Node) -> None:
    """Take a node out: what led to it leads to what came behind it."""
    onward = node.outgoing[0]
    behind = scope.nodes[onward.target]
    behind.incoming.remove(onward)
    scope.flows.remove(onward)
    for flow in node.incoming:
        flow.target = behind.id
        behind.incoming.append(flow)
    del scope.nodes[node.id]


def _lost(scope: Scope, node: Node) -> bool:
    """Take out the lost cases of a call, where they lead to an end for them alone."""
    targets = [scope.nodes[flow.target] for flow in node.outgoing]
    if len(targets) != 1 or targets[0].kind != "end" or targets[0].event() != "error":
        return False
    for host in scope.nodes.values():
        if node in host.boundary:
            host.boundary.remove(node)
    flow: Flow = node.outgoing[0]
    scope.flows.remove(flow)
    targets[0].incoming.remove(flow)
    if not targets[0].incoming:
        del scope.nodes[targets[0].id]
    del scope.nodes[node.id]
    return True


def _ending(document: Document, node: Node, part: str) -> None:
    """Let an end whose name is as mpmflow wrote it be the end of that name."""
    document.settled.add(node.id)
    kind = "scrap" if node.event() == "error" else "done"
    made = process.End(kind="scrap" if kind == "scrap" else "done", name=None if part == kind else part)
    if " ".join(node.name.split()) == " ".join(part_name(made).split()):
        node.name = made.name or ""
