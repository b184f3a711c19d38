"""`what_if`: scenarios side by side with today, figure by figure and metric by metric.

Everything here follows from the model alone. Metrics that come from data have no level of their own here; how a
scenario would move them through causes is a forecast, and `evaluate` makes those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mpmflow.analysis.exact.analyze import Analysis, analyze
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import Document, Provenance, Result, finite, provenance
from mpmflow.analysis.scenarios.planned import Planned
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.model.model import Model
from mpmflow.model.scenes import Scenario


@dataclass(frozen=True, slots=True)
class Change:
    """One figure today and in a scenario; None where it has no value."""

    today: float | None
    then: float | None

    @property
    def difference(self) -> float | None:
        """Then minus today."""
        return self.then - self.today if self.today is not None and self.then is not None else None

    @property
    def relative(self) -> float | None:
        """The difference as a share of today; None where today is 0."""
        return self.difference / abs(self.today) if self.difference is not None and self.today else None

    def to_dict(self) -> Document:
        return {
            "today": finite(self.today),
            "then": finite(self.then),
            "change": finite(self.difference),
            "relative": finite(self.relative),
        }


@dataclass(frozen=True, eq=False)
class Alternative:
    """One scenario: its model, its analysis, and what changes.

    Attributes:
        figures: workflow -> figure -> change.
        loads: team -> change of its load.
        metrics: metric -> change of its planned level, for those that have one.
    """

    name: str
    label: str
    model: Model = field(repr=False)
    analysis: Analysis = field(repr=False)
    figures: Mapping[str, Mapping[str, Change]]
    loads: Mapping[str, Change]
    metrics: Mapping[str, Change]


@dataclass(frozen=True, eq=False)
class WhatIf(Result):
    """The answer of `what_if`: `today`, and the `alternatives` in the order asked for."""

    schema = "mpmflow/what-if/1"
    model: Model = field(repr=False)
    today: Analysis = field(repr=False)
    alternatives: tuple[Alternative, ...]

    def __getitem__(self, name: str) -> Alternative:
        for alternative in self.alternatives:
            if alternative.name == name:
                return alternative
        raise KeyError(f"{name!r} is not among {', '.join(one.name for one in self.alternatives)}")

    @cached_property
    def provenance(self) -> Provenance:
        """Versions, and the hash of today's model."""
        return provenance(self.model)

    def body(self) -> Document:
        return {
            "scenarios": [
                {
                    "name": one.name,
                    "label": one.label,
                    "workflows": {
                        name: {figure: change.to_dict() for figure, change in changes.items()}
                        for name, changes in one.figures.items()
                    },
                    "teams": {name: change.to_dict() for name, change in one.loads.items()},
                    "metrics": {name: change.to_dict() for name, change in one.metrics.items()},
                }
                for one in self.alternatives
            ],
            "provenance": self.provenance.to_dict(),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a changed figure, load or metric: scenario, of, figure, today, then, change, relative."""
        names = ("scenario", "of", "figure", "today", "then", "change", "relative")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for one in self.alternatives:
            lines = [(name, figure, change) for name, group in one.figures.items() for figure, change in group.items()]
            lines += [(name, "load", change) for name, change in one.loads.items()]
            lines += [(name, "metric", change) for name, change in one.metrics.items()]
            for of, figure, change in lines:
                values = (one.name, of, figure, *change.to_dict().values())
                for name, value in zip(names, values, strict=True):
                    columns[name].append(value)
        return columns

    def __str__(self) -> str:
        lines = []
        for one in self.alternatives:
            lines.append(one.name)
            for name, group in one.figures.items():
                lines += [
                    f"  {name} {figure}: {change.today!r} -> {change.then!r}"
                    for figure, change in group.items()
                    if change.difference
                ]
        return "\n".join(lines)


def what_if(model: Model, *scenarios: str | Scenario | Mapping[str, Any], samples: Samples | None = None) -> WhatIf:
    """Scenarios side by side with today: names of scenarios of the model, scenarios, or mappings from lever to value.

    Without any, all scenarios of the model. Raises `LeverError` for a name or a value that cannot be set.

    >>> from mpmflow.model.process import Decision, Outcome, Step, Workflow
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> model = Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="1h"), check])])
    >>> what_if(model, {"ok.no": "50%"}).alternatives[0].figures["w"]["time.mean"].then
    7200.0
    """
    today = analyze(model, samples=samples)
    before = Planned(model, today).levels()
    found = []
    for number, scenario in enumerate(scenarios or model.scenarios, start=1):
        changed = apply(model, scenario)
        name, label = _called(model, scenario, number)
        then = analyze(changed, samples=samples)
        after = Planned(changed, then).levels()
        found.append(
            Alternative(
                name,
                label,
                changed,
                then,
                {
                    workflow: {
                        figure: Change(value, then[workflow].figures[figure]) for figure, value in one.figures.items()
                    }
                    for workflow, one in today.workflows.items()
                },
                {
                    team: Change(figures.load, then[workflow].teams[team].load)
                    for workflow, one in today.workflows.items()
                    for team, figures in one.teams.items()
                },
                {metric: Change(level, after[metric]) for metric, level in before.items() if level is not None},
            )
        )
    return WhatIf(model, today, tuple(found))


def _called(model: Model, scenario: str | Scenario | Mapping[str, Any], number: int) -> tuple[str, str]:
    if isinstance(scenario, str):
        scenario = model.scenarios[scenario]
    if isinstance(scenario, Scenario):
        return scenario.name, scenario.title
    return f"scenario {number}", ", ".join(f"{lever} = {value}" for lever, value in scenario.items())
