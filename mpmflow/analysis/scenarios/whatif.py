"""What if: a new model with some numbers set, everything else as it was.

The levers are those of `mpmflow.model.levers`, the same in scenarios, tests, answers and graphs.

An outcome's change is made up by the one outcome of its decision that just goes on: the one without a percentage, else
the only one with neither target nor effect. Where there is not exactly one, or where it is set itself, all outcomes
that are not set make up for it in proportion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mpmflow.diagnostics.errors import LeverError
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model import process as parts
from mpmflow.model.base import to_fraction
from mpmflow.model.distributions import Duration, Law
from mpmflow.model.levers import SharesError, levers, made_up
from mpmflow.model.model import Import, Model
from mpmflow.model.quantities import Quantity
from mpmflow.model.scenes import Scenario, Setting

__all__ = ["LeverError", "Settings", "apply", "levers", "no_such_lever"]

SHOWN = 8
"""Levers that are named where none is near to what was asked for."""

_DURATION: TypeAdapter[Any] = TypeAdapter(Duration)
ONE, ZERO = Fraction(1), Fraction(0)
Settings = Mapping[str, Any]


def apply(model: Model, settings: Settings | Scenario | Iterable[Setting] | str) -> Model:
    """The model with levers set: a new one, the given one is untouched.

    `settings` is the name of a scenario of the model, a scenario, settings, or a mapping from lever to value. A value
    is a quantity or its text (`"10%"`, `"4h"`, `"100 eur/h"`), a law of `mpmflow.model.distributions`, arrivals (or a
    text such as `"4 per week"`), working hours, or a plain number: of shares the fraction, of people how many.

    Raises `LeverError` for an unknown lever (with the nearest known ones), for a value of the wrong kind, and for
    shares that would leave 0 to 100 %.

    >>> from mpmflow.model.process import Decision, Outcome, Workflow
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", scrap=True)])
    >>> changed = apply(Model(workflows=[Workflow(name="w", body=[check])]), {"ok.no": "10%"})
    >>> {name: str(levers(changed)[name][0]) for name in ("ok.yes", "ok.no")}
    {'ok.yes': '9/10', 'ok.no': '1/10'}
    """
    wanted = _as_mapping(model, settings)
    if not wanted:
        return model
    known = levers(model)
    for name in wanted:
        if name not in known:
            raise no_such_lever(name, name, known)
    return _changed(model, wanted)


def no_such_lever(said: str, lever: str, known: Iterable[str]) -> LeverError:
    """What to raise for the lever of `said` that is not among those known: the nearest ones, else a few that there are.

    >>> print(no_such_lever("foo", "foo", ["ok.no", "legal.people"]))
    foo: there is nothing of that name to set; there are ok.no, legal.people.
    """
    names = list(known)
    near = nearest(lever, names, most=3)
    there = f"; there are {', '.join(names[:SHOWN])}" if names and not near else ""
    more = f" and {len(names) - SHOWN} more" if there and len(names) > SHOWN else ""
    return LeverError(said, f"there is nothing of that name to set{there}{more}", near)


def _as_mapping(model: Model, settings: Settings | Scenario | Iterable[Setting] | str) -> dict[str, Any]:
    if isinstance(settings, str):
        scenario = model.scenarios.get(settings)
        if scenario is None:
            names = model.scenarios.names
            there = f"there is no scenario of that name; there are {', '.join(names) or 'none'}"
            raise LeverError(settings, there, nearest(settings, names))
        settings = scenario
    if isinstance(settings, Mapping):
        return dict(settings)
    if isinstance(settings, Scenario):
        settings = settings.settings
    return {setting.lever: setting.value for setting in settings}


def _changed(model: Model, wanted: dict[str, Any]) -> Model:
    by_head: dict[str, dict[str, Any]] = {}
    for name, value in wanted.items():
        head, _, tail = name.partition(".")
        by_head.setdefault(head, {})[tail] = value
    imports = tuple(Import(path=found.path, model=_changed(found.model, wanted)) for found in model.imports)
    return model.model_copy(
        update={
            "imports": imports,
            "teams": type(model.teams)(_team(team, by_head) for team in model.teams),
            "workflows": type(model.workflows)(_workflow(workflow, by_head) for workflow in model.workflows),
        }
    )


def _team(team: parts.Team, by_head: dict[str, dict[str, Any]]) -> parts.Team:
    change: dict[str, Any] = {}
    for tail, value in by_head.get(team.name, {}).items():
        lever = f"{team.name}.{tail}"
        if tail == "people":
            number = _quantity(lever, value, "a whole number such as 2")
            if number.measure.powers and number.unit != "people":
                raise LeverError(lever, f"{number} is no number of people")
            if number.base.denominator != 1 or number.base < 0:
                raise LeverError(lever, f"{number} is not a whole number of people")
            change["people"] = int(number.base)
        elif tail == "cost":
            cost = _quantity(lever, value, "a rate such as 60 eur/h")
            if team.cost is not None and not cost.measure.measures_same_as(team.cost.measure):
                raise LeverError(lever, f"{cost} is not a rate as {team.cost} is")
            change["cost"] = cost
        elif tail == "works":
            change["works"] = _works(lever, value)
    return team.model_copy(update=change) if change else team


def _workflow(workflow: parts.Workflow, by_head: dict[str, dict[str, Any]]) -> parts.Workflow:
    change: dict[str, Any] = {}
    for tail, value in by_head.get(workflow.name, {}).items():
        lever = f"{workflow.name}.{tail}"
        if tail == "arrivals":
            change["arrivals"] = _arrivals(lever, value, workflow.arrivals)
        elif tail == "deadline":
            deadline = _quantity(lever, value, "a time such as 15d")
            if not deadline.measure.is_time:
                raise LeverError(lever, f"{deadline} is no time")
            change["deadline"] = deadline
    teams = tuple(_team(team, by_head) for team in workflow.teams)
    body = _body(workflow.body, by_head)
    if any(new is not old for new, old in zip(teams, workflow.teams, strict=True)):
        change["teams"] = teams
    if body is not workflow.body:
        change["body"] = body
    return workflow.model_copy(update=change) if change else workflow


def _body(body: tuple[parts.Node, ...], by_head: dict[str, dict[str, Any]]) -> tuple[parts.Node, ...]:
    changed = tuple(_node(node, by_head) for node in body)
    return changed if any(new is not old for new, old in zip(changed, body, strict=True)) else body


def _node(node: parts.Node, by_head: dict[str, dict[str, Any]]) -> parts.Node:
    if isinstance(node, parts.Parallel):
        bodies = [_body(branch.body, by_head) for branch in node.branches]
        if all(new is branch.body for new, branch in zip(bodies, node.branches, strict=True)):
            return node
        branches = tuple(
            branch.model_copy(update={"body": new}) for new, branch in zip(bodies, node.branches, strict=True)
        )
        return node.model_copy(update={"branches": branches})
    if not isinstance(node, parts.Step | parts.Decision | parts.Choose) or node.name not in by_head:
        return node
    change: dict[str, Any] = {}
    set_shares: dict[str, Fraction] = {}
    delays: dict[str, Any] = {}
    for tail, value in by_head[node.name].items():
        lever = f"{node.name}.{tail}"
        if tail in ("takes", "waits"):
            change[tail] = _duration(lever, value)
        elif tail == "costs":
            cost = _quantity(lever, value, "an amount of money such as 400 eur")
            if not cost.measure.is_money and cost.value:
                raise LeverError(lever, f"{cost} is no amount of money")
            change[tail] = cost
        elif tail.endswith(".delay"):
            delays[tail.removesuffix(".delay")] = _duration(lever, value)
        else:
            set_shares[tail] = _share(lever, value)
    if isinstance(node, parts.Decision | parts.Choose) and (set_shares or delays):
        outcomes = _with_shares(node.name, node.outcomes, set_shares) if set_shares else node.outcomes
        change["outcomes"] = tuple(
            outcome.model_copy(update={"delay": delays[outcome.name]}) if outcome.name in delays else outcome
            for outcome in outcomes
        )
    return node.model_copy(update=change)


def _with_shares(
    decision: str, outcomes: tuple[parts.Outcome, ...], wanted: dict[str, Fraction]
) -> tuple[parts.Outcome, ...]:
    """The outcomes with some shares set at every visit, and who makes up for it, visit by visit."""
    try:
        after = made_up(outcomes, wanted)
    except SharesError as fault:
        total = f"{float(fault.total):.6%}".rstrip("0%").rstrip(".") + "%"
        what = f"the outcomes of {decision} would add up to {total}, not to 100%"
        raise LeverError(f"{decision}.{next(iter(wanted))}", what) from None
    return tuple(
        outcome
        if outcome.share is None  # it still takes the rest, which is now another
        else outcome.model_copy(update={"share": _same_or(outcome, after[outcome.name])})
        for outcome in outcomes
    )


def _same_or(outcome: parts.Outcome, by_visit: tuple[Fraction, ...]) -> parts.Share:
    row = by_visit if len(set(by_visit)) > 1 else by_visit[:1]
    if outcome.share is not None and outcome.share.by_visit == row:
        return outcome.share  # keeps its counts
    return parts.Share(by_visit=row)


# ------------------------------------------------------------------------------------------------- values
def _quantity(lever: str, value: Any, example: str) -> Quantity:
    try:
        return value if isinstance(value, Quantity) else Quantity.model_validate(value)
    except ValidationError:
        raise LeverError(lever, f"{value!r} cannot be set here; expected is {example}") from None


def _share(lever: str, value: Any) -> Fraction:
    if isinstance(value, parts.Share):
        if value.varies:
            raise LeverError(lever, "a share is set to one value, the same at every visit")
        share = value.first
    elif isinstance(value, str | Quantity):
        quantity = _quantity(lever, value, "a share such as 10%")
        if quantity.measure.powers:
            raise LeverError(lever, f"{quantity} is no share; expected is a percentage such as 10%")
        share = quantity.base
    else:
        try:
            share = to_fraction(value)
        except ValueError:
            raise LeverError(lever, f"{value!r} is no share; expected is a percentage such as 10%") from None
    if not ZERO <= share <= ONE:
        raise LeverError(lever, f"a share of {float(share):.6g} is not between 0% and 100%")
    return share


def _duration(lever: str, value: Any) -> Any:
    if isinstance(value, Law):
        return value
    try:
        return _DURATION.validate_python(value)
    except ValidationError:
        raise LeverError(lever, f"{value!r} is no duration; expected is a time such as 2h, or a law") from None


def _works(lever: str, value: Any) -> tuple[parts.Works, ...]:
    hours = (value,) if isinstance(value, parts.Works) else value
    if not isinstance(hours, tuple | list) or not all(isinstance(one, parts.Works) for one in hours):
        example = 'Works(days=("mon", "tue"), start="09:00", end="17:00")'
        raise LeverError(lever, f"{value!r} are no working hours; expected are some, such as {example}, or ()")
    return tuple(hours)


def _arrivals(lever: str, value: Any, before: Any) -> Any:
    if isinstance(value, parts.PoissonArrivals | parts.RenewalArrivals | parts.BatchArrivals):
        return value
    if isinstance(value, str):
        value = value.replace(" per ", " 1/", 1)
    quantity = _quantity(lever, value, 'a rate such as "4 per week"')
    times = [power for name, power in quantity.measure.powers if name == "time"]
    if times == [-1]:
        per = Quantity(value=ONE, unit="s")
        return parts.PoissonArrivals(cases=quantity.base, per=per)
    if not quantity.measure.powers and isinstance(before, parts.PoissonArrivals):
        return parts.PoissonArrivals(cases=quantity.value, per=before.per)
    raise LeverError(lever, f'{value!r} is no rate of arrivals; expected is one such as "4 per week"')
