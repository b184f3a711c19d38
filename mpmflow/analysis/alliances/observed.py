"""Hand-offs as a log has them: how often, how long work waited, how often it came back, whether promises were kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.model.alliances import Handoff
from mpmflow.model.passages import UNKNOWN, Passages
from mpmflow.numerics.statistics.estimates import mean_estimate, wilson_interval
from mpmflow.numerics.statistics.quantiles import chance_below, chance_of_a_miss, quantile_interval, sample_quantile

from .figures import LATELY, Clock, Estimated, Observed, PromiseFigure, State

Bools = npt.NDArray[np.bool_]
TAIL = 0.9
"""The share of hand-offs that the longer of the two figures of a wait covers."""


@dataclass(frozen=True, eq=False)
class SeenPassages:
    """The passages of a log as arrays, to be asked for one hand-off or several."""

    passages: Passages
    pairs: tuple[tuple[str, str], ...]
    case: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    given: npt.NDArray[np.float64]
    taken: npt.NDArray[np.float64]
    began: Bools
    back: npt.NDArray[np.int64]

    @classmethod
    def of(cls, passages: Passages) -> SeenPassages:
        """The arrays of passages; `number` is the place of each one's (source, target) in `pairs`."""
        source, target = (np.asarray(column, dtype=np.int64) for column in (passages.source, passages.target))
        codes, number = np.unique(source * max(1, len(passages.nodes)) + target, return_inverse=True)
        pairs = tuple(
            (passages.nodes[code // len(passages.nodes)], passages.nodes[code % len(passages.nodes)])
            for code in codes.tolist()
        )
        return cls(
            passages,
            pairs,
            np.asarray(passages.case, dtype=np.int64),
            np.asarray(number, dtype=np.int64).reshape(-1),
            np.asarray(passages.given, dtype=float),
            np.asarray(passages.taken, dtype=float),
            np.asarray(passages.began, dtype=bool),
            np.asarray(passages.back, dtype=np.int64),
        )

    def chosen(self, pairs: Iterable[tuple[str, str]]) -> Bools:
        """Which passages are between some of these steps."""
        wanted = set(pairs)
        places = [place for place, pair in enumerate(self.pairs) if pair in wanted]
        return np.asarray(np.isin(self.number, places), dtype=bool)

    def observed(self, rows: Bools, cases: int | None, period: float) -> Observed:
        """The figures of some passages; `cases` came in all, None where that has no meaning."""
        n = int(rows.sum())
        span = max(self.passages.until - self.passages.first, 1.0)
        waited = (self.taken - self.given)[rows]
        done = waited[~np.isnan(waited)]
        waiting = self.passages.until - self.given[rows][np.isnan(waited)]
        settled = self.back[rows][self.back[rows] != UNKNOWN]
        returned = int((settled == 1).sum())
        return Observed(
            n,
            len(np.unique(self.case[rows])),
            n * period / span,
            _mean(done),
            _p90(done),
            self._clock(rows & ~np.isnan(self.taken)),
            len(waiting),
            float(waiting.max()) if len(waiting) else None,
            _share(returned, len(settled)),
            returned / cases if cases else None,
        )

    def _clock(self, rows: Bools) -> Clock:
        began = self.began[rows]
        if len(began) == 0:
            return "start" if self.began.any() else "end"
        return "start" if began.all() else "mixed" if began.any() else "end"

    def held(
        self, promise: Handoff, workflow: str | None, rows: Bools, period: float, designed_late: float | None
    ) -> PromiseFigure:
        """A promise held against some passages."""
        within = float(promise.within.base)
        given, taken = self.given[rows], self.taken[rows]
        # Only what was handed over that long ago: whether it was taken up in time is known of every one of them.
        old = given + within <= self.passages.until
        judged = int(old.sum())
        in_time = taken[old] - given[old] <= within
        kept = int(in_time.sum())
        late_ones = given[old] + within > self.passages.until - LATELY * period
        span = max(self.passages.until - self.passages.first, 1.0)
        coming = max(1, round(int(rows.sum()) * period / span))
        share = float(promise.share) if promise.share is not None else None
        state: State = "unknown"
        broken: float | None = None
        if judged:
            state = "kept" if kept >= judged * (1.0 if share is None else share) - 1e-9 else "broken"
            certain = share is None or share >= 1.0
            broken = chance_of_a_miss(kept, judged, coming) if certain else chance_below(kept, judged, share or 0.0)
        return PromiseFigure(
            workflow,
            promise.label or "",
            promise.owner,
            within,
            share,
            _share(kept, judged),
            judged - kept,
            int(rows.sum()) - judged,
            state,
            broken,
            designed_late,
            _share(int(in_time[late_ones].sum()), int(late_ones.sum())),
            _share(int(in_time[~late_ones].sum()), int((~late_ones).sum())),
        )


def promised(promise: Handoff, workflow: str | None, designed_late: float | None) -> PromiseFigure:
    """A promise that no log was held against."""
    share = float(promise.share) if promise.share is not None else None
    return PromiseFigure(
        workflow,
        promise.label or "",
        promise.owner,
        float(promise.within.base),
        share,
        designed_late=designed_late,
    )


def what_the_log_cannot_tell(passages: Passages, known: set[tuple[str, str]], titles: dict[str, str]) -> Iterator[str]:
    """Sentences on what is missing, or blurred, in the figures of a log."""
    taken = [began for began, moment in zip(passages.began, passages.taken, strict=True) if moment == moment]
    if taken and not any(taken):
        yield (
            "The log says when work was done, not when it began: every wait holds the taker's own work too, and "
            "promises are held against the end of it."
        )
    elif not all(taken):
        ends = sum(1 for began in taken if not began)
        yield f"For {ends} of {len(taken)} hand-offs the log says only when the taker was done, not when it began."
    if passages.by_day:
        yield "The log knows days, not hours: a wait may be off by a day."
    for (source, target), count in passages.unseen.items():
        yield (
            f"{count} times work passed from “{titles.get(source, source)}” to “{titles.get(target, target)}” without "
            "an event of its own: those hand-offs happened, but nobody knows when."
        )
    if passages.blurred:
        yield (
            f"{passages.blurred} times the giver still had a question to answer after its last event: those waits hold "
            "that too."
        )
    if passages.undecided:
        n = passages.undecided
        cases = "1 open case is" if n == 1 else f"{n} open cases are"
        yield f"{cases} left out of what waits now: one of several teams may have to go on, and nobody knows which."
    if passages.astray:
        yield f"Left out are {passages.astray} hand-offs that went a way which the workflow does not have."
    others = sum(
        1
        for source, target in zip(passages.source, passages.target, strict=True)
        if (passages.nodes[source], passages.nodes[target]) not in known
    )
    if others:
        yield (
            f"Left out are {others} hand-offs between steps that do not follow each other in a workflow of this file: "
            "what lies between them leaves no event, or they are of imported workflows."
        )


def _mean(values: npt.NDArray[np.float64]) -> Estimated | None:
    if not len(values):
        return None
    n = len(values)
    found = mean_estimate(n, float(values.sum()), float((values**2).sum()), half_life=None)
    low, high = found.interval() if found.known and found.mean > 0.0 else (None, None)
    return Estimated(float(values.mean()), low, high, n)


def _p90(values: npt.NDArray[np.float64]) -> Estimated | None:
    if not len(values):
        return None
    low, high = quantile_interval(values, TAIL)
    return Estimated(sample_quantile(values, TAIL), low, high, len(values))


def _share(hits: int, n: int) -> Estimated | None:
    if not n:
        return None
    low, high = wilson_interval(hits, n)
    return Estimated(hits / n, float(low), float(high), n)
