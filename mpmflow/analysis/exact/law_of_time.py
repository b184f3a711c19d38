"""The law of a time as a reader asks it: percentiles, the chance of being late, by end, and what an open case has left.

Behind it stands the lattice law of `numerics.times.sojourn`, with its bound on the error of every chance; where a
workflow is too large for it, or spreads too wide, a gamma law with the exact mean and standard deviation. An open case
starts at its node with the law of what remains of that node's time at its age; nothing of that is approximated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.amounts import amounts_of, time_reward
from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.figures import Solution
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.exact.sojourn_of import ROW_LIMIT, WIDEST, WholeTime, gamma_percentile, timed
from mpmflow.analysis.results import Document, Provenance, Result, finite
from mpmflow.graphs.faults import ModelFault
from mpmflow.model.quantities import Quantity
from mpmflow.numerics.chains.moments import given_end, moments
from mpmflow.numerics.times.compound import Residual, Sum
from mpmflow.numerics.times.lattice import TimeLaw
from mpmflow.numerics.times.laws import Constant, Gamma, Law
from mpmflow.numerics.times.sojourn import open_case_times

if TYPE_CHECKING:
    from mpmflow.numerics.events.case_times import CaseTimes

Floats = npt.NDArray[np.float64]
SUM_ERROR = 1e-5
"""What the law of two random times one after the other may be off by."""


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """The law of a sample: times in rising order, shape (n,)."""

    time: Floats
    total: float = 1.0

    def quantile(self, share: float) -> float:
        """The time within which this share of the sample ends."""
        return float(np.quantile(self.time, share))

    def survival(self, x: npt.ArrayLike) -> Floats:
        """Share of the sample that lasts longer."""
        return np.asarray(1.0 - np.searchsorted(self.time, x, side="right") / len(self.time))


@dataclass(frozen=True, eq=False)
class LawOfTime:
    """The law of a time, in seconds.

    Attributes:
        mean, sd: exact, but for what `method` of the workflow's `time.mean` says.
        method: exact, bounded (chances are right to `error`), approximate (a gamma law with this mean and sd, or
            waits and calendars that are not followed) or simulated (drawn cases, waits among their times).
        error: bound on the error of a chance; None where there is none.
    """

    mean: float
    sd: float
    method: str
    error: float | None
    curve: TimeLaw | Law | Draws = field(repr=False)

    def percentile(self, share: float) -> float | None:
        """The time within which this share of the cases ends; None beyond the reach of the law.

        Raises ValueError for a share outside 0..1.
        """
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"a percentile is asked for as a share between 0 and 1, not {share:g}: 0.9 for p90")
        if isinstance(self.curve, TimeLaw | Draws):
            return finite(self.curve.quantile(share))
        if isinstance(self.curve, Constant):
            return self.curve.value
        return gamma_percentile(self.curve, share) if share < 1.0 else None

    def chance_later_than(self, time: float | str) -> float:
        """Share of the cases that take longer than this: seconds, or a text such as `"3d"`."""
        total = self.curve.total if isinstance(self.curve, TimeLaw | Draws) else 1.0
        return min(1.0, max(0.0, float(self.curve.survival(seconds_of(time))) / total))

    def to_dict(self) -> Document:
        return {
            "mean": finite(self.mean),
            "sd": finite(self.sd),
            **{f"p{part}": self.percentile(part / 100) for part in (50, 90, 95)},
            "method": self.method,
            "error": self.error,
        }


@dataclass(frozen=True, eq=False)
class RemainingTime(Result):
    """What an open case has left, from `remaining_time`.

    Attributes:
        workflow, at: where it stands.
        age: seconds since it came there.
        elapsed: seconds since it started, None if nobody said.
        law: of the time still to come.
        late: chance to miss the workflow's deadline; None without a deadline, or if `elapsed` is not known.
        ends: chance of each end.
        overdue: whether it is already there for longer than the model thinks possible; then it is taken to be due now.
    """

    schema = "mpmflow/remaining/1"
    shown_by = ("render.remaining_page", "remaining_page")
    workflow: str
    at: str
    age: float
    elapsed: float | None
    law: LawOfTime
    late: float | None
    ends: Mapping[str, float]
    overdue: bool
    provenance: Provenance = field(repr=False)

    def percentile(self, share: float) -> float | None:
        """The time within which the case ends with this chance, from now on."""
        return self.law.percentile(share)

    def chance_later_than(self, time: float | str) -> float:
        """Chance that the case takes longer than this from now on: seconds, or a text such as `"3d"`."""
        return self.law.chance_later_than(time)

    def body(self) -> Document:
        return {
            "workflow": self.workflow,
            "at": self.at,
            "age": self.age,
            "elapsed": self.elapsed,
            "remaining": self.law.to_dict(),
            "late": finite(self.late),
            "ends": dict(self.ends),
            "overdue": self.overdue,
            "provenance": self.provenance.to_dict(),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a figure."""
        found = {"late": self.late, **{f"ends.{name}": share for name, share in self.ends.items()}}
        told = {name: value for name, value in self.law.to_dict().items() if name not in ("method", "error")}
        figures = {**{f"remaining.{name}": value for name, value in told.items()}, **found}
        return {"figure": list(figures), "value": list(figures.values())}

    def __str__(self) -> str:
        return "\n".join(f"{name} = {value!r}" for name, value in zip(*self.rows().values(), strict=True))


