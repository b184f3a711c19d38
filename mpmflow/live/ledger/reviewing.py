"""A review of a ledger: its forecasts, what was said by hand, and the data, brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mpmflow.analysis.answering import answering
from mpmflow.analysis.review.judged import Judged, Said
from mpmflow.analysis.review.review import Review, Settled, made_by_others, review
from mpmflow.compiler.origins import origin_of
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.model import Model
from mpmflow.readers.observe import History, open_history
from mpmflow.readers.samples import read_samples

from .verify import verify

if TYPE_CHECKING:
    from mpmflow.analysis.backtest.replay import Progress
    from mpmflow.model.observations import Observations

    from .ledger import Ledger


def review_of(
    ledger: Ledger,
    model: Model,
    *,
    log: Any,
    series: Any,
    as_of: date | datetime | str | None,
    taken: Sequence[str],
    again: bool | None,
    seed: int,
    progress: Progress | None,
) -> Review:
    """See `Ledger.review`."""
    said = said_in(ledger)
    _known_scenarios(said, taken)
    folder = origin_of(model).folder
    history = None
    if model.data or log is not None or series is not None:
        history = open_history(model, folder=folder, log=log, series=series, as_of=as_of)
    observations = history.observe(as_of) if history is not None else None
    asked = made_by_others(model, said) if again is None else again
    samples = read_samples(model, folder=folder)
    with answering(model):
        found = review(
            model,
            observations,
            said,
            settled_in(ledger),
            today=_today(ledger, as_of),
            models=models_in(ledger),
            taken=taken,
            observe=history.observe if history is not None and asked else None,
            seed=seed,
            samples=samples,
            progress=progress,
            asked_for=_today(ledger, as_of) if as_of is not None else None,
        )
    return replace(found, notes=(*_notes(ledger, history), *found.notes))


def past_forecasts(ledger: Ledger, model: Model, observations: Observations | None) -> tuple[Judged, ...]:
    """What a ledger foretold, each beside what came: plain rows for a report, the earliest day first.

    Args:
        model: today's; `observations`: what is known today (`mpmflow.readers.observe.observe`), None without data.

    Returns:
        Rows with `.forecast` (metric, label, unit, owner, commitment, as_of, on, target_text, forecast, low, high,
        p_miss, law), `.mark` (`kept`, `missed`, `late`, `came`, `ahead`, `unscored`), `.came`, `.reached_on`, `.source`
        and `.why`; `.to_dict()` has all of it flat. Scores stand in `.scores`.

    Raises LedgerError where the ledger cannot be read, MpmError where a workflow has no figures.
    """
    samples = read_samples(model, folder=origin_of(model).folder)
    with answering(model):
        return review(
            model,
            observations,
            said_in(ledger),
            settled_in(ledger),
            today=ledger.clock().date(),
            models=models_in(ledger),
            samples=samples,
        ).judged


def said_in(ledger: Ledger) -> list[Said]:
    """The forecasts of a ledger."""
    return [Said(entry.id, entry.recorded, entry.author, one) for entry, one in ledger.forecasts()]


def settled_in(ledger: Ledger) -> list[Settled]:
    """What was said by hand, in the order in which it was recorded: the same in every merged ledger."""
    found = [(entry.recorded, entry.id, Settled(one, entry.recorded, entry.author)) for entry, one in ledger.settled()]
    return [one for _, _, one in sorted(found, key=lambda row: row[:2])]


def models_in(ledger: Ledger) -> Mapping[str, Model | str]:
    """Hash -> the model that forecasts were made with, or why it cannot be read."""
    found: dict[str, Model | str] = {}
    for kept in ledger.models():
        try:
            found[kept.hash] = Model.model_validate_json(kept.document)
        except ValidationError:
            found[kept.hash] = "the model it was made with was written by a version of mpmflow that said it otherwise"
    return found


def _known_scenarios(said: Sequence[Said], taken: Sequence[str]) -> None:
    there = sorted({one.forecast.scenario for one in said if one.forecast.scenario is not None})
    for name in taken:
        if name not in there:
            raise DataError(
                f"no forecast was recorded under a scenario {name!r}; there are: {', '.join(there) or 'none'}"
            )


def _today(ledger: Ledger, as_of: date | datetime | str | None) -> date:
    if isinstance(as_of, str):
        return date.fromisoformat(as_of[:10])
    if isinstance(as_of, datetime):
        return as_of.date()
    return as_of if as_of is not None else ledger.clock().date()


def _notes(ledger: Ledger, history: History | None) -> list[str]:
    notes = []
    seen = verify(ledger.store)
    if not seen.ok:
        notes.append(f"This ledger is not as it was written, see ledger verify: {seen.findings[0]}.")
    if history is None:
        notes.append("The file names no data and none were given, so only what was settled by hand is known.")
    return notes
