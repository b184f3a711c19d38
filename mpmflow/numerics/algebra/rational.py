"""A figure as a formula: mean time, cost or the chance of an end as an exact fraction of polynomials in chosen shares.

All decisions but the chosen ones are eliminated with exact fractions; from an outcome of a chosen decision a case
then either meets a chosen decision again (chance h) or ends, having gathered g. With the shares of the chosen rows as
polynomials this leaves a system of as many equations as there are chosen rows, solved loop by loop with Cramer's rule
(Daws 2004 for parametric chains). The result is the figure for every value of the shares at once, so questions such as
"from which share on does it cost more than ...?" have exact answers. Meant for at most four shares and some hundred
nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from scipy import sparse

from mpmflow.numerics.chains.ordering import strong_parts
from mpmflow.numerics.faults import ChainError, NoExitError

from .polynomials import (
    Polynomial,
    add,
    common_divisor,
    constant,
    divide,
    evaluate,
    in_one,
    multiply,
    scaled,
    variable,
)
from .roots import roots_of_share

Number = Fraction | int


@dataclass(frozen=True, slots=True)
class ExactOutcome:
    """One outcome with an exact share: from node `row` to node `target` (or n + k for end k), gathering `reward`."""

    row: int
    target: int
    share: Fraction
    reward: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Variable:
    """A share made variable: those of all `entries` (copies of one outcome, one a row); `payers` of the same rows pay.

    An empty `payers` lets the other outcomes of each row pay in proportion.
    """

    name: str
    entries: tuple[int, ...]
    payers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ClosedForm:
    """`numerator / denominator` in the named shares, without a common factor; made by `closed_form`."""

    names: tuple[str, ...]
    numerator: Polynomial
    denominator: Polynomial
    present: tuple[Fraction, ...]

    def at(self, values: Mapping[str, Number] | None = None) -> Fraction:
        """The exact figure; shares not named keep their present value."""
        point = [Fraction((values or {}).get(name, now)) for name, now in zip(self.names, self.present, strict=True)]
        below = evaluate(self.denominator, point)
        if not below:
            raise ChainError("at these shares no case ever leaves, so the figure is infinite")
        return evaluate(self.numerator, point) / below

    def break_even(self, name: str, target: Number, values: Mapping[str, Number] | None = None) -> tuple[float, ...]:
        """Values of one share in 0..1 at which the figure equals `target`, rising; the others as in `at`."""
        index = self.names.index(name)
        point = {
            place: Fraction((values or {}).get(other, now))
            for place, (other, now) in enumerate(zip(self.names, self.present, strict=True))
        }
        difference = _in_x(in_one(add(self.numerator, self.denominator, -Fraction(target)), index, point))
        below = _in_x(in_one(self.denominator, index, point))
        if not difference or not below:
            return ()
        # What both share cancels, and with it roots at which no case would ever leave.
        left = divide(difference, common_divisor(difference, below)) or difference
        return tuple(roots_of_share(in_one(left, 0, {})))

    def __str__(self) -> str:
        """The formula in plain text, e.g. `5 / (4 - 4*back)`."""
        above, below = _text(self.numerator, self.names), _text(self.denominator, self.names)
        if below == "1":
            return above
        return f"{_bracketed(above)} / {_bracketed(below)}"


def closed_form(
    n: int,
    k: int,
    outcomes: Sequence[ExactOutcome],
    rewards: Sequence[Number],
    variables: Sequence[Variable],
    start: int = 0,
    terminal: Sequence[Number] | None = None,
) -> ClosedForm:
    """The expected reward from `start` as a formula in up to four shares (more work than answers beyond that).

    Raises `ChainError` for rows that do not add up to exactly 1, entries that do not fit, or more than four
    variables, and `NoExitError` for nodes that nothing leaves and that meet no chosen decision either.

    A step of 3 hours, sent back with share b, takes 3 / (1 - b):

    >>> loop = [ExactOutcome(0, 0, Fraction(1, 5)), ExactOutcome(0, 1, Fraction(4, 5))]
    >>> form = closed_form(1, 1, loop, [3], [Variable("b", (0,))])
    >>> str(form), form.at(), form.break_even("b", 6)
    ('-3 / (b - 1)', Fraction(15, 4), (0.5,))
    """
    _check(n, k, outcomes, variables)
    chosen = sorted({outcomes[entry].row for one in variables for entry in one.entries})
    hits, gathered = _eliminate_rest(n, outcomes, [Fraction(r) for r in rewards], set(chosen), k, terminal)
    seat = {row: index for index, row in enumerate(chosen)}
    shares = _shares(outcomes, variables)
    count, size = len(variables), len(chosen)

    def ahead(target: int) -> tuple[dict[int, Fraction], Fraction]:
        if target >= n:
            return {}, Fraction(terminal[target - n]) if terminal is not None else Fraction(0)
        return ({target: Fraction(1)}, Fraction(0)) if target in seat else (hits[target], gathered[target])

    matrix = [[constant(int(i == j), count) for j in range(size)] for i in range(size)]
    right = [constant(Fraction(rewards[row]), count) for row in chosen]
    for entry, outcome in enumerate(outcomes):
        if outcome.row in seat:
            here = seat[outcome.row]
            meets, worth = ahead(outcome.target)
            right[here] = add(right[here], shares[entry], worth + outcome.reward)
            for row, chance in meets.items():
                matrix[here][seat[row]] = add(matrix[here][seat[row]], shares[entry], -chance)
    solved, below = _solved(matrix, right, count)
    meets, worth = ahead(start)
    above = multiply(constant(worth, count), below)
    for row, chance in meets.items():
        above = add(above, solved[seat[row]], chance)
    if not below:
        raise NoExitError(chosen)
    present = tuple(outcomes[one.entries[0]].share for one in variables)
    return _reduced(tuple(one.name for one in variables), above, below, present)


def _reduced(names: tuple[str, ...], above: Polynomial, below: Polynomial, present: tuple[Fraction, ...]) -> ClosedForm:
    common = common_divisor(above, below)
    first, second = divide(above, common), divide(below, common)
    if first is None or second is None:  # cannot happen for a divisor; keep the longer form rather than a wrong one
        first, second = above, below
    clean = scaled(second)
    factor = clean[max(clean)] / second[max(second)]
    return ClosedForm(names, {power: value * factor for power, value in first.items()}, clean, present)


def _shares(outcomes: Sequence[ExactOutcome], variables: Sequence[Variable]) -> dict[int, Polynomial]:
    """Every share of the chosen rows as a polynomial: variables, and what is left for those who pay."""
    count = len(variables)
    rows: dict[int, list[int]] = {}
    for entry, outcome in enumerate(outcomes):
        rows.setdefault(outcome.row, []).append(entry)
    mine = {entry: index for index, one in enumerate(variables) for entry in one.entries}
    result: dict[int, Polynomial] = {}
    for row in {outcomes[entry].row for entry in mine}:
        free = [entry for entry in rows[row] if entry not in mine]
        for entry in free:
            result[entry] = constant(outcomes[entry].share, count)
        for entry in rows[row]:
            if entry not in mine:
                continue
            result[entry] = variable(mine[entry], count)
            moved = add(result[entry], constant(outcomes[entry].share, count), -1)
            payers = [payer for payer in variables[mine[entry]].payers if outcomes[payer].row == row] or free
            total = sum((outcomes[payer].share for payer in payers), Fraction(0))
            for payer in payers:
                part = outcomes[payer].share / total if total else Fraction(1, len(payers))
                result[payer] = add(result[payer], moved, -part)
    return result


def _eliminate_rest(
    n: int,
    outcomes: Sequence[ExactOutcome],
    rewards: Sequence[Fraction],
    chosen: set[int],
    k: int,
    terminal: Sequence[Number] | None,
) -> tuple[dict[int, dict[int, Fraction]], dict[int, Fraction]]:
    """For every node that is not chosen: chance of meeting each chosen node first, and what is gathered until then."""
    ahead: dict[int, dict[int, Fraction]] = {node: {} for node in range(n)}
    gain = {node: rewards[node] for node in range(n)}
    for outcome in outcomes:
        gain[outcome.row] += outcome.share * outcome.reward
        if outcome.target < n:
            cells = ahead[outcome.row]
            cells[outcome.target] = cells.get(outcome.target, Fraction(0)) + outcome.share
        elif terminal is not None:
            gain[outcome.row] += outcome.share * Fraction(terminal[outcome.target - n])
    senders: dict[int, set[int]] = {node: set() for node in range(n)}
    for node, cells in ahead.items():
        for target in [target for target, chance in cells.items() if not chance]:
            del cells[target]
        for target in cells:
            senders[target].add(node)
    waiting = [node for node in range(n) if node not in chosen]
    order = []
    while waiting:
        node = min(waiting, key=lambda one: (len(senders[one]) * len(ahead[one]), one))
        waiting.remove(node)
        order.append(node)
        again = ahead[node].pop(node, Fraction(0))
        senders[node].discard(node)
        if again == 1:
            raise NoExitError([node])
        scale = 1 / (1 - again)
        for target in ahead[node]:
            ahead[node][target] *= scale
            senders[target].discard(node)
        gain[node] *= scale
        for sender in sorted(senders[node] - chosen):
            weight = ahead[sender].pop(node)
            gain[sender] += weight * gain[node]
            for target, chance in ahead[node].items():
                ahead[sender][target] = ahead[sender].get(target, Fraction(0)) + weight * chance
                senders[target].add(sender)
    for node in reversed(order):  # what stands ahead of a node now was eliminated later than it, or is chosen
        cells = ahead[node]
        for target in [target for target in cells if target not in chosen]:
            weight = cells.pop(target)
            gain[node] += weight * gain[target]
            for row, chance in ahead[target].items():
                cells[row] = cells.get(row, Fraction(0)) + weight * chance
    return {node: ahead[node] for node in order}, {node: gain[node] for node in order}


def _solved(
    matrix: list[list[Polynomial]], right: list[Polynomial], variables: int
) -> tuple[list[Polynomial], Polynomial]:
    """The solution of a system as numerators over one denominator.

    Part by strongly connected part, the last along the flow first, each by Cramer's rule: copies of a bounded loop come
    one after the other, so the parts stay as small as the loop without its bound.
    """
    size = len(right)
    cells = [(i, j) for i in range(size) for j in range(size) if matrix[i][j]]
    rows, columns = zip(*cells, strict=True) if cells else ((), ())
    links = sparse.csr_array((np.ones(len(cells)), (rows, columns)), shape=(size, size))
    count, part = strong_parts(links)
    above: list[Polynomial] = [{} for _ in range(size)]
    below = constant(1, variables)
    for number in reversed(range(count)):
        inside = np.flatnonzero(part == number).tolist()
        later = np.flatnonzero(part > number).tolist()
        given = []
        for i in inside:
            total = multiply(right[i], below)
            for j in later:
                if matrix[i][j]:
                    total = add(total, multiply(matrix[i][j], above[j]), -1)
            given.append(total)
        block = [[matrix[i][j] for j in inside] for i in inside]
        own = _determinant(block, variables)
        for j in later:
            above[j] = multiply(above[j], own)
        for place, i in enumerate(inside):
            replaced = [
                [given[row] if column == place else cell for column, cell in enumerate(cells_of_row)]
                for row, cells_of_row in enumerate(block)
            ]
            above[i] = _determinant(replaced, variables)
        below = multiply(below, own)
    return above, below


def _determinant(matrix: list[list[Polynomial]], variables: int) -> Polynomial:
    """By expansion along the emptiest row or column; there are few chosen rows in one loop."""
    size = len(matrix)
    if not size:
        return constant(1, variables)
    rows = [[(i, j) for j in range(size) if matrix[i][j]] for i in range(size)]
    columns = [[(i, j) for i in range(size) if matrix[i][j]] for j in range(size)]
    total: Polynomial = {}
    for i, j in min((*rows, *columns), key=len):
        minor = [[cell for place, cell in enumerate(row) if place != j] for at, row in enumerate(matrix) if at != i]
        total = add(total, multiply(matrix[i][j], _determinant(minor, variables)), -1 if (i + j) % 2 else 1)
    return total


def _check(n: int, k: int, outcomes: Sequence[ExactOutcome], variables: Sequence[Variable]) -> None:
    totals = [Fraction(0)] * n
    for outcome in outcomes:
        if not (0 <= outcome.row < n and 0 <= outcome.target < n + k):
            raise ChainError(f"an outcome leads from node {outcome.row} to {outcome.target}, which does not exist")
        totals[outcome.row] += outcome.share
    for node, total in enumerate(totals):
        if total != 1:
            raise ChainError(f"the exact shares at node {node} add up to {total}, not to 1", row=node)
    if not 1 <= len(variables) <= 4:
        raise ChainError(f"a closed form takes one to four shares, not {len(variables)}")
    named = sorted(entry for one in variables for entry in one.entries)
    if not named or named[0] < 0 or named[-1] >= len(outcomes) or any(a == b for a, b in pairwise(named)):
        raise ChainError("every variable needs outcomes that exist, none of them twice")
    for one in variables:
        rows = [outcomes[entry].row for entry in one.entries]
        if len(set(rows)) < len(rows):
            raise ChainError(f"the variable {one.name} names two outcomes of one decision")
        if any(payer in named for payer in one.payers):
            raise ChainError(f"what pays for {one.name} is itself a variable")


def _text(polynomial: Polynomial, names: tuple[str, ...]) -> str:
    if not polynomial:
        return "0"
    result = ""
    for power in sorted(polynomial, reverse=True):
        value = polynomial[power]
        letters = "*".join(
            name if exponent == 1 else f"{name}^{exponent}"
            for name, exponent in zip(names, power, strict=True)
            if exponent
        )
        size = abs(value)
        word = str(size) if not letters else letters if size == 1 else f"{size}*{letters}"
        sign = "-" if value < 0 else "+"
        result += f" {sign} {word}" if result else (f"-{word}" if value < 0 else word)
    return result


def _in_x(coefficients: Sequence[Fraction]) -> Polynomial:
    return {(power,): value for power, value in enumerate(coefficients) if value}


def _bracketed(text: str) -> str:
    return f"({text})" if " " in text else text
