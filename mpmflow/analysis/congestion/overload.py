"""A team with more work than people: no wait is invented; what fills it, how fast it falls behind, and what mends it.

Loads are exact. Their split: what cases would bring without any rework, workflow by workflow, and what each decision's
rework adds (symmetric performance-difference formula, `chains.spread`); the parts add up to the load. The largest
stable shares and rates leave everything else as it is. The time after which waits alone exceed a deadline follows the
fluid path, which starts with nobody waiting and leaves chance out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.congestion.in_a_row import in_a_row
from mpmflow.analysis.congestion.network import Network, Stream
from mpmflow.analysis.exact.figures import has_rework
from mpmflow.analysis.results import Document
from mpmflow.numerics.chains.outcomes import direction
from mpmflow.numerics.chains.spread import Comparison
from mpmflow.numerics.faults import NoExitError
from mpmflow.numerics.queues.overload import StableShares, overload, passes_wait, stable_shares
from mpmflow.numerics.queues.queueing import Queues

Floats = npt.NDArray[np.float64]
DAY = 86400.0
CLOSE_TO_FULL = 0.95
"""From this load on a queue takes so long to settle that the page says how long."""
ROUNDING = 1e-12
PEOPLE_WITHOUT_END = 10**12
HALVINGS = 60
"""A largest share that has no formula is found to 2^-60."""


@dataclass(frozen=True, slots=True)
class OverloadedTeam:
    """A team that cannot keep up.

    Attributes:
        team, people: who.
        load: work that comes over what the people can do, 1 or more.
        without_rework: workflow -> load that its cases would bring without any rework.
        rework: decision -> load that its rework outcomes add. Both together add up to `load`.
        growth_per_day: seconds of work that pile up in a day of the calendar; in calendar terms of the team: what one
            person at work all the time would need that long for.
        largest_arrivals: workflow -> cases per second below which the team keeps up, all else as it is; 0 where no rate
            of that workflow would do.
        largest_shares: outcome with the effect rework -> share below which it keeps up, all else as it is; None where
            no share of it alone would do.
        enough_people: people that keep the load at or below 85 %.
        late_after: workflow with a deadline -> seconds after which a case waits so long for this team that it misses
            the deadline, by the fluid path; 0 where cases miss it without any wait.
    """

    team: str
    people: int
    load: float
    without_rework: Mapping[str, float]
    rework: Mapping[str, float]
    growth_per_day: float
    largest_arrivals: Mapping[str, float]
    largest_shares: Mapping[str, float | None]
    enough_people: int
    late_after: Mapping[str, float]

    def to_dict(self) -> Document:
        """Its part of the document."""
        return {
            "team": self.team,
            "people": self.people,
            "load": self.load,
            "without_rework": dict(self.without_rework),
            "rework": dict(self.rework),
            "growth_per_day": self.growth_per_day,
            "largest_arrivals_per_s": dict(self.largest_arrivals),
            "largest_shares": dict(self.largest_shares),
            "enough_people": self.enough_people,
            "late_after": dict(self.late_after),
        }


def overloaded_teams(network: Network) -> tuple[OverloadedTeam, ...]:
    """Every team of a network with a load of 1 or more, in the order of the text."""
    queue = network.found
    if queue.stable:
        return ()
    said = overload(queue)
    splits = [_split(network, place) for place in range(len(network.streams))]
    found = []
    for pool, crew in enumerate(network.crews):
        if not queue.overloaded[pool]:
            continue
        users = [place for place, work in enumerate(queue.work) if work.mean[pool] > 0.0]
        rework: dict[str, float] = {}
        for place in users:
            for decision, part in splits[place][1].items():
                if abs(part[pool]) > ROUNDING:
                    rework[decision] = rework.get(decision, 0.0) + float(part[pool])
        late_after = {}
        for place in users:
            stream = network.streams[place]
            if stream.process.deadline is not None:
                spare = max(0.0, stream.process.deadline - stream.solution.time.mean)
                late_after[stream.name] = float(passes_wait(queue, spare)[pool])
        found.append(
            OverloadedTeam(
                crew.name,
                crew.people,
                float(queue.load[pool]),
                {network.streams[place].name: float(splits[place][0][pool]) for place in users},
                rework,
                float(said.growth[pool]) * DAY,
                {network.streams[place].name: _largest_rate(queue, place, pool) for place in users},
                _largest_shares(network, pool, rework),
                int(said.capacity[pool]),
                late_after,
            )
        )
    return tuple(found)


def _largest_rate(queue: Queues, place: int, pool: int) -> float:
    """The rate of a stream that fills a team, all others as they are."""
    own = float(queue.work[place].mean[pool])
    room = float(queue.servers[pool]) - (float(queue.offered[pool]) - queue.flows[place].rate * own)
    return room / own if room > ROUNDING * float(queue.servers[pool]) else 0.0


def _split(network: Network, place: int) -> tuple[Floats, dict[str, Floats]]:
    """Load of every team by one stream: without rework, shape (K,), and what each decision's rework adds."""
    stream, work, flow = network.streams[place], network.found.work[place], network.found.flows[place]
    to_load = stream.rate / network.found.servers
    if not has_rework(stream.process.cells):
        return work.mean * to_load, {}
    reference = in_a_row(network.solver.solve(stream.process.cells, "rework_free"))
    sources = _sources(stream)
    held = work.member * flow.held[:, None]
    comparison = Comparison(reference.factor().chain, flow.factor.chain)
    spread = comparison.reward(held, held, [rows for _, rows in sources])
    found = {name: part * to_load for (name, _), part in zip(sources, spread.by_source.T, strict=True)}
    return spread.before * to_load, found


