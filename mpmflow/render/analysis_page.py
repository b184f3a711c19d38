"""The answer of `analyze` as a page of text: what a case goes through, who is busy, what moves the figures most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mpmflow.model.imports import workflow_titles
from mpmflow.render.numbers import duration, hours, percent, significant
from mpmflow.render.overload_words import overload_sentences

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, Group, RenderableType

    from mpmflow.analysis.exact.analyze import Analysis, WorkflowAnalysis
    from mpmflow.analysis.exact.ranking import Mending

LEVERS = 8
"""So many levers stand on the page; the document has all."""

STEPS = 40
"""Steps of a workflow that stand on the page."""


def analysis_page(analysis: Analysis) -> Group:
    """The page, for a terminal of any width or a file.

    A figure that is not exact is marked `~`, and the last lines say how good it is.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    titles = workflow_titles(analysis.model)
    for name, found in analysis.workflows.items():
        parts.append(Text(f"{titles.get(name, name)}, as it is designed", style="bold"))
        parts.extend(_workflow(found))
    if analysis.overload:
        parts.append(Text("\nMore work than people", style="bold"))
        for team in analysis.overload:
            parts.extend(Padding(Text(sentence), (0, 0, 0, 2)) for sentence in overload_sentences(team))
    return Group(*parts)


def _workflow(found: WorkflowAnalysis) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    for sentence in _sentences(found):
        yield Padding(Text(sentence), (0, 0, 0, 2))
    yield Text("\nStep by step, per case", style="bold")
    yield _steps(found)
    if found.teams:
        yield Text("\nTeams", style="bold")
        yield _teams(found)
    moving = list(_strongest(found))
    if moving:
        yield Text("\nWhat moves the figures most", style="bold")
        yield Text("  If an outcome became one percentage point more frequent, or a time, a cost or a rate 1% larger:")
        yield _levers(found, moving)
    mending = [one for one in found.ranking if any(abs(gain) > 1e-12 for gain in one.gains.values())][:3]
    if mending:
        yield Text("\nWhich decision to mend first", style="bold")
        for one in mending:
            yield Padding(Text(_mended(one, found.currency)), (0, 0, 0, 2))
        for sentence in _together(found, [one.decision for one in mending]):
            yield Padding(Text(sentence), (0, 0, 0, 2))
    yield from _footnotes(found)


def _sentences(found: WorkflowAnalysis) -> Iterator[str]:
    get = found.figures.get
    ends = [f"{percent(share)} as {name.replace('_', ' ')}" for name, share in found.ends.items() if share > 0]
    yield "How cases end: " + _listed(ends) + "."
    mean, sd = get("time.mean"), get("time.sd")
    if mean:
        text = f"A case takes {_mark(found, 'time.mean')}{duration(mean)} on average"
        text += f" (standard deviation {_mark(found, 'time.sd')}{duration(sd)})" if sd else ""
        half, tenth = get("time.p50"), get("time.p90")
        if half is not None and tenth is not None:
            text += f"; half are through within {_mark(found, 'time.p50')}{duration(half)}"
            text += f", nine in ten within {_mark(found, 'time.p90')}{duration(tenth)}"
        yield text + "."
    without = get("time.without_wait")
    if mean and without is not None and mean > without * (1.0 + 1e-12):
        waits = f"{_mark(found, 'time.mean')}{duration(mean - without)}"
        free = f"{_mark(found, 'time.without_wait')}{duration(without)}"
        yield f"If everybody were free at once it would take {free}: waiting for people adds {waits}."
    elif mean is None and without is not None:
        free = f"{_mark(found, 'time.without_wait')}{duration(without)}"
        yield f"If everybody were free at once a case would take {free}; with the queues nobody can say."
    late = get("time.late")
    if late is not None:
        yield f"{_mark(found, 'time.late')}{percent(late)} miss the deadline."
    first, rework = get("first_pass"), get("rework")
    if first is not None:
        text = f"{percent(first)} end well without any rework"
        yield text + (f"; {percent(rework)} of the work is due to rework." if rework is not None else ".")
    cost = get("cost.mean")
    if cost and found.currency:
        work = get("touch_time.mean")
        text = f"A case costs {significant(cost)} {found.currency} on average"
        yield text + (f", with {hours(work)} of work." if work else ".")
    wip, flow = get("wip"), get("throughput_per_s")
    if wip is not None and flow is not None:
        under_way = f"{_mark(found, 'wip')}{significant(wip)} are under way at a time"
        yield f"{significant(flow * 604800)} cases end well per week; {under_way}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _mark(found: WorkflowAnalysis, figure: str) -> str:
    return "~" if found.method.get(figure, "exact") != "exact" else ""


