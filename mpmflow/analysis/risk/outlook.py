"""Where lagging metrics are heading: what is known of the sources, sent through the network of influences.

For every metric m and period t

    x_m(t) = level of m by the reference + sum over sources of what has reached m by t

A metric with data of its own has its level from that data: the mean of what was observed minus what the influences
explain, recent periods counting more. So an effect that has already arrived is not counted a second time, and what
stays unexplained in one metric travels on to those behind it under its own name. The future keeps the present levels
of the sources. Formulas are computed from the figures that they read, never from their linear approximation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.learned.learned import learned_causes
from mpmflow.analysis.rules import BASELINE
from mpmflow.model.expressions import Expression
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.numerics.statistics.estimates import forgetting

from .influences import (
    Shapes,
    at,
    causes_of,
    declared_edge,
    formula_edges,
    strength_of,
    structural_edges,
)
from .levels import figure_name, figures_of, inputs_of
from .process_change import ProcessChange
from .propagation import Edge, Network
from .readings import Timeline
from .sources import Source

Floats = npt.NDArray[np.float64]
MOST_AHEAD = 520
"""Periods that a forecast reaches ahead at most."""
_ROUNDS = 3  # levels, gains and what they explain hang together; so often they are worked out anew
_LONGEST_WAIT = 60


@dataclass(frozen=True, eq=False)
class Own:
    """What is known of a place with data: its level without the influences, its error, and what stays unexplained.

    `rest` (T,) is observed minus explained minus level, 0 where missing; `sd` its spread, `follow` its correlation
    from one period to the next, `drift` the part of each surprise that stays; `observed` (T,) the data, nan where
    missing.
    """

    observed: Floats
    level: float
    error: float
    rest: Floats
    sd: float
    follow: float
    drift: float = 0.0


@dataclass
class Outlook:
    """The network of one evaluation, solved. See the module.

    Attributes:
        timeline: past and future periods.
        places: the metrics, with those formulas that can be computed.
        before, after: level of every place by the reference and in the long run from now; a missing one is not known.
        reached: place -> what each source (rows, in the order of `rows`) has added to it by each period.
    """

    model: Model
    sources: Mapping[str, Source]
    changes: Mapping[str, ProcessChange]
    observations: Observations
    known: int
    ahead: int
    window: tuple[int, int] | None = None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timeline = Timeline.of(self.observations, self.known, self.ahead)
        self.metrics = {metric.name: metric for metric in _metrics(self.model)}
        self.series = {
            name: np.array([np.nan if value is None else value for value in row[: self.known]], dtype=float)
            for name, row in self.observations.series.items()
        }
        # What is learned of influences hangs on the history alone, not on levels and gains, so it is learned once.
        self.learned = {(one.source, one.effect): one for one in learned_causes(self.model, self.observations)}
        self._figures()
        self._formulas()
        self._structure()
        self.before: dict[str, float] = {}
        self.after: dict[str, float] = {}
        self.own: dict[str, Own] = {}
        for name, source in self.sources.items():
            self.before[name], self.after[name] = source.reference, source.now
        for place, (function, workflow, statistic) in self.figures.items():
            split = self.changes[workflow].split(function, statistic)
            if split is not None:
                self.before[place], self.after[place] = split.before, split.after
        self._solve()

    # ------------------------------------------------------------------------------------------ what there is
    def _figures(self) -> None:
        """The workflow figures that formulas read."""
        expressions = [metric.formula for metric in self.metrics.values() if metric.formula is not None]
        expressions += [indicator.measure for indicator in self.model.declared_indicators]
        self.figures: dict[str, tuple[str, str, str | None]] = {}
        for expression in expressions:
            for function, workflow, statistic in figures_of(expression):
                if workflow in self.changes:
                    self.figures[figure_name(function, workflow, statistic)] = (function, workflow, statistic)

        only = {
            figure_name(*figures[0]): name
            for name, metric in self.metrics.items()
            if metric.formula is not None
            and len(figures := figures_of(metric.formula)) == 1
            and inputs_of(metric.formula) == (figure_name(*figures[0]),)
            and metric.formula.kind == "function"
        }
        self.told_as = only
        self.observed_figures = {
            place: self.series[source]
            for place in self.figures
            for source in (only.get(place, place),)
            if source in self.series
        }

    def _structure(self) -> None:
        """Edges that follow from the workflows; they hang on no level, so they are found once."""
        self.structural: list[Edge] = []
        self.shapes: Shapes = {}
        for workflow, change in self.changes.items():
            mine = {place: figure for place, figure in self.figures.items() if figure[1] == workflow}
            edges, shapes = structural_edges(change, list(mine.values()), list(mine), self.sources)
            self.structural += edges
            self.shapes |= shapes

    def _formulas(self) -> None:
        """Formulas of metrics and indicators that can be computed; the others have data, or nothing at all."""
        wanted = {name: metric.formula for name, metric in self.metrics.items() if metric.formula is not None}
        self.causes = causes_of(self.model)
        named = {cause.source for cause in self.causes} | {
            place for formula in wanted.values() for place in inputs_of(formula)
        }
        for indicator in self.model.declared_indicators:
            if indicator.name in named:
                wanted[indicator.name] = indicator.measure
        computable = {
            place
            for place, (function, workflow, statistic) in self.figures.items()
            if self.changes[workflow].split(function, statistic) is not None
        }
        plain = set(self.sources) | set(self.series) | {name for name in self.metrics if name not in wanted}
        formulas = dict(wanted)
        while True:
            broken = [
                name
                for name, formula in formulas.items()
                if any(place not in computable | plain and place not in formulas for place in inputs_of(formula))
            ]
            if not broken:
                break
            for name in broken:
                del formulas[name]
                plain.add(name)
        self.formulas: dict[str, Expression] = formulas
        effects = {cause.effect for cause in self.causes}
        self.places = list(
            dict.fromkeys(
                [*self.metrics, *formulas, *(cause.source for cause in self.causes if cause.source not in self.sources)]
            )
        )
        extra = [place for formula in formulas.values() for place in inputs_of(formula) if place in self.series]
        self.with_data = [
            name
            for name in dict.fromkeys([*self.places, *extra])
            if name in self.series and name not in formulas and name not in self.sources
        ]
        self.moved = effects

    # ------------------------------------------------------------------------------------------ solving
    def _solve(self) -> None:
        for name in self.with_data:
            data = self.series[name]
            usual = self._usual(data)
            self.before[name] = usual
            self.after[name] = usual if name in self.moved else present_level(data).level
        self._missing_levels()
        for _ in range(_ROUNDS):
            self._formula_levels()
            edges, notes = self._edges()
            self.network = Network([*self.sources, *self.figures, *self.with_data, *self.places], edges)
            self._own_levels()
            self._rows()
            self._long_run()
        self.notes += notes

    def _usual(self, data: Floats) -> float:
        """The level by the reference of something that only data tells of: the baseline, or the reference period."""
        if self.window is not None:
            inside = data[max(self.window[0], 0) : self.window[1]]
            if not np.isnan(inside).all() and len(inside):
                return float(np.nanmean(inside))
        seen = np.flatnonzero(~np.isnan(data))
        return float(np.nanmean(data[seen[:BASELINE]])) if len(seen) else np.nan

    def _missing_levels(self) -> None:
        for name in self.places:
            if name not in self.formulas and name not in self.with_data and name not in self.before:
                self.before[name] = self.after[name] = np.nan

    def _formula_levels(self) -> None:
        """Levels of formulas, from those of their inputs."""
        for _ in range(len(self.formulas)):
            changed = False
            for name, formula in self.formulas.items():
                for levels in (self.before, self.after):
                    inputs = {place: np.array([levels.get(place, np.nan)]) for place in inputs_of(formula)}
                    value = float(at(formula, inputs, self.timeline.period, 1)[0])
                    old = levels.get(name, np.nan)
                    if not (np.isnan(value) and np.isnan(old)) and value != old:
                        levels[name] = value
                        changed = True
            if not changed:
                break

    def _edges(self) -> tuple[list[Edge], list[str]]:
        edges: list[Edge] = []
        notes: list[str] = []
        edges += self.structural
        for name, formula in self.formulas.items():
            found = formula_edges(name, formula, self.before, self.after, self.timeline.period)
            edges += [
                edge
                for edge in found
                if edge.source in self.sources
                or edge.source in self.figures
                or edge.source in self.places
                or edge.source in self.with_data
            ]
        taken = {(edge.source, edge.target) for edge in edges}
        for cause in self.causes:
            if (cause.source, cause.effect) in taken or cause.effect not in self.places:
                continue
            strength = strength_of(cause, self.before, self.after)
            if strength.gain is not None and np.isfinite(strength.gain):
                edges.append(declared_edge(cause, strength.gain, self.timeline.period))
                continue
            told = self.learned.get((cause.source, cause.effect))
            if told is not None and told.found and told.gain is not None and told.gain_error is not None:
                kernel = np.array(told.kernel)
                edges.append(Edge(cause.source, cause.effect, told.gain, kernel, "learned", told.gain_error))
                notes.append(
                    f"How strongly {cause.source} moves {cause.effect} was learned from the series, give or take "
                    f"{abs(told.gain_error / told.gain):.0%}: predictive, not causal."
                )
            elif told is not None and told.gain is not None:
                notes.append(
                    f"The series do not show yet how {cause.source} moves {cause.effect}: that influence is left out."
                )
            elif told is not None:
                notes.append(
                    f"How {cause.source} moves {cause.effect} cannot be learned, for {told.why}: that influence is "
                    "left out."
                )
            else:
                why = strength.note
                notes.append(f"{why[0].upper()}{why[1:]}: that influence is left out.")
        return edges, notes

    def _own_levels(self) -> None:
        """Level and unexplained rest of every place with data, in the order in which influences lead onward."""
        own = self._own_paths()
        self.own = {}
        weight_all = forgetting(self.known)
        for name in self.network.order:
            if name not in self.with_data:
                continue
            data = self.series[name]
            if name in self.moved:
                explained = self.network.follow(own).get(name)
                path = np.zeros(self.known) if explained is None else explained[: self.known]
                level, error, rest, sd, follow = _fitted(data - path, weight_all)
                own[name] = np.concatenate([rest, np.zeros(self.ahead)])
                self.before[name] = level
            else:
                level, present = self.before[name], present_level(data)
                error, sd, follow = 0.0, present.surprise, 0.0
                rest = np.where(np.isnan(data), self.after[name], data) - level
                own[name] = np.concatenate([rest, np.full(self.ahead, self.after[name] - level)])
            drift = present.stays if name not in self.moved else 0.0
            self.own[name] = Own(data, level, error, rest, sd, follow, drift)
        self.paths = own
        self.total = self.network.follow(own) if own else {}

    def _own_paths(self) -> dict[str, Floats]:
        """Deviations of the levers over past and future."""
        found = {}
        for name, source in self.sources.items():
            if source.passing:
                continue
            past = source.history[: self.known] - source.reference
            found[name] = np.concatenate([past, np.full(self.ahead, source.deviation)])
        for place, parts in self.shapes.items():
            found[place] = np.full(len(self.timeline), sum(parts.values()))
        return found

    def _rows(self) -> None:
        """What each source adds to each place: one row a source."""
        shaped = [name for parts in self.shapes.values() for name in parts]
        paths = {name: path for name, path in self.paths.items() if name not in self.shapes}
        moving = list(dict.fromkeys([name for name, path in paths.items() if path.any()] + shaped))
        self.rows = tuple(moving)
        own = {}
        for number, name in enumerate(moving):
            table = np.zeros((len(moving), len(self.timeline)))
            table[number] = paths.get(name, 0.0)
            own[name] = table
        for place, parts in self.shapes.items():
            own[place] = np.zeros((len(moving), len(self.timeline)))
            for name, part in parts.items():
                own[place][moving.index(name)] = part
        self.reached = self.network.follow(own) if own else {}

    def _long_run(self) -> None:
        """Levels that places with causes settle at if nothing else happens."""
        settled = self.network.settled({name: float(path[-1]) for name, path in self.paths.items()})
        for name in self.places:
            if name in self.with_data and name in self.moved:
                self.after[name] = self.before[name] + settled[name]

    # ------------------------------------------------------------------------------------------ answers
    def path_of(self, name: str) -> Floats | None:
        """Level of a place without formula in every period, (n,); None where it is not known.

        Of a workflow's figure that the log counts too, the past is what was observed.
        """
        computed = self._computed(name)
        if computed is None or name not in self.observed_figures:
            return computed
        return computed + self._beside(name, computed)

    def _computed(self, name: str) -> Floats | None:
        level = self.before.get(name, np.nan)
        if not np.isfinite(level):
            return None
        change = self.total.get(name)
        return np.full(len(self.timeline), level) if change is None else level + change

    def _beside(self, name: str, computed: Floats) -> Floats:
        """What was observed of a figure beside what the levers explain of it, in the past; 0 from now on."""
        data = self.observed_figures[name]
        rest = np.where(np.isnan(data), 0.0, data - computed[: self.known])
        return np.concatenate([rest, np.zeros(self.ahead)])

    def added_to(self, name: str) -> dict[str, Floats]:
        """Source -> what it has added to a place by each period, (n,); what stays unexplained under the place's own
        name.
        """
        table = self.reached.get(name)
        found = {}
        if table is not None:
            found = {source: table[number] for number, source in enumerate(self.rows) if table[number].any()}
        if name in self.observed_figures:
            computed = self._computed(name)
            if computed is not None:
                rest = self._beside(name, computed)
                if rest.any():
                    found[self.told_as.get(name, name)] = rest
        return found

    @cached_property
    def longest_wait(self) -> int:
        """Periods until everything has arrived everywhere, along the longest way."""
        return max((self.network.longest_lag(name) for name in self.places), default=0)


def _fitted(values: Floats, weights: Floats) -> tuple[float, float, Floats, float, float]:
    """Weighted mean of what is known, its error, the rest (0 where missing), its spread, its correlation in time."""
    seen = ~np.isnan(values)
    if not seen.any():
        return np.nan, np.nan, np.zeros(len(values)), np.nan, 0.0
    used = weights * seen
    level = float(used @ np.where(seen, values, 0.0)) / float(used.sum())
    rest = np.where(seen, values - level, 0.0)
    size = float(used.sum() ** 2 / (used @ used))
    if size < 2.0:
        return level, np.nan, rest, np.nan, 0.0
    sd = (float(used @ rest**2) / float(used.sum()) * size / (size - 1.0)) ** 0.5
    pairs = seen[1:] & seen[:-1]
    power = float((rest[:-1][pairs] ** 2).sum())
    follow = float(rest[1:][pairs] @ rest[:-1][pairs]) / power if power > 0.0 else 0.0
    follow = min(max(follow, 0.0), 0.9)
    error = sd / size**0.5 * ((1.0 + follow) / (1.0 - follow)) ** 0.5
    return level, error, rest, sd, follow


@dataclass(frozen=True, slots=True)
class Present:
    """Where a series stands: its level, the part `stays` of each surprise that moves the level, the usual surprise
    (sd).
    """

    level: float
    stays: float
    surprise: float


HALF_LIVES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def present_level(data: Floats) -> Present:
    """The present level of a series by exponential smoothing, as quick as served best to foretell the next value so
    far.

    A series that jumps and stays is followed at once, one that scatters about a level is averaged over many periods.

    >>> present_level(np.array([10.0] * 20 + [14.0] * 4)).level > 13.5
    True
    """
    seen = data[~np.isnan(data)]
    if not len(seen):
        return Present(np.nan, 0.0, np.nan)
    best: Present | None = None
    for half_life in HALF_LIVES:
        part = 1.0 - 0.5 ** (1.0 / half_life)
        level, weight, squares, count = float(seen[0]), 1.0, 0.0, 0
        for number, value in enumerate(seen[1:].tolist()):
            if number >= 2:  # the first values teach the level; they are no test of it
                squares += (value - level) ** 2
                count += 1
            weight = 1.0 + (1.0 - part) * weight
            level += (value - level) / weight
        surprise = (squares / count) ** 0.5 if count else np.nan
        found = Present(level, part, surprise)
        if best is None or not surprise >= best.surprise * (1.0 - 1e-9):
            best = found
    assert best is not None
    return best


def _metrics(model: Model) -> Sequence[Metric]:
    found = list(model.metrics)
    for imported in model.imports:
        found += _metrics(imported.model)
    return found
