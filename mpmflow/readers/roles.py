"""Which column of a log is the case, the activity, the time: as the `data` block says, else guessed, and then shown.

A column that nobody names is looked for by the names that people and tools give it (capitals, blanks and `_` do not
matter); what has no such name is told by its content, if only one column can be it. Otherwise the log is refused with
the columns among which to choose: a wrong guess would look like an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import LogSource, Role

from .periods import moment
from .tables import Table, need_columns

NAMES: dict[Role, tuple[str, ...]] = {
    "case": (
        "case", "case_id", "case:concept:name", "case key", "case number", "case nr", "trace", "trace id", "process id",
        "process instance", "process instance id", "instance", "instance id", "order id", "order number", "ticket",
        "ticket id", "request id", "lead id", "deal id", "campaign id", "claim id",
    ),
    "activity": (
        "activity", "concept:name", "activity name", "task", "task name", "event", "event name", "event type", "action",
        "operation", "step", "stage", "status", "state",
    ),
    "start": (
        "start", "start_timestamp", "start time", "start date", "started", "started at", "begin", "begin time",
        "start datetime", "begin date", "time:start", "start:timestamp",
    ),
    "time": (
        "time", "timestamp", "time:timestamp", "complete timestamp", "completion timestamp", "complete time",
        "completion time", "completed at", "end", "end timestamp", "end time", "end date", "end datetime", "ended at",
        "finish", "finish time", "finished at", "event time", "event timestamp", "event date", "date time", "datetime",
        "date", "occurred at", "created at", "updated at",
    ),
    "resource": ("resource", "org:resource", "user", "user name", "agent", "performer", "employee", "worker", "actor"),
    "lifecycle": ("lifecycle", "lifecycle:transition", "transition", "event lifecycle", "lifecycle state"),
}  # fmt: skip
"""What columns are called, the likelier names first."""

NEEDED: tuple[Role, ...] = ("case", "activity", "time")

LOOKED_AT = 5_000
"""Rows that a guess by content looks at."""

MOST_ACTIVITIES = 20_000
"""The largest public logs have some hundred different activities."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The column of each role, as the file calls it, and what was guessed, in words."""

    columns: Mapping[Role, str]
    notes: tuple[str, ...] = ()


def plain_name(name: str) -> str:
    """A column's name without what people write differently.

    >>> plain_name("Complete Timestamp") == plain_name("complete_timestamp")
    True
    """
    return "".join(character for character in name.casefold() if character.isalnum())


def find_roles(table: Table, declared: LogSource) -> Roles:
    """The roles of a log's columns. Raises DataError where a needed one is missing, or could be several columns."""
    said = {column.role: column.source for column in declared.columns if column.role}
    own = {column.source for column in declared.columns if column.name}
    roles: dict[Role, str] = {}
    for role, column in said.items():
        meant = (table.means or {}).get(role)
        # What an object-centric log calls its case is a type of object; the reader made a column of it.
        roles[role] = meant if meant is not None and column not in table.columns else column
    need_columns(list(roles.values()), table.columns, table.label)
    guess = _Guess(table, roles, own)
    guess.by_name()
    guess.by_content()
    return Roles(dict(guess.roles), tuple(guess.notes()))


class UnclearRoleError(DataError):
    """No column, or several, could play a role that a log needs. `what` says so; `role` and `column` are an example of
    how to name one, which a model does in its data block.
    """

    def __init__(self, what: str, role: Role, column: str, *, file: str) -> None:
        super().__init__(f'{what} name it in the data block, as in {role} "{column}"', file=file)
        self.what, self.role, self.example = what, role, column


