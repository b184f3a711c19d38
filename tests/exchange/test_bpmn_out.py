"""Models as BPMN diagrams: valid by the schema of the standard, nothing on anything else, the same model comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import mpmflow as mpm
from mpmflow.exchange.bpmn.drawing import routing
from mpmflow.exchange.bpmn.drawing.layout import Box, Sheet
from mpmflow.exchange.bpmn.drawing.shapes import Ids, Pool
from mpmflow.exchange.bpmn.drawing.write import BpmnDiagram, BpmnError, write_bpmn
from mpmflow.exchange.bpmn.read import BpmnImport
from mpmflow.exchange.export import ExportError
from mpmflow.model import process
from mpmflow.model.flow import arcs
from tests.exchange.processes import large, models
from tests.random_workflows import random_workflow

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(EXAMPLES.glob("*/*.mpm"))
quick = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

WEBINAR = """
workflow webinar "Webinar" {
  team marketing { people 4 }
  team legal
  step brief "Write the brief" by marketing takes 2h
  decision complete "Is it complete?" by marketing takes 30min waits 1d {
    yes
    no 20% -> brief rework at most 3 then -> dropped
  }
  decision approved "Does legal approve?" by legal takes 4h {
    yes
    later 5% -> approved delay 5d
    reject 1% scrap
  }
  step launch "Go live" by marketing takes 1h
  done
  scrap dropped
}
indicator sent_back = rate(complete.no) { warn above 30% }
metric cycle_time operational = time(webinar) unit d lower is better
"""


@pytest.fixture
def back(tmp_path: Path) -> Callable[..., BpmnImport]:
    """Reads a diagram back, with some of its text replaced."""

    def read(xml: str, *edits: tuple[str, str]) -> BpmnImport:
        for old, new in edits:
            assert old in xml, old
            xml = xml.replace(old, new)
        path = tmp_path / "diagram.bpmn"
        path.write_text(xml, encoding="utf-8")
        return mpm.read_bpmn(path)

    return read


# --- the file


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema of the standard, as SpiffWorkflow brings it."""
    spiff = pytest.importorskip("SpiffWorkflow", reason="optional: SpiffWorkflow is not installed")
    etree = pytest.importorskip("lxml.etree", reason="optional: lxml is not installed")
    folder = Path(spiff.__file__).parent / "bpmn" / "parser" / "schema"
    return etree.XMLSchema(etree.parse(str(folder / "BPMN20.xsd")))


def faults(schema: Any, xml: str) -> list[str]:
    from lxml import etree

    schema.validate(etree.fromstring(xml.encode()))
    return [f"line {one.line}: {one.message}" for one in schema.error_log]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_are_valid(path: Path, schema: Any) -> None:
    assert faults(schema, mpm.export(mpm.load(path)).bpmn) == []


@quick
@given(models())
def test_every_process_is_valid(schema: Any, model: mpm.Model) -> None:
    assert faults(schema, mpm.export(model).bpmn) == []


def test_the_same_model_gives_the_same_bytes() -> None:
    assert len({mpm.export(mpm.parse(WEBINAR)).bpmn for _ in range(2)}) == 1


def test_a_picture_of_a_workflow_is_saved_as_bpmn(tmp_path: Path) -> None:
    model = mpm.parse(WEBINAR)
    (saved,) = mpm.export(model).save(tmp_path / "a.bpmn")
    drawn = mpm.draw(model).save(tmp_path / "b.bpmn")
    assert saved.read_bytes() == drawn.read_bytes()
    for part in ({"around": "brief"}, {"collapse": True}, {"view": "causes"}):
        with pytest.raises(ValueError, match="BPMN shows workflows, whole"):
            mpm.draw(model, **part).save(tmp_path / "c.bpmn")  # type: ignore[arg-type]


def test_ids_are_names_that_xml_takes_each_given_once() -> None:
    ids = Ids()
    assert [ids.of(one) for one in ("a", "a", "1a", "ärger", "a b")] == ["a", "a_2", "_1a", "arger", "au0020b"]


