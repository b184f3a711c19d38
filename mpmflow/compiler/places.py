"""Where everything with an identity stands: spans live in a table beside the model.

Ids are what answers and pages use:

| id | what |
| --- | --- |
| `brief`, `legal`, `webinar`, `leads`, `brief_rework`, `grow`, … | a named statement |
| `brief_complete.no` | an outcome |
| `cause:leads->revenue` | a cause |
| `handoff:legal->agency`, `handoff:webinar:legal->agency` | a promise of the file, of one workflow |
| `indicator:brief_rework` | a declared indicator (the same place as its bare name) |
| `benchmark:cost_per_lead`, `data:events.csv`, `import:teams.mpm`, `test:a title` | statements without a name |
| `tests.0`, `tests.0/expects.1`, `tests.0/given.0` | a test by its number, its expectations and observations |
| `ID/rules.0`, `ID/rules.0/condition/left`, `ID/rules.0/clears` | a rule, each clause in it, and what clears it |
| `ID/takes`, `ID/share`, `ID/target`, `ID/formula`, `ID/name`, … | a clause of the statement `ID`, by its field |

Where two statements have one name, which is an error, the first one has the place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mpmflow.diagnostics.source import Span
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision, End


def places_of(model: Model, spans: Mapping[tuple[int, str], Span]) -> dict[str, Span]:
    """The place of every id of a model, its imports included."""
    ids: dict[int, list[str]] = {}
    for name, part in (*_identities(model), *_of_tests(model)):
        ids.setdefault(id(part), []).append(name)
    places: dict[str, Span] = {}
    for (key, clause), span in spans.items():
        for name in ids.get(key, ()):
            places.setdefault(f"{name}/{clause}" if clause else name, span)
    return places


def _identities(model: Model) -> Iterator[tuple[str, Any]]:
    for team in model.all_teams:
        yield team.name, team
    for workflow in model.workflows:
        yield workflow.name, workflow
        for node in workflow.nodes():
            if isinstance(node, End):
                if node.name is not None:
                    yield node.name, node
                continue
            yield node.name, node
            if isinstance(node, (Decision, Choose)):
                for outcome in node.outcomes:
                    yield f"{node.name}.{outcome.name}", outcome
    for named in (model.metrics, model.initiatives, model.commitments, model.scenarios):
        for part in named:
            yield part.name, part
    for indicator in model.declared_indicators:
        yield indicator.name, indicator
        yield f"indicator:{indicator.name}", indicator
        for number, rule in enumerate(indicator.rules):
            yield f"{indicator.name}/rules.{number}", rule
            yield from _clauses(f"{indicator.name}/rules.{number}/condition", rule.condition)
            if rule.clears is not None:
                yield f"{indicator.name}/rules.{number}/clears", rule.clears
    for objective, _ in model.objective_tree():
        yield objective.name, objective
    for cause in model.causes:
        yield f"cause:{cause.source}->{cause.effect}", cause
    for where, promise in [("", one) for one in model.handoffs] + [
        (f"{workflow.name}:", one) for workflow in model.workflows for one in workflow.handoffs
    ]:
        yield f"handoff:{where}{promise.giver}->{promise.taker}", promise
    for benchmark in model.benchmarks:
        yield f"benchmark:{benchmark.metric}", benchmark
    for source in model.data:
        yield f"data:{source.path}", source
    for test in model.tests:
        yield f"test:{test.title}", test
    for imported in model.imports:
        yield f"import:{imported.path}", imported
        yield from _identities(imported.model)


def _clauses(name: str, condition: Any) -> Iterator[tuple[str, Any]]:
    yield name, condition
    for inner in ("condition", "left", "right"):
        part = getattr(condition, inner, None)
        if part is not None:
            yield from _clauses(f"{name}/{inner}", part)


def _of_tests(model: Model) -> Iterator[tuple[str, Any]]:
    """Tests of the file itself: those of an imported file are run where they stand."""
    for number, test in enumerate(model.tests):
        yield f"tests.{number}", test
        for position, expected in enumerate(test.expects):
            yield f"tests.{number}/expects.{position}", expected
        for position, given in enumerate(test.given):
            yield f"tests.{number}/given.{position}", given
