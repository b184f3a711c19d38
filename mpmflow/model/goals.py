"""Objectives in cascade, initiatives, commitments, benchmarks."""

from __future__ import annotations

from datetime import date
from typing import Literal

from .base import Allow, DottedName, Line, Name, Part, Statement
from .measures import Target
from .quantities import Quantity

Level = Literal["enterprise", "business_unit", "department", "function"]
LEVELS: tuple[Level, ...] = ("enterprise", "business_unit", "department", "function")


class Objective(Statement):
    """A goal of one level of the organisation, measured by metrics; `children` are the goals that serve it."""

    level: Level
    measured_by: tuple[Name, ...] = ()
    target: Target | None = None
    owner: Line | None = None
    children: tuple[Objective, ...] = ()


class Move(Part):
    """What an initiative changes: a lever from one level to another, by a date."""

    lever: DottedName
    start: Quantity
    goal: Quantity
    by: date | None = None


class Initiative(Statement):
    """Something that somebody undertakes to move levers, what it costs, and which objectives it serves."""

    moves: tuple[Move, ...] = ()
    costs: Quantity | None = None
    owner: Line | None = None
    serves: tuple[Name, ...] = ()


class Promise(Part):
    """A metric's level that is promised."""

    metric: Name
    target: Target


class Reminder(Part):
    """Actions that a commitment asks for: so long `before` each of its dates; without, while it is in danger."""

    actions: tuple[Name, ...]
    before: tuple[Quantity, ...] = ()


class Commitment(Statement):
    """A promise by somebody, with consequences either way, and who is reminded of it when."""

    by: Line | None = None
    promises: tuple[Promise, ...] = ()
    if_met: Line | None = None
    if_missed: Line | None = None
    reminders: tuple[Reminder, ...] = ()


class Benchmark(Part):
    """What others reach on a metric, and where that figure comes from."""

    allow: tuple[Allow, ...] = ()
    metric: Name
    value: Quantity
    label: Line | None = None
    source: Line | None = None
