"""Whether a forecast that was made with one version of a model may be held against what another version measures.

A forecast stays comparable while its metric is *defined* as before: the formula, what the formula rests on, the unit,
the direction, the column of data, and the kind of the target. The level of a target, its date, and how the process runs
are no part of that: those are what forecasts are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mpmflow.analysis.risk.prepared import targets_of
from mpmflow.compiler.clauses import formula_text
from mpmflow.compiler.functions import WORKFLOW_FUNCTIONS, expand
from mpmflow.compiler.names import Named, Names
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.expressions import Amount, Binary, Expression, Function, Reference, Unary, walk
from mpmflow.model.measures import Metric, Target
from mpmflow.model.model import Model
from mpmflow.model.observations import Column, SeriesSource
from mpmflow.model.process import Choose, Decision, End, Workflow
from mpmflow.model.units import parse_unit


@dataclass(frozen=True, slots=True)
class Comparable:
    """Whether a metric is the same thing in two versions of a model.

    Attributes:
        same: past forecasts of it may be held against what comes now.
        why: what differs, one sentence each; empty where it is the same.
    """

    same: bool
    why: tuple[str, ...] = ()


def comparable(old: Model, new: Model, metric: str) -> Comparable:
    """Whether past forecasts of a metric, made with `old`, can be compared with what `new` measures under that name.

    Followed to the ground: a formula over metrics is the same only if those are too. `late(W)` rests on the deadline,
    `first_pass(W)` on which outcomes are rework; a share on the events that count it.

    >>> from mpmflow.model.expressions import Binary
    >>> def model(*metrics):
    ...     return Model(metrics=metrics)
    >>> spend, leads = (Metric(name=name, category="output") for name in ("spend", "leads"))
    >>> cost = Metric(name="cost", category="operational",
    ...               formula=Binary(operator="/", left=Reference(name="spend"), right=Reference(name="leads")))
    >>> comparable(model(spend, leads, cost), model(leads, spend, cost), "cost")
    Comparable(same=True, why=())
    >>> comparable(model(spend, leads, cost), model(spend, leads), "cost").why
    ('there is no metric cost in the new version',)
    """
    before, after = _metric(old, metric), _metric(new, metric)
    missing = [
        f"there is no metric {metric} in the {word} version" + (f"; nearest: {', '.join(near)}" if near else "")
        for word, there, model in (("old", before, old), ("new", after, new))
        if there is None
        for near in [nearest(metric, _metrics(model)) if before is None and after is None else ()]
    ]
    if before is None or after is None:
        return Comparable(False, tuple(missing))
    why = [*_Definitions(old, new).metric(before, after), *_targets(before, after, old, new)]
    return Comparable(not why, tuple(dict.fromkeys(why)))


def _metric(model: Model, name: str) -> Metric | None:
    return next((found for one in Names(model).models if (found := one.metrics.get(name)) is not None), None)


def _metrics(model: Model) -> list[str]:
    return [name for one in Names(model).models for name in one.metrics.names]


class _Definitions:
    """What differs in the definitions of things of one name; each pair is looked at once, so loops end."""

    def __init__(self, old: Model, new: Model) -> None:
        self.old, self.new = Names(old), Names(new)
        self._seen: set[str] = set()

    def metric(self, before: Metric, after: Metric) -> Iterator[str]:
        name = before.name
        if name in self._seen:
            return
        self._seen.add(name)
        if before.better != after.better:
            yield f"{name}: better was {before.better or 'not said'}, now it is {after.better or 'not said'}"
        yield from self._units(before, after)
        if before.formula is None and after.formula is None:
            yield from self._columns(name)
        elif before.formula is None or after.formula is None:
            was, now = (_computed(one.formula) for one in (before, after))
            yield f"{name}: it {was}, now it {now}"
        else:
            yield from self.formula(name, before.formula, after.formula)

    def _units(self, before: Metric, after: Metric) -> Iterator[str]:
        """Of a formula the unit only says how the figure is shown; numbers of data are read in it."""
        if before.unit == after.unit:
            return
        was, now = parse_unit(before.unit or ""), parse_unit(after.unit or "")
        from_data = before.formula is None or after.formula is None
        if from_data or (before.unit and after.unit and not was.measures_same_as(now)):
            yield f"{before.name}: its unit was {before.unit or 'not said'}, now it is {after.unit or 'not said'}"

    def _columns(self, name: str) -> Iterator[str]:
        was, now = (_column(names, name) for names in (self.old, self.new))
        if was != now:
            yield f"{name}: it was read from the column “{was}”, now from “{now}”"

    def formula(self, name: str, before: Expression, after: Expression) -> Iterator[str]:
        """What differs in two formulas, and in all that they rest on."""
        if _plain(before) != _plain(after):
            yield f"{name}: its formula was {formula_text(before)}, now it is {formula_text(after)}"
            return
        for part in walk(before):
            if isinstance(part, Function) and part.function in WORKFLOW_FUNCTIONS:
                for argument in part.arguments:
                    if isinstance(argument, Reference):
                        yield from self._workflow(name, part.function, argument.name)
            elif isinstance(part, Reference):
                yield from self._reference(name, part.name)

    def _reference(self, name: str, mentioned: str) -> Iterator[str]:
        if mentioned in self.old.columns or mentioned in self.new.columns:
            was, now = (names.columns.get(mentioned) for names in (self.old, self.new))
            if _behind(was) != _behind(now):
                yield f"{name}: {mentioned} was the {_behind(was)}, now it is the {_behind(now)}"
            return
        was, now = self.old.find(mentioned), self.new.find(mentioned)
        if was is None or now is None or was.kind != now.kind:
            yield f"{name}: {mentioned} was {_kind(was)}, now it is {_kind(now)}"
        elif was.kind == "metric":
            yield from self.metric(was.part, now.part)
        elif was.kind == "indicator":
            if mentioned not in self._seen:
                self._seen.add(mentioned)
                yield from self.formula(mentioned, was.part.measure, now.part.measure)
        elif getattr(was.part, "seen_as", None) != getattr(now.part, "seen_as", None):
            yield f"{name}: {mentioned} is counted by other events of the log than before"

    def _workflow(self, name: str, function: str, workflow: str) -> Iterator[str]:
        was, now = self.old.find(workflow), self.new.find(workflow)
        if was is None or now is None or was.kind != now.kind:
            yield f"{name}: {workflow} was {_kind(was)}, now it is {_kind(now)}"
        elif was.kind == "workflow":
            yield from (f"{name}: {said}" for said in _counted(function, was.part, now.part))


def _counted(function: str, before: Workflow, after: Workflow) -> Iterator[str]:
    """What a function of a workflow counts, where two versions of the workflow do not mean the same by it."""
    if function == "late" and before.deadline != after.deadline:
        was, now = (str(one.deadline) if one.deadline is not None else "not said" for one in (before, after))
        yield f"the deadline of {before.name} was {was}, now it is {now}"
    if function in ("first_pass", "rework"):
        was_rework, now_rework = _reworked(before), _reworked(after)
        for outcome in sorted(was_rework.keys() & now_rework.keys()):
            if was_rework[outcome] != now_rework[outcome]:
                was, now = ("was", "is not") if was_rework[outcome] else ("was not", "is")
                yield f"{outcome} {was} rework, now it {now}"
    if function in ("yield", "scrap", "throughput", "first_pass"):
        was_end, now_end = _ends(before), _ends(after)
        for end in sorted(was_end.keys() & now_end.keys()):
            if was_end[end] != now_end[end]:
                yield f"the end {end} was {was_end[end]}, now it is {now_end[end]}"


def _reworked(workflow: Workflow) -> dict[str, bool]:
    nodes = (node for node in workflow.nodes() if isinstance(node, Decision | Choose))
    return {f"{node.name}.{outcome.name}": outcome.rework for node in nodes for outcome in node.outcomes}


def _ends(workflow: Workflow) -> dict[str, str]:
    return {node.name: node.kind for node in workflow.nodes() if isinstance(node, End) and node.name is not None}


def _computed(formula: Expression | None) -> str:
    return "came from data" if formula is None else f"is computed as {formula_text(formula)}"


def _kind(named: Named | None) -> str:
    return named.words if named is not None else "not there"


def _column(names: Names, name: str) -> str:
    """The column of the series that holds a metric: the one that the data block names, else the metric's own name."""
    series = (source for model in names.models for source in model.data if isinstance(source, SeriesSource))
    said = (column.source for source in series for column in source.columns if column.name == name)
    return next(said, name)


