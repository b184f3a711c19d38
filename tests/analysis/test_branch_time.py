"""The time of a parallel block from the laws of its branches, against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mpmflow.analysis.exact.branch_time import BranchSpell, Spell, join_all, join_first
from mpmflow.numerics.times.laws import Constant, Exponential, Law


def sure(law: Law) -> BranchSpell:
    return BranchSpell(1.0, law, None)


def passed(found: tuple[Spell | None, Spell | None]) -> Spell:
    assert found[0] is not None
    return found[0]


def variance(spell: Spell) -> float:
    return spell.second - spell.mean**2


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_greatest_and_least_of_exponential_times_have_harmonic_means(count: int) -> None:
    branches = [sure(Exponential(1.0))] * count
    every, first = passed(join_all(branches)), passed(join_first(branches))
    assert every.mean == pytest.approx(sum(1 / i for i in range(1, count + 1)), rel=1e-9)
    assert variance(every) == pytest.approx(sum(1 / i**2 for i in range(1, count + 1)), rel=1e-9)
    assert first.mean == pytest.approx(1 / count, rel=1e-9)


def test_fixed_times_take_the_longest_or_the_shortest_exactly() -> None:
    branches = [sure(Constant(10.0)), sure(Constant(20.0))]
    every, first = passed(join_all(branches)), passed(join_first(branches))
    assert (every.mean, variance(every), every.law.mean) == pytest.approx((20.0, 0.0, 20.0))
    assert (first.mean, first.law.mean) == pytest.approx((10.0, 10.0))
    assert every.exact


def test_unlike_branches() -> None:
    """E max = 1/a + 1/b - 1/(a + b), E min = 1/(a + b)."""
    branches = [sure(Exponential(2.0)), sure(Exponential(3.0))]
    assert passed(join_all(branches)).mean == pytest.approx(2 + 3 - 1 / (1 / 2 + 1 / 3), rel=1e-9)
    assert passed(join_first(branches)).mean == pytest.approx(1 / (1 / 2 + 1 / 3), rel=1e-9)


def test_a_branch_that_loses_its_case_loses_it_when_all_have_ended() -> None:
    branches = [BranchSpell(chance, Exponential(1.0), Exponential(1.0)) for chance in (0.8, 0.9)]
    t = np.array([1.3])
    by = 1 - np.exp(-t)
    done, lost = join_all(branches)
    assert done is not None
    assert lost is not None
    assert (done.chance, lost.chance) == pytest.approx((0.72, 0.28))
    assert done.reached(t) == pytest.approx(0.72 * by**2)
    assert lost.reached(t) == pytest.approx(0.28 * by**2)
    assert lost.mean == pytest.approx(1.5, rel=1e-9)


def test_the_first_that_ends_well_goes_on_and_only_if_none_does_is_the_case_lost() -> None:
    branches = [BranchSpell(chance, Exponential(1.0), Exponential(1.0)) for chance in (0.8, 0.9)]
    t = np.array([1.3])
    by = 1 - np.exp(-t)
    done, lost = join_first(branches)
    assert done is not None
    assert lost is not None
    assert (done.chance, lost.chance) == pytest.approx((0.98, 0.02))
    assert done.reached(t) == pytest.approx(1 - (1 - 0.8 * by) * (1 - 0.9 * by))
    assert lost.reached(t) == pytest.approx(0.02 * by**2)


def test_who_is_never_lost_has_no_time_of_being_lost() -> None:
    assert join_all([sure(Exponential(1.0))] * 2)[1] is None
    assert join_first([sure(Exponential(1.0)), BranchSpell(0.5, Exponential(1.0), Constant(2.0))])[1] is None
