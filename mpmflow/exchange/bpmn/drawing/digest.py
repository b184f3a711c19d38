"""What a diagram says, in one line each: to see whether it was edited since it was written, and what of it.

Where things stand on the page is no part of it: a diagram that was only tidied up is the same diagram.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from mpmflow.exchange.bpmn.document import BPMN, OWN
from mpmflow.exchange.bpmn.xml import Element, parse_xml


def digests(xml: str) -> tuple[str, str]:
    """Digests of all that a diagram says, and of what is connected with what."""
    return digests_of(parse_xml(xml.encode("utf-8"), "diagram"))


def digests_of(root: Element) -> tuple[str, str]:
    """The same of a diagram that was read."""
    return _digest(_said(root)), _digest(_connected(root))


def _digest(said: Iterator[str]) -> str:
    return sha256("\n".join(sorted(said)).encode("utf-8", "replace")).hexdigest()[:16]


def _said(root: Element) -> Iterator[str]:
    for one in root.walk():
        if one.space == BPMN and one.tag == "lane":
            members = sorted(inner.text for inner in one.children if inner.tag == "flowNodeRef")
            yield f"lane {one.get('id')} {_plain(one.get('name'))} {' '.join(members)}"
        elif one.space == BPMN and one.tag in ("conditionExpression", "timeDuration", "timeCycle", "text"):
            yield f"{one.tag} {one.text}"
        elif one.space == BPMN and one.get("id") and one.tag not in ("definitions", "laneSet"):
            names = ("id", "name", "sourceRef", "targetRef", "default", "calledElement", "attachedToRef", "processRef")
            yield " ".join([one.tag, *(f"{name}={_plain(one.get(name))}" for name in names)])
        elif one.space == OWN and one.tag != "text":
            yield " ".join([one.tag, *(f"{key}={one.get(key)}" for key in sorted(one.attributes)), one.text])


def _connected(root: Element) -> Iterator[str]:
    for one in root.walk():
        if one.space != BPMN or not one.get("id"):
            continue
        if one.tag == "sequenceFlow":
            yield f"{one.get('id')} {one.get('sourceRef')} {one.get('targetRef')}"
        elif one.tag in ("process", "participant", "lane") or one.tag.endswith(
            ("Task", "task", "Gateway", "Activity", "Process", "Event")
        ):
            yield f"{one.tag} {one.get('id')} {one.get('attachedToRef')} {one.get('calledElement')}"


def _plain(text: str) -> str:
    return " ".join(text.split())
