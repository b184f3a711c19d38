"""A figure as an exact formula in the shares of chosen outcomes, and the share from which on a target is met.

Up to four shares stay symbols, everything else is eliminated with exact fractions (`algebra.rational`). As in
a scenario, a share holds at every visit, and the outcome that just goes on makes up for it, else all others in
proportion. More shares than four make formulas that nobody reads: then each lever is looked at alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

from pydantic import ValidationError

from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.chain_of import ExactChain, exact_chain, simplest
from mpmflow.analysis.exact.figures import Solution, has_rework, solve_process
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import Document, Provenance, Result, finite, provenance
from mpmflow.analysis.scenarios.whatif import LeverError, levers
from mpmflow.diagnostics.suggest import nearest
from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.base import to_fraction
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity
from mpmflow.numerics.algebra.polynomials import Polynomial, evaluate, in_one
from mpmflow.numerics.algebra.rational import ClosedForm, ExactOutcome, Variable, closed_form
from mpmflow.numerics.faults import ChainError

MOST = 4
"""So many shares may stand in one formula."""
FIGURES = ("time.mean", "touch_time.mean", "cost.mean", "yield", "scrap", "first_pass", "throughput_per_s", "wip")
"""Figures that are fractions of polynomials in the shares; besides them `visits.NODE` and `ends.END`."""
_NOTHING_LEFT = 1e-12
_LONGEST = 1_500_000
"""Terms of a formula times the square of its copies of decisions; beyond it a formula takes minutes and fills pages."""


@dataclass(frozen=True, slots=True)
class ChosenLever:
    """A lever of a formula.

    Attributes:
        name: the outcome's id.
        by_visit: its share today at a case's first, second, … visit; one where it is always the same.
        highest: the share that it may have at most, with what the other outcomes keep.
        gradient: change of the figure per unit of the share, all else as today; None where it differs by visit.
        break_even: shares at which the figure meets the target, all else as today, rising; None without a target.
        form: the figure as a formula in this lever alone.
    """

    name: str
    by_visit: tuple[Fraction, ...]
    highest: float
    gradient: float | None
    break_even: tuple[float, ...] | None
    form: ClosedForm = field(repr=False)

    def value_at(self, share: float) -> float | None:
        """The figure with this lever set, all else as today; None where no case would ever leave."""
        try:
            return float(self.form.at({self.name: to_fraction(share)}))
        except ChainError:
            return None


@dataclass(frozen=True, eq=False)
class Formula(Result):
    """The answer of `formula`.

    Attributes:
        workflow: its name.
        figure: name of the figure.
        unit: of the figure and the target: "s", a currency, "1/s", or "" for shares and counts.
        value: the figure today; None where a workflow without arrivals has none.
        target: what is to be met, None where nobody asked.
        form: the figure in all levers together; None for more than four.
        levers: in the order asked for.
        notes: what a reader must know.
    """

    schema = "mpmflow/formula/1"
    shown_by = ("render.formula_page", "formula_page")
    model: Model = field(repr=False)
    workflow: str
    figure: str
    unit: str
    value: float | None
    target: float | None
    form: ClosedForm | None
    levers: tuple[ChosenLever, ...]
    notes: tuple[str, ...]

    def at(self, values: Mapping[str, Any]) -> float:
        """The figure with levers set, shares as fractions or as texts; levers that are not named stay as they are.

        Raises `LeverError` for a lever that the formula does not have, and ValueError where there is no formula.
        """
        if self.form is None:
            raise ValueError(f"there is no formula in more than {MOST} levers together; ask for fewer")
        for name in values:
            if name not in self.form.names:
                raise LeverError(name, "it is none of the formula's levers", nearest(name, self.form.names))
        return float(self.form.at({name: share_of(name, value) for name, value in values.items()}))

    @cached_property
    def provenance(self) -> Provenance:
        """Versions, and the hash of the model."""
        return provenance(self.model)

    def body(self) -> Document:
        form = self.form
        return {
            "workflow": self.workflow,
            "figure": self.figure,
            "unit": self.unit,
            "value": finite(self.value),
            "target": finite(self.target),
            "formula": str(form) if form is not None else None,
            "numerator": _terms(form.numerator, form.names) if form is not None else None,
            "denominator": _terms(form.denominator, form.names) if form is not None else None,
            "levers": [
                {
                    "lever": lever.name,
                    "value": float(lever.by_visit[0]),
                    "by_visit": [float(share) for share in lever.by_visit],
                    "highest": lever.highest,
                    "gradient": finite(lever.gradient),
                    "break_even": list(lever.break_even) if lever.break_even is not None else None,
                }
                for lever in self.levers
            ],
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict(),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a lever."""
        return {
            "lever": [lever.name for lever in self.levers],
            "value": [float(lever.by_visit[0]) for lever in self.levers],
            "gradient": [finite(lever.gradient) for lever in self.levers],
            "break_even": [next(iter(lever.break_even or ()), None) for lever in self.levers],
        }

    def __str__(self) -> str:
        return f"{self.figure} = {self.form}" if self.form is not None else f"{self.figure}: no formula"


