"""Two versions of a model: every change is seen, and what follows from each adds up to what changed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpmflow as mpm
from mpmflow.analysis.difference.attributed import parts
from mpmflow.analysis.difference.diff import HEADLINES, OF_TEAMS
from mpmflow.analysis.difference.diff import diff as compared
from mpmflow.analysis.difference.edits import structure
from mpmflow.analysis.difference.mixed import Mixer
from mpmflow.analysis.difference.renamed import renamed
from mpmflow.compiler.statements import statements
from mpmflow.model.base import Part, Roster
from mpmflow.model.model import Model
from mpmflow.model.process import Decision, Step
from tests.random_workflows import random_workflow
from tests.strategies import models

WEBINAR = "examples/webinar/webinar.mpm"
OLD = """team writers { people 1, cost 60 eur/h }
workflow w "Newsletter" {
  arrivals 2 per day
  deadline 3d
  step brief "Write the brief" by writers takes exponential(4h)
  decision ok "Is it complete?" { yes 80%, no 20% -> brief rework }
  step copy "Write the copy" by writers takes 2h
  step send takes 1h
}
metric days operational = time(w) unit d lower is better
"""


EVERYTHING = """
team writers "The writers" { people 2, cost 60 eur/h, works mon-fri 09:00-17:00, serves oldest first, owner "Ann" }
partner agency { people 2, owner "Bob" }
handoff writers -> agency "Soon" { within 2d, at least 90%, owner "Ann" }
workflow w "Newsletter" {
  arrivals 2 per day
  deadline 3d
  priority 2
  owner "Ann"
  start -> brief
  step before takes 1h
  step brief by writers takes exponential(4h) waits 1h batch 5 or 1d costs 5 eur owner "Ann" seen as "B" where a = "x"
  decision ok "Is it complete?" by writers takes 5min {
    yes 75% then 85%
    no "Not yet" 20% then 10% -> brief rework delay 1d at most 3 then -> send seen as "N"
    off 3 of 60 scrap
    thrown 0% waste
  }
  parallel both "Side by side" -> send {
    branch { step copy takes 2h -> done }
    branch { call other as second owner "Bob" }
  }
  step send "Send it" takes 1h
  done published
}
workflow other { step x takes 1h to 2h }
metric days "Days" operational = time(w) unit d lower is better target at most 3d by 2026-12-31 owner "Ann"
metric leads output unit leads
metric spend activity unit eur target at most 5k eur per 13w by 2026-12-31
metric sales outcome unit eur higher is better target at least 5M eur in total from 2026-01-01 by 2026-12-31
cause days -> leads { lag 1w to 2w, each +1d adds -6, confidence 60%, evidence associated "seen" }
cause leads -> sales { elasticity 0.5 }
cause spend -> leads { learned with saturation }
cause spend -> sales { saturates at 120k eur with half at 5k eur }
indicator back "Sent back" = rate(ok.no) {
  expect 20%
  warn above 25% for 2w, clears below 22%
  alert above 35% or out of control
  missed warning costs 20k eur, false alarm costs 2k eur, owner "Ann", do notify, lower is better
}
objective grow "Grow" enterprise {
  measured by sales, owner "CEO"
  objective reach "Reach" department { measured by leads, days }
}
initiative template "Template" { moves ok.no from 20% to 10% by 2026-05-01, costs 8k eur, owner "Ann", serves reach }
commitment june "By June" {
  by "Ann", promises days at most 2d by 2026-06-30, do notify 2w before, if met "a cake", if missed "a talk"
}
benchmark days 4d "Others" source "a survey"
data {
  log "events.csv" { case id, activity, time, query "select 1", amount number "Amount", ignore "X" }
  series "weekly.csv" { time week, leads "MQL" }
}
scenario better "Better" { ok.no = 10%, writers.people = 3, brief.takes = 1h to 2h, w.arrivals = 3 per week }
test "thresholds" {
  examples | share | state |
           | 20%   | ok    |
  given ok.no = share, _, 10% + 1% x 3 every 1w from 2026-01-05
  expect back is state at 2026-01-05
  expect no alert on back
  expect days above 1d within 2w of 2026-01-12
  expect delay at copy rises at 2026-01-12
}
"""


def changed(*swaps: tuple[str, str], text: str = OLD) -> mpm.Model:
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return mpm.parse(text, name="new.mpm")


def seen(*swaps: tuple[str, str]) -> list[tuple[str, str, str, str | None, str | None]]:
    """Kind of change, kind of statement, id, and the first clause old and new."""
    found = mpm.diff(mpm.parse(OLD, name="old.mpm"), changed(*swaps))
    return [
        (one.what, one.kind, one.id, *((one.clauses[0].old, one.clauses[0].new) if one.clauses else (None, None)))
        for one in found.edits
    ]


# ------------------------------------------------------------------------------------------ what changed


def test_the_same_text_is_nothing_changed() -> None:
    assert mpm.diff(mpm.parse(OLD), mpm.parse(OLD)).what == "nothing"


def test_comments_layout_and_the_order_of_statements_change_no_meaning() -> None:
    metric = OLD.splitlines()[-1]
    found = mpm.diff(mpm.parse(OLD), mpm.parse(f"# a remark\n{metric}\n" + OLD.replace(metric, "")))
    assert (found.what, found.edits) == ("layout", ())
    assert not any(one.moved for one in found.figures)


def test_a_clause_is_shown_old_and_new_with_both_lines() -> None:
    found = mpm.diff(mpm.parse("# one line more\n" + OLD, name="old.mpm"), changed(("takes 2h", "takes 3h")))
    (edit,) = found.edits
    (clause,) = edit.clauses
    assert (edit.what, edit.id, clause.word, clause.old, clause.new) == ("changed", "copy", "takes", "2h", "3h")
    assert clause.old_place is not None
    assert (clause.old_place.file, clause.old_place.line) == ("old.mpm", 8)
    assert clause.new_place is not None
    assert (clause.new_place.file, clause.new_place.line) == ("new.mpm", 7)


def test_a_statement_that_came_and_one_that_went() -> None:
    assert seen(('  step copy "Write the copy" by writers takes 2h\n', "  step check takes 30min\n")) == [
        ("added", "step", "check", None, "30min"),
        ("removed", "step", "copy", '"Write the copy"', None),
    ]


def test_the_same_label_under_another_name_is_the_same_step() -> None:
    found = mpm.diff(mpm.parse(OLD), changed(("step brief", "step briefing"), ("-> brief", "-> briefing")))
    (edit,) = found.edits
    assert (edit.id, edit.was, edit.clauses, found.names) == ("briefing", "brief", (), {"brief": "briefing"})
    assert not any(one.moved for one in found.figures)


def test_two_steps_that_could_both_be_the_new_one_are_no_rename() -> None:
    twins = OLD.replace("  step send", '  step again "Write the copy" by writers takes 2h\n  step send')
    gone = changed(('  step copy "Write the copy"', '  step third "Write the copy"'), text=twins)
    assert mpm.diff(mpm.parse(twins), gone).names == {"copy": "third"}  # `again` is still there under its own name
    both = changed(("step copy", "step third"), ("step again", "step fourth"), text=twins)
    assert mpm.diff(mpm.parse(twins), both).names == {}


def test_a_team_an_outcome_and_a_metric_may_be_renamed() -> None:
    found = mpm.diff(
        mpm.parse(OLD),
        changed(("team writers", "team editors"), ("by writers", "by editors"), ("no 20%", "back 20%"),
                ("metric days", "metric cycle")),
    )  # fmt: skip
    assert found.names == {"writers": "editors", "ok.no": "ok.back", "days": "cycle"}
    assert all(one.what == "changed" and not one.clauses for one in found.edits)
    assert found["editors", "load"].difference == 0.0


def test_a_step_that_moved_says_from_where_to_where() -> None:
    line = '  step copy "Write the copy" by writers takes 2h\n'
    found = mpm.diff(mpm.parse(OLD), changed((line, ""), ("takes 1h\n", "takes 1h\n" + line)))
    (edit,) = found.edits
    assert (edit.id, edit.moved) in [("copy", ("behind ok", "behind send")), ("send", ("behind copy", "behind ok"))]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(models())
def test_no_model_differs_from_itself_and_every_statement_has_an_id(model: Model) -> None:
    assert structure(model, model).edits == ()
    found = statements(model)
    assert len({one.id for one in found}) == len(found)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(models(), models())
def test_what_came_one_way_goes_the_other_way(one: Model, other: Model) -> None:
    there, back = structure(one, other), structure(other, one)
    if there.names or back.names:
        return
    counted = [{what: sum(edit.what == what for edit in found.edits) for what in ("added", "removed", "changed")}
               for found in (there, back)]  # fmt: skip
    assert counted[0] == {"added": counted[1]["removed"], "removed": counted[1]["added"],
                          "changed": counted[1]["changed"]}  # fmt: skip


def fields(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every field of every part that is not as it would be if nothing were said, with its path and that."""
    if isinstance(part, Part):
        for name, about in type(part).model_fields.items():
            value = getattr(part, name)
            if not about.is_required() and value != about.get_default(call_default_factory=True) and name != "body":
                yield (*path, name), about.get_default(call_default_factory=True)
            yield from fields(value, (*path, name))
    elif isinstance(part, tuple):
        for number, one in enumerate(part):
            yield from fields(one, (*path, number))


