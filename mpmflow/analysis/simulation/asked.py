"""Which figure is meant: by the name of the analysis, or by that of a metric that is one of them."""

from __future__ import annotations

from mpmflow.analysis.simulation.counted import figures_of
from mpmflow.analysis.simulation.events_of import EventModel
from mpmflow.compiler.functions import percentile
from mpmflow.diagnostics.suggest import nearest
from mpmflow.graphs.faults import ModelFault
from mpmflow.model.expressions import Expression, Function, Reference
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.numerics.events.runs import replication

FUNCTIONS = {
    "time": "time.mean",
    "cost": "cost.mean",
    "throughput": "throughput_per_s",
    "yield": "yield",
    "first_pass": "first_pass",
    "scrap": "scrap",
    "late": "time.late",
    "wip": "wip",
}
"""Functions of a workflow that are a figure of each replication."""
USUAL = ("time.mean", "time.p90", "cost.mean", "first_pass")
"""What is usually asked for, to be named where nothing is near to what was."""


def figure_asked(model: Model, events: EventModel, figure: str, workflow: str | None) -> tuple[int, str]:
    """Number of the workflow and name of the figure that are meant.

    `figure` is a name of the analysis (of `workflow`, else of the first), or a metric such as `time(webinar)` or
    `p90(time(webinar))`. Raises `ModelFault` for what is neither, with the nearest names.
    """
    names = [flow.process.workflow for flow in events.flows]
    if workflow is not None and workflow not in names:
        close = nearest(workflow, names)
        meant = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}."
        raise ModelFault(workflow, "no workflow of that name is simulated", meant)
    metrics = {metric.name: metric.formula for one in with_imports(model) for metric in one.metrics}
    if figure in metrics:
        named = _figure_of(metrics[figure])
        if named is None or named[0] not in names:
            what = "it is no figure of a simulated workflow, so a simulation cannot tell how narrow its interval is"
            raise ModelFault(figure, what, "Ask for one such as time.mean, or for a metric such as `time(webinar)`.")
        workflow, figure = named
    number = names.index(workflow) if workflow is not None else 0
    seen = replication(events.process, (0, 0, 0), 0, 1, most_tokens=100_000)
    known = figures_of(events, number, seen)
    if figure in known:
        return number, figure
    close = nearest(figure, [*known, *metrics], most=3)
    more = f", or for a metric such as {next(iter(metrics))}" if metrics else ""
    usual = f"Ask for one such as {', '.join(name for name in USUAL if name in known)}{more}."
    mend = f"Did you mean {' or '.join(close)}?" if close else usual
    if figure == "rework":
        mend = "It is found by a second simulation without rework; ask for another one, such as first_pass."
    elif figure == "time.late":
        mend = "Lateness needs a `deadline`."
    raise ModelFault(figure, f"a simulation of {names[number]} has no figure of that name", mend)


def _figure_of(formula: Expression | None) -> tuple[str, str] | None:
    """Workflow and figure of a formula that is just one, None of any other."""
    if not isinstance(formula, Function) or len(formula.arguments) != 1:
        return None
    inner = formula.arguments[0]
    if isinstance(inner, Reference):
        return (inner.name, FUNCTIONS[formula.function]) if formula.function in FUNCTIONS else None
    found = _figure_of(inner)
    if found is None:
        return None
    workflow, figure = found
    head = figure.partition(".")[0]
    share = percentile(formula.function)
    if formula.function == "mean":
        return found
    if formula.function == "sd" and head in ("time", "cost"):
        return workflow, f"{head}.sd"
    if figure == "time.mean" and (share in (50, 90, 95) or formula.function == "median"):
        return workflow, f"time.p{50 if formula.function == 'median' else share}"
    return None
