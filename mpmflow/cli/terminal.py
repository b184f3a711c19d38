"""What the terminal shows: plain text into pipes and files, colour and a progress bar for people.

rich is imported only when somebody watches: it costs as much time as the rest of `mpmflow --version`.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

PATIENCE = 2.0
"""Seconds that may pass before a progress bar appears."""


def prepare_streams() -> None:
    """Make both streams able to print every character that a model may hold.

    A pipe or a file gets UTF-8 on every system, unless PYTHONIOENCODING says otherwise; a terminal keeps its encoding,
    and a character it lacks is written as `\\u…` instead of ending the program.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            keep = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if keep else "utf-8", errors="backslashreplace")


def watched(stream: TextIO) -> bool:
    """Does a person see this stream, with colours? NO_COLOR and TERM=dumb say no."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def console(stream: TextIO) -> Console:
    """A rich console on that stream: colours on a terminal, plain aligned text elsewhere.

    Labels come from files: square brackets in them are brackets, and `:name:` is no picture.
    """
    from rich.console import Console

    if watched(stream):
        return Console(file=stream, highlight=False, markup=False, emoji=False)
    width = None if stream.isatty() else 120
    return Console(file=stream, highlight=False, markup=False, emoji=False, no_color=True, width=width)


def show(page: Any) -> None:
    """Print an answer on standard output: a text as it is, anything else the way rich lays it out."""
    if isinstance(page, str):
        if not page:
            return
        sys.stdout.write(page if page.endswith("\n") else page + "\n")
    elif watched(sys.stdout):
        console(sys.stdout).print(page)
    else:
        plain = console(sys.stdout)
        with plain.capture() as captured:
            plain.print(page)
        # Tables are padded to the full width, which is no use in a file or a diff.
        sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def say(message: str, *, quiet: bool = False) -> None:
    """Tell the reader something about the work, on standard error; `-q` silences it."""
    if not quiet:
        sys.stderr.write(message if message.endswith("\n") else message + "\n")


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show how much of the work in this block is done and how long the rest will take, should it take longer than two
    seconds; the block tells (parts done, all parts).

    It appears on standard error and only on a terminal, and leaves nothing behind.
    """
    if quiet or not watched(sys.stderr):
        yield lambda done, wanted: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    bar = Progress(*columns, TimeRemainingColumn(), console=console(sys.stderr), transient=True)
    task = bar.add_task(title, total=None)
    waiting = threading.Timer(PATIENCE, bar.start)
    waiting.daemon = True
    waiting.start()
    try:
        yield lambda done, wanted: bar.update(task, completed=done, total=wanted)
    finally:
        waiting.cancel()
        waiting.join()
        bar.stop()


@contextmanager
def busy(title: str, *, quiet: bool = False) -> Iterator[None]:
    """Show a moving bar with the time gone by, should the work in this block take longer than two seconds.

    It appears on standard error and only on a terminal, and leaves nothing behind.
    """
    if quiet or not watched(sys.stderr):
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_bar, args=(title, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _bar(title: str, done: threading.Event) -> None:
    if done.wait(PATIENCE):
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        progress.add_task(title, total=None)
        done.wait()
