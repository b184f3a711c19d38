"""Teams: used, not overloaded, and in the order that they say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from mpmflow.model.process import Call, PoissonArrivals, RenewalArrivals, Workflow

from ..findings import Finding, found
from ..visits import Calendar, Counter, TooLarge, capacity, work_seconds
from .flow import add_up
from .subject import Subject


def unused(subject: Subject) -> Iterator[Finding]:
    """Teams that no step and no decision names."""
    named = {getattr(node, "by", None) for _, node in subject.model.nodes()}
    if not subject.model.workflows:
        return  # a file of teams alone is there to be imported
    for team in subject.model.all_teams:
        if team.name not in named:
            yield found("unused-team", team, "name", name=team.name, kind="partner" if team.partner else "team")


def priorities(subject: Subject) -> Iterator[Finding]:
    """Workflows with a priority that none of their teams, nor any of the workflows that they call, goes by."""
    by_name = {workflow.name: workflow for one in subject.names.models for workflow in one.workflows}
    for workflow in subject.model.workflows:
        if workflow.priority is None:
            continue
        inside, waiting = {workflow.name}, [workflow]
        teams: set[str] = set()
        while waiting:
            for node in waiting.pop().nodes():
                teams.add(getattr(node, "by", None) or "")
                called = by_name.get(node.workflow) if isinstance(node, Call) else None
                if called is not None and called.name not in inside:
                    inside.add(called.name)
                    waiting.append(called)
        known = (subject.names.table.get(name) for name in sorted(teams) if name)
        if not any(one is not None and one.kind == "team" and one.part.serves == "priority first" for one in known):
            yield found("unheeded-priority", workflow, "priority", name=workflow.name)


BUSY = 0.85
"""The load at which people are enough; the analysis recommends by the same."""


def loads(subject: Subject) -> Iterator[Finding]:
    """Teams with more work than people, by the mean work of a case and the rate at which cases come.

    Cases of imported workflows that keep coming are work too, as they are for `analyze`.
    """
    model = subject.model
    coming = {workflow.name: workflow for one in subject.names.models for workflow in one.workflows}
    flows = {workflow.name: subject.flow(workflow) for one in subject.names.models for workflow in one.workflows}
    if any(flow.loose for flow in flows.values()) or not add_up(subject):
        return  # a load counted with such shares would be nonsense; what is wrong with them is said where they stand
    counter = Counter(flows)
    work: dict[str, float] = {}
    most: dict[str, tuple[float, Any]] = {}
    own = set(model.workflows.names)
    for workflow in coming.values():
        rate = arrival_rate(workflow)
        if not rate:
            continue
        try:
            visits = counter.of(workflow.name)
        except TooLarge:
            if workflow.name not in own:
                continue  # said where it is written
            yield found("load-not-checked", workflow, "name", name=workflow.name)
            continue
        for name, often in visits.of.items():
            entry = subject.names.node(name)
            node = entry.part if entry is not None else None
            by, takes = getattr(node, "by", None), getattr(node, "takes", None)
            team = subject.names.table.get(by) if by is not None else None
            if team is None or team.kind != "team" or takes is None:
                continue
            needed = rate * often * work_seconds(takes, Calendar.of(team.part.works))
            work[team.name] = work.get(team.name, 0.0) + needed
            if needed > most.get(team.name, (0.0, None))[0]:
                most[team.name] = needed, node
    for name, needed in work.items():
        team = subject.names.table[name]
        offered = capacity(team.part)
        if needed >= offered * (1 - 1e-12):
            each = offered / team.part.people if team.part.people else 0.0
            people = math.ceil(needed / each / BUSY - 1e-9) if each else None
            share, node = most[name]
            yield found(
                "overloaded-team",
                team.part,
                "people",
                name=name,
                load=f"{needed / offered:.0%}" if offered else None,
                enough=people,
                notes=(((node, "takes"), f"most of it, {share / needed:.0%}, comes from `{node.name}`"),),
            )


def arrival_rate(workflow: Workflow) -> float | None:
    """Cases per second of the calendar; None where cases do not keep coming."""
    arrivals = workflow.arrivals
    if isinstance(arrivals, PoissonArrivals):
        return float(arrivals.per_second)
    if isinstance(arrivals, RenewalArrivals):
        gap = work_seconds(arrivals.gap, Calendar.of(()))
        return 1 / gap if gap > 0 else None
    return None
