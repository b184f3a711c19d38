"""From bytes to a `Source`, with limits, and faults that say where."""

from __future__ import annotations

from pathlib import Path

from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.errors import UnreadableError
from mpmflow.diagnostics.source import Source
from mpmflow.diagnostics.suggest import nearest

__all__ = ["LIMIT", "no_data", "read_bytes", "read_path"]

LIMIT = 10_000_000
"""The most bytes that one file may have."""


TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
"""Endings of data, which nobody gives a text of the language."""


def read_path(path: str | Path, name: str | None = None) -> Source:
    """The text of a file. `name` is what messages call it; the path as given, unless said.

    Raises UnreadableError, whose diagnostics say what is wrong: no such file, no permission, too large, not text.
    """
    place = Path(path)
    shown = str(path) if name is None else name
    try:
        with place.open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        try:
            near = nearest(place.name, [other.name for other in place.parent.iterdir()])
        except OSError:
            near = ()
        raise UnreadableError([diagnose("file-not-found", None, path=shown, nearest=near)]) from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise UnreadableError([diagnose("file-unreadable", None, path=shown, reason=reason)]) from None
    if len(data) > LIMIT:
        size = f"{place.stat().st_size / 1_000_000:.1f}"
        raise UnreadableError([diagnose("file-too-large", None, path=shown, megabytes=size, limit=LIMIT // 1_000_000)])
    return read_bytes(data, shown)


def read_bytes(data: bytes, name: str) -> Source:
    """A text from its bytes: UTF-8, with or without a byte-order mark, with any line ends.

    Raises UnreadableError for more than `LIMIT` bytes, for bytes that are not UTF-8, and for a NUL character, these
    two with their place; and for XML, such as a diagram given in the place of a text.

    >>> read_bytes(b"\\xef\\xbb\\xbfteam a\\r\\n", "a.mpm").text
    'team a\\n'
    """
    if len(data) > LIMIT:
        size = f"{len(data) / 1_000_000:.1f}"
        raise UnreadableError([diagnose("file-too-large", None, path=name, megabytes=size, limit=LIMIT // 1_000_000)])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        source = Source(name, data.decode("utf-8", errors="replace"))
        at = len(Source(name, data[: fault.start].decode("utf-8")).text)
        byte = f"0x{data[fault.start]:02X}"
        finding = diagnose("not-utf-8", source.span(at, at + 1), byte=byte, position=fault.start)
        raise UnreadableError([finding]) from None
    source = Source(name, text)
    nul = source.text.find("\0")
    if nul >= 0:
        raise UnreadableError([diagnose("nul-character", source.span(nul, nul + 1))])
    if source.text.lstrip().startswith("<"):
        raise UnreadableError([diagnose("xml-file", None, path=name)])
    return source


def no_data(source: Source) -> Source:
    """The same source, which is to be a text of the language.

    Raises UnreadableError for a table of data or JSON, by the name or the beginning: read as a text they would earn an
    error for each line.
    """
    if source.name.lower().endswith(TABLES) or source.text.lstrip().startswith('{"'):
        raise UnreadableError([diagnose("data-file", None, path=source.name)])
    return source
