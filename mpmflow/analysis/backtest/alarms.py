"""Alarms of the past against what came: who was warned in time, of what nobody was warned, what was a false alarm.

Trouble comes in spells: a spell begins with the first of two periods in a row on the wrong side and ends before two in
a row on the right side, so that one odd week is none. It is asked of two things: a metric that misses its target and
that the indicator leads to, and the indicator itself, where it lies beyond the level at which it warns (else beyond
what is expected of it).

* hit: an alarm (warn or alert) was on in the `within` periods before the spell began. For the indicator itself, which
  cannot know before it is seen, also in as many periods after.
* missed: no such alarm. false alarm: an alarm with no spell while it was on or in the `within` periods after it. One
  that stays on without trouble is a false alarm anew every `within` periods, or whoever always cries would be right.
* lead time: from the evening of the alarm to the first evening of the spell, `within` periods at most; below 0 where
  the alarm came after. Spells that had begun before anybody was asked, and alarms at the end of the history whose time
  is not over, are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import numpy.typing as npt

from mpmflow.analysis.results import Document, finite
from mpmflow.analysis.risk.estimate import outcome_measured
from mpmflow.analysis.rules import STATES
from mpmflow.graphs.causes import cause_effect
from mpmflow.model.measures import Indicator, Target
from mpmflow.model.model import Model, derived_indicators
from mpmflow.model.rules import Both, Condition, Either, Held, Negation, Threshold

from .replay import Replay, target_at

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Span = tuple[int, int]
"""First period, and the one after the last."""
FIRING = tuple(STATES.index(state) for state in ("warn", "alert"))
IN_A_ROW = 2
MONTH = 2_629_800.0
NEEDED_EVENINGS = 20
"""Evenings on which a rule was asked, at least; of fewer nothing is said."""


@dataclass(frozen=True, eq=False)
class Trouble:
    """What an indicator should warn of: the spells, and whether it is the indicator itself that is in trouble."""

    of: str
    spells: tuple[Span, ...]
    itself: bool = False


@dataclass(frozen=True, slots=True)
class Alarms:
    """How the alarms of an indicator did against one kind of trouble.

    Attributes:
        indicator, label: its name and words. of: the metric, or the indicator's own name.
        evenings: on how many it was asked. spells, alarms: how many there were that could be judged.
        hits, missed, false_alarms: counts, see the module. running: alarms and spells that are not over, or had begun
            before.
        lead_time: mean over the hits, in seconds; None without any. changes_per_month: of its state.
        cost: of what it missed and cried, by its own `missed warning costs` and `false alarm costs`; `silence_cost`
            if it had never said anything; None where the file names no costs.
        refused: why nothing is said, "" where something is.
    """

    indicator: str
    label: str
    of: str
    evenings: int
    spells: int = 0
    alarms: int = 0
    hits: int = 0
    missed: int = 0
    false_alarms: int = 0
    running: int = 0
    lead_time: float | None = None
    changes_per_month: float | None = None
    cost: float | None = None
    silence_cost: float | None = None
    currency: str = ""
    refused: str = ""

    @property
    def precision(self) -> float | None:
        """Of the alarms, the share that were not false."""
        return (self.alarms - self.false_alarms) / self.alarms if self.alarms else None

    @property
    def recall(self) -> float | None:
        """Of the spells, the share that was warned of."""
        return self.hits / self.spells if self.spells else None

    def to_dict(self) -> Document:
        return {
            "indicator": self.indicator,
            "label": self.label,
            "of": self.of,
            "evenings": self.evenings,
            "spells": self.spells,
            "alarms": self.alarms,
            "hits": self.hits,
            "missed": self.missed,
            "false_alarms": self.false_alarms,
            "running": self.running,
            "precision": finite(self.precision),
            "recall": finite(self.recall),
            "lead_time": finite(self.lead_time),
            "changes_per_month": finite(self.changes_per_month),
            "cost": finite(self.cost),
            "silence_cost": finite(self.silence_cost),
            "currency": self.currency or None,
            "refused": self.refused,
        }


# ------------------------------------------------------------------------------------------ spells and alarms
def spells_of(wrong: Bools, known: Bools) -> tuple[Span, ...]:
    """The spells of trouble; periods of which nothing is known are passed over.

    >>> bad = np.array([False, True, False, True, True, False, True, False, False, True])
    >>> spells_of(bad, np.ones(10, dtype=bool))
    ((3, 7),)
    """
    found: list[Span] = []
    begun: int | None = None
    row: list[int] = []
    for period in np.flatnonzero(known).tolist():
        if bool(wrong[period]) == (begun is None):
            row.append(period)
        else:
            row = []
        if len(row) == IN_A_ROW:
            if begun is None:
                begun = row[0]
            else:
                found.append((begun, row[0]))
                begun = None
            row = []
    if begun is not None:
        found.append((begun, len(wrong)))
    return tuple(found)


def alarms_in(states: npt.NDArray[np.int8]) -> tuple[Span, ...]:
    """Runs of periods in which a rule fires.

    >>> alarms_in(np.array([0, 2, 3, 0, 2], dtype=np.int8))
    ((1, 3), (4, 5))
    """
    firing = np.isin(states, FIRING).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], firing, [0]])))
    return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Matched:
    """Spells and alarms set against each other: the periods at which something was missed, or cried for nothing."""

    missed: tuple[int, ...]
    false: tuple[int, ...]
    leads: tuple[int, ...]
    alarms: int
    spells: int
    running: int


def match(trouble: Trouble, alarms: Sequence[Span], *, first: int, periods: int, within: int) -> Matched:
    """Set alarms against spells; see the module for what counts as what.

    Args:
        first: the first period in which rules were asked. periods: how many periods there are.
    """
    grace = within if trouble.itself else 0
    missed, false, leads, running, judged = [], [], [], 0, 0
    for begin, _ in trouble.spells:
        if begin <= first:
            running += 1
            continue
        near = [(on, off) for on, off in alarms if on < begin + grace and off > begin - within]
        if near:
            judged += 1
            leads.append(max(-within, min(within, begin - min(on for on, _ in near))))
        elif begin + grace > periods:
            running += 1
        else:
            judged += 1
            missed.append(begin)
    near_trouble = np.zeros(periods, dtype=bool)
    for begin, end in trouble.spells:
        near_trouble[max(0, begin - within) : end] = True
    cried = 0
    for on, off in alarms:
        justified = bool(near_trouble[on:off].any())
        quiet = [period for period in range(on, off) if not near_trouble[period] and period + within <= periods - 1]
        times = len(quiet) // within if justified else -(-len(quiet) // within)
        false += [quiet[number * within] for number in range(times)]
        running += not justified and not quiet
        cried += justified + times
    return Matched(tuple(missed), tuple(false), tuple(leads), cried, judged, running)


# ------------------------------------------------------------------------------------------ what to warn of
def troubles(model: Model, replayed: Replay, indicator: Indicator, targets: Mapping[str, Target]) -> Iterator[Trouble]:
    """What an indicator should warn of: each metric with a target that it leads to, and itself."""
    graph = nx.DiGraph(cause_effect(model))
    measured = outcome_measured(indicator.measure)
    starts = [name for name in (indicator.name, measured) if name is not None and name in graph]
    reached = {name for start in starts for name in nx.descendants(graph, start)}
    for name in [one for one in targets if one in reached]:
        values = replayed.seen.get(name)
        target = targets[name]
        if values is None or target.per is not None:
            continue  # a target of several periods has no week of its own that could miss it
        level = np.array(
            [float(target_at(target, replayed.last, end, 1).value.base) for end in range(1, replayed.periods + 1)]
        )
        wrong = values < level if target.comparison == "at least" else values > level
        yield Trouble(name, spells_of(wrong, ~np.isnan(values)))
    bound = level_of(model, indicator)
    if bound is not None:
        side, line = bound
        told = replayed.told[indicator.name]
        wrong = told > line if side == "above" else told < line
        yield Trouble(indicator.name, spells_of(wrong, ~np.isnan(told)), itself=True)


def level_of(model: Model, indicator: Indicator) -> tuple[str, float] | None:
    """The side and level at which an indicator is in trouble: that of its warning, else what is expected of it."""
    written = threshold_of(indicator)
    if written is not None:
        return written.side, float(written.value.base)
    derived = {one.name: one for one in derived_indicators(model)}.get(outcome_measured(indicator.measure) or "")
    better = indicator.better or (derived.better if derived else None)
    if better is None or indicator.expect is None:
        return None
    return ("above" if better == "lower" else "below"), float(indicator.expect.base)


def threshold_of(indicator: Indicator) -> Threshold | None:
    """The one level at which the warning of an indicator fires (else its alert); None without, or with several."""
    for wanted in ("warn", "alert"):
        found = [one for rule in indicator.rules if rule.level == wanted for one in _thresholds(rule.condition)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _thresholds(condition: Condition) -> Iterator[Threshold]:
    match condition:
        case Threshold():
            yield condition
        case Held():
            yield from _thresholds(condition.condition)
        case Both() | Either():
            yield from _thresholds(condition.left)
            yield from _thresholds(condition.right)
        case Negation():
            return


# ------------------------------------------------------------------------------------------ the answer
def alarms_of(
    model: Model, replayed: Replay, indicator: Indicator, targets: Mapping[str, Target], within: int
) -> tuple[Alarms, ...]:
    """How an indicator's alarms did, against each kind of trouble that it should warn of."""
    states = replayed.states[indicator.name]
    asked = np.flatnonzero(states >= 0)
    plain = Alarms(indicator.name, indicator.title, indicator.name, len(asked))
    if len(asked) < NEEDED_EVENINGS:
        why = f"its rules were asked on {len(asked)} evenings, and {NEEDED_EVENINGS} are needed"
        return (Alarms(indicator.name, indicator.title, indicator.name, len(asked), refused=why),)
    found = []
    for trouble in troubles(model, replayed, indicator, targets):
        matched = match(
            trouble,
            alarms_in(states),
            first=int(asked[0]),
            periods=replayed.periods,
            within=within,
        )
        found.append(_row(plain, trouble.of, matched, states[asked], replayed.last.period, indicator))
    return tuple(found) or (
        Alarms(
            indicator.name,
            indicator.title,
            indicator.name,
            len(asked),
            changes_per_month=_changes(states[asked], replayed.last.period),
            refused="it leads to no metric with a target, and no level says when it is in trouble itself",
        ),
    )


