"""Hand-offs by design and as observed, promises held against logs, and who causes and who bears delay."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from math import exp, factorial, sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

polars = pytest.importorskip("polars", reason="optional: polars")

import mpmflow as mpm  # noqa: E402
from mpmflow.analysis.alliances.burdens import burdens  # noqa: E402
from mpmflow.analysis.alliances.figures import NOBODY  # noqa: E402
from mpmflow.numerics.statistics.quantiles import chance_of_a_miss, quantile_interval  # noqa: E402
from tests.analysis.test_evaluator_properties import seen, small  # noqa: E402
from tests.simulated_log import MONDAY, simulated_log  # noqa: E402

DAY, HOUR = 86400.0, 3600.0
TEAMS = "team house { people 2 }\nteam legal { people 1 }\npartner agency { people 2 }\n"

# ------------------------------------------------------------------------------------------ by design


def legs(text: str) -> dict[str, Any]:
    """The hand-offs between steps, as `source->target`."""
    found = mpm.handoffs(mpm.parse(TEAMS + text))
    return {f"{step.source}->{step.target}": step.designed for pair in found.pairs for step in pair.steps}


def test_a_table_without_a_handoff_has_its_columns_all_the_same() -> None:
    full = mpm.handoffs(mpm.parse(TEAMS + "workflow w { step brief by house\n step check by legal }")).to_frame()
    empty = mpm.handoffs(mpm.parse("workflow w { step brief }")).to_frame()
    assert len(empty) == 0
    assert empty.columns == full.columns


def test_a_library_that_makes_no_table_of_columns_is_named_with_those_that_do() -> None:
    found = mpm.handoffs(mpm.parse("workflow w { step brief }"))
    with pytest.raises(ValueError, match=r"polars, pandas.*not with 'excel'"):
        found.to_frame("excel")


def test_work_that_comes_back_is_handed_over_again() -> None:
    found = legs("workflow w { step brief by house\n decision ok by agency { yes, no 20% -> brief rework } }")
    assert found["brief->ok"].per_case == pytest.approx(1.25)
    assert found["brief->ok"].returns == pytest.approx(0.2)
    assert found["brief->ok"].to_and_fro == pytest.approx(0.25)
    assert found["ok->brief"].per_case == pytest.approx(0.25)
    assert found["ok->brief"].returns == 0.0


def test_work_that_comes_back_after_more_of_the_takers_steps_counts_too() -> None:
    found = legs(
        "workflow w { step brief by house\n step media by agency\n"
        " decision ok by agency { yes, again 50% -> media rework, no 10% -> brief rework } }"
    )
    # ok is asked until it does not say `again`: the work goes back with 0.1 / (0.1 + 0.4)
    assert found["brief->media"].returns == pytest.approx(0.2)


def test_shares_that_change_by_visit_count_as_often_as_they_are_taken() -> None:
    found = legs("workflow w { step brief by house\n decision ok by agency { yes, no 50% then 10% -> brief rework } }")
    assert found["ok->brief"].per_case == pytest.approx(0.5 + 0.5 * 0.1 / 0.9)


def test_behind_a_bound_work_goes_another_way_which_is_no_rework() -> None:
    found = legs(
        "workflow w { step brief by house\n"
        " decision ok by agency { yes, no 50% -> brief rework at most 1 then -> judge }\n done\n step judge by legal }"
    )
    assert found["ok->brief"].per_case == pytest.approx(0.5)
    assert found["ok->judge"].per_case == pytest.approx(0.25)
    assert found["brief->ok"].returns == pytest.approx(1 / 3)  # of 1.5 answers, half a case comes back


def test_what_lies_between_two_teams_is_part_of_the_wait() -> None:
    found = legs(
        "workflow w { step brief by house\n step post takes 6h waits 2h\n"
        " decision ok { yes -> media, later 50% -> media delay 4h }\n step media by agency waits 1d takes 3h }"
    )
    assert found["brief->media"].wait == pytest.approx(8 * HOUR + 2 * HOUR + DAY)


def test_of_two_that_race_each_counts_evenly() -> None:
    found = legs(
        "workflow w { first assets {\n branch { step copy by house }\n branch { step media by agency } }\n"
        " step check by legal }"
    )
    assert found["copy->check"].per_case == found["media->check"].per_case == 1.0


def test_a_queue_is_part_of_the_wait_and_makes_some_late() -> None:
    text = TEAMS + "handoff house -> legal within 1d\nworkflow w { arrivals 4 per week\n" \
        " step brief by house takes 1h\n step check by legal takes exponential(1d) }"  # fmt: skip
    pair = mpm.handoffs(mpm.parse(text)).between("house", "legal")
    rho = 4 / 7
    wait = rho / (1 - rho)  # days, of M/M/1 with a mean service of one day
    assert pair.designed.wait == pytest.approx(wait * DAY, rel=0.02)
    assert pair.promises[0].designed_late == pytest.approx(rho * exp(-(1 - rho)), rel=0.02)
    assert (pair.promises[0].state, pair.promises[0].kept, pair.observed) == ("unknown", None, None)


def test_a_team_that_cannot_keep_up_makes_waits_without_a_mean() -> None:
    text = TEAMS + "workflow w { arrivals 9 per week\n step brief by house\n step check by legal takes 1d }"
    found = mpm.handoffs(mpm.parse(text))
    assert found.between("house", "legal").designed.wait is None
    assert "legal cannot keep up" in found.notes[-1]


def test_a_called_workflow_hands_over_as_often_as_it_is_called() -> None:
    text = (
        TEAMS
        + """
