"""Codes for questions that have no answer, although the text has a meaning. Engines find them, not checks."""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, Code

__all__ = ["ANSWERS"]

ANSWERS: tuple[Code, ...] = (
    Code(
        "no-answer",
        ERROR,
        "`{where}`: {what}",
        help="{mend}",
        means="A question was asked that this model has no answer to, or none that can be computed.",
        why="A figure that cannot be computed must not be made up.",
        apart="A question about a workflow that reads well, such as the figures of one whose cases can never end.",
    ),
)
