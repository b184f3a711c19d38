"""Which indicators led which metrics in the history, by how long, how well; and whether the model says so too.

Looked at is every pair along which an effect can travel by what the model says: an indicator, or a metric upstream, and
a metric that it reaches. What the model declares of the pair is not used: lag and strength are those of the history
alone, found and tested as learned causes are. Beside them stands the lag that the model gives to the way between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import networkx as nx

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import Document, Result, finite
from mpmflow.analysis.risk.enough_data import require_something
from mpmflow.analysis.risk.pathways import Pathways
from mpmflow.analysis.risk.prepared import prepare, targets_of
from mpmflow.analysis.risk.watched import Watched
from mpmflow.graphs import attributes as at
from mpmflow.graphs.causes import cause_effect
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .learned import LearnedCause, longest_lag, look_through
from .written import said

FEW_DRAWS = 100  # the ways between names hang on no draw
NEAR = 1.645
"""Standard errors within which two lags are the same, beside half a period."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One pair: what the history says, and what the model says.

    Attributes:
        history: gain, lag and test; see `LearnedCause`.
        model_lag: seconds that the model gives to the strongest way from source to effect; None where it gives none.
        evidence: what the model's way rests on at its weakest.
        path: the names on it.
        agrees: whether both lags are the same, within their errors; None where one is not known.
    """

    history: LearnedCause
    model_lag: float | None = None
    evidence: str | None = None
    path: tuple[str, ...] = ()
    agrees: bool | None = None

    def to_dict(self) -> Document:
        return {
            **self.history.to_dict(),
            "model_lag": finite(self.model_lag),
            "evidence": self.evidence,
            "path": list(self.path),
            "lags_agree": self.agrees,
        }


@dataclass(frozen=True, slots=True)
class Leads(Result):
    """All pairs: those that hold up first, the surest first.

    Attributes:
        leads: the pairs. period: seconds of a period. periods: how many there are. notes: what a reader should know.
    """

    schema: ClassVar[str] = "mpmflow/leads/1"
    shown_by = ("render.leads_page", "leads_page")

    leads: tuple[Lead, ...]
    period: float
    periods: int
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[Lead, ...]:
        """Those that hold up."""
        return tuple(one for one in self.leads if one.history.found)

    def body(self) -> Document:
        return {
            "period": self.period,
            "periods": self.periods,
            "leads": [one.to_dict() for one in self.leads],
            "notes": list(self.notes),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        documents = [one.to_dict() for one in self.leads]
        names = [name for name in Lead(LearnedCause("", "")).to_dict() if name not in ("why", "said", "path")]
        return {name: [document[name] for document in documents] for name in names}

    def __str__(self) -> str:
        return f"{len(self.found)} of {len(self.leads)} pairs hold up"


def leads(model: Model, observations: Observations, *, samples: Samples | None = None) -> Leads:
    """Which indicators led which metrics.

    Args:
        samples: observed times of `empirical` durations.

    Raises:
        DataError: nothing was observed.
        ValueError: there are more pairs than can be looked through.
        ModelFault: a workflow cannot be computed.
    """
    require_something(model, observations)
    watched = Watched(model, observations)
    found = look_through(pairs_of(model, watched), watched)
    rows = []
    if found:
        ways = Pathways(
            prepare(model, observations, targets_of(model), draws=FEW_DRAWS, samples=samples).outlook, most=1
        )
        graph = cause_effect(model)
        rows = [_lead(said(model, one), ways, graph, observations.period) for one in found]
    rows.sort(key=lambda one: (not one.history.found, _or_last(one.history.q_value), _or_last(one.history.p_value)))
    notes = []
    if not rows:
        notes.append(
            "There is no pair to look at: it takes data of an indicator, and of a metric that it reaches by the model."
        )
    longest = longest_lag(watched.periods)
    beyond = [one for one in rows if (one.model_lag or 0.0) > longest * observations.period]
    if beyond:
        notes.append(
            f"In {watched.periods} periods lags up to {longest} could be looked at; the model gives "
            f"longer ones to {len(beyond)} pair{'s' if len(beyond) > 1 else ''}, which the history cannot judge yet."
        )
    return Leads(tuple(rows), observations.period, watched.periods, tuple(notes))


def pairs_of(model: Model, watched: Watched) -> list[tuple[str, str]]:
    """Indicators (of outcomes, those with an effect) and metrics, each with the metrics that it reaches, sorted.

    What merely stands in the formula of a metric does not lead to it, and is left out.
    """
    graph = cause_effect(model)
    joined = nx.DiGraph(graph)
    known = [name for name in graph if name in watched.values]
    pairs = []
    for source in known:
        data = graph.nodes[source]
        if data.get(at.ASPECT) == "share" and data.get(at.BETTER) is None:
            continue
        for effect in nx.descendants(joined, source):
            origins = set(graph[source][effect]) if graph.has_edge(source, effect) else set()
            is_metric = graph.nodes[effect][at.KIND] == "metric"
            if is_metric and effect in watched.values and effect != source and origins != {"formula"}:
                pairs.append((source, effect))
    return sorted(pairs)


def _lead(found: LearnedCause, ways: Pathways, graph: nx.MultiDiGraph, period: float) -> Lead:
    known = ways.between(found.source, found.effect)
    plain = Lead(found)
    if known:
        plain = replace(plain, model_lag=known[0].lag, evidence=known[0].evidence, path=known[0].names)
    else:
        declared = [
            data[at.LAG]
            for _, effect, data in graph.out_edges(found.source, data=True)
            if effect == found.effect and at.LAG in data and data[at.ORIGIN] in ("declared", "learned")
        ]
        if declared:
            path = (found.source, found.effect)
            plain = replace(plain, model_lag=sum(declared[0]) / 2.0, evidence="declared", path=path)
    if plain.model_lag is None or found.mean_lag is None or not found.found:
        return plain
    room = NEAR * (found.mean_lag_error or 0.0) + 0.5 * period
    return replace(plain, agrees=abs(found.mean_lag - plain.model_lag) <= room)


def _or_last(value: float | None) -> float:
    return 2.0 if value is None else value
