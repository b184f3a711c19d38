"""Wrong files and files made to harm: a DataError that says what and where, little memory, never a traceback."""

from __future__ import annotations

import gzip
import json
import os
import random
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpmflow import Data
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.observations import Column, LogSource
from mpmflow.readers.events import Events, open_events
from mpmflow.readers.formats import database, files, growth, sandbox, xes
from mpmflow.readers.formats.database import one_select
from mpmflow.readers.formats.delimited import CsvFile
from mpmflow.readers.roles import find_roles
from mpmflow.readers.tables import open_table

pytest.importorskip("polars", reason="optional: polars")

NOTHING_SAID = LogSource(path="")


def read(log: Any) -> Events:
    return open_events(log, NOTHING_SAID)


def fault(path: Path, content: bytes | str) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        read(path)
    return str(caught.value)


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    """Python's own memory stays below so much while this runs."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes << 20
    finally:
        tracemalloc.stop()


# ------------------------------------------------------------------------------------------------ files of other kinds


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sheet.xlsx", b"PK\x03\x04rest", "this is a spreadsheet or a zip archive: save the sheet as CSV UTF-8"),
        ("sheet.xls", b"\xd0\xcf\x11\xe0rest", "this is an old spreadsheet (.xls): save the sheet as CSV UTF-8"),
        ("log.csv", b"\x28\xb5\x2f\xfdrest", "this file is packed with zstd, which is not read"),
        ("log.parquet", b"case,activity,time\n", "this is not a Parquet file: its first bytes are not those of one"),
        ("log.parquet", b"PAR1 and no more", "the Parquet file is cut off: its last bytes are missing; copy it again"),
        ("log.parquet", b"PAR1 nonsense inside PAR1", "this is not a Parquet file: "),
        ("crm.db", b"no database", "this is not a database: its first bytes are those of no SQLite or DuckDB file"),
        ("crm.db", b"SQLite format 3\0" + b"\xff" * 500, "this database cannot be opened: file is not a database"),
        ("log.json", b"[1, 2]", "this JSON is no OCEL 2.0: it has no events and objects"),
        ("log.json", b'{"ocel:events": {}}', "this is OCEL 1.0; save it as OCEL 2.0"),
        ("log.json", b'{"events": [\n', "this is not JSON from here on: Expecting value"),
        ("log.json", b"[" * 100_000, "this JSON is nested too deeply for a log"),
        ("log.json", b'{"events": {}, "objects": 3}', "'objects' should be a list"),
        (
            "log.json",
            b'{"events": [3], "objects": []}',
            "entry 1 of 'events' should be an object with names and values",
        ),
        ("log.json", b'{"events": [{"id": "e"}], "objects": []}', "entry 1 of 'events' has no 'type'"),
        ("log.csv", b"<!DOCTYPE html><html></html>", "this is a web page, not a table"),
        ("empty.csv", b" \n \n", "the file is empty: its first row should name the columns"),
    ],
)
def test_files_that_are_something_else(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    assert said in fault(tmp_path / name, content)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log.csv")
    with pytest.raises(DataError, match=r"log\.csv: this is a pipe or a device, not a file: write it to a file first"):
        read(tmp_path / "log.csv")


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    for name in ("a\0b", "a" * 5000):
        with pytest.raises(DataError):
            read(tmp_path / name)


# ------------------------------------------------------------------------------------------------ bombs


def test_a_gzip_bomb_is_left_when_it_grows_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "HARMLESS", 1 << 20)
    line = b"1,brief,2026-01-05\n" * 200_000
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(b"case,activity,time\n" + line * 2))
    with at_most(40), pytest.raises(DataError, match="more than 200 times as large as packed, as no log is"):
        read(tmp_path / "log.csv.gz")


def test_an_honest_log_packs_well_and_is_read(tmp_path: Path) -> None:
    rows = b"".join(b"%d,brief,2026-01-05T10:00:00+00:00\n" % (number // 9) for number in range(20_000))
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(b"case,activity,time\n" + rows))
    assert read(tmp_path / "log.csv.gz").events == 20_000


LAUGHS = """<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<log><trace><string key="concept:name" value="&b;"/></trace></log>"""

OUTSIDE = """<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<log><trace><string key="concept:name" value="x"/>&a;</trace></log>"""


@pytest.mark.parametrize("content", [LAUGHS, OUTSIDE, '<!DOCTYPE log SYSTEM "http://example.org/a.dtd"><log/>'])
def test_entities_and_document_types_are_refused(content: str, tmp_path: Path) -> None:
    assert "the file has a document type or entities, which XES has not" in fault(tmp_path / "log.xes", content)


def test_an_encoding_that_there_is_not(tmp_path: Path) -> None:
    said = fault(tmp_path / "log.xes", '<?xml version="1.0" encoding="TF-8"?><log/>')
    assert said == "log.xes: its first line names an encoding that nobody knows: unknown encoding: TF-8"


def test_tags_in_tags_in_tags(tmp_path: Path) -> None:
    said = fault(tmp_path / "log.xes", "<log>" + '<string key="a" value="b">' * 100_000)
    assert said == "log.xes, row 1: tags are nested more than 50 deep"


def test_a_tag_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xes, "LONGEST_TAG", 1 << 20)
    (tmp_path / "log.xes").write_text('<log><string key="' + "a" * (30 << 20))
    with at_most(16), pytest.raises(DataError, match="a tag or text here is longer than 1 MB"):
        read(tmp_path / "log.xes")


def test_ever_new_attributes(tmp_path: Path) -> None:
    events = "".join(f'<event><string key="k{number}" value="v"/></event>' for number in range(3000))
    assert "more than 2000 different attributes, as no log has" in fault(
        tmp_path / "log.xes", f"<log><trace>{events}</trace></log>"
    )


def test_what_a_trace_says_once_does_not_fill_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "HARMLESS", 8 << 20)
    trace = "".join(f'<string key="k{number}" value="v"/>' for number in range(1000))
    log = f"<log><trace>{trace}{'<event/>' * 100_000}</trace></log>"
    with at_most(64):
        assert "more than 50 times as large as its file" in fault(tmp_path / "log.xes", log)


def test_a_list_without_an_end_in_one_event(tmp_path: Path) -> None:
    values = '<string key="a" value="one of many"/>' * 50_000
    said = fault(tmp_path / "log.xes", f"<log><trace><event>{values}</event></trace></log>")
    assert said == "log.xes, row 1: the values of 'a' in one place are longer than 262,144 characters"


def test_a_column_of_ever_new_activities(tmp_path: Path) -> None:
    rows = "".join(f"{number // 5},activity {number},2026-01-05\n" for number in range(60_000))
    said = fault(tmp_path / "log.csv", "case,activity,time\n" + rows)
    assert said == (
        'log.csv, column "activity": there are 60,000 different activities, more than 20,000: is this column really '
        "what happened? A data block can name another"
    )


# ------------------------------------------------------------------------------------------------ XES that is wrong

TRACE = '<log><trace><string key="concept:name" value="1"/>\n<event>{}</event></trace></log>'


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('<string value="a"/>', "log.xes, row 2: this <string> has no key, so nobody knows what it is"),
        ('<string key="a"/>', "log.xes, row 2: the string 'a' has no value"),
        ('<int key="a" value="many"/>', "log.xes, column \"a\", row 2: 'many' is tagged int and is none"),
        ('<date key="a" value="soon"/>', "log.xes, column \"a\", row 2: 'soon' is tagged date and is none"),
        ('<string key="a" value="b">', "log.xes, row 2: this is not well-formed XML: mismatched tag"),
    ],
)
def test_the_line_of_what_is_wrong_in_xes(inside: str, said: str, tmp_path: Path) -> None:
    assert fault(tmp_path / "log.xes", TRACE.format(inside)) == said


def test_xes_that_is_cut_off(tmp_path: Path) -> None:
    assert fault(tmp_path / "log.xes", "<log>\n<trace>\n") == (
        "log.xes, row 3: the file is cut off: it ends before its last tag is closed; copy it again"
    )


def test_xml_that_is_no_xes(tmp_path: Path) -> None:
    assert fault(tmp_path / "a.xml", "<pnml/>") == (
        "a.xml, row 1: this is XML, but no XES: its first tag is <pnml>, not <log>"
    )


def test_events_outside_of_traces_and_traces_without_a_name_are_said(tmp_path: Path) -> None:
    event = '<event><string key="concept:name" value="brief"/><date key="time:timestamp" value="2026-01-05"/></event>'
    (tmp_path / "log.xes").write_text(f"<log><trace>{event}</trace><trace>{event}</trace>{event}</log>")
    events = read(tmp_path / "log.xes")
    assert (events.events, events.cases) == (2, 2)
    assert events.notes == (
        "1 events of log.xes stand in no trace and are passed over.",
        "2 traces of log.xes have no concept:name; they are numbered in their order.",
    )


# ------------------------------------------------------------------------------------------------ queries


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "crm.db")) as made, made:
        made.execute("create table tickets (ticket, what, at)")
        made.execute("insert into tickets values ('1', 'brief', '2026-01-05')")
    (tmp_path / "secret.csv").write_text("case,activity,time\n1,brief,2026-01-05\n")
    return tmp_path / "crm.db"


WRITING = [
    "delete from tickets",
    "update tickets set what = 'x' returning *",
    "attach 'other.db' as o",
    "pragma writable_schema = 1",
    "select 1; drop table tickets",
    "create table t as select 1",
    "vacuum into 'copy.db'",
    "",
]


@pytest.mark.parametrize("query", WRITING)
def test_a_query_is_one_select(query: str, crm: Path) -> None:
    before = crm.read_bytes()
    with pytest.raises(DataError):
        read(Data(f"sqlite:///{crm}", query=query))
    assert crm.read_bytes() == before


def test_a_query_without_an_end_is_ended(crm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MOST_STEPS", 1_000_000)
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n"
    with pytest.raises(DataError, match="it takes too long, or has no end"):
        read(Data(f"sqlite:///{crm}", query=endless))


def test_long_cells_do_not_fill_a_machine(crm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MOST_TEXT", 1 << 20)
    long = (
        "with recursive n(x) as (select 1 union all select x + 1 from n limit 100) select hex(randomblob(99999)) from n"
    )
    with at_most(16), pytest.raises(DataError, match="the query has more than 1,048,576 characters"):
        read(Data(f"sqlite:///{crm}", query=long))


def test_what_duckdb_finds_only_while_it_counts_is_a_fault_of_the_data(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as made:
        made.execute("create table events as select 'c' || i as case_id, 'brief' as activity, "
                     "if(i = 99, 'soon', '2026-01-05 10:00') as stamp from range(100) t(i)")  # fmt: skip
    asked = "select case_id, activity, cast(stamp as timestamp) as time from events"
    with pytest.raises(DataError, match="DuckDB cannot answer: Conversion Error: invalid timestamp"):
        read(Data(f"duckdb:///{tmp_path}/crm.duckdb", query=asked))


def test_comments_that_are_never_closed_are_looked_at_once() -> None:
    one_select("select 1 " + "/* " * 1_000_000, "crm.db")


@pytest.mark.parametrize(
    "query",
    [
        "select load_extension('evil')",
        "with x as (select 1) delete from tickets",
        "with x as (select 1) insert into tickets select 1, 2, 3 from x",
        "select * from pragma_database_list",
    ],
)
def test_what_only_looks_like_a_select_is_refused_by_the_database(query: str, crm: Path) -> None:
    before = crm.read_bytes()
    with pytest.raises(DataError, match=r"the query cannot be answered|looks like the"):
        read(Data(f"sqlite:///{crm}", query=query))
    assert crm.read_bytes() == before


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('{folder}/secret.csv')",
        "select * from '{folder}/secret.csv'",
        "select content as case, 1 as activity from read_text('{folder}/secret.csv')",
        "select * from glob('{folder}/*')",
        "copy (select 1) to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb' as o",
        "install httpfs",
        "select 1; select 2",
        "set enable_external_access = true",
    ],
)
def test_duckdb_reaches_nothing_but_its_file(query: str, crm: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="optional: duckdb")
    duckdb.connect(str(crm.parent / "w.duckdb")).close()
    with pytest.raises(DataError, match=r"w\.duckdb: "):
        read(Data(f"duckdb:///{crm.parent / 'w.duckdb'}", query=query.format(folder=crm.parent)))
    assert not (crm.parent / "out.csv").exists()


@pytest.mark.parametrize(
    ("url", "query", "said"),
    [
        (
            "postgresql://me:secret@host/crm",
            "select 1",
            "there is no reader for 'postgresql'; mpmflow reads sqlite:///",
        ),
        ("sqlite://crm.db", "select 1", "write the file behind three slashes, as in sqlite:///crm.db"),
        ("sqlite:///crm.db", None, "which rows are meant? give one query"),
        ("sqlite:///crm.db?table=t", "select 1", "it is asked twice, in the URL and beside it: give one query"),
        ("sqlite:///crm.db?mode=rwc", "select 1", "behind the file only table and query may stand, not 'mode'"),
        ("sqlite:///none.db", "select 1", "there is no such file"),
        ("duckdb:///crm.db", "select 1", "the URL says duckdb, and this is a sqlite file"),
        ("sqlite:///secret.csv", "select 1", "the URL says sqlite, and this is no database"),
        ("sqlite:///../crm.db", "select 1", "a data block reaches only files in the folder of its own file"),
        ("sqlite:////etc/passwd", "select 1", "a data block reaches only files in the folder of its own file"),
        ("crm.db", None, "this database is no object-centric log (OCEL 2.0); to read a table of it, add a query"),
        ("secret.csv", "select 1", "a query is for a database, and this file is none"),
        ("crm.db", "select * from gone", "the query cannot be answered: no such table: gone"),
        ("crm.db", "select 1 as a, 2 as a", "two columns of the query have this name; give one another, with AS"),
    ],
)
def test_what_is_wrong_with_an_url(url: str, query: str | None, said: str, crm: Path) -> None:
    with pytest.raises(DataError) as caught:
        open_events(Data(url, query=query), NOTHING_SAID, folder=crm.parent)
    assert said in str(caught.value)
    assert "secret@" not in str(caught.value)


# ------------------------------------------------------------------------------------------------ guesses that fail


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "a,b\n1,2\n",
            "log.csv: no column looks like the time; the file has a, b. If it is there, name it in the data",
        ),
        (
            "id,one,two,opened\n" + "".join(f"{n // 2},x{n % 2},y{n % 2},2026-01-{n + 1:02}\n" for n in range(24)),
            'log.csv: the activity could be one or two; name it in the data block, as in activity "one"',
        ),
        (
            "case,activity,opened,due,seen\n1,brief,2026-01-05,2026-01-04,2026-01-06\n2,brief,2026-01-05,2026-01-08,"
            "2026-01-02\n",
            'log.csv: the time could be opened or due or seen; name it in the data block, as in time "opened"',
        ),
    ],
)
def test_what_cannot_be_guessed_is_asked(content: str, said: str, tmp_path: Path) -> None:
    assert fault(tmp_path / "log.csv", content).startswith(said)


def test_an_object_centric_log_needs_its_case(tmp_path: Path) -> None:
    objects = [{"id": "o", "type": "order"}, {"id": "i", "type": "item"}, {"id": "j", "type": "item"}]
    (tmp_path / "log.json").write_text(json.dumps({"objects": objects, "events": []}))
    with pytest.raises(DataError) as caught:
        read(tmp_path / "log.json")
    assert str(caught.value) == (
        "log.json: an object-centric log has a case only once you say which objects are the cases; say it in the data "
        'block, as in case "item", or with --case-notion "item". Types of objects: item (2), order (1)'
    )
    with pytest.raises(DataError, match=r"the log has no objects of the type 'orders'; .* Did you mean 'order'\?"):
        read(Data(tmp_path / "log.json", case="orders"))


def test_an_event_of_an_unknown_object(tmp_path: Path) -> None:
    event = {"id": "e", "type": "place", "time": "2026-01-05", "relationships": [{"objectId": "x"}]}
    document = {"objects": [{"id": "o", "type": "order"}], "events": [event]}
    said = fault(tmp_path / "log.json", json.dumps(document))
    assert said == "log.json, row 1: the event 'e' is related to 'x', which is no object of the log"


def test_every_event_of_another_kind(tmp_path: Path) -> None:
    events = [
        {"id": f"e{n}", "type": "a", "time": "2026-01-05", "attributes": [{"name": f"k{n}", "value": 1}],
         "relationships": [{"objectId": "o"}]} for n in range(2500)
    ]  # fmt: skip
    document = {"objects": [{"id": "o", "type": "order"}], "events": events}
    assert "more than 2000 different attributes, as no log has" in fault(tmp_path / "log.json", json.dumps(document))


def test_an_event_of_very_many_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "HARMLESS", 1 << 20)
    orders, items = ([{"id": f"{kind} {n}", "type": kind} for n in range(3000)] for kind in ("order", "item"))
    related = [{"objectId": one["id"]} for one in (*orders, *items)]
    event = {"id": "e", "type": "a", "time": "2026-01-05", "relationships": related}
    (tmp_path / "log.json").write_text(json.dumps({"objects": [*orders, *items], "events": [event]}))
    with at_most(64), pytest.raises(DataError, match="more than 50 times as large as its file"):
        read(Data(tmp_path / "log.json", case="order"))


# ------------------------------------------------------------------------------------------------ by chance

FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GOOD = (
    b'<?xml version="1.0" encoding="UTF-8"?><log><classifier name="c" keys="concept:name"/><trace>'
    b'<string key="concept:name" value="1"/><event><string key="concept:name" value="brief"/>'
    b'<date key="time:timestamp" value="2026-01-05T10:00:00Z"/><list key="l"><values><int key="n" value="3"/></values>'
    b"</list></event></trace></log>"
)
TABLE = b'case;activity;time\r\n1;brief;2026-01-05T10:00:00\r\n2;"launch;x";2026-01-06\r\n'
DOCUMENT = json.dumps(
    {
        "objects": [{"id": "o", "type": "order", "attributes": [{"name": "p", "time": "2026-01-01", "value": 1}]}],
        "events": [{"id": "e", "type": "t", "time": "2026-01-05", "relationships": [{"objectId": "o"}]}],
    }
).encode()


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """The content with pieces cut out, doubled, or overwritten."""

    def damage(cuts: list[tuple[int, int, bytes]]) -> bytes:
        found = content
        for start, length, other in cuts:
            at = start % (len(found) + 1)
            found = found[:at] + other + found[at + length :]
        return found

    piece = st.sampled_from(
        [b"", b"<", b">", b'"', b"/>", b"\0", b"\xff", b"&a;", b"]]>", b"\n", b";", b"{", b"[1]", b"-"]
    )
    cut = st.tuples(st.integers(0, 10_000), st.integers(0, 12), piece | st.binary(max_size=4))
    return st.lists(cut, min_size=1, max_size=4).map(damage)


@pytest.mark.parametrize(("name", "content"), [("a.xes", GOOD), ("a.csv", TABLE), ("a.json", DOCUMENT)])
@FAST
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(name: str, content: bytes, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / name
    path.write_bytes(data.draw(damaged(content)))
    try:
        events = read(path)
    except DataError as error:
        said = str(error)
    else:
        assert events.events >= 1
        said = events.label
    assert said.startswith(name)


@FAST
@given(
    st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=8), min_size=1, max_size=6),
    st.lists(st.lists(st.text(max_size=6), max_size=6), max_size=6),
)
def test_a_guess_is_a_column_or_a_question(header: list[str], rows: list[list[str]]) -> None:
    """Whatever stands in a table, roles are columns of it, each at most once, or the reader is asked."""
    import polars

    names = list(dict.fromkeys(header))
    cells = [[*row, *[""] * len(names)][: len(names)] for row in rows]
    frame = polars.DataFrame(cells, schema=dict.fromkeys(names, polars.String), orient="row")
    try:
        roles = find_roles(open_table(frame, "log"), NOTHING_SAID).columns
    except DataError:
        return
    assert set(roles.values()) <= set(names)
    assert len(set(roles.values())) == len(roles)
    assert {"case", "activity", "time"} <= roles.keys()


@FAST
@given(
    names=st.permutations(["case", "activity", "time", "amount", "channel"]),
    mark=st.sampled_from(",;\t|^~"),
)
def test_the_order_of_columns_and_the_delimiter_do_not_matter(
    names: list[str], mark: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(1)
    cells = {"case": "1", "activity": "brief", "time": "2026-01-05", "amount": str(chance.random()), "channel": "web"}
    path = tmp_path_factory.getbasetemp() / "order.csv"
    path.write_text(mark.join(names) + "\n" + mark.join(cells[name] for name in names) + "\n")
    assert CsvFile.open(path).header == tuple(names)
    assert read(path).kinds == ((("brief",), 1),)


def test_a_declared_column_is_taken_at_its_word(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("case,order,activity,time\n1,A,brief,2026-01-05\n1,B,brief,2026-01-05\n")
    declared = LogSource(path="", columns=(Column(role="case", column="order"),))
    assert open_events(tmp_path / "log.csv", declared).cases == 2
    assert open_events(Data(tmp_path / "log.csv", case="order"), NOTHING_SAID).cases == 2
