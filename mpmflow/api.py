"""The public verbs. Terminal, editor, pytest and Python scripts all call these.

Each opens the room that it needs when it is called, so that importing this module costs nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .diagnostics.errors import MpmError
from .diagnostics.reading import LIMIT, read_bytes, read_path
from .diagnostics.source import Source

if TYPE_CHECKING:
    from .compiler.pipeline import Compiled
    from .model.model import Model


def source_of(path: str | Path) -> Source:
    """The text of a file, with its name for messages; `"-"` is standard input. Raises UnreadableError."""
    if str(path) == "-":
        return read_bytes(sys.stdin.buffer.read(LIMIT + 1), "<stdin>")
    return read_path(path)


def read(path: str | Path, *, root: str | Path | None = None) -> Compiled:
    """Read a `.mpm` file, and everything it imports, and say all that there is to say about it.

    Args:
        path: the file; `"-"` is standard input.
        root: the folder that imports and data must stay in; that of the file, unless said.

    Returns:
        The model (`.model`, None if the text has errors), the `.diagnostics` in the order of the text, and how many
        findings the author has `.allowed`.

    Raises:
        UnreadableError: the file is missing, too large, or not text.
    """
    from .compiler.pipeline import compile_source

    return compile_source(source_of(path), root=root)


def load(path: str | Path, *, root: str | Path | None = None) -> Model:
    """The model that a `.mpm` file means.

    Raises MpmError with all `.diagnostics` if the text has errors. Warnings do not raise; `model.check()` gives them.
    """
    return _model(read(path, root=root))


def parse(text: str, *, name: str = "<text>") -> Model:
    """The model that a text means; `name` is what messages call it. Raises MpmError as `load` does.

    >>> parse("workflow w { step brief takes 2h }").workflows["w"].body[0].name
    'brief'
    """
    from .compiler.pipeline import compile_source

    return _model(compile_source(Source(name, text)))


def _model(compiled: Compiled) -> Model:
    if compiled.model is None or compiled.errors:
        raise MpmError(compiled.diagnostics)
    return compiled.model
