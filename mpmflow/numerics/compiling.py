"""Compiling loops with numba, and where the machine code is kept between two starts.

Compiling the simulation takes some seconds, once: the machine code is kept in the user's cache folder, under a name
made of the sources it came from, so that a new version never meets old code. numba alone looks only at the file of the
function itself and would keep a loop whose helper, in another file, has changed; and it fails to import where it finds
no folder to write to. Here a machine without one compiles at every start and works all the same.

A temporary folder that others can write to is never used: whoever can put code there could run it. numba itself, which
takes half a second, is imported when the first loop is made.
"""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from mpmflow.diagnostics.kept import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Function, **options: Any) -> Function:
    """A loop that Python calls: compiled on its first call and kept for the next start; options as numba's."""
    import numba

    config: Any = numba.config
    before = config.CACHE_DIR
    try:
        folder = kept_in(Path(function.__code__.co_filename).parent)
        folder.mkdir(parents=True, exist_ok=True)
        config.CACHE_DIR = str(folder)
        return cast(Function, numba.njit(cache=True, **_OPTIONS, **options)(function))
    except (RuntimeError, OSError):  # there is no folder to keep it in
        return cast(Function, numba.njit(**_OPTIONS, **options)(function))
    finally:
        config.CACHE_DIR = before


@contextmanager
def loading() -> Iterator[None]:
    """No search for garbage while compiled code is loaded: half a million objects, hardly one of them garbage.

    It is half of the time that loading takes.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


def helper(function: Function) -> Function:
    """A piece of a compiled loop."""
    import numba

    return cast(Function, numba.njit(**_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """A piece of a compiled loop that is put in the place of every call."""
    import numba

    return cast(Function, numba.njit(forceinline=True, **_OPTIONS)(function))


@cache
def kept_in(room: Path) -> Path:
    """Where the machine code of the modules in this folder is kept: a name for all that it is made of.

    Raises:
        RuntimeError: if the user has no home folder, or the package runs out of an archive.
    """
    if not room.is_dir():
        raise RuntimeError(f"{room} is no folder: machine code of a package in an archive is not kept")
    made_of = hashlib.sha256()
    for path in (Path(__file__), *sorted(room.glob("*.py"))):
        made_of.update(path.name.encode() + b"\0" + path.read_bytes())
    return cache_folder() / f"{room.name}-{made_of.hexdigest()[:16]}"


def is_kept(module: str, function: str) -> bool:
    """Whether the machine code of a loop, in the module at this path, lies there from an earlier start."""
    path = Path(module)
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    try:
        return any(kept_in(path.parent).glob(f"*/{path.stem}.{function}-*.{version}.nbi"))
    except (RuntimeError, OSError):
        return False
