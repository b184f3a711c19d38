"""The change of a figure from one period to the other, shared out exactly: by source, and by what sort of source.

Figures of a workflow have the symmetric splits of `analysis.risk.spread` and `switching`. Where cases are told apart by
a column, a mean over cases is the mix of the means of its segments, and a product's change is each factor's change at
the mean of the other (for two factors the Shapley value): what the mix adds, and what happened within. Formulas are
split by switching their inputs, and the part of an input is shared out as that input's own change is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.risk.influences import at
from mpmflow.analysis.risk.levels import figure_name, figures_of, inputs_of
from mpmflow.analysis.risk.spread import Split
from mpmflow.analysis.risk.switching import by_switching
from mpmflow.model.expressions import Expression
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision

from .states import States

Kind = Literal["mix", "rates", "process", "volume", "data"]
KINDS: tuple[Kind, ...] = ("mix", "rates", "process", "volume", "data")
"""What a part is due to: which cases came (segments, outcomes of `choose`), how decisions went, how long things took
and what they cost, how many cases came, or something that only data tell of.
"""
MIXED = ("time", "cost", "yield", "scrap", "first_pass", "late")
"""Figures that are means over cases, so that segments of cases mix."""
CANCELLED = 1e-7
"""A change smaller than this part of its largest source is one whose sources cancel."""
Floats = npt.NDArray[np.float64]


def kind_of(source: str, model: Model, metrics: Collection[str]) -> Kind:
    """What sort of source a name is."""
    if " = " in source:
        return "mix"
    if source in metrics:
        return "data"
    node, _, aspect = source.partition(".")
    if aspect == "arrivals":
        return "volume"
    for one in with_imports(model):
        for _, place in one.nodes():
            if isinstance(place, Choose | Decision) and place.name == node:
                outcomes = {outcome.name for outcome in place.outcomes}
                if aspect in outcomes:
                    return "mix" if isinstance(place, Choose) else "rates"
    return "process"


class Changes:
    """Every figure in both periods, with its split; `levels` are those of metrics that only data tell of."""

    def __init__(
        self, model: Model, states: States, levels: tuple[Mapping[str, float], Mapping[str, float]], column: str
    ) -> None:
        self.model, self.states, self.levels, self.column = model, states, levels, column
        self.formulas: dict[str, Expression] = {}
        for one in with_imports(model):
            self.formulas |= {metric.name: metric.formula for metric in one.metrics if metric.formula is not None}
        self._known: dict[str, Split | None] = {}

    def metric(self, name: str) -> Split | None:
        """A metric before, after and by source; None where one of its levels is not known."""
        if name not in self._known:
            self._known[name] = None  # a formula that goes round has no level
            formula = self.formulas.get(name)
            self._known[name] = self._data(name) if formula is None else self._formula(formula)
        return self._known[name]

    def figure(self, function: str, workflow: str, statistic: str | None = None) -> Split | None:
        """A figure of a workflow, mixed of its segments where cases are told apart."""
        change = self.states.changes.get(workflow)
        if change is None:
            return None
        if statistic is None and self.states.segments:
            if function in MIXED:
                return self._mixed(function, workflow)
            good, rate = self._mixed("yield", workflow), change.rate
            time = self._mixed("time", workflow)
            if function == "throughput" and rate is not None and good is not None:
                return rate.times(good).times(Split(self.states.period, self.states.period))
            if function == "wip" and rate is not None and time is not None:
                return rate.times(time)
        found = change.split(function, statistic)
        return None if found is None else _closed(found, figure_name(function, workflow, statistic))

    def _mixed(self, function: str, workflow: str) -> Split | None:
        """A mean over cases as the mix of its segments'."""
        segments = self.states.segments
        splits = [segment.changes[workflow].split(function) for segment in segments]
        if not segments or any(split is None for split in splits):
            return self.states.changes[workflow].split(function)
        known = [_closed(split, figure_name(function, workflow)) for split in splits if split is not None]
        middles = [0.5 * (split.before + split.after) for split in known]
        weights = [0.5 * (segment.before + segment.after) for segment in segments]
        usual = sum(weight * middle for weight, middle in zip(weights, middles, strict=True))
        parts: dict[str, float] = {}
        for segment, split, middle, weight in zip(segments, known, middles, weights, strict=True):
            moved = (segment.after - segment.before) * (middle - usual)
            if moved:
                parts[f"{self.column} = {segment.value}"] = moved
            for name, part in split.parts.items():
                parts[name] = parts.get(name, 0.0) + weight * part
        before = sum(segment.before * split.before for segment, split in zip(segments, known, strict=True))
        after = sum(segment.after * split.after for segment, split in zip(segments, known, strict=True))
        return Split(before, after, parts)

    def _data(self, name: str) -> Split | None:
        before, after = (levels.get(name, np.nan) for levels in self.levels)
        if not (np.isfinite(before) and np.isfinite(after)):
            return None
        return Split(before, after, {name: after - before} if after != before else {})

    def _place(self, place: str, figures: Mapping[str, tuple[str, str, str | None]]) -> Split | None:
        if place in figures:
            return self.figure(*figures[place])
        if place in self.formulas or place in self.levels[0]:
            return self.metric(place)
        return self._lever(place)

    def _lever(self, place: str) -> Split | None:
        """An outcome's share as the indicator of a formula."""
        found = []
        for seen in (self.states.first, self.states.second):
            row = next((row for row in seen.shares.values() if place in row.outcomes), None)
            if row is None:
                return None
            found.append(float(row.mean[row.outcomes.index(place)]))
        return Split(found[0], found[1], {place: found[1] - found[0]} if found[0] != found[1] else {})

    def _formula(self, formula: Expression) -> Split | None:
        figures = {figure_name(*figure): figure for figure in figures_of(formula)}
        inputs = inputs_of(formula)
        splits = {place: self._place(place, figures) for place in inputs}
        if any(split is None for split in splits.values()):
            return None
        known = {place: split for place, split in splits.items() if split is not None}

        def value(chosen: Collection[str]) -> Floats:
            here = {
                place: np.array([split.after if place in chosen else split.before]) for place, split in known.items()
            }
            return np.asarray(at(formula, here, self.states.period, 1)[0])

        moved = [place for place, split in known.items() if split.after != split.before]
        before, after, parts = by_switching(value, moved)
        if not (np.isfinite(before) and np.isfinite(after)):
            return None
        shared: dict[str, float] = {}
        for place in moved:
            split, part = known[place], float(parts[place])
            own_parts = split.parts or {place: split.change}
            size = max(abs(own) for own in own_parts.values())
            # Where parts all but cancel, the mean slope is the formula's half way, and not a quotient of nothings.
            slope = part / split.change if abs(split.change) > CANCELLED * size else self._slope(formula, known, place)
            for name, own in own_parts.items():
                shared[name] = shared.get(name, 0.0) + slope * own
        return Split(float(before), float(after), shared)

    def _slope(self, formula: Expression, known: Mapping[str, Split], place: str) -> float:
        """The slope of a formula in one of its places, with all of them half way."""
        middle = {name: 0.5 * (split.before + split.after) for name, split in known.items()}
        step = 1e-6 * max(abs(middle[place]), 1e-9)
        ends = [
            float(
                at(formula, {**_columns(middle), place: np.array([middle[place] + way * step])}, self.states.period, 1)[
                    0
                ]
            )
            for way in (-1.0, 1.0)
        ]
        return (ends[1] - ends[0]) / (2.0 * step)


def _closed(split: Split, name: str) -> Split:
    """A split with the change under the figure's own name, where its sources are too many to switch one by one."""
    return split if split.parts or not split.change else Split(split.before, split.after, {name: split.change})


def _columns(levels: Mapping[str, float]) -> dict[str, Floats]:
    return {name: np.array([level]) for name, level in levels.items()}