workflow review {
  step read by legal
  step mend by house
}
workflow w {
  arrivals 5 per week
  step brief by house
  call review
}
"""
    )
    pair = mpm.handoffs(mpm.parse(text)).between("legal", "house")
    assert pair.designed.per_period == pytest.approx(5.0)


# ------------------------------------------------------------------------------------------ logs against the design


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_log_of_the_model_shows_what_was_designed(seed: int) -> None:
    """A log made by other code than any of mpmflow's: its hand-offs are those of the design, within their noise."""
    model = mpm.parse(
        TEAMS
        + """
handoff house -> agency within 8h at least 50%
workflow w {
  arrivals 20 per week
  step brief by house takes exponential(4h)
  decision clear by agency takes 1h {
    clear_enough
    unclear 25% -> brief rework
  }
  step media by agency takes exponential(6h)
  decision ok by legal takes 2h {
    approved
    refused 30% then 10% -> media rework
  }
  step launch by house takes 1h
}
"""
    )
    cases = 1500
    log = simulated_log(model, cases, seed)
    found = mpm.handoffs(model, log=log.frame(timed=True))
    for pair in found.pairs:
        for step in pair.steps:
            designed, observed = step.designed, step.observed
            assert observed is not None
            assert observed.wait is not None
            assert designed.per_case is not None
            assert observed.n / cases == pytest.approx(designed.per_case, abs=6 * sqrt(designed.per_case / cases))
            assert observed.clock == "start"
            assert 0.5 < designed.wait / observed.wait.value < 2.0  # a queue by formula: its place, not its digits
            assert observed.returns is not None
            assert observed.returns.low - 0.02 <= designed.returns <= observed.returns.high + 0.02
    promise = found.between("house", "agency").promises[0]
    assert promise.kept is not None
    assert promise.designed_late is not None
    assert promise.kept.value == pytest.approx(1.0 - promise.designed_late, abs=0.1)


# ------------------------------------------------------------------------------------------ promises


def log(*events: tuple[str, str, float]) -> object:
    """Events as (case, activity, hour since a Monday)."""
    return polars.DataFrame(
        {
            "case": [one[0] for one in events],
            "activity": [one[1] for one in events],
            "time": [datetime.fromtimestamp(MONDAY + HOUR * one[2], UTC) for one in events],
        }
    )


def promised(share: str = "") -> str:
    """A file with one promise."""
    return (
        f"{TEAMS}handoff house -> agency within 1d{share}\nworkflow w {{ step brief by house\n step media by agency }}"
    )