def flow_of(*body: process.Node, label: str | None = None) -> mpm.Model:
    return mpm.Model(workflows=[process.Workflow(name="w", label=label, body=body)])


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (mpm.parse("metric m activity"), "there is no workflow in this file"),
        (flow_of(process.Call(name="c", workflow="x")), "calls the workflow `x`"),
        (flow_of(process.Step(name="a", target="b")), "`a` leads to `b`"),
        (flow_of(process.Step(name="a"), process.Step(name="a")), "name one anew"),
        (flow_of(label="a\ufffe"), r"U\+FFFE"),
    ],
    ids=["no-workflow", "no-callee", "no-target", "twice", "no-character"],
)
def test_what_no_diagram_can_hold_is_refused_in_words(model: mpm.Model, words: str) -> None:
    with pytest.raises(BpmnError, match=words):
        write_bpmn(model)
    with pytest.raises(ExportError, match=words):
        _ = mpm.export(model).bpmn


def test_a_model_of_more_than_five_thousand_shapes_is_refused() -> None:
    body = [process.Step(name=f"s{number}") for number in range(5_001)]
    with pytest.raises(BpmnError, match="more than 5000 activities"):
        write_bpmn(mpm.Model(workflows=[process.Workflow(name="w", body=body)]))


def test_what_only_mpmflow_reads_is_named() -> None:
    (note,) = mpm.export(mpm.parse(WEBINAR)).diagram.notes
    assert note == (
        "Only mpmflow reads these in the file: shares of outcomes, rework and waste, times of work, people, hours and "
        "rates of teams, metrics, causes and indicators."
    )
    first = (
        "workflow w { first f {\n branch { step a takes 1h }\n branch { decision d {\n ok\n no 1% scrap\n } }\n } }\n"
    )
    notes = " ".join(mpm.export(mpm.parse(first)).diagram.notes)
    assert "complex gateway" in notes
    assert "ends the case at once in BPMN" in notes


# --- what stands for what


def shapes(text: str) -> dict[str, tuple[str, str, str]]:
    pools = mpm.export(mpm.parse(text)).diagram.pools
    return {shape.id: (shape.tag, shape.name, shape.lane) for pool in pools for shape in pool.shapes}


def test_what_becomes_what() -> None:
    found = shapes(WEBINAR)
    assert found == {
        "webinar.start": ("startEvent", "", "marketing"),
        "brief": ("userTask", "Write the brief", "marketing"),
        "complete.waits": ("intermediateCatchEvent", "Wait 1d", "marketing"),
        "complete.takes": ("userTask", "Decide: Is it complete?", "marketing"),
        "complete": ("exclusiveGateway", "Is it complete?", "marketing"),
        "approved.takes": ("userTask", "Decide: Does legal approve?", "legal"),
        "approved": ("exclusiveGateway", "Does legal approve?", "legal"),
        "launch": ("userTask", "Go live", "marketing"),
        "webinar.dropped": ("endEvent", "Dropped", "marketing"),
        "approved.later.delay": ("intermediateCatchEvent", "Wait 5d", "legal"),
        "webinar.scrap": ("endEvent", "Scrap", "legal"),
        "webinar.done": ("endEvent", "Done", "marketing"),
    }


def test_outcomes_are_flows_with_conditions_and_what_goes_on_is_the_default() -> None:
    (pool,) = mpm.export(mpm.parse(WEBINAR)).diagram.pools
    found = {link.part: (link.name, link.condition, link.default) for link in pool.links if link.part}
    assert found["complete.yes"] == ("yes", "", True)
    assert found["complete.no"] == ("no", 'complete == "no"', False)
    assert found["complete.no.then"] == ("no, after 3 times", 'complete == "no.then"', False)


def test_blocks_fork_and_join_and_what_comes_twice_is_brought_together_first() -> None:
    found = shapes(
        "workflow w {\n parallel p {\n branch {\n decision d {\n on\n off 10% -> done\n }\n step a\n }\n"
        "branch { step b }\n }\n decision again {\n no\n yes 10% -> p rework\n }\n"
        "first f {\n branch { step e }\n branch { step g }\n }\n }"
    )
    gateways = {name: tag for name, (tag, _, _) in found.items() if "Gateway" in tag}
    assert gateways == {
        "p.enter": "exclusiveGateway",
        "p": "parallelGateway",
        "d": "exclusiveGateway",
        "p.branch_1": "exclusiveGateway",
        "p.join": "parallelGateway",
        "again": "exclusiveGateway",
        "f": "parallelGateway",
        "f.join": "complexGateway",
    }


