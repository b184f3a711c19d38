"""Where a budget does most for one metric: every set of initiatives and people that it allows, the rest on channels.

Initiatives and people are taken or not; each set is worked out on the process itself, in every draw. What it leaves of
the money is spread over the channels. Two choices are made of it:

    nominal     the best mean of the metric, or the best chance to meet its target
    cautious    the best mean over the worst fifth of the futures (conditional value at risk; Rockafellar and Uryasev,
                Journal of Risk 2, 2000)

The search looks at the first two thousand draws, the figures that are told at all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import provenance
from mpmflow.analysis.risk.choice import WORST, budget_of
from mpmflow.analysis.risk.data_hash import data_hash
from mpmflow.analysis.risk.enough_data import metrics_of, require_something
from mpmflow.analysis.risk.forecast import MetricForecast, chance_to_miss
from mpmflow.analysis.risk.labels import labels_of
from mpmflow.analysis.risk.metric_rows import unit_word
from mpmflow.analysis.risk.prepared import Prepared, prepare, targets_of
from mpmflow.analysis.risk.prospects import Prospects, Stage
from mpmflow.analysis.risk.undertaken import NotWeighed, helping_moves, stages_of
from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.suggest import nearest
from mpmflow.graphs.work_time import weekly_hours
from mpmflow.model.goals import Initiative
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Team
from mpmflow.model.quantities import Quantity, write_quantity

from .allocation import Allocation, ChannelFigure, Mix
from .channels import Channel, channels_to
from .futures import Futures
from .spread import SHARES, Bounds, spread

Floats = npt.NDArray[np.float64]
LOOKED_AT = 2_000
"""So many draws are looked at while searching."""
MOST_SETS = 128
"""Of more sets of initiatives and people than this not every one is tried: they grow one by one."""
MOST_PEOPLE = 2
"""A team may get up to so many more people."""
WEEK = 604_800.0


@dataclass(frozen=True)
class _Option:
    """Something that is taken or not: an initiative, or one more person in a team."""

    name: str
    cost: float
    initiative: Initiative | None = None
    team: Team | None = None


def allocate(
    model: Model,
    observations: Observations,
    budget: str | Quantity,
    metric: str,
    *,
    aim: Literal["improve", "reach"] = "improve",
    limits: Mapping[str, tuple[Quantity, Quantity]] | None = None,
    seed: int = 0,
    draws: int | None = None,
    samples: Samples | None = None,
) -> Allocation:
    """Spread a budget so that a metric gains most, or meets its target most likely; see the module.

    Args:
        budget: all that may be spent on channels, initiatives and more people from the day of asking to the date that
            the metric is read for: that of its target, else when what happens today has arrived everywhere.
        limits: channel -> least and most money per period, instead of the bounds within which its responses are
            believed.

    Raises:
        DataError: nothing was observed, no such metric, no direction or target, nothing to spend on, or a budget that
            does not even pay for the least.
    """
    require_something(model, observations)
    money = budget_of(budget)
    targets = targets_of(model)
    ready = prepare(model, observations, targets, seed=seed, draws=draws, samples=samples)
    search = _Search(model, ready, money, metric, aim, limits or {})
    return search.answer(observations, seed)


class _Search:
    def __init__(
        self,
        model: Model,
        ready: Prepared,
        money: Quantity,
        metric: str,
        aim: Literal["improve", "reach"],
        limits: Mapping[str, tuple[Quantity, Quantity]],
    ) -> None:
        self.model, self.ready, self.money, self.aim = model, ready, money, aim
        metrics = {one.name: one for one in metrics_of(model)}
        if metric not in metrics:
            close = nearest(metric, metrics)
            raise DataError(f"there is no metric {metric}" + (f"; did you mean {close[0]}?" if close else ""))
        self.metric = metrics[metric]
        forecasts = {
            name: ready.forecaster.forecast(name, ready.targets.get(name)) for name in metrics
        }  # initiatives are judged by all of them
        self.forecast: MetricForecast = forecasts[metric]
        self.better = self._better()
        read = ready.forecaster.inputs_below(metric)
        self.channels, notes = channels_to(metric, read, ready.outlook, ready.units, money, limits)
        self.notes = list(notes)
        self.futures = Futures(ready.forecaster, self.forecast, self.channels)
        self.prospects = Prospects(ready.forecaster, forecasts, ready.found.model, ready.crowds)
        self.moves: dict[str, dict[str, Any]] = {}
        self.options = self._options()
        self.tried = 0
        if not self.channels and not self.options:
            raise DataError(
                f"there is nothing to spend on that moves {metric}: no channel (an activity in {money.unit} with "
                "causes that lead there), no initiative that helps, no team with a cost in which one more person would "
                "help" + (". " + " ".join(self.notes) if self.notes else "")
            )

    def _better(self) -> Literal["higher", "lower"]:
        target = self.forecast.target
        if self.aim == "reach" and target is None:
            raise DataError(f"{self.metric.name} has no target to reach; give it one, or ask what improves it")
        if self.metric.better is not None:
            return self.metric.better
        if target is not None:
            return "higher" if target.comparison == "at least" else "lower"
        raise DataError(
            f"nobody says whether more of {self.metric.name} is better; write `higher is better` or `lower is better` "
            "in it"
        )

    # ------------------------------------------------------------------------------------------ what there is
    def _options(self) -> tuple[_Option, ...]:
        found = []
        for initiative in self.model.initiatives:
            why = self._unfit(initiative)
            if why:
                self.notes.append(f"{initiative.title} is not weighed: {why}.")
                continue
            if not self._helps(*stages_of([initiative], self.moves)):
                self.notes.append(f"{initiative.title} is left out: it does not help {self.metric.title}.")
                continue
            cost = float(initiative.costs.base) if initiative.costs is not None else 0.0
            found.append(_Option(initiative.name, cost, initiative=initiative))
        for team in {team.name: team for one in with_imports(self.model) for team in one.all_teams}.values():
            if team.cost is None or team.cost.measure.powers != _per_time(self.money):
                continue
            if not self._helps((None, {f"{team.name}.people": team.people + 1})):
                continue
            found += [_Option(f"{team.name}+{more}", self._pay(team), team=team) for more in range(1, MOST_PEOPLE + 1)]
        return tuple(found)

    def _unfit(self, initiative: Initiative) -> str:
        """Why an initiative cannot be weighed; "" if it can."""
        costs = initiative.costs
        if costs is not None and costs.unit != self.money.unit:
            return f"its cost is in {costs.unit}, which is not converted to {self.money.unit}"
        try:
            self.moves[initiative.name] = helping_moves(initiative, self.prospects)
        except NotWeighed as why:
            return str(why)
        return ""

    def _pay(self, team: Team) -> float:
        """What one more person costs until the metric's date, in working hours."""
        assert team.cost is not None
        week = sum(end - start for start, end in weekly_hours(team)) if team.works else WEEK
        seconds = self.futures.periods * self.ready.outlook.timeline.period
        return float(team.cost.base) * week * seconds / WEEK

    def _helps(self, *stages: Stage) -> bool:
        gain = self.prospects.settings(*stages).get(self.metric.name, 0.0)
        return gain > 0.0 if self.better == "higher" else gain < 0.0

    # ------------------------------------------------------------------------------------------ the search
    def answer(self, observations: Observations, seed: int) -> Allocation:
        names = [channel.name for channel in self.channels]
        least = sum(channel.low for channel in self.channels) * self.futures.periods
        if least > float(self.money.base):
            raise DataError(
                f"{write_quantity(self.money)} do not pay for the least that the channels are believed at, "
                f"{least:,.0f} {self.money.unit} until {self.forecast.reading.on.isoformat()}: give more, or limits"
            )
        found: dict[bool, tuple[float, tuple[_Option, ...], tuple[float, ...]]] = {}
        for chosen in sorted(self._sets(), key=_cost):  # of choices that are as good the cheapest is kept
            beside = self._beside(chosen)
            left = float(self.money.base) - _cost(chosen)
            for cautious in (False, True):
                amounts = self._spread(left, beside, cautious)
                score = self._score(self._figure(amounts, beside, LOOKED_AT), cautious)
                if cautious not in found or score > found[cautious][0] + 1e-12 * abs(score):
                    found[cautious] = (score, chosen, amounts)
        today = self._mix((), tuple(channel.now * self.futures.periods for channel in self.channels))
        nominal, cautious_mix = (self._mix(found[kind][1], found[kind][2]) for kind in (False, True))
        self._remark(nominal)
        labels = labels_of(self.model, ())
        return Allocation(
            as_of=(observations.as_of - timedelta(microseconds=1)).date(),
            metric=self.metric.name,
            label=self.metric.title,
            unit=unit_word(self.ready.units, self.metric),
            better=self.better,
            aim=self.aim,
            target_text=self._target_text(),
            budget=float(self.money.base),
            currency=self.money.unit,
            until=self.forecast.reading.on,
            periods=self.futures.periods,
            period=self.ready.outlook.timeline.period,
            today=today,
            nominal=nominal,
            cautious=cautious_mix,
            channels=tuple(
                ChannelFigure(
                    channel.name,
                    channel.label,
                    channel.now,
                    nominal.spending[channel.name],
                    cautious_mix.spending[channel.name],
                    channel.low,
                    channel.high if np.isfinite(channel.high) else None,
                    self._worth(channel, nominal, found[False][1]),
                )
                for channel in self.channels
            ),
            options={one.name: one.cost for one in self.options},
            tried=self.tried,
            draws=self.futures.count,
            notes=tuple(self.notes),
            labels=labels | {name: self.ready.outlook.metrics[name].title for name in names},
            provenance=provenance(self.model, data=data_hash(observations), seed=seed),
        )

    def _target_text(self) -> str | None:
        target = self.forecast.target
        return None if target is None else f"{target.comparison} {write_quantity(target.value)}"

    def _sets(self) -> list[tuple[_Option, ...]]:
        """The sets that the budget allows; where they are many, those that grow by what gains most for its cost."""
        most = float(self.money.base) - sum(channel.low for channel in self.channels) * self.futures.periods
        by_name: dict[str, list[_Option]] = {}
        for one in self.options:
            by_name.setdefault(one.team.name if one.team is not None else one.name, []).append(one)
        ladders = [[tuple(steps[:number]) for number in range(len(steps) + 1)] for steps in by_name.values()]
        if float(np.prod([len(ladder) for ladder in ladders])) <= MOST_SETS:
            whole = [tuple(one for part in parts for one in part) for parts in product(*ladders)]
            return [chosen for chosen in whole if _cost(chosen) <= most * (1 + 1e-12)]
        found: list[tuple[_Option, ...]] = [()]
        chosen: tuple[_Option, ...] = ()
        while True:
            nexts = [next((one for one in steps if one not in chosen), None) for steps in by_name.values()]
            options = [(*chosen, one) for one in nexts if one is not None and _cost((*chosen, one)) <= most]
            if not options:
                break
            worth = {some[-1].name: self._of_set(some) for some in options}
            base = self._of_set(chosen)
            chosen = max(
                options, key=lambda some: ((worth[some[-1].name] - base) / (some[-1].cost or 1e-9), some[-1].name)
            )
            found.append(chosen)
        self.notes.append(f"Of the sets of initiatives and people {len(found)} were tried, each grown from the last.")
        return found

    def _of_set(self, chosen: tuple[_Option, ...]) -> float:
        amounts = tuple(channel.now * self.futures.periods for channel in self.channels)
        return self._score(self._figure(amounts, self._beside(chosen), LOOKED_AT), False)

    def _beside(self, chosen: Sequence[_Option]) -> dict[str, Floats]:
        """What initiatives and people do to what the metric reads, in every draw."""
        people: dict[str, int] = {}
        undertaken = [one.initiative for one in chosen if one.initiative is not None]
        stages: list[Stage] = [*stages_of(undertaken, self.moves)]
        for one in chosen:
            if one.team is not None:
                people[f"{one.team.name}.people"] = people.get(f"{one.team.name}.people", one.team.people) + 1
        if people:
            stages.append((None, people))
        return self.futures.beside(self.prospects.moved(*stages)) if stages else {}

    def _spread(self, money: float, beside: Mapping[str, Floats], cautious: bool) -> tuple[float, ...]:
        periods = self.futures.periods
        bounds = [Bounds(channel.low * periods, channel.high * periods) for channel in self.channels]
        now = [channel.now * periods for channel in self.channels]
        return spread(
            money, bounds, lambda amounts: self._score(self._figure(amounts, beside, LOOKED_AT), cautious), now
        )

    def _figure(self, amounts: Sequence[float], beside: Mapping[str, Floats], first: int | None) -> Floats:
        self.tried += 1
        spending = {
            channel.name: amount / self.futures.periods for channel, amount in zip(self.channels, amounts, strict=True)
        }
        return self.futures.figure(spending, beside, first)

    def _score(self, figure: Floats, cautious: bool) -> float:
        """The larger the better: of the metric, or of the chance to meet its target with the metric to break ties."""
        good = figure if self.better == "higher" else -figure
        good = np.nan_to_num(good, nan=-np.inf, posinf=np.finfo(float).max)
        if cautious:
            return float(np.sort(good)[: max(1, round(WORST * len(good)))].mean())
        middle = float(good.mean())
        if not np.isfinite(middle) or self._heavy:
            middle = float(np.median(good))
        if self.aim == "improve":
            return middle
        scale = abs(self.forecast.forecast or 0.0) + abs(middle) + 1e-300
        return 1.0 - self._missed(figure) + 1e-6 * middle / scale

    @property
    def _heavy(self) -> bool:
        """A ratio may be as large as you like where what it divides by comes near zero; then the middle is told."""
        return bool(self.ready.forecaster.formulas_below(self.metric.name))

    def _missed(self, figure: Floats) -> float:
        """The chance to miss the target, of the draws in which the metric has a value, as forecasts have it."""
        assert self.forecast.target is not None
        known = figure[np.isfinite(figure)]
        return chance_to_miss(known, self.forecast.target) if len(known) else 1.0

    def _mix(self, chosen: Sequence[_Option], amounts: Sequence[float]) -> Mix:
        figure = self._figure(amounts, self._beside(chosen), None)
        known = figure[np.isfinite(figure)]
        people: dict[str, int] = {}
        for one in chosen:
            if one.team is not None:
                people[one.team.name] = people.get(one.team.name, 0) + 1
        low, high = (float(np.quantile(known, share)) for share in (0.025, 0.975))
        worst = np.sort(known if self.better == "higher" else -known)[: max(1, round(WORST * len(known)))].mean()
        return Mix(
            {
                channel.name: amount / self.futures.periods
                for channel, amount in zip(self.channels, amounts, strict=True)
            },
            tuple(one.name for one in chosen if one.initiative is not None),
            people,
            _cost(chosen) + float(sum(amounts)),
            float(np.median(known)) if self._heavy else float(known.mean()),
            low,
            high,
            self._missed(figure) if self.forecast.target is not None else None,
            float(worst if self.better == "higher" else -worst),
        )

    def _worth(self, channel: Channel, mix: Mix, chosen: Sequence[_Option]) -> float:
        """What one more, spread over the periods, adds to the metric: the slope at the choice."""
        level = mix.spending[channel.name]
        step = 1e-3 * (level or channel.now or 1.0)
        beside = self._beside(chosen)
        up, down = (
            self.futures.figure({**mix.spending, channel.name: max(level + way, 0.0)}, beside) for way in (step, -step)
        )
        middle = np.nanmedian if self._heavy else np.nanmean
        return float(middle(up) - middle(down)) / (step + min(step, level)) / self.futures.periods

    def _remark(self, nominal: Mix) -> None:
        for channel in self.channels:
            level = nominal.spending[channel.name]
            share = float(self.money.base) / SHARES / self.futures.periods
            if np.isfinite(channel.high) and level > channel.high - 1.01 * share:
                self.notes.append(
                    f"{channel.label} stands at the most that its response is believed at; a limit of your own may go "
                    "further."
                )
            elif channel.low and level <= channel.low * (1 + 1e-9):
                self.notes.append(f"{channel.label} stands at the least that its response is believed at.")
        left = float(self.money.base) - nominal.cost
        if left > 0.02 * float(self.money.base):
            self.notes.append(f"{left:,.0f} {self.money.unit} are kept: nothing that they could pay for helps.")


def _per_time(money: Quantity) -> object:
    return Quantity.model_validate(f"1 {money.unit}/h").measure.powers


def _cost(chosen: Sequence[_Option]) -> float:
    return float(sum(one.cost for one in chosen))
