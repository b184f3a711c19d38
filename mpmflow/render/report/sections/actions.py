"""What to do first, what to take under a budget, which initiatives there are, and which open cases need a hand."""

from __future__ import annotations

from datetime import date

from mpmflow.analysis.reporting.parts import ReportedAction
from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.risk.choice import Choice, Plan
from mpmflow.analysis.risk.figures import OpenCaseFigure
from mpmflow.render.report.markup import Child, Html, bar, chip, el, joined, name, table
from mpmflow.render.report.words import initiative_sentence
from mpmflow.render.risk_words import amount, chance, day

MOST_TARGETS = 4
"""Targets that have a column in the table of choices: those that the choice changes most."""


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


# ---------------------------------------------------------------------------------------------- under a budget


def _choice(report: Report, choice: Choice) -> Html:
    unit = choice.currency
    if not choice.nominal.initiatives:
        said = ["Nothing that the budget allows avoids a miss."]
    else:
        taken, fewer = choice.nominal, f"{choice.nominal.misses_avoided:.2f}"
        said = [
            f"{_named(report, taken)} for {amount(taken.cost, unit)}: {fewer} missed targets fewer are to be expected."
        ]
    if choice.cautious.initiatives == choice.nominal.initiatives:
        said.append("It is also the choice that fares best in the worst fifth of all futures.")
    else:
        cautious = _named(report, choice.cautious) if choice.cautious.initiatives else "Nothing"
        said.append(
            f"{cautious} for {amount(choice.cautious.cost, unit)} fares better in the worst fifth of all futures."
        )
    plans = [choice.nothing, *choice.alone]
    for plan in (choice.nominal, choice.cautious):
        if plan.initiatives not in [one.initiatives for one in plans]:
            plans.append(plan)
    names = sorted(
        choice.nothing.p_miss,
        key=lambda key: (-max(choice.nothing.p_miss[key] - plan.p_miss[key] for plan in plans), key),
    )[:MOST_TARGETS]
    head = ["likely to miss with", "cost", *(report.called(key) for key in names)]
    rows: list[list[Child]] = [
        [
            name(_named(report, plan)) if plan.initiatives else "nothing",
            amount(plan.cost, unit) if plan.initiatives else "",
            *(chance(plan.p_miss[key]) for key in names),
        ]
        for plan in plans
    ]
    title = f"What to take for {amount(choice.budget, unit)}"
    notes = [el("p", note, class_="note") for note in choice.notes]
    return joined([el("h3", title), *(el("p", line) for line in said), table(title, head, rows), *notes])


def _named(report: Report, plan: Plan) -> str:
    return " and ".join(f"“{report.called(key)}”" for key in plan.initiatives)


# ---------------------------------------------------------------------------------------------- open cases


def cases(report: Report) -> Html:
    """The cases that can still be helped; "" without open ones."""
    if not report.cases:
        return Html("")
    said = f"{report.open_cases:,} cases are open" + (
        f", {report.late:,} of them late for certain: those are not listed." if report.late else "."
    )
    head = ("case", "stands at", "since", "late", "still takes", "rework to come")
    title = "Open cases that need a hand, the likeliest to be late first"
    return joined(
        [el("p", said), table(title, head, [_case(row, report) for row in report.cases], left=(1, 3), kind="bars")]
    )


def _case(row: OpenCaseFigure, report: Report) -> list[Child]:
    late = (
        joined([el("span", chance(row.p_late), class_="amount"), bar(row.p_late, "warn")])
        if row.p_late is not None
        else "-"
    )
    return [
        name(row.case),
        report.called(row.at),
        day(date.fromisoformat(row.since)),
        late,
        amount(row.remaining, "s", 2),
        chance(row.p_rework),
    ]
