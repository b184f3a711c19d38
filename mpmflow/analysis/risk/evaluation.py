"""The answer of `evaluate` as one frozen record, and the document `mpmflow/risk/1` that it makes of its `figures`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from mpmflow.analysis.results import Document, Provenance, Result
from mpmflow.diagnostics.suggest import nearest

from .figures import (
    Action,
    Consequence,
    CoverageFigure,
    Headline,
    IndicatorFigure,
    MetricFigure,
    OpenCaseFigure,
    Seen,
    Shares,
    SpreadFigure,
    WarningTime,
)
from .objectives import ObjectiveFigure

if TYPE_CHECKING:
    from mpmflow.analysis.alignment.answer import LineOfSight
    from mpmflow.analysis.exact.laws_of import Samples
    from mpmflow.analysis.learned.learned import LearnedCause
    from mpmflow.model.model import Model
    from mpmflow.model.observations import Observations

    from .choice import Choice
    from .commitments import CommitmentFigure
    from .courses import Course
    from .differences import ScenarioFigure
    from .explanation import Explanation
    from .segments import Segments
    from .teams import TeamLoad

__all__ = [
    "Action",
    "Consequence",
    "CoverageFigure",
    "Evaluation",
    "Headline",
    "IndicatorFigure",
    "MetricFigure",
    "OpenCaseFigure",
    "Seen",
    "Shares",
    "SpreadFigure",
    "WarningTime",
]


@dataclass(frozen=True)
class Evaluation(Result):
    """The main answer: indicator states, where rework and delay spread, which metrics will miss, when, why, what to do.

    `reference` says against what everything is measured: `plan`, `rework-free`, or a period as
    `2026-01-05..2026-03-01`. Intervals and probabilities rest on so many `draws`, made with the seed of `provenance`.
    `courses` are the metrics over time, as observed and as foretold; they are no part of the document.
    `choice` is which initiatives to take under a budget, where one was given. `model` is what was evaluated, for those
    who draw it, `observations` what it was held against, `known` what these say of levels and causes. They are no part
    of the document.
    """

    schema: ClassVar[str] = "mpmflow/risk/1"
    shown_by = ("render.risk_text", "RiskNote")

    as_of: date
    reference: str
    indicators: tuple[IndicatorFigure, ...] = ()
    spread: tuple[SpreadFigure, ...] = ()
    metrics: tuple[MetricFigure, ...] = ()
    warnings: tuple[WarningTime, ...] = ()
    headlines: tuple[Headline, ...] = ()
    open_cases: tuple[OpenCaseFigure, ...] = ()
    actions: tuple[Action, ...] = ()
    coverage: CoverageFigure = field(default_factory=CoverageFigure)
    objectives: tuple[ObjectiveFigure, ...] = ()
    teams: tuple[TeamLoad, ...] = ()
    provenance: Provenance | None = None
    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    period: float = 604800.0
    draws: int = 0
    choice: Choice | None = None
    scenarios: tuple[ScenarioFigure, ...] = ()
    commitments: tuple[CommitmentFigure, ...] = ()
    courses: tuple[Course, ...] = field(default=(), repr=False)
    segments: tuple[Segments, ...] = ()
    model: Model | None = field(default=None, repr=False, compare=False)
    observations: Observations | None = field(default=None, repr=False, compare=False)
    known: Known | None = field(default=None, repr=False, compare=False)

    def indicator(self, name: str) -> IndicatorFigure:
        """The indicator of that name; KeyError with the nearest names if there is none."""
        return _named(self.indicators, name)

    def metric(self, name: str) -> MetricFigure:
        """The metric of that name; KeyError with the nearest names if there is none."""
        return _named(self.metrics, name)

    def course(self, name: str) -> Course:
        """The metric of that name over time; KeyError with the nearest names where there is none with a level."""
        return _named(self.courses, name)

    def commitment(self, name: str) -> CommitmentFigure:
        """The commitment of that name; KeyError with the nearest names if there is none."""
        return _named(self.commitments, name)

    def explain(self, name: str) -> Explanation:
        """Why an indicator, metric, objective, step, decision or team stands where it does: clauses with their values,
        parts by source, paths. KeyError with the nearest names for anything else.
        """
        from .explanation import explain

        return explain(self, name)

    @cached_property
    def line_of_sight(self) -> LineOfSight | None:
        """The line of sight of the model at the levels and with the strengths that the data show; None for an
        evaluation without its model.
        """
        from mpmflow.analysis.alignment.sight import line_of_sight

        return line_of_sight(self.model, self) if self.model is not None and self.known is not None else None

    def dispatch(
        self, handlers: Mapping[str, Callable[[Any], Any]], *, since: date | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Call the handler of every action that is asked for (`do notify`): by warning and alerting indicators first,
        then by commitments, each in their order.

        `handlers` maps an action to what is called with the indicator or commitment; a state ("warn", "alert", "at
        risk", "broken", "kept", …) is called for everything in that state, whatever it asks for. A commitment's `do`
        without a time is called while it is at risk, broken or missed; with one, if its day lies after `since` (the day
        of the dispatch before this one; one period before `as_of` unless said) and not after `as_of`, while the promise
        is still open.

        Returns the pairs (action, name) that were called. An action without a handler is passed over; a handler that
        raises ends it, for nothing here is kept and tried again: that is what `mpmflow.Monitor` does for indicators.
        """
        called = []
        asked: list[tuple[Any, Sequence[str]]] = [
            (row, (row.state, *row.do)) for row in self.indicators if row.state in ("warn", "alert")
        ]
        after = since if since is not None else self.as_of - timedelta(days=max(1, round(self.period / 86400.0)))
        asked += [(row, (row.state, *row.due(after, self.as_of))) for row in self.commitments]
        for row, actions in asked:
            for action in actions:
                if action in handlers:
                    handlers[action](row)
                    called.append((action, row.name))
        return tuple(called)

    def body(self) -> Document:
        """The document `mpmflow/risk/1` without its head."""
        return {
            "as_of": self.as_of.isoformat(),
            "reference": self.reference,
            "indicators": [row.to_dict() for row in self.indicators],
            "spread": [row.to_dict() for row in self.spread],
            "metrics": [row.to_dict() for row in self.metrics],
            "warnings": [row.to_dict() for row in self.warnings],
            "headlines": [row.to_dict() for row in self.headlines],
            "open_cases": [row.to_dict() for row in self.open_cases],
            "actions": [row.to_dict() for row in self.actions],
            "coverage": self.coverage.to_dict(),
            "objectives": [row.to_dict() for row in self.objectives],
            "commitments": [row.to_dict() for row in self.commitments],
            "teams": [row.to_dict() for row in self.teams],
            "draws": self.draws,
            "segments": [row.to_dict() for row in self.segments],
            "scenarios": [row.to_dict() for row in self.scenarios],
            "choice": self.choice.to_dict() if self.choice is not None else None,
            "provenance": self.provenance.to_dict() if self.provenance is not None else None,
        }

    def rows(self, table: str = "metrics") -> Mapping[str, list[Any]]:
        """One of the tables: metrics, indicators, spread, warnings, open_cases, actions, objectives or commitments,
        without what is nested.
        """
        rows = [row.to_dict() for row in getattr(self, table)]
        names = [name for name, value in (rows[0] if rows else {}).items() if not isinstance(value, dict | list)]
        names = [name for name in names if not any(isinstance(row[name], dict | list) for row in rows)]
        return {name: [row[name] for row in rows] for name in names}

    def to_frame(self, backend: str = "polars", table: str = "metrics") -> Any:
        """One of the tables (see `rows`) as a frame of any dataframe library. Needs the extra `mpmflow[data]`."""
        whole = replace(self)
        object.__setattr__(whole, "rows", lambda: Evaluation.rows(self, table))
        return Result.to_frame(whole, backend)

    def __str__(self) -> str:
        troubled = [row.name for row in self.metrics if row.p_miss is not None and row.p_miss >= 0.5]
        missing = ", ".join(troubled) or "none"
        return f"Evaluation as of {self.as_of}: {len(self.metrics)} metrics, likely to miss their targets: {missing}"


@dataclass(frozen=True)
class Known:
    """What an evaluation knows of its model from data: present levels by name, what was learned of causes, and the
    observed times of `empirical` durations.
    """

    levels: Mapping[str, float]
    learned: Mapping[tuple[str, str], LearnedCause]
    samples: Samples | None = None


def asked_of(given: object) -> Evaluation:
    """What was given in the place of an evaluation, if it is one. Raises TypeError, which says how to get one."""
    if not isinstance(given, Evaluation):
        raise TypeError(f"an evaluation is asked, not a {type(given).__name__}; `mpm.evaluate(model)` makes one")
    return given


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=_HasName)


def _named(rows: Sequence[Row], name: str) -> Row:
    for row in rows:
        if row.name == name:
            return row
    names = [row.name for row in rows]
    near = nearest(name, names, most=3) or tuple(names[:8])
    raise KeyError(f"{name!r} is not in this evaluation; nearest: {', '.join(near) or 'there is nothing in it'}")
