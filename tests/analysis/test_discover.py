"""A workflow drafted from a log alone: it reads, it checks, and it does what the cases did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.discover.discover import Discovery
from mpmflow.analysis.discover.replay import Replay
from mpmflow.analysis.discover.stretches import beside
from mpmflow.cli.program import program
from mpmflow.diagnostics.source import Source
from mpmflow.exchange.schema import schema
from mpmflow.model.process import Choose, Decision, Parallel, Step
from mpmflow.readers.observe import observe
from mpmflow.syntax.format import format_source

LOGS = {
    "bpic2020_domestic": 0.95,
    "phone_repair": 0.95,
    "production_parts": 0.80,
    "purchasing_p2p": 0.95,
    "receipt_wabo": 0.85,
    "running_example": 1.0,
    "traffic_fines_10k": 0.95,
}
"""Each shared log with the share of its cases that its draft must do at least."""


def log_of(cases: Sequence[Sequence[str]], **columns: Any) -> pl.DataFrame:
    rows = [
        (f"c{number}", activity, f"2026-01-{1 + number % 20:02d}T{10 + place // 60:02d}:{place % 60:02d}:00")
        for number, case in enumerate(cases)
        for place, activity in enumerate(case)
    ]
    return pl.DataFrame(rows, schema=["case", "activity", "time"], orient="row").with_columns(**columns)


def sound(found: Discovery) -> mpm.Model:
    """The draft's model, after it was held to everything that any draft must be."""
    model = mpm.parse(found.text)
    assert model == found.model
    assert format_source(Source("draft", found.text)) == found.text
    assert {one.code for one in model.check()} <= {"orphan-metric"}
    return model


# ------------------------------------------------------------------------------------------------ the shared logs


@pytest.mark.parametrize("name", LOGS)
def test_a_shared_log_gets_a_draft_that_does_what_its_cases_did(name: str, shared: Callable[[str], Path]) -> None:
    found = mpm.discover(shared(f"data/logs/{name}/events.csv.gz"))
    assert found.replayed >= LOGS[name]
    model = sound(found)
    assert (mpm.analyze(model)["process"].figures["time.mean"] or 0.0) > 0
    left = {activity for activity, _ in found.activities_left_out}
    shown = {node.name for _, node in model.nodes() if isinstance(node, Step)}
    assert len(shown) + len(left) + len(_answers(model)) == len(_activities(shared(f"data/logs/{name}/events.csv.gz")))


@pytest.mark.parametrize("name", ["bpic2020_domestic", "traffic_fines_10k", "purchasing_p2p"])
def test_readers_find_the_same_ways_in_the_log_as_the_draft_has(name: str, shared: Callable[[str], Path]) -> None:
    """The log counted by the draft: only what the draft says it left out is unmatched."""
    path = shared(f"data/logs/{name}/events.csv.gz")
    found = mpm.discover(path)
    coverage = observe(found.model, log=path).coverage
    assert dict(coverage.unmatched) == dict(found.activities_left_out)
    assert sum(count for _, _, count in coverage.deviations) <= (1 - found.replayed) * found.cases * 4


def test_claims_of_expenses_are_approved_rejected_and_handed_in_again(shared: Callable[[str], Path]) -> None:
    found = mpm.discover(shared("data/logs/bpic2020_domestic/events.csv.gz"))
    decision = found.model.workflows[0].decisions
    asked = {node.name: [outcome.name for outcome in node.outcomes] for node in decision}
    assert asked["declaration_by_administration"] == ["approved", "rejected"]
    assert asked["declaration_by_supervisor"] == ["final_approved", "rejected"]
    assert found.rework == ("after_declaration_rejected_by_employee.declaration_submitted_by_employee",)


def test_a_repair_is_tested_and_begun_again_while_the_user_is_told(shared: Callable[[str], Path]) -> None:
    """The textbook's model: repair and its loop beside informing the user; the loop's share is counted in the log."""
    found = mpm.discover(shared("data/logs/phone_repair/events.csv.gz"))
    (block,) = [node for _, node in found.model.nodes() if isinstance(node, Parallel)]
    inside = sorted(sorted(node.name for node in branch.body if isinstance(node, Step)) for branch in block.branches)
    assert inside == [["inform_user"], ["repair_complex", "repair_simple", "restart_repair", "test_repair"]]
    assert found.rework == ("after_test_repair.restart_repair",)
    teams = {team.name: team.people for team in found.model.all_teams}
    assert teams == {"solver_c": 3, "solver_s": 3, "tester": 6}


def _activities(path: Path) -> set[str]:
    frame = pl.read_csv(path, infer_schema=False)
    return set(frame["activity" if "activity" in frame.columns else "concept:name"])


def _answers(model: mpm.Model) -> list[str]:
    return [
        one.name
        for _, node in model.nodes()
        if isinstance(node, Decision | Choose)
        for one in node.outcomes
        if one.seen_as
    ]


# ------------------------------------------------------------------------------------------------ small logs


