"""`mpmflow watch FILE --log events.csv`: follow a growing log, and tell every change of state when it comes."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import terminal
from .opening import open_model
from .options import question_options

if TYPE_CHECKING:
    from ..live.follow import Follower
    from ..live.monitor import Monitor
    from ..live.transitions import Transition


@click.command(name="watch")
@question_options
@click.option(
    "--log", metavar="PATH", required=True, help="The growing file of events: CSV, or JSON by lines (.jsonl)."
)
@click.option(
    "--store", metavar="PATH", help="The file that keeps what is known, so that a restart goes on from there."
)
@click.option("--every", metavar="SPAN", default="5s", show_default=True, help="How often the file is looked at.")
@click.option("--once", is_flag=True, help="Read what is there, tell what is new, and end.")
@click.option(
    "--clock",
    type=click.Choice(["system", "log"]),
    default="system",
    show_default=True,
    help="What time it is: the system's, or that of the latest event in the log (to replay an old one).",
)
@click.option("--metrics", metavar="PATH", help="Also write all figures there, as OpenMetrics text for a scraper.")
@click.option("--period", metavar="SPAN", default="1w", show_default=True, help="How long a period is.")
@click.option(
    "--late", metavar="SPAN", default="2w", show_default=True, help="How late events may come and still count."
)
@click.option("--key", metavar="COLUMN", help="The column by which an event is known, where the log has one.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: str,
    store: str | None,
    every: str,
    once: bool,
    clock: str,
    metrics: str | None,
    period: str,
    late: str,
    key: str | None,
) -> int:
    """Follow a log that grows, and print each change of an indicator's state when its period closes.

    With --store everything is kept in a file: a restart reads on where the last run ended, and nothing is told twice.
    With --json each change is one line, the document mpmflow/transition/1. Ctrl-C ends it; nothing is lost by that.
    """
    from ..live.follow import Follower
    from ..live.monitor import Monitor

    pause = seconds(every)
    model = open_model(file, root=root, quiet=quiet)
    with Monitor(model, store, period=period, late=late, key=key) as monitor:
        for remark in monitor.carried:
            terminal.say(remark, quiet=quiet)
        if not monitor.watched:
            terminal.say(f"{file} has no indicator with a rule (warn or alert), so no state can change.")
        # A handler, not what `advance` returns: a change that was kept but not printed is printed by the next run.
        monitor.on("any", lambda one: print_transition(one, as_json=as_json), name="watch")
        follower = Follower(monitor, log, lambda words: terminal.say(words, quiet=quiet))
        try:
            while True:
                look(monitor, follower, by_log=clock == "log", wait=not once)
                if metrics:
                    write_metrics(monitor, metrics)
                if once:
                    return 0
                time.sleep(pause)
        except KeyboardInterrupt:
            kept = "nothing is lost: the next run reads on from here" if store else "without --store nothing is kept"
            terminal.say(f"Stopped; {kept}.", quiet=quiet)
            return 0
        finally:
            follower.close()


def look(monitor: Monitor, follower: Follower, *, by_log: bool, wait: bool) -> None:
    """Read what the file has gained, and close what has ended."""
    try:
        for _ in follower.poll():
            if by_log:
                advance(monitor, follower, by_log=True)
    except FileNotFoundError:
        if not wait:
            raise
    advance(monitor, follower, by_log=by_log)


def advance(monitor: Monitor, follower: Follower, *, by_log: bool) -> None:
    """Let the monitor close its periods, up to the system's time or that of the latest event."""
    now = datetime.now(UTC)
    if by_log:
        if follower.latest is None:
            return
        latest = max(follower.latest, monitor.now or follower.latest)
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=latest)
    monitor.advance(now)


def print_transition(one: Transition, *, as_json: bool) -> None:
    """Print a change of state at once, also into a pipe."""
    terminal.show(one.to_json() if as_json else str(one))
    sys.stdout.flush()


def write_metrics(monitor: Monitor, path: str) -> None:
    """Write the metrics whole: a scraper never sees half a file."""
    from ..live.openmetrics import openmetrics

    fresh = Path(f"{path}.new")
    fresh.write_text(openmetrics(monitor), encoding="utf-8")
    os.replace(fresh, path)


def seconds(span: str) -> float:
    """A span of time in seconds.

    >>> seconds("5s"), seconds("1min")
    (5.0, 60.0)
    """
    from ..model.quantities import Quantity

    try:
        found = Quantity.model_validate(span)
        if found.measure.is_time and found.base > 0:
            return float(found.base)
    except ValueError:
        pass  # said below, as of a quantity that is no time
    raise click.BadParameter(f'"{span}" is no span of time such as 5s or 1min', param_hint="--every")
