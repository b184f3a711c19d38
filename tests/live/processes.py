"""Processes and events for the tests of the monitor: every form of work that a log can show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from mpmflow import parse

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
RULES = """
indicator sent_back = rate(complete.no) { warn above 25% for 2w, clears below 20%, alert above 60%, do notify }
indicator slow_briefs = brief.time { warn above 2d, alert out of control }
"""
BRIEFS = """
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  decision legal {
    ok 90% seen as "approved"
    fix 10% -> brief rework seen as "returned"
    drop scrap seen as "returned" where channel = "web"
  }
  step launch
}
metric cycle operational = time(w) unit d lower is better
metric slow  operational = p90(time(w)) unit d lower is better
metric clean operational = first_pass(w) higher is better
metric sold  output = sum(amount) unit eur higher is better
data { log "events.csv" { case case, activity, time, channel text, amount number, ignore "tea" } }
"""
SIDE_BY_SIDE = """
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  parallel assets {
    branch {
      step copy
      decision good { fine 80%, poor 20% -> copy rework }
    }
    branch { step media }
  }
  step launch
}
metric finished output = throughput(w) higher is better
"""
QUIET = """
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework, never scrap }
  step copy
  decision good { fine 70%, poor 30% -> brief rework }
}
"""
MODELS = {
    name: parse(text + RULES) for name, text in (("briefs", BRIEFS), ("side by side", SIDE_BY_SIDE), ("quiet", QUIET))
}
ACTIVITIES = {
    "briefs": ("brief", "approved", "returned", "launch", "tea", "gossip", "no"),
    "side by side": ("brief", "copy", "media", "poor", "launch"),
    "quiet": ("brief", "copy", "no"),
}


@st.composite
def logs(draw: st.DrawFn, name: str, *, ties: bool = False, weeks: int = 6, most: int = 40) -> list[dict[str, Any]]:
    """Rows of a log in the order of a file; without `ties` no two events of a case are at the same moment."""
    hours = draw(st.lists(st.integers(0, weeks * 168 - 1), min_size=1, max_size=most, unique=not ties))
    rows = []
    for number, hour in enumerate(hours):
        row = {
            "case": f"c{draw(st.integers(0, 7))}",
            "activity": draw(st.sampled_from(ACTIVITIES[name])),
            "time": MONDAY + timedelta(hours=hour),
        }
        if name == "briefs":
            row["channel"] = draw(st.sampled_from(["web", "mail"]))
            row["amount"] = draw(st.sampled_from([None, 1.5, 20.0, float(number)]))
        rows.append(row)
    return rows


def distinct(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without those that a monitor must know to be the same event."""
    keys = [(row["case"], row["activity"], row["time"], row.get("channel"), row.get("lifecycle")) for row in rows]
    return [row for index, row in enumerate(rows) if keys[index] not in keys[:index]]
