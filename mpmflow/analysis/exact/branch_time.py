"""How long a parallel block takes: the law of each branch's time, and the maximum or the minimum of them.

Means and second moments come from `E[T^j; A] = integral of j t^(j-1) (P(A) - P(A, T <= t))`, taken piece by piece
between all points where a distribution function has a jump or a kink (Gauss-Legendre). With fixed
times alone it is exact; with the smooth laws of the language the error is below 1e-9 of the mean; with branches that
decide or repeat it is that of their lattice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.times import laws
from mpmflow.numerics.times.compound import Mixture, Scaled, Sum, Tabulated
from mpmflow.numerics.times.laws import Constant, Law

if TYPE_CHECKING:
    from mpmflow.analysis.exact.arrays import LawBook, Solved

Floats = npt.NDArray[np.float64]
_MANY = 1_000  # points of a table: its pieces are straight, and few nodes a piece do
_TAIL = 1e-15  # a law is followed until this chance of lasting longer
_PIECES = 48
_CUT = 48  # parts of a piece in the table of a law
_RARE = 1e-13  # what happens less often is rounding, and takes no time


@dataclass(frozen=True, eq=False)
class Spell:
    """A time from fork to join.

    Attributes:
        mean, second: its moments.
        points: every jump and kink of its distribution function, and more in between.
        reached: the distribution function, times `chance`.
        doubt: bound on the error of that function; 0 if only rounding separates the moments from the truth.
    """

    mean: float
    second: float
    points: Floats
    reached: Callable[[Floats], Floats]
    chance: float
    doubt: float

    @property
    def exact(self) -> bool:
        """Whether only rounding separates the moments from the truth."""
        return self.doubt == 0.0

    @cached_property
    def _table(self) -> tuple[Law, float]:
        points = self.points if len(self.points) >= _MANY else _refined(self.points)
        return _tabulated(points, self.reached, self.chance)

    @property
    def law(self) -> Law:
        """The law as a table, to stand in the process around the block."""
        return self._table[0]

    @property
    def error(self) -> float:
        """Bound on the error of that table's distribution function."""
        return self.doubt / self.chance + self._table[1]


@dataclass(frozen=True, eq=False)
class BranchSpell:
    """The time of a branch: chance that it ends well, and the laws of its time given that it does, or does not.

    A law is None where its case never happens. `error` is the bound of the lattice on either distribution function, 0
    for closed forms.
    """

    chance: float
    done: Law | None
    lost: Law | None
    error: float = 0.0

    def done_by(self, t: Floats) -> Floats:
        """Chance that the branch has ended well by t."""
        return self.chance * self.done.cdf(t) if self.done is not None else np.zeros_like(t)

    def lost_by(self, t: Floats) -> Floats:
        """Chance that the branch has lost the case by t."""
        return (1.0 - self.chance) * self.lost.cdf(t) if self.lost is not None else np.zeros_like(t)

    def ended_by(self, t: Floats) -> Floats:
        """Chance that the branch has ended by t."""
        return self.done_by(t) + self.lost_by(t)

    @property
    def laws(self) -> tuple[Law, ...]:
        return tuple(law for law in (self.done, self.lost) if law is not None)


def join_all(spells: list[BranchSpell]) -> tuple[Spell | None, Spell | None]:
    """Time from fork to join when all branches must end: given that the case passes, and given that it is lost."""
    chance = float(np.prod([spell.chance for spell in spells]))

    def done(t: Floats) -> Floats:
        return np.asarray(np.prod([spell.done_by(t) for spell in spells], axis=0))

    def ended(t: Floats) -> Floats:
        return np.asarray(np.prod([spell.ended_by(t) for spell in spells], axis=0))

    return _split(spells, chance, done, lambda t: ended(t) - done(t))


def join_first(spells: list[BranchSpell]) -> tuple[Spell | None, Spell | None]:
    """Time from fork to join when the first branch that is done ends the block: passed, and lost (all of them)."""
    chance = 1.0 - float(np.prod([1.0 - spell.chance for spell in spells]))

    def done(t: Floats) -> Floats:
        return 1.0 - np.asarray(np.prod([1.0 - spell.done_by(t) for spell in spells], axis=0))

    def lost(t: Floats) -> Floats:
        return np.asarray(np.prod([spell.lost_by(t) for spell in spells], axis=0))

    return _split(spells, chance, done, lost)


def _split(
    spells: list[BranchSpell], chance: float, done: Callable[[Floats], Floats], lost: Callable[[Floats], Floats]
) -> tuple[Spell | None, Spell | None]:
    points = _points([law for spell in spells for law in spell.laws])
    error = sum(spell.error for spell in spells)
    passed = _spell(points, done, chance, error) if chance > _RARE else None
    return passed, _spell(points, lost, 1.0 - chance, error) if chance < 1.0 - _RARE else None


def _spell(points: Floats, reached: Callable[[Floats], Floats], chance: float, error: float) -> Spell:
    """Mean and second moment of a time from its (defective) distribution function."""
    left, right = points[:-1], points[1:]
    middle, half = (left + right) / 2.0, (right - left) / 2.0
    nodes, weights = np.polynomial.legendre.leggauss(12 if len(points) < _MANY else 4)
    t = middle[:, None] + half[:, None] * nodes
    missing = np.maximum(chance - reached(t.ravel()).reshape(t.shape), 0.0)
    weight = half[:, None] * weights
    mean = float((missing * weight).sum()) / chance
    second = float((2.0 * t * missing * weight).sum()) / chance
    return Spell(mean, max(second, mean**2), points, reached, chance, error)


