"""The way out: a model as a `.bpmn` file, with a list of what only mpmflow reads in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mpmflow.exchange.bpmn.drawing.digest import digests
from mpmflow.exchange.bpmn.drawing.layout import Sheet, lay_out
from mpmflow.exchange.bpmn.drawing.process import pool_of
from mpmflow.exchange.bpmn.drawing.shapes import Ids, Pool
from mpmflow.exchange.bpmn.drawing.xml import COLLABORATION, SCRAPPED, Whole, document
from mpmflow.model import process
from mpmflow.model.flow import arcs
from mpmflow.model.model import Model

MOST = 5_000
"""How many activities, events and gateways a diagram may have."""

_APART = 40
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class BpmnError(ValueError):
    """A model cannot be written as BPMN; the message says why and what would work."""


@dataclass(frozen=True, slots=True)
class BpmnDiagram:
    """A model as a BPMN 2.0 diagram.

    Attributes:
        xml: the file.
        pools: what stands in it, one pool a workflow.
        sheets: where it stands.
        notes: what of the model only mpmflow reads in the file, and where BPMN means something else.
    """

    xml: str
    pools: tuple[Pool, ...]
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...]

    def save(self, path: str | Path) -> Path:
        """Write the file. Raises OSError when it cannot be written."""
        path = Path(path)
        path.write_text(self.xml, encoding="utf-8", newline="\n")
        return path


def write_bpmn(model: Model, text: str | None = None) -> BpmnDiagram:
    """A model as a BPMN 2.0 diagram.

    Args:
        model: with at least one workflow, and with no arrow that leads nowhere.
        text: the text of the model, with its comments; made from the model where it is not given.

    Raises:
        BpmnError: there is no workflow, or something that no diagram can hold; it says what.

    >>> from mpmflow.model.process import Step, Workflow
    >>> diagram = write_bpmn(Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h")])]))
    >>> [shape.tag for shape in diagram.pools[0].shapes]
    ['startEvent', 'task', 'endEvent']
    """
    found = list(_workflows(model))
    if not found:
        raise BpmnError("there is no workflow in this file, and a diagram shows workflows")
    _possible(found)
    pools = _pools(model, found)
    if sum(len(pool.shapes) for pool in pools) > MOST:
        raise BpmnError(f"this would be more than {MOST} activities, events and gateways, as no diagram can be read; "
                        "write its workflows as files of their own")  # fmt: skip
    sheets: list[Sheet] = []
    top = 0
    for pool in pools:
        sheets.append(lay_out(pool, top=top))
        top += sheets[-1].pool.height + _APART
    whole = Whole(text if text is not None else model.to_text(), tuple(_imported(model, PurePosixPath())))
    if unfit := _UNFIT.search(whole.text + "".join(text for _, text in whole.imports)):
        raise BpmnError(f"the character U+{ord(unfit[0]):04X} stands in this file, and XML has no way to hold it; "
                        "replace it")  # fmt: skip
    xml = document(pools, sheets, whole)
    diagram, structure = digests(xml)
    xml = document(pools, sheets, Whole(whole.text, whole.imports, diagram, structure))
    return BpmnDiagram(xml, tuple(pools), tuple(sheets), tuple(_notes(model, pools)))


def _workflows(model: Model) -> Iterator[tuple[process.Workflow, Model, str]]:
    """The workflows to draw: all of the file, and of imported files those that are called."""
    seen: set[str] = set()
    waiting = [(one, model, "") for one in model.workflows]
    while waiting:
        workflow, home, path = waiting.pop(0)
        if workflow.name in seen:
            continue
        seen.add(workflow.name)
        yield workflow, home, path
        for node in workflow.nodes():
            if isinstance(node, process.Call) and node.workflow not in seen:
                waiting += [
                    (one, where, there) for one, where, there in _known(home, path) if one.name == node.workflow
                ]


def _known(model: Model, path: str) -> Iterator[tuple[process.Workflow, Model, str]]:
    """Every workflow whose name is known in a model, with the model that holds it and the path of its file."""
    for one in model.workflows:
        yield one, model, path
    for imported in model.imports:
        yield from _known(imported.model, str(PurePosixPath(path).parent / imported.path))


def _possible(found: list[tuple[process.Workflow, Model, str]]) -> None:
    """Refuse what no diagram can hold, in words."""
    names = {workflow.name for workflow, _, _ in found}
    for workflow, _, _ in found:
        for loose in arcs(workflow).loose:
            raise BpmnError(f"`{loose.source}` leads to `{loose.name}`, where no arrow may lead; "
                            "`mpmflow check` says how to mend it")  # fmt: skip
        seen: set[str] = set()
        for node in workflow.nodes():
            if isinstance(node, process.Call) and node.workflow not in names:
                raise BpmnError(f"`{node.name}` calls the workflow `{node.workflow}`, which is not there")
            if isinstance(node, process.End):
                continue
            if node.name in seen:
                raise BpmnError(f"two statements of `{workflow.name}` are called `{node.name}`; name one anew")
            seen.add(node.name)


def _pools(model: Model, found: list[tuple[process.Workflow, Model, str]]) -> list[Pool]:
    ids = Ids({COLLABORATION, SCRAPPED})
    processes = {workflow.name: ids.of(workflow.name) for workflow, _, _ in found}
    called = {node.workflow for workflow, _, _ in found for node in workflow.nodes() if isinstance(node, process.Call)}
    lost = _losing([workflow for workflow, _, _ in found])
    pools = []
    for workflow, home, path in found:
        teams = {team.name: team for team in _teams(home)}
        pools.append(pool_of(workflow, teams, lost, ids, processes, called=workflow.name in called, origin=path))
    return pools


def _teams(model: Model) -> Iterator[process.Team]:
    yield from model.all_teams
    for imported in model.imports:
        yield from _teams(imported.model)


def _losing(workflows: list[process.Workflow]) -> frozenset[str]:
    """The workflows in which a case may be scrapped, their own calls included."""
    flows = {workflow.name: arcs(workflow) for workflow in workflows}
    lost = {name for name, flow in flows.items() if any(not flow.nodes[end].good for end in flow.ends)}
    calls = {
        workflow.name: {node.workflow for node in workflow.nodes() if isinstance(node, process.Call)}
        for workflow in workflows
    }
    while more := {name for name in calls if name not in lost and calls[name] & lost}:
        lost |= more
    return frozenset(lost)


def _imported(model: Model, folder: PurePosixPath) -> Iterator[tuple[str, str]]:
    """The files that a model imports, those that they import first, each with its path from the file itself."""
    for one in model.imports:
        path = folder / one.path
        yield from _imported(one.model, path.parent)
        yield str(path), one.model.to_text()


def _notes(model: Model, pools: list[Pool]) -> Iterator[str]:
    nodes = [node for _, node in model.nodes()]
    outcomes = [one for node in nodes if isinstance(node, process.Decision | process.Choose) for one in node.outcomes]
    own = [
        ("shares of outcomes", any(one.share for one in outcomes)),
        ("rework and waste", any(one.rework or one.waste for one in outcomes)),
        ("times of work", any(getattr(node, "takes", None) for node in nodes)),
        ("costs", any(getattr(node, "costs", None) for node in nodes)),
        ("people, hours and rates of teams", bool(model.all_teams)),
        ("arrivals and deadlines", any(one.arrivals or one.deadline for one in model.workflows)),
        ("owners", any(getattr(one, "owner", None) for one in (*nodes, *model.workflows))),
        ("activities of the log", any(getattr(one, "seen_as", None) for one in (*nodes, *outcomes))),
        ("what teams promise each other", any((model.handoffs, *(one.handoffs for one in model.workflows)))),
        ("batches", any(getattr(node, "batch", None) for node in nodes)),
        ("metrics, causes and indicators", bool(model.metrics or model.causes or model.declared_indicators)),
        ("objectives, initiatives, commitments and benchmarks",
         bool(model.objectives or model.initiatives or model.commitments or model.benchmarks)),
        ("where the data lie", bool(model.data)),
        ("scenarios and tests", bool(model.scenarios or model.tests)),
    ]  # fmt: skip
    kept = [words for words, there in own if there]
    if kept:
        yield f"Only mpmflow reads these in the file: {', '.join(kept)}."
    shapes = [shape for pool in pools for shape in pool.shapes]
    if any(shape.role in ("waits", "delay") and not shape.name.removeprefix("Wait ")[:1].isdigit() for shape in shapes):
        yield "A timer of BPMN has one length: where a time varies, it says the mean."
    if any(shape.tag == "complexGateway" for shape in shapes):
        yield "`first` joins in a complex gateway, which few engines run."
    blocks = [node for node in nodes if isinstance(node, process.Parallel)]
    inner = [node for block in blocks for branch in block.branches for node in process.walk(branch.body)]
    if any(
        isinstance(node, process.Decision | process.Choose) and any(one.scrap for one in node.outcomes)
        for node in inner
    ):
        yield "What is scrapped in a branch ends the case at once in BPMN; here it does when all branches have ended."
