"""How much of the data the model explains, and what a reader should know of both."""

from __future__ import annotations

from collections.abc import Mapping

from mpmflow.model.observations import Observations

from .arrivals import Coming
from .beliefs import Estimate
from .crowds import Crowds
from .enough_data import cautions
from .figures import CoverageFigure
from .outlook import Outlook
from .process_change import ProcessChange
from .teams import overload_cautions, queue_notes


def coverage_figure(
    observations: Observations,
    found: Estimate,
    outlook: Outlook,
    changes: Mapping[str, ProcessChange],
    crowds: Crowds,
    coming: Mapping[str, Mapping[str, Coming] | None],
) -> CoverageFigure:
    """What was observed and what of it the model does not know, with all notes and cautions."""
    seen = observations.coverage
    notes = [*seen.notes, *dict.fromkeys(outlook.notes), *queue_notes(crowds)]
    if any(change.new.process.on_calendar for change in changes.values()):
        notes.append("Some teams work by a calendar: times computed from their work are approximate.")
    unplanned = [row.name for row in found.times.values() if not row.planned]
    if unplanned:
        notes.append(
            "The text states no time for "
            + ", ".join(sorted(name.rpartition(".")[0] for name in unplanned)[:6])
            + (" and others" if len(unplanned) > 6 else "")
            + ": the first 20 periods take its place."
        )
    large = [name for name, nodes in coming.items() if nodes is None]
    if large:
        notes.append(f"When extra visits arrive is not told of {', '.join(large)}: too many steps to follow over time.")
    return CoverageFigure(
        cases=seen.cases,
        events=seen.events,
        periods=found.periods,
        unmatched=seen.unmatched,
        deviations=seen.deviations,
        detours=seen.detours,
        astray=seen.astray,
        notes=tuple(notes),
        cautions=(*cautions(observations, found.periods), *overload_cautions(crowds)),
    )
