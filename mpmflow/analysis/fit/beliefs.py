"""What is known of a number, and how that stands beside what was declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mpmflow.numerics.statistics.estimates import MeanEstimate, OutcomePosterior
from mpmflow.numerics.statistics.fitted_laws import FittedLaw

from .fitted import LEVEL

TAIL = 0.5 * (1.0 - LEVEL)


@dataclass(frozen=True)
class Belief:
    """What is known of a number: its quantiles, and the chance that it lies above another one."""

    mean: float
    sd: float
    quantile: Callable[[float], float]
    above: Callable[[float], float]
    scale: Callable[[float], float]

    def against(self, declared: float | None) -> dict[str, Any]:
        """The fields of a `FittedNumber` that compare it with what was declared."""
        low, high = self.quantile(TAIL), self.quantile(1.0 - TAIL)
        if not (np.isfinite(low) and np.isfinite(high)):
            return {"low": None, "high": None}
        found: dict[str, Any] = {"low": low, "high": high}
        if declared is not None:
            above = self.above(declared)
            found["p_contradicted"] = above if self.mean >= declared else 1.0 - above
            found["contradicted"] = not low <= declared <= high
            width = (self.scale(high) - self.scale(low)) / 3.29  # standard deviations in a 90 % interval
            away = abs(self.scale(self.mean) - self.scale(declared))
            found["surprise"] = away / width if width > 0 else (0.0 if away < 1e-9 else 99.0)
        return found


def of_share(posterior: OutcomePosterior, index: int) -> Belief:
    return Belief(
        float(posterior.mean[index]),
        float(posterior.sd[index]),
        lambda probability: float(posterior.quantile(probability)[index]),
        lambda reference: posterior.probability_worse(index, reference),
        lambda share: float(np.log(max(share, 1e-4) / max(1.0 - share, 1e-4))),
    )


def of_mean(mean: MeanEstimate) -> Belief:
    return Belief(
        mean.mean,
        mean.standard_error,
        mean.quantile,
        mean.probability_above,
        lambda seconds: float(np.log(max(seconds, 1e-9))),
    )


def of_time(best: FittedLaw, mean: MeanEstimate) -> Belief:
    return of_mean(replace(mean, standard_error=max(mean.standard_error, 1e-9 * mean.mean)))
