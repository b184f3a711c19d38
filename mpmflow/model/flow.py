"""Where each node of a workflow leads: targets resolved, the rest filled in, blocks opened.

A workflow's text leaves things out: a step flows into the next statement, the last one into `done`, an outcome without
a percentage takes the rest, a branch ends at its join. Here those things are said, once, as plain records; the checks,
the pictures and the arrays are all made of them.

Ids of places: a step, decision, choose or call has its own name; a parallel block has its name where it forks and
`name.join` where it joins; the start is `workflow.start`; an end has its own name, or `done` or `scrap`. Names of the
language have no dots, so these never clash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .distributions import Duration
from .process import Choose, Decision, End, Node, Outcome, Parallel, Workflow

ONE = Fraction(1)
ALWAYS: tuple[Fraction, ...] = (ONE,)
Scope = tuple[tuple[str, int], ...]
"""Where a place stands: the parallel blocks around it, outermost first, each with the number of the branch from 0."""

PlaceKind = Literal["start", "step", "decision", "choose", "call", "fork", "join", "end"]
ArcKind = Literal["next", "outcome", "after_limit", "fork", "join"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place where a case can be.

    Attributes:
        id: its identity, see the module.
        kind: what it is; a parallel block is two places, `fork` and `join`.
        node: the part of the model that it comes of. None for the start, and for an end that was never written.
        scope: the branches it stands in, () outside of every block.
        good: for an end, whether it ends a case well.
    """

    id: str
    kind: PlaceKind
    node: Node | None = None
    scope: Scope = ()
    good: bool = True


@dataclass(frozen=True, slots=True)
class Arc:
    """A way from one place to another.

    Attributes:
        source, target: ids of places.
        key: the id of its outcome (`legal_ok.fix`), with `.then` for the way after `at most N`, or `source->target`.
        kind: `next` (goes on by itself), `outcome`, `after_limit` (`at most N then -> T`), `fork` (into a branch; all
            of them are taken), `join` (a branch ends).
        outcome: the outcome of a decision or choose that it belongs to, None for others.
        share: how often it is taken at a case's first, second, … visit; the last entry holds for all later ones. Of an
            `after_limit` arc it is (), for that hangs on how often the case took the outcome before.
        rest: the outcome had no percentage of its own and takes the rest.
        branch: of a `fork` arc, the number of the branch from 0.
    """

    source: str
    target: str
    key: str
    kind: ArcKind = "next"
    outcome: Outcome | None = None
    share: tuple[Fraction, ...] = ALWAYS
    rest: bool = False
    branch: int | None = None

    @property
    def rework(self) -> bool:
        return self.outcome is not None and self.outcome.rework

    @property
    def scrap(self) -> bool:
        """The outcome's own effect; an arrow `-> scrap` is no effect but a target."""
        return self.outcome is not None and self.outcome.scrap

    @property
    def waste(self) -> bool:
        return self.outcome is not None and self.outcome.waste

    @property
    def delay(self) -> Duration | None:
        return self.outcome.delay if self.outcome is not None else None

    @property
    def at_most(self) -> int | None:
        """How often a case may take it; after that it goes the `after_limit` way of the same outcome."""
        limited = self.kind == "outcome" and self.outcome is not None and self.outcome.at_most is not None
        return self.outcome.at_most.times if limited and self.outcome and self.outcome.at_most else None


