"""The evaluation, held to counts made by hand, to textbook laws, and to small worlds whose truth is known."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from mpmflow import parse
from mpmflow.analysis.exact.analyze import analyze
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.analysis.risk.watched import indicator_traces
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.diagnostics.errors import DataError
from mpmflow.graphs.faults import ModelFault
from mpmflow.model.observations import OpenCase
from tests.analysis.risk_data import DAY, MONDAY, observed

REVIEW = """
workflow review {
  arrivals 20 per week
  deadline 10d
  step draft takes exponential(2d) costs 100 eur
  decision ok "Is it good?" { yes, no 20% -> draft rework, never 5% scrap }
  step send takes 1d
}
metric cycle_time operational = time(review) unit d lower is better target at most 4d by 2026-06-30
metric done output = throughput(review) higher is better
indicator sent_back "Drafts sent back" = rate(ok.no) {
  warn above 25% for 2w, clears below 22%
  alert above 40%
}
initiative course "A course in writing" { moves ok.no from 20% to 10% by 2026-12-31 }
"""


def review(no: list[int], of: int = 50, never: int = 2, **more) -> Evaluation:
    outcomes = {"ok.no": no, "ok.never": [never] * len(no), "ok.yes": [of - count - never for count in no]}
    return evaluate(parse(REVIEW), observed(len(no), outcomes, **more))


# ------------------------------------------------------------------------------------------ indicators
def test_shares_shown_are_counts_of_the_last_full_week_to_the_last_digit():
    evaluation = review([10, 11, 17], of=43)
    row = evaluation.indicator("ok.no")
    assert (row.observed, row.n) == (17 / 43, 43)
    assert row.low < 17 / 43 < row.high
    assert evaluation.indicator("ok.yes").observed == (43 - 17 - 2) / 43


def test_a_week_that_is_not_over_is_not_judged():
    evaluation = review([10, 11, 50], cut=3.0)
    assert evaluation.indicator("ok.no").observed == 11 / 50
    assert evaluation.coverage.periods == 2


def test_probability_to_be_worse_is_that_of_a_beta_law():
    """One week of 50 decisions: the plan of 20 % weighs 10, so no ~ Beta(2 + 17, 8 + 33)."""
    row = review([17]).indicator("ok.no")
    assert row.p_worse == pytest.approx(stats.beta.sf(0.2, 2 + 17, 8 + 33), abs=1e-12)
    assert row.estimate == pytest.approx(19 / 60)
    assert (row.estimate_low, row.estimate_high) == pytest.approx(stats.beta.ppf([0.025, 0.975], 19, 41))


def test_old_weeks_count_half_after_eight_weeks():
    no = np.array([10, 9, 11, 12, 8, 10, 9, 11, 13])
    row = review(no.tolist(), of=50).indicator("ok.no")
    weights = 0.5 ** (np.arange(8, -1, -1) / 8)
    assert row.half_life == 8
    assert row.estimate == pytest.approx((2 + weights @ no) / (10 + 50 * weights.sum()))


def test_after_a_step_the_estimate_follows_and_is_less_sure():
    still, stepped = review([10] * 20, of=50).indicator("ok.no"), review([10] * 17 + [30] * 3, of=50).indicator("ok.no")
    assert stepped.half_life < 8
    assert stepped.estimate > 0.4
    assert stepped.estimate_high - stepped.estimate_low > 1.5 * (still.estimate_high - still.estimate_low)


def test_a_named_indicator_and_what_it_measures_tell_the_same():
    evaluation = review([10, 14, 14, 14])
    named, plain = evaluation.indicator("sent_back"), evaluation.indicator("ok.no")
    assert named.measures == "ok.no"
    assert (named.state, named.since, named.rule) == (plain.state, plain.since, plain.rule)
    assert named.state == "warn"
    assert named.since == date(2026, 1, 26)
    assert named.rule == "warn above 25% for 2w, clears below 22%; alert above 40%"


def test_explain_gives_the_clauses_with_their_values():
    explanation = review([10, 14, 14, 14]).explain("sent_back")
    warn = explanation.clauses[0]
    assert (warn.fires, warn.parts[0].parts[0].value, warn.parts[0].parts[0].high) == (True, 0.28, 0.25)
    assert json.dumps(explanation.to_dict())


def test_unknown_names_are_answered_with_the_nearest():
    evaluation = review([10])
    with pytest.raises(KeyError, match="cycle_time"):
        evaluation.explain("cycle_tme")
    with pytest.raises(KeyError, match=r"ok\.no"):
        evaluation.indicator("ok.noo")


# ------------------------------------------------------------------------------------------ process metrics
def test_the_forecast_of_a_process_metric_is_the_chain_of_the_estimate():
    evaluation = review([20] * 10)
    share = evaluation.indicator("ok.no").estimate
    never = evaluation.indicator("ok.never").estimate
    model = apply(parse(REVIEW), {"ok.no": share, "ok.never": never})
    row = evaluation.metric("cycle_time")
    assert row.baseline == pytest.approx(analyze(parse(REVIEW))["review"].figures["time.mean"], rel=1e-9)
    assert row.forecast == pytest.approx(analyze(model)["review"].figures["time.mean"], rel=1e-6)
    assert sum(row.by.values()) == pytest.approx(row.change, rel=1e-6)
    assert next(iter(row.by)) == "ok.no"
    assert row.low < row.forecast < row.high
    assert 0.0 < row.p_miss < 1.0


def test_a_plan_that_is_met_has_nothing_to_tell():
    """Ten of fifty, two lost, as planned: no change anywhere, no headline."""
    evaluation = review([10] * 6, never=2.5)  # 2.5 of 50 are the planned 5 %
    assert evaluation.headlines == ()
    assert evaluation.metric("cycle_time").change == pytest.approx(0.0, abs=1e-6 * DAY)
    assert all(abs(row.extra_visits) < 1e-12 for row in evaluation.spread)


def test_rework_free_reference_shows_the_whole_burden():
    """At 20 % without scrap a draft is written 1.25 times: a quarter is burden, in visits and in time."""
    text = REVIEW.replace(", never 5% scrap", "")
    evaluation = evaluate(parse(text), observed(4, {"ok.no": [10] * 4, "ok.yes": [40] * 4}), reference="rework-free")
    draft = next(row for row in evaluation.spread if row.at == "draft")
    assert draft.extra_visits == pytest.approx(0.25)
    assert draft.extra_time == pytest.approx(0.25 * 2 * DAY)
    assert draft.visits_by == pytest.approx({"ok.no": 0.25})


def test_a_period_as_reference_and_the_other_way_round():
    """Bad weeks against good weeks, and good weeks against bad ones: opposite signs."""
    good_then_bad, bad_then_good = [10] * 10 + [20] * 10, [20] * 10 + [10] * 10
    window = (MONDAY.date(), MONDAY.date() + timedelta(weeks=10, days=-1))
    model = parse(REVIEW)
    changes = []
    for no in (good_then_bad, bad_then_good):
        outcomes = {"ok.no": no, "ok.yes": [50 - count for count in no]}
        row = evaluate(model, observed(20, outcomes), reference=window).metric("cycle_time")
        changes.append(row.change)
    assert changes[0] > 0 > changes[1]


def test_longer_steps_are_their_own_source_and_cost_no_more():
    evaluation = review([10] * 8, never=2.5, times={"send": ([40] * 8, [3.0] * 8)})
    assert evaluation.indicator("send.time").observed == pytest.approx(3 * DAY)
    send = next(row for row in evaluation.spread if row.at == "send")
    assert send.path_time == pytest.approx(0.0, abs=1.0)
    assert list(send.time_by) == ["send.time"]
    assert evaluation.metric("cycle_time").by["send.time"] == pytest.approx(send.extra_time)
    cost = next(row for row in evaluation.spread if row.at == "cost(review)")
    assert cost.change == pytest.approx(0.0, abs=1e-9)


def test_the_same_seed_gives_the_same_bytes_and_another_one_nearly_the_same_interval():
    one, two = review([14] * 6), review([14] * 6)
    assert one.to_json() == two.to_json()
    document = json.loads(one.to_json())
    assert document["schema"] == "mpmflow/risk/1"
    assert document["provenance"]["seed"] == 0


def test_the_document_has_every_key_of_the_interface():
    document = review([20] * 6).to_dict()
    wanted = {
        "indicators": {"name", "label", "expected", "observed", "segment", "low", "high", "n", "p_worse", "state",
                       "since", "rule"},
        "spread": {"at", "kind", "rework", "delay"},
        "metrics": {"name", "category", "baseline", "forecast", "low", "high", "target", "p_miss", "reaches_on", "by",
                    "paths"},
        "warnings": {"leading", "lagging", "warning_time", "evidence"},
        "headlines": {"root", "expected_consequences", "unexplained"},
        "actions": {"lever", "move", "gains", "initiative"},
    }  # fmt: skip
    for part, keys in wanted.items():
        assert document[part], part
        assert all(keys <= set(row) for row in document[part]), part
    for row in document["spread"]:
        assert sum(row["rework"]["by"].values()) == pytest.approx(row["rework"]["extra_visits"], abs=1e-9)
        assert sum(row["delay"]["by"].values()) == pytest.approx(row["delay"]["extra"], abs=1e-3)


def test_nothing_observed_is_an_error_with_words():
    with pytest.raises(DataError, match="nothing was observed"):
        evaluate(parse(REVIEW), observed(3))
    with pytest.raises(DataError, match="no period starts from 2030-01-01"):
        evaluate(parse(REVIEW), observed(1, series={"ok.no": [0.2]}), reference=(date(2030, 1, 1), date(2030, 2, 1)))


# ------------------------------------------------------------------------------------------ lagging metrics
LEADS = """
metric spend activity unit eur
metric leads output unit leads higher is better target at least 100 by 2026-12-31
metric revenue outcome unit eur higher is better
cause spend -> leads { lag 4w, each +100 eur adds 5, confidence 90% }
cause leads -> revenue { lag 6w, each +1 adds 10 eur }
"""


def leads_world(weeks: int, step: int, size: float) -> dict[str, list[float | None]]:
    """Spend falls by `size` at week `step`; leads follow four weeks later with 5 per 100 eur, revenue six weeks on."""
    spend = [1000.0 - (size if week >= step else 0.0) for week in range(weeks)]
    leads = [120.0 - (0.05 * size if week >= step + 4 else 0.0) for week in range(weeks)]
    revenue = [9000.0 - (0.5 * size if week >= step + 10 else 0.0) for week in range(weeks)]
    return {"spend": spend, "leads": leads, "revenue": revenue}


def test_a_step_arrives_at_its_lag_and_not_before():
    """Spend fell by 400 in week 30: leads fall from week 34 on, which is three weeks ahead, revenue from week 40 on."""
    evaluation = evaluate(parse(LEADS), observed(32, series=leads_world(32, 30, 400.0)), draws=200)
    leads, revenue = evaluation.metric("leads"), evaluation.metric("revenue")
    spend = evaluation.metric("spend")
    assert leads.baseline == pytest.approx(120.0, abs=0.01)
    assert leads.change == pytest.approx(0.05 * spend.change)
    assert leads.by == pytest.approx({"spend": leads.change})
    last = MONDAY.date() + timedelta(weeks=32, days=-1)
    assert leads.reaches_on == last + timedelta(weeks=3)
    assert revenue.reaches_on == last + timedelta(weeks=9)
    assert revenue.paths[0] == ("spend", "leads", "revenue")
    assert revenue.evidence == "declared"


def test_what_has_arrived_is_not_counted_twice():
    """Twenty weeks after the fall all of it is in the data: the forecast is the level that everybody sees."""
    evaluation = evaluate(parse(LEADS), observed(60, series=leads_world(60, 20, 400.0)), draws=200)
    leads = evaluation.metric("leads")
    assert leads.forecast == pytest.approx(100.0, abs=0.6)
    assert leads.baseline == pytest.approx(120.0, abs=0.6)
    assert evaluation.metric("revenue").forecast == pytest.approx(8800.0, abs=8.0)


def test_what_nobody_explained_travels_on_under_its_own_name():
    """Leads fall by 30 for a reason unknown; revenue will have it six weeks later, and the note says it is of leads."""
    series = leads_world(40, 99, 0.0)
    series["leads"] = [120.0] * 37 + [90.0] * 3
    text = LEADS.replace("higher is better\ncause", "higher is better target at least 9000 eur by 2026-11-22\ncause")
    evaluation = evaluate(parse(text), observed(40, series=series), draws=200)
    revenue = evaluation.metric("revenue")  # week 45 reads the leads of week 39
    assert revenue.on == date(2026, 11, 22)
    assert revenue.by["leads"] < -200.0
    assert revenue.p_miss > 0.9


def test_readings_of_targets_by_hand():
    """A flow of 10 a week: 10 in one week, 40 per 4w, and 10 for each week of the year that is past or to come."""
    target = "target at least {} by 2026-12-27"
    text = "metric leads output unit leads higher is better "
    series = {"leads": [10.0] * 20}
    year = "target at least 500 in total from 2026-01-05 by 2026-12-27"
    for words, figure in ((target.format(9), 10.0), (target.format("9 per 4w"), 40.0), (year, 510.0)):
        row = evaluate(parse(text + words), observed(20, series=series), draws=50).metric("leads")
        assert row.forecast == pytest.approx(figure), words
        assert row.p_miss == 0.0


def test_ratios_are_read_from_sums_and_not_from_means_of_ratios():
    text = """
    metric spend activity unit eur
    metric leads output unit leads
    metric cost_per_lead operational = spend / leads lower is better target at most 12 eur per 4w by 2026-03-01
    """
    series = {"spend": [100.0, 100.0, 100.0, 500.0, 100.0, 100.0, 100.0, 500.0], "leads": [10.0, 10.0, 10.0, 100.0] * 2}
    row = evaluate(parse(text), observed(8, series=series), draws=50).metric("cost_per_lead")
    assert row.forecast == pytest.approx(800.0 / 130.0, rel=0.02)


def test_an_elasticity_meets_the_long_run_exactly():
    text = """
    metric leads output unit leads
    metric revenue outcome unit eur higher is better
    cause leads -> revenue { lag 1w, elasticity 0.5 }
    """
    series = {"leads": [100.0] * 20 + [64.0] * 200, "revenue": [1000.0] * 21 + [800.0] * 199}
    row = evaluate(parse(text), observed(220, series=series), draws=50).metric("revenue")
    assert row.baseline == pytest.approx(1000.0, rel=2e-3)
    assert row.forecast == pytest.approx(800.0, rel=2e-3)


def test_learned_strength_is_found_and_says_so():
    rng = np.random.default_rng(3)
    spend = 1000.0 + 100.0 * rng.standard_normal(80)
    leads = [100.0, 100.0, *(100.0 + 0.05 * (spend[:-2] - 1000.0) + rng.standard_normal(78))]
    text = "metric spend activity unit eur\nmetric leads output unit leads\ncause spend -> leads { lag 2w, learned }"
    evaluation = evaluate(parse(text), observed(80, series={"spend": list(spend), "leads": leads}), draws=50)
    assert evaluation.metric("leads").evidence == "learned"
    assert any("learned from the series" in note for note in evaluation.coverage.notes)


def test_a_loop_that_dies_out_is_followed_round():
    text = """
    metric brand outcome unit points
    metric leads output unit leads higher is better
    metric spend activity unit eur
    cause spend -> leads { lag 1w, each +100 eur adds 10 }
    cause leads -> brand { lag 1w, each +1 adds 0.5 }
    cause brand -> leads { lag 1w, each +1 adds 1 }
    """
    weeks = 60
    series = {"spend": [1000.0] * 20 + [1100.0] * 40, "leads": [None] * weeks, "brand": [None] * weeks}
    leads = evaluate(parse(text), observed(weeks, series=series), draws=50).metric("leads")
    assert leads.forecast is None
    assert leads.change == pytest.approx(0.1 * 100.0 / (1 - 0.5), rel=1e-3)


def test_a_loop_that_grows_is_named_though_nobody_checked_the_model():
    """Built in Python, where `check` had no text to look at: brand feeds leads and leads feed brand twice as much."""
    model = parse(
        "metric brand activity unit visits\nmetric leads output unit leads\nmetric sales outcome unit eur\n"
        "cause brand -> leads { lag 1w, each +1 adds 0.5 }\ncause leads -> brand { lag 1w, each +1 adds 0.5 }\n"
        "cause leads -> sales { lag 1w, each +1 adds 9 eur }\n"
    )
    forth, back, on = model.causes
    strength = back.strength.model_copy(update={"adds": on.strength.adds.model_copy(update={"base": Fraction(9)})})
    growing = model.model_copy(update={"causes": (forth, back.model_copy(update={"strength": strength}), on)})
    history = observed(6, series={"brand": [10.0, 11, 10, 12, 11, 10], "leads": [5.0, 5, 6, 5, 6, 5]})
    assert evaluate(model, history).metric("sales")
    with pytest.raises(ModelFault, match=r"do not die out, so there is no forecast: brand -> leads -> brand\. Weaken"):
        evaluate(growing, history)


def test_doubt_about_a_declared_strength_widens_the_interval():
    wide, narrow = (
        evaluate(parse(LEADS.replace("confidence 90%", words)), observed(40, series=leads_world(40, 34, 800.0)))
        for words in ("confidence 10%", "confidence 90%")
    )
    span = [row.high - row.low for row in (wide.metric("leads"), narrow.metric("leads"))]
    assert span[0] > 1.5 * span[1]


# ------------------------------------------------------------------------------------------ actions, cases
def test_the_lever_that_hurts_comes_first_with_its_exact_gain_and_its_initiative():
    evaluation = review([20] * 10, never=2.5)
    first = evaluation.actions[0]
    assert (first.lever, first.initiative, first.why) == ("ok.no", "course", "deviates")
    model = apply(parse(REVIEW), {"ok.never": evaluation.indicator("ok.never").estimate})
    moved = analyze(model)["review"].figures["time.mean"]
    assert first.gains["cycle_time"] == pytest.approx(moved - evaluation.metric("cycle_time").forecast, rel=0.01)
    assert first.misses_avoided > 0.3


def test_headlines_name_the_cause_and_what_it_leads_to():
    headline = review([20] * 10).headlines[0]
    assert headline.root == "ok.no"
    assert {one.name for one in headline.expected_consequences} == {"cycle_time", "done"}
    assert headline.unexplained == ()


def test_warning_time_is_the_time_left_from_the_decision():
    """From the decision a case takes one day, or two more days for each draft that comes again."""
    warning = next(one for one in review([20] * 10).warnings if one.lagging == "cycle_time" and one.leading == "ok.no")
    assert warning.evidence == "formula"
    assert 1 * DAY < warning.warning_time < 4 * DAY


def test_open_cases_know_what_is_left():
    """A draft takes an exponential time: however old it is, the same is left. The deadline is ten days."""
    as_of = MONDAY + timedelta(weeks=4)
    cases = [
        OpenCase("young", "review", "draft", as_of - timedelta(days=1), as_of - timedelta(days=1)),
        OpenCase("old", "review", "draft", as_of - timedelta(days=9), as_of - timedelta(days=9)),
        OpenCase("sending", "review", "send", as_of - timedelta(days=1), as_of - timedelta(days=9)),
    ]
    evaluation = review([10] * 4, never=2.5, open_cases=cases)
    rows = {row.case: row for row in evaluation.open_cases}
    assert rows["young"].remaining == pytest.approx(rows["old"].remaining)
    assert rows["young"].p_rework == pytest.approx(0.2, abs=1e-9)
    assert rows["young"].p_late < rows["old"].p_late
    assert rows["sending"].p_rework == 0.0
    assert rows["sending"].remaining == pytest.approx(0.0, abs=1.0)
    assert evaluation.open_cases[0].case == "old"


def test_a_day_that_has_passed_is_told_as_it_was():
    """The target's week is over and leads came to 80: no chance is left to speak of."""
    text = "metric leads output unit leads higher is better target at least 100 by 2026-02-01"
    row = evaluate(parse(text), observed(8, series={"leads": [110.0, 120.0, 100.0, 80.0] * 2})).metric("leads")
    assert (row.forecast, row.low, row.high, row.p_miss) == (80.0, 80.0, 80.0, 1.0)