def without(part: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The part with one field of something inside it replaced."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(part, tuple):
        found = [without(one, rest, value) if number == head else one for number, one in enumerate(part)]
        return Roster(found) if isinstance(part, Roster) else tuple(found)
    return part.model_copy(update={head: without(getattr(part, head), rest, value)})


@pytest.mark.slow
def test_whatever_a_file_says_is_seen_when_it_is_no_longer_said() -> None:
    """Every field that a model may have is compared: none can change unseen."""
    model = mpm.parse(EVERYTHING)
    unseen = []
    for path, default in fields(model):
        other = without(model, path, default)
        try:
            found = structure(model, other).edits
        except (AttributeError, ValueError, KeyError):
            continue  # what is left has no text: a law without its parameters
        if not found:
            unseen.append(path)
    assert unseen == []


# ------------------------------------------------------------------------------------------ names


def test_names_are_replaced_wherever_they_are_mentioned() -> None:
    model = mpm.load(WEBINAR)
    names = {"brief": "briefing", "legal": "lawyers", "brief_complete.no": "brief_complete.back", "leads": "contacts"}
    text = renamed(model, names).to_text()
    assert mpm.parse(text) == renamed(model, names)
    assert "brief_complete.back" in text
    assert "rate(brief_complete.no)" not in text
    assert renamed(renamed(model, names), {new: old for old, new in names.items()}) == model


# ------------------------------------------------------------------------------------------ models in between


def version(model: Model, seed: int) -> Model:
    """Another version of a made-up workflow: times and shares changed, steps inserted and left out."""
    rng = random.Random(seed)
    (flow,) = model.workflows
    aimed = {outcome.target for node in flow.decisions for outcome in node.outcomes}
    aimed |= {outcome.at_most.target for node in flow.decisions for outcome in node.outcomes if outcome.at_most}
    body: list[Any] = []
    for number, node in enumerate(flow.body):
        if isinstance(node, Step) and node.name not in aimed and 0 < number < len(flow.body) - 1 and rng.random() < 0.2:
            continue
        if isinstance(node, Step | Decision) and rng.random() < 0.1:
            node = node.model_copy(update={"takes": Step(name="x", takes=f"{rng.randint(1, 9)}h").takes})
        if isinstance(node, Decision) and rng.random() < 0.2:
            outcomes = [
                one.model_copy(update={"share": type(one.share)(by_visit=[Fraction(rng.randint(1, 9), 100)])})
                if one.share is not None and not one.share.varies
                else one
                for one in node.outcomes
            ]
            node = node.model_copy(update={"outcomes": tuple(outcomes)})
        body.append(node)
        if rng.random() < 0.08:
            body.append(Step(name=f"extra{number}", by="crew", takes=f"{rng.randint(1, 9)}h", costs="5 eur"))
    return model.model_copy(update={"workflows": Roster([flow.model_copy(update={"body": tuple(body)})])})


def same_figures(one: Model, other: Model) -> None:
    before, after = (mpm.analyze(model, waits="none")["w"].figures for model in (one, other))
    for figure, value in before.items():
        assert after[figure] == (pytest.approx(value, rel=1e-9, abs=1e-9) if value is not None else None), figure


@pytest.mark.parametrize("fine", [True, False], ids=["change by change", "all ways as one"])
@pytest.mark.parametrize("seed", range(12))
def test_with_no_change_it_is_the_old_model_and_with_all_the_new_one(seed: int, fine: bool) -> None:
    old = mpm.parse(random_workflow(seed))
    new = version(old, seed)
    mixer = Mixer(old, new, fine=fine)
    same_figures(mixer.model(()), old)
    same_figures(mixer.model([unit.key for unit in mixer.units]), new)


@pytest.mark.parametrize("seed", range(6))
def test_any_choice_of_the_changes_is_a_workflow(seed: int) -> None:
    old = mpm.parse(random_workflow(seed))
    new = version(old, seed + 100)
    mixer, rng = Mixer(old, new), random.Random(seed)
    for _ in range(4):
        chosen = [unit.key for unit in mixer.units if rng.random() < 0.5]
        found = mpm.analyze(mixer.model(chosen), waits="none")["w"]
        assert sum(found.ends.values()) == pytest.approx(1.0)


def test_a_step_that_is_not_there_yet_is_passed_over() -> None:
    swaps = (("  step copy", "  step check takes 1h\n  step copy"), ("-> brief", "-> check"))
    mixer = Mixer(mpm.parse(OLD), changed(*swaps))
    assert {unit.key for unit in mixer.units} == {"+check", "ok.no/way"}
    between = mixer.model(["ok.no/way"]).workflows["w"]
    assert [outcome.target for outcome in between.decisions[0].outcomes] == [None, "copy"]


# ------------------------------------------------------------------------------------------ what follows from what


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 7), st.randoms(use_true_random=False))
def test_parts_add_up_whatever_the_figure_is(count: int, rng: random.Random) -> None:
    changes = [f"c{number}" for number in range(count)]
    worth: dict[frozenset[str], float] = {}

    def ask(made: frozenset[str]) -> dict[str, float | None]:
        return {"figure": worth.setdefault(made, rng.uniform(-1e6, 1e6))}

    found = parts(ask, changes)
    whole = worth[frozenset(changes)] - worth[frozenset()]
    assert sum(found.get("figure", {}).values()) == pytest.approx(whole, rel=1e-9, abs=1e-6)


