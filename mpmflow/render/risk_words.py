"""The words and figures of an evaluation's note: what a source is called, how a level reads, how likely is likely."""

from __future__ import annotations

import re
from datetime import date

from mpmflow.analysis.risk.evaluation import Evaluation, IndicatorFigure, MetricFigure
from mpmflow.model.units import parse_unit
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.risk_names import Names

SPANS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SPANNED = re.compile(r"in total|per \d")
"""How readings begin whose figure is a sum, or a mean, over several periods."""


def day(value: date | None) -> str:
    """A date as people write it.

    >>> day(date(2026, 3, 2)), day(None)
    ('2 Mar 2026', '')
    """
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}" if value else ""


def amount(value: float | None, unit: str, digits: int = 3) -> str:
    """A figure in base units as its unit reads: times in a handy unit, shares in per cent, money with its currency.

    >>> amount(7200.0, "d"), amount(0.25, "%"), amount(1250000.0, "eur"), amount(None, "d")
    ('2 h', '25%', '1.25M eur', '-')
    """
    if value is None:
        return "-"
    measure = parse_unit(unit)
    if measure.is_time:
        return duration(value, digits)
    if unit == "%":
        return percent(value, digits if value >= 0.01 else min(digits, 2))
    if not unit:
        return significant(value, digits)
    value = value / float(measure.factor)
    if not measure.powers:
        return significant(value, digits)
    if measure.is_money and abs(value) >= 10_000:
        size, letter = (1e6, "M") if abs(value) >= 999_500 else (1e3, "k")
        return f"{significant(value / size, digits)}{letter} {unit}"
    return f"{significant(value, digits)} {per(unit)}"


def per(unit: str) -> str:
    """A unit as words: `eur/leads` reads `eur per lead`.

    >>> per("eur/leads"), per("people"), per("cases/w")
    ('eur per lead', 'people', 'cases per week')
    """
    over, slash, under = unit.partition("/")
    if not slash:
        return unit
    return f"{over} per {SPANS.get(under, under.removesuffix('s') if len(under) > 3 else under)}"


def change(value: float, unit: str) -> str:
    """A change, with its sign; of a share in percentage points.

    >>> change(0.05, "%"), change(-3600.0, "h"), change(0.0, "eur")
    ('+5 points', '-1 h', '±0 eur')
    """
    sign = "+" if value > 0 else "-" if value < 0 else "±"
    if unit == "%":
        points = significant(100.0 * abs(value), 2)
        return f"{sign}{points} point{'' if points == '1' else 's'}"
    return sign + amount(abs(value), unit, 2)


def chance(value: float | None) -> str:
    """A probability, never rounded to certainty.

    >>> chance(0.962), chance(1.0), chance(0.0), chance(None)
    ('96%', '> 99%', '< 1%', '-')
    """
    if value is None:
        return "-"
    if value > 0.99:
        return "> 99%"
    return "< 1%" if value < 0.01 else f"{100 * value:.0f}%"


def likely(p_miss: float) -> str:
    """How sure a miss is, in words, to be followed by "miss its target"."""
    for least, words in ((0.95, "will almost certainly"), (0.8, "will very likely"), (0.5, "will probably")):
        if p_miss >= least:
            return words
    return "may" if p_miss >= 0.2 else "is unlikely to"


def unit_of(evaluation: Evaluation, name: str) -> str:
    """The unit in which a source's level reads."""
    found = next((row for row in evaluation.indicators if row.name == name), None)
    if found is not None:
        return rate_unit(found.unit)
    metric = next((row for row in evaluation.metrics if row.name == name), None)
    if metric is not None:
        return metric.unit
    return "s" if name.rpartition(".")[2] in ("wait", "time", "delay") else "%"


def rate_unit(unit: str) -> str:
    """Arrivals are kept per second and read per week."""
    return "cases/w" if unit in ("1/s", "cases/s") else unit


def one_unit(seconds: float) -> tuple[str, float]:
    """The unit of time, with its seconds, in which a column of times reads best whose largest is given.

    >>> one_unit(200_000.0)
    ('d', 86400.0)
    """
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if abs(seconds) >= 2 * size:
            return unit, size
    return "s", 1.0


def signed(value: float) -> str:
    """A change as a bare number with its sign, two digits, and nothing that rounds to nothing.

    >>> signed(12.34), signed(-0.256), signed(0.001)
    ('+12', '-0.26', '0')
    """
    if abs(value) < 0.005:
        return "0"
    text = f"{abs(value):.0f}" if abs(value) >= 10 else f"{abs(value):.1f}" if abs(value) >= 1 else f"{abs(value):.2f}"
    return ("+" if value > 0 else "-") + text


