"""Which forecasts of an older version of a model may still be held against what comes: the same definition, no less."""

from __future__ import annotations

import pytest

import mpmflow as mpm
from mpmflow.analysis.difference.comparable import comparable

TEXT = """workflow w {
  arrivals 3 per week
  deadline 5d
  step brief takes 2h
  decision ok { yes 80%, no 20% -> brief rework seen as "Sent back" }
  done published
}
metric cycle    operational = time(w) unit d lower is better target at most 2d by 2026-06-30
metric tardy    operational = late(w) lower is better
metric right    operational = first_pass(w) higher is better
metric spend    activity unit eur
metric leads    output unit leads higher is better
metric per_lead operational = spend / leads lower is better
metric value    operational = mean(amount) unit eur higher is better
metric back     operational = rate(ok.no) lower is better
objective grow "Grow" enterprise { measured by leads, target at least 900 per 13w by 2026-09-30 }
data {
  log "events.csv" { case, activity, time, amount number "Amount" }
  series "weekly.csv" { time week, leads "MQL" }
}
"""


@pytest.mark.parametrize(
    ("old", "new", "metric"),
    [
        pytest.param("takes 2h", "takes 3h", "cycle", id="how the process runs is what forecasts are about"),
        pytest.param("most 2d by 2026-06-30", "most 3d by 2026-12-31", "cycle", id="a target's level and date"),
        pytest.param("unit d lower", "unit h lower", "cycle", id="the unit in which a computed figure is shown"),
        pytest.param("deadline 5d", "deadline 6d", "cycle", id="a deadline, to what does not look at it"),
        pytest.param("= spend / leads", "= cost_per(spend, leads)", "per_lead", id="a ready-made KPI written out"),
        pytest.param("weekly.csv", "weekly-2026.csv", "leads", id="another file with the same column"),
        pytest.param("spend    activity", 'spend "Money out" activity', "per_lead", id="a label"),
        pytest.param("step brief takes 2h", "step brief takes 2h\n  step copy takes 1h", "right", id="one more step"),
    ],
)
def test_forecasts_stay_comparable(old: str, new: str, metric: str) -> None:
    found = comparable(mpm.parse(TEXT), mpm.parse(changed(old, new)), metric)
    assert found.same, found.why
    assert found.why == ()


@pytest.mark.parametrize(
    ("old", "new", "metric", "why"),
    [
        pytest.param("= time(w) unit d", "= p90(time(w)) unit d", "cycle",
                     "cycle: its formula was time(w), now it is p90(time(w))", id="formula"),
        pytest.param("deadline 5d", "deadline 6d", "tardy",
                     "tardy: the deadline of w was 5d, now it is 6d", id="deadline of late"),
        pytest.param("brief rework seen", "brief seen", "right",
                     "right: ok.no was rework, now it is not", id="what counts as rework"),
        pytest.param("leads higher", "leads lower", "leads",
                     "leads: better was higher, now it is lower", id="direction"),
        pytest.param("activity unit eur", "activity unit usd", "per_lead",
                     "spend: its unit was eur, now it is usd", id="what the formula rests on"),
        pytest.param('leads "MQL"', 'leads "SQL"', "per_lead",
                     "leads: it was read from the column “MQL”, now from “SQL”", id="column of the series"),
        pytest.param('number "Amount"', 'number "Net"', "value",
                     "value: amount was the column “Amount” of the log as number, now it is the column “Net” of the "
                     "log as number", id="column of the log"),
        pytest.param("leads    output", "leads    output = throughput(w)", "leads",
                     "leads: it came from data, now it is computed as throughput(w)", id="data or formula"),
        pytest.param("most 2d by", "least 2d by", "cycle",
                     "cycle: the target was at most, now at least", id="kind of target"),
        pytest.param("900 per 13w by", "900 in total from 2026-01-01 by", "leads",
                     "leads: the target counted per 13w, now in total from 2026-01-01", id="span of an objective"),
        pytest.param('"Sent back"', '"Returned"', "back",
                     "back: ok.no is counted by other events of the log than before", id="events behind a share"),
        pytest.param("done published", "scrap published", "right",
                     "right: the end published was done, now it is scrap", id="what ends well"),
    ],
)  # fmt: skip
def test_forecasts_are_no_longer_comparable(old: str, new: str, metric: str, why: str) -> None:
    found = comparable(mpm.parse(TEXT), mpm.parse(changed(old, new)), metric)
    assert (found.same, found.why) == (False, (why,))


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_a_metric_that_one_version_does_not_have_has_nothing_to_compare() -> None:
    old = mpm.parse(TEXT)
    new = mpm.parse(TEXT.replace("metric spend", "metric costs").replace("= spend", "= costs"))
    assert comparable(old, new, "spend").why == ("there is no metric spend in the new version",)
    assert comparable(new, old, "spend").why == ("there is no metric spend in the old version",)
    assert "nearest: spend" in comparable(old, old, "spent").why[0]


def test_formulas_that_rest_on_each_other_end() -> None:
    text = TEXT.replace("= spend / leads", "= lag(cycle, 1w) / leads")
    assert comparable(mpm.parse(text), mpm.parse(text), "per_lead").same