def held(share: str, hours: list[float | None], days: int = 6) -> Any:
    """A promise held against cases that came in the first hour and were taken up so many hours later."""
    events: list[tuple[str, str, float]] = []
    for number, wait in enumerate(hours):
        events.append((f"c{number}", "brief", 1.0))
        if wait is not None:
            events.append((f"c{number}", "media", 1.0 + wait))
    as_of = f"2026-01-{5 + days - 1:02d}"
    found = mpm.handoffs(mpm.parse(promised(share)), log=log(*events), as_of=as_of)
    return found.between("house", "agency").promises[0]


def test_a_promise_with_a_share_is_kept_by_enough_of_them() -> None:
    promise = held(" at least 60%", [1, 2, 23, 30, 50])
    assert (promise.kept.value, promise.missed, promise.state, promise.share) == (0.6, 2, "kept", 0.6)
    assert held(" at least 61%", [1, 2, 23, 30, 50]).state == "broken"


def test_a_promise_without_a_share_is_broken_by_one() -> None:
    assert held("", [1, 2, 23]).state == "kept"
    assert held("", [1, 2, 25]).state == "broken"
    assert held("", [1, 2, 25]).p_broken > held("", [1, 2, 23]).p_broken > 0.0


def test_work_that_still_waits_is_late_once_it_is_old_enough_and_undecided_before() -> None:
    assert (held("", [1, None], days=3).missed, held("", [1, None], days=3).fresh) == (1, 0)
    young = held("", [1, None], days=1)
    assert (young.missed, young.fresh, young.kept, young.state) == (0, 2, None, "unknown")


def test_quick_ones_that_are_young_do_not_flatter_a_promise() -> None:
    """Handed over an hour ago and taken up at once: whoever still waits from that hour is not counted either."""
    events = [("a", "brief", 0.0), ("a", "media", 1.0)]
    events += [(f"y{n}", "brief", 47.0) for n in range(8)] + [(f"y{n}", "media", 47.5) for n in range(4)]
    found = mpm.handoffs(mpm.parse(promised()), log=log(*events), as_of="2026-01-06")
    promise = found.between("house", "agency").promises[0]
    assert (promise.kept.n, promise.fresh) == (1, 8)


def test_a_promise_of_a_workflow_stands_over_that_of_the_file() -> None:
    text = (
        TEAMS
        + """
handoff house -> agency "All" within 2d
workflow one {
  handoff house -> agency "Here" within 1h
  step brief by house
  step media by agency
}
workflow two {
  step draft by house
  step print by agency
}
"""
    )
    promises = mpm.handoffs(mpm.parse(text)).between("house", "agency").promises
    assert [(one.workflow, one.label, one.within) for one in promises] == [
        (None, "All", 2 * DAY),
        ("one", "Here", HOUR),
    ]


def test_a_thin_log_still_tells_of_hand_offs_and_says_what_it_cannot() -> None:
    text = promised()
    found = mpm.handoffs(mpm.parse(text), log=log(("a", "brief", 0.0), ("a", "media", 2.0)), as_of="2026-01-05")
    assert found.between("house", "agency").observed.n == 1
    assert found.burdens == ()
    assert "Who causes delay and who bears it is not told: nothing was observed" in found.notes[-1]


def test_an_unknown_pair_is_answered_with_the_nearest() -> None:
    found = mpm.handoffs(mpm.parse(promised()))
    with pytest.raises(KeyError, match="work never passes from 'agency' to 'house'; nearest: house -> agency"):
        found.between("agency", "house")
    with pytest.raises(KeyError, match="that needs observations"):
        found.burden()


# ------------------------------------------------------------------------------------------ who causes, who bears


def shared_out(text: str, seed: int) -> str:
    """The same workflow with its steps and questions given to three teams, some to nobody."""
    rng = random.Random(seed)
    by = lambda match: match[0] + rng.choice(("", " by a", " by b", " by c"))  # noqa: E731
    lines = [re.sub(r"^  (step|decision) \w+", by, line) for line in text.splitlines()]
    return "team a { people 90 }\nteam b { people 90 }\npartner c { people 90 }\n" + "\n".join(lines)


