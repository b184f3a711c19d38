"""Setting levers: who makes up for a share, what is refused, and that the model given stays as it was."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpmflow.analysis.scenarios.whatif import LeverError, apply, levers
from mpmflow.model.base import Roster
from mpmflow.model.distributions import Constant, Exponential
from mpmflow.model.flow import shares
from mpmflow.model.model import Import, Model
from mpmflow.model.process import (
    Branch,
    Choose,
    Decision,
    Outcome,
    Parallel,
    PoissonArrivals,
    Share,
    Step,
    Team,
    Workflow,
)
from mpmflow.model.quantities import Quantity
from mpmflow.model.scenes import Scenario, Setting


def model(*outcomes: Outcome) -> Model:
    given_ = outcomes or (Outcome(name="yes"), Outcome(name="no", share="20%", target="brief", rework=True))
    body = [
        Step(name="brief", by="legal", takes="2h", costs="10 eur"),
        Decision(name="ok", outcomes=given_),
        Parallel(name="p", branches=[Branch(body=[Step(name="copy", takes="1d")])]),
    ]
    workflow = Workflow(name="w", arrivals=PoissonArrivals(cases=3, per="1w"), body=body)
    scenario = Scenario(
        name="second_lawyer",
        settings=[Setting(lever="legal.people", value="2"), Setting(lever="legal.cost", value="100 eur/h")],
    )
    return Model(teams=[Team(name="legal", cost="110 eur/h")], workflows=[workflow], scenarios=[scenario])


def settings_of(changed: Model, decision: str = "ok") -> dict[str, tuple[Fraction, ...]]:
    node = next(node for _, node in changed.nodes() if getattr(node, "name", "") == decision)
    return {one.name: share for one, share in zip(node.outcomes, shares(node.outcomes), strict=True)}


def test_the_outcome_without_a_percentage_makes_up_for_it() -> None:
    assert settings_of(apply(model(), {"ok.no": "10%"})) == {"yes": (Fraction(9, 10),), "no": (Fraction(1, 10),)}


def test_else_the_only_one_that_just_goes_on() -> None:
    before = model(
        Outcome(name="yes", share="70%"),
        Outcome(name="no", share="20%", rework=True, target="brief"),
        Outcome(name="never", share="10%", scrap=True),
    )
    assert settings_of(apply(before, {"ok.no": 0.1})) == {
        "yes": (Fraction(4, 5),), "no": (Fraction(1, 10),), "never": (Fraction(1, 10),)
    }  # fmt: skip


def test_without_exactly_one_all_others_in_proportion() -> None:
    before = model(Outcome(name="a", share="50%"), Outcome(name="b", share="30%"), Outcome(name="c", share="20%"))
    assert settings_of(apply(before, {"ok.c": "60%"})) == {
        "a": (Fraction(1, 4),), "b": (Fraction(3, 20),), "c": (Fraction(3, 5),)
    }  # fmt: skip


def test_the_one_that_goes_on_may_be_set_itself() -> None:
    found = apply(
        model(Outcome(name="yes"), Outcome(name="no", share="15%"), Outcome(name="x", share="5%")), {"ok.yes": "60%"}
    )
    assert settings_of(found) == {"yes": (Fraction(3, 5),), "no": (Fraction(3, 10),), "x": (Fraction(1, 10),)}


def test_a_share_is_set_at_every_visit() -> None:
    before = model(Outcome(name="yes"), Outcome(name="no", share=[0.15, 0.08], target="brief"))
    assert settings_of(apply(before, {"ok.no": "5%"})) == {"yes": (Fraction(19, 20),), "no": (Fraction(1, 20),)}


def test_counts_are_kept_where_nothing_changes_and_dropped_where_it_does() -> None:
    before = model(
        Outcome(name="yes"),
        Outcome(name="no", share=Share.of(17, 85)),
        Outcome(name="x", share=Share.of(1, 10), scrap=True),
    )
    changed = apply(before, {"ok.no": "10%"}).workflows["w"].decisions[0]
    assert changed.outcomes[1].share.counted is None
    assert changed.outcomes[2].share.counted is not None


def test_scenarios_by_name_durations_people_arrivals_and_costs() -> None:
    before = model()
    changed = apply(before, "second_lawyer")
    assert changed.teams["legal"].people == 2
    assert str(changed.teams["legal"].cost) == "100 eur/h"
    waits = Exponential(mean=Quantity(value=1, unit="h"))
    work = {"copy.takes": "4h", "brief.waits": waits, "brief.costs": "12 eur"}
    changed = apply(before, {**work, "w.arrivals": "4 per week", "w.deadline": "9d"})
    found = levers(changed)
    assert found["copy.takes"] == Constant(value="4h")
    assert found["brief.waits"].law == "exponential"
    assert found["w.arrivals"].per_second == Fraction(4, 7 * 86400)
    assert str(found["brief.costs"]) == "12 eur"
    assert str(found["w.deadline"]) == "9d"
    assert before == model(), "the model that was given is untouched"


def test_choices_and_imported_files_have_levers_too() -> None:
    kind = Choose(name="kind", outcomes=[Outcome(name="big", share="30%"), Outcome(name="small")])
    inner = Model(workflows=[Workflow(name="v", body=[kind])])
    outer = Model(imports=[Import(path="v.mpm", model=inner)])
    changed = apply(outer, {"kind.big": "40%"})
    assert levers(changed)["kind.small"] == (Fraction(3, 5),)


def test_nothing_to_set_is_the_same_model() -> None:
    before = model()
    assert apply(before, {}) is before


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ok.noo": "10%"}, "Did you mean ok.no"),
        ({"ok.no": "110%"}, "between 0% and 100%"),
        ({"ok.no": "3h"}, "no share"),
        ({"brief.takes": "10 eur"}, "no duration"),
        ({"brief.costs": "10h"}, "no amount of money"),
        ({"legal.people": 1.5}, "whole number"),
        ({"legal.cost": "100 usd/h"}, "not a rate as"),
        ({"w.arrivals": "4h"}, "rate of arrivals"),
        ("second_lawer", "second_lawyer"),
    ],
)
def test_what_cannot_be_set_says_why(settings: object, words: str) -> None:
    with pytest.raises(LeverError, match=words):
        apply(model(), settings)


def test_shares_that_leave_no_room_are_refused() -> None:
    before = model(Outcome(name="yes"), Outcome(name="no", share="20%"), Outcome(name="x", share="30%"))
    with pytest.raises(LeverError, match="add up to 110%"):
        apply(before, {"ok.no": "80%"})


@given(st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(0, 100), st.data())
def test_after_any_setting_the_shares_add_up_to_one(weights: list[int], percent: int, data: st.DataObject) -> None:
    total = sum(weights)
    outcomes = [Outcome(name=f"o{i}", share=Fraction(weight, total)) for i, weight in enumerate(weights)]
    chosen = data.draw(st.sampled_from([one.name for one in outcomes]))
    found = settings_of(apply(model(*outcomes), {f"ok.{chosen}": Fraction(percent, 100)}))
    assert found[chosen] == (Fraction(percent, 100),)
    assert sum(share[0] for share in found.values()) == 1
    assert all(share[0] >= 0 for share in found.values())


def test_rosters_stay_rosters() -> None:
    assert isinstance(apply(model(), {"ok.no": "10%"}).workflows, Roster)
