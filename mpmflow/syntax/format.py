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

Formatting twice changes nothing, and the formatted text has the same tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mpmflow.diagnostics.errors import MpmError
from mpmflow.diagnostics.source import Source, Span
from mpmflow.syntax import tree, words
from mpmflow.syntax.comments import Comment
from mpmflow.syntax.parse import parse

__all__ = ["WIDTH", "format_source", "format_tree"]

WIDTH = 120
"""How many characters a line may have before its block is broken up."""


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
    printer = _Printer(comments)
    printer.block([_statement(one) for one in file.statements], 0, None, loose=True)
    return "".join(line + "\n" for line in printer.lines)


@dataclass(slots=True)
class _Item:
    """Something that stands on a line of its own, or in a block of its own.

    `cells` is its one-line form, in columns (the last may be anything); None if it is always broken up. `head` and
    `children` are its broken form; without children it cannot be broken. `loose` keeps empty lines between the
    children.
    """

    span: Span | None
    kind: str
    cells: tuple[str, ...] | None
    head: str = ""
    children: list[_Item] = field(default_factory=list)
    loose: bool = False

    @property
    def flat(self) -> str:
        return " ".join(cell for cell in self.cells or () if cell)


_ALIGNED = frozenset({"team", "metric", "cause"})


class _Printer:
    def __init__(self, comments: Iterable[Comment]) -> None:
        self.comments = sorted(comments, key=lambda comment: comment.span.start)
        self.next = 0
        self.lines: list[str] = []

    # --- comments

    def _before(self, place: int | None) -> list[Comment]:
        """Takes the comments that stand before a place; all that are left if it is None."""
        start = self.next
        while self.next < len(self.comments) and (place is None or self.comments[self.next].span.start < place):
            self.next += 1
        return self.comments[start : self.next]

    def _any_between(self, start: int, end: int) -> bool:
        return any(start <= comment.span.start < end for comment in self.comments[self.next :])

    def _behind(self, span: Span | None, limit: int | None) -> list[Comment]:
        """Takes the comments that stand on the line on which a span ends, behind it."""
        if span is None or self.next >= len(self.comments):
            return []
        line_end = span.source.text.find("\n", span.end)
        line_end = line_end if line_end >= 0 else len(span.source.text)
        return self._before(line_end if limit is None else min(limit, line_end))

    def _append(self, comments: Sequence[Comment]) -> None:
        if comments:
            self.lines[-1] += "  " + " ".join(comment.text for comment in comments)

    # --- items

    def block(self, items: list[_Item], indent: int, end: int | None, *, loose: bool) -> None:
        """The items of a block, each with its comments, and the comments that stand at the end of the block."""
        widths = self._columns(items)
        pad = "  " * indent
        previous: Span | None = None
        for number, item in enumerate(items):
            start = item.span.start if item.span is not None else None
            leading = self._before(start) if start is not None else []
            first = leading[0].span if leading else item.span
            if number and loose and self._gap(previous, first, items[number - 1], item):
                self.lines.append("")
            last = None
            for comment in leading:
                if last is not None and loose and _apart(last, comment.span):
                    self.lines.append("")
                self.lines.append(pad + comment.text)
                last = comment.span
            if last is not None and item.span is not None and loose and _apart(last, item.span):
                self.lines.append("")
            following = items[number + 1].span if number + 1 < len(items) else None
            limit = following.start if following is not None else end
            previous = self._item(item, indent, widths[number], limit) or previous
        last = previous
        for comment in self._before(end) if end is not None or indent == 0 else []:
            if last is not None and loose and _apart(last, comment.span):
                self.lines.append("")
            self.lines.append(pad + comment.text)
            last = comment.span

    def _gap(self, previous: Span | None, first: Span | None, before: _Item, item: _Item) -> bool:
        if previous is not None and first is not None:
            return _apart(previous, first)
        return (
            bool(before.children and not self._fits(before, 0))
            or bool(item.children and not self._fits(item, 0))
            or (before.kind != item.kind and item.kind not in ("done", "scrap"))
        )

    def _item(self, item: _Item, indent: int, widths: tuple[int, ...], limit: int | None) -> Span | None:
        """One item; returns the span of the last thing printed, a comment perhaps."""
        if item.kind == "examples":
            return self._table(item, indent, limit)
        pad = "  " * indent
        span = item.span
        inner = span is not None and self._any_between(span.start, span.end)
        if self._fits(item, indent) and not (inner and item.children):
            behind = self._before(span.end) if span is not None and inner else []
            self.lines.append((pad + _aligned(item.cells or (), widths)).rstrip())
            behind += self._behind(span, limit)
            self._append(behind)
            return behind[-1].span if behind else span
        children = item.children
        if inner and all(child.span is not None for child in children):
            children = sorted(children, key=lambda child: child.span.start if child.span is not None else 0)
        self.lines.append(f"{pad}{item.head} {{")
        if span is not None and inner:
            first = next((child.span.start for child in children if child.span is not None), span.end)
            self._append(self._header(span, first))
        close = span.end - 1 if span is not None else None
        self.block(children, indent + 1, close, loose=item.loose)
        self.lines.append(pad + "}")
        behind = self._behind(span, limit)
        self._append(behind)
        return behind[-1].span if behind else span

    def _table(self, item: _Item, indent: int, limit: int | None) -> Span | None:
        """The rows of a table, with the comments behind and between them."""
        pad = "  " * indent
        for number, row in enumerate(item.children):
            if number and row.span is not None:
                for comment in self._before(row.span.start):
                    if comment.own_line:
                        self.lines.append(pad + comment.text)
                    else:
                        self._append([comment])
            self.lines.append(pad + ("examples " if number == 0 else " " * 9) + row.flat)
        behind = self._behind(item.span, limit)
        self._append(behind)
        return behind[-1].span if behind else item.span

    def _header(self, span: Span, first: int) -> list[Comment]:
        """Takes the comments that stand behind the header of a statement: before its first clause and not on their
        own line.
        """
        taken: list[Comment] = []
        while self.next < len(self.comments):
            comment = self.comments[self.next]
            if comment.span.start >= first or comment.own_line:
                break
            taken.append(comment)
            self.next += 1
        return taken

    def _fits(self, item: _Item, indent: int) -> bool:
        if item.cells is None:
            return False
        return not item.children or 2 * indent + len(item.flat) <= WIDTH

    def _columns(self, items: list[_Item]) -> list[tuple[int, ...]]:
        """The widths of the columns for each item: of all outcomes together, of teams, metrics and causes line after
        line.
        """
        runs: list[list[int]] = []
        outcomes = [n for n, item in enumerate(items) if item.kind == "outcome"]
        if outcomes:
            runs.append(outcomes)
        run: list[int] = []
        for number, item in enumerate(items):
            if item.kind in _ALIGNED and self._one_line(item):
                near = run and items[run[-1]].kind == item.kind and _adjacent(items[run[-1]], item)
                if not near:
                    run = []
                    runs.append(run)
                run.append(number)
            else:
                run = []
        widths: list[tuple[int, ...]] = [()] * len(items)
        for one in runs:
            rows = [items[number].cells or () for number in one]
            columns = max((len(row) for row in rows), default=0)
            wide = tuple(max(len(row[c]) if c < len(row) else 0 for row in rows) for c in range(columns))
            for number in one:
                widths[number] = wide
        return widths

    def _one_line(self, item: _Item) -> bool:
        span = item.span
        commented = span is not None and bool(item.children) and self._any_between(span.start, span.end)
        return self._fits(item, 0) and not commented


