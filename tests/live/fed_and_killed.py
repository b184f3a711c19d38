"""A program that feeds events to a monitor and is killed by its test: it says what was acknowledged and delivered.

python fed_and_killed.py STORE ACKNOWLEDGED DELIVERED FIRST
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mpmflow as mpm

TEXT = """
workflow w {
  step brief
  decision ok { yes, no 20% -> brief rework }
  step launch
}
indicator sent_back = rate(ok.no) { warn above 25%, alert above 60% }
indicator slow = launch.time { warn above 2h }
"""
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
STEP = 50


def events(count: int) -> Iterator[dict[str, Any]]:
    """Cases one after the other, in which more and less comes back week by week."""
    minute = 0
    number = made = 0
    while made < count:
        back = (number // 40) % 4
        for at, what in enumerate(["brief"] * (1 + back) + ["launch"]):
            minute += 37
            time = (MONDAY + timedelta(minutes=minute)).isoformat()
            yield {"case": f"c{number}", "activity": what, "time": time, "step": at}
            made += 1
        number += 1


def main() -> None:
    """Feed from the step that follows the last one acknowledged, and advance after each."""
    store, acknowledged, delivered, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    said = Path(acknowledged).read_text().split() if os.path.exists(acknowledged) else []
    done = int(said[-1]) if said else 0
    rows = list(events(count))
    with (
        mpm.Monitor(mpm.parse(TEXT), store) as monitor,
        open(acknowledged, "a") as acks,
        open(delivered, "a") as told,
    ):
        monitor.on("any", lambda one: print(one.key, one.indicator, one.after, file=told, flush=True), name="test")
        for begin in range(done, len(rows), STEP):
            step = rows[begin : begin + STEP]
            monitor.feed(step)
            print(begin + len(step), file=acks, flush=True)
            monitor.advance(step[-1]["time"])
        monitor.advance(MONDAY + timedelta(weeks=1000))


if __name__ == "__main__":
    main()
