"""Standards and last assessments from files: bounded in size, checked, with faults that say what was expected.

A standard is TOML (`standards/example.toml` is one), an assessment the JSON that `assess --json` prints. Both may come
from anybody, so nothing in them is run, and every number and text is looked at before it is used. They are read here,
beside logs and tables, because they are files of the user's and not the language: a model does not name its standard,
and one standard is for many models.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn
from unicodedata import category

from mpmflow.diagnostics.errors import DataError, InternalError
from mpmflow.diagnostics.reading import read_bytes
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.standards import LEVELS, MEASURES, Factor, Point, Standard

STANDARD_LIMIT = 256_000
"""The most bytes that a standard may have."""
ASSESSMENT_LIMIT = 4_000_000
"""The most bytes that a last assessment may have."""
MOST_POINTS = 500
LONGEST = 400
"""The most characters that a text of a standard may have."""
EXAMPLE = "example"
_TOP = ("name", "title", "source", "note", "benchmark_years", "factor")
_FACTOR = ("name", "title", "weight", "point")
_POINT = ("name", "question", "measure", "weight", "levels", "words")


def example_standard() -> Standard:
    """The standard that comes with mpmflow: inside the installed package, else beside it in a checkout."""
    name = f"{EXAMPLE}.toml"
    try:
        text = files("mpmflow").joinpath("standards", name).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, ModuleNotFoundError, KeyError):
        path = Path(__file__).resolve().parent.parent.parent / "standards" / name
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            raise InternalError(
                f"the file `{name}` of the folder `standards` is missing from the installation"
            ) from None
    return parse_standard(text, name)


def read_standard(path: str | Path) -> Standard:
    """The standard in a TOML file; `example` is the one that comes with mpmflow.

    Raises DataError, which says what is wrong in it; UnreadableError for a file that is no text; OSError for none.
    """
    if str(path) == EXAMPLE:
        return example_standard()
    return parse_standard(_text(path, STANDARD_LIMIT, "a standard"), str(path))


def _text(path: str | Path, limit: int, what: str) -> str:
    with Path(path).open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise DataError(f"{what} has at most {limit // 1000:,} kB, and this file is larger", file=str(path))
    return read_bytes(data, str(path)).text


def parse_standard(text: str, file: str = "<text>") -> Standard:
    """The standard that a TOML text means. Raises DataError, which says what is wrong and what was expected.

    >>> parse_standard('name = "mine"\\nfactors = 3')
    Traceback (most recent call last):
    mpmflow.diagnostics.errors.DataError: <text>: the standard has no key `factors`. Did you mean `factor`?
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise DataError(f"this is no TOML: {fault}", file=file) from None
    except (RecursionError, ValueError):
        raise DataError(
            "this is no TOML of a standard: it is nested too deeply, or has a number that is none", file=file
        ) from None
    return _Reading(file).standard(found)


