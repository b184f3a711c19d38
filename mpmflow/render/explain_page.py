"""An explanation as a page for the terminal: what it is, where it is written, the numbers behind it, and what moves it.

Places in the file stand in front of the line that they show, so that a reader can open it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mpmflow.analysis.risk.evaluation import Evaluation, IndicatorFigure
from mpmflow.analysis.risk.explanation import Explanation
from mpmflow.analysis.rules import Clause
from mpmflow.compiler.origins import origin_of
from mpmflow.model.model import Model
from mpmflow.render.analysis_page import Fitted
from mpmflow.render.table_page import table_page

from .promises_text import LIMIT, STYLES, reminders, standing, ways_back
from .risk_names import Names
from .risk_sentences import dates_in_words
from .risk_top import against, than
from .risk_words import amount, bare, chance, change, day, one_unit, rate_unit, signed, span, uneven, unit_of, upper
from .sight_page import effects_of

MOST = 10
"""Rows of a table; the rest is counted."""
LEAST = 0.01
"""A cause has a row of its own if it is this part of the whole."""
TRUTH = {"true": "green", "false": "dim", "unknown": "yellow"}
Written = Callable[[str], tuple[str, str] | None]
"""A name of the file -> its place as `file:line` and the line itself; None for what was not written."""


def nowhere(name: str) -> tuple[str, str] | None:
    """For models without a file."""
    return None


def explanation_page(found: Explanation) -> ExplainPage | Fitted:
    """The page of an explanation that knows its evaluation, with the lines of the file; else its table."""
    if found.evaluation is None:
        return table_page(found)
    model = found.evaluation.model
    return ExplainPage(found.evaluation, found, (lambda name: line_of(model, name)) if model is not None else nowhere)


def line_of(model: Model, name: str) -> tuple[str, str] | None:
    """Where a name is written, as `file:line`, and that line; None for a model that was made in Python."""
    place = origin_of(model).place(name)
    return (f"{place.file}:{place.line}", place.source.line(place.line)) if place is not None else None


class ExplainPage:
    """An explanation that rich can lay out. `written` finds the lines of the file."""

    def __init__(self, evaluation: Evaluation, explanation: Explanation, written: Written = nowhere) -> None:
        self.evaluation, self.found, self.written = evaluation, explanation, written
        self.names = Names(evaluation)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._head()
        yield from {
            "indicator": self._indicator,
            "metric": lambda: self._metric(self.found),
            "objective": self._objective,
            "commitment": self._commitment,
            "place": self._place,
        }[self.found.kind]()

    def _head(self) -> Iterator[Text | Padding]:
        found = self.found
        title = Text.assemble((upper(found.label), "bold"), f" ({found.name}), {self._kind()}")
        if found.owner:
            title.append(f", {'promised' if found.kind == 'commitment' else 'owned'} by {found.owner}")
        yield title
        yield from self._line_of(found.name)
        yield Text()

    def _kind(self) -> str:
        figures = self.found.figures
        if self.found.kind == "place":
            return str(figures["place"])
        return f"objective of the {figures['level'].replace('_', ' ')}" if "level" in figures else self.found.kind

    def _line_of(self, name: str) -> Iterator[Padding]:
        line = self.written(name)
        if line is not None:
            shown = Text.assemble((line[0], "cyan"), f"  {line[1].strip()}", no_wrap=True, overflow="ellipsis")
            yield _in(shown)

    # ------------------------------------------------------------------------------------------ an indicator
    def _indicator(self) -> Iterator[Text | Table | Padding]:
        found, figures = self.found, self.found.figures
        unit = rate_unit(figures["unit"])
        since = f" since {day(date.fromisoformat(found.since))}" if found.since else ""
        yield Text.assemble("State: ", (found.state or "unknown", "bold"), since, ".")
        yield from _sentences(_seen(figures, unit), _estimated(figures, unit))
        if found.clauses:
            yield Text()
            yield Text("Rules, and what made them so", "bold")
            for clause in found.clauses:
                yield from _clauses(clause, unit, 1)
        elif not figures["rule"]:
            yield Text("No rule watches it.", "dim")
        yield from self._effects("What it does to the metrics", found.by)
        yield from self._places()
        yield from self._ways(found.paths)

    def _effects(self, title: str, by: Mapping[str, float]) -> Iterator[Text | Table]:
        if not by:
            return
        yield Text()
        yield Text(title, "bold")
        table = _table("metric", "change", "likely to miss")
        rows = {row.name: row for row in self.evaluation.metrics}
        for name, part in by.items():
            row = rows[name]
            table.add_row(self.names.full(name), change(part, row.unit), chance(row.p_miss))
        yield table

    def _places(self) -> Iterator[Text | Table]:
        """Where an indicator's deviation lands."""
        found = self.found
        unit, size = one_unit(max((abs(part) for part in found.delay.values()), default=0.0))
        felt = dict.fromkeys([*found.rework, *found.delay])
        places = sorted(
            (at for at in felt if _some(100.0 * found.rework.get(at, 0.0)) or _some(found.delay.get(at, 0.0) / size)),
            key=lambda at: (-abs(found.delay.get(at, 0.0)), -abs(found.rework.get(at, 0.0))),
        )
        if not places:
            return
        yield Text()
        yield Text("Where it lands", "bold")
        table = _table("at", "visits per 100 cases", f"{unit} per case")
        for at in places[:MOST]:
            table.add_row(
                upper(self.names.full(at)),
                _some(100.0 * found.rework.get(at, 0.0)),
                _some(found.delay.get(at, 0.0) / size),
            )
        yield table
        yield from _more(len(places) - MOST)

    # ------------------------------------------------------------------------------------------ a metric
    def _metric(self, found: Explanation) -> Iterator[Text | Table | Padding]:
        figures = found.figures
        unit = figures["unit"]
        on = f" on {day(date.fromisoformat(figures['on']))}" if figures["on"] else ""
        if figures["forecast"] is None:
            yield Text("Its level is not known: there is no data of it. Only its change is.")
        else:
            reach = span(figures["low"], figures["high"], unit)
            told = f"Expected{on}: {amount(figures['forecast'], unit)} (95%: {reach}); "
            yield Text(f"{told}{than(self.evaluation)} {amount(figures['baseline'], unit)}.")
        if figures["target_text"]:
            asked = amount(figures["target"], unit)
            words = figures["target_text"].split(" ")
            yield Text.assemble(
                f"Target: {' '.join(words[:2])} {asked}; ",
                (f"{chance(figures['p_miss'])} likely to miss it", "bold"),
                ".",
            )
        if figures["reading"]:
            yield Text(f"Counted {dates_in_words(figures['reading'])}.", "dim")
        if figures["reaches_on"]:
            yield Text(f"Most of the change is there by {day(date.fromisoformat(figures['reaches_on']))}.")
        yield from self._sources(found.by, lambda part: change(part, unit), "What moves it")
        yield from self._ways(found.paths)
        if figures["evidence"] in ("structural", "formula"):
            yield Text("It follows from the process and from formulas alone.", "dim")
        elif figures["evidence"]:
            yield Text(f"Its weakest link is {_evidence(figures['evidence'])}.", "dim")

    def _sources(
        self, by: Mapping[str, float], say: Callable[[float], str], title: str
    ) -> Iterator[Text | Table | Padding]:
        if not by:
            yield Text(f"Nothing moves it away from {against(self.evaluation)}.")
            return
        yield Text()
        yield Text(title, "bold")
        whole = sum(abs(part) for part in by.values())
        table = _table("cause", "expected", "now about", "adds", "share")
        rows = {row.measures or row.name: row for row in self.evaluation.indicators}
        told = [name for name, part in by.items() if abs(part) >= LEAST * whole][:MOST]
        for name in told:
            row, part = rows.get(name), by[name]
            unit = rate_unit(row.unit) if row is not None else unit_of(self.evaluation, name)
            table.add_row(
                "unexplained: its own data" if name == self.found.name else self._cause(name, row),
                bare(row.expected, unit) if row is not None else "",
                bare(row.estimate, unit) if row is not None else "",
                say(part),
                f"{abs(part) / whole:.0%}" if whole else "",
            )
        yield table
        rest = sum(by.values()) - sum(by[name] for name in told)
        if len(by) > len(told):
            others = "1 other" if len(by) - len(told) == 1 else f"{len(by) - len(told)} others together"
            yield Text(f"{others}: {say(rest)}.", "dim")
        for name in told[:3]:
            yield from self._line_of(name)

    def _cause(self, name: str, row: IndicatorFigure | None) -> str:
        """A cause in words. A time may do harm by its scatter alone, though its mean stands still."""
        scatter = ", more uneven" if row is not None and uneven(row) else ""
        return upper(self.names.full(name)) + scatter

    def _ways(self, paths: tuple[tuple[str, ...], ...]) -> Iterator[Text | Padding]:
        if not paths:
            return
        yield Text()
        yield Text("By which ways", "bold")
        for path in paths[:MOST]:
            yield _in(Text(" → ".join(self.names.full(name) for name in path)))

    # ------------------------------------------------------------------------------------------ an objective, a place
    def _objective(self) -> Iterator[RenderableType]:
        figures = self.found.figures
        yield Text.assemble("State: ", (self.found.state or "unknown", "bold"), ".")
        if figures["parent"]:
            yield Text(f"It serves {self.names.full(figures['parent'])}.")
        if figures["target_text"]:
            yield Text(f"Target: {figures['target_text']}.")
        if not self.found.measured_by:
            yield Text("No metric measures it.")
        for metric in self.found.measured_by:
            yield Text()
            yield Text.assemble((upper(metric.label), "bold"), f" ({metric.name})")
            yield from self._line_of(metric.name)
            yield from self._metric(metric)
        if self.found.sight is not None and self.found.sight.effects:
            yield Text()
            yield Text("What can move it, and what it would take", "bold")
            units = {row.name: row.unit for row in self.evaluation.metrics}
            yield from effects_of(units, self.found.sight)

    def _commitment(self) -> Iterator[Text | Table | Padding]:
        row = self.evaluation.commitment(self.found.name)
        yield Text.assemble("State: ", (row.state, STYLES[row.state]), ".")
        yield from _sentences(*standing(row), *ways_back(self.evaluation, row, self.names), reminders(row))
        if row.state in ("at risk", "broken"):
            yield Text(LIMIT, "dim")
        for metric in self.found.measured_by:
            yield Text()
            yield Text.assemble((upper(metric.label), "bold"), f" ({metric.name})")
            yield from self._line_of(metric.name)
            yield from self._metric(metric)

    def _place(self) -> Iterator[Text | Table | Padding]:
        found, figures = self.found, self.found.figures
        unit, size = one_unit(figures["extra_time"])
        if figures["place"] == "workflow":
            time = _how_many(figures["extra_time"] / size, unit, "as much time")
            open_now = f" {figures['open_cases']:,} cases are under way." if figures["open_cases"] else ""
            yield Text(f"Against {against(self.evaluation)}, a case takes {time}.{open_now}")
            yield from self._sources(found.delay, _times(unit, size), "Extra time per case, by cause")
            return
        extra, path, own = figures["extra_time"], figures["path_time"], figures["own_time"]
        # The three ways add up to the whole, so what is neither of the first two is waiting for busy people.
        ways = (
            (path, "more visits", "fewer visits"),
            (own, "longer ones", "shorter ones"),
            (extra - path - own, "longer waits for people", "shorter waits for people"),
        )
        parts = [
            f"{told} by {worse if part > 0 else better}"
            for part, worse, better in ways
            if (told := signed(part / size)) != "0"
        ]
        visits = _how_many(100.0 * figures["extra_visits"], "visits", "as many visits")
        time = _how_many(extra / size, unit, "as much time")
        told = f": {', '.join(parts)}" if parts else ""
        yield Text(f"Against {against(self.evaluation)}, 100 cases make {visits} here, and a case spends {time}{told}.")
        yield from self._coming()
        if figures["open_cases"]:
            yield Text(f"Open cases listed here: {figures['open_cases']}.")
        if found.rework:
            yield from self._sources(found.rework, _per_hundred, "Extra visits per 100 cases, by cause")
        if found.delay:
            say = _times(unit, size)
            yield from self._sources(found.delay, say, "Extra time per case, by cause")
        if not found.rework and not found.delay:
            lasting = "In the long run nothing changes here." if figures["starves_until"] else "Nothing changes here."
            yield Text(lasting)

    def _coming(self) -> Iterator[Text]:
        """When the extra visits come, and that fewer come before."""
        figures, asked = self.found.figures, self.evaluation.as_of
        if figures["starves_until"]:
            until, fewest = date.fromisoformat(figures["starves_until"]), 100.0 * figures["fewest"]
            yield Text(
                f"Until {day(until)} fewer visits come here than {than(self.evaluation)}, at the worst "
                f"{signed(fewest)[1:]} fewer per 100 cases: they come later."
            )
        if figures["reaches_on"] and (reached := date.fromisoformat(figures["reaches_on"])) > asked:
            yield Text(f"Most of the change of visits is here by {day(reached)}.")


