"""Rows that a program feeds, as events: which key is the case, the activity, the time, and what each event says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any, NamedTuple

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.model import Model
from mpmflow.model.observations import LogSource, Role
from mpmflow.readers.periods import moment, to_moment
from mpmflow.readers.roles import NAMES, NEEDED, plain_name

DONE, BEGUN, GOING_ON = 0, 1, 2
"""What a row says: that work was done, that it began (its end is another row), or that it goes on (it has no end)."""


class Row(NamedTuple):
    """An event as it was fed. `shown` is the activity with the cells that claims look at; `start` when the work began,
    where the row itself says so; `key` what the event is known by, where its source has such a thing."""

    case: str
    shown: tuple[str, ...]
    ms: int
    life: int
    start: int | None
    key: str | None
    values: tuple[float | None, ...] | None


class RowReader:
    """Reads the rows of one feed. Columns are those of the `data` block, else found by their usual names in a row."""

    def __init__(self, model: Model, looks_at: Sequence[str], numbers: Sequence[str], key: str | None) -> None:
        declared = next((part for part in model.data if isinstance(part, LogSource)), LogSource(path=""))
        self.said: dict[Role, str] = {column.role: column.source for column in declared.columns if column.role}
        own = {column.name: column.source for column in declared.columns if column.name}
        self.looks_at = [own.get(name, name) for name in looks_at]
        self.numbers = [own.get(name, name) for name in numbers]
        self.key = key
        self.columns: dict[Role, str] | None = None
        self.other: dict[str, int] = {}

    def settle(self, row: Mapping[str, Any], number: int = 1) -> dict[Role, str]:
        """The keys of the roles, found in one row. Raises DataError for one that is missing."""
        found = dict(self.said)
        for role, names in NAMES.items():
            if role in found or (role == "lifecycle" and "start" in found):
                continue
            taken = set(found.values())
            known = {plain_name(key): key for key in reversed(list(row)) if key not in taken}
            name = next((known[plain_name(name)] for name in names if plain_name(name) in known), None)
            if name is not None:
                found[role] = name
        if "time" not in found and "start" in found and "start" not in self.said:
            found["time"] = found.pop("start")
        for role in NEEDED:
            if role not in found or (role != "time" and found[role] not in row):
                there = ", ".join(map(str, list(row)[:20])) or "nothing"
                meant, article = found.get(role, role), "an" if role == "activity" else "a"
                raise DataError(
                    f"an event needs {article} {role}, and there is no {meant!r} in it; it has {there}. Name the "
                    f'column in the data block, as in `log "events.csv" {{ {role} COLUMN }}`',
                    row=number,
                )
        return found

    def read(self, rows: Iterable[Mapping[str, Any]], first: int = 1) -> Iterator[Row | None]:
        """The events of rows, None for one that is neither start nor complete. Raises DataError with the row."""
        for number, row in enumerate(rows, start=first):
            yield self.one(row, number)

    def one(self, row: Mapping[str, Any], number: int) -> Row | None:
        """One event. Raises DataError, which names its row and column."""
        columns = self.columns
        if columns is None:
            if not isinstance(row, Mapping):
                raise DataError(f"an event is a dict such as a row of a table, not {type(row).__name__}", row=number)
            columns = self.columns = self.settle(row, number)
        get = row.get
        case, activity = get(columns["case"]), get(columns["activity"])
        if (not case and _empty(case)) or case != case:
            raise DataError("the case of this event is missing", column=columns["case"], row=number)
        if not activity or activity != activity:
            raise DataError("the activity of this event is missing", column=columns["activity"], row=number)
        start, life = None, DONE
        when = get(columns["time"])
        if "start" in columns:
            began = get(columns["start"])
            start = None if _empty(began) else self._moment(began, columns["start"], number)
            if _empty(when) and start is not None:
                when, life = began, GOING_ON
        elif "lifecycle" in columns:
            word = str(get(columns["lifecycle"], "complete")).lower()
            if word == "start":
                life = BEGUN
            elif word != "complete":
                self.other[word] = self.other.get(word, 0) + 1
                return None
        ms = self._moment(when, columns["time"], number)
        if start is not None and (life == GOING_ON or start > ms):
            start = None
        shown = (str(activity), *map(_text, map(get, self.looks_at))) if self.looks_at else (str(activity),)
        values = None
        if self.numbers:
            values = tuple(self._number(get(name), name, number) for name in self.numbers)
        key = None
        if self.key is not None:
            key = _text(get(self.key))
            if not key:
                raise DataError("the key of this event is missing", column=self.key, row=number)
        return Row(case if type(case) is str else str(case), shown, ms, life, start, key, values)

    def _moment(self, cell: Any, column: str, number: int) -> int:
        if isinstance(cell, date):
            return to_moment(cell)
        found = moment(cell) if isinstance(cell, str) else None
        if found is None:
            said = "the time is missing" if _empty(cell) else f"{str(cell)!r} is no time"
            raise DataError(
                f"{said}; it should look like 2026-03-02 or 2026-03-02T14:30:00+01:00", column=column, row=number
            )
        return found

    @staticmethod
    def _number(cell: Any, column: str, number: int) -> float | None:
        if _empty(cell):
            return None
        try:
            found = float(cell)
        except (TypeError, ValueError):
            found = float("nan")
        if not isfinite(found):
            raise DataError(
                f"{str(cell)!r} is no number; write it with a decimal point and without blanks, as 1234.5",
                column=column,
                row=number,
            )
        return found


def _empty(cell: Any) -> bool:
    return cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())


def _text(cell: Any) -> str:
    return "" if cell is None or cell != cell else str(cell)
