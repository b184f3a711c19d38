"""What the history said: back-tests of forecasts and alarms, and which indicators led which metrics."""

from __future__ import annotations

from .logs import learned_cause
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


def backtest() -> Schema:
    skill = known(
        "1 is perfect, 0 no better than the other forecaster, below 0 worse",
        value=optional(NUMBER),
        low={**optional(NUMBER), "description": "of the 90 % interval, by block bootstrap"},
        high=optional(NUMBER),
        p_value=optional(SHARE),
        forecasts=COUNT,
    )
    scored = known(
        "mean scores, the smaller the better",
        mean=NUMBER,
        corrected={**optional(NUMBER), "description": "of the recalibrated forecasts"},
        raw_where_corrected={**optional(NUMBER), "description": "of the same ones, as they were said"},
        others={**named(NUMBER), "description": "persistence, seasonal, climatology"},
        skill=named(skill),
        skill_of_correction=optional(skill),
    )
    row = known("", **{"from": SHARE, "to": SHARE}, said=SHARE, came=SHARE, forecasts=COUNT)
    fold = known(
        "a forecast and what came",
        on=DATE,
        due=DATE,
        forecast=NUMBER,
        low={**NUMBER, "description": "of the 90 % range"},
        high=NUMBER,
        came=NUMBER,
        p_miss=optional(SHARE),
        p_miss_corrected={**optional(SHARE), "description": "recalibrated by what was known on that evening"},
        missed=optional(YES_OR_NO),
    )
    metric = known(
        "",
        name=TEXT,
        label=TEXT,
        unit=TEXT,
        target=optional(TEXT),
        horizon=NUMBER,
        refused={**TEXT, "description": "why nothing is said; empty where something is"},
        crps=optional(scored),
        brier=optional(scored),
        inside_90={**optional(SHARE), "description": "share of outcomes in the 90 % range"},
        inside_90_corrected=optional(SHARE),
        bias={**optional(NUMBER), "description": "what came minus what was foretold, on the average"},
        q_value={**optional(SHARE), "description": "of the skill over persistence, corrected for all metrics"},
        reliability=many(row),
        reliability_corrected=many(row),
        correction_helps=optional(YES_OR_NO),
        forecasts=many(fold),
    )
    alarm = known(
        "",
        indicator=TEXT,
        label=TEXT,
        of={**TEXT, "description": "the metric that is in trouble, or the indicator itself"},
        evenings=COUNT,
        spells=COUNT,
        alarms=COUNT,
        hits=COUNT,
        missed=COUNT,
        false_alarms=COUNT,
        running={**COUNT, "description": "spells and alarms that had begun before, or are not over"},
        precision=optional(SHARE),
        recall=optional(SHARE),
        lead_time={**optional(NUMBER), "description": "seconds, below 0 where the alarm came after"},
        changes_per_month=optional(NUMBER),
        cost=optional(NUMBER),
        silence_cost={**optional(NUMBER), "description": "had nothing ever been said"},
        currency=optional(TEXT),
        refused=TEXT,
    )
    level = known(
        "the level of a warning that would have cost least, in hindsight",
        indicator=TEXT,
        of=TEXT,
        side=one_of("above", "below"),
        written=NUMBER,
        level=optional(NUMBER),
        low=optional(NUMBER),
        high=optional(NUMBER),
        cost=optional(NUMBER),
        cost_written=optional(NUMBER),
        priced={**YES_OR_NO, "description": "whether the file names costs; else mistakes are counted"},
        currency=optional(TEXT),
        unit=TEXT,
        refused=TEXT,
    )
    return document(
        "backtest",
        1,
        "The answer of `mpmflow backtest`: what would have been said, and who was right",
        as_of=DATE,
        period=NUMBER,
        horizon=NUMBER,
        origins=many(DATE),
        metrics=many(metric),
        alarms=many(alarm),
        levels=many(level),
        skipped=many(known("", on=DATE, why=TEXT)),
        provenance={"type": "object"},
        notes=many(TEXT),
    )


def leads() -> Schema:
    found = learned_cause()
    pair = known(
        "",
        **found["properties"],
        model_lag={**optional(NUMBER), "description": "seconds that the model gives to the way between them"},
        evidence={**optional(TEXT), "description": "what the model's way rests on at its weakest"},
        path=many(TEXT),
        lags_agree=optional(YES_OR_NO),
    )
    return document(
        "leads",
        1,
        "The answer of `mpmflow leads`: which indicators led which metrics in the history",
        period=NUMBER,
        periods=COUNT,
        leads=many(pair),
        notes=many(TEXT),
    )
