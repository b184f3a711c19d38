"""Models between two versions: the old one with any choice of the changes made.

What follows from which change is asked of models in which only some of them are made. Every change is a *unit*: a
clause of a statement, the shares of a decision, a step that came or went, the rest of a workflow's order. Without any
unit the mixed model is the old version, with all of them the new one; in between, a step that is not there is passed
over: what led to it leads to where it would have gone on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mpmflow.model.base import Roster
from mpmflow.model.flow import goes_on
from mpmflow.model.model import Import, Model
from mpmflow.model.process import Branch, Call, Choose, Decision, End, Node, Parallel, Step, Workflow

Chosen = frozenset[str]

_CLAUSES: dict[type, tuple[str, ...]] = {
    Step: ("by", "takes", "waits", "batch", "costs", "target"),
    Decision: ("by", "takes", "waits", "costs"),
    Choose: ("by", "takes", "waits", "costs"),
    Call: ("workflow", "target"),
    Parallel: ("join", "target"),
}
"""The clauses of each kind of node that figures rest on."""
_TEAM = ("people", "cost", "works", "serves")
_WORKFLOW = ("arrivals", "deadline", "priority", "start")
_WAY = ("target", "rework", "scrap", "waste")
"""What an outcome does with a case; one unit, for the parts of it belong together."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One change that can be made by itself: its key, and the ids of the statements that it changes."""

    key: str
    statements: tuple[str, ...]


class Mixer:
    """Models between `old` and `new`, which call the same things by the same names.

    `fine` takes steps that came and went one by one; else all that changes the way of cases is one unit, which is
    always possible.
    """

    def __init__(self, old: Model, new: Model, *, fine: bool = True) -> None:
        self.old, self.new, self.fine = old, new, fine
        self._rows: dict[str, dict[str, list[_Seat]] | None] = {}
        found: dict[str, Unit] = {}
        for unit in self._units(old, new):
            known = found.get(unit.key)
            found[unit.key] = Unit(unit.key, (*known.statements, *unit.statements)) if known is not None else unit
        self.units: tuple[Unit, ...] = tuple(found.values())

    def model(self, chosen: Iterable[str]) -> Model:
        """The old version with these units as in the new one."""
        return self._model(self.old, self.new, frozenset(chosen))

    # ------------------------------------------------------------------------------------------ units
    def _units(self, old: Model, new: Model) -> Iterator[Unit]:
        for was in old.all_teams:
            now = new.all_teams.get(was.name)
            if now is not None:
                yield from _differing(was.name, was, now, _TEAM)
        for was_flow in old.workflows:
            now_flow = new.workflows.get(was_flow.name)
            if now_flow is not None:
                yield from _differing(was_flow.name, was_flow, now_flow, _WORKFLOW)
                yield from self._of_flow(was_flow, now_flow)
        names = (set(old.workflows.names) ^ set(new.workflows.names)) - {""}
        if names:
            ordered = [name for name in (*old.workflows.names, *new.workflows.names) if name in names]
            yield Unit("workflows", tuple(dict.fromkeys(ordered)))
        for was_metric in old.metrics:
            now_metric = new.metrics.get(was_metric.name)
            if now_metric is not None:
                yield from _differing(was_metric.name, was_metric, now_metric, ("formula",))
        for was_indicator in old.declared_indicators:
            now_indicator = new.declared_indicators.get(was_indicator.name)
            if now_indicator is not None:
                yield from _differing(was_indicator.name, was_indicator, now_indicator, ("measure", "expect"))
        later = {one.path: one.model for one in new.imports}
        for one in old.imports:
            if one.path in later:
                yield from self._units(one.model, later[one.path])

    def _of_flow(self, old: Workflow, new: Workflow) -> Iterator[Unit]:
        nodes = {_key(node): node for node in new.nodes()}
        rows = _merged(old, new) if self.fine else None
        self._rows[old.name] = rows
        if rows is not None:
            for row in rows.values():
                for seat in row:
                    if seat.old is None or seat.new is None:
                        yield Unit(f"{'+' if seat.old is None else '-'}{seat.key}", (seat.key,))
        else:
            shape = _shape(old.body) != _shape(new.body)
            if shape or any(_way(one) != _way(nodes.get(_key(one))) for one in old.nodes()):
                yield Unit("ways" if not self.fine else f"{old.name}/ways", (old.name,))
        for was in old.nodes():
            now = nodes.get(_key(was))
            if now is None or type(was) is not type(now) or isinstance(was, End):
                continue
            clauses = tuple(name for name in _CLAUSES[type(was)] if rows is not None or name not in ("target", "join"))
            yield from _differing(was.name, was, now, clauses)
            if isinstance(was, Decision | Choose) and isinstance(now, Decision | Choose):
                yield from _of_outcomes(was, now, whole=rows is None)

    # ------------------------------------------------------------------------------------------ models
    def _model(self, old: Model, new: Model, chosen: Chosen) -> Model:
        later = {one.path: one.model for one in new.imports}
        imports = [
            Import(path=one.path, model=self._model(one.model, later[one.path], chosen)) if one.path in later else one
            for one in old.imports
        ]
        imports += [one for one in new.imports if one.path not in {known.path for known in old.imports}]
        workflows = []
        for was in old.workflows:
            now = new.workflows.get(was.name)
            if now is not None:
                workflows.append(self._workflow(was, now, chosen))
            elif "workflows" not in chosen:
                workflows.append(was.model_copy(update={"teams": ()}))
        if "workflows" in chosen:
            came = [one for one in new.workflows if one.name not in old.workflows.names]
            workflows += [one.model_copy(update={"teams": ()}) for one in came]
        metrics = [_mixed(one, new.metrics.get(one.name), ("formula",), chosen) for one in old.metrics]
        metrics += [one for one in new.metrics if one.name not in old.metrics.names]
        indicators = [
            _mixed(one, new.declared_indicators.get(one.name), ("measure", "expect"), chosen)
            for one in old.declared_indicators
        ]
        indicators += [one for one in new.declared_indicators if one.name not in old.declared_indicators.names]
        return old.model_copy(
            update={
                "imports": tuple(imports),
                "teams": Roster(self._teams(old, new, chosen)),
                "workflows": Roster(workflows),
                "metrics": Roster(metrics),
                "declared_indicators": Roster(indicators),
            }
        )

    def _teams(self, old: Model, new: Model, chosen: Chosen) -> Iterator[Any]:
        """Every team of both versions, on the level of the file: one that nobody asks for changes nothing."""
        for team in old.all_teams:
            yield _mixed(team, new.all_teams.get(team.name), _TEAM, chosen)
        yield from (team for team in new.all_teams if team.name not in old.all_teams.names)

    def _workflow(self, old: Workflow, new: Workflow, chosen: Chosen) -> Workflow:
        rows = self._rows[old.name]
        base = _mixed(old, new, _WORKFLOW, chosen)
        if rows is None:
            taken = new if ("ways" if not self.fine else f"{old.name}/ways") in chosen else old
            others = {_key(node): node for node in (old if taken is new else new).nodes()}
            body = tuple(_of_both(node, others, taken is new, chosen) for node in taken.body)
            start = taken.start
        else:
            body, start = _Splicer(rows, chosen).workflow(old.name, base.start)
        found: Workflow = base.model_copy(update={"teams": (), "body": body, "start": start})
        return found


