"""Rework fills the calendar of a shared team, and then everything that this team does waits, in other workflows too."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

import mpmflow as mpm
from mpmflow.analysis.congestion.network import networks
from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.risk.pool_spill import pool_spill
from mpmflow.analysis.risk.process_draws import _wait
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.model.distributions import Exponential
from mpmflow.model.process import PoissonArrivals

from .risk_data import DAY, observed

TEXT = """
workflow campaign "Campaign" {
  arrivals 3 per week
  deadline 20d
  team legal { people 1 }
  team studio { people 1 }
  step brief by studio takes exponential(20h)
  decision ok "Does legal approve?" by legal takes exponential(24h) {
    yes
    no 10% -> brief rework
  }
  decision sound "Is it sound?" by studio takes exponential(6h) {
    yes
    no 5% -> brief rework
  }
}
workflow contract "Contract" {
  arrivals 1 per week
  step review by legal takes exponential(30h)
}
workflow quiet "Quiet" {
  arrivals 1 per week
  team desk { people 1 }
  step note by desk takes exponential(10h)
}
metric days operational = time(campaign) unit d lower is better { target at most 6d by 2026-12-31, owner "A" }
metric contract_days operational = time(contract) unit d lower is better { target at most 4d by 2026-12-31, owner "A" }
metric quiet_days operational = time(quiet) unit d lower is better
objective fast "Fast" department {
  measured by days, contract_days, quiet_days
  owner "A"
  target at most 6d by 2026-12-31
}
"""
MODEL = mpm.parse(TEXT)
WEEKS = 12


def weekly(ok_no=0.10, sound_no=0.05, of=100):
    """Decisions of every week, all alike."""
    rows = {"ok": ok_no, "sound": sound_no}
    outcomes = {}
    for name, share in rows.items():
        outcomes[f"{name}.no"] = (round(of * share),) * WEEKS
        outcomes[f"{name}.yes"] = (of - round(of * share),) * WEEKS
    return outcomes


def seen(**shares):
    return evaluate(MODEL, observed(WEEKS, outcomes=weekly(**shares)), draws=2000)


@pytest.fixture(scope="module")
def busier():
    """Legal sends a quarter back instead of a tenth."""
    return seen(ok_no=0.25, sound_no=0.08)


def row(evaluation, at, workflow=None):
    return next(one for one in evaluation.spread if one.at == at and workflow in (None, one.workflow))


# ------------------------------------------------------------------------------------------ where it lands
def test_by_plan_times_are_those_of_analyze_with_its_waits():
    plan, found = mpm.analyze(MODEL), seen()
    for metric, workflow in (("days", "campaign"), ("contract_days", "contract"), ("quiet_days", "quiet")):
        assert found.metric(metric).baseline == pytest.approx(plan[workflow]["time.mean"], rel=1e-9)


def test_rework_of_one_workflow_makes_another_wait(busier):
    contract = busier.metric("contract_days")
    assert contract.change > 0.2 * DAY
    assert contract.by["ok.no"] > 0.8 * contract.change
    assert contract.reaches_on > busier.as_of  # a queue takes its time to settle
    review = row(busier, "review")
    assert review.pool_time == pytest.approx(review.extra_time)
    assert (review.path_time, review.own_time) == (0.0, 0.0)


def test_what_shares_no_team_with_it_feels_nothing(busier):
    assert busier.metric("quiet_days").change == pytest.approx(0.0, abs=1e-9)
    assert row(busier, "note").extra_time == 0.0


def test_path_own_and_waits_add_up_and_so_do_the_sources(busier):
    for place in busier.spread:
        if place.kind == "metric":
            continue
        assert place.path_time + place.own_time + place.pool_time == pytest.approx(place.extra_time, abs=1e-6)
        assert sum(place.time_by.values()) == pytest.approx(place.extra_time, abs=1e-6)
        assert not any(name.endswith(".queue") for name in place.time_by)
    for metric in busier.metrics:
        assert sum(metric.by.values()) == pytest.approx(metric.change or 0.0, rel=1e-9, abs=1e-4)


def test_the_change_is_that_of_the_present_process_analyzed(busier):
    """The estimate as a model of its own gives the same time, waits and all."""
    shares = {name: busier.indicator(name).estimate for name in ("ok.no", "sound.no")}
    now = mpm.analyze(apply(MODEL, shares))
    for metric, workflow in (("days", "campaign"), ("contract_days", "contract")):
        change = row(busier, metric).change  # in the long run; the forecast of a date is a little on the way
        assert busier.metric(metric).baseline + change == pytest.approx(now[workflow]["time.mean"], rel=1e-6)


def test_a_team_is_told_with_its_load_its_wait_and_what_moved_it(busier):
    legal = next(team for team in busier.teams if team.name == "legal")
    assert legal.load > legal.load_before
    assert legal.wait > legal.wait_before
    assert sum(legal.wait_by.values()) == pytest.approx(legal.wait - legal.wait_before, rel=1e-9)
    assert 0.0 <= legal.p_overloaded < 0.05


def test_mending_it_gives_back_the_waits_of_both(busier):
    """The first action takes the share back to the plan; what that gains is what a new evaluation finds."""
    mended = next(action for action in busier.actions if action.lever == "ok.no")
    without = apply(MODEL, {"sound.no": busier.indicator("sound.no").estimate})
    then = mpm.analyze(without)
    for metric, workflow, on_the_way in (("days", "campaign", 1e-6), ("contract_days", "contract", 0.06)):
        now = busier.metric(metric).baseline + row(busier, metric).change
        assert mended.gains[metric] == pytest.approx(then[workflow]["time.mean"] - now, rel=on_the_way)


# ------------------------------------------------------------------------------------------ whose it is
def spills(**shares):
    changed = apply(MODEL, {name.replace("_", "."): share for name, share in shares.items()})
    before, after = (networks(model, {}, Solver(LawBook()))[0] for model in (MODEL, changed))
    return before, after, pool_spill(before, after, {})


def test_parts_of_a_wait_agree_with_shapleys_by_brute_force():
    """Every order of two shares, one time and one rate of arrivals: within 1 % of the whole."""
    levers = {
        "ok.no": "13%",
        "sound.no": "7%",
        "brief.takes": Exponential(mean="21h"),
        "contract.arrivals": PoissonArrivals(cases="1.1", per="1w"),
    }
    named = {"brief.takes": "brief.time"}

    def wait(chosen):
        changed = apply(MODEL, {lever: levers[lever] for lever in chosen})
        return networks(changed, {}, Solver(LawBook()))[0].found.wait

    value = {frozenset(some): wait(some) for some in _subsets(list(levers))}
    orders = list(permutations(levers))
    exact = dict.fromkeys(levers, 0.0)
    for order in orders:
        for place, lever in enumerate(order):
            step = value[frozenset(order[: place + 1])] - value[frozenset(order[:place])]
            exact[lever] = exact[lever] + step / len(orders)
    changed = apply(MODEL, levers)
    before, after = (networks(model, {}, Solver(LawBook()))[0] for model in (MODEL, changed))
    found = pool_spill(before, after, {})
    for pool, crew in enumerate(after.crews):
        whole = value[frozenset(levers)][pool] - value[frozenset()][pool]
        for lever in levers:
            part = found[crew.name].by.get(named.get(lever, lever), 0.0)
            assert part == pytest.approx(exact[lever][pool] / whole, abs=0.01)


def _subsets(names):
    for mask in range(2 ** len(names)):
        yield [name for place, name in enumerate(names) if mask >> place & 1]


def test_parts_add_up_and_what_did_not_move_has_none():
    _, _, found = spills(ok_no="20%")
    for spill in found.values():
        assert sum(spill.by.values()) == pytest.approx(1.0)
        assert set(spill.by) == {"ok.no"}
        assert abs(spill.residual) < 1e-6


def test_there_and_back_again_the_parts_are_the_same():
    before, after, found = spills(ok_no="20%", sound_no="12%")
    back = pool_spill(after, before, {})
    for team, spill in found.items():
        assert back[team].by == pytest.approx(spill.by, abs=1e-6)


def test_beyond_full_load_the_load_is_shared_out():
    _, _, found = spills(ok_no="70%", sound_no="12%")
    assert {spill.of for spill in found.values()} == {"load"}
    assert sum(found["legal"].by.values()) == pytest.approx(1.0)


# ------------------------------------------------------------------------------------------ what data show
def test_a_wait_that_data_show_is_not_counted_twice():
    """Legal is seen to take as long as the plan implies, queue and all: then nothing is late."""
    plan = mpm.analyze(MODEL)["campaign"]
    sojourn = (plan.steps["ok"].time + plan.steps["ok"].wait) / DAY
    visits = (100,) * WEEKS
    data = observed(WEEKS, outcomes=weekly(), times={"ok": (visits, (sojourn,) * WEEKS)})
    found = evaluate(MODEL, data, draws=1000)
    assert found.metric("days").baseline == pytest.approx(plan["time.mean"], rel=1e-6)
    assert found.metric("days").forecast == pytest.approx(plan["time.mean"], rel=1e-3)
    assert found.indicator("ok.wait").expected == pytest.approx(sojourn * DAY, rel=1e-6)


def test_of_a_longer_wait_that_data_show_the_queue_explains_its_part():
    plan = mpm.analyze(MODEL)["campaign"]
    sojourn = (plan.steps["ok"].time + plan.steps["ok"].wait) / DAY + 6.0
    data = observed(WEEKS, outcomes=weekly(ok_no=0.25), times={"ok": ((100,) * WEEKS, (sojourn,) * WEEKS)})
    found = evaluate(MODEL, data, draws=1000)
    ok = row(found, "ok")
    assert ok.pool_time > 0.0
    assert ok.own_time > 0.0
    assert ok.path_time + ok.own_time + ok.pool_time == pytest.approx(ok.extra_time)
    legal = next(team for team in found.teams if team.name == "legal")
    visits = plan.visits["ok"] + 0.5 * ok.extra_visits
    assert ok.pool_time == pytest.approx(visits * (legal.wait - legal.wait_before), rel=1e-6)


def test_without_rework_the_queues_are_shorter_too():
    data = observed(WEEKS, outcomes=weekly(ok_no=0.25))
    found = evaluate(MODEL, data, reference="rework-free", draws=1000)
    legal = next(team for team in found.teams if team.name == "legal")
    assert legal.load_before < legal.load
    assert row(found, "contract_days").change == pytest.approx(legal.wait - legal.wait_before, rel=1e-6)


# ------------------------------------------------------------------------------------------ too much work
def test_a_team_with_more_work_than_people_is_told_first_and_nothing_is_invented():
    found = seen(ok_no=0.6)
    assert any("legal has more work than people" in caution for caution in found.coverage.cautions)
    legal = next(team for team in found.teams if team.name == "legal")
    assert legal.load > 1.0
    assert legal.overload.enough_people >= 2
    assert legal.p_overloaded > 0.5
    assert legal.by == "load"
    assert found.metric("contract_days").p_miss > 0.5
    assert np.isfinite(found.metric("contract_days").forecast)


def test_waits_in_draws_follow_the_formula_solved_anew():
    """From a load of .7 to others, against the network with other arrivals."""
    crew = networks(MODEL, {}, Solver(LawBook()))[0]
    pool = crew.pools["legal"]
    now, wait = crew.found.load[pool], crew.found.wait[pool]
    for rate in ("2 per week", "3.4 per week", "3.8 per week"):
        other = networks(apply(MODEL, {"campaign.arrivals": rate}), {}, Solver(LawBook()))[0].found
        drawn = _wait(np.array([other.load[pool]]), float(now), float(wait), 1, 1e9)
        assert drawn[0] == pytest.approx(other.wait[pool], rel=0.1)


@pytest.mark.parametrize("load", [0.9, 0.97, 1.0, 1.05, 1.2])
def test_near_and_beyond_full_load_a_draw_waits_as_long_as_a_queue_that_began_today(load):
    """One clerk who is 80 % busy today, 2184 mean services ahead: Lindley's recursion, case by case, as the referee."""
    luck, ahead = np.random.default_rng(5), 2184.0
    waits = []
    for _ in range(800):
        cases = luck.poisson(load * ahead)
        steps = np.cumsum(luck.exponential(1.0, cases) - luck.exponential(1.0 / load, cases))
        today = luck.exponential(5.0) if luck.random() < 0.8 else 0.0
        waits.append(steps[-1] + max(today, -steps.min()))
    (found,) = _wait(np.array([load]), 0.8, 4.0, 1, ahead)
    assert found == pytest.approx(np.mean(waits), rel=0.1)


def test_a_case_that_comes_twice_meets_half_of_the_pile_at_a_visit():
    once, twice = (_wait(np.array([1.2]), 0.8, wait, 1, 1e6, part)[0] for wait, part in ((4.0, 1.0), (2.0, 0.5)))
    assert twice == pytest.approx(once / 2.0)


def test_where_a_team_is_exactly_full_a_draw_with_more_work_waits_all_the_same():
    assert _wait(np.array([0.9, 1.1]), 1.0, 0.0, 2, 1000.0, 0.5) == pytest.approx([0.0, 50.0])


def test_the_seed_decides_and_a_team_that_is_not_there_changes_nothing():
    first, second = seen(ok_no=0.25), seen(ok_no=0.25)
    assert first.to_json() == second.to_json()
    alone = replace(first, teams=())
    assert alone.metric("days") == first.metric("days")
