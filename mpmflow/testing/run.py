"""Tests run: those of one model, or of several put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.diagnostics.source import Span
from mpmflow.model.model import Model

from .cases import cases_of
from .judge import judged
from .results import TestRun


def run(
    model: Model,
    places: Mapping[str, Span] | None = None,
    *,
    file: str = "",
    match: str = "",
    samples: Samples | None = None,
) -> TestRun:
    """Run the tests of a model; with `match` only those whose name holds these words, capitals or not.

    >>> run(Model()).cases
    ()
    """
    cases = [case for case in cases_of(model) if match.lower() in case.name.lower()]
    found = tuple(judged(model, cases, places or {}, file=file, samples=samples))
    return TestRun(found, (file,) if file else (), (file,) if file and not model.tests else ())


def together(runs: Iterable[TestRun]) -> TestRun:
    """Several runs as one."""
    every = list(runs)
    return TestRun(
        tuple(case for one in every for case in one.cases),
        tuple(file for one in every for file in one.files),
        tuple(file for one in every for file in one.without),
    )
