"""Leading indicators: a chart for each that rules watch or that is in trouble, a row for each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from mpmflow.analysis.reporting.parts import ReportedIndicator
from mpmflow.analysis.reporting.report import Report
from mpmflow.render.report.charts.indicator_chart import RECENT, indicator_chart, spark
from mpmflow.render.report.drawings import charted, sparkline
from mpmflow.render.report.markup import Child, Html, chip, described, el, joined, more, name, table
from mpmflow.render.report.words import INDICATOR_COLUMNS, indicator_cells, indicator_state
from mpmflow.render.risk_words import bare, day, rate_unit

MOST = 12
"""So many have a chart of their own; of more, those that come first."""
FIRST = 8
"""So many of the others are shown at once; the rest opens on demand."""
LEGEND = (
    ("line", "observed"),
    ("expected", "expected"),
    ("warn", "warns beyond it"),
    ("bad", "alerts beyond it, or is out of control (dotted)"),
    ("beyond", "higher than the scale reaches"),
    ("strip", "state of the rules: as it should be, may soon warn, warning, alert"),
)
KINDS = {"alert": "bad", "warn": "warn", "pending": "wait", "ok": "good", "unknown": "quiet"}


def indicators(report: Report) -> Html:
    """The section; "" where nothing was observed."""
    if not report.indicators:
        return Html("")
    key = el("ul", *(el("li", words, class_=kind) for kind, words in LEGEND), class_="key")
    large = [row for row in report.indicators if row.in_trouble or row.state is not None][:MOST]
    others = [row for row in report.indicators if row not in large]
    return joined([
        key if large else None,
        *(_block(row) for row in large),
        _others(others, bool(large)) if others else None,
        _values(report.indicators),
    ])  # fmt: skip


def _block(row: ReportedIndicator) -> Html:
    """An indicator with its figures and its chart."""
    figure = row.figure
    _, expected, last, now, worse, _ = indicator_cells(row)
    facts = described([
        ("now about", now),
        ("expected", expected),
        ("last seen", last),
        ("worse than expected", f"{worse} sure" if figure.p_worse is not None else None),
        ("rule", name(figure.rule)),
        ("owner", name(figure.owner)),
    ])  # fmt: skip
    chart = indicator_chart(figure, row.course, row.words) if row.course is not None else None
    return el(
        "article",
        el("div", el("h3", name(row.words)), _state(row), facts, class_="said"),
        charted(chart, row.words) if chart is not None else None,
        class_="block",
    )


def _state(row: ReportedIndicator) -> Html:
    if row.state is None:
        return chip("wait", "worse than expected") if row.in_trouble else chip("quiet", "no rule")
    return chip(KINDS[row.state], indicator_state(row))


def _others(rows: Sequence[ReportedIndicator], after: bool) -> Html:
    title = "Other indicators" if after else "Indicators"
    rest = rows[FIRST:]
    return joined([
        el("h3", title) if after else None,
        _listed(title, rows[:FIRST]),
        more(f"{len(rest)} more", _listed(f"{title}, the rest", rest)) if rest else None,
    ])  # fmt: skip


def _listed(title: str, rows: Sequence[ReportedIndicator]) -> Html:
    """A table with a row for each; columns in which nothing is known are left out, and the state where no rule is."""
    ruled = any(row.state is not None or row.in_trouble for row in rows)
    head = [INDICATOR_COLUMNS[0], "last half year", *INDICATOR_COLUMNS[1:]]
    cells: list[list[Child]] = []
    for row in rows:
        drawn = spark(row.figure, row.course) if row.course is not None else ""
        first, *figures, _ = indicator_cells(row)
        state = _state(row) if ruled else None
        cells.append([name(first), sparkline(drawn) if drawn else None, *figures, state])
    kept = [column for column in range(len(head)) if any(row[column] not in (None, "", "-") for row in cells)]
    left = [place for place, column in enumerate(kept) if column in (1, len(head) - 1)]
    shown = [[row[column] for column in kept] for row in cells]
    return table(title, [head[column] for column in kept], shown, left=left, kind="indicators")


def _values(rows: Sequence[ReportedIndicator]) -> Html | None:
    """What the charts show, as one table: a row for each indicator, a column for each of the last periods."""
    seen = {row.name: {point.on: point.value for point in row.course.points} for row in rows if row.course is not None}
    days: list[date] = sorted({on for points in seen.values() for on in points})[-RECENT:]
    if not days:
        return None
    cells = [
        [name(row.words), *(bare(seen[row.name].get(on), rate_unit(row.figure.unit)) for on in days)]
        for row in rows
        if row.name in seen
    ]
    title = "Every indicator, period by period"
    return more(title, table(title, ["last day of the period", *(day(on) for on in days)], cells))
