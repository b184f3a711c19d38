"""Times that are written as text, all in one form, read by whatever engine holds them.

The form is that of one of them: `2026-03-02`, or with a clock, parts of a second and a zone, each at its fixed place.
What an engine makes of a text of its own accord differs from the next one; digits and whole numbers do not. So a form
is a pattern that every text must match, and a moment is counted from the digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from .periods import DAY

SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d(?:(?P<between>[T ])\d\d:\d\d(?P<seconds>:\d\d)?(?:\.(?P<part>\d{1,9}))?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)

EPOCH = 719_468
"""Days from 0000-03-01 to 1970-01-01, in the calendar that is used today."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """How times are written.

    Attributes:
        length: of each of them.
        between: what stands between day and clock; empty where they are days.
        seconds: whether the clock has seconds.
        digits: of the parts of a second.
        zone: empty, `Z`, or `+` for hours and minutes of any sign.
    """

    length: int
    between: str = ""
    seconds: bool = False
    digits: int = 0
    zone: str = ""

    @classmethod
    def of(cls, text: str) -> Stamp | None:
        """The form of a text, None for one that is no time or written otherwise.

        >>> Stamp.of("2026-03-02 14:30:00.5Z")
        Stamp(length=22, between=' ', seconds=True, digits=1, zone='Z')
        """
        shape = SHAPE.fullmatch(text)
        if shape is None or (shape["part"] and not shape["seconds"]):
            return None
        zone = "+" if (shape["zone"] or "Z") != "Z" else shape["zone"] or ""
        return cls(len(text), shape["between"] or "", bool(shape["seconds"]), len(shape["part"] or ""), zone)

    @property
    def without_zone(self) -> bool:
        """Whether a reader should know that UTC was taken; a day alone has no zone and needs none."""
        return bool(self.between) and not self.zone

    @property
    def size(self) -> int:
        """The length up to the end of the clock's last whole number."""
        return 10 if not self.between else 19 if self.seconds else 16

    @property
    def pattern(self) -> str:
        """What all texts match: the days of the calendar, and clocks up to 23:59:59."""
        month = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
        fourth = "(0[48]|[2468][048]|[13579][26])"
        leap = f"([0-9]{{2}}{fourth}|(00|{fourth})00)-02-29"
        hours = "([01][0-9]|2[0-3]):[0-5][0-9]"
        clock = self.between + hours + (":[0-5][0-9]" if self.seconds else "") if self.between else ""
        part = rf"\.[0-9]{{{self.digits}}}" if self.digits else ""
        zone = f"[+-]{hours}" if self.zone == "+" else self.zone
        return f"^([0-9]{{4}}-({month})|{leap}){clock}{part}{zone}$"

    def fits(self, text: Any) -> Any:
        """Whether a text is written so: an expression for any engine, null for a null."""
        # A line's end at the end of a text is overlooked by some engines' patterns.
        exact = text.str.len_chars() == self.length
        return text.str.contains(self.pattern) & exact & ~text.str.starts_with("0000")

    def moment(self, text: Any) -> Any:
        """The moment of a text that fits: an expression for any engine, in whole numbers."""
        year, month, day = (_number(text, *place) for place in ((0, 4), (5, 2), (8, 2)))
        # Years that begin in March have their odd day at the end.
        months = (month + 9) % 12
        year = year - months // 10
        days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * months + 2) // 5 + day - 1 - EPOCH
        ms = days * DAY
        if self.between:
            ms = ms + _number(text, 11, 2) * 3_600_000 + _number(text, 14, 2) * 60_000
        if self.seconds:
            ms = ms + _number(text, 17, 2) * 1000
        if self.digits:
            shown = min(self.digits, 3)
            ms = ms + _number(text, 20, shown) * 10 ** (3 - shown)
        if self.zone == "+":
            at = self.length - 6
            away = _number(text, at + 1, 2) * 3_600_000 + _number(text, at + 4, 2) * 60_000
            ms = nw.when(text.str.slice(at, 1) == "-").then(ms + away).otherwise(ms - away)
        return ms


def _number(text: Any, start: int, length: int) -> Any:
    return text.str.slice(start, length).cast(nw.Int64)
