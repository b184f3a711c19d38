"""`mpmflow ledger …`: keep forecasts and promises, and come back to them when the truth is in."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..diagnostics.errors import LedgerError
from . import evidence, terminal
from .opening import open_model
from .options import day, json_option, question_options, quiet_option, together

if TYPE_CHECKING:
    from ..live.ledger.ledger import Ledger

DEFAULT = "mpmflow-ledger.db"
ledger_option = click.option(
    "--ledger",
    "path",
    metavar="PATH",
    default=DEFAULT,
    envvar="MPMFLOW_LEDGER",
    help=f"The file of the ledger (default: $MPMFLOW_LEDGER, else {DEFAULT}).",
)
author_option = click.option("--author", metavar="NAME", help="Who says so.")
book_options = together(ledger_option, json_option, quiet_option)
"""What every part of the verb takes that asks no model."""


def opened(path: str, *, new: bool = False) -> Ledger:
    """The ledger of a path; only `record`, `import` and `merge` begin a new one."""
    from ..live.ledger.ledger import Ledger

    return Ledger(path, must_exist=not new)


class Parts(click.Group):
    """The parts of the verb in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(name="ledger", cls=Parts, subcommand_metavar="WHAT …")
def command() -> None:
    """Keep each forecast and promise, and come back to score it when the truth is in.

    The ledger is one file to which entries are only added. Each holds the hash of the one before, so that it shows if
    somebody changed one.
    """


@command.command(name="record", short_help="Keep what risk says of FILE now")
@question_options
@ledger_option
@author_option
@evidence.evidence_options
@click.option(
    "--scenario", "scenarios", metavar="NAME", multiple=True, help="Also the forecasts under this scenario of FILE."
)
def record(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    path: str,
    author: str | None,
    log: object,
    series: str | None,
    as_of: datetime | None,
    reference: str,
    seed: int,
    scenarios: tuple[str, ...],
) -> int:
    """Keep what `risk` says of FILE now: each metric's forecast, each promise, with their chances and laws.

    The same forecasts are never kept twice, so a scheduler may run this as often as it likes.
    """
    model = open_model(file, root=root, quiet=quiet)
    evaluation = evidence.evaluate(
        model, log=log, series=series, as_of=as_of, reference=reference, seed=seed, quiet=quiet, scenarios=scenarios
    )
    with opened(path, new=True) as ledger:
        found = ledger.record(evaluation, author=author)
    for caution in evaluation.coverage.cautions:
        terminal.say(caution, quiet=quiet)
    terminal.show(found.to_json() if as_json else str(found))
    return 0


@command.command(name="settle", short_help="Say what came of METRIC")
@click.argument("metric")
@click.argument("words", metavar="VALUE SOURCE", nargs=-1, required=True)
@book_options
@author_option
@click.option("--on", metavar="DATE", callback=day, help="The date that it is for, where there are several.")
@click.option("--reading", metavar="WORDS", help="Over which periods it counts, where forecasts differ in that.")
def settle(
    metric: str,
    words: tuple[str, ...],
    path: str,
    as_json: bool,
    quiet: bool,
    author: str | None,
    on: datetime | None,
    reading: str | None,
) -> int:
    """Say what came of METRIC, where the data do not: a figure and where it comes from, as in
    `mpmflow ledger settle cost_per_lead 37 eur "June report"`.

    Nothing is overwritten: said again, the last word counts, and the earlier ones stay in view.
    """
    if len(words) < 2:
        raise click.UsageError('say a figure and where it comes from: cost_per_lead 37 eur "June report"')
    *value, source = words
    with opened(path) as ledger:
        entry = ledger.settle(
            metric, " ".join(value), source, on=on.date() if on else None, reading=reading, author=author
        )
    if as_json:
        terminal.show(entry.to_json())
    else:
        said = entry.content
        terminal.show(f"Entry {entry.number}: {metric} for {said['on']} was {said['written']} ({source}).")
    return 0


