"""Where rework and delay spread: totals are plain differences, shares add up to them, and everyday sense holds."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.chains.chain import Chain, chain_from_cells, factorise
from mpmflow.numerics.chains.spread import Comparison, delay_spread, reward_spread, rework_spread


def dense_chain(routing, exits, start=0):
    """A chain from a full matrix, as one would write it on paper."""
    routing, exits = np.asarray(routing, dtype=float), np.asarray(exits, dtype=float)
    rows, cols = np.nonzero(routing)
    exit_rows, exit_cols = np.nonzero(exits)
    return chain_from_cells(
        len(routing),
        rows,
        cols,
        routing[rows, cols],
        exit_rows,
        exit_cols,
        exits[exit_rows, exit_cols],
        k=exits.shape[1],
        start=start,
    )


def random_shares(rng, size, ends=2, spare=0.05):
    """Shares of a random process in which every node leads on, back, or out."""
    table = rng.dirichlet(np.full(size + ends, 0.4), size=size)
    table = (1 - spare) * table
    table[:, -1] += spare  # a way out from everywhere
    return table


def random_pair(seed, size, changed, swing=0.7):
    """A process and the same one after the shares of some nodes drifted."""
    rng = np.random.default_rng(seed)
    before = random_shares(rng, size)
    after = before.copy()
    for row in rng.choice(size, changed, replace=False):
        drifted = before[row] * np.exp(rng.normal(0, swing, before.shape[1]))
        after[row] = drifted / drifted.sum()
    start = rng.dirichlet(np.ones(size))
    return tuple(dense_chain(table[:, :size], table[:, size:], start) for table in (before, after)), rng


pairs = st.tuples(st.integers(0, 10_000), st.integers(2, 9)).map(
    lambda pair: random_pair(*pair, changed=min(3, pair[1]))
)


# --- a launch process that a person can follow -----------------------------------------------------------------------

DRAFT, CHECK, PUBLISH, COUNT = range(4)


def launch(rework=0.2, scrap=0.0):
    """Draft, check (sends back or stops some), publish, count the clicks."""
    return chain_from_cells(
        4,
        [DRAFT, CHECK, CHECK, PUBLISH],
        [CHECK, DRAFT, PUBLISH, COUNT],
        [1.0, rework, 1 - rework - scrap, 1.0],
        [CHECK, COUNT],
        [1, 0],
        [scrap, 1.0],
        k=2,
    )


def test_more_rework_means_more_drafts_and_checks_and_not_one_publication_more():
    spread = rework_spread(launch(0.2), launch(0.5), [[CHECK]])
    assert spread.total[[DRAFT, CHECK]] == pytest.approx([2 - 1.25] * 2)
    assert spread.total[[PUBLISH, COUNT]] == pytest.approx([0, 0], abs=1e-14)
    assert spread.by_source[:, 0] == pytest.approx(spread.total, abs=1e-14)


def test_scrap_takes_work_away_downstream():
    spread = rework_spread(launch(0.2), launch(0.2, scrap=0.4), [[CHECK]])
    assert spread.total[PUBLISH] == pytest.approx(-0.5)  # half of the cases end at the check now
    assert spread.by_source[PUBLISH, 0] == pytest.approx(-0.5)


def test_mass_moved_between_two_exits_is_no_rework_but_changes_what_is_earned():
    def ending(lost):
        return dense_chain([[0.0]], [[1 - lost, lost]])

    assert rework_spread(ending(0.1), ending(0.4), [[0]]).total == pytest.approx([0.0])
    worth = reward_spread(ending(0.1), ending(0.4), [0.0], [0.0], [[0]], exit_before=[50.0, 0.0])
    assert worth.total == pytest.approx([-15.0])
    assert worth.by_source[0, 0] == pytest.approx(-15.0)


def test_what_an_end_is_worth_is_a_cause_of_its_own():
    worth = reward_spread(
        launch(), launch(0.2, 0.4), np.zeros(4), np.zeros(4), [[CHECK]], exit_before=[50.0, 0.0], exit_after=[80.0, 0.0]
    )
    assert worth.total == pytest.approx([40.0 - 50.0])  # every case earned 50, now half of them earn 80
    assert worth.by_exit[0] == pytest.approx([0.75 * 30.0, 0.0])
    assert worth.by_source[0] == pytest.approx([-32.5])


def test_open_cases_are_a_start_row_like_any_other():
    open_cases = np.array([0.0, 3.0, 2.0, 0.0])
    spread = rework_spread(launch(0.2), launch(0.5), [[CHECK]], start=open_cases)
    assert spread.total[DRAFT] == pytest.approx(3 * (1.0 - 0.25))


def test_another_mix_of_starting_points_is_told_apart_from_changed_decisions():
    before, after = launch(0.2), launch(0.5).started(np.array([0.5, 0.5, 0.0, 0.0]))
    spread = rework_spread(before, after, [[CHECK]])
    assert spread.by_start[DRAFT] == pytest.approx(-0.5 * 1.0)  # half a draft less, whatever the rework
    assert spread.by_source[DRAFT, 0] + spread.by_start[DRAFT] == pytest.approx(spread.total[DRAFT])


def test_delay_is_split_into_more_visits_and_longer_ones():
    spread = delay_spread(launch(0.2), launch(0.5), [3, 1, 1, 1], [5, 1, 1, 1], [[CHECK], [DRAFT]])
    assert spread.total[DRAFT] == pytest.approx(2 * 5 - 1.25 * 3)
    assert spread.path[DRAFT] == pytest.approx(0.75 * 4)
    assert spread.own[DRAFT] == pytest.approx(1.625 * 2)
    assert spread.by_source[DRAFT] == pytest.approx([3.0, 3.25])


def test_longer_waits_in_the_queue_are_spill_and_belong_to_nobody_here():
    spread = delay_spread(
        launch(), launch(), [3, 1, 1, 1], [3, 1, 1, 1], [[CHECK]], wait_before=np.zeros(4), wait_after=[0, 2, 0, 0]
    )
    assert spread.spill[CHECK] == pytest.approx(1.25 * 2)
    assert spread.by_source == pytest.approx(np.zeros((4, 1)), abs=1e-15)
    assert spread.unattributed[CHECK] == pytest.approx(2.5)


def test_copies_of_one_decision_are_one_source():
    (before, after), _ = random_pair(3, 8, 4)
    apart = rework_spread(before, after, [[row] for row in range(8)])
    together = rework_spread(before, after, [[0, 1, 2], [3, 4, 5, 6, 7]])
    assert together.by_source[:, 0] == pytest.approx(apart.by_source[:, :3].sum(axis=1), abs=1e-13)


def test_changes_that_no_source_owns_are_reported_and_not_lost():
    (before, after), _ = random_pair(4, 6, 6)
    spread = rework_spread(before, after, [[0], [1]])
    assert np.abs(spread.unattributed).max() > 1e-3
    assert spread.by_source.sum(axis=1) + spread.unattributed == pytest.approx(spread.total, abs=1e-12)


def test_few_targets_give_the_same_figures_as_all():
    (before, after), _ = random_pair(5, 9, 5)
    sources = [[row] for row in range(9)]
    everywhere = rework_spread(before, after, sources)
    some = rework_spread(before, after, sources, targets=[7, 2])
    assert some.by_source == pytest.approx(everywhere.by_source[[7, 2]], abs=1e-13)


def test_a_row_with_two_owners_is_refused():
    with pytest.raises(ValueError, match="more than once: 1"):
        rework_spread(launch(), launch(), [[0, 1], [1]])


def test_states_of_different_processes_are_refused():
    with pytest.raises(ValueError, match="same nodes and exits: 4 nodes and 2 exits before, 1 and 1 after"):
        Comparison(launch(), dense_chain([[0.0]], [[1.0]]))


# --- properties that hold for any process ---------------------------------------------------------------------------


@given(pairs)
@settings(max_examples=40, deadline=None)
def test_shares_add_up_to_the_difference_of_two_exact_solves(pair):
    (before, after), rng = pair
    size = before.n
    sources = [[row] for row in range(size)]
    scale = max(factorise(before).visits().max(), factorise(after).visits().max())
    rework = rework_spread(before, after, sources)
    assert np.abs(rework.residual).max() <= 1e-12 * scale
    assert rework.total == pytest.approx(factorise(after).visits() - factorise(before).visits(), abs=1e-12)
    cost0, cost1, worth0, worth1 = (rng.uniform(0, 9, length) for length in (size, size, 2, 2))
    reward = reward_spread(before, after, cost0, cost1, sources, exit_before=worth0, exit_after=worth1)
    assert np.abs(reward.residual).max() <= 1e-9 * scale
    delay = delay_spread(before, after, cost0, cost1, sources)
    assert np.abs(delay.residual).max() <= 1e-9 * scale
    assert delay.path + delay.own + delay.spill == pytest.approx(delay.total, abs=1e-9 * scale)


@given(pairs)
@settings(max_examples=25, deadline=None)
def test_a_source_without_deviation_gets_nothing(pair):
    (before, after), _ = pair
    moved = np.abs((after.routing - before.routing).toarray()).sum(axis=1) + np.abs(after.exits - before.exits).sum(
        axis=1
    )
    spread = rework_spread(before, after, [[row] for row in range(before.n)])
    assert not spread.by_source[:, moved == 0].any()


@given(pairs)
@settings(max_examples=25, deadline=None)
def test_swapping_the_two_states_flips_every_sign(pair):
    (before, after), rng = pair
    sources = [[row] for row in range(before.n)]
    cost0, cost1 = rng.uniform(0, 9, (2, before.n))
    forth = reward_spread(before, after, cost0, cost1, sources, exit_before=[1, 2], exit_after=[4, 3])
    back = reward_spread(after, before, cost1, cost0, sources, exit_before=[4, 3], exit_after=[1, 2])
    assert back.by_source == pytest.approx(-forth.by_source, abs=1e-9)
    assert back.by_exit == pytest.approx(-forth.by_exit, abs=1e-9)
    there, again = rework_spread(before, after, sources), rework_spread(after, before, sources)
    assert again.by_source == pytest.approx(-there.by_source, abs=1e-9)


@given(pairs)
@settings(max_examples=25, deadline=None)
def test_the_spread_of_two_metrics_together_is_the_sum_of_their_spreads(pair):
    (before, after), rng = pair
    sources = [[row] for row in range(before.n)]
    cost0, cost1 = rng.uniform(0, 9, (2, before.n, 2))
    both = reward_spread(before, after, cost0, cost1, sources)
    joined = reward_spread(before, after, cost0.sum(axis=1), cost1.sum(axis=1), sources)
    assert both.by_source.sum(axis=0) == pytest.approx(joined.by_source[0], abs=1e-9)


@given(pairs)
@settings(max_examples=25, deadline=None)
def test_the_map_over_nodes_and_the_metric_agree(pair):
    """Costing each execution alike, a metric's shares are the node map weighted by cost."""
    (before, after), rng = pair
    sources = [[row] for row in range(before.n)]
    cost = rng.uniform(0, 9, before.n)
    by_node = rework_spread(before, after, sources).by_source
    assert reward_spread(before, after, cost, cost, sources).by_source[0] == pytest.approx(cost @ by_node, abs=1e-9)