def instead(row: IndicatorFigure) -> str:
    """`12.9% instead of 7%`, from the estimate; what was seen, where nothing is estimated. The unit once."""
    unit = rate_unit(row.unit)
    now = row.estimate if row.estimate is not None else row.observed
    if row.expected is None:
        return amount(now, unit)
    first, last = amount(now, unit), amount(row.expected, unit)
    if unit != "%" and first.partition(" ")[2] == last.partition(" ")[2]:
        first = first.partition(" ")[0]
    return f"{first} instead of {last}"


def uneven(row: IndicatorFigure) -> bool:
    """Whether single visits scatter clearly more than expected."""
    return row.sd is not None and row.expected_sd is not None and row.sd > 1.25 * row.expected_sd


def parts(names: Names, row: MetricFigure, most: int = 3, least: float = 0.02) -> str:
    """The largest contributions to a metric in words, and what the others come to together."""
    by, unit = row.by, row.unit
    total = sum(abs(part) for part in by.values())
    if not total:
        return ""
    told = [(name, part) for name, part in by.items() if abs(part) >= least * total][:most]
    if len(by) == 1 and told[0][0] != row.name:
        return f"all of it from {names(told[0][0])}"
    words = [f"{'unexplained' if name == row.name else names(name)} {bare_change(part, unit)}" for name, part in told]
    rest = sum(by.values()) - sum(part for _, part in told)
    left = len(by) - len(told)
    if left and abs(rest) >= 0.005 * total:
        words.append(f"{left} other{'s' if left > 1 else ''} {bare_change(rest, unit)}")
    return ", ".join(words)


def target(row: MetricFigure) -> str:
    """The target in words: `at most 9 d`."""
    if row.target is None or row.comparison is None:
        return ""
    return f"{row.comparison} {amount(row.target, row.unit)}"


def told_lately(row: MetricFigure) -> bool:
    """Whether what was observed lately may stand beside the forecast: it is of one period, not of a span of several."""
    return not SPANNED.match(row.reading)


def bare_target(row: MetricFigure) -> str:
    """The target for a table, without the unit of what is counted."""
    if row.target is None or row.comparison is None:
        return ""
    return f"{row.comparison} {bare(row.target, row.unit)}"


def bare(value: float | None, unit: str, digits: int = 3) -> str:
    """A figure without the unit of what is counted, which the name beside it tells; times and money keep theirs.

    >>> bare(933.2, "leads"), bare(38.3, "eur/leads"), bare(7200.0, "d"), bare(None, "leads")
    ('933', '38.3 eur', '2 h', '-')
    """
    if value is None:
        return "-"
    return amount(value, unit, digits).removesuffix(_counted(unit))


def bare_change(value: float, unit: str) -> str:
    """A change without the unit of what is counted.

    >>> bare_change(-8.4, "leads"), bare_change(0.34, "eur/leads"), bare_change(0.032, "%")
    ('-8.4', '+0.34 eur', '+3.2 points')
    """
    return change(value, unit).removesuffix(_counted(unit))


def span(low: float | None, high: float | None, unit: str) -> str:
    """From one figure to another, the unit once.

    >>> span(755.0, 1140.0, "leads"), span(27.1, 67.7, "eur/leads"), span(0.0548, 0.158, "%")
    ('755 to 1,140', '27.1 to 67.7 eur', '5.5 to 16%')
    >>> span(826848.0, 1296000.0, "d"), span(3600.0, 864000.0, "d"), span(628000.0, 1.2e6, "eur")
    ('9.6 to 15 d', '1 h to 10 d', '628k to 1.2M eur')
    """
    if low is None or high is None:
        return "-"
    digits = 2 if unit == "%" or parse_unit(unit).is_time else 3
    first, last = bare(low, unit, digits), bare(high, unit, digits)
    if first == last:
        return first
    if unit == "%":
        return f"{first.removesuffix('%')} to {last}"
    number, _, ending = first.partition(" ")
    return f"{number} to {last}" if ending == last.partition(" ")[2] else f"{first} to {last}"


def _counted(unit: str) -> str:
    """The part of a unit that only repeats what is counted: ` leads`, or ` per lead` behind money."""
    if not unit or unit == "%":
        return ""
    measure = parse_unit(unit)
    if measure.is_time or measure.is_money:
        return ""
    _, slash, under = per(unit).partition(" per ")
    money = slash and parse_unit(unit.partition("/")[0]).is_money
    if money:
        return f" per {under}"
    return f" {per(unit)}"


def upper(words: str) -> str:
    """With a capital at the start."""
    return words[:1].upper() + words[1:]
