"""`diff`: two versions of a model; what changed in them, in every figure, and which past forecasts stay comparable.

Figures are those of the models alone, as of `analyze`. Where one differs, its difference is shared out among the
changes that were made (see `attributed`), asked of models in which only some of them are made (see `mixed`); the parts
add up.
A version without figures (a loop without a way out, nobody in a team) still has a structure; the notes say what is
missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any, Literal

from mpmflow.analysis.difference.attributed import ROUNDING, parts
from mpmflow.analysis.difference.comparable import Comparable, comparable
from mpmflow.analysis.difference.edits import Edit, Places, Structure, structure
from mpmflow.analysis.difference.mixed import Mixer, Unit
from mpmflow.analysis.exact.analyze import Analysis, analyze
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import Document, Provenance, Result, finite, model_hash, provenance
from mpmflow.analysis.scenarios.comparison import cost_per_week_of, crews_of, figures_of_teams
from mpmflow.analysis.scenarios.planned import Planned
from mpmflow.graphs.faults import ModelFault
from mpmflow.model.model import Model
from mpmflow.numerics.faults import NumericsError

What = Literal["nothing", "layout", "meaning"]
Kind = Literal["workflow", "team", "metric"]
Key = tuple[Kind, str, str]

HEADLINES = (
    "time.mean", "time.without_wait", "time.p90", "time.late", "cost.mean", "first_pass", "yield", "rework",
    "throughput_per_s", "wip",
)  # fmt: skip
"""The figures of a workflow whose differences are shared out among the changes; all others are only compared."""
OF_TEAMS = ("people", "load", "wait", "cost_per_week")
MOST_UNITS = 40
"""With more changes than this, those of the ways of cases count as one, and so do those of each statement."""
LEVERS = ("time.mean", "cost.mean", "first_pass")
"""The figures whose levers stand in the document."""


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure in both versions; None where it has no value.

    Attributes:
        kind, of, figure: of a workflow, a team or a metric; which, and the name of the figure ("planned" of a metric).
        unit: of a metric, its unit in base units; the currency of money; None else.
        by: change -> its part of the difference; the parts add up to it. Empty where the figure is not shared out.
    """

    kind: Kind
    of: str
    figure: str
    old: float | None
    new: float | None
    unit: str | None = None
    by: Mapping[str, float] = field(default_factory=dict)

    @property
    def difference(self) -> float | None:
        """New minus old."""
        return self.new - self.old if self.new is not None and self.old is not None else None

    @property
    def relative(self) -> float | None:
        """The difference as a share of the old figure; None where that is 0."""
        return self.difference / abs(self.old) if self.difference is not None and self.old else None

    @property
    def moved(self) -> bool:
        """Whether the figure differs by more than rounding, or is there on one side only."""
        if self.difference is None:
            return self.old != self.new
        return abs(self.difference) > 1e-9 * max(abs(self.old or 0.0), abs(self.new or 0.0))

    def to_dict(self) -> Document:
        return {
            "kind": self.kind, "of": self.of, "figure": self.figure, "unit": self.unit,
            "old": finite(self.old), "new": finite(self.new),
            "change": finite(self.difference), "relative": finite(self.relative), "by": dict(self.by),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeverChange:
    """What one lever does to a figure in both versions: the slope; None where it cannot move it, or is not there."""

    workflow: str
    lever: str
    figure: str
    old: float | None
    new: float | None

    def to_dict(self) -> Document:
        return {
            "workflow": self.workflow, "lever": self.lever, "figure": self.figure,
            "old": finite(self.old), "new": finite(self.new),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Diff(Result):
    """The answer of `diff`.

    Attributes:
        what: `nothing` if both texts are the same, `layout` if they mean the same (layout, comments, the order of
            statements), else `meaning`.
        edits: statements that came, went, moved, were renamed, or changed; those that change the shape first.
        changes: what figures are shared out among, each with the ids of its statements.
        figures: every figure of every workflow and team, and the planned level of every metric, in both versions.
        levers: slopes of the main figures in every lever that differ.
        overload: teams with more work than people, in the old and in the new version.
        forecasts: metric -> whether past forecasts of it stay comparable, of all metrics of either version.
        names: old name -> new name of what was renamed.
        notes: what a reader must know.
        old, new: the models; the old one calls things as the new one does.
    """

    schema = "mpmflow/diff/1"
    shown_by = ("render.diff_page", "diff_page")
    what: What
    edits: tuple[Edit, ...]
    changes: tuple[Unit, ...]
    figures: tuple[FigureChange, ...]
    levers: tuple[LeverChange, ...]
    overload: tuple[tuple[str, ...], tuple[str, ...]]
    forecasts: Mapping[str, Comparable]
    names: Mapping[str, str]
    notes: tuple[str, ...]
    old: Model = field(repr=False)
    new: Model = field(repr=False)
    old_hash: str = field(default="", repr=False)

    def __getitem__(self, name: tuple[str, str]) -> FigureChange:
        """A figure by what it is of and its name: `found["webinar", "time.mean"]`."""
        for one in self.figures:
            if (one.of, one.figure) == name:
                return one
        raise KeyError(f"{name!r} is none of the figures, such as {[(one.of, one.figure) for one in self.figures[:3]]}")

    @cached_property
    def provenance(self) -> Provenance:
        """Versions, and the hash of the new model; that of the old one stands beside it in the document."""
        return provenance(self.new)

    def body(self) -> Document:
        return {
            "what": self.what,
            "edits": [one.to_dict() for one in self.edits],
            "changes": [{"key": one.key, "statements": list(one.statements)} for one in self.changes],
            "figures": [one.to_dict() for one in self.figures],
            "levers": [one.to_dict() for one in self.levers],
            "overload": {"old": list(self.overload[0]), "new": list(self.overload[1])},
            "forecasts": [
                {"metric": name, "comparable": one.same, "why": list(one.why)} for name, one in self.forecasts.items()
            ],
            "renamed": dict(self.names),
            "notes": list(self.notes),
            "old_model": self.old_hash,
            "provenance": self.provenance.to_dict(),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row a figure: kind, of, figure, unit, old, new, change, relative."""
        names = ("kind", "of", "figure", "unit", "old", "new", "change", "relative")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for one in self.figures:
            document = one.to_dict()
            for name in names:
                columns[name].append(document[name])
        return columns


def diff(
    old: Model,
    new: Model,
    *,
    places: tuple[Places, Places] = ({}, {}),
    same_text: bool = False,
    samples: tuple[Samples, Samples] = ({}, {}),
) -> Diff:
    """Two versions of a model beside each other.

    `places` are the spans of both texts by id, so that edits say their lines; `same_text` says that the two texts are
    the same to the letter; `samples` the seconds of `empirical` durations of each version.

    >>> from mpmflow.model.process import Decision, Outcome, Step, Workflow
    >>> def model(share):
    ...     outcomes = [Outcome(name="yes"), Outcome(name="no", share=share, target="brief", rework=True)]
    ...     body = [Step(name="brief", takes="1h"), Decision(name="ok", outcomes=outcomes)]
    ...     return Model(workflows=[Workflow(name="w", body=body)])
    >>> found = diff(model("20%"), model("50%"))
    >>> found["w", "time.mean"].old, found["w", "time.mean"].by
    (4500.0, {'ok/shares': 2700.0})
    """
    shape = structure(old, new, places)
    what: What = "meaning" if shape.edits else "nothing" if same_text else "layout"
    notes: list[str] = []
    before = _figures(shape.old, samples[0], "old", notes)
    after = _figures(shape.new, samples[1], "new", notes)
    mixer, shared = _shared(shape, samples, before, after, notes) if shape.edits else (None, {})
    figures = tuple(_changes(before, after, shared))
    if mixer is not None:
        notes += _not_shared(figures)
    return Diff(
        what,
        shape.edits,
        mixer.units if mixer is not None else (),
        figures,
        tuple(_levers(before, after)),
        (_overloaded(before), _overloaded(after)),
        _forecasts(shape),
        shape.names,
        tuple(notes),
        shape.old,
        shape.new,
        model_hash(old),
    )


# --- figures


@dataclass(frozen=True, slots=True)
class _Figures:
    """The figures of one version, by kind, name and figure; with their units."""

    values: dict[Key, float | None]
    units: dict[Key, str]
    analysis: Analysis | None = None


def _figures(model: Model, samples: Samples, which: str, notes: list[str]) -> _Figures:
    try:
        return _worked_out(model, samples)
    except (ModelFault, NumericsError) as fault:
        said = f"{fault.where}: {fault.what}" if isinstance(fault, ModelFault) else str(fault)
        notes.append(f"the {which} version has no figures: {said.rstrip('.')}")
        return _Figures({}, {})


def _worked_out(model: Model, samples: Samples) -> _Figures:
    analysis = analyze(model, samples=samples)
    values: dict[Key, float | None] = {}
    units: dict[Key, str] = {}
    for name, found in analysis.workflows.items():
        for figure, value in found.figures.items():
            if not figure.startswith("teams."):
                values["workflow", name, figure] = value
                if figure.startswith(("cost.", "waste.cost")) and found.currency:
                    units["workflow", name, figure] = found.currency
    crews = crews_of(model)
    for name, team in figures_of_teams(analysis).items():
        cost, currency = cost_per_week_of(crews[name])
        row = {"people": float(crews[name].people), "load": team.load, "wait": team.wait, "cost_per_week": cost}
        values |= {("team", name, figure): value for figure, value in row.items()}
        if currency is not None:
            units["team", name, "cost_per_week"] = currency
    planned = Planned(model, analysis).levels()
    values |= {("metric", name, "planned"): level for name, level in planned.items() if name in _metrics(model)}
    return _Figures(values, units, analysis)


def _metrics(model: Model) -> dict[str, None]:
    found = dict.fromkeys(model.metrics.names)
    for one in model.imports:
        found |= _metrics(one.model)
    return found


def _changes(before: _Figures, after: _Figures, shared: Mapping[Key, Mapping[str, float]]) -> Iterator[FigureChange]:
    for key in {**before.values, **after.values}:
        unit = after.units.get(key) or before.units.get(key)
        old, new = before.values.get(key), after.values.get(key)
        if old is not None or new is not None:
            least = ROUNDING * max(abs(old or 0.0), abs(new or 0.0))
            by = {change: part for change, part in shared.get(key, {}).items() if abs(part) > least}
            yield FigureChange(*key, old, new, unit, by)


def _levers(before: _Figures, after: _Figures) -> Iterator[LeverChange]:
    if before.analysis is None or after.analysis is None:
        return
    slopes = [_slopes(one) for one in (before.analysis, after.analysis)]
    for key in {**slopes[0], **slopes[1]}:
        old, new = (one.get(key) for one in slopes)
        if old is None or new is None or abs(new - old) > 1e-6 * max(abs(new), abs(old)):
            yield LeverChange(*key, old, new)


def _slopes(analysis: Analysis) -> dict[tuple[str, str, str], float]:
    return {
        (workflow, lever, figure): effects[figure][0]
        for workflow, found in analysis.workflows.items()
        for lever, _, effects in found.levers
        for figure in LEVERS
        if figure in effects and effects[figure][0] and isfinite(effects[figure][0])
    }


def _overloaded(figures: _Figures) -> tuple[str, ...]:
    return tuple(one.team for one in figures.analysis.overload) if figures.analysis is not None else ()


def _forecasts(shape: Structure) -> dict[str, Comparable]:
    return {name: comparable(shape.old, shape.new, name) for name in {**_metrics(shape.old), **_metrics(shape.new)}}


# --- what follows from what


def _shared(
    shape: Structure, samples: tuple[Samples, Samples], before: _Figures, after: _Figures, notes: list[str]
) -> tuple[Mixer | None, Mapping[Key, Mapping[str, float]]]:
    """The changes, and the part of each in every headline figure's difference."""
    wanted = [key for key in before.values if key in after.values and _headline(key)]
    if any(samples[0][key] != samples[1][key] for key in samples[0].keys() & samples[1].keys()):
        notes.append(
            "the observed times behind `empirical` durations differ: what follows from which change is not said"
        )
        return None, {}
    both = {**samples[0], **samples[1]}
    for fine in (True, False):
        mixer = Mixer(shape.old, shape.new, fine=fine)
        if not mixer.units or (fine and len(mixer.units) > MOST_UNITS):
            continue
        groups = _grouped(mixer)

        def ask(
            made: frozenset[str], mixer: Mixer = mixer, groups: Mapping[str, frozenset[str]] = groups
        ) -> dict[Key, float | None]:
            found = _worked_out(mixer.model(frozenset().union(*(groups[one] for one in made))), both)
            return {key: found.values.get(key) for key in wanted}

        with suppress(ModelFault, NumericsError):
            if wanted:
                return mixer, parts(ask, list(groups))
            return mixer, {}
    if wanted:
        notes.append("the changes cannot be made one by one, so what follows from which of them is not said")
    return None, {}


def _not_shared(figures: tuple[FigureChange, ...]) -> Iterator[str]:
    """Times that both versions have, and a version in between has not."""
    for one in figures:
        if (
            one.kind == "workflow"
            and one.figure == "time.mean"
            and one.moved
            and one.difference is not None
            and not one.by
        ):
            yield (
                f"the time of {one.of} is not shared out: with only some of the changes a team would have more work "
                "than people, so that there is no mean time"
            )


def _headline(key: Key) -> bool:
    return key[0] != "workflow" or key[2] in HEADLINES


def _grouped(mixer: Mixer) -> dict[str, frozenset[str]]:
    """The changes each by itself; where they are very many, those of one statement together."""
    if len(mixer.units) <= MOST_UNITS:
        return {unit.key: frozenset({unit.key}) for unit in mixer.units}
    found: dict[str, frozenset[str]] = {}
    for unit in mixer.units:
        head = unit.key.partition("/")[0].partition(".")[0]
        found[head] = found.get(head, frozenset()) | {unit.key}
    return found
