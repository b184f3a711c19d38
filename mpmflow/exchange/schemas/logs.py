"""What a log says: indicators, numbers beside the declared ones, a draft of the workflow, influences."""

from __future__ import annotations

from .vocabulary import COUNT, NUMBER, SHARE, TEXT, YES_OR_NO, Schema, document, known, many, one_of, optional

DETOURS: Schema = many(
    known(
        "a way that cases took and the workflow does not have",
        kind=one_of("skipped", "inserted", "out of order", "unfinished"),
        to=optional(TEXT),
        events=COUNT,
        cases=COUNT,
        missing=many(TEXT),
        examples=many(TEXT),
    )
)


ACTIVITIES: Schema = many(known("", activity=TEXT, events=COUNT))


def fit() -> Schema:
    value = known("", text={**TEXT, "description": "as the language writes it"}, value=optional(NUMBER))
    number = known(
        "",
        name={**TEXT, "description": "legal_ok.fix, copy.takes, copy.waits, webinar.arrivals, legal.people"},
        kind=one_of("share", "takes", "waits", "time", "arrivals", "gap", "batch", "people", "at_most"),
        visit=optional({**COUNT, "description": "which visit of a case; null for all alike"}),
        declared=optional(value),
        fitted=value,
        low=optional(NUMBER),
        high=optional(NUMBER),
        n={**NUMBER, "description": "what it rests on, the past counting less"},
        open={**NUMBER, "description": "likewise, decisions and visits that are not over"},
        p_contradicted={
            **optional(SHARE),
            "description": "chance that the true value lies on the fitted side of the declared one",
        },
        contradicted={**YES_OR_NO, "description": "the declared value lies outside of the interval"},
        written={**YES_OR_NO, "description": "stands in the fitted text"},
        why_not=TEXT,
        distance={**optional(SHARE), "description": "of a law: how far it misses the observed distribution"},
        note=TEXT,
    )
    hours = known(
        "",
        of=TEXT,
        declared=TEXT,
        found=TEXT,
        stamps=COUNT,
        inside=SHARE,
        inside_declared=optional(SHARE),
        contradicted=YES_OR_NO,
        written=YES_OR_NO,
    )
    moment = {"type": "string", "format": "date-time"}
    log = known(
        "",
        label=TEXT,
        first=moment,
        until=moment,
        since=optional(moment),
        memory_weeks=optional(NUMBER),
        **dict.fromkeys(("cases", "ended", "events", "unmatched", "deviations"), COUNT),
    )
    return document(
        "fit",
        1,
        "The answer of `mpmflow fit`: declared numbers beside those of the log, the most contradicted first",
        log=log,
        level={**SHARE, "description": "of the intervals"},
        numbers=many(number),
        hours=many(hours),
        causes=many(learned_cause()),
        notes=many(TEXT),
        provenance=optional({"type": "object"}),
    )


def observed() -> Schema:
    moment = {"type": "string", "format": "date-time"}
    indicator = known(
        "",
        name=TEXT,
        unit={
            **TEXT,
            "description": "share, rounds, s, cases, money such as eur, or empty for what else a table brought",
        },
        values={**many(optional(NUMBER)), "description": "one for each period"},
        counts={**many(optional(COUNT)), "description": "what each value rests on"},
        whole={**optional(NUMBER), "description": "over all periods together"},
    )
    segment = known("", column=TEXT, value=TEXT, cases=COUNT, indicators=many(indicator))
    coverage = known(
        "",
        cases=COUNT,
        events=COUNT,
        unmatched_activities=ACTIVITIES,
        ignored_activities=ACTIVITIES,
        astray={**COUNT, "description": "cases with a detour"},
        detours=DETOURS,
        notes=many(TEXT),
    )
    return document(
        "observed",
        1,
        "The answer of `mpmflow observe`",
        as_of=moment,
        period={**NUMBER, "description": "seconds"},
        starts=many(moment),
        ends=many(moment),
        indicators=many(indicator),
        segments=many(segment),
        coverage=coverage,
        sources=many(TEXT),
    )


def discovery() -> Schema:
    way = known("None for where a case begins or ends", before=optional(TEXT), after=optional(TEXT), cases=COUNT)
    return document(
        "discovery",
        1,
        "The answer of `mpmflow fit --discover`",
        cases=COUNT,
        events=COUNT,
        replayed={**SHARE, "description": "of the cases that the draft can do exactly, from start to end"},
        rework={**many(TEXT), "description": "outcomes that lead back to work done before"},
        left_out=many(way),
        activities_left_out=many(known("", activity=TEXT, events=COUNT)),
        notes=many(TEXT),
        text={**TEXT, "description": "the draft in the language, with comments"},
    )


def learned_cause() -> Schema:
    return known(
        "gains in base units, times in seconds, intervals of 90 %",
        source=TEXT,
        effect=TEXT,
        found=YES_OR_NO,
        **{
            name: optional(NUMBER)
            for name in ("gain", "low", "high", "delay", "mean_lag", "mean_lag_error", "gained", "p_value", "q_value")
        },
        periods=COUNT,
        half={**optional(NUMBER), "description": "of one with a ceiling: the level of the source at half of it"},
        ceiling={**optional(NUMBER), "description": "of one with a ceiling: what it adds at most"},
        grade=one_of("strong", "fair", "none"),
        why=TEXT,
        said=known("`step` more of the source add gain times `scale` of `unit`", step=TEXT, unit=TEXT, scale=NUMBER),
    )


def causes() -> Schema:
    return document(
        "causes",
        1,
        "The answer of `mpmflow fit --causes` and `--propose-causes`: what foretells what, not what causes what",
        declared=YES_OR_NO,
        causes=many(learned_cause()),
        lines={**many(TEXT), "description": "the links that hold up, in the language"},
        notes=many(TEXT),
    )
