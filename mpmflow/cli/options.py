"""Options that several verbs share, so that they are spelt and explained the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def day(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """The callback of an option that is a day of the calendar, written as in the language."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d")
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day of the calendar; write one as 2026-03-02") from None


json_option = click.option("--json", "as_json", is_flag=True, help="Print the documented JSON and nothing else.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No remarks and no progress bar on standard error.")
root_option = click.option(
    "--root", metavar="DIR", help="The folder that imports and data must stay in (default: that of FILE)."
)
file_argument = click.argument("file", metavar="FILE")
files_argument = click.argument("files", metavar="FILE…", nargs=-1, required=True)


def together(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator; they appear in `--help` in this order."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


question_options = together(file_argument, root_option, json_option, quiet_option)
"""What every verb takes that asks one file a question."""
