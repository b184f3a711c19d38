"""Histories with a known cause: the first headline names it; probabilities to miss come true as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

import mpmflow as mpm
from mpmflow.analysis.risk.evaluate import evaluate

from .made_histories import HOUR, PLAN, observed_weeks, text, week

WEEKS = 20
CAUSES = {"ok.no": 0.38, "legal.fix": 0.30, "design.time": 24 * HOUR, "legal.wait": 32 * HOUR}
"""A diamond, another one, a slow step, a team that lost somebody."""
HISTORIES = 200


@pytest.fixture(scope="module")
def histories():
    """Root named, cause injected, probability to miss, whether it came so; 200 times, each with its own seed."""
    found = []
    causes = list(CAUSES)
    for seed in range(HISTORIES):
        rng = np.random.default_rng(seed)
        cause = causes[seed % len(causes)]
        since = WEEKS - int(rng.integers(4, 9))
        now = PLAN | {cause: CAUSES[cause]}
        weeks = [week(rng, now if number >= since else PLAN) for number in range(WEEKS)]
        # Targets about what is to come, so that some are met and some are not.
        coming = np.mean(week(np.random.default_rng(10_000 + seed), now).cases) / HOUR
        target = coming * rng.uniform(0.85, 1.15)
        evaluation = evaluate(mpm.parse(text(target, WEEKS)), observed_weeks(weeks), draws=1000, seed=seed)
        came = np.mean(week(rng, now).cases) / HOUR
        root = evaluation.headlines[0].root if evaluation.headlines else None
        found.append((root, cause, evaluation.metric("days").p_miss, came > target))
    return found


@pytest.mark.slow
def test_the_first_headline_names_the_cause(histories):
    right = [root == cause for root, cause, _, _ in histories]
    assert np.mean(right) >= 0.9


@pytest.mark.slow
def test_each_kind_of_cause_is_found(histories):
    for cause in CAUSES:
        assert np.mean([root == cause for root, one, _, _ in histories if one == cause]) >= 0.8


@pytest.mark.slow
def test_probabilities_to_miss_come_true_as_often_as_they_say(histories):
    """Five bands of probability; in each the share that missed lies within what luck allows (99.7 %)."""
    told = np.array([p_miss for _, _, p_miss, _ in histories])
    missed = np.array([came for _, _, _, came in histories], dtype=float)
    for low in np.arange(0.0, 1.0, 0.2):
        inside = (told >= low) & (told < low + 0.2 + (low > 0.75))
        if inside.sum() < 8:
            continue
        expected, luck = told[inside].mean(), np.sqrt((told[inside] * (1 - told[inside])).sum()) / inside.sum()
        assert abs(missed[inside].mean() - expected) <= 3.0 * luck + 0.02
    brier = np.mean((told - missed) ** 2)
    assert brier < 0.8 * np.mean((missed.mean() - missed) ** 2)
