"""What a monitor does with handlers, late events, failures, restarts and changed models."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

import mpmflow as mpm
from mpmflow.exchange.schema import schema
from mpmflow.live.monitor import Monitor

TEXT = """
workflow w {
  step brief
  decision ok { yes, no 20% -> brief rework }
  step launch
}
indicator sent_back "Briefs sent back" = rate(ok.no) { warn above 25%, alert above 60%, do notify, owner "Ann" }
"""
MODEL = mpm.parse(TEXT)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def week(number: int, day: float = 0) -> datetime:
    return MONDAY + timedelta(days=7 * number + day)


def case(name: str, number: int, back: int) -> list[dict[str, Any]]:
    """A case of one week whose brief came back so many times."""
    path = ["brief"] * (back + 1) + ["launch"]
    return [{"case": name, "activity": what, "time": week(number, at / 10)} for at, what in enumerate(path)]


def test_handlers_are_told_by_state_and_actions_by_name() -> None:
    seen: list[tuple[str, Any]] = []
    with Monitor(MODEL) as monitor:
        for event in ("ok", "warn", "alert", "any"):
            monitor.on(event, lambda one, event=event: seen.append((event, one.after)))
        monitor.action("notify", lambda one: seen.append(("notify", one.after)))
        for number, back in enumerate((0, 1, 3)):
            monitor.feed(case(f"c{number}", number, back))
            monitor.advance(week(number + 1))
        assert monitor.states == {"sent_back": "alert"}
        assert monitor.values == {"sent_back": 0.75}
        assert monitor.counts["told"] == 3
    assert sorted(seen) == sorted([
        ("ok", "ok"), ("any", "ok"), ("warn", "warn"), ("any", "warn"), ("notify", "warn"),
        ("alert", "alert"), ("any", "alert"), ("notify", "alert"),
    ])  # fmt: skip


def test_a_transition_is_the_documented_document_and_comes_back_from_it() -> None:
    with Monitor(MODEL) as monitor:
        monitor.feed(case("a", 0, 3))
        (one,) = monitor.advance(week(1))
    validate(json.loads(one.to_json()), schema("transition"))
    assert mpm.Transition.from_dict(one.to_dict()) == one
    assert (one.owner, one.do, one.rules) == ("Ann", ("notify",), ("warn above 25%", "alert above 60%"))
    assert str(one) == "2026-01-12 00:00 Briefs sent back: unknown -> alert (warn above 25%; alert above 60%)"


def test_a_late_event_reckons_its_period_anew_and_withdraws_what_has_become_untrue() -> None:
    told: list[Any] = []
    with Monitor(MODEL) as monitor:
        monitor.on("any", told.append)
        monitor.feed(case("a", 0, 1))
        monitor.advance(week(1))
        monitor.feed(case("late", 0, 0) + case("later", 0, 0) + case("last", 0, 0))
        assert monitor.counts["late"] == 6
        monitor.advance(week(1, 1))
        assert [(one.after, one.withdrawn) for one in told] == [("warn", False), ("warn", True), ("ok", False)]
        assert [one.after for one in monitor.transitions()] == ["ok"]
        # More of it comes back: what was withdrawn becomes true after all, and has a key of its own.
        monitor.feed(case("x", 0, 1) + case("y", 0, 1))
        monitor.advance(week(1, 2))
        assert [one.after for one in monitor.transitions()] == ["warn"]
        assert len({one.key for one in told}) == len(told) == 5


def test_what_comes_after_the_window_is_counted_and_refused() -> None:
    with Monitor(MODEL, late="1w") as monitor:
        monitor.feed(case("a", 0, 1))
        monitor.advance(week(3))
        before = monitor.observations()
        assert monitor.feed(case("b", 0, 5)) == 0
        assert monitor.counts["refused"] == 7
        assert monitor.feed(case("c", 2, 0)) == 2
        assert monitor.observations().outcomes["ok.no"][0] == before.outcomes["ok.no"][0] == 1


def test_a_handler_that_raises_is_called_again_and_holds_up_nobody(tmp_path: Path) -> None:
    calls: list[str] = []
    broken = True

    def bad(one: Any) -> None:
        calls.append("bad")
        if broken:
            raise RuntimeError("the mail server is away")

    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        monitor.on("any", bad)
        monitor.on("any", lambda one: calls.append("good"))
        monitor.feed(case("a", 0, 3))
        monitor.advance(week(1))
        assert sorted(calls) == ["bad", "good"]
        (failure,) = monitor.failures
        assert (failure.tries, failure.error) == (1, "RuntimeError: the mail server is away")
        monitor.advance(week(1) + timedelta(seconds=29))
        assert len(calls) == 2
        monitor.advance(week(1) + timedelta(seconds=30))
        monitor.advance(week(1) + timedelta(seconds=60))  # twice as long from now on
        assert calls.count("bad") == 2
    broken = False
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        monitor.on("any", bad)
        monitor.advance(week(1) + timedelta(seconds=90))
        assert calls.count("bad") == 3
        assert (monitor.failures, monitor.counts["waiting"]) == ((), 0)


def test_what_no_program_was_there_to_take_waits_for_the_handler(tmp_path: Path) -> None:
    took: list[Any] = []
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        monitor.on("any", took.append, name="mail")
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        monitor.feed(case("a", 0, 3))
        monitor.advance(week(1))
        assert (took, monitor.counts["waiting"]) == ([], 1)
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        monitor.on("any", took.append, name="mail")
        monitor.advance(week(1))
    assert [one.after for one in took] == ["alert"]


def test_a_restart_goes_on_where_the_last_run_ended(tmp_path: Path) -> None:
    rows = [row for number in range(6) for row in case(f"c{number}", number, number % 3)]
    with Monitor(MODEL, late="1w") as whole:
        for row in rows:
            whole.feed(row)
            whole.advance(row["time"])
        for row in rows:
            with Monitor(MODEL, tmp_path / "state.db", late="1w") as part:
                part.feed(row)
                part.advance(row["time"])
        with Monitor(MODEL, tmp_path / "state.db", late="1w") as part:
            assert part.transitions() == whole.transitions()
            assert part.observations() == whole.observations()
            assert part.counts == whole.counts


def test_keys_are_the_same_in_every_run(tmp_path: Path) -> None:
    keys = []
    for run in range(2):
        with Monitor(MODEL, tmp_path / f"{run}.db") as monitor:
            monitor.feed(case("a", 0, 3))
            keys.append([one.key for one in monitor.advance(week(1))])
    assert keys[0] == keys[1]


# ---------------------------------------------------------------------------------------------- what goes wrong


def test_a_clock_that_goes_back_changes_nothing() -> None:
    with Monitor(MODEL) as monitor:
        monitor.feed(case("a", 0, 3))
        monitor.advance(week(1, 1))
        before = monitor.counts
        with pytest.raises(mpm.MonitorError, match=r"the clock went back: it is 2026-01-12 00:00:00 now"):
            monitor.advance(week(1))
        assert monitor.counts == before
        monitor.advance(week(1, 1))


def test_a_full_disk_undoes_the_step_and_the_same_events_may_come_again(tmp_path: Path) -> None:
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        monitor.feed(case("a", 0, 1))
        (pages,) = monitor.store.base.execute("PRAGMA page_count").fetchone()
        monitor.store.base.execute(f"PRAGMA max_page_count = {pages}")
        many = [row for number in range(3000) for row in case(f"case {number}", 0, 0)]
        with pytest.raises(mpm.MonitorError, match=r"no room left .* feed the same events again"):
            monitor.feed(many)
        assert monitor.counts["events"] == 3
        assert monitor.counts["cases"] == 1
        monitor.store.base.execute(f"PRAGMA max_page_count = {pages + 100_000}")
        assert monitor.feed(many) == 6000
        monitor.advance(week(1))
        assert monitor.values["sent_back"] == 1 / 3002
    with Monitor(MODEL, tmp_path / "state.db") as again:
        assert again.counts["events"] == 6003


def test_a_second_monitor_is_told_that_the_store_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpmflow.live.store.WAIT", 0.0)
    with Monitor(MODEL, tmp_path / "state.db") as first:
        with pytest.raises(mpm.MonitorError, match=r"another program holds this store.*a file of its own"):
            Monitor(MODEL, tmp_path / "state.db")
        assert first.feed(case("a", 0, 0)) == 2


@pytest.mark.parametrize("harm", ["cut", "text", "other"])
def test_a_damaged_store_is_refused_with_what_to_do(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "state.db"
    if harm == "cut":
        with Monitor(MODEL, path) as monitor:
            monitor.feed([row for number in range(500) for row in case(f"c{number}", 0, 0)])
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        said = "damaged.*put back a copy"
    elif harm == "text":
        path.write_text("this is a letter, not a store; " * 100)
        said = "damaged or is no store"
    else:
        with sqlite3.connect(path) as base:
            base.execute("CREATE TABLE crm (id INTEGER)")
        base.close()
        said = "not the store of a monitor"
    with pytest.raises(mpm.MonitorError, match=said) as caught:
        Monitor(MODEL, path)
    assert str(path) in str(caught.value)


def test_a_closed_monitor_says_that_it_is_closed(tmp_path: Path) -> None:
    monitor = Monitor(mpm.parse("workflow w { step brief }"), store=tmp_path / "state.db")
    monitor.close()
    with pytest.raises(mpm.MonitorError, match="has been closed"):
        monitor.advance("2026-04-01")


def test_a_store_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(mpm.MonitorError, match="see to it that the folder exists"):
        Monitor(MODEL, tmp_path / "nowhere" / "state.db")


def test_a_store_of_other_periods_is_not_mixed_up(tmp_path: Path) -> None:
    Monitor(MODEL, tmp_path / "state.db").close()
    with pytest.raises(mpm.MonitorError, match="begun with another period"):
        Monitor(MODEL, tmp_path / "state.db", period="1d")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"case": "a", "activity": "brief"}, "row 2: the time is missing"),
        ({"case": "a", "activity": "brief", "time": "soon"}, "row 2: 'soon' is no time"),
        ({"case": "", "activity": "brief", "time": MONDAY}, "row 2: the case of this event is missing"),
        ({"case": "a", "activity": None, "time": MONDAY}, "row 2: the activity of this event is missing"),
        ({"case": "a", "activity": "brief", "time": "9999-12-31"}, "a time is probably wrong"),
    ],
)
def test_a_row_that_cannot_be_used_says_which_and_nothing_of_its_step_is_taken(row: Any, said: str) -> None:
    period = "1h" if "9999" in str(row) else "1w"
    with Monitor(MODEL, period=period) as monitor:
        with pytest.raises(mpm.DataError, match=said):
            monitor.feed([case("b", 0, 0)[0], row])
        assert monitor.counts["events"] == 0


def test_columns_that_are_not_there_are_asked_for() -> None:
    with Monitor(MODEL) as monitor, pytest.raises(mpm.DataError, match="an event needs an activity"):
        monitor.feed({"case": "a", "when": "2026-01-05"})


def test_values_have_units_and_names() -> None:
    model = mpm.parse("workflow w { step brief }\nmetric speed operational unit h\n"
                      "indicator slow = mean(speed, 2w) { warn above 2h }")  # fmt: skip
    with Monitor(model) as monitor:
        assert monitor.observe("speed", "180min", "2026-01-06")
        assert monitor.observe("speed", 1, "2026-01-07")
        assert not monitor.observe("speed", 5, "2026-01-05")  # an earlier one of the same period
        monitor.advance("2026-01-12")
        assert monitor.observations().series["speed"] == (3600.0,)
        with pytest.raises(mpm.DataError, match="did you mean speed"):
            monitor.observe("sped", 1, "2026-01-06")
        with pytest.raises(mpm.DataError, match="is in another unit than speed"):
            monitor.observe("speed", "3 eur", "2026-01-06")


# ---------------------------------------------------------------------------------------------- a changed model


def test_a_changed_model_says_what_it_keeps(tmp_path: Path) -> None:
    two = TEXT + "\nindicator waits = launch.time { warn above 9d }"
    with Monitor(mpm.parse(two), tmp_path / "state.db") as monitor:
        monitor.feed(case("a", 0, 3))
        monitor.advance(week(1))
        assert monitor.carried == ()
    changed = two.replace("warn above 9d", "warn above 1min").replace('"Briefs sent back"', '"Came back"')
    with Monitor(
        mpm.parse(changed + "\nindicator work = brief.time { warn above 9d }"), tmp_path / "state.db"
    ) as monitor:
        assert monitor.carried == (
            "The model has changed since this store was written.",
            "Keeping their history, for their definition is the same: sent_back.",
            "Starting anew from the next period, for their definition has changed: waits.",
            "New: work.",
        )
        assert monitor.states == {"sent_back": "alert", "waits": "unknown", "work": "unknown"}
        assert monitor.advance(week(1, 1)) == ()
        monitor.feed(case("b", 1, 3))
        told = monitor.advance(week(2))
        assert [(one.indicator, one.before, one.after) for one in told] == [
            ("waits", "unknown", "warn"),
            ("work", "unknown", "ok"),
        ]


def test_another_meaning_of_the_events_starts_the_log_anew(tmp_path: Path) -> None:
    with Monitor(MODEL, tmp_path / "state.db") as monitor:
        monitor.feed(case("a", 0, 3))
        monitor.advance(week(1))
    renamed = mpm.parse(TEXT.replace("step launch", 'step go seen as "launch"'))
    with Monitor(renamed, tmp_path / "state.db") as monitor:
        assert "the counts of the log start anew" in monitor.carried[-1]
        assert (monitor.counts["cases"], monitor.states) == (0, {"sent_back": "unknown"})
        monitor.feed(case("b", 1, 0))
        assert [one.after for one in monitor.advance(week(2))] == ["ok"]
