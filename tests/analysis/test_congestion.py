"""Waits in front of teams, from the text to the answer: textbook queues, shared teams, slopes, overload."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import mpmflow as mpm
from mpmflow.analysis.congestion.network import networks
from mpmflow.analysis.exact.analyze import Analysis, WorkflowAnalysis
from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.scenarios.whatif import apply, levers
from mpmflow.exchange.schema import schema
from mpmflow.model.model import Import, Model
from mpmflow.numerics.queues.erlang import erlang_c

HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0
EXACT = {"rel": 1e-9, "abs": 1e-9}


def asked(text: str, **options: str) -> Analysis:
    return mpm.analyze(mpm.parse(text), **options)  # type: ignore[arg-type]


def one(text: str, **options: str) -> WorkflowAnalysis:
    return next(iter(asked(text, **options).workflows.values()))


def counter(people: int = 1, rate: str = "0.5 per h", takes: str = "exponential(1h)", more: str = "") -> str:
    step = f" step serve by clerk takes {takes}\n{more}"
    return f"team clerk {{ people {people} }}\nworkflow w {{\n arrivals {rate}\n{step}}}"


class TestTextbookQueues:
    @pytest.mark.parametrize("load", ["0.1", "0.5", "0.8", "0.95"])
    @pytest.mark.parametrize("formula", ["work", "qna", "jackson", "mgm"])
    def test_one_clerk_and_random_work(self, load: str, formula: str) -> None:
        """M/M/1: rho / (mu - lambda)."""
        found, rho = one(counter(rate=f"{load} per h"), waits=formula), float(load)
        assert found.steps["serve"].wait == pytest.approx(HOUR * rho / (1 - rho), **EXACT)
        assert found["time.mean"] == pytest.approx(HOUR / (1 - rho), **EXACT)
        assert found["wip"] == pytest.approx(rho / (1 - rho), **EXACT)
        assert found.teams["clerk"].load == pytest.approx(rho, **EXACT)
        assert found.teams["clerk"].delayed == pytest.approx(rho, **EXACT)
        assert found.teams["clerk"].queue == pytest.approx(rho**2 / (1 - rho), **EXACT)

    @pytest.mark.parametrize(("people", "offered"), [(2, 1), (5, 4), (17, 12), (60, 55)])
    def test_several_clerks(self, people: int, offered: int) -> None:
        """M/M/m: Erlang's C."""
        found = one(counter(people, f"{offered} per h"))
        chance = erlang_c(people, offered)
        assert found.teams["clerk"].delayed == pytest.approx(chance, **EXACT)
        assert found.steps["serve"].wait == pytest.approx(HOUR * chance / (people - offered), **EXACT)

    @pytest.mark.parametrize(
        ("takes", "second"),
        [("1h", 1.0), ("0h to 2h", 4 / 3), ("gamma(mean 1h, sd 2h)", 5.0), ("lognormal(mean 1h, sd 30min)", 1.25)],
    )
    def test_any_law_of_work_for_one_clerk(self, takes: str, second: float) -> None:
        """M/G/1: Pollaczek and Khinchine."""
        found = one(counter(rate="0.6 per h", takes=takes))
        assert found.steps["serve"].wait == pytest.approx(HOUR * 0.6 * second / 2 / 0.4, **EXACT)

    @pytest.mark.parametrize("share", ["10%", "40%"])
    def test_work_that_comes_back(self, share: str) -> None:
        """Bernoulli feedback is a queue to which cases come more often."""
        back = float(share[:-1]) / 100
        found = one(counter(more=f" decision ok {{ yes, no {share} -> serve rework }}\n"))
        inner = 0.5 / (1 - back)
        assert found.steps["serve"].wait == pytest.approx(HOUR * inner / (1 - inner), **EXACT)
        assert found["time.mean"] == pytest.approx(HOUR / (1 - inner) / (1 - back), **EXACT)

    def test_a_network_of_teams_with_rework(self) -> None:
        """Jackson: every team is a queue of its own; one in five goes back from the fourth to the second."""
        speed, people = [0.8, 0.6, 1.1, 0.9, 0.7], [2, 3, 2, 2, 2]
        teams = "\n".join(f"team t{p} {{ people {m} }}" for p, m in enumerate(people))
        hours = [f"exponential({3600 / mu:.12f}s)" for mu in speed]
        text = f"""{teams}
workflow w {{
  arrivals 1 per h
  step a by t0 takes {hours[0]}
  step b by t1 takes {hours[1]}
  step c by t2 takes {hours[2]}
  decision d by t3 takes {hours[3]} {{ yes, no 20% -> b rework }}
  step e by t4 takes {hours[4]}
}}"""
        inner = [1, 1.25, 1.25, 1.25, 1]
        wanted = sum(
            inner[p] * (erlang_c(people[p], inner[p] / speed[p]) / (people[p] * speed[p] - inner[p]) + 1 / speed[p])
            for p in range(5)
        )
        assert one(text)["time.mean"] == pytest.approx(HOUR * wanted, **EXACT)
        assert one(text)["time.mean"] == pytest.approx(HOUR * 12.5125, rel=5e-6)

    def test_the_law_of_the_time_is_that_of_the_queue(self) -> None:
        """The time in an M/M/1 is exponential; 200,000 draws know a percentile to half a per cent."""
        found = one(counter(more=" done\n").replace("arrivals", "deadline 5h\n arrivals"))
        assert found["time.p90"] == pytest.approx(2 * HOUR * math.log(10), rel=0.01)
        assert found["time.sd"] == pytest.approx(2 * HOUR, rel=0.01)
        assert found["time.late"] == pytest.approx(math.exp(-2.5), abs=0.002)
        assert found.percentile(0.9) == found["time.p90"]
        assert found.chance_later_than("5h") == pytest.approx(found["time.late"])
        assert found.law_of("done").percentile(0.9) == found["time.p90"]
        assert found.method["time.mean"] == "approximate"
        assert found.method["time.p90"] == found.method["time.late"] == "simulated"

    def test_a_steady_beat_and_fixed_work_never_queue(self) -> None:
        found = one(counter(rate="every 2h", takes="1h"))
        assert found["time.mean"] == found["time.p90"] == HOUR
        assert found.teams["clerk"].wait == 0.0
        assert found.waiting is not None
        assert found.waiting.drawn is None


