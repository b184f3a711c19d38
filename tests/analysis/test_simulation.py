"""`simulate` against the exact engine, against itself, and against small cases worked out by hand.

Where nobody waits for anybody, both engines answer the same question: every feature in turn. Where people wait, the
identities that hold in every run are tested here, closed forms and other simulators in `test_simulation_queues`.
"""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.analysis.exact.analyze import WorkflowAnalysis, analyze_workflow
from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.simulation.answer import Estimate, Simulation
from mpmflow.analysis.simulation.simulate import EffortError
from tests.random_workflows import random_workflow

DAY, HOUR = 86400.0, 3600.0

PLENTY = "team all { people 1000, cost 60 eur/h }\n"
"""So many people that nobody waits."""

FEATURES = {
    "rework": """
        step brief by all takes exponential(4h) costs 40 eur
        decision ok by all takes 30min { yes, no 20% -> brief rework }
    """,
    "both branches": """
        parallel assets {
          branch { step copy by all takes exponential(1d) }
          branch { step media by all takes 1d to 2d costs 300 eur
                   decision fit { yes, no 25% -> media rework } }
        }
        step launch takes 1h
    """,
    "the first branch": """
        first answer {
          branch { step mail takes exponential(2d) }
          branch { step phone takes 1d to 3d costs 3 eur }
        }
        step close takes 1h
    """,
    "a branch that loses the case": """
        parallel both {
          branch { step copy takes 1d }
          branch { step media takes 2d
                   decision usable { yes, no 10% scrap } }
        }
        step launch takes 1h
    """,
    "a loop with a bound": """
        step draft takes exponential(1d)
        decision good { yes, no 60% -> draft rework at most 2 then -> chief }
        step publish takes 1h -> done
        step chief by all takes 1d -> publish
    """,
    "shares by visit": """
        step draft takes 2h
        decision good { yes 40% then 70% then 90%, no -> draft rework }
    """,
    "delays": """
        step ask takes 1h
        decision answered { yes, later 30% -> answered delay exponential(2d), never 5% scrap }
    """,
    "own waits": """
        step print by all takes 2h waits lognormal(mean 3d, sd 2d) costs 400 eur
        step ship takes gamma(mean 5h, sd 2h) waits 1d
    """,
    "several ends": """
        choose customer { new 30% -> welcome, known 50% -> published, lost 20% -> gone }
        step welcome takes weibull(shape 1.5, scale 3d)
        done
        done published
        scrap gone
    """,
    "waste": """
        step draft by all takes 4h costs 100 eur
        decision use { yes, other 25% waste }
        step finish takes normal(mean 2h, sd 1h) costs 10 eur
        decision again { no, yes 20% -> draft waste }
    """,
    "waste in a branch": """
        step brief takes 1h costs 5 eur
        parallel both {
          branch { step copy by all takes 4h
                   decision kept { yes, no 30% waste } }
          branch { step media by all takes triangular(1h, 2h, 1d) costs 50 eur }
        }
        decision launched { yes, no 10% waste }
    """,
    "two calls of one workflow": """
        step draft takes 2h
        call review
        step polish takes 1h
        call review as again
    """,
}
REVIEW = """
workflow review {
  step read by all takes 1h to 3h
  decision fine { yes, no 15% -> read rework, hopeless 2% scrap }
}
"""


def model_of(body: str) -> mpm.Model:
    arrivals = "arrivals 4 per day\n deadline 5d"
    return mpm.parse(f"{PLENTY}workflow w {{ {arrivals}\n{body} }}\n{REVIEW}")


def exact(model: mpm.Model) -> WorkflowAnalysis:
    """Without waits: nobody waits among a thousand."""
    return analyze_workflow(model, model.workflows["w"], Solver(LawBook()))


def pairs(known: WorkflowAnalysis, found: Simulation) -> dict[str, tuple[float, Estimate]]:
    """Every figure that both engines have."""
    values = {name: value for name, value in known.figures.items() if value is not None}
    values |= {f"ends.{name}": share for name, share in known.ends.items()}
    values |= {f"visits.{name}": visits for name, visits in known.visits.items()}
    for name, step in known.steps.items():
        values |= {f"steps.{name}.{figure}": getattr(step, figure) for figure in ("visits", "time", "cost")}
    for name, team in known.teams.items():
        if team.load is not None:
            values[f"teams.{name}.load"] = team.load
    figures = found["w"].figures
    return {name: (value, figures[name]) for name, value in values.items() if name in figures}


