"""Expectations held against what came: one verdict each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.expectations.looking import Look
from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.source import Span
from mpmflow.graphs.faults import ModelFault
from mpmflow.model import scenes
from mpmflow.model.model import Model
from mpmflow.numerics.faults import NumericsError

from .cases import Case, CaseFault
from .clock import evenings, given_in
from .results import CaseResult, Verdict
from .wording import expectation_text, in_unit, since_text, unit_of

_ROUNDING = 1e-12
_NO_SPREAD = {"delay": 1e-3, "rework": 1e-9}
"""Extra seconds, and extra visits per case, that are rounding."""


def judge(
    model: Model, case: Case, places: Mapping[str, Span], *, file: str = "", samples: Samples | None = None
) -> CaseResult:
    """Run one case. `places` are those of the text, by id."""
    place = places.get(f"tests.{case.number}/title") or places.get(f"tests.{case.number}")
    shell = CaseResult(case.name, case.test.title, case.number, case.row, file, place)
    try:
        look = Look(model, given_in(case), samples)
        verdicts = tuple(
            verdict(look, case, expected, places.get(f"tests.{case.number}/expects.{number}"))
            for number, expected in enumerate(case.test.expects)
        )
    except CaseFault as fault:
        return _with(shell, fault=str(fault))
    except ModelFault as fault:
        return _with(shell, fault=f"{fault.where}: {fault.what}. {fault.mend}".strip())
    except NumericsError as fault:
        return _with(shell, fault=str(fault))
    return _with(shell, verdicts=verdicts)


def _with(shell: CaseResult, verdicts: tuple[Verdict, ...] = (), fault: str | None = None) -> CaseResult:
    return CaseResult(shell.name, shell.title, shell.number, shell.row, shell.file, shell.place, verdicts, fault)


def verdict(look: Look, case: Case, expected: scenes.Expectation, place: Span | None = None) -> Verdict:
    """Hold one expectation against what came."""
    text = expectation_text(case, expected)
    if isinstance(expected, scenes.ExpectSilence):
        return _silence(look, expected, text, place)
    days = _days(look, case, expected)
    if not days:
        return Verdict(text, "nothing is observed by then", False, place, hint="The first value comes later.")
    verdicts = [_one(look, case, expected, text, place, day) for day in days]
    return next((one for one in verdicts if one.passed), verdicts[-1])


def _days(look: Look, case: Case, expected: scenes.Expectation) -> Sequence[date]:
    """The evenings that an expectation looks at: that of its day, else the last; within a span, each period's."""
    asked = evenings(case, expected)
    if not asked:
        return [look.given.starts[-1].date()]
    first, last = asked[0], asked[-1]
    found = [] if look.period_of(first) is None else [first]
    found += [start.date() for start in look.given.starts if first < start.date() <= last]
    return list(dict.fromkeys(found))


def _one(look: Look, case: Case, expected: scenes.Expectation, text: str, place: Span | None, day: date) -> Verdict:
    if isinstance(expected, scenes.ExpectState):
        return _state(look, case, expected, text, place, day)
    if isinstance(expected, scenes.ExpectLevel):
        return _level(look, case, expected, text, place, day)
    assert isinstance(expected, scenes.ExpectSpread)
    return _spread(look, expected, text, place, day)


def _state(look: Look, case: Case, expected: scenes.ExpectState, text: str, place: Span | None, day: date) -> Verdict:
    period = look.period_of(day)
    if period is None or expected.name not in look.traces:
        return Verdict(text, "unknown: it has no rules that could be followed", False, place)
    state = look.state(expected.name, period)
    clauses = look.clauses(expected.name, period)
    value = look.observed(expected.name, period)
    unit = unit_of(clauses)
    seen = "no value" if value is None else in_unit(value, unit)
    got = f"{state}{since_text(look.since(expected.name, period), day)} ({seen})"
    hint = "" if value is not None else _missing(look, expected.name, period)
    return Verdict(text, got, state == case.state(expected), place, clauses, hint)


def _missing(look: Look, name: str, period: int) -> str:
    if not look.given.series:
        return "Nothing is given, and what is not given is as expected; this indicator has no level that is expected."
    return "No value is given for that period; a missing value never fires a rule and never clears one."


def _level(look: Look, case: Case, expected: scenes.ExpectLevel, text: str, place: Span | None, day: date) -> Verdict:
    level = case.number_of(expected.value)
    wanted, unit = float(level.base), level.unit
    value, told, hint = None, "observed", ""
    if expected.name in look.metrics:
        try:
            figure = next((row for row in look.forecast(day).metrics if row.name == expected.name), None)
        except DataError as error:
            hint = f"{error.message[:1].upper()}{error.message[1:]}."
        else:
            value = figure.forecast if figure is not None else None
            told = (
                f"forecast for {figure.on.isoformat()}" if figure is not None and figure.on is not None else "forecast"
            )
            hint = f"Nothing given tells its level: give values of `{expected.name}`, or of what its formula reads."
    if value is None:
        period = look.period_of(day)
        value, told = (look.observed(expected.name, period) if period is not None else None), "observed"
    if value is None:
        return Verdict(text, "unknown", False, place, hint=hint)
    slack = _ROUNDING * max(abs(value), abs(wanted))
    passed = value > wanted + slack if expected.side == "above" else value < wanted - slack
    return Verdict(text, f"{expected.name} {in_unit(value, unit)}, {told}", passed, place)


def _spread(look: Look, expected: scenes.ExpectSpread, text: str, place: Span | None, day: date) -> Verdict:
    try:
        extra = look.spread(day, expected.node, expected.what)
    except DataError as error:
        return Verdict(text, "unknown", False, place, hint=f"{error.message[:1].upper()}{error.message[1:]}.")
    if extra is None:
        return Verdict(text, "unknown", False, place, hint=f"No spread is told of `{expected.node}`.")
    still = abs(extra) <= _NO_SPREAD[expected.what]
    way = "stays" if still else "rises" if extra > 0 else "falls"
    size = f"{abs(extra) / 3600:.4g}h per case" if expected.what == "delay" else f"{abs(extra):.4g} visits per case"
    got = f"{expected.what} at {expected.node} {way}" + ("" if still else f" by {size}")
    return Verdict(text, got, way == expected.direction, place)


def _silence(look: Look, expected: scenes.ExpectSilence, text: str, place: Span | None) -> Verdict:
    if expected.name not in look.traces:
        return Verdict(text, "unknown: it has no rules that could be followed", False, place)
    period = look.fires(expected.name, expected.level)
    if period is None:
        return Verdict(text, f"no {expected.level}", True, place)
    day = look.given.starts[period].date()
    clauses = tuple(one for one in look.clauses(expected.name, period) if one.text.startswith(expected.level))
    return Verdict(text, f"{expected.level} on {day.isoformat()}", False, place, clauses)


def judged(
    model: Model, cases: Sequence[Case], places: Mapping[str, Span], *, file: str = "", samples: Samples | None = None
) -> Iterator[CaseResult]:
    """Run several cases, in their order."""
    for case in cases:
        yield judge(model, case, places, file=file, samples=samples)
