"""The graphs of cause and effect, of objectives, and of hand-offs."""

from __future__ import annotations

from mpmflow.graphs import attributes as at
from mpmflow.graphs.causes import cause_effect
from mpmflow.graphs.handoffs import handoffs
from mpmflow.graphs.objectives import metrics_map, objectives_graph
from mpmflow.model.expressions import Binary, Function, Reference
from mpmflow.model.goals import Benchmark, Commitment, Initiative, Move, Objective, Promise
from mpmflow.model.measures import Cause, Each, Elasticity, Evidence, Indicator, Lag, Learned, Metric, Target
from mpmflow.model.model import Model
from mpmflow.model.process import Branch, Decision, Outcome, Parallel, Step, Team, Workflow


def of(function: str, workflow: str) -> Function:
    return Function(function=function, arguments=[Reference(name=workflow)])


def model() -> Model:
    house = Team(name="house", owner="Ann")
    agency = Team(name="agency", partner=True)
    body = [
        Step(name="brief", by="house"),
        Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share=0.2, target="brief", rework=True)]),
        Parallel(
            name="p",
            branches=[Branch(body=[Step(name="copy", by="house")]), Branch(body=[Step(name="media", by="agency")])],
        ),
        Decision(
            name="good",
            outcomes=[Outcome(name="fine"), Outcome(name="bad", share=0.1, target="media_again", rework=True)],
        ),
        Step(name="launch", by="house", target="done"),
        Step(name="media_again", by="agency", target="good"),
    ]
    return Model(
        workflows=[Workflow(name="w", teams=[house, agency], body=body)],
        metrics=[
            Metric(name="cycle", category="operational", formula=of("time", "w")),
            Metric(name="open", category="operational", formula=of("wip", "w")),
            Metric(name="spend", category="activity", unit="eur"),
            Metric(name="leads", category="output", unit="leads"),
            Metric(
                name="cpl",
                category="operational",
                formula=Binary(operator="/", left=Reference(name="spend"), right=Reference(name="leads")),
            ),
            Metric(
                name="revenue",
                category="outcome",
                unit="eur",
                target=Target(comparison="at least", value="1M eur", by="2026-12-31"),
            ),
        ],
        causes=[
            Cause(
                source="cycle",
                effect="leads",
                lag=Lag(low="4w", high="6w"),
                strength=Each(step="1d", adds="-6 leads"),
                confidence=0.6,
                evidence=Evidence(grade="associated", note="back-test"),
            ),
            Cause(source="leads", effect="revenue", strength=Elasticity(value=0.7), confidence=0.8),
            Cause(source="spend", effect="leads", strength=Learned()),
        ],
        indicators=[Indicator(name="returned", measure=Function(function="rate", arguments=[Reference(name="ok.no")]))],
        objectives=[
            Objective(
                name="grow",
                level="enterprise",
                measured_by=["revenue"],
                target=Target(comparison="at least", value="1.2M eur", start="2026-01-01", by="2026-12-31"),
                children=[Objective(name="pipeline", level="department", measured_by=["leads", "cpl"])],
            )
        ],
        initiatives=[
            Initiative(
                name="template",
                costs="8k eur",
                serves=["pipeline"],
                moves=[Move(lever="ok.no", start="20%", goal="10%", by="2026-05-01")],
            )
        ],
        commitments=[
            Commitment(
                name="june",
                by="Ann",
                promises=[Promise(metric="cpl", target=Target(comparison="at most", value="40 eur", by="2026-06-30"))],
            )
        ],
        benchmarks=[Benchmark(metric="cpl", value="43 eur", label="B2B median")],
    )


def test_everything_the_process_shows_moves_the_metrics_that_ask_for_its_figures() -> None:
    graph = cause_effect(model())
    sources = {source for source, _, key in graph.in_edges("cycle", keys=True) if key == "structural"}
    assert {"ok.no", "good.bad", "brief.time", "media.time", "house.load", "ok.rounds", "w.arrivals"} <= sources
    assert graph.edges["ok.no", "cycle", "structural"][at.VIA] == "w"


