"""Tables from files and dataframes, as text or as they are, with every fault named by file, column and row.

A file is CSV (any of the delimiters `,` `;` tab `|`, plain or gzip) or Parquet. All cells of a CSV file are text until
something asks for a number or a time, so that an identifier such as `NA` or `007` stays what it is; only an empty cell
is missing. Rows of a file are counted as an editor shows them, the header being row 1; rows of a dataframe from 1.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from mpmflow.diagnostics.errors import DataError

DELIMITERS = ",;\t|"
LONGEST_LINE = 1 << 20
"""A header longer than this is no header."""

ROW = "row"
"""The column of a frame that numbers its rows from 0, in the order of the file."""


def locate(path: str | Path, folder: Path | None) -> Path:
    """The file that a `data` block names: relative to its folder, and inside it.

    Without a folder the path is the caller's own and goes where it goes.
    """
    if folder is None:
        return Path(path)
    root = folder.resolve()
    found = (root / path).resolve()
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


def need_columns(needed: Sequence[str], present: Sequence[str], file: str) -> None:
    """Raise the DataError of the first column that is needed and not there, or there twice."""
    for name in needed:
        if name not in present:
            meant = nearest(name, present)
            hint = f" Did you mean {meant!r}?" if meant else ""
            shown = ", ".join(present[:20]) + (f" and {len(present) - 20} more" if len(present) > 20 else "")
            raise DataError(f"there is no such column; the file has {shown}.{hint}", file=file, column=name)
        if present.count(name) > 1:
            raise DataError("two columns have this name; which one is meant?", file=file, column=name)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that could be opened: where it is, what separates its cells, and its header."""

    path: Path
    delimiter: str
    header: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.name

    @classmethod
    def open(cls, path: Path) -> CsvFile:
        """Read the header. Raises DataError when there is no such file, or nothing in it that could be a header."""
        with _bytes(path) as file:
            line = file.readline(LONGEST_LINE)
        if not line.strip():
            raise DataError("the file is empty: its first row should name the columns", file=path.name)
        if b"\0" in line:
            raise DataError("this is not a CSV file: its first row holds zero bytes", file=path.name, row=1)
        try:
            text = line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError as fault:
            raise _not_utf8(fault, path.name, 1) from None
        delimiter = max(DELIMITERS, key=lambda mark: (_outside_quotes(text, mark), -DELIMITERS.index(mark)))
        return cls(path, delimiter, tuple(next(csv.reader([text], delimiter=delimiter))))

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The rows below the header with the editor's number of the line each begins on; a blank line has no cells.

        Raises DataError at the first row that is no UTF-8 text, has more cells than the header, or lies behind a
        break in the compression.
        """
        with _bytes(self.path) as file:
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

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        for number, line in enumerate(file, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as fault:
                raise _not_utf8(fault, self.name, number) from None

    def row_of(self, record: int) -> int:
        """The editor's row of the record with this number, from 0."""
        return next((row for index, (row, _) in enumerate(self.records()) if index == record), record + 2)


def _outside_quotes(text: str, mark: str) -> int:
    return sum(part.count(mark) for part in text.split('"')[::2])


def _not_utf8(fault: UnicodeDecodeError, file: str, row: int) -> DataError:
    byte = fault.object[fault.start]
    return DataError(
        f'this row is not UTF-8 text (byte 0x{byte:02x}); save the file as UTF-8, which spreadsheets call "CSV UTF-8"',
        file=file,
        row=row,
    )


@contextmanager
def _bytes(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked if it is gzip; what the system says about a file becomes a DataError."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast(BinaryIO, unpacked)
    except FileNotFoundError:
        there = sorted(entry.name for entry in path.parent.glob("*")) if path.parent.is_dir() else []
        meant = nearest(path.name, there)
        hint = f" Did you mean {meant!r}?" if meant else ""
        raise DataError(f"there is no such file in {path.parent.name or '.'}.{hint}", file=path.name) from None
    except IsADirectoryError:
        raise DataError("this is a folder, not a file", file=path.name) from None
    except PermissionError:
        raise DataError("this user may not read the file", file=path.name) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(
            "the compressed file is cut off or damaged: it ends in the middle; copy it again", file=path.name
        ) from None


def scan(file: CsvFile, columns: Sequence[str]) -> Any:
    """These columns of a CSV file as a polars DataFrame of texts, with `ROW`; an empty cell is null."""
    import polars

    try:
        return (
            polars.scan_csv(
                file.path,
                separator=file.delimiter,
                infer_schema=False,
                glob=False,
            )
            .select(list(dict.fromkeys(columns)))
            .collect()
            .with_row_index(ROW)
        )
    except (polars.exceptions.PolarsError, OSError) as fault:
        explain(file, fault)


def explain(file: CsvFile, fault: Exception) -> NoReturn:
    """Raise the DataError of the row at which a file cannot be read, found by reading it slowly."""
    for _ in file.records():
        pass
    raise DataError(f"the file cannot be read: {str(fault).splitlines()[0]}", file=file.name) from fault


def scan_parquet(path: Path) -> Any:
    """A Parquet file as a lazy polars frame."""
    import polars

    if not path.exists():
        with _bytes(path):
            pass
    try:
        frame = polars.scan_parquet(path, glob=False)
        frame.collect_schema()
    except (polars.exceptions.PolarsError, OSError) as fault:
        raise DataError(f"this is not a Parquet file: {str(fault).splitlines()[0]}", file=path.name) from None
    return frame
