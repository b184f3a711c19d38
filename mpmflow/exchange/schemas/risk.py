"""The evaluation against what was observed, and the explanation of one name in it."""

from __future__ import annotations

from .goals import objective_sight
from .logs import DETOURS
from .vocabulary import (
    COUNT,
    DATE,
    NUMBER,
    SHARE,
    SHARES_BY_SOURCE,
    TEXT,
    Schema,
    document,
    known,
    many,
    named,
    one_of,
    optional,
)


def risk() -> Schema:
    state = one_of("ok", "pending", "warn", "alert", "unknown")
    indicator = known(
        "",
        name=TEXT,
        label=TEXT,
        expected=optional(NUMBER),
        observed=optional(NUMBER),
        segment=optional(TEXT),
        low=optional(NUMBER),
        high=optional(NUMBER),
        n=optional(NUMBER),
        enough=optional(known("the last period with enough to count", value=NUMBER, n=NUMBER, on=DATE)),
        estimate=optional(
            known(
                "what forecasts use: all periods, older ones counting less",
                mean=NUMBER,
                low=optional(NUMBER),
                high=optional(NUMBER),
                half_life_periods={**optional(NUMBER), "description": "a period counts half once so many more passed"},
            )
        ),
        p_worse=optional(SHARE),
        state=state,
        since=optional(DATE),
        rule=TEXT,
    )
    spread = known(
        "",
        at=TEXT,
        kind=TEXT,
        rework=known(
            "",
            extra_visits=NUMBER,
            by=SHARES_BY_SOURCE,
            reaches_on={**optional(DATE), "description": "90 % of the extra visits are there from this day on"},
            starves_until={
                **optional(DATE),
                "description": "last day with fewer visits than in the reference, where that does not last",
            },
            fewest={**optional(NUMBER), "description": "extra visits per case at the worst of that time"},
        ),
        delay=known(
            "in seconds per case, by more visits (path), longer ones (own), longer waits for people (pool)",
            extra=NUMBER,
            by=SHARES_BY_SOURCE,
            path=NUMBER,
            own=NUMBER,
            pool=NUMBER,
        ),
    )
    metric = known(
        "",
        name=TEXT,
        category=one_of("activity", "output", "operational", "outcome"),
        baseline=optional(NUMBER),
        forecast=optional(NUMBER),
        recent=optional({**NUMBER, "description": "mean of what was observed, recent periods weighing most"}),
        low=optional(NUMBER),
        high=optional(NUMBER),
        target=optional(NUMBER),
        p_miss=optional(SHARE),
        p_miss_raw={**optional(SHARE), "description": "before it was recalibrated by past forecasts, if it was"},
        reaches_on=optional(DATE),
        by=SHARES_BY_SOURCE,
        paths=many(many(TEXT)),
    )
    warning = known("", leading=TEXT, lagging=TEXT, warning_time=NUMBER, strength=NUMBER, evidence=TEXT)
    headline = known(
        "",
        root=TEXT,
        expected_consequences=many(known("", name=TEXT, on=optional(DATE))),
        unexplained=many(TEXT),
    )
    open_case = known(
        "",
        case=TEXT,
        at=TEXT,
        p_late=optional(SHARE),
        remaining=optional(NUMBER),
        p_rework=optional(SHARE),
    )
    action = known(
        "",
        lever=TEXT,
        move={"type": "object", "properties": {"from": NUMBER, "to": NUMBER}, "required": ["from", "to"]},
        gains=SHARES_BY_SOURCE,
        initiative=optional(TEXT),
    )
    coverage = known(
        "",
        cases=COUNT,
        events=COUNT,
        unmatched_activities=many({}),
        astray={**COUNT, "description": "cases with a detour"},
        detours=DETOURS,
        notes=many(TEXT),
        cautions=many(TEXT),
    )
    team = known(
        "a team that cases queue for, in the reference and now",
        name=TEXT,
        people=COUNT,
        load=known("work that comes over what its people can do", before=NUMBER, now=NUMBER),
        p_overloaded=SHARE,
        wait=known(
            "seconds of one visit, by the queue's formula",
            before=NUMBER,
            now=NUMBER,
            by=SHARES_BY_SOURCE,
            split=one_of("wait", "load"),
        ),
        overload=optional({"type": "object", "description": "as in the analysis, for a load of 1 or more"}),
    )
    segment = known(
        "the cases with one value in a column of the log",
        column=TEXT,
        value=TEXT,
        cases=COUNT,
        share=SHARE,
        indicators=many(indicator),
        adds=SHARES_BY_SOURCE,
    )
    segments = known(
        "all segments of one column; `rest` is what they leave of the change of the whole",
        column=TEXT,
        segments=many(segment),
        rest=named(NUMBER),
        left_out=COUNT,
    )
    plan = known(
        "a set of initiatives, worked out together",
        initiatives=many(TEXT),
        cost=NUMBER,
        gains=SHARES_BY_SOURCE,
        p_miss=named(SHARE),
        misses_avoided={**NUMBER, "description": "fall of the expected number of missed targets"},
        shortfall={
            **NUMBER,
            "description": "missing to targets, as a part of them, in the worst fifth",
        },
    )
    choice = known(
        "which initiatives to take under a budget",
        budget=NUMBER,
        currency=TEXT,
        nothing=plan,
        nominal=plan,
        cautious=plan,
        alone=many(plan),
        tried=COUNT,
        method=one_of("all sets", "one by one"),
        notes=many(TEXT),
    )
    objective = known(
        "",
        name=TEXT,
        level=one_of("enterprise", "business_unit", "department", "function"),
        parent=optional(TEXT),
        owner=optional(TEXT),
        measured_by=many(TEXT),
        target=optional(TEXT),
        state=one_of("missed", "at risk", "unknown", "on course", "met"),
        p_miss={**optional(SHARE), "description": "the largest of its own target and those of its metrics"},
        moved_by=many(TEXT),
    )
    promised = one_of("kept", "missed", "on course", "at risk", "broken", "unknown")
    promise = known(
        "a metric's level that was promised for a date, and what is foretold of it",
        metric=TEXT,
        label=TEXT,
        unit=TEXT,
        on=optional(DATE),
        comparison=one_of("at least", "at most"),
        target=NUMBER,
        target_text=TEXT,
        reading={**TEXT, "description": "over which periods the figure counts, in words"},
        forecast=optional(NUMBER),
        low=optional(NUMBER),
        high=optional(NUMBER),
        p_miss=optional(SHARE),
        came={**optional(NUMBER), "description": "what came, where the date has passed"},
        note={**TEXT, "description": "why nothing can be said, where that is so"},
        state=promised,
    )
    way_back = known(
        "something that would bring a promise back on course, or comes nearest to it",
        kind=one_of("share", "time", "people", "initiative", "two initiatives"),
        lever={**TEXT, "description": 'as a scenario sets it; "" for initiatives'},
        to=optional(NUMBER),
        move={**optional(NUMBER), "description": "the change as a part of the present level"},
        initiatives=many(TEXT),
        cost=optional(NUMBER),
        currency=TEXT,
        p_miss={**SHARE, "description": "the chance to miss that is left"},
        enough={"type": "boolean"},
        **{"from": optional(NUMBER)},
    )
    commitment = known(
        "a promise by a person; its state is that of its worst promise",
        name=TEXT,
        label=TEXT,
        by=optional(TEXT),
        if_met=optional(TEXT),
        if_missed=optional(TEXT),
        promises=many(promise),
        state=promised,
        days_left={**optional({"type": "integer"}), "description": "to its earliest date ahead"},
        p_miss=optional(SHARE),
        follows={**optional(TEXT), "description": "what follows by the file, where that is settled or nearly so"},
        ways_back=many(way_back),
        do=many(known("an action that it asks for", action=TEXT, on=optional(DATE))),
    )
    return document(
        "risk",
        1,
        "The answer of `mpmflow risk`",
        as_of=DATE,
        indicators=many(indicator),
        spread=many(spread),
        metrics=many(metric),
        warnings=many(warning),
        headlines=many(headline),
        open_cases=many(open_case),
        objectives=many(objective),
        commitments=many(commitment),
        teams=many(team),
        segments=many(segments),
        scenarios=many(scenario_figure()),
        draws={**COUNT, "description": "behind intervals and probabilities"},
        choice=optional(choice),
        actions=many(action),
        coverage=coverage,
    )


