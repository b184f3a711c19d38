"""Two versions in one picture: what came, went and changed can be told apart without colour."""

from __future__ import annotations

import re

import pytest

import mpmflow as mpm
from mpmflow.analysis.difference.diff import Diff
from mpmflow.render import palette
from mpmflow.render.dot import Statement
from mpmflow.render.picture import Diagram
from mpmflow.render.pictures.mermaid import words_of

OLD = """team writers { people 1 }
workflow w "Newsletter" {
  arrivals 2 per day
  step brief "Write the brief" by writers takes 4h
  decision ok "Is it ok?" { yes 80%, no 20% -> brief rework }
  parallel both {
    branch { step copy takes 1h }
    branch { step media takes 2h }
  }
  step send "Send it" takes 1h
}
metric days operational = time(w) unit d lower is better
metric leads output unit leads
cause days -> leads { lag 2w, each +1d adds -6 }
objective grow "Grow" enterprise { measured by leads, target at least 900 per 13w by 2026-09-30, owner "CEO" }
"""
NEW = (
    OLD.replace("80%", "90%")
    .replace("20%", "10%")
    .replace("takes 4h", "takes 5h")
    .replace("    branch { step media takes 2h }", "    branch { step film takes 3d }")
    .replace("adds -6", "adds -8")
    .replace("at least 900", "at least 950")
)


@pytest.fixture(scope="module")
def found() -> Diff:
    return mpm.diff(mpm.parse(OLD), mpm.parse(NEW))


def node(diagram: Diagram, name: str) -> Statement:
    (one,) = (one for one in diagram.graph.statements if one.kind == "node" and one.name == name)
    return one


def words(one: Statement) -> list[str]:
    return words_of(one.attributes.get("label", ""))


def test_what_came_is_thick_and_says_new(found: Diff) -> None:
    film = node(mpm.draw(found), "film")
    assert words(film)[-1] == "+ NEW"
    assert (film.attributes["color"], film.attributes["penwidth"]) == (palette.GOOD, 2.4)


def test_what_went_is_dashed_where_it_stood(found: Diff) -> None:
    diagram = mpm.draw(found)
    media = node(diagram, "media")
    assert words(media)[-1] == "- REMOVED"
    assert "dashed" in str(media.attributes["style"])
    names = [one.name for one in diagram.graph.statements if one.kind in ("node", "open", "close")]
    inside = names[names.index("cluster_both") : names.index("", names.index("cluster_both"))]
    assert {"copy", "media", "film"} <= set(inside), "both stand in the block"


def test_what_changed_says_what_it_was_and_is(found: Diff) -> None:
    diagram = mpm.draw(found)
    assert words(node(diagram, "brief"))[-2:] == ["CHANGED", "takes 4h → 5h"]
    (back,) = (one for one in diagram.graph.statements if one.kind == "edge" and one.attributes.get("dir") == "back")
    assert words(back) == ["no 10%", "rework", "before: no 20%"]
    assert "CHANGED" not in words(node(diagram, "send"))


@pytest.mark.parametrize("view", ["workflow", "causes", "objectives", "handoffs", "metrics"])
def test_every_view_shows_both(found: Diff, view: str) -> None:
    diagram = mpm.draw(found, view)
    said = [line for one in diagram.graph.statements for line in words(one)]
    wanted = {
        "workflow": "+ NEW", "causes": "before: each +1d adds -6", "objectives": "CHANGED", "metrics": "CHANGED",
        "handoffs": "writers",
    }[view]  # fmt: skip
    assert any(wanted in line for line in said), said
    assert diagram.title.endswith(": what changed")


def test_the_legend_explains_every_sign_and_counts(found: Diff) -> None:
    legend = words_of(mpm.draw(found).graph.defaults["graph"]["label"])
    assert legend[0] == "What changed in the file: 1 new, 1 removed, 5 changed"
    assert all(sign in legend[1] for sign in ("+ NEW", "- REMOVED", "CHANGED"))


def test_light_and_dark_differ_in_colours_only(found: Diff) -> None:
    light, dark = (mpm.draw(found, theme=theme).dot() for theme in ("light", "dark"))
    assert light != dark
    assert re.sub("#[0-9a-f]{6}", "", light) == re.sub("#[0-9a-f]{6}", "", dark)


def test_a_view_that_only_one_version_has_is_all_new_or_all_gone() -> None:
    plain = mpm.parse("workflow w { step brief takes 2h }")
    goals = mpm.parse(OLD)
    came = mpm.draw(mpm.diff(plain, goals), "objectives")
    assert words(node(came, "grow"))[-1] == "+ NEW"
    gone = mpm.draw(mpm.diff(goals, plain), "objectives")
    assert words(node(gone, "grow"))[-1] == "- REMOVED"


def test_a_part_of_the_picture_can_be_asked_for(found: Diff) -> None:
    part = mpm.draw(found, around="film", steps=1)
    names = {one.name for one in part.graph.statements if one.kind == "node"}
    assert "film" in names
    assert "brief" not in names


def test_hostile_labels_stay_words() -> None:
    old = mpm.parse('workflow w { step a "<b>&amp; <script>" takes 1h }')
    new = mpm.parse('workflow w { step a "</TD><IMG SRC=x>" takes 2h\n step b "<script>alert(1)</script>" takes 1h }')
    diagram = mpm.draw(mpm.diff(old, new))
    svg = diagram.svg()
    assert "<script" not in svg
    assert "<IMG" not in svg.upper().replace("<IMAGE", "")
