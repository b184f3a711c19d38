"""What a monitor tells: one document for each change of state."""

from __future__ import annotations

from .vocabulary import NUMBER, TEXT, YES_OR_NO, Schema, document, many, one_of, optional

STATE = one_of("ok", "pending", "warn", "alert", "unknown")
MOMENT: Schema = {"type": "string", "format": "date-time"}


def transition() -> Schema:
    return document(
        "transition",
        1,
        "a change of an indicator's state, as a monitor tells it; `watch --json` prints one a line",
        key={**TEXT, "description": "the same for the same change, however often it is delivered"},
        indicator=TEXT,
        label=TEXT,
        before=STATE,
        after=STATE,
        start={**MOMENT, "description": "the period whose value made the change"},
        end={**MOMENT, "description": "its end, exclusive"},
        value={**optional(NUMBER), "description": "what was observed in the period, in base units"},
        rules={**many(TEXT), "description": "the rules that fire, as the language writes them"},
        owner=optional(TEXT),
        do={**many(TEXT), "description": "the actions that the indicator names"},
        withdrawn={**YES_OR_NO, "description": "told before, and made untrue by events that came late"},
    )
