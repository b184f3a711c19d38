"""`simulate`: all workflows of a model at once, event by event, with what no formula follows.

Teams that several workflows share, their working hours, whom they serve next, batches: all of it runs in the compiled
engine of `numerics.events`. The answer has the figures of the exact analysis, each with its interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from mpmflow.analysis.exact.arrays import LawBook
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.analysis.simulation.answer import (
    CONFIDENCE,
    Estimate,
    Figures,
    Run,
    SimulatedScenario,
    Simulation,
    WorkflowSimulation,
)
from mpmflow.analysis.simulation.asked import figure_asked
from mpmflow.analysis.simulation.counted import BIN, PERCENTILES, figures_of, rework_shares, shares_by_chance
from mpmflow.analysis.simulation.events_of import LAST, EventModel, event_model, offered
from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity
from mpmflow.numerics.events.runs import Simulated, Tallies, found_warmup, replication, student_interval
from mpmflow.numerics.events.runs import simulate as run_events

REPLICATIONS = 20
MOST_REPLICATIONS = 400
MOST_CASES = 1_000_000_000
MOST_TOKENS = 4_000_000
"""Places in process at most, in each replication that runs: a quarter of a gigabyte."""

Progress = Callable[[int, int], object]


class EffortError(ValueError):
    """A number that makes no simulation: the message says which, and what it may be."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to simulate; see `simulate`."""

    cases: int
    seed: int
    warmup: int | Literal["auto"]
    replications: int
    within: float | None
    executor: Executor | None
    workers: int | None
    progress: Progress | None

    @property
    def room(self) -> int:
        """Places in process at most: where ten times as many wait as are counted, some may wait for ever."""
        return min(MOST_TOKENS, max(50_000, 10 * self.each))

    @property
    def each(self) -> int:
        """Cases counted in each replication."""
        return math.ceil(self.cases / self.replications)


def simulate(
    model: Model,
    *,
    cases: int = 100_000,
    seed: int = 1,
    warmup: int | Literal["auto"] = "auto",
    replications: int | None = None,
    within: float | str | None = None,
    figure: str = "time.mean",
    workflow: str | None = None,
    scenarios: Mapping[str, Any] | Sequence[str] = (),
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    samples: Samples | None = None,
) -> Simulation:
    """Simulate a model; see `mpmflow.simulate`.

    `scenarios` are names of scenarios of the model, or settings by a name of their own.

    Raises `ModelFault` for a model that cannot be simulated and for a figure that it does not have; `LeverError` for a
    scenario that is none; `EffortError` for numbers that make no simulation.
    """
    effort = _effort(cases, seed, warmup, replications, within, executor, workers, progress)
    changed = _changed(model, scenarios)
    book = LawBook(samples)
    today = events_of_model(model, book)
    number, name = figure_asked(model, today, figure, workflow)
    variants = {title: events_of_model(other, book) for title, other in changed.items()}
    skipped = _warmup([today, *variants.values()], effort)
    steps = _Steps(effort.progress, 1 + len(variants))
    asked = partial(_figure, today, number, name) if effort.within is not None else None
    if name in PERCENTILES and effort.within is not None:
        effort = replace(effort, within=_left_for_luck(effort.within))
    found = _Runs(today, effort, skipped, effort.replications, asked, steps.next())
    answers = {
        title: _Runs(variant, effort, skipped, len(found.main.replications), None, steps.next())
        for title, variant in variants.items()
        if not found.main.interrupted
    }
    workflows = found.workflows()
    scenarios_ = {
        title: SimulatedScenario(title, other.workflows(), _differences(found, other), other.run())
        for title, other in answers.items()
    }
    asked_of = today.flows[number].process.workflow
    wanted = None if within is None else share_of(within)
    simulation = Simulation(model, workflows, found.run(), seed, scenarios_, asked_of, name, wanted)
    notes = _notes(today, simulation, [title for title in variants if title not in answers])
    return replace(simulation, notes=tuple(notes))


