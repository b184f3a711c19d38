"""The tree of an .mpm file: what was written, one class for each rule of `grammars/mpm.lark`.

What all classes share:

* They are frozen and compare by what was written: `span`, the place in the text, is left out of equality, of `repr` and
  may be None. So a tree read from a text equals the same tree made by hand, and the printer takes both.
* Numbers stay as written (`Quantity("1.2M", "eur")`); turning them into figures is the compiler's work. Names and dates
  are a `Word`, text between quotation marks is a `Text` with its escapes resolved.
* What may be absent is None, what may be repeated is a tuple. A clause that was written twice
  keeps its first writing, and the parser says so.

A file that did not parse without errors still gives a tree: the statements that could be read.

This module owes its length to the language: it is a list of its forms, with nothing else in it.
"""

from __future__ import annotations

from mpmflow.diagnostics.source import Span
from mpmflow.syntax.records import Record, record


class Node(Record):
    """What all parts of the tree are."""

    __slots__ = ()


# --- marks: the words, texts and numbers of a file


@record
class Word(Node):
    """A name (`brief`), a dotted name (`brief_complete.no`), a date (`2026-05-01`), a check's code or a word of the
    language.
    """

    text: str
    span: Span | None = None

    def __str__(self) -> str:
        return self.text


@record
class Text(Node):
    """What stood between quotation marks, without them and with `\\"` and `\\\\` resolved."""

    value: str
    span: Span | None = None

    def __str__(self) -> str:
        return self.value


@record
class Quantity(Node):
    """A number as written, with its unit: `20%`, `2h`, `1.2M eur`, `60 eur/h`, `+1d`, `-6`, `900`.

    `number` has the sign, the digits and the multiplier `k` or `M`, or is a ratio (`1/3`); `unit` is None where none is
    written.
    """

    number: str
    unit: str | None = None
    span: Span | None = None


@record
class Rate(Node):
    """`3 per week`, `900 per 13w`. `per` is a quantity whose number is `1` where a bare word (`week`) stands."""

    quantity: Quantity
    per: Quantity
    span: Span | None = None


Value = Quantity | Rate
"""A figure in a rule, an expectation or an expression."""


# --- durations


@record
class Between(Node):
    """`1w to 3w`: anything from one to the other, evenly."""

    low: Quantity
    high: Quantity
    span: Span | None = None


@record
class Argument(Node):
    """One argument of a distribution: `3d`, `mean 3d`, `"file.csv"` or `column`.

    `name` is the word before a figure, or None. A bare word (the column of `empirical`) is a value without a name.
    """

    value: Quantity | Text | Word
    name: Word | None = None
    span: Span | None = None


@record
class Distribution(Node):
    """`lognormal(mean 3d, sd 2d)`, `triangular(2h, 4h, 2d)`, `empirical("file.csv", column)`; any name parses."""

    name: Word
    arguments: tuple[Argument, ...] = ()
    span: Span | None = None


Duration = Quantity | Between | Distribution


# --- clauses that several statements share


@record
class Where(Node):
    """`COLUMN = "VALUE"` behind `where`."""

    column: Word | Text
    value: Text
    span: Span | None = None


@record
class Seen(Node):
    """`seen as "A", "B" where channel = "web" and country = "DE"`: what shows a step or an outcome in an event log."""

    activities: tuple[Text, ...]
    where: tuple[Where, ...] = ()
    span: Span | None = None


@record
class Allow(Node):
    """`allow CODE "reason"`: silences one check for the statement it stands in."""

    code: Word
    reason: Text
    span: Span | None = None


@record
class Target(Node):
    """`at least 900 per 13w by 2026-09-30`, `at most 40 eur in total from 2026-01-01 by 2026-12-31`.

    `bound` is `at least` or `at most`; at most one of `per` and `total_from` is given.
    """

    bound: str
    value: Quantity
    per: Quantity | None = None
    total_from: Word | None = None
    by: Word | None = None
    span: Span | None = None


# --- the process


