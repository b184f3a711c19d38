"""Teams in an evaluation: how busy they are in the reference and now, how long work waits for them, because of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mpmflow.analysis.congestion.overload import CLOSE_TO_FULL, OverloadedTeam, overloaded_teams
from mpmflow.numerics.queues.queueing import POISSON_BAND

from .crowds import Crowd, Crowds
from .process_draws import ProcessDraws

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """A team that cases queue for.

    Attributes:
        load_before, load: work that comes over what its people can do, in the reference and now.
        p_overloaded: probability that it is 1 or more now, by the draws.
        wait_before, wait: seconds that one visit waits for it, by the queue's formula; of an overloaded team on the
            fluid path at the end of the horizon.
        wait_by: source -> its part of the change of the wait, in seconds.
        by: whether those parts are of the `wait` itself, or in proportion to what each adds to the `load`, where the
            team is overloaded on the way from the reference to now.
        overload: what can be said of it where it has more work than people now.
    """

    name: str
    people: int
    load_before: float
    load: float
    p_overloaded: float
    wait_before: float
    wait: float
    wait_by: Mapping[str, float] = field(default_factory=dict)
    by: Literal["wait", "load"] = "wait"
    overload: OverloadedTeam | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "people": self.people,
            "load": {"before": self.load_before, "now": self.load},
            "p_overloaded": self.p_overloaded,
            "wait": {"before": self.wait_before, "now": self.wait, "by": dict(self.wait_by), "split": self.by},
            "overload": self.overload.to_dict() if self.overload is not None else None,
        }


def team_loads(crowds: Crowds, draws: ProcessDraws) -> tuple[TeamLoad, ...]:
    """Every team that cases queue for, in the order of the text."""
    chance = draws.overloaded
    return tuple(row for crowd in crowds.crowds for row in _of(crowd, chance))


def _of(crowd: Crowd, chance: Mapping[str, float]) -> list[TeamLoad]:
    full = {row.team: row for row in overloaded_teams(crowd.after)}
    rows = []
    for pool, crew in enumerate(crowd.after.crews):
        before, now = crowd.waits_before[crew.name].mean, crowd.waits_after[crew.name].mean
        spill = crowd.spills[crew.name]
        by = {name: part * (now - before) for name, part in spill.by.items()}
        rows.append(
            TeamLoad(
                crew.name,
                crew.people,
                float(crowd.before.found.load[pool]),
                float(crowd.after.found.load[pool]),
                chance.get(crew.name, 0.0),
                before,
                now,
                dict(sorted(by.items(), key=lambda item: (-abs(item[1]), item[0]))),
                "load" if spill.of == "load" else "wait",
                full.get(crew.name),
            )
        )
    return rows


def queue_notes(crowds: Crowds) -> list[str]:
    """What a reader must know of the waits."""
    notes = []
    modelled = any(crowds.modelled(workflow) for workflow in crowds.after)
    if crowds.crowds and modelled:
        poisson = all(stream.scv == 1.0 for crowd in crowds.crowds for stream in crowd.after.streams)
        band = crowds.crowds[0].after.found.band
        middle, tenth = POISSON_BAND if poisson else (band.wait_median, band.wait_p90)
        notes.append(
            "Waits for people that no data show follow from the queues: against simulations of made-up workflows they "
            f"were off by {100 * middle:.2g}% in the middle case and by {100 * tenth:.2g}% or more in one of ten."
        )
    for crowd in crowds.crowds:
        for pool, crew in enumerate(crowd.after.crews):
            load, settles = float(crowd.after.found.load[pool]), float(crowd.after.found.relaxation[pool])
            if CLOSE_TO_FULL <= load < 1.0 and settles > crowds.horizon:
                notes.append(
                    f"{crew.name} is {100 * load:.3g}% busy: its queue takes about {settles / DAY:.3g} d to settle, "
                    "longer than these forecasts look ahead, so its waits will be shorter than told."
                )
    return notes


def overload_cautions(crowds: Crowds) -> list[str]:
    """What comes first for whoever reads on: teams that cannot keep up, and what the figures of time then are."""
    found = []
    for crowd in crowds.crowds:
        for pool, crew in enumerate(crowd.after.crews):
            load = float(crowd.after.found.load[pool])
            if load >= 1.0 - 1e-12:
                after = crowds.horizon / DAY
                found.append(
                    f"{crew.name} has more work than people ({100 * load:.3g}%): its work piles up, and waits have no "
                    f"end. Figures of time are those of a case that comes in {after:.3g} d, with the pile grown evenly."
                )
        if bool(np.isnan(crowd.after.found.wait).any()):
            found.append("What comes by way of an overloaded team is told without the wait behind it, so too short.")
    return found
