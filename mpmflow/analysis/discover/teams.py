"""Teams from who did what, where that is clear: people who share their work, and nobody else does it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mpmflow.model.histories import Histories

SHORTEST_PREFIX = 4
CLEAR = 0.95
"""At least this share of an activity is done by its team's own people."""


@dataclass(frozen=True, slots=True)
class FoundTeam:
    """A team: its name, what the log calls it, how many people, and the activities that are theirs."""

    name: str
    label: str | None
    people: int
    activities: tuple[int, ...]


def teams_of(histories: Histories, activities: Sequence[int]) -> list[FoundTeam]:
    """The teams of a log that times work from start to completion; none where they are not clear.

    Clear is a team whose people are called alike (`Tester1`, `Tester2`) or that is itself the resource (`Legal`), and
    that does nearly all of its activities. Without times of work a team would hold nobody, so none is made up.
    """
    if not histories.work or not histories.resources:
        return []
    people: dict[str, set[str]] = {}
    for activity in activities:
        for who in histories.resources[activity]:
            people.setdefault(_kind(who), set()).add(who)
    found: dict[str, list[int]] = {}
    for activity in activities:
        done = histories.resources[activity]
        total = sum(done.values())
        if not total or histories.work[activity].mean <= 0:
            continue
        kinds: dict[str, int] = {}
        for who, count in done.items():
            kinds[_kind(who)] = kinds.get(_kind(who), 0) + count
        best = max(sorted(kinds), key=lambda kind: kinds[kind])
        if kinds[best] >= CLEAR * total and len(best) >= SHORTEST_PREFIX:
            found.setdefault(best, []).append(activity)
    if not found or sum(len(one) for one in found.values()) < 0.5 * len(activities):
        return []
    if sum(len(people[kind]) for kind in found) > 3 * len(activities):
        return []
    return [
        FoundTeam(_name(kind), None if len(people[kind]) > 1 else kind, len(people[kind]), tuple(members))
        for kind, members in sorted(found.items())
    ]


def _kind(who: str) -> str:
    """What people of a team have in common: the name without its number."""
    return re.sub(r"[\W_]*\d+$", "", who.strip())


def _name(kind: str) -> str:
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind)
    words = [word for word in re.split(r"[\W_]+", parts.casefold()) if word]
    name = "_".join(words) or "team"
    return name if name[0].isalpha() else f"team_{name}"
