"""What a painted picture means, under it: the shades with their figures, lines and borders, and the badges."""

from __future__ import annotations

from collections.abc import Sequence

from mpmflow.render import palette
from mpmflow.render.dot import Markup, rows, wrapped

BADGES = ("alert", "warn", "pending", "unknown", "ok")
"""The states of rules, the worst first."""
_LOOKS = {
    "alert": f'BORDER="1" COLOR="{palette.LOST}" BGCOLOR="{palette.LOST}"',
    "warn": f'BORDER="2" COLOR="{palette.LOST}" BGCOLOR="{palette.GROUND}"',
    "pending": f'BORDER="1" COLOR="{palette.DELAY}" BGCOLOR="{palette.GROUND}" STYLE="DASHED"',
    "unknown": f'BORDER="1" COLOR="{palette.LINE}" BGCOLOR="{palette.GROUND}" STYLE="DOTTED"',
    "ok": f'BORDER="1" COLOR="{palette.GOOD}" BGCOLOR="{palette.GROUND}"',
}
_INK = {
    "alert": palette.GROUND, "warn": palette.LOST, "pending": palette.DELAY, "unknown": palette.QUIET,
    "ok": palette.GOOD,
}  # fmt: skip
_LIKE = {
    "missed": "alert", "broken": "alert", "at risk": "warn", "on course": "ok", "kept": "ok", "met": "ok",
}  # fmt: skip
"""States of promises and objectives look like those of rules that are as bad."""
_SMALL = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'
_TITLE = f'COLOR="{palette.INK}" POINT-SIZE="10"'


def badge(state: str, words: str = "") -> Markup:
    """A state as a small sign that names it: an alert is filled, a warning bold, what is pending dashed."""
    said, look = state.upper() + (f": {words}" if words else ""), _LIKE.get(state, state)
    text = rows([(line, f'COLOR="{_INK[look]}" POINT-SIZE="8"') for line in wrapped(said, 28, 2)])
    cell = f'<TABLE {_LOOKS[look]} CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR><TD>{text}</TD></TR></TABLE>'
    return Markup(cell)


def swatch_words(what: str, bounds: Sequence[str], without: str) -> Markup:
    """The shades of heat with where each begins; `without` where there is none to show."""
    if not bounds:
        return rows([(without, _SMALL)])
    cells = [f"<TD>{rows([(f'{what}:', _SMALL)])}</TD>"]
    for level, bound in enumerate(bounds, start=1):
        text = rows([(f"from {bound}", f'COLOR="{palette.INK}" POINT-SIZE="9"')])
        shade = f'BGCOLOR="{palette.HEAT[level]}" COLOR="{palette.HEAT_LINE}" BORDER="{min(level, 3)}"'
        cells.append(f"<TD {shade}>{text}</TD>")
    return Markup(
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="3">' + f"<TR>{''.join(cells)}</TR></TABLE>"
    )


def legend(title: str, heat: Markup, remarks: Sequence[str]) -> Markup:
    """Title, shades, badges and remarks as one label for the foot of a picture."""
    badges = "".join(f"<TD>{badge(state)}</TD>" for state in BADGES)
    states = (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="1">'
        f"<TR><TD>{rows([('rules that watch a figure:', _SMALL)])}</TD>{badges}</TR></TABLE>"
    )
    lines = [rows([(title, _TITLE)]), heat, Markup(states)]
    lines += [rows([(line, _SMALL) for line in wrapped(remark, 90)]) for remark in remarks if remark]
    cells = '<TR><TD HEIGHT="8"></TD></TR>'
    cells += "".join(f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{line}</TD></TR>' for line in lines)
    return Markup(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{cells}</TABLE>')
