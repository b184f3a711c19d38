"""The chain of a ledger: whatever is done to the file behind its back is found, and named by the entry."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.live.ledger import verify as verifying
from mpmflow.live.ledger.anchor import anchor_path
from mpmflow.live.ledger.verify import Verified, verify_file

from .forecasters import forecast

COUNT = 12


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of twelve entries."""
    made = tmp_path / "book.db"
    with mpm.Ledger(made, clock=lambda: datetime(2024, 1, 1, tzinfo=UTC)) as ledger:
        for number in range(COUNT):
            ledger.keep([forecast(number)], author="Ann")
    return made


def behind_its_back(path: Path, *statements: str) -> None:
    """Change the file as somebody would who takes the fence down first and puts it up again."""
    base = sqlite3.connect(path)
    fences = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in fences:
        base.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        base.execute(statement)
    for _, fence in fences:
        base.execute(fence)
    base.commit()
    base.close()


def found(path: Path, head: str | None = None) -> Verified:
    return verify_file(path, head)


def test_an_untouched_ledger_is_whole(path: Path) -> None:
    seen = found(path)
    assert seen.ok
    assert (seen.entries, seen.vouched) == (COUNT, COUNT)
    with mpm.Ledger(path) as ledger:
        assert seen.head == ledger.entries()[-1].hash
    assert found(path, seen.head).ok
    assert found(path, seen.head[:12]).ok


@pytest.mark.parametrize(
    "text",
    [
        '{"entries": 1e999, "head": "x"}',
        "[" * 990,
        '{"entries":-1,"head":""}',
        f'{{"entries": {2**63}, "head": ""}}',
    ],
    ids=["endless", "deep", "negative", "huge"],
)
def test_an_anchor_that_is_none_is_said_so(path: Path, text: str) -> None:
    anchor_path(str(path)).write_text(text)
    (finding,) = found(path).findings
    assert (finding.kind, finding.number) == ("anchor", None)


def test_nothing_is_written_over_the_trace_of_an_anchor_that_is_none(path: Path) -> None:
    anchor_path(str(path)).write_text("no anchor")
    with mpm.Ledger(path) as ledger, pytest.raises(mpm.LedgerError, match="cannot be read"):
        ledger.keep([forecast(99)])
    assert anchor_path(str(path)).read_text() == "no anchor"


