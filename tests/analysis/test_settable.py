"""What `check` lets a scenario set can be set, and what cannot be set `check` refuses."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from mpmflow.analysis.scenarios.whatif import LeverError, apply
from mpmflow.compiler.names import Names
from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source
from mpmflow.model.levers import levers
from mpmflow.model.model import Model
from mpmflow.model.process import Works

TEXT = """workflow w {
  arrivals 3 per week
  deadline 15d
  team legal { people 1, cost 110 eur/h, works mon-fri 09:00-17:00 }
  partner agency { people 2 }
  step brief by legal takes 2h costs 10 eur
  decision ok "Is it ok?" by legal takes 1h {
    yes 75%
    no 20% -> brief rework delay 2d
    lost 5% scrap
  }
  choose kind { small 30%, large }
  step copy by agency takes 1d
}
metric speed operational = time(w) lower is better
"""

VALUES = (
    "2", "0", "2.5", "-1", "10%", "90%", "120%", "1/3", "2h", "-2h", "1h to 3h", "exponential(2d)", "5 eur", "-5 eur",
    "60 eur/h", "60 usd/h", "5 usd", "3 per week", "-3 per week", "every 2d", "20 at once",
    "mon-thu 08:00-12:00 13:00-16:00", "3 leads", "5 people",
)  # fmt: skip


def compiled(*settings: str) -> tuple[Model, list[str]]:
    found = compile_source(Source("a.mpm", TEXT + "scenario other { " + ", ".join(settings) + " }\n"))
    assert found.model is not None
    return found.model, [one.code for one in found.errors]


def all_levers() -> list[str]:
    return list(levers(compiled()[0]))


def test_check_and_what_if_know_the_same_levers() -> None:
    model = compiled()[0]
    names = Names(model)
    named = names.of_kind(("lever", "outcome", "measure"))
    assert set(levers(model)) == {name for name in named if is_lever(names, name)}
    assert {"legal.works", "ok.no.delay", "kind.small", "ok.waits", "w.deadline"} <= set(levers(model))


def is_lever(names: Names, name: str) -> bool:
    entry = names.find(name)
    return entry is not None and entry.is_lever


@pytest.mark.parametrize("lever", all_levers())
def test_what_check_accepts_can_be_set(lever: str) -> None:
    accepted = []
    for value in VALUES:
        model, errors = compiled(f"{lever} = {value}")
        if not errors:
            apply(model, "other")
            accepted.append(value)
    assert accepted


def test_pairs_of_shares_are_set_or_refused_by_both() -> None:
    for one, other in product(("0%", "5%", "70%", "100%"), repeat=2):
        model, errors = compiled(f"ok.no = {one}", f"ok.lost = {other}")
        assert errors in ([], ["setting-shares"])
        if errors:
            with pytest.raises(LeverError, match="add up to"):
                apply(model, "other")
        else:
            apply(model, "other")


def test_working_hours_are_set() -> None:
    model, errors = compiled("legal.works = mon-thu 08:00-12:00 13:00-16:00")
    assert errors == []
    changed = apply(model, "other").workflows["w"].teams[0]
    assert [(one.days[-1], one.start, one.end) for one in changed.works] == [
        ("thu", "08:00", "12:00"),
        ("thu", "13:00", "16:00"),
    ]
    assert apply(model, {"legal.works": ()}).workflows["w"].teams[0].works == ()
    one = Works(days=("mon",), start="09:00", end="17:00")
    assert apply(model, {"legal.works": one}).workflows["w"].teams[0].works == (one,)


@pytest.mark.parametrize("value", ["9 to 5", 8, ("mon",)])
def test_what_are_no_working_hours_is_refused(value: Any) -> None:
    with pytest.raises(LeverError, match="no working hours"):
        apply(compiled()[0], {"legal.works": value})
