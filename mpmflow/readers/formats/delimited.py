"""CSV files: what separates their cells, how their letters are written, and every fault with its row.

All cells are text until something asks for a number or a time, so that an identifier such as `NA` or `007` stays what
it is; only an empty cell is missing. Rows are counted as an editor shows them, the header being row 1.

The separator is the one of `, ; tab | ^ ~` (or the control characters of databases) that the header has most often.
Letters are UTF-8, or UTF-16 by its byte order mark or its zero bytes. A file that is neither is read as Windows-1252,
which holds Latin-1, and `notes` say so; a file in which some rows are UTF-8 and others are not is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from mpmflow.diagnostics.errors import DataError

from .files import open_bytes

DELIMITERS = ",;\t|^~\x1f\x01"
LONGEST_LINE = 1 << 20
"""A header longer than this is no header."""

WINDOWS = "Windows-1252 (Latin-1)"


def _windows(fault: UnicodeError) -> tuple[str, int]:
    """The five bytes that Windows-1252 leaves open, as Latin-1 has them."""
    assert isinstance(fault, UnicodeDecodeError)
    return fault.object[fault.start : fault.end].decode("latin-1"), fault.end


codecs.register_error("mpmflow-latin-1", _windows)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that could be opened: where it is, what separates its cells, its header and its letters."""

    path: Path
    delimiter: str
    header: tuple[str, ...]
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how the file was read."""
        if self.encoding == "utf-8":
            return ()
        shown = WINDOWS if self.encoding == "cp1252" else "UTF-16"
        return (f"{self.name} is not UTF-8; it was read as {shown}.",)

    @classmethod
    def open(cls, path: Path) -> CsvFile:
        """Read the header. Raises DataError when there is no such file, or nothing in it that could be a header."""
        with open_bytes(path) as file:
            start = file.read(64)
            encoding = _utf16(start)
        with open_bytes(path) as file:
            if encoding:
                line = _Utf16(file, encoding, path.name).readline(LONGEST_LINE).encode()
            else:
                line = file.readline(LONGEST_LINE)
        if not line.strip():
            raise DataError("the file is empty: its first row should name the columns", file=path.name)
        if b"\0" in line:
            raise DataError("this is not a CSV file: its first row holds zero bytes", file=path.name, row=1)
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            encoding = _settled(path)
            text = line.decode(encoding, "mpmflow-latin-1")
        text = text.rstrip("\r\n")
        delimiter = max(DELIMITERS, key=lambda mark: (_outside_quotes(text, mark), -DELIMITERS.index(mark)))
        return cls(path, delimiter, _cells(text, delimiter, path.name), encoding or "utf-8")

    def settled(self) -> CsvFile:
        """The file with the letters that all of its rows have. Raises DataError where they are mixed."""
        return self if self.encoding != "utf-8" else replace(self, encoding=_settled(self.path))

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The rows below the header with the editor's number of the line each begins on; a blank line has no cells.

        Raises DataError at the first row that has other letters than the file, has more cells than the header, or lies
        behind a break in the compression.
        """
        with open_bytes(self.path) as file:
            reader = csv.reader(self._lines(file), delimiter=self.delimiter)
            begun = 1
            while True:
                begun = reader.line_num + 1
                try:
                    cells = next(reader, None)
                except csv.Error as fault:
                    raise DataError(f"this row cannot be taken apart: {fault}", file=self.name, row=begun) from None
                if cells is None:
                    return
                if begun == 1:
                    continue
                if len(cells) > len(self.header):
                    raise DataError(
                        f"this row has {len(cells)} cells, the header {len(self.header)}; is a cell with a delimiter "
                        "in it missing its quotes?",
                        file=self.name,
                        row=begun,
                    )
                yield begun, cells + [""] * (len(self.header) - len(cells)) if any(cells) else []

    def _lines(self, file: Any) -> Iterator[str]:
        if self.encoding.startswith("utf-16"):
            yield from _Utf16(file, self.encoding, self.name)
            return
        for number, line in enumerate(file, start=1):
            try:
                if self.encoding == "utf-8":
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                else:
                    yield line.decode(self.encoding, "mpmflow-latin-1")
            except UnicodeDecodeError as fault:
                raise _not_utf8(fault, self.name, number) from None

    def row_of(self, record: int) -> int:
        """The editor's row of the record with this number, from 0."""
        return next((row for index, (row, _) in enumerate(self.records()) if index == record), record + 2)

    @contextmanager
    def as_utf8(self) -> Iterator[Path]:
        """The file as plain UTF-8: itself, or a temporary file with what it unpacks to."""
        with self.path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        if self.encoding == "utf-8" and not packed:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="mpmflow-") as folder:
            copy = Path(folder) / "plain.csv"
            with open_bytes(self.path) as file, copy.open("wb") as plain:
                if self.encoding == "utf-8":
                    shutil.copyfileobj(file, plain, 1 << 20)
                else:
                    plain.writelines(line.encode() for line in self._lines(file))
            yield copy


