"""The one canonical style of .mpm files: `mpmflow fmt`, and the text of a tree that was made by hand.

The law on one page:

* A block is indented by two blanks. What fits on one line of 120 characters stands on one line, if its block holds
  clauses only and no comment; workflows, decisions, tests and what does not fit have one clause, outcome or statement
  a line.
* Behind a name come label, clauses in one fixed order, block. Units of time and `%` stand at the number, other units
  behind a blank.
* Outcomes stand in columns: name, share, arrow, effects. So do teams, metrics and causes that follow each other line
  by line.
* Comments stay with what they stand at: on their own line before it, or behind it. Clauses with a comment between
  them keep the order in which they were written.
* Between statements one empty line stays where one or more stood. A tree without places gets one round everything
  with a block.

Formatting twice changes nothing, and the formatted text has the same tree. How items stand on lines is in `layout.py`;
here is one function for each statement, which is what makes the module long.
"""

from __future__ import annotations

from collections.abc import Iterable

from mpmflow.diagnostics.errors import MpmError
from mpmflow.diagnostics.source import Source, Span
from mpmflow.syntax import tree, words
from mpmflow.syntax.comments import Comment
from mpmflow.syntax.layout import WIDTH, Item, Printer
from mpmflow.syntax.parse import parse

__all__ = ["WIDTH", "format_source", "format_tree"]


def format_source(source: Source) -> str:
    """The text in canonical style, comments kept. Raises MpmError if the text has syntax errors: then nothing may be
    lost.

    >>> print(format_source(Source("a.mpm", "team legal{people 1 # one\\n}")), end="")
    team legal {
      people 1  # one
    }
    """
    parsed = parse(source)
    if any(diagnostic.is_error for diagnostic in parsed.diagnostics):
        raise MpmError(parsed.diagnostics)
    return format_tree(parsed.tree, parsed.comments)


def format_tree(file: tree.File, comments: Iterable[Comment] = ()) -> str:
    """The text of a tree, with or without places; comments need places to be put where they belong."""
    printer = Printer(comments)
    printer.block([_statement(one) for one in file.statements], 0, None, loose=True)
    return "".join(line + "\n" for line in printer.lines)


# --- statements as items


def leaf(kind: str, span: Span | None, *cells: str) -> Item:
    return Item(span, kind, cells)


_Clauses = list[tuple[Span | None, str]]


def _add(clauses: _Clauses, word: str, node: tree.Node | None, shown: str) -> None:
    if node is not None:
        clauses.append((_span(node), f"{word} {shown}" if word else shown))


def _span(node: object) -> Span | None:
    return getattr(node, "span", None)


def _text_clause(clauses: _Clauses, word: str, node: tree.Text | None) -> None:
    if node is not None:
        clauses.append((node.span, f"{word} {words.text(node)}"))


def _quantity_clause(clauses: _Clauses, word: str, node: tree.Quantity | None) -> None:
    if node is not None:
        clauses.append((node.span, f"{word} {words.quantity(node)}"))


def _allow_clauses(clauses: _Clauses, allows: tuple[tree.Allow, ...]) -> None:
    clauses.extend((one.span, f"allow {one.code.text} {words.text(one.reason)}") for one in allows)


def _named(word: str, name: tree.Word, label: tree.Text | None) -> str:
    return f"{word} {name.text}" + (f" {words.text(label)}" if label is not None else "")


def _leaves(clauses: _Clauses) -> list[Item]:
    return [leaf("clause", span, shown) for span, shown in clauses]


def _headed(kind: str, node: tree.Node, cells: tuple[str, ...], clauses: _Clauses, *, keep: int = 0) -> Item:
    """A statement whose clauses stand on the header, or in a block if they are too many; `keep` of them stay on the
    header.
    """
    flat = " ".join(shown for _, shown in clauses)
    head = " ".join([*filter(None, cells), *(shown for _, shown in clauses[:keep])])
    return Item(_span(node), kind, (*cells, flat), head, _leaves(clauses[keep:]))


