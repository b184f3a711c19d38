"""The reduction of an event log to small tables from which everything else is counted.

Written once, over narwhals, it runs where the log lives. What is in memory already is counted by polars; DuckDB and
Spark compute on their own engines, and only what was counted is fetched: a table of successions, one of endings, the
cases that are still open. A polars LazyFrame, as a Parquet file gives, is read in parts of whole cases, so that a log
may be larger than memory.

Events are put in order by case and time, with the order of the file on ties (engines without an order of rows take
the order of the marks' names), each is set beside the one before it in its case, and the pairs are counted by period.
Gaps are whole milliseconds and their sums integers, so that every engine gives the same figures to the last digit.

The module is long, for all of it is one sweep over one frame, whose columns only make sense together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from math import ceil
from typing import Any

import narwhals as nw

from mpmflow.model.flow import Scope
from mpmflow.model.observations import Kind

from .claims import Claims
from .counted import Astray, Case, Counted, EndedCase, Ending, Segment, Succession, Times
from .events import Events, rows_of
from .order import Order, Sorted, Windowed
from .periods import Grid
from .ways import ENOUGH, START, Ways, kind_of, patient_marks

PART = 12_000_000
"""Events of a lazy log that are in memory at once, roughly."""

SPLIT = 1 << 20
"""Squares are summed in parts of this radix, for a gap of 30 years squared would not fit 64 bits."""

NOBODY = -2
"""Code of an event that nobody claims."""

FIRST = -1
"""Code of the start, which is before a case's first event; and of what comes after its last one."""


def count(
    events: Events,
    claims: Claims,
    ways: Ways,
    grid: Grid,
    *,
    until: int,
    patience: float | None = None,
    one_by_one: bool = False,
    by: Sequence[str] = (),
) -> Counted:
    """Count a log up to the moment `until`.

    Args:
        patience: see `logs.read_log`.
        one_by_one: the cases that have ended are wanted singly too, which fetches a row for each of them.
        by: the frame's columns (`w0`…) by whose values, the first known one of each case, everything is split.
    """
    return _Count(events, claims, ways, grid, until, patience, one_by_one, by).count()


