"""Processes of every form, drawn by hypothesis: blocks in blocks, arrows back and ahead, calls, ends with names."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from mpmflow.model import distributions as law
from mpmflow.model import process
from mpmflow.model.model import Model
from tests import strategies as forms

TEAMS = ("marketing", "legal", "agency")
labels = (
    st.none()
    | st.sampled_from(["Write it", "Is it in order?", "Größe prüfen", "a < b & c", "x  y", "審査"])
    | forms.texts
)
durations = st.one_of(
    st.builds(law.Constant, value=forms.spans),
    st.builds(law.Exponential, mean=forms.spans),
    st.builds(law.Lognormal, mean=forms.spans, sd=forms.spans),
    st.builds(law.Weibull, shape=st.integers(1, 5), scale=forms.spans),
    st.builds(law.Triangular, low=st.just("1h"), mode=st.just("2h"), high=st.just("3d")),
)


class Names:
    """Names that no statement of a file has twice."""

    def __init__(self) -> None:
        self.count = 0

    def next(self, word: str) -> str:
        self.count += 1
        return f"{word}{self.count}"


@st.composite
def models(draw: st.DrawFn, most: int = 6) -> Model:
    """A model whose process `check` finds no fault with that a diagram could not hold; all else as it comes."""
    names = Names()
    teams = tuple(
        process.Team(name=name, partner=name == "agency", label=draw(labels), people=draw(st.integers(1, 9)))
        for name in TEAMS[: draw(st.integers(0, 3))]
    )
    called = draw(st.booleans())
    workflows = []
    if called:
        workflows.append(_workflow(draw, names, "review", teams, (), 2))
    workflows.append(_workflow(draw, names, "main", teams, ("review",) if called else (), most))
    metrics = draw(st.lists(forms.metrics, max_size=1, unique_by=lambda one: one.name))
    return Model(teams=teams, workflows=workflows[::-1], metrics=metrics)


def _workflow(
    draw: st.DrawFn, names: Names, name: str, teams: tuple[process.Team, ...], calls: tuple[str, ...], most: int
) -> process.Workflow:
    ends = [names.next("end") for _ in range(draw(st.integers(0, 2)))]
    body = _body(draw, names, tuple(team.name for team in teams), calls, most, 0, ends)
    last = [process.End(kind=draw(st.sampled_from(["done", "scrap"])), name=end) for end in ends]
    rate = st.builds(process.PoissonArrivals, cases=st.integers(1, 9), per=forms.spans)
    gaps = st.builds(process.RenewalArrivals, gap=durations)
    return process.Workflow(
        name=name, label=draw(labels), owner=draw(forms.labels), arrivals=draw(st.none() | rate | gaps),
        deadline=draw(st.none() | forms.spans), body=(*body, *last),
    )  # fmt: skip


def _body(
    draw: st.DrawFn,
    names: Names,
    teams: tuple[str, ...],
    calls: tuple[str, ...],
    most: int,
    depth: int,
    ends: list[str],
) -> tuple[process.Node, ...]:
    count = draw(st.integers(1 if depth == 0 else 0, most))
    kinds = [draw(st.sampled_from(("step", "step", "decision", "choose", "parallel", "call"))) for _ in range(count)]
    own = [names.next(kind) for kind in kinds]
    found: list[process.Node] = []
    for place, (kind, name) in enumerate(zip(kinds, own, strict=True)):
        ahead = [*own[place + 1 :], *ends, "done", "scrap"] if depth == 0 else [*own[place + 1 :], "done", "scrap"]
        by = draw(st.none() | st.sampled_from(teams)) if teams else None
        work = {
            "name": name, "label": draw(labels), "by": by, "takes": draw(st.none() | durations),
            "waits": draw(st.none() | durations), "costs": draw(st.sampled_from([None, "40 eur"])),
            "seen_as": draw(st.none() | forms.seen),
        }  # fmt: skip
        if kind == "parallel" and depth < 2:
            branches = tuple(
                process.Branch(body=_body(draw, names, teams, calls, max(1, most // 2), depth + 1, ends))
                for _ in range(draw(st.integers(2, 3)))
            )
            join = draw(st.sampled_from(["all", "first"]))
            found.append(process.Parallel(name=name, label=draw(labels), join=join, branches=branches))
        elif kind in ("decision", "choose"):
            made = process.Decision if kind == "decision" else process.Choose
            found.append(made(outcomes=_outcomes(draw, own[: place + 1], ahead), **work))
        elif kind == "call" and calls:
            found.append(process.Call(name=name, label=draw(labels), workflow=calls[0]))
        else:
            found.append(process.Step(**work))
    return tuple(found)


def _outcomes(draw: st.DrawFn, back: list[str], ahead: list[str]) -> tuple[process.Outcome, ...]:
    found = [process.Outcome(name="on", label=draw(labels))]
    for name in draw(st.lists(st.sampled_from(["no", "later", "fix", "stop"]), max_size=3, unique=True)):
        rework, scrap = name in ("no", "fix"), name == "stop" and draw(st.booleans())
        target = draw(st.sampled_from(back if rework else ahead))
        limit = draw(st.none() | st.builds(process.AtMost, times=st.integers(1, 3), target=st.sampled_from(ahead)))
        found.append(
            process.Outcome(
                name=name, label=draw(labels), share=draw(st.sampled_from(["1%", "20%", ("1/10", "1/20")])),
                target=None if scrap else target, scrap=scrap, rework=rework, at_most=limit if rework else None,
                delay=draw(durations) if name == "later" else None,
            )
        )  # fmt: skip
    return tuple(found)


def large(steps: int, seed: int = 1) -> str:
    """The text of a process of so many steps, by five teams, with side work and much that comes back."""
    rng = random.Random(seed)
    teams = ("marketing", "legal", "design", "media", "sales")
    lines = ['workflow programme "A large campaign programme" {', "  arrivals 3 per week"]
    lines += [f"  {'partner' if name == 'sales' else 'team'} {name} {{ people 2 }}" for name in teams]
    names: list[str] = []
    team, count = teams[0], 0
    while count < steps:
        team = rng.choice(teams) if rng.random() < 0.3 else team
        work, roll = rng.choice(("the brief", "the budget", "a landing page", "the invitations")), rng.random()
        if roll < 0.08:
            lines.append(f"  parallel block{count} {{")
            for _ in range(rng.randint(2, 3)):
                other, length = rng.choice(teams), rng.randint(1, 3)
                inner = " ".join(f'step s{count + n} "Write {work}" by {other} takes 2h\n' for n in range(length))
                lines.append(f"    branch {{ {inner} }}")
                count += length
            lines.append("  }")
            continue
        if roll < 0.35 and names:
            lines += [f'  decision d{count} "Is {work} in order?" by {team} takes 1h {{', "    yes"]
            lines.append(f"    no 12% -> {names[max(0, len(names) - rng.randint(1, 6))]} rework")
            lines += [f"    later 3% -> d{count} delay 2d"] if rng.random() < 0.3 else []
            lines += ["    stop 1% scrap"] if rng.random() < 0.3 else []
            lines.append("  }")
            names.append(f"d{count}")
        else:
            lines.append(f'  step s{count} "Prepare {work}" by {team} takes {rng.randint(1, 9)}h')
            names.append(f"s{count}")
        count += 1
    return "\n".join([*lines, "  done", "}"])
