"""What came of tests, as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mpmflow.analysis.results import Document, Result
from mpmflow.analysis.rules import Clause
from mpmflow.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation and what came: `expected` and `got` in words, `why` the clauses that decided.

    `place` is where the expectation stands, None for a model that was made in Python.
    """

    expected: str
    got: str
    passed: bool
    place: Span | None = None
    why: tuple[Clause, ...] = ()
    hint: str = ""

    def to_dict(self) -> Document:
        return {
            "expected": self.expected,
            "got": self.got,
            "passed": self.passed,
            "line": self.place.line if self.place is not None else None,
            "column": self.place.column if self.place is not None else None,
            "why": [clause.to_dict() for clause in self.why],
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: its verdicts, or the `fault` that kept it from being judged."""

    name: str
    title: str
    number: int
    row: int | None
    file: str
    place: Span | None
    verdicts: tuple[Verdict, ...] = ()
    fault: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return self.fault is None and all(verdict.passed for verdict in self.verdicts)

    @property
    def failures(self) -> tuple[Verdict, ...]:
        """The expectations that did not hold."""
        return tuple(verdict for verdict in self.verdicts if not verdict.passed)

    def to_dict(self) -> Document:
        return {
            "file": self.file,
            "line": self.place.line if self.place is not None else None,
            "name": self.name,
            "title": self.title,
            "row": self.row,
            "outcome": "passed" if self.passed else "failed",
            "fault": self.fault,
            "expectations": [verdict.to_dict() for verdict in self.verdicts],
        }


@dataclass(frozen=True)
class TestRun(Result):
    """The answer of `mpmflow test`: every case that ran, in the order of the texts.

    Attributes:
        cases: what came of each. files: the files that were read; `without` those of them that hold no test.
    """

    __test__ = False  # a record, no class of tests for pytest

    schema = "mpmflow/test/1"
    shown_by = ("testing.page", "run_words")
    cases: tuple[CaseResult, ...] = ()
    files: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(case.passed for case in self.cases)

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The cases that failed."""
        return tuple(case for case in self.cases if not case.passed)

    def body(self) -> Document:
        failed = len(self.failures)
        return {
            "files": list(self.files),
            "without_tests": list(self.without),
            "passed": len(self.cases) - failed,
            "failed": failed,
            "tests": [case.to_dict() for case in self.cases],
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row an expectation."""
        pairs = [(case, verdict) for case in self.cases for verdict in case.verdicts]
        return {
            "file": [case.file for case, _ in pairs],
            "test": [case.name for case, _ in pairs],
            "expected": [verdict.expected for _, verdict in pairs],
            "got": [verdict.got for _, verdict in pairs],
            "passed": [verdict.passed for _, verdict in pairs],
        }

    def __str__(self) -> str:
        from .page import summary

        return summary(self)


@dataclass(frozen=True, slots=True)
class Half:
    """One half of something that tests should exercise: `what` it is (`true`, `above plan`), how often it came."""

    what: str
    times: int = 0


@dataclass(frozen=True, slots=True)
class Covered:
    """A clause of a rule, an outcome of a decision or a cause, and how far the tests exercise it.

    Attributes:
        kind: `clause`, `outcome` or `cause`. name: what it belongs to, by its id. text: itself in words.
        halves: the two ways it can come out, each with how often it did.
    """

    kind: str
    name: str
    text: str
    halves: tuple[Half, Half]
    place: Span | None = None

    @property
    def state(self) -> str:
        """`both`, `never`, or `only` and the half that came.

        >>> Covered("clause", "x", "above 3", (Half("true", 2), Half("false"))).state
        'only ever true'
        """
        came = [half.what for half in self.halves if half.times]
        return "both" if len(came) == 2 else f"only ever {came[0]}" if came else "never evaluated"

    def to_dict(self) -> Document:
        return {
            "kind": self.kind,
            "name": self.name,
            "text": self.text,
            "state": self.state,
            "halves": {half.what: half.times for half in self.halves},
            "file": self.place.file if self.place is not None else None,
            "line": self.place.line if self.place is not None else None,
            "column": self.place.column if self.place is not None else None,
        }


@dataclass(frozen=True)
class Coverage(Result):
    """The answer of `mpmflow test --coverage`: `share` of all halves that came in some test."""

    schema = "mpmflow/test-coverage/1"
    shown_by = ("testing.page", "coverage")
    items: tuple[Covered, ...] = field(default=())

    @property
    def share(self) -> float:
        """How much is exercised; 1 where there is nothing to exercise."""
        halves = [half for row in self.items for half in row.halves]
        return sum(half.times > 0 for half in halves) / len(halves) if halves else 1.0

    @property
    def gaps(self) -> tuple[Covered, ...]:
        """What no test, or only half, exercises."""
        return tuple(row for row in self.items if row.state != "both")

    def body(self) -> Document:
        return {"share": self.share, "items": [row.to_dict() for row in self.items]}

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a clause, outcome or cause."""
        return {
            "kind": [row.kind for row in self.items],
            "name": [row.name for row in self.items],
            "text": [row.text for row in self.items],
            "state": [row.state for row in self.items],
        }


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a model, and what the tests made of it.

    Attributes:
        kind: `level`, `side`, `span`, `clears`, `logic`, `chart`, `severity`, `share`, `effect`, `lag`, `strength`.
        name: the id of what was changed. before, after: the words, as written and as changed.
        fate: `noticed` (a test fails with it), `missed`, `equivalent` (nothing observed can ever differ: proven), or
            `unseen` (missed, and no test was found that could notice it).
        noticed_by: the first test that noticed. remedy: a `test` block that notices, run and found to do so.
    """

    kind: str
    name: str
    before: str
    after: str
    fate: str
    noticed_by: str | None = None
    remedy: str | None = None
    place: Span | None = None

    def to_dict(self) -> Document:
        return {
            "kind": self.kind,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "fate": self.fate,
            "noticed_by": self.noticed_by,
            "remedy": self.remedy,
            "file": self.place.file if self.place is not None else None,
            "line": self.place.line if self.place is not None else None,
            "column": self.place.column if self.place is not None else None,
        }


@dataclass(frozen=True)
class Mutation(Result):
    """The answer of `mpmflow test --mutate`: `score` is the share of changes noticed among those that can be."""

    schema = "mpmflow/test-mutation/1"
    shown_by = ("testing.page", "mutation")
    mutants: tuple[Mutant, ...] = ()

    @property
    def score(self) -> float:
        """Noticed over all that are not proven equivalent; 1 where there is nothing to change."""
        real = [mutant for mutant in self.mutants if mutant.fate != "equivalent"]
        return sum(mutant.fate == "noticed" for mutant in real) / len(real) if real else 1.0

    @property
    def missed(self) -> tuple[Mutant, ...]:
        """The changes that no test noticed, and that are not proven equivalent."""
        return tuple(mutant for mutant in self.mutants if mutant.fate in ("missed", "unseen"))

    def body(self) -> Document:
        return {"score": self.score, "mutants": [mutant.to_dict() for mutant in self.mutants]}

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a change."""
        return {
            "name": [mutant.name for mutant in self.mutants],
            "before": [mutant.before for mutant in self.mutants],
            "after": [mutant.after for mutant in self.mutants],
            "fate": [mutant.fate for mutant in self.mutants],
        }