def test_a_call_leads_to_a_process_of_the_same_file_and_what_is_lost_there_is_lost_here() -> None:
    diagram = mpm.export(
        mpm.parse("workflow w { call review }\nworkflow review { decision ok {\n yes\n no 1% scrap\n } }")
    ).diagram
    (call,) = [shape for shape in diagram.pools[0].shapes if shape.tag == "callActivity"]
    (lost,) = [shape for shape in diagram.pools[0].shapes if shape.tag == "boundaryEvent"]
    assert (call.calls, lost.host, diagram.pools[1].process) == ("review", "review_2", "review")


def test_every_week_is_a_timer_and_a_rate_is_words() -> None:
    starts = []
    for arrivals in ("every 1w", "3 per week", "every exponential(2d)"):
        (pool,) = mpm.export(mpm.parse(f"workflow w {{ arrivals {arrivals}\n step a }}")).diagram.pools
        starts.append((pool.shapes[0].name, pool.shapes[0].after))
    assert starts == [("Every 1w", "R/P1W"), ("3 per week", ""), ("About every 2d", "")]


# --- where it stands


def overlap(one: Box, other: Box) -> bool:
    return (one.x < other.x + other.width and other.x < one.x + one.width
            and one.y < other.y + other.height and other.y < one.y + one.height)  # fmt: skip


def muddle(pool: Pool, sheet: Sheet) -> list[str]:
    """Everything in a pool that stands where it should not."""
    found = []
    hosts = {shape.id: shape.host for shape in pool.shapes}
    boxes = sorted(sheet.shapes.items())
    for number, (name, box) in enumerate(boxes):
        for other, there in boxes[number + 1 :]:
            if overlap(box, there) and other not in (hosts[name], name) and hosts[other] != name:
                found.append(f"{name} lies on {other}")
        inside = sheet.pool
        if not (inside.x < box.x and inside.y <= box.y and box.x + box.width <= inside.x + inside.width
                and box.y + box.height <= inside.y + inside.height):  # fmt: skip
            found.append(f"{name} is outside of its pool")
    lanes = {lane.team: band for lane, band in zip(pool.lanes, sheet.lanes, strict=bool(pool.lanes))}
    for shape in pool.shapes:
        box = sheet.shapes[shape.id]
        if lanes and not (
            lanes[shape.lane].y <= box.y and box.y + box.height <= lanes[shape.lane].y + lanes[shape.lane].height
        ):
            found.append(f"{shape.id} is outside of its lane")
    for link in pool.links:
        points = sheet.lines[link.id]
        for (x1, y1), (x2, y2) in pairwise(points):
            if x1 != x2 and y1 != y2:
                found.append(f"{link.id} is not straight")
            run = Box(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))
            for name, box in boxes:
                inner = Box(box.x + 1, box.y + 1, box.width - 2, box.height - 2)
                if touches(run, inner) and not (hosts[link.source] == name and points[0] == (x1, y1)):
                    found.append(f"{link.id} leads through {name}")
    labels = sorted(sheet.labels.items())
    for number, (name, box) in enumerate(labels):
        found += [f"the words of {name} stand on {other}" for other, there in boxes if overlap(box, there)]
        found += [
            f"the words of {name} and {other} meet" for other, there in labels[number + 1 :] if overlap(box, there)
        ]
    return found


def touches(run: Box, box: Box) -> bool:
    return (run.x <= box.x + box.width and box.x <= run.x + run.width
            and run.y <= box.y + box.height and box.y <= run.y + run.height)  # fmt: skip


def tidy(diagram: BpmnDiagram) -> None:
    for pool, sheet in zip(diagram.pools, diagram.sheets, strict=True):
        assert muddle(pool, sheet) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_an_example_stands_on_anything_else(path: Path) -> None:
    tidy(mpm.export(mpm.load(path)).diagram)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_of_a_random_workflow_stands_on_anything_else(seed: int) -> None:
    tidy(mpm.export(mpm.parse(random_workflow(seed))).diagram)