def _differing(name: str, old: Any, new: Any, clauses: Iterable[str]) -> Iterator[Unit]:
    for clause in clauses:
        if getattr(old, clause) != getattr(new, clause):
            yield Unit(f"{name}/{clause}", (name,))


def _mixed(old: Any, new: Any, clauses: Iterable[str], chosen: Chosen) -> Any:
    """A part of the old version with the clauses that are chosen from the new one."""
    if new is None:
        return old
    update = {clause: getattr(new, clause) for clause in clauses if f"{old.name}/{clause}" in chosen}
    return old.model_copy(update=update) if update else old


# --- outcomes


def _of_outcomes(old: Decision | Choose, new: Decision | Choose, *, whole: bool) -> Iterator[Unit]:
    """The units of a decision's outcomes; where they are not the same ones, they change all together."""
    if not _same_outcomes(old, new):
        if not whole:  # else they change with the ways
            ids = dict.fromkeys(f"{old.name}.{one.name}" for one in (*old.outcomes, *new.outcomes))
            yield Unit(f"{old.name}/outcomes", (old.name, *ids))
        return
    later = {one.name: one for one in new.outcomes}
    moved = [one.name for one in old.outcomes if one.share != later[one.name].share]
    if moved:
        yield Unit(f"{old.name}/shares", tuple(f"{old.name}.{name}" for name in moved))
    for was in old.outcomes:
        now, name = later[was.name], f"{old.name}.{was.name}"
        if not whole and any(getattr(was, field) != getattr(now, field) for field in _WAY):
            yield Unit(f"{name}/way", (name,))
        yield from (Unit(one.key, (name,)) for one in _differing(name, was, now, ("delay",)))
        if not whole:
            yield from (Unit(one.key, (name,)) for one in _differing(name, was, now, ("at_most",)))