# ------------------------------------------------------------------------------------------ states alone
def test_states_need_no_process_to_be_solved_and_are_the_same():
    outcomes = {"ok.no": [10, 14, 14, 14, 9], "ok.never": [2] * 5, "ok.yes": [38, 34, 34, 34, 39]}
    traces = indicator_traces(parse(REVIEW), observed(5, outcomes))
    assert traces["sent_back"].states == ("ok", "pending", "pending", "warn", "ok")
    assert traces["ok.no"].states == traces["sent_back"].states
    for weeks in range(1, 6):
        cut = {name: row[:weeks] for name, row in outcomes.items()}
        state = evaluate(parse(REVIEW), observed(weeks, cut), draws=20).indicator("sent_back").state
        assert state == traces["sent_back"].states[weeks - 1]


def test_an_indicator_may_measure_an_expression_of_several():
    text = (
        REVIEW
        + """
    indicator trouble "Sent back or lost" = mean(rate(ok.no) + rate(ok.never), 2w) { warn above 30% }
    """
    )
    outcomes = {"ok.no": [10, 10, 20], "ok.never": [2, 4, 8], "ok.yes": [38, 36, 22]}
    row = evaluate(parse(text), observed(3, outcomes), draws=20).indicator("trouble")
    assert row.observed == pytest.approx((14 / 50 + 28 / 50) / 2)
    assert row.state == "warn"
    assert row.measures is None