class Fitted:
    """A plain table that leaves out empty columns, and its last ones where the terminal is too narrow for them."""

    def __init__(self, heads: list[str], rows: list[list[str]]) -> None:
        kept = [column for column in range(len(heads)) if any(row[column] for row in rows)]
        self.heads = [heads[column] for column in kept]
        self.rows = [[row[column] for column in kept] for row in rows]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.table import Table
        from rich.text import Text

        widths = [
            2 + max(len(line) for cell in column for line in cell.split("\n"))
            for column in zip(self.heads, *self.rows, strict=True)
        ]
        count = len(widths)
        while count > 2 and sum(widths[:count]) > options.max_width:
            count -= 1
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        for column in range(count):
            table.add_column(self.heads[column], justify="right" if column else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*row[:count])
        yield table
        if count < len(widths):
            left_out = ", ".join(head.replace("\n", " ").strip() for head in self.heads[count:])
            yield Text(f"  (a wider terminal also shows: {left_out})", style="dim")


def _steps(found: WorkflowAnalysis) -> Fitted:
    rows = []
    for name, step in list(found.steps.items())[:STEPS]:
        cost = f"{significant(step.cost)} {found.currency or ''}".strip() if step.cost else ""
        wait = f"~{duration(step.wait)}" if step.wait else ""
        rows.append([f"  {name}", significant(step.visits), wait, duration(step.time) if step.time else "", cost])
    if len(found.steps) > STEPS:
        rows.append([f"  … and {len(found.steps) - STEPS} more (--json has all)", "", "", "", ""])
    return Fitted(["  step", "visits", "wait before it", "time of a visit", "cost of a visit"], rows)


def _teams(found: WorkflowAnalysis) -> Fitted:
    rows = []
    more = {one.team: one for one in found.people}
    for name, team in found.teams.items():
        wait = f"~{duration(team.wait)}" if team.wait else ""
        delayed = percent(team.delayed) if team.delayed is not None else ""
        queue = f"~{significant(team.queue)}" if team.queue else ""
        person = more[name].one_more if name in more else None
        gain = _change("time.mean", person["time.mean"], None) if person is not None else ""
        busy = percent(team.load) if team.load is not None else ""
        rows.append([f"  {name}", busy, hours(team.work), wait, delayed, queue, gain])
    heads = ["  team", "busy", "work\nper case", "wait\nof a visit", "must\nwait", "waiting\nat a time",
             "with one person\nmore, time"]  # fmt: skip
    if not found.people:
        heads = ["  team", "busy", "work per case", "", "", "", ""]
    return Fitted(heads, rows)


_AMOUNTS = ("takes", "waits", "costs", "delay", "cost", "arrivals")
_SHOWN = ("time.mean", "time.late", "cost.mean", "first_pass", "yield")
_HEADS = {"time.mean": "time", "time.late": "late,\npoints", "cost.mean": "cost",
          "first_pass": "right first\ntime, points", "yield": "end well,\npoints"}  # fmt: skip


def _strongest(found: WorkflowAnalysis) -> Iterator[tuple[str, float, dict[str, float]]]:
    """The levers with the largest effect on time, else on what there is: the change of each figure by a small move."""
    moves: list[tuple[float, str, float, dict[str, float]]] = []
    base = found.figures.get("time.mean") or found.figures.get("time.without_wait") or 0.0
    for name, value, effects in found.levers:
        share = 0.0 <= value <= 1.0 and name.rpartition(".")[2] not in _AMOUNTS
        step = 0.01 if share else 0.01 * value
        if "time.mean" not in effects and "time.without_wait" in effects:  # beyond full load there is no other time
            effects = {"time.mean": effects["time.without_wait"], **effects}
        changes = {figure: effect[0] * step for figure, effect in effects.items() if figure in _SHOWN}
        strength = abs(changes.get("time.mean", 0.0)) / base if base else abs(changes.get("first_pass", 0.0))
        if strength > 0:
            moves.append((-strength, name, value, changes))
    shown: list[tuple[str, dict[str, float]]] = []
    for _, name, value, changes in sorted(moves, key=lambda move: (round(move[0], 12), -move[3].get("time.mean", 0.0))):
        if len(shown) == LEVERS:
            return
        if not any(_mirrors(changes, other) and _decision(name) == _decision(seen) for seen, other in shown):
            shown.append((name, changes))
            yield name, value, changes


