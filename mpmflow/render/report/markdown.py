"""The report as Markdown: readable as plain text, laid out where Markdown is (a pull request, a wiki, a mail).

Everything that others wrote goes through `markdown_text` or a table's cell, so that a label is never more than words.
Sections that have nothing to say are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mpmflow.analysis.reporting.parts import IndicatorCourse
from mpmflow.analysis.reporting.report import Report
from mpmflow.render.choice_text import choice_sentences
from mpmflow.render.report import words

from .escaping import markdown_cell, markdown_text, wide
from .handoff_words import HANDOFF_COLUMNS, handoff_cells, handoff_lines, own_lines

MOST_ROWS = 12
"""Rows of a table; the rest is counted. The other forms have them all."""
MOST_WIDE = 48
"""Cells beyond this many columns do not widen the whole column of the text."""
MOST_MOVERS = 3
"""Of what moves an objective, the strongest so many."""
MOST_OF_A_HASH = 12
"""So much of a hash tells two models apart; the document has all of it."""
BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 16


def markdown(report: Report) -> str:
    """The report, section by section."""
    lines = [f"# {markdown_text(report.title or 'Report')}", "", markdown_text(words.heading_line(report)), ""]
    for caution in report.cautions:
        lines += [f"> {markdown_text(caution)}", ""]
    lines += [f"**{markdown_text(report.headline)}**", ""]
    lines += _list(report.sentences)
    for name, title in words.SECTIONS:
        found = list(_SECTIONS[name](report)) if name in _SECTIONS else []
        if found:
            lines += [f"## {title}", "", *found]
    return "\n".join(lines).rstrip("\n") + "\n"


def _danger(report: Report) -> Iterator[str]:
    yield from _list(words.summary_lines(report))


def _own(report: Report) -> Iterator[str]:
    if report.own is not None:
        yield from _list(own_lines(report.own))


def _indicators(report: Report) -> Iterator[str]:
    own = report.own is not None
    shown = [
        row
        for row in report.indicators
        if row.in_trouble or row.state is not None or (own and row.figure.observed is not None)
    ]
    if shown:
        cells = [(*words.indicator_cells(row), _course(row.course)) for row in shown[:MOST_ROWS]]
        columns = (*words.INDICATOR_COLUMNS, "lately")
        told = [place for place in range(len(columns)) if any(row[place] not in ("", "-") for row in cells)]
        rows = [[row[place] for place in told] for row in cells]
        left = [number for number, place in enumerate(told) if place in (0, 5, 6)]
        yield from _table([columns[place] for place in told], rows, left)
    yield from _more(len(shown) - MOST_ROWS)
    rest = len(report.indicators) - len(shown)
    if rest and not own:
        others = f"{rest} other indicators" if rest > 1 else "One other indicator"
        yield from _paragraph(f"{others} without a rule: about as expected, or better.")


def _course(course: IndicatorCourse | None) -> str:
    """The last values as bars, lowest to highest, for those who read the text."""
    values = [point.value for point in course.points][-MOST_BARS:] if course is not None else []
    known = [value for value in values if value is not None]
    if len(known) < 3:
        return ""
    low, high = min(known), max(known)
    if high == low:
        return ""
    return "".join(
        " " if value is None else BARS[min(len(BARS) - 1, int((value - low) / (high - low) * len(BARS)))]
        for value in values
    )


def _ways(report: Report) -> Iterator[str]:
    lines = []
    for way in report.ways:
        stops = " → ".join(markdown_text(words.stop_words(stop)) for stop in way.stops)
        lines.append(f"- {stops}. {markdown_text(words.way_sentence(way))}")
    if lines:
        yield from (*lines, "")


def _metrics(report: Report) -> Iterator[str]:
    if not report.metrics:
        return
    yield from _table(
        words.METRIC_COLUMNS, [words.metric_cells(row) for row in report.metrics[:MOST_ROWS]], left=(0, 6)
    )
    yield from _more(len(report.metrics) - MOST_ROWS)
    yield from _list(row.why for row in report.metrics if row.why)


def _spread(report: Report) -> Iterator[str]:
    against = f"than {report.against}" if report.against else "than expected"
    if report.rework:
        yield from _paragraph(f"Rework, visits per 100 cases more {against}:")
        rows = [words.rework_cells(row, report) for row in report.rework[:MOST_ROWS]]
        yield from _table(("at", "more", "mostly because of"), rows, left=(0, 2))
        yield from _more(len(report.rework) - MOST_ROWS)
    delays = words.delay_rows(report)
    if delays:
        size, unit = words.delay_unit(report)
        yield from _paragraph(f"Delay, {unit} per case more {against}:")
        places: list[tuple[str, ...]] = [words.delay_cells(row, size, report) for row in delays[:MOST_ROWS]]
        columns: tuple[str, ...] = ("at", "more", "more visits", "longer", "waits for people", "mostly because of")
        if report.own is not None:  # a partner is not told by which of three ways
            places, columns = [(row[0], row[1], row[5]) for row in places], (columns[0], columns[1], columns[5])
        yield from _table(columns, places, left=(0, len(columns) - 1))
        yield from _more(len(delays) - MOST_ROWS)
    if report.teams:
        yield from _paragraph("Who is busy, and what one visit waits:")
        busy = [words.team_cells(team, report) for team in report.teams[:MOST_ROWS]]
        yield from _table(words.TEAM_COLUMNS, busy, left=(0,))
        yield from _more(len(report.teams) - MOST_ROWS)


def _actions(report: Report) -> Iterator[str]:
    for number, action in enumerate(report.actions, start=1):
        yield f"{number}. {markdown_text(action.words)}"
    if report.actions:
        yield ""
    if report.choice is not None:
        title, *sentences = choice_sentences(report.choice, report.called)
        yield from _paragraph(f"{title}:")
        yield from _list(sentences)
    if report.initiatives:
        yield from _paragraph("Initiatives:")
        for row in report.initiatives:
            taken = {True: " To be taken under the budget.", False: "", None: ""}[row.chosen]
            told = markdown_text(words.initiative_sentence(row, report) + taken)
            yield f"- **{markdown_text(row.label)}**: {told}"
        yield ""


def _cases(report: Report) -> Iterator[str]:
    if not report.open_cases:
        return
    yield from _paragraph(words.cases_sentence(report))
    rows = [words.case_cells(case, report) for case in report.cases[:MOST_ROWS]]
    yield from _table(words.case_columns(report), rows, left=(0, 1, 2))
    yield from _more(report.open_cases - len(rows))


def _commitments(report: Report) -> Iterator[str]:
    for row in report.commitments:
        yield f"- **{markdown_text(row.figure.label)}** is {row.figure.state}. {markdown_text(row.words)}"
    if report.commitments:
        yield ""


def _past(report: Report) -> Iterator[str]:
    if not report.past:
        return
    yield from _paragraph(words.past_sentence(report.past))
    yield from _table(words.PAST_COLUMNS, [words.past_cells(row) for row in report.past[:MOST_ROWS]], left=(0, 1, 2, 6))
    yield from _more(len(report.past) - MOST_ROWS)


def _levels(report: Report) -> Iterator[str]:
    called = {row.name: row.figure.label for row in report.metrics}
    promises = {row.name: row.figure.label for row in report.commitments}
    started = {row.name: row.label for row in report.initiatives}
    for part in report.levels:
        yield from (f"### {words.LEVEL_WORDS[part.level]}", "")
        for one in part.objectives:
            figure = one.figure
            yield f"- **{markdown_text(figure.label)}**: {words.objective_state(figure)}"
            facts = (
                ("owner", figure.owner),
                ("target", words.objective_target(figure)),
                ("measured by", ", ".join(called[name] for name in one.metrics if name in called)),
                ("moved most by", "; ".join(report.called(name) for name in figure.moved_by[:MOST_MOVERS])),
                ("promised", ", ".join(promises[name] for name in one.commitments if name in promises)),
                ("helped by", ", ".join(started[name] for name in one.initiatives if name in started)),
                ("serves", one.serves),
            )
            yield from (f"  - {title}: {markdown_text(text)}" for title, text in facts if text)
        yield ""


def _handoffs(report: Report) -> Iterator[str]:
    if report.handoffs:
        rows = [handoff_cells(row) for row in report.handoffs[:MOST_ROWS]]
        yield from _table(HANDOFF_COLUMNS, rows, left=(0,))
        yield from _more(len(report.handoffs) - MOST_ROWS)
        yield from _list(handoff_lines(report.handoffs))


def _reading(report: Report) -> Iterator[str]:
    lines = [f"- **{title}**: {meaning}" for title, meaning in words.reading_lines(report)]
    if report.meaning:
        lines.append(f"- {markdown_text(report.meaning)}")
    yield from (*lines, "") if lines else ()


def _basis(report: Report) -> Iterator[str]:
    yield from _list(report.notes)
    facts = [f"{name} `{markdown_cell(value)[:MOST_OF_A_HASH]}`" for name, value in words.provenance_facts(report)]
    yield from (f"{', '.join(facts)}.", "") if facts else ()


_SECTIONS: dict[str, Callable[[Report], Iterator[str]]] = {
    "danger": _danger,
    "own": _own,
    "indicators": _indicators,
    "ways": _ways,
    "metrics": _metrics,
    "spread": _spread,
    "actions": _actions,
    "cases": _cases,
    "commitments": _commitments,
    "past": _past,
    "levels": _levels,
    "handoffs": _handoffs,
    "reading": _reading,
    "basis": _basis,
}


def _paragraph(text: str) -> tuple[str, str]:
    return markdown_text(text), ""


def _list(texts: Iterator[str] | Sequence[str]) -> Iterator[str]:
    lines = [f"- {markdown_text(text)}" for text in texts]
    yield from (*lines, "") if lines else ()


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield from _paragraph(f"… and {count:,} more.")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int]) -> Iterator[str]:
    """A table whose columns stand under each other in the text too; figures to the right."""
    cells = [[markdown_cell(value) for value in row] for row in rows]
    widths = [
        max(wide(title), *(min(wide(row[place]), MOST_WIDE) for row in cells)) for place, title in enumerate(columns)
    ]

    def line(values: Sequence[str]) -> str:
        told = []
        for place, (value, width) in enumerate(zip(values, widths, strict=True)):
            blanks = " " * max(0, width - wide(value))
            told.append(value + blanks if place in left else blanks + value)
        return f"| {' | '.join(told)} |"

    yield line(columns)
    rules = ("-" * width if place in left else "-" * (width - 1) + ":" for place, width in enumerate(widths))
    yield f"| {' | '.join(rules)} |"
    yield from (line(row) for row in cells)
    yield ""