def test_a_loop_is_rework_with_its_share() -> None:
    cases = [["brief", "check", "launch"]] * 6 + [["brief", "check", "brief", "check", "launch"]] * 2
    found = mpm.discover(log_of(cases))
    (decision,) = sound(found).workflows[0].decisions
    shares = {one.name: one.share.counted for one in decision.outcomes if one.share and one.share.counted}
    assert found.rework == ("after_check.brief",)
    assert (shares["brief"].hits, shares["brief"].trials) == (2, 10)
    assert found.replayed == 1.0


def test_what_leads_back_by_a_detour_is_rework_where_the_detour_begins() -> None:
    cases = [["brief", "check", "launch"]] * 8 + [["brief", "check", "call client", "brief", "check", "launch"]] * 4
    assert mpm.discover(log_of(cases)).rework == ("after_check.call_client",)


def test_work_in_either_order_goes_on_side_by_side_and_a_loop_does_not() -> None:
    either = [["brief", "copy", "media", "launch"]] * 5 + [["brief", "media", "copy", "launch"]] * 4
    assert [node.kind for _, node in mpm.discover(log_of(either)).model.nodes()].count("parallel") == 1
    loop = [["copy", "check", "copy", "check", "launch"]] * 5 + [["copy", "check", "launch"]] * 5
    assert beside([(tuple(map(hash, case)), 1) for case in loop]) == []


def test_ways_without_an_order_become_a_choice_made_anew() -> None:
    import random

    luck = random.Random(4)
    works = ["cut", "drill", "mill", "grind", "polish", "wash"]
    cases = [["take in", *(luck.choice(works) for _ in range(luck.randint(3, 9))), "hand out"] for _ in range(80)]
    found = mpm.discover(log_of(cases))
    assert found.replayed >= 0.95
    assert "drawn anew" in found.text
    assert sum(isinstance(node, Decision | Choose) for _, node in sound(found).nodes()) <= 2


def test_rare_ways_are_left_out_and_named() -> None:
    cases = [["brief", "check", "launch"]] * 400 + [["brief", "lawsuit", "launch"]]
    found = mpm.discover(log_of(cases))
    assert found.activities_left_out == (("lawsuit", 1),)
    assert found.replayed == pytest.approx(400 / 401)
    assert '"lawsuit" (1)' in found.text
    assert "400 of 401 cases" in found.text
    assert "99.7 %" in found.text


def test_names_are_good_and_none_is_taken_twice() -> None:
    cases = [["Done", "by", "Check it!", "check it", "2nd look", "Überprüfung", "and", "", "wait"]][0]
    named = [one or "?" for one in cases]
    model = sound(mpm.discover(log_of([named] * 3)))
    names = [node.name for _, node in model.nodes() if isinstance(node, Step)]
    assert len(set(names)) == len(names) == len(named)
    assert "überprüfung" in names
    assert "on_2nd_look" in names


def test_one_case_and_one_activity_have_a_draft_too() -> None:
    one = sound(mpm.discover(log_of([["brief", "launch"]])))
    assert one.workflows[0].arrivals is None, "of one case nobody knows how often they come"
    assert [node.name for _, node in sound(mpm.discover(log_of([["brief"]] * 5))).nodes()] == ["brief"]


def test_start_and_complete_give_times_of_work() -> None:
    rows = []
    for number in range(20):
        for what, begin, end in (("brief", "08:00", "10:00"), ("launch", "11:00", "11:30")):
            rows += [
                (f"c{number}", what, f"2026-01-{1 + number:02d}T{begin}:00", "start", "Anna"),
                (f"c{number}", what, f"2026-01-{1 + number:02d}T{end}:00", "complete", "Anna"),
            ]
    schema_ = ["case", "activity", "time", "lifecycle", "resource"]
    text = mpm.discover(pl.DataFrame(rows, schema=schema_, orient="row")).text
    assert 'team anna "Anna"' in text
    assert "step brief by anna takes 2h" in text
    assert "step launch by anna takes 30min" in text


def test_a_column_of_identifiers_is_refused_as_activities() -> None:
    frame = pl.DataFrame(
        {
            "case": [f"c{number % 7}" for number in range(1500)],
            "activity": [f"mail {number}" for number in range(1500)],
            "time": ["2026-01-05"] * 1500,
        }
    )
    with pytest.raises(mpm.DataError, match="1500 different values in 1500 events are no activities"):
        mpm.discover(frame)


def test_ten_thousand_variants_have_a_draft() -> None:
    works = [f"work {number}" for number in range(10)]
    cases = []
    for number in range(10_000):
        digits = f"{number:04d}"
        cases.append(["take in", *(works[int(digit)] for digit in digits), "hand out"])
    found = mpm.discover(log_of(cases))
    assert found.replayed >= 0.8
    sound(found)


@settings(max_examples=60, deadline=None)
@example([["b", "a"], ["a", "c", "b"]], 0.5)
@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=1, max_size=7), min_size=1, max_size=12),
    st.sampled_from([0.5, 0.8, 1.0]),
)
def test_any_log_has_a_sound_draft_that_does_at_least_the_share_asked_for(cases: list[list[str]], share: float) -> None:
    found = mpm.discover(log_of(cases), share=share)
    sound(found)
    assert found.replayed >= share - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6), min_size=1, max_size=10), st.randoms())
