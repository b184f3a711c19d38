"""The monitor: takes events and values as they come, closes periods, follows the rules, tells what has changed.

What it keeps are counts, which `cases` makes of events; at the end of each period the readers turn them into the same
observations that `mpm.observe` has of the whole log, and the rules are followed by the engine that `mpm.evaluate` asks.
So a state that is told live is the one that anybody finds later. The module is as long as what the two halves of a
step, memory and file, have to know of each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from mpmflow.analysis.risk.watched import indicator_traces
from mpmflow.analysis.rules import State
from mpmflow.diagnostics.errors import DataError, MonitorError
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.base import upstairs
from mpmflow.model.imports import all_workflows
from mpmflow.model.model import Model
from mpmflow.model.observations import Coverage, LogSource, Observations
from mpmflow.model.quantities import Quantity
from mpmflow.readers.cells import readings
from mpmflow.readers.claims import claims, plain
from mpmflow.readers.fed import rows_of_events
from mpmflow.readers.figures import CaseFigures, wanted_figures
from mpmflow.readers.observe import join
from mpmflow.readers.periods import MOST_PERIODS, PATIENCE, Calendar, Grid, moment, to_moment, to_time
from mpmflow.readers.tally import tally

from .carrying import definitions, model_hash, remarks, rests_on_log, watched_indicators
from .cases import Case, Cases
from .delivery import Delivery, Failure, Handler
from .rows import Row, RowReader
from .store import Store
from .transitions import FIRST, Transition, changes, firing, key_of

STEP = 5_000
"""Events that are counted and written in one step."""
COUNTS = (
    "events", "duplicates", "refused", "late", "passed_over", "unreadable", "values",
    "told", "withdrawn", "delivered", "failed",
)  # fmt: skip


class Monitor:
    """Watches the indicators of a model that have rules, while events and values come in.

    Args:
        model: the model.
        store: the path of the file that keeps what is known; None keeps it in memory.
        period: how long a period is; weeks start on Mondays, months on their first day.
        late: how long after the end of a period events of it still count. Then the period is reckoned anew, and what
            has become untrue is withdrawn. What comes later is counted and refused.
        patience: as in `mpm.observe`: after which share of the others a case that went quiet counts as ended.
        key: the column by which an event is known where its source has one; else two events of a case are the same if
            activity and time are.
        clock: tells the time where `advance` is not told it; the system's clock unless said.

    Raises MonitorError, which says what to do, where the store cannot be used.

    >>> from mpmflow.api import parse
    >>> model = parse('''
    ... workflow w {
    ...   step brief
    ...   decision ok { yes, no 20% -> brief rework }
    ...   step launch
    ... }
    ... indicator sent_back = rate(ok.no) { warn above 25% }
    ... ''')
    >>> monitor = Monitor(model)
    >>> _ = monitor.on("warn", lambda change: print(change.indicator, change.value))
    >>> days = [("brief", "2026-01-05"), ("brief", "2026-01-06"), ("launch", "2026-01-07")]
    >>> monitor.feed({"case": "a", "activity": what, "time": day} for what, day in days)
    3
    >>> [str(change) for change in monitor.advance("2026-01-12")]
    sent_back 0.5
    ['2026-01-12 00:00 sent_back: unknown -> warn (warn above 25%)']
    """

    def __init__(
        self,
        model: Model,
        store: str | Path | None = None,
        *,
        period: Quantity | str = "1w",
        late: Quantity | str = "2w",
        patience: float | None = PATIENCE,
        key: str | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.model, self.patience = model, patience
        self.closed: int | None = None
        self.now: int | None = None
        self.stale = False
        self.grid = Grid.every(period)
        self.late = int(_span(late) * 1000)
        self.clock = clock or (lambda: datetime.now(UTC))
        self.workflows = list(all_workflows(model))
        self.declared = next((part for part in model.data if isinstance(part, LogSource)), LogSource(path=""))
        self.claims = claims(self.workflows, self.declared.ignore)
        self.wanted = wanted_figures(model)
        self.reader = RowReader(model, self.claims.columns, self.wanted.columns, key)
        self.readings = readings(model)
        self.watched = {indicator.name: indicator for indicator in watched_indicators(model)}
        self.hash = model_hash(model)
        self.carried: tuple[str, ...] = ()
        self.store = Store(store)
        try:
            self.delivery = Delivery(self.store)
            self._open(str(period), key)
            self.store.on_failure = self._load
        except BaseException:
            self.store.close()
            raise

    # ------------------------------------------------------------------------------------------ who is told

    def on(self, event: str, handler: Handler, name: str | None = None) -> str:
        """Call a handler with each `Transition` into a state: ok, pending, warn, alert, unknown, or any; or with each
        one that was `withdrawn`, which `any` gets too.

        The name, that of the function unless given, is how the handler is known after a restart: what was not delivered
        then waits for it. Returns the name. Raises ValueError for another event.
        """
        return self.delivery.on(event, handler, name)

    def action(self, name: str, handler: Handler) -> str:
        """Call a handler whenever an indicator that says `do NAME` comes to warn or alert."""
        return self.delivery.action(name, handler)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Deliveries whose handler raised; each is tried again by `advance`."""
        return self.delivery.failures()

    # ------------------------------------------------------------------------------------------ what comes in

    def feed(self, events: Any) -> int:
        """Take events, in any order: a dict, an iterable of dicts, or a frame, with a case, an activity and a time.

        When it returns they are in the store; how many of them were new. Those known already and those too late are
        counted in `counts`.

        Raises DataError for a row that cannot be used, and MonitorError where the store cannot be written. Then nothing
        of the step (of 5,000 events) that it was in has been taken; feeding all of them again does no harm.
        """
        rows, taken, number = iter(rows_of_events(events)), 0, 1
        while step := list(islice(rows, STEP)):
            read = [row for row in self.reader.read(step, number) if row is not None]
            taken += self.take(read, passed_over=len(step) - len(read))
            number += len(step)
        return taken

    def take(
        self, rows: Sequence[Row], *, passed_over: int = 0, unreadable: int = 0, keep: Iterable[tuple[str, Any]] = ()
    ) -> int:
        """Count rows that were read and write them, with what else is to be kept, in one step; how many were new."""
        self._reachable(rows)
        cases, new, same, late, refused = self.cases, 0, 0, 0, 0
        if not cases.in_pairs and self.reader.columns is not None:
            cases.in_pairs = bool({"lifecycle", "start"} & self.reader.columns.keys())
        closed = self.until
        horizon = None if closed is None else closed - self.late
        try:
            for row in rows:
                if horizon is not None and row.ms < horizon:
                    known = cases.knows(row)
                    same, refused = same + known, refused + (not known)
                elif not cases.take(row):
                    same += 1
                else:
                    new += 1
                    if closed is not None and (row.ms if row.start is None else row.start) < closed:
                        late += 1
            self._count(events=new, duplicates=same, refused=refused, late=late)
            self._count(passed_over=passed_over, unreadable=unreadable)
            self.stale = self.stale or late > 0 or (closed is not None and cases.grown)
            with self.store.step():
                self._write(keep)
        except BaseException:
            self._load()
            raise
        return new

    def observe(self, name: str, value: Any, time: date | datetime | str) -> bool:
        """Take the value of a metric or indicator in the period of a time; of several, that of the latest time stands.

        A bare number is in the metric's unit, of a share a fraction; `"20%"` or `"2h"` brings its own. False if it was
        known already, or came too late. Raises DataError for another name, or a value that cannot be used.
        """
        reading = self.readings.get(name)
        if reading is None:
            near = nearest(name, self.readings)
            raise DataError(
                f"{name!r} is no metric and no indicator of the model" + (f"; did you mean {near[0]}?" if near else "")
            )
        ms = _moment(time)
        try:
            found = reading.value(value, self.grid.seconds)
        except ValueError as fault:
            raise DataError(str(fault), column=name) from None
        period = self.grid.number(ms)
        old = self.series.get((name, period))
        if self.until is not None and self.grid.start(period + 1) <= self.until - self.late:
            self._count(refused=1)
            taken = False
        elif old is not None and (old[0] > ms or old == (ms, found)):
            self._count(duplicates=1)
            taken = False
        else:
            self.series[name, period] = (ms, found)
            self._new_values.add((name, period))
            late = self.until is not None and self.grid.start(period) < self.until
            self._count(values=1, late=int(late))
            self.stale, taken = self.stale or late, True
        try:
            with self.store.step():
                self._write()
        except BaseException:
            self._load()
            raise
        return taken

    # ------------------------------------------------------------------------------------------ what comes out

    def advance(self, now: date | datetime | str | None = None) -> tuple[Transition, ...]:
        """Close the periods that have ended, follow the rules, and call the handlers of everything that waits.

        Returns the transitions that are new, in order of time. A handler that raises is called again by a later
        `advance`; it does not stop the others, and `failures` has what it said.

        Raises MonitorError if the clock went back, or the store cannot be written; then nothing has been told.
        """
        ms = _moment(self.clock() if now is None else now)
        if self.now is not None and ms < self.now:
            raise MonitorError(
                f"the clock went back: it is {to_time(ms):%Y-%m-%d %H:%M:%S} now and was "
                f"{to_time(self.now):%Y-%m-%d %H:%M:%S} before. Nothing was changed; set the clock right, or wait "
                "until that time has come again",
                store=self.store.path,
            )
        closed = self.grid.number(ms) - 1
        told: tuple[Transition, ...] = ()
        if self.stale or self.closed is None or closed > self.closed:
            try:
                told = self._close(closed, ms)
            except BaseException:
                self._load()
                raise
        self.now = ms
        taken, failed = self.delivery.deliver(ms)
        if taken or failed:
            self._count(delivered=taken, failed=failed)
            with self.store.step():
                self._write()
        return told

    @property
    def until(self) -> int | None:
        """The end of the last period that was closed, in milliseconds since 1970; None before the first."""
        return None if self.closed is None else self.grid.start(self.closed + 1)

    @property
    def states(self) -> dict[str, State]:
        """The state of each watched indicator at the end of the last closed period."""
        return {name: self._told.get(name, {}).get(self.closed or 0, FIRST) for name in sorted(self.watched)}

    @property
    def values(self) -> dict[str, float | None]:
        """What each watched indicator was in the last closed period, in base units; None where nothing was seen."""
        return {name: self._values.get(name) for name in sorted(self.watched)}

    @property
    def counts(self) -> Mapping[str, int]:
        """How much came in and went out: `events` taken, `duplicates`, `late` ones that count and `refused` ones that
        came too late, `passed_over` (neither start nor complete), `unreadable` lines of a followed file, `values`;
        transitions `told` and `withdrawn`, `delivered` and `failed` deliveries, and those `waiting`; `cases` that are
        kept; `unmatched` events, which no statement claims.
        """
        unmatched = sum(rows for activity, rows in self.cases.unclaimed() if plain(activity) not in self.claims.ignored)
        return {
            **self._counts,
            "waiting": self.delivery.waiting(),
            "cases": len(self.cases.cases),
            "unmatched": unmatched,
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: each watched indicator with its state."""
        until = datetime.fromtimestamp(self.until / 1000, UTC).strftime("%Y-%m-%d %H:%M") if self.until else ""
        found: dict[str, Any] = upstairs("render.notebook", "monitor_bundle")(
            self.model, self.states, self.values, until
        )
        return found

    def transitions(self) -> tuple[Transition, ...]:
        """Everything that was told and stands, in order of time."""
        rows = self.store.rows("SELECT document FROM transitions WHERE standing ORDER BY period, indicator, seq")
        return tuple(Transition.from_dict(json.loads(document)) for (document,) in rows)

    def observations(self) -> Observations:
        """What was observed up to the end of the last closed period, as `mpm.observe(…, as_of=…).observations` has it
        of the whole log. Raises DataError before anything was observed."""
        found = self._observations(self.until) if self.until is not None else None
        if found is None:
            raise DataError("no period with an event or a value has been closed yet: feed events, then advance")
        return found

    def kept(self, name: str) -> Any:
        """What was given to `take` to be kept under a name; None if nothing was."""
        return self.store.kept().get(name)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------ closing a period

    def _close(self, closed: int, now: int) -> tuple[Transition, ...]:
        """Reckon every period that may have changed, and write what is to be told."""
        closed = closed if self.closed is None else max(closed, self.closed)
        until, before = self.grid.start(closed + 1), self.until
        seen = self._observations(until)
        told: list[Transition] = []
        with self.store.step() as base:
            if seen is not None:
                begins = self.grid.number(to_moment(seen.starts[0]))
                # Only the window of late events can have changed, unless the log shows what it never showed before.
                since = begins
                if before is not None and not self.cases.grown:
                    since = max(begins, self.grid.number(before - self.late))
                told = self._tell(seen, begins, since, closed)
            if before is not None or seen is not None:
                self.cases.settle(until - self.late)
            self.closed, self.stale, self.now, self.cases.grown = closed, False, now, False
            withdrawn = sum(one.withdrawn for one in told)
            self._count(told=len(told) - withdrawn, withdrawn=withdrawn)
            ((last,),) = base.execute("SELECT coalesce(max(seq), 0) FROM transitions").fetchall()
            for number, (one, period) in enumerate(((one, self.grid.number(to_moment(one.start))) for one in told), 1):
                row = (last + number, one.key, one.indicator, period, not one.withdrawn, one.to_json())
                base.execute("INSERT INTO transitions VALUES (?, ?, ?, ?, ?, ?)", row)
                self.delivery.post(last + number, one)
            self._write()
        return tuple(told)

    def _tell(self, seen: Observations, begins: int, since: int, closed: int) -> list[Transition]:
        traces = indicator_traces(self.model, seen)
        found: list[Transition] = []
        for name, indicator in sorted(self.watched.items()):
            trace, known = traces[name], self._told.setdefault(name, {})
            first = max(since, self._begins.get(name, since))
            length = len(trace.codes)
            states = [(number, trace.state(number - begins)) for number in range(first, closed + 1)
                      if 0 <= number - begins < length]  # fmt: skip
            new = changes(known.get(first - 1, FIRST), states)
            old = self._standing(name, first)
            for number, (one, document) in sorted(old.items()):
                if new.get(number) != one:
                    found.append(self._withdrawn(document))
            for number, (earlier, later) in sorted(new.items()):
                if number in old and old[number][0] == (earlier, later):
                    continue
                at = number - begins
                value = float(trace.series.values[at])
                key = self._fresh_key(name, seen.starts[at], earlier, later, withdrawn=False)
                found.append(
                    Transition(
                        key, name, indicator.label or name, earlier, later, seen.starts[at], seen.ends[at],
                        None if value != value else value, firing(trace, at), indicator.owner, indicator.do,
                    )
                )  # fmt: skip
            if states and states[-1][0] == closed:
                value = float(trace.series.values[closed - begins])
                self._values[name] = None if value != value else value
            for number, state in states:
                if known.get(number) != state:
                    known[number] = state
                    self._new_states.add((name, number))
        return sorted(found, key=lambda one: (one.end, one.indicator, not one.withdrawn))

    def _standing(self, name: str, first: int) -> dict[int, tuple[tuple[State, State], Transition]]:
        rows = self.store.rows(
            "SELECT period, document FROM transitions WHERE indicator = ? AND period >= ? AND standing", name, first
        )
        found = {}
        for period, document in rows:
            one = Transition.from_dict(json.loads(document))
            found[int(period)] = ((one.before, one.after), one)
        return found

    def _withdrawn(self, old: Transition) -> Transition:
        self.store.base.execute("UPDATE transitions SET standing = 0 WHERE key = ?", (old.key,))
        given = {**old.to_dict(), "withdrawn": True}
        given["key"] = self._fresh_key(old.indicator, old.start, old.before, old.after, withdrawn=True)
        return Transition.from_dict(given)

    def _fresh_key(self, name: str, start: datetime, before: str, after: str, *, withdrawn: bool) -> str:
        """The key of a transition; told once more after it was withdrawn, it has another one."""
        for revision in range(1_000_000):
            key = key_of(self.hash, name, start, before, after, revision, withdrawn)
            if not self.store.rows("SELECT 1 FROM transitions WHERE key = ?", key):
                return key
        raise MonitorError("a transition was withdrawn a million times", store=self.store.path)

    def _observations(self, until: int) -> Observations | None:
        """What was observed before a moment at which a period ends; None where that is nothing."""
        moments = [when for when, _ in self.series.values() if when < until]
        events = self.cases.first is not None and self.cases.first < until
        if events:
            moments.append(self.cases.first or 0)
        if not moments:
            return None
        calendar = Calendar.over(self.grid, min(moments), until, self.store.path)
        parts = [self._of_tables(calendar)]
        if events:
            parts.insert(0, self._of_log(calendar))
        return parts[0] if len(parts) == 1 else join(*parts)

    def _of_log(self, calendar: Calendar) -> Observations:
        counted = self.cases.counted(calendar.until)
        found = tally(counted, self.cases.ways, self.workflows, calendar, self.patience)
        figures = CaseFigures(self.model, calendar, found, self.wanted.columns).series()
        unmatched: dict[str, int] = {}
        ignored: dict[str, int] = {}
        for activity, rows in self.cases.unclaimed():
            which = ignored if plain(activity) in self.claims.ignored else unmatched
            which[activity] = which.get(activity, 0) + rows
        return Observations(
            starts=calendar.starts,
            ends=calendar.ends,
            as_of=to_time(calendar.until),
            period=calendar.grid.seconds,
            outcomes=found.outcomes,
            durations=found.durations,
            arrivals=found.arrivals,
            open=found.open,
            finished=found.finished,
            series=dict(sorted({**found.waits, **figures}.items())),
            open_cases=found.open_cases,
            coverage=Coverage(
                found.cases, found.events, _most_first(unmatched), _most_first(ignored), found.deviations,
                notes=tuple(found.notes),
            ),
            sources=("events fed to a monitor",),
        )  # fmt: skip

    def _of_tables(self, calendar: Calendar) -> Observations:
        names = sorted({name for name, _ in self.series})
        series: dict[str, tuple[float | None, ...]] = {}
        for name in names:
            row: list[float | None] = [None] * len(calendar)
            for index in range(len(calendar)):
                when, value = self.series.get((name, calendar.first + index), (calendar.until, None))
                row[index] = value if when < calendar.until else None
            series[name] = tuple(row)
        return Observations(
            calendar.starts, calendar.ends, to_time(calendar.until), calendar.grid.seconds, series=series
        )

    # ------------------------------------------------------------------------------------------ memory and file

    def _open(self, period: str, key: str | None) -> None:
        kept = self.store.kept()
        settings = {"grid": [self.grid.anchor, self.grid.width, self.grid.months], "key": key,
                    "patient": self.patience is not None, "columns": list(self.wanted.columns)}  # fmt: skip
        defined = definitions(self.model)
        if kept:
            for name, said in (("grid", "period"), ("key", "key"), ("patient", "patience")):
                if kept["settings"][name] != settings[name]:
                    raise MonitorError(
                        f"this store was begun with another {said}; open it with the {said} that it has, or begin with "
                        "a new file and feed the events again",
                        store=self.store.path,
                    )
        self._load()
        if not kept:
            with self.store.step():
                self._write([("settings", settings), ("model", self.hash), ("defined", defined)])
            return
        if kept["model"] != self.hash:
            self._carry(kept["defined"], defined, kept["settings"]["columns"] == settings["columns"])
            with self.store.step():
                self._write([("settings", settings), ("model", self.hash), ("defined", defined)])

    def _carry(self, old: Mapping[str, str], new: Mapping[str, str], same_columns: bool) -> None:
        """Keep what the changed model can use, and say so."""
        kinds = self.store.rows("SELECT shown, mark, scope FROM kinds ORDER BY number")
        log_kept = same_columns and all(
            (mark, json.loads(scope)) == self._meaning(tuple(json.loads(shown))) for shown, mark, scope in kinds
        )
        on_log = rests_on_log(self.model)
        fresh = {name for name in new if old.get(name) != new[name] or (not log_kept and name in on_log)}
        with self.store.step() as base:
            for name in sorted(fresh | (set(old) - set(new))):
                base.execute("DELETE FROM states WHERE indicator = ?", (name,))
                base.execute("UPDATE transitions SET standing = 0 WHERE indicator = ?", (name,))
            if not log_kept:
                for table in ("kinds", "cases", "sums"):
                    base.execute(f"DELETE FROM {table}")
            if self.closed is not None:
                self._begins |= dict.fromkeys(fresh, self.closed + 1)
            self.store.keep([("begins", self._begins), *([("first", None)] if not log_kept else [])])
        self.carried = tuple(remarks(old, new, log_kept, on_log))
        self._load()

    def _meaning(self, shown: tuple[str, ...]) -> tuple[str | None, list[Any]]:
        """What an event shows in this model, and in which branch."""
        width = 1 + len(self.claims.columns)
        cells = dict(zip(self.claims.columns, shown[1:], strict=True)) if len(shown) == width else None
        mark = self.claims.mark(shown[0], cells) if cells is not None else "another column is looked at"
        return mark, [list(part) for part in self.cases.scopes.get(str(mark), ())]

    def _load(self) -> None:
        """Know what the store knows, and nothing else."""
        store, kept = self.store, self.store.kept()
        self.cases = cases = Cases(
            self.workflows, self.claims, self.grid, self.patience, bool(self.wanted.figures)
        )  # fmt: skip
        cases.first = kept.get("first")
        cases.in_pairs = kept.get("in_pairs", False)
        self.closed = kept.get("closed")
        self.now = kept.get("now")
        self.stale = kept.get("stale", False)
        self._begins: dict[str, int] = kept.get("begins", {})
        self._counts: dict[str, int] = {**dict.fromkeys(COUNTS, 0), **kept.get("counts", {})}
        for (shown, *_,) in store.rows("SELECT shown FROM kinds ORDER BY number"):  # fmt: skip
            said = tuple(json.loads(shown))
            if len(said) == 1 + len(self.claims.columns):
                cases.number(said)
            else:  # another model looked at other columns; `_carry` lets go of all this
                cases.kinds.append(said)
                cases.marks.append(None)
        self._known_kinds = len(cases.kinds)
        for key, value in store.rows("SELECT key, value FROM sums"):
            cases.sums[_tuples(json.loads(key))] = json.loads(value)
        for name, state in store.rows("SELECT id, state FROM cases"):
            cases.cases[name] = Case.of(json.loads(state))
        cases.grown = kept.get("grown", False)
        cases.touched.clear()
        cases.changed.clear()
        self.series: dict[tuple[str, int], tuple[int, float | None]] = {
            (name, period): (at, value) for name, period, at, value in store.rows("SELECT * FROM series")
        }
        self._new_values: set[tuple[str, int]] = set()
        self._told: dict[str, dict[int, State]] = {}
        for name, period, state in store.rows("SELECT * FROM states"):
            self._told.setdefault(name, {})[period] = state
        self._new_states: set[tuple[str, int]] = set()
        self._values: dict[str, float | None] = kept.get("last", {})
        self.delivery.load()

    def _write(self, keep: Iterable[tuple[str, Any]] = ()) -> None:
        """Write what has changed in memory; within a step of the store."""
        base, cases = self.store.base, self.cases
        for number in range(self._known_kinds, len(cases.kinds)):
            mark, scope = self._meaning(cases.kinds[number])
            row = (number, json.dumps(cases.kinds[number]), mark, json.dumps(scope))
            base.execute("INSERT INTO kinds VALUES (?, ?, ?, ?)", row)
        if cases.changed:
            there = [(name, _written(case.state())) for name in cases.changed if (case := cases.cases.get(name))]
            gone = [(name,) for name in cases.changed if name not in cases.cases]
            base.executemany("INSERT OR REPLACE INTO cases VALUES (?, ?)", there)
            base.executemany("DELETE FROM cases WHERE id = ?", gone)
        if cases.touched:
            rows = [(_written(key), _written(cases.sums[key])) for key in cases.touched]
            base.executemany("INSERT OR REPLACE INTO sums VALUES (?, ?)", rows)
        values = [(*at, *self.series[at]) for at in sorted(self._new_values)]
        base.executemany("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?)", values)
        states = [(name, number, self._told[name][number]) for name, number in sorted(self._new_states)]
        base.executemany("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", states)
        self.store.keep(
            [
                ("first", cases.first), ("in_pairs", cases.in_pairs), ("closed", self.closed), ("now", self.now),
                ("stale", self.stale), ("grown", cases.grown), ("begins", self._begins), ("counts", self._counts),
                ("last", self._values), *keep,
            ]
        )  # fmt: skip
        self._known_kinds = len(cases.kinds)
        cases.changed.clear()
        cases.touched.clear()
        self._new_values.clear()
        self._new_states.clear()

    def _count(self, **more: int) -> None:
        for name, count in more.items():
            self._counts[name] += count

    def _reachable(self, rows: Sequence[Row]) -> None:
        """Refuse a time so far from all others that it can only be wrong: every period between would be reckoned."""
        if not rows:
            return
        low, high = min(row.ms for row in rows), max(row.ms for row in rows)
        first = low if self.cases.first is None else min(low, self.cases.first)
        horizon = None if self.until is None else self.until - self.late
        if horizon is not None and low < horizon:
            first = horizon if self.cases.first is None else self.cases.first
        if self.grid.number(high) - self.grid.number(first) >= MOST_PERIODS:
            raise DataError(
                f"between {to_time(first):%Y-%m-%d} and {to_time(high):%Y-%m-%d} there are more than "
                f"{MOST_PERIODS:,} periods: a time is probably wrong, or the period too short"
            )


_written: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def _tuples(part: Any) -> Any:
    return tuple(_tuples(one) for one in part) if isinstance(part, list) else part


def _most_first(rows: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(rows.items(), key=lambda item: (-item[1], item[0])))


def _moment(time: date | datetime | str) -> int:
    found = moment(time) if isinstance(time, str) else to_moment(time) if isinstance(time, date) else None
    if found is None:
        raise DataError(f"{time!r} is no time; it should look like 2026-03-02 or 2026-03-02T14:30:00+01:00")
    return found


def _span(span: Quantity | str) -> float:
    try:
        found = Quantity.model_validate(span)
    except ValueError:
        raise DataError(f"how late events may be is a span of time such as 2w, not {str(span)[:60]!r}") from None
    if not found.measure.is_time or found.base < 0:
        raise DataError(f"how late events may be is a span of time such as 2w, not {found}")
    return float(found.base)
