"""The words of a report, for every form of it: its sections, its sentences, how a state or a chance reads.

Sentences that the note of `mpmflow risk` says are the same ones here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from mpmflow.analysis.reporting.parts import (
    LevelPart,
    PastForecast,
    ReportedIndicator,
    ReportedInitiative,
    ReportedMetric,
    Stop,
    Way,
)
from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.risk.evaluation import MetricFigure, OpenCaseFigure, SpreadFigure
from mpmflow.analysis.risk.objectives import ObjectiveFigure
from mpmflow.analysis.risk.standing import Standing
from mpmflow.analysis.risk.teams import TeamLoad
from mpmflow.render.numbers import duration, percent
from mpmflow.render.risk_sentences import dates_in_words
from mpmflow.render.risk_top import reading, reading_short
from mpmflow.render.risk_words import (
    amount,
    bare_change,
    chance,
    day,
    likely,
    one_unit,
    rate_unit,
    signed,
    span,
    target,
    told_lately,
    upper,
)

SECTIONS: tuple[tuple[str, str], ...] = (
    ("danger", "What is in danger"),
    ("own", "Work, load and waits"),
    ("indicators", "Leading indicators"),
    ("ways", "From leading to lagging"),
    ("metrics", "Metrics against their targets"),
    ("spread", "Where rework and delay spread"),
    ("actions", "What to do first"),
    ("cases", "Open cases"),
    ("commitments", "Promises"),
    ("past", "Past forecasts against what came"),
    ("levels", "Objectives, level by level"),
    ("handoffs", "Hand-offs"),
    ("reading", "How to read this"),
    ("basis", "What this rests on"),
)
"""Every section in its order: its id, and its title."""
LEVEL_WORDS = {
    "enterprise": "Enterprise",
    "business_unit": "Business unit",
    "department": "Department",
    "function": "Function",
}
STATE_WORDS = {
    "alert": "alert",
    "warn": "warning",
    "pending": "may soon warn",
    "ok": "as it should be",
    "unknown": "not known",
}
"""The state of an indicator's rules."""
STANDING_WORDS: dict[Standing, str] = {
    "missed": "missed",
    "in danger": "in danger",
    "close": "close to it",
    "unknown": "not known",
    "on course": "on course",
    "met": "met",
    "no target": "no target",
}
"""How a metric stands to its target."""
READING: tuple[tuple[str, str], ...] = (
    (
        "Leading and lagging",
        "A leading indicator shows early what a decision or a step does. A lagging metric shows late what came of it.",
    ),
    (
        "Chance to miss",
        "Of all futures that fit what was observed, the share in which the target is missed. From 50% on a metric is "
        "in danger, from 20% on it is close to it.",
    ),
    (
        "95% range",
        "Nineteen of twenty futures lie in it. In a chart it is the wider band; the narrower one holds half of them.",
    ),
    (
        "Now about",
        "The level that forecasts start from: all periods together, the recent ones weighing most.",
    ),
    (
        "Extra visits, extra time",
        "What a case costs at a place beyond what it is measured against. The parts by source add up to the whole.",
    ),
    (
        "What to do first",
        "Each action by itself, from today, everything else as it is. Gains do not add up.",
    ),
)
"""Words that the report uses, and what they mean."""


# ---------------------------------------------------------------------------------------------- metrics


def heading_line(report: Report) -> str:
    """What stands under the title: the day, against what, for whom."""
    words = f"On {day(report.as_of)}"
    if report.against:
        words += f", measured against {report.against}"
    if report.level is not None:
        words += f". For the level: {LEVEL_WORDS[report.level].lower()}"
    if report.partner is not None:
        words += f". For {report.called(report.partner)} alone"
    return f"{words}."


