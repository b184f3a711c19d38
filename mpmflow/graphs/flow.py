"""A workflow as a networkx graph: one node a place, one edge a way.

Kinds of nodes: start, step, decision, choose, call, fork, join, end. Edges are keyed by the outcome's id
(`brief_complete.no`, after `at most` with `.then` behind it) or by `source->target`; their kinds are next, outcome,
after_limit, fork and join. `attributes` documents every attribute.
"""

from __future__ import annotations

from typing import Any

import networkx as nx

from mpmflow.graphs import attributes as at
from mpmflow.graphs.written import write_duration
from mpmflow.model.flow import Arc, Place, arcs
from mpmflow.model.model import Model
from mpmflow.model.process import Call, Choose, Decision, End, Parallel, Step, Team, Workflow
from mpmflow.model.quantities import write_quantity


def flow_graph(workflow: Workflow, model: Model | None = None) -> nx.MultiDiGraph:
    """The workflow's graph, with targets resolved and the rest of each decision filled in.

    With `model`, teams of the whole file are known too (whether a node's team is a partner). Arrows that lead nowhere
    are left out; `mpmflow.model.flow.arcs` lists them.

    >>> from mpmflow.model.process import Outcome
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> graph = flow_graph(Workflow(name="w", body=[Step(name="brief"), check]))
    >>> graph.edges["ok", "done", "ok.yes"]["share"]
    0.8
    """
    flow = arcs(workflow)
    teams = {team.name: team for team in (*(model.all_teams if model else ()), *workflow.teams)}
    graph = nx.MultiDiGraph(**at.present({at.VIEW: "workflow", at.NAME: workflow.name, at.OWNER: workflow.owner}))
    graph.graph[at.LABEL] = workflow.title
    for order, place in enumerate(flow.nodes.values()):
        graph.add_node(place.id, **node_attributes(place, teams), **{at.ORDER: order})
    for order, arc in enumerate(flow.arcs):
        graph.add_edge(arc.source, arc.target, arc.key, **edge_attributes(arc), **{at.ORDER: order})
    return graph


def node_attributes(place: Place, teams: dict[str, Team]) -> dict[str, Any]:
    """The attributes of one place."""
    found: dict[str, Any] = {at.KIND: place.kind}
    node = place.node
    if place.scope:
        found[at.BLOCK], found[at.BRANCH] = place.scope[-1]
    if place.kind == "end":
        found[at.GOOD] = place.good
    if node is not None and not isinstance(node, End):
        found[at.LABEL] = node.title if place.kind != "join" else None
    if isinstance(node, Parallel):
        found[at.JOIN] = node.join
    elif isinstance(node, Call):
        found[at.CALLS] = node.workflow
    elif isinstance(node, Step | Decision | Choose):
        team = teams.get(node.by) if node.by else None
        found |= {
            at.TEAM: node.by,
            at.PARTNER: team.partner if team else None,
            at.TAKES: write_duration(node.takes) if node.takes else None,
            at.WAITS: write_duration(node.waits) if node.waits else None,
            at.COSTS: write_quantity(node.costs) if node.costs else None,
            at.OWNER: node.owner,
        }
    return at.present(found)


def edge_attributes(arc: Arc) -> dict[str, Any]:
    """The attributes of one way."""
    found: dict[str, Any] = {at.KIND: arc.kind, at.BRANCH: arc.branch}
    if arc.share:
        found[at.SHARE] = float(arc.share[0])
        found[at.EXACT_SHARE] = str(arc.share[0])
        if len(set(arc.share)) > 1:
            found[at.SHARE_BY_VISIT] = tuple(float(share) for share in arc.share)
    if arc.outcome is not None:
        found |= {
            at.OUTCOME: f"{arc.source}.{arc.outcome.name}",
            at.LABEL: arc.outcome.title,
            at.REST: arc.rest or None,
            at.REWORK: arc.rework or None,
            at.SCRAP: arc.scrap or None,
            at.WASTE: arc.waste or None,
            at.DELAY: write_duration(arc.delay) if arc.delay else None,
            at.AT_MOST: arc.at_most,
        }
    return at.present(found)
