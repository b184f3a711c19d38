"""Codes for files that cannot be read. Their examples are bytes, not texts, so their pages show none."""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, Code

__all__ = ["READING"]

READING: tuple[Code, ...] = (
    Code(
        "file-not-found",
        ERROR,
        "there is no file `{path}`",
        help="[did you mean {nearest:or}? ]names of files are taken from the folder you are in",
        means="The file does not exist, or its name is written differently.",
        why="Nothing can be said about a file that is not there.",
        apart="A path on the command line or behind `import` at which there is no file.",
    ),
    Code(
        "file-unreadable",
        ERROR,
        "the file `{path}` cannot be read: {reason}",
        help="check that it is a file, and that you may read it",
        means="The file exists, but the system does not let it be read.",
        why="Nothing can be said about a file that cannot be opened.",
        apart="A folder instead of a file, or a file that you may not read.",
    ),
    Code(
        "file-too-large",
        ERROR,
        "the file `{path}` has {megabytes} MB; more than {limit} MB is not read",
        help="a process has a few hundred lines; did you mean to give this file as data, with `--log` or `--series`?",
        means="The file is larger than any description of a process.",
        why="The limit keeps a wrong file, such as an event log, from being read as a process description.",
        apart="A file of more than 10 MB.",
    ),
    Code(
        "not-utf-8",
        ERROR,
        "this is not UTF-8 text: the byte {byte} stands at position {position} of the file",
        help="save the file again as UTF-8 (in most editors: Save As, encoding UTF-8)",
        means="The file holds bytes that are no UTF-8 text.",
        why="Letters with accents would be read as others, so names would not match.",
        apart="A file that was saved in another encoding than UTF-8, such as Latin-1.",
    ),
    Code(
        "nul-character",
        ERROR,
        "the file holds a NUL character, so it is no text",
        help="perhaps this is a picture or a spreadsheet; a process description is plain text in UTF-8",
        means="The file holds a character that no text contains.",
        why="A binary file read as text gives a flood of errors that say nothing.",
        apart="A picture or a spreadsheet under the name of a text.",
    ),
    Code(
        "xml-file",
        ERROR,
        "the file `{path}` is XML, such as a diagram or a page, and no text of the language",
        help="of a BPMN diagram `mpmflow import` makes a text: `mpmflow import DIAGRAM.bpmn -o NAME.mpm`",
        means="The file begins with `<`, as XML and HTML do and no text of the language does.",
        why="A diagram read as text gives an error for each of its lines, and none says what to do.",
        apart="A BPMN diagram given to `check`, `risk` or another verb that reads a process description.",
    ),
    Code(
        "data-file",
        ERROR,
        "the file `{path}` is data, and no text of the language",
        help="give a log with `--log` and weekly figures with `--series`, beside the .mpm file that describes the "
        "process; `mpmflow fit --discover LOG` drafts one from a log",
        means="The file is a table or JSON by its name or its beginning, not a description of a process.",
        why="A table read as text gives an error for each of its lines, and none says what to do.",
        apart="A log or a series given to `check`, `risk` or another verb in the place of the process description.",
    ),
)