@quick
@given(models())
def test_nothing_of_a_process_stands_on_anything_else(model: mpm.Model) -> None:
    tidy(mpm.export(model).diagram)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [200, 400])
def test_a_large_diagram_is_tidy(steps: int) -> None:
    tidy(mpm.export(mpm.parse(large(steps))).diagram)


def test_where_the_search_would_take_too_long_flows_go_by_the_nearest_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "MOST_SEARCHED", 50)
    tidy(mpm.export(mpm.load(EXAMPLES / "travel" / "travel.mpm")).diagram)
    tidy(mpm.export(mpm.parse(large(60))).diagram)
    tidy(mpm.export(mpm.parse("workflow w {\n call v\n}\nworkflow v {\n step a -> scrap\n}")).diagram)


def test_a_wide_block_is_a_comb() -> None:
    """Sixty branches hang on one line down from where they part and one up to where they meet, with no other bends."""
    branches = "".join(f"    branch {{ step s{number} takes 1h }}\n" for number in range(60))
    diagram = mpm.export(mpm.parse(f"workflow w {{\n  parallel all {{\n{branches}  }}\n}}")).diagram
    tidy(diagram)
    (sheet,) = diagram.sheets
    assert max(len(line) for line in sheet.lines.values()) == 3
    assert sheet.pool.width < 800


