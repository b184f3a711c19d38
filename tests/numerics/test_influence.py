"""Influences with lag: kernels, responses, loops, rows with gains of their own, paths: each against a sum by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.causes.influence import UnstableLoopError, influence_from_edges, long_run, respond
from mpmflow.numerics.causes.lags import even_lag, fixed_lag, gamma_lag
from mpmflow.numerics.causes.paths import PathFinder

# --- lags ------------------------------------------------------------------------------------------------------------


def test_a_lag_of_whole_periods_has_one_weight():
    assert fixed_lag(28, period=7).tolist() == [0, 0, 0, 0, 1]
    assert fixed_lag(0).tolist() == [1]


def test_a_lag_between_two_periods_is_split_between_them():
    assert fixed_lag(3, period=2) == pytest.approx([0, 0.5, 0.5])
    assert fixed_lag(1.25) == pytest.approx([0, 0.75, 0.25])


def test_an_even_span_covers_the_periods_at_its_ends_in_part():
    assert even_lag(1, 3) == pytest.approx([0, 0.25, 0.5, 0.25])
    assert even_lag(7, 21, period=7) == pytest.approx(even_lag(1, 3))
    assert even_lag(0, 1) == pytest.approx([0.5, 0.5])


def test_a_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before it begins"):
        even_lag(3, 1)


def test_an_effect_cannot_come_before_its_cause():
    with pytest.raises(ValueError, match="an effect comes after its cause"):
        fixed_lag(-1)


@given(st.floats(0, 30), st.floats(0, 30), st.floats(0.3, 9))
@settings(max_examples=100, deadline=None)
def test_every_kernel_sums_to_one_and_keeps_its_mean(first, second, period):
    low, high = sorted((first, second))
    kernel = even_lag(low, high, period)
    assert (kernel >= 0).all()
    assert kernel.sum() == pytest.approx(1.0, abs=1e-12)
    assert kernel @ np.arange(len(kernel)) == pytest.approx((low + high) / 2 / period, abs=1e-9)


@given(st.floats(0.5, 12), st.floats(0.3, 6))
@settings(max_examples=50, deadline=None)
def test_a_gamma_lag_keeps_mean_and_spread(mean, sd):
    kernel = gamma_lag(mean, sd, rest=1e-9)
    lag = np.arange(len(kernel))
    assert kernel.sum() == pytest.approx(1.0)
    assert kernel @ lag == pytest.approx(mean, rel=1e-5)
    added = (
        kernel @ (lag - mean) ** 2 - sd**2
    )  # splitting between neighbours adds at most a quarter of a period squared
    assert -1e-4 * sd**2 <= added <= 0.2501


def test_an_even_span_is_the_mixture_of_its_constant_lags():
    mixture = np.zeros(6)
    for lag in np.linspace(0.7, 3.4, 20_001):
        kernel = fixed_lag(lag)
        mixture[: len(kernel)] += kernel / 20_001
    assert even_lag(0.7, 3.4) == pytest.approx(mixture[:5], abs=1e-4)


# --- responses -------------------------------------------------------------------------------------------------------

CONTENT, VISITS, LEADS, REVENUE = range(4)


def funnel():
    """Content brings visits over weeks 1 to 3, visits leads next week, leads revenue after four weeks."""
    return influence_from_edges(
        4, [CONTENT, VISITS, LEADS], [VISITS, LEADS, REVENUE], [50, 0.02, 900], [even_lag(1, 3), [0, 1], fixed_lag(4)]
    )


def loop(gain, kernel=(0, 1)):
    """Satisfied customers bring customers."""
    return influence_from_edges(2, [0, 1], [1, 0], [gain, 1.0], [kernel, [0.0, 1.0]])


def random_graph(seed, size=8, edges=14, loops=True, strength=0.4):
    rng = np.random.default_rng(seed)
    source, target = rng.integers(0, size, (2, edges))
    if not loops:
        source, target = np.minimum(source, target), np.maximum(source, target)
    kept = source != target
    source, target = source[kept], target[kept]
    kernels = [even_lag(*np.sort(rng.uniform(0 if not loops else 0.2, 4, 2))) for _ in source]
    gain = rng.normal(0, strength, len(source))
    return influence_from_edges(size, source, target, gain, kernels), rng


def impulse(graph, source, horizon):
    """What one unit at a node in period 0 does to every node in periods 0..horizon, (horizon + 1, n)."""
    one = np.zeros(horizon + 1)
    one[0] = 1.0
    return over_time(graph, respond(graph, {source: one}), horizon + 1)


def over_time(graph, found, periods):
    return np.stack([found.get(node, np.zeros(periods)) for node in range(graph.size)], axis=-1)


def by_recursion(graph, shocks, gains=None):
    """The defining sum, period by period, for shocks (T, n); what acts at once is solved by a dense matrix."""
    gain = graph.gain if gains is None else gains
    state = np.zeros(shocks.shape)
    at_once = np.zeros((graph.size, graph.size))
    cells = list(zip(graph.cell_edge, graph.cell_lag, graph.cell_weight, strict=True))
    for edge, lag, weight in cells:
        if not lag:
            at_once[graph.target[edge], graph.source[edge]] += gain[edge] * weight
    for now in range(len(shocks)):
        total = shocks[now].copy()
        for edge, lag, weight in cells:
            if 0 < lag <= now:
                total[graph.target[edge]] += gain[edge] * weight * state[now - lag, graph.source[edge]]
        state[now] = np.linalg.solve(np.eye(graph.size) - at_once, total)
    return state


def test_an_impulse_travels_with_the_sum_of_the_lags():
    response = impulse(funnel(), CONTENT, 10)[:, REVENUE]
    assert response == pytest.approx([0, 0, 0, 0, 0, 0, 225, 450, 225, 0, 0])  # weeks 1+1+4 to 3+1+4


def test_the_long_run_is_the_sum_of_the_impulse():
    assert impulse(funnel(), CONTENT, 12).sum(axis=0) == pytest.approx(long_run(funnel(), [1, 0, 0, 0]))
    assert long_run(funnel(), np.eye(4))[REVENUE] == pytest.approx([900, 18, 900, 1])


def test_a_loop_that_dies_out_multiplies_by_the_geometric_series():
    assert long_run(loop(0.5), [1, 0]) == pytest.approx([2.0, 1.0])
    assert impulse(loop(0.5), 0, 6)[:, 0] == pytest.approx([1, 0, 0.5, 0, 0.25, 0, 0.125])


def test_part_of_an_effect_may_come_within_the_same_period():
    graph = influence_from_edges(3, [0, 1], [1, 2], [2.0, 3.0], [[0.5, 0.5], [1.0]])
    assert impulse(graph, 0, 2)[:, 2] == pytest.approx([3.0, 3.0, 0.0])


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_response_is_the_defining_sum(seed, loops):
    graph, rng = random_graph(seed, loops=loops, strength=0.25)
    shocks = rng.normal(0, 1, (12, graph.size))
    found = over_time(graph, respond(graph, {node: shocks[:, node] for node in range(graph.size)}), 12)
    assert found == pytest.approx(by_recursion(graph, shocks), abs=1e-11)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_long_run_is_the_inverse_of_a_dense_matrix(seed, loops):
    graph, _ = random_graph(seed, loops=loops, strength=0.25)
    if graph.stability.stable:
        total = np.zeros((graph.size, graph.size))
        np.add.at(total, (graph.target, graph.source), graph.gain)
        exact = np.linalg.inv(np.eye(graph.size) - total)
        assert long_run(graph, np.eye(graph.size)) == pytest.approx(exact, abs=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_rows_of_single_sources_add_up_exactly_and_a_quiet_source_gets_nothing(seed):
    graph, rng = random_graph(seed)
    shocks = rng.normal(0, 1, (15, graph.size))
    shocks[:, 3] = 0.0
    rows = {node: np.zeros((graph.size, 15)) for node in range(graph.size)}
    for node in rows:
        rows[node][node] = shocks[:, node]
    whole = respond(graph, {node: shocks[:, node] for node in rows})
    shares = respond(graph, rows)
    for node in whole:
        assert shares[node].sum(axis=0) == pytest.approx(whole[node], abs=1e-9)
        assert not shares[node][3].any()


def test_what_nothing_reaches_is_left_out():
    assert set(respond(funnel(), {LEADS: np.ones(3)})) == {LEADS, REVENUE}
    assert respond(funnel(), {}) == {}


# --- loops -----------------------------------------------------------------------------------------------------------


def test_a_loop_that_grows_is_named_in_the_order_of_travel():
    graph = influence_from_edges(
        5, [0, 3, 1, 4, 0], [3, 1, 4, 3, 2], [1.0, 2.0, 0.8, 0.9, 7.0], [[0, 1.0]] * 5
    )  # 3 -> 1 -> 4 -> 3 multiplies by 1.44
    assert graph.stability.loop == (1, 4, 3)
    assert graph.stability.growth == pytest.approx(1.44 ** (1 / 3))
    with pytest.raises(UnstableLoopError, match=r"1 -> 4 -> 3 -> 1 do not die out .*1\.13"):
        long_run(graph, np.ones(5))


def test_a_response_over_a_limited_time_is_given_for_a_loop_that_grows():
    assert impulse(loop(2.0), 0, 4)[:, 0].tolist() == [1, 0, 2, 0, 4]


def test_two_loops_that_only_grow_together_are_all_named():
    graph = influence_from_edges(2, [0, 0, 1], [0, 1, 0], [0.6, 0.8, 0.8], [[0, 1.0]] * 3)  # products 0.6 and 0.64
    assert graph.stability.loop == (0, 1)


def test_a_longer_lag_slows_a_loop_but_does_not_decide_whether_it_dies_out():
    slow, fast = loop(0.81, fixed_lag(9)), loop(0.81)
    assert fast.stability.growth == pytest.approx(0.9)
    assert slow.stability.growth == pytest.approx(0.81**0.1)
    assert not loop(1.0, fixed_lag(9)).stability.stable


def test_effects_of_different_lags_grow_together_at_the_root_of_their_polynomial():
    """Half next period and .4 after three: x = .5/z + .4/z^3, so z^3 = .5 z^2 + .4."""
    graph = influence_from_edges(1, [0, 0], [0, 0], [0.5, 0.4], [[0, 1.0], fixed_lag(3)])
    assert graph.stability.growth == pytest.approx(np.abs(np.roots([1, -0.5, 0, -0.4])).max())


def test_opposite_gains_can_keep_a_loop_in_check():
    """Strong positive and negative feedback at the same lag cancel; size alone would call it unstable."""
    graph = influence_from_edges(1, [0, 0], [0, 0], [1.5, -1.0], [[0, 1.0], [0, 1.0]])
    assert graph.stability.growth == pytest.approx(0.5)
    assert long_run(graph, [1.0]) == pytest.approx([2.0])


def test_a_negative_gain_over_two_periods_may_swing_and_grow():
    assert not influence_from_edges(1, [0], [0], [-1.2], [[0, 0, 1.0]]).stability.stable
    assert influence_from_edges(1, [0], [0], [-0.9], [[0, 0, 1.0]]).stability.stable


def test_a_loop_partly_within_the_period_settles_there():
    graph = influence_from_edges(1, [0], [0], [0.5], [[0.5, 0.5]])
    assert impulse(graph, 0, 1)[:, 0] == pytest.approx([4 / 3, 4 / 9])
    assert long_run(graph, [1.0]) == pytest.approx([2.0])
    assert not influence_from_edges(1, [0], [0], [2.5], [[0.5, 0.5]]).stability.stable


@given(st.integers(0, 10_000), st.floats(0.2, 2.5))
@settings(max_examples=40, deadline=None)
def test_gains_without_signs_die_out_just_when_their_sum_does(seed, factor):
    graph, _ = random_graph(seed)
    graph = replace(graph, gain=np.abs(graph.gain) * factor)
    total = np.zeros((graph.size, graph.size))
    np.add.at(total, (graph.target, graph.source), graph.gain)
    radius = np.abs(np.linalg.eigvals(total)).max()
    if abs(radius - 1) > 1e-6:
        assert graph.stability.stable == (radius < 1)


def test_a_large_loop_is_judged_too():
    """2,000 nodes in a ring: far beyond dense eigenvalues."""
    ring = np.arange(2000)
    for gain, stable in ((0.999, True), (1.001, False)):
        graph = influence_from_edges(2000, ring, np.roll(ring, -1), np.full(2000, gain), [[0, 1.0]] * 2000)
        assert graph.stability.stable is stable


# --- rows with gains of their own ------------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=30, deadline=None)
def test_many_draws_at_once_are_each_as_if_alone(seed, loops):
    graph, rng = random_graph(seed, loops=loops, strength=0.3)
    shocks = rng.normal(0, 1, (6, graph.size))
    drawn = graph.gain + 0.2 * rng.standard_normal((7, len(graph.gain)))
    own = {node: shocks[:, node] for node in range(graph.size)}
    together = respond(graph, own, {edge: drawn[:, [edge]] for edge in range(len(graph.gain))})
    for number, gains in enumerate(drawn):
        alone = by_recursion(graph, shocks, gains)
        for node, path in together.items():
            assert np.broadcast_to(path, (7, 6))[number] == pytest.approx(alone[:, node], abs=1e-11)


def test_an_edge_may_be_left_out_by_a_gain_of_zero():
    found = respond(funnel(), {CONTENT: np.ones(8)}, {1: np.zeros(1)})
    assert found[VISITS][-1] == pytest.approx(50.0)
    assert not found[LEADS].any()
    assert not found[REVENUE].any()


def test_a_draw_whose_loop_within_a_period_does_not_die_out_has_no_answer_and_spoils_no_other():
    graph = influence_from_edges(2, [0, 0], [0, 1], [0.5, 1.0], [[1.0], [1.0]])
    found = respond(graph, {0: np.ones(2)}, {0: np.array([[0.5], [1.0], [1.5], [0.9]])})
    assert found[1][[0, 3]] == pytest.approx(np.array([[2.0, 2.0], [10.0, 10.0]]))
    assert np.isnan(found[1][[1, 2]]).all()


# --- how long it takes -----------------------------------------------------------------------------------------------


def test_the_longest_wait_is_that_of_the_longest_way():
    assert funnel().longest_wait.tolist() == [0, 3, 4, 8]


def test_an_influence_of_no_strength_keeps_nobody_waiting():
    assert replace(funnel(), gain=np.array([50, 0.0, 900])).longest_wait.tolist() == [0, 3, 0, 4]


def test_a_loop_is_waited_for_once():
    assert loop(0.5, fixed_lag(5)).longest_wait.tolist() == [1, 5]


def test_ninety_nine_parts_of_an_effect_are_all_that_is_waited_for():
    graph = influence_from_edges(2, [0], [1], [1.0], [[0, 0.5, 0.495, 0.005]])
    assert graph.last_lag.tolist() == [2]


# --- paths -----------------------------------------------------------------------------------------------------------


def all_paths(graph, source, target):
    """Every simple path, for small graphs only."""
    found = []

    def walk(nodes, gain):
        if nodes[-1] == target:
            found.append((nodes, gain))
            return
        for edge in np.flatnonzero(graph.source == nodes[-1]):
            if graph.target[edge] not in nodes and graph.gain[edge]:
                walk((*nodes, int(graph.target[edge])), gain * graph.gain[edge])

    walk((source,), 1.0)
    return sorted((abs(gain) for _, gain in found), reverse=True)


@given(st.integers(0, 10_000), st.booleans(), st.floats(0.3, 2.0))
@settings(max_examples=60, deadline=None)
def test_the_strongest_paths_are_those_of_the_full_list(seed, loops, strength):
    graph, _ = random_graph(seed, size=7, edges=16, loops=loops, strength=strength)
    answer = PathFinder(graph).strongest(0, 6, count=4)
    assert answer.complete
    assert [abs(path.gain) for path in answer.paths] == pytest.approx(all_paths(graph, 0, 6)[:4], rel=1e-9)
    for path in answer.paths:
        assert path.nodes[0] == 0
        assert [(int(graph.source[edge]), int(graph.target[edge])) for edge in path.edges] == list(pairwise(path.nodes))


def test_path_gains_add_up_to_the_long_run_where_there_are_no_loops():
    graph, _ = random_graph(21, loops=False, edges=20)
    gains = [path.gain for path in PathFinder(graph).strongest(0, 7, count=1000).paths]
    assert sum(gains) == pytest.approx(long_run(graph, np.eye(graph.size))[7, 0])


def layered(layers, width):
    """Every node of a layer leads to every node of the next: width ** layers paths."""
    source, target = [], []
    for layer in range(layers - 1):
        for tail in range(width):
            source += [layer * width + tail] * width
            target += range((layer + 1) * width, (layer + 2) * width)
    gain = np.random.default_rng(0).uniform(0.1, 1.0, len(source))
    return influence_from_edges(layers * width, source, target, gain, [[0, 1.0]] * len(source))


def test_a_graph_with_more_paths_than_atoms_answers_at_once():
    graph = layered(60, 30)  # 30 ** 58 paths between two nodes
    answer = PathFinder(graph).strongest(0, graph.size - 1, count=10)
    assert answer.complete
    assert len(answer.paths) == 10
    strength = [path.gain for path in answer.paths]
    assert strength == sorted(strength, reverse=True)


def test_a_search_that_gives_up_says_so():
    graph, _ = random_graph(5, size=7, edges=40, strength=1.5)
    assert not PathFinder(graph, max_steps=5).strongest(0, 6, count=50).complete


def test_no_way_is_no_path():
    assert PathFinder(funnel()).strongest(REVENUE, CONTENT).paths == ()


# --- size ------------------------------------------------------------------------------------------------------------


def test_a_hundred_thousand_nodes_without_loops_take_one_sweep():
    rng = np.random.default_rng(0)
    size = 100_000
    target = np.repeat(np.arange(5000, size), 2)
    source = target - 5000 * rng.integers(1, 2, len(target)) - rng.integers(0, 400, len(target))
    kept = source >= 0
    source, target = source[kept], target[kept]
    graph = influence_from_edges(size, source, target, np.full(len(source), 0.4), [[0, 1.0]] * len(source))
    settled = long_run(graph, np.ones(size))
    expected = np.ones(size)
    np.add.at(expected, target, 0.4 * settled[source])
    assert settled == pytest.approx(expected)


# --- faults ----------------------------------------------------------------------------------------------------------


def test_a_kernel_that_does_not_sum_to_one_is_refused_by_number():
    with pytest.raises(ValueError, match=r"kernel of edge 1 .* sum to 0\.9"):
        influence_from_edges(2, [0, 0], [1, 1], [1, 1], [[1.0], [0.5, 0.4]])


def test_an_edge_outside_the_graph_is_refused():
    with pytest.raises(ValueError, match=r"outside 0\.\.1"):
        influence_from_edges(2, [0], [2], [1], [[1.0]])
