"""How long a picture takes: from a model to SVG, with 50, 200 and 500 places, whole, folded and cut to a neighbourhood.

    python benchmarks/pictures.py

The layout is Graphviz's: its own `dot` where that is installed, else graphviz-pure. Beside each time stands the share
of it that the layout program takes by itself, on the same text. Wall-clock seconds, the median of five turns.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

# ruff: noqa: E402 - the path is set before anything that is imported from it
from measuring import machine, table, turns

import mpmflow as mpm
from mpmflow.render.picture import Diagram


def programme(places: int, seed: int = 1) -> str:
    """A workflow of about so many places: stretches of steps, questions that send work back, work side by side."""
    luck = random.Random(seed)
    lines = ['workflow big "A large programme" {', "  team crew { people 5 }", "  team desk { people 2 }"]
    count, behind = 0, ["s0"]
    while count < places:
        kind = luck.random() if count else 0.0
        if kind < 0.55:
            for _ in range(luck.randint(1, 5)):
                lines.append(f'  step s{count} "Prepare part {count}" by crew takes {luck.randint(1, 9)}h')
                behind.append(f"s{count}")
                count += 1
        elif kind < 0.8:
            back = luck.choice(behind[-6:])
            sent = f"no {luck.randint(3, 25)}% -> {back} rework"
            lines.append(f'  decision d{count} "Is part {count} ready?" by desk takes 1h {{ yes, {sent} }}')
            count += 1
        else:
            lines.append(f"  parallel p{count} {{")
            first = count
            for branch in range(3):
                name = f"p{first}_{branch}"
                lines.append(f'    branch {{ step {name} "Make piece {branch} of {first}" by crew takes 2h }}')
            lines.append("  }")
            count += 4
            lines.append(f'  step s{count} "Put together {count}" by crew takes 1h')
            behind = [f"s{count}"]
            count += 1
    return "\n".join([*lines, "}"])


def main() -> None:
    rows = []
    for places in (50, 200, 500):
        model = mpm.parse(programme(places))
        middle = model.workflows[0].body[len(model.workflows[0].body) // 2].name
        asked = {"whole": {}, "--collapse": {"collapse": True}, "--around": {"around": middle}}
        for what, options in asked.items():
            diagram = mpm.draw(model, **options)
            boxes = sum(one.kind == "node" for one in diagram.graph.statements)
            laid_out = Diagram(diagram.title, diagram.graph)
            spent = turns(
                [lambda model=model, options=options: mpm.draw(model, **options).svg(), laid_out.svg],
                5,
                clock=time.perf_counter,
            )
            rows.append(
                [f"{places} places, {what}", str(boxes), f"{spent.median(0):.3f} s", f"{spent.ratio(0, 1):.0%}"]
            )
    print(machine("graphviz-pure"))
    print()
    print(table("Pictures", ["picture", "boxes", "from model to SVG", "of it the layout"], rows))


if __name__ == "__main__":
    main()
