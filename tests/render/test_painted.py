"""Risk on pictures: what is painted is what the evaluation says, and it can be read without colour."""

from __future__ import annotations

from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.render import palette
from mpmflow.render.dot import Statement
from mpmflow.render.picture import Diagram
from mpmflow.render.pictures.mermaid import words_of

WEBINAR = Path(__file__).parents[2] / "examples" / "webinar" / "webinar.mpm"


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return mpm.evaluate(mpm.load(WEBINAR))


def node(diagram: Diagram, name: str) -> Statement:
    (found,) = (one for one in diagram.graph.statements if one.kind == "node" and one.name == name)
    return found


def way(diagram: Diagram, source: str, target: str) -> Statement:
    """The only way between two boxes; a way back is laid out the other way round."""
    ways = (one for one in diagram.graph.statements if one.kind == "edge")
    ends = ((one, one.attributes.get("dir") == "back") for one in ways)
    (found,) = (one for one, back in ends if (one.name, one.target) == ((target, source) if back else (source, target)))
    return found


def test_the_place_that_loses_most_is_darkest_has_the_thickest_border_and_says_so(evaluation: Evaluation) -> None:
    diagram = mpm.draw(evaluation)
    worst = max((row for row in evaluation.spread if row.kind == "step"), key=lambda row: row.extra_time)
    assert worst.at == "brief"
    painted = node(diagram, "brief")
    assert painted.attributes["fillcolor"] == palette.HEAT[4]
    assert "+2.5 h a case" in words_of(painted.attributes["label"])
    assert "+7.9 visits per 100 cases" in words_of(painted.attributes["label"])
    assert node(diagram, "director").attributes["fillcolor"] == palette.STEP_FILL, "nothing is lost there"
    assert "-4.7 min a case" in words_of(node(diagram, "media").attributes["label"])
    assert node(diagram, "media").attributes["fillcolor"] not in palette.HEAT, "better than by plan is no heat"


def test_ways_are_as_thick_as_cases_take_them(evaluation: Evaluation) -> None:
    diagram = mpm.draw(evaluation)
    yes = way(diagram, "brief_complete", "assets")
    reject = way(diagram, "legal_ok", "scrap")
    assert float(yes.attributes["penwidth"]) > 3 * float(reject.attributes["penwidth"])


def test_the_headline_is_marked_where_it_starts_and_along_its_way(evaluation: Evaluation) -> None:
    workflow = mpm.draw(evaluation)
    start = words_of(way(workflow, "brief_complete", "brief").attributes["label"])
    assert "the headline starts here" in start
    assert "now about 24.7%" in start
    assert "ALERT: Briefs sent back" in start
    assert node(workflow, "brief").attributes["peripheries"] == 2
    causes = mpm.draw(evaluation, "causes")
    on_way = way(causes, "workflow webinar", "cycle_time")
    beside = way(causes, "spend", "cost_per_lead")
    assert on_way.attributes["color"] == palette.ACCENT
    assert float(on_way.attributes["penwidth"]) > 3 * float(beside.attributes["penwidth"])
    assert node(causes, "leads").attributes["peripheries"] == 2
    assert "peripheries" not in node(causes, "spend").attributes


def test_metrics_and_objectives_say_how_likely_they_are_missed(evaluation: Evaluation) -> None:
    diagram = mpm.draw(evaluation, "objectives")
    assert "38% likely to be missed" in words_of(node(diagram, "events").attributes["label"])
    words = words_of(node(diagram, "cost_per_lead").attributes["label"])
    assert "target at most 42 eur: 38% likely to miss it" in words
    assert node(diagram, "cost_per_lead").attributes["fillcolor"] == palette.HEAT[2]


def test_teams_say_how_busy_they_are(evaluation: Evaluation) -> None:
    words = words_of(node(mpm.draw(evaluation, "handoffs"), "marketing").attributes["label"])
    assert "busy 38.9%, by plan 37.7%" in words


def test_a_folded_box_carries_what_its_parts_lose(evaluation: Evaluation) -> None:
    rows = {row.at: row.extra_time for row in evaluation.spread}
    words = words_of(node(mpm.draw(evaluation, collapse=True), "assets").attributes["label"])
    assert round((rows["copy"] + rows["media"]) / 60) == -1
    assert "side by side: 2 steps, all of them" in words
    assert not [line for line in words if line.endswith("a case")], "a minute less is not worth a word"


@pytest.mark.parametrize("view", ["workflow", "causes", "objectives", "metrics", "handoffs"])
def test_every_painted_view_has_a_legend_and_is_stable(evaluation: Evaluation, view: str) -> None:
    diagram = mpm.draw(evaluation, view)
    legend = " ".join(words_of(diagram.graph.defaults["graph"]["label"]))
    for words in (
        "Risk on 2 Mar 2026, measured against the plan",
        "ALERT",
        "UNKNOWN",
        "the headline, Briefs sent back",
    ):
        assert words in legend
    assert mpm.draw(evaluation, view).svg() == diagram.svg()
    assert diagram.title.endswith("with the risk on 2026-03-02")


def test_the_legend_explains_a_double_border_only_where_there_is_one(evaluation: Evaluation) -> None:
    assert "double border" in " ".join(words_of(mpm.draw(evaluation).graph.defaults["graph"]["label"]))
    calm = mpm.draw(mpm.evaluate(mpm.load(WEBINAR.parents[1] / "channels" / "channels.mpm")))
    assert not any(one.attributes.get("peripheries") == 2 for one in calm.graph.statements)
    assert "double border" not in " ".join(words_of(calm.graph.defaults["graph"]["label"]))


def test_an_evaluation_without_anything_to_tell_is_painted_calmly() -> None:
    model = mpm.load(WEBINAR)
    series = {"week": ["2026-01-05", "2026-01-12"], "brief_complete.no": [0.2, 0.2]}
    pl = pytest.importorskip("polars", reason="optional: polars")
    evaluation = mpm.evaluate(model, series=pl.DataFrame(series))
    assert not evaluation.headlines
    diagram = mpm.draw(evaluation)
    assert "no headline: nothing stands out" in words_of(diagram.graph.defaults["graph"]["label"])
    assert "the headline starts here" not in diagram.dot()


def test_an_evaluation_made_by_hand_knows_no_model_to_draw(evaluation: Evaluation) -> None:
    bare = Evaluation(as_of=evaluation.as_of, reference="plan")
    with pytest.raises(ValueError, match="knows no model"):
        mpm.draw(bare)
