"""What initiatives would move from where things stand today: those of their levers that are short of the goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from mpmflow.diagnostics.errors import LeverError
from mpmflow.model.goals import Initiative, Move

from .prospects import Prospects, Stage


class NotWeighed(Exception):
    """An initiative that cannot be worked out; its text says why, to follow "X is not weighed:"."""


def helping_moves(initiative: Initiative, prospects: Prospects) -> dict[str, Any]:
    """Lever -> goal, of the moves whose lever still stands on the near side of its goal. Raises `NotWeighed`."""
    if not initiative.moves:
        raise NotWeighed("it moves no lever")
    for move in initiative.moves:
        try:
            prospects.settings((move.by, {move.lever: move.goal}))
        except LeverError as error:
            raise NotWeighed(str(error).rstrip(".")) from None
    found = {move.lever: move.goal for move in initiative.moves if _helps(move, prospects)}
    if not found:
        raise NotWeighed("its levers stand at their goals or beyond them already")
    return found


def stages_of(chosen: Sequence[Initiative], moves: Mapping[str, Mapping[str, Any]]) -> tuple[Stage, ...]:
    """What a set of initiatives does and when: each lever from the day of its own move on. `moves`: their helping
    moves by name.
    """
    stages: dict[date | None, dict[str, Any]] = {}
    for one in chosen:
        for move in one.moves:
            if move.lever in moves[one.name]:
                stages.setdefault(move.by, {})[move.lever] = move.goal
    return tuple(stages.items())


def _helps(move: Move, prospects: Prospects) -> bool:
    source = prospects.outlook.sources.get(move.lever)
    if source is None:
        return True
    start, goal = float(move.start.base), float(move.goal.base)
    return source.now > goal if goal < start else source.now < goal
