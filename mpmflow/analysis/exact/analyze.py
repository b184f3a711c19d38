"""`analyze`: the exact figures of each workflow as it is designed, and what every lever does to them.

No data: structure is solved exactly (`figures`), slopes by adjoints (`levers`), the law of the time on a lattice
(`sojourn_of`). Where cases keep coming to teams, `analysis.congestion` puts the waits in front of those teams into the
figures; `analyze_workflow` leaves them out: its times are those of a case that finds everybody free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.figures import Solution, solve_process, wasted
from mpmflow.analysis.exact.interactions import Interaction, interactions_of
from mpmflow.analysis.exact.law_of_time import (
    LawOfTime,
    RemainingTime,
    end_number,
    law_of_all,
    law_of_draws,
    law_of_end,
    remaining,
)
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.exact.levers import Levers, levers_of
from mpmflow.analysis.exact.places import (
    StepFigures,
    TeamFigures,
    loads_of,
    shares_of,
    steps_of,
    teams_of,
    visits_of,
)
from mpmflow.analysis.exact.ranking import RANKED, Mending, MendingBoth, ranking
from mpmflow.analysis.exact.sojourn_of import WholeTime, gamma_slopes, law_slopes, whole_time
from mpmflow.analysis.results import Document, Provenance, Result, finite, provenance
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.process import Workflow

if TYPE_CHECKING:
    from mpmflow.analysis.congestion.answer import Waiting
    from mpmflow.analysis.congestion.effects import People
    from mpmflow.analysis.congestion.overload import OverloadedTeam

Waits = Literal["work", "qna", "jackson", "mgm", "none"]
WAITS: tuple[Waits, ...] = ("work", "qna", "jackson", "mgm", "none")
"""How waits may be worked out: the default formula, the older ones for comparison, not at all."""
INTERACTIONS = 10
"""So many pairs of levers stand in the document: the strongest ones for the time."""


@dataclass(frozen=True, eq=False)
class WorkflowAnalysis:
    """The figures of one workflow; see `mpmflow.analysis.exact.figures` for every definition.

    Attributes:
        name: of the workflow.
        ends: share of cases by end.
        visits: node -> mean executions per case; 0 for what no case comes to.
        figures: "time.mean", "time.sd", "time.p50", "time.p90", "time.p95", "time.late", "touch_time.mean",
            "cost.mean", "cost.sd", "yield", "scrap", "first_pass", "rework", "throughput_per_s", "wip", "waste.cost",
            "waste.touch_time"; None where one has no meaning. With waits also "time.without_wait" and
            "teams.T.wait" of every team.
        currency: of the costs; None where nothing costs anything, or costs are in several.
        method: figure -> exact, bounded or approximate, for every figure that is not exact.
        error: figure -> bound on its error: of chances for percentiles and lateness.
        teams, steps: by name, in the order of the text.
        notes: what a reader must know.
        solution: the solved chain behind it all, for other questions; without waits.
        waiting: how the waits in these figures came about; None where they are those of a case that finds everybody
            free.
    """

    name: str
    ends: Mapping[str, float]
    visits: Mapping[str, float]
    figures: Mapping[str, float | None]
    currency: str | None
    method: Mapping[str, str]
    error: Mapping[str, float]
    teams: Mapping[str, TeamFigures]
    steps: Mapping[str, StepFigures]
    notes: tuple[str, ...]
    solution: Solution = field(repr=False)
    whole_time: WholeTime = field(repr=False)
    solver: Solver = field(repr=False)
    model: Model = field(repr=False)
    waiting: Waiting | None = field(default=None, repr=False)

    def __getitem__(self, figure: str) -> float | None:
        """A figure by its dotted name."""
        if figure not in self.figures:
            raise KeyError(f"{figure!r} is none of the figures: {', '.join(self.figures)}")
        return self.figures[figure]

    @cached_property
    def shares(self) -> Mapping[str, float]:
        """Share of each outcome, by its id, over all visits to its decision."""
        return shares_of(self.solution.actual)

    @cached_property
    def levers(self) -> Levers:
        """What moves the figures, and how fast; worked out when first asked for."""
        if self.waiting is not None:
            return self.waiting.levers(levers_of(self.solution, self.solver), self.figures)
        deadline, sd = self.solution.process.deadline, self.figures["time.sd"] or 0.0
        law = law_slopes(self.whole_time, deadline)
        moments = gamma_slopes(self.whole_time, self.solution.time.mean, sd, deadline)
        return levers_of(self.solution, self.solver, law, self.figures, moments, self.whole_time)

    @property
    def people(self) -> tuple[People, ...]:
        """What one more and one fewer in each team would change; () where waits are not counted."""
        return self.waiting.people if self.waiting is not None else ()

    @cached_property
    def _mendings(self) -> tuple[tuple[Mending, ...], tuple[MendingBoth, ...]]:
        exact = ranking(self.solution)
        return exact if self.waiting is None else self.waiting.ranking(exact)

    @property
    def ranking(self) -> tuple[Mending, ...]:
        """Decisions by what mending them would take off the time (else the cost, else the losses), the best first."""
        return self._mendings[0]

    @property
    def mending_both(self) -> tuple[MendingBoth, ...]:
        """The first decisions of the ranking two by two, those whose gains add up least first. Exact."""
        return self._mendings[1]

    def interactions(self, figure: str | None = None, levers: Sequence[str] | None = None) -> tuple[Interaction, ...]:
        """How outcomes of different decisions help or hinder each other: exact second derivatives of a mean.

        Of the mean time, unless said: `time.without_wait` where waits are counted, for those of waits are not known.
        The strongest pairs first; of the outcomes with the largest effects, or of those named by `levers`. Raises
        KeyError for a figure that is no mean, and for a name that is no outcome outside parallel blocks.
        """
        if self.waiting is None or figure not in (None, "time.mean", "time.without_wait"):
            return interactions_of(self.solution, figure or "time.mean", levers)
        if figure == "time.mean":
            raise KeyError("interactions of 'time.mean' are not known with waits in it; ask for 'time.without_wait'")
        found = interactions_of(self.solution, "time.mean", levers)
        return tuple(replace(pair, figure="time.without_wait") for pair in found)

    @cached_property
    def law(self) -> LawOfTime:
        """The law of the time of all cases: `.percentile(share)`, `.chance_later_than(time)`, `.error`.

        Raises ValueError where a team cannot keep up.
        """
        if self.waiting is not None:
            return self._drawn_law(None)
        sd = self.figures["time.sd"] or 0.0
        return law_of_all(self.whole_time, self.solution.time.mean, sd, self._time_method)

    def _drawn_law(self, end: str | None) -> LawOfTime:
        assert self.waiting is not None
        if self.figures["time.mean"] is None:
            raise ValueError("a team cannot keep up with its work, so the times of cases have no law in the long run")
        if self.waiting.drawn is None:  # nobody ever waits
            if end is not None:
                return law_of_end(self.solution, self.whole_time, end, self._time_method)
            sd = self.figures["time.sd"] or 0.0
            return law_of_all(self.whole_time, self.solution.time.mean, sd, self._time_method)
        if end is None:
            return law_of_draws(self.waiting.drawn, None, self.figures["time.mean"])
        return law_of_draws(self.waiting.drawn, end_number(self.solution, end), None)

    def law_of(self, end: str) -> LawOfTime:
        """The law of the time of the cases that end in one way.

        Raises KeyError for an unknown end, ValueError for one that no case comes to, and where a team has more work
        than it can do.
        """
        if self.waiting is not None:
            return self._drawn_law(end)
        return law_of_end(self.solution, self.whole_time, end, self._time_method)

    @property
    def _time_method(self) -> str:
        """How good times are, whatever the law: approximate where queues and calendars are not followed."""
        return self.method.get("time.mean", "exact")

    def percentile(self, share: float) -> float | None:
        """The time within which this share of the cases ends, in seconds; None beyond the reach of the law, and where a
        team cannot keep up.
        """
        return self.law.percentile(share) if self.figures["time.mean"] is not None else None

    def chance_later_than(self, time: float | str) -> float:
        """Share of the cases that take longer than this: seconds, or a text such as `"3d"`."""
        return self.law.chance_later_than(time)

    def remaining_time(self, at: str, age: float | str = 0.0, *, elapsed: float | str | None = None) -> RemainingTime:
        """What a case has left that came to a node so long ago, waits for people left out; see
        `mpmflow.remaining_time`.
        """
        book, method = self.solver.book, self._time_method
        return remaining(self.solution, book, provenance(self.model), at=at, age=age, elapsed=elapsed, method=method)

    def to_dict(self) -> Document:
        """The workflow's part of the document."""
        get = self.figures.get
        return {
            "ends": dict(self.ends),
            "visits": dict(self.visits),
            "time": {
                name: finite(get(f"time.{name}"))
                for name in ("mean", "sd", "p50", "p90", "p95", "late", "without_wait")
                if name != "without_wait" or self.waiting is not None
            },
            "touch_time": {"mean": finite(get("touch_time.mean"))},
            "cost": {
                "mean": finite(get("cost.mean")),
                "sd": finite(get("cost.sd")),
                "currency": self.currency,
            },
            **{name: finite(get(name)) for name in ("yield", "first_pass", "rework", "scrap")},
            "waste": {name: finite(get(f"waste.{name}")) for name in ("cost", "touch_time")},
            **{name: finite(get(name)) for name in ("throughput_per_s", "wip")},
            "teams": {name: self._team(team) for name, team in self.teams.items()},
            "steps": {
                name: {"visits": step.visits, "time": step.time, "wait": finite(step.wait), "cost": step.cost}
                for name, step in self.steps.items()
            },
            "levers": self.levers.to_list(),
            **({"people": [one.to_dict() for one in self.people]} if self.waiting is not None else {}),
            "ranking": [
                {"decision": one.decision, "gains": dict(one.gains), **_overloads(one)} for one in self.ranking
            ],
            "mending_both": [
                {
                    "decisions": list(one.decisions),
                    "gains": dict(one.gains),
                    "beyond": dict(one.beyond),
                    **_overloads(one),
                }
                for one in self.mending_both
            ],
            "interactions": [
                {"levers": list(one.levers), "figure": one.figure, "second": one.second}
                for one in self.interactions()[:INTERACTIONS]
                if one.second
            ],
            "method": dict(self.method),
            "error": dict(self.error),
            "notes": [*self.notes, *_left_out(self.levers), *_unranked(self.ranking)],
            **({"waits": self.waiting.to_dict()} if self.waiting is not None else {}),
        }

    def _team(self, team: TeamFigures) -> Document:
        found = {"load": finite(team.load), "wait": finite(team.wait)}
        if self.waiting is not None:
            found |= {name: finite(getattr(team, name)) for name in ("delayed", "queue", "wait_per_case")}
        return found


