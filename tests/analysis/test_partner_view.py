"""What a partner may see: every form of it is searched, byte by byte, for anything of anybody else."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

polars = pytest.importorskip("polars", reason="optional: polars")

import mpmflow as mpm  # noqa: E402
from mpmflow.analysis.alliances.view import PartnerView  # noqa: E402
from mpmflow.exchange.schema import schema  # noqa: E402
from mpmflow.render.blocks import as_html, as_text, blocks  # noqa: E402
from mpmflow.render.partner_page import partner_page  # noqa: E402

ALLIANCE = Path(__file__).parents[2] / "examples" / "alliance" / "alliance.mpm"
PARTNERS = ("studio", "letters", "legal")


STEPS = ("brief", "clear", "design", "good", "allowed", "print")


@pytest.fixture(scope="module")
def found() -> Any:
    return mpm.handoffs(mpm.load(ALLIANCE))


@pytest.fixture(scope="module")
def unmistakable() -> Any:
    """The example with names and labels that are no words: what is found of them can only have come from there."""
    text = ALLIANCE.read_text(encoding="utf-8")
    for number, word in enumerate((*STEPS, "changes", "mailing", "answers", "responses", "cycle_time")):
        text = re.sub(rf"\b{word}\b(?= \"|\b ->| rework|[ .)]|,|$)", f"n{number}_{word}", text, flags=re.MULTILINE)
    labels = iter(range(100))
    lines = [
        re.sub(r'^(\s*\w+ [\w ]+(?:-> \w+ +)?)"[^"]*"', lambda match: f'{match[1]}"Label {next(labels)}x"', line)
        if not line.startswith(("team", "partner", "data", "  log"))
        else line
        for line in text.splitlines()
    ]
    log = polars.read_csv(ALLIANCE.with_name("events.csv"))
    names = {word: f"n{number}_{word}" for number, word in enumerate(STEPS)}
    log = log.with_columns(polars.col("activity").replace(names), polars.col("time").str.to_datetime())
    return mpm.handoffs(mpm.parse("\n".join(lines)), log=log)


def forms(view: PartnerView) -> dict[str, str]:
    """Every form in which a view can leave the house, as text."""
    shown = view._repr_mimebundle_()
    return {
        "json": view.to_json(),
        "repr": repr(view),
        "str": str(view),
        "page": as_text(partner_page(view)),
        "html": as_html(blocks(partner_page(view))),
        "notebook": json.dumps(shown, ensure_ascii=False),
        "frame": str(view.to_frame().to_dicts()),
        "rows": str(dict(view.rows())),
        "pickle": pickle.dumps(view).decode("utf-8", "replace"),
        "fields": str(vars(view)),
    }


# ------------------------------------------------------------------------------------------ whose words are whose


def words_of(node: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield str(name)
            yield from words_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from words_of(value)
    elif isinstance(node, str):
        yield node


def numbers_of(node: Any) -> Iterator[float]:
    """Every number in a document."""
    if isinstance(node, dict):
        for value in node.values():
            yield from numbers_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from numbers_of(value)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield float(node)


def texts_of_others(found: Any, name: str) -> set[str]:
    """Names and labels of the file that are not the partner's own, nor the name of a team that it works with."""
    model = found.model
    own = {name, model.all_teams[name].title}
    own |= {one.label for one in model.handoffs if name in (one.giver, one.taker)}
    for pair in found.pairs:
        if name in (pair.giver, pair.taker):
            own |= {pair.giver, pair.giver_label, pair.taker, pair.taker_label}
    theirs: set[str | None] = set()
    for team in model.all_teams:
        theirs |= {team.name, team.title, team.owner}
    for workflow, node in model.nodes():
        theirs |= {workflow.name, workflow.title, workflow.owner}
        mine = getattr(node, "by", None) == name
        (own if mine else theirs).update({getattr(node, "name", None), getattr(node, "title", None)} - {None})
        theirs.add(getattr(node, "owner", None))
        for outcome in getattr(node, "outcomes", ()):
            (own if mine else theirs).add(f"{node.name}.{outcome.name}")
    for one in (*model.metrics, *model.declared_indicators, *model.initiatives, *model.commitments, *model.scenarios):
        theirs |= {one.name, one.title, getattr(one, "owner", None)}
    for objective, _ in model.objective_tree():
        theirs |= {objective.name, objective.title, objective.owner}
    theirs |= {one.owner for one in model.handoffs} | {one.label for one in model.handoffs} - own
    theirs |= {row.case for row in found.evaluation.open_cases if row.at not in own}
    return {text for text in theirs if text} - own


