"""One period against another: the parts add up to the change, agree with Shapley's, and say what may be luck."""

from __future__ import annotations

import itertools
import json
from datetime import date, datetime, timedelta
from math import factorial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.periods.draft import Draft
from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source
from mpmflow.exchange.schema import schema

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = "2026-01-05..2026-02-01", "2026-02-02..2026-03-01"
HOUR = 3600.0

MODEL = """
team desk { people 5, cost 30 eur/h, owner "Head of desk" }
workflow w {
  arrivals 20 per week
  choose kind {
    small 70%          seen as "small"
    large 30% -> check seen as "large"
  }
  step quick -> done   seen as "quick"
  decision check {
    fine              seen as "fine"
    back 20% -> check rework seen as "back"
    gone  5%          scrap  seen as "gone"
  }
  step send takes 2h seen as "send"
  done
}
metric days operational = time(w) unit d lower is better target at most 2d by 2026-12-31
metric good operational = first_pass(w) unit % higher is better
metric sold output = throughput(w) higher is better
metric ratio operational = sold / days higher is better
objective quick_desk department { measured by days, owner "COO" }
initiative course {
  moves check.back from 20% to 10% by 2026-02-01, costs 2k eur, owner "Head of desk", serves quick_desk
}
"""


def made_log(
    seed: int, *, back: tuple[float, float] = (0.2, 0.4), web: tuple[float, float] = (0.5, 0.5)
) -> pl.DataFrame:
    """Cases of both periods: `back` and `web` are the shares of rework and of the web channel in each of them."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, datetime, str]] = []
    for side in (0, 1):
        start = datetime(2026, 1, 5) + timedelta(weeks=4 * side)
        for number in range(80 + 20 * side):
            case, now = f"{side}-{number}", start + timedelta(hours=float(rng.uniform(0, 500)))
            channel = "web" if rng.random() < web[side] else "shop"
            shown = ["small", "quick"] if rng.random() < 0.6 - 0.2 * side else ["large"]
            if shown == ["large"]:
                while rng.random() < back[side] * (1.3 if channel == "web" else 0.7):
                    shown.append("back")
                shown += ["gone"] if rng.random() < 0.1 else ["fine", "send"]
            for activity in shown:
                rows.append((case, activity, now, channel))
                now += timedelta(hours=float(rng.exponential(3.0 + 2 * side + (4 if channel == "web" else 0))))
    return pl.DataFrame(rows, schema=["case", "activity", "time", "channel"], orient="row")


def compare(log: pl.DataFrame, by: str | None = None, text: str = MODEL):  # type: ignore[no-untyped-def]
    return mpm.compare(mpm.parse(text), log=log, first=FIRST, second=SECOND, by=by)


@given(st.integers(0, 10_000), st.sampled_from([None, "channel"]))
@settings(max_examples=12, deadline=None)
def test_the_parts_of_every_figure_add_up_to_its_change(seed: int, by: str | None) -> None:
    rng = np.random.default_rng(seed)
    back, web = tuple(rng.uniform(0.05, 0.5, 2)), tuple(rng.uniform(0.2, 0.8, 2))
    found = compare(made_log(seed, back=back, web=web), by)
    for row in found.figures:
        size = max(abs(row.before), abs(row.after), *map(abs, row.by.values()), 1e-12)
        assert abs(row.change - sum(row.by.values())) <= 1e-9 * size
        assert abs(row.change - sum(row.kinds.values())) <= 1e-9 * size
        assert abs(row.residual) <= 1e-9 * size


def test_shares_are_what_was_counted_and_nothing_of_the_plan() -> None:
    log = made_log(3)
    found = compare(log)
    early = log.filter(pl.col("time") < datetime(2026, 2, 2))
    counted = {name: early.filter(pl.col("activity") == name).height for name in ("back", "gone", "fine")}
    row = next(row for row in found.levers if row.name == "check.back")
    assert row.n_before == sum(counted.values())
    assert row.before == pytest.approx(counted["back"] / sum(counted.values()))
    assert found.cases == (80, 100)


def test_swapping_the_periods_turns_every_sign() -> None:
    log = made_log(5)
    there = compare(log, "channel")
    back = mpm.compare(mpm.parse(MODEL), log=log, first=SECOND, second=FIRST, by="channel")
    for row in there.figures:
        other = back.figure(row.name)
        size = max(map(abs, row.by.values()), default=1e-12)
        assert (other.before, other.after) == pytest.approx((row.after, row.before))
        assert {name: -part for name, part in other.by.items()} == pytest.approx(dict(row.by), abs=1e-8 * size)
    assert compare(log, "channel").to_json() == there.to_json()


def test_the_parts_agree_with_shapley_values_by_brute_force() -> None:
    """Mean time with four sources: every order of switching them, averaged."""
    model = mpm.parse("""
    workflow w {
      step a takes 2h
      decision one { on, again 20% -> a rework }
      step b takes 3h
      decision two { on, again 10% -> b rework }
    }
    """)
    before = {"a": 2.0, "b": 3.0, "one.again": 0.2, "two.again": 0.1}
    after = {"a": 2.5, "b": 2.8, "one.again": 0.3, "two.again": 0.15}

    def time(chosen: frozenset[str]) -> float:
        level = {name: (after if name in chosen else before)[name] for name in before}
        return level["a"] / (1 - level["one.again"]) + level["b"] / (1 - level["two.again"])

    names = list(before)
    shapley = dict.fromkeys(names, 0.0)
    for order in itertools.permutations(names):
        chosen: frozenset[str] = frozenset()
        for name in order:
            shapley[name] += (time(chosen | {name}) - time(chosen)) / factorial(len(names))
            chosen |= {name}

    from mpmflow.analysis.periods.parts import Changes
    from mpmflow.analysis.periods.states import Seen, States
    from mpmflow.analysis.risk.process_change import ProcessChange
    from mpmflow.analysis.scenarios.whatif import apply
    from mpmflow.graphs.to_chain import to_chain

    settings_ = [
        {
            f"{name}.takes" if len(name) == 1 else name: f"{100 * value:g}%" if value < 1 else f"{value:g}h"
            for name, value in level.items()
        }
        for level in (before, after)
    ]
    old, new = (to_chain(apply(model, one), "w") for one in settings_)
    nothing = Seen({}, {}, {})
    states = States(nothing, nothing, {"w": ProcessChange(old, new, {}, 604800.0)}, (), 604800.0)
    split = Changes(model, states, ({}, {}), "").figure("time", "w")
    assert split is not None
    parts = {name.removesuffix(".time"): part / HOUR for name, part in split.parts.items()}
    assert parts == pytest.approx(shapley, rel=1e-9)


def test_mix_and_what_happened_within_are_told_apart() -> None:
    """Web cases take longer: the mix carries a change when their part grows, and next to none when it stays."""
    shifted = compare(made_log(11, back=(0.3, 0.3), web=(0.2, 0.8)), "channel").figure("days")
    mix = sum(part for name, part in shifted.by.items() if name.startswith("channel = "))
    assert mix > 0.0
    steady = compare(made_log(11, back=(0.3, 0.3), web=(0.5, 0.5)), "channel").figure("days")
    assert abs(sum(part for name, part in steady.by.items() if name.startswith("channel = "))) < 0.5 * mix


def test_a_formula_of_figures_is_shared_out_among_their_sources() -> None:
    found = compare(made_log(7))
    ratio, sold, days = (found.figure(name) for name in ("ratio", "sold", "days"))
    assert ratio.before == pytest.approx(sold.before / days.before)
    assert set(ratio.by) >= set(days.by)
    assert "volume" in ratio.kinds


def test_a_big_change_of_many_is_no_luck_and_a_small_one_of_few_may_be() -> None:
    clear = compare(made_log(13, back=(0.05, 0.6)))
    row = next(row for row in clear.levers if row.name == "check.back")
    assert row.luck is False
    assert row.worse is True
    same = compare(made_log(13, back=(0.2, 0.2)))
    assert next(row for row in same.levers if row.name == "check.back").luck is True


@pytest.mark.slow
def test_luck_alone_is_called_no_luck_in_about_one_of_twenty() -> None:
    wrong = sum(
        next(row for row in compare(made_log(seed, back=(0.2, 0.2))).levers if row.name == "check.back").luck is False
        for seed in range(120)
    )
    assert wrong <= 14  # 6 are expected


def with_draft(model: mpm.Model, draft: Draft) -> mpm.Model:
    """The model with a draft pasted in: its blocks take the places of those of their names, new ones come behind."""
    pasted = compile_source(Source("draft", draft.text)).model
    assert pasted is not None
    new = {one.name: one for one in pasted.initiatives}
    kept = [new.pop(one.name, one) for one in model.initiatives]
    return model.model_copy(update={"initiatives": type(model.initiatives)((*kept, *new.values()))})


def test_the_draft_takes_the_place_of_what_it_adjusts_and_passes_check() -> None:
    model = mpm.parse(MODEL)
    found = compare(made_log(13, back=(0.05, 0.6)))
    assert found.draft.replaces == ("course",)
    level = next(row for row in found.levers if row.name == "check.back").after
    assert f"moves check.back from {100 * level:.1f}% to 10%" in found.draft.text
    pasted = with_draft(model, found.draft)
    assert {one.code for one in pasted.check()} <= {one.code for one in model.check()}
    assert mpm.parse(pasted.to_text()).initiatives == pasted.initiatives


def test_what_came_to_its_goal_is_said_and_not_drafted_again() -> None:
    found = compare(made_log(17, back=(0.3, 0.02)))
    assert found.draft.reached == ("course",)
    assert "course" not in found.draft.text


def test_the_travel_example_ends_in_initiatives_that_pass_check() -> None:
    model = mpm.load(ROOT / "examples/travel/travel.mpm")
    found = mpm.compare(model, first="2018-01-01..2018-06-30", second="2018-07-01..2018-12-31")
    assert found.draft.adds
    pasted = with_draft(model, found.draft)
    assert {one.code for one in pasted.check()} <= {one.code for one in model.check()}
    for row in found.figures:
        assert abs(row.residual) <= 1e-9 * max(abs(row.before), abs(row.after))
    time = found.figure("cycle_time")
    assert time.kinds["process"] > time.kinds["rates"] > 0.0


def test_a_table_without_counts_says_that_luck_cannot_be_ruled_out() -> None:
    model = mpm.load(ROOT / "examples/webinar/webinar.mpm")
    found = mpm.compare(model, first="2025-03-03..2025-06-29", second="2025-11-03..2026-03-01")
    assert all(row.luck is None for row in found.levers)
    assert any("without counts" in note for note in found.notes)
    assert found.figure("leads").kinds.keys() == {"data"}
    assert found.figure("cost_per_lead").by.keys() == {"spend", "leads"}


def test_the_document_keeps_to_its_schema() -> None:
    found = compare(made_log(3), "channel")
    validate(json.loads(found.to_json()), schema("comparison"))
    assert len(found.to_frame()) == len(found.figures)


WRONG = {
    "overlap": (FIRST, "2026-01-20..2026-03-01", "overlap"),
    "backward": ("2026-02-01..2026-01-05", SECOND, "ends before it begins"),
    "no-period": ("January", SECOND, "is no period"),
    "outside": (FIRST, "2027-01-01..2027-02-01", "no period starts"),
    "empty": ("2026-03-28..2026-03-29", FIRST, "nothing was observed|no period starts"),
}


@pytest.mark.parametrize("case", WRONG)
def test_periods_that_cannot_be_compared_are_refused_in_words(case: str) -> None:
    first, second, words = WRONG[case]
    with pytest.raises(mpm.DataError, match=words):
        mpm.compare(mpm.parse(MODEL), log=made_log(1), first=first, second=second)


def test_dates_do_as_well_as_texts() -> None:
    log = made_log(2)
    spans = {"first": (date(2026, 1, 5), date(2026, 2, 1)), "second": (date(2026, 2, 2), date(2026, 3, 1))}
    assert mpm.compare(mpm.parse(MODEL), log=log, **spans).to_json() == compare(log).to_json()


def test_lateness_with_more_sources_than_can_be_switched_is_told_and_said_not_to_be_shared_out() -> None:
    steps = [f"s{number}" for number in range(44)]
    body = "\n".join(f"  step {name} takes exponential(3h)" for name in steps)
    text = f"workflow w {{\n  deadline 8d\n{body}\n}}\nmetric tardy operational = late(w) unit % lower is better\n"
    rng = np.random.default_rng(1)
    rows = []
    for case in range(60):
        now = datetime(2026, 1, 5) + timedelta(weeks=4 * (case // 30), hours=float(rng.uniform(0, 200)))
        for name in steps:
            now += timedelta(hours=float(rng.exponential(3.0 + case // 30)))
            rows.append((str(case), name, now, "web"))
    found = compare(pl.DataFrame(rows, schema=["case", "activity", "time", "channel"], orient="row"), text=text)
    tardy = found.figure("tardy")
    assert tardy.change > 0.0
    assert dict(tardy.by) == {"late(w)": pytest.approx(tardy.change)}
    assert any(note.startswith("tardy: more than 40 sources") for note in found.notes)
    assert found.figure("time(w)").residual == pytest.approx(0.0, abs=1e-6)


def test_what_is_no_more_than_rounding_is_neither_better_nor_worse() -> None:
    """Of twenty weeks with more briefs sent back no campaign is lost more often: 1e-16 of it is no change."""
    model = mpm.load(Path(__file__).parents[2] / "examples/webinar/webinar.mpm")
    found = mpm.compare(model, first="2025-06-01..2025-09-30", second="2025-10-01..2026-01-31")
    ends_well = found.figure("yield(webinar)")
    assert (ends_well.change, dict(ends_well.by), dict(ends_well.kinds)) == (0.0, {}, {})
    assert found.figure("cost(webinar)").unit == "eur"


def test_values_too_rare_for_a_part_of_their_own_stand_together_with_their_own_times() -> None:
    """Half of the cases are quick ones of the web, the others are of forty channels that take ten times as long."""
    text = "workflow w { step a takes 3h\n step b takes 3h }\nmetric t operational = time(w) unit h lower is better\n"
    rows = []
    for case in range(400):
        quick = case % 2 == 0
        now = datetime(2026, 1, 5) + timedelta(weeks=4 * (case // 200), hours=case % 200)
        for name in ("a", "b"):
            rows.append((str(case), name, now, "web" if quick else f"tiny {case % 80}"))
            now += timedelta(hours=3 if quick else 30)
    log = pl.DataFrame(rows, schema=["case", "activity", "time", "channel"], orient="row")
    whole, told = compare(log, text=text), compare(log, "channel", text)
    assert told.figure("t").before == pytest.approx(whole.figure("t").before, rel=0.02)
    assert {row.name for row in told.levers if row.kind == "mix"} == {"channel = web", "channel = others"}
