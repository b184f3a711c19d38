"""Documents that are tests: a heading, a sentence, a source, and the exact message it earns.

In every `.md` file below this folder an `mpm` block is a text, and the `text` block behind it is what `check` says of
it, to the letter (nothing if it is empty). An `mpm syntax` block asks the parser alone. With MPMFLOW_REWRITE=1 in the
environment the expected blocks are written anew; the difference is the review.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source
from mpmflow.diagnostics.text import render_text
from mpmflow.syntax.parse import parse

HERE = Path(__file__).parent
PAIR = re.compile(
    r"^```mpm(?P<kind> syntax)?\n(?P<source>.*?)^```\n\n```text\n(?P<expected>.*?)^```$", re.MULTILINE | re.DOTALL
)
NAME = "example.mpm"


@dataclass(frozen=True)
class Case:
    """One pair of blocks of one document."""

    page: Path
    line: int
    syntax_only: bool
    source: str
    expected: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(HERE)}:{self.line}"


def cases() -> list[Case]:
    found = []
    for page in sorted(HERE.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for match in PAIR.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Case(page, line, match["kind"] is not None, match["source"], match["expected"]))
    return found


def said(source: str, syntax_only: bool) -> str:
    text = Source(NAME, source)
    return render_text(parse(text).diagnostics if syntax_only else compile_source(text).diagnostics)


def rewrite(page: Path) -> None:
    """Writes down what is said now."""

    def anew(match: re.Match[str]) -> str:
        kind = match["kind"] or ""
        return f"```mpm{kind}\n{match['source']}```\n\n```text\n{said(match['source'], bool(kind))}```"

    page.write_text(PAIR.sub(anew, page.read_text(encoding="utf-8")), encoding="utf-8")


if os.environ.get("MPMFLOW_REWRITE"):
    for document in sorted(HERE.rglob("*.md")):
        rewrite(document)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_what_is_said_is_what_the_document_shows(case: Case) -> None:
    assert said(case.source, case.syntax_only) == case.expected


def test_the_documents_are_found() -> None:
    assert len(cases()) > 150