@given(st.integers(0, 10_000))
@settings(max_examples=5, deadline=None)
def test_the_matrix_adds_up_to_all_that_was_spread(seed: int) -> None:
    text = shared_out(small(seed), seed)
    evaluation = seen(text, seed)
    places = [row for row in evaluation.spread if row.kind not in ("metric", "team")]
    delay, rework = burdens(mpm.parse(text), evaluation.spread)
    for matrix, whole in (
        (delay, sum(row.extra_time for row in places)),
        (rework, sum(row.extra_visits for row in places)),
    ):
        teams = {*matrix.cells, *(bearer for line in matrix.cells.values() for bearer in line)}
        assert matrix.total == pytest.approx(whole, rel=1e-9, abs=1e-9)
        assert sum(map(matrix.caused, teams)) == pytest.approx(whole, rel=1e-9, abs=1e-7)
        assert sum(map(matrix.borne, teams)) == pytest.approx(whole, rel=1e-9, abs=1e-7)
    by_team = {row.at: row.extra_time for row in evaluation.spread if row.kind == "team"}
    for team, extra in by_team.items():
        assert delay.borne(team) == pytest.approx(extra, rel=1e-9, abs=1e-7)


def test_a_cause_is_the_team_that_asks_and_a_bearer_the_one_that_works() -> None:
    text = TEAMS + "workflow w { step brief by house takes 1d\n" \
        "decision ok by agency { yes, no 20% -> brief rework }\n step post takes 1h }"  # fmt: skip
    weeks = polars.DataFrame(
        {"week": [f"2026-{1 + n // 4:02d}-{5 + 7 * (n % 4):02d}" for n in range(4)], "ok.no": [0.5] * 4}
    )
    model = mpm.parse(text + '\ndata { series "weekly.csv" { time week } }')
    found = mpm.handoffs(model, series=weeks)
    delay = found.burden("delay")
    assert set(delay.cells) == {"agency"}
    assert delay.borne("house") == pytest.approx(delay.total)
    assert delay.total > 0.0
    assert delay.caused(NOBODY) == 0.0
    assert found.between("house", "agency").observed is None


# ------------------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(("n", "share"), [(5, 0.5), (40, 0.9), (200, 0.9), (1000, 0.1)])
def test_an_interval_of_a_quantile_misses_as_seldom_as_it_says(n: int, share: float) -> None:
    """Of 0 .. n - 1 the interval is a pair of ranks, and the binomial law says how often it holds."""
    low, high = quantile_interval(range(n), share)

    def fewer(rank: float) -> float:  # P(fewer than rank + 1 of n lie below the quantile)
        return sum(factorial(n) // (factorial(k) * factorial(n - k)) * share**k * (1 - share) ** (n - k)
                   for k in range(int(rank) + 1))  # fmt: skip

    assert low is None or fewer(low) <= 0.025
    assert high is None or 1.0 - fewer(high) <= 0.025
    assert low is None or fewer(low + 1) > 0.025  # and no wider than it needs to be


def test_the_chance_of_a_miss_is_the_mean_over_what_the_share_may_be() -> None:
    kept, judged, coming = 17, 20, 4
    grid = [(i + 0.5) / 20_000 for i in range(20_000)]
    weights = [p ** (kept - 0.5) * (1 - p) ** (judged - kept - 0.5) for p in grid]
    brute = sum(w * (1 - p**coming) for w, p in zip(weights, grid, strict=True)) / sum(weights)
    assert chance_of_a_miss(kept, judged, coming) == pytest.approx(brute, rel=1e-4)


def test_events_that_belong_to_no_step_are_told_for_their_hand_offs_are_not_counted() -> None:
    text = TEAMS + "workflow w { arrivals 1 per week\n step brief by house takes 1h\n step media by agency takes 1h }"
    events = log(("a", "brief", 0.0), ("a", "artwork", 2.0), ("b", "brief", 1.0), ("b", "media", 3.0))
    found = mpm.handoffs(mpm.parse(text), log=events, as_of="2026-01-12")
    assert found.notes[0].startswith("1 event belongs to no step of the file (“artwork”)")
