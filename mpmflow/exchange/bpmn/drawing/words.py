"""How much room words need: widths of letters as most tools draw them, and how lines break.

Tools draw labels in Arial or a face of the same widths; letters that are not listed count as wide ones, so that a
label is rather narrower than its room.
"""

from __future__ import annotations

from functools import lru_cache

SMALL, LARGE = 11, 12
"""Sizes of letters: of labels beside shapes, and of those inside tasks."""

LINE = 1.2
"""Height of a line, in letters."""

_WIDTHS = {
    0.23: "ijl'|", 0.29: " .,:;!/\\()[]ft`I", 0.36: "r-\"{}*", 0.5: "ckszxvyJ", 0.56: "abdeghnopqu0123456789_#$?L",
    0.6: "+<>=~^TZF", 0.67: "ABEKPSVXY&", 0.73: "CDHNRUw", 0.79: "GOQ", 0.84: "mM", 0.95: "W%", 1.02: "@",
}  # fmt: skip
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters}


def width(text: str, size: int) -> float:
    """Width of a line.

    >>> round(width("approve", 11), 1)
    40.3
    """
    return sum(_WIDTH.get(letter, 0.6 if letter.isascii() or (letter.isalpha() and letter < "\u0500") else 1.0)
               for letter in text) * size  # fmt: skip


@lru_cache(maxsize=4096)
def lines(text: str, room: float, size: int) -> tuple[str, ...]:
    """The lines into which a text breaks; a word that is wider than the room is cut.

    >>> lines("Is the brief complete?", 70, 11)
    ('Is the brief', 'complete?')
    """
    found: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}".strip()
        if width(joined, size) <= room:
            line = joined
            continue
        if line:
            found.append(line)
        while width(word, size) > room and len(word) > 1:
            cut = next(n for n in range(len(word), 0, -1) if n == 1 or width(word[:n], size) <= room)
            found.append(word[:cut])
            word = word[cut:]
        line = word
    return (*found, line) if line else tuple(found)


def box(text: str, room: float, size: int) -> tuple[int, int]:
    """Width and height of a text that breaks into lines no wider than `room`."""
    parts = lines(text, room, size)
    if not parts:
        return 0, 0
    return int(max(width(part, size) for part in parts)) + 3, int(len(parts) * size * LINE) + 2
