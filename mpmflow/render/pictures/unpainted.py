"""What a view asks while it is drawn, and the answers of a picture without risk: everything stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mpmflow.render.dot import Attributes, Markup


class Unpainted:
    """The answers of a plain picture. Each takes how something would be drawn and gives how it is to be drawn."""

    def place(self, name: str, drawn: Attributes) -> Attributes:
        """A step, a decision, a choice, a call or a team."""
        return drawn

    def folded(self, names: tuple[str, ...], drawn: Attributes) -> Attributes:
        """A box that stands for several places of these names."""
        return drawn

    def way(self, source: str, facts: Mapping[str, Any], drawn: Attributes) -> Attributes:
        """A way of a workflow, with the attributes of its edge."""
        return drawn

    def metric(self, name: str, drawn: Attributes) -> Attributes:
        """A metric."""
        return drawn

    def indicator(self, name: str, drawn: Attributes) -> Attributes:
        """An indicator or a lever."""
        return drawn

    def question(self, name: str, outcomes: tuple[str, ...]) -> list[Markup]:
        """What stands at the foot of a decision's card; `outcomes` are the dotted names of those that do harm."""
        return []

    def starts(self, name: str) -> bool:
        """Whether the headline's cause is at a node."""
        return False

    def objective(self, name: str, drawn: Attributes) -> Attributes:
        """An objective."""
        return drawn

    def commitment(self, name: str, drawn: Attributes) -> Attributes:
        """A promise by somebody."""
        return drawn

    def whole(self, name: str, drawn: Attributes) -> Attributes:
        """A workflow as one box."""
        return drawn

    def influence(self, source: str, target: str, drawn: Attributes) -> Attributes:
        """An influence among indicators, workflows and metrics."""
        return drawn

    tells_promises = False
    """Whether it says of hand-offs what was promised; else the picture does, in a word."""

    def handoff(
        self,
        shares: Sequence[tuple[str, float]],
        ways: Sequence[str],
        drawn: Attributes,
        between: Sequence[tuple[str, str]] = (),
    ) -> Attributes:
        """One hand-off or several: where each comes from with the share of visits there that take it, all ways of the
        workflow that make them up, and the steps that it goes between.
        """
        return drawn

    def told(self, name: str) -> list[str]:
        """What an interactive picture adds to what it tells of a name."""
        return []

    def legend(self, view: str) -> Markup | None:
        """What the painting of a view means; None where there is nothing to explain."""
        return None


PLAIN = Unpainted()
