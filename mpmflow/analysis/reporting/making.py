"""A report made of an evaluation: which rows it shows, with their history, their place in the goals, what was forecast.

Nothing is computed anew: what stands here was found by `evaluate`, and is selected and ordered by `risk.standing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mpmflow.analysis.alliances.figures import HandoffFigure
from mpmflow.analysis.risk.commitments import WORST_FIRST
from mpmflow.analysis.risk.evaluation import Evaluation, IndicatorFigure, MetricFigure, OpenCaseFigure, WarningTime
from mpmflow.analysis.risk.standing import (
    STANDINGS,
    Standing,
    busy_teams,
    harm_of,
    in_trouble,
    most_urgent,
    observed_indicators,
    places_of_delay,
    places_of_rework,
    shown_once,
    standing,
    troubled,
)
from mpmflow.analysis.rules import State
from mpmflow.model.goals import LEVELS, Initiative, Level
from mpmflow.model.model import Model

from .indicator_courses import indicator_courses
from .narrowed import DAILY, narrowed
from .parts import (
    LevelPart,
    PastForecast,
    ReportedCommitment,
    ReportedIndicator,
    ReportedInitiative,
    ReportedMetric,
    ReportedMove,
    ReportedObjective,
    Stop,
    Summary,
    Told,
    Way,
)
from .report import Report

Tell = Callable[[Evaluation], Told]
"""Makes the sentences of an evaluation; words belong to a floor above this one."""
MOST_CASES = 20
"""Open cases that are listed; all are counted."""
CERTAIN = 0.995
"""From this chance on a case is late for certain: nobody can help it any more."""
NOTICEABLE = 0.005
"""A way to a metric is shown if its source takes this part of the metric's level away."""
MOST_WAYS = 3
STATE_ORDER: tuple[State, ...] = ("alert", "warn", "pending", "ok", "unknown")


def report_of(
    evaluation: Evaluation,
    tell: Tell,
    *,
    past: Sequence[PastForecast] = (),
    handoffs: Sequence[HandoffFigure] = (),
    level: Level | None = None,
) -> Report:
    """The report of an evaluation.

    Args:
        tell: makes its sentences.
        past: forecasts made earlier, with what came of them where that is known, in the order to be shown.
        handoffs: between teams and partners; left to departments and functions where a level is asked for.
        level: only what concerns the objectives of that level: their metrics, what moves these, who promised what.

    Raises ValueError for a level without objectives; the message says which have some.
    """
    if level is not None:
        evaluation = narrowed(evaluation, level)
    told = tell(evaluation)
    model, observations = evaluation.model, evaluation.observations
    courses = indicator_courses(model, observations) if model is not None and observations is not None else {}
    metrics = most_urgent(evaluation.metrics)
    known = {course.name: course for course in evaluation.courses}
    names = {row.name for row in metrics}
    alive = [case for case in evaluation.open_cases if case.p_late is None or case.p_late < CERTAIN]
    return Report(
        title=evaluation.title,
        as_of=evaluation.as_of,
        headline=told.headline,
        against=told.against,
        meaning=told.meaning,
        sentences=told.sentences,
        cautions=told.cautions,
        summary=_summary(evaluation),
        metrics=tuple(
            ReportedMetric(row, standing(row), told.whys.get(row.name, ""), known.get(row.name)) for row in metrics
        ),
        indicators=tuple(
            ReportedIndicator(
                row,
                told.words.get(row.name, row.label),
                in_trouble(row),
                row.state if row.rule else None,
                courses.get(row.name),
            )
            for row in observed_indicators(evaluation)
        ),
        ways=_ways(evaluation, told),
        rework=tuple(places_of_rework(evaluation.spread)),
        delay=tuple(places_of_delay(evaluation.spread)),
        teams=tuple(busy_teams(evaluation.teams)),
        actions=told.actions,
        choice=evaluation.choice,
        initiatives=_initiatives(evaluation),
        open_cases=len(evaluation.open_cases),
        late=len(evaluation.open_cases) - len(alive),
        cases=_cases(alive or list(evaluation.open_cases)),
        commitments=tuple(
            ReportedCommitment(row, told.promises.get(row.name, ""))
            for row in sorted(
                evaluation.commitments,
                key=lambda row: (WORST_FIRST.index(row.state), -(row.p_miss or 0.0), row.name),
            )
        ),
        past=tuple(one for one in past if level is None or one.metric in names),
        levels=_levels(evaluation, level),
        handoffs=tuple(handoffs) if level is None or level in DAILY else (),
        words=told.words,
        notes=told.notes,
        coverage=evaluation.coverage,
        level=level,
        period=evaluation.period,
        draws=evaluation.draws,
        provenance=evaluation.provenance,
    )


