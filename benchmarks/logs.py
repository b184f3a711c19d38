"""Indicators of an event log beside hand-written polars and DuckDB, and beside pm4py, in one run: ratios foremost.

    pip install -r benchmarks/requirements.txt         # pm4py (AGPL); its row stays empty without it
    python benchmarks/logs.py                          # 10 million events, prints markdown
    python benchmarks/logs.py --events 1e6 --turns 3 --csv
    python benchmarks/logs.py --largest 1e8            # also mpmflow alone on a log that is larger than memory

The log: cases with five decisions whose share of rework drifts by the week, ordered by time, as Parquet. The question:
for each week, how often each event follows each other one, and the mean time between, from which the shares of the
five decisions and their waits are read. mpmflow answers more than that (cases that came, ended and are open, exact
squares of times, detours); the others are written as one would write them by hand. Sides take turns, each in a fresh
process; seconds are those of the processor over all threads, because other work on the machine disturbs them least.
pm4py gets a tenth of the log and is scaled up. Files lie in a temporary folder that is removed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

# ruff: noqa: E402 - paths are set before anything that is found on them is imported
from measuring import machine, peak_memory, table

STEPS = ("brief", "copy", "design", "legal", "proof")
START = 1_735_689_600_000
"""2025-01-01, in milliseconds."""


def make(events: int, folder: Path, csv: bool = False) -> Path:
    """A log of so many events, written in slices of weeks so that a large one fits into memory."""
    import numpy as np
    import polars

    rng = np.random.default_rng(5)
    cases, year = int(events / 6.9) + 1000, 52 * 7 * 86_400_000
    begun = np.sort(rng.integers(0, year, cases))
    names = polars.Series([*STEPS, "launch"])
    path = folder / f"log-{events}.parquet"
    frames = []
    for slice_ in np.array_split(np.arange(cases), max(1, events // 10_000_000)):
        share = np.linspace(0.10, 0.22, 5)[None, :] + 0.1 * (begun[slice_] / year)[:, None]
        visits = np.concatenate([rng.geometric(1 - share), np.ones((len(slice_), 1), dtype=np.int64)], axis=1)
        length = visits.sum(axis=1)
        code = np.repeat(np.tile(np.arange(6), len(slice_)), visits.ravel())
        place = np.repeat(np.arange(len(slice_)), length)
        gap = (rng.exponential(3.6e6, len(place)) * np.array([1, 2, 5, 1, 3, 2])[code]).astype(np.int64) + 1
        gone = np.cumsum(gap)
        moment = START + begun[slice_][place] + gone - np.repeat(gone[np.cumsum(length) - length], length)
        frame = polars.DataFrame(
            {"case_id": slice_[place], "activity": names.gather(code), "timestamp": moment}
        ).with_columns(polars.col("timestamp").cast(polars.Datetime("ms")))
        part = folder / f"part-{len(frames)}.parquet"
        frame.sort("timestamp").write_parquet(part)
        frames.append(part)
    whole = polars.scan_parquet(frames).head(events)
    whole.sink_parquet(path)
    if csv:
        whole.sink_csv(path.with_suffix(".csv"), datetime_format="%Y-%m-%dT%H:%M:%S%.3f")
    for part in frames:
        part.unlink()
    return path


def mpmflow_side(path: str) -> dict[str, float]:
    import mpmflow as mpm

    text = "\n".join(f"step {name}\ndecision {name}_ok {{ yes, no 20% -> {name} rework }}" for name in STEPS)
    found = mpm.observe(mpm.parse(f"workflow w {{\n{text}\nstep launch\n}}"), log=path)
    return {f"{name}_ok.no": found[f"{name}_ok.no"].whole or 0.0 for name in STEPS}


def polars_side(path: str) -> dict[str, float]:
    import polars
    from polars import col

    frame = polars.scan_csv(path, try_parse_dates=True) if path.endswith(".csv") else polars.scan_parquet(path)
    same = col("case_id") == col("case_id").shift(1)
    found = (
        frame.select("case_id", "activity", "timestamp")
        .sort("case_id", "timestamp")
        .with_columns(before=polars.when(same).then(col("activity").shift(1)), gap=col("timestamp").diff())
        .group_by(col("timestamp").dt.truncate("1w").alias("week"), "before", "activity")
        .agg(polars.len().alias("count"), col("gap").mean())
        .collect()
    )
    return _shares((before, later, count) for _, before, later, count, _ in found.iter_rows())


def duckdb_side(path: str) -> dict[str, float]:
    import duckdb

    rows = duckdb.sql(f"""
        with pairs as (select activity, timestamp, lag(activity) over one as before, lag(timestamp) over one as was
                       from '{path}' window one as (partition by case_id order by timestamp))
        select date_trunc('week', timestamp), before, activity, count(*), avg(epoch_ms(timestamp) - epoch_ms(was))
        from pairs group by all""").fetchall()
    return _shares((before, later, count) for _, before, later, count, _ in rows)


def pm4py_side(path: str) -> dict[str, float]:
    import pandas
    import pm4py

    frame = pandas.read_parquet(path)
    frame["case_id"] = frame["case_id"].astype(str)
    log = pm4py.format_dataframe(frame, case_id="case_id", activity_key="activity", timestamp_key="timestamp")
    follows, _, _ = pm4py.discover_dfg(log)
    pm4py.discover_performance_dfg(log)
    # It has no shares by week of its own: pandas groups what follows.
    after = log.groupby("case:concept:name", sort=False)["concept:name"].shift(-1)
    week = log["time:timestamp"].dt.floor("D") - pandas.to_timedelta(log["time:timestamp"].dt.weekday, unit="D")
    for name in STEPS:
        asked = log["concept:name"].eq(name)
        after[asked].eq(name).groupby(week[asked]).mean()
    return _shares((before, later, count) for (before, later), count in follows.items())


def _shares(pairs: object) -> dict[str, float]:
    again: dict[str, int] = dict.fromkeys(STEPS, 0)
    left: dict[str, int] = dict.fromkeys(STEPS, 0)
    for before, later, count in pairs:  # type: ignore[attr-defined]
        if before in left:
            left[before] += count
            again[before] += count if later == before else 0
    return {f"{name}_ok.no": again[name] / left[name] for name in STEPS}


SIDES = {"mpmflow": mpmflow_side, "polars": polars_side, "DuckDB": duckdb_side, "pm4py": pm4py_side}


def in_fresh_process(side: str, path: Path) -> dict[str, float] | None:
    """Seconds, memory (MiB) and the five shares of one side alone; None where its library is missing."""
    done = subprocess.run(
        [sys.executable, __file__, "--side", side, "--path", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"{side} left out: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def compare(title: str, path: Path, sides: list[str], turns: int, scaled: Path | None = None) -> str:
    """One table: medians over turns, and how many times longer than mpmflow each side took."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(turns):
        for side in sides:
            one = in_fresh_process(side, scaled if side == "pm4py" and scaled else path)
            if one:
                found[side].append(one)
    reference = found["mpmflow"]
    rows = []
    for side, seen in found.items():
        if not seen:
            continue
        factor = 10.0 if side == "pm4py" and scaled else 1.0
        seconds = factor * statistics.median(one["cpu"] for one in seen)
        ratio = statistics.median(factor * one["cpu"] / ours["cpu"] for one, ours in zip(seen, reference, strict=False))
        if factor == 1.0:
            off = max(abs(seen[0][name] - reference[0][name]) for name in seen[0] if name.endswith("_ok.no"))
            agree = "exactly" if off < 1e-12 else f"to {off:.1g}"
        else:
            agree = "a tenth, times ten"
        memory = max(one["memory"] for one in seen)
        rows.append([side, f"{seconds:.1f}", f"{ratio:.2f}", f"{memory:,.0f}", agree])
    return table(title, ["side", "processor seconds", "times mpmflow's", "peak MiB", "shares agree"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=float, default=1e7)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--csv", action="store_true", help="the same from CSV too")
    parser.add_argument("--largest", type=float, default=0, help="also a log of so many events, mpmflow alone")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        begin = time.process_time()
        shares = SIDES[asked.side](asked.path)
        print(json.dumps({"cpu": time.process_time() - begin, "memory": peak_memory(), **shares}))
        return
    events = int(asked.events)
    print(machine("polars", "duckdb", "pm4py"), "\n")
    with tempfile.TemporaryDirectory(prefix="mpmflow-logs-") as name:
        folder = Path(name)
        path, tenth = make(events, folder, asked.csv), make(events // 10, folder)
        print(
            compare(
                f"{events:,} events, Parquet of {path.stat().st_size / 1e6:.0f} MB",
                path,
                list(SIDES),
                asked.turns,
                tenth,
            )
        )
        if asked.csv:
            plain = path.with_suffix(".csv")
            sides = ["mpmflow", "polars", "DuckDB"]
            print(compare(f"{events:,} events, CSV of {plain.stat().st_size / 1e6:.0f} MB", plain, sides, asked.turns))
        if asked.largest:
            large = make(int(asked.largest), folder)
            print(compare(f"{int(asked.largest):,} events, Parquet", large, ["mpmflow"], 1))


if __name__ == "__main__":
    main()
