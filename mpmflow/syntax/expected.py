"""What may stand at a place in a text: what an editor offers there."""

from __future__ import annotations

from dataclasses import dataclass

from mpmflow.diagnostics.source import Source
from mpmflow.syntax.lexer import Token, vocabulary
from mpmflow.syntax.parse import open_end

__all__ = ["Expected", "expected_behind"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What may follow a text.

    Attributes:
        terminals: the kinds of words and signs.
        words: those of them that are words of the language, sorted.
        last: the token before, None at the start.
        context: the word that the line or clause begins with, or that opened the block.
        blocks: the words of the statements around the place, the innermost last.
    """

    terminals: frozenset[str]
    words: tuple[str, ...]
    last: Token | None
    context: str
    blocks: tuple[str, ...]


def expected_behind(text: str) -> Expected:
    """What may stand behind a text; lines that are broken before it do not matter.

    >>> found = expected_behind("team legal { people 1, ")
    >>> found.words[:3], found.blocks
    (('allow', 'cost', 'owner'), ('team',))
    """
    able, last, context, blocks = open_end(Source("", text))
    words = sorted({word for kind in able for word in vocabulary().words(kind)})
    return Expected(able, tuple(words), last, context, blocks)