def _effort(
    cases: int,
    seed: int,
    warmup: int | Literal["auto"],
    replications: int | None,
    within: float | str | None,
    executor: Executor | None,
    workers: int | None,
    progress: Progress | None,
) -> Effort:
    """The numbers of a simulation, checked. Raises `EffortError` for those that make none."""
    if not 1 <= cases <= MOST_CASES:
        raise EffortError(f"cases: from 1 to {MOST_CASES:,} can be simulated, not {cases:,}")
    if replications is not None and not 1 <= replications <= MOST_REPLICATIONS:
        raise EffortError(f"replications: 1 to {MOST_REPLICATIONS} make sense, not {replications:,}")
    if warmup != "auto" and not 0 <= warmup <= MOST_CASES:
        raise EffortError(f'warmup: "auto", or 0 to {MOST_CASES:,} cases that are left out, not {warmup!r}')
    share = None if within is None else share_of(within)
    if workers is not None and workers < 1:
        raise EffortError(f"workers: at least 1, not {workers}")
    if seed < 0:
        raise EffortError(f"seed: a whole number of 0 or more, not {seed}")
    chosen = min(REPLICATIONS, cases) if replications is None else replications
    return Effort(cases, seed, warmup, chosen, share, executor, workers, progress)


def share_of(within: float | str) -> float:
    """A precision such as 0.02 or "2%" as a share. Raises `EffortError` for what is none between 0 and 100 %.

    >>> share_of("2%"), share_of(0.02)
    (0.02, 0.02)
    """
    try:
        share = float(Quantity.model_validate(within).base) if isinstance(within, str) else float(within)
    except ValidationError:
        share = math.nan
    if not 0.0 < share < 1.0:
        raise EffortError(f"within: a share of the figure between 0% and 100%, such as 2%, not {within!r}")
    return share


def _left_for_luck(within: float) -> float:
    """What is left of the width of a percentile's interval after that of the bins that it is read off."""
    if within < 2.0 * (BIN - 1.0):
        raise EffortError(f"within: percentiles are read off bins 1.1% wide, so 2.2% is the least, not {within:.2%}")
    return within - 1.02 * (BIN - 1.0)


def _changed(model: Model, scenarios: Mapping[str, Any] | Sequence[str]) -> dict[str, Model]:
    if isinstance(scenarios, str):
        scenarios = [scenarios]
    if isinstance(scenarios, Mapping):
        return {name: apply(model, settings) for name, settings in scenarios.items()}
    return {name: apply(model, name) for name in scenarios}


def events_of_model(model: Model, book: LawBook) -> EventModel:
    """All workflows of a model, and of what it imports, to which cases come, as one event process.

    Raises `ModelFault` where no cases come to any.
    """
    workflows = {workflow.name: workflow for one in with_imports(model) for workflow in one.workflows}
    if not workflows:
        raise ModelFault("the model", "it has no workflow to simulate", "Write one: `workflow webinar { … }`.")
    came = [workflow for workflow in workflows.values() if workflow.arrivals is not None]
    processes = [process for process in (to_chain(model, one) for one in came) if process.coming.rate != 0.0]
    if not processes:
        first = next(iter(model.workflows), next(iter(workflows.values())))
        what = "no cases come to it, so there is nothing to simulate"
        mend = "Say how they come, such as `arrivals 3 per week`; `mpmflow analyze` needs no arrivals."
        raise ModelFault(first.name, what, mend)
    return event_model(processes, book)


def _warmup(models: Sequence[EventModel], effort: Effort) -> int:
    """One warm-up for today and its scenarios, so that the same cases are counted everywhere.

    Two things have to settle after an empty start: the queues, which MSER-5 sees in the times of cases; and how many
    cases are under way, which takes as long as the slowest cases take, even where nobody waits.
    """
    if effort.warmup != "auto":
        return effort.warmup
    if any(one.gap is None for model in models for one in model.process.classes):
        return 0  # a batch comes at the start, and is to be counted
    queues = max(found_warmup(model.process, effort.each, effort.seed, 0, effort.room) for model in models)
    return max(queues, *(_filling(model, effort) for model in models))


def _filling(model: EventModel, effort: Effort) -> int:
    """Cases that come while the slowest of a thousand is under way; at most as many as are counted, or a thousand.

    None where no case ends before there is no room for more. Found in a trial run that shares no luck with those that
    count.
    """
    process, most = model.process, max(1000, effort.each)
    trial = replication(process, (effort.seed, 0, 2**33), 0, min(most, 20_000), most_tokens=effort.room)
    rate = sum(one.batch / one.gap.mean for one in process.classes if one.gap is not None)
    flows = range(len(process.classes))
    slowest = max((trial.quantile(0.999, flow) for flow in flows if trial.count[flow]), default=0.0)
    return min(most, math.ceil(rate * slowest))