SHARED = """
team legal { people 2 }
team writers { people 3 }
workflow webinar {
  arrivals 4 per day
  step brief by writers takes exponential(6h)
  decision legal_ok by legal takes exponential(3h) { yes, no 20% -> brief rework }
}
workflow paper {
  arrivals 3 per day
  step draft by writers takes 4h
  decision sound by legal takes exponential(3h) { yes, no 30% -> draft rework }
}
workflow apart {
  arrivals 1 per day
  team others { people 1 }
  step work by others takes exponential(2h)
}
"""


class TestTeamsThatWorkflowsShare:
    def test_both_wait_the_same_and_the_load_is_that_of_both(self) -> None:
        found = asked(SHARED)
        rate = 4 / 0.8 + 3 / 0.7
        for name, step in (("webinar", "legal_ok"), ("paper", "sound")):
            assert found[name].teams["legal"].load == pytest.approx(rate * 3 / 24 / 2, **EXACT)
            assert found[name].steps[step].wait == found["webinar"].teams["legal"].wait
        queue = rate / DAY * found["webinar"].teams["legal"].wait
        assert found["paper"].teams["legal"].queue == pytest.approx(queue, **EXACT)
        note = "legal and writers also work for paper: their cases wait for each other"
        assert note in found["webinar"].notes

    def test_a_decision_elsewhere_moves_this_workflow_and_none_that_shares_no_team(self) -> None:
        before, after = asked(SHARED), asked(SHARED.replace("no 30%", "no 45%"))
        assert after["webinar"]["time.mean"] > before["webinar"]["time.mean"]
        assert after["webinar"]["time.without_wait"] == before["webinar"]["time.without_wait"]
        assert after["apart"].figures == before["apart"].figures

    def test_the_lever_of_the_other_workflow_stands_here_with_its_slope(self) -> None:
        found = asked(SHARED)["webinar"]
        slope, _ = found.levers.effect("sound.no", "time.mean")
        up, down = (asked(SHARED.replace("no 30%", f"no {share}%"))["webinar"] for share in (30.001, 29.999))
        assert slope == pytest.approx((up["time.mean"] - down["time.mean"]) / 2e-5, rel=1e-5)
        assert found.levers.effect("sound.no", "time.without_wait") is None
        assert "work.takes" not in found.levers.names

    def test_a_called_workflow_brings_its_work_to_the_caller(self) -> None:
        text = """
        team legal { people 1 }
        workflow w { arrivals 4 per day
          call review
          step check by legal takes exponential(1h) }
        workflow review { step look by legal takes exponential(1h)
          decision fine { yes, no 50% -> look rework } }
        """
        found = asked(text)
        rate = 4 / 24 * 3  # two looks, one check
        assert found["w"].teams["legal"].load == pytest.approx(rate, **EXACT)
        assert found["w"].steps["look"].wait == pytest.approx(HOUR * rate / (1 - rate), **EXACT)
        assert found["review"].teams["legal"].wait is None  # nothing comes to it by itself

    def test_imported_workflows_that_keep_coming_share_too(self) -> None:
        shared = mpm.parse("team t { people 1 }\nworkflow a { arrivals 8 per day\n step s by t takes exponential(1h) }")
        text = "team t\nworkflow b { arrivals 4 per day\n step u by t takes exponential(1h) }"
        model = Model(imports=[Import(path="a.mpm", model=shared)], workflows=mpm.parse(text).workflows)
        found = mpm.analyze(model)
        assert found["b"].teams["t"].load == pytest.approx(0.5, **EXACT)
        assert found["b"]["time.mean"] == pytest.approx(2 * HOUR, **EXACT)
        assert list(found.workflows) == ["b"]

    @settings(max_examples=8, deadline=None)
    @given(st.integers(1, 4), st.integers(5, 60), st.integers(1, 4), st.integers(10, 95))
    def test_more_rework_elsewhere_never_shortens_a_wait_for_one_team(
        self, people: int, share: int, hours: int, load: int
    ) -> None:
        """One team, two workflows, random work of one mean: the queue is exact, so the order is too."""
        rate = load / 100 * people / hours / (0.5 + 0.5 / (1 - share / 100)) / 2
        text = f"""team t {{ people {people} }}
        workflow a {{ arrivals {rate:.9f} per h
          step s by t takes exponential({hours}h) }}
        workflow b {{ arrivals {rate:.9f} per h
          step u by t takes exponential({hours}h)
          decision d {{ yes, no SHARE% -> u rework }} }}"""
        more, less = (network_of(mpm.parse(text.replace("SHARE", str(part)))) for part in (share, share - 5))
        assert more.time("a") > less.time("a")


