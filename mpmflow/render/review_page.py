"""A review of the ledger as a page: which promises and targets were kept, what came, how good the forecasts were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from mpmflow.analysis.review.groups import Group
from mpmflow.analysis.review.judged import Judged
from mpmflow.analysis.review.kept import SIMPLE
from mpmflow.analysis.review.review import Review
from mpmflow.numerics.statistics.scores import Average, Skill

from .backtest_page import IN_WORDS
from .note_blocks import MOST, heading, paragraph, ruled
from .numbers import percent
from .risk_words import amount, chance, change, day, span

WIDE = 100
"""From this width on tables have all their columns."""
MARKS = {"kept": "bold green", "missed": "bold red", "late": "bold yellow"}
FEW = 12
"""Different questions below which nothing can be said of how good a forecaster is."""


class ReviewPage:
    """A review that rich can lay out, for a terminal of any width or a file."""

    def __init__(self, review: Review) -> None:
        self.review = review

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from blocks(self.review, wide=options.max_width >= WIDE)


def blocks(found: Review, *, wide: bool) -> Iterator[RenderableType]:
    """The page, block by block; where it is not wide, tables do with fewer columns."""
    due = [one for one in found.judged if one.came is not None]
    ahead = [one for one in found.judged if one.mark == "ahead"]
    yield Text("What was said, and what came", style="bold")
    verb = "is" if len(ahead) == 1 else "are"
    yield paragraph(
        f"{_forecasts(len(found.judged))} in the ledger; what came is known up to {day(found.as_of)}. Of "
        f"{len(due) or 'none'} it is known what came, {len(ahead)} {verb} for days still to come."
    )
    yield from (paragraph(note, "yellow") for note in found.notes)
    yield from _held(found, wide)
    yield from _plain(found, wide)
    yield from _scores(found, wide)
    yield from _chances(found)
    yield from _unscored(found)
    if ahead:
        first = min(ahead, key=lambda one: (one.forecast.on, one.forecast.label))
        yield Text("")
        yield paragraph(f"The next day of truth is {day(first.forecast.on)}, for {first.forecast.label}.", "dim")


def _forecasts(count: int) -> str:
    return f"{count:,} forecast{'' if count == 1 else 's'}"


def _shown(titles: Sequence[str], rows: Sequence[Sequence[str | Text]], *, left: Sequence[int] = (0,)) -> Padding:
    return Padding(ruled(titles, rows, left=left), (0, 0, 0, 2))


# ------------------------------------------------------------------------------------------ promises and targets
def _held(found: Review, wide: bool) -> Iterator[RenderableType]:
    told: dict[object, list[Judged]] = {}
    for one in found.judged:
        if one.missed is not None and one.forecast.scenario is None:
            key = (one.forecast.question, one.forecast.target_text, one.forecast.commitment)
            told.setdefault(key, []).append(one)
    if not told:
        return
    yield Text("")
    yield heading("Promises and targets", "said: chance to miss, at first and at last")
    titles = ["metric", *(["by whom"] if wide else []), "wanted", "for", "said", "came", ""]
    table: list[list[str | Text]] = []
    remarks: list[str] = []
    for rows in told.values():
        last = rows[-1]
        said = last.forecast
        table.append(
            [
                said.label,
                *([said.owner or ""] if wide else []),
                f"{'promised: ' if said.commitment else ''}{said.target_text}{_reading(said.reading)}",
                day(said.on),
                _first_and_last(rows),
                amount(last.came, said.unit),
                Text(_mark(last), style=MARKS.get(last.mark, "")),
            ]
        )
        remarks += [_remark(last)] if _remark(last) else []
    yield _shown(titles, table, left=[0, 1, 2, 6] if wide else [0, 1, 5])
    for remark in dict.fromkeys(remarks):
        yield paragraph(remark)


def _reading(words: str) -> str:
    return f", {words.partition(', up to ')[0].partition(' from ')[0]}" if words else ""


def _first_and_last(rows: Sequence[Judged]) -> str:
    said = [row.forecast.p_miss for row in rows if row.forecast.p_miss is not None]
    if not said:
        return "-"
    return chance(said[0]) if len(said) == 1 else f"{chance(said[0])} .. {chance(said[-1])}"


def _mark(one: Judged) -> str:
    if one.mark == "late":
        return f"late, on {day(one.reached_on)}"
    return one.mark


def _remark(one: Judged) -> str:
    """What a reader should know of a truth: who said so, and what was said before."""
    parts = []
    if one.by_hand:
        parts.append(f"{one.forecast.label} for {day(one.forecast.on)} was settled by hand ({one.source}).")
        if one.earlier:
            parts.append(f"Before that was said: {'; '.join(one.earlier)}.")
        if one.why:
            parts.append(one.why)
    return " ".join(parts)


# ------------------------------------------------------------------------------------------ single forecasts
def _plain(found: Review, wide: bool) -> Iterator[RenderableType]:
    rows = [one for one in found.judged if one.came is not None and one.forecast.law]
    if not rows:
        return
    again = any(one.again is not None for one in rows)
    yield Text("")
    gloss = "with 95% range" if wide else ""
    yield heading("What was foretold", gloss)
    titles = ["metric", "said on", "for", "foretold", *(["range"] if wide else []), "came"]
    table = []
    for one in rows[-MOST:]:
        said = one.forecast
        cells = [
            said.label + (f" (if {said.title})" if said.scenario else ""),
            day(said.as_of),
            day(said.on),
            amount(said.forecast, said.unit),
            *([span(said.low, said.high, said.unit)] if wide else []),
            amount(one.came, said.unit),
        ]
        if again:
            cells.append(amount(one.again.forecast, said.unit) if one.again is not None else "-")
        table.append(cells)
    yield _shown([*titles, *(["today's file"] if again else [])], table)
    if again:
        yield paragraph(
            "Today's file: what it says if it is asked as on the day of the forecast, knowing nothing later.", "dim"
        )
    if len(rows) > MOST:
        yield paragraph(f"The latest {MOST} of {len(rows)}; --json has all.", "dim")


# ------------------------------------------------------------------------------------------ scores
def _scores(found: Review, wide: bool) -> Iterator[RenderableType]:
    scored = [one for one in found.groups if one.inside_90 is not None]
    if not scored:
        return
    again = any(one.again_crps is not None for one in scored)
    yield Text("")
    yield heading("How good the forecasts were", "skill: 1 is perfect, 0 no better than saying so, 90% range")
    others = SIMPLE if wide else [name for name in SIMPLE if name != "seasonal"]
    if wide:
        titles = ["", "forecasts", "days", "in 50% range", "in 90%", *(f"over {IN_WORDS[name]}" for name in others)]
    else:
        titles = ["", "made", "days", "in 90%", "over last", "over usual"]
    metrics, owners, models, total = (
        [one for one in scored if one.by == by] for by in ("metric", "owner", "model", "all")
    )
    table = []
    for one in [
        *metrics, *(owners if len(owners) > 1 else []), *(models if len(models) > 1 else []),
        *(total if len(metrics) > 1 else []),
    ]:  # fmt: skip
        cells = [
            one.label if one.by in ("metric", "all") else f"all of {one.label}",
            str(one.forecasts),
            str(one.questions),
            *([_share(one.inside_50)] if wide else []),
            _share(one.inside_90),
            *(_skill(one.crps_skill.get(other)) for other in others),
        ]
        table.append([*cells, *([_skill(one.again_crps)] if again else [])])
    yield _shown([*titles, *(["today's file"] if again else [])], table)
    questions = next(one.questions for one in scored if one.by == "all")
    if questions < FEW:
        yield paragraph(
            f"{questions} different thing{'s were' if questions != 1 else ' was'} foretold: too few to judge a "
            f"forecaster by, {FEW} would be a beginning."
        )
    yield from (paragraph(words) for one in metrics if (words := _in_unit(one)))


def _in_unit(one: Group) -> str:
    if one.crps is None:
        return ""
    away = change(one.crps.value, one.unit).lstrip("+±")
    brier = f"; chances to miss scored {one.brier.value:.2f} (Brier, 0 to 1)" if one.brier is not None else ""
    return f"{one.label}: what was foretold lay {away} from what came, on the average (CRPS){brier}. 0 is perfect."


def _share(one: Average | None) -> str:
    if one is None:
        return "-"
    sure = f" ({percent(one.low, 2)} to {percent(one.high, 2)})" if one.low == one.low and one.low < one.high else ""
    return f"{percent(one.value, 2)}{sure}"


def _skill(one: Skill | None) -> str:
    if one is None:
        return "-"
    sure = f" ({_signed(one.low)} to {_signed(one.high)})" if one.low == one.low and one.low < one.high else ""
    return f"{_signed(one.value)}{sure}"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00")


# ------------------------------------------------------------------------------------------ calibration
def _chances(found: Review) -> Iterator[RenderableType]:
    if not found.reliability:
        return
    yield Text("")
    yield heading("Whether chances were what they said", "of the chances to miss a target")
    for row in found.reliability:
        yield paragraph(
            f"Where {percent(row.low, 2)} to {percent(row.high, 2)} was said ({percent(row.said, 2)} on the average), "
            f"{percent(row.came, 2)} came ({_forecasts(row.count)})."
        )


# ------------------------------------------------------------------------------------------ what cannot be said
def _unscored(found: Review) -> Iterator[RenderableType]:
    reasons: dict[tuple[str, str], int] = {}
    for one in found.judged:
        if one.mark == "unscored":
            key = (one.forecast.label, one.why)
            reasons[key] = reasons.get(key, 0) + 1
    if not reasons:
        return
    yield Text("")
    yield heading("Not scored, and why")
    for (label, why), count in list(reasons.items())[:MOST]:
        yield paragraph(f"{label} ({_forecasts(count)}): {why}")
    if len(reasons) > MOST:
        yield paragraph(f"And {len(reasons) - MOST} more; --json has all.", "dim")
