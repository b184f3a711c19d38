"""Hand-offs, and a partner's own work, in the words and cells of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mpmflow.analysis.alliances.figures import HandoffFigure, Observed, PromiseFigure
from mpmflow.analysis.alliances.view import OwnAction, OwnPart, PartnerView
from mpmflow.analysis.reporting.partner import HERE, THERE
from mpmflow.analysis.reporting.parts import ReportedAction, Told
from mpmflow.analysis.risk.figures import Action
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.risk_words import amount, chance, day, rate_unit, span, upper

HANDOFF_COLUMNS = ("from → to", "per period", "waits by design", "waits", "nine in ten within", "comes back")


def handoff_cells(row: HandoffFigure) -> tuple[str, str, str, str, str, str]:
    """A row of the table of hand-offs; what was observed where there is a log, else as designed."""
    seen, designed = row.observed, row.designed
    often = seen.per_period if seen is not None else designed.per_period
    back = seen.returns.value if seen is not None and seen.returns is not None else designed.returns
    return (
        f"{row.giver_label} → {row.taker_label}",
        significant(often, 3) if often is not None else "-",
        amount(designed.wait, "s", 2),
        amount(seen.wait.value, "s", 2) if seen is not None and seen.wait is not None else "-",
        amount(seen.p90.value, "s", 2) if seen is not None and seen.p90 is not None else "-",
        percent(back, 2) if back is not None else "-",
    )


def handoff_lines(rows: Sequence[HandoffFigure]) -> Iterator[str]:
    """What was promised about each hand-off, and whether it is kept; what the waits hold beside waiting."""
    for row in rows:
        for promise in row.promises:
            yield f"{row.giver_label} → {row.taker_label}: {_promised(promise)}. {_kept(promise)}"
    if any(row.observed is not None and row.observed.wait is not None and _holds_work(row.observed) for row in rows):
        yield (
            "The log does not say when work began: these waits hold the taker's own work too, and a promise is held "
            "against the end of it."
        )


def _holds_work(seen: Observed) -> bool:
    return seen.clock != "start"


def _promised(promise: PromiseFigure) -> str:
    share = f" for {percent(promise.share, 3)} of them" if promise.share is not None else ""
    who = f" by {promise.owner}" if promise.owner else ""
    return f"promised{who} within {duration(promise.within)}{share}"


def _kept(promise: PromiseFigure) -> str:
    if promise.kept is None:
        late = f"; by design {percent(promise.designed_late, 2)} are late" if promise.designed_late is not None else ""
        return f"Nothing was seen of it yet{late}."
    bounds = ""
    if promise.kept.low is not None and promise.kept.high is not None:
        bounds = f" (95% range {span(promise.kept.low, promise.kept.high, '%')})"
    words = f"{upper(promise.state)} so far: {percent(promise.kept.value, 3)} of {promise.kept.n} in time{bounds}."
    if promise.p_broken is not None:
        words += f" Chance that it does not hold: {chance(promise.p_broken)}."
    return words


def own_lines(view: PartnerView) -> Iterator[str]:
    """A partner's steps, how busy it is, how long a visit waits for it, and its part of delay and rework."""
    if view.people:
        yield f"{view.people} {'person' if view.people == 1 else 'people'}."
    if view.load is not None or view.load_expected is not None:
        yield f"Busy: {_now(view.load, view.load_expected, '%')}."
    if view.wait is not None or view.wait_expected is not None:
        yield f"One visit waits: {_now(view.wait, view.wait_expected, 's')}."
    for step in view.steps:
        visits = f"{significant(step.visits)} visits per case" if step.visits is not None else "visits not known"
        wait = f", {amount(step.wait, 's', 2)} in the queue" if step.wait is not None else ""
        yield f"{step.label}: by design {visits}{wait}."
    if view.delay is not None:
        yield f"Extra time per case: {_parts(view.delay, 's')}."
    if view.rework is not None:
        yield f"Extra visits per case: {_parts(view.rework, '')}."


def _now(now: float | None, expected: float | None, unit: str) -> str:
    if now is None:
        return f"{amount(expected, unit, 2)} by design"
    return f"{amount(now, unit, 2)} now" + (f", {amount(expected, unit, 2)} by design" if expected is not None else "")


def _parts(part: OwnPart, unit: str) -> str:
    return (
        f"{amount(part.borne_of_own, unit, 2)} by what is done here, {amount(part.borne_of_others, unit, 2)} by what "
        f"others do; {amount(part.caused_at_others, unit, 2)} where others work, by what is done here"
    )


def told_partner(view: PartnerView) -> Told:
    """The sentences of a partner's report, made of what it may see alone."""
    top = [*_broken(view), *_states(view)]
    cases = len(view.open_cases)
    if cases:
        oldest = duration(max(case.age for case in view.open_cases), 2)
        stand = "cases stand" if cases > 1 else "case stands"
        top.append(f"{cases:,} open {stand} here, the oldest for {oldest}.")
    if not top:
        top = ["Nothing stands out: what was seen is about as it should be."]
    called = {one.name: one.label for one in view.steps} | {one.name: one.label for one in view.indicators}
    called |= {action.lever: action.label for action in view.actions}
    called |= {one.counterpart: one.counterpart_label for one in view.handoffs} | {view.name: view.label}
    return Told(
        headline=top[0],
        sentences=tuple(top[1:]),
        actions=tuple(ReportedAction(_action(one), _action_sentence(one)) for one in view.actions),
        words={**called, HERE: "What is done here", THERE: "What others do"},
        notes=view.notes,
    )


def _broken(view: PartnerView) -> Iterator[str]:
    for one in view.handoffs:
        for promise in one.promises:
            if promise.state == "broken":
                way = f"from {one.counterpart_label}" if one.direction == "in" else f"to {one.counterpart_label}"
                kept = f": {percent(promise.kept.value, 3)} in time" if promise.kept is not None else ""
                if kept and one.observed is not None and _holds_work(one.observed):
                    kept += ", the work of the taker counted in"
                within = f"within {duration(promise.within)}{kept}"
                yield f"What was promised of hand-offs {way} is broken so far ({within})."


def _states(view: PartnerView) -> Iterator[str]:
    for state, words in (("alert", "alert"), ("warn", "a warning")):
        for one in view.indicators:
            if one.state == state:
                since = f" since {day(one.since)}" if one.since is not None else ""
                unit = rate_unit(one.unit)
                seen = f": {amount(one.observed, unit)} seen" if one.observed is not None else ""
                wanted = f", {amount(one.expected, unit)} expected" if one.expected is not None else ""
                yield f"{upper(one.label)} stands at {words}{since}{seen}{wanted}."


def _action(one: OwnAction) -> Action:
    return Action(one.lever, one.label, one.start, one.goal, one.unit)


def _action_sentence(one: OwnAction) -> str:
    unit = rate_unit(one.unit)
    return f"{upper(one.label)}: back from {amount(one.start, unit)} to {amount(one.goal, unit)}."