def _terms(polynomial: Polynomial, names: Sequence[str]) -> list[Document]:
    return [
        {
            "coefficient": str(polynomial[power]),
            "powers": {name: exponent for name, exponent in zip(names, power, strict=True) if exponent},
        }
        for power in sorted(polynomial)
    ]


def share_of(name: str, value: Any) -> Fraction:
    """A share from a number or a text such as "10%". Raises `LeverError` for what is none."""
    try:
        quantity = Quantity.model_validate(value) if isinstance(value, str) else None
        share = quantity.base if quantity is not None else to_fraction(value)
    except (ValidationError, ValueError):
        raise LeverError(name, f"{value!r} is no share; expected is a percentage such as 10%") from None
    if (quantity is not None and quantity.measure.powers) or not 0 <= share <= 1:
        raise LeverError(name, f"{value!r} is no share between 0% and 100%")
    return share


def formula(
    model: Model,
    chosen: Sequence[str],
    figure: str = "time.mean",
    *,
    target: Any = None,
    workflow: str | None = None,
    samples: Samples | None = None,
) -> Formula:
    """A figure of a workflow as a formula in the shares of chosen outcomes.

    Args:
        chosen: ids of outcomes, such as "brief_complete.no".
        figure: one of `FIGURES`, `visits.NODE` or `ends.END`.
        target: a number in the figure's base unit, or a text such as "5d", "400 eur", "90%"; for every lever it gives
            the shares at which the figure meets it.
        workflow: the first of the model unless said.

    Exact but for what a parallel block contributes, whose mean time is right to rounding. Raises `LeverError` for a
    lever that cannot stand in a formula, KeyError for such a figure, and `ModelFault` as `analyze` does.

    >>> from mpmflow.model.process import Decision, Outcome, Step, Workflow
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> model = Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h"), check])])
    >>> found = formula(model, ["ok.no"], target="3h")
    >>> str(found), found.value, [round(share, 9) for share in found.levers[0].break_even]
    ('time.mean = -7200 / (ok.no - 1)', 9000.0, [0.333333333])
    """
    workflows = workflows_in_question(model)
    if not workflows:
        raise ModelFault("the model", "it has no workflow to compute", "")
    name = workflows[0].name if workflow is None else workflow
    solution = solve_process(to_chain(model, name), Solver(LawBook(samples)))
    asked = _Asked(solution, figure)
    names = list(dict.fromkeys(chosen))
    if not names:
        raise LeverError("levers", "a formula needs at least one outcome, such as brief_complete.no")
    _check(model, asked.chain, names)
    wanted = None if target is None else _target(target, figure, asked.unit)
    together, reason = asked.together(names)
    found = tuple(_alone(asked, lever, wanted) for lever in names)
    notes = [reason] if reason else []
    varying = [lever.name for lever in found if len(lever.by_visit) > 1]
    if varying:
        today = "today the share changes from visit to visit; the formula has one share for all visits"
        notes.append(f"{', '.join(varying)}: {today}")
    if solution.process.on_calendar and asked.timed:
        notes.append("teams with `works` stretch working time by their share of the week; times are approximate")
    if asked.timed and solution.rate is not None and solution.process.teams:
        notes.append("no waiting for people is counted: times are those of a case that finds everybody free")
    aim = None if wanted is None else float(wanted)
    return Formula(model, name, figure, asked.unit, asked.today, aim, together, found, tuple(notes))


