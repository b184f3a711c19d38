"""Discrete-event simulation: the referee of the formulas, and the answer where no formula holds.

Priorities, working hours, batches, cancelled branches, shares that change from visit to visit: all of it runs in one
compiled loop (`kernel`) at a million events a second and more. What comes back is sums that can be merged:
counts, means, squared and crossed deviations, histograms on one fixed lattice. So a thousand replications on a
hundred machines need no more memory than one.

Luck is keyed, not drawn in sequence: the seed, the scenario and the replication give three keys (arrivals, routing,
service) by `numpy.random.SeedSequence`, and every visit of every case its own stream. The same seed gives the same
answer on any number of workers; two variants of a process under one seed share their luck case by case.

Intervals are Student's over replications, which are independent. Sources: Law, Simulation Modeling and Analysis;
White 1997 (MSER-5 for the warm-up); Chan, Golub & LeVeque 1983 (merging); Welford 1962.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from mpmflow.numerics.faults import NumericsError

from .process import Arrivals, EventProcess, event_process

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Figure = Literal["time", "wait", "work", "cost"]
FIGURES: tuple[Figure, ...] = ("time", "wait", "work", "cost")
Stopped = Literal["", "horizon", "memory", "asked"]

SERIES = 20_000
"""Cases whose times are kept to find the warm-up."""


@dataclass(frozen=True, eq=False)
class Tallies:
    """What was counted, of one replication or of several merged; classes C, ends E, nodes n, pools K.

    Attributes:
        count: cases, (C,). mean: of time, wait, work (touch time) and cost per case, (C, 4).
        co: sums of products of their deviations from the mean, (C, 4, 4).
        end_count, end_mean, end_m2: cases and their time by end, (C, E).
        first_pass: cases that never took a way marked as rework, by end, (C, E). departed: all cases that ended in the
            window, (C, E). wasted: cost and work per case made vain by ways marked as waste, (C, 2).
        late: cases past their deadline, (C,).
        histogram: of the time on the lattice of `bin_edges`, (C, bins).
        visits: of each node by counted cases, (n,). elapsed: mean time from the start of service to its end, pauses
            outside working hours included, (n,). waits, wait_mean, wait_m2: waits seen there, mean, squared
            deviations; held_mean, held_m2: service times drawn there (mean over visits), (n,).
        queue_area, busy_area: number waiting and servers held, integrated over the window, (K,).
        work_done, served: service begun in the window: time and number, (K,).
        open_area: cases in process, integrated over the window, (C,).
        window: its length. clock: simulated time.
        arrived, ended, left, events, tokens: cases that came, ended, are still in process; events; most tokens.
    """

    count: Ints
    mean: Floats
    co: Floats
    end_count: Ints
    end_mean: Floats
    end_m2: Floats
    first_pass: Ints
    departed: Ints
    wasted: Floats
    late: Ints
    histogram: Ints
    visits: Ints
    waits: Ints
    wait_mean: Floats
    wait_m2: Floats
    held_mean: Floats
    held_m2: Floats
    elapsed: Floats
    queue_area: Floats
    busy_area: Floats
    work_done: Floats
    served: Ints
    open_area: Floats
    window: float
    clock: float
    arrived: int
    ended: int
    left: int
    events: int
    tokens: int
    stopped: Stopped = ""

    def merged(self, other: Tallies) -> Tallies:
        """Both together, as if one run had counted them (Chan, Golub & LeVeque)."""
        mean, co = _merge_co(self.count, self.mean, self.co, other.count, other.mean, other.co)
        end_mean, end_m2 = _merge(
            self.end_count, self.end_mean, self.end_m2, other.end_count, other.end_mean, other.end_m2
        )
        wait_mean, wait_m2 = _merge(
            self.waits, self.wait_mean, self.wait_m2, other.waits, other.wait_mean, other.wait_m2
        )
        held_mean, held_m2 = _merge(
            self.visits, self.held_mean, self.held_m2, other.visits, other.held_mean, other.held_m2
        )
        added = {
            name: getattr(self, name) + getattr(other, name)
            for name in (
                "count", "end_count", "first_pass", "departed", "late", "histogram", "visits", "waits", "queue_area",
                "busy_area", "work_done",
                "served", "open_area", "window", "clock", "arrived", "ended", "left", "events",
            )
        }  # fmt: skip
        return Tallies(
            mean=mean,
            co=co,
            end_mean=end_mean,
            end_m2=end_m2,
            wait_mean=wait_mean,
            wait_m2=wait_m2,
            held_mean=held_mean,
            held_m2=held_m2,
            wasted=_mean_of(self.count[:, None], self.wasted, other.count[:, None], other.wasted),
            elapsed=_mean_of(self.visits, self.elapsed, other.visits, other.elapsed),
            tokens=max(self.tokens, other.tokens),
            stopped=self.stopped or other.stopped,
            **added,
        )

    def covariance(self, flow: int = 0) -> Floats:
        """Covariances of time, wait, work and cost of a case, (4, 4)."""
        return np.asarray(self.co[flow] / max(1, int(self.count[flow]) - 1))

    def quantile(self, share: float, flow: int = 0) -> float:
        """Time within which this share of the cases ends, to about 0.5 % of itself; nan without cases.

        Straight within a bin of the lattice, whose edges rise by 1.1 %.
        """
        return histogram_quantile(self.histogram[flow], share)

    def load(self, servers: npt.ArrayLike) -> Floats:
        """Share of the servers held on average, (K,); pauses outside working hours count as held."""
        return self.busy_area / (np.asarray(servers, dtype=np.float64) * self.window)


def bin_edges() -> Floats:
    """Upper edges of the bins of the time lattice; the first bin holds times of 0."""
    from .kernel import BINS, LOWEST, OCTAVE

    return np.concatenate([[0.0], 2.0 ** (LOWEST + np.arange(1, BINS) / OCTAVE)])


def histogram_quantile(histogram: Ints, share: float) -> float:
    """Quantile of counts on the lattice of `bin_edges`; nan for no counts."""
    total = int(histogram.sum())
    if total == 0:
        return float("nan")
    wanted = share * total
    reached = np.cumsum(histogram)
    place = int(np.searchsorted(reached, wanted))
    edges = bin_edges()
    if place == 0:
        return 0.0
    before = float(reached[place - 1])
    low = edges[place - 1] if place > 1 else edges[1] / 2.0
    part = (wanted - before) / float(histogram[place]) if histogram[place] else 0.0
    return float(low + part * (edges[place] - low))


@dataclass(frozen=True, eq=False)
class Simulated:
    """The answer of `simulate`.

    Attributes:
        total: all replications merged. replications: each by itself, in order (histograms included); numbers: which
            ones, 0, 1, 2, … unless it was interrupted.
        warmup: cases left out at the start of each. seed, scenario: as asked.
        interrupted: whether it was stopped by hand and these are the replications that had finished.
    """

    total: Tallies
    replications: tuple[Tallies, ...] = field(repr=False)
    warmup: int
    seed: int
    scenario: int
    interrupted: bool = False
    numbers: tuple[int, ...] = ()

    def mean(self, figure: Figure = "time", flow: int = 0) -> float:
        """Mean of a figure per case."""
        return float(self.total.mean[flow, FIGURES.index(figure)])

    def interval(self, figure: Figure = "time", flow: int = 0, confidence: float = 0.95) -> tuple[float, float]:
        """Confidence interval of that mean from the replications; (-inf, inf) when there is only one."""
        values = [float(one.mean[flow, FIGURES.index(figure)]) for one in self.replications]
        return student_interval(values, confidence)

    def quantile_interval(self, share: float, flow: int = 0, confidence: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a quantile of the time, from the quantiles of the replications."""
        return student_interval([one.quantile(share, flow) for one in self.replications], confidence)

    def node_wait_interval(self, node: int, confidence: float = 0.95) -> tuple[float, float]:
        """Confidence interval of the mean wait of one visit of a node."""
        return student_interval([float(one.wait_mean[node]) for one in self.replications], confidence)


