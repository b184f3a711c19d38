"""The evaluation as a note on a terminal: what it comes to, what changed, where it spreads, what will miss, what to
do first.

The note is laid out for the width that it gets, from 60 columns on, and reads the same without colours. What matters
comes first and the rest is counted; `--json` has everything.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import date

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mpmflow.analysis.evaluation import Action, Evaluation, IndicatorFigure, MetricFigure, SpreadFigure

from .risk_words import (
    amount,
    called,
    chance,
    change,
    day,
    instead,
    likely,
    one_unit,
    parts,
    rate_unit,
    signed,
    target,
    unit_of,
)

MOST = 8
"""Rows of a table; the rest is counted."""
WIDE = 100
"""From this width on tables have all their columns."""
SURE = 0.9
STATES = {"alert": "bold red", "warn": "bold yellow", "pending": "yellow", "ok": "green", "unknown": "dim"}
ORDER = {"alert": 0, "warn": 1, "pending": 2, "ok": 3, "unknown": 4}


class RiskNote:
    """An evaluation that rich can lay out; `str()` of it is the plain note at 80 columns."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, 120)
        yield from self.blocks(width)

    def __str__(self) -> str:
        return plain(self.evaluation)

    def blocks(self, width: int) -> Iterator[Text | Table | Padding]:
        """The note, block by block."""
        yield from self._title()
        yield from self._headline()
        yield from self._indicators(width)
        yield from self._rework(width)
        yield from self._delay(width)
        yield from self._metrics(width)
        yield from self._actions(width)
        yield from self._open_cases(width)
        yield from self._coverage()

    # ------------------------------------------------------------------------------------------ the top
    def _title(self) -> Iterator[Text]:
        note = self.evaluation
        against = {"plan": "the plan", "rework-free": "the same process without rework"}.get(
            note.reference, f"the period {note.reference.replace('..', ' to ')}"
        )
        yield Text.assemble((note.title or "Risk", "bold"), f" on {day(note.as_of)}, measured against {against}")
        yield Text()

    def _headline(self) -> Iterator[Text | Padding]:
        note = self.evaluation
        for line in _headline_sentences(note):
            yield Padding(line, (0, 0, 0, 2))
        yield Text()

    # ------------------------------------------------------------------------------------------ what changed
    def _indicators(self, width: int) -> Iterator[Text | Table | Padding]:
        rows = _shown_once(self.evaluation.indicators)
        seen = [row for row in rows if row.observed is not None or row.state not in ("ok", "unknown")]
        told = [row for row in seen if row.state in ("alert", "warn", "pending") or _is_worse(row)]
        told.sort(key=lambda row: (ORDER[row.state], -(row.p_worse or 0.0), row.name))
        yield _section("What changed")
        if not seen:
            yield _line("No indicator was observed.")
            yield Text()
            return
        if told:
            table = _table("indicator", "expected", "last seen", "now about", "worse?", "state")
            for row in told[:MOST]:
                unit = rate_unit(row.unit)
                last = amount(row.observed, unit) + (f" of {row.n}" if row.n is not None and unit == "%" else "")
                table.add_row(
                    _own_name(self.evaluation, row),
                    amount(row.expected, unit),
                    last,
                    amount(row.estimate, unit),
                    chance(row.p_worse),
                    _state(row, self.evaluation),
                )
            yield table
            more = len(told) - MOST
            if more > 0:
                yield _line(f"… and {more} more.", "dim")
            yield _line("“Now about” weighs all periods, recent ones most; “worse?” is how sure that is.", "dim")
        better = [row for row in seen if row not in told and row.p_worse is not None and row.p_worse <= 1 - SURE]
        better.sort(key=lambda row: (row.p_worse, row.name))
        if better:
            words = "; ".join(f"{_own_name(self.evaluation, row)} ({instead(row)})" for row in better[:3])
            yield _line(f"Better than expected: {words}{'; …' if len(better) > 3 else '.'}")
        rest = len(seen) - len(told) - len(better)
        if rest > 0:
            yield _line(f"{rest} other indicator{'s are' if rest > 1 else ' is'} about as expected.", "dim")
        yield Text()

    # ------------------------------------------------------------------------------------------ where it spreads
    def _rework(self, width: int) -> Iterator[Text | Table | Padding]:
        rows = [row for row in self.evaluation.spread if row.kind not in ("metric", "team", "choose", "workflow")]
        rows = [row for row in rows if abs(row.extra_visits) >= 0.001]
        rows.sort(key=lambda row: (-abs(row.extra_visits), row.at))
        if not rows:
            return
        yield _section("Where rework spreads", "visits more per 100 cases")
        table = _table("at", "more", "mostly because of")
        for row in rows[:MOST]:
            table.add_row(row.label, signed(100.0 * row.extra_visits), self._because(row.visits_by))
        yield table
        yield from self._more(rows)

    def _delay(self, width: int) -> Iterator[Text | Table | Padding]:
        rows = [row for row in self.evaluation.spread if row.kind not in ("metric", "workflow", "team")]
        most = max((abs(row.extra_time) for row in rows), default=0.0)
        rows = [row for row in rows if abs(row.extra_time) > max(60.0, 0.01 * most)]
        rows.sort(key=lambda row: (-abs(row.extra_time), row.at))
        if not rows:
            return
        unit, size = one_unit(most)
        words = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}[unit]
        yield _section("Where delay spreads", f"{words} more per case, from more visits or from longer ones")
        table = _table("at", "more", "visits", "longer", "mostly because of")
        for row in rows[:MOST]:
            table.add_row(
                row.label,
                signed(row.extra_time / size),
                signed(row.path_time / size),
                signed(row.own_time / size),
                self._because(row.time_by),
            )
        yield table
        teams = [row for row in self.evaluation.spread if row.kind == "team" and abs(row.extra_time) > 0.01 * most]
        if teams:
            words = ", ".join(f"{row.label} {signed(row.extra_time / size)}" for row in teams)
            yield _line(f"By team: {words}.")
        yield from self._more(rows)

    def _because(self, by: Mapping[str, float]) -> str:
        """The largest part, and the second where it matters too."""
        total = sum(abs(part) for part in by.values())
        told = [name for name, part in by.items() if abs(part) >= 0.25 * total][:2]
        return ", ".join(called(self.evaluation, name) for name in told)

    def _more(self, rows: list[SpreadFigure]) -> Iterator[Text | Padding]:
        if len(rows) > MOST:
            yield _line(f"… and {len(rows) - MOST} more.", "dim")
        yield Text()

    # ------------------------------------------------------------------------------------------ metrics
    def _metrics(self, width: int) -> Iterator[Text | Table | Padding]:
        rows = [row for row in self.evaluation.metrics if row.forecast is not None or row.by]
        if not rows:
            return
        rows.sort(key=lambda row: (row.p_miss is None, -(row.p_miss or 0.0), row.name))
        yield _section("Which metrics will miss, when and why")
        wide = width >= WIDE
        table = _table(
            "metric", "target", "expected", *(("95% range",) if wide else ()), self._against(), "miss", "for"
        )
        for row in rows[:12]:
            table.add_row(*self._metric_cells(row, wide))
        yield table
        for row in rows[:12]:
            why = self._why(row)
            if why is not None:
                yield Padding(why, (0, 0, 0, 2))
        yield Text()

    def _metric_cells(self, row: MetricFigure, wide: bool) -> list[str | Text]:
        past = _is_past(row, self.evaluation)
        miss = Text(chance(row.p_miss) if not past else "missed" if row.p_miss else "met")
        if row.p_miss is not None and row.p_miss >= 0.5:
            miss.stylize("bold red" if row.p_miss >= 0.8 else "bold yellow")
        expected = amount(row.forecast, row.unit) if row.forecast is not None else change(row.change or 0.0, row.unit)
        cells: list[str | Text] = [row.label, target(row), expected]
        if wide:
            cells.append(f"{amount(row.low, row.unit)} to {amount(row.high, row.unit)}" if row.low is not None else "-")
        return [*cells, amount(row.baseline, row.unit), miss, _reading_short(row)]

    def _against(self) -> str:
        return {"plan": "by plan", "rework-free": "no rework"}.get(self.evaluation.reference, "before")

    def _why(self, row: MetricFigure) -> Text | None:
        """Where a metric's change comes from, if it is worth a sentence."""
        base = abs(row.baseline) if row.baseline else 0.0
        if not row.by or row.change is None or (base and abs(row.change) < 0.005 * base):
            return None
        words = parts(self.evaluation, row)
        text = Text.assemble((f"{_upper(row.label)} {change(row.change, row.unit)}", "bold"), f": {words}.")
        if row.reaches_on is not None:
            arrived = row.reaches_on <= self.evaluation.as_of
            text.append(" It has arrived already." if arrived else f" Most of it is there by {day(row.reaches_on)}.")
        if row.evidence in ("declared", "associated", "learned", "experiment"):
            grounds = {
                "declared": "what somebody declared",
                "associated": "an association in data",
                "learned": "what was learned from the series",
                "experiment": "an experiment",
            }[row.evidence]
            text.append(f" The weakest link is {grounds}.", style="dim")
        if row.residual:
            text.append(f" Not shared out: {change(row.residual, row.unit)}.", style="dim")
        return text

    # ------------------------------------------------------------------------------------------ what to do
    def _actions(self, width: int) -> Iterator[Text | Table | Padding]:
        actions = [action for action in self.evaluation.actions if self._gains(action)]
        if not actions:
            return
        yield _section("What to do first")
        for number, action in enumerate(actions[:5], start=1):
            unit = unit_of(self.evaluation, action.lever)
            back = "back from" if action.why == "deviates" else "a fifth less: from"
            even = ", and as even as planned," if self._uneven(action) else ""
            line = Text.assemble(
                f"{number}. ",
                (_upper(called(self.evaluation, action.lever)), "bold"),
                f": {back} {amount(action.start, unit)} to {amount(action.goal, unit)}{even} gives",
                f" {self._gains(action)}.",
            )
            if action.initiative:
                line.append(
                    f" The initiative “{self.evaluation.labels.get(action.initiative, action.initiative)}” does this."
                )
            if action.owner:
                line.append(f" Owner: {action.owner}.", style="dim")
            yield Padding(line, (0, 0, 0, 2))
        yield Text()

    def _uneven(self, action: Action) -> bool:
        """Whether the move also takes back that a time scatters more than planned."""
        rows = [row for row in self.evaluation.indicators if row.name == action.lever]
        return action.why == "deviates" and any(instead(row).endswith("uneven") for row in rows)

    def _gains(self, action: Action) -> str:
        rows = {row.name: row for row in self.evaluation.metrics}
        told = []
        for name, gain in action.gains.items():
            row = rows[name]
            base = abs(row.forecast) if row.forecast else 0.0
            if base and abs(gain) >= 0.002 * base and row.better is not None:
                told.append((row.target is None, -abs(gain) / base, f"{row.label} {change(gain, row.unit)}"))
        return ", ".join(words for _, _, words in sorted(told)[:3])

    # ------------------------------------------------------------------------------------------ cases, data
    def _open_cases(self, width: int) -> Iterator[Text | Table | Padding]:
        cases = self.evaluation.open_cases
        if not cases:
            return
        alive = [case for case in cases if case.p_late is None or case.p_late < 0.995]
        late = len(cases) - len(alive)
        note = f"{len(cases)} open"
        if late:
            note += f", {late} of them past help: late for certain"
        yield _section("Open cases that need a hand", note)
        chosen = (alive or list(cases))[:10]
        table = _table("case", "stands at", "since", "late", "still takes", "rework")
        for case in chosen:
            label = self.evaluation.labels.get(case.at, case.at)
            table.add_row(case.case, label, _short_iso(case.since, self.evaluation), chance(case.p_late),
                          amount(case.remaining, "s", 2), chance(case.p_rework))  # fmt: skip
        yield table
        if len(cases) > len(chosen):
            yield _line(f"… and {len(cases) - len(chosen)} more.", "dim")
        yield Text()

    def _coverage(self) -> Iterator[Text | Padding]:
        found = self.evaluation.coverage
        yield _section("What this rests on")
        facts = [f"{found.periods} full periods"]
        if found.events:
            facts = [f"{found.cases:,} cases with {found.events:,} events", *facts]
        yield _line(", ".join(facts) + ".")
        if found.unmatched:
            total = sum(count for _, count in found.unmatched)
            names = ", ".join(name for name, _ in found.unmatched[:3])
            share = total / found.events if found.events else 0.0
            more = ", …" if len(found.unmatched) > 3 else ""
            yield _line(f"No statement claims {total:,} events ({100 * share:.2g}%): {names}{more}.")
        if found.deviations:
            total = sum(count for _, _, count in found.deviations)
            first, then, count = found.deviations[0]
            often = f"most often from {first} to {then} ({count})"
            yield _line(f"{total:,} steps went ways that the workflow does not know; {often}.")
        for note in found.notes:
            yield _line(note, "dim")


