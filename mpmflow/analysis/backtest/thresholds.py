"""The level of a warning that would have cost least, and how sure that is.

Every level between the smallest and the largest value that was seen is tried on the same evenings: its misses and false
alarms are priced by the indicator's own costs, or alike where it names none. How sure: the periods are resampled in
blocks, and the cheapest level found anew each time. It was found in hindsight, on the same history that it is judged
by, so its saving is the most that could have been had.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.results import Document, finite
from mpmflow.analysis.rules import Series, follow
from mpmflow.model.measures import Indicator
from mpmflow.model.quantities import Quantity
from mpmflow.model.rules import Both, Condition, Either, Held, Rule, Threshold
from mpmflow.numerics.statistics.scores import blocks

from .alarms import Trouble, alarms_in, costs_of, match, threshold_of
from .replay import Replay

Floats = npt.NDArray[np.float64]
LEVELS = 40
RESAMPLES = 1_000
NEEDED_SPELLS = 3
"""Spells of trouble, at least: of fewer nothing is said about what a warning should wait for."""


@dataclass(frozen=True, slots=True)
class CheapestLevel:
    """The level at which the warning of an indicator would have cost least.

    Attributes:
        written: the level in the file. level, low, high: the cheapest one and its 90 % interval, all in base units.
        cost, cost_written: what both would have cost in the whole history; counts of mistakes where the file names no
            costs (`priced`).
        unit: as the file writes levels; `scale` of base units in one of it.
        refused: why nothing is said, "" where something is.
    """

    indicator: str
    of: str
    written: float
    side: str
    unit: str
    scale: float
    level: float | None = None
    low: float | None = None
    high: float | None = None
    cost: float | None = None
    cost_written: float | None = None
    priced: bool = False
    currency: str = ""
    refused: str = ""

    def to_dict(self) -> Document:
        return {
            "indicator": self.indicator,
            "of": self.of,
            "side": self.side,
            "written": self.written,
            "level": finite(self.level),
            "low": finite(self.low),
            "high": finite(self.high),
            "cost": finite(self.cost),
            "cost_written": finite(self.cost_written),
            "priced": self.priced,
            "currency": self.currency or None,
            "unit": self.unit,
            "refused": self.refused,
        }


def cheapest_level(
    replayed: Replay, indicator: Indicator, trouble: Trouble, within: int, *, seed: int = 0
) -> CheapestLevel | None:
    """The cheapest level of an indicator's warning against one kind of trouble; None if it has no one level."""
    written = threshold_of(indicator)
    if written is None:
        return None
    told = replayed.told[indicator.name]
    asked = np.flatnonzero(replayed.states[indicator.name] >= 0)
    scale = float(written.value.base / written.value.value) if written.value.value else 1.0
    plain = CheapestLevel(
        indicator.name, trouble.of, float(written.value.base), written.side, written.value.unit, scale
    )
    first = int(asked[0])
    spells = [one for one in trouble.spells if one[0] > first]
    if len(spells) < NEEDED_SPELLS:
        why = f"there were {len(spells)} spells of trouble that could be foretold, and {NEEDED_SPELLS} are needed"
        return _refused(plain, why)
    values = told[~np.isnan(told)]
    tried = np.unique(np.concatenate([np.quantile(values, np.linspace(0.02, 0.98, LEVELS)), [plain.written]]))
    missed_cost, false_cost = costs_of(indicator)
    priced = missed_cost is not None and false_cost is not None
    if missed_cost is None or false_cost is None:
        missed_cost = false_cost = 1.0
    table = np.zeros((len(tried), replayed.periods))
    for row, level in enumerate(tried.tolist()):
        rules = tuple(_moved(rule, written, level, scale) for rule in indicator.rules)
        states = follow(rules, Series(told, replayed.last.period)).codes
        found = match(trouble, alarms_in(states), first=first, periods=replayed.periods, within=within)
        np.add.at(table[row], list(found.missed), missed_cost)
        np.add.at(table[row], list(found.false), false_cost)
    costs = table.sum(axis=1)
    chosen = _cheapest(costs[:, None], tried, plain.written)
    asked_for = replayed.periods - first
    drawn = blocks(asked_for, max(within, 4), resamples=RESAMPLES, seed=seed)
    times = np.zeros((RESAMPLES, asked_for))
    np.add.at(times, (np.arange(RESAMPLES)[:, None], drawn), 1.0)
    levels = _cheapest(table[:, first:] @ times.T, tried, plain.written)
    low, high = (float(end) for end in np.quantile(levels, [0.05, 0.95]))
    return CheapestLevel(
        plain.indicator,
        plain.of,
        plain.written,
        plain.side,
        plain.unit,
        plain.scale,
        float(chosen[0]),
        min(low, float(chosen[0])),
        max(high, float(chosen[0])),
        float(costs.min()),
        float(costs[int(np.searchsorted(tried, plain.written))]),
        priced,
        indicator.missed_warning_costs.unit if priced and indicator.missed_warning_costs else "",
    )


def _cheapest(costs: Floats, tried: Floats, written: float) -> Floats:
    """For each column of costs the cheapest level; of several that cost the same, the one nearest to the written."""
    near = np.abs(tried - written)
    least = costs.min(axis=0)
    return np.asarray(tried[np.argmin(np.where(costs <= least + 1e-9 * (1.0 + least), near[:, None], np.inf), axis=0)])


def _refused(plain: CheapestLevel, why: str) -> CheapestLevel:
    return CheapestLevel(plain.indicator, plain.of, plain.written, plain.side, plain.unit, plain.scale, refused=why)


def _moved(rule: Rule, written: Threshold, level: float, scale: float) -> Rule:
    """A rule with the level in the place of the written one; what it clears at stays as far from it as it was."""
    condition = _replaced(rule.condition, written, level, scale)
    if condition is rule.condition:
        return rule
    clears = rule.clears
    if clears is not None:
        apart = float(clears.value.base) - float(written.value.base)
        clears = clears.model_copy(update={"value": _quantity(level + apart, written.value.unit, scale)})
    return rule.model_copy(update={"condition": condition, "clears": clears})


def _replaced(condition: Condition, written: Threshold, level: float, scale: float) -> Condition:
    if condition is written:
        return written.model_copy(update={"value": _quantity(level, written.value.unit, scale)})
    match condition:
        case Held():
            inner = _replaced(condition.condition, written, level, scale)
            return condition if inner is condition.condition else condition.model_copy(update={"condition": inner})
        case Both() | Either():
            left = _replaced(condition.left, written, level, scale)
            right = _replaced(condition.right, written, level, scale)
            if left is condition.left and right is condition.right:
                return condition
            return condition.model_copy(update={"left": left, "right": right})
        case _:
            return condition


def _quantity(level: float, unit: str, scale: float) -> Quantity:
    return Quantity(value=Fraction(level / scale).limit_denominator(10**9), unit=unit)