class _Steps:
    """Progress over several simulations in a row as one: each is told how much the others have to do."""

    def __init__(self, told: Progress | None, all_: int) -> None:
        self.told = told
        self.all = all_
        self.before = 0

    def next(self) -> Progress | None:
        if self.told is None:
            return None
        place, self.before = self.before, self.before + 1
        return partial(self._tell, place)

    def _tell(self, place: int, done: int, wanted: int) -> None:
        assert self.told is not None
        self.told(place * wanted + done, self.all * wanted)


def _figure(model: EventModel, number: int, name: str, tallies: Tallies) -> float:
    return figures_of(model, number, tallies)[name]


class _Runs:
    """The replications of one model, and the figures of each."""

    def __init__(
        self,
        model: EventModel,
        effort: Effort,
        warmup: int,
        replications: int,
        asked: Callable[[Tallies], float] | None,
        progress: Progress | None,
    ) -> None:
        self.model = model
        self.each = effort.each
        once = all(one.gap is None for one in model.process.classes)
        more: dict[str, Any] = {"executor": effort.executor, "workers": effort.workers, "most_tokens": effort.room}
        self.main = run_events(
            model.process,
            effort.each,
            warmup,
            effort.seed,
            replications,
            within=effort.within if asked is not None else None,
            figure=asked or "time",
            most_replications=max(replications, MOST_REPLICATIONS),
            drain=once,
            progress=progress,
            **more,
        )
        self.free: Simulated | None = None
        if model.rework_free is not None and not self.main.interrupted:
            self.free = run_events(
                model.rework_free, effort.each, warmup, effort.seed, len(self.main.replications), drain=once, **more
            )
        self.figures = [self._by_replication(number) for number in range(len(model.flows))]

    def _by_replication(self, number: int) -> dict[str, list[float]]:
        """Each figure of a workflow in each replication."""
        rows = [figures_of(self.model, number, one) for one in self.main.replications]
        found = {name: [row[name] for row in rows] for name in rows[0]}
        if self.free is None:
            rework = [0.0] * len(rows) if self.model.rework_free is None else []
        else:
            actual = [(one.visits, int(one.count[number])) for one in self.main.replications]
            without = [(one.visits, int(one.count[number])) for one in self.free.replications]
            rework = rework_shares(self.model, number, actual, without[: len(actual)])
        if len(rework) == len(rows):
            found["rework"] = rework
        return found

    def workflows(self) -> dict[str, WorkflowSimulation]:
        found = {}
        for number, flow in enumerate(self.model.flows):
            cases = int(self.main.total.count[number])
            figures = {name: estimate(values, name) for name, values in self.figures[number].items()}
            for name in shares_by_chance(flow):
                figures[name] = unseen(figures[name], cases)
            currencies = flow.process.currencies
            found[flow.process.workflow] = WorkflowSimulation(
                flow.process.workflow,
                figures,
                currencies[0] if len(currencies) == 1 else None,
                cases,
                tuple(_notes_of(self.model, number)),
            )
        return found

    def run(self) -> Run:
        total = self.main.total
        ran_full = any(one.stopped == "memory" for one in self.main.replications)
        # visits of cases that had not ended when it ran full are counted, the cases are not
        ended = float(total.count.sum()) / (self.each * len(self.main.replications)) if ran_full else 1.0
        work = np.zeros(self.model.process.n)
        for number, flow in enumerate(self.model.flows):
            for nodes in flow.team.values():
                for node in nodes:
                    visits = float(total.visits[node]) / max(1, int(total.count[number]))
                    law = self.model.process.laws[node]
                    work[node] = ended * visits * (law.mean if law is not None else 0.0)
        return Run(
            int(total.count.sum()),
            len(self.main.replications),
            self.main.interrupted,
            self.main.warmup,
            total.arrived,
            total.ended,
            total.left,
            {crew.name: load for crew, load in offered(self.model, work)},
            ran_full,
        )


def estimate(values: Sequence[float], name: str = "") -> Estimate:
    """A figure from its values in independent replications; those that saw nothing are left out.

    The interval of a percentile is widened by a bin of the histogram that it is read off.

    >>> found = estimate([1.0, 2.0, 3.0])
    >>> found.mean, round(found.low, 4), round(found.high, 4)
    (2.0, -0.4841, 4.4841)
    """
    seen = [value for value in values if not math.isnan(value)]
    if not seen:
        return Estimate(math.nan, None, None)
    mean = math.fsum(seen) / len(seen)
    if len(seen) < 2:
        return Estimate(mean, None, None)
    low, high = student_interval(seen, CONFIDENCE)
    if name in PERCENTILES:
        low, high = low / BIN, high * BIN
    return Estimate(mean, min(low, mean), max(high, mean))


