"""Each lesson of grammars/wrong.toml is heard where it should be."""

from __future__ import annotations

import re

import pytest

from mpmflow.diagnostics.codes import CODES
from mpmflow.diagnostics.source import Source
from mpmflow.syntax.parse import parse
from mpmflow.syntax.wrong import Entry, entries

FACT = re.compile(r"\\\{(found|word|last|first|where)\\\}")
SNIPPETS = [(entry, text) for entry in entries() for text in entry.texts]


def test_there_are_many_lessons() -> None:
    assert len(entries()) >= 60


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.say[:40])
def test_every_snippet_earns_its_sentence_and_no_other(entry: Entry) -> None:
    wanted = FACT.sub(".*", re.escape(entry.say)).replace(r",\ not\ .*", r",\ (?:not\ .*|but\ the\ line\ ends\ here)")
    for text in entry.texts:
        messages = [
            (diagnostic.code, diagnostic.message) for diagnostic in parse(Source("wrong.mpm", text)).diagnostics
        ]
        assert len(messages) == 1, (text, messages)
        code, message = messages[0]
        assert code == entry.code, text
        assert re.fullmatch(wanted, message, re.DOTALL), (text, message)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.say[:40])
def test_every_lesson_has_a_theme_and_a_cure(entry: Entry) -> None:
    assert CODES[entry.code].message in ("{sentence}", entry.say)
    assert entry.help


def test_no_message_shows_the_grammar() -> None:
    for _, text in SNIPPETS:
        for diagnostic in parse(Source("wrong.mpm", text)).diagnostics:
            said = diagnostic.message + diagnostic.help
            assert not re.search(
                r"\b(?:NAME|STRING|LBRACE|RBRACE|_NL|_COMMA|SIGN|PERCENT)\b", said.replace("PERCENT ->", "")
            ), said