@pytest.mark.parametrize("name", PARTNERS)
def test_no_form_has_a_name_or_label_of_anybody_else(unmistakable: Any, name: str) -> None:
    view = mpm.partner_view(unmistakable, name)
    others = texts_of_others(unmistakable, name)
    assert len(others) > 25  # else nothing would be searched for
    for form, text in forms(view).items():
        for other in sorted(others):
            assert not re.search(rf"(?<!\w){re.escape(other)}(?!\w)", text), (form, other)


@pytest.mark.parametrize("name", PARTNERS)
def test_no_form_has_a_number_of_anybody_else(found: Any, name: str) -> None:
    """Numbers of the whole evaluation, of all other hand-offs, of the file. A number that its own part has by itself is
    no secret, though it stands elsewhere too (a draft is looked at as often as it is designed); nor is a round one:
    small counts are alike everywhere, and what could tell something has four digits.
    """
    view = mpm.partner_view(found, name)
    model, evaluation = found.model, found.evaluation
    document = evaluation.to_dict()
    mine = {step.name for step in view.steps} | {name}

    def of_others(row: dict[str, Any]) -> bool:
        about = str(row.get("name") or row.get("at") or row.get("lever") or row.get("measures") or "")
        return about.partition(".")[0] not in mine and str(row.get("measures")).partition(".")[0] not in mine

    theirs: set[float] = set()
    for table in ("indicators", "spread", "metrics", "teams", "open_cases", "actions", "objectives", "warnings"):
        theirs |= {number for row in document[table] if of_others(row) for number in numbers_of(row)}
    theirs |= {number for row in document["spread"] if not of_others(row) for number in numbers_of(row)}
    theirs |= {number for row in document["open_cases"] for number in numbers_of([row["p_late"], row["remaining"]])}
    theirs |= {number for row in document["actions"] for number in numbers_of(row["gains"])}
    for pair in found.pairs:
        if name not in (pair.giver, pair.taker):
            theirs |= set(numbers_of(pair.to_dict()))
        elif pair.giver == name and pair.designed.wait is not None:
            theirs.add(pair.designed.wait)
    theirs |= set(numbers_of([one.to_dict() for one in found.burdens]))
    theirs |= {float(team.cost.base) for team in model.all_teams if team.cost is not None}

    def telling(number: float) -> bool:
        return len(f"{abs(number):.12g}".replace(".", "").strip("0")) >= 4

    own = set(numbers_of([one.to_dict() for one in view.handoffs]))
    own |= {number for row in document["indicators"] if not of_others(row) for number in numbers_of(row)}
    own |= {number for row in document["teams"] if not of_others(row) for number in numbers_of(row)}
    own |= {number for step in view.steps for number in (step.visits, step.wait) if number is not None}
    own |= {row["age"] for row in document["open_cases"] if row["at"] in mine}
    own |= {number for row in document["actions"] if not of_others(row) for number in numbers_of(row["move"])}
    for burden in found.burdens:
        own.add(burden.cells.get(name, {}).get(name, 0.0))  # its own part of its own
        if set(burden.cells) == {name}:
            own.add(burden.borne(name))
    secrets = {number for number in theirs - own if telling(number)}
    assert len(secrets) > 100
    shown = set(numbers_of(json.loads(view.to_json())))
    assert {number for number in shown if telling(number)} & secrets == set()
    for form, text in forms(view).items():
        said = {float(number) for number in re.findall(r"-?\d+\.\d{6,}(?:e-?\d+)?", text)}
        assert said & secrets == set(), form