def test_shares_in_a_table_feed_the_estimate_like_counts():
    """A sheet has no counts; a share of it is taken to rest on thirty decisions a week."""
    evaluation = evaluate(parse(REVIEW), observed(1, series={"ok.no": [0.40]}), draws=20)
    row = evaluation.indicator("ok.no")
    assert (row.observed, row.n) == (0.40, None)
    assert row.estimate == pytest.approx((2 + 12) / 40)
    assert evaluation.metric("cycle_time").change > 0
    named = evaluate(parse(REVIEW), observed(1, series={"sent_back": [0.40]}), draws=20)
    assert named.indicator("ok.no").estimate == pytest.approx(14 / 40)


def test_a_series_that_scatters_is_averaged_and_one_that_jumps_is_followed():
    rng = np.random.default_rng(5)
    noisy = list(1000.0 + 50.0 * rng.standard_normal(60))
    jumped = [1000.0] * 50 + [1400.0] * 10
    text = "metric spend activity unit eur"
    rows = [evaluate(parse(text), observed(60, series={"spend": row})).metric("spend") for row in (noisy, jumped)]
    assert rows[0].forecast == pytest.approx(1000.0, abs=20.0)
    assert 100.0 < rows[0].high - rows[0].low < 300.0
    assert rows[1].forecast == pytest.approx(1400.0, abs=1.0)


