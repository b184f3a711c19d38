"""One open text and every name in it: what each word stands for, where that is declared, where else it is used.

Words of the language that are spelled like a name (a team may be called `delay`) are told from names by the field of
the tree they stand in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mpmflow.compiler.names import Named, Names
from mpmflow.compiler.pipeline import Compiled, compile_source
from mpmflow.diagnostics.reading import read_path
from mpmflow.diagnostics.source import Source, Span
from mpmflow.model.model import Model
from mpmflow.syntax import tree
from mpmflow.syntax.records import Record

_NO_NAMES: frozenset[tuple[str, str]] = frozenset(
    {
        ("Distribution", "name"), ("Argument", "name"), ("Target", "total_from"), ("Target", "by"), ("Works", "days"),
        ("Team", "order"), ("Allow", "code"), ("Metric", "category"), ("Metric", "unit"), ("Evidence", "grade"),
        ("OutOfControl", "chart"), ("Objective", "level"), ("Move", "by"), ("Given", "start"), ("Expect", "at"),
        ("IsState", "state"), ("RoleColumn", "role"), ("RoleColumn", "column"), ("OwnColumn", "column"),
    }
)  # fmt: skip
"""Words of the tree that are no names of the model: words of the language, dates, columns of a file."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A name where it stands: the id of what it refers to (`brief_complete.no` for an outcome), and its place.

    `declares` is whether the thing is declared there.
    """

    id: str
    span: Span
    declares: bool = False


class Written:
    """What is known of one text.

    Attributes:
        path: of the file; None for a text that has none yet.
        compiled: what the compiler makes of it.
    """

    def __init__(self, text: str, path: Path | None = None, open_texts: Mapping[Path, str] | None = None) -> None:
        self.path = path
        texts = open_texts or {}

        def load(wanted: str | Path) -> Source:
            known = texts.get(Path(wanted).resolve())
            return Source(str(wanted), known) if known is not None else read_path(wanted)

        name = str(path) if path is not None else "<unsaved>"
        self.compiled: Compiled = compile_source(Source(name, text), load=load)

    @property
    def source(self) -> Source:
        return self.compiled.source

    @property
    def model(self) -> Model | None:
        return self.compiled.model

    @cached_property
    def names(self) -> Names:
        return Names(self.model or Model())

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """Every name of the text, in its order."""
        parsed = self.compiled.parsed
        found = list(self._marks(parsed.tree, "")) if parsed is not None else []
        return tuple(sorted(found, key=lambda mark: (mark.span.start, mark.span.end)))

    def at(self, offset: int) -> Mark | None:
        """The name at a place; of a dotted one the part under it."""
        found = [mark for mark in self.marks if mark.span.start <= offset <= mark.span.end]
        return min(found, key=lambda mark: mark.span.end - mark.span.start, default=None)

    def uses(self, id: str) -> tuple[Mark, ...]:
        """Every place of this text where something is named, its declaration included."""
        return tuple(mark for mark in self.marks if mark.id == id)

    def declared(self, id: str) -> Span | None:
        """Where something is declared, here or in an imported text."""
        places = self.compiled.places
        return places.get(f"{id}/name") or places.get(id)

    def named(self, id: str) -> Named | None:
        """What an id refers to."""
        found = self.names.find(id)
        if found is not None:
            return found
        for room in self.names.local.values():
            if id in room:
                return room[id]
        return None

    # ------------------------------------------------------------------------------------------ walking
    def _marks(self, node: Record, decision: str) -> Iterator[Mark]:
        if isinstance(node, tree.Decision | tree.Choose):
            decision = node.name.text
        if isinstance(node, tree.Outcome):
            if node.name.span is not None:
                yield Mark(f"{decision}.{node.name.text}", node.name.span, True)
        elif isinstance(node, tree.Reference) and node.span is not None:
            yield from self._parts(node.name, node.span)
        for field in node.__match_args__:
            value = getattr(node, field)
            if isinstance(value, tree.Word) and (type(node).__name__, field) not in _NO_NAMES:
                if not (isinstance(node, tree.Outcome) and field == "name") and value.span is not None:
                    declares = field == "name" and type(node).__name__ in _DECLARING
                    yield from self._parts(value.text, value.span, declares)
            else:
                yield from self._inside(value, node, field, decision)

    def _inside(self, value: Any, node: Record, field: str, decision: str) -> Iterator[Mark]:
        if isinstance(value, tuple):
            for one in value:
                if isinstance(one, tree.Word):
                    if (type(node).__name__, field) not in _NO_NAMES and one.span is not None:
                        yield from self._parts(one.text, one.span)
                else:
                    yield from self._inside(one, node, field, decision)
        elif isinstance(value, Record) and not isinstance(value, tree.Word):
            yield from self._marks(value, decision)

    def _parts(self, text: str, span: Span, declares: bool = False) -> Iterator[Mark]:
        """The marks of a name; a dotted one gives that of the thing and that of what it has."""
        before, dot, _ = text.partition(".")
        if not dot:
            if declares or self.named(text) is not None:
                yield Mark(text, span, declares)
            return
        if self.named(before) is not None:
            yield Mark(before, Span(span.source, span.start, span.start + len(before)))
        if self.named(text) is not None:
            yield Mark(text, Span(span.source, span.start + len(before) + 1, span.end))


_DECLARING = frozenset(
    {
        "Team", "Step", "Decision", "Choose", "Parallel", "Call", "Done", "Scrap", "Workflow", "Metric", "Indicator",
        "Objective", "Initiative", "Commitment", "Scenario", "OwnColumn",
    }
)  # fmt: skip
