"""Rules of indicators over a series of periods: what holds, what is pending, what fires, since when, and why.

A rule that fires goes on firing until its condition is known to be false and, where it says `clears`, the value has
passed that level. What is unknown keeps what was known last, so a gap in the data neither fires nor clears. A part
that has never been known (control limits before the end of the baseline) cannot have fired and holds nothing up.

Everything is computed for all periods at once, along the last axis of an array: many series with the same rules may be
stacked in front of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.model.rules import Rule

from .charts import BASELINE as BASELINE
from .clauses import Clause, ClauseTrace, snapshot, threshold, trace_condition, word
from .logic import Bools
from .series import Series
from .wording import rule_text

State = Literal["ok", "pending", "warn", "alert", "unknown"]
STATES: tuple[State, ...] = ("ok", "pending", "warn", "alert", "unknown")


@dataclass(frozen=True, slots=True, eq=False)
class RuleTrace:
    """One rule in every period: its clauses, whether it fires, whether it is pending."""

    rule: Rule
    clause: ClauseTrace
    firing: Bools
    pending: Bools
    clears: ClauseTrace | None = None

    @property
    def level(self) -> Literal["warn", "alert"]:
        """What it gives when it fires."""
        return self.rule.level

    @property
    def text(self) -> str:
        """The rule as the language writes it, without its level."""
        return rule_text(self.rule)


@dataclass(frozen=True, slots=True, eq=False)
class IndicatorTrace:
    """An indicator in every period: `codes` are positions in `STATES`, shape (..., t)."""

    series: Series
    rules: tuple[RuleTrace, ...]
    codes: npt.NDArray[np.int8]

    def state(self, period: int = -1) -> State:
        """The state in a period (of a single series)."""
        return STATES[int(self.codes[period])]

    @property
    def states(self) -> tuple[State, ...]:
        """The states of a single series, in order."""
        return tuple(STATES[int(code)] for code in self.codes)

    def began(self, period: int = -1) -> int:
        """The period in which the state of `period` began, going back while it is the same."""
        last = period % len(self.codes)
        different = np.flatnonzero(self.codes[:last] != self.codes[last])
        return int(different[-1]) + 1 if len(different) else 0

    def clauses(self, period: int = -1) -> tuple[Clause, ...]:
        """The clause trees of all rules in one period, with their values: the answer to `explain`."""
        value = float(self.series.values[period])
        shown = None if np.isnan(value) else value
        return tuple(
            Clause(
                text=f"{rule.level} {rule.text}",
                kind="rule",
                truth=word(rule.clause.now, period),
                fires=bool(rule.firing[period]),
                pending=bool(rule.pending[period]),
                value=shown,
                parts=(snapshot(rule.clause, period, shown),),
            )
            for rule in self.rules
        )


def follow(rules: Sequence[Rule], series: Series) -> IndicatorTrace:
    """Follow the rules of an indicator through all periods of its series.

    The state is the worst that fires; with nothing firing it is unknown where no value was observed, pending where a
    `for` is being waited out, else ok. Without rules an observed indicator is always ok.

    A share that was planned at 20 % is looked at weekly; the rule waits for two weeks:

    >>> from mpmflow.model.rules import Held, Threshold
    >>> rule = Rule(level="warn", condition=Held(condition=Threshold(side="above", value="25%"), span="2w"))
    >>> weekly = Series(np.array([0.20, 0.24, 0.31, 0.33, 0.34]), period=7 * 86400)
    >>> follow([rule], weekly).states
    ('ok', 'ok', 'pending', 'pending', 'warn')
    """
    missing = np.isnan(series.values)
    complete = not missing.any()
    codes = np.zeros(series.values.shape, dtype=np.int8)
    if not complete:
        codes[missing] = 4
    traces = tuple(_follow_rule(rule, series, complete) for rule in rules)
    waiting = [trace.pending for trace in traces if trace.clause.loose is not trace.clause.now]
    for pending in waiting:
        np.putmask(codes, pending if complete else pending & ~missing, np.int8(1))
    for code, level in ((2, "warn"), (3, "alert")):
        for trace in traces:
            if trace.level == level:
                np.putmask(codes, trace.firing, np.int8(code))
    return IndicatorTrace(series, traces, codes)


def _follow_rule(rule: Rule, series: Series, complete: bool) -> RuleTrace:
    clause = trace_condition(rule.condition, series, complete)
    clears = None if rule.clears is None else threshold(rule.clears, series, complete)
    firing = clause.now.yes
    if clears is not None or clause.carried is not clause.now:
        silent = ~(clause.carried.yes | clause.now.yes)
        if clears is not None:
            silent &= clears.now.yes
        firing = _latch(clause.now.yes, silent)
    waits = clause.loose is not clause.now  # a rule without `for` fires as soon as it holds: it is never pending
    pending = clause.loose.yes & ~firing if waits else np.zeros_like(firing)
    return RuleTrace(rule, clause, firing, pending, clears)


def _latch(sets: Bools, resets: Bools) -> Bools:
    """True from a set on until a reset; setting wins."""
    event = sets | resets
    position = np.where(event, np.arange(event.shape[-1]), -1)
    last = np.maximum.accumulate(position, axis=-1)
    was_set = np.take_along_axis(sets, np.maximum(last, 0), axis=-1)
    return np.asarray(was_set & (last >= 0))
