"""The house: imports go down only, quick verbs stay quick, rooms stay small and have names that say what is in them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter import cli as importlinter

import mpmflow

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mpmflow"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("numpy", "scipy", "numba", "networkx", "graphviz", "vl_convert", "polars", "narwhals", "pandas", "pyarrow")
NAMES_WITHOUT_A_REASON = {"utils", "util", "common", "helpers", "helper", "core", "manager", "misc"}

TRAVEL = """\
workflow travel {
  step submit takes 1h
  decision approved {
    yes
    no 10% -> submit rework
  }
  done
}
"""


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_go_down_only_and_libraries_stay_in_their_rooms(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The contracts in pyproject.toml; `lint-imports` on the command line prints the same."""
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    code = importlinter.lint_imports(no_cache=True)
    assert code == importlinter.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def loaded_by(program: str, *arguments: str) -> set[str]:
    """The modules that a fresh interpreter holds after running a program."""
    tail = "\nimport sys; print('LOADED', *sys.modules)"
    command = [sys.executable, "-c", program + tail, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_importing_the_package_loads_no_heavy_library() -> None:
    assert not loaded_by("import mpmflow").intersection(HEAVY)


def test_checking_a_file_loads_no_heavy_library(tmp_path: Path) -> None:
    file = tmp_path / "travel.mpm"
    file.write_text(TRAVEL, encoding="utf-8")
    program = """
import sys
from mpmflow.cli import main
try:
    main()
except SystemExit as end:
    assert end.code in (0, 1), end.code
"""
    loaded = loaded_by(program, "check", str(file))
    assert "mpmflow.compiler.pipeline" in loaded
    assert not loaded.intersection((*HEAVY, "rich"))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_past_five_hundred_lines_owes_a_reason(path: Path) -> None:
    """The reason stands in its docstring, in a sentence with the word "length", "lines" or "long"."""
    text = path.read_text(encoding="utf-8")
    if len(text.splitlines()) <= 500:
        return
    docstring = (ast.get_docstring(ast.parse(text)) or "").lower()
    assert re.search(r"\b(length|lines|long)\b", docstring), f"{relative(path)} is long and does not say why"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_has_a_name_and_says_what_it_is(path: Path) -> None:
    assert path.stem not in NAMES_WITHOUT_A_REASON
    assert path.parent.name not in NAMES_WITHOUT_A_REASON
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{relative(path)} has no docstring"


def test_the_public_names_exist_and_are_listed_once() -> None:
    names = [name for section in mpmflow.PUBLIC.values() for name in section]
    assert len(names) == len(set(names))
    assert set(mpmflow.__all__) == {"__version__", *names}
    assert set(names) <= set(dir(mpmflow))
    for name in names:
        assert getattr(mpmflow, name).__doc__, f"mpmflow.{name} says nothing about itself"


def test_type_checkers_see_the_same_public_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {
        (alias.asname, node.module)
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {(name, home) for section in mpmflow.PUBLIC.values() for name, home in section.items()}


def test_an_unknown_public_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"no 'laod'; did you mean 'load'"):
        mpmflow.laod  # noqa: B018
