"""What changed in the structure of a model: statements that came, went, moved, were renamed, and clauses old and new.

A statement is the same in both versions if it has the same name. One that went and one that came are the same under a
new name where that is evident: the same kind of statement, in the same place, with the same label, or with the same
clauses; and no other that would fit as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from mpmflow.analysis.difference.renamed import new_name, renamed
from mpmflow.analysis.results import Document
from mpmflow.compiler.statements import Clause, Written, statements
from mpmflow.diagnostics.source import Span
from mpmflow.model.model import Model

Places = Mapping[str, Span]
ORDERED = frozenset({"step", "decision", "choose", "parallel", "first", "call", "end"})
"""Statements whose order means something: a case goes from one to the next."""
NESTED = ORDERED | {"outcome", "objective"}
"""Statements that mean something else in another place."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def to_dict(self) -> Document:
        return {"file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True)
class ClauseEdit:
    """A clause in both versions; None where it is not there. `word` is what the clause begins with, "" without."""

    clause: str
    word: str
    old: str | None
    new: str | None
    old_place: Place | None = None
    new_place: Place | None = None

    def to_dict(self) -> Document:
        return {
            "clause": self.clause, "word": self.word, "old": self.old, "new": self.new,
            "old_place": _place(self.old_place), "new_place": _place(self.new_place),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of one statement.

    Attributes:
        what: whether it was added or removed, or changed in one of the ways below.
        kind, name, title: the word of the language it begins with, its present name, and what people read.
        id: its identity, as of `mpmflow.compiler.statements`.
        within: what it stands in, "" for the file.
        was: its former name, None if it has not changed.
        moved: from behind what to behind what, None where it did not move.
        clauses: those that differ; of an added or removed statement all of them.
    """

    what: Literal["added", "removed", "changed"]
    kind: str
    id: str
    name: str
    title: str
    within: str = ""
    was: str | None = None
    moved: tuple[str, str] | None = None
    clauses: tuple[ClauseEdit, ...] = ()
    old_place: Place | None = None
    new_place: Place | None = None

    def to_dict(self) -> Document:
        return {
            "what": self.what, "kind": self.kind, "id": self.id, "name": self.name, "label": self.title,
            "within": self.within, "was": self.was,
            "moved": {"from": self.moved[0], "to": self.moved[1]} if self.moved is not None else None,
            "clauses": [one.to_dict() for one in self.clauses],
            "old_place": _place(self.old_place), "new_place": _place(self.new_place),
        }  # fmt: skip


def _place(place: Place | None) -> Document | None:
    return place.to_dict() if place is not None else None


@dataclass(frozen=True, slots=True)
class Structure:
    """Both versions beside each other: the old one with new names, the edits, and the names that changed."""

    old: Model
    new: Model
    edits: tuple[Edit, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def structure(old: Model, new: Model, places: tuple[Places, Places] = ({}, {})) -> Structure:
    """What changed between two versions of a model.

    >>> from mpmflow.model.process import Step, Workflow
    >>> def model(*names):
    ...     return Model(workflows=[Workflow(name="w", body=[Step(name=name, takes="2h") for name in names])])
    >>> [(one.what, one.kind, one.name) for one in structure(model("brief"), model("brief", "copy")).edits]
    [('added', 'step', 'copy')]
    """
    names = _new_names(old, new)
    called = renamed(old, names)
    before = {one.id: one for one in statements(called)}
    after = {one.id: one for one in statements(new)}
    former = {now: was for was, now in names.items()}
    moves = _moves(before, after)
    edits = []
    for key, written in (after | {key: one for key, one in before.items() if key not in after}).items():
        was, now = before.get(key), after.get(key)
        clauses = _clauses(was, now, places, former)
        what: Literal["added", "removed", "changed"]
        what = "added" if was is None else "removed" if now is None else "changed"
        if what == "changed" and not clauses and key not in former and key not in moves and was.kind == now.kind:  # type: ignore[union-attr]
            continue
        if was is not None and now is not None and was.kind != now.kind:
            clauses = (ClauseEdit("kind", "", was.kind, now.kind), *clauses)
        edits.append(
            Edit(what, written.kind, key, written.name, written.title, written.within, former.get(key),
                 moves.get(key), clauses, _where(places[0], _former(key, former)) if was is not None else None,
                 _where(places[1], key) if now is not None else None)
        )  # fmt: skip
    return Structure(called, new, tuple(_in_order(edits, after, before)), names)


def _in_order(edits: list[Edit], after: Mapping[str, Written], before: Mapping[str, Written]) -> list[Edit]:
    """What came, went or moved first, then what changed; both in the order of the file."""
    order = {key: number for number, key in enumerate([*after, *before])}
    order |= {key: number for number, key in enumerate(after)}
    shape = {"removed": 0, "added": 0}
    return sorted(edits, key=lambda one: (shape.get(one.what, 0 if one.moved else 1), order[one.id]))


def _where(places: Places, key: str) -> Place | None:
    for name in (f"{key}/name", key, key.partition("/")[0]):
        if name in places:
            return Place(places[name].file, places[name].line)
    return None


def _former(key: str, former: Mapping[str, str]) -> str:
    """An id as it was in the old version."""
    return new_name(key, former) if ":" not in key else key


def _clauses(
    was: Written | None, now: Written | None, places: tuple[Places, Places], former: Mapping[str, str]
) -> tuple[ClauseEdit, ...]:
    before: Mapping[str, Clause] = was.clauses if was is not None else {}
    after: Mapping[str, Clause] = now.clauses if now is not None else {}
    found = []
    for key in {**before, **after}:
        one, other = before.get(key), after.get(key)
        if one is not None and other is not None and one.said == other.said:
            continue
        known = other or one
        assert known is not None
        found.append(
            ClauseEdit(
                key.partition(" ")[0] if key.startswith("line ") else key,
                known.word,
                one.said if one is not None else None,
                other.said if other is not None else None,
                _clause_place(places[0], _old_place(one.place, former)) if one is not None else None,
                _clause_place(places[1], other.place) if other is not None else None,
            )
        )
    return tuple(found)


def _old_place(place: str, former: Mapping[str, str]) -> str:
    head, slash, rest = place.partition("/")
    return _former(head, former) + slash + rest


def _clause_place(places: Places, place: str) -> Place | None:
    """The place of a clause, else that of what it stands in."""
    while place:
        if place in places:
            return Place(places[place].file, places[place].line)
        place = place.rpartition("/")[0]
    return None


# --- the same under a new name


def _new_names(old: Model, new: Model) -> dict[str, str]:
    """Old name -> new name, of all that is evidently the same. Names found first help to find more."""
    names: dict[str, str] = {}
    while True:
        before = {one.id: one for one in statements(renamed(old, names))}
        after = {one.id: one for one in statements(new)}
        gone = [one for key, one in before.items() if key not in after and _nameable(one)]
        came = [one for key, one in after.items() if key not in before and _nameable(one)]
        found = _pairs(gone, came)
        if not found:
            return names
        back = {now: was for was, now in names.items()}
        names |= {_former(was, back): now for was, now in found.items()}


def _nameable(one: Written) -> bool:
    return ":" not in one.id and "/" not in one.id and one.id.rstrip("'") == one.id


def _pairs(gone: Sequence[Written], came: Sequence[Written]) -> dict[str, str]:
    """What went and what came and is the same: each fits the other, and nothing else fits either as well."""
    found: dict[str, str] = {}
    for fits in (_same_label, _same_clauses):
        for one in gone:
            others = [other for other in came if _alike(one, other) and fits(one, other)]
            if len(others) == 1 and one.id not in found and others[0].id not in found.values():
                rivals = [rival for rival in gone if _alike(rival, others[0]) and fits(rival, others[0])]
                if len(rivals) == 1:
                    found[one.id] = others[0].id
    return found


def _alike(one: Written, other: Written) -> bool:
    return one.kind == other.kind and (one.kind not in NESTED or one.within == other.within)


def _same_label(one: Written, other: Written) -> bool:
    return one.label is not None and one.label == other.label


def _same_clauses(one: Written, other: Written) -> bool:
    """The same shape: the same clauses, of which there are enough to tell."""
    before, after = (_said(written) for written in (one, other))
    return before == after and len(before) >= (1 if one.kind in ("outcome", "metric", "workflow", "indicator") else 2)


def _said(written: Written) -> dict[str, str]:
    return {key: clause.said for key, clause in written.clauses.items() if key != "label"}


# --- moves


def _moves(before: Mapping[str, Written], after: Mapping[str, Written]) -> dict[str, tuple[str, str]]:
    """Statements that stand elsewhere: in something else, or in another order there."""
    found: dict[str, tuple[str, str]] = {}
    for key, now in after.items():
        was = before.get(key)
        if was is not None and now.kind in NESTED and now.kind != "outcome" and was.within != now.within:
            found[key] = (f"in {_container(was.within)}", f"in {_container(now.within)}")
    rows_before, rows_after = _rows(before.values()), _rows(after.values())
    for within in rows_after.keys() & rows_before.keys():
        common = [key for key in rows_before[within] if key in rows_after[within]]
        there = [key for key in rows_after[within] if key in rows_before[within]]
        matcher = SequenceMatcher(None, common, there, autojunk=False)
        stays = {common[block.a + step] for block in matcher.get_matching_blocks() for step in range(block.size)}
        for key in there:
            if key not in stays and not key.startswith(f"{within}/"):
                found[key] = (_behind(rows_before[within], key, before), _behind(rows_after[within], key, after))
    return found


def _container(within: str) -> str:
    name, number, branch = within.partition("#")
    return f"branch {branch} of {name}" if number else name or "the file"


def _rows(all_: Iterable[Written]) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for one in all_:
        if one.kind in ORDERED:
            rows.setdefault(one.within, []).append(one.id)
    return rows


def _behind(row: list[str], key: str, known: Mapping[str, Written]) -> str:
    position = row.index(key)
    return f"behind {known[row[position - 1]].name}" if position else "at the start"
