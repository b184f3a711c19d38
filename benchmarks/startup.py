"""How long the quick verbs take to start: `python benchmarks/startup.py`.

Processor time of whole processes, the least of several runs, so that a busy machine disturbs little. The measure to
hold them against is a Python that imports lark and pydantic and nothing else; checking 300 lines may take 250 ms more.
An installed mpmflow has compiled modules, as lark and pydantic have; so a checkout's are compiled first, whatever
PYTHONDONTWRITEBYTECODE says. Needs a POSIX system.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 8

WORKFLOW = """\
workflow travel{n} "Travel expenses" {{
  deadline 20d
  team office{n} {{ people 2, owner "Office" }}
  step submit{n} "Hand in" takes 1h
  decision approved{n} "Is it in order?" by office{n} takes 10min {{
    yes
    no 10% -> submit{n} rework
  }}
  done
}}
"""


def seconds(*arguments: str) -> float:
    """The least processor time of a Python with these arguments."""
    least = float("inf")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(RUNS):
        process = subprocess.Popen(
            [sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, _, used = os.wait4(process.pid, 0)
        least = min(least, used.ru_utime + used.ru_stime)
    return least


def main() -> None:
    """Print the table."""
    compileall.compile_dir(ROOT / "mpmflow", quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.mpm"
        file.write_text("".join(WORKFLOW.format(n=n) for n in range(30)), encoding="utf-8")
        lines = len(file.read_text(encoding="utf-8").splitlines())
        base = seconds("-c", "import lark, pydantic")
        print(f"{'import lark, pydantic':32} {base * 1000:5.0f} ms")
        for name, arguments in {
            "import mpmflow": ("-c", "import mpmflow"),
            "mpmflow --version": ("-m", "mpmflow", "--version"),
            f"mpmflow check, {lines} lines": ("-m", "mpmflow", "check", str(file)),
        }.items():
            taken = seconds(*arguments)
            print(f"{name:32} {taken * 1000:5.0f} ms, {(taken - base) * 1000:+5.0f} ms")


if __name__ == "__main__":
    main()
