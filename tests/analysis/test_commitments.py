"""Commitments: how each stands, what follows, what would bring it back, and whom it calls when."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import jsonschema
import numpy as np
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

import mpmflow as mpm
from mpmflow.analysis.risk import commitments as room
from mpmflow.analysis.risk.commitments import BROKEN
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.risk.ways_back import AT_RISK, MOST_MOVED, WaysBack
from mpmflow.exchange.schema import schema
from mpmflow.render import risk_text
from mpmflow.render.explain_page import ExplainPage

BASE = """
workflow w {
  arrivals 20 per week
  team writers { people 2, cost 50 eur/h, works mon-fri 09:00-17:00 }
  step brief takes 1d
  decision ready { yes 80%, no 20% -> brief rework }
  step launch takes 1d
}
metric leads output unit leads higher is better target at least 70 per 4w by 2026-04-26
metric shown outcome unit %
metric cycle_time operational = time(w) lower is better target at most 3d by 2026-04-26
cause ready.no -> leads { lag 1w, each +1% adds -0.1 }
objective grow "Grow" department { measured by leads, cycle_time, owner "CMO" }
data { series "weekly.csv" { time week } }
"""
LEADS = [20.0, 21, 19, 20, 22, 18, 20, 20, 19, 21, 20, 20]


def weekly(**columns: list[float]) -> pandas.DataFrame:
    days = np.array("2026-01-05", dtype="datetime64[D]") + 7 * np.arange(12)
    return pandas.DataFrame({"week": days.astype(str).tolist(), **columns})


def evaluated(more: str, base: str = BASE, draws: int = 2000, **columns: list[float]) -> mpm.Evaluation:
    """As on 23 March 2026, the first day of the twelfth week."""
    columns = {"leads": LEADS, "ready.no": [0.2] * 12} | columns
    model = mpm.parse(base + more)
    return evaluate(model, mpm.observe(model, series=weekly(**columns)).observations, draws=draws)


STATES = """
commitment reached  "Reached"  { by "A", promises leads at least 75 per 4w by 2026-03-01, if met "a party" }
commitment failed   "Failed"   { by "A", promises leads at least 90 per 4w by 2026-03-01, if missed "none" }
commitment easy     "Easy"     { by "A", promises leads at least 60 per 4w by 2026-04-26, if missed "none" }
commitment open_    "Open"     { by "A", promises leads at least 80 per 4w by 2026-04-26, if missed "none" }
commitment hopeless "Hopeless" { by "A", promises leads at least 200 per 4w by 2026-04-26, if missed "none" }
commitment unseen   "Unseen"   { by "A", promises shown at least 30% by 2026-04-26, if missed "none" }
commitment too_old  "Too old"  { by "A", promises leads at least 75 per 4w by 2025-06-01, if missed "none" }
commitment two      "Two" {
  by "A", promises leads at least 60 per 4w by 2026-04-26, promises shown at least 30% by 2026-04-26
}
commitment mixed    "Mixed" {
  by "A", promises leads at least 75 per 4w by 2026-03-01, promises leads at least 200 per 4w by 2026-04-26
}
commitment nothing  "Nothing"  { by "A", if missed "none" }
"""


@pytest.fixture(scope="module")
def states() -> mpm.Evaluation:
    return evaluated(STATES)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("reached", "kept"),  # 20 + 22 + 18 + 20 = 80 in the four weeks up to 1 March: 22, 18, 20, 20 of them
        ("failed", "missed"),
        ("easy", "on course"),
        ("open_", "at risk"),
        ("hopeless", "broken"),
        ("unseen", "unknown"),
        ("too_old", "unknown"),
        ("two", "unknown"),  # the worst of "on course" and "unknown"
        ("mixed", "broken"),  # the worst of "kept" and "broken"
        ("nothing", "unknown"),
    ],
)
def test_every_state(states: mpm.Evaluation, name: str, state: str) -> None:
    assert states.commitment(name).state == state


def test_what_came_is_the_sum_of_the_four_weeks(states: mpm.Evaluation) -> None:
    assert [states.commitment(name).promises[0].came for name in ("reached", "failed")] == [sum(LEADS[4:8])] * 2


def test_a_state_follows_from_the_chance_to_miss(states: mpm.Evaluation) -> None:
    chances = {name: states.commitment(name).p_miss for name in ("easy", "open_", "hopeless")}
    assert chances["easy"] < AT_RISK <= chances["open_"] < BROKEN <= chances["hopeless"]


def test_what_is_not_known_says_why(states: mpm.Evaluation) -> None:
    notes = [states.commitment(name).promises[0].note for name in ("unseen", "too_old")]
    assert notes[0].startswith("There is no data of this metric")
    assert "2025-06-01, before the first observation" in notes[1]


def test_what_follows_is_said_once_it_is_settled(states: mpm.Evaluation) -> None:
    follows = {row.name: row.follows for row in states.commitments}
    assert (follows["reached"], follows["failed"], follows["hopeless"]) == ("a party", "none", "none")
    assert (follows["easy"], follows["open_"], follows["unseen"]) == (None, None, None)


def test_the_days_that_are_left_are_those_to_the_next_date(states: mpm.Evaluation) -> None:
    left = {row.name: row.days_left for row in states.commitments}
    assert left["easy"] == (date(2026, 4, 26) - date(2026, 3, 23)).days
    assert left["reached"] is None
    assert left["mixed"] == left["easy"]


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("leads", "at least 78 per 4w by 2026-04-26"),
        ("cycle_time", "at most 2.4d by 2026-04-26"),
        ("leads", "at least 240 in total from 2026-02-02 by 2026-04-26"),
        ("leads", "at least 21 by 2026-09-27"),  # later than everything else that is asked
    ],
)
def test_a_promise_is_as_likely_missed_as_a_target_of_the_same_words(metric: str, words: str) -> None:
    own = {"leads": "at least 70 per 4w by 2026-04-26", "cycle_time": "at most 3d by 2026-04-26"}[metric]
    promised = evaluated(f'commitment c {{ by "A", promises {metric} {words}, if missed "none" }}\n')
    targeted = evaluated("", BASE.replace(own, words))
    assert promised.commitment("c").p_miss == pytest.approx(targeted.metric(metric).p_miss, abs=0.03)
    assert promised.commitment("c").promises[0].forecast == pytest.approx(targeted.metric(metric).forecast)


def test_a_promise_in_the_words_of_the_target_is_the_target() -> None:
    words = "at least 70 per 4w by 2026-04-26"
    found = evaluated(f'commitment c {{ by "A", promises leads {words}, if missed "none" }}\n')
    promise, row = found.commitment("c").promises[0], found.metric("leads")
    assert (promise.p_miss, promise.forecast, promise.low) == (row.p_miss, row.forecast, row.low)
    assert promise.law == found.course("leads").law


# ------------------------------------------------------------------------------------------------- ways back
SLOW = [0.4] * 12
FASTER = 'commitment fast { by "COO", promises cycle_time at most 2.3d per 13w by 2026-06-28, if missed "a review" }\n'


def test_the_cheapest_initiative_comes_first_and_the_smallest_move_beside_it() -> None:
    found = evaluated(
        FASTER + "initiative dear { moves ready.no from 40% to 5% by 2026-04-01, costs 20k eur }\n"
        "initiative cheap { moves ready.no from 40% to 10% by 2026-04-01, costs 8k eur }\n"
        "initiative weak { moves ready.no from 40% to 39% by 2026-04-01, costs 1k eur }\n"
        "initiative late { moves ready.no from 40% to 5% by 2027-04-01, costs 10 eur }\n",
        **{"ready.no": SLOW},
    )
    row = found.commitment("fast")
    assert row.state == "broken"
    assert row.worst.forecast == pytest.approx(1 / 0.6 * 86400 + 86400, rel=0.02)
    price, move = row.ways_back
    assert (price.kind, price.initiatives, price.cost, price.currency) == ("initiative", ("cheap",), 8000.0, "eur")
    assert move.kind in ("share", "time")
    assert all(way.enough and way.p_miss < AT_RISK for way in row.ways_back)


def test_two_initiatives_are_paired_where_nothing_suffices_alone() -> None:
    """Two steps of a day each: with one of them at an hour a case still takes more than half a day."""
    found = evaluated(
        'commitment fast { by "COO", promises cycle_time at most 12h per 13w by 2026-06-28, if missed "a review" }\n'
        "initiative briefs { moves brief.takes from 1d to 1h by 2026-03-30, costs 3k eur }\n"
        "initiative launches { moves launch.takes from 1d to 1h by 2026-03-30, costs 5k eur }\n"
        "initiative both { moves brief.takes from 1d to 2h by 2026-03-30, costs 9k eur }\n"
    )
    (way,) = found.commitment("fast").ways_back
    assert (way.kind, way.initiatives, way.cost) == ("two initiatives", ("briefs", "launches"), 8000.0)
    assert way.enough


def test_where_nothing_is_enough_the_strongest_thing_is_told() -> None:
    found = evaluated(
        'commitment fast { by "COO", promises cycle_time at most 12h per 13w by 2026-06-28, if missed "a review" }\n'
        "initiative weak { moves ready.no from 20% to 19% by 2026-03-30, costs 1k eur }\n"
    )
    ways = found.commitment("fast").ways_back
    assert ways == () or not ways[0].enough
    assert "single thing" in risk_text.plain(found) or "Nothing that the file says" in risk_text.plain(found)


def test_a_metric_that_the_process_does_not_move_has_no_way_back() -> None:
    base = BASE.replace("cause ready.no -> leads { lag 1w, each +1% adds -0.1 }\n", "")
    found = evaluated(STATES, base).commitment("open_")
    assert (found.state, found.ways_back) == ("at risk", ())


def test_people_cost_their_hours_until_the_day() -> None:
    """Forty hours a week at 50 eur for one person more, from 23 March to 28 June: fourteen weeks less a day."""
    base = BASE.replace("step brief takes 1d", "step brief by writers takes 3.5h").replace("20 per week", "16 per week")
    found = evaluated(
        'commitment fast { by "COO", promises cycle_time at most 2.5d per 13w by 2026-06-28, if missed "a review" }\n',
        base,
    )
    row = found.commitment("fast")
    people = [way for way in row.ways_back if way.kind == "people"]
    assert people, row
    (way,) = people
    assert (way.start, way.goal) == (2.0, 3.0)
    assert way.cost == pytest.approx(50 * 40 * 97 / 7)


# ------------------------------------------------------------------------------------------------- brute force
SMALL = """
workflow w {{
  arrivals 20 per week
  step brief takes {brief}h
  decision ready {{ yes, no {no}% -> brief rework }}
  decision legal {{ yes, fix {fix}% -> brief rework, drop 2% scrap }}
  step launch takes {launch}h
}}
metric cycle_time operational = time(w) lower is better
metric done_well output = throughput(w) higher is better
objective grow department {{ measured by cycle_time, done_well, owner "CMO", target at most 9d by 2026-04-26 }}
data {{ series "weekly.csv" {{ time week }} }}
commitment fast {{ by "COO", promises cycle_time at most {hours}h per 8w by 2026-06-28, if missed "a review" }}
"""


def smallest_by_trying_all(found: WaysBack, promised: list[str]) -> tuple[str, int] | None:
    """The lever with the fewest hundredths that suffice, each hundredth of each lever tried; the first of equals."""
    best: tuple[str, int] | None = None
    forecasts = {name: found.prospects.forecasts[name] for name in promised}
    for lever in found._process_levers():
        for steps in range(1, MOST_MOVED + 1):
            gains = found.prospects.settings((None, {lever.name: lever.set_to(steps)}))
            missed = [
                np.mean(one.draws + gains.get(name, 0.0) > float(one.target.value.base))
                for name, one in forecasts.items()
            ]
            if max(missed) < AT_RISK:
                if best is None or steps < best[1]:
                    best = lever.name, steps
                break
    return best


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(4, 40), st.integers(5, 45), st.integers(5, 40), st.integers(4, 40), st.integers(10, 60),
)  # fmt: skip
def test_the_smallest_move_is_that_of_trying_them_all(
    monkeypatch: pytest.MonkeyPatch, brief: int, no: int, fix: int, launch: int, less: int
) -> None:
    made: list[WaysBack] = []

    class Kept(WaysBack):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(room, "WaysBack", Kept)
    visits = 1 / (1 - no / 100 - (1 - no / 100) * fix / 100)
    hours = (brief * visits + launch) * (1 - less / 100)
    text = SMALL.format(brief=brief, no=no, fix=fix, launch=launch, hours=f"{hours:.3f}")
    shares = {"ready.no": [no / 100] * 12, "legal.fix": [fix / 100] * 12}
    model = mpm.parse(text)
    found = evaluate(model, mpm.observe(model, series=weekly(**shares)).observations, draws=400)
    row = found.commitment("fast")
    best = smallest_by_trying_all(made[-1], ["fast 1"])
    told = [way for way in row.ways_back if way.enough and way.kind in ("share", "time")]
    if row.state not in ("at risk", "broken") or best is None:
        assert told == []
    else:
        (way,) = told
        assert (way.lever, round(-100 * way.move)) == best


# ------------------------------------------------------------------------------------------------- who is called
CALLING = """
commitment open_ "Open" {
  by "A"
  promises leads at least 80 per 4w by 2026-04-26
  promises leads at least 81 per 4w by 2026-06-28
  if missed "none"
  do ping_owner 30d and 7d before
  do tell_boss, log_it
}
commitment easy {
  by "A", promises leads at least 60 per 4w by 2026-04-26, if missed "none", do tell_boss, do ping_owner 5w before
}
commitment reached {
  by "A", promises leads at least 75 per 4w by 2026-03-01, if met "a party", do ping_owner 1d before
}
"""


@pytest.fixture(scope="module")
def calling() -> mpm.Evaluation:
    return evaluated(CALLING)


def test_reminders_are_counted_back_from_every_date(calling: mpm.Evaluation) -> None:
    asked = [(one.action, one.on) for one in calling.commitment("open_").do]
    assert asked == [
        ("ping_owner", date(2026, 3, 27)),
        ("ping_owner", date(2026, 4, 19)),
        ("ping_owner", date(2026, 5, 29)),
        ("ping_owner", date(2026, 6, 21)),
        ("log_it", None),
        ("tell_boss", None),
    ]


def test_what_is_due_is_called_once_between_two_dispatches(calling: mpm.Evaluation) -> None:
    """On 23 March; the day 5 weeks before 26 April is 22 March, 30 days before it 27 March."""
    heard: list[tuple[str, str]] = []
    actions = {name: lambda row, name=name: heard.append((name, row.name)) for name in ("ping_owner", "tell_boss")}
    called = calling.dispatch(actions)
    assert called == (("tell_boss", "open_"), ("ping_owner", "easy"))
    assert heard == list(called)
    assert calling.dispatch(actions, since=date(2026, 3, 22)) == (("tell_boss", "open_"),)


def test_a_state_has_a_handler_of_its_own(calling: mpm.Evaluation) -> None:
    called = calling.dispatch({"kept": lambda row: None, "at risk": lambda row: None})
    assert called == (("at risk", "open_"), ("kept", "reached"))


@pytest.mark.parametrize(
    ("after", "until", "due"),
    [
        (date(2026, 3, 26), date(2026, 3, 27), ("ping_owner", "tell_boss", "log_it")),
        (date(2026, 3, 27), date(2026, 4, 18), ("tell_boss", "log_it")),
        (date(2026, 4, 18), date(2026, 6, 30), ("ping_owner", "tell_boss", "log_it")),
    ],
)
def test_the_first_day_is_left_out_and_the_last_is_not(
    calling: mpm.Evaluation, after: date, until: date, due: tuple[str, ...]
) -> None:
    assert sorted(calling.commitment("open_").due(after, until)) == sorted(due)


# ------------------------------------------------------------------------------------------------- goals, documents
def test_objectives_stand_as_the_worst_of_their_targets() -> None:
    goals = """
    objective fine "Fine" department { measured by leads, owner "A" }
    objective hard "Hard" department { measured by leads, target at least 90 per 4w by 2026-04-26, owner "A" }
    objective past "Past" department { measured by leads, target at least 75 per 4w by 2026-03-01, owner "A" }
    objective lost "Lost" department { measured by leads, target at least 95 per 4w by 2026-03-01, owner "A" }
    objective dark "Dark" department { measured by shown, target at least 30% by 2026-04-26, owner "A" }
    """
    found = {row.name: row for row in evaluated(goals).objectives}
    states = {name: found[name].state for name in ("fine", "hard", "past", "lost", "dark")}
    assert states == {"fine": "on course", "hard": "at risk", "past": "on course", "lost": "missed", "dark": "unknown"}
    assert found["hard"].p_miss > found["fine"].p_miss


def test_the_section_of_the_note_tells_the_worst_first(states: mpm.Evaluation) -> None:
    note = risk_text.plain(states, width=120)
    section = note[note.index("Promises") :]
    places = [section.index(f"  {label}: ") for label in ("Failed", "Hopeless", "Open", "Unseen", "Easy", "Reached")]
    assert places == sorted(places)
    assert "What follows: a party." in section
    assert "A promised leads at least 80 per 4w by 26 Apr 2026, due in 34 days:" in section


def test_a_commitment_is_explained(calling: mpm.Evaluation) -> None:
    found = calling.explain("open_")
    assert (found.kind, found.state, found.owner) == ("commitment", "at risk", "A")
    assert [metric.name for metric in found.measured_by] == ["leads"]
    out = io.StringIO()
    Console(file=out, width=200).print(ExplainPage(calling, found))
    assert "State: at risk." in out.getvalue()
    assert "Calls ping_owner on 27 Mar 2026 and on 19 Apr 2026" in out.getvalue()
    assert "tell_boss while it is in danger" in out.getvalue()


def test_the_document_has_every_commitment(states: mpm.Evaluation, calling: mpm.Evaluation) -> None:
    for evaluation in (states, calling):
        document = evaluation.to_dict()
        jsonschema.validate(document, schema("risk"))
        assert [row["name"] for row in document["commitments"]] == [row.name for row in evaluation.commitments]
    assert states.rows("commitments")["state"][:2] == ["kept", "missed"]


def test_a_name_that_is_near_is_named(states: mpm.Evaluation) -> None:
    with pytest.raises(KeyError, match="hopeless"):
        states.commitment("hopelss")


def test_the_picture_of_the_goals_names_every_state(states: mpm.Evaluation) -> None:
    drawn = mpm.draw(states, view="objectives").svg()
    for sign in ("KEPT", "MISSED", "ON COURSE", "AT RISK", "BROKEN", "UNKNOWN"):
        assert sign in drawn, sign


def test_a_promise_about_an_imported_workflow_is_answered(tmp_path: Path) -> None:
    """A metric of a process that is only imported has no forecast; what was observed of others still counts."""
    (tmp_path / "process.mpm").write_text(BASE.replace('data { series "weekly.csv" { time week } }\n', ""))
    main = (
        'import "process.mpm"\ncommitment c { by "A", promises leads at least 75 per 4w by 2026-03-01, if met "x" }\n'
    )
    (tmp_path / "main.mpm").write_text(main)
    found = mpm.evaluate(mpm.load(tmp_path / "main.mpm"), series=weekly(leads=LEADS))
    assert found.commitment("c").state == "kept"


@pytest.mark.parametrize("weeks", [1, 2, 3])
def test_of_very_few_values_nobody_knows_how_much_they_scatter(weeks: int) -> None:
    """A law without width would call a promise broken after a single week."""
    model = mpm.parse(
        "metric leads output unit leads\nmetric doubled output = leads * 2\n"
        'commitment few "Few" { by "A", promises leads at least 90 per 4w by 2026-04-26, if missed "none" }\n'
        'commitment twice "Twice" { by "A", promises doubled at least 180 per 4w by 2026-04-26, if missed "none" }\n'
        'data { series "weekly.csv" { time week } }'
    )
    found = mpm.evaluate(model, series=weekly(leads=LEADS)[:weeks])
    for name in ("few", "twice"):
        (promise,) = found.commitment(name).promises
        assert (promise.state, promise.p_miss, promise.low) == ("unknown", None, None)
        assert promise.note.startswith(f"Only {weeks} value")
    assert found.metric("leads").low is None


def test_of_four_values_something_is_known() -> None:
    model = mpm.parse(
        "metric leads output unit leads\n"
        'commitment few "Few" { by "A", promises leads at least 90 per 4w by 2026-04-26, if missed "none" }\n'
        'data { series "weekly.csv" { time week } }'
    )
    found = mpm.evaluate(model, series=weekly(leads=LEADS)[:4])
    assert found.commitment("few").p_miss is not None


def test_a_cost_per_lead_without_leads_is_told_beside_its_chance() -> None:
    model = mpm.parse(
        "metric spend activity unit eur\nmetric leads output unit leads\n"
        "metric cpl operational = cost_per(spend, leads) target at most 40 eur by 2026-04-26\n"
        'data { series "weekly.csv" { time week } }'
    )
    seldom = mpm.evaluate(model, series=weekly(spend=[100.0] * 12, leads=[0.0, 1, 3, 0] * 3)).metric("cpl")
    often = mpm.evaluate(model, series=weekly(spend=[100.0] * 12, leads=LEADS)).metric("cpl")
    assert any("has no value, as where something is divided by 0" in note for note in seldom.notes)
    assert not any("no value" in note for note in often.notes)
