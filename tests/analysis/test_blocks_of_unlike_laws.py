"""Blocks whose branches have laws of different kinds: corners of one lie beside points of the other."""

import itertools
import math

import pytest
from scipy import integrate, stats

import mpmflow as mpm

HOUR, DAY = 3600.0, 86400.0


def mean_of_the_later(cdf_a, cdf_b, corner: float) -> float:
    """E max of two independent times, by adaptive quadrature of 1 - F G."""
    pieces = [0.0, corner, 2 * DAY, 4 * DAY, 20 * DAY, 400 * DAY]
    return sum(
        integrate.quad(lambda t: 1 - cdf_a(t) * cdf_b(t), low, high, limit=400)[0]
        for low, high in itertools.pairwise(pieces)
    )


@pytest.mark.parametrize("low", ["4h", "1s", "1.9999d"])
def test_a_bounded_time_beside_one_with_a_long_tail(low: str) -> None:
    model = mpm.parse(f"""workflow w {{
      parallel p {{
        branch {{ step b takes {low} to 2d }}
        branch {{ step c takes lognormal(mean 1d, sd 1d) }}
      }}
    }}""")
    start = {"4h": 4 * HOUR, "1s": 1.0, "1.9999d": 1.9999 * DAY}[low]
    even = stats.uniform(start, 2 * DAY - start)
    sigma = math.sqrt(math.log(2.0))
    tailed = stats.lognorm(sigma, scale=DAY / math.sqrt(2.0))
    expected = mean_of_the_later(even.cdf, tailed.cdf, start)
    assert mpm.analyze(model)["w"]["time.mean"] == pytest.approx(expected, rel=1e-6)
