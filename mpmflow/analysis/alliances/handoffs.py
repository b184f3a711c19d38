"""`handoffs`: every pair of teams between which work passes, by design and as a log has it, with what was promised."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from mpmflow.analysis.exact.analyze import Analysis, analyze
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import Document, Provenance, Result, provenance
from mpmflow.diagnostics.suggest import nearest
from mpmflow.graphs import attributes as at
from mpmflow.graphs.handoffs import handoffs as handoffs_graph
from mpmflow.model.alliances import Handoff
from mpmflow.model.imports import promises_in, with_imports, workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.passages import Passages
from mpmflow.model.process import End

from .burdens import burdens
from .designed import Leg, designed, designed_late, legs
from .figures import Burden, Designed, HandoffFigure, NodeHandoff, PromiseFigure
from .observed import SeenPassages, promised, what_the_log_cannot_tell
from .view import figures_row

if TYPE_CHECKING:
    from mpmflow.analysis.risk.evaluation import Evaluation

WEEK = 604800.0


@dataclass(frozen=True)
class Handoffs(Result):
    """The answer of `handoffs`.

    Attributes:
        pairs: one for each ordered pair of teams or partners, in the order of the text.
        as_of: the day up to which was looked, None without data. period: seconds of a period.
        burdens: who causes and who bears delay and rework, by workflow; () without an evaluation.
        cases: how many cases the log holds, None without one.
        notes: what the log cannot tell, and what was not looked at.
        model, analysis, evaluation: what it was made of, for those who draw it; no part of the document.
    """

    schema: ClassVar[str] = "mpmflow/handoffs/1"
    shown_by = ("render.handoffs_page", "handoffs_page")

    pairs: tuple[HandoffFigure, ...] = ()
    as_of: date | None = None
    period: float = WEEK
    burdens: tuple[Burden, ...] = ()
    cases: int | None = None
    notes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    provenance: Provenance | None = None
    model: Model = field(default_factory=Model, repr=False, compare=False)
    analysis: Analysis | None = field(default=None, repr=False, compare=False)
    evaluation: Evaluation | None = field(default=None, repr=False, compare=False)

    def between(self, giver: str, taker: str) -> HandoffFigure:
        """The hand-offs from one team to another; KeyError with what there is otherwise.

        Raises KeyError where work never passes from the one to the other.
        """
        for one in self.pairs:
            if (one.giver, one.taker) == (giver, taker):
                return one
        known = [f"{one.giver} -> {one.taker}" for one in self.pairs]
        near = nearest(f"{giver} -> {taker}", known, most=3) or tuple(known[:8])
        raise KeyError(
            f"work never passes from {giver!r} to {taker!r}; nearest: {', '.join(near) or 'there are no hand-offs'}"
        )

    def burden(self, kind: str = "delay", workflow: str | None = None) -> Burden:
        """Who causes and who bears `delay` or `rework` of a workflow, the first one unless said.

        Raises KeyError where nothing of that kind is known, as without data.
        """
        for one in self.burdens:
            if one.kind == kind and workflow in (None, one.workflow):
                return one
        raise KeyError(f"no {kind!r} is known of {workflow or 'any workflow'}: that needs observations to judge from")

    def body(self) -> Document:
        """The document `mpmflow/handoffs/1` without its head."""
        return {
            "as_of": self.as_of.isoformat() if self.as_of is not None else None,
            "period": self.period,
            "cases": self.cases,
            "handoffs": [one.to_dict() for one in self.pairs],
            "burdens": [one.to_dict() for one in self.burdens],
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict() if self.provenance is not None else None,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a pair of teams, behind it one for each pair of steps: `from` and `to` are None in the first."""
        figures = figures_row(Designed(None, None, None, 0.0, None), None, ())
        columns: dict[str, list[Any]] = {name: [] for name in ("giver", "taker", "workflow", "from", "to", *figures)}
        for one in self.pairs:
            lines: list[dict[str, Any]] = [
                {"giver": one.giver, "taker": one.taker, "workflow": None, "from": None, "to": None}
                | figures_row(one.designed, one.observed, one.promises)
            ]
            lines += [
                {"giver": one.giver, "taker": one.taker, "workflow": step.workflow}
                | {"from": step.source, "to": step.target}
                | figures_row(step.designed, step.observed, ())
                for step in one.steps
            ]
            for line in lines:
                for name, value in line.items():
                    columns[name].append(value)
        return columns

    def __str__(self) -> str:
        broken = sum(promise.state == "broken" for one in self.pairs for promise in one.promises)
        made = sum(len(one.promises) for one in self.pairs)
        return f"Hand-offs between {len(self.pairs)} pairs of teams; {made} promises, {broken} broken so far"


