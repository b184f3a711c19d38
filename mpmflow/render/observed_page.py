"""The indicators as they were observed, as a page: the last periods, the segments, and what the model leaves unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.risk_words import amount

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from mpmflow.analysis.observed.indicators import Observed, ObservedSegment
    from mpmflow.model.observations import Coverage, Detour

MOST_SEGMENTS = 6
"""Values of a column that stand side by side; the others are in the document."""

MOST_DETOURS = 8
START = "start"


def observed_page(found: Observed, *, last: int = 6) -> Group:
    """The page, for a terminal of any width or a file; `last` is how many periods it shows."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    seen = found.observations
    until = max(seen.starts[-1], seen.as_of)
    periods = len(seen.starts)
    title = f"What was observed in {periods} period{'s' if periods != 1 else ''}, up to {until:%Y-%m-%d}"
    parts: list[RenderableType] = [Text(title, style="bold"), _over_time(found, last)]
    for column in dict.fromkeys(part.column for part in found.segments):
        values = [part for part in found.segments if part.column == column]
        parts += [Text(""), Text(f"By {column}, over all periods", style="bold"), _side_by_side(found, values)]
        if len(values) > MOST_SEGMENTS:
            left = len(values) - MOST_SEGMENTS
            parts.append(
                Padding(Text(f"{left} more values with fewer cases: --json and --csv have them."), (0, 0, 0, 2))
            )
    parts += [Text(""), Text("What the workflow explains", style="bold")]
    parts += [Padding(Text(sentence), (0, 0, 0, 2)) for sentence in coverage_sentences(found.coverage)]
    if found.coverage.notes:
        parts += [Text(""), Text("How the data were read", style="bold")]
        parts += [Padding(Text(note), (0, 0, 0, 2)) for note in found.coverage.notes]
    return Group(*parts)


def _over_time(found: Observed, last: int) -> Table:
    table = _table("indicator", "all")
    starts = found.observations.starts[-last:]
    for start in starts:
        table.add_column(f"{start:%Y-%m-%d}", justify="right", no_wrap=True)
    for one in found.indicators:
        cells = [_cell(value, one.unit) for value in one.values[-last:]]
        table.add_row(one.name, _cell(one.whole, one.unit), *cells)
    return table


def _side_by_side(found: Observed, values: Sequence[ObservedSegment]) -> Table:
    table = _table("indicator", "all")
    shown = sorted(values, key=lambda part: (-part.cases, part.value))[:MOST_SEGMENTS]
    for part in shown:
        table.add_column(part.value or "(none)", justify="right", no_wrap=True)
    table.add_row("cases", significant(sum(part.cases for part in values), 6), *(str(part.cases) for part in shown))
    for one in found.indicators:
        cells = []
        for part in shown:
            match = next((other for other in part.indicators if other.name == one.name), None)
            cells.append(_cell(match.whole if match else None, one.unit))
        if one.whole is not None:
            table.add_row(one.name, _cell(one.whole, one.unit), *cells)
    return table


def _table(*heads: str) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    for index, head in enumerate(heads):
        table.add_column(head, justify="right" if index else "left", no_wrap=True)
    return table


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "share":
        return percent(value)
    if unit not in ("", "s", "rounds", "cases"):
        return amount(value, unit)
    return duration(value) if unit == "s" else significant(value, 6 if unit == "cases" else 3)


def coverage_sentences(seen: Coverage) -> Iterator[str]:
    """How much of the data the workflow explains, in sentences, the weightiest first."""
    if not seen.events:
        yield "No events: the figures are those of the series."
        return
    yield f"{seen.events:,} events of {seen.cases:,} cases."
    if seen.unmatched:
        listed = ", ".join(f'"{name}" {count:,}' for name, count in seen.unmatched[:6])
        more = f" and {len(seen.unmatched) - 6} more" if len(seen.unmatched) > 6 else ""
        total = sum(count for _, count in seen.unmatched)
        yield (
            f"{total:,} events belong to no step or outcome: {listed}{more}. `seen as` claims them, `ignore` says that "
            "they do not matter."
        )
    if seen.ignored:
        yield f"{sum(count for _, count in seen.ignored):,} events are ignored, as the file says."
    if not seen.detours:
        yield "Every case took a way that the workflow has."
        return
    share = percent(seen.astray / seen.cases) if seen.cases else "0%"
    yield f"{seen.astray:,} cases ({share}) took a way that the workflow does not have:"
    for detour in seen.detours[:MOST_DETOURS]:
        yield f"  {detour_sentence(detour)}"
    if len(seen.detours) > MOST_DETOURS:
        yield f"  and {len(seen.detours) - MOST_DETOURS} rarer ones; --json has them."


def detour_sentence(one: Detour) -> str:
    """A detour in words.

    >>> from mpmflow.model.observations import Detour
    >>> detour_sentence(Detour("skipped", "brief", "launch", 3, 2, ("legal",), ("W-1", "W-7")))
    'skipped: from brief to launch without legal (2 cases, such as W-1 and W-7)'
    """
    begin = "the start" if one.earlier == START else one.earlier
    if one.kind == "skipped":
        said = f"from {begin} to {one.later}" + (f" without {', '.join(one.missing)}" if one.missing else "")
    elif one.kind == "inserted":
        said = f"{one.later} after {begin}"
    elif one.kind == "unfinished":
        said = f"nothing after {begin}, for longer than ever before"
    else:
        said = f"{one.later} after {begin}"
    cases = f"{one.cases:,} case{'s' if one.cases != 1 else ''}"
    return f"{one.kind}: {said} ({cases}, such as {' and '.join(one.examples)})"
