"""Event logs in XES (IEEE 1849), the XML of process mining, read as a stream into a table of texts.

One row an event, in the order of the file. A column is an attribute under its key; attributes of the trace carry the
prefix `case:`, those inside another attribute the name of that one and a slash (`cost/currency`), the values of a list
stand in one cell with commas between. Values are the texts of the file, unchanged; those tagged `date`, `int` or
`float` are checked to be such. A classifier is a column under its own name, its parts joined by `+`.

XML can be written to harm: entities that grow, references to other files, endless tags. Documents with a document type
are refused (XES has none), nothing outside the file is opened, and depth, keys, the length of a tag and of a list are
bounded. Memory is that of the table, for events leave the parser in packages; and a large table may not be much larger
than its file, for what stands once in a trace is repeated in every event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from mpmflow.diagnostics.errors import DataError

from ..periods import moment
from .files import open_bytes
from .growth import Growth

PACKAGE = 1 << 16
"""Events that are put into a table at once, if they are not so wide that they weigh more than `HEAVY`."""
HEAVY = 64 << 20

DEEPEST = 50
LONGEST_TAG = 8 << 20
LONGEST_LIST = 1 << 18
"""Characters of several values in one cell."""
CHUNK = 1 << 16

CASE = "case:"
VALUES = frozenset(("string", "date", "int", "float", "boolean", "id", "list", "container"))


@dataclass(frozen=True, slots=True)
class XesLog:
    """What an XES file holds.

    Attributes:
        frame: a polars DataFrame of texts, one row an event.
        classifiers: name -> the keys that it joins, for those whose keys are all in the log.
        notes: what a reader should know.
    """

    frame: Any
    classifiers: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]


def read_xes(path: Path) -> XesLog:
    """Read an XES file, plain or gzip. Raises DataError, with the line for faults of the XML, else the event."""
    return _Reader(path.name).read(path)


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.depth = 0
        self.keys: list[str] = []
        self.places: list[str] = []
        self.trace: dict[str, str] | None = None
        self.event: dict[str, str] | None = None
        self.traces = self.events = self.homeless = self.unnamed = 0
        self.fed = self.packed = 0
        self.table = Growth(name)
        self.rows: list[dict[str, str]] = []
        self.frames: list[Any] = []
        self.declared: dict[str, str] = {}
        self.same: dict[str, str] = {}

    # --- the file

    def read(self, path: Path) -> XesLog:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.StartDoctypeDeclHandler = self.refuse
        parser.EntityDeclHandler = self.refuse
        parser.ExternalEntityRefHandler = self.refuse
        self.parser = parser
        try:
            with open_bytes(path) as file:
                while part := file.read(CHUNK):
                    self.fed += len(part)
                    parser.Parse(part, False)
                    if self.fed - parser.CurrentByteIndex > LONGEST_TAG:
                        raise self.fault(f"a tag or text here is longer than {LONGEST_TAG >> 20} MB")
                parser.Parse(b"", True)
        except LookupError as error:  # expat asks Python for an encoding that it does not know itself
            raise DataError(f"its first line names an encoding that nobody knows: {error}", file=self.name) from None
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            if said == "no element found":
                raise DataError(
                    "the file is cut off: it ends before its last tag is closed; copy it again",
                    file=self.name, row=error.lineno) from None  # fmt: skip
            raise DataError(f"this is not well-formed XML: {said}", file=self.name, row=error.lineno) from None
        return self.result()

    def fault(self, message: str) -> DataError:
        return DataError(message, file=self.name, row=self.parser.CurrentLineNumber)

    def refuse(self, *_: object) -> int:
        raise self.fault(
            "the file has a document type or entities, which XES has not and which can be made to harm; remove them"
        )

    # --- tags

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fault(f"tags are nested more than {DEEPEST} deep")
        if self.depth == 1:
            if tag != "log":
                raise self.fault(f"this is XML, but no XES: its first tag is <{tag[:60]}>, not <log>")
        elif tag == "object-types" and self.depth == 2:
            raise self.fault("this is an object-centric log (OCEL) as XML: save it as JSON or SQLite, which are read")
        elif tag == "trace" and self.depth == 2:
            self.trace = {}
            self.traces += 1
        elif tag == "event" and self.trace is not None and self.depth == 3:
            self.event = {}
        elif tag == "event" and self.depth == 2:
            self.homeless += 1
        elif tag == "classifier" and self.depth == 2 and attributes.get("scope", "event") == "event":
            self.declared[attributes.get("name", "")] = attributes.get("keys", "")
        elif tag in VALUES:
            self.value(tag, attributes)
            return
        self.places.append(tag)

    def end(self, tag: str) -> None:
        self.depth -= 1
        place = self.places.pop()
        if place == "value":
            self.keys.pop()
        elif place == "event" and self.event is not None:
            self.finish(self.event)
            self.event = None
        elif place == "trace":
            self.trace = None

    def value(self, tag: str, attributes: dict[str, str]) -> None:
        """An attribute of whatever is open: of the event, else of the trace, else of the log."""
        self.places.append("value")
        key = attributes.get("key", "")
        self.keys.append(key)
        holder = self.event if self.event is not None else self.trace
        if holder is None:
            return
        if not key:
            raise self.fault(f"this <{tag}> has no key, so nobody knows what it is")
        if "value" not in attributes:
            if tag in ("list", "container"):
                return
            raise self.fault(f"the {tag} {key[:60]!r} has no value")
        name = "/".join(self.keys) if len(self.keys) > 1 else key
        if self.event is None:
            name = CASE + name
        text = attributes["value"]
        if tag in ("int", "float", "date"):
            self.check(tag, name, text)
        text = self.same.setdefault(text, text) if len(self.same) < PACKAGE else text
        if name not in holder:
            holder[name] = text
            return
        holder[name] = joined = f"{holder[name]}, {text}"
        if len(joined) > LONGEST_LIST:
            raise self.fault(f"the values of {name[:60]!r} in one place are longer than {LONGEST_LIST:,} characters")

    def check(self, tag: str, name: str, text: str) -> None:
        if tag == "date":
            # Most dates are in the first form; a moment that is none is told when the column is asked for.
            fits = bool(_USUAL_DATE.match(text)) or moment(text) is not None
        else:
            try:
                number = float(text)
                fits = tag == "float" or number == number // 1
            except ValueError:
                fits = False
        if not fits:
            raise DataError(
                f"{text[:60]!r} is tagged {tag} and is none", file=self.name, column=name,
                row=self.parser.CurrentLineNumber)  # fmt: skip

    # --- events

    def finish(self, event: dict[str, str]) -> None:
        assert self.trace is not None
        if "case:concept:name" not in self.trace:
            self.trace["case:concept:name"] = f"trace {self.traces}"
            self.unnamed += 1
        row = {**self.trace, **event}
        self.rows.append(row)
        self.events += 1
        self.table.add(row, self.fed, self.parser.CurrentLineNumber)
        if len(self.rows) >= PACKAGE or self.table.weight - self.packed > HEAVY:
            self.pack()

    def pack(self) -> None:
        import polars

        if self.rows:
            columns = self.table.columns
            self.frames.append(
                polars.DataFrame(
                    {name: [row.get(name) for row in self.rows] for name in columns},
                    schema=dict.fromkeys(columns, polars.String),
                )
            )
        self.rows, self.same, self.packed = [], {}, self.table.weight

    def result(self) -> XesLog:
        import polars

        self.pack()
        if not self.frames:
            said = "; its events stand outside of traces" if self.homeless else ""
            raise DataError(f"there are no events in the traces of this log{said}", file=self.name)
        frame = polars.concat(self.frames, how="diagonal")
        # An empty text is a missing value, as in every other kind of file.
        frame = frame.with_columns(polars.all().replace("", None))
        found: dict[str, tuple[str, ...]] = {}
        for name, keys in self.declared.items():
            parts = keys_of(keys, self.table.columns)
            if name and parts and name not in self.table.columns:
                found[name] = parts
                joined = polars.concat_str([polars.col(part).fill_null("") for part in parts], separator="+")
                frame = frame.with_columns(joined.alias(name))
        notes = []
        if self.homeless:
            notes.append(f"{self.homeless} events of {self.name} stand in no trace and are passed over.")
        if self.unnamed:
            notes.append(
                f"{self.unnamed} traces of {self.name} have no concept:name; they are numbered in their order."
            )
        return XesLog(frame, found, tuple(notes))


_USUAL_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?\Z")


def keys_of(text: str, known: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of a classifier: parted by blanks, in quotes where they hold one; empty if one is not in the log.

    >>> keys_of("concept:name 'work group'", {"concept:name": 1, "work group": 1})
    ('concept:name', 'work group')
    >>> keys_of("work group", {"work group": 1})
    ('work group',)
    """
    if text in known:
        return (text,)
    keys = tuple(quoted or bare for quoted, bare in re.findall(r"'([^']*)'|(\S+)", text))
    return keys if all(key in known for key in keys) else ()