def off(value: float, estimate: Estimate) -> float:
    """By how many half intervals a value lies beside the mean; rounding is no difference."""
    if abs(value - estimate.mean) <= 1e-9 * max(1.0, abs(value)):
        return 0.0
    assert estimate.low is not None
    assert estimate.high is not None
    half = (estimate.high - estimate.low) / 2.0
    return abs(value - estimate.mean) / half if half else float("inf")


@pytest.mark.parametrize("feature", FEATURES)
def test_where_nobody_waits_the_simulation_finds_the_exact_figures(feature: str) -> None:
    """Some twenty figures with 95 % intervals: one in twenty may lie outside, none far outside."""
    model = model_of(FEATURES[feature])
    found = mpm.simulate(model, 60_000, seed=3)
    compared = pairs(exact(model), found)
    assert len(compared) >= 20
    missed = {name: off(*pair) for name, pair in compared.items() if off(*pair) > 1.0}
    assert max(missed.values(), default=0.0) < 2.5, missed
    assert len(missed) <= max(2, len(compared) // 5), missed
    assert found["w"]["teams.all.wait"].mean == 0.0 if "by all" in FEATURES[feature] else True


def test_an_end_that_was_never_seen_may_still_be_rare() -> None:
    rare = mpm.parse("workflow w { arrivals 9 per day, decision ok { yes, no 0.0001% scrap } }")
    scrap = mpm.simulate(rare, 1000)["w"]["scrap"]
    assert (scrap.mean, scrap.low) == (0.0, 0.0)
    assert scrap.high == pytest.approx(3.7e-3, rel=0.01)
    never = mpm.parse("workflow w { arrivals 9 per day, step s takes 1h }")
    assert mpm.simulate(never, 1000)["w"]["scrap"].high == 0.0


def test_the_process_is_full_before_counting_begins() -> None:
    """Nobody waits, so times settle at once; but two hundred cases under way take their time to come."""
    slow = mpm.parse("workflow w { arrivals 10 per day, step grow takes exponential(20d) }")
    found = mpm.simulate(slow, 20_000)["w"]
    assert off(200.0, found["wip"]) < 1.6
    assert off(10 / DAY, found["throughput_per_s"]) < 1.6
    assert mpm.simulate(slow, 20_000, warmup=10)["w"]["wip"].mean < 190.0


def test_another_share_lies_outside_its_interval() -> None:
    """The comparison above can fail."""
    model, other = (model_of(FEATURES["rework"].replace("20%", share)) for share in ("20%", "22%"))
    compared = pairs(exact(other), mpm.simulate(model, 60_000, seed=3))
    assert sum(off(*pair) > 2.5 for pair in compared.values()) >= 5


# ------------------------------------------------------------------------------------------ identities of every run

SHARED = """
team desk { people 2, cost 50 eur/h }
team legal { people 1 }
workflow claims {
  arrivals every gamma(mean 3h, sd 2h)
  step open by desk takes exponential(2h)
  decision complete by desk takes 20min { yes, no 25% -> open rework, hopeless 3% scrap }
  step check by legal takes lognormal(mean 90min, sd 1h)
}
workflow questions {
  arrivals 2 per day
  step answer by desk takes 3h to 5h
  parallel both {
    branch { step file by desk takes 30min }
    branch { step look by legal takes exponential(1h) }
  }
}
"""


def test_cases_are_conserved_and_little_s_law_holds() -> None:
    found = mpm.simulate(mpm.parse(SHARED), 200_000, replications=10, seed=5)
    assert found.run.arrived == found.run.ended + found.run.left
    for name, rate in (("claims", 1 / (3 * HOUR)), ("questions", 2 / DAY)):
        workflow = found[name]
        assert workflow["wip"].mean == pytest.approx(rate * workflow["time.mean"].mean, rel=0.02)
        leaving = sum(share.mean for end, share in workflow.figures.items() if end.startswith("ends."))
        assert leaving == pytest.approx(1.0, abs=1e-12)
        assert workflow["throughput_per_s"].mean == pytest.approx(rate * workflow["yield"].mean, rel=0.02)


def test_people_are_busy_with_the_work_of_all_workflows() -> None:
    """Load = work of everybody who comes / people; and it is one figure, whichever workflow one looks at."""
    model = mpm.parse(SHARED)
    found = mpm.simulate(model, 100_000, seed=6)
    rates = {"claims": 1 / (3 * HOUR), "questions": 2 / DAY}
    for team, people in (("desk", 2), ("legal", 1)):
        work = sum(
            rate * analyze_workflow(model, model.workflows[name]).teams[team].work for name, rate in rates.items()
        )
        assert work / people in found["claims"][f"teams.{team}.load"]
        assert found.run.loads[team] == pytest.approx(work / people, rel=0.01)
        assert found["claims"][f"teams.{team}.load"] == found["questions"][f"teams.{team}.load"]


def test_a_queue_is_its_rate_times_its_wait() -> None:
    """Little's law again, for those who wait for a team, over both workflows."""
    found = mpm.simulate(mpm.parse(SHARED), 200_000, seed=7)
    waiting = sum(
        rate * found[name]["teams.desk.wait_per_case"].mean
        for name, rate in (("claims", 1 / (3 * HOUR)), ("questions", 2 / DAY))
    )
    assert found["claims"]["teams.desk.queue"].mean == pytest.approx(waiting, rel=0.03)


def test_imported_workflows_keep_the_shared_people_busy_too(tmp_path: Path) -> None:
    (tmp_path / "people.mpm").write_text(
        "team desk\nworkflow other { arrivals every exponential(2h), step b by desk takes exponential(1h) }",
        encoding="utf-8",
    )
    (tmp_path / "mine.mpm").write_text(
        'import "people.mpm"\nworkflow w { arrivals every exponential(4h), step a by desk takes exponential(1h) }',
        encoding="utf-8",
    )
    found = mpm.simulate(mpm.load(tmp_path / "mine.mpm"), 60_000)
    assert set(found.workflows) == {"w", "other"}
    assert 0.75 in found["w"]["teams.desk.load"]
    assert off(3 * HOUR, found["w"]["steps.a.wait"]) < 1.6


# ----------------------------------------------------------------------------------------------- worked out by hand


def once(text: str, **more: object) -> Simulation:
    """A single batch, without chance, counted once."""
    return mpm.simulate(mpm.parse(text), replications=1, **more)  # type: ignore[arg-type]


def test_hours_of_work_by_hand() -> None:
    """Three cases on Monday 00:00, one person from 9 to 12 and 13 to 17, five hours each.

    The first: 9-12 and 13-15, done at hour 15. The second: 15-17, then Tuesday 9-12, done at hour 36. The third:
    Tuesday 13-17 and Wednesday 9-10, done at hour 58. They waited 9, 15 and 37 hours.
    """
    found = once("""
        team desk { people 1, works mon-fri 09:00-12:00 13:00-17:00 }
        workflow w { arrivals 3 at once, step serve by desk takes 5h }
    """)["w"]
    assert found["time.mean"].mean == pytest.approx((15 + 36 + 58) / 3 * HOUR)
    assert found["steps.serve.wait"].mean == pytest.approx((9 + 15 + 37) / 3 * HOUR)
    assert found["steps.serve.time"].mean == pytest.approx((6 + 21 + 21) / 3 * HOUR)
    assert found["touch_time.mean"].mean == pytest.approx(5 * HOUR)


def test_a_weekend_is_waited_out_but_a_wait_of_the_calendar_is_not_stretched() -> None:
    """Work of six days of eight hours, from Monday: done on the second Monday at 17:00. Then a day of waiting."""
    found = once("""
        team desk { people 1, works mon-fri 09:00-17:00 }
        workflow w { arrivals 1 at once, step serve by desk takes 6d, step dry waits 1d }
    """)["w"]
    assert found["time.mean"].mean == pytest.approx((7 * 24 + 17 + 24) * HOUR)
    assert found["touch_time.mean"].mean == pytest.approx(48 * HOUR)


def test_times_that_are_all_the_same_lie_in_their_percentiles_too() -> None:
    for hours in (1, 3, 7.77):
        found = mpm.simulate(mpm.parse(f"workflow w {{ arrivals 5 per day, step s takes {hours}h }}"), 2000)["w"]
        assert all(hours * HOUR in found[f"time.p{part}"] for part in (50, 90, 95))


def test_a_batch_by_hand() -> None:
    """A case every hour: ten together, or when the first has waited four hours.

    The first case comes at hour 1; with 4 h of patience those of hours 1 to 5 go on at hour 5 (the fifth comes then
    and may be with them or first of the next), so waits are 4, 3, 2, 1, 0 or 4, 3, 2, 1.
    """
    text = """
        workflow w { arrivals every 1h
          step send batch 10 or 4h takes 10min }
    """
    found = mpm.simulate(mpm.parse(text), 1000, warmup=0, replications=1)["w"]
    assert found["steps.send.wait"].mean in (pytest.approx(2 * HOUR, rel=0.01), pytest.approx(2.5 * HOUR, rel=0.01))
    full = mpm.simulate(mpm.parse(text.replace("or 4h", "or 1w")), 1000, warmup=0, replications=1)["w"]
    assert full["steps.send.wait"].mean == pytest.approx(4.5 * HOUR)
    assert full["time.mean"].mean == pytest.approx(4.5 * HOUR + 600)


def test_the_rest_of_a_batch_goes_on_when_the_first_has_waited_long_enough() -> None:
    """25 at once: two batches of ten at time 0, five after a day."""
    found = once("workflow w { arrivals 25 at once, step send batch 10 or 1d takes 1h }")["w"]
    assert found["time.mean"].mean == pytest.approx(HOUR + 5 / 25 * DAY)
    assert found["visits.send"].mean == 1.0


TWO = """
team desk {{ people 1, serves {serves} }}
workflow slow {{ arrivals 2 at once, {slow} step write by desk takes 10h }}
workflow quick {{ arrivals 2 at once, {quick} step sign by desk takes 1h }}
"""


@pytest.mark.parametrize(
    ("serves", "priorities", "slow", "quick"),
    [
        # whoever came first is at work already: one of `slow`, for ten hours
        ("first come", ("", ""), (10 + 20) / 2, (21 + 22) / 2),
        ("shortest first", ("", ""), (10 + 22) / 2, (11 + 12) / 2),
        ("priority first", ("priority 2", "priority 1"), (10 + 22) / 2, (11 + 12) / 2),
        ("priority first", ("priority 1", "priority 2"), (10 + 20) / 2, (21 + 22) / 2),
        # none said is behind all that are
        ("priority first", ("", "priority 7"), (10 + 22) / 2, (11 + 12) / 2),
    ],
)
def test_who_is_served_next_by_hand(serves: str, priorities: tuple[str, str], slow: float, quick: float) -> None:
    text = TWO.format(serves=serves, slow=f"{priorities[0]}\n", quick=f"{priorities[1]}\n")
    found = once(text)
    assert found["slow"]["time.mean"].mean == pytest.approx(slow * HOUR)
    assert found["quick"]["time.mean"].mean == pytest.approx(quick * HOUR)


def test_the_oldest_case_goes_first_even_if_it_came_to_the_desk_last() -> None:
    """A case every ten minutes is signed for an hour, walks for half an hour, and is sealed for an hour.

    Oldest first: case 1 (of 0:10) is signed until 1:10, case 2 until 2:10, case 1 sealed until 3:10, case 2 until
    4:10; case 3 is signed until 5:10, case 4 until 6:10, and case 3 sealed until 7:10.
    """
    text = """
        team desk {{ people 1, serves {} }}
        workflow w {{ arrivals every 10min
          step sign by desk takes 1h
          step walk takes 30min
          step seal by desk takes 1h }}
    """
    oldest = once(text.format("oldest first"), cases=3, warmup=0)["w"]
    assert oldest["time.mean"].mean == pytest.approx((3 + 23 / 6 + 20 / 3) / 3 * HOUR)
    first = once(text.format("first come"), cases=3, warmup=0)["w"]
    assert first["time.mean"].mean > 3 * oldest["time.mean"].mean


# ---------------------------------------------------------------------------------------------- the same luck


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_workers() -> None:
    model = mpm.parse(SHARED)
    executors: list[Executor | None] = [None, ThreadPoolExecutor(3)]
    answers = {mpm.simulate(model, 4000, seed=9, executor=executor).to_json() for executor in executors}
    answers.add(mpm.simulate(model, 4000, seed=9, workers=1).to_json())
    assert len(answers) == 1
    assert mpm.simulate(model, 4000, seed=10).to_json() not in answers


def test_other_processes_give_the_same_answer() -> None:
    model = mpm.parse(SHARED)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        far = mpm.simulate(model, 2000, seed=9, replications=2, executor=elsewhere)
    assert far.to_json() == mpm.simulate(model, 2000, seed=9, replications=2).to_json()


def test_a_dask_cluster_gives_the_same_answer() -> None:
    distributed = pytest.importorskip("distributed", reason="optional: dask[distributed] is not installed")
    model = mpm.parse(SHARED)
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        far = mpm.simulate(model, 2000, seed=9, replications=2, executor=client.get_executor())
    assert far.to_json() == mpm.simulate(model, 2000, seed=9, replications=2).to_json()


SCENARIOS = SHARED + "scenario third { desk.people = 3 }\nscenario same { desk.people = 2 }\n"


def test_a_scenario_meets_the_same_luck() -> None:
    found = mpm.simulate(mpm.parse(SCENARIOS), 40_000, seed=4, scenarios=["third", "same"])
    gain = found.scenarios["third"].difference["claims"]["time.mean"]
    today, then = found["claims"]["time.mean"], found.scenarios["third"].workflows["claims"]["time.mean"]
    assert gain.mean == pytest.approx(then.mean - today.mean)
    assert gain.high is not None
    assert gain.high < 0.0
    apart = sum((one.high or 0.0) - (one.low or 0.0) for one in (today, then))
    assert (gain.high or 0.0) - (gain.low or 0.0) < apart
    nothing = found.scenarios["same"].difference["claims"].values()
    assert {(one.mean, one.low, one.high) for one in nothing} == {(0.0, 0.0, 0.0)}


def test_settings_of_one_s_own_are_a_scenario_too() -> None:
    found = mpm.simulate(mpm.parse(SHARED), 4000, scenarios={"fewer back": {"complete.no": "5%"}})
    assert found.scenarios["fewer back"].difference["claims"]["visits.open"].mean < -0.2


# ------------------------------------------------------------------------------------------ how much is simulated


def test_replications_go_on_until_the_figure_is_known_well_enough() -> None:
    model = mpm.parse(SHARED + "metric days operational = p90(time(questions)) unit d\n")
    rough = mpm.simulate(model, 4000, figure="days")
    fine = mpm.simulate(model, 4000, figure="days", within="5%")
    assert (fine.workflow, fine.figure) == ("questions", "time.p90")
    assert rough.reached is not None
    assert fine.reached is not None
    assert rough.reached > 0.05 >= fine.reached
    assert fine.run.replications > rough.run.replications
    assert rough.within is None


def test_the_first_cases_are_left_out_where_the_start_is_empty() -> None:
    busy = mpm.parse("team t\nworkflow w { arrivals every exponential(1h), step s by t takes exponential(51min) }")
    assert mpm.simulate(busy, 20_000).run.warmup > 10
    assert mpm.simulate(busy, 2000, warmup=77).run.warmup == 77


def test_a_team_beyond_its_limits_is_named() -> None:
    found = mpm.simulate(mpm.parse("team t\nworkflow w { arrivals 30 per day, step s by t takes 1h }"), 2000)
    assert found.run.overloaded == ("t",)
    assert found.run.loads["t"] == pytest.approx(1.25)
    assert any("125%" in note for note in found.notes)


# ----------------------------------------------------------------------------------------------- what cannot be done


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("workflow w {\n step s takes 1h\n}", 1, "no cases come to it"),
        ("workflow w {\n arrivals 0 per day\n step s takes 1h\n}", 1, "no cases come to it"),
        ("team t { people 0 }\nworkflow w {\n arrivals 1 per day\n step s by t takes 1h\n}", 1, "has no people"),
        ("workflow w {\n arrivals every 0h\n step s takes 1h\n}", 1, "without any time between"),
        ("team t { works mon-fri 09:00-09:00 }\nworkflow w { arrivals 1 per day, step s by t takes 1h }", 1, "09:00"),
        ("workflow w {\n arrivals 1 per day\n step s takes -1h\n}", 3, "negative"),
    ],
)
def test_what_cannot_be_simulated_is_said_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(mpm.MpmError) as caught:
        mpm.simulate(mpm.parse(text), 10)
    assert words in str(caught.value)
    assert caught.value.diagnostics[0].span.line == line


