"""From a rule and what it consists of to a node of the tree: one function for each rule of the grammar.

The parser calls these while it reads. Children are tokens, nodes and clauses; rules that only group (their names
start with `_`) have been unfolded already. A clause that may stand once and stands twice, and an outcome with a taken
name, are reported here, because here both can still be seen.

The module is as long as the grammar: one short function for each of its rules, in the same order, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.diagnostic import Diagnostic, Note
from mpmflow.diagnostics.source import Source, Span
from mpmflow.syntax import tree
from mpmflow.syntax.lexer import Token

__all__ = ["DEPTH", "TAKEN_OUTCOMES", "Builder", "Clause", "text_value"]

DEPTH = 200
"""How deep brackets, blocks and formulas may be nested."""

TAKEN_OUTCOMES = frozenset({"by", "takes", "waits", "costs", "owner", "rounds", "wait"})
"""Names that no outcome may have, because they are clauses or figures of the decision."""

_NUMBER = re.compile(r"(\d+/\d+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+(?!\w))?(?:[kM](?!\w))?)\s*(.*)", re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')

Child = Any


class Clause:
    """A clause on its way into its statement: the field that it fills, its value, and the words that name it."""

    __slots__ = ("field", "many", "span", "value", "words")

    def __init__(self, field: str, value: Any, span: Span, words: str, many: bool = False) -> None:
        self.field = field
        self.value = value
        self.span = span
        self.words = words
        self.many = many


def text_value(literal: str) -> str:
    """What a text between quotation marks says: `\\"` and `\\\\` resolved, any other backslash left alone."""
    inner = literal[1:-1]
    return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner


class Builder:
    """Makes the nodes of one source; what it objects to is appended to `diagnostics`."""

    def __init__(self, source: Source, diagnostics: list[Diagnostic]) -> None:
        self.source = source
        self.diagnostics = diagnostics

    # --- small things

    def span(self, children: list[Child]) -> Span:
        """From the first to the last of the children."""
        first, last = children[0], children[-1]
        start = first.start if type(first) is Token else first.span.start
        end = last.end if type(last) is Token else last.span.end
        return Span(self.source, start, end)

    def word(self, token: Token) -> tree.Word:
        return tree.Word(token.text, Span(self.source, token.start, token.end))

    def text(self, token: Token) -> tree.Text:
        return tree.Text(text_value(token.text), Span(self.source, token.start, token.end))

    def words(self, children: list[Child]) -> tuple[tree.Word, ...]:
        """The names among the children, dotted or not."""
        return tuple(
            self.word(child) for child in children if type(child) is Token and child.type in ("NAME", "DOTTED")
        )

    def name(self, children: list[Child]) -> tree.Word | None:
        """The first name among the children."""
        for child in children:
            if type(child) is Token and child.type in ("NAME", "DOTTED"):
                return self.word(child)
        return None

    def label(self, children: list[Child]) -> tree.Text | None:
        """The first text among the children."""
        for child in children:
            if type(child) is Token and child.type == "STRING":
                return self.text(child)
        return None

    def date(self, children: list[Child]) -> tree.Word | None:
        """The first date among the children."""
        for child in children:
            if type(child) is Token and child.type == "DATE":
                return self.word(child)
        return None

    def column(self, children: list[Child]) -> tree.Word | tree.Text:
        """The last name or text among the children: a column of a file."""
        token = next(c for c in reversed(children) if type(c) is Token and c.type in ("NAME", "DOTTED", "STRING"))
        return self.text(token) if token.type == "STRING" else self.word(token)

    def clauses(self, children: list[Child]) -> dict[str, Any]:
        """The clauses among the children, by field; those that may be repeated as tuples."""
        fields: dict[str, Any] = {}
        firsts: dict[str, Clause] = {}
        for child in children:
            if type(child) is not Clause:
                continue
            if child.many:
                fields[child.field] = (*fields.get(child.field, ()), *child.value)
            elif child.field in fields:
                note = Note(firsts[child.field].span, "it is said here first")
                self.diagnostics.append(diagnose("duplicate-clause", child.span, notes=[note], clause=child.words))
            else:
                fields[child.field] = child.value
                firsts[child.field] = child
        return fields

    def check_depth(self, node: tree.Node, span: Span) -> bool:
        """Whether a formula or a condition is nested within the limit; says so otherwise."""
        level: list[Any] = [node]
        depth = 0
        while level:
            depth += 1
            if depth > DEPTH:
                self.diagnostics.append(diagnose("too-deep", span, limit=DEPTH))
                return False
            below: list[Any] = []
            for one in level:
                if isinstance(one, tree.Binary):
                    below += (one.left, one.right)
                elif isinstance(one, tree.Unary):
                    below.append(one.operand)
                elif isinstance(one, tree.FunctionCall):
                    below += one.arguments
                elif isinstance(one, (tree.Not, tree.Held)):
                    below.append(one.condition)
                elif isinstance(one, (tree.AllOf, tree.AnyOf)):
                    below += one.conditions
            level = below
        return True

    # --- figures

    def quantity(self, children: list[Child]) -> tree.Quantity:
        sign = ""
        number = ""
        unit: str | None = None
        for token in children:
            if token.type == "SIGN":
                sign = token.text
            elif token.type == "PERCENT":
                number, unit = token.text[:-1].rstrip(), "%"
            elif token.type in ("NUMBER", "RATIO"):
                match = _NUMBER.match(token.text)
                assert match is not None
                number, unit = match.group(1), match.group(2) or None
            elif unit is None:
                unit = token.text
            else:
                span = self.span(children)
                self.diagnostics.append(diagnose("two-units", span, words=span.text, one=unit, two=token.text))
        return tree.Quantity(sign + number, unit, self.span(children))


Maker = Callable[[Builder, list[Child]], Any]
MAKERS: dict[str, Maker] = {}
"""The function of each rule, by the rule's name in the grammar."""


