"""Graphviz's own `dot` and the port that comes along draw the same: every text of ours, without a word of complaint."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.render.picture import port

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*.mpm"))
NOTHING = {("travel/travel.mpm", "handoffs")}
"""Files that have nothing of a kind to draw."""
VIEWS = ("workflow", "causes", "objectives", "handoffs", "metrics")


@pytest.fixture(scope="module")
def dot() -> str:
    program = os.environ.get("MPMFLOW_GRAPHVIZ") or shutil.which("dot")
    if program is None:
        pytest.skip("optional: needs Graphviz's own dot, from https://graphviz.org or the system's packages")
    return program


def drawn(program: str, text: str) -> tuple[set[str], list[tuple[str, str]]]:
    """The nodes and the edges that a program lays out, without complaint."""
    done = subprocess.run(
        [program, "-Kdot", "-Tplain"], input=text, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    # How wide a sign of another script is, a program may have to guess; there is no other complaint.
    assert [line for line in done.stderr.splitlines() if "no value for width of non-ASCII" not in line] == []
    rows = [_words(line) for line in done.stdout.splitlines()]
    nodes = {row[1] for row in rows if row[:1] == ["node"]}
    return nodes, sorted((row[1], row[2]) for row in rows if row[:1] == ["edge"])


def _words(line: str) -> list[str]:
    """The first three words; names may stand in quotation marks."""
    found: list[str] = []
    rest = line
    while rest and len(found) < 3:
        if rest.startswith('"'):
            word, _, rest = rest[1:].partition('"')
        else:
            word, _, rest = rest.partition(" ")
        found.append(word)
        rest = rest.lstrip()
    return found


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("file", FILES)
def test_both_draw_every_part(dot: str, file: str, view: str) -> None:
    if (file, view) in NOTHING:
        with pytest.raises(mpm.PictureError):
            mpm.draw(mpm.load(EXAMPLES / file), view=view)
        return
    text = mpm.draw(mpm.load(EXAMPLES / file), view=view).dot()
    ours, theirs = drawn(port(), text), drawn(dot, text)
    assert ours == theirs
    assert ours[0]


def test_both_draw_hostile_labels(dot: str) -> None:
    label = r"<script>alert(1)</script> & \N \\ | { } " + "x" * 300 + " עברית 🎉"
    written = label.replace("\\", "\\\\")
    lines = [f'  step a "{written}" takes 1h', f'  decision d "{written}" {{ yes, no 5% -> a rework }}']
    model = mpm.parse("\n".join([f'workflow w "{written}" {{', *lines, "}", ""]))
    text = mpm.draw(model).dot()
    assert drawn(port(), text) == drawn(dot, text)


def test_the_program_may_be_chosen(dot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    diagram = mpm.draw(mpm.parse("workflow w { step brief takes 2h }"))
    monkeypatch.setenv("GRAPHVIZ_DOT", dot)
    theirs = diagram.svg()
    monkeypatch.setenv("GRAPHVIZ_DOT", port())
    assert "brief" in theirs
    assert diagram.svg() != theirs
