"""What a terminal shows of tests: expected against got, with the clause that decided under the line it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mpmflow.diagnostics.diagnostic import Diagnostic, Note
from mpmflow.diagnostics.text import render_text

from .results import CaseResult, Coverage, Mutant, Mutation, TestRun, Verdict
from .wording import unit_of, why

_GAPS_SHOWN = 60


def failures(run: TestRun, *, colour: bool = False) -> str:
    """Every failing expectation, with its place, as diagnostics are shown; "" if none failed."""
    return "\n".join(failure(case, colour=colour) for case in run.failures)


def failure(case: CaseResult, *, colour: bool = False) -> str:
    """The failing expectations of one case."""
    return render_text(_findings(case), colour=colour)


def _findings(case: CaseResult) -> Iterator[Diagnostic]:
    if case.fault is not None:
        yield Diagnostic("test-failed", f'"{case.name}" cannot be judged: {case.fault}', "", case.place)
    for verdict in case.failures:
        message = f'"{case.name}": expected {verdict.expected}, got {verdict.got}'
        yield Diagnostic("test-failed", message, verdict.hint, verdict.place or case.place, notes=_notes(verdict))


def _notes(verdict: Verdict) -> tuple[Note, ...]:
    return tuple(Note(None, line) for line in why(verdict.why, unit_of(verdict.why)))


def summary(run: TestRun) -> str:
    """The closing line.

    >>> summary(TestRun())
    'no tests'
    """
    failed, total = len(run.failures), len(run.cases)
    if not total:
        return "no tests"
    passed = f"{total - failed} passed" if total > failed else ""
    return ", ".join(part for part in (passed, f"{failed} failed" if failed else "") if part) + _in_files(run)


def run_words(run: TestRun) -> str:
    """Every failing expectation, then the closing line."""
    shown = failures(run)
    return f"{shown}\n{summary(run)}" if shown else summary(run)


def _in_files(run: TestRun) -> str:
    files = len({case.file for case in run.cases})
    return f" in {files} files" if files > 1 else ""


def without_tests(run: TestRun) -> Sequence[str]:
    """A sentence for every file without a test."""
    return [
        f'{file} has no tests; write a block such as test "a title" {{ given …, expect … }}' for file in run.without
    ]


def coverage(found: Coverage) -> str:
    """What the tests exercise, and every gap with its place."""
    kinds = {"clause": "clauses of rules", "outcome": "outcomes of decisions", "cause": "causes"}
    lines = [f"Coverage {found.share:.0%}"]
    for kind, words in kinds.items():
        rows = [row for row in found.items if row.kind == kind]
        if rows:
            whole = sum(row.state == "both" for row in rows)
            lines.append(f"  {whole} of {len(rows)} {words} exercised both ways")
    gaps = found.gaps
    for row in gaps[:_GAPS_SHOWN]:
        where = f"{row.place}: " if row.place is not None else ""
        lines.append(f"{where}{row.state}: {row.text}")
    if len(gaps) > _GAPS_SHOWN:
        lines.append(f"… and {len(gaps) - _GAPS_SHOWN} more; --json has all")
    return "\n".join(lines)


def mutation(found: Mutation) -> str:
    """The score, every change that no test noticed, and tests that would."""
    real = [mutant for mutant in found.mutants if mutant.fate != "equivalent"]
    noticed = sum(mutant.fate == "noticed" for mutant in real)
    lines = [f"Mutation score {found.score:.0%}: {noticed} of {len(real)} changes are noticed by a test"]
    equal = len(found.mutants) - len(real)
    if equal:
        lines.append(f"{equal} more can never show: no observation whatever makes a difference")
    for mutant in found.missed:
        lines += ["", *_missed(mutant)]
    return "\n".join(lines)


def _missed(mutant: Mutant) -> Iterator[str]:
    where = f"{mutant.place}: " if mutant.place is not None else ""
    yield f"{where}no test notices `{mutant.before}` becoming `{mutant.after}` ({mutant.name})"
    if mutant.remedy is not None:
        yield "This test would (it was run with both):"
        yield ""
        yield from mutant.remedy.rstrip().splitlines()
    else:
        yield "No test was found that would notice."
