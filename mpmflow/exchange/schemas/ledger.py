"""What a ledger holds and says: a line for each entry, what was recorded, found or taken in, and the review."""

from __future__ import annotations

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

MOMENT: Schema = {"type": "string", "format": "date-time"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
LAW: Schema = {**many(NUMBER), "description": "equally likely values, sorted"}
TARGET: Schema = {
    "type": "object",
    "description": "comparison, value with unit, and over which span or from which day it counts",
}


def line() -> Schema:
    contents = [
        known(
            "of a forecast, times in seconds, shares as fractions",
            metric=TEXT,
            label=TEXT,
            unit=TEXT,
            better=optional(one_of("higher", "lower")),
            owner=optional(TEXT),
            definition={**TEXT, "description": "the metric's formula"},
            commitment=optional(TEXT),
            scenario={**optional(TEXT), "description": "the what-if under which alone it holds"},
            title=TEXT,
            on={**DATE, "description": "the day that it is for"},
            reading={**TEXT, "description": "over which periods the figure counts"},
            target=optional(TARGET),
            target_text=optional(TEXT),
            forecast=optional(NUMBER),
            low={**optional(NUMBER), "description": "of the 95 % interval"},
            high=optional(NUMBER),
            law=LAW,
            p_miss=optional(SHARE),
            simple={**named(LAW), "description": "what persistence, seasonal and climatology would have said"},
            as_of={**DATE, "description": "the day that knew nothing later"},
            model={**HASH, "description": "of the model's JSON document, which an entry of kind model holds"},
            data=optional(HASH),
            seed=optional({"type": "integer"}),
            reference=TEXT,
            draws=COUNT,
            version={**TEXT, "description": "of mpmflow"},
        ),
        known(
            "of a settlement: what came, as somebody says",
            metric=TEXT,
            on=DATE,
            reading=TEXT,
            value=NUMBER,
            written=TEXT,
            source=TEXT,
            revision={**COUNT, "description": "how often something else had been said of it before"},
        ),
        known("of a model", hash=HASH, document={**TEXT, "description": "its JSON document"}),
        known("of a merge: the head and length of what was taken in", head=HASH, count=COUNT, new=COUNT),
    ]
    return document(
        "ledger",
        1,
        "one entry of a ledger; `ledger export` and `ledger list --json` print one a line",
        number={**COUNT, "description": "its place, from 1"},
        kind=one_of("forecast", "settlement", "model", "merge"),
        id={**HASH, "description": "of its content, as canonical JSON: the same in every ledger"},
        recorded=MOMENT,
        author=optional(TEXT),
        content={"anyOf": contents},
        before={**HASH, "description": "hash of the entry before; zeros for the first"},
        hash={**HASH, "description": "of the line without it, as canonical JSON (sorted names, no blanks, ASCII)"},
    )


def recorded() -> Schema:
    return document(
        "ledger-recorded",
        1,
        "The answer of `mpmflow ledger record`",
        added={**many({"type": "object"}), "description": "new entries, each a document mpmflow/ledger/1"},
        already={**COUNT, "description": "forecasts that were there before, to the digit"},
        left_out=many(known("", name=TEXT, why=TEXT)),
        entries=COUNT,
        head={**HASH, "description": "hash of the last entry"},
    )


def merged() -> Schema:
    return document(
        "ledger-merged",
        1,
        "The answer of `mpmflow ledger merge` and `ledger import`",
        source=TEXT,
        offered=COUNT,
        added={**many({"type": "object"}), "description": "new entries, each a document mpmflow/ledger/1"},
        head=HASH,
    )


def verified() -> Schema:
    finding = known(
        "",
        kind=one_of("changed", "removed", "moved", "broken", "cut", "rewritten", "schema", "damaged", "anchor", "head"),
        number={**optional(COUNT), "description": "the entry; null for the file as a whole"},
        what=TEXT,
    )
    return document(
        "ledger-verified",
        1,
        "The answer of `mpmflow ledger verify`",
        ok=YES_OR_NO,
        entries=COUNT,
        head=HASH,
        vouched={**COUNT, "description": "how many entries the anchor or a given head vouches for"},
        findings=many(finding),
        unseen={**many(TEXT), "description": "what cannot be seen from here"},
    )


def review() -> Schema:
    average = known("", mean=NUMBER, low=optional(NUMBER), high=optional(NUMBER), forecasts=COUNT)
    skill = known(
        "1 is perfect, 0 no better than the other forecaster, below 0 worse",
        value=optional(NUMBER),
        low={**optional(NUMBER), "description": "of the 90 % interval, by block bootstrap"},
        high=optional(NUMBER),
        p_value=optional(SHARE),
        forecasts=COUNT,
    )
    scores = known(
        "the smaller the better",
        crps={**optional(NUMBER), "description": "continuous ranked probability score, in the metric's unit"},
        pinball={**named(NUMBER), "description": "by quantile"},
        inside_50=optional(YES_OR_NO),
        inside_90=optional(YES_OR_NO),
        position={**optional(SHARE), "description": "where in the law the truth lay"},
        brier={**optional(NUMBER), "description": "of the chance to miss"},
        simple_crps={**named(NUMBER), "description": "of persistence, seasonal, climatology"},
        simple_brier=named(NUMBER),
        again_crps={**optional(NUMBER), "description": "of what today's model says in its place"},
        again_brier=optional(NUMBER),
    )
    forecast = known(
        "a forecast and what came",
        id=HASH,
        recorded=MOMENT,
        author=optional(TEXT),
        metric=TEXT,
        label=TEXT,
        unit=TEXT,
        owner=optional(TEXT),
        commitment=optional(TEXT),
        scenario=optional(TEXT),
        title=TEXT,
        as_of=DATE,
        on=DATE,
        reading=TEXT,
        target=optional(NUMBER),
        comparison=optional(one_of("at least", "at most")),
        target_text=optional(TEXT),
        forecast=optional(NUMBER),
        low=optional(NUMBER),
        high=optional(NUMBER),
        p_miss=optional(SHARE),
        model=HASH,
        version=TEXT,
        mark=one_of("kept", "missed", "late", "came", "ahead", "unscored"),
        came=optional(NUMBER),
        source=TEXT,
        by_hand=YES_OR_NO,
        earlier={**many(TEXT), "description": "what was said by hand before"},
        reached_on={**optional(DATE), "description": "when a target that was missed was met after all"},
        why={**TEXT, "description": "why nothing can be said, or what a reader should know"},
        again=optional(known("what today's model says in its place", forecast=NUMBER, p_miss=optional(SHARE))),
        scores=scores,
    )
    group = known(
        "scores of forecasts that have something in common",
        by=one_of("all", "metric", "owner", "model"),
        name=TEXT,
        label=TEXT,
        unit=TEXT,
        forecasts=COUNT,
        questions={**COUNT, "description": "different things foretold: a metric, a day, a reading"},
        kept=COUNT,
        missed=COUNT,
        late=COUNT,
        crps={**optional(average), "description": "of one metric, in its unit"},
        pinball=named(NUMBER),
        brier=optional(average),
        inside_50=optional(average),
        inside_90=optional(average),
        crps_skill={**named(skill), "description": "over persistence, seasonal, climatology"},
        brier_skill=named(skill),
        again_crps={**optional(skill), "description": "of today's model over what was said"},
        again_brier=optional(skill),
    )
    said = known("", **{"from": SHARE, "to": SHARE}, said=SHARE, came=SHARE, forecasts=COUNT)
    return document(
        "review",
        1,
        "The answer of `mpmflow ledger review`: what was foretold and promised, held against what came",
        as_of={**DATE, "description": "the day up to which the truth is known"},
        forecasts=many(forecast),
        groups=many(group),
        reliability={**many(said), "description": "chances to miss, beside how often that came"},
        quantiles=many(known("share of truths at or below a quantile of the forecasts", said=SHARE, came=average)),
        provenance={"type": "object"},
        notes=many(TEXT),
    )
