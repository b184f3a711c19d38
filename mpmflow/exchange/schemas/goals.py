"""What goals are for: the line of sight from what is done to what it is for."""

from __future__ import annotations

from .vocabulary import DATE, NUMBER, TEXT, YES_OR_NO, Schema, document, known, many, one_of, optional

LEVEL = one_of("enterprise", "business_unit", "department", "function")


def effect() -> Schema:
    """What a lever or a metric does to a metric."""
    way = known(
        "a way of influence",
        names=many(TEXT),
        gain={**optional(NUMBER), "description": "metric per source, in base units; null where it is not known"},
        lag=NUMBER,
        evidence=TEXT,
    )
    return known(
        "what a lever or a metric does to a metric in the long run",
        source=TEXT,
        kind=one_of("share", "work", "wait", "delay", "money", "rate", "people", "arrivals", "metric"),
        of={**TEXT, "description": "the step, decision, team or workflow of the lever"},
        metric=TEXT,
        step={**NUMBER, "description": "the change of the source that is spoken of, in base units"},
        said={**TEXT, "description": "that change in words"},
        change={**optional(NUMBER), "description": "what it adds to the metric over all ways of known strength"},
        strength=one_of("known", "partly", "unknown"),
        helps=optional(YES_OR_NO),
        lag=known("seconds", soonest=NUMBER, mean=NUMBER, latest=NUMBER),
        evidence={**TEXT, "description": "the weakest that a way rests on"},
        why={**TEXT, "description": "why a strength is not known"},
        ways=many(way),
    )


def objective_sight() -> Schema:
    """A goal and what moves it."""
    return known(
        "a goal",
        name=TEXT,
        label=TEXT,
        level=LEVEL,
        parent=optional(TEXT),
        owner=optional(TEXT),
        measured_by=many(TEXT),
        blind={**YES_OR_NO, "description": "nothing that is done reaches it"},
        activities=many(TEXT),
        children=many(TEXT),
        initiatives=many(TEXT),
        effects=many(effect()),
    )


def sight() -> Schema:
    activity = known(
        "something that is done",
        name=TEXT,
        label=TEXT,
        kind=one_of("step", "decision", "choose", "team", "partner", "workflow", "metric", "initiative"),
        verdict=one_of("effective", "output only", "efficient only", "nothing"),
        levers=many(TEXT),
        metrics=many(TEXT),
        objectives=many(TEXT),
        outcomes=many(TEXT),
        serves={**many(TEXT), "description": "of an initiative, the goals that it says it serves"},
    )
    metric = known(
        "a metric",
        name=TEXT,
        label=TEXT,
        category=one_of("activity", "output", "operational", "outcome"),
        tells=one_of("effort", "effectiveness", "efficiency"),
        objectives=many(TEXT),
        outcomes=many(TEXT),
        vanity=YES_OR_NO,
        orphan=YES_OR_NO,
    )
    up = known(
        "a goal and the one above it",
        child=TEXT,
        parent=TEXT,
        reaches=YES_OR_NO,
        metric=optional(TEXT),
        moves=optional(TEXT),
        effect=optional(effect()),
    )
    across = known(
        "two goals of one level",
        first=TEXT,
        second=TEXT,
        level=LEVEL,
        metrics=many(TEXT),
        teams=many(TEXT),
        together=many(TEXT),
        conflicts=many(
            known("a lever that helps one and hurts the other", source=TEXT, helps=effect(), hurts=effect())
        ),
    )
    level = known(
        "coverage of one level of the organisation",
        level=LEVEL,
        goals=many(TEXT),
        reached={**many(TEXT), "description": "by what is done"},
        below={**many(TEXT), "description": "those that stand below another goal"},
        moving_up={**many(TEXT), "description": "those of them that move it"},
        undertaken={**many(TEXT), "description": "those with an initiative of their own"},
    )
    return document(
        "sight",
        1,
        "The answer of `mpmflow sight`",
        as_of={**optional(DATE), "description": "the day of the data; null where the file alone was asked"},
        levels=many(level),
        objectives=many(objective_sight()),
        activities=many(activity),
        metrics=many(metric),
        up=many(up),
        across=many(across),
        blind=many(TEXT),
        orphans=many(TEXT),
        vanity=many(TEXT),
        efficient_only=many(TEXT),
        notes=many(TEXT),
        provenance={"type": "object"},
    )
