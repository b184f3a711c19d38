"""A model together with all that it imports, at any depth."""

from __future__ import annotations

from collections.abc import Iterator

from .alliances import Handoff, promises
from .base import Roster
from .expressions import references
from .model import Model
from .process import Workflow


def with_imports(model: Model) -> Iterator[Model]:
    """The model first, then what it imports, each followed by its own imports.

    A file that is imported twice comes twice; whoever gathers names keeps the first.

    >>> from mpmflow.model.model import Import
    >>> inner = Model()
    >>> [one is inner for one in with_imports(Model(imports=[Import(path="x.mpm", model=inner)]))]
    [False, True]
    """
    yield model
    for imported in model.imports:
        yield from with_imports(imported.model)


def all_workflows(model: Model) -> Iterator[Workflow]:
    """The workflows of a file, then those of the files that it imports."""
    for one in with_imports(model):
        yield from one.workflows


def workflows_in_question(model: Model) -> Roster[Workflow]:
    """The workflows that figures are worked out of, where a file is asked as a whole.

    They are those of the file; where it has none of its own, all that it imports. Imported ones that a formula of a
    metric or indicator names belong to them in any case. Others are there to be called.

    >>> from mpmflow.model.model import Import
    >>> inner = Model(workflows=[Workflow(name="process")])
    >>> workflows_in_question(Model(imports=[Import(path="process.mpm", model=inner)])).names
    ('process',)
    """
    found = {workflow.name: workflow for workflow in model.workflows}
    if model.imports:
        named: set[str] = set()
        for one in with_imports(model):
            formulas = [metric.formula for metric in one.metrics if metric.formula is not None]
            formulas += [indicator.measure for indicator in one.declared_indicators]
            named |= {name.partition(".")[0] for formula in formulas for name in references(formula)}
        for one in with_imports(model):
            for workflow in one.workflows:
                if not model.workflows or workflow.name in named:
                    found.setdefault(workflow.name, workflow)
    return Roster(found.values())


def promises_in(model: Model, workflow: Workflow) -> dict[tuple[str, str], Handoff]:
    """The promises that hold in a workflow, by giver and taker: its own stand over those of the file that is asked,
    and these over those of the imported file that the workflow stands in.
    """
    holders = (one for one in with_imports(model) if one is not model and one.workflows.get(workflow.name) is workflow)
    of_file = [*model.handoffs, *(promise for one in holders for promise in one.handoffs)]
    return promises(of_file, workflow.handoffs)


def workflow_titles(model: Model) -> dict[str, str]:
    """The title of every workflow of a file and of its imports, by its name."""
    found: dict[str, str] = {}
    for one in with_imports(model):
        for workflow in one.workflows:
            found.setdefault(workflow.name, workflow.title)
    return found
