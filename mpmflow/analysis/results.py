"""What every answer is: a frozen record that turns into a document, a table, a line of text.

Documents are those of the published schemas: times in seconds, shares as fractions, dates ISO 8601; each names its
schema and the version of mpmflow. Nothing is rounded here, and the order of entries is that of the model's text, so
that the same question gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

from mpmflow.model.base import upstairs
from mpmflow.model.model import Model

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an answer comes from: enough to get it again.

    Attributes:
        mpmflow, python, numpy, scipy: versions.
        model: SHA-256 of the model's JSON document.
        data: SHA-256 of the observations, None without any.
        seed: of the random numbers, None where there are none.
    """

    mpmflow: str
    python: str
    numpy: str
    scipy: str
    model: str
    data: str | None = None
    seed: int | None = None

    def to_dict(self) -> Document:
        return {
            "mpmflow": self.mpmflow,
            "python": self.python,
            "numpy": self.numpy,
            "scipy": self.scipy,
            "model": self.model,
            "data": self.data,
            "seed": self.seed,
        }


def provenance(model: Model, *, data: str | None = None, seed: int | None = None) -> Provenance:
    """The provenance of an answer about a model."""
    return Provenance(
        mpmflow_version(),
        platform.python_version(),
        _version("numpy"),
        _version("scipy"),
        model_hash(model),
        data,
        seed,
    )


def model_hash(model: Model) -> str:
    """SHA-256 of the model's JSON document: equal models have equal hashes, whatever they were read from.

    >>> model_hash(Model()) == model_hash(Model(workflows=()))
    True
    """
    return hashlib.sha256(model.model_dump_json().encode()).hexdigest()


def mpmflow_version() -> str:
    """The version of this package."""
    return str(import_module("mpmflow").__version__)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


TABLES = ("polars", "pandas", "pyarrow", "modin", "cudf")
"""The libraries whose tables are made of columns at once; those that compute later (dask, duckdb) take such a table."""


class Result:
    """Base of all answers. A subclass names its `schema`, fills `to_dict` and lists its figures in `rows`."""

    schema: ClassVar[str] = ""
    shown_by: ClassVar[tuple[str, str] | None] = None
    """Room and door of the floor above that lays the answer out for people, as the command line prints it; opened when
    it is shown. None for an answer that is shown as its table."""

    def body(self) -> Document:
        """The document without its head."""
        raise TypeError(f"{type(self).__name__} must say what its document holds")  # pragma: no cover - all do

    def rows(self) -> Mapping[str, list[Any]]:
        """The figures as a table: column name -> values, all of one length."""
        raise TypeError(f"{type(self).__name__} must say what its table holds")  # pragma: no cover - all do

    def to_dict(self) -> Document:
        """The document that `--json` prints, as plain dicts, lists, numbers and texts."""
        return {"schema": self.schema, "mpmflow": mpmflow_version(), **self.body()}

    def to_json(self, indent: int | None = None) -> str:
        """The document as JSON text: strict JSON, without NaN or infinity."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    def to_frame(self, backend: str = "polars") -> Any:
        """The figures as a table of a dataframe library: `polars`, `pandas`, `pyarrow`, `modin` or `cudf`.

        Needs the extra `mpmflow[data]`. Raises ImportError, which says what to install, when the library is missing,
        and ValueError for a library whose tables cannot be made of columns at once.
        """
        if backend not in TABLES:
            raise ValueError(f"a table can be made with {', '.join(TABLES)}, not with {backend!r}")
        try:
            frames = import_module("narwhals")
            return frames.from_dict(dict(self.rows()), backend=backend).to_native()
        except ImportError as missing:
            name = missing.name or backend
            needed = "mpmflow[data]" if name in ("narwhals", "polars") else name
            raise ImportError(
                f"a table needs {name}, which is not installed: pip install '{needed}'", name=name
            ) from None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the words and tables that the command line prints."""
        found: dict[str, Any] = upstairs("render.notebook", "bundle")(self)
        return found


def finite(value: float | None) -> float | None:
    """A number for a document: None for what is not known or not finite.

    >>> finite(1.5), finite(float("inf")), finite(None)
    (1.5, None, None)
    """
    if value is None:
        return None
    number = float(value)
    return number if number == number and abs(number) != float("inf") else None
