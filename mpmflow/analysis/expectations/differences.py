"""Two versions of an indicator's rules: a series of observations on which their states differ, or the proof that there
is none.

Values that pass the same levels are the same to every rule, so one value of each kind is tried: every level, a value
between neighbouring ones, and one beyond either end. Rules made of levels, spans and logic are walked through to the
end (`analysis.rules.machine`); control charts, rises and falls are tried on a list of likely stories.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.rules import BASELINE, Series, follow, periods_in
from mpmflow.analysis.rules.machine import Machine, told_apart
from mpmflow.model.rules import Both, Condition, Either, Held, Moves, Negation, Outside, Rule, Threshold

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Observations after which two versions differ; None if there are none. `proven` if there can never be any."""

    values: tuple[Fraction | None, ...] | None
    proven: bool = False


def difference(
    one: Sequence[Rule],
    two: Sequence[Rule],
    period: float,
    low: Fraction | None,
    high: Fraction | None,
    usual: Fraction | None = None,
    scale: Fraction = Fraction(1),
) -> Difference:
    """Where two versions of an indicator's rules part.

    Args:
        period: seconds from one value to the next.
        low, high: the ends of what can be observed (a share is from 0 to 1); None without an end.
        usual: the expected level, for stories that begin as planned.
        scale: the size of the unit in which values should read well.
    """
    levels = sorted({level for rule in (*one, *two) for level in levels_of(rule)})
    exact: dict[float | None, Fraction | None] = {float(value): value for value in pool(levels, low, high, scale)}
    exact[None] = None
    marks = {*map(float, levels)}
    ends = {float(end) for end in (low, high) if end is not None}
    # What reads well comes first: values between the levels, then the levels themselves, then the ends.
    values = sorted((value for value in exact if value is not None), key=lambda one: (one in ends, one in marks, one))
    inputs: list[float | None] = [*values, None]
    further = Machine([*one, *two], period).further
    try:
        short = BASELINE if not any(isinstance(clause, Moves) for clause in further) else 1
        found = told_apart(one, two, inputs, period, longest=short if further else None)
        if found is not None:
            return Difference(tuple(exact[value] for value in found))
        if not further or told_apart(one, two, inputs, period, free=True) is None:
            return Difference(None, proven=True)
    except OverflowError:
        pass
    return Difference(_by_stories(one, two, period, [float(level) for level in levels], low, high, usual))


def levels_of(rule: Rule) -> Iterator[Fraction]:
    """Every level that a rule compares with, its `clears` among them."""
    yield from _levels(rule.condition)
    if rule.clears is not None:
        yield rule.clears.value.base


def _levels(condition: Condition) -> Iterator[Fraction]:
    if isinstance(condition, Threshold):
        yield condition.value.base
    elif isinstance(condition, Outside):
        yield condition.low.base
        yield condition.high.base
    elif isinstance(condition, (Held, Negation)):
        yield from _levels(condition.condition)
    elif isinstance(condition, (Both, Either)):
        yield from _levels(condition.left)
        yield from _levels(condition.right)


def pool(
    levels: Sequence[Fraction], low: Fraction | None, high: Fraction | None, scale: Fraction = Fraction(1)
) -> list[Fraction]:
    """One value of each kind: the levels, round figures between them, and one beyond either end, within bounds."""
    if not levels:
        start = low if low is not None else Fraction(0)
        return [start, high if high is not None else start + 1]
    found = [*levels, *(scale * rounded(a / scale, b / scale) for a, b in pairwise(levels))]
    width = max(abs(levels[0]), abs(levels[-1])) or Fraction(1)
    least = levels[0] - width if low is None else low
    most = levels[-1] + width if high is None else high
    if least < levels[0]:
        found.append(scale * rounded(least / scale, levels[0] / scale))
    if levels[-1] < most:
        found.append(scale * rounded(levels[-1] / scale, most / scale))
    found += [end for end in (low, high) if end is not None]
    return sorted({one for one in found if (low is None or one >= low) and (high is None or one <= high)})


