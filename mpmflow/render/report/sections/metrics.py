"""Lagging metrics: how each stands to its target, where its change comes from, and its forecast as a fan; and the ways
by which leading indicators reach the one in most danger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from mpmflow.analysis.reporting.parts import ReportedMetric, Stop, Way
from mpmflow.analysis.reporting.report import Report
from mpmflow.render.picture import Diagram
from mpmflow.render.report.charts.forecast_chart import forecast_chart
from mpmflow.render.report.drawings import charted, pictured
from mpmflow.render.report.markup import Html, chip, described, el, joined, name
from mpmflow.render.report.sections.indicators import KINDS as STATE_KINDS
from mpmflow.render.report.sections.top import KINDS
from mpmflow.render.report.words import (
    METRIC_COLUMNS,
    STANDING_WORDS,
    STATE_WORDS,
    card,
    metric_cells,
    way_sentence,
)
from mpmflow.render.risk_words import amount, upper

LEGEND = (
    ("line", "observed"),
    ("middle", "expected"),
    ("half", "50% range: half of all futures"),
    ("most", "95% range: nineteen of twenty"),
    ("wanted", "target, and the day it is for"),
    ("beyond", "higher than the scale reaches"),
)
HINT = "Point at a chart, or focus it and use the arrow keys, to read single values."


def metrics(report: Report) -> Html:
    """The section; "" without metrics."""
    if not report.metrics:
        return Html("")
    key = el("ul", *(el("li", words, class_=kind) for kind, words in LEGEND), class_="key")
    return joined(
        [
            el("p", HINT, class_="note hint", hidden=""),
            key,
            *(_block(row, report.as_of, report.against) for row in report.metrics),
        ]
    )


def _block(row: ReportedMetric, as_of: date, against: str) -> Html:
    figure = row.figure
    cells = dict(zip(METRIC_COLUMNS, metric_cells(row), strict=True))
    past = row.standing in ("missed", "met")
    facts = described([
        ("target", cells["target"] if figure.target is not None else None),
        ("lately", cells["lately"] or None),
        ("came" if past else "expected", cells["expected"]),
        ("95% range", None if past else cells["95% range"]),
        ("by plan" if against == "the plan" else "without the changes", amount(figure.baseline, figure.unit)),
        ("chance to miss", None if past else cells["chance to miss"]),
        ("for", cells["for"]),
        ("kind", f"{figure.category} metric"),
        ("owner", name(figure.owner)),
    ])  # fmt: skip
    chart = None
    if row.course is not None:
        chart = forecast_chart(
            row.course,
            as_of=as_of,
            label=figure.label,
            comparison=figure.comparison,
            target=figure.target,
            on=figure.on if figure.target is not None else None,
        )
    return el(
        "article",
        el(
            "div",
            el("h3", name(upper(figure.label))),
            chip(KINDS[row.standing], STANDING_WORDS[row.standing]),
            el("p", card(row)) if row.standing == "unknown" else None,
            facts,
            class_="said",
        ),
        el(
            "div",
            charted(chart, upper(figure.label)) if chart is not None else None,
            el("p", row.why, class_="why") if row.why else None,
        ),
        class_="block",
        id=f"metric-{figure.name}",
    )


def ways(report: Report, pictures: Mapping[str, Diagram]) -> Html:
    """From leading to lagging: the strongest ways to the metric in most danger, and the picture of all causes."""
    picture = pictures.get("causes")
    if not report.ways and picture is None:
        return Html("")
    return joined([
        el("ol", *(_way(way) for way in report.ways), class_="ways") if report.ways else None,
        joined([el("h3", "All causes and what they lead to"), pictured(picture)]) if picture is not None else None,
    ])  # fmt: skip


def _way(way: Way) -> Html:
    stops = []
    for number, stop in enumerate(way.stops):
        arrow = el("span", "leads to", class_="arrow") if number else None
        stops.append(el("li", arrow, el("span", name(stop.words), _badge(stop), class_="stop")))
    return el("li", el("ol", *stops, class_="way"), el("p", way_sentence(way), " ", _grounds(way)))


def _badge(stop: Stop) -> Html | None:
    if stop.standing is not None and stop.standing != "no target":
        return chip(KINDS[stop.standing], STANDING_WORDS[stop.standing])
    if stop.state is not None and stop.state != "unknown":
        return chip(STATE_KINDS[stop.state], STATE_WORDS[stop.state])
    return None


def _grounds(way: Way) -> str:
    grounds = {
        "structural": "It follows from how the work flows.",
        "formula": "It follows from how the metric is calculated.",
        "experiment": "The weakest link on it rests on an experiment.",
        "associated": "The weakest link on it is an association in data.",
        "learned": "The weakest link on it was learned from the series: predictive, not causal.",
        "declared": "The weakest link on it is what somebody declared.",
    }
    return grounds.get(way.evidence or "", "")
