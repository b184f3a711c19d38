"""Scenarios beside today as a page of text: sentences on what changes, then figures and teams side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mpmflow.compiler.names import Names
from mpmflow.compiler.units import Units
from mpmflow.model.imports import workflow_titles
from mpmflow.render.analysis_page import Fitted
from mpmflow.render.diff_words import FIGURES
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.overload_words import overload_sentences
from mpmflow.render.risk_words import amount, chance, day, rate_unit
from mpmflow.render.risk_words import change as level_change

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from mpmflow.analysis.risk.differences import Forecast
    from mpmflow.analysis.scenarios.comparison import Alternative, Change, WhatIf

WEEK = 7 * 86400.0
_SHOWN = (
    "time.mean", "time.without_wait", "time.p90", "time.late", "cost.mean", "first_pass", "yield", "throughput_per_s",
    "wip",
)  # fmt: skip
LEAST = 1e-9
"""Changes smaller than this part of the figure are rounding."""


def what_if_page(found: WhatIf) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    units = Units(Names(found.model))
    titles = workflow_titles(found.model)
    for number, one in enumerate(found.alternatives):
        parts.append(Text(("\n" if number else "") + one.label, style="bold"))
        parts.extend(Padding(Text(sentence), (0, 0, 0, 2)) for sentence in _sentences(one))
        for name in found.today.workflows:
            rows = list(_figure_rows(one, name))
            if rows:
                heading = Text(f"\n{titles[name]}", style="bold")
                parts += [heading, Fitted(["  figure", "today", "then", "change"], rows)]
        rows = list(_team_rows(one))
        if rows:
            parts += [Text("\nTeams", style="bold"), Fitted(["  team", "figure", "today", "then", "change"], rows)]
        rows = [[f"  {name}", *_level(units, name, change)] for name, change in one.metrics.items() if _moves(change)]
        if rows:
            parts += [Text("\nPlanned metrics", style="bold"), Fitted(["  metric", "today", "then", "change"], rows)]
    if found.forecast is not None:
        parts += _forecast(found.forecast)
    parts.append(Text(""))
    for line in _footnotes(found):
        parts.append(Padding(Text(line, style="dim"), (0, 0, 0, 2)))
    return Group(*parts)


def _sentences(one: Alternative) -> Iterator[str]:
    said = False
    for name, figures in one.figures.items():
        words = []
        time, cost = figures["time.mean"], figures.get("cost.mean")
        if _moves(time) and time.difference is not None:
            words.append(f"a case takes {_apart(time.difference, duration)}")
        if cost is not None and _moves(cost) and cost.difference is not None:
            currency = one.analysis[name].currency or ""
            words.append(f"costs {_apart(cost.difference, lambda money, unit=currency: _money(money, unit))}")
        late = figures.get("time.late")
        if late is not None and late.difference is not None and _moves(late):
            by = f"{significant(100 * abs(late.difference))} points {'fewer' if late.difference < 0 else 'more'}"
            words.append(f"{by} miss the deadline")
        if words:
            said = True
            yield f"{name}: {', '.join(words)}."
    for team, change in one.teams.items():
        money = change.cost_per_week
        if money.difference and _moves(money):
            said = True
            currency = change.currency or ""
            more = _apart(money.difference, lambda amount, unit=currency: _money(amount, unit))
            yield f"{team}: its people cost {more} a week."
    for note in one.notes:
        said = True
        yield f"It {note}."
    for overloaded in one.analysis.overload:
        said = True
        yield from overload_sentences(overloaded)
    if not said:
        yield "No time, cost or load changes."


def _money(amount: float, currency: str) -> str:
    return f"{significant(amount)} {currency}".rstrip()


def _apart(difference: float, shown: object) -> str:
    assert callable(shown)
    return f"{shown(abs(difference))} {'less' if difference < 0 else 'more'}"


def _moves(change: Change) -> bool:
    """Whether a figure changes, or is there on one side only."""
    if change.difference is None:
        return change.today != change.then
    return abs(change.difference) > LEAST * max(abs(change.today or 0.0), abs(change.then or 0.0))


def _figure_rows(one: Alternative, workflow: str) -> Iterator[list[str]]:
    currency = one.analysis[workflow].currency or ""
    for figure in _SHOWN:
        words = FIGURES[figure]
        change = one.figures[workflow].get(figure)
        if change is not None and _moves(change):
            yield [f"  {words}", *(_shown(figure, value, currency) for value in (change.today, change.then)),
                   _difference(figure, change, currency)]  # fmt: skip


def _shown(figure: str, value: float | None, currency: str) -> str:
    if value is None:
        return "none"
    if figure in ("time.late", "first_pass", "yield", "load"):
        return percent(value)
    if figure.startswith("time.") or figure == "wait":
        return duration(value)
    if figure in ("cost.mean", "cost_per_week"):
        return _money(value, currency)
    return significant(value * WEEK if figure == "throughput_per_s" else value)


def _difference(figure: str, change: Change, currency: str) -> str:
    if change.difference is None:
        return ""
    sign, size = ("+" if change.difference > 0 else "-"), abs(change.difference)
    if figure in ("time.late", "first_pass", "yield", "load"):
        return f"{sign}{significant(100 * size)} points"
    return f"{sign}{_shown(figure, size, currency)}"


def _team_rows(one: Alternative) -> Iterator[list[str]]:
    words = {"people": "people", "load": "busy", "wait": "wait of a visit", "queue": "waiting at a time",
             "cost_per_week": "cost per week"}  # fmt: skip
    for name, team in one.teams.items():
        shown = f"  {name}"
        for figure, label in words.items():
            change = getattr(team, figure)
            if _moves(change):
                currency = team.currency or ""
                cells = (_shown(figure, value, currency) for value in (change.today, change.then))
                yield [shown, label, *cells, _difference(figure, change, currency)]
                shown = ""


def _level(units: Units, name: str, change: Change) -> list[str]:
    known = units.of_name(name).unit
    unit = rate_unit(str(known) if known is not None and known.powers else "")
    shown = [amount(value, unit) if value is not None else "none" for value in (change.today, change.then)]
    return [*shown, level_change(change.difference, unit) if change.difference is not None else ""]


def _forecast(forecast: Forecast) -> list[RenderableType]:
    """What scenarios would do to the forecasts of metrics, each with the interval of the difference."""
    from rich.text import Text

    parts: list[RenderableType] = [Text(f"\nForecasts, if it were made on {day(forecast.as_of)}", style="bold")]
    for one in forecast.scenarios:
        if not one.metrics:
            parts.append(Text(f"  {one.label}: no metric feels it."))
            continue
        rows = []
        for row in one.metrics:
            unit = forecast.units[row.name]
            sure = f"{level_change(row.low, unit)} to {level_change(row.high, unit)}"
            moved = [amount(row.today, unit), amount(row.then, unit), level_change(row.difference, unit), sure]
            rows.append([f"  {forecast.labels[row.name]}", *moved, chance(row.p_miss_today), chance(row.p_miss)])
        parts.append(Text(f"  {one.label}"))
        parts.append(Fitted(["  metric", "today", "then", "difference", "95% of it", "miss", "then"], rows))
    return parts


def _footnotes(found: WhatIf) -> Iterator[str]:
    yield (
        "Only what changes is shown; --json has every figure. People cost their hours, busy or not; the cost of a case "
        "counts the hours that it takes."
    )
    if any(one.waiting is not None for one in found.today.workflows.values()):
        yield "Waits follow a formula and are approximate; mpmflow analyze says how good it is."
    if any(team for team in found.today.overload):
        yield "“none”: a team with more work than people has no mean wait, and a case that comes to it no mean time."
