"""Our diagrams in bpmn-js, which draws BPMN in most modelling tools: it has no complaint, draws every shape where it
stands, leads no flow through a shape and no words onto one, and what it saves comes back as the same model.

Needs Chromium with playwright, and bpmn-js as npm installs it, in the folder that MPMFLOW_MERMAID names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mpmflow as mpm
from tests.exchange.processes import large

EXAMPLES = Path(__file__).parents[2] / "examples"
EVERY_FORM = """
workflow campaign "Campaign" {
  arrivals every 1w
  team marketing
  partner agency
  step brief "Write the brief" by marketing takes 2h waits exponential(1d)
  call review "Ask for a review" -> blocks
  parallel blocks "Prepare" {
    branch { step copy by marketing takes 1d }
    branch {
      first race {
        branch { step media by agency takes 3d }
        branch { step stock "Buy from stock" takes 1h }
      }
    }
  }
  decision ok "Is it good?" by marketing takes 1h {
    yes
    no    20% -> blocks rework at most 2 then -> dropped
    later 5%  -> ok delay 5d
  }
  done sent
  scrap dropped
}
workflow review "Review" {
  choose kind "Which kind?" {
    new
    known 40% -> done
  }
  decision fit "Does it fit?" takes 1h {
    yes
    no 5% scrap
  }
}
"""
MEASURE = """
async (xml) => {
  const modeler = new BpmnJS({container: '#canvas'});
  const {warnings} = await modeler.importXML(xml);
  const registry = modeler.get('elementRegistry'), shapes = [], lines = [], labels = [];
  registry.forEach((one) => {
    if (one.labelTarget) {
      const text = registry.getGraphics(one).querySelector('text').getBBox();
      labels.push({id: one.labelTarget.id, x: one.x + text.x, y: one.y + text.y, width: text.width,
                   height: text.height});
    } else if (one.waypoints) {
      lines.push({id: one.id, points: one.waypoints.map(({x, y}) => [x, y]), source: one.source.id,
                  target: one.target.id});
    } else if (one.type && one.parent) {
      shapes.push({id: one.id, type: one.type, x: one.x, y: one.y, width: one.width, height: one.height});
    }
  });
  const {xml: saved} = await modeler.saveXML({format: true});
  return {warnings: warnings.map(String), shapes, lines, labels, saved};
}
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="optional: playwright is not installed")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("optional: there is no Chromium on this machine (CHROMIUM names its program)")
    folder = os.environ.get("MPMFLOW_MERMAID", "")
    script = Path(folder, "node_modules", "bpmn-js", "dist", "bpmn-viewer.development.js")
    if not folder or not script.is_file():
        pytest.skip("optional: bpmn-js is not in the folder that MPMFLOW_MERMAID names (npm install bpmn-js@18 there)")
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1600, "height": 900})
        opened.set_content('<div id="canvas" style="width: 1600px; height: 900px"></div>')
        opened.add_script_tag(path=str(script))
        yield opened
        browser.close()


def box(one: dict[str, float], inset: float) -> tuple[float, float, float, float]:
    return (one["x"] + inset, one["y"] + inset, one["x"] + one["width"] - inset, one["y"] + one["height"] - inset)


def meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def texts() -> list[tuple[str, str]]:
    found = [(path.stem, path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*/*.mpm"))]
    return [*found, ("every-form", EVERY_FORM), ("large", large(220))]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text"), texts(), ids=[name for name, _ in texts()])
def test_bpmn_js_draws_it_all(name: str, text: str, page: Any, tmp_path: Path) -> None:
    model = mpm.parse(text)
    diagram = mpm.export(model).diagram
    page.evaluate("document.querySelector('#canvas').replaceChildren()")
    drawn = page.evaluate(MEASURE, diagram.xml)
    assert drawn["warnings"] == []
    ours = {shape.id for pool in diagram.pools for shape in pool.shapes}
    ours |= {one.id for pool in diagram.pools for one in (pool, *pool.lanes)}
    assert {one["id"] for one in drawn["shapes"]} == ours
    assert {one["id"] for one in drawn["lines"]} == {link.id for pool in diagram.pools for link in pool.links}
    solid = {one["id"]: box(one, 1) for one in drawn["shapes"] if one["type"] not in ("bpmn:Participant", "bpmn:Lane")}
    hosts = {shape.id: shape.host for pool in diagram.pools for shape in pool.shapes if shape.host}
    for line in drawn["lines"]:
        for (x1, y1), (x2, y2) in zip(line["points"], line["points"][1:], strict=False):
            run = (min(x1, x2) - 0.1, min(y1, y2) - 0.1, max(x1, x2) + 0.1, max(y1, y2) + 0.1)
            crossed = [one for one, there in solid.items() if meet(run, there) and hosts.get(line["source"]) != one]
            assert crossed == [], line["id"]
    for label in drawn["labels"]:
        covered = [one for one, there in solid.items() if meet(box(label, 0), there)]
        assert covered == [], label["id"]
    saved = tmp_path / "saved.bpmn"
    saved.write_text(drawn["saved"], encoding="utf-8")
    found = mpm.read_bpmn(saved)
    assert found.model == model
    assert found.text == text