def test_times_that_only_scatter_more_make_cases_late_without_a_wild_interval():
    """Sending is planned at one day sharp; observed is one day on average, but exponential. The mean has not moved."""
    text = (
        REVIEW
        + "\nmetric late_reviews operational = late(review) unit % lower is better target at most 10% by 2026-06-30"
    )
    outcomes = {"ok.no": [10] * 10, "ok.never": [2.5] * 10, "ok.yes": [37.5] * 10}
    evaluation = evaluate(parse(text), observed(10, outcomes, times={"send": ([40] * 10, [1.0] * 10)}))
    row = evaluation.metric("late_reviews")
    assert row.by["send.time"] > 0.0
    assert sum(row.by.values()) == pytest.approx(row.change, rel=1e-6)
    assert 0.0 <= row.low < row.forecast < row.high < 5 * row.forecast  # twenty cases a week have their luck
    send = evaluation.indicator("send.time")
    assert send.estimate == pytest.approx(send.expected)
    assert send.sd > send.expected_sd


# ------------------------------------------------------------------------------------------ what cannot be known
def test_rework_that_nobody_observed_counts_in_the_burden_all_the_same():
    """Only what is done is counted; the plan's rework still makes the time, whatever it is measured against."""
    seen = observed(12, series={"done": [15.0] * 12})
    model = parse(REVIEW)
    by_plan = evaluate(model, seen, draws=50).metric("cycle_time")
    burden = evaluate(model, seen, reference="rework-free", draws=50).metric("cycle_time")
    assert burden.forecast == pytest.approx(by_plan.forecast)
    assert burden.baseline < burden.forecast
    assert next(iter(burden.by)) == "ok.no"
    assert sum(burden.by.values()) == pytest.approx(burden.change)


