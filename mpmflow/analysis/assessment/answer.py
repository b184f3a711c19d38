"""The answer of `assess`: factors with their points, benchmarks with their age, and what rose and fell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mpmflow.analysis.results import Document, Provenance, Result, finite
from mpmflow.diagnostics.suggest import nearest

RULE = (
    "Each point has a level from 0 to 4. A factor's score is the mean of its levels, weighed by the points' weights; "
    "the score of the plan is the mean of its factors' scores, weighed by theirs. What could not be measured is left "
    "out."
)
"""How levels add up."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A part of the model that a figure rests on, and where it is written: `file:line`, None for no text."""

    name: str
    at: str | None

    def to_dict(self) -> Document:
        return {"name": self.name, "at": self.at}


@dataclass(frozen=True, slots=True)
class PointScore:
    """One point of a standard, scored.

    Attributes:
        value: the figure of its measure: a share as a fraction, a count, years, months; None where it could not be
            measured, and then `why` says why not.
        unit: share, count, years or months.
        level: 0 to 4, None without a figure. words: what the standard says of that level.
        met, lacking: the parts of the model that have what is asked, and those that lack it.
        next: the figure from which the next level holds; None at the top.
        raising: what would raise the level, in words; "" at the top.
    """

    name: str
    question: str
    measure: str
    means: str
    weight: float
    value: float | None
    unit: str
    level: int | None
    words: str
    met: tuple[Evidence, ...] = ()
    lacking: tuple[Evidence, ...] = ()
    next: float | None = None
    raising: str = ""
    why: str = ""

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "question": self.question,
            "measure": self.measure,
            "means": self.means,
            "weight": self.weight,
            "value": finite(self.value),
            "unit": self.unit,
            "level": self.level,
            "words": self.words,
            "met": [one.to_dict() for one in self.met],
            "lacking": [one.to_dict() for one in self.lacking],
            "next": self.next,
            "raising": self.raising,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class FactorScore:
    """A factor: its score from 0 to 4, None where none of its points could be measured."""

    name: str
    title: str
    weight: float
    score: float | None
    points: tuple[PointScore, ...]

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "title": self.title,
            "weight": self.weight,
            "score": self.score,
            "points": [point.to_dict() for point in self.points],
        }


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """A benchmark beside where the metric stands.

    Attributes:
        value: what others reach, in base units; `said` as written.
        level: where the metric stands, None where that is not known.
        ahead: whether the metric is at least as good; None without a direction or a level.
        age: years since the end of the year that its label or source names; None without one.
        old: whether that is more than the standard allows.
    """

    metric: str
    value: float
    said: str
    label: str | None
    source: str | None
    year: int | None
    age: float | None
    old: bool
    level: float | None
    ahead: bool | None
    unit: str
    at: str | None

    def to_dict(self) -> Document:
        return {
            "metric": self.metric,
            "value": self.value,
            "said": self.said,
            "label": self.label,
            "source": self.source,
            "year": self.year,
            "age": self.age,
            "old": self.old,
            "level": finite(self.level),
            "ahead": self.ahead,
            "unit": self.unit,
            "at": self.at,
        }


@dataclass(frozen=True, slots=True)
class PointChange:
    """A point beside what it was in the assessment before: levels, figures; None where there was none."""

    name: str
    level_before: int | None
    level: int | None
    value_before: float | None
    value: float | None

    @property
    def rose(self) -> int:
        """1 for better, -1 for worse, 0 for the same or not comparable."""
        if self.level is None or self.level_before is None:
            return 0
        return (self.level > self.level_before) - (self.level < self.level_before)

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "level_before": self.level_before,
            "level": self.level,
            "value_before": finite(self.value_before),
            "value": finite(self.value),
            "rose": self.rose,
        }


@dataclass(frozen=True, slots=True)
class Against:
    """What changed since an earlier assessment; `changes` are the points whose level or figure differs."""

    on: str
    score: float | None
    changes: tuple[PointChange, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> Document:
        return {
            "on": self.on,
            "score": self.score,
            "changes": [change.to_dict() for change in self.changes],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Assessment(Result):
    """A plan against a standard.

    Attributes:
        on: the day of the assessment, from which ages count.
        standard, title, source: name, title and origin of the standard; `fingerprint` of all it says.
        score: from 0 to 4; None where nothing could be measured. `RULE` says how it adds up.
        against: what changed since an earlier assessment, where one was given.
        as_of: the day of the data, where an evaluation was given.
    """

    schema = "mpmflow/assessment/1"
    shown_by = ("render.assess_page", "assess_page")

    on: date
    standard: str
    standard_title: str
    standard_source: str
    standard_note: str
    fingerprint: str
    score: float | None
    factors: tuple[FactorScore, ...]
    benchmarks: tuple[BenchmarkRow, ...] = ()
    against: Against | None = None
    as_of: date | None = None
    notes: tuple[str, ...] = ()
    title: str = ""
    provenance: Provenance | None = None

    @property
    def points(self) -> tuple[PointScore, ...]:
        """All points, in the order of the standard."""
        return tuple(point for factor in self.factors for point in factor.points)

    def point(self, name: str) -> PointScore:
        """The point of that name; KeyError with the nearest names if there is none."""
        for point in self.points:
            if point.name == name:
                return point
        names = [point.name for point in self.points]
        near = nearest(name, names, most=3) or tuple(names[:8])
        raise KeyError(f"{name!r} is no point of this standard; nearest: {', '.join(near)}")

    def body(self) -> Document:
        return {
            "on": self.on.isoformat(),
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "standard": {
                "name": self.standard,
                "title": self.standard_title,
                "source": self.standard_source,
                "note": self.standard_note,
                "fingerprint": self.fingerprint,
                "rule": RULE,
            },
            "score": self.score,
            "factors": [factor.to_dict() for factor in self.factors],
            "benchmarks": [row.to_dict() for row in self.benchmarks],
            "against": self.against.to_dict() if self.against is not None else None,
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict() if self.provenance is not None else None,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a point: factor, point, measure, value, unit, level, words, raising."""
        pairs = [(factor.name, point) for factor in self.factors for point in factor.points]
        names = ("measure", "value", "unit", "level", "words", "raising")
        table: dict[str, list[Any]] = {
            "factor": [factor for factor, _ in pairs],
            "point": [point.name for _, point in pairs],
        }
        return table | {name: [getattr(point, name) for _, point in pairs] for name in names}

    def __str__(self) -> str:
        score = "nothing could be measured" if self.score is None else f"{self.score:.2f} of 4"
        return f"Assessment by {self.standard_title!r} on {self.on}: {score}"
