"""What the process itself implies: figures, formulas, scenarios, sweeps, simulations, what an open case has left."""

from __future__ import annotations

from .risk import scenario_figure
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


def analysis() -> Schema:
    effect = known("", gradient=optional(NUMBER), elasticity=optional(NUMBER))
    time = {name: optional(NUMBER) for name in ("mean", "sd", "p50", "p90", "p95")}
    step = known("", visits=NUMBER, time=NUMBER, wait=optional(NUMBER), cost=NUMBER)
    team = known("", load=optional(NUMBER), wait=optional(NUMBER))
    team["properties"] |= {
        "delayed": {**optional(SHARE), "description": "chance that a visit has to wait"},
        "queue": {**optional(NUMBER), "description": "visits waiting at a time"},
        "wait_per_case": {**optional(NUMBER), "description": "seconds that a case waits for it in all its visits"},
    }
    change = {**named(NUMBER), "description": "exact change of each figure"}
    apart = {**named(NUMBER), "description": "what these gains are more than the two single ones added up"}
    both = known("two decisions mended together", decisions=many(TEXT), gains=change, beyond=apart)
    ranked = known("what a decision gains if it never reworks, delays or loses", decision=TEXT, gains=change)
    # Only where mending lets so many cases go on that a team cannot keep up:
    overloads = {**many(TEXT), "description": "teams that could then not keep up, so that time with waits has no mean"}
    for row in (ranked, both):
        row["properties"]["overloads"] = overloads
    second = {**NUMBER, "description": "second derivative of the figure in the two shares"}
    pair = known("two outcomes whose effects hang together", levers=many(TEXT), figure=TEXT, second=second)
    workflow = known(
        "The figures of one workflow; a figure is null where it has no meaning",
        ends=named(SHARE),
        visits=named(NUMBER),
        time=known("over all cases, however they end", **time, late=optional(SHARE)),
        touch_time=known("the working time of a case", mean=optional(NUMBER)),
        cost=known("of a case", mean=optional(NUMBER), sd=optional(NUMBER), currency=optional(TEXT)),
        first_pass=optional(SHARE),
        rework=optional(SHARE),
        scrap=optional(SHARE),
        throughput_per_s=optional(NUMBER),
        wip=optional(NUMBER),
        teams=named(team),
        steps=named(step),
        levers=many(known("", lever=TEXT, value={}, effects=named(effect))),
        ranking=many(ranked),
        mending_both=many(both),
        interactions=many(pair),
        method=named(one_of("exact", "bounded", "approximate", "simulated")),
    )
    workflow["properties"]["yield"] = optional(SHARE)
    workflow["required"].append("yield")
    # Only where cases keep coming to teams, so that waits are counted:
    person = {**optional(named(NUMBER)), "description": "changes of figures; null where there would be none"}
    workflow["properties"]["time"]["properties"]["without_wait"] = {
        **optional(NUMBER), "description": "mean time of a case that finds everybody free"
    }  # fmt: skip
    workflow["properties"]["people"] = many(
        known("one person more or fewer", lever=TEXT, value=COUNT, one_more=person, one_fewer=person)
    )
    workflow["properties"]["waits"] = known(
        "how waits were worked out",
        formula=one_of("work", "qna", "jackson", "mgm"),
        error=known("of the total wait against simulation, as a share of it", median=NUMBER, one_in_ten=NUMBER),
        low_confidence=many(TEXT),
        draws=COUNT,
        seed=optional(COUNT),
    )
    found = document("analysis", 1, "The answer of `mpmflow analyze`", workflows=named(workflow))
    found["properties"]["overload"] = overload()
    return found


def overload() -> Schema:
    return many(
        known(
            "a team with more work than people",
            team=TEXT,
            people=COUNT,
            load=NUMBER,
            without_rework={**named(NUMBER), "description": "load by workflow, were there no rework"},
            rework={
                **named(NUMBER),
                "description": "load that the rework of each decision adds; adds up with the former",
            },
            growth_per_day={**NUMBER, "description": "seconds of work that pile up in a day"},
            largest_arrivals_per_s={**named(NUMBER), "description": "below which the team would keep up, by workflow"},
            largest_shares={**named(optional(SHARE)), "description": "likewise, by outcome; null where none would do"},
            enough_people={**COUNT, "description": "for a load of at most 85 %"},
            late_after={**named(NUMBER), "description": "seconds until waits alone exceed the deadline, by workflow"},
        )
    )


