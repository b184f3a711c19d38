"""Broken and hostile files: one clear message each, the right exit code, no traceback, bounded memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.reading import LIMIT, read_path
from mpmflow.diagnostics.source import Source

TEAM = b'team legal { people 1, owner "GC" }\nworkflow w { step check by legal takes 4h }\n'
ROOT = Path(__file__).parent.parent.parent
MOST_MEMORY = 500_000  # kilobytes


def checked(path: Path) -> tuple[int, str, int]:
    """Exit code, everything said, and the most memory in kilobytes, of `mpmflow check` in a process of its own."""
    code = (
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.memory import peak\n"
        "from mpmflow.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print('peak', peak(), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(path)], capture_output=True, text=True, check=False, cwd=path.parent
    )
    said, _, peak = (done.stdout + done.stderr).rpartition("peak ")
    return done.returncode, said, int(peak)


CASES = {
    "too large": (b"#" * (LIMIT + 1), 2, "file-too-large"),
    "not UTF-8": (b'team a "caf\xe9"\n', 2, "not-utf-8"),
    "NUL": (b"team a\0\n", 2, "nul-character"),
    "blocks 10,000 deep": (b"workflow w {\n" + b"parallel p { branch { " * 5_000 + b"}" * 10_001, 1, "too-deep"),
    "brackets 10,000 deep": (b"metric m output = " + b"(" * 10_000 + b"1" + b")" * 10_000, 1, "too-deep"),
    "signs 10,000 deep": (b"metric m output = " + b"-" * 10_000 + b"1", 1, "too-deep"),
    "a text that never ends": (b'team a "' + b"x" * 9_900_000, 1, "unclosed-string"),
    "braces alone": (b"{" * 1_000_000, 1, "unexpected"),
    "a sum without end": (b"metric m output = 1" + b" + 1" * 400_000, 1, "too-long"),
    "imports itself": (b'import "it.mpm"\n' + TEAM, 1, "import-loop"),
    "imports from outside": (b'import "../../etc/passwd"\n' + TEAM, 1, "path-outside"),
    "byte-order mark": (b"\xef\xbb\xbf" + TEAM, 0, ""),
    "line ends of Windows": (TEAM.replace(b"\n", b"\r\n"), 0, ""),
    "line ends of old": (TEAM.replace(b"\n", b"\r"), 0, ""),
    "empty": (b"", 0, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_has_one_message_and_the_right_exit_code(name: str, tmp_path: Path) -> None:
    content, wanted, code = CASES[name]
    path = tmp_path / "it.mpm"
    path.write_bytes(content)
    returned, said, peak = checked(path)
    assert returned == wanted, said[:2000]
    assert "Traceback" not in said
    if code:
        assert said.count(f"error[{code}]") == 1, said[:2000]
        assert len(said) < 5_000
        assert said.count("error[") == 1, said[:2000]
    assert peak < MOST_MEMORY


def test_a_project_of_too_many_files_is_not_read(tmp_path: Path) -> None:
    for number in range(103):
        (tmp_path / f"part{number}.mpm").write_text(f"metric m{number} output unit leads\n", encoding="utf-8")
    main = tmp_path / "main.mpm"
    main.write_text("".join(f'import "part{number}.mpm"\n' for number in range(103)), encoding="utf-8")
    errors = compile_source(read_path(main)).errors
    assert {one.code for one in errors} == {"import-limit"}
    assert errors[0].message == "more than 100 files are imported"


def test_a_project_of_too_many_characters_is_not_read(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.mpm").write_text("#" * 6_000_000, encoding="utf-8")
    main = tmp_path / "main.mpm"
    main.write_text('import "a.mpm"\nimport "b.mpm"\nimport "c.mpm"\n', encoding="utf-8")
    (error,) = compile_source(read_path(main)).errors
    assert (error.code, error.message) == ("import-limit", "more than 10 MB are imported")


def test_a_workflow_too_large_for_a_quick_look_says_so() -> None:
    steps = "\n".join(f"  step s{number} by crew takes 1h" for number in range(4_100))
    text = f"team crew {{ people 2 }}\nworkflow w {{\n  arrivals 1 per week\n{steps}\n}}\n"
    (found,) = compile_source(Source("large.mpm", text)).diagnostics
    assert (found.code, found.severity) == ("load-not-checked", "info")
