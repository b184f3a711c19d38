"""What to do next, as initiatives in the language: to bring back what got worse, and from where it stands now.

Only what is worse beyond luck is drafted. An initiative of the file that moves such a lever already is drafted anew
from the present level; it has the same name, so the block takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from mpmflow.analysis.alignment.sight import Sight
from mpmflow.model.base import Roster
from mpmflow.model.goals import Initiative, Move
from mpmflow.model.imports import with_imports
from mpmflow.model.levers import owner_of
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity

from .answer import Draft, FigureChange, LeverChange

MOST = 5
"""New initiatives that are drafted: those whose levers cost most."""
_SHOWN = {"waits": "wait", "takes": "time"}


def draft_of(
    model: Model,
    sight: Sight,
    levers: Sequence[LeverChange],
    figures: Sequence[FigureChange],
    first: tuple[date, date],
    second: tuple[date, date],
) -> Draft:
    """The draft that follows from a comparison; its date is as long after the second period as that lasted."""
    by = second[1] + (second[1] - second[0]) + timedelta(days=1)
    worse = [row for row in levers if row.worse and not row.luck and row.kind in ("rates", "process")]
    worse.sort(key=lambda row: (-_weight(row.name, figures), row.name))
    stands = {row.name: row for row in levers}
    moved: set[str] = set()
    replaced: list[Initiative] = []
    reached: list[str] = []
    for initiative in model.initiatives:
        rows = [stands.get(_indicator(move.lever)) for move in initiative.moves]
        if not any(row is not None for row in rows):
            continue
        if all(row is not None and _arrived(move, row) for move, row in zip(initiative.moves, rows, strict=True)):
            reached.append(initiative.name)
        else:
            moves = [
                _from_now(move, row, by) if row is not None and not _arrived(move, row) else move
                for move, row in zip(initiative.moves, rows, strict=True)
            ]
            replaced.append(initiative.model_copy(update={"moves": tuple(moves)}))
        moved |= {row.name for row in rows if row is not None}
    taken = _names(model)
    added: list[Initiative] = []
    for row in worse:
        if row.name not in moved and len(added) < MOST:
            name = _free(f"back_{row.name.replace('.', '_')}", taken)
            taken.add(name)
            added.append(
                Initiative(
                    name=name,
                    label=f"Bring {row.name} back to where it was until {first[1]}",
                    moves=(Move(lever=row.name, start=_level(row, row.after), goal=_level(row, row.before), by=by),),
                    owner=owner_of(model, row.name),
                    serves=_serves(sight, row.name, figures),
                )
            )
    text = _text(replaced, added, first, second)
    return Draft(text, tuple(one.name for one in added), tuple(one.name for one in replaced), tuple(reached))


def _text(
    replaced: Sequence[Initiative], added: Sequence[Initiative], first: tuple[date, date], second: tuple[date, date]
) -> str:
    if not replaced and not added:
        return ""
    lines = [f"# From comparing {first[0]}..{first[1]} with {second[0]}..{second[1]}."]
    for title, group in (
        ("# Each takes the place of the initiative of that name.", replaced),
        ("# New; say what each costs.", added),
    ):
        if group:
            lines += [title, Model(initiatives=Roster(group)).to_text().strip()]
    return "\n".join(lines) + "\n"


def _weight(lever: str, figures: Sequence[FigureChange]) -> float:
    """How much a lever has done to the figures, each against its level."""
    return max((abs(row.by.get(lever, 0.0)) / abs(row.before) for row in figures if row.before), default=0.0)


def _indicator(lever: str) -> str:
    """What shows a lever in data: `S.takes` is the time of a step, `D.waits` the wait of a decision."""
    node, _, aspect = lever.partition(".")
    return f"{node}.{_SHOWN.get(aspect, aspect)}"


def _arrived(move: Move, row: LeverChange) -> bool:
    """Whether a lever has come to where an initiative wanted it, or beyond."""
    start = float(move.start.base) if move.start is not None else row.before
    goal = float(move.goal.base)
    return row.after <= goal if goal <= start else row.after >= goal


def _from_now(move: Move, row: LeverChange, by: date) -> Move:
    late = move.by is None or move.by < by
    return move.model_copy(update={"start": _level(row, row.after), "by": by if late else move.by})


def _level(row: LeverChange, value: float) -> Quantity:
    """A level as people write it: shares to a tenth of a point, times to three digits."""
    if row.unit == "%":
        return Quantity(value=Fraction(round(1000.0 * value), 10), unit="%")
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if value >= size:
            return Quantity(value=Fraction(f"{value / size:.3g}"), unit=unit)
    return Quantity(value=Fraction(f"{value:.3g}") if value else Fraction(0), unit="s")


def _serves(sight: Sight, lever: str, figures: Sequence[FigureChange]) -> tuple[str, ...]:
    """The lowest goals with a target that a lever reaches, or whose metrics it changed; those that it hurts first."""
    changed = {row.name for row in figures if lever in row.by}
    node, _, aspect = lever.partition(".")
    names = {lever, f"{node}.takes", f"{node}.waits"} if aspect in ("wait", "time") else {lever}
    metrics = sight.metrics
    found: dict[str, bool] = {}
    for goal, _ in sight.model.objective_tree():
        mine = [name for name in goal.measured_by if name in metrics]
        targeted = goal.target is not None or any(metrics[name].target for name in mine)
        effects = [effect for name in mine for source, effect in sight.effects_on(name).items() if source in names]
        if targeted and not goal.children and (effects or changed.intersection(mine)):
            found[goal.name] = any(effect.helps is False for effect in effects)
    return tuple(sorted(found, key=lambda name: not found[name]))


def _names(model: Model) -> set[str]:
    found: set[str] = set()
    for one in with_imports(model):
        for group in (
            one.metrics,
            one.declared_indicators,
            one.initiatives,
            one.commitments,
            one.scenarios,
            one.workflows,
        ):
            found |= set(group.names)
        found |= {goal.name for goal, _ in one.objective_tree()} | {team.name for team in one.all_teams}
        found |= {getattr(node, "name", None) or "" for _, node in one.nodes()}
    return found


def _free(name: str, taken: set[str]) -> str:
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found
