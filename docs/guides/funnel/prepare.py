"""Makes a log and a table of weeks of the two tables of a real funnel: qualified leads, and deals that were closed.

    python prepare.py FOLDER_OF_THE_TABLES FOLDER_FOR_THE_RESULT

`leads.csv` is a log: one case a lead, with its first contact, and how it stands at the end of the data: signed, or open
until then. `weekly.csv` counts by week: leads of first contact, deals won. Leads are known up to the end of May 2018.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

FIRST = date(2017, 6, 12)
LEADS_UNTIL = date(2018, 5, 28)
"""The last week of leads that is whole begins before this day."""
END = datetime(2018, 11, 15)
"""Nothing is known of later; leads that have not signed are closed as not signed on this day."""


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def main(source: Path, into: Path) -> None:
    """Read both tables, write the log and the weeks."""
    won = {row["mql_id"]: row["won_date"] for row in rows(source / "closed_deals.csv.gz")}
    leads = sorted(
        rows(source / "marketing_qualified_leads.csv.gz"), key=lambda row: (row["first_contact_date"], row["mql_id"])
    )
    contacts: Counter[int] = Counter()
    deals: Counter[int] = Counter()
    with (into / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["lead", "event", "time", "origin"])
        for row in leads:
            lead, contact, origin = row["mql_id"], row["first_contact_date"], row["origin"] or "missing"
            contacts[(date.fromisoformat(contact) - FIRST).days // 7] += 1
            out.writerow([lead, "first contact", contact, origin])
            if lead in won:
                # One deal is dated a day before its contact: it signed on that day.
                moment = max(datetime.fromisoformat(won[lead]), datetime.fromisoformat(contact))
                deals[(moment.date() - FIRST).days // 7] += 1
                out.writerow([lead, "signed", moment.isoformat(sep=" "), origin])
            else:
                out.writerow([lead, "not signed", END.isoformat(sep=" "), origin])
    with (into / "weekly.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["week", "contacts", "deals"])
        for week in range((END.date() - FIRST).days // 7):
            monday = FIRST + timedelta(weeks=week)
            out.writerow([monday.isoformat(), contacts[week] if monday < LEADS_UNTIL else "", deals[week]])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
