"""Times of nodes from their spells: work apart from waiting where the log says when work began, open visits censored.

A queue in front of a team is no work: where the log knows completions only, the time since the event before holds the
queue as well, and becomes the `takes` of a node only if no team does its work. Working times of a team with a calendar
are counted in its working hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.model.spells import NodeSpells, Spells
from mpmflow.numerics.statistics.fitted_laws import FittedLaw, fit_laws

from .hours import WeekHours
from .window import Window

Floats = npt.NDArray[np.float64]
_TIMED = 0.5  # share of the visits whose beginning must be known for work and waiting to be told apart


@dataclass(frozen=True, eq=False)
class Times:
    """Times of one kind at one node, ready to be fitted: (N,) each.

    Attributes:
        seconds: how long, up to now for those still running.
        over: whether it is over.
        weight: what it counts for.
    """

    seconds: Floats
    over: npt.NDArray[np.bool_]
    weight: Floats

    @property
    def seen(self) -> int:
        """How many are over."""
        return int((self.over & (self.weight > 0)).sum())

    def laws(self) -> tuple[FittedLaw, ...]:
        """The laws that fit, the best first."""
        return fit_laws(self.seconds, self.over, self.weight)


@dataclass(frozen=True, eq=False)
class NodeTimes:
    """The times of a node: work and wait where the log tells them apart, else both together."""

    work: Times | None
    wait: Times | None
    whole: Times | None


def node_times(spells: Spells, window: Window, hours: Mapping[str, WeekHours]) -> dict[str, NodeTimes]:
    """The times of every node that was visited.

    Args:
        hours: working hours of the team that does a node's work, by node; work of other nodes is calendar time.

    An open case that may be at several nodes counts at each with the chance that it is there: the share of the cases
    that came to it after the same event, times the chance to be there so long under the law of those that are over.
    """
    first = {name: _times(found, window, np.zeros(len(found)), hours.get(name)) for name, found in spells.nodes.items()}
    if not any(one > 1 for found in spells.nodes.values() for one in found.among):
        return first
    chances = _chances(spells, window, first)
    return {name: _times(found, window, chances[name], hours.get(name)) for name, found in spells.nodes.items()}


def _times(found: NodeSpells, window: Window, chance: Floats, hours: WeekHours | None) -> NodeTimes:
    entered, began, left = (np.asarray(column) for column in (found.entered, found.began, found.left))
    sure = np.asarray(found.among) <= 1
    started, over = ~np.isnan(began), ~np.isnan(left)
    now = np.where(over, left, window.until)
    if started.sum() < _TIMED * max(int((over | started).sum()), 1):
        known = ~np.isnan(entered)
        weight = window.weights(np.where(known, entered, np.nan)) * np.where(sure, 1.0, chance)
        return NodeTimes(None, None, _kept(now - entered, over, weight, known))
    work = _kept((hours.worked(began, now) if hours is not None else now - began), over, window.weights(began), started)
    known = ~np.isnan(entered) & (started | ~over)
    until = np.where(started, began, window.until)
    weight = window.weights(entered) * np.where(sure, 1.0, chance)
    return NodeTimes(work, _kept(until - entered, started, weight, known), None)


def _kept(seconds: Floats, over: npt.NDArray[np.bool_], weight: Floats, known: npt.NDArray[np.bool_]) -> Times:
    chosen = known & (weight > 0)
    with np.errstate(invalid="ignore"):
        chosen &= seconds >= 0
    return Times(seconds[chosen], over[chosen], weight[chosen])


def _chances(spells: Spells, window: Window, first: Mapping[str, NodeTimes]) -> dict[str, Floats]:
    """The chance of each open visit that its case is there."""
    laws = {}
    for name, times in first.items():
        seen = times.whole or times.wait
        fitted = seen.laws() if seen is not None and seen.seen else ()
        laws[name] = fitted[0].law if fitted else None
    came: dict[str, dict[int, int]] = {}
    for name, visits in spells.nodes.items():
        closed = np.asarray(visits.after)[~np.isnan(np.asarray(visits.left))]
        marks, numbers = np.unique(closed, return_counts=True)
        came[name] = dict(zip(marks.tolist(), numbers.tolist(), strict=True))
    chances = {}
    for name, visits in spells.nodes.items():
        chance = np.zeros(len(visits))
        for index in np.flatnonzero(np.asarray(visits.among) > 1):
            mark = visits.after[index]
            age = window.until - visits.entered[index]
            total, here = float(max(spells.went_on[mark], 1)), 0.0
            for other, counts in came.items():
                law, number = laws[other], counts.get(mark, 0)
                lasting = float(law.survival(age)) if law is not None else 1.0
                total -= number * (1.0 - lasting)
                here = number * lasting if other == name else here
            chance[index] = here / total if total > 0.0 else 0.0
        chances[name] = chance
    return chances
