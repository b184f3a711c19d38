"""Waits in front of shared teams, against closed forms, tables, and central differences."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mpmflow.numerics.chains.chain import Factor, chain_from_cells, factorise
from mpmflow.numerics.chains.outcomes import Outcomes, along, chain_from_outcomes, outcomes_from
from mpmflow.numerics.faults import NumericsError
from mpmflow.numerics.queues.erlang import erlang_b, erlang_c, erlang_c_slope
from mpmflow.numerics.queues.overload import overload, passes_wait, stable_shares
from mpmflow.numerics.queues.queueing import CaseFlow, case_flow, one_more, owned_work, queues
from mpmflow.numerics.queues.slopes import cycle_slopes, wait_slopes

EXACT = {"rel": 1e-9, "abs": 1e-12}


def once() -> Factor:
    """One node, one visit."""
    return factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=1))


def again(back: float) -> Factor:
    """One node that sends a share of its cases back to itself."""
    return factorise(chain_from_cells(1, [0], [0], [back], [0], [0], [1.0 - back], k=1))


class TestTextbook:
    @pytest.mark.parametrize("rate", [0.1, 0.5, 0.9, 0.99])
    @pytest.mark.parametrize("formula", ["work", "qna", "jackson", "mgm"])
    def test_one_exponential_server(self, rate: float, formula: str) -> None:
        found = queues([case_flow(once(), rate, [1.0], [0], [2.0])], [1], formula)  # type: ignore[arg-type]
        assert found.wait[0] == pytest.approx(rate / (1 - rate), **EXACT)
        assert found.open_cases() == pytest.approx(rate / (1 - rate), **EXACT)

    @pytest.mark.parametrize(
        ("servers", "offered", "chance"),
        [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (5, 4.0, 0.554112554112554)],
    )
    def test_chance_of_waiting_as_in_tables_of_erlang(self, servers: int, offered: float, chance: float) -> None:
        assert erlang_c(servers, offered) == pytest.approx(chance, **EXACT)

    @pytest.mark.parametrize(("servers", "offered"), [(1, 0.3), (4, 3.0), (17, 12.5), (120, 100.0)])
    def test_erlang_against_its_sum(self, servers: int, offered: float) -> None:
        logs = np.array([k * math.log(offered) - math.lgamma(k + 1) for k in range(servers + 1)])
        terms = np.exp(logs - logs.max())
        assert erlang_b(servers, offered) == pytest.approx(terms[-1] / terms.sum(), **EXACT)
        last = terms[-1] * servers / (servers - offered)
        assert erlang_c(servers, offered) == pytest.approx(last / (terms[:-1].sum() + last), **EXACT)
        step = 1e-6
        slope = (erlang_c(servers, offered + step) - erlang_c(servers, offered - step)) / (2 * step)
        assert erlang_c_slope(servers, offered) == pytest.approx(slope, rel=1e-7)

    def test_several_servers(self) -> None:
        found = queues([case_flow(once(), 4.0, [1.0], [0], [2.0])], [5])
        assert found.wait[0] == pytest.approx(0.554112554112554, **EXACT)
        assert found.queue_length[0] == pytest.approx(4 * 0.554112554112554, **EXACT)
        assert found.in_pool[0] == pytest.approx(4 + 4 * 0.554112554112554, **EXACT)

    @pytest.mark.parametrize("scv", [0.0, 0.3, 4.0])
    def test_any_service_law_on_one_server(self, scv: float) -> None:
        rate, mean = 0.35, 2.0
        found = queues([case_flow(once(), rate, [mean], [0], [mean**2 * (1 + scv)])], [1])
        pollaczek = rate * mean**2 * (1 + scv) / (2 * (1 - rate * mean))
        assert found.wait[0] == pytest.approx(pollaczek, **EXACT)

    @pytest.mark.parametrize("back", [0.0, 0.2, 0.7])
    def test_bernoulli_feedback_is_a_faster_arriving_queue(self, back: float) -> None:
        rate, mean = 0.2, 1.3
        found = queues([case_flow(again(back), rate, [mean], [0], [2 * mean**2])], [1])
        inner = rate / (1 - back)
        assert found.wait[0] == pytest.approx(mean * inner * mean / (1 - inner * mean), **EXACT)
        assert found.cycle_time() == pytest.approx(mean / (1 - inner * mean) / (1 - back), **EXACT)

    def test_two_laws_in_one_queue(self) -> None:
        """Two classes on one server: Pollaczek-Khinchine with the mixture, the same wait for both."""
        flows = [case_flow(once(), 0.3, [1.0], [0], [2.0]), case_flow(once(), 0.1, [3.0], [0])]
        found = queues(flows, [1])
        assert found.wait[0] == pytest.approx((0.3 * 2 + 0.1 * 9) / (2 * (1 - 0.6)), **EXACT)
        assert found.throughput[0] == pytest.approx(0.4, **EXACT)

    def test_jackson_network_with_rework(self) -> None:
        """Five teams in a row, one in five cases back from the fourth to the second."""
        rate, speed, people = 1.0, np.array([0.8, 0.6, 1.1, 0.9, 0.7]), np.array([2, 3, 2, 2, 2])
        chain = chain_from_cells(5, [0, 1, 2, 3, 3], [1, 2, 3, 4, 1], [1, 1, 1, 0.8, 0.2], [4], [0], [1.0], k=1)
        flow = case_flow(factorise(chain), rate, 1 / speed, np.arange(5), 2 / speed**2)
        inner = np.array([1, 1.25, 1.25, 1.25, 1]) * rate
        expected = sum(
            inner[p]
            * (erlang_c(int(people[p]), inner[p] / speed[p]) / (people[p] * speed[p] - inner[p]) + 1 / speed[p])
            for p in range(5)
        )
        found = queues([flow], people)
        assert found.cycle_time() == pytest.approx(expected, **EXACT)
        assert found.cycle_time() == pytest.approx(12.5125, abs=5e-5)
        assert queues([flow], people, "jackson").cycle_time() == pytest.approx(expected, **EXACT)
        assert queues([flow], people, "qna").cycle_time() == pytest.approx(expected, **EXACT)

    def test_one_team_at_several_steps_with_one_exponential_law(self) -> None:
        """A product-form network: a pool visited at steps 0 and 2, another between; the formula stays exact."""
        chain = chain_from_cells(3, [0, 1, 2], [1, 2, 0], [1, 1, 0.25], [2], [0], [0.75], k=1)
        mean = np.array([1.0, 0.7, 1.0])
        found = queues([case_flow(factorise(chain), 0.3, mean, [0, 1, 0], 2 * mean**2)], [1, 1])
        inner = 0.3 / 0.75
        assert found.wait[0] == pytest.approx(2 * inner / (1 - 2 * inner), **EXACT)
        assert found.wait[1] == pytest.approx(0.7 * 0.7 * inner / (1 - 0.7 * inner), **EXACT)

    def test_a_visit_of_no_time_takes_no_server(self) -> None:
        chain = chain_from_cells(2, [0, 1], [1, 0], [1, 0.2], [1], [0], [0.8], k=1)
        found = queues([case_flow(factorise(chain), 0.4, [1.0, 0.0], [0, 0], [2.0, 0.0])], [1])
        assert found.wait[0] == pytest.approx(
            queues([case_flow(again(0.2), 0.4, [1.0], [0], [2.0])], [1]).wait[0], **EXACT
        )
        assert found.node_wait().tolist() == [found.wait[0], 0.0]

    def test_nobody_shared_nobody_waits(self) -> None:
        found = queues([case_flow(once(), 5.0, [3.0], [-1], free=[1.0])], [2])
        assert (found.cycle_time(), found.load[0], found.wait[0]) == (4.0, 0.0, 0.0)


class TestNetworkAnalyser:
    def test_a_busy_team_passes_its_own_rhythm_on(self) -> None:
        """Two teams in a row, the first with fixed times: the second sees `1 - rho^2 (1 - .2)` (Whitt 1983, eq. 38)."""
        chain = factorise(chain_from_cells(2, [0], [1], [1.0], [1], [0], [1.0], k=1))
        flow = case_flow(chain, 1.0, [0.9, 0.5], [0, 1], [0.81, 0.5])
        found = queues([flow], [1, 1], "qna")
        assert found.arrival_scv[0].tolist() == pytest.approx([1.0, 1 - 0.81 * 0.8])
        assert found.wait[0] == pytest.approx(0.81 / (2 * 0.1), **EXACT)


class TestMark:
    def test_bursty_arrivals_wait_longer_and_regular_ones_shorter(self) -> None:
        waits = [queues([case_flow(once(), 0.5, [1.0], [0], [2.0], arrival_scv=scv)], [1]).wait[0] for scv in (0, 1, 4)]
        assert waits[0] == pytest.approx(0.5, **EXACT)
        assert waits[0] < waits[1] < waits[2]

    def test_low_confidence_only_where_arrivals_are_unusual_and_pools_quiet(self) -> None:
        def marked(scv: float, rate: float) -> bool:
            return bool(queues([case_flow(once(), rate, [1.0], [0], arrival_scv=scv)], [1]).low_confidence[0])

        assert [marked(4, 0.5), marked(4, 0.8), marked(1, 0.5), marked(0.25, 0.5)] == [True, False, False, True]

    def test_one_person_more_never_makes_waits_longer(self) -> None:
        found = queues([case_flow(again(0.3), 1.2, [1.0], [0], [2.0])], [2])
        assert one_more(found, 0).wait[0] < found.wait[0]


def office(shares: Outcomes, seed: int = 1) -> CaseFlow:
    """Six nodes, three pools, a loop back and a loss, service of mixed shape."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(0.5, 1.5, 6)
    second = mean**2 * (1 + np.array([0.0, 1.0, 2.0, 0.5, 3.0, 0.2]))
    factor = factorise(chain_from_outcomes(6, 2, shares))
    return case_flow(factor, 0.3, mean, [0, 1, 0, 2, 1, -1], second, free=[0, 0.5, 0, 0, 0, 0], arrival_scv=2.0)


