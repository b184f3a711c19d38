"""What would bring a promise back on course: the cheapest lever that makes a miss unlikely enough again.

Tried are, each by itself and from today on: less of an outcome that means rework, delay, scrap or waste; less time at a
step or decision; more people in a team; each initiative, from the days of its own moves on. A lever is moved in steps
of a hundredth of its present level, and the smallest number of steps that suffices is found by halving, which rests on
a further move never doing less. What a move gains is added to every draw of the forecast, as in `actions`.

Levers with a price come first, the lowest price before others: an initiative costs what it declares; people cost their
hours from now to the day of the promise. Of those without one the smallest move is told, as a part of the present
level. If nothing suffices by itself, pairs of initiatives are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Any, Literal

from mpmflow.diagnostics.errors import LeverError
from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.to_chain import to_chain
from mpmflow.graphs.work_time import work_time
from mpmflow.model.distributions import Empirical, Law
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.process import Decision, Step, Team
from mpmflow.model.quantities import Quantity

from .current_model import mean_over_visits, nodes_in
from .estimate import plan_times
from .forecast import chance_to_miss
from .prospects import Prospects, Stage
from .standing import CLOSE
from .undertaken import NotWeighed, helping_moves, stages_of

AT_RISK = CLOSE
"""From this chance to be missed on a promise is at risk."""
MOST_MOVED = 90
"""Hundredths of its present level by which a lever is moved at most."""
MOST_TRIED = 40
"""Levers of the process that are tried at most: those that were observed first."""
MOST_HIRED = 10
"""People that are added to a team at most; never more than there are."""
MOST_PAIRED = 10
"""Initiatives of which pairs are tried, in the order of the text."""
NOTICEABLE = 0.005
"""A way that is not enough is told if it lowers the chance to miss by this much."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """Something to do about a promise that is in danger.

    Attributes:
        kind: what is moved.
        lever: the dotted name that a scenario would set; "" for initiatives.
        start, goal: its level now and then, in base units (a fraction, seconds, people); None for initiatives.
        move: the change as a part of the present level; None for initiatives.
        initiatives: the initiatives, one or two.
        cost, currency: what it costs until the day of the promise; None and "" where the file does not say.
        p_miss: the chance to miss that is left, of the worst of what was promised.
        enough: whether that is little enough for the promise to be on course.
    """

    kind: Literal["share", "time", "people", "initiative", "two initiatives"]
    lever: str
    start: float | None
    goal: float | None
    move: float | None
    initiatives: tuple[str, ...]
    cost: float | None
    currency: str
    p_miss: float
    enough: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "lever": self.lever,
            "from": self.start,
            "to": self.goal,
            "move": self.move,
            "initiatives": list(self.initiatives),
            "cost": self.cost,
            "currency": self.currency,
            "p_miss": self.p_miss,
            "enough": self.enough,
        }


@dataclass(frozen=True, eq=False)
class Lever:
    """Something that can be moved in steps: `set_to` what a scenario sets after so many of them, at most `steps`."""

    kind: Literal["share", "time", "people"]
    name: str
    level: float
    step: float
    steps: int
    set_to: Callable[[int], Any]


class WaysBack:
    """Looks for ways back. `prospects` has the forecasts of all that was promised, by any names."""

    def __init__(self, model: Model, prospects: Prospects, as_of: date) -> None:
        self.model, self.prospects, self.as_of = model, prospects, as_of
        self._gains: dict[tuple[Any, ...], Mapping[str, float]] = {}
        self._levers: list[Lever] | None = None
        self._moves: dict[str, dict[str, Any]] = {}

    def of(self, promised: Sequence[str], due: date | None) -> tuple[WayBack, ...]:
        """The ways back for what goes by these names: with a price, by initiatives without one, by the smallest move.

        Those that suffice, at most one of each kind; else a pair of initiatives; else the one thing that does most.
        """
        now = self.left(promised)
        if now < AT_RISK:
            return ()
        single = [self._initiative((one,), promised) for one in self._initiatives()]
        people = list(self._people(promised, due))
        moves = list(self._smallest_move(promised))
        priced = [way for way in (*single, *people) if way.cost is not None]
        unpriced = [way for way in single if way.cost is None]
        moves += [way for way in people if way.cost is None]
        found = [
            *sorted((way for way in priced if way.enough), key=_price)[:1],
            *sorted((way for way in unpriced if way.enough), key=lambda way: way.p_miss)[:1],
            *sorted((way for way in moves if way.enough), key=lambda way: abs(way.move or 0.0))[:1],
        ]
        if found:
            return tuple(found)
        pairs = combinations(self._initiatives()[:MOST_PAIRED], 2)
        together = [way for pair in pairs if (way := self._initiative(pair, promised)).enough]
        if together:
            return (min(together, key=lambda way: (way.cost is None, *_price(way), way.p_miss)),)
        strongest = min((*priced, *unpriced, *moves), key=lambda way: way.p_miss, default=None)
        return (strongest,) if strongest is not None and strongest.p_miss <= now - NOTICEABLE else ()

    def left(self, promised: Sequence[str], key: tuple[Any, ...] = (), *stages: Stage) -> float:
        """The largest chance to miss any of what was promised after some settings, 1 where they cannot be made."""
        if key not in self._gains:
            try:
                self._gains[key] = self.prospects.settings(*stages) if stages else {}
            except (LeverError, ModelFault):
                return 1.0
        chances = []
        for name in promised:
            forecast = self.prospects.forecasts[name]
            if forecast.target is not None and forecast.draws is not None and not forecast.settled:
                chances.append(chance_to_miss(forecast.draws + self._gains[key].get(name, 0.0), forecast.target))
        return max(chances, default=0.0)

    # ------------------------------------------------------------------------------------------ initiatives
    def _initiatives(self) -> list[Any]:
        """The initiatives that have something to move, in the order of the text."""
        if not self._moves:
            for one in self.model.initiatives:
                try:
                    self._moves[one.name] = helping_moves(one, self.prospects)
                except (NotWeighed, ModelFault):
                    self._moves[one.name] = {}
        return [one for one in self.model.initiatives if self._moves[one.name]]

    def _initiative(self, chosen: Sequence[Any], promised: Sequence[str]) -> WayBack:
        names = tuple(one.name for one in chosen)
        left = self.left(promised, names, *stages_of(chosen, self._moves))
        units = {one.costs.unit for one in chosen if one.costs is not None}
        said = len(units) == 1 and all(one.costs is not None for one in chosen)
        return WayBack(
            kind="initiative" if len(chosen) == 1 else "two initiatives",
            lever="",
            start=None,
            goal=None,
            move=None,
            initiatives=names,
            cost=float(sum(one.costs.base for one in chosen)) if said else None,
            currency=units.pop() if said else "",
            p_miss=left,
            enough=left < AT_RISK,
        )

    # ------------------------------------------------------------------------------------------ levers
    def _smallest_move(self, promised: Sequence[str]) -> Iterator[WayBack]:
        """The lever that needs the smallest move; where none suffices, what each does when moved as far as it goes."""
        best: WayBack | None = None
        most = MOST_MOVED
        tried: list[WayBack] = []
        for lever in self._process_levers():
            if most < 1:
                break
            if self._after(lever, most, promised) < AT_RISK:
                steps = self._fewest(lever, most, promised)
                best, most = self._way(lever, steps, promised), steps - 1
            elif best is None:
                tried.append(self._way(lever, most, promised))
        yield from tried if best is None else [best]

    def _people(self, promised: Sequence[str], due: date | None) -> Iterator[WayBack]:
        """More people, for each team the fewest that suffice, else as many as are tried."""
        for team in self._teams():
            lever = Lever(
                "people",
                f"{team.name}.people",
                float(team.people),
                1.0,
                min(team.people, MOST_HIRED),
                partial(_hired, team.people),
            )
            enough = self._after(lever, lever.steps, promised) < AT_RISK
            steps = self._fewest(lever, lever.steps, promised) if enough else lever.steps
            cost = None
            if team.cost is not None and due is not None:
                hours = float(work_time(team).week) / 3600.0 * max((due - self.as_of).days, 0) / 7.0
                cost = float(team.cost.base) * 3600.0 * hours * steps
            currency = team.cost.measure.currencies[0] if team.cost is not None and cost is not None else ""
            yield replace(self._way(lever, steps, promised), cost=cost, currency=currency)

    def _way(self, lever: Lever, steps: int, promised: Sequence[str]) -> WayBack:
        left = self._after(lever, steps, promised)
        goal = lever.level + lever.step * steps
        moved = (goal - lever.level) / lever.level
        return WayBack(lever.kind, lever.name, lever.level, goal, moved, (), None, "", left, left < AT_RISK)

    def _after(self, lever: Lever, steps: int, promised: Sequence[str]) -> float:
        return self.left(promised, (lever.name, steps), (None, {lever.name: lever.set_to(steps)}))

    def _fewest(self, lever: Lever, enough: int, promised: Sequence[str]) -> int:
        """The fewest steps that suffice, where so many do."""
        short = 0
        while enough - short > 1:
            middle = (short + enough) // 2
            if self._after(lever, middle, promised) < AT_RISK:
                enough = middle
            else:
                short = middle
        return enough

    def _process_levers(self) -> list[Lever]:
        """Outcomes that do harm and times that take some, those that were observed first."""
        if self._levers is None:
            found = [*self._shares(), *self._times()]
            seen = self.prospects.outlook.sources
            found.sort(key=lambda lever: lever.name not in seen and _observed_as(lever.name) not in seen)
            self._levers = found[:MOST_TRIED]
        return self._levers

    def _shares(self) -> Iterator[Lever]:
        for node in nodes_in(self.prospects.model, Decision):
            for outcome, level in zip(node.outcomes, mean_over_visits(node.outcomes), strict=True):
                if outcome.has_effect and level > 0.0:
                    exact = Fraction(float(level)).limit_denominator(10**9)
                    yield Lever(
                        "share",
                        f"{node.name}.{outcome.name}",
                        float(level),
                        -float(level) / 100,
                        MOST_MOVED,
                        partial(_less, exact),
                    )

    def _times(self) -> Iterator[Lever]:
        cells = [to_chain(self.prospects.model, workflow) for workflow in self.prospects.outlook.changes]
        times = plan_times(cells, self.prospects.crowds.book)
        for node in nodes_in(self.prospects.model, Step, Decision):
            for clause in ("takes", "waits"):
                law, time = getattr(node, clause), times.get(node.name)
                if not isinstance(law, Law) or isinstance(law, Empirical) or time is None:
                    continue
                level = time.work if clause == "takes" else time.wait
                if level > 0.0:
                    yield Lever(
                        "time",
                        f"{node.name}.{clause}",
                        level,
                        -level / 100,
                        MOST_MOVED,
                        partial(_shorter, law),
                    )

    def _teams(self) -> list[Team]:
        everyone = (team for one in with_imports(self.prospects.model) for team in one.all_teams if team.people > 0)
        return list({team.name: team for team in everyone}.values())


def _hired(people: int, steps: int) -> int:
    return people + steps


def _less(share: Fraction, steps: int) -> Fraction:
    return share * (100 - steps) / 100


def _shorter(law: Law, steps: int) -> Law:
    return scaled(law, Fraction(100 - steps, 100))


def scaled(law: Law, factor: Fraction) -> Law:
    """A law with all its times multiplied: its mean and its scatter alike.

    >>> from mpmflow.model.distributions import Gamma
    >>> half = scaled(Gamma(mean="4h", sd="2h"), Fraction(1, 2))
    >>> str(half.mean), str(half.sd)
    ('2h', '1h')
    """
    times = {name: value for name, value in law if isinstance(value, Quantity)}
    return law.model_copy(
        update={name: value.model_copy(update={"value": value.value * factor}) for name, value in times.items()}
    )


def _observed_as(lever: str) -> str:
    """The indicator that shows a time: of what a step takes its `time`, of what is waited in front of it its `wait`."""
    node, _, clause = lever.rpartition(".")
    return f"{node}.time" if clause == "takes" else f"{node}.wait"


def _price(way: WayBack) -> tuple[str, float]:
    return way.currency, way.cost or 0.0
