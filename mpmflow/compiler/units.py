"""Units of names and formulas: what each is measured in, and what does not fit.

Every formula is walked once. Two counts set in relation by a ready-made rate (`conversion`, `churn`) are a share.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.expressions import Amount, Binary, Expression, Function, Reference, Unary
from mpmflow.model.measures import Indicator, Metric
from mpmflow.model.process import Team, Workflow
from mpmflow.model.units import NUMBER, SECONDS, TIME_UNITS, Unit, parse_unit

from .findings import Finding, found
from .function_entries import ExpressionFunction
from .functions import FUNCTIONS, SPREAD_FUNCTIONS, find_function
from .measured import CASES, TRUTH, UNKNOWN, Type, counts_up, fits, of_quantity, show, two_currencies
from .names import MEASURED, Named, Names

_OF_ASPECT: dict[str, Type] = {
    **dict.fromkeys(("time", "wait", "takes", "waits", "deadline"), Type(SECONDS)),
    **dict.fromkeys(("load", "rounds", "people"), Type(NUMBER)),
    "open": Type(CASES),
    "arrivals": Type(CASES / SECONDS),
}
"""What stands behind a dot, by its word."""

_WANTED = {
    "share": ("a share", "margin, churn, discount and win rate are shares, such as 35%"),
    "number": ("a plain number", "write how many periods, such as 12"),
    "time": ("a time", "write how long it takes, such as 60d"),
}
"""Kinds of arguments of which only the unit is asked, in words, and what to write."""

COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "!="})


class Units:
    """The units of a model: of everything that has a name, and of every expression.

    Attributes:
        findings: what does not fit, found while types were asked for; each formula speaks once.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.findings: list[Finding] = []
        self._types: dict[int, Type] = {}
        self._open: set[int] = set()

    # --- names ---

    def of_name(self, name: str) -> Type:
        """The type of what a dotted name refers to; unknown for what has no value."""
        entry = self.names.find(name)
        return UNKNOWN if entry is None else self.of_named(entry)

    def of_named(self, entry: Named) -> Type:
        """The type of a metric, an indicator, a setting, a column."""
        if entry.kind in ("metric", "indicator"):
            return self._of_part(entry.part)
        if entry.kind == "column":
            return Type(SECONDS) if entry.part.type == "time" else UNKNOWN
        if entry.aspect.endswith(".delay"):
            return Type(SECONDS)
        if entry.owner is not None and entry.part is not entry.owner:
            return Type(NUMBER)  # the share of an outcome
        if entry.aspect in ("cost", "costs"):
            currency = self.currency_of_workflow(entry.workflow) if entry.workflow else self._own_currency(entry.part)
            per_time = "/h" if entry.aspect == "cost" else ""
            return UNKNOWN if currency is None else Type(parse_unit(f"{currency}{per_time}"))
        return _OF_ASPECT.get(entry.aspect, UNKNOWN)

    def _own_currency(self, team: Team) -> str | None:
        return team.cost.measure.currencies[0] if team.cost and team.cost.measure.currencies else None

    def _of_part(self, part: Metric | Indicator) -> Type:
        key = id(part)
        known = self._types.get(key)
        if known is not None:
            return known
        if key in self._open:
            self.findings.append(
                found("formula-loop", part, "formula" if isinstance(part, Metric) else "measure", name=part.name)
            )
            return UNKNOWN
        self._open.add(key)
        self._types[key] = made = self._of_metric(part) if isinstance(part, Metric) else self.of(part.measure, part)
        self._open.discard(key)
        return made

    def _of_metric(self, metric: Metric) -> Type:
        declared = self._declared(metric)
        if metric.formula is None:
            return Type(NUMBER) if declared is None else Type(declared, flow=counts_up(declared))
        computed = self.of(metric.formula, metric)
        if computed.truth:
            self.findings.append(found("not-a-figure", metric, "formula", name=metric.name))
            return UNKNOWN
        if declared is None:
            return Type(computed.unit, flow=computed.flow)
        if computed.unit is not None and not fits(Type(declared), Type(computed.unit, literal=computed.literal)):
            ratio = not declared.powers and not computed.unit.without_counts().powers
            if not ratio:
                self.findings.append(
                    found(
                        "unit-of-formula",
                        metric,
                        "unit",
                        name=metric.name,
                        declared=metric.unit or "",
                        computed=show(computed.unit),
                        notes=(((metric, "formula"), "the formula is here"),),
                    )
                )
        return Type(declared, flow=computed.flow)

    def _declared(self, metric: Metric) -> Unit | None:
        return None if metric.unit is None else parse_unit(metric.unit)

    def currency_of_workflow(self, workflow: Workflow) -> str | None:
        """The currency that a workflow's costs are in; the first one if they are mixed, None if nothing costs."""
        return next(iter(self.currencies_of_workflow(workflow)), None)

    def currencies_of_workflow(self, workflow: Workflow, seen: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Every currency that a workflow's costs are in, each with the part that first uses it."""
        used: dict[str, Any] = {}
        for node in workflow.nodes():
            costs = getattr(node, "costs", None)
            if costs is not None and costs.measure.currencies:
                used.setdefault(costs.measure.currencies[0], node)
            team = self.names.table.get(getattr(node, "by", None) or "")
            if team is not None and team.kind == "team" and team.part.cost is not None:
                for currency in team.part.cost.measure.currencies:
                    used.setdefault(currency, team.part)
            called = self.names.table.get(getattr(node, "workflow", None) or "")
            if called is not None and called.kind == "workflow" and called.name not in seen:
                for currency, part in self.currencies_of_workflow(called.part, seen | {workflow.name}).items():
                    used.setdefault(currency, part)
        return used

    # --- expressions ---

    def of(self, expression: Expression, home: Any) -> Type:
        """The type of an expression that stands in the part `home`; what does not fit becomes a finding, once."""
        key = id(expression)
        known = self._types.get(key)
        if known is None:
            self._types[key] = known = self._of(expression, home)
        return known

    def _of(self, expression: Expression, home: Any) -> Type:
        if isinstance(expression, Amount):
            return of_quantity(expression.value)
        if isinstance(expression, Reference):
            return self._reference(expression, home)
        if isinstance(expression, Unary):
            operand = self.of(expression.operand, home)
            if expression.operator == "not":
                self._want_truth(expression.operand, operand, "not")
                return TRUTH
            return self._want_figure(expression.operand, operand, "-")
        if isinstance(expression, Function):
            return self._function(expression, home)
        return self._binary(expression, home)

    def _reference(self, reference: Reference, home: Any) -> Type:
        entry = self.names.find(reference.name) or self.names.columns.get(reference.name)
        if entry is None:
            near = self.names.nearest(reference.name, MEASURED | {"workflow", "column"})
            self.findings.append(
                found(
                    "unknown-name",
                    reference,
                    kind="metric or indicator",
                    name=reference.name,
                    nearest=near,
                    declare=None if near or "." in reference.name else reference.name,
                )
            )
            return UNKNOWN
        if entry.kind in MEASURED:
            if entry.part is home and entry.kind in ("metric", "indicator"):
                self.findings.append(found("formula-loop", reference, name=entry.name))
                return UNKNOWN
            return self.of_named(entry)
        hints = {
            "workflow": f"say which figure of it, as in `time({entry.name})` or `{entry.name}.arrivals`",
            "column": f"a column has a value for every event; say `mean({entry.name})` or `sum({entry.name})`",
            "decision": f"say which figure of it: `{entry.name}.{_first_outcome(entry)}` or `{entry.name}.rounds`",
            "step": f"say which figure of it: `{entry.name}.time` or `{entry.name}.wait`",
            "team": f"say which figure of it: `{entry.name}.load`",
        }
        self.findings.append(
            found(
                "wrong-kind",
                reference,
                name=entry.name,
                found=entry.words,
                wanted="a formula needs a metric or an indicator",
                hint=hints.get(entry.kind),
            )
        )
        return UNKNOWN

    def _want_truth(self, part: Any, given: Type, where: str) -> None:
        if not given.truth and given.unit is not None:
            self.findings.append(found("not-a-condition", part, where=where, unit=show(given.unit)))

    def _want_figure(self, part: Any, given: Type, where: str) -> Type:
        if given.truth:
            self.findings.append(found("condition-as-figure", part, where=where))
            return UNKNOWN
        return given

    def _binary(self, expression: Binary, home: Any) -> Type:
        chain: list[Binary] = []
        left_most: Expression = expression
        while isinstance(left_most, Binary) and id(left_most) not in self._types:
            chain.append(left_most)
            left_most = left_most.left
        made = self.of(left_most, home)
        for link in reversed(chain):
            made = self._joined(link, made, self.of(link.right, home))
            self._types[id(link)] = made
        return made

    def _joined(self, link: Binary, left: Type, right: Type) -> Type:
        operator = link.operator
        if operator in ("and", "or"):
            self._want_truth(link.left, left, operator)
            self._want_truth(link.right, right, operator)
            return TRUTH
        left = self._want_figure(link.left, left, operator)
        right = self._want_figure(link.right, right, operator)
        if operator in COMPARISONS or operator in "+-":
            if not fits(left, right):
                self._mismatch(link, left, right)
                return TRUTH if operator in COMPARISONS else UNKNOWN
            if operator in COMPARISONS:
                return TRUTH
            fuller = right if left.unit is None or left.zero or (left.literal and not right.literal) else left
            return Type(fuller.unit, literal=left.literal and right.literal, flow=left.flow or right.flow)
        if operator == "^":
            return self._power(link, left, right)
        if left.unit is None or right.unit is None:
            return UNKNOWN
        literal = left.literal and right.literal
        if operator == "*":
            flow = (left.flow and not right.unit.powers) or (right.flow and not left.unit.powers)
            return Type(left.unit * right.unit, literal=literal, flow=flow)
        return Type(
            left.unit / right.unit, literal=literal, flow=left.flow and not right.flow and not right.unit.powers
        )

    def _power(self, link: Binary, base: Type, exponent: Type) -> Type:
        if base.unit is None or exponent.unit is None:
            return UNKNOWN
        if exponent.unit.powers:
            self.findings.append(found("power-with-unit", link.right, unit=show(exponent.unit)))
            return UNKNOWN
        if not base.unit.powers:
            return Type(NUMBER, literal=base.literal)
        power = link.right.value.base if isinstance(link.right, Amount) else None
        if power is None or power.denominator != 1 or power > 9:
            self.findings.append(found("power-of-unit", link.right, unit=show(base.unit)))
            return UNKNOWN
        return Type(base.unit ** int(power), literal=base.literal)

    def _mismatch(self, link: Binary, left: Type, right: Type) -> None:
        assert left.unit is not None
        assert right.unit is not None
        notes = (
            ((link.left, ""), f"{_describe(link.left)} is measured in: {show(left.unit)}"),
            ((link.right, ""), f"{_describe(link.right)} is measured in: {show(right.unit)}"),
        )
        verb = "compared" if link.operator in COMPARISONS else "added" if link.operator == "+" else "subtracted"
        self.findings.append(
            found(
                "unit-mismatch",
                link,
                left=show(left.unit),
                right=show(right.unit),
                verb=verb,
                currencies=two_currencies(left.unit, right.unit),
                notes=notes,
            )
        )

    # --- functions ---

    def _function(self, call: Function, home: Any) -> Type:
        entry = find_function(call.function)
        if entry is None:
            self.findings.append(
                found(
                    "unknown-function",
                    call,
                    "function",
                    name=call.function,
                    nearest=nearest(call.function, FUNCTIONS),
                    known=sorted(FUNCTIONS),
                )
            )
            for argument in call.arguments:
                if not (isinstance(argument, Reference) and not self._has_value(argument)):
                    self.of(argument, home)
            return UNKNOWN
        signature = self._signature(entry, call)
        if signature is None:
            self.findings.append(found("wrong-arguments", call, name=call.function, usage=list(entry.usage)))
            return UNKNOWN
        types = [
            self._argument(kind, argument, call, home) for kind, argument in zip(signature, call.arguments, strict=True)
        ]
        return self._result(entry, call, signature, types)

    def _has_value(self, reference: Reference) -> bool:
        entry = self.names.find(reference.name)
        return entry is not None and entry.kind in MEASURED

    def _signature(self, entry: ExpressionFunction, call: Function) -> tuple[str, ...] | None:
        """The list of argument kinds that this call follows, or None when it follows none."""
        arguments = call.arguments
        for signature in entry.signatures:
            kinds = signature
            if kinds[-1] == "...":
                if len(arguments) < len(kinds) - 1:
                    continue
                kinds = kinds[:-1] + (kinds[-2],) * (len(arguments) - len(kinds) + 1)
            if len(kinds) == len(arguments) and all(map(self._may_be, kinds, arguments)):
                return kinds
        return None

    def _may_be(self, kind: str, argument: Expression) -> bool:
        if kind == "span":
            return isinstance(argument, Amount) and argument.value.unit in TIME_UNITS and argument.value.value > 0
        if kind == "workflow":
            return isinstance(argument, Reference)
        if kind == "outcome":
            return isinstance(argument, Reference)
        if kind == "column":
            return isinstance(argument, Reference) and argument.name in self.names.columns
        if kind == "spread":
            return isinstance(argument, Function) and argument.function in SPREAD_FUNCTIONS
        return True

    def _argument(self, kind: str, argument: Expression, call: Function, home: Any) -> Type:
        if kind == "workflow":
            assert isinstance(argument, Reference)
            self._want_named(argument, ("workflow",), "workflow", f"`{call.function}` needs a workflow")
            return UNKNOWN
        if kind == "outcome":
            assert isinstance(argument, Reference)
            self._want_named(
                argument,
                ("outcome",),
                "outcome of a decision",
                f"`{call.function}` needs an outcome of a decision, as in `brief_complete.no`",
            )
            return Type(NUMBER)
        if kind == "column":
            assert isinstance(argument, Reference)
            return self.of_named(self.names.columns[argument.name])
        given = self.of(argument, home)
        if kind == "truth":
            self._want_truth(argument, given, call.function)
            return given
        if kind == "span":
            return given
        if kind in _WANTED:
            self._want_kind(kind, argument, given, call)
        return self._want_figure(argument, given, call.function)

    def _want_kind(self, kind: str, argument: Expression, given: Type, call: Function) -> None:
        """A ready-made figure asks for a share, a plain number or a time here."""
        if given.unit is None:
            return
        fitting = given.unit.is_time if kind == "time" else not given.unit.without_counts().powers
        if not fitting and not given.zero:
            self.findings.append(
                found(
                    "not-a-share-argument",
                    argument,
                    name=call.function,
                    wanted=_WANTED[kind][0],
                    cure=_WANTED[kind][1],
                    unit=show(given.unit),
                )
            )

    def _want_named(self, reference: Reference, kinds: Iterable[str], kind: str, wanted: str) -> None:
        entry = self.names.find(reference.name)
        if entry is None:
            self.findings.append(
                found(
                    "unknown-name",
                    reference,
                    kind=kind,
                    name=reference.name,
                    nearest=self.names.nearest(reference.name, kinds),
                )
            )
        elif entry.kind not in kinds:
            self.findings.append(
                found("wrong-kind", reference, name=entry.name, found=entry.words, wanted=wanted, hint=None)
            )

    def _result(self, entry: ExpressionFunction, call: Function, signature: tuple[str, ...], types: list[Type]) -> Type:
        compared = ("value", "column", "spread")
        pairs = [
            (argument, type_)
            for kind, argument, type_ in zip(signature, call.arguments, types, strict=True)
            if kind in compared
        ]
        values = [type_ for _, type_ in pairs]
        flow = entry.flow == "always" or (entry.flow == "as argument" and any(type_.flow for type_ in values))
        rule = entry.unit
        if rule == "time":
            return Type(SECONDS)
        if rule == "money":
            return self._money(call)
        if rule == "cases":
            return Type(CASES, flow=flow)
        if rule in ("share", "count"):
            if entry.family == "kpi":
                self._agree(call, pairs, counts_apart=entry.name != "roi")
            return Type(NUMBER)
        if rule == "rate of change":
            return UNKNOWN if values[0].unit is None else Type(values[0].unit / SECONDS)
        if rule == "quotient":
            under = self._agree(call, pairs[1:])
            return UNKNOWN if values[0].unit is None or under.unit is None else Type(values[0].unit / under.unit)
        if rule == "first":
            return Type(values[0].unit)
        if rule == "first per time":
            both = values[0].unit, values[1].unit
            return UNKNOWN if both[0] is None or both[1] is None else Type(both[0] * both[1] / SECONDS)
        fuller = self._agree(call, pairs[-2:] if rule == "branches" else pairs)
        return Type(fuller.unit, flow=flow)

    def _agree(self, call: Function, pairs: list[tuple[Expression, Type]], *, counts_apart: bool = False) -> Type:
        """The unit that all these arguments share; a finding names the first that does not fit."""
        left, fullest = pairs[0]
        for right, given in pairs[1:]:
            if given.unit is not None and fullest.unit is not None and not fits(fullest, given):
                counts = not given.unit.without_counts().powers and not fullest.unit.without_counts().powers
                if not (counts_apart and counts):
                    notes = (
                        ((left, ""), f"{_describe(left)} is measured in: {show(fullest.unit)}"),
                        ((right, ""), f"{_describe(right)} is measured in: {show(given.unit)}"),
                    )
                    self.findings.append(
                        found(
                            "unit-mismatch",
                            call,
                            left=show(fullest.unit),
                            right=show(given.unit),
                            verb=f"given to `{call.function}` together",
                            currencies=two_currencies(fullest.unit, given.unit),
                            notes=notes,
                        )
                    )
                    return UNKNOWN
            if fullest.unit is None or fullest.zero or (fullest.literal and not given.literal):
                fullest = given
        return fullest

    def _money(self, call: Function) -> Type:
        argument = call.arguments[0]
        entry = self.names.table.get(argument.name) if isinstance(argument, Reference) else None
        if entry is None or entry.kind != "workflow":
            return UNKNOWN
        used = self.currencies_of_workflow(entry.part)
        if len(used) > 1:
            notes = tuple(((part, ""), f"{currency} is used here") for currency, part in used.items())
            self.findings.append(found("mixed-currencies", call, name=entry.name, currencies=list(used), notes=notes))
        return Type(parse_unit(next(iter(used)))) if len(used) == 1 else UNKNOWN


def _describe(expression: Any) -> str:
    if isinstance(expression, Reference):
        return f"`{expression.name}`"
    if isinstance(expression, Amount):
        return f"`{expression.value}`"
    if isinstance(expression, Function):
        return f"`{expression.function}(…)`"
    return "this part"


def _first_outcome(entry: Named) -> str:
    return str(entry.part.outcomes[0].name) if entry.kind == "decision" else ""


__all__ = ["Units"]
