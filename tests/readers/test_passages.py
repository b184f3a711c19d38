"""Passages of a log: when work went from one team to another, and what the log cannot tell of it."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from typing import Any

import pytest

polars = pytest.importorskip("polars", reason="optional: polars")

import mpmflow as mpm  # noqa: E402
from mpmflow.diagnostics.errors import DataError  # noqa: E402
from mpmflow.model.passages import UNKNOWN, Passages  # noqa: E402
from mpmflow.readers.passages import read_passages  # noqa: E402

TEAMS = "team house { people 2 }\nteam legal { people 1 }\npartner agency { people 2 }\n"
REVIEW = (
    TEAMS
    + """
workflow w {
  step brief by house
  step media by agency
  decision ok by house {
    yes seen as "liked"
    no 20% -> media rework seen as "disliked"
  }
  step check by legal
}
"""
)
BLOCK = (
    TEAMS
    + """
workflow w {
  step brief by house
  parallel assets {
    branch { step copy by house }
    branch { step media by agency }
  }
  decision ok by legal {
    yes seen as "approved"
    no 20% -> assets rework seen as "sent back"
  }
  step launch by house
}
"""
)


def moment(day: float) -> datetime:
    return datetime.fromtimestamp(datetime(2026, 1, 1, tzinfo=UTC).timestamp() + 86400 * day, UTC)


def log(*events: tuple[Any, ...]) -> Any:
    """Events as (case, activity, day of January 2026) and, if given, lifecycle."""
    columns = {
        "case": [one[0] for one in events],
        "activity": [one[1] for one in events],
        "time": [moment(one[2]) for one in events],
    }
    if any(len(one) > 3 for one in events):
        columns["lifecycle"] = [one[3] if len(one) > 3 else "complete" for one in events]
    return polars.DataFrame(columns)


def seen(text: str, *events: tuple[Any, ...], as_of: str = "2026-01-31") -> Passages:
    return read_passages(mpm.parse(text), log=log(*events), as_of=as_of)


def told(found: Passages) -> list[tuple[str, float, float | None]]:
    """Each passage as `source->target`, the day it was handed over and the day it was taken up."""
    start = moment(0).timestamp()
    return [
        (
            f"{found.nodes[source]}->{found.nodes[target]}",
            round((given - start) / 86400, 6),
            None if isnan(taken) else round((taken - start) / 86400, 6),
        )
        for source, target, given, taken in zip(found.source, found.target, found.given, found.taken, strict=True)
    ]


def test_work_waits_from_the_end_of_one_teams_work_to_the_start_of_the_next() -> None:
    found = seen(
        REVIEW,
        ("a", "brief", 0),
        ("a", "media", 2, "start"),
        ("a", "media", 5),
        ("a", "liked", 6),
        ("a", "check", 6.5, "start"),
        ("a", "check", 7),
    )
    assert told(found) == [("brief->media", 0, 2), ("media->ok", 5, 6), ("ok->check", 6, 6.5)]
    assert list(found.began) == [1, 0, 1]
    assert found.cases == {"w": 1}


def test_steps_of_one_team_hand_nothing_over() -> None:
    text = TEAMS + "workflow w { step one by house\n step two by house\n step three by legal }"
    assert told(seen(text, ("a", "one", 0), ("a", "two", 1), ("a", "three", 2))) == [("two->three", 1, 2)]


def test_what_comes_back_as_rework_is_told_of_the_hand_off_that_it_answers() -> None:
    found = seen(
        REVIEW,
        *(("a", "brief", 0), ("a", "media", 1), ("a", "disliked", 2), ("a", "media", 3), ("a", "liked", 4)),
        *(("a", "check", 5), ("b", "brief", 6), ("b", "media", 7)),
    )
    assert [line[0] for line in told(found)][:4] == ["brief->media", "media->ok", "ok->media", "media->ok"]
    assert list(found.rework) == [0, 0, 1, 0, 0, 0, 0]
    # brief->media goes on to the house without rework; the first media->ok comes back, the second does not; the last
    # hand-off of `a` is its end; of `b` nobody knows yet what the house makes of the media.
    assert list(found.back) == [0, 1, 0, 0, 0, 0, UNKNOWN]


def test_behind_its_bound_work_is_no_rework() -> None:
    text = REVIEW.replace("-> media rework", "-> media rework at most 1 then -> check")
    found = seen(
        text,
        *(("a", "brief", 0), ("a", "media", 1), ("a", "disliked", 2)),
        *(("a", "media", 3), ("a", "disliked", 4), ("a", "check", 5)),
    )
    assert [line[0] for line in told(found)] == ["brief->media", "media->ok", "ok->media", "media->ok", "ok->check"]
    assert list(found.rework) == [0, 0, 1, 0, 0]


def test_steps_by_nobody_are_passed_over() -> None:
    text = TEAMS + "workflow w { step brief by house\n step mail\n step media by agency }"
    assert told(seen(text, ("a", "brief", 0), ("a", "mail", 3), ("a", "media", 4))) == [("brief->media", 3, 4)]


def test_behind_a_block_every_branch_hands_over_when_the_last_is_done() -> None:
    found = seen(
        BLOCK, ("a", "brief", 0), ("a", "copy", 1), ("a", "media", 5), ("a", "approved", 7), ("a", "launch", 8)
    )
    assert sorted(told(found)) == [
        ("brief->media", 0, 5),
        ("copy->ok", 5, 7),
        ("media->ok", 5, 7),
        ("ok->launch", 7, 8),
    ]


def test_in_a_second_round_of_a_block_the_first_round_is_over() -> None:
    found = seen(
        BLOCK,
        *(("a", "brief", 0), ("a", "copy", 1), ("a", "media", 2), ("a", "sent back", 3)),
        *(("a", "media", 4), ("a", "copy", 6), ("a", "approved", 9)),
    )
    assert [line for line in told(found) if line[0].endswith("->ok")] == [
        ("copy->ok", 2, 3),
        ("media->ok", 2, 3),
        ("copy->ok", 6, 9),
        ("media->ok", 6, 9),
    ]


def test_of_two_that_race_the_first_hands_over() -> None:
    text = BLOCK.replace("parallel assets", "first assets")
    found = seen(text, ("a", "brief", 0), ("a", "media", 1), ("a", "approved", 2))
    assert told(found) == [("brief->media", 0, 1), ("media->ok", 1, 2)]


# ------------------------------------------------------------------------------------------ open cases


def test_work_that_nobody_has_taken_up_is_waiting() -> None:
    found = seen(REVIEW, ("a", "brief", 0), ("b", "brief", 1), ("b", "media", 2))
    assert told(found) == [("brief->media", 0, None), ("brief->media", 1, 2), ("media->ok", 2, None)]


def test_work_that_has_begun_is_taken_up() -> None:
    found = seen(REVIEW, ("a", "brief", 0), ("a", "media", 2, "start"))
    assert (told(found), list(found.began)) == ([("brief->media", 0, 2)], [1])


def test_an_open_block_waits_in_each_branch_that_has_not_begun() -> None:
    other = (("z", "brief", 0), ("z", "copy", 0), ("z", "media", 0), ("z", "approved", 0), ("z", "launch", 0))
    assert told(seen(BLOCK, ("a", "brief", 2), *other))[0] == ("brief->media", 2, None)
    assert told(seen(BLOCK, ("a", "brief", 2), ("a", "copy", 3), *other))[0] == ("brief->media", 2, None)


def test_behind_a_block_nobody_waits_until_all_branches_are_done() -> None:
    assert told(seen(BLOCK, ("a", "brief", 0), ("a", "media", 1))) == [("brief->media", 0, 1)]
    done = seen(BLOCK, ("a", "brief", 0), ("a", "media", 1), ("a", "copy", 4))
    assert sorted(told(done)) == [("brief->media", 0, 1), ("copy->ok", 4, None), ("media->ok", 4, None)]


def test_where_the_next_team_hangs_on_an_answer_nobody_is_blamed() -> None:
    text = TEAMS + 'workflow w { step brief by house\n choose way { a 50% -> media, b 50% -> check }\n' \
        "step media by agency -> done\n step check by legal }"  # fmt: skip
    found = seen(text, ("a", "brief", 0), ("b", "brief", 0), ("b", "media", 1), ("c", "brief", 0), ("c", "check", 3))
    assert told(found) == [("brief->media", 0, 1), ("brief->check", 0, 3)]
    assert found.undecided == 1


def test_nothing_is_known_behind_the_day_of_the_question() -> None:
    events = (("a", "brief", 0), ("a", "media", 5), ("a", "liked", 9))
    assert told(seen(REVIEW, *events, as_of="2026-01-03")) == [("brief->media", 0, None)]


# ------------------------------------------------------------------------------------------ what a log cannot tell


def test_a_question_without_an_event_of_its_own_hides_its_hand_offs() -> None:
    text = REVIEW.replace(' seen as "liked"', "").replace(' seen as "disliked"', "")
    found = seen(text, ("a", "brief", 0), ("a", "media", 1), ("a", "check", 2))
    assert told(found) == [("brief->media", 0, 1)]
    assert found.unseen == {("media", "ok"): 1, ("ok", "check"): 1}


def test_a_question_that_the_giver_answers_in_silence_blurs_the_clock() -> None:
    text = TEAMS + "workflow w { step brief by house\n decision fine by house { yes, no 10% scrap }\n" \
        "step media by agency }"  # fmt: skip
    found = seen(text, ("a", "brief", 0), ("a", "media", 1))
    assert (told(found), found.blurred) == ([("fine->media", 0, 1)], 1)


def test_a_way_that_the_workflow_does_not_have_is_left_out() -> None:
    found = seen(REVIEW, ("a", "media", 0), ("a", "brief", 1), ("a", "check", 2))
    assert (told(found), found.astray) == ([], 2)


def test_without_a_log_it_says_how_to_give_one() -> None:
    with pytest.raises(DataError, match="there is no log to see hand-offs in: give one with --log PATH"):
        read_passages(mpm.parse(REVIEW))
