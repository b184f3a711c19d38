"""XML of strangers, read within bounds into plain elements that know their lines.

XML can be written to harm: entities that grow, references to other files, endless nesting. A document type is refused
(BPMN has none), nothing outside the file is opened, and size and depth are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from mpmflow.diagnostics.errors import DataError

LARGEST = 20_000_000
"""The most bytes of a file that is read."""

DEEPEST = 100
"""How deep elements may stand inside each other."""


@dataclass(slots=True)
class Element:
    """One element: namespace, name, attributes (those with a namespace as `{namespace}name`), line, what is in it."""

    space: str
    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute without blanks round it, "" where there is none."""
        return self.attributes.get(name, "").strip()

    @property
    def text(self) -> str:
        """The text directly in it, its blanks and line ends made one blank each."""
        return " ".join("".join(self.texts).split())

    def walk(self) -> Iterator[Element]:
        """The element and everything in it, in the order of the file."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(one.children))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises DataError for one that is no file or larger than `LARGEST`, OSError for others."""
    if path.exists() and not path.is_file():
        raise DataError("this is a folder or a device, not a file", file=path.name)
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise DataError(f"the file is larger than {LARGEST // 1_000_000} MB, as no diagram is", file=path.name)
    return data


def parse_xml(data: bytes, name: str) -> Element:
    """The outermost element of a document. Raises DataError, with the line, for what is not well-formed or not safe."""
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.buffer_text = True
    root = Element("", "", {}, 0)
    stack = [root]

    def fault(message: str) -> DataError:
        return DataError(message, file=name, row=parser.CurrentLineNumber)

    def refuse(*_: object) -> int:
        raise fault("the file has a document type or entities, which BPMN has not and which can be made to harm; "
                    "remove them")  # fmt: skip

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            raise fault(f"elements are nested more than {DEEPEST} deep")
        space, local = _split(tag)
        named = {_written(key): value for key, value in attributes.items()}
        element = Element(space, local, named, parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda text: stack[-1].texts.append(text)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        if said == "no element found":
            said = "the file is empty or cut off: it ends before its last element is closed; copy it again"
        raise DataError(f"this is not well-formed XML: {said}", file=name, row=error.lineno) from None
    except (ValueError, LookupError) as error:
        raise DataError(f"this XML has an encoding that is not known: {error}", file=name) from None
    return root.children[0]


def _split(tag: str) -> tuple[str, str]:
    space, _, local = tag.rpartition("\n")
    return space, local


def _written(key: str) -> str:
    space, local = _split(key)
    return f"{{{space}}}{local}" if space else local
