"""The answer of `simulate`: every figure of the exact analysis, counted, each with its 95 % interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mpmflow.analysis.results import Document, Provenance, Result, finite, provenance
from mpmflow.model.model import Model

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure from replications that are independent of each other.

    Attributes:
        mean: over the replications.
        low, high: 95 % interval (Student's); None with fewer than two replications that saw anything.
    """

    mean: float
    low: float | None
    high: float | None

    def __contains__(self, value: float) -> bool:
        return self.low is not None and self.high is not None and self.low <= value <= self.high

    def to_dict(self) -> Document:
        return {"mean": finite(self.mean), "low": finite(self.low), "high": finite(self.high)}


Figures = Mapping[str, Estimate]
_GROUPS = ("ends", "visits", "time", "touch_time", "cost", "waste", "teams", "steps")
_SINGLE = ("yield", "first_pass", "rework", "scrap", "throughput_per_s", "wip")


@dataclass(frozen=True)
class WorkflowSimulation:
    """The figures of one workflow by simulation.

    Attributes:
        name: of the workflow.
        figures: dotted name -> estimate, named as in `analyze`: "time.mean", "ends.done", "visits.brief",
            "teams.legal.load", "steps.brief.wait"; seconds, shares, money. What has no meaning here is left out.
        currency: of the costs; None where nothing costs anything, or costs are in several.
        cases: counted, over all replications.
        notes: what a reader must know.
    """

    name: str
    figures: Figures
    currency: str | None
    cases: int
    notes: tuple[str, ...] = ()

    def __getitem__(self, figure: str) -> Estimate:
        if figure not in self.figures:
            raise KeyError(f"{figure!r} is none of the figures: {', '.join(self.figures)}")
        return self.figures[figure]

    def of(self, group: str) -> dict[str, dict[str, Estimate]]:
        """The figures of `teams` or `steps` by name, then by figure."""
        found: dict[str, dict[str, Estimate]] = {}
        for name, estimate in self.figures.items():
            head, _, rest = name.partition(".")
            if head == group:
                owner, _, figure = rest.rpartition(".")
                found.setdefault(owner, {})[figure] = estimate
        return found

    def to_dict(self) -> Document:
        """The workflow's part of the document."""
        return {**tree(self.figures, self.currency), "cases": self.cases, "notes": list(self.notes)}


def tree(figures: Figures, currency: str | None) -> Document:
    """Figures by dotted name as the tree of the analysis; None for those that have no meaning."""
    found: Document = {group: {} for group in _GROUPS}
    found["time"] = dict.fromkeys(("mean", "sd", "p50", "p90", "p95", "late"))
    found["cost"] = {"mean": None, "sd": None, "currency": currency}
    found["waste"] = dict.fromkeys(("cost", "touch_time"))
    found |= dict.fromkeys(_SINGLE)
    for name, estimate in figures.items():
        head, _, rest = name.partition(".")
        if head in ("teams", "steps"):
            owner, _, figure = rest.rpartition(".")
            found[head].setdefault(owner, {})[figure] = estimate.to_dict()
        elif rest:
            found[head][rest] = estimate.to_dict()
        else:
            found[head] = estimate.to_dict()
    order = ("ends", "visits", "time", "touch_time", "cost", "yield", "first_pass", "rework", "scrap", "waste")
    return {name: found[name] for name in (*order, "throughput_per_s", "wip", "teams", "steps")}


@dataclass(frozen=True)
class Run:
    """What was simulated to get figures.

    Attributes:
        cases: counted in all replications, of all workflows together.
        replications: that finished. interrupted: whether it was stopped by hand, so that these are not all.
        warmup: cases left out at the start of each replication.
        arrived, ended, left: cases that came, ended, and were still under way when their replication stopped, over
            all replications, those left out and those that came after the counted ones among them.
        loads: team -> work that comes over work that can be done; None where no cases keep coming.
        ran_full: whether some replication stopped because more cases were under way than there is room for.
    """

    cases: int
    replications: int
    interrupted: bool
    warmup: int
    arrived: int
    ended: int
    left: int
    loads: Mapping[str, float | None] = field(default_factory=dict)
    ran_full: bool = False

    @property
    def overloaded(self) -> tuple[str, ...]:
        """Teams to whom more work comes than they can do."""
        return tuple(team for team, load in self.loads.items() if load is not None and load >= 1.0)

    def to_dict(self) -> Document:
        return {
            "cases": self.cases,
            "replications": self.replications,
            "interrupted": self.interrupted,
            "warmup": self.warmup,
            "arrived": self.arrived,
            "ended": self.ended,
            "left": self.left,
            "loads": {team: finite(load) for team, load in self.loads.items()},
            "overloaded": list(self.overloaded),
        }


