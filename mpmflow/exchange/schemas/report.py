"""The report: rows of the evaluation with their history, their place in the goals, and what was forecast before."""

from __future__ import annotations

from typing import cast

from .alliances import handoffs, partner_view
from .risk import risk
from .vocabulary import (
    COUNT,
    DATE,
    NUMBER,
    SHARE,
    TEXT,
    YES_OR_NO,
    Schema,
    document,
    known,
    many,
    named,
    one_of,
    optional,
)

STATES = ("ok", "pending", "warn", "alert", "unknown")
STANDINGS = ("missed", "in danger", "close", "unknown", "on course", "met", "no target")
LEVELS = ("enterprise", "business_unit", "department", "function")


def report() -> Schema:
    rows = risk()["properties"]
    coverage, choice = rows["coverage"], rows["choice"]
    standing = one_of(*STANDINGS)
    indicator = _more(
        rows["indicators"]["items"],
        state={**optional(one_of(*STATES)), "description": "of its rules; null without any"},
        words={**TEXT, "description": "what people call it"},
        in_trouble={**YES_OR_NO, "description": "its rules fire, or it is very likely worse than expected"},
        course=optional(_indicator_course()),
    )
    metric = _more(
        rows["metrics"]["items"],
        standing=standing,
        why={**TEXT, "description": "where its change comes from; empty where it hardly changes"},
        course=optional(_metric_course()),
    )
    stop = known(
        "",
        name=TEXT,
        words=TEXT,
        kind=one_of("indicator", "metric", "other"),
        state=optional(one_of(*STATES)),
        standing=optional(standing),
    )
    way = known(
        "how a cause reaches the metric in most danger",
        stops=many(stop),
        adds=NUMBER,
        unit=TEXT,
        warning_time={**optional(NUMBER), "description": "seconds by which the first place shows it earlier"},
        evidence=optional(TEXT),
    )
    initiative = known(
        "",
        name=TEXT,
        label=TEXT,
        owner=optional(TEXT),
        cost=optional(NUMBER),
        currency=TEXT,
        moves=many(known("", lever=TEXT, to=NUMBER, unit=TEXT, by=optional(DATE), **{"from": NUMBER})),
        serves=many(TEXT),
        chosen={**optional(YES_OR_NO), "description": "under the budget; null where none was given"},
    )
    objective = _more(
        rows["objectives"]["items"],
        metrics=many(TEXT),
        commitments=many(TEXT),
        initiatives=many(TEXT),
        serves={**optional(TEXT), "description": "label of the objective above it"},
    )
    words = {**TEXT, "description": "in sentences"}
    return document(
        "report",
        1,
        "The answer of `mpmflow report --json`",
        title=TEXT,
        as_of=DATE,
        level={**optional(one_of(*LEVELS)), "description": "that the report is for; null for all"},
        partner={**optional(TEXT), "description": "that the report is for; null for all"},
        against=TEXT,
        meaning=TEXT,
        headline={**TEXT, "description": "the most important thing, in one sentence"},
        sentences=many(TEXT),
        cautions=many(TEXT),
        summary=known(
            "which metrics stand how, and how many indicators are in which state",
            metrics=named(many(TEXT)),
            indicators=named(COUNT),
        ),
        metrics=many(metric),
        indicators=many(indicator),
        ways=many(way),
        rework={**rows["spread"], "description": "places, the largest first"},
        delay={**rows["spread"], "description": "places, the largest first"},
        teams=rows["teams"],
        actions=many(_more(rows["actions"]["items"], unit=TEXT, words=words)),
        choice=choice,
        initiatives=many(initiative),
        open_cases=known("", open=COUNT, late={**COUNT, "description": "for certain"}, cases=rows["open_cases"]),
        commitments=many(_more(rows["commitments"]["items"], words=words)),
        past=many(_past_forecast()),
        levels=many(known("", level=one_of(*LEVELS), objectives=many(objective))),
        handoffs=handoffs()["properties"]["handoffs"],
        own={**optional(_own()), "description": "what a partner may see, in a report for one"},
        words={**named(TEXT), "description": "what people call each name that the report uses"},
        notes=many(TEXT),
        coverage=optional(coverage),
        period={**NUMBER, "description": "seconds of one period"},
        draws=COUNT,
        provenance=optional({"type": "object"}),
    )


def _more(thing: Schema, **fields: Schema) -> Schema:
    """An object with these fields too."""
    properties = cast(Schema, thing["properties"])
    required = [*thing["required"], *(name for name in fields if name not in thing["required"])]
    return {**thing, "properties": {**properties, **fields}, "required": required}


def _indicator_course() -> Schema:
    point = known(
        "at the end of a period", on=DATE, value=optional(NUMBER), n=optional(COUNT), state=optional(one_of(*STATES))
    )
    limit = known(
        "a level that a rule compares with, for each of the points",
        level=one_of("warn", "alert", "clears"),
        kind=one_of("threshold", "outside", "moves", "control"),
        side=one_of("above", "below"),
        values=many(optional(NUMBER)),
        text=TEXT,
    )
    return known("the last full periods", points=many(point), limits=many(limit))


def _metric_course() -> Schema:
    ahead = known("", on=DATE, low=NUMBER, lower=NUMBER, middle=NUMBER, upper=NUMBER, high=NUMBER)
    return known(
        "observed and foretold, read as the target reads it",
        name=TEXT,
        unit=TEXT,
        reading=TEXT,
        seen=many(known("", on=DATE, value=optional(NUMBER))),
        ahead={**many(ahead), "description": "2.5, 25, 50, 75 and 97.5 % of the draws"},
        law={**many(NUMBER), "description": "equally likely values of the figure that the forecast is for, sorted"},
    )


def _past_forecast() -> Schema:
    return known(
        "a forecast made earlier, beside what came",
        metric=TEXT,
        label=TEXT,
        unit=TEXT,
        made_on=DATE,
        for_on=optional(DATE),
        middle=optional(NUMBER),
        low=optional(NUMBER),
        high=optional(NUMBER),
        target_text=optional(TEXT),
        p_miss=optional(SHARE),
        came=optional(NUMBER),
        missed=optional(YES_OR_NO),
        inside={**optional(YES_OR_NO), "description": "whether what came lies in the 95 % interval"},
        mark=one_of("kept", "missed", "late", "came", "ahead", "unscored"),
        reached_on=optional(DATE),
        title={**TEXT, "description": "of the commitment or scenario that it belongs to"},
        note=TEXT,
    )


def _own() -> Schema:
    """A partner's view without the head of a document."""
    found = partner_view()
    return {
        "type": "object",
        "properties": {name: one for name, one in found["properties"].items() if name not in ("schema", "mpmflow")},
        "required": [name for name in found["required"] if name not in ("schema", "mpmflow")],
    }