class _Guess:
    def __init__(self, table: Table, roles: dict[Role, str], own: set[str]) -> None:
        self.table, self.roles, self.own = table, roles, own
        self.guessed: dict[Role, str] = {}
        self.cells: dict[str, list[Any]] | None = None

    # --- names

    def by_name(self) -> None:
        for role, column in (self.table.means or {}).items():
            self.roles.setdefault(role, column)
        for role in NAMES:
            if role in self.roles:
                continue
            found = self.named(role)
            if found is not None:
                self.take(role, found)
        if "time" not in self.roles and "start" in self.guessed:
            # One stamp a row, whatever it is called, is when the event was.
            self.take("time", self.guessed.pop("start"))
            del self.roles["start"]

    def named(self, role: Role) -> str | None:
        """The column with the likeliest name of a role."""
        if role == "lifecycle" and "start" in self.roles:
            return None
        taken = set(self.roles.values())
        free = [column for column in self.table.columns if column not in taken]
        exact = [name for name in NAMES[role] if name in free]
        alike = [one for name in NAMES[role] for one in free if plain_name(one) == plain_name(name)]
        return next((column for column in (*exact, *alike) if self.fits(role, column)), None)

    def fits(self, role: Role, column: str) -> bool:
        """Whether a column with the right name has a content that does not speak against it."""
        if self.table.columns.count(column) > 1:
            need_columns([column], self.table.columns, self.table.label)
        if role == "lifecycle":
            words = {str(cell).lower() for cell in self.head()[column]}
            return {"start", "complete"} <= words
        if role == "start":
            return any(is_moment(cell) for cell in self.head()[column])
        return role != "resource" or column not in self.own

    def take(self, role: Role, column: str) -> None:
        self.roles[role] = self.guessed[role] = column

    def head(self) -> dict[str, list[Any]]:
        if self.cells is None:
            self.cells = self.table.head(LOOKED_AT)
        return self.cells

    # --- content

    def by_content(self) -> None:
        missing = [role for role in NEEDED if role not in self.roles]
        if not missing:
            return
        for role in missing:
            if self.misspelt(role):
                need_columns([role], self.table.columns, self.table.label)
        # The time parts rows from each other, the case groups them, and the activity changes within a case.
        rules: tuple[tuple[Role, Callable[[], list[str]]], ...] = (
            ("time", self.times), ("case", self.cases), ("activity", self.activities),
        )  # fmt: skip
        for role, candidates in rules:
            if role in self.roles:
                continue
            found = candidates()
            if len(found) == 2 and role == "time" and "start" not in self.roles and self.ordered(*found):
                start, end = found if self.ordered(*found) > 0 else found[::-1]
                self.take("start", start)
                found = [end]
            if len(found) != 1:
                raise self.unclear(role, found)
            self.take(role, found[0])

    def misspelt(self, role: Role) -> bool:
        """Whether a column is nearly called as the role: a slip of the pen, which the reader should mend."""
        free = [plain_name(column) for column in self.table.columns if column not in self.roles.values()]
        return bool(get_close_matches(role, free, cutoff=0.8))

    def free(self) -> dict[str, list[Any]]:
        """Cells of the columns that have no role and no name of their own."""
        taken = {*self.roles.values(), *self.own}
        return {column: cells for column, cells in self.head().items() if column not in taken}

    def times(self) -> list[str]:
        """Columns in which every cell is a moment."""
        return [
            column
            for column, cells in self.free().items()
            if any(not _empty(cell) for cell in cells) and all(_empty(cell) or is_moment(cell) for cell in cells)
        ]

    def ordered(self, one: str, two: str) -> int:
        """1 if the times of `one` are never after those of `two`, -1 if never before, 0 otherwise."""
        cells = self.head()
        pairs = [
            (first, second)
            for a, b in zip(cells[one], cells[two], strict=True)
            if (first := _moment(a)) is not None and (second := _moment(b)) is not None
        ]
        if not pairs:
            return 0
        if all(first <= second for first, second in pairs):
            return 1
        return -1 if all(first >= second for first, second in pairs) else 0

    def cases(self) -> list[str]:
        """The column with the most different values of those whose values come again."""
        counts = {
            column: len({*map(str, cells)})
            for column, cells in self.free().items()
            if cells and not any(map(_empty, cells)) and not isinstance(cells[0], float)
        }
        rows = len(next(iter(self.head().values()), []))
        again = {column: count for column, count in counts.items() if 1 < count <= 0.8 * rows}
        # Identifiers are many: a column with a tenth as many values is an attribute of the case or an activity.
        most = max(again.values(), default=0)
        return [column for column, count in again.items() if count > most / 2]

    def activities(self) -> list[str]:
        """Columns of words that come again in other cases and change within a case, where no other does more."""
        cells = self.head()
        case = [str(cell) for cell in cells[self.roles["case"]]]
        changes: dict[str, float] = {}
        for column, values in self.free().items():
            words = [str(value) for value in values]
            distinct = len(set(words))
            if any(map(_empty, values)) or not 1 < distinct <= max(2, len(words) // 2):
                continue
            if not any(character.isalpha() for word in set(words) for character in word):
                continue
            changes[column] = len({*zip(case, words, strict=True)}) / len(words)
        most = max(changes.values(), default=0.0)
        return [column for column, change in changes.items() if change > 0.8 * most]

    def unclear(self, role: Role, found: Sequence[str]) -> DataError:
        shown = ", ".join(self.table.columns[:20])
        if len(self.table.columns) > 20:
            shown += f" and {len(self.table.columns) - 20} more"
        what = f"the {role} could be {' or '.join(found[:5])};"
        if not found:
            what = f"no column looks like the {role}; the file has {shown}. If it is there,"
        return UnclearRoleError(what, role, (found or self.table.columns or ("name",))[0], file=self.table.label)

    def notes(self) -> list[str]:
        """The guesses, except for columns that are called as the role itself."""
        shown = [f"{role} = {self.guessed[role]}" for role in NAMES if self.guessed.get(role, role) != role]
        if not shown:
            return []
        return [f"Columns of {self.table.label} were guessed: {', '.join(shown)}. A data block can say otherwise."]


def is_moment(cell: Any) -> bool:
    """Whether a cell is a date or a time; a bare number is none.

    >>> is_moment("2026-03-02"), is_moment("20260302"), is_moment("Tuesday")
    (True, False, False)
    """
    return _moment(cell) is not None


def _moment(cell: Any) -> int | None:
    if isinstance(cell, date):
        return moment(cell.isoformat())
    return moment(cell) if isinstance(cell, str) and not cell.strip().isdigit() else None


def _empty(cell: Any) -> bool:
    return cell is None or cell != cell or cell == ""
