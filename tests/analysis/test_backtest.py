"""Back-tests: nobody looks ahead, the truthful are told from the boastful, alarms are counted as described."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mpmflow as mpm
from mpmflow.analysis.backtest.alarms import Trouble, alarms_in, match, spells_of, threshold_of
from mpmflow.analysis.backtest.judged import MetricJudged, judge
from mpmflow.analysis.backtest.replay import Foretold, Replay, replay, target_at
from mpmflow.analysis.backtest.simple import climatology, persistence, seasonal
from mpmflow.analysis.risk.prepared import targets_of
from mpmflow.model.base import Roster
from mpmflow.model.measures import Target
from mpmflow.model.observations import Observations
from mpmflow.readers.observe import observe, open_history
from tests.simulated_log import simulated_log

TRAVEL = Path(__file__).resolve().parents[2] / "examples" / "travel" / "travel.mpm"
WEEK = timedelta(weeks=1)
pytestmark = pytest.mark.slow
START = datetime(2026, 1, 5, tzinfo=UTC)

MODEL = """
workflow w {
  arrivals 20 per week
  step brief takes exponential(1d)
  decision ok { yes, no 20% -> brief rework }
}
metric cycle operational = time(w) unit d lower is better target at most 2d by 2027-06-30
indicator back = rate(ok.no) {
  expect 20%
  warn above 30% for 1w
  missed warning costs 20k eur, false alarm costs 2k eur
}
"""


def weeks(count: int) -> Observations:
    """So many weeks in which nothing stands."""
    starts = tuple(START + WEEK * n for n in range(count))
    return Observations(starts, tuple(one + WEEK for one in starts), START + WEEK * count, 604800.0)


# ------------------------------------------------------------------------------------------ nobody looks ahead
@cache
def history_of(worse_from: int | None) -> pl.DataFrame:
    """Forty weeks of 20 cases; from some week on every case comes back twice more."""
    rows = []
    luck = np.random.default_rng(5)
    for week in range(40):
        for number in range(20):
            at = START + WEEK * week + timedelta(hours=float(luck.uniform(0, 150)))
            worse = worse_from is not None and week >= worse_from
            for _ in range(int(luck.random() < 0.2) + 2 * worse + 1):
                at += timedelta(hours=float(luck.exponential(24)))
                rows.append((f"{week}-{number}", "brief", at))
            rows.append((f"{week}-{number}", "yes", at + timedelta(minutes=1)))
    return pl.DataFrame(rows, schema=["case", "activity", "time"], orient="row")


def said(log: pl.DataFrame, origins: list[int], leaking: bool = False) -> dict[int, Foretold]:
    model = mpm.parse(MODEL)
    history = open_history(model, log=log, as_of="2026-10-11")
    last = history.observe("2026-10-11")
    known: Callable[[datetime], Observations] = (lambda _: last) if leaking else history.observe
    found = replay(
        model, known, last, first=99, origins=origins, horizons={"cycle": 4}, targets=targets_of(model), rules=False
    )
    return {one.origin: one for one in found.foretold}


def test_a_change_right_after_an_evening_does_not_move_what_was_said_on_it() -> None:
    without, planted = said(history_of(None), [20, 30]), said(history_of(20), [20, 30])
    np.testing.assert_array_equal(without[20].draws, planted[20].draws)
    assert without[20].chance == planted[20].chance
    np.testing.assert_array_equal(without[20].known, planted[20].known)
    assert planted[30].draws.mean() > 1.5 * without[30].draws.mean()  # and it does move what was said later


def test_who_would_look_ahead_is_found_out() -> None:
    """The same test fails where observations are not cut off: an evening that knows too many weeks is refused."""
    assert said(history_of(20), [20], leaking=True) == {}


def test_a_history_that_is_open_says_on_every_evening_what_reading_anew_says() -> None:
    model, log = mpm.parse(MODEL), history_of(20)
    history = open_history(model, log=log)
    for day in ("2026-02-01", "2026-06-17", "2026-10-04"):
        assert history.observe(day) == observe(model, log=log, as_of=day)
    assert history.observe() == observe(model, log=log)


def test_recalibration_knows_no_outcome_that_came_later() -> None:
    """Other outcomes from the 30th week on leave every correction alone that was made before the 30th week was over."""
    truthful = made_up(spread=1.0)
    changed = dict(truthful.seen)
    changed["m"] = np.where(np.arange(len(changed["m"])) >= 30, -changed["m"], changed["m"])
    first = judged(truthful)
    second = judged(Replay(truthful.last, changed, {}, truthful.periods, 1, foretold=truthful.foretold))
    fixed = [
        (one.corrected, two.corrected)
        for one, two in zip(first.folds, second.folds, strict=True)
        if one.on < (START + WEEK * 30).date()
    ]
    assert sum(one is not None for one, _ in fixed) > 10
    assert all(one == two for one, two in fixed)


# ------------------------------------------------------------------------------------------ truthful and boastful
TARGET = Target(comparison="at most", value="0.3", by=date(2030, 1, 1))


def made_up(spread: float, periods: int = 400, seed: int = 6) -> Replay:
    """One who knows half of what moves a figure, and says that what is left scatters `spread` times as much."""
    luck = np.random.default_rng(seed)
    signal, noise = luck.standard_normal(periods), luck.standard_normal(periods)
    values = signal + noise
    foretold = []
    for origin in range(10, periods):
        draws = signal[origin] + spread * luck.standard_normal(1_000)
        foretold.append(
            Foretold(
                "m", origin, origin, draws, float((draws > 0.3).mean()), TARGET, np.ones(1), False, values[:origin]
            )
        )
    return Replay(weeks(periods), {"m": values}, {}, periods, 1, foretold=tuple(foretold))


def judged(replayed: Replay) -> MetricJudged:
    return judge(replayed, "m", label="m", unit="", target="at most 0.3", ahead=1, step=1)


def test_the_truthful_are_calibrated() -> None:
    found = judged(made_up(spread=1.0))
    assert found.inside == pytest.approx(0.9, abs=0.04)
    assert all(
        abs(row.said - row.came) < 4 * (row.said * (1 - row.said) / row.count) ** 0.5 for row in found.reliability
    )
    assert found.skill is not None
    assert found.skill.low > 0.3
    assert found.brier is not None
    assert found.brier.corrected == pytest.approx(found.brier.raw, rel=0.03)


def test_the_boastful_are_not_and_the_correction_shows_it() -> None:
    found, truthful = judged(made_up(spread=0.2)), judged(made_up(spread=1.0))
    assert found.inside is not None
    assert found.inside < 0.4
    assert found.inside_corrected == pytest.approx(0.9, abs=0.05)
    assert found.helps
    assert found.map is not None
    assert found.map.slope < 0.5
    assert found.crps is not None
    assert truthful.crps is not None
    assert found.crps.mean > truthful.crps.mean
    assert found.crps.corrected == pytest.approx(truthful.crps.mean, rel=0.05)
    extreme = found.reliability[-1]
    assert extreme.said - extreme.came > 0.05


def test_nothing_is_said_of_few_forecasts_and_it_is_told_how_many_are_missing() -> None:
    found = judged(made_up(spread=1.0, periods=18))
    assert found.crps is None
    assert found.refused == "8 forecasts have an outcome that is known, and 12 are needed"


# ------------------------------------------------------------------------------------------ what anybody could say
def test_simple_forecasts_are_laws_around_what_was() -> None:
    line = np.arange(30.0)
    last, year, all_ = persistence(line, 31), seasonal(np.tile([1.0, 2.0, 3.0], 10), 31, 3), climatology(line)
    assert last is not None
    assert year is not None
    assert all_ is not None
    assert set(last) == {27.0, 31.0}  # two weeks apart, a line moves by two
    assert set(year) == {2.0}
    assert len(all_) == 30
    assert persistence(np.full(9, np.nan), 10) is None
    assert seasonal(line, 80, 52) is None


# ------------------------------------------------------------------------------------------ spells and alarms
def on(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text])


def test_one_odd_week_is_no_trouble() -> None:
    assert spells_of(on(".x..x."), on("xxxxxx")) == ()
    assert spells_of(on("..xx.x.."), on("xxxxxxxx")) == ((2, 6),)
    assert spells_of(on("..xx"), on("xxxx")) == ((2, 4),)
    assert spells_of(on("..x.x..."), on("xxx.xxxx")) == ((2, 5),)  # nobody looked in between


def matched(trouble: str, alarm: str, *, itself: bool = False, within: int = 4) -> tuple[int, int, int]:
    """Hits, missed, false alarms."""
    spells = spells_of(on(trouble), np.ones(len(trouble), dtype=bool))
    found = match(
        Trouble("m", spells, itself),
        alarms_in(np.where(on(alarm), 2, 0).astype(np.int8)),
        first=0,
        periods=len(trouble),
        within=within,
    )
    return len(found.leads), len(found.missed), len(found.false)


def test_alarms_are_hits_false_or_missing() -> None:
    assert matched("........xxxx............", "......xx................") == (1, 0, 0)
    assert matched("........xxxx............", "........................") == (0, 1, 0)
    assert matched("........xxxx............", ".........xxx............") == (0, 1, 0)  # too late to be a warning
    assert matched("........xxxx............", ".........xxx............", itself=True) == (1, 0, 0)
    assert matched("........................", "....xx..................") == (0, 0, 1)
    assert matched("........................", "......................xx") == (0, 0, 0)  # its time is not over


def test_whoever_always_cries_is_not_right() -> None:
    hits, missed, false = matched("....................xxxx................", "x" * 40)
    assert (hits, missed) == (1, 0)
    assert false >= 6


# ------------------------------------------------------------------------------------------ targets
def test_a_total_binds_in_proportion_and_a_level_as_it_is() -> None:
    last = weeks(60)
    total = Target(comparison="at most", value="730 eur", start=date(2026, 1, 1), by=date(2026, 12, 31))
    month = target_at(total, last, 10, 4)
    assert float(month.value.base) == pytest.approx(730 * 28 / 365)
    assert (month.start, month.by) == (date(2026, 3, 16), date(2026, 4, 12))
    assert target_at(TARGET, last, 10, 4).value == TARGET.value
    assert target_at(TARGET, last, 60, 4).by == date(2027, 3, 28)  # beyond what is known


# ------------------------------------------------------------------------------------------ the whole
@cache
def simulated() -> mpm.backtest:  # type: ignore[valid-type]
    model = mpm.parse(MODEL)
    log = simulated_log(model, 800, seed=7).frame()
    return mpm.backtest(model, log=log, folds=14)


def test_the_answer_has_forecasts_alarms_and_levels_with_their_money() -> None:
    found = simulated()
    assert 12 <= len(found.origins) <= 14
    assert found["cycle"].skill is not None
    assert {one.of for one in found.alarms} == {"cycle", "back"}
    (row,) = [one for one in found.alarms if one.of == "back"]
    assert row.cost == pytest.approx(20_000 * row.missed + 2_000 * row.false_alarms)
    assert row.currency == "eur"
    assert found.notes
    assert "NaN" not in found.to_json()
    assert len(found.rows()["metric"]) == len(found["cycle"].folds)
    with pytest.raises(KeyError, match="there are: cycle"):
        found["nothing"]


def test_a_short_history_is_refused_with_what_is_missing() -> None:
    model = mpm.parse(MODEL)
    log = history_of(None).filter(pl.col("time") < START + WEEK * 12)
    with pytest.raises(mpm.DataError, match=r"12 full weeks, and a back-test needs 23: 8 before the first forecast"):
        mpm.backtest(model, log=log, as_of=START.date() + WEEK * 12 - timedelta(days=1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"every": "3d"}, "whole number of such periods"),
        ({"horizon": "soon"}, "a span of time such as 4w"),
        ({"since": date(2026, 2, 1)}, "begin on 2026-03-01 or later"),
        ({"since": date(2026, 10, 1)}, "begin earlier"),
    ],
)
def test_what_cannot_be_asked_is_said_with_what_can(options: dict[str, object], words: str) -> None:
    with pytest.raises(mpm.DataError, match=words):
        mpm.backtest(mpm.parse(MODEL), log=history_of(None), as_of="2026-10-11", **options)  # type: ignore[arg-type]


def test_a_rule_with_two_levels_has_no_cheapest_one() -> None:
    model = mpm.parse(MODEL.replace("above 30% for 1w", "above 30% for 1w or below 5%"))
    assert threshold_of(model.declared_indicators[0]) is None


def test_real_claims_are_foretold_better_than_by_saying_that_all_stays_as_it_is() -> None:
    """The travel claims, every four weeks. More, and other logs: docs/background/forecasts-measured.md."""
    whole = mpm.load(TRAVEL)
    one = tuple(metric for metric in whole.metrics if metric.name == "cycle_time")
    none: dict[str, object] = dict.fromkeys(("declared_indicators", "objectives", "initiatives"), Roster())
    kept = {**none, "metrics": Roster(one), "causes": ()}
    model = whole.model_copy(update=kept)
    log = TRAVEL.parent / "claims.csv.gz"
    found = mpm.backtest(model, log=log, since=date(2018, 1, 21), every="4w", horizon="4w", as_of="2018-12-30")
    assert len(found.origins) >= 12
    skill = found["cycle_time"].skill
    assert skill is not None
    assert skill.count >= 12
    assert skill.value > 0.0


def test_months_are_as_long_as_they_are() -> None:
    """A horizon of months need not fall into the same mean month: the forecast is of the month that was meant."""
    starts = [date(2022 + n // 12, 1 + n % 12, 1) for n in range(36)]
    luck = np.random.default_rng(8)
    table = pl.DataFrame({"time": starts, "leads": [100.0 + float(luck.standard_normal()) for _ in starts]})
    found = mpm.backtest(mpm.parse("metric leads output unit leads"), series=table)
    assert len(found["leads"].folds) == len(found.origins)
    assert found["leads"].folds[-1].due == date(2024, 12, 31)