def _aligned(cells: tuple[str, ...], widths: tuple[int, ...]) -> str:
    if not widths:
        return " ".join(cell for cell in cells if cell)
    return " ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False) if width).rstrip()


def _apart(one: Span, two: Span) -> bool:
    """Whether an empty line stands between two places."""
    return one.source.text.count("\n", one.end, two.start) > 1 if two.start > one.end else False


def _adjacent(one: _Item, two: _Item) -> bool:
    if one.span is None or two.span is None:
        return True
    return one.span.source.text.count("\n", one.span.end, two.span.start) <= 1


# --- statements as items


def _leaf(kind: str, span: Span | None, *cells: str) -> _Item:
    return _Item(span, kind, cells)


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


def _leaves(clauses: _Clauses) -> list[_Item]:
    return [_leaf("clause", span, shown) for span, shown in clauses]


def _headed(kind: str, node: tree.Node, cells: tuple[str, ...], clauses: _Clauses, *, keep: int = 0) -> _Item:
    """A statement whose clauses stand on the header, or in a block if they are too many; `keep` of them stay on the
    header.
    """
    flat = " ".join(shown for _, shown in clauses)
    head = " ".join([*filter(None, cells), *(shown for _, shown in clauses[:keep])])
    return _Item(_span(node), kind, (*cells, flat), head, _leaves(clauses[keep:]))


