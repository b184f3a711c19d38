"""A model with fitted values in the place of its numbers; everything else is as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpmflow.model.model import Import, Model
from mpmflow.model.process import Branch, Choose, Decision, Node, Parallel, Step, Team, Workflow


def changed(model: Model, changes: Mapping[str, Any]) -> Model:
    """The model with clauses replaced: `copy/takes`, `legal_ok.fix/share`, `webinar/arrivals`, `legal/people`.

    >>> from mpmflow.model.process import Step, Workflow
    >>> before = Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h")])])
    >>> str(changed(before, {"brief/takes": Step(name="x", takes="3h").takes}).workflows["w"].body[0].takes.value)
    '3h'
    """
    if not changes:
        return model
    return model.model_copy(
        update={
            "imports": tuple(Import(path=one.path, model=changed(one.model, changes)) for one in model.imports),
            "teams": type(model.teams)(_team(team, changes) for team in model.teams),
            "workflows": type(model.workflows)(_workflow(one, changes) for one in model.workflows),
        }
    )


def _clauses(name: str, changes: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    return {field: changes[f"{name}/{field}"] for field in fields if f"{name}/{field}" in changes}


def _team(team: Team, changes: Mapping[str, Any]) -> Team:
    found = _clauses(team.name, changes, "people", "works")
    return team.model_copy(update=found) if found else team


def _workflow(workflow: Workflow, changes: Mapping[str, Any]) -> Workflow:
    update = _clauses(workflow.name, changes, "arrivals")
    update["teams"] = tuple(_team(team, changes) for team in workflow.teams)
    update["body"] = tuple(_node(node, changes) for node in workflow.body)
    return workflow.model_copy(update=update)


def _node(node: Node, changes: Mapping[str, Any]) -> Node:
    if isinstance(node, Parallel):
        branches = tuple(Branch(body=tuple(_node(one, changes) for one in branch.body)) for branch in node.branches)
        return node.model_copy(update={"branches": branches})
    if not isinstance(node, Step | Decision | Choose):
        return node
    update = _clauses(node.name, changes, "takes", "waits")
    if isinstance(node, Decision | Choose):
        update["outcomes"] = tuple(
            one.model_copy(update=_clauses(f"{node.name}.{one.name}", changes, "share", "at_most"))
            for one in node.outcomes
        )
    return node.model_copy(update=update)
