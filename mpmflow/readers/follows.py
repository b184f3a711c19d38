"""Event logs as histories: which activities follow each other in how many cases, and how long that takes.

For a log of which no workflow is known yet. Cases are counted by variant, the activities in their order; of visits that
say start and complete, the completion stands for the visit. One sort of four columns does it, by polars; any other
engine hands those columns over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.histories import Histories, Spread, Variant
from mpmflow.model.observations import LogSource

from .engines import collected
from .events import Events, open_events
from .periods import to_time
from .roles import UnclearRoleError
from .tables import ROW

MOST_ACTIVITIES = 1_000
"""A column with more different values than this holds no activities."""
MOST_VARIANTS = 20_000
"""Beyond these the rarest variants are counted, not listed."""
LONGEST_CASE = 2_000
"""A case with more visits than this is counted, not listed."""


def read_histories(
    log: str | Path | Any, declared: LogSource | None = None, *, folder: Path | None = None
) -> Histories:
    """Count the cases of a log by what they did.

    Args:
        log: whatever `open_events` opens.
        declared: the columns as a `data` block names them; found by their usual names when None.
        folder: where a path starts and must stay; None for a path of the caller's own.

    Raises DataError for what cannot be read, and for a column with more different values than activities can have.
    """
    declared = declared or LogSource(path="")
    try:
        events = open_events(log, declared, folder=folder)
    except UnclearRoleError as error:
        # Here nobody has a data block: the columns are an option, or an argument.
        option = f'--column {error.role}="{error.example}"'
        how = f"name it, as in {option} or, in Python, columns={{'{error.role}': {error.example!r}}}"
        raise DataError(f"{error.what} {how}", file=error.file) from None
    names = _names(events)
    visits, notes, started = _visits(events, names)
    listed, unlisted = _variants(visits)
    gaps = _spreads(visits.filter(pl.col("gap").is_not_null()), "gap", len(names))
    starts = visits.group_by("case").agg(pl.col("begin").min())["begin"]
    return Histories(
        label=events.label,
        path=str(events.file) if events.file is not None else None,
        columns=events.columns,
        activities=names,
        variants=listed,
        cases=events.cases,
        events=events.events,
        unlisted=unlisted + events.cases - len(starts),
        first=to_time(events.first),
        last=to_time(events.last),
        started=(to_time(int(starts.min())), to_time(int(starts.max()))),  # type: ignore[arg-type]
        gaps=gaps,
        work=_spreads(visits.with_columns(work=pl.col("end") - pl.col("begin")), "work", len(names)) if started else (),
        resources=_resources(visits, len(names)),
        notes=(*events.notes, *notes),
    )


def _names(events: Events) -> tuple[str, ...]:
    """The activities, most frequent first."""
    counted: dict[str, int] = {}
    for (activity, *_), rows in events.kinds:
        counted[activity] = counted.get(activity, 0) + rows
    if len(counted) > MOST_ACTIVITIES:
        some = ", ".join(repr(name[:40]) for name in sorted(counted)[:3])
        raise DataError(
            f"{len(counted)} different values in {events.events} events are no activities, of which a process has some "
            f"dozens; there are {some}, …. Name the column that says what was done",
            file=events.label,
        )
    return tuple(sorted(counted, key=lambda name: (-counted[name], name)))


def _visits(events: Events, names: tuple[str, ...]) -> tuple[pl.DataFrame, list[str], bool]:
    """One row a visit in the order of each case: case, code, begin, end, gap, and who; what was passed over; and
    whether visits have a beginning of their own.
    """
    present = events.frame.collect_schema().names()
    wanted = [name for name in ("case", "activity", "ms", ROW, "lifecycle", "resource") if name in present]
    chosen = events.frame.select(nw.col("case").cast(nw.String), *wanted[1:])
    frame = collected(chosen).to_polars()
    if ROW not in frame.columns:
        # An engine that computes itself knows no order of rows: what happened at one moment is in that of the names.
        frame = frame.with_columns(pl.lit(0).alias(ROW))
    codes = {name: number for number, name in enumerate(names)}
    frame = frame.with_columns(
        pl.col("activity").replace_strict(list(codes), list(codes.values()), return_dtype=pl.Int32).alias("code")
    ).drop("activity")
    notes: list[str] = []
    frame = frame.with_columns(pl.col("ms").alias("begin"), pl.col("ms").alias("end"))
    paired = False
    if "lifecycle" in frame.columns:
        frame, notes, paired = _paired(frame)
    frame = frame.sort("case", "end", ROW, "code").with_columns(
        pl.when(pl.col("case") == pl.col("case").shift(1))
        .then((pl.col("begin") - pl.col("end").shift(1)).clip(0))
        .alias("gap")
    )
    return frame, notes, paired


def _paired(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str], bool]:
    """Keep the complete rows, each with the start row right before it in its case and activity."""
    frame = frame.with_columns(pl.col("lifecycle").str.to_lowercase())
    found = dict(frame.group_by("lifecycle").len().iter_rows())
    if "complete" not in found:
        return frame.drop("lifecycle"), ["No row of the log says 'complete': every row counts as a visit."], False
    notes = [
        f"{rows} rows say {word!r}, neither start nor complete, and are passed over."
        for word, rows in sorted(found.items(), key=str)
        if word not in ("start", "complete")
    ]
    frame = frame.filter(pl.col("lifecycle").is_in(["start", "complete"])).sort("case", "code", "ms", ROW)
    same = (pl.col("case") == pl.col("case").shift(1)) & (pl.col("code") == pl.col("code").shift(1))
    begun = same & (pl.col("lifecycle").shift(1) == "start")
    frame = frame.with_columns(pl.when(begun).then(pl.col("ms").shift(1)).otherwise(pl.col("ms")).alias("begin"))
    return frame.filter(pl.col("lifecycle") == "complete").drop("lifecycle"), notes, "start" in found


def _variants(visits: pl.DataFrame) -> tuple[tuple[Variant, ...], int]:
    """The variants, most frequent first, and how many cases are in none of them."""
    placed = visits.with_columns(
        place=pl.int_range(pl.len()).over("case"), zero=pl.col("begin").min().over("case")
    ).select("case", "code", "place", begin=pl.col("begin") - pl.col("zero"), end=pl.col("end") - pl.col("zero"))
    lengths = placed.group_by("case").len()
    short = lengths.filter(pl.col("len") <= LONGEST_CASE).select("case")
    placed = placed.join(short, on="case", how="semi")
    keys = placed.group_by("case").agg(pl.col("code").sort_by("place").cast(pl.String).str.join(" ").alias("key"))
    counted = (
        keys.group_by("key")
        .agg(pl.len().alias("cases"), pl.col("case").min().alias("example"))
        .sort(["cases", "key"], descending=[True, False])
        .head(MOST_VARIANTS)
    )
    times = (
        placed.join(keys.join(counted.select("key"), on="key", how="semi"), on="case")
        .group_by("key", "place")
        .agg(pl.col("begin").mean() / 1000, pl.col("end").mean() / 1000)
        .sort("key", "place")
        .group_by("key", maintain_order=True)
        .agg("begin", "end")
    )
    rows = {key: (begin, end) for key, begin, end in times.iter_rows()}
    found = []
    for key, cases, example in counted.iter_rows():
        begin, end = rows[key]
        found.append(Variant(tuple(map(int, key.split())), cases, tuple(begin), tuple(end), str(example)))
    return tuple(found), len(lengths) - sum(variant.cases for variant in found)


def _spreads(frame: pl.DataFrame, column: str, width: int) -> tuple[Spread, ...]:
    """Count, mean and standard deviation of a column in seconds, per activity."""
    seconds = pl.col(column) / 1000
    found = {
        code: Spread(count, float(mean), float(sd or 0.0))
        for code, count, mean, sd in frame.group_by("code")
        .agg(seconds.len().alias("count"), seconds.mean().alias("mean"), seconds.std().alias("sd"))
        .iter_rows()
    }
    return tuple(found.get(code, Spread(0, 0.0, 0.0)) for code in range(width))


def _resources(visits: pl.DataFrame, width: int) -> tuple[dict[str, int], ...]:
    if "resource" not in visits.columns:
        return ()
    found: list[dict[str, int]] = [{} for _ in range(width)]
    rows = visits.filter(pl.col("resource").is_not_null() & (pl.col("resource") != ""))
    for code, who, count in rows.group_by("code", "resource").len().sort("code", "resource").iter_rows():
        found[code][who] = count
    return tuple(found) if any(found) else ()
