"""One period against another."""

from __future__ import annotations

from .vocabulary import (
    COUNT,
    DATE,
    NUMBER,
    SHARES_BY_SOURCE,
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

KIND = one_of("mix", "rates", "process", "volume", "data")


def comparison() -> Schema:
    figure = known(
        "a metric, or a figure of a workflow",
        name=TEXT,
        label=TEXT,
        unit=TEXT,
        better=optional(one_of("higher", "lower")),
        before=NUMBER,
        after=NUMBER,
        change=NUMBER,
        by=SHARES_BY_SOURCE,
        kinds={**named(NUMBER), "description": "the parts by kind: mix, rates, process, volume, data"},
        residual={**NUMBER, "description": "what the parts leave of the change: rounding"},
        low={**optional(NUMBER), "description": "of the 95 % interval of the change"},
        high=optional(NUMBER),
        luck={**optional(YES_OR_NO), "description": "whether the change may be luck"},
        seen_before={**optional(NUMBER), "description": "observed, of the cases that ended in the period"},
        seen_after=optional(NUMBER),
        seen_low={**optional(NUMBER), "description": "of the 95 % interval of the observed change"},
        seen_high=optional(NUMBER),
        beside={**optional(NUMBER), "description": "the observed change less the change of the process"},
    )
    lever = known(
        "a share, a time, the arrivals, or a segment's part of the cases",
        name=TEXT,
        label=TEXT,
        kind=KIND,
        unit=TEXT,
        before=NUMBER,
        after=NUMBER,
        n_before=optional(COUNT),
        n_after=optional(COUNT),
        low=optional(NUMBER),
        high=optional(NUMBER),
        luck=optional(YES_OR_NO),
        worse=optional(YES_OR_NO),
    )
    draft = known(
        "initiatives that follow",
        text={**TEXT, "description": "blocks of the language to paste"},
        adds=many(TEXT),
        replaces={**many(TEXT), "description": "initiatives of the file whose place a block takes"},
        reached={**many(TEXT), "description": "initiatives of the file that have come to their goal"},
    )
    return document(
        "comparison",
        1,
        "The answer of `mpmflow compare`",
        first=many(DATE),
        second=many(DATE),
        cases=many(COUNT),
        column=TEXT,
        figures=many(figure),
        levers=many(lever),
        draft=draft,
        notes=many(TEXT),
        provenance={"type": "object"},
    )
