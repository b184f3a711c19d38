"""What to do first: levers moved back to where they should be, ranked by what that still gains.

Each move is worked out exactly: the process is solved again with that one lever moved, and the difference travels on
through the network from today. A gain is what the metric's forecast changes by at its own date, so a lever whose
effect would come too late for a target does not rank for it. Levers that are as planned but weigh heavily are tried
with a fifth less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import Solver
from mpmflow.analysis.exact.figures import Solution, solve_process
from mpmflow.graphs.cells import Cells, ProcessCells, Way
from mpmflow.model.model import Model

from .figures import Action
from .prospects import Prospects
from .switching import in_between, payer_of

Floats = npt.NDArray[np.float64]
A_FIFTH = 0.2
MOST_TRIED = 60
"""Levers that are as planned are tried up to this number, those with the largest shares first."""


class Mover:
    """Tries moves of levers on one forecast."""

    def __init__(
        self,
        model: Model,
        prospects: Prospects,
        better: Mapping[str, str | None],
        labels: Mapping[str, str],
        owners: Mapping[str, str | None],
    ) -> None:
        self.prospects, self.forecasts, self.outlook = prospects, prospects.forecasts, prospects.outlook
        self.better, self.labels, self.owners = better, labels, owners
        self.initiatives: dict[str, str] = {}
        for initiative in model.initiatives:
            for move in initiative.moves:
                self.initiatives.setdefault(move.lever, initiative.name)

    def actions(self, candidates: Sequence[str], costly: Sequence[str]) -> tuple[Action, ...]:
        """Every move that helps: what an initiative does already first, then what avoids most misses."""
        found: list[Action] = []
        for name in candidates:
            source = self.outlook.sources[name]
            found.append(self._action(name, source.now, source.reference, "deviates"))
        for name in costly[:MOST_TRIED]:
            source = self.outlook.sources[name]
            found.append(self._action(name, source.now, source.now * (1.0 - A_FIFTH), "costly"))
        helpful = [action for action in found if action.score > 0.0]
        return tuple(sorted(helpful, key=_rank))

    def _action(self, name: str, start: float, goal: float, why: str) -> Action:
        gains = self.gains(name, start, goal)
        avoided, score = 0.0, 0.0
        for metric, gain in gains.items():
            forecast = self.forecasts[metric]
            better = self.better.get(metric)
            if better is None:
                continue
            sign = 1.0 if better == "higher" else -1.0
            scale = abs(forecast.baseline or forecast.forecast or 0.0)
            if scale > 0.0:
                score += sign * gain / scale
            if forecast.target is not None and forecast.draws is not None and forecast.p_miss is not None:
                level = float(forecast.target.value.base)
                moved = forecast.draws + gain
                miss = moved < level if forecast.target.comparison == "at least" else moved > level
                avoided += forecast.p_miss - float(miss.mean())
        return Action(
            lever=name,
            label=self.labels.get(name, name),
            start=start,
            goal=goal,
            unit="%" if self.outlook.sources[name].kind == "share" else "s",
            gains=dict(sorted(gains.items(), key=lambda item: item[0])),
            misses_avoided=avoided,
            score=score,
            initiative=self.initiatives.get(name),
            owner=self.owners.get(name),
            why="deviates" if why == "deviates" else "costly",
        )

    def gains(self, name: str, start: float, goal: float) -> dict[str, float]:
        """Metric -> change of its forecast if a lever went from `start` to `goal` today."""
        outlook = self.outlook
        ahead = outlook.ahead
        own: dict[str, Floats] = {}
        structural = set()
        for workflow, moved in self._moved(name, start, goal).items():
            change = outlook.changes[workflow]
            for place, (function, of, statistic) in outlook.figures.items():
                if of != workflow:
                    continue
                after, then = outlook.after.get(place), change.value(moved, function, statistic)
                if after is None or then is None:
                    continue
                structural.add(place)
                kernel = next(
                    (edge.kernel for edge in outlook.network.edges if (edge.source, edge.target) == (name, place)),
                    np.ones(1),
                )
                arrived = np.minimum(np.cumsum(np.pad(kernel, (0, max(0, ahead - len(kernel)))))[:ahead], 1.0)
                own[place] = (then - after) * arrived
        own[name] = np.full(ahead, goal - start)
        return self.prospects.gains(own, {name}, structural)

    def _moved(self, name: str, start: float, goal: float) -> dict[str, Solution]:
        """Workflow -> solved with one lever moved; those whose queues feel it too, none where the lever is not."""
        source, crowds = self.outlook.sources[name], self.prospects.crowds
        asked = {of for _, of, _ in self.outlook.figures.values()}
        back = goal == source.reference and start == source.now
        factor = Fraction(goal / start).limit_denominator(10**9) if start else Fraction(1)
        found: dict[str, Solution] = {}
        changed: dict[str, ProcessCells] = {}
        for workflow, change in self.outlook.changes.items():
            queues = crowds.queues_at(workflow) and name not in crowds.spill
            if back and name in change.compared.sources:
                others = [one for one in change.compared.sources if one != name]
                if queues:
                    before, after = crowds.plain_before[workflow], crowds.plain[workflow]
                    changed[workflow] = replace(
                        after, cells=in_between(before.cells, after.cells, others, change.names)
                    )
                elif workflow in asked:
                    found[workflow] = change.solution(others)
                continue
            process = crowds.plain[workflow] if queues else change.new.process
            cells = _scaled(process.cells, name, factor)
            if cells is not None and queues:
                changed[workflow] = replace(process, cells=cells)
            elif cells is not None and workflow in asked:
                found[workflow] = solve_process(replace(process, cells=cells), Solver(change.solver.book))
        if changed:
            found |= {
                workflow: solve_process(process, Solver(crowds.book))
                for workflow, process in crowds.again(changed).items()
                if workflow in asked
            }
        return found


def _rank(action: Action) -> tuple[bool, bool, float, float, str]:
    return action.why == "costly", action.initiative is None, -action.misses_avoided, -action.score, action.lever


def _scaled(cells: Cells, name: str, factor: Fraction) -> Cells | None:
    """The cells with one outcome's share multiplied, made up for by the outcome that goes on; None if it is not
    there.
    """
    states, hit = list(cells.states), False
    for index, state in enumerate(states):
        if state.block is not None:
            inner = [_scaled(branch, name, factor) for branch in state.block.branches]
            if any(inner):
                hit = True
                branches = tuple(new or old for new, old in zip(inner, state.block.branches, strict=True))
                states[index] = replace(state, block=replace(state.block, branches=branches))
    ways: list[Way] = []
    position = 0
    while position < len(cells.ways):
        end = position
        while end < len(cells.ways) and cells.ways[end].row == cells.ways[position].row:
            end += 1
        row = list(cells.ways[position:end])
        chosen = [index for index, way in enumerate(row) if way.outcome == name]
        if chosen:
            hit = True
            payer = payer_of(row, position)
            index = chosen[0]
            if payer != index:
                visits = max(len(way.share) for way in row)
                shares = [[way.share[min(visit, len(way.share) - 1)] for visit in range(visits)] for way in row]
                for visit in range(visits):
                    moved = min(shares[index][visit] * factor, shares[index][visit] + shares[payer][visit])
                    shares[payer][visit] -= moved - shares[index][visit]
                    shares[index][visit] = moved
                row = [
                    replace(way, share=tuple(share) if len(set(share)) > 1 else tuple(share[:1]))
                    for way, share in zip(row, shares, strict=True)
                ]
        ways += row
        position = end
    return replace(cells, states=tuple(states), ways=tuple(ways)) if hit else None