def evaluation(answer: Evaluation) -> RiskNote:
    """The note of an evaluation, for rich to lay out."""
    return RiskNote(answer)


def plain(answer: Evaluation, width: int = 80) -> str:
    """The note as plain text, without colours."""
    out = io.StringIO()
    Console(file=out, width=width, no_color=True, highlight=False, legacy_windows=False).print(RiskNote(answer))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _headline_sentences(note: Evaluation) -> Iterator[Text]:
    troubled = sorted(
        (row for row in note.metrics if row.p_miss is not None and row.p_miss >= 0.5),
        key=lambda row: (-(row.p_miss or 0.0), row.name),
    )
    by_name = {row.name: row for row in note.indicators}
    if troubled:
        row = troubled[0]
        if _is_past(row, note):
            yield Text.assemble(
                (f"{_upper(row.label)} has missed the target", "bold"),
                f": {amount(row.forecast, row.unit)} {_reading(row, 'on')}, {target(row)} wanted.",
            )
        else:
            yield Text.assemble(
                (f"{_upper(row.label)} {likely(row.p_miss or 0.0)} miss the target", "bold"),
                f": {amount(row.forecast, row.unit)} expected {_reading(row, 'for')}, {target(row)} wanted"
                f" ({chance(row.p_miss)} likely to miss).",
            )
        why = [(name, part) for name, part in row.by.items() if name != row.name][:2]
        why = [(name, part) for name, part in why if (part > 0) == ((row.change or 0.0) > 0)]
        if why and row.change:
            reasons = []
            for name, part in why:
                source = by_name.get(name)
                how = f" ({instead(source)})" if source is not None else ""
                reasons.append(f"{change(part, row.unit)} from {called(note, name)}{how}")
            against = {"plan": "the plan", "rework-free": "a process without rework"}.get(note.reference, "before")
            yield Text(f"That is {change(row.change, row.unit)} against {against}: {' and '.join(reasons)}.")
        others = [
            f"{other.label} ({'missed already' if _is_past(other, note) else chance(other.p_miss)})"
            for other in troubled[1:4]
        ]
        if others:
            yield Text(f"Also likely to miss: {', '.join(others)}.")
    for headline in note.headlines[:1]:
        source = by_name.get(headline.root)
        if source is None:
            continue
        state = f", {source.state} since {day(source.since)}" if source.state in ("alert", "warn", "pending") else ""
        names = {row.name: row for row in note.metrics}
        told = []
        for one in headline.expected_consequences[:3]:
            metric = names[one.name]
            when = f" by {day(one.on)}" if one.on is not None and one.on > note.as_of else ""
            told.append(f"{metric.label} {change(one.change, metric.unit)}{when}")
        leads = f" This leads to {', '.join(told)}." if told else ""
        yield Text.assemble((f"{_upper(called(note, headline.root))}: {instead(source)}{state}.", "bold"), leads)
    if not troubled:
        near = [row for row in note.metrics if row.p_miss is not None and row.p_miss >= 0.2]
        if near:
            names_near = ", ".join(f"{row.label} ({chance(row.p_miss)})" for row in near)
            yield Text(f"No target is more likely to be missed than met; closest to it: {names_near}.")
        elif any(row.target is not None for row in note.metrics):
            yield Text("Every target is likely to be met.")
    if not troubled and not note.headlines and not any(_is_worse(row) for row in note.indicators):
        yield Text("Nothing stands out: what was observed is about what was expected.")


