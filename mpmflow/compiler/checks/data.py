"""Data sources: each role is given once."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding, found
from .subject import Subject


def columns(subject: Subject) -> Iterator[Finding]:
    """Roles and own names that stand twice in one source."""
    for source in subject.model.data:
        first: dict[str, object] = {}
        for column in source.columns:
            name = column.role or column.name or ""
            if name in first:
                yield found(
                    "duplicate-name",
                    column,
                    "name",
                    name=name,
                    kind="a column",
                    other="a column",
                    where=" of this file",
                    notes=(((first[name], ""), "it is here first"),),
                )
            first.setdefault(name, column)