SHARES = outcomes_from(
    [0, 1, 1, 2, 3, 3, 3, 4, 5],
    [1, 2, 0, 3, 4, 1, 7, 5, 6],
    [1, 0.8, 0.2, 1, 0.7, 0.2, 0.1, 1, 1],
    payer=[-1, -1, 1, -1, -1, 4, 4, -1, -1],
)
PEOPLE = [2, 2, 1]


class TestSlopes:
    """Every slope against a central difference; two classes share the pools."""

    other = case_flow(again(0.1), 0.2, [0.6], [1], [0.5], arrival_scv=0.4)

    def figure(self, flow: CaseFlow, other: CaseFlow, which: str) -> float:
        found = queues([flow, other], PEOPLE)
        return found.cycle_time(0) if which == "cycle" else float(found.wait[int(which)])

    def slopes(self, which: str):  # type: ignore[no-untyped-def]
        found = queues([office(SHARES), self.other], PEOPLE)
        if which == "cycle":
            return cycle_slopes(found, 0, [SHARES, None])
        return wait_slopes(found, np.eye(3)[int(which)], [SHARES, None])

    @pytest.mark.parametrize("which", ["0", "1", "2", "cycle"])
    def test_shares(self, which: str) -> None:
        share = along(SHARES, self.slopes(which)[0].share, "from_pass")
        for entry in (2, 5, 6):
            step = np.zeros(SHARES.count)
            step[entry], step[SHARES.payer[entry]] = 1e-5, -1e-5
            up, down = (
                self.figure(office(replace(SHARES, share=SHARES.share + sign * step)), self.other, which)
                for sign in (1, -1)
            )
            assert share[entry] == pytest.approx((up - down) / 2e-5, rel=2e-6, abs=1e-8)

    @pytest.mark.parametrize("which", ["0", "1", "2", "cycle"])
    @pytest.mark.parametrize("part", ["held", "held_second", "free"])
    def test_times(self, which: str, part: str) -> None:
        slopes = getattr(self.slopes(which)[0], part)
        flow = office(SHARES)
        for node in range(6):
            if part == "held_second" and node in (0, 5):
                continue  # a fixed time cannot have less spread, and nobody is held at node 5
            step = 1e-5 * np.eye(6)[node]
            # the change is made past the checks, so that a fixed time may have a little less spread than none
            up, down = (
                self.figure(replace(flow, **{part: getattr(flow, part) + sign * step}), self.other, which)
                for sign in (1, -1)
            )
            assert slopes[node] == pytest.approx((up - down) / 2e-5, rel=2e-6, abs=1e-8)

    @pytest.mark.parametrize("which", ["0", "1", "2", "cycle"])
    @pytest.mark.parametrize("part", ["rate", "arrival_scv"])
    @pytest.mark.parametrize("moved", [0, 1])
    def test_arrivals(self, which: str, part: str, moved: int) -> None:
        flows = [office(SHARES), self.other]
        values = []
        for step in (1e-5, -1e-5):
            changed = list(flows)
            changed[moved] = replace(flows[moved], **{part: getattr(flows[moved], part) + step})
            values.append(self.figure(changed[0], changed[1], which))
        slope = getattr(self.slopes(which)[moved], part)
        assert slope == pytest.approx((values[0] - values[1]) / 2e-5, rel=2e-6, abs=1e-8)

    def test_stretching_the_time_of_a_node(self) -> None:
        flow = office(SHARES)
        slopes = self.slopes("cycle")[0].stretch
        for node in range(5):
            values = []
            for step in (1e-5, -1e-5):
                factor = np.where(np.arange(6) == node, 1 + step, 1.0)
                changed = replace(flow, held=flow.held * factor, held_second=flow.held_second * factor**2)
                values.append(self.figure(changed, self.other, "cycle"))
            assert slopes[node] == pytest.approx((values[0] - values[1]) / 2e-5, rel=2e-6)

    def test_no_slope_of_an_endless_wait(self) -> None:
        with pytest.raises(NumericsError, match="grows without end"):
            wait_slopes(queues([case_flow(once(), 2.0, [1.0], [0])], [1]), [1.0])


