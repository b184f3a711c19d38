"""A workflow as plain states and ways: what the arrays are made of, still with every name on it.

States are the rows of the chain. A node gives one state for its work, one before it for `waits`; an outcome with a
delay gives one on its way; a call gives one, and behind it the states of the called workflow; a parallel block gives
one where it forks and one for the case that comes out of it whole (`joined`) or loses a branch (`lost`). Branches are
cells of their own inside the block. A state of the part `queue`, where a visit waits for people, is never in the text:
the analysis puts it in front of work inside blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from mpmflow.graphs.work_time import Timing

Part = Literal["work", "wait", "queue", "delay", "call", "block", "joined", "lost"]
WHOLE: tuple[Fraction, ...] = (Fraction(1),)


@dataclass(frozen=True, slots=True)
class State:
    """One row of the chain.

    Attributes:
        node: name of the step, decision, choose, call or block that it belongs to.
        part: what of it: see the module.
        timing: how long a visit lasts, None for no time.
        outcome: for a delay, the outcome's id.
        team: who is held during `work`, None for nobody.
        cost: money per visit.
        rate: money per working second on top, the team's.
        workflow: the workflow that the node stands in; another one than the analysed if it was called.
        block: for the part `block`, the branches.
        batch: how many cases gather before the work, and for how many seconds at most; None: nobody waits for others.
    """

    node: str
    part: Part = "work"
    timing: Timing | None = None
    outcome: str | None = None
    team: str | None = None
    cost: float = 0.0
    rate: float = 0.0
    workflow: str = ""
    block: Block | None = None
    batch: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """`at most N then -> T`: from the case's N+1st time on the way leads to `target`, numbered as in `Way`."""

    times: int
    target: int


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a state.

    Attributes:
        row: the state it leaves.
        target: the state it leads to, or `-1 - k` for end k.
        share: how often, at a case's first, second, … visit; the last entry holds from there on. () for the ways out of
            a fork, which follow from its branches: to `joined`, to `lost`, and from `lost` to the ends.
        outcome: the outcome's id, None where a case just goes on.
        rework, scrap, waste: its effects.
        payer: the way that makes up for a change of this one (index among the ways); None: all others of the row do.
        limit: how often a case may take it.
    """

    row: int
    target: int
    share: tuple[Fraction, ...] = WHOLE
    outcome: str | None = None
    rework: bool = False
    scrap: bool = False
    waste: bool = False
    payer: int | None = None
    limit: Limit | None = None

    @property
    def varies(self) -> bool:
        """Whether the share changes from one visit of a case to the next."""
        return len(self.share) > 1 and len(set(self.share)) > 1


@dataclass(frozen=True, slots=True)
class Block:
    """The branches of a parallel block.

    Attributes:
        name: the block's name.
        join: `all`: the case goes on when every branch has ended, and is lost if one of them lost it. `first`: it goes
            on when the first branch is done, and is lost if all of them lost it; the others run to their end, and what
            they cost is counted.
        branches: each with its own states; end 0 of a branch is its good end, the others lose the case.
    """

    name: str
    join: Literal["all", "first"]
    branches: tuple[Cells, ...]


@dataclass(frozen=True)
class Cells:
    """States, ways and ends of a workflow or of one branch.

    Attributes:
        states: rows of the chain, in the order of the text; what no case can reach is left out.
        ways: those of one row beside each other, rows in rising order.
        start: the state where cases start. Where they end at once it is a state without a name and without time.
        ends: names of the ends; `good[k]` says whether end k ends a case well.
    """

    states: tuple[State, ...]
    ways: tuple[Way, ...]
    start: int
    ends: tuple[str, ...]
    good: tuple[bool, ...]

    @cached_property
    def states_of(self) -> dict[str, list[int]]:
        """Node name -> the states of its work; several where a workflow is called more than once."""
        found: dict[str, list[int]] = {}
        for index, state in enumerate(self.states):
            if state.node and state.part in ("work", "call", "block"):
                found.setdefault(state.node, []).append(index)
        return found

    @cached_property
    def entries_of(self) -> dict[str, list[int]]:
        """Node name -> the states through which cases come to it (that of `waits` or a queue, where there is one)."""
        found: dict[str, list[int]] = {}
        for index, state in enumerate(self.states):
            before = self.states[index - 1] if index else None
            waited = before is not None and before.part in ("wait", "queue") and before.node == state.node
            if state.part in ("wait", "queue", "work", "call", "block") and not waited:
                found.setdefault(state.node, []).append(index)
        return found

    @cached_property
    def ways_of(self) -> dict[str, list[int]]:
        """Outcome id -> its ways; several where a workflow is called more than once."""
        found: dict[str, list[int]] = {}
        for index, way in enumerate(self.ways):
            if way.outcome is not None:
                found.setdefault(way.outcome, []).append(index)
        return found

    @cached_property
    def outcomes_of(self) -> dict[int, list[str]]:
        """State -> ids of the outcomes that leave it; every state has an entry."""
        found: dict[int, list[str]] = {index: [] for index in range(len(self.states))}
        for way in self.ways:
            if way.outcome is not None:
                found[way.row].append(way.outcome)
        return found

    @property
    def plain(self) -> bool:
        """Whether the shares alone make the chain: no parallel block, no bound, no share that changes per visit."""
        return all(way.share and not way.varies and way.limit is None for way in self.ways)


@dataclass(frozen=True, slots=True)
class Coming:
    """How cases come.

    Attributes:
        rate: cases per second in the long run, None for one batch or where nothing is said.
        kind: poisson, every, batch, or None.
        gap: for `every`, the law of the gap.
        cases: for a batch, how many.
    """

    kind: Literal["poisson", "every", "batch"] | None = None
    rate: float | None = None
    gap: Timing | None = None
    cases: int | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """A team as plain numbers.

    Attributes:
        people: at once.
        rate: money per working second.
        stretch: calendar over work time.
        hours: when it works, as spans in seconds since Monday 00:00; () for always.
        serves: whom it serves next, as the language says it.
    """

    name: str
    people: int
    rate: float
    stretch: float
    partner: bool
    hours: tuple[tuple[float, float], ...] = ()
    serves: str = "first come"


@dataclass(frozen=True)
class ProcessCells:
    """A workflow, ready for the arrays.

    Attributes:
        workflow: its name.
        cells: its states and ways.
        coming: how cases come.
        deadline: seconds, None without one.
        teams: every team that does work in it, in the order of the model.
        currencies: those that its costs are in; more than one cannot be added up.
        unreached: nodes that no case comes to, in the order of the text.
        on_calendar: whether some work runs on a calendar, so that times are approximate.
        priority: 1 goes before 2 at teams that serve priority first; None where nothing is said.
    """

    workflow: str
    cells: Cells
    coming: Coming
    deadline: float | None
    teams: tuple[Crew, ...]
    currencies: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    on_calendar: bool = False
    priority: int | None = None
