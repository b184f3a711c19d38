"""From what a replication counted to the figures of each workflow, by dotted name.

The names are those of the exact analysis: `time.mean`, `ends.done`, `visits.brief`, `teams.legal.load`,
`steps.brief.wait`. A figure that has no meaning here (no deadline, no arrivals that keep on) is left out; one of which
nothing was seen in this replication is nan.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.simulation.events_of import EventModel, Flow
from mpmflow.numerics.events.runs import FIGURES, Tallies

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BIN = 2.0 ** (1 / 64)
"""Width of the bins that percentiles are read off, as a factor: so far off they are where many cases take one time."""
PERCENTILES = ("time.p50", "time.p90", "time.p95")
_TIME, _WORK, _COST = (FIGURES.index(name) for name in ("time", "work", "cost"))


def figures_of(model: EventModel, number: int, tallies: Tallies) -> dict[str, float]:
    """The figures of workflow `number` in one replication, all but `rework`.

    Times in seconds, shares as fractions, costs in the currency of the model, throughput in cases per second.
    """
    flow = model.flows[number]
    cases = float(tallies.count[number])
    figures: dict[str, float] = {}
    for place, end in enumerate(flow.process.cells.ends):
        figures[f"ends.{end}"] = _over(float(tallies.end_count[number, place]), cases)
    for name, nodes in flow.executed.items():
        figures[f"visits.{name}"] = _over(float(tallies.visits[nodes].sum()), cases)
    figures |= _of_cases(flow, number, tallies, cases)
    figures |= _of_flow(model, flow, number, tallies)
    figures |= _of_teams(model, flow, tallies, cases)
    figures |= _of_steps(flow, tallies, cases)
    return figures


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else float("nan")


def _of_cases(flow: Flow, number: int, tallies: Tallies, cases: float) -> dict[str, float]:
    process = flow.process
    seen = cases > 0.0
    mean = tallies.mean[number] if seen else np.full(4, np.nan)
    sd = np.sqrt(np.maximum(0.0, np.diag(tallies.covariance(number)))) if cases > 1.0 else np.full(4, np.nan)
    good = np.array(process.cells.good, dtype=bool)
    ends = tallies.end_count[number, : len(good)]
    passed = tallies.first_pass[number, : len(good)]
    figures = {"time.mean": float(mean[_TIME]), "time.sd": float(sd[_TIME])}
    for name in PERCENTILES:
        figures[name] = tallies.quantile(int(name.removeprefix("time.p")) / 100, number)
    if process.deadline is not None:
        figures["time.late"] = _over(float(tallies.late[number]), cases)
    figures["touch_time.mean"] = float(mean[_WORK])
    one_currency = len(process.currencies) < 2
    if one_currency:
        figures |= {"cost.mean": float(mean[_COST]), "cost.sd": float(sd[_COST])}
    figures["yield"] = _over(float(ends[good].sum()), cases)
    figures["first_pass"] = _over(float(passed[good].sum()), cases)
    figures["scrap"] = _over(float(ends[~good].sum()), cases)
    if one_currency:
        figures["waste.cost"] = float(tallies.wasted[number, 0]) if seen else float("nan")
    figures["waste.touch_time"] = float(tallies.wasted[number, 1]) if seen else float("nan")
    return figures


def _of_flow(model: EventModel, flow: Flow, number: int, tallies: Tallies) -> dict[str, float]:
    """What flows through in the time watched, where cases keep coming."""
    if model.process.classes[number].gap is None:
        return {}
    good = np.array(flow.process.cells.good, dtype=bool)
    left_well = float(tallies.departed[number, : len(good)][good].sum())
    return {
        "throughput_per_s": _over(left_well, tallies.window),
        "wip": _over(float(tallies.open_area[number]), tallies.window),
    }


def _of_teams(model: EventModel, flow: Flow, tallies: Tallies, cases: float) -> dict[str, float]:
    figures = {}
    for place, crew in enumerate(model.crews):
        if all(crew.name != one.name for one in flow.process.teams):
            continue
        # of the hours that it works, not of the nights between, in which begun work stays with its people
        busy = float(tallies.work_done[place] * crew.stretch if crew.hours else tallies.busy_area[place])
        nodes = flow.team.get(crew.name, [])
        figures[f"teams.{crew.name}.load"] = _over(busy, max(1, crew.people) * tallies.window)
        figures[f"teams.{crew.name}.wait"] = _mean(tallies.waits[nodes], tallies.wait_mean[nodes])
        waited = float(tallies.waits[nodes] @ tallies.wait_mean[nodes])
        figures[f"teams.{crew.name}.wait_per_case"] = _over(waited, cases)
        figures[f"teams.{crew.name}.queue"] = _over(float(tallies.queue_area[place]), tallies.window)
    return figures


def _of_steps(flow: Flow, tallies: Tallies, cases: float) -> dict[str, float]:
    figures = {}
    served = {node for found in flow.team.values() for node in found}
    for name, nodes in flow.working.items():
        visits = tallies.visits[nodes]
        time = _mean(visits, tallies.elapsed[nodes])
        wait = 0.0
        if nodes[0] in served:
            wait = _mean(tallies.waits[nodes], tallies.wait_mean[nodes])
        if own := flow.waiting.get(name):
            time += _mean(tallies.visits[own], tallies.held_mean[own])
        if together := flow.gathering.get(name):
            wait += _mean(tallies.waits[together], tallies.wait_mean[together])
        states = [flow.state[node] for node in nodes]
        cost = (
            np.array([state.cost for state in states])
            + np.array([state.rate for state in states]) * (tallies.held_mean[nodes])
        )
        figures[f"steps.{name}.visits"] = _over(float(visits.sum()), cases)
        figures[f"steps.{name}.time"] = time
        figures[f"steps.{name}.wait"] = wait
        figures[f"steps.{name}.cost"] = _mean(visits, cost)
    return figures


def _mean(times: Ints, values: Floats) -> float:
    """The mean of means, each seen so many times."""
    return _over(float(times @ values), float(times.sum()))


def shares_by_chance(flow: Flow) -> list[str]:
    """Shares of cases that could be anything from 0 to 1; where all ends are good, say, `scrap` is 0 for certain."""
    cells = flow.process.cells
    found = ["time.late"] if flow.process.deadline is not None else []
    if len(cells.ends) > 1:
        found += [f"ends.{end}" for end in cells.ends]
    if len(set(cells.good)) > 1:
        found += ["yield", "scrap", "first_pass"]
    return found


def rework_shares(
    model: EventModel, number: int, actual: list[tuple[Ints, int]], without: list[tuple[Ints, int]]
) -> list[float]:
    """Share of the work that rework causes in each replication; visits of each node and cases, with and without it.

    Nodes count where there is more work than without rework, over all replications: a chance surplus of one of them
    makes no rework.
    """
    nodes = sorted({node for found in model.flows[number].working.values() for node in found})
    weight = model.weight[nodes]
    whole = np.array([visits[nodes] / max(1, cases) for visits, cases in actual])
    extra = whole - np.array([visits[nodes] / max(1, cases) for visits, cases in without])
    more = extra.sum(axis=0) > 0.0
    work = whole @ weight
    return [
        float(part / all_) if all_ > 0.0 else 0.0
        for part, all_ in zip(extra[:, more] @ weight[more], work, strict=True)
    ]
