"""Names: every one is known, means one thing, and is of the kind that its place needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mpmflow.diagnostics.suggest import nearest
from mpmflow.model import scenes
from mpmflow.model.flow import Flow
from mpmflow.model.levers import CLAUSES
from mpmflow.model.observations import SeriesSource
from mpmflow.model.process import Call, Workflow, walk

from ..findings import Finding, found
from ..names import MEASURED, NODE_KINDS, Names
from .subject import Subject


def doubles(subject: Subject) -> Iterator[Finding]:
    """Two things of one name; a column of the log that a metric or indicator hides."""
    names = subject.names
    for double in names.doubles:
        here, other = (double.earlier, double.later) if double.imported else (double.later, double.earlier)
        where = " of an imported file" if double.imported else ""
        yield found(
            "duplicate-name",
            here.part,
            "name",
            name=here.name,
            kind=here.words,
            other=other.words,
            where=where,
            usage=f"call {here.part.workflow} as second_{here.name}" if here.kind == "call" else None,
            notes=(((other.part, "name"), f"{other.words} of that name is here"),),
        )
    for name, column in names.columns.items():
        entry = names.table.get(name)
        if entry is not None:
            yield found(
                "shadowed-name",
                column.part,
                "name",
                name=name,
                other=entry.words,
                notes=(((entry.part, "name"), f"{entry.words} of that name is here"),),
            )


def process_names(subject: Subject) -> Iterator[Finding]:
    """Teams, called workflows and the targets of arrows."""
    for workflow in subject.model.workflows:
        for node in workflow.nodes():
            by = getattr(node, "by", None)
            if by is not None:
                yield from expect(subject.names, node, "by", by, ("team",), "team", "work is done by a team")
            if isinstance(node, Call):
                yield from expect(
                    subject.names,
                    node,
                    "workflow",
                    node.workflow,
                    ("workflow",),
                    "workflow",
                    "only a workflow can be called",
                )
        yield from _loose(subject, workflow, subject.flow(workflow))


def _loose(subject: Subject, workflow: Workflow, flow: Flow) -> Iterator[Finding]:
    room = subject.names.local.get(workflow.name, {})
    nodes = {node.name: node for node in walk(workflow.body) if node.name}
    for loose in flow.loose:
        source = nodes.get(loose.source.removesuffix(".join"))
        part: Any = workflow if source is None else source
        clause = "start" if source is None else "target"
        if loose.outcome is not None:
            part, clause = loose.outcome, "target"
            if loose.outcome.at_most and loose.outcome.at_most.target == loose.name != loose.outcome.target:
                part = loose.outcome.at_most
        if loose.why != "unknown":
            yield found("arrow-across-branch", part, clause, name=loose.name, why=loose.why)
            continue
        entry = subject.names.find(loose.name)
        if entry is None or entry.kind in ("column",):
            known = [*room, "done", "scrap"]
            yield found(
                "unknown-name",
                part,
                clause,
                kind="statement",
                name=loose.name,
                where="in this workflow",
                **_meant(nearest(loose.name, known), known),
            )
        elif entry.kind in NODE_KINDS and entry.workflow is not None:
            yield found(
                "arrow-to-other-workflow",
                part,
                clause,
                name=loose.name,
                workflow=entry.workflow.name,
                here=workflow.name,
            )
        else:
            yield found(
                "wrong-kind",
                part,
                clause,
                name=loose.name,
                found=entry.words,
                wanted="an arrow leads to a statement of its workflow",
                hint=None,
            )


def expect(
    names: Names, part: Any, clause: str, name: str, kinds: tuple[str, ...], kind: str, wanted: str
) -> Iterator[Finding]:
    """What is wrong where a name of one of these kinds must stand: there is none, or it is something else."""
    entry = names.find(name) or (names.columns.get(name) if "column" in kinds else None)
    if entry is not None and (entry.kind in kinds or (entry.is_lever and "lever" in kinds)):
        return
    if entry is None and "node" in kinds:
        entry = names.node(name)
        if entry is not None:
            return
    if entry is None:
        near = names.nearest(name, NODE_KINDS | {"team"} if "node" in kinds else kinds)
        known = [] if near else list(names.of_kind(frozenset(kinds) & _DECLARED or kinds))
        yield found("unknown-name", part, clause, kind=kind, name=name, **_meant(near, known))
    else:
        yield found(
            "wrong-kind", part, clause, name=name, found=entry.words, wanted=wanted, hint=_hint(names, name, kinds)
        )


_DECLARED = frozenset({"metric", "indicator"})
"""What is listed first where anything observed may be named: the outcomes and waits of every step would be too many."""

_MOST_KNOWN = 8


def _meant(near: tuple[str, ...], known: Iterable[str]) -> dict[str, Any]:
    """The facts for `did you mean`, or else for what is known: all of it, or the first few."""
    if near:
        return {"nearest": near}
    there = sorted(set(known))
    return {"known": there[:_MOST_KNOWN], "others": max(0, len(there) - _MOST_KNOWN) or None}


def _hint(names: Names, name: str, kinds: tuple[str, ...]) -> str | None:
    """What of the thing named could have been meant: `brief_complete.no` for the decision `brief_complete`."""
    entry = names.find(name)
    if entry is None or "." in name:
        return None
    has = [one for one in names.of_kind(kinds) if one.startswith(f"{name}.")]
    return f"it has {', '.join(f'`{one}`' for one in has[:5])}" if has else None


_OBSERVED = tuple(sorted(MEASURED))


def measure_names(subject: Subject) -> Iterator[Finding]:
    """Names in causes, scenarios and data. Those in expressions are found with their units."""
    names = subject.names
    for cause in subject.model.causes:
        for clause, name in (("source", cause.source), ("effect", cause.effect)):
            yield from expect(
                names, cause, clause, name, _OBSERVED, "metric or indicator", "a cause needs a metric or an indicator"
            )
    for source in subject.model.data:
        if isinstance(source, SeriesSource):
            for column in source.columns:
                if column.name is not None:
                    yield from expect(
                        names,
                        column,
                        "name",
                        column.name,
                        _OBSERVED,
                        "metric or indicator",
                        "a column of a series holds a metric or an indicator",
                    )
    wanted = "a scenario sets a number such as " + _lever_examples(names)
    for scenario in subject.model.scenarios:
        seen: dict[str, Any] = {}
        for setting in scenario.settings:
            yield from expect(names, setting, "lever", setting.lever, ("lever", "outcome"), "setting", wanted)
            if setting.lever in seen:
                yield found(
                    "duplicate-name",
                    setting,
                    "lever",
                    name=setting.lever,
                    kind="a setting",
                    other="a setting",
                    where=" of this scenario",
                    notes=(((seen[setting.lever], "lever"), "it is set here first"),),
                )
            seen.setdefault(setting.lever, setting)


def _lever_examples(names: Names) -> str:
    found_: dict[str, str] = {}
    for name, entry in names.table.items():
        if entry.kind == "decision":
            found_.setdefault("decision", f"{name}.{entry.part.outcomes[0].name}")
        elif entry.kind in ("step", "team", "workflow"):
            found_.setdefault(entry.kind, f"{name}.{CLAUSES[entry.kind][0]}")
    known = [found_[kind] for kind in ("decision", "step", "team", "workflow") if kind in found_]
    return ", ".join(f"`{name}`" for name in known or ["brief_complete.no", "legal.people"])


def goal_names(subject: Subject) -> Iterator[Finding]:
    """Names in objectives, initiatives, commitments and benchmarks."""
    names = subject.names
    for objective, _ in subject.model.objective_tree():
        for position, metric in enumerate(objective.measured_by):
            yield from expect(
                names,
                objective,
                f"measured_by.{position}",
                metric,
                ("metric",),
                "metric",
                "an objective is measured by metrics",
            )
    for initiative in subject.model.initiatives:
        for move in initiative.moves:
            yield from expect(
                names,
                move,
                "lever",
                move.lever,
                ("lever", *_OBSERVED),
                "setting, metric or indicator",
                "an initiative moves a setting, a metric or an indicator",
            )
        for position, served in enumerate(initiative.serves):
            yield from expect(
                names,
                initiative,
                f"serves.{position}",
                served,
                ("objective",),
                "objective",
                "an initiative serves objectives",
            )
    for commitment in subject.model.commitments:
        for promise in commitment.promises:
            yield from expect(
                names, promise, "metric", promise.metric, ("metric",), "metric", "a commitment promises a metric"
            )
    for benchmark in subject.model.benchmarks:
        yield from expect(
            names, benchmark, "metric", benchmark.metric, ("metric",), "metric", "a benchmark is about a metric"
        )


def test_names(subject: Subject) -> Iterator[Finding]:
    """Names in tests, and columns of their examples that are used nowhere."""
    names = subject.names
    for test in subject.model.tests:
        for given in test.given:
            yield from expect(
                names,
                given,
                "name",
                given.name,
                _OBSERVED,
                "metric or indicator",
                "observed values are those of a metric or an indicator",
            )
        for expected in test.expects:
            if isinstance(expected, scenes.ExpectSpread):
                yield from expect(
                    names,
                    expected,
                    "node",
                    expected.node,
                    ("node", "team", *NODE_KINDS),
                    "step, decision or team",
                    "delay and rework are looked for at a step or a decision",
                )
            elif isinstance(expected, scenes.ExpectLevel):
                yield from expect(
                    names,
                    expected,
                    "name",
                    expected.name,
                    _OBSERVED,
                    "metric or indicator",
                    "only a metric or an indicator has a value",
                )
            else:
                wanted = "only an indicator that is declared has rules, and so a state"
                yield from expect(names, expected, "name", expected.name, ("indicator",), "declared indicator", wanted)
            if isinstance(expected, scenes.ExpectState):
                yield from _state(test, expected)


STATES = ("ok", "pending", "warn", "alert", "unknown")


def _state(test: scenes.Test, expected: scenes.ExpectState) -> Iterator[Finding]:
    columns = test.examples.columns if test.examples else ()
    if expected.state in columns:
        assert test.examples is not None
        position = columns.index(expected.state)
        for row in test.examples.rows:
            state = row[position]
            if not isinstance(state, str) or state not in STATES:
                yield found(
                    "unknown-state",
                    test.examples,
                    name=str(state),
                    nearest=nearest(str(state), STATES),
                    known=list(STATES),
                )
    elif expected.state not in STATES:
        yield found(
            "unknown-state",
            expected,
            "state",
            name=expected.state,
            nearest=nearest(expected.state, STATES),
            known=list(STATES),
        )
