"""The same log gives the same observations, whichever library holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mpmflow import load
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.readers.logs import read_log

polars = pytest.importorskip("polars", reason="optional: polars")


@pytest.fixture(scope="module")
def travel(root: Path) -> Path:
    return root / "examples" / "travel"


@pytest.fixture(scope="module")
def model(travel: Path) -> Model:
    return load(travel / "travel.mpm")


@pytest.fixture(scope="module")
def texts(travel: Path) -> Any:
    return polars.read_csv(travel / "claims.csv.gz", infer_schema=False)


@pytest.fixture(scope="module")
def times(texts: Any) -> Any:
    time = polars.col("timestamp").str.to_datetime("%+", time_zone="UTC")
    return texts.with_columns(time, polars.col("amount").cast(polars.Float64))


@pytest.fixture(scope="module")
def expected(model: Model, travel: Path) -> Observations:
    return read_log(model, travel / "claims.csv.gz")


def differences(one: Observations, two: Observations) -> list[str]:
    return [
        part.name
        for part in fields(Observations)
        if part.name != "sources" and getattr(one, part.name) != getattr(two, part.name)
    ]


def pandas_texts(texts: Any) -> Any:
    return pytest.importorskip("pandas", reason="optional: pandas").DataFrame(texts.to_dict(as_series=False))


def pyarrow_texts(texts: Any) -> Any:
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    return texts.to_arrow()


@pytest.mark.parametrize("convert", [lambda frame: frame, lambda frame: frame.lazy(), pandas_texts, pyarrow_texts])
def test_times_as_text(convert: Callable[[Any], Any], model: Model, texts: Any, expected: Observations) -> None:
    assert differences(read_log(model, convert(texts)), expected) == []


def pandas_times(times: Any) -> Any:
    pytest.importorskip("pandas", reason="optional: pandas")
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    return times.to_pandas()


def pyarrow_times(times: Any) -> Any:
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    return times.to_arrow()


@pytest.mark.parametrize("convert", [lambda frame: frame, lambda frame: frame.lazy(), pandas_times, pyarrow_times])
def test_times_as_times(convert: Callable[[Any], Any], model: Model, times: Any, expected: Observations) -> None:
    assert differences(read_log(model, convert(times)), expected) == []


def test_parquet(model: Model, times: Any, expected: Observations, tmp_path: Path) -> None:
    times.write_parquet(tmp_path / "claims.parquet")
    assert differences(read_log(model, tmp_path / "claims.parquet"), expected) == []


def test_an_engine_that_computes_itself(model: Model, times: Any) -> None:
    """DuckDB knows no order of rows; where two events of a case share a moment it takes the order of the marks."""
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    simple = model.model_copy(update={"metrics": type(model.metrics)(), "declared_indicators": type(model.metrics)()})
    distinct = times.unique(["case_id", "timestamp"], keep="first", maintain_order=True)
    relation = duckdb.from_arrow(distinct.to_arrow())
    assert differences(read_log(simple, relation), read_log(simple, distinct)) == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed(
    delimiter: str, model: Model, texts: Any, expected: Observations, tmp_path: Path
) -> None:
    path = tmp_path / "claims.csv"
    texts.write_csv(path, separator=delimiter)
    assert differences(read_log(model, path), expected) == []
