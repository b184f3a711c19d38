"""How to read the page, and what it rests on: notes on the data, on how exact the figures are, versions and hashes."""

from __future__ import annotations

from mpmflow.analysis.reporting.report import Report
from mpmflow.render.report.markup import Html, described, el, joined
from mpmflow.render.report.words import provenance_facts, reading_lines

HASHES = ("model", "data")
"""What a SHA-256 stands for."""


def how_to_read(report: Report) -> Html:
    """The words that the page uses; "" where it uses none of them."""
    lines = list(reading_lines(report))
    if not lines:
        return Html("")
    return el("dl", *(el("div", el("dt", word), el("dd", meaning)) for word, meaning in lines), class_="terms")


def basis(report: Report) -> Html:
    """Notes, then what it takes to get the same page again."""
    notes = el("ul", *(el("li", note) for note in report.notes), class_="notes") if report.notes else None
    facts = [(word, el("code", value) if word in HASHES else value) for word, value in provenance_facts(report)]
    again = joined([el("h3", "To get the same again"), described(facts)]) if facts else None
    return joined([notes, again])
