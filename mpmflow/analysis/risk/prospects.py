"""What metrics would come to if levers were set anew today, or from a date on.

A setting is made on the current model, as a scenario makes it on the plan; the process is solved again, and the
difference of its figures travels on through the network of influences. So the effect on figures of the process is
exact, and what comes too late for a target's date does not count for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import Solver
from mpmflow.analysis.exact.figures import Solution, arrival_rate, solve_process
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.model import Model
from mpmflow.model.scenes import Scenario

from .beliefs import PlanTimes
from .crowds import Crowds
from .current_model import mean_over_visits, outcomes_in
from .estimate import plan_times
from .forecast import Forecaster, MetricForecast
from .levels import Places, spans_in
from .process_change import ProcessChange
from .sources import Source

Floats = npt.NDArray[np.float64]
Stage = tuple[date | None, str | Scenario | Mapping[str, Any]]
"""From which day on (None: from now) what is set: a scenario of the model by name, a scenario, lever -> value."""


class Prospects:
    """Changes of forecasts. `model` is the current one, with what was estimated in the place of its numbers.

    `forecasts` go by the name of their metric, or by any other where one metric is asked for at several dates.
    """

    def __init__(
        self, forecaster: Forecaster, forecasts: Mapping[str, MetricForecast], model: Model, crowds: Crowds
    ) -> None:
        self.forecaster, self.forecasts, self.model, self.crowds = forecaster, forecasts, model, crowds
        self.outlook = forecaster.outlook

    # ------------------------------------------------------------------------------------------ settings
    def settings(self, *stages: Stage) -> dict[str, float]:
        """Metric -> change of its forecast if levers were set, each stage from a day on (None: from now).

        Stages hold on top of those before them. Raises `LeverError` for what cannot be set, `ModelFault` for a process
        that then has no figures.
        """
        own, levers, structural = self._own(stages)
        return self.gains(own, levers, structural)

    def drawn(self, *stages: Stage) -> dict[str, Floats]:
        """Metric -> its change in every draw, (D,), for the same settings.

        Draws differ in the strength of declared and learned influences, in where the levers truly stand today (a lever
        that is set to a level has as far to go as it stands away from it), and in how busy teams are. They are the
        draws of the forecast, so a metric's draws and these add up.
        """
        deltas = self.moved(*stages)
        found = {}
        for metric, forecast in self.forecasts.items():
            gain = self._gain(forecast.name, forecast, deltas)
            if gain is not None and np.isfinite(gain).all():
                found[metric] = np.broadcast_to(gain, (self.forecaster.count,))
        return found

    def moved(self, *stages: Stage) -> dict[str, Floats]:
        """How far settings move every place in each draw and period to come, (D, ahead); see `drawn`."""
        own, levers, structural = self._own(stages)
        if not own:
            return {}
        ratio = self._ratio(levers, {name: float(own[name][-1]) for name in levers})
        count = self.forecaster.count
        rows = {name: ratio[:, None] * path for name, path in own.items()}
        for place, (whole, waited, effect) in self._through_queues(stages).items():
            scale = ratio + (effect - ratio) * (waited / whole)
            rows[place] = scale[:, None] * own[place]
        network = self.outlook.network
        gains = {number: np.broadcast_to(drawn, (count, 1)) for number, drawn in self.forecaster.gains.items()}
        gains |= self._replaced(levers, structural)
        return network.follow(rows, gains)

    def _through_queues(self, stages: Sequence[Stage]) -> dict[str, tuple[float, float, Floats]]:
        """Figure -> its change by all stages, what of it is longer or shorter waits, and those in every draw as a
        factor, (D,).
        """
        changed = self.model
        for _, settings in stages:
            changed = apply(changed, settings)
        found = {}
        cells = {workflow: to_chain(changed, workflow) for workflow in self.outlook.changes}
        for crowd in self.crowds.changed(cells):
            again, held = self.crowds.again(cells), self.crowds.held(crowd)
            for workflow, process in held.items():
                whole = self._figures(self.outlook.changes[workflow], again[workflow])
                without = self._figures(self.outlook.changes[workflow], process)
                effect = self.forecaster.drawn.effect(crowd, workflow)
                for place, change in whole.items():
                    if abs(change) > 1e-12:
                        found[place] = change, change - without[place], effect
        return found

    def _ratio(self, levers: set[str], moved: Mapping[str, float]) -> Floats:
        """How much more (or less) than expected there is to move in each draw, the mean over the levers, at least 0."""
        parts = [np.ones(self.forecaster.count)] if not levers else []
        for name in sorted(levers):
            source, way = self.outlook.sources[name], moved[name]
            if way:
                parts.append(np.maximum((source.now + way - source.draws) / way, 0.0))
        return np.asarray(np.mean(parts, axis=0)) if parts else np.ones(self.forecaster.count)

    def _own(self, stages: Sequence[Stage]) -> tuple[dict[str, Floats], set[str], set[str]]:
        """What settings do to figures of the process and to levers from today on, (ahead,) each; which are which."""
        own: dict[str, Floats] = {}
        levers: set[str] = set()
        structural: set[str] = set()
        changed, figures, levels = self.model, dict[str, float](), dict[str, float]()
        for since, settings in sorted(stages, key=lambda stage: (stage[0] is not None, stage[0])):
            changed = apply(changed, settings)
            first = self._first(since)
            cells = self.crowds.again({workflow: to_chain(changed, workflow) for workflow in self.outlook.changes})
            after = {
                place: delta
                for workflow, process in cells.items()
                for place, delta in self._figures(self.outlook.changes[workflow], process).items()
            }
            then = self.levers(changed)
            for found, before in ((after, figures), (then, levels)):
                for name in (*found, *(gone for gone in before if gone not in found)):
                    path = own.setdefault(name, np.zeros(self.outlook.ahead))
                    path[first:] += found.get(name, 0.0) - before.get(name, 0.0)
            figures, levels = after, then
            structural |= set(after)
            levers |= set(then)
        return own, levers, structural

    def levers(self, changed: Model) -> dict[str, float]:
        """Source -> by how much its level differs in the changed model."""
        now = _levels(self.model, self.outlook.changes, self.outlook.sources)
        then = _levels(changed, self.outlook.changes, self.outlook.sources)
        found = {name: then[name] - now[name] for name in now if name in then}
        return {name: delta for name, delta in found.items() if abs(delta) > 1e-12 * max(1.0, abs(now[name]))}

    def _figures(self, change: ProcessChange, cells: Any) -> dict[str, float]:
        """Figure of a workflow -> its change in the new process."""
        places = {place: one for place, one in self.outlook.figures.items() if one[1] == change.name}
        if not places:
            return {}
        solution: Solution = solve_process(cells, Solver(change.solver.book))
        rate = arrival_rate(cells, change.solver.book)
        found = {}
        for place, (function, _, statistic) in places.items():
            after, then = self.outlook.after.get(place), change.value(solution, function, statistic)
            if after is None or then is None:
                continue
            if function in ("throughput", "wip") and rate and change.rate is not None and change.rate.after:
                then *= rate / change.rate.after
            found[place] = then - after
        return found

    def _first(self, since: date | None) -> int:
        """Future periods that pass before a setting holds."""
        timeline = self.outlook.timeline
        return 0 if since is None else max(0, timeline.holding(since) + 1 - timeline.known)

    # ------------------------------------------------------------------------------------------ gains
    def gains(self, own: Mapping[str, Floats], levers: set[str], structural: set[str]) -> dict[str, float]:
        """Metric -> change of its forecast by own deviations from today on, (ahead,) each.

        The edges from `levers` to the `structural` figures are left out: their exact change stands in `own`.
        """
        if not own:
            return {}  # nothing that the figures hang on was moved
        deltas = self.outlook.network.follow(own, self._replaced(levers, structural))
        found = {}
        for metric, forecast in self.forecasts.items():
            gain = self._gain(forecast.name, forecast, deltas)
            if gain is not None and np.isfinite(gain) and abs(gain) > 1e-12 * abs(forecast.forecast or 1.0):
                found[metric] = float(gain)
        return found

    def _replaced(self, levers: set[str], structural: set[str]) -> dict[int, Floats]:
        """The edges whose exact effect is known, with no gain of their own."""
        return {
            number: np.zeros(1)
            for number, edge in enumerate(self.outlook.network.edges)
            if edge.source in levers and edge.target in structural
        }

    def _gain(self, metric: str, forecast: MetricForecast, deltas: Mapping[str, Floats]) -> Floats | None:
        """The change of a metric's forecast, (...,), from deviations of the places, (..., ahead)."""
        outlook, read = self.outlook, forecast.reading
        flow = metric in self.forecaster.flows
        formulas = self.forecaster.formulas_below(metric)
        if forecast.forecast is None or not formulas or any(spans_in(formula) for formula in formulas):
            delta = deltas.get(metric)
            return None if delta is None else read.of(self._whole(delta), flow)
        values: dict[str, Floats] = {}
        for place in self.forecaster.inputs_below(metric):
            path = outlook.path_of(place)
            if path is None:
                return None
            moved = path + self._whole(deltas.get(place, np.zeros(outlook.ahead)))
            values[place] = read.of(moved, place in self.forecaster.flows)
        after = Places(values.get, outlook.formulas, outlook.timeline.period).value(metric)
        return np.asarray(after) - forecast.forecast

    def _whole(self, delta: Floats) -> Floats:
        return np.concatenate([np.zeros((*delta.shape[:-1], self.outlook.known)), delta], axis=-1)


def _levels(model: Model, changes: Mapping[str, ProcessChange], sources: Mapping[str, Source]) -> dict[str, float]:
    """The level of every source in a model."""
    found: dict[str, float] = {}
    for decision, outcomes in outcomes_in(model).items():
        levels = mean_over_visits(outcomes)
        found |= {f"{decision}.{outcome.name}": float(level) for outcome, level in zip(outcomes, levels, strict=True)}
    for workflow, change in changes.items():
        cells = to_chain(model, workflow)
        times: PlanTimes = plan_times([cells], change.solver.book)
        for (node, part), name in change.names.items():
            if node in times and part != "queue":
                planned = times[node]
                found[name] = found.get(name, 0.0) + (planned.work if part == "work" else planned.wait)
        rate = arrival_rate(cells, change.solver.book)
        if rate is not None:
            found[f"{workflow}.arrivals"] = rate
    return {name: level for name, level in found.items() if name in sources}
