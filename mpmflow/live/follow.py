"""A growing file of events, followed: read on from where the store says, each line once.

The place in the file is written in the same step as the events, so that a restart takes up exactly there. A last line
without its line break is left until it is whole. Where the file was exchanged for a new one (rotated), or cut short,
the rest of the old one is read first, as long as it is open, and then the new one from its beginning.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from mpmflow.diagnostics.errors import DataError

from .monitor import STEP, Monitor
from .rows import Row

MOST_AT_ONCE = 4 << 20
"""Bytes that are read at a time."""
LONGEST_LINE = 1 << 20
"""A record longer than this is broken: a quotation mark was opened and never closed."""
HEAD = 256
"""Bytes at the beginning of a file by which it is known again."""
JSON_ENDINGS = (".jsonl", ".ndjson", ".json")

FINISHED = {
    b"\x1f\x8b": "a gzip file",
    b"PK\x03\x04": "a zip file",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "a database",
    b"<?xml": "an XML file",
}
"""How files begin that are whole once they are written."""


class Follower:
    """Reads the lines that a file has gained into a monitor.

    Args:
        monitor: whom the events are fed.
        path: a CSV file with a header, or one JSON object a line (`.jsonl`, `.ndjson`).
        say: is told of each line that cannot be used; such lines are counted (`unreadable`) and passed over.
    """

    def __init__(self, monitor: Monitor, path: str | Path, say: Callable[[str], None] = lambda words: None) -> None:
        self.monitor, self.path, self.say = monitor, Path(path), say
        self.name = f"follow {self.path.resolve()}"
        self.as_json = self.path.suffix.lower() in JSON_ENDINGS
        self.latest: int | None = None
        """The latest moment of any event that was read."""
        self.file: BinaryIO | None = None
        self._restore(monitor.kept(self.name) or {})

    def _restore(self, kept: Mapping[str, Any]) -> None:
        self.offset: int = kept.get("offset", 0)
        self.line: int = kept.get("line", 0)
        self.head: str = kept.get("head", "")
        self.width: int = kept.get("width", 0)
        self.header: list[str] | None = kept.get("header")
        self.delimiter: str = kept.get("delimiter", ",")

    def _place(self) -> dict[str, Any]:
        return {
            "offset": self.offset, "line": self.line, "head": self.head, "width": self.width, "header": self.header,
            "delimiter": self.delimiter,
        }  # fmt: skip

    def poll(self) -> Iterator[int]:
        """Read what is there; yields after each step how many events were new. Raises OSError, or DataError for a file
        whose columns cannot be found."""
        if self.file is None:
            self._open()
        while True:
            yield from self._rest()
            if not self._exchanged():
                return
            yield from self._rest(whole=False)
            self.close()
            self._restore({})
            self.say(f"{self.path} is a new file: reading it from its beginning.")
            self._open()

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
            self.file = None

    # ------------------------------------------------------------------------------------------ the file

    def _open(self) -> None:
        file = self.path.open("rb")
        if self.offset:
            begin = file.read(self.width)
            grown = os.fstat(file.fileno()).st_size >= self.offset
            if not grown or hashlib.sha256(begin).hexdigest() != self.head:
                self.say(f"{self.path} is not the file that was read before: reading it from its beginning.")
                self._restore({})
        else:
            self._text_only(file.read(HEAD))
        file.seek(self.offset)
        self.file = file

    def _text_only(self, begin: bytes) -> None:
        """Raise DataError for what is no text that grows line by line."""
        kind = next((words for mark, words in FINISHED.items() if begin.startswith(mark)), None)
        if kind is None and b"\0" in begin:
            kind = "a binary file, or text in another encoding than UTF-8"
        if kind is not None:
            raise DataError(
                f"this is {kind}, which nobody writes on at its end; follow the CSV or the JSON lines themselves, and "
                "read a finished log with mpmflow observe or mpmflow risk",
                file=str(self.path),
            )

    def _exchanged(self) -> bool:
        assert self.file is not None
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return False  # between two files
        mine = os.fstat(self.file.fileno())
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino) or there.st_size < self.offset

    def _rest(self, whole: bool = True) -> Iterator[int]:
        """Every record from the offset on; with `whole`, a last one without its line break is left."""
        assert self.file is not None
        while True:
            self.file.seek(self.offset)
            data = self.file.read(MOST_AT_ONCE)
            records = list(self._records(data, whole=whole or len(data) == MOST_AT_ONCE))
            if not records:
                return
            if not self.offset:
                self._know(data)
            for at in range(0, len(records), STEP):
                yield self._take(records[at : at + STEP])

    def _know(self, data: bytes) -> None:
        self.width = min(HEAD, data.rfind(b"\n") + 1 or len(data))
        self.head = hashlib.sha256(data[: self.width]).hexdigest()

    def _records(self, data: bytes, whole: bool) -> Iterator[tuple[bytes, int]]:
        """Whole records with the number of their lines; of CSV, a line break inside quotation marks ends none."""
        begin = 0
        while begin < len(data):
            end, lines = begin, 0
            while True:
                found = data.find(b"\n", end)
                if found < 0:
                    if not whole:
                        yield data[begin:], lines + 1
                    return
                end, lines = found + 1, lines + 1
                if self.as_json or data.count(b'"', begin, end) % 2 == 0 or end - begin > LONGEST_LINE:
                    break
            yield data[begin:end], lines
            begin = end

    # ------------------------------------------------------------------------------------------ the records

    def _take(self, records: list[tuple[bytes, int]]) -> int:
        """Feed records in one step, together with the place behind them."""
        before, rows, broken = self._place(), [], 0
        try:
            for record, lines in records:
                try:
                    row = self._row(record)
                except DataError as error:
                    if self.monitor.reader.columns is None:
                        raise DataError(error.message, file=str(self.path), row=self.line + 1) from None
                    error.file, error.row = str(self.path), self.line + 1
                    self.say(f"passed over: {error}")
                    broken += 1
                    row = None
                if row is not None:
                    rows.append(row)
                self.offset += len(record)
                self.line += lines
            taken = self.monitor.take(rows, unreadable=broken, keep=[(self.name, self._place())])
        except BaseException:
            self._restore(before)
            raise
        if rows:
            self.latest = max(self.latest or rows[0].ms, *(row.ms for row in rows))
        return taken

    def _row(self, record: bytes) -> Row | None:
        text = record.decode("utf-8", errors="replace").removeprefix("\ufeff").rstrip("\r\n")
        if not text.strip():
            return None
        if self.as_json:
            try:
                found = json.loads(text)
            except ValueError:
                raise DataError(f"this line is no JSON: {text[:60]!r}") from None
            if not isinstance(found, dict):
                raise DataError(f"a line is one JSON object, not {text[:60]!r}")
            return self.monitor.reader.one(found, self.line + 1)
        if self.header is None:
            self.delimiter = max(",;\t|", key=text.count)
            self.header = _cells([text], self.delimiter)
            self.monitor.reader.columns = self.monitor.reader.settle(dict.fromkeys(self.header), self.line + 1)
            return None
        reader = self.monitor.reader
        if reader.columns is None:  # after a restart: the header was read before
            reader.columns = reader.settle(dict.fromkeys(self.header))
        cells = _cells(text.splitlines(keepends=True), self.delimiter)
        if len(cells) != len(self.header):
            raise DataError(f"this row has {len(cells)} cells, and the header {len(self.header)}")
        return reader.one(dict(zip(self.header, cells, strict=True)), self.line + 1)


def _cells(lines: list[str], delimiter: str) -> list[str]:
    """The cells of a record. Raises DataError for what is none."""
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error as fault:
        raise DataError(f"this row is no CSV ({fault})") from None
