"""The cascade of goals: up, whether a goal moves the one above it; across, whether goals of one level pull together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

from mpmflow.model.goals import LEVELS, Objective
from mpmflow.model.model import Model

from .answer import Across, Conflict, Effect, UpLink

Effects = Callable[[str], Mapping[str, Effect]]
"""Metric -> everything that moves it, by source."""
MOST_CONFLICTS = 12


def upward(model: Model, effects_on: Effects, metrics: set[str]) -> tuple[UpLink, ...]:
    """Every goal with the one above it, and the strongest way from its metrics to those of that one."""
    found = []
    for child, parent in model.objective_tree():
        if parent is None:
            continue
        mine, theirs = ([name for name in goal.measured_by if name in metrics] for goal in (child, parent))
        shared = next((name for name in mine if name in theirs), None)
        if shared is not None:
            found.append(UpLink(child.name, parent.name, shared, shared, None))
            continue
        ways = [effect for name in theirs for source, effect in effects_on(name).items() if source in mine]
        best = min(ways, key=_rank, default=None)
        found.append(
            UpLink(child.name, parent.name, best.source, best.metric, best)
            if best is not None
            else UpLink(child.name, parent.name, None, None, None)
        )
    return tuple(found)


def _rank(effect: Effect) -> tuple[bool, float, str, str]:
    """The strongest first: known before unknown, the weightier before the lighter."""
    return effect.change is None, -(effect.worth or 0.0), effect.source, effect.metric


def across(model: Model, effects_on: Effects, teams: Mapping[str, tuple[str, ...]]) -> tuple[Across, ...]:
    """Goals of one level, two by two, that share a metric, a team or a lever; from the top level down."""
    goals = [goal for goal, _ in model.objective_tree()]
    found = []
    for level in LEVELS:
        here = [goal for goal in goals if goal.level == level]
        for first, second in combinations(here, 2):
            pair = _pair(first, second, effects_on, teams)
            if pair.metrics or pair.teams or pair.together or pair.conflicts:
                found.append(pair)
    return tuple(found)


def _pair(first: Objective, second: Objective, effects_on: Effects, teams: Mapping[str, tuple[str, ...]]) -> Across:
    rank: dict[tuple[str, str], int] = {}
    mine, theirs = (_by_source(goal, effects_on, rank) for goal in (first, second))

    def place_of(conflict: Conflict) -> int:
        return sum(rank[one.source, one.metric] for one in (conflict.helps, conflict.hurts))

    shared = [name for name in first.measured_by if name in second.measured_by]
    both = [source for source in mine if source in theirs]
    together, conflicts = [], []
    for source in both:
        opposed = [
            Conflict(one, other) if one.helps else Conflict(other, one)
            for one in mine[source]
            for other in theirs[source]
            if one.helps is not None and other.helps is not None and one.helps != other.helps
        ]
        if opposed:
            conflicts.append(min(opposed, key=place_of))
        elif any(
            one.helps is not None and one.helps == other.helps for one in mine[source] for other in theirs[source]
        ):
            together.append(source)
    conflicts.sort(key=lambda one: (place_of(one), one.helps.source))
    crews = [
        {team for effects in part.values() for one in effects for team in teams.get(one.of, ())}
        for part in (mine, theirs)
    ]
    return Across(
        first.name,
        second.name,
        first.level,
        tuple(shared),
        tuple(sorted(crews[0] & crews[1])),
        tuple(together),
        tuple(conflicts[:MOST_CONFLICTS]),
    )


def _by_source(goal: Objective, effects_on: Effects, rank: dict[tuple[str, str], int]) -> dict[str, list[Effect]]:
    """The effects on a goal's metrics by their source; notes down which place each has among those on its metric."""
    found: dict[str, list[Effect]] = {}
    for metric in goal.measured_by:
        for place, (source, effect) in enumerate(effects_on(metric).items()):
            found.setdefault(source, []).append(effect)
            rank[effect.source, effect.metric] = place
    return found