def _sources(stream: Stream) -> list[tuple[str, list[int]]]:
    """Rows by the statement that decides there: all that rework can change."""
    rows: dict[str, list[int]] = {}
    several = np.bincount(stream.line.outcomes.row, minlength=stream.line.n) > 1
    for row, state in enumerate(stream.line.states):
        if several[row]:
            rows.setdefault(state.node, []).append(row)
    return list(rows.items())


def _largest_shares(network: Network, pool: int, rework: Mapping[str, float]) -> dict[str, float | None]:
    """For each outcome with the effect rework, below which share this team keeps up; most useful first."""
    found: dict[str, float | None] = {}
    alone = _alone(network.found, pool)
    for place, stream in enumerate(network.streams):
        named = stream.line.named
        single: StableShares | None = None
        for name, entries in named.items():
            way = stream.line.ways[entries[0]]
            decision = name.rpartition(".")[0]
            if not way.rework or not rework.get(decision) or name in found:
                continue
            elsewhere = sum(name in other.line.named for other in network.streams) > 1
            if len(entries) == 1 and not elsewhere:
                single = single or stable_shares(alone, stream.line.outcomes, place)
                high = float(single.high[entries[0]])
                found[name] = high if high == high else None
            else:
                found[name] = _by_halving(network, pool, name)
    order = sorted(found, key=lambda name: (-rework[name.rpartition(".")[0]], name))
    return {name: found[name] for name in order}


def _alone(queue: Queues, pool: int) -> Queues:
    """The queues as if every other team had people without end."""
    this = np.arange(len(queue.servers)) == pool
    return replace(queue, servers=np.where(this, queue.servers, PEOPLE_WITHOUT_END), overloaded=this & queue.overloaded)


def _by_halving(network: Network, pool: int, name: str) -> float | None:
    """The largest share of an outcome that stands in several copies, the same share in all of them."""
    low, high = 0.0, 1.0
    if _load(network, pool, name, 0.0) >= 1.0:
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _load(network, pool, name, middle) < 1.0 else (low, middle)
    return low


def _load(network: Network, pool: int, name: str, wanted: float) -> float:
    """The load of a team if an outcome had this share at every visit; infinite where no such shares are possible."""
    total = 0.0
    for stream, flow, work in zip(network.streams, network.found.flows, network.found.work, strict=True):
        outcomes = stream.line.outcomes
        share = outcomes.share.copy()
        for entry in stream.line.named.get(name, []):
            share += (wanted - outcomes.share[entry]) * direction(outcomes, [entry], "from_pass")
        if bool((share < -1e-12).any()):
            return float("inf")
        try:
            visits = stream.line.factor(np.maximum(share, 0.0)).visits()
        except NoExitError:
            return float("inf")
        total += stream.rate * float(visits @ (work.member[:, pool] * flow.held))
    return total / float(network.found.servers[pool])