@dataclass(frozen=True)
class SimulatedScenario:
    """A scenario under the same luck as today, case by case.

    Attributes:
        name: of the scenario. workflows, run: as of the model itself.
        difference: workflow -> figure -> the scenario less today, from the differences of the replications; much
            narrower than the two intervals apart.
    """

    name: str
    workflows: Mapping[str, WorkflowSimulation]
    difference: Mapping[str, Figures]
    run: Run

    def to_dict(self) -> Document:
        return {
            "workflows": {name: found.to_dict() for name, found in self.workflows.items()},
            "difference": {
                name: tree(figures, self.workflows[name].currency) for name, figures in self.difference.items()
            },
            "run": self.run.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class Simulation(Result):
    """The answer of `simulate`: `workflows` by name, and `scenarios` by name beside them.

    Attributes:
        cases: counted over all replications. seed: as asked.
        run: what was simulated.
        within: how narrow the interval of `figure` of `workflow` was to be, as a share of its mean; None: not asked.
            reached: how narrow it is.
        notes: what a reader must know.
    """

    schema = "mpmflow/simulation/1"
    shown_by = ("render.simulation_page", "simulation_page")
    model: Model = field(repr=False)
    workflows: Mapping[str, WorkflowSimulation]
    run: Run
    seed: int
    scenarios: Mapping[str, SimulatedScenario] = field(default_factory=dict)
    workflow: str = ""
    figure: str = "time.mean"
    within: float | None = None
    notes: tuple[str, ...] = ()

    def __getitem__(self, workflow: str) -> WorkflowSimulation:
        """The figures of a workflow."""
        if workflow not in self.workflows:
            raise KeyError(f"{workflow!r} was not simulated: {', '.join(self.workflows)}")
        return self.workflows[workflow]

    @property
    def cases(self) -> int:
        """Cases counted over all replications."""
        return self.run.cases

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped by hand, today or in a scenario, before all replications had finished."""
        return self.run.interrupted or any(one.run.interrupted for one in self.scenarios.values())

    @property
    def reached(self) -> float | None:
        """Half the interval of the figure that was asked for, as a share of its mean."""
        estimate = self.workflows[self.workflow].figures.get(self.figure)
        if estimate is None or estimate.low is None or estimate.high is None or not estimate.mean:
            return None
        return (estimate.high - estimate.low) / 2.0 / abs(estimate.mean)

    @property
    def provenance(self) -> Provenance:
        """Versions, the hash of the model, and the seed."""
        return provenance(self.model, seed=self.seed)

    def body(self) -> Document:
        return {
            "workflows": {name: found.to_dict() for name, found in self.workflows.items()},
            "scenarios": {name: found.to_dict() for name, found in self.scenarios.items()},
            "cases": self.cases,
            "seed": self.seed,
            "run": self.run.to_dict(),
            "precision": {
                "workflow": self.workflow,
                "figure": self.figure,
                "within": self.within,
                "reached": finite(self.reached),
            },
            "confidence": CONFIDENCE,
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict(),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a figure: scenario ("" for today), workflow, figure, mean, low, high, and the difference to today."""
        columns: dict[str, list[Any]] = {
            name: []
            for name in (
                "scenario", "workflow", "figure", "mean", "low", "high",
                "difference", "difference_low", "difference_high",
            )
        }  # fmt: skip
        for scenario, workflow, figure, estimate, difference in self._all():
            columns["scenario"].append(scenario)
            columns["workflow"].append(workflow)
            columns["figure"].append(figure)
            for name in ("mean", "low", "high"):
                columns[name].append(finite(getattr(estimate, name)))
            for name in ("mean", "low", "high"):
                key = "difference" if name == "mean" else f"difference_{name}"
                columns[key].append(finite(getattr(difference, name)) if difference is not None else None)
        return columns

    def _all(self) -> Iterator[tuple[str, str, str, Estimate, Estimate | None]]:
        for name, found in self.workflows.items():
            for figure, estimate in found.figures.items():
                yield "", name, figure, estimate, None
        for scenario in self.scenarios.values():
            for name, found in scenario.workflows.items():
                for figure, estimate in found.figures.items():
                    yield scenario.name, name, figure, estimate, scenario.difference[name].get(figure)

    def __str__(self) -> str:
        lines = []
        for name, found in self.workflows.items():
            lines.append(name)
            for figure, one in found.figures.items():
                lines.append(f"  {figure} = {one.mean!r} ({one.low!r} to {one.high!r})")
        return "\n".join(lines)
