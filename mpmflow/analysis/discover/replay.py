"""Replaying cases over a workflow: can it do exactly what a case did, from its start to one of its ends?

A case stands at a *position*: an arrow to be followed, a place to be left, or a parallel block with a position in each
of its branches. Decisions, choices, forks and joins are passed in silence. All positions that fit the events so far are
kept (the usual simulation of a nondeterministic automaton), so an answer is exact, whatever the workflow's loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mpmflow.model.flow import Arc, arcs
from mpmflow.model.process import Parallel, Workflow

Position = tuple[str, str, tuple["Position", ...]]
"""(`to`, place, ()): about to enter; (`at`, place, ()): about to leave; (`in`, block, positions of its branches)."""


class Replay:
    """A workflow that is asked whether it can do what a case did.

    Args:
        workflow: its steps are events of the mark that is their name, outcomes with `seen as` of their id.
        marks: names of nodes and ids of outcomes that leave an event; all else is silent.

    >>> from mpmflow.model.process import Decision, Outcome, Step
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> replay = Replay(Workflow(name="w", body=[Step(name="brief"), check, Step(name="launch")]), ["brief", "launch"])
    >>> replay.fits(["brief", "brief", "launch"]), replay.fits(["launch"]), replay.fits(["brief"])
    (True, False, False)
    """

    def __init__(self, workflow: Workflow, marks: Iterable[str]) -> None:
        self.flow = arcs(workflow)
        self.marks = frozenset(marks)
        self.leaving: Mapping[str, list[Arc]] = self.flow.leaving()
        self._next: dict[tuple[Position, str], frozenset[Position]] = {}
        self._silent: dict[Position, frozenset[Position]] = {}

    def fits(self, events: Iterable[str]) -> bool:
        """Whether these marks, in this order, are a whole case of the workflow."""
        standing: frozenset[Position] = frozenset({("at", self.flow.start, ())})
        for event in events:
            standing = frozenset(after for position in standing for after in self._after(position, event))
            if not standing:
                return False
        return any(self._ends(position) for position in standing)

    def _after(self, position: Position, event: str) -> frozenset[Position]:
        key = position, event
        if key not in self._next:
            found: set[Position] = set()
            for one in self._settled(position):
                kind, name, inner = one
                if kind == "in":
                    for number, branch in enumerate(inner):
                        for moved in self._after(branch, event):
                            found.add(("in", name, (*inner[:number], moved, *inner[number + 1 :])))
                elif kind == "to" and name == event:
                    found.add(("at", name, ()))
                elif kind == "at":
                    found |= {
                        ("to", arc.target, ())
                        for arc in self.leaving[name]
                        if _outcome(arc) == event and event in self.marks
                    }
            self._next[key] = frozenset(found)
        return self._next[key]

    def _settled(self, position: Position) -> frozenset[Position]:
        """Every position that silence leads to, itself included."""
        if position not in self._silent:
            found = {position}
            waiting = [position]
            while waiting:
                for onward in self._pass(waiting.pop()):
                    if onward not in found:
                        found.add(onward)
                        waiting.append(onward)
            self._silent[position] = frozenset(found)
        return self._silent[position]

    def _pass(self, position: Position) -> list[Position]:
        """One silent move."""
        kind, name, inner = position
        if kind == "at":
            return [("to", arc.target, ()) for arc in self.leaving[name] if _outcome(arc) not in self.marks]
        if kind == "to":
            place = self.flow.nodes[name]
            if place.kind == "fork":
                forked: tuple[Position, ...] = tuple(
                    ("to", arc.target, ()) for arc in self.leaving[name] if arc.kind == "fork"
                )
                return [("in", name, forked)]
            return [] if place.kind in ("end", "join") or name in self.marks else [("at", name, ())]
        join = f"{name}.join"
        done = [any(one == ("to", join, ()) for one in self._settled(branch)) for branch in inner]
        block = self.flow.nodes[name].node
        first = isinstance(block, Parallel) and block.join == "first"
        if (any if first else all)(done):
            return [("at", join, ())]
        return []

    def _ends(self, position: Position) -> bool:
        return any(kind == "to" and self.flow.nodes[name].kind == "end" for kind, name, _ in self._settled(position))


def _outcome(arc: Arc) -> str | None:
    return f"{arc.source}.{arc.outcome.name}" if arc.outcome is not None else None