BLOCKS = """
team a { people 1 }
team b { people 2 }
workflow w {
  arrivals 0.3 per h
  step open by b takes 20min
  parallel both {
    branch { step s by a takes exponential(1h)
      decision ok { yes, no 20% -> s rework } }
    branch { step t by b takes gamma(mean 2h, sd 1h) waits 10min }
  }
  decision good by a takes 15min { yes, no 10% -> both rework }
  decision later { now, hold 5% -> open delay 3h, never 2% scrap }
}
workflow v {
  arrivals every gamma(mean 8h, sd 4h)
  step k by b takes 1h
  decision sure { yes, no 25% -> k rework at most 2 then -> scrap }
}
"""


@cache
def blocks() -> tuple[Model, WorkflowAnalysis]:
    """The model above and the figures of its first workflow, worked out once."""
    model = mpm.parse(BLOCKS)
    return model, mpm.analyze(model)["w"]


class TestSlopes:
    @pytest.mark.parametrize(
        "lever",
        ["good.no", "later.hold", "ok.no", "sure.no", "s.takes", "t.takes", "open.takes", "good.takes", "k.takes",
         "t.waits", "later.hold.delay", "w.arrivals"],
    )  # fmt: skip
    def test_each_lever_moves_times_and_waits_as_differences_do(self, lever: str) -> None:
        """Outside and inside a block, of this workflow and of the other one that shares a team."""
        model, found = blocks()
        row = next((value, effects) for name, value, effects in found.levers if name == lever)
        step = 1e-4 * row[0]

        def moved(change: float) -> dict[str, float]:
            network = network_of(with_lever(model, lever, row[0], change))
            waits = {f"teams.{team}.wait": wait.mean for team, wait in network.waits.items()}
            return {"time.mean": network.time_by_formula("w"), **waits}

        up, down = moved(step), moved(-step)
        for figure in up:
            known = row[1].get(figure)
            difference = (up[figure] - down[figure]) / (2 * step)
            assert (known[0] if known else 0.0) == pytest.approx(difference, rel=2e-5, abs=1e-7 * abs(up[figure]))

    def test_work_in_process_is_the_rate_times_the_time_and_so_are_its_slopes(self) -> None:
        found = blocks()[1]
        rate = 0.3 / HOUR
        assert found["wip"] == pytest.approx(rate * found["time.mean"], rel=1e-12)
        for name, _, effects in found.levers:
            if "wip" in effects and name != "w.arrivals":
                assert effects["wip"][0] == pytest.approx(rate * effects["time.mean"][0], rel=1e-12)

    def test_people_are_counted_one_by_one(self) -> None:
        model, found = blocks()
        for person in found.people:
            for count, change in ((person.people + 1, person.one_more), (person.people - 1, person.one_fewer)):
                if change is None:
                    assert count == 0 or mpm.analyze(apply(model, {f"{person.team}.people": str(count)})).overload
                    continue
                then = mpm.analyze(apply(model, {f"{person.team}.people": str(count)}))["w"]
                assert change["time.mean"] == pytest.approx(then["time.mean"] - found["time.mean"], rel=1e-9)
                wait = f"teams.{person.team}.wait"
                assert change[wait] == pytest.approx(then[wait] - found[wait], rel=1e-9)

    def test_mending_a_decision_also_shortens_the_queues(self) -> None:
        model = mpm.parse(SHARED)
        found = mpm.analyze(model)["webinar"]
        mended = mpm.analyze(apply(model, {"legal_ok.no": "0%"}))["webinar"]
        gains = {one.decision: one.gains for one in found.ranking}["legal_ok"]
        assert gains["time.mean"] == pytest.approx(mended["time.mean"] - found["time.mean"], rel=1e-9)
        assert gains["time.without_wait"] == pytest.approx(
            mended["time.without_wait"] - found["time.without_wait"], rel=1e-9
        )
        assert gains["time.mean"] < gains["time.without_wait"] < 0

    def test_mending_that_lets_more_cases_go_on_than_a_team_can_serve_is_no_gain_of_nothing(self) -> None:
        model = mpm.parse("""
            workflow w {
              arrivals 10 per d
              team clerk { people 1 }
              decision ok takes 1h { yes, no 50% scrap }
              decision neat by clerk takes 4h { yes, no 10% -> neat rework }
              done
            }
        """)
        assert mpm.analyze(apply(model, {"ok.no": "0%"}))["w"]["time.mean"] is None
        found = mpm.analyze(model)["w"]
        assert [one.decision for one in found.ranking] == ["neat", "ok"]
        mended = found.ranking[1]
        assert mended.overloads == ("clerk",)
        assert "time.mean" not in mended.gains
        assert found.mending_both[0].overloads == ("clerk",)
        document = mpm.analyze(model).to_dict()
        Draft202012Validator(schema("analysis")).validate(document)
        assert document["workflows"]["w"]["ranking"][1]["overloads"] == ["clerk"]

    def test_a_network_with_too_many_levers_inside_blocks_says_which_are_left_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mpmflow.analysis.congestion.effects.DIFFERENCE_BUDGET", 1)
        found = mpm.analyze(mpm.parse(BLOCKS))["w"]
        assert {"ok.no", "s.takes", "t.waits"} <= set(found.levers.left_out)
        assert found.levers.effect("ok.no", "time.mean") is None
        assert found.levers.effect("good.no", "time.mean") is not None

    def test_long_workflows_draw_fewer_cases(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mpmflow.analysis.congestion.drawn.VISITS", 20_000)
        assert one(counter()).to_dict()["waits"]["draws"] == 20_000

    def test_older_formulas_have_waits_and_no_slopes_of_them(self) -> None:
        found = mpm.analyze(mpm.parse(BLOCKS), waits="qna")["w"]
        assert found["time.mean"] > found["time.without_wait"]
        assert found.levers.effect("good.no", "time.mean") is None
        assert found.levers.effect("good.no", "time.without_wait") is not None


class TestMoreWorkThanPeople:
    TEXT = BLOCKS.replace("0.3 per h", "0.6 per h").replace("workflow w {", "workflow w { deadline 5d")

    def test_no_wait_is_invented_and_the_notes_say_why(self) -> None:
        found = asked(self.TEXT)["w"]
        empty = ("time.mean", "time.sd", "time.p50", "time.late", "wip", "teams.a.wait", "teams.b.wait")
        assert [found[figure] for figure in empty] == [None] * len(empty)
        assert found["time.without_wait"] == blocks()[1]["time.without_wait"]
        assert found.steps["s"].wait is None
        assert found.teams["a"].load > 1
        assert found.method["throughput_per_s"] == "bounded"
        assert any(note.startswith("a cannot keep up with its work") for note in found.notes)
        assert any("how long cases wait for b nobody can say" in note for note in found.notes)
        assert found.percentile(0.9) is None
        with pytest.raises(ValueError, match="keep up"):
            assert found.law
        assert found.people[0].one_fewer is None

    def test_the_load_adds_up_from_its_sources(self) -> None:
        (team,) = asked(self.TEXT).overload
        assert (team.team, team.people) == ("a", 1)
        assert sum(team.without_rework.values()) + sum(team.rework.values()) == pytest.approx(team.load, rel=1e-12)
        assert set(team.rework) == {"ok", "good"}
        assert set(team.without_rework) == {"w"}
        assert team.growth_per_day == pytest.approx((team.load - 1) * DAY, rel=1e-9)

    def test_what_would_be_enough_is_enough_and_not_more(self) -> None:
        model = mpm.parse(self.TEXT)
        (team,) = mpm.analyze(model).overload
        assert network_of(apply(model, {"a.people": str(team.enough_people)})).found.load[0] <= 0.85
        assert network_of(apply(model, {"a.people": str(team.enough_people - 1)})).found.load[0] > 0.85
        rate = team.largest_arrivals["w"]
        assert network_of(apply(model, {"w.arrivals": f"{rate * DAY!r} per day"})).found.load[0] == pytest.approx(1)
        below = {name: share for name, share in team.largest_shares.items() if share is not None}
        for name, share in below.items():
            assert network_of(apply(model, {name: share})).found.load[0] == pytest.approx(1, rel=1e-9)
        milder = mpm.parse(BLOCKS.replace("0.3 per h", "0.62 per h").replace("exponential(1h)", "exponential(70min)"))
        known = mpm.analyze(milder).overload[0].largest_shares
        assert known["ok.no"] is None or known["ok.no"] < 0.2

    def test_a_share_that_stands_in_several_copies_is_found_too(self) -> None:
        text = """
        team t { people 1 }
        workflow w { arrivals 20 per day
          step a by t takes exponential(40min)
          decision d { yes, no 40% then 50% -> a rework } }
        """
        model = mpm.parse(text)
        (team,) = mpm.analyze(model).overload
        share = team.largest_shares["d.no"]
        assert share == pytest.approx(1 - 20 * 40 / 60 / 24, rel=1e-9)
        assert network_of(apply(model, {"d.no": share})).found.load[0] == pytest.approx(1)

    def test_the_time_until_waits_pass_the_deadline_is_on_the_fluid_path(self) -> None:
        (team,) = asked(
            "team t { people 1 }\nworkflow w { arrivals every 45min\n deadline 11h\n step s by t takes 1h }"
        ).overload
        # A third of an hour of work more each hour: the pile is 10 h after 30 h.
        assert team.late_after["w"] == pytest.approx(30 * HOUR, rel=1e-9)

    def test_document_and_pages_go_by_the_schema(self) -> None:
        analysis = asked(self.TEXT)
        document = json.loads(analysis.to_json())
        assert list(Draft202012Validator(schema("analysis")).iter_errors(document)) == []
        assert document["overload"][0]["team"] == "a"
        assert document["workflows"]["w"]["time"]["mean"] is None

    def test_close_to_full_the_note_says_how_long_the_queue_takes_to_settle(self) -> None:
        found = one(counter(rate="0.97 per h"))
        assert any("clerk is 97% busy: its queue takes about" in note for note in found.notes)


class TestWhatIsNotCounted:
    @pytest.mark.parametrize(
        "text",
        [
            "workflow w { step s takes 1h }",
            "team t\nworkflow w { step s by t takes 1h }",
            "team t\nworkflow w { arrivals 20 at once\n step s by t takes 1h }",
            "workflow w { arrivals 3 per day\n step s takes 1h }",
        ],
    )
    def test_without_arrivals_or_teams_nothing_changes(self, text: str) -> None:
        with_, without = asked(text), asked(text, waits="none")
        assert with_.to_json() == without.to_json()
        document = with_.to_dict()
        assert "overload" not in document
        assert not {"people", "waits"} & set(document["workflows"]["w"])
        assert "without_wait" not in document["workflows"]["w"]["time"]

    def test_none_gives_the_times_of_those_who_find_everybody_free(self) -> None:
        model, found = blocks()
        free = mpm.analyze(model, waits="none")["w"]
        assert free["time.mean"] == found["time.without_wait"]
        assert any("no waiting for people is counted" in note for note in free.notes)

    def test_another_word_is_refused(self) -> None:
        with pytest.raises(ValueError, match="work, qna, jackson, mgm, none"):
            asked(BLOCKS, waits="guess")

    @pytest.mark.parametrize(
        ("text", "line", "words"),
        [
            (
                "team t { people 0 }\nworkflow w { arrivals 3 per day\n step s by t takes 1h }",
                1,
                "nobody is in this team",
            ),
            ("team t\nworkflow w {\n arrivals every 0h\n step s by t takes 1h }", 2, "no time between them"),
        ],
    )
    def test_what_cannot_be_names_the_line(self, text: str, line: int, words: str) -> None:
        with pytest.raises(mpm.MpmError, match=words) as caught:
            asked(text)
        assert f"<text>:{line}:" in str(caught.value)

    def test_batches_and_orders_are_not_followed_and_said(self) -> None:
        text = """
        team t { people 1, serves shortest first }
        workflow w { arrivals 3 per day
          step s by t takes 1h batch 3 or 1d }
        """
        notes = one(text).notes
        assert any("no batches are gathered at s" in note for note in notes)
        assert any("t serves first come" in note for note in notes)


def test_branches_that_wait_for_one_team_meet_one_crowd() -> None:
    """The two waits of a case are one: the mean is that of drawn cases, well below that of independent branches."""
    text = """
    team t { people 1 }
    workflow w { arrivals 0.4 per h
      parallel p {
        branch { step a by t takes exponential(1h) }
        branch { step b by t takes exponential(1h) }
      }
    }
    """
    found = one(text)
    assert found.method["time.mean"] == "simulated"
    assert found["time.mean"] == pytest.approx(found.waiting.drawn.mean)
    assert found["time.mean"] < network_of(mpm.parse(text)).time_by_formula("w")


def test_a_real_purchase_process_is_queued_as_its_parameters_say() -> None:
    """The parameters of the purchasing example: five roles, 21 activities. Cases come at any hour of the week."""
    found = mpm.analyze(mpm.load(Path(__file__).parent / "purchasing.mpm"))["purchasing"]
    rate = 1 / 14829.61
    requests = 1 / (1 - 0.377315)
    buyers = requests * cut_normal(1382.8, 518.3) + cut_normal(1417, 411.7) + 1140 + 7140 + 180 + 60
    assert found.visits["request_fine"] == pytest.approx(requests, rel=1e-9)
    assert found.teams["buyers"].load == pytest.approx(rate * buyers / 3, rel=1e-9)
    assert found["time.mean"] > found["time.without_wait"] > 5 * HOUR
    assert found["wip"] == pytest.approx(rate * found["time.mean"], rel=1e-9)
    assert max(found.teams, key=lambda team: found.teams[team].load) == "buyers"
    assert not any("low confidence" in note for note in found.notes)


def test_formula_and_simulation_agree_on_the_purchase_process() -> None:
    model = mpm.load(Path(__file__).parent / "purchasing.mpm")
    found = mpm.analyze(model)["purchasing"]
    seen = mpm.simulate(model, 40_000, seed=1, replications=4).workflows["purchasing"].figures
    for figure, near in (("time.mean", 0.01), ("time.p90", 0.02), ("time.sd", 0.03), ("teams.buyers.wait", 0.1)):
        assert found[figure] == pytest.approx(seen[figure].mean, rel=near)


def cut_normal(mean: float, sd: float) -> float:
    """The mean of a normal law of which the part below zero does not occur."""
    ratio = mean / sd
    return mean + sd * math.exp(-ratio * ratio / 2) / math.sqrt(2 * math.pi) / (0.5 * math.erfc(-ratio / math.sqrt(2)))


def network_of(model: Model):  # type: ignore[no-untyped-def]
    return next(iter(networks(model, {}, Solver(LawBook()))))


def with_lever(model: Model, lever: str, value: float, change: float) -> Model:
    """The model with a lever moved: the other outcomes pay in proportion, laws are stretched."""
    head, _, tail = lever.rpartition(".")
    if tail == "arrivals":
        return apply(model, {lever: f"{(value + change) * DAY!r} per day"})
    if tail in ("takes", "waits", "delay"):
        law = levers(model)[lever]
        return apply(model, {lever: stretched(law, (value + change) / value)})
    node = next(node for _, node in model.nodes() if getattr(node, "name", "") == head)
    shares = {outcome.name: levers(model)[f"{head}.{outcome.name}"][0] for outcome in node.outcomes}
    rest = 1 - float(shares[tail])
    moved = {
        f"{head}.{name}": Fraction(float(share) + change if name == tail else float(share) * (1 - change / rest))
        for name, share in shares.items()
    }
    last = next(iter(moved))
    moved[last] = 1 - sum(share for name, share in moved.items() if name != last)
    return apply(model, moved)


def stretched(law: object, factor: float) -> object:
    """A duration with every time of it multiplied."""
    exact = Fraction(factor)
    changes = {
        name: value.model_copy(update={"value": value.value * exact})
        for name in ("value", "mean", "sd", "low", "mode", "high", "scale")
        if (value := getattr(law, name, None)) is not None
    }
    return law.model_copy(update=changes)  # type: ignore[attr-defined]
