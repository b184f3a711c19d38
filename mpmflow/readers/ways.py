"""What happened between two events: the silent way through the workflow from one mark to the next.

A decision that has no event of its own is seen by what comes next. From each mark the workflow is followed through
places and outcomes that leave no event (they are *silent*), up to the marks that do and to the ends. Where only one way
leads from one event to the next, its outcomes have been taken; where several do, only what all of them have in common.

The sets of arcs that every way must pass are found as dominators are: by intersecting over all ways in, until nothing
changes (F. E. Allen and J. Cocke, Graph-theoretic constructs for program control flow analysis, IBM RC 3923, 1972).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from mpmflow.model.flow import Arc, Flow, Place, Scope, arcs
from mpmflow.model.observations import Kind
from mpmflow.model.process import Call, Decision, Work, Workflow

START = "start"
"""Where every case comes from, before its first event."""

ENOUGH = 20
"""Cases that must have gone on from a mark before the slowest of them say how long one waits for a case to go on."""

At = tuple[str, str]
"""A place of one of several workflows: the workflow's name and the place's id."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a silent way stops: at a mark, or at an end."""

    name: str
    is_end: bool = False
    good: bool = True


@dataclass(frozen=True, slots=True)
class Way:
    """What the ways from one mark to a stop have in common.

    Attributes:
        passed: the outcomes taken on every way without an event of their own, in order, each with its decision's scope.
        unsure: outcomes of decisions that some ways take and others do not.
        places: the places that every way passes between the two events, in order.
        workflow: the workflow in which it stops.
    """

    passed: tuple[tuple[str, Scope], ...]
    unsure: tuple[str, ...]
    places: tuple[Place, ...]
    workflow: str

    @property
    def outcomes(self) -> tuple[str, ...]:
        return tuple(outcome for outcome, _ in self.passed)


@dataclass(frozen=True, slots=True)
class _Step:
    """An arc, stitched into the whole: where it comes from, where it goes, which outcome it takes."""

    source: At
    target: At
    outcome: str | None


