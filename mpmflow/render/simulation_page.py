"""The answer of `simulate` as a page of text: each figure with its interval, and scenarios beside today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from mpmflow.model.imports import workflow_titles
from mpmflow.render.analysis_page import STEPS
from mpmflow.render.numbers import duration, hours, percent, significant

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from mpmflow.analysis.simulation.answer import (
        Estimate,
        Figures,
        SimulatedScenario,
        Simulation,
        WorkflowSimulation,
    )

Shown = Callable[[float], str]
WEEK = 7 * 86400.0
DIGITS = 4

FIGURES: dict[str, str] = {
    "time.mean": "time of a case",
    "time.sd": "its standard deviation",
    "time.p50": "half are done within",
    "time.p90": "90% are done within",
    "time.p95": "95% are done within",
    "time.late": "late",
    "touch_time.mean": "work on a case",
    "cost.mean": "cost of a case",
    "yield": "end well",
    "first_pass": "right first time",
    "rework": "work that is rework",
    "waste.cost": "cost that is wasted",
    "throughput_per_s": "end well, per week",
    "wip": "cases under way",
}
"""The figures on the page, in this order, in words; the document has all."""


def simulation_page(simulation: Simulation) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    titles = workflow_titles(simulation.model)
    for name, found in simulation.workflows.items():
        gap = "\n" if parts else ""
        parts.append(Text(f"{gap}{titles.get(name, name)}, simulated", style="bold"))
        parts.extend(_workflow(simulation, found))
    lines = [_basis(simulation), *simulation.notes]
    parts.append(Text(""))
    parts.extend(Padding(Text(line, style="dim"), (0, 0, 0, 2)) for line in lines)
    return Group(*parts)


def _basis(simulation: Simulation) -> str:
    run = simulation.run
    after = f", each after {run.warmup:,} that are left out" if run.warmup else ""
    replications = "one replication" if run.replications == 1 else f"{run.replications} replications"
    cases = "one case" if run.cases == 1 else f"{run.cases:,} cases"
    words = f"{cases} counted in {replications}{after}; seed {simulation.seed}."
    if run.replications > 1:
        words += " Intervals hold the true figure 95 times in 100."
    return words


def _workflow(simulation: Simulation, found: WorkflowSimulation) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    beside = [one for one in simulation.scenarios.values() if found.name in one.workflows]
    if beside:
        for scenario in beside:
            title = simulation.model.scenarios.get(scenario.name)
            yield Text(f"\n{title.title if title else scenario.name}", style="bold")
            yield _compared(found, scenario)
    else:
        yield _table(["", "on average", "interval"], list(_figures(found)))
        yield Text("\nEnds", style="bold")
        yield _table(["", "share", "interval"], list(_ends(found)))
        if steps := _steps(found):
            yield Text("\nStep by step", style="bold")
            yield _table(["  step", "visits per case", "time of a visit", "wait before it", "cost of a visit"], steps)
        if teams := found.of("teams"):
            yield Text("\nTeams", style="bold")
            yield _table(["  team", "busy", "wait of a visit", "waiting there"], _teams(teams))
    for note in found.notes:
        yield Padding(Text(note, style="dim"), (1, 0, 0, 2))


def _table(heads: list[str], rows: list[list[str]]) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place == 0 else "right", no_wrap=place > 0)
    for row in rows:
        table.add_row(*row)
    return table


def how(figure: str, currency: str | None) -> Shown:
    """How the numbers of a figure are written: finely enough to tell the ends of an interval apart."""
    head, _, rest = figure.partition(".")
    last = rest.rpartition(".")[2]
    if last == "cost" or head == "cost":
        return lambda value: f"{significant(value, DIGITS)} {currency or ''}".rstrip()
    if head == "wip":
        return partial(significant, digits=DIGITS)
    if head == "throughput_per_s":
        return lambda value: significant(value * WEEK, DIGITS)
    if head == "touch_time":
        return partial(hours, digits=DIGITS)
    timed = head == "time" or last == "wait"
    return partial(duration, digits=DIGITS) if timed and figure != "time.late" else percent


def _interval(estimate: Estimate, shown: Shown) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    low, high = shown(max(0.0, estimate.low)), shown(estimate.high)
    return f"{low} to {high}"


def _mean(estimate: Estimate | None, shown: Shown) -> str:
    return "" if estimate is None or estimate.mean != estimate.mean else shown(estimate.mean)


def _figures(found: WorkflowSimulation) -> Iterator[list[str]]:
    for figure, words in FIGURES.items():
        estimate = found.figures.get(figure)
        if estimate is None or (figure == "waste.cost" and not estimate.mean):
            continue
        if figure == "cost.mean" and found.currency is None:
            continue
        shown = how(figure, found.currency)
        yield [f"  {words}", _mean(estimate, shown), _interval(estimate, shown)]


def _ends(found: WorkflowSimulation) -> Iterator[list[str]]:
    for figure, estimate in found.figures.items():
        if figure.startswith("ends."):
            yield [f"  {figure.removeprefix('ends.')}", _mean(estimate, percent), _interval(estimate, percent)]


def _steps(found: WorkflowSimulation) -> list[list[str]]:
    steps = found.of("steps")
    rows = []
    for name, one in list(steps.items())[:STEPS]:
        cost = _mean(one.get("cost"), how("cost.mean", found.currency)) if found.currency else ""
        times = [_with(one[figure], duration) for figure in ("time", "wait")]
        rows.append([f"  {name}", _with(one["visits"], significant), *times, cost])
    if len(steps) > STEPS:
        rows.append([f"  … and {len(steps) - STEPS} more (--json has all)", "", "", "", ""])
    return rows


def _teams(teams: Mapping[str, Mapping[str, Estimate]]) -> list[list[str]]:
    return [
        [f"  {name}", _with(one["load"], percent), _with(one["wait"], duration), _with(one["queue"], significant)]
        for name, one in teams.items()
    ]


def _with(estimate: Estimate, shown: Shown) -> str:
    """The mean, and half its interval behind it."""
    if estimate.mean != estimate.mean:
        return ""
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return shown(estimate.mean)
    half = (estimate.high - estimate.low) / 2.0
    return f"{shown(estimate.mean)} ±{_short(half, shown)}"


def _short(half: float, shown: Shown) -> str:
    if shown is duration:
        return duration(half, 2)
    return significant(100 * half, 2) if shown is percent else significant(half, 2)


def _compared(found: WorkflowSimulation, scenario: SimulatedScenario) -> RenderableType:
    """Today, the scenario, and the difference with its interval, figure by figure."""
    other = scenario.workflows[found.name]
    difference = scenario.difference[found.name]
    rows = []
    for figure, words in FIGURES.items():
        unused = figure == "cost.mean" and found.currency is None
        unused |= figure == "waste.cost" and not any(
            one.figures[figure].mean for one in (found, other) if figure in one.figures
        )
        if figure in difference and not unused:
            rows.append(_row(words, figure, found.figures, other.figures, difference, found.currency))
    for name in found.of("teams"):
        for figure, words in (("load", "busy"), ("wait", "wait of a visit")):
            key = f"teams.{name}.{figure}"
            if key in difference:
                rows.append(_row(f"{name}: {words}", key, found.figures, other.figures, difference, found.currency))
    return _table(["", "today", "then", "difference", "its interval"], rows)


def _row(
    words: str, figure: str, today: Figures, then: Figures, difference: Figures, currency: str | None
) -> list[str]:
    shown = how(figure, currency)
    change = difference[figure]
    signed = _signed(shown)
    span = "" if change.low is None or change.high is None else f"{signed(change.low)} to {signed(change.high)}"
    told = "" if change.mean != change.mean else signed(change.mean)
    return [f"  {words}", _mean(today.get(figure), shown), _mean(then.get(figure), shown), told, span]


def _signed(shown: Shown) -> Shown:
    """Differences have a sign; those of shares are points of a percentage."""

    def told(value: float) -> str:
        sign = "+" if value > 0 else "-" if value < 0 else ""
        if shown is percent:
            return f"{sign}{significant(100 * abs(value), 2)} points"
        return f"{sign}{shown(abs(value))}"

    return told