def test_an_outgoing_hand_off_keeps_the_takers_queue_to_the_taker(found: Any) -> None:
    view = mpm.partner_view(found, "studio")
    directions = {(one.direction, one.counterpart): one for one in view.handoffs}
    assert set(directions) == {("in", "marketing"), ("out", "marketing"), ("in", "legal")}
    assert directions["out", "marketing"].designed.wait is None
    assert directions["out", "marketing"].promises[0].designed_late is None
    assert directions["in", "marketing"].designed.wait is not None
    assert all(one.owner is None and one.workflow is None for row in view.handoffs for one in row.promises)


# ------------------------------------------------------------------------------------------ what is in it


def test_it_has_its_own_steps_indicators_cases_and_levers(found: Any) -> None:
    view = mpm.partner_view(found, "studio")
    assert [(step.name, step.kind) for step in view.steps] == [("clear", "decision"), ("design", "step")]
    assert {row.name.partition(".")[0] for row in view.indicators} <= {"clear", "design", "studio"}
    assert {row.at for row in view.open_cases} <= {"clear", "design"}
    assert view.open_cases
    assert {row.lever.partition(".")[0] for row in view.actions} <= {"clear", "design"}
    assert view.load is not None
    assert view.load > view.load_expected


def test_its_part_of_delay_is_that_of_the_matrix(found: Any) -> None:
    view, matrix = mpm.partner_view(found, "studio"), found.burden("delay")
    assert view.delay.borne_of_own + view.delay.borne_of_others == pytest.approx(matrix.borne("studio"))
    assert view.delay.borne_of_own + view.delay.caused_at_others == pytest.approx(matrix.caused("studio"))


def test_the_state_of_a_rule_on_its_own_question_is_told_under_its_own_name() -> None:
    text = """
team house { people 2 }
partner agency { people 2 }
workflow w {
  step brief by house takes 1d
  decision clear by agency takes 1h { yes, no 10% -> brief rework }
}
indicator secret_name "What the boss watches" = rate(clear.no) { warn above 20%, owner "The boss" }
data { series "weekly.csv" { time week } }
"""
    weeks = polars.DataFrame({"week": [f"2026-01-{5 + 7 * n:02d}" for n in range(4)], "clear.no": [0.4] * 4})
    view = mpm.partner_view(mpm.evaluate(mpm.parse(text), series=weeks), "agency")
    row = next(row for row in view.indicators if row.name == "clear.no")
    assert (row.label, row.state, row.observed) == ("clear no", "warn", 0.4)
    for form in forms(view).values():
        assert "secret_name" not in form
        assert "boss" not in form


def test_it_keeps_to_its_schema(found: Any) -> None:
    for name in PARTNERS:
        validate(json.loads(mpm.partner_view(found, name).to_json()), schema("partner-view"))
    validate(json.loads(found.to_json()), schema("handoffs"))


def test_without_data_it_has_what_was_designed() -> None:
    model = mpm.parse(re.sub(r"data \{.*\}", "", ALLIANCE.read_text(encoding="utf-8"), flags=re.DOTALL))
    view = mpm.partner_view(model, "letters")
    assert (view.load, view.delay, view.as_of, view.open_cases) == (None, None, None, ())
    assert view.load_expected == pytest.approx(4 / 7)
    assert [one.counterpart for one in view.handoffs] == ["legal"]
    assert "no event log" in view.notes[0]


def test_an_unknown_partner_is_answered_with_the_nearest(found: Any) -> None:
    with pytest.raises(KeyError, match="there is no partner and no team called 'studioo'; there is studio"):
        mpm.partner_view(found, "studioo")
