"""Ledgers out as lines and in again, and two made one: nothing twice, nothing unchecked, the chain goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate

import mpmflow as mpm
from mpmflow.exchange.schema import schema
from mpmflow.live.ledger.chain import FIRST, Draft, canonical, digest, linked
from mpmflow.live.ledger.exchange import entry_from
from mpmflow.live.ledger.store import LedgerStore

from .forecasters import forecast


def clock(day: int) -> Callable[[], datetime]:
    return lambda: datetime(2024, 1, day, 12, tzinfo=UTC)


def book(path: Path | None, numbers: range, day: int = 1, author: str = "Ann") -> mpm.Ledger:
    ledger = mpm.Ledger(path, clock=clock(day))
    ledger.keep([forecast(number) for number in numbers], author=author, models=[mpm.Model()])
    return ledger


def ids(ledger: mpm.Ledger) -> list[str]:
    return [entry.id for entry in ledger.entries() if entry.kind != "merge"]


class TestLines:
    def test_each_line_keeps_to_its_schema(self, tmp_path: Path) -> None:
        with book(None, range(2)) as ledger:
            ledger.settle("leads", "3", "a report", on="2024-01-02")
            ledger.export(tmp_path / "book.jsonl")
        lines = (tmp_path / "book.jsonl").read_text().splitlines()
        assert [json.loads(line)["kind"] for line in lines] == ["model", "forecast", "forecast", "settlement"]
        for line in lines:
            validate(json.loads(line), schema("ledger"))

    def test_out_and_in_gives_the_same_entries_once(self, tmp_path: Path) -> None:
        with book(None, range(5)) as one, mpm.Ledger(None) as two:
            assert one.export(tmp_path / "book.jsonl") == 6
            taken = two.import_lines(tmp_path / "book.jsonl")
            assert ids(two) == ids(one)
            assert [entry.recorded for entry in two.entries()[:6]] == [entry.recorded for entry in one.entries()]
            assert (taken.offered, len(taken.added)) == (6, 7)
            assert "6 of 6 entries" in str(taken)
            again = two.import_lines(tmp_path / "book.jsonl")
            assert again.added == ()
            assert "Nothing in" in str(again)
            assert two.verify().ok

    def test_a_file_is_there_whole_or_not_at_all(self, tmp_path: Path) -> None:
        with book(None, range(2)) as ledger, pytest.raises(OSError, match="directory"):
            ledger.export(tmp_path / "nowhere" / "book.jsonl")
        assert list(tmp_path.iterdir()) == []


class TestMerge:
    def test_two_ledgers_become_one_and_each_entry_keeps_its_author_and_time(self, tmp_path: Path) -> None:
        book(tmp_path / "one.db", range(4), 1, "Ann").close()
        book(tmp_path / "two.db", range(2, 7), 2, "Bob").close()
        with mpm.Ledger(tmp_path / "one.db", clock=clock(3)) as one:
            taken = one.merge(tmp_path / "two.db")
            assert [entry.kind for entry in taken.added] == ["forecast"] * 3 + ["merge"]
            assert [entry.author for entry in one.entries("forecast")] == ["Ann"] * 4 + ["Bob"] * 3
            assert one.entries()[-2].recorded.day == 2
            assert one.verify().ok
            assert one.merge(tmp_path / "two.db").added == ()

    def test_the_same_ledgers_merge_to_the_same_bytes(self, tmp_path: Path) -> None:
        book(tmp_path / "two.db", range(3, 9), 2).close()
        made = []
        for _ in range(2):
            with book(None, range(5), 1) as one:
                one.clock = clock(3)
                one.merge(tmp_path / "two.db")
                made.append(list(one.lines()))
        assert made[0] == made[1]

    def test_merging_back_and_forth_comes_to_an_end(self, tmp_path: Path) -> None:
        one, two = tmp_path / "one.db", tmp_path / "two.db"
        book(one, range(3)).close()
        book(two, range(2, 6)).close()
        for into, other in ((one, two), (two, one), (one, two), (two, one)):
            with mpm.Ledger(into) as ledger:
                ledger.merge(other)
        with mpm.Ledger(one) as first, mpm.Ledger(two) as second:
            assert sorted(ids(first)) == sorted(ids(second))
            assert len(first.entries("merge")) == len(second.entries("merge")) == 1

    def test_nothing_is_taken_from_a_ledger_that_was_changed(self, tmp_path: Path) -> None:
        with book(tmp_path / "two.db", range(3)) as two:
            two.store.base.execute("DROP TRIGGER no_removal")
            two.store.base.execute("DELETE FROM entries WHERE number = 2")
        with book(None, range(1)) as one:
            with pytest.raises(mpm.LedgerError, match="not as it was written"):
                one.merge(tmp_path / "two.db")
            assert len(one.entries()) == 2

    @given(st.lists(st.lists(st.integers(0, 30), max_size=6), min_size=1, max_size=4))
    @settings(max_examples=25)
    def test_whatever_the_order_the_same_content_comes_together(self, parts: list[list[int]]) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            for name, part in enumerate(parts):
                with mpm.Ledger(Path(folder) / f"{name}.db") as ledger:
                    ledger.keep([forecast(number) for number in part])
            gathered = []
            for order in (range(len(parts)), reversed(range(len(parts)))):
                with mpm.Ledger(None) as ledger:
                    for name in order:
                        ledger.merge(Path(folder) / f"{name}.db")
                    assert ledger.verify().ok
                    gathered.append(sorted(ids(ledger)))
            assert gathered[0] == gathered[1]
            assert len(gathered[0]) == len({number for part in parts for number in part})

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"x": 1}, "its entry 1 cannot be read, so nothing is taken from it: content.metric"),
            (
                {"x": [[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]},
                "its entry 1 cannot be read, so nothing is taken from it: it is",
            ),
            ({"x": float("nan")}, "it is not as it was written"),
        ],
        ids=["no forecast", "deep", "nan"],
    )
    def test_a_whole_chain_that_says_what_no_entry_says_is_not_taken(
        self, content: dict[str, object], said: str, tmp_path: Path
    ) -> None:
        """An entry once taken cannot be removed again: one that cannot be read would stop every review to come."""
        other = tmp_path / "other.db"
        LedgerStore(other).close()
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        draft = Draft("forecast", {}, clock(1)(), None, "0.1.0")
        ((entry, _),) = linked([draft], 0, FIRST)
        line = canonical({**entry.body(), "id": digest(text), "content": 0}).replace('"content":0', f'"content":{text}')
        base = sqlite3.connect(other)
        base.execute("INSERT INTO entries VALUES (1, 'forecast', ?, ?, ?)", (digest(text), line, digest(line)))
        base.commit()
        base.close()
        with book(None, range(1)) as ledger:
            with pytest.raises(mpm.LedgerError, match=said):
                ledger.merge(other)
            assert len(ledger.forecasts()) == 1


class TestHostileLines:
    """Each is refused, with the line and what is wrong with it; nothing is written then."""

    def line(self, **changes: object) -> str:
        """A line of a forecast with something changed, its hashes made to fit."""
        with book(None, range(1)) as ledger:
            document = json.loads(next(ledger.lines("forecast")))
        document.pop("hash")
        content = changes.pop("content", {})
        document |= changes
        document["content"] = {**document["content"], **content} if isinstance(content, dict) else content
        document["id"] = digest(canonical(document["content"]))
        return canonical({**document, "hash": digest(canonical(document))})

    def refused(self, tmp_path: Path, text: str | bytes) -> str:
        path = tmp_path / "lines.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with mpm.Ledger(None) as ledger:
            with pytest.raises(mpm.LedgerError) as caught:
                ledger.import_lines(path)
            assert ledger.entries() == ()
        return caught.value.message

    def test_the_line_that_nothing_was_done_to_is_taken(self) -> None:
        assert entry_from(self.line().encode()).kind == "forecast"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "there is no entry in this file"),
            ("{", "line 1: it is no JSON"),
            ("[1, 2]", "line 1: it is no object of JSON"),
            ('{"schema": "mpmflow/risk/1", "hash": "x"}', "it is no line of a ledger"),
            ("[" * 100_000, "nested deeper than any entry"),
            ('{"content": ' + "[" * 40 + "]" * 40 + "}", "nested deeper than any entry"),
            ('{"number": NaN}', "NaN is no number of JSON"),
            ('{"number": 1}', "it has no hash"),
            (b"\xff\xfe{}", "it is no text in UTF-8"),
            ('{"number": ' + "9" * 5_000 + "}", "line 1:"),
        ],
        ids=["empty", "cut", "a list", "another document", "deep", "deep inside", "nan", "bare", "bytes", "digits"],
    )
    def test_what_is_no_line_of_a_ledger(self, text: str | bytes, said: str, tmp_path: Path) -> None:
        assert said in self.refused(tmp_path, text)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"kind": "wish"}, "its kind is 'wish'; there are forecast, settlement, model, merge"),
            ({"number": 0}, "its number is no whole number from 1 on"),
            ({"number": True}, "its number is no whole number from 1 on"),
            ({"recorded": "yesterday"}, "recorded is no time: 'yesterday'"),
            ({"recorded": "2024-01-01T00:00:00"}, "recorded says no time zone"),
            ({"author": 3}, "its author is a text or null"),
            ({"author": "Ann\x1b[2J"}, "without control characters"),
            ({"content": "all of it"}, "content is an object"),
            ({"content": {"p_miss": 1.5}}, "content.p_miss: Input should be less than or equal to 1"),
            ({"content": {"law": ["x"]}}, "content.law.0:"),
            ({"content": {"forecast": 1e300}}, "content.forecast: Input should be less than or equal to"),
            ({"content": {"law": [0.0] * 3_000}}, "content.law:"),
            ({"content": {"on": "soon"}}, "content.on:"),
            ({"content": {"simple": {"oracle": [1.0]}}}, "content.simple.oracle"),
        ],
        ids=[
            "kind", "number", "number that is none", "time", "time zone", "author", "author that steers",
            "content", "chance", "law", "too large", "long law", "day", "forecaster",
        ],
    )  # fmt: skip
    def test_a_field_that_cannot_be(self, changes: dict[str, object], said: str, tmp_path: Path) -> None:
        assert said in self.refused(tmp_path, self.line(**changes))

    def test_a_changed_line_and_a_missing_one_are_named(self, tmp_path: Path) -> None:
        with book(None, range(4)) as ledger:
            lines = list(ledger.lines())
        changed = [*lines[:2], lines[2].replace("Ann", "Bob"), *lines[3:]]
        assert "line 3: entry 3 was changed" in self.refused(tmp_path, "\n".join(changed))
        assert "line 3 (entry 4) does not follow the one before it (entry 2)" in self.refused(
            tmp_path, "\n".join([*lines[:2], *lines[3:]])
        )
        assert "does not follow" in self.refused(tmp_path, "\n".join([lines[0], lines[2], lines[1], *lines[3:]]))

    def test_a_line_without_an_end_is_not_read_to_its_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mpmflow.live.ledger.exchange.LONGEST_LINE", 1_000)
        assert "line 1 is longer than" in self.refused(tmp_path, b"x" * 5_000)
        monkeypatch.setattr("mpmflow.live.ledger.exchange.LARGEST_FILE", 2_000)
        assert "the file is larger than" in self.refused(tmp_path, b"x" * 5_000)

    def test_a_model_that_is_not_the_one_its_hash_names_is_refused(self, tmp_path: Path) -> None:
        with book(None, range(0)) as ledger:
            document = json.loads(next(ledger.lines("model")))
        document.pop("hash")
        document["content"]["document"] += " "
        document["id"] = digest(canonical(document["content"]))
        line = canonical({**document, "hash": digest(canonical(document))})
        assert "the model is not the one that its hash names" in self.refused(tmp_path, line)

    def test_what_would_steer_a_terminal_is_shown_as_blanks(self, tmp_path: Path) -> None:
        (tmp_path / "lines.jsonl").write_text(self.line(content={"label": "leads\x1b[2J\x07 \u202e5%"}))
        with mpm.Ledger(None) as ledger:
            ledger.import_lines(tmp_path / "lines.jsonl")
            assert [one.label for _, one in ledger.forecasts()] == ["leads [2J   5%"]
            assert ledger.verify().ok

    def test_a_name_that_is_no_text_is_kept_as_one(self, tmp_path: Path) -> None:
        """A command line may hold bytes that are no characters."""
        with book(None, range(1), author="Ann\udcff") as ledger:
            assert [entry.author for entry in ledger.entries()] == ["Ann ", "Ann "]
            ledger.export(tmp_path / "book.jsonl")
            assert ledger.verify().ok
        with mpm.Ledger(None) as other:
            assert len(other.import_lines(tmp_path / "book.jsonl").added) == 3

    @given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
    def test_any_text_is_refused_in_words(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"\w+ \w+"):
            entry_from(text.encode("utf-8", "replace"))
