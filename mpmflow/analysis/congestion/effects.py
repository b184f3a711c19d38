"""What every lever does to the time of a case and to the waits, through the queues too.

A lever moves the time of a case in three ways, which add up: the time without waits (`exact.levers`), how often a case
comes to a queue (the waits as they are, one adjoint solve), and the waits themselves, of this workflow and of every
other one that shares a team (reverse mode through the waiting formula, `queues.slopes`). So levers of other workflows
stand here as well. Levers inside parallel blocks change which branch ends last: everything is solved again with the
lever moved a little up and down.

People are whole: what one more and one fewer would change are differences, not slopes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.congestion.network import Network, Stream
from mpmflow.analysis.congestion.queued_blocks import Wait, team_held, teams_inside, waiting_per_row
from mpmflow.analysis.exact.inner_levers import DIFFERENCE_BUDGET, STEP, inner_levers, moved_cells, value_of
from mpmflow.analysis.exact.levers import OF_THE_LAW, Levers
from mpmflow.analysis.results import Document, finite
from mpmflow.graphs.cells import State
from mpmflow.numerics.chains.outcomes import along
from mpmflow.numerics.queues.erlang import erlang_c_slope
from mpmflow.numerics.queues.slopes import wait_slopes

Floats = npt.NDArray[np.float64]
Gradients = dict[str, dict[str, float]]
"""Figure -> lever -> slope."""
NUDGE = 1e-3
"""By which part of itself a wait is moved to see what it does to a block."""


def wait_figure(team: str) -> str:
    """The name of the wait in front of a team among the figures.

    >>> wait_figure("legal")
    'teams.legal.wait'
    """
    return f"teams.{team}.wait"


def teams_needed(network: Network, workflow: str) -> list[str]:
    """The teams that cases of a workflow come to, in the order of the text."""
    work = network.found.work[network.place(workflow)]
    return [crew.name for crew, times in zip(network.crews, work.times.tolist(), strict=True) if times > 0.0]


# ------------------------------------------------------------------------------------------------- all levers
def levers_with_waits(core: Levers, network: Network, workflow: str, figures: Mapping[str, float | None]) -> Levers:
    """The levers of a workflow, and of those that share its teams, with what they do to times and waits.

    `core` are those of the workflow solved without waits. Slopes of percentiles, of the standard deviation and of
    lateness are left out: with waits those figures are drawn, and a draw has no slope.
    """
    kept = {
        "time.without_wait" if figure == "time.mean" else figure: column
        for figure, column in core.gradients.items()
        if figure not in (*OF_THE_LAW, "time.sd", "wip")
    }
    found: Gradients = {}
    left_out = core.left_out
    values = dict(zip(core.names, core.values.tolist(), strict=True))
    if network.settled(workflow) and network.found.variability is not None and network.found.stable:
        inner = dict.fromkeys(name for one in network.streams for name in inner_levers(one.process.cells))
        if len(inner) * sum(one.line.n for one in network.streams) > DIFFERENCE_BUDGET:
            left_out = (*left_out, *(name for name in inner if name not in left_out))
        found = _gradients(core, network, workflow, list(inner), left_out)
        present = _values(network)
        for name in found["time.mean"]:
            if name not in values:
                values[name] = present[name] if name in present else _value_inside(network, name)[0]
        stream = network.streams[network.place(workflow)]
        time = network.time(workflow)
        assert time is not None
        found["wip"] = {lever: stream.rate * slope for lever, slope in found["time.mean"].items()}
        arrivals = f"{workflow}.arrivals"
        found["wip"][arrivals] = found["wip"].get(arrivals, 0.0) + time
    names = tuple(values)
    columns: dict[str, Floats] = {}
    for figure in ("time.mean", "wip"):
        if figure in found:
            columns[figure] = _column(found[figure], names)
        if figure == "time.mean":
            columns |= {
                name: np.concatenate([column, np.full(len(names) - len(column), np.nan)])
                for name, column in kept.items()
            }
    columns |= {figure: _column(found[figure], names) for figure in found if figure not in columns}
    return Levers(names, np.array(list(values.values())), columns, figures, left_out)


def _column(slopes: Mapping[str, float], names: tuple[str, ...]) -> Floats:
    return np.array([slopes.get(name, np.nan) for name in names])


def _gradients(
    core: Levers, network: Network, workflow: str, inner: Sequence[str], left_out: Sequence[str]
) -> Gradients:
    place = network.place(workflow)
    stream = network.streams[place]
    weights, chances = _time_by_waits(network, stream)
    teams = teams_needed(network, workflow)
    found: Gradients = {"time.mean": _through_queues(network, weights, chances)}
    for team in teams:
        unit = np.zeros(len(network.crews))
        unit[network.pools[team]] = 1.0
        found[wait_figure(team)] = _through_queues(network, unit, np.zeros(len(network.crews)))
    time = found["time.mean"]
    own = core.gradients["time.mean"].tolist()
    for name, slope in zip(core.names, own, strict=True):
        if slope == slope or name in time:
            time[name] = time.get(name, 0.0) + (slope if slope == slope else 0.0)
    for name, slope in _visits_to_queues(network, stream).items():
        time[name] = time.get(name, 0.0) + slope
    for name in inner:
        if name in left_out:
            for column in found.values():
                column.pop(name, None)
        elif name.rpartition(".")[2] in ("cost", "costs"):
            continue
        else:
            for figure, slope in _by_difference(network, workflow, teams, name).items():
                if slope is None:
                    found[figure].pop(name, None)
                else:
                    found[figure][name] = slope
    return found


def _values(network: Network) -> dict[str, float]:
    """The present values of the levers that move a queue, of all streams; the first one that has a lever says it."""
    found: dict[str, float] = {}
    for stream, work in zip(network.streams, network.found.work, strict=True):
        found.setdefault(f"{stream.name}.arrivals", stream.rate)
        outcomes = stream.line.outcomes
        for name, entries in stream.line.named.items():
            visits, shares = work.visits[outcomes.row[entries]], outcomes.share[entries]
            met = visits.sum() > 0.0
            found.setdefault(name, float(visits @ shares / visits.sum()) if met else float(shares.mean()))
        for state in stream.line.states:
            takes = _takes(state)
            if takes is not None and takes not in found:
                found[takes] = network.book.work(state.timing, state.node).mean
    return found


def _value_inside(network: Network, name: str) -> tuple[float, bool]:
    """The present value of a lever that stands inside a block of some stream, and whether it is a share."""
    value, is_share = 0.0, False
    for stream in network.streams:
        value, is_share = value_of(stream.process.cells, name, network.solver)
        if value or is_share:
            break
    return value, is_share


def _takes(state: State) -> str | None:
    return f"{state.node}.takes" if state.part == "work" and state.timing is not None else None


# ------------------------------------------------------------------------------------- through the queues, adjoint
def _through_queues(network: Network, weights: Floats, chances: Floats) -> dict[str, float]:
    """Slopes of `weights @ waits + chances @ delayed` in every lever of every stream."""
    found: dict[str, float] = {}
    queue = network.found
    by_wait = wait_slopes(queue, weights, [stream.line.outcomes for stream in network.streams])
    steep = chances * [
        erlang_c_slope(int(m), float(offer)) for m, offer in zip(queue.servers, queue.offered, strict=True)
    ]

    def add(name: str | None, slope: float) -> None:
        if name is not None:
            found[name] = found.get(name, 0.0) + slope

    for stream, flow, work, slope in zip(network.streams, queue.flows, queue.work, by_wait, strict=True):
        line, outcomes = stream.line, stream.line.outcomes
        assert slope.share is not None
        share, stretch, rate = slope.share.copy(), slope.stretch.copy(), slope.rate
        if steep.any():
            reward = np.where(flow.pool >= 0, steep[np.maximum(flow.pool, 0)], 0.0) * flow.held
            ahead = np.append(flow.factor.values(reward), np.zeros(line.ends))
            share += stream.rate * work.visits[outcomes.row] * ahead[outcomes.target]
            stretch += stream.rate * work.visits * reward
            rate += float(work.visits @ reward)
        sloped = along(outcomes, share)
        for way, moved in zip(line.ways, sloped.tolist(), strict=True):
            add(way.outcome, moved)
        for state, moved in zip(line.states, stretch.tolist(), strict=True):
            name = _takes(state)
            value = network.book.work(state.timing, state.node).mean if name is not None else 0.0
            if value > 0.0:
                add(name, moved / value)
        add(f"{stream.name}.arrivals", rate)
    return found


def _visits_to_queues(network: Network, stream: Stream) -> dict[str, float]:
    """Slopes of the time in the shares of outcomes outside of blocks, by how often a case comes to a queue."""
    actual = stream.solution.actual
    per_visit = waiting_per_row(actual, network.waits, network.solver.again())
    ahead = np.append(actual.factor.values(per_visit), np.zeros(len(actual.ends)))
    outcomes = actual.outcomes
    sloped = along(outcomes, actual.visits[outcomes.row] * ahead[outcomes.target])
    found: dict[str, float] = {}
    for way, slope in zip(actual.way.tolist(), sloped.tolist(), strict=True):
        name = actual.cells.ways[way].outcome
        if name is not None:
            found[name] = found.get(name, 0.0) + slope
    return found


def _time_by_waits(network: Network, stream: Stream) -> tuple[Floats, Floats]:
    """Slopes of a workflow's time in the mean wait and in the chance to wait of every team, shape (K,).

    Outside of blocks these are the visits; inside, the block is folded again with the wait moved.
    """
    actual, book = stream.solution.actual, network.book
    weights, chances = np.zeros(len(network.crews)), np.zeros(len(network.crews))
    inside: set[str] = set()
    for state, visits in zip(actual.cells.states, actual.state_visits.tolist(), strict=True):
        if state.block is not None:
            inside |= teams_inside(state.block, book)
        elif (team := team_held(state, book)) is not None:
            weights[network.pools[team]] += visits
    at_blocks = np.array([actual.cells.states[index].part in ("joined", "lost") for index in actual.state], dtype=bool)

    def time(waits: dict[str, Wait]) -> float:
        added = waiting_per_row(actual, waits, network.solver.again())
        return float(actual.visits[at_blocks] @ added[at_blocks])

    for team in sorted(inside):
        pool, wait = network.pools[team], network.waits[team]
        if wait.mean <= 0.0 or wait.delayed <= 0.0:
            continue
        waits = dict(network.waits)
        step = NUDGE * wait.mean
        up, down = (time(waits | {team: Wait(wait.delayed, wait.mean + move)}) for move in (step, -step))
        weights[pool] += (up - down) / (2.0 * step)
        step = NUDGE * min(wait.delayed, 1.0 - wait.delayed)
        if step > 0.0:
            up, down = (time(waits | {team: Wait(wait.delayed + move, wait.mean)}) for move in (step, -step))
            chances[pool] += (up - down) / (2.0 * step)
    return weights, chances


# ------------------------------------------------------------------------------------------ inside blocks, again
def _by_difference(network: Network, workflow: str, teams: list[str], name: str) -> dict[str, float | None]:
    """Slopes of time and waits in a lever that stands inside a block, everything solved again; None where a small
    move already overloads a team.
    """
    value, is_share = _value_inside(network, name)
    if value <= 0.0 and not is_share:
        return {}

    def read(change: float) -> dict[str, float | None]:
        changed = {stream.name: moved_cells(stream.process.cells, name, change) for stream in network.streams}
        moved = network.with_cells(
            {
                stream.name: replace(stream.process, cells=changed[stream.name])
                for stream in network.streams
                if changed[stream.name] is not stream.process.cells
            }
        )
        return {"time.mean": moved.time_by_formula(workflow)} | {
            wait_figure(team): finite(moved.found.wait[moved.pools[team]]) for team in teams
        }

    if is_share and not STEP <= value <= 1.0 - STEP:
        step = STEP if value < STEP else -STEP
        parts, width = [(4.0, read(step)), (-3.0, read(0.0)), (-1.0, read(2.0 * step))], 2.0 * step
    else:
        parts, width = [(1.0, read(STEP)), (-1.0, read(-STEP))], 2.0 * STEP * (1.0 if is_share else value)
    found: dict[str, float | None] = {}
    for figure in parts[0][1]:
        column = [(weight, one[figure]) for weight, one in parts]
        known = all(level is not None for _, level in column)
        found[figure] = sum(weight * level for weight, level in column if level is not None) / width if known else None
    return found


# ------------------------------------------------------------------------------------------------------- people
@dataclass(frozen=True, slots=True)
class People:
    """What another person in a team, or one fewer, would change for the cases of a workflow.

    Attributes:
        team, people: today's.
        one_more, one_fewer: changes of `time.mean`, `wip` and the waits of the team; None where there is no such figure
            on one side: the team, or another one, is loaded beyond its people, or nobody would be left.
    """

    team: str
    people: int
    one_more: Mapping[str, float] | None
    one_fewer: Mapping[str, float] | None

    def to_dict(self) -> Document:
        """Its part of the document."""
        return {
            "lever": f"{self.team}.people",
            "value": self.people,
            "one_more": dict(self.one_more) if self.one_more is not None else None,
            "one_fewer": dict(self.one_fewer) if self.one_fewer is not None else None,
        }


def people_of(network: Network, workflow: str) -> tuple[People, ...]:
    """One more and one fewer in every team that a workflow needs."""
    today = network.time(workflow)
    rate = network.streams[network.place(workflow)].rate
    found = []
    for team in teams_needed(network, workflow):
        pool = network.pools[team]
        people = network.crews[pool].people
        changes: list[dict[str, float] | None] = []
        for count in (people + 1, people - 1):
            then = network.with_people(team, count) if count > 0 and today is not None else None
            time = then.time(workflow) if then is not None else None
            if then is None or time is None or today is None:
                changes.append(None)
                continue
            wait = float(then.found.wait[pool] - network.found.wait[pool])
            changes.append({"time.mean": time - today, "wip": rate * (time - today), wait_figure(team): wait})
        found.append(People(team, people, changes[0], changes[1]))
    return tuple(found)
