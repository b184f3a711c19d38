"""BPMN diagrams become models: each form of the notation, drawn small, with the text that it must give."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpmflow as mpm
from mpmflow.exchange.bpmn.xml import DEEPEST

from .diagrams import BPMN, diagram, gateway, read, statements, task

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def body(found: object) -> str:
    """What stands in the braces of the first workflow."""
    text = statements(found)  # type: ignore[arg-type]
    return text.partition('"Campaign" { ')[2].removesuffix(" }")


def test_steps_in_a_row_keep_their_labels(tmp_path: Path) -> None:
    found = read(diagram(ENDS + task("write", "send"), "s write; write send; send e"), tmp_path)
    assert body(found) == 'step write "Write" step send "Send" done'
    assert found.kept == ()


def test_an_exclusive_gateway_asks_and_what_leads_back_is_rework(tmp_path: Path) -> None:
    nodes = ENDS + task("write", "send") + gateway("exclusive", "g", name="Good?")
    found = read(diagram(nodes, "s write; write g; g send yes; g write no; send e"), tmp_path)
    assert body(found) == (
        'step write "Write" decision good "Good?" { yes 50% no 50% -> write rework } step send "Send" done'
    )
    assert any("good.no" in note and "rework" in note for note in found.notes)


def test_a_detour_that_comes_back_is_rework_too(tmp_path: Path) -> None:
    nodes = ENDS + task("check", "mend", "send") + gateway("exclusive", "g", name="Good?")
    found = read(diagram(nodes, "s check; check g; g send yes; g mend no; mend check; send e"), tmp_path)
    assert "no 50% -> mend rework" in body(found)
    assert 'step mend "Mend" -> check' in body(found)


def test_three_ways_of_unknown_share_are_equal_to_the_percent_and_said(tmp_path: Path) -> None:
    nodes = ENDS + task("a", "b", "c") + gateway("exclusive", "g", name="Which?")
    found = read(diagram(nodes, "s g; g a one; g b two; g c three; a e; b e; c e"), tmp_path)
    outcomes = found.model.workflows[0].decisions[0].outcomes
    assert [outcome.share and float(outcome.share.first) for outcome in outcomes] == [None, 0.33, 0.33]
    assert any("which" in note and "equal" in note for note in found.notes)


def test_the_default_way_takes_the_rest(tmp_path: Path) -> None:
    nodes = ENDS + task("a", "b", "c") + '<exclusiveGateway id="g" name="Which?" default="f3"/>'
    found = read(diagram(nodes, "s g; g a one; g b two; g c; a e; b e; c e"), tmp_path)
    outcomes = found.model.workflows[0].decisions[0].outcomes
    assert [(one.name, one.share is None) for one in outcomes] == [("one", False), ("two", False), ("otherwise", True)]


def test_parallel_gateways_are_a_block(tmp_path: Path) -> None:
    nodes = ENDS + task("copy", "media", "go") + gateway("parallel", "fork", "join")
    found = read(diagram(nodes, "s fork; fork copy; fork media; copy join; media join; join go; go e"), tmp_path)
    assert body(found) == (
        'parallel side_by_side { branch { step copy "Copy" } branch { step media "Media" } } step go "Go" done'
    )
    assert found.kept == ()


def test_blocks_stand_inside_blocks(tmp_path: Path) -> None:
    nodes = ENDS + task("a", "b", "c") + gateway("parallel", "f1", "f2", "j1", "j2")
    flows = "s f1; f1 a; f1 f2; f2 b; f2 c; b j2; c j2; j2 j1; a j1; j1 e"
    found = read(diagram(nodes, flows), tmp_path)
    assert body(found).count("parallel ") == 2
    assert found.model.check() == ()


def test_three_branches_that_join_two_by_two_are_nested(tmp_path: Path) -> None:
    nodes = ENDS + task("a", "b", "c", "d") + gateway("parallel", "fork", "j1", "j2")
    flows = "s fork; fork a; fork b; fork c; a j1; b j1; j1 d; d j2; c j2; j2 e"
    found = read(diagram(nodes, flows), tmp_path)
    assert body(found).count("parallel ") == 2
    assert 'step d "D"' in body(found)
    assert found.kept == ()


def test_branches_that_are_not_apart_keep_all_work_once_and_say_so(tmp_path: Path) -> None:
    nodes = ENDS + task("a", "b", "c", "d") + gateway("parallel", "fork", "fa", "fb", "jc", "jd", "end")
    flows = "s fork; fork a; fork b; a fa; b fb; fa jc; fa jd; fb jc; fb jd; jc c; jd d; c end; d end; end e"
    found = read(diagram(nodes, flows), tmp_path)
    labels = [node.label for node in found.model.workflows[0].nodes() if node.kind == "step" and node.label]
    assert sorted(labels) == ["A", "B", "C", "D"]
    assert any("not apart" in one.why for one in found.kept)
    assert not [one for one in found.model.check() if one.is_error]


def test_an_inclusive_gateway_asks_each_way_by_itself(tmp_path: Path) -> None:
    nodes = ENDS + task("insure", "label") + gateway("inclusive", "i", "j")
    found = read(diagram(nodes, "s i; i insure if worthy; i label always; insure j; label j; j e"), tmp_path)
    assert 'choose also_if_worthy "if worthy" { yes 50% no 50% -> done } step insure "Insure"' in body(found)
    assert [one.element for one in found.kept] == ["inclusiveGateway"]


def test_the_first_of_several_events_is_a_choice_and_a_timer_a_delay(tmp_path: Path) -> None:
    nodes = (
        ENDS + task("ship", "remind") + gateway("eventBased", "g")
        + '<intermediateCatchEvent id="paid" name="Paid"><messageEventDefinition/></intermediateCatchEvent>'
        + '<intermediateCatchEvent id="late" name="Late"><timerEventDefinition><timeDuration>P7D</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )  # fmt: skip
    found = read(diagram(nodes, "s g; g paid; g late; paid ship; late remind; ship e; remind e"), tmp_path)
    assert "paid 50% late 50% -> remind delay 7d" in body(found)
    assert found.taken["late"].endswith(".late")


def test_a_timer_in_the_flow_waits(tmp_path: Path) -> None:
    timer = '<intermediateCatchEvent id="t" name="Cool down"><timerEventDefinition><timeDuration>PT36H</timeDuration>'
    nodes = ENDS + timer + "</timerEventDefinition></intermediateCatchEvent>"
    assert body(read(diagram(nodes, "s t; t e"), tmp_path)) == 'step cool_down "Cool down" waits 36h done'


def test_a_start_every_week_is_arrivals(tmp_path: Path) -> None:
    nodes = '<startEvent id="s"><timerEventDefinition><timeCycle>R/P1W</timeCycle></timerEventDefinition></startEvent>'
    assert "arrivals every 1w" in statements(read(diagram(nodes + task("a"), "s a"), tmp_path))


def test_a_timer_that_is_no_duration_is_listed(tmp_path: Path) -> None:
    clock = "<timerEventDefinition><timeCycle>0 0 9 * * ?</timeCycle></timerEventDefinition>"
    nodes = f"<startEvent id='s'>{clock}</startEvent>"
    found = read(diagram(nodes + task("a"), "s a"), tmp_path)
    assert ["arrivals every" in one.why for one in found.kept] == [True]


def test_errors_and_words_that_say_no_end_badly(tmp_path: Path) -> None:
    nodes = (
        task("check") + gateway("exclusive", "g", name="Which?") + '<startEvent id="s"/><endEvent id="ok" name="Paid"/>'
        '<endEvent id="no" name="Request rejected"/><endEvent id="x"><errorEventDefinition/></endEvent>'
    )
    found = read(diagram(nodes, "s check; check g; g ok a; g no b; g x c"), tmp_path)
    text = body(found)
    assert "done paid" in text
    assert "scrap request_rejected" in text
    assert "c 33% scrap" in text


def test_an_event_on_the_border_is_a_question_behind_the_work(tmp_path: Path) -> None:
    nodes = ENDS + task("print", "reprint")
    nodes += '<boundaryEvent id="b" name="Paper jam" attachedToRef="print"><errorEventDefinition/></boundaryEvent>'
    found = read(diagram(nodes, "s print; print e; b reprint; reprint e"), tmp_path)
    assert 'decision print_ends "How does Print end?" { as_usual' in body(found)
    assert "paper_jam" in body(found)


def test_a_sub_process_is_a_workflow_that_is_called(tmp_path: Path) -> None:
    inner = '<subProcess id="sub" name="Legal review"><startEvent id="s2"/><task id="t" name="Read"/>'
    inner += '<sequenceFlow id="x1" sourceRef="s2" targetRef="t"/></subProcess>'
    found = read(diagram(ENDS + inner, "s sub; sub e"), tmp_path)
    assert "call legal_review" in body(found)
    assert found.model.workflows.names == ("campaign", "legal_review")
    assert found.model.check() == ()


def test_lanes_are_teams_and_pools_without_an_inside_partners(tmp_path: Path) -> None:
    around = (
        '<collaboration id="c"><participant id="us" name="Shop" processRef="p"/><participant id="them" '
        'name="Customer"/>'
        '<participant id="idle" name="Press"/><messageFlow id="m" sourceRef="them" targetRef="got"/></collaboration>'
    )
    nodes = (
        '<laneSet id="l"><lane id="l1" name="Marketing"><flowNodeRef>write</flowNodeRef></lane></laneSet>'
        + ENDS + task("write") + '<intermediateCatchEvent id="got" name="Answer"><messageEventDefinition/>'
        "</intermediateCatchEvent>"
    )  # fmt: skip
    found = read(diagram(nodes, "s write; write got; got e", around=around), tmp_path)
    text = statements(found)
    assert 'step write "Write" by marketing' in text
    assert 'step answer "Answer" by customer' in text
    assert found.model.teams["customer"].partner
    assert not found.model.teams["marketing"].partner
    assert {one.id: one.element for one in found.kept} == {"idle": "participant", "m": "messageFlow"}


def test_notes_in_the_diagram_are_comments_above_what_they_stand_at(tmp_path: Path) -> None:
    nodes = ENDS + task("write") + '<textAnnotation id="n"><text>One page at most</text></textAnnotation>'
    nodes += '<association id="a" sourceRef="write" targetRef="n"/>'
    found = read(diagram(nodes, "s write; write e"), tmp_path)
    lines = [line.strip() for line in found.text.splitlines()]
    assert lines[lines.index('step write "Write"') - 1] == '# Note in the diagram: "One page at most"'
    assert found.kept == ()
    assert found.taken["n"] == "write"


def test_unknown_elements_and_settings_of_other_programs_are_listed_with_their_line(tmp_path: Path) -> None:
    nodes = ENDS + '\n<dataObject id="d" name="Brief"/>\n<wonder id="w"/>\n<x:own xmlns:x="urn:other" id="o"/>'
    found = read(diagram(nodes, "s e"), tmp_path)
    assert [(one.line, one.element) for one in found.kept] == [(2, "dataObject"), (3, "wonder"), (4, "own")]
    assert "line 3: wonder w" in found.text


def test_work_that_nothing_leads_to_is_listed_and_a_circle_without_a_way_out_opened(tmp_path: Path) -> None:
    nodes = ENDS + task("a", "b", "alone")
    found = read(diagram(nodes, "s a; a b; b a; alone e"), tmp_path)
    why = {one.id: one.why for one in found.kept}
    assert "nothing leads to it" in why["alone"]
    assert "circle" in why["b"]
    assert not [one for one in found.model.check() if one.is_error]


def test_what_undoes_work_stands_outside_of_the_flow_and_is_listed(tmp_path: Path) -> None:
    nodes = ENDS + task("book") + '<task id="undo" name="Undo" isForCompensation="true"/>'
    nodes += '<boundaryEvent id="b" attachedToRef="book"><compensateEventDefinition/></boundaryEvent>'
    found = read(diagram(nodes, "s book; book e"), tmp_path)
    assert body(found) == 'step book "Book" done'
    assert {one.id for one in found.kept} == {"undo", "b"}


def test_links_join_what_is_drawn_apart(tmp_path: Path) -> None:
    nodes = ENDS + task("a", "b")
    for identity, kind in (("out", "Throw"), ("in", "Catch")):
        event = f"intermediate{kind}Event"
        nodes += f'<{event} id="{identity}"><linkEventDefinition name="over"/></{event}>'
    assert body(read(diagram(nodes, "s a; a out; in b; b e"), tmp_path)) == 'step a "A" step b "B" done'


def test_an_ad_hoc_sub_process_is_work_side_by_side(tmp_path: Path) -> None:
    inner = f'<adHocSubProcess id="x" name="Collect facts">{task("sales", "product")}</adHocSubProcess>'
    text = statements(read(diagram(ENDS + inner, "s x; x e"), tmp_path))
    assert (
        'workflow collect_facts "Collect facts" { parallel side_by_side { '
        'branch { step sales "Sales" } branch { step product "Product" } } done }'
    ) in text


def test_processes_that_call_each_other_in_a_circle_are_steps_at_the_last_call(tmp_path: Path) -> None:
    one = f'<definitions xmlns="{BPMN}"><process id="p"><callActivity id="c" name="Again" calledElement="p"/></process>'
    found = read(one + "</definitions>", tmp_path)
    assert not [one for one in found.model.check() if one.is_error]
    assert [one.element for one in found.kept] == ["callActivity"]


# --- what is no diagram


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty or cut off"),
        ("<definitions", "not well-formed"),
        ("hello", "not well-formed"),
        ("<html/>", "no BPMN 2.0"),
        ('<package xmlns="http://www.omg.org/bpmn20"/>', "an older or another kind of BPMN"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "encoding"),
        ("<a>" * (DEEPEST + 2), "nested more than"),
        (f'<definitions xmlns="{BPMN}"><process id="p"><task id="a"/><task id="a"/></process></definitions>', "the id"),
    ],
)
def test_what_is_no_diagram_or_not_safe_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(mpm.DataError, match=said):
        read(text, tmp_path)


def test_a_diagram_without_a_process_gives_an_empty_model(tmp_path: Path) -> None:
    found = read(f'<definitions xmlns="{BPMN}"/>', tmp_path)
    assert found.model.workflows == ()
    assert mpm.parse(found.text) == found.model


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_damaged_file_never_ends_in_anything_but_words(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    random = Random(seed)
    nodes = ENDS + task("a", "b") + gateway("parallel", "f", "j")
    text = diagram(nodes, "s f; f a; f b; a j; b j; j e").encode()
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(text))
        text = text[:place] + random.choice([b"", b"<", b'"', bytes([random.randrange(256)])]) + text[place + 1 :]
    path = tmp_path_factory.mktemp("damaged") / "drawn.bpmn"
    path.write_bytes(text)
    try:
        found = mpm.read_bpmn(path)
    except mpm.DataError:
        return
    assert mpm.parse(found.text) == found.model


KINDS = ("task", "task", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "endEvent",
         "complexGateway", "intermediateCatchEvent", "task")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_whatever_is_drawn_gives_a_model_that_checks_and_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Arrows from anywhere to anywhere: unsound, tangled, without ends. The text has no error, says the same as the
    model, and every element is either in the model or listed.
    """
    random = Random(seed)
    count = random.randint(1, 14)
    kinds = {f"n{number}": random.choice(KINDS) for number in range(count)}
    nodes = '<startEvent id="s"/>' + "".join(f'<{kind} id="{one}" name="{one}"/>' for one, kind in kinds.items())
    names = list(kinds)
    flows = [f"s {random.choice(names)}"]
    for number, (one, kind) in enumerate(kinds.items()):
        if kind != "endEvent":
            near = [names[min(number + step, count - 1)] for step in (1, 2, 3)]
            flows += [f"{one} {random.choice(near + names)}" for _ in range(random.choice((0, 1, 1, 2, 2, 3)))]
    folder = tmp_path_factory.mktemp("drawn")
    found = read(diagram(nodes, ";".join(flows)), folder)
    assert mpm.parse(found.text) == found.model
    listed = {one.id for one in found.kept}
    assert {one for one in kinds if one not in found.taken and one not in listed} == set()
    steps = {node.label for node in found.model.workflows[0].nodes() if node.kind == "step"}
    lost = {one for one, kind in kinds.items() if kind == "task" and one not in steps and one not in listed}
    assert lost == set()