def _decision(lever: str) -> str:
    return lever.rpartition(".")[0]


def _mirrors(a: dict[str, float], b: dict[str, float]) -> bool:
    """Whether one is the other side of the other, as yes is of no."""
    return all(abs(a.get(figure, 0.0) + b.get(figure, 0.0)) <= 1e-9 * abs(a.get(figure, 0.0)) for figure in {*a, *b})


def _levers(found: WorkflowAnalysis, moves: list[tuple[str, float, dict[str, float]]]) -> Fitted:
    shown = [figure for figure in _SHOWN if any(figure in changes for _, _, changes in moves)]
    rows = []
    for name, value, changes in moves:
        kind = name.rpartition(".")[2]
        now = duration(value) if kind in ("takes", "waits", "delay") else ""
        if kind in ("cost", "costs"):
            now = f"{significant(value)} {found.currency or ''}"
        elif kind == "arrivals":
            now = f"{significant(value * 604800)} per week"
        now = now or percent(value)
        cells = [_change(figure, changes.get(figure), found.currency).removesuffix(" points") for figure in shown]
        rows.append([f"  {name}", now, *cells])
    return Fitted(["  lever", "now", *(_HEADS[figure] for figure in shown)], rows)


def _change(figure: str, change: float | None, currency: str | None) -> str:
    if change is None or abs(change) < 1e-12:
        return ""
    sign = "+" if change > 0 else "-"
    size = abs(change)
    if figure == "time.mean":
        return f"{sign}{duration(size, 2)}"
    if figure == "cost.mean":
        return f"{sign}{significant(size, 2)} {currency or ''}".strip()
    return f"{sign}{significant(100 * size, 2)} points"


def _mended(mending: Mending, currency: str | None) -> str:
    words = []
    gains, late = mending.gains, ""
    timed = "time.mean" if "time.mean" in gains else "time.without_wait"
    if mending.overloads:
        timed = "time.mean"
        late = f"; but more cases would go on than {_listed(list(mending.overloads))} can keep up with"
    for figure, phrase in ((timed, "the time of a case"), ("cost.mean", "its cost"), ("yield", "what ends well")):
        gain = gains.get(figure)
        if gain is not None and abs(gain) > 1e-12:
            words.append(f"{phrase} {_change(figure.replace('without_wait', 'mean'), gain, currency)}")
    return f"{mending.decision} without rework, delay or loss: {', '.join(words) or 'nothing would change'}{late}."


def _together(found: WorkflowAnalysis, shown: list[str]) -> Iterator[str]:
    """One sentence on the two decisions whose gains add up least, where that is worth one in twenty of the gain."""
    for both in found.mending_both:
        figure = "time.mean" if "time.mean" in both.gains else "time.without_wait"
        if both.overloads or figure not in both.beyond:
            continue
        gain, beyond = both.gains[figure], both.beyond[figure]
        if set(both.decisions) <= set(shown) and gain < 0.0 and abs(beyond) >= 0.05 * -gain:
            apart = "less" if beyond > 0 else "more"
            yield (
                f"Mending both {both.decisions[0]} and {both.decisions[1]} takes {duration(-gain, 2)} off the time, "
                f"{duration(abs(beyond), 2)} {apart} than their gains added up."
            )
            return


def _footnotes(found: WorkflowAnalysis) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    loose = {figure: method for figure, method in found.method.items() if method != "exact"}
    lines = list(found.notes)
    if loose:
        kinds = " or ".join(sorted(set(loose.values())))
        worst = max((found.error[figure] for figure in loose if figure in found.error), default=None)
        told = f"; a bounded chance is off by at most {significant(worst, 2)}" if worst is not None else ""
        lines.append(f"~ {kinds}, not exact{told}. Figures without ~ are exact.")
    if lines:
        yield Text("")
    for line in lines:
        yield Padding(Text(line, style="dim"), (0, 0, 0, 2))