@command.command(name="review", short_help="Hold what was recorded against what came")
@question_options
@ledger_option
@evidence.data_options
@click.option(
    "--taken", metavar="SCENARIO", multiple=True, help="This scenario was carried out: judge what it foretold too."
)
@click.option(
    "--again/--no-again",
    default=None,
    help="Ask FILE as it is today what it would have said on those evenings (default: if it was changed since).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws behind that.")
def review(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    path: str,
    log: object,
    series: str | None,
    as_of: datetime | None,
    taken: tuple[str, ...],
    again: bool | None,
    seed: int,
) -> int:
    """Hold what was recorded against what came, as the data of FILE or `ledger settle` say: kept, missed, or late; and
    how good the forecasts were, beside what anybody could have said without a model.
    """
    model = open_model(file, root=root, quiet=quiet)
    with opened(path) as ledger, terminal.progress("Asking today's file of the past", quiet=quiet) as tell:
        found = ledger.review(
            model,
            log=log,
            series=series,
            as_of=as_of.date() if as_of else None,
            taken=taken,
            again=again,
            seed=seed,
            progress=tell,
        )
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.review_page import ReviewPage

        terminal.show(ReviewPage(found))
    return 0


@command.command(name="list", short_help="What the ledger holds")
@book_options
@click.option("--kind", type=click.Choice(["forecast", "settlement", "model", "merge"]), help="Only these entries.")
def list_entries(path: str, as_json: bool, quiet: bool, kind: str | None) -> int:
    """What the ledger holds, one entry a line; with --json as `ledger export` writes it."""
    with opened(path) as ledger:
        if as_json:
            terminal.show("\n".join(ledger.lines(kind)))
            return 0
        from ..render.ledger_page import LedgerPage

        rows = [(entry.number, entry.recorded, entry.author, kept) for entry, kept in ledger.kept(kind)]
    if rows:
        terminal.show(LedgerPage(rows))
    else:
        terminal.say("There is nothing of that kind in the ledger.", quiet=quiet)
    return 0


@command.command(name="verify", short_help="Whether it is as it was written")
@book_options
@click.option("--head", metavar="HASH", help="A head that was printed once: is everything up to it still there?")
def verify(path: str, as_json: bool, quiet: bool, head: str | None) -> int:
    """Look through the chain: what was changed, removed, moved or cut off since it was written. Ends with 1 if anything
    was.
    """
    from ..live.ledger.verify import verify_file

    found = verify_file(path, head)
    terminal.show(found.to_json() if as_json else str(found))
    return 0 if found.ok else 1


@command.command(name="export", short_help="All entries as lines of JSON")
@ledger_option
@quiet_option
@click.option("-o", "--output", metavar="FILE", help="The file to write (default: standard output).")
def export(path: str, quiet: bool, output: str | None) -> int:
    """All entries as lines of JSON, each with its hash: for a repository, an archive, another ledger."""
    with opened(path) as ledger:
        if output is None:
            for line in ledger.lines():
                terminal.show(line)
            return 0
        count = ledger.export(output)
    terminal.say(f"{count:,} entries written to {output}", quiet=quiet)
    return 0


@command.command(name="import", short_help="Add entries of an exported FILE")
@click.argument("file", metavar="FILE")
@book_options
def import_entries(file: str, path: str, as_json: bool, quiet: bool) -> int:
    """Add the entries of an exported FILE that are new here; all are checked first."""
    with opened(path, new=True) as ledger:
        found = ledger.import_lines(file)
    terminal.show(found.to_json() if as_json else str(found))
    return 0


@command.command(name="merge", short_help="Add entries of the OTHER ledger")
@click.argument("other", metavar="OTHER")
@book_options
def merge(other: str, path: str, as_json: bool, quiet: bool) -> int:
    """Add the entries of the OTHER ledger that are new here; each keeps its content, time and author."""
    if os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other):
        raise LedgerError("a ledger cannot be merged with itself", ledger=path)
    with opened(path, new=True) as ledger:
        found = ledger.merge(other)
    terminal.show(found.to_json() if as_json else str(found))
    return 0
