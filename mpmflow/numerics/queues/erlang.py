"""Erlang's formulas: the chance that all servers are busy, that an arrival has to wait, and its slope.

Sources: Erlang 1917; the recursion is Jagerman 1974. Exact for Poisson arrivals; any number of servers.
"""

from __future__ import annotations


def erlang_b(servers: int, offered: float) -> float:
    """Chance that all servers are busy when nobody waits (calls are lost); by the stable recursion, any size.

    >>> round(erlang_b(10, 7.0), 6)
    0.078741
    """
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """Chance that an arrival has to wait, `offered` in servers' worth of work; 1 from `servers` on.

    >>> erlang_c(1, 0.5), round(erlang_c(2, 1.0), 12) == round(1 / 3, 12)
    (0.5, True)
    """
    if offered >= servers:
        return 1.0
    blocked = erlang_b(servers, offered)
    return servers * blocked / (servers - offered * (1.0 - blocked)) if blocked > 0.0 else 0.0


def erlang_c_slope(servers: int, offered: float) -> float:
    """Derivative of `erlang_c` in the offered work."""
    if offered <= 0.0:
        return 1.0 if servers == 1 else 0.0
    blocked = erlang_b(servers, offered)
    blocked_slope = blocked * (servers / offered - 1.0 + blocked)
    below = servers - offered * (1.0 - blocked)
    return servers * (blocked_slope * below + blocked * (1.0 - blocked - offered * blocked_slope)) / below**2
