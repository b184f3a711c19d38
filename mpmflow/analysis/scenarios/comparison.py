"""`what_if`: scenarios side by side with today, figure by figure and metric by metric.

Everything here follows from the model alone. Metrics that come from data have no level of their own here; how a
scenario would move them through causes is a forecast, and `evaluate` makes those. Waits in front of teams are counted,
so that one more person is worth what the queue in front of that team is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mpmflow.analysis.exact.analyze import Analysis, analyze
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.exact.places import TeamFigures
from mpmflow.analysis.results import Document, Provenance, Result, finite, provenance
from mpmflow.analysis.scenarios.planned import Planned
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.graphs.work_time import work_time
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.process import Team
from mpmflow.model.scenes import Scenario

if TYPE_CHECKING:
    from mpmflow.analysis.risk.differences import Forecast


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


@dataclass(frozen=True, slots=True)
class TeamChange:
    """A team today and in a scenario.

    Attributes:
        people, load: how many, and how busy they are with the work of all workflows.
        wait: mean seconds of one visit in front of it; None where waits are not counted, and beyond full load.
        queue: visits waiting at a time, likewise.
        cost_per_week: money that its people cost in a week of its working hours, busy or not; None where they have no
            cost per hour.
        currency: of that money.
    """

    people: Change
    load: Change
    wait: Change
    queue: Change
    cost_per_week: Change
    currency: str | None

    def to_dict(self) -> Document:
        """Its part of the document."""
        return {
            "people": self.people.to_dict(),
            "load": self.load.to_dict(),
            "wait": self.wait.to_dict(),
            "queue": self.queue.to_dict(),
            "cost_per_week": self.cost_per_week.to_dict(),
            "currency": self.currency,
        }


@dataclass(frozen=True, eq=False)
class Alternative:
    """One scenario: its model, its analysis, and what changes.

    Attributes:
        figures: workflow -> figure -> change.
        teams: team -> change, of every team that some workflow needs.
        metrics: metric -> change of its planned level, for those that have one.
        notes: teams that the scenario overloads or relieves, and what it means.
    """

    name: str
    label: str
    model: Model = field(repr=False)
    analysis: Analysis = field(repr=False)
    figures: Mapping[str, Mapping[str, Change]]
    teams: Mapping[str, TeamChange]
    metrics: Mapping[str, Change]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class WhatIf(Result):
    """The answer of `what_if`: `today`, and the `alternatives` in the order asked for.

    `forecast` is what each would do to the forecasts of metrics from today on, where observations were asked too.
    """

    schema = "mpmflow/what-if/1"
    shown_by = ("render.what_if_page", "what_if_page")
    model: Model = field(repr=False)
    today: Analysis = field(repr=False)
    alternatives: tuple[Alternative, ...]
    forecast: Forecast | None = None

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
            "overload": [team.to_dict() for team in self.today.overload],
            "scenarios": [
                {
                    "name": one.name,
                    "label": one.label,
                    "workflows": {
                        name: {figure: change.to_dict() for figure, change in changes.items()}
                        for name, changes in one.figures.items()
                    },
                    "teams": {name: team.to_dict() for name, team in one.teams.items()},
                    "metrics": {name: change.to_dict() for name, change in one.metrics.items()},
                    "overload": [team.to_dict() for team in one.analysis.overload],
                    "notes": list(one.notes),
                }
                for one in self.alternatives
            ],
            "forecast": self.forecast.to_dict() if self.forecast is not None else None,
            "provenance": self.provenance.to_dict(),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a figure, team or metric: scenario, of, figure, today, then, change, relative."""
        names = ("scenario", "of", "figure", "today", "then", "change", "relative")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for one in self.alternatives:
            lines = [(name, figure, change) for name, group in one.figures.items() for figure, change in group.items()]
            lines += [
                (name, figure, getattr(team, figure))
                for name, team in one.teams.items()
                for figure in ("people", "load", "wait", "queue", "cost_per_week")
            ]
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
        name, label = called(model, scenario, number)
        then = analyze(changed, samples=samples)
        after = Planned(changed, then).levels()
        teams = _teams(model, today, changed, then)
        found.append(
            Alternative(
                name,
                label,
                changed,
                then,
                {workflow: _figures(one.figures, then[workflow].figures) for workflow, one in today.workflows.items()},
                teams,
                {metric: Change(level, after[metric]) for metric, level in before.items() if level is not None},
                tuple(_notes(teams)),
            )
        )
    return WhatIf(model, today, tuple(found))


def _figures(today: Mapping[str, float | None], then: Mapping[str, float | None]) -> dict[str, Change]:
    return {figure: Change(today.get(figure), then.get(figure)) for figure in {**today, **then}}


def _teams(model: Model, today: Analysis, changed: Model, then: Analysis) -> dict[str, TeamChange]:
    before, after = figures_of_teams(today), figures_of_teams(then)
    found = {}
    crews, later = crews_of(model), crews_of(changed)
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        cost, currency = cost_per_week_of(crews[name])
        found[name] = TeamChange(
            Change(float(crews[name].people), float(later[name].people)),
            Change(old.load if old else None, new.load if new else None),
            Change(old.wait if old else None, new.wait if new else None),
            Change(old.queue if old else None, new.queue if new else None),
            Change(cost, cost_per_week_of(later[name])[0]),
            currency or cost_per_week_of(later[name])[1],
        )
    return found


def crews_of(model: Model) -> dict[str, Team]:
    """Every team by name, those of imports too."""
    found: dict[str, Team] = {}
    for one in with_imports(model):
        for team in one.all_teams:
            found.setdefault(team.name, team)
    return found


def figures_of_teams(analysis: Analysis) -> dict[str, TeamFigures]:
    """Every team with figures, those with waits before those without."""
    found: dict[str, TeamFigures] = {}
    for one in analysis.workflows.values():
        for name, team in one.teams.items():
            if name not in found or found[name].load is None or (found[name].wait is None and team.wait is not None):
                found[name] = team
    return found


def cost_per_week_of(team: Team) -> tuple[float | None, str | None]:
    """What its people cost in a week of its working hours, and the currency; None where they have no cost."""
    if team.cost is None:
        return None, None
    currencies = team.cost.measure.currencies
    week = float(work_time(team).week)
    return team.people * float(team.cost.base) * week, currencies[0] if currencies else None


def _notes(teams: Mapping[str, TeamChange]) -> Iterator[str]:
    """Teams that cross the line to more work than people, or back."""
    for name, team in teams.items():
        old, new = team.load.today, team.load.then
        if new is not None and new >= 1.0 and (old is None or old < 1.0):
            yield (
                f"overloads {name}: its load would be {new:.0%}, so work would pile up and there would be no mean time "
                "of the cases that come to it"
            )
        elif old is not None and old >= 1.0 and new is not None:
            if new < 1.0:
                yield f"relieves {name}: its load would be {new:.0%} instead of {old:.0%}, so its queue would not grow"
            else:
                yield f"does not relieve {name}: its load would still be {new:.0%}, today it is {old:.0%}"


def called(model: Model, scenario: str | Scenario | Mapping[str, Any], number: int) -> tuple[str, str]:
    """The name and the label of a scenario; one without a name has its number and its settings."""
    if isinstance(scenario, str):
        scenario = model.scenarios[scenario]
    if isinstance(scenario, Scenario):
        return scenario.name, scenario.title
    return f"scenario {number}", ", ".join(f"{lever} = {value}" for lever, value in scenario.items())
