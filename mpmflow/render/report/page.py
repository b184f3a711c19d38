"""The report in all its forms: one page for a browser, Markdown, a table, the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.results import Document
from mpmflow.render.picture import Diagram
from mpmflow.render.report.csv import MARK
from mpmflow.render.report.saving import write_whole

FORMS = ("html", "md", "json", "csv")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report that can be shown, saved, and sent around.

    Attributes:
        report: what it says.
        pictures: diagrams with the risk painted on them, by what they show: `causes`, and `workflow NAME` for each
            workflow. Only the page for a browser has them.
    """

    report: Report
    pictures: Mapping[str, Diagram] = field(default_factory=dict)

    def html(self) -> str:
        """One page that needs no network and no other file: charts, pictures, tables; light, dark, and for print."""
        from mpmflow.render.report.document import document

        return document(self.report, self.pictures)

    def markdown(self) -> str:
        """The same as plain text that code hosts, wikis and mail programs lay out."""
        from mpmflow.render.report.markdown import markdown

        return markdown(self.report)

    def csv(self) -> str:
        """Every figure in one long table, a row each, for a spreadsheet."""
        from mpmflow.render.report.csv import csv_table

        return csv_table(self.report)

    def to_dict(self) -> Document:
        """The document `mpmflow/report/1` as plain dicts, lists, numbers and texts."""
        return self.report.to_dict()

    def to_json(self, indent: int | None = None) -> str:
        """The document as JSON text."""
        return self.report.to_json(indent)

    def to_frame(self, backend: str = "polars") -> Any:
        """Every figure as a table of a dataframe library: `polars`, `pandas`, `pyarrow`, …. Needs `mpmflow[data]`."""
        return self.report.to_frame(backend)

    def save(self, path: str | Path, form: str | None = None) -> Path:
        """Write the report; the ending says how: `.html`, `.md`, `.json` or `.csv`, unless `form` is one of these.

        A table for spreadsheets begins with the mark by which Excel knows UTF-8. A file that is there is overwritten;
        anything else (a folder, a device) is left alone.

        Raises ValueError for another ending, and OSError when the file cannot be written.
        """
        path = Path(path)
        kind = {"htm": "html", "markdown": "md"}.get(ending := path.suffix.lower().lstrip("."), ending)
        kind = form or kind
        text = self.form(kind, path.name)
        write_whole(path, MARK + text if kind == "csv" else text)
        return path

    def form(self, kind: str, name: str = "the report") -> str:
        """The report as `html`, `md`, `json` or `csv`. Raises ValueError for anything else."""
        if kind == "html":
            return self.html()
        if kind == "md":
            return self.markdown()
        if kind == "json":
            return self.to_json(indent=2) + "\n"
        if kind == "csv":
            return self.csv()
        offered = ", ".join(f".{one}" for one in FORMS)
        raise ValueError(f"{name}: a report can be written as {offered}, not as {f'.{kind}' if kind else 'that'}")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """A notebook shows the Markdown; the page is for a browser of its own."""
        return {"text/markdown": self.markdown(), "text/plain": str(self.report)}

    def __str__(self) -> str:
        return str(self.report)
