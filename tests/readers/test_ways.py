"""A decision without events of its own is seen by what comes next: the silent ways through a workflow."""

from __future__ import annotations

from mpmflow import parse
from mpmflow.model.imports import all_workflows
from mpmflow.readers.ways import START, Stop, Ways


def ways(text: str, *marks: str) -> Ways:
    return Ways(list(all_workflows(parse(text))), marks)


BRIEF = """
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  step launch
}
"""


def test_the_next_event_tells_the_outcome() -> None:
    found = ways(BRIEF, "brief", "launch")
    assert found.between("brief", "launch").outcomes == ("complete.yes",)
    assert found.between("brief", "brief").outcomes == ("complete.no",)
    assert found.between(START, "brief").outcomes == ()


def test_where_the_workflow_has_no_way_there_is_none() -> None:
    found = ways(BRIEF, "brief", "launch")
    assert found.between("launch", "brief") is None
    assert found.between(START, "launch") is None


def test_an_outcome_with_an_event_of_its_own_is_not_passed_in_silence() -> None:
    found = ways(BRIEF, "brief", "launch", "complete.no")
    assert found.between("brief", "complete.no").outcomes == ()
    assert found.between("complete.no", "brief").outcomes == ()
    assert found.between("brief", "brief") is None
    assert found.between("brief", "launch").outcomes == ("complete.yes",)


def test_after_the_last_event_the_end_is_the_only_stop() -> None:
    found = ways(BRIEF, "brief", "launch")
    assert list(found.after("launch")) == [Stop("w.done", is_end=True)]
    assert {stop.name for stop in found.after("brief")} == {"brief", "launch"}


def test_several_ways_leave_in_doubt_what_they_do_not_share() -> None:
    found = ways(
        """
        workflow w {
          step brief
          decision complete { yes 80%, no 20% -> brief rework }
          decision urgent { yes 10%, no 90% }
          step launch
        }
        """,
        "brief",
        "launch",
    )
    way = found.between("brief", "launch")
    assert way.outcomes == ("complete.yes",)
    assert way.unsure == ("urgent.no", "urgent.yes")


def test_ways_that_differ_by_a_choice_only_leave_no_decision_in_doubt() -> None:
    found = ways(
        """
        workflow w {
          step brief
          choose channel { mail 50%, web 50% }
          decision good { yes 80%, no 20% -> brief rework }
          step launch
        }
        """,
        "brief",
        "launch",
    )
    way = found.between("brief", "launch")
    assert way.outcomes == ("good.yes",)
    assert way.unsure == ()


def test_a_silent_loop_does_not_hide_the_way_past_it_but_cannot_be_counted() -> None:
    found = ways(
        """
        workflow w {
          step ask
          decision legal { approve 90%, later 10% -> legal delay 5d }
          step launch
        }
        """,
        "ask",
        "launch",
    )
    assert found.between("ask", "launch").outcomes == ("legal.approve",)
    assert found.unseen == ("legal.later",)


PARALLEL = """
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  parallel assets {
    branch {
      step copy
      decision copy_ok { yes 90%, no 10% -> copy rework }
    }
    branch { step media }
  }
  decision good { yes 70%, no 30% -> assets rework }
  step launch
}
"""


def test_a_parallel_block_is_entered_by_each_branch_and_left_by_its_join() -> None:
    found = ways(PARALLEL, "brief", "copy", "media", "launch")
    assert found.between("brief", "media").outcomes == ("complete.yes",)
    assert found.between("media", "launch").outcomes == ("good.yes",)
    assert found.between("copy", "launch").outcomes == ("copy_ok.yes", "good.yes")
    assert found.between("copy", "copy").unsure == ("copy_ok.no", "copy_ok.yes", "good.no")
    assert found.between("copy", "media").outcomes == ("copy_ok.yes", "good.no")


def test_what_ends_a_branch_in_silence_is_known_when_the_block_ends() -> None:
    found = ways(PARALLEL, "brief", "copy", "media", "launch")
    assert found.silent_branches == (("assets", 0),)
    assert found.closing("copy", "assets", 0).outcomes == ("copy_ok.yes",)


def test_a_called_workflow_is_entered_where_it_is_called() -> None:
    text = """
    workflow campaign {
      step brief
      call review
      step launch
    }
    workflow review {
      step read
      decision fine { yes 90%, no 10% scrap }
    }
    """
    found = ways(text, "brief", "read", "launch")
    assert found.roots == ("campaign",)
    assert found.between("brief", "read").workflow == "review"
    assert found.between("read", "launch").outcomes == ("fine.yes",)
    assert found.after("read")[Stop("campaign.scrap", True, False)].outcomes == ("fine.no",)
    assert found.root_of("read") == "campaign"


def test_a_call_that_leaves_no_events_is_passed() -> None:
    text = """
    workflow campaign {
      step brief
      call review
      step launch
    }
    workflow review { step read }
    """
    found = ways(text, "brief", "launch")
    assert found.between("brief", "launch").outcomes == ()
    assert found.roots == ("campaign", "review")


def test_a_case_waits_where_its_next_event_is_due() -> None:
    found = ways(PARALLEL, "brief", "copy", "media", "launch")
    assert found.waiting_at("brief") == "complete"
    assert found.waiting_at("media") == "assets"
    assert ways(BRIEF, "brief", "launch", "complete.yes").waiting_at("complete.yes") == "launch"


def test_a_chain_of_many_silent_decisions_takes_no_time() -> None:
    decisions = "\n".join(f"decision d{number} {{ yes 90%, no 10% -> first rework }}" for number in range(300))
    found = ways(f"workflow w {{ step first\n{decisions}\nstep last }}", "first", "last")
    assert len(found.between("first", "last").outcomes) == 300
    assert len(found.between("first", "first").unsure) == 2 * 300 - 1
