"""The whole law of the time from start to end of a process, from the lattice engine; percentiles and lateness.

Where a process is too large for the lattice, or its time spreads too wide for it, the law is replaced by a gamma law
with the same mean and standard deviation, and the figures say that they are approximate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.amounts import amounts_of, time_reward
from mpmflow.analysis.exact.arrays import LawBook, Solved
from mpmflow.analysis.exact.branch_time import BranchSpell, row_law
from mpmflow.numerics.chains.moments import given_end
from mpmflow.numerics.settings import DEFAULT, Settings
from mpmflow.numerics.times.compound import Mixture
from mpmflow.numerics.times.lattice import TimeLaw, on_lattice
from mpmflow.numerics.times.laws import Constant, Gamma, Law
from mpmflow.numerics.times.sojourn import (
    CycleTime,
    cdf_slopes,
    chance_weights,
    cycle_time,
    law_changes,
    quantile_slopes,
)
from mpmflow.numerics.times.sojourn import law_slopes as numeric_slopes
from mpmflow.numerics.times.transforms import TimedProcess, timed_process

Floats = npt.NDArray[np.float64]
ROW_LIMIT = 1_500
"""Processes with more rows than this get the gamma law: the lattice would take longer than a person waits."""


WIDEST = 0.02
"""A lattice law whose chances may be wrong by more than this is not shown; the gamma law takes its place."""


@dataclass(frozen=True, eq=False)
class WholeTime:
    """The law of the time of all cases.

    Attributes:
        method: `exact` (fixed times on the lattice alone), `bounded` (right to `error`), `approximate` (gamma).
        error: bound on the error of a chance; None for an approximation.
        jump: times of jumps may be off by this many seconds.
        law: chance of lasting longer, percentiles.
        cycle: the lattice law by end, None for an approximation.
        process: what the lattice law is of.
    """

    method: Literal["exact", "bounded", "approximate"]
    error: float | None
    jump: float
    law: Law | None
    cycle: CycleTime | None
    process: TimedProcess | None = None

    def percentile(self, share: float) -> float | None:
        """The time within which this share of all cases ends, seconds; None beyond the reach of the lattice."""
        if self.cycle is not None:
            found = self.cycle.all.quantile(share)
            return found if np.isfinite(found) else None
        assert self.law is not None
        return gamma_percentile(self.law, share)

    def later_than(self, seconds: float) -> float:
        """Share of all cases that take longer."""
        source = self.cycle.all if self.cycle is not None else self.law
        assert source is not None
        return min(1.0, max(0.0, float(source.survival(seconds))))


PERCENTILES = {"time.p50": 0.5, "time.p90": 0.9, "time.p95": 0.95}


def law_slopes(whole: WholeTime, deadline: float | None) -> dict[str, tuple[Floats, Floats]]:
    """Slopes of percentiles and, with a deadline, `time.late`, as far as there is a lattice law.

    Each is raw in every share, shape (m,), and per relative change of every row's time, shape (n,). A percentile that
    sits on a jump stays there for a while, whatever moves: it has no slope and is left out.
    """
    if whole.cycle is None or whole.process is None:
        return {}
    law = whole.cycle.all
    smooth = {figure: share for figure, share in PERCENTILES.items() if not _on_jump(law, law.quantile(share))}
    found: dict[str, tuple[Floats, Floats]] = {}
    if smooth:
        high = quantile_slopes(whole.process, whole.cycle, tuple(smooth.values()))
        for seat, figure in enumerate(smooth):
            found[figure] = (high.shares[seat], high.stretches[seat])
    if deadline is not None:
        late = cdf_slopes(whole.process, whole.cycle, (deadline,))
        found["time.late"] = (-late.shares[0], -late.stretches[0])
    return found


Quotient = list[tuple[float, Solved]]
"""Weights and solved processes, the same but for one lever: a difference quotient of whatever is read from them."""


def slopes_by_laws(
    whole: WholeTime, deadline: float | None, book: LawBook, solved: Solved, quotients: Sequence[Quotient]
) -> dict[str, Floats]:
    """Slopes of percentiles and lateness along difference quotients, shape (quotients,): for levers inside blocks.

    Such a lever changes the laws of some rows and some shares; the slope of a chance in those is exact, so only the
    quotients of laws and shares are differences. Nothing of the lattice is solved again.
    """
    if whole.cycle is None or whole.process is None:
        return {}
    cycle, process = whole.cycle, whole.process
    law = cycle.all
    at = {figure: law.quantile(share) for figure, share in PERCENTILES.items()}
    times = {figure: time for figure, time in at.items() if not _on_jump(law, time) and law.density(time) > 0.0}
    factor = {figure: -1.0 / law.density(time) for figure, time in times.items()}
    if deadline is not None:
        times["time.late"], factor["time.late"] = deadline, -1.0
    if not times:
        return {}
    weights = chance_weights(cycle, list(times.values()))
    by_share = numeric_slopes(process, cycle, weights).shares
    rows: list[int] = []
    owner: list[int] = []
    masses: list[Floats] = []
    total = np.zeros((len(times), len(quotients)))
    folded = [row for row in range(solved.n) if solved.cells.states[solved.state[row]].part in ("joined", "lost")]
    plain = {row for row in range(solved.n) if row not in folded}
    for seat, quotient in enumerate(quotients):
        total[:, seat] = by_share @ sum(weight * one.outcomes.share for weight, one in quotient)
        touched = [
            row
            for row in plain
            if any(
                one.cells.states[one.state[row]] is not solved.cells.states[solved.state[row]] for _, one in quotient
            )
        ]
        for row in (*folded, *touched):
            laws = [(weight, row_law(one, row, book)) for weight, one in quotient]
            if any(one != laws[0][1] for _, one in laws[1:]):
                rows.append(row)
                owner.append(seat)
                masses.append(sum((w * on_lattice(one, cycle.lattice).mass for w, one in laws), np.zeros(())))
    if rows:
        changes = law_changes(process, cycle, weights, rows, np.array(masses))
        for seat, change in zip(owner, changes.T, strict=True):
            total[:, seat] += change
    return {figure: factor[figure] * total[seat] for seat, figure in enumerate(times)}


def _on_jump(law: TimeLaw, at: float) -> bool:
    place = round(at / law.step) if np.isfinite(at) else -1
    return place < 0 or (abs(at - place * law.step) <= 1e-9 * at and float(law.atoms[place]) > 0.0)


def gamma_slopes(whole: WholeTime, mean: float, sd: float, deadline: float | None) -> dict[str, tuple[float, float]]:
    """Where a gamma law stands for the time: slopes of its percentiles and lateness in its mean and in its sd."""
    if not isinstance(whole.law, Gamma):
        return {}
    found: dict[str, tuple[float, float]] = {}

    def slope(of: Callable[[Law], float]) -> tuple[float, float]:
        step = 1e-4
        up, down = of(Gamma(mean * (1.0 + step), sd)), of(Gamma(mean * (1.0 - step), sd))
        wide, narrow = of(Gamma(mean, sd * (1.0 + step))), of(Gamma(mean, sd * (1.0 - step)))
        return (up - down) / (2.0 * step * mean), (wide - narrow) / (2.0 * step * sd)

    for figure, share in PERCENTILES.items():
        found[figure] = slope(lambda law, at=share: gamma_percentile(law, at))  # type: ignore[misc]
    if deadline is not None:
        found["time.late"] = slope(lambda law: float(law.survival(deadline)))
    return found


def timed(solved: Solved, book: LawBook) -> TimedProcess:
    """The solved process with the law of every row's calendar time."""
    rows = [row_law(solved, row, book) for row in range(solved.n)]
    laws = [None if isinstance(law, Constant) and law.value == 0.0 else law for law in rows]
    return timed_process(solved.n, len(solved.ends), solved.outcomes, laws, None, solved.factor.chain.start)


