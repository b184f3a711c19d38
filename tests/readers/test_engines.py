"""polars, DuckDB and Spark count the same, and what they count is what a slow plain reading finds."""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow import parse
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import Observations
from mpmflow.readers import counting
from mpmflow.readers import events as events_
from mpmflow.readers.logs import read_log

polars = pytest.importorskip("polars", reason="optional: polars")

MODEL = parse("""
workflow w {
  step brief
  decision complete { yes 80%, no 20% -> brief rework }
  decision legal {
    ok 90% seen as "approved"
    fix 10% -> brief rework seen as "returned"
  }
  step launch
}
""")
MARKS = {"brief": "brief", "approved": "legal.ok", "returned": "legal.fix", "launch": "launch"}
WAYS: dict[tuple[str, str], list[str]] = {
    ("start", "brief"): [],
    ("brief", "brief"): ["complete.no"],
    ("brief", "legal.ok"): ["complete.yes"],
    ("brief", "legal.fix"): ["complete.yes"],
    ("legal.fix", "brief"): [],
    ("legal.ok", "launch"): [],
}
"""What the workflow offers from one event to the next, written by hand, with the outcomes passed in silence."""

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
Event = tuple[str, str, datetime, str | None]


def weeks(events: list[Event]) -> int:
    first, last = min(event[2] for event in events), max(event[2] for event in events)
    return (last - MONDAY).days // 7 - (first - MONDAY).days // 7 + 1


def plain_reading(events: list[Event]) -> dict[str, Any]:
    """The figures of a log, read event by event."""
    base = (min(event[2] for event in events) - MONDAY).days // 7
    total = weeks(events)
    outcomes: dict[str, list[int]] = defaultdict(lambda: [0] * total)
    seconds: dict[str, list[float]] = defaultdict(lambda: [0.0] * total)
    arrivals, done, opened = [0] * total, [0] * total, [0] * total
    deviations: Counter[tuple[str, str]] = Counter()
    for case in sorted({event[0] for event in events}):
        known = sorted((event[2], MARKS[event[1]]) for event in events if event[0] == case and event[1] in MARKS)
        earlier, before = "start", None
        for when, mark in known:
            week = (when - MONDAY).days // 7 - base
            if before is None:
                arrivals[week] += 1
            if "." in mark:
                outcomes[mark][week] += 1
            if (earlier, mark) in WAYS:
                for outcome in WAYS[earlier, mark]:
                    outcomes[outcome][week] += 1
                if before is not None:
                    seconds[mark.partition(".")[0]][week] += (when - before).total_seconds()
            else:
                deviations[earlier, mark] += 1
            earlier, before = mark, when
        if earlier == "launch":
            done[week] += 1
    for week in range(total):
        opened[week] = sum(arrivals[: week + 1]) - sum(done[: week + 1])
    return {
        "outcomes": {name: tuple(counts) for name, counts in outcomes.items() if any(counts)},
        "seconds": {name: tuple(sums) for name, sums in seconds.items()},
        "arrivals": tuple(arrivals),
        "done": tuple(done),
        "open": tuple(opened),
        "deviations": dict(deviations),
    }


def said(found: Observations) -> dict[str, Any]:
    """The same figures of observations."""
    return {
        "outcomes": {name: counts for name, counts in found.outcomes.items() if any(counts)},
        "seconds": {name: spent.seconds for name, spent in found.durations.items()},
        "arrivals": found.arrivals["w"],
        "done": found.finished["w.done"],
        "open": found.open["w"],
        "deviations": {(earlier, later): count for earlier, later, count in found.coverage.deviations},
    }