def _same_outcomes(old: Decision | Choose, new: Decision | Choose) -> bool:
    return sorted(one.name for one in old.outcomes) == sorted(one.name for one in new.outcomes)


def _with_outcomes(base: Any, old: Any, new: Any, chosen: Chosen, *, ways: bool | None = None) -> Any:
    """A decision with the outcomes that are chosen. `ways` says which version's ways are taken, where they are one
    unit for the whole workflow.
    """
    if not _same_outcomes(old, new):
        take = f"{old.name}/outcomes" in chosen if ways is None else ways
        return base.model_copy(update={"outcomes": (new if take else old).outcomes})
    later = {one.name: one for one in new.outcomes}
    shares = f"{old.name}/shares" in chosen
    found = []
    for was in old.outcomes:
        now, name = later[was.name], f"{old.name}.{was.name}"
        way = f"{name}/way" in chosen if ways is None else ways
        limit = f"{name}/at_most" in chosen if ways is None else ways
        update: dict[str, Any] = {field: getattr(now, field) for field in _WAY} if way else {}
        update |= {"share": now.share} if shares else {}
        update |= {"delay": now.delay} if f"{name}/delay" in chosen else {}
        update |= {"at_most": now.at_most} if limit else {}
        found.append(was.model_copy(update=update))
    return base.model_copy(update={"outcomes": tuple(found)})


def _of_both(taken: Node, others: Mapping[str, Node], taken_is_new: bool, chosen: Chosen) -> Node:
    """A node of the version whose ways are taken, with the clauses that are chosen."""
    if isinstance(taken, Parallel):
        bodies = [
            tuple(_of_both(node, others, taken_is_new, chosen) for node in branch.body) for branch in taken.branches
        ]
        return taken.model_copy(update={"branches": tuple(Branch(body=body) for body in bodies)})
    other = others.get(_key(taken))
    if other is None or type(other) is not type(taken) or isinstance(taken, End):
        return taken
    old, new = (other, taken) if taken_is_new else (taken, other)
    clauses = [name for name in _CLAUSES[type(taken)] if name not in ("target", "join")]
    update = {name: getattr(new if f"{taken.name}/{name}" in chosen else old, name) for name in clauses}
    found: Node = taken.model_copy(update=update)
    if isinstance(taken, Decision | Choose):
        found = _with_outcomes(found, old, new, chosen, ways=taken_is_new)
    return found


# --- the order of a workflow


@dataclass(frozen=True, slots=True)
class _Seat:
    """A place in a row of statements: what stands there in the old and in the new version."""

    key: str
    old: Node | None
    new: Node | None


def _key(node: Node) -> str:
    return node.id if isinstance(node, End) else node.name


def _shape(body: Sequence[Node]) -> list[Any]:
    """What stands where, without any clause."""
    return [
        (_key(node), type(node).__name__, [_shape(branch.body) for branch in node.branches])
        if isinstance(node, Parallel)
        else (_key(node), type(node).__name__)
        for node in body
    ]


def _way(node: Node | None) -> Any:
    """Where a node sends cases."""
    if isinstance(node, Decision | Choose):
        return [(one.name, one.target, one.rework, one.scrap, one.waste, one.at_most) for one in node.outcomes]
    return (getattr(node, "target", None), getattr(node, "join", None))


def _containers(workflow: Workflow) -> dict[str, list[tuple[str, Node]]]:
    """Every row of statements: of the workflow, and of each branch of a block. Ends without a name are counted."""
    found: dict[str, list[tuple[str, Node]]] = {}

    def visit(name: str, body: Sequence[Node]) -> None:
        row: list[tuple[str, Node]] = []
        found[name] = row
        for node in body:
            number = sum(isinstance(one, End) and one.id == _key(node) for _, one in row)
            row.append((f"{name}/{node.id}/{number}" if isinstance(node, End) else node.name, node))
            if isinstance(node, Parallel):
                for branch, inner in enumerate(node.branches):
                    visit(f"{node.name}#{branch}", inner.body)

    visit(workflow.name, workflow.body)
    return found


