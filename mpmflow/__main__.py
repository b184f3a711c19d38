"""`python -m mpmflow` is the same as `mpmflow`."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main()