def scenario_figure() -> Schema:
    metric = known(
        "a metric's forecast today and in the scenario, for the same date",
        name=TEXT,
        today=optional(NUMBER),
        then=optional(NUMBER),
        difference=NUMBER,
        low={**NUMBER, "description": "end of the 95 % interval of the difference"},
        high=NUMBER,
        p_better=optional(SHARE),
        p_miss_today=optional(SHARE),
        p_miss=optional(SHARE),
    )
    return known("", name=TEXT, label=TEXT, metrics=many(metric))


def explanation() -> Schema:
    return document(
        "explanation",
        1,
        "The answer of `mpmflow explain`",
        name=TEXT,
        label=TEXT,
        kind=one_of("indicator", "metric", "place", "objective", "commitment"),
        owner=optional(TEXT),
        state={**optional(TEXT), "description": "of an indicator, an objective or a commitment"},
        since=optional(DATE),
        figures={"type": "object", "description": "the numbers behind it, by the names of the risk document"},
        clauses=many({"type": "object", "description": "a rule, with its clauses under `parts`"}),
        by=SHARES_BY_SOURCE,
        rework={**named(NUMBER), "description": "extra visits per case: by source, or of an indicator by place"},
        delay={**named(NUMBER), "description": "extra seconds per case: by source, or of an indicator by place"},
        paths=many(many(TEXT)),
        measured_by=many({"type": "object", "description": "the metrics of an objective, each explained"}),
        sight={**optional(objective_sight()), "description": "of an objective, what can move it"},
    )


