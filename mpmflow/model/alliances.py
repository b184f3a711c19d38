"""Promises between teams: how soon work that one of them hands over is taken up by the other."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from pydantic import field_validator

from .base import Allow, Line, Name, Number, Part
from .quantities import Quantity


class Handoff(Part):
    """Work that `giver` hands over is taken up by `taker` within a span of calendar time.

    `share` is how many of a hundred hand-offs it is promised of; None promises it of every one. In a workflow it is
    about that workflow; at the top of a file about every workflow of the file that has no such promise of its own.

    >>> Handoff(giver="legal", taker="agency", within="2d", share="90%").share
    Fraction(9, 10)
    """

    giver: Name
    taker: Name
    label: Line | None = None
    within: Quantity
    share: Number | None = None
    owner: Line | None = None
    allow: tuple[Allow, ...] = ()

    @field_validator("share", mode="before")
    @classmethod
    def _in_per_cent(cls, share: object) -> object:
        text = share.strip() if isinstance(share, str) else ""
        return Fraction(text[:-1]) / 100 if text.endswith("%") else share

    @field_validator("share")
    @classmethod
    def _a_share(cls, share: Fraction | None) -> Fraction | None:
        if share is not None and not 0 < share <= 1:
            raise ValueError(f"a promise is about more than 0% and at most 100% of the hand-offs, not {share}")
        return share

    @field_validator("within")
    @classmethod
    def _a_time(cls, within: Quantity) -> Quantity:
        if not within.measure.is_time or within.value <= 0:
            raise ValueError(f"work is taken up within a time such as 2d, not within {within}")
        return within


def promises(of_file: Iterable[Handoff], of_workflow: Iterable[Handoff]) -> dict[tuple[str, str], Handoff]:
    """The promises that hold in a workflow, by giver and taker: its own stand over those of the file."""
    found: dict[tuple[str, str], Handoff] = {}
    for promise in (*of_workflow, *of_file):
        found.setdefault((promise.giver, promise.taker), promise)
    return found
