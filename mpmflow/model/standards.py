"""Standards that a plan is assessed against, as plain data: factors with points, each a question and a named measure.

A measure is a figure that follows from a model, its line of sight, or data; `MEASURES` names all there are. A point
puts four thresholds on one: level 0 below the first, level 4 from the last on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["share", "count", "years", "months"]
LEVELS = 4
"""Levels go from 0 to this one."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that a standard can ask for.

    Attributes:
        means: what is counted, out of what.
        unit: `share` (a fraction of 1), `count`, `years` or `months`.
        smaller: whether less is better.
        needs: what must be given beside the model: "" for nothing, else an evaluation, the previous assessment, the
            review of a ledger, or the figure itself (`given`).
        mend: how the figure is raised.
    """

    name: str
    means: str
    unit: Unit
    mend: str
    smaller: bool = False
    needs: Literal["", "evaluation", "previous", "review", "given"] = ""


_ALL = (
    # alignment
    Measure(
        "goals_reached",
        "objectives that something that is done reaches",
        "share",
        "Link a step, a decision or an activity metric to a metric of each, by a `cause` or a formula.",
    ),
    Measure(
        "goals_moving_the_goal_above",
        "objectives below another one that move it",
        "share",
        "Write the `cause` that leads from a metric of each to one of the goal above, or measure the goal by another.",
    ),
    Measure(
        "work_reaching_a_goal",
        "steps, decisions and teams, of those with a time, cost or share, that reach a goal",
        "share",
        "Measure what each brings, or ask whether it is needed.",
    ),
    Measure(
        "initiatives_reaching_their_goals",
        "initiatives that reach every goal they say they serve",
        "share",
        "Let each move a lever that reaches the goal, or take the goal out of `serves`.",
    ),
    Measure(
        "metrics_reaching_a_goal",
        "metrics that measure a goal or move one",
        "share",
        "Throw each away, or link it to a goal.",
    ),
    Measure(
        "metrics_moving_an_outcome",
        "activity and output metrics that move an outcome",
        "share",
        "Write the `cause` that leads from each to an outcome metric, or stop reporting it.",
    ),
    Measure(
        "goals_pulling_together",
        "pairs of goals of one level without a lever that helps one and hurts the other",
        "share",
        "Agree at each such lever which goal comes first, and write it down.",
    ),
    # accountability
    Measure("goals_with_owner", "objectives with an owner", "share", 'Add `owner "NAME"` to each.'),
    Measure(
        "goals_with_target",
        "objectives with a target, their own or of a metric",
        "share",
        "Add `target at least VALUE by DATE` to each, or to a metric of it.",
    ),
    Measure(
        "metrics_with_owner",
        "metrics with an owner, their own or of a goal that they measure",
        "share",
        'Add `owner "NAME"` to each.',
    ),
    Measure(
        "goal_metrics_with_target",
        "metrics that measure a goal and have a target, their own, the goal's or a promise",
        "share",
        "Add `target at least VALUE by DATE` to each.",
    ),
    Measure("targets_with_date", "targets with a date", "share", "Add `by DATE` to each."),
    Measure(
        "targets_promised",
        "metrics with a target that a commitment promises",
        "share",
        "Write a `commitment` by a person for each.",
    ),
    Measure(
        "commitments_with_consequences",
        "commitments that say what follows if they are met and if they are missed",
        "share",
        "Add `if met` and `if missed` to each.",
    ),
    # analytics
    Measure(
        "decisions_with_measured_effect",
        "decisions of which an outcome, the work or the wait moves a metric",
        "share",
        "Add a metric of the workflow such as `time(W)` or `yield(W)`.",
    ),
    Measure(
        "outcomes_with_leading_indicator",
        "outcome metrics that something seen while work is done foretells",
        "share",
        "Write the causes that lead from the process to each.",
    ),
    Measure(
        "causes_from_data",
        "causes that rest on data: learned, associated or an experiment",
        "share",
        "Let `mpmflow fit --causes` look at each, or try it in an experiment.",
    ),
    Measure(
        "causes_from_experiment",
        "causes that rest on an experiment",
        "share",
        "Try each in an experiment, and write `evidence experiment`.",
    ),
    Measure(
        "metrics_with_level",
        "metrics whose present level is known, from the model or from data",
        "share",
        "Name a series with a column of each in a `data` block, or give it a formula.",
    ),
    Measure(
        "scenarios", "scenarios that are written down", "count", "Write a `scenario` for each question that comes up."
    ),
    # automation
    Measure(
        "indicators_with_rule", "named indicators with a warning or an alert", "share", "Add `warn` or `alert` to each."
    ),
    Measure(
        "troubles_watched",
        "outcomes that mean rework, delay, scrap or waste and that a named indicator with a rule watches",
        "share",
        "Write an `indicator` with a `warn` for each.",
    ),
    Measure(
        "indicators_with_test",
        "indicators with a rule that a test expects something of",
        "share",
        "Write a `test` for each.",
    ),
    Measure(
        "rule_coverage",
        "rule clauses, outcomes and causes that the tests exercise, as `test --coverage` counts",
        "share",
        "`mpmflow test --coverage` names what is missing.",
        needs="given",
    ),
    Measure(
        "indicators_with_action", "indicators with a rule that ask for an action", "share", "Add `do ACTION` to each."
    ),
    Measure(
        "data_sources", "logs and series that the file names", "count", "Name the log and the series in a `data` block."
    ),
    # alliances
    Measure(
        "handoffs_with_owners",
        "hand-offs between organisations with an owner on both sides",
        "share",
        "Give both teams of each an owner.",
    ),
    Measure("teams_with_owner", "teams and partners with an owner", "share", 'Add `owner "NAME"` to each.'),
    # assessment
    Measure(
        "goal_metrics_with_benchmark",
        "metrics that measure a goal and have a benchmark",
        "share",
        'Add `benchmark METRIC VALUE "LABEL, YEAR" source "…"` for each.',
    ),
    Measure("benchmarks_with_source", "benchmarks with a source", "share", 'Add `source "…"` to each.'),
    Measure(
        "benchmark_age",
        "age of the oldest benchmark, from the year in its label or source",
        "years",
        "Look up a new figure for each that is old.",
        smaller=True,
    ),
    Measure(
        "months_since_assessment",
        "time since the assessment that this one is compared with",
        "months",
        "Assess before each yearly budget and at the end of each campaign.",
        smaller=True,
        needs="previous",
    ),
    Measure(
        "promises_kept",
        "commitments that came due and were kept, as a ledger has them",
        "share",
        "Look at what each missed promise rested on.",
        needs="review",
    ),
    # the five steps
    Measure(
        "metrics_with_source",
        "metrics with a formula, or from a series that the file names",
        "share",
        "Give each a formula, or name the series that has it.",
    ),
    Measure(
        "metrics_defined",
        "metrics with a source, a unit or formula, and a direction",
        "share",
        "Add what each lacks: `= FORMULA` or `data`, `unit UNIT`, `higher is better`.",
    ),
    Measure(
        "goals_with_initiative",
        "goals without goals below them that an initiative serves",
        "share",
        "Write an `initiative` that serves each.",
    ),
    Measure(
        "initiatives_complete",
        "initiatives with an owner, a cost and a date for each move",
        "share",
        "Add what each lacks: `owner`, `costs`, `by DATE`.",
    ),
    Measure(
        "targets_on_course",
        "targets that the forecast is more likely to meet than to miss",
        "share",
        "`mpmflow risk` says what to do first for each.",
        needs="evaluation",
    ),
)
MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in _ALL}
"""Every measure by its name, in the order in which the reference page lists them."""


@dataclass(frozen=True, slots=True)
class Point:
    """One question of a standard.

    Attributes:
        measure: a name of `MEASURES`.
        thresholds: from which figure on (or up to which, where less is better) levels 1 to 4 hold.
        words: what each level from 0 to 4 means.
    """

    name: str
    question: str
    measure: str
    thresholds: tuple[float, float, float, float]
    words: tuple[str, str, str, str, str]
    weight: float = 1.0

    def level(self, value: float) -> int:
        """The level of a figure.

        >>> words = ("", "", "", "", "")
        >>> point = Point("p", "?", "goals_with_owner", (0.25, 0.5, 0.75, 1.0), words)
        >>> point.level(0.0), point.level(0.6), point.level(1.0)
        (0, 2, 4)
        """
        slack = 1e-9
        if MEASURES[self.measure].smaller:
            return sum(value <= threshold + slack for threshold in self.thresholds)
        return sum(value >= threshold - slack for threshold in self.thresholds)


@dataclass(frozen=True, slots=True)
class Factor:
    """A part of a standard: points that belong together."""

    name: str
    title: str
    points: tuple[Point, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Standard:
    """What a plan is assessed against.

    Attributes:
        source: where it comes from. note: what its reader must know.
        benchmark_years: a benchmark older than this is said to be old.
    """

    name: str
    title: str
    source: str
    factors: tuple[Factor, ...]
    note: str = ""
    benchmark_years: float = 2.0

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, in order."""
        return tuple(point for factor in self.factors for point in factor.points)