def seconds_of(time: float | str) -> float:
    """Seconds, or a text with a unit.

    Raises ValueError for what is no time of at least zero.

    >>> seconds_of("3d"), seconds_of(90)
    (259200.0, 90.0)
    """
    try:
        quantity = Quantity.model_validate(time)
        found, fits = float(quantity.base), not quantity.unit or quantity.measure.is_time
    except (ValueError, OverflowError):
        found, fits = math.nan, False
    if not fits or not 0.0 <= found < math.inf:
        raise ValueError(f"{time!r} is no time of at least zero: give seconds, or a text such as '3d' or '90min'")
    return found


def solver_for(samples: Samples | None) -> Solver:
    """A solver that knows the observed times of `empirical` durations."""
    return Solver(LawBook(samples))


def law_of_all(whole: WholeTime, mean: float, sd: float, method: str) -> LawOfTime:
    """The law of all cases."""
    curve = whole.cycle.all if whole.cycle is not None else whole.law
    assert curve is not None
    return LawOfTime(mean, sd, _worse(whole.method, method), whole.error, curve)


def end_number(solution: Solution, end: str) -> int:
    """The number of an end of a solved workflow. Raises KeyError for an unknown one."""
    actual = solution.actual
    if end not in actual.ends:
        raise KeyError(f"{end!r} is no end of {solution.process.workflow}: it has {', '.join(actual.ends)}")
    return actual.ends.index(end)


def law_of_draws(drawn: CaseTimes, end: int | None, mean: float | None) -> LawOfTime:
    """The law of drawn cases, of all or of those of one end; `mean` where a better one than theirs is known.

    Raises ValueError for an end that no drawn case came to.
    """
    time = drawn.time if end is None else drawn.time[drawn.end == end]
    if not len(time):
        raise ValueError(f"none of {len(drawn.time):,} drawn cases ends there")
    return LawOfTime(float(time.mean()) if mean is None else mean, float(time.std()), "simulated", None, Draws(time))


