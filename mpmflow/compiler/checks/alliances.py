"""Hand-offs: owned on both sides where they cross organisations, and promises about those that there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mpmflow.model.alliances import Handoff
from mpmflow.model.flow import Flow
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.process import Team, Workflow

from ..findings import Finding, found
from .names import expect
from .subject import Subject


def hand_offs(subject: Subject) -> Iterator[Finding]:
    """Work that passes from one organisation to another, where a side has no owner."""
    for workflow in subject.model.workflows:
        said: set[tuple[str, str]] = set()
        for giver, taker in _passings(subject, subject.flow(workflow)):
            team, other = _team(subject, giver), _team(subject, taker)
            assert team is not None
            assert other is not None
            if _organisation(team) == _organisation(other):
                continue
            sides = [(giver, team), (taker, other)]
            missing = [
                one for node, one in sides if not (node.owner or one.owner or (not one.partner and workflow.owner))
            ]
            pair = tuple(sorted((team.name, other.name)))
            if not missing or pair in said:
                continue
            said.add((pair[0], pair[1]))
            yield found(
                "hand-off-without-owner",
                giver,
                "by",
                name=giver.name,
                giver=team.name,
                taker=other.name,
                to=taker.name,
                missing=[one.name for one in missing],
                notes=tuple(((one, "name"), f"`{one.name}` has no owner") for one in missing),
            )


def promises(subject: Subject) -> Iterator[Finding]:
    """Promises about teams that there are not, about hand-offs that never happen, and made twice."""
    model = subject.model
    by_workflow = {workflow.name: _pairs(subject, workflow) for workflow in workflows_in_question(model)}
    everywhere = {pair: None for pairs in by_workflow.values() for pair in pairs}
    yield from _promises(subject, model.handoffs, everywhere, None)
    for workflow in model.workflows:
        yield from _promises(subject, workflow.handoffs, by_workflow[workflow.name], workflow)


def _promises(
    subject: Subject, made: tuple[Handoff, ...], pairs: dict[tuple[str, str], None], workflow: Workflow | None
) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Handoff] = {}
    for promise in made:
        pair = (promise.giver, promise.taker)
        first = seen.setdefault(pair, promise)
        if first is not promise:
            yield found(
                "duplicate-handoff",
                promise,
                "giver",
                giver=promise.giver,
                taker=promise.taker,
                notes=(((first, "giver"), "it is promised here first"),),
            )
            continue
        wrong = [
            one
            for clause, name in (("giver", promise.giver), ("taker", promise.taker))
            for one in expect(subject.names, promise, clause, name, ("team",), "team", "work passes between teams")
        ]
        yield from wrong
        if wrong:
            continue
        if promise.giver == promise.taker:
            yield found("handoff-to-itself", promise, "taker", name=promise.giver)
        elif pair not in pairs:
            back = (promise.taker, promise.giver) in pairs
            others = [taker for giver, taker in pairs if giver == promise.giver]
            if back:
                cure = f"it goes the other way: `handoff {promise.taker} -> {promise.giver}`"
            elif others:
                cure = f"`{promise.giver}` passes work on to {', '.join(f'`{name}`' for name in others)}"
            else:
                cure = f"`{promise.giver}` passes work on to nobody; look at `by` and at the arrows of its steps"
            yield found(
                "no-such-handoff",
                promise,
                "giver",
                giver=promise.giver,
                taker=promise.taker,
                where=f"in the workflow `{workflow.name}`" if workflow is not None else "in any workflow of this file",
                cure=cure,
            )


def _pairs(subject: Subject, workflow: Workflow) -> dict[tuple[str, str], None]:
    """Giver and taker of every hand-off of a workflow, in the order of the text."""
    pairs: dict[tuple[str, str], None] = {}
    for giver, taker in _passings(subject, subject.flow(workflow)):
        pairs[giver.by, taker.by] = None
    return pairs


def _passings(subject: Subject, flow: Flow) -> Iterator[tuple[Any, Any]]:
    """Pairs of statements by different teams that follow each other, statements by nobody in between."""
    ahead = flow.leaving()
    for place in flow.nodes.values():
        team = _team(subject, place.node)
        if team is None or place.kind in ("fork", "join", "end"):
            continue
        seen: set[str] = set()
        todo = [arc.target for arc in ahead[place.id]]
        while todo:
            there = todo.pop(0)
            if there in seen:
                continue
            seen.add(there)
            node = flow.nodes[there].node
            other = _team(subject, node)
            if other is None:
                todo.extend(arc.target for arc in ahead[there])
            elif other.name != team.name:
                yield place.node, node


def _team(subject: Subject, node: Any) -> Team | None:
    entry = subject.names.table.get(getattr(node, "by", None) or "")
    return entry.part if entry is not None and entry.kind == "team" else None


def _organisation(team: Team) -> str:
    return team.name if team.partner else ""
