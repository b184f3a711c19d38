"""Every block in README.md and docs/ is run: what the pages show is what happens.

A block's fence says what it is:

* `mpm`: a whole file; it must have no errors. `mpm wrong`: it must have some. `mpm error=CODE` and `mpm warning=CODE`:
  it earns this finding and no other (several codes are separated by commas).
* `python`: runs, block after block on one page, in the folder of the project; with `>>>` it is a doctest.
* `mpm example` and `mpm instead`: of the generated pages; `tests/compiler/test_codes.py` holds them to their codes.
* `console`: lines that start with `$ mpmflow` are run; what follows is what they print, to the letter (a line `...`
  stands for any lines). Set MPMFLOW_REWRITE=1 to write down what they print now; the diff is the review.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mpmflow as mpm
from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(?P<kind>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
EARNING = re.compile(r"mpm (?P<severity>error|warning)=(?P<codes>[a-z0-9,-]+)")
KINDS = {"", "sh", "text", "json", "console", "python", "mpm", "mpm wrong", "mpm example", "mpm instead"}
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*kinds: str) -> list[Block]:
    """The blocks of these kinds on all pages; `earning` stands for all that name the findings they earn."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            kind = match["kind"].strip()
            if kind in kinds or ("earning" in kinds and EARNING.fullmatch(kind)):
                found.append(Block(page, text.count("\n", 0, match.start()) + 2, kind, match["text"]))
    return found


@pytest.mark.parametrize("block", blocks("mpm", "mpm wrong"), ids=str)
def test_a_model_on_a_page_means_something(block: Block) -> None:
    if block.kind == "mpm wrong":
        with pytest.raises(mpm.MpmError):
            mpm.parse(block.text)
    else:
        mpm.parse(block.text)


@pytest.mark.parametrize("block", blocks("earning"), ids=str)
def test_a_mistake_on_a_page_earns_what_the_page_says(block: Block) -> None:
    said = EARNING.fullmatch(block.kind)
    assert said is not None
    found = compile_source(Source("page.mpm", block.text)).diagnostics
    assert sorted({one.code for one in found}) == sorted(said["codes"].split(","))
    assert said["severity"] in {one.severity for one in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page: Path) -> None:
    kinds = {match["kind"].strip() for match in BLOCK.finditer(page.read_text(encoding="utf-8"))}
    assert {kind for kind in kinds if not EARNING.fullmatch(kind)} <= KINDS


@pytest.mark.parametrize(
    "page", sorted({block.page for block in blocks("python")}), ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_python_on_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {"__name__": "__page__"}
    for block in blocks("python"):
        if block.page != page:
            continue
        if ">>>" in block.text:
            test = doctest.DocTestParser().get_doctest(block.text, names, str(block), str(page), block.line)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
            runner.run(test, clear_globs=False)
            names = test.globs
            assert not runner.failures, f"{block}: see the output above"
        else:
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)


def session(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what is printed after it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def printed_by(command: str, ledger: Path) -> str:
    program, *arguments = shlex.split(command)
    assert program == "mpmflow", f"only mpmflow is run here, not {program}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    environment["MPMFLOW_LEDGER"] = str(ledger)
    done = subprocess.run(
        [sys.executable, "-m", "mpmflow", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def agrees(shown: str, printed: str) -> bool:
    """Is this what was printed, where a line `...` stands for any lines?

    >>> agrees("a\\n...\\nd\\n", "a\\nb\\nc\\nd\\n")
    True
    """
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in shown.splitlines())
    return re.fullmatch(pattern, printed) is not None


def rewritten(shown: str, printed: str) -> str:
    """What is printed now, shortened as it was shown: each part keeps its first line and its number of lines.

    >>> print(rewritten("a 1\\nb 1\\n...\\nd\\ne 1\\n...\\n", "a 2\\nb 2\\nc 2\\nd\\ne 2\\nf 2\\n"), end="")
    a 2
    b 2
    ...
    d
    e 2
    ...
    """
    lines = printed.splitlines()
    parts = [part.splitlines() for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)]
    if len(parts) == 1:
        return printed
    kept = [lines[: len(parts[0])]]
    for part in parts[1:]:
        start = lines.index(part[0]) if part and part[0] in lines else len(lines)
        kept.append(lines[start : start + len(part)])
    return "...\n".join("".join(line + "\n" for line in part) for part in kept)


def stories() -> list[tuple[Block, ...]]:
    """Sessions that belong together: those of a page that keeps a ledger, one after the other; any other is alone."""
    found: dict[object, tuple[Block, ...]] = {}
    keeping = {block.page for block in blocks("console") if "$ mpmflow ledger" in block.text}
    for block in blocks("console"):
        key: object = block.page if block.page in keeping else block
        found[key] = (*found.get(key, ()), block)
    return list(found.values())


@pytest.mark.parametrize("story", stories(), ids=lambda story: str(story[0]))
def test_a_session_on_a_page_prints_what_it_shows(story: tuple[Block, ...], tmp_path: Path) -> None:
    for block in story:
        check_session(block, tmp_path / "mpmflow-ledger.db")


def check_session(block: Block, ledger: Path) -> None:
    wrong = [
        (command, shown, printed)
        for command, shown in session(block.text)
        if not agrees(shown, printed := printed_by(command, ledger))
    ]
    if wrong and os.environ.get("MPMFLOW_REWRITE"):
        text = block.page.read_text(encoding="utf-8")
        for command, shown, printed in wrong:
            text = text.replace(f"$ {command}\n{shown}", f"$ {command}\n{rewritten(shown, printed)}")
        block.page.write_text(text, encoding="utf-8")
        return
    for command, shown, printed in wrong:
        assert printed == shown, f"{block}: {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_on_a_page_lead_somewhere(page: Path) -> None:
    targets = [match["target"] for match in LINK.finditer(BLOCK.sub("", page.read_text(encoding="utf-8")))]
    lost = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not lost


def test_the_reference_page_names_every_public_name() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`mpm\.(\w+)", page))
    assert named >= {name for section in mpm.PUBLIC.values() for name in section}
