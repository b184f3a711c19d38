"""The answer of a fit: every number beside the one that was declared, and the model with the new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from errno import EEXIST
from pathlib import Path
from typing import Any, ClassVar

from mpmflow.analysis.learned.learned import LearnedCause
from mpmflow.analysis.results import Document, Provenance, Result, finite
from mpmflow.model.model import Model

LEVEL = 0.9
"""Of all intervals of a fit."""
FEWEST = 5.0
"""Decisions or times below which a number of the text is left as it is."""


@dataclass(frozen=True, slots=True)
class FittedNumber:
    """One number: what the text declares, and what the log says.

    Attributes:
        name: `legal_ok.fix`, `copy.takes`, `copy.waits`, `webinar.arrivals`, `legal.people`, `legal_ok.fix.at_most`.
        kind: share, takes, waits, time (work and waiting together), arrivals, gap, people or at_most.
        visit: which visit of a case it is of, None for all alike; the last one stands for all later ones.
        declared, fitted: as the language writes them; None for a number that the text leaves out.
        declared_value, value: in base units (shares as fractions, mean times in seconds, cases per second).
        low, high: ends of the 90 % interval of the true value; None where there are too few data for one.
        count: what it rests on (decisions, visits, cases), the past counting less; open: likewise, not over yet.
        p_contradicted: the chance that the true value lies on the fitted side of the declared one; None if not known.
        contradicted: whether the declared value lies outside of the interval.
        surprise: how many standard deviations the declared value lies away.
        written: whether the fitted number stands in the new model and text; why_not says why it does not.
        distance: of a law, the largest gap between its distribution function and the observed one.
        note: what a reader of this line should know.
    """

    name: str
    kind: str
    declared: str | None
    fitted: str
    declared_value: float | None
    value: float
    low: float | None
    high: float | None
    count: float
    open: float = 0.0
    visit: int | None = None
    p_contradicted: float | None = None
    contradicted: bool = False
    surprise: float = 0.0
    written: bool = True
    why_not: str = ""
    distance: float | None = None
    note: str = ""

    def to_dict(self) -> Document:
        """The number as the document has it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "visit": self.visit,
            "declared": None
            if self.declared is None
            else {"text": self.declared, "value": finite(self.declared_value)},
            "fitted": {"text": self.fitted, "value": finite(self.value)},
            "low": finite(self.low),
            "high": finite(self.high),
            "n": self.count,
            "open": self.open,
            "p_contradicted": finite(self.p_contradicted),
            "contradicted": self.contradicted,
            "written": self.written,
            "why_not": self.why_not,
            "distance": finite(self.distance),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class ObservedHours:
    """The weekly hours in which a team, or the people at one node, work.

    Attributes:
        of: the team, or the node that no team does; declared: its hours in the text, "" for none.
        found: the hours that the stamps show, "" where they show none.
        stamps: how many; inside, inside_declared: which share of them lies within the hours found, and declared.
        contradicted: whether more than a twentieth of the stamps lies outside of the declared hours.
        written: whether the hours found stand in the new model.
    """

    of: str
    declared: str
    found: str
    stamps: int
    inside: float
    inside_declared: float | None
    contradicted: bool
    written: bool

    def to_dict(self) -> Document:
        """The hours as the document has them."""
        return {
            "of": self.of,
            "declared": self.declared,
            "found": self.found,
            "stamps": self.stamps,
            "inside": self.inside,
            "inside_declared": self.inside_declared,
            "contradicted": self.contradicted,
            "written": self.written,
        }


@dataclass(frozen=True, slots=True)
class LogRead:
    """What of the log was read.

    Attributes:
        label: what it is called; first, until: the moments between which it is known; since: from which on it counts.
        half_life: weeks after which what was seen counts half; None for a memory that forgets nothing.
        cases, ended, events: how many; unmatched: events that nobody claims; deviations: events that follow another
            one in a way that the workflow does not have.
    """

    label: str
    first: datetime
    until: datetime
    since: datetime | None
    half_life: float | None
    cases: int
    ended: int
    events: int
    unmatched: int
    deviations: int

    def to_dict(self) -> Document:
        """What was read, as the document has it."""
        return {
            "label": self.label,
            "first": self.first.isoformat(),
            "until": self.until.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "memory_weeks": self.half_life,
            "cases": self.cases,
            "ended": self.ended,
            "events": self.events,
            "unmatched": self.unmatched,
            "deviations": self.deviations,
        }


