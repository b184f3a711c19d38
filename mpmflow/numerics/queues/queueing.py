"""Waiting in front of shared teams: how long a visit waits when cases compete for the same people.

Rework raises visits, visits raise the load of a pool (a team of `m` servers that several nodes share), and load raises
the wait of *every* node of that pool, upstream ones and other workflows included. The default formula looks at the
work a case brings to a pool over its whole life. With `c` the time a visit to the pool's nodes `S_p` holds a server,
`u_p`, `s_p` first and second moment of the pool's work still to come, and several classes of cases (workflows)

    EB = a u_p    EB2 = a s_p    offered L = sum lam EB    load rho = L / m    G = sum lam sum_{S_p} v_i u_p,i
    W_p = C(m, L) sum lam [EB2 + (ca2_p - 1) EB^2] / (2 m (1 - rho) G)

C is Erlang's delay formula. Exact for M/M/m, M/G/1, Bernoulli feedback, and product-form networks of first-come,
first-served pools (Poisson arrivals, exponential service with one mean per pool); an approximation elsewhere, whose
measured errors are `BANDS`. The arrival variability `ca2_p` starts at that of the class and is moved towards what
each other pool q makes of the stream, in order of rising load; see `pool_variability`.

Sources: Erlang 1917; Jackson 1957; Reiman 1988 and Dai, Nguyen & Reiman 1994 (one wait per pool and case);
Whitt 1983 (variability of departures). The named alternatives are in `queueing_network`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mpmflow.numerics.chains.chain import Factor, Floats
from mpmflow.numerics.faults import NumericsError

from .erlang import erlang_c
from .pool_variability import Variability, pool_variability

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Formula = Literal["work", "qna", "jackson", "mgm"]

UNUSUAL_SCV = (0.5, 2.0)
"""Arrival variability outside this span, at a load below `QUIET_LOAD`, is where the formula is least tested."""
QUIET_LOAD = 0.6


@dataclass(frozen=True, slots=True)
class Band:
    """Relative errors against simulation: median and 90th percentile, of the total wait and of the cycle time."""

    wait_median: float
    wait_p90: float
    cycle_median: float
    cycle_p90: float


BANDS: dict[str, Band] = {
    "work": Band(0.065, 0.21, 0.042, 0.079),
    "qna": Band(0.43, 0.87, 0.27, 0.46),
    "mgm": Band(0.48, 0.98, 0.31, 0.44),
    "jackson": Band(0.46, 0.80, 0.19, 0.55),
}
"""Against discrete-event simulation, the larger of two campaigns on random workflows with 2-5 shared pools, rework,
loads .5-.95 and arrival scv .25, 1 or 4: 49 of them with moderate rework ("work": wait 6 / 21 %, cycle time 1.1 / 5.8
%; "qna": 15 / 80 %, 3.5 / 30 %), and the 40 of `benchmarks/congestion.py --workflows 40 --cases 120000`, where most of
the cycle time is waiting and the simulation's own noise is 5 % (median)."""
POISSON_BAND = (0.049, 0.106)
"""Median and 90th percentile of the error of the total wait by "work" when all arrivals are Poisson."""


@dataclass(frozen=True, slots=True, eq=False)
class CaseFlow:
    """One class of cases (a workflow); make it with `case_flow`.

    Attributes:
        factor: its factorised chain; the start adds up to 1.
        rate: arrivals per unit of time.
        arrival_scv: squared coefficient of variation of the gaps between arrivals; 1 for Poisson, 0 for a fixed beat.
        held: mean time that a visit holds a server, shape (n,); where no pool works, time that holds nobody.
        held_second: its second moment, shape (n,).
        pool: which pool serves the node, -1 for nobody, shape (n,). A visit of no time takes no server and has -1.
        free: mean time of a visit that holds nobody, on top, shape (n,).
        owned: which of the work still to come a visit stands for, K of (n, n), from `owned_work`; None: all of it.
    """

    factor: Factor
    rate: float
    arrival_scv: float
    held: Floats
    held_second: Floats
    pool: Ints
    free: Floats
    owned: tuple[sparse.csr_array, ...] | None = None


