"""The last net: whatever goes wrong in a verb reaches the reader as words, with an exit code, never as a traceback.

What is wrong in the reader's files says where and how to mend it. What is wrong in mpmflow looks different: it is
written, with the files it happened on, into a folder that can be sent to us.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from .. import __version__
from ..diagnostics.errors import DataError, InternalError, LedgerError, LeverError, MonitorError, MpmError
from . import terminal

CANNOT = 2
OUR_FAULT = 70
INTERRUPTED = 130
PIPE_CLOSED = 141


def run(verb: Callable[[], object], *, arguments: Sequence[str]) -> int:
    """Run a verb and return the exit code; says on standard error what went wrong."""
    try:
        code = verb()
        if not sys.stdout.closed:  # a language server has closed it when its editor said goodbye
            sys.stdout.flush()
    except (click.ClickException, click.exceptions.Exit):
        raise
    except (KeyboardInterrupt, click.Abort):
        terminal.say("\nStopped.")
        return INTERRUPTED
    except BrokenPipeError:
        leave_pipe()
        return PIPE_CLOSED
    except DataError as error:
        terminal.say(f"The data cannot be used: {error}")
        return CANNOT
    except LeverError as error:
        terminal.say(f"No such change can be made: {error}")
        return CANNOT
    except LedgerError as error:
        terminal.say(f"The ledger {'cannot be used' if error.ledger else 'does not take this'}: {error}")
        return CANNOT
    except MonitorError as error:
        terminal.say(f"The monitor cannot go on: {error}")
        return CANNOT
    except MpmError as error:
        terminal.say(trouble(error))
        return CANNOT
    except ModuleNotFoundError as error:
        return missing_library(error, arguments)
    except (OSError, UnicodeError) as error:
        terminal.say(unreadable(error))
        return CANNOT
    except (Exception, RecursionError) as error:
        return our_fault(error, arguments)
    return code if isinstance(code, int) else 0


def trouble(error: MpmError) -> str:
    """The diagnostics of an error as text, each with its place and the line, and how many they are."""
    from ..diagnostics.text import render_text, summary

    text = render_text(error.diagnostics, colour=terminal.watched(sys.stderr))
    return f"{text}\n{summary(error.diagnostics)}" if len(error.diagnostics) > 1 else text


def unreadable(error: OSError | UnicodeError) -> str:
    """What the system says about a file, in words.

    >>> unreadable(FileNotFoundError(2, "No such file or directory", "webinar.mpm"))
    'Cannot use webinar.mpm: there is no such file or folder.'
    """
    if isinstance(error, UnicodeError):
        return f"Cannot read or write a text: {error}."
    name = error.filename or "a file"
    if isinstance(error, FileNotFoundError):
        reason = "there is no such file or folder"
    elif isinstance(error, IsADirectoryError):
        reason = "it is a folder"
    elif isinstance(error, PermissionError):
        reason = "this user is not allowed to"
    else:
        reason = error.strerror or str(error)
    return f"Cannot use {name}: {reason}."


def missing_library(error: ModuleNotFoundError, arguments: Sequence[str]) -> int:
    """A library that only an extra brings is asked for by its name; any other missing module is our fault."""
    from ..readers.libraries import advice

    said = advice(error.name or "")
    if said is None:
        return our_fault(error, arguments)
    terminal.say(said)
    return CANNOT


def our_fault(error: BaseException, arguments: Sequence[str]) -> int:
    """Say that mpmflow failed, keep what is needed to find out why, and return the exit code for it."""
    kept = keep_evidence(error, arguments)
    what = error.message if isinstance(error, InternalError) else f"{type(error).__name__}: {error}"
    lines = [
        "mpmflow made a mistake; it is not in your file.",
        f"  What happened: {what.splitlines()[0]}",
    ]
    if kept is None:
        lines.append("  To report it, open an issue in the project's repository, with the command and the file.")
    else:
        lines.append(f"  What we need to find out why is in {kept}")
        lines.append("  (the traceback, the versions, a copy of the .mpm files named). Nothing has been sent anywhere.")
        lines.append("  To report it, look the folder through and open an issue in the project's repository with it.")
    terminal.say("\n".join(lines))
    return OUR_FAULT


def keep_evidence(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Write the traceback, the versions and copies of the `.mpm` files named into a new folder; None if impossible."""
    # Rarely needed, and together as slow to import as click.
    import platform
    import shutil
    import tempfile
    import traceback

    try:
        folder = Path(tempfile.mkdtemp(prefix="mpmflow-report-"))
        story = "".join(traceback.format_exception(error))
        about = f"mpmflow {__version__}, Python {platform.python_version()}, {platform.platform()}"
        report = f"{about}\nmpmflow {' '.join(arguments)}\n\n{story}"
        (folder / "report.txt").write_text(report, encoding="utf-8", errors="backslashreplace")
        for argument in arguments:
            source = Path(argument)
            if source.suffix == ".mpm" and source.is_file():
                shutil.copyfile(source, folder / source.name)
    except OSError:
        return None
    return folder


def leave_pipe() -> None:
    """The reader of our output went away (`mpmflow … | head`): let the last flush at exit go nowhere, in silence."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