@dataclass(frozen=True, slots=True)
class LooseEnd:
    """An arrow that leads nowhere it may lead; it has no arc.

    Attributes:
        source: id of the place that the arrow leaves.
        name: the target as written.
        outcome: the outcome whose arrow it is, None for a step's or the start's.
        why: `unknown` (no node of that name here), `leaves` (an arrow out of a branch), `enters` (an arrow into a
            branch).
    """

    source: str
    name: str
    outcome: Outcome | None
    why: Literal["unknown", "leaves", "enters"]


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow as places and arcs, in the order of the text.

    Attributes:
        workflow: its name.
        nodes: every place by id: the start first, then the body, then ends that were never written but are reached.
        arcs: every way, those of one place beside each other.
        start: id of the start.
        ends: ids of the ends that are written or reached, good ones first.
        loose: arrows that lead nowhere; a workflow with any cannot be analysed.
    """

    workflow: str
    nodes: dict[str, Place]
    arcs: tuple[Arc, ...]
    start: str
    ends: tuple[str, ...]
    loose: tuple[LooseEnd, ...] = ()

    def leaving(self) -> dict[str, list[Arc]]:
        """The arcs that leave each place; every place has an entry."""
        ways: dict[str, list[Arc]] = {place: [] for place in self.nodes}
        for arc in self.arcs:
            ways[arc.source].append(arc)
        return ways


def shares(outcomes: tuple[Outcome, ...]) -> tuple[tuple[Fraction, ...], ...]:
    """The share of each outcome per visit, all of one length, with what is left for those that have no percentage.

    If the outcomes with percentages miss or pass 100 % the figures stand as they are: whoever needs 100 % checks it.
    Should several outcomes have none, the first takes the rest.

    >>> shares((Outcome(name="yes"), Outcome(name="no", share=["1/5", "1/10"])))
    ((Fraction(4, 5), Fraction(9, 10)), (Fraction(1, 5), Fraction(1, 10)))
    """
    length = max((len(outcome.share.by_visit) for outcome in outcomes if outcome.share), default=1)
    left = [ONE] * length
    given: list[tuple[Fraction, ...] | None] = []
    for outcome in outcomes:
        if outcome.share is None:
            given.append(None)
            continue
        row = outcome.share.by_visit
        row = row if len(row) == length else row + (row[-1],) * (length - len(row))
        left = [rest - share for rest, share in zip(left, row, strict=True)]
        given.append(row)
    filled, none, taken = [], (Fraction(0),) * length, False
    for entry in given:
        if entry is None:
            filled.append(none if taken else tuple(left))
            taken = True
        else:
            filled.append(entry)
    return tuple(filled)


def goes_on(outcomes: tuple[Outcome, ...]) -> Outcome | None:
    """The one outcome that just goes on, which makes up for a change of another; None when there is not exactly one.

    That is the outcome without a percentage; where every outcome has one, the only one with neither target nor effect.
    """
    resting = [outcome for outcome in outcomes if outcome.share is None]
    plain = resting or [outcome for outcome in outcomes if outcome.target is None and not outcome.has_effect]
    return plain[0] if len(plain) == 1 else None


def arcs(workflow: Workflow) -> Flow:
    """Resolve a workflow into places and arcs.

    Never fails: an arrow that leads nowhere it may lead is listed in `Flow.loose`. Time is linear in the text.

    >>> from mpmflow.model.process import Step
    >>> flow = arcs(Workflow(name="w", body=[Step(name="brief"), Step(name="launch")]))
    >>> [arc.key for arc in flow.arcs]
    ['w.start->brief', 'brief->launch', 'launch->done']
    """
    return _Resolver(workflow).flow()


class _Resolver:
    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.nodes: dict[str, Place] = {}
        self.found: list[Arc] = []
        self.loose: list[LooseEnd] = []
        self.scope_of: dict[str, Scope] = {}
        self.named_ends: dict[str, End] = {}
        self.reached: list[str] = []
        for node, scope in _placed(workflow.body, ()):
            if node.name:
                self.scope_of.setdefault(node.name, scope)
            if isinstance(node, End) and node.name:
                self.named_ends.setdefault(node.name, node)

    def flow(self) -> Flow:
        start = f"{self.workflow.name}.start"
        self.nodes[start] = Place(start, "start")
        target = self.workflow.start
        entry = self.target(target, start, None, ()) if target else self.entry(self.workflow.body, "done", ())
        if entry:
            self.add(start, entry)
        self.body(self.workflow.body, "done", ())
        for end in self.reached:
            if end not in self.nodes:
                self.nodes[end] = Place(end, "end", None, (), end != "scrap")
        found = [place for place in self.nodes.values() if place.kind == "end"]
        ends = tuple(place.id for place in sorted(found, key=lambda place: not place.good))
        return Flow(self.workflow.name, self.nodes, tuple(self.found), start, ends, tuple(self.loose))

    def body(self, body: tuple[Node, ...], exit_: str, scope: Scope) -> None:
        for position, node in enumerate(body):
            if isinstance(node, End):
                if node.kind == "scrap" or not scope:
                    # An end inside a branch is the same end of the workflow that it is outside of one.
                    self.nodes.setdefault(node.id, Place(node.id, "end", node, (), node.kind == "done"))
                continue
            onward = self.entry(body[position + 1 : position + 2], exit_, scope)
            if isinstance(node, Decision | Choose):
                self.nodes[node.name] = Place(node.name, node.kind, node, scope)
                self.outcomes(node, onward, scope)
            elif isinstance(node, Parallel):
                self.block(node, onward, scope)
            else:
                self.nodes[node.name] = Place(node.name, node.kind, node, scope)
                target = self.target(node.target, node.name, None, scope) if node.target else onward
                if target:
                    self.add(node.name, target)

    def entry(self, rest: tuple[Node, ...], exit_: str, scope: Scope) -> str:
        """Where a case comes that flows on to these statements; `exit_` when there is none."""
        if not rest:
            return self.reach(exit_)
        node = rest[0]
        return self.end(node, scope) if isinstance(node, End) else node.name

    def end(self, node: End, scope: Scope) -> str:
        return f"{scope[-1][0]}.join" if scope and node.kind == "done" else self.reach(node.id)

    def reach(self, end: str) -> str:
        if end in ("done", "scrap") and end not in self.reached:
            self.reached.append(end)
        return end

    def outcomes(self, node: Decision | Choose, onward: str, scope: Scope) -> None:
        for outcome, share in zip(node.outcomes, shares(node.outcomes), strict=True):
            key, rest = f"{node.name}.{outcome.name}", outcome.share is None
            if outcome.scrap:
                target: str | None = self.reach("scrap")
            else:
                target = self.target(outcome.target, node.name, outcome, scope) if outcome.target else onward
            if target:
                self.found.append(Arc(node.name, target, key, "outcome", outcome, share, rest))
            if outcome.at_most:
                after = self.target(outcome.at_most.target, node.name, outcome, scope)
                if after:
                    self.found.append(Arc(node.name, after, f"{key}.then", "after_limit", outcome, ()))

    def block(self, node: Parallel, onward: str, scope: Scope) -> None:
        join = f"{node.name}.join"
        self.nodes[node.name] = Place(node.name, "fork", node, scope)
        for number, branch in enumerate(node.branches):
            inner = (*scope, (node.name, number))
            entry = self.entry(branch.body, join, inner)
            self.add(node.name, entry, "fork", number)
        for number, branch in enumerate(node.branches):
            self.body(branch.body, join, (*scope, (node.name, number)))
        self.nodes[join] = Place(join, "join", node, scope)
        target = self.target(node.target, join, None, scope) if node.target else onward
        if target:
            self.add(join, target)

    def add(self, source: str, target: str, kind: ArcKind = "next", branch: int | None = None) -> None:
        number = f"#{branch + 1}" if branch is not None and target == f"{source}.join" else ""
        if kind == "next" and target.endswith(".join"):
            kind = "join"
        self.found.append(Arc(source, target, f"{source}->{target}{number}", kind, branch=branch))

    def target(self, name: str, source: str, outcome: Outcome | None, scope: Scope) -> str | None:
        """The id of the place that an arrow names, or None with a loose end noted."""
        if name == "done":
            return f"{scope[-1][0]}.join" if scope else self.reach("done")
        if name == "scrap":
            return self.reach("scrap")
        end, there = self.named_ends.get(name), self.scope_of.get(name)
        if end is not None and (there == scope or end.kind == "scrap"):
            return self.end(end, scope)
        if there == scope:
            return name
        if there is None:
            self.loose.append(LooseEnd(source, name, outcome, "unknown"))
        else:
            enters = there[: len(scope)] == scope
            self.loose.append(LooseEnd(source, name, outcome, "enters" if enters else "leaves"))
        return None


def _placed(body: tuple[Node, ...], scope: Scope) -> Iterator[tuple[Node, Scope]]:
    for node in body:
        yield node, scope
        if isinstance(node, Parallel):
            for number, branch in enumerate(node.branches):
                yield from _placed(branch.body, (*scope, (node.name, number)))
