"""Single clauses as a text writes them: what stands in the place of a number when it is replaced."""

from __future__ import annotations

from typing import Any

from mpmflow.model import process
from mpmflow.model.expressions import Expression
from mpmflow.syntax import words

from . import to_tree

_LONG = {"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}


def duration_text(duration: Any) -> str:
    """A duration as its clause has it.

    >>> from mpmflow.model.distributions import Lognormal
    >>> duration_text(Lognormal(mean="3d", sd="12h"))
    'lognormal(mean 3d, sd 12h)'
    """
    return words.duration(to_tree._duration(duration))


def arrivals_text(arrivals: process.Arrivals) -> str:
    """Arrivals as their clause has them.

    >>> arrivals_text(process.RenewalArrivals(gap="2d"))
    'every 2d'
    >>> arrivals_text(process.PoissonArrivals(cases=3, per={"value": 1, "unit": "w"}))
    '3 per week'
    """
    if isinstance(arrivals, process.PoissonArrivals):
        shown = words.rate(to_tree._arrival_rate(arrivals))
        number, _, unit = shown.rpartition(" ")
        return f"{number} {_LONG.get(unit, unit)}"
    if isinstance(arrivals, process.RenewalArrivals):
        return f"every {duration_text(arrivals.gap)}"
    return f"{arrivals.cases} at once"


def share_text(share: process.Share) -> str:
    """A share as its outcome has it.

    >>> share_text(process.Share(by_visit=["3/10", "3/20"])), share_text(process.Share.of(17, 85))
    ('30% then 15%', '17 of 85')
    """
    if share.counted is not None:
        return f"{share.counted.hits} of {share.counted.trials}"
    return " then ".join(words.quantity(to_tree._percent(one)) for one in share.by_visit)


def formula_text(expression: Expression) -> str:
    """A formula as a text has it.

    >>> from mpmflow.model.expressions import Function, Reference
    >>> formula_text(Function(function="time", arguments=[Reference(name="webinar")]))
    'time(webinar)'
    """
    return words.expression(to_tree._expression(expression))
