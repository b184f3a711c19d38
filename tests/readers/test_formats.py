"""A log may be brought in any form; the answer is the same, and it is what the csv module counts.

Forms are written by `other_forms.py`, as other programs would. The shared logs lie beside the project.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mpmflow import Data, load, parse
from mpmflow.model.model import Model
from mpmflow.model.observations import Column, LogSource, Observations
from mpmflow.readers.events import Events, open_events
from mpmflow.readers.logs import read_log
from mpmflow.readers.observe import observe

from .other_forms import Rows, write_csv, write_ocel_json, write_ocel_sqlite, write_sqlite, write_xes

polars = pytest.importorskip("polars", reason="optional: polars")

XES_NAMES = ("case:concept:name", "concept:name", "time:timestamp")

SHARED = {
    "bpic2020_domestic": (55628, 10357, 14),
    "phone_repair": (11855, 1104, 8),
    "production_parts": (4953, 225, 26),
    "purchasing_p2p": (9119, 608, 21),
    "receipt_wabo": (8577, 1434, 27),
    "running_example": (42, 6, 8),
    "traffic_fines_10k": (34724, 10000, 11),
}
"""Events, cases and activities that the SOURCE.md of each folder states."""

NOTHING_SAID = LogSource(path="")


def rows_of(path: Path, log: str) -> Rows:
    names = ("case_id", "activity", "timestamp") if log == "traffic_fines_10k" else XES_NAMES
    return Rows.read(path, *names)


def counts(events: Events) -> tuple[int, int, Counter[str]]:
    activities: Counter[str] = Counter()
    for (activity, *_), number in events.kinds:
        activities[activity] += number
    return events.events, events.cases, activities


# ------------------------------------------------------------------------------------------------ the shared logs


@pytest.mark.parametrize("log", sorted(SHARED))
def test_a_shared_log_has_the_counts_of_its_source_and_of_the_csv_module(
    log: str, shared: Callable[[str], Path]
) -> None:
    path = shared(f"data/logs/{log}/events.csv.gz")
    rows = rows_of(path, log)
    events = open_events(path, NOTHING_SAID)
    activities = Counter(rows.column(rows.activity))
    assert counts(events) == (len(rows.cells), len(set(rows.column(rows.case))), activities)
    assert (events.events, events.cases, len(activities)) == SHARED[log]
    stamps = [datetime.fromisoformat(cell) for cell in rows.column(rows.time)]
    last = max(stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC) for stamp in stamps)
    assert events.last == (last - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


FORMS: dict[str, Callable[[Rows, Path], Any]] = {}


def form(write: Callable[[Rows, Path], Any]) -> Callable[[Rows, Path], Any]:
    FORMS[write.__name__] = write
    return write


@form
def xes(rows: Rows, folder: Path) -> Any:
    write_xes(rows, folder / "log.xes")
    return folder / "log.xes"


@form
def xes_gz(rows: Rows, folder: Path) -> Any:
    write_xes(rows, folder / "log.xes.gz")
    return folder / "log.xes.gz"


@form
def parquet(rows: Rows, folder: Path) -> Any:
    frame(rows).write_parquet(folder / "log.parquet")
    return folder / "log.parquet"


@form
def ocel_json(rows: Rows, folder: Path) -> Any:
    write_ocel_json(rows, folder / "log.json")
    return Data(folder / "log.json", case="order")


@form
def ocel_sqlite(rows: Rows, folder: Path) -> Any:
    write_ocel_sqlite(rows, folder / "log.sqlite")
    return folder / "log.sqlite"


@form
def sqlite_query(rows: Rows, folder: Path) -> Any:
    write_sqlite(rows, folder / "crm.db")
    return Data(f"sqlite:///{folder / 'crm.db'}", query='select * from "events" order by rowid')


@form
def duckdb_query(rows: Rows, folder: Path) -> Any:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    source = frame(rows).with_row_index("number").to_arrow()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as database:
        database.register("source", source)
        database.execute("create table events as select * exclude (number) from source order by number")
    return f"duckdb:///{folder / 'warehouse.duckdb'}?table=events"


@form
def pandas_frame(rows: Rows, folder: Path) -> Any:
    pandas = pytest.importorskip("pandas", reason="optional: pandas")
    return pandas.DataFrame(frame(rows).to_dict(as_series=False))


@form
def pyarrow_table(rows: Rows, folder: Path) -> Any:
    pytest.importorskip("pyarrow", reason="optional: pyarrow")
    return frame(rows).to_arrow()


@form
def utf16(rows: Rows, folder: Path) -> Any:
    write_csv(rows.header, rows.cells, folder / "log.csv", delimiter=";", encoding="utf-16")
    return folder / "log.csv"


@form
def caret(rows: Rows, folder: Path) -> Any:
    write_csv(rows.header, rows.cells, folder / "log.txt", delimiter="^", encoding="utf-8-sig")
    return folder / "log.txt"


def frame(rows: Rows) -> Any:
    cells = [[cell or None for cell in row] for row in rows.cells]
    return polars.DataFrame(cells, schema=dict.fromkeys(rows.header, polars.String), orient="row")


@pytest.mark.parametrize("write", sorted(FORMS))
@pytest.mark.parametrize("log", ["phone_repair", "purchasing_p2p", "receipt_wabo", "running_example"])
def test_a_shared_log_is_the_same_in_every_form(
    log: str, write: str, shared: Callable[[str], Path], tmp_path: Path
) -> None:
    path = shared(f"data/logs/{log}/events.csv.gz")
    events = open_events(path, NOTHING_SAID)
    other = open_events(FORMS[write](rows_of(path, log), tmp_path), NOTHING_SAID)
    assert counts(other) == counts(events)
    assert (other.first, other.last, other.lifecycle, other.by_day) == (
        events.first, events.last, events.lifecycle, events.by_day)  # fmt: skip


# ------------------------------------------------------------------------------------------------ the same observations


@pytest.fixture(scope="module")
def model(root: Path) -> Model:
    return load(root / "examples" / "travel" / "travel.mpm")


@pytest.fixture(scope="module")
def claims(root: Path) -> Rows:
    """Six hundred of the claims, as the example has them."""
    rows = Rows.read(root / "examples" / "travel" / "claims.csv.gz", "case_id", "activity", "timestamp")
    few = set(sorted(set(rows.column("case_id")))[:600])
    return Rows(rows.header, tuple(row for row in rows.cells if row[0] in few), rows.case, rows.activity, rows.time)


@pytest.fixture(scope="module")
def expected(claims: Rows, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Observations:
    path = tmp_path_factory.mktemp("claims") / "claims.csv"
    write_csv(claims.header, claims.cells, path)
    return read_log(model, path)


def differences(one: Observations, two: Observations, *left_out: str) -> list[str]:
    different = []
    for part in fields(Observations):
        first, second = getattr(one, part.name), getattr(two, part.name)
        if part.name == "coverage":
            first = (first.cases, first.events, first.unmatched, first.deviations)
            second = (second.cases, second.events, second.unmatched, second.deviations)
        if part.name not in ("sources", *left_out) and first != second:
            different.append(part.name)
    return different


@pytest.mark.parametrize("write", sorted(FORMS))
def test_every_form_gives_the_same_observations(
    write: str, claims: Rows, model: Model, expected: Observations, tmp_path: Path
) -> None:
    declared = None
    if write.startswith(("xes", "ocel")):
        # These formats name the columns themselves; the amount keeps its own.
        declared = LogSource(path="", columns=(Column(name="amount", type="number"), Column(name="role", type="text")))
    found = read_log(model, FORMS[write](claims, tmp_path), declared)
    if write.startswith("ocel"):
        found, names = _renamed(found), expected
        assert differences(found, names) == []
    else:
        assert differences(found, expected) == []


def _renamed(found: Observations) -> Observations:
    """Without the `o:` that objects bear before the number of the case."""
    cases = sorted(
        (replace(case, case=case.case.removeprefix("o:")) for case in found.open_cases),
        key=lambda case: (case.started, case.case),
    )
    return replace(found, open_cases=tuple(cases))


# ------------------------------------------------------------------------------------------------ databases

WORKFLOW = 'workflow w { step brief\n step launch }\nmetric leads output unit leads\ndata { log "FILE" { QUERY } }\n'


def database(folder: Path) -> Path:
    header = ("ticket", "what", "at")
    cells = (
        ("1", "brief", "2026-01-05T10:00"),
        ("1", "launch", "2026-01-06T10:00"),
        ("2", "brief", "2026-01-07T10:00"),
    )
    write_sqlite(Rows(header, cells, *header), folder / "crm.db", "tickets")
    return folder / "crm.db"


def declared_model(path: str, query: str) -> Model:
    columns = 'query "Q", case ticket, activity what, time at'.replace("Q", query)
    return parse(WORKFLOW.replace("FILE", path).replace("QUERY", columns))


def test_a_data_block_asks_a_database_in_its_folder(tmp_path: Path) -> None:
    database(tmp_path)
    found = observe(declared_model("sqlite:///crm.db", "SELECT * FROM tickets"), folder=tmp_path)
    assert (found.coverage.events, found.coverage.cases) == (3, 2)
    assert found.sources[0].startswith("crm.db sha256:")
    assert found.sources[0].endswith(" query SELECT * FROM tickets")


def test_a_series_may_be_asked_of_a_database_too(tmp_path: Path) -> None:
    header = ("week", "leads")
    write_sqlite(Rows(header, (("2026-01-05", "3"), ("2026-01-12", "4")), "week", "leads", "week"), tmp_path / "kpi.db")
    model = parse('metric leads output unit leads\ndata { series "sqlite:///kpi.db" { query "select * from events" } }')
    assert observe(model, folder=tmp_path).series["leads"] == (3.0, 4.0)


def test_a_database_is_not_changed(tmp_path: Path) -> None:
    path = database(tmp_path)
    before = path.read_bytes()
    observe(declared_model("sqlite:///crm.db", "SELECT * FROM tickets"), folder=tmp_path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["crm.db"]


# ------------------------------------------------------------------------------------------------ object-centric logs

OCEL = """{"objectTypes": [], "eventTypes": [],
 "objects": [
   {"id": "o1", "type": "order", "attributes": [
      {"name": "price", "time": "1970-01-01T00:00:00Z", "value": 10},
      {"name": "price", "time": "2026-01-06", "value": 8}]},
   {"id": "i1", "type": "item"}, {"id": "i2", "type": "item"}],
 "events": [
   {"id": "e1", "type": "place", "time": "2026-01-05T10:00:00Z", "relationships": [
      {"objectId": "o1", "qualifier": "order"}, {"objectId": "i1"}, {"objectId": "i2"}]},
   {"id": "e2", "type": "pack", "time": "2026-01-07T10:00:00Z", "attributes": [{"name": "boxes", "value": 2}],
      "relationships": [{"objectId": "i2", "qualifier": ""}, {"objectId": "o1", "qualifier": "of"}]},
   {"id": "e3", "type": "audit", "time": "2026-01-08T10:00:00Z"}]}"""


def test_the_case_is_a_type_of_object_and_an_event_counts_for_each_of_them(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text(OCEL)
    items = open_events(Data(tmp_path / "orders.json", case="item"), NOTHING_SAID)
    assert counts(items) == (3, 2, Counter(place=2, pack=1))
    assert items.notes == (
        "1 of 3 events belong to several objects of the type 'item' and count for each of them.",
        "1 of 3 events are related to no object of the type 'item' and are passed over.",
    )


def test_the_data_block_says_the_type_of_object(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text(OCEL)
    model = parse('workflow w { step place\n step pack }\ndata { log "orders.json" { case order } }')
    assert observe(model, folder=tmp_path).coverage.cases == 1


def test_values_of_an_object_are_those_of_the_moment(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text(OCEL)
    events = open_events(
        Data(tmp_path / "orders.json", case="order"), NOTHING_SAID, looks_at=["case:price", "object:item", "boxes"]
    )
    assert [kind for kind, _ in events.kinds] == [("pack", "8", "i2", "2"), ("place", "10", "i1, i2", "")]


# ------------------------------------------------------------------------------------------------ XES

XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="2.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="none"/></global>
  <classifier name="Step and state" scope="event" keys="concept:name lifecycle:transition"/>
  <trace>
    <string key="concept:name" value="NA"/><float key="amount" value="12.50"/>
    <event>
      <string key="concept:name" value="brief &amp; plan"/>
      <date key="time:timestamp" value="2026-01-05T10:00:00+01:00"/>
      <string key="lifecycle:transition" value="start"/>
      <int key="cost" value="3"><string key="currency" value="eur"/></int>
      <list key="files"><values><string key="file" value="a"/><string key="file" value="b"/></values></list>
    </event>
    <event>
      <string key="concept:name" value="brief &amp; plan"/>
      <date key="time:timestamp" value="2026-01-05T12:00:00+01:00"/>
      <string key="lifecycle:transition" value="complete"/>
    </event>
  </trace>
</log>
"""