def _blocked(kind: str, node: tree.Node, cells: tuple[str, ...], children: list[_Item], *, empty: str = "") -> _Item:
    """A statement whose clauses stand in braces, on one line if they fit and are leaves."""
    flat = all(not child.children and child.cells is not None for child in children)
    head = " ".join(filter(None, cells))
    if not children:
        return _Item(_span(node), kind, (*cells, empty))
    inside = f"{{ {', '.join(child.flat for child in children)} }}"
    return _Item(_span(node), kind, (*cells, inside) if flat else None, head, children)


def _statement(node: tree.Statement | tree.Flow) -> _Item:
    match node:
        case tree.Import():
            return _leaf("import", node.span, f"import {words.text(node.path)}")
        case tree.Workflow():
            return _workflow(node)
        case tree.Team():
            return _team(node)
        case tree.Step():
            return _step(node)
        case tree.Decision() | tree.Choose():
            return _decision(node)
        case tree.Parallel():
            return _parallel(node)
        case tree.Call():
            return _call(node)
        case tree.Start():
            return _leaf("start", node.span, f"start -> {node.target.text}")
        case tree.Done():
            return _leaf("done", node.span, "done" + (f" {node.name.text}" if node.name is not None else ""))
        case tree.Scrap():
            return _leaf("scrap", node.span, "scrap" + (f" {node.name.text}" if node.name is not None else ""))
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


def _workflow(node: tree.Workflow) -> _Item:
    clauses: _Clauses = []
    if node.arrivals is not None:
        clauses.append((node.arrivals.span, f"arrivals {_arrivals(node.arrivals)}"))
    _quantity_clause(clauses, "deadline", node.deadline)
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *(_statement(one) for one in node.body)]
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    head = _named("workflow", node.name, node.label)
    if not children:
        return _Item(node.span, "workflow", (f"{head} {{ }}",))
    return _Item(node.span, "workflow", None, head, children, loose=True)


def _works(node: tree.Works) -> str:
    return " ".join([node.days.text, *(hours.text for hours in node.hours)])


def _team(node: tree.Team) -> _Item:
    clauses: _Clauses = []
    _quantity_clause(clauses, "people", node.people)
    _quantity_clause(clauses, "cost", node.cost)
    clauses.extend((one.span, f"works {_works(one)}") for one in node.works)
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    named = node.name.text + (f" {words.text(node.label)}" if node.label is not None else "")
    return _blocked("team", node, (node.kind, named), _leaves(clauses))


def _visit(node: tree.Step | tree.Decision | tree.Choose) -> _Clauses:
    clauses: _Clauses = []
    if node.by is not None:
        clauses.append((node.by.span, f"by {node.by.text}"))
    if node.takes is not None:
        clauses.append((node.takes.span, f"takes {words.duration(node.takes)}"))
    if node.waits is not None:
        clauses.append((node.waits.span, f"waits {words.duration(node.waits)}"))
    _quantity_clause(clauses, "costs", node.costs)
    if isinstance(node, tree.Step) and node.target is not None:
        clauses.append((node.target.span, f"-> {node.target.text}"))
    _text_clause(clauses, "owner", node.owner)
    if node.seen is not None:
        clauses.append((node.seen.span, words.seen(node.seen)))
    _allow_clauses(clauses, node.allows)
    return clauses


