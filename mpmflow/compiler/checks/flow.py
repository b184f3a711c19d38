"""The flow of a workflow: every statement can be reached, every case can end, every decision adds up."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from mpmflow.model.flow import Arc, Flow
from mpmflow.model.process import Call, Choose, Decision

from ..components import cycle_within, strong_components
from ..findings import Finding, Where, found
from .subject import Subject


def shares(subject: Subject) -> Iterator[Finding]:
    """The outcomes of a decision or choose are 100 % together, at every visit."""
    for _, node in subject.model.nodes():
        if isinstance(node, (Decision, Choose)):
            yield from _shares(node)


def add_up(subject: Subject) -> bool:
    """Whether the outcomes of every decision are 100 % together, so that one may count with them."""
    nodes = (node for model in subject.names.models for workflow in model.workflows for node in workflow.nodes())
    return not any(any(_shares(node)) for node in nodes if isinstance(node, (Decision, Choose)))


def _shares(node: Decision | Choose) -> Iterator[Finding]:
    open_ = [outcome for outcome in node.outcomes if outcome.share is None]
    if len(open_) > 1:
        yield found(
            "two-rests",
            open_[1],
            "name",
            name=f"{node.name}.{open_[1].name}",
            first=open_[0].name,
            notes=(((open_[0], "name"), "this one takes the rest already"),),
        )
        return
    given = [outcome.share.by_visit for outcome in node.outcomes if outcome.share is not None]
    length = max(map(len, given), default=0)
    for visit in range(length):
        total = sum((row[min(visit, len(row) - 1)] for row in given), Fraction(0))
        if total > 1 or (total < 1 and not open_):
            gap = abs(1 - total)
            yield found(
                "shares-sum",
                node,
                "name",
                name=node.name,
                total=percent(total),
                gap=percent(gap),
                more="too much" if total > 1 else "missing",
                visit=f"at visit {visit + 1}" + (" and later" if visit == length - 1 and length > 1 else "")
                if length > 1
                else None,
                notes=tuple(
                    ((one, "share"), f"`{one.name}` has {percent(_at(one.share.by_visit, visit))}")
                    for one in node.outcomes
                    if one.share is not None
                ),
            )
            return


def effects(subject: Subject) -> Iterator[Finding]:
    """Outcomes that scrap the case and then say what else becomes of it."""
    for _, node in subject.model.nodes():
        if isinstance(node, (Decision, Choose)):
            for outcome in node.outcomes:
                idle = [word for word in ("rework", "waste") if getattr(outcome, word)]
                idle += ["at most"] if outcome.at_most is not None else []
                if outcome.scrap and idle:
                    clause = "at_most" if idle[0] == "at most" else idle[0]
                    yield found("scrap-and-more", outcome, clause, name=f"{node.name}.{outcome.name}", idle=idle)


def _at(row: tuple[Fraction, ...], visit: int) -> Fraction:
    return row[min(visit, len(row) - 1)]


def percent(share: Fraction) -> str:
    """A share for a message: `99.9%`, `12%`."""
    return f"{float(share * 100):.6g}%"


def routes(subject: Subject) -> Iterator[Finding]:
    """Statements that no case reaches, loops that no case leaves, statements that lead only into such loops."""
    for workflow in subject.model.workflows:
        flow = subject.flow(workflow)
        yield from _unreachable(flow)
        yield from _endless(flow)


def _unreachable(flow: Flow) -> Iterator[Finding]:
    ahead: dict[str, list[str]] = {place: [] for place in flow.nodes}
    for arc in flow.arcs:
        if arc.kind != "outcome" or any(share > 0 for share in arc.share):
            ahead[arc.source].append(arc.target)
    if flow.loose:
        return  # what a broken arrow was to reach is not known, so nothing is said of what only it may reach
    seen = _spread([flow.start], ahead)
    covered: set[str] = set()
    for place in flow.nodes.values():
        if place.id in seen or place.id in covered or place.node is None or place.kind == "join":
            continue
        if place.kind == "end" and getattr(place.node, "name", None) is None:
            continue
        behind = _spread([place.id], ahead) - seen
        covered |= behind
        others = [one for one in behind if flow.nodes[one].kind not in ("join", "end") and one != place.id]
        yield found(
            "unreachable-step",
            place.node,
            "name",
            name=place.id,
            kind=_word(place.kind),
            behind=", ".join(f"`{one}`" for one in flow.nodes if one in others),
        )


def _word(kind: str) -> str:
    return {"fork": "parallel block", "step": "step"}.get(kind, kind)


def _spread(start: list[str], ways: dict[str, list[str]]) -> set[str]:
    seen = set(start)
    todo = list(start)
    while todo:
        for other in ways[todo.pop()]:
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def _endless(flow: Flow) -> Iterator[Finding]:
    """Loops that a case never leaves, judged by the shares that hold in the long run."""
    if flow.loose:
        return
    ahead: dict[str, list[str]] = {place: [] for place in flow.nodes}
    behind: dict[str, list[str]] = {place: [] for place in flow.nodes}
    by_pair: dict[tuple[str, str], Arc] = {}
    for arc in flow.arcs:
        if _in_the_long_run(arc):
            ahead[arc.source].append(arc.target)
            behind[arc.target].append(arc.source)
            by_pair.setdefault((arc.source, arc.target), arc)
    ending = _spread([*flow.ends], behind)
    stuck = [place for place in flow.nodes if place not in ending]
    if not stuck:
        return
    in_loop: set[str] = set()
    for component in strong_components({place: [one for one in ahead[place] if one not in ending] for place in stuck}):
        closed = all(target in component for place in component for target in ahead[place])
        if not closed or (len(component) == 1 and component[0] not in ahead[component[0]]):
            continue
        in_loop.update(component)
        members = [place for place in flow.nodes if place in component]
        loop = cycle_within(members[0], ahead, frozenset(component))
        hops = [*zip(loop, [*loop[1:], loop[0]], strict=True)]
        notes = tuple((_where(flow, by_pair[hop]), f"`{hop[0]}` leads to `{hop[1]}`") for hop in hops)
        yield found(
            "endless-loop",
            flow.nodes[loop[0]].node,
            "name",
            name=loop[0],
            loop=" -> ".join([*loop, loop[0]]),
            notes=notes,
        )
    for place in stuck:
        node = flow.nodes[place]
        if place not in in_loop and node.kind in ("step", "decision", "choose", "call", "fork"):
            yield found("no-way-to-end", node.node, "name", name=place, kind=_word(node.kind))


def _in_the_long_run(arc: Arc) -> bool:
    """Whether a case may take this way again and again: a bounded outcome only leads to where it leads in the end."""
    if arc.kind == "outcome":
        return arc.at_most is None and arc.share[-1] > 0
    return True


def _where(flow: Flow, arc: Arc) -> Where:
    if arc.outcome is not None:
        return arc.outcome, "target" if arc.outcome.target else "name"
    node: Any = flow.nodes[arc.source].node
    return node, "target" if getattr(node, "target", None) else "name"


def calls(subject: Subject) -> Iterator[Finding]:
    """Workflows that call themselves, directly or through others."""
    made: dict[str, list[Call]] = {
        workflow.name: [node for node in workflow.nodes() if isinstance(node, Call)]
        for workflow in subject.model.workflows
    }
    ahead = {name: [call.workflow for call in inner if call.workflow in made] for name, inner in made.items()}
    for component in strong_components(ahead):
        if len(component) == 1 and component[0] not in ahead[component[0]]:
            continue
        first = next(name for name in made if name in component)
        loop = cycle_within(first, ahead, frozenset(component))
        notes = []
        for here, there in zip(loop, [*loop[1:], loop[0]], strict=True):
            call = next(one for one in made[here] if one.workflow == there)
            notes.append(((call, "workflow"), f"`{here}` calls `{there}`"))
        call = next(one for one in made[first] if one.workflow == (loop[1] if len(loop) > 1 else first))
        yield found("call-loop", call, "workflow", name=first, loop=" -> ".join([*loop, loop[0]]), notes=tuple(notes))