def _is_past(row: MetricFigure, note: Evaluation) -> bool:
    """Whether the day of a target has passed and what came is known."""
    return row.on is not None and row.on <= note.as_of and row.low is not None and row.low == row.high


def _shown_once(rows: tuple[IndicatorFigure, ...]) -> list[IndicatorFigure]:
    """A named indicator stands for the one that it measures."""
    named = {row.measures for row in rows if row.measures is not None}
    return [row for row in rows if row.name not in named]


def _is_worse(row: IndicatorFigure) -> bool:
    return row.p_worse is not None and row.p_worse >= SURE


def _own_name(note: Evaluation, row: IndicatorFigure) -> str:
    return row.label if row.measures is not None else called(note, row.name)


def _reading(row: MetricFigure, before: str = "") -> str:
    """Which day or span a figure is for."""
    words = row.reading
    if words.startswith("in total"):
        return words
    when = f"{before} {day(row.on)}".strip() if row.on is not None else ""
    if words.startswith("per ") and "up to" in words:
        return f"{words.partition(',')[0]} to {day(row.on)}"
    return f"{words} {before} {day(row.on)}".strip() if words else when


def _reading_short(row: MetricFigure) -> str:
    """The same for a table."""
    if row.reading.startswith("in total"):
        return f"total to {day(row.on)}"
    span, _, _ = row.reading.partition(",")
    return f"{span.removeprefix('per ')} to {day(row.on)}" if "up to" in row.reading else day(row.on)