class _Reading:
    """Checks one standard; every fault is a DataError with the place in words."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, message: str) -> NoReturn:
        raise DataError(message, file=self.file)

    def standard(self, found: Mapping[str, Any]) -> Standard:
        self.keys(found, _TOP, "the standard")
        factors = self.tables(found, "factor", "the standard")
        made = tuple(self.factor(table, number) for number, table in enumerate(factors, start=1))
        self.unique((factor.name for factor in made), "factor")
        self.unique((point.name for factor in made for point in factor.points), "point")
        count = sum(len(factor.points) for factor in made)
        if count > MOST_POINTS:
            self.fail(f"it has {count} points; more than {MOST_POINTS} are too many to look at")
        return Standard(
            self.text(found, "name", "the standard"),
            self.text(found, "title", "the standard"),
            self.text(found, "source", "the standard"),
            made,
            self.text(found, "note", "the standard", "") if "note" in found else "",
            self.number(found, "benchmark_years", "the standard", 2.0),
        )

    def factor(self, found: Mapping[str, Any], number: int) -> Factor:
        where = f"factor {number}"
        self.keys(found, _FACTOR, where)
        name = self.text(found, "name", where)
        where = f"factor `{name}`"
        points = self.tables(found, "point", where)
        return Factor(
            name,
            self.text(found, "title", where),
            tuple(self.point(table, name, place) for place, table in enumerate(points, start=1)),
            self.number(found, "weight", where, 1.0),
        )

    def point(self, found: Mapping[str, Any], factor: str, number: int) -> Point:
        where = f"point {number} of factor `{factor}`"
        self.keys(found, _POINT, where)
        name = self.text(found, "name", where)
        where = f"point `{name}`"
        measure = self.text(found, "measure", where)
        if measure not in MEASURES:
            near = nearest(measure, MEASURES, most=3)
            meant = (
                f" Did you mean {' or '.join(f'`{one}`' for one in near)}?"
                if near
                else f" There are: {', '.join(MEASURES)}."
            )
            self.fail(f"{where} asks for the measure `{measure}`, and there is none of that name.{meant}")
        levels = found.get("levels")
        if not isinstance(levels, list) or len(levels) != LEVELS or not all(map(_is_number, levels)):
            self.fail(
                f"{where} needs `levels`: the {LEVELS} figures from which levels 1 to 4 hold, as [0.25, 0.5, 0.75, 1.0]"
            )
        rising = list(levels) == sorted(levels)
        smaller = MEASURES[measure].smaller
        if (list(levels) != sorted(levels, reverse=True)) if smaller else not rising:
            order = "fall, for less of it is better" if smaller else "rise"
            self.fail(f"{where}: the `levels` of `{measure}` must {order}; these are {levels}")
        if MEASURES[measure].unit == "share" and not all(0.0 <= one <= 1.0 for one in levels):
            self.fail(f"{where}: `{measure}` is a share, so its `levels` lie between 0 and 1; these are {levels}")
        words = found.get("words")
        if not isinstance(words, list) or len(words) != LEVELS + 1 or not all(isinstance(one, str) for one in words):
            self.fail(f"{where} needs `words`: {LEVELS + 1} texts, one for each level from 0 to {LEVELS}")
        for one in words:
            self.short(one, "words", where)
        first, second, third, fourth = (float(one) for one in levels)
        return Point(
            name,
            self.text(found, "question", where),
            measure,
            (first, second, third, fourth),
            tuple(words),
            self.number(found, "weight", where, 1.0),
        )

    def keys(self, found: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for key in found:
            if key not in known:
                near = nearest(key, known)
                meant = f" Did you mean `{near[0]}`?" if near else f" There are: {', '.join(known)}."
                self.fail(f"{where} has no key `{key[:60]}`.{meant}")

    def tables(self, found: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
        tables = found.get(key)
        if not isinstance(tables, list) or not tables or not all(isinstance(one, dict) for one in tables):
            head = "[[factor]]" if key == "factor" else "[[factor.point]]"
            self.fail(f"{where} needs at least one {key}, each under a head {head}")
        return tables

    def text(self, found: Mapping[str, Any], key: str, where: str, otherwise: str | None = None) -> str:
        value = found.get(key, otherwise)
        if not isinstance(value, str) or (not value.strip() and otherwise is None):
            self.fail(f'{where} needs `{key}`, a text: {key} = "…"')
        self.short(value, key, where)
        return value

    def short(self, value: str, key: str, where: str) -> None:
        if len(value) > LONGEST:
            self.fail(f"{where}: `{key}` has {len(value):,} characters; {LONGEST} are the most that a page can show")
        if not _printable(value):
            self.fail(f"{where}: `{key}` must stand on one line, without control characters")

    def number(self, found: Mapping[str, Any], key: str, where: str, otherwise: float) -> float:
        value = found.get(key, otherwise)
        if not _is_number(value) or not 0.0 < value <= 1000.0:
            self.fail(f"{where}: `{key}` is a number above 0, and at most 1,000; this is {value!r:.40}")
        return float(value)

    def unique(self, names: Iterable[str], kind: str) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                self.fail(f"there are two {kind}s `{name}`: give one another name, for changes are told by name")
            seen.add(name)


def _printable(value: str) -> bool:
    """Whether a terminal can show a text as it is: no control characters, no line ends, no turned direction."""
    return not any(category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in value)


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def checked_figures(given: Mapping[str, object]) -> dict[str, float]:
    """Figures of measures that come from elsewhere, by name. Raises DataError for what is no measure or no figure.

    >>> checked_figures({"promises_kept": 0.8})
    {'promises_kept': 0.8}
    """
    found = {}
    for name, value in given.items():
        if name not in MEASURES:
            near = nearest(name, MEASURES)
            meant = f" Did you mean `{near[0]}`?" if near else ""
            raise DataError(f"there is no measure `{name}` to give a figure of.{meant}")
        most = 1.0 if MEASURES[name].unit == "share" else math.inf
        if not isinstance(value, int | float) or not _is_number(value) or not 0.0 <= value <= most:
            wanted = "a share from 0 to 1" if most == 1.0 else "a number from 0 on"
            raise DataError(f"the figure of `{name}` is {wanted}; this is {value!r:.40}")
        found[name] = float(value)
    return found


def read_assessment(path: str | Path) -> dict[str, Any]:
    """A last assessment, the document that `mpmflow assess --json` printed.

    Raises DataError for anything else, OSError for no file.
    """
    text = _text(path, ASSESSMENT_LIMIT, "an assessment")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError("this is no JSON; keep what `mpmflow assess --json` prints", file=str(path)) from None
    return checked_assessment(found, str(path))


def checked_assessment(found: object, file: str | None = None) -> dict[str, Any]:
    """The same document, looked at: its schema, and all that a comparison reads from it."""
    said = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(found, dict) or said != "mpmflow/assessment/1":
        what = f"its schema is {said!r:.60}" if isinstance(said, str) else "it names no schema"
        raise DataError(f"this is no assessment ({what}); keep what `mpmflow assess --json` prints", file=file)
    points = [point for factor in _list(found, "factors") for point in _list(factor, "points")]
    sound = (
        _is_day(found.get("on"))
        and isinstance(found.get("standard"), dict)
        and all(isinstance(one, dict) and _is_name(one.get("name")) for one in points)
        and all(one.get("level") is None or one.get("level") in range(LEVELS + 1) for one in points)
        and all(one.get("value") is None or _is_number(one.get("value")) for one in points)
        and (found.get("score") is None or _is_number(found.get("score")))
    )
    if not sound:
        raise DataError("this assessment lacks its day, its standard or the levels of its points", file=file)
    return found


def _is_day(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST and _printable(value)


def _list(found: object, key: str) -> list[Any]:
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, list) else []
