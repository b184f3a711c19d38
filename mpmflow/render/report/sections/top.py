"""The top of the page: the headline, what the figures rest on, and a card for each metric that has a target."""

from __future__ import annotations

from mpmflow.analysis.reporting.parts import ReportedMetric
from mpmflow.analysis.reporting.report import Report
from mpmflow.render.report.charts import vega
from mpmflow.render.report.markup import Html, bar, chip, described, el, joined, name
from mpmflow.render.report.words import STANDING_WORDS, heading_line, metric_cells, summary_lines
from mpmflow.render.risk_words import chance, upper

KINDS = {
    "missed": "bad",
    "in danger": "bad",
    "close": "warn",
    "unknown": "quiet",
    "on course": "good",
    "met": "good",
    "no target": "quiet",
}
"""Which sign stands for how a metric, an objective or a promise stands."""


def top(report: Report) -> Html:
    """The headline and what belongs to it."""
    return el(
        "header",
        el("p", heading_line(report), class_="eyebrow"),
        el("h1", name(report.title or "Report")),
        *(el("p", caution, class_="caution") for caution in report.cautions),
        el("p", report.headline, class_="headline"),
        el("ul", *(el("li", sentence) for sentence in report.sentences), class_="sentences")
        if report.sentences
        else None,
        el("p", data_line(report), class_="rests"),
        None if vega.installed() else el("p", f"Tables stand in the place of charts: {vega.MISSING}.", class_="note"),
        class_="top",
    )


def data_line(report: Report) -> str:
    """What was looked at, in one line."""
    seen = report.coverage
    if seen is None:
        return ""
    facts = []
    if seen.events:
        facts.append(f"{seen.cases:,} cases with {seen.events:,} events")
    if seen.periods:
        word = "week" if abs(report.period - 604800.0) < 1.0 else "period"
        facts.append(f"{seen.periods} full {word}{'' if seen.periods == 1 else 's'}")
    return f"From {' in '.join(facts)}." if facts else ""


def danger(report: Report) -> Html:
    """How many metrics stand how, and a card for each that has a target."""
    held = [row for row in report.metrics if row.standing != "no target"]
    lines = list(summary_lines(report))
    if not held and not lines:
        return Html("")
    return joined([
        el("ul", *(el("li", line) for line in lines), class_="summary"),
        el("ul", *(_card(row) for row in held), class_="cards") if held else None,
    ])  # fmt: skip


def _card(row: ReportedMetric) -> Html:
    figure, kind = row.figure, KINDS[row.standing]
    _, target, _, expected, spread, _, when = metric_cells(row)
    chances = row.standing in ("in danger", "close", "on course") and figure.p_miss is not None
    return el(
        "li",
        el("h3", el("a", name(upper(figure.label)), href=f"#metric-{figure.name}")),
        chip(kind, STANDING_WORDS[row.standing]),
        el("p", el("strong", chance(figure.p_miss)), " likely to miss the target", class_="big") if chances else None,
        bar(figure.p_miss or 0.0, kind) if chances else None,
        described([
            ("wanted", target),
            ("came" if row.standing in ("missed", "met") else "expected", expected),
            ("95% range", spread if chances else None),
            ("for", when),
            ("owner", name(figure.owner)),
        ]),
        class_=f"card {kind}",
    )  # fmt: skip