@given(st.integers(0, 10_000), st.floats(0.01, 0.5))
@settings(max_examples=25, deadline=None)
def test_sending_cases_where_more_is_still_to_come_never_lowers_the_metric(seed, moved):
    """Mass goes only to a node that is dearer to go than any other under both states, from two decisions."""
    rng = np.random.default_rng(seed)
    table = random_shares(rng, 6)
    worst = 0
    cost = rng.uniform(0, 1, 6)
    cost[worst] = 1000.0
    after = table.copy()
    after[2:4] *= 1 - moved
    after[2:4, worst] += moved
    chains = [dense_chain(shares[:, :6], shares[:, 6:], rng.integers(6)) for shares in (table, after)]
    chains = [chain.started(chains[0].start) for chain in chains]
    values = [factorise(chain).values(cost) for chain in chains]
    assert all(value.argmax() == worst for value in values)
    assert (reward_spread(*chains, cost, cost, [[2], [3]]).by_source >= -1e-12).all()


@given(pairs)
@settings(max_examples=20, deadline=None)
def test_splitting_a_step_in_series_changes_no_share(pair):
    """Node 0 becomes two steps, one after the other, that cost half each."""
    (before, after), rng = pair
    size = before.n
    cost = rng.uniform(0, 9, size)

    def split(chain: Chain) -> Chain:
        routing = np.zeros((size + 1, size + 1))
        routing[1:size, :size] = chain.routing.toarray()[1:]
        routing[size, :size] = chain.routing.toarray()[0]
        routing[0, size] = 1.0
        exits = np.vstack([np.zeros(2), chain.exits[1:], chain.exits[0]])
        return dense_chain(routing, exits, np.append(chain.start, 0.0))

    whole = reward_spread(before, after, cost, cost, [[row] for row in range(size)])
    halves = np.append(cost, cost[0] / 2)
    halves[0] = cost[0] / 2
    parts = reward_spread(split(before), split(after), halves, halves, [[0, size], *([row] for row in range(1, size))])
    assert parts.by_source == pytest.approx(whole.by_source, abs=1e-9)