def allocation() -> Schema:
    mix = known(
        "one way to spend",
        spending={**named(NUMBER), "description": "channel -> money per period"},
        initiatives=many(TEXT),
        people={**named(COUNT), "description": "team -> how many more"},
        cost=NUMBER,
        forecast=optional(NUMBER),
        low=optional(NUMBER),
        high=optional(NUMBER),
        p_miss=optional(SHARE),
        worst={**optional(NUMBER), "description": "mean of the metric over the worst fifth of the futures"},
    )
    channel = known(
        "money per period",
        name=TEXT,
        label=TEXT,
        now=NUMBER,
        nominal=NUMBER,
        cautious=NUMBER,
        low=NUMBER,
        high=optional(NUMBER),
        worth={
            **optional(NUMBER),
            "description": "what one more of the currency, spread over the periods, adds to the metric",
        },
    )
    return document(
        "allocation",
        1,
        "The answer of `mpmflow what-if --budget`: a budget spread over channels, initiatives and people",
        as_of=DATE,
        metric=TEXT,
        label=TEXT,
        unit=TEXT,
        better=one_of("higher", "lower"),
        aim=one_of("improve", "reach"),
        target=optional(TEXT),
        budget=NUMBER,
        currency=TEXT,
        until=DATE,
        periods=COUNT,
        period={**NUMBER, "description": "seconds"},
        today=mix,
        nominal=mix,
        cautious=mix,
        channels=many(channel),
        options={**named(NUMBER), "description": "initiatives and people that were weighed -> what each costs"},
        tried=COUNT,
        draws=COUNT,
        notes=many(TEXT),
        provenance=optional({"type": "object"}),
    )
