"""Every code of the table: its example earns it, what it recommends instead does not."""

from __future__ import annotations

import pytest

from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.codes import CODES
from mpmflow.diagnostics.codes_syntax import SYNTAX
from mpmflow.diagnostics.source import Source

WITH_EXAMPLE = [name for name, code in CODES.items() if code.example]


def codes_of(text: str) -> set[str]:
    return {one.code for one in compile_source(Source("page.mpm", text)).diagnostics}


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_the_example_of_a_page_earns_its_code(name: str) -> None:
    assert name in codes_of(CODES[name].example)


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_what_a_page_recommends_instead_does_not_earn_it(name: str) -> None:
    assert name not in codes_of(CODES[name].instead)


@pytest.mark.parametrize("name", [name for name in WITH_EXAMPLE if name not in {code.name for code in SYNTAX}])
def test_what_a_page_recommends_instead_has_no_errors_at_all(name: str) -> None:
    compiled = compile_source(Source("page.mpm", CODES[name].instead))
    assert [one.message for one in compiled.errors] == []


def test_every_code_says_what_it_means_and_why_it_matters() -> None:
    silent = [name for name, code in CODES.items() if not (code.means and code.why)]
    assert silent == []


def test_every_code_has_an_example_or_says_what_earns_it() -> None:
    bare = [name for name, code in CODES.items() if bool(code.example) == bool(code.apart)]
    assert bare == []
