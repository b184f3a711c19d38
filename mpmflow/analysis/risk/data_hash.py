"""What was observed as one hash: equal observations have equal hashes, wherever they were read."""

from __future__ import annotations

import hashlib

from mpmflow.model.observations import Observations


def data_hash(observations: Observations) -> str:
    """SHA-256 of the observations that an evaluation rests on."""
    text = repr(
        (
            observations.starts,
            observations.as_of,
            sorted(observations.outcomes.items()),
            sorted(observations.durations.items()),
            sorted(observations.arrivals.items()),
            sorted(observations.series.items()),
            observations.open_cases,
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()