@dataclass(frozen=True, repr=False)
class Fit(Result):
    """A model fitted to its log.

    Attributes:
        model: the declared model with the fitted numbers that were written.
        numbers: every number, the most contradicted first; those that the text leaves out come last.
        hours: the weekly hours of teams, and of nodes that no team does.
        changes: clause -> its new value, as `copy/takes`, `legal_ok.fix/share`, `webinar/arrivals`.
        samples: observed times of `empirical` laws, by file and column; `save` writes them beside the model.
        log: what was read. notes: what a reader should know. provenance: where it comes from.
        text: the text of the declared model with the fitted numbers, and their intervals in comments.
        causes: what the history says of the causes that the text calls `learned`: predictive, not causal.
    """

    schema: ClassVar[str] = "mpmflow/fit/1"
    shown_by = ("render.fit_page", "fit_page")

    model: Model
    numbers: tuple[FittedNumber, ...]
    hours: tuple[ObservedHours, ...]
    log: LogRead
    changes: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    provenance: Provenance | None = None
    text: str = ""
    causes: tuple[LearnedCause, ...] = ()

    def save(self, path: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
        """Write the text, and beside it the file of times that `empirical` laws name, if there are any.

        Paths of the text (of its log, of imports) start at its folder: keep it beside the file that it comes from.

        Raises FileExistsError for a file that is there already, unless `overwrite`.
        """
        files = {Path(path): self.text}
        for name, columns in _tables(self.samples).items():
            files[Path(path).parent / name] = columns
        for file in files:
            if file.exists() and not overwrite:
                raise FileExistsError(EEXIST, "there is such a file already", str(file))
        for file, text in files.items():
            file.write_text(text, encoding="utf-8", newline="\n")
        return tuple(files)

    def __getitem__(self, name: str) -> FittedNumber:
        """A number by its name; of shares by visit that of the first. KeyError lists the names that there are."""
        same = [number for number in self.numbers if number.name == name]
        if same:
            return min(same, key=lambda number: number.visit or 0)
        names = ", ".join(dict.fromkeys(number.name for number in self.numbers))
        raise KeyError(f"{name!r} was not fitted; there are: {names or 'none'}")

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Name -> 90 % interval in base units; of shares by visit `NAME visit 1`, `NAME visit 2`, …."""
        return {
            number.name + (f" visit {number.visit}" if number.visit else ""): (number.low, number.high)
            for number in self.numbers
            if number.low is not None and number.high is not None
        }

    @property
    def contradicted(self) -> tuple[FittedNumber, ...]:
        """The numbers that the data contradict."""
        return tuple(number for number in self.numbers if number.contradicted)

    def body(self) -> Document:
        """The document without its head."""
        return {
            "log": self.log.to_dict(),
            "level": LEVEL,
            "numbers": [number.to_dict() for number in self.numbers],
            "hours": [one.to_dict() for one in self.hours],
            "causes": [one.to_dict() for one in self.causes],
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict() if self.provenance else None,
        }

    def rows(self) -> dict[str, list[Any]]:
        """A line for each number."""
        return {name: [getattr(number, name) for number in self.numbers] for name in _COLUMNS}

    def __repr__(self) -> str:
        return (
            f"Fit of {len(self.numbers)} numbers to {self.log.cases} cases of {self.log.label}; "
            f"{len(self.contradicted)} contradict what was declared"
        )


_COLUMNS = (
    *("name", "kind", "visit", "declared", "fitted", "declared_value", "value", "low", "high"),
    *("count", "open", "p_contradicted", "contradicted", "written"),
)


def _tables(samples: Mapping[tuple[str, str], tuple[float, ...]]) -> dict[str, str]:
    """The text of each file of times: a column for each law, in seconds."""
    files: dict[str, dict[str, tuple[float, ...]]] = {}
    for (name, column), values in sorted(samples.items()):
        files.setdefault(name, {})[column] = values
    texts = {}
    for name, columns in files.items():
        length = max(map(len, columns.values()))
        rows = [
            ",".join(f"{values[index]:.10g}" if index < len(values) else "" for values in columns.values())
            for index in range(length)
        ]
        texts[name] = "\n".join([",".join(columns), *rows]) + "\n"
    return texts