def _blocked(kind: str, node: tree.Node, cells: tuple[str, ...], children: list[Item], *, empty: str = "") -> Item:
    """A statement whose clauses stand in braces, on one line if they fit and are leaves."""
    flat = all(not child.children and child.cells is not None for child in children)
    head = " ".join(filter(None, cells))
    if not children:
        return Item(_span(node), kind, (*cells, empty))
    inside = f"{{ {', '.join(child.flat for child in children)} }}"
    return Item(_span(node), kind, (*cells, inside) if flat else None, head, children)


def _statement(node: tree.Statement | tree.Flow) -> Item:
    match node:
        case tree.Import():
            return leaf("import", node.span, f"import {words.text(node.path)}")
        case tree.Workflow():
            return _workflow(node)
        case tree.Team():
            return _team(node)
        case tree.Handoff():
            return _handoff(node)
        case tree.Step():
            return _step(node)
        case tree.Decision() | tree.Choose():
            return _decision(node)
        case tree.Parallel():
            return _parallel(node)
        case tree.Call():
            return _call(node)
        case tree.Start():
            return leaf("start", node.span, f"start -> {node.target.text}")
        case tree.Done():
            return leaf("done", node.span, "done" + (f" {node.name.text}" if node.name is not None else ""))
        case tree.Scrap():
            return leaf("scrap", node.span, "scrap" + (f" {node.name.text}" if node.name is not None else ""))
        case tree.Metric():
            return _metric(node)
        case tree.Cause():
            return _cause(node)
        case tree.Indicator():
            return _indicator(node)
        case tree.Objective():
            return _objective(node)
        case tree.Initiative():
            return _initiative(node)
        case tree.Commitment():
            return _commitment(node)
        case tree.Benchmark():
            return _benchmark(node)
        case tree.Data():
            return _data(node)
        case tree.Scenario():
            return _scenario(node)
        case tree.Test():
            return _test(node)


def _arrivals(node: tree.Arrivals) -> str:
    if isinstance(node, tree.ArrivalRate):
        return words.rate(node.rate)
    if isinstance(node, tree.ArrivalEvery):
        return f"every {words.duration(node.gap)}"
    return f"{words.quantity(node.count)} at once"


def _workflow(node: tree.Workflow) -> Item:
    clauses: _Clauses = []
    if node.arrivals is not None:
        clauses.append((node.arrivals.span, f"arrivals {_arrivals(node.arrivals)}"))
    _quantity_clause(clauses, "deadline", node.deadline)
    _quantity_clause(clauses, "priority", node.priority)
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *(_statement(one) for one in node.body)]
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    head = _named("workflow", node.name, node.label)
    if not children:
        return Item(node.span, "workflow", (f"{head} {{ }}",))
    return Item(node.span, "workflow", None, head, children, loose=True)


def _works(node: tree.Works) -> str:
    return " ".join([node.days.text, *(hours.text for hours in node.hours)])


def _team(node: tree.Team) -> Item:
    clauses: _Clauses = []
    _quantity_clause(clauses, "people", node.people)
    _quantity_clause(clauses, "cost", node.cost)
    clauses.extend((one.span, f"works {_works(one)}") for one in node.works)
    if node.order is not None:
        clauses.append((node.order.span, f"serves {node.order.text}"))
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    named = node.name.text + (f" {words.text(node.label)}" if node.label is not None else "")
    return _blocked("team", node, (node.kind, named), _leaves(clauses))


def _handoff(node: tree.Handoff) -> Item:
    clauses: _Clauses = []
    _quantity_clause(clauses, "within", node.within)
    _quantity_clause(clauses, "at least", node.share)
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    label = f" {words.text(node.label)}" if node.label is not None else ""
    return _headed("handoff", node, (f"handoff {node.giver.text} -> {node.taker.text}{label}",), clauses)


def _visit(node: tree.Step | tree.Decision | tree.Choose) -> _Clauses:
    clauses: _Clauses = []
    if node.by is not None:
        clauses.append((node.by.span, f"by {node.by.text}"))
    if node.takes is not None:
        clauses.append((node.takes.span, f"takes {words.duration(node.takes)}"))
    if node.waits is not None:
        clauses.append((node.waits.span, f"waits {words.duration(node.waits)}"))
    if isinstance(node, tree.Step) and node.batch is not None:
        shown = f"batch {words.quantity(node.batch.size)} or {words.quantity(node.batch.within)}"
        clauses.append((node.batch.span, shown))
    _quantity_clause(clauses, "costs", node.costs)
    if isinstance(node, tree.Step) and node.target is not None:
        clauses.append((node.target.span, f"-> {node.target.text}"))
    _text_clause(clauses, "owner", node.owner)
    if node.seen is not None:
        clauses.append((node.seen.span, words.seen(node.seen)))
    _allow_clauses(clauses, node.allows)
    return clauses


