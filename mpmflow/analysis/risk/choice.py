"""Which initiatives to take under a budget: the set that avoids most misses, and the set that fares best when things
go badly.

Every set that the budget allows is worked out together, for gains do not add up: two initiatives may mend the same
hours. In each draw the present levels differ, and so does what an initiative still has to gain: it moves its levers to
the same goals from wherever they truly stand.

    nominal     largest fall of the expected number of missed targets
    cautious    smallest shortfall in the worst fifth of the draws: how far metrics end on the wrong side of their
                targets, as a part of them, added up (conditional value at risk; Rockafellar & Uryasev 2000)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.goals import Initiative
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity

from .forecast import MetricForecast
from .prospects import Prospects
from .undertaken import NotWeighed, helping_moves, stages_of

Floats = npt.NDArray[np.float64]
WORST = 0.2
"""The part of the draws that the cautious choice looks at."""
MOST_TOGETHER = 10
"""Of more initiatives than this not every set is tried: they are added one by one, the best gain per cost first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of initiatives and what it does.

    Attributes:
        initiatives: their names, in the order of the text.
        cost: all of them together.
        gains: metric -> change of its forecast, worked out together.
        p_miss: metric with a target -> probability to miss it then.
        misses_avoided: fall of the expected number of missed targets.
        shortfall: mean over the worst fifth of the draws of what is missing to the targets, as a part of them.
    """

    initiatives: tuple[str, ...]
    cost: float
    gains: Mapping[str, float] = field(default_factory=dict)
    p_miss: Mapping[str, float] = field(default_factory=dict)
    misses_avoided: float = 0.0
    shortfall: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "initiatives": list(self.initiatives),
            "cost": self.cost,
            "gains": dict(self.gains),
            "p_miss": dict(self.p_miss),
            "misses_avoided": self.misses_avoided,
            "shortfall": self.shortfall,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """What to take under a budget.

    Attributes:
        budget, currency: what may be spent.
        nothing: how things stand without any initiative.
        nominal, cautious: the two choices; see the module.
        alone: every initiative by itself, the largest gain per cost first; those without a cost first of all.
        tried: how many sets were worked out; `method` says whether those were all that fit.
        notes: initiatives that could not be weighed, and why.
    """

    budget: float
    currency: str
    nothing: Plan
    nominal: Plan
    cautious: Plan
    alone: tuple[Plan, ...]
    tried: int
    method: Literal["all sets", "one by one"]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "budget": self.budget,
            "currency": self.currency,
            "nothing": self.nothing.to_dict(),
            "nominal": self.nominal.to_dict(),
            "cautious": self.cautious.to_dict(),
            "alone": [plan.to_dict() for plan in self.alone],
            "tried": self.tried,
            "method": self.method,
            "notes": list(self.notes),
        }


def budget_of(words: str | Quantity) -> Quantity:
    """A budget: money such as `"20k eur"`. Raises DataError for anything else."""
    try:
        amount = Quantity.model_validate(words)
    except ValueError:
        amount = None
    if amount is None or not amount.measure.is_money or amount.base < 0:
        raise DataError(f"a budget is an amount of money, such as 20k eur; {str(words)!r} is not")
    return amount


def choose(model: Model, prospects: Prospects, budget: Quantity) -> Choice:
    """The best initiatives of a model under a budget. Raises DataError where no initiative can be weighed."""
    weigher = _Weigher(prospects)
    ready: list[Initiative] = []
    notes: list[str] = []
    for initiative in model.initiatives:
        why = weigher.unfit(initiative, budget)
        if why:
            notes.append(f"{initiative.name} is not weighed: {why}.")
        else:
            ready.append(initiative)
    if not ready:
        raise DataError("no initiative of the model can be weighed. " + (" ".join(notes) or "There is none."))
    nothing, *alone = [weigher.plan(chosen) for chosen in ((), *((one,) for one in ready))]
    limit = float(budget.base)
    method: Literal["all sets", "one by one"] = "all sets" if len(ready) <= MOST_TOGETHER else "one by one"
    plans = [nothing, *(plan for plan in alone if plan.cost <= limit)]
    if method == "all sets":
        for size in range(2, len(ready) + 1):
            plans += [weigher.plan(some) for some in combinations(ready, size) if _cost(some) <= limit]
    else:
        plans += weigher.grown(ready, limit)
    ranked = sorted(alone, key=lambda plan: (plan.cost > 0.0, -_per_cost(plan), plan.initiatives))
    return Choice(
        limit,
        budget.unit,
        nothing,
        min(plans, key=lambda plan: (-round(plan.misses_avoided, 9), plan.cost, plan.initiatives)),
        min(plans, key=lambda plan: (round(plan.shortfall, 9), plan.cost, plan.initiatives)),
        tuple(ranked),
        weigher.worked_out,
        method,
        tuple(notes),
    )


class _Weigher:
    """Works out sets of initiatives, each once."""

    def __init__(self, prospects: Prospects) -> None:
        self.prospects = prospects
        self.targeted = {
            name: forecast
            for name, forecast in prospects.forecasts.items()
            if forecast.target is not None and forecast.draws is not None and not forecast.settled
        }
        self.moves: dict[str, dict[str, Any]] = {}
        self.worked_out = 0

    def unfit(self, initiative: Initiative, budget: Quantity) -> str:
        """Why an initiative cannot be weighed; "" if it can."""
        if initiative.costs is not None and initiative.costs.unit != budget.unit:
            return f"its cost is in {initiative.costs.unit}, which is not converted to {budget.unit}"
        try:
            self.moves[initiative.name] = helping_moves(initiative, self.prospects)
        except NotWeighed as why:
            return str(why)
        return ""

    def plan(self, chosen: Sequence[Initiative]) -> Plan:
        """What a set comes to."""
        self.worked_out += 1
        gains: dict[str, float] = {}
        ratio = np.ones(1)
        if chosen:
            gains = self._together(chosen)
            ratio = self._ratio(chosen)
        missed, short, p_miss = 0.0, np.zeros(1), {}
        for name, forecast in self.targeted.items():
            assert forecast.target is not None
            assert forecast.draws is not None
            level = float(forecast.target.value.base)
            drawn = forecast.draws + gains.get(name, 0.0) * _fitting(ratio, forecast.draws)
            before, gap = (_gap(forecast, level, figure) for figure in (forecast.draws, drawn))
            p_miss[name] = float((gap > 1e-12 * abs(level)).mean())
            missed += float((before > 1e-12 * abs(level)).mean()) - p_miss[name]
            short = short + np.maximum(_fitting(gap, np.empty(self._draws)), 0.0) / (abs(level) or 1.0)
        worst = np.sort(short)[-max(1, round(WORST * len(short))) :]
        names = tuple(one.name for one in chosen)
        return Plan(names, _cost(chosen), gains, p_miss, missed if chosen else 0.0, float(worst.mean()))

    def _together(self, chosen: Sequence[Initiative]) -> dict[str, float]:
        """The gains of a set, each lever from the day of its own move on."""
        return dict(sorted(self.prospects.settings(*stages_of(chosen, self.moves)).items()))

    @property
    def _draws(self) -> int:
        return max((len(one.draws) for one in self.targeted.values() if one.draws is not None), default=1)

    def _ratio(self, chosen: Sequence[Initiative]) -> Floats:
        """How much more (or less) than expected there is to gain in each draw, as a factor, at least 0."""
        parts = []
        for one in chosen:
            for lever, goal in self.moves[one.name].items():
                source = self.prospects.outlook.sources.get(lever)
                way = float(goal.base) - source.now if source is not None else 0.0
                if source is not None and way:
                    parts.append(np.maximum((float(goal.base) - source.draws) / way, 0.0))
        return np.mean(parts, axis=0) if parts else np.ones(1)

    def grown(self, ready: Sequence[Initiative], limit: float) -> list[Plan]:
        """Sets that grow by the initiative that gains most per cost beside what is chosen already."""
        chosen: list[Initiative] = []
        found: list[Plan] = []
        left = list(ready)
        while left:
            plans = {one.name: self.plan([*chosen, one]) for one in left if _cost([*chosen, one]) <= limit}
            if not plans:
                break
            now = found[-1].misses_avoided if found else 0.0
            best = max(
                (one for one in left if one.name in plans),
                key=lambda one: (plans[one.name].misses_avoided - now) / (_cost([one]) or 1e-9),
            )
            found += list(plans.values())
            found.append(plans[best.name])
            chosen.append(best)
            left.remove(best)
        return found


def _gap(forecast: MetricForecast, level: float, figure: Floats) -> Floats:
    """How far figures lie on the wrong side of a target; below 0 on the right one."""
    at_least = forecast.target is not None and forecast.target.comparison == "at least"
    return level - figure if at_least else figure - level


def _fitting(values: Floats, like: Floats) -> Floats:
    """Values as long as those they go with: draws that have no number are left out of some metrics."""
    return values if len(values) in (1, len(like)) else np.full(len(like), float(values.mean()))


def _cost(chosen: Sequence[Initiative]) -> float:
    return float(sum(one.costs.base for one in chosen if one.costs is not None))


def _per_cost(plan: Plan) -> float:
    return plan.misses_avoided / plan.cost if plan.cost else plan.misses_avoided
