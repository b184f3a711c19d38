"""What to do first, what to take under a budget, which initiatives there are, and which open cases need a hand."""

from __future__ import annotations

from mpmflow.analysis.reporting.parts import ReportedAction
from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.risk.choice import Choice
from mpmflow.render.choice_text import choice_remarks, choice_sentences, choice_table
from mpmflow.render.report.markup import Child, Html, bar, chip, el, joined, name, table
from mpmflow.render.report.words import case_cells, case_columns, cases_sentence, initiative_sentence
from mpmflow.render.risk_words import amount


def actions(report: Report) -> Html:
    """The section; "" where nothing would pay and there is no initiative."""
    if not report.actions and not report.initiatives and report.choice is None:
        return Html("")
    return joined([
        el("ol", *(_action(row, report) for row in report.actions), class_="actions") if report.actions else None,
        _choice(report, report.choice) if report.choice is not None else None,
        _initiatives(report) if report.initiatives else None,
    ])  # fmt: skip


def _action(row: ReportedAction, report: Report) -> Html:
    costs = {one.name: (one.cost, one.currency) for one in report.initiatives}
    cost, currency = costs.get(row.action.initiative or "", (None, ""))
    priced = el("p", f"The initiative costs {amount(cost, currency)}.", class_="note") if cost is not None else None
    return el("li", el("p", row.words), priced)


def _initiatives(report: Report) -> Html:
    rows = []
    for one in report.initiatives:
        goals = [objective.figure.label for part in report.levels for objective in part.objectives
                 if objective.figure.name in one.serves]  # fmt: skip
        rows.append(el(
            "li",
            el("h4", name(one.label)),
            chip("good", "to be taken under the budget") if one.chosen else None,
            el("p", initiative_sentence(one, report)),
            el("p", "Serves ", name("; ".join(goals)), ".", class_="note") if goals else None,
        ))  # fmt: skip
    return joined([el("h3", "Initiatives"), el("ul", *rows, class_="plain")])


def _choice(report: Report, choice: Choice) -> Html:
    title, *said = choice_sentences(choice, report.called)
    head, rows = choice_table(choice, report.called)
    return joined([
        el("h3", title),
        *(el("p", line) for line in said),
        table(title, head, [[name(first), *rest] for first, *rest in rows]),
        *(el("p", remark, class_="note") for remark in choice_remarks(choice)),
    ])  # fmt: skip


def cases(report: Report) -> Html:
    """The cases that can still be helped; "" without open ones."""
    if not report.cases:
        return Html("")
    head = case_columns(report)
    rows = []
    for row in report.cases:
        cells: list[Child] = [name(row.case), *case_cells(row, report)[1:]]
        if row.p_late is not None:
            cells[4] = joined([el("span", cells[4], class_="amount"), bar(row.p_late, "warn")])
        rows.append(cells)
    left = report.open_cases - report.late - len(rows)
    title = "Open cases that need a hand, the likeliest to be late first"
    return joined([
        el("p", cases_sentence(report)),
        table(title, head, rows, left=(1, 2, 4), kind="bars cases"),
        el("p", f"… and {left:,} more.", class_="note") if left > 0 else None,
    ])  # fmt: skip
