"""Observed durations from a file: the values behind `empirical("file.csv", column)`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.distributions import Empirical
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity

from .formats.delimited import CsvFile
from .formats.files import locate
from .tables import need_columns

Samples = Mapping[tuple[str, str], tuple[float, ...]]
"""Seconds, by file and column as the model names them."""


def read_samples(model: Model, *, folder: str | Path | None = None) -> Samples:
    """The values of every empirical duration of a model, in seconds.

    A cell is a number of seconds, or a time with its unit (`2.5h`); an empty cell is passed over.

    Args:
        folder: the folder of the model's file, where its paths start and which they do not leave; the present one if
            not given. Paths of an imported file start where that file lies.

    Raises DataError for a file or column that is not there, and for a cell that is no time of at least zero.
    """
    home = Path(folder) if folder is not None else Path.cwd()
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for law, start in _laws(model, Path()):
        found[law.file, law.column] = read_times(locate(start / law.file, home), law.column)
    return found


def read_times(path: Path, column: str) -> tuple[float, ...]:
    """The times in a column of a CSV file, in seconds and in the order of the file. Raises DataError."""
    file = CsvFile.open(path)
    need_columns([column], file.header, file.name)
    at = file.header.index(column)
    times = tuple(
        _seconds(cells[at], file.name, column, row) for row, cells in file.records() if cells and cells[at].strip()
    )
    if not times:
        raise DataError("there is not one time in it", file=file.name, column=column)
    return times


def _seconds(cell: str, file: str, column: str, row: int) -> float:
    try:
        quantity = Quantity.model_validate(cell)
        seconds = float(quantity.base)
        fits = not quantity.unit or quantity.measure.is_time
    except (ValueError, OverflowError):
        fits, seconds = False, math.nan
    if not fits or not 0 <= seconds < math.inf:
        raise DataError(f"{cell!r} is no time: write seconds, or a unit as in 2.5h", file=file, column=column, row=row)
    return seconds


def _laws(model: Model, start: Path) -> Iterator[tuple[Empirical, Path]]:
    """Every empirical law with the folder that its path starts from, seen from the model's own."""
    for one in model.imports:
        yield from _laws(one.model, start / Path(one.path).parent)
    for part in (*model.workflows, *model.scenarios):
        yield from ((law, start) for law in _within(part))


def _within(part: BaseModel) -> Iterator[Empirical]:
    """Every empirical law in a part of a model, in the order of the text."""
    ahead: list[Any] = [part]
    while ahead:
        value = ahead.pop()
        if isinstance(value, Empirical):
            yield value
        elif isinstance(value, BaseModel):
            inner = value.__dict__.values()
            ahead += [
                one for one in reversed(inner) if isinstance(one, (tuple, BaseModel)) and type(one) is not Quantity
            ]
        elif isinstance(value, tuple):
            ahead += [one for one in reversed(value) if isinstance(one, (tuple, BaseModel))]
