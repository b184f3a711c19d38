"""The whole law of the time a case takes: over all cases, by end, for open cases, with slopes. Lattice and transform.

A process is a semi-Markov chain: node i takes a random time with transform `z_i`, outcome o another one `d_o`. On the
circle `w_q` (see `lattice`), for all frequencies at once,

    arrivals      V = a (I - G)^-1,   G_ij = z_i sum over outcomes i -> j of pi_o d_o
    time to end   sum_i V_i z_i sum over outcomes i -> end of pi_o d_o
    to go         U = (I - G)^-1 (z x),   x by the ends asked for

One elimination of small complex numbers per frequency, 128 frequencies side by side in compiled code. `V` and `U`
give the slope of the whole distribution in any share (`V_d z_d d_o U_target`) and in any duration (`V_i z'_i W_i`) as
they give it for means. Sources: Howard 1971 (semi-Markov processes); Abate & Whitt 1992 (inversion on a circle);
Gerber 1982 (lattice).

How good: totals of smooth durations are right to about 1e-6, fixed durations on the lattice exactly; every law carries
`error`, found by doing it again with steps three times as wide. Waits in queues are no part of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.chains.chain import Floats
from mpmflow.numerics.chains.outcomes import Along, Outcomes, along, summed
from mpmflow.numerics.faults import ChainError
from mpmflow.numerics.settings import DEFAULT, Settings

from .lattice import Complexes, Lattice, TimeLaw, choose_lattice, on_lattice, read_back, read_smooth
from .laws import Law
from .transforms import TimedProcess, Transforms, timed_process

__all__ = ["CycleTime", "TimeSlopes", "cdf_slopes", "cycle_time", "open_case_times", "quantile_slopes", "timed_process"]

# Rounding and what wraps round on the circle, together; see Settings.lattice_contour.
FLOOR = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class CycleTime:
    """The law of the time to the end.

    Attributes:
        all: of all cases, however they end.
        ends: of the cases of each end, k of them, each with its own mass.
        mean, sd: exact, of all cases (not read off the lattice).
        lattice: that was used; give it to other calls to get comparable laws.
    """

    all: TimeLaw
    ends: tuple[TimeLaw, ...]
    mean: float
    sd: float
    lattice: Lattice

    @property
    def error(self) -> float:
        """Bound on the error of the distribution of all cases."""
        return self.all.error


def cycle_time(
    process: TimedProcess, settings: Settings = DEFAULT, reach: float = 0.0, lattice: Lattice | None = None
) -> CycleTime:
    """The law of the time from start to end.

    Args:
        process: with all its laws.
        reach: make the lattice at least this long (a deadline far out); else it ends at mean + 14 sd.
        lattice: use this one, so that branches of a block share theirs.

    Range: up to thousands of visits a case at the default 4096 points; look at `.error`.

    Two exponential stages of mean 1: P(T <= 2) = 1 - 3 exp(-2).

    >>> from mpmflow.numerics.times.laws import Exponential
    >>> from mpmflow.numerics.chains.outcomes import outcomes_from
    >>> two = timed_process(2, 1, outcomes_from([0, 1], [1, 2], [1.0, 1.0]), [Exponential(1.0)] * 2)
    >>> found = cycle_time(two)
    >>> abs(float(found.all.cdf(2.0)) - (1 - 3 * 2.718281828459045**-2)) <= found.error < 1e-4
    True
    """
    exact = process.moments
    used = lattice or lattice_for(process, exact.mean, exact.sd, reach, settings)
    pure = float(process.start @ process.purely_fixed)
    smooth, atoms, blur = _fine(process, used, settings, pure)
    error = _check(process, used, settings, pure, smooth)
    chances = process.factor.ends()
    total = read_back(used, smooth.sum(axis=0), atoms.sum(axis=0), 1.0, error, blur)
    ends = tuple(read_back(used, smooth[end], atoms[end], float(chances[end]), error, blur) for end in range(process.k))
    return CycleTime(total, ends, exact.mean, exact.sd, used)


def lattice_for(process: TimedProcess, mean: float, sd: float, reach: float, settings: Settings = DEFAULT) -> Lattice:
    """The lattice for totals of a process with this mean and sd; a process that takes no time gets a step of 1."""
    longest = max(mean + settings.lattice_span * sd, reach * 1.02)
    return choose_lattice(longest if longest > 0.0 else 1.0, process.fixed_times, process.only_fixed, settings)


def _fine(process: TimedProcess, lattice: Lattice, settings: Settings, pure: float) -> tuple[Floats, Floats, float]:
    """Masses of the smooth part and of the jumps, both (k, M), and how far jumps may be displaced."""
    none = np.zeros((process.k, lattice.points))
    if pure <= 1e-9:
        return Transforms(process, lattice, settings, signed=True).masses(), none, 0.0
    fixed = Transforms(process, lattice, settings, atoms_only=True)
    atoms = fixed.masses()
    moved = fixed.displaced(process.moments.visits)
    blur = lattice.step * (1.0 + 4.0 * np.sqrt(moved)) if moved > 0.0 else 0.0
    if pure > 1.0 - 1e-9:
        return none, atoms, blur
    return Transforms(process, lattice, settings).masses() - atoms, atoms, blur


def _check(process: TimedProcess, lattice: Lattice, settings: Settings, pure: float, smooth: Floats) -> float:
    """Bound on the error of the smooth part: half of what steps thrice as wide change, and reading between."""
    if pure > 1.0 - 1e-9:
        return FLOOR
    wide, _, _ = _fine(process, lattice.coarser(), settings, pure)
    return _bound(smooth, wide)


def _bound(smooth: Floats, wide: Floats) -> float:
    fine, coarse = _with_total(read_smooth(smooth)), _with_total(read_smooth(wide))
    apart = np.abs(fine[..., 1::3] - coarse)[..., :-1]
    bent = np.abs(np.diff(fine, 2, axis=-1))
    # Straight lines between half-points miss a bend by an eighth of it; at a jump of the density up to half of it is
    # missed.
    return float(0.5 * apart.max(initial=0.0) + 0.5 * bent.max(initial=0.0)) + FLOOR


def _with_total(by_end: Floats) -> Floats:
    return np.concatenate([by_end, by_end.sum(axis=-2, keepdims=True)], axis=-2)


def open_case_times(
    process: TimedProcess,
    nodes: Sequence[int],
    rests: Sequence[Law],
    settings: Settings = DEFAULT,
    reach: float = 0.0,
) -> tuple[CycleTime, ...]:
    """The law of the time still to come for open cases: case c is at `nodes[c]`, where `rests[c]` of its time remains.

    `rests` are usually `law.residual(age)`. All cases share one lattice and one elimination.

    >>> from mpmflow.numerics.times.laws import Exponential, Constant
    >>> from mpmflow.numerics.chains.outcomes import outcomes_from
    >>> line = timed_process(2, 1, outcomes_from([0, 1], [1, 2], [1.0, 1.0]), [Constant(3.0), Constant(2.0)])
    >>> open_case_times(line, [0], [Constant(3.0).residual(1.0)])[0].all.quantile(0.5)
    4.0
    """
    if len(nodes) != len(rests):
        raise ChainError(f"every open case needs a node and what remains there, got {len(nodes)} and {len(rests)}")
    if not len(nodes):
        return ()
    at = np.asarray(nodes, dtype=np.int64)
    exact, time = process.moments, process.time
    later = exact.to_go - time.mean
    later_second = exact.second_to_go - time.second - 2.0 * time.mean * later
    mean = np.array([rest.mean for rest in rests]) + later[at]
    variance = np.array([rest.variance for rest in rests]) + np.maximum(0.0, later_second - later**2)[at]
    sd = np.sqrt(variance)
    longest = max(float((mean + settings.lattice_span * sd).max()), reach * 1.02)
    fixed = np.concatenate([process.fixed_times, *(rest.atoms[0] for rest in rests)])
    still = process.only_fixed and all(float(rest.atoms[1].sum()) > 1.0 - 1e-12 for rest in rests)
    lattice = choose_lattice(longest if longest > 0.0 else 1.0, fixed, still, settings)
    here = np.array([float(law.atoms[1].sum()) for law in process.laws])
    pure = np.array([float(rest.atoms[1].sum()) for rest in rests])
    some = here[at] > 0.0
    pure[some] *= (process.purely_fixed[at[some]] / here[at[some]]).clip(0.0, 1.0)
    pure[~some] *= _pure_after(process)[at[~some]]
    atoms = _rest_masses(process, lattice, settings, at, rests, True) if bool((pure > 1e-9).any()) else None
    smooth = _rest_masses(process, lattice, settings, at, rests, False)
    wide = _rest_masses(process, lattice.coarser(), settings, at, rests, False)
    if atoms is not None:
        smooth = smooth - atoms
        wide = wide - _rest_masses(process, lattice.coarser(), settings, at, rests, True)
    chances = process.factor.absorption()
    out = process.outcomes
    worth = np.concatenate([chances, np.eye(process.k)])[out.target]
    after = np.array([summed(out.row, out.share * worth[:, end], process.n) for end in range(process.k)])
    result = []
    for case in range(len(at)):
        whole = pure[case] > 1.0 - 1e-9
        jumps = np.zeros_like(smooth[case]) if atoms is None else atoms[case]
        rest = np.zeros_like(smooth[case]) if whole else smooth[case]
        error = FLOOR if whole else _bound(smooth[case], wide[case])
        total = read_back(lattice, rest.sum(axis=0), jumps.sum(axis=0), 1.0, error, 0.0)
        ends = tuple(
            read_back(lattice, rest[end], jumps[end], float(after[end, at[case]]), error, 0.0)
            for end in range(process.k)
        )
        result.append(CycleTime(total, ends, float(mean[case]), float(sd[case]), lattice))
    return tuple(result)


def _pure_after(process: TimedProcess) -> Floats:
    out = process.outcomes
    way = np.array([float(law.atoms[1].sum()) for law in process.outcome_laws])
    worth = np.concatenate([process.purely_fixed, np.ones(process.k)])[out.target]
    return summed(out.row, out.share * way * worth, process.n)


def _rest_masses(
    process: TimedProcess,
    lattice: Lattice,
    settings: Settings,
    at: npt.NDArray[np.int64],
    rests: Sequence[Law],
    atoms_only: bool,
) -> Floats:
    """Masses by open case and end, shape (cases, k, M)."""
    run = Transforms(process, lattice, settings, atoms_only)
    laid = {rest: on_lattice(rest, lattice) for rest in dict.fromkeys(rests)}
    first = lattice.forward(np.array([laid[rest].atoms if atoms_only else laid[rest].mass for rest in rests]))
    found = np.empty((len(at), process.k, lattice.points // 2 + 1), dtype=np.complex128)
    ends = np.eye(process.k)
    for block in run.blocks(ends):
        later = run.after(block, ends)
        found[:, :, block.at] = first[:, None, block.at] * later[:, at].swapaxes(0, 1)
    return lattice.backward(found)


@dataclass(frozen=True, slots=True, eq=False)
class TimeSlopes:
    """Slopes of T figures of a time's law.

    Attributes:
        outcomes: whose shares move.
        shares: raw slope in each outcome's share, shape (T, m).
        stretches: slope per relative change of each node's duration, shape (T, n).
    """

    outcomes: Outcomes
    shares: Floats
    stretches: Floats

    def along(self, kind: Along = "proportional") -> Floats:
        """Slopes along a direction, shape (T, m); see `outcomes.along`."""
        return np.array([along(self.outcomes, raw, kind) for raw in self.shares])


def law_slopes(
    process: TimedProcess, found: CycleTime, weights: Floats, end: int | None = None, settings: Settings = DEFAULT
) -> TimeSlopes:
    """Slopes of any linear figures `sum_k weights[t, k] * F((k + 1/2) h)` of the law, weights of shape (T, M).

    Of all cases, or of one end. The weights of `blocks` make slopes of a block's mean through its branches this way.
    """
    read, lattice = _reading(found, weights), found.lattice
    ends = _of_end(process.k, end)
    run = Transforms(process, lattice, settings, stretch=True)
    out = process.outcomes
    shares, stretches = np.zeros((len(weights), out.count)), np.zeros((len(weights), process.n))
    for block in run.blocks(ends):
        some = read[:, block.at]
        leaving = (block.arrivals * block.here)[out.row] * block.way
        shares += (some @ (leaving * run.ahead(block, ends)[0]).T).real
        moved = block.arrivals * run.stretch_of_nodes(block.at) * run.after(block, ends)[0]
        stretches += (some @ moved.T).real
    return TimeSlopes(out, shares, stretches)


def law_changes(
    process: TimedProcess,
    found: CycleTime,
    weights: Floats,
    rows: Sequence[int],
    masses: Floats,
    settings: Settings = DEFAULT,
) -> Floats:
    """First-order change of linear figures of all cases when laws of nodes change, shape (T, R).

    Change r adds `masses[r]`, shape (M,), to the law of node `rows[r]` on the lattice; `weights` as for `law_slopes`.
    One elimination for all changes.
    """
    read, lattice = _reading(found, weights), found.lattice
    ends = np.ones((1, process.k))
    run = Transforms(process, lattice, settings)
    shifted = lattice.forward(masses)
    at = np.asarray(rows, dtype=np.int64)
    total = np.zeros((len(weights), len(at)))
    for block in run.blocks(ends):
        moved = block.arrivals[at] * run.after(block, ends)[0][at] * shifted[:, block.at]
        total += (read[:, block.at] @ moved.T).real
    return total


def _of_end(k: int, end: int | None) -> Floats:
    ends = np.ones((1, k))
    if end is not None:
        ends = np.zeros((1, k))
        ends[0, end] = 1.0
    return ends


def _reading(found: CycleTime, weights: Floats) -> Complexes:
    """What turns a transform into the figures `sum_k weights[t, k] * F((k + 1/2) h)`, shape (T, M/2 + 1)."""
    lattice = found.lattice
    # F at half-points is the sum of masses so far plus the midpoint correction: turn weights on F into weights on
    # masses.
    on_mass = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1].copy()
    if found.all.smooth[-1] > 0.0:
        on_mass[:, 1:] += weights[:, :-1] / 24.0
        on_mass[:, :-1] -= weights[:, :-1] / 24.0
    fold = np.full(lattice.points // 2 + 1, 2.0)
    fold[0] = 1.0
    if lattice.points % 2 == 0:
        fold[-1] = 1.0
    return np.asarray(np.conj(np.fft.rfft(on_mass / lattice.damping)) * fold / lattice.points)


def cdf_slopes(
    process: TimedProcess,
    found: CycleTime,
    times: npt.ArrayLike,
    end: int | None = None,
    settings: Settings = DEFAULT,
) -> TimeSlopes:
    """Slopes of P(T <= t) for each of the times, in every share and duration; P(T > t) has their negatives.

    Right to the step's order h^2; within a step of a jump the jump is spread over it.
    """
    return law_slopes(process, found, chance_weights(found, times), end, settings)


def chance_weights(found: CycleTime, times: npt.ArrayLike) -> Floats:
    """The weights on half-points that read P(T <= t) for each of the times, shape (T, M)."""
    lattice = found.lattice
    place = np.clip(np.asarray(times, dtype=np.float64).ravel() / lattice.step - 0.5, -0.5, lattice.points - 1.0)
    weights = np.zeros((len(place), lattice.points))
    row = np.arange(len(place))
    if found.all.smooth[-1] > 0.0:
        low = np.floor(place).astype(np.int64)
        part = np.where(low < 0, (place + 0.5) * 2.0, place - low)  # before the first half-point the law rises from 0
        weights[row, np.minimum(low + 1, lattice.points - 1)] += part
        later = low >= 0
        weights[row[later], low[later]] += 1.0 - part[later]
    else:
        weights[row, np.floor(place + 0.5 + 1e-9).astype(np.int64).clip(0, lattice.points - 1)] = 1.0
    return weights


def quantile_slopes(
    process: TimedProcess, found: CycleTime, shares: Sequence[float], settings: Settings = DEFAULT
) -> TimeSlopes:
    """Slopes of quantiles of all cases: minus the slope of the distribution over its density, nan where that is 0."""
    times = [found.all.quantile(share) for share in shares]
    density = np.array([found.all.density(time) if np.isfinite(time) else 0.0 for time in times])
    below = cdf_slopes(process, found, np.where(np.isfinite(times), times, 0.0), None, settings)
    scale = np.where(density > 0.0, -1.0 / np.where(density > 0.0, density, 1.0), np.nan)[:, None]
    return TimeSlopes(below.outcomes, below.shares * scale, below.stretches * scale)
