"""Each level of the organisation: its objectives, with the metrics, promises and initiatives under them."""

from __future__ import annotations

from mpmflow.analysis.reporting.parts import LevelPart, ReportedObjective
from mpmflow.analysis.reporting.report import Report
from mpmflow.render.report.markup import Html, chip, described, el, joined, name
from mpmflow.render.report.words import level_title, objective_state, objective_target
from mpmflow.render.risk_words import upper

KINDS = {"missed": "bad", "at risk": "warn", "unknown": "quiet", "on course": "good", "met": "good"}
MOST_MOVERS = 3


def levels(report: Report) -> Html:
    """A part for each level that has objectives; "" without any."""
    return joined(_level(part, report) for part in report.levels if part.objectives)


def _level(part: LevelPart, report: Report) -> Html:
    cards = (_card(row, report) for row in part.objectives)
    return el(
        "section",
        el("h3", level_title(part), id=f"level-{part.level}"),
        el("ul", *cards, class_="cards broad"),
        aria_labelledby=f"level-{part.level}",
        class_="level",
    )


def _card(row: ReportedObjective, report: Report) -> Html:
    figure, kind = row.figure, KINDS[row.figure.state]
    metrics = [
        el("a", name(upper(found.figure.label)), href=f"#metric-{key}")
        for key in row.metrics
        if (found := report.metric(key)) is not None
    ]
    promised = [one.figure.label for one in report.commitments if one.figure.name in row.commitments]
    undertaken = [one.label for one in report.initiatives if one.name in row.initiatives]
    return el(
        "li",
        el("h4", name(figure.label)),
        chip(kind, objective_state(figure)),
        described([
            ("wanted", objective_target(figure)),
            ("measured by", _listed(metrics)),
            ("moved by", "; ".join(report.called(key) for key in figure.moved_by[:MOST_MOVERS])),
            ("promised", name("; ".join(promised))),
            ("initiatives", name("; ".join(undertaken))),
            ("serves", name(row.serves)),
            ("owner", name(figure.owner)),
        ]),
        class_=f"card {kind}",
    )  # fmt: skip


def _listed(links: list[Html]) -> Html:
    return joined(part for number, link in enumerate(links) for part in ((", ", link) if number else (link,)))
