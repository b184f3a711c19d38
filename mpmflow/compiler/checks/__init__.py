"""Checks beyond syntax: pure functions from a model to findings, one file per theme."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..findings import Finding
from . import alliances, causes, data, figures, flow, goals, names, promises, rules, sight, teams, units
from .subject import Subject

__all__ = ["ALL", "Check", "Subject"]

Check = Callable[[Subject], Iterable[Finding]]

ALL: tuple[Check, ...] = (
    names.doubles,
    names.process_names,
    names.measure_names,
    names.goal_names,
    names.test_names,
    data.columns,
    data.roles,
    units.expressions,
    units.goal_values,
    units.measure_values,
    units.setting_values,
    units.test_values,
    figures.unanswered,
    flow.shares,
    flow.effects,
    flow.routes,
    flow.calls,
    teams.unused,
    teams.loads,
    teams.priorities,
    alliances.hand_offs,
    alliances.promises,
    causes.declared,
    causes.loops,
    sight.orphans,
    sight.blind_metrics,
    sight.unmeasured_decisions,
    sight.objectives,
    sight.lagging_as_leading,
    goals.objectives,
    goals.targets,
    goals.initiatives,
    promises.consequences,
    promises.evidence,
    promises.beside_targets,
    goals.benchmarks,
    rules.conditions,
    rules.tests,
)
"""Every check, in the order in which findings about a model without places are given."""
