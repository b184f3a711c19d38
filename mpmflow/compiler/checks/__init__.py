"""Checks beyond syntax: pure functions from a model to findings, one file per theme."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..findings import Finding
from . import names, units
from .subject import Subject

__all__ = ["ALL", "Check", "Subject"]

Check = Callable[[Subject], Iterable[Finding]]

ALL: tuple[Check, ...] = (
    names.doubles,
    names.process_names,
    names.measure_names,
    names.goal_names,
    names.test_names,
    units.expressions,
)
"""Every check, in the order in which findings about a model without places are given."""
