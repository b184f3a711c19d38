"""A slow, plain referee: cases walk through the workflow one by one, and their averages must meet the exact figures.

The walker shares nothing with the engine but the resolved arcs. It knows calls, bounds, shares per visit, delays and
parallel blocks; every case counts for itself.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from mpmflow.analysis.exact.analyze import analyze
from mpmflow.model.distributions import Constant, Exponential, Gamma, Uniform
from mpmflow.model.flow import Flow, arcs
from mpmflow.model.model import Model
from mpmflow.model.process import (
    AtMost,
    Branch,
    Call,
    Decision,
    End,
    Outcome,
    Parallel,
    Step,
    Team,
    Workflow,
)

CASES = 6_000


@dataclass
class Case:
    """What one case has gathered and counted."""

    cost: float = 0.0
    work: float = 0.0
    reworked: bool = False
    visits: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)


class Walker:
    def __init__(self, model: Model, seed: int) -> None:
        self.flows: dict[str, Flow] = {workflow.name: arcs(workflow) for workflow in model.workflows}
        self.leaving = {name: flow.leaving() for name, flow in self.flows.items()}
        self.rates = {team.name: float(team.cost.base) for team in model.all_teams if team.cost}
        self.random = random.Random(seed)

    def draw(self, law: object) -> float:
        if law is None:
            return 0.0
        if isinstance(law, Constant):
            return float(law.value.base)
        if isinstance(law, Exponential):
            return self.random.expovariate(1 / float(law.mean.base))
        if isinstance(law, Uniform):
            return self.random.uniform(float(law.low.base), float(law.high.base))
        assert isinstance(law, Gamma)
        shape = (float(law.mean.base) / float(law.sd.base)) ** 2
        return self.random.gammavariate(shape, float(law.mean.base) / shape)

    def run(self, workflow: str, case: Case) -> tuple[float, bool]:
        """One case from start to end: its time, and whether it ended well."""
        flow = self.flows[workflow]
        return self.walk(workflow, self.leaving[workflow][flow.start][0].target, None, case)

    def walk(self, workflow: str, place: str, join: str | None, case: Case) -> tuple[float, bool]:
        flow, leaving = self.flows[workflow], self.leaving[workflow]
        time = 0.0
        while True:
            if place == join:
                return time, True
            here = flow.nodes[place]
            if here.kind == "end":
                return time, here.good
            ways = leaving[place]
            if here.kind == "fork":
                lasted, well = self.block(workflow, place, case)
                time += lasted
                if not well:
                    return time, False
                place = leaving[f"{place}.join"][0].target
                continue
            case.visits[place] += 1
            if here.kind == "call":
                lasted, well = self.run(here.node.workflow, case)
                time += lasted
                if not well:
                    return time, False
                place = ways[0].target
                continue
            node = here.node
            work = self.draw(node.takes)
            time += work + self.draw(node.waits)
            case.work += work
            case.cost += (float(node.costs.base) if node.costs else 0.0) + work * self.rates.get(node.by or "", 0.0)
            place, delay = self.next(ways, case)
            time += delay

    def next(self, ways: list, case: Case) -> tuple[str, float]:
        if ways[0].outcome is None:
            return ways[0].target, 0.0
        visit = case.visits[ways[0].source]
        chance = self.random.random()
        for way in (way for way in ways if way.kind == "outcome"):
            chance -= float(way.share[min(visit, len(way.share)) - 1])
            if chance < 0:
                break
        case.reworked |= way.rework
        case.taken[way.key] += 1
        after = next((other for other in ways if other.key == f"{way.key}.then"), None)
        beyond = after is not None and case.taken[way.key] > (way.at_most or 0)
        return (after if beyond else way).target, self.draw(way.delay)

    def block(self, workflow: str, place: str, case: Case) -> tuple[float, bool]:
        case.visits[place] += 1
        runs = [self.walk(workflow, arc.target, f"{place}.join", case) for arc in self.leaving[workflow][place]]
        if self.flows[workflow].nodes[place].node.join == "all":
            return max(time for time, _ in runs), all(well for _, well in runs)
        good = [time for time, well in runs if well]
        return (min(good), True) if good else (max(time for time, _ in runs), False)


def quote(name: str, mean: str) -> Branch:
    """A branch that asks for a quote and gets none in three cases of ten."""
    got = Decision(name=f"{name}_ok", outcomes=[Outcome(name="no", share=0.3, scrap=True), Outcome(name="yes")])
    return Branch(body=[Step(name=name, takes=Exponential(mean=mean), costs="3 eur"), got])


def mixed() -> Model:
    """A bit of everything: rework, a bound, shares per visit, delays, a block that may lose the case, a call."""
    review = Workflow(
        name="review",
        body=[
            Step(name="read", takes=Uniform(low="1h", high="3h")),
            Decision(name="fine", outcomes=[Outcome(name="no", share=0.05, scrap=True), Outcome(name="yes")]),
        ],
    )
    body = [
        Step(name="brief", by="team", takes=Gamma(mean="4h", sd="3h"), waits="1h"),
        Decision(
            name="complete",
            outcomes=[Outcome(name="no", share=(0.4, 0.2), target="brief", rework=True), Outcome(name="yes")],
        ),
        Parallel(
            name="assets",
            branches=[
                Branch(
                    body=[
                        Step(name="copy", by="team", takes="5h"),
                        Decision(
                            name="copy_ok",
                            outcomes=[
                                Outcome(name="no", share=0.3, target="copy", rework=True),
                                Outcome(name="never", share=0.05, scrap=True),
                                Outcome(name="yes"),
                            ],
                        ),
                    ]
                ),
                Branch(body=[Step(name="media", takes=Exponential(mean="8h"), costs="40 eur"), End(kind="done")]),
            ],
        ),
        Parallel(
            name="quotes",
            join="first",
            branches=[
                quote("left", "2h"),
                quote("right", "5h"),
            ],
        ),
        Call(name="check", workflow="review"),
        Decision(
            name="legal",
            by="team",
            takes="2h",
            outcomes=[
                Outcome(name="fix", share=0.3, target="check", rework=True, at_most=AtMost(times=2, target="boss")),
                Outcome(name="later", share=0.1, target="legal", delay=Exponential(mean="9h")),
                Outcome(name="ok"),
            ],
        ),
        Step(name="launch", takes="1h"),
        End(kind="done"),
        Step(name="boss", takes="7h", target="launch"),
    ]
    team = Team(name="team", cost="30 eur/h")
    return Model(workflows=[Workflow(name="main", teams=[team], body=body), review])


@pytest.fixture(scope="module")
def walked() -> tuple[list[tuple[float, bool]], list[Case]]:
    walker = Walker(mixed(), seed=20260105)
    cases = [Case() for _ in range(CASES)]
    return [walker.run("main", case) for case in cases], cases


def meets(exact: float | None, seen: list[float]) -> bool:
    """Whether an average lies within four and a half standard errors of the exact figure."""
    mean = sum(seen) / len(seen)
    spread = math.sqrt(sum((one - mean) ** 2 for one in seen) / (len(seen) - 1))
    return exact is not None and abs(mean - exact) <= 4.5 * spread / math.sqrt(len(seen)) + 1e-9 * abs(exact)


def test_averages_of_walked_cases_meet_the_exact_figures(walked: tuple) -> None:
    runs, cases = walked
    found = analyze(mixed())["main"]
    assert meets(found["time.mean"], [time for time, _ in runs])
    assert meets(found["yield"], [float(well) for _, well in runs])
    assert meets(found["cost.mean"], [case.cost for case in cases])
    assert meets(found["touch_time.mean"], [case.work for case in cases])
    passed = [float(well and not case.reworked) for (_, well), case in zip(runs, cases, strict=True)]
    assert meets(found["first_pass"], passed)
    for node, visits in found.visits.items():
        assert meets(visits, [float(case.visits[node]) for case in cases]), node


def test_spreads_and_percentiles_of_walked_cases_meet_the_exact_figures(walked: tuple) -> None:
    runs, cases = walked
    found = analyze(mixed())["main"]
    times, costs = [time for time, _ in runs], [case.cost for case in cases]
    for figure, seen in (("time", times), ("cost", costs)):
        mean = found[f"{figure}.mean"]
        assert meets(found[f"{figure}.sd"] ** 2 + mean**2, [one**2 for one in seen])
    for share in (0.5, 0.9, 0.95):
        below = [float(time <= found[f"time.p{share * 100:.0f}"]) for time in times]
        assert meets(share, below)