@given(pairs, st.floats(0.1, 0.9))
@settings(max_examples=20, deadline=None)
def test_cloning_an_outcome_changes_no_share(pair, part):
    """A copy of node 0 takes a part of every arrival there and does the same as node 0."""
    (before, after), rng = pair
    size = before.n
    cost = rng.uniform(0, 9, size)

    def cloned(chain: Chain) -> Chain:
        routing = np.vstack([chain.routing.toarray(), chain.routing.toarray()[:1]])
        routing = np.column_stack([routing, part * routing[:, 0]])
        routing[:, 0] *= 1 - part
        return dense_chain(routing, np.vstack([chain.exits, chain.exits[:1]]), np.append(chain.start, 0.0))

    whole = reward_spread(before, after, cost, cost, [[row] for row in range(size)])
    costs = np.append(cost, cost[0])
    parts = reward_spread(cloned(before), cloned(after), costs, costs, [[0, size], *([row] for row in range(1, size))])
    assert parts.by_source == pytest.approx(whole.by_source, abs=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_nothing_reaches_nodes_that_no_changed_decision_leads_to(seed):
    """Two processes side by side in one chain: what changes in one leaves the other at exactly zero."""
    rng = np.random.default_rng(seed)
    first, second = random_shares(rng, 4), random_shares(rng, 5)
    drifted = first.copy()
    drifted[1] = random_shares(rng, 4)[0]

    def beside(shares):
        routing = np.zeros((9, 9))
        routing[:4, :4], routing[4:, 4:] = shares[:, :4], second[:, :5]
        return dense_chain(routing, np.vstack([shares[:, 4:], second[:, 5:]]), np.full(9, 1 / 9))

    spread = rework_spread(beside(first), beside(drifted), [[1]])
    assert not spread.by_source[4:].any()
    assert spread.total[4:] == pytest.approx(np.zeros(5), abs=1e-14)


def exact_shapley(before, after, rows, cost):
    """The mean contribution of each changed row over all orders in which the rows may change: 2**D solves."""
    routing0, routing1 = before.routing.toarray(), after.routing.toarray()
    known: dict[frozenset[int], float] = {}

    def metric(changed):
        if changed not in known:
            routing, exits = routing0.copy(), before.exits.copy()
            for row in changed:
                routing[row], exits[row] = routing1[row], after.exits[row]
            known[changed] = float(before.start @ np.linalg.solve(np.eye(len(routing)) - routing, cost))
        return known[changed]

    shares = dict.fromkeys(rows, 0.0)
    for order in permutations(rows):
        for place, row in enumerate(order):
            shares[row] += metric(frozenset(order[: place + 1])) - metric(frozenset(order[:place]))
    return np.array([shares[row] for row in rows]) / factorial(len(rows))


def workflow_pair(seed, swing):
    """Twelve steps in a row; six may send the case back one to three steps, and their log odds drift by swing."""
    rng = np.random.default_rng(seed)
    deciding = np.sort(rng.choice(np.arange(2, 12), 6, replace=False))
    back_to = np.maximum(deciding - rng.integers(1, 4, 6), 0)
    odds = rng.uniform(-2.9, -0.9, 6)  # 5 to 30 % rework
    chains = []
    for drift in (np.zeros(6), rng.normal(0, swing, 6)):
        rework = 1 / (1 + np.exp(-odds - drift))
        routing = np.diag(np.ones(11), 1)
        exits = np.zeros((12, 1))
        exits[11] = 1.0
        for row, target, share in zip(deciding, back_to, rework, strict=True):
            routing[row] *= 1 - share
            exits[row] *= 1 - share
            routing[row, target] += share
        chains.append(dense_chain(routing, exits))
    return chains, deciding, rng.uniform(1, 9, 12)


@pytest.mark.parametrize("swing", [0.3, 0.7])
@pytest.mark.parametrize("seed", range(4))
def test_shares_are_within_one_per_cent_of_the_exact_shapley_value(seed, swing):
    (before, after), rows, cost = workflow_pair(seed, swing)
    shapley = exact_shapley(before, after, rows.tolist(), cost)
    shares = reward_spread(before, after, cost, cost, [[row] for row in rows]).by_source[0]
    assert shares.sum() == pytest.approx(shapley.sum(), rel=1e-9)
    assert np.abs(shares - shapley).sum() <= 0.01 * np.abs(shapley).sum()


def test_shares_close_where_percentages_were_written_with_few_digits():
    """Rows of thirds add up to 1 only to nine digits; the shares still close to rounding."""
    third = 0.3333333333
    chains = [dense_chain([[0, 1.0], [share, third]], [[0.0], [1 - share - third - 1e-10]]) for share in (0.3, 0.4)]
    spread = rework_spread(*chains, [[1]])
    assert np.abs(spread.residual).max() < 1e-13


def test_a_long_process_with_a_thousand_decisions_is_quick_and_closes():
    size = 4000
    rng = np.random.default_rng(1)
    deciding = np.arange(3, size - 1, 4)
    chains = []
    for drift in (0.0, 0.05):
        back = np.clip(0.1 + drift * rng.normal(size=len(deciding)), 0.01, 0.5)
        onward = np.ones(size - 1)
        onward[deciding] = 1 - back
        rows = np.concatenate([np.arange(size - 1), deciding])
        cols = np.concatenate([np.arange(1, size), deciding - 3])
        chains.append(chain_from_cells(size, rows, cols, np.concatenate([onward, back]), [size - 1], [0], [1.0], k=1))
    sources = [[int(row)] for row in deciding]
    spread = rework_spread(*chains, sources, targets=[0, 1999, 3998])
    assert np.abs(spread.residual).max() < 1e-12
    cost = np.ones(size)
    assert np.abs(reward_spread(*chains, cost, cost, sources).residual).max() < 1e-9 * size
