"""Where mpmflow keeps what it has worked out for its next start: parser tables, machine code."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """The folder for whatever can be worked out again; all in it may be deleted at any time.

    `$MPMFLOW_CACHE` where that is set; else `mpmflow` in the user's own cache folder. Never a folder that others can
    write to: what lies here is trusted.

    Raises:
        RuntimeError: if the user has no home folder.
    """
    if chosen := os.environ.get("MPMFLOW_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "mpmflow" / "Cache"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mpmflow"
