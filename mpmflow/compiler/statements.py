"""The statements of a model one by one, each clause as a text writes it: what two versions are compared by.

A model has many forms and they nest; here they stand side by side, each with an identity, the statement that it stands
in, and its clauses as words. What a text could have said in two ways comes out in one, so that statements that mean the
same are equal. The ids are those of `places`, so that whoever has the text can say on which line a clause stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mpmflow.model import goals, measures, observations, process, scenes
from mpmflow.model.alliances import Handoff
from mpmflow.model.base import Allow
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.rules import Rule
from mpmflow.syntax import words
from mpmflow.syntax.format import format_tree
from mpmflow.syntax.tree import File, Text

from . import to_tree
from .clauses import arrivals_text, duration_text, formula_text, share_text

REST = "the rest"
"""What an outcome takes that has no percentage of its own."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: the words before it, what it says, and the id of its place."""

    word: str
    said: str
    place: str


@dataclass(frozen=True, slots=True)
class Written:
    """One statement.

    Attributes:
        id: its identity in the model: a name, `decision.outcome`, `cause:a->b`, `test:title`, ….
        kind: the word of the language that it begins with; `outcome` for an outcome.
        name, title: what it is called, and what people read.
        label: its label, None without one.
        within: the id of the statement that it stands in, with the number of the branch; "" for the file.
        clauses: field -> clause, in the order of the language.
    """

    id: str
    kind: str
    name: str
    title: str
    label: str | None
    within: str
    clauses: dict[str, Clause] = field(default_factory=dict)


def statements(model: Model) -> tuple[Written, ...]:
    """Every statement of a model and of what it imports, in the order of the language.

    >>> from mpmflow.model.process import Step, Workflow
    >>> for one in statements(Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h")])])):
    ...     print(one.kind, one.id, [f"{clause.word} {clause.said}" for clause in one.clauses.values()])
    workflow w []
    step brief ['takes 2h']
    """
    found: dict[str, Written] = {}
    for one in with_imports(model):
        for written in _of(one):
            key = written.id
            while key in found:  # two tests of one title, two causes of one pair
                key += "'"
            found[key] = written if key == written.id else _renamed(written, key)
    return tuple(found.values())


def _renamed(written: Written, key: str) -> Written:
    return Written(key, written.kind, written.name, written.title, written.label, written.within, written.clauses)


def _of(model: Model) -> Iterator[Written]:
    for imported in model.imports:
        yield Written(f"import:{imported.path}", "import", imported.path, imported.path, None, "")
    for team in model.all_teams:
        yield _team(team)
    for workflow in model.workflows:
        yield _made(workflow, "workflow", workflow.name, "", {
            "arrivals": ("arrivals", workflow.arrivals and arrivals_text(workflow.arrivals)),
            "deadline": ("deadline", _quantity(workflow.deadline)),
            "priority": ("priority", workflow.priority),
            "start": ("start ->", workflow.start),
            "owner": ("owner", _text(workflow.owner)),
        })  # fmt: skip
        yield from (_handoff(one, workflow.name) for one in workflow.handoffs)
        yield from _body(workflow.body, workflow.name, workflow.name, {})
    yield from (_handoff(one, "") for one in model.handoffs)
    for metric in model.metrics:
        yield _metric(metric)
    for cause in model.causes:
        yield _cause(cause)
    for indicator in model.declared_indicators:
        yield _indicator(indicator)
    for objective, parent in model.objective_tree():
        yield _objective(objective, parent)
    yield from _plans(model)
    for source in model.data:
        yield _source(source)
    for scenario in model.scenarios:
        settings = {f"settings/{one.lever}": (f"{one.lever} =", _setting(one)) for one in scenario.settings}
        yield _made(scenario, "scenario", scenario.name, "", settings)
    for number, test in enumerate(model.tests):
        lines = format_tree(File((to_tree._test(test),))).splitlines()[1:-1]
        said = {
            f"line {line.strip()}": ("", line.strip())
            for line in lines
            if line.strip() and not line.strip().startswith("allow ")
        }
        yield _made(test, "test", f"test:{test.title}", "", said, place=f"tests.{number}")


def _made(
    part: Any, kind: str, identity: str, within: str, said: dict[str, tuple[str, Any]], *, place: str = ""
) -> Written:
    name = str(getattr(part, "name", None) or getattr(part, "title", None) or identity)
    label = getattr(part, "label", None)
    clauses = {
        key: Clause(word, str(text), f"{place or identity}/{key}")
        for key, (word, text) in said.items()
        if text is not None
    }
    if label is not None and kind != "benchmark":
        clauses = {"label": Clause("label", words.text(Text(label)), f"{identity}/label"), **clauses}
    allows: tuple[Allow, ...] = getattr(part, "allow", ())
    for one in allows:
        clauses[f"allow/{one.code}"] = Clause(f"allow {one.code}", _text(one.reason) or "", f"{identity}/allow")
    return Written(identity, kind, name, str(getattr(part, "title", name)), label, within, clauses)


# --- words of values


def _quantity(value: Any) -> str | None:
    return None if value is None else words.quantity(to_tree._quantity(value))


