"""The law of the time with waits in it: single cases walk through a workflow, one wait drawn per team and case.

Everything is walked as it is written: branches, bounds, shares by visit. Teams with `works` have their work stretched,
as in all figures of `analyze`, and nobody gathers in batches. The draws have a fixed seed, so that the same model gives
the same answer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mpmflow.analysis.congestion.network import Network
from mpmflow.analysis.simulation.events_of import event_model
from mpmflow.graphs.cells import Cells, State
from mpmflow.numerics.events.case_times import DRAWS, CaseTimes, case_times

SEED = 0
"""Of the draws behind percentiles and lateness."""
VISITS = 10_000_000
"""So many visits are walked at most, some seconds; of long workflows fewer cases are drawn, but at least `FEWEST`."""
FEWEST = 10_000


def drawn_times(network: Network, workflow: str) -> CaseTimes:
    """Times of single cases of a workflow whose teams all keep up."""
    place = network.place(workflow)
    process = network.streams[place].process
    draws = min(DRAWS, max(FEWEST, int(VISITS / float(network.found.work[place].visits.sum()))))
    made = event_model([replace(process, cells=_one_by_one(process.cells))], network.book, by_calendar=False)
    wait, delayed = np.zeros(len(made.crews)), np.zeros(len(made.crews))
    for place, crew in enumerate(made.crews):
        if crew.name in network.waits:
            wait[place], delayed[place] = network.waits[crew.name].mean, network.waits[crew.name].delayed
    return case_times(made.process, wait, delayed, draws, SEED)


def _one_by_one(cells: Cells) -> Cells:
    """The cells without batches; the same object where there are none."""
    states = tuple(_alone(state) for state in cells.states)
    same = all(new is old for new, old in zip(states, cells.states, strict=True))
    return cells if same else replace(cells, states=states)


def _alone(state: State) -> State:
    if state.block is not None:
        branches = tuple(_one_by_one(branch) for branch in state.block.branches)
        if all(new is old for new, old in zip(branches, state.block.branches, strict=True)):
            return state
        return replace(state, block=replace(state.block, branches=branches))
    return replace(state, batch=None) if state.batch is not None else state