def _step(node: tree.Step) -> Item:
    return _headed("step", node, (_named("step", node.name, node.label),), _visit(node))


def _decision(node: tree.Decision | tree.Choose) -> Item:
    clauses = _visit(node)
    word = "decision" if isinstance(node, tree.Decision) else "choose"
    head = _named(word, node.name, node.label)
    outcomes = _outcomes(node.outcomes)
    flat = " ".join([head, *(shown for _, shown in clauses)])
    # Clauses that were written among or behind the outcomes go to the header as well, unless it would be too long.
    if len(flat) <= WIDTH - 6:
        if not outcomes:
            return Item(node.span, word, (f"{flat} {{ }}",))
        return Item(node.span, word, None, flat, outcomes)
    return Item(node.span, word, None, head, [*_leaves(clauses), *outcomes])


def _outcomes(outcomes: tuple[tree.Outcome, ...]) -> list[Item]:
    first = max((len(_share(one.share)[0]) for one in outcomes if one.share is not None), default=0)
    return [_outcome(one, first) for one in outcomes]


def _share(node: tree.Share | None) -> tuple[str, str]:
    """The first figure of a share, and the rest of it."""
    if node is None:
        return "", ""
    if isinstance(node, tree.Counts):
        return words.quantity(node.part), f" of {words.quantity(node.whole)}"
    shown = [words.quantity(one) for one in node.values]
    return shown[0], "".join(f" then {one}" for one in shown[1:])


def _outcome(node: tree.Outcome, first: int) -> Item:
    head, rest = _share(node.share)
    share = f"{head:>{first}}{rest}" if node.share is not None else ""
    named = node.name.text + (f" {words.text(node.label)}" if node.label is not None else "")
    effects = [
        one.kind + (f" {words.duration(one.duration)}" if one.duration is not None else "") for one in node.effects
    ]
    if node.limit is not None:
        effects.append(f"at most {words.quantity(node.limit.times)} then -> {node.limit.target.text}")
    if node.seen is not None:
        effects.append(words.seen(node.seen))
    clauses: _Clauses = []
    _allow_clauses(clauses, node.allows)
    effects += [shown for _, shown in clauses]
    arrow = f"-> {node.target.text}" if node.target is not None else ""
    return leaf("outcome", node.span, named, share, arrow, " ".join(effects))


def _parallel(node: tree.Parallel) -> Item:
    head = _named(node.kind, node.name, node.label) + (f" -> {node.target.text}" if node.target is not None else "")
    clauses: _Clauses = []
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *(_branch(one) for one in node.branches)]
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    if not children:
        return Item(node.span, node.kind, (f"{head} {{ }}",))
    return Item(node.span, node.kind, None, head, children)


def _branch(node: tree.Branch) -> Item:
    children = [_statement(one) for one in node.body]
    if not children:
        return leaf("branch", node.span, "branch { }")
    single = len(children) == 1 and children[0].cells is not None and len(children[0].flat) <= WIDTH - 20
    cells = (f"branch {{ {children[0].flat} }}",) if single else None
    return Item(node.span, "branch", cells, "branch", children, loose=True)


def _call(node: tree.Call) -> Item:
    clauses: _Clauses = []
    if node.name is not None:
        clauses.append((node.name.span, f"as {node.name.text}"))
    if node.target is not None:
        clauses.append((node.target.span, f"-> {node.target.text}"))
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    return _headed("call", node, (_named("call", node.workflow, node.label),), clauses)


def _metric(node: tree.Metric) -> Item:
    clauses: _Clauses = []
    if node.formula is not None:
        clauses.append((node.formula.span, f"= {words.expression(node.formula)}"))
    if node.unit is not None:
        clauses.append((node.unit.span, f"unit {node.unit.text}"))
    if node.better is not None:
        clauses.append((None, f"{node.better} is better"))
    if node.target is not None:
        clauses.append((node.target.span, f"target {words.target(node.target)}"))
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    category = node.category.text if node.category is not None else ""
    return _headed("metric", node, (_named("metric", node.name, node.label), category), clauses)


