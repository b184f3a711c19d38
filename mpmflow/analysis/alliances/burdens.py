"""Who causes delay and rework, and who bears them: the spread of an evaluation, folded by team.

A source of extra time (`brief_complete.no`, `copy.time`, `legal_ok.wait`) belongs to the team of its step or decision:
that is where the change is seen, which is not always whose fault it is. The place where the time lands belongs to the
team that works there. What has no team on a side stands under `NOBODY`: arrivals, steps and questions by nobody, calls
of other workflows, and what the parts of an evaluation leave unexplained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from mpmflow.analysis.risk.figures import SpreadFigure
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.process import Work

from .figures import NOBODY, Burden


def teams_by_node(model: Model) -> dict[str, str]:
    """The team of every step and decision that has one, those of imported files too."""
    found: dict[str, str] = {}
    for one in with_imports(model):
        for _, node in one.nodes():
            if isinstance(node, Work) and node.by is not None:
                found.setdefault(node.name, node.by)
    return found


def burdens(model: Model, spread: Sequence[SpreadFigure]) -> tuple[Burden, ...]:
    """Delay and rework of every workflow by causing and bearing team, in the order of the spread's workflows.

    Each adds up to what the rows of steps and decisions hold, to rounding: extra time, and extra visits.
    """
    teams = teams_by_node(model)
    names = [team.name for one in with_imports(model) for team in one.all_teams]
    places = [row for row in spread if row.kind in ("step", "decision", "choose", "call")]
    found = []
    workflows = dict.fromkeys(workflow.name for one in with_imports(model) for workflow in one.workflows)
    for workflow in workflows:
        rows = [row for row in places if row.workflow == workflow]
        if rows:
            found.append(_burden(workflow, "delay", rows, teams, names))
            found.append(_burden(workflow, "rework", rows, teams, names))
    return tuple(found)


def _burden(
    workflow: str,
    kind: Literal["delay", "rework"],
    rows: Sequence[SpreadFigure],
    teams: Mapping[str, str],
    names: Sequence[str],
) -> Burden:
    cells: dict[str, dict[str, float]] = {}
    total = 0.0
    for row in rows:
        whole, by = (row.extra_time, row.time_by) if kind == "delay" else (row.extra_visits, row.visits_by)
        bearer = teams.get(row.at, NOBODY)
        total += whole
        for cause, part in (*_by_team(by, teams, names), (NOBODY, whole - sum(by.values()))):
            line = cells.setdefault(cause, {})
            line[bearer] = line.get(bearer, 0.0) + part
    rank = {name: number for number, name in enumerate((*names, NOBODY))}
    least = 1e-12 * max((abs(amount) for line in cells.values() for amount in line.values()), default=0.0)
    kept = {
        cause: {bearer: line[bearer] for bearer in sorted(line, key=rank.__getitem__) if abs(line[bearer]) > least}
        for cause, line in sorted(cells.items(), key=lambda one: rank[one[0]])
    }
    return Burden(workflow, kind, {cause: line for cause, line in kept.items() if line}, total)


def _by_team(by: Mapping[str, float], teams: Mapping[str, str], names: Sequence[str]) -> Iterator[tuple[str, float]]:
    for source, part in by.items():
        thing = source.partition(".")[0]
        yield teams.get(thing, thing if thing in names else NOBODY), part