def law_of_end(solution: Solution, whole: WholeTime, end: str, method: str) -> LawOfTime:
    """The law of the cases that end in one way.

    Raises KeyError for an unknown end, ValueError for one that no case comes to.
    """
    actual = solution.actual
    index = end_number(solution, end)
    given = given_end(actual.factor, time_reward(actual, solution.amounts), index)
    if given.probability <= 0.0:
        raise ValueError(f"no case of {solution.process.workflow} ends as {end}")
    sd = math.sqrt(max(0.0, given.second - given.mean**2))
    if whole.cycle is not None:
        law = whole.cycle.ends[index]
        error = whole.error / given.probability if whole.error is not None else None
        return LawOfTime(given.mean, sd, _worse(whole.method, method), error, law)
    return LawOfTime(given.mean, sd, _worse(whole.method, method), whole.error, _plain(given.mean, sd))


def _plain(mean: float, sd: float) -> Law:
    return Constant(mean) if sd <= 1e-6 * mean or mean <= 0.0 else Gamma(mean, sd)


def _worse(first: str, second: str) -> str:
    order = ("exact", "bounded", "approximate")
    return max(first, second, key=order.index)


@dataclass(frozen=True, slots=True)
class _Stand:
    """A row where the case may be, with the weight of that, and what remains there."""

    row: int
    weight: float
    rest: Law
    error: float
    overdue: bool


def remaining(
    solution: Solution,
    book: LawBook,
    provenance: Provenance,
    *,
    at: str,
    age: float | str = 0.0,
    elapsed: float | str | None = None,
    method: str = "exact",
) -> RemainingTime:
    """What a case has left that came to a node some time ago.

    Args:
        at: a step, decision, choose or parallel block; or an outcome with a delay that the case is waiting for.
        age: since it came there (to its `waits`, if it has some); for a block, since the fork, with no branch known to
            be through.
        elapsed: since the case started, for the chance to be late.
        method: of the workflow's times.

    Where the node stands in several copies (a loop that counts, a workflow called twice), each counts by how often
    cases come there.

    Raises:
        ModelFault: no case comes to such a node, or it stands inside a parallel block.
        ValueError: a time that is none, or `elapsed` below `age`.
    """
    passed = seconds_of(age)
    since = None if elapsed is None else seconds_of(elapsed)
    if since is not None and since < passed * (1.0 - 1e-12):
        raise ValueError(f"a case cannot be at {at} for {passed:g} s if it started only {since:g} s ago")
    stands = _stands(solution, book, at, passed)
    actual = solution.actual
    weights = np.array([stand.weight for stand in stands])
    weights = weights / weights.sum()
    amounts = amounts_of(actual, book)
    left = moments(actual.factor, time_reward(actual, amounts))
    rows = np.array([stand.row for stand in stands])
    own = amounts.time[actual.state]
    own_spread = np.maximum(amounts.time_second[actual.state] - own**2, 0.0)
    mean = left.to_go[rows] - own[rows] + np.array([stand.rest.mean for stand in stands])
    spread = np.maximum(left.sd_to_go[rows] ** 2 - own_spread[rows], 0.0)
    spread = spread + np.array([stand.rest.variance for stand in stands])
    total = float(weights @ mean)
    sd = math.sqrt(max(0.0, float(weights @ (spread + mean**2)) - total**2))
    law = _law(solution, book, stands, weights, total, sd, method)
    deadline = solution.process.deadline
    late = None
    if deadline is not None and since is not None:
        late = 1.0 if since > deadline else law.chance_later_than(deadline - since)
    chances = weights @ actual.factor.absorption()[rows]
    ends = dict(zip(actual.ends, chances.tolist(), strict=True))
    overdue = all(stand.overdue for stand in stands)
    return RemainingTime(solution.process.workflow, at, passed, since, law, late, ends, overdue, provenance)