def test_a_figure_that_is_not_there_is_said_with_the_nearest() -> None:
    model = mpm.parse(SHARED)
    with pytest.raises(mpm.MpmError, match="time\\.mean"):
        mpm.simulate(model, 10, figure="time.maen", within=0.1)
    with pytest.raises(mpm.MpmError, match="deadline"):
        mpm.simulate(model, 10, figure="time.late", within=0.1)
    with pytest.raises(mpm.MpmError, match="questions"):
        mpm.simulate(model, 10, workflow="question", within=0.1)
    with pytest.raises(EffortError, match="bins"):
        mpm.simulate(model, 10, figure="time.p50", within=0.001)


@pytest.mark.parametrize(
    "asked",
    [{"cases": 0}, {"cases": 10**10}, {"replications": 0}, {"warmup": -1}, {"within": "200%"}, {"within": "soon"},
     {"within": 0.0}, {"workers": 0}, {"seed": -1}],
)  # fmt: skip
def test_numbers_that_make_no_simulation_are_refused(asked: dict[str, object]) -> None:
    with pytest.raises(EffortError, match=next(iter(asked))):
        mpm.simulate(mpm.parse(SHARED), **asked)  # type: ignore[arg-type]


def test_a_priority_that_nobody_heeds_is_a_finding() -> None:
    text = "team t { people 1, serves priority first }\nworkflow w { arrivals 1 per day, priority 1, call inner }\n"
    heeded = mpm.parse(text + "workflow inner { step s by t takes 1h }")
    assert "unheeded-priority" not in {finding.code for finding in heeded.check()}
    alone = mpm.parse("workflow w { arrivals 1 per day, priority 1, step s takes 1h }")
    assert "unheeded-priority" in {finding.code for finding in alone.check()}
    assert not any("nothing" in note for note in mpm.simulate(heeded, 100)["w"].notes)