def _cause(node: tree.Cause) -> Item:
    clauses: _Clauses = []
    if node.lag is not None:
        clauses.append((node.lag.span, f"lag {words.duration(node.lag)}"))
    if node.strength is not None:
        clauses.append((node.strength.span, words.strength(node.strength)))
    _quantity_clause(clauses, "confidence", node.confidence)
    if node.evidence is not None:
        note = f" {words.text(node.evidence.note)}" if node.evidence.note is not None else ""
        clauses.append((node.evidence.span, f"evidence {node.evidence.grade.text}{note}"))
    _allow_clauses(clauses, node.allows)
    return _blocked("cause", node, (f"cause {node.source.text}", f"-> {node.target.text}"), _leaves(clauses))


def _rule(node: tree.Rule) -> str:
    clears = f", clears {words.condition(node.clears)}" if node.clears is not None else ""
    return f"{node.level} {words.condition(node.condition)}{clears}"


def _indicator(node: tree.Indicator) -> Item:
    head = _named("indicator", node.name, node.label)
    if node.formula is not None:
        head += f" = {words.expression(node.formula)}"
    clauses: _Clauses = []
    if node.expect is not None:
        clauses.append((_span(node.expect), f"expect {words.value(node.expect)}"))
    clauses.extend((one.span, _rule(one)) for one in node.rules)
    _quantity_clause(clauses, "missed warning costs", node.missed_cost)
    _quantity_clause(clauses, "false alarm costs", node.false_alarm_cost)
    _text_clause(clauses, "owner", node.owner)
    if node.actions:
        clauses.append((node.actions[0].span, f"do {_names(node.actions)}"))
    if node.better is not None:
        clauses.append((None, f"{node.better} is better"))
    _allow_clauses(clauses, node.allows)
    if not clauses:
        return leaf("indicator", node.span, head)
    return Item(node.span, "indicator", None, head, _leaves(clauses))


def _names(names: tuple[tree.Word, ...]) -> str:
    return ", ".join(name.text for name in names)


def _objective(node: tree.Objective) -> Item:
    head = _named("objective", node.name, node.label) + (f" {node.level.text}" if node.level is not None else "")
    clauses: _Clauses = []
    if node.measured_by:
        clauses.append((node.measured_by[0].span, f"measured by {_names(node.measured_by)}"))
    if node.target is not None:
        clauses.append((node.target.span, f"target {words.target(node.target)}"))
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *(_objective(one) for one in node.objectives)]
    item = _blocked("objective", node, (head,), children)
    item.loose = bool(node.objectives)
    if node.objectives:
        item.cells = None
    return item


def _initiative(node: tree.Initiative) -> Item:
    clauses: _Clauses = []
    for one in node.moves:
        by = f" by {one.by.text}" if one.by is not None else ""
        clauses.append(
            (one.span, f"moves {one.name.text} from {words.value(one.before)} to {words.value(one.after)}{by}")
        )
    _quantity_clause(clauses, "costs", node.costs)
    _text_clause(clauses, "owner", node.owner)
    if node.serves:
        clauses.append((node.serves[0].span, f"serves {_names(node.serves)}"))
    _allow_clauses(clauses, node.allows)
    return _blocked("initiative", node, (_named("initiative", node.name, node.label),), _leaves(clauses))


def _commitment(node: tree.Commitment) -> Item:
    clauses: _Clauses = []
    _text_clause(clauses, "by", node.by)
    clauses.extend((one.span, f"promises {one.metric.text} {words.target(one.target)}") for one in node.promises)
    _text_clause(clauses, "if met", node.if_met)
    _text_clause(clauses, "if missed", node.if_missed)
    clauses.extend((one.span, words.reminder(one)) for one in node.reminders)
    _allow_clauses(clauses, node.allows)
    return _blocked("commitment", node, (_named("commitment", node.name, node.label),), _leaves(clauses))


