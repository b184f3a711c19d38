"""`mpmflow test PATH…`: the test blocks of files and folders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..diagnostics.errors import MpmError
from . import guard, terminal
from .options import json_option, quiet_option, root_option

if TYPE_CHECKING:
    from ..model.model import Model
    from ..testing.results import TestRun


@click.command(name="test")
@click.argument("paths", metavar="PATH…", nargs=-1, required=True)
@click.option("-k", "match", metavar="WORDS", default="", help="Only tests whose title or row holds these words.")
@click.option("--junit", metavar="OUT.xml", help="Also write the results for a build server.")
@click.option("--coverage", "cover", is_flag=True, help="What the tests exercise: clauses, outcomes, causes.")
@click.option(
    "--fail-under",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    help="With --coverage or --mutate: end with 1 below this per cent.",
)
@click.option("--mutate", is_flag=True, help="Change the rules one by one and name the changes that no test notices.")
@json_option
@root_option
@quiet_option
def command(
    paths: Sequence[str],
    match: str,
    junit: str | None,
    cover: bool,
    fail_under: float | None,
    mutate: bool,
    as_json: bool,
    root: str | None,
    quiet: bool,
) -> int:
    """Run the test blocks of PATH…: files, or folders with all .mpm files in them.

    Ends with 0 if all pass, 1 if one fails, 2 if a file cannot be read or has errors.
    """
    if cover and mutate:
        raise click.UsageError("--coverage and --mutate are two questions; ask one at a time")
    if fail_under is not None and not (cover or mutate):
        raise click.UsageError("--fail-under goes with --coverage or --mutate")
    if (cover or mutate) and match:
        raise click.UsageError("-k picks tests; coverage and mutation are asked of all tests of a file")
    found = files_of(paths)
    models: list[tuple[str, Model]] = []
    unreadable = False
    for file in found:
        try:
            models.append((file, _open(file, root)))
        except MpmError as error:
            terminal.say(guard.trouble(error))
            unreadable = True
    from .. import api
    from ..testing import page
    from ..testing.run import together

    with terminal.busy("Running the tests", quiet=quiet):
        run = together(api.run_tests(model, match=match, file=file) for file, model in models)
    if junit is not None:
        from ..testing.junit import junit as written

        Path(junit).write_text(written(run), encoding="utf-8")
    shows = page.failures(run, colour=terminal.watched(sys.stdout) and not as_json)
    if not (cover or mutate):
        terminal.show(run.to_json() if as_json else shows)
        _close(run, quiet=quiet, match=match)
        return 2 if unreadable or (match and not run.cases) else 0 if run.passed else 1
    if not run.passed:
        terminal.say(shows)
        terminal.say(page.summary(run))
        terminal.say("Coverage and mutation are asked once all tests pass.")
        return 2 if unreadable else 1
    with terminal.busy("Changing the rules one by one" if mutate else "Counting", quiet=quiet):
        share = _asked([model for _, model in models], mutate=mutate, as_json=as_json)
    _close(run, quiet=quiet, match=match)
    enough = fail_under is None or 100.0 * share >= fail_under - 1e-9
    if not enough:
        terminal.say(f"{100.0 * share:.3g}% is below the {fail_under:g}% that --fail-under asks for.")
    return 2 if unreadable else 0 if enough else 1


def _asked(models: Sequence[Model], *, mutate: bool, as_json: bool) -> float:
    from .. import api
    from ..testing import page

    if mutate:
        mutation = api.mutate(*models)
        terminal.show(mutation.to_json() if as_json else page.mutation(mutation))
        return mutation.score
    coverage = api.rule_coverage(*models)
    terminal.show(coverage.to_json() if as_json else page.coverage(coverage))
    return coverage.share


def _open(file: str, root: str | None) -> Model:
    from .. import api

    return api.model_of(api.read(file, root=root))


def _close(run: TestRun, *, quiet: bool, match: str) -> None:
    from ..testing import page

    for sentence in page.without_tests(run):
        terminal.say(sentence, quiet=quiet)
    if match and not run.cases:
        terminal.say(f'No test has "{match}" in its title or row, so nothing was tested.')
    elif run.cases:
        terminal.say(page.summary(run), quiet=quiet)


def files_of(paths: Sequence[str]) -> list[str]:
    """The files that are meant: of a folder all `.mpm` files in it and below, in the order of their names.

    Hidden folders are passed over. Raises UsageError for a folder without any.
    """
    found: list[str] = []
    for path in paths:
        if path == "-" or not Path(path).is_dir():
            found.append(path)
            continue
        inside = sorted(
            file
            for file in Path(path).rglob("*.mpm")
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
        if not inside:
            raise click.UsageError(f"there is no .mpm file in the folder {path}")
        found += [str(file) for file in inside]
    return list(dict.fromkeys(found))
