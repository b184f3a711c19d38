"""Line of sight: which goals everything that is done reaches, by how much, how soon, and on what evidence.

A lever reaches a metric if some way of influence leads there. How strongly is exact where it can be: levers on figures
are slopes of `analyze`, formulas are taken at the present levels, causes have the strength that their author states or
that data show. All ways add up. A strength that nobody knows is told as such, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from mpmflow.analysis.exact.analyze import Analysis, analyze
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import provenance
from mpmflow.analysis.risk.enough_data import metrics_of
from mpmflow.analysis.risk.levels import figure_name, figures_of, inputs_of
from mpmflow.analysis.risk.metric_rows import unit_word
from mpmflow.analysis.risk.prepared import metric_meant
from mpmflow.analysis.risk.propagation import weakest
from mpmflow.analysis.scenarios.planned import Planned
from mpmflow.compiler.names import Names
from mpmflow.compiler.units import Units
from mpmflow.model.flow import goes_on
from mpmflow.model.goals import Objective
from mpmflow.model.imports import with_imports, workflows_in_question
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model, derived_indicators
from mpmflow.model.process import Choose, Decision, Step

from .answer import ActivitySight, Effect, LineOfSight, MetricSight, ObjectiveSight, Strength, Verdict
from .cascade import across, upward
from .links import WEEK, Learnt, Level, Lever, formulas_in, levers_in, links_of
from .steps import Step as Stride
from .steps import natural_step
from .ways import MOST_WAYS, Network, lag_over

if TYPE_CHECKING:
    from mpmflow.analysis.risk.evaluation import Evaluation

EFFECTIVE = frozenset({"yield", "first_pass", "throughput", "conversion", "win_rate", "scrap"})
"""Functions of effectiveness: an operational metric of nothing else tells whether the right things come out."""
TOLD = 3
"""Ways of an effect that are told; its lag is read from more."""


def line_of_sight(model: Model, evaluation: Evaluation | None = None, samples: Samples | None = None) -> LineOfSight:
    """The line of sight of a model.

    Args:
        evaluation: gives levels of metrics and strengths of causes that are `learned`; without one those that the model
            has by itself.
        samples: observed times of `empirical` durations, as `analyze` takes them; an evaluation brings its own.

    Raises:
        ModelFault: a workflow cannot be computed. UnstableLoopError: influences go round and do not die out.
    """
    return looking(model, evaluation, samples).answer()


def looking(model: Model, evaluation: Evaluation | None = None, samples: Samples | None = None) -> Sight:
    """The line of sight in the making: of the model alone, or at the levels and with the strengths of an evaluation."""
    known = evaluation.known if evaluation is not None else None
    if evaluation is None or known is None:
        return Sight(model, samples, {}, {}, None, WEEK)
    return Sight(model, known.samples, known.levels, known.learned, evaluation.as_of, evaluation.period)


class Sight:
    """One answer in the making: the network, and the effects that were asked for."""

    def __init__(
        self,
        model: Model,
        samples: Samples | None,
        levels: Mapping[str, float],
        learned: Learnt,
        as_of: date | None,
        period: float,
    ) -> None:
        self.model, self.as_of = model, as_of
        self.metrics: dict[str, Metric] = {metric.name: metric for metric in metrics_of(model)}
        analysis = analyze(model, samples=samples)
        self.level = level_of(model, analysis, levels, period)
        self.levers: dict[str, Lever] = levers_in(analysis)
        self.passing = passing_outcomes(model)
        formulas = formulas_in(model).values()
        figures = frozenset(figure_name(*one) for formula in formulas for one in figures_of(formula))
        self.network = Network(links_of(model, analysis, self.level, learned, period), figures)
        self.units = units_of(model, self.metrics, self.levers)
        self._effects: dict[str, dict[str, Effect]] = {}
        self._better: dict[str, str | None] = {}

    def answer(self) -> LineOfSight:
        objectives = self._objectives()
        activities = self._activities()
        metrics = self._metrics()
        return LineOfSight(
            objectives,
            activities,
            metrics,
            upward(self.model, self.effects_on, set(self.metrics)),
            across(self.model, self.effects_on, self._teams()),
            tuple(self._notes(activities)),
            self.as_of,
            next((workflow.title for workflow in workflows_in_question(self.model)), ""),
            provenance(self.model),
            labels_of(self.model),
            self.units,
        )

    # ------------------------------------------------------------------------------------------ effects
    def effects_on(self, metric: str) -> Mapping[str, Effect]:
        """Every lever and metric that moves a metric, those worth most first."""
        if metric not in self._effects:
            reaching = self.network.reaching(metric)
            doubtful, gains = self.network.in_doubt(metric), self.network.gains_to(metric)
            named = [
                name
                for name in (*self.levers, *self.metrics)
                if name in reaching and name != metric and name not in self.passing
            ]
            found = [
                effect
                for name in named
                if (effect := self._effect(name, metric, gains.get(name, 0.0), name in doubtful)) is not None
            ]
            # Equal worth is equal to twelve digits: the last ones differ from machine to machine.
            found.sort(key=lambda one: (one.change is None, one.worth is None, -float(f"{one.worth or 0.0:.12g}")))
            self._effects[metric] = {effect.source: effect for effect in found}
        return self._effects[metric]

    def _effect(self, source: str, metric: str, gain: float, doubtful: bool) -> Effect | None:
        ways = self.network.ways(source, metric)
        known = any(way.gain for way in ways) or (len(ways) == MOST_WAYS and gain != 0.0)
        if not ways or not (known or doubtful):
            return None
        soonest, lag, latest = lag_over(ways)
        stride = self._stride(source)
        strength: Strength = "known" if not doubtful else "partly" if known else "unknown"
        own = self._value(source)
        return Effect(
            source,
            self.levers[source].kind if source in self.levers else "metric",
            self.levers[source].of if source in self.levers else source,
            metric,
            stride.size,
            stride.said,
            gain * stride.size if known else None,
            strength,
            self._helps(metric, gain) if known and strength == "known" else None,
            abs(gain * own) if known and np.isfinite(own) else None,
            soonest,
            lag,
            latest,
            weakest([way.evidence for way in ways]),
            next((way.why for way in ways if way.why), ""),
            ways[:TOLD],
        )

    def _stride(self, source: str) -> Stride:
        lever = self.levers.get(source)
        if lever is None:
            return natural_step("metric", self.units.get(source, ""))
        return natural_step(lever.kind, self.units.get(source, ""), lever.value)

    def _value(self, source: str) -> float:
        return self.levers[source].value if source in self.levers else self.level(source)

    def _helps(self, metric: str, gain: float) -> bool | None:
        if metric not in self._better:
            self._better[metric] = direction_of(self.model, self.metrics[metric])
        better = self._better[metric]
        return None if better is None or not gain else (gain > 0.0) == (better == "higher")

    # ------------------------------------------------------------------------------------------ goals
    def _objectives(self) -> tuple[ObjectiveSight, ...]:
        found = []
        for objective, parent in self.model.objective_tree():
            mine = [name for name in objective.measured_by if name in self.metrics]
            effects = [effect for name in mine for effect in self.effects_on(name).values()]
            done = {effect.of for effect in effects if effect.kind != "metric" or self._is_activity(effect.source)}
            done |= {name for name in mine if self._is_activity(name)}
            found.append(
                ObjectiveSight(
                    objective.name,
                    objective.title,
                    objective.level,
                    parent.name if parent is not None else None,
                    objective.owner,
                    tuple(mine),
                    tuple(effects),
                    tuple(sorted(done)),
                    tuple(child.name for child in objective.children),
                    tuple(one.name for one in self.model.initiatives if objective.name in one.serves),
                    not done,
                )
            )
        return tuple(found)

    def _is_activity(self, name: str) -> bool:
        return name in self.metrics and self.metrics[name].category == "activity"

    def _reached(self, sources: Sequence[str]) -> tuple[str, ...]:
        """The metrics that any of some levers or metrics moves, or is, in the order of the model."""
        return tuple(
            name for name in self.metrics if any(one == name or one in self.effects_on(name) for one in sources)
        )

    def _goals_of(self, metrics: Sequence[str]) -> tuple[str, ...]:
        return tuple(goal.name for goal, _ in self.model.objective_tree() if set(goal.measured_by) & set(metrics))

    def _outcomes(self, metrics: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in metrics if self.metrics[name].category == "outcome")

    # ------------------------------------------------------------------------------------------ what is done
    def _activities(self) -> tuple[ActivitySight, ...]:
        found = []
        for name, label, kind in done_in(self.model):
            levers = tuple(lever.name for lever in self.levers.values() if lever.of == name)
            sources = (name,) if kind == "metric" else levers
            if kind == "initiative":
                sources = tuple(self._sources_of(move.lever) for move in self.model.initiatives[name].moves)
                levers = sources
            metrics = self._reached(sources)
            if kind == "metric":
                metrics = tuple(one for one in metrics if one != name)
            serves = self.model.initiatives[name].serves if kind == "initiative" else ()
            found.append(
                ActivitySight(
                    name,
                    label,
                    kind,
                    levers,
                    metrics,
                    self._goals_of((*metrics, name)),
                    self._outcomes(metrics),
                    self._verdict(metrics),
                    tuple(serves),
                )
            )
        return tuple(found)

    def _sources_of(self, lever: str) -> str:
        """What an initiative moves, as this network calls it: a named indicator of one outcome is that outcome."""
        for one in with_imports(self.model):
            indicator = one.declared_indicators.get(lever)
            if indicator is not None:
                inputs = inputs_of(indicator.measure)
                return inputs[0] if len(inputs) == 1 else lever
        return lever

    def _verdict(self, metrics: Sequence[str]) -> Verdict:
        if self._outcomes(metrics):
            return "effective"
        if not metrics:
            return "nothing"
        told = {self._tells(self.metrics[name]) for name in metrics}
        return "efficient only" if told == {"efficiency"} else "output only"

    def _tells(self, metric: Metric) -> str:
        if metric.category == "activity":
            return "effort"
        if metric.category in ("output", "outcome"):
            return "effectiveness"
        asked = {function for function, _, _ in figures_of(metric.formula)} if metric.formula is not None else set()
        return "effectiveness" if asked and asked <= EFFECTIVE else "efficiency"

    def _metrics(self) -> tuple[MetricSight, ...]:
        found = []
        any_outcome = any(metric.category == "outcome" for metric in self.metrics.values())
        for metric in self.model.metrics:
            reached = self._reached((metric.name,))
            goals, outcomes = self._goals_of(reached), self._outcomes(reached)
            vanity = any_outcome and metric.category in ("activity", "output") and not outcomes
            orphan = bool(self.model.objectives) and not goals
            tells = self._tells(metric)
            found.append(
                MetricSight(metric.name, metric.title, metric.category, tells, goals, outcomes, vanity, orphan)  # type: ignore[arg-type]
            )
        return tuple(found)

    def _teams(self) -> Mapping[str, tuple[str, ...]]:
        """Lever or place -> the teams that work there."""
        found: dict[str, tuple[str, ...]] = {}
        for one in with_imports(self.model):
            for team in one.all_teams:
                found[team.name] = (team.name,)
            for _, node in one.nodes():
                if isinstance(node, Step | Decision | Choose) and node.by:
                    found[node.name] = (node.by,)
        return found

    def _notes(self, activities: Sequence[ActivitySight]) -> list[str]:
        notes = []
        if not self.model.objectives:
            notes.append("The file has no objective, so nothing can be said of goals: write `objective NAME LEVEL`.")
        if not any(metric.category == "outcome" for metric in self.metrics.values()):
            notes.append(
                "No metric of the file is an outcome, so nothing in it can be called effective: link what you measure "
                "to a metric of category `outcome`, such as revenue."
            )
        for activity in activities:
            missed = [goal for goal in activity.serves if goal not in activity.objectives]
            if activity.kind == "initiative" and missed:
                notes.append(
                    f"Initiative {activity.name} says it serves {', '.join(missed)}, but what it moves does not reach "
                    "there."
                )
        for link in self.network.links:
            if link.evidence == "learned" and link.gain is None:
                notes.append(f"How strongly {link.source} moves {link.target} is not known: {link.why}.")
        return notes


def level_of(model: Model, analysis: Analysis, levels: Mapping[str, float], period: float = WEEK) -> Level:
    """Where metrics, indicators and figures stand: by data where there are any, else by the model."""
    planned = Planned(model, analysis, period)
    figures = {
        figure_name(*figure): figure for formula in formulas_in(model).values() for figure in figures_of(formula)
    }

    def level(name: str) -> float:
        known = levels.get(name)
        if known is not None and np.isfinite(known):
            return known
        if name in figures:
            function, workflow, statistic = figures[name]
            return float(np.ravel(planned.process(function, workflow, statistic))[-1])
        return float(np.ravel(planned.value(name))[-1])

    return level


def passing_outcomes(model: Model) -> frozenset[str]:
    """Outcomes that just go on: they move when the others of their decision do, and are no lever of their own."""
    found = set()
    for one in with_imports(model):
        for _, node in one.nodes():
            if isinstance(node, Decision):
                pays = goes_on(node.outcomes)
                if pays is not None:
                    found.add(f"{node.name}.{pays.name}")
    return frozenset(found)


def direction_of(model: Model, metric: Metric) -> str | None:
    """Which way a metric gets better: as it says, or as its target, or that of a goal or promise, implies."""
    if metric.better is not None:
        return metric.better
    targets = [metric.target] if metric.target is not None else []
    held = [goal for goal, _ in model.objective_tree() if goal.target is not None and metric.name in goal.measured_by]
    if held:
        units = Units(Names(model))
        targets += [goal.target for goal in held if goal.target and metric_meant(goal, units) == metric.name]
    targets += [
        promise.target for one in model.commitments for promise in one.promises if promise.metric == metric.name
    ]
    if targets:
        return "higher" if targets[0].comparison == "at least" else "lower"
    return "higher" if metric.category == "outcome" else None


def done_in(model: Model) -> list[tuple[str, str, str]]:
    """All that is done, as (name, label, kind): workflows and their places, teams, activity metrics, initiatives."""
    found: list[tuple[str, str, str]] = []
    for one in with_imports(model):
        for workflow in one.workflows:
            found.append((workflow.name, workflow.title, "workflow"))
            for node in workflow.nodes():
                if isinstance(node, Step | Decision | Choose):
                    found.append((node.name, node.title, node.kind))
        found += [(team.name, team.title, "partner" if team.partner else "team") for team in one.all_teams]
        found += [(metric.name, metric.title, "metric") for metric in one.metrics if metric.category == "activity"]
    found += [(one.name, one.title, "initiative") for one in model.initiatives]
    return list(dict.fromkeys(found))


def units_of(model: Model, metrics: Mapping[str, Metric], levers: Mapping[str, Lever]) -> dict[str, str]:
    """The unit in which each metric reads, and the currency of levers of money, as the language writes them."""
    units = Units(Names(model))
    found = {name: unit_word(units, metric) for name, metric in metrics.items()}
    for lever in levers.values():
        measure = units.of_name(lever.name).unit if lever.kind in ("money", "rate") else None
        if measure is not None and measure.currencies:
            found[lever.name] = measure.currencies[0]
    return found


def labels_of(model: Model) -> dict[str, str]:
    """Words for every name that an answer mentions."""
    found: dict[str, str] = {}
    for one in with_imports(model):
        found |= {metric.name: metric.title for metric in one.metrics}
        found |= {indicator.name: indicator.label for indicator in derived_indicators(one)}
        found |= {name: label for name, label, _ in done_in(one)}

    def tell(goal: Objective) -> None:
        found[goal.name] = goal.title
        for child in goal.children:
            tell(child)

    for goal in model.objectives:
        tell(goal)
    return found