def _benchmark(node: tree.Benchmark) -> Item:
    clauses: _Clauses = []
    _text_clause(clauses, "source", node.source)
    _allow_clauses(clauses, node.allows)
    label = f" {words.text(node.label)}" if node.label is not None else ""
    head = f"benchmark {node.metric.text} {words.value(node.value)}{label}"
    return _headed("benchmark", node, (head,), clauses)


def _column(node: tree.RoleColumn | tree.OwnColumn) -> str:
    parts = [node.role] if isinstance(node, tree.RoleColumn) else [node.name.text, *([node.type] if node.type else [])]
    return " ".join([*parts, *([words.name_or_text(node.column)] if node.column is not None else [])])


def _data(node: tree.Data) -> Item:
    children: list[Item] = []
    for one in node.sources:
        word = "log" if isinstance(one, tree.Log) else "series"
        columns = [leaf("column", column.span, _column(column)) for column in one.columns]
        if one.query is not None:
            columns.insert(0, leaf("query", one.query.span, f"query {words.text(one.query)}"))
        if isinstance(one, tree.Log) and one.ignore:
            listed = ", ".join(words.text(activity) for activity in one.ignore)
            columns.append(leaf("ignore", one.ignore[0].span, f"ignore {listed}"))
        children.append(_blocked(word, one, (f"{word} {words.text(one.path)}",), columns))
    clauses: _Clauses = []
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *children]
    if not children:
        return leaf("data", node.span, "data { }")
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    return Item(node.span, "data", None, "data", children)


def _setting(node: tree.Setting) -> str:
    match node.value:
        case tree.Rate():
            shown = words.rate(node.value)
        case tree.ArrivalEvery() | tree.ArrivalBatch():
            shown = _arrivals(node.value)
        case tree.Works():
            shown = _works(node.value)
        case _:
            shown = words.duration(node.value)
    return f"{node.name.text} = {shown}"


def _scenario(node: tree.Scenario) -> Item:
    clauses: _Clauses = [(one.span, _setting(one)) for one in node.settings]
    _allow_clauses(clauses, node.allows)
    return _blocked("scenario", node, (_named("scenario", node.name, node.label),), _leaves(clauses), empty="{ }")


def _test(node: tree.Test) -> Item:
    clauses: _Clauses = []
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *(_test_line(one) for one in node.body)]
    head = f"test {words.text(node.title)}"
    if not children:
        return leaf("test", node.span, f"{head} {{ }}")
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    return Item(node.span, "test", None, head, children, loose=True)


def _test_line(node: tree.Examples | tree.Given | tree.Expect) -> Item:
    if isinstance(node, tree.Examples):
        return _examples(node)
    if isinstance(node, tree.Given):
        shown = f"given {node.name.text} = {', '.join(words.observed(one) for one in node.values)}"
        if node.every is not None:
            shown += f" every {words.quantity(node.every)}"
        if node.start is not None:
            shown += f" from {node.start.text}"
        return leaf("given", node.span, shown)
    return leaf("expect", node.span, _expect(node))


def _expect(node: tree.Expect) -> str:
    match node.claim:
        case tree.IsState(name, state):
            shown = f"{name.text} is {state.text}"
        case tree.Compares(name, side, than):
            shown = f"{name.text} {side} {words.value(than)}"
        case tree.Spreads(kind, node_at, direction):
            shown = f"{kind} at {node_at.text} {direction}"
        case tree.Silent(level, name):
            shown = f"no {level} on {name.text}"
    if node.at is None:
        return f"expect {shown}"
    when = "at" if node.within is None else f"within {words.quantity(node.within)} of"
    return f"expect {shown} {when} {node.at.text}"


def _examples(node: tree.Examples) -> Item:
    """The table as one item, its rows as children; nothing but comments can stand between them."""
    rows = [[name.text for name in node.header], *([words.value(cell) for cell in row.cells] for row in node.rows)]
    spans = [node.header[0].span if node.header else node.span, *(row.span for row in node.rows)]
    widths = [max((len(row[c]) for row in rows if c < len(row)), default=0) for c in range(max(map(len, rows)))]
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)) + " |" for row in rows
    ]
    return Item(
        node.span,
        "examples",
        None,
        children=[leaf("row", span, line) for span, line in zip(spans, lines, strict=True)],
    )