def test_a_target_before_the_first_observation_is_neither_met_nor_missed():
    text = "metric leads output unit leads higher is better target at least 100 by 2025-12-31"
    row = evaluate(parse(text), observed(12, series={"leads": [90.0] * 12})).metric("leads")
    assert (row.p_miss, row.low) == (None, None)
    assert "before the first observation" in row.notes[0]


def test_a_target_of_the_past_is_judged_by_what_was_observed_then_or_not_at_all():
    text = "metric leads output unit leads higher is better target at least 100 by 2026-01-25"
    seen = evaluate(parse(text), observed(12, series={"leads": [90.0] * 12})).metric("leads")
    assert (seen.p_miss, seen.method, seen.reaches_on) == (1.0, "observed", None)
    missing = [None if week == 2 else 90.0 for week in range(12)]
    gap = evaluate(parse(text), observed(12, series={"leads": missing})).metric("leads")
    assert (gap.p_miss, gap.notes) == (None, ("Its target was for 2026-01-25, and what came then was not observed.",))


def test_nobody_is_told_to_make_a_share_worse():
    """Fewer cases are lost than planned, which makes the rest take longer: losing more of them is no advice."""
    actions = review([10] * 10, never=0).actions
    assert all(action.lever != "ok.never" or action.goal < action.start for action in actions)
    assert len({action.lever for action in actions}) == len(actions), "one move a lever"


