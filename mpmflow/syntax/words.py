"""Trees of figures, durations, formulas and conditions as text: everything that stands inside a line.

Brackets are written where the grammar needs them, and nowhere else.
"""

from __future__ import annotations

from mpmflow.syntax import tree
from mpmflow.syntax.lexer import vocabulary

__all__ = [
    "begins_clause",
    "condition",
    "duration",
    "expression",
    "name_or_text",
    "observed",
    "quantity",
    "rate",
    "reminder",
    "seen",
    "strength",
    "target",
    "text",
    "value",
]

_GLUED = frozenset({"s", "min", "h", "d", "w", "mo", "y", "%"})


def text(node: tree.Text) -> str:
    """A text between quotation marks; a text has no line ends, see `mpmflow.model.base.Line`."""
    return '"' + node.value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name_or_text(node: tree.Word | tree.Text) -> str:
    """A name bare, a text between quotation marks."""
    return text(node) if isinstance(node, tree.Text) else node.text


def quantity(node: tree.Quantity) -> str:
    """`20%`, `2h`, `60 eur/h`: units of time and the percent sign stand at the number, others behind a blank.

    A unit that is spelled like a clause stands at the number too: there it can be nothing else.

    >>> quantity(tree.Quantity("60", "eur/h")), quantity(tree.Quantity("2", "h")), quantity(tree.Quantity("1e3", "h"))
    ('60 eur/h', '2h', '1e3 h')
    >>> quantity(tree.Quantity("20", "target"))
    '20target'
    """
    if node.unit is None:
        return node.number
    glued = node.unit in _GLUED or begins_clause(node.unit)
    glued = glued and node.number[-1:].isdigit() and "e" not in node.number.lower()
    return f"{node.number}{node.unit}" if glued else f"{node.number} {node.unit}"


def begins_clause(unit: str) -> bool:
    """Whether a unit begins with a word of the language, so that behind a blank it could be read as a clause.

    `people` is none of them: no figure that counts stands before `people N`.
    """
    word = unit.partition("/")[0]
    known = vocabulary()
    return word not in ("people", "_") and (word in known.keywords or word in known.guarded or word == "clears")


def period(node: tree.Quantity) -> str:
    """What stands behind `per`: `week`, `13w`."""
    return node.unit if node.number == "1" and node.unit is not None and node.unit != "%" else quantity(node)


def rate(node: tree.Rate) -> str:
    """`3 per week`."""
    return f"{quantity(node.quantity)} per {period(node.per)}"


def value(node: tree.Value | tree.Word | tree.Text) -> str:
    """A figure, or a name or text that stands for one."""
    if isinstance(node, tree.Quantity):
        return quantity(node)
    return rate(node) if isinstance(node, tree.Rate) else name_or_text(node)


def duration(node: tree.Duration) -> str:
    """`2h`, `1w to 3w`, `lognormal(mean 3d, sd 2d)`."""
    if isinstance(node, tree.Quantity):
        return quantity(node)
    if isinstance(node, tree.Between):
        return f"{quantity(node.low)} to {quantity(node.high)}"
    return f"{node.name.text}({', '.join(_argument(one) for one in node.arguments)})"


def _argument(node: tree.Argument) -> str:
    shown = quantity(node.value) if isinstance(node.value, tree.Quantity) else name_or_text(node.value)
    return f"{node.name.text} {shown}" if node.name is not None else shown


def seen(node: tree.Seen) -> str:
    """`seen as "A", "B" where channel = "web"`."""
    shown = "seen as " + ", ".join(text(one) for one in node.activities)
    if node.where:
        shown += " where " + " and ".join(f"{name_or_text(one.column)} = {text(one.value)}" for one in node.where)
    return shown


def target(node: tree.Target) -> str:
    """`at least 900 per 13w by 2026-09-30`."""
    shown = f"{node.bound} {quantity(node.value)}"
    if node.per is not None:
        shown += f" per {period(node.per)}"
    if node.total_from is not None:
        shown += f" in total from {node.total_from.text}"
    return shown + (f" by {node.by.text}" if node.by is not None else "")


def reminder(node: tree.Reminder) -> str:
    """`do ping_owner 30d and 7d before`."""
    before = f" {' and '.join(map(quantity, node.before))} before" if node.before else ""
    return f"do {', '.join(name.text for name in node.actions)}{before}"


