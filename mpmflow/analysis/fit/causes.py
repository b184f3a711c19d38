"""The causes that a text calls `learned`, fitted beside its numbers."""

from __future__ import annotations

from dataclasses import replace

from mpmflow.analysis.learned.in_text import with_learned
from mpmflow.analysis.learned.learned import learned_causes
from mpmflow.analysis.learned.written import said
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .fitted import Fit


def asks_for_causes(model: Model) -> bool:
    """Whether a cause of the model has no strength of its own."""
    return any(cause.strength is None or cause.strength.kind == "learned" for cause in model.causes)


def with_causes(found: Fit, model: Model, observations: Observations, name: str) -> Fit:
    """The fit with what the history says of learned causes, in its model and its text; `name` is the text's."""
    causes = tuple(said(model, one) for one in learned_causes(model, observations))
    fitted, text = with_learned(found.model, found.text, name, causes)
    return replace(found, model=fitted, text=text, causes=causes)
