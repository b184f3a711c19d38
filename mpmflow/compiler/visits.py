"""How often a case visits each statement, and how much work that is: plain arithmetic for the load check.

`check` must answer at once and load no numerical library, so this is a small elimination on dictionaries: exact for
workflows whose shares are the same at every visit, and for `parallel` blocks, calls and lost cases. Where shares change
from visit to visit or an outcome is bounded (`at most N`), the visits of such a case are followed one by one. The full
treatment, with distributions, is the analysis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mpmflow.model import distributions as law
from mpmflow.model.flow import Arc, Flow, Place
from mpmflow.model.process import Team, Works

DAY, WEEK = 86400.0, 604800.0
MAX_STATES = 4000
"""Beyond this many states a workflow is left to the analysis."""


class TooLarge(Exception):
    """The workflow has more states than a check may take time for."""


@dataclass(slots=True)
class Visits:
    """What one case does, on average.

    Attributes:
        of: visits of each place, those of called workflows included.
        lost: the share of cases that end by scrap.
    """

    of: dict[str, float] = field(default_factory=dict)
    lost: float = 0.0


State = tuple[str, tuple[int, ...]]


class Counter:
    """Counts visits in the flows of a model; each workflow is worked out once."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self.flows = flows
        self._known: dict[str, Visits] = {}

    def of(self, workflow: str) -> Visits:
        """The visits of one case of a workflow. Raises TooLarge."""
        known = self._known.get(workflow)
        if known is None:
            self._known[workflow] = Visits()  # a workflow that calls itself is an error of its own
            flow = self.flows[workflow]
            self._known[workflow] = known = _Region(self, flow, ()).from_start(flow.start)
        return known


class _Region:
    """The places of one body: the workflow's own, or those of one branch of a block."""

    def __init__(
        self,
        counter: Counter,
        flow: Flow,
        scope: tuple[tuple[str, int], ...],
        leaving: dict[str, list[Arc]] | None = None,
    ) -> None:
        self.counter = counter
        self.flow = flow
        self.scope = scope
        self.leaving: dict[str, list[Arc]] = leaving if leaving is not None else flow.leaving()
        self.blocks: dict[str, Visits] = {}
        bounded = [
            arc
            for arc in flow.arcs
            if flow.nodes[arc.source].scope == scope
            and arc.kind == "outcome"
            and (len(set(arc.share)) > 1 or arc.at_most)
        ]
        self.memory: dict[str, int] = {}
        self.depth: list[int] = []
        for arc in bounded:
            for key, most in (
                (arc.source, len(arc.share) - 1 if len(set(arc.share)) > 1 else 0),
                (arc.key, arc.at_most or 0),
            ):
                if most and key not in self.memory:
                    self.memory[key] = len(self.depth)
                    self.depth.append(min(most, 50))

    def from_start(self, start: str) -> Visits:
        """Visits of everything in the region for one entry at `start`."""
        states = self._states((start, (0,) * len(self.depth)))
        flows = _eliminate(states, (start, (0,) * len(self.depth)))
        made = Visits()
        for (place, _), often in flows.items():
            made.of[place] = made.of.get(place, 0.0) + often
        for place, often in list(made.of.items()):
            inner = self._inner(self.flow.nodes[place])
            if inner is None:
                continue
            for name, per_entry in inner.of.items():
                made.of[name] = made.of.get(name, 0.0) + often * per_entry
            made.lost += often * inner.lost
        made.lost += sum(often for (place, _), often in flows.items() if self._is_loss(place))
        return made

    def _is_loss(self, place: str) -> bool:
        node = self.flow.nodes[place]
        return node.kind == "end" and not node.good

    def _inner(self, place: Place) -> Visits | None:
        """What happens inside of a block or a called workflow, for one entry."""
        if place.kind == "call":
            called = getattr(place.node, "workflow", "")
            return self.counter.of(called) if called in self.counter.flows else None
        if place.kind != "fork":
            return None
        known = self.blocks.get(place.id)
        if known is None:
            known = Visits()
            kept = 1.0
            for arc in self.leaving[place.id]:
                if arc.branch is None or arc.target == f"{place.id}.join":
                    continue
                branch = _Region(self.counter, self.flow, (*place.scope, (place.id, arc.branch)), self.leaving)
                inside = branch.from_start(arc.target)
                kept *= 1.0 - min(1.0, inside.lost)
                for name, often in inside.of.items():
                    if name != f"{place.id}.join" and self.flow.nodes.get(name, place).kind != "end":
                        known.of[name] = known.of.get(name, 0.0) + often
            known.lost = 1.0 - kept
            self.blocks[place.id] = known
        return known

    def _states(self, start: State) -> dict[State, dict[State, float]]:
        """Every state that can be reached, with the shares of the next ones."""
        ways: dict[State, dict[State, float]] = {}
        todo = [start]
        while todo:
            state = todo.pop()
            if state in ways:
                continue
            if len(ways) >= MAX_STATES:
                raise TooLarge
            nexts: dict[State, float] = {}
            for target, share in self._next(state):
                nexts[target] = nexts.get(target, 0.0) + share
            ways[state] = nexts
            todo.extend(nexts)
        return ways

    def _next(self, state: State) -> list[tuple[State, float]]:
        place_id, memory = state
        place = self.flow.nodes[place_id]
        if place.scope != self.scope or place.kind == "end" or place_id == self._join():
            return []
        if place.kind == "fork":
            inner = self._inner(place)
            return [((f"{place_id}.join", memory), 1.0 - (inner.lost if inner else 0.0))]
        kept = 1.0
        if place.kind == "call":
            inner = self._inner(place)
            kept = 1.0 - (inner.lost if inner else 0.0)
        arcs = self.leaving[place_id]
        visit = memory[self.memory[place_id]] if place_id in self.memory else 0
        later = list(memory)
        if place_id in self.memory:
            slot = self.memory[place_id]
            later[slot] = min(self.depth[slot], visit + 1)
        found: list[tuple[State, float]] = []
        for arc in arcs:
            if arc.kind == "after_limit":
                continue
            share = float(arc.share[min(visit, len(arc.share) - 1)]) * kept
            if share <= 0.0:
                continue
            target, now = arc.target, list(later)
            slot_of = self.memory.get(arc.key)
            if slot_of is not None:
                if memory[slot_of] >= self.depth[slot_of]:
                    target = next((one.target for one in arcs if one.key == f"{arc.key}.then"), target)
                else:
                    now[slot_of] += 1
            found.append(((target, tuple(now)), share))
        return found

    def _join(self) -> str:
        return f"{self.scope[-1][0]}.join" if self.scope else ""