def frame(events: list[Event]) -> Any:
    columns = {
        name: list(cells)
        for name, cells in zip(("case", "activity", "time", "channel"), zip(*events, strict=True), strict=True)
    }
    kinds = {"case": polars.String, "activity": polars.String, "channel": polars.String}
    return polars.DataFrame(columns, schema_overrides=kinds).with_columns(
        polars.col("time").cast(polars.Datetime("us", "UTC"))
    )


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Events of a few cases at distinct moments within eight weeks, one of them whole, so that all is known."""
    number = draw(st.integers(1, 25))
    minutes = draw(st.lists(st.integers(0, 80_000), min_size=number, max_size=number, unique=True))
    shown = st.sampled_from([*MARKS, *MARKS, "coffee"])
    channel = st.sampled_from(["web", "mail", "", None])
    events = [
        (draw(st.sampled_from("abcde")), draw(shown), MONDAY + timedelta(minutes=minute), draw(channel))
        for minute in minutes
    ]
    for index, activity in enumerate(("brief", "returned", "brief", "approved", "launch")):
        events.append(("whole", activity, MONDAY + timedelta(seconds=30 + 60 * index), "web"))
    return events


def differences(one: Observations, two: Observations) -> list[str]:
    left = [part.name for part in fields(Observations) if part.name not in ("sources", "coverage")]
    found = [name for name in left if getattr(one, name) != getattr(two, name)]
    parts = ("cases", "events", "unmatched", "deviations", "detours", "astray")
    return found + [name for name in parts if getattr(one.coverage, name) != getattr(two.coverage, name)]


@settings(max_examples=60, deadline=None)
@given(logs())
def test_what_polars_counts_is_what_a_plain_reading_finds(events: list[Event]) -> None:
    assert said(read_log(MODEL, frame(events))) == plain_reading(events)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lazy log of more than five events is read in several parts."""
    monkeypatch.setattr(counting, "PART", 5)


@pytest.mark.usefixtures("small_parts")
@settings(max_examples=30, deadline=None)
@given(logs())
def test_a_lazy_log_read_in_parts_gives_the_same(events: list[Event]) -> None:
    table = frame(events)
    assert differences(read_log(MODEL, table.lazy(), by="channel"), read_log(MODEL, table, by="channel")) == []


@settings(max_examples=12, deadline=None)
@given(logs())
def test_duckdb_gives_the_same(events: list[Event]) -> None:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    table = frame(events)
    relation = duckdb.from_arrow(table.to_arrow())
    assert differences(read_log(MODEL, relation, by="channel"), read_log(MODEL, table, by="channel")) == []


@settings(max_examples=40, deadline=None)
@given(logs())
def test_the_segments_add_up_to_the_whole(events: list[Event]) -> None:
    found = read_log(MODEL, frame(events), by=["channel", "activity"])
    for parts in found.segments.values():
        for name in ("outcomes", "arrivals", "open", "finished"):
            for key, counts in getattr(found, name).items():
                assert (
                    tuple(map(sum, zip(*(getattr(part, name)[key] for part in parts.values()), strict=True))) == counts
                )
        for node, spent in found.durations.items():
            assert (
                tuple(map(sum, zip(*(part.durations[node].visits for part in parts.values()), strict=True)))
                == spent.visits
            )
            sums = tuple(map(sum, zip(*(part.durations[node].seconds for part in parts.values()), strict=True)))
            assert sums == pytest.approx(spent.seconds)
        deviations: Counter[tuple[str, str]] = Counter()
        for part in parts.values():
            deviations.update({(earlier, later): count for earlier, later, count in part.coverage.deviations})
        assert deviations == Counter({(earlier, later): count for earlier, later, count in found.coverage.deviations})
        assert sum(len(part.open_cases) for part in parts.values()) == len(found.open_cases)


