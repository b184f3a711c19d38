"""Diagrams that we write, run by an engine of others: every case comes to an end, and every answer can be given.

SpiffWorkflow (LGPL, a tool of the tests alone) reads the file as any engine would. It has no complex gateway, which is
what `first` joins in, so it is taught one here; timers are over at once. A case that is scrapped ends with an error,
which nobody outside of its process catches.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import mpmflow as mpm
from mpmflow.exchange.bpmn.drawing.write import BpmnDiagram
from tests.exchange.processes import models

pytest.importorskip("SpiffWorkflow", reason="optional: SpiffWorkflow is not installed")

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.task_parsers import GatewayParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(EXAMPLES.glob("*/*.mpm"))
SPAN = re.compile(r"(R\d*/)?P(T?\d+[YMWDHS])+")
MOST_STEPS = 3_000


class Discriminator(BpmnTaskSpec):  # type: ignore[misc]
    """A complex gateway whose rule is met by the first token: it goes on with it, and takes in the others."""

    def _on_complete_hook(self, my_task: Any) -> None:
        fork = my_task.find_ancestor(self.name.removesuffix(".join"))
        others = [
            task
            for task in my_task.workflow.get_tasks(spec_name=self.name, state=TaskState.COMPLETED)
            if task.id != my_task.id and task.find_ancestor(fork.task_spec.name) is fork
        ]
        if others:
            my_task._drop_children(force=True)
        else:
            super()._on_complete_hook(my_task)


class Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {full_tag("complexGateway"): (GatewayParser, Discriminator)}  # noqa: RUF012


class Engine(PythonScriptEngine):  # type: ignore[misc]
    """Evaluates what stands in the file, and finds every timer over."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        if SPAN.fullmatch(expression):
            return "R1/PT0S" if expression.startswith("R") else "PT0S"
        return super().evaluate(task, expression, external_context)


class Runs:
    """Cases of one diagram. `given` are the flows of outcomes that were taken, `ends` the ends that were reached."""

    def __init__(self, diagram: BpmnDiagram) -> None:
        self.diagram = diagram
        parser = Parser()
        parser.add_bpmn_xml(etree.fromstring(diagram.xml.encode()), filename="diagram.bpmn")
        main = diagram.pools[0].process
        self.specs = parser.get_spec(main), parser.get_subprocess_specs(main)
        self.answers: dict[str, list[Any]] = {}
        for pool in diagram.pools:
            for link in pool.links:
                if link.part:
                    self.answers.setdefault(link.source, []).append(link)
        self.given: set[str] = set()
        self.ends: set[str] = set()

    def run(self, rng: random.Random, *, patience: int = 4) -> None:
        """Let one case through; whoever was asked more often than `patience` times just goes on."""
        case = BpmnWorkflow(*self.specs, script_engine=Engine())
        asked: dict[str, int] = {}
        for _ in range(MOST_STEPS):
            if case.completed:
                return
            case.refresh_timers()
            ready = case.get_tasks(state=TaskState.READY)
            if not ready:
                waiting = [task.task_spec.bpmn_id for task in case.get_tasks(state=TaskState.WAITING)]
                pytest.fail(f"the case is stuck before {waiting}")
            task = ready[0]
            identity = task.task_spec.bpmn_id
            if identity in self.answers:
                asked[identity] = asked.get(identity, 0) + 1
                self.answer(task, rng, asked[identity] > patience)
            task.run()
            if task.task_spec.__class__.__name__ == "EndEvent":
                self.ends.add(identity)
            if any(event.event_definition.__class__.__name__ == "ErrorEventDefinition" for event in case.get_events()):
                return  # scrapped: an error that nobody catches ends the process
        pytest.fail(f"the case is under way after {MOST_STEPS} steps")

    def answer(self, task: Any, rng: random.Random, tired: bool) -> None:
        links = self.answers[task.task_spec.bpmn_id]
        new = [link for link in links if link.id not in self.given]
        onward = [link for link in links if link.default] or links
        link = rng.choice(onward if tired else new or links)
        self.given.add(link.id)
        name = link.part.partition(".")[0]
        task.data[name] = "" if link.default else link.part.partition(".")[2]

    def all_given(self) -> set[str]:
        return {link.id for links in self.answers.values() for link in links}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_answer_of_an_example_can_be_given_and_every_case_ends(path: Path) -> None:
    diagram = mpm.export(mpm.load(path)).diagram
    for pool in range(len(diagram.pools)):
        runs = Runs(diagram)
        main = diagram.pools[pool]
        parser = Parser()
        parser.add_bpmn_xml(etree.fromstring(diagram.xml.encode()), filename="diagram.bpmn")
        runs.specs = parser.get_spec(main.process), parser.get_subprocess_specs(main.process)
        rng = random.Random(1)
        own = {link.id for link in main.links if link.part}
        ends = {shape.id for shape in main.shapes if shape.tag == "endEvent"}
        for _ in range(60):
            runs.run(rng)
            if own <= runs.given and ends <= runs.ends:
                break
        assert own <= runs.given
        assert ends <= runs.ends


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(models(most=4))
@pytest.mark.slow
def test_every_case_of_a_drawn_process_ends(model: mpm.Model) -> None:
    runs = Runs(mpm.export(model).diagram)
    rng = random.Random(1)
    for _ in range(4):
        runs.run(rng)