def whole_time(
    solved: Solved, book: LawBook, mean: float, sd: float, deadline: float | None, settings: Settings = DEFAULT
) -> WholeTime:
    """The law of the time of all cases of a process that was solved as it is."""
    if sd <= 1e-12 * mean:
        return WholeTime("exact", 0.0, 0.0, Constant(mean), None)
    if solved.n <= ROW_LIMIT:
        process = timed(solved, book)
        cycle = cycle_time(process, settings, deadline or 0.0)
        error = cycle.error + _error_of_blocks(solved)
        if error <= WIDEST:
            method: Literal["exact", "bounded"] = "exact" if error <= 1e-6 and cycle.all.blur == 0.0 else "bounded"
            return WholeTime(method, error, cycle.all.blur, None, cycle, process)
    return WholeTime("approximate", None, 0.0, Gamma(mean, sd), None)


def _error_of_blocks(solved: Solved) -> float:
    """What the tables of parallel blocks add to the error: each as often as a case comes to it."""
    visits = solved.state_visits
    total = 0.0
    for index, fold in solved.folds.items():
        for offset, spell in ((1, fold.time_passed), (2, fold.time_lost)):
            if spell is not None:
                total += float(visits[index + offset]) * spell.error
    return total


def branch_law(branch: Solved, book: LawBook, settings: Settings = DEFAULT) -> BranchSpell:
    """The time of a branch that decides, repeats or may lose the case, by its lattice."""
    process = timed(branch, book)
    found = cycle_time(process, settings)
    gathered = time_reward(branch, amounts_of(branch, book))
    parts: list[tuple[float, Law]] = []
    for end in range(len(branch.ends)):
        share = given_end(branch.factor, gathered, end)
        if share.probability > 0.0:
            parts.append((share.probability, found.ends[end].as_law(share.mean)))
        else:
            parts.append((0.0, Constant(0.0)))
    chance, done = parts[0]
    bad = [(weight, law) for weight, law in parts[1:] if weight > 0.0]
    lost: Law | None = None
    if bad:
        total = sum(weight for weight, _ in bad)
        lost = Mixture(tuple(law for _, law in bad), tuple(weight / total for weight, _ in bad))
    chance = min(1.0, chance) if bad else 1.0
    return BranchSpell(chance, done if chance > 0.0 else None, lost, found.error + _error_of_blocks(branch))


def gamma_percentile(law: Law, share: float) -> float:
    """The percentile of a smooth law, by halving."""
    low, high = 0.0, max(law.mean, 1e-300)
    while float(law.survival(high)) > 1.0 - share:
        high *= 2.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if float(law.survival(middle)) > 1.0 - share else (low, middle)
    return high
