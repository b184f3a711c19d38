"""Forecasts of metrics with their uncertainty: what will be, by when, how likely it misses its target, and why.

Four things are uncertain and are drawn together, ten thousand times: the present levels of the sources (their
posterior), the strengths of declared and learned influences, the level of each series, and what each period brings
that nobody can foresee (the past scatter of the series; the luck of the cases that end in a period). A miss is a draw
in which the figure is on the wrong side of its target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from mpmflow.model.expressions import Expression
from mpmflow.model.measures import Target
from mpmflow.numerics.causes.influence import lagged
from mpmflow.numerics.chains.attribution import aumann_shapley

from .levels import Places, inputs_of, spans_in
from .outlook import Outlook, Own
from .process_change import ProcessChange
from .process_draws import ProcessDraws
from .readings import Reading, day_of, reading

Floats = npt.NDArray[np.float64]
DRAWS = 10_000
"""So many, unless they would not fit into memory."""
FEWEST_DRAWS = 1_000
ROOM = 150_000_000
"""Numbers that all draws of all metrics over all future periods may take together, about a gigabyte."""
ARRIVED = 0.9
"""A change has arrived when this part of it has."""


def draws_that_fit(metrics: int, ahead: int) -> int:
    """How many draws there is room for.

    >>> draws_that_fit(20, 40), draws_that_fit(300, 520)
    (10000, 1000)
    """
    return max(FEWEST_DRAWS, min(DRAWS, ROOM // max(1, metrics * ahead)))


@dataclass(frozen=True, eq=False)
class MetricForecast:
    """A metric at one reading; see `evaluation.MetricFigure` for what the figures mean.

    `settled`: its target's time has passed, and what came was observed. `note`: why it cannot be told whether a target
    was met, where that is so. `valueless`: the part of the draws in which it has no value, as a cost per lead without
    leads; range, chance and `draws` leave them out.
    """

    name: str
    reading: Reading
    flow: bool
    target: Target | None
    baseline: float | None
    forecast: float | None
    low: float | None
    high: float | None
    p_miss: float | None
    change: float | None
    by: Mapping[str, float]
    residual: float
    arrives: date | None
    draws: Floats | None
    settled: bool = False
    note: str = ""
    valueless: float = 0.0


def chance_to_miss(figures: Floats, target: Target) -> float:
    """The part of equally likely figures that is on the wrong side of a target; rounding misses nothing."""
    level = float(target.value.base)
    slack = 1e-12 * abs(level)
    wrong = figures < level - slack if target.comparison == "at least" else figures > level + slack
    return float(wrong.mean())


class Forecaster:
    """Reads metrics off an outlook. `flows` are the places that are counted per period."""

    def __init__(
        self,
        outlook: Outlook,
        flows: frozenset[str],
        rng: np.random.Generator,
        drawn: ProcessDraws,
    ) -> None:
        self.outlook, self.flows, self.rng, self.drawn, self.count = outlook, flows, rng, drawn, drawn.count
        self._perturb()

    # ------------------------------------------------------------------------------------------ one metric
    def forecast(self, name: str, target: Target | None) -> MetricForecast:
        """The forecast of a metric at its target's date, else once what happens today has arrived everywhere."""
        outlook = self.outlook
        flow = name in self.flows
        otherwise = min(len(outlook.timeline) - 1, outlook.known + max(1, outlook.longest_wait))
        read = reading(target, outlook.timeline, flow, otherwise)
        by, baseline, forecast = self._parts(name, read)
        known = forecast is not None and bool(np.isfinite(forecast))
        settled, note = self._settled(name, read, target)
        scarce = self.scarce(name) if known and not settled else ""
        drawn = self.draws_at(name, read) if known and not note and not scarce else None
        low = high = p_miss = None
        valueless = 0.0
        if drawn is not None and np.isfinite(drawn).any():
            valueless = float(1.0 - np.isfinite(drawn).mean())
            drawn = drawn[np.isfinite(drawn)]
            low, high = (float(np.quantile(drawn, share)) for share in (0.025, 0.975))
            if target is not None:
                p_miss = chance_to_miss(drawn, target)
        whole = sum(by.values())
        change = forecast - baseline if forecast is not None and baseline is not None else (whole if by else None)
        residual = (change or 0.0) - whole
        scale = max(abs(change or 0.0), *(abs(part) for part in by.values()), 0.0) if by else 0.0
        return MetricForecast(
            name,
            read,
            flow,
            target,
            baseline if known else None,
            forecast if known else None,
            low,
            high,
            p_miss,
            change,
            by,
            residual if abs(residual) > 1e-6 * scale else 0.0,
            None if settled or note else self.arrives(name),
            drawn,
            settled and known,
            note or scarce,
            valueless,
        )

    def scarce(self, name: str) -> str:
        """Why no range is told of a metric: so few values were observed that nobody knows how much they scatter."""
        for place in self.inputs_below(name):
            data = self.outlook.own.get(place)
            if data is None or np.isfinite(data.sd):
                continue
            count = int((~np.isnan(data.observed)).sum())
            metric = self.outlook.metrics.get(place)
            what = f"{count} value{'' if count == 1 else 's'} of {metric.title if metric is not None else place}"
            return f"Only {what} so far, too few to say how much it scatters: no range and no chance to miss is told."
        return ""

    def _settled(self, name: str, read: Reading, target: Target | None) -> tuple[bool, str]:
        """Whether a reading lies in the past and was observed; and if it was not, why nothing can be said of it."""
        timeline = self.outlook.timeline
        if target is None or target.by is None or read.weights[timeline.known :].any():
            return False, ""
        day = target.by.isoformat()
        if target.by < timeline.last_day(0) and not timeline.cover(*day_of(target.by)).any():
            return False, f"Its target was for {day}, before the first observation: nobody can say whether it was met."
        inputs = self.inputs_below(name) if name in self.outlook.formulas else [name]
        asked = read.weights[: timeline.known] > 0.0
        for place in inputs:
            data = self.outlook.observed_figures.get(place, self.outlook.series.get(place))
            if data is None or np.isnan(data[asked]).any():
                return False, f"Its target was for {day}, and what came then was not observed."
        return True, ""

    def arrives(self, name: str) -> date | None:
        """The day by which most of the change has arrived and stays; None where nothing changes."""
        path = self.outlook.total.get(name)
        if path is None:
            return None
        known = self.outlook.known
        future = path[max(known - 1, 0) :]
        last = float(future[-1])
        scale = max(abs(self.outlook.before.get(name, 0.0) or 0.0), float(np.abs(future).max()))
        if not np.isfinite(scale) or abs(last) <= 1e-9 * scale:
            return None
        short = np.flatnonzero(future / last < ARRIVED - 1e-9)
        first = int(short[-1]) + 1 if len(short) else 0
        if not first:  # there already: on the day of asking, where that lies inside the period
            asked = (self.outlook.observations.as_of - timedelta(microseconds=1)).date()
            return min(asked, self.outlook.timeline.last_day(max(known - 1, 0)))
        return self.outlook.timeline.last_day(max(known - 1, 0) + min(first, len(future) - 1))

    # ------------------------------------------------------------------------------------------ parts
    def _parts(self, name: str, read: Reading) -> tuple[dict[str, float], float | None, float | None]:
        """What each source adds at a reading, the figure without them, the figure with them."""
        outlook = self.outlook
        formula = outlook.formulas.get(name)
        if formula is None or any(spans_in(one) for one in self.formulas_below(name)):
            flow = name in self.flows
            by = {source: float(read.of(path, flow)) for source, path in outlook.added_to(name).items()}
            if formula is None:
                level = outlook.before.get(name, np.nan)
                if not np.isfinite(level):
                    return _worth_telling(by), None, None
                base = float(read.of(np.full(len(outlook.timeline), level), flow))
                return _worth_telling(by, base), base, base + sum(by.values())
            plain = Places(self._levels_only, outlook.formulas, outlook.timeline.period)
            now = Places(outlook.path_of, outlook.formulas, outlook.timeline.period)
            base, figure = (
                float(read.of(np.broadcast_to(places.value(name), (len(outlook.timeline),)), flow))
                for places in (plain, now)
            )
            return _worth_telling(by, base), base, figure
        return self._formula_parts(name, read)

    def _formula_parts(self, name: str, read: Reading) -> tuple[dict[str, float], float | None, float | None]:
        """A formula's parts along the straight way from none to all of what its inputs got from each source."""
        outlook = self.outlook
        inputs = self.inputs_below(name)
        base, added = {}, {}
        for place in inputs:
            level, flow = outlook.before.get(place, np.nan), place in self.flows
            base[place] = float(read.of(np.full(len(outlook.timeline), level), flow))
            added[place] = {source: float(read.of(path, flow)) for source, path in outlook.added_to(place).items()}
        moving = tuple(dict.fromkeys(source for parts in added.values() for source in parts))
        table = {place: np.array([added[place].get(source, 0.0) for source in moving]) for place in inputs}

        def figure(theta: Floats) -> Floats:
            """The formula for rows of how much of each source is there, (r, D) -> (r,)."""
            values = {place: base[place] + theta @ table[place] for place in inputs}
            return np.broadcast_to(
                Places(values.get, outlook.formulas, outlook.timeline.period).value(name), len(theta)
            )

        none = np.zeros((1, len(moving)))
        baseline = float(figure(none)[0])
        if not np.isfinite(baseline):
            return {}, None, None
        if not moving:
            return {}, baseline, baseline
        step = 1e-5

        def slopes(theta: Floats) -> tuple[float, Floats]:
            rows = np.concatenate(
                [theta + step * np.eye(len(moving)), theta - step * np.eye(len(moving)), theta[None, :]]
            )
            values = figure(rows)
            return float(values[-1]), (values[: len(moving)] - values[len(moving) : -1]) / (2.0 * step)

        forecast = float(figure(none + 1.0)[0])
        try:
            shares = aumann_shapley(slopes, none[0], none[0] + 1.0, [[index] for index in range(len(moving))], tol=1e-7)
        except ValueError:
            return {}, baseline, forecast
        by = dict(zip(moving, np.atleast_1d(shares.by_group).tolist(), strict=True))
        return _worth_telling(by, baseline), baseline, forecast

    def _levels_only(self, name: str) -> Floats | None:
        level = self.outlook.before.get(name, np.nan)
        return np.full(len(self.outlook.timeline), level) if np.isfinite(level) else None

    def formulas_below(self, name: str) -> list[Expression]:
        """The formulas that a metric rests on, its own first."""
        found: list[Expression] = []
        waiting = [name]
        while waiting:
            formula = self.outlook.formulas.get(waiting.pop())
            if formula is not None and all(formula is not one for one in found):
                found.append(formula)
                waiting += inputs_of(formula)
        return found

    def inputs_below(self, name: str) -> list[str]:
        """The places without formula that a formula rests on in the end."""
        found: dict[str, None] = {}
        waiting, seen = [name], {name}
        while waiting:
            here = waiting.pop(0)
            formula = self.outlook.formulas.get(here)
            if formula is None:
                found[here] = None
                continue
            for place in inputs_of(formula):
                if place not in seen:
                    seen.add(place)
                    waiting.append(place)
        return list(found)

    # ------------------------------------------------------------------------------------------ draws
    def _perturb(self) -> None:
        """How far each place is from its expected path in each draw and future period, (D, ahead)."""
        outlook, count, ahead = self.outlook, self.count, self.outlook.ahead
        shape = (count, ahead)
        own: dict[str, Floats] = {}
        for place, moved in self._process_draws().items():
            own[place] = moved if moved.shape == shape else np.broadcast_to(moved[:, None], shape)
        for name, data in outlook.own.items():
            scatter = _scatter(self.rng, count, ahead, data)
            level = self.rng.standard_normal((count, 1)) * (data.error if np.isfinite(data.error) else 0.0)
            own[name] = scatter + level
        network = outlook.network
        gains = self.gains = {
            number: edge.gain + edge.sd * self.rng.standard_normal((count, 1))
            for number, edge in enumerate(network.edges)
            if edge.sd > 0.0
        }
        for number, gain in gains.items():  # a gain that is drawn larger makes more of what has been expected anyway
            edge = network.edges[number]
            if edge.source in outlook.total:
                arriving = lagged(outlook.total[edge.source], edge.kernel)[outlook.known :]
                own[edge.target] = own.get(edge.target, 0.0) + (gain - edge.gain) * arriving
        steady = self._steady(own, gains)
        self.away = network.follow(own, gains) | steady

    def _steady(self, own: dict[str, Floats], gains: Mapping[int, Floats]) -> dict[str, Floats]:
        """How far levers are from their estimates, the same in every period; what they add elsewhere goes into `own`.

        What stands still travels as one product: by draw and influence, times by influence and period.
        """
        outlook, count, ahead = self.outlook, self.count, self.outlook.ahead
        reached = {edge.target for edge in outlook.network.edges}
        levers = {name: one for name, one in outlook.sources.items() if not one.passing}
        away = {name: one.draws - one.now for name, one in levers.items() if name not in reached}
        onto: dict[str, list[int]] = {}
        for number, edge in enumerate(outlook.network.edges):
            if edge.source in away:
                onto.setdefault(edge.target, []).append(number)
        for target, numbers in onto.items():
            edges = [outlook.network.edges[number] for number in numbers]
            strength = np.column_stack(
                [
                    away[edge.source] * np.broadcast_to(gains.get(number, edge.gain), (count, 1))[:, 0]
                    for number, edge in zip(numbers, edges, strict=True)
                ]
            )
            arrived = np.array([np.cumsum(_cut(edge.kernel, ahead)) for edge in edges])
            own[target] = own.get(target, 0.0) + strength @ arrived
        shape = (count, ahead)
        for name, one in levers.items():
            if name in reached:
                own[name] = own.get(name, 0.0) + np.broadcast_to((one.draws - one.now)[:, None], shape)
        return {name: np.broadcast_to(drawn[:, None], shape) for name, drawn in away.items()}

    def _process_draws(self) -> dict[str, Floats]:
        """Of each workflow figure: what its draws have beyond the slopes, and the luck of the cases of one period."""
        outlook = self.outlook
        found: dict[str, Floats] = {}
        for workflow, change in outlook.changes.items():
            places = {place: figure for place, figure in outlook.figures.items() if figure[1] == workflow}
            if not places:
                continue
            solved = self.drawn.figures(workflow)
            for place, (function, _, statistic) in places.items():
                split = change.split(function, statistic)
                if split is None:
                    continue
                beyond = np.zeros((self.count, 1))
                exact = solved.get(function) if statistic is None else None
                if exact is not None:
                    linear = np.zeros(self.count)
                    for edge in outlook.structural:
                        if edge.target == place:
                            source = outlook.sources[edge.source]
                            linear += edge.gain * (source.draws - source.now)
                    beyond = (exact - split.after - linear)[:, None]
                luck = _luck(change, function, statistic)
                noise = luck * self.rng.standard_normal((self.count, outlook.ahead)) if luck else 0.0
                found[place] = np.broadcast_to(beyond + noise, (self.count, outlook.ahead)).copy()
        return found

    def draws_at(self, name: str, read: Reading) -> Floats | None:
        """The figure at a reading in every draw, (D,); None where its level is not known."""
        outlook = self.outlook
        formulas = self.formulas_below(name)
        if not formulas:
            return self._place_draws(name, read, name in self.flows)
        if any(spans_in(formula) for formula in formulas):
            places = Places(self._whole_path, outlook.formulas, outlook.timeline.period)
            values = np.broadcast_to(places.value(name), (self.count, len(outlook.timeline)))
            return read.of(values, name in self.flows)
        drawn = {place: self._place_draws(place, read, place in self.flows) for place in self.inputs_below(name)}
        places = Places(drawn.get, outlook.formulas, outlook.timeline.period)
        return np.broadcast_to(places.value(name), (self.count,))

    def _place_draws(self, name: str, read: Reading, flow: bool) -> Floats | None:
        path = self.outlook.path_of(name)
        if path is None:
            return None
        away = self.away.get(name)
        drawn = np.full(self.count, float(read.of(path, flow)))
        if away is not None:
            weights = read.weights[self.outlook.known :]
            moved = away @ weights
            drawn = drawn + (moved if flow else moved / read.weights.sum())
        bounds = _bounds(self.outlook.figures.get(name)) or self._counted(name)
        return drawn if bounds is None else np.clip(drawn, *bounds)

    def _counted(self, name: str) -> tuple[float, None] | None:
        """Nothing below 0 for a metric of what is done or produced that never was."""
        metric, data = self.outlook.metrics.get(name), self.outlook.series.get(name)
        if metric is None or metric.category not in ("activity", "output") or data is None:
            return None
        return (0.0, None) if not (data < 0.0).any() else None

    def _whole_path(self, name: str) -> Floats | None:
        path = self.outlook.path_of(name)
        if path is None:
            return None
        whole = np.tile(path, (self.count, 1))
        if name in self.away:
            whole[:, self.outlook.known :] += self.away[name]
        return whole


