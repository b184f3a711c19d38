"""Spreading money over channels: in equal shares, each where it does most, then exchanged until no exchange helps.

With responses that bend down, and a figure that adds up, giving every share to whoever gains most from it is best
possible (O. Gross 1956; B. Fox, Management Science 13, 1966). For a chance, or a ratio, it need not be: so shares are
exchanged between all pairs of channels, and with what is left unspent, from several starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

SHARES = 120
"""The money is handed out in so many equal shares."""
EXCHANGED = (16, 4, 1)

Score = Callable[[tuple[float, ...]], float]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one channel takes at least and at most, over the whole time."""

    low: float
    high: float


def spread(money: float, bounds: Sequence[Bounds], score: Score, start: Sequence[float] = ()) -> tuple[float, ...]:
    """How much each channel gets, so that `score` is largest; nothing needs to be spent that does harm.

    Args:
        money: what may be spent; at least the sum of all `low`.
        score: of amounts, the larger the better.
        start: amounts to begin an exchange with too, such as those of today.

    Two channels that bend alike share alike:

    >>> spread(10.0, [Bounds(0.0, 100.0)] * 2, lambda x: x[0] ** 0.5 + x[1] ** 0.5)
    (5.0, 5.0)
    """
    least = np.array([one.low for one in bounds])
    share = (money - least.sum()) / SHARES
    if not bounds or share <= 0.0:
        return tuple(least.tolist())
    most = [int(min(SHARES, (one.high - one.low) / share + 1e-9)) for one in bounds]
    known: dict[tuple[int, ...], float] = {}

    def worth(counts: tuple[int, ...]) -> float:
        if counts not in known:
            known[counts] = score(_amounts(counts, least, share))
        return known[counts]

    starts = [_filled(worth, most, until_harm) for until_harm in (False, True)]
    if start:
        wanted = (np.asarray(start) - least) / share
        counts = [int(np.clip(round(one), 0, cap)) for one, cap in zip(wanted, most, strict=True)]
        while sum(counts) > SHARES:
            counts[int(np.argmax(counts))] -= 1
        starts.insert(0, tuple(counts))
    # Of ways that are as good the first is kept: the one that begins where things stand.
    best = max((_exchanged(worth, counts, most) for counts in dict.fromkeys(starts)), key=worth)
    return _amounts(best, least, share)


def _amounts(counts: Sequence[int], least: np.ndarray, share: float) -> tuple[float, ...]:
    return tuple((least + share * np.array(counts)).tolist())


def _filled(worth: Callable[[tuple[int, ...]], float], most: Sequence[int], until_harm: bool) -> tuple[int, ...]:
    """Share by share to whoever gains most, until nothing is left; or until nobody gains."""
    counts = (0,) * len(most)
    for _ in range(SHARES):
        options = [_moved(counts, channel, 1) for channel in range(len(most)) if counts[channel] < most[channel]]
        if not options:
            break
        best = max(options, key=lambda one: (worth(one), one))
        if until_harm and worth(best) < worth(counts):
            break
        counts = best
    return counts


def _exchanged(
    worth: Callable[[tuple[int, ...]], float], counts: tuple[int, ...], most: Sequence[int]
) -> tuple[int, ...]:
    """Shares moved between channels, or kept, as long as that helps: many at once first, then fewer."""
    for step in EXCHANGED:
        while True:
            left = SHARES - sum(counts)
            options = []
            for giver in range(-1, len(most)):
                given = min(step, left if giver < 0 else counts[giver])
                for taker in range(-1, len(most)):
                    if given <= 0 or giver == taker or (taker >= 0 and counts[taker] + given > most[taker]):
                        continue
                    options.append(_moved(_moved(counts, giver, -given), taker, given))
            best = max(options, key=lambda one: (worth(one), one), default=counts)
            if not options or worth(best) <= worth(counts) + 1e-12 * abs(worth(counts)):
                break
            counts = best
    return counts


def _moved(counts: tuple[int, ...], channel: int, by: int) -> tuple[int, ...]:
    """Counts with some more in one channel; -1 is what is kept."""
    return tuple(one + by if number == channel else one for number, one in enumerate(counts))