def _amount(value: Any) -> str | None:
    return None if value is None else words.value(to_tree._value(value))


def _text(value: str | None) -> str | None:
    return None if value is None else words.text(Text(value))


def _duration(value: Any) -> str | None:
    return None if value is None else duration_text(value)


def _seen(value: process.Seen | None) -> str | None:
    written = to_tree._seen(value)
    return None if written is None else words.seen(written).removeprefix("seen as ")


def _target(value: measures.Target | None) -> str | None:
    return None if value is None else words.target(to_tree._target(value))


def _names(values: tuple[str, ...]) -> str | None:
    return ", ".join(values) or None


def _better(value: str | None) -> str | None:
    return None if value is None else f"{value} is better"


def _day(value: date | None) -> str:
    return f" by {value.isoformat()}" if value is not None else ""


# --- the process


def _team(team: process.Team) -> Written:
    hours = [" ".join([one.days.text, *(hour.text for hour in one.hours)]) for one in to_tree._works(team.works)]
    return _made(team, "partner" if team.partner else "team", team.name, "", {
        "people": ("people", team.people),
        "cost": ("cost", _quantity(team.cost)),
        "works": ("works", ", ".join(hours) or None),
        "serves": ("serves", team.serves if team.serves != "first come" else None),
        "owner": ("owner", _text(team.owner)),
    })  # fmt: skip


def _handoff(promise: Handoff, within: str) -> Written:
    identity = f"handoff:{promise.giver}->{promise.taker}" + (f" in {within}" if within else "")
    share = promise.share
    made = _made(promise, "handoff", identity, within, {
        "within": ("within", _quantity(promise.within)),
        "share": ("at least", words.quantity(to_tree._percent(share)) if share is not None else None),
        "owner": ("owner", _text(promise.owner)),
    })  # fmt: skip
    shown = f"{promise.giver} -> {promise.taker}"
    return Written(identity, "handoff", shown, shown, None, within, made.clauses)


def _body(body: tuple[process.Node, ...], workflow: str, within: str, ends: dict[str, int]) -> Iterator[Written]:
    for node in body:
        if isinstance(node, process.End):
            if node.name is None:
                ends[node.kind] = ends.get(node.kind, 0) + 1
            identity = node.name or f"{workflow}/{node.kind}/{ends[node.kind]}"
            said = {"kind": ("", node.kind)} if node.name is not None else {}
            yield Written(identity, "end", node.name or node.kind, node.id.replace("_", " "), None, within,
                          {key: Clause(word, text, identity) for key, (word, text) in said.items()})  # fmt: skip
        elif isinstance(node, process.Parallel):
            kind = "parallel" if node.join == "all" else "first"
            yield _made(node, kind, node.name, within, {"target": ("->", node.target)})
            for number, branch in enumerate(node.branches, start=1):
                yield from _body(branch.body, workflow, f"{node.name}#{number}", ends)
        elif isinstance(node, process.Call):
            yield _made(node, "call", node.name, within, {
                "workflow": ("call", node.workflow),
                "target": ("->", node.target),
                "owner": ("owner", _text(node.owner)),
            })  # fmt: skip
        else:
            yield _work(node, within)
            if not isinstance(node, process.Step):
                yield from (_outcome(node, outcome) for outcome in node.outcomes)


def _work(node: process.Step | process.Decision | process.Choose, within: str) -> Written:
    batch = node.batch if isinstance(node, process.Step) else None
    return _made(node, node.kind, node.name, within, {
        "by": ("by", node.by),
        "takes": ("takes", _duration(node.takes)),
        "waits": ("waits", _duration(node.waits)),
        "batch": ("batch", batch and f"{batch.size} or {_quantity(batch.within)}"),
        "costs": ("costs", _quantity(node.costs)),
        "target": ("->", getattr(node, "target", None)),
        "owner": ("owner", _text(node.owner)),
        "seen_as": ("seen as", _seen(node.seen_as)),
    })  # fmt: skip


def _outcome(node: process.Decision | process.Choose, outcome: process.Outcome) -> Written:
    limit = outcome.at_most
    return _made(outcome, "outcome", f"{node.name}.{outcome.name}", node.name, {
        "share": ("", share_text(outcome.share) if outcome.share is not None else REST),
        "target": ("->", outcome.target),
        "effects": ("", ", ".join(word for word in outcome.effects if word != "delay") or None),
        "delay": ("delay", _duration(outcome.delay)),
        "at_most": ("at most", limit and f"{limit.times} then -> {limit.target}"),
        "seen_as": ("seen as", _seen(outcome.seen_as)),
    })  # fmt: skip


# --- measures


def _metric(metric: measures.Metric) -> Written:
    return _made(metric, "metric", metric.name, "", {
        "category": ("", metric.category),
        "formula": ("=", metric.formula and formula_text(metric.formula)),
        "unit": ("unit", metric.unit),
        "better": ("", _better(metric.better)),
        "target": ("target", _target(metric.target)),
        "owner": ("owner", _text(metric.owner)),
    })  # fmt: skip


