"""Rules beside an embeddable rule engine and hand-written numpy, in one run; and how long `mpmflow test` takes.

    pip install -r benchmarks/requirements.txt     # common-expression-language; its row stays empty without it
    python benchmarks/rules.py

A hundred rules of two comparisons each, over 10,000 samples of twenty figures. Ours and numpy make the five states,
with a span of two periods to be waited out (`warn above A and below B for 2w`); CEL, the fastest rule engine that takes
rules as text, makes the verdict of each comparison alone, in one program that returns the list of all hundred, because
it knows no time. All verdicts agree. Then 1,000 rows of a `test` block, each with its own values, dates and states,
from the text to the verdict.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

# ruff: noqa: E402 - the path is set before anything that is imported from it
import numpy as np
from measuring import machine, table, turns

import mpmflow as mpm
from mpmflow.analysis.rules import Series, follow
from mpmflow.model.rules import Both, Held, Rule, Threshold

SAMPLES, RULES, FIGURES, TURNS, ROWS = 10_000, 100, 20, 7, 1_000
WEEK = 604800.0

draw = np.random.default_rng(9)
WHICH = draw.integers(0, FIGURES, RULES)
LOW, HIGH = draw.uniform(0.1, 0.7, RULES).round(3), draw.uniform(0.3, 0.9, RULES).round(3)
TABLE = np.ascontiguousarray(draw.random((SAMPLES, FIGURES)).T)
WRITTEN = [
    Rule(
        level="warn",
        condition=Held(
            condition=Both(left=Threshold(side="above", value=low), right=Threshold(side="below", value=high)),
            span="2w",
        ),
    )
    for low, high in zip(LOW.tolist(), HIGH.tolist(), strict=True)
]
SERIES = [Series(row, WEEK) for row in TABLE]


def ours() -> list[np.ndarray]:
    """The states of every rule, as codes."""
    return [follow([rule], SERIES[which]).codes for rule, which in zip(WRITTEN, WHICH, strict=True)]


def by_hand() -> list[np.ndarray]:
    """The same, as somebody would write it for these very rules and for data without gaps."""
    found = []
    for low, high, which in zip(LOW, HIGH, WHICH, strict=True):
        row = TABLE[which]
        holds = (row > low) & (row < high)
        fires = np.zeros_like(holds)
        fires[2:] = holds[2:] & holds[1:-1] & holds[:-2]
        codes = np.zeros(SAMPLES, dtype=np.int8)
        codes[holds] = 1
        codes[fires] = 2
        found.append(codes)
    return found


def cel_program() -> Callable[[], int] | None:
    """One CEL program of all comparisons, run once a sample; gives how many hold. None where CEL is not installed."""
    try:
        import cel
    except ImportError:
        return None
    text = ", ".join(
        f"m{which} > {low} && m{which} < {high}" for low, high, which in zip(LOW, HIGH, WHICH, strict=True)
    )
    program = cel.compile(f"[{text}]")
    rows = [{f"m{figure}": value for figure, value in enumerate(row)} for row in TABLE.T.tolist()]
    return lambda: sum(sum(program.execute(row)) for row in rows)


def thousand_rows() -> str:
    """A model with a test of a thousand rows."""
    rows = "\n".join(
        f"           | {share}% | {'warn' if share > 25 else 'ok'} |"
        for share in (round(15 + 0.02 * number, 2) for number in range(ROWS))
    )
    return f"""\
workflow w {{
  step brief takes 1d
  decision complete {{ yes, no 20% -> brief rework }}
}}
metric speed operational = time(w) unit d
indicator back = rate(complete.no) {{ warn above 25% for 2w, clears below 22%, alert above 60% or out of control }}
test "levels" {{
  examples | share | state |
{rows}
  given complete.no = share + 0% x 3 every 1w from 2026-01-05
  expect back is state at 2026-01-26
  expect no alert on back
}}
"""


def main() -> None:
    """Let the sides take turns, and print markdown."""
    states = ours()
    assert all((one == two).all() for one, two in zip(states, by_hand(), strict=True))
    sides: dict[str, Callable[[], object]] = {"mpmflow, five states": ours, "numpy by hand, five states": by_hand}
    cel = cel_program()
    if cel is not None:
        assert cel() == sum(int((codes > 0).sum()) for codes in states)
        sides["CEL, verdicts alone"] = cel
    spent = turns(list(sides.values()), TURNS)
    rows = [
        [
            name,
            f"{1e3 * spent.median(side):.1f}",
            f"{SAMPLES * RULES / spent.median(side) / 1e6:.1f}",
            f"{spent.ratio(0, side):.2f}",
        ]
        for side, name in enumerate(sides)
    ]
    if cel is None:
        rows.append(["CEL", "not installed", "", ""])
    head = ["side", "ms", "million rules a second", "times as long as mpmflow"]
    print(machine("mpmflow", "numpy", "common-expression-language"), end="\n\n")
    print(table(f"{RULES} rules of two comparisons over {SAMPLES:,} samples", head, rows))
    text = thousand_rows()
    run = mpm.run_tests(mpm.parse(text))
    assert run.passed
    assert len(run.cases) == ROWS
    whole = turns([lambda: mpm.run_tests(mpm.parse(text))], 3)
    print(f"{ROWS:,} rows of a test, from the text to the verdict: {whole.median(0):.2f} s")


if __name__ == "__main__":
    main()
