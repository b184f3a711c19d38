"""Changes of state: what a monitor tells its handlers, each with a key by which a receiver knows it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mpmflow import __version__
from mpmflow.analysis.rules import STATES, IndicatorTrace, State

SCHEMA = "mpmflow/transition/1"
FIRST: State = "unknown"
"""What an indicator is before its first period."""


@dataclass(frozen=True, slots=True)
class Transition:
    """An indicator changed its state at the end of a period.

    Attributes:
        key: the same for the same change, however often it is delivered: a hash of the model, the indicator, the
            period and both states. A change that was withdrawn and came true after all has a new one.
        indicator: its name; `label` is what people call it.
        before, after: the states (ok, pending, warn, alert, unknown).
        start, end: the period whose value made the change; its end is exclusive, in UTC.
        value: what was observed in the period, in base units (seconds, fractions); None where nothing was.
        rules: the rules that fire, as the language writes them.
        owner: whom the indicator belongs to; `do` the actions that its text names.
        withdrawn: this was told before, and events that came late have made it untrue.
    """

    key: str
    indicator: str
    label: str
    before: State
    after: State
    start: datetime
    end: datetime
    value: float | None = None
    rules: tuple[str, ...] = ()
    owner: str | None = None
    do: tuple[str, ...] = ()
    withdrawn: bool = False

    @property
    def document(self) -> str:
        """The name and version of the document that `to_json` writes."""
        return SCHEMA

    def to_dict(self) -> dict[str, Any]:
        """The document `mpmflow/transition/1` as plain data."""
        return {
            "schema": SCHEMA,
            "mpmflow": __version__,
            "key": self.key,
            "indicator": self.indicator,
            "label": self.label,
            "before": self.before,
            "after": self.after,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "value": self.value,
            "rules": list(self.rules),
            "owner": self.owner,
            "do": list(self.do),
            "withdrawn": self.withdrawn,
        }

    def to_json(self) -> str:
        """The document `mpmflow/transition/1` on one line."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Transition:
        """The transition of a document."""
        return cls(
            key=given["key"],
            indicator=given["indicator"],
            label=given["label"],
            before=given["before"],
            after=given["after"],
            start=datetime.fromisoformat(given["start"]),
            end=datetime.fromisoformat(given["end"]),
            value=given["value"],
            rules=tuple(given["rules"]),
            owner=given["owner"],
            do=tuple(given["do"]),
            withdrawn=given["withdrawn"],
        )

    def __str__(self) -> str:
        told = f"{self.end:%Y-%m-%d %H:%M} {self.label}: {self.before} -> {self.after}"
        if self.withdrawn:
            return f"{told} (withdrawn: late events have changed the period)"
        return f"{told} ({'; '.join(self.rules)})" if self.rules else told


def key_of(model: str, indicator: str, start: datetime, before: str, after: str, revision: int, withdrawn: bool) -> str:
    """The key of a transition; `model` is the model's hash, `revision` how often the same was withdrawn before.

    >>> one = key_of("m", "rework", datetime(2026, 1, 5), "ok", "warn", 0, False)
    >>> one == key_of("m", "rework", datetime(2026, 1, 5), "ok", "warn", 0, False), len(one)
    (True, 32)
    """
    parts = [model, indicator, start.isoformat(), before, after, revision, withdrawn]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def changes(before: State, states: Sequence[tuple[int, State]]) -> dict[int, tuple[State, State]]:
    """Where a sequence of states, by number of the period, changes: number -> (state before, state from then on).

    >>> changes("unknown", [(7, "ok"), (8, "ok"), (9, "warn")])
    {7: ('unknown', 'ok'), 9: ('ok', 'warn')}
    """
    found: dict[int, tuple[State, State]] = {}
    for number, state in states:
        if state != before:
            found[number] = (before, state)
        before = state
    return found


def firing(trace: IndicatorTrace, position: int) -> tuple[str, ...]:
    """The rules that fire in a period, or that wait for their `for`, with their levels."""
    state = STATES[int(trace.codes[position])]
    if state in ("warn", "alert"):
        return tuple(f"{rule.level} {rule.text}" for rule in trace.rules if rule.firing[position])
    if state == "pending":
        return tuple(f"{rule.level} {rule.text}" for rule in trace.rules if rule.pending[position])
    return ()