def _tabulated(points: Floats, reached: Callable[[Floats], Floats], chance: float) -> tuple[Law, float]:
    """The law read off at the points, and how far straight lines between them may be from it."""
    at = reached(points) / chance
    jump = np.maximum(at - reached(np.nextafter(points, -1.0)) / chance, 0.0)
    jump[jump < 1e-13] = 0.0
    smooth = np.maximum.accumulate(np.maximum(at - np.cumsum(jump), 0.0))
    atoms, weights = points[jump > 0.0], jump[jump > 0.0]
    if smooth[-1] < 1e-12:
        if len(atoms) == 1:
            return Constant(float(atoms[0])), 0.0
        return laws.Empirical(tuple(atoms.tolist()), tuple(weights.tolist())), 0.0
    between = reached((points[:-1] + points[1:]) / 2.0) / chance - np.cumsum(jump)[:-1]
    apart = float(np.abs(between - (smooth[:-1] + smooth[1:]) / 2.0).max())
    total = float(smooth[-1] + jump.sum())
    return Tabulated(points, (smooth - smooth[0]) / total, atoms, weights / total), apart + abs(1.0 - total)


def _refined(points: Floats) -> Floats:
    """Every piece cut into equal parts; pieces too short for that stay whole."""
    inner = points[:-1, None] + np.diff(points)[:, None] * (np.arange(_CUT) / _CUT)
    return np.unique(np.append(inner.ravel(), points[-1]))


def _points(found: list[Law]) -> Floats:
    """0, every jump and kink, and enough points between to follow the smooth parts to the end of their tails."""
    corners, points = [np.zeros(1)], [np.zeros(0)]
    for law in found:
        corners += [law.atoms[0], _kinks(law)]
        smooth = float(law.atoms[1].sum()) < 1.0 - 1e-12
        if smooth and not isinstance(law, Tabulated):
            reach = max(law.mean + 2.0 * law.sd, 1e-300)
            while float(law.survival(reach)) > _TAIL:
                reach *= 1.25
            body = min(law.mean + 4.0 * law.sd, reach)
            points += [np.linspace(0.0, body, _PIECES + 1), np.geomspace(body, reach, _PIECES)]
            points.append(law.mean * np.geomspace(1e-6, 1.0, _PIECES // 2))
    sharp, soft = np.unique(np.concatenate(corners)), np.unique(np.concatenate(points))
    # A point between that rounding sets beside a corner would make a piece too short to be cut.
    after = sharp[np.minimum(np.searchsorted(sharp, soft), len(sharp) - 1)]
    before = sharp[np.maximum(np.searchsorted(sharp, soft, side="right") - 1, 0)]
    near = 1e-12 * max(float(sharp[-1]), float(soft[-1]) if len(soft) else 0.0)
    apart = np.diff(soft, prepend=-1.0) > near
    every = np.union1d(sharp, soft[apart & (np.abs(soft - after) > near) & (np.abs(soft - before) > near)])
    return every if len(every) > 1 else np.array([0.0, 1.0])


def _kinks(law: Law) -> Floats:
    if isinstance(law, laws.Uniform):
        return np.array([law.low, law.high])
    if isinstance(law, laws.Triangular):
        return np.array([law.low, law.mode, law.high])
    if isinstance(law, Scaled):
        return law.factor * _kinks(law.law)
    if isinstance(law, Mixture):
        return np.concatenate([_kinks(part) for part in law.parts])
    if isinstance(law, Tabulated):
        return law.times
    if isinstance(law, Sum) and len(law.moving) == 1:
        return law.fixed + np.append(_kinks(law.moving[0]), 0.0)
    return np.zeros(0)


def spell_of(branch: Solved, book: LawBook) -> BranchSpell:
    """The time of a solved branch: in closed form where it is one line of steps, else by its lattice."""
    line = _line(branch)
    if line is None:
        from mpmflow.analysis.exact.sojourn_of import branch_law

        return branch_law(branch, book)
    fixed, moving = 0.0, []
    for row in line:
        law = row_law(branch, row, book)
        if isinstance(law, Constant):
            fixed += law.value
        else:
            moving.append(law)
    if not moving:
        return BranchSpell(1.0, Constant(fixed), None)
    parts = (*moving, Constant(fixed)) if fixed else tuple(moving)
    law = parts[0] if len(parts) == 1 else Sum(parts)
    return BranchSpell(1.0, law, None, 0.0 if len(moving) == 1 else 1e-5)


def row_law(solved: Solved, row: int, book: LawBook) -> Law:
    """The law of the calendar time of one row."""
    index = int(solved.state[row])
    state = solved.cells.states[index]
    if state.part in ("joined", "lost"):
        fold = solved.folds[index - (1 if state.part == "joined" else 2)]
        spell = fold.time_passed if state.part == "joined" else fold.time_lost
        return spell.law if spell is not None else Constant(0.0)
    return book.calendar(state.timing, state.node)


def _line(branch: Solved) -> list[int] | None:
    """The rows of a branch that is one line to its good end, in order; None if it may go another way."""
    onward: dict[int, int] = {}
    outcomes = branch.outcomes
    for row, target, share in zip(
        outcomes.row.tolist(), outcomes.target.tolist(), outcomes.share.tolist(), strict=True
    ):
        if share > 0.0:
            if row in onward:
                return None
            onward[row] = target
    row, line = int(np.argmax(branch.factor.chain.start)), []
    while row < branch.n:
        line.append(row)
        if len(line) > branch.n:
            return None
        row = onward[row]
    return line if row == branch.n else None
