"""Workflows, teams, steps, decisions and ends: from the tree to the model."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmflow.diagnostics.diagnostic import Note
from mpmflow.model import process as model
from mpmflow.model.alliances import Handoff
from mpmflow.model.base import Allow, Roster
from mpmflow.model.quantities import Quantity
from mpmflow.syntax import tree

from . import figures
from .bridge import Bridge, make


def allows(bridge: Bridge, written: tuple[tree.Allow, ...]) -> tuple[Allow, ...]:
    """The checks that a statement silences."""
    return tuple(bridge.part(Allow, one.span, code=one.code.text, reason=one.reason.value) for one in written)


def label(written: tree.Text | None) -> str | None:
    """The words of a text, or None."""
    return None if written is None else written.value


def word(written: tree.Word | None) -> str | None:
    """A name, or None."""
    return None if written is None else written.text


def workflow(bridge: Bridge, written: tree.Workflow) -> model.Workflow:
    """A workflow with all its statements; teams inside of blocks belong to the workflow too."""
    starts: list[tree.Start] = []
    teams: list[model.Team] = []
    promised = [handoff(bridge, item) for item in written.body if isinstance(item, tree.Handoff)]
    flow = tuple(item for item in written.body if not isinstance(item, tree.Handoff))
    body = _body(bridge, flow, starts, teams, inside=False)
    for extra in starts[1:]:
        bridge.fault("duplicate-clause", extra.span, clause="start")
    made = bridge.part(
        model.Workflow,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        owner=label(written.owner),
        arrivals=arrivals(bridge, written.arrivals) if written.arrivals else None,
        deadline=figures.span_of_time(bridge, written.deadline, zero=False) if written.deadline else None,
        priority=figures.count(bridge, written.priority, "the priority") if written.priority else None,
        teams=Roster(teams),
        handoffs=tuple(promised),
        start=starts[0].target.text if starts else None,
        body=body,
    )
    bridge.mark(
        made,
        name=written.name,
        owner=written.owner,
        arrivals=written.arrivals,
        deadline=written.deadline,
        priority=written.priority,
        start=starts[0].target if starts else None,
    )
    return made


def _body(
    bridge: Bridge, written: tuple[tree.Flow, ...], starts: list[tree.Start], teams: list[model.Team], *, inside: bool
) -> tuple[model.Node, ...]:
    nodes: list[Any] = []
    for item in written:
        if isinstance(item, tree.Start):
            if inside:
                bridge.fault(
                    "misplaced-statement",
                    item.span,
                    word="start",
                    where="in a branch",
                    belongs="in the workflow itself; a branch starts with its first statement",
                )
            else:
                starts.append(item)
        elif isinstance(item, tree.Team):
            teams.append(team(bridge, item))
        elif isinstance(item, tree.Step):
            nodes.append(_step(bridge, item))
        elif isinstance(item, (tree.Decision, tree.Choose)):
            nodes.append(_decision(bridge, item))
        elif isinstance(item, tree.Parallel):
            nodes.append(_parallel(bridge, item, starts, teams))
        elif isinstance(item, tree.Call):
            nodes.append(_call(bridge, item))
        else:
            kind = "done" if isinstance(item, tree.Done) else "scrap"
            end = bridge.part(model.End, item.span, kind=kind, name=word(item.name))
            bridge.mark(end, name=item.name)
            nodes.append(end)
    return tuple(nodes)


def team(bridge: Bridge, written: tree.Team) -> model.Team:
    """A team or a partner."""
    made = bridge.part(
        model.Team,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        partner=written.kind == "partner",
        people=figures.count(bridge, written.people, "people", least=0) if written.people else 1,
        cost=figures.money(bridge, written.cost, per_time=True) if written.cost else None,
        works=tuple(hours for line in written.works for hours in works(bridge, line)),
        serves=written.order.text if written.order else "first come",
        owner=label(written.owner),
    )
    bridge.mark(
        made,
        name=written.name,
        people=written.people,
        cost=written.cost,
        serves=written.order,
        owner=written.owner,
    )
    return made


def handoff(bridge: Bridge, written: tree.Handoff) -> Handoff:
    """A promise between two teams. One without a span is reported and taken for a day."""
    if written.within is None:
        bridge.fault(
            "missing-part",
            written.span,
            name=f"{written.giver.text} -> {written.taker.text}",
            kind="handoff",
            what="span",
            cure="say within what time the work is taken up, as in `within 2d`",
        )
    within = figures.span_of_time(bridge, written.within, zero=False) if written.within else None
    share = figures.share(bridge, written.share) if written.share else None
    if written.share and share == 0:
        bridge.fault("empty-promise", written.share.span, text=f"{written.share.number}{written.share.unit or ''}")
    made = bridge.part(
        Handoff,
        written.span,
        giver=written.giver.text,
        taker=written.taker.text,
        label=label(written.label),
        within=within or Quantity(value=Fraction(1), unit="d"),
        share=share,
        owner=label(written.owner),
        allow=allows(bridge, written.allows),
    )
    bridge.mark(
        made,
        giver=written.giver,
        taker=written.taker,
        within=written.within,
        share=written.share,
        owner=written.owner,
    )
    return made


def works(bridge: Bridge, written: tree.Works) -> tuple[model.Works, ...]:
    """`mon-fri 09:00-12:00 13:00-17:00` is two stretches of the same days."""
    first, _, last = written.days.text.partition("-")
    start = model.DAYS.index(first)
    length = (model.DAYS.index(last or first) - start) % 7 + 1
    days = tuple(model.DAYS[(start + step) % 7] for step in range(length))
    made = []
    for hours in written.hours:
        begin, _, end = hours.text.partition("-")
        begin, end = begin.zfill(5), end.zfill(5)
        if end <= begin or end > "24:00" or begin[3:] > "59" or end[3:] > "59":
            bridge.fault("working-hours", hours.span, text=hours.text)
            continue
        made.append(bridge.part(model.Works, written.span, days=days, start=begin, end=end))
    return tuple(made)


def arrivals(bridge: Bridge, written: tree.Arrivals) -> Any:
    """How cases come."""
    if isinstance(written, tree.ArrivalRate):
        return poisson(bridge, written.rate)
    if isinstance(written, tree.ArrivalEvery):
        return bridge.part(model.RenewalArrivals, written.span, gap=figures.duration(bridge, written.gap))
    return bridge.part(model.BatchArrivals, written.span, cases=figures.count(bridge, written.count, "cases"))


def poisson(bridge: Bridge, written: tree.Rate) -> model.PoissonArrivals:
    """`3 per week`: cases that come at random with this rate."""
    cases = figures.quantity(bridge, written.quantity)
    if cases.unit == "%" or cases.measure.without_counts().powers or cases.value < 0:
        bridge.fault("not-a-count", written.quantity.span, what="cases", least=0, text=str(cases))
    per = figures.span_of_time(bridge, written.per, zero=False)
    return bridge.part(model.PoissonArrivals, written.span, cases=abs(cases.value), per=per)


def _step(bridge: Bridge, written: tree.Step) -> model.Step:
    made = bridge.part(
        model.Step,
        written.span,
        name=written.name.text,
        label=label(written.label),
        target=word(written.target),
        batch=_batch(bridge, written.batch) if written.batch else None,
        **_work(bridge, written),
    )
    bridge.mark(made, name=written.name, target=written.target, batch=written.batch)
    _mark_work(bridge, made, written)
    return made


def _batch(bridge: Bridge, written: tree.Batch) -> model.Batch:
    size = figures.count(bridge, written.size, "cases")
    return bridge.part(model.Batch, written.span, size=size, within=figures.span_of_time(bridge, written.within))


def _work(bridge: Bridge, written: tree.Step | tree.Decision | tree.Choose) -> dict[str, Any]:
    return {
        "allow": allows(bridge, written.allows),
        "by": word(written.by),
        "takes": figures.duration(bridge, written.takes) if written.takes else None,
        "waits": figures.duration(bridge, written.waits) if written.waits else None,
        "costs": figures.money(bridge, written.costs, per_visit=True) if written.costs else None,
        "owner": label(written.owner),
        "seen_as": _seen(bridge, written.seen) if written.seen else None,
    }


def _mark_work(bridge: Bridge, made: Any, written: tree.Step | tree.Decision | tree.Choose) -> None:
    bridge.mark(
        made,
        by=written.by,
        takes=written.takes,
        waits=written.waits,
        costs=written.costs,
        owner=written.owner,
        seen_as=written.seen,
    )


def _seen(bridge: Bridge, written: tree.Seen) -> model.Seen:
    return bridge.part(
        model.Seen,
        written.span,
        activities=tuple(activity.value for activity in written.activities),
        where=tuple((str(where.column), where.value.value) for where in written.where),
    )


def _decision(bridge: Bridge, written: tree.Decision | tree.Choose) -> Any:
    kind: Any = model.Decision if isinstance(written, tree.Decision) else model.Choose
    outcomes: list[model.Outcome] = []
    first: dict[str, tree.Outcome] = {}
    for one in written.outcomes:
        outcome = _outcome(bridge, one)
        if outcome.name in first:
            note = Note(first[outcome.name].name.span, "it is here first")
            bridge.fault(
                "duplicate-name",
                one.name.span,
                name=outcome.name,
                kind="an outcome",
                other="an outcome",
                where=f" of {written.name.text}",
                notes=(note,),
            )
            continue
        first[outcome.name] = one
        outcomes.append(outcome)
    if not outcomes:
        word_ = "decision" if kind is model.Decision else "choose"
        bridge.fault(
            "missing-part",
            written.name.span,
            name=written.name.text,
            kind=word_,
            what="outcomes",
            cure="give it outcomes, such as `yes 80%` and `no 20% -> brief rework`",
        )
        step = bridge.part(
            model.Step, written.span, name=written.name.text, label=label(written.label), **_work(bridge, written)
        )
        bridge.mark(step, name=written.name)
        return step  # stands in, so that names that lead here are not reported too
    made = bridge.part(
        kind,
        written.span,
        name=written.name.text,
        label=label(written.label),
        outcomes=tuple(outcomes),
        **_work(bridge, written),
    )
    bridge.mark(made, name=written.name)
    _mark_work(bridge, made, written)
    return made


def _outcome(bridge: Bridge, written: tree.Outcome) -> model.Outcome:
    effects = {effect.kind: effect for effect in written.effects}
    delay = effects.get("delay")
    share = _share(bridge, written.share) if written.share else None
    target = word(written.target)
    if "scrap" in effects and target is not None:
        assert written.target is not None
        bridge.fault("scrap-with-target", written.target.span, outcome=written.name.text, target=target)
        target = None
    limit = None
    if written.limit:
        limit = bridge.part(
            model.AtMost,
            written.limit.span,
            times=figures.count(bridge, written.limit.times, "times"),
            target=written.limit.target.text,
        )
        bridge.mark(limit, target=written.limit.target)
    made = bridge.part(
        model.Outcome,
        written.span,
        name=written.name.text,
        label=label(written.label),
        share=share,
        target=target,
        rework="rework" in effects,
        scrap="scrap" in effects,
        waste="waste" in effects,
        delay=figures.duration(bridge, delay.duration) if delay and delay.duration else None,
        at_most=limit,
        seen_as=_seen(bridge, written.seen) if written.seen else None,
        allow=allows(bridge, written.allows),
    )
    bridge.mark(
        made,
        name=written.name,
        share=written.share,
        target=written.target,
        delay=delay,
        at_most=written.limit,
        rework=effects.get("rework"),
        scrap=effects.get("scrap"),
        waste=effects.get("waste"),
    )
    return made


def _share(bridge: Bridge, written: tree.Share) -> model.Share:
    if isinstance(written, tree.Percents):
        visits = tuple(figures.share(bridge, value) for value in written.values)
        return bridge.part(model.Share, written.span, by_visit=visits)
    hits = figures.count(bridge, written.part, "cases", least=0)
    trials = figures.count(bridge, written.whole, "cases")
    if hits > trials:
        bridge.fault("share-out-of-range", written.span, text=f"{hits} of {trials}")
        hits = trials
    counts = make(model.Counts, hits=hits, trials=trials)
    return bridge.part(model.Share, written.span, by_visit=(Fraction(hits, trials),), counted=counts)


def _parallel(
    bridge: Bridge, written: tree.Parallel, starts: list[tree.Start], teams: list[model.Team]
) -> model.Parallel:
    branches = []
    for branch in written.branches:
        body = _body(bridge, branch.body, starts, teams, inside=True)
        branches.append(bridge.part(model.Branch, branch.span, body=body))
    if not branches:
        bridge.fault(
            "missing-part",
            written.name.span,
            name=written.name.text,
            kind=written.kind,
            what="branches",
            cure="give it branches, such as `branch { step copy takes 1d }`",
        )
        branches = [make(model.Branch, body=())]
    made = bridge.part(
        model.Parallel,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        join="first" if written.kind == "first" else "all",
        branches=tuple(branches),
        target=word(written.target),
    )
    bridge.mark(made, name=written.name, target=written.target)
    return made


def _call(bridge: Bridge, written: tree.Call) -> model.Call:
    made = bridge.part(
        model.Call,
        written.span,
        name=(written.name or written.workflow).text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        workflow=written.workflow.text,
        owner=label(written.owner),
        target=word(written.target),
    )
    bridge.mark(made, name=written.name or written.workflow, workflow=written.workflow, target=written.target)
    return made
