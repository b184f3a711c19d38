"""Machine code is kept for the next start, never outlives its sources, and a machine that cannot keep it works too."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mpmflow.numerics import compiling

ROOT = Path(__file__).resolve().parents[2]

LOOP = """\
from mpmflow.numerics.compiling import compiled
from part import amount

@compiled
def total(n):
    found = 0
    for i in range(n):
        found += amount(i)
    return found
"""
PART = """\
from mpmflow.numerics.compiling import helper

@helper
def amount(i):
    return {amount}
"""
ASK = """\
import sys
sys.path.insert(0, {room!r})
from pathlib import Path
from mpmflow.numerics.compiling import is_kept
kept = is_kept({room!r} + "/loop.py", "total")
import loop
print(kept, loop.total(10), sum(loop.total.stats.cache_hits.values()))
"""


def asked(room: Path, **environment: str) -> list[str]:
    """In a new process: whether code was kept before, the answer, how often kept code was used."""
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(room=str(room))],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.fixture
def room(tmp_path: Path) -> Path:
    room = tmp_path / "room"
    room.mkdir()
    (room / "loop.py").write_text(LOOP)
    (room / "part.py").write_text(PART.format(amount="i"))
    return room


def test_kept_for_the_next_start_and_never_older_than_its_parts(room: Path, tmp_path: Path) -> None:
    cache = str(tmp_path / "kept")
    assert asked(room, MPMFLOW_CACHE=cache) == ["False", "45", "0"]
    assert asked(room, MPMFLOW_CACHE=cache) == ["True", "45", "1"]
    (room / "part.py").write_text(PART.format(amount="2 * i"))  # the file of the loop itself stays as it is
    assert asked(room, MPMFLOW_CACHE=cache) == ["False", "90", "0"]


def test_without_a_folder_to_write_to_it_is_compiled_every_time(room: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder should be")
    for _ in range(2):
        assert asked(room, MPMFLOW_CACHE=str(taken)) == ["False", "45", "0"]


def test_a_package_in_an_archive_keeps_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="archive"):
        compiling.kept_in(tmp_path / "package.zip" / "room")
    assert not compiling.is_kept(str(tmp_path / "package.zip" / "room" / "loop.py"), "total")


def test_a_new_machine_is_told_that_the_first_simulation_compiles(tmp_path: Path) -> None:
    ask = "from mpmflow.numerics.events.runs import compiles_first; print(compiles_first())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPMFLOW_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize("searching", [True, False])
def test_garbage_is_searched_for_after_loading_as_before(searching: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if searching else gc.disable)()
        with compiling.loading():
            assert not gc.isenabled()
        assert gc.isenabled() == searching
    finally:
        (gc.enable if before else gc.disable)()
