"""Every measure that a standard may name, worked out from facts; `mpmflow.model.standards.MEASURES` says what each is.

Long, because each of the measures has its own few lines here, in the order of that table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import numpy as np

from mpmflow.analysis.risk.influences import causes_of
from mpmflow.analysis.risk.levels import inputs_of
from mpmflow.graphs import attributes as at
from mpmflow.graphs.handoffs import handoffs
from mpmflow.model.goals import Objective
from mpmflow.model.imports import with_imports, workflows_in_question
from mpmflow.model.measures import Cause, Indicator, Learned, Target
from mpmflow.model.scenes import ExpectSilence, ExpectState

from .facts import Facts, Finding, share

YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_WORK = ("step", "decision", "choose", "team", "partner")


def measured(name: str, facts: Facts) -> Finding:
    """The figure of a measure. A figure that is `given` by its caller is taken as it is."""
    if facts.given is not None and name in facts.given:
        return Finding(float(facts.given[name]), why="as given")
    return COUNTED[name](facts)


def _goals(facts: Facts) -> dict[str, Objective]:
    return {goal.name: goal for goal, _ in facts.model.objective_tree()}


# ------------------------------------------------------------------------------------------ alignment
def goals_reached(facts: Facts) -> Finding:
    return share(_goals(facts), lambda name: name not in facts.line.blind, "the file has no objective")


def goals_moving_the_goal_above(facts: Facts) -> Finding:
    links = {link.child: link.reaches for link in facts.line.up}
    return share(links, links.__getitem__, "no objective stands below another")


def work_reaching_a_goal(facts: Facts) -> Finding:
    done = {row.name: row.objectives for row in facts.line.activities if row.kind in _WORK and row.levers}
    if not facts.model.objectives:
        return Finding(None, why="the file has no objective")
    return share(done, done.__getitem__, "no step, decision or team has a time, a cost or a share")


def initiatives_reaching_their_goals(facts: Facts) -> Finding:
    rows = {row.name: row for row in facts.line.activities if row.kind == "initiative" and row.serves}
    return share(
        rows,
        lambda name: set(rows[name].serves) <= set(rows[name].objectives),
        "no initiative says which goal it serves",
    )


def metrics_reaching_a_goal(facts: Facts) -> Finding:
    rows = {row.name: row.objectives for row in facts.line.metrics}
    if not facts.model.objectives:
        return Finding(None, why="the file has no objective")
    return share(rows, rows.__getitem__, "the file has no metric")


def metrics_moving_an_outcome(facts: Facts) -> Finding:
    rows = {row.name: row.outcomes for row in facts.line.metrics if row.category in ("activity", "output")}
    return share(rows, rows.__getitem__, "the file has no activity or output metric")


def goals_pulling_together(facts: Facts) -> Finding:
    goals = list(facts.model.objective_tree())
    pairs = {
        f"{first.name} and {second.name}"
        for number, (first, _) in enumerate(goals)
        for second, _ in goals[number + 1 :]
        if first.level == second.level
    }
    apart = {f"{pair.first} and {pair.second}" for pair in facts.line.across if pair.conflicts}
    return share(sorted(pairs), lambda name: name not in apart, "no two objectives are of one level")


# ------------------------------------------------------------------------------------------ accountability
def goals_with_owner(facts: Facts) -> Finding:
    goals = _goals(facts)
    return share(goals, lambda name: goals[name].owner, "the file has no objective")


def goals_with_target(facts: Facts) -> Finding:
    goals = _goals(facts)
    metrics = facts.metrics

    def targeted(name: str) -> bool:
        mine = (metrics[metric].target for metric in goals[name].measured_by if metric in metrics)
        return goals[name].target is not None or any(mine)

    return share(goals, targeted, "the file has no objective")


def metrics_with_owner(facts: Facts) -> Finding:
    owned = {name for goal in _goals(facts).values() if goal.owner for name in goal.measured_by}
    metrics = facts.metrics
    return share(metrics, lambda name: metrics[name].owner or name in owned, "the file has no metric")


def goal_metrics_with_target(facts: Facts) -> Finding:
    return share(facts.goal_metrics, facts.targeted.__contains__, "no metric measures an objective")


def _targets(facts: Facts) -> Iterator[tuple[str, Target]]:
    for metric in facts.model.metrics:
        if metric.target is not None:
            yield metric.name, metric.target
    for goal in _goals(facts).values():
        if goal.target is not None:
            yield goal.name, goal.target
    for commitment in facts.model.commitments:
        for promise in commitment.promises:
            yield commitment.name, promise.target


def targets_with_date(facts: Facts) -> Finding:
    undated = {name for name, target in _targets(facts) if target.by is None}
    return share([name for name, _ in _targets(facts)], lambda name: name not in undated, "the file has no target")


def targets_promised(facts: Facts) -> Finding:
    return share(facts.targeted, facts.promised.__contains__, "no metric has a target")


def commitments_with_consequences(facts: Facts) -> Finding:
    commitments = {one.name: bool(one.if_met and one.if_missed) for one in facts.model.commitments}
    return share(commitments, commitments.__getitem__, "the file has no commitment")


# ------------------------------------------------------------------------------------------ analytics
def decisions_with_measured_effect(facts: Facts) -> Finding:
    rows = {row.name: row.metrics for row in facts.line.activities if row.kind == "decision"}
    own = {decision.name for decision in facts.decisions}
    return share([name for name in rows if name in own], rows.__getitem__, "the file has no decision")


def outcomes_with_leading_indicator(facts: Facts) -> Finding:
    outcomes = [metric.name for metric in facts.model.metrics if metric.category == "outcome"]

    def foretold(name: str) -> bool:
        return any(effect.kind != "metric" for effect in facts.sight.effects_on(name).values())

    return share(outcomes, foretold, "no metric is an outcome")


def _causes(facts: Facts) -> dict[str, Cause]:
    return {f"cause:{cause.source}->{cause.effect}": cause for cause in causes_of(facts.model)}


def _evidence(cause: Cause) -> str:
    if isinstance(cause.strength, Learned):
        return "learned"
    return cause.evidence.grade if cause.evidence is not None else "declared"


def causes_from_data(facts: Facts) -> Finding:
    causes = _causes(facts)
    return share(causes, lambda name: _evidence(causes[name]) != "declared", "the file has no cause")


def causes_from_experiment(facts: Facts) -> Finding:
    causes = _causes(facts)
    return share(causes, lambda name: _evidence(causes[name]) == "experiment", "the file has no cause")


def metrics_with_level(facts: Facts) -> Finding:
    return share(facts.metrics, lambda name: np.isfinite(facts.sight.level(name)), "the file has no metric")


def scenarios(facts: Facts) -> Finding:
    names = facts.model.scenarios.names
    return Finding(float(len(names)), met=names)


# ------------------------------------------------------------------------------------------ automation
def _ruled(facts: Facts) -> dict[str, Indicator]:
    return {one.name: one for one in facts.model.declared_indicators if one.rules}


def indicators_with_rule(facts: Facts) -> Finding:
    names = facts.model.declared_indicators.names
    return share(names, _ruled(facts).__contains__, "the file names no indicator")


def troubles_watched(facts: Facts) -> Finding:
    troubles = [
        f"{decision.name}.{outcome.name}"
        for decision in facts.decisions
        for outcome in decision.outcomes
        if outcome.has_effect
    ]
    watched = {place for one in _ruled(facts).values() for place in inputs_of(one.measure)}
    return share(troubles, watched.__contains__, "no outcome means rework, delay, scrap or waste")


def indicators_with_test(facts: Facts) -> Finding:
    tested = {
        expected.name
        for test in facts.model.tests
        for expected in test.expects
        if isinstance(expected, ExpectState | ExpectSilence)
    }
    return share(_ruled(facts), tested.__contains__, "no indicator has a rule")


def indicators_with_action(facts: Facts) -> Finding:
    ruled = _ruled(facts)
    return share(ruled, lambda name: ruled[name].do, "no indicator has a rule")


def data_sources(facts: Facts) -> Finding:
    names = tuple(f"data:{source.path}" for source in facts.model.data)
    return Finding(float(len(names)), met=names)


# ------------------------------------------------------------------------------------------ alliances
def handoffs_with_owners(facts: Facts) -> Finding:
    graph = handoffs(facts.model)
    across = {
        f"{giver}->{taker}": bool(data.get(at.OWNED))
        for giver, taker, data in graph.edges(data=True)
        if data.get(at.ACROSS)
    }
    return share(across, across.__getitem__, "no work passes between organisations")


def teams_with_owner(facts: Facts) -> Finding:
    known = {team.name: team for one in reversed([*with_imports(facts.model)]) for team in one.all_teams}
    at_work = {getattr(node, "by", None) for one in workflows_in_question(facts.model) for node in one.nodes()}
    own = set(facts.model.all_teams.names)
    teams = {name: team.owner for name, team in known.items() if name in own or name in at_work}
    return share(teams, teams.__getitem__, "the file has no team")


# ------------------------------------------------------------------------------------------ assessment
def goal_metrics_with_benchmark(facts: Facts) -> Finding:
    known = {benchmark.metric for benchmark in facts.model.benchmarks}
    return share(facts.goal_metrics, known.__contains__, "no metric measures an objective")


def benchmarks_with_source(facts: Facts) -> Finding:
    sources = {f"benchmark:{one.metric}": one.source for one in facts.model.benchmarks}
    return share(sources, sources.__getitem__, "the file has no benchmark")


def year_of(label: str | None, source: str | None) -> int | None:
    """The year of a benchmark: the latest that its label or source names.

    >>> year_of("B2B median, 2025", "annual survey"), year_of("peers", None)
    (2025, None)
    """
    years = [int(year) for year in YEAR.findall(f"{label or ''} {source or ''}")]
    return max(years, default=None)


def age_in_years(year: int, on: date) -> float:
    """Years from the end of a year to a day; 0 within that year.

    >>> age_in_years(2024, date(2026, 7, 2))
    1.5
    """
    return max(0.0, round(((on - date(year, 12, 31)).days) / 365.25, 2))


def benchmark_age(facts: Facts) -> Finding:
    if not facts.model.benchmarks:
        return Finding(None, why="the file has no benchmark")
    years = {f"benchmark:{one.metric}": year_of(one.label, one.source) for one in facts.model.benchmarks}
    dated = {name: age_in_years(year, facts.on) for name, year in years.items() if year is not None}
    undated = tuple(name for name, year in years.items() if year is None)
    if not dated:
        return Finding(None, lacking=undated, why="no benchmark names a year in its label or source")
    oldest = max(dated.values())
    return Finding(oldest, lacking=tuple(name for name, age in dated.items() if age == oldest and age > 0.0))


def months_since_assessment(facts: Facts) -> Finding:
    if facts.previous is None:
        return Finding(None, why="no earlier assessment was given to compare with")
    try:
        before = date.fromisoformat(str(facts.previous["on"]))
    except ValueError:
        return Finding(None, why="the earlier assessment names no day of the calendar")
    return Finding(round((facts.on - before).days / 30.4375, 1), why=f"the last one is of {before}")


def promises_kept(facts: Facts) -> Finding:
    """Each promise once, as the ledger last judged it; one that was reached late was not kept."""
    if facts.review is None:
        return Finding(None, why="no ledger was looked at")
    kept: dict[str, bool] = {}
    for judged in facts.review.judged:
        if judged.forecast.commitment is not None and judged.missed is not None:
            name = judged.forecast.commitment
            kept[name] = kept.get(name, True) and not judged.missed
    return share(kept, kept.__getitem__, "no promise in the ledger has come due")


def not_given(facts: Facts) -> Finding:
    return Finding(None, why="this figure was not given")


# ------------------------------------------------------------------------------------------ the five steps
def _sourced(facts: Facts) -> Callable[[str], bool]:
    series = any(source.kind == "series" for source in facts.model.data)
    seen = (
        facts.evaluation.known.levels if facts.evaluation is not None and facts.evaluation.known is not None else None
    )

    def sourced(name: str) -> bool:
        if facts.metrics[name].formula is not None:
            return True
        return series if seen is None else bool(np.isfinite(seen.get(name, np.nan)))

    return sourced


def metrics_with_source(facts: Facts) -> Finding:
    return share(facts.metrics, _sourced(facts), "the file has no metric")


def metrics_defined(facts: Facts) -> Finding:
    sourced, metrics = _sourced(facts), facts.metrics

    def defined(name: str) -> bool:
        metric = metrics[name]
        return sourced(name) and bool(metric.unit or metric.formula) and metric.better is not None

    return share(metrics, defined, "the file has no metric")


def goals_with_initiative(facts: Facts) -> Finding:
    lowest = [name for name, goal in _goals(facts).items() if not goal.children]
    served = {name for one in facts.model.initiatives for name in one.serves}
    return share(lowest, served.__contains__, "the file has no objective")


def initiatives_complete(facts: Facts) -> Finding:
    complete = {
        one.name: bool(one.owner and one.costs is not None and one.moves and all(move.by for move in one.moves))
        for one in facts.model.initiatives
    }
    return share(complete, complete.__getitem__, "the file has no initiative")


def targets_on_course(facts: Facts) -> Finding:
    if facts.evaluation is None:
        return Finding(None, why="it needs data: ask with an evaluation")
    chances = {row.name: row.p_miss for row in facts.evaluation.metrics if row.p_miss is not None}
    return share(chances, lambda name: chances[name] < 0.5, "no forecast has a target")


COUNTED: Mapping[str, Callable[[Facts], Finding]] = {
    "goals_reached": goals_reached,
    "goals_moving_the_goal_above": goals_moving_the_goal_above,
    "work_reaching_a_goal": work_reaching_a_goal,
    "initiatives_reaching_their_goals": initiatives_reaching_their_goals,
    "metrics_reaching_a_goal": metrics_reaching_a_goal,
    "metrics_moving_an_outcome": metrics_moving_an_outcome,
    "goals_pulling_together": goals_pulling_together,
    "goals_with_owner": goals_with_owner,
    "goals_with_target": goals_with_target,
    "metrics_with_owner": metrics_with_owner,
    "goal_metrics_with_target": goal_metrics_with_target,
    "targets_with_date": targets_with_date,
    "targets_promised": targets_promised,
    "commitments_with_consequences": commitments_with_consequences,
    "decisions_with_measured_effect": decisions_with_measured_effect,
    "outcomes_with_leading_indicator": outcomes_with_leading_indicator,
    "causes_from_data": causes_from_data,
    "causes_from_experiment": causes_from_experiment,
    "metrics_with_level": metrics_with_level,
    "scenarios": scenarios,
    "indicators_with_rule": indicators_with_rule,
    "troubles_watched": troubles_watched,
    "indicators_with_test": indicators_with_test,
    "rule_coverage": not_given,
    "indicators_with_action": indicators_with_action,
    "data_sources": data_sources,
    "handoffs_with_owners": handoffs_with_owners,
    "teams_with_owner": teams_with_owner,
    "goal_metrics_with_benchmark": goal_metrics_with_benchmark,
    "benchmarks_with_source": benchmarks_with_source,
    "benchmark_age": benchmark_age,
    "months_since_assessment": months_since_assessment,
    "promises_kept": promises_kept,
    "metrics_with_source": metrics_with_source,
    "metrics_defined": metrics_defined,
    "goals_with_initiative": goals_with_initiative,
    "initiatives_complete": initiatives_complete,
    "targets_on_course": targets_on_course,
}
"""How each measure is worked out."""
