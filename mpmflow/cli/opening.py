"""How a verb that asks a question opens its file: errors end it, warnings are mentioned in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diagnostics.errors import MpmError
from . import terminal

if TYPE_CHECKING:
    from ..model.model import Model


def open_model(file: str, *, root: str | None = None, quiet: bool = False) -> Model:
    """The model of a file. Raises MpmError with all diagnostics if it has errors."""
    from .. import api

    compiled = api.read(file, root=root)
    if compiled.model is None or compiled.errors:
        raise MpmError(compiled.diagnostics)
    if compiled.diagnostics:
        from ..diagnostics.text import summary

        terminal.say(f"{file}: {summary(compiled.diagnostics)}; see mpmflow check {file}", quiet=quiet)
    return compiled.model
