"""The ledger: keeps what was foretold and promised, and comes back to it when the truth is in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mpmflow.analysis.results import model_hash, mpmflow_version
from mpmflow.analysis.review.kept import Kept, KeptForecast, KeptModel, Merged, Settlement, printable
from mpmflow.diagnostics.errors import LedgerError
from mpmflow.model.model import Model

from . import exchange
from .chain import Draft, Entry, Kind, document_of, entry_of, kept_in
from .exchange import TakenIn
from .record import Recorded
from .settle import settlement_of
from .store import LedgerStore
from .verify import Verified, verify

if TYPE_CHECKING:
    from mpmflow.analysis.backtest.replay import Progress
    from mpmflow.analysis.review.review import Review
    from mpmflow.analysis.risk.evaluation import Evaluation

DEFAULT = "mpmflow-ledger.db"


class Ledger:
    """A ledger at a path; a new file where there is none. None keeps it in memory.

    Entries are only added. Each holds the hash of the one before, so that a change shows (`verify`). Several programs
    may write to one ledger at once. Use it with `with`, or `close` it.

    Args:
        clock: tells the time at which entries are recorded; the system's clock unless said.
        must_exist: do not begin a new file.

    Raises LedgerError, which says what to do, where the file cannot be used.

    >>> from mpmflow import evaluate, parse
    >>> model = parse('''
    ... metric leads output unit leads higher is better target at least 40 by 2026-03-29
    ... ''')
    >>> import polars
    >>> weeks = [f"2026-{month:02d}-{day:02d}" for month, day in ((1, 5), (1, 12), (1, 19), (1, 26), (2, 2), (2, 9))]
    >>> series = polars.DataFrame({"week": weeks, "leads": [38.0, 41.0, 40.0, 43.0, 39.0, 42.0]})
    >>> ledger = Ledger(None)
    >>> recorded = ledger.record(evaluate(model, series=series), author="Ann")
    >>> len(recorded.added), ledger.record(evaluate(model, series=series)).already
    (2, 1)
    >>> _ = ledger.settle("leads", "37 leads", "CRM report")
    >>> review = ledger.review(model, series=series)
    >>> review.judged[0].mark, review.judged[0].came, ledger.verify().ok
    ('missed', 37.0, True)
    """

    def __init__(
        self,
        path: str | Path | None = DEFAULT,
        *,
        clock: Callable[[], datetime] | None = None,
        must_exist: bool = False,
    ) -> None:
        self.store = LedgerStore(path, reading=must_exist)
        self.clock = clock or (lambda: datetime.now(UTC))

    @property
    def path(self) -> str | None:
        """Where it lies."""
        return self.store.path

    # ------------------------------------------------------------------------------------------ adding
    def record(self, evaluation: Evaluation, *, author: str | None = None) -> Recorded:
        """Keep the forecasts, promises and scenarios of an evaluation that a later day can judge, each with its law.

        The same forecasts are not doubled. Raises ValueError for an evaluation that `evaluate` did not make.
        """
        from mpmflow.analysis.review.recording import forecasts_of
        from mpmflow.analysis.risk.evaluation import asked_of

        forecasts, left_out = forecasts_of(asked_of(evaluation))
        assert evaluation.model is not None
        kept = self.keep(forecasts, author=author, models=[evaluation.model])
        return Recorded(kept.added, kept.already, left_out, kept.entries, kept.head)

    def keep(
        self, forecasts: Iterable[KeptForecast], *, author: str | None = None, models: Sequence[Model] = ()
    ) -> Recorded:
        """Keep forecasts that come from elsewhere, such as those of another program.

        Args:
            models: those that made them; the text of each is kept once.
        """
        contents: list[tuple[Kind, Any]] = []
        for model in models:
            document = KeptModel(hash=model_hash(model), document=model.model_dump_json())
            contents.append(("model", document.content()))
        contents += [("forecast", one.content()) for one in forecasts]
        offered = self._drafts(contents, author)
        already = 0

        def new(there: set[str]) -> list[Draft]:
            nonlocal already
            fresh = {draft.id: draft for draft in offered if draft.id not in there}
            already = sum(1 for draft in offered if draft.kind == "forecast" and draft.id in there)
            return list(fresh.values())

        added = self.store.add(new)
        entries, head = self.store.end()
        return Recorded(added, already, (), entries, head)

    def settle(
        self,
        metric: str,
        value: str | float,
        source: str,
        *,
        on: date | str | None = None,
        reading: str | None = None,
        author: str | None = None,
    ) -> Entry:
        """Say what came of a metric, where the data do not: a figure, and where it comes from.

        Nothing is overwritten: said again, the last word counts, and the earlier ones stay in view.

        Args:
            value: a number with its unit, such as `"37 eur"`; without one it is in the metric's unit.
            on: the date that it is for; not needed where forecasts were made for one date alone.
            reading: over which periods it counts, where forecasts for that date differ in that.

        Raises LedgerError: nothing was foretold of the metric or for that date, or the unit is another.
        """
        known = [one for _, one in self.forecasts()]
        found = settlement_of(known, metric, value, source, on=on, reading=reading)
        before = [(entry, one) for entry, one in self.settled() if one.key == found.key]
        if before and before[-1][1].says(found):
            return before[-1][0]
        found = found.model_copy(update={"revision": len(before)})
        drafts = self._drafts([("settlement", found.content())], author)
        self.store.add(lambda there: [draft for draft in drafts if draft.id not in there])
        return next(entry for entry in self.entries("settlement") if entry.id == drafts[0].id)

    def _drafts(self, contents: Iterable[tuple[Kind, Any]], author: str | None) -> list[Draft]:
        moment, version = self.clock().astimezone(UTC), mpmflow_version()
        name = printable(author) if author is not None else None
        return [Draft(kind, content, moment, name, version) for kind, content in contents]

    # ------------------------------------------------------------------------------------------ looking
    def entries(self, kind: str | None = None) -> tuple[Entry, ...]:
        """All entries, or those of one kind: `forecast`, `settlement`, `model` or `merge`, the first one first."""
        found = []
        for number, _, _, line, hashed in self.store.rows(kind):
            try:
                found.append(entry_of(document_of(line), hashed))
            except ValueError as error:
                raise self._unreadable(number, error) from None
        return tuple(found)

    def kept(self, kind: str | None = None) -> list[tuple[Entry, Kept]]:
        """Every entry, or those of one kind, with what it says as a record."""
        found = []
        for entry in self.entries(kind):
            try:
                found.append((entry, kept_in(entry)))
            except ValueError as error:
                raise self._unreadable(entry.number, error) from None
        return found

    def lines(self, kind: str | None = None) -> Iterator[str]:
        """Every entry, or those of one kind, as a line of JSON, as `export` writes it."""
        return exchange.lines(self.store, kind)

    def forecasts(self) -> list[tuple[Entry, KeptForecast]]:
        """Every forecast with its entry, the first one first."""
        return [(entry, one) for entry, one in self.kept("forecast") if isinstance(one, KeptForecast)]

    def settled(self) -> list[tuple[Entry, Settlement]]:
        """Everything that was said by hand, with its entry, the first one first."""
        return [(entry, one) for entry, one in self.kept("settlement") if isinstance(one, Settlement)]

    def models(self) -> list[KeptModel]:
        """Every model that forecasts were made with."""
        return [one for _, one in self.kept("model") if isinstance(one, KeptModel)]

    def _unreadable(self, number: int, error: Exception) -> LedgerError:
        return LedgerError(
            f"entry {number} cannot be read ({str(error)[:200]}); see `mpmflow ledger verify`, and put back a copy",
            ledger=self.path,
        )

    def verify(self, head: str | None = None) -> Verified:
        """Look through the chain: what was changed, removed, moved or cut off since it was written.

        Args:
            head: a hash that you wrote down once; then it is seen too whether the ledger still holds it.
        """
        return verify(self.store, head)

    def review(
        self,
        model: Model,
        *,
        log: Any = None,
        series: Any = None,
        as_of: date | datetime | str | None = None,
        taken: Sequence[str] = (),
        again: bool | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Review:
        """Hold what was recorded against what came.

        Args:
            model: today's; the truth is read with it, from its data.
            log, series, as_of: as of `mpmflow.evaluate`: what is known today.
            taken: names of scenarios that were carried out, so that what was foretold under them can be judged.
            again: whether to ask today's model what it would have said on each of those evenings; unless said, where
                forecasts were made by another version of it.
            seed: of the draws behind that.
            progress: called with the evenings that are done and those that there are.

        Raises:
            LedgerError: the ledger cannot be read. DataError: the data cannot be used.
            MpmError: a workflow has no figures; the diagnostic says where and why.
        """
        from .reviewing import review_of

        return review_of(
            self, model, log=log, series=series, as_of=as_of, taken=taken, again=again, seed=seed, progress=progress
        )

    # ------------------------------------------------------------------------------------------ out and in
    def export(self, path: str | Path) -> int:
        """Write all entries as lines of JSON, the document `mpmflow/ledger/1` each; returns how many."""
        return exchange.write_lines(self.store, path)

    def import_lines(self, path: str | Path) -> TakenIn:
        """Add the entries of an exported file that are new here.

        Raises LedgerError, which names the line, for a file that is none; nothing is added then.
        """
        return self._take_in(str(path), exchange.entries_in(path))

    def merge(self, path: str | Path) -> TakenIn:
        """Add the entries of another ledger that are new here: each keeps its content, time and author.

        Raises LedgerError where the other one is not as it was written; nothing is added then.
        """
        return self._take_in(str(path), exchange.entries_of(path))

    def _take_in(self, source: str, entries: Sequence[Entry]) -> TakenIn:
        def new(there: set[str]) -> list[Draft]:
            drafts = []
            for one in exchange.new_ones(entries, there):
                kind: Any = one.kind
                drafts.append(Draft(kind, one.content, one.recorded, one.author, one.version))
            if drafts:
                said = Merged(head=entries[-1].hash, count=len(entries), new=len(drafts))
                drafts += self._drafts([("merge", said.content())], None)
            return drafts

        added = self.store.add(new)
        return TakenIn(source, len(entries), added, self.store.end()[1])

    # ------------------------------------------------------------------------------------------ the end
    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
