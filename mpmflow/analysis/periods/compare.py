"""This campaign against the last: every figure in two periods, its change shared out exactly, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from mpmflow.analysis.alignment.sight import direction_of, labels_of, looking
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import provenance
from mpmflow.analysis.risk.enough_data import metrics_of
from mpmflow.analysis.risk.levels import figure_name, figures_of
from mpmflow.analysis.risk.metric_rows import unit_word
from mpmflow.analysis.risk.process_change import MOST_SWITCHES
from mpmflow.analysis.risk.spread import Split
from mpmflow.compiler.names import Names
from mpmflow.compiler.units import Units
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.expressions import Function
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .answer import FigureChange, LeverChange, PeriodComparison
from .draft import draft_of
from .levers import SURE, data_levels, finished, lever_changes, of_shares
from .parts import KINDS, Changes, kind_of
from .states import FEWEST, States, Window, states_of, window

ROUNDING = 1e-11
"""A change that is a smaller part of the figure than this is none."""
FIGURES = {"time": "s", "cost": "", "yield": "%", "first_pass": "%", "rework": "%", "throughput": ""}
"""Figures of every workflow that are told of even where no metric asks for them, with their units."""
_SHARES = ("yield", "first_pass", "scrap", "late")
_MEANS = ("time", "cost", *_SHARES)
Days = tuple[date, date]


def compare(
    model: Model,
    observations: Observations,
    first: Days,
    second: Days,
    *,
    period: float,
    by: str = "",
    samples: Samples | None = None,
) -> PeriodComparison:
    """Two periods of one history.

    Args:
        first, second: from which to which day; figures change from the first to the second.
        period: seconds in which flows are counted.
        by: a column of the log: then what the mix of its values adds is told too.

    Raises DataError where a period shows nothing, or where the two overlap.
    """
    _apart(first, second)
    windows = window(observations, *first), window(observations, *second)
    states = states_of(model, observations, *windows, period=period, by=by, samples=samples)
    comparing = _Comparison(model, observations, states, windows, by)
    comparing.require_something(first, second)
    levers, figures = comparing.levers, comparing.figures()
    return PeriodComparison(
        first,
        second,
        comparing.cases,
        figures,
        levers,
        draft_of(model, looking(model, samples=samples), levers, figures, first, second),
        by,
        tuple(comparing.notes()),
        next((workflow.title for workflow in workflows_in_question(model)), ""),
        provenance(model),
        labels_of(model),
    )


def _apart(first: Days, second: Days) -> None:
    for start, end in (first, second):
        if end < start:
            raise DataError(f"the period {start}..{end} ends before it begins")
    if first[0] <= second[1] and second[0] <= first[1]:
        raise DataError(
            f"the periods {first[0]}..{first[1]} and {second[0]}..{second[1]} overlap; what lies in both cannot differ"
        )


class _Comparison:
    """One comparison in the making."""

    def __init__(
        self,
        model: Model,
        observations: Observations,
        states: States,
        windows: tuple[Window, Window],
        column: str,
    ) -> None:
        self.model, self.observations, self.states, self.windows = model, observations, states, windows
        self.metrics = {metric.name: metric for metric in metrics_of(model)}
        units = Units(Names(model))
        self.units = {name: unit_word(units, metric) for name, metric in self.metrics.items()}
        scale = states.period / observations.period
        flows = {name: scale for name in self.metrics if units.of_name(name).flow}
        behind = {name: workflow for name, metric in self.metrics.items() if (workflow := _of_cases(metric))}
        self.seen, self.errors = data_levels(observations, windows, behind, flows)
        levels = ({name: pair[side] for name, pair in self.seen.items()} for side in (0, 1))
        before, after = levels
        self.changes = Changes(model, states, (before, after), column)
        self.levers: tuple[LeverChange, ...] = tuple(lever_changes(model, observations, states, windows, column))
        self.column = column
        self.unshared: list[str] = []

    @property
    def cases(self) -> tuple[int, int]:
        """How many cases came in each period."""
        counted = [
            sum(int(np.sum(row[slice(*one)])) for row in self.observations.arrivals.values()) for one in self.windows
        ]
        return counted[0], counted[1]

    def require_something(self, first: Days, second: Days) -> None:
        for days, seen, side in ((first, self.states.first, 0), (second, self.states.second, 1)):
            told = any(np.isfinite(pair[side]) for pair in self.seen.values())
            if not seen.something and not told:
                raise DataError(f"nothing was observed from {days[0]} to {days[1]}, so there is nothing to compare")

    # ------------------------------------------------------------------------------------------ figures
    def figures(self) -> tuple[FigureChange, ...]:
        """Metrics, then the figures of workflows that no metric is."""
        found = []
        told: set[str] = set()
        for name, metric in self.metrics.items():
            split = self.changes.metric(name)
            if split is None:
                continue
            if _only(metric) is not None:
                told.add(figure_name(*figures_of(metric.formula)[0]))  # type: ignore[arg-type]
            direction = direction_of(self.model, metric)
            seen = self.seen.get(name) if metric.formula is not None else None
            found.append(self._row(name, metric.title, self.units[name], direction, split, seen))
        for workflow in workflows_in_question(self.model):
            if not self._shown(workflow.name):
                continue
            for function, unit in FIGURES.items():
                place = figure_name(function, workflow.name)
                split = self.changes.figure(function, workflow.name) if place not in told else None
                if split is not None and (split.before or split.after):
                    better = "lower" if function in ("time", "cost", "rework") else "higher"
                    if function == "cost":
                        unit = next(iter(self.states.changes[workflow.name].new.process.currencies), "")
                    found.append(self._row(place, place, unit, better, split, None))
        return tuple(found)

    def _shown(self, workflow: str) -> bool:
        """Whether anything of a workflow was observed."""
        names = {getattr(node, "name", None) for node in workflows_in_question(self.model)[workflow].nodes()}
        seen = self.states.first, self.states.second
        places = {name for one in seen for name in one.shares} | {
            row.node for one in seen for row in one.times.values()
        }
        return bool(names & places) or any(workflow in one.arrivals for one in seen)

    def _row(
        self,
        name: str,
        label: str,
        unit: str,
        better: str | None,
        split: Split,
        seen: tuple[float, float] | None,
    ) -> FigureChange:
        split = _without_rounding(split)
        by = dict(sorted(split.parts.items(), key=lambda item: (-abs(item[1]), item[0])))
        kinds = dict.fromkeys(KINDS, 0.0)
        for source, part in by.items():
            kinds[kind_of(source, self.model, self.metrics)] += part
        if any("(" in source for source in by):
            self.unshared.append(name)
        spread = self._spread(by)
        ends = self._seen_interval(name) if seen is not None and name in self.metrics else (None, None)
        return FigureChange(
            name,
            label,
            unit,
            better,
            split.before,
            split.after,
            by,
            {kind: part for kind, part in kinds.items() if part},
            split.residual,
            split.change - SURE * spread if spread is not None else None,
            split.change + SURE * spread if spread is not None else None,
            seen[0] if seen is not None else None,
            seen[1] if seen is not None else None,
            ends[0],
            ends[1],
        )

    def _seen_interval(self, name: str) -> tuple[float | None, float | None]:
        """The interval of an observed change of a share of the cases, by how many ended in each period."""
        figure, workflow = _only(self.metrics[name]), _of_cases(self.metrics[name])
        ends = finished(self.observations, workflow) if workflow is not None else None
        if figure is None or figure[0] not in _SHARES or ends is None:
            return None, None
        sizes = [int(ends[slice(*one)].sum()) for one in self.windows]
        if not all(sizes):
            return None, None
        moved, error = self.seen[name][1] - self.seen[name][0], of_shares(self.seen[name], sizes)
        return moved - SURE * error, moved + SURE * error

    def _spread(self, by: Mapping[str, float]) -> float | None:
        """Standard error of a change from those of its sources, each carried over at its own slope."""
        known = {row.name: row for row in self.levers}
        variance = 0.0
        for source, part in by.items():
            row = known.get(source)
            if row is not None and row.high is not None and row.change:
                variance += (part / row.change * (row.high - row.change) / SURE) ** 2
            elif source in self.errors:
                moved = self.seen[source][1] - self.seen[source][0]
                error = float(np.hypot(*self.errors[source]))
                if not np.isfinite(error) or not moved:
                    return None
                variance += (part / moved * error) ** 2
            elif row is None and source.endswith(".delay"):
                continue  # a delay of the plan, the same in both
            else:
                return None
        return float(variance**0.5) if by else None

    def notes(self) -> list[str]:
        """What a reader must know; ask for it behind the figures."""
        found = []
        if self.unshared:
            found.append(
                f"{', '.join(self.unshared)}: more than {MOST_SWITCHES} sources moved, so what the times and decisions "
                "did together is told, but not shared out among them."
            )
        if any(row.low is None for row in self.levers):
            found.append(
                "Shares and times that tables give come without counts: whether luck moved them cannot be said."
            )
        if self.column and not self.states.segments:
            found.append(f"No cases with a value of {self.column} came in both periods, so no mix is told.")
        small = [row.value for row in self.states.segments if row.value == "others"]
        if small:
            found.append(
                f"Values of {self.column} with fewer than {FEWEST} cases in either period stand together as others."
            )
        return found


def _without_rounding(split: Split) -> Split:
    """A split in which what is no more than rounding beside the levels is nothing: neither better nor worse.

    >>> _without_rounding(Split(0.5, 0.5 + 1e-15, {"ok.no": 1e-15}))
    Split(before=0.5, after=0.5, parts={})
    """
    least = ROUNDING * max(abs(split.before), abs(split.after))
    parts = {source: part for source, part in split.parts.items() if abs(part) > least}
    return Split(split.before, split.after if abs(split.change) > least else split.before, parts)


def _only(metric: Metric) -> tuple[str, str, str | None] | None:
    """The workflow figure that a metric is nothing but."""
    if metric.formula is None or not isinstance(metric.formula, Function):
        return None
    figures = figures_of(metric.formula)
    return figures[0] if len(figures) == 1 and metric.formula.function != "if" else None


def _of_cases(metric: Metric) -> str | None:
    """The workflow whose finished cases a metric is a mean over; None for any other."""
    figure = _only(metric)
    return figure[1] if figure is not None and figure[0] in _MEANS and figure[2] is None else None
