"""What stands out: which cause comes first, what it is expected to lead to, which metrics it warns of, what it leaves
unexplained.
"""

from __future__ import annotations

from collections.abc import Sequence

from .figures import Consequence, Headline, IndicatorFigure, MetricFigure, WarningTime
from .pathways import Pathways

LAGGING = ("output", "operational", "outcome")
SEVERITY = {"alert": 3, "warn": 2, "pending": 1}
SURE = 0.9
"""A source counts as worse than expected from this probability on."""
NOTICEABLE = 0.01
"""A consequence is told if it changes its metric by this share of the baseline."""
EXPLAINS = 0.2
"""A cause explains a metric if it is behind this part of its harmful change."""
LIKELY = 0.5


def worse(row: IndicatorFigure | None) -> bool:
    """Whether an indicator is (very likely) worse than expected, or one of its rules fires."""
    return row is not None and (row.state in ("warn", "alert") or (row.p_worse is not None and row.p_worse >= SURE))


def harm(row: MetricFigure, source: str) -> float:
    """How much of a metric's level a source takes away; above 0 if it makes the metric worse, 0 without a direction."""
    part = row.by.get(source, 0.0)
    if row.better is None or not part:
        return 0.0
    scale = abs(row.baseline) if row.baseline else sum(abs(other) for other in row.by.values())
    return (-part if row.better == "higher" else part) / scale if scale else 0.0


def warnings_of(ways: Pathways, sources: Sequence[str], metrics: Sequence[MetricFigure]) -> tuple[WarningTime, ...]:
    """Leading indicator and lagging metric in pairs, with the time from the one to the other by the strongest way."""
    lagging = [row.name for row in metrics if row.category in LAGGING]
    found = []
    for source in sources:
        for name in lagging:
            best = next(iter(ways.between(source, name)), None) if name != source else None
            if best is not None:
                found.append(WarningTime(source, name, best.lag, best.evidence, best.gain, best.names))
    return tuple(found)


def headlines_of(
    indicators: Sequence[IndicatorFigure], metrics: Sequence[MetricFigure], sources: Sequence[str]
) -> tuple[Headline, ...]:
    """The causes that stand out, the gravest first: those that are worse than expected and harm some metric."""
    by_name = {row.name: row for row in indicators}
    ranked = []
    for source in sources:
        row = by_name.get(source)
        hurt = {metric.name: harm(metric, source) for metric in metrics}
        total = sum(amount for amount in hurt.values() if amount > 0.0)
        state = SEVERITY.get(row.state, 0) if row is not None else 0
        moved_by_itself = any(metric.name == source for metric in metrics)
        if (worse(row) or (moved_by_itself and total > 0.05)) and max(hurt.values(), default=0.0) >= NOTICEABLE:
            ranked.append((source, state, total))
    # A rule that somebody wrote says what matters; among what it leaves equal, the damage decides.
    ranked.sort(key=lambda one: (-one[2] * (1.0 + one[1]), one[0]))
    troubled = [row for row in metrics if row.p_miss is not None and row.p_miss >= LIKELY]
    found = []
    for source, _, _ in ranked[:3]:
        consequences = [
            Consequence(row.name, row.reaches_on, row.by[source])
            for row in metrics
            if row.name != source and harm(row, source) >= NOTICEABLE
        ]
        consequences.sort(key=lambda one: (one.on is None, one.on, one.name))
        unexplained = [row.name for row in troubled if row.name != source and _share(row, source) < EXPLAINS]
        found.append(Headline(source, tuple(consequences), tuple(unexplained)))
    return tuple(found)


def _share(row: MetricFigure, source: str) -> float:
    """Which part of a metric's harmful change comes from a source."""
    bad = {name: harm(row, name) for name in row.by}
    total = sum(amount for amount in bad.values() if amount > 0.0)
    return max(bad.get(source, 0.0), 0.0) / total if total > 0.0 else 0.0
