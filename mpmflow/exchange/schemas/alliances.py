"""What hand-offs hold, and what a partner may see of them."""

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
    one_of,
    optional,
)

_ESTIMATED = known(
    "an observed figure with its 95 % interval",
    value=NUMBER,
    low=optional(NUMBER),
    high=optional(NUMBER),
    n={**COUNT, "description": "observations that it rests on"},
)
_DESIGNED = known(
    "as the model is written",
    per_case={**optional(NUMBER), "description": "of several workflows null"},
    per_period=optional(NUMBER),
    wait={**optional(NUMBER), "description": "mean seconds; null where a team cannot keep up"},
    returns={**SHARE, "description": "share after which the taker gives the work back as rework"},
    to_and_fro={**optional(NUMBER), "description": "such returns per case"},
)
_OBSERVED = known(
    "as an event log has it",
    n=COUNT,
    cases=COUNT,
    per_period=NUMBER,
    wait={**optional(_ESTIMATED), "description": "mean seconds of those that were taken up"},
    p90={**optional(_ESTIMATED), "description": "the seconds that nine of ten stay within"},
    clock={
        **one_of("start", "end", "mixed"),
        "description": "what the log says of taking up: with `end` waits hold the taker's own work too",
    },
    open={**COUNT, "description": "how many wait now"},
    longest={**optional(NUMBER), "description": "seconds that the first of them has waited"},
    returns=optional(_ESTIMATED),
    to_and_fro=optional(NUMBER),
)
_PROMISE: dict[str, Schema] = {
    "label": TEXT,
    "within": {**NUMBER, "description": "seconds"},
    "share": {**optional(SHARE), "description": "of how many it is promised; null: of every one"},
    "kept": {**optional(_ESTIMATED), "description": "share in time, of those that are old enough to judge"},
    "missed": COUNT,
    "fresh": {**COUNT, "description": "too young to judge"},
    "lately": {**optional(_ESTIMATED), "description": "kept, of those whose time was up in the last eight periods"},
    "earlier": {**optional(_ESTIMATED), "description": "kept, of those before"},
    "state": one_of("kept", "broken", "unknown"),
    "p_broken": {
        **optional(SHARE),
        "description": "that fewer than promised are kept in the long run; without a share, that one of the next "
        "period is late",
    },
    "designed_late": {**optional(SHARE), "description": "share that is late by design, approximate"},
}


def handoffs() -> Schema:
    step = known(
        "from one step or decision to another",
        workflow=TEXT,
        **{"from": TEXT, "to": TEXT},
        label=TEXT,
        rework=YES_OR_NO,
        designed=_DESIGNED,
        observed=optional(_OBSERVED),
    )
    promise = known("", workflow=optional(TEXT), owner=optional(TEXT), **_PROMISE)
    pair = known(
        "from one team or partner to another",
        giver=TEXT,
        taker=TEXT,
        giver_label=TEXT,
        taker_label=TEXT,
        across={**YES_OR_NO, "description": "one of the two is another organisation"},
        owned={**YES_OR_NO, "description": "both have an owner"},
        designed=_DESIGNED,
        observed=optional(_OBSERVED),
        promises=many(promise),
        steps=many(step),
    )
    cell = known("", cause=optional(TEXT), bearer=optional(TEXT), amount=NUMBER)
    burden = known(
        "who causes and who bears extra seconds (delay) or extra visits (rework) per case; null is nobody",
        workflow=TEXT,
        kind=one_of("delay", "rework"),
        total=NUMBER,
        cells={**many(cell), "description": "they add up to the total"},
    )
    return document(
        "handoffs",
        1,
        "Where work passes from one team or partner to another",
        as_of=optional(DATE),
        period=NUMBER,
        cases={**optional(COUNT), "description": "of the log; null without one"},
        handoffs=many(pair),
        burdens=many(burden),
        notes=many(TEXT),
        provenance=optional({"type": "object"}),
    )


def partner_view() -> Schema:
    now = known("", now=optional(NUMBER), expected=optional(NUMBER))
    indicator = known(
        "of one of its own steps, decisions or its load",
        name=TEXT,
        label=TEXT,
        unit=TEXT,
        expected=optional(NUMBER),
        observed=optional(NUMBER),
        low=optional(NUMBER),
        high=optional(NUMBER),
        n=optional(COUNT),
        state=optional(one_of("ok", "pending", "warn", "alert", "unknown")),
        since=optional(DATE),
    )
    handoff = known(
        "",
        direction=one_of("in", "out"),
        counterpart=TEXT,
        counterpart_label=TEXT,
        designed=_DESIGNED,
        observed=optional(_OBSERVED),
        promises=many(known("", **_PROMISE)),
    )
    part = known("per case", borne_of_own=NUMBER, borne_of_others=NUMBER, caused_at_others=NUMBER)
    return document(
        "partner-view",
        1,
        "What one partner may see, and nothing of anybody else",
        name=TEXT,
        label=TEXT,
        kind=one_of("partner", "team"),
        people=COUNT,
        as_of=optional(DATE),
        period=NUMBER,
        load={**now, "description": "busy share of its people"},
        wait={**now, "description": "mean seconds that a visit waits for it"},
        steps=many(
            known(
                "",
                name=TEXT,
                label=TEXT,
                kind=one_of("step", "decision", "choose"),
                visits=optional(NUMBER),
                wait=optional(NUMBER),
            )
        ),
        indicators=many(indicator),
        handoffs=many(handoff),
        delay={**optional(part), "description": "seconds"},
        rework={**optional(part), "description": "visits"},
        open_cases=many(known("", case=TEXT, at=TEXT, since=DATE, age=NUMBER)),
        actions=many(known("", lever=TEXT, label=TEXT, move=known("", **{"from": NUMBER, "to": NUMBER}), unit=TEXT)),
        notes=many(TEXT),
    )
