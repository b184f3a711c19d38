"""The report for one partner, made of what it may see and of nothing else.

The only thing taken is a `PartnerView`: there is no evaluation and no model here from which anything could slip in.
"""

from __future__ import annotations

from datetime import date
from typing import cast

from mpmflow.analysis.alliances.figures import HandoffFigure
from mpmflow.analysis.alliances.view import OwnHandoff, OwnIndicator, OwnPart, PartnerView
from mpmflow.analysis.risk.figures import IndicatorFigure, OpenCaseFigure, SpreadFigure
from mpmflow.analysis.rules import State

from .making import MOST_CASES, STATE_ORDER
from .parts import ReportedIndicator, Summary, Told
from .report import Report

HERE, THERE = "own", "others"
"""The two sources of delay and rework that a partner is told of: what it does itself, and what others do."""
FIRING = ("alert", "warn", "pending")


def partner_report(view: PartnerView, told: Told, as_of: date) -> Report:
    """The report of a partner: its indicators, hand-offs, open cases and levers.

    Args:
        told: its sentences, made of the same view.
        as_of: the evening on which it was true.
    """
    states = [one.state for one in view.indicators if one.state is not None]
    return Report(
        title=view.label,
        as_of=as_of,
        headline=told.headline,
        sentences=told.sentences,
        summary=Summary({}, {state: states.count(state) for state in STATE_ORDER if state in states}),
        indicators=tuple(sorted((_indicator(one) for one in view.indicators), key=_urgency)),
        rework=_landed(view, view.rework, visits=True),
        delay=_landed(view, view.delay, visits=False),
        actions=told.actions,
        open_cases=len(view.open_cases),
        cases=tuple(OpenCaseFigure(one.case, "", one.at, one.since, one.age) for one in view.open_cases[:MOST_CASES]),
        handoffs=tuple(_handoff(view, one) for one in view.handoffs),
        own=view,
        words=told.words,
        notes=told.notes,
        partner=view.name,
        period=view.period,
    )


def _indicator(one: OwnIndicator) -> ReportedIndicator:
    state = cast(State | None, one.state)
    figure = IndicatorFigure(
        one.name,
        one.label,
        one.unit,
        expected=one.expected,
        observed=one.observed,
        low=one.low,
        high=one.high,
        n=one.n,
        state=state or "unknown",
        since=one.since,
    )
    return ReportedIndicator(figure, one.label, state in FIRING, state)


def _urgency(row: ReportedIndicator) -> tuple[bool, int]:
    """Those in trouble first; else the order of the text, which sorting keeps."""
    return not row.in_trouble, FIRING.index(row.state) if row.state in FIRING else len(FIRING)


def _landed(view: PartnerView, part: OwnPart | None, *, visits: bool) -> tuple[SpreadFigure, ...]:
    """What lands on the partner, because of what it does and because of what others do."""
    if part is None:
        return ()
    by, whole = {HERE: part.borne_of_own, THERE: part.borne_of_others}, part.borne_of_own + part.borne_of_others
    if not any(by.values()):
        return ()
    if visits:
        return (SpreadFigure(view.name, "team", view.label, extra_visits=whole, visits_by=by),)
    return (SpreadFigure(view.name, "team", view.label, extra_time=whole, time_by=by),)


def _handoff(view: PartnerView, one: OwnHandoff) -> HandoffFigure:
    there, here = (one.counterpart, one.counterpart_label), (view.name, view.label)
    giver, taker = (there, here) if one.direction == "in" else (here, there)
    return HandoffFigure(giver[0], taker[0], giver[1], taker[1], True, False, one.designed, one.observed, one.promises)