class _Asked:
    """A figure as a reward of the exact chain."""

    def __init__(self, solution: Solution, figure: str) -> None:
        self.chain = chain = exact_chain(solution)
        self.ways = solution.actual.cells.ways
        self.timed = figure in ("time.mean", "wip")
        n, k = len(chain.states), len(chain.ends)
        self.factor = Fraction(1)
        self.unit = ""
        self.outcomes = [ExactOutcome(way.row, _seat(way.target, n), way.share) for way in chain.ways]
        self.rewards: Sequence[Fraction] = (Fraction(0),) * n
        self.terminal: list[int] = [0] * k
        currencies = solution.process.currencies
        head, _, tail = figure.partition(".")
        if figure in ("throughput_per_s", "wip"):
            if solution.rate is None:
                raise KeyError(f"{figure} needs a rate of arrivals, and the workflow has none")
            self.factor = simplest(solution.rate)
        if figure in ("time.mean", "wip"):
            self.rewards, self.unit = chain.time, "s" if figure == "time.mean" else ""
        elif figure == "touch_time.mean":
            self.rewards, self.unit = chain.work, "s"
        elif figure == "cost.mean" and len(currencies) < 2:
            self.rewards, self.unit = chain.cost, next(iter(currencies), "")
        elif figure in ("yield", "throughput_per_s", "scrap"):
            self.terminal = [int(good is (figure != "scrap")) for good in chain.good]
            self.unit = "1/s" if figure == "throughput_per_s" else ""
        elif figure == "first_pass":
            self._first_pass(solution, n, k)
        elif head == "visits" and tail in chain.visits:
            self.rewards = [chain.visits[tail].get(row, Fraction(0)) for row in range(n)]
        elif head == "ends" and tail in chain.ends:
            self.terminal = [int(end == tail) for end in chain.ends]
        else:
            raise KeyError(_no_such_figure(figure, chain))
        self.today = self._today(solution, figure)

    def _first_pass(self, solution: Solution, n: int, k: int) -> None:
        """A rework outcome ends the case as not right first time; a block may have reworked it inside."""
        self.terminal = [*(int(good) for good in self.chain.good), 0]
        self.outcomes = []
        reading = solution.first_pass
        for way in self.chain.ways:
            target, share = (n + k if way.way.rework else _seat(way.target, n)), way.share
            state = self.chain.states[way.row]
            if reading is not None and state.block is not None and any(map(has_rework, state.block.branches)):
                fold = next(fold for at, fold in reading.folds.items() if reading.cells.states[at] is state)
                joined = way.target >= 0 and self.chain.states[way.target].part == "joined"
                share = simplest(fold.passed if joined else fold.lost)
            self.outcomes.append(ExactOutcome(way.row, target, share))
        for row, state in enumerate(self.chain.states):
            if state.block is not None:
                taken = [outcome.share for outcome in self.outcomes if outcome.row == row]
                left = 1 - sum(taken, Fraction(0))
                self.outcomes.append(ExactOutcome(row, n + k, left))

    def _today(self, solution: Solution, figure: str) -> float | None:
        head, _, tail = figure.partition(".")
        if head == "visits":
            known = ((state.node, state.part, times) for state, times in solution.executions)
            return sum(times for node, part, times in known if node == tail and part in ("work", "call", "block"))
        if head == "ends":
            return float(solution.actual.end_shares[self.chain.ends.index(tail)])
        return solution.values[figure]

    def together(self, names: Sequence[str]) -> tuple[ClosedForm | None, str]:
        """The formula in all of them, or why there is none."""
        if len(names) > MOST:
            return None, f"{len(names)} levers make no readable formula (at most {MOST} do); each is looked at alone"
        copies = [len(self._entries(name)) for name in names]
        if len(names) > 1 and prod(number + 2 for number in copies) * sum(copies) ** 2 > _LONGEST:
            return (
                None,
                "what is counted in the loops makes the formula too long to read; each lever is looked at alone",
            )
        return self.form(names), ""

    def form(self, names: Sequence[str]) -> ClosedForm:
        """The figure as a formula in these outcomes."""
        variables = [Variable(name, self._entries(name), self._payers(name, names)) for name in names]
        found = closed_form(
            len(self.chain.states),
            len(self.terminal),
            self.outcomes,
            self.rewards,
            variables,
            self.chain.start,
            self.terminal,
        )
        if self.factor == 1:
            return found
        above = {power: value * self.factor for power, value in found.numerator.items()}
        return ClosedForm(found.names, above, found.denominator, found.present)

    def _entries(self, name: str) -> tuple[int, ...]:
        return tuple(at for at, way in enumerate(self.chain.ways) if way.way.outcome == name)

    def _payers(self, name: str, chosen: Sequence[str]) -> tuple[int, ...]:
        """The entries of the outcome that just goes on, unless it is chosen itself or there is none."""
        pays = self.payer(name)
        return () if pays is None or pays in chosen else self._entries(pays)

    def payer(self, name: str) -> str | None:
        """The outcome that makes up for a change of this one; None where all others do."""
        pays = self.chain.ways[self._entries(name)[0]].way.payer
        return None if pays is None else self.ways[pays].outcome

    def highest(self, name: str) -> float:
        """The share that it may have at most, with what the others keep."""
        pays = self.payer(name)
        if pays is None:
            return 1.0
        rows = [self.chain.ways[at].row for at in self._entries(name)]
        kept = [
            sum(way.share for way in self.chain.ways if way.row == row and way.way.outcome not in (name, pays))
            for row in rows
        ]
        return float(1 - max(kept))


