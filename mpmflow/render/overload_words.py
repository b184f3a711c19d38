"""What is said of a team with more work than it can do: what fills it, how fast it falls behind, what would mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mpmflow.render.numbers import duration, hours, percent, significant

if TYPE_CHECKING:
    from mpmflow.analysis.congestion.overload import OverloadedTeam

WEEK = 7 * 86400.0
SHARES = 3
"""So many decisions stand on the page; the document has all."""


def overload_sentences(team: OverloadedTeam) -> Iterator[str]:
    """The sentences of one team."""
    people = "1 person" if team.people == 1 else f"{team.people} people"
    yield (
        f"{team.team} ({people}) gets {percent(team.load)} of the work it can do: {hours(team.growth_per_day)} of work "
        "pile up every day, and waits grow without end."
    )
    parts = [
        f"{percent(load)} would be there without any rework ({name})" for name, load in team.without_rework.items()
    ]
    by_size = sorted(team.rework.items(), key=lambda item: (-item[1], item[0]))
    parts += [f"{percent(load)} comes of rework at {name}" for name, load in by_size[:SHARES] if load > 0.0]
    rest = sum(load for _, load in by_size[SHARES:])
    if rest > 0.0:
        parts.append(f"{percent(rest)} of rework elsewhere")
    yield "Of that load " + _listed(parts) + "."
    yield "It would keep up, all else as it is, " + _listed(list(_mendings(team)), "or") + "."
    for name, seconds in team.late_after.items():
        if seconds <= 0.0:
            yield f"Cases of {name} miss their deadline even without a wait."
        else:
            yield (
                f"Starting with nobody waiting, cases of {name} wait too long to meet their deadline after about "
                f"{duration(seconds)}."
            )


def _mendings(team: OverloadedTeam) -> Iterator[str]:
    yield f"with {team.enough_people} people (load at most 85%)"
    for name, rate in team.largest_arrivals.items():
        if rate > 0.0:
            yield f"below {significant(rate * WEEK)} cases of {name} a week"
    known = [(name, share) for name, share in team.largest_shares.items() if share is not None]
    for name, share in known[:SHARES]:
        yield f"with {name} below {percent(share)}"


def _listed(parts: list[str], word: str = "and") -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" {word} " + parts[-1]
