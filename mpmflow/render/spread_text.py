"""Where rework and delay spread, as two sections of the note, and who is busy, as a third."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mpmflow.analysis.risk.evaluation import Evaluation, SpreadFigure
from mpmflow.analysis.risk.standing import busy_teams, places_of_delay, places_of_rework

from .note_blocks import MOST, columned, heading, paragraph
from .numbers import percent
from .risk_names import Names
from .risk_top import than
from .risk_words import chance, day, one_unit, signed, upper

SHORT = 0.01
"""Places that starve are told of from this many visits fewer per case on."""
FEW = 2
"""So many of them."""


def rework_blocks(note: Evaluation, names: Names) -> Iterator[Text | Table | Padding]:
    """Steps and decisions with more (or fewer) visits than in the reference, and why."""
    places = [row for row in note.spread if row.kind not in ("metric", "team", "choose", "workflow")]
    rows = places_of_rework(note.spread)
    if not rows:
        return
    yield heading("Where rework spreads", f"visits per 100 cases more than {than(note)}")
    shown = columned("at", "more", "mostly because of")
    for row in rows[:MOST]:
        shown.add_row(row.label, signed(100.0 * row.extra_visits), _because(names, row.at, row.visits_by))
    yield shown
    late = max((row.reaches_on for row in rows[:MOST] if row.reaches_on is not None), default=note.as_of)
    if late > note.as_of:
        yield paragraph(f"Most of this is there by {day(late)}.", "dim")
    starving = [row for row in places if row.starves_until is not None and (row.fewest or 0.0) <= -SHORT]
    for row in sorted(starving, key=lambda row: (row.fewest or 0.0, row.at))[:FEW]:
        yield paragraph(
            f"Until {day(row.starves_until)} “{row.label}” gets fewer visits than {than(note)}, at the worst "
            f"{signed(100.0 * (row.fewest or 0.0))[1:]} fewer per 100 cases: they come later."
        )
    yield from _more(rows)


def delay_blocks(note: Evaluation, names: Names) -> Iterator[Text | Table | Padding]:
    """Steps and decisions where cases spend more (or less) time, on which of three ways, and why; teams in a line."""
    rows = places_of_delay(note.spread)
    if not rows:
        return
    most = abs(rows[0].extra_time)
    unit, size = one_unit(most)
    words = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}[unit]
    queues = any(abs(row.pool_time) >= 0.005 * size for row in rows)
    ways = "more visits, longer ones, longer waits for people" if queues else "more visits and by longer ones"
    yield heading("Where delay spreads", f"{words} per case more than {than(note)}, by {ways}")
    shown = columned("at", "more", "visits", "longer", *(("waits",) if queues else ()), "mostly because of")
    for row in rows[:MOST]:
        shown.add_row(
            row.label,
            signed(row.extra_time / size),
            signed(row.path_time / size),
            signed(row.own_time / size),
            *((signed(row.pool_time / size),) if queues else ()),
            _because(names, row.at, row.time_by),
        )
    yield shown
    teams = [row for row in note.spread if row.kind == "team" and abs(row.extra_time) > 0.01 * most]
    if teams:
        several = len({row.workflow for row in teams}) > 1
        told = ", ".join(
            f"{row.label} {signed(row.extra_time / size)}{f' in {row.workflow}' if several else ''}" for row in teams
        )
        yield paragraph(f"By team, in {words}: {told}.")
    yield from _more(rows)


def team_blocks(note: Evaluation, names: Names) -> Iterator[Text | Table | Padding]:
    """Teams that are busier than in the reference, or nearly full."""
    rows = busy_teams(note.teams)
    if not rows:
        return
    longest = max(max(row.wait, row.wait_before) for row in rows)
    unit, size = one_unit(longest)
    yield heading("Who is busy", "share of their people's time, and what one visit waits for them")
    shown = columned("team", than(note), "now", "overloaded?", f"waits, {unit}", "now", "mostly because of")
    for row in rows[:MOST]:
        shown.add_row(
            upper(names.full(row.name)),
            percent(row.load_before),
            percent(row.load),
            chance(row.p_overloaded),
            f"{row.wait_before / size:.2g}",
            f"{row.wait / size:.2g}",
            _because(names, row.name, row.wait_by) if row.wait_by else "",
        )
    yield shown
    yield Text()


def _because(names: Names, at: str, by: Mapping[str, float]) -> str:
    """The largest part, and the second where it matters too."""
    total = sum(abs(part) for part in by.values())
    told = [name for name, part in by.items() if abs(part) >= 0.25 * total][:2]
    return ", ".join(names.here(name, at) for name in told) or "many things a little"


def _more(rows: list[SpreadFigure]) -> Iterator[Text | Padding]:
    if len(rows) > MOST:
        yield paragraph(f"… and {len(rows) - MOST} more.", "dim")
    yield Text()