def what_if() -> Schema:
    change = known(
        "", today=optional(NUMBER), then=optional(NUMBER), change=optional(NUMBER), relative=optional(NUMBER)
    )
    team = known(
        "",
        people=change,
        load=change,
        wait=change,
        queue=change,
        cost_per_week=change,
        currency=optional(TEXT),
    )
    scenario = known(
        "",
        name=TEXT,
        label=TEXT,
        workflows=named({**named(change), "description": "figure by figure, named as in analyze"}),
        teams=named(team),
        metrics=named({**change, "description": "planned level, in base units"}),
        overload=overload(),
        notes=many(TEXT),
    )
    forecast = known("from today on, by the observations", as_of=DATE, scenarios=many(scenario_figure()))
    return document(
        "what-if",
        1,
        "The answer of `mpmflow what-if`",
        overload=overload(),
        scenarios=many(scenario),
        forecast=optional(forecast),
    )


def simulation() -> Schema:
    interval = {**optional(NUMBER), "description": "end of the 95 % interval"}
    estimate = known("a figure over the replications", mean=optional(NUMBER), low=interval, high=interval)
    figure = optional(estimate)
    time = dict.fromkeys(("mean", "sd", "p50", "p90", "p95", "late"), figure)
    step = known("", visits=estimate, time=estimate, wait=estimate, cost=estimate)
    team = known("", load=estimate, wait=estimate, wait_per_case=estimate, queue=estimate)
    tree = {
        "ends": named(estimate),
        "visits": named(estimate),
        "time": known("over all cases, however they end", **time),
        "touch_time": known("the working time of a case", mean=estimate),
        "cost": known("of a case", mean=figure, sd=figure, currency=optional(TEXT)),
        "first_pass": figure,
        "rework": figure,
        "scrap": figure,
        "yield": figure,
        "waste": known("spent on a case and then not used", cost=figure, touch_time=figure),
        "throughput_per_s": figure,
        "wip": figure,
        "teams": named(team),
        "steps": named(step),
    }
    workflow = known("The figures of one workflow", **tree, cases=COUNT, notes=many(TEXT))
    run = known(
        "what was simulated",
        cases=COUNT,
        replications=COUNT,
        interrupted=YES_OR_NO,
        warmup={**COUNT, "description": "cases left out at the start of each replication"},
        arrived=COUNT,
        ended=COUNT,
        left=COUNT,
        loads=named(optional(NUMBER)),
        overloaded=many(TEXT),
    )
    scenario = known(
        "a scenario under the same luck",
        workflows=named(workflow),
        difference=named(known("the scenario less today, from pairs of replications", **tree)),
        run=run,
    )
    return document(
        "simulation",
        1,
        "The answer of `mpmflow simulate`",
        workflows=named(workflow),
        scenarios=named(scenario),
        cases=COUNT,
        seed=COUNT,
        run=run,
        precision=known("", workflow=TEXT, figure=TEXT, within=optional(SHARE), reached=optional(NUMBER)),
        confidence=SHARE,
        notes=many(TEXT),
    )


def remaining() -> Schema:
    numbers = {name: optional(NUMBER) for name in ("mean", "sd", "p50", "p90", "p95")}
    error = {**optional(NUMBER), "description": "bound on the error of a chance"}
    method = one_of("exact", "bounded", "approximate")
    return document(
        "remaining",
        1,
        "The answer of `mpmflow.remaining_time`: what an open case has left",
        workflow=TEXT,
        at=TEXT,
        age=NUMBER,
        elapsed=optional(NUMBER),
        remaining=known("seconds from now on", **numbers, method=method, error=error),
        late=optional(SHARE),
        ends=named(SHARE),
        overdue=YES_OR_NO,
    )


def formula() -> Schema:
    fraction = {**TEXT, "description": "an exact fraction such as 3/2"}
    terms = optional(many(known("", coefficient=fraction, powers=named(COUNT))))
    lever = known(
        "",
        lever=TEXT,
        value=SHARE,
        by_visit=many(SHARE),
        highest=NUMBER,
        gradient=optional(NUMBER),
        break_even=optional(many(SHARE)),
    )
    return document(
        "formula",
        1,
        "The answer of `mpmflow analyze --formula`",
        workflow=TEXT,
        figure=TEXT,
        unit={**TEXT, "description": "s, 1/s, a currency, or empty"},
        value=optional(NUMBER),
        target=optional(NUMBER),
        formula=optional(TEXT),
        numerator=terms,
        denominator=terms,
        levers=many(lever),
        notes=many(TEXT),
    )


def sweep() -> Schema:
    column = many(optional(NUMBER))
    return document(
        "sweep",
        1,
        "The answer of `mpmflow.sweep`: many scenarios of one workflow",
        workflow=TEXT,
        shape=many(COUNT),
        levers=named(many(NUMBER)),
        figures=named(column),
        today=named(optional(NUMBER)),
        method=named(one_of("exact", "bounded", "approximate", "simulated")),
        how=one_of("side by side", "one by one"),
        notes=many(TEXT),
    )
