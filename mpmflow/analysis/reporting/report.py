"""A report as one frozen record: everything that each of its forms shows, and the document `mpmflow/report/1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from mpmflow.analysis.alliances.figures import HandoffFigure
from mpmflow.analysis.alliances.view import PartnerView
from mpmflow.analysis.results import Document, Provenance, Result
from mpmflow.analysis.risk.choice import Choice
from mpmflow.analysis.risk.figures import CoverageFigure, OpenCaseFigure, SpreadFigure
from mpmflow.analysis.risk.teams import TeamLoad
from mpmflow.model.goals import Level

from .parts import (
    LevelPart,
    PastForecast,
    ReportedAction,
    ReportedCommitment,
    ReportedIndicator,
    ReportedInitiative,
    ReportedMetric,
    Summary,
    Way,
)


@dataclass(frozen=True)
class Report(Result):
    """Everything that a report shows, in the order in which it shows it.

    Attributes:
        title, as_of: what it is about, and the evening on which it was true.
        against, meaning: what "extra" and "worse" are measured against, in words, and what that is.
        headline, sentences: the most important thing in one sentence, and what else belongs to the top.
        cautions: what a reader must know before anything else.
        summary: which metrics stand how, and how many indicators are in which state.
        metrics: the likeliest to miss its target first.
        indicators: those in trouble first, then by harm.
        ways: from leading indicators to the metric in most danger.
        rework, delay: the places where they spread, the largest first; `teams` those that are busy.
        actions: what to do first; `choice` what to take under a budget, where one was given; `initiatives` all.
        open_cases: how many are open, `late` of them late for certain; `cases` those that can be helped, worst first.
        commitments: what was promised, and how that stands.
        past: forecasts made earlier beside what came, the latest first.
        levels: the objectives of each level of the organisation, from the enterprise down.
        handoffs: between teams and partners, as designed and as observed.
        own: what a partner may see, where the report is for one: its steps, load and waits; all else is made of it.
        words: name -> how people call it, for every name that the report uses, sources in a `by` among them.
        notes: what a reader should know of the data and of how exact the figures are.
        coverage: how much of the data the model explains.
        level: the one level that the report is for; None for all. partner: the partner that it is for; None for all.
        period: seconds of one period. draws: behind intervals and chances.
        provenance: versions, hashes and seed; None in what a partner gets.
    """

    schema: ClassVar[str] = "mpmflow/report/1"

    title: str
    as_of: date
    headline: str
    against: str = ""
    meaning: str = ""
    sentences: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    summary: Summary = field(default_factory=Summary)
    metrics: tuple[ReportedMetric, ...] = ()
    indicators: tuple[ReportedIndicator, ...] = ()
    ways: tuple[Way, ...] = ()
    rework: tuple[SpreadFigure, ...] = ()
    delay: tuple[SpreadFigure, ...] = ()
    teams: tuple[TeamLoad, ...] = ()
    actions: tuple[ReportedAction, ...] = ()
    choice: Choice | None = None
    initiatives: tuple[ReportedInitiative, ...] = ()
    open_cases: int = 0
    late: int = 0
    cases: tuple[OpenCaseFigure, ...] = ()
    commitments: tuple[ReportedCommitment, ...] = ()
    past: tuple[PastForecast, ...] = ()
    levels: tuple[LevelPart, ...] = ()
    handoffs: tuple[HandoffFigure, ...] = ()
    own: PartnerView | None = None
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    coverage: CoverageFigure | None = None
    level: Level | None = None
    partner: str | None = None
    period: float = 604800.0
    draws: int = 0
    provenance: Provenance | None = None

    def metric(self, name: str) -> ReportedMetric | None:
        """The metric of that name, if the report has it."""
        return next((row for row in self.metrics if row.name == name), None)

    def called(self, name: str) -> str:
        """How people call what has this name."""
        return self.words.get(name) or name.replace("_", " ")

    def body(self) -> Document:
        """The document `mpmflow/report/1` without its head."""
        return {
            "title": self.title,
            "as_of": self.as_of.isoformat(),
            "level": self.level,
            "partner": self.partner,
            "against": self.against,
            "meaning": self.meaning,
            "headline": self.headline,
            "sentences": list(self.sentences),
            "cautions": list(self.cautions),
            "summary": self.summary.to_dict(),
            "metrics": [row.to_dict() for row in self.metrics],
            "indicators": [row.to_dict() for row in self.indicators],
            "ways": [way.to_dict() for way in self.ways],
            "rework": [row.to_dict() for row in self.rework],
            "delay": [row.to_dict() for row in self.delay],
            "teams": [row.to_dict() for row in self.teams],
            "actions": [row.to_dict() for row in self.actions],
            "choice": self.choice.to_dict() if self.choice is not None else None,
            "initiatives": [row.to_dict() for row in self.initiatives],
            "open_cases": {
                "open": self.open_cases,
                "late": self.late,
                "cases": [row.to_dict() for row in self.cases],
            },
            "commitments": [row.to_dict() for row in self.commitments],
            "past": [row.to_dict() for row in self.past],
            "levels": [part.to_dict() for part in self.levels],
            "handoffs": [row.to_dict() for row in self.handoffs],
            "own": self.own.body() if self.own is not None else None,
            "words": dict(sorted(self.words.items())),
            "notes": list(self.notes),
            "coverage": self.coverage.to_dict() if self.coverage is not None else None,
            "period": self.period,
            "draws": self.draws,
            "provenance": self.provenance.to_dict() if self.provenance is not None else None,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """Every figure of the report in one long table; see `mpmflow.analysis.reporting.table`."""
        from .table import table_of

        return table_of(self)

    def __str__(self) -> str:
        return f"Report of {self.as_of}: {self.headline}"
