"""The sentences of a report, made of an evaluation: those of the note of `mpmflow risk`, as plain texts."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from mpmflow.analysis.reporting.parts import ReportedAction, Told
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.analysis.risk.standing import most_urgent
from mpmflow.model.imports import with_imports
from mpmflow.render.numbers import significant
from mpmflow.render.promises_text import standing as promise_standing
from mpmflow.render.promises_text import ways_back
from mpmflow.render.risk_names import Names
from mpmflow.render.risk_sentences import actions_told, dates_in_words, meaning, what_it_rests_on, why_it_moves
from mpmflow.render.risk_top import against, sentences
from mpmflow.render.risk_words import upper

MOST_ACTIONS = 8


def told(evaluation: Evaluation) -> Told:
    """The sentences of an evaluation for its report."""
    names = Names(evaluation)
    top = [line.plain for line in sentences(evaluation, names)]
    rows = most_urgent(evaluation.metrics)
    whys = {row.name: why_it_moves(evaluation, row, names) for row in rows}
    actions = actions_told(evaluation, names)[:MOST_ACTIONS]
    notes = [*what_it_rests_on(evaluation, names), *_draws(evaluation)]
    notes += [names.in_words(dates_in_words(note)) for note in evaluation.coverage.notes]
    for row in rows:
        notes += [f"{upper(row.label)}: {dates_in_words(note[:1].lower() + note[1:])}" for note in row.notes]
    return Told(
        headline=top[0],
        sentences=tuple(top[1:]),
        against=against(evaluation),
        meaning=meaning(evaluation),
        whys={name: why.plain for name, why in whys.items() if why is not None},
        actions=tuple(ReportedAction(action, words.plain) for action, words in actions),
        promises={
            row.name: " ".join([*promise_standing(row), *ways_back(evaluation, row, names)])
            for row in evaluation.commitments
        },
        words={name: upper(names.full(name)) for name in sorted(_mentioned(evaluation))} | _teams(evaluation),
        notes=tuple(dict.fromkeys(notes)),
        cautions=tuple(dates_in_words(caution) for caution in evaluation.coverage.cautions),
    )


def _draws(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.draws:
        off = significant(100 * 1.96 * sqrt(0.25 / evaluation.draws), 1)
        yield (
            f"Ranges and chances rest on {evaluation.draws:,} draws of all that is uncertain: a chance is that of all "
            f"futures give or take {off} point{'' if off == '1' else 's'}."
        )


def _teams(evaluation: Evaluation) -> dict[str, str]:
    """What people call the teams and partners, those of imported files too."""
    models = with_imports(evaluation.model) if evaluation.model is not None else ()
    return {team.name: upper(team.title) for model in models for team in model.all_teams}


def _mentioned(evaluation: Evaluation) -> set[str]:
    """Every name that the report may have to say in words."""
    found = {row.name for row in evaluation.metrics}
    for indicator in evaluation.indicators:
        found |= {indicator.name} if indicator.measures is None else {indicator.name, indicator.measures}
    for metric in evaluation.metrics:
        found |= set(metric.by)
    for place in evaluation.spread:
        found |= {place.at, *place.visits_by, *place.time_by}
    for way in evaluation.warnings:
        found |= {*way.path, way.leading, way.lagging}
    found |= {case.at for case in evaluation.open_cases} | {action.lever for action in evaluation.actions}
    found |= {name for team in evaluation.teams for name in team.wait_by}
    if evaluation.model is not None:
        found |= {one.name for one in evaluation.model.initiatives}
        found |= {move.lever for one in evaluation.model.initiatives for move in one.moves}
    return found
