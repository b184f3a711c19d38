"""Levers as arrays: which scenario sets what to how much, read from numbers and texts, alone or as a grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.figures import Solution, solve_process
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.scenarios.whatif import LeverError, apply, levers, no_such_lever
from mpmflow.graphs.cells import Cells, State
from mpmflow.graphs.to_chain import Known, to_chain
from mpmflow.graphs.work_time import work_time
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity

Floats = npt.NDArray[np.float64]
Kind = Literal["share", "takes", "waits", "delay", "costs", "cost", "arrivals", "deadline"]
SCENARIO_LIMIT = 1_000_000
"""More scenarios than this are refused: a grid grows without anybody noticing."""
EXAMPLES = {"takes": "4h", "waits": "2d", "delay": "2d", "costs": "400 eur", "cost": "60 eur/h", "deadline": "15d"}
_KINDS: dict[str, Kind] = {
    "delay": "delay",
    "takes": "takes",
    "waits": "waits",
    "costs": "costs",
    "cost": "cost",
    "arrivals": "arrivals",
    "deadline": "deadline",
}


@dataclass(frozen=True, eq=False)
class Axis:
    """One lever with its value in every scenario.

    Attributes:
        lever: its dotted name.
        kind: what it is.
        scale: whether the values are factors on what it is today.
        values: shape (S,): shares as fractions, seconds, money, money or cases per second; or factors.
    """

    lever: str
    kind: Kind
    scale: bool
    values: Floats

    def part(self, taken: slice) -> Axis:
        """The same for some of the scenarios."""
        return Axis(self.lever, self.kind, self.scale, self.values[taken])


def opened(
    model: Model, settings: Mapping[str, Any], workflow: str, grid: bool, samples: Samples | None
) -> tuple[Model, Solution, list[Axis], tuple[int, ...]]:
    """The model with a place for every lever, solved as it is, and the levers as arrays of one length."""
    if not settings:
        raise LeverError("levers", "a sweep needs at least one lever with its values")
    known = levers(model)
    kinds: dict[str, tuple[str, Kind, bool]] = {}
    silent = {}
    for name in settings:
        lever, scale = (name.removesuffix(".scale"), True) if name.endswith(".scale") else (name, False)
        if lever not in known:
            raise no_such_lever(name, lever, known)
        kind = _kind(name, lever, known[lever])
        if scale and kind in ("share", "deadline"):
            raise LeverError(name, "only times, money and arrivals can be scaled")
        if known[lever] is None and scale:
            raise LeverError(name, "there is nothing to scale: the text does not say it")
        if known[lever] is None and kind in ("takes", "waits"):
            silent[lever] = "0s"
        if lever in (other for other, _, _ in kinds.values()):
            raise LeverError(name, "it is set twice")
        kinds[name] = (lever, kind, scale)
    model = apply(model, silent)
    process = to_chain(model, workflow)
    solution = solve_process(process, Solver(LawBook(samples)))
    heads = {
        workflow,
        *process.unreached,
        *(crew.name for crew in process.teams),
        *(state.node for state, _ in _states(process.cells)),
    }
    read = _Reader(model, process.currencies)
    columns = []
    for name, (lever, kind, scale) in kinds.items():
        if lever.partition(".")[0] not in heads:
            raise LeverError(name, f"the workflow {workflow} has no such part")
        if kind == "arrivals" and scale and solution.rate is None:
            raise LeverError(name, "there is nothing to scale: cases come in one batch")
        columns.append(read.column(name, lever, kind, scale, settings[name], known[lever]))
    shaped, shape = _shaped(list(kinds), columns, grid)
    axes = [
        Axis(lever, kind, scale, column) for (lever, kind, scale), column in zip(kinds.values(), shaped, strict=True)
    ]
    return model, solution, axes, shape


def _kind(name: str, lever: str, present: Any) -> Kind:
    tail = lever.rpartition(".")[2]
    if tail == "works":
        raise LeverError(name, "working hours are no number to go through; set them in a scenario")
    if isinstance(present, tuple):
        return "share"
    if tail == "people":
        what = "the number of people moves the waiting for them, which is no part of these figures"
        raise LeverError(name, what)
    return _KINDS[tail]


def _states(cells: Cells, inside: bool = False) -> Iterator[tuple[State, bool]]:
    """Every state, and whether it stands inside a parallel block."""
    for state in cells.states:
        yield state, inside
        if state.block is not None:
            for branch in state.block.branches:
                yield from _states(branch, True)


def inside_blocks(cells: Cells, axes: Sequence[Axis]) -> list[str]:
    """The levers that move something inside a parallel block."""
    inner = {name for state, inside in _states(cells) if inside for name in (state.node, state.team) if name}
    return [axis.lever for axis in axes if axis.lever.partition(".")[0] in inner]


class _Reader:
    """Turns values as people give them into numbers in base units."""

    def __init__(self, model: Model, currencies: tuple[str, ...]) -> None:
        self.known, self.currencies = Known(model), currencies
        self.team = {
            node.name: getattr(node, "by", None) for one in self.known.workflows.values() for node in one.nodes()
        }

    def column(self, name: str, lever: str, kind: Kind, scale: bool, values: Any, present: Any) -> Floats:
        """The values of one lever, shape (S,)."""
        given = np.atleast_1d(np.asarray(values))
        if given.ndim != 1 or not len(given):
            raise LeverError(name, f"its values need one dimension and at least one value, not shape {given.shape}")
        if given.dtype.kind in "iuf":
            column = given.astype(np.float64)
        else:
            column = np.array([self.number(name, lever, kind, scale, value) for value in given.tolist()])
        if not np.all(np.isfinite(column)):
            raise LeverError(name, "each value must be a finite number")
        if kind != "share" and np.any(column < 0.0):
            raise LeverError(name, "a time, an amount or a factor cannot be negative")
        return column

    def number(self, name: str, lever: str, kind: Kind, scale: bool, value: Any) -> float:
        """One value that is no plain number."""
        try:
            if kind == "arrivals" and isinstance(value, str):
                value = value.replace(" per ", " 1/", 1)
            quantity = value if isinstance(value, Quantity) else Quantity.model_validate(value)
        except ValidationError:
            raise LeverError(name, f"{value!r} is no value that it could have") from None
        measure = quantity.measure
        if scale or kind == "share":
            if measure.powers:
                raise LeverError(name, f"{quantity} is no {'factor' if scale else 'share'}")
        elif kind in ("takes", "waits", "delay", "deadline"):
            if not measure.is_time:
                raise LeverError(name, f"{quantity} is no time; expected is one such as {EXAMPLES[kind]}")
            if kind == "takes":  # a day of work is one of the team's calendar
                return work_time(self.known.teams.get(self.team.get(lever.partition(".")[0]) or "")).seconds(quantity)
        elif kind == "arrivals":
            if [power for unit, power in measure.powers if unit == "time"] != [-1]:
                raise LeverError(name, f"{value!r} is no rate of arrivals; expected is one such as 4 per week")
        else:
            wanted = [("time", -1)] if kind == "cost" else []
            times = [power for power in measure.powers if power[0] == "time"]
            if len(measure.currencies) != 1 or times != wanted:
                raise LeverError(name, f"{quantity} is no cost; expected is one such as {EXAMPLES[kind]}")
            if self.currencies and not set(measure.currencies) <= set(self.currencies):
                raise LeverError(name, f"{quantity} is in another currency than the workflow, and none is converted")
        return float(quantity.base)


def _shaped(names: Sequence[str], columns: Sequence[Floats], grid: bool) -> tuple[list[Floats], tuple[int, ...]]:
    if grid:
        shape = tuple(len(column) for column in columns)
        size = int(np.prod([float(length) for length in shape]))
    else:
        lengths = sorted({len(column) for column in columns if len(column) > 1})
        if len(lengths) > 1:
            said = ", ".join(f"{name} {len(column)}" for name, column in zip(names, columns, strict=True))
            raise LeverError(names[0], f"levers need equally many values, or one; or ask for a grid ({said})")
        size = lengths[0] if lengths else 1
        shape = (size,)
    if size > SCENARIO_LIMIT:
        raise LeverError(names[0], f"that makes {size:,} scenarios, more than {SCENARIO_LIMIT:,}")
    if grid:
        return [mesh.ravel() for mesh in np.meshgrid(*columns, indexing="ij")], shape
    return [np.repeat(column, size) if len(column) == 1 and size > 1 else column for column in columns], shape