def test_the_order_of_cases_changes_nothing(cases: list[list[str]], luck: Any) -> None:
    shuffled = list(cases)
    luck.shuffle(shuffled)

    def plain(found: Discovery) -> Any:
        return found.model.workflows[0].model_copy(update={"arrivals": None}), found.replayed

    same = {"time": "2026-01-05"}
    frames = [
        pl.DataFrame(
            [(str(number), what) for number, case in enumerate(one) for what in case],
            schema=["case", "activity"],
            orient="row",
        ).with_columns(**{name: pl.lit(value) for name, value in same.items()})
        for one in (cases, shuffled)
    ]
    one, two = map(mpm.discover, frames)
    assert plain(one) == plain(two)


# ------------------------------------------------------------------------------------------------ replaying

BLOCK = """
workflow w {
  step brief
  parallel both {
    branch { step copy }
    branch {
      choose needed { yes, no 20% -> done }
      step media
    }
  }
  decision ok { yes, no 10% -> both rework }
  step launch
}
"""


@pytest.mark.parametrize(
    ("events", "fits"),
    [
        ("brief copy media launch", True),
        ("brief media copy launch", True),
        ("brief copy launch", True),
        ("brief media launch", False),
        ("brief copy media copy launch", True),
        ("brief copy media media launch", False),
        ("brief copy", False),
        ("", False),
    ],
)
def test_a_case_is_replayed_through_blocks_and_loops(events: str, fits: bool) -> None:
    replay = Replay(mpm.parse(BLOCK).workflows["w"], ["brief", "copy", "media", "launch"])
    assert replay.fits(events.split()) is fits


# ------------------------------------------------------------------------------------------------ the command


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    log_of([["brief", "check", "launch"], ["brief", "check", "brief", "check", "launch"]] * 3).write_csv("events.csv")
    return tmp_path


def test_the_command_writes_a_draft_that_reads_its_log(folder: Path) -> None:
    result = call("fit", "--discover", "events.csv", "-o", "draft.mpm")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "100.0% of 6 cases" in result.stderr
    assert 'log "events.csv" { case, activity, time }' in (folder / "draft.mpm").read_text(encoding="utf-8")
    assert call("check", "draft.mpm").exit_code == 1, "warnings that say what to edit"
    assert "after_check.brief" in call("fit", "draft.mpm").stdout


def test_a_draft_that_was_edited_is_not_written_over(folder: Path) -> None:
    (folder / "draft.mpm").write_text("workflow mine { step brief }\n", encoding="utf-8")
    result = call("fit", "--discover", "events.csv", "-o", "draft.mpm")
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert "mine" in (folder / "draft.mpm").read_text(encoding="utf-8")
    assert call("fit", "--discover", "events.csv", "-o", "draft.mpm", "--overwrite").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_the_document_keeps_to_its_schema_and_the_text_is_printed_without_a_file() -> None:
    result = call("fit", "--discover", "events.csv", "--json", "-q")
    assert result.stderr == ""
    document = json.loads(result.stdout)
    validate(document, schema("discovery"))
    assert document["text"] == call("fit", "--discover", "events.csv", "-q").stdout


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--discover", "none.csv"), "no such file"),
        (("--discover", "events.csv", "--column", "case=nobody"), "there is no such column"),
        (("--discover", "events.csv", "--column", "who=case"), "is not like case=case_id"),
        (("--discover", "events.csv", "--share", "300%"), "is no share between 0 and 1"),
        (("--discover", "events.csv", "draft.mpm"), "--discover takes the log and nothing else"),
        (("--column", "case=case"), "--column belongs to --discover"),
        ((), "mpmflow fit --discover LOG"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(arguments: tuple[str, ...], said: str) -> None:
    result = call("fit", *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_counts_of_ways_are_those_of_the_log() -> None:
    """Shares are counted over all cases, also those that the draft cannot do as a whole."""
    cases = [["a", "b"]] * 150 + [["a", "c"]] * 40 + [["a", "b", "x", "y", "z"]]
    (choice,) = [node for _, node in mpm.discover(log_of(cases)).model.nodes() if isinstance(node, Choose | Decision)]
    counted = Counter({one.name: one.share.counted.hits for one in choice.outcomes if one.share and one.share.counted})
    assert counted == {"c": 40}
    assert choice.outcomes[1].share is not None
    assert choice.outcomes[1].share.counted is not None
    assert choice.outcomes[1].share.counted.trials == 191


def test_an_unclear_column_is_asked_for_as_discover_takes_it_and_not_in_a_data_block() -> None:
    rows = [
        (str(n // 2), ("read", "answer")[n % 2], ("inbox", "editor")[n % 2], f"2026-01-{n + 1:02}") for n in range(24)
    ]
    with pytest.raises(mpm.DataError, match="the activity could be Work or Screen") as caught:
        mpm.discover(pl.DataFrame(rows, schema=["Ticket ID", "Work", "Screen", "Closed"], orient="row"))
    assert '--column activity="Work"' in str(caught.value)
    assert "columns={'activity': 'Work'}" in str(caught.value)
    assert "data block" not in str(caught.value)
