"""The command line: one file a verb. Each parses, calls a room, prints."""

import sys

import typer

from inkdigits._version import __version__
from inkdigits.cli import (
    benchmark,
    evaluate,
    explore,
    export,
    feedback,
    models,
    promote,
    read,
    serve,
    train,
    tune,
)

__all__ = ["app", "main"]

app = typer.Typer(
    name="inkdigits",
    help="Read handwritten digits, and train the networks that read them.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
for verb in (
    explore,
    train,
    evaluate,
    tune,
    export,
    read,
    serve,
    feedback,
    promote,
    benchmark,
    models,
):
    verb.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"inkdigits {__version__}")
        raise typer.Exit


@app.callback()
def _inkdigits(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Read handwritten digits, and train the networks that read them."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe that cannot show a character gets a question mark, not a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