def _how_many(change: float, unit: str, same: str) -> str:
    """A change as so much more or less.

    >>> _how_many(7.9, "visits", "as many visits"), _how_many(-2.5, "h", "as long"), _how_many(0.0, "h", "as long")
    ('7.9 visits more', '2.5 h less', 'as long')
    """
    told = signed(change)
    fewer = "fewer" if unit == "visits" else "less"
    return same if told == "0" else f"{told[1:]} {unit} {'more' if change > 0 else fewer}"


def _times(unit: str, size: float) -> Callable[[float], str]:
    return lambda part: f"{signed(part / size)} {unit}"


def _per_hundred(part: float) -> str:
    return signed(100.0 * part)


def _some(value: float) -> str:
    """A change, or nothing where it rounds to nothing."""
    text = signed(value)
    return "" if text == "0" else text


def _seen(figures: Mapping[str, Any], unit: str) -> str:
    if figures["observed"] is None:
        return "Nothing was observed in the last full period."
    told = f"Last seen: {amount(figures['observed'], unit)}"
    if figures["n"] is not None:
        told += f" of {figures['n']:,}"
    if figures["low"] is not None:
        told += f" (95%: {span(figures['low'], figures['high'], unit)})"
    expected = "" if figures["expected"] is None else f"; expected {amount(figures['expected'], unit)}"
    return f"{told}{expected}."


