"""Makes weekly.csv: sixty weeks of a webinar programme that never was.

    python make_weekly.py > weekly.csv

The numbers follow the causes that webinar.mpm declares, with noise from one seeded generator, so that every run of this
file on any machine makes the same table. README.md says in words what happens in them.
"""

from __future__ import annotations

import csv
import math
import random
import sys
from datetime import date, timedelta

SEED = 20260302
LAST = date(2026, 3, 2)
WEEKS = 60
BEFORE = 20
"""Weeks made and thrown away in front, so that lags reach back to something."""

CLIMB = [0.22, 0.24, 0.26, 0.28, 0.295, 0.305, 0.31, 0.31, 0.31]
"""The share of briefs sent back in the last weeks, from 2026-01-05 on; until then it is 20 %."""

LEADS_PER_REGISTRATION = [0.02, 0.05, 0.07, 0.05, 0.03, 0.02, 0.01]
"""By how many weeks later: a quarter of all registrations become leads within six weeks."""


def table() -> list[dict[str, object]]:
    """The rows of weekly.csv, oldest first."""
    chance = random.Random(SEED)
    weeks = WEEKS + BEFORE
    level = [0.20] * (weeks - len(CLIMB)) + CLIMB
    share = [max(0.0, p + chance.gauss(0.0, 0.012)) for p in level]
    # One brief in ten more that comes back holds the average campaign up for about a day and a half.
    delay = [15.0 * (p - 0.20) for p in level]
    # Most weeks have three launches. Held-up campaigns slip into later weeks.
    launches = [max(0, round(2.9 - 0.3 * delay[max(0, week - 1)] + chance.gauss(0.0, 0.6))) for week in range(weeks)]
    registrations: list[float] = []
    leads: list[float] = []
    spend: list[float] = []
    revenue: list[float] = []
    for week in range(weeks):
        lately = [launches[max(0, week - lag)] for lag in (1, 2, 3)]
        registrations.append(64 + 40 * sum(lately) / 3 + chance.gauss(0.0, 8.0))
        from_people = sum(part * registrations[max(0, week - lag)] for lag, part in enumerate(LEADS_PER_REGISTRATION))
        leads.append(28 + from_people - 6 * delay[max(0, week - 4)] + chance.gauss(0.0, 3.0))
        spend.append(2750 + chance.gauss(0.0, 120.0))
        before = leads[max(0, week - 13)]
        revenue.append(23_800 * (before / 73) ** 0.7 * math.exp(chance.gauss(0.0, 0.04)))
    rows: list[dict[str, object]] = []
    for week in range(BEFORE, weeks):
        rows.append(
            {
                "week": (LAST - timedelta(weeks=weeks - 1 - week)).isoformat(),
                "brief_complete.no": f"{share[week]:.1%}",
                "launches": launches[week],
                "registrations": round(registrations[week]),
                "spend": round(spend[week]),
                "leads": round(leads[week]),
                "revenue": 10 * round(revenue[week] / 10),
            }
        )
    return rows


def main() -> None:
    rows = table()
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


if __name__ == "__main__":
    main()
