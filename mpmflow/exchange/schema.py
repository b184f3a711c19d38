"""The JSON Schema (draft 2020-12) of the model and of every document that a verb prints with `--json`.

Times are seconds, shares fractions of 1, dates ISO 8601. A document may get new fields within its version, so readers
should pass over what they do not know; fields named here stay, with their meaning. The module is as long as there are
documents: one function each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from mpmflow.model.model import Model

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
YES_OR_NO: Schema = {"type": "boolean"}
DATE: Schema = {"type": "string", "format": "date"}
SHARES_BY_SOURCE: Schema = {
    "type": "object",
    "additionalProperties": NUMBER,
    "description": "what each source, by dotted name, adds to the figure beside it; the parts add up to the whole",
}


def schema(document: str) -> Schema:
    """The schema of one document, by its name. Raises KeyError for a name that is not in `DOCUMENTS`.

    >>> schema("check")["properties"]["schema"]["const"]
    'mpmflow/check/1'
    """
    return {"$schema": DIALECT, **DOCUMENTS[document]()}


def known(description: str = "", **fields: Schema) -> Schema:
    """An object that has all these fields, and may have more."""
    said = {"description": description} if description else {}
    return {"type": "object", **said, "properties": fields, "required": list(fields)}


def optional(thing: Schema) -> Schema:
    """That thing, or null where it is not known or does not apply."""
    return {"anyOf": [thing, {"type": "null"}]}


def many(thing: Schema) -> Schema:
    """A list of that thing."""
    return {"type": "array", "items": thing}


def named(thing: Schema) -> Schema:
    """An object with any names, each for one of that thing."""
    return {"type": "object", "additionalProperties": thing}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def document(name: str, version: int, title: str, /, **fields: Schema) -> Schema:
    """A whole document with its head."""
    head = {"schema": {"const": f"mpmflow/{name}/{version}"}, "mpmflow": {**TEXT, "description": "version of mpmflow"}}
    return {"title": title, **known("", **head, **fields)}


class _Generator(GenerateJsonSchema):
    """Empty rosters are empty lists in JSON, which pydantic does not know by itself."""

    def encode_default(self, dft: Any) -> Any:
        return [] if dft == () else super().encode_default(dft)


def _model() -> Schema:
    return Model.model_json_schema(by_alias=True, schema_generator=_Generator)


def _check() -> Schema:
    place = {
        name: optional(COUNT | {"minimum": 1, "description": "counted from 1"})
        for name in ("line", "column", "end_line", "end_column")
    }
    finding = known(
        "",
        code=TEXT,
        severity=one_of("error", "warning", "info"),
        message=TEXT,
        help=TEXT,
        file=optional(TEXT),
        **place,
    )
    return document(
        "check",
        1,
        "What `mpmflow check` found",
        diagnostics=many(finding),
        allowed={**COUNT, "description": "findings silenced by `allow`"},
    )


def _format() -> Schema:
    file = known("", file=TEXT, formatted=YES_OR_NO, changed=YES_OR_NO, written=YES_OR_NO)
    return document("format", 1, "What `mpmflow fmt` did", files=many(file))


def _drawing() -> Schema:
    written = many(known("", path=TEXT, bytes=COUNT))
    return document("drawing", 1, "What `mpmflow draw` drew", view=TEXT, written=written, dot=TEXT)


def _export() -> Schema:
    written = many(known("", path=TEXT, bytes=COUNT))
    prism = {**optional(TEXT), "description": "the PRISM model, where no file was asked for"}
    return document("export", 1, "What `mpmflow export` wrote", workflow=optional(TEXT), written=written, prism=prism)


def _analysis() -> Schema:
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
        ranking=many(known("what a decision gains if it never reworks, delays or loses", decision=TEXT, gains=change)),
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
    found["properties"]["overload"] = _overload()
    return found


def _overload() -> Schema:
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


def _what_if() -> Schema:
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
        overload=_overload(),
        notes=many(TEXT),
    )
    forecast = known("from today on, by the observations", as_of=DATE, scenarios=many(_scenario_figure()))
    return document(
        "what-if",
        1,
        "The answer of `mpmflow what-if`",
        overload=_overload(),
        scenarios=many(scenario),
        forecast=optional(forecast),
    )


def _scenario_figure() -> Schema:
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


def _simulation() -> Schema:
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


def _risk() -> Schema:
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
        rework=known("", extra_visits=NUMBER, by=SHARES_BY_SOURCE),
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
        reaches_on=optional(DATE),
        by=SHARES_BY_SOURCE,
        paths=many(many(TEXT)),
    )
    warning = known("", leading=TEXT, lagging=TEXT, warning_time=NUMBER, evidence=TEXT)
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
        p_miss={**optional(SHARE), "description": "the largest among its metrics"},
        moved_by=many(TEXT),
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
        teams=many(team),
        segments=many(segments),
        scenarios=many(_scenario_figure()),
        draws={**COUNT, "description": "behind intervals and probabilities"},
        choice=optional(choice),
        actions=many(action),
        coverage=coverage,
    )


def _remaining() -> Schema:
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


def _formula() -> Schema:
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


def _fit() -> Schema:
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
        causes=many(_learned_cause()),
        notes=many(TEXT),
        provenance=optional({"type": "object"}),
    )


def _sweep() -> Schema:
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


def _explanation() -> Schema:
    return document(
        "explanation",
        1,
        "The answer of `mpmflow explain`",
        name=TEXT,
        label=TEXT,
        kind=one_of("indicator", "metric", "place", "objective"),
        owner=optional(TEXT),
        state=optional(one_of("ok", "pending", "warn", "alert", "unknown")),
        since=optional(DATE),
        figures={"type": "object", "description": "the numbers behind it, by the names of the risk document"},
        clauses=many({"type": "object", "description": "a rule, with its clauses under `parts`"}),
        by=SHARES_BY_SOURCE,
        rework={**named(NUMBER), "description": "extra visits per case: by source, or of an indicator by place"},
        delay={**named(NUMBER), "description": "extra seconds per case: by source, or of an indicator by place"},
        paths=many(many(TEXT)),
        measured_by=many({"type": "object", "description": "the metrics of an objective, each explained"}),
    )


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


def _observed() -> Schema:
    moment = {"type": "string", "format": "date-time"}
    indicator = known(
        "",
        name=TEXT,
        unit={**TEXT, "description": "share, rounds, s, cases, or empty for what a table brought"},
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


def _discovery() -> Schema:
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


def _learned_cause() -> Schema:
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
        grade=one_of("strong", "fair", "none"),
        why=TEXT,
        said=known("`step` more of the source add gain times `scale` of `unit`", step=TEXT, unit=TEXT, scale=NUMBER),
    )


def _causes() -> Schema:
    return document(
        "causes",
        1,
        "The answer of `mpmflow fit --causes` and `--propose-causes`: what foretells what, not what causes what",
        declared=YES_OR_NO,
        causes=many(_learned_cause()),
        lines={**many(TEXT), "description": "the links that hold up, in the language"},
        notes=many(TEXT),
    )


def _place() -> dict[str, Schema]:
    return {name: optional(COUNT | {"minimum": 1}) for name in ("line", "column")}


def _test() -> Schema:
    clause = {"$ref": "#/$defs/clause"}
    truth = one_of("true", "false", "unknown")
    levels = {name: optional(NUMBER) for name in ("value", "low", "high")}
    whole = known("", text=TEXT, truth=truth, **levels, fires=YES_OR_NO, pending=YES_OR_NO, parts=many(clause))
    expectation = known("", expected=TEXT, got=TEXT, passed=YES_OR_NO, **_place(), why=many(clause), hint=TEXT)
    case = known(
        "a test, or one row of its examples",
        file=TEXT,
        line=optional(COUNT),
        name=TEXT,
        title=TEXT,
        row=optional(COUNT),
        outcome=one_of("passed", "failed"),
        fault={**optional(TEXT), "description": "why it could not be judged"},
        expectations=many(expectation),
    )
    found = document(
        "test",
        1,
        "What `mpmflow test` found",
        files=many(TEXT),
        without_tests=many(TEXT),
        passed=COUNT,
        failed=COUNT,
        tests=many(case),
    )
    return {**found, "$defs": {"clause": whole}}


def _test_coverage() -> Schema:
    item = known(
        "",
        kind=one_of("clause", "outcome", "cause"),
        name=TEXT,
        text=TEXT,
        state={**TEXT, "description": "both, never evaluated, or only ever one half"},
        halves={**named(COUNT), "description": "the two ways it can come out, and how often each did"},
        file=optional(TEXT),
        **_place(),
    )
    share = {**SHARE, "description": "of all halves, those that came in some test"}
    return document("test-coverage", 1, "What `mpmflow test --coverage` found", share=share, items=many(item))


def _test_mutation() -> Schema:
    mutant = known(
        "",
        kind=TEXT,
        name=TEXT,
        before=TEXT,
        after=TEXT,
        fate=one_of("noticed", "missed", "equivalent", "unseen"),
        noticed_by=optional(TEXT),
        remedy={**optional(TEXT), "description": "a test block that notices the change"},
        file=optional(TEXT),
        **_place(),
    )
    score = {**SHARE, "description": "noticed over all that are not proven equivalent"}
    return document("test-mutation", 1, "What `mpmflow test --mutate` found", score=score, mutants=many(mutant))


DOCUMENTS: dict[str, Callable[[], Schema]] = {
    "model": _model,
    "analysis": _analysis,
    "causes": _causes,
    "check": _check,
    "discovery": _discovery,
    "explanation": _explanation,
    "drawing": _drawing,
    "export": _export,
    "format": _format,
    "formula": _formula,
    "observed": _observed,
    "risk": _risk,
    "remaining": _remaining,
    "simulation": _simulation,
    "sweep": _sweep,
    "test": _test,
    "test-coverage": _test_coverage,
    "test-mutation": _test_mutation,
    "fit": _fit,
    "what-if": _what_if,
}
"""Every document, by the name that its `schema` field has between the slashes."""
