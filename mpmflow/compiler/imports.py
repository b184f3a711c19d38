"""Imported files: found beside the file that names them, kept inside one folder, each read once.

A file may only be reached inside the root: the folder of the opened file, unless a larger one is given. Paths are
compared as they are written and again after links are followed, so neither `..` nor a link leads out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.diagnostic import Diagnostic, Note
from mpmflow.diagnostics.errors import MpmError
from mpmflow.diagnostics.reading import read_path
from mpmflow.diagnostics.source import Source
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.model import Model
from mpmflow.syntax import tree
from mpmflow.syntax.parse import MOST_TOKENS, parse

from .from_tree import Bridge, model_from_tree
from .from_tree.bridge import Fault

MAX_FILES = 100
MAX_CHARACTERS = 10_000_000

Load = Callable[[Path], Source]
"""Reads a file that an import names; an editor gives one that prefers its unsaved texts."""


def folder_of(source: Source) -> Path:
    """The folder that a source's imports start from: where it lies, or the present one for a text without a file."""
    path = Path(source.name)
    return path.parent if path.suffix or path.is_file() else Path()


@dataclass(slots=True)
class Importer:
    """Reads the imports of one opened file, and theirs.

    Attributes:
        root: the folder that nothing may leave.
        load: how a file is read.
        bridge: collects the places of all imported parts.
        sources: every imported text, in the order of reading.
    """

    root: Path
    load: Load = read_path
    bridge: Bridge = field(default_factory=Bridge)
    sources: list[Source] = field(default_factory=list)
    _models: dict[Path, Model] = field(default_factory=dict)
    _read: int = 0
    _tokens: int = 0

    def of(
        self, source: Source, file: tree.File, open_: tuple[Path, ...] = ()
    ) -> tuple[dict[str, Model], list[Diagnostic]]:
        """The model of each path that the file imports, and what is wrong with its imports."""
        models: dict[str, Model] = {}
        wrong: list[Diagnostic] = []
        for statement in file.statements:
            if isinstance(statement, tree.Import) and statement.path.value not in models:
                made = self._one(source, statement, open_, wrong)
                if made is not None:
                    models[statement.path.value] = made
        return models, wrong

    def inside(self, source: Source, written: str) -> Path | None:
        """Where a path that a text names really leads; None when that is outside of the root, or no path at all."""
        try:
            real = (folder_of(source) / written).resolve()
            inside = real.is_relative_to(self.root.resolve())
        except (OSError, ValueError, RuntimeError):
            return None
        return real if inside and not Path(written).is_absolute() else None

    def files_outside(self, source: Source, bridge: Bridge) -> Iterator[Diagnostic]:
        """Data files that a text names and that lie outside of the root; they are not opened here."""
        for written, span in bridge.files:
            if (span is None or span.source is source) and self.inside(source, written) is None:
                yield diagnose("path-outside", span, path=written)

    def _one(
        self, source: Source, statement: tree.Import, open_: tuple[Path, ...], wrong: list[Diagnostic]
    ) -> Model | None:
        written, span = statement.path.value, statement.path.span
        path = folder_of(source) / written
        real = self.inside(source, written)
        if real is None:
            wrong.append(diagnose("path-outside", span, path=written))
            return None
        own = folder_of(source) / Path(source.name).name
        chain = open_ or (own.resolve(),)
        if real in chain:
            names = [one.name for one in (*chain[chain.index(real) :], real)]
            wrong.append(diagnose("import-loop", span, files=" -> ".join(names)))
            return None
        if real in self._models:
            return self._models[real]
        limits = (
            (len(self._models) >= MAX_FILES, f"{MAX_FILES} files"),
            (self._read > MAX_CHARACTERS, f"{MAX_CHARACTERS // 10**6} MB"),
            (self._tokens > MOST_TOKENS, f"{MOST_TOKENS:,} words, numbers and signs"),
        )
        limit = next((words for passed, words in limits if passed), None)
        if limit is not None:
            wrong.append(diagnose("import-limit", span, limit=limit))
            return None
        try:
            text = self.load(path)
        except MpmError as fault:
            reason = fault.diagnostics[0].message if fault.diagnostics else "it cannot be read"
            wrong.append(diagnose("import-not-found", span, path=written, reason=reason, nearest=_beside(path)))
            return None
        return self._compile(text, real, statement, chain, wrong)

    def _compile(
        self, text: Source, real: Path, statement: tree.Import, chain: tuple[Path, ...], wrong: list[Diagnostic]
    ) -> Model:
        self._read += len(text.text)
        self.sources.append(text)
        parsed = parse(text)
        self._tokens += parsed.tokens
        inner, inner_wrong = self.of(text, parsed.tree, (*chain, real))
        before = len(self.bridge.faults)
        model = model_from_tree(self.bridge, parsed.tree, inner)
        self._models[real] = model
        faults = [*parsed.diagnostics, *inner_wrong, *map(said, self.bridge.faults[before:])]
        errors = [one for one in faults if one.is_error]
        if errors:
            loops = [one for one in errors if one.code == "import-loop"]
            if loops and len(loops) == len(errors):
                wrong.append(diagnose("import-loop", statement.path.span, files=loops[0].message.partition(": ")[2]))
            else:
                first = errors[0]
                notes = (Note(first.span, first.message),) if first.span else ()
                wrong.append(
                    diagnose(
                        "import-faulty",
                        statement.path.span,
                        path=statement.path.value,
                        count="1 error" if len(errors) == 1 else f"{len(errors)} errors",
                        first=first.message,
                        notes=notes,
                    )
                )
        return model


def said(fault: Fault) -> Diagnostic:
    """A fault of the bridge in the words of its code."""
    return diagnose(fault.code, fault.span, notes=fault.notes, **fault.facts)


def _beside(path: Path) -> tuple[str, ...]:
    try:
        return nearest(path.name, [other.name for other in path.parent.iterdir() if other.suffix == path.suffix])
    except OSError:
        return ()
