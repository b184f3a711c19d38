"""Who promised what, how that stands and what follows; and forecasts that were made earlier beside what came."""

from __future__ import annotations

from mpmflow.analysis.reporting.parts import ReportedCommitment
from mpmflow.analysis.reporting.report import Report
from mpmflow.render.report.charts.past_chart import past_chart
from mpmflow.render.report.drawings import charted
from mpmflow.render.report.markup import Html, chip, described, el, joined, name, table
from mpmflow.render.report.words import PAST_COLUMNS, past_cells, past_sentence
from mpmflow.render.risk_words import upper

KINDS = {"missed": "bad", "broken": "bad", "at risk": "warn", "unknown": "quiet", "on course": "good", "kept": "good"}


def commitments(report: Report) -> Html:
    """A card for each commitment; "" without any."""
    if not report.commitments:
        return Html("")
    return el("ul", *(_card(row) for row in report.commitments), class_="cards broad")


def _card(row: ReportedCommitment) -> Html:
    figure = row.figure
    return el(
        "li",
        el("h3", name(figure.label)),
        chip(KINDS[figure.state], "not known" if figure.state == "unknown" else figure.state),
        el("p", row.words),
        described([
            ("by", name(figure.by)),
            ("if met", name(figure.if_met)),
            ("if missed", name(figure.if_missed)),
        ]),
        class_=f"card {KINDS[figure.state]}",
    )  # fmt: skip


def past(report: Report) -> Html:
    """Forecasts made earlier, metric by metric; "" without any."""
    if not report.past:
        return Html("")
    parts: list[Html | None] = [el("p", past_sentence(report.past))]
    charts = []
    for key in dict.fromkeys(row.metric for row in report.past):
        rows = tuple(row for row in report.past if row.metric == key)
        label = upper(rows[0].label)
        chart = past_chart(rows, label)
        if chart is not None:
            charts.append(
                el(
                    "article",
                    el("h3", name(label)),
                    charted(chart, f"Past forecasts of {rows[0].label}"),
                    class_="block one",
                )
            )
    if charts:
        parts.append(el(
            "ul",
            el("li", "what was expected", class_="middle"),
            el("li", "95% range", class_="most"),
            el("li", "what came, in the range", class_="dot"),
            el("li", "what came, outside of it", class_="wanted"),
            class_="key",
        ))  # fmt: skip
    parts += charts
    whole = [[name(cell) if not number else cell for number, cell in enumerate(past_cells(row))] for row in report.past]
    parts.append(table("Past forecasts, the latest first", PAST_COLUMNS, whole, left=(len(PAST_COLUMNS) - 1,)))
    return joined(parts)
