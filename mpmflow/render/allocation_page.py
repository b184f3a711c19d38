"""A budget spread over channels, initiatives and people as a page of text: what to spend on what, what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mpmflow.model.units import parse_unit
from mpmflow.render.numbers import duration
from mpmflow.render.risk_words import amount, chance, day

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from mpmflow.analysis.allocation.allocation import Allocation, Mix

WEEK = 604_800.0


def allocation_page(found: Allocation) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    from mpmflow.render.analysis_page import Fitted

    reach = f"so that {found.label} meets its target, {found.target_text}"
    aim = reach if found.aim == "reach" else f"to improve {found.label}"
    title = f"{amount(found.budget, found.currency)} until {day(found.until)}, {aim}"
    parts: list[RenderableType] = [Text(title, "bold")]
    parts += [Padding(Text(sentence), (0, 0, 0, 2)) for sentence in _sentences(found)]
    if found.channels:
        step = _step(found)
        head = [
            f"  {found.currency} {_each(found)}",
            "now",
            "best on average",
            "cautious",
            f"{step:,} {found.currency} more",
        ]
        rows = [
            [
                f"  {row.label}",
                *(amount(level, "", 3) for level in (row.now, row.nominal, row.cautious)),
                amount(step * row.worth, found.unit, 2),
            ]
            for row in found.channels
        ]
        parts += [Text("\nChannels", "bold"), Fitted(head, rows)]
    rows = list(_options(found))
    if rows:
        parts += [Text("\nBeside them", "bold"), Fitted(["  what", "costs", "best on average", "cautious"], rows)]
    mixes = {"as it is now": found.today, "best on average": found.nominal, "cautious": found.cautious}
    table = [[f"  {name}", *_outcome(found, mix)] for name, mix in mixes.items()]
    head = [f"  {found.label}", "costs", "expected", "95% range", "worst fifth", "likely to miss"]
    parts += [Text(f"\nWhat {found.label} comes to by {day(found.until)}", "bold"), Fitted(head, table), Text("")]
    parts += [Padding(Text(line, "dim"), (0, 0, 0, 2)) for line in (*found.notes, *_footnotes(found))]
    return Group(*parts)


def _sentences(found: Allocation) -> Iterator[str]:
    more = [row for row in found.channels if row.nominal > 1.02 * row.now]
    less = [row for row in found.channels if row.nominal < 0.98 * row.now]
    if more:
        yield f"More for {_listed([row.label for row in more])}."
    if less:
        yield f"Less for {_listed([row.label for row in less])}."
    taken = [found.labels.get(name, name) for name in found.nominal.initiatives]
    taken += [f"{number} more in {found.labels.get(team, team)}" for team, number in found.nominal.people.items()]
    if taken:
        yield f"Take {_listed(taken)}."
    if not (more or less or taken):
        yield "Everything stays as it is: nothing that the money could pay for does better."
    now, then = found.today.forecast, found.nominal.forecast
    words = f"{found.label} comes to about {amount(then, found.unit)} instead of {amount(now, found.unit)}"
    if found.nominal.p_miss != found.today.p_miss:
        words += f"; its target is missed with {chance(found.nominal.p_miss)} instead of {chance(found.today.p_miss)}"
    yield f"{words}."
    further = found.nominal.cost - found.today.cost
    if parse_unit(found.unit) == parse_unit(found.currency) and further > 0.01 * found.budget:
        each = amount((then - now) / further, found.currency, 2)
        yield f"That is {each} of {found.label} for each {found.currency} spent more than today."
    spent = found.budget - found.today.cost
    if found.channels and abs(spent) > 0.01 * found.budget:
        yield (
            f"Today's spending would take {amount(found.today.cost, found.currency)} until then, "
            f"{amount(abs(spent), found.currency)} {'less' if spent > 0 else 'more'} than the budget."
        )


def _options(found: Allocation) -> Iterator[list[str]]:
    for name, cost in found.options.items():
        team, plus, number = name.partition("+")
        if not plus:
            took = ["yes" if name in mix.initiatives else "no" for mix in (found.nominal, found.cautious)]
        elif number == "1":
            took = [f"{mix.people.get(team, 0)} more" for mix in (found.nominal, found.cautious)]
        else:
            continue
        label = found.labels.get(team, team)
        yield [f"  {label}" if not plus else f"  one more in {label}", amount(cost, found.currency), *took]


def _outcome(found: Allocation, mix: Mix) -> list[str]:
    return [
        amount(mix.cost, found.currency),
        amount(mix.forecast, found.unit),
        f"{amount(mix.low, found.unit)} to {amount(mix.high, found.unit)}",
        amount(mix.worst, found.unit),
        chance(mix.p_miss) if mix.p_miss is not None else "",
    ]


def _footnotes(found: Allocation) -> Iterator[str]:
    if found.channels:
        yield (
            f"Each channel takes its amount in every one of {found.periods} periods. The last column is what "
            f"{_step(found):,} {found.currency} more, spread over them, would add to {found.label} at the choice that "
            "is best on average. Where it is alike, no exchange between channels helps; where it is not, a bound holds "
            "the channel."
        )
    yield (
        "Cautious is what does best in the worst fifth of all futures. The responses are the model's own: what is "
        "declared or learned of them, with its doubt; they are no proof of cause."
    )


def _step(found: Allocation) -> int:
    """How much more the last column asks about: so much that what it brings can be read."""
    factor = float(parse_unit(found.unit).factor)
    most = max((abs(row.worth) / factor for row in found.channels), default=1.0)
    return 1 if most >= 0.05 else 100 if most >= 0.0005 else 1_000


def _each(found: Allocation) -> str:
    return "per week" if abs(found.period - WEEK) < 1 else f"per {duration(found.period)}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
