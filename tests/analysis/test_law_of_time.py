"""The law of a case's time as a reader asks it: against closed forms, by end, and for cases that are under way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import mpmflow as mpm
from mpmflow.analysis.exact.law_of_time import seconds_of
from mpmflow.exchange.schema import schema

HOUR, DAY = 3600.0, 86400.0


def asked(text: str) -> mpm.Model:
    """A model on one line: two spaces stand for a new line."""
    return mpm.parse(text.replace("  ", "\n"))


# ------------------------------------------------------------------------------------------------- all cases, by end


def test_two_exponential_steps_follow_the_gamma_law() -> None:
    law = mpm.analyze(asked("workflow w { step a takes exponential(1d)  step b takes exponential(1d) }"))["w"].law
    for days in (0.5, 1.0, 2.0, 5.0):
        assert law.chance_later_than(f"{days}d") == pytest.approx((1 + days) * math.exp(-days), abs=law.error)
    half = law.percentile(0.5)
    assert law.chance_later_than(half) == pytest.approx(0.5, abs=2 * law.error)
    assert law.method == "bounded"
    assert 0 < law.error < 1e-4


def test_each_end_has_a_law_of_its_own() -> None:
    found = mpm.analyze(
        asked("workflow w { step a takes 1d  decision ok { yes, no 25% scrap }  step b takes exponential(2d) }")
    )["w"]
    scrapped, done = found.law_of("scrap"), found.law_of("done")
    assert scrapped.percentile(0.5) == DAY
    assert scrapped.mean == pytest.approx(DAY)
    assert done.mean == pytest.approx(3 * DAY)
    assert done.chance_later_than("3d") == pytest.approx(math.exp(-1), abs=done.error)
    mixed = 0.75 * done.chance_later_than("2d") + 0.25 * scrapped.chance_later_than("2d")
    assert found.chance_later_than("2d") == pytest.approx(mixed, abs=1e-9)
    with pytest.raises(KeyError, match="it has done, scrap"):
        found.law_of("published")


def test_an_end_that_no_case_comes_to_has_no_law() -> None:
    found = mpm.analyze(asked("workflow w { step a takes 1d  decision ok { yes, no 0% scrap } }"))["w"]
    with pytest.raises(ValueError, match="no case of w ends as scrap"):
        found.law_of("scrap")


def test_a_long_workflow_has_a_gamma_law_and_says_so() -> None:
    steps = "  ".join(f"step s{i} takes exponential(1h)" for i in range(1_600))
    law = mpm.analyze(asked(f"workflow w {{ {steps} }}"))["w"].law
    assert law.method == "approximate"
    assert law.error is None
    assert law.percentile(0.5) == pytest.approx(1_600 * HOUR, rel=1e-3)


def test_shares_and_times_are_refused_in_words() -> None:
    law = mpm.analyze(asked("workflow w { step a takes exponential(1d) }"))["w"].law
    with pytest.raises(ValueError, match="between 0 and 1, not 90"):
        law.percentile(90)
    for wrong in ("3 eur", "soon", -1.0, math.inf):
        with pytest.raises(ValueError, match="no time of at least zero"):
            law.chance_later_than(wrong)
    assert seconds_of("90min") == 5400.0


# --------------------------------------------------------------------------------------------------- cases under way


def test_exponential_work_forgets_its_age_and_fixed_work_does_not() -> None:
    model = asked("workflow w { step a takes exponential(2d)  step b takes 3d }")
    for age in ("0d", "1d", "10d"):
        left = mpm.remaining_time(model, at="a", age=age)
        assert left.law.mean == pytest.approx(5 * DAY)
        assert left.chance_later_than("5d") == pytest.approx(math.exp(-1), abs=left.law.error)
    assert mpm.remaining_time(model, at="b", age="1d").percentile(0.5) == 2 * DAY


def test_waiting_and_working_at_a_node_count_as_one_time() -> None:
    """Three days into a wait of a day and exponential work, the wait is over and the work forgets."""
    model = asked("workflow w { step legal waits 1d takes exponential(2d)  step b takes exponential(1d) }")
    left = mpm.remaining_time(model, at="legal", age="3d")
    assert left.law.mean == pytest.approx(3 * DAY, rel=1e-9)
    later = 2 * math.exp(-1.5) - math.exp(-3)  # of the sum of exponential times with means 2 and 1, beyond 3
    assert left.chance_later_than("3d") == pytest.approx(later, abs=left.law.error)


def test_rework_ahead_is_counted_and_lateness_is_from_the_start() -> None:
    model = asked("workflow w { deadline 5d  step a takes 1d  decision ok { yes, no 20% -> a rework } }")
    left = mpm.remaining_time(model, at="a", age="12h", elapsed="2d")
    assert left.law.mean == pytest.approx((0.5 + 0.25) * DAY)
    assert left.late == pytest.approx(0.2**3, abs=1e-6)  # due after 3 days: at .5, 1.5 and 2.5 days it may get away
    assert left.ends == pytest.approx({"done": 1.0})
    assert mpm.remaining_time(model, at="a", age="12h").late is None
    assert mpm.remaining_time(model, at="a", age="12h", elapsed="6d").late == 1.0


def test_a_case_that_is_there_longer_than_possible_is_due_now() -> None:
    model = asked("workflow w { step a takes 1h to 2h  step b takes 3h }")
    left = mpm.remaining_time(model, at="a", age="5h")
    assert left.overdue
    assert left.percentile(0.9) == pytest.approx(3 * HOUR)
    assert not mpm.remaining_time(model, at="a", age="90min").overdue


def test_a_case_in_a_parallel_block() -> None:
    """The greater of two exponential times, past one day with both at work: what is known is that it is not over."""
    model = asked(
        "workflow w { parallel assets { branch { step copy takes exponential(1d) }  "
        "branch { step media takes exponential(1d) }  }  step b takes 1d }"
    )
    fresh = mpm.remaining_time(model, at="assets")
    assert fresh.law.mean == pytest.approx(2.5 * DAY, rel=1e-6)
    left = mpm.remaining_time(model, at="assets", age="1d")

    def alive(x: float) -> float:
        return 1 - (1 - math.exp(-x)) ** 2

    assert left.chance_later_than("2d") == pytest.approx(alive(2) / alive(1), abs=left.law.error)
    with pytest.raises(mpm.MpmError, match="block as a whole: assets"):
        mpm.remaining_time(model, at="copy")


def test_a_block_that_lives_long_has_more_likely_lost_the_case() -> None:
    """Half of the cases are through after a day, the other half are lost after ten."""
    model = asked(
        "workflow w { parallel p { branch { decision ok { yes, no 50% -> slow }  step quick takes 1d  done  "
        "step slow takes 10d  scrap }  branch { step other takes 1h }  } }"
    )
    left = mpm.remaining_time(model, at="p", age="4d")
    assert left.ends == pytest.approx({"done": 0.0, "scrap": 1.0}, abs=1e-8)
    assert left.law.mean == pytest.approx(6 * DAY)


def test_an_outcome_with_a_delay_is_a_place_to_wait() -> None:
    model = asked("workflow w { step a takes 1d  decision ok { yes, no 20% -> a delay 5d rework } }")
    left = mpm.remaining_time(model, at="ok.no", age="2d")
    assert left.law.mean == pytest.approx((3 + 1 + 0.25 * 6) * DAY)


def test_counted_rounds_weigh_by_how_often_cases_come() -> None:
    """At most two rounds: a case at `a` is in its first (1), second (.5) or third (.25) round."""
    model = asked("workflow w { step a takes 1d  decision ok { yes, no 50% -> a rework at most 2 then -> scrap } }")
    left = mpm.remaining_time(model, at="a")
    by_round = (1 + 0.5 * (1 + 0.5 * 1), 1 + 0.5 * 1, 1)
    assert left.law.mean == pytest.approx(np.average(by_round, weights=(1, 0.5, 0.25)) * DAY)


def test_where_nobody_comes_the_nearest_name_is_told() -> None:
    model = asked("workflow w { step brief takes 1d }")
    with pytest.raises(mpm.MpmError, match="Did you mean brief"):
        mpm.remaining_time(model, at="breif")
    with pytest.raises(mpm.MpmError, match="There are: w"):
        mpm.remaining_time(model, "v", at="brief")
    with pytest.raises(ValueError, match="started only"):
        mpm.remaining_time(model, at="brief", age="2d", elapsed="1d")


def test_the_answer_is_a_document_and_the_same_every_time() -> None:
    model = asked("workflow w { deadline 5d  step a takes exponential(1d) }")
    first, second = (mpm.remaining_time(model, at="a", elapsed="1d") for _ in range(2))
    assert first.to_json() == second.to_json()
    body = first.to_dict()
    assert body["schema"] == "mpmflow/remaining/1"
    Draft202012Validator(schema("remaining")).validate(body)
    assert body["remaining"]["p50"] == pytest.approx(math.log(2) * DAY, rel=1e-4)
    assert body["late"] == pytest.approx(math.exp(-4), abs=1e-4)
