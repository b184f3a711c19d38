"""Rules and conditions as the language writes them."""

from __future__ import annotations

from mpmflow.model.quantities import Quantity, write_quantity
from mpmflow.model.rules import Both, Condition, Either, Held, Moves, Negation, OutOfControl, Outside, Rule, Threshold


def rule_text(rule: Rule) -> str:
    """A rule as the language writes it, without its level.

    >>> rule_text(Rule(level="warn", condition=Threshold(side="above", value="25%"),
    ...                clears=Threshold(side="below", value="22%")))
    'above 25%, clears below 22%'
    """
    text = condition_text(rule.condition)
    return f"{text}, clears {condition_text(rule.clears)}" if rule.clears else text


def condition_text(condition: Condition) -> str:
    """A condition as the language writes it, with the brackets that it needs."""
    match condition:
        case Threshold():
            return f"{condition.side} {write_quantity(condition.value)}"
        case Outside():
            return f"outside {write_quantity(condition.low)} to {write_quantity(condition.high)}"
        case Moves():
            share = write_quantity(Quantity(value=condition.share * 100, unit="%"))
            return f"{condition.direction} {share} in {write_quantity(condition.span)}"
        case OutOfControl():
            return "out of control" + chart_text(condition)
        case Held():
            return f"{_bracketed(condition.condition, Both, Either, Negation)} for {write_quantity(condition.span)}"
        case Negation():
            return f"not {_bracketed(condition.condition, Both, Either)}"
        case Both():
            return f"{_bracketed(condition.left, Either)} and {_bracketed(condition.right, Either)}"
        case Either():
            return f"{condition_text(condition.left)} or {condition_text(condition.right)}"


def chart_text(condition: OutOfControl) -> str:
    """What stands behind `out of control`: nothing, ` by ewma`, ` by rule "2 of 3 beyond 2 sigma"`."""
    if condition.chart is None:
        return ""
    return f" by {condition.chart}" + (f' "{condition.pattern}"' if condition.pattern is not None else "")


def _bracketed(condition: Condition, *weaker: type) -> str:
    text = condition_text(condition)
    return f"({text})" if isinstance(condition, weaker) else text
