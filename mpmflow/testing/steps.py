"""Helpers for tests in Python: what is given, as a test block gives it, and assertions that explain themselves.

>>> import mpmflow as mpm
>>> model = mpm.parse('''
... workflow w { step brief takes 2h, decision ok { yes, no 20% -> brief rework } }
... indicator back = rate(ok.no) { warn above 25% for 1w }
... ''')
>>> seen = given(model, {"ok.no": ["20%", "30%", "30%"]}, start="2026-01-05")
>>> assert_state(seen, "back", "warn", at="2026-01-19")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from mpmflow.analysis.expectations.looking import Look
from mpmflow.model import scenes
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity

from .cases import Case
from .clock import given_in
from .judge import verdict
from .wording import unit_of, why


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A model with what is given; ask it with the assertions of this module."""

    look: Look
    case: Case


def given(
    model: Model, values: Mapping[str, Sequence[Any]], *, every: str = "1w", start: date | str = "2026-01-05"
) -> Seen:
    """Observations of metrics and indicators, as a test block gives them.

    Args:
        values: name -> one value a date: texts such as "20%" and "2d", numbers in base units (fractions, seconds), None
            where nothing was observed.
        every: the time from one value to the next. start: the day of the first.

    Raises KeyError for a name that is none of an indicator or metric, ValueError for a value that is no quantity.
    """
    from mpmflow.compiler.names import MEASURED, Names

    names = Names(model)
    rows = []
    for name, row in values.items():
        entry = names.find(name)
        if entry is None or entry.kind not in MEASURED:
            near = names.nearest(name, MEASURED)
            meant = f"; did you mean {' or '.join(near)}?" if near else ""
            raise KeyError(f"{name} is no indicator or metric of the model{meant}")
        entries = tuple(scenes.Value(value=None if value is None else Quantity.model_validate(value)) for value in row)
        span = Quantity.model_validate(every)
        rows.append(scenes.Given(name=name, values=entries, every=span, start=_day(start)))
    case = Case(scenes.Test(title="given in Python", given=tuple(rows)), 0)
    return Seen(Look(model, given_in(case)), case)


def assert_state(seen: Seen, name: str, state: str, *, at: date | str | None = None) -> None:
    """Fail, with the clauses that decided, unless an indicator is in a state on the evening of a day (or the last)."""
    _hold(seen, scenes.ExpectState(name=name, state=state, at=_day(at)))


def assert_level(
    seen: Seen, name: str, side: Literal["above", "below"], value: Any, *, at: date | str | None = None
) -> None:
    """Fail unless an indicator's value, or a metric's forecast, is above or below a level."""
    _hold(seen, scenes.ExpectLevel(name=name, side=side, value=Quantity.model_validate(value), at=_day(at)))


def _hold(seen: Seen, expected: scenes.Expectation) -> None:
    if isinstance(expected, scenes.ExpectState) and expected.name not in seen.look.traces:
        raise KeyError(f"{expected.name} is no indicator with rules; there are {', '.join(seen.look.traces) or 'none'}")
    found = verdict(seen.look, seen.case, expected)
    if not found.passed:
        lines = [f"expected {found.expected}, got {found.got}", *why(found.why, unit_of(found.why)), found.hint]
        raise AssertionError("\n  ".join(line for line in lines if line))


def _day(day: date | str | None) -> Any:
    return date.fromisoformat(day) if isinstance(day, str) else day
