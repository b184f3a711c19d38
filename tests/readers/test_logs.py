"""What a log says, counted by the workflow's own words: small logs told as stories."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow import parse
from mpmflow.model.observations import Durations, Observations, OpenCase
from mpmflow.readers.logs import read_log

polars = pytest.importorskip("polars", reason="optional: polars")

BRIEF = parse("""
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  step launch
}
""")

DAY = 86_400


def log(*events: str) -> polars.DataFrame:
    """Events as `case activity time`, in the order of a file."""
    rows = [event.split(" ", 2) for event in events]
    return polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")


def total(observations: Observations, outcome: str) -> int:
    return sum(observations.outcomes[outcome])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_outcome_is_counted_in_the_week_in_which_it_shows() -> None:
    found = read_log(
        BRIEF,
        log(
            "a brief 2026-01-05",
            "a brief 2026-01-07",
            "a launch 2026-01-13",
            "b brief 2026-01-12",
            "b brief 2026-01-20",
        ),
    )
    assert [start.date().isoformat() for start in found.starts] == ["2026-01-05", "2026-01-12", "2026-01-19"]
    assert found.outcomes == {"complete.no": (1, 0, 1), "complete.yes": (0, 1, 0)}
    assert found.arrivals == {"w": (1, 1, 0)}
    assert found.finished == {"w.done": (0, 1, 0)}
    assert found.open == {"w": (1, 1, 1)}
    assert found.as_of == at("2026-01-21")
    assert found.ends[-1] == at("2026-01-21"), "the last period is cut where knowledge ends"


def test_the_time_since_the_event_before_belongs_to_the_node_that_the_event_shows() -> None:
    found = read_log(
        BRIEF, log("a brief 2026-01-05", "a launch 2026-01-08", "b brief 2026-01-05", "b launch 2026-01-06")
    )
    assert found.durations == {"launch": Durations((2,), (4.0 * DAY,), (10.0 * DAY * DAY,))}


def test_or_to_the_one_place_on_the_way_that_takes_time_in_the_workflow() -> None:
    model = parse("""
    workflow w {
      step brief
      decision complete waits 2d { yes 80%, no 20% -> brief rework }
      step launch
    }
    """)
    found = read_log(model, log("a brief 2026-01-05", "a launch 2026-01-08"))
    assert found.durations["complete"].seconds == (3.0 * DAY,)
    assert "launch" not in found.durations


def test_a_case_that_nothing_can_follow_but_an_end_has_ended_and_the_others_wait_somewhere() -> None:
    found = read_log(BRIEF, log("a brief 2026-01-05", "b brief 2026-01-05", "b launch 2026-01-06"))
    assert found.open_cases == (
        OpenCase(case="a", workflow="w", at="complete", since=at("2026-01-05"), started=at("2026-01-05")),
    )
    assert found.finished == {"w.done": (1,)}


def test_what_happened_after_the_as_of_day_is_not_known() -> None:
    events = log("a brief 2026-01-05", "a launch 2026-01-08", "b brief 2026-01-09")
    found = read_log(BRIEF, events, as_of="2026-01-07")
    assert (found.coverage.events, found.coverage.cases) == (1, 1)
    assert [case.case for case in found.open_cases] == ["a"]
    assert found.ends == (at("2026-01-08"),)
    assert read_log(BRIEF, events, as_of="2026-01-08").finished == {"w.done": (1,)}, "a day means its end"


def test_an_activity_that_nobody_claims_is_counted_and_does_not_come_between() -> None:
    found = read_log(BRIEF, log("a brief 2026-01-05", "a coffee 2026-01-06", "a launch 2026-01-07"))
    assert found.coverage.unmatched == (("coffee", 1),)
    assert total(found, "complete.yes") == 1
    assert found.coverage.deviations == ()


def test_a_succession_that_the_workflow_does_not_offer_is_a_deviation_with_no_time() -> None:
    found = read_log(BRIEF, log("a launch 2026-01-05", "a brief 2026-01-06", "b brief 2026-01-06"))
    assert found.coverage.deviations == (("launch", "brief", 1), ("start", "launch", 1))
    assert found.durations == {}


def test_several_ways_are_a_deviation_with_a_note_but_what_they_share_counts() -> None:
    model = parse("""
    workflow w {
      step brief
      decision complete { yes 80%, no 20% -> brief rework }
      decision urgent { yes 10%, no 90% }
      step launch
    }
    """)
    found = read_log(model, log("a brief 2026-01-05", "a launch 2026-01-06"))
    assert total(found, "complete.yes") == 1
    assert (total(found, "urgent.yes"), total(found, "urgent.no")) == (0, 0)
    assert found.coverage.deviations == (("brief", "launch", 1),)
    assert (
        "1 times launch follows brief and the workflow has several ways; not counted: urgent.no, urgent.yes."
        in found.coverage.notes
    )


def test_an_outcome_that_leaves_no_trace_is_left_out_and_said() -> None:
    model = parse("""
    workflow w {
      step ask
      decision legal { approve 90%, later 10% -> legal delay 5d }
      step launch
    }
    """)
    found = read_log(model, log("a ask 2026-01-05", "a launch 2026-01-06"))
    assert found.outcomes == {"legal.approve": (1,)}
    assert any(note.startswith("legal.later cannot be counted in this log") for note in found.coverage.notes)


def test_times_that_only_some_cases_show_are_left_out() -> None:
    model = parse("""
    workflow w {
      step brief
      decision complete { yes 80%, no 20% -> brief rework  seen as "sent back" }
      step launch
    }
    """)
    events = log("a brief 2026-01-05", "b brief 2026-01-05", "b launch 2026-01-06")
    events = polars.concat(
        [events, polars.DataFrame([["a", "sent back", "2026-01-09"]], schema=events.columns, orient="row")]
    )
    found = read_log(model, events)
    assert list(found.durations) == ["launch"]
    assert any(note.startswith("The times at complete are left out") for note in found.coverage.notes)


def test_where_narrows_an_activity_to_rows_with_a_value() -> None:
    model = parse("""
    workflow w {
      step brief
      decision complete {
        yes 80% seen as "check" where result = "ok"
        no 20% -> brief rework seen as "check" where result = "NA"
      }
      step launch
    }
    """)
    table = "case,activity,time,result\n" + "\n".join(
        ["1,brief,2026-01-05,", "1,check,2026-01-06,NA", "1,brief,2026-01-07,", "1,check,2026-01-08,ok",
         "NA,brief,2026-01-05,", "NA,check,2026-01-06,perhaps"]
    )  # fmt: skip
    events = polars.read_csv(io.StringIO(table), infer_schema=False)
    found = read_log(model, events)
    assert (total(found, "complete.no"), total(found, "complete.yes")) == (1, 1)
    assert found.coverage.cases == 2, "a case may be called NA"
    assert found.coverage.unmatched == (("check", 1),)


def test_names_and_labels_are_matched_without_case() -> None:
    model = parse('workflow w { step write_copy\n step live "Go live" }')
    found = read_log(
        model,
        polars.DataFrame(
            {"case": ["a", "a"], "activity": ["Write Copy", "GO LIVE"], "time": ["2026-01-05", "2026-01-06"]}
        ),
    )
    assert found.coverage.unmatched == ()
    assert found.finished == {"w.done": (1,)}


def test_parallel_branches_follow_themselves_and_the_question_before_them_counts_once() -> None:
    model = parse("""
    workflow w {
      step brief
      decision complete { yes 80%, no 20% -> brief rework }
      parallel assets {
        branch {
          step copy
          decision copy_ok { yes 90%, no 10% -> copy rework }
        }
        branch { step media }
      }
      step launch
    }
    """)
    found = read_log(
        model,
        log("a brief 2026-01-05", "a media 2026-01-06", "a copy 2026-01-07", "a copy 2026-01-09", "a launch 2026-01-10",
            "b brief 2026-01-05", "b copy 2026-01-06", "b media 2026-01-08", "b launch 2026-01-09",
            "c brief 2026-01-05", "c copy 2026-01-06"),
    )  # fmt: skip
    assert {name: sum(counts) for name, counts in found.outcomes.items()} == {
        "complete.yes": 3,
        "complete.no": 0,
        "copy_ok.yes": 2,
        "copy_ok.no": 1,
    }
    assert found.coverage.deviations == ()
    assert found.durations["media"].seconds == (4.0 * DAY,), "one day and three, both since the brief"
    assert found.durations["copy"].seconds == (6.0 * DAY,), "two days and two more, one, and one"
    assert found.durations["launch"].seconds == (2.0 * DAY,), "since the branch that ended last"
    assert [case.at for case in found.open_cases] == ["copy_ok"]


def test_what_a_called_workflow_scraps_is_scrapped_where_it_was_called() -> None:
    model = parse("""
    workflow campaign {
      step brief
      call review
      step launch
    }
    workflow review {
      step read
      decision fine {
        yes 90%
        no 10% scrap seen as "refused"
      }
    }
    """)
    events = log("a brief 2026-01-05", "a read 2026-01-06", "a refused 2026-01-07", "b brief 2026-01-05",
                 "b read 2026-01-06", "b launch 2026-01-08")  # fmt: skip
    found = read_log(model, events)
    assert found.finished == {"campaign.done": (1,), "campaign.scrap": (1,)}
    assert {name: sum(counts) for name, counts in found.outcomes.items()} == {"fine.no": 1, "fine.yes": 1}
    assert found.arrivals == {"campaign": (2,)}
    assert found.coverage.deviations == ()


def lifecycle_log(*events: str) -> tuple[object, polars.DataFrame]:
    model = parse("""
    workflow w { step brief
      step launch }
    data { log "x.csv" { case case, activity, time time, lifecycle } }
    """)
    rows = [event.split(" ", 3) for event in events]
    return model, polars.DataFrame(rows, schema=["case", "activity", "lifecycle", "time"], orient="row")


def test_start_and_complete_rows_give_the_time_of_the_work_and_the_wait_before_it() -> None:
    model, events = lifecycle_log(
        "a brief start 2026-01-05T08:00", "a brief complete 2026-01-05T10:00", "a launch start 2026-01-05T13:00",
        "a launch complete 2026-01-05T14:00", "b brief start 2026-01-05T09:00",
    )  # fmt: skip
    found = read_log(model, events)
    assert found.durations["brief"].seconds == (7200.0,)
    assert found.durations["launch"].seconds == (3600.0,)
    assert found.series["launch.wait"] == (10800.0,)
    assert found.open_cases[0].at == "brief"
    assert found.open_cases[0].since == at("2026-01-05T09:00")
    assert found.arrivals == {"w": (2,)}


def test_rows_that_say_neither_start_nor_complete_are_passed_over_and_counted() -> None:
    model, events = lifecycle_log("a brief schedule 2026-01-05", "a brief complete 2026-01-06")
    found = read_log(model, events)
    assert "1 rows say 'schedule', neither start nor complete, and are passed over." in found.coverage.notes


DROPPING = parse("""
workflow w {
  step submit
  decision good {
    yes 80% seen as "ok"
    no 20% -> back rework seen as "not ok"
  }
  done
  step back
  decision again { yes 80% -> submit, drop 20% scrap }
}
""")


def dropping(returned_after: list[int]) -> polars.DataFrame:
    rows = [["lost", "submit", "2026-01-01"], ["lost", "not ok", "2026-01-02"], ["lost", "back", "2026-01-03"]]
    for number, days in enumerate(returned_after):
        rows += [
            [f"c{number}", "submit", "2026-01-01"],
            [f"c{number}", "not ok", "2026-01-02"],
            [f"c{number}", "back", "2026-01-03"],
            [f"c{number}", "submit", f"2026-01-{3 + days:02d}"],
            [f"c{number}", "ok", f"2026-01-{4 + days:02d}"],
        ]
    return polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")


def test_a_case_that_may_have_ended_in_silence_counts_as_ended_when_it_waited_longer_than_others_ever_did() -> None:
    found = read_log(DROPPING, dropping([2] * 20), as_of="2026-02-01")
    assert total(found, "again.drop") == 1
    assert sum(found.finished["w.scrap"]) == 1
    assert found.outcomes["again.drop"][0] == 0, "it is known only when the others' two days have passed"
    assert any("count as ended by w.scrap though no event says so" in note for note in found.coverage.notes)


def test_or_stays_open_when_too_few_have_gone_on_or_nobody_should_guess() -> None:
    few = read_log(DROPPING, dropping([2] * 19), as_of="2026-02-01")
    assert (total(few, "again.drop"), [case.at for case in few.open_cases]) == (0, ["again"])
    never = read_log(DROPPING, dropping([2] * 20), as_of="2026-02-01", patience=None)
    assert (total(never, "again.drop"), [case.at for case in never.open_cases]) == (0, ["again"])
    early = read_log(DROPPING, dropping([2] * 20), as_of="2026-01-04")
    assert total(early, "again.drop") == 0, "on that day nobody had gone on yet"


def test_figures_of_the_cases_stand_under_the_names_of_their_metrics() -> None:
    model = parse("""
    workflow w {
      deadline 3d
      step submit
      decision good {
        yes 80% seen as "ok"
        no 20% -> submit rework seen as "no"
      }
      done
    }
    metric cycle operational = time(w) unit d lower is better
    metric slow operational = p90(time(w)) unit d lower is better
    metric paid output = throughput(w) higher is better
    metric first operational = first_pass(w) higher is better
    metric late_share operational = late(w) lower is better
    metric money output = sum(amount) unit eur
    metric each operational = sum(amount) / throughput(w)
    data { log "x.csv" { case case, activity, time time, amount number } }
    """)
    events = polars.DataFrame(
        [["a", "submit", "2026-01-05", None], ["a", "ok", "2026-01-07", "10.5"],
         ["b", "submit", "2026-01-05", "7"], ["b", "no", "2026-01-06", "8"], ["b", "submit", "2026-01-07", None],
         ["b", "ok", "2026-01-09", None], ["c", "submit", "2026-01-09", "100"]],
        schema=["case", "activity", "time", "amount"],
        orient="row",
    )  # fmt: skip
    found = read_log(model, events)
    assert found.series == {
        "cycle": (3.0 * DAY,),
        "slow": (4.0 * DAY,),
        "paid": (2.0,),
        "first": (0.5,),
        "late_share": (0.5,),
        "money": (18.5,),
        "sum(amount)": (18.5,),
        "throughput(w)": (2.0,),
    }


def test_zones_are_brought_to_utc() -> None:
    found = read_log(BRIEF, log("a brief 2026-01-05T00:30:00+01:00", "a launch 2026-01-05T00:30:00Z"))
    assert found.starts[0] == at("2025-12-29")
    assert found.durations["launch"].seconds == (0.0, 3600.0)


def test_months_and_days_as_periods() -> None:
    events = log("a brief 2026-01-31", "a launch 2026-03-01")
    months = read_log(BRIEF, events, period="1mo")
    assert [start.date().isoformat() for start in months.starts] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert months.outcomes["complete.yes"] == (0, 0, 1)
    days = read_log(BRIEF, events, period="1d")
    assert len(days.starts) == 30


def test_events_of_one_day_keep_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case,activity,time\na,brief,2026-01-05\na,brief,2026-01-05\na,launch,2026-01-05\n")
    found = read_log(BRIEF, path)
    assert found.outcomes == {"complete.no": (1,), "complete.yes": (1,)}
    assert "Times in the log are whole days: events of one day keep the order of the file." in found.coverage.notes


# ------------------------------------------------------------------------------------------------ properties


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    """Events of a few cases at distinct times."""
    number = draw(st.integers(1, 25))
    minutes = draw(st.lists(st.integers(0, 60_000), min_size=number, max_size=number, unique=True))
    events = []
    for minute in minutes:
        when = datetime.fromtimestamp(1_767_571_200 + 60 * minute, UTC).isoformat()
        events.append((draw(st.sampled_from("abc")), draw(st.sampled_from(["brief", "launch", "coffee"])), when))
    # One whole case, so that the log is known to show both steps.
    return [*events, ("d", "brief", "2026-01-05T00:00:30+00:00"), ("d", "launch", "2026-01-05T00:01:30+00:00")]


@settings(max_examples=40, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter_where_times_differ(
    events: list[tuple[str, str, str]], chance: random.Random
) -> None:
    schema = ["case", "activity", "time"]
    shuffled = list(events)
    chance.shuffle(shuffled)
    one = read_log(BRIEF, polars.DataFrame(events, schema=schema, orient="row"))
    two = read_log(BRIEF, polars.DataFrame(shuffled, schema=schema, orient="row"))
    assert one == two


@settings(max_examples=40, deadline=None)
@given(histories())
def test_nothing_is_lost(events: list[tuple[str, str, str]]) -> None:
    found = read_log(BRIEF, polars.DataFrame(events, schema=["case", "activity", "time"], orient="row"))
    known = [event for event in events if event[1] != "coffee"]
    successions = len(known) - len({case for case, _, _ in known})
    after_launch = sum(count for earlier, _, count in found.coverage.deviations if earlier == "launch")
    counted = sum(sum(counts) for counts in found.outcomes.values())
    assert counted + after_launch == successions, "every succession is an outcome or a deviation"
    assert sum(events for _, events in found.coverage.unmatched) + len(known) == found.coverage.events
    ended = sum(sum(counts) for counts in found.finished.values())
    arrived = sum(sum(counts) for counts in found.arrivals.values())
    assert ended + len(found.open_cases) == arrived == len({case for case, _, _ in known})
    if arrived:
        assert found.open["w"][-1] == len(found.open_cases)


def test_a_history_counted_by_hand() -> None:
    """The rows of a longer random history, counted once more with the standard library."""
    chance = random.Random(7)
    rows, expected = [], {"complete.no": 0, "complete.yes": 0}
    for case in range(300):
        minute = chance.randrange(500_000)
        rows.append((str(case), "brief", minute))
        while chance.random() < 0.3:
            minute += 1 + chance.randrange(5000)
            rows.append((str(case), "brief", minute))
            expected["complete.no"] += 1
        if chance.random() < 0.9:
            rows.append((str(case), "launch", minute + 1 + chance.randrange(5000)))
            expected["complete.yes"] += 1
    chance.shuffle(rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["case", "activity", "time"])
    for case, activity, minute in rows:
        writer.writerow([case, activity, datetime.fromtimestamp(1_767_571_200 + 60 * minute, UTC).isoformat()])
    found = read_log(BRIEF, polars.read_csv(io.StringIO(out.getvalue()), infer_schema=False))
    assert {name: sum(counts) for name, counts in found.outcomes.items()} == expected
