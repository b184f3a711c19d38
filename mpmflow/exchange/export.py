"""A model in the formats of others: text by ending, and files that belong together.

.prism   one workflow for a model checker; its properties lie beside it as .props
.props   the properties alone
.json    the whole model as its JSON document
.bpmn    every workflow as a pool of one BPMN 2.0 diagram
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mpmflow.exchange.json import to_json
from mpmflow.model.imports import workflow_titles, workflows_in_question
from mpmflow.model.model import Model

if TYPE_CHECKING:
    from mpmflow.analysis.exact.figures import Solution
    from mpmflow.analysis.exact.laws_of import Samples
    from mpmflow.exchange.bpmn.drawing.write import BpmnDiagram
    from mpmflow.exchange.prism import PrismModel

FORMATS = ("prism", "props", "json", "bpmn")


class ExportError(ValueError):
    """A model cannot be written as asked; the message says why and what would work."""


@dataclass(frozen=True, eq=False)
class Export:
    """A model, ready to be written. Nothing is worked out before it is asked for.

    Attributes:
        model: all of it.
        workflow: the one that `.prism` and `.props` hold; "" in a model without any.
        solve: works out that workflow's chain.
        text: what the model was read from, with its comments; None for one that was made in Python.
    """

    model: Model
    workflow: str
    solve: Callable[[Model, str], Solution] = field(repr=False)
    text: str | None = field(default=None, repr=False)

    @cached_property
    def _written(self) -> PrismModel:
        from mpmflow.exchange.prism import to_prism

        if not self.workflow:
            raise ExportError("there is no workflow in this file, and a model checker needs one; .json takes any file")
        return to_prism(self.solve(self.model, self.workflow), workflow_titles(self.model)[self.workflow])

    @property
    def prism(self) -> str:
        """The workflow as a PRISM model."""
        return self._written.model

    @property
    def props(self) -> str:
        """The properties that ask for its figures."""
        return self._written.properties

    @property
    def json(self) -> str:
        """The model as its JSON document."""
        return to_json(self.model)

    @cached_property
    def diagram(self) -> BpmnDiagram:
        """Every workflow in one BPMN 2.0 diagram: `.xml`, and `.notes` of what only mpmflow reads in it."""
        from mpmflow.exchange.bpmn.drawing.write import BpmnError, write_bpmn

        try:
            return write_bpmn(self.model, self.text)
        except BpmnError as problem:
            raise ExportError(str(problem)) from problem

    @property
    def bpmn(self) -> str:
        """The model as a BPMN 2.0 diagram, with its place on the page."""
        return self.diagram.xml

    def save(self, path: str | Path) -> tuple[Path, ...]:
        """Write it; the ending says how. `x.prism` writes `x.props` beside it. Returns what was written.

        Raises ExportError for another ending, and OSError when a file cannot be written.
        """
        path = Path(path)
        kind = path.suffix.lower().lstrip(".")
        if kind not in FORMATS:
            offered = ", ".join(f".{name}" for name in FORMATS)
            raise ExportError(f"{path.name}: a model can be exported as {offered}, not as {path.suffix or 'that'}")
        texts = {path: str(getattr(self, kind))}
        if kind == "prism":
            texts[path.with_suffix(".props")] = self.props
        for file, text in texts.items():
            file.write_text(text, encoding="utf-8", newline="\n")
        return tuple(texts)


def export(
    model: Model,
    *,
    workflow: str | None = None,
    solve: Callable[[Model, str], Solution] | None = None,
    text: str | None = None,
) -> Export:
    """Make a model ready for export; `workflow` is the first one unless said.

    Raises ExportError for a workflow that is not there.

    >>> from mpmflow.model.process import Step, Workflow
    >>> export(Model(workflows=[Workflow(name="w", body=[Step(name="brief")])])).workflow
    'w'
    """
    names = workflows_in_question(model).names
    if workflow is not None and workflow not in names:
        there = f"there is {', '.join(names)}" if names else "there is none at all"
        raise ExportError(f"there is no workflow called {workflow!r}; {there}")
    return Export(model, workflow or (names[0] if names else ""), solve or solve_workflow, text)


def solve_workflow(model: Model, workflow: str, samples: Samples | None = None) -> Solution:
    """Work out one workflow. Raises `ModelFault` for one that has no exact figures."""
    from mpmflow.analysis.exact.arrays import LawBook, Solver
    from mpmflow.analysis.exact.figures import solve_process
    from mpmflow.graphs.to_chain import to_chain

    return solve_process(to_chain(model, workflow), Solver(LawBook(samples)))
