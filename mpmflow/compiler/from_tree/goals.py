"""Objectives, initiatives, commitments, benchmarks and data sources: from the tree to the model."""

from __future__ import annotations

from typing import Any

from mpmflow.model import goals, observations
from mpmflow.syntax import tree

from . import figures
from .bridge import Bridge
from .process import allows, label, word

MAX_DEPTH = 40


def objective(bridge: Bridge, written: tree.Objective, depth: int = 0) -> goals.Objective:
    """An objective with those below it. One without a level is reported and taken for the next level down."""
    if written.level is None:
        bridge.fault(
            "missing-part",
            written.name.span,
            name=written.name.text,
            kind="objective",
            what="level",
            cure="say `enterprise`, `business_unit`, `department` or `function` behind its name",
        )
    children: tuple[tree.Objective, ...] = written.objectives
    if depth >= MAX_DEPTH and children:
        bridge.fault("too-deep", children[0].span, limit=MAX_DEPTH)
        children = ()
    made = bridge.part(
        goals.Objective,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        level=word(written.level) or goals.LEVELS[min(depth, len(goals.LEVELS) - 1)],
        measured_by=tuple(metric.text for metric in written.measured_by),
        target=figures.target(bridge, written.target) if written.target else None,
        owner=label(written.owner),
        children=tuple(objective(bridge, child, depth + 1) for child in children),
    )
    bridge.mark(
        made,
        name=written.name,
        level=written.level,
        measured_by=written.measured_by,
        target=written.target,
        owner=written.owner,
    )
    return made


def initiative(bridge: Bridge, written: tree.Initiative) -> goals.Initiative:
    """An initiative: what it moves, costs and serves."""
    made = bridge.part(
        goals.Initiative,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        moves=tuple(_move(bridge, move) for move in written.moves),
        costs=figures.money(bridge, written.costs) if written.costs else None,
        owner=label(written.owner),
        serves=tuple(served.text for served in written.serves),
    )
    bridge.mark(made, name=written.name, costs=written.costs, owner=written.owner, serves=written.serves)
    return made


def _move(bridge: Bridge, written: tree.Move) -> goals.Move:
    made = bridge.part(
        goals.Move,
        written.span,
        lever=written.name.text,
        start=figures.quantity(bridge, written.before),
        goal=figures.quantity(bridge, written.after),
        by=figures.day(bridge, written.by),
    )
    bridge.mark(made, lever=written.name, start=written.before, goal=written.after, by=written.by)
    return made


def commitment(bridge: Bridge, written: tree.Commitment) -> goals.Commitment:
    """A commitment: who promises what, and what follows."""
    made = bridge.part(
        goals.Commitment,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        by=label(written.by),
        promises=tuple(_promise(bridge, promise) for promise in written.promises),
        if_met=label(written.if_met),
        if_missed=label(written.if_missed),
        reminders=tuple(_reminder(bridge, reminder) for reminder in written.reminders),
    )
    bridge.mark(made, name=written.name, by=written.by)
    return made


def _reminder(bridge: Bridge, written: tree.Reminder) -> goals.Reminder:
    made = bridge.part(
        goals.Reminder,
        written.span,
        actions=tuple(action.text for action in written.actions),
        before=tuple(figures.span_of_time(bridge, span) for span in written.before),
    )
    bridge.mark(made, actions=written.actions, before=written.before)
    return made


def _promise(bridge: Bridge, written: tree.Promise) -> goals.Promise:
    made = bridge.part(
        goals.Promise, written.span, metric=written.metric.text, target=figures.target(bridge, written.target)
    )
    bridge.mark(made, metric=written.metric)
    return made


def benchmark(bridge: Bridge, written: tree.Benchmark) -> goals.Benchmark:
    """What others reach on a metric."""
    made = bridge.part(
        goals.Benchmark,
        written.span,
        allow=allows(bridge, written.allows),
        metric=written.metric.text,
        value=figures.quantity(bridge, written.value),
        label=label(written.label),
        source=label(written.source),
    )
    bridge.mark(made, metric=written.metric, value=written.value, source=written.source)
    return made


def data(bridge: Bridge, written: tree.Data) -> list[Any]:
    """The sources of a data block; what the block allows, each of its sources allows."""
    sources: list[Any] = []
    for position, source in enumerate(written.sources):
        kind: Any = observations.LogSource if isinstance(source, tree.Log) else observations.SeriesSource
        columns = []
        for column in source.columns:
            if isinstance(column, tree.RoleColumn):
                made = bridge.part(observations.Column, column.span, role=column.role, column=_text(column.column))
            else:
                made = bridge.part(
                    observations.Column,
                    column.span,
                    name=column.name.text,
                    type=column.type,
                    column=_text(column.column),
                )
                bridge.mark(made, name=column.name)
            columns.append(made)
        given = allows(bridge, written.allows) if position == 0 else sources[0].allow
        said: dict[str, Any] = {"query": _text(source.query)}
        if isinstance(source, tree.Log):
            said["ignore"] = tuple(activity.value for activity in source.ignore)
        made = bridge.part(kind, source.span, path=source.path.value, columns=tuple(columns), allow=given, **said)
        bridge.mark(made, path=source.path, query=source.query)
        bridge.files.append((observations.file_behind(source.path.value), source.path.span))
        sources.append(made)
    return sources


def _text(written: tree.Word | tree.Text | None) -> str | None:
    return None if written is None else str(written)
