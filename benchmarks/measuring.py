"""What the benchmarks share: sides that take turns, peak memory, the machine, markdown."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@dataclass
class Turns:
    """Seconds of each side, turn by turn."""

    spent: list[list[float]]

    def median(self, side: int) -> float:
        """Median seconds of a side."""
        return statistics.median(self.spent[side])

    def least(self, side: int) -> float:
        """Least seconds of a side: a busy machine only ever adds to them."""
        return min(self.spent[side])

    def ratio(self, side: int, other: int) -> float:
        """Median, over turns, of how many times longer `other` took than `side` in that turn."""
        pairs = list(zip(self.spent[other], self.spent[side], strict=False))
        return statistics.median(there / here for there, here in pairs)


def turns(
    sides: Sequence[Callable[[], object]],
    rounds: int,
    warm: bool = True,
    clock: Callable[[], float] = time.process_time,
) -> Turns:
    """Every side in turn, after one warm-up unless they are warm; by default in seconds of the processor."""
    spent: list[list[float]] = [[] for _ in sides]
    for turn in range(0 if warm else 1, rounds + 1):
        for side, run in enumerate(sides):
            begin = clock()
            run()
            if turn:
                spent[side].append(clock() - begin)
    return Turns(spent)


def peak_memory() -> int:
    """The most memory that this process has held so far, in MiB; 0 where the system does not say."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else []:
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def table(title: str, head: list[str], rows: list[list[str]]) -> str:
    """One markdown table."""
    lines = [f"## {title}", "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def machine(*packages: str) -> str:
    """Processor, cores, versions, day."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    told = [f"{names[0]}, {len(names)} cores" if names else platform.processor(), f"Python {platform.python_version()}"]
    for package in packages:
        try:
            told.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            told.append(f"no {package}")
    return f"{date.today().isoformat()}. {', '.join(told)}."
