"""Where rework and delay spread: the diagram of each workflow with the risk painted on it, and the places in order."""

from __future__ import annotations

from collections.abc import Mapping

from mpmflow.analysis.reporting.report import Report
from mpmflow.render.picture import Diagram
from mpmflow.render.report.drawings import pictured
from mpmflow.render.report.markup import Child, Html, bar, el, joined, name, table
from mpmflow.render.report.words import (
    TEAM_COLUMNS,
    delay_cells,
    delay_rows,
    delay_unit,
    rework_cells,
    team_cells,
)


def spread(report: Report, pictures: Mapping[str, Diagram]) -> Html:
    """The section; "" where nothing spreads and there is nothing to draw."""
    workflows = [diagram for key, diagram in pictures.items() if key.startswith("workflow ")]
    found = joined([_rework(report), _delay(report), _teams(report)])
    if not found and not workflows:
        return Html("")
    said = el("p", report.meaning, class_="note") if report.meaning and found else None
    return joined([
        said,
        found or el("p", "Nothing spreads that is worth a row."),
        *(joined([el("h3", name(_title(diagram))), pictured(diagram)]) for diagram in workflows),
    ])  # fmt: skip


def _title(diagram: Diagram) -> str:
    """What a diagram shows, without the day, which stands at the top of the page."""
    return diagram.title.partition(", with the risk")[0]


def _rework(report: Report) -> Html | None:
    if not report.rework:
        return None
    most = max(abs(row.extra_visits) for row in report.rework)
    rows = []
    for row in report.rework:
        place, more_visits, why = rework_cells(row, report)
        rows.append([name(place), _measured(more_visits, row.extra_visits, most), why])
    title = "Rework: visits per 100 cases more"
    return joined([el("h3", title), table(title, ("at", "more", "mostly because of"), rows, left=(1, 2), kind="bars")])


def _delay(report: Report) -> Html | None:
    shown = delay_rows(report)
    if not shown:
        return None
    size, word = delay_unit(report)
    most = max(abs(row.extra_time) for row in shown)
    rows: list[list[Child]] = []
    for row in shown:
        place, more_time, visits, longer, waits, why = delay_cells(row, size, report)
        rows.append([name(place), _measured(more_time, row.extra_time, most), visits, longer, waits, why])
    title = f"Delay: {word} per case more"
    head = ["at", "more", "by more visits", "by longer ones", "by waits for people", "mostly because of"]
    kept = [column for column in range(len(head)) if column not in (2, 3, 4) or any(row[column] != "0" for row in rows)]
    head, rows = [head[column] for column in kept], [[row[column] for column in kept] for row in rows]
    return joined([el("h3", title), table(title, head, rows, left=(1, len(head) - 1), kind="bars")])


def _measured(words: str, value: float, most: float, kind: str | None = None) -> Html:
    """A figure with its bar, in the colour of more or of less unless said."""
    kind = kind if kind is not None else "warn" if value > 0 else "good"
    return joined([el("span", words, class_="amount"), bar(abs(value) / most if most else 0.0, kind)])


def _teams(report: Report) -> Html | None:
    if not report.teams:
        return None
    most = max(1.0, *(one.load for one in report.teams))
    rows = []
    for team in report.teams:
        called, before, now, *rest = team_cells(team, report)
        rows.append([name(called), before, _measured(now, team.load, most, "bad" if team.load >= 1 else ""), *rest])
    title = "Teams: who is busy, and what one visit waits for them"
    return joined([el("h3", title), table(title, TEAM_COLUMNS, rows, left=(2,), kind="bars")])
