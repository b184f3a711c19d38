"""BPMN diagrams as texts, for tests: a small way to write them."""

from __future__ import annotations

from pathlib import Path

from mpmflow.exchange.bpmn.read import BpmnImport, read_bpmn

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def diagram(nodes: str, flows: str, *, around: str = "", process: str = 'id="p" name="Campaign"') -> str:
    """A file with one process: `nodes` as XML, `flows` as `source target [name]` separated by `;`."""
    arrows = []
    for number, flow in enumerate(one.split(maxsplit=2) for one in flows.split(";") if one.strip()):
        name = f' name="{flow[2]}"' if len(flow) > 2 else ""
        arrows.append(f'<sequenceFlow id="f{number}" sourceRef="{flow[0]}" targetRef="{flow[1]}"{name}/>')
    return f'<definitions xmlns="{BPMN}">{around}<process {process}>{nodes}{"".join(arrows)}</process></definitions>'


def task(*names: str) -> str:
    """A task for each name; the name is its id too."""
    return "".join(f'<task id="{name}" name="{name.capitalize()}"/>' for name in names)


def gateway(kind: str, *identities: str, name: str = "") -> str:
    return "".join(f'<{kind}Gateway id="{one}" name="{name}"/>' for one in identities)


def read(text: str, folder: Path) -> BpmnImport:
    path = folder / "drawn.bpmn"
    path.write_text(text, encoding="utf-8")
    return read_bpmn(path)


def statements(found: BpmnImport) -> str:
    """The text without its comments and empty lines, on one line."""
    lines = (line.strip() for line in found.text.splitlines())
    return " ".join(" ".join(line.split()) for line in lines if line and not line.startswith("#"))
