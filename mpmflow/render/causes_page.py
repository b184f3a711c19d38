"""What the history says of causes, as a page: the links that hold up as lines to paste, then every pair with why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpmflow.render.numbers import duration, percent, significant

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from mpmflow.analysis.learned.learned import LearnedCause, LearnedCauses

SHOWN = 20
"""So many pairs without a link are listed; the document has them all."""


def causes_page(found: LearnedCauses) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich import box
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    held, others = found.found, [one for one in found.causes if not one.found]
    title = "Causes that are to be learned" if found.declared else "Links that nobody has declared"
    parts: list[RenderableType] = [Text(title, style="bold")]
    parts += [Padding(Text(note), (0, 0, 0, 2)) for note in found.notes]
    if held:
        table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="dim")
        for name in ("foretells", "each", "adds", "90 % interval", "after about", "error less", "evidence"):
            table.add_column(name, no_wrap=name not in ("foretells",), justify="left")
        for one in held:
            table.add_row(*_row(one))
        parts += [Padding(table, (0, 0, 0, 2)), Text("")]
        words = "What fit -o writes in the place of learned" if found.declared else "Lines to paste, if they make sense"
        parts.append(Text(words, style="bold"))
        parts += [Padding(Text(line), (0, 0, 0, 2)) for line in found.lines]
    elif found.causes:
        parts.append(Padding(Text("No link holds up."), (0, 0, 0, 2)))
    if others:
        parts += [Text(""), Text("Not shown by the history", style="bold")]
        parts += [Padding(Text(why_not(one)), (0, 0, 0, 2)) for one in others[:SHOWN]]
        if len(others) > SHOWN:
            parts.append(Padding(Text(f"and {len(others) - SHOWN} pairs more; --json has them all"), (0, 0, 0, 2)))
    if found.causes:
        parts += [
            Text(""),
            Text(
                "A link says that the source foretells the effect, not that it brings it about: what moves both looks "
                "the same. Each was tested on stretches of the history that it was not fitted to; of the links found "
                "together one in ten is false at most, on the average.",
                style="dim",
            ),
        ]
    return Group(*parts)


def cause_words(one: LearnedCause) -> str:
    """A learned cause in one line: what it adds and after how long, or why it adds nothing."""
    if not one.found:
        return why_not(one)
    _, step, adds, interval, after, _, evidence = _row(one)
    return f"{one.source} -> {one.effect}: each {step} adds {adds} ({interval}) after about {after}; {evidence}"


def _row(one: LearnedCause) -> tuple[str, ...]:
    def amount(value: float | None) -> str:
        return significant(value * one.scale) if value is not None else "unknown"

    unit = f" {one.unit}" if one.unit else ""
    return (
        f"{one.source} -> {one.effect}",
        one.step,
        f"{amount(one.gain)}{unit}",
        f"{amount(one.low)} to {amount(one.high)}",
        duration(one.mean_lag) if one.mean_lag is not None else "unknown",
        percent(max(one.gained or 0.0, 0.0), 2),
        f"{one.grade}, {one.periods} periods",
    )


def why_not(one: LearnedCause) -> str:
    """A pair that does not hold up, with the reason."""
    chance = f" (p {significant(one.p_value, 2)})" if one.p_value is not None else ""
    return f"{one.source} -> {one.effect}: {one.why}{chance}"
