"""Where every node leads: what a text leaves out is filled in once, and the graph shows it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpmflow.graphs import attributes as at
from mpmflow.graphs.flow import flow_graph
from mpmflow.model.flow import arcs, goes_on, shares
from mpmflow.model.model import Model
from mpmflow.model.process import (
    AtMost,
    Branch,
    Choose,
    Decision,
    End,
    Outcome,
    Parallel,
    Step,
    Team,
    Workflow,
)


def ways(*body: object, **fields: object) -> dict[str, str]:
    """Key of each arc -> where it leads."""
    return {arc.key: arc.target for arc in arcs(Workflow(name="w", body=body, **fields)).arcs}


def test_statements_flow_into_the_next_and_the_last_is_done() -> None:
    assert ways(Step(name="a"), Step(name="b")) == {"w.start->a": "a", "a->b": "b", "b->done": "done"}


def test_an_arrow_goes_where_it_says_and_what_follows_an_end_needs_one() -> None:
    found = ways(Step(name="a", target="c"), Step(name="b"), End(kind="done", name="out"), Step(name="c", target="b"))
    assert found == {"w.start->a": "a", "a->c": "c", "b->out": "out", "c->b": "b"}


def test_start_may_be_elsewhere() -> None:
    assert ways(Step(name="a"), Step(name="b"), start="b")["w.start->b"] == "b"


def test_done_and_scrap_are_targets_even_if_never_written() -> None:
    flow = arcs(Workflow(name="w", body=[Step(name="a", target="scrap"), Step(name="b")]))
    assert [(place.id, place.good) for place in flow.nodes.values() if place.kind == "end"] == [
        ("scrap", False),
        ("done", True),
    ]
    assert flow.ends == ("done", "scrap")


def test_outcomes_take_the_rest_lead_on_and_scrap() -> None:
    check = Decision(
        name="d",
        outcomes=[
            Outcome(name="no", share="20%", target="a", rework=True),
            Outcome(name="never", share=[Fraction(1, 10), Fraction(1, 20)], scrap=True),
            Outcome(name="yes"),
        ],
    )
    flow = arcs(Workflow(name="w", body=[Step(name="a"), check, Step(name="b")]))
    by_key = {arc.key: arc for arc in flow.arcs}
    assert by_key["d.no"].target == "a"
    assert by_key["d.no"].rework
    assert by_key["d.never"].target == "scrap"
    assert by_key["d.yes"].target == "b"
    assert by_key["d.yes"].rest
    assert by_key["d.yes"].share == (Fraction(7, 10), Fraction(3, 4))


def test_a_bound_adds_the_way_after_it() -> None:
    bound = Outcome(name="no", share=0.5, target="a", at_most=AtMost(times=3, target="b"))
    flow = arcs(
        Workflow(
            name="w", body=[Step(name="a"), Decision(name="d", outcomes=[bound, Outcome(name="y")]), Step(name="b")]
        )
    )
    by_key = {arc.key: arc for arc in flow.arcs}
    assert by_key["d.no"].at_most == 3
    assert by_key["d.no.then"].target == "b"
    assert by_key["d.no.then"].kind == "after_limit"
    assert by_key["d.no.then"].share == ()


def block(**fields: object) -> Parallel:
    lost = Decision(
        name="ok", outcomes=[Outcome(name="bad", share=0.1, scrap=True), Outcome(name="fine", target="done")]
    )
    return Parallel(
        name="p",
        branches=[
            Branch(body=[Step(name="a"), lost, Step(name="extra")]),
            Branch(body=[Step(name="b"), End(kind="done")]),
            Branch(body=[]),
        ],
        **fields,
    )


def test_branches_end_at_the_join_and_lose_the_case_at_the_end_of_the_workflow() -> None:
    assert ways(block(), Step(name="c")) == {
        "w.start->p": "p",
        "p->a": "a",
        "p->b": "b",
        "p->p.join#3": "p.join",
        "a->ok": "ok",
        "ok.bad": "scrap",
        "ok.fine": "p.join",
        "extra->p.join": "p.join",
        "b->p.join": "p.join",
        "p.join->c": "c",
        "c->done": "done",
    }


def test_a_block_may_lead_elsewhere_and_is_a_target_by_its_name() -> None:
    found = ways(block(target="d"), Step(name="c"), Step(name="d", target="p"))
    assert found["p.join->d"] == "d"
    assert found["d->p"] == "p"


@pytest.mark.parametrize(
    ("body", "loose"),
    [
        ([Step(name="a", target="x")], ("a", "x", "unknown")),
        (
            [Parallel(name="p", branches=[Branch(body=[Step(name="a", target="c")])]), Step(name="c")],
            ("a", "c", "leaves"),
        ),
        ([Parallel(name="p", branches=[Branch(body=[Step(name="a", target="p")])])], ("a", "p", "leaves")),
        (
            [Parallel(name="p", branches=[Branch(body=[Step(name="a")])]), Step(name="c", target="a")],
            ("c", "a", "enters"),
        ),
    ],
)
def test_arrows_to_nowhere_and_over_the_edge_of_a_branch_are_loose(
    body: list[object], loose: tuple[str, str, str]
) -> None:
    flow = arcs(Workflow(name="w", body=body))
    assert [(end.source, end.name, end.why) for end in flow.loose] == [loose]


def test_who_makes_up_for_a_change() -> None:
    yes, no, later = Outcome(name="yes"), Outcome(name="no", share=0.2, rework=True), Outcome(name="l", share=0.1)
    assert goes_on((no, yes, later)) is yes
    full = Outcome(name="yes", share=0.7)
    assert goes_on((no, full, Outcome(name="x", share=0.1, target="a"))) is full
    assert goes_on((no, full, later)) is None


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.booleans())
def test_filled_shares_add_up_to_one(weights: list[int], rest: bool) -> None:
    total = sum(weights) + (7 if rest else 0)
    outcomes = [Outcome(name=f"o{i}", share=Fraction(weight, total)) for i, weight in enumerate(weights)]
    if rest:
        outcomes.append(Outcome(name="rest"))
    assert sum(share[0] for share in shares(tuple(outcomes))) == 1


def test_the_graph_carries_the_documented_attributes_and_no_other() -> None:
    team = Team(name="t", partner=True)
    check = Decision(
        name="d",
        by="t",
        takes="2h",
        outcomes=[Outcome(name="no", share="20%", target="p", rework=True, delay="5d"), Outcome(name="y")],
    )
    choose = Choose(name="kind", outcomes=[Outcome(name="big", share=0.5), Outcome(name="small", share=0.5)])
    workflow = Workflow(name="w", owner="me", body=[choose, block(), check])
    graph = flow_graph(workflow, Model(teams=[team], workflows=[workflow]))
    known = at.table()
    for _, data in graph.nodes(data=True):
        assert {name for name in data if "node" not in known[name].on} == set()
    for _, _, data in graph.edges(data=True):
        assert {name for name in data if "edge" not in known[name].on} == set()
        assert None not in data.values()
    edge = graph.edges["d", "p", "d.no"]
    assert (edge[at.SHARE], edge[at.EXACT_SHARE], edge[at.REWORK], edge[at.DELAY]) == (0.2, "1/5", True, "5d")
    assert graph.nodes["d"][at.PARTNER] is True
    assert graph.nodes["a"][at.BLOCK] == "p"
    assert graph.edges["p", "p.join", "p->p.join#3"][at.BRANCH] == 2
    assert workflow.graph.number_of_edges() == graph.number_of_edges()
    assert {key for *_, key in graph.edges(keys=True)} == {arc.key for arc in arcs(workflow).arcs}