def test_the_last_period_with_enough_decisions_stands_beside_a_thin_one():
    outcomes = {"ok.no": [10, 12, 0], "ok.never": [0, 0, 0], "ok.yes": [40, 38, 2]}
    row = evaluate(parse(REVIEW), observed(3, outcomes), draws=50).indicator("ok.no")
    assert (row.observed, row.n) == (0.0, 2)
    assert (row.enough.value, row.enough.n, row.enough.on) == (0.24, 50, date(2026, 1, 18))


def test_data_that_end_early_or_run_thin_are_named():
    text = "metric spend activity unit eur"
    ended = evaluate(parse(text), observed(12, series={"spend": [900.0] * 9 + [None] * 3}), draws=50)
    assert ended.coverage.cautions == ("The data end on 2026-03-08: the 3 weeks after it are empty.",)
    thin = review([10] * 9 + [0], of=50).coverage.cautions
    assert thin == ()
    outcomes = {"ok.no": [10] * 9 + [1], "ok.yes": [40] * 9 + [2]}
    (caution,) = evaluate(parse(REVIEW), observed(10, outcomes), draws=50).coverage.cautions
    assert caution.startswith("The last full week holds 3 decisions and visits where 50 are usual")


def test_what_is_produced_is_not_forecast_below_nothing():
    rng = np.random.default_rng(1)
    text = "metric leads output unit leads"
    wild = list(np.maximum(rng.normal(5.0, 20.0, 40), 0.0))
    assert evaluate(parse(text), observed(40, series={"leads": wild})).metric("leads").low >= 0.0