def _behind(named: Named | None) -> str:
    if named is None:
        return "metric or indicator of that name"
    column: Column = named.part
    return f"column “{column.source}” of the log" + (f" as {column.type}" if column.type else "")


def _plain(expression: Expression) -> Any:
    """A formula with ready-made KPIs written out, and all parts as tuples: equal where the formulas mean the same."""
    if isinstance(expression, Function):
        expression = expand(expression)
    match expression:
        case Function():
            return (expression.function, *map(_plain, expression.arguments))
        case Unary():
            return (expression.operator, _plain(expression.operand))
        case Binary():
            return (expression.operator, _plain(expression.left), _plain(expression.right))
        case Amount():
            return (expression.value.base, expression.value.measure.powers)
    return expression.name


def _targets(before: Metric, after: Metric, old: Model, new: Model) -> Iterator[str]:
    """Targets of another kind: the other direction, another span, the other way of counting; not another level."""
    was, now = targets_of(old).get(before.name), targets_of(new).get(after.name)
    if was is None or now is None:
        return
    parts: tuple[tuple[str, Callable[[Target], str]], ...] = (
        ("the target was", lambda one: one.comparison),
        ("the target counted", _span),
    )
    for words, of in parts:
        if of(was) != of(now):
            yield f"{before.name}: {words} {of(was)}, now {of(now)}"


def _span(target: Target) -> str:
    if target.start is not None:
        return f"in total from {target.start.isoformat()}"
    return f"per {target.per}" if target.per is not None else "the one period of its date"
