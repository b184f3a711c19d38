"""Hand-offs as a page and as a picture: what people read of them."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("polars", reason="optional: polars")

import mpmflow as mpm
from mpmflow.render.blocks import as_text
from mpmflow.render.handoffs_page import handoffs_page
from mpmflow.render.partner_page import partner_page

ALLIANCE = Path(__file__).parents[2] / "examples" / "alliance" / "alliance.mpm"


@pytest.fixture(scope="module")
def found() -> Any:
    return mpm.handoffs(mpm.load(ALLIANCE))


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", as_text(page))


def label(diagram: Any, source: str, target: str, part: str) -> str:
    """The words on the line between two teams whose label holds this."""
    for one in diagram.graph.statements:
        said = re.sub(r"<[^>]+>", " ", unescape(str(one.attributes.get("label", ""))))
        if one.kind == "edge" and (one.name, one.target) == (source, target) and part in said:
            return re.sub(r"\s+", " ", said)
    raise AssertionError(f"no line from {source} to {target} says {part!r}")


def test_the_page_says_which_promise_is_broken_and_whom_to_ask(found: Any) -> None:
    page = words(handoffs_page(found))
    assert "Briefs and changes are taken up” (marketing → Studio North) is broken: 78% were taken up in time" in page
    assert "Ask Account lead, studio." in page
    assert (
        "“Briefs and changes are taken up” (marketing → Studio North) gets worse: 66% in time in the last 8 weeks"
        in page
    )
    assert "“Drafts and questions are looked at” (Studio North → marketing) gets worse" not in page
    assert "(legal → Letter shop) gets worse" not in page  # 86% after 98% may be luck, and in this log it is
    assert "kept so far" in page
    assert "caused by ↓ borne by →" in page


def test_the_page_tells_of_steps_when_asked(found: Any) -> None:
    assert "good → design (rework)" in words(handoffs_page(found, steps=True))
    assert "good → design" not in words(handoffs_page(found))


def test_without_a_log_the_page_shows_the_design_alone() -> None:
    page = words(handoffs_page(mpm.handoffs(mpm.parse(
        "team a { people 1 }\npartner b { people 1 }\nhandoff a -> b within 1d\n"
        "workflow w { step x by a takes 1h\n step y by b takes 1h }"
    ))))  # fmt: skip
    assert "by design" in page
    assert "9 of 10 within" not in page
    assert "every one within 1 d" in page
    assert "There is no event log" in page


def test_a_promise_that_the_design_cannot_keep_is_said() -> None:
    webinar = Path(__file__).parents[2] / "examples" / "webinar" / "webinar.mpm"
    page = words(handoffs_page(mpm.handoffs(mpm.load(webinar))))
    assert "“Production begins” (marketing → agency) cannot be kept as it is designed: about 21% would be late" in page
    assert "“Media are looked at”" not in page


def test_where_nothing_is_handed_over_the_page_says_so() -> None:
    page = words(handoffs_page(mpm.handoffs(mpm.parse("workflow w { step x takes 1h }"))))
    assert "No work passes from one team to another" in page


def test_a_partners_page_speaks_to_the_partner(found: Any) -> None:
    page = words(partner_page(mpm.partner_view(found, "studio")))
    assert "Studio North: your part of the work" in page
    assert "marketing → you" in page
    assert "M-102" in page
    assert "Ask " not in page


def test_the_picture_shows_volume_wait_return_and_promise(found: Any) -> None:
    diagram = mpm.draw(found)
    said = label(diagram, "marketing", "studio", "Write the brief")
    assert "4.9 a week, waits 17 h" in said
    assert "17% come back as rework" in said
    assert "promised: 90% within 1 d" in said
    assert "BROKEN: 78% in time" in said
    assert "BROKEN" not in label(diagram, "marketing", "studio", "Design the mailing")  # once for a pair of teams
    assert "KEPT: 96% in time" in label(diagram, "studio", "marketing", "Design the mailing")


def test_a_picture_of_the_file_alone_shows_what_was_promised() -> None:
    diagram = mpm.draw(mpm.load(ALLIANCE), "handoffs")
    assert "promised within 1d at least 90%" in label(diagram, "marketing", "studio", "Write the brief")
    assert "promised" not in label(diagram, "legal", "studio", "Design the mailing")


def test_of_hand_offs_there_is_one_view(found: Any) -> None:
    with pytest.raises(mpm.PictureError, match="of hand-offs there is one view, 'handoffs', not 'causes'"):
        mpm.draw(found, "causes")