def test_a_priority_that_nobody_heeds_is_noted() -> None:
    found = mpm.simulate(mpm.parse("workflow w { arrivals 1 per day, priority 1, step s takes 1h }"), 100)
    assert any("changes nothing" in note for note in found["w"].notes)


@pytest.mark.parametrize("seed", range(10))
def test_random_workflows_have_their_exact_figures(seed: int) -> None:
    """Some sixty figures of each: none lies farther from the exact one than chance allows in ten thousand."""
    text = random_workflow(seed).replace("people 2", "people 5000")
    model = mpm.parse(text.replace("workflow w {", "workflow w {\n arrivals 5 per day\n deadline 9d", 1))
    compared = pairs(exact(model), mpm.simulate(model, 20_000, seed=seed + 1))
    far = {name: off(*pair) for name, pair in compared.items() if off(*pair) > 2.6}
    assert not far


def test_where_no_case_ends_before_there_is_room_for_no_more_nothing_is_told_of_times() -> None:
    found = mpm.simulate(
        mpm.parse("""
        team clerks { people 1 }
        workflow w { arrivals 100 per min, step serve by clerks takes 300d }
        """),
        1000,
        replications=2,
    )
    assert found.run.cases == 0
    assert found.to_dict()["workflows"]["w"]["time"]["mean"] == {"mean": None, "low": None, "high": None}
    assert any("none was counted and nothing is known of their times" in note for note in found.notes)
