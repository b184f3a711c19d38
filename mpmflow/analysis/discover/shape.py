"""From ways with counts to statements in an order that reads from top to bottom.

Where several ways leave an exit, a question stands behind it. A way back to a place that every case has passed before
(that dominates it) is rework; in a loop with several entries the place is earlier that comes first in most cases. A
place from which every way leads back is part of the way back, and what leads into it is the rework. The rest has no
loops and is laid out in a topological order in which the most taken way comes right below (reverse postorder, lightest
branch first).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import networkx as nx

from mpmflow.model.distributions import Duration
from mpmflow.model.process import Branch, Choose, Decision, End, Node, Outcome, Parallel, Seen, Share, Step

from .naming import Names, answers, identifier
from .stretches import END, START, Place, Symbol

COUNTED = 1_000
"""Up to so many visits shares are written as counts (`17 of 85`), beyond as rounded percentages."""

Ways = Mapping[Place, Mapping[tuple[Symbol, Symbol], int]]
"""Place -> (exit, symbol) -> how often the way was taken."""


@dataclass(slots=True)
class Script:
    """What a draft is made of.

    Attributes:
        activities: the names in the log.
        names: gives out names.
        questions: members of each question.
        blocks: how many branches each block has.
        ways: kept ways with counts.
        earlier: pairs of symbols of which the first comes first, in most cases that have both.
        late_start: activities that mostly begin a case, so that the time before them belongs to the way back.
        waits, takes: the times of an activity as durations, None without.
        team: the team of an activity.
        unclear: activities whose name or label another one has, so that `seen as` is needed.
        named: the name of each symbol, filled as names are given.
        rework: the outcomes that became rework.
    """

    activities: Sequence[str]
    names: Names
    questions: Sequence[Sequence[int]]
    blocks: Sequence[int]
    ways: Ways
    earlier: frozenset[tuple[Symbol, Symbol]]
    late_start: frozenset[int]
    waits: Callable[[Iterable[int]], Duration | None]
    takes: Callable[[Iterable[int]], Duration | None]
    team: Mapping[int, str]
    unclear: frozenset[int]
    named: dict[Symbol, str] = field(default_factory=dict)
    rework: list[str] = field(default_factory=list)

    def exits(self, symbol: Symbol) -> list[Symbol]:
        """The exits of a symbol."""
        if symbol[0] == "question":
            return [("step", member) for member in self.questions[symbol[1]]]
        return [symbol]


def body(script: Script, place: Place = ()) -> tuple[Node, ...]:
    """The statements of the workflow, or of one branch of a block."""
    return _Body(script, place).nodes()


class _Body:
    def __init__(self, script: Script, place: Place) -> None:
        self.script = script
        self.place = place
        self.asked: dict[tuple[str, Symbol], str] = {}
        self.ways: dict[tuple[Symbol, Symbol], int] = dict(script.ways.get(place, {}))
        if not place:
            self._name_ends()
        self.home: dict[Symbol, Symbol] = {START: START}
        for _, symbol in self.ways:
            for exit_ in script.exits(symbol):
                self.home[exit_] = symbol
        self.graph = nx.DiGraph()
        for (exit_, symbol), count in self.ways.items():
            source = self.home[exit_]
            old = self.graph.get_edge_data(source, symbol, {"count": 0})["count"]
            self.graph.add_edge(source, symbol, count=old + count)
        self.onward: dict[Symbol, dict[Symbol, int]] = defaultdict(dict)
        for (exit_, symbol), count in self.ways.items():
            self.onward[exit_][symbol] = count
        self.returning = self._ways_back()
        self.order = self._order()
        self.back = self._leads_back()

    # ---------------------------------------------------------------------------------- order and loops

    def _name_ends(self) -> None:
        """Several activities that end cases are several ends; a hub's end and a single one are the plain end."""
        ending = sorted({exit_ for exit_, symbol in self.ways if symbol == END})
        if len(ending) < 2:
            return
        for exit_ in ending:
            count = self.ways.pop((exit_, END))
            self.ways[exit_, ("end", 1 + ending.index(exit_))] = count
            if exit_[0] in ("step", "question"):
                text = identifier(self.script.activities[exit_[1]])
            else:
                text = self.name(exit_)
            self.script.named["end", 1 + ending.index(exit_)] = self.script.names.unique(f"ends_after_{text}")

    def _ways_back(self) -> set[tuple[Symbol, Symbol]]:
        """Ways to what every case has passed before; in loops that are left, ways to what comes first in most cases
        that have both; and, should loops be left even so, the least taken way of each.
        """
        above = nx.immediate_dominators(self.graph, START)

        def dominates(one: Symbol, two: Symbol) -> bool:
            while two != one and two != START:
                two = above[two]
            return two == one

        found = {(source, target) for source, target in self.graph.edges if dominates(target, source)}
        forward = nx.DiGraph(self.graph.edges - found)

        def rarest(way: tuple[Symbol, Symbol]) -> tuple[int, tuple[Symbol, Symbol]]:
            return self.graph.edges[way]["count"], way

        def turned(way: tuple[Symbol, Symbol]) -> bool:
            """Make a way one that leads back, unless nothing else leads to its target."""
            forward.remove_edge(*way)
            if nx.has_path(forward, START, way[1]):
                found.add(way)
                return True
            forward.add_edge(*way)
            return False

        for part in list(nx.strongly_connected_components(forward)):
            for way in sorted(forward.subgraph(part).edges, key=rarest):
                if (way[1], way[0]) in self.script.earlier:
                    turned(way)
        while not nx.is_directed_acyclic_graph(forward):
            # Of every loop at least one way can be turned: the one into the place where the loop is entered.
            next(way for way in sorted(nx.find_cycle(forward), key=rarest) if turned(way))
        return found

    def _order(self) -> list[Symbol]:
        """Reverse postorder without the ways back, the heaviest branch last to be finished."""
        ahead = {
            symbol: sorted(
                (other for other in self.graph.successors(symbol) if (symbol, other) not in self.returning),
                key=lambda other: (other[0] != "end", self.graph.edges[symbol, other]["count"], other),
            )
            for symbol in self.graph
        }
        done: list[Symbol] = []
        seen = {START}
        stack = [(START, iter(ahead[START]))]
        while stack:
            here, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                done.append(here)
                stack.pop()
            elif following not in seen:
                seen.add(following)
                stack.append((following, iter(ahead[following])))
        return [symbol for symbol in reversed(done) if symbol not in (START, END)]

    def _leads_back(self) -> set[Symbol]:
        """The exits from which every way leads back."""
        found: set[Symbol] = set()
        while True:
            more = {
                exit_
                for exit_, onward in self.onward.items()
                if exit_ not in found and all(self._is_back(exit_, symbol, found) for symbol in onward)
            }
            if not more:
                return found
            found |= more

    def _is_back(self, exit_: Symbol, symbol: Symbol, back: set[Symbol]) -> bool:
        if symbol[0] == "end":
            return False
        if (self.home[exit_], symbol) in self.returning:
            return True
        exits = self.script.exits(symbol)
        return all(one in back for one in exits if one in self.onward)

    # ------------------------------------------------------------------------------------------ statements

    def nodes(self) -> tuple[Node, ...]:
        flat: list[Node] = []
        if len(self.onward[START]) > 1:
            wanted = f"way_into_{self.script.named[self.place[0]]}" if self.place else "entry"
            skipped = END in self.onward[START]
            label = (
                "How does a case begin?"
                if not self.place
                else "Is there anything to do?"
                if skipped
                else "Which is it?"
            )
            flat.append(self._branching(START, self.script.names.unique(wanted), label))
        for symbol in self.order:
            flat += self._statement(symbol)
        return tuple(self._onward(flat))

    def name(self, symbol: Symbol) -> str:
        """The name of a symbol, given when it is first asked for."""
        script = self.script
        if symbol not in script.named:
            kind, number = symbol
            if kind == "step":
                found = script.names.of(script.activities[number])
            elif kind == "question":
                shared = self._asked(number)[0].replace("…", " ")
                found = script.names.of(shared)
            elif kind == "block":
                found = script.names.unique("side_by_side")
            elif kind == "hub":
                found = script.names.unique("next_work")
            else:
                found = "done"
            script.named[symbol] = found
        return script.named[symbol]

    def _asked(self, number: int) -> tuple[str, str, str]:
        yes, no = self.script.questions[number]
        found = answers(self.script.activities, yes, no)
        assert found is not None
        return found

    def _statement(self, symbol: Symbol) -> list[Node]:
        """A symbol's statement with the question behind it, every arrow spelled out."""
        script, (kind, number) = self.script, symbol
        name = self.name(symbol)
        if kind == "end":
            return [End(kind="done", name=name if name != "done" else None)]
        if kind == "question":
            return self._question(symbol)
        if kind == "hub":
            return [self._branching(symbol, name, "What is done next?")]
        behind = self._behind(symbol)
        target = behind[0].name if behind else self._target(next(iter(self.onward[symbol])))
        if kind == "block":
            branches = tuple(Branch(body=body(script, (symbol, branch))) for branch in range(script.blocks[number]))
            return [Parallel(name=name, branches=branches, target=target), *behind]
        activity = script.activities[number]
        plain = " ".join(name.split("_"))
        same = plain == " ".join(activity.replace("_", " ").casefold().split())
        step = Step(
            name=name,
            label=None if same and not _capitals(activity) else activity,
            by=script.team.get(number),
            takes=script.takes([number]),
            waits=script.waits([number]) if not self._late(symbol) else None,
            seen_as=Seen(activities=(activity,)) if number in script.unclear else None,
            target=target,
        )
        return [step, *behind]

    def _late(self, symbol: Symbol) -> bool:
        return symbol[0] == "step" and symbol[1] in self.script.late_start

    def _behind(self, exit_: Symbol) -> list[Decision | Choose]:
        """The question behind an exit with several ways."""
        if len(self.onward[exit_]) < 2:
            return []
        base = self.name(exit_) if self.home[exit_] == exit_ else identifier(self.script.activities[exit_[1]])
        if exit_[0] == "step":
            label = f"What comes after {self.script.activities[exit_[1]]}?"
        else:
            label = f"What comes when {'both' if self.script.blocks[exit_[1]] == 2 else 'all'} are done?"
        return [self._branching(exit_, self._question_name(exit_, base), label)]

    def _question_name(self, exit_: Symbol, base: str) -> str:
        """The name of the question behind an exit, given once."""
        key = ("after", exit_)
        if key not in self.asked:
            self.asked[key] = self.script.names.unique(f"after_{base}")
        return self.asked[key]

    def _branching(self, exit_: Symbol, name: str, label: str) -> Decision | Choose:
        """The question which way a case takes from an exit."""
        script, onward = self.script, self.onward[exit_]
        ranked = sorted(onward, key=lambda symbol: (-onward[symbol], symbol))
        total = sum(onward.values())
        calm = exit_ in self.back or exit_[0] == "hub"
        used: set[str] = set()
        reworks = {symbol for symbol in ranked if not calm and self._is_back(exit_, symbol, self.back)}
        if exit_[0] == "hub":
            reworks = {one for one in ranked if one[0] == "step" and _again(self.script.activities[one[1]])}
        resting = next((symbol for symbol in ranked if symbol not in reworks), ranked[0])
        outcomes = []
        for symbol in [resting, *(one for one in ranked if one != resting)]:
            word = self._outcome_name(exit_, symbol)
            while word in used:
                word += "_2"
            used.add(word)
            if symbol in reworks:
                self.script.rework.append(f"{name}.{word}")
            outcomes.append(
                Outcome(
                    name=word,
                    share=None if symbol == resting else _share(onward[symbol], total),
                    target=self._target(symbol),
                    rework=symbol in reworks,
                    delay=script.waits([symbol[1]]) if exit_ != START and self._late(symbol) else None,
                )
            )
        ends = sum(symbol[0] == "end" for symbol in ranked)
        asks = bool(reworks) or 0 < ends < len(ranked)
        return (Decision if asks else Choose)(name=name, label=label, outcomes=tuple(outcomes))

    def _outcome_name(self, exit_: Symbol, symbol: Symbol) -> str:
        if symbol[0] == "end":
            return "skip" if exit_ == START else "ends"
        if symbol == exit_ or (self.home[exit_] == symbol and symbol[0] != "question"):
            return "again"
        return self.name(symbol)

    def _target(self, symbol: Symbol) -> str:
        return "done" if symbol == END else self.name(symbol)

    def _question(self, symbol: Symbol) -> list[Node]:
        """A question whose answers are activities of the log, with what comes after each."""
        script = self.script
        members = [one for one in script.questions[symbol[1]] if ("step", one) in self.onward]
        shared, *words = self._asked(symbol[1])
        said = dict(zip(script.questions[symbol[1]], words, strict=True))
        name = self.name(symbol)
        visits = {member: sum(self.onward["step", member].values()) for member in members}
        total = sum(visits.values())
        outcomes, behind = [], []
        resting = members[0]
        for member in members:
            exit_: Symbol = ("step", member)
            after = self._behind(exit_)
            behind += after
            target = after[0].name if after else self._target(next(iter(self.onward[exit_])))
            rework = exit_ in self.back and any(("step", one) not in self.back for one in members)
            word = identifier(said[member])
            if rework:
                script.rework.append(f"{name}.{word}")
            outcomes.append(
                Outcome(
                    name=word,
                    share=None if member == resting else _share(visits[member], total),
                    target=target,
                    rework=rework,
                    seen_as=Seen(activities=(script.activities[member],)),
                )
            )
        label = f"{' '.join(shared.replace('…', ' ').split())}: {' or '.join(said[one] for one in members)}?"
        team = {script.team.get(member) for member in members}
        decision = Decision(
            name=name,
            label=label,
            by=team.pop() if len(team) == 1 else None,
            takes=script.takes(members),
            waits=script.waits(members),
            outcomes=tuple(outcomes),
        )
        return [decision, *behind]

    def _onward(self, flat: list[Node]) -> Iterator[Node]:
        """The statements without the arrows that the order of the text says already."""
        last = len(flat) - 1
        for index, node in enumerate(flat):
            following = flat[index + 1] if index < last else None
            below = "done" if following is None else getattr(following, "name", None) or "done"
            if isinstance(node, Step | Parallel) and node.target == below:
                node = node.model_copy(update={"target": None})
            elif isinstance(node, Decision | Choose):
                outcomes = tuple(
                    one.model_copy(update={"target": None}) if one.target == below else one for one in node.outcomes
                )
                node = node.model_copy(update={"outcomes": outcomes})
            yield node


_AGAIN = (
    "rework",
    "fix",
    "repair",
    "redo",
    "again",
    "amend",
    "correct",
    "adjust",
    "restart",
    "reopen",
    "resubmi",
    "reinit",
)


def _again(activity: str) -> bool:
    """Whether an activity is called like work that is done again."""
    return any(word.startswith(_AGAIN) for word in identifier(activity).split("_"))


def _capitals(activity: str) -> bool:
    return activity != activity.casefold() or "_" in activity


def _share(hits: int, total: int) -> Share:
    """Counts where they are few, else a percentage with three figures."""
    if total <= COUNTED:
        return Share.of(hits, total)
    return Share(by_visit=(Fraction(f"{100.0 * hits / total:.{2 if hits * 10 < total else 3}g}") / 100,))
