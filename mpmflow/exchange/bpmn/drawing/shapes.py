"""What stands in a diagram, before it has a place: pools, lanes, shapes and flows.

A shape names the part of the model it belongs to, and as what: a decision that takes time is three shapes (a timer, a
task, the gateway), which all belong to it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["start", "waits", "takes", "statement", "delay", "join", "merge", "lost", "end"]
"""As what a shape belongs to its part: the event with which its workflow starts; the time before its work; the work of
a decision; the part itself; the delay of an outcome; where the branches of a block meet; a place that only brings flows
together; what a called workflow lost; an end."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An activity, event or gateway.

    Attributes:
        id: its id in the file.
        tag: its element of BPMN.
        name: what people read on it.
        part: the part of the model that it belongs to: the name of a node, `decision.outcome`, or of a workflow.
        role: as what.
        lane: name of the team in whose lane it stands, "" for nobody's.
        statement: the part as a text of the language, on the one shape that is the part itself.
        event: `timer`, `error`, or "".
        after: what its timer says, as ISO 8601: a span, or `R/` and a span for what comes again and again.
        calls: id of the process that it calls.
        host: id of the activity on whose border it stands.
    """

    id: str
    tag: str
    name: str
    part: str
    role: Role
    lane: str = ""
    statement: str = ""
    event: str = ""
    after: str = ""
    calls: str = ""
    host: str = ""

    @property
    def kind(self) -> Literal["task", "gateway", "event"]:
        if self.tag.endswith("Event"):
            return "event"
        return "gateway" if self.tag.endswith("Gateway") else "task"


@dataclass(frozen=True, slots=True)
class Link:
    """A sequence flow.

    Attributes:
        id, source, target: ids in the file.
        name: what people read on it.
        condition: when it is taken, "" for always.
        part: the outcome that it belongs to, with `.then` for the way after `at most N`; "" for others.
        weight: how much the reader's eye should follow it, from 0 to 1: the share at the first visit.
        default: whether it is taken where no condition holds.
    """

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""
    part: str = ""
    weight: float = 1.0
    default: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """The band of one team; `team` is "" for work that is nobody's, `statement` the team as a text."""

    id: str
    team: str
    name: str
    statement: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """One workflow: its pool, its process, and what stands in it, in the order of the text.

    Attributes:
        id, process: ids of the pool and of the process.
        workflow: its name in the model.
        name: what people read on it.
        statement: the workflow without its body, as a text.
        origin: path of the imported file that it comes from, "" for the file itself.
        lanes: bands from the top; none where no team is named.
    """

    id: str
    process: str
    workflow: str
    name: str
    statement: str
    origin: str
    lanes: tuple[Lane, ...]
    shapes: tuple[Shape, ...]
    links: tuple[Link, ...]


@dataclass(slots=True)
class Ids:
    """Gives out ids that XML takes, each once: letters, digits, `_`, `-` and `.`.

    >>> ids = Ids()
    >>> ids.of("brief"), ids.of("brief"), ids.of("délai"), ids.of("審査")
    ('brief', 'brief_2', 'delai', 'u5BE9u67FB')
    """

    given: set[str] = field(default_factory=set)

    def of(self, wanted: str) -> str:
        plain = "".join(map(_plain, unicodedata.normalize("NFKD", wanted)))
        plain = plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"
        found, number = plain, 1
        while found in self.given:
            number += 1
            found = f"{plain}_{number}"
        self.given.add(found)
        return found


def _plain(character: str) -> str:
    if character.isascii() and (character.isalnum() or character in "_-."):
        return character
    return "" if unicodedata.combining(character) else f"u{ord(character):04X}"
