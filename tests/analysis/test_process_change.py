"""Where rework and delay spread: numbers by hand, and laws that must hold for any process."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow import parse
from mpmflow.analysis.risk.process_change import ProcessChange
from mpmflow.analysis.risk.switching import by_switching
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.model import Model

WEEK = 7 * 86400.0

BRIEF = """
workflow w {
  arrivals 4 per week
  deadline 6d
  step draft takes 1d costs 100 eur
  decision check takes 2h { pass, back 20% -> draft rework, lost 5% scrap }
  step send takes 1d
}
"""

WEBINAR = """
workflow w {
  arrivals 4 per week
  step brief takes exponential(1d) costs 50 eur
  decision complete { yes, no 20% -> brief rework }
  parallel assets {
    branch {
      step copy takes gamma(mean 2d, sd 1d) costs 10 eur
      decision good { fine, bad 10% -> copy rework, awful 2% scrap }
    }
    branch { step media takes exponential(3d) costs 70 eur }
  }
  decision legal takes 4h {
    approve 80% then 87%
    fix 15% then 8% -> assets rework
    later 4% -> legal delay 5d
    reject 1% scrap
  }
  step launch takes 1h
}
"""


def changed(text: str, **levers: str) -> ProcessChange:
    model = parse(text)
    return between(model, apply(model, {name.replace("__", "."): value for name, value in levers.items()}))


def between(before: Model, after: Model) -> ProcessChange:
    return ProcessChange(to_chain(before, "w"), to_chain(after, "w"), {}, WEEK)


def close(split) -> bool:
    scale = max(abs(split.before), abs(split.after), *(abs(part) for part in split.parts.values()))
    return abs(split.residual) <= 1e-9 * scale


def test_a_draft_that_comes_back_by_hand():
    """Rework q makes 1/(1-q) drafts: from 20 % to 50 %, without scrap, drafts rise from 1.25 to 2."""
    text = BRIEF.replace(", lost 5% scrap", "")
    draft = changed(text, check__back="50%").nodes["draft"]
    assert draft.visits.before == pytest.approx(1.25)
    assert draft.visits.after == pytest.approx(2.0)
    assert draft.visits.parts == pytest.approx({"check.back": 0.75})
    assert draft.time.change == pytest.approx(0.75 * 86400)
    assert (draft.path, draft.own) == (pytest.approx(0.75 * 86400), 0.0)


def test_longer_steps_are_own_delay_and_more_visits_are_path_delay():
    """Visits 1.25 -> 2, and 2 days instead of 1: path 0.75 x 1.5 days, own 1.625 x 1 day, together 2.75 days."""
    draft = changed(BRIEF.replace(", lost 5% scrap", ""), check__back="50%", draft__takes="2d").nodes["draft"]
    assert draft.path / 86400 == pytest.approx(0.75 * 1.5)
    assert draft.own / 86400 == pytest.approx(1.625)
    assert draft.time.change / 86400 == pytest.approx(2.75)
    assert draft.time.parts == pytest.approx({"check.back": 0.75 * 1.5 * 86400, "draft.time": 1.625 * 86400})


def test_two_outcomes_of_one_decision_share_its_change_by_what_each_did():
    change = changed(BRIEF, check__back="30%", check__lost="2%")
    well = change.split("yield")
    assert well is not None
    assert well.before == pytest.approx(0.75 / 0.8)
    assert well.after == pytest.approx(0.68 / 0.7)
    # Sending back costs nobody the case by itself (all come round again), but each round is one more chance to be lost.
    assert well.parts["check.lost"] > 0 > well.parts["check.back"]
    assert sum(well.parts.values()) == pytest.approx(well.change, rel=1e-12)
    send = change.nodes["send"].visits
    assert send.parts["check.lost"] == pytest.approx(well.parts["check.lost"])


def test_who_did_not_move_gets_nothing():
    change = changed(WEBINAR, complete__no="40%")
    for function in ("time", "cost", "yield", "first_pass", "rework", "throughput"):
        split = change.split(function)
        assert split is not None
        assert set(split.parts) <= {"complete.no"}, function


@pytest.mark.parametrize("function", ["time", "cost", "yield", "scrap", "first_pass", "rework", "throughput", "wip"])
def test_parts_add_up_with_blocks_and_shares_that_change_per_visit(function):
    levers = {
        "complete.no": "35%", "good.bad": "25%", "good.awful": "4%", "legal.fix": "20%", "legal.approve": "70%",
        "legal.later": "9%", "media.takes": "5d", "w.arrivals": "5 per week",
    }  # fmt: skip
    model = parse(WEBINAR)
    change = between(model, apply(model, levers))
    split = change.split(function)
    assert split is not None
    assert close(split)
    assert split.parts
    assert all(close(node.visits) and close(node.time) for node in change.nodes.values())
    assert all(abs(node.path + node.own - node.time.change) < 1e-6 for node in change.nodes.values())


def test_lateness_and_percentiles_add_up_too():
    change = changed(BRIEF.replace("takes 1d", "takes exponential(1d)"), check__back="40%", send__takes="2d")
    for asked in (("late", None), ("time", "p90"), ("time", "sd")):
        split = change.split(*asked)
        assert split is not None
        assert close(split)
        assert split.change > 0
        assert set(split.parts) == {"check.back", "send.time"}


def test_swapping_reference_and_present_flips_every_sign():
    model = parse(WEBINAR)
    now = apply(model, {"complete.no": "35%", "good.bad": "25%", "media.takes": "5d"})
    there, back = between(model, now), between(now, model)
    for function in ("time", "cost", "first_pass"):
        forth, reverse = there.split(function), back.split(function)
        assert forth is not None
        assert reverse is not None
        assert reverse.parts == pytest.approx({name: -part for name, part in forth.parts.items()}, rel=1e-9)


def test_a_team_has_what_its_steps_have():
    text = "team a { people 2 }\n" + BRIEF.replace("step draft", "step draft by a").replace(
        "check takes", "check by a takes"
    )
    change = changed(text, check__back="40%")
    found = change.team_spread()["a"]
    visits, time, path, own = found.visits, found.time, found.path, found.own
    nodes = change.nodes
    assert visits.change == pytest.approx(nodes["draft"].visits.change + nodes["check"].visits.change)
    assert time.change == pytest.approx(path + own)


shares = st.integers(1, 45).map(lambda share: f"{share}%")
days = st.integers(1, 9).map(lambda number: f"{number}d")


@st.composite
def two_states(draw: st.DrawFn) -> tuple[Model, Model]:
    """A line of steps with decisions that send back to any earlier step, in two states."""
    length = draw(st.integers(1, 5))
    lines, levers = ["workflow w {", "arrivals 3 per week"], {}
    for number in range(length):
        lines.append(f"step s{number} takes {draw(days)} costs {draw(st.integers(1, 99))} eur")
        target = draw(st.integers(0, number))
        back, lost = draw(shares), draw(shares)
        lines.append(f"decision d{number} {{ on, back {back} -> s{target} rework, lost {lost} scrap }}")
        if draw(st.booleans()):
            levers[f"d{number}.back"] = draw(shares)
        if draw(st.booleans()):
            levers[f"d{number}.lost"] = draw(shares)
        if draw(st.booleans()):
            levers[f"s{number}.takes"] = draw(days)
    model = parse("\n".join([*lines, "}"]))
    return model, apply(model, levers)


@given(two_states())
@settings(max_examples=25, deadline=None)
def test_parts_add_up_in_any_process(states):
    change = between(*states)
    for function in ("time", "cost", "yield", "first_pass", "throughput"):
        split = change.split(function)
        assert split is not None
        assert close(split)
    for node in change.nodes.values():
        assert close(node.visits)
        assert close(node.time)


@given(two_states())
@settings(max_examples=8, deadline=None)
def test_the_closed_split_is_near_that_by_switching(states):
    """Two unrelated ways to share out the same change: they agree on what each source did, up to interactions."""
    change = between(*states)
    sources = change.compared.sources
    before, after, parts = by_switching(lambda chosen: change.solution(chosen).values["time.mean"], sources)
    split = change.split("time")
    assert split is not None
    assert float(before) == pytest.approx(split.before)
    assert float(after) == pytest.approx(split.after)
    gap = sum(abs(float(parts[name]) - split.parts.get(name, 0.0)) for name in sources)
    assert gap <= 0.25 * sum(abs(part) for part in split.parts.values()) + 1e-6
    if len(sources) <= 1:
        assert gap <= 1e-6 * (1 + abs(split.change))


@pytest.mark.parametrize("seed", range(3))
def test_parts_of_a_delay_agree_with_shapleys_by_brute_force(seed):
    """Every set of sources solved by itself: the parts at all nodes are within 1 % of the Shapley values."""
    a, b, c = 12 + 3 * seed, 20 - 2 * seed, 10 + 5 * seed
    model = parse(
        f"workflow w {{ arrivals 3 per week\nstep s0 takes 2d\ndecision d0 {{ on, back {a}% -> s0 rework }}\n"
        f"step s1 takes 3d\ndecision d1 {{ on, back {b}% -> s0 rework, lost 3% scrap }}\n"
        f"step s2 takes 1d\ndecision d2 {{ on, back {c}% -> s1 rework }} }}"
    )
    levers = {"d0.back": f"{a + 4}%", "d1.back": f"{b - 3}%", "d2.back": f"{c + 5}%", "s1.takes": "4d"}
    change = between(model, apply(model, levers))
    names = {lever: lever.replace(".takes", ".time") for lever in levers}

    def times(chosen):
        nodes = between(model, apply(model, {lever: levers[lever] for lever in chosen})).nodes
        return {node: spread.time.after for node, spread in nodes.items()}

    worth = {frozenset(one): times(one) for size in range(5) for one in combinations(levers, size)}
    gap = whole = 0.0
    for lever, name in names.items():
        for node, spread in change.nodes.items():
            exact = sum(
                (worth[one | {lever}][node] - worth[one][node]) / (4 * comb(3, len(one)))
                for one in worth
                if lever not in one
            )
            gap += abs(exact - spread.time.parts.get(name, 0.0))
            whole += abs(exact)
    assert whole > 0.0
    assert gap <= 0.01 * whole