def handoffs(
    model: Model,
    passages: Passages | None = None,
    evaluation: Evaluation | None = None,
    *,
    samples: Samples | None = None,
    remarks: Sequence[str] = (),
) -> Handoffs:
    """The hand-offs of a model, by design, and as passages of a log have them.

    Args:
        passages: what a log has of them.
        evaluation: what was found about the model: whose spread is folded by team, and whose period is taken.
        samples: observed times of `empirical` durations, as `analyze` takes them.
        remarks: further notes.

    Raises `ModelFault` as `analyze` does.
    """
    analysis = analyze(model, samples=samples)
    graph = handoffs_graph(model)
    period = evaluation.period if evaluation is not None else WEEK
    found = [
        leg
        for workflow in workflows_in_question(model)
        if workflow.name in analysis.workflows
        for leg in legs(workflow, analysis.workflows, graph)
    ]
    seen = SeenPassages.of(passages) if passages is not None else None
    by_pair: dict[tuple[str, str], list[Leg]] = {}
    for leg in sorted(found, key=lambda one: one.order):
        by_pair.setdefault((leg.giver, leg.taker), []).append(leg)
    pairs = tuple(_pair(model, graph, analysis, parts, seen, period) for parts in by_pair.values())
    as_of = evaluation.as_of if evaluation is not None else None
    if passages is not None:
        as_of = datetime.fromtimestamp(passages.until - 1e-3, tz=UTC).date()
    titles = {
        node.name: node.title for one in with_imports(model) for _, node in one.nodes() if not isinstance(node, End)
    }
    notes = (
        tuple(what_the_log_cannot_tell(passages, {(leg.source, leg.target) for leg in found}, titles))
        if passages is not None
        else ("There is no event log, so nothing is known of how long work really waited: these are designed figures.",)
    )
    return Handoffs(
        pairs,
        as_of,
        period,
        burdens(model, evaluation.spread) if evaluation is not None else (),
        sum(passages.cases.values()) if passages is not None else None,
        (*_unclaimed(evaluation), *notes, *_unsettled(pairs), *remarks),
        {name: str(facts[at.LABEL]) for name, facts in graph.nodes(data=True)},
        provenance(model, data=_data_hash(passages) if passages is not None else None),
        model,
        analysis,
        evaluation,
    )


def _unclaimed(evaluation: Evaluation | None) -> list[str]:
    """Events that no step or outcome is seen by: hand-offs that they show are not counted."""
    unmatched = evaluation.coverage.unmatched if evaluation is not None else ()
    if not unmatched:
        return []
    events = sum(count for _, count in unmatched)
    names = ", ".join(f"“{name}”" for name, _ in unmatched[:3]) + (", …" if len(unmatched) > 3 else "")
    were = "1 event belongs" if events == 1 else f"{events:,} events belong"
    return [f"{were} to no step of the file ({names}): what they hand over is not counted. Say `seen as` on a step."]


def _pair(
    model: Model, graph: Any, analysis: Analysis, parts: list[Leg], seen: SeenPassages | None, period: float
) -> HandoffFigure:
    giver, taker = parts[0].giver, parts[0].taker
    facts = next(iter(graph.get_edge_data(giver, taker).values()))
    cases = _cases(seen, {leg.workflow for leg in parts})
    steps = tuple(
        NodeHandoff(
            leg.workflow,
            leg.source,
            leg.target,
            leg.label,
            leg.rework,
            designed([leg], analysis.workflows, period),
            _observed(seen, [leg], _cases(seen, {leg.workflow}), period),
        )
        for leg in parts
    )
    return HandoffFigure(
        giver,
        taker,
        str(graph.nodes[giver][at.LABEL]),
        str(graph.nodes[taker][at.LABEL]),
        bool(facts[at.ACROSS]),
        bool(facts[at.OWNED]),
        designed(parts, analysis.workflows, period),
        _observed(seen, parts, cases, period),
        tuple(_promises(model, parts, seen, period)),
        steps,
    )


def _observed(seen: SeenPassages | None, parts: list[Leg], cases: int | None, period: float) -> Any:
    if seen is None:
        return None
    return seen.observed(seen.chosen((leg.source, leg.target) for leg in parts), cases, period)


def _cases(seen: SeenPassages | None, workflows: set[str]) -> int | None:
    """Cases of one workflow; of several there is no such figure."""
    if seen is None or len(workflows) != 1:
        return None
    return seen.passages.cases.get(next(iter(workflows)))


def _promises(model: Model, parts: list[Leg], seen: SeenPassages | None, period: float) -> list[PromiseFigure]:
    """The promises about a pair of teams, each with the hand-offs that it is about; that of the file first."""
    pair = parts[0].giver, parts[0].taker
    about: dict[int, tuple[Handoff, str | None, list[Leg]]] = {}
    for workflow in workflows_in_question(model):
        promise = promises_in(model, workflow).get(pair)
        mine = [leg for leg in parts if leg.workflow == workflow.name]
        if promise is None or not mine:
            continue
        own = any(one is promise for one in workflow.handoffs)
        about.setdefault(id(promise), (promise, workflow.name if own else None, []))[2].extend(mine)
    found = []
    for promise, workflow_name, mine in sorted(about.values(), key=lambda one: one[1] is not None):
        late = designed_late(mine, float(promise.within.base))
        if seen is None:
            found.append(promised(promise, workflow_name, late))
        else:
            rows = seen.chosen((leg.source, leg.target) for leg in mine)
            found.append(seen.held(promise, workflow_name, rows, period, late))
    return found


def _unsettled(pairs: tuple[HandoffFigure, ...]) -> list[str]:
    full = list(dict.fromkeys(one.taker_label for one in pairs if one.designed.wait is None))
    if not full:
        return []
    return [f"By design {' and '.join(full)} cannot keep up with the work, so waits for it have no end and no mean."]


def _data_hash(passages: Passages) -> str:
    hashed = hashlib.sha256()
    for column in (passages.case, passages.source, passages.target, passages.given, passages.taken, passages.began):
        hashed.update(column.tobytes())
    return hashed.hexdigest()
