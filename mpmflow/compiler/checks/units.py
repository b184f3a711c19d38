"""Units: every formula, threshold, target, setting and observed value measures what it is about."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from .subject import Subject


def expressions(subject: Subject) -> Iterator[Finding]:
    """Formulas of metrics and indicators."""
    for metric in subject.model.metrics:
        subject.units.of_name(metric.name)
    for indicator in subject.model.declared_indicators:
        subject.units.of_name(indicator.name)
    yield from subject.units.findings
