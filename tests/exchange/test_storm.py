"""A referee from outside: figures of `analyze` against those that the model checker Storm finds in the exported model.

Storm (Hensel, Junges, Katoen, Quatmann & Volk 2022) shares nothing with this project. It reads the text that `mpmflow
export` writes and solves it by state elimination, or with exact fractions. The other way round, chains that Storm
builds from published benchmark models are solved by our engine, to the published digits (Hartmanns et al., The
Quantitative Verification Benchmark Set, TACAS 2019).

Needs `stormpy`, which is free software under the GPL and no part of mpmflow.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import mpmflow as mpm
from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.chain_of import ExactChain, exact_chain
from mpmflow.analysis.exact.figures import Solution, solve_process
from mpmflow.exchange.prism import PrismModel, to_prism
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.model import Model
from mpmflow.numerics.chains.chain import chain_from_cells, factorise
from tests.random_workflows import random_workflow

WORKFLOWS = 300
CLOSE = 1e-9


@pytest.fixture(scope="module")
def stormpy() -> ModuleType:
    try:
        import stormpy
    except ImportError:
        pytest.skip("optional: stormpy is not installed (pip install stormpy; there are wheels for Linux on x86-64)")
    return stormpy


class Checker:
    """An exported workflow in Storm."""

    def __init__(self, stormpy: ModuleType, written: PrismModel, folder: Path, value: type = float) -> None:
        from stormpy import environments

        file = folder / "workflow.prism"
        file.write_text(written.model, encoding="utf-8")
        self.stormpy, self.folder = stormpy, folder
        self.program = stormpy.parse_prism_program(str(file))
        self.environment = environments.Environment()
        solver = self.environment.solver
        solver = solver() if callable(solver) else solver
        solver.set_linear_equation_solver_type(environments.EquationSolverType.ELIMINATION)
        few = [line for line in written.properties.splitlines() if line.startswith('"') and "visits_" not in line]
        options = stormpy.BuilderOptions(stormpy.parse_properties("\n".join(few), self.program))
        options.set_build_all_labels()
        options.set_build_state_valuations()
        self.model = stormpy.build_model[value](self.program, options=options)
        valuations = self.model.state_valuations
        self.seat = valuations.get_int64_values(next(iter(valuations.get_all_variables())))
        """What `s` is in each of Storm's states, which are those that a case can come to."""

    def values(self, question: str) -> np.ndarray:
        """The answer from each of Storm's states."""
        wanted = self.stormpy.parse_properties(question, self.program)[0]
        environment = None if self.model.is_exact else self.environment
        found = self.stormpy.model_checking(self.model, wanted, environment=environment)
        return np.array([float(found.get_value(state)) for state in range(self.model.nr_states)])

    def value(self, question: str) -> float:
        return float(self.values(question)[self.model.initial_states[0]])

    def visits(self) -> dict[int, float]:
        """Expected visits by the value of `s`."""
        from stormpy import analysis

        found = analysis.compute_expected_number_of_visits(self.model, environment=self.environment)
        return dict(zip(self.seat, found.get_value_vector(), strict=True))

    def second_moment(self, reward: str, second: dict[int, float]) -> float:
        """Second moment of a reward: a reward too, of `E c^2 + 2 c (value to go behind it)` a visit.

        `second` is the mean square of the reward of one visit, by the value of `s`.
        """
        from stormpy import models

        ahead = self.values(f'R{{"{reward}"}}=? [ F "end" ]')
        own = self.model.get_reward_model(reward).state_rewards
        amounts = [
            second.get(seat, 0.0) + 2.0 * own[state] * (ahead[state] - own[state])
            for state, seat in enumerate(self.seat)
        ]
        self.model.add_reward_model("square", models.SparseRewardModel[float](optional_state_reward_vector=amounts))
        return self.value('R{"square"}=? [ F "end" ]')


def questions(written: PrismModel) -> dict[str, tuple[str, float]]:
    """Name -> formula and mpmflow's own answer, as they stand in the file of properties."""
    found = {}
    for line in written.properties.splitlines():
        if line.startswith('"'):
            name, formula = line.split("  //")[0].rstrip(";").split(": ", 1)
            found[name.strip('"')] = (formula, float(line.rpartition("mpmflow: ")[2]))
    return found