def _cases(cases: Sequence[OpenCaseFigure]) -> tuple[OpenCaseFigure, ...]:
    return tuple(cases[:MOST_CASES])


def _summary(evaluation: Evaluation) -> Summary:
    by_standing: dict[Standing, tuple[str, ...]] = {}
    for kind in STANDINGS:
        names = tuple(row.name for row in most_urgent(evaluation.metrics) if standing(row) == kind)
        if names:
            by_standing[kind] = names
    states = [row.state for row in shown_once(evaluation.indicators) if row.rule]
    return Summary(by_standing, {state: states.count(state) for state in STATE_ORDER if state in states})


def _ways(evaluation: Evaluation, told: Told) -> tuple[Way, ...]:
    """The strongest ways by which harm comes to the metric in most danger; else to the one that is harmed most."""
    in_danger = troubled(evaluation.metrics)
    for row in in_danger or sorted(evaluation.metrics, key=lambda one: (-_worst_harm(one), one.name)):
        found = [way for way in evaluation.warnings if way.lagging == row.name]
        bad = [way for way in found if harm_of(row, row.by.get(way.leading, 0.0)) >= NOTICEABLE]
        bad.sort(key=lambda way: (-harm_of(row, row.by[way.leading]), way.leading))
        if bad:
            return tuple(_way(evaluation, told, way, row) for way in bad[:MOST_WAYS])
    return ()


def _worst_harm(row: MetricFigure) -> float:
    return max((harm_of(row, part) for part in row.by.values()), default=0.0)


def _way(evaluation: Evaluation, told: Told, way: WarningTime, row: MetricFigure) -> Way:
    path = way.path or (way.leading, way.lagging)
    indicators = _by_name(evaluation.indicators)
    metrics = {one.name: one for one in evaluation.metrics}
    stops = []
    for name in path:
        words = told.words.get(name, name)
        if name in metrics:
            stops.append(Stop(name, words, "metric", standing=standing(metrics[name])))
        elif name in indicators:
            ruled = indicators[name].rule
            stops.append(Stop(name, words, "indicator", state=indicators[name].state if ruled else None))
        else:
            stops.append(Stop(name, words, "other"))
    return Way(tuple(stops), row.by[way.leading], row.unit, way.warning_time, way.evidence)


def _by_name(rows: Sequence[IndicatorFigure]) -> dict[str, IndicatorFigure]:
    """Rows by name; a named indicator stands for what it measures."""
    found = {row.name: row for row in rows}
    return found | {row.measures: row for row in rows if row.measures is not None}


def _initiatives(evaluation: Evaluation) -> tuple[ReportedInitiative, ...]:
    if evaluation.model is None:
        return ()
    chosen = evaluation.choice.nominal.initiatives if evaluation.choice is not None else None
    objectives = {one.name for one in evaluation.objectives}
    sources = {name for row in evaluation.metrics for name, part in row.by.items() if part}
    return tuple(
        ReportedInitiative(
            one.name,
            one.title,
            one.owner,
            float(one.costs.base) if one.costs is not None else None,
            one.costs.unit if one.costs is not None else "",
            tuple(
                ReportedMove(move.lever, float(move.start.base), float(move.goal.base), move.goal.unit, move.by)
                for move in one.moves
            ),
            tuple(one.serves),
            one.name in chosen if chosen is not None else None,
        )
        for one in all_initiatives(evaluation.model)
        if not one.serves or objectives & set(one.serves) or sources & {move.lever for move in one.moves}
    )


def all_initiatives(model: Model) -> list[Initiative]:
    """The initiatives of a model and of what it imports."""
    return [*model.initiatives, *(one for found in model.imports for one in all_initiatives(found.model))]


def _levels(evaluation: Evaluation, level: Level | None) -> tuple[LevelPart, ...]:
    rows = {row.name: row for row in evaluation.metrics}
    above = evaluation.model.objective_tree() if evaluation.model is not None else ()
    labels = {one.name: one.title for one, _ in above}
    initiatives = all_initiatives(evaluation.model) if evaluation.model is not None else []
    parts = []
    for one_level in LEVELS if level is None else (level,):
        objectives = []
        for figure in evaluation.objectives:
            if figure.level != one_level:
                continue
            mine = [rows[name] for name in figure.measured_by if name in rows]
            promised = [
                one.name
                for one in evaluation.commitments
                if any(promise.metric in figure.measured_by for promise in one.promises)
            ]
            objectives.append(
                ReportedObjective(
                    figure,
                    tuple(row.name for row in mine),
                    tuple(promised),
                    tuple(one.name for one in initiatives if figure.name in one.serves),
                    labels.get(figure.parent) if figure.parent is not None else None,
                )
            )
        if objectives:
            parts.append(LevelPart(one_level, tuple(objectives)))
    return tuple(parts)