def strength(node: tree.Each | tree.Elasticity | tree.Saturates | tree.Learned) -> str:
    """How strong an influence is: `each +1d adds -6`, `learned with saturation`.

    >>> strength(tree.Saturates(tree.Quantity("120", "leads"), tree.Quantity("5k", "eur")))
    'saturates at 120 leads with half at 5k eur'
    """
    match node:
        case tree.Each(change, adds):
            return f"each {quantity(change)} adds {quantity(adds)}"
        case tree.Elasticity(value_):
            return f"elasticity {quantity(value_)}"
        case tree.Saturates(most, half):
            return f"saturates at {quantity(most)} with half at {quantity(half)}"
        case tree.Learned(saturating):
            return "learned with saturation" if saturating else "learned"


def observed(node: tree.Observed) -> str:
    """One entry of `given`."""
    if isinstance(node, tree.Missing):
        return "_"
    if isinstance(node, tree.Run):
        return f"{value(node.start)} {node.sign} {value(node.step)} x {quantity(node.times)}"
    return value(node)


_LEVEL = {"or": 1, "and": 2, "<": 4, "<=": 4, ">": 4, ">=": 4, "=": 4, "!=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "^": 8}
_ATOM = 9
# What the grammar allows on the left and right of each level without brackets.
_SIDES = {1: (1, 2), 2: (2, 3), 4: (5, 5), 5: (5, 6), 6: (6, 7), 8: (9, 7)}


def expression(node: tree.Expression) -> str:
    """A formula.

    >>> a, b = tree.Reference("a"), tree.Reference("b")
    >>> expression(tree.Binary("*", tree.Binary("+", a, b), tree.Unary("-", b)))
    '(a + b) * -b'
    """
    return _expression(node)[0]


def _expression(node: tree.Expression) -> tuple[str, int]:
    if isinstance(node, tree.Reference):
        return node.name, _ATOM
    if isinstance(node, (tree.Quantity, tree.Rate)):
        shown = value(node)
        return shown, 7 if shown[0] in "+-" else _ATOM
    if isinstance(node, tree.FunctionCall):
        return f"{node.name.text}({', '.join(expression(one) for one in node.arguments)})", _ATOM
    if isinstance(node, tree.Unary):
        if node.op == "not":
            return f"not {_at_least(node.operand, 3)}", 3
        return f"{node.op}{_at_least(node.operand, 7)}", 7
    level = _LEVEL[node.op]
    left, right = _SIDES[level]
    # An `=` begins a formula, so two figures are compared with `==`.
    sign = "==" if node.op == "=" else node.op
    return f"{_at_least(node.left, left)} {sign} {_at_least(node.right, right)}", level


def _at_least(node: tree.Expression, wanted: int) -> str:
    shown, level = _expression(node)
    return shown if level >= wanted else f"({shown})"


def condition(node: tree.Condition) -> str:
    """The condition of a rule: `above 25% for 2w or out of control`."""
    return _condition(node)[0]


def _condition(node: tree.Condition) -> tuple[str, int]:
    match node:
        case tree.Threshold():
            return f"{node.side} {value(node.value)}", 5
        case tree.Outside():
            return f"outside {value(node.low)} to {value(node.high)}", 5
        case tree.Change():
            return f"{node.direction} {quantity(node.by)} in {quantity(node.within)}", 5
        case tree.OutOfControl():
            by = f" by {node.chart.text}" if node.chart is not None else ""
            return f"out of control{by}{f' {text(node.pattern)}' if node.pattern is not None else ''}", 5
        case tree.Not():
            return f"not {_bracketed(node.condition, 5)}", 5
        case tree.Held():
            return f"{_bracketed(node.condition, 3)} for {quantity(node.time)}", 3
        case tree.AllOf():
            return " and ".join(_bracketed(one, 3) for one in node.conditions), 2
        case tree.AnyOf():
            return " or ".join(_bracketed(one, 2) for one in node.conditions), 1


def _bracketed(node: tree.Condition, wanted: int) -> str:
    shown, level = _condition(node)
    return shown if level >= wanted else f"({shown})"
