"""Which picture belongs to which question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, cast

from mpmflow.graphs import attributes as at
from mpmflow.graphs.causes import cause_effect
from mpmflow.graphs.flow import flow_graph
from mpmflow.graphs.handoffs import handoffs
from mpmflow.graphs.objectives import metrics_map, objectives_graph
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.render.causes import causes_dot
from mpmflow.render.goals import handoffs_dot, objectives_dot
from mpmflow.render.palette import THEMES, Theme
from mpmflow.render.picture import Diagram, PictureError
from mpmflow.render.pictures.around import around as neighbourhood
from mpmflow.render.pictures.collapse import collapsed
from mpmflow.render.pictures.unpainted import PLAIN, Unpainted
from mpmflow.render.workflow import workflow_dot

if TYPE_CHECKING:
    from mpmflow.analysis.alliances.handoffs import Handoffs
    from mpmflow.analysis.risk.evaluation import Evaluation
    from mpmflow.render.dot import Graph

View = Literal["workflow", "causes", "objectives", "handoffs", "metrics"]
VIEWS: tuple[str, ...] = ("workflow", "causes", "objectives", "handoffs", "metrics")


def draw(
    model: Model,
    view: str = "workflow",
    *,
    workflow: str | None = None,
    theme: str = "light",
    around: str | None = None,
    steps: int = 2,
    collapse: bool = False,
    evaluation: Evaluation | None = None,
    visits: Mapping[str, float] | None = None,
    handed: Handoffs | None = None,
) -> Diagram:
    """The picture of a model, painted with the risk of an evaluation where one is given.

    Args:
        view: `workflow` shows steps, decisions and the ways between them; `causes` what leads to which metric;
            `objectives` the cascade of goals; `metrics` the same with the influences among metrics; `handoffs` who
            passes work on to whom.
        workflow: which one, where a file has several; the first unless said.
        theme: `light` or `dark`.
        around: a name of the file: only that and what is at most `steps` ways from it.
        steps: how far `around` reaches.
        collapse: in the view `workflow`, fold parallel blocks and straight stretches of steps into one box each.
        evaluation: what is painted.
        visits: executions of each step and decision per case as planned, for the thickness of ways.
        handed: what was found about hand-offs, for the view `handoffs`.

    Raises:
        PictureError: there is no such view, workflow, name or theme, or nothing to draw.
    """
    if theme not in THEMES:
        raise PictureError(f"there is no theme called {theme!r}; there are {' and '.join(THEMES)}")
    if steps < 0:
        raise PictureError(f"a neighbourhood reaches 0 steps or more, not {steps}")
    paint = PLAIN
    if evaluation is not None:
        from mpmflow.render.pictures.paint import Risk

        paint = Risk(evaluation, visits or {})
    if handed is not None and view == "handoffs":
        from mpmflow.render.pictures.alliance import AlliancePaint

        paint = AlliancePaint(handed, paint)
    if collapse and view != "workflow":
        raise PictureError(f"only the view 'workflow' can be collapsed, not {view!r}; around NAME shows a part of any")
    title, graph = _drawn(model, view, workflow, collapse, paint)
    if evaluation is not None:
        title = f"{title}, with the risk on {evaluation.as_of.isoformat()}"
    if around is not None:
        title, graph = f"{title}: around {around}", neighbourhood(graph, around, steps)
    return Diagram(title, graph, cast(Theme, theme))


def _drawn(model: Model, view: str, workflow: str | None, collapse: bool, paint: Unpainted) -> tuple[str, Graph]:
    """Title and drawing of a view."""
    if view == "workflow":
        workflows = workflows_in_question(model)
        if not workflows:
            raise PictureError("this file has no workflow to draw")
        if workflow is not None and workflow not in workflows.names:
            raise PictureError(f"there is no workflow called {workflow!r}; there is {', '.join(workflows.names)}")
        chosen = workflows[workflow] if workflow else workflows[0]
        flow = flow_graph(chosen, model)
        return f"Workflow: {chosen.title}", workflow_dot(collapsed(flow) if collapse else flow, paint)
    if view == "causes":
        if not model.metrics and not model.workflows:
            raise PictureError("this file has no metric and no workflow, so there is no cause and effect to draw")
        caused = cause_effect(model)
        if not any(facts[at.KIND] == "metric" for _, facts in caused.nodes(data=True)):
            raise PictureError("this file has no metric that anything could move, so the view 'causes' would be empty")
        return "Cause and effect", causes_dot(model, caused, paint)
    if view in ("objectives", "metrics"):
        if not model.objectives and not model.metrics:
            raise PictureError(f"this file has no objective and no metric, so the view {view!r} would be empty")
        graph = objectives_graph(model) if view == "objectives" else metrics_map(model)
        title = "Objectives and what serves them" if view == "objectives" else "Metrics map"
        return title, objectives_dot(graph, paint)
    if view == "handoffs":
        graph = handoffs(model)
        if not graph.nodes:
            raise PictureError("no step in this file says `by TEAM`, so there are no hand-offs to draw")
        return "Hand-offs between teams and partners", handoffs_dot(graph, paint)
    raise PictureError(f"there is no view called {view!r}; there are {', '.join(VIEWS)}")