def _cut(kernel: Floats, length: int) -> Floats:
    """The first weights of a kernel, with nothing behind its last one."""
    found = np.zeros(length)
    found[: min(length, len(kernel))] = kernel[:length]
    return found


def _worth_telling(by: Mapping[str, float], level: float = 0.0) -> dict[str, float]:
    """Parts that are more than rounding beside each other and beside the level, the largest first."""
    most = max((abs(part) for part in by.values()), default=0.0) + 1e-2 * abs(level)
    kept = {source: part for source, part in by.items() if abs(part) > 1e-10 * most}
    return dict(sorted(kept.items(), key=lambda item: (-abs(item[1]), item[0])))


def _bounds(figure: tuple[str, str, str | None] | None) -> tuple[float, float | None] | None:
    if figure is None:
        return None
    return (0.0, 1.0) if figure[0] in ("yield", "scrap", "first_pass", "rework", "late") else (0.0, None)


def _scatter(rng: np.random.Generator, count: int, ahead: int, data: Own) -> Floats:
    """What future periods bring: normal surprises, of which a part follows on to the next period, or stays for good."""
    if not np.isfinite(data.sd) or data.sd <= 0.0:
        return np.zeros((count, ahead))
    fresh = data.sd * rng.standard_normal((count, ahead))
    if data.drift:
        stayed = np.cumsum(fresh, axis=1) - fresh
        return np.asarray(fresh + data.drift * stayed)
    if data.follow:
        fresh[:, 1:] *= (1.0 - data.follow**2) ** 0.5
        for period in range(1, ahead):
            fresh[:, period] += data.follow * fresh[:, period - 1]
    return fresh


