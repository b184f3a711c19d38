"""The colours and type of every picture: calm greys, one accent, and one warm colour that only rework may have.

Contrast of text on its ground is at least 4.5 to 1 (WCAG 2.2 AA). Nothing is said by colour alone: rework is also
dashed, delay dotted, what is lost ends in a bar, so that a print in black and white reads the same.
"""

from __future__ import annotations

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
