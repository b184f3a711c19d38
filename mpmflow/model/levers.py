"""What a scenario may set: the one table that `check` reads before and `what_if` after.

Levers are dotted names, the same in scenarios, initiatives, answers and graphs:

    D.OUTCOME           share of an outcome of a decision or choose, at every visit
    D.OUTCOME.delay     how long that outcome makes the case wait, where it does
    S.takes, S.waits, S.costs      of a step, decision or choose
    T.people, T.cost, T.works      of a team or partner
    W.arrivals, W.deadline         of a workflow
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from .flow import goes_on, shares
from .imports import with_imports
from .model import Model
from .process import Choose, Decision, Outcome, Step

CLAUSES: dict[str, tuple[str, ...]] = {
    "team": ("people", "cost", "works"),
    "workflow": ("arrivals", "deadline"),
    "step": ("takes", "waits", "costs"),
    "decision": ("takes", "waits", "costs"),
    "choose": ("takes", "waits", "costs"),
}
"""The clauses of each kind of statement that may be set, besides the outcomes of a decision or choose."""

ONE, ZERO = Fraction(1), Fraction(0)


class SharesError(ValueError):
    """Shares that no other outcome can make up for; `total` is what all of them would come to."""

    def __init__(self, total: Fraction) -> None:
        super().__init__(f"the outcomes would add up to {total}, not to 1")
        self.total = total


def outcome_levers(node: Decision | Choose) -> dict[str, Any]:
    """The levers of the outcomes of a decision or choose: its share by visit, and its delay where it has one.

    >>> node = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", delay="5d")])
    >>> list(outcome_levers(node))
    ['ok.yes', 'ok.no', 'ok.no.delay']
    """
    found: dict[str, Any] = {}
    for outcome, share in zip(node.outcomes, shares(node.outcomes), strict=True):
        found[f"{node.name}.{outcome.name}"] = share
        if outcome.delay is not None:
            found[f"{node.name}.{outcome.name}.delay"] = outcome.delay
    return found


def levers(model: Model) -> dict[str, Any]:
    """Every lever of a model with its present setting: a share by visit, a duration, a quantity, a number, arrivals,
    working hours.

    Those of imported files are among them. The setting is None where the text is silent.

    >>> from mpmflow.model.process import Workflow
    >>> list(levers(Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h")])])))
    ['w.arrivals', 'w.deadline', 'brief.takes', 'brief.waits', 'brief.costs']
    """
    found: dict[str, Any] = {}
    for one in with_imports(model):
        for team in one.all_teams:
            found |= {f"{team.name}.{clause}": getattr(team, clause) for clause in CLAUSES["team"]}
        for workflow in one.workflows:
            found |= {f"{workflow.name}.{clause}": getattr(workflow, clause) for clause in CLAUSES["workflow"]}
            for node in workflow.nodes():
                if isinstance(node, Step | Decision | Choose):
                    found |= {f"{node.name}.{clause}": getattr(node, clause) for clause in CLAUSES[node.kind]}
                if isinstance(node, Decision | Choose):
                    found |= outcome_levers(node)
    return found


def made_up(outcomes: tuple[Outcome, ...], wanted: Mapping[str, Fraction]) -> dict[str, tuple[Fraction, ...]]:
    """The share of every outcome by visit, with some of them set at every visit and the others making up for it.

    The one that just goes on makes up for the change: the one without a percentage, else the only one with neither
    target nor effect. Where there is not exactly one, or where it is set itself, all outcomes that are not set do, in
    proportion. Raises `SharesError` where that leaves 0 to 100 %.

    >>> yes, no = Outcome(name="yes"), Outcome(name="no", share=["20%", "10%"])
    >>> {name: [str(share) for share in row] for name, row in made_up((yes, no), {"no": Fraction(1, 4)}).items()}
    {'yes': ['3/4', '3/4'], 'no': ['1/4', '1/4']}
    """
    before = dict(zip((outcome.name for outcome in outcomes), shares(outcomes), strict=True))
    pays = goes_on(outcomes)
    others = [outcome.name for outcome in outcomes if outcome.name not in wanted]
    payers = [pays.name] if pays is not None and pays.name not in wanted else others
    after: dict[str, list[Fraction]] = {name: [] for name in before}
    for visit in range(len(next(iter(before.values())))):
        fixed = sum((before[name][visit] for name in others if name not in payers), ZERO) + sum(wanted.values(), ZERO)
        left = ONE - fixed
        held = sum((before[name][visit] for name in payers), ZERO)
        if left < 0 or (left > 0 and not payers):
            raise SharesError(fixed)
        for name in before:
            if name in wanted:
                after[name].append(wanted[name])
            elif name in payers:
                part = before[name][visit] / held if held else Fraction(1, len(payers))
                after[name].append(left * part)
            else:
                after[name].append(before[name][visit])
    return {name: tuple(row) for name, row in after.items()}


def owner_of(model: Model, lever: str) -> str | None:
    """Who answers for a lever or figure of a place: the owner of the place, else of the team that works there."""
    node = lever.partition(".")[0]
    for one in with_imports(model):
        teams = {team.name: team.owner for team in one.all_teams}
        for workflow, place in one.nodes():
            if isinstance(place, Step | Decision | Choose) and place.name == node:
                return place.owner or teams.get(place.by or "") or workflow.owner
    return None
