"""Switching from one state of a process to another, source by source: for figures that are no sums over visits.

Some figures know no closed split among sources: the longest branch of a parallel block, a percentile, the share past
a deadline. They are computed for states in between, in which some sources have their current level and the others
that of the reference. Going over one source after the other, each adds what it adds at its turn; the parts telescope,
so they add up exactly. Turn order matters a little where sources interact, so the mean is taken of one order and its
reverse.

For two sources that is the Shapley value; for more it agrees with it to second order in the deviations.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mpmflow.graphs.cells import Cells, State, Way

Floats = npt.NDArray[np.float64]
_TRACE = Fraction(1, 10**18)
Names = Mapping[tuple[str, str], str]
"""Node and part (`work`, `wait`) -> the name of its time as a source, where it is not `S.time` for work, `S.wait` for
waiting: a log that does not tell the two apart shows both as one."""


def source_of_state(state: State, names: Names) -> str:
    """The source that owns how long a state lasts."""
    if state.part == "delay":
        return f"{state.outcome}.delay"
    usual = f"{state.node}.{state.part if state.part in ('wait', 'queue') else 'time'}"
    return names.get((state.node, state.part), usual)


def changed_sources(before: Cells, after: Cells, names: Names) -> tuple[str, ...]:
    """Every source that differs between two states of one process, branches included, in the order of the text."""
    found: dict[str, None] = {}
    for old, new in zip(before.states, after.states, strict=True):
        if old.timing != new.timing or old.cost != new.cost or old.rate != new.rate:
            found[source_of_state(new, names)] = None
        if old.block is not None and new.block is not None:
            for one, other in zip(old.block.branches, new.block.branches, strict=True):
                found |= dict.fromkeys(changed_sources(one, other, names))
    for way, other_way in zip(before.ways, after.ways, strict=True):
        if way.outcome is not None and way.share != other_way.share:
            found[way.outcome] = None
    return tuple(found)


def in_between(before: Cells, after: Cells, chosen: Collection[str], names: Names) -> Cells:
    """The cells with the chosen sources at their later level and the others at their earlier one.

    An outcome's change is made up by the outcome that just goes on (the largest one, where none is named). Should that
    leave a decision without a law (shares below 0), all its outcomes change over together with the first of them.
    """
    states = tuple(
        _state_between(old, new, chosen, names) for old, new in zip(before.states, after.states, strict=True)
    )
    ways: list[Way] = []
    rows = [way.row for way in before.ways]
    position = 0
    while position < len(rows):
        end = position
        while end < len(rows) and rows[end] == rows[position]:
            end += 1
        ways += _row_between(before.ways[position:end], after.ways[position:end], chosen, position)
        position = end
    return replace(before, states=states, ways=tuple(ways))


def _state_between(old: State, new: State, chosen: Collection[str], names: Names) -> State:
    kept = new if source_of_state(new, names) in chosen else old
    if old.block is None or new.block is None:
        return kept
    changed = {
        name
        for one, other in zip(old.block.branches, new.block.branches, strict=True)
        for name in changed_sources(one, other, names)
    }
    switched = changed.intersection(chosen)
    # A block that is as in one of the two states is that very block, so that nobody solves it anew.
    if not switched:
        return old
    if switched == changed:
        return new
    branches = tuple(
        in_between(one, other, chosen, names) for one, other in zip(old.block.branches, new.block.branches, strict=True)
    )
    return replace(old, block=replace(old.block, branches=branches))


def _row_between(old: Sequence[Way], new: Sequence[Way], chosen: Collection[str], first: int) -> Sequence[Way]:
    if all(one.share == other.share for one, other in zip(old, new, strict=True)):
        return old
    visits = max(len(way.share) for way in (*old, *new))
    if not visits or any(way.outcome is None for way in old):
        return old
    payer = payer_of(old, first)
    picked = [way.outcome in chosen for way in old]
    table = []
    for index, (one, other) in enumerate(zip(old, new, strict=True)):
        source = other if picked[index] else one
        table.append([source.share[min(visit, len(source.share) - 1)] for visit in range(visits)])
    for visit in range(visits):
        rest = 1 - sum((row[visit] for index, row in enumerate(table) if index != payer), Fraction(0))
        if rest < 0:
            return new if any(picked) else old
        table[payer][visit] = rest
    return [
        replace(way, share=tuple(row) if len(set(row)) > 1 else tuple(row[:1]))
        for way, row in zip(old, table, strict=True)
    ]


def aligned(cells: Cells, other: Cells) -> Cells:
    """The cells with as many copies of every state as the other state of the same process has.

    Shares that change per visit make copies of states. Where only the other state has such shares, a trace (1e-18,
    below rounding) is moved between two outcomes from the second visit on, so that both states have the same copies.
    """
    states = tuple(
        state
        if state.block is None or twin.block is None
        else replace(
            state,
            block=replace(
                state.block,
                branches=tuple(
                    aligned(one, two) for one, two in zip(state.block.branches, twin.block.branches, strict=True)
                ),
            ),
        )
        for state, twin in zip(cells.states, other.states, strict=True)
    )
    ways = list(cells.ways)
    rows: dict[int, list[int]] = {}
    for number, way in enumerate(cells.ways):
        rows.setdefault(way.row, []).append(number)
    for row in rows.values():
        visits = max(len(other.ways[number].share) for number in row)
        if (
            visits < 2
            or any(cells.ways[number].varies for number in row)
            or not any(other.ways[number].varies for number in row)
        ):
            continue
        giver = max(row, key=lambda number: (cells.ways[number].share[0], -number))
        taker = next(number for number in row if number != giver)
        for number, trace in ((giver, -_TRACE), (taker, _TRACE)):
            share = cells.ways[number].share[0]
            ways[number] = replace(cells.ways[number], share=(share, *(share + trace,) * (visits - 1)))
    return replace(cells, states=states, ways=tuple(ways))


def stretched(cells: Cells, source: str, factor: float, names: Names) -> Cells:
    """The cells with the times of one source made longer in proportion."""
    states = []
    for state in cells.states:
        if state.block is not None:
            branches = tuple(stretched(branch, source, factor, names) for branch in state.block.branches)
            state = replace(state, block=replace(state.block, branches=branches))
        elif state.timing is not None and source_of_state(state, names) == source:
            state = replace(state, timing=replace(state.timing, stretch=state.timing.stretch * factor))
        states.append(state)
    return replace(cells, states=tuple(states))


def payer_of(row: Sequence[Way], first: int) -> int:
    """Position in its row of the outcome that makes up for the others: the one that goes on, else the largest."""
    named = [way.payer for way in row if way.payer is not None]
    if named:
        return named[0] - first
    return max(range(len(row)), key=lambda index: (row[index].share[0], -index))


def by_switching(
    figure: Callable[[Collection[str]], Floats], sources: Sequence[str]
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Split the change of a figure among sources.

    `figure(chosen)` is the figure (a number or an array) with the chosen sources at their current level. Returns it
    before, after, and the part of each source; the parts add up to the difference, to rounding. Takes 2 D
    evaluations.

    The cost of 3 items at 20 instead of 2 at 10:

    >>> level = {"items": (2, 3), "price": (10, 20)}
    >>> def cost(chosen):
    ...     return np.prod([level[name][name in chosen] for name in level])
    >>> before, after, parts = by_switching(cost, ["items", "price"])
    >>> print(before, after, parts["items"], parts["price"])
    20 60 15.0 25.0
    """
    before = np.asarray(figure(frozenset()))
    after = np.asarray(figure(frozenset(sources)))
    parts = {name: np.zeros(before.shape) for name in sources}
    for order in (sources, sources[::-1]) if len(sources) > 1 else (sources,):
        so_far, chosen = before, set[str]()
        for name in order:
            chosen.add(name)
            now = after if len(chosen) == len(sources) else np.asarray(figure(frozenset(chosen)))
            parts[name] = parts[name] + (now - so_far)
            so_far = now
    turns = 2 if len(sources) > 1 else 1
    return before, after, {name: part / turns for name, part in parts.items()}
