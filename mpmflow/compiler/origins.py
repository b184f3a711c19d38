"""Where a model was read: remembered beside it, for as long as it lives.

Models know no places and no paths, so that equal models are equal, whatever they were read from.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mpmflow.diagnostics.source import Source, Span

if TYPE_CHECKING:
    from mpmflow.model.model import Model


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model was read: the folder that its paths start from, the places of its parts, and its text."""

    folder: Path = field(default_factory=Path)
    places: Mapping[str, Span] = field(default_factory=dict)
    source: Source | None = None

    def place(self, name: str) -> Span | None:
        """The place of a part by its dotted name, or of what it belongs to."""
        return self.places.get(name) or self.places.get(name.partition(".")[0])


ORIGINS: dict[int, Origin] = {}
"""The origin of every living model that was read, by its identity."""


def remember(model: Model, origin: Origin) -> None:
    """Keep where this very model was read, until it goes."""
    ORIGINS[id(model)] = origin
    weakref.finalize(model, ORIGINS.pop, id(model), None)


def origin_of(model: object) -> Origin:
    """Where this very model was read; for one that was made in Python, the present folder and no places.

    Raises TypeError for what is no model, such as the name of a file.
    """
    from mpmflow.model.model import Model as Kind  # loads pydantic, which those who only open a text do without

    if not isinstance(model, Kind):
        shown = repr(model) if isinstance(model, str | Path) else f"a {type(model).__name__}"
        raise TypeError(f"a model is asked, not {shown}; `mpm.load(path)` reads one from a file")
    return ORIGINS.get(id(model), Origin())
