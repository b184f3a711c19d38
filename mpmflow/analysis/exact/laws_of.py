"""The laws of a process's times as the numeric engines know them, with the degenerate ones made fixed times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.work_time import Timing
from mpmflow.numerics.faults import LawError
from mpmflow.numerics.times import laws
from mpmflow.numerics.times.compound import Mixture

Samples = Mapping[tuple[str, str], Sequence[float]]
"""Observed seconds of empirical laws, by file and column as the model names them."""


def law_of(timing: Timing, samples: Samples | None = None, where: str = "") -> laws.Law:
    """The law of a timing, in working seconds; `Timing.stretch` is not applied.

    A spread of nothing makes a fixed time: `4h to 4h`, an sd of 0, an exponential with mean 0.

    Raises `ModelFault` when the parameters make no law, or when the file of an empirical law was not read.

    >>> law_of(Timing("uniform", (0.0, 4.0))).mean, law_of(Timing("uniform", (4.0, 4.0)))
    (2.0, Constant(value=4.0))
    """
    given = timing.parameters
    try:
        if timing.law == "constant":
            return laws.Constant(*given)
        if timing.law == "empirical":
            return _empirical(timing, samples, where)
        if timing.law == "queue":
            delayed, mean = given
            if delayed <= 0.0 or mean <= 0.0:
                return laws.Constant(0.0)
            waits = laws.Exponential(mean / delayed)
            return Mixture((laws.Constant(0.0), waits), (1.0 - delayed, delayed)) if delayed < 1.0 else waits
        if timing.law in ("uniform", "triangular") and given[0] == given[-1]:
            return laws.Constant(given[0])
        if timing.law in ("normal", "lognormal", "gamma") and given[1] == 0.0:
            return laws.Constant(given[0])
        if timing.law in ("exponential", "weibull") and given[-1] == 0.0:
            return laws.Constant(0.0)
        return _LAWS[timing.law](*given)
    except LawError as fault:
        raise ModelFault(where or timing.law, str(fault).rstrip("."), "Mend the duration.") from fault


def _empirical(timing: Timing, samples: Samples | None, where: str) -> laws.Law:
    assert timing.source is not None
    found = (samples or {}).get(timing.source)
    if found is None:
        file, column = timing.source
        mend = "Open the model with mpmflow.load, which reads such files, or hand the values over as samples."
        raise ModelFault(where or "empirical", f"the times in column {column!r} of {file!r} were not read", mend)
    law = laws.Empirical(tuple(float(value) for value in found))
    return law.scaled(timing.parameters[0]) if timing.parameters else law


_LAWS: dict[str, Callable[..., laws.Law]] = {
    "uniform": laws.Uniform,
    "exponential": laws.Exponential,
    "triangular": laws.Triangular,
    "normal": laws.CutNormal,
    "lognormal": laws.Lognormal,
    "gamma": laws.Gamma,
    "weibull": laws.Weibull,
}
