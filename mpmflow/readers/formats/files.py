"""Files before anybody knows what is in them: found, opened, unpacked within bounds, told apart by their first bytes.

What the system says about a file becomes a DataError. Only regular files are opened: a pipe or a device has no end that
could be waited for. A gzip file is unpacked as it is read and never further than `BOMB_RATIO` allows.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Literal, cast

from mpmflow.diagnostics.errors import DataError

BOMB_RATIO = 200
"""Logs shrink to a tenth or a fortieth when packed. What shrank further than this was made to fill a machine."""

HARMLESS = 64 << 20
"""Below so many unpacked bytes no ratio is asked for."""

Kind = Literal["csv", "parquet", "xes", "json", "sqlite", "duckdb"]

_OTHERS = (
    (b"PK\x03\x04", "this is a spreadsheet or a zip archive: save the sheet as CSV UTF-8, or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", "this is an old spreadsheet (.xls): save the sheet as CSV UTF-8"),
    (b"ARROW1", "this is an Arrow file: save it as Parquet, or give the frame from Python"),
    (b"\x28\xb5\x2f\xfd", "this file is packed with zstd, which is not read: unpack it, or pack it with gzip"),
    (b"BZh", "this file is packed with bzip2, which is not read: unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "this file is packed with xz, which is not read: unpack it, or pack it with gzip"),
    (b"%PDF", "this is a PDF, which holds pictures of tables: ask for the table itself, as CSV"),
)


def locate(path: str | Path, folder: Path | None) -> Path:
    """The file that a `data` block names: relative to its folder, and inside it.

    Without a folder the path is the caller's own and goes where it goes.
    """
    if folder is None:
        return Path(path)
    try:
        root = folder.resolve()
        found = (root / path).resolve()
    except (OSError, ValueError):
        raise DataError("this cannot be the name of a file", file=str(path)[:200]) from None
    if not found.is_relative_to(root):
        raise DataError("a data block reaches only files in the folder of its own file", file=str(path))
    return found


def fingerprint(path: Path) -> str:
    """The file's name with the first half of its SHA-256, as results keep it to say what they were computed from."""
    with path.open("rb") as file:
        return f"{path.name} sha256:{hashlib.file_digest(file, 'sha256').hexdigest()[:32]}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None.

    >>> nearest("Timestamp", ["timestamp", "case"])
    'timestamp'
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


class _Bounded(io.RawIOBase):
    """The unpacked bytes of a gzip file, with an end to them."""

    def __init__(self, raw: BinaryIO, name: str) -> None:
        self.raw, self.name, self.unpacked = raw, name, 0
        self.file = gzip.GzipFile(fileobj=raw)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        part = self.file.read(len(buffer))
        buffer[: len(part)] = part
        self.unpacked += len(part)
        if self.unpacked > HARMLESS and self.unpacked > BOMB_RATIO * self.raw.tell():
            raise DataError(
                f"unpacked, this file is more than {BOMB_RATIO} times as large as packed, as no log is; if you trust "
                "it, unpack it yourself and give the unpacked file",
                file=self.name,
            )
        return len(part)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked if it is gzip. Raises DataError for what cannot be opened or read to its end."""
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise DataError("this is a pipe or a device, not a file: write it to a file first", file=path.name)
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                yield cast(BinaryIO, io.BufferedReader(_Bounded(raw, path.name), 1 << 16))
            else:
                yield raw
    except FileNotFoundError:
        there = sorted(entry.name for entry in path.parent.glob("*")) if path.parent.is_dir() else []
        meant = nearest(path.name, there)
        hint = f" Did you mean {meant!r}?" if meant else ""
        raise DataError(
            f"there is no such file in {path.parent.name or 'this folder'}.{hint}", file=path.name
        ) from None
    except (IsADirectoryError, NotADirectoryError):
        raise DataError("this is a folder, not a file", file=path.name or str(path)) from None
    except PermissionError:
        raise DataError("this user may not read the file", file=path.name) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(
            "the compressed file is cut off or damaged: it ends in the middle; copy it again", file=path.name
        ) from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise DataError(f"the file cannot be read: {reason}", file=path.name[:200]) from None


def kind_of(path: Path) -> Kind:
    """What a file is, by its first bytes; a name decides only where they say nothing.

    Raises DataError for a file that cannot be opened, is empty, or is of a kind that is known and not read.
    """
    with open_bytes(path) as file:
        head = file.read(4096)
    if not head.strip():
        raise DataError("the file is empty: its first row should name the columns", file=path.name)
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:16] == b"SQLite format 3\0":
        return "sqlite"
    if head[8:12] == b"DUCK":
        return "duckdb"
    for magic, said in _OTHERS:
        if head.startswith(magic):
            raise DataError(said, file=path.name)
    name = path.name.lower().removesuffix(".gz")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:14].lower() == b"<!doctype html" or text[:5].lower() == b"<html":
        raise DataError(
            "this is a web page, not a table: a download that needs a sign-in ends so; fetch it in a browser",
            file=path.name,
        )
    if name.endswith((".xes", ".xml")) or text[:5] == b"<?xml" or text[:4] == b"<log":
        return "xes"
    if name.endswith((".json", ".jsonocel")) or text[:1] == b"{":
        return "json"
    if name.endswith(".parquet"):
        raise DataError("this is not a Parquet file: its first bytes are not those of one", file=path.name)
    if name.endswith((".sqlite", ".db", ".duckdb")):
        raise DataError("this is not a database: its first bytes are those of no SQLite or DuckDB file", file=path.name)
    return "csv"
