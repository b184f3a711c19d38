"""The reduction of an event log to the small table from which everything else is counted.

Written once, over narwhals, it runs where the frame lives: polars, pandas and pyarrow in memory, DuckDB and Spark on
their own engines. Events are put in order by case and time, with the order of the file on ties (engines without an
order of rows take the order of the workflow), each is set beside the one before it in its case, and the pairs are
counted by period. Gaps are whole milliseconds and their sums integers, so that every engine gives the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw

from mpmflow.model.flow import Scope

from .claims import Claims
from .events import Events, rows_of
from .periods import Grid
from .ways import START, Ways

SPLIT = 1 << 20
"""Squares are summed in parts of this radix, for a gap of 30 years squared would not fit 64 bits."""

NOBODY = -2
"""Code of an event that nobody claims."""

FIRST = -1
"""Code of the start, which is before a case's first event."""


@dataclass(slots=True)
class Times:
    """Sums over spans of time, exact: how many, their milliseconds, and those squared."""

    count: int = 0
    total: int = 0
    squares: int = 0

    def add(self, other: Times) -> None:
        self.count += other.count
        self.total += other.total
        self.squares += other.squares


@dataclass(slots=True)
class Succession:
    """Events of one period with the same mark and the same mark before them.

    `earlier` is START for the first event of a case. `beside` holds where an event of a parallel branch came between:
    then `earlier` is the last event of the same branch, or from before the block. `gaps` holds the times since
    `earlier`, where no start row gives a better one.
    """

    period: int
    earlier: str
    later: str
    beside: bool
    count: int
    gaps: Times


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands: its last mark and when that was, when it began, the numbers of its columns.

    `started` is the mark of work that began later than that and has not ended, `started_at` when it began.
    """

    id: str
    mark: str
    when: int
    began: int
    values: tuple[float | None, ...] = ()
    reworked: bool = False
    started: str | None = None
    started_at: int = 0


@dataclass(slots=True)
class Counted:
    """What was counted in a log, by period number of a grid of fixed width.

    Attributes:
        successions: every kind of pair.
        services: times from start to complete rows; `waits`: from the event before to the start row.
        closings: (period, mark, block, branch) -> how often the block ended with that as the branch's last mark.
        cases: every case with an event that somebody claims.
        gaps: per mark that was asked for, the times until the next event, ascending.
        notes: what a reader of the figures should know.
    """

    successions: list[Succession] = field(default_factory=list)
    services: dict[tuple[int, str], Times] = field(default_factory=dict)
    waits: dict[tuple[int, str], Times] = field(default_factory=dict)
    closings: dict[tuple[int, str, str, int], int] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    gaps: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def count(events: Events, claims: Claims, ways: Ways, grid: Grid, *, patient: Sequence[str] = ()) -> Counted:
    """Count a log. `patient` are the marks whose gaps are wanted one by one."""
    return _Count(events, claims, ways, grid).count(patient)


class _Count:
    def __init__(self, events: Events, claims: Claims, ways: Ways, grid: Grid) -> None:
        self.events, self.ways, self.grid = events, ways, grid
        self.marks = tuple(sorted(ways.marks))
        self.code = {mark: index for index, mark in enumerate(self.marks)}
        self.counted = Counted()
        self.unfinished: dict[str, tuple[int, str]] = {}
        frame = events.frame.with_columns(self._coded(claims).alias("code"))
        self.frame = frame.filter(nw.col("code") >= 0)
        self.paired = False

    def name(self, code: Any) -> str:
        return START if code < 0 else self.marks[int(code)]

    def scope(self, code: int) -> Scope:
        place = self.ways.places.get(self.marks[code])
        return place.scope if place else ()

    def count(self, patient: Sequence[str]) -> Counted:
        if self.events.lifecycle:
            self._pair_rows()
        self._order()
        self._successions()
        self._cases()
        self._gaps(patient)
        return self.counted

    def _coded(self, claims: Claims) -> Any:
        """The mark of each event as a number; the first claim in the text has it."""
        branches = []
        for claim in claims.explicit:
            condition = nw.col("activity").is_in(claim.activities)
            for column, value in claim.where:
                condition &= nw.col(f"w{claims.columns.index(column)}") == value
            branches.append((condition, claim.mark))
        by_name: dict[str, set[str]] = {}
        for (activity, *_), _ in self.events.kinds:
            mark = claims.name(activity)
            if mark is not None:
                by_name.setdefault(mark, set()).add(activity)
        branches += [(nw.col("activity").is_in(sorted(found)), mark) for mark, found in sorted(by_name.items())]
        coded: Any = nw.lit(NOBODY)
        for condition, mark in reversed(branches):
            coded = nw.when(condition).then(nw.lit(self.code[mark])).otherwise(coded)
        return coded.cast(nw.Int64)

    def _pair_rows(self) -> None:
        """Keep the complete rows, each with the start row before it in its case and mark."""
        self.frame = self.frame.with_columns(nw.col("lifecycle").str.to_lowercase())
        found = dict(rows_of(self.frame.group_by("lifecycle").agg(nw.len())))
        other = {str(word): rows for word, rows in found.items() if word not in ("start", "complete")}
        for word, rows in sorted(other.items()):
            self.counted.notes.append(f"{rows} rows say {word!r}, neither start nor complete, and are passed over.")
        frame = self.frame.filter(nw.col("lifecycle").is_in(["start", "complete"])).sort("case", "code", "ms", "row")
        begins, ends = nw.col("lifecycle") == "start", nw.col("lifecycle") == "complete"
        same = (nw.col("case") == nw.col("case").shift(1)) & (nw.col("code") == nw.col("code").shift(1))
        followed = (
            (nw.col("case") == nw.col("case").shift(-1))
            & (nw.col("code") == nw.col("code").shift(-1))
            & (nw.col("lifecycle").shift(-1) == "complete")
        )
        started = (same & (nw.col("lifecycle").shift(1) == "start") & ends).fill_null(False)
        frame = frame.with_columns(
            started.alias("paired"),
            nw.when(started).then(nw.col("ms").shift(1)).otherwise(nw.col("ms")).cast(nw.Int64).alias("start"),
            (begins & ~followed.fill_null(False)).alias("unfinished"),
        )
        for case, ms, code in rows_of(frame.filter(nw.col("unfinished")).select("case", "ms", "code")):
            self.unfinished[case] = max(self.unfinished.get(case, (ms, "")), (ms, self.name(code)))
        self.frame = frame.filter(ends).drop("unfinished")
        self.paired = "start" in found

    def _order(self) -> None:
        """Give each event the code and moment of the one before it in its case (`prev`, `prev_ms`, `same`)."""
        if self.events.lazy:
            over = {"order_by": ["ms", "code"]}
            frame = self.frame.with_columns(
                nw.col("code").shift(1).over("case", **over).alias("prev"),
                nw.col("ms").shift(1).over("case", **over).alias("prev_ms"),
                nw.col("ms").alias("at"),
                nw.lit(False).alias("beside"),
            )
            frame = frame.with_columns((~nw.col("prev").is_null()).alias("same"), nw.col("prev").fill_null(FIRST))
        else:
            frame = self.frame.sort("case", "ms", "row").drop("row").with_row_index("at")
            same = (nw.col("case") == nw.col("case").shift(1)).fill_null(False)
            frame = frame.with_columns(same.alias("same"), nw.col("at").cast(nw.Int64))
            frame = frame.with_columns(
                nw.when(nw.col("same")).then(nw.col("code").shift(1)).otherwise(FIRST).cast(nw.Int64).alias("prev"),
                nw.when(nw.col("same")).then(nw.col("ms").shift(1)).otherwise(nw.col("ms")).alias("prev_ms"),
                nw.lit(False).alias("beside"),
            )
            scopes = sorted({self.scope(code) for code in self.code.values()} - {()})
            if scopes:
                frame = self._by_branch(frame, scopes)
        gap = nw.when(nw.col("same")).then(nw.col("ms") - nw.col("prev_ms")).otherwise(0).cast(nw.Int64)
        period = ((nw.col("ms") - self.grid.anchor) // self.grid.width).cast(nw.Int64)
        self.frame = frame.with_columns(gap.alias("gap"), period.alias("period"))

    def _by_branch(self, frame: Any, scopes: Sequence[Scope]) -> Any:
        """Inside a parallel block, the event before is the last one of the same branch, or from before the block."""
        frame = frame.with_columns(
            nw.when(~nw.col("same")).then(nw.col("at")).fill_null(strategy="forward").alias("case_at"),
            nw.col("prev").alias("global_prev"),
        )
        for scope in scopes:
            frame = self._filled(frame, scope)
            inside = nw.col("code").is_in([code for code in self.code.values() if self.scope(code) == scope])
            valid = (nw.col("fill_at") >= nw.col("case_at")).fill_null(False)
            kept = nw.col("fill_at") == nw.col("at") - 1
            frame = frame.with_columns(
                nw.when(inside).then(nw.when(valid).then(nw.col("fill_code")).otherwise(FIRST))
                .otherwise(nw.col("prev")).cast(nw.Int64).alias("prev"),
                nw.when(inside).then(nw.when(valid).then(nw.col("fill_ms")).otherwise(nw.col("ms")))
                .otherwise(nw.col("prev_ms")).cast(nw.Int64).alias("prev_ms"),
                nw.when(inside).then(valid).otherwise(nw.col("same")).alias("same"),
                nw.when(inside).then(~((valid & kept).fill_null(False)) & (nw.col("at") > nw.col("case_at")))
                .otherwise(nw.col("beside")).alias("beside"),
            )  # fmt: skip
        self._closings(frame)
        return frame.drop("fill_at", "fill_code", "fill_ms", "case_at", "global_prev")

    def _filled(self, frame: Any, scope: Scope) -> Any:
        """The last event before each one that stands in this branch or outside of it (`fill_at`, `_code`, `_ms`)."""
        size = len(scope)
        fitting = [
            code
            for code in self.code.values()
            if self.scope(code)[:size] == scope or scope[: len(self.scope(code))] == self.scope(code)
        ]
        fits = nw.col("code").is_in(fitting)

        def last(column: str) -> Any:
            return nw.when(fits).then(nw.col(column)).fill_null(strategy="forward").shift(1).alias(f"fill_{column}")

        return frame.with_columns(last("at"), last("code"), last("ms"))

    def _closings(self, frame: Any) -> None:
        """What the branches of a block ended with, where decisions at their ends leave no event of their own."""
        for block, branch in self.ways.silent_branches:
            inside = [code for code in self.code.values() if self._within(code, block)]
            same_branch = [code for code in inside if (block, branch) in self.scope(code)]
            filled = self._filled(frame, ((block, branch),))
            leaving = (
                ~nw.col("code").is_in(inside)
                & nw.col("global_prev").is_in(inside)
                & ~nw.col("global_prev").is_in(same_branch)
            )
            period = ((nw.col("ms") - self.grid.anchor) // self.grid.width).cast(nw.Int64).alias("period")
            rows = filled.filter(leaving & (nw.col("fill_at") >= nw.col("case_at"))).with_columns(period)
            for number, code, times in rows_of(rows.group_by("period", "fill_code").agg(nw.len())):
                self.counted.closings[int(number), self.name(code), block, branch] = int(times)

    def _within(self, code: int, block: str) -> bool:
        return any(name == block for name, _ in self.scope(code))

    def _successions(self) -> None:
        timed = nw.col("same") & ~nw.col("paired") if self.paired else nw.col("same")
        frame = self.frame.with_columns(
            timed.cast(nw.Int64).alias("timed"),
            nw.when(timed).then(nw.col("gap")).otherwise(0).cast(nw.Int64).alias("span"),
        )
        for row in rows_of(self._summed(frame, "period", "prev", "code", "beside")):
            period, earlier, later, beside, events, *sums = row
            succession = Succession(
                int(period), self.name(earlier), self.name(later), bool(beside), int(events), _times(sums)
            )
            self.counted.successions.append(succession)
        self.counted.successions.sort(key=lambda pair: (pair.period, pair.earlier, pair.later, pair.beside))
        if not self.paired:
            return
        paired = self.frame.filter(nw.col("paired")).with_columns(nw.lit(1).alias("timed"))
        served = paired.with_columns((nw.col("ms") - nw.col("start")).alias("span"))
        waited = paired.filter(nw.col("same")).with_columns((nw.col("start") - nw.col("prev_ms")).alias("span"))
        for found, frame in ((self.counted.services, served), (self.counted.waits, waited)):
            for period, code, _, *sums in rows_of(self._summed(frame.filter(nw.col("span") >= 0), "period", "code")):
                found[int(period), self.name(code)] = _times(sums)

    def _summed(self, frame: Any, *keys: str) -> Any:
        """Rows, timed rows, and the exact sums of `span` and its square, per key."""
        high, low = nw.col("span") // SPLIT, nw.col("span") % SPLIT
        parts = frame.with_columns((high * high).alias("hh"), (high * low).alias("hl"), (low * low).alias("ll"))
        return parts.group_by(*keys).agg(
            nw.len().alias("events"),
            nw.col("timed").sum(),
            nw.col("span").sum(),
            nw.col("hh").sum(),
            nw.col("hl").sum(),
            nw.col("ll").sum(),
        )

    def _cases(self) -> None:
        size = len(self.marks) + 1
        reworking = self._reworking() or [NOBODY * size]
        frame = self.frame.with_columns(
            (nw.col("at") * size + nw.col("code")).alias("last"),
            (nw.col("prev") * size + nw.col("code")).is_in(reworking).cast(nw.Int64).alias("reworked"),
        )
        began = nw.col("start").min() if self.paired else nw.col("ms").min().alias("start")
        rows = rows_of(
            frame.group_by("case").agg(nw.col("last").max(), nw.col("ms").max(), began, nw.col("reworked").max())
        )
        values = self._values()
        for case, last, when, start, reworked in sorted(rows):
            self.counted.cases.append(
                self._case(str(case), int(last) % size, int(when), int(start), values.get(case, ()), bool(reworked))
            )
        known = {case.id for case in self.counted.cases}
        for name, (ms, mark) in sorted(self.unfinished.items()):
            if str(name) not in known:
                self.counted.cases.append(Case(str(name), START, ms, ms, started=mark, started_at=ms))

    def _case(
        self, name: str, code: int, when: int, began: int, values: tuple[float | None, ...], reworked: bool
    ) -> Case:
        ms, mark = self.unfinished.get(name, (when - 1, ""))
        if ms < when:
            return Case(name, self.name(code), when, began, values, reworked)
        return Case(name, self.name(code), when, began, values, reworked, mark, ms)

    def _reworking(self) -> list[int]:
        """Codes of the successions on which an outcome with the effect rework was taken."""
        size, rework = len(self.marks) + 1, self.ways.rework
        found = set()
        for pair in self.counted.successions:
            way = self.ways.between(pair.earlier, pair.later)
            if pair.later in rework or (way and rework.intersection(way.outcomes)):
                earlier = FIRST if pair.earlier == START else self.code[pair.earlier]
                found.add(earlier * size + self.code[pair.later])
        return sorted(found)

    def _values(self) -> dict[str, tuple[float | None, ...]]:
        """The last known number of each case in each column `n0`…"""
        columns = sorted((name for name in self.frame.collect_schema().names() if name[0] == "n"), key=len)
        found: dict[str, list[float | None]] = {}
        for index, column in enumerate(columns):
            # The frame is in order, so a case's last known number is the one before the next case begins.
            frame = self.frame.filter(~nw.col(column).is_null()).select("case", column)
            last = (nw.col("case") != nw.col("case").shift(-1)).fill_null(True)
            for case, value in rows_of(frame.filter(last)):
                found.setdefault(str(case), [None] * len(columns))[index] = float(value)
        return {case: tuple(values) for case, values in found.items()}

    def _gaps(self, patient: Sequence[str]) -> None:
        codes = [self.code[mark] for mark in patient if mark in self.code]
        if not codes:
            return
        frame = self.frame.filter(nw.col("same") & nw.col("prev").is_in(codes)).select("prev", "gap")
        for code, gap in sorted(rows_of(frame)):
            self.counted.gaps.setdefault(self.name(code), []).append(int(gap))


def _times(sums: Sequence[Any]) -> Times:
    timed, total, high, mixed, low = (int(part) for part in sums)
    return Times(timed, total, high * SPLIT * SPLIT + 2 * mixed * SPLIT + low)