def rounded(low: Fraction, high: Fraction) -> Fraction:
    """The shortest decimal well between two numbers.

    >>> rounded(Fraction(25, 100), Fraction(275, 1000)), rounded(Fraction(3), Fraction(10))
    (Fraction(13, 50), Fraction(6, 1))
    """
    middle = (low + high) / 2
    unit = Fraction(1)
    while unit > high - low:
        unit /= 10
    while unit * 10 <= (high - low) / 2:
        unit *= 10
    for _ in range(3):
        near = Fraction(round(middle / unit)) * unit
        if low < near < high:
            return near
        unit /= 10
    return middle


def _by_stories(
    one: Sequence[Rule],
    two: Sequence[Rule],
    period: float,
    levels: Sequence[float],
    low: Fraction | None,
    high: Fraction | None,
    usual: Fraction | None,
) -> tuple[Fraction | None, ...] | None:
    """The shortest of many likely stories on which the rules differ."""
    centre = float(usual) if usual is not None else (levels[0] * 0.8 if levels else 1.0)
    least = -np.inf if low is None else float(low)
    most = np.inf if high is None else float(high)
    best: tuple[int, int, Floats] | None = None
    stories = sorted(_stories(one, two, period, centre, levels), key=len)
    for length in sorted({len(story) for story in stories}):
        group = np.array([story for story in stories if len(story) == length])
        group = group[((group >= least) & (group <= most)).all(axis=1)]
        if not len(group):
            continue
        series = Series(group, period)
        differs = follow(one, series).codes != follow(two, series).codes
        rows = np.flatnonzero(differs.any(axis=1))
        if len(rows):
            firsts = differs[rows].argmax(axis=1)
            row = int(rows[int(firsts.argmin())])
            best = (length, int(firsts.min()), group[row])
            break
    if best is None:
        return None
    return tuple(Fraction(repr(round(float(value), 12))) for value in best[2][: best[1] + 1])


def _stories(
    one: Sequence[Rule], two: Sequence[Rule], period: float, centre: float, levels: Sequence[float]
) -> Iterator[list[float]]:
    size = abs(centre) or 1.0
    wobble = size / 20.0
    calm = [centre + (wobble if number % 2 else -wobble) for number in range(BASELINE)]
    sd = 2.0 * wobble / 1.1284  # of single figures: the mean moving range over 1.128
    digits = 1 - int(np.floor(np.log10(sd)))
    marks = sorted(
        {*levels, *(round(centre + z * sd, digits) for z in (-4.0, -2.5, -1.5, -0.6, 0.6, 1.5, 2.5, 3.2, 4.0))}
    )
    for mark in marks:
        for count in (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15):
            yield [*calm, *([mark] * count)]
    for z in (0.3, 1.2, 2.2, 3.5):
        yield [*calm, *(round(centre + (z if number % 2 else -z) * sd, digits) for number in range(16))]
        yield [*calm, *(round(centre + 0.1 * z * (number + 1) * sd, digits) for number in range(12))]
        yield [*calm, *(round(centre - 0.1 * z * (number + 1) * sd, digits) for number in range(12))]
        mark = round(centre + z * sd, digits)
        yield [*calm, mark, centre, mark, mark, centre, mark]
    waits = {periods_in(held.span, period) for rule in (*one, *two) for held in _parts(rule.condition, Held)}
    moves = [move for rule in (*one, *two) for move in _parts(rule.condition, Moves)]
    for move in moves:
        back = periods_in(move.span, period)
        for other in moves:
            for share in (float(move.share), (float(move.share) + float(other.share)) / 2, 1.05 * float(move.share)):
                for sign in (1.0, -1.0):
                    for base in {centre, *levels}:
                        for wait in {back - 1, back, back + 1, back // 2}:
                            for after in (1, 2, *(one + 1 for one in waits)):
                                yield [base] * max(1, wait) + [base * (1.0 + sign * share)] * after


def _parts(condition: Condition, kind: type) -> Iterator:  # type: ignore[type-arg]
    if isinstance(condition, kind):
        yield condition
    if isinstance(condition, (Held, Negation)):
        yield from _parts(condition.condition, kind)
    elif isinstance(condition, (Both, Either)):
        yield from _parts(condition.left, kind)
        yield from _parts(condition.right, kind)
