"""Rules as a machine that is fed one value after another: the plain version of `following`, and a prover.

The vector engine works on all periods at once; this one keeps only what the next period needs. Fed with the same values
both say the same (the tests hold them to it). Because its memory is small and finite, two sets of rules can be walked
side by side through everything that can ever be observed: either some series tells them apart, and the walk finds the
shortest, or none ever does, which is a proof.

Control charts, rises and falls look at more of the past than such a memory holds. In a walk their truth is unknown, as
it is before there is enough history, or anything at all (`free`), which is enough for a proof and not for a series.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from mpmflow.model.rules import Both, Condition, Either, Held, Negation, Outside, Rule, Threshold

from .series import periods_in

Memory = Any
MOST_STATES = 60_000
"""A walk that meets more states than these gives up; no rule of a usual length comes near."""
_SLACK = 1e-12


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation: the value (None if missing), and the truth of each clause that needs more of the past."""

    value: float | None
    further: tuple[int, ...] = ()


class Machine:
    """The rules of one indicator.

    `step` takes the memory so far (`start` at first) and an observation, and gives the state and the next memory.

    >>> machine = Machine([Rule(level="warn", condition=Threshold(side="above", value="25%"))], 604800.0)
    >>> state, memory = machine.step(machine.start, Seen(0.3))
    >>> state, machine.step(memory, Seen(None))[0]
    ('warn', 'warn')
    """

    def __init__(self, rules: Sequence[Rule], period: float) -> None:
        self.rules, self.period = tuple(rules), period
        self.further = tuple(dict.fromkeys(one for rule in rules for one in further_in(rule.condition)))

    @property
    def start(self) -> Memory:
        """What is remembered before the first period: nothing."""
        return tuple((None, False) for _ in self.rules)

    def step(self, memory: Memory, seen: Seen) -> tuple[str, Memory]:
        """One period."""
        kept: list[Any] = []
        warns = alerts = waits = False
        for rule, (inner, fired) in zip(self.rules, memory, strict=True):
            (now, loose, carried), inner = self._clause(rule.condition, inner, seen)
            silent = carried != 1 and now != 1
            if rule.clears is not None:
                silent = silent and _threshold(rule.clears, seen.value) == 1
            firing = now == 1 or (fired and not silent)
            warns, alerts = warns or (firing and rule.level == "warn"), alerts or (firing and rule.level == "alert")
            waits = waits or (loose == 1 and not firing)
            kept.append((inner, firing))
        if alerts or warns:
            return ("alert" if alerts else "warn"), tuple(kept)
        return ("unknown" if seen.value is None else "pending" if waits else "ok"), tuple(kept)

    def _clause(self, condition: Condition, memory: Memory, seen: Seen) -> tuple[tuple[int, int, int], Memory]:
        """What a clause is now, loosely, and carried on; and what it remembers."""
        if isinstance(condition, Negation):
            (now, loose, carried), memory = self._clause(condition.condition, memory, seen)
            return (_not(now), _not(loose), _not(carried)), memory
        if isinstance(condition, (Both, Either)):
            left, right = memory if memory is not None else (None, None)
            one, left = self._clause(condition.left, left, seen)
            two, right = self._clause(condition.right, right, seen)
            join = _and if isinstance(condition, Both) else _or
            return (join(one[0], two[0]), join(one[1], two[1]), join(one[2], two[2])), (left, right)
        if isinstance(condition, Held):
            back = periods_in(condition.span, self.period)
            inner, tally, carried_tally = memory if memory is not None else (None, (0, back + 1), (0, back + 1))
            (now, loose, carried), inner = self._clause(condition.condition, inner, seen)
            tally, carried_tally = _tallied(tally, now, back), _tallied(carried_tally, carried, back)
            return (_held(tally, back), loose, _held(carried_tally, back)), (inner, tally, carried_tally)
        if isinstance(condition, Threshold):
            now = _threshold(condition, seen.value)
        elif isinstance(condition, Outside):
            now = _outside(condition, seen.value)
        else:
            now = seen.further[self.further.index(condition)] if seen.further else -1
        last = now if now != -1 else (-1 if memory is None else memory)
        return (now, now, last), last


