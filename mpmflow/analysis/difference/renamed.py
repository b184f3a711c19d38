"""A model with some of its names replaced, wherever they are mentioned: a renamed step is the same step.

What two versions call differently has to be called alike before their figures can stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from mpmflow.model import alliances, expressions, goals, measures, process, scenes
from mpmflow.model.base import Part, Roster
from mpmflow.model.model import Model

P = TypeVar("P", bound=Part)

_NAMES: dict[type[Part], tuple[str, ...]] = {
    process.Team: ("name",),
    process.Step: ("name", "by", "target"),
    process.Decision: ("name", "by"),
    process.Choose: ("name", "by"),
    process.Parallel: ("name", "target"),
    process.Call: ("name", "workflow", "target"),
    process.End: ("name",),
    process.Outcome: ("target",),
    process.AtMost: ("target",),
    process.Workflow: ("name", "start"),
    expressions.Reference: ("name",),
    measures.Metric: ("name",),
    measures.Cause: ("source", "effect"),
    measures.Indicator: ("name",),
    goals.Objective: ("name", "measured_by"),
    goals.Initiative: ("name", "serves"),
    goals.Move: ("lever",),
    goals.Commitment: ("name",),
    alliances.Handoff: ("giver", "taker"),
    goals.Promise: ("metric",),
    goals.Benchmark: ("metric",),
    scenes.Scenario: ("name",),
    scenes.Setting: ("lever",),
    scenes.Given: ("name",),
    scenes.ExpectState: ("name",),
    scenes.ExpectLevel: ("name",),
    scenes.ExpectSpread: ("node",),
    scenes.ExpectSilence: ("name",),
}
"""The fields of each part that hold names of the file."""


def renamed(model: Model, names: Mapping[str, str]) -> Model:
    """The model with names replaced: `{"brief": "briefing", "ok.no": "ok.reject"}`; an outcome by its dotted name.

    >>> from mpmflow.model.process import Decision, Outcome, Step, Workflow
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> model = Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="1h"), check])])
    >>> found = renamed(model, {"brief": "briefing", "ok.no": "ok.back"}).workflows["w"]
    >>> found.body[0].name, found.body[1].outcomes[1].name, found.body[1].outcomes[1].target
    ('briefing', 'back', 'briefing')
    """
    return _part(model, names) if names else model


def new_name(name: str, names: Mapping[str, str]) -> str:
    """A dotted name as it is called now: the longest part of it that has a new name is replaced.

    >>> new_name("ok.no.delay", {"ok": "fine", "ok.no": "ok.back"}), new_name("ok.wait", {"ok": "fine"})
    ('fine.back.delay', 'fine.wait')
    """
    pieces = name.split(".")
    if len(pieces) > 1 and ".".join(pieces[:2]) in names:
        pieces[1] = names[".".join(pieces[:2])].partition(".")[2]
    pieces[0] = names.get(pieces[0], pieces[0])
    return ".".join(pieces)


def _part(part: P, names: Mapping[str, str]) -> P:
    own = _NAMES.get(type(part), ())
    update: dict[str, Any] = {}
    for field in type(part).model_fields:
        before = getattr(part, field)
        after = _named(before, names) if field in own else _value(before, names)
        if after is not before:
            update[field] = after
    if isinstance(part, process.Decision | process.Choose):
        outcomes = tuple(_outcome(part.name, one, names) for one in update.get("outcomes", part.outcomes))
        if outcomes != part.outcomes:
            update["outcomes"] = outcomes
    return part.model_copy(update=update) if update else part


def _outcome(decision: str, outcome: process.Outcome, names: Mapping[str, str]) -> process.Outcome:
    after = new_name(f"{decision}.{outcome.name}", names).partition(".")[2]
    return outcome.model_copy(update={"name": after}) if after != outcome.name else outcome


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        found = tuple(new_name(one, names) for one in value)
        return found if found != value else value
    if not isinstance(value, str):
        return value
    after = new_name(value, names)
    return after if after != value else value


def _value(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Part):
        return _part(value, names)
    if isinstance(value, tuple):
        found = [_value(one, names) for one in value]
        if all(new is old for new, old in zip(found, value, strict=True)):
            return value
        return Roster(found) if isinstance(value, Roster) else tuple(found)
    return value
