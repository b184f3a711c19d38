"""Which picture belongs to which question."""

from __future__ import annotations

from typing import Literal

from mpmflow.graphs.causes import cause_effect
from mpmflow.graphs.flow import flow_graph
from mpmflow.graphs.handoffs import handoffs
from mpmflow.graphs.objectives import metrics_map, objectives_graph
from mpmflow.model.model import Model
from mpmflow.render.causes import causes_dot
from mpmflow.render.goals import handoffs_dot, objectives_dot
from mpmflow.render.picture import Diagram, PictureError
from mpmflow.render.workflow import workflow_dot

View = Literal["workflow", "causes", "objectives", "handoffs", "metrics"]
VIEWS: tuple[str, ...] = ("workflow", "causes", "objectives", "handoffs", "metrics")


def draw(model: Model, view: str = "workflow", *, workflow: str | None = None) -> Diagram:
    """The picture of a model.

    Args:
        view: `workflow` shows steps, decisions and the ways between them; `causes` what leads to which metric;
            `objectives` the cascade of goals; `metrics` the same with the influences among metrics; `handoffs` who
            passes work on to whom.
        workflow: which one, where a file has several; the first unless said.

    Raises:
        PictureError: there is no such view or workflow, or nothing to draw.
    """
    if view == "workflow":
        if not model.workflows:
            raise PictureError("this file has no workflow to draw")
        if workflow is not None and workflow not in model.workflows.names:
            raise PictureError(f"there is no workflow called {workflow!r}; there is {', '.join(model.workflows.names)}")
        chosen = model.workflows[workflow] if workflow else model.workflows[0]
        return Diagram(f"Workflow: {chosen.title}", workflow_dot(flow_graph(chosen, model)))
    if view == "causes":
        if not model.metrics and not model.workflows:
            raise PictureError("this file has no metric and no workflow, so there is no cause and effect to draw")
        return Diagram("Cause and effect", causes_dot(model, cause_effect(model)))
    if view in ("objectives", "metrics"):
        if not model.objectives and not model.metrics:
            raise PictureError(f"this file has no objective and no metric, so the view {view!r} would be empty")
        graph = objectives_graph(model) if view == "objectives" else metrics_map(model)
        title = "Objectives and what serves them" if view == "objectives" else "Metrics map"
        return Diagram(title, objectives_dot(graph))
    if view == "handoffs":
        graph = handoffs(model)
        if not graph.nodes:
            raise PictureError("no step in this file says `by TEAM`, so there are no hand-offs to draw")
        return Diagram("Hand-offs between teams and partners", handoffs_dot(graph))
    raise PictureError(f"there is no view called {view!r}; there are {', '.join(VIEWS)}")
