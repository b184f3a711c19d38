"""Laws fitted to times: each law is found again, from times that are over and times that are still running."""

from __future__ import annotations

import numpy as np
import pytest

from mpmflow.numerics.faults import NumericsError
from mpmflow.numerics.statistics.fitted_laws import FittedLaw, fit_laws, law_named, observed_quantiles

LAWS = {
    "exponential": (3.0,),
    "uniform": (2.0, 5.0),
    "triangular": (1.0, 2.0, 6.0),
    "normal": (5.0, 1.0),
    "lognormal": (3.0, 2.0),
    "gamma": (3.0, 1.2),
    "weibull": (2.5, 4.0),
}


def observed(name: str, count: int, seed: int, watched: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Times of a law, and whether each was over when the watch, of a random length around `watched` means, ended."""
    rng = np.random.default_rng(seed)
    times = law_named(name, LAWS[name]).sample(rng, count)
    if watched is None:
        return times, np.ones(count, dtype=bool)
    ends = rng.exponential(watched * times.mean(), count)
    return np.minimum(times, ends), times <= ends


@pytest.mark.parametrize("name", sorted(LAWS))
def test_each_law_is_found_again_although_a_quarter_of_the_times_is_still_running(name: str) -> None:
    best = fit_laws(*observed(name, 1500, seed=3, watched=3.0))[0]
    assert best.name == name
    assert best.parameters == pytest.approx(LAWS[name], rel=0.15)
    assert best.distance < 0.05


@pytest.mark.parametrize("name", ["exponential", "gamma", "lognormal", "weibull"])
def test_times_still_running_mend_the_mean_that_closed_ones_alone_miss(name: str) -> None:
    times, over = observed(name, 1000, seed=5, watched=1.5)
    true = law_named(name, LAWS[name]).mean
    closed_only = times[over].mean()
    censored = fit_laws(times, over)[0].law.mean
    assert closed_only < 0.92 * true
    assert censored == pytest.approx(true, rel=0.08)


def test_times_that_are_all_alike_are_a_constant() -> None:
    (found,) = fit_laws([3600.0] * 20, [True] * 20)
    assert (found.name, found.parameters) == ("constant", (3600.0,))


def test_one_that_runs_longer_than_the_constant_says_that_it_is_none() -> None:
    assert fit_laws([2.0] * 10 + [5.0], [True] * 10 + [False])[0].name != "constant"


def test_two_times_are_too_few_for_a_law() -> None:
    assert fit_laws([1.0, 2.0], [True, True]) == ()


def test_weights_count_like_repetition() -> None:
    times, over = observed("gamma", 80, seed=2)
    weights = np.where(np.arange(80) < 40, 2.0, 1.0)
    repeated = np.concatenate([times[:40], times])
    one, two = fit_laws(times, over, weights)[0], fit_laws(repeated, np.ones(120, dtype=bool))[0]
    assert (one.name, one.closed) == (two.name, two.closed)
    assert one.parameters == pytest.approx(two.parameters, rel=1e-3)


def test_no_law_promises_a_mean_or_a_tail_that_the_times_do_not_have() -> None:
    """Half of the times next to nothing, the rest days: the lognormal law of it has a mean of weeks."""
    rng = np.random.default_rng(4)
    times = np.concatenate([rng.lognormal(3.0, 2.5, 300), rng.uniform(1e5, 3e5, 300)])
    for found in fit_laws(times, np.ones(600, dtype=bool)):
        assert found.law.mean == pytest.approx(times.mean(), rel=0.15)
        assert found.law.sd < 2.1 * times.std()


def test_a_hundred_thousand_times_cost_no_more_than_two_thousand() -> None:
    times, over = observed("weibull", 100_000, seed=1)
    best = fit_laws(times, over)[0]
    assert best.name == "weibull"
    assert best.parameters == pytest.approx(LAWS["weibull"], rel=0.01)
    assert best.closed == 100_000


def test_quantiles_stand_for_all_times_the_running_ones_included() -> None:
    times, over = observed("gamma", 4000, seed=7, watched=3.0)
    kept = observed_quantiles(times, over, None, 100)
    law = law_named("gamma", LAWS["gamma"])
    assert len(kept) == 100
    assert (np.diff(kept) >= 0).all()
    assert kept.mean() == pytest.approx(law.mean, rel=0.03)


def test_the_mean_is_as_sure_as_the_times_that_are_over_make_it() -> None:
    found = FittedLaw("exponential", (2.0,), closed=100.0, open=40.0, criterion=0.0, distance=0.0)
    assert found.mean.standard_error == pytest.approx(0.2)


def test_times_below_zero_are_refused() -> None:
    with pytest.raises(NumericsError, match="not negative"):
        fit_laws([-1.0, 2.0, 3.0], [True] * 3)