def case_flow(
    factor: Factor,
    rate: float,
    held: npt.ArrayLike,
    pool: npt.ArrayLike,
    held_second: npt.ArrayLike | None = None,
    free: npt.ArrayLike | None = None,
    arrival_scv: float = 1.0,
    owned: tuple[sparse.csr_array, ...] | None = None,
) -> CaseFlow:
    """Check and freeze one class of cases.

    A second moment left out means fixed times. All times in one unit, the rate per that unit. A parallel block enters
    as its branches in a row, and `owned` says so (see `owned_work`): a case brings the same work, and visits
    of its branches wait side by side. `cycle_time` is then that of the row; the waits are those of the block.

    Raises `NumericsError` for shapes that do not fit, negative times, a rate that is no finite number above 0, or a
    start that does not add up to 1.
    """
    n = factor.chain.n
    mean = _per_node(held, n, "times that hold a server")
    second = mean**2 if held_second is None else _per_node(held_second, n, "second moments")
    beside = np.zeros(n) if free is None else _per_node(free, n, "times that hold nobody")
    if not (np.isfinite(rate) and rate > 0.0):
        raise NumericsError(f"the arrival rate of a class must be a number above 0, got {rate:g}")
    if not (np.isfinite(arrival_scv) and arrival_scv >= 0.0):
        raise NumericsError(f"the variability of arrivals must be a number of at least 0, got {arrival_scv:g}")
    if bool(np.any(second < mean**2 * (1.0 - 1e-9))):
        raise NumericsError("a second moment is below the square of its mean")
    if abs(float(factor.chain.start.sum()) - 1.0) > 1e-9:
        raise NumericsError("a class of cases starts with shares that add up to 1")
    served = np.asarray(pool, dtype=np.int64)
    if served.shape != (n,):
        raise NumericsError(f"the pools need one entry for each of the {n} nodes, got shape {served.shape}")
    return CaseFlow(
        factor, float(rate), float(arrival_scv), mean, second, np.where(mean > 0.0, served, -1), beside, owned
    )


def owned_work(
    pool: npt.ArrayLike, pools: int, branches: Sequence[tuple[Sequence[int], int, int]]
) -> tuple[sparse.csr_array, ...]:
    """For parallel blocks whose branches stand in a row: the work to come that each visit stands for, K of (n, n).

    In a row, a visit of the first branch has all other branches before it; side by side it stands for the rest of its
    own branch and, where several branches need the same team, an equal part of what follows the block. Without this,
    branches that share a team would seem to go there one after the other, and waits come out a third too short.

    Args:
        pool: serving pool per node, (n,); pools: how many there are.
        branches: outer blocks before inner ones: all nodes of the branch (inner blocks included), the node that its
            end leads to in the row (first of the next branch, or the joining node), the joining node of the block.

    >>> [one.toarray().tolist() for one in owned_work([0, 0, -1], 1, [([0], 1, 2), ([1], 2, 2)])]
    [[[1.0, -1.0, 0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]]]
    """
    served = np.asarray(pool, dtype=np.int64)
    n = len(served)
    result = []
    for p in range(pools):
        using: dict[int, int] = {}
        for nodes, _, join in branches:
            using[join] = using.get(join, 0) + bool((served[list(nodes)] == p).any())
        rows: list[dict[int, float]] = [{node: 1.0} for node in range(n)]
        for nodes, after, join in branches:
            following = dict(rows[join])
            for node in nodes:
                row = {node: 1.0}
                row[after] = row.get(after, 0.0) - 1.0
                for other, part in following.items():
                    row[other] = row.get(other, 0.0) + part / max(1, using[join])
                rows[node] = row
        cells = [(node, other, part) for node, row in enumerate(rows) for other, part in row.items()]
        row_of, column, value = (list(part) for part in zip(*cells, strict=True))
        result.append(sparse.csr_array((value, (row_of, column)), shape=(n, n)))
    return tuple(result)


def owned_to_go(flow: CaseFlow, to_go: Floats) -> Floats:
    """The work to come of each pool that a visit stands for, (n, K)."""
    if flow.owned is None:
        return to_go
    return np.column_stack([one @ to_go[:, p] for p, one in enumerate(flow.owned)])


@dataclass(frozen=True, slots=True, eq=False)
class PoolWork:
    """What the cases of one class bring to the pools, per case.

    Attributes:
        visits: of every node, shape (n,).
        member: 1 where pool p serves node i, shape (n, K).
        to_go, second_to_go: first and second moment of the work for pool p still to come from node i, shape (n, K).
        mean, second: of the work for each pool over the whole case (EB, EB2), shape (K,).
        times: visits to each pool, shape (K,).
        remaining: sum over the pool's nodes of visits times work to come that is theirs (G over the rate), shape (K,).
        excess: sum over the pool's nodes of visits times (second moment - 2 mean^2): 0 if exponential, shape (K,).
    """

    visits: Floats
    member: Floats
    to_go: Floats
    second_to_go: Floats
    mean: Floats
    second: Floats
    times: Floats
    remaining: Floats
    excess: Floats


