"""Duration laws: closed forms against numerical integration, residual laws, mixtures and sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from mpmflow.numerics.faults import LawError
from mpmflow.numerics.times.compound import Mixture, Residual, Scaled, Sum, Tabulated
from mpmflow.numerics.times.laws import (
    Constant,
    CutNormal,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)

SMOOTH: dict[str, tuple[Law, stats.rv_continuous]] = {
    "uniform": (Uniform(1.0, 3.0), stats.uniform(1, 2)),
    "exponential": (Exponential(2.0), stats.expon(scale=2)),
    "triangular": (Triangular(1.0, 2.0, 5.0), stats.triang(0.25, 1, 4)),
    "triangular, mode at the low end": (Triangular(1.0, 1.0, 5.0), stats.triang(0.0, 1, 4)),
    "triangular, mode at the high end": (Triangular(1.0, 5.0, 5.0), stats.triang(1.0, 1, 4)),
    "normal, hardly cut": (CutNormal(5.0, 1.0), stats.truncnorm(-5, np.inf, 5, 1)),
    "normal, half cut": (CutNormal(0.0, 2.0), stats.truncnorm(0, np.inf, 0, 2)),
    "normal, mostly cut": (CutNormal(-2.0, 1.0), stats.truncnorm(2, np.inf, -2, 1)),
    "lognormal": (Lognormal(3.0, 2.0), stats.lognorm(np.sqrt(np.log(1 + 4 / 9)), scale=3 / np.sqrt(1 + 4 / 9))),
    "gamma": (Gamma(3.0, 2.0), stats.gamma(2.25, scale=4 / 3)),
    "gamma, very uneven": (Gamma(1.0, 2.0), stats.gamma(0.25, scale=4.0)),
    "weibull": (Weibull(1.5, 2.0), stats.weibull_min(1.5, scale=2)),
}
AT = np.array([0.0, 0.3, 1.0, 1.7, 2.5, 4.9, 8.0, 20.0])


@pytest.mark.parametrize("name", SMOOTH)
def test_moments_and_distribution_agree_with_an_independent_implementation(name: str) -> None:
    law, other = SMOOTH[name]
    assert law.mean == pytest.approx(other.mean(), rel=1e-8)
    assert law.variance == pytest.approx(other.var(), rel=1e-7)
    assert law.scv == pytest.approx(other.var() / other.mean() ** 2, rel=1e-7)
    assert law.cdf(AT) == pytest.approx(other.cdf(AT), abs=1e-12)
    assert law.survival(AT) == pytest.approx(other.sf(AT), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("name", SMOOTH)
def test_the_limited_mean_is_the_integral_of_the_survival_function(name: str) -> None:
    law, other = SMOOTH[name]
    for x in AT:
        expected, _ = integrate.quad(
            other.sf, 0, x, points=sorted({p for p in (1, 2, 3, 5) if p < x}) or None, limit=200
        )
        assert float(law.limited_mean(x)) == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("age", [0.0, 0.5, 1.5, 2.9])
def test_what_remains_at_an_age_is_the_conditional_law(name: str, age: float) -> None:
    law, other = SMOOTH[name]
    rest = law.residual(age)
    y = np.array([0.0, 0.2, 1.0, 3.0])
    assert rest.survival(y) == pytest.approx(other.sf(age + y) / other.sf(age), rel=1e-8, abs=1e-14)
    upper = other.ppf(1 - 1e-13)
    mean, _ = integrate.quad(lambda t: other.sf(age + t), 0, upper - age, limit=500, points=[0.1, 0.5, 1, 2, 3.5])
    second, _ = integrate.quad(
        lambda t: 2 * t * other.sf(age + t), 0, upper - age, limit=500, points=[0.1, 0.5, 1, 2, 3.5]
    )
    assert rest.mean == pytest.approx(mean / other.sf(age), rel=1e-6)
    assert rest.second == pytest.approx(second / other.sf(age), rel=1e-5)


@pytest.mark.parametrize("name", SMOOTH)
def test_draws_follow_the_law_and_belong_to_the_seed(name: str) -> None:
    law, other = SMOOTH[name]
    draws = law.sample(np.random.default_rng(1), 4000)
    assert stats.kstest(draws, other.cdf).pvalue > 1e-3
    assert np.array_equal(draws, law.sample(np.random.default_rng(1), 4000))
    rest = law.residual(1.2).sample(np.random.default_rng(2), 4000)
    assert stats.kstest(rest, lambda y: 1 - other.sf(1.2 + y) / other.sf(1.2)).pvalue > 1e-3


def test_the_exponential_law_forgets_its_age() -> None:
    rest = Exponential(2.0).residual(50.0)
    assert (rest.mean, rest.second) == pytest.approx((2.0, 8.0), rel=1e-9)


def test_an_age_beyond_the_support_is_due_now_and_flagged() -> None:
    rest = Uniform(1.0, 3.0).residual(3.0)
    assert isinstance(rest, Residual)
    assert rest.overdue
    assert (rest.mean, rest.second, float(rest.cdf(0.0))) == (0.0, 0.0, 1.0)
    assert rest.sample(np.random.default_rng(0), 3).tolist() == [0.0, 0.0, 0.0]
    assert not Uniform(1.0, 3.0).residual(2.9).overdue  # type: ignore[attr-defined]


def test_observed_values_make_a_law_of_steps() -> None:
    law = Empirical((1.0, 3.0, 3.0, 7.0))
    assert (law.mean, law.second) == pytest.approx((3.5, 17.0))
    assert law.cdf([0.9, 1.0, 3.0, 6.9, 7.0]).tolist() == [0.0, 0.25, 0.75, 0.75, 1.0]
    assert float(law.limited_mean(4.0)) == pytest.approx((1 + 3 + 3 + 4) / 4)
    assert law.residual(2.0).mean == pytest.approx((1 + 1 + 5) / 3)
    assert Empirical((1.0, 3.0), (3.0, 1.0)).mean == pytest.approx(1.5)


def test_a_wait_that_is_often_nothing_is_a_mixture() -> None:
    wait = Mixture((Constant(0.0), Exponential(4.0)), (0.7, 0.3))
    assert (wait.mean, wait.second) == pytest.approx((1.2, 0.3 * 32))
    assert float(wait.cdf(0.0)) == pytest.approx(0.7)
    assert [part.tolist() for part in wait.atoms] == [[0.0], [0.7]]
    draws = wait.sample(np.random.default_rng(3), 20000)
    assert (draws == 0).mean() == pytest.approx(0.7, abs=0.02)


def test_work_and_then_a_fixed_wait_is_the_work_moved() -> None:
    total = Sum((Constant(2.0), Exponential(1.0), Constant(1.0)))
    assert (total.mean, total.variance) == pytest.approx((4.0, 1.0))
    assert total.cdf([2.9, 3.0, 4.0]) == pytest.approx([0.0, 0.0, 1 - np.exp(-1)], abs=1e-15)
    assert float(total.limited_mean(1.0)) == pytest.approx(1.0)


def test_fixed_times_add_to_a_fixed_time() -> None:
    total = Sum((Constant(2.0), Constant(3.0)))
    assert total.cdf([4.9, 5.0]).tolist() == [0.0, 1.0]
    assert [part.tolist() for part in total.atoms] == [[5.0], [1.0]]


def test_the_sum_of_two_random_times_is_their_convolution() -> None:
    total = Sum((Exponential(1.0), Exponential(1.0)))
    t = np.array([0.1, 0.5, 1.0, 3.0, 8.0])
    assert total.cdf(t) == pytest.approx(stats.gamma(2).cdf(t), abs=1e-5)
    assert total.second == pytest.approx(6.0)
    draws = total.sample(np.random.default_rng(4), 4000)
    assert stats.kstest(draws, stats.gamma(2).cdf).pvalue > 1e-3


def test_a_stretched_law_keeps_its_shape() -> None:
    law = Gamma(3.0, 2.0).scaled(1.5)
    assert isinstance(law, Scaled)
    assert (law.mean, law.sd) == pytest.approx((4.5, 3.0))
    assert law.cdf(AT) == pytest.approx(Gamma(4.5, 3.0).cdf(AT), rel=1e-12)
    assert law.limited_mean(AT) == pytest.approx(Gamma(4.5, 3.0).limited_mean(AT), rel=1e-12)


def test_a_table_of_numbers_is_a_law() -> None:
    law = Tabulated(np.array([0.0, 2.0, 4.0]), np.array([0.0, 0.5, 0.5 + 0.25]), np.array([1.0]), np.array([0.25]))
    assert law.cdf([0.0, 1.0, 2.0, 3.0, 4.0]) == pytest.approx([0.0, 0.5, 0.75, 0.875, 1.0])
    assert law.mean == pytest.approx(0.5 * 1 + 0.25 * 3 + 0.25 * 1)
    x = np.linspace(0, 4, 4001)
    assert float(law.limited_mean(3.0)) == pytest.approx(np.trapezoid(law.survival(x[x <= 3]), x[x <= 3]), rel=1e-3)
    draws = law.sample(np.random.default_rng(5), 8000)
    assert draws.mean() == pytest.approx(law.mean, abs=0.05)
    assert (draws == 1.0).mean() == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Constant(-1.0),
        lambda: Constant(float("nan")),
        lambda: Uniform(3.0, 1.0),
        lambda: Exponential(0.0),
        lambda: Triangular(1.0, 5.0, 3.0),
        lambda: CutNormal(-100.0, 1.0),
        lambda: Lognormal(1.0, 0.0),
        lambda: Gamma(0.0, 1.0),
        lambda: Weibull(0.0, 1.0),
        lambda: Empirical(()),
        lambda: Empirical((1.0, -1.0)),
        lambda: Empirical((1.0,), (1.0, 2.0)),
        lambda: Mixture((Constant(1.0),), (0.5,)),
        lambda: Sum(()),
        lambda: Scaled(Constant(1.0), 0.0),
        lambda: Residual(Constant(1.0), -1.0),
    ],
)
def test_parameters_that_make_no_law_are_refused(make: object) -> None:
    with pytest.raises(LawError):
        make()  # type: ignore[operator]
