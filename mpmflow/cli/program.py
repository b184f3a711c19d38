"""The program and its verbs: which there are, in which file, found when they are called.

A verb's file is imported when that verb runs, not before, so that `mpmflow check` never waits for the libraries of
`mpmflow risk`. The list below therefore carries the one-line help that `mpmflow --help` prints.
"""

from __future__ import annotations

import sys
from importlib import import_module
from keyword import iskeyword

import click

from .. import __version__
from . import guard, terminal

VERBS: dict[str, str] = {
    "check": "Find every mistake in a file, in one pass",
    "analyze": "The figures of each workflow as designed, waits too, and what every lever does to them",
    "simulate": "The same figures by simulation: shared teams, calendars, batches, with intervals",
    "risk": "Where rework and delay spread, which metric will miss its target, when, why, what to do",
    "report": "All of it on one page to read and send: browser, Markdown, JSON, or a table",
    "backtest": "What would have been said on past evenings, and who was right: forecasts, alarms, levels",
    "ledger": "Keep each forecast and promise, and score it when the truth is in",
    "leads": "Which indicators led which metrics in the history, by how long, how well",
    "observe": "The indicators over time as the data have them, by segment; what the file leaves unexplained",
    "watch": "Follow a log that grows, and tell every change of an indicator's state as it comes",
    "handoffs": "Where work passes between teams: how long it waits, what was promised, what a partner may see",
    "explain": "Why an indicator, metric, objective or step stands where it does, back to its line",
    "sight": "Which goals everything that is done reaches, by how much, how soon; what reaches none",
    "assess": "How mature the plan is against a standard, point by point, and what would raise it",
    "compare": "One period against another: what changed every figure, what may be luck, what to do next",
    "test": "Run the test blocks of files: rules, forecasts, spread; coverage and mutation",
    "what-if": "Scenarios side by side with today: times, waits, loads, costs",
    "diff": "Two versions of a file: what changed, what each change brings, which forecasts still count",
    "fit": "Shares, times, arrivals, teams and causes as the data have them; drafts a workflow from a log",
    "draw": "Draw the workflow, causes, objectives, hand-offs or metrics",
    "import": "Read a BPMN 2.0 diagram as a model; what a model cannot say is listed",
    "export": "Write the workflow for a model checker (PRISM), or the model as JSON",
    "fmt": "Rewrite files in the one canonical style",
    "schema": "Print the JSON Schema of the model and of what --json prints",
    "lsp": "The language server, for editors to start",
    "completion": "Print the script that completes verbs and options in your shell",
}
"""Each verb with its one line of help. `module_of` names its file, which holds `command`."""

EPILOG = """\b
Exit codes:
  0    all is well
  1    findings
  2    it could not be done: unreadable file, errors in the model, wrong option
  70   a fault of mpmflow itself
  130  interrupted
"""


class Program(click.Group):
    """The group of all verbs: loads a verb when it is called, suggests the nearest when there is none of that name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = import_module(f"{__package__}.{module_of(cmd_name)}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in VERBS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(unknown_verb(args[0]), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        terminal.prepare_streams()
        ctx.exit(guard.run(lambda: super(Program, self).invoke(ctx), arguments=sys.argv[1:]))


def module_of(verb: str) -> str:
    """The file of a verb: `-` becomes `_`, and one behind a word that Python keeps for itself.

    >>> module_of("what-if"), module_of("import")
    ('what_if', 'import_')
    """
    return f"{verb}_" if iskeyword(verb) else verb.replace("-", "_")


def unknown_verb(name: str) -> str:
    """What to say when there is no such verb: the nearest one, or how to see them all.

    >>> unknown_verb("chekc")
    'There is no verb "chekc". Did you mean "check"?'
    >>> unknown_verb("webinar.mpm")
    'The verb comes first: mpmflow check webinar.mpm'
    """
    from ..diagnostics.suggest import nearest

    if name.endswith(".mpm"):
        return f"The verb comes first: mpmflow check {name}"
    close = nearest(name, VERBS)
    cure = f'Did you mean "{close[0]}"?' if close else "mpmflow --help lists all verbs."
    return f'There is no verb "{name}". {cure}'


@click.command(
    cls=Program,
    name="mpmflow",
    subcommand_metavar="VERB …",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="mpmflow %(version)s")
def program() -> None:
    """Describe a marketing process in plain text; see where rework and delay spread, and which metric will miss its
    target, when, why, and what to do first.

    "mpmflow VERB --help" explains a verb.
    """


def main() -> None:
    """Run the command line and leave the interpreter with its exit code."""
    program.main(prog_name="mpmflow")