def _step(node: tree.Step) -> _Item:
    return _headed("step", node, (_named("step", node.name, node.label),), _visit(node))


def _decision(node: tree.Decision | tree.Choose) -> _Item:
    clauses = _visit(node)
    word = "decision" if isinstance(node, tree.Decision) else "choose"
    head = _named(word, node.name, node.label)
    outcomes = _outcomes(node.outcomes)
    flat = " ".join([head, *(shown for _, shown in clauses)])
    # Clauses that were written among or behind the outcomes go to the header as well, unless it would be too long.
    if len(flat) <= WIDTH - 6:
        if not outcomes:
            return _Item(node.span, word, (f"{flat} {{ }}",))
        return _Item(node.span, word, None, flat, outcomes)
    return _Item(node.span, word, None, head, [*_leaves(clauses), *outcomes])


def _outcomes(outcomes: tuple[tree.Outcome, ...]) -> list[_Item]:
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


def _outcome(node: tree.Outcome, first: int) -> _Item:
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
    return _leaf("outcome", node.span, named, share, arrow, " ".join(effects))


def _parallel(node: tree.Parallel) -> _Item:
    head = _named(node.kind, node.name, node.label) + (f" -> {node.target.text}" if node.target is not None else "")
    clauses: _Clauses = []
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *(_branch(one) for one in node.branches)]
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    if not children:
        return _Item(node.span, node.kind, (f"{head} {{ }}",))
    return _Item(node.span, node.kind, None, head, children)


def _branch(node: tree.Branch) -> _Item:
    children = [_statement(one) for one in node.body]
    if not children:
        return _leaf("branch", node.span, "branch { }")
    single = len(children) == 1 and children[0].cells is not None and len(children[0].flat) <= WIDTH - 20
    cells = (f"branch {{ {children[0].flat} }}",) if single else None
    return _Item(node.span, "branch", cells, "branch", children, loose=True)


def _call(node: tree.Call) -> _Item:
    clauses: _Clauses = []
    if node.name is not None:
        clauses.append((node.name.span, f"as {node.name.text}"))
    if node.target is not None:
        clauses.append((node.target.span, f"-> {node.target.text}"))
    _text_clause(clauses, "owner", node.owner)
    _allow_clauses(clauses, node.allows)
    return _headed("call", node, (_named("call", node.workflow, node.label),), clauses)


def _metric(node: tree.Metric) -> _Item:
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


def _cause(node: tree.Cause) -> _Item:
    clauses: _Clauses = []
    if node.lag is not None:
        clauses.append((node.lag.span, f"lag {words.duration(node.lag)}"))
    match node.strength:
        case tree.Each(change, adds):
            clauses.append((node.strength.span, f"each {words.quantity(change)} adds {words.quantity(adds)}"))
        case tree.Elasticity(value):
            clauses.append((node.strength.span, f"elasticity {words.quantity(value)}"))
        case tree.Learned():
            clauses.append((node.strength.span, "learned"))
    _quantity_clause(clauses, "confidence", node.confidence)
    if node.evidence is not None:
        note = f" {words.text(node.evidence.note)}" if node.evidence.note is not None else ""
        clauses.append((node.evidence.span, f"evidence {node.evidence.grade.text}{note}"))
    _allow_clauses(clauses, node.allows)
    return _blocked("cause", node, (f"cause {node.source.text}", f"-> {node.target.text}"), _leaves(clauses))


def _rule(node: tree.Rule) -> str:
    clears = f", clears {words.condition(node.clears)}" if node.clears is not None else ""
    return f"{node.level} {words.condition(node.condition)}{clears}"


def _indicator(node: tree.Indicator) -> _Item:
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
    if node.action is not None:
        clauses.append((node.action.span, f"do {node.action.text}"))
    if node.better is not None:
        clauses.append((None, f"{node.better} is better"))
    _allow_clauses(clauses, node.allows)
    if not clauses:
        return _leaf("indicator", node.span, head)
    return _Item(node.span, "indicator", None, head, _leaves(clauses))