class TestBlocks:
    """Node 0, then branches 1 and 2 in a row, then 3, which sends one in five back."""

    def flow(self, pool: list[int], owned: bool = True, held: np.ndarray | None = None, back: float = 0.2) -> CaseFlow:
        chain = chain_from_cells(4, [0, 1, 2, 3], [1, 2, 3, 0], [1, 1, 1, back], [3], [0], [1 - back], 1)
        mean = np.array([1.0, 2.0, 1.5, 0.8]) if held is None else held
        own = owned_work(pool, max(pool) + 1, [([1], 2, 3), ([2], 3, 3)]) if owned else None
        return case_flow(factorise(chain), 0.18, mean, pool, 2 * mean**2, owned=own)

    def test_branches_that_share_no_team_wait_as_in_a_row(self) -> None:
        for pool in ([0, 1, 0, 1], [0, 1, 2, 0]):
            people = [1] * (max(pool) + 1)
            side, row = (queues([self.flow(pool, owned)], people).wait for owned in (True, False))
            assert side == pytest.approx(row, **EXACT)

    def test_branches_that_share_a_team_stand_in_each_others_way(self) -> None:
        side, row = (queues([self.flow([0, 1, 1, 0], owned)], [1, 1]).wait for owned in (True, False))
        assert side[0] == pytest.approx(row[0], **EXACT)
        assert side[1] > 1.3 * row[1]

    def test_slopes(self) -> None:
        pool = [0, 1, 1, 0]
        shares = outcomes_from([3, 3], [0, 4], [0.2, 0.8], payer=[1, -1])
        slopes = wait_slopes(queues([self.flow(pool)], [1, 1]), [0.3, 1.0], [shares])[0]
        base = np.array([1.0, 2.0, 1.5, 0.8])

        def figure(flow: CaseFlow) -> float:
            return float(queues([flow], [1, 1]).wait @ [0.3, 1.0])

        for node in range(4):
            up, down = (figure(self.flow(pool, held=base * (1 + sign * 1e-5 * np.eye(4)[node]))) for sign in (1, -1))
            assert slopes.stretch[node] == pytest.approx((up - down) / 2e-5, rel=1e-6)
        assert slopes.share is not None
        share = along(shares, slopes.share, "from_pass")[0]
        up, down = (figure(self.flow(pool, back=0.2 + sign * 1e-5)) for sign in (1, -1))
        assert share == pytest.approx((up - down) / 2e-5, rel=1e-6)


