"""Data sources: each role is given once, and those that are needed are given."""

from __future__ import annotations

from collections.abc import Iterator

from mpmflow.model.observations import LogSource, Role

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


def _knows_roles(source: LogSource) -> bool:
    """Whether the file itself says which column is what: XES, and object-centric logs, where `case` names a type."""
    name = source.path.lower().removesuffix(".gz")
    return (
        name.endswith((".xes", ".json", ".jsonocel", ".sqlite", ".db")) and source.query is None and "://" not in name
    )


_NEEDED: tuple[Role, ...] = ("case", "activity", "time")


def roles(subject: Subject) -> Iterator[Finding]:
    """Logs that name some of their columns, but not the case, the activity or the time."""
    for source in subject.model.data:
        if isinstance(source, LogSource) and source.columns and not _knows_roles(source):
            given = {column.role for column in source.columns}
            missing = [role for role in _NEEDED if role not in given]
            if missing:
                yield found("log-without-role", source, "path", name=source.path, missing=missing, example=missing[0])
