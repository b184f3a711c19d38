"""The grammar as published, run by Lark with its own contextual lexer, reads what our reader reads."""

from __future__ import annotations

from pathlib import Path

import lark
import pytest

from mpmflow.diagnostics.source import Source
from mpmflow.syntax import grammar
from mpmflow.syntax.build import MAKERS
from mpmflow.syntax.parse import parse
from mpmflow.syntax.wrong import entries

CORPUS = Path(__file__).parent.parent / "corpus"


@pytest.fixture(scope="module")
def published() -> lark.Lark:
    return lark.Lark(grammar.grammar_file("mpm.lark"), parser="lalr", start="file", maybe_placeholders=False)


def accepts(published: lark.Lark, text: str) -> bool:
    try:
        published.parse(text)
    except lark.exceptions.UnexpectedInput:
        return False
    return True


@pytest.mark.parametrize("path", sorted((CORPUS / "good").glob("*.mpm")), ids=lambda path: path.name)
def test_lark_accepts_every_good_file(published: lark.Lark, path: Path) -> None:
    assert accepts(published, path.read_text(encoding="utf-8"))


def test_lark_refuses_what_we_refuse(published: lark.Lark) -> None:
    for entry in entries():
        for text in entry.texts:
            assert not accepts(published, text), text


def test_the_tables_beside_the_grammar_are_those_of_the_grammar() -> None:
    # When this fails, the grammar has changed: run `python -m mpmflow.syntax.grammar`.
    text = grammar.dump(grammar.build_tables(grammar.grammar_file("mpm.lark")))
    assert grammar.grammar_file(grammar.TABLES_NAME) == text


def test_every_rule_makes_a_node() -> None:
    named = {name for name, _ in grammar.tables().rules if not name.startswith("_")}
    assert named == set(MAKERS)


def test_tables_are_built_and_kept_where_none_are_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPMFLOW_CACHE", str(tmp_path))
    monkeypatch.setattr(grammar, "_shipped", lambda wanted: None)
    grammar.tables.cache_clear()
    try:
        first = grammar.tables()
        (kept,) = tmp_path.iterdir()
        monkeypatch.setattr(grammar, "build_tables", lambda text: pytest.fail("the kept tables were not used"))
        grammar.tables.cache_clear()
        assert grammar.tables() == first
        kept.write_text("{ broken", encoding="utf-8")
        monkeypatch.undo()
    finally:
        grammar.tables.cache_clear()
    assert grammar.tables() == first


def test_a_text_without_a_line_end_is_read_like_one_with_it() -> None:
    assert parse(Source("a.mpm", "team a")).tree == parse(Source("a.mpm", "team a\n\n# end\n")).tree
