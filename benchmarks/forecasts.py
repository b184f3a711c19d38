"""How well cycle times of recorded logs are foretold, against what anybody could have said without a model.

    python -m benchmarks.forecasts SHARED

`SHARED` is the folder with the recorded logs (see CONTRIBUTING.md). Of each log a workflow is drafted from the first
third of its cases, as `fit --discover` does, so that the draft has not seen what it foretells; then the whole log is
replayed. One run, no timing: the figures are skills, with their 90 % intervals.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

import mpmflow as mpm

CASE, ACTIVITY, TIME = "case:concept:name", "concept:name", "time:timestamp"
LOGS = (
    ("receipt_wabo", "1w", "4w"),
    ("purchasing_p2p", "1w", "4w"),
    ("production_parts", "1d", "4d"),
    ("phone_repair", "1d", "1d"),
)
"""Folder, period and horizon."""


def main(shared: Path) -> None:
    """Print a line for each log."""
    print(f"{'log':20}{'forecasts':>10}  {'over persistence':>26}  {'over climatology':>26}  {'in 90 %':>8}")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for name, period, horizon in LOGS:
        found = judged(shared / "data" / "logs" / name / "events.csv.gz", period, horizon)
        if isinstance(found, str):
            print(f"{name:20}{found}")
            continue
        one = found["cycle_time"]
        if one.crps is None:
            print(f"{name:20}{one.refused}")
            continue
        skills = [one.crps.skills.get(other) for other in ("persistence", "climatology")]
        told = [f"{s.value:6.2f} ({s.low:5.2f} to {s.high:5.2f})" if s else "-" for s in skills]
        print(f"{name:20}{len(one.folds):10}  {told[0]:>26}  {told[1]:>26}  {one.inside or 0:8.0%}")


def judged(path: Path, period: str, horizon: str) -> object:
    """The back-test of one log, or why there is none."""
    log = pl.read_csv(path, infer_schema_length=0)
    if "lifecycle:transition" in log.columns:
        log = log.filter(pl.col("lifecycle:transition").str.to_lowercase() == "complete")
    log = log.select(case=pl.col(CASE), activity=pl.col(ACTIVITY), time=pl.col(TIME))
    log = log.filter(~pl.col("activity").is_in(["Start", "End"]))
    first = log.group_by("case").agg(pl.col("time").min()).sort("time")
    early = first.head(first.height // 3)["case"]
    try:
        draft = mpm.discover(log.filter(pl.col("case").is_in(early.to_list())))
        return mpm.backtest(mpm.parse(draft.text), log=log, period=period, horizon=horizon, folds=20)
    except (mpm.DataError, mpm.MpmError) as error:
        return f"  {str(error).splitlines()[0]}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared"))
