"""A back-test as a page: how well each metric was foretold, what the alarms were worth, which levels cost least."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mpmflow.analysis.backtest.alarms import Alarms
from mpmflow.analysis.backtest.backtest import Backtest
from mpmflow.analysis.backtest.judged import MetricJudged, Scored
from mpmflow.analysis.backtest.thresholds import CheapestLevel
from mpmflow.numerics.statistics.scores import Skill
from mpmflow.render.note_blocks import heading, paragraph
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.risk_words import amount, span

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

SURE = 0.1
"""A skill with a larger q-value may be luck, and the page says so."""
IN_WORDS = {"persistence": "as it was last", "seasonal": "as a year before", "climatology": "as it usually is"}


def backtest_page(found: Backtest) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.text import Text

    first, last = found.origins[0], found.origins[-1]
    parts: list[RenderableType] = [
        Text("What would have been said, and who was right", style="bold"),
        paragraph(
            f"{len(found.origins)} evenings from {first} to {last}, each knowing only what was known then; forecasts "
            f"look {duration(found.horizon)} ahead, the history ends {found.as_of}."
        ),
    ]
    parts += [paragraph(note, "dim") for note in found.notes]
    if found.skipped:
        parts.append(
            paragraph(f"On {len(found.skipped)} evenings nothing could be said, first because {found.skipped[0][1]}.")
        )
    parts += _forecasts(found)
    parts += _misses(found)
    parts += _alarms(found)
    parts += _levels(found)
    return Group(*parts)


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="dim")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    return table


# ------------------------------------------------------------------------------------------ forecasts
def _forecasts(found: Backtest) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    yield Text("")
    yield heading("How well the level was foretold", "skill: 1 is perfect, 0 no better than saying so, 90% range")
    judged = [one for one in found.metrics if one.crps is not None]
    table = _table("metric", "forecasts", *(f"over {words}" for words in IN_WORDS.values()), "in 90% range")
    for one in judged:
        assert one.crps is not None
        inside = percent(one.inside, 2) if one.inside is not None else "-"
        table.add_row(one.label, str(len(one.folds)), *(_skill(one.crps, other) for other in IN_WORDS), inside)
    if judged:
        yield Padding(table, (0, 0, 0, 2))
    for one in judged:
        yield paragraph(_verdict(one))
    for one in found.metrics:
        if one.refused:
            yield paragraph(f"{one.label}: nothing is said, for {one.refused}.")


def _skill(scored: Scored, other: str) -> str:
    skill = scored.skills.get(other)
    if skill is None:
        return "-"
    return f"{_signed(skill.value)}{_range(skill)}"


def _range(skill: Skill) -> str:
    return f" ({_signed(skill.low)} to {_signed(skill.high)})" if skill.low == skill.low else ""


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00")


def _verdict(one: MetricJudged) -> str:
    """What the figures of a metric come to, in a sentence or two."""
    skill, scored = one.skill, one.crps
    if skill is None or scored is None:
        return f"{one.label}: too little was known for any simple forecast to stand beside."
    if skill.p_value != skill.p_value or one.q_value is None:
        word = "too few forecasts to say whether that is luck"
    elif skill.value <= 0.0:
        word = "no better than saying that it stays as it was last"
    elif one.q_value <= SURE:
        word = f"better than saying that it stays as it was last (q {percent(one.q_value, 2)})"
    else:
        word = f"perhaps better than saying that it stays as it was last, perhaps luck (q {percent(one.q_value, 2)})"
    beaten = [IN_WORDS[other] for other, row in scored.skills.items() if other != "persistence" and row.value < 0.0]
    worse = f"; worse than saying “{'” or “'.join(beaten)}”" if beaten else ""
    stretch = ""
    if one.inside is not None and one.inside_corrected is not None and one.inside < 0.8:
        stretch = (
            f" Its ranges were too narrow: {percent(one.inside, 2)} of what came lay in the 90% range, "
            f"{percent(one.inside_corrected, 2)} after correction by past ones."
        )
    return f"{one.label}: {word}{worse}.{stretch}"


# ------------------------------------------------------------------------------------------ chances of a miss
def _misses(found: Backtest) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    judged = [one for one in found.metrics if one.brier is not None]
    if not judged:
        return
    yield Text("")
    yield heading("Whether the target would be missed", "skill of the chance that was told")
    table = _table("metric", "missed", *(f"over {words}" for words in IN_WORDS.values()), "corrected over raw")
    for one in judged:
        assert one.brier is not None
        missed = sum(1 for fold in one.folds if fold.missed)
        fixed = one.brier.corrected_skill
        table.add_row(
            one.label,
            f"{missed} of {len(one.folds)}",
            *(_skill(one.brier, other) for other in IN_WORDS),
            f"{_signed(fixed.value)}{_range(fixed)}" if fixed is not None else "-",
        )
    yield Padding(table, (0, 0, 0, 2))
    for one in judged:
        target = f" ({one.target})" if one.target else ""
        said = "; ".join(f"{percent(row.said, 2)} said, {percent(row.came, 2)} came ({row.count})"
                         for row in one.reliability)  # fmt: skip
        yield paragraph(f"{one.label}{target}: {said}.")
        if one.helps:
            yield paragraph("Recalibrated by past forecasts it would have been nearer: see risk --calibrate.", "dim")


# ------------------------------------------------------------------------------------------ alarms
def _alarms(found: Backtest) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    if not found.alarms:
        return
    yield Text("")
    yield heading("What the alarms were worth", f"in time: up to {duration(found.horizon)} before the trouble")
    judged = [one for one in found.alarms if not one.refused]
    labels = {one.name: one.label for one in found.metrics}
    table = _table("indicator", "of trouble in", "in time", "missed", "false alarms", "ahead by", "changes a month")
    table.columns[1].justify = "left"
    for one in judged:
        itself = one.of == one.indicator
        table.add_row(
            one.label,
            "itself" if itself else labels.get(one.of, one.of),
            f"{one.hits} of {one.spells}",
            str(one.missed),
            f"{one.false_alarms} of {one.alarms}",
            _lead(one),
            significant(one.changes_per_month, 2) if one.changes_per_month is not None else "-",
        )
    if judged:
        yield Padding(table, (0, 0, 0, 2))
    for one in judged:
        if one.cost is not None and one.silence_cost is not None and one.of != one.indicator:
            yield paragraph(
                f"{one.label}: misses and false alarms on {labels.get(one.of, one.of)} cost "
                f"{amount(one.cost, one.currency)}; saying nothing would have cost "
                f"{amount(one.silence_cost, one.currency)}."
            )
    for one in found.alarms:
        if one.refused:
            yield paragraph(f"{one.label}: nothing is said, for {one.refused}.")


def _lead(one: Alarms) -> str:
    if one.lead_time is None:
        return "-"
    return duration(one.lead_time, 2) if one.lead_time >= 0 else f"{duration(-one.lead_time, 2)} late"


# ------------------------------------------------------------------------------------------ levels
def _levels(found: Backtest) -> Iterator[RenderableType]:
    from rich.text import Text

    if not found.levels:
        return
    yield Text("")
    yield heading("Which level of a warning would have cost least", "in hindsight, so the most that could be had")
    labels = {one.name: one.label for one in found.metrics} | {one.indicator: one.label for one in found.alarms}
    for one in found.levels:
        yield paragraph(_level(one, labels.get(one.indicator, one.indicator), labels.get(one.of, one.of)))


def _level(one: CheapestLevel, label: str, of: str) -> str:
    written = f"{one.side} {amount(one.written, one.unit)}"
    if one.level is None or one.cost is None or one.cost_written is None:
        return f"{label}, for {of} (now {written}): nothing is said, for {one.refused}."
    best = amount(one.level, one.unit)
    sure = span(one.low, one.high, one.unit)
    if one.priced:
        costs = f"{amount(one.cost, one.currency)} instead of {amount(one.cost_written, one.currency)}"
    else:
        costs = (
            f"{significant(one.cost)} mistakes instead of {significant(one.cost_written)}, as the file names no costs"
        )
    if one.level == one.written:
        return f"{label}, for {of}: {written} is as cheap as any (90% range {sure})."
    return f"{label}, for {of}: {one.side} {best} (90% range {sure}) instead of {written}: {costs}."
