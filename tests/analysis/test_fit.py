"""A model fitted to its log: held against logs of a known workflow, cut off in mid-flight as real ones are."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mpmflow as mpm
from mpmflow.analysis.fit.fitted import Fit, FittedNumber
from mpmflow.analysis.fit.hours import WeekHours, found_hours, works_text
from mpmflow.analysis.fit.shares import pooled_priors
from mpmflow.model.process import Works
from tests.simulated_log import DAY, MONDAY, WEEK, simulated_log

SHARED = Path(__file__).parents[3] / "shared" / "data" / "logs"

REWORK = """
workflow w {
  arrivals 6 per week
  step brief
  decision ok {
    yes -> launch
    no REWORK -> mend
  }
  step launch waits exponential(2d)
  done
  step mend waits exponential(10d) -> brief
}
"""
"""Silent decision: what comes next shows it, and rework is slow, so that closed cases alone show too little of it."""

STATED = """
workflow w {
  arrivals 10 per week
  step brief
  decision ok waits gamma(mean 2d, sd 1d) {
    yes
    no 30% -> brief rework
  }
  done
}
"""


def node(fit: Fit, place: int) -> Any:
    """A node of the fitted model by its place in the body."""
    return fit.model.workflows["w"].body[place]


def fitted(text: str, seed: int, *, cases: int = 200, weeks: float = inf, declared: str = "", **asked: Any) -> Fit:
    """The fit of a model (as `declared`, if that differs) to a log of the truth that ends after some weeks."""
    timed = bool(asked.pop("timed", False))
    log = simulated_log(mpm.parse(text), cases, seed).until(MONDAY + weeks * WEEK)
    return mpm.fit(mpm.parse(declared or text), log.frame(timed=timed), **{"memory": None, **asked})


# ---------------------------------------------------------------------------------------- intervals


def coverage(names: tuple[str, ...], truth: dict[str, float], fits: list[Fit]) -> dict[str, float]:
    """How often the interval of each number holds its true value."""
    return {name: sum(inside(fit[name], truth[name]) for fit in fits) / len(fits) for name in names}


def inside(number: FittedNumber, value: float) -> bool:
    return number.low is not None and number.high is not None and number.low <= value <= number.high


@pytest.mark.slow
def test_nine_of_ten_intervals_hold_the_truth() -> None:
    """Two hundred short logs, each cut off while a tenth of the cases is under way. Of 200 true intervals of 90 % some
    170 to 190 hold (binomial, three standard deviations: 167 to 193).
    """
    text = STATED.replace("waits gamma(mean 2d, sd 1d)", "waits exponential(2d)")
    fits = [fitted(text, seed, cases=110, weeks=9) for seed in range(200)]
    truth = {"ok.no": 0.3, "ok.waits": 2 * DAY, "w.arrivals": 10 / WEEK}
    found = coverage(tuple(truth), truth, fits)
    assert all(0.85 <= share <= 0.95 for share in found.values()), found


def test_intervals_by_visit_hold_the_truth_where_visits_differ() -> None:
    text = STATED.replace("no 30%", "no 50% then 15%").replace("waits gamma(mean 2d, sd 1d) ", "")
    fits = [fitted(text, seed, cases=150) for seed in range(25)]
    told = [fit for fit in fits if len({number.visit for number in fit.numbers if number.name == "ok.no"}) == 2]
    assert len(told) >= 23  # so clear a difference is found nearly always
    second = [next(one for one in fit.numbers if one.name == "ok.no" and one.visit == 2) for fit in told]
    assert 0.8 <= sum(inside(one, 0.15) for one in second) / len(second) <= 1.0


def test_visits_that_do_not_differ_are_not_told_apart() -> None:
    text = STATED.replace("waits gamma(mean 2d, sd 1d) ", "")
    fits = [fitted(text, seed, cases=150) for seed in range(20)]
    assert sum(fit["ok.no"].visit is not None for fit in fits) <= 2


# ---------------------------------------------------------------------------------------- open cases


def test_open_cases_count_for_the_slow_outcome_that_closed_ones_miss() -> None:
    """True rework .25; mending takes ten days, going live two: after four weeks many decisions have not shown yet."""
    truth = REWORK.replace("REWORK", "25%")
    censored, closed_only = [], []
    for seed in range(12):
        fit = fitted(truth, seed, cases=60, weeks=4)
        censored.append(fit["ok.no"].value)
        log = simulated_log(mpm.parse(truth), 60, seed).until(MONDAY + 4 * WEEK).frame()
        shown = log["activity"].to_list()
        closed_only.append(shown.count("mend") / max(shown.count("mend") + shown.count("launch"), 1))
    closed, open_too = sum(closed_only) / 12, sum(censored) / 12
    assert closed < 0.20
    assert abs(open_too - 0.25) < 0.6 * abs(closed - 0.25)


def test_times_of_open_visits_are_not_dropped_either() -> None:
    text = "workflow w {\n arrivals 10 per week\n step brief\n step legal waits exponential(20d)\n }"
    fits = [fitted(text, seed, cases=60, weeks=5) for seed in range(10)]
    middle = sorted(fit["legal.waits"].value for fit in fits)[5]
    assert middle == pytest.approx(20 * DAY, rel=0.25)  # those that are over took seven days on average
    assert all(fit["legal.waits"].open > 5 for fit in fits)


def test_a_case_that_may_be_at_two_steps_counts_at_each_with_its_chance() -> None:
    text = """
    workflow w {
      arrivals 10 per week
      step brief
      choose way { quick, slow 50% -> long }
      step short waits exponential(1d) -> done
      step long waits exponential(20d)
    }
    """
    fits = [fitted(text, seed, cases=100, weeks=8) for seed in range(10)]
    assert sum(fit["long.waits"].value for fit in fits) / 10 == pytest.approx(20 * DAY, rel=0.15)
    assert sum(fit["short.waits"].value for fit in fits) / 10 == pytest.approx(1 * DAY, rel=0.15)
    assert sum(fit["way.slow"].value for fit in fits) / 10 == pytest.approx(0.5, abs=0.06)


# ---------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    "law",
    [
        "2d",
        "1d to 5d",
        "exponential(2d)",
        "triangular(1d, 2d, 6d)",
        "normal(mean 5d, sd 1d)",
        "lognormal(mean 3d, sd 2d)",
        "gamma(mean 3d, sd 1.2d)",
        "weibull(shape 2.5, scale 4d)",
    ],
)
def test_each_law_of_the_language_is_found_again(law: str) -> None:
    text = f"workflow w {{\n arrivals 40 per week\n step brief\n step legal waits {law}\n }}"
    found = fitted(text, 3, cases=1500, weeks=36)["legal.waits"]
    assert found.fitted.partition("(")[0].strip("0123456789.d") == law.partition("(")[0].strip("0123456789.d")
    assert not found.contradicted
    assert found.declared == law


def test_working_hours_are_counted_and_the_queue_is_no_work() -> None:
    text = """
    workflow w {
      arrivals 10 per week
      team legal { people 1, works mon-fri 09:00-17:00 }
      step brief by legal takes gamma(mean 3h, sd 1h)
      done
    }
    """
    fit = fitted(text, 5, cases=200, timed=True)
    assert fit["brief.takes"].value == pytest.approx(3 * 3600, rel=0.06)
    assert not fit["brief.takes"].contradicted


def test_without_start_rows_the_queue_is_not_taken_for_work() -> None:
    text = """
    workflow w {
      arrivals 10 per week
      team legal { people 1 }
      step brief
      step review by legal takes exponential(12h)
    }
    """
    fit = fitted(text, 5)
    assert not fit["review.time"].written
    assert "cannot be told apart" in fit["review.time"].why_not
    assert fit["review.time"].value > 20 * 3600  # the queue is in it
    assert node(fit, 1).takes.mean.base == 12 * 3600


def test_a_time_that_the_log_contradicts_is_replaced_by_its_law() -> None:
    declared = STATED.replace("waits gamma(mean 2d, sd 1d)", "waits exponential(1d)")
    fit = fitted(STATED, 8, cases=400, declared=declared)
    found = fit["ok.waits"]
    assert found.contradicted
    assert found.p_contradicted is not None
    assert found.p_contradicted > 0.999
    assert node(fit, 1).waits.law == "gamma"
    assert fit.numbers[0] is found  # the most surprising number comes first


# ---------------------------------------------------------------------------------------- arrivals, people, bounds


def test_arrivals_that_come_in_bursts_are_less_sure() -> None:
    steady = fitted("workflow w {\n arrivals every 1d\n step brief\n }", 1, declared=STATED, cases=140)["w.arrivals"]
    gaps = "workflow w {\n arrivals every gamma(mean 1d, sd 4d)\n step brief\n }"
    uneven = fitted(gaps, 1, declared=STATED, cases=140)["w.arrivals"]

    def width(number: FittedNumber) -> float:
        assert number.high is not None
        assert number.low is not None
        return (number.high - number.low) / number.value

    assert width(uneven) > 1.5 * width(steady)
    assert "as unevenly as at random" in uneven.note


def test_the_law_of_the_gaps_is_fitted_where_the_text_states_gaps() -> None:
    text = "workflow w {\n arrivals every gamma(mean 1d, sd 8h)\n step brief\n }"
    found = fitted(text, 2, cases=400)["w.arrivals"]
    assert found.kind == "gap"
    assert found.fitted.startswith("every gamma(")
    assert found.value == pytest.approx(DAY, rel=0.05)


TEAM = """
workflow w {
  arrivals 30 per week
  team legal { people 3, works mon-fri 08:00-16:00 }
  step review by legal takes 3h
}
"""


def test_people_and_hours_are_found_from_who_worked_when() -> None:
    declared = TEAM.replace("people 3, works mon-fri 08:00-16:00", "people 2, works mon-thu 09:00-17:00")
    fit = fitted(TEAM, 4, cases=400, declared=declared, timed=True)
    assert fit["legal.people"].value == 3
    assert fit["legal.people"].contradicted
    (hours,) = fit.hours
    assert hours.found == "mon-fri 08:00-16:00"
    assert hours.contradicted
    assert works_text(fit.model.all_teams[0].works) == "mon-fri 08:00-16:00"


def test_people_who_were_not_all_needed_at_once_stay_as_declared() -> None:
    fit = fitted(TEAM.replace("30 per week", "5 per week"), 4, cases=200, timed=True)
    assert fit["legal.people"].value == 3
    assert not fit["legal.people"].contradicted
    assert not fit.hours[0].contradicted


def test_stamps_at_any_hour_show_no_calendar() -> None:
    assert found_hours([MONDAY + one * 3607.0 for one in range(2000)]) is None


def test_working_seconds_leave_out_nights_and_weekends() -> None:
    office = WeekHours.of([Works(days=("mon", "tue", "wed", "thu", "fri"), start="09:00", end="17:00")])
    friday = MONDAY + 4 * DAY + 16 * 3600
    assert float(office.worked(friday, friday + 3 * DAY)) == 8 * 3600  # an hour on Friday, seven on Monday


BOUND = """
workflow w {
  arrivals 10 per week
  step brief
  decision ok {
    yes
    no 60% -> brief rework at most 2 then -> director
  }
  done
  step director -> done
}
"""


def test_a_bound_on_rework_that_cases_break_is_mended() -> None:
    declared = BOUND.replace("at most 2", "at most 1")
    found = fitted(BOUND, 6, cases=200, declared=declared)["ok.no.at_most"]
    assert (found.declared, found.fitted, found.contradicted) == ("at most 1", "at most 2", True)
    assert not fitted(BOUND, 6, cases=200)["ok.no.at_most"].contradicted


def test_a_bound_that_the_text_does_not_know_is_seen() -> None:
    text = STATED.replace("no 30%", "no 60% then 60% then 0%").replace("waits gamma(mean 2d, sd 1d) ", "")
    found = fitted(text, 6, cases=300, declared=text.replace("60% then 60% then 0%", "60%"))["ok.no.at_most"]
    assert found.declared is None
    assert found.fitted == "at most 2"


# ---------------------------------------------------------------------------------------- memory and window


def changed_log() -> Any:
    """Forty weeks with one in ten sent back, then ten weeks with four in ten."""
    import polars

    before = simulated_log(mpm.parse(STATED.replace("30%", "10%")), 400, 1)
    after = simulated_log(mpm.parse(STATED.replace("30%", "40%")), 100, 2, start=MONDAY + 40 * WEEK)
    late = after.frame().with_columns(polars.col("case") + " late")
    return polars.concat([before.frame(), late])


def test_the_past_is_forgotten_unless_told_otherwise() -> None:
    model, log = mpm.parse(STATED), changed_log()
    assert mpm.fit(model, log, memory=3)["ok.no"].value > 0.33
    assert mpm.fit(model, log, memory=None)["ok.no"].value < 0.22


def test_only_what_began_in_the_window_counts() -> None:
    from datetime import date

    model, log = mpm.parse(STATED), changed_log()
    early = mpm.fit(model, log, memory=None, until="2026-09-20")["ok.no"]
    late = mpm.fit(model, log, memory=None, since=date(2026, 10, 19))["ok.no"]
    assert early.value == pytest.approx(0.1, abs=0.04)
    assert late.value == pytest.approx(0.4, abs=0.1)


def test_decisions_of_a_kind_lend_each_other_strength() -> None:
    """Ten decisions of five to thirty cases each, true shares between .1 and .3: pooled they err by a quarter less."""
    rng = np.random.default_rng(1)
    alone, pooled = [], []
    for _ in range(20):
        shares, trials = rng.uniform(0.1, 0.3, 10), rng.integers(5, 31, 10)
        hits = rng.binomial(trials, shares)
        counts = {f"d{one}": np.array([trials[one] - hits[one], hits[one]], dtype=float) for one in range(10)}
        names = dict.fromkeys(counts, (False, True))
        lent = pooled_priors(counts, names, dict.fromkeys(counts, (0.8, 0.2)))
        for one, (name, seen) in enumerate(counts.items()):
            alone.append(((seen[1] + 0.5) / (seen.sum() + 1) - shares[one]) ** 2)
            both = seen + lent[name]
            pooled.append((both[1] / both.sum() - shares[one]) ** 2)
    assert np.mean(pooled) ** 0.5 < 0.75 * np.mean(alone) ** 0.5


def test_two_decisions_are_no_kind() -> None:
    counts = {"a": np.array([5.0, 5.0]), "b": np.array([3.0, 1.0])}
    assert pooled_priors(counts, dict.fromkeys(counts, (False, True)), dict.fromkeys(counts, (0.5, 0.5))) == {}


# ---------------------------------------------------------------------------------------- real logs

PHONE = """
workflow repair {
  arrivals 100 per week
  step register seen as "Register"
  step analyze takes 8min seen as "Analyze Defect"
  choose kind {
    simple           -> simple_repair
    hard 40%         -> complex_repair
  }
  step simple_repair takes 9min seen as "Repair (Simple)" -> test
  step complex_repair takes 16min seen as "Repair (Complex)" -> test
  step test takes 8min seen as "Test Repair"
  decision works { yes, no 30% -> again rework }
  step archive seen as "Archive Repair"
  done
  choose again { simple_again -> simple_repair, complex_again 50% -> complex_repair }
}
"""


def shared_log(name: str) -> Path:
    path = SHARED / name / "events.csv.gz"
    if not path.exists():
        pytest.skip(f"the shared log {name} is not beside the project")
    return path


def test_a_log_of_phone_repairs_gives_sensible_numbers() -> None:
    fit = mpm.fit(mpm.parse(PHONE), shared_log("phone_repair"), memory=None)
    assert fit["simple_repair.takes"].value < fit["complex_repair.takes"].value
    assert 300 < fit["test.takes"].value < 1200
    by_visit = [one.value for one in sorted(fit.numbers, key=lambda one: one.visit or 0) if one.name == "works.no"]
    assert by_visit == pytest.approx([0.285, 0.405, 0.024], abs=0.02)  # a third repair is nearly always the last
    assert fit["test.takes"].fitted == "5min to 10min"
    assert fit.log.unmatched < 0.25 * fit.log.events


@pytest.mark.parametrize("name", ["receipt_wabo", "running_example", "traffic_fines_10k", "production_parts"])
def test_every_shared_log_can_be_fitted_by_a_model_of_one_of_its_steps(name: str) -> None:
    steps = {
        "receipt_wabo": ("Confirmation of receipt", "T02 Check confirmation of receipt"),
        "running_example": ("register request", "check ticket"),
        "traffic_fines_10k": ("Create Fine", "Send Fine"),
        "production_parts": ("Turning & Milling", "Packing"),
    }
    first, second = steps[name]
    text = f'workflow w {{\n arrivals 1 per week\n step a seen as "{first}"\n step b waits 1d seen as "{second}"\n }}'
    fit = mpm.fit(mpm.parse(text), shared_log(name), memory=None)
    assert fit.numbers
    assert mpm.parse(fit.text) == fit.model
    for number in fit.numbers:
        assert number.low is None or number.low <= number.value <= (number.high or 0.0) or number.kind == "people"
