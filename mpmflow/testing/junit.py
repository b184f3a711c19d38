"""Results as JUnit XML, the form that build servers read."""

from __future__ import annotations

from itertools import groupby
from xml.etree import ElementTree as Xml

from .page import failure
from .results import CaseResult, TestRun


def junit(run: TestRun) -> str:
    """The run as an XML text: a suite for each file, a case for each test or row of examples.

    No times are told, so that the same run gives the same bytes.
    """
    root = Xml.Element("testsuites", name="mpmflow", tests=str(len(run.cases)), failures=str(len(run.failures)))
    for file, group in groupby(run.cases, key=lambda case: case.file):
        cases = list(group)
        failed = sum(not case.passed for case in cases)
        suite = Xml.SubElement(root, "testsuite", name=file, tests=str(len(cases)), failures=str(failed), errors="0")
        for case in cases:
            _case(suite, case)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _case(suite: Xml.Element, case: CaseResult) -> None:
    attributes = {"classname": case.file.removesuffix(".mpm").replace("/", "."), "name": _clean(case.name)}
    if case.place is not None:
        attributes |= {"file": case.file, "line": str(case.place.line)}
    element = Xml.SubElement(suite, "testcase", attributes)
    if not case.passed:
        first = case.failures[0] if case.failures else None
        message = case.fault or (f"expected {first.expected}, got {first.got}" if first else "")
        Xml.SubElement(element, "failure", message=_clean(message)).text = _clean(failure(case))


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(one if one in "\t\n" or ord(one) >= 32 else " " for one in text if ord(one) not in (0xFFFE, 0xFFFF))
