"""Building what a partner may see: only what is named here goes in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision, Step, Team

from .figures import Burden, Designed, HandoffFigure
from .handoffs import Handoffs
from .view import OwnAction, OwnCase, OwnHandoff, OwnIndicator, OwnPart, OwnStep, PartnerView

if TYPE_CHECKING:
    from mpmflow.analysis.risk.evaluation import Evaluation
    from mpmflow.analysis.risk.figures import IndicatorFigure

LABELS = {"share": "", "rounds": "Rounds of: ", "wait": "Wait before: ", "time": "Time of: ", "load": "Load: "}
"""What stands before the label of an own step, for each indicator that it has by itself."""


def partner_view(found: Handoffs, name: str) -> PartnerView:
    """What the partner (or team) of that name may see of what was found.

    Raises KeyError with the nearest names where there is no such partner.
    """
    model, evaluation = found.model, found.evaluation
    team = _team(model, name)
    steps = _own_nodes(model, name)
    mine = {node.name for node in steps}
    load = next((row for row in evaluation.teams if row.name == name), None) if evaluation is not None else None
    planned = _planned(found, name)
    return PartnerView(
        team.name,
        team.title,
        "partner" if team.partner else "team",
        team.people,
        found.as_of,
        found.period,
        load.load if load is not None else None,
        load.load_before if load is not None else planned[0],
        load.wait if load is not None else None,
        load.wait_before if load is not None else planned[1],
        tuple(_step(found, node) for node in steps),
        tuple(_indicators(evaluation, model, name, mine)) if evaluation is not None else (),
        tuple(_handoffs(found, name)),
        _part(found.burdens, "delay", name),
        _part(found.burdens, "rework", name),
        tuple(_cases(evaluation, mine)) if evaluation is not None else (),
        tuple(_actions(evaluation, model, name, mine)) if evaluation is not None else (),
        tuple(_notes(found, name)),
    )


def _team(model: Model, name: str) -> Team:
    teams = {team.name: team for one in reversed(list(with_imports(model))) for team in one.all_teams}
    if name in teams:
        return teams[name]
    partners = [team.name for team in teams.values() if team.partner]
    near = nearest(name, teams, most=3)
    known = near or tuple(partners or teams)
    raise KeyError(
        f"there is no partner and no team called {name!r}; "
        + (f"there is {', '.join(known)}" if known else "this file has none: write `partner agency { people 2 }`")
    )


def _own_nodes(model: Model, name: str) -> list[Step | Decision | Choose]:
    return [
        node
        for one in with_imports(model)
        for _, node in one.nodes()
        if isinstance(node, Step | Decision | Choose) and node.by == name
    ]


def _planned(found: Handoffs, name: str) -> tuple[float | None, float | None]:
    """Load and wait by design."""
    analyses = found.analysis.workflows.values() if found.analysis is not None else ()
    for one in analyses:
        team = one.teams.get(name)
        if team is not None and one.waiting is not None:
            return team.load, team.wait
    return None, None


def _step(found: Handoffs, node: Step | Decision | Choose) -> OwnStep:
    kind: Literal["step", "decision", "choose"] = node.kind
    analyses = found.analysis.workflows.values() if found.analysis is not None else ()
    steps = [one.steps[node.name] for one in analyses if node.name in one.steps]
    visits = sum(step.visits for step in steps) if len(steps) == 1 else None
    return OwnStep(node.name, node.title, kind, visits, steps[0].wait if len(steps) == 1 else None)


def _own_measures(model: Model, name: str, mine: set[str]) -> dict[str, str]:
    """The indicators that the partner's steps, decisions and people have by themselves, with words of its own."""
    found: dict[str, str] = {}
    for node in _own_nodes(model, name):
        if isinstance(node, Decision):
            found |= {f"{node.name}.{one.name}": f"{node.title} {one.title}" for one in node.outcomes}
        aspects = ("rounds", "wait") if isinstance(node, Decision) else ("time", "wait")
        found |= {f"{node.name}.{aspect}": f"{LABELS[aspect]}{node.title}" for aspect in aspects}
    return found | {f"{name}.load": f"{LABELS['load']}{_team(model, name).title}"}


def _indicators(evaluation: Evaluation, model: Model, name: str, mine: set[str]) -> Iterator[OwnIndicator]:
    """Figures come from the evaluation under the names that indicators have by themselves; of those that the file
    names and watches, only the state is taken.
    """
    whole = [row for row in evaluation.indicators if row.segment is None]
    plain = {row.name: row for row in whole if row.measures is None}
    watching: dict[str, IndicatorFigure] = {row.measures: row for row in whole if row.measures is not None}
    for measure, label in _own_measures(model, name, mine).items():
        row = plain.get(measure) or watching.get(measure)
        if row is None or (row.expected is None and row.observed is None and not row.rule):
            continue
        rules = watching.get(measure, row)
        watched = bool(rules.rule)
        yield OwnIndicator(
            measure,
            label,
            row.unit,
            row.expected,
            row.observed,
            row.low,
            row.high,
            row.n,
            rules.state if watched else None,
            rules.since if watched else None,
        )


def _handoffs(found: Handoffs, name: str) -> Iterator[OwnHandoff]:
    for pair in found.pairs:
        if pair.taker == name:
            yield _handoff("in", pair.giver, pair.giver_label, pair, pair.designed)
        elif pair.giver == name:
            yield _handoff("out", pair.taker, pair.taker_label, pair, replace(pair.designed, wait=None))


def _handoff(
    direction: Literal["in", "out"], other: str, label: str, pair: HandoffFigure, designed: Designed
) -> OwnHandoff:
    promises = tuple(replace(one, owner=None, workflow=None) for one in pair.promises)
    if direction == "out":
        promises = tuple(replace(one, designed_late=None) for one in promises)
    return OwnHandoff(direction, other, label, designed, pair.observed, promises)


def _part(burdens: tuple[Burden, ...], kind: str, name: str) -> OwnPart | None:
    mine = [one for one in burdens if one.kind == kind]
    if not mine:
        return None
    own = sum(one.cells.get(name, {}).get(name, 0.0) for one in mine)
    return OwnPart(
        own,
        sum(one.borne(name) for one in mine) - own,
        sum(one.caused(name) for one in mine) - own,
    )


def _cases(evaluation: Evaluation, mine: set[str]) -> Iterator[OwnCase]:
    rows = [row for row in evaluation.open_cases if row.at in mine]
    for row in sorted(rows, key=lambda row: (-row.age, row.case)):
        yield OwnCase(row.case, row.at, row.since, row.age)


def _actions(evaluation: Evaluation, model: Model, name: str, mine: set[str]) -> Iterator[OwnAction]:
    words = _own_measures(model, name, mine)
    for row in evaluation.actions:
        if row.lever in words:
            yield OwnAction(row.lever, words[row.lever], row.start, row.goal, row.unit)


def _notes(found: Handoffs, name: str) -> Iterator[str]:
    """Notes in words of this page: those of the whole answer name steps of others."""
    if found.cases is None:
        yield "There is no event log, so nothing is known of how long work really waited: these are designed figures."
