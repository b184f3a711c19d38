"""Expectations and what came of them, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mpmflow.analysis.rules import Clause
from mpmflow.model import scenes
from mpmflow.model.quantities import Quantity, write_quantity
from mpmflow.model.units import parse_unit

from .cases import Case


def expectation_text(case: Case, expected: scenes.Expectation) -> str:
    """An expectation as the language writes it, with the cells of its row put in."""
    if isinstance(expected, scenes.ExpectSilence):
        return f"no {expected.level} on {expected.name}"
    if isinstance(expected, scenes.ExpectState):
        text = f"{expected.name} is {case.state(expected)}"
    elif isinstance(expected, scenes.ExpectLevel):
        text = f"{expected.name} {expected.side} {write_quantity(case.number_of(expected.value))}"
    else:
        text = f"{expected.what} at {expected.node} {expected.direction}"
    if expected.at is None:
        return text
    day = case.day(expected.at).isoformat()
    return f"{text} at {day}" if expected.within is None else f"{text} within {expected.within} of {day}"


def in_unit(value: float, unit: str) -> str:
    """A figure in base units, written in a unit of the language.

    >>> in_unit(583428.2, "d"), in_unit(0.34, "%"), in_unit(42.5, "eur")
    ('6.753d', '34%', '42.5 eur')
    """
    factor = float(parse_unit(unit).factor)
    number = f"{value / factor:.4g}"
    if "e" in number:
        number = f"{value / factor:.0f}" if abs(value / factor) >= 1 else f"{value / factor:.10f}".rstrip("0")
    return f"{number}{unit}" if unit == "%" or parse_unit(unit).is_time else f"{number} {unit}".strip()


def unit_of(clauses: tuple[Clause, ...]) -> str:
    """The unit in which the levels of some clauses are written; "" where they have none."""
    for clause in _leaves(clauses):
        word = clause.text.rpartition(" ")[2]
        if word.endswith("%"):
            return "%"
        try:
            return Quantity.model_validate(" ".join(clause.text.split()[1:])).unit
        except ValueError:
            continue
    return ""


def _leaves(clauses: tuple[Clause, ...]) -> Iterator[Clause]:
    for clause in clauses:
        if clause.parts:
            yield from _leaves(clause.parts)
        elif clause.kind in ("threshold",):
            yield clause


def why(clauses: tuple[Clause, ...], unit: str) -> Iterator[str]:
    """The clause trees as indented lines: what each was, and the figures it compared."""
    for clause in clauses:
        what = "fires" if clause.fires else "is pending" if clause.pending else "does not fire"
        yield f"{clause.text}: {what}"
        inner = clause.parts[0] if len(clause.parts) == 1 else clause
        if inner.parts or inner.truth == "unknown" or inner.kind not in ("threshold",):
            yield from _lines(inner, unit, 1)


def _lines(clause: Clause, unit: str, depth: int) -> Iterator[str]:
    told = [] if clause.parts else list(_compared(clause, unit))
    held = " (not long enough yet)" if clause.pending and clause.kind == "held" else ""
    yield f"{'  ' * depth}{clause.text}: {clause.truth}{held}" + (f", {', '.join(told)}" if told else "")
    for part in clause.parts:
        yield from _lines(part, unit, depth + 1)


def _compared(clause: Clause, unit: str) -> Iterator[str]:
    if clause.kind == "out_of_control":
        if clause.low is None and clause.high is None:
            yield "its limits are not known before 20 periods are over"
            return
        unit = "" if "cusum" in clause.text else unit
    if clause.value is None:
        yield "no value"
        return
    yield f"the value is {in_unit(clause.value, unit)}"
    if clause.kind in ("out_of_control", "moves"):
        if clause.low is not None:
            yield f"low {in_unit(clause.low, unit)}"
        if clause.high is not None:
            yield f"high {in_unit(clause.high, unit)}"


def since_text(since: date, evening: date) -> str:
    """Since when a state stands, where that is not the evening itself."""
    return "" if since == evening else f" since {since.isoformat()}"
