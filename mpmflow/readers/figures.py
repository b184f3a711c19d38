"""Figures of the cases that a model asks for: times, shares and amounts of those that ended, per period.

A metric whose formula is one such figure is observed in the log, so its value stands in the series under the metric's
name. Of a figure inside a longer formula, the value stands under the figure's own text, as `sum(amount)`.

Time, lateness and the shares are of all cases that ended in the period, however they ended; `throughput` counts those
that ended well, and columns of the log are taken over those. A time runs from the first to the last event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, fsum, inf, sqrt
from statistics import median

from mpmflow.model.expressions import Expression, Function, Reference, walk
from mpmflow.model.imports import with_imports, workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.observations import LogSource

from .periods import Calendar
from .tally import Ended, Tally

OF_WORKFLOWS = ("time", "throughput", "yield", "first_pass", "scrap", "late", "wip")
OF_COLUMNS: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda values: fsum(values) / len(values),
    "median": median,
    "min": min,
    "max": max,
    "sum": fsum,
}
OF_TIMES: dict[str, Callable[[Sequence[float]], float]] = {
    **{f"p{share}": (lambda values, share=share: sorted(values)[ceil(share * len(values) / 100) - 1])  # type: ignore[misc]
       for share in (5, 10, 25, 50, 75, 80, 90, 95, 99)},
    "mean": OF_COLUMNS["mean"],
    "median": median,
    "sd": lambda values: _spread(values),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the cases: `time(claim)` is ("", "time", "claim"), `p90(time(claim))` is ("p90", "time", "claim"),
    `mean(amount)` is ("mean", "", "amount")."""

    of_values: str
    function: str
    name: str

    @property
    def text(self) -> str:
        inner = f"{self.function}({self.name})" if self.function else self.name
        return f"{self.of_values}({inner})" if self.of_values else inner


@dataclass(frozen=True, slots=True)
class Wanted:
    """The figures that a model's formulas hold, each with the name its values go by, and the columns they need."""

    figures: tuple[tuple[str, Figure], ...]
    columns: tuple[str, ...]


def wanted_figures(model: Model) -> Wanted:
    """Every figure of the cases in the formulas of metrics and indicators."""
    numbers = {
        column.name
        for part in model.data
        if isinstance(part, LogSource)
        for column in part.columns
        if column.name and column.type == "number"
    }
    workflows = set(workflows_in_question(model).names)
    found: dict[str, Figure] = {}
    files = list(with_imports(model))
    measured = [(metric.name, metric.formula) for one in files for metric in one.metrics if metric.formula]
    measured += [(indicator.name, indicator.measure) for one in files for indicator in one.declared_indicators]
    for name, expression in measured:
        whole = _figure(expression, workflows, numbers)
        if whole:
            found[name] = whole
            continue
        for figure in _inside(expression, workflows, numbers):
            found[figure.text] = figure
    columns = tuple(sorted({figure.name for figure in found.values() if not figure.function}))
    return Wanted(tuple(sorted(found.items())), columns)


def _inside(expression: Expression, workflows: set[str], numbers: set[str]) -> Iterator[Figure]:
    """The figures within an expression; one that stands in another is part of it."""
    taken: set[int] = set()
    for part in walk(expression):
        figure = _figure(part, workflows, numbers)
        if figure and id(part) not in taken:
            taken.update(id(inner) for inner in walk(part))
            yield figure


def _figure(expression: Expression, workflows: set[str], numbers: set[str]) -> Figure | None:
    if not isinstance(expression, Function) or len(expression.arguments) != 1:
        return None
    (inner,) = expression.arguments
    if isinstance(inner, Reference):
        if expression.function in OF_WORKFLOWS and inner.name in workflows:
            return Figure("", expression.function, inner.name)
        if expression.function in OF_COLUMNS and inner.name in numbers:
            return Figure(expression.function, "", inner.name)
        return None
    within = _figure(inner, workflows, numbers)
    if within and within.function == "time" and not within.of_values and expression.function in OF_TIMES:
        return Figure(expression.function, "time", within.name)
    return None


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """Computes the wanted figures from a tally; `numbers` are the columns whose values the cases carry."""

    model: Model
    calendar: Calendar
    tally: Tally
    numbers: tuple[str, ...]

    def series(self) -> dict[str, tuple[float | None, ...]]:
        """Name or text of each figure -> its value per period in base units, None where no case ended."""
        groups: list[list[Ended]] = [[] for _ in range(len(self.calendar))]
        for one in self.tally.ended:
            groups[self.calendar.index(one.case.known)].append(one)
        return {name: self._values(figure, groups) for name, figure in wanted_figures(self.model).figures}

    def _values(self, figure: Figure, groups: list[list[Ended]]) -> tuple[float | None, ...]:
        if figure.function == "wip":
            opened = self.tally.open.get(figure.name)
            return tuple(float(cases) for cases in opened) if opened else (None,) * len(self.calendar)
        if not figure.function:
            return tuple(self._value(figure, group) for group in groups)
        own = ([one for one in group if one.workflow == figure.name] for group in groups)
        return tuple(self._value(figure, group) for group in own)

    def _value(self, figure: Figure, ended: list[Ended]) -> float | None:
        good = [one for one in ended if one.good]
        if figure.function == "throughput":
            return float(len(good))
        if not figure.function:
            column = self.numbers.index(figure.name)
            values = [one.case.values[column] for one in good if one.case.values]
            known = [value for value in values if value is not None]
            return OF_COLUMNS[figure.of_values](known) if known or figure.of_values == "sum" else None
        if not ended:
            return None
        times = [one.case.time / 1000 for one in ended]
        if figure.function == "time":
            return OF_TIMES[figure.of_values or "mean"](times)
        if figure.function == "late":
            deadline = workflows_in_question(self.model)[figure.name].deadline
            limit = float(deadline.base) if deadline else inf
            return sum(time > limit for time in times) / len(times) if deadline else None
        if figure.function == "first_pass":
            return sum(not one.case.reworked for one in good) / len(ended)
        return (len(good) if figure.function == "yield" else len(ended) - len(good)) / len(ended)


def _spread(values: Sequence[float]) -> float:
    """The standard deviation of what was observed (divided by n)."""
    mean = fsum(values) / len(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / len(values))
