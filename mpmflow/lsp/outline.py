"""The outline of a text: its statements, and what stands in their blocks, as a tree of names and places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mpmflow.diagnostics.source import Span
from mpmflow.syntax import tree

from .written import Written

_PARTS = ("statements", "items", "body", "branches", "outcomes", "children", "objectives")


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement: what it is, its name and label, its whole place and that of its name, what stands in it."""

    kind: str
    name: str
    label: str
    span: Span
    name_span: Span
    inside: tuple[Entry, ...] = ()


def outline(written: Written) -> tuple[Entry, ...]:
    """The statements of a text, in order."""
    parsed = written.compiled.parsed
    return tuple(_entries(parsed.tree)) if parsed is not None else ()


def _entries(node: object) -> Iterator[Entry]:
    for field in getattr(node, "__match_args__", ()):
        value = getattr(node, field)
        for one in value if isinstance(value, tuple) else ():
            yield from _entry(one)


def _entry(node: object) -> Iterator[Entry]:
    kind = type(node).__name__.lower()
    span = getattr(node, "span", None)
    name = getattr(node, "name", None)
    if isinstance(node, tree.Cause) and span is not None:
        words = f"{node.source.text} -> {node.target.text}"
        yield Entry(kind, words, "", span, node.source.span or span)
    elif isinstance(node, tree.Handoff) and span is not None:
        yield Entry(kind, f"{node.giver.text} -> {node.taker.text}", "", span, node.giver.span or span)
    elif isinstance(node, tree.Test) and span is not None:
        yield Entry(kind, node.title.value, "", span, node.title.span or span)
    elif isinstance(node, _NAMED) and isinstance(name, tree.Word) and span is not None:
        label = getattr(node, "label", None)
        title = label.value if isinstance(label, tree.Text) else ""
        yield Entry(kind, name.text, title, span, name.span or span, tuple(_entries(node)))
    elif isinstance(node, tree.Branch):
        yield from _entries(node)


_NAMED = (
    tree.Workflow, tree.Team, tree.Step, tree.Decision, tree.Choose, tree.Outcome, tree.Parallel, tree.Call,
    tree.Metric, tree.Indicator, tree.Objective, tree.Initiative, tree.Commitment, tree.Scenario,
)  # fmt: skip
