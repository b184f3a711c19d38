"""Models of every form of the language, for hypothesis.

`models()` draws a whole model: names and units close to words of the language, numbers with and without a finite
decimal, one action or several. Names do not always refer to something: reading and printing must not care.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from mpmflow.model import alliances, expressions, goals, measures, observations, process, rules, scenes
from mpmflow.model import distributions as law
from mpmflow.model.base import Allow
from mpmflow.model.model import Model
from mpmflow.model.quantities import SHORT, Quantity
from mpmflow.model.units import TAKEN_UNITS

WORDS = (
    "brief", "copy", "media", "legal", "agency", "leads", "spend", "revenue", "launch", "review", "x", "y2",
    "a_b", "délai", "delay", "cost", "fix", "test", "time", "step", "by", "takes", "if", "target", "owner",
    "at", "yes", "no", "approve", "expect", "given", "when", "log", "unit", "metric", "higher", "work",
    "every", "from", "warn", "alert", "do", "per", "to", "clears", "allow", "seen", "in", "for", "serves", "_",
)  # fmt: skip
"""Names on purpose close to words of the language, which are special only where they can begin a clause."""

TAKEN_IN_EXPRESSIONS = frozenset({"and", "or", "not"})

names = st.one_of(st.sampled_from(WORDS), st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)).filter(
    lambda name: name not in TAKEN_IN_EXPRESSIONS
)
"""A name of the language."""

outcome_names = names.filter(lambda name: name not in process.TAKEN_OUTCOMES)
dotted = st.one_of(names, st.tuples(names, names).map(".".join))
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"), max_size=20
)
labels = st.none() | texts
allows = st.lists(
    st.builds(Allow, code=st.sampled_from(["unused-team", "orphan-metric"]), reason=texts), max_size=2
).map(tuple)
finite = st.builds(lambda digits, places: Fraction(digits, 10**places), st.integers(0, 10**9), st.integers(0, 4))
ratios = st.builds(Fraction, st.integers(0, 10**12), st.integers(1, 10**12))
floats = st.floats(0, 1e300).map(lambda number: Fraction(repr(number)))
decimals = finite | finite | ratios | floats
shares = st.integers(0, 1000).map(lambda tenths: Fraction(tenths, 1000)) | st.builds(
    lambda a, b: Fraction(min(a, b), max(a, b)), st.integers(1, 10**9), st.integers(1, 10**9)
)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def quantity(
    units: st.SearchStrategy[str], values: st.SearchStrategy[Fraction] = decimals
) -> st.SearchStrategy[Quantity]:
    """A number with one of these units."""
    return st.builds(Quantity, value=values, unit=units)


times = quantity(st.sampled_from(["s", "min", "h", "d", "w", "mo", "y"]))
spans = quantity(st.sampled_from(["min", "h", "d", "w", "mo"]), st.integers(1, 60).map(Fraction))
money = quantity(st.sampled_from(["eur", "usd"]))
hourly = quantity(st.sampled_from(["eur/h", "usd/d"]))
units = st.one_of(
    st.sampled_from(["", "%", "eur", "leads", "eur/leads", "d", "people", "k", "M", "e5", "eur/h/d"]),
    st.sampled_from(["1/w", "1/leads", "1/w/target", "leads/w"]),
    st.tuples(names, names).map("/".join) | names,
).filter(lambda unit: TAKEN_UNITS.isdisjoint(unit.split("/")))
amounts = quantity(units)
signed = quantity(units, st.builds(lambda a, s: a * s, decimals, st.sampled_from([1, -1])))
rates = quantity(st.sampled_from(["1/w", "1/d", "leads/w"]))
values = amounts | rates
figures = quantity(units, finite) | rates.filter(
    lambda rate: max(rate.value.numerator, rate.value.denominator) < 10**SHORT
)
"""What a formula may hold as one number."""


def _ordered(kind: Any, *fields: str) -> st.SearchStrategy[Any]:
    def build(found: list[Quantity]) -> Any:
        return kind(**dict(zip(fields, sorted(found, key=lambda one: one.base), strict=True)))

    return st.lists(times, min_size=len(fields), max_size=len(fields)).map(build)


positive = quantity(st.sampled_from(["h", "d"]), st.integers(1, 500).map(Fraction))
durations = st.one_of(
    st.builds(law.Constant, value=times),
    _ordered(law.Uniform, "low", "high"),
    st.builds(law.Exponential, mean=times),
    _ordered(law.Triangular, "low", "mode", "high"),
    st.builds(law.Normal, mean=times, sd=times),
    st.builds(law.Lognormal, mean=positive, sd=times),
    st.builds(law.Gamma, mean=positive, sd=times),
    st.builds(law.Weibull, shape=st.integers(1, 500).map(lambda n: Fraction(n, 100)), scale=times),
    st.builds(law.Empirical, file=texts, column=names | texts),
)

# --- the process ---

_DAYS = process.DAYS


def _works(start: int, length: int, opens: int, closes: int) -> process.Works:
    stretch = tuple(_DAYS[(start + step) % 7] for step in range(length))
    low, high = sorted((opens, closes))
    return process.Works(
        days=stretch, start=f"{low // 60:02}:{low % 60:02}", end=f"{(high + 1) // 60:02}:{(high + 1) % 60:02}"
    )


works = st.builds(_works, st.integers(0, 6), st.integers(1, 6), st.integers(0, 1439), st.integers(0, 1439))
teams = st.builds(
    process.Team,
    name=names,
    label=labels,
    allow=allows,
    partner=st.booleans(),
    people=st.integers(0, 50),
    cost=st.none() | hourly,
    works=st.lists(works, max_size=3).map(tuple),
    serves=st.sampled_from(["first come", "oldest first", "shortest first", "priority first"]),
    owner=labels,
)
handoffs = st.builds(
    alliances.Handoff,
    giver=names,
    taker=names,
    label=labels,
    within=times.filter(lambda time: time.value > 0),
    share=st.none() | shares.filter(lambda share: share > 0),
    owner=labels,
    allow=allows,
)
poisson = st.builds(process.PoissonArrivals, cases=decimals, per=spans)
renewal = st.builds(process.RenewalArrivals, gap=durations)
batch = st.builds(process.BatchArrivals, cases=st.integers(1, 500))
seen = st.builds(
    process.Seen,
    activities=st.lists(texts, min_size=1, max_size=3).map(tuple),
    where=st.lists(st.tuples(names | texts, texts), max_size=2).map(tuple),
)
work = {
    "name": names,
    "label": labels,
    "allow": allows,
    "by": st.none() | names,
    "takes": st.none() | durations,
    "waits": st.none() | durations,
    "costs": st.none() | money,
    "owner": labels,
    "seen_as": st.none() | seen,
}
batches = st.builds(process.Batch, size=st.integers(1, 99), within=spans)
steps = st.builds(process.Step, target=st.none() | names, batch=st.none() | batches, **work)


@st.composite
def outcome_lists(draw: st.DrawFn) -> tuple[process.Outcome, ...]:
    """Outcomes of one decision, with names that differ."""
    found = []
    for name in draw(st.lists(outcome_names, min_size=1, max_size=4, unique=True)):
        scrap = draw(st.booleans()) and draw(st.booleans())
        counted = st.tuples(st.integers(0, 50), st.integers(50, 99)).map(lambda pair: process.Share.of(*pair))
        percents = st.lists(shares, min_size=1, max_size=3).map(lambda row: process.Share(by_visit=tuple(row)))
        found.append(
            process.Outcome(
                name=name,
                label=draw(labels),
                share=draw(st.none() | counted | percents),
                target=None if scrap else draw(st.none() | names),
                rework=draw(st.booleans()),
                scrap=scrap,
                waste=draw(st.booleans()),
                delay=draw(st.none() | durations),
                at_most=draw(st.none() | st.builds(process.AtMost, times=st.integers(1, 20), target=names)),
                seen_as=draw(st.none() | seen),
                allow=draw(allows),
            )
        )
    return tuple(found)


decisions = st.builds(process.Decision, outcomes=outcome_lists(), **work)
chooses = st.builds(process.Choose, outcomes=outcome_lists(), **work)
calls = st.builds(
    process.Call, name=names, label=labels, allow=allows, workflow=names, owner=labels, target=st.none() | names
)
ends = st.builds(process.End, kind=st.sampled_from(["done", "scrap"]), name=st.none() | names)
plain_nodes = st.one_of(steps, decisions, chooses, calls, ends)


def _parallels(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    body = st.lists(inner, max_size=3).map(tuple)
    branches = st.lists(st.builds(process.Branch, body=body), min_size=1, max_size=3).map(tuple)
    return inner | st.builds(
        process.Parallel,
        name=names,
        label=labels,
        allow=allows,
        join=st.sampled_from(["all", "first"]),
        branches=branches,
        target=st.none() | names,
    )


nodes = st.recursive(plain_nodes, _parallels, max_leaves=4)
workflows = st.builds(
    process.Workflow,
    name=names,
    label=labels,
    allow=allows,
    owner=labels,
    arrivals=st.none() | poisson | renewal | batch,
    deadline=st.none() | spans,
    priority=st.none() | st.integers(1, 9),
    teams=st.lists(teams, max_size=2).map(tuple),
    handoffs=st.lists(handoffs, max_size=2).map(tuple),
    start=st.none() | names,
    body=st.lists(nodes, max_size=5).map(tuple),
)

# --- measures ---

leaves = st.one_of(st.builds(expressions.Amount, value=figures), st.builds(expressions.Reference, name=dotted))


def _joined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    operators = st.sampled_from(["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "!=", "and", "or"])
    return st.one_of(
        st.builds(expressions.Binary, operator=operators, left=inner, right=inner),
        st.builds(expressions.Unary, operator=st.sampled_from(["-", "not"]), operand=inner),
        st.builds(expressions.Function, function=names, arguments=st.lists(inner, max_size=3).map(tuple)),
    )


formulas = st.recursive(leaves, _joined, max_leaves=6)
targets = st.builds(
    measures.Target,
    comparison=st.sampled_from(["at least", "at most"]),
    value=amounts,
    per=st.none() | spans,
    start=st.none(),
    by=st.none() | days,
) | st.builds(
    measures.Target,
    comparison=st.sampled_from(["at least", "at most"]),
    value=amounts,
    start=days,
    by=st.none() | days,
)
better = st.sampled_from([None, "higher", "lower"])
metrics = st.builds(
    measures.Metric,
    name=names,
    label=labels,
    allow=allows,
    category=st.sampled_from(["activity", "output", "operational", "outcome"]),
    formula=st.none() | formulas,
    unit=st.none() | units,
    better=better,
    target=st.none() | targets,
    owner=labels,
)
lags = _ordered(measures.Lag, "low", "high") | times.map(lambda span: measures.Lag(low=span, high=span))
strengths = st.one_of(
    st.none(),
    st.builds(measures.Each, step=signed.filter(lambda one: one.value != 0), adds=signed),
    st.builds(measures.Elasticity, value=signed.map(lambda one: one.value)),
    st.builds(measures.Saturating, most=signed, half=signed.filter(lambda one: one.value > 0)),
    st.builds(measures.Learned, saturating=st.booleans()),
)
causes = st.builds(
    measures.Cause,
    allow=allows,
    source=dotted,
    effect=dotted,
    lag=st.none() | lags,
    strength=strengths,
    confidence=st.none() | shares,
    evidence=st.none()
    | st.builds(measures.Evidence, grade=st.sampled_from(["declared", "associated", "experiment"]), note=labels),
)
thresholds = st.builds(rules.Threshold, side=st.sampled_from(["above", "below"]), value=values)


def _outside(pair: tuple[Fraction, Fraction]) -> rules.Outside:
    low, high = sorted(pair)
    return rules.Outside(low=Quantity(value=low, unit="%"), high=Quantity(value=high, unit="%"))


simple_conditions = st.one_of(
    thresholds,
    st.tuples(decimals, decimals).map(_outside),
    st.builds(rules.Moves, direction=st.sampled_from(["rises", "falls"]), share=shares.filter(bool), span=spans),
    st.builds(
        rules.OutOfControl, chart=st.sampled_from([None, "limits", "western_electric", "nelson", "ewma", "cusum"])
    ),
    st.sampled_from(["2 of 3 beyond 2 sigma", "8 in a row on one side", "6 in a row rising or falling"]).map(
        lambda pattern: rules.OutOfControl(chart="rule", pattern=pattern)
    ),
)


def _conditions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(rules.Both, left=inner, right=inner),
        st.builds(rules.Either, left=inner, right=inner),
        st.builds(rules.Negation, condition=inner),
        st.builds(rules.Held, condition=inner, span=spans),
    )


conditions = st.recursive(simple_conditions, _conditions, max_leaves=5)
indicators = st.builds(
    measures.Indicator,
    name=names,
    label=labels,
    allow=allows,
    measure=formulas,
    expect=st.none() | values,
    better=better,
    rules=st.lists(
        st.builds(
            rules.Rule, level=st.sampled_from(["warn", "alert"]), condition=conditions, clears=st.none() | thresholds
        ),
        max_size=3,
    ).map(tuple),
    missed_warning_costs=st.none() | money,
    false_alarm_costs=st.none() | money,
    owner=labels,
    do=st.lists(names, max_size=3).map(tuple),
)

# --- goals and data ---

_objective = {
    "name": names,
    "label": labels,
    "allow": allows,
    "level": st.sampled_from(goals.LEVELS),
    "measured_by": st.lists(names, max_size=3).map(tuple),
    "target": st.none() | targets,
    "owner": labels,
}
objectives = st.recursive(
    st.builds(goals.Objective, **_objective),
    lambda inner: st.builds(goals.Objective, children=st.lists(inner, max_size=2).map(tuple), **_objective),
    max_leaves=4,
)
initiatives = st.builds(
    goals.Initiative,
    name=names,
    label=labels,
    allow=allows,
    moves=st.lists(st.builds(goals.Move, lever=dotted, start=values, goal=values, by=st.none() | days), max_size=2).map(
        tuple
    ),
    costs=st.none() | money,
    owner=labels,
    serves=st.lists(names, max_size=3).map(tuple),
)
commitments = st.builds(
    goals.Commitment,
    name=names,
    label=labels,
    allow=allows,
    by=labels,
    promises=st.lists(st.builds(goals.Promise, metric=names, target=targets), max_size=2).map(tuple),
    if_met=labels,
    if_missed=labels,
    reminders=st.lists(
        st.builds(
            goals.Reminder,
            actions=st.lists(names, min_size=1, max_size=2).map(tuple),
            before=st.lists(spans, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
)
benchmarks = st.builds(goals.Benchmark, allow=allows, metric=names, value=values, label=labels, source=labels)


def _columns(log: bool) -> st.SearchStrategy[tuple[observations.Column, ...]]:
    roles = st.builds(
        observations.Column,
        role=st.sampled_from(observations.ROLES if log else ("time",)),
        column=st.none() | names | texts,
    )
    free = names.filter(lambda name: name not in observations.ROLES)
    own = st.builds(
        observations.Column,
        name=free,
        type=st.sampled_from(["number", "text", "time"]) if log else st.none(),
        column=st.none() | names | texts,
    )
    return st.lists(roles | own, max_size=4).map(tuple)


queries = st.none() | texts.map(lambda rest: f"select {rest}")
logs = st.builds(observations.LogSource, path=texts, query=queries, columns=_columns(True), allow=allows)
series = st.builds(observations.SeriesSource, path=texts, query=queries, columns=_columns(False), allow=allows)

# --- scenarios and tests ---


def _same_days(hours: list[process.Works]) -> tuple[process.Works, ...]:
    return tuple(one.model_copy(update={"days": hours[0].days}) for one in hours)


settings = st.one_of(
    st.builds(
        scenes.Setting,
        lever=st.tuples(names, st.sampled_from(["takes", "people", "no"])).map(".".join),
        value=signed | durations | st.lists(works, min_size=1, max_size=2).map(_same_days),
    ),
    st.builds(scenes.Setting, lever=names.map(lambda name: f"{name}.arrivals"), value=poisson | renewal | batch),
    st.builds(scenes.Setting, lever=st.tuples(names, names, st.just("delay")).map(".".join), value=durations | rates),
)
scenarios = st.builds(
    scenes.Scenario, name=names, label=labels, allow=allows, settings=st.lists(settings, max_size=3).map(tuple)
)


@st.composite
def tests(draw: st.DrawFn) -> scenes.Test:
    """A test whose cells are columns of its table."""
    columns = draw(st.lists(names.filter(lambda name: name != "_"), max_size=3, unique=True))
    examples = None
    if columns:
        cell = values | names | texts | days.map(date.isoformat)
        rows = draw(st.lists(st.tuples(*[cell] * len(columns)), max_size=3))
        examples = scenes.Examples(columns=tuple(columns), rows=tuple(rows))
    cells = st.sampled_from(columns).map(lambda name: scenes.Cell(column=name)) if columns else st.nothing()
    single = st.builds(scenes.Value, value=values) | cells
    ramps = st.builds(scenes.Ramp, start=single, step=signed, times=st.integers(0, 100))
    if columns:
        ramps |= st.builds(scenes.Ramp, start=single, step=cells, down=st.booleans(), times=st.integers(0, 100))
    observed = st.builds(scenes.Value, value=st.none()) | single | ramps
    given_ = st.builds(
        scenes.Given,
        name=dotted,
        values=st.lists(observed, min_size=1, max_size=4).map(tuple),
        every=spans,
        start=days | cells,
    )
    at = draw(st.none() | days | cells)
    when = {"at": st.just(at), "within": st.none() if at is None else st.none() | spans}
    expected = st.one_of(
        st.builds(scenes.ExpectState, name=dotted, state=names, **when),
        st.builds(
            scenes.ExpectLevel, name=dotted, side=st.sampled_from(["above", "below"]), value=values | cells, **when
        ),
        st.builds(
            scenes.ExpectSpread,
            what=st.sampled_from(["delay", "rework"]),
            node=names,
            direction=st.sampled_from(["rises", "falls"]),
            **when,
        ),
        st.builds(scenes.ExpectSilence, level=st.sampled_from(["warn", "alert"]), name=dotted),
    )
    return scenes.Test(
        title=draw(texts),
        allow=draw(allows),
        examples=examples,
        given=tuple(draw(st.lists(given_, max_size=2))),
        expects=tuple(draw(st.lists(expected, max_size=3))),
    )


def models() -> st.SearchStrategy[Model]:
    """A model with a few statements of every form."""

    def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
        return st.lists(strategy, max_size=2).map(tuple)

    return st.builds(
        Model,
        teams=some(teams),
        workflows=some(workflows),
        handoffs=some(handoffs),
        metrics=some(metrics),
        causes=some(causes),
        indicators=some(indicators),
        objectives=some(objectives),
        initiatives=some(initiatives),
        commitments=some(commitments),
        benchmarks=some(benchmarks),
        data=some(logs | series),
        scenarios=some(scenarios),
        tests=some(tests()),
    )