def _luck(change: ProcessChange, function: str, statistic: str | None) -> float:
    """Standard deviation of a figure of one period's cases about its expectation; 0 where cases are not counted."""
    if statistic is not None or change.rate is None or change.rate.after <= 0.0:
        return 0.0
    cases = max(change.rate.after * change.period, 1.0)
    new = change.new
    split = change.split(function)
    if split is None:
        return 0.0
    match function:
        case "time":
            return float(new.time.sd / np.sqrt(cases))
        case "cost":
            return float(new.cost.sd / np.sqrt(cases))
        case "yield" | "scrap" | "first_pass" | "late":
            return float(np.sqrt(max(split.after * (1.0 - split.after), 0.0) / cases))
        case "throughput" | "wip":
            return float(np.sqrt(max(split.after, 0.0)))
        case _:
            return 0.0


def flows_of(
    names: Sequence[str],
    is_flow: Mapping[str, bool],
    figures: Mapping[str, tuple[str, str, str | None]],
    targets: Mapping[str, Target],
) -> frozenset[str]:
    """The places that are counted per period; a target "in total" says so of its metric, whatever its formula."""
    flows = {name for name in names if is_flow.get(name, False)}
    flows |= {
        place for place, (function, _, statistic) in figures.items() if function == "throughput" and not statistic
    }
    flows |= {name for name in names if name.startswith("sum(")}
    flows |= {name for name, target in targets.items() if target.start is not None}
    return frozenset(flows)
