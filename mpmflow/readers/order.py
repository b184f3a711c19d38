"""The events of a case in order, and how one looks from an event to its neighbours.

One vocabulary for two kinds of engines: a frame in memory is sorted once and neighbours are the rows above and below;
an engine that computes itself (DuckDB, Spark) knows no order of rows and is asked for windows. Everything that is
counted is written once, in these words. An engine cannot open a window inside another: what one of these methods gave
must become a column before the next one may look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw


class Sorted:
    """Neighbours in a polars frame in memory.

    Args:
        keys: the columns whose equal values make a group; the first tells groups apart at their borders.
        then: the order inside of a group; rows that are equal in it keep the order of the frame.
    """

    def __init__(self, keys: Sequence[str], then: Sequence[str]) -> None:
        self.keys, self.then = tuple(keys), tuple(then)

    def arrange(self, frame: Any) -> Any:
        """The frame in order, with the flags `first` and `last` of each group."""
        frame = nw.from_native(_in_order(frame.to_native(), [*self.keys, *self.then]))
        first: Any = nw.lit(False)
        last: Any = nw.lit(False)
        for key in self.keys:
            first |= (nw.col(key) != nw.col(key).shift(1)).fill_null(True)
            last |= (nw.col(key) != nw.col(key).shift(-1)).fill_null(True)
        return frame.with_columns(first.alias("first"), last.alias("last"))

    def before(self, column: str) -> Any:
        """The value one event earlier, null at the first one."""
        return nw.when(~nw.col("first")).then(nw.col(column).shift(1))

    def after(self, column: str) -> Any:
        """The value one event later, null at the last one."""
        return nw.when(~nw.col("last")).then(nw.col(column).shift(-1))

    def opening(self, column: str) -> Any:
        """The value at the first event, which must have one."""
        return nw.when(nw.col("first")).then(nw.col(column)).fill_null(strategy="forward")

    def known(self, column: str) -> Any:
        """The last value up to and with this event, null where there was none yet."""
        return self._filled(column, "forward")

    def coming(self, column: str) -> Any:
        """The first value from this event on, null where none comes."""
        return self._filled(column, "backward")

    def _filled(self, column: str, strategy: Any) -> Any:
        key = nw.col(self.keys[0])
        holder = nw.when(~nw.col(column).is_null()).then(key).fill_null(strategy=strategy)
        return nw.when(holder == key).then(nw.col(column).fill_null(strategy=strategy))

    def ever(self, column: str) -> Any:
        """At the last event: whether this flag (0 or 1) stands at any event, as 0 or 1."""
        total = nw.col(column).cum_sum()
        before = nw.when(nw.col("first")).then(total - nw.col(column)).fill_null(strategy="forward")
        return (total > before).cast(nw.Int64)


class Windowed:
    """Neighbours by the windows of an engine that computes itself; the same words as `Sorted`."""

    def __init__(self, keys: Sequence[str], then: Sequence[str]) -> None:
        self.keys, self.then = tuple(keys), tuple(then)

    def arrange(self, frame: Any) -> Any:
        one = frame.with_columns(nw.lit(1).alias("one"))
        frame = one.with_columns(self.before("one").alias("first"), self.after("one").alias("last"))
        return frame.with_columns(nw.col("first").is_null(), nw.col("last").is_null()).drop("one")

    def before(self, column: str) -> Any:
        return nw.col(column).shift(1).over(*self.keys, order_by=self.then)

    def after(self, column: str) -> Any:
        return nw.col(column).shift(-1).over(*self.keys, order_by=self.then)

    def opening(self, column: str) -> Any:
        return nw.when(nw.col("first")).then(nw.col(column)).max().over(*self.keys)

    def known(self, column: str) -> Any:
        return nw.col(column).fill_null(strategy="forward").over(*self.keys, order_by=self.then)

    def coming(self, column: str) -> Any:
        return nw.col(column).fill_null(strategy="backward").over(*self.keys, order_by=self.then)

    def ever(self, column: str) -> Any:
        return nw.col(column).max().over(*self.keys)


Order = Sorted | Windowed


def _in_order(frame: Any, by: Sequence[str]) -> Any:
    """A polars frame sorted, rows that are equal in the order in which they were.

    Whole numbers whose ranges fit one number together are sorted as that number, in half the time.
    """
    import polars

    low, bits = {}, {}
    for name in by:
        ends = frame.select(low=polars.col(name).min(), high=polars.col(name).max()).row(0)
        if not frame[name].dtype.is_integer() or None in ends:
            return frame.sort(by, maintain_order=True)
        low[name], bits[name] = int(ends[0]), (int(ends[1]) - int(ends[0])).bit_length()
    if sum(bits.values()) > 62:
        return frame.sort(by, maintain_order=True)
    types = {name: frame[name].dtype for name in by}
    key: Any = polars.lit(0)
    for name in by:
        key = key * (1 << bits[name]) + (polars.col(name).cast(polars.Int64) - low[name])
    frame = frame.select(polars.exclude(*by), key.alias("key")).sort("key", maintain_order=True)
    rest: Any = polars.col("key")
    columns = []
    for name in reversed(by):
        columns.append((rest % (1 << bits[name]) + low[name]).cast(types[name]).alias(name))
        rest = rest // (1 << bits[name])
    return frame.lazy().with_columns(columns).drop("key").collect()
