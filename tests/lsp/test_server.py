"""The language server as an editor meets it: a process that answers over its standard streams."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="optional: needs pygls, the extra mpmflow[lsp]")

TEXT = """team legal { people 2 }
workflow webinar "Webinär 🎉" {
  arrivals 3 per week
  step brief "Write" takes 2h
  decision ok "Is it 🎉 complete?" by legal takes 1h { yes 80%, no 20% -> breif rework }
}
metric days operational = time(webinar) unit d lower is better
metric posts output
cause ok.no -> posts { lag 1w, each +1% adds -2 }
objective grow department { measured by days, owner "CEO", target at most 5d by 2026-12-31 }
scenario better { ok.no = 10% }
"""


class Editor:
    """A client that writes requests, waits for their answers, and keeps what the server says by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mpmflow", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
        )
        self.number = 0
        self.said: list[dict[str, Any]] = []
        self.opened: list[str] = []

    def send(self, method: str, **params: Any) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        self.number += 1
        self._write({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        while True:
            found = self._read()
            if found.get("id") == self.number and "method" not in found:
                assert "error" not in found, found["error"]
                return found["result"]
            self.said.append(found)

    def faults(self, uri: str) -> list[dict[str, Any]]:
        """What was said of a text last; asks something to be sure that it has been said."""
        self.ask("textDocument/documentSymbol", textDocument={"uri": uri})
        told = [one["params"] for one in self.said if one.get("method") == "textDocument/publishDiagnostics"]
        return next(one["diagnostics"] for one in reversed(told) if one["uri"] == uri)

    def open(self, name: str, text: str) -> str:
        uri = (self.folder / name).resolve().as_uri()
        self.opened.append(uri)
        self.send("textDocument/didOpen", textDocument={"uri": uri, "languageId": "mpm", "version": 1, "text": text})
        return uri

    def change(self, uri: str, version: int, text: str) -> None:
        self.send(
            "textDocument/didChange", textDocument={"uri": uri, "version": version}, contentChanges=[{"text": text}]
        )

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        assert length, "the server has ended"
        return json.loads(self.process.stdout.read(length))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("texts")
    one = Editor(folder)
    one.ask("initialize", processId=None, rootUri=folder.as_uri(), capabilities={})
    one.send("initialized")
    yield one
    one.ask("shutdown")
    one.send("exit")
    assert one.process.wait(10) == 0, "an editor that says goodbye is no fault of the server"
    assert one.process.stdin is not None
    assert one.process.stdout is not None
    one.process.stdin.close()
    one.process.stdout.close()


@pytest.fixture
def editor(server: Editor) -> Iterator[Editor]:
    yield server
    for uri in server.opened:
        server.send("textDocument/didClose", textDocument={"uri": uri})
    server.opened.clear()
    server.said.clear()


def place(text: str, words: str, into: int = 0) -> dict[str, int]:
    """Where words stand, as editors count: lines from 0, UTF-16 units."""
    at = text.index(words) + into
    line = text.count("\n", 0, at)
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return {"line": line, "character": len(before.encode("utf-16-le")) // 2}


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """A text with an editor's changes made."""
    lines = text.split("\n")

    def offset(position: dict[str, int]) -> int:
        line = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le")
        return sum(len(one) + 1 for one in lines[: position["line"]]) + len(line)

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        text = text[: offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]) :]
    return text


def test_mistakes_are_told_where_they_stand_and_mended_by_a_quick_fix(editor: Editor) -> None:
    uri = editor.open("a.mpm", TEXT)
    (fault,) = [one for one in editor.faults(uri) if one["severity"] == 1]
    assert fault["code"] == "unknown-name"
    assert fault["range"]["start"] == place(TEXT, "breif")  # behind signs that take two units each
    assert "did you mean `brief`" in fault["message"]
    (fix,) = editor.ask(
        "textDocument/codeAction", textDocument={"uri": uri}, range=fault["range"], context={"diagnostics": [fault]}
    )
    mended = applied(TEXT, fix["edit"]["changes"][uri])
    assert mended == TEXT.replace("breif", "brief")
    editor.change(uri, 2, mended)
    assert [one for one in editor.faults(uri) if one["severity"] == 1] == []


def test_names_lead_to_where_they_are_declared_and_to_all_their_uses(editor: Editor) -> None:
    text = TEXT.replace("breif", "brief")
    uri = editor.open("a.mpm", text)
    at = {"textDocument": {"uri": uri}}
    assert editor.ask("textDocument/definition", **at, position=place(text, "-> brief", 4))["range"]["start"] == place(
        text, "brief"
    )
    outcome = editor.ask("textDocument/definition", **at, position=place(text, "cause ok.no", 10))
    assert outcome["range"]["start"] == place(text, "no 20%")
    uses = editor.ask(
        "textDocument/references", **at, position=place(text, "cause ok.no", 10), context={"includeDeclaration": True}
    )
    assert len(uses) == 3


def test_a_name_is_given_anew_everywhere_and_nowhere_else(editor: Editor) -> None:
    text = TEXT.replace("breif", "brief")
    uri = editor.open("a.mpm", text)
    at = {"textDocument": {"uri": uri}}
    edit = editor.ask("textDocument/rename", **at, position=place(text, "decision ok", 10), newName="complete")
    renamed = applied(text, edit["changes"][uri])
    assert renamed == text.replace("decision ok", "decision complete").replace("ok.no", "complete.no")
    edit = editor.ask("textDocument/rename", **at, position=place(text, "no 20%", 1), newName="incomplete")
    assert applied(text, edit["changes"][uri]) == text.replace("no 20%", "incomplete 20%").replace(
        "ok.no", "ok.incomplete"
    )
    assert editor.ask("textDocument/rename", **at, position=place(text, "posts"), newName="days") is None
    assert editor.ask("textDocument/prepareRename", **at, position=place(text, "time(")) is None


def test_words_of_the_language_are_no_names_even_if_they_are_spelled_alike(editor: Editor) -> None:
    text = (
        "metric output output unit output\nmetric days operational unit d\n"
        "cause days -> output { lag 1w, each +1d adds 1 }\n"
    )
    uri = editor.open("a.mpm", text)
    edit = editor.ask(
        "textDocument/rename", textDocument={"uri": uri}, position=place(text, "-> output", 4), newName="results"
    )
    assert applied(text, edit["changes"][uri]) == text.replace("metric output", "metric results").replace(
        "-> output", "-> results"
    )


@pytest.mark.parametrize(
    ("begun", "offered", "left_out"),
    [
        ("  step copy by ", ["legal"], ["brief", "takes"]),
        ("  step copy takes 2h -> ", ["brief", "ok", "done", "scrap"], ["legal", "days"]),
        ("  step copy ", ["by", "takes", "costs"], ["legal"]),
        ("  dec", ["decision", "step"], ["brief"]),
        ("  step copy takes 2", ["h", "d"], []),
        ('  step copy "Write ', [], ["by"]),
        ("  # a remark ", [], ["step"]),
    ],
    ids=["team", "target", "clause", "statement", "unit", "text", "comment"],
)
def test_what_may_stand_there_is_offered(editor: Editor, begun: str, offered: list[str], left_out: list[str]) -> None:
    text = TEXT.replace("breif", "brief").replace("  decision ok", f"{begun}\n  decision ok")
    uri = editor.open("a.mpm", text)
    found = editor.ask("textDocument/completion", textDocument={"uri": uri}, position=place(text, begun, len(begun)))
    labels = [one["label"] for one in found]
    assert set(offered) <= set(labels)
    assert not set(left_out) & set(labels)


def test_formulas_are_offered_functions_metrics_and_indicators(editor: Editor) -> None:
    text = TEXT.replace("breif", "brief") + "metric m output = "
    uri = editor.open("a.mpm", text)
    found = editor.ask(
        "textDocument/completion", textDocument={"uri": uri}, position=place(text, "output = ", len("output = "))
    )
    labels = {one["label"] for one in found}
    assert {"time", "days", "ok.no", "webinar", "conversion"} <= labels


def test_the_pointer_is_told_what_a_name_is(editor: Editor) -> None:
    text = TEXT.replace("breif", "brief")
    uri = editor.open("a.mpm", text)
    at = {"textDocument": {"uri": uri}}
    told = editor.ask("textDocument/hover", **at, position=place(text, "cause ok.no", 7))["contents"]["value"]
    assert "**decision** `ok`" in told
    assert "`ok.rounds`" in told
    told = editor.ask("textDocument/hover", **at, position=place(text, "time(", 2))["contents"]["value"]
    assert "How long a case takes" in told
    assert editor.ask("textDocument/hover", **at, position=place(text, "takes 2h", 1)) is None


def test_the_outline_is_that_of_the_text(editor: Editor) -> None:
    uri = editor.open("a.mpm", TEXT)
    found = editor.ask("textDocument/documentSymbol", textDocument={"uri": uri})
    assert [one["name"] for one in found] == ["legal", "webinar", "days", "posts", "ok.no -> posts", "grow", "better"]
    (workflow,) = [one for one in found if one["name"] == "webinar"]
    assert [one["name"] for one in workflow["children"]] == ["brief", "ok"]
    assert [one["name"] for one in workflow["children"][1]["children"]] == ["yes", "no"]


def test_a_text_is_formatted_unless_it_is_broken(editor: Editor) -> None:
    uri = editor.open("a.mpm", "team   legal {people 2}\n")
    options = {"tabSize": 2, "insertSpaces": True}
    edits = editor.ask("textDocument/formatting", textDocument={"uri": uri}, options=options)
    assert applied("team   legal {people 2}\n", edits) == "team legal { people 2 }\n"
    editor.change(uri, 2, "team   legal {people }\n")
    assert editor.ask("textDocument/formatting", textDocument={"uri": uri}, options=options) == []


def test_an_imported_text_counts_as_it_stands_in_the_editor(editor: Editor) -> None:
    (editor.folder / "teams.mpm").write_text("team legal { people 1 }\n")
    text = 'import "teams.mpm"\nworkflow w { step a by legl takes 1h }\n'
    uri = editor.open("w.mpm", text)
    assert [one["code"] for one in editor.faults(uri) if one["severity"] == 1] == ["unknown-name"]
    teams = editor.open("teams.mpm", "team legl { people 1 }\n")
    editor.ask("textDocument/documentSymbol", textDocument={"uri": teams})
    assert [one for one in editor.faults(uri) if one["severity"] == 1] == []
    edit = editor.ask("textDocument/rename", textDocument={"uri": uri}, position=place(text, "legl"), newName="legal")
    assert set(edit["changes"]) == {uri, teams}
    there = editor.ask("textDocument/definition", textDocument={"uri": uri}, position=place(text, "legl"))
    assert there["uri"] == teams
    editor.send("textDocument/didClose", textDocument={"uri": teams})
    editor.opened.remove(teams)
    told = len(editor.said)
    editor.faults(uri)
    (said,) = [one["params"] for one in editor.said[told:] if one.get("params", {}).get("uri") == uri]
    assert [one["code"] for one in said["diagnostics"] if one["severity"] == 1] == ["unknown-name"], (
        "as its file has it"
    )


def test_a_file_that_is_not_there_is_an_empty_text(editor: Editor) -> None:
    at = {"textDocument": {"uri": (editor.folder / "nowhere.mpm").as_uri()}, "position": {"line": 3, "character": 5}}
    assert editor.ask("textDocument/hover", **at) is None
    assert editor.ask("textDocument/definition", **at) is None
    assert "workflow" in {one["label"] for one in editor.ask("textDocument/completion", **at)}


def test_broken_and_huge_texts_bring_nothing_down(editor: Editor) -> None:
    uri = editor.open("a.mpm", 'workflow { { "\x00 -> }} metric = = (' * 200)
    assert editor.faults(uri)
    editor.change(uri, 2, "")
    assert editor.faults(uri) == []
    at = {"textDocument": {"uri": uri}, "position": {"line": 99, "character": 99}}
    assert editor.ask("textDocument/hover", **at) is None
    assert "workflow" in {one["label"] for one in editor.ask("textDocument/completion", **at)}