class _Count:
    def __init__(
        self,
        events: Events,
        claims: Claims,
        ways: Ways,
        grid: Grid,
        until: int,
        patience: float | None,
        one_by_one: bool,
        by: Sequence[str],
    ) -> None:
        self.events, self.ways, self.grid, self.until = events, ways, grid, until
        self.patience, self.one_by_one = patience, one_by_one
        self.marks = tuple(sorted(ways.marks))
        self.code = {mark: index for index, mark in enumerate(self.marks)}
        self.size = len(self.marks) + 1
        self.counted = Counted()
        self.by = tuple(by)
        self.segments = tuple(f"s{index}" for index in range(len(by)))
        self.numbers: tuple[str, ...] = ()
        self.words: Counter[str] = Counter()
        self.kept: Any = None
        self.base = grid.number(events.first)
        self.coded = self._coded(claims)

    def name(self, code: Any) -> str:
        return START if code < 0 else self.marks[int(code)]

    def scope(self, code: int) -> Scope:
        place = self.ways.places.get(self.marks[code])
        return place.scope if place else ()

    def count(self) -> Counted:
        tails, pauses = [], []
        successions: dict[tuple[Any, ...], Succession] = {}
        for frame, order in self._parts():
            self.order = order
            frame, unfinished = self._pair_rows(frame) if self.events.lifecycle else (frame, None)
            frame = self._kept(self._placed(self._split(order.arrange(frame))))
            found = self._successions(frame)
            for pair in found:
                self._merge(successions, pair)
            frame = self._flagged(frame, found)
            tails.append(self._tails(frame, unfinished))
            pauses.append(self._pauses(frame))
        self.counted.successions = sorted(
            successions.values(), key=lambda pair: (pair.period, pair.earlier, pair.later, pair.beside, pair.segment)
        )
        self._limits([part for part in pauses if part is not None])
        self._ends(tails[0] if len(tails) == 1 else nw.concat(tails))
        if self.kept is not None:
            self.kept.unpersist()
        for word, rows in sorted(self.words.items()):
            if word not in ("start", "complete"):
                note = f"{rows} rows say {word!r}, neither start nor complete, and are passed over."
                self.counted.notes.append(note)
        return self.counted

    # ------------------------------------------------------------------------------------------ the frame

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
        return coded

    def _parts(self) -> Iterator[tuple[Any, Order]]:
        """The claimed events with their codes: all of them, or part by part, each with every event of its cases."""
        frame = self.events.frame.with_columns(self.coded.cast(nw.Int64).alias("code"))
        names = frame.collect_schema().names()
        self.numbers = tuple(sorted((name for name in names if name[0] == "n"), key=lambda name: int(name[1:])))
        paired = [name for name in ("lifecycle", "turn") if name in self.events.frame.collect_schema().names()]
        kept = ["case", "code", "ms", *paired, *self.by, *self.numbers]
        if not self.events.lazy:
            frame = nw.from_native(frame.select(*kept, "row").to_polars(), eager_only=True)
            yield frame.filter(nw.col("code") >= 0).sort("row").drop("row"), Sorted(("case",), ("ms",))
        elif not self.events.frame.implementation.is_polars():
            yield frame.filter(nw.col("code") >= 0).select(*kept), Windowed(("case",), ("ms", "code"))
        else:
            for part in _parts_of(self.events, self.coded, kept):
                yield part, Sorted(("who",) if "who" in part.columns else ("case",), ("ms",))

    def _pair_rows(self, frame: Any) -> tuple[Any, Any]:
        """The complete rows, each with the start row before it in its case and mark; and of each case the last start
        that was not completed."""
        frame = frame.with_columns(nw.col("lifecycle").str.to_lowercase())
        for word, rows in rows_of(frame.group_by("lifecycle").agg(nw.len())):
            self.words[str(word)] += int(rows)
        frame = frame.filter(nw.col("lifecycle").is_in(["start", "complete"]))
        frame = frame.with_columns((nw.col("lifecycle") == "complete").cast(nw.Int64).alias("done")).drop("lifecycle")
        # Rows that held a start and an end know each other; else a start belongs to the next completion.
        keys = (*self.order.keys, "code", *(["turn"] if "turn" in frame.columns else []))
        sorted_ = isinstance(self.order, Sorted)
        order: Order = Sorted(keys, ("ms",)) if sorted_ else Windowed(keys, ("ms", "done"))
        frame = order.arrange(frame).with_columns(
            order.before("done").alias("said"), order.after("done").alias("says"), order.before("ms").alias("start")
        )
        paired = ((nw.col("done") == 1) & (nw.col("said") == 0)).fill_null(False)
        frame = frame.with_columns(
            paired.alias("paired"),
            nw.when(paired).then(nw.col("start")).otherwise(nw.col("ms")).cast(nw.Int64).alias("start"),
        )
        begun = frame.filter((nw.col("done") == 0) & ~(nw.col("says") == 1).fill_null(False))
        begun = begun.with_columns((nw.col("ms") * self.size + nw.col("code")).alias("begun"))
        key = self.order.keys[0]
        names = [nw.col("case").max()] if key != "case" else []
        unfinished = begun.group_by(key).agg(nw.col("begun").max(), *names, *(nw.col(name).max() for name in self.by))
        dropped = ("said", "says", "first", "last", "done", "turn")
        return frame.filter(nw.col("done") == 1).drop(*dropped, strict=False), unfinished

    def _split(self, frame: Any) -> Any:
        """Give every event the first known value of its case in each column by which the log is split (`s0`…)."""
        for column, segment in zip(self.by, self.segments, strict=True):
            frame = frame.with_columns(nw.when(nw.col(column) != "").then(nw.col(column)).alias(segment))
            frame = frame.with_columns(self.order.coming(segment).fill_null("").alias(segment))
            frame = frame.with_columns(self.order.opening(segment).alias(segment))
        return frame

    def _kept(self, frame: Any) -> Any:
        """A Spark frame that will be asked several times is computed once and kept until all is counted."""
        if frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect():
            self.kept = frame.to_native().persist()
            return nw.from_native(self.kept)
        return frame

    def _placed(self, frame: Any) -> Any:
        """Give each event the code and moment of the one before it in its case (`prev`, `prev_ms`), and its period."""
        frame = frame.with_columns(self.order.before("code").alias("prev"), self.order.before("ms").alias("prev_ms"))
        tied = (nw.col("ms") == nw.col("prev_ms")).cast(nw.Int64)
        self.counted.ties += int(rows_of(frame.select(tied.sum().alias("ties")))[0][0] or 0)
        frame = frame.with_columns(nw.col("prev").fill_null(FIRST).cast(nw.Int64))
        return self._by_branch(frame) if self.scopes else frame

    @property
    def gap(self) -> Any:
        """The time since the event before, 0 where there is none."""
        return (nw.col("ms") - nw.col("prev_ms")).fill_null(0).cast(nw.Int64)

    def _period(self, column: str) -> Any:
        """The number of the period in which a moment lies, from 0 for that of the log's first event."""
        return ((nw.col(column) - self.grid.start(self.base)) // self.grid.width).cast(nw.Int64)

    # ------------------------------------------------------------------------------------------ parallel branches

    @cached_property
    def scopes(self) -> list[Scope]:
        return sorted({self.scope(code) for code in self.code.values()} - {()})

    def _by_branch(self, frame: Any) -> Any:
        """Inside a parallel block, the event before is the last one of the same branch, or from before the block."""
        frame = frame.with_columns(nw.col("prev").alias("any_prev"), nw.lit(False).alias("beside"))
        for scope in self.scopes:
            frame = self._filled(frame, scope)
            inside = nw.col("code").is_in([code for code in self.code.values() if self.scope(code) == scope])
            frame = frame.with_columns(
                nw.when(inside).then(nw.col("fit_code").fill_null(FIRST)).otherwise(nw.col("prev")).cast(nw.Int64)
                .alias("prev"),
                nw.when(inside).then(nw.col("fit_ms")).otherwise(nw.col("prev_ms")).alias("prev_ms"),
                nw.when(inside).then((nw.col("fits") == 0).fill_null(False)).otherwise(nw.col("beside"))
                .alias("beside"),
            )  # fmt: skip
        for block, branch in self.ways.silent_branches:
            self._closings(self._filled(frame, ((block, branch),)), block, branch)
        return frame.drop("fits", "fit_code", "fit_ms", "any_prev")

    def _filled(self, frame: Any, scope: Scope) -> Any:
        """The last event before each one that stands in this branch or outside of it (`fit_code`, `fit_ms`), and
        whether that is the one right before (`fits`: 1 or 0, null at the first event)."""
        size = len(scope)
        fitting = [
            code
            for code in self.code.values()
            if self.scope(code)[:size] == scope or scope[: len(self.scope(code))] == self.scope(code)
        ]
        fits = nw.col("code").is_in(fitting)
        frame = frame.with_columns(
            fits.cast(nw.Int64).alias("fits"),
            nw.when(fits).then(nw.col("code")).alias("fit_code"),
            nw.when(fits).then(nw.col("ms")).alias("fit_ms"),
        )
        frame = frame.with_columns(
            self.order.known("fit_code").alias("fit_code"), self.order.known("fit_ms").alias("fit_ms")
        )
        return frame.with_columns(*(self.order.before(name).alias(name) for name in ("fits", "fit_code", "fit_ms")))

    def _closings(self, frame: Any, block: str, branch: int) -> None:
        """What the branches of a block ended with, where decisions at their ends leave no event of their own."""
        inside = [code for code in self.code.values() if any(name == block for name, _ in self.scope(code))]
        same_branch = [code for code in inside if (block, branch) in self.scope(code)]
        leaving = (
            ~nw.col("code").is_in(inside) & nw.col("any_prev").is_in(inside) & ~nw.col("any_prev").is_in(same_branch)
        )
        rows = frame.filter(leaving & ~nw.col("fit_code").is_null()).with_columns(self._period("ms").alias("period"))
        for number, code, *segment, times in rows_of(rows.group_by("period", "fit_code", *self.segments).agg(nw.len())):
            key = (int(number) + self.base, self.name(code), block, branch, tuple(segment))
            self.counted.closings[key] = self.counted.closings.get(key, 0) + int(times)

    # ------------------------------------------------------------------------------------------ successions

    def _successions(self, frame: Any) -> list[Succession]:
        """The pairs of a part. A group is one whole number, which every engine groups faster than four columns."""
        beside = nw.when(nw.col("beside")).then(1).otherwise(0) if self.scopes else nw.lit(0)
        key = ((self._period("ms") * self.size + nw.col("prev") + 1) * self.size + nw.col("code")) * 2 + beside
        span, timed = self.gap, nw.col("prev") >= 0
        if self.events.lifecycle:
            timed = timed & ~nw.col("paired")
            span = nw.when(timed).then(span).otherwise(0).cast(nw.Int64)
        # What no longer looks at neighbours is put off and done in one sweep.
        rows = frame.lazy().select(
            key.alias("key"),
            *self.segments,
            self.gap.alias("gap"),
            span.alias("span"),
            timed.cast(nw.Int64).alias("timed"),
        )
        found = []
        for number, *segment, events, timed_, total, high, mixed, low, longest in rows_of(self._summed(rows)):
            rest, is_beside = divmod(int(number), 2)
            rest, code = divmod(rest, self.size)
            period, prev = divmod(rest, self.size)
            times = Times(int(timed_), int(total), _square(high, mixed, low))
            pair = (period + self.base, self.name(prev - 1), self.name(code), bool(is_beside))
            found.append(Succession(*pair, int(events), times, int(longest), tuple(segment)))
        if self.events.lifecycle:
            paired = frame.filter(nw.col("paired"))
            self._sum_into(self.counted.services, paired, nw.col("ms") - nw.col("start"))
            waited = paired.filter(nw.col("prev") >= 0)
            self._sum_into(self.counted.waits, waited, nw.col("start") - nw.col("prev_ms"))
        return found

    def _sum_into(self, found: dict[tuple[int, str, Segment], Times], frame: Any, span: Any) -> None:
        key = self._period("ms") * self.size + nw.col("code")
        rows = frame.lazy().select(
            key.alias("key"),
            *self.segments,
            self.gap.alias("gap"),
            span.cast(nw.Int64).alias("span"),
            nw.lit(1).alias("timed"),
        )
        for number, *segment, _, timed, total, high, mixed, low, _ in rows_of(
            self._summed(rows.filter(nw.col("span") >= 0))
        ):
            period, code = divmod(int(number), self.size)
            times = Times(int(timed), int(total), _square(high, mixed, low))
            found.setdefault((period + self.base, self.name(code), tuple(segment)), Times()).add(times)

    def _summed(self, rows: Any) -> Any:
        """Rows, timed rows, and the exact sums of `span` and its square, per key; and the longest gap."""
        rows = rows.with_columns((nw.col("span") // SPLIT).cast(nw.Int64).alias("high"))
        rows = rows.with_columns((nw.col("span") - nw.col("high") * SPLIT).alias("low"))
        parts = rows.with_columns(
            (nw.col("high") * nw.col("high")).alias("hh"),
            (nw.col("high") * nw.col("low")).alias("hl"),
            (nw.col("low") * nw.col("low")).alias("ll"),
        )
        return parts.group_by("key", *self.segments).agg(
            nw.len().alias("events"),
            *(nw.col(name).sum() for name in ("timed", "span", "hh", "hl", "ll")),
            nw.col("gap").max().alias("longest"),
        )

    def _flagged(self, frame: Any, found: Sequence[Succession]) -> Any:
        """The frame with what else is asked of whole cases: `reworked` and `strayed`, 0 or 1."""
        lost, rework = set(), set()
        for pair in found:
            number = (self._number(pair.earlier) + 1) * self.size + self._number(pair.later)
            way = self.ways.between(pair.earlier, pair.later)
            if way is None:
                lost.add(number)
            if pair.later in self.ways.rework or (way and self.ways.rework.intersection(way.outcomes)):
                rework.add(number)
        pair_number = (nw.col("prev") + 1) * self.size + nw.col("code")
        for name, numbers, wanted in (("reworked", rework, self.one_by_one), ("strayed", lost, True)):
            if numbers and wanted:
                frame = frame.with_columns(pair_number.is_in(sorted(numbers)).cast(nw.Int64).alias(f"{name}_here"))
                frame = frame.with_columns(self.order.ever(f"{name}_here").alias(name))
            else:
                frame = frame.with_columns(nw.lit(0).cast(nw.Int64).alias(name))
        if lost:
            self._astray(frame)
        return frame

    def _number(self, mark: str) -> int:
        return FIRST if mark == START else self.code[mark]

    def _astray(self, frame: Any) -> None:
        """Count the events that the workflow does not have there, by kind, which the events around them tell."""
        around = ("before", "prev", "code", "after")
        frame = frame.with_columns(
            self.order.before("prev").fill_null(FIRST).cast(nw.Int64).alias("before"),
            self.order.after("code").fill_null(FIRST).cast(nw.Int64).alias("after"),
        )
        lost = frame.filter(nw.col("strayed_here") == 1)
        kinds: dict[tuple[Kind, str, str], list[int]] = defaultdict(list)
        for before, prev, code, after in rows_of(lost.select(*around).unique()):
            earlier, later = self.name(prev), self.name(code)
            kind = kind_of(self.name(before), earlier, later, self.name(after) if after >= 0 else "", self.ways)
            if kind is not None:
                number = ((int(before) + 1) * self.size + int(prev) + 1) * self.size + int(code)
                kinds[kind, earlier, later].append(number * self.size + int(after) + 1)
        if not kinds:
            return
        names = sorted(kinds)
        place = ((nw.col("before") + 1) * self.size + nw.col("prev") + 1) * self.size + nw.col("code")
        place = (place * self.size + nw.col("after") + 1).alias("place")
        lost = lost.select(place, self.order.keys[0], nw.col("case").cast(nw.String).alias("name"))
        group: Any = nw.lit(-1)
        for number, name in enumerate(names):
            group = nw.when(nw.col("place").is_in(kinds[name])).then(nw.lit(number)).otherwise(group)
        lost = lost.with_columns(group.alias("group")).filter(nw.col("group") >= 0)
        case, name_ = nw.col(self.order.keys[0]), nw.col("name")
        counts = lost.group_by("group").agg(
            nw.len().alias("events"),
            case.n_unique().alias("cases"),
            name_.min().alias("least"),
            name_.max().alias("most"),
        )
        for number, events, cases, least, most in rows_of(counts):
            seen = self.counted.astray.setdefault(names[int(number)], Astray())
            seen.events += int(events)
            seen.cases += int(cases)
            ids = sorted({*seen.examples, str(least), str(most)})
            seen.examples = tuple(dict.fromkeys((ids[0], ids[-1])))

    @staticmethod
    def _merge(found: dict[tuple[Any, ...], Succession], pair: Succession) -> None:
        key = (pair.period, pair.earlier, pair.later, pair.beside, pair.segment)
        if key not in found:
            found[key] = pair
            return
        old = found[key]
        old.count += pair.count
        old.gaps.add(pair.gaps)
        old.longest = max(old.longest, pair.longest)

    # ------------------------------------------------------------------------------------------ cases

    def _tails(self, frame: Any, unfinished: Any) -> Any:
        """A row for each case: its last mark and moment, when it began, what happened to it."""
        began = self.order.opening("ms")
        if self.events.lifecycle:
            # The start of an event that took long may lie before the first event that was completed.
            group = nw.col("start").min().over(*self.order.keys)
            began = group
        frame = frame.with_columns(began.cast(nw.Int64).alias("began"))
        for name in self.numbers:
            frame = frame.with_columns(self.order.known(name).alias(name))
        key = self.order.keys[0]
        names = ["case", key] if key != "case" else ["case"]
        tails = frame.filter(nw.col("last")).select(
            *names, nw.col("code").cast(nw.Int64), nw.col("ms").alias("when"), "began", "reworked", "strayed",
            *self.segments, *self.numbers,
        )  # fmt: skip
        if unfinished is None:
            return tails.with_columns(nw.lit(-1).cast(nw.Int64).alias("begun"))
        lost = unfinished.join(tails.select(key), on=key, how="anti")
        for row in rows_of(lost.select("case", "begun", *self.by)):
            ms, code = divmod(int(row[1]), self.size)
            case = Case(str(row[0]), START, ms, ms, tuple(row[2:]), self.name(code), ms)
            self.counted.open.append(case)
        tails = tails.join(unfinished.select(key, "begun"), on=key, how="left")
        return tails.with_columns(nw.col("begun").fill_null(-1).cast(nw.Int64))

    def _pauses(self, frame: Any) -> Any:
        """The times that cases waited after the marks where they may also end in silence."""
        codes = [self.code[mark] for mark in patient_marks(self.ways)] if self.patience is not None else []
        return frame.filter(nw.col("prev").is_in(codes)).select("prev", self.gap.alias("gap")) if codes else None

    def _limits(self, pauses: Sequence[Any]) -> None:
        """How long one waits after each mark for a case to go on: the nearest-rank quantile of those that did."""
        if self.patience is None or not pauses:
            return
        frame = pauses[0] if len(pauses) == 1 else nw.concat(pauses)
        for mark in patient_marks(self.ways):
            gone_on = sum(pair.count for pair in self.counted.successions if pair.earlier == mark)
            if gone_on >= ENOUGH:
                longer = gone_on - ceil(self.patience * gone_on) + 1
                slowest = frame.filter(nw.col("prev") == self.code[mark]).top_k(longer, by="gap")
                self.counted.limits[mark] = int(rows_of(slowest.select(nw.col("gap").min()))[0][0])

    def _ends(self, tails: Any) -> None:
        """Part the cases into those that have ended, and count them, and those that are open, and fetch them."""
        wait: Any = nw.lit(None).cast(nw.Int64)
        sure: list[int] = []
        for mark, code in self.code.items():
            stops = self.ways.after(mark)
            if len(stops) == 1 and next(iter(stops)).is_end:
                sure.append(code)
            elif mark in self.counted.limits:
                wait = nw.when(nw.col("code") == code).then(nw.lit(self.counted.limits[mark])).otherwise(wait)
        wait = nw.when(nw.col("code").is_in(sure)).then(nw.lit(0)).otherwise(wait)
        tails = tails.with_columns((nw.col("when") + wait).cast(nw.Int64).alias("known"))
        in_time = (nw.col("known") < self.until) | nw.col("code").is_in(sure)
        goes_on = nw.col("begun") >= nw.col("when") * self.size
        tails = tails.with_columns((in_time.fill_null(False) & ~goes_on).alias("ended"))
        closed = tails.filter(nw.col("ended"))
        groups = closed.with_columns(self._period("began").alias("from"), self._period("known").alias("to"))
        for code, began, known, *segment, cases, strayed in rows_of(
            groups.group_by("code", "from", "to", *self.segments).agg(nw.len(), nw.col("strayed").sum())
        ):
            mark, periods = self.name(code), (int(began) + self.base, int(known) + self.base)
            self.counted.endings.append(Ending(mark, *periods, int(cases), tuple(segment)))
            self.counted.strayed += int(strayed)
        self.counted.endings.sort(key=lambda end: (end.mark, end.began, end.known, end.segment))
        self._open(tails.filter(~nw.col("ended")))
        if self.one_by_one:
            self._one_by_one(closed)

    def _open(self, tails: Any) -> None:
        rows = tails.select(nw.col("case").cast(nw.String), "code", "when", "began", "begun", "strayed", *self.segments)
        for name, code, when, began, begun, strayed, *segment in rows_of(rows):
            case = Case(str(name), self.name(code), int(when), int(began), tuple(segment), strayed=bool(strayed))
            if begun >= when * self.size:
                ms, doing = divmod(int(begun), self.size)
                case = replace(case, started=self.name(doing), started_at=ms)
            self.counted.open.append(case)
        self.counted.open.sort(key=lambda case: (case.began, case.id))

    def _one_by_one(self, closed: Any) -> None:
        time = nw.col("when") - nw.col("began")
        rows = closed.select("code", "known", time.alias("time"), "reworked", *self.segments, *self.numbers)
        width = 4 + len(self.segments)
        for row in rows_of(rows):
            code, known, took, reworked = row[:4]
            values = tuple(None if value is None or value != value else float(value) for value in row[width:])
            case = EndedCase(self.name(code), int(known), int(took), bool(reworked), values, tuple(row[4:width]))
            self.counted.ended.append(case)


def _square(high: Any, mixed: Any, low: Any) -> int:
    return int(high) * SPLIT * SPLIT + 2 * int(mixed) * SPLIT + int(low)


def _parts_of(events: Events, coded: Any, kept: Sequence[str]) -> Iterator[Any]:
    """A polars LazyFrame part by part, in memory; the cases are dealt out by a hash, so each part has whole ones.

    Ids that are text, or codes of texts, become numbers for sorting (`who`), which takes a tenth of the time.
    """
    import polars

    frame = events.frame.with_columns(coded.cast(nw.Int16).alias("code")).filter(nw.col("code") >= 0)
    native = frame.select(*kept).to_native()
    parts = -(-events.events // PART)
    kind = native.collect_schema()["case"]
    ids = polars.Categorical(polars.Categories.random())
    for number in range(parts):
        part = native.filter(polars.col("case").hash() % parts == number) if parts > 1 else native
        if kind == polars.String:
            part = part.with_columns(polars.col("case").cast(ids))
        if kind == polars.String or isinstance(kind, polars.Categorical):
            part = part.with_columns(polars.col("case").to_physical().alias("who"))
        yield nw.from_native(part.collect(engine="streaming"), eager_only=True)