def _row(
    plain: Alarms,
    of: str,
    matched: Matched,
    states: npt.NDArray[np.int8],
    period: float,
    indicator: Indicator,
) -> Alarms:
    missed_cost, false_cost = costs_of(indicator)
    priced = missed_cost is not None and false_cost is not None
    cost = silence = None
    if priced:
        assert missed_cost is not None
        assert false_cost is not None
        cost = len(matched.missed) * missed_cost + len(matched.false) * false_cost
        silence = matched.spells * missed_cost
    return Alarms(
        plain.indicator,
        plain.label,
        of,
        plain.evenings,
        matched.spells,
        matched.alarms,
        len(matched.leads),
        len(matched.missed),
        len(matched.false),
        matched.running,
        float(np.mean(matched.leads)) * period if matched.leads else None,
        _changes(states, period),
        cost,
        silence,
        indicator.missed_warning_costs.unit if priced and indicator.missed_warning_costs else "",
    )


def costs_of(indicator: Indicator) -> tuple[float | None, float | None]:
    """What a missed warning and a false alarm cost; None for what the file does not say."""
    missed, false = indicator.missed_warning_costs, indicator.false_alarm_costs
    return (
        float(missed.base) if missed is not None else None,
        float(false.base) if false is not None else None,
    )


def _changes(states: npt.NDArray[np.int8], period: float) -> float:
    """Changes between silent, warn and alert, per month."""
    told = np.where(np.isin(states, FIRING), states, 0)
    return float((told[1:] != told[:-1]).sum()) / (len(told) * period / MONTH)
