"""The model: everything that a `.mpm` file means, as immutable plain data.

It is the narrow waist of mpmflow. Whatever comes before it is about text, whatever comes after it about meaning. The
same model can be written in Python, read from JSON or parsed from text, and all three are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from .alliances import Handoff
from .base import Line, Part, Roster, upstairs
from .goals import Benchmark, Commitment, Initiative, Objective
from .measures import Cause, DerivedIndicator, Indicator, Metric
from .observations import DataSource
from .process import Decision, Node, Step, Team, Workflow
from .scenes import Scenario, Test


class Import(Part):
    """Another file whose names are known here, with the model it holds."""

    path: Line
    model: Model


class Model(Part):
    """Workflows, measures, goals, data, scenarios and tests of one file.

    >>> Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h")])]).workflows["w"].body[0].name
    'brief'
    """

    imports: tuple[Import, ...] = ()
    teams: Roster[Team] = Roster()
    workflows: Roster[Workflow] = Roster()
    handoffs: tuple[Handoff, ...] = ()
    metrics: Roster[Metric] = Roster()
    causes: tuple[Cause, ...] = ()
    declared_indicators: Roster[Indicator] = Field(default=Roster(), alias="indicators")
    objectives: Roster[Objective] = Roster()
    initiatives: Roster[Initiative] = Roster()
    commitments: Roster[Commitment] = Roster()
    benchmarks: tuple[Benchmark, ...] = ()
    data: tuple[DataSource, ...] = ()
    scenarios: Roster[Scenario] = Roster()
    tests: tuple[Test, ...] = ()

    model_config = Part.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @property
    def all_teams(self) -> Roster[Team]:
        """Teams of the file and of its workflows: a team is known in the whole file."""
        inner = tuple(team for workflow in self.workflows for team in workflow.teams)
        return Roster((*self.teams, *inner))

    @property
    def indicators(self) -> Roster[Indicator | DerivedIndicator]:
        """Declared indicators first, then those that the workflows give by themselves."""
        return Roster((*self.declared_indicators, *derived_indicators(self)))

    def nodes(self) -> Iterator[tuple[Workflow, Node]]:
        """Every node of every workflow."""
        for workflow in self.workflows:
            for node in workflow.nodes():
                yield workflow, node

    def objective_tree(self) -> Iterator[tuple[Objective, Objective | None]]:
        """Every objective with its parent, from the top down."""

        def descend(objective: Objective, parent: Objective | None) -> Iterator[tuple[Objective, Objective | None]]:
            yield objective, parent
            for child in objective.children:
                yield from descend(child, objective)

        for objective in self.objectives:
            yield from descend(objective, None)

    def check(self) -> Any:
        """All findings about this model, as a tuple of `Diagnostic`; empty when there is nothing to say."""
        return upstairs("compiler.pipeline", "check_model")(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: what the model holds, and its workflow as a picture."""
        found: dict[str, Any] = upstairs("render.notebook", "model_bundle")(self)
        return found

    def to_text(self) -> str:
        """The model as `.mpm` text in canonical style; parsing it gives an equal model."""
        return str(upstairs("compiler.to_tree", "model_to_text")(self))


def derived_indicators(model: Model) -> tuple[DerivedIndicator, ...]:
    """The indicators that workflows and teams give by themselves, in the order of the text.

    Of a decision: the share of each outcome, `rounds` (mean visits per case) and `wait`; of a step: `time` and `wait`;
    of a team: `load`; of a workflow: `arrivals` and `open`. An outcome with an effect is worse when its share is
    higher.
    """
    found: list[DerivedIndicator] = []

    def add(
        of: str, aspect: Any, unit: str, label: str, *, outcome: str = "", better: Any = "lower", owner: Any
    ) -> None:
        name = f"{of}.{outcome or aspect}"
        found.append(
            DerivedIndicator(name=name, label=label, of=of, aspect=aspect, unit=unit, better=better, owner=owner)
        )

    for workflow in model.workflows:
        for node in workflow.nodes():
            if isinstance(node, Decision):
                for outcome in node.outcomes:
                    direction = "lower" if outcome.has_effect else None
                    label = f"{node.title} {outcome.title}"
                    add(node.name, "share", "%", label, outcome=outcome.name, better=direction, owner=node.owner)
                add(node.name, "rounds", "", f"Rounds of: {node.title}", owner=node.owner)
                add(node.name, "wait", "s", f"Wait before: {node.title}", owner=node.owner)
            elif isinstance(node, Step):
                add(node.name, "time", "s", f"Time of: {node.title}", owner=node.owner)
                add(node.name, "wait", "s", f"Wait before: {node.title}", owner=node.owner)
        add(workflow.name, "arrivals", "1/s", f"Arrivals: {workflow.title}", better=None, owner=workflow.owner)
        add(workflow.name, "open", "", f"Open cases: {workflow.title}", owner=workflow.owner)
    for team in model.all_teams:
        add(team.name, "load", "%", f"Load: {team.title}", owner=team.owner)
    return tuple(found)
