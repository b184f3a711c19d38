"""An evaluation narrowed to one level of the organisation: its objectives, their metrics, and what moves these.

This is for reading, not for secrecy: a label or a note may still mention what lies outside. What a partner gets is made
the other way round, of what is his alone.
"""

from __future__ import annotations

from dataclasses import replace

from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.model.goals import LEVELS, Level

DAILY: tuple[Level, ...] = ("department", "function")
"""The levels at which somebody looks after single cases."""


def narrowed(evaluation: Evaluation, level: Level) -> Evaluation:
    """Only the part of an evaluation that concerns the objectives of a level.

    Metrics are those that measure its objectives; indicators, places, actions and headlines those that move these
    metrics; commitments those that promise one of them. Open cases are left to departments and functions.

    Raises ValueError for a level that the file has no objective for; the message says which it has.
    """
    objectives = tuple(one for one in evaluation.objectives if one.level == level)
    if not objectives:
        there = [one for one in LEVELS if any(row.level == one for row in evaluation.objectives)]
        known = f"it has some for {', '.join(there)}" if there else "it has none at all"
        raise ValueError(f"the file has no objective for the level {level}; {known}")
    names = {name for one in objectives for name in one.measured_by}
    metrics = tuple(row for row in evaluation.metrics if row.name in names)
    sources = {name for row in metrics for name, part in row.by.items() if part}
    return replace(
        evaluation,
        objectives=objectives,
        metrics=metrics,
        courses=tuple(course for course in evaluation.courses if course.name in names),
        indicators=tuple(row for row in evaluation.indicators if (row.measures or row.name) in sources),
        spread=tuple(
            row
            for row in evaluation.spread
            if (row.at in names if row.kind == "metric" else sources & {*row.visits_by, *row.time_by})
        ),
        warnings=tuple(row for row in evaluation.warnings if row.lagging in names),
        headlines=tuple(
            replace(
                one,
                expected_consequences=tuple(found for found in one.expected_consequences if found.name in names),
                unexplained=tuple(name for name in one.unexplained if name in names),
            )
            for one in evaluation.headlines
            if one.root in sources
        ),
        actions=tuple(
            replace(one, gains={name: gain for name, gain in one.gains.items() if name in names})
            for one in evaluation.actions
            if any(gain for name, gain in one.gains.items() if name in names)
        ),
        commitments=tuple(
            one for one in evaluation.commitments if any(promise.metric in names for promise in one.promises)
        ),
        open_cases=evaluation.open_cases if level in DAILY else (),
    )
