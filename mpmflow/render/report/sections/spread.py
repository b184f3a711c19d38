"""Where rework and delay spread: the diagram of each workflow with the risk painted on it, and the places in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.risk.teams import TeamLoad
from mpmflow.render.numbers import duration, percent
from mpmflow.render.picture import Diagram
from mpmflow.render.report.drawings import pictured
from mpmflow.render.report.markup import Child, Html, bar, chip, el, joined, name, table
from mpmflow.render.report.words import delay_cells, delay_rows, delay_unit, rework_cells
from mpmflow.render.risk_words import chance


def spread(report: Report, pictures: Mapping[str, Diagram]) -> Html:
    """The section; "" where nothing spreads and there is nothing to draw."""
    workflows = [diagram for key, diagram in pictures.items() if key.startswith("workflow ")]
    found = joined([_rework(report), _delay(report), _teams(report.teams)])
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
    if all(row[4] == "0" for row in rows):
        head, rows = head[:4] + head[5:], [row[:4] + row[5:] for row in rows]
    return joined([el("h3", title), table(title, head, rows, left=(1, len(head) - 1), kind="bars")])


def _measured(words: str, value: float, most: float) -> Html:
    """A figure with its bar."""
    return joined(
        [el("span", words, class_="amount"), bar(abs(value) / most if most else 0.0, "warn" if value > 0 else "good")]
    )


def _teams(teams: Sequence[TeamLoad]) -> Html | None:
    if not teams:
        return None
    rows = [
        [
            name(team.name.replace("_", " ")),
            str(team.people),
            _measured(percent(team.load, 2), team.load, max(1.0, *(one.load for one in teams))),
            percent(team.load_before, 2),
            duration(team.wait, 2),
            duration(team.wait_before, 2),
            chip("bad", f"{chance(team.p_overloaded)} likely too much work") if team.p_overloaded >= 0.5 else None,
        ]
        for team in teams
    ]
    title = "Teams: how busy they are, and how long one visit waits for them"
    head = ("team", "people", "busy", "busy before", "wait", "wait before", "")
    return joined([el("h3", title), table(title, head, rows, left=(2, 6), kind="bars")])
