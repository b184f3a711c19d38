"""What a partner may see, as a page that can be sent as it is: made of its `PartnerView` and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mpmflow.analysis.alliances.view import OwnHandoff, OwnIndicator, OwnPart, PartnerView
from mpmflow.render.handoffs_page import Line, promise_blocks, table_of, volume_blocks
from mpmflow.render.note_blocks import MOST, heading, paragraph
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.risk_words import amount

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

LEAST = 60.0
"""Less extra time than this, in seconds, is nothing."""
FEWEST = 0.0005
"""Fewer extra visits per case than this are nothing."""


def partner_page(view: PartnerView) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.text import Text

    when = f", up to {view.as_of.isoformat()}" if view.as_of is not None else ""
    parts: list[RenderableType] = [Text(f"{view.label}: your part of the work{when}", style="bold")]
    parts.append(paragraph(_people(view)))
    parts += _indicators(view)
    if view.handoffs:
        lines: list[Line] = [(_words(one), one.designed, one.observed) for one in view.handoffs]
        parts += volume_blocks(lines, view.period, "What comes to you, and what you hand over")
        promises = [(_words(one), promise) for one in view.handoffs for promise in one.promises]
        parts += promise_blocks(promises, view.period, owners=False)
    parts += _delay(view)
    parts += _open_cases(view)
    parts += _actions(view)
    parts += [paragraph(note, "dim") for note in view.notes]
    return Group(*parts)


def _words(one: OwnHandoff) -> str:
    return f"{one.counterpart_label} → you" if one.direction == "in" else f"you → {one.counterpart_label}"


def _people(view: PartnerView) -> str:
    words = f"{view.people} {'person' if view.people == 1 else 'people'}"
    if view.load is not None:
        words += f", busy {percent(view.load, 2)}"
        words += f" (by design {percent(view.load_expected, 2)})" if view.load_expected is not None else ""
    elif view.load_expected is not None:
        words += f", by design busy {percent(view.load_expected, 2)}"
    if view.wait is not None:
        words += f"; work waits {duration(view.wait, 2)} for them"
        words += f" (by design {duration(view.wait_expected, 2)})" if view.wait_expected is not None else ""
    elif view.wait_expected is not None:
        words += f"; by design work waits {duration(view.wait_expected, 2)} for them"
    return f"{words}."


def _indicators(view: PartnerView) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    if not view.indicators:
        return
    yield Text("")
    yield heading("How your work stands", "in the last full period; expected: by design")
    states = any(row.state is not None for row in view.indicators)
    table = table_of("", "seen", "expected", "of", *(("state",) if states else ()))
    for row in view.indicators:
        table.add_row(
            row.label,
            amount(row.observed, row.unit),
            amount(row.expected, row.unit),
            str(row.n) if row.n is not None else "-",
            *((_state(row),) if states else ()),
        )
    yield Padding(table, (0, 0, 0, 2))


def _state(row: OwnIndicator) -> str:
    if row.state is None:
        return ""
    since = f" since {row.since.isoformat()}" if row.since is not None and row.state in ("warn", "alert") else ""
    return f"{row.state}{since}"


def _delay(view: PartnerView) -> Iterator[RenderableType]:
    from rich.text import Text

    if view.delay is None and view.rework is None:
        return
    yield Text("")
    yield heading("Your part of delay and rework", "a case, against what was planned")
    if view.delay is not None:
        yield paragraph(_told("Extra time", view.delay, _time))
    if view.rework is not None:
        yield paragraph(_told("Extra visits, in 100 cases", view.rework, _visits))


def _told(what: str, part: OwnPart, words: Callable[[float], str]) -> str:
    return (
        f"{what}: {words(part.borne_of_own)} at your steps because of what was seen there, "
        f"{words(part.borne_of_others)} at your steps because of others, "
        f"{words(part.caused_at_others)} elsewhere because of what was seen at your steps."
    )


def _time(seconds: float) -> str:
    return _less(seconds, duration(abs(seconds), 2)) if abs(seconds) >= LEAST else "nothing"


def _visits(value: float) -> str:
    return _less(value, significant(100 * abs(value), 2)) if abs(value) >= FEWEST else "nothing"


def _less(value: float, words: str) -> str:
    return words if value > 0.0 else f"{words} less"


def _open_cases(view: PartnerView) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    if not view.open_cases:
        return
    labels = {step.name: step.label for step in view.steps}
    yield Text("")
    yield heading("Cases that now stand with you", "the oldest first")
    table = table_of("case", "at", "since", "for", left=2)
    for row in view.open_cases[:MOST]:
        table.add_row(row.case, labels.get(row.at, row.at), row.since, duration(row.age, 2))
    yield Padding(table, (0, 0, 0, 2))
    if len(view.open_cases) > MOST:
        yield paragraph(f"… and {len(view.open_cases) - MOST} more.", "dim")


def _actions(view: PartnerView) -> Iterator[RenderableType]:
    from rich.text import Text

    if not view.actions:
        return
    yield Text("")
    yield heading("Where you could help", "what pays most first")
    for row in view.actions:
        colon = "" if row.label.endswith("?") else ":"
        yield paragraph(f"{row.label}{colon} from {amount(row.start, row.unit)} to {amount(row.goal, row.unit)}.")