def test_xes_with_all_that_it_may_have(tmp_path: Path) -> None:
    from mpmflow.readers.formats.xes import read_xes

    (tmp_path / "log.xes").write_text(XES)
    log = read_xes(tmp_path / "log.xes")
    first, second = log.frame.to_dicts()
    assert first == {
        "case:concept:name": "NA", "case:amount": "12.50", "concept:name": "brief & plan",
        "time:timestamp": "2026-01-05T10:00:00+01:00", "lifecycle:transition": "start", "cost": "3",
        "cost/currency": "eur", "files/file": "a, b", "Step and state": "brief & plan+start",
    }  # fmt: skip
    assert second["cost"] is None
    assert second["Step and state"] == "brief & plan+complete"


def test_a_classifier_may_be_the_activity(tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_text(XES)
    declared = LogSource(path="", columns=(Column(role="activity", column="Step and state"),))
    assert counts(open_events(tmp_path / "log.xes", declared))[2] == Counter(
        {"brief & plan+start": 1, "brief & plan+complete": 1}
    )


def test_start_and_complete_in_xes_are_the_time_of_the_work(tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_text(XES)
    model = parse('workflow w { step brief "brief & plan" }')
    found = read_log(model, tmp_path / "log.xes")
    assert sum(found.durations["brief"].seconds) == 7200
    assert any("lifecycle = lifecycle:transition" in note for note in found.coverage.notes)


# ------------------------------------------------------------------------------------------------ a start and an end

WIDE = """Case ID,Activity,Resource,Start Timestamp,Complete Timestamp
1,brief,Ann,2026/01/05 09:00:00.000,2026/01/05 11:00:00.000
1,launch,Bob,2026/01/05 12:00:00.000,2026/01/05 12:30:00.000
2,brief,Ann,2026/01/06 09:00:00.000,
"""


def test_a_row_with_a_start_and_an_end_gives_the_time_of_the_work(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(WIDE)
    model = parse("workflow w { step brief\n step launch }")
    found = read_log(model, tmp_path / "log.csv")
    assert (found.coverage.events, found.coverage.cases) == (3, 2)
    assert {name: sum(times.seconds) for name, times in found.durations.items()} == {"brief": 7200.0, "launch": 1800.0}
    assert found.series["launch.wait"] == (3600.0,)
    assert [(case.case, case.at) for case in found.open_cases] == [("2", "brief")], "work that has begun goes on"
    assert (
        "Columns of log.csv were guessed: case = Case ID, activity = Activity, start = Start Timestamp, "
        "time = Complete Timestamp, resource = Resource. A data block can say otherwise."
    ) in found.coverage.notes


def test_as_of_a_day_in_between_the_work_has_begun_and_not_ended(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(WIDE.replace("2026/01/05 11:00", "2026/01/08 11:00"))
    model = parse("workflow w { step brief\n step launch }")
    found = read_log(model, tmp_path / "log.csv", as_of="2026-01-05T11:30")
    assert [(case.case, case.at) for case in found.open_cases] == [("1", "brief")]


@pytest.mark.parametrize("log", ["production_parts", "purchasing_p2p"])
def test_the_time_of_work_is_that_of_each_row_even_where_rows_overlap(log: str, shared: Callable[[str], Path]) -> None:
    path = shared(f"data/logs/{log}/events.csv.gz")
    rows = rows_of(path, log)
    spent: Counter[str] = Counter()
    for activity, begin, end in zip(
        rows.column(rows.activity), rows.column("start_timestamp"), rows.column(rows.time), strict=True
    ):
        took = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
        spent[activity] += took // timedelta(milliseconds=1)
    names = {activity: f"s{number}" for number, activity in enumerate(sorted(spent))}
    steps = "\n".join(f'step {name} "{activity}" seen as "{activity}"' for activity, name in names.items())
    found = read_log(parse(f"workflow w {{\n{steps}\n}}"), path)
    assert {activity: round(sum(found.durations[name].seconds) * 1000) for activity, name in names.items()} == spent


def test_a_row_that_ends_before_it_starts_has_only_ended(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(WIDE.replace("2026/01/05 11:00", "2026/01/05 08:00"))
    notes = read_log(parse("workflow w { step brief\n step launch }"), tmp_path / "log.csv").coverage.notes
    assert "1 rows end before they start, row 2 first: their start is not used." in notes


# ------------------------------------------------------------------------------------------------ letters


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("packed", [False, True])
def test_letters_are_read_as_they_were_written(encoding: str, packed: bool, tmp_path: Path) -> None:
    text = "case;activity;time\r\nM\u00fcller;Pr\u00fcfung;2026-01-05\r\nM\u00fcller;Caf\u00e9;2026-01-06\r\n"
    data = text.encode(encoding)
    (tmp_path / "log.csv").write_bytes(gzip.compress(data) if packed else data)
    events = open_events(tmp_path / "log.csv", NOTHING_SAID)
    assert counts(events) == (2, 1, Counter({"Pr\u00fcfung": 1, "Caf\u00e9": 1}))
    said = {"utf-16": "UTF-16", "cp1252": "Windows-1252 (Latin-1)", "latin-1": "Windows-1252 (Latin-1)"}
    name = said.get(encoding[:6] if encoding.startswith("utf-16") else encoding)
    assert events.notes == ((f"log.csv is not UTF-8; it was read as {name}.",) if name else ())


# ------------------------------------------------------------------------------------------------ guesses


def test_what_has_no_name_is_told_by_its_content(tmp_path: Path) -> None:
    rows = [
        f"T-{case},{stage},2026-01-{1 + case % 27:02}T{hour:02}:00,{'web' if case % 3 else 'phone'}"
        for case in range(60)
        for hour, stage in enumerate(("read", "answered", "closed")[: 1 + case % 3])
    ]
    (tmp_path / "log.csv").write_text("Vorgang,Schritt,Zeitpunkt,Kanal\n" + "\n".join(rows))
    events = open_events(tmp_path / "log.csv", NOTHING_SAID)
    assert counts(events)[1] == 60
    assert events.notes[0] == (
        "Columns of log.csv were guessed: case = Vorgang, activity = Schritt, time = Zeitpunkt. A data block can say "
        "otherwise."
    )


def test_na_is_a_case_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("case,activity,time\nNA,brief,2026-01-05\nnull,brief,2026-01-05\n")
    assert open_events(tmp_path / "log.csv", NOTHING_SAID).cases == 2


def test_times_without_a_zone_are_said(tmp_path: Path) -> None:
    rows = "1,brief,2026-01-05T10:00:00\n1,launch,2026-01-05T12:00:00+01:00\n"
    (tmp_path / "log.csv").write_text("case,activity,time\n" + rows)
    events = open_events(tmp_path / "log.csv", NOTHING_SAID)
    assert events.notes == ("1 of 2 times have no time zone: they are read as UTC.",)
    assert events.last - events.first == 3_600_000
