"""A figure as a formula, as a page of text: in the levers' names, what it is today, and where the target is met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mpmflow.render.analysis_page import Fitted
from mpmflow.render.numbers import duration, percent, significant

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from mpmflow.analysis.scenarios.closed_forms import ChosenLever, Formula
    from mpmflow.numerics.algebra.polynomials import Polynomial
    from mpmflow.numerics.algebra.rational import ClosedForm

LONGEST = 1_200
"""Characters of a formula that stand on a page; the document has any."""
DIGITS = 6
_TIMES = (("d", 86400), ("h", 3600), ("min", 60))
_WORDS = {
    "time.mean": "Mean time of a case",
    "touch_time.mean": "Mean working time of a case",
    "cost.mean": "Mean cost of a case",
    "yield": "Share that ends well",
    "scrap": "Share that ends badly",
    "first_pass": "Share that is right first time",
    "throughput_per_s": "Cases that end well",
    "wip": "Cases under way",
}


def formula_page(found: Formula) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    unit, size = _unit(found)
    title = f"{_called(found.figure)} in {found.workflow}"
    parts: list[RenderableType] = [Text(title, style="bold")]
    if found.form is not None:
        text = formula_text(found.form, size)
        measured = f", in {unit}" if unit else ""
        if len(text) <= LONGEST:
            parts += [Padding(Text(f"{found.figure}{measured} ="), (0, 0, 0, 2)), Padding(Text(text), (0, 0, 0, 4))]
        else:
            terms = len(found.form.numerator) + len(found.form.denominator)
            parts.append(
                Padding(Text(f"The formula has {terms} terms, too many to read; --json has it."), (0, 0, 0, 2))
            )
    for sentence in _sentences(found):
        parts.append(Padding(Text(sentence), (0, 0, 0, 2)))
    parts += [Text(""), _levers(found)]
    notes = [*found.notes]
    if found.form is not None:
        notes.append(f"numbers in the formula are rounded to {DIGITS} digits; --json has exact fractions")
    parts.append(Text(""))
    parts += [Padding(Text(note, style="dim"), (0, 0, 0, 2)) for note in notes]
    return Group(*parts)


def formula_text(form: ClosedForm, size: float = 1.0) -> str:
    """A formula as people write it: the lowest powers first, and 1 as the first number below the line.

    `size` is the unit that the figure is shown in.

    >>> from mpmflow.numerics.algebra.rational import ExactOutcome, Variable, closed_form
    >>> loop = [ExactOutcome(0, 0, Fraction(1, 5)), ExactOutcome(0, 1, Fraction(4, 5))]
    >>> formula_text(closed_form(1, 1, loop, [7200], [Variable("ok.no", (0,))]), 3600)
    '2 / (1 - ok.no)'
    """
    lowest = min(form.denominator, key=_order)
    below = form.denominator[lowest]
    above = _sum(form.numerator, form.names, below * Fraction(size))
    if len(form.denominator) == 1 and not any(lowest):
        return above
    return f"{_bracketed(above)} / {_bracketed(_sum(form.denominator, form.names, below))}"


def _order(power: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return sum(power), tuple(-exponent for exponent in power)


def _sum(polynomial: Polynomial, names: Sequence[str], unit: Fraction) -> str:
    text = ""
    for power in sorted(polynomial, key=_order):
        value = polynomial[power] / unit
        letters = "*".join(
            name if exponent == 1 else f"{name}^{exponent}"
            for name, exponent in zip(names, power, strict=True)
            if exponent
        )
        number = significant(float(abs(value)), DIGITS).replace(",", "")
        word = letters if letters and abs(value) == 1 else (f"{number}*{letters}" if letters else number)
        sign = "-" if value < 0 else "+"
        text += f" {sign} {word}" if text else (f"-{word}" if value < 0 else word)
    return text or "0"


def _bracketed(text: str) -> str:
    return f"({text})" if " " in text else text


def _unit(found: Formula) -> tuple[str, float]:
    """The unit that reads best, and how large it is."""
    if found.unit == "s":
        level = max(abs(found.value or 0.0), abs(found.target or 0.0))
        return next(((name, float(size)) for name, size in _TIMES if level >= size), ("s", 1.0))
    if found.unit == "1/s":
        return "per week", 1.0 / 604800.0
    return found.unit, 1.0


def _called(figure: str) -> str:
    head, _, tail = figure.partition(".")
    if head == "visits":
        return f"Visits of {tail} per case"
    if head == "ends":
        return f"Share that ends as {tail}"
    return _WORDS[figure]


def _written(found: Formula, value: float, digits: int = 3) -> str:
    """A value of the figure."""
    if found.unit == "s":
        return duration(value, digits)
    if found.unit == "1/s":
        return f"{significant(value * 604800.0, digits)} per week"
    if found.unit:
        return f"{significant(value, digits)} {found.unit}"
    return significant(value, digits) if found.figure.startswith(("visits.", "wip")) else percent(value, digits)


def _sentences(found: Formula) -> Iterator[str]:
    if found.value is not None:
        text = f"Today it is {_written(found, found.value)}"
        yield text + (f"; the target is {_written(found, found.target)}." if found.target is not None else ".")


def _levers(found: Formula) -> Fitted:
    heads = ["  lever", "today", "one point more"]
    if found.target is not None:
        heads.append(f"{_written(found, found.target)} at")
    rows = []
    for lever in found.levers:
        row = [f"  {lever.name}", _today(lever), _point(found, lever.gradient)]
        if found.target is not None:
            met = " and ".join(percent(share) for share in lever.break_even or ())
            row.append(met or _best(found, lever))
        rows.append(row)
    return Fitted(heads, rows)


def _best(found: Formula, lever: ChosenLever) -> str:
    """Where a lever alone misses the target: the end of its range that comes nearest, and what the figure is there."""
    if lever.gradient == 0.0:
        return "it moves nothing"
    values = [(end, lever.value_at(end)) for end in (0.0, lever.highest)]
    known = [(abs(value - (found.target or 0.0)), end, value) for end, value in values if value is not None]
    if not known:
        return "never"
    _, end, value = min(known)
    return f"not even at {percent(end)}: {_written(found, value)}"


def _today(lever: ChosenLever) -> str:
    return " then ".join(percent(float(share)) for share in lever.by_visit)


def _point(found: Formula, gradient: float | None) -> str:
    if gradient is None:
        return ""
    change = 0.01 * gradient
    if abs(change) < 1e-15:
        return "nothing"
    sign, size = ("+" if change > 0 else "-"), abs(change)
    if not found.unit and not found.figure.startswith(("visits.", "wip")):
        return f"{sign}{significant(100 * size, 2)} points"
    return sign + _written(found, size, 2)