@record
class ArrivalRate(Node):
    """`arrivals 3 per week`."""

    rate: Rate
    span: Span | None = None


@record
class ArrivalEvery(Node):
    """`arrivals every exponential(2d)`: the gap between one case and the next."""

    gap: Duration
    span: Span | None = None


@record
class ArrivalBatch(Node):
    """`arrivals 20 at once`."""

    count: Quantity
    span: Span | None = None


Arrivals = ArrivalRate | ArrivalEvery | ArrivalBatch


@record
class Works(Node):
    """`works mon-fri 09:00-12:00 13:00-17:00`: `days` is `mon-fri` or `sat`, `hours` spans of a day as written."""

    days: Word
    hours: tuple[Word, ...]
    span: Span | None = None


@record
class Team(Node):
    """`team legal { people 1, cost 110 eur/h, works … }`; `kind` is `team` or `partner`, `order` who is served next."""

    kind: str
    name: Word
    label: Text | None = None
    people: Quantity | None = None
    cost: Quantity | None = None
    works: tuple[Works, ...] = ()
    order: Word | None = None
    owner: Text | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Handoff(Node):
    """`handoff legal -> agency "label" within 2d at least 90% owner "…"`: a promise about taking up work."""

    giver: Word
    taker: Word
    label: Text | None = None
    within: Quantity | None = None
    share: Quantity | None = None
    owner: Text | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Batch(Node):
    """`batch 10 or 1d`: so many cases go on together, or those that are there when the first has waited so long."""

    size: Quantity
    within: Quantity
    span: Span | None = None


@record
class Step(Node):
    """`step brief "Write the brief" by marketing takes 2h costs 40 eur waits 1d -> target`."""

    name: Word
    label: Text | None = None
    by: Word | None = None
    takes: Duration | None = None
    waits: Duration | None = None
    batch: Batch | None = None
    costs: Quantity | None = None
    target: Word | None = None
    owner: Text | None = None
    seen: Seen | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Percents(Node):
    """`80%`, or `30% then 15% then 5%` for a case's first, second and later visits."""

    values: tuple[Quantity, ...]
    span: Span | None = None


@record
class Counts(Node):
    """`17 of 85`: counted cases, which carry their own uncertainty."""

    part: Quantity
    whole: Quantity
    span: Span | None = None


Share = Percents | Counts


@record
class Effect(Node):
    """`rework`, `delay 5d`, `scrap` or `waste`; `duration` belongs to `delay` alone."""

    kind: str
    duration: Duration | None = None
    span: Span | None = None


@record
class Limit(Node):
    """`at most 3 then -> director`."""

    times: Quantity
    target: Word
    span: Span | None = None


