"""The figures of a workflow with waiting for people in them, from its figures without.

What is exact stays exact: ends, costs, work, rework, loads. Mean waits follow a formula (`numerics.queues`), the law of
the time single drawn cases (`drawn`); both say so under `method`. A team with more work than people has no mean
wait, so the times of those who come to it are empty, and `overload` says what can be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mpmflow.analysis.congestion.drawn import SEED, drawn_times
from mpmflow.analysis.congestion.effects import People, levers_with_waits, people_of, teams_needed, wait_figure
from mpmflow.analysis.congestion.gains import ranking_with_waits
from mpmflow.analysis.congestion.network import Network
from mpmflow.analysis.congestion.overload import CLOSE_TO_FULL, DAY
from mpmflow.analysis.exact.levers import Levers
from mpmflow.analysis.exact.places import StepFigures, TeamFigures
from mpmflow.analysis.exact.ranking import Mending, MendingBoth
from mpmflow.analysis.results import Document
from mpmflow.numerics.events.case_times import CaseTimes
from mpmflow.numerics.queues.queueing import POISSON_BAND

if TYPE_CHECKING:
    from mpmflow.analysis.exact.analyze import WorkflowAnalysis

OF_DRAWS = ("time.sd", "time.p50", "time.p90", "time.p95", "time.late")
FORMULAS: dict[str, str] = {
    "work": "the formula of the work that a case brings",
    "qna": "Whitt's queueing network analyzer",
    "jackson": "Jackson's formula (M/M/m)",
    "mgm": "the M/G/m formula",
}
"""The formulas of waits by the words of `waits`, and what pages call them."""


@dataclass(frozen=True, eq=False)
class Waiting:
    """How a workflow's waits came about.

    Attributes:
        network: the workflows and teams that it was solved with.
        workflow: its name.
        drawn: times of single cases; None where nobody waits, and beyond full load.
    """

    network: Network = field(repr=False)
    workflow: str
    drawn: CaseTimes | None = field(repr=False)

    @property
    def formula(self) -> str:
        """`work`, `qna`, `jackson` or `mgm`."""
        return self.network.found.formula

    @property
    def band(self) -> tuple[float, float]:
        """Relative error of the total wait against simulation: in the middle case, and in the worst of ten."""
        band = self.network.found.band
        if self.formula == "work" and all(stream.scv == 1.0 for stream in self.network.streams):
            return POISSON_BAND
        return band.wait_median, band.wait_p90

    @property
    def teams(self) -> list[str]:
        """The teams that its cases come to."""
        return teams_needed(self.network, self.workflow)

    @property
    def low_confidence(self) -> tuple[str, ...]:
        """Those of its teams whose wait the formula knows least about: uneven or even arrivals, and not much to do."""
        flags = self.network.found.low_confidence
        return tuple(team for team in self.teams if bool(flags[self.network.pools[team]]))

    def wait(self, team: str) -> float | None:
        """Mean seconds of one visit in front of a team; None beyond full load."""
        wait = float(self.network.found.wait[self.network.pools[team]])
        return wait if np.isfinite(wait) else None

    @cached_property
    def people(self) -> tuple[People, ...]:
        """What one more and one fewer in each team would change."""
        return people_of(self.network, self.workflow)

    def levers(self, core: Levers, figures: Mapping[str, float | None]) -> Levers:
        """The levers with what they do through the queues."""
        return levers_with_waits(core, self.network, self.workflow, figures)

    def ranking(
        self, exact: tuple[tuple[Mending, ...], tuple[MendingBoth, ...]]
    ) -> tuple[tuple[Mending, ...], tuple[MendingBoth, ...]]:
        """The ranking with waits."""
        return ranking_with_waits(exact, self.network, self.workflow)

    def to_dict(self) -> Document:
        """Its part of the document."""
        return {
            "formula": self.formula,
            "error": {"median": self.band[0], "one_in_ten": self.band[1]},
            "low_confidence": list(self.low_confidence),
            "draws": len(self.drawn.time) if self.drawn is not None else 0,
            "seed": self.drawn.seed if self.drawn is not None else None,
        }


def with_waits(core: WorkflowAnalysis, network: Network) -> WorkflowAnalysis:
    """The analysis of a workflow with waiting in its figures; `core` is the one without."""
    from mpmflow.analysis.exact.analyze import methods_of

    name = core.name
    settled = network.settled(name)
    waits = [network.waits[team].mean for team in teams_needed(network, name)]
    drawn = drawn_times(network, name) if settled and any(wait > 0.0 for wait in waits) else None
    waiting = Waiting(network, name, drawn)
    figures = _figures(core, waiting, settled)
    method, error, notes = methods_of(core.solution, core.whole_time, figures, waits_counted=True)
    loose = dict.fromkeys((wait_figure(team) for team in waiting.teams), "approximate")
    without = methods_of(core.solution, core.whole_time, core.figures, waits_counted=True)[0].get("time.mean")
    if without is not None:
        loose["time.without_wait"] = without
    if drawn is not None:
        loose |= {"time.mean": "simulated" if network.crowded(name) else "approximate"}
        loose |= dict.fromkeys(OF_DRAWS, "simulated") | {"wip": loose["time.mean"]}
        error = {figure: bound for figure, bound in error.items() if figure not in OF_DRAWS}
    overloaded = network.found.overloaded
    if any(overloaded[network.pools[team]] for team in waiting.teams):
        loose["throughput_per_s"] = "bounded"
    method = {
        figure: kind for figure in figures if (kind := (method | loose).get(figure)) and figures[figure] is not None
    }
    return replace(
        core,
        figures=figures,
        method=method,
        error={figure: bound for figure, bound in error.items() if figures.get(figure) is not None},
        teams=_teams(core, waiting),
        steps=_steps(core, waiting),
        notes=(*notes, *_notes(waiting, settled)),
        waiting=waiting,
    )


def _figures(core: WorkflowAnalysis, waiting: Waiting, settled: bool) -> dict[str, float | None]:
    network, name = waiting.network, core.name
    figures = dict(core.figures)
    without = figures["time.mean"]
    if waiting.drawn is not None:
        drawn, deadline = waiting.drawn, core.solution.process.deadline
        figures["time.mean"] = drawn.mean if network.crowded(name) else network.time(name)
        figures["time.sd"] = float(drawn.time.std())
        for part in (50, 90, 95):
            figures[f"time.p{part}"] = drawn.quantile(part / 100)
        figures["time.late"] = drawn.later_than(deadline) if deadline is not None else None
    elif not settled:
        figures |= dict.fromkeys(("time.mean", *OF_DRAWS))
    rate, mean = network.streams[network.place(name)].rate, figures["time.mean"]
    figures["wip"] = rate * mean if mean is not None else None
    ordered: dict[str, float | None] = {}
    for figure, value in figures.items():
        ordered[figure] = value
        if figure == "time.late":
            ordered["time.without_wait"] = without
    return ordered | {wait_figure(team): waiting.wait(team) for team in waiting.teams}


def _teams(core: WorkflowAnalysis, waiting: Waiting) -> dict[str, TeamFigures]:
    network, found = waiting.network, {}
    case_wait = network.found.case_wait(network.place(core.name))
    for team, figures in core.teams.items():
        pool = network.pools.get(team)
        if pool is None:
            found[team] = TeamFigures(0.0, 0.0, figures.work, 0.0, 0.0, 0.0)
            continue
        wait = waiting.wait(team)
        known = wait is not None
        found[team] = TeamFigures(
            float(network.found.load[pool]),
            wait,
            figures.work,
            float(network.found.delayed[pool]) if known else None,
            float(network.found.queue_length[pool]) if known else None,
            float(case_wait[pool]) if known else None,
        )
    return found


def _steps(core: WorkflowAnalysis, waiting: Waiting) -> dict[str, StepFigures]:
    states = waiting.network.streams[waiting.network.place(core.name)].line.states
    pool = waiting.network.found.flows[waiting.network.place(core.name)].pool.tolist()
    held = {state.node: state.team for state, seat in zip(states, pool, strict=True) if seat >= 0}
    found = {}
    for name, step in core.steps.items():
        team = held.get(name)
        found[name] = replace(step, wait=waiting.wait(team) if team is not None else 0.0)
    return found


def _notes(waiting: Waiting, settled: bool) -> list[str]:
    network, queue, notes = waiting.network, waiting.network.found, []
    full = [team for team in waiting.teams if queue.overloaded[network.pools[team]]]
    for team in full:
        load = percent(float(queue.load[network.pools[team]]))
        notes.append(
            f"{team} cannot keep up with its work (load {load}): work piles up, so there is no mean wait, no time of a "
            "case and no work in process; throughput is an upper bound"
        )
    starved = [team for team in waiting.teams if team not in full and waiting.wait(team) is None]
    if starved:
        also = _listed([crew.name for crew in network.crews if queue.overloaded[network.pools[crew.name]]])
        notes.append(
            f"how long cases wait for {_listed(starved)} nobody can say: they come by way of {also}, overloaded"
        )
    others = [stream.name for stream in network.streams if stream.name != waiting.workflow]
    if others:
        shared = [
            team
            for team in waiting.teams
            if any(
                work.times[network.pools[team]] > 0.0
                for stream, work in zip(network.streams, queue.work, strict=True)
                if stream.name != waiting.workflow
            )
        ]
        if shared:
            works = "also works" if len(shared) == 1 else "also work"
            notes.append(f"{_listed(shared)} {works} for {_listed(others)}: their cases wait for each other")
    if waiting.drawn is not None:
        median, tenth = (percent(part) for part in waiting.band)
        notes.append(
            f"waits follow {FORMULAS[waiting.formula]}; against simulations of made-up workflows the total wait was "
            f"off by {median} in the middle case and by {tenth} or more in one of ten"
        )
        notes.append(
            f"the spread of times is that of {len(waiting.drawn.time):,} drawn cases (seed {SEED}), which meet one "
            "wait per team"
        )
        if any(crew.stretch != 1.0 for crew in network.crews if crew.name in waiting.teams):
            notes.append(
                "a wait until a team with `works` opens is counted as longer work, not as a wait: mpmflow simulate "
                "tells the two apart"
            )
        if network.crowded(waiting.workflow):
            notes.append(
                "branches of a parallel block wait for the same team: the mean time is that of the drawn cases, and "
                "its slopes take the branches as independent"
            )
    for team in waiting.low_confidence:
        notes.append(f"low confidence in the wait for {team}: arrivals are far from random and it is not very busy")
    if settled:
        for team in waiting.teams:
            pool = network.pools[team]
            if queue.load[pool] >= CLOSE_TO_FULL:
                notes.append(
                    f"{team} is {percent(float(queue.load[pool]))} busy: its queue takes about "
                    f"{float(queue.relaxation[pool]) / DAY:.3g} d to settle; over less time waits are shorter"
                )
    return notes


def percent(share: float) -> str:
    """A share as notes say it.

    >>> percent(0.106)
    '10.6%'
    """
    return f"{100.0 * share:.3g}%"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
