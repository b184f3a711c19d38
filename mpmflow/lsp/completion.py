"""What an editor offers while somebody writes: the words that may stand there, and the names that are meant there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mpmflow.compiler.functions import FUNCTIONS
from mpmflow.compiler.names import NODE_KINDS
from mpmflow.syntax.expected import Expected, expected_behind

from .written import Written

_WORD = re.compile(r"[^\W\d][\w.]*$")
_UNITS = ("s", "min", "h", "d", "w", "mo", "y")
_OBSERVED = ("metric", "indicator", "outcome", "measure")
_OPERATORS = frozenset({"EQUAL", "SIGN", "TIMES", "LPAR", "COMPARISON", "AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that is offered: what is written, what it is, a line about it."""

    text: str
    kind: Literal["word", "name", "function", "unit"]
    about: str = ""


def offers(written: Written, offset: int) -> tuple[Offer, ...]:
    """What may be written at a place, the word that has been begun there left aside; names before words."""
    text = written.source.text[:offset]
    if text.count('"', text.rfind("\n") + 1) % 2 or "#" in text[text.rfind("\n") + 1 :].split('"')[-1]:
        return ()  # in a text between quotation marks, or in a comment
    begun = _WORD.search(text)
    found = expected_behind(text[: begun.start()] if begun else text)
    offered = list(_names(written, found, text))
    offered += [Offer(word, "word") for word in found.words]
    if "UNIT" in found.terminals and found.last is not None and found.last.type == "NUMBER":
        currencies = sorted({m.group() for m in re.finditer(r"\b(?:eur|usd|gbp|chf)\b", written.source.text)})
        offered += [Offer(unit, "unit") for unit in (*_UNITS, *currencies)]
    unique = {offer.text: offer for offer in reversed(offered)}
    return tuple(reversed(unique.values()))


def _names(written: Written, found: Expected, text: str) -> list[Offer]:
    if not found.terminals & {"NAME", "DOTTED"} or found.last is None:
        return []
    last, line = found.last.type, text[text.rfind("\n") + 1 :]
    behind = found.last.text
    names = written.names
    if last == "ARROW" and found.blocks[:1] == ("workflow",):
        workflow = _workflow(written, found)
        local = names.local.get(workflow, {})
        ends = [Offer(end, "name", "an end") for end in ("done", "scrap")]
        return [Offer(one, "name", entry.words) for one, entry in local.items()] + ends
    kinds: tuple[str, ...] = ()
    if (last == "BY" and found.context in ("step", "decision", "choose", "workflow")) or found.context == "handoff":
        kinds = ("team",)
    elif last in ("CAUSE", "ARROW", "GIVEN", "EXPECT") or found.context == "cause":
        kinds = _OBSERVED
    elif behind == "by" or last == "PROMISES" or found.context in ("promises", "benchmark", "measured"):
        kinds = ("metric",)
    elif found.context == "serves" or last == "SERVES":
        kinds = ("objective",)
    elif found.context == "moves" or (found.blocks[-1:] == ("scenario",) and "=" not in line):
        kinds = ("outcome", "lever", "metric", "indicator")
    elif last == "CALL":
        kinds = ("workflow",)
    elif behind == "at" and found.context == "expect":
        kinds = tuple(NODE_KINDS)
    elif last in _OPERATORS or (last == "_COMMA" and line.count("(") > line.count(")")):
        functions = [Offer(name, "function", entry.meaning) for name, entry in FUNCTIONS.items()]
        named = [Offer(one, "name", _about(written, one)) for one in names.of_kind((*_OBSERVED, "workflow", "column"))]
        return named + functions
    return [Offer(one, "name", _about(written, one)) for one in names.of_kind(kinds)] if kinds else []


def _about(written: Written, name: str) -> str:
    entry = written.named(name)
    if entry is None:
        return ""
    label = getattr(entry.part, "label", None)
    return f"{entry.words}: {label}" if label and entry.kind not in ("measure", "lever") else entry.words


def _workflow(written: Written, found: Expected) -> str:
    """The workflow around a place: the last one that begins before it."""
    assert found.last is not None
    place = found.last.start
    known = [one.name for one in written.model.workflows] if written.model is not None else []
    before = {
        name: span.start for name in known if (span := written.declared(name)) is not None and span.start <= place
    }
    return max(before, key=lambda name: before[name], default="")