def _cause(cause: measures.Cause) -> Written:
    written = to_tree._cause(cause)
    note = f" {_text(cause.evidence.note)}" if cause.evidence is not None and cause.evidence.note is not None else ""
    identity = f"cause:{cause.source}->{cause.effect}"
    made = _made(cause, "cause", identity, "", {
        "lag": ("lag", words.duration(written.lag) if written.lag is not None else None),
        "strength": ("", words.strength(written.strength) if written.strength is not None else None),
        "confidence": ("confidence", words.quantity(written.confidence) if written.confidence is not None else None),
        "evidence": ("evidence", cause.evidence and f"{cause.evidence.grade}{note}"),
    })  # fmt: skip
    shown = f"{cause.source} -> {cause.effect}"
    return Written(identity, "cause", shown, shown, None, "", made.clauses)


def _indicator(indicator: measures.Indicator) -> Written:
    rules: dict[str, tuple[str, Any]] = {}
    levels: dict[str, int] = {}
    for rule in indicator.rules:
        levels[rule.level] = levels.get(rule.level, 0) + 1
        number = f" {levels[rule.level]}" if levels[rule.level] > 1 else ""
        rules[f"rules/{rule.level}{number}"] = (rule.level, _rule(rule))
    return _made(indicator, "indicator", indicator.name, "", {
        "measure": ("=", formula_text(indicator.measure)),
        "expect": ("expect", _amount(indicator.expect)),
        **rules,
        "missed_warning_costs": ("missed warning costs", _quantity(indicator.missed_warning_costs)),
        "false_alarm_costs": ("false alarm costs", _quantity(indicator.false_alarm_costs)),
        "owner": ("owner", _text(indicator.owner)),
        "do": ("do", _names(indicator.do)),
        "better": ("", _better(indicator.better)),
    })  # fmt: skip


def _rule(rule: Rule) -> str:
    written = to_tree._rule(rule)
    clears = f", clears {words.condition(written.clears)}" if written.clears is not None else ""
    return words.condition(written.condition) + clears


def _objective(objective: goals.Objective, parent: goals.Objective | None) -> Written:
    return _made(objective, "objective", objective.name, parent.name if parent is not None else "", {
        "level": ("", objective.level),
        "measured_by": ("measured by", _names(objective.measured_by)),
        "target": ("target", _target(objective.target)),
        "owner": ("owner", _text(objective.owner)),
    })  # fmt: skip


def _plans(model: Model) -> Iterator[Written]:
    for initiative in model.initiatives:
        moves = {
            f"moves/{one.lever}": (
                f"moves {one.lever}", f"from {_amount(one.start)} to {_amount(one.goal)}{_day(one.by)}"
            )
            for one in initiative.moves
        }  # fmt: skip
        yield _made(initiative, "initiative", initiative.name, "", {
            **moves,
            "costs": ("costs", _quantity(initiative.costs)),
            "owner": ("owner", _text(initiative.owner)),
            "serves": ("serves", _names(initiative.serves)),
        })  # fmt: skip
    for commitment in model.commitments:
        promises = {
            f"promises/{number}/{one.metric}": (f"promises {one.metric}", _target(one.target))
            for number, one in enumerate(commitment.promises)
        }
        yield _made(commitment, "commitment", commitment.name, "", {
            "by": ("by", _text(commitment.by)),
            **promises,
            "if_met": ("if met", _text(commitment.if_met)),
            "if_missed": ("if missed", _text(commitment.if_missed)),
            "reminders": ("", _names(tuple(words.reminder(to_tree._reminder(one)) for one in commitment.reminders))),
        })  # fmt: skip
    for benchmark in model.benchmarks:
        made = _made(benchmark, "benchmark", f"benchmark:{benchmark.metric}", "", {
            "value": ("", _amount(benchmark.value)),
            "label": ("label", _text(benchmark.label)),
            "source": ("source", _text(benchmark.source)),
        })  # fmt: skip
        yield Written(made.id, made.kind, benchmark.metric, benchmark.metric, None, "", made.clauses)


# --- data and scenarios


def _source(source: observations.DataSource) -> Written:
    columns = {
        f"columns/{number}/{column.role or column.name}": (
            str(column.role or column.name),
            " ".join(part for part in (column.type, f"“{column.source}”") if part),
        )
        for number, column in enumerate(source.columns)
    }
    ignored = ", ".join(_text(one) or "" for one in getattr(source, "ignore", ())) or None
    said = {"query": ("query", _text(source.query)), **columns, "ignore": ("ignore", ignored)}
    made = _made(source, source.kind, f"data:{source.path}", "", said)
    return Written(made.id, source.kind, source.path, source.path, None, "", made.clauses)


def _setting(setting: scenes.Setting) -> str:
    value = setting.value
    if isinstance(value, tuple):
        return ", ".join(" ".join([one.days.text, *(hour.text for hour in one.hours)]) for one in to_tree._works(value))
    if isinstance(value, process.PoissonArrivals | process.RenewalArrivals | process.BatchArrivals):
        return arrivals_text(value)
    return _amount(value) or "" if not hasattr(value, "law") else duration_text(value)
