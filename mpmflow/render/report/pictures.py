"""The diagrams of a report, made when somebody looks: only the page for a browser shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from mpmflow.render.picture import Diagram


class Pictures(Mapping[str, Diagram]):
    """Diagrams by what they show, from a function that makes all of them the first time that one is asked for.

    >>> pictures = Pictures(lambda: {})
    >>> len(pictures), "causes" in pictures
    (0, False)
    """

    def __init__(self, make: Callable[[], Mapping[str, Diagram]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, Diagram]:
        return self._make()

    def __getitem__(self, name: str) -> Diagram:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)
