"""Made histories of a small process with a known cause, drawn case by case in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from mpmflow.model.observations import Durations, Observations

from .risk_data import DAY, MONDAY, WEEK

HOUR = 3600.0
TEXT = """
workflow w {
  arrivals 40 per week
  step draft takes gamma(mean 10h, sd 6h)
  decision ok takes gamma(mean 4h, sd 3h) { yes
    no 20% -> draft rework }
  step design takes gamma(mean 15h, sd 10h)
  decision legal takes gamma(mean 20h, sd 15h) { yes
    fix 15% -> design rework
    drop 5% scrap }
  step publish takes gamma(mean 3h, sd 2h)
}
metric days operational = time(w) unit h lower is better { target at most TARGETh by DATE, owner "A" }
objective fast "Fast" department { measured by days, owner "A", target at most TARGETh by DATE }
"""
PLAN = {
    "ok.no": 0.20, "legal.fix": 0.15, "legal.drop": 0.05,
    "draft.time": 10 * HOUR, "ok.wait": 4 * HOUR, "design.time": 15 * HOUR, "legal.wait": 20 * HOUR,
    "publish.time": 3 * HOUR,
}  # fmt: skip
SPREAD = {"draft": 0.6, "ok": 0.75, "design": 10 / 15, "legal": 0.75, "publish": 2 / 3}
WAYS = {
    "draft": (("", "ok"),),
    "ok": (("no", "draft"), ("", "design")),
    "design": (("", "legal"),),
    "legal": (("fix", "design"), ("drop", None), ("", "publish")),
    "publish": (("", None),),
}
PASS = {"ok": "yes", "legal": "yes"}


@dataclass
class Week:
    """What was counted of the cases of one week, and their times in seconds."""

    outcomes: dict[str, int]
    times: dict[str, list[float]]
    cases: list[float]


def week(rng: np.random.Generator, level: Mapping[str, float]) -> Week:
    """A week of cases: forty on average, each walked through."""
    found = Week(defaultdict(int), defaultdict(list), [])
    for _ in range(rng.poisson(40)):
        at, total = "draft", 0.0
        while at is not None:
            mean = level[f"{at}.{'wait' if at in PASS else 'time'}"]
            shape = SPREAD[at] ** -2
            took = rng.gamma(shape, mean / shape)
            found.times[at].append(took)
            total += took
            luck, ways = rng.random(), WAYS[at]
            for name, target in ways[:-1]:
                luck -= level[f"{at}.{name}"]
                if luck < 0.0:
                    found.outcomes[f"{at}.{name}"] += 1
                    at = target
                    break
            else:
                if at in PASS:
                    found.outcomes[f"{at}.{PASS[at]}"] += 1
                at = ways[-1][1]
        found.cases.append(total)
    return found


def observed_weeks(weeks: list[Week]) -> Observations:
    """The weeks as a reader of logs would have counted them."""
    starts = tuple(MONDAY + index * WEEK for index in range(len(weeks)))
    outcomes = ["ok.yes", "ok.no", "legal.yes", "legal.fix", "legal.drop"]
    durations = {
        node: Durations(
            tuple(len(one.times[node]) for one in weeks),
            tuple(sum(one.times[node]) for one in weeks),
            tuple(sum(time**2 for time in one.times[node]) for one in weeks),
        )
        for node in WAYS
    }
    return Observations(
        starts,
        (*starts[1:], starts[-1] + WEEK),
        starts[-1] + WEEK,
        7 * DAY,
        outcomes={name: tuple(one.outcomes[name] for one in weeks) for name in outcomes},
        durations=durations,
        arrivals={"w": tuple(len(one.cases) for one in weeks)},
    )


def text(target_hours: float, weeks: int) -> str:
    """The model with a target for the week after the last one observed."""
    day = (MONDAY + (weeks + 1) * WEEK - timedelta(days=1)).date()
    return TEXT.replace("TARGET", f"{target_hours:.2f}").replace("DATE", day.isoformat())
