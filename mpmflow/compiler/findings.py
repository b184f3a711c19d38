"""What a check finds, before it is known where in a text it stands.

Checks look at models, and models know no places. So a check says *at which part* and at which of its clauses
something is wrong; the pipeline looks up the place, if the model came from a text, and the words are in
`diagnostics/codes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Where = tuple[Any, str]
"""A part of the model and one of its clauses, by field name (`"takes"`, `"measured_by.1"`); `""` is the whole part."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        code: the entry of the table in `diagnostics/codes.py`.
        part: the part of the model that it is about.
        clause: the field of that part, with the index of an entry; "" for the part itself.
        facts: what the words of the code need.
        notes: further places with a sentence each, in order: the hops of a loop, the first of two doubles.
    """

    code: str
    part: Any
    clause: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[tuple[Where | None, str], ...] = ()


def found(
    code: str, part: Any, clause: str = "", *, notes: tuple[tuple[Where | None, str], ...] = (), **facts: Any
) -> Finding:
    """A finding, with its facts as keywords."""
    return Finding(code, part, clause, facts, notes)
