"""What moves what, by how much and how soon: every lever, figure, indicator and metric of a model as one set of links.

Levers move the figures of workflows (exact slopes of `analyze`), figures and metrics move metrics through formulas
(slopes at the present levels) and causes (their strength and lag). A link whose strength is not known, because it is to
be learned from data or hangs on a level that only data has, stays a link: it reaches, nobody knows how far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from mpmflow.analysis.exact.analyze import Analysis, WorkflowAnalysis
from mpmflow.analysis.learned.learned import LearnedCause
from mpmflow.analysis.risk.enough_data import metrics_of
from mpmflow.analysis.risk.influences import causes_of, formula_edges, strength_of, times_left
from mpmflow.analysis.risk.levels import figure_name, figures_of, inputs_of
from mpmflow.analysis.scenarios.planned import FIGURES_OF
from mpmflow.model.expressions import Expression
from mpmflow.model.imports import with_imports
from mpmflow.model.measures import Cause, DerivedIndicator, Learned
from mpmflow.model.model import Model
from mpmflow.model.process import Decision, Step

Level = Callable[[str], float]
"""The level of a metric, an indicator or a figure of a workflow, in base units; nan where it is not known."""
Learnt = Mapping[tuple[str, str], LearnedCause]
WEEK = 604800.0
SMALL = 1e-12
"""A slope that moves a figure by less than this part of it is none."""
_EARLY, _LATE = 0.05, 0.95  # the range of a lag leaves out so much at either end
_SLOPES = {**FIGURES_OF, "throughput": "throughput_per_s"}
"""Workflow functions, and the figures of `analyze` whose slopes are theirs; `throughput` counts per period."""
_TIMES = ("time", "late", "wip")
_TRIALS = (1.0, 2.0, 5.0)
"""A slope that is the same at all these levels of what is not known does not hang on it."""
_ASPECT = {"takes": "time", "waits": "wait", "costs": "time"}


@dataclass(frozen=True, slots=True)
class Link:
    """One influence.

    Attributes:
        gain: what one more of the source adds to the target in the long run, in base units; None where nobody knows.
        soonest, lag, latest: seconds until the effect comes: nearly the first of it, the mean, nearly all of it.
        evidence: structural, formula, experiment, associated, learned or declared.
        why: why the gain is not known.
    """

    source: str
    target: str
    gain: float | None
    soonest: float
    lag: float
    latest: float
    evidence: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Lever:
    """Something of the process that can be set; `of` is the step, decision, team or workflow that it belongs to."""

    name: str
    kind: str
    of: str
    value: float


def kind_of(lever: str) -> str:
    """What sort of lever a dotted name is: share, work, wait, delay, money, rate (money per hour), people, arrivals.

    >>> kind_of("brief_complete.no"), kind_of("brief.takes"), kind_of("legal_ok.later.delay")
    ('share', 'work', 'delay')
    """
    words = {
        "takes": "work",
        "waits": "wait",
        "delay": "delay",
        "costs": "money",
        "cost": "rate",
        "people": "people",
        "arrivals": "arrivals",
    }
    return words.get(lever.rpartition(".")[2], "share")


def levers_in(analysis: Analysis) -> dict[str, Lever]:
    """Every lever with its present value, in the order of the workflows; people of teams with waits are among them."""
    found: dict[str, Lever] = {}
    for one in analysis.workflows.values():
        values = dict(zip(one.levers.names, one.levers.values.tolist(), strict=True))
        values |= {f"{people.team}.people": float(people.people) for people in one.people}
        for name, value in values.items():
            found.setdefault(name, Lever(name, kind_of(name), name.partition(".")[0], value))
    return found


def links_of(model: Model, analysis: Analysis, level: Level, learned: Learnt, period: float = WEEK) -> tuple[Link, ...]:
    """Every link of a model and its imports.

    Args:
        level: where metrics, indicators and figures stand; slopes of formulas and elasticities are taken there.
        learned: what data say of causes that are `learned`, by source and effect; empty without data.
        period: seconds in which throughput is counted.
    """
    formulas = formulas_in(model)
    return (
        *_of_figures(formulas, analysis, period),
        *_of_indicators(model, analysis),
        *_of_formulas(formulas, level, period),
        *_of_causes(model, level, learned),
    )


def formulas_in(model: Model) -> dict[str, Expression]:
    """The formula of every metric that has one, and the measure of every named indicator."""
    found = {metric.name: metric.formula for metric in metrics_of(model) if metric.formula is not None}
    for one in with_imports(model):
        found |= {indicator.name: indicator.measure for indicator in one.declared_indicators}
    return found


# ------------------------------------------------------------------------------------------ levers on figures
def _of_figures(formulas: Mapping[str, Expression], analysis: Analysis, period: float) -> Iterator[Link]:
    asked = dict.fromkeys(figure for formula in formulas.values() for figure in figures_of(formula))
    lags = {name: _lags(one) for name, one in analysis.workflows.items()}
    for function, workflow, statistic in asked:
        found = analysis.workflows.get(workflow)
        if found is None:
            continue
        place = figure_name(function, workflow, statistic)
        for lever, gain, why in _slopes(found, function, statistic, period):
            soonest, lag, latest = lags[workflow](lever)
            yield Link(lever, place, gain, soonest, lag, latest, "structural", why)


def _slopes(
    found: WorkflowAnalysis, function: str, statistic: str | None, period: float
) -> Iterator[tuple[str, float | None, str]]:
    """The levers that move a figure, each with its slope; None with the reason where the slope is not known."""
    figure = _figure(function, statistic)
    column = found.levers.gradients.get(figure)
    level = found.figures.get(figure)
    scale = period if function == "throughput" else 1.0
    if column is not None and level is not None:
        for lever, slope in zip(found.levers.names, column.tolist(), strict=True):
            if slope == slope and abs(slope) > SMALL * max(abs(level), SMALL):
                yield lever, slope * scale, ""
    else:
        moving = _moving(found, function)
        if level is None and function in _TIMES:
            why = "a team has more work than it can do, so the time of a case has no mean"
        else:
            why = f"the slope of {figure_name(function, found.name, statistic)} is not known"
        for seat, lever in enumerate(found.levers.names):
            own = moving is not None and moving[seat] == moving[seat] and abs(moving[seat]) > SMALL
            if own or (function in _TIMES and lever == f"{found.name}.arrivals" and found.teams):
                yield lever, None, why
    for lever in found.levers.left_out:
        if lever not in found.levers.names:
            yield lever, None, "there are too many levers inside parallel blocks to work out each"
    for people in found.people if function in _TIMES else ():
        more = (people.one_more or {}).get("wip" if function == "wip" else "time.mean")
        if more is None:
            yield f"{people.team}.people", None, "a team has more work than it can do"
        elif abs(more) > SMALL and figure in ("time.mean", "wip"):
            yield f"{people.team}.people", more, ""
        elif abs(more) > SMALL:
            yield (
                f"{people.team}.people",
                None,
                f"the slope of {figure_name(function, found.name, statistic)} is not known",
            )


def _figure(function: str, statistic: str | None) -> str:
    if statistic is None:
        return _SLOPES.get(function, function)
    return f"{function}.{ {'median': 'p50'}.get(statistic, statistic) }"


def _moving(found: WorkflowAnalysis, function: str) -> npt.NDArray[np.float64] | None:
    """Slopes of the nearest figure that has some, to know which levers move this one; None where there is none."""
    gradients = found.levers.gradients
    near = ("time.mean", "time.without_wait") if function in _TIMES else (_SLOPES.get(function, function),)
    return next((gradients[name] for name in near if name in gradients), None)


def _lags(found: WorkflowAnalysis) -> Callable[[str], tuple[float, float, float]]:
    """How soon what a lever does shows in finished cases: the time that is left from there to the end of a case.

    Where people make cases wait, times are longer in the same proportion as the whole time is.
    """
    left = times_left(found.solution)
    mean, without = found.figures.get("time.mean"), found.figures.get("time.without_wait")
    stretch = mean / without if mean is not None and without else 1.0

    def lag(lever: str) -> tuple[float, float, float]:
        node, _, rest = lever.partition(".")
        spell = left.get(f"{node}.{_ASPECT[rest]}") if rest in _ASPECT else left.get(lever.removesuffix(".delay"))
        if spell is None:
            spell = left.get(f"{found.name}.arrivals", (0.0, 0.0))
        return between(stretch * spell[0], stretch * spell[1])

    return lag


def between(mean: float, sd: float) -> tuple[float, float, float]:
    """5 %, mean and 95 % of a time with a gamma law, as influences of the evaluator have it.

    >>> tuple(round(value, 3) for value in between(2.0, 2.0)), between(3.0, 0.0)
    ((0.103, 2.0, 5.991), (3.0, 3.0, 3.0))
    """
    if mean <= 0.0 or sd <= 1e-9 * mean:
        return mean, mean, mean
    sd = min(sd, 3.0 * mean)
    shape, scale = (mean / sd) ** 2, sd**2 / mean
    return float(gammaincinv(shape, _EARLY)) * scale, mean, float(gammaincinv(shape, _LATE)) * scale


# ------------------------------------------------------------------------------------------ indicators
def _of_indicators(model: Model, analysis: Analysis) -> Iterator[Link]:
    """Levers on the indicators of their own place, for causes and formulas that start from those."""
    levers = levers_in(analysis)
    used = {place for formula in formulas_in(model).values() for place in inputs_of(formula)}
    used |= {cause.source for cause in causes_of(model)}
    calendars = {team.name for one in with_imports(model) for team in one.all_teams if team.works}
    nodes = {
        node.name: node.by
        for one in with_imports(model)
        for _, node in one.nodes()
        if isinstance(node, Decision | Step) and node.by
    }
    indicators = [
        row for one in with_imports(model) for row in one.indicators if isinstance(row, DerivedIndicator)
    ]  # fmt: skip
    for row in indicators:
        if row.name not in used or row.name in levers:
            continue
        for lever, gain, why in _behind(row, levers, calendars, nodes):
            yield Link(lever, row.name, gain, 0.0, 0.0, 0.0, "structural", why)
        if row.aspect == "open":
            for lever, gain, why in _slopes(analysis.workflows[row.of], "wip", None, WEEK):
                yield Link(lever, row.name, gain, 0.0, 0.0, 0.0, "structural", why)


def _behind(
    row: DerivedIndicator, levers: Mapping[str, Lever], calendars: set[str], nodes: Mapping[str, str]
) -> Iterator[tuple[str, float | None, str]]:
    """The levers of a place that move an indicator of it."""
    if row.aspect == "time" and f"{row.of}.takes" in levers:
        known = nodes.get(row.of) not in calendars
        yield f"{row.of}.takes", 1.0 if known else None, "" if known else "working time runs on the team's calendar"
    if row.aspect in ("time", "wait") and f"{row.of}.waits" in levers:
        yield f"{row.of}.waits", 1.0, ""
    if row.aspect == "wait" and (people := f"{nodes.get(row.of)}.people") in levers:
        yield people, None, "the wait at one place has no slope of its own"
    if row.aspect == "rounds":
        for lever in levers.values():
            if lever.kind == "share" and lever.of == row.of:
                yield lever.name, None, "how often cases come back has no slope of its own"
    if row.aspect == "load":
        for lever in levers.values():
            if (lever.kind == "work" and nodes.get(lever.of) == row.of) or lever.name == f"{row.of}.people":
                yield lever.name, None, "the load of a team has no slope of its own"


# ------------------------------------------------------------------------------------------ formulas and causes
def _of_formulas(formulas: Mapping[str, Expression], level: Level, period: float) -> Iterator[Link]:
    for name, formula in formulas.items():
        inputs = [place for place in inputs_of(formula) if place != name]
        here = {place: level(place) for place in inputs}
        unknown = [place for place in inputs if not np.isfinite(here[place])]
        slopes = [_slopes_at(name, formula, here | dict.fromkeys(unknown, trial), period) for trial in _TRIALS]
        for place in inputs:
            seen = [found.get(place, 0.0) for found in slopes]
            if not unknown or max(seen) - min(seen) <= 1e-6 * max(map(abs, seen)):
                if seen[0]:
                    yield Link(place, name, seen[0], 0.0, 0.0, 0.0, "formula")
            else:
                why = f"the formula of {name} needs the level of {' and '.join(unknown)}, which only data have"
                yield Link(place, name, None, 0.0, 0.0, 0.0, "formula", why)


def _slopes_at(name: str, formula: Expression, here: Mapping[str, float], period: float) -> dict[str, float]:
    return {edge.source: edge.gain for edge in formula_edges(name, formula, here, here, period)}


def _of_causes(model: Model, level: Level, learned: Learnt) -> Iterator[Link]:
    for cause in causes_of(model):
        if isinstance(cause.strength, Learned) or cause.strength is None:
            yield _learned(cause, learned.get((cause.source, cause.effect)))
            continue
        here = {name: level(name) for name in (cause.source, cause.effect)}
        strength = strength_of(cause, here, here)
        low, high = _span(cause)
        evidence = cause.evidence.grade if cause.evidence else "declared"
        gain, middle = strength.gain, 0.5 * (low + high)
        yield Link(cause.source, cause.effect, gain, low, middle, high, evidence, strength.note if gain is None else "")


def _learned(cause: Cause, told: LearnedCause | None) -> Link:
    low, high = _span(cause)
    middle = 0.5 * (low + high)
    if told is None:
        why = "its strength is to be learned from data, and none was looked at"
        return Link(cause.source, cause.effect, None, low, middle, high, "learned", why)
    if not told.found or told.gain is None:
        why = f"the data do not show it: {told.why}" if told.why else "the data do not show it yet"
        return Link(cause.source, cause.effect, None, low, middle, high, "learned", why)
    delay, mean = told.delay or 0.0, told.mean_lag if told.mean_lag is not None else middle
    return Link(cause.source, cause.effect, told.gain, min(delay, mean), mean, max(2.0 * mean - delay, mean), "learned")


def _span(cause: Cause) -> tuple[float, float]:
    return (float(cause.lag.low.base), float(cause.lag.high.base)) if cause.lag else (0.0, 0.0)
