"""Pictures: what stands in them, that they are stable, and that a label is never more than text."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.render import palette
from mpmflow.render.dot import Graph, Markup, wrapped
from mpmflow.render.drawing import draw
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.picture import Diagram, PictureError
from tests.exchange.processes import large

EXAMPLES = Path(__file__).parents[2] / "examples"
VIEWS = ("workflow", "causes", "objectives", "metrics")

SMALL = """
workflow webinar "Webinar campaign" {
  partner agency { people 2 }
  step brief "Write the brief" takes 2h
  decision ok "Is it complete?" { yes, no 20% -> brief rework, lost 1% scrap, later 3% -> ok delay 2d }
  step media by agency takes lognormal(mean 3d, sd 2d)
}
metric cycle operational = time(webinar) unit d lower is better
metric leads output unit leads
cause cycle -> leads { lag 4w, each +1d adds -6, confidence 60%, evidence associated "2025" }
"""


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["travel", "webinar"])
def test_every_example_gives_a_well_formed_picture(name: str, view: str) -> None:
    diagram = draw(mpm.load(EXAMPLES / name / f"{name}.mpm"), view)
    root = ET.fromstring(diagram.svg())
    assert root.tag.endswith("svg")
    assert root.get("aria-label") == diagram.title
    assert diagram.png().startswith(b"\x89PNG")


def test_the_workflow_tells_who_how_long_how_often_and_what_is_rework() -> None:
    text = draw(mpm.parse(SMALL)).dot()
    for words in ("Write the brief", "agency, about 3d", "yes 76%", "no 20%", "rework", "lost 1%", "scrap", "after 2d"):
        assert words in text
    (rework,) = (line for line in text.splitlines() if "no 20%" in line)
    assert 'style="dashed"' in rework
    (delay,) = (line for line in text.splitlines() if "later 3%" in line)
    assert 'style="dotted"' in delay


def test_a_question_tells_apart_what_comes_back_and_what_may_not_any_more() -> None:
    diagram = draw(mpm.load(EXAMPLES / "webinar" / "webinar.mpm"))
    (told,) = (one.details for one in diagram.graph.statements if one.kind == "node" and one.name == "legal_ok")
    assert {"fix 15% rework", "fix once more (limit reached)"} < set(told)
    assert "fix rework" not in told


def test_an_influence_tells_strength_lag_and_what_it_rests_on() -> None:
    text = draw(mpm.parse(SMALL), "causes").dot()
    (line,) = (line for line in text.splitlines() if '"cycle" -> "leads"' in line)
    assert "each +1d adds -6" in line
    assert "after 4w" in line
    assert "confidence 60%" in line
    assert 'style="dashed"' in line


def test_the_cascade_shows_levels_targets_owners_and_who_serves_whom() -> None:
    text = draw(mpm.load(EXAMPLES / "webinar" / "webinar.mpm"), "objectives").dot()
    for words in ("Grow recurring revenue", "business unit", "at least 900 per 13w by 2026-09-30", "owner: CEO"):
        assert words in text
    assert '"pipeline" -> "grow"' in text
    assert "from 20% to 10%" in text


def test_handoffs_show_who_gives_to_whom_and_what_comes_back() -> None:
    text = draw(mpm.load(EXAMPLES / "webinar" / "webinar.mpm"), "handoffs").dot()
    assert "another organisation" in text
    assert "Write copy →" in text
    assert "legal ok" not in text, "labels, not names"
    (back,) = (line for line in text.splitlines() if '"legal" -> "agency"' in line)
    assert 'style="dashed"' in back
    with pytest.raises(PictureError, match="no hand-offs to draw"):
        draw(mpm.load(EXAMPLES / "travel" / "travel.mpm"), "handoffs")


def test_many_handoffs_of_one_kind_are_one_line() -> None:
    steps = "\n".join(f"step a{n} by writers takes 1h\n step b{n} by legal takes 1h" for n in range(6))
    text = f"team writers {{ people 1 }}\nteam legal {{ people 1 }}\nworkflow w {{\n{steps}\n}}"
    ways = [one for one in draw(mpm.parse(text), "handoffs").graph.statements if one.kind == "edge"]
    assert [(one.name, one.target) for one in ways] == [("writers", "legal"), ("legal", "writers")]
    assert "6 hand-offs" in str(ways[0].attributes["label"])
    assert "a5 → b5" in ways[0].details


def test_pictures_do_not_depend_on_the_run() -> None:
    program = (
        "import mpmflow as mpm, hashlib\nfrom mpmflow.render.drawing import draw\n"
        f"m = mpm.load({str(EXAMPLES / 'webinar' / 'webinar.mpm')!r})\n"
        "print([hashlib.sha256(draw(m, v).svg().encode()).hexdigest() for v in ('workflow', 'causes')])"
    )
    answers = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=None).stdout
        for _ in range(2)
    }
    assert len(answers) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_lines_of_different_size_do_not_touch(view: str) -> None:
    """The port of Graphviz sets all lines of a text as close as its last line allows, so each size has its own text."""
    graph = draw(mpm.load(EXAMPLES / "webinar" / "webinar.mpm"), view).graph
    labels = [str(one.attributes.get("label", "")) for one in graph.statements]
    texts = [text for label in labels for text in re.split(r"</?T[^>]*>", label)]
    assert any("<BR/>" in text for text in texts)
    for text in texts:
        assert len(set(re.findall(r'POINT-SIZE="(\d+)"', text))) <= 1, text


@pytest.mark.parametrize("view", VIEWS)
def test_a_hostile_label_stays_text(view: str) -> None:
    hostile = "<script>alert(1)</script> & 'x' ]]> -> } \\N \\\" ü 漢字 \u202eabc " + "y" * 300
    label = hostile.replace("\\", "\\\\").replace('"', '\\"')
    text = SMALL.replace("Is it complete?", label).replace("Write the brief", label).replace("Webinar campaign", label)
    svg = draw(mpm.parse(text), view).svg()
    root = ET.fromstring(svg)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "<script" not in svg


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    model = mpm.parse(SMALL)
    with pytest.raises(
        PictureError, match="there is no view called 'flow'; there are workflow, causes, objectives, handoffs, metrics"
    ):
        draw(model, "flow")
    with pytest.raises(PictureError, match=r"\.svg, \.png, \.pdf, \.dot, \.mmd, \.html, \.bpmn, not as \.gif"):
        draw(model).save(tmp_path / "x.gif")
    with pytest.raises(PictureError, match="no workflow called 'other'; there is webinar"):
        draw(model, workflow="other")
    with pytest.raises(PictureError, match="no workflow to draw"):
        draw(mpm.parse("metric leads output unit leads"))


def test_a_broken_layout_is_our_fault_and_says_so() -> None:
    broken = Graph("broken", {}, {}, {})
    broken.node("a", {"label": Markup("<TABLE>")})
    with pytest.raises(mpm.InternalError, match="could not be laid out"):
        Diagram("broken", broken).svg()


def test_words_are_wrapped_evenly_and_never_lost() -> None:
    assert wrapped("Does the budget owner approve?", 17) == ["Does the budget", "owner approve?"]
    assert wrapped("short", 17) == ["short"]
    assert " ".join(wrapped("a bb ccc dddd eeeee", 8)) == "a bb ccc dddd eeeee"


def test_a_label_in_mermaid_is_letters_and_numbers_of_letters() -> None:
    hostile = '<script> "x" `y` end --> %%{z}%% [a](b) #35; ü 漢字'
    label = hostile.replace('"', '\\"')
    text = draw(mpm.parse(SMALL.replace("Is it complete?", label))).mermaid()
    (line,) = (line for line in text.splitlines() if "script" in line)
    inside = line.split('"', 1)[1].rsplit('"', 1)[0].replace("<br/>", " ")
    assert not set(inside) & set('<>"`{}[]|')
    assert "#60;script#62;" in inside
    assert "ü" in inside


def test_what_is_no_model_is_said() -> None:
    with pytest.raises(TypeError, match=r"a model is asked, not 'webinar\.mpm'"):
        mpm.draw("webinar.mpm")  # type: ignore[arg-type]


def test_folding_keeps_every_question_and_every_way_of_a_case() -> None:
    model = mpm.load(EXAMPLES / "webinar" / "webinar.mpm")
    text = mpm.draw(model, collapse=True).dot()
    assert "side by side: 2 steps, all of them" in text
    assert "Write copy" not in text
    for words in ("fix 15% then 8%", "reject 1%", "Is the brief", "no 20%"):
        assert words in text


def test_the_ways_of_a_tangled_workflow_are_straight_so_that_it_can_be_laid_out_at_all() -> None:
    tangled = draw(mpm.parse(large(500)), collapse=True)
    assert tangled.graph.defaults["graph"]["splines"] == "line"
    assert tangled.svg().startswith("<svg")
    part = draw(mpm.parse(large(500)), around=mpm.parse(large(500)).workflows[0].body[0].name)
    assert "splines" not in part.graph.defaults["graph"]
    assert "splines" not in draw(mpm.parse(large(100))).graph.defaults["graph"]


def test_a_neighbourhood_counts_what_it_leaves_out() -> None:
    model = mpm.load(EXAMPLES / "webinar" / "webinar.mpm")
    text = mpm.draw(model, around="launch", steps=1).dot()
    assert "Does legal" in text
    assert "Write the brief" not in text
    assert "… 2 more" in text, "legal_ok leads to scrap and back to the assets"
    assert "… 1 more" in text, "the assets lead to legal_ok"
    with pytest.raises(PictureError, match="nothing called 'lunch' in this picture; nearest: launch"):
        mpm.draw(model, around="lunch")
    with pytest.raises(PictureError, match="only the view 'workflow' can be collapsed"):
        mpm.draw(model, "causes", collapse=True)


@pytest.mark.parametrize("name", ["brief_complete.no", "brief_complete", "leads", "webinar"])
def test_a_neighbourhood_of_causes_is_found_by_the_name_in_the_file(name: str) -> None:
    model = mpm.load(EXAMPLES / "webinar" / "webinar.mpm")
    drawing = mpm.draw(model, "causes", around=name, steps=0).graph
    (box,) = (one for one in drawing.statements if one.kind == "node" and not one.name.startswith("…"))
    assert box.attributes["tooltip"] == name.partition(".")[0]


def test_dark_pictures_have_the_same_words_and_lines_in_other_colours() -> None:
    model = mpm.load(EXAMPLES / "webinar" / "webinar.mpm")
    light, dark = (mpm.draw(model, theme=theme) for theme in ("light", "dark"))
    assert light.graph == dark.graph
    assert len(light.dot()) == len(dark.dot())
    colours = [re.findall("#[0-9a-f]{6}", diagram.dot()) for diagram in (light, dark)]
    assert [palette.DARK[colour] for colour in colours[0]] == colours[1]
    with pytest.raises(PictureError, match="no theme called 'grey'; there are light and dark"):
        mpm.draw(model, theme="grey")  # type: ignore[arg-type]


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", palette.THEMES)
def test_words_stand_out_from_their_ground_in_both_themes(theme: str) -> None:
    def shown(colour: str) -> str:
        return palette.DARK[colour] if theme == "dark" else colour

    fills = [palette.GROUND, palette.STEP_FILL, palette.PARTNER_FILL, palette.DECISION_FILL, palette.LAGGING_FILL]
    for ground in [*fills, *palette.HEAT[1:]]:
        assert _contrast(shown(palette.INK), shown(ground)) >= 4.5, ground
    for words in (palette.QUIET, palette.REWORK, palette.DELAY, palette.LOST, palette.GOOD, palette.ACCENT):
        assert _contrast(shown(words), shown(palette.GROUND)) >= 4.5, words


@pytest.mark.parametrize("theme", palette.THEMES)
def test_shades_of_heat_differ_without_their_colour(theme: str) -> None:
    shades = [palette.DARK[shade] if theme == "dark" else shade for shade in palette.HEAT[1:]]
    ground = palette.DARK[palette.GROUND] if theme == "dark" else palette.GROUND
    far = [_contrast(ground, shade) for shade in shades]
    assert far == sorted(far)
    assert min(b / a for a, b in pairwise(far)) > 1.1


def test_numbers_never_round_to_nothing_or_all() -> None:
    assert [percent(share) for share in (0.0, 1e-7, 0.0013, 0.2, 0.99996, 1.0)] == [
        "0%", "0.00001%", "0.13%", "20%", "99.996%", "100%",
    ]  # fmt: skip
    assert [duration(seconds) for seconds in (0, 90, 5400, 86400, 1e6)] == ["0 s", "1.5 min", "1.5 h", "1 d", "11.6 d"]
    assert significant(float("nan")) == "unknown"
