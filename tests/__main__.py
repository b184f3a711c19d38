"""`python -m tests`: everything that must hold before a change goes in, with one verdict at the end.

Style, format, types, then the tests (which hold the import rules too). A failing step does not hide the next one.
Further arguments go to pytest: `python -m tests -k chain`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

STEPS = {
    "style": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy"],
    "tests": ["-m", "pytest", "-n", "auto", "--dist", "worksteal"],
}


def main() -> int:
    """Run every step, print what each came to, and return 0 if all went well."""
    verdicts: list[str] = []
    failed = False
    for name, command in STEPS.items():
        print(f"--- {name}: python {' '.join(command)}", flush=True)
        started = time.monotonic()
        further = sys.argv[1:] if name == "tests" else []
        code = subprocess.run([sys.executable, *command, *further], cwd=ROOT, check=False).returncode
        failed = failed or code != 0
        verdicts.append(f"{name:8} {'ok' if code == 0 else 'FAILED':8} {time.monotonic() - started:6.1f} s")
    print("---", *verdicts, sep="\n", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
