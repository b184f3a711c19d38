"""The tests of a model, one by one: a block without examples is one case, a row of examples is one case each.

The cells of a row are put in wherever their column stands, so that a case has only plain values and dates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mpmflow.model import scenes
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity, write_quantity


class CaseFault(Exception):
    """A case that cannot be judged: a cell that is no date, say. The message says what, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test with plain values.

    Attributes:
        test: its block, as the model has it. number: its position among the tests of the file.
        row: the position of its row of examples, None where there are none. cells: column -> what stands there.
    """

    test: scenes.Test
    number: int
    row: int | None = None
    cells: Mapping[str, Quantity | str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The title, with the cells of the row.

        >>> Case(scenes.Test(title="thresholds"), 0, 1, {"share": Quantity(value=40, unit="%"), "state": "alert"}).name
        'thresholds [share 40%, state alert]'
        """
        if self.row is None:
            return self.test.title
        cells = ", ".join(f"{column} {_shown(cell)}" for column, cell in self.cells.items())
        return f"{self.test.title} [{cells}]"

    def value(self, entry: Any) -> Any:
        """A value, a state or a quantity; of a cell, what stands in it."""
        if isinstance(entry, scenes.Cell):
            return self.cells.get(entry.column)
        return entry

    def number_of(self, entry: Quantity | scenes.Cell) -> Quantity:
        """A quantity, or the one in a cell. Raises CaseFault for a cell that holds none."""
        found = self.value(entry)
        if not isinstance(found, Quantity):
            raise CaseFault(f"`{_shown(found)}` in the examples is no number with a unit, such as 20% or 7d")
        return found

    def day(self, entry: date | scenes.Cell) -> date:
        """A date, or the one in a cell. Raises CaseFault for a cell that holds none."""
        found = self.value(entry)
        if isinstance(found, date):
            return found
        try:
            return date.fromisoformat(str(found))
        except ValueError:
            raise CaseFault(f"`{_shown(found)}` in the examples is no date; write it as 2026-02-02") from None

    def state(self, expected: scenes.ExpectState) -> str:
        """The state that is expected; where the word is a column, the one in its cell."""
        return str(self.cells.get(expected.state, expected.state))


def cases_of(model: Model) -> Iterator[Case]:
    """The cases of a model's own tests, in the order of the text; tests of imported files belong to those."""
    for number, test in enumerate(model.tests):
        if test.examples is None:
            yield Case(test, number)
            continue
        for row, cells in enumerate(test.examples.rows):
            yield Case(test, number, row, dict(zip(test.examples.columns, cells, strict=True)))


def _shown(cell: Any) -> str:
    return write_quantity(cell) if isinstance(cell, Quantity) else str(cell)