def _law(
    solution: Solution, book: LawBook, stands: list[_Stand], weights: Floats, mean: float, sd: float, method: str
) -> LawOfTime:
    if sd <= 1e-6 * mean or mean <= 0.0:
        return LawOfTime(mean, 0.0, method, 0.0, Constant(mean))
    actual = solution.actual
    if actual.n <= ROW_LIMIT:
        process = timed(actual, book)
        reach = solution.process.deadline or 0.0
        rows, rests = [stand.row for stand in stands], [stand.rest for stand in stands]
        found = open_case_times(process, rows, rests, reach=reach)
        error = max(one.all.error + stand.error for one, stand in zip(found, stands, strict=True))
        if error <= WIDEST:
            curve = TimeLaw(
                found[0].lattice.step,
                np.sum([weight * one.all.smooth for weight, one in zip(weights, found, strict=True)], axis=0),
                np.sum([weight * one.all.atoms for weight, one in zip(weights, found, strict=True)], axis=0),
                1.0,
                error,
                found[0].all.blur,
            )
            exact = "exact" if error <= 1e-6 else "bounded"
            return LawOfTime(mean, sd, _worse(exact, method), error, curve)
    return LawOfTime(mean, sd, "approximate", None, Gamma(mean, sd))


def _stands(solution: Solution, book: LawBook, at: str, age: float) -> list[_Stand]:
    cells = solution.actual.cells
    found: list[_Stand] = []
    entries = cells.entries_of.get(at, [])
    delays = [index for index, state in enumerate(cells.states) if state.part == "delay" and state.outcome == at]
    for entry in (*entries, *delays):
        state = cells.states[entry]
        if state.part == "block":
            found += _in_block(solution, entry, age)
            continue
        law: Law = book.calendar(state.timing, at)
        place = entry
        if state.part == "wait":
            place = entry + 1
            law = Sum((law, book.calendar(cells.states[place].timing, at)))
        found += _at_rows(solution, place, law, age)
    if not found:
        raise _nowhere(solution, at)
    if any(not stand.overdue for stand in found):
        return [stand for stand in found if not stand.overdue]
    return found


def _at_rows(
    solution: Solution, place: int, law: Law, age: float, share: float = 1.0, error: float = 0.0
) -> list[_Stand]:
    """Every copy of a state, with what remains there of a time with this law."""
    actual = solution.actual
    if isinstance(law, Sum) and len(law.moving) > 1:
        error += SUM_ERROR
    still = float(law.survival(age)) if age > 0.0 else 1.0
    overdue = still <= error  # no more than what the law itself may be off by: it says that this cannot be
    rest: Law = law if age <= 0.0 else Constant(0.0) if overdue else Residual(law, age)
    still = 1.0 if overdue else still
    return [
        _Stand(int(row), float(actual.visits[row]) * still * share, rest, error / still, overdue)
        for row in np.flatnonzero(actual.state == place)
        if actual.visits[row] > 0.0 and share > 0.0
    ]


def _in_block(solution: Solution, fork: int, age: float) -> list[_Stand]:
    """A case in a parallel block will pass or be lost; what remains of the block's time is told for both."""
    fold = solution.actual.folds[fork]
    found: list[_Stand] = []
    for offset, spell in ((1, fold.time_passed), (2, fold.time_lost)):
        if spell is not None:  # the copies' visits hold how often the block passes, and how often it is lost
            found += _at_rows(solution, fork + offset, spell.law, age, 1.0, spell.error)
    return found


def _nowhere(solution: Solution, at: str) -> ModelFault:
    cells = solution.actual.cells
    if any(
        state.node == at for fold in solution.actual.folds.values() for b in fold.branches for state in b.cells.states
    ):
        blocks = dict.fromkeys(cells.states[index].node for index in solution.actual.folds)
        mend = f"Ask for the block as a whole: {', '.join(blocks)}."
        return ModelFault(at, "it stands in a branch of a parallel block, and the other branches matter as well", mend)
    known = [*cells.entries_of, *dict.fromkeys(state.outcome for state in cells.states if state.part == "delay")]
    nearest = get_close_matches(at, [name for name in known if name], 1)
    mend = f"Did you mean {nearest[0]}?" if nearest else f"There are: {', '.join(name for name in known if name)}."
    return ModelFault(at, f"no case of {solution.process.workflow} comes to a node of this name", mend)
