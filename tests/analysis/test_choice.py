"""Which initiatives to take under a budget: worked out together, held against trying every set by hand."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

import mpmflow as mpm
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.diagnostics.errors import DataError

from .risk_data import observed

TEXT = """
workflow w {
  step draft takes 10h
  decision ok takes 2h { yes
    no 40% -> draft rework }
  step polish takes 4h
  decision sound takes 1h { yes
    no 30% -> polish rework }
}
metric days operational = time(w) unit h lower is better { target at most TARGET by 2026-12-31, owner "A" }
objective fast "Fast" department { measured by days, owner "A", target at most TARGET by 2026-12-31 }
initiative brief "A brief template" { moves ok.no from 40% to 20%, costs 6k eur, owner "A", serves fast }
initiative rules "House rules" { moves ok.no from 40% to 30%, costs 2k eur, owner "A", serves fast }
initiative tool "Proof reading" { moves sound.no from 30% to 10% by 2026-03-01, costs 3k eur, owner "A", serves fast }
"""
NAMES = ("brief", "rules", "tool")
COSTS = {"brief": 6000.0, "rules": 2000.0, "tool": 3000.0}
GOALS = {"brief": {"ok.no": "20%"}, "rules": {"ok.no": "30%"}, "tool": {"sound.no": "10%"}}


def model(target="26h"):
    return mpm.parse(TEXT.replace("TARGET", target))


def as_planned(weeks=10):
    """Fifty decisions a week at each diamond, every week as planned."""
    outcomes = {"ok.no": 20, "ok.yes": 30, "sound.no": 15, "sound.yes": 35}
    return observed(weeks, outcomes={name: (count,) * weeks for name, count in outcomes.items()})


def choice(budget, **settings):
    return evaluate(model(**settings), as_planned(), budget=budget).choice


def hours(*chosen):
    """Mean time of the plan with these initiatives made, by the exact engine alone. Later ones of the text win."""
    settings = {}
    for name in chosen:
        settings |= GOALS[name]
    return mpm.analyze(apply(model(), settings))["w"]["time.mean"] / 3600


def test_a_gain_is_what_the_exact_engine_says_of_the_changed_process():
    for plan in choice("20k eur").alone:
        assert plan.gains["days"] / 3600 == pytest.approx(hours(*plan.initiatives) - hours(), rel=1e-6)


def test_sets_are_worked_out_together_and_do_not_add_up():
    """Template and tool mend different loops, template and house rules the same one."""
    found = choice("9k eur", target="21h")
    assert found.nominal.initiatives == ("brief", "tool")
    assert found.nominal.gains["days"] / 3600 == pytest.approx(hours("brief", "tool") - hours(), rel=1e-6)


@pytest.mark.parametrize("budget", [0, 2, 3, 5, 6, 8, 9, 11])
def test_the_choice_is_the_best_of_all_sets_that_fit(budget):
    """A target far below makes every hour count alike, so the best set is the one that saves most hours."""
    sets = chain.from_iterable(combinations(NAMES, size) for size in range(4))
    fitting = [some for some in sets if sum(COSTS[name] for name in some) <= 1000 * budget]
    found = choice(f"{budget}k eur", target="1h")
    best = min(fitting, key=lambda some: (round(hours(*some), 6), sum(COSTS[name] for name in some)))
    assert hours(*found.cautious.initiatives) == pytest.approx(hours(*best))
    assert found.cautious.cost <= 1000 * budget
    assert found.method == "all sets"


def test_what_comes_too_late_for_its_target_is_worth_nothing():
    early = mpm.parse(TEXT.replace("TARGET by 2026-12-31", "TARGET by 2026-02-15").replace("TARGET", "26h"))
    found = evaluate(early, as_planned(weeks=4), budget="20k eur").choice
    tool = next(plan for plan in found.alone if plan.initiatives == ("tool",))
    assert tool.misses_avoided == 0.0
    assert "tool" not in found.nominal.initiatives


def test_without_money_nothing_is_chosen():
    found = choice("1k eur")
    assert (found.nominal.initiatives, found.cautious.initiatives) == ((), ())
    assert found.nominal.p_miss == found.nothing.p_miss


def test_an_initiative_that_has_nothing_left_to_do_says_so():
    done = mpm.parse(TEXT.replace("TARGET", "26h").replace("from 40% to 30%", "from 60% to 50%"))
    found = evaluate(done, as_planned(), budget="20k eur").choice
    assert found.notes == ("rules is not weighed: its levers stand at their goals or beyond them already.",)


def test_costs_in_another_currency_are_not_converted():
    foreign = mpm.parse(TEXT.replace("TARGET", "26h").replace("costs 2k eur", "costs 2k usd"))
    found = evaluate(foreign, as_planned(), budget="20k eur").choice
    assert found.notes == ("rules is not weighed: its cost is in usd, which is not converted to eur.",)


@pytest.mark.parametrize("budget", ["20", "3h", "much", "-5 eur"])
def test_a_budget_is_money(budget):
    with pytest.raises(DataError, match="amount of money, such as 20k eur"):
        choice(budget)


def test_a_model_without_initiatives_cannot_be_asked():
    bare = mpm.parse(TEXT.partition("initiative")[0].replace("TARGET", "26h"))
    with pytest.raises(DataError, match="There is none"):
        evaluate(bare, as_planned(), budget="20k eur")


def test_of_many_initiatives_the_sets_grow_one_by_one():
    more = "".join(
        f'initiative i{n} "I{n}" {{ moves ok.no from 40% to {39 - n}%, costs 1k eur, owner "A", serves fast }}\n'
        for n in range(9)
    )
    found = evaluate(mpm.parse((TEXT + more).replace("TARGET", "26h")), as_planned(), budget="9k eur").choice
    assert found.method == "one by one"
    assert found.nominal.cost <= 9000
    assert found.nominal.misses_avoided >= max(plan.misses_avoided for plan in found.alone if plan.cost <= 9000)