def test_a_learned_influence_that_the_series_do_not_show_is_left_out():
    rng = np.random.default_rng(3)
    text = """
    metric spend activity unit eur
    metric leads output unit leads
    cause spend -> leads { lag 1w, learned }
    """
    seen = observed(30, series={"spend": list(rng.normal(1000, 50, 30)), "leads": list(rng.normal(100, 5, 30))})
    evaluation = evaluate(parse(text), seen, draws=50)
    assert evaluation.coverage.notes == (
        "The series do not show yet how spend moves leads: that influence is left out.",
    )
    assert "spend" not in evaluation.metric("leads").by


@pytest.mark.parametrize("wrong", ["pln", 3, ("2026-01-05", "soon"), (date(2026, 3, 1), date(2026, 1, 1))])
def test_a_reference_that_is_none_is_answered_with_what_there_is(wrong):
    with pytest.raises(DataError, match="reference"):
        evaluate(parse(REVIEW), observed(2, series={"ok.no": [0.2, 0.3]}), reference=wrong)


def test_dates_of_a_reference_may_be_texts_and_a_period_of_series_is_enough():
    text = "metric spend activity unit eur"
    seen = observed(20, series={"spend": [500.0] * 10 + [900.0] * 10})
    row = evaluate(parse(text), seen, reference=("2026-01-05", "2026-02-28"), draws=50).metric("spend")
    assert row.baseline == pytest.approx(500.0)