def solved(text: str) -> tuple[Model, Solution]:
    model = mpm.parse(text)
    return model, solve_process(to_chain(model, "w"), Solver(LawBook()))


def squares(chain: ExactChain) -> dict[int, float]:
    """Mean square of the time of a visit of each row, from textbook formulas."""
    found = {}
    for row, state in enumerate(chain.states):
        if state.timing is not None:
            given = state.timing.parameters
            match state.timing.law:
                case "constant":
                    found[row] = given[0] ** 2
                case "uniform":
                    found[row] = (given[0] ** 2 + given[0] * given[1] + given[1] ** 2) / 3
                case "exponential":
                    found[row] = 2 * given[0] ** 2
                case "gamma":
                    found[row] = given[0] ** 2 + given[1] ** 2
                case "triangular":
                    low, mode, high = given
                    found[row] = sum(x * y for x, y in ((low, low), (mode, mode), (high, high), (low, mode),
                                                        (low, high), (mode, high))) / 6  # fmt: skip
    return found


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(6))
def test_storm_finds_the_figures_of_random_workflows(batch: int, stormpy: ModuleType, tmp_path: Path) -> None:
    """Ends, visits, mean time, work and cost, right first time, and the variance of the time, to 1e-9."""
    each = WORKFLOWS // 6
    for seed in range(batch * each, (batch + 1) * each):
        model, found = solved(random_workflow(seed))
        written = to_prism(found)
        checker = Checker(stormpy, written, tmp_path)
        chain = exact_chain(found)
        asked = questions(written)
        assert {"ends_done", "yield", "first_pass", "time_mean", "touch_time_mean", "cost_mean"} <= set(asked)
        for name, (formula, answer) in asked.items():
            if not name.startswith("visits_"):
                assert answer == pytest.approx(checker.value(formula), rel=CLOSE, abs=1e-12), (seed, name)
        visits = checker.visits()
        for node, rows in chain.visits.items():
            theirs = sum(float(times) * visits.get(row, 0.0) for row, times in rows.items())
            assert asked[f"visits_{node}"][1] == pytest.approx(theirs, rel=CLOSE), (seed, node)
        second = checker.second_moment("time", squares(chain))
        assert found.time.second == pytest.approx(second, rel=CLOSE), seed
        if seed % 25 == 0:  # what `analyze` says is what the solution says; its levers take time
            analysis = mpm.analyze(model)["w"]
            assert analysis["time.sd"] == pytest.approx(math.sqrt(second - found.time.mean**2), rel=1e-7)
            assert {name: analysis.ends[name] for name in chain.ends} == {
                name: asked[f"ends_{name}"][1] for name in chain.ends
            }


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 8])
def test_every_property_holds_in_exact_arithmetic(seed: int, stormpy: ModuleType, tmp_path: Path) -> None:
    """The whole file of properties, visits too, checked without rounding."""
    _, found = solved(random_workflow(seed))
    written = to_prism(found)
    assert_every_property(stormpy, written, tmp_path)


def assert_every_property(stormpy: ModuleType, written: PrismModel, folder: Path) -> None:
    file = folder / "workflow.prism"
    file.write_text(written.model, encoding="utf-8")
    program = stormpy.parse_prism_program(str(file))
    model = stormpy.build_model[stormpy.Rational](program)
    properties = stormpy.parse_properties(written.properties, program)
    answers = questions(written)
    assert len(properties) == len(answers)
    for asked, (name, (_, answer)) in zip(properties, answers.items(), strict=True):
        theirs = stormpy.model_checking(model, asked, only_initial_states=True).get_value(model.initial_states[0])
        assert answer == pytest.approx(float(theirs), rel=CLOSE, abs=1e-12), name


EVERYTHING = """\
workflow inner "Ask the lawyer" {
  step draft takes 3h
  decision fine { yes, no 10% -> draft rework, never 2% scrap }
}
workflow w {
  team crew { people 2, cost 60 eur/h, works mon-fri 09:00-17:00 }
  step brief by crew takes 1d costs 20 eur
  parallel both {
    branch {
      step copy by crew takes 2h
      decision proof { good, bad 25% -> copy rework, awful 5% scrap }
    }
    branch { step media takes 1h to 5h costs 400 eur }
  }
  call inner
  decision label {
    go   70% then 80%
    back 30% then 20% -> brief rework at most 2 then -> endinit
  }
  step endinit takes 1h
  done init
}
"""


