"""Learned influences as the language writes them: `each +1 adds x`, with what they rest on."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor

from mpmflow.analysis.risk.influences import causes_of
from mpmflow.model.imports import with_imports
from mpmflow.model.measures import Cause, Each, Evidence, Indicator, Lag, Saturating
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.quantities import Quantity
from mpmflow.model.units import parse_unit

from .learned import LearnedCause, LearnedCauses, learned_causes, propose_causes

NOTE = "predictive, not causal"
_SPANS = (("w", 604_800.0), ("d", 86_400.0), ("h", 3_600.0))


def learn(model: Model, observations: Observations, *, propose: bool = False) -> LearnedCauses:
    """The influences that a model calls `learned`, or with `propose` links that nobody declared, as an answer."""
    found = propose_causes(model, observations) if propose else learned_causes(model, observations)
    declared = {(one.source, one.effect): one for one in causes_of(model)}
    made = [(one, written(model, one, declared.get((one.source, one.effect)))) for one in found]
    notes = []
    if not found:
        notes.append(
            "There is no pair to look at: a candidate needs data of a metric that comes after the process, and of an "
            "indicator or metric that leads to it."
            if propose
            else "No cause of the model is learned: write `cause A -> B { learned, lag 0w to 6w }`."
        )
    return LearnedCauses(
        causes=tuple(said(model, one) for one in found),
        declared=not propose,
        lines=tuple(_line(cause) for _, cause in made if cause is not None),
        notes=tuple(notes),
    )


def said(model: Model, found: LearnedCause) -> LearnedCause:
    """The same with the units in which people say its gain."""
    step, unit = _step(model, found.source), _unit(model, found.effect)
    scale = float(step.base) / float(parse_unit(unit).factor)
    return replace(found, step=f"+{step}", unit=unit, scale=scale)


def _line(cause: Cause) -> str:
    head, *clauses = Model(causes=(cause,)).to_text().strip().splitlines()
    if not clauses:
        return head
    return f"{head} {', '.join(clause.strip() for clause in clauses[:-1])} }}"


def written(model: Model, found: LearnedCause, declared: Cause | None = None) -> Cause | None:
    """The cause that says what was learned, in the units of source and effect; None for a link that was not found.

    Args:
        declared: the cause as it stands; its lag is kept, and whatever else is not learned.
    """
    if not found.found or found.gain is None or found.mean_lag is None or found.gain_error is None:
        return None
    step = _step(model, found.source)
    unit = _unit(model, found.effect)
    adds = found.gain * float(step.base) / float(parse_unit(unit).factor)
    strength: Each | Saturating = Each(step=step, adds=Quantity(value=_figures(adds), unit=unit))
    if found.half is not None and found.ceiling is not None:
        most = Quantity(value=_figures(found.ceiling / float(parse_unit(unit).factor)), unit=unit)
        half = Quantity(value=_figures(found.half / float(step.base)), unit=step.unit)
        strength = Saturating(most=most, half=half)
    lag = declared.lag if declared is not None and declared.lag is not None else _lag(found)
    evidence = Evidence(grade="associated", note=f"learned from {found.periods} periods: {NOTE}")
    doubt = abs(found.gain_error / found.gain) if found.gain else 1.0
    # The uncertainty that evaluations give to these words comes nearest to the error that was found.
    confidence = Fraction(4, 5) if doubt <= 0.35 else Fraction(3, 5) if doubt <= 0.7 else Fraction(3, 10)
    plain = declared or Cause(source=found.source, effect=found.effect)
    return plain.model_copy(update={"lag": lag, "strength": strength, "confidence": confidence, "evidence": evidence})


def _lag(found: LearnedCause) -> Lag:
    """The lag as a span of whole weeks, days or hours about its mean, from when the effect begins to show."""
    mean, delay = found.mean_lag or 0.0, found.delay or 0.0
    early = min(delay, mean)
    late = 2.0 * mean - early
    unit, size = next((one for one in _SPANS if late >= one[1]), _SPANS[-1])
    low, high = floor(early / size + 0.25), max(round(late / size), floor(early / size + 0.25))
    return Lag(low=Quantity(value=Fraction(low), unit=unit), high=Quantity(value=Fraction(high), unit=unit))


def _step(model: Model, name: str) -> Quantity:
    """One more of the source, in a unit that people count in."""
    unit = _unit(model, name)
    if unit == "s":
        return Quantity(value=Fraction(1), unit="d")
    if unit == "1/s":
        return Quantity(value=Fraction(1), unit="1/w")
    return Quantity(value=Fraction(1), unit=unit)


def _unit(model: Model, name: str) -> str:
    """The unit of a metric or indicator, "" for a pure number."""
    for one in with_imports(model):
        if name in one.metrics.names:
            return one.metrics[name].unit or ""
        for indicator in one.indicators:
            if indicator.name == name:
                return "" if isinstance(indicator, Indicator) else indicator.unit
    return ""


def _figures(value: float) -> Fraction:
    """Two figures: more would promise more than was learned."""
    return Fraction(f"{value:.2g}")
