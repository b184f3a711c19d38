"""Pages and Mermaid texts in a real browser: the page works by mouse and keys and asks for nothing; Mermaid reads all.

Needs Chromium (CHROMIUM names its program where it is not on the path) with playwright, and for Mermaid its script as
npm installs it, in the folder that MPMFLOW_MERMAID names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import mpmflow as mpm
from mpmflow.analysis.risk.evaluation import Evaluation
from tests.render.browsing import HOSTILE, Watched, escaped

EXAMPLES = Path(__file__).parents[2] / "examples"
VIEWS = ("workflow", "causes", "objectives", "metrics", "handoffs")


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return mpm.evaluate(mpm.load(EXAMPLES / "webinar" / "webinar.mpm"))


def hostile_model() -> mpm.Model:
    label = escaped(HOSTILE)
    text = (EXAMPLES / "webinar" / "webinar.mpm").read_text(encoding="utf-8")
    for words in (
        "Write the brief",
        "Is the brief complete?",
        "Webinar campaign",
        "Build pipeline",
        "Briefs sent back",
    ):
        text = text.replace(words, label)
    return mpm.parse(text)


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_is_quiet_and_asks_for_nothing(browser: Any, evaluation: Evaluation, view: str, tmp_path: Path) -> None:
    watched = Watched(browser, mpm.draw(evaluation, view).save(tmp_path / "page.html"))
    watched.page.wait_for_selector("#picture svg")
    assert watched.quiet(), (watched.said, watched.asked)
    described = watched.page.locator("#picture [aria-label]").count()
    assert described > len(mpm.draw(evaluation, view).graph.numbered()) * 0.9


def test_no_other_script_runs_even_if_one_got_onto_the_page(
    browser: Any, evaluation: Evaluation, tmp_path: Path
) -> None:
    own = mpm.draw(evaluation).save(tmp_path / "page.html")
    strangers = "<script>window.strange = 1</script></main>"
    own.write_text(own.read_text(encoding="utf-8").replace("</main>", strangers, 1), encoding="utf-8")
    page = Watched(browser, own).page
    page.wait_for_selector("#picture [aria-label]")
    assert page.evaluate("typeof window.strange") == "undefined"


def test_a_page_is_searched_moved_and_told_by_keys(browser: Any, evaluation: Evaluation, tmp_path: Path) -> None:
    watched = Watched(browser, mpm.draw(evaluation).save(tmp_path / "page.html"))
    page = watched.page
    page.keyboard.press("/")
    page.keyboard.type("director")
    assert page.text_content("#found").endswith("found")
    page.keyboard.press("Enter")
    told = page.text_content("#remark")
    assert "Director decides" in told
    page.keyboard.press("Escape")
    assert page.is_hidden("#remark")
    before = watched.box()
    page.keyboard.press("+")
    assert watched.box()[2] < before[2]
    nearer = watched.box()
    page.keyboard.press("ArrowRight")
    assert watched.box()[0] > nearer[0]
    page.keyboard.press("0")
    assert watched.box() == pytest.approx(before)
    page.keyboard.press("Tab")
    assert "start" in page.text_content("#remark")
    assert watched.quiet(), (watched.said, watched.asked)


def test_a_page_is_zoomed_dragged_and_asked_by_mouse(browser: Any, evaluation: Evaluation, tmp_path: Path) -> None:
    watched = Watched(browser, mpm.draw(evaluation).save(tmp_path / "page.html"))
    page = watched.page
    page.hover("#n1")
    told = page.text_content("#remark")
    for words in ("Write the brief", "by marketing", "+2.5 h a case against plan, because of Briefs sent back"):
        assert words in told
    before = watched.box()
    page.mouse.move(600, 350)
    page.mouse.wheel(0, -300)
    page.wait_for_function("w => document.querySelector('#picture svg').viewBox.baseVal.width < w", arg=before[2])
    nearer = watched.box()
    page.mouse.down()
    page.mouse.move(500, 350, steps=4)
    page.mouse.up()
    assert watched.box()[0] > nearer[0]
    assert watched.quiet(), (watched.said, watched.asked)


def test_a_page_opens_as_the_system_is_set_and_can_be_switched(
    browser: Any, evaluation: Evaluation, tmp_path: Path
) -> None:
    path = mpm.draw(evaluation).save(tmp_path / "page.html")
    for scheme in ("light", "dark"):
        page = Watched(browser, path, color_scheme=scheme).page
        assert page.get_attribute("html", "data-theme") == scheme
        ground = page.evaluate("getComputedStyle(document.querySelector('#picture svg polygon')).fill")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 23, 42)"}[scheme]
        page.click("#theme")
        assert page.get_attribute("html", "data-theme") != scheme


def test_a_large_picture_opens_and_is_searched_so_that_it_can_be_read(browser: Any, tmp_path: Path) -> None:
    steps = "\n".join(f'step s{number} "Piece {number}" takes 1h' for number in range(300))
    watched = Watched(browser, mpm.draw(mpm.parse(f"workflow w {{\n{steps}\n}}")).save(tmp_path / "page.html"))
    page = watched.page

    def height(name: str) -> float:
        return float(page.locator(name).bounding_box()["height"])

    assert height("#n1") > 25, "pixels"
    first, room = page.locator("#n0").bounding_box(), page.locator("#picture").bounding_box()
    assert 0 <= first["y"] - room["y"] < 100, "the picture begins where the room for it does"
    page.keyboard.press("0")
    assert height("#n1") < 5
    page.keyboard.press("/")
    page.keyboard.type("piece 250")
    page.keyboard.press("Enter")
    found = page.locator("#n251").bounding_box()
    assert found["height"] > 25
    assert 0 < found["y"] < 700
    assert watched.quiet(), (watched.said, watched.asked)


@pytest.mark.parametrize("view", VIEWS)
def test_hostile_labels_stay_text_on_a_page(browser: Any, view: str, tmp_path: Path) -> None:
    watched = Watched(browser, mpm.draw(hostile_model(), view).save(tmp_path / "page.html"))
    page = watched.page
    assert page.locator("script").count() == 2, "the data and the program"
    assert page.locator("img").count() == 0
    page.keyboard.press("/")
    page.keyboard.type("alert(1)")
    page.keyboard.press("Enter")
    assert watched.quiet(), (watched.said, watched.asked)


# ---------------------------------------------------------------------------------------------------- Mermaid


@pytest.fixture(scope="module")
def mermaid(browser: Any) -> Any:
    folder = os.environ.get("MPMFLOW_MERMAID")
    script = Path(folder or ".") / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
    if not script.is_file():
        pytest.skip("optional: MPMFLOW_MERMAID names no folder into which `npm install mermaid` was run")
    page = browser.new_page()
    page.set_content("<!DOCTYPE html><title>Mermaid</title>")
    page.add_script_tag(path=script)
    page.evaluate("mermaid.initialize({startOnLoad: false})")
    return page


def drawn_by_mermaid(page: Any, text: str) -> str:
    return str(page.evaluate("async text => (await mermaid.render('drawing', text)).svg", text))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_mermaid_draws_every_view(mermaid: Any, evaluation: Evaluation, view: str, theme: str) -> None:
    diagram = mpm.draw(evaluation, view, theme="dark" if theme == "dark" else "light")
    svg = drawn_by_mermaid(mermaid, diagram.mermaid())
    boxes = [one for one in diagram.graph.statements if one.kind == "node"]
    assert svg.count('class="node ') == len(boxes) + 1, "each box, and the legend"


@pytest.mark.parametrize("view", VIEWS)
def test_mermaid_shows_hostile_labels_as_text(mermaid: Any, view: str) -> None:
    svg = drawn_by_mermaid(mermaid, mpm.draw(hostile_model(), view).mermaid())
    assert "<script" not in svg
    assert "<img" not in svg


def test_mermaid_is_not_misled_by_names_that_are_its_own_words(mermaid: Any) -> None:
    text = "workflow graph { step subgraph takes 1h\n step style takes 1h\n step click takes 1h\n step class takes 1h }"
    svg = drawn_by_mermaid(mermaid, mpm.draw(mpm.parse(text)).mermaid())
    for word in ("subgraph", "style", "click", "class"):
        assert f">{word}" in svg