def summary_lines(report: Report) -> Iterator[str]:
    """How many metrics stand how, and which; how many indicators are in which state."""
    for standing, names in report.summary.metrics.items():
        rows = [row for name in names if (row := report.metric(name)) is not None]
        yield f"{upper(STANDING_WORDS[standing])}: {', '.join(row.figure.label for row in rows)}."
    for state in ("missed", "broken", "at risk"):
        labels = [row.figure.label for row in report.commitments if row.figure.state == state]
        if labels:
            yield f"Promises {state}: {', '.join(labels)}."
    late = [row for row in report.handoffs if any(promise.state == "broken" for promise in row.promises)]
    if late:
        ways = ", ".join(f"{row.giver_label} → {row.taker_label}" for row in late)
        yield f"Hand-offs later than promised: {ways}."
    states = [f"{count} {STATE_WORDS[state]}" for state, count in report.summary.indicators.items()]
    if states:
        total = sum(report.summary.indicators.values())
        yield f"Of {total} indicator{'s' if total > 1 else ''} with rules: {', '.join(states)}."


def card(row: ReportedMetric) -> str:
    """A metric against its target in one sentence.

    >>> from datetime import date
    >>> from mpmflow.analysis.risk.figures import MetricFigure
    >>> figure = MetricFigure("leads", "leads", "output", unit="leads", on=date(2026, 9, 30), forecast=838.0, low=700.0,
    ...                       high=990.0, target=900.0, comparison="at least", p_miss=0.81, reading="per 13w")
    >>> card(ReportedMetric(figure, "in danger"))
    'Leads will very likely miss the target: 838 leads expected per 13w for 30 Sep 2026, at least 900 leads wanted.'
    """
    figure = row.figure
    label, wanted = upper(figure.label), f"{target(figure)} wanted"
    if row.standing == "no target":
        if figure.forecast is None:
            return f"{label} has no target, and its level is not known."
        return f"{label} has no target: {amount(figure.forecast, figure.unit)} expected {_for(figure)}."
    if row.standing == "unknown":
        return f"Whether {figure.label} meets the target is not known: {wanted}."
    now = amount(figure.forecast, figure.unit)
    if row.standing in ("missed", "met"):
        return f"{label} has {row.standing} the target: {now} {dates_in_words(reading(figure, 'on'))}, {wanted}."
    return f"{label} {likely(figure.p_miss or 0.0)} miss the target: {now} expected {_for(figure)}, {wanted}."


def _for(figure: MetricFigure) -> str:
    return dates_in_words(reading(figure, "for"))


def metric_cells(row: ReportedMetric) -> tuple[str, str, str, str, str, str, str]:
    """A row of the table of metrics: label, target, lately, expected, 95% range, chance to miss, for when."""
    figure = row.figure
    past = figure.method == "observed"
    miss = row.standing if past else chance(figure.p_miss)
    return (
        upper(figure.label),
        target(figure) or "no target",
        amount(figure.recent, figure.unit) if told_lately(figure) else "",
        amount(figure.forecast, figure.unit) if row.standing != "unknown" else "-",
        "as observed" if past else span(figure.low, figure.high, figure.unit),
        miss,
        reading_short(figure),
    )


METRIC_COLUMNS = ("metric", "target", "lately", "expected", "95% range", "chance to miss", "for")


# ---------------------------------------------------------------------------------------------- indicators


def indicator_cells(row: ReportedIndicator) -> tuple[str, str, str, str, str, str]:
    """A row of the table of indicators: what, expected, last seen, now about, how sure it is worse, its state."""
    figure = row.figure
    unit = rate_unit(figure.unit)
    return (
        row.words,
        amount(figure.expected, unit),
        last_seen(row),
        amount(figure.estimate, unit),
        chance(figure.p_worse),
        indicator_state(row),
    )


INDICATOR_COLUMNS = ("indicator", "expected", "last seen", "now about", "worse?", "state")


def last_seen(row: ReportedIndicator) -> str:
    """What the last period showed; where it holds next to nothing, the last one that says something."""
    figure = row.figure
    unit = rate_unit(figure.unit)
    if figure.enough is not None:
        counted = f" of {figure.enough.n}" if unit == "%" else ""
        return f"{amount(figure.enough.value, unit)}{counted}, {day(figure.enough.on)}"
    return amount(figure.observed, unit) + (f" of {figure.n}" if figure.n is not None and unit == "%" else "")


def indicator_state(row: ReportedIndicator) -> str:
    """The state of an indicator's rules, and since when; nothing is claimed of one without rules."""
    figure = row.figure
    if row.state is None:
        return "no rule"
    words = STATE_WORDS[row.state]
    return f"{words} since {day(figure.since)}" if row.state in ("alert", "warn", "pending") else words


