"""`mpmflow report FILE`: everything that was found, on one page to read and to send around."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from . import evidence, terminal
from .opening import open_model
from .options import question_options

LEVELS = ("enterprise", "business_unit", "department", "function")
FORMS = ("html", "md", "json", "csv")
ENDINGS = (".html", ".htm", ".md", ".markdown", ".json", ".csv")


@click.command(name="report")
@question_options
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="PATH",
    multiple=True,
    help="Where to write it; the ending says how: .html .md .json .csv. May be given several times. Without it, "
    "Markdown goes to standard output.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="The form on standard output, or of a file with another ending.",
)
@click.option("--level", type=click.Choice(LEVELS), help="Only what concerns the objectives of this level.")
@click.option(
    "--for",
    "reader",
    metavar="partner:NAME",
    help="For this partner: its own part, built of that alone, and nothing of anybody else.",
)
@click.option(
    "--ledger",
    metavar="PATH",
    help="Set forecasts of the past, kept by `mpmflow ledger record`, beside what came (default: $MPMFLOW_LEDGER, "
    "where there is one).",
)
@evidence.evidence_options
@click.option("--budget", metavar="MONEY", help="Which initiatives of FILE to take for that much, such as '20k eur'.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    outputs: Sequence[str],
    form: str | None,
    level: str | None,
    reader: str | None,
    ledger: str | None,
    log: object,
    series: str | None,
    as_of: datetime | None,
    reference: str,
    seed: int,
    budget: str | None,
) -> int:
    """All of it on one page: what is in danger and why, indicators, forecasts, where rework and delay spread, what to
    do, promises, objectives level by level, hand-offs.

    The page for a browser is one file that needs no network. Say what you want:

    \b
      mpmflow report FILE -o report.html          a page to open and to send
      mpmflow report FILE                         the same as Markdown, here
      mpmflow report FILE --level department      one level of the objectives
      mpmflow report FILE --for partner:agency    what a partner may see
    """
    from .. import api

    _look_at_forms(form, as_json, outputs)
    partner = _partner(reader)
    if partner is not None and (level is not None or ledger is not None or budget is not None):
        raise click.UsageError("a partner gets its own part alone: leave out --level, --ledger and --budget")
    evidence.budget(budget)
    usual = os.environ.get("MPMFLOW_LEDGER", "")
    if ledger is None and partner is None and Path(usual).is_file():
        ledger = usual
    model = open_model(file, root=root, quiet=quiet)
    evaluation = evidence.evaluate(
        model, log=log, series=series, as_of=as_of, reference=reference, seed=seed, budget=budget, quiet=quiet
    )
    try:
        with terminal.busy("Writing the report", quiet=quiet):
            page = api.report(evaluation, level=level, partner=partner, ledger=ledger, log=log)
            for output in outputs:
                page.save(output, None if _says_its_form(output) else form)
            shown = page.form("json" if as_json else form or "md") if as_json or not outputs else ""
    except KeyError as problem:
        raise click.BadParameter(str(problem.args[0]), param_hint="--for") from None
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint="--level" if level is not None else None) from None
    for output in outputs:
        terminal.say(f"Wrote {output}", quiet=quiet)
    sys.stdout.write(shown)
    return 0


def _says_its_form(output: str) -> bool:
    """Whether a file's ending says how the report is to be written."""
    return Path(output).suffix.lower() in ENDINGS


def _look_at_forms(form: str | None, as_json: bool, outputs: Sequence[str]) -> None:
    """Say at once what cannot be written, before anything is read."""
    if as_json and form not in (None, "json") and not outputs:
        raise click.UsageError(f"--json and --format {form} contradict each other")
    others = [output for output in outputs if not _says_its_form(output)]
    if outputs and not others and form is not None:
        raise click.UsageError(f"the ending of {outputs[0]} says its form: leave out --format {form}")
    if others and form is None:
        known = ", ".join(f".{one}" for one in FORMS)
        raise click.BadParameter(
            f"a report can be written as {known}; give {others[0]} one of these endings, or say --format",
            param_hint="--output",
        )


def _partner(reader: str | None) -> str | None:
    """The partner's name, with or without the word before it.

    >>> _partner("partner:agency"), _partner("agency")
    ('agency', 'agency')
    """
    if reader is None:
        return None
    kind, colon, name = reader.partition(":")
    name = name if colon else kind
    if (colon and kind not in ("partner", "team")) or not name:
        raise click.BadParameter(f'"{reader}" is no reader; write partner:NAME', param_hint="--for")
    return name
