"""What `docs/background/what-the-language-cannot-say.md` claims: these forms do not exist."""

from __future__ import annotations

import pytest

from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source


def workflow(*lines: str) -> str:
    return "workflow w {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def causing(clauses: str, source: str = "spend") -> str:
    return (
        "metric spend activity unit eur\nmetric posts activity unit posts\nmetric leads output unit leads\n"
        f"cause {source} -> leads {{ {clauses} }}\n"
    )


WORK = "step work takes 1d"
LIMITS = {
    "routing by data": workflow(WORK, 'choose size { large 30% where amount = "1000" -> work, small }'),
    "memory between decisions": workflow(WORK, "choose k { a 60%, b }", "decision q { yes, no 20% given k.a -> work }"),
    "an arrow out of a branch": workflow(WORK, "parallel p {", "branch { step a takes 1h -> work }", "}"),
    "an arrow into a branch": workflow(
        "parallel p {", "branch { step a takes 1h }", "}", "decision q { yes, no 20% -> a }"
    ),
    "two of three": workflow("any 2 p {", "branch { step a takes 1h }", "}"),
    "a branch that runs sometimes": workflow("parallel p {", "branch 60% { step a takes 1h }", "}"),
    "cancelling the others": workflow("first p cancel {", "branch { step a takes 1h }", "}"),
    "a loop with a count": workflow("repeat 5 { step a takes 1h }"),
    "an event": workflow('event "mail"', WORK),
    "waiting until a day": workflow("step work waits until friday"),
    "a deadline that leads somewhere": workflow("deadline 3d -> work", WORK),
    "the deadline of a step": workflow("step work takes 1d deadline 3d"),
    "a share by date": workflow(WORK, "decision q { yes, no 20% from 2026-01-01 -> work rework }"),
    "arrivals by date": workflow("arrivals 3 per week from 2026-01-01", WORK),
    "times that change by visit": workflow("step work takes 1d then 4h"),
    "holidays": "team t { works mon-fri 09:00-17:00 except 2026-12-25 }\n",
    "time zones": 'team t { works mon-fri 09:00-17:00 "Europe/Berlin" }\n',
    "other resources": "resource room { capacity 1 }\n",
    "two teams for one visit": "team a { people 1 }\nteam b { people 1 }\n" + workflow("step work by a by b takes 1d"),
    "priorities": workflow("step work takes 1d priority 2"),
    "half a person": "team t { people 0.5 }\n",
    "conversion": "metric a activity unit eur\nmetric b activity unit usd\nmetric c activity = a + b\n",
    "a step that costs by the hour": workflow("step work takes 1d costs 40 eur/h"),
    "influences that work together": causing("lag 1w, elasticity 1", source="spend * posts"),
    "shapes of a response": causing("lag 1w, saturates at 100 leads with half at 5k eur and slope 2"),
    "another shape of lag": causing("lag exponential(2w), elasticity 1"),
    "branches that move together": workflow(WORK, "step other takes 1d correlated work"),
    "an uncertain share": workflow(WORK, "decision q { yes, no 10% to 20% -> work rework }"),
    "a variable": "let share = 20%\n",
}


@pytest.mark.parametrize("claim", LIMITS)
def test_this_has_no_form(claim: str) -> None:
    assert compile_source(Source("limit.mpm", LIMITS[claim])).errors


def test_the_same_without_the_claim_is_fine() -> None:
    """So that a slip in the frame of the texts does not make every claim true."""
    for text in (workflow(WORK), causing("lag 1w, elasticity 1"), workflow("parallel p {", "branch { step a }", "}")):
        assert not compile_source(Source("limit.mpm", text)).errors
