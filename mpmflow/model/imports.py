"""A model together with all that it imports, at any depth."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Model


def with_imports(model: Model) -> Iterator[Model]:
    """The model first, then what it imports, each followed by its own imports.

    A file that is imported twice comes twice; whoever gathers names keeps the first.

    >>> from mpmflow.model.model import Import
    >>> inner = Model()
    >>> [one is inner for one in with_imports(Model(imports=[Import(path="x.mpm", model=inner)]))]
    [False, True]
    """
    yield model
    for imported in model.imports:
        yield from with_imports(imported.model)
