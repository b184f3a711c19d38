"""The nearest name: what somebody meant who wrote a name that does not exist.

Distance is counted in slips of the hand: one letter too many, missing or wrong, or two neighbours swapped (the
restricted Damerau-Levenshtein distance; Boytsov, "Indexing methods for approximate dictionary searching", ACM JEA 16,
2011, section 2.1). Capitals, blanks, hyphens and underscores count nothing, and of a long name one half may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["distance", "nearest"]


def distance(left: str, right: str, limit: int) -> int:
    """The number of slips between two words, or `limit + 1` if there are more than `limit`.

    >>> distance("decsion", "decision", 2), distance("tiem", "time", 2), distance("cat", "elephant", 2)
    (1, 1, 3)
    """
    if left == right:
        return 0
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            best = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def nearest(name: str, known: Iterable[str], *, most: int = 1) -> tuple[str, ...]:
    """The known names that `name` was probably meant to be, the likeliest first, at most `most`.

    Up to two letters long a name allows no slip but capitals, up to four letters one, up to eight two, beyond that
    three. Names at the same distance come in alphabetical order. A name is never its own suggestion.

    >>> nearest("Brief_Complete", ["brief_complete", "brief"])
    ('brief_complete',)
    >>> nearest("breif", ["brief", "launch"]), nearest("xyz", ["brief"])
    (('brief',), ())
    >>> nearest("complete", ["brief_complete", "launch"])
    ('brief_complete',)
    """
    plain = _plain(name)
    if len(plain) > 80:
        return ()
    limit = 0 if len(plain) <= 2 else 1 if len(plain) <= 4 else 2 if len(plain) <= 8 else 3
    ranked: list[tuple[int, str]] = []
    for other in set(known):
        if other == name:
            continue
        target = _plain(other)
        slips = distance(plain, target, limit)
        if slips <= limit:
            ranked.append((slips, other))
        elif len(plain) >= 4 and (_halves(plain, name, other)):
            ranked.append((limit + 1, other))
    return tuple(other for _, other in sorted(ranked)[:most])


def _plain(name: str) -> str:
    return "".join(name.casefold().replace("_", "").replace("-", "").split())


def _halves(plain: str, name: str, other: str) -> bool:
    """Whether one of the names is a part of the other, cut at an underscore or a dot."""
    mine = name.casefold().replace(".", "_").split("_")
    theirs = other.casefold().replace(".", "_").split("_")
    return (len(theirs) > 1 and name.casefold() in theirs) or (
        len(mine) > 1 and len(other) >= 4 and other.casefold() in mine
    )