@settings(max_examples=30, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_mixing_the_rows_of_cases_changes_nothing(events: list[Event], chance: random.Random) -> None:
    """Each case keeps the order of its own rows; they stand among those of the others anyhow."""
    rows: dict[str, Iterator[Event]] = {
        case: iter([event for event in events if event[0] == case]) for case in {event[0] for event in events}
    }
    order = [event[0] for event in events]
    chance.shuffle(order)
    mixed = [next(rows[case]) for case in order]
    one, two = read_log(MODEL, frame(events), by="channel"), read_log(MODEL, frame(mixed), by="channel")
    assert one == two


def test_a_case_belongs_to_the_first_value_that_is_known_of_it() -> None:
    day = [MONDAY + timedelta(days=number) for number in range(3)]
    events: list[Event] = [
        ("a", "brief", day[0], None),
        ("a", "approved", day[1], "web"),
        ("a", "launch", day[2], "mail"),
    ]
    events += [("b", "brief", day[0], ""), ("b", "brief", day[1], None)]
    found = read_log(MODEL, frame(events), by="channel").segments["channel"]
    assert {value: part.arrivals["w"] for value, part in found.items()} == {"": (1,), "web": (1,)}
    assert found["web"].finished["w.done"] == (1,)
    assert [case.case for case in found[""].open_cases] == ["b"]


def test_a_column_with_a_value_for_every_case_is_no_way_to_split_a_log() -> None:
    events: list[Event] = [
        (f"c{number}", "brief", MONDAY + timedelta(minutes=number), f"v{number}") for number in range(501)
    ]
    with pytest.raises(DataError, match="at most 500; this one has 501"):
        read_log(MODEL, frame(events), by="channel")


def test_case_ids_may_be_whole_numbers(tmp_path: Path) -> None:
    events: list[Event] = [(str(case), "brief", MONDAY + timedelta(hours=case), "web") for case in range(3)]
    table = frame(events)
    table.with_columns(polars.col("case").cast(polars.Int64)).write_parquet(tmp_path / "log.parquet")
    found = read_log(MODEL, tmp_path / "log.parquet")
    assert differences(found, read_log(MODEL, table)) == []
    assert [case.case for case in found.open_cases] == ["0", "1", "2"]


@pytest.mark.parametrize("empty", ["case", "activity", "time"])
def test_an_empty_cell_of_a_lazy_log_is_named_with_its_row(empty: str, tmp_path: Path) -> None:
    table = frame([("a", "brief", MONDAY, None), ("b", "brief", MONDAY, None), ("c", "brief", MONDAY, None)])
    column = polars.when(polars.int_range(polars.len()) == 1).then(None).otherwise(polars.col(empty)).alias(empty)
    table.with_columns(column).write_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match=f'column "{empty}", row 2: the {empty} of 1 events is missing'):
        read_log(MODEL, tmp_path / "log.parquet")


SIDE_BY_SIDE = parse("""
workflow w {
  step brief
  parallel assets {
    branch { step copy
      decision copy_ok { yes 90%, no 10% -> copy rework } }
    branch { step media }
  }
  decision good { yes 80%, no 20% -> brief rework }
  step launch
}
metric cycle operational = p90(time(w)) unit d lower is better
metric money output = sum(amount) unit eur
data { log "x.csv" { case case, activity, time time, amount number } }
""")


def branching(cases: int) -> Any:
    """Cases with branches side by side, rework, a few detours and amounts, at distinct moments."""
    chance = random.Random(3)
    rows: list[tuple[str, str, int, float | None]] = []
    for case in range(cases):
        minute = chance.randrange(300_000)
        while True:
            middle = ["copy", *["copy"] * (chance.random() < 0.3), "media"]
            chance.shuffle(middle)
            for activity in ["brief", *middle]:
                if chance.random() > 0.03:
                    rows.append((f"c{case}", activity, minute, round(chance.random() * 100, 2)))
                minute += 1 + chance.randrange(3000)
            if chance.random() < 0.8:
                break
        if chance.random() < 0.9:
            rows.append((f"c{case}", "launch", minute, None))
    table = polars.DataFrame(rows, schema=["case", "activity", "time", "amount"], orient="row")
    moments = polars.lit(MONDAY) + polars.duration(minutes=polars.col("time"))
    return table.with_columns(moments.cast(polars.Datetime("us", "UTC")).alias("time"))


@pytest.mark.usefixtures("small_parts")
def test_branches_amounts_and_percentiles_are_the_same_in_parts_and_in_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    monkeypatch.setattr(counting, "PART", 500)
    table = branching(300)
    expected = read_log(SIDE_BY_SIDE, table)
    assert expected.coverage.detours, "some cases leave the way"
    assert differences(read_log(SIDE_BY_SIDE, table.lazy()), expected) == []
    assert differences(read_log(SIDE_BY_SIDE, duckdb.from_arrow(table.to_arrow())), expected) == []


