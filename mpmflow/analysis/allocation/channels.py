"""Channels: what money may be spent on period by period, and how each responds to more or less of it.

A channel is an activity measured in money that leads, over causes, to the metric that is asked about. Its responses are
those of its causes, followed along their bend:

    each +1 adds x          a straight line
    elasticity e            y0 (x / x0)^e            at the level x, from the levels x0, y0 of the reference
    saturates at M, half h  M x / (h + x)
    learned                 a straight line, or with a ceiling where the series show one

No form is believed without end: a straight line up to one and a half times the largest level seen, a power from a
quarter to four times the present level, a ceiling everywhere. A metric that a formula makes of the spending itself,
such as a cost per lead, is best where hardly anything is spent; for such a one no channel goes below a quarter either.
What is chosen stays within these bounds, unless others are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from mpmflow.analysis.risk.influences import causes_of
from mpmflow.analysis.risk.outlook import Outlook
from mpmflow.analysis.risk.propagation import Edge
from mpmflow.compiler.units import Units
from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.measures import Cause, Elasticity, Metric, Saturating
from mpmflow.model.quantities import Quantity

BEYOND_SEEN = 1.5
POWER_BOUNDS = (0.25, 4.0)


@dataclass(frozen=True, slots=True)
class Response:
    """What a channel adds to one effect in the long run.

    Attributes:
        edge: its number among the influences of the evaluation.
        kind: `straight`, `power` or `ceiling`.
        gain: of a straight line; the ceiling of a ceiling; the level of the effect where a power is 1.
        scale: the level where half of a ceiling is reached, or where a power is 1.
        power: of a power.
    """

    edge: int
    effect: str
    kind: str
    gain: float
    scale: float = 1.0
    power: float = 1.0

    def at(self, level: float) -> float:
        """What a level adds, up to a constant.

        >>> Response(0, "leads", "ceiling", 120.0, 5.0).at(5.0)
        60.0
        """
        if self.kind == "ceiling":
            return self.gain * level / (self.scale + level)
        if self.kind == "power":
            return float(self.gain * (level / self.scale) ** self.power) if level > 0.0 or self.power > 0.0 else -inf
        return self.gain * level


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: what goes into it now per period, the levels between which its responses are believed, and these."""

    name: str
    label: str
    now: float
    low: float
    high: float
    responses: tuple[Response, ...]


def channels_to(
    metric: str,
    read: Sequence[str],
    outlook: Outlook,
    units: Units,
    budget: Quantity,
    limits: Mapping[str, tuple[Quantity, Quantity]],
) -> tuple[tuple[Channel, ...], tuple[str, ...]]:
    """The channels that lead to a metric, in the order of the text, and notes on those that cannot be weighed.

    `read` are the places that the metric's formula reads.

    Raises DataError for limits of something that is no channel, or that are no money.
    """
    reached = _that_reach(metric, outlook)
    found: list[Channel] = []
    notes: list[str] = []
    for name, one in outlook.metrics.items():
        unit = units.of_name(name).unit
        if one.category != "activity" or one.formula is not None or name not in reached:
            continue
        if unit is None or not unit.is_money:
            continue
        if unit.powers != budget.measure.powers:
            notes.append(f"{one.title} is counted in {one.unit}, which is not converted to {budget.unit}: it stays.")
            continue
        now = outlook.after.get(name, np.nan)
        if not np.isfinite(now):
            notes.append(f"What is spent on {one.title} now is not known: it stays as it is.")
            continue
        found.append(_channel(one, float(now), outlook, name in read, limits.get(name)))
    for name, bounds in limits.items():
        if name not in [channel.name for channel in found]:
            close = nearest(name, [channel.name for channel in found])
            raise DataError(
                f"{name} is no channel that leads to {metric}"
                + (f"; did you mean {close[0]}?" if close else "; there is none" if not found else "")
            )
        if any(not bound.measure.is_money or bound.unit != budget.unit for bound in bounds):
            raise DataError(
                f"the limits of {name} are amounts in {budget.unit} for each period, such as 0 eur to 5k eur"
            )
        if not 0 <= bounds[0].base <= bounds[1].base:
            raise DataError(f"the limits of {name} go from the smaller amount to the larger, from 0 up")
    return tuple(found), tuple(notes)


def _that_reach(metric: str, outlook: Outlook) -> set[str]:
    """Everything from which influences lead to a metric, itself included."""
    behind: dict[str, list[str]] = {}
    for edge in outlook.network.edges:
        behind.setdefault(edge.target, []).append(edge.source)
    found, waiting = {metric}, [metric]
    while waiting:
        for source in behind.get(waiting.pop(), ()):
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _channel(
    metric: Metric, now: float, outlook: Outlook, read: bool, limits: tuple[Quantity, Quantity] | None
) -> Channel:
    causes = {(cause.source, cause.effect): cause for cause in causes_of(outlook.model)}
    data = outlook.series.get(metric.name)
    most_seen = max(now, float(np.nanmax(data))) if data is not None and not np.isnan(data).all() else now
    responses, low, high = [], POWER_BOUNDS[0] * now if read else 0.0, inf
    for number, edge in enumerate(outlook.network.edges):
        cause = causes.get((edge.source, edge.target))
        if edge.source != metric.name or cause is None:
            continue
        response = _response(number, edge, cause, outlook)
        responses.append(response)
        if response.kind == "straight":
            high = min(high, BEYOND_SEEN * most_seen)
        elif response.kind == "power":
            low, high = max(low, POWER_BOUNDS[0] * now), min(high, POWER_BOUNDS[1] * now)
    if not responses:
        high = BEYOND_SEEN * most_seen  # it moves the metric by a formula alone
    if limits is not None:
        low, high = (float(bound.base) for bound in limits)
    return Channel(metric.name, metric.title, now, min(low, high), high, tuple(responses))


def _response(number: int, edge: Edge, cause: Cause, outlook: Outlook) -> Response:
    how = cause.strength
    if isinstance(how, Saturating):
        return Response(number, edge.target, "ceiling", float(how.most.base), float(how.half.base))
    if isinstance(how, Elasticity):
        level, base = outlook.before[cause.source], outlook.before[cause.effect]
        return Response(number, edge.target, "power", base, level, float(how.value))
    told = outlook.learned.get((cause.source, cause.effect))
    if told is not None and told.half is not None and told.ceiling is not None:
        return Response(number, edge.target, "ceiling", told.ceiling, told.half)
    return Response(number, edge.target, "straight", edge.gain)
