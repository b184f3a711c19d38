"""The whole law of the time: closed forms, walked-out laws, bounds that hold, slopes, open cases, parallel blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mpmflow.numerics.chains.chain import factorise
from mpmflow.numerics.chains.moments import given_end
from mpmflow.numerics.chains.outcomes import direction, outcomes_from
from mpmflow.numerics.faults import ChainError, LawError
from mpmflow.numerics.settings import Settings
from mpmflow.numerics.times.compound import Mixture, Sum
from mpmflow.numerics.times.lattice import Lattice, choose_lattice, common_measure, on_lattice
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
from mpmflow.numerics.times.sojourn import (
    CycleTime,
    cdf_slopes,
    cycle_time,
    open_case_times,
    quantile_slopes,
)
from mpmflow.numerics.times.transforms import TimedProcess, Transforms, timed_process
from tests.numerics.reference import Process, law_by_walk, random_process

LAWS = [
    Exponential(1.0),
    Gamma(1.0, 0.5),
    Lognormal(1.0, 1.0),
    Uniform(0.5, 2.0),
    Triangular(0.0, 0.5, 3.0),
    Weibull(1.5, 1.0),
    CutNormal(1.0, 0.5),
]


def _line(laws: list[Law]) -> TimedProcess:
    n = len(laws)
    return timed_process(n, 1, outcomes_from(range(n), range(1, n + 1), [1.0] * n), laws)


def _random(seed: int, laws: list[Law], n: int = 8) -> tuple[Process, TimedProcess]:
    process = random_process(seed, n=n, k=2, least_exit=0.1)
    rng = np.random.default_rng(seed)
    own = [laws[i] for i in rng.integers(0, len(laws), process.n)]
    way = [laws[0] if rng.random() < 0.2 else None for _ in range(process.outcomes.count)]
    return process, timed_process(process.n, process.k, process.outcomes, own, way)


# --- the lattice ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
@pytest.mark.parametrize("step", [0.05, 0.37])
def test_a_law_on_the_lattice_keeps_mass_mean_and_variance(law: Law, step: float) -> None:
    lattice = Lattice(step, 9000)
    mass, time = on_lattice(law, lattice).mass, step * np.arange(9000)
    assert mass.sum() == pytest.approx(1.0, abs=1e-10)
    assert mass @ time == pytest.approx(law.mean, rel=1e-9)
    assert mass @ time**2 == pytest.approx(law.second, rel=step**4 / 10 if step > 0.1 else 5e-4)


@pytest.mark.parametrize("law", [*LAWS, Lognormal(1.0, 3.0), Gamma(1.0, 2.0)], ids=repr)
def test_transforms_stay_within_the_unit_circle_so_that_any_number_of_visits_is_stable(law: Law) -> None:
    for step in (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 100.0):
        mass = on_lattice(law, Lattice(step, 600)).mass
        assert np.abs(np.fft.rfft(mass, 4096)).max() <= 1.0 + 1e-9


def test_fixed_durations_on_the_lattice_are_exact_and_off_it_keep_their_mean() -> None:
    lattice = Lattice(0.5, 30)
    on = on_lattice(Constant(2.0), lattice)
    assert np.flatnonzero(on.mass).tolist() == [4]
    off = on_lattice(Constant(2.2), lattice)
    assert (off.atoms @ (0.5 * np.arange(30)), off.displaced) == pytest.approx((2.2, 0.24))
    signed = on_lattice(Constant(2.2), lattice, signed=True).mass
    assert signed @ (0.5 * np.arange(30)) == pytest.approx(2.2)
    assert signed @ (0.5 * np.arange(30)) ** 2 == pytest.approx(2.2**2)


def test_the_step_divides_every_fixed_time_when_it_can() -> None:
    assert common_measure([0.3, 0.1, 0.7], 1e-3) == pytest.approx(0.1)
    lattice = choose_lattice(1000.0, [4.0, 6.0])
    assert (4.0 / lattice.step) % 1 == pytest.approx(0.0, abs=1e-9)
    assert 2.0 / lattice.step % 3 == pytest.approx(0.0, abs=1e-9)  # the wider lattice of the check keeps them too
    assert choose_lattice(1e6, [1.0, np.pi]).points < 10_000
    with pytest.raises(LawError):
        choose_lattice(0.0)


# --- closed forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stages", [1, 2, 5, 20])
def test_exponential_stages_make_an_erlang_law_within_the_told_error(stages: int) -> None:
    found = cycle_time(_line([Exponential(2.0)] * stages))
    truth = stats.gamma(stages, scale=2.0)
    t = np.linspace(0, 40 * np.sqrt(stages), 2000)
    wrong = np.abs(found.all.cdf(t) - truth.cdf(t)).max()
    assert wrong <= found.error < 5e-4
    for share in (0.05, 0.5, 0.9, 0.95):
        assert found.all.quantile(share) == pytest.approx(truth.ppf(share), rel=1e-3)
    assert (found.mean, found.sd) == pytest.approx((2.0 * stages, 2.0 * np.sqrt(stages)))


def test_a_geometric_number_of_exponential_rounds_is_exponential() -> None:
    loop = timed_process(1, 1, outcomes_from([0, 0], [0, 1], [0.75, 0.25]), [Exponential(1.0)])
    found = cycle_time(loop)
    t = np.linspace(0, 30, 500)
    assert np.abs(found.all.cdf(t) - (1 - np.exp(-t / 4))).max() <= found.error < 1e-4


def test_a_hundred_rounds_of_rework_do_not_widen_the_law() -> None:
    loop = timed_process(1, 1, outcomes_from([0, 0], [0, 1], [0.99, 0.01]), [Exponential(1.0)])
    found = cycle_time(loop)
    t = np.linspace(20, 1200, 500)
    assert np.abs(found.all.cdf(t) - (1 - np.exp(-t / 100))).max() < 1e-6
    assert np.sqrt(found.all.second_within - found.all.mean_within**2) == pytest.approx(100.0, rel=1e-4)


@pytest.mark.parametrize("law", [Exponential(1.0), Uniform(0.0, 2.0), Gamma(1.0, 3.0)], ids=repr)
def test_a_million_rounds_are_within_the_told_error_though_the_step_is_far_wider_than_a_round(law: Law) -> None:
    loop = timed_process(1, 1, outcomes_from([0, 0], [0, 1], [1 - 1e-6, 1e-6]), [law])
    found = cycle_time(loop)
    t = np.linspace(0.0, 5e6, 400)
    wrong = np.abs(found.all.cdf(t) - (1 - np.exp(-t / 1e6))).max()
    assert wrong <= found.error + 1e-5 < 2e-3  # an exponential law only in the limit, whence 1e-5


def test_fixed_times_too_short_for_the_lattice_are_told_with_a_blur() -> None:
    found = cycle_time(timed_process(1, 1, outcomes_from([0, 0], [0, 1], [1 - 1e-6, 1e-6]), [Constant(1.0)]))
    t = np.linspace(0.0, 5e6, 400)
    assert 0.0 < found.all.blur < 0.2 * found.sd
    assert np.abs(found.all.cdf(t) - (1 - np.exp(-t / 1e6))).max() <= 1.1 * found.lattice.step / 1e6


def test_fixed_times_with_rework_are_exact_steps() -> None:
    # 3 hours, then 60 % done, 40 % again after half an hour.
    loop = timed_process(1, 1, outcomes_from([0, 0], [0, 1], [0.4, 0.6]), [Constant(3.0)], [Constant(0.5), None])
    found = cycle_time(loop)
    assert found.all.cdf([2.999, 3.0, 6.49, 6.5, 9.99, 10.0]) == pytest.approx(
        [0.0, 0.6, 0.6, 0.84, 0.84, 0.936], abs=1e-7
    )
    assert (found.all.quantile(0.6), found.all.quantile(0.61), found.all.quantile(0.9)) == (3.0, 6.5, 10.0)
    assert found.all.blur == 0.0


def test_a_fixed_time_that_may_be_followed_by_a_smooth_one_keeps_its_jump() -> None:
    maybe = timed_process(2, 1, outcomes_from([0, 0, 1], [1, 2, 2], [0.5, 0.5, 1.0]), [Constant(2.0), Exponential(1.0)])
    found = cycle_time(maybe)
    assert float(found.all.cdf(1.9999)) == pytest.approx(0.0, abs=found.error)
    assert float(found.all.cdf(2.0)) == pytest.approx(0.5, abs=found.error)
    t = np.linspace(2.0, 12.0, 300)
    assert np.abs(found.all.cdf(t) - (0.5 + 0.5 * (1 - np.exp(-(t - 2))))).max() <= found.error
    assert found.all.quantile(0.3) == 2.0


def test_a_wait_that_is_often_nothing_starts_with_a_jump_at_zero() -> None:
    found = cycle_time(_line([Mixture((Constant(0.0), Exponential(1.0)), (0.7, 0.3))]))
    t = np.linspace(0, 8, 300)
    assert np.abs(found.all.cdf(t) - (1 - 0.3 * np.exp(-t))).max() <= found.error < 1e-4


def test_sums_on_one_node_are_the_same_as_two_nodes() -> None:
    together = cycle_time(_line([Sum((Gamma(2.0, 1.0), Uniform(0.0, 3.0), Constant(1.0)))]))
    apart = cycle_time(_line([Gamma(2.0, 1.0), Uniform(0.0, 3.0), Constant(1.0)]), lattice=together.lattice)
    t = np.linspace(0, 15, 200)
    assert together.all.cdf(t) == pytest.approx(apart.all.cdf(t), abs=1e-8)


def test_a_process_that_takes_no_time_is_over_at_once() -> None:
    found = cycle_time(_line([Constant(0.0)]))
    assert float(found.all.cdf(0.0)) == pytest.approx(1.0, abs=1e-7)


# --- random processes -----------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whole_number_times_give_the_law_walked_out_for_every_end(seed: int) -> None:
    process = random_process(seed, n=6, k=2, least_exit=0.25)
    rng = np.random.default_rng(seed)
    amount, extra = rng.integers(1, 4, process.n), rng.integers(0, 3, process.outcomes.count)
    walked = np.cumsum(law_by_walk(process, amount, extra, horizon=300), axis=0)
    timed = timed_process(
        process.n, 2, process.outcomes, [Constant(float(a)) for a in amount], [Constant(float(e)) for e in extra]
    )
    found = cycle_time(timed)
    t = np.arange(min(300, int(found.all.reach)))
    for end in range(2):
        assert found.ends[end].cdf(t) == pytest.approx(walked[t, end], abs=2e-7)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_told_error_holds_against_a_lattice_eight_times_as_fine(seed: int) -> None:
    _, timed = _random(seed, LAWS)
    rough, fine = cycle_time(timed, Settings(lattice_points=1024)), cycle_time(timed, Settings(lattice_points=8192))
    t = np.linspace(0, rough.mean + 6 * rough.sd, 1500)
    assert np.abs(rough.all.cdf(t) - fine.all.cdf(t)).max() <= rough.error + fine.error
    for end in range(2):
        assert np.abs(rough.ends[end].cdf(t) - fine.ends[end].cdf(t)).max() <= rough.error + fine.error


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_laws_by_end_add_up_and_their_means_are_those_of_the_moments(seed: int) -> None:
    _, timed = _random(seed, [*LAWS, Constant(1.5), Empirical((0.5, 2.5))])
    found = cycle_time(timed)
    t = np.linspace(0, found.mean + 8 * found.sd, 400)
    assert sum(law.cdf(t) for law in found.ends) == pytest.approx(found.all.cdf(t), abs=5e-4)
    assert found.all.mean_within == pytest.approx(found.mean, rel=2e-3)
    for end, law in enumerate(found.ends):
        part = given_end(timed.factor, timed.time, end, timed.outcomes)
        assert law.mean_within / law.total == pytest.approx(part.mean, rel=5e-3)


def test_observed_values_that_share_no_step_are_told_with_a_blur() -> None:
    rng = np.random.default_rng(1)
    values = tuple(rng.uniform(1.0, 9.0, 40).tolist())
    found = cycle_time(_line([Empirical(values), Empirical(values)]), Settings(lattice_points=500))
    pairs = np.sort(np.add.outer(values, values).ravel())
    t = np.linspace(0, 20, 3000)
    truth = lambda x: np.searchsorted(pairs, x, side="right") / len(pairs)  # noqa: E731
    blur, slack = found.all.blur, found.error + 1e-3
    assert 0 < blur < 1.0
    assert np.all(found.all.cdf(t) <= truth(t + blur) + slack)
    assert np.all(found.all.cdf(t) >= truth(t - blur) - slack)


def test_a_far_deadline_stretches_the_lattice() -> None:
    found = cycle_time(_line([Exponential(1.0)]), reach=100.0)
    assert found.all.reach > 100.0
    assert found.all.quantile(1.0 - 1e-9) < np.inf


def test_figures_beyond_the_lattice_say_so() -> None:
    heavy = cycle_time(_line([Lognormal(1.0, 30.0)]), lattice=Lattice(0.05, 300))
    assert heavy.all.quantile(0.9999) == np.inf
    with pytest.raises(LawError):
        heavy.all.quantile(1.5)


# --- slopes ----------------------------------------------------------------------------------------------------------


def _raw_cdf(timed: TimedProcess, found: CycleTime, t: np.ndarray, end: int | None = None) -> np.ndarray:
    """The law read without clipping, straight from the transforms, for differences to compare with."""
    masses = Transforms(timed, found.lattice, Settings()).masses()
    mass = masses.sum(axis=0) if end is None else masses[end]
    up_to = np.cumsum(mass)
    up_to[:-1] += np.diff(mass) / 24
    return np.interp(t, found.lattice.half_points, up_to)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("end", [None, 1])
def test_slopes_of_the_law_in_shares_equal_central_differences(seed: int, end: int | None) -> None:
    process, timed = _random(seed, LAWS, n=5)
    found = cycle_time(timed)
    t = found.mean + found.sd * np.array([-0.3, 0.5, 2.0])
    slopes = cdf_slopes(timed, found, t, end).along("proportional")
    step = 1e-6
    for entry in range(0, process.outcomes.count, 3):
        delta = step * direction(process.outcomes, [entry], "proportional")
        sides = []
        for sign in (1, -1):
            share = process.outcomes.share + sign * delta
            if share.min() < 0:
                break
            moved = outcomes_from(process.outcomes.row, process.outcomes.target, share)
            again = timed_process(timed.n, timed.k, moved, timed.laws, timed.outcome_laws)
            sides.append(_raw_cdf(again, found, t, end))
        if len(sides) == 2:
            assert slopes[:, entry] == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_slopes_of_the_law_in_durations_equal_central_differences(seed: int) -> None:
    _, timed = _random(seed, LAWS, n=5)
    found = cycle_time(timed)
    t = found.mean + found.sd * np.array([-0.3, 0.5, 2.0])
    slopes = cdf_slopes(timed, found, t).stretches
    step = 1e-4
    for node in range(timed.n):
        sides = []
        for sign in (1, -1):
            laws = list(timed.laws)
            laws[node] = laws[node].scaled(1 + sign * step)
            sides.append(_raw_cdf(timed_process(timed.n, timed.k, timed.outcomes, laws, timed.outcome_laws), found, t))
        assert slopes[:, node] == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=1e-3, abs=1e-5)


def test_the_slope_of_a_quantile_follows_the_closed_form() -> None:
    # Geometric rounds of an exponential step: exponential with mean 1 / (1 - q), so q95 = ln 20 / (1 - q).
    loop = timed_process(1, 1, outcomes_from([0, 0], [0, 1], [0.5, 0.5], payer=[1, -1]), [Exponential(1.0)])
    found = cycle_time(loop)
    slopes = quantile_slopes(loop, found, [0.5, 0.95])
    assert slopes.along("from_pass")[:, 0] == pytest.approx(np.log([2, 20]) / 0.25, rel=1e-3)
    assert slopes.stretches[:, 0] == pytest.approx(np.log([2, 20]) / 0.5, rel=1e-3)


def test_being_late_with_fixed_times_has_exact_slopes() -> None:
    loop = timed_process(1, 1, outcomes_from([0, 0], [0, 1], [0.4, 0.6], payer=[1, -1]), [Constant(3.0)])
    found = cycle_time(loop)
    slope = -cdf_slopes(loop, found, [7.0]).along("from_pass")[0, 0]  # late after 7 = two rounds were not enough = q^2
    assert slope == pytest.approx(2 * 0.4, rel=1e-6)


# --- open cases -------------------------------------------------------------------------------------------------------


def test_an_open_case_starts_with_what_remains_and_goes_on() -> None:
    line = _line([Uniform(0.0, 4.0), Exponential(1.0)])
    aged, fresh, last = open_case_times(
        line, [0, 0, 1], [Uniform(0.0, 4.0).residual(3.0), Uniform(0.0, 4.0), Exponential(1.0).residual(9.0)]
    )
    assert (aged.mean, fresh.mean, last.mean) == pytest.approx((1.5, 3.0, 1.0))
    t = np.linspace(0.5, 12, 100)
    whole = cycle_time(line)
    assert fresh.all.cdf(t) == pytest.approx(whole.all.cdf(t), abs=1e-5)
    assert last.all.cdf(t) == pytest.approx(1 - np.exp(-t), abs=1e-5)
    later = t[t > 1]
    assert aged.all.cdf(later) == pytest.approx(1 - np.exp(-later) * (np.e - 1), abs=1e-5)


def test_an_overdue_case_is_due_now() -> None:
    line = _line([Constant(2.0), Constant(3.0)])
    (found,) = open_case_times(line, [0], [Constant(2.0).residual(5.0)])
    assert float(found.all.cdf(2.9)) == pytest.approx(0.0, abs=1e-7)
    assert float(found.all.cdf(3.0)) == pytest.approx(1.0, abs=1e-7)


def test_open_cases_know_how_they_will_end_from_where_they_are() -> None:
    out = outcomes_from([0, 0, 1], [1, 3, 2], [0.6, 0.4, 1.0])
    timed = timed_process(2, 2, out, [Exponential(1.0), Gamma(2.0, 1.0)])
    start, late = open_case_times(timed, [0, 1], [Exponential(1.0), Gamma(2.0, 1.0).residual(1.0)])
    assert [law.total for law in start.ends] == pytest.approx([0.6, 0.4])
    assert [law.total for law in late.ends] == pytest.approx([1.0, 0.0])
    assert float(start.ends[1].cdf(1.0)) == pytest.approx(0.4 * (1 - np.exp(-1)), abs=1e-5)
    assert open_case_times(timed, [], []) == ()


@pytest.mark.parametrize("laws", [[Exponential(1.0)], [Exponential(1.0), None, None]])
def test_laws_must_fit_the_process(laws: list[Law | None]) -> None:
    with pytest.raises(ChainError, match="as many laws"):
        timed_process(2, 1, outcomes_from([0, 1], [1, 2], [1.0, 1.0]), laws)


def test_a_start_of_several_cases_has_no_single_law() -> None:
    with pytest.raises(ChainError, match="adds up to 1"):
        timed_process(1, 1, outcomes_from([0], [1], [1.0]), [Exponential(1.0)], start=[3.0])
    with pytest.raises(ChainError, match="no outcome"):
        timed_process(2, 1, outcomes_from([0], [2], [1.0]), [None, None])
    assert factorise(_line([Constant(1.0)]).chain).visits().tolist() == [1.0]
