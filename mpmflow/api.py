"""The public verbs. Terminal, editor, pytest and Python scripts all call these.

Each opens the room that it needs when it is called, so that importing this module costs nothing. What an engine cannot
answer becomes an `MpmError` here, with the place in the text, if the model came from one. Long because every verb
stands here with what it takes, gives and raises; what it does stands in its room.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .compiler.origins import Origin, origin_of
from .compiler.origins import remember as _remember
from .diagnostics.errors import DataError, MpmError
from .diagnostics.reading import LIMIT, no_data, read_bytes, read_path
from .diagnostics.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from datetime import date, datetime

    import networkx

    from .analysis.alignment.answer import LineOfSight
    from .analysis.alliances.figures import HandoffFigure
    from .analysis.alliances.handoffs import Handoffs
    from .analysis.alliances.view import PartnerView
    from .analysis.allocation.allocation import Allocation
    from .analysis.assessment.answer import Assessment
    from .analysis.backtest.backtest import Backtest
    from .analysis.difference.diff import Diff
    from .analysis.discover.discover import Discovery
    from .analysis.exact.analyze import Analysis
    from .analysis.exact.figures import Solution
    from .analysis.exact.law_of_time import RemainingTime
    from .analysis.fit.fitted import Fit
    from .analysis.learned.leads import Leads
    from .analysis.learned.learned import LearnedCauses
    from .analysis.observed.indicators import Observed
    from .analysis.periods.answer import PeriodComparison
    from .analysis.reporting.parts import PastForecast
    from .analysis.review.review import Review
    from .analysis.risk.evaluation import Evaluation
    from .analysis.risk.reference import Reference
    from .analysis.scenarios.closed_forms import Formula
    from .analysis.scenarios.comparison import WhatIf
    from .analysis.scenarios.sweep import Sweep
    from .analysis.simulation.answer import Simulation
    from .compiler.pipeline import Compiled
    from .exchange.bpmn.drawing.write import BpmnDiagram
    from .exchange.bpmn.read import BpmnImport
    from .exchange.export import Export
    from .live.ledger.ledger import Ledger
    from .model.model import Model
    from .model.scenes import Scenario
    from .model.standards import Standard
    from .render.picture import Diagram
    from .render.report.page import ReportPage
    from .testing.results import Coverage, Mutation, TestRun

# -------------------------------------------------------------------------------------------------- texts


def source_of(path: str | Path) -> Source:
    """The text of a file, with its name for messages; `"-"` is standard input. Raises UnreadableError."""
    if str(path) == "-":
        return no_data(read_bytes(sys.stdin.buffer.read(LIMIT + 1), "<stdin>"))
    return no_data(read_path(path))


def read(path: str | Path, *, root: str | Path | None = None) -> Compiled:
    """Read a `.mpm` file, and everything it imports, and say all that there is to say about it.

    Args:
        path: the file; `"-"` is standard input.
        root: the folder that imports must stay in; that of the file, unless said.

    Returns:
        The `.model` (as much of it as could be understood, None if that is nothing), the `.diagnostics` in the order of
        the text, the `.errors` among them, and how many findings the author has `.allowed`.

    Raises:
        UnreadableError: the file is missing, too large, or not text.
    """
    from .compiler.pipeline import compile_source

    compiled = compile_source(source_of(path), root=root)
    if compiled.model is not None:
        folder = Path() if str(path) == "-" else Path(path).resolve().parent
        _remember(compiled.model, Origin(folder, compiled.places, compiled.source))
    return compiled


def load(path: str | Path, *, root: str | Path | None = None) -> Model:
    """The model that a `.mpm` file means.

    Raises MpmError with all `.diagnostics` if the text has errors. Warnings do not raise; `model.check()` gives them.
    """
    return model_of(read(path, root=root))


def parse(text: str, *, name: str = "<text>") -> Model:
    """The model that a text means; `name` is what messages call it. Raises MpmError as `load` does.

    >>> parse("workflow w { step brief takes 2h }").workflows["w"].body[0].name
    'brief'
    """
    from .compiler.pipeline import compile_source

    compiled = compile_source(Source(name, text))
    if compiled.model is not None:
        _remember(compiled.model, Origin(Path(), compiled.places, compiled.source))
    return model_of(compiled)


def model_of(compiled: Compiled) -> Model:
    """The model of what was read, or the MpmError that says why there is none that could be asked."""
    if compiled.model is None or compiled.errors:
        raise MpmError(compiled.diagnostics)
    return compiled.model


def format_source(source: Source) -> str:
    """A text in the one canonical style, comments kept. Raises MpmError if it has syntax errors."""
    from .syntax.format import format_source as formatted

    return formatted(source)


# -------------------------------------------------------------------------------------------------- questions


def analyze(model: Model, *, waits: Literal["work", "qna", "jackson", "mgm", "none"] = "work") -> Analysis:
    """The figures of each workflow as it is designed, and what every lever does to them. Reads no log.

    Exact but for waits: where cases keep coming to teams, workflows that share a team are solved together, and the
    waits in front of teams follow a formula. Times of `empirical` durations are read from their files.

    Args:
        waits: the formula of the waits: `"work"` looks at the work that a case brings and is the closest; `"qna"`,
            `"jackson"` and `"mgm"` are older ones, for comparison; `"none"` gives the times of cases that find
            everybody free.

    Returns:
        An answer whose `.workflows` (by name) have `.figures`, `.visits`, `.steps`, `.teams`, `.levers` and `.people`;
        times in seconds, shares as fractions. A figure that is not exact is named in `.method`. `.overload` are teams
        with more work than they can do.

    Raises:
        MpmError: a workflow has no figures, or none that can be computed exactly; the diagnostic says where and why.
        DataError: the file of an `empirical` duration cannot be used.
        ValueError: another word of `waits`.

    >>> model = parse('''
    ... team writers { people 1 }
    ... workflow w {
    ...   arrivals 2 per day
    ...   step brief by writers takes exponential(6h)
    ...   decision ok { yes, no 20% -> brief rework }
    ... }
    ... ''')
    >>> found = analyze(model)["w"]
    >>> found.visits["brief"], found.teams["writers"].load
    (1.25, 0.625)
    >>> round(found.steps["brief"].wait / 3600, 9)  # of an M/M/1 queue: 6 h times load / (1 - load)
    10.0
    """
    from .analysis.exact.analyze import analyze as answer

    samples = samples_of(model)
    with _answering(model):
        return answer(model, samples=samples, waits=waits)


def simulate(
    model: Model,
    cases: int = 100_000,
    seed: int = 1,
    *,
    warmup: int | Literal["auto"] = "auto",
    replications: int | None = None,
    within: float | str | None = None,
    figure: str = "time.mean",
    workflow: str | None = None,
    scenarios: Sequence[str] | Mapping[str, Mapping[str, Any]] = (),
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Simulation:
    """The figures of `analyze` by discrete-event simulation, each with its 95 % interval. Reads no log.

    All workflows to which cases come run together: teams that they share, working hours, whom a team serves next,
    batches, priorities. The same seed gives the same answer on any number of workers.

    Args:
        cases: counted in all replications together.
        warmup: cases left out at the start of each replication; found from the data unless said.
        replications: independent runs that the cases are spread over; 20 unless said.
        within: go on with more replications until half the interval of `figure` is this share of it, such as 0.02 or
            "2%".
        figure: a name of the analysis, such as "time.p90" or "teams.legal.wait", or of a metric that is one.
        workflow: whose figure that is, where there are several; the first unless said.
        scenarios: names of scenarios of the model, or settings by a name of your own (`{"two": {"legal.people": 2}}`).
            Each is simulated under the same luck, and compared with today.
        workers: threads; one for each processor unless said.
        executor: where replications run instead: any of `concurrent.futures`, such as that of a Dask client.
        progress: called now and then with the replications that are done and those that are wanted.

    Ctrl-C ends it early: the answer then stands on the replications that had finished, and says so.

    Returns:
        An answer with `.workflows` by name, each with `.figures` by dotted name, of which each has `.mean`, `.low` and
        `.high`; and `.scenarios`, which have `.workflows` and `.difference`.

    Raises:
        MpmError: no cases come, a team has nobody, there is no such figure; the diagnostic says where and why.
        LeverError: a scenario that is none.
        ValueError: a number that makes no simulation.

    One clerk with exponential work at half load: a case takes 2 h, half of it waiting.

    >>> model = parse('''
    ... team clerk { people 1 }
    ... workflow counter {
    ...   arrivals every exponential(2h)
    ...   step serve by clerk takes exponential(1h)
    ... }
    ... ''')
    >>> found = simulate(model, cases=20_000)
    >>> 7200 in found["counter"]["time.mean"]
    True
    """
    from .analysis.simulation.simulate import simulate as answer

    samples = samples_of(model)
    with _answering(model):
        return answer(
            model,
            cases=cases,
            seed=seed,
            warmup=warmup,
            replications=replications,
            within=within,
            figure=figure,
            workflow=workflow,
            scenarios=scenarios,
            executor=executor,
            workers=workers,
            progress=progress,
            samples=samples,
        )


def remaining_time(
    model: Model,
    workflow: str | None = None,
    *,
    at: str,
    age: float | str = 0.0,
    elapsed: float | str | None = None,
) -> RemainingTime:
    """What an open case has left: percentiles of the time still to come, and its chance to be late. Reads no log.

    Args:
        workflow: where the model has several; the first unless said.
        at: the step, decision, choose or parallel block where the case stands, or an outcome whose delay it waits for.
        age: since when it is there, in seconds or as a text (`"3d"`); for a block, since the fork.
        elapsed: since when it is under way, likewise; the chance to be late needs it.

    Returns:
        An answer with `.percentile(share)`, `.chance_later_than(time)`, `.late`, `.ends` and `.law`, whose `.error`
        bounds every chance.

    Raises:
        MpmError: there is no such workflow or node, or the workflow has no figures; the diagnostic says why.
        ValueError: a time that is none, or a case that is longer at its node than under way.

    >>> model = parse('''
    ... workflow w {
    ...   deadline 1d
    ...   step draft takes 2h to 6h
    ...   step publish takes 1h
    ... }
    ... ''')
    >>> left = remaining_time(model, at="draft", age="4h", elapsed="22h")
    >>> round(left.percentile(0.5) / 3600, 3), round(left.late, 3)
    (2.0, 0.5)
    """
    from .analysis.exact.analyze import analyze_workflow
    from .analysis.exact.law_of_time import solver_for
    from .graphs.faults import ModelFault
    from .model.imports import workflows_in_question

    samples = samples_of(model)
    with _answering(model):
        names = list(workflows_in_question(model).names)
        if not names or (workflow is not None and workflow not in names):
            known = f"There are: {', '.join(names)}." if names else "Write one, or ask the model that has it."
            raise ModelFault(workflow or "the model", "there is no such workflow to ask", known)
        chosen = workflows_in_question(model)[workflow or names[0]]
        found = analyze_workflow(model, chosen, solver_for(samples))
        return found.remaining_time(at, age, elapsed=elapsed)


def sweep(
    model: Model,
    settings: Mapping[str, Any],
    workflow: str | None = None,
    *,
    grid: bool = False,
    figures: Sequence[str] = ("time.mean", "cost.mean", "yield", "first_pass"),
) -> Sweep:
    """The figures of many scenarios of one workflow at once, ten thousand in about a second. Reads no log.

    Args:
        settings: lever -> its values, equally many for each lever, or one for all scenarios: numbers (shares as
            fractions, seconds, money) or texts such as "10%" and "4h". `.scale` behind a lever of time or money makes
            them factors on what it is today.
        workflow: where the model has several; the first unless said.
        grid: every combination of the values instead, the last lever fastest.
        figures: names as in `analyze`, and `visits.NODE`, `ends.END`. Times count no waits for busy people:
            `time.mean` is the `time.without_wait` of `analyze`.

    Returns:
        An answer with an array for each figure, `.best(figure)` and `.to_frame()`.

    Raises:
        LeverError: a lever or a value that cannot be set, with the nearest names.
        MpmError: the workflow has no figures; the diagnostic says where and why.

    >>> model = parse('''
    ... workflow w {
    ...   step brief takes 2h
    ...   decision ok { yes, no 20% -> brief rework }
    ... }
    ... ''')
    >>> sweep(model, {"ok.no": ["0%", "20%", "50%"]}, figures=["visits.brief"])["visits.brief"].tolist()
    [1.0, 1.25, 2.0]
    """
    from .analysis.scenarios.sweep import sweep as answer

    samples = samples_of(model)
    with _answering(model):
        return answer(model, settings, workflow, grid=grid, figures=figures, samples=samples)


def parse_settings(lines: Sequence[str]) -> Scenario:
    """Settings as a scenario of the language writes them, each a text such as `"legal.people = 2"`.

    Values may be all that they may be there: laws, arrivals, working hours. Whether there are such levers is not asked
    here. Raises MpmError for a text that is no setting.

    >>> [setting.lever for setting in parse_settings(["brief.takes = 1h to 2h", "w.arrivals = every 2d"]).settings]
    ['brief.takes', 'w.arrivals']
    """
    from .compiler.pipeline import compile_source
    from .model.scenes import Scenario as Kind

    found: list[Any] = []
    for line in lines:
        compiled = compile_source(Source("--set", f"scenario as_set {{\n{line}\n}}\n"))
        written = [one for one in compiled.diagnostics if one.code != "unknown-name"]
        scenarios = compiled.model.scenarios if compiled.model is not None else ()
        settings = [setting for one in scenarios for setting in one.settings]
        if written or len(settings) != 1:
            raise MpmError(written or compiled.diagnostics)
        found += settings
    return Kind(name="as_set", label=", ".join(" ".join(line.split()) for line in lines), settings=tuple(found))


def what_if(
    model: Model,
    *scenarios: str | Scenario | Mapping[str, Any],
    forecast: bool = False,
    log: Any = None,
    series: Any = None,
    as_of: date | datetime | str | None = None,
    seed: int = 0,
) -> WhatIf:
    """Scenarios side by side with today: times, costs, waits, loads of teams and planned metrics. Reads no log, unless
    forecasts are asked for.

    Args:
        scenarios: names of scenarios of the model, scenarios, or mappings from lever to value, such as
            `{"legal.people": 2}`. Without any, all scenarios of the model.
        forecast: also what each would do to the forecasts of metrics if it were made today, with the interval of the
            difference; from the observations of the model's `data` block.
        log, series, as_of, seed: as for `evaluate`; any of the first three asks for forecasts too.

    Returns:
        An answer with `.today` and `.alternatives`, each with its `.figures`, `.teams`, `.metrics` and `.notes` on
        teams that it overloads or relieves; and `.forecast`, where it was asked for.

    Raises:
        LeverError: a scenario, a lever or a value that there is not, with the nearest names.
        MpmError: a workflow has no figures, today or in a scenario; the diagnostic says where and why.

    >>> model = parse('''
    ... team writers { people 1, cost 60 eur/h }
    ... workflow w {
    ...   arrivals 2 per day
    ...   step brief by writers takes exponential(6h)
    ... }
    ... ''')
    >>> change = what_if(model, {"writers.people": 2}).alternatives[0].teams["writers"]
    >>> round(change.wait.today / 3600, 9), round(change.wait.then / 3600, 9)
    (6.0, 0.4)
    """
    from .analysis.scenarios.comparison import what_if as answer

    samples = samples_of(model)
    with _answering(model):
        found = answer(model, *scenarios, samples=samples)
    if not forecast and log is None and series is None and as_of is None:
        return found
    from dataclasses import replace

    from .analysis.risk.differences import Forecast

    asked = scenarios or tuple(model.scenarios)
    evaluation = evaluate(model, log=log, series=series, as_of=as_of, seed=seed, scenarios=asked)
    labels = {row.name: row.label for row in evaluation.metrics}
    units = {row.name: row.unit for row in evaluation.metrics}
    return replace(found, forecast=Forecast(evaluation.as_of, evaluation.scenarios, labels, units))


def diff(old: Model, new: Model) -> Diff:
    """Two versions of a model: what changed in them, in every figure, and which past forecasts stay comparable. Reads
    no log. A notebook shows both in one picture, and so does `draw`.

    A figure's difference is shared out among the changes: what each brings on the average over the orders in which they
    could be made; the parts add up.

    Returns:
        An answer with `.what` ("nothing", "layout" or "meaning"), `.edits` (each statement that came, went, moved, was
        renamed or changed, with both lines), `.figures` (each with `.old`, `.new` and `.by`), `.levers`, `.overload`
        and `.forecasts` (metric -> `.same` and `.why`). A version that has no figures says so in `.notes`.

    Raises:
        DataError: the file of an `empirical` duration cannot be used.
        TypeError: what is no model, such as the name of a file.

    >>> text = '''
    ... workflow w {
    ...   step brief takes 1h
    ...   decision ok { yes, no 20% -> brief rework }
    ... }
    ... '''
    >>> found = diff(parse(text), parse(text.replace("20%", "50%")))
    >>> [(one.id, one.clauses[0].old, one.clauses[0].new, one.clauses[0].new_place.line) for one in found.edits]
    [('ok.no', '20%', '50%', 4)]
    >>> found["w", "time.mean"].by
    {'ok/shares': 2700.0}
    """
    from .analysis.difference.diff import diff as answer

    origins = [origin_of(one) for one in (old, new)]
    texts = [one.source.text if one.source is not None else None for one in origins]
    return answer(
        old,
        new,
        places=(origins[0].places, origins[1].places),
        same_text=texts[0] == texts[1] and (texts[0] is not None or old == new),
        samples=(samples_of(old), samples_of(new)),
    )


def allocate(
    model: Model,
    budget: str,
    metric: str,
    *,
    aim: Literal["improve", "reach"] = "improve",
    limits: Mapping[str, tuple[str, str]] | None = None,
    log: Any = None,
    series: Any = None,
    as_of: date | datetime | str | None = None,
    seed: int = 0,
    draws: int | None = None,
) -> Allocation:
    """Spread a budget over channels, initiatives and people, so that one metric gains most, from what was observed.

    Args:
        budget: money such as `"200k eur"`: all that may be spent from the day of asking to the date that the metric is
            read for, that of its target, else when what happens today has arrived everywhere.
        metric: what it is for.
        aim: `"improve"` the metric itself, or `"reach"` its target as likely as can be.
        limits: channel -> least and most money per period, such as `{"search": ("0 eur", "5k eur")}`; without, a
            channel stays where its response is believed.
        log, series, as_of, seed, draws: as for `evaluate`.

    Channels are activities measured in money that lead to the metric over causes. Each response is followed along its
    bend; see `docs/guides/spend-a-budget.md`.

    Returns:
        An answer with `.nominal` (best on the average) and `.cautious` (best in the worst fifth of the futures), each
        with its `.spending`, `.initiatives`, `.people` and what the metric comes to; `.today`; `.channels` row by row.

    Raises:
        DataError: nothing was observed, there is no such metric, or nothing to spend on.
        MpmError: a workflow has no figures; the diagnostic says where and why.

    >>> model = parse('''
    ... metric search activity unit eur
    ... metric social activity unit eur
    ... metric leads output unit leads higher is better
    ... cause search -> leads { lag 0w, saturates at 100 leads with half at 1k eur }
    ... cause social -> leads { lag 0w, saturates at 100 leads with half at 1k eur }
    ... ''')
    >>> import polars
    >>> weeks = [f"2026-01-{day:02}" for day in (5, 12, 19, 26)]
    >>> given = {"week": weeks, "search": [3000.0] * 4, "social": [1000.0] * 4, "leads": [125.0] * 4}
    >>> found = allocate(model, "8k eur", "leads", series=polars.DataFrame(given))
    >>> {name: round(level) for name, level in found.nominal.spending.items()}, found.periods
    ({'search': 2000, 'social': 2000}, 2)
    """
    from .analysis.allocation.allocate import allocate as answer
    from .model.quantities import Quantity
    from .readers.observe import observe as read_observations

    observations = read_observations(model, folder=origin_of(model).folder, log=log, series=series, as_of=as_of)
    samples = samples_of(model)
    bounds = {}
    for name, pair in (limits or {}).items():
        try:
            bounds[name] = (Quantity.model_validate(pair[0]), Quantity.model_validate(pair[1]))
        except ValueError:
            raise DataError(
                f"the limits of {name} are two amounts of money per period, such as 0 eur and 5k eur"
            ) from None
    with _answering(model):
        return answer(
            model, observations, budget, metric, aim=aim, limits=bounds, seed=seed, draws=draws, samples=samples
        )


def formula(
    model: Model,
    levers: Sequence[str],
    figure: str = "time.mean",
    *,
    target: Any = None,
    workflow: str | None = None,
) -> Formula:
    """A figure as an exact formula in the shares of chosen outcomes, and at which shares it meets a target.

    Args:
        levers: ids of outcomes, such as "brief_complete.no". Up to four stand in one formula; of more, each is looked
            at alone.
        figure: "time.mean", "touch_time.mean", "cost.mean", "yield", "scrap", "first_pass", "throughput_per_s", "wip",
            `visits.NODE` or `ends.END`.
        target: a text such as "5d" or "90%", or a number in base units.
        workflow: where the model has several; the first unless said.

    Returns:
        An answer with `.form`, `.at({lever: share})`, and for each of its `.levers` the gradient and break-even shares.

    Raises:
        LeverError: a lever that cannot stand in a formula; KeyError: a figure that has none.
        MpmError: the workflow has no figures; the diagnostic says where and why.

    >>> model = parse('''
    ... workflow w {
    ...   step brief takes 2h
    ...   decision ok { yes, no 20% -> brief rework }
    ... }
    ... ''')
    >>> found = formula(model, ["ok.no"], "visits.brief", target=2)
    >>> str(found), found.at({"ok.no": "60%"}), found.levers[0].break_even
    ('visits.brief = -1 / (ok.no - 1)', 2.5, (0.5,))
    """
    from .analysis.scenarios.closed_forms import formula as answer

    samples = samples_of(model)
    with _answering(model):
        return answer(model, levers, figure, target=target, workflow=workflow, samples=samples)


def observe(
    model: Model,
    *,
    log: Any = None,
    series: Any = None,
    as_of: date | datetime | str | None = None,
    by: str | Sequence[str] = (),
    period: str | None = None,
) -> Observed:
    """The indicators over time, as a log and tables of periods have them: nothing is estimated or judged.

    A DuckDB relation or a Spark frame is counted on its own engine; a Parquet file may be larger than memory.

    Args:
        log: an event log instead of those of the model's `data` block: a path, the URL of a database, a frame of any
            dataframe library, or a `Data` that says more.
        series: likewise a table of periods with a column for each metric or indicator.
        as_of: the day (its evening) that knows nothing later; the last day observed, unless said.
        by: a column of the log, or several: everything is told for each of its values too.
        period: the length of a period, such as `"1d"` or `"1mo"`; that of the tables, else a week, unless said.

    Returns:
        An answer with `.indicators` (each with its values by period), `.segments`, `.coverage` (what the workflow does
        not explain), `.observations` (the counts) and `.to_frame()`.

    Raises:
        DataError: the data cannot be used, with file, column and row; or nothing was observed.

    >>> model = parse('''
    ... workflow w {
    ...   step brief
    ...   decision ok { yes, no 20% -> brief rework }
    ...   step launch
    ... }
    ... ''')
    >>> import polars
    >>> columns = {"case": ["a"] * 3, "activity": ["brief", "brief", "launch"], "channel": ["web"] * 3}
    >>> log = polars.DataFrame({**columns, "time": ["2026-01-05", "2026-01-06", "2026-01-08"]})
    >>> found = observe(model, log=log, by="channel")
    >>> found["ok.no"].values, found["launch.time"].whole, found.segments[0].value
    ((0.5,), 172800.0, 'web')
    """
    from .analysis.observed.indicators import observed
    from .readers.observe import observe as read_observations

    folder = origin_of(model).folder
    seen = read_observations(model, folder=folder, log=log, series=series, as_of=as_of, by=by, period=period)
    return observed(model, seen)


def evaluate(
    model: Model,
    *,
    log: Any = None,
    series: Any = None,
    query: str | None = None,
    case_notion: str | None = None,
    as_of: date | datetime | str | None = None,
    reference: Reference = "plan",
    seed: int = 0,
    budget: str | None = None,
    scenarios: Sequence[str | Scenario | Mapping[str, Any]] = (),
    by: str | Sequence[str] = (),
    calibrate: bool = False,
) -> Evaluation:
    """From observations: how the indicators stand, where rework and delay spread, which lagging metrics will miss their
    targets, when, why, and what to do first.

    Args:
        log: an event log instead of those of the model's `data` block: a path (CSV, Parquet, XES, OCEL 2.0), the URL of
            a database, a frame of any dataframe library, or a `Data` that joins one of them with a query.
        series: likewise a table of periods with a column for each metric or indicator.
        query: one SELECT, where `log` is the URL of a database such as `"sqlite:///crm.db"`.
        case_notion: the column that is the case, or the type of object, where the log is object-centric (OCEL).
        as_of: the day (its evening) that knows nothing later; the last day observed, unless said.
        reference: what "extra" and "worse" mean: `"plan"` is the model as written, `"rework-free"` the present state
            without its rework, two dates what was observed from the first to the second.
        seed: of the draws behind intervals and probabilities; the same seed gives the same answer to the byte.
        by: a column of the log, or several: then `.segments` judges the cases with each of its values like the whole.
        scenarios: changes to be made today, as for `what_if`: then `.scenarios` holds what they do to the forecasts.
        budget: money for the model's initiatives, such as `"20k eur"`: then `.choice` says which of them to take.
        calibrate: correct each chance to miss a target by how such chances did in this history, where that would have
            helped; the notes of each metric say what was found. Replays the history, which takes a while.

    Returns:
        An answer with `.indicators`, `.spread`, `.metrics`, `.warnings`, `.headlines`, `.open_cases`, `.actions` and
        `.coverage`.

    Raises:
        DataError: the data cannot be used, with file, column and row; or nothing was observed.
        MpmError: a workflow has no figures; the diagnostic says where and why.
    """
    from .analysis.risk.evaluate import evaluate as answer
    from .readers.observe import open_history

    if query is not None or case_notion is not None:
        from .readers.tables import Data

        log = Data(log, query, case_notion)
    history = open_history(model, folder=origin_of(model).folder, log=log, series=series, as_of=as_of, by=by)
    observations = history.observe(as_of)
    samples = samples_of(model)
    calibrator = None
    if calibrate:
        from .analysis.backtest.calibrate import Calibrator

        calibrator = Calibrator(model, observations, history.observe, seed=seed, samples=samples)
    with _answering(model):
        return answer(
            model,
            observations,
            reference=reference,
            seed=seed,
            samples=samples,
            budget=budget,
            scenarios=scenarios,
            calibrate=calibrator,
        )


def line_of_sight(model: Model, evaluation: Evaluation | None = None) -> LineOfSight:
    """Which goals everything that is done reaches, by how much, how soon, and on what evidence.

    Args:
        evaluation: an answer of `evaluate` about this model: then levels of metrics, and strengths of causes that are
            `learned`, are those of its data. Without one, the model alone is asked, and what only data know is left
            open.

    Returns:
        An answer with `.objectives` (each with `.effects`: what one step of a lever or metric adds, with lag and
        evidence), `.activities` and `.metrics` (what each is good for), `.up` and `.across` (the cascade), `.blind`,
        `.orphans`, `.vanity` and `.efficient_only`.

    Raises:
        MpmError: a workflow has no figures, or influences go round and do not die out; the diagnostic says where.
        ValueError: the evaluation is about another model.

    >>> model = parse('''
    ... workflow w {
    ...   step brief takes 2h
    ...   decision ok { yes, no 20% -> brief rework }
    ... }
    ... metric days operational = time(w) unit d lower is better
    ... metric revenue outcome unit eur
    ... cause days -> revenue { lag 4w, each +1d adds -800 eur }
    ... objective grow enterprise { measured by revenue }
    ... ''')
    >>> found = line_of_sight(model).objective("grow").effects
    >>> [(one.source, one.said, round(one.change, 3)) for one in found]
    [('brief.takes', '+1 h', -41.667), ('days', '+1 d', -800.0), ('ok.no', '+1 point', -1.042)]
    """
    from .analysis.alignment.sight import line_of_sight as answer

    with _answering(model):
        if evaluation is None:
            return answer(model, samples=samples_of(model))
        found = evaluation.line_of_sight
    if found is None or evaluation.model != model:
        raise ValueError("the evaluation is about another model; ask evaluate(model) for one about this model")
    return found


def compare(
    model: Model,
    *,
    first: str | tuple[date, date],
    second: str | tuple[date, date],
    log: Any = None,
    series: Any = None,
    by: str | None = None,
) -> PeriodComparison:
    """One period against another: what changed in every figure, and how much of it is mix, rates, process or volume.

    Args:
        first, second: two periods, as "2026-01-05..2026-03-29" or as two dates; figures change from the first to the
            second. Days where only a log is read; where a table of periods is read, the periods that start in the span.
        log, series: as for `evaluate`.
        by: a column of the log: then what the mix of its values adds is told apart.

    Returns:
        An answer with `.figures` (each with `.by` source and `.kinds`, which add up to its `.change`, and an interval),
        `.levers` (shares, times, arrivals, with their counts), and `.draft`: initiatives that bring back what got
        worse, as text to paste.

    Raises:
        DataError: the data cannot be used, a period is none, shows nothing, or overlaps the other.
        MpmError: a workflow has no figures; the diagnostic says where and why.

    >>> model = parse('''
    ... workflow w {
    ...   step brief
    ...   decision ok {
    ...     yes seen as "approved"
    ...     no 20% -> brief rework seen as "sent back"
    ...   }
    ... }
    ... ''')
    >>> import polars
    >>> rows = []
    >>> for case in range(80):
    ...     again = case % (4 if case < 40 else 2) == 0
    ...     shown = ("brief", "sent back", "brief", "approved") if again else ("brief", "approved")
    ...     day = 5 if case < 40 else 15
    ...     rows += [(f"c{case}", what, f"2026-01-{day + n:02d}") for n, what in enumerate(shown)]
    >>> log = polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")
    >>> found = compare(model, log=log, first="2026-01-05..2026-01-10", second="2026-01-15..2026-01-20")
    >>> [(row.name, round(row.before, 3), round(row.after, 3), row.n_before) for row in found.levers][0]
    ('ok.no', 0.2, 0.333, 50)
    >>> first_pass = found.figure("first_pass(w)")
    >>> round(first_pass.change, 3), {kind: round(part, 3) for kind, part in first_pass.kinds.items()}
    (-0.133, {'rates': -0.133})
    """
    from .analysis.periods.compare import compare as answer
    from .analysis.periods.spans import span_of
    from .readers.observe import open_history

    spans = span_of(first), span_of(second)
    # Days, where there are no tables whose periods are given: then a period may begin and end on any day.
    tables = series is not None or any(source.kind == "series" for source in model.data)
    grain = None if tables else "1d"
    history = open_history(
        model, folder=origin_of(model).folder, log=log, series=series, by=() if by is None else by, period=grain
    )
    observations = history.observe()
    samples = samples_of(model)
    with _answering(model):
        period = observations.period if tables else 604800.0
        return answer(model, observations, *spans, period=period, by=by or "", samples=samples)


def assess(
    model: Model,
    *,
    standard: str | Path | Standard = "example",
    previous: str | Path | Assessment | Mapping[str, Any] | None = None,
    evaluation: Evaluation | None = None,
    on: date | None = None,
    given: Mapping[str, float] | None = None,
    review: Review | None = None,
) -> Assessment:
    """A plan against a standard: each point with its figure, level from 0 to 4, evidence, and what would raise it.

    Args:
        standard: a TOML file, or the standard itself; "example" is the one that comes with mpmflow.
        previous: an earlier assessment, its document, or the JSON file that holds it: then `.against` says what rose
            and what fell.
        evaluation: an answer of `evaluate` about this model: then present levels, learned strengths and forecasts
            count.
        on: the day of the assessment, from which ages count; today, unless said.
        given: figures of measures, by name, that take the place of what would be counted. How far the tests go
            (`rule_coverage`) is counted where the standard asks for it and it is not given.
        review: an answer of `Ledger.review`: then promises that came due count.

    Returns:
        An answer with `.score`, `.factors` (each with `.points`), `.benchmarks` with their age, and `.against`.

    Raises:
        DataError: the standard, the earlier assessment or a given figure cannot be used; the message says what was
            expected.
        MpmError: a workflow has no figures; the diagnostic says where and why.

    >>> from datetime import date
    >>> model = parse('''
    ... metric posts activity unit posts
    ... metric leads output unit leads target at least 900 per 13w
    ... cause posts -> leads { lag 1w, each +1 adds 3 }
    ... objective pipeline department { measured by leads, owner "VP Marketing" }
    ... ''')
    >>> found = assess(model, on=date(2026, 6, 30))
    >>> found.point("owners").level, found.point("step_4").raising
    (4, 'Level 1 needs 1 more of 1: leads (<text>:3). Add `by DATE` to each.')
    """
    from datetime import date as day

    from .analysis.assessment.assess import assess as answer
    from .model.standards import Standard as Kind
    from .readers.standards import checked_assessment, checked_figures, read_assessment, read_standard

    chosen = standard if isinstance(standard, Kind) else read_standard(standard)
    before: Mapping[str, Any] | None = None
    if isinstance(previous, str | Path):
        before = read_assessment(previous)
    elif previous is not None:
        before = checked_assessment(previous if isinstance(previous, Mapping) else previous.to_dict())
    known = checked_figures(given or {})
    asked = {point.measure for point in chosen.points}
    if "rule_coverage" in asked and "rule_coverage" not in known and model.tests:
        known["rule_coverage"] = rule_coverage(model).share
    samples = samples_of(model)
    with _answering(model):
        return answer(
            model,
            chosen,
            on=on or day.today(),
            evaluation=evaluation,
            previous=before,
            given=known,
            review=review,
            samples=samples,
        )


def fit(
    model: Model,
    log: Any = None,
    *,
    memory: float | None = 8.0,
    since: date | datetime | None = None,
    until: date | datetime | str | None = None,
    empirical: str | None = None,
) -> Fit:
    """The numbers of a model as its log has them: shares, times, arrivals, people, hours, beside the declared ones.

    Cases that are still open count as open, never as nothing: whatever takes long would be missing among the closed.

    Args:
        log: an event log instead of those of the model's `data` block: a path, or a frame of any dataframe library.
        memory: weeks after which what was seen counts half; None lets the whole log count alike.
        since: only what began on that day or later counts.
        until: know nothing later than the evening of that day; the last day of the log, unless said.
        empirical: the name of a file for times that no law of the language describes, which `.save` writes beside the
            text; None takes the best law all the same.

    Returns:
        An answer with `.model` (the fitted one), `.numbers` (each with declared and fitted value, 90 % interval, and
        whether the log contradicts it), `.intervals`, `.hours`, `.text` and `.save(path)`.

    Raises:
        DataError: the log cannot be used, with file, column and row; or the workflow knows none of its events.
        MpmError: a declared time cannot be understood; the diagnostic says where and why.

    >>> model = parse('''
    ... workflow w {
    ...   step brief
    ...   decision ok {
    ...     yes seen as "approved"
    ...     no 20% -> brief rework seen as "sent back"
    ...   }
    ... }
    ... ''')
    >>> import polars
    >>> rows = []
    >>> for case in range(40):
    ...     shown = ("brief", "sent back", "brief", "approved") if case % 2 else ("brief", "approved")
    ...     rows += [(f"c{case}", what, f"2026-01-05T{9 + hour:02d}:00:00") for hour, what in enumerate(shown)]
    >>> found = fit(model, polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row"))
    >>> found["ok.no"].declared, found["ok.no"].visit, found["ok.no"].fitted, found["ok.no"].contradicted
    ('20%', 1, '50%', True)
    """
    from .analysis.fit.causes import asks_for_causes, with_causes
    from .analysis.fit.fitting import fit as answer
    from .readers.libraries import needed

    with needed():
        from .readers.spells import read_spells

    origin = origin_of(model)
    spells = read_spells(model, folder=origin.folder, log=log, as_of=until)
    samples = samples_of(model)
    with _answering(model):
        found = answer(
            model,
            spells,
            memory=memory,
            since=since,
            samples=samples,
            empirical=empirical,
            source=origin.source,
            places=origin.places,
        )
    if asks_for_causes(model):
        from .readers.observe import observe as read_observations

        seen = read_observations(model, folder=origin.folder, log=log, as_of=until)
        found = with_causes(found, model, seen, origin.source.name if origin.source else "<text>")
    _remember(found.model, Origin(origin.folder))
    return found


def run_tests(model: Model, *, match: str = "", file: str = "") -> TestRun:
    """Run the `test` blocks of a model: what is given, held against what its rules and forecasts make of it.

    Args:
        match: only tests whose title, or row of examples, holds these words.
        file: what results call the model's text; the name it was read from, unless said.

    Returns:
        An answer with `.passed`, `.cases` (one a test or row) and the `.failures` among them; each case has the
        `.verdicts` of its expectations, with `.expected`, `.got` and the clauses that decided.

    >>> model = parse('''
    ... workflow w { step brief takes 2h, decision ok { yes, no 20% -> brief rework } }
    ... indicator back = rate(ok.no) { warn above 25% }
    ... test "too many" {
    ...   given ok.no = 20%, 30% every 1w from 2026-01-05
    ...   expect back is warn at 2026-01-12
    ... }
    ... ''')
    >>> run_tests(model).passed
    True
    """
    from .testing.run import run

    places = origin_of(model).places
    name = file or next((span.file for span in places.values()), "")
    return run(model, places, file=name, match=match, samples=samples_of(model))


def rule_coverage(*models: Model) -> Coverage:
    """How far the tests of some models exercise their rules, decisions and causes.

    Returns:
        An answer with the `.share` of all that could come out in a test and did, and the `.gaps`: each a clause, an
        outcome or a cause that was never evaluated, or only ever came out one way, with its place.

    Raises MpmError where a workflow has no figures.
    """
    from .testing.coverage import coverage_of
    from .testing.results import Coverage as Answer
    from .testing.results import Covered

    found: list[Covered] = []
    for model in models:
        samples = samples_of(model)
        with _answering(model):
            found += coverage_of(model, origin_of(model).places, samples=samples)
    return Answer(tuple(found))


def mutate(*models: Model) -> Mutation:
    """Change thresholds, spans, sides, lags and outcomes of some models one at a time, and see whether a test notices.

    Returns:
        An answer with the `.score`, and the `.missed` changes; each names what was changed, where, and has as `.remedy`
        a test block that notices it (it was run with and without the change).

    Raises ValueError for a model whose tests fail as it is, MpmError where a workflow has no figures.
    """
    from .testing.mutate import mutants_of
    from .testing.results import Mutant
    from .testing.results import Mutation as Answer

    found: list[Mutant] = []
    for model in models:
        samples = samples_of(model)
        with _answering(model):
            found += mutants_of(model, origin_of(model).places, samples=samples)
    return Answer(tuple(found))


def discover(
    log: Any,
    *,
    columns: Mapping[str, str] | None = None,
    share: float = 0.8,
    home: str | Path | None = None,
) -> Discovery:
    """Draft a workflow from a log alone: steps, questions with shares, rework, work side by side, times, arrivals.

    Args:
        log: a path, a frame of any dataframe library, or a `Data` (a database with a query, the case of an
            object-centric log).
        columns: role (`case`, `activity`, `time`, `start`, `resource`, `lifecycle`) -> column; found by name and
            content where nothing is said.
        share: of the cases that the draft should be able to do exactly, at least, where few enough ways explain them.
        home: the folder in which the draft will stand, from which its `data` block names the log; the present one
            unless said.

    Returns:
        An answer with `.model`, `.text` (the draft with comments that say what was left out and what to edit first),
        `.replayed` (the share of the cases that it does exactly), `.rework` and `.left_out`.

    Raises:
        DataError: the log cannot be used, with file, column and row; or its activities are none.
        ValueError: a role that there is not, or a share outside 0 to 1.

    >>> import polars
    >>> cases = [["brief", "check", "launch"], ["brief", "check", "brief", "check", "launch"]]
    >>> rows = [(str(n), what, f"2026-01-{1 + k:02d}") for n, case in enumerate(cases) for k, what in enumerate(case)]
    >>> found = discover(polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row"))
    >>> found.replayed, found.rework
    (1.0, ('after_check.brief',))
    """
    from .analysis.discover.discover import discover as answer
    from .model.observations import ROLES, Column, LogSource
    from .readers.libraries import needed

    for role in columns or {}:
        if role not in ROLES:
            raise ValueError(f"{role!r} is no role of a column; there are {', '.join(ROLES)}")
    with needed():
        from .readers.follows import read_histories
        from .readers.tables import Data
    said = tuple(Column.model_validate({"role": role, "column": name}) for role, name in (columns or {}).items())
    given = log if isinstance(log, Data) else Data(log)
    histories = read_histories(given, LogSource(path="", columns=said))
    path = _as_seen_from(home, given.source, histories.path)
    return answer(histories, path=path, query=given.query, share=share)


def _as_seen_from(home: str | Path | None, log: Any, file: str | None) -> str | None:
    """How a text in a folder names a log: from there if it lies inside, else by its bare name; None for a frame."""
    if isinstance(log, str) and "://" in log:
        return log
    if file is None:
        return None
    folder, path = Path(home if home is not None else Path()).resolve(), Path(file).resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def learn_causes(
    model: Model,
    *,
    log: Any = None,
    series: Any = None,
    as_of: date | datetime | str | None = None,
    propose: bool = False,
) -> LearnedCauses:
    """What the history says of the influences that a model calls `learned`: strength, lag, and whether they hold up.

    A link that is found foretells; whether it brings about is not for data alone to say. Each is tested out of sample,
    and all together are corrected for being many: one in ten of those found is false at most, on the average.

    Args:
        log, series, as_of: as of `evaluate`.
        propose: look instead for links that nobody has declared, along the ways on which effects can travel.

    Returns:
        An answer with `.causes` (gain, 90 % interval, mean lag, p- and q-value, grade), `.found`, and `.lines` to paste
        into the file.

    Raises:
        DataError: the data cannot be used, or nothing was observed.
        ValueError: there are more pairs to look through than can be told apart.
    """
    from .analysis.learned.written import learn as answer
    from .readers.observe import observe

    observations = observe(model, folder=origin_of(model).folder, log=log, series=series, as_of=as_of)
    return answer(model, observations, propose=propose)


def backtest(
    model: Model,
    *,
    log: Any = None,
    series: Any = None,
    as_of: date | datetime | str | None = None,
    since: date | None = None,
    every: str | None = None,
    horizon: str | None = None,
    period: str | None = None,
    folds: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> Backtest:
    """What would have been said on the evenings of the past, and who was right.

    On each of them only what was known then is looked at. Forecasts are those of `evaluate`; they are held against what
    came, and against what anybody could have said: as it was last, as a year ago, as it usually is.

    Args:
        log, series, as_of: as of `evaluate`; the history ends on the evening of that day.
        since: the first evening on which something is said; after 13 periods unless said.
        every: time from one forecast to the next, such as `"2w"`; one period unless said.
        horizon: how far forecasts look ahead, and how early an alarm may come; four periods unless said.
        period: the length of a period, such as `"1d"`; that of the tables, else a week, unless said.
        folds: forecasts at most, spread evenly; 60 unless said.
        seed: of the draws behind forecasts; the same seed gives the same answer to the byte.
        progress: called now and then with the evenings that are done and those that there are.

    Returns:
        An answer with `.metrics` (each with `.skill` over persistence, `.crps`, `.brier`, `.reliability`, `.folds`),
        `.alarms` (hits, missed, false alarms, lead time, money) and `.levels` (of warnings, the cheapest).

    Raises:
        DataError: the data cannot be used, or the history is too short; the message says by how much.
        MpmError: a workflow has no figures; the diagnostic says where and why.
    """
    from .analysis.backtest.backtest import backtest as answer
    from .readers.observe import open_history

    folder = origin_of(model).folder
    history = open_history(model, folder=folder, log=log, series=series, as_of=as_of, period=period)
    samples = samples_of(model)
    with _answering(model):
        return answer(
            model,
            history.observe(as_of),
            history.observe,
            since=since,
            every=every,
            horizon=horizon,
            folds=folds,
            seed=seed,
            samples=samples,
            progress=progress,
        )


def leads(
    model: Model,
    *,
    log: Any = None,
    series: Any = None,
    as_of: date | datetime | str | None = None,
) -> Leads:
    """Which indicators led which metrics in the history, by how long, how well; and whether the model says so too.

    Every pair along which an effect can travel by the model is looked at; strength and lag are those of the history
    alone, tested out of sample and corrected for all pairs together.

    Args:
        log, series, as_of: as of `evaluate`.

    Returns:
        An answer with `.leads`, the surest first: each has `.history` (lag, gain, q-value, the share of the error that
        it takes away), `.model_lag` and `.agrees`; `.found` are those that hold up.

    Raises:
        DataError: the data cannot be used, or nothing was observed.
        ValueError: there are more pairs to look through than can be told apart.
        MpmError: a workflow has no figures; the diagnostic says where and why.
    """
    from .analysis.learned.leads import leads as answer
    from .readers.observe import observe

    observations = observe(model, folder=origin_of(model).folder, log=log, series=series, as_of=as_of)
    samples = samples_of(model)
    with _answering(model):
        return answer(model, observations, samples=samples)


def handoffs(
    model: Model | Evaluation, *, log: Any = None, series: Any = None, as_of: date | datetime | str | None = None
) -> Handoffs:
    """Where work passes from one team or partner to another: how often, how long it waits, how often it comes back as
    rework, what was promised; by design, and as an event log has it. And who causes delay, and who bears it.

    Args:
        model: a model, or what `evaluate` found about one; then that is whose delay is folded by team.
        log: an event log instead of those of the model's `data` block, as for `evaluate`.
        series: likewise a table of periods.
        as_of: the day (its evening) that knows nothing later; of an evaluation its own, else the last one observed.

    Returns:
        An answer with `.pairs` (each ordered pair of teams, with `.designed`, `.observed`, `.promises` and the `.steps`
        beneath), `.between(giver, taker)`, `.burdens` and `.burden()` (who causes and who bears delay and rework), and
        `.notes`, which say what the log cannot tell. Without data only what was designed is known.

    Raises:
        DataError: the data cannot be used, with file, column and row.
        MpmError: a workflow has no figures; the diagnostic says where and why.
        ValueError: an evaluation that knows no model, because `evaluate` did not make it.

    >>> model = parse('''
    ... team legal { people 1 }
    ... partner agency { people 2 }
    ... handoff legal -> agency within 2d
    ... workflow w { step check by legal\\n step media by agency }
    ... ''')
    >>> import polars
    >>> rows = [("a", "check", "2026-01-05"), ("a", "media", "2026-01-06"), ("b", "check", "2026-01-05")]
    >>> log = polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")
    >>> found = handoffs(model, log=log, as_of="2026-01-09").between("legal", "agency")
    >>> found.observed.n, found.observed.open, found.promises[0].kept.value, found.promises[0].state
    (2, 1, 0.5, 'broken')
    """
    from .analysis.alliances.handoffs import handoffs as answer
    from .analysis.risk.evaluation import Evaluation as Evaluated
    from .model.observations import LogSource

    evaluation = model if isinstance(model, Evaluated) else None
    asked = model.model if isinstance(model, Evaluated) else model
    if asked is None:
        raise ValueError("this evaluation was not made by mpm.evaluate: it knows no model that could be asked")
    has_log = log is not None or any(isinstance(source, LogSource) for source in asked.data)
    remarks = []
    if evaluation is None and (has_log or series is not None or asked.data):
        try:
            evaluation = evaluate(asked, log=log, series=series, as_of=as_of)
        except DataError as error:
            if series is not None or not has_log:
                raise
            remarks.append(f"Who causes delay and who bears it is not told: {error}.")
    passages = None
    if has_log:
        from .readers.libraries import needed

        with needed():
            from .readers.passages import read_passages
        until = as_of if as_of is not None or evaluation is None else evaluation.as_of
        passages = read_passages(asked, folder=origin_of(asked).folder, log=log, as_of=until)
    with _answering(asked):
        return answer(asked, passages, evaluation, samples=samples_of(asked), remarks=remarks)


def partner_view(found: Model | Evaluation | Handoffs, partner: str, *, log: Any = None) -> PartnerView:
    """What one partner (or one team) may see, to be sent to it as it is: its own part, and nothing of anybody else.

    In it are its own steps and decisions with their indicators and states, its load and wait, its hand-offs with the
    name of the team on the other side, what was promised, observed and designed there, its part of delay and rework
    (borne of its own, borne of others, caused at others), the open cases that now stand at its steps, and its levers.
    Not in it are names, figures and costs of others, workflows, metrics, targets, objectives, owners, and forecasts.
    The record is built from what is allowed, field by field, and keeps nothing else; so does every form of it.

    Args:
        found: a model, what `evaluate` found about it, or what `handoffs` found.
        partner: its name in the file.
        log: for a model or an evaluation, the event log instead of those of the model's `data` block.

    Raises:
        KeyError: there is no partner and no team of that name; it names the nearest.
        DataError, MpmError, ValueError: as `handoffs`.

    >>> model = parse('''
    ... team legal { people 1 }
    ... partner agency "Studio North" { people 2 }
    ... workflow w { step check by legal\\n step media by agency }
    ... ''')
    >>> view = partner_view(model, "agency")
    >>> view.label, [step.name for step in view.steps], [(one.direction, one.counterpart) for one in view.handoffs]
    ('Studio North', ['media'], [('in', 'legal')])
    """
    from .analysis.alliances.handoffs import Handoffs as Found
    from .analysis.alliances.partner import partner_view as answer

    return answer(found if isinstance(found, Found) else handoffs(found, log=log), partner)


def cause_effect(model: Model) -> networkx.MultiDiGraph:
    """The cause-effect graph of a model and all that it imports: indicators and metrics, and what leads to what.

    Every node and edge attribute is listed, with its meaning and unit, by `mpmflow.graphs.attributes.table()`.
    """
    from .graphs.causes import cause_effect as answer

    return answer(model)


def draw(
    model: Model | Evaluation | Handoffs | Diff,
    view: str = "workflow",
    *,
    workflow: str | None = None,
    theme: Literal["light", "dark"] = "light",
    around: str | None = None,
    steps: int = 2,
    collapse: bool = False,
) -> Diagram:
    """A picture: `.svg()`, `.png()`, `.html()`, `.mermaid()`, `.dot()` give it, `.save(path)` writes it, and a notebook
    shows it. Of an evaluation, the picture of its model with the risk painted on it. `.bpmn()` is every workflow of the
    file as a BPMN 2.0 diagram, without the paint.

    Args:
        model: a model, what `evaluate` or `handoffs` found about one, or what `diff` found about two: both in one
            picture.
        view: `workflow`, `causes`, `objectives`, `handoffs` or `metrics`.
        workflow: which one, where the file has several; the first unless said.
        theme: `light` or `dark`.
        around: a name of the file: only that and what is at most `steps` ways from it.
        steps: how far `around` reaches.
        collapse: in the view `workflow`, fold parallel blocks and straight stretches of steps into one box each.

    Raises:
        PictureError: there is no such view, workflow, name or theme, or nothing to draw; it says what there is.
        ValueError: an evaluation that knows no model, because `evaluate` did not make it.
        TypeError: what is no model and no evaluation, such as the name of a file.

    >>> model = parse("workflow w { step brief takes 2h\\n step copy takes 1d }")
    >>> print(draw(model, around="brief", steps=0).title)
    Workflow: w: around brief
    """
    from .analysis.alliances.handoffs import Handoffs as Handed
    from .analysis.difference.diff import Diff as Difference
    from .analysis.risk.evaluation import Evaluation as Answer
    from .render.drawing import draw as drawn

    if isinstance(model, Difference):
        from .render.pictures.difference import draw_diff

        return draw_diff(model, view, workflow=workflow, theme=theme, around=around, steps=steps)
    handed = model if isinstance(model, Handed) else None
    if handed is not None and view not in ("workflow", "handoffs"):
        from .render.picture import PictureError

        raise PictureError(f"of hand-offs there is one view, 'handoffs', not {view!r}")
    view = "handoffs" if handed is not None else view
    evaluation = model.evaluation if isinstance(model, Handed) else model if isinstance(model, Answer) else None
    if evaluation is not None and evaluation.model is None:
        raise ValueError("this evaluation was not made by mpm.evaluate: it knows no model that could be drawn")
    asked = model.model if isinstance(model, Answer | Handed) else model
    assert asked is not None
    origin_of(asked)
    diagram = drawn(
        asked,
        view,
        workflow=workflow,
        theme=theme,
        around=around,
        steps=steps,
        collapse=collapse,
        evaluation=evaluation,
        visits=_visits(asked) if evaluation is not None else None,
        handed=handed,
    )
    if view != "workflow" or around is not None or collapse:
        return diagram
    from dataclasses import replace
    from functools import cache

    return replace(diagram, modelled=cache(lambda: _modelled(asked)))


def _modelled(model: Model) -> BpmnDiagram:
    """A model as BPMN. Raises PictureError for one that no diagram can hold."""
    from .exchange.export import ExportError
    from .render.picture import PictureError

    try:
        return export(model).diagram
    except ExportError as problem:
        raise PictureError(str(problem)) from problem


def _visits(model: Model) -> dict[str, float]:
    """Executions of every step and decision per case, as planned; of a workflow that has no figures, none."""
    found: dict[str, float] = {}
    with suppress(MpmError):
        for one in analyze(model, waits="none").workflows.values():
            found |= one.visits
    return found


def report(
    evaluation: Evaluation,
    *,
    level: str | None = None,
    partner: str | None = None,
    ledger: Ledger | str | Path | None = None,
    log: Any = None,
) -> ReportPage:
    """The report of an evaluation, for everybody, for one level of the objectives, or for one partner.

    Args:
        level: `enterprise`, `business_unit`, `department` or `function`: only what concerns the objectives there.
        partner: the name of a partner (or team): only what it may see, as `partner_view` builds it.
        ledger: one, or its path: then forecasts made earlier stand beside what came.
        log: the event log of hand-offs, where `evaluate` was given one.

    Returns:
        A page with `.html()`, `.markdown()`, `.csv()`, `.to_json()`, `.to_frame()`, and `.save(path)`, which writes
        what the ending of the path says. `.report` is the record that all of them show.

    Raises:
        ValueError: no objective stands at that level; or an evaluation that `evaluate` did not make.
        KeyError: there is no partner of that name; it names the nearest.
        LedgerError: the ledger cannot be read. DataError, MpmError: as `handoffs`.

    >>> model = parse('''
    ... metric leads output unit leads higher is better target at least 40 by 2026-03-29
    ... ''')
    >>> import polars
    >>> weeks = ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09"]
    >>> series = polars.DataFrame({"week": weeks, "leads": [30.0, 31.0, 30.0, 32.0, 29.0, 31.0]})
    >>> found = report(evaluate(model, series=series))
    >>> found.report.summary.metrics
    {'in danger': ('leads',)}
    >>> print(found.markdown().splitlines()[4][:32])
    **Leads will almost certainly mi
    """
    from .analysis.reporting.making import report_of
    from .analysis.reporting.partner import partner_report
    from .analysis.risk.evaluation import asked_of
    from .model.goals import LEVELS
    from .render.report.handoff_words import told_partner
    from .render.report.page import ReportPage as Page
    from .render.report.pictures import Pictures
    from .render.report.told import told

    if asked_of(evaluation).model is None:
        raise ValueError("this evaluation was not made by mpm.evaluate: it knows no model that could be reported on")
    if partner is not None:
        if level is not None or ledger is not None:
            raise ValueError("a partner gets its own part alone: leave out the level and the ledger")
        view = partner_view(evaluation, partner, log=log)
        return Page(partner_report(view, told_partner(view), evaluation.as_of))
    wanted = next((one for one in LEVELS if one == level), None)
    if level is not None and wanted is None:
        raise ValueError(f"{level!r} is no level of objectives; there are {', '.join(LEVELS)}")
    found = report_of(
        evaluation,
        told,
        past=_past_forecasts(evaluation, ledger) if ledger is not None else (),
        handoffs=_hand_overs(evaluation, log),
        level=wanted,
    )
    return Page(found, Pictures(lambda: _pictures(evaluation)))


def _past_forecasts(evaluation: Evaluation, ledger: Ledger | str | Path) -> tuple[PastForecast, ...]:
    """What a ledger foretold up to the day of an evaluation, beside what came."""
    from .analysis.reporting.past import past_of
    from .live.ledger.ledger import Ledger as Book
    from .live.ledger.reviewing import past_forecasts

    assert evaluation.model is not None
    if not isinstance(ledger, Book):
        with Book(ledger, must_exist=True) as book:
            return _past_forecasts(evaluation, book)
    return past_of(past_forecasts(ledger, evaluation.model, evaluation.observations), evaluation.as_of)


def _hand_overs(evaluation: Evaluation, log: Any) -> tuple[HandoffFigure, ...]:
    """The hand-offs of an evaluation's model; a log is read again only where work passes from team to team."""
    from .analysis.alliances.burdens import teams_by_node

    assert evaluation.model is not None
    if len(set(teams_by_node(evaluation.model).values())) < 2:
        return ()
    return handoffs(evaluation, log=log).pairs


def _pictures(evaluation: Evaluation) -> dict[str, Diagram]:
    """The diagrams of a report: causes, and each workflow, with the risk on them."""
    from .model.imports import workflows_in_question
    from .render.drawing import draw as drawn
    from .render.picture import PictureError

    model = evaluation.model
    assert model is not None
    visits, found = _visits(model), {}
    for name in workflows_in_question(model).names:
        found[f"workflow {name}"] = drawn(model, workflow=name, evaluation=evaluation, visits=visits)
    with suppress(PictureError):
        found["causes"] = drawn(model, "causes", evaluation=evaluation, visits=visits)
    return found


def read_bpmn(path: str | Path, *, parameters: str | Path | None = None) -> BpmnImport:
    """A BPMN 2.0 diagram as a model: steps, questions, rework, work side by side, teams, calls.

    Args:
        path: a `.bpmn` file of any tool.
        parameters: simulation parameters of Prosimos or Simod, a JSON file; those of QBP and BPSim inside the diagram
            are taken over without it.

    Returns:
        An answer with `.model`, `.text` (with comments on how it was read), `.kept` (what the model does not say, each
        with its line), `.taken` (element -> what stands for it) and `.notes`.

    Raises:
        DataError: this is no BPMN 2.0 XML, or not safe to read, with the line; or the parameters are none.
        OSError: a file cannot be opened.

    >>> bpmn = '''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" name="Brief">
    ... <startEvent id="s"/><task id="t" name="Write the brief"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    ... </process></definitions>'''
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "brief.bpmn").write_text(bpmn)
    ...     found = read_bpmn(Path(folder, "brief.bpmn"))
    >>> [node.label for node in found.model.workflows["brief"].body[:1]], found.kept
    (['Write the brief'], ())
    """
    from .exchange.bpmn.read import read_bpmn as answer

    return answer(path, parameters=parameters)


def export(model: Model, *, workflow: str | None = None) -> Export:
    """A model for other programs: `.bpmn` is every workflow as one BPMN 2.0 diagram that modelling tools open and
    `read_bpmn` reads back, `.prism` and `.props` are texts for a model checker, `.json` is the whole model, and
    `.save(path)` writes what the ending of the path says.

    Args:
        workflow: the one for the model checker, where the file has several; the first unless said.

    Raises:
        ExportError: there is no such workflow; the message says which there are. Later, and with its reason, for
            what a format cannot hold.

    >>> exported = export(parse("workflow w { step brief takes 2h }"))
    >>> [line.strip() for line in exported.bpmn.splitlines() if "userTask" in line or "bpmn:task" in line]
    ['<bpmn:task id="brief" name="brief">', '</bpmn:task>']
    >>> exported.diagram.notes
    ('Only mpmflow reads these in the file: times of work.',)
    """
    from .exchange.export import export as exported
    from .exchange.export import solve_workflow

    def solve(one: Model, name: str) -> Solution:
        samples = samples_of(one)
        with _answering(one):
            return solve_workflow(one, name, samples)

    source = origin_of(model).source
    return exported(model, workflow=workflow, solve=solve, text=source.text if source is not None else None)


# -------------------------------------------------------------------------------------------------- origins


def samples_of(model: Model) -> Any:
    """The observed times of a model's `empirical` durations, read from their files."""
    from .readers.samples import read_samples

    return read_samples(model, folder=origin_of(model).folder)


@contextmanager
def _answering(model: Model) -> Iterator[None]:
    """Turn what an engine cannot answer into an MpmError with the place in the text."""
    from .analysis.answering import answering

    with answering(model):
        yield