def _seat(target: int, n: int) -> int:
    return target if target >= 0 else n - 1 - target


def _no_such_figure(figure: str, chain: ExactChain) -> str:
    known = [*FIGURES, *(f"visits.{node}" for node in chain.visits), *(f"ends.{end}" for end in chain.ends)]
    near = nearest(figure, known)
    meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"{figure!r} is no fraction of polynomials in the shares, or no figure of {chain.workflow}; {meant}"


def _check(model: Model, chain: ExactChain, names: Sequence[str]) -> None:
    known = levers(model)
    shares = [name for name, present in known.items() if isinstance(present, tuple)]
    there = {way.way.outcome for way in chain.ways}
    for name in names:
        if name not in known:
            raise LeverError(name, "there is no outcome of that name", nearest(name, shares, most=3))
        if name not in shares:
            raise LeverError(name, "only shares of outcomes stand in a formula; `analyze` has the slope of every lever")
        if name not in there:
            what = "no case of this workflow comes to it, or it stands inside a parallel block"
            raise LeverError(name, f"{what}, and then it has no formula")
    for decision in dict.fromkeys(name.rpartition(".")[0] for name in names):
        outcomes = [name for name in shares if name.rpartition(".")[0] == decision]
        if set(outcomes) <= set(names):
            raise LeverError(outcomes[0], f"leave one outcome of {decision} out: it makes up for the others")


def _target(target: Any, figure: str, unit: str) -> Fraction:
    """The target in the figure's base unit."""
    if not isinstance(target, str | Quantity):
        return to_fraction(target)
    try:
        quantity = target if isinstance(target, Quantity) else Quantity.model_validate(target)
    except ValidationError:
        raise LeverError("target", f"{target!r} is no value of {figure}") from None
    measure = quantity.measure
    if unit == "s":
        fits, example = measure.is_time, "5d"
    elif unit == "1/s":
        fits, example = [power for power in measure.powers if power[0] == "time"] == [("time", -1)], "3 1/w"
    elif unit:
        fits, example = not measure.powers or (measure.is_money and measure.currencies == (unit,)), f"400 {unit}"
    else:
        fits, example = not measure.powers, "90%" if not figure.startswith(("visits.", "wip")) else "1.2"
    if not fits:
        raise LeverError("target", f"{quantity} is no value of {figure}; expected is one such as {example}")
    return quantity.base


def _alone(asked: _Asked, name: str, target: Fraction | None) -> ChosenLever:
    """One lever with all others as they are."""
    form = asked.form([name])
    by_visit = next(way.way.share for way in asked.chain.ways if way.way.outcome == name)
    by_visit = by_visit if len(set(by_visit)) > 1 else by_visit[:1]
    highest = asked.highest(name)
    even = None
    if target is not None:
        even = tuple(share for share in form.break_even(name, target) if share <= highest + _NOTHING_LEFT)
    gradient = _slope(form, by_visit[0]) if len(by_visit) == 1 else None
    return ChosenLever(name, by_visit, highest, gradient, even, form)


def _slope(form: ClosedForm, share: Fraction) -> float | None:
    """Derivative of a formula in one share."""
    above, below = (in_one(part, 0, {}) for part in (form.numerator, form.denominator))
    bottom = evaluate(form.denominator, [share])
    if not bottom:
        return None
    top = evaluate(form.numerator, [share])
    rise, fall = (
        sum((power * value * share ** (power - 1) for power, value in enumerate(part) if power), Fraction(0))
        for part in (above, below)
    )
    return float((rise * bottom - top * fall) / bottom**2)
