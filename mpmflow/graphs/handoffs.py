"""Hand-offs: where work passes from one team to another, inside the house and across its walls.

Nodes are teams and partners (kinds `team` and `partner`). An edge is one hand-off, from a node of one team to the next
node of another; nodes without a team, forks and joins in between are passed through. Its key is `source->target` of
those two nodes. A hand-off over a rework outcome is marked `rework`: work that comes back, the ping of a ping-pong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.model.alliances import Handoff
from mpmflow.model.flow import Arc, Place, arcs
from mpmflow.model.imports import promises_in, with_imports, workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision, Step, Team
from mpmflow.model.quantities import Quantity, write_quantity


def handoffs(model: Model) -> nx.MultiDiGraph:
    """Every hand-off of every workflow of a model.

    `across` marks those between organisations (one side is a partner), `owned` those with an owner on both sides,
    `promised` those about which a promise was made.

    >>> from mpmflow.model.process import Workflow
    >>> house, agency = Team(name="house"), Team(name="agency", partner=True)
    >>> body = [Step(name="brief", by="house"), Step(name="media", by="agency")]
    >>> graph = handoffs(Model(teams=[house, agency], workflows=[Workflow(name="w", body=body)]))
    >>> graph.edges["house", "agency", "brief->media"]["across"]
    True
    """
    teams = {team.name: team for one in with_imports(model) for team in one.all_teams}
    graph = nx.MultiDiGraph(**{at.VIEW: "handoffs"})
    for order, team in enumerate(teams.values()):
        data = {
            at.KIND: "partner" if team.partner else "team",
            at.LABEL: team.title,
            at.OWNER: team.owner,
            at.PEOPLE: team.people,
            at.ORDER: order,
        }
        graph.add_node(team.name, **at.present(data))
    order = 0
    for workflow in workflows_in_question(model):
        flow = arcs(workflow)
        promised = promises_in(model, workflow)
        holder: dict[str, str] = {}
        for place in flow.nodes.values():
            node = place.node
            if isinstance(node, Step | Decision | Choose) and node.by is not None and node.by in teams:
                holder[place.id] = node.by
        ways = flow.leaving()
        for source, giving in holder.items():
            flows = _shares_of_next(source, ways, holder)
            for target, path in _next_holders(source, ways, holder):
                taking = holder[target]
                if taking == giving:
                    continue
                key = f"{source}->{target}"
                known = graph.get_edge_data(giving, taking, key)
                rework = any(arc.rework for arc in path) and (known is None or at.REWORK in known)
                giver, taker = teams[giving], teams[taking]
                found: dict[str, Any] = {
                    at.KIND: "handoff",
                    at.LABEL: f"{_title(flow.nodes[source])} → {_title(flow.nodes[target])}",
                    at.SHARE: flows.get(target),
                    at.VIA: workflow.name,
                    at.ACROSS: giver.partner or taker.partner,
                    at.OWNED: _owned(giver, taker),
                    at.REWORK: rework or None,
                    at.PROMISED: _promised(promised.get((giving, taking))),
                    at.WAYS: tuple(arc.key for arc in path),
                    at.ORDER: known[at.ORDER] if known else order,
                }
                if known is not None:
                    known.pop(at.REWORK, None)  # some way between the two is none
                else:
                    order += 1
                graph.add_edge(giving, taking, key, **at.present(found))
    return graph


def _owned(giver: Team, taker: Team) -> bool:
    return bool(giver.owner and taker.owner)


def _promised(promise: Handoff | None) -> str | None:
    if promise is None:
        return None
    share = (
        "" if promise.share is None else f" at least {write_quantity(Quantity(value=promise.share * 100, unit='%'))}"
    )
    return f"within {write_quantity(promise.within)}{share}"


def _title(place: Place) -> str:
    return str(getattr(place.node, "title", place.id))


def _shares_of_next(source: str, ways: dict[str, list[Arc]], holder: dict[str, str]) -> dict[str, float]:
    """How often one visit to a place passes its case on to each next place with a team, at the shares of first visits.

    Cases move on one place a round, all at once. Where places without a team go round in a circle, what is left after
    many rounds is too little to matter.
    """
    found: dict[str, float] = {}
    wave = {source: 1.0}
    for _ in range(2 * len(ways)):
        moved: dict[str, float] = {}
        for place, mass in wave.items():
            for arc in ways[place]:
                passed = mass * float(arc.share[0]) if arc.share else mass if arc.kind != "after_limit" else 0.0
                to = found if arc.target in holder else moved
                to[arc.target] = min(1.0, to.get(arc.target, 0.0) + passed)
        wave = {place: mass for place, mass in moved.items() if mass > 1e-6}
        if not wave:
            break
    return found


def _next_holders(
    source: str, ways: dict[str, list[Arc]], holder: dict[str, str]
) -> Iterator[tuple[str, tuple[Arc, ...]]]:
    """The next places with a team behind a place, each with a shortest way to it."""
    seen = {source}
    waiting: list[tuple[str, tuple[Arc, ...]]] = [(source, ())]
    while waiting:
        place, path = waiting.pop(0)
        for arc in ways[place]:
            further = (*path, arc)
            if arc.target in holder:
                yield arc.target, further
            elif arc.target not in seen:
                seen.add(arc.target)
                waiting.append((arc.target, further))