def test_start_and_complete_rows_are_paired_by_duckdb_too() -> None:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    model = parse("""
    workflow w { step brief
      step launch }
    data { log "x.csv" { case case, activity, time time, lifecycle } }
    """)
    chance, rows = random.Random(5), []
    for case in range(80):
        minute = chance.randrange(50_000)
        for activity in ("brief", "launch"):
            for word in ("schedule", "start", "complete"):
                minute += 1 + chance.randrange(500)
                if chance.random() < 0.9:
                    rows.append((f"c{case}", activity, word, minute))
    table = polars.DataFrame(rows, schema=["case", "activity", "lifecycle", "time"], orient="row")
    moments = polars.lit(MONDAY) + polars.duration(minutes=polars.col("time"))
    table = table.with_columns(moments.cast(polars.Datetime("us", "UTC")).alias("time"))
    expected = read_log(model, table)
    assert expected.series["launch.wait"]
    assert differences(read_log(model, table.lazy()), expected) == []
    assert differences(read_log(model, duckdb.from_arrow(table.to_arrow())), expected) == []


FORMS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.6f-05:30"]


def as_texts(table: Any, form: str) -> Any:
    return table.with_columns(polars.col("time").dt.replace_time_zone(None).dt.strftime(form).alias("time"))


@pytest.mark.parametrize("form", FORMS)
def test_times_of_one_form_are_counted_by_duckdb_though_they_are_texts(form: str, small_memory: None) -> None:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    table = as_texts(branching(40), form)
    expected = read_log(SIDE_BY_SIDE, table)
    found = read_log(SIDE_BY_SIDE, duckdb.from_arrow(table.to_arrow()))
    assert differences(found, expected) == []
    zone = [note for note in expected.coverage.notes if "zone" in note]
    assert [note for note in found.coverage.notes if "zone" in note] == zone


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine's table is brought into memory."""
    monkeypatch.setattr(events_, "LARGEST", 0)


@pytest.mark.parametrize(
    "odd", ["2026-02-30T10:00:00", "1900-02-29T10:00:00", "2026-01-05T24:00:00", "2026-01-05T10:00:00\n", "", None]
)
def test_a_text_that_is_another_is_looked_for_in_memory_and_named_with_its_row(odd: str | None) -> None:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    rows = [("a", "brief", "2026-01-05T10:00:00"), ("a", "launch", "2024-02-29T10:00:00"), ("b", "brief", odd)]
    table = polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")

    def said(log: Any) -> str:
        try:
            return repr(read_log(MODEL, log))
        except DataError as fault:
            return str(fault)

    assert said(duckdb.from_arrow(table.to_arrow())) == said(table)
    assert odd == "2026-01-05T10:00:00\n" or "row 3" in said(table)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark for all tests, as small as it can be: it takes longer to start than to count a few rows."""
    pytest.importorskip("pyspark", reason="optional: pyspark")
    if shutil.which("java") is None:
        pytest.skip("optional: Spark needs Java")
    from pyspark.sql import SparkSession

    settings_ = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.session.timeZone": "UTC",
        # A table of a few rows is counted sooner than code for it is compiled.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings_.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        # Nor is Java's own code worth much compiling.
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.mark.slow
def test_spark_counts_on_its_own_engine(spark: Any, tmp_path: Path, small_memory: None) -> None:
    """Times and texts of times in one test, so that tests that run side by side do not start Spark twice."""
    chance = random.Random(11)
    minutes = sorted(chance.sample(range(80_000), 30))
    cases = [(chance.choice("abcd"), chance.choice(list(MARKS)), minute) for minute in minutes]
    channels = {case: chance.choice(["web", "mail"]) for case in "abcd"}
    table = frame([(case, mark, MONDAY + timedelta(minutes=at), channels[case]) for case, mark, at in cases])
    texts = as_texts(table, "%Y-%m-%dT%H:%M:%S%.3f+05:45")
    for name, log, by in (("times", table, "channel"), ("texts", texts, ())):
        log.write_parquet(tmp_path / f"{name}.parquet")
        expected = read_log(MODEL, log, by=by)
        assert expected.coverage.detours
        found = read_log(MODEL, spark.read.parquet(str(tmp_path / f"{name}.parquet")), by=by)
        assert differences(found, expected) == []
