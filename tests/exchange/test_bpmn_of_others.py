"""BPMN files that others drew with many tools: each is read, counted, accounted for, and understood by `check`."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.exchange.bpmn import document
from mpmflow.exchange.bpmn.read import BpmnImport
from mpmflow.exchange.bpmn.xml import parse_xml

FOLDERS = {
    "bpmn_js": 3,
    "camunda_examples": 5,
    "camunda_research_dispatch": 9,
    "camunda_research_recourse": 9,
    "miwg_basic": 8,
}
"""Folders of the shared data, with how many diagrams each has; four more lie beside the logs."""

BESIDE_LOGS = (
    "data/logs/bpic2020_domestic/declaration_documents.bpmn",
    "data/logs/purchasing_p2p/model_qbp.bpmn",
    "data/logs/receipt_wabo/receipt.bpmn",
    "data/logs/running_example/running-example.bpmn",
)

SHOWN = document.TASKS | document.SUBS | document.GATEWAYS.keys() | document.EVENTS.keys()
SHOWN |= {"callActivity", "participant", "lane", "textAnnotation", "dataObject", "dataObjectReference", "group"}
SHOWN |= {"dataStoreReference", "messageFlow"}
"""What a reader of a diagram sees."""


@pytest.fixture(scope="module")
def diagrams(shared: Callable[[str], Path]) -> dict[Path, BpmnImport]:
    paths = [path for folder in FOLDERS for path in sorted(shared(f"data/bpmn/{folder}").glob("*.bpmn"))]
    paths += [shared(path) for path in BESIDE_LOGS]
    return {path: mpm.read_bpmn(path) for path in paths}


def test_all_thirty_eight_are_read(diagrams: dict[Path, BpmnImport]) -> None:
    assert len(diagrams) == sum(FOLDERS.values()) + len(BESIDE_LOGS) == 38


def test_each_has_as_many_elements_as_the_census_counted(
    diagrams: dict[Path, BpmnImport], shared: Callable[[str], Path]
) -> None:
    counted = 0
    for folder in FOLDERS:
        with shared(f"data/bpmn/{folder}/element_census.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found = diagrams[shared(f"data/bpmn/{folder}") / row.pop("file")]
                for derived in ("bytes", "diverging_exclusive_gateways", "cyclic_components"):
                    row.pop(derived)
                assert {name: found.counts.get(name, 0) for name in row} == {name: int(row[name]) for name in row}
                counted += 1
    assert counted == sum(FOLDERS.values())


def test_everything_that_a_reader_sees_is_in_the_model_or_listed(diagrams: dict[Path, BpmnImport]) -> None:
    for path, found in diagrams.items():
        listed = {one.id for one in found.kept}
        lost = [
            (path.name, element.line, element.tag)
            for element in parse_xml(path.read_bytes(), path.name).walk()
            if element.space == document.BPMN and element.tag in SHOWN
            if element.get("id") not in listed and element.get("id") not in found.taken
        ]
        assert lost == []


def test_all_work_is_in_the_text_by_its_label(diagrams: dict[Path, BpmnImport]) -> None:
    """Every task, as a step of that label, unless it is listed as standing outside of the flow."""
    for path, found in diagrams.items():
        labels = [node.label for _, node in found.model.nodes() if node.kind == "step"]
        listed = {one.id for one in found.kept if "nothing leads" in one.why or "outside of the flow" in one.why}
        for element in parse_xml(path.read_bytes(), path.name).walk():
            if element.space == document.BPMN and element.tag in document.TASKS and element.get("id") not in listed:
                name = " ".join(element.get("name").split()) or "Unnamed work"
                assert name in labels, (path.name, name)


def test_each_passes_check_and_its_text_says_the_same(diagrams: dict[Path, BpmnImport]) -> None:
    for path, found in diagrams.items():
        assert [finding.message for finding in found.model.check() if finding.is_error] == [], path.name
        assert mpm.parse(found.text, name=path.name) == found.model


def test_what_can_be_listed_has_a_place_in_the_file(diagrams: dict[Path, BpmnImport]) -> None:
    for path, found in diagrams.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert all(1 <= one.line <= len(lines) for one in found.kept)


def test_a_publish_and_approve_process_reads_as_its_authors_drew_it(diagrams: dict[Path, BpmnImport]) -> None:
    path = next(path for path in diagrams if path.name == "camunda-testing-job-announcement.bpmn")
    text = diagrams[path].text
    assert 'decision ok "OK?"' in text
    assert "no  50% -> improve_job_role_description rework" in text
    assert 'step review_job_role_description "Review job role description" by management' in text
    assert "done new_position_announced" in text


def test_rework_of_the_purchasing_model_is_found_with_its_share(diagrams: dict[Path, BpmnImport]) -> None:
    path = next(path for path in diagrams if path.name == "model_qbp.bpmn")
    flow = diagrams[path].model.workflows[0]
    rework = {outcome.name: outcome for one in flow.decisions for outcome in one.outcomes if outcome.rework}
    assert set(rework) == {"amend_request_for_quotation", "amend_purchase_requisition"}
    assert float(rework["amend_request_for_quotation"].share.first) == 0.377315
