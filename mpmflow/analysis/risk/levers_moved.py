"""Which levers are worth moving back or further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpmflow.model.levers import owner_of
from mpmflow.model.model import Model
from mpmflow.model.process import Choose

from .actions import Mover
from .figures import Action, IndicatorFigure, MetricFigure
from .labels import nodes_of
from .prospects import Prospects
from .sources import Source
from .story import worse


def actions_of(
    model: Model,
    prospects: Prospects,
    rows: Sequence[MetricFigure],
    indicators: Sequence[IndicatorFigure],
    labels: Mapping[str, str],
    sources: Mapping[str, Source],
) -> tuple[Action, ...]:
    """What to do first: levers that are worse than their reference back to it, costly ones a fifth down."""
    by_name = {row.name: row for row in indicators}
    owners = {row.name: row.owner or owner_of(model, row.name) for row in indicators}
    mover = Mover(model, prospects, {row.name: row.better for row in rows}, labels, owners)
    chosen = {node.name for _, node in nodes_of(model) if isinstance(node, Choose)}
    levers = [
        name
        for name, source in sources.items()
        if not source.passing and source.kind != "arrivals" and name.partition(".")[0] not in chosen and name in by_name
    ]
    candidates = [name for name in levers if _amiss(sources[name], by_name[name])]
    effects = {
        f"{node.name}.{outcome.name}"
        for _, node in nodes_of(model)
        if node.kind == "decision"
        for outcome in node.outcomes
        if outcome.has_effect
    }
    costly = [
        name
        for name in levers
        if name in effects and name not in candidates and not worse(by_name.get(name)) and sources[name].now > 0.0
    ]
    costly.sort(key=lambda name: (-sources[name].now, name))
    return mover.actions(candidates, costly)


def _amiss(source: Source, row: IndicatorFigure) -> bool:
    """Whether a lever stands on the wrong side of its reference by more than rounding; either side where none is
    better.
    """
    if abs(source.deviation) <= 1e-9 * max(abs(source.now), abs(source.reference)):
        return False
    return row.better is None or (source.deviation > 0.0) == (row.better == "lower")
