"""What an engine computed itself, brought into memory: only then does it meet what it cannot do with the data."""

from __future__ import annotations

from typing import Any

from mpmflow.diagnostics.errors import DataError


def collected(frame: Any) -> Any:
    """A lazy narwhals frame as one of polars, in memory; any other one as it is.

    Raises DataError where DuckDB refuses: a text that is no timestamp in a query that casts it, say, or a file that a
    query may not reach.
    """
    if not hasattr(frame, "collect"):
        return frame
    try:
        return frame.collect("polars")
    except Exception as fault:
        if type(fault).__module__.partition(".")[0] not in ("duckdb", "_duckdb"):
            raise
        said = str(fault).strip().splitlines()
        raise DataError(f"DuckDB cannot answer: {said[0] if said else 'no reason given'}") from None
