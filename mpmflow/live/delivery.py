"""Every transition to every handler, at least once: kept in the store until the handler has taken it.

A handler is known by its name. Once a name has been registered, each transition that concerns it waits in the store
for that name, also while no program runs. A handler that raises is called again later, after 30 seconds, then after
twice as long each time, up to an hour; it holds up nobody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .store import Store
from .transitions import Transition

Handler = Callable[[Transition], Any]
FIRST_PAUSE, LONGEST_PAUSE = 30_000, 3_600_000
"""Milliseconds until a handler that raised is called again: at first, and at most."""
EVENTS = ("ok", "pending", "warn", "alert", "unknown", "any", "withdrawn")
"""What a handler can be registered for."""
_DOING = "do "


@dataclass(frozen=True, slots=True)
class Failure:
    """A delivery that has failed so far: to which handler, how often, and what it said last."""

    handler: str
    transition: Transition
    tries: int
    error: str


class Delivery:
    """The handlers of a monitor, and what waits for them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.handlers: dict[str, Handler] = {}
        self.events: dict[str, str] = {}
        self.load()

    def load(self) -> None:
        """Know the names in the store."""
        self.events = dict(self.store.rows("SELECT name, event FROM handlers"))

    def on(self, event: str, handler: Handler, name: str | None = None) -> str:
        """Register a handler; returns its name. Raises ValueError for an event that there is none of."""
        if event not in EVENTS:
            raise ValueError(f"there is nothing to tell on {event!r}; a handler is for one of {', '.join(EVENTS)}")
        return self._register(event, handler, name)

    def action(self, action: str, handler: Handler) -> str:
        """Register the handler of an action that indicators name by `do`."""
        return self._register(_DOING + action, handler, _DOING + action)

    def _register(self, event: str, handler: Handler, name: str | None) -> str:
        if not callable(handler):
            raise TypeError("a handler is a function that takes a Transition")
        if name is None:
            called = getattr(handler, "__qualname__", type(handler).__qualname__)
            name = first = f"{event}: {getattr(handler, '__module__', '')}.{called}"
            count = 1
            while name in self.handlers:
                count += 1
                name = f"{first} {count}"
        if self.events.get(name) != event:
            with self.store.step() as base:
                base.execute("INSERT OR REPLACE INTO handlers VALUES (?, ?)", (name, event))
            self.events[name] = event
        self.handlers[name] = handler
        return name

    def post(self, number: int, transition: Transition) -> None:
        """Let a transition wait for everybody whom it concerns; within a step of the store."""
        wanted = {"any", "withdrawn" if transition.withdrawn else transition.after}
        if transition.after in ("warn", "alert") and not transition.withdrawn:
            wanted |= {_DOING + name for name in transition.do}
        rows = [(number, name) for name, event in sorted(self.events.items()) if event in wanted]
        self.store.base.executemany("INSERT OR IGNORE INTO deliveries (seq, handler) VALUES (?, ?)", rows)

    def deliver(self, now: int) -> tuple[int, int]:
        """Call every handler that something waits for, oldest first; how many took it, and how many raised."""
        taken = failed = 0
        for number, name, tries, transition in self._due(now):
            handler = self.handlers[name]
            try:
                handler(transition)
            except Exception as error:
                pause = min(FIRST_PAUSE * 2 ** min(tries, 20), LONGEST_PAUSE)
                said = f"{type(error).__name__}: {error}"[:500]
                row = (tries + 1, now + pause, said, 0, number, name)
                failed += 1
            else:
                row = (tries + 1, now, None, 1, number, name)  # type: ignore[assignment]
                taken += 1
            with self.store.step() as base:
                base.execute(
                    "UPDATE deliveries SET tries = ?, next = ?, error = ?, done = ? WHERE seq = ? AND handler = ?", row
                )
        return taken, failed

    def _due(self, now: int) -> Iterator[tuple[int, str, int, Transition]]:
        found = []
        for name in self.handlers:
            found += self.store.rows(
                "SELECT seq, handler, tries, document FROM deliveries JOIN transitions USING (seq) "
                "WHERE handler = ? AND next <= ? AND NOT done",
                name,
                now,
            )
        for number, name, tries, document in sorted(found, key=lambda row: (row[0], row[1])):
            yield number, name, tries, _read(document)

    def waiting(self) -> int:
        """Deliveries that nobody has taken yet."""
        ((count,),) = self.store.rows("SELECT count(*) FROM deliveries WHERE NOT done")
        return int(count)

    def failures(self) -> tuple[Failure, ...]:
        """The deliveries that have failed and will be tried again."""
        rows = self.store.rows(
            "SELECT handler, document, tries, error FROM deliveries JOIN transitions USING (seq) "
            "WHERE NOT done AND error IS NOT NULL ORDER BY seq, handler"
        )
        return tuple(Failure(name, _read(document), tries, error) for name, document, tries, error in rows)


def _read(document: str) -> Transition:
    return Transition.from_dict(json.loads(document))
