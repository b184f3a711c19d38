"""Hand-offs between teams and partners, and in a partner's report its own work."""

from __future__ import annotations

from mpmflow.analysis.reporting.report import Report
from mpmflow.render.report.handoff_words import HANDOFF_COLUMNS, handoff_cells, handoff_lines, own_lines
from mpmflow.render.report.markup import Html, el, joined, name, table


def handoffs(report: Report) -> Html:
    """Who hands work to whom, how long it waits, how often it comes back, what was promised; "" without any."""
    if not report.handoffs:
        return Html("")
    rows = [[name(first), *rest] for first, *rest in (handoff_cells(row) for row in report.handoffs)]
    told = list(handoff_lines(report.handoffs))
    return joined([
        table("Hand-offs", HANDOFF_COLUMNS, rows),
        el("ul", *(el("li", line) for line in told), class_="notes") if told else None,
    ])  # fmt: skip


def own(report: Report) -> Html:
    """What a partner does itself: its steps, how busy it is, its part of delay and rework; "" in other reports."""
    if report.own is None:
        return Html("")
    return el("ul", *(el("li", line) for line in own_lines(report.own)), class_="notes")