def _rule(name: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        MAKERS[name] = maker
        return maker

    return keep


def _nodes(children: list[Child], kind: type | tuple[type, ...]) -> tuple[Any, ...]:
    return tuple(child for child in children if isinstance(child, kind))


def _first(children: list[Child], kind: Any) -> Any:
    for child in children:
        if isinstance(child, kind):
            return child
    return None


def _clause(
    rule: str, field: str, words: str, value: Callable[[Builder, list[Child]], Any], *, many: bool = False
) -> None:
    """A rule that only carries a value into a field of its statement."""

    def make(b: Builder, c: list[Child]) -> Clause:
        return Clause(field, value(b, c), b.span(c), words, many)

    MAKERS[rule] = make


_DURATION = (tree.Quantity, tree.Between, tree.Distribution)
_QUANTITY = tree.Quantity


def _quantity_of(_: Builder, c: list[Child]) -> tree.Quantity:
    return cast(tree.Quantity, _first(c, _QUANTITY))


def _duration_of(_: Builder, c: list[Child]) -> Any:
    return _first(c, _DURATION)


MAKERS["quantity"] = MAKERS["figure"] = MAKERS["unsigned"] = MAKERS["percent"] = MAKERS["number"] = MAKERS["times"] = (
    Builder.quantity
)


@_rule("period_word")
def _period_word(b: Builder, c: list[Child]) -> tree.Quantity:
    return tree.Quantity("1", c[0].text, b.span(c))


@_rule("rate")
def _rate(b: Builder, c: list[Child]) -> tree.Rate:
    return tree.Rate(c[0], c[-1], b.span(c))


MAKERS["figure_rate"] = _rate


@_rule("between")
def _between(b: Builder, c: list[Child]) -> tree.Between:
    return tree.Between(c[0], c[-1], b.span(c))


@_rule("distribution")
def _distribution(b: Builder, c: list[Child]) -> tree.Distribution:
    return tree.Distribution(b.word(c[0]), _nodes(c, tree.Argument), b.span(c))


@_rule("argument")
def _argument(b: Builder, c: list[Child]) -> tree.Argument:
    quantity = _first(c, _QUANTITY)
    if quantity is not None:
        return tree.Argument(quantity, b.word(c[0]) if len(c) > 1 else None, b.span(c))
    return tree.Argument(b.column(c), None, b.span(c))


# --- shared clauses

_clause("owner", "owner", "owner", lambda b, c: b.label(c))
_clause("costs", "costs", "costs", _quantity_of)
_clause("by", "by", "by", lambda b, c: b.name(c[1:]))
_clause("takes", "takes", "takes", _duration_of)
_clause("waits", "waits", "waits", _duration_of)
_clause("arrow", "target", "->", lambda b, c: b.name(c[1:]))
_clause("better", "better", "is better", lambda b, c: c[0].text)


@_rule("allow")
def _allow(b: Builder, c: list[Child]) -> Clause:
    span = b.span(c)
    return Clause("allows", (tree.Allow(b.word(c[1]), b.text(c[2]), span),), span, "allow", many=True)


@_rule("where")
def _where(b: Builder, c: list[Child]) -> tree.Where:
    return tree.Where(b.column([x for x in c if type(x) is Token][:-1]), b.text(c[-1]), b.span(c))


MAKERS["where_more"] = _where


@_rule("seen")
def _seen(b: Builder, c: list[Child]) -> Clause:
    span = b.span(c)
    activities = tuple(b.text(x) for x in c if type(x) is Token and x.type == "STRING")
    return Clause("seen", tree.Seen(activities, _nodes(c, tree.Where), span), span, "seen as")


_clause("in_period", "per", "per", _quantity_of)
_clause("in_total", "total_from", "in total from", lambda b, c: b.date(c))
_clause("by_date", "by", "by", lambda b, c: b.date(c))


def _goal(b: Builder, c: list[Child]) -> tree.Target:
    at = next(i for i, x in enumerate(c) if type(x) is Token and x.type == "BOUND")
    bound = " ".join(c[at].text.split())
    return tree.Target(bound, c[at + 1], span=b.span(c[at:]), **b.clauses(c))


_clause("target", "target", "target", _goal)

# --- the process


@_rule("workflow")
def _workflow(b: Builder, c: list[Child]) -> tree.Workflow:
    fields = b.clauses(c)
    body = _nodes(
        c,
        (
            tree.Team,
            tree.Handoff,
            tree.Step,
            tree.Decision,
            tree.Choose,
            tree.Parallel,
            tree.Call,
            tree.Start,
            tree.Done,
            tree.Scrap,
        ),
    )
    return tree.Workflow(b.word(c[1]), b.label(c), body=body, span=b.span(c), **fields)


@_rule("arrivals")
def _arrivals(b: Builder, c: list[Child]) -> Clause:
    span = b.span(c)
    value = c[1]
    return Clause(
        "arrivals", tree.ArrivalRate(value, value.span) if isinstance(value, tree.Rate) else value, span, "arrivals"
    )


@_rule("arrival_every")
def _arrival_every(b: Builder, c: list[Child]) -> tree.ArrivalEvery:
    return tree.ArrivalEvery(c[1], b.span(c))


@_rule("arrival_batch")
def _arrival_batch(b: Builder, c: list[Child]) -> tree.ArrivalBatch:
    return tree.ArrivalBatch(c[0], b.span(c))


_clause("deadline", "deadline", "deadline", _quantity_of)
_clause("people", "people", "people", _quantity_of)
_clause("cost", "cost", "cost", _quantity_of)


@_rule("shift")
def _shift(b: Builder, c: list[Child]) -> tree.Works:
    days = next(x for x in c if x.type == "DAYS")
    return tree.Works(b.word(days), tuple(b.word(x) for x in c if x.type == "HOURS"), b.span(c))


_clause("works", "works", "works", lambda b, c: (_shift(b, c[1:]),), many=True)
_clause("priority", "priority", "priority", _quantity_of)


@_rule("serves_order")
def _serves_order(b: Builder, c: list[Child]) -> Clause:
    order = tree.Word(" ".join(x.text for x in c[1:]), b.span(c[1:]))
    return Clause("order", order, b.span(c), "serves")


@_rule("batch")
def _batch(b: Builder, c: list[Child]) -> Clause:
    span = b.span(c)
    size, within = _nodes(c, _QUANTITY)
    return Clause("batch", tree.Batch(size, within, span), span, "batch")


@_rule("team")
def _team(b: Builder, c: list[Child]) -> tree.Team:
    return tree.Team(c[0].text, b.word(c[1]), b.label(c), span=b.span(c), **b.clauses(c))


_clause("handoff_within", "within", "within", _quantity_of)
_clause("handoff_share", "share", "at least", _quantity_of)


@_rule("handoff")
def _handoff(b: Builder, c: list[Child]) -> tree.Handoff:
    return tree.Handoff(b.word(c[1]), b.word(c[3]), b.label(c), span=b.span(c), **b.clauses(c))


@_rule("step")
def _step(b: Builder, c: list[Child]) -> tree.Step:
    return tree.Step(b.word(c[1]), b.label(c), span=b.span(c), **b.clauses(c))


@_rule("decision")
def _decision(b: Builder, c: list[Child]) -> tree.Decision:
    return tree.Decision(b.word(c[1]), b.label(c), outcomes=_nodes(c, tree.Outcome), span=b.span(c), **b.clauses(c))


@_rule("choose")
def _choose(b: Builder, c: list[Child]) -> tree.Choose:
    return tree.Choose(b.word(c[1]), b.label(c), outcomes=_nodes(c, tree.Outcome), span=b.span(c), **b.clauses(c))


@_rule("percents")
def _percents(b: Builder, c: list[Child]) -> tree.Percents:
    return tree.Percents(_nodes(c, _QUANTITY), b.span(c))


@_rule("counts")
def _counts(b: Builder, c: list[Child]) -> tree.Counts:
    return tree.Counts(c[0], c[-1], b.span(c))


@_rule("outcome")
def _outcome(b: Builder, c: list[Child]) -> tree.Outcome:
    name = b.word(c[0])
    if name.text in TAKEN_OUTCOMES:
        b.diagnostics.append(diagnose("reserved-outcome", name.span, word=name.text))
    share = _first(c, (tree.Percents, tree.Counts))
    effects = _nodes(c, tree.Effect)
    return tree.Outcome(name, b.label(c), share, effects=effects, span=b.span(c), **b.clauses(c))


@_rule("effect")
def _effect(b: Builder, c: list[Child]) -> tree.Effect:
    return tree.Effect(c[0].text, _first(c, _DURATION), b.span(c))


@_rule("limit")
def _limit(b: Builder, c: list[Child]) -> Clause:
    span = b.span(c)
    return Clause("limit", tree.Limit(_first(c, _QUANTITY), c[-1].value, span), span, "at most")


@_rule("parallel")
def _parallel(b: Builder, c: list[Child]) -> tree.Parallel:
    branches = _nodes(c, tree.Branch)
    return tree.Parallel(c[0].text, b.word(c[1]), b.label(c), branches=branches, span=b.span(c), **b.clauses(c))


@_rule("branch")
def _branch(b: Builder, c: list[Child]) -> tree.Branch:
    return tree.Branch(_nodes(c, tree.Node), b.span(c))


_clause("call_as", "name", "as", lambda b, c: b.name(c[1:]))


@_rule("call")
def _call(b: Builder, c: list[Child]) -> tree.Call:
    return tree.Call(b.word(c[1]), b.label(c), span=b.span(c), **b.clauses(c))


@_rule("start")
def _start(b: Builder, c: list[Child]) -> tree.Start:
    return tree.Start(c[1].value, b.span(c))


@_rule("done")
def _done(b: Builder, c: list[Child]) -> tree.Done:
    return tree.Done(b.name(c[1:]), b.span(c))


@_rule("scrap")
def _scrap(b: Builder, c: list[Child]) -> tree.Scrap:
    return tree.Scrap(b.name(c[1:]), b.span(c))


# --- expressions


@_rule("reference")
def _reference(b: Builder, c: list[Child]) -> tree.Reference:
    return tree.Reference(c[0].text, b.span(c))


@_rule("function_call")
def _function_call(b: Builder, c: list[Child]) -> tree.FunctionCall:
    arguments = _nodes(c, _EXPRESSION)
    return tree.FunctionCall(b.word(c[0]), arguments, b.span(c))


_EXPRESSION = (tree.Quantity, tree.Rate, tree.Reference, tree.FunctionCall, tree.Unary, tree.Binary)


def _binary(b: Builder, c: list[Child]) -> tree.Binary:
    operator = next(i for i, x in enumerate(c) if type(x) is Token and x.type in _OPERATORS)
    left = cast(tree.Expression, _first(c[:operator], _EXPRESSION))
    right = cast(tree.Expression, _first(c[operator + 1 :], _EXPRESSION))
    sign = c[operator].text
    return tree.Binary("=" if sign == "==" else sign, left, right, b.span(c))


_OPERATORS = frozenset({"SIGN", "TIMES", "COMPARISON", "CIRCUMFLEX", "AND", "OR"})
for _name in ("either", "both", "compared", "sum", "product", "power"):
    MAKERS[_name] = _binary


def _unary(b: Builder, c: list[Child]) -> tree.Unary:
    return tree.Unary(c[0].text, cast(tree.Expression, _first(c[1:], _EXPRESSION)), b.span(c))


MAKERS["negated"] = MAKERS["signed"] = _unary


@_rule("formula")
def _formula(b: Builder, c: list[Child]) -> Clause:
    expression = cast(tree.Expression, _first(c, _EXPRESSION))
    span = b.span(c)
    kept = expression if b.check_depth(expression, span) else None
    return Clause("formula", kept, span, "=")


# --- metrics and causes

_clause("category", "category", "a category", lambda b, c: b.word(c[0]))
_clause("unit", "unit", "unit", lambda b, c: b.word(c[1]))


@_rule("metric")
def _metric(b: Builder, c: list[Child]) -> tree.Metric:
    return tree.Metric(b.word(c[1]), b.label(c), span=b.span(c), **b.clauses(c))


_clause("lag", "lag", "lag", _duration_of)
_clause("each", "strength", "a strength", lambda b, c: tree.Each(c[1], c[3], b.span(c)))
_clause("elasticity", "strength", "a strength", lambda b, c: tree.Elasticity(c[1], b.span(c)))
_clause("saturates", "strength", "a strength", lambda b, c: tree.Saturates(c[2], c[6], b.span(c)))
_clause("learned", "strength", "a strength", lambda b, c: tree.Learned(len(c) > 1, b.span(c)))
_clause("confidence", "confidence", "confidence", _quantity_of)
_clause("evidence", "evidence", "evidence", lambda b, c: tree.Evidence(b.word(c[1]), b.label(c), b.span(c)))


@_rule("cause")
def _cause(b: Builder, c: list[Child]) -> tree.Cause:
    source, target = b.words(c)[:2]
    return tree.Cause(source, target, span=b.span(c), **b.clauses(c))


# --- indicators

_VALUE = (tree.Quantity, tree.Rate)
_CONDITION = (
    tree.Threshold, tree.Outside, tree.Change, tree.OutOfControl, tree.Not, tree.Held, tree.AllOf, tree.AnyOf,
)  # fmt: skip

_clause("expected", "expect", "expect", lambda b, c: _first(c, _VALUE))
_clause("missed_cost", "missed_cost", "missed warning costs", _quantity_of)
_clause("false_alarm_cost", "false_alarm_cost", "false alarm costs", _quantity_of)
_clause("action", "actions", "do", lambda b, c: b.words(c[1:]), many=True)


@_rule("indicator")
def _indicator(b: Builder, c: list[Child]) -> tree.Indicator:
    rules = _nodes(c, tree.Rule)
    return tree.Indicator(b.word(c[1]), b.label(c), rules=rules, span=b.span(c), **b.clauses(c))


@_rule("rule")
def _make_rule(b: Builder, c: list[Child]) -> Any:
    condition = _first(c, _CONDITION)
    span = b.span(c)
    if not b.check_depth(condition, span):
        return Clause("rules", (), span, "a rule", many=True)
    clears = next((x.value for x in c if type(x) is Clause and x.field == "clears"), None)
    return tree.Rule(c[0].text, condition, clears, span)


_clause("clears", "clears", "clears", lambda b, c: _first(c, tree.Threshold))


@_rule("any_of")
def _any_of(b: Builder, c: list[Child]) -> tree.AnyOf:
    return tree.AnyOf(_nodes(c, _CONDITION), b.span(c))


@_rule("all_of")
def _all_of(b: Builder, c: list[Child]) -> tree.AllOf:
    return tree.AllOf(_nodes(c, _CONDITION), b.span(c))


@_rule("held")
def _held(b: Builder, c: list[Child]) -> tree.Held:
    return tree.Held(_first(c, _CONDITION), _first(c, _QUANTITY), b.span(c))


@_rule("not")
def _not(b: Builder, c: list[Child]) -> tree.Not:
    return tree.Not(_first(c, _CONDITION), b.span(c))


@_rule("threshold")
def _threshold(b: Builder, c: list[Child]) -> tree.Threshold:
    return tree.Threshold(c[0].text, c[1], b.span(c))


@_rule("outside")
def _outside(b: Builder, c: list[Child]) -> tree.Outside:
    return tree.Outside(c[1], c[3], b.span(c))


@_rule("change")
def _change(b: Builder, c: list[Child]) -> tree.Change:
    return tree.Change(c[0].text, c[1], c[3], b.span(c))


@_rule("out_of_control")
def _out_of_control(b: Builder, c: list[Child]) -> tree.OutOfControl:
    chart = next((b.word(x) for x in c if type(x) is Token and x.type == "CHART"), None)
    return tree.OutOfControl(chart, b.label(c), b.span(c))


# --- goals

_clause("plan_level", "level", "a level", lambda b, c: b.word(c[0]))
_clause("measured_by", "measured_by", "measured by", lambda b, c: b.words(c[2:]), many=True)
_clause("serves", "serves", "serves", lambda b, c: b.words(c[1:]), many=True)
_clause("promiser", "by", "by", lambda b, c: b.label(c))
_clause("if_met", "if_met", "if met", lambda b, c: b.label(c))
_clause("if_missed", "if_missed", "if missed", lambda b, c: b.label(c))
_clause("source", "source", "source", lambda b, c: b.label(c))
_clause("query", "query", "query", lambda b, c: b.label(c))


@_rule("ignore")
def _ignore(b: Builder, c: list[Child]) -> Clause:
    activities = tuple(b.text(x) for x in c if type(x) is Token and x.type == "STRING")
    return Clause("ignore", activities, b.span(c), "ignore", many=True)


@_rule("objective")
def _objective(b: Builder, c: list[Child]) -> tree.Objective:
    below = _nodes(c, tree.Objective)
    return tree.Objective(b.word(c[1]), b.label(c), objectives=below, span=b.span(c), **b.clauses(c))


def _move(b: Builder, c: list[Child]) -> tuple[tree.Move, ...]:
    before, after = _nodes(c, _VALUE)
    by = next((x.value for x in c if type(x) is Clause), None)
    return (tree.Move(b.words(c[1:])[0], before, after, by, b.span(c)),)


_clause("move", "moves", "moves", _move, many=True)


@_rule("initiative")
def _initiative(b: Builder, c: list[Child]) -> tree.Initiative:
    return tree.Initiative(b.word(c[1]), b.label(c), span=b.span(c), **b.clauses(c))


def _promise(b: Builder, c: list[Child]) -> tuple[tree.Promise, ...]:
    return (tree.Promise(b.words(c[1:])[0], _goal(b, c), b.span(c)),)


_clause("promise", "promises", "promises", _promise, many=True)


def _reminder(b: Builder, c: list[Child]) -> tuple[tree.Reminder, ...]:
    return (tree.Reminder(b.words(c[1:]), _nodes(c, tree.Quantity), b.span(c)),)


_clause("reminder", "reminders", "do", _reminder, many=True)


@_rule("commitment")
def _commitment(b: Builder, c: list[Child]) -> tree.Commitment:
    return tree.Commitment(b.word(c[1]), b.label(c), span=b.span(c), **b.clauses(c))


@_rule("benchmark")
def _benchmark(b: Builder, c: list[Child]) -> tree.Benchmark:
    return tree.Benchmark(b.word(c[1]), _first(c, _VALUE), b.label(c), span=b.span(c), **b.clauses(c))


# --- data


@_rule("role_column")
def _role_column(b: Builder, c: list[Child]) -> tree.RoleColumn:
    return tree.RoleColumn(c[0].text, b.column(c) if len(c) > 1 else None, b.span(c))


MAKERS["time_column"] = _role_column


@_rule("own_column")
def _own_column(b: Builder, c: list[Child]) -> tree.OwnColumn:
    return tree.OwnColumn(b.word(c[0]), c[1].text, b.column(c) if len(c) > 2 else None, b.span(c))


@_rule("series_column")
def _series_column(b: Builder, c: list[Child]) -> tree.OwnColumn:
    return tree.OwnColumn(b.word(c[0]), None, b.column(c) if len(c) > 1 else None, b.span(c))


_COLUMN = (tree.RoleColumn, tree.OwnColumn)


@_rule("log")
def _log(b: Builder, c: list[Child]) -> tree.Log:
    return tree.Log(b.text(c[1]), _nodes(c, _COLUMN), span=b.span(c), **b.clauses(c))


@_rule("series")
def _series(b: Builder, c: list[Child]) -> tree.Series:
    return tree.Series(b.text(c[1]), _nodes(c, _COLUMN), span=b.span(c), **b.clauses(c))


@_rule("data")
def _data(b: Builder, c: list[Child]) -> tree.Data:
    return tree.Data(_nodes(c, (tree.Log, tree.Series)), span=b.span(c), **b.clauses(c))


# --- scenarios and tests


@_rule("setting")
def _setting(b: Builder, c: list[Child]) -> tree.Setting:
    return tree.Setting(b.word(c[0]), c[-1], b.span(c))


@_rule("scenario")
def _scenario(b: Builder, c: list[Child]) -> tree.Scenario:
    return tree.Scenario(b.word(c[1]), b.label(c), _nodes(c, tree.Setting), span=b.span(c), **b.clauses(c))


def _cells(b: Builder, c: list[Child]) -> tuple[tree.Cell, ...]:
    cells: list[tree.Cell] = []
    for child in c:
        if isinstance(child, _VALUE):
            cells.append(child)
        elif type(child) is Token and child.type in ("NAME", "DATE"):
            cells.append(b.word(child))
        elif type(child) is Token and child.type == "STRING":
            cells.append(b.text(child))
    return tuple(cells)


@_rule("row")
def _row(b: Builder, c: list[Child]) -> tree.Row:
    return tree.Row(_cells(b, c), b.span(c[1:] if len(c) > 1 else c))


MAKERS["row_first"] = _row


@_rule("examples")
def _examples(b: Builder, c: list[Child]) -> tree.Examples:
    head, *rows = _nodes(c, tree.Row)
    header = tuple(cell if isinstance(cell, tree.Word) else tree.Word(_shown(cell), cell.span) for cell in head.cells)
    return tree.Examples(header, tuple(rows), b.span(c))


def _shown(cell: tree.Cell) -> str:
    return cell.span.text if cell.span is not None else ""


@_rule("column")
def _column(b: Builder, c: list[Child]) -> tree.Word:
    return b.word(c[0])


@_rule("missing")
def _missing(b: Builder, c: list[Child]) -> tree.Missing:
    return tree.Missing(b.span(c))


MAKERS["run_step"] = lambda b, c: c[0]


@_rule("run")
def _run(b: Builder, c: list[Child]) -> tree.Run:
    return tree.Run(c[0], c[1].text, c[2], c[4], b.span(c))


@_rule("given")
def _given(b: Builder, c: list[Child]) -> tree.Given:
    at = next(i for i, x in enumerate(c) if type(x) is Token and x.type == "EQUAL")
    every = next((i for i, x in enumerate(c) if type(x) is Token and x.type == "EVERY"), None)
    start = c[-1]
    values = _nodes(c[at + 1 : every], (tree.Quantity, tree.Rate, tree.Word, tree.Missing, tree.Run))
    return tree.Given(b.word(c[1]), values, c[every + 1] if every is not None else None, b.word(start), b.span(c))


@_rule("expect")
def _expect(b: Builder, c: list[Child]) -> tree.Expect:
    claim = _first(c, (tree.IsState, tree.Compares, tree.Spreads, tree.Silent))
    within = next((x for x in c if type(x) is Clause), None)
    at = c[-1] if within is None and type(c[-1]) is Token else None
    span, day = within.value if within is not None else (None, b.word(at) if at is not None else None)
    return tree.Expect(claim, day, span, b.span(c))


_clause("within", "within", "within", lambda b, c: (_first(c, _QUANTITY), b.word(c[-1])))


@_rule("is_state")
def _is_state(b: Builder, c: list[Child]) -> tree.IsState:
    return tree.IsState(b.word(c[0]), b.word(c[2]), b.span(c))


@_rule("compares")
def _compares(b: Builder, c: list[Child]) -> tree.Compares:
    return tree.Compares(b.word(c[0]), c[1].text, c[2], b.span(c))


@_rule("spreads")
def _spreads(b: Builder, c: list[Child]) -> tree.Spreads:
    return tree.Spreads(c[0].text, b.word(c[2]), c[3].text, b.span(c))


@_rule("silent")
def _silent(b: Builder, c: list[Child]) -> tree.Silent:
    return tree.Silent(c[1].text, b.word(c[3]), b.span(c))


@_rule("test")
def _test(b: Builder, c: list[Child]) -> tree.Test:
    body = _nodes(c, (tree.Examples, tree.Given, tree.Expect))
    return tree.Test(b.text(c[1]), body, span=b.span(c), **b.clauses(c))


# --- the file


@_rule("import")
def _import(b: Builder, c: list[Child]) -> tree.Import:
    return tree.Import(b.text(c[1]), b.span(c))


@_rule("file")
def _file(b: Builder, c: list[Child]) -> tree.File:
    return tree.File(_nodes(c, tree.Node), Span(b.source, 0, len(b.source.text)))
