"""The language server: what an editor asks, answered from `Written`, over standard input and output (pygls).

Positions of the protocol count UTF-16 units unless editor and server agree on others; pygls turns them into characters,
and back. Nothing of the text is run, and nothing outside the folder of a file is read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from mpmflow import __version__
from mpmflow.diagnostics.diagnostic import Diagnostic
from mpmflow.diagnostics.errors import MpmError
from mpmflow.diagnostics.source import Source, Span
from mpmflow.syntax.format import format_source

from .completion import Offer, offers
from .hover import function_hover, hover_of
from .outline import Entry, outline
from .written import Mark, Written

_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "info": lsp.DiagnosticSeverity.Information,
}
_KINDS = {
    "workflow": lsp.SymbolKind.Module, "team": lsp.SymbolKind.Class, "step": lsp.SymbolKind.Method,
    "decision": lsp.SymbolKind.Enum, "choose": lsp.SymbolKind.Enum, "outcome": lsp.SymbolKind.EnumMember,
    "parallel": lsp.SymbolKind.Namespace, "call": lsp.SymbolKind.Method, "metric": lsp.SymbolKind.Variable,
    "indicator": lsp.SymbolKind.Event, "objective": lsp.SymbolKind.Interface, "initiative": lsp.SymbolKind.Operator,
    "commitment": lsp.SymbolKind.Key, "scenario": lsp.SymbolKind.Struct, "cause": lsp.SymbolKind.Field,
    "handoff": lsp.SymbolKind.Field, "test": lsp.SymbolKind.Function,
}  # fmt: skip
_OFFERED = {
    "word": lsp.CompletionItemKind.Keyword, "name": lsp.CompletionItemKind.Variable,
    "function": lsp.CompletionItemKind.Function, "unit": lsp.CompletionItemKind.Unit,
}  # fmt: skip


class Server(LanguageServer):
    """The server with the texts that it has read, each once for every version."""

    def __init__(self) -> None:
        super().__init__("mpmflow", __version__)
        self._known: dict[str, tuple[tuple[tuple[str, int | None], ...], Written]] = {}

    def written(self, uri: str) -> Written:
        """What is known of an open text; texts that it imports are taken as they stand in the editor."""
        documents = self.workspace.text_documents
        versions = tuple(sorted((one, document.version) for one, document in documents.items()))
        known = self._known.get(uri)
        if known is not None and known[0] == versions:
            return known[1]
        open_texts = {path: document.source for one, document in documents.items() if (path := _path(one)) is not None}
        try:
            text = self.workspace.get_text_document(uri).source
        except (OSError, UnicodeDecodeError):
            text = ""  # never opened here, and there is no such file
        found = Written(text, _path(uri), open_texts)
        self._known[uri] = versions, found
        return found

    def offset(self, uri: str, position: lsp.Position) -> int:
        """The place of a position, in characters of the text as it is read (line ends of one sign)."""
        codec = self.workspace.get_text_document(uri).position_codec
        source = self.written(uri).source
        place = codec.position_from_client_units(source.text.splitlines(keepends=True), position)
        return source.offset(place.line + 1, place.character + 1)

    def range(self, uri: str, span: Span) -> lsp.Range:
        """A place as the editor counts it."""
        codec = self.workspace.get_text_document(uri).position_codec
        first, last = (span.source.place(offset) for offset in (span.start, span.end))
        start, end = (
            lsp.Position(line - 1, codec.client_num_units(span.source.line(line)[: column - 1]))
            for line, column in (first, last)
        )
        return lsp.Range(start, end)

    def uri_of(self, uri: str, span: Span) -> str:
        """The document that a place stands in: the open one, or one that it imports."""
        if span.source.name == self.written(uri).source.name:
            return uri
        return from_fs_path(str(Path(span.source.name).resolve())) or uri


def _path(uri: str) -> Path | None:
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path).resolve() if path else None


def make_server() -> Server:
    """A server with everything that it answers."""
    server = Server()

    def feature(name: str, options: Any = None) -> Callable[[Callable[..., Any]], Any]:
        return server.feature(name, options) if options is not None else server.feature(name)

    @feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(one: lsp.DidOpenTextDocumentParams) -> None:
        _publish(server)

    @feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(one: lsp.DidChangeTextDocumentParams) -> None:
        _publish(server)

    @feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(one: lsp.DidCloseTextDocumentParams) -> None:
        server._known.pop(one.text_document.uri, None)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(one.text_document.uri, []))
        _publish(server)  # those that import it read it from its file again

    @feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", ">", "="]))
    def complete(one: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        uri = one.text_document.uri
        found = offers(server.written(uri), server.offset(uri, one.position))
        return [_item(offer, number) for number, offer in enumerate(found)]

    @feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(one: lsp.HoverParams) -> lsp.Hover | None:
        uri = one.text_document.uri
        written, offset = server.written(uri), server.offset(uri, one.position)
        mark = written.at(offset)
        words = (hover_of(written, mark) if mark is not None else None) or function_hover(written, offset)
        if words is None:
            return None
        place = server.range(uri, mark.span) if mark is not None else None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, words), place)

    @feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(one: lsp.DefinitionParams) -> lsp.Location | None:
        uri = one.text_document.uri
        written = server.written(uri)
        mark = written.at(server.offset(uri, one.position))
        span = None
        if mark is not None:
            span = written.declared(mark.id) or written.declared(mark.id.partition(".")[0])
        return None if span is None else lsp.Location(server.uri_of(uri, span), server.range(uri, span))

    @feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def references(one: lsp.ReferenceParams) -> list[lsp.Location]:
        uri = one.text_document.uri
        mark = server.written(uri).at(server.offset(uri, one.position))
        if mark is None:
            return []
        return [
            lsp.Location(at, server.range(at, use.span))
            for at, use in _everywhere(server, uri, mark)
            if one.context.include_declaration or not use.declares
        ]

    @feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(one: lsp.PrepareRenameParams) -> lsp.Range | None:
        uri = one.text_document.uri
        mark = server.written(uri).at(server.offset(uri, one.position))
        return server.range(uri, mark.span) if mark is not None and _renamed(server.written(uri), mark) else None

    @feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    def rename(one: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        uri = one.text_document.uri
        written = server.written(uri)
        mark = written.at(server.offset(uri, one.position))
        if mark is None or not _renamed(written, mark):
            return None
        why = _unfit(written, mark, one.new_name)
        if why:
            server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, why))
            return None
        edits: dict[str, list[lsp.TextEdit]] = {}
        for at, use in _everywhere(server, uri, mark):
            edits.setdefault(at, []).append(lsp.TextEdit(server.range(at, use.span), one.new_name))
        return lsp.WorkspaceEdit(changes=edits)

    @feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def formatting(one: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        source = server.written(one.text_document.uri).source
        try:
            text = format_source(Source(source.name, source.text))
        except MpmError:
            return []  # what is wrong is shown already, and a broken text is left as it is
        if text == source.text:
            return []
        whole = source.span(0, len(source.text))
        return [lsp.TextEdit(server.range(one.text_document.uri, whole), text)]

    @feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(one: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        uri = one.text_document.uri
        return [_symbol(server, uri, entry) for entry in outline(server.written(uri))]

    @feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]))
    def fixes(one: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = one.text_document.uri
        found = []
        for fault in server.written(uri).compiled.diagnostics:
            if fault.replacement is None or fault.span is None:
                continue
            place = server.range(uri, fault.span)
            if place.start.line <= one.range.end.line and one.range.start.line <= place.end.line:
                edit = lsp.WorkspaceEdit(changes={uri: [lsp.TextEdit(place, fault.replacement)]})
                title = f"Write `{fault.replacement}`"
                found.append(
                    lsp.CodeAction(title, lsp.CodeActionKind.QuickFix, [_diagnostic(server, uri, fault)], edit=edit)
                )
        return found

    return server


def serve() -> None:
    """Answer over standard input and output until the editor says goodbye."""
    make_server().start_io()


# ------------------------------------------------------------------------------------------------ answers


def _publish(server: Server) -> None:
    """Say of every open text what there is to say: one may import another."""
    for uri in list(server.workspace.text_documents):
        found = [_diagnostic(server, uri, one) for one in server.written(uri).compiled.diagnostics]
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found))


def _diagnostic(server: Server, uri: str, fault: Diagnostic) -> lsp.Diagnostic:
    own = fault.span is not None and server.uri_of(uri, fault.span) == uri
    place = server.range(uri, fault.span) if own and fault.span is not None else _TOP
    message = fault.message + (f"\n{fault.help}" if fault.help else "")
    if fault.span is not None and not own:
        message = f"{fault.span}: {message}"
    related = [
        lsp.DiagnosticRelatedInformation(
            lsp.Location(server.uri_of(uri, note.span), server.range(uri, note.span)), note.text
        )
        for note in fault.notes
        if note.span is not None
    ]
    return lsp.Diagnostic(
        place,
        message,
        severity=_SEVERITY[fault.severity],
        code=fault.code,
        source="mpmflow",
        related_information=related or None,
    )


_TOP = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


def _item(offer: Offer, number: int) -> lsp.CompletionItem:
    return lsp.CompletionItem(
        offer.text, kind=_OFFERED[offer.kind], detail=offer.about or None, sort_text=f"{number:05}"
    )


def _symbol(server: Server, uri: str, entry: Entry) -> lsp.DocumentSymbol:
    return lsp.DocumentSymbol(
        entry.name,
        _KINDS[entry.kind],
        server.range(uri, entry.span),
        server.range(uri, entry.name_span),
        detail=entry.label or None,
        children=[_symbol(server, uri, one) for one in entry.inside],
    )


def _everywhere(server: Server, uri: str, mark: Mark) -> list[tuple[str, Mark]]:
    """Every use of a name in the open texts that mean the same thing by it: the text itself, and those that import the
    text which declares it.
    """
    home = server.written(uri).declared(mark.id.partition(".")[0])
    found = []
    for other in server.workspace.text_documents:
        written = server.written(other)
        place = written.declared(mark.id.partition(".")[0])
        same = place is not None and home is not None and (place.file, place.start) == (home.file, home.start)
        if other == uri or same:
            found += [(other, use) for use in written.uses(mark.id)]
    return found


def _renamed(written: Written, mark: Mark) -> bool:
    """Whether a name is somebody's choice: what a thing has by itself, such as `load`, is not."""
    named = written.named(mark.id)
    return named is not None and named.kind not in ("measure", "lever")


def _unfit(written: Written, mark: Mark, name: str) -> str:
    """Why a name cannot be given; "" if it can."""
    if not name.isidentifier() or name in ("and", "or", "not"):
        return f"“{name}” is no name: letters, digits and _ make one, and it does not begin with a digit"
    decision, dot, _ = mark.id.partition(".")
    if dot and name in ("by", "takes", "waits", "costs", "owner", "rounds", "wait"):
        return f"an outcome cannot be called {name}: there it is a word of the language"
    wanted = f"{decision}.{name}" if dot else name
    if wanted != mark.id and written.named(wanted) is not None:
        return f"there is something called {wanted} already"
    return ""
