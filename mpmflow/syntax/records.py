"""Plain frozen records, made fast: importing the tree's eighty classes must not cost more than reading a file.

A standard dataclass compiles half a dozen functions for each class; here all records share theirs. For readers, type
checkers and users they are the same thing: fields by position or name, defaults, equality by value, `__match_args__`.
The field `span`, the place in the text, is left out of equality, hash and `repr`.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar, dataclass_transform

__all__ = ["Record", "record"]

R = TypeVar("R", bound="Record")

_put = object.__setattr__


class Record:
    """What all records share. Use the decorator `record` on each class."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, *values: Any, **named: Any) -> None:
        kind = type(self)
        fields = kind.__match_args__
        given = len(values)
        if given > len(fields):
            raise TypeError(f"{kind.__name__} has {len(fields)} fields, and {given} values are given")
        for name, value in zip(fields, values, strict=False):
            _put(self, name, value)
        defaults = kind._defaults
        for name in fields[given:]:
            if name in named:
                _put(self, name, named.pop(name))
            elif name in defaults:
                _put(self, name, defaults[name])
            else:
                raise TypeError(f"{kind.__name__} needs the field {name!r}")
        if named:
            raise TypeError(f"{kind.__name__} has no field {next(iter(named))!r}, or it is given twice")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__ if name != "span")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self is other or self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._values()))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__ if name != "span")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; make another one instead of changing {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; {name!r} cannot be removed")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


@dataclass_transform(frozen_default=True)
def record(kind: type[R]) -> type[R]:
    """Make a class a record of the fields that it annotates.

    >>> @record
    ... class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(3) == Point(x=3, y=0), Point(3)
    (True, Point(x=3, y=0))
    """
    written = dict(kind.__dict__)
    fields = tuple(written.get("__annotations__", {}))
    defaults = {name: written.pop(name) for name in fields if name in written}
    for left_over in ("__dict__", "__weakref__"):
        written.pop(left_over, None)
    body = {**written, "__slots__": fields, "__match_args__": fields, "_defaults": defaults}
    made: type[R] = type.__new__(type(kind), kind.__name__, kind.__bases__, body)
    return made
