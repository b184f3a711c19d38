"""Method and precision knobs of the exact engine: one frozen value, passed on explicitly, never a global.

>>> Settings().lattice_points
8192
>>> Settings(lattice_points=4096) == Settings()
False
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Knobs with the defaults that the method was measured with.

    Attributes:
        row_tolerance: how far a row of routing and exits may add up beside 1 (share).
        least_exit: a strongly connected part whose exit mass (sum of the shares that leave it) is below this is
            eliminated without subtractions (GTH); ordinary elimination loses about 1e-16 / exit mass in relative
            accuracy.
        fill_limit: predicted entries of the factors over entries of the matrix; above it the next ordering is tried.
        lattice_points: about how many points the time lattice has; 8192 keeps 200 steps within 2e-5 in a seventh of a
            second.
        lattice_span: the lattice reaches to mean + lattice_span * sd.
        lattice_contour: r**M of the transform's circle; bounds the wrapped-round mass and the rounding noise alike.
        lattice_limit: most points taken to have every fixed time on the lattice; beyond it they are interpolated.
        state_limit: most states that unrolled bounded loops may take.
        block: scenarios (or frequencies) per inner loop of the batched kernels.
    """

    row_tolerance: float = 1e-9
    least_exit: float = 1e-8
    fill_limit: float = 6.0
    lattice_points: int = 8192
    lattice_span: float = 14.0
    lattice_contour: float = 1e-8
    lattice_limit: int = 32768
    state_limit: int = 200_000
    block: int = 128


DEFAULT = Settings()
