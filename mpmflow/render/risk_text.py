"""The evaluation as a note on a terminal: what it comes to, what changed, where it spreads, what will miss, what to
do first.

The note is laid out for the width that it gets, from 60 columns on, and reads the same without colours. What matters
comes first and the rest is counted; `--json` has everything.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mpmflow.analysis.risk.evaluation import Evaluation, IndicatorFigure, MetricFigure
from mpmflow.analysis.risk.standing import SURE, in_trouble, most_urgent, observed_indicators, unjudged

from .choice_text import choice_blocks
from .note_blocks import MOST, columned, heading, paragraph
from .promises_text import promise_blocks
from .risk_names import Names
from .risk_sentences import actions_told, dates_in_words, meaning, period_word, what_it_rests_on, why_it_moves
from .risk_top import against, reading_short, sentences
from .risk_words import (
    amount,
    bare,
    bare_target,
    chance,
    change,
    day,
    instead,
    rate_unit,
    span,
    told_lately,
    upper,
)
from .segments_text import segment_blocks
from .spread_text import delay_blocks, rework_blocks, team_blocks

MIDDLE = 80
"""Below this width tables do with fewer columns and short names."""
WIDE = 100
"""From this width on tables have all their columns."""
STATES = {"alert": "bold red", "warn": "bold yellow", "pending": "yellow", "ok": "green", "unknown": "dim"}


class RiskNote:
    """An evaluation that rich can lay out; `str()` of it is the plain note at 80 columns."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.names = Names(evaluation)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, 120)
        yield from self.blocks(width)

    def __str__(self) -> str:
        return plain(self.evaluation)

    def blocks(self, width: int) -> Iterator[Text | Table | Padding]:
        """The note, block by block."""
        self.names = Names(self.evaluation)
        yield from self._title()
        yield from self._headline()
        yield from self._indicators(width)
        yield from rework_blocks(self.evaluation, self.names)
        yield from delay_blocks(self.evaluation, self.names)
        yield from team_blocks(self.evaluation, self.names)
        for segments in self.evaluation.segments:
            yield from segment_blocks(self.evaluation, segments, self.names)
        yield from self._metrics(width)
        yield from promise_blocks(self.evaluation, self.names)
        yield from self._actions(width)
        if self.evaluation.choice is not None:
            yield from choice_blocks(self.evaluation, self.evaluation.choice)
        yield from self._open_cases(width)
        yield from self._coverage()

    # ------------------------------------------------------------------------------------------ the top
    def _title(self) -> Iterator[Text | Padding]:
        note = self.evaluation
        about = f" on {day(note.as_of)}, measured against {against(note)}"
        yield Text.assemble((note.title or "Risk", "bold"), about)
        yield paragraph(meaning(note), "dim")
        yield Text()

    def _headline(self) -> Iterator[Text | Padding]:
        for caution in self.evaluation.coverage.cautions:
            yield paragraph(dates_in_words(caution), "yellow")
        for line in sentences(self.evaluation, self.names):
            yield Padding(line, (0, 0, 0, 2))
        yield Text()

    # ------------------------------------------------------------------------------------------ what changed
    def _indicators(self, width: int) -> Iterator[Text | Table | Padding]:
        note = self.evaluation
        seen = observed_indicators(note)
        told = [row for row in seen if in_trouble(row)]
        yield heading("What changed")
        if not seen:
            yield paragraph("No indicator was observed.")
            yield Text()
            return
        if told:
            narrow = width < MIDDLE
            more_columns = () if narrow else ("worse?",)
            table = columned("indicator", "expected", "last seen", "now about", *more_columns, "state")
            for row in told[:MOST]:
                unit = rate_unit(row.unit)
                table.add_row(
                    upper(self.names.brief(row.measures or row.name) if narrow else self._own_name(row)),
                    bare(row.expected, unit),
                    self._last_seen(row, narrow),
                    bare(row.estimate, unit),
                    *(() if narrow else (chance(row.p_worse),)),
                    _state(row, note, narrow),
                )
            yield table
            more = len(told) - MOST
            if more > 0:
                yield paragraph(f"… and {more} more.", "dim")
            sure = "." if narrow else "; “worse?” is how sure that is."
            yield paragraph(f"“Now about” weighs all periods, recent ones most{sure}", "dim")
            if any(row.enough is not None for row in told[:MOST]):
                what = "“Last seen”" if narrow else "“Last seen” with a date"
                yield paragraph(f"{what} is the last {period_word(note)} with at least ten to count.", "dim")
        better = [row for row in seen if row not in told and row.p_worse is not None and row.p_worse <= 1 - SURE]
        better.sort(key=lambda row: (row.p_worse, row.name))
        if better:
            words = "; ".join(f"{self._own_name(row)} ({instead(row)})" for row in better[:3])
            yield paragraph(f"Better than expected: {words}{'; …' if len(better) > 3 else '.'}")
        rest = len(seen) - len(told) - len(better)
        if rest > 0:
            other = "other " if told or better else ""
            yield paragraph(f"{rest} {other}indicator{'s are' if rest > 1 else ' is'} about as expected.", "dim")
        yield Text()

    def _own_name(self, row: IndicatorFigure) -> str:
        return self.names(row.measures or row.name)

    def _last_seen(self, row: IndicatorFigure, narrow: bool) -> str:
        """What the last period showed; where it holds next to nothing, the last one that says something."""
        unit = rate_unit(row.unit)
        if row.enough is not None:
            if narrow:
                return bare(row.enough.value, unit)
            counted = f" of {row.enough.n}" if unit == "%" else ""
            return f"{bare(row.enough.value, unit)}{counted}, {_short(row.enough.on, self.evaluation)}"
        return bare(row.observed, unit) + (f" of {row.n}" if row.n is not None and unit == "%" else "")

    # ------------------------------------------------------------------------------------------ metrics
    def _metrics(self, width: int) -> Iterator[Text | Table | Padding]:
        rows = most_urgent(self.evaluation.metrics)
        if not rows:
            return
        yield heading("Which metrics will miss, when and why")
        wide = width >= WIDE
        lately = wide and any(row.recent is not None for row in rows[:12])
        table = columned(
            "metric",
            "target",
            *(("lately",) if lately else ()),
            "expected",
            *(("95% range",) if wide else ()),
            self._against(),
            "miss",
            "for",
        )
        for row in rows[:12]:
            table.add_row(*self._metric_cells(row, wide, lately))
        yield table
        if lately:
            yield paragraph("“Lately” is what was observed, recent periods weighing most.", "dim")
        whys = [(row, why) for row in rows[:12] if (why := why_it_moves(self.evaluation, row, self.names)) is not None]
        for _, why in whys:
            yield Padding(why, (0, 0, 0, 2))
        dates = [row.reaches_on for row, _ in whys if row.reaches_on is not None]
        if any(date <= self.evaluation.as_of for date in dates):
            yield paragraph("Without a date, a change is there already.", "dim")
        for row in rows[:12]:
            for remark in row.notes if row.target is not None else ():
                yield paragraph(f"{upper(row.label)}: {dates_in_words(remark[:1].lower() + remark[1:])}", "dim")
        yield Text()

    def _metric_cells(self, row: MetricFigure, wide: bool, lately: bool) -> list[str | Text]:
        past = row.method == "observed"
        unknown = unjudged(row)
        miss = Text("-" if unknown else chance(row.p_miss) if not past else "missed" if row.p_miss else "met")
        if row.p_miss is not None and row.p_miss >= 0.5:
            miss.stylize("bold red" if row.p_miss >= 0.8 else "bold yellow")
        expected = bare(row.forecast, row.unit) if row.forecast is not None else change(row.change or 0.0, row.unit)
        cells: list[str | Text] = [row.label, bare_target(row)]
        if lately:
            cells.append(bare(row.recent, row.unit) if told_lately(row) else "")
        cells.append("-" if unknown else expected)
        if wide:
            cells.append("as observed" if past else span(row.low, row.high, row.unit))
        return [*cells, bare(row.baseline, row.unit), miss, reading_short(row)]

    def _against(self) -> str:
        return {"plan": "by plan", "rework-free": "no rework"}.get(self.evaluation.reference, "before")

    # ------------------------------------------------------------------------------------------ what to do
    def _actions(self, width: int) -> Iterator[Text | Table | Padding]:
        told = actions_told(self.evaluation, self.names)[:5]
        if not told:
            return
        yield heading("What to do first")
        for number, (_, words) in enumerate(told, start=1):
            yield Padding(Text.assemble(f"{number}. ", words), (0, 0, 0, 2))
        yield paragraph("Each by itself, from today, everything else as it is; gains do not add up.", "dim")
        yield Text()

    # ------------------------------------------------------------------------------------------ cases, data
    def _open_cases(self, width: int) -> Iterator[Text | Table | Padding]:
        cases = self.evaluation.open_cases
        if not cases:
            return
        alive = [case for case in cases if case.p_late is None or case.p_late < 0.995]
        late = len(cases) - len(alive)
        note = f"{len(cases)} open"
        if late:
            note += f", {late} of them late for certain"
        yield heading("Open cases that need a hand", note)
        chosen = (alive or list(cases))[:10]
        narrow = width < MIDDLE
        more_columns = () if narrow else ("rework",)
        table = columned("case", "stands at", "since", "late", "still takes", *more_columns)
        for case in chosen:
            label = self.names.brief(case.at) if narrow else self.evaluation.labels.get(case.at, case.at)
            table.add_row(
                case.case,
                label,
                _short_iso(case.since, self.evaluation),
                chance(case.p_late),
                amount(case.remaining, "s", 2),
                *(() if narrow else (chance(case.p_rework),)),
            )
        yield table
        if len(cases) > len(chosen):
            yield paragraph(f"… and {len(cases) - len(chosen)} more.", "dim")
        yield Text()

    def _coverage(self) -> Iterator[Text | Padding]:
        yield heading("What this rests on")
        for sentence in what_it_rests_on(self.evaluation, self.names):
            yield paragraph(sentence)
        for remark in self.evaluation.coverage.notes:
            yield paragraph(self.names.in_words(remark), "dim")


def evaluation(answer: Evaluation) -> RiskNote:
    """The note of an evaluation, for rich to lay out."""
    return RiskNote(answer)


def plain(answer: Evaluation, width: int = 80) -> str:
    """The note as plain text, without colours."""
    out = io.StringIO()
    Console(
        file=out, width=width, no_color=True, highlight=False, markup=False, emoji=False, legacy_windows=False
    ).print(RiskNote(answer))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _state(row: IndicatorFigure, note: Evaluation, narrow: bool) -> Text:
    """The state of an indicator's rules, and since when; nothing is claimed of one without rules."""
    if not row.rule:
        return Text("no rule", style="dim")
    state = Text(row.state, style=STATES[row.state])
    if row.state in ("alert", "warn", "pending") and row.since and not narrow:
        state.append(f", {_short(row.since, note)}", style="default")
    return state


def _short(value: date, note: Evaluation) -> str:
    """A day without its year where that is the year of the note."""
    whole = day(value)
    return whole.removesuffix(f" {note.as_of.year}")


def _short_iso(value: str, note: Evaluation) -> str:
    return _short(date.fromisoformat(value), note)