def test_few_changes_are_shared_out_as_shapley_says() -> None:
    worth = {"": 0.0, "a": 10.0, "b": 20.0, "c": 0.0, "ab": 60.0, "ac": 10.0, "bc": 50.0, "abc": 90.0}

    def ask(made: frozenset[str]) -> dict[str, float | None]:
        return {"figure": worth["".join(sorted(made))]}

    # By all six orders: a adds 10, 10, 40, 40, 10, 40; b 50, 80, 20, 20, 80, 50; c 30, 0, 30, 30, 0, 0.
    assert parts(ask, ["a", "b", "c"])["figure"] == pytest.approx({"a": 25.0, "b": 50.0, "c": 15.0})


def test_a_change_that_moves_nothing_gets_no_part_and_costs_no_model() -> None:
    asked = []

    def ask(made: frozenset[str]) -> dict[str, float | None]:
        asked.append(made)
        return {"figure": float(len(made & {"a", "b"}))}

    changes = ["a", "b", *(f"idle{number}" for number in range(20))]
    assert parts(ask, changes)["figure"] == {"a": 1.0, "b": 1.0}
    assert len(asked) <= 2 * len(changes) + 4


def test_a_figure_that_is_lost_on_the_way_is_not_shared_out() -> None:
    def ask(made: frozenset[str]) -> dict[str, float | None]:
        return {"time": None if made == {"more"} else 2.0 * len(made), "cost": 1.0 * len(made)}

    assert parts(ask, ["more", "faster"]) == {"cost": {"more": 1.0, "faster": 1.0}}


