"""Libraries that only an extra of the package brings, and what to install where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

EXTRAS = {
    "polars": "data",
    "narwhals": "data",
    "duckdb": "duckdb",
    "pyarrow": "duckdb",
    "pyspark": "spark",
}
"""Each library with the extra that brings it."""


def advice(library: str) -> str | None:
    """What to say where a library is missing; None for one that no extra brings.

    >>> advice("polars.exceptions")
    'This needs polars, which comes with: pip install "mpmflow[data]"'
    """
    name = library.partition(".")[0]
    return f'This needs {name}, which comes with: pip install "mpmflow[{EXTRAS[name]}]"' if name in EXTRAS else None


@contextmanager
def needed() -> Iterator[None]:
    """Says which extra to install where a library is missing. Raises ModuleNotFoundError with that as its text."""
    try:
        yield
    except ModuleNotFoundError as error:
        said = advice(error.name or "")
        if said is None:
            raise
        raise ModuleNotFoundError(said, name=error.name) from None
