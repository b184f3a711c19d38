"""`risk`, the main job: from observations, how indicators stand, where rework and delay spread, which metrics will
miss their targets, when, why, and what to do first.

Composed of its parts: `estimate` (the current model), `process_change` and `spread` (two states of each workflow),
`outlook` and `forecast` (the way to lagging metrics), `rules` and `indicators`, `actions`, `story`, `open_cases`.
Waiting for people is what was observed, and what the queues say where nothing was (`crowds`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from math import nan

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import provenance
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.quantities import Quantity

from .arrivals import arrivals_of
from .choice import budget_of, choose
from .commitments import commitment_figures
from .courses import course_of
from .coverage import coverage_figure
from .data_hash import data_hash
from .differences import Asked, scenario_figures
from .enough_data import metrics_of, require_something
from .evaluation import Evaluation, Known
from .figures import MetricFigure
from .indicators import Watch
from .labels import labels_of
from .levers_moved import actions_of
from .metric_rows import cases_behind, metric_figure, unit_word
from .objectives import objective_figures
from .open_cases import open_case_figures
from .pathways import Pathways
from .prepared import prepare, targets_of
from .prospects import Prospects
from .reference import Reference, in_words, understood
from .segments import segments_of
from .spread_rows import figure_rows, place_rows
from .story import headlines_of, warnings_of
from .teams import team_loads

Calibrate = Callable[[Sequence[MetricFigure]], tuple[MetricFigure, ...]]
"""Makes other metrics of the metrics, with other chances to miss their targets."""


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
    calibrate: Calibrate | None = None,
    only_forecasts: bool = False,
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
        calibrate: makes other metrics of the metrics, with chances that past forecasts suggest.
        only_forecasts: metrics, and the steps, decisions and teams of the spread; all else is left out, which takes a
            fraction of the time.

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
    seen = watch.watched.values
    moving = [name for name in outlook.rows if name in sources]
    ways = Pathways(outlook)
    rows = tuple(
        metric_figure(
            metric,
            forecasts[metric.name],
            outlook,
            ways,
            unit_word(units, metric),
            seen.get(metric.name),
            cases_behind(metric.name, outlook, observations),
        )
        for metric in metrics
    )
    if calibrate is not None:
        rows = calibrate(rows)
    as_of = (observations.as_of - timedelta(microseconds=1)).date()
    if only_forecasts:
        places = place_rows(changes, model, {})
        return Evaluation(as_of, in_words(reference), spread=places, metrics=rows, draws=ready.drawn.count)
    indicators = watch.figures()
    prospects = Prospects(forecaster, forecasts, found.model, crowds)
    own_movers = [name for name in outlook.rows if name not in sources]
    labels = labels_of(model, indicators)
    coming = {name: arrivals_of(change, sources, observations, found.periods) for name, change in changes.items()}
    return Evaluation(
        as_of=as_of,
        reference=in_words(reference),
        indicators=indicators,
        spread=(*place_rows(changes, model, coming), *figure_rows(changes, metrics, outlook)),
        metrics=rows,
        warnings=warnings_of(ways, moving, rows),
        headlines=headlines_of(indicators, rows, [*moving, *own_movers]),
        open_cases=open_case_figures(observations.open_cases, changes, observations.as_of),
        actions=actions_of(model, prospects, rows, indicators, labels, sources),
        coverage=coverage_figure(observations, found, outlook, changes, crowds, coming),
        objectives=objective_figures(model, rows, forecaster, units),
        teams=team_loads(crowds, ready.drawn),
        provenance=provenance(model, data=data_hash(observations), seed=seed),
        draws=ready.drawn.count,
        choice=choose(model, prospects, money) if money is not None else None,
        segments=segments_of(model, observations, changes, ready.planned, ready.book, seed),
        commitments=commitment_figures(model, prospects, units, rows, as_of),
        courses=tuple(
            course
            for metric, row in zip(metrics, rows, strict=True)
            if (course := course_of(forecaster, forecasts[metric.name], watch.watched, row.unit)) is not None
        ),
        scenarios=scenario_figures(model, prospects, scenarios, {row.name: row.better for row in rows}),
        title=next((workflow.title for workflow in workflows_in_question(model)), ""),
        labels=labels,
        period=observations.period,
        model=model,
        observations=observations,
        known=Known({name: outlook.after.get(name, nan) for name in outlook.places}, outlook.learned, samples),
    )