def test_calls_blocks_and_reserved_names_come_through(stormpy: ModuleType, tmp_path: Path) -> None:
    model = mpm.parse(EVERYTHING)
    found = solve_process(to_chain(model, "w"), Solver(LawBook()))
    written = to_prism(found)
    assert_every_property(stormpy, written, tmp_path)


@pytest.mark.parametrize("example", ["webinar/webinar.mpm", "travel/travel.mpm"])
def test_the_examples_can_be_checked_as_their_readme_says(
    example: str, stormpy: ModuleType, tmp_path: Path, root: Path
) -> None:
    exported = mpm.export(mpm.load(root / "examples" / example))
    assert_every_property(stormpy, PrismModel(exported.prism, exported.props, 0, {}), tmp_path)


# ------------------------------------------------------------------------------------------- published chains
def published(shared: Callable[[str], Path]) -> list[dict[str, str]]:
    with shared("data/oracles/qvbs_small/expected_values.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


QUESTIONS = {
    ("brp", "p1"): ("s=5", None),
    ("brp", "p2"): ("s=5 & srep=2", None),
    ("brp", "p4"): ("!(srep=0) & !recv", None),
    ("leader_sync", "eventually_elected"): ("s1=3 & s2=3 & s3=3", None),
    ("leader_sync", "time"): ("s1=3 & s2=3 & s3=3", "num_rounds"),
}
"""Which states each published property asks for, and the reward that it counts; see the `.props` files beside."""


@pytest.mark.parametrize(("name", "wanted"), list(QUESTIONS))
def test_our_engine_solves_published_chains_to_their_last_digit(
    name: str, wanted: str, stormpy: ModuleType, shared: Callable[[str], Path], tmp_path: Path
) -> None:
    (row,) = (row for row in published(shared) if (row["model"], row["property"]) == (name, wanted))
    target, reward = QUESTIONS[name, wanted]
    text = next((shared("data/oracles/qvbs_small/models") / name).glob("*.prism")).read_text(encoding="utf-8")
    file = tmp_path / f"{name}.prism"
    file.write_text(f'{text}\nlabel "wanted" = {target};\n', encoding="utf-8")
    program = stormpy.parse_prism_program(str(file))
    constants = json.loads(row["parameters"])
    if constants:
        program, _ = stormpy.instantiate_constants(program, constants)
    model = stormpy.build_model[float](program, options=stormpy.BuilderOptions(build_full=True))
    exact = Fraction(int(row["numerator"]), int(row["denominator"])) if row["numerator"] else Fraction(row["value"])
    assert ours(stormpy, model, reward) == pytest.approx(float(exact), rel=1e-12)
    assert model.nr_states == int(row["states"])


def ours(stormpy: ModuleType, model: Any, reward: str | None) -> float:
    """The chance of a state called "wanted", or the reward until then, by our engine on the cells of Storm's matrix.

    The wanted states are one end; states that never get there, found by Storm's search of the graph, are the other.
    """
    from stormpy import analysis

    never, _ = analysis.compute_prob01_states(model, stormpy.parse_properties('P=? [ F "wanted" ]')[0])
    ends = dict.fromkeys(model.labeling.get_states("wanted"), 0) | dict.fromkeys(never, 1)
    inside = {state: seat for seat, state in enumerate(s for s in range(model.nr_states) if s not in ends)}
    cells: list[tuple[int, int, float]] = []
    exits: list[tuple[int, int, float]] = []
    for state, seat in inside.items():
        for entry in model.transition_matrix.get_row(state):
            if entry.column in inside:
                cells.append((seat, inside[entry.column], entry.value))
            else:
                exits.append((seat, ends[entry.column], entry.value))
    start = inside[model.initial_states[0]]
    factor = factorise(
        chain_from_cells(len(inside), *zip(*cells, strict=True), *zip(*exits, strict=True), k=2, start=start)
    )
    if reward is None:
        return float(factor.ends()[0])
    earned = model.get_reward_model(reward)
    return float(factor.visits() @ [earned.state_action_rewards[state] for state in inside])