def test_most_cases_go_straight() -> None:
    """The way that most cases take stays in one row as long as it stays with one team."""
    diagram = mpm.export(mpm.parse(WEBINAR)).diagram
    (sheet,) = diagram.sheets
    rows = {one: sheet.shapes[one].y + sheet.shapes[one].height // 2 for one in sheet.shapes}
    assert (
        len({rows[one] for one in ("webinar.start", "brief", "complete.takes", "complete", "launch", "webinar.done")})
        == 1
    )


# --- and back


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_comes_back_to_the_letter(path: Path, back: Callable[..., BpmnImport]) -> None:
    model = mpm.load(path)
    found = back(mpm.export(model).bpmn)
    assert found.model == model
    assert found.text == path.read_text(encoding="utf-8")
    assert found.kept == ()


@quick
@given(models())
def test_every_model_comes_back_equal(back: Callable[..., BpmnImport], model: mpm.Model) -> None:
    found = back(mpm.export(model).bpmn)
    assert found.model == model
    assert mpm.export(found.model).bpmn == mpm.export(model).bpmn


FORGOTTEN = (re.compile(r' diagram="\w+" structure="\w+"'), "")


def ways(workflow: process.Workflow) -> Any:
    """What a workflow means: its statements without where they lead, and every way between them."""
    flow = arcs(workflow)
    aimed = {arc.target for arc in flow.arcs}
    nodes = {}
    for name, place in flow.nodes.items():
        node = place.node
        if place.kind == "end":
            node = None
        elif isinstance(node, process.Decision | process.Choose):
            plain = [
                one.model_copy(update={"target": None, "at_most": one.at_most.times if one.at_most else None})
                for one in node.outcomes
            ]
            node = node.model_copy(update={"outcomes": tuple(plain)})
        elif isinstance(node, process.Parallel):
            node = node.model_copy(update={"branches": len(node.branches), "target": None})
        elif isinstance(node, process.Step | process.Call):
            node = node.model_copy(update={"target": None})
        if place.kind != "end" or name in aimed:
            nodes[name] = (place.kind, place.good, node)
    return nodes, sorted((arc.source, arc.target, arc.kind, arc.share, arc.rest) for arc in flow.arcs)


@quick
@given(models())
def test_a_process_is_read_from_the_drawing_alone(back: Callable[..., BpmnImport], model: mpm.Model) -> None:
    """Without the digests all counts as edited: the drawing and what its elements carry give the same process."""
    found = back(FORGOTTEN[0].sub("", mpm.export(model).bpmn))
    assert [ways(one) for one in found.model.workflows] == [ways(one) for one in model.workflows]
    assert {one.name: one for one in found.model.all_teams} == {one.name: one for one in model.all_teams}


def test_moving_shapes_is_no_edit(back: Callable[..., BpmnImport]) -> None:
    found = back(mpm.export(mpm.parse(WEBINAR)).bpmn, ('x="', 'x="1'))
    assert found.text == WEBINAR


def test_a_name_that_was_edited_wins_and_all_else_stays(back: Callable[..., BpmnImport]) -> None:
    model = mpm.parse(WEBINAR)
    found = back(
        mpm.export(model).bpmn,
        ('name="Write the brief"', 'name="Brief the team"'),
        ('name="no"', 'name="not yet"'),
        (">P5D<", ">P3D<"),
        ('id="webinar.legal.lane" name="legal"', 'id="webinar.legal.lane" name="Lawyers"'),
        ('id="webinar" name="Webinar"', 'id="webinar" name="Online seminar"'),
    )
    flow = found.model.workflows["webinar"]
    assert flow.label == "Online seminar"
    assert flow.body[0] == model.workflows["webinar"].body[0].model_copy(update={"label": "Brief the team"})
    complete, approved = flow.decisions
    assert [(one.name, one.label) for one in complete.outcomes] == [("yes", None), ("no", "not yet")]
    assert str(approved.outcomes[1].delay.value) == "3d"
    assert found.model.all_teams["legal"].label == "Lawyers"
    assert found.model.metrics == model.metrics
    assert found.notes == (
        "`brief` was edited in the diagram: its name.",
        "`complete` was edited in the diagram: its outcomes.",
        "`approved` was edited in the diagram: its outcomes.",
        'The workflow `webinar` is now called "Online seminar" in the diagram.',
    )


def test_work_in_another_lane_is_the_work_of_its_team(back: Callable[..., BpmnImport]) -> None:
    xml = mpm.export(mpm.parse(WEBINAR)).bpmn
    member = "        <bpmn:flowNodeRef>launch</bpmn:flowNodeRef>\n"
    last = "        <bpmn:flowNodeRef>webinar.scrap</bpmn:flowNodeRef>\n"
    found = back(xml, (member, ""), (last, last + member))
    assert found.model.workflows["webinar"].body[3].by == "legal"


def test_a_flow_that_was_drawn_is_an_outcome_nobody_counted(back: Callable[..., BpmnImport]) -> None:
    found = back(
        mpm.export(mpm.parse(WEBINAR)).bpmn,
        (
            "  </bpmn:process>",
            '<bpmn:sequenceFlow id="new" name="ask again" sourceRef="approved" targetRef="brief"/>\n  </bpmn:process>',
        ),
    )
    approved = found.model.workflows["webinar"].decisions[1]
    new = approved.outcomes[-1]
    assert (new.name, new.target, new.share.first) == ("ask_again", "brief", Fraction(0))
    assert approved.outcomes[:-1] == mpm.parse(WEBINAR).workflows["webinar"].decisions[1].outcomes
    assert any("`approved.ask_again` is new in the diagram" in note for note in found.notes)
    assert found.model.declared_indicators.names == ("sent_back",)


def test_a_step_that_was_put_in_keeps_what_stands_round_it(back: Callable[..., BpmnImport]) -> None:
    found = back(
        mpm.export(mpm.parse(WEBINAR)).bpmn,
        ('sourceRef="launch" targetRef="webinar.done"', 'sourceRef="launch" targetRef="thanks"'),
        (
            "  </bpmn:process>",
            '<bpmn:task id="thanks" name="Thank the guests"/>'
            '<bpmn:sequenceFlow id="n" sourceRef="thanks" targetRef="webinar.done"/>\n  </bpmn:process>',
        ),
    )
    before = mpm.parse(WEBINAR).workflows["webinar"]
    after = found.model.workflows["webinar"]
    steps = [node.name for node in before.body if not isinstance(node, process.End)]
    assert [node.name for node in after.body if not isinstance(node, process.End)] == [*steps, "thank_the_guests"]
    assert ways(before)[0].items() <= ways(after)[0].items()


def test_what_hangs_on_a_decision_that_is_gone_is_left_out_and_said(back: Callable[..., BpmnImport]) -> None:
    xml = mpm.export(mpm.parse(WEBINAR)).bpmn
    for name in ("complete.waits", "complete.takes", "complete", "webinar.dropped"):
        xml = re.sub(rf' *<bpmn:(\w+) id="{re.escape(name)}"[^/]*?>.*?</bpmn:\1>\n', "", xml, count=1, flags=re.DOTALL)
    for name in ("complete.yes", "complete.no", "complete.no.then"):
        xml = re.sub(rf' *<bpmn:sequenceFlow id="{re.escape(name)}".*?</bpmn:sequenceFlow>\n', "", xml, flags=re.DOTALL)
    xml = re.sub(r' *<bpmn:sequenceFlow id="complete[^>]*/>\n', "", xml)
    found = back(xml, ('sourceRef="brief" targetRef="complete.waits"', 'sourceRef="brief" targetRef="approved.takes"'))
    assert [node.name for node in found.model.workflows["webinar"].body[:3]] == ["brief", "approved", "launch"]
    assert found.model.declared_indicators.names == ()
    assert found.model.metrics.names == ("cycle_time",)
    assert any("No longer fits and is left out: indicator sent_back" in note for note in found.notes)


def test_a_diagram_that_lost_its_text_keeps_what_its_elements_carry(back: Callable[..., BpmnImport]) -> None:
    xml = re.sub(r" *<mpm:text .*?</mpm:text>\n", "", mpm.export(mpm.parse(WEBINAR)).bpmn, flags=re.DOTALL)
    found = back(xml)
    assert ways(found.model.workflows["webinar"]) == ways(mpm.parse(WEBINAR).workflows["webinar"])
    assert not found.model.metrics
    assert any("not the text of the whole model" in note for note in found.notes)


def test_imported_files_travel_with_the_diagram(tmp_path: Path, back: Callable[..., BpmnImport]) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "review.mpm").write_text("workflow review { step look takes 2h }", encoding="utf-8")
    main = tmp_path / "main.mpm"
    main.write_text('import "shared/review.mpm"\nworkflow w { step write takes 1h\n call review }', encoding="utf-8")
    model = mpm.load(main)
    xml = mpm.export(model).bpmn
    (tmp_path / "shared" / "review.mpm").unlink()
    found = back(xml)
    assert found.model == model
    assert found.notes == ("It imports shared/review.mpm: keep the file beside it.",)
    edited = back(xml, ('name="write"', 'name="Write it"'))
    assert edited.model.workflows["w"].body[0].label == "Write it"
    assert edited.model.imports == model.imports


