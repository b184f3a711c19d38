"""Makes weekly.csv: forty weeks of a shop that never was.

    python make_weekly.py > weekly.csv

The numbers follow the responses that README.md states, with noise from one seeded generator, so that every run of this
file on any machine makes the same table.
"""

from __future__ import annotations

import csv
import random
import sys
from datetime import date, timedelta

SEED = 20261005
FIRST = date(2026, 1, 5)
WEEKS = 40
BEFORE = 8
"""Weeks made and thrown away in front, so that lags reach back to something."""


def table() -> list[dict[str, object]]:
    """The rows of weekly.csv, oldest first."""
    chance = random.Random(SEED)
    weeks = WEEKS + BEFORE
    search = [max(300.0, chance.gauss(3800.0, 1500.0)) for _ in range(weeks)]
    social = [max(300.0, chance.gauss(3400.0, 350.0)) for _ in range(weeks)]
    fairs = [max(0.0, chance.gauss(1500.0, 250.0)) for _ in range(weeks)]
    leads = [0.0] * weeks
    revenue = [0.0] * weeks
    for week in range(4, weeks):
        of_search = 90.0 * search[week - 1] / (3000.0 + search[week - 1])
        of_social = 60.0 * sum(social[week - lag] / (1000.0 + social[week - lag]) for lag in (1, 2)) / 2
        leads[week] = of_search + of_social + 4.0 * fairs[week - 2] / 1000.0 + chance.gauss(0.0, 2.0)
        revenue[week] = 220.0 * leads[week - 4] + chance.gauss(0.0, 900.0)
    return [
        {
            "week": (FIRST + timedelta(weeks=week - BEFORE)).isoformat(),
            "search": round(search[week]),
            "social": round(social[week]),
            "fairs": round(fairs[week]),
            "leads": round(leads[week]),
            "revenue": round(revenue[week]),
        }
        for week in range(BEFORE, weeks)
    ]


def main() -> None:
    """Write the table to standard output."""
    rows = table()
    out = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
    out.writeheader()
    out.writerows(rows)


if __name__ == "__main__":
    main()
