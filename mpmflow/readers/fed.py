"""Events that a program hands over in memory: dicts as they are, frames of any library row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mpmflow.diagnostics.errors import DataError

from .libraries import needed


def rows_of_events(events: Any) -> Iterable[Mapping[str, Any]]:
    """The rows of what was handed over: one dict, an iterable of dicts, or a frame that narwhals takes.

    Raises DataError for anything else.

    >>> list(rows_of_events({"case": "a", "activity": "brief", "time": "2026-01-05"}))
    [{'case': 'a', 'activity': 'brief', 'time': '2026-01-05'}]
    """
    if isinstance(events, Mapping):
        return [events]
    if isinstance(events, str | bytes):
        raise DataError("events are dicts or a frame; to follow a file, use `mpmflow watch`")
    if any(hasattr(events, name) for name in ("columns", "__arrow_c_stream__", "__dataframe__")):
        return _rows_of_frame(events)
    if isinstance(events, Iterable):
        return events
    raise DataError(f"events are dicts or a frame, not {type(events).__name__}")


def _rows_of_frame(frame: Any) -> Iterator[Mapping[str, Any]]:
    with needed():
        import narwhals

    try:
        found: Any = narwhals.from_native(frame)
    except TypeError:
        raise DataError(f"no dataframe library knows this kind of frame: {type(frame).__name__}") from None
    if isinstance(found, narwhals.LazyFrame):
        found = found.collect()
    yield from found.iter_rows(named=True)
