"""Makes events.csv: half a year of mailings that never were.

    python make_events.py > events.csv

Every case walks through the workflow of alliance.mpm with draws of one seeded generator, so that every run of this file
on any machine makes the same log. README.md says in words what happens in it.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

SEED = 20260629
FIRST = datetime(2026, 1, 5, 8)
END = datetime(2026, 6, 29)
SLOW = datetime(2026, 4, 13)
"""From this day on the studio has a second large client."""

HOURS = {"brief": (4, 18), "clear": (1, 1), "design": (14, 52), "good": (2, 2), "allowed": (4, 4), "print": (20, 28)}
"""Working hours of each activity, from and to."""
ENDS_ONLY = {"print"}
"""The letter shop says when it was done, never when it began."""

Row = tuple[str, str, str, datetime]


def waiting(chance: random.Random, activity: str, before: str, now: datetime) -> float:
    """Hours until somebody takes the work up."""
    if activity in ("clear", "design") and before in ("brief", "good", "allowed"):
        return chance.gammavariate(2.0, 6.0 if now < SLOW else 13.0)
    if activity == "good":
        return chance.gammavariate(2.0, 12.0)
    if activity == "brief":
        return chance.gammavariate(2.0, 8.0)
    if activity == "allowed":
        return chance.gammavariate(1.5, 12.0)
    if activity == "print":
        return chance.gammavariate(3.0, 12.0)
    return 0.0


def next_activity(chance: random.Random, activity: str, changes: int) -> str | None:
    """What comes after an activity, None at the end."""
    if activity == "brief":
        return "clear"
    if activity == "clear":
        return "brief" if chance.random() < 0.14 else "design"
    if activity == "design":
        return "good"
    if activity == "good":
        return "design" if chance.random() < (0.30 if changes == 0 else 0.12) else "allowed"
    if activity == "allowed":
        return "design" if chance.random() < 0.09 else "print"
    return None


def case(chance: random.Random, name: str, came: datetime) -> Iterator[Row]:
    """Every event of one case, with an activity's start where the log has one."""
    now, activity, before, changes = came, "brief", "", 0
    while activity is not None:
        if before:
            now += timedelta(hours=waiting(chance, activity, before, now))
        if activity not in ENDS_ONLY:
            yield name, activity, "start", now
        now += timedelta(hours=chance.uniform(*HOURS[activity]))
        yield name, activity, "complete", now
        following = next_activity(chance, activity, changes)
        changes += activity == "good" and following == "design"
        before, activity = activity, following


def log() -> list[Row]:
    """All events up to the end, in the order of time."""
    chance = random.Random(SEED)
    rows: list[Row] = []
    came, number = FIRST, 0
    while came < END:
        number += 1
        rows += case(chance, f"M-{number:03d}", came)
        came += timedelta(hours=chance.expovariate(4 / 168))
    return sorted((row for row in rows if row[3] < END), key=lambda row: (row[3], row[0], row[2] != "complete"))


def main() -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["case", "activity", "lifecycle", "time"])
    writer.writerows([*row[:3], row[3].isoformat(timespec="minutes")] for row in log())


if __name__ == "__main__":
    main()
