"""Many scenarios in one answer: levers over arrays or grids, and the figures of every combination.

A scenario sets levers as `what_if` does: a share at every visit, made up for by the outcome that just goes on, else by
all others in proportion; a time as a fixed time; `.scale` behind a lever of time or money multiplies what it is today,
law and all. Scenarios are solved side by side with one symbolic elimination (`side_by_side`); what that cannot do
(levers inside a parallel block, percentiles) is solved one scenario after the other, to the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.figures import FIGURES, Solution, solve_process, wasted
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.exact.sojourn_of import whole_time
from mpmflow.analysis.results import Document, Provenance, Result, finite, provenance
from mpmflow.analysis.scenarios.axes import EXAMPLES, Axis, inside_blocks, opened
from mpmflow.analysis.scenarios.side_by_side import SideBySide, executions_by_state, supported
from mpmflow.analysis.scenarios.whatif import LeverError, apply, levers
from mpmflow.diagnostics.suggest import nearest
from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.distributions import Constant, Empirical, Law
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity
from mpmflow.model.units import parse_unit
from mpmflow.numerics.faults import NoExitError

Floats = npt.NDArray[np.float64]
How = Literal["side by side", "one by one"]
USUAL = ("time.mean", "cost.mean", "yield", "first_pass")
"""The figures of a sweep that asks for none in particular."""
_LAW = ("time.late", "waste.cost", "waste.touch_time")
_MORE_IS_BETTER = ("yield", "first_pass", "throughput_per_s")


@dataclass(frozen=True, slots=True)
class Best:
    """The best scenario of a sweep: its number, its levers, its figures."""

    scenario: int
    levers: Mapping[str, float]
    figures: Mapping[str, float | None]


@dataclass(frozen=True, eq=False)
class Sweep(Result):
    """The answer of `sweep`.

    Attributes:
        workflow: its name.
        shape: of the grid, one length a lever; (S,) without a grid. Arrays are flat; `array.reshape(sweep.shape)` is
            the grid.
        levers: lever -> its value in each scenario, shape (S,): shares as fractions, seconds, money; factors for
            `.scale`.
        figures: figure -> shape (S,); nan where it has no meaning, or where no case ever leaves.
        today: the figures of the workflow as it is; None where one has no meaning.
        method: figure -> bounded or approximate, for every figure that is not exact.
        how: `side by side` or `one by one`; `notes` say why.
        notes: what a reader must know.
    """

    schema = "mpmflow/sweep/1"
    shown_by = ("render.sweep_page", "sweep_page")
    model: Model = field(repr=False)
    workflow: str
    shape: tuple[int, ...]
    levers: Mapping[str, Floats]
    figures: Mapping[str, Floats]
    today: Mapping[str, float | None]
    method: Mapping[str, str]
    how: How
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(next(iter(self.levers.values())))

    def __getitem__(self, figure: str) -> Floats:
        """A figure by its name, shape (S,)."""
        if figure not in self.figures:
            raise KeyError(f"{figure!r} was not asked for; there are {', '.join(self.figures)}")
        return self.figures[figure]

    def best(self, figure: str, *, highest: bool | None = None) -> Best:
        """The scenario with the best value of a figure, the first of equals.

        The lowest is the best, but for yield, right first time and throughput; `highest` says otherwise. Raises
        ValueError when the figure has no value in any scenario.
        """
        values = self[figure]
        if np.all(np.isnan(values)):
            raise ValueError(f"{figure} has no value in any scenario")
        most = figure in _MORE_IS_BETTER if highest is None else highest
        at = int(np.nanargmax(values) if most else np.nanargmin(values))
        return Best(
            at,
            {name: float(column[at]) for name, column in self.levers.items()},
            {name: finite(column[at]) for name, column in self.figures.items()},
        )

    @cached_property
    def provenance(self) -> Provenance:
        """Versions, and the hash of the model."""
        return provenance(self.model)

    def body(self) -> Document:
        return {
            "workflow": self.workflow,
            "shape": list(self.shape),
            "levers": {name: column.tolist() for name, column in self.levers.items()},
            "figures": {name: [finite(value) for value in column] for name, column in self.figures.items()},
            "today": {name: finite(value) for name, value in self.today.items()},
            "method": dict(self.method),
            "how": self.how,
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict(),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a scenario: its levers, then its figures."""
        return {
            **{name: column.tolist() for name, column in self.levers.items()},
            **{name: [finite(value) for value in column] for name, column in self.figures.items()},
        }

    def __str__(self) -> str:
        lines = [f"{len(self):,} scenarios of {self.workflow}"]
        for name, column in self.figures.items():
            known = column[~np.isnan(column)]
            span = f"{float(known.min())!r} to {float(known.max())!r}" if len(known) else "no value"
            lines.append(f"  {name}: {span} (today {self.today[name]!r})")
        return "\n".join(lines)