# ---------------------------------------------------------------------------------------------- ways and places


def stop_words(stop: Stop) -> str:
    """A place on a way, with how it stands where that matters.

    >>> stop_words(Stop("leads", "Leads", "metric", standing="in danger"))
    'Leads (in danger)'
    """
    if stop.standing is not None and stop.standing != "no target":
        return f"{stop.words} ({STANDING_WORDS[stop.standing]})"
    if stop.state in ("alert", "warn", "pending"):
        return f"{stop.words} ({STATE_WORDS[stop.state]})"
    return stop.words


def way_sentence(way: Way) -> str:
    """What a way adds to the metric at its end, and how much earlier its beginning shows it."""
    words = f"It adds {bare_change(way.adds, way.unit)}"
    if way.warning_time:
        words += f" and shows {duration(way.warning_time, 2)} earlier"
    return f"{words}."


def delay_unit(report: Report) -> tuple[float, str]:
    """The unit of time in which the table of delays reads best: its seconds, and the word for it."""
    unit, size = one_unit(max((abs(row.extra_time) for row in report.delay), default=0.0))
    return size, {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}[unit]


def delay_rows(report: Report) -> tuple[SpreadFigure, ...]:
    """The places with a delay that can be seen in that unit."""
    size, _ = delay_unit(report)
    return tuple(row for row in report.delay if signed(row.extra_time / size) != "0")


def rework_cells(row: SpreadFigure, report: Report) -> tuple[str, str, str]:
    """A row of the table of rework: where, visits more per 100 cases, mostly because of what."""
    return row.label, signed(100.0 * row.extra_visits), because(row.at, row.visits_by, report)


def delay_cells(row: SpreadFigure, size: float, report: Report) -> tuple[str, str, str, str, str, str]:
    """A row of the table of delay: where, how much more, by more visits, longer ones, waits for people, because of."""
    times = (row.extra_time, row.path_time, row.own_time, row.pool_time)
    more, visits, longer, waits = (signed(value / size) for value in times)
    return row.label, more, visits, longer, waits, because(row.at, row.time_by, report)


def because(at: str, by: Mapping[str, float], report: Report) -> str:
    """The largest part of a figure by its source, and the second where it matters too."""
    total = sum(abs(part) for part in by.values())
    found = [name for name, part in by.items() if abs(part) >= 0.25 * total][:2]
    words = []
    for name in found:
        node, _, aspect = name.partition(".")
        words.append(f"its own {aspect}" if node == at and aspect in ("wait", "time") else report.called(name))
    return "; ".join(words) or "many things a little"


# ---------------------------------------------------------------------------------------------- who answers for it


def past_cells(row: PastForecast) -> tuple[str, str, str, str, str, str, str]:
    """A row of the table of past forecasts: what, made on, for, expected, range, what came, and how that was."""
    return (
        upper(row.label) + (f" ({row.title})" if row.title else ""),
        day(row.made_on),
        day(row.for_on),
        amount(row.middle, row.unit),
        span(row.low, row.high, row.unit),
        amount(row.came, row.unit),
        past_mark(row),
    )


def past_mark(row: PastForecast) -> str:
    """What came of a forecast, in words."""
    words = {
        "kept": "target kept",
        "missed": "target missed",
        "late": f"target reached late, {day(row.reached_on)}",
        "came": "no target",
        "ahead": "still to come",
        "unscored": row.note or "nothing can be said",
    }[row.mark]
    return words if row.inside is None else f"{words}, {'inside' if row.inside else 'outside'} the range"


PAST_COLUMNS = ("metric", "made on", "for", "expected", "95% range", "came", "result")


def past_sentence(past: tuple[PastForecast, ...]) -> str:
    """How many of the forecasts whose time has come had what came in their range."""
    known = [row for row in past if row.inside is not None]
    if not known:
        return "Nobody knows yet what came of them."
    hits = sum(row.inside is True for row in known)
    few = " These are too few to judge by." if len(known) < 20 else ""
    return (
        f"Of {len(known)} forecast{'s' if len(known) > 1 else ''} whose time has come, {hits} had what came in the "
        f"95% range ({percent(hits / len(known), 2)}; 95% are to be expected).{few}"
    )


