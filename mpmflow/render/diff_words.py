"""What two versions of a model differ in, in words: statements that came and went, clauses old and new, figures."""

from __future__ import annotations

from collections.abc import Iterator

from mpmflow.analysis.difference.diff import Diff, FigureChange
from mpmflow.analysis.difference.edits import ClauseEdit, Edit, Place
from mpmflow.compiler.names import Names
from mpmflow.compiler.units import Units
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.risk_words import amount, change, rate_unit

WEEK = 7 * 86400.0
FIGURES = {
    "time.mean": "time of a case",
    "time.without_wait": "of it, without waits for people",
    "time.p90": "nine in ten are through within",
    "time.late": "miss the deadline",
    "cost.mean": "cost of a case",
    "first_pass": "right first time",
    "yield": "end well",
    "rework": "of the work is rework",
    "throughput_per_s": "end well per week",
    "wip": "under way at a time",
    "people": "people",
    "load": "busy",
    "wait": "wait of a visit",
    "cost_per_week": "cost per week",
    "planned": "planned",
}
"""What the figures that people read are called; the document has all of them."""
_SHARES = ("time.late", "first_pass", "yield", "rework", "load")
_CLAUSES = {
    "way": "leads elsewhere",
    "at_most": "limit",
    "ways": "order and ways",
    "measure": "formula",
    "target": "leads elsewhere",
}
"""What a clause of a change is called, where that is not its own word."""
LONGEST = 60
"""Characters of a clause that a line of a list shows; the document has all."""


