"""The answer of `fit` as a page of text: each declared number beside what the log says, the most contradicted first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from mpmflow.analysis.fit.fitted import FEWEST
from mpmflow.analysis.fit.text import shown
from mpmflow.render.analysis_page import Fitted
from mpmflow.render.causes_page import cause_words
from mpmflow.render.numbers import percent, significant

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from mpmflow.analysis.fit.fitted import Fit, FittedNumber, ObservedHours


def fit_page(found: Fit) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = [Text(f"The model beside its log, {found.log.label}", style="bold")]
    parts += [Padding(Text(sentence), (0, 0, 0, 2)) for sentence in _sentences(found)]
    declared = [one for one in found.numbers if one.declared is not None]
    groups = (
        ("The log contradicts", [one for one in declared if one.contradicted], True),
        ("The log agrees, within its 90 % interval", [one for one in declared if _agrees(one)], True),
        ("The log says too little", [one for one in declared if not one.contradicted and not _agrees(one)], True),
        ("In the log, and not in the text", [one for one in found.numbers if one.declared is None], False),
    )
    for title, numbers, beside in groups:
        if numbers:
            parts += [Text(f"\n{title}", style="bold"), _table(numbers, declared=beside)]
    hours = list(_hours(found.hours))
    if hours:
        parts.append(Text("\nWhen people work (UTC)", style="bold"))
        parts += [Padding(Text(line), (0, 0, 0, 2)) for line in hours]
    if found.causes:
        parts.append(Text("\nCauses that the text calls learned: predictive, not causal", style="bold"))
        parts += [Padding(Text(cause_words(one)), (0, 0, 0, 2)) for one in found.causes]
    notes = [*_remarks(found), *found.notes]
    if notes:
        parts.append(Text("\nTo be known", style="bold"))
        parts += [Padding(Text(note), (0, 0, 0, 2)) for note in notes]
    return Group(*parts)


def _agrees(one: FittedNumber) -> bool:
    known = (one.low is not None and one.count >= FEWEST) or one.kind in ("at_most", "batch")
    return known and not one.contradicted


def _sentences(found: Fit) -> Iterator[str]:
    log = found.log
    last = (log.until - timedelta(microseconds=1)).date()
    cases = f"{_counted(log.cases, 'case')} with {_counted(log.events, 'event')} from {log.first.date()} to {last}"
    still = log.cases - log.ended
    if still:
        yield f"{cases}; {still:,} {'is' if still == 1 else 'are'} still open, and counted as such."
    else:
        yield f"{cases}, all of them ended."
    if log.since is not None:
        yield f"Only what began on {log.since.date()} or later counts."
    if log.half_life is not None:
        weeks = significant(log.half_life)
        yield f"What is {weeks} weeks old counts half of what is new (--memory all: the whole log counts alike)."
    said = [one for one in found.numbers if one.declared is not None]
    against = len(found.contradicted)
    if said:
        counted = f"Of {len(said)} declared numbers" if len(said) > 1 else "Of the one declared number"
        yield f"{counted} the log contradicts {against or 'none'}."


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _table(numbers: Sequence[FittedNumber], *, declared: bool) -> RenderableType:
    rows = []
    for one in numbers:
        visit = f", visit {one.visit}" if one.visit else ""
        mean = "mean " if one.kind in ("takes", "waits", "time", "gap") and "(" in one.fitted else ""
        interval = ""
        if one.kind not in ("at_most", "people") and one.low is not None and one.high is not None:
            interval = f"{mean}{shown(one, one.low)} to {shown(one, one.high)}"
        rows.append(
            [
                f"{one.name}{visit}",
                one.declared or "" if declared else "",
                _fitted(one) + (" *" if declared and not one.written and one.why_not != "as declared" else ""),
                interval,
                _sure(one) if declared else "",
                f"{one.count:,.0f}" + (f" + {one.open:,.0f} open" if round(one.open) else ""),
            ]
        )
    return Fitted(
        ["  Number", "Declared", "The log says", "90 % interval", "Sure", "Rests on"], [_set_in(row) for row in rows]
    )


def _fitted(one: FittedNumber) -> str:
    return "as observed" if one.fitted.startswith("empirical(") else one.fitted


def _missed(one: FittedNumber) -> bool:
    """Whether a law stands for times that it does not describe well."""
    return one.distance is not None and bool(one.note) and one.written and _fitted(one) != "as observed"


def _set_in(row: list[str]) -> list[str]:
    return [f"  {row[0]}", *row[1:]]


def _sure(one: FittedNumber) -> str:
    """How sure it is that the true number lies on the fitted side of the declared one."""
    if one.p_contradicted is None:
        return "yes" if one.contradicted else ""
    return "> 99.9%" if one.p_contradicted > 0.999 else percent(one.p_contradicted)


def _hours(hours: Sequence[ObservedHours]) -> Iterator[str]:
    for one in hours:
        if one.found:
            text = f"{one.of}: {one.found}, with {one.inside:.0%} of {one.stamps:,} stamps"
        else:
            text = f"{one.of}: the {one.stamps:,} stamps show no hours of their own"
        if one.inside_declared is not None:
            verdict = "contradicts it" if one.contradicted else "agrees"
            text += f"; declared {one.declared}, which holds {one.inside_declared:.0%} of them and so {verdict}"
        yield text + "."


def _remarks(found: Fit) -> Iterator[str]:
    """What is to be said of single numbers, equal words once for all of them."""
    kept: dict[str, list[str]] = {}
    for one in found.numbers:
        if one.declared is not None and not one.written and one.why_not not in ("", "as declared"):
            kept.setdefault(one.why_not, []).append(one.name)
    for reason, names in kept.items():
        yield f"* {', '.join(dict.fromkeys(names))}: the text keeps its number, for {reason}."
    mixed = [one for one in found.numbers if one.kind == "time" and one.why_not.startswith("the log says only")]
    if mixed:
        yield f"{', '.join(one.name for one in mixed)}: {mixed[0].why_not}; start times would tell."
    told: dict[str, list[str]] = {}
    for one in found.numbers:
        if one.note and one.distance is None:
            told.setdefault(one.note, []).append(one.name)
    for note, names in told.items():
        yield f"{', '.join(dict.fromkeys(names))}: {note}."
    missed = [one for one in found.numbers if _missed(one)]
    if missed:
        worst = max(missed, key=lambda one: one.distance or 0.0)
        yield (
            f"No law describes the times of {', '.join(one.name for one in missed)} well: the best one misses what was "
            f"observed by up to {worst.distance:.0%} ({worst.name}). --empirical keeps the observed times instead."
        )
