"""One part of a model as a line or block of the language, and back: what an element of a diagram carries of it."""

from __future__ import annotations

from mpmflow.compiler.from_tree import Bridge, model_from_tree
from mpmflow.diagnostics.source import Source
from mpmflow.model import process
from mpmflow.model.base import Roster
from mpmflow.model.model import Model
from mpmflow.syntax.parse import parse

LONGEST = 100_000
"""So many characters of one statement are read; no statement of a diagram is longer."""


def node_text(node: process.Node) -> str:
    """A statement of a workflow; a block without what stands in its branches.

    >>> node_text(process.Step(name="brief", label="Write it", takes="2h"))
    'step brief "Write it" takes 2h'
    """
    if isinstance(node, process.Parallel):
        node = node.model_copy(update={"branches": tuple(process.Branch() for _ in node.branches)})
    text = Model(workflows=Roster((process.Workflow(name="w", body=(node,)),))).to_text()
    return "\n".join(line[2:] for line in text.rstrip("\n").split("\n")[1:-1])


def team_text(team: process.Team) -> str:
    """A team as its statement."""
    return Model(teams=Roster((team,))).to_text().rstrip("\n")


def workflow_text(workflow: process.Workflow) -> str:
    """A workflow without its teams and its body."""
    bare = workflow.model_copy(update={"teams": (), "body": (), "start": None})
    return Model(workflows=Roster((bare,))).to_text().rstrip("\n")


def read_node(text: str) -> process.Node | None:
    """The statement of a workflow that a text holds; None for anything else.

    >>> read_node('step brief "Write it" takes 2h').label
    'Write it'
    >>> read_node("step brief takes soon"), read_node("step a\\nstep b")
    (None, None)
    """
    found = _read(f"workflow w {{\n{text}\n}}")
    if found is None or found.workflows.names != ("w",) or len(found.workflows["w"].body) != 1:
        return None
    node: process.Node = found.workflows["w"].body[0]
    return node


def read_team(text: str) -> process.Team | None:
    """The team that a text declares; None for anything else."""
    found = _read(text)
    return found.teams[found.teams.names[0]] if found is not None and len(found.teams.names) == 1 else None


def read_workflow(text: str) -> process.Workflow | None:
    """The workflow that a text declares; None for anything else."""
    found = _read(text)
    return found.workflows[found.workflows.names[0]] if found is not None and len(found.workflows.names) == 1 else None


def _read(text: str) -> Model | None:
    if len(text) > LONGEST:
        return None
    parsed = parse(Source("statement", text))
    bridge = Bridge()
    model = model_from_tree(bridge, parsed.tree, {})
    return None if bridge.faults or any(one.is_error for one in parsed.diagnostics) else model
