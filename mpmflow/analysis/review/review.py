"""`ledger review`: what was foretold and promised, held against what came, and how good the forecasts were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from mpmflow.analysis.backtest.replay import Progress
from mpmflow.analysis.difference.comparable import Comparable, comparable
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import Document, Provenance, Result, model_hash, mpmflow_version, provenance
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.numerics.statistics.scores import Reliability

from .again import ObserveDay, said_again
from .groups import Group, QuantileKept, chances_kept, groups_of, quantiles_kept
from .judged import Judged, Said, Told, judge
from .kept import KeptForecast, Settlement, span_of
from .truth import Truth, is_missed

FROM_DATA = "the data"


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement with how it entered the ledger."""

    settlement: Settlement
    recorded: datetime
    author: str | None = None

    def __str__(self) -> str:
        by = f" by {self.author}" if self.author else ""
        return f"{self.settlement.written} ({self.settlement.source}), recorded {self.recorded:%Y-%m-%d}{by}"


@dataclass(frozen=True, slots=True)
class Review(Result):
    """Forecasts and promises of the past, held against what came.

    Attributes:
        as_of: the day up to which the truth is known.
        judged: every forecast, the earliest day first; see `Judged`.
        groups: scores of all together, by metric, by owner, by version of the model.
        reliability: what was said of misses beside how often they came; quantiles: how often the truth lay at or below
            each quantile that was foretold.
        notes: what else a reader should know.
    """

    schema: ClassVar[str] = "mpmflow/review/1"
    shown_by = ("render.review_page", "ReviewPage")

    as_of: date
    judged: tuple[Judged, ...]
    groups: tuple[Group, ...]
    reliability: tuple[Reliability, ...]
    quantiles: tuple[QuantileKept, ...]
    provenance: Provenance
    notes: tuple[str, ...] = field(default=())

    def group(self, by: str, name: str = "all") -> Group:
        """The scores of a metric, an owner, a version of the model, or `all`. KeyError, naming those there are."""
        for one in self.groups:
            if (one.by, one.name) == (by, name):
                return one
        there = ", ".join(f"{one.by} {one.name}" for one in self.groups)
        raise KeyError(f"nothing is scored by {by} {name!r}; there are: {there or 'none'}")

    def body(self) -> Document:
        return {
            "as_of": self.as_of.isoformat(),
            "forecasts": [one.to_dict() for one in self.judged],
            "groups": [one.to_dict() for one in self.groups],
            "reliability": [
                {"from": row.low, "to": row.high, "said": row.said, "came": row.came, "forecasts": row.count}
                for row in self.reliability
            ],
            "quantiles": [row.to_dict() for row in self.quantiles],
            "provenance": self.provenance.to_dict(),
            "notes": list(self.notes),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """A row for each forecast."""
        names = (
            "metric", "owner", "commitment", "scenario", "as_of", "on", "target", "forecast", "low", "high", "p_miss",
            "mark", "came", "reached_on", "why",
        )  # fmt: skip
        rows = [one.to_dict() for one in self.judged]
        scores = {
            "crps": [one.scores.crps for one in self.judged],
            "brier": [one.scores.brier for one in self.judged],
        }
        return {name: [row[name] for row in rows] for name in names} | scores

    def __str__(self) -> str:
        marks = [one.mark for one in self.judged]
        told = ", ".join(f"{marks.count(word)} {word}" for word in ("kept", "missed", "late", "came", "ahead"))
        return f"Review as of {self.as_of}: {len(marks)} forecasts, {told}"


def review(
    model: Model,
    observations: Observations | None,
    said: Sequence[Said],
    settled: Sequence[Settled] = (),
    *,
    today: date,
    models: Mapping[str, Model | str] | None = None,
    taken: Iterable[str] = (),
    observe: ObserveDay | None = None,
    seed: int = 0,
    samples: Samples | None = None,
    progress: Progress | None = None,
    asked_for: date | None = None,
) -> Review:
    """Hold forecasts against what came.

    Args:
        model: today's, with which the truth is read.
        observations: what is known; None where there are no data, and truths are brought by hand alone.
        said: the forecasts. settled: what somebody said came, in the order in which it was recorded: the last counts.
        today: the day up to which the truth is known where there are no data.
        models: hash -> the model with which forecasts were made, or why it cannot be read.
        taken: scenarios that were carried out, so that what was foretold under them can be judged.
        observe: what was known on a day of the past: then today's model is asked what it would have said.
        seed: of the draws of what today's model says.
        asked_for: nothing is judged whose day is later; None for all that the data tell.

    A forecast of a metric that is defined otherwise today cannot be compared, and says so; a truth that was brought by
    hand is one of the metric as it was.
    """
    carried_out = frozenset(taken)
    forecasts = [one.forecast for one in said]
    truth = Truth(model, observations, forecasts, samples=samples, asked=asked_for) if observations else None
    until = truth.known_until if truth is not None else today
    found = _Found(model, truth, until, settled, models or {}, carried_out)
    order = sorted(said, key=lambda one: (one.forecast.on, one.forecast.as_of, one.forecast.metric, one.id))
    told = [found.told(one.forecast) for one in order]
    notes: list[str] = []
    again: Mapping[int, Any] = {}
    if observe is not None:
        numbers = [number for number, one in enumerate(told) if isinstance(one[0], Told)]
        asked = [order[number].forecast for number in numbers]
        answers, remarks = said_again(model, observe, asked, seed=seed, samples=samples, progress=progress)
        again = {numbers[place]: answer for place, answer in answers.items()}
        notes += remarks
    judged = tuple(
        judge(one, figure, why=why, due=due, again=again.get(number))
        for number, (one, (figure, due, why)) in enumerate(zip(order, told, strict=True))
    )
    notes += _in_hindsight(judged)
    return Review(
        as_of=until,
        judged=judged,
        groups=groups_of(judged),
        reliability=chances_kept(judged),
        quantiles=quantiles_kept(judged),
        provenance=provenance(model, seed=seed),
        notes=tuple(notes),
    )


def _in_hindsight(judged: Sequence[Judged]) -> Iterable[str]:
    """Says how many forecasts nobody can know to have been made before what they foretold."""
    known = [one for one in judged if one.came is not None]
    after = sum(1 for one in known if one.said.recorded.date() > one.forecast.on)
    if after:
        yield (
            f"Recorded only after their day: {after:,} of {len(known):,} forecasts that can be judged. That shows what "
            "would have been said, not that it was."
        )


def made_by_others(model: Model, said: Sequence[Said]) -> bool:
    """Whether some forecasts were made by another model, or by another version of mpmflow."""
    own = (model_hash(model), mpmflow_version())
    return any((one.forecast.model, one.forecast.version) != own for one in said)


class _Found:
    """Finds what came of forecasts: by hand, else in the data, where they still mean the same."""

    def __init__(
        self,
        model: Model,
        truth: Truth | None,
        until: date,
        settled: Sequence[Settled],
        models: Mapping[str, Model | str],
        taken: frozenset[str],
    ) -> None:
        self.model, self.truth, self.until, self.models, self.taken = model, truth, until, models, taken
        self.hash = model_hash(model)
        self.by_hand: dict[str, list[Settled]] = {}
        for one in settled:
            self.by_hand.setdefault(one.settlement.metric, []).append(one)
        self._same: dict[tuple[str, str], Comparable] = {}

    def told(self, one: KeptForecast) -> tuple[Told | None, bool, str]:
        """What came, whether its day is over, and why nothing can be said or what else to know."""
        if one.scenario is not None and one.scenario not in self.taken:
            why = f"It holds only if “{one.title}” is carried out (--taken {one.scenario} says that it was)."
            return None, one.on <= self.until, why
        hand = [row for row in self._by_hand(one) if row.settlement.on == one.on]
        comparable_now = self._comparable(one)
        came = self.truth.came(one) if self.truth is not None and comparable_now.same else None
        if hand:
            last = hand[-1].settlement
            reached = self._reached(one, last.value, in_data=comparable_now.same)
            told = Told(last.value, last.source, True, tuple(str(row) for row in hand[:-1]), reached)
            differs = came is not None and came.figure is not None and _differ(came.figure, last.value)
            return told, True, "The data say otherwise." if differs else ""
        due = one.on <= self.until
        if not due:
            return None, False, ""
        if not comparable_now.same:
            return None, True, "It cannot be compared: " + "; ".join(comparable_now.why) + "."
        if came is None:
            return None, True, f"There are no data; say what came: ledger settle {one.metric} VALUE SOURCE."
        if came.figure is None:
            return None, True, came.why
        return Told(came.figure, FROM_DATA, reached_on=self._reached(one, came.figure, in_data=True)), True, ""

    def _by_hand(self, one: KeptForecast) -> list[Settled]:
        """Truths of the metric over the same span; that of a later day may end on that day."""
        found = [row for row in self.by_hand.get(one.metric, []) if row.settlement.on >= one.on]
        return [
            row
            for row in found
            if row.settlement.reading == one.reading
            or (row.settlement.on > one.on and span_of(row.settlement.reading) == span_of(one.reading))
        ]

    def _reached(self, one: KeptForecast, figure: float, *, in_data: bool) -> date | None:
        """When a target that was missed was met after all: as somebody said, else in the data."""
        if one.target is None or not is_missed(figure, one.target):
            return None
        said = {row.settlement.on: row.settlement.value for row in self._by_hand(one) if row.settlement.on > one.on}
        by_hand = next((day for day in sorted(said) if not is_missed(said[day], one.target)), None)
        return by_hand or (self.truth.reached(one) if self.truth is not None and in_data else None)

    def _comparable(self, one: KeptForecast) -> Comparable:
        if one.model == self.hash:
            return Comparable(True)
        key = (one.model, one.metric)
        if key not in self._same:
            old = self.models.get(one.model, "the ledger does not hold the model it was made with")
            self._same[key] = (
                Comparable(False, (old,)) if isinstance(old, str) else comparable(old, self.model, one.metric)
            )
        return self._same[key]


def _differ(one: float, two: float) -> bool:
    return abs(one - two) > 1e-9 * max(abs(one), abs(two))