def _names(names: tuple[tree.Word, ...]) -> str:
    return ", ".join(name.text for name in names)


def _objective(node: tree.Objective) -> _Item:
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


def _initiative(node: tree.Initiative) -> _Item:
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


def _commitment(node: tree.Commitment) -> _Item:
    clauses: _Clauses = []
    _text_clause(clauses, "by", node.by)
    clauses.extend((one.span, f"promises {one.metric.text} {words.target(one.target)}") for one in node.promises)
    _text_clause(clauses, "if met", node.if_met)
    _text_clause(clauses, "if missed", node.if_missed)
    _allow_clauses(clauses, node.allows)
    return _blocked("commitment", node, (_named("commitment", node.name, node.label),), _leaves(clauses))


def _benchmark(node: tree.Benchmark) -> _Item:
    clauses: _Clauses = []
    _text_clause(clauses, "source", node.source)
    _allow_clauses(clauses, node.allows)
    label = f" {words.text(node.label)}" if node.label is not None else ""
    head = f"benchmark {node.metric.text} {words.value(node.value)}{label}"
    return _headed("benchmark", node, (head,), clauses)


def _column(node: tree.RoleColumn | tree.OwnColumn) -> str:
    parts = [node.role] if isinstance(node, tree.RoleColumn) else [node.name.text, *([node.type] if node.type else [])]
    return " ".join([*parts, *([words.name_or_text(node.column)] if node.column is not None else [])])


def _data(node: tree.Data) -> _Item:
    children: list[_Item] = []
    for one in node.sources:
        word = "log" if isinstance(one, tree.Log) else "series"
        columns = [_leaf("column", column.span, _column(column)) for column in one.columns]
        children.append(_blocked(word, one, (f"{word} {words.text(one.path)}",), columns))
    clauses: _Clauses = []
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *children]
    if not children:
        return _leaf("data", node.span, "data { }")
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    return _Item(node.span, "data", None, "data", children)


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


def _scenario(node: tree.Scenario) -> _Item:
    clauses: _Clauses = [(one.span, _setting(one)) for one in node.settings]
    _allow_clauses(clauses, node.allows)
    return _blocked("scenario", node, (_named("scenario", node.name, node.label),), _leaves(clauses), empty="{ }")


def _test(node: tree.Test) -> _Item:
    clauses: _Clauses = []
    _allow_clauses(clauses, node.allows)
    children = [*_leaves(clauses), *(_test_line(one) for one in node.body)]
    head = f"test {words.text(node.title)}"
    if not children:
        return _leaf("test", node.span, f"{head} {{ }}")
    if all(child.span is not None for child in children):
        children.sort(key=lambda child: child.span.start if child.span is not None else 0)
    return _Item(node.span, "test", None, head, children, loose=True)


def _test_line(node: tree.Examples | tree.Given | tree.Expect) -> _Item:
    if isinstance(node, tree.Examples):
        return _examples(node)
    if isinstance(node, tree.Given):
        shown = f"given {node.name.text} = {', '.join(words.observed(one) for one in node.values)}"
        if node.every is not None:
            shown += f" every {words.quantity(node.every)}"
        if node.start is not None:
            shown += f" from {node.start.text}"
        return _leaf("given", node.span, shown)
    return _leaf("expect", node.span, _expect(node))


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
    at = f" at {node.at.text}" if node.at is not None else ""
    within = f" within {words.quantity(node.within)}" if node.within is not None else ""
    return f"expect {shown}{at}{within}"


def _examples(node: tree.Examples) -> _Item:
    """The table as one item, its rows as children; nothing but comments can stand between them."""
    rows = [[name.text for name in node.header], *([words.value(cell) for cell in row.cells] for row in node.rows)]
    spans = [node.header[0].span if node.header else node.span, *(row.span for row in node.rows)]
    widths = [max((len(row[c]) for row in rows if c < len(row)), default=0) for c in range(max(map(len, rows)))]
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)) + " |" for row in rows
    ]
    return _Item(
        node.span,
        "examples",
        None,
        children=[_leaf("row", span, line) for span, line in zip(spans, lines, strict=True)],
    )
