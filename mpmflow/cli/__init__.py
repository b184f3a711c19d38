"""The command line: `mpmflow VERB …`, one file per verb.

Exit codes: 0 all is well, 1 findings, 2 it could not be done (a file that cannot be read, a
model with errors, a wrong option), 70 a fault of mpmflow itself, 130 interrupted.
"""

from __future__ import annotations

from .program import main

__all__ = ["main"]