class TestOverload:
    def test_no_number_is_invented(self) -> None:
        """Pool 1 is full; cases of class 0 pass pool 0 too, class 1 uses pool 2 alone."""
        chain = factorise(chain_from_cells(2, [0], [1], [1.0], [1], [0], [1.0], k=1))
        flows = [case_flow(chain, 1.0, [0.5, 1.5], [0, 1]), case_flow(once(), 0.5, [1.0], [2], [2.0])]
        found = queues(flows, [1, 1, 1])
        assert not found.stable
        assert math.isnan(found.wait[0])
        assert math.isinf(found.wait[1])
        assert found.wait[2] == pytest.approx(1.0, **EXACT)
        assert not math.isfinite(found.cycle_time(0))
        assert found.cycle_time(1) == pytest.approx(2.0, **EXACT)

    def test_load_by_source_adds_up(self) -> None:
        found = queues([office(SHARES), TestSlopes.other], PEOPLE)
        spread = overload(found).by_node
        for p in range(3):
            total = sum(part[flow.pool == p].sum() for part, flow in zip(spread, found.flows, strict=True))
            assert total == pytest.approx(found.load[p], **EXACT)

    def test_the_largest_rate_fills_the_first_pool_exactly(self) -> None:
        found = queues([office(SHARES), TestSlopes.other], PEOPLE)
        rate = overload(found).largest_rate[0]
        full = queues([replace(found.flows[0], rate=float(rate)), found.flows[1]], PEOPLE)
        assert full.load.max() == pytest.approx(1.0, **EXACT)

    @pytest.mark.parametrize("rate", [0.3, 0.55])
    @pytest.mark.parametrize("kind", ["from_pass", "proportional"])
    def test_the_largest_stable_share_fills_a_pool_exactly(self, rate: float, kind: str) -> None:
        found = queues([replace(office(SHARES), rate=rate)], PEOPLE)
        spans = stable_shares(found, SHARES, kind=kind)  # type: ignore[arg-type]
        checked = 0
        for entry in range(SHARES.count):
            for bound, inwards in ((spans.high[entry], -1e-9), (spans.low[entry], 1e-9)):
                if not 1e-6 < bound < 1 - 1e-6 or spans.pool[entry] < 0:
                    continue
                shares = moved(entry, bound, kind)
                if shares.min() < 1e-9:
                    continue  # the payer ran out first
                full = queues([replace(office(replace(SHARES, share=shares)), rate=rate)], PEOPLE)
                assert full.load.max() == pytest.approx(1.0, abs=1e-8)
                inside = moved(entry, bound + inwards * 1000, kind)
                assert queues([replace(office(replace(SHARES, share=inside)), rate=rate)], PEOPLE).stable
                checked += 1
        assert checked >= 1

    def test_no_share_helps_a_pool_that_is_full_whatever_the_decision(self) -> None:
        found = queues([replace(office(SHARES), rate=9.0)], PEOPLE)
        assert np.isnan(stable_shares(found, SHARES).high[2])

    def test_when_the_wait_passes(self) -> None:
        found = queues([case_flow(once(), 1.5, [1.0], [0]), case_flow(once(), 0.5, [1.0], [1])], [1, 1])
        assert passes_wait(found, 10.0).tolist() == [20.0, math.inf]
        assert passes_wait(found, 10.0, [5.0, 12.0]).tolist() == [10.0, 0.0]


def moved(entry: int, share: float, kind: str) -> np.ndarray:
    """All shares when one outcome has the given one."""
    row = np.flatnonzero(SHARES.row == SHARES.row[entry])
    others = row[row != entry]
    result = SHARES.share.copy()
    change = share - result[entry]
    if kind == "from_pass" and SHARES.payer[entry] >= 0:
        result[SHARES.payer[entry]] -= change
    else:
        result[others] -= change * result[others] / result[others].sum()
    result[entry] = share
    return result


class TestFaults:
    def test_each_says_what_is_wrong(self) -> None:
        with pytest.raises(NumericsError, match="names pool 3, but there are 1"):
            queues([case_flow(once(), 1.0, [1.0], [3])], [1])
        with pytest.raises(NumericsError, match="whole number of servers"):
            queues([case_flow(once(), 1.0, [1.0], [0])], [0])
        with pytest.raises(NumericsError, match="arrival rate"):
            case_flow(once(), -1.0, [1.0], [0])
        with pytest.raises(NumericsError, match="below the square"):
            case_flow(once(), 1.0, [1.0], [0], [0.5])
