"""Everything that was observed of a model: its logs and its tables of periods, joined on one grid of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.model import Model
from mpmflow.model.observations import Coverage, Detour, Durations, LogSource, Observations, SeriesSource
from mpmflow.model.quantities import Quantity

from .libraries import needed
from .periods import PATIENCE, Calendar, Grid, day_end, end_of, to_time
from .series import OpenedSeries, open_series
from .tables import Data

Split = Mapping[str, Mapping[str, Observations]]


def observe(
    model: Model,
    *,
    folder: str | Path | None = None,
    log: str | Path | Any = None,
    series: str | Path | Any = None,
    as_of: date | datetime | str | None = None,
    period: Quantity | str | None = None,
    patience: float | None = PATIENCE,
    by: str | Sequence[str] = (),
) -> Observations:
    """Read a model's observations from the files of its `data` block, or from what is given instead.

    Args:
        folder: the folder of the model's file, where the paths of its `data` block start and which they do not leave.
        log: a path, URL or frame that stands for the logs of the block, or a `tables.Data` with its query and case;
            its columns are those of the first one.
        series: likewise for the tables of periods.
        as_of: the day (its end) or moment up to which is known; None for the end of the last day observed.
        period: the spacing of the periods; None for that of the tables, else a week that starts on Monday.
        patience: see `logs.read_log`.
        by: columns of the logs by whose values everything is split too: see `Observations.segments`.

    Where a table has a metric that the log could give too, the table's value stands. Several logs hold different cases:
    their counts add up, and figures of the cases (see `figures`) are left to whoever has the counts.

    Raises DataError: no data at all, data that cannot be read, or tables whose periods do not fit together.
    """
    return open_history(model, folder=folder, log=log, series=series, as_of=as_of, period=period, by=by).observe(
        as_of, patience=patience
    )


@dataclass(frozen=True, slots=True)
class History:
    """The logs and tables of a model, opened once, to be looked at as on any evening of the past."""

    tables: tuple[OpenedSeries, ...]
    logs: tuple[Any, ...]
    grid: Grid

    def observe(self, as_of: date | datetime | str | None = None, *, patience: float | None = PATIENCE) -> Observations:
        """What `observe` says as of that day, to the digit; no file is read again.

        Raises DataError where nothing was known yet.
        """
        tables, logs = self.tables, self.logs
        if as_of is not None:
            tables = tuple(table.before(end_of(as_of)) for table in tables)
            logs = tuple(part.before(end_of(as_of)) for part in logs)
        earliest = min([table.first for table in tables] + [part.events.first for part in logs])
        latest = max([table.last for table in tables] + [part.events.last for part in logs])
        sources = [table.label for table in tables] + [part.events.label for part in logs]
        until = end_of(as_of) if as_of is not None else day_end(latest)
        calendar = Calendar.over(self.grid, earliest, until, " and ".join(sources))
        alone = len(logs) == 1
        parts = [part.observe(calendar, patience, alone=alone) for part in logs]
        parts += [table.observe(calendar) for table in tables]
        joined: Observations = parts[0]
        for part in parts[1:]:
            joined = join(joined, part)
        return joined


def open_history(
    model: Model,
    *,
    folder: str | Path | None = None,
    log: str | Path | Any = None,
    series: str | Path | Any = None,
    as_of: date | datetime | str | None = None,
    period: Quantity | str | None = None,
    by: str | Sequence[str] = (),
) -> History:
    """Open what `observe` reads; arguments as there. Nothing later than `as_of` is opened.

    Raises DataError as `observe` does.
    """
    base = Path(folder) if folder is not None else None
    tables = _open_tables(model, base, series, as_of)
    opened = _open_logs(model, base, log, as_of, by)
    if by and not opened:
        raise DataError("there is no log that could be split: a table of periods has no cases")
    if not tables and not opened:
        raise DataError(
            "there is nothing to observe: name a log or a series in a data block, or give one, as in "
            '`data { series "weekly.csv" { time week } }` or `--series weekly.csv`'
        )
    return History(tuple(tables), tuple(opened), _common_grid(tables, period))


def _open_tables(model: Model, folder: Path | None, given: Any, as_of: Any) -> list[OpenedSeries]:
    if given is not None:
        return [open_series(model, given, as_of=as_of)]
    declared = [part for part in model.data if isinstance(part, SeriesSource)]
    return [open_series(model, part.path, part, folder=_home(folder), as_of=as_of) for part in declared]


def _open_logs(model: Model, folder: Path | None, given: Any, as_of: Any, by: str | Sequence[str]) -> list[Any]:
    declared = [part for part in model.data if isinstance(part, LogSource)]
    if given is None and not declared:
        return []
    # Loads the dataframe libraries, which a model with tables only does without.
    with needed():
        from .logs import columns_of, open_log

    home, columns, case = _home(folder), columns_of(by), None
    if isinstance(given, Data) and given.source is None:
        if given.query is not None:
            raise DataError("a query is for a database: name it too, as in `--log sqlite:///crm.db`")
        given, case = None, given.case
    if given is not None:
        return [open_log(model, given, as_of=as_of, by=columns)]
    logs = [(Data(part.path, case=case), part) for part in declared]
    return [open_log(model, log, part, folder=home, as_of=as_of, by=columns) for log, part in logs]


def _home(folder: Path | None) -> Path:
    return folder if folder is not None else Path.cwd()


def _common_grid(tables: list[OpenedSeries], period: Quantity | str | None) -> Grid:
    """The grid on which every table lies; a period that was asked for must be theirs."""
    asked = Grid.every(period) if period is not None else None
    if not tables:
        return asked or Grid()
    first, *others = sorted(tables, key=lambda table: table.grid.seconds)
    grid = first.grid
    if asked and (asked.width, asked.months) != (grid.width, grid.months):
        raise DataError(f"its periods are not {period} long, and a value cannot be cut into pieces", file=first.label)
    for table in others:
        fits = (table.grid.width, table.grid.months) == (grid.width, grid.months)
        if len(next(iter(table.values.values()), {})) > 1 and not fits:
            raise DataError(f"its rows are spaced otherwise than those of {first.label}", file=table.label)
        if grid.start(grid.number(table.first)) != table.first:
            raise DataError(
                f"its periods do not start when those of {first.label} do ({to_time(table.first):%A} "
                f"{to_time(table.first):%Y-%m-%d} against {to_time(first.first):%A} {to_time(first.first):%Y-%m-%d})",
                file=table.label,
            )
    return grid


def join(one: Observations, two: Observations) -> Observations:
    """Two observations of the same periods as one: counts add up, values of the second stand over those of the first.

    Raises ValueError when the periods differ.
    """
    if (one.starts, one.ends) != (two.starts, two.ends):
        raise ValueError("observations of different periods cannot be joined")
    return Observations(
        starts=one.starts,
        ends=one.ends,
        as_of=one.as_of,
        period=one.period,
        outcomes=_added(one.outcomes, two.outcomes),
        durations=_durations(one.durations, two.durations),
        arrivals=_added(one.arrivals, two.arrivals),
        open=_added(one.open, two.open),
        finished=_added(one.finished, two.finished),
        series=_over(one.series, two.series),
        open_cases=tuple(sorted((*one.open_cases, *two.open_cases), key=lambda case: (case.started, case.case))),
        coverage=_coverage(one.coverage, two.coverage),
        sources=(*one.sources, *two.sources),
        segments=_segments(one.segments, two.segments),
    )


def _segments(one: Split, two: Split) -> dict[str, dict[str, Observations]]:
    both = {column: dict(values) for column, values in one.items()}
    for column, values in two.items():
        found = both.setdefault(column, {})
        for value, part in values.items():
            found[value] = join(found[value], part) if value in found else part
    return {column: dict(sorted(values.items())) for column, values in sorted(both.items())}


def _added(one: Mapping[str, tuple[int, ...]], two: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    both = dict(one)
    for name, counts in two.items():
        both[name] = tuple(a + b for a, b in zip(both[name], counts, strict=True)) if name in both else counts
    return dict(sorted(both.items()))


def _durations(one: Mapping[str, Durations], two: Mapping[str, Durations]) -> dict[str, Durations]:
    both = dict(one)
    for name, more in two.items():
        if name in both:
            old = both[name]
            more = Durations(
                tuple(a + b for a, b in zip(old.visits, more.visits, strict=True)),
                tuple(a + b for a, b in zip(old.seconds, more.seconds, strict=True)),
                tuple(a + b for a, b in zip(old.squares, more.squares, strict=True)),
            )
        both[name] = more
    return dict(sorted(both.items()))


def _over(
    one: Mapping[str, tuple[float | None, ...]], two: Mapping[str, tuple[float | None, ...]]
) -> dict[str, tuple[float | None, ...]]:
    both = dict(one)
    for name, values in two.items():
        before = both.get(name, (None,) * len(values))
        both[name] = tuple(a if b is None else b for a, b in zip(before, values, strict=True))
    return dict(sorted(both.items()))


def _coverage(one: Coverage, two: Coverage) -> Coverage:
    deviations = Counter({(earlier, later): count for earlier, later, count in one.deviations})
    deviations.update({(earlier, later): count for earlier, later, count in two.deviations})
    detours: dict[tuple[str, str, str], Detour] = {}
    for detour in (*one.detours, *two.detours):
        key = (detour.kind, detour.earlier, detour.later)
        old = detours.get(key)
        if old is not None:
            names = sorted({*old.examples, *detour.examples})
            detour = replace(
                old,
                events=old.events + detour.events,
                cases=old.cases + detour.cases,
                examples=tuple(dict.fromkeys((names[0], names[-1]))),
            )
        detours[key] = detour
    return Coverage(
        cases=one.cases + two.cases,
        events=one.events + two.events,
        unmatched=_most_first(Counter(dict(one.unmatched)) + Counter(dict(two.unmatched))),
        ignored=_most_first(Counter(dict(one.ignored)) + Counter(dict(two.ignored))),
        deviations=tuple((*pair, count) for pair, count in _most_first(deviations)),
        detours=tuple(
            sorted(detours.values(), key=lambda found: (-found.cases, found.kind, found.earlier, found.later))
        ),
        astray=one.astray + two.astray,
        notes=tuple(dict.fromkeys((*one.notes, *two.notes))),
    )


def _most_first(counts: Counter[Any]) -> tuple[tuple[Any, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
