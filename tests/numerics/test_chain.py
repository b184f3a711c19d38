"""Visits, values to go and ends: textbook chains, random chains against dense algebra, chains hardly ever left."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.chains.chain import chain_from_cells, factorise
from mpmflow.numerics.chains.ordering import envelope, flow_order, strong_parts
from mpmflow.numerics.faults import ChainError, NoExitError
from mpmflow.numerics.settings import Settings
from tests.numerics.reference import Process, processes

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "oracles"

# Each way of eliminating, forced by the settings that choose it.
WAYS = {
    "natural": Settings(fill_limit=1e9),
    "flow or colamd": Settings(fill_limit=1.0),
    "colamd": Settings(fill_limit=0.0),
    "gth": Settings(least_exit=2.0),
}


def test_one_step_checked_once_is_done_five_quarters_times_when_a_fifth_comes_back() -> None:
    chain = chain_from_cells(2, [0, 1], [1, 0], [1.0, 0.2], [1], [0], [0.8], k=1)
    factor = factorise(chain)
    assert factor.visits() == pytest.approx([1.25, 1.25], rel=1e-15)
    assert factor.values(np.array([2.0, 1.0])) == pytest.approx([3.75, 1.75], rel=1e-15)
    assert factor.ends() == pytest.approx([1.0], rel=1e-15)


def test_knuths_die_throws_each_face_with_a_sixth_in_eleven_thirds_tosses() -> None:
    heads_tails = {0: (1, 2), 1: (3, 4), 2: (5, 6), 3: (1, -1), 4: (-2, -3), 5: (-4, -5), 6: (2, -6)}
    cells = [(node, to, 0.5) for node, pair in heads_tails.items() for to in pair]
    inner = [cell for cell in cells if cell[1] >= 0]
    faces = [(node, -to - 1, share) for node, to, share in cells if to < 0]
    factor = factorise(chain_from_cells(7, *zip(*inner, strict=True), *zip(*faces, strict=True), k=6))
    assert factor.ends() == pytest.approx(np.full(6, 1 / 6), rel=1e-14)
    assert factor.values(np.ones(7))[0] == pytest.approx(11 / 3, rel=1e-14)


@pytest.mark.parametrize("up", [0.5, 0.3, 0.9])
def test_the_gamblers_ruin_follows_the_closed_form(up: float) -> None:
    n = 19  # fortunes 1..19, ruined at 0, rich at 20
    rows = [*range(n - 1), *range(1, n)]
    cols = [*range(1, n), *range(n - 1)]
    chain = chain_from_cells(n, rows, cols, [up] * (n - 1) + [1 - up] * (n - 1), [0, n - 1], [0, 1], [1 - up, up], k=2)
    rich = factorise(chain).absorption()[:, 1]
    fortune = np.arange(1, n + 1)
    odds = (1 - up) / up
    expected = fortune / 20 if up == 0.5 else (1 - odds**fortune) / (1 - odds**20)
    assert rich == pytest.approx(expected, rel=1e-11)


@settings(max_examples=60, deadline=None)
@given(processes(), st.sampled_from(sorted(WAYS)))
def test_every_way_of_eliminating_agrees_with_dense_algebra(process: Process, way: str) -> None:
    chain = process.chain
    factor = factorise(chain, WAYS[way])
    inverse = np.linalg.inv(np.eye(chain.n) - chain.routing.toarray())
    assert factor.visits() == pytest.approx(inverse[0], rel=1e-11, abs=1e-14)
    assert factor.absorption() == pytest.approx(inverse @ chain.exits, rel=1e-11, abs=1e-14)
    several = np.arange(2.0 * chain.n).reshape(chain.n, 2)
    assert factor.values(several) == pytest.approx(inverse @ several, rel=1e-10)
    assert factor.solve_transposed(several) == pytest.approx(inverse.T @ several, rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(processes())
def test_ends_add_up_to_one_and_reward_from_visits_equals_reward_to_go(process: Process) -> None:
    factor = factorise(process.chain)
    reward = np.linspace(0.5, 3.0, process.n)
    assert factor.ends().sum() == pytest.approx(1.0, rel=1e-13)
    assert factor.visits() @ reward == pytest.approx(factor.values(reward)[0], rel=1e-12)


@pytest.mark.parametrize("exit_share", [1e-6, 1e-9, 1e-12, 1e-13, 1e-15])
def test_a_loop_that_is_hardly_ever_left_keeps_nine_digits(exit_share: float) -> None:
    # draft -> check -> draft with 1 - e, out with e: 1/e rounds. A third node shares the way out unevenly.
    rows, cols, shares = [0, 1, 1, 2], [1, 0, 2, 0], [1.0, 0.5 - exit_share, 0.5, 1.0]
    chain = chain_from_cells(3, rows, cols, shares, [1], [0], [exit_share], k=1)
    factor = factorise(chain)
    back = Fraction(shares[1]) + Fraction(1, 2)
    exact = 1 / Fraction(exit_share)
    assert back + Fraction(exit_share) == pytest.approx(1)
    assert factor.visits() == pytest.approx([float(exact), float(exact), float(exact / 2)], rel=1e-9)
    assert factor.ends() == pytest.approx([1.0], rel=1e-9)


def test_a_corner_that_is_hardly_ever_left_inside_a_part_with_a_wide_exit_is_found_too() -> None:
    # 0 -> 1 or out; 1 <-> 2 nearly for ever, back to 0 with 1e-12: the whole part has a wide exit, the corner has not.
    tiny = 1e-12
    chain = chain_from_cells(3, [0, 1, 2, 2], [1, 2, 1, 0], [0.5, 1.0, 1 - tiny, tiny], [0], [0], [0.5], k=1)
    factor = factorise(chain)
    assert factor.method == "gth"
    assert factor.visits() == pytest.approx([2.0, 1e12, 1e12], rel=1e-9)


def test_an_ordinary_process_is_not_slowed_down_by_care_it_does_not_need() -> None:
    assert factorise(chain_from_cells(1, [0], [0], [0.5], [0], [0], [0.5], k=1)).method == "natural"


def test_a_part_without_a_way_out_is_named() -> None:
    with pytest.raises(NoExitError, match="without a way out") as caught:
        factorise(chain_from_cells(5, [0, 1, 2, 3], [1, 2, 1, 4], [1.0, 1.0, 1.0, 1.0], [4], [0], [1.0], k=1))
    assert caught.value.nodes == (1, 2)


def test_a_node_that_only_repeats_itself_is_a_part_without_a_way_out() -> None:
    with pytest.raises(NoExitError) as caught:
        factorise(chain_from_cells(2, [1], [1], [1.0], [0], [0], [1.0], k=1))
    assert caught.value.nodes == (1,)


@pytest.mark.parametrize(
    ("rows", "cols", "values", "message", "row"),
    [
        ([0], [1], [0.9], "add up to 0.9", 0),
        ([0, 1], [1, 1], [1.0, 0.2], "add up to 1.2", 1),
        ([0], [1], [-1.0], "not between 0 and 1", 0),
        ([0], [1], [float("nan")], "not between 0 and 1", 0),
        ([0], [7], [1.0], "names column 7", 0),
        ([-1], [0], [1.0], "names row -1", -1),
    ],
)
def test_a_faulty_row_is_told_with_its_place(
    rows: list[int], cols: list[int], values: list[float], message: str, row: int
) -> None:
    with pytest.raises(ChainError, match=message) as caught:
        chain_from_cells(2, rows, cols, values, [1], [0], [1.0], k=1)
    assert caught.value.row == row


@pytest.mark.parametrize("start", [5, [1.0], [-1.0, 2.0], [0.0, 0.0], [float("nan"), 1.0]])
def test_a_start_must_be_a_node_or_a_share_for_each(start: object) -> None:
    with pytest.raises(ChainError, match="start"):
        chain_from_cells(2, [0], [1], [1.0], [1], [0], [1.0], 1, start)  # type: ignore[arg-type]


def test_cells_named_twice_are_added() -> None:
    chain = chain_from_cells(2, [0, 0, 1], [1, 1, 0], [0.5, 0.5, 0.5], [1, 1], [0, 0], [0.25, 0.25], k=1)
    assert factorise(chain).visits() == pytest.approx([2.0, 2.0])


def test_cases_may_start_anywhere_and_count_more_than_one() -> None:
    chain = chain_from_cells(2, [0], [1], [1.0], [1], [0], [1.0], k=1)
    assert factorise(chain.started([3.0, 4.0])).visits() == pytest.approx([3.0, 7.0])
    assert factorise(chain.started(1)).visits() == pytest.approx([0.0, 1.0])


@settings(max_examples=30, deadline=None)
@given(processes(12), st.randoms(use_true_random=False))
def test_parts_are_numbered_along_the_flow_and_the_order_is_a_permutation(process: Process, random: object) -> None:
    routing = process.chain.routing
    count, part = strong_parts(routing)
    cells = routing.tocoo()
    assert np.all(part[cells.coords[0]] <= part[cells.coords[1]])
    assert part.max() == count - 1
    order = flow_order(routing, part)
    assert sorted(order.tolist()) == list(range(process.n))


def test_a_shuffled_process_is_put_back_in_order_with_little_fill() -> None:
    rng = np.random.default_rng(5)
    n = 2000
    node = np.arange(n)
    back = np.maximum(0, node - rng.integers(1, 10, n))
    name = rng.permutation(n)
    rows, cols = np.concatenate([node[:-1], node]), np.concatenate([node[1:], back])
    shares = np.concatenate([np.full(n - 1, 0.95), np.full(n, 0.05)])
    straight = chain_from_cells(n, rows, cols, shares, [n - 1], [0], [0.95], k=1)
    shuffled = chain_from_cells(n, name[rows], name[cols], shares, [name[n - 1]], [0], [0.95], k=1, start=int(name[0]))
    factor = factorise(shuffled)
    assert factor.method == "flow"
    assert factor.entries < 8 * len(shares)
    assert factor.visits()[name] == pytest.approx(factorise(straight).visits(), rel=1e-9)


def test_the_envelope_of_a_triangle_promises_no_fill() -> None:
    assert envelope(np.eye(4)) == 1.0


def test_the_exact_engine_loads_without_numba() -> None:
    code = "import sys, mpmflow.numerics.chains.gradients; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not SHARED.exists(), reason="the folder of shared reference data is not beside this checkout")
def test_published_flow_analysis_answers_are_met() -> None:
    cases = json.loads((SHARED / "flow_analysis_basic" / "expected.json").read_text())["cycle_time"]
    seen = 0
    for case in cases:
        if "and" in json.dumps(case["process"]):
            continue  # a maximum, tested with the laws
        cells: list[tuple[int, int, float]] = []
        times: list[float] = []
        entry, leave = _tree(case["process"], cells, times)
        exits = [(node, share) for node, share in leave]
        chain = chain_from_cells(
            len(times),
            *([list(column) for column in zip(*cells, strict=True)] or [[], [], []]),
            [node for node, _ in exits],
            [0] * len(exits),
            [share for _, share in exits],
            k=1,
            start=entry,
        )
        assert factorise(chain).values(np.array(times))[entry] == pytest.approx(case["expected"], rel=1e-12), case["id"]
        seen += 1
    assert seen >= 5


def _tree(
    tree: dict[str, object], cells: list[tuple[int, int, float]], times: list[float]
) -> tuple[int, list[tuple[int, float]]]:
    """Lay a process tree out as cells; returns its entry node and the (node, share) pairs that leave it."""

    def node(time: float = 0.0) -> int:
        times.append(time)
        return len(times) - 1

    if "task" in tree:
        step = node(float(tree["time"]))  # type: ignore[arg-type]
        return step, [(step, 1.0)]
    if "seq" in tree:
        first, leaving = _tree(tree["seq"][0], cells, times)  # type: ignore[index]
        for part in tree["seq"][1:]:  # type: ignore[index]
            entry, leaves = _tree(part, cells, times)
            cells.extend((at, entry, share) for at, share in leaving)
            leaving = leaves
        return first, leaving
    if "xor" in tree:
        split, leaving = node(), []
        for branch in tree["xor"]:  # type: ignore[attr-defined]
            entry, leaves = _tree(branch["body"], cells, times)
            cells.append((split, entry, branch["p"]))
            leaving += leaves
        return split, leaving
    loop = tree["loop"]
    entry, leaves = _tree(loop["body"], cells, times)  # type: ignore[index]
    check = node()
    cells.extend((at, check, share) for at, share in leaves)
    again = loop["repeat_probability"]  # type: ignore[index]
    cells.append((check, entry, again))
    return entry, [(check, 1.0 - again)]