@record
class Outcome(Node):
    """One line of a decision: `fix "Needs a fix" 15% then 8% -> assets rework at most 3 then -> director`.

    Without `share` it takes the rest, without `target` the case goes on, without `effects` nothing is lost.
    """

    name: Word
    label: Text | None = None
    share: Share | None = None
    target: Word | None = None
    effects: tuple[Effect, ...] = ()
    limit: Limit | None = None
    seen: Seen | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Decision(Node):
    """A diamond: `decision NAME "question" by TEAM takes DURATION { outcomes }`; `label` is the question."""

    name: Word
    label: Text | None = None
    by: Word | None = None
    takes: Duration | None = None
    waits: Duration | None = None
    costs: Quantity | None = None
    owner: Text | None = None
    seen: Seen | None = None
    outcomes: tuple[Outcome, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Choose(Node):
    """An exclusive branching that is no question; the same clauses as a decision."""

    name: Word
    label: Text | None = None
    by: Word | None = None
    takes: Duration | None = None
    waits: Duration | None = None
    costs: Quantity | None = None
    owner: Text | None = None
    seen: Seen | None = None
    outcomes: tuple[Outcome, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Branch(Node):
    """`branch { … }` of a parallel."""

    body: tuple[Flow, ...] = ()
    span: Span | None = None


@record
class Parallel(Node):
    """`parallel NAME { branch {…} … }`; `kind` is `parallel` (wait for the last) or `first` (wait for the first)."""

    kind: str
    name: Word
    label: Text | None = None
    target: Word | None = None
    branches: tuple[Branch, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Call(Node):
    """`call NAME`: a step that is another workflow; `call NAME as other` gives the step a name of its own."""

    workflow: Word
    label: Text | None = None
    name: Word | None = None
    target: Word | None = None
    owner: Text | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Start(Node):
    """`start -> name`."""

    target: Word
    span: Span | None = None


@record
class Done(Node):
    """`done` or `done published`: an end that is good."""

    name: Word | None = None
    span: Span | None = None


@record
class Scrap(Node):
    """`scrap` or `scrap withdrawn`: an end that is bad."""

    name: Word | None = None
    span: Span | None = None


Flow = Team | Step | Decision | Choose | Parallel | Call | Start | Done | Scrap
"""What may stand in a workflow or a branch."""


@record
class Workflow(Node):
    """`workflow NAME "label" { arrivals …, deadline …, statements }`; `body` keeps the order of the text."""

    name: Word
    label: Text | None = None
    arrivals: Arrivals | None = None
    deadline: Quantity | None = None
    priority: Quantity | None = None
    owner: Text | None = None
    body: tuple[Flow | Handoff, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


# --- expressions


@record
class Reference(Node):
    """A name in an expression: `spend`, `brief_complete.no`, `amount`."""

    name: str
    span: Span | None = None


@record
class FunctionCall(Node):
    """`p90(time(webinar))`, `if(c, a, b)`; any name parses."""

    name: Word
    arguments: tuple[Expression, ...] = ()
    span: Span | None = None


@record
class Unary(Node):
    """`-x`, `+x` or `not x`; `op` is `-`, `+` or `not`."""

    op: str
    operand: Expression
    span: Span | None = None


@record
class Binary(Node):
    """`a + b`; `op` is one of `+ - * / ^ < <= > >= = != and or` (written `==`, kept as `=`)."""

    op: str
    left: Expression
    right: Expression
    span: Span | None = None


Expression = Quantity | Rate | Reference | FunctionCall | Unary | Binary


# --- metrics and causes


@record
class Metric(Node):
    """`metric NAME "label" CATEGORY = formula unit U lower is better target … owner …`.

    `category` is `activity`, `output`, `operational`, `outcome` or None; `better` is `higher`, `lower` or None.
    """

    name: Word
    label: Text | None = None
    category: Word | None = None
    formula: Expression | None = None
    unit: Word | None = None
    better: str | None = None
    target: Target | None = None
    owner: Text | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Each(Node):
    """`each +1d adds -6`."""

    change: Quantity
    adds: Quantity
    span: Span | None = None


@record
class Elasticity(Node):
    """`elasticity 0.7`."""

    value: Quantity
    span: Span | None = None


@record
class Saturates(Node):
    """`saturates at 120 leads with half at 5k eur`."""

    most: Quantity
    half: Quantity
    span: Span | None = None


@record
class Learned(Node):
    """`learned`: the strength comes from data; `learned with saturation` looks for a ceiling too."""

    saturating: bool = False
    span: Span | None = None


@record
class Evidence(Node):
    """`evidence associated "2025 back-test"`; `grade` is `declared`, `associated` or `experiment`."""

    grade: Word
    note: Text | None = None
    span: Span | None = None


@record
class Cause(Node):
    """`cause A -> B { lag 1w to 3w, each +1 adds 40, confidence 70%, evidence declared }`."""

    source: Word
    target: Word
    lag: Quantity | Between | None = None
    strength: Each | Elasticity | Saturates | Learned | None = None
    confidence: Quantity | None = None
    evidence: Evidence | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


# --- indicators and their rules


@record
class Threshold(Node):
    """`above 25%` or `below 3 per week`."""

    side: str
    value: Value
    span: Span | None = None


@record
class Outside(Node):
    """`outside 10% to 30%`."""

    low: Value
    high: Value
    span: Span | None = None


@record
class Change(Node):
    """`rises 20% in 4w` or `falls 10% in 2w`; `direction` is `rises` or `falls`."""

    direction: str
    by: Quantity
    within: Quantity
    span: Span | None = None


@record
class OutOfControl(Node):
    """`out of control`, `out of control by ewma`, `out of control by rule "2 of 3 beyond 2 sigma"`."""

    chart: Word | None = None
    pattern: Text | None = None
    span: Span | None = None


@record
class Not(Node):
    """`not CONDITION`."""

    condition: Condition
    span: Span | None = None


@record
class Held(Node):
    """`CONDITION for 2w`: true once the condition before `for` held that long."""

    condition: Condition
    time: Quantity
    span: Span | None = None


@record
class AllOf(Node):
    """Two or more conditions joined by `and`."""

    conditions: tuple[Condition, ...]
    span: Span | None = None


@record
class AnyOf(Node):
    """Two or more conditions joined by `or`."""

    conditions: tuple[Condition, ...]
    span: Span | None = None


Condition = Threshold | Outside | Change | OutOfControl | Not | Held | AllOf | AnyOf


@record
class Rule(Node):
    """`warn above 25% for 2w, clears below 22%`; `level` is `warn` or `alert`."""

    level: str
    condition: Condition
    clears: Threshold | None = None
    span: Span | None = None


@record
class Indicator(Node):
    """`indicator NAME "label" = expression { expect …, warn …, alert …, … }`; `actions` are the names behind `do`."""

    name: Word
    label: Text | None = None
    formula: Expression | None = None
    expect: Value | None = None
    rules: tuple[Rule, ...] = ()
    missed_cost: Quantity | None = None
    false_alarm_cost: Quantity | None = None
    owner: Text | None = None
    actions: tuple[Word, ...] = ()
    better: str | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


# --- goals


@record
class Objective(Node):
    """`objective NAME "label" LEVEL { measured by …, target …, owner …, objective … {…} }`."""

    name: Word
    label: Text | None = None
    level: Word | None = None
    measured_by: tuple[Word, ...] = ()
    target: Target | None = None
    owner: Text | None = None
    objectives: tuple[Objective, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Move(Node):
    """`moves brief_complete.no from 20% to 10% by 2026-05-01`."""

    name: Word
    before: Value
    after: Value
    by: Word | None = None
    span: Span | None = None


@record
class Initiative(Node):
    """`initiative NAME "label" { moves …, costs 8k eur, owner "…", serves OBJECTIVE, … }`."""

    name: Word
    label: Text | None = None
    moves: tuple[Move, ...] = ()
    costs: Quantity | None = None
    owner: Text | None = None
    serves: tuple[Word, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Promise(Node):
    """`promises cost_per_lead at most 40 eur by 2026-06-30`."""

    metric: Word
    target: Target
    span: Span | None = None


@record
class Reminder(Node):
    """`do ping_owner 30d and 7d before`: actions, and how long before a promise is due; without, when it is at risk."""

    actions: tuple[Word, ...]
    before: tuple[Quantity, ...] = ()
    span: Span | None = None


@record
class Commitment(Node):
    """`commitment NAME "label" { by "WHO", promises …, if met "…", if missed "…", do … }`."""

    name: Word
    label: Text | None = None
    by: Text | None = None
    promises: tuple[Promise, ...] = ()
    if_met: Text | None = None
    if_missed: Text | None = None
    reminders: tuple[Reminder, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Benchmark(Node):
    """`benchmark METRIC 43 eur "B2B median, 2025" source "annual survey"`."""

    metric: Word
    value: Value
    label: Text | None = None
    source: Text | None = None
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


# --- data


@record
class RoleColumn(Node):
    """`case case_id`: a role (`case activity time start resource lifecycle`) and its column, None if it has the role's
    name.
    """

    role: str
    column: Word | Text | None = None
    span: Span | None = None


@record
class OwnColumn(Node):
    """`amount number "Amount (EUR)"` in a log, `leads "Leads won"` in a series (where `type` is None)."""

    name: Word
    type: str | None = None
    column: Word | Text | None = None
    span: Span | None = None


@record
class Log(Node):
    """`log "events.csv.gz" { columns }`, or `log "sqlite:///crm.db" { query "select …", columns }`.

    `ignore "ACTIVITY", …` lists activities that do not matter.
    """

    path: Text
    columns: tuple[RoleColumn | OwnColumn, ...] = ()
    query: Text | None = None
    ignore: tuple[Text, ...] = ()
    span: Span | None = None


@record
class Series(Node):
    """`series "weekly.csv" { time week }`; with a query as of a log."""

    path: Text
    columns: tuple[RoleColumn | OwnColumn, ...] = ()
    query: Text | None = None
    span: Span | None = None


@record
class Data(Node):
    """`data { log … series … }`."""

    sources: tuple[Log | Series, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


# --- scenarios and tests


@record
class Setting(Node):
    """`legal.people = 2`, `brief.takes = 1h to 2h`, `webinar.arrivals = 5 per week`."""

    name: Word
    value: Duration | Rate | ArrivalEvery | ArrivalBatch | Works
    span: Span | None = None


@record
class Scenario(Node):
    """`scenario NAME "label" { settings }`."""

    name: Word
    label: Text | None = None
    settings: tuple[Setting, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


@record
class Missing(Node):
    """`_` in a list of observed values: nothing was observed."""

    span: Span | None = None


@record
class Run(Node):
    """`start + step x times`: `times` + 1 values; `sign` is `+` or `-`."""

    start: Value | Word
    sign: str
    step: Value | Word
    times: Quantity
    span: Span | None = None


Observed = Quantity | Rate | Word | Missing | Run
"""One entry of `given`; a Word is a column of the examples."""


@record
class Given(Node):
    """`given NAME = 20%, 24%, _, share + 0 x 4 every 1w from 2026-01-05`."""

    name: Word
    values: tuple[Observed, ...]
    every: Quantity | None = None
    start: Word | None = None
    span: Span | None = None


@record
class IsState(Node):
    """`brief_rework is warn`; the state may be a column of the examples."""

    name: Word
    state: Word
    span: Span | None = None


@record
class Compares(Node):
    """`cycle_time above 7d`; `side` is `above` or `below`; a Word is a column of the examples."""

    name: Word
    side: str
    value: Value | Word
    span: Span | None = None


@record
class Spreads(Node):
    """`delay at copy rises`, `rework at assets falls`."""

    kind: str
    at: Word
    direction: str
    span: Span | None = None


@record
class Silent(Node):
    """`no alert on brief_rework`; `level` is `warn` or `alert`."""

    level: str
    name: Word
    span: Span | None = None


@record
class Expect(Node):
    """`expect CLAIM at DATE`, or `within SPAN of DATE`; the date may be a column of the examples."""

    claim: IsState | Compares | Spreads | Silent
    at: Word | None = None
    within: Quantity | None = None
    span: Span | None = None


Cell = Quantity | Rate | Word | Text


@record
class Row(Node):
    """One line of an examples table."""

    cells: tuple[Cell, ...]
    span: Span | None = None


@record
class Examples(Node):
    """`examples | share | state |` and its rows; one row, one test."""

    header: tuple[Word, ...]
    rows: tuple[Row, ...] = ()
    span: Span | None = None


@record
class Test(Node):
    """`test "title" { examples …, given …, expect … }`; `body` keeps the order of the text."""

    title: Text
    body: tuple[Examples | Given | Expect, ...] = ()
    allows: tuple[Allow, ...] = ()
    span: Span | None = None


# --- the file


@record
class Import(Node):
    """`import "file.mpm"`."""

    path: Text
    span: Span | None = None


Statement = (
    Import
    | Workflow
    | Team
    | Handoff
    | Metric
    | Cause
    | Indicator
    | Objective
    | Initiative
    | Commitment
    | Benchmark
    | Data
    | Scenario
    | Test
)


@record
class File(Node):
    """All statements of one file, in the order of the text."""

    statements: tuple[Statement, ...] = ()
    span: Span | None = None