def test_each_line_is_read_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A law is two hundred numbers: to read the lines is nearly all the work."""
    read: list[str] = []
    reader = verifying.document_of
    monkeypatch.setattr(verifying, "document_of", lambda line: (read.append(line), reader(line))[1])
    assert found(path).ok
    assert len(read) == COUNT


@pytest.mark.parametrize("statement", ["UPDATE entries SET kind = 'model'", "DELETE FROM entries WHERE number = 3"])
def test_the_file_itself_refuses_changes(path: Path, statement: str) -> None:
    base = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="a ledger only grows"):
        base.execute(statement)
    base.close()
    assert found(path).ok


def test_an_entry_goes_to_the_end_and_nowhere_else(path: Path) -> None:
    base = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="at its end"):
        base.execute("INSERT INTO entries VALUES (40, 'forecast', 'x', 'x', 'x')")
    base.close()


def test_a_flipped_character_of_any_column_is_found_and_named(path: Path) -> None:
    luck = random.Random(5)
    for column in ("line", "hash", "id", "kind"):
        for _ in range(6):
            number = luck.randint(1, COUNT)
            base = sqlite3.connect(path)
            (text,) = base.execute(f"SELECT {column} FROM entries WHERE number = ?", (number,)).fetchone()
            base.close()
            place = luck.randrange(len(text))
            other = text[:place] + ("z" if text[place] != "z" else "y") + text[place + 1 :]
            quoted = other.replace("'", "''")
            behind_its_back(path, f"UPDATE entries SET {column} = '{quoted}' WHERE number = {number}")
            seen = found(path)
            assert not seen.ok
            assert number in {one.number for one in seen.findings} or number + 1 in {
                one.number for one in seen.findings
            }
            quoted = text.replace("'", "''")
            behind_its_back(path, f"UPDATE entries SET {column} = '{quoted}' WHERE number = {number}")
    assert found(path).ok


def test_a_flipped_byte_of_the_file_is_found_or_changes_nothing(path: Path) -> None:
    """A byte may lie where nothing is kept; then every entry reads as before."""
    mpm.Ledger(path).close()
    base = sqlite3.connect(path)
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    whole = path.read_bytes()
    with mpm.Ledger(path) as ledger:
        before = list(ledger.lines())
    luck, seen = random.Random(3), 0
    for _ in range(120):
        place = luck.randrange(len(whole))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << luck.randrange(8))]) + whole[place + 1 :])
        for aside in ("-wal", "-shm"):
            Path(f"{path}{aside}").unlink(missing_ok=True)
        try:
            ok = found(path).ok
        except mpm.LedgerError:
            ok = False
        if ok:
            with mpm.Ledger(path) as ledger:
                assert list(ledger.lines()) == before
        seen += not ok
    assert seen > 60


@pytest.mark.parametrize("number", [1, 5, COUNT - 1])
def test_a_removed_row_is_named(path: Path, number: int) -> None:
    behind_its_back(path, f"DELETE FROM entries WHERE number = {number}")
    (finding,) = found(path).findings
    assert (finding.kind, finding.number) == ("removed", number)
    assert f"entry {number} is missing" in str(found(path))


def test_several_removed_rows_are_one_finding(path: Path) -> None:
    behind_its_back(path, "DELETE FROM entries WHERE number IN (4, 5, 6)")
    assert [one.what for one in found(path).findings] == ["entries 4 to 6 are missing"]


def test_rows_that_changed_places_are_named(path: Path) -> None:
    behind_its_back(
        path,
        "UPDATE entries SET number = -1 WHERE number = 4",
        "UPDATE entries SET number = 4 WHERE number = 9",
        "UPDATE entries SET number = 9 WHERE number = -1",
    )
    moved = [one for one in found(path).findings if one.kind == "moved"]
    assert [one.what for one in moved] == [
        "entry 9 stands in the place of entry 4",
        "entry 4 stands in the place of entry 9",
    ]


def test_a_cut_tail_is_seen_with_the_anchor_and_without_it_that_is_said(path: Path) -> None:
    head = found(path).head
    behind_its_back(path, "DELETE FROM entries WHERE number > 9")
    (finding,) = found(path).findings
    assert (finding.kind, finding.number) == ("cut", 10)
    assert "entries 10 to 12 are cut off: the anchor says 12 entries" in finding.what
    anchor_path(str(path)).unlink()
    alone = found(path)
    assert alone.ok
    assert "this look cannot see it" in alone.unseen[0]
    assert found(path, head).findings[0].kind == "head"


def rewrite(path: Path, change: Callable[[int], float]) -> None:
    """The whole ledger written anew with other contents, hashes and all: what a thorough forger does."""
    with mpm.Ledger(path) as ledger:
        kept = [one for _, one in ledger.forecasts()]
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        name.unlink(missing_ok=True)
    saved = anchor_path(str(path)).read_bytes()
    anchor_path(str(path)).unlink()
    with mpm.Ledger(path, clock=lambda: datetime(2024, 1, 1, tzinfo=UTC)) as ledger:
        for number, one in enumerate(kept):
            ledger.keep([one.model_copy(update={"p_miss": change(number)})], author="Ann")
    anchor_path(str(path)).write_bytes(saved)


def test_a_ledger_that_was_written_anew_is_not_the_one_that_its_anchor_vouches_for(path: Path) -> None:
    head = found(path).head
    rewrite(path, lambda number: 0.9)
    assert [one.kind for one in found(path).findings] == ["rewritten"]
    with mpm.Ledger(path) as ledger, pytest.raises(mpm.LedgerError, match="does not hold what its anchor says"):
        ledger.keep([forecast(99)])
    anchor_path(str(path)).unlink()
    assert found(path).ok
    assert not found(path, head).ok


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TRIGGER no_change", "no_change is gone from the file: it refuses changes of entries"),
        ("CREATE TABLE more (x)", "something in the file that no ledger has: more"),
        ("ALTER TABLE entries ADD COLUMN more TEXT", "entries is not as it was made"),
    ],
    ids=["no fence", "another table", "another column"],
)
def test_a_changed_schema_is_named(path: Path, statement: str, said: str) -> None:
    base = sqlite3.connect(path)
    base.execute(statement)
    base.commit()
    base.close()
    seen = found(path)
    assert any(said in one.what for one in seen.findings)


def test_what_is_no_ledger_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(mpm.LedgerError, match="there is no such ledger"):
        verify_file(tmp_path / "nowhere.db")
    sqlite3.connect(tmp_path / "empty.db").close()
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE people (name)")
    other.close()
    with pytest.raises(mpm.LedgerError, match="is no ledger"):
        mpm.Ledger(tmp_path / "other.db")
    (tmp_path / "text.db").write_text("not a database at all, but long enough to be looked at as one" * 20)
    seen = verify_file(tmp_path / "text.db")
    assert not seen.ok
    assert "its entries cannot be read" in str(seen)
    assert "It is empty" not in str(seen), "nothing is known of what cannot be read"


@pytest.mark.parametrize("head", ["9a0b", "not a hash at all"], ids=["too short", "no hash"])
def test_a_head_that_is_no_hash_says_nothing_of_the_ledger(path: Path, head: str) -> None:
    with pytest.raises(mpm.LedgerError, match="a head is a hash as it was printed"):
        found(path, head)


def test_a_model_in_the_place_of_an_evaluation_is_told_how_to_get_one() -> None:
    model = mpm.parse("workflow w { step brief }")
    with mpm.Ledger(None) as ledger, pytest.raises(TypeError, match=r"not a Model; `mpm\.evaluate\(model\)`"):
        ledger.record(model)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an evaluation is asked"):
        mpm.report(model)  # type: ignore[arg-type]


def test_a_ledger_of_a_later_form_is_left_alone(path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("PRAGMA user_version = 9")
    base.close()
    with pytest.raises(mpm.LedgerError, match="has the form 9"):
        mpm.Ledger(path)
