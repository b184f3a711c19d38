"""How an evaluation's rows stand, and which of them deserve a place where there is little room.

Every form in which an evaluation is told (the note on a terminal, the report, a picture) selects and orders with these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from .figures import IndicatorFigure, MetricFigure, SpreadFigure

if TYPE_CHECKING:
    from .evaluation import Evaluation
    from .teams import TeamLoad

Standing = Literal["missed", "in danger", "close", "on course", "met", "unknown", "no target"]
"""How a metric stands to its target; "missed" and "met" where its time has passed."""
STANDINGS: tuple[Standing, ...] = ("missed", "in danger", "close", "unknown", "on course", "met", "no target")
"""From what needs a look to what needs none."""
SURE = 0.9
"""A source counts as worse than expected from this probability on."""
DANGER = 0.5
"""From this chance to miss its target on a metric is in danger."""
CLOSE = 0.2
"""From this chance on it is close to being so."""
BUSY = 0.85
"""From this load on a team is told of even where nothing changed."""
ORDER = {"alert": 0, "warn": 1}


def standing(row: MetricFigure) -> Standing:
    """How a metric stands to its target.

    >>> standing(MetricFigure("leads", "Leads", "output", target=900.0, comparison="at least", p_miss=0.3))
    'close'
    """
    if row.target is None:
        return "no target"
    if row.p_miss is None:
        return "unknown"
    if row.method == "observed":
        return "missed" if row.p_miss >= DANGER else "met"
    return "in danger" if row.p_miss >= DANGER else "close" if row.p_miss >= CLOSE else "on course"


def unjudged(row: MetricFigure) -> bool:
    """Whether a target's day has passed and nobody observed what came."""
    return row.target is not None and row.p_miss is None and row.forecast is not None and row.low is None


def is_worse(row: IndicatorFigure) -> bool:
    """Whether an indicator is very likely worse than expected."""
    return row.p_worse is not None and row.p_worse >= SURE


def shown_once(rows: Iterable[IndicatorFigure]) -> list[IndicatorFigure]:
    """A named indicator stands for the one that it measures."""
    rows = list(rows)
    named = {row.measures for row in rows if row.measures is not None}
    return [row for row in rows if row.name not in named]


def troubled(rows: Iterable[MetricFigure]) -> list[MetricFigure]:
    """Metrics that are more likely to miss their targets than to meet them: what is still to come first."""
    found = [row for row in rows if standing(row) in ("missed", "in danger")]
    return sorted(found, key=lambda row: (row.method == "observed", -(row.p_miss or 0.0), row.name))


def most_urgent(rows: Iterable[MetricFigure]) -> list[MetricFigure]:
    """Metrics of which something is known: the likeliest to miss their targets first, those without one last."""
    found = [row for row in rows if row.forecast is not None or row.by]
    return sorted(found, key=lambda row: (row.p_miss is None, row.target is None, -(row.p_miss or 0.0), row.name))


def harm_of(row: MetricFigure, part: float) -> float:
    """Part of a metric's level that a source takes away; below 0 where it helps."""
    if row.better is None and row.comparison is None:
        return 0.0
    lower = row.better == "lower" or (row.better is None and row.comparison == "at most")
    scale = abs(row.baseline) if row.baseline else sum(abs(other) for other in row.by.values())
    return (part if lower else -part) / scale if scale else 0.0


def cause_harm(metrics: Iterable[MetricFigure], row: IndicatorFigure) -> float:
    """How much an indicator harms the metrics, those with a target most: what an order by importance goes by."""
    name = row.measures or row.name
    return sum(
        max(0.0, harm_of(metric, metric.by.get(name, 0.0))) * (1.0 if metric.target is not None else 0.1)
        for metric in metrics
    )


def observed_indicators(evaluation: Evaluation) -> list[IndicatorFigure]:
    """Indicators of which something was seen, each once: those in trouble first, by state, then by harm."""
    seen = [
        row
        for row in shown_once(evaluation.indicators)
        if row.observed is not None or row.enough or row.state not in ("ok", "unknown")
    ]
    return sorted(
        seen,
        key=lambda row: (
            not in_trouble(row),
            ORDER.get(row.state, 2),
            -cause_harm(evaluation.metrics, row),
            -(row.p_worse or 0.0),
            row.name,
        ),
    )


def in_trouble(row: IndicatorFigure) -> bool:
    """Whether an indicator's rules fire, or begin to, or it is very likely worse than expected."""
    return row.state in ("alert", "warn", "pending") or is_worse(row)


def places_of_rework(spread: Sequence[SpreadFigure]) -> list[SpreadFigure]:
    """Steps and decisions with more (or fewer) visits than in the reference, the largest difference first."""
    rows = [row for row in spread if row.kind not in ("metric", "team", "choose", "workflow")]
    rows = [row for row in rows if abs(row.extra_visits) >= 0.001]
    return sorted(rows, key=lambda row: (-abs(row.extra_visits), row.at))


def places_of_delay(spread: Sequence[SpreadFigure]) -> list[SpreadFigure]:
    """Steps and decisions where cases spend more (or less) time, the largest difference first."""
    rows = [row for row in spread if row.kind not in ("metric", "workflow", "team")]
    most = max((abs(row.extra_time) for row in rows), default=0.0)
    rows = [row for row in rows if abs(row.extra_time) > max(60.0, 0.01 * most)]
    return sorted(rows, key=lambda row: (-abs(row.extra_time), row.at))


def busy_teams(teams: Sequence[TeamLoad]) -> list[TeamLoad]:
    """Teams that are busier than in the reference, or nearly full; the fullest first."""
    rows = [
        row for row in teams if row.load >= BUSY or abs(row.load - row.load_before) >= 0.005 or row.p_overloaded >= 0.01
    ]
    return sorted(rows, key=lambda row: (-row.load, row.name))
