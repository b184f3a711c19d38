"""The tests that the examples hold: they pass, and notice every change that a test can notice."""

from __future__ import annotations

from pathlib import Path

import pytest

import mpmflow as mpm

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


@pytest.mark.parametrize("name", ["webinar", "travel"])
def test_they_pass(name: str) -> None:
    run = mpm.run_tests(mpm.load(EXAMPLES / name / f"{name}.mpm"))
    assert len(run.cases) >= 10
    assert [(case.name, verdict.expected, verdict.got) for case in run.failures for verdict in case.failures] == []


@pytest.mark.slow
def test_what_they_do_not_notice_is_what_the_readme_says() -> None:
    mutation = mpm.mutate(mpm.load(EXAMPLES / "travel" / "travel.mpm"))
    assert sorted(mutant.name for mutant in mutation.missed) == ["again.drop", "cause:claim.arrivals->reimbursed"]
    assert all(mutant.remedy is None for mutant in mutation.missed)


def test_the_block_that_the_language_was_designed_with_passes() -> None:
    text = (EXAMPLES.parent / "tests" / "corpus" / "good" / "webinar.mpm").read_text(encoding="utf-8")
    assert mpm.run_tests(mpm.parse(text)).passed
