"""What the whole bridge shares: making parts, noting where they stand, and saying what has no meaning.

The syntax has made the right kinds of things already, so parts are made without validating them a second time; what
the grammar cannot know (a date that does not exist, a negative duration) is checked where the literal is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from mpmflow.diagnostics.diagnostic import Note
from mpmflow.diagnostics.source import Span
from mpmflow.model.base import Part

P = TypeVar("P", bound=Part)

_REQUIRED = object()


@cache
def _defaults(kind: type[Part]) -> dict[str, Any]:
    """Every field of a class in order with its default, so that parts print and serialise in that order."""
    return {
        name: _REQUIRED if info.is_required() else info.get_default(call_default_factory=True)
        for name, info in kind.__pydantic_fields__.items()
    }


def make(kind: type[P], /, **fields: Any) -> P:
    """A part with these fields, which must have the right types already.

    >>> from mpmflow.model.quantities import Quantity
    >>> from fractions import Fraction
    >>> make(Quantity, value=Fraction(2), unit="h") == Quantity(value=2, unit="h")
    True
    """
    part = kind.__new__(kind)
    object.__setattr__(part, "__dict__", _defaults(kind) | fields)
    object.__setattr__(part, "__pydantic_fields_set__", set(fields))
    object.__setattr__(part, "__pydantic_extra__", None)
    object.__setattr__(part, "__pydantic_private__", None)
    return part


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a text that has no meaning: the code of the table, the place, and the facts for its words."""

    code: str
    span: Span | None
    facts: dict[str, Any]
    notes: tuple[Note, ...] = ()


@dataclass(slots=True)
class Bridge:
    """One passage from a tree to a model.

    Attributes:
        spans: where each part and each of its clauses stands, by the identity of the part and the clause's field.
        faults: what was found to have no meaning.
        files: the data files that are named, with the place of each.
    """

    spans: dict[tuple[int, str], Span] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    files: list[tuple[str, Span | None]] = field(default_factory=list)
    _kept: list[Any] = field(default_factory=list)

    def part(self, kind: type[P], span: Span | None, /, **fields: Any) -> P:
        """Make a part and note where it stands."""
        made = make(kind, **fields)
        self._kept.append(made)  # identities stay unique for as long as the spans are in use
        if span is not None:
            self.spans[id(made), ""] = span
        return made

    def mark(self, part: Any, **clauses: Any) -> None:
        """Note where clauses of a part stand; each is a piece of the tree, several of them, or None."""
        for clause, written in clauses.items():
            if isinstance(written, tuple):
                for position, one in enumerate(written):
                    if one.span is not None:
                        self.spans[id(part), f"{clause}.{position}"] = one.span
            elif written is not None and written.span is not None:
                self.spans[id(part), clause] = written.span

    def fault(self, code: str, span: Span | None, *, notes: tuple[Note, ...] = (), **facts: Any) -> None:
        """Note that something has no meaning."""
        self.faults.append(Fault(code, span, facts, notes))
