"""`allow CODE "reason"`: silences a warning for the statement it stands in, and is counted.

Errors cannot be silenced: a text that has no meaning has none, whatever is allowed. An `allow` that silences nothing
is itself worth a warning, since it says of a file what is not so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mpmflow.diagnostics.codes import CODES
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.base import Allow, Part
from mpmflow.model.model import Import, Model

from .findings import Finding, found


def silence(model: Model, findings: list[Finding]) -> tuple[list[Finding], int]:
    """The findings that are not allowed, with a finding for each `allow` that silences nothing; and how many were."""
    holders = [(part, allow) for part in _holders(model) for allow in part.allow]
    if not holders:
        return findings, 0
    inside: dict[int, frozenset[int]] = {}
    used: set[int] = set()
    kept: list[Finding] = []
    silenced = 0
    for finding in findings:
        allows = [
            allow
            for part, allow in holders
            if allow.code == finding.code
            and CODES[finding.code].severity != "error"
            and id(finding.part) in inside.setdefault(id(part), frozenset(map(id, _parts(part))))
        ]
        used.update(map(id, allows))
        silenced += bool(allows)
        if not allows:
            kept.append(finding)
    for _, allow in holders:
        if id(allow) not in used:
            kept.append(_useless(allow))
    return kept, silenced


def _useless(allow: Allow) -> Finding:
    entry = CODES.get(allow.code)
    if entry is None:
        warnings = [name for name, code in CODES.items() if code.severity != "error"]
        return found("unknown-allow", allow, name=allow.code, nearest=nearest(allow.code, warnings))
    why = "errors cannot be allowed" if entry.severity == "error" else "there is no such finding in this statement"
    return found("useless-allow", allow, code_name=allow.code, why=why)


def _holders(model: Model) -> Iterator[Any]:
    """Every part of the model that has an `allow`, in order; imported files keep theirs to themselves."""
    for part in _parts(model):
        if getattr(part, "allow", ()):
            yield part


def _parts(part: Any) -> Iterator[Part]:
    """The part and all parts inside it, imported models left out."""
    todo = [part]
    while todo:
        one = todo.pop()
        if isinstance(one, tuple):
            todo.extend(reversed(one))
        elif isinstance(one, Part) and not isinstance(one, Import):
            yield one
            todo.extend(value for value in reversed(one.__dict__.values()) if isinstance(value, (Part, tuple)))
