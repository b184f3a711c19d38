"""What a person sees who sits at a terminal: colours, and a bar when it takes long."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import mpmflow

pty = pytest.importorskip("pty", reason="needs a system with pseudo-terminals")

WAITING = """
import time
from mpmflow.cli import terminal
terminal.PATIENCE = 0.1
with terminal.busy("Counting the beans"):
    time.sleep(0.6)
print("counted")
"""


def seen(*command: str, folder: Path, **settings: str) -> str:
    """What a program writes when its standard streams are a terminal."""
    child, screen = pty.fork()
    if child == 0:  # pragma: no cover - another process
        os.chdir(folder)
        root = str(Path(mpmflow.__file__).parent.parent)
        environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        environment |= {"PYTHONPATH": root, "TERM": "xterm-256color", **settings}
        os.execve(sys.executable, [sys.executable, *command], environment)
    written = b""
    while True:
        try:
            part = os.read(screen, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    os.waitpid(child, 0)
    os.close(screen)
    return written.decode(errors="replace")


def test_findings_are_coloured(tmp_path: Path) -> None:
    (tmp_path / "a.mpm").write_text("workflow w { step brief -> lunch }\n", encoding="utf-8")
    assert "\x1b[1;31merror" in seen("-m", "mpmflow", "check", "a.mpm", folder=tmp_path)


def test_no_color_is_respected(tmp_path: Path) -> None:
    (tmp_path / "a.mpm").write_text("workflow w { step brief -> lunch }\n", encoding="utf-8")
    assert "\x1b[" not in seen("-m", "mpmflow", "check", "a.mpm", folder=tmp_path, NO_COLOR="1")


def test_a_bar_appears_when_it_takes_long(tmp_path: Path) -> None:
    screen = seen("-c", WAITING, folder=tmp_path)
    assert "Counting the beans" in screen
    assert "counted" in screen


def test_quick_work_shows_no_bar(tmp_path: Path) -> None:
    assert "beans" not in seen("-c", WAITING.replace("0.6", "0"), folder=tmp_path)
