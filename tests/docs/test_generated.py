"""Pages that are made from tables of the program say what the tables say, and pages written by hand name everything.

After a change of a table: `python docs/generate.py`, and look at the diff.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import mpmflow as mpm
from mpmflow.compiler.functions import FUNCTIONS
from mpmflow.diagnostics.codes import CODES

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PAGES: dict[str, str] = generator().pages()


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_generated_page_is_up_to_date(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page], "run: python docs/generate.py"


def test_nothing_else_lies_among_the_generated_pages() -> None:
    there = {f"reference/checks/{page.name}" for page in (DOCS / "reference" / "checks").iterdir()}
    assert there == {page for page in PAGES if page.startswith("reference/checks/")}


def test_every_code_has_an_entry() -> None:
    headings = [line[3:] for page in PAGES.values() for line in page.splitlines() if line.startswith("## ")]
    assert [code for code in CODES if code not in headings] == []


def test_every_function_is_called_in_an_example() -> None:
    page = PAGES["reference/functions.md"]
    examples = "".join(re.findall(r"^```mpm\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    assert [name for name in FUNCTIONS if f"{name}(" not in examples] == []


def test_every_figure_of_an_analysis_is_defined() -> None:
    page = (DOCS / "reference" / "figures.md").read_text(encoding="utf-8")
    figures = mpm.analyze(mpm.parse("workflow w { step brief takes 2h }"))["w"].figures
    assert [name for name in figures if f"`{name}`" not in page] == []


def statements() -> set[str]:
    """The words that begin a statement, in a file or in a workflow, as the grammar has them."""
    grammar = (DOCS.parent / "grammars" / "mpm.lark").read_text(encoding="utf-8")
    rules = re.findall(r"^(?:_statement|_flow): ((?:.*\n)(?: +\| .*\n)*)", grammar, re.MULTILINE)
    return {word for rule in rules for word in re.findall(r"\w+", rule)}


def test_every_statement_has_a_heading() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    headings = " ".join(re.findall(r"^#+ (.*)$", pages, re.MULTILINE))
    assert {"workflow", "test", "choose"} <= statements()
    assert [word for word in sorted(statements()) if not re.search(rf"\b{word}\b", headings)] == []


def test_the_tour_shows_the_file_that_it_checks() -> None:
    page = (DOCS / "tour.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```mpm\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[-1]
    assert shown == (DOCS / "tour" / "webinar.mpm").read_text(encoding="utf-8")


def test_the_mistake_of_the_tour_is_one_word() -> None:
    right, wrong = (
        (DOCS / "tour" / name).read_text(encoding="utf-8").split() for name in ("webinar.mpm", "mistake.mpm")
    )
    assert [pair for pair in zip(right, wrong, strict=True) if pair[0] != pair[1]] == [("assets", "asset")]
