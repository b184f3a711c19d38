"""The words and figures of an evaluation's note: what a source is called, how a level reads, how likely is likely."""

from __future__ import annotations

from datetime import date

from mpmflow.analysis.evaluation import Evaluation, IndicatorFigure, MetricFigure
from mpmflow.model.units import parse_unit
from mpmflow.render.numbers import duration, percent, significant

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
        return percent(value, digits)
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

    >>> per("eur/leads"), per("people")
    ('eur per lead', 'people')
    """
    over, slash, under = unit.partition("/")
    return f"{over} per {under.removesuffix('s') if len(under) > 3 else under}" if slash else unit


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


def called(evaluation: Evaluation, name: str) -> str:
    """What a source is called in a sentence.

    The label of a named indicator or metric; of what a workflow gives by itself, a few words around the label of the
    node.
    """
    labels = evaluation.labels
    node, _, aspect = name.partition(".")
    label = labels.get(name, "")
    title = labels.get(node, node.replace("_", " "))
    if not aspect:
        return label or title
    given = ("Wait before: ", "Time of: ", "Arrivals: ", "Open cases: ", "Rounds of: ", "Load: ")
    if label and not label.startswith(given) and not label.startswith(f"{title} "):
        return label
    words = {"wait": "wait before", "time": "time of", "arrivals": "arrivals of", "delay": "delay after"}
    if aspect in words:
        return f"{words[aspect]} “{title}”"
    return f"“{aspect.replace('_', ' ')}” at “{title}”"


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
    """`12.9% instead of 7%`, from the estimate; what was seen, where nothing is estimated."""
    unit = rate_unit(row.unit)
    now = row.estimate if row.estimate is not None else row.observed
    if row.expected is None:
        return amount(now, unit)
    words = f"{amount(now, unit)} instead of {amount(row.expected, unit)}"
    if row.sd is not None and row.expected_sd is not None and row.sd > 1.25 * row.expected_sd:
        words += ", and more uneven"
    return words


def parts(evaluation: Evaluation, row: MetricFigure, most: int = 3, least: float = 0.02) -> str:
    """The largest contributions to a metric in words, and what the others come to together."""
    by, unit = row.by, row.unit
    total = sum(abs(part) for part in by.values())
    if not total:
        return ""
    told = [(name, part) for name, part in by.items() if abs(part) >= least * total][:most]
    words = [
        f"{'unexplained' if name == row.name else called(evaluation, name)} {change(part, unit)}" for name, part in told
    ]
    rest = sum(by.values()) - sum(part for _, part in told)
    left = len(by) - len(told)
    if left and abs(rest) >= 0.005 * total:
        words.append(f"{left} other{'s' if left > 1 else ''} {change(rest, unit)}")
    return ", ".join(words)


def target(row: MetricFigure) -> str:
    """The target in words: `at most 9 d`."""
    if row.target is None or row.comparison is None:
        return ""
    return f"{row.comparison} {amount(row.target, row.unit)}"