class Words:
    """The words for one answer, with the units of both versions."""

    def __init__(self, found: Diff) -> None:
        self.found = found
        self._units = [Units(Names(model)) for model in (found.new, found.old)]
        self._metrics = [dict(_metrics(model)) for model in (found.new, found.old)]

    # ------------------------------------------------------------------------------------------ figures
    def level(self, one: FigureChange, value: float | None) -> str:
        """A figure as people read it; “none” where it has no value."""
        if value is None:
            return "none"
        if one.kind == "metric":
            return amount(value, self._unit(one.of))
        if one.figure in _SHARES:
            return percent(value)
        if one.figure.startswith("time.") or one.figure == "wait":
            return duration(value)
        if one.figure in ("cost.mean", "cost_per_week"):
            return f"{significant(value)} {one.unit or ''}".rstrip()
        return significant(value * WEEK if one.figure == "throughput_per_s" else value)

    def difference(self, one: FigureChange, value: float | None) -> str:
        """A difference of a figure, with its sign; nothing where there is none."""
        if value is None:
            return ""
        if one.kind == "metric":
            return change(value, self._unit(one.of))
        sign, size = ("+" if value > 0 else "-"), abs(value)
        if one.figure in _SHARES:
            points = significant(100 * size, 2)
            return f"{sign}{points} point{'' if points == '1' else 's'}"
        if one.figure.startswith("time.") or one.figure == "wait":
            return f"{sign}{duration(size, 2)}"
        if one.figure in ("cost.mean", "cost_per_week"):
            return f"{sign}{significant(size, 2)} {one.unit or ''}".rstrip()
        return f"{sign}{significant(size * WEEK if one.figure == 'throughput_per_s' else size, 2)}"

    def because(self, one: FigureChange, most: int = 3) -> str:
        """The changes behind a difference, the strongest first, each with its part."""
        strongest = sorted(one.by, key=lambda key: (-abs(one.by[key]), key))
        least = 0.01 * max((abs(part) for part in one.by.values()), default=0.0)
        shown = [key for key in strongest if abs(one.by[key]) >= least][:most]
        said = [f"{self.change(key)} {self.difference(one, one.by[key])}" for key in shown]
        rest = sum(one.by[key] for key in strongest[len(shown) :])
        if len(strongest) > len(shown) and abs(rest) >= least:
            said.append(f"others {self.difference(one, rest)}")
        return ", ".join(said)

    def _unit(self, metric: str) -> str:
        for units, known in zip(self._units, self._metrics, strict=True):
            if metric in known:
                unit = units.of_name(metric).unit
                return rate_unit(str(unit) if unit is not None and unit.powers else self._share(known[metric]))
        return ""

    @staticmethod
    def _share(unit: str | None) -> str:
        return "%" if unit == "%" else ""

    def title(self, metric: str) -> str:
        """What people read of a metric."""
        return self._titles.get(metric, metric)

    @property
    def _titles(self) -> dict[str, str]:
        return {metric.name: metric.title for model in (self.found.old, self.found.new) for metric in model.metrics}

    # ------------------------------------------------------------------------------------------ changes
    def change(self, key: str) -> str:
        """A change by its key: `legal people`, `step qa added`."""
        if key[0] in "+-":
            return f"{key[1:]} {'added' if key[0] == '+' else 'removed'}"
        head, slash, clause = key.rpartition("/")
        if not slash:
            return {"ways": "order and ways", "workflows": "workflows added or removed"}.get(key, key)
        return f"{head} {_CLAUSES.get(clause, clause)}"

    def edit(self, one: Edit) -> str:
        """One statement that differs, in a line."""
        kind = "" if one.kind == "outcome" else f"{one.kind} "
        name = f"{kind}{one.id if one.kind == 'outcome' else one.name}"
        label = f" “{one.title}”" if one.title not in (one.name, one.name.replace("_", " ")) else ""
        if one.what != "changed":
            word = "added" if one.what == "added" else "removed"
            clauses = [clause_words(clause) for clause in one.clauses if clause.clause != "label"]
            inside = f" in {one.within.partition('#')[0]}" if one.within and one.kind != "outcome" else ""
            told = f": {', '.join(clauses)}" if clauses else ""
            return f"{name}{label} {word}{inside}{told}{self._places(one.old_place, one.new_place)}"
        said = []
        if one.was is not None:
            said.append(f"was called {one.was}")
        if one.moved is not None:
            said.append(f"now stands {one.moved[1]}, before {one.moved[0]}")
        said += [changed_words(clause) for clause in one.clauses]
        old, new = one.old_place, one.new_place
        if len(one.clauses) == 1 and one.moved is None and one.was is None:
            old, new = one.clauses[0].old_place or old, one.clauses[0].new_place or new
        return f"{name}{label}: {'; '.join(said)}{self._places(old, new)}"

    @staticmethod
    def _places(old: Place | None, new: Place | None) -> str:
        if old is not None and new is not None:
            before = f"line {old.line}" if old.line == new.line else f"lines {old.line} and {new.line}"
            return f" ({before})"
        place = old or new
        return f" (line {place.line})" if place is not None else ""


def _metrics(model: object) -> Iterator[tuple[str, str | None]]:
    from mpmflow.model.imports import with_imports
    from mpmflow.model.model import Model

    assert isinstance(model, Model)
    for one in with_imports(model):
        yield from ((metric.name, metric.unit) for metric in one.metrics)


def clause_words(clause: ClauseEdit) -> str:
    """A clause of a statement that came or went."""
    return _short(f"{clause.word} {clause.new if clause.new is not None else clause.old}".strip())


def changed_words(clause: ClauseEdit) -> str:
    """A clause that differs: `takes 2h → 3h`.

    >>> changed_words(ClauseEdit("takes", "takes", "2h", "3h"))
    'takes 2h → 3h'
    >>> changed_words(ClauseEdit("effects", "", "rework", None))
    'rework removed'
    """
    word = f"{clause.word} " if clause.word else ""
    if clause.old is None:
        return f"{word}{_short(clause.new or '')} added"
    if clause.new is None:
        return f"{word}{_short(clause.old)} removed"
    return f"{word}{_short(clause.old)} → {_short(clause.new)}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
