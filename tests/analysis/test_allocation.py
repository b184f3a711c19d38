"""A budget over channels, initiatives and people: as good as trying everything, within bounds, and told honestly."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpmflow as mpm
from mpmflow.analysis.allocation.spread import SHARES, Bounds, spread
from mpmflow.diagnostics.errors import DataError

CHANNELS = Path(__file__).parents[2] / "examples" / "channels" / "channels.mpm"
MODEL = """
team sales {{ people 2, cost 50 eur/h }}
workflow lead {{
  arrivals 40 per week
  step qualify by sales takes exponential(6h)
  decision fit {{ yes 60%, no 40% scrap }}
}}
metric search activity unit eur
metric social activity unit eur
metric leads output unit leads higher is better {{ target at least 110 by 2026-07-26 }}
metric won output = throughput(lead) higher is better
metric value output = leads + 2 * won higher is better
metric cost_per_lead operational = (search + social) / leads lower is better
cause search -> leads {{ lag 1w, {search} }}
cause social -> leads {{ lag 1w, {social} }}
initiative pages {{ moves fit.no from 40% to 30%, costs 3k eur }}
initiative calls {{ moves fit.no from 40% to 36%, costs 1k eur }}
objective grow department {{ measured by leads, won, owner "CMO" }}
"""
CEILINGS = {
    "search": "saturates at 90 leads with half at 3k eur, confidence 80%",
    "social": "saturates at 60 leads with half at 1k eur, confidence 80%",
}


def weekly(weeks: int = 20) -> pandas.DataFrame:
    """Both channels at 2,000 eur, and the leads that the ceilings give there."""
    first = date(2026, 1, 5)
    return pandas.DataFrame(
        {
            "week": [(first + timedelta(weeks=week)).isoformat() for week in range(weeks)],
            "search": [2000.0] * weeks,
            "social": [2000.0] * weeks,
            "leads": [76.0 + (week % 3 - 1) for week in range(weeks)],
        }
    )


def model(**strengths: str) -> mpm.Model:
    return mpm.parse(MODEL.format(**(CEILINGS | strengths)))


# ------------------------------------------------------------------------------------------------- spreading


@given(
    ceilings=st.lists(st.floats(1.0, 100.0), min_size=2, max_size=2),
    halves=st.lists(st.floats(0.5, 50.0), min_size=2, max_size=2),
    cap=st.floats(2.0, 30.0),
)
@settings(max_examples=60, deadline=None)
def test_spreading_is_as_good_as_trying_every_way(ceilings: list[float], halves: list[float], cap: float) -> None:
    def score(x: tuple[float, ...]) -> float:
        return sum(most * one / (half + one) for most, half, one in zip(ceilings, halves, x, strict=True))

    money = 20.0
    found = spread(money, [Bounds(0.0, cap), Bounds(0.0, 100.0)], score)
    share = money / SHARES
    ways = [(a * share, b * share) for a in range(SHARES + 1) for b in range(SHARES + 1 - a) if a * share <= cap + 1e-9]
    assert sum(found) <= money + 1e-9
    assert found[0] <= cap + 1e-9
    assert score(found) == pytest.approx(max(map(score, ways)), abs=1e-12)


def test_a_chance_that_needs_two_at_once_is_found_from_where_things_stand() -> None:
    """The first share alone gains nothing, so handing out one by one would not see it; an exchange from today does."""

    def both(x: tuple[float, ...]) -> float:
        return float(x[0] >= 4.0) * float(x[1] >= 4.0)

    assert both(spread(10.0, [Bounds(0.0, 10.0)] * 2, both, start=(5.0, 5.0))) == 1.0


def test_what_does_harm_is_kept() -> None:
    assert spread(10.0, [Bounds(1.0, 10.0)], lambda x: -x[0]) == (1.0,)


# ------------------------------------------------------------------------------------------------- whole answers


@pytest.mark.parametrize(("metric", "aim"), [("leads", "improve"), ("leads", "reach"), ("value", "improve")])
def test_the_choice_is_as_good_as_trying_every_set_and_every_spread(metric: str, aim: str) -> None:
    asked, money = model(), 30_000.0
    found = mpm.allocate(asked, "30k eur", metric, aim=aim, series=weekly(), draws=1_000)
    from mpmflow.analysis.allocation.allocate import _Search
    from mpmflow.analysis.risk.prepared import prepare, targets_of
    from mpmflow.model.quantities import Quantity
    from mpmflow.readers.observe import observe

    seen = observe(asked, folder=Path(), series=weekly())
    ready = prepare(asked, seen, targets_of(asked), seed=0, draws=1_000)
    search = _Search(asked, ready, Quantity.model_validate("30k eur"), metric, aim, {})
    best = {False: -np.inf, True: -np.inf}
    for chosen in (some for some in _subsets(search.options)):
        left = money - sum(one.cost for one in chosen)
        if left < 0:
            continue
        beside, share = search._beside(chosen), left / SHARES
        for first, second in product(range(0, SHARES + 1, 4), repeat=2):
            if first + second > SHARES:
                continue
            figure = search._figure((first * share, second * share), beside, None)
            for cautious in best:
                best[cautious] = max(best[cautious], search._score(figure, cautious))
    for cautious, mix in ((False, found.nominal), (True, found.cautious)):
        chosen = [one for one in search.options if one.name in mix.initiatives]
        for team, number in mix.people.items():
            chosen += [one for one in search.options if one.team is not None and one.team.name == team][:number]
        amounts = tuple(mix.spending[channel.name] * search.futures.periods for channel in search.channels)
        score = search._score(search._figure(amounts, search._beside(chosen), None), cautious)
        assert score >= best[cautious] - 1e-9 * abs(best[cautious])


def _subsets(options: tuple) -> list[tuple]:
    found: list[tuple] = [()]
    for one in options:
        found += [(*some, one) for some in found]
    return found


def test_where_nothing_holds_a_channel_the_next_euro_is_worth_the_same_everywhere() -> None:
    found = mpm.allocate(model(), "40k eur", "leads", series=weekly())
    worth = [row.worth for row in found.channels]
    assert worth[0] == pytest.approx(worth[1], rel=0.1)
    assert found.nominal.cost == pytest.approx(40_000.0)


def test_the_optimum_of_two_ceilings_is_the_one_of_the_textbook() -> None:
    """Equal slopes, M h / (h + x)^2: sqrt(M h) shares of what is spent and of both halves together."""
    found = mpm.allocate(model(), "40k eur", "leads", series=weekly())
    spent = sum(found.nominal.spending.values())
    weights = [(90.0 * 3000.0) ** 0.5, (60.0 * 1000.0) ** 0.5]
    expected = weights[0] / sum(weights) * (spent + 4000.0) - 3000.0
    assert found.nominal.spending["search"] == pytest.approx(expected, abs=40_000 / found.periods / SHARES)


def test_more_money_never_does_worse() -> None:
    forecasts = [
        mpm.allocate(model(), budget, "leads", series=weekly(), draws=2_000).nominal.forecast
        for budget in ("10k eur", "20k eur", "40k eur", "80k eur")
    ]
    assert forecasts == sorted(forecasts)


def test_a_straight_response_is_not_believed_far_beyond_what_was_seen() -> None:
    found = mpm.allocate(model(search="each +1k eur adds 30, confidence 50%"), "500k eur", "leads", series=weekly())
    row = {one.name: one for one in found.channels}
    assert row["search"].high == 3000.0
    assert row["search"].nominal <= 3000.0
    assert any("search stands at the most" in note for note in found.notes)
    wider = {"search": ("0 eur", "9k eur")}
    further = mpm.allocate(
        model(search="each +1k eur adds 30, confidence 50%"), "500k eur", "leads", series=weekly(), limits=wider
    )
    assert further.nominal.spending["search"] > 3000.0


def test_what_is_doubtful_gets_less_from_the_cautious() -> None:
    """The same response, sure in one channel and hardly believed in the other."""
    same = "saturates at 90 leads with half at 3k eur"
    asked = model(search=f"{same}, confidence 90%", social=f"{same}, confidence 10%")
    found = mpm.allocate(asked, "80k eur", "leads", series=weekly())
    assert found.cautious.spending["search"] > 1.2 * found.cautious.spending["social"]
    assert found.cautious.worst >= found.nominal.worst


def test_initiatives_and_people_are_taken_where_they_do_more_than_channels() -> None:
    found = mpm.allocate(model(), "30k eur", "won", series=weekly(), draws=1_000)
    assert found.nominal.initiatives == ("pages",)
    assert found.nominal.forecast > found.today.forecast
    assert not found.channels


def test_the_answer_keeps_its_seed_and_repeats_itself() -> None:
    first, second = (mpm.allocate(model(), "30k eur", "leads", series=weekly(), seed=7) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert first.to_dict()["provenance"]["seed"] == 7


@pytest.mark.parametrize(
    ("budget", "metric", "aim", "words"),
    [
        ("30 days", "leads", "improve", "amount of money"),
        ("30k eur", "leeds", "improve", "did you mean leads"),
        ("30k eur", "won", "reach", "no target to reach"),
        ("30k eur", "search", "improve", "higher is better"),
        ("30k usd", "leads", "improve", "not converted to usd"),
    ],
    ids=["no money", "no such metric", "no target", "no direction", "another currency"],
)
def test_what_cannot_be_asked_is_refused_in_words(budget: str, metric: str, aim: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        mpm.allocate(model(), budget, metric, aim=aim, series=weekly())


def test_limits_of_something_else_are_refused() -> None:
    with pytest.raises(DataError, match="did you mean search"):
        mpm.allocate(model(), "30k eur", "leads", series=weekly(), limits={"serch": ("0 eur", "1k eur")})


# ------------------------------------------------------------------------------------------------- learned bends


def test_the_ceiling_of_the_example_is_learned() -> None:
    found = mpm.learn_causes(mpm.load(CHANNELS))
    row = next(one for one in found.causes if one.source == "search")
    assert row.found
    assert row.ceiling == pytest.approx(90.0, rel=0.15)
    assert row.half == pytest.approx(3000.0, rel=0.35)


def test_a_straight_response_is_learned_as_straight() -> None:
    luck = np.random.default_rng(11)
    search = np.clip(luck.normal(3000.0, 900.0, 60), 200.0, None)
    leads = 0.01 * np.concatenate([[3000.0], search[:-1]]) + luck.normal(0.0, 1.0, 60)
    weeks = [(date(2025, 1, 6) + timedelta(weeks=week)).isoformat() for week in range(60)]
    asked = mpm.parse(
        "metric search activity unit eur\nmetric leads output unit leads\n"
        "cause search -> leads { lag 1w, learned with saturation }\n"
    )
    table = pandas.DataFrame({"week": weeks, "search": search, "leads": leads})
    row = mpm.learn_causes(asked, series=table).causes[0]
    assert row.found
    assert row.ceiling is None


def test_futures_without_a_value_are_no_futures_that_meet_a_target() -> None:
    """A cost per lead without leads: what is said of today is what the evaluation says."""
    text = """
    metric spend activity unit eur
    metric leads output unit leads
    metric cpl operational = spend / leads lower is better target at most 40 eur by 2026-06-21
    cause spend -> leads { lag 1w, saturates at 2 leads with half at 100 eur, confidence 80% }
    """
    first = date(2026, 1, 5)
    weeks = [(first + timedelta(weeks=week)).isoformat() for week in range(20)]
    series = pandas.DataFrame({"week": weeks, "spend": [100.0] * 20, "leads": [0.0, 1.0, 3.0, 0.0] * 5})
    asked = mpm.parse(text)
    said = mpm.evaluate(asked, series=series).metric("cpl")
    assert any("has no value" in note for note in said.notes)
    found = mpm.allocate(asked, "2k eur", "cpl", aim="reach", series=series)
    assert found.today.p_miss == pytest.approx(said.p_miss, abs=0.03)
