"""What was recorded held against what came: marks, truths by hand and from data, scores, what today's file says."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from statistics import NormalDist

import numpy as np
import polars
import pytest
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.review.judged import QUANTILES, Judged, scores_of
from mpmflow.analysis.review.kept import Settlement
from mpmflow.analysis.review.review import Review
from mpmflow.analysis.review.truth import Truth
from mpmflow.exchange.schema import schema
from mpmflow.live.ledger.chain import Draft
from mpmflow.live.ledger.reviewing import past_forecasts
from mpmflow.readers.observe import observe

from .forecasters import NEW_YEAR, forecast

TEXT = """
metric leads  output unit leads higher is better target at least 40 by 2026-03-29 owner "Ann"
metric spend  activity unit eur
metric cost_per_lead operational = spend / leads lower is better target at most 10 eur per 4w by 2026-03-29
metric deals  output unit deals higher is better target at least 30 in total from 2026-01-05 by 2026-03-15
commitment spring "A good spring" { by "Bob", promises leads at least 45 by 2026-03-15, if missed "we talk" }
scenario twice "Twice the budget" { spend = 800 eur }
"""
LEADS = [38, 41, 40, 43, 39, 42, 44, 41, 40, 46, 41, 38, 43]
DEALS = [2, 3, 2, 2, 3, 2, 2, 3, 2, 2, 3, 4, 5]


def weekly(weeks: int, leads: list[int] | None = None) -> polars.DataFrame:
    return polars.DataFrame(
        {
            "week": [(date(2026, 1, 5) + timedelta(weeks=number)).isoformat() for number in range(weeks)],
            "leads": [float(one) for one in (leads or LEADS)[:weeks]],
            "spend": [400.0] * weeks,
            "deals": [float(one) for one in DEALS[:weeks]],
        }
    )


@pytest.fixture
def model() -> mpm.Model:
    return mpm.parse(TEXT.replace('scenario twice "Twice the budget" { spend = 800 eur }', ""))


@pytest.fixture
def ledger(model: mpm.Model) -> Iterator[mpm.Ledger]:
    """Recorded on two evenings in February."""
    with mpm.Ledger(None, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC)) as kept:
        for weeks in (6, 8):
            kept.record(mpm.evaluate(model, series=weekly(weeks)), author="Ann")
        yield kept


def row(review: Review, metric: str, commitment: str | None = None) -> Judged:
    """The last forecast of a metric."""
    return [
        one for one in review.judged if (one.forecast.metric, one.forecast.commitment) == (metric, commitment)
    ][-1]  # fmt: skip


class TestRecording:
    def test_a_forecast_is_kept_with_all_that_it_needs_to_be_judged(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        (first, *_) = [one for _, one in ledger.forecasts() if one.metric == "leads" and one.commitment is None]
        assert len(first.law) == 199
        assert list(first.law) == sorted(first.law)
        assert (first.owner, first.unit, first.definition) == ("Ann", "leads", "from data")
        assert (first.on, first.as_of, first.target_text) == (date(2026, 3, 29), date(2026, 2, 9), "at least 40")
        assert first.version == mpm.__version__
        assert set(first.simple) == {"climatology"}  # six weeks are too few changes for "as it was last"
        (kept,) = ledger.models()
        assert kept.hash == first.model
        assert mpm.Model.model_validate_json(kept.document) == model
        spring = next(one for _, one in ledger.forecasts() if one.commitment == "spring")
        assert (spring.owner, spring.title, spring.on) == ("Bob", "A good spring", date(2026, 3, 15))

    def test_the_same_evaluation_is_kept_once(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        count = len(ledger.entries())
        again = ledger.record(mpm.evaluate(model, series=weekly(8)), author="Somebody else")
        assert (again.added, len(ledger.entries())) == ((), count)
        assert again.already == 5
        assert "were there already and are not doubled" in str(again)
        other = ledger.record(mpm.evaluate(model, series=weekly(8), seed=1))
        assert len(other.added) == 5

    def test_the_law_of_a_chance_is_the_chance(self, ledger: mpm.Ledger) -> None:
        for _, one in ledger.forecasts():
            if one.law and one.p_miss is not None and one.target is not None:
                level = float(one.target.value.base)
                law = np.array(one.law)
                wrong = law < level if one.target.comparison == "at least" else law > level
                assert wrong.mean() == pytest.approx(one.p_miss, abs=0.01)

    def test_what_is_over_is_not_kept_as_a_forecast(self, model: mpm.Model) -> None:
        with mpm.Ledger(None) as kept:
            recorded = kept.record(mpm.evaluate(model, series=weekly(11)))
            assert "its day, 2026-03-15, was over" in dict(recorded.left_out)["deals"]
            assert {one.metric for _, one in kept.forecasts()} == {"leads", "spend", "cost_per_lead"}
            validate(recorded.to_dict(), schema("ledger-recorded"))

    def test_a_promise_of_which_nothing_is_known_is_kept_all_the_same(self) -> None:
        model = mpm.parse("""
        metric calls output unit calls
        metric pride outcome unit points
        commitment proud { by "Ann", promises pride at least 7 by 2026-06-30 }
        """)
        series = weekly(8).rename({"leads": "calls"})
        with mpm.Ledger(None) as kept:
            kept.record(mpm.evaluate(model, series=series))
            (promise,) = [one for _, one in kept.forecasts() if one.commitment == "proud"]
            assert (promise.law, promise.p_miss) == ((), None)
            kept.settle("pride", "6.5 points", "survey of June")
            found = row(kept.review(model, series=series), "pride", "proud")
            assert (found.mark, found.came) == ("missed", 6.5)
            assert found.why == "No figure was foretold, only the target was kept."

    def test_an_evaluation_from_nowhere_is_refused(self) -> None:
        from mpmflow.analysis.risk.evaluation import Evaluation

        with mpm.Ledger(None) as kept, pytest.raises(ValueError, match=r"was not made by mpm\.evaluate"):
            kept.record(Evaluation(date(2026, 1, 1), "plan"))


class TestMarks:
    def test_kept_missed_late_and_ahead_by_the_data(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        early = ledger.review(model, series=weekly(9))  # up to 8 March
        assert {one.mark for one in early.judged if one.forecast.target} == {"ahead"}
        middle = ledger.review(model, series=weekly(10))  # up to 15 March
        assert (row(middle, "leads", "spring").mark, row(middle, "leads", "spring").came) == ("kept", 46.0)
        assert (row(middle, "deals").mark, row(middle, "deals").came) == ("missed", pytest.approx(23.0))
        assert row(middle, "leads").mark == "ahead"
        done = ledger.review(model, series=weekly(13))
        assert (row(done, "leads").mark, row(done, "leads").came) == ("late", 38.0)
        assert row(done, "leads").reached_on == date(2026, 4, 5)
        deals = row(done, "deals")  # 30 in total only two weeks after the date
        assert (deals.mark, deals.came, deals.reached_on) == ("late", pytest.approx(23.0), date(2026, 3, 29))
        ratio = row(done, "cost_per_lead")
        assert (ratio.mark, ratio.came) == ("kept", pytest.approx(1600 / (40 + 46 + 41 + 38)))

    def test_what_a_table_says_of_a_week_that_goes_on_is_not_judged_before_its_end(
        self, ledger: mpm.Ledger, model: mpm.Model
    ) -> None:
        marks = [
            (row(found, "leads", "spring").mark, row(found, "leads").mark, found.as_of.isoformat())
            for day in ("2026-03-14", "2026-03-15", "2026-03-28", "2026-03-29", "2026-04-04", "2026-04-05")
            for found in [ledger.review(model, series=weekly(13), as_of=day, again=False)]
        ]
        assert marks == [
            ("ahead", "ahead", "2026-03-14"),
            ("kept", "ahead", "2026-03-15"),
            ("kept", "ahead", "2026-03-28"),
            ("kept", "missed", "2026-03-29"),
            ("kept", "missed", "2026-04-04"),
            ("kept", "late", "2026-04-05"),
        ]

    def test_what_was_recorded_after_its_day_is_said_so(self, model: mpm.Model) -> None:
        """A forecast that was written down when the truth was in proves nothing."""
        evaluation = mpm.evaluate(model, series=weekly(6))
        notes = {}
        for day in (15, 16):
            with mpm.Ledger(None, clock=lambda day=day: datetime(2026, 3, day, 23, tzinfo=UTC)) as kept:
                kept.record(evaluation)
                notes[day] = kept.review(model, series=weekly(10), again=False).notes  # up to 15 March
        told = "Recorded only after their day: {} of 3 forecasts that can be judged."
        assert [notes[day][0].startswith(told.format(late)) for day, late in ((15, 1), (16, 3))] == [True, True]

    def test_a_later_day_is_looked_for_once_for_all_forecasts_of_one_question(
        self, ledger: mpm.Ledger, model: mpm.Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[object, ...]] = []
        looked = Truth._first_after
        monkeypatch.setattr(Truth, "_first_after", lambda self, *what: (asked.append(what), looked(self, *what))[1])
        late = [one.forecast.question for one in ledger.review(model, series=weekly(13)).judged if one.mark == "late"]
        assert (len(late), len(set(late)), len(asked)) == (4, 2, 2)

    def test_the_truth_is_the_figure_that_risk_calls_observed(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        evaluation = mpm.evaluate(model, series=weekly(13))
        done = ledger.review(model, series=weekly(13))
        for name in ("leads", "cost_per_lead", "deals"):
            figure = evaluation.metric(name)
            assert figure.method == "observed"
            assert row(done, name).came == pytest.approx(figure.forecast, rel=1e-12)

    def test_past_forecasts_are_the_rows_of_a_review(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        rows = past_forecasts(ledger, model, observe(model, series=weekly(13)))
        assert [(one.mark, one.came) for one in rows] == [
            (one.mark, one.came) for one in ledger.review(model, series=weekly(13)).judged
        ]
        validate({**ledger.review(model, series=weekly(13)).to_dict()}, schema("review"))

    def test_a_week_that_was_not_observed_is_said(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        gap = weekly(13).with_columns(
            leads=polars.when(polars.col("week") == "2026-03-09").then(None).otherwise(polars.col("leads"))
        )
        found = row(ledger.review(model, series=gap), "leads", "spring")
        assert found.mark == "unscored"
        assert "what came then was not observed" in found.why


class TestByHand:
    def test_what_is_said_counts_and_nothing_is_overwritten(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        ledger.settle("leads", "47 leads", "sheet of March", on="2026-03-15", author="Bob")
        ledger.settle("leads", "44", "audit", on="2026-03-15", author="Cleo")
        found = row(ledger.review(model, series=weekly(13)), "leads", "spring")
        assert (found.mark, found.came, found.source, found.by_hand) == ("missed", 44.0, "audit", True)
        assert found.earlier == ("47 leads (sheet of March), recorded 2026-03-01 by Bob",)
        assert found.why == "The data say otherwise."
        assert len(ledger.settled()) == 2
        assert ledger.verify().ok

    def test_a_later_truth_over_other_periods_makes_nothing_late(self) -> None:
        """One week under 1 does not show that four weeks were."""
        target = {"comparison": "at most", "value": "1 leads", "per": "4w"}
        with mpm.Ledger(None) as kept:
            kept.keep([forecast(0), forecast(0, target=target, reading="per 4w", target_text="at most 1 leads per 4w")])
            for reading in ("", "per 4w"):
                kept.settle("leads", "2", "report", on="2024-01-02", reading=reading)
            kept.settle("leads", "1", "report", on="2024-01-09", reading="")
            judged = kept.review(mpm.Model(), as_of="2024-02-01").judged
        assert {one.forecast.reading: one.mark for one in judged} == {"": "late", "per 4w": "missed"}

    def test_the_same_said_twice_is_one_entry_and_said_again_later_another(self, ledger: mpm.Ledger) -> None:
        first = ledger.settle("leads", "47", "sheet", on="2026-03-15")
        assert ledger.settle("leads", "47 leads", "sheet", on="2026-03-15") == first
        ledger.settle("leads", "44", "audit", on="2026-03-15")
        third = ledger.settle("leads", "47", "sheet", on="2026-03-15")
        assert third.number == first.number + 2
        assert [one.value for _, one in ledger.settled()] == [47.0, 44.0, 47.0]

    def test_a_promise_kept_late_by_hand(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        ledger.settle("leads", "44", "audit", on="2026-03-15")
        ledger.settle("leads", "46", "audit", on="2026-04-12")
        found = row(ledger.review(model, series=weekly(9)), "leads", "spring")
        assert (found.mark, found.came, found.reached_on) == ("late", 44.0, date(2026, 4, 12))

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("leds", "3", "x"), "nothing was foretold of 'leds'; did you mean leads?"),
            (("leads", "3 eur", "x"), "leads is measured in leads, not in eur"),
            (("leads", "many", "x"), "'many' is no figure such as 37 leads"),
            (("leads", "3", " "), "say where the figure comes from"),
            (("leads", "3", "x"), "forecasts of leads were made for 2026-03-15, 2026-03-29; say which one: --on"),
        ],
        ids=["metric", "unit", "figure", "source", "date"],
    )
    def test_what_cannot_be_meant_teaches(self, ledger: mpm.Ledger, arguments: tuple[str, str, str], said: str) -> None:
        with pytest.raises(mpm.LedgerError) as caught:
            ledger.settle(*arguments)
        assert said in str(caught.value)
        assert ledger.settled() == []

    def test_a_date_before_all_forecasts_is_refused(self, ledger: mpm.Ledger) -> None:
        with pytest.raises(mpm.LedgerError, match="no forecast of leads is for 2026-01-01 or earlier"):
            ledger.settle("leads", "3", "x", on="2026-01-01")
        with pytest.raises(mpm.LedgerError, match="is no day of the calendar"):
            ledger.settle("leads", "3", "x", on="soon")

    def test_one_date_may_be_read_in_two_ways(self) -> None:
        with mpm.Ledger(None) as kept:
            kept.keep([forecast(0, reading="per week"), forecast(0, reading="in total from 2023-10-01 to 2024-01-02")])
            with pytest.raises(mpm.LedgerError, match=r"are read in more ways than one: .* say which: --reading"):
                kept.settle("leads", "3", "report")
            with pytest.raises(mpm.LedgerError, match="no forecast for 2024-01-02 is read 'per month'"):
                kept.settle("leads", "3", "report", reading="per month")
            kept.settle("leads", "3", "report", reading="per week")
            marks = {one.forecast.reading: one.mark for one in kept.review(mpm.Model(), as_of="2024-02-01").judged}
            assert marks == {"per week": "missed", "in total from 2023-10-01 to 2024-01-02": "unscored"}

    def test_units_are_converted_and_shares_must_say_so(self) -> None:
        late = {"metric": "late", "unit": "%", "target": None, "target_text": None}
        time = {"metric": "time", "unit": "d", "target": None, "target_text": None}
        with mpm.Ledger(None) as kept:
            kept.keep([forecast(0, **late), forecast(0, **time)])
            assert kept.settle("late", "12%", "report").content["value"] == 0.12
            assert kept.settle("time", "36h", "report").content["value"] == 1.5 * 86400
            assert kept.settle("time", 2, "clock").content["value"] == 2 * 86400
            with pytest.raises(mpm.LedgerError, match="late is a share: write 12% for what you mean"):
                kept.settle("late", "12", "report")


class TestOtherVersions:
    def test_a_metric_that_is_defined_otherwise_is_not_compared(self, ledger: mpm.Ledger, model: mpm.Model) -> None:
        today = mpm.parse(TEXT.replace("= spend / leads", "= spend / deals").split("scenario")[0])
        found = row(ledger.review(today, series=weekly(13)), "cost_per_lead")
        assert found.mark == "unscored"
        assert "It cannot be compared: cost_per_lead: its formula was spend / leads, now it is" in found.why
        assert row(ledger.review(today, series=weekly(13)), "leads").mark == "late"

    def test_another_level_of_the_target_leaves_the_old_promise_as_it_was(
        self, ledger: mpm.Ledger, model: mpm.Model
    ) -> None:
        today = mpm.parse(TEXT.replace("at least 40 by", "at least 30 by").split("scenario")[0])
        found = row(ledger.review(today, series=weekly(13)), "leads")
        assert (found.mark, found.forecast.target_text) == ("late", "at least 40")

    def test_todays_file_is_asked_what_it_would_have_said_knowing_nothing_later(
        self, ledger: mpm.Ledger, model: mpm.Model
    ) -> None:
        assert all(one.again is None for one in ledger.review(model, series=weekly(13)).judged)
        same = ledger.review(model, series=weekly(13), again=True)
        for one in same.judged:
            if one.came is not None:
                assert one.again is not None
                assert one.forecast.forecast is not None
                assert one.again.forecast == pytest.approx(one.forecast.forecast, rel=1e-9)
        today = mpm.parse(TEXT.split("scenario")[0] + "cause spend -> leads { lag 1w, each +100 eur adds 1 }")
        other = ledger.review(today, series=weekly(13))
        assert any(one.again is not None for one in other.judged)
        future = [*LEADS[:8], 90, 90, 46, 90, 38]
        changed = ledger.review(today, series=weekly(13, future))
        told = [(one.again.forecast, one.again.p_miss) for one in changed.judged if one.again and one.came is not None]
        assert told == [
            (one.again.forecast, one.again.p_miss) for one in other.judged if one.again and one.came is not None
        ]

    def test_a_model_that_the_ledger_does_not_hold_is_said(self, model: mpm.Model) -> None:
        with mpm.Ledger(None) as kept:
            kept.keep([forecast(0, on=date(2026, 2, 1), as_of=date(2026, 1, 20))])
            (found,) = kept.review(model, series=weekly(13)).judged
            assert "the ledger does not hold the model it was made with" in found.why


class TestScenarios:
    def test_what_holds_only_if_counts_only_if(self) -> None:
        text = """
        workflow w {
          arrivals 10 per week
          step brief takes 1d
          decision ok takes 1h { yes, no 20% -> brief rework }
        }
        metric days operational = time(w) unit d lower is better target at most 2d by 2026-03-22
        scenario fewer "Fewer come back" { ok.no = 5% }
        """
        model = mpm.parse(text)
        rows = []
        for case in range(110):
            begin = datetime(2026, 1, 5) + timedelta(hours=18 * case)
            steps = ["brief", "yes"] if case % 4 else ["brief", "no", "brief", "yes"]
            rows += [(f"c{case}", what, begin + timedelta(hours=20 * at)) for at, what in enumerate(steps)]
        log = polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")
        with mpm.Ledger(None) as kept:
            kept.record(mpm.evaluate(model, log=log, as_of="2026-02-22", scenarios=["fewer"]))
            plain, then = sorted((one for _, one in kept.forecasts()), key=lambda one: one.scenario or "")
            assert (then.scenario, then.title) == ("fewer", "Fewer come back")
            assert len(then.law) == 199
            assert then.forecast is not None
            assert plain.forecast is not None
            assert then.forecast < plain.forecast
            assert then.low is not None
            assert then.low < then.forecast
            found = kept.review(model, log=log, as_of="2026-03-29")
            marks = {one.forecast.scenario: one for one in found.judged}
            assert marks[None].came is not None
            assert marks["fewer"].mark == "unscored"
            assert "(--taken fewer says that it was)" in marks["fewer"].why
            assert found.group("all").forecasts == 1
            taken = kept.review(model, log=log, as_of="2026-03-29", taken=["fewer"])
            assert taken.group("all").forecasts == 2
            with pytest.raises(
                mpm.DataError, match="no forecast was recorded under a scenario 'fever'; there are: fewer"
            ):
                kept.review(model, log=log, taken=["fever"])


LUCK = random.Random(4)
MIDDLES = [LUCK.gauss(0.5, 1.0) for _ in range(500)]
TRUTHS = [LUCK.gauss(middle, 1.0) for middle in MIDDLES]


def reviewed(truths: list[float], spread: Callable[[int], float], middle: Callable[[int], float]) -> Review:
    """Five hundred forecasts through a ledger, each settled by hand."""
    with mpm.Ledger(None, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC)) as ledger:
        ledger.keep([forecast(number, middle(number), spread(number)) for number in range(len(truths))])
        base = NEW_YEAR + timedelta(days=1)
        came = [
            Settlement(metric="leads", on=base + timedelta(days=number), value=truth, written=f"{truth}", source="luck")
            for number, truth in enumerate(truths)
        ]
        ledger.store.add(
            lambda _: [Draft("settlement", one.content(), ledger.clock(), None, mpm.__version__) for one in came]
        )
        assert ledger.verify().ok
        return ledger.review(mpm.Model())


@cache
def of_all(spread: float) -> Review:
    """The review of a forecaster who thinks that the truth scatters so much; in fact it is 1."""
    return reviewed(TRUTHS, lambda _: spread, lambda number: MIDDLES[number])


class TestCalibration:
    """A simulated world in which the truth is drawn from a law that the forecaster knows, or thinks narrower."""

    @pytest.mark.parametrize("level", QUANTILES)
    def test_the_quantile_of_a_law_is_that_of_what_it_was_made_of(self, level: float) -> None:
        law = tuple((number + 0.5) / 199 for number in range(199))  # all between 0 and 1 is equally likely
        assert scores_of(forecast(0, law=law), level).pinball[f"{level:g}"] == pytest.approx(0.0, abs=1e-12)

    def test_a_truthful_forecaster_is_flat(self) -> None:
        found = of_all(1.0)
        everything = found.group("all")
        assert (everything.forecasts, everything.questions) == (500, 500)
        assert everything.inside_90 is not None
        assert everything.inside_50 is not None
        assert everything.inside_90.low < 0.9 < everything.inside_90.high
        assert everything.inside_50.low < 0.5 < everything.inside_50.high
        for row in found.quantiles:
            assert abs(row.came.value - row.level) < 3.0 * (row.level * (1 - row.level) / 500) ** 0.5
        for said in found.reliability:
            assert abs(said.came - said.said) < 3.0 * (said.said * (1 - said.said) / said.count) ** 0.5
        positions = np.array([one.scores.position for one in found.judged])
        counts = np.histogram(positions, bins=10, range=(0, 1))[0]
        assert ((counts - 50.0) ** 2 / 50.0).sum() < 21.7  # chi-squared with 9 degrees of freedom, 1 %

    def test_an_overconfident_forecaster_is_not(self) -> None:
        found = of_all(0.5)
        everything = found.group("all")
        assert everything.inside_90 is not None
        assert everything.inside_90.high < 0.8
        by_level = {row.level: row.came for row in found.quantiles}
        assert by_level[0.05].low > 0.1
        assert by_level[0.95].high < 0.9
        assert found.reliability[-1].came < found.reliability[-1].said - 0.05

    def test_the_truthful_one_has_the_better_scores(self) -> None:
        true, sure = of_all(1.0), of_all(0.5)
        for score in ("crps", "brier"):
            assert getattr(true.group("all"), score).value < getattr(sure.group("all"), score).value

    def test_scores_equal_those_of_scoringrules(self) -> None:
        rules = pytest.importorskip("scoringrules", reason="optional: scoringrules")
        found = reviewed(TRUTHS[:60], lambda n: 0.5 + n / 60, lambda number: MIDDLES[number])
        for one in found.judged:
            law, came = np.array(one.forecast.law), one.came
            assert came is not None
            assert one.scores.crps == pytest.approx(rules.crps_ensemble(came, law, estimator="nrg"), abs=1e-12)
            missed = float(one.missed or 0.0)
            assert one.scores.brier == pytest.approx(rules.brier_score(missed, one.forecast.p_miss), abs=1e-12)
            for level, score in one.scores.pinball.items():
                quantile = np.quantile(law, float(level), method="hazen")
                assert score == pytest.approx(rules.quantile_score(came, quantile, float(level)), abs=1e-12)

    def test_owners_and_models_have_their_own_scores(self) -> None:
        with mpm.Ledger(None, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC)) as ledger:
            good = [forecast(number, 0.0, 1.0, owner="Ann", model="1" * 64) for number in range(30)]
            bad = [forecast(number, 5.0, 0.2, owner="Bob", model="2" * 64) for number in range(30)]
            ledger.keep([*good, *bad])
            for number in range(30):
                luck = NormalDist().inv_cdf((number * 7 % 30 + 0.5) / 30)
                ledger.settle("leads", luck, "luck", on=NEW_YEAR + timedelta(days=number + 1))
            found = ledger.review(mpm.Model())
        ann, bob = found.group("owner", "Ann"), found.group("owner", "Bob")
        assert ann.crps is not None
        assert bob.crps is not None
        assert ann.crps.high < bob.crps.low
        assert [one.name for one in found.groups if one.by == "model"] == ["1" * 64, "2" * 64]
        assert found.group("all").forecasts == 60
        assert found.group("all").questions == 30
        with pytest.raises(KeyError, match="nothing is scored by owner 'Cleo'; there are: all all, metric leads"):
            found.group("owner", "Cleo")


def test_a_review_is_the_same_every_time_and_strict_json(ledger: mpm.Ledger, model: mpm.Model) -> None:
    one, two = (ledger.review(model, series=weekly(13)).to_json() for _ in range(2))
    assert one == two
    json.loads(one, parse_constant=lambda word: pytest.fail(word))
    frame = ledger.review(model, series=weekly(13)).to_frame()
    assert frame.height == len(ledger.forecasts())


def test_whatever_a_line_may_hold_can_be_reviewed() -> None:
    """Lines may come from elsewhere: no law, an empty simple one, the largest figures, the first and the last day."""
    kept = [
        forecast(0, law=[-1e100, 1e100], forecast=1e100, simple={"persistence": [1e100], "climatology": [0.0, 0.0]}),
        forecast(1, law=[0.0], simple={"persistence": []}, on=date(9999, 12, 31), as_of=date(1, 1, 1)),
        forecast(2, law=[], forecast=None, low=None, high=None, p_miss=None),
        forecast(3, target=None, target_text=None, p_miss=None),
    ]
    with mpm.Ledger(None) as ledger:
        ledger.keep(kept)
        for one in kept:
            ledger.settle("leads", "0.5", "a count", on=one.on)
        found = ledger.review(mpm.Model(), as_of="2024-02-02")
    assert [one.mark for one in found.judged] == ["kept", "kept", "came", "kept"]
    validate(json.loads(found.to_json()), schema("review"))
