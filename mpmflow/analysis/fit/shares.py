"""Outcome shares of a decision from its spells: open cases counted, by visit where the data speak for it.

Cases wait for a decision after different events, and for different times; each event has its own estimate under
censoring (`numerics.statistics.censored`), and the decisions that it is worth are added up. Shares of a case's first,
second and later visits stand apart if that describes the decisions better by the Bayesian information criterion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.model.imports import all_workflows
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision
from mpmflow.model.spells import OPEN, DecisionSpells, Spells
from mpmflow.numerics.statistics.censored import aalen_johansen, censored_shares
from mpmflow.numerics.statistics.estimates import OutcomePosterior
from mpmflow.numerics.statistics.pooling import NEEDED as DECISIONS_OF_A_KIND
from mpmflow.numerics.statistics.pooling import pooled_shares

from .window import Window

Floats = npt.NDArray[np.float64]
MOST_VISITS = 4
"""Visits from this one on are told apart no more."""


@dataclass(frozen=True, eq=False)
class CensoredCounts:
    """Decisions by outcome, with what the open ones add.

    Attributes:
        counts: decisions by visit and outcome, (V, K): one row for all visits, or one for the first, the second, …,
            the last for all later ones. Rows are worth as much as the decisions made.
        made: weight of the decisions made; open: of those not made.
        methods: how open decisions were counted: "aalen-johansen", "gamma waits"; empty if none was open.
    """

    counts: Floats
    made: float
    open: float
    methods: tuple[str, ...]

    @property
    def visits(self) -> int:
        """How many visits are told apart."""
        return len(self.counts)


def censored_counts(
    spells: DecisionSpells,
    outcomes: int,
    window: Window,
    most_visits: int = MOST_VISITS,
    given_up: Collection[int] = (),
) -> CensoredCounts:
    """What the spells of a decision tell about its shares.

    Args:
        spells: of one decision, as `readers.spells.read_spells` makes them.
        outcomes: how many it has.
        window: what counts, and for how much.
        most_visits: how many visits may have shares of their own; 1 for one row whatever the data say.
        given_up: marks after which cases ended in silence (`Spells.given_up`): those all waited equally long before
            they were given up, which no law of waiting describes.

    For those who only want the decisions made, with the open ones in their place: `.counts.sum(axis=0)`.
    """
    visit = np.minimum(np.asarray(spells.visit), most_visits)
    parts = _Parts(spells, outcomes, window, given_up)
    # Which visits differ is asked of the decisions made; open ones are then put in their place once.
    made = [parts.decided(visit == number) for number in range(1, most_visits + 1)]
    length = _visits_apart(made)
    groups = [visit == number for number in range(1, length)] + [visit >= length]
    found = [parts.counts(group) for group in groups]
    counts = np.array([row for row, _ in found])
    methods = tuple(dict.fromkeys(method for _, used in found for method in used))
    return CensoredCounts(counts, float(counts.sum()), parts.open, methods)


def _visits_apart(made: Sequence[Floats]) -> int:
    """How many visits to tell apart, by BIC: 1 for none."""
    best, score = 1, _score([_summed(made)])
    for length in range(2, len(made) + 1):
        table = [*made[: length - 1], _summed(made[length - 1 :])]
        if any(row.sum() < 1.0 for row in table):
            break
        found = _score(table)
        if found < score:
            best, score = length, found
    return best


def censored_decisions(model: Model, spells: Spells, window: Window) -> dict[str, CensoredCounts]:
    """The censored counts of every decision and choose that the log shows, by name, in the order of the text.

    For whoever estimates shares from counts of decisions made: `.counts.sum(axis=0)` are as many decisions, with those
    that are still open in their place.
    """
    found = {}
    for workflow in all_workflows(model):
        for node in workflow.nodes():
            if isinstance(node, Decision | Choose) and node.name in spells.decisions:
                found[node.name] = censored_counts(
                    spells.decisions[node.name], len(node.outcomes), window, given_up=spells.given_up
                )
    return found


def _summed(rows: Sequence[Floats]) -> Floats:
    return np.asarray(np.sum(rows, axis=0))


def _score(table: Sequence[Floats]) -> float:
    """BIC of shares that differ by row."""
    total = sum(float(row.sum()) for row in table)
    used = int((np.sum(table, axis=0) > 0).sum())
    likelihood = 0.0
    for row in table:
        seen = row[row > 0]
        likelihood += float(seen @ np.log(seen / row.sum())) if len(seen) else 0.0
    return len(table) * max(used - 1, 0) * float(np.log(max(total, 1.0))) - 2.0 * likelihood


class _Parts:
    """The spells of a decision as arrays, taken apart by the event before."""

    def __init__(self, spells: DecisionSpells, outcomes: int, window: Window, given_up: Collection[int]) -> None:
        self.given_up = given_up
        entered, left = np.asarray(spells.entered), np.asarray(spells.left)
        self.weight = window.weights(entered)
        self.time = np.maximum(left - entered, 0.0)
        self.outcome = np.asarray(spells.outcome)
        self.after = np.asarray(spells.after)
        self.outcomes = outcomes

    @property
    def open(self) -> float:
        return float(self.weight[self.outcome == OPEN].sum())

    def decided(self, chosen: npt.NDArray[np.bool_]) -> Floats:
        """Decisions made by outcome (K,)."""
        made = chosen & (self.weight > 0) & (self.outcome >= 0) & (self.outcome < self.outcomes)
        counts = np.bincount(self.outcome[made], weights=self.weight[made], minlength=self.outcomes)
        return np.asarray(counts, dtype=float)

    def counts(self, chosen: npt.NDArray[np.bool_]) -> tuple[Floats, tuple[str, ...]]:
        """Decisions by outcome (K,), as many as were made."""
        found = np.zeros(self.outcomes)
        methods: dict[str, None] = {}
        for mark in np.unique(self.after[chosen]):
            here = chosen & (self.after == mark) & (self.weight > 0)
            asked = here & (self.outcome < self.outcomes)
            waiting = here & (self.outcome == OPEN)
            if not (asked & ~waiting).any():
                continue  # nobody came to this decision from here: those who wait here wait for something else
            if not waiting.any():
                found += self.decided(here)
                continue
            estimate = aalen_johansen if int(mark) in self.given_up else censored_shares
            answer = estimate(self.time[here], self.outcome[here], self.outcomes + 1, weights=self.weight[here])
            methods[answer.method] = None
            found += answer.counts[: self.outcomes]
        return found, tuple(methods)


def prior_counts(outcomes: Sequence[float], pooled: Floats | None) -> Floats:
    """Pseudo-decisions before the data (K,): one, split evenly, or what decisions of a kind lend each other.

    An outcome declared at 0 % has none: it stays impossible until it is seen.
    """
    declared = np.asarray(outcomes, dtype=float)
    possible = declared > 0.0
    if pooled is not None:
        return np.asarray(np.where(possible, pooled, 0.0))
    return np.asarray(np.where(possible, 1.0 / max(int(possible.sum()), 1), 0.0))


def pooled_priors(
    counts: Mapping[str, Floats], kinds: Mapping[str, Sequence[bool]], declared: Mapping[str, Sequence[float]]
) -> dict[str, Floats]:
    """Priors of decisions that are of one kind, because each has outcomes with the same effect.

    Args:
        counts: decision -> decisions by outcome (K,).
        kinds: decision -> which of its outcomes have the effect (K,); decisions without any are left out.
        declared: decision -> declared shares (K,), which say how outcomes of the same sort share their part.

    Empty with fewer than 3 such decisions that have data.
    """
    names = [name for name, marks in kinds.items() if any(marks) and not all(marks) and counts[name].sum() > 0]
    if len(names) < DECISIONS_OF_A_KIND:
        return {}
    chosen = {name: np.asarray(kinds[name], dtype=bool) for name in names}
    events = [float(counts[name][chosen[name]].sum()) for name in names]
    trials = [float(counts[name].sum()) for name in names]
    pooled = pooled_shares(events, trials)
    found = {}
    for name, own in zip(names, trials, strict=True):
        # What the others lend is worth no more than they have seen.
        strength = min(pooled.strength, sum(trials) - own)
        split = np.asarray(declared[name], dtype=float)
        prior = np.zeros(len(split))
        for marks, share in ((chosen[name], pooled.group_mean), (~chosen[name], 1.0 - pooled.group_mean)):
            part = split[marks] if split[marks].sum() > 0 else np.ones(int(marks.sum()))
            prior[marks] = strength * share * part / part.sum()
        found[name] = prior
    return found


def given_up(spells: DecisionSpells, outcome: int, outcomes: int, found: CensoredCounts, window: Window) -> bool:
    """Whether an outcome is taken no more: with its share, the decisions since the last one would have had some
    (chance below 1 %).

    Forgetting alone never comes to the end of an outcome that was frequent once.
    """
    share = float(found.counts[:, outcome].sum() / max(found.made, 1e-9))
    decided, kinds = np.asarray(spells.left), np.asarray(spells.outcome)
    made = (window.weights(spells.entered) > 0) & (kinds >= 0) & (kinds < outcomes)
    taken = decided[made & (kinds == outcome)]
    since = int((decided[made] > taken.max()).sum()) if len(taken) else 0
    return bool(since * np.log1p(-min(share, 0.999)) < np.log(0.01))


def posteriors(found: CensoredCounts, prior: Floats) -> tuple[OutcomePosterior, ...]:
    """The law of the shares at each visit that is told apart."""
    return tuple(OutcomePosterior(prior, row) for row in found.counts)


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often cases took an outcome.

    Attributes:
        most: the largest number of times in one case.
        cases: how many cases took it so often.
        again: how many decisions were made by cases that had taken it `most` times already.
        chance: the chance that none of those took it once more, were there no bound.
    """

    most: int
    cases: int
    again: int
    chance: float

    @property
    def bounded(self) -> bool:
        """Whether there must be a bound: without one more rounds would have been seen (chance below 1 %)."""
        return self.again > 0 and self.chance < 0.01


def rounds(spells: DecisionSpells, outcome: int, outcomes: int, share: float, window: Window) -> Rounds | None:
    """How often cases took an outcome, and whether that shows a bound; None if nobody took it."""
    weight = window.weights(spells.entered)
    taken: dict[int, int] = {}
    after: dict[int, int] = {}
    for case, number, counts in zip(spells.case, spells.outcome, weight, strict=True):
        if counts <= 0 or not 0 <= number < outcomes:
            continue
        before = taken.get(case, 0)
        after[before] = after.get(before, 0) + 1
        if number == outcome:
            taken[case] = before + 1
    if not taken:
        return None
    most = max(taken.values())
    again = after.get(most, 0)
    cases = sum(1 for times in taken.values() if times == most)
    return Rounds(most, cases, again, float((1.0 - share) ** again))


def effects(outcomes: Iterable[object], effect: str) -> tuple[bool, ...]:
    """Which outcomes have an effect."""
    return tuple(bool(getattr(outcome, effect)) for outcome in outcomes)
