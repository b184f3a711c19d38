"""A program that records forecasts and is killed by its test: it says which were acknowledged.

python recorded_and_killed.py LEDGER ACKNOWLEDGED FIRST COUNT
"""

from __future__ import annotations

import sys

import mpmflow as mpm
from tests.live.forecasters import forecast


def main() -> None:
    """Record forecasts by their numbers, one or a few a step, and say so after each."""
    path, acknowledged, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with mpm.Ledger(path) as ledger, open(acknowledged, "a") as acks:
        print("open", file=acks, flush=True)
        number = first
        while number < first + count:
            step = [forecast(one) for one in range(number, min(number + 1 + number % 3, first + count))]
            recorded = ledger.keep(step, author="Ann")
            number += len(step)
            print(*(entry.id for entry in recorded.added), file=acks, flush=True)


if __name__ == "__main__":
    main()