def _eliminate(ways: dict[State, dict[State, float]], start: State) -> dict[State, float]:
    """Mean visits of each state, by taking states out one by one and handing on what flows through them.

    States are taken out in the order of fewest ways in and out, so that chains cost what they are long.
    """
    ahead = {state: dict(nexts) for state, nexts in ways.items()}
    behind: dict[State, set[State]] = {state: set() for state in ahead}
    for state, nexts in ahead.items():
        for target in nexts:
            behind[target].add(state)
    taken: list[tuple[State, dict[State, float], float]] = []
    order = list(ahead)
    for state in reversed(order):
        if state == start:
            continue
        nexts = ahead.pop(state)
        again = nexts.pop(state, 0.0)
        left = max(1.0 - again, 1e-12)
        sources = {one: ahead[one].pop(state) for one in behind.pop(state) if one != state and one in ahead}
        for target in nexts:
            behind[target].discard(state)
        for source, share in sources.items():
            for target, onward in nexts.items():
                ahead[source][target] = ahead[source].get(target, 0.0) + share * onward / left
                behind[target].add(source)
        taken.append((state, sources, left))
    visits = {start: 1.0 / max(1.0 - ahead[start].get(start, 0.0), 1e-12)}
    for state, sources, left in reversed(taken):
        visits[state] = sum(visits[source] * share for source, share in sources.items()) / left
    return visits


# --- work ---


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working seconds of a team in a day and in a week of work."""

    day: float
    week: float

    @classmethod
    def of(cls, works: tuple[Works, ...]) -> Calendar:
        """The calendar of a team; always at work where it has none. Overlapping hours count once."""
        if not works:
            return cls(DAY, WEEK)
        week, days = 0.0, {day for one in works for day in one.days}
        for day in days:
            reached = ""
            for one in sorted((one for one in works if day in one.days), key=lambda one: one.start):
                begin = max(one.start, reached)  # clock times have two digits, so texts sort as times do
                if one.end > begin:
                    week += _clock(one.end) - _clock(begin)
                    reached = one.end
        return cls(week / len(days), week)


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def work_seconds(duration: Any, calendar: Calendar) -> float:
    """The mean of a duration in seconds of work; 0 for one whose file is not read here."""

    def seconds(quantity: Any) -> float:
        value = float(quantity.value)
        if quantity.unit == "d":
            return value * calendar.day
        if quantity.unit in ("w", "mo", "y"):
            return float(quantity.base) / WEEK * calendar.week
        return float(quantity.base)

    if isinstance(duration, law.Constant):
        return seconds(duration.value)
    if isinstance(duration, law.Uniform):
        return (seconds(duration.low) + seconds(duration.high)) / 2
    if isinstance(duration, law.Triangular):
        return (seconds(duration.low) + seconds(duration.mode) + seconds(duration.high)) / 3
    if isinstance(duration, law.Normal):
        return _cut_at_zero(seconds(duration.mean), seconds(duration.sd))
    if isinstance(duration, law.Weibull):
        return seconds(duration.scale) * math.gamma(1 + 1 / float(duration.shape))
    if isinstance(duration, (law.Exponential, law.Lognormal, law.Gamma)):
        return seconds(duration.mean)
    return 0.0


def _cut_at_zero(mean: float, sd: float) -> float:
    """The mean of a normal law of which the part below zero does not occur (Johnson & Kotz 1970, chapter 13)."""
    if sd <= 0:
        return mean
    ratio = mean / sd
    above = 0.5 * math.erfc(-ratio / math.sqrt(2))
    return mean + sd * math.exp(-ratio * ratio / 2) / math.sqrt(2 * math.pi) / max(above, 1e-300)


def capacity(team: Team) -> float:
    """Working seconds that a team offers per second of the calendar."""
    return team.people * Calendar.of(team.works).week / WEEK
