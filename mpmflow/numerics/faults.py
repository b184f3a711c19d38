"""What can be wrong with numbers handed to the engines: one exception class per kind, each with its facts.

All are `ValueError`s, because arrays are arguments of a call; none knows a name of the model. The caller, who knows
which node stands in which row, turns `.nodes` or `.row` into names.
"""

from __future__ import annotations

from collections.abc import Sequence


class NumericsError(ValueError):
    """Base of every fault in an argument of `mpmflow.numerics`."""


class ChainError(NumericsError):
    """An array is no routing of an absorbing chain; `.row` is the first faulty row, or None."""

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


class NoExitError(ChainError):
    """A set of nodes that a case enters and never leaves; `.nodes` holds their indices in rising order."""

    def __init__(self, nodes: Sequence[int]) -> None:
        self.nodes = tuple(sorted(int(node) for node in nodes))
        shown = ", ".join(str(node) for node in self.nodes[:8]) + (", ..." if len(self.nodes) > 8 else "")
        super().__init__(
            f"nodes {shown} form a loop without a way out: no share of the cases there ever reaches an exit, so visits "
            "and times are infinite. Give one of them an outcome that leaves the loop.",
            row=self.nodes[0],
        )


class LawError(NumericsError):
    """Parameters that make no duration law (a negative sd, an empty sample, a lower end above the upper one)."""


class TooManyStatesError(NumericsError):
    """A bounded loop would need more copies than allowed; `.states` were needed, `.limit` is the setting."""

    def __init__(self, states: int, limit: int) -> None:
        super().__init__(
            f"the bounded loops would unroll into {states:,} states, more than the limit of {limit:,}: bounds "
            "of loops that lie inside each other multiply. Lower a bound, separate the loops, or simulate instead."
        )
        self.states = states
        self.limit = limit
