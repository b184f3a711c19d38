"""The colours and type of every picture: calm greys, one accent, and a warm colour that only rework and risk may have.

Contrast of text on its ground is at least 4.5 to 1 (WCAG 2.2 AA). Nothing is said by colour alone: rework is also
dashed, delay dotted, what is lost says so, and what is at risk gets darker, has a thicker border and its figure in
words, so that a print in black and white reads the same.

Pictures are made in the light colours. The dark ones stand beside them, colour for colour.
"""

from __future__ import annotations

import re
from typing import Literal

Theme = Literal["light", "dark"]
THEMES: tuple[str, ...] = ("light", "dark")

FONT = "Helvetica"

GROUND = "#ffffff"
INK = "#1e293b"
QUIET = "#64748b"
LINE = "#64748b"
HAIR = "#cbd5e1"

STEP_FILL = "#f8fafc"
STEP_LINE = "#94a3b8"
PARTNER_FILL = "#f5f3ff"
PARTNER_LINE = "#8b7ec8"
DECISION_FILL = "#e8f3fb"
DECISION_LINE = "#2b6ea6"
CHOOSE_FILL = "#ffffff"

ACCENT = "#2b6ea6"
REWORK = "#b4450f"
DELAY = "#8a6100"
LOST = "#9f1239"
GOOD = "#15703f"

LAGGING_FILL = "#eef7f1"
LAGGING_LINE = "#3f8a61"
BLOCK_FILL = "#fbfcfe"

HEAT = ("", "#fff4e6", "#ffe3c2", "#fdc48c", "#f9a25a")
"""Fill of what is at risk, from nothing to the most; ink on each has a contrast of at least 6 to 1."""
HEAT_LINE = "#b45309"

DARK = {
    GROUND: "#0f172a",
    INK: "#e2e8f0",
    LINE: "#94a3b8",
    HAIR: "#334155",
    STEP_FILL: "#1a2436",
    STEP_LINE: "#7587a1",
    PARTNER_FILL: "#27213f",
    PARTNER_LINE: "#a99fe0",
    DECISION_FILL: "#132c44",
    DECISION_LINE: "#62aee8",
    REWORK: "#fb923c",
    DELAY: "#e0b341",
    LOST: "#fb7185",
    GOOD: "#4ade80",
    LAGGING_FILL: "#13291f",
    LAGGING_LINE: "#54b383",
    BLOCK_FILL: "#131c2e",
    HEAT[1]: "#38260f",
    HEAT[2]: "#553410",
    HEAT[3]: "#744412",
    HEAT[4]: "#8f4f10",
    HEAT_LINE: "#f59e0b",
}
"""Light colour -> dark colour. Whatever is written on a colour has a contrast of at least 4.5 to 1 in both."""

_COLOUR = re.compile(r'(?<==")#[0-9a-f]{6}(?=")')


def themed(text: str, theme: str) -> str:
    """DOT or SVG text in the colours of a theme. Only whole attributes change: a label that names a colour stays.

    >>> themed('a [fillcolor="#ffffff", label=<#ffffff>]', "dark")
    'a [fillcolor="#0f172a", label=<#ffffff>]'
    """
    return text if theme == "light" else _COLOUR.sub(lambda found: DARK.get(found[0], found[0]), text)
