"""Prometheus' own tests of rules, said in our language: the alerts agree in state and time.

Of cmd/promtool/testdata/unittest.yml the two alerts, at every moment asked (and their states as `ALERTS` counts them),
stand in promtool.mpm. What is left out, and why:

- tests of expressions (`promql_expr_test` on test_full, test_repeat, test_increase): they read single samples back and
  test no rule; runs of values such as `1+1x2` are `1 + 1 x 2` here, and tests/testing/test_run.py has them;
- histograms: the language has no values that are histograms;
- test_stale: there is no mark that ends a series; `_` is a value that is missing;
- test_missing, and the lookback of five minutes: a missing value stays missing here, it is not filled from before;
- recording rules (count_over_time, a subquery, fixed_data): they name a figure and alert nobody; sums over a span are
  functions of a formula;
- `interval` other than `evaluation_interval`: rules look once a period, which is the spacing of the series;
- labels and annotations of alerts: an indicator is one series, and its label is fixed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import mpmflow as mpm

HERE = Path(__file__).parent
TEXT = (HERE / "promtool.mpm").read_text(encoding="utf-8")


def test_every_alert_agrees_in_state_and_time() -> None:
    run = mpm.run_tests(mpm.load(HERE / "promtool.mpm"))
    assert len(run.cases) == 2
    assert [verdict.expected for case in run.failures for verdict in case.failures] == []


def test_no_alert_of_the_published_file_was_left_out(shared: Callable[[str], Path]) -> None:
    published = shared("data/rules/promtool/unittest.yml").read_text(encoding="utf-8")
    alerts = published.split("alert_rule_test:")[1].split("# Tests for interval")[0]
    asked = re.findall(r"eval_time: (\S+)\s+alertname: (\S+)", alerts)
    assert asked == [("1d", "AlwaysFiring"), ("1d", "InstanceDown"), ("0", "AlwaysFiring"), ("0", "InstanceDown")]
    assert published.count("alert_rule_test:") == 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("instance_down is pending at 2026-01-05", "instance_down is alert at 2026-01-05"),
        ("instance_down is alert at 2026-01-06", "instance_down is ok at 2026-01-06"),
        ("for 5d", "for 6d"),
        ("up == 0, 1, 0", "up == 1, 1, 0"),
        ("given up = 0, 0, 0, 0, 0, 1", "given up = 0, 0, 0, 0, 0, 0"),
    ],
)
def test_what_is_wrong_fails(right: str, wrong: str) -> None:
    assert right in TEXT
    assert not mpm.run_tests(mpm.parse(TEXT.replace(right, wrong, 1))).passed