def _estimated(figures: Mapping[str, Any], unit: str) -> str:
    if figures["estimate"] is None:
        return ""
    told = f"Now about {amount(figures['estimate'], unit)}"
    if figures["half_life"] is not None:
        told += f" (a period counts half once {figures['half_life']:g} more have passed)"
    if figures["p_worse"] is not None:
        told += f"; the probability that this is worse than expected is {chance(figures['p_worse'])}"
    return f"{told}."


def _clauses(clause: Clause, unit: str, depth: int) -> Iterator[Padding]:
    level = ""
    if clause.value is not None:
        level = f"  {amount(clause.value, unit)}"
        edges = [edge for edge in (clause.low, clause.high) if edge is not None]
        if edges:
            level += f" against {' and '.join(amount(edge, unit) for edge in edges)}"
    word = "fires" if clause.fires else "pending" if clause.pending else clause.truth
    yield Padding(Text.assemble(clause.text, (f"  {word}", TRUTH[clause.truth]), level), (0, 0, 0, 2 * depth))
    for part in clause.parts:
        yield from _clauses(part, unit, depth + 1)


def _evidence(word: str) -> str:
    return {
        "experiment": "an experiment",
        "associated": "an association seen in data",
        "learned": "what was learned from the series",
        "declared": "what somebody declared",
    }.get(word, word)


def _sentences(*texts: str) -> Iterator[Text]:
    for text in texts:
        if text:
            yield Text(text)


def _more(count: int) -> Iterator[Text]:
    if count > 0:
        yield Text(f"  … and {count} more.", "dim")


def _in(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table