class Ways:
    """The silent ways of workflows in which these marks leave events.

    Workflows that another one calls and that have marks of their own are entered where they are called; the others
    are where cases start. Computed per mark on first use and kept.
    """

    def __init__(self, workflows: Iterable[Workflow], marks: Iterable[str]) -> None:
        self.marks = frozenset(marks)
        self.flows: dict[str, Flow] = {workflow.name: arcs(workflow) for workflow in workflows}
        self._found: dict[str, dict[Stop, Way]] = {}
        self._entered: set[str] = set()
        self._steps: dict[At, list[_Step]] = {}
        self._stitch()

    @property
    def roots(self) -> tuple[str, ...]:
        """The workflows in which cases start."""
        return tuple(name for name in self.flows if name not in self._entered)

    @cached_property
    def home(self) -> Mapping[str, str]:
        """The workflow of each node and outcome id."""
        homes: dict[str, str] = {}
        for name, flow in self.flows.items():
            for place in flow.nodes.values():
                homes.setdefault(place.id, name)
            for arc in flow.arcs:
                if arc.outcome:
                    homes.setdefault(_outcome_id(arc), name)
        return homes

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """The place of each mark; of an outcome, its decision."""
        return {
            mark: self.flows[self.home[mark]].nodes[mark.partition(".")[0]] for mark in self.marks if mark in self.home
        }

    def root_of(self, mark: str) -> str:
        """The workflow whose case an event of this mark belongs to: that of the mark, or one that calls it."""
        name = self.home[mark]
        seen: set[str] = set()
        while name in self._entered and name not in seen:
            seen.add(name)
            name = next(
                other
                for other, flow in self.flows.items()
                for place in flow.nodes.values()
                if isinstance(place.node, Call) and place.node.workflow == name
            )
        return name

    def after(self, mark: str) -> dict[Stop, Way]:
        """Every stop that a case can reach from a mark without another event, with the way there."""
        if mark not in self._found:
            self._found[mark] = self._search(mark)
        return self._found[mark]

    def between(self, earlier: str, later: str) -> Way | None:
        """The way from one event to the next, None when the workflow has none."""
        return self.after(earlier).get(Stop(later))

    def ending(self, mark: str) -> tuple[Stop, Way]:
        """The only end that a case can reach from a mark in silence, with the way there; ValueError elsewhere."""
        ((stop, way),) = ((stop, way) for stop, way in self.after(mark).items() if stop.is_end)
        return stop, way

    def skipped(self, earlier: str, later: str) -> tuple[str, ...] | None:
        """The marks on a shortest way from one event to a later one, None when the workflow never leads there."""
        passed: dict[str, tuple[str, ...]] = {earlier: ()}
        ahead = [earlier]
        for mark in ahead:
            for stop in sorted(self.after(mark), key=lambda stop: stop.name):
                if stop.name == later:
                    return passed[mark]
                if not stop.is_end and stop.name not in passed:
                    passed[stop.name] = (*passed[mark], stop.name)
                    ahead.append(stop.name)
        return None

    def waiting_at(self, mark: str) -> str:
        """Where a case waits after an event: the last place before the next event is due or the ways part.

        A node that leaves events itself, or one that takes time, is where the case waits.
        """
        here = self._beginning(mark)
        passed: set[At] = set()
        while True:
            targets = {step.target for step in here}
            if len(targets) != 1:
                return here[0].source[1] if here else mark.partition(".")[0]
            (target,) = targets
            place = self._place(target)
            ways = self._steps.get(target, [])
            if place.kind == "join":
                return place.id.removesuffix(".join")
            entered = place.kind == "start" or (place.kind == "call" and place.id not in self.marks and bool(ways))
            if not entered and (place.kind == "end" or place.id in self.marks or _takes_time(place) or len(ways) != 1):
                return place.id
            if target in passed:
                return place.id
            passed.add(target)
            here = ways

    @cached_property
    def rework(self) -> frozenset[str]:
        """The outcomes with the effect rework."""
        return frozenset(_outcome_id(arc) for flow in self.flows.values() for arc in flow.arcs if arc.rework)

    @cached_property
    def silent_branches(self) -> tuple[tuple[str, int], ...]:
        """Branches of outermost parallel blocks, (block, number), in which some outcome leaves no event."""
        found = {
            flow.nodes[arc.source].scope[0]: None
            for flow in self.flows.values()
            for arc in flow.arcs
            if arc.outcome and len(flow.nodes[arc.source].scope) == 1 and _outcome_id(arc) not in self.marks
        }
        return tuple(found)

    def closing(self, mark: str, block: str, branch: int) -> Way | None:
        """The way from an event to the join of a parallel block through one of its branches."""
        flow = self.flows[self.home[block]]
        entry = next((arc.target for arc in flow.arcs if arc.source == block and arc.branch == branch), None)
        join = (flow.workflow, f"{block}.join")
        found = self._search(mark, join, ((flow.workflow, block), (flow.workflow, str(entry))))
        return found.get(Stop(join[1]))

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """Outcomes of decisions that lead back to the same question without an event: no log can count them."""
        found = []
        for (workflow, place), steps in self._steps.items():
            node = self.flows[workflow].nodes[place].node
            if not isinstance(node, Decision) or place in self.marks:
                continue
            for step in steps:
                if step.outcome and step.outcome not in self.marks and self._returns(step.target, (workflow, place)):
                    found.append(step.outcome)
        return tuple(dict.fromkeys(found))

    # ------------------------------------------------------------------------------------------ how it is done

    def _stitch(self) -> None:
        """Join the flows: calls lead into the workflows they name if those leave events, and come back from there."""
        visible = self._visible()
        inside: dict[At, str] = {}
        for name, flow in self.flows.items():
            for place in flow.nodes.values():
                if isinstance(place.node, Call) and place.id not in self.marks:
                    called = place.node.workflow
                    if called in visible and called in self.flows and called != name:
                        inside[name, place.id] = called
        self._entered = set(inside.values())
        for name, flow in self.flows.items():
            self._steps |= {(name, place): [] for place in flow.nodes}
            for arc in flow.arcs:
                step = _Step((name, arc.source), (name, arc.target), _outcome_id(arc) if arc.outcome else None)
                if step.source not in inside:
                    self._steps[step.source].append(step)
        for at, called in inside.items():
            self._steps[at].append(_Step(at, (called, self.flows[called].start), None))
            onward = [arc.target for arc in self.flows[at[0]].arcs if arc.source == at[1]]
            for end in self.flows[called].ends:
                targets = onward if self.flows[called].nodes[end].good else [self._bad_end(at[0])]
                self._steps[called, end] += [_Step((called, end), (at[0], target), None) for target in targets]

    def _visible(self) -> set[str]:
        """The workflows that leave events, themselves or by those they call."""
        visible = {self.home[mark] for mark in self.marks if mark in self.home}
        calls = {
            name: {place.node.workflow for place in flow.nodes.values() if isinstance(place.node, Call)}
            for name, flow in self.flows.items()
        }
        while True:
            more = {name for name, called in calls.items() if called & visible} - visible
            if not more:
                return visible
            visible |= more

    def _bad_end(self, workflow: str) -> str:
        """The end of a workflow that takes what a called one has scrapped; made up if the text has none."""
        flow = self.flows[workflow]
        if "scrap" not in flow.nodes:
            flow.nodes["scrap"] = Place("scrap", "end", None, (), False)
            self._steps.setdefault((workflow, "scrap"), [])
        return "scrap"

    def _place(self, at: At) -> Place:
        return self.flows[at[0]].nodes[at[1]]

    def _beginning(self, mark: str) -> list[_Step]:
        """The steps that a case can take right after an event."""
        if mark == START:
            return [_Step(("", START), (root, self.flows[root].start), None) for root in self.roots]
        steps = self._steps[self.home[mark], mark.partition(".")[0]]
        if "." in mark:
            steps = [_Step(step.source, step.target, None) for step in steps if step.outcome == mark]
        return steps

    def _stop(self, step: _Step, goal: At | None) -> Stop | None:
        """Where this step is noticed, None when it goes on in silence; a goal is noticed though it leaves no event."""
        if step.target == goal:
            return Stop(goal[1])
        if step.outcome in self.marks:
            return Stop(str(step.outcome))
        place = self._place(step.target)
        if place.id in self.marks:
            return Stop(place.id)
        if place.kind == "end" and not self._steps[step.target]:
            return Stop(f"{step.target[0]}.{place.id}", True, place.good)
        return None

    def _search(self, mark: str, goal: At | None = None, only: tuple[At, At] | None = None) -> dict[Stop, Way]:
        """Follow every silent step from a mark; a bit per step says whether all ways (`must`) or some (`may`) use it.

        `goal` is one more place to stop at; `only` a place with the single next one that is followed from it.
        """
        beginning = self._beginning(mark)
        steps: list[_Step] = []
        number: dict[int, int] = {}
        must: dict[At, int] = {}
        may: dict[At, int] = {}
        stops: dict[Stop, tuple[int, int, At]] = {}
        queue: list[tuple[At | None, list[_Step], int, int]] = [(None, beginning, 0, 0)]
        while queue:
            here, leaving, must_here, may_here = queue.pop()
            if here is not None:
                must_here, may_here = must[here], may[here]
            for step in leaving:
                if only and step.source == only[0] and step.target != only[1]:
                    continue
                bit = 1 << number.setdefault(id(step), len(number))
                if number[id(step)] == len(steps):
                    steps.append(step)
                surely, maybe = must_here | bit, may_here | bit
                stop = self._stop(step, goal)
                if stop is not None:
                    old = stops.get(stop, (surely, maybe, step.target))
                    stops[stop] = (old[0] & surely, old[1] | maybe, step.target)
                    continue
                target = step.target
                if target not in must:
                    must[target], may[target] = surely, maybe
                elif must[target] & surely != must[target] or may[target] | maybe != may[target]:
                    must[target] &= surely
                    may[target] |= maybe
                else:
                    continue
                queue.append((target, self._steps[target], 0, 0))
        return {stop: self._way(steps, *found) for stop, found in stops.items()}

    def _way(self, steps: list[_Step], must: int, may: int, target: At) -> Way:
        sure = [step for index, step in enumerate(steps) if must >> index & 1]
        ordered = _in_order(sure)
        chained = all(one.target == two.source for one, two in pairwise(ordered))
        # A chain of sure steps from the mark to the stop is the only way, whatever silent loops hang on it.
        whole = chained and bool(ordered) and self._begins(ordered[0], steps) and ordered[-1].target == target
        unsure = [] if whole else [step for index, step in enumerate(steps) if may & ~must & 1 << index]
        decided = [step.outcome for step in unsure if step.outcome and self._is_decision(step.source)]
        passed = tuple(
            (step.outcome, self._place(step.source).scope)
            for step in ordered
            if step.outcome and step.outcome not in self.marks
        )
        places = [self._place(step.source) for step in ordered if step.source[0] and step is not ordered[0]]
        if ordered and not self._begins(ordered[0], steps):
            places.insert(0, self._place(ordered[0].source))
        return Way(passed, tuple(sorted(set(decided))), tuple(places), target[0])

    def _begins(self, step: _Step, steps: list[_Step]) -> bool:
        return step.source == steps[0].source

    def _is_decision(self, at: At) -> bool:
        return isinstance(self._place(at).node, Decision)

    def _returns(self, start: At, goal: At) -> bool:
        """Whether silence can lead from one place to another."""
        seen, queue = {start}, [start]
        while queue:
            here = queue.pop()
            if here == goal:
                return True
            if here[1] in self.marks:
                continue
            for step in self._steps[here]:
                if step.outcome not in self.marks and step.target not in seen:
                    seen.add(step.target)
                    queue.append(step.target)
        return False