def _state(row: IndicatorFigure, note: Evaluation) -> Text:
    """The state of an indicator's rules, and since when; nothing is claimed of one without rules."""
    if not row.rule:
        return Text("no rule", style="dim")
    state = Text(row.state, style=STATES[row.state])
    if row.state in ("alert", "warn", "pending") and row.since:
        state.append(f", {_short(row.since, note)}", style="default")
    return state


def _short(value: date, note: Evaluation) -> str:
    """A day without its year where that is the year of the note."""
    whole = day(value)
    return whole.removesuffix(f" {note.as_of.year}")


def _short_iso(value: str, note: Evaluation) -> str:
    return _short(date.fromisoformat(value), note)


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _section(title: str, gloss: str = "") -> Text:
    return Text.assemble((title, "bold underline"), (f"  {gloss}" if gloss else "", "dim"))


def _line(words: str, style: str = "") -> Padding:
    return Padding(Text(words, style=style), (0, 0, 0, 2))


WORDS = ("indicator", "at", "mostly because of", "metric", "target", "for", "stands at", "95% range")
"""Columns that may fold; figures stay on their line."""


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for number, column in enumerate(columns):
        left = number == 0 or column in (*WORDS, "state")
        table.add_column(column, justify="left" if left else "right", no_wrap=column not in WORDS, overflow="fold")
    return table