def scan(file: CsvFile, columns: Sequence[str], rows: int | None = None) -> tuple[CsvFile, Any]:
    """These columns of a CSV file as a polars DataFrame of texts, and the file with the letters that it proved to have.

    An empty cell is null. `rows` stops after so many. Raises DataError with the row that cannot be read.
    """
    import polars

    try:
        with file.as_utf8() as plain:
            frame = polars.scan_csv(plain, separator=file.delimiter, infer_schema=False, glob=False, n_rows=rows)
            return file, frame.select(list(dict.fromkeys(columns))).collect()
    except (polars.exceptions.PolarsError, OSError) as fault:
        other = file.settled()
        if other.encoding != file.encoding:
            return scan(other, columns, rows)
        explain(file, fault)


def explain(file: CsvFile, fault: Exception) -> NoReturn:
    """Raise the DataError of the row at which a file cannot be read, found by reading it slowly."""
    for _ in file.records():
        pass
    raise DataError(f"the file cannot be read: {str(fault).splitlines()[0]}", file=file.name) from fault


def _cells(text: str, delimiter: str, name: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader([text], delimiter=delimiter)))
    except csv.Error as fault:
        raise DataError(f"this row cannot be taken apart: {fault}", file=name, row=1) from None


def _outside_quotes(text: str, mark: str) -> int:
    return sum(part.count(mark) for part in text.split('"')[::2])


def _utf16(start: bytes) -> str:
    """Which UTF-16 a file begins with, or nothing."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[0:32:2], start[1:32:2]
    if len(start) >= 8 and not any(odd) and all(even):
        return "utf-16-le"
    return "utf-16-be" if len(start) >= 8 and not any(even) and all(odd) else ""


class _Utf16:
    """Lines of a UTF-16 file, with the row at which they stop making sense."""

    def __init__(self, file: Any, encoding: str, name: str) -> None:
        self.text, self.name, self.row = io.TextIOWrapper(file, encoding, newline=""), name, 0

    def readline(self, size: int = -1) -> str:
        self.row += 1
        try:
            return self.text.readline(size)
        except UnicodeError:
            raise DataError(
                "from about here on this is no UTF-16 text; save the file as UTF-8", file=self.name, row=self.row
            ) from None

    def __iter__(self) -> Iterator[str]:
        while line := self.readline():
            yield line


def _settled(path: Path) -> str:
    """`utf-8` or `cp1252`, by every row of a file. Raises DataError for a mixture, and for what is no text."""
    own = other = 0
    byte = 0
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                if b"\0" in line:
                    raise DataError("this row holds zero bytes, as no text does", file=path.name, row=number)
                continue
            try:
                line.decode("utf-8-sig")
                own = own or number
            except UnicodeDecodeError as fault:
                if not other:
                    other, byte = number, fault.object[fault.start]
            if own and other:
                break
    if own and other:
        raise DataError(
            f"this row is not UTF-8 text (byte 0x{byte:02x}), but row {own} is: two ways of writing letters are mixed "
            'in this file; save all of it as UTF-8, which spreadsheets call "CSV UTF-8"',
            file=path.name,
            row=other,
        )
    return "cp1252" if other else "utf-8"


def _not_utf8(fault: UnicodeDecodeError, file: str, row: int) -> DataError:
    byte = fault.object[fault.start]
    return DataError(
        f'this row is not UTF-8 text (byte 0x{byte:02x}); save the file as UTF-8, which spreadsheets call "CSV UTF-8"',
        file=file,
        row=row,
    )
