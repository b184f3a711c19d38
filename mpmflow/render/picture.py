"""A diagram, and the only place that calls Graphviz.

The program that the environment names in `GRAPHVIZ_DOT` is used, else an installed `dot` where there is one, otherwise
the self-contained `graphviz-pure` that comes with mpmflow, so that a picture needs nothing else on the machine.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from mpmflow.diagnostics.errors import InternalError
from mpmflow.render.dot import Graph
from mpmflow.render.palette import Theme, themed

FORMATS = ("svg", "png", "pdf", "dot", "mmd", "html", "bpmn")
SECONDS = 60
"""How long one layout may take; a picture that needs longer is too large to be read."""


class PictureError(ValueError):
    """A picture cannot be made as asked; the message says why and what would work."""


class Modelled(Protocol):
    """A model as a BPMN diagram: the text of the file, and what of the model only mpmflow reads in it."""

    @property
    def xml(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Diagram:
    """A picture: what is drawn, which Graphviz lays out when it is asked for.

    `title` says what it shows, `graph` is the drawing, `theme` its colours. Equal diagrams give equal bytes on one
    machine. `modelled` gives the whole model as a BPMN diagram, where the picture is one of a workflow, whole.

    >>> import mpmflow as mpm
    >>> diagram = mpm.draw(mpm.parse("workflow w { step brief takes 2h }"))
    >>> diagram.svg()[:4], diagram.mermaid().splitlines()[0]
    ('<svg', 'flowchart LR')
    """

    title: str
    graph: Graph
    theme: Theme = "light"
    modelled: Callable[[], Modelled] | None = field(default=None, compare=False, repr=False)

    def dot(self) -> str:
        """The picture as DOT text."""
        return themed(self.graph.dot(), self.theme)

    def svg(self) -> str:
        """The picture as SVG, readable by any browser, with the title for screen readers."""
        return _titled(_rendered(self.dot(), "svg").decode("utf-8"), self.title)

    def png(self, *, dpi: int = 144) -> bytes:
        """The picture as PNG with `dpi` dots per inch."""
        return _rendered(self.dot(), "png", dpi)

    def mermaid(self) -> str:
        """The picture as a flowchart of Mermaid, which many wikis and code hosts draw where it stands in a text."""
        from mpmflow.render.pictures.mermaid import flowchart

        return flowchart(self.graph, self.title, self.theme)

    def html(self) -> str:
        """The picture as one page that needs no network: pan, zoom, search, what each part says of itself, light and
        dark. It opens as the reader's system is set, whatever the `theme`; a button changes it.
        """
        from mpmflow.render.pictures.html import page

        svg = _rendered(self.graph.dot(ids=True), "svg").decode("utf-8")
        return page(_titled(svg, self.title), self.title, self.graph)

    def bpmn(self) -> str:
        """The model of the picture as a BPMN 2.0 diagram: every workflow of the file, with its place on the page.

        Raises PictureError for a picture of anything but a whole workflow.
        """
        return self._modelled().xml

    def bpmn_notes(self) -> tuple[str, ...]:
        """What of the model only mpmflow reads in the BPMN diagram, and where BPMN means something else.

        Raises PictureError as `bpmn` does.
        """
        return self._modelled().notes

    def _modelled(self) -> Modelled:
        if self.modelled is None:
            raise PictureError("BPMN shows workflows, whole: draw the view `workflow` without a part or a fold")
        return self.modelled()

    def save(self, path: str | Path) -> Path:
        """Write the picture; the ending says how: `.svg`, `.png`, `.pdf` (needs an installed `dot`), `.dot`, `.mmd`
        (Mermaid), `.html`, or `.bpmn` (BPMN 2.0, for modelling tools).

        Raises PictureError for another ending, and OSError when the file cannot be written.
        """
        path = Path(path)
        kind = path.suffix.lower().lstrip(".")
        if kind == "svg":
            data = self.svg().encode("utf-8")
        elif kind in ("dot", "gv"):
            data = self.dot().encode("utf-8")
        elif kind == "png":
            data = self.png()
        elif kind in ("mmd", "mermaid"):
            data = self.mermaid().encode("utf-8")
        elif kind in ("html", "htm"):
            data = self.html().encode("utf-8")
        elif kind == "bpmn":
            data = self.bpmn().encode("utf-8")
        elif kind == "pdf":
            if shutil.which("dot") is None:
                raise PictureError("a .pdf needs Graphviz's own `dot` on this machine; .svg and .png need nothing")
            data = _rendered(self.dot(), "pdf")
        else:
            offered = ", ".join(f".{name}" for name in FORMATS)
            raise PictureError(f"{path.name}: a picture can be written as {offered}, not as {path.suffix or 'that'}")
        path.write_bytes(data)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": self.dot()}


def _rendered(text: str, kind: str, dpi: int | None = None) -> bytes:
    import graphviz

    program = _program()
    command = [program, "-Kdot", f"-T{kind}", *([f"-Gdpi={dpi}"] if dpi else [])]
    try:
        finished = _run(command, text)
    except graphviz.ExecutableNotFound as problem:
        raise PictureError(
            "no program that lays out pictures was found: `pip install graphviz-pure`, or install Graphviz"
        ) from problem
    return finished


def _run(command: list[str], text: str) -> bytes:
    import subprocess

    import graphviz

    try:
        finished = subprocess.run(
            command, input=text.encode("utf-8"), capture_output=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError as problem:
        raise graphviz.ExecutableNotFound(command) from problem
    except subprocess.TimeoutExpired as problem:
        raise PictureError(f"the picture is too large to be laid out in {SECONDS} seconds") from problem
    if finished.returncode or not finished.stdout:
        said = finished.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InternalError(f"the picture could not be laid out: {said[-1] if said else finished.returncode}")
    return finished.stdout


def _program() -> str:
    """The program that somebody names, else Graphviz's own `dot`, else the port that is installed beside mpmflow."""
    found = os.environ.get("GRAPHVIZ_DOT") or shutil.which("dot")
    return found or port()


def port() -> str:
    """`graphviz-pure`, which lays out as `dot` does and needs nothing; "dot" where even that is missing."""
    beside = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent)])
    return shutil.which("graphviz-pure", path=beside) or shutil.which("graphviz-pure") or "dot"


def _titled(svg: str, title: str) -> str:
    """The drawing alone, without the name of the program that made it, and with its title for screen readers."""
    from html import escape

    body = svg[svg.index("<svg") :]
    head, rest = body.split(">", 1)
    return f'{head} role="img" aria-label="{escape(title, quote=True)}">{rest}'