def further_in(condition: Condition) -> Iterator[Condition]:
    """The clauses that look further back than a machine remembers: control charts, rises and falls."""
    if isinstance(condition, (Both, Either)):
        yield from further_in(condition.left)
        yield from further_in(condition.right)
    elif isinstance(condition, (Held, Negation)):
        yield from further_in(condition.condition)
    elif not isinstance(condition, (Threshold, Outside)):
        yield condition


def told_apart(
    one: Sequence[Rule],
    two: Sequence[Rule],
    values: Sequence[float | None],
    period: float,
    *,
    free: bool = False,
    longest: int | None = None,
) -> tuple[float | None, ...] | None:
    """The shortest series of some values on which two sets of rules differ in their last state; None if there is none.

    Args:
        values: what may be observed; None stands for a missing value. Values that pass the same levels are the same to
            every rule, so one of each kind is everything there is.
        free: let clauses that look further back be anything at any time, instead of unknown. A None is then a proof.
        longest: series of at most so many periods.

    Raises OverflowError where the walk meets more than `MOST_STATES` states.

    >>> above = [Rule(level="warn", condition=Threshold(side="above", value=level)) for level in (25, 30)]
    >>> told_apart(above[:1], above[1:], [20.0, 27.0, 35.0], 604800.0)
    (27.0,)
    """
    first, second = Machine(one, period), Machine(two, period)
    both = tuple(dict.fromkeys((*first.further, *second.further)))
    inputs = [
        (value, dict(zip(both, truths, strict=True)))
        for value in values
        for truths in (
            product((-1,) if value is None else (0, 1, -1), repeat=len(both)) if free else [(-1,) * len(both)]
        )
    ]
    begin = (first.start, second.start)
    met = {begin}
    waiting: deque[tuple[Any, tuple[float | None, ...]]] = deque([(begin, ())])
    while waiting:
        (left, right), path = waiting.popleft()
        if longest is not None and len(path) >= longest:
            continue
        for value, truths in inputs:
            state, after = first.step(left, Seen(value, tuple(truths[one] for one in first.further)))
            other, after_too = second.step(right, Seen(value, tuple(truths[one] for one in second.further)))
            if state != other:
                return (*path, value)
            memories = (after, after_too)
            if memories not in met:
                met.add(memories)
                if len(met) > MOST_STATES:
                    raise OverflowError("too many states to walk through")
                waiting.append((memories, (*path, value)))
    return None


def _tallied(tally: tuple[int, int], truth: int, back: int) -> tuple[int, int]:
    """How many periods in a row it was true, and how many ago it was false last; both no further than matters."""
    true, since_false = tally
    return (min(true + 1, back + 1) if truth == 1 else 0), (0 if truth == 0 else min(since_false + 1, back + 1))


def _held(tally: tuple[int, int], back: int) -> int:
    true, since_false = tally
    return 1 if true > back else 0 if since_false <= back else -1


def _threshold(condition: Threshold, value: float | None) -> int:
    if value is None:
        return -1
    level = float(condition.value.base)
    return int(_less(level, value) if condition.side == "above" else _less(value, level))


def _outside(condition: Outside, value: float | None) -> int:
    if value is None:
        return -1
    return int(_less(value, float(condition.low.base)) or _less(float(condition.high.base), value))


def _less(left: float, right: float) -> bool:
    return left < right - _SLACK * max(abs(left), abs(right))


def _not(truth: int) -> int:
    return -1 if truth == -1 else 1 - truth


def _and(one: int, two: int) -> int:
    return 0 if 0 in (one, two) else 1 if one == two == 1 else -1


def _or(one: int, two: int) -> int:
    return _not(_and(_not(one), _not(two)))
