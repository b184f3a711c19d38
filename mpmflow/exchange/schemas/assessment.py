"""A plan against a standard."""

from __future__ import annotations

from .vocabulary import COUNT, DATE, NUMBER, TEXT, YES_OR_NO, Schema, document, known, many, one_of, optional

SCORE: Schema = {"type": "number", "minimum": 0, "maximum": 4}
LEVEL: Schema = {"type": "integer", "minimum": 0, "maximum": 4}


def assessment() -> Schema:
    evidence = known("a part of the model", name=TEXT, at={**optional(TEXT), "description": "file:line"})
    point = known(
        "one question of the standard",
        name=TEXT,
        question=TEXT,
        measure=TEXT,
        means={**TEXT, "description": "what the measure counts"},
        weight=NUMBER,
        value={**optional(NUMBER), "description": "null where it could not be measured"},
        unit=one_of("share", "count", "years", "months"),
        level=optional(LEVEL),
        words=TEXT,
        met=many(evidence),
        lacking=many(evidence),
        next={**optional(NUMBER), "description": "the figure from which the next level holds"},
        raising={**TEXT, "description": "what would raise the level"},
        why={**TEXT, "description": "why it could not be measured"},
    )
    factor = known("", name=TEXT, title=TEXT, weight=NUMBER, score=optional(SCORE), points=many(point))
    benchmark = known(
        "what others reach",
        metric=TEXT,
        value=NUMBER,
        said=TEXT,
        label=optional(TEXT),
        source=optional(TEXT),
        year=optional(COUNT),
        age={**optional(NUMBER), "description": "years since the end of that year"},
        old=YES_OR_NO,
        level={**optional(NUMBER), "description": "where the metric stands"},
        ahead={**optional(YES_OR_NO), "description": "whether the metric is at least as good"},
        unit=TEXT,
        at=optional(TEXT),
    )
    change = known(
        "a point whose level or figure is another",
        name=TEXT,
        level_before=optional(LEVEL),
        level=optional(LEVEL),
        value_before=optional(NUMBER),
        value=optional(NUMBER),
        rose={"enum": [-1, 0, 1]},
    )
    against = known(
        "since an earlier assessment", on=TEXT, score=optional(SCORE), changes=many(change), notes=many(TEXT)
    )
    standard = known(
        "",
        name=TEXT,
        title=TEXT,
        source=TEXT,
        note=TEXT,
        fingerprint=TEXT,
        rule={**TEXT, "description": "how levels add up"},
    )
    return document(
        "assessment",
        1,
        "The answer of `mpmflow assess`",
        on=DATE,
        as_of=optional(DATE),
        standard=standard,
        score=optional(SCORE),
        factors=many(factor),
        benchmarks=many(benchmark),
        against=optional(against),
        notes=many(TEXT),
        provenance={"type": "object"},
    )