def test_by_another_reference_an_indicator_is_held_to_the_level_there():
    """The plan expects 20 %; without rework there is none."""
    text = REVIEW.replace("  warn above", "  expect 20%\n  warn above", 1)
    outcomes = {"ok.no": [20] * 4, "ok.yes": [30] * 4}
    levels = [
        evaluate(parse(text), observed(4, outcomes), reference=kind, draws=50).indicator("sent_back").expected
        for kind in ("plan", "rework-free")
    ]
    assert levels == [0.2, 0.0]


def test_what_a_rule_asks_for_is_called_with_its_indicator():
    """`do notify` calls what the program registers, for those that warn or alert; others are left alone."""
    calm = review([9, 10, 11], of=50)
    assert calm.dispatch({"notify": lambda row: pytest.fail("nothing fires")}) == ()
    loud = review([30, 31, 32], of=50)
    fires = [row for row in loud.indicators if row.state in ("warn", "alert")]
    told = []
    called = loud.dispatch({fires[0].state: told.append})
    assert [row.name for row in told] == [name for _, name in called]
    assert fires[0].name in [name for _, name in called]


def test_warnings_say_how_strongly_the_one_moves_the_other():
    """One more of a share moves the time by what the process says: the slope that `analyze` gives."""
    evaluation = review([10, 11, 9], of=50)
    pair = next(one for one in evaluation.warnings if one.leading == "ok.no")
    assert pair.strength > 0.0
    assert pair.to_dict()["strength"] == pair.strength