def unseen(share: Estimate, cases: int) -> Estimate:
    """What was never seen, or always, in so many cases may still be rare: the exact interval of a share of 0 or 1.

    >>> round(unseen(Estimate(0.0, 0.0, 0.0), 1000).high, 5)
    0.00368
    """
    if share.low is None or share.low != share.high or share.mean not in (0.0, 1.0) or cases < 1:
        return share
    rare = 1.0 - ((1.0 - CONFIDENCE) / 2.0) ** (1.0 / cases)
    return Estimate(share.mean, 0.0, rare) if share.mean == 0.0 else Estimate(share.mean, 1.0 - rare, 1.0)


def _differences(today: _Runs, other: _Runs) -> dict[str, Figures]:
    """The scenario less today, replication by replication."""
    mine = {number: place for place, number in enumerate(today.main.numbers)}
    pairs = [(mine[number], place) for place, number in enumerate(other.main.numbers) if number in mine]
    places = {flow.process.workflow: number for number, flow in enumerate(today.model.flows)}
    found: dict[str, Figures] = {}
    for number, flow in enumerate(other.model.flows):
        name = flow.process.workflow
        before = today.figures[places[name]] if name in places else {}
        found[name] = {
            figure: estimate([_less(values[there], before[figure][here]) for here, there in pairs])
            for figure, values in other.figures[number].items()
            if figure in before
        }
    return found


def _less(then: float, today: float) -> float:
    """The difference; what is rounding of equal figures is none."""
    return 0.0 if math.isclose(then, today, rel_tol=1e-12) else then - today


# ---------------------------------------------------------------------------------------------------- notes


def _notes_of(model: EventModel, number: int) -> list[str]:
    """What to know about one workflow."""
    flow = model.flows[number]
    notes = []
    if model.process.classes[number].gap is None:
        notes.append(
            "cases come in one batch, on a Monday at 00:00: there is no rate of arrivals, so no throughput and no work "
            "in process"
        )
    if len(flow.process.currencies) > 1:
        named = ", ".join(flow.process.currencies)
        notes.append(f"costs are in {named}, which are not converted: no total is given")
    by_priority = any(crew.serves == "priority first" for crew in flow.process.teams)
    if model.process.classes[number].priority != LAST and not by_priority:
        notes.append("its priority changes nothing: no team of it says `serves priority first`")
    return notes


def _notes(events: EventModel, simulation: Simulation, undone: Sequence[str]) -> list[str]:
    """What to know about the whole answer."""
    run, notes = simulation.run, []
    if run.interrupted:
        notes.append(
            f"stopped by hand: the figures stand on the {run.replications} replications that had finished, "
            f"{run.cases:,} cases"
        )
    if undone:
        notes.append(f"not simulated before it was stopped: {', '.join(undone)}")
    for team in run.overloaded:
        load = run.loads[team]
        assert load is not None
        notes.append(
            f"{team} is asked for {load:.0%} of what it can do: work piles up, and times grow with every case that is "
            "simulated; they are no lasting figures"
        )
    if run.ran_full and not run.cases:
        notes.append(
            "ever more cases came before the first had ended, so none was counted and nothing is known of their times: "
            "check how many come, and how long they take, against how many can be under way"
        )
    elif run.ran_full:
        notes.append(
            "a replication stopped because ever more cases were under way: those that had not ended by then are "
            "missing, so the times are too short"
        )
    reached = simulation.reached
    if simulation.within is not None and not run.interrupted and (reached is None or reached > simulation.within):
        half = "its interval has no width yet" if reached is None else f"it is known within {reached:.2%}"
        notes.append(
            f"{simulation.figure} was to be known within {simulation.within:.2%}; after {run.replications} "
            f"replications {half}: ask for more --cases"
        )
    there = {flow.process.workflow for flow in events.flows}
    left_out = [workflow.name for workflow in simulation.model.workflows if workflow.name not in there]
    if left_out:
        notes.append(f"no cases come to {', '.join(left_out)} from outside: not simulated on its own")
    return notes
