"""The forms in which diagnostics are printed."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.diagnostic import Diagnostic, Note
from mpmflow.diagnostics.github import render_github
from mpmflow.diagnostics.json import render_json
from mpmflow.diagnostics.sarif import render_sarif
from mpmflow.diagnostics.source import Source
from mpmflow.diagnostics.text import render_text, summary

SOURCE = Source("folder/a b.mpm", 'team é漢 { peple 1 }\n\tstep "x"\n')


def at(words: str, **more: object) -> Diagnostic:
    start = SOURCE.text.index(words)
    span = SOURCE.span(start, start + len(words))
    return Diagnostic("some-code", "it is 50% wrong", "mend it", span, **more)  # type: ignore[arg-type]


def test_carets_stand_under_the_words_behind_wide_and_accented_letters() -> None:
    line, marks = render_text([at("peple")]).splitlines()[2:4]
    # The wide letter takes two places on the screen and one in the text.
    assert marks.index("^") == line.index("peple") + 1
    assert marks.count("^") == len("peple")


def test_a_tab_is_shown_as_blanks_and_counted_as_one_column() -> None:
    head, _, line, marks, _ = render_text([at("step")]).splitlines()
    assert head.startswith("folder/a b.mpm:2:2: error[some-code]")
    assert marks.index("^") == line.index("step")


def test_notes_show_their_own_lines() -> None:
    place = SOURCE.span(0, 4)
    text = render_text([at("peple", notes=(Note(place, "opened here"), Note(None, "no place")))])
    assert "note: folder/a b.mpm:1:1: opened here\n1 | team" in text
    assert "note: no place" in text


def test_colour_only_when_asked() -> None:
    assert "\x1b" not in render_text([at("peple")])
    assert "\x1b[" in render_text([at("peple")], colour=True)


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    source = Source("a\x1b[2J.mpm", "x \x1b[31m \u202e y")
    said = render_text([Diagnostic("c", "found \x1b[31m", "\x07", source.span(2, 3))])
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_a_long_line_is_cut_to_the_words() -> None:
    source = Source("a.mpm", "x" * 5_000 + " here " + "y" * 5_000)
    said = render_text([Diagnostic("c", "m", "", source.span(5_001, 5_005))])
    line, marks = said.splitlines()[2:4]
    assert len(line) < 200
    assert line[marks.index("^") :].startswith("here")


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_any_span_of_any_text_is_printed(text: str, one: int, two: int) -> None:
    source = Source("a.mpm", text)
    start, end = sorted((min(one, len(source.text)), min(two, len(source.text))))
    said = render_text([Diagnostic("c", "m", "h", source.span(start, end))])
    assert said.startswith(f"a.mpm:{source.place(start)[0]}:{source.place(start)[1]}: error[c] m\n")
    assert "^" in said


def test_json_is_the_document_of_the_contract() -> None:
    document = json.loads(render_json([at("peple")], version="1.2.3", allowed=2))
    assert document == {
        "schema": "mpmflow/check/1",
        "mpmflow": "1.2.3",
        "diagnostics": [
            {
                "code": "some-code",
                "severity": "error",
                "message": "it is 50% wrong",
                "help": "mend it",
                "file": "folder/a b.mpm",
                "line": 1,
                "column": 11,
                "end_line": 1,
                "end_column": 16,
            }
        ],
        "allowed": 2,
    }


def test_sarif_has_rules_with_help_and_regions_in_characters() -> None:
    span = SOURCE.span(10, 15)
    found = diagnose("unknown-clause", span, replacement="people", word="peple", nearest=("people",))
    document = json.loads(render_sarif([found], version="1.2.3"))
    (run,) = document["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    (result,) = run["results"]
    assert (document["version"], run["columnKind"], rule["id"]) == ("2.1.0", "unicodeCodePoints", "unknown-clause")
    assert "Instead:" in rule["help"]["text"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "folder/a%20b.mpm"
    assert place["region"] == {"startLine": 1, "startColumn": 11, "endLine": 1, "endColumn": 16}
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == "people"


def test_github_commands_escape_what_would_end_them() -> None:
    (line,) = render_github([at("peple")]).splitlines()
    place = "file=folder/a b.mpm,line=1,col=11,endLine=1,endColumn=15"
    assert line == f"::error {place},title=some-code::it is 50%25 wrong%0Amend it"


def test_the_summary_counts_by_weight() -> None:
    assert summary([at("peple"), at("peple", severity="warning"), at("peple", severity="warning")], 3) == (
        "1 error, 2 warnings (3 allowed)"
    )
    assert summary([]) == "no findings"
