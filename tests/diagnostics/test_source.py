"""Places in a text, and reading it with limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpmflow.diagnostics.errors import DataError, InternalError, MpmError, UnreadableError
from mpmflow.diagnostics.reading import LIMIT, no_data, read_bytes, read_path
from mpmflow.diagnostics.source import Source
from mpmflow.diagnostics.suggest import distance, nearest


@given(st.text(alphabet="ab\n\r\ufeff é漢", max_size=40))
def test_every_offset_has_a_place_and_every_place_its_offset(text: str) -> None:
    source = Source("a", text)
    for offset in range(len(source.text) + 1):
        line, column = source.place(offset)
        assert source.offset(line, column) == offset
        assert source.text[:offset].count("\n") == line - 1
        assert offset - source.text.rfind("\n", 0, offset) == column


def test_line_ends_and_byte_order_marks_change_no_place() -> None:
    plain, marked = Source("a", "one\ntwo\nthree"), Source("a", "\ufeffone\r\ntwo\rthree")
    assert plain == marked
    assert marked.place(marked.text.index("three")) == (3, 1)


def test_places_outside_the_text_are_moved_to_its_ends() -> None:
    source = Source("a", "one\ntwo")
    assert source.place(99) == (2, 4)
    assert source.offset(9, 9) == 7
    assert source.line(0) == source.line(9) == ""


def code_of(fault: pytest.ExceptionInfo[UnreadableError]) -> str:
    return fault.value.diagnostics[0].code


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    with pytest.raises(UnreadableError) as fault:
        read_bytes(b"team a\r\nteam \xff b", "a.mpm")
    assert code_of(fault) == "not-utf-8"
    assert "a.mpm:2:6" in str(fault.value)
    with pytest.raises(UnreadableError) as fault:
        read_bytes(b"team\x00", "a.mpm")
    assert code_of(fault) == "nul-character"
    assert "a.mpm:1:5" in str(fault.value)


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    (tmp_path / "webinar.mpm").write_bytes(b"\xef\xbb\xbfteam a")
    assert read_path(tmp_path / "webinar.mpm", "w.mpm") == Source("w.mpm", "team a")
    with pytest.raises(UnreadableError, match=r"did you mean `webinar\.mpm`") as fault:
        read_path(tmp_path / "webinr.mpm")
    assert code_of(fault) == "file-not-found"
    with pytest.raises(UnreadableError) as fault:
        read_path(tmp_path)
    assert code_of(fault) == "file-unreadable"
    (tmp_path / "large.mpm").write_bytes(b"#" * (LIMIT + 1))
    with pytest.raises(UnreadableError) as fault:
        read_path(tmp_path / "large.mpm")
    assert code_of(fault) == "file-too-large"


def test_a_diagram_in_the_place_of_a_text_is_one_fault_that_names_the_verb_for_it(tmp_path: Path) -> None:
    (tmp_path / "press.bpmn").write_bytes(b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<definitions>\n</definitions>\n")
    with pytest.raises(UnreadableError, match="mpmflow import") as fault:
        read_path(tmp_path / "press.bpmn")
    assert code_of(fault) == "xml-file"


def test_a_table_in_the_place_of_a_text_is_one_fault_that_says_where_data_go(tmp_path: Path) -> None:
    for name, data in (("events.CSV", "case,activity\n1,brief\n"), ("model.txt", '{"workflows": []}')):
        (tmp_path / name).write_text(data)
        source = read_path(tmp_path / name)  # as a text of its own kind it may be read
        with pytest.raises(UnreadableError) as fault:
            no_data(source)
        assert code_of(fault) == "data-file"
        assert "--log" in fault.value.diagnostics[0].help


def test_faults_in_data_name_their_place_and_faults_of_ours_look_different() -> None:
    assert str(DataError("no date", file="e.csv", column="time", row=3)) == 'e.csv, column "time", row 3: no date'
    assert str(DataError("empty")) == "empty"
    assert "not in your file" in str(InternalError("x"))
    assert isinstance(UnreadableError([]), MpmError)


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("breif", ["brief", "launch"], ("brief",)),
        ("Brief_Complete", ["brief_complete"], ("brief_complete",)),
        ("legal-ok", ["legal_ok"], ("legal_ok",)),
        ("complete", ["brief_complete"], ("brief_complete",)),
        ("cat", ["dog"], ()),
        ("ab", ["ac"], ()),
        ("brief", ["brief"], ()),
    ],
)
def test_the_nearest_name(written: str, known: list[str], meant: tuple[str, ...]) -> None:
    assert nearest(written, known) == meant


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_symmetric_and_bounded(one: str, two: str) -> None:
    assert distance(one, two, 9) == distance(two, one, 9) <= max(len(one), len(two))
    assert distance(one, two, 1) == min(distance(one, two, 9), 2)