@pytest.mark.slow
def test_the_parts_of_every_headline_figure_add_up() -> None:
    found = mpm.diff(mpm.load(WEBINAR), changed(
        ("arrivals 3 per week", "arrivals 3.5 per week"), ("legal     { people 1", "legal     { people 2"),
        ("no  20%", "no  10%"), ("yes 80%", "yes 90%"), ("takes 4h {", "takes 6h {"), ("delay 5d", "delay 3d"),
        text=Path(WEBINAR).read_text(encoding="utf-8"),
    ))  # fmt: skip
    shared = [one for one in found.figures if one.by]
    assert {one.figure for one in shared} >= {*HEADLINES[:6], *OF_TEAMS, "planned"}
    for one in shared:
        assert sum(one.by.values()) == pytest.approx(one.difference, rel=1e-9, abs=1e-12)
    assert set(found["legal", "people"].by) == {"legal/people"}
    assert "webinar/arrivals" in found["webinar", "wip"].by


def test_an_overloaded_version_says_who_cannot_keep_up_and_still_compares_the_rest() -> None:
    found = mpm.diff(mpm.parse(OLD), changed(("2 per day", "5 per day")))
    assert found.overload == ((), ("writers",))
    assert found["w", "time.mean"].new is None
    assert found["w", "time.mean"].by == {}
    assert found["writers", "load"].by == {"w/arrivals": pytest.approx(found["writers", "load"].difference)}