def test_formulas_and_named_indicators_follow_what_they_mention() -> None:
    graph = cause_effect(model(), {("spend", "cpl"): 0.5})
    assert graph.edges["spend", "cpl", "formula"][at.GAIN] == 0.5
    assert at.GAIN not in graph.edges["leads", "cpl", "formula"]
    assert graph.has_edge("ok.no", "returned", "formula")


def test_declared_causes_carry_lag_strength_and_evidence() -> None:
    graph = cause_effect(model())
    edge = graph.edges["cycle", "leads", "declared"]
    assert edge[at.LAG] == (4 * 604800.0, 6 * 604800.0)
    assert edge[at.GAIN] == -6 / 86400
    assert (edge[at.CONFIDENCE], edge[at.GRADE], edge[at.EVIDENCE], edge[at.NOTE]) == (
        0.6,
        "medium",
        "associated",
        "back-test",
    )
    assert graph.edges["leads", "revenue", "declared"][at.ELASTICITY] == 0.7
    assert graph.edges["leads", "revenue", "declared"][at.GRADE] == "high"
    assert graph.has_edge("spend", "leads", "learned")


def test_what_leads_and_what_lags() -> None:
    nodes = cause_effect(model()).nodes
    timing = {name: nodes[name][at.TIMING] for name in ("ok.no", "returned", "spend", "open", "cycle", "revenue")}
    assert timing == {
        "ok.no": "leading", "returned": "leading", "spend": "leading", "open": "leading",
        "cycle": "lagging", "revenue": "lagging",
    }  # fmt: skip


def test_objectives_cascade_down_to_metrics_and_up_from_initiatives() -> None:
    graph = objectives_graph(model())
    assert set(graph.edges(keys=True)) == {
        ("grow", "revenue", "measured by"),
        ("pipeline", "grow", "serves"),
        ("pipeline", "leads", "measured by"),
        ("pipeline", "cpl", "measured by"),
        ("template", "pipeline", "serves"),
        ("template", "ok.no", "moves"),
        ("june", "cpl", "promises"),
    }
    assert graph.nodes["grow"][at.TARGET] == "at least 1.2M eur in total from 2026-01-01 by 2026-12-31"
    assert graph.edges["template", "ok.no", "moves"][at.LABEL] == "from 20% to 10%"
    assert graph.nodes["cpl"][at.BENCHMARK] == ("43 eur (B2B median)",)


def test_the_metrics_map_joins_goals_and_causes() -> None:
    graph = metrics_map(model())
    assert graph.has_edge("leads", "revenue", "declared")
    assert graph.has_edge("ok.no", "cycle", "structural")
    assert "brief.time" not in graph


def test_hand_offs_pass_through_what_nobody_holds() -> None:
    graph = handoffs(model())
    found = {key: (source, target) for source, target, key in graph.edges(keys=True)}
    assert found == {
        "brief->media": ("house", "agency"),
        "copy->media_again": ("house", "agency"),
        "media->launch": ("agency", "house"),
        "media_again->launch": ("agency", "house"),
    }
    edge = graph.edges["house", "agency", "copy->media_again"]
    assert edge[at.REWORK]
    assert edge[at.ACROSS]
    assert not edge[at.OWNED]
    assert at.REWORK not in graph.edges["house", "agency", "brief->media"]


def test_every_attribute_is_documented() -> None:
    known = at.table()
    for graph in (cause_effect(model()), objectives_graph(model()), metrics_map(model()), handoffs(model())):
        for _, data in graph.nodes(data=True):
            assert all("node" in known[name].on for name in data)
            assert None not in data.values()
        for _, _, data in graph.edges(data=True):
            assert all("edge" in known[name].on for name in data), data
            assert None not in data.values()
        assert set(graph.graph) <= set(known)
