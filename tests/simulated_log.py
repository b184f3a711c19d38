"""Event logs of a known workflow, made in plain Python, so that a fit can be held against the truth.

No line of mpmflow's own simulation is used here: what draws the log must not share the mistakes of what reads it.
Steps and decisions take and wait as their laws say, decisions draw their outcomes by the visit, a team serves in the
order of arrival, within its hours. Delays, parallel blocks and calls are not walked. Times are seconds since the epoch.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import polars

from mpmflow.model import distributions as law
from mpmflow.model.flow import Flow, arcs
from mpmflow.model.model import Model
from mpmflow.model.process import DAYS, Choose, Decision, PoissonArrivals, RenewalArrivals, Step, Team

MONDAY = 1_767_571_200.0
"""2026-01-05 00:00 UTC, when logs start."""
DAY, WEEK = 86400.0, 604800.0


@dataclass
class Log:
    """Rows of a log: case, activity, time, and where asked for start or complete and who did it."""

    rows: list[tuple[str, str, float, str, str]] = field(default_factory=list)

    def until(self, moment: float) -> Log:
        """What was known at a moment."""
        return Log([row for row in self.rows if row[2] < moment])

    def frame(self, *, timed: bool = False) -> polars.DataFrame:
        """The log as a table; with `timed` also its start rows, `lifecycle` and `resource`."""
        rows = [row for row in sorted(self.rows, key=lambda row: (row[2], row[0])) if timed or row[3] == "complete"]
        columns: dict[str, Any] = {
            "case": [row[0] for row in rows],
            "activity": [row[1] for row in rows],
            "time": [datetime.fromtimestamp(row[2], UTC) for row in rows],
        }
        if timed:
            columns |= {"lifecycle": [row[3] for row in rows], "resource": [row[4] for row in rows]}
        return polars.DataFrame(columns)

    @property
    def cases(self) -> int:
        return len({row[0] for row in self.rows})


def simulated_log(model: Model, cases: int, seed: int, start: float = MONDAY) -> Log:
    """The log of so many cases of the first workflow, each followed to its end."""
    return _Run(model, seed, start).log(cases)


def draw(duration: Any, rng: Random, day: float = DAY) -> float:
    """A time drawn from a law of the language, in seconds; `day` is that of the team's work."""

    def seconds(quantity: Any) -> float:
        return float(quantity.value) * day if quantity.unit == "d" else float(quantity.base)

    if duration is None:
        return 0.0
    if isinstance(duration, law.Constant):
        return seconds(duration.value)
    if isinstance(duration, law.Uniform):
        return rng.uniform(seconds(duration.low), seconds(duration.high))
    if isinstance(duration, law.Exponential):
        return rng.expovariate(1.0 / seconds(duration.mean))
    if isinstance(duration, law.Triangular):
        return rng.triangular(seconds(duration.low), seconds(duration.high), seconds(duration.mode))
    if isinstance(duration, law.Weibull):
        return rng.weibullvariate(seconds(duration.scale), float(duration.shape))
    mean, sd = seconds(duration.mean), seconds(duration.sd)
    if isinstance(duration, law.Gamma):
        return rng.gammavariate((mean / sd) ** 2, sd**2 / mean)
    if isinstance(duration, law.Lognormal):
        spread = math.log1p((sd / mean) ** 2)
        return rng.lognormvariate(math.log(mean) - spread / 2, math.sqrt(spread))
    while (found := rng.gauss(mean, sd)) < 0.0:
        pass
    return found


