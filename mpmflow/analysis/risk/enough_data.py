"""Whether there is enough data for an evaluation: what to add where there is none, and where data end or run thin."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Decision, Step

from .current_model import nodes_in
from .estimate import full_periods

THIN = 0.25
"""A last period with less than this part of what is usual is called thin."""
UNCLAIMED = 0.25
"""From this part of the events on that no statement claims, it is said before everything else."""


def require_something(model: Model, observations: Observations) -> None:
    """A DataError that says what to add, where there is nothing that could be judged."""
    seen = observations.coverage
    if not full_periods(observations):
        raise DataError(
            f"nothing was observed: a log is judged by full {period_word(observations)}s, and up to "
            f"{last_day(observations, -1)} there is none; choose a later day to judge as of"
        )
    counted = [*observations.outcomes.values(), *observations.arrivals.values()]
    fits = any(any(row) for row in counted) or bool(observations.durations)
    values = [value for row in observations.series.values() for value in row if value is not None]
    if seen.events and sum(count for _, count in seen.unmatched) >= seen.events and not any(values):
        known = [node.name for node in nodes_in(model, Step, Decision)]
        raise DataError(
            f"no event of the log fits a workflow: its activities are {listed([name for name, _ in seen.unmatched])}; "
            f'the steps and decisions are {listed(known)}. Say `seen as "ACTIVITY"` on the steps and outcomes that '
            "events show"
        )
    if not fits and not values:
        outcomes = [f"{node.name}.{one.name}" for node in nodes_in(model, Decision) for one in node.outcomes]
        names = [metric.name for metric in metrics_of(model)] + outcomes
        notes = "".join(f" ({note.rstrip('.')})" for note in seen.notes[:2])
        raise DataError(
            f"nothing was observed{notes}: give a log with the events of cases, or a series with a column for a metric "
            f"or an indicator{', such as ' + listed(names) if names else ''}"
        )


def cautions(observations: Observations, periods: int) -> tuple[str, ...]:
    """Where much of the log is not understood; where the data end before the day of asking, or run thin before it."""
    return (*_unclaimed(observations), *_thin(observations, periods))


def _unclaimed(observations: Observations) -> tuple[str, ...]:
    seen = observations.coverage
    count = sum(events for _, events in seen.unmatched)
    if not seen.events or count < UNCLAIMED * seen.events:
        return ()
    named = ", ".join(f"“{activity}”" for activity, _ in seen.unmatched[:3])
    return (
        f"{count / seen.events:.0%} of the events are not used, for no statement claims them: {named}"
        f"{' and others' if len(seen.unmatched) > 3 else ''}. Say `seen as` on the step or outcome that they show, or "
        "`ignore` them in the data block.",
    )


def _thin(observations: Observations, periods: int) -> tuple[str, ...]:
    word = period_word(observations)
    work = np.zeros(periods)
    for counts in observations.outcomes.values():
        work += np.asarray(counts[:periods], dtype=float)
    for seen in observations.durations.values():
        work += np.asarray(seen.visits[:periods], dtype=float)
    known = work > 0.0
    for row in observations.series.values():
        known |= np.array([bool(value) for value in row[:periods]], dtype=bool)
    last = int(np.flatnonzero(known)[-1]) if known.any() else -1
    if 0 <= last < periods - 1:
        empty = periods - 1 - last
        which = f"the {word} after it is" if empty == 1 else f"the {empty} {word}s after it are"
        return (f"The data end on {last_day(observations, last)}: {which} empty.",)
    usual = float(np.median(work[max(0, periods - 9) : periods - 1])) if periods >= 5 else 0.0
    if usual > 0.0 and work[-1] < THIN * usual:
        return (
            f"The last full {word} holds {work[-1]:,.0f} decisions and visits where {usual:,.0f} are usual: "
            "what was seen last says little, and the data may end early.",
        )
    return ()


def period_word(observations: Observations) -> str:
    """What a period is called."""
    return "week" if abs(observations.period - 604800.0) < 1.0 else "period"


def last_day(observations: Observations, period: int) -> date:
    """The last day of a period."""
    return (observations.ends[period] - timedelta(microseconds=1)).date()


def listed(names: list[str], most: int = 4) -> str:
    """Names in a sentence, the first few of many.

    >>> listed(["brief", "copy"]), listed(list("abcdef"))
    ('`brief`, `copy`', '`a`, `b`, `c`, `d` and 2 others')
    """
    told = ", ".join(f"`{name}`" for name in names[:most])
    left = len(names) - most
    return f"{told} and {left} other{'s' if left > 1 else ''}" if left > 0 else told


def metrics_of(model: Model) -> list[Metric]:
    """All metrics, those of imported files too."""
    found = list(model.metrics)
    for imported in model.imports:
        found += metrics_of(imported.model)
    return found