@dataclass(frozen=True, eq=False)
class Analysis(Result):
    """The answer of `analyze`: `workflows` by name.

    `overload` are the teams with more work than they can do, those of imported workflows too.
    """

    schema = "mpmflow/analysis/1"
    shown_by = ("render.analysis_page", "analysis_page")
    model: Model = field(repr=False)
    workflows: Mapping[str, WorkflowAnalysis]
    overload: tuple[OverloadedTeam, ...] = ()

    def __getitem__(self, workflow: str) -> WorkflowAnalysis:
        if workflow not in self.workflows:
            raise KeyError(f"{workflow!r} is none of the workflows: {', '.join(self.workflows)}")
        return self.workflows[workflow]

    @cached_property
    def provenance(self) -> Provenance:
        """Versions, the hash of the model, and the seed where cases were drawn."""
        drawn = [found.waiting.drawn for found in self.workflows.values() if found.waiting is not None]
        return provenance(self.model, seed=next((one.seed for one in drawn if one is not None), None))

    def body(self) -> Document:
        return {
            "workflows": {name: found.to_dict() for name, found in self.workflows.items()},
            **({"overload": [team.to_dict() for team in self.overload]} if self._counts_waits else {}),
            "provenance": self.provenance.to_dict(),
        }

    @property
    def _counts_waits(self) -> bool:
        return any(found.waiting is not None for found in self.workflows.values())

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a figure: workflow, figure, value (seconds, shares, money, per second), method, error."""
        columns: dict[str, list[Any]] = {"workflow": [], "figure": [], "value": [], "method": [], "error": []}
        for name, found in self.workflows.items():
            for figure, value in found.figures.items():
                columns["workflow"].append(name)
                columns["figure"].append(figure)
                columns["value"].append(finite(value))
                columns["method"].append(found.method.get(figure, "exact") if value is not None else None)
                columns["error"].append(found.error.get(figure))
        return columns

    def __str__(self) -> str:
        lines = []
        for name, found in self.workflows.items():
            lines.append(name)
            lines += [f"  {figure} = {value!r}" for figure, value in found.figures.items() if value is not None]
        return "\n".join(lines)


def analyze(model: Model, *, samples: Samples | None = None, waits: Waits = "work") -> Analysis:
    """The exact figures of every workflow of a model, with waits in front of its teams where cases keep coming.

    `samples` are the seconds of `empirical` durations, by file and column. `waits` is the formula of the waits: the
    default, one of the older ones for comparison, or "none" for the figures of cases that find everybody free.

    Raises `ModelFault` for a workflow that has no meaning or that no exact engine can compute, and for a team of nobody
    that cases keep coming to; it names the place. ValueError for another word of `waits`.

    >>> from mpmflow.model.process import Decision, Outcome, Step
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> workflow = Workflow(name="w", body=[Step(name="brief", takes="2h"), check])
    >>> found = analyze(Model(workflows=[workflow]))["w"]
    >>> found.visits["brief"], found["time.mean"] / 3600
    (1.25, 2.5)
    """
    if waits not in WAITS:
        raise ValueError(f"waits follow one of {', '.join(WAITS)}, not {waits!r}")
    solver = Solver(LawBook(samples))
    workflows = {workflow.name: analyze_workflow(model, workflow, solver) for workflow in workflows_in_question(model)}
    if waits == "none" or not any(found.solution.process.teams for found in workflows.values()):
        return Analysis(model, workflows)
    from mpmflow.analysis.congestion.answer import with_waits
    from mpmflow.analysis.congestion.network import networks
    from mpmflow.analysis.congestion.overload import overloaded_teams

    overload: list[OverloadedTeam] = []
    for network in networks(model, {name: found.solution for name, found in workflows.items()}, solver, waits):
        own = [stream.name for stream in network.streams if stream.name in workflows]
        workflows |= {name: with_waits(workflows[name], network) for name in own}
        overload += overloaded_teams(network) if own else ()
    return Analysis(model, workflows, tuple(overload))


def analyze_workflow(model: Model, workflow: Workflow, solver: Solver | None = None) -> WorkflowAnalysis:
    """The exact figures of one workflow, those of a case that finds everybody free."""
    process = to_chain(model, workflow)
    solver = solver or Solver(LawBook())
    solution = solve_process(process, solver)
    figures = dict(solution.values)
    time = whole_time(solution.actual, solver.book, solution.time.mean, figures["time.sd"] or 0.0, process.deadline)
    late = time.later_than(process.deadline) if process.deadline is not None else None
    percentiles = {f"time.p{part}": time.percentile(part / 100) for part in (50, 90, 95)}
    waste = wasted(solution, solver.book)
    figures |= {
        **percentiles,
        "time.late": late,
        "waste.cost": waste[0] if len(process.currencies) < 2 else None,
        "waste.touch_time": waste[1],
    }
    method, error, notes = methods_of(solution, time, figures)
    ends = dict(zip(solution.actual.ends, solution.actual.end_shares.tolist(), strict=True))
    return WorkflowAnalysis(
        workflow.name,
        ends,
        visits_of(solution, workflow, process),
        {name: figures[name] for name in _ORDER},
        process.currencies[0] if len(process.currencies) == 1 else None,
        method,
        error,
        teams_of(solution, solver.book),
        steps_of(solution, solver.book),
        tuple(notes),
        solution,
        time,
        solver,
        model,
    )


_ORDER = (
    "time.mean",
    "time.sd",
    "time.p50",
    "time.p90",
    "time.p95",
    "time.late",
    "touch_time.mean",
    "cost.mean",
    "cost.sd",
    "yield",
    "first_pass",
    "rework",
    "scrap",
    "waste.cost",
    "waste.touch_time",
    "throughput_per_s",
    "wip",
)


def methods_of(
    solution: Solution, time: WholeTime, figures: Mapping[str, float | None], *, waits_counted: bool = False
) -> tuple[dict[str, str], dict[str, float], list[str]]:
    """How good each figure is, and what to know about it; what waits do to that is said elsewhere."""
    process = solution.process
    method: dict[str, str] = {}
    error: dict[str, float] = {}
    notes: list[str] = []
    spread = ("time.p50", "time.p90", "time.p95", "time.late")
    folds = list(_folds(solution))
    lattice = any(
        spell is not None and not spell.exact for fold in folds for spell in (fold.time_passed, fold.time_lost)
    )
    if lattice:
        method |= dict.fromkeys(("time.mean", "time.sd", "wip"), "bounded")
    if time.method != "exact":
        method |= dict.fromkeys(spread, time.method)
        if time.error is not None:
            error |= dict.fromkeys(spread, time.error)
        else:
            notes.append("percentiles and lateness are those of a gamma law with the same mean and standard deviation")
    if process.on_calendar:
        method |= dict.fromkeys(("time.mean", "time.sd", *spread, "wip"), "approximate")
        notes.append("teams with `works` stretch working time by their share of the week; times are approximate")
    gathering = dict.fromkeys(state.node for state, _ in solution.executions if state.batch is not None)
    if gathering:
        notes.append(f"no batches are gathered at {', '.join(gathering)}: mpmflow simulate follows them")
        method |= dict.fromkeys(("time.mean", "time.sd", *spread, "wip"), "approximate")
    ordered = [crew.name for crew in process.teams if crew.serves != "first come"] if solution.rate is not None else []
    if ordered:
        serve = "serves" if len(ordered) == 1 else "serve"
        notes.append(f"{', '.join(ordered)} {serve} first come, first served here: mpmflow simulate follows the order")
        method |= dict.fromkeys(("time.mean", "time.sd", *spread, "wip"), "approximate")
    shared = _shared_teams(solution)
    if shared and not waits_counted:
        notes.append(f"branches of a parallel block share {', '.join(shared)}: times take them as independent")
        method |= dict.fromkeys(("time.mean", "time.sd", *spread, "wip"), "approximate")
    if solution.rate is not None and process.teams and not waits_counted:
        notes.append("no waiting for people is counted: times are those of a case that finds everybody free")
        method |= dict.fromkeys(("time.mean", "time.sd", *spread, "wip"), "approximate")
        if any(load is not None and load >= 1.0 for load in loads_of(solution).values()):
            notes.append("a team is loaded beyond its people: throughput is an upper bound, work piles up")
            method["throughput_per_s"] = "bounded"
    if process.coming.kind == "batch":
        notes.append("cases come in one batch: there is no rate of arrivals, so no throughput and no work in process")
    if len(process.currencies) > 1:
        notes.append(f"costs are in {', '.join(process.currencies)}, which are not converted: no total is given")
    kept = {figure for figure, value in figures.items() if value is not None}
    return (
        {figure: method[figure] for figure in _ORDER if figure in method and figure in kept},
        {figure: error[figure] for figure in _ORDER if figure in error and figure in kept},
        notes,
    )


def _left_out(levers: Levers) -> list[str]:
    if not levers.left_out:
        return []
    return [f"{len(levers.left_out)} levers inside parallel blocks are left out: their slopes would take too long"]


def _overloads(mending: Mending | MendingBoth) -> Document:
    return {"overloads": list(mending.overloads)} if mending.overloads else {}


def _unranked(ranked: Sequence[Mending]) -> list[str]:
    if len(ranked) < RANKED:
        return []
    return [f"of all decisions the {RANKED} with the largest slopes of the time are ranked"]


def _folds(solution: Solution) -> Iterator[Any]:
    def walk(part: Any) -> Iterator[Any]:
        for fold in part.folds.values():
            yield fold
            for branch in fold.branches:
                yield from walk(branch)

    return walk(solution.actual)


def _shared_teams(solution: Solution) -> tuple[str, ...]:
    """Teams that work in more than one branch of the same block."""
    found: dict[str, None] = {}
    for fold in _folds(solution):
        seen: set[str] = set()
        for branch in fold.branches:
            own = {state.team for state, visits in branch.executions() if state.team and visits > 0.0}
            found |= dict.fromkeys(sorted(own & seen))
            seen |= own
    return tuple(found)