def test_a_time_that_only_the_changes_together_keep_finite_is_not_shared_out() -> None:
    found = mpm.diff(mpm.parse(OLD), changed(("2 per day", "5 per day"), ("people 1", "people 3")))
    assert found["w", "time.mean"].moved
    assert found["w", "time.mean"].by == {}
    assert found["w", "throughput_per_s"].by == {"w/arrivals": pytest.approx(3 / 86400)}
    assert any(note.startswith("the time of w is not shared out") for note in found.notes)


def test_a_version_without_figures_is_still_compared_by_what_it_says() -> None:
    old = mpm.parse(OLD)
    looped = old.model_copy(deep=True)
    body = tuple(
        node.model_copy(update={"outcomes": (node.outcomes[1].model_copy(update={"share": None}),)})
        if isinstance(node, Decision)
        else node
        for node in looped.workflows["w"].body
    )
    endless = looped.model_copy(update={"workflows": Roster([looped.workflows["w"].model_copy(update={"body": body})])})
    found = compared(old, endless)
    assert [(one.what, one.id) for one in found.edits] == [("removed", "ok.yes"), ("changed", "ok.no")]
    assert found.notes
    assert found.notes[0].startswith("the new version has no figures: ")
    assert found["w", "time.mean"].new is None


def test_ways_that_moved_change_as_one_and_the_rest_by_itself() -> None:
    line = '  step copy "Write the copy" by writers takes 2h\n'
    moved = changed((line, ""), ("takes 1h\n", "takes 1h\n" + line.replace("2h", "5h")))
    found = mpm.diff(mpm.parse(OLD), moved)
    assert {one.key for one in found.changes} == {"w/ways", "copy/takes"}
    assert sum(found["w", "time.mean"].by.values()) == pytest.approx(found["w", "time.mean"].difference)


def test_the_answer_is_the_same_to_the_byte() -> None:
    documents = {mpm.diff(mpm.parse(OLD), changed(("20%", "30%"), ("80%", "70%"))).to_json() for _ in range(2)}
    assert len(documents) == 1