def test_a_text_in_a_diagram_opens_no_file(tmp_path: Path, back: Callable[..., BpmnImport]) -> None:
    (tmp_path / "secret.mpm").write_text("team secret", encoding="utf-8")
    xml = mpm.export(mpm.parse(WEBINAR)).bpmn
    found = back(xml, ("\nworkflow webinar", '\nimport "secret.mpm"\nworkflow webinar'))
    assert "secret" not in found.model.all_teams.names
    assert not any(one.model.teams for one in found.model.imports)


# --- diagrams of others


def test_what_was_imported_from_others_is_written_and_comes_back_the_same(
    shared: Callable[[str], Path], back: Callable[..., BpmnImport]
) -> None:
    folders = ("bpmn_js", "camunda_examples", "camunda_research_dispatch", "camunda_research_recourse", "miwg_basic")
    count = 0
    for folder in folders:
        for path in sorted(shared(f"data/bpmn/{folder}").glob("*.bpmn")):
            model = mpm.parse(mpm.read_bpmn(path).text)
            diagram = mpm.export(model).diagram
            tidy(diagram)
            found = back(FORGOTTEN[0].sub("", diagram.xml))
            kinds = [
                sorted(type(node).__name__ for _, node in one.nodes() if type(node).__name__ != "End")
                for one in (model, found.model)
            ]
            assert kinds[0] == kinds[1], path.name
            assert back(diagram.xml).model == model, path.name
            count += 1
    assert count == 34
