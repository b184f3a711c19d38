"""How to read the page, and what it rests on: notes on the data, on how exact the figures are, versions and hashes."""

from __future__ import annotations

from mpmflow.analysis.reporting.report import Report
from mpmflow.render.report.markup import Html, described, el, joined
from mpmflow.render.report.words import READING


def how_to_read(report: Report) -> Html:
    """The words that the page uses."""
    return el("dl", *(el("div", el("dt", word), el("dd", meaning)) for word, meaning in READING), class_="terms")


def basis(report: Report) -> Html:
    """Notes, then what it takes to get the same page again."""
    notes = el("ul", *(el("li", note) for note in report.notes), class_="notes") if report.notes else None
    made = report.provenance
    if made is None:
        return joined([notes])
    return joined([
        notes,
        el("h3", "To get the same again"),
        described([
            ("mpmflow", made.mpmflow),
            ("Python", made.python),
            ("numpy, scipy", f"{made.numpy}, {made.scipy}"),
            ("model (SHA-256)", el("code", made.model)),
            ("data (SHA-256)", el("code", made.data) if made.data else None),
            ("seed", str(made.seed) if made.seed is not None else None),
            ("draws", f"{report.draws:,}" if report.draws else None),
        ]),
    ])  # fmt: skip
