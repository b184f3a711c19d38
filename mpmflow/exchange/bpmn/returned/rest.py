"""Everything of a model that is no process, beside a process that was edited: what no longer fits goes, and is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mpmflow.compiler.pipeline import Compiled, compile_source
from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.errors import UnreadableError
from mpmflow.diagnostics.source import Source, Span
from mpmflow.model import process
from mpmflow.model.base import Roster
from mpmflow.model.model import Model
from mpmflow.syntax import tree
from mpmflow.syntax.format import format_tree

_ROUNDS = 20
_PROCESS = (tree.Import, tree.Team, tree.Workflow)


def compiled(text: str, imports: dict[str, str], name: str) -> Compiled:
    """What a text of a diagram means; the files that it imports are those that the diagram holds."""
    return compile_source(Source(f"{Path(name).stem}.mpm", text), load=_loader(imports))


def _loader(imports: dict[str, str]) -> Callable[[Path], Source]:
    def load(path: Path) -> Source:
        written = path.as_posix()
        if written not in imports:
            raise UnreadableError([diagnose("file-unreadable", None, path=written, reason="it is not in the diagram")])
        return Source(written, imports[written])

    return load


def with_rest(
    whole: Model | None, workflows: Sequence[process.Workflow], teams: Sequence[process.Team],
    imports: dict[str, str], name: str,
) -> tuple[Model, list[str]]:  # fmt: skip
    """The model of an edited process, with what else the model held.

    Args:
        whole: the model as it was written into the diagram; None where it is gone.
        workflows, teams: what the diagram says now.
        imports: texts of imported files by path.
        name: of the file.

    Returns:
        The model, and a sentence for each statement that no longer fits.
    """
    before = frozenset(one.message for one in whole.check() if one.is_error) if whole is not None else frozenset()
    whole = whole or Model()
    now = {team.name: team for team in teams}
    placed: set[str] = set()

    def as_now(old: Sequence[process.Team]) -> tuple[process.Team, ...]:
        placed.update(team.name for team in old)
        return tuple(now.get(team.name, team) for team in old)

    outer = as_now(tuple(whole.teams))
    found = []
    for workflow in workflows:
        inner = whole.workflows[workflow.name].teams if workflow.name in whole.workflows.names else ()
        found.append(workflow.model_copy(update={"teams": as_now(inner)}))
    more = tuple(team for team in teams if team.name not in placed)
    model = whole.model_copy(update={"workflows": Roster(found), "teams": Roster((*outer, *more))})
    return _fitting(model, imports, name, before)


def _fitting(model: Model, imports: dict[str, str], name: str, before: frozenset[str]) -> tuple[Model, list[str]]:
    """The model without what is wrong now and was not before."""
    text = model.to_text()
    said: list[str] = []
    for _ in range(_ROUNDS):
        result = compiled(text, imports, name)
        if result.parsed is None or result.model is None:
            break
        wrong = [(one.span, one.message) for one in result.errors if one.span is not None and one.message not in before]
        statements = result.parsed.tree.statements
        bad = {
            number: message
            for number, statement in enumerate(statements)
            for span, message in reversed(wrong)
            if not isinstance(statement, _PROCESS) and _inside(span, statement.span)
        }
        if not bad:
            return result.model, said
        for number, message in bad.items():
            said.append(f"No longer fits and is left out: {_title(statements[number], text)}: {message}.")
        kept = tuple(one for number, one in enumerate(statements) if number not in bad)
        text = format_tree(tree.File(kept))
    return model, said


def _inside(span: Span, whole: Span | None) -> bool:
    return whole is not None and span.source is whole.source and whole.start <= span.start <= whole.end


def _title(statement: object, text: str) -> str:
    span = getattr(statement, "span", None)
    line = text[span.start : span.end].split("\n")[0] if span is not None else ""
    return line.rstrip(" {")