def _merged(old: Workflow, new: Workflow) -> dict[str, list[_Seat]] | None:
    """Both versions of a workflow in one order; None where statements moved, so that there is no such order."""
    before, after = _containers(old), _containers(new)
    homes = [{key: name for name, row in rows.items() for key, _ in row} for rows in (before, after)]
    nodes = [{key: node for row in rows.values() for key, node in row} for rows in (before, after)]
    for key in nodes[0].keys() & nodes[1].keys():
        was, now = nodes[0][key], nodes[1][key]
        if homes[0][key] != homes[1][key] or type(was) is not type(now):
            return None
        if isinstance(was, Parallel) and isinstance(now, Parallel) and len(was.branches) != len(now.branches):
            return None
        if isinstance(was, End) and isinstance(now, End) and was.kind != now.kind:
            return None
    if any(isinstance(nodes[k][key], End) for k in (0, 1) for key in nodes[k].keys() - nodes[1 - k].keys()
           if homes[k][key].partition("#")[0] in {old.name, *(nodes[0].keys() & nodes[1].keys())}):  # fmt: skip
        return None
    rows: dict[str, list[_Seat]] = {}
    for name in {**before, **after}:
        if name != old.name and not nodes[0].keys() & nodes[1].keys() & {name.partition("#")[0]}:
            continue  # a block that came or went does so with all that is in it
        keys = [[key for key, _ in rows_.get(name, ())] for rows_ in (before, after)]
        common = [key for key in keys[0] if key in set(keys[1])]
        if common != [key for key in keys[1] if key in set(keys[0])]:
            return None
        row, rest = [], list(keys[0])
        for key in keys[1]:
            if key in set(rest):
                while rest[0] != key:
                    row.append(rest.pop(0))
                rest.pop(0)
            row.append(key)
        rows[name] = [_Seat(key, nodes[0].get(key), nodes[1].get(key)) for key in (*row, *rest)]
    return rows


class _Splicer:
    """One mixed workflow: its rows with what is chosen, and ways that led to what is not there led on."""

    def __init__(self, rows: dict[str, list[_Seat]], chosen: Chosen) -> None:
        self.rows, self.chosen = rows, chosen
        self.onward: dict[str, str] = {}
        for row in rows.values():
            for seat, behind in zip(row, [*row[1:], None], strict=True):
                if not self._there(seat):
                    node = seat.old or seat.new
                    own = self._own_target(node)
                    self.onward[seat.key] = own or self._first(row[row.index(behind) :] if behind is not None else [])

    def workflow(self, name: str, start: str | None) -> tuple[tuple[Node, ...], str | None]:
        """The body, and where it starts."""
        return self._body(name), self._led(start) if start is not None else None

    def _there(self, seat: _Seat) -> bool:
        if seat.old is None:
            return f"+{seat.key}" in self.chosen
        return seat.new is not None or f"-{seat.key}" not in self.chosen

    def _own_target(self, node: Node | None) -> str | None:
        if isinstance(node, Decision | Choose):
            onward = goes_on(node.outcomes)
            return onward.target if onward is not None else None
        return getattr(node, "target", None)

    def _first(self, row: Sequence[_Seat]) -> str:
        """Where a case goes on that flows into this row."""
        for seat in row:
            if self._there(seat):
                node = seat.new or seat.old
                assert node is not None
                return _key(node)
        return "done"

    def _led(self, target: str) -> str:
        """A target that is there, followed through all that are not; round in a circle it stays where it began."""
        seen: set[str] = set()
        while target in self.onward and target not in seen:
            seen.add(target)
            target = self.onward[target]
        return target

    def _body(self, name: str) -> tuple[Node, ...]:
        return tuple(self._node(seat) for seat in self.rows.get(name, ()) if self._there(seat))

    def _node(self, seat: _Seat) -> Node:
        old, new = seat.old, seat.new
        known = old or new
        assert known is not None
        found: Any = known
        if old is not None and new is not None and not isinstance(old, End):
            found = _mixed(old, new, _CLAUSES[type(old)], self.chosen)
            if isinstance(old, Decision | Choose):
                found = _with_outcomes(found, old, new, self.chosen)
        if isinstance(found, Parallel) and f"{found.name}#0" in self.rows:
            bodies = [self._body(f"{found.name}#{number}") for number in range(len(found.branches))]
            found = found.model_copy(update={"branches": tuple(Branch(body=body) for body in bodies)})
        if isinstance(found, Decision | Choose):
            found = found.model_copy(update={"outcomes": tuple(self._outcome(one) for one in found.outcomes)})
        target = getattr(found, "target", None)
        led: Node = found.model_copy(update={"target": self._led(target)}) if target in self.onward else found
        return led

    def _outcome(self, outcome: Any) -> Any:
        update: dict[str, Any] = {}
        if outcome.target in self.onward:
            update["target"] = self._led(outcome.target)
        if outcome.at_most is not None and outcome.at_most.target in self.onward:
            target = self._led(outcome.at_most.target)
            update["at_most"] = outcome.at_most.model_copy(update={"target": target})
        return outcome.model_copy(update=update) if update else outcome
