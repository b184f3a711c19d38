"""Random workflows as text, each from its seed: steps and decisions that send back, skip ahead, delay and scrap."""

from __future__ import annotations

import random

TIMES = ("{a}h", "{a}h to {b}h", "exponential({a}h)", "gamma(mean {b}h, sd {a}h)", "triangular({a}h, {a}h, {b}h)")


def random_workflow(seed: int) -> str:
    """The text of a workflow with 3 to 40 steps, a third of them decisions that send back, skip, delay or scrap."""
    rng = random.Random(seed)
    size = rng.randint(3, 40)
    lines = ["workflow w {", f"  team crew {{ people 2, cost {rng.randint(20, 90)} eur/h }}"]
    kinds = ["step"] + [rng.choice(("step", "step", "decision")) for _ in range(size - 2)] + ["step"]
    counting = rng.random() < 0.3  # only some, for copies multiply
    for at, kind in enumerate(kinds):
        a = rng.randint(1, 9)
        time = rng.choice(TIMES).format(a=a, b=a + rng.randint(1, 9))
        clauses = f" takes {time}" if rng.random() < 0.8 else ""
        clauses += " by crew" if rng.random() < 0.5 else ""
        clauses += f" costs {rng.randint(1, 500)} eur" if rng.random() < 0.3 else ""
        clauses += f" waits exponential({rng.randint(1, 30)}h)" if rng.random() < 0.2 else ""
        lines.append(f"  {kind} n{at}{clauses}" + (" {" if kind == "decision" else ""))
        if kind == "decision":
            lines += _outcomes(rng, at, size, counting)
            counting = counting and rng.random() < 0.5
    return "\n".join([*lines, "}"])


def _outcomes(rng: random.Random, at: int, size: int, counting: bool) -> list[str]:
    found = ["    on"]
    back = rng.randrange(max(0, at - 8), at + 1)
    share = f"{rng.randint(1, 30)}%" + (f" then {rng.randint(1, 15)}%" if counting else "")
    most = f" at most {rng.randint(1, 3)} then -> n{rng.randrange(at + 1, size)}" if counting else ""
    found.append(f"    again {share} -> n{back} rework{most}")
    if rng.random() < 0.5:
        found.append(f"    skip {rng.randint(1, 20)}.5% -> n{rng.randrange(at + 1, size)}")
    if rng.random() < 0.4:
        found.append(f"    later {rng.randint(1, 9)}% -> n{at} delay {rng.randint(1, 5)}d")
    if rng.random() < 0.4:
        found.append(f"    lost {rng.randint(1, 9)}% scrap")
    return [*found, "  }"]
