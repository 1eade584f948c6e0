"""The command line: which commands there are, and how they end.

Nothing heavy is imported before a command runs: `shiomi --help` answers at once.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from shiomi import __version__
from shiomi.commands.reading import events, explain, identity, tracks
from shiomi.commands.trial import score, simulate
from shiomi.commands.watching import verify, watch
from shiomi.commands.zoned import presence, zones
from shiomi.errors import ShiomiError

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Shiomi: an open maritime watch, from ship positions to findings that carry their evidence.",
    epilog="Start with: shiomi simulate east-china-sea --out out/scenario",
)

for command in (watch, verify, events, identity, zones, presence, explain, tracks, simulate, score):
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"shiomi {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line: 0 is well, 1 is a check that failed, 2 is an error a person can mend."""
    # Tables and arrays make no cycles: to look for some while a thousand modules load is work for nothing.
    gc.set_threshold(100_000, 20, 20)
    try:
        app(args=argv)
    except ShiomiError as e:
        print(f"shiomi: {e}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read us has enough; without this the interpreter complains when it flushes at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
