"""The monitor with its store on, beside a plain loop that only inserts the same events into SQLite.

    python benchmarks/monitor.py

A hundred thousand events of a workflow with two decisions, in batches of 5,000, with two watched indicators and 20
weeks to close. The plain loop keeps every event as a row of a table (and knows no cases, no periods and no rules); the
monitor keeps counts. Both write each batch through to the disk. Events a second depend on the machine and are said with
it; the ratio does so less. Time is that of the processor. A model that asks for figures of single cases, such as
`p90(time(w))`, costs more: each of them is looked at whenever a period closes.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

# ruff: noqa: E402 - the path is set before anything that is imported from it
from measuring import machine, table, turns

import mpmflow as mpm

EVENTS, BATCH, TURNS = 100_000, 5_000, 3
MODEL = mpm.parse("""
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  step copy
  decision legal {
    ok 90% seen as "approved"
    fix 10% -> copy rework seen as "returned"
  }
  step launch
}
indicator sent_back = rate(complete.no) { warn above 25% for 2w, alert out of control }
indicator returned = rate(legal.fix) { warn above 15% }
""")
Row = dict[str, str]


def log(luck: random.Random) -> list[Row]:
    """The events in order of time."""
    rows: list[tuple[datetime, str, str]] = []
    case = 0
    while len(rows) < EVENTS * 1.1:
        case += 1
        time = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=luck.randrange(140 * 86400))
        path = ["brief"]
        while luck.random() < 0.2:
            path.append("brief")
        path.append("copy")
        while luck.random() < 0.1:
            path += ["returned", "copy"]
        for what in (*path, "approved", "launch"):
            rows.append((time, f"W-{case}", what))
            time += timedelta(seconds=luck.randrange(600, 86400))
    rows.sort()
    return [{"case": name, "activity": what, "time": time.isoformat()} for time, name, what in rows[:EVENTS]]


ROWS = log(random.Random(11))
BATCHES = [ROWS[at : at + BATCH] for at in range(0, EVENTS, BATCH)]


def watched(store: Path | None) -> None:
    """All events through a monitor, with a handler, every period closed when it has ended."""
    with mpm.Monitor(MODEL, store) as monitor:
        monitor.on("any", lambda change: None)
        for batch in BATCHES:
            monitor.feed(batch)
            monitor.advance(batch[-1]["time"])
        assert monitor.counts["events"] == EVENTS


def inserted(path: Path) -> None:
    """All events as rows of a table."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE events (number INTEGER PRIMARY KEY, name TEXT, activity TEXT, time TEXT)")
    for batch in BATCHES:
        base.execute("BEGIN")
        for row in batch:
            base.execute(
                "INSERT INTO events (name, activity, time) VALUES (?, ?, ?)",
                (row["case"], row["activity"], row["time"]),
            )
        base.execute("COMMIT")
    base.close()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        made = iter(range(10_000))

        def fresh(run: Callable[[Path], None]) -> Callable[[], None]:
            return lambda: run(Path(folder) / f"{next(made)}.db")

        found = turns([fresh(watched), fresh(inserted), lambda: watched(None)], TURNS)
    rows = [
        [
            name,
            f"{EVENTS / found.median(side):,.0f}",
            f"{EVENTS / found.least(side):,.0f}",
            f"{found.ratio(1, side):.1f}",
        ]
        for side, name in enumerate(["monitor, store on", "plain loop of inserts", "monitor in memory"])
    ]
    print(machine())
    print(table("100,000 events", ["", "events/s, median", "best turn", "times the plain loop's time"], rows))


if __name__ == "__main__":
    main()
