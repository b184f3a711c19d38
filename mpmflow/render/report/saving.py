"""Writing a report's file: whole or not at all, and over nothing but an ordinary file."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text to a path as UTF-8, beside it first and then moved into its place.

    So nobody ever reads half a report, and a link at the path is replaced instead of followed. What is there already
    is only overwritten if it is a file or a link. Raises OSError, which names the path.
    """
    with_mode = None
    if os.path.lexists(path):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(21, "it is a folder", str(path))
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise OSError(22, "it is no ordinary file", str(path))
        if stat.S_ISREG(mode):
            if not os.access(path, os.W_OK):
                raise PermissionError(13, "this user may not write it", str(path))
            with_mode = stat.S_IMODE(mode)
    try:
        number, fresh = tempfile.mkstemp(dir=path.parent, prefix=".mpmflow-", suffix=path.suffix)
    except OSError as problem:
        raise type(problem)(problem.errno, problem.strerror, str(path)) from None
    try:
        with open(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(fresh, with_mode if with_mode is not None else 0o666 & ~_mask())
        os.replace(fresh, path)
    except BaseException:
        os.unlink(fresh)
        raise


def _mask() -> int:
    """What this process takes away from the rights of new files."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