def sweep(
    model: Model,
    settings: Mapping[str, Any],
    workflow: str | None = None,
    *,
    grid: bool = False,
    figures: Sequence[str] = USUAL,
    samples: Samples | None = None,
) -> Sweep:
    """The figures of many scenarios of one workflow.

    Args:
        settings: lever -> its values, all of one length, or one value for all scenarios. A value is a number (a share
            as a fraction, seconds, money, money or cases per second) or a text such as "10%", "4h", "100 eur/h". The
            name of a lever of time or money, or of arrivals, may have `.scale` behind it: then values are factors on
            what it is today.
        workflow: its name; the first of the model unless said.
        grid: every combination of the values, the last lever fastest.
        figures: of `analyze`; also `visits.NODE` and `ends.END`.
        samples: seconds of `empirical` durations.

    Raises `LeverError` for what cannot be set, KeyError for an unknown figure, and `ModelFault` as `analyze` does.

    >>> from mpmflow.model.process import Decision, Outcome, Step, Workflow
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> model = Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h"), check])])
    >>> found = sweep(model, {"ok.no": [0.2, 0.5]}, figures=["time.mean", "visits.brief"])
    >>> found["visits.brief"].tolist(), (found["time.mean"] / 3600).tolist()
    ([1.25, 2.0], [2.5, 4.0])
    """
    workflows = workflows_in_question(model)
    if not workflows:
        raise ModelFault("the model", "it has no workflow to compute", "")
    name = workflows[0].name if workflow is None else workflow
    ready, solution, axes, shape = opened(model, settings, name, grid, samples)
    _check_figures(solution, figures)
    blocked = inside_blocks(solution.process.cells, axes)
    whole = [figure for figure in figures if not supported(figure)]
    notes = []
    if blocked:
        notes.append(f"solved one by one, because {', '.join(blocked)} works inside a parallel block")
    if whole:
        notes.append(f"solved one by one, because {', '.join(whole)} needs more than visits and moments")
    book = LawBook(samples)
    if notes:
        found = _one_by_one(ready, name, axes, figures, solution.rate, book)
    else:
        found = SideBySide(solution).figures(axes, figures)
    today = _values(solution, figures, book)
    empty = np.any([np.isnan(found[figure]) for figure, value in today.items() if value is not None], axis=0)
    if np.any(empty):
        notes.append(f"{int(np.sum(empty))} scenarios have no figures: no case ever leaves")
    method, more = _methods(solution, figures)
    return Sweep(
        model,
        name,
        shape,
        {axis.lever + (".scale" if axis.scale else ""): axis.values for axis in axes},
        found,
        today,
        method,
        "one by one" if blocked or whole else "side by side",
        (*notes, *more),
    )


# --------------------------------------------------------------------------------------------- figures
def _check_figures(solution: Solution, figures: Sequence[str]) -> None:
    if not figures:
        raise KeyError("a sweep needs at least one figure")
    visited = {state.node for _, _, state in executions_by_state(solution.actual) if state.node}
    for figure in figures:
        head, _, tail = figure.partition(".")
        if head == "visits":
            fine = tail in visited or tail in solution.process.unreached
        elif head == "ends":
            fine = tail in solution.actual.ends
        else:
            fine = figure in FIGURES or figure in _LAW or _percentile(figure) is not None
        if not fine:
            names = [*FIGURES, "time.p90", *_LAW, *(f"visits.{node}" for node in sorted(visited))]
            names += [f"ends.{end}" for end in solution.actual.ends]
            near = nearest(figure, names)
            meant = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
            raise KeyError(f"{figure!r} is no figure of {solution.process.workflow}{meant}")


def _percentile(figure: str) -> int | None:
    """The percentage of `time.p90`; None for other figures."""
    head, _, tail = figure.partition(".p")
    return int(tail) if head == "time" and tail.isdigit() and 0 < int(tail) < 100 else None


