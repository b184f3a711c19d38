"""The network of influences of one evaluation: from levers over figures of workflows to metrics, each with lag and
gain.

Where an influence can be derived it is: a lever's gain on a figure is its exact part of the figure's change, so that
the long run is met exactly; a formula's gains are the mean slopes between reference and now. What is declared
(`cause`) comes beside it. An elasticity, and an influence with a ceiling, is made linear along the chord from
reference to now, which for a single source is exact in the long run.

A change of a decision reaches figures of finished cases as those cases finish: its lag is a gamma law with the mean and
spread of the time that is left from the decision to the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.amounts import time_reward
from mpmflow.analysis.exact.figures import Solution
from mpmflow.model.expressions import Expression
from mpmflow.model.measures import Cause, Each, Elasticity, Saturating
from mpmflow.model.model import Model
from mpmflow.numerics.causes.lags import even_lag, gamma_lag
from mpmflow.numerics.chains.moments import moments

from .levels import Places, inputs_of
from .process_change import ProcessChange
from .propagation import Edge
from .sources import Source

Floats = npt.NDArray[np.float64]
DOUBT = {"high": 0.25, "medium": 0.5, "low": 1.0}
"""Standard deviation of a declared strength, as a share of it, by the confidence of its author."""
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(8)

Shapes = dict[str, dict[str, float]]
"""Figure -> source -> what of the source's part is not due to its mean: that its times scatter otherwise than
planned.
"""


def structural_edges(
    change: ProcessChange,
    figures: Sequence[tuple[str, str, str | None]],
    names: Sequence[str],
    sources: Mapping[str, Source],
) -> tuple[list[Edge], Shapes]:
    """Edges from levers to the figures of one workflow; `names` are the figures' places.

    Lateness and percentiles feel more of a time than its mean. There the gain of a time is the slope for making it
    longer in proportion, and the rest of its part, which comes of another scatter, is told beside the edges. What
    happens in other workflows arrives as the queues settle.
    """
    kernels = _time_left(change)
    lag = change.settling
    elsewhere = gamma_lag(lag, lag, change.period, rest=1e-3) if lag > 0.05 * change.period else np.ones(1)
    found: list[Edge] = []
    shapes: Shapes = {}
    for (function, _, statistic), place in zip(figures, names, strict=True):
        split = change.split(function, statistic)
        if split is None:
            continue
        for name, part in split.parts.items():
            source = sources.get(name)
            if source is None:
                continue
            gain = part / source.deviation if source.deviation else 0.0
            if source.kind == "time" and (function == "late" or statistic is not None):
                gain = change.slope_in_time(function, statistic, name, source.now)
                shapes.setdefault(place, {})[name] = part - gain * source.deviation
            if gain:
                kernel = kernels.get(name, elsewhere)
                found.append(Edge(name, place, gain, kernel, "structural"))
    return found, shapes


def _time_left(change: ProcessChange) -> dict[str, Floats]:
    """Kernel of each lever: the time that is left from where it works to the end of the case."""
    kernels = {}
    for name, (middle, spread) in times_left(change.new).items():
        kernels[name] = gamma_lag(middle, min(spread, 3.0 * middle), change.period, rest=1e-3)
    return kernels


def times_left(solution: Solution) -> dict[str, tuple[float, float]]:
    """Source -> mean and standard deviation of the time, in seconds, from where it works to the end of the case.

    Sources are outcomes, `NODE.time`, `NODE.wait` and the workflow's arrivals; waits for people are left out.
    """
    solved, amounts = solution.actual, solution.amounts
    left = moments(solved.factor, time_reward(solved, amounts))
    mean, sd = left.to_go, left.sd_to_go
    visits = solved.visits
    found: dict[str, tuple[float, float, float]] = {}

    def add(name: str, weight: float, row: int) -> None:
        total, first, second = found.get(name, (0.0, 0.0, 0.0))
        found[name] = (
            total + weight,
            first + weight * float(mean[row]),
            second + weight * float(sd[row] ** 2 + mean[row] ** 2),
        )

    for entry, way in enumerate(solved.way.tolist()):
        outcome = solved.cells.ways[way].outcome if way >= 0 else None
        if outcome is not None:
            row = int(solved.outcomes.row[entry])
            add(outcome, float(visits[row]), row)
    for row, index in enumerate(solved.state.tolist()):
        state = solved.cells.states[index]
        for part in ("time", "wait"):
            add(f"{state.node}.{part}", float(visits[row]), row)
        if state.block is not None:
            for inner in _names_inside(state.block.branches):
                add(inner, float(visits[row]), row)
    start = int(np.argmax(solved.factor.chain.start))
    add(f"{solution.process.workflow}.arrivals", 1.0, start)
    spells = {}
    for name, (total, first, second) in found.items():
        if total > 0.0:
            middle = first / total
            spells[name] = middle, max(second / total - middle**2, 0.0) ** 0.5
    return spells


def _names_inside(branches: Sequence[object]) -> list[str]:
    names: list[str] = []
    for branch in branches:
        names += [way.outcome for way in branch.ways if way.outcome]  # type: ignore[attr-defined]
        for state in branch.states:  # type: ignore[attr-defined]
            names += [f"{state.node}.time", f"{state.node}.wait"]
            if state.block is not None:
                names += _names_inside(state.block.branches)
    return list(dict.fromkeys(names))


def formula_edges(
    name: str, formula: Expression, before: Mapping[str, float], after: Mapping[str, float], period: float
) -> list[Edge]:
    """Edges from the places that a formula reads, with its mean slopes along the straight way from `before` to `after`.

    Empty where the level of an input is not known: then the formula has no value.
    """
    inputs = [place for place in inputs_of(formula) if place != name]
    if any(not np.isfinite(levels.get(place, np.nan)) for place in inputs for levels in (before, after)):
        return []
    low = np.array([before[place] for place in inputs])
    high = np.array([after[place] for place in inputs])
    gains = np.zeros(len(inputs))
    step = 1e-6 * np.maximum(np.maximum(np.abs(low), np.abs(high)), 1e-9)
    for point, weight in zip(0.5 * (_POINTS + 1.0), 0.5 * _WEIGHTS, strict=True):
        here = low + point * (high - low)
        table = np.concatenate([here + np.diag(step), here - np.diag(step)])
        values = at(formula, dict(zip(inputs, table.T, strict=True)), period, len(table))
        up, down = values[: len(inputs)], values[len(inputs) :]
        gains += weight * (up - down) / (2.0 * step)
    one = np.ones(1)
    return [
        Edge(place, name, float(gain), one, "formula")
        for place, gain in zip(inputs, gains, strict=True)
        if np.isfinite(gain) and gain
    ]


def at(formula: Expression, levels: Mapping[str, Floats], period: float, rows: int) -> Floats:
    """A formula at steady levels, one row each: looking back in time it finds the same levels."""
    width = 160
    wide = {name: np.repeat(np.reshape(level, (-1, 1)), width, axis=1) for name, level in levels.items()}
    places = Places(wide.get, {}, period)
    from mpmflow.analysis.formula import evaluate_expression

    found = np.broadcast_to(evaluate_expression(formula, places), (rows, width))
    return np.asarray(found[:, -1])


@dataclass(frozen=True, slots=True)
class Strength:
    """The gain of a cause and what is doubtful about it; `note` says why there is none."""

    gain: float | None
    note: str = ""


def strength_of(cause: Cause, before: Mapping[str, float], after: Mapping[str, float]) -> Strength:
    """What one more of the source adds to the effect, both in base units."""
    how = cause.strength
    if isinstance(how, Each):
        return Strength(float(how.adds.base / how.step.base))
    if isinstance(how, Elasticity):
        old, new, base = (
            levels.get(name, np.nan)
            for levels, name in ((before, cause.source), (after, cause.source), (before, cause.effect))
        )
        if not (np.isfinite(old) and np.isfinite(base) and old > 0.0):
            return Strength(None, f"the elasticity of {cause.effect} in {cause.source} needs the level of both")
        power = float(how.value)
        if not np.isfinite(new) or abs(new - old) <= 1e-9 * old or new <= 0.0:
            return Strength(power * base / old)
        return Strength(base * ((new / old) ** power - 1.0) / (new - old))
    if isinstance(how, Saturating):
        old, new = (levels.get(cause.source, np.nan) for levels in (before, after))
        if not np.isfinite(old):
            return Strength(None, f"how far {cause.source} has saturated {cause.effect} needs its level")
        if not np.isfinite(new) or abs(new - old) <= 1e-9 * max(abs(old), abs(float(how.half.base))):
            half = float(how.half.base)
            return Strength(float(how.most.base) * half / (half + max(old, 0.0)) ** 2)
        return Strength((how.at(new) - how.at(old)) / (new - old))
    return Strength(None, f"there is too little data to learn how {cause.source} moves {cause.effect}")


def declared_edge(cause: Cause, gain: float, period: float) -> Edge:
    """The edge of a declared cause."""
    low = float(cause.lag.low.base) if cause.lag else 0.0
    high = float(cause.lag.high.base) if cause.lag else 0.0
    evidence = cause.evidence.grade if cause.evidence else "declared"
    return Edge(cause.source, cause.effect, gain, even_lag(low, high, period), evidence, abs(gain) * DOUBT[cause.grade])


def causes_of(model: Model) -> list[Cause]:
    """All causes, those of imported files too."""
    found = list(model.causes)
    for imported in model.imports:
        found += causes_of(imported.model)
    return found