def patient_marks(ways: Ways) -> tuple[str, ...]:
    """Marks after which a case may either end in silence, at one end, or go on with further events."""
    found = []
    for mark in sorted(ways.marks):
        stops = ways.after(mark)
        if len([stop for stop in stops if stop.is_end]) == 1 and len(stops) > 1:
            found.append(mark)
    return tuple(found)


def kind_of(before: str, earlier: str, later: str, after: str, ways: Ways) -> Kind | None:
    """What happened where the workflow has no way from `earlier` to `later` (see `Detour`).

    `before` and `after` are the events around the two, START and "" where there is none. None where the case only comes
    back from an event too many, which was counted when it came.
    """
    if ways.between(before, earlier) is None and ways.between(before, later) is not None and earlier != START:
        return None
    if earlier == later:
        return "inserted"
    if after and ways.between(earlier, after) is not None and ways.between(later, after) is None:
        return "inserted"
    return "out of order" if ways.skipped(earlier, later) is None else "skipped"


def _outcome_id(arc: Arc) -> str:
    assert arc.outcome is not None
    return f"{arc.source}.{arc.outcome.name}"


def _takes_time(place: Place) -> bool:
    return isinstance(place.node, Work) and bool(place.node.takes or place.node.waits)


def _in_order(steps: list[_Step]) -> list[_Step]:
    """Steps that lie on every way, in the order in which each way takes them."""
    following = {step.source: step for step in steps}
    targets = {step.target for step in steps}
    ordered: list[_Step] = []
    for first in [step for step in steps if step.source not in targets] or steps[:1]:
        step: _Step | None = first
        while step is not None and step not in ordered:
            ordered.append(step)
            step = following.get(step.target)
    return ordered + [step for step in steps if step not in ordered]