def student_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval for the mean of independent values; (-inf, inf) for fewer than two.

    >>> tuple(round(bound, 4) for bound in student_interval([1.0, 2.0, 3.0]))
    (-0.4841, 4.4841)
    """
    if len(values) < 2:
        return float("-inf"), float("inf")
    mean = float(np.mean(values))
    half = special.stdtrit(len(values) - 1, 0.5 + confidence / 2.0) * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean - float(half), mean + float(half)


def simulate(
    process: EventProcess,
    cases: int,
    warmup: int | Literal["auto"] = "auto",
    seed: int = 0,
    replications: int = 10,
    executor: Executor | None = None,
    within: float | None = None,
    figure: Figure | Callable[[Tallies], float] = "time",
    flow: int = 0,
    most_replications: int = 200,
    drain: bool = False,
    horizon: float = float("inf"),
    scenario: int = 0,
    most_tokens: int = 20_000_000,
    workers: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Simulated:
    """Simulate a process.

    Args:
        process: from `event_process`.
        cases: counted in each replication. More keep coming until the last of them has ended, so that the last ones
            meet the same crowd as the first.
        warmup: cases left out before them; "auto" finds a number from a pilot run by MSER-5.
        seed, scenario: see the module. Leave the scenario alone to compare variants under the same luck.
        replications: independent runs. executor: any `concurrent.futures` one; default threads of this process
            (compiled code runs side by side); one of processes or of a cluster gives the same answer.
        within: go on until half the 95 % interval of `figure` is at most this share of its mean, at most
            `most_replications` times. A figure is one of class `flow`, or a function of what one replication counted.
        drain: no more cases come after the counted ones and the run goes on until everybody has left.
        horizon: end at this time; cases still in process then are not counted.
        most_tokens: places in process at most; an overloaded process stops there (`stopped` is "memory").
        workers: threads when no executor is given; default one a processor.
        progress: told now and then how many replications are done, and how many are wanted so far.

    Ctrl-C stops the run and gives back the replications that were finished; it is raised again if none was.

    One clerk, exponential everything, load 0.5: cases take 2 on average.

    >>> from mpmflow.numerics.events.process import Arrivals, Pool, event_process
    >>> from mpmflow.numerics.times.laws import Exponential
    >>> counter = Arrivals(start=0, gap=Exponential(2.0))
    >>> clerk = event_process([Exponential(1.0)], [0], [-1], [1.0], [counter], [Pool(1)], [0])
    >>> found = simulate(clerk, cases=20_000, warmup=500, seed=7)
    >>> low, high = found.interval(confidence=0.999)
    >>> low < 2.0 < high
    True
    """
    if cases < 1 or replications < 1:
        raise NumericsError("a simulation needs at least one case and one replication")
    if drain and all(one.gap is None for one in process.classes):
        cases = min(cases, sum(one.batch for one in process.classes))
    skipped = found_warmup(process, cases, seed, scenario, most_tokens) if warmup == "auto" else int(warmup)
    stop = np.zeros(1, dtype=np.int64)
    own = executor is None
    pool: Executor = executor or ThreadPoolExecutor(workers or os.cpu_count() or 1)
    settings = (skipped, cases, drain, horizon, most_tokens)
    done: dict[int, Tallies] = {}
    interrupted = False
    ahead = max(1, workers or os.cpu_count() or 1)
    running: dict[Future[Tallies], int] = {}
    wanted, sent = replications, 0
    try:
        while True:
            while sent < wanted and (within is None or len(running) < ahead or sent < replications):
                task = pool.submit(replication, process, (seed, scenario, sent), *settings, stop if own else None)
                running[task] = sent
                sent += 1
            if not running:
                if within is None or wanted >= most_replications:
                    break
                if _precise([_value(done[number], figure, flow) for number in range(sent)], within):
                    break
                # how many more are needed does not depend on how many workers there are
                wanted = min(most_replications, wanted + max(1, wanted // 2))
                continue
            finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for task in finished:
                done[running.pop(task)] = task.result()
            if progress is not None:
                progress(len(done), wanted)
    except KeyboardInterrupt:
        interrupted = True
        stop[0] = 1
        for task in running:
            task.cancel()
        if not done:
            raise
    finally:
        if own:
            pool.shutdown(wait=True, cancel_futures=True)
    kept = tuple(done[number] for number in sorted(done))
    total = kept[0]
    for one in kept[1:]:
        total = total.merged(one)
    return Simulated(total, kept, skipped, seed, scenario, interrupted, tuple(sorted(done)))


def _value(one: Tallies, figure: Figure | Callable[[Tallies], float], flow: int) -> float:
    return float(figure(one)) if callable(figure) else float(one.mean[flow, FIGURES.index(figure)])


def replication(
    process: EventProcess,
    key: tuple[int, int, int],
    warmup: int,
    cases: int,
    drain: bool = False,
    horizon: float = float("inf"),
    most_tokens: int = 20_000_000,
    stop: Ints | None = None,
    series: Floats | None = None,
) -> Tallies:
    """One run by its key (seed, scenario, number); a plain function, so that any executor can send it anywhere."""
    seed, scenario, number = key
    keys = np.random.SeedSequence(seed, spawn_key=(scenario, number)).generate_state(3, np.uint64)
    asked = np.zeros(1, np.int64) if stop is None else stop
    kept = np.empty(0) if series is None else series
    return Tallies(**_loop()(process, keys, warmup, cases, drain, horizon, most_tokens, asked, kept))


@cache
def _loop() -> Callable[..., dict[str, Any]]:
    """The compiled loop, loaded (or compiled) by a first run of next to nothing."""
    from mpmflow.numerics.compiling import loading

    with loading():
        from .tables import run

        one = event_process([None], [0], [-1], [1.0], [Arrivals(0, None)])
        run(one, np.zeros(3, np.uint64), 0, 1, True, 1.0, 1, np.zeros(1, np.int64), np.empty(0))
    return run


def compiles_first() -> bool:
    """Whether the next simulation has to be compiled first: some seconds, the first time on a machine."""
    from mpmflow.numerics.compiling import is_kept

    return not is_kept(str(Path(__file__).with_name("kernel.py")), "advance")


def mser5(series: npt.ArrayLike) -> int:
    """How many values to leave out at the start, by MSER-5; a multiple of 5, at most half of them.

    Means of 5 are cut where the standard error of the mean of the rest is smallest.

    >>> mser5([9.0] * 10 + ([1.0] * 5 + [2.0] * 5) * 20)
    10
    """
    values = np.asarray(series, dtype=np.float64)
    batches = values[: len(values) // 5 * 5].reshape(-1, 5).mean(axis=1)
    count = len(batches)
    if count < 4:
        return 0
    left = np.arange(count, 0, -1)
    centred = batches - batches.mean()
    squares = np.cumsum((centred**2)[::-1])[::-1] - np.cumsum(centred[::-1])[::-1] ** 2 / left
    error = np.maximum(0.0, squares) / left.astype(np.float64) ** 2
    return 5 * int(np.argmin(error[: count // 2 + 1]))


def found_warmup(process: EventProcess, cases: int, seed: int, scenario: int = 0, most_tokens: int = 20_000_000) -> int:
    """The warm-up by MSER-5: largest over five pilots that share no luck with the replications, at least 1 %."""
    if all(one.gap is None for one in process.classes):
        return 0
    size = min(cases, SERIES)
    found = 0
    for number in range(5):
        series = np.full(size, np.nan)
        replication(process, (seed, scenario, 2**32 + number), 0, size, False, float("inf"), most_tokens, None, series)
        found = max(found, mser5(series[np.isfinite(series)]))
    return max(found, size // 100)


def _precise(values: list[float], within: float) -> bool:
    low, high = student_interval(values)
    middle = float(np.mean(values))
    return (high - low) / 2.0 <= within * abs(middle)


def _mean_of(n: Ints, mean: Floats, n2: Ints, mean2: Floats) -> Floats:
    return np.asarray(mean + (mean2 - mean) * (n2 / np.maximum(1, n + n2)))


def _merge(n: Ints, mean: Floats, m2: Floats, n2: Ints, mean2: Floats, m22: Floats) -> tuple[Floats, Floats]:
    total = np.maximum(1, n + n2)
    delta = mean2 - mean
    return mean + delta * (n2 / total), m2 + m22 + delta**2 * (n * (n2 / total))


def _merge_co(n: Ints, mean: Floats, co: Floats, n2: Ints, mean2: Floats, co2: Floats) -> tuple[Floats, Floats]:
    total = np.maximum(1, n + n2)
    delta = mean2 - mean
    weight = (n * (n2 / total))[:, None, None]
    return mean + delta * (n2 / total)[:, None], co + co2 + delta[:, :, None] * delta[:, None, :] * weight
