"""Names for what a log shows: short identifiers that are unique in the file, and questions in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mpmflow.model.process import TAKEN_OUTCOMES

LONGEST_NAME = 36
_SMALL = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"}
)
_TAKEN = frozenset({"done", "scrap", "start", "and", "or", "not"}) | TAKEN_OUTCOMES

_YES = ("approv", "accept", "pass", "grant", "confirm", "agree", "allow", "valid", "yes", "ok", "won")
_NO = ("reject", "declin", "fail", "refus", "denied", "deny", "cancel", "disagree", "disallow", "invalid", "no", "lost")
"""How words begin that say yes or no; the short ones are whole words."""


class Names:
    """Gives out names that no other part of the file has.

    >>> names = Names()
    >>> names.of("T02 Check: confirmation of receipt"), names.of("Check confirmation"), names.of("check  confirmation")
    ('t02_check_confirmation_of_receipt', 'check_confirmation', 'check_confirmation_2')
    >>> names.of("24h hold"), names.of("done"), names.of("???")
    ('on_24h_hold', 'step_done', 'activity')
    """

    def __init__(self) -> None:
        self.given: set[str] = set()

    def of(self, text: str) -> str:
        """A name for an activity, or anything else with words."""
        return self.unique(identifier(text))

    def unique(self, name: str) -> str:
        """The name itself, or with the first number behind it that nothing else has."""
        found, number = name, 2
        while found in self.given:
            found, number = f"{name}_{number}", number + 1
        self.given.add(found)
        return found


def identifier(text: str) -> str:
    """The words of a text as a name: small letters, `_` between words; small words go where it is too long.

    >>> identifier("Declaration FINAL_APPROVED by SUPERVISOR"), identifier("Turn & Mill. & Screw Assem")
    ('declaration_final_approved_by_supervisor', 'turn_mill_screw_assem')
    """
    plain = re.sub(r"(?<=\w)['\u2019](?=\w)", "", text.casefold())
    words = [word for word in re.split(r"[\W_]+", plain) if word]
    joined = "_".join(words)
    if len(joined) > LONGEST_NAME + 4:
        words = [word for word in words if word not in _SMALL] or words
        while len(words) > 1 and len("_".join(words)) > LONGEST_NAME:
            words.pop()
        joined = "_".join(words)[: 2 * LONGEST_NAME]
    if not joined:
        return "activity"
    if not (joined[0].isalpha() and joined.isidentifier()):
        joined = f"on_{joined}"
    return f"step_{joined}" if joined in _TAKEN else joined


def answers(activities: Sequence[str], one: int, two: int) -> tuple[str, str, str] | None:
    """What two activities ask together, where they are a yes and a no to one question: the words they share with a gap
    as `…`, the word of the first and that of the second. None when they are not.

    >>> answers(["Claim APPROVED by ADMIN", "Claim REJECTED by ADMIN", "Pay claim"], 0, 1)
    ('Claim … by ADMIN', 'APPROVED', 'REJECTED')
    >>> answers(["Claim APPROVED by ADMIN", "Claim REJECTED by ADMIN", "Pay claim"], 0, 2) is None
    True
    """
    left, right = activities[one].split(), activities[two].split()
    if len(left) != len(right):
        return None
    apart = [place for place, (a, b) in enumerate(zip(left, right, strict=True)) if a.casefold() != b.casefold()]
    if len(apart) != 1:
        return None
    place = apart[0]
    a, b = left[place], right[place]
    if not (_says(a, _YES) and _says(b, _NO)):
        return None
    return " ".join([*left[:place], "…", *left[place + 1 :]]), a, b


def says(activity: str, *, yes: bool) -> bool:
    """Whether an activity has a word that says yes, or one that says no."""
    return any(_says(word, _YES if yes else _NO) for word in activity.split())


def _says(word: str, beginnings: Sequence[str]) -> bool:
    parts = [part for part in re.split(r"[\W_]+", word.casefold()) if part]
    return any(part == one or (len(one) > 3 and part.startswith(one)) for part in parts for one in beginnings)