class _Run:
    def __init__(self, model: Model, seed: int, start: float) -> None:
        self.workflow = model.workflows[0]
        self.flow: Flow = arcs(self.workflow)
        self.ways = self.flow.leaving()
        self.teams: Mapping[str, Team] = {team.name: team for team in model.all_teams}
        self.rng = Random(seed)
        self.start = start
        self.free = {
            name: [(start, f"{name} {one + 1}") for one in range(team.people)] for name, team in self.teams.items()
        }
        self.rows: list[tuple[str, str, float, str, str]] = []

    def log(self, cases: int) -> Log:
        """Cases move one event at a time, the earliest first, so that teams serve in the order of arrival."""
        queue: list[tuple[float, int, str, Counter[str]]] = []
        moment = self.start
        for case in range(cases):
            moment += self._gap()
            queue.append((moment, case, self.ways[self.flow.start][0].target, Counter()))
        heapq.heapify(queue)
        while queue:
            moment, case, place, visits = heapq.heappop(queue)
            node = self.flow.nodes[place].node
            if not isinstance(node, Step | Decision | Choose):
                continue
            name = f"c{case}"
            ready = moment + draw(node.waits, self.rng)
            begun, over, who = self._work(node, ready)
            shown, target = node.name, self.ways[place][0].target
            if isinstance(node, Decision | Choose):
                visits[node.name] += 1
                arc = self._outcome(place, visits)
                shown, target = arc.outcome.name, arc.target
            if node.takes is not None:
                self.rows.append((name, shown, begun, "start", who))
            self.rows.append((name, shown, over, "complete", who))
            heapq.heappush(queue, (over, case, target, visits))
        return Log(self.rows)

    def _gap(self) -> float:
        arrivals = self.workflow.arrivals
        if isinstance(arrivals, PoissonArrivals):
            return self.rng.expovariate(float(arrivals.per_second))
        if isinstance(arrivals, RenewalArrivals):
            return draw(arrivals.gap, self.rng)
        return 0.0

    def _outcome(self, place: str, visits: Counter[str]) -> Any:
        ways = [arc for arc in self.ways[place] if arc.kind == "outcome"]
        weights = [float(arc.share[min(visits[place], len(arc.share)) - 1]) for arc in ways]
        arc = self.rng.choices(ways, weights)[0]
        if arc.at_most is not None:
            visits[arc.key] += 1
            if visits[arc.key] > arc.at_most:
                return next(other for other in self.ways[place] if other.key == f"{arc.key}.then")
        return arc

    def _work(self, node: Any, ready: float) -> tuple[float, float, str]:
        team = self.teams.get(node.by or "")
        if team is None:
            return ready, ready + draw(node.takes, self.rng), ""
        takes = draw(node.takes, self.rng, _day(team))
        soonest, who = heapq.heappop(self.free[team.name])
        begun = _open(team, max(ready, soonest))
        over = _worked(team, begun, takes)
        heapq.heappush(self.free[team.name], (over, who))
        return begun, over, who


def _day(team: Team) -> float:
    return float(team.works[0].seconds_per_day) if team.works else DAY


def _shifts(team: Team, moment: float) -> list[tuple[float, float]]:
    """The shifts of a team from the day of a moment on, two weeks long."""
    midnight = moment // DAY * DAY
    found = []
    for ahead in range(15):
        day = midnight + ahead * DAY
        name = DAYS[int((day - MONDAY) // DAY) % 7]
        for works in team.works:
            if name in works.days:
                hour, minute = (int(part) for part in works.start.split(":"))
                opens = day + hour * 3600 + minute * 60
                found.append((opens, opens + works.seconds_per_day))
    return sorted(found)


def _open(team: Team, moment: float) -> float:
    """The first moment from this one on at which the team works."""
    if not team.works:
        return moment
    return next(max(moment, opens) for opens, closes in _shifts(team, moment) if closes > moment)


def _worked(team: Team, begun: float, takes: float) -> float:
    """When work that began is over, nights and weekends left out."""
    if not team.works:
        return begun + takes
    while True:
        for opens, closes in _shifts(team, begun):
            if closes <= begun:
                continue
            begun = max(begun, opens)
            if begun + takes <= closes:
                return begun + takes
            takes -= closes - begun
            begun = closes