def initiative_sentence(row: ReportedInitiative, report: Report) -> str:
    """What an initiative moves, what it costs, and who answers for it."""
    words = []
    for move in row.moves:
        until = f" by {day(move.by)}" if move.by is not None else ""
        way = f"from {amount(move.start, move.unit)} to {amount(move.goal, move.unit)}"
        lever = report.called(move.lever)
        words.append(f"{lever if '“' in lever else f'“{lever}”'} {way}{until}")
    sentence = f"Moves {'; '.join(words)}." if words else "Moves nothing that the file names."
    if row.cost is not None:
        sentence += f" Costs {amount(row.cost, row.currency)}."
    if row.owner:
        sentence += f" Owner: {row.owner}."
    return sentence


def level_title(part: LevelPart) -> str:
    """The level as a heading."""
    return LEVEL_WORDS[part.level]


def objective_state(figure: ObjectiveFigure) -> str:
    """How an objective stands, and how likely it is missed."""
    if figure.p_miss is None or figure.state in ("missed", "met"):
        return figure.state if figure.state != "unknown" else "not known"
    likely_missed = f"{chance(figure.p_miss)} likely to be missed"
    if figure.state == "unknown":
        return f"not known; what can be judged is {likely_missed}"
    return f"{figure.state}, {likely_missed}"


def objective_target(figure: ObjectiveFigure) -> str:
    """An objective's own target as the file has it."""
    return figure.target_text or ""


def reading_lines(report: Report) -> Iterator[tuple[str, str]]:
    """The words that this report uses, and what they mean."""
    used = {
        "Leading and lagging": bool(report.metrics),
        "Chance to miss": bool(report.metrics or report.commitments),
        "95% range": bool(report.metrics or report.past),
        "Now about": any(row.figure.estimate is not None for row in report.indicators),
        "Extra visits, extra time": bool(report.rework or report.delay),
        "What to do first": bool(report.actions) and report.own is None,
    }
    return ((title, meaning) for title, meaning in READING if used[title])


# ---------------------------------------------------------------------------------------------- cases, teams, basis


def case_cells(case: OpenCaseFigure, report: Report) -> tuple[str, ...]:
    """A row of the table of open cases; `CASE_COLUMNS` says which, a partner gets the first four."""
    cells = (
        case.case,
        report.called(case.at),
        day(date.fromisoformat(case.since[:10])),
        amount(case.age, "s", 2),
        chance(case.p_late),
        amount(case.remaining, "s", 2),
        chance(case.p_rework),
    )
    return cells if report.own is None else cells[:4]


def case_columns(report: Report) -> tuple[str, ...]:
    """What stands above the cases."""
    columns = ("case", "stands at", "since", "for", "late?", "still takes", "rework?")
    return columns if report.own is None else columns[:4]


def cases_sentence(report: Report) -> str:
    """How many cases are open, and how many nobody can help any more."""
    late = f", {report.late:,} of them late for certain" if report.late else ""
    return f"{report.open_cases:,} open{late}."


TEAM_COLUMNS = ("team", "busy before", "busy now", "overloaded?", "a visit waited", "waits now")


def team_cells(team: TeamLoad, report: Report) -> tuple[str, str, str, str, str, str]:
    """A row of the table of busy teams."""
    return (
        upper(report.called(team.name)),
        percent(team.load_before),
        percent(team.load),
        chance(team.p_overloaded),
        amount(team.wait_before, "s", 2),
        amount(team.wait, "s", 2),
    )


def provenance_facts(report: Report) -> tuple[tuple[str, str], ...]:
    """Where the report comes from, as pairs of a word and a value; () for what a partner gets."""
    found = report.provenance
    if found is None:
        return ()
    facts = (
        ("mpmflow", found.mpmflow),
        ("Python", found.python),
        ("model", found.model),
        ("data", found.data),
        ("seed", str(found.seed) if found.seed is not None else None),
        ("draws", f"{report.draws:,}" if report.draws else None),
    )
    return tuple((name, value) for name, value in facts if value)