def pool_work(flow: CaseFlow, pools: int) -> PoolWork:
    """The work of one class for each of `pools` pools: 1 + 2K right-hand sides on its factorisation."""
    factor = flow.factor
    member = (flow.pool[:, None] == np.arange(pools)).astype(np.float64)
    held = member * flow.held[:, None]
    visits = factor.visits()
    to_go = factor.values(held)
    second_to_go = factor.values(member * flow.held_second[:, None] + 2.0 * held * (to_go - held))
    start = factor.chain.start
    weight = member * visits[:, None]
    return PoolWork(
        visits,
        member,
        to_go,
        second_to_go,
        start @ to_go,
        start @ second_to_go,
        weight.sum(axis=0),
        np.einsum("ip,ip->p", weight, owned_to_go(flow, to_go)),
        (flow.held_second - 2.0 * flow.held**2) @ weight,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Queues:
    """Steady-state congestion of K pools under C classes of cases, from `queues`.

    Attributes:
        formula: which formula gave the waits.
        flows, servers: what was asked, and the servers of each pool, shape (K,).
        work: per class, what its cases bring.
        offered: work per unit of time, shape (K,), in servers' worth. load: `offered / servers`, shape (K,).
        delayed: chance that a visit has to wait (Erlang C), shape (K,).
        wait: mean wait of one visit in front of the pool, shape (K,). Infinite where the load is 1 or more; nan where
            cases come through an overloaded pool, because then nobody knows how many of them come.
        throughput: visits per unit of time as planned, shape (K,).
        arrival_scv: variability of arrivals used, shape (C, K).
        overloaded: load of 1 or more, shape (K,).
        low_confidence: arrival variability outside `UNUSUAL_SCV` with a load below `QUIET_LOAD`, shape (K,).
        relaxation: time in which a pool forgets its start, `(ca2 + cs2) EB / (2.8 m (1 - sqrt rho)^2)`, shape (K,):
            a horizon shorter than this sees the transient, not these figures.
        variability: how `arrival_scv` came about, None for the alternatives.
    """

    formula: Formula
    flows: tuple[CaseFlow, ...]
    servers: Ints
    work: tuple[PoolWork, ...]
    offered: Floats
    load: Floats
    delayed: Floats
    wait: Floats
    throughput: Floats
    arrival_scv: Floats
    overloaded: Flags
    low_confidence: Flags
    relaxation: Floats
    variability: Variability | None = field(repr=False)

    @property
    def stable(self) -> bool:
        """Whether no pool is loaded beyond its servers."""
        return not bool(self.overloaded.any())

    @property
    def band(self) -> Band:
        """Measured errors of the formula."""
        return BANDS[self.formula]

    @property
    def queue_length(self) -> Floats:
        """Mean number of visits waiting in front of each pool (Little's law), shape (K,)."""
        return self.throughput * self.wait

    @property
    def in_pool(self) -> Floats:
        """Mean number of visits waiting or in service, shape (K,)."""
        return self.queue_length + self.offered

    def node_wait(self, flow: int = 0) -> Floats:
        """Mean wait of one visit of each node of a class, shape (n,); 0 where nobody is needed."""
        pool = self.flows[flow].pool
        return np.where(pool >= 0, self.wait[np.maximum(pool, 0)], 0.0) if len(self.wait) else np.zeros(len(pool))

    def waiting_time(self, flow: int = 0) -> float:
        """Mean total wait of a case of a class over all its visits."""
        return float(self.case_wait(flow).sum())

    def case_wait(self, flow: int = 0) -> Floats:
        """Mean total wait of a case of a class in front of each pool, shape (K,)."""
        times = self.work[flow].times
        return np.where(times > 0.0, times * np.where(times > 0.0, self.wait, 0.0), 0.0)

    def cycle_time(self, flow: int = 0) -> float:
        """Mean time from start to end of a case of a class, waiting included."""
        one = self.flows[flow]
        return float(self.work[flow].visits @ (one.held + one.free)) + self.waiting_time(flow)

    def open_cases(self, flow: int = 0) -> float:
        """Mean number of cases of a class in process (Little's law)."""
        return self.flows[flow].rate * self.cycle_time(flow)


def queues(flows: Sequence[CaseFlow], servers: npt.ArrayLike, formula: Formula = "work") -> Queues:
    """Waits, lengths and loads in the long run.

    Args:
        flows: classes of cases; all share the pools 0..K-1.
        servers: of each pool, shape (K,), whole numbers of at least 1.
        formula: "work" (see the module), or for comparison "qna" (Whitt's network analyser with feedback elimination),
            "jackson" (M/M/m) or "mgm" (M/G/m).

    Raises:
        NumericsError: no class, a pool out of range, or servers that are no whole numbers above 0.

    A check of mean 1 that sends half its cases back, one clerk, 0.4 cases an hour: load 0.8, wait rho / (mu - lam'),
    4 hours.

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> again = factorise(chain_from_cells(1, [0], [0], [0.5], [0], [0], [0.5], k=1))
    >>> found = queues([case_flow(again, 0.4, [1.0], [0], held_second=[2.0])], [1])
    >>> round(float(found.load[0]), 12), round(float(found.wait[0]), 12), round(found.cycle_time(), 12)
    (0.8, 4.0, 10.0)
    """
    from .network import network_waits

    people = _servers(servers)
    pools = len(people)
    if not flows:
        raise NumericsError("congestion needs at least one class of cases")
    for one in flows:
        if bool(np.any(one.pool >= pools)) or bool(np.any(one.pool < -1)):
            raise NumericsError(f"a node names pool {int(one.pool.max())}, but there are {pools}")
    work = tuple(pool_work(one, pools) for one in flows)
    rate = np.array([one.rate for one in flows])
    mean = np.array([one.mean for one in work]).reshape(len(flows), pools)
    second = np.array([one.second for one in work]).reshape(len(flows), pools)
    offered = rate @ mean
    load = offered / people
    throughput = rate @ np.array([one.times for one in work]).reshape(len(flows), pools)
    delayed = np.array([erlang_c(int(m), float(offer)) for m, offer in zip(people, offered, strict=True)])
    overloaded = load >= 1.0 - 1e-12
    variability: Variability | None = None
    if formula == "work":
        variability = pool_variability(flows, work, people, offered, load, throughput)
        arrival_scv = variability.value
        remaining = rate @ np.array([one.remaining for one in work]).reshape(len(flows), pools)
        demand = rate @ (second + (arrival_scv - 1.0) * mean**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            wait = delayed * demand / (2.0 * (people - offered) * remaining)
    elif formula in ("qna", "jackson", "mgm"):
        wait, arrival_scv = network_waits(flows, work, people, offered, delayed, throughput, formula)
    else:
        raise NumericsError(f"a formula is work, qna, jackson or mgm, not {formula!r}")
    wait = np.where(offered > 0.0, wait, 0.0)
    wait = np.where(overloaded, np.inf, np.where(_starved(work, overloaded), np.nan, wait))
    scv = np.array([one.arrival_scv for one in flows])
    unusual = (scv < UNUSUAL_SCV[0]) | (scv > UNUSUAL_SCV[1])
    touched = (mean[unusual] > 0.0).any(axis=0) if bool(unusual.any()) else np.zeros(pools, dtype=bool)
    return Queues(
        formula,
        tuple(flows),
        people,
        work,
        offered,
        load,
        delayed,
        wait,
        throughput,
        arrival_scv,
        overloaded,
        touched & (load < QUIET_LOAD),
        _relaxation(rate, mean, second, arrival_scv, people, load),
        variability,
    )


def one_more(found: Queues, pool: int) -> Queues:
    """The same with one server more in one pool: what another person is worth, as a difference and not a slope.

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> once = factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=1))
    >>> alone = queues([case_flow(once, 0.5, [1.0], [0], held_second=[2.0])], [1])
    >>> round(float(alone.wait[0] - one_more(alone, 0).wait[0]), 12)  # 1 - 1/15
    0.933333333333
    """
    people = found.servers.copy()
    people[pool] += 1
    return queues(found.flows, people, found.formula)


def _starved(work: Sequence[PoolWork], overloaded: Flags) -> Flags:
    """Pools that some class visits which also visits an overloaded pool."""
    found = np.zeros(len(overloaded), dtype=bool)
    for one in work:
        if bool(np.any((one.times > 0.0) & overloaded)):
            found |= one.times > 0.0
    return found


def _relaxation(rate: Floats, mean: Floats, second: Floats, scv: Floats, people: Ints, load: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(mean > 0.0, rate[:, None], 0.0)
        total = weight.sum(axis=0)
        job = (weight * mean).sum(axis=0) / total
        service = (weight * second).sum(axis=0) / total / job**2 - 1.0
        arrivals = (weight * scv).sum(axis=0) / total
        time = (arrivals + service) * job / (2.8 * people * (1.0 - np.sqrt(np.minimum(load, 1.0))) ** 2)
    return np.where(total > 0.0, time, 0.0)


def _per_node(values: npt.ArrayLike, n: int, what: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (n,):
        raise NumericsError(f"{what} need one entry for each of the {n} nodes, got shape {array.shape}")
    if not bool(np.all(np.isfinite(array) & (array >= 0.0))):
        raise NumericsError(f"{what} must be finite and at least 0")
    return array


def _servers(servers: npt.ArrayLike) -> Ints:
    asked: npt.NDArray[Any] = np.atleast_1d(np.asarray(servers))
    whole = asked.astype(np.int64)
    if asked.ndim != 1 or bool(np.any(whole != asked)) or bool(np.any(whole < 1)):
        raise NumericsError("a pool needs a whole number of servers, at least 1")
    return whole
