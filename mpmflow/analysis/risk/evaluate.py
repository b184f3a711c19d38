"""`risk`, the main job: from observations, how indicators stand, where rework and delay spread, which metrics will
miss their targets, when, why, and what to do first.

Composed of its parts: `estimate` (the current model), `process_change` and `spread` (two states of each workflow),
`outlook` and `forecast` (the way to lagging metrics), `rules` and `indicators`, `actions`, `story`, `open_cases`.
Waiting for people is what was observed, and what the queues say where nothing was (`crowds`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import provenance
from mpmflow.compiler.units import Units
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Choose, End, Node, Workflow
from mpmflow.model.quantities import Quantity, write_quantity
from mpmflow.numerics.statistics.estimates import forgetting

from .actions import Mover
from .beliefs import Estimate
from .choice import budget_of, choose
from .crowds import Crowds
from .differences import Asked, scenario_figures
from .enough_data import cautions, metrics_of, require_something
from .evaluation import Action, CoverageFigure, Evaluation, IndicatorFigure, MetricFigure, SpreadFigure
from .forecast import MetricForecast
from .indicators import Watch
from .levels import figure_name
from .objectives import objective_figures
from .open_cases import open_case_figures
from .outlook import Outlook
from .pathways import Pathway, pathways
from .prepared import FIGURES, prepare, targets_of
from .process_change import ProcessChange
from .propagation import weakest
from .prospects import Prospects
from .reference import Reference, in_words, understood
from .segments import segments_of
from .sources import Source
from .spread import NodeSpread, Split
from .story import headlines_of, warnings_of, worse
from .teams import overload_cautions, queue_notes, team_loads


def evaluate(
    model: Model,
    observations: Observations,
    *,
    reference: Reference = "plan",
    seed: int = 0,
    draws: int | None = None,
    budget: str | Quantity | None = None,
    scenarios: Sequence[Asked] = (),
    samples: Samples | None = None,
) -> Evaluation:
    """Evaluate a model against what was observed.

    Args:
        reference: what "extra" and "worse" are measured against. `plan`: the model as it is written. `rework-free`: the
            current state without its rework outcomes, so that all rework shows as burden. Two dates: what was observed
            from the one to the other.
        seed: of the draws behind intervals and probabilities; the same seed gives the same bytes.
        draws: how many; 10,000 unless said, fewer where they would not fit into memory.
        budget: money for initiatives, such as "20k eur"; then `choice` says which to take.
        scenarios: what to set from today on, side by side: names, scenarios, or mappings from lever to value.
        samples: observed times of `empirical` durations, as `analyze` takes them.

    Raises:
        ModelFault: a workflow cannot be computed.
        DataError: nothing was observed, or not in the reference period; or the reference is none of these.
    """
    require_something(model, observations)
    reference = understood(reference)
    money = budget_of(budget) if budget is not None else None
    ready = prepare(
        model, observations, targets_of(model), reference=reference, seed=seed, draws=draws, samples=samples
    )
    found, changes, sources, crowds = ready.found, ready.changes, ready.sources, ready.crowds
    outlook, forecaster, units = ready.outlook, ready.forecaster, ready.units
    targets, metrics = ready.targets, metrics_of(model)
    forecasts = {metric.name: forecaster.forecast(metric.name, targets.get(metric.name)) for metric in metrics}
    watch = Watch(model, observations, found, sources, changes, reference == "plan")
    indicators, seen = watch.figures(), watch.watched.values
    moving = [name for name in outlook.rows if name in sources]
    ways = {name: pathways(outlook, name) for name in outlook.rows}
    rows = tuple(
        _metric_figure(
            metric,
            forecasts[metric.name],
            outlook,
            ways,
            _unit_word(units, metric),
            seen.get(metric.name),
            _cases_behind(metric.name, outlook, observations),
        )
        for metric in metrics
    )
    prospects = Prospects(forecaster, forecasts, found.model, crowds)
    own_movers = [name for name in outlook.rows if name not in sources]
    labels = _labels(model, indicators)
    return Evaluation(
        as_of=(observations.as_of - timedelta(microseconds=1)).date(),
        reference=in_words(reference),
        indicators=indicators,
        spread=_spread(changes, metrics, outlook, model),
        metrics=rows,
        warnings=warnings_of({name: ways[name] for name in moving}, rows),
        headlines=headlines_of(indicators, rows, [*moving, *own_movers]),
        open_cases=open_case_figures(observations.open_cases, changes, observations.as_of),
        actions=_actions(model, prospects, rows, indicators, labels, sources),
        coverage=_coverage(observations, found, outlook, changes, crowds),
        objectives=objective_figures(model, rows),
        teams=team_loads(crowds, ready.drawn),
        provenance=provenance(model, data=_data_hash(observations), seed=seed),
        draws=ready.drawn.count,
        choice=choose(model, prospects, money) if money is not None else None,
        segments=segments_of(model, observations, changes, ready.planned, ready.book, seed),
        scenarios=scenario_figures(model, prospects, scenarios, {row.name: row.better for row in rows}),
        title=next((workflow.title for workflow in model.workflows), ""),
        labels=labels,
        period=observations.period,
    )


def _unit_word(units: Units, metric: Metric) -> str:
    """The unit as written, else that of the formula."""
    if metric.unit is not None:
        return metric.unit
    unit = units.of_name(metric.name).unit
    return "" if unit is None or not unit.powers else str(unit)


def _metric_figure(
    metric: Metric,
    forecast: MetricForecast,
    outlook: Outlook,
    ways: Mapping[str, Mapping[str, Sequence[Pathway]]],
    unit: str,
    data: npt.NDArray[np.float64] | None,
    cases: npt.NDArray[np.float64] | None,
) -> MetricFigure:
    target = forecast.target
    told: list[Pathway] = []
    for source in forecast.by:
        told += [path for path in ways.get(source, {}).get(metric.name, ())[:2] if len(path.names) > 1]
    told = told[:6]
    evidence = weakest([path.evidence for path in told]) if told else None
    notes = []
    if forecast.forecast is None:
        notes.append("There is no data of this metric, so only its change is known, not its level.")
    if forecast.note:
        notes.append(forecast.note)
    observed = float(data[-1]) if data is not None and len(data) and not np.isnan(data[-1]) else None
    return MetricFigure(
        name=metric.name,
        label=metric.title,
        category=metric.category,
        unit=unit,
        better=metric.better,
        owner=metric.owner,
        on=forecast.reading.on,
        observed=observed,
        recent=_recent(data, cases),
        baseline=forecast.baseline,
        forecast=forecast.forecast,
        low=forecast.low,
        high=forecast.high,
        target=float(target.value.base) if target is not None else None,
        comparison=target.comparison if target is not None else None,
        target_text=f"{target.comparison} {write_quantity(target.value)}" if target is not None else None,
        reading=forecast.reading.words,
        p_miss=forecast.p_miss,
        reaches_on=forecast.arrives,
        change=forecast.change,
        by=forecast.by,
        paths=tuple(path.names for path in told),
        evidence=evidence,
        method="observed"
        if forecast.settled
        else "exact"
        if evidence in (None, "structural", "formula") and metric.name in outlook.formulas
        else "forecast",
        notes=tuple(notes),
        residual=forecast.residual,
    )


def _cases_behind(name: str, outlook: Outlook, observations: Observations) -> npt.NDArray[np.float64] | None:
    """How many cases ended in each period, for a figure that is a mean over them; None for any other."""
    place = next((place for place, metric in outlook.told_as.items() if metric == name), None)
    if place is None or outlook.figures[place][0] in ("throughput", "wip"):
        return None
    workflow = outlook.figures[place][1]
    ends = [row for end, row in observations.finished.items() if end.partition(".")[0] == workflow]
    return np.asarray(np.sum(np.array(ends, dtype=float), axis=0)[: outlook.known]) if ends else None


def _recent(data: npt.NDArray[np.float64] | None, cases: npt.NDArray[np.float64] | None) -> float | None:
    """Mean of what was observed, recent periods counting most, and each as much as it has cases."""
    if data is None or np.isnan(data).all():
        return None
    weights = forgetting(len(data)) * ~np.isnan(data)
    if cases is not None:
        weights = weights * cases
    return float(weights @ np.nan_to_num(data)) / float(weights.sum()) if weights.sum() > 0.0 else None


# ------------------------------------------------------------------------------------------ spread
def _spread(
    changes: Mapping[str, ProcessChange], metrics: Sequence[Metric], outlook: Outlook, model: Model
) -> tuple[SpreadFigure, ...]:
    """Nodes, teams, workflows and the figures of workflows; those with the largest extra time (then visits) first."""
    rows: list[SpreadFigure] = []
    kinds = {node.name: (node.kind, node.title) for _, node in _nodes(model) if not isinstance(node, End)}
    for name, change in changes.items():
        for node, spread in change.nodes.items():
            kind, label = kinds.get(node, ("step", node))
            if kind == "parallel":
                continue
            rows.append(_row(node, kind, label, name, spread))
        for team, spread in change.team_spread().items():
            rows.append(_row(team, "team", team.replace("_", " "), name, spread))
    rows.sort(key=lambda row: (row.kind == "team", -abs(row.extra_time), -abs(row.extra_visits)))
    named = {
        _only_figure(outlook, metric.name): metric for metric in reversed(metrics) if _only_figure(outlook, metric.name)
    }
    for name, change in changes.items():
        asked = [figure for figure in outlook.figures.values() if figure[1] == name]
        for function, _, statistic in dict.fromkeys([*((one, name, None) for one in FIGURES), *asked]):
            split = change.split(function, statistic)
            if split is None:
                continue
            place = figure_name(function, name, statistic)
            metric = named.get(place)
            rows.append(_metric_row(metric.name if metric else place, metric, name, function, split))
    return tuple(rows)


def _row(at: str, kind: str, label: str, workflow: str, spread: NodeSpread) -> SpreadFigure:
    return SpreadFigure(
        at=at,
        kind=kind,  # type: ignore[arg-type]
        label=label,
        workflow=workflow,
        extra_visits=spread.visits.change,
        visits_by=_sorted(spread.visits.parts),
        extra_time=spread.time.change,
        time_by=_sorted(spread.time.parts),
        path_time=spread.path,
        own_time=spread.own,
        pool_time=spread.pool,
        residual=_told(spread.time.residual, spread.time),
    )


def _metric_row(at: str, metric: Metric | None, workflow: str, function: str, split: Split) -> SpreadFigure:
    timed = function == "time"
    return SpreadFigure(
        at=at,
        kind="metric",
        label=metric.title if metric else at,
        workflow=workflow,
        extra_time=split.change if timed else 0.0,
        time_by=_sorted(split.parts) if timed else {},
        change=split.change,
        change_by=_sorted(split.parts),
        unit=(metric.unit or "") if metric else "",
        residual=_told(split.residual, split),
    )


def _told(residual: float, split: Split) -> float:
    """A residual worth telling: more than rounding."""
    scale = max(abs(split.before), abs(split.after), *(abs(part) for part in split.parts.values()), 0.0)
    return residual if abs(residual) > 1e-9 * scale else 0.0


def _sorted(parts: Mapping[str, float]) -> dict[str, float]:
    kept = {name: part for name, part in parts.items() if part}
    return dict(sorted(kept.items(), key=lambda item: (-abs(item[1]), item[0])))


def _only_figure(outlook: Outlook, metric: str) -> str | None:
    """The workflow figure that a metric is nothing but."""
    inputs = [edge.source for edge in outlook.network.edges if edge.target == metric]
    formula = outlook.formulas.get(metric)
    one = len(inputs) == 1 and formula is not None and formula.kind == "function"
    return inputs[0] if one and inputs[0] in outlook.figures else None


# ------------------------------------------------------------------------------------------ actions, coverage
def _actions(
    model: Model,
    prospects: Prospects,
    rows: Sequence[MetricFigure],
    indicators: Sequence[IndicatorFigure],
    labels: Mapping[str, str],
    sources: Mapping[str, Source],
) -> tuple[Action, ...]:
    by_name = {row.name: row for row in indicators}
    owners = {row.name: row.owner for row in indicators}
    mover = Mover(model, prospects, {row.name: row.better for row in rows}, labels, owners)
    chosen = {node.name for _, node in _nodes(model) if isinstance(node, Choose)}
    levers = [
        name
        for name, source in sources.items()
        if not source.passing and source.kind != "arrivals" and name.partition(".")[0] not in chosen and name in by_name
    ]
    candidates = [name for name in levers if _amiss(sources[name], by_name[name])]
    effects = {
        f"{node.name}.{outcome.name}"
        for _, node in _nodes(model)
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


def _coverage(
    observations: Observations,
    found: Estimate,
    outlook: Outlook,
    changes: Mapping[str, ProcessChange],
    crowds: Crowds,
) -> CoverageFigure:
    seen = observations.coverage
    notes = [*seen.notes, *dict.fromkeys(outlook.notes), *queue_notes(crowds)]
    if any(change.new.process.on_calendar for change in changes.values()):
        notes.append("Some teams work by a calendar: times computed from their work are approximate.")
    unplanned = [row.name for row in found.times.values() if not row.planned]
    if unplanned:
        notes.append(
            "The text states no time for "
            + ", ".join(sorted(name.rpartition(".")[0] for name in unplanned)[:6])
            + (" and others" if len(unplanned) > 6 else "")
            + ": the first 20 periods take its place."
        )
    return CoverageFigure(
        cases=seen.cases,
        events=seen.events,
        periods=found.periods,
        unmatched=seen.unmatched,
        deviations=seen.deviations,
        detours=seen.detours,
        astray=seen.astray,
        notes=tuple(notes),
        cautions=(*cautions(observations, found.periods), *overload_cautions(crowds)),
    )


def _labels(model: Model, indicators: Sequence[IndicatorFigure]) -> dict[str, str]:
    """Words for every name that an evaluation mentions: a named indicator lends its label to what it measures."""
    labels = {row.name: row.label for row in indicators if row.measures is None}
    labels |= {row.measures: row.label for row in indicators if row.measures is not None}
    labels |= {row.name: row.label for row in indicators if row.measures is not None}
    labels |= {metric.name: metric.title for metric in metrics_of(model)}
    labels |= {node.name: node.title for _, node in _nodes(model) if not isinstance(node, End)}
    labels |= {workflow.name: workflow.title for workflow in model.workflows}
    labels |= {initiative.name: initiative.title for initiative in model.initiatives}
    return labels


# ------------------------------------------------------------------------------------------ small things
def _nodes(model: Model) -> list[tuple[Workflow, Node]]:
    found = list(model.nodes())
    for imported in model.imports:
        found += _nodes(imported.model)
    return found


def _data_hash(observations: Observations) -> str:
    text = repr(
        (
            observations.starts,
            observations.as_of,
            sorted(observations.outcomes.items()),
            sorted(observations.durations.items()),
            sorted(observations.arrivals.items()),
            sorted(observations.series.items()),
            observations.open_cases,
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()
