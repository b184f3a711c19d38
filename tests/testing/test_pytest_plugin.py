"""The plugin in a pytest of its own: items, failures, coverage, several workers, and what it must leave alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

RULES = """\
workflow w {
  step brief takes 1d
  decision complete { yes, no 20% -> brief rework }
}
metric speed operational = time(w) unit d
indicator back = rate(complete.no) { warn above 25% }
"""
TESTS = """\
test "calm" {
  given complete.no = 20%, 24% every 1w from 2026-01-05
  expect back is STATE at 2026-01-12
}
test "levels" {
  examples | share | state |
           | 25%   | ok    |
           | 26%   | warn  |
  given complete.no = share every 1w from 2026-01-05
  expect back is state
}
"""


@pytest.fixture
def place(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".mpm", good=RULES + TESTS.replace("STATE", "ok"), plain=RULES)
    pytester.makefile(".mpm", bad=RULES + TESTS.replace("STATE", "warn"))
    return pytester


def test_every_test_and_row_is_an_item(place: pytest.Pytester) -> None:
    result = place.runpytest("--collect-only", "-q", "good.mpm", "plain.mpm")
    result.stdout.fnmatch_lines(["good.mpm::calm", "good.mpm::levels *share 25%*", "good.mpm::levels *share 26%*"])
    place.runpytest().assert_outcomes(passed=5, failed=1)
    place.runpytest("-k", "levels").assert_outcomes(passed=4, deselected=2)


def test_a_failure_reads_as_in_the_terminal(place: pytest.Pytester) -> None:
    result = place.runpytest("bad.mpm")
    result.stdout.fnmatch_lines([
        '*bad.mpm:9:3: error?test-failed? "calm": expected back is warn at 2026-01-12, got ok*',
        "9 |   expect back is warn at 2026-01-12",
        "*note: warn above 25%: does not fire",
    ])  # fmt: skip
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_file_with_errors_is_an_error_of_collection(place: pytest.Pytester) -> None:
    place.makefile(".mpm", broken='workflow w { step }\ntest "t" { expect back is ok }')
    result = place.runpytest("broken.mpm")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*a step needs a name*"])


@pytest.mark.slow
def test_coverage_is_told_at_the_end_with_several_workers_too(place: pytest.Pytester) -> None:
    for more in ((), ("-n", "2")):
        result = place.runpytest_subprocess("good.mpm", "--mpm-coverage", *more)
        result.assert_outcomes(passed=3)
        result.stdout.fnmatch_lines(["*mpmflow coverage*", "Coverage 83%", "*only ever up to plan: *"])


def test_the_search_can_be_narrowed(place: pytest.Pytester) -> None:
    place.makeini("[pytest]\nmpm_files = g*.mpm")
    place.runpytest().assert_outcomes(passed=3)
    place.makeini("[pytest]\nmpm_files =")
    place.runpytest().assert_outcomes()
    place.runpytest("bad.mpm").assert_outcomes(passed=2, failed=1)  # named files are always meant


def test_fixtures_and_helpers(place: pytest.Pytester) -> None:
    place.makepyfile(
        """
        import pytest
        from mpmflow.testing import assert_state, given

        @pytest.mark.mpm("good.mpm")
        def test_it(mpm_model, mpm_clock):
            seen = given(mpm_model, {"complete.no": ["20%", "30%"]}, start=mpm_clock.today)
            assert_state(seen, "back", "warn", at=mpm_clock.forward(weeks=1))

        def test_no_mark(mpm_model):
            pass
        """
    )
    result = place.runpytest("test_fixtures_and_helpers.py")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*mpm_model needs to know the file*"])


def test_nothing_heavy_is_loaded_where_there_is_no_test_block() -> None:
    code = (
        "import sys, mpmflow.pytest_plugin; "
        "print([name for name in ('numpy', 'scipy', 'networkx', 'polars', 'pydantic', 'lark') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