def _values(solution: Solution, figures: Sequence[str], book: LawBook) -> dict[str, float | None]:
    """Figures of one solved workflow."""
    actual = solution.actual
    found: dict[str, float | None] = {}
    whole = None
    if any(figure == "time.late" or _percentile(figure) for figure in figures):
        deadline = solution.process.deadline
        whole = whole_time(actual, book, solution.time.mean, solution.values["time.sd"] or 0.0, deadline)
    for figure in figures:
        head, _, tail = figure.partition(".")
        share = _percentile(figure)
        if head == "visits":
            times = (
                visits
                for state, visits in solution.executions
                if state.node == tail and state.part in ("work", "call", "block")
            )
            found[figure] = sum(times, 0.0)
        elif head == "ends":
            found[figure] = float(actual.end_shares[actual.ends.index(tail)])
        elif head == "waste":
            money, work = wasted(solution, book)
            found[figure] = work if tail == "touch_time" else money if len(solution.process.currencies) < 2 else None
        elif figure == "time.late":
            deadline = solution.process.deadline
            found[figure] = whole.later_than(deadline) if whole is not None and deadline is not None else None
        elif share is not None and whole is not None:
            found[figure] = whole.percentile(share / 100)
        else:
            found[figure] = solution.values[figure]
    return found


def _methods(solution: Solution, figures: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """How good each figure is that is not exact."""
    timed = [figure for figure in figures if figure.startswith("time.") or figure == "wip"]
    method: dict[str, str] = {}
    notes = []
    spells = [spell for fold in solution.actual.folds.values() for spell in (fold.time_passed, fold.time_lost)]
    if any(spell is not None and not spell.exact for spell in spells):
        method |= dict.fromkeys(timed, "bounded")
    laws = [figure for figure in timed if figure == "time.late" or _percentile(figure)]
    method |= dict.fromkeys(laws, "bounded")
    if solution.process.on_calendar:
        method |= dict.fromkeys(timed, "approximate")
        notes.append("teams with `works` stretch working time by their share of the week; times are approximate")
    if solution.rate is not None and solution.process.teams:
        method |= dict.fromkeys(timed, "approximate")
        notes.append("no waiting for people is counted: times are those of a case that finds everybody free")
    return {figure: method[figure] for figure in figures if figure in method}, notes


# --------------------------------------------------------------------------------------------- one by one
def _one_by_one(
    model: Model,
    workflow: str,
    axes: Sequence[Axis],
    figures: Sequence[str],
    rate: float | None,
    book: LawBook,
) -> dict[str, Floats]:
    """Every scenario as a model of its own."""
    found = {figure: np.full(len(axes[0].values), np.nan) for figure in figures}
    present = levers(model)
    currencies = to_chain(model, workflow).currencies
    for scenario in range(len(axes[0].values)):
        settings = {
            axis.lever: _setting(axis, float(axis.values[scenario]), present[axis.lever], currencies, rate)
            for axis in axes
        }
        try:
            solution = solve_process(to_chain(apply(model, settings), workflow), Solver(book))
        except ModelFault as fault:
            if isinstance(fault.__cause__, NoExitError):
                continue
            raise
        for figure, value in _values(solution, figures, book).items():
            found[figure][scenario] = np.nan if value is None else value
    return found


def _setting(axis: Axis, value: float, present: Any, currencies: tuple[str, ...], rate: float | None) -> Any:
    """The value of a lever in one scenario, as `apply` takes it."""
    exact = Fraction(repr(value))
    if axis.kind == "share":
        return exact.limit_denominator(10**15)  # sums of decimals are meant as decimals
    if axis.kind in ("takes", "waits", "delay"):
        return _scaled(axis.lever, present, exact) if axis.scale else Constant(value=Quantity(value=exact, unit="s"))
    if axis.kind == "deadline":
        return Quantity(value=exact, unit="s")
    if axis.kind == "arrivals":
        pace = Fraction(repr(rate)) if axis.scale and rate is not None else Fraction(1)
        return Quantity(value=pace * exact, unit="1/s")
    if axis.scale:
        return present.model_copy(update={"value": present.value * exact})
    unit = present.unit if present is not None else ""
    currency = parse_unit(unit).currencies if unit else currencies
    if not currency:
        raise LeverError(axis.lever, f"say the currency, as in {EXAMPLES[axis.kind]!r}: the workflow has none yet")
    return Quantity(value=exact, unit=f"{next(iter(currency))}{'/s' if axis.kind == 'cost' else ''}")


def _scaled(lever: str, law: Law, factor: Fraction) -> Law:
    """A law of time, every time multiplied."""
    if isinstance(law, Empirical):
        what = "observed times cannot be scaled here; set a value, or ask for figures that need no parallel block"
        raise LeverError(f"{lever}.scale", what)
    times = {name: value for name, value in law if isinstance(value, Quantity)}
    scaled = {name: time.model_copy(update={"value": time.value * factor}) for name, time in times.items()}
    return law.model_copy(update=scaled)
