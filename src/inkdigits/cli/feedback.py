"""``inkdigits feedback``: list, export and delete what people said a digit is."""

import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkdigits.cli._verb import Json, fail, print_json, verb

if TYPE_CHECKING:
    from inkdigits.feedback import Correction, Feedback

__all__ = ["register"]

_SHORT = 12  # hexadecimal digits of an id: no two are alike among millions
_ROWS = 1000  # of a table on a terminal, which is laid out as a whole

_Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="sqlite:///path or postgresql://user:password@host/database; by default "
        "$INKDIGITS_DATABASE, or else feedback.db in your data folder.",
    ),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="List, export and delete what people said a digit is.\n\n"
        "Example: `inkdigits feedback list`\n\n"
        "Each command has an example of its own, `--json` and `--debug`.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
    )
    group.command("list")(list_corrections)
    group.command("export")(export)
    group.command("delete")(delete)
    app.add_typer(group, name="feedback")


@verb
def list_corrections(database: _Database = None, as_json: Json = False) -> None:
    """List the corrections, oldest first: what the digit is, what the model said, and when.

    The times are this machine's; `--json` prints an object a line, its times in UTC.

    Example: `inkdigits feedback list`
    """
    with _open(database) as feedback:
        if as_json:
            for correction in feedback.each():
                print_json(_to_dict(correction))
            return
        if sys.stdout.isatty():
            count, shown = _print_table(feedback)
        else:
            count = shown = _print_lines(feedback)
        newest = "" if shown == count else f"; the newest {shown:,} are shown, --json lists all"
        print(f"{_counted(count)} in {feedback.place}{newest}", file=sys.stderr)


@verb
def export(
    file: Annotated[Path, typer.Argument(help="What to write: an .npz or .csv file.")],
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Those to measure on, instead of the others.")
    ] = False,
    database: _Database = None,
    as_json: Json = False,
) -> None:
    """Write corrections to a file of digits, which `inkdigits train --data` takes.

    A fifth of them, by a hash of the image, is held out to measure on: what learned from that could
    not be measured on it any more.

    Example: `inkdigits feedback export corrections.npz`

    Example: `inkdigits feedback export --held-out held-out.npz`
    """
    with _open(database) as feedback:
        count, left_out = feedback.export(file, held_out=held_out)
    if as_json:
        print_json({"path": str(file), "corrections": count, "left_out": left_out})
    elif held_out:
        print(f"{file}: {_counted(count)} to measure on; left out: {left_out:,} to learn from")
    else:
        why = "held out to measure on (--held-out writes those)"
        print(f"{file}: {_counted(count)}; left out: {left_out:,} {why}")


@verb
def delete(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Ids, or as much of each as no other begins with."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Delete all corrections.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting all.")] = False,
    database: _Database = None,
    as_json: Json = False,
) -> None:
    """Delete corrections for good; if one of the ids is not known, none is deleted.

    Example: `inkdigits feedback delete 3f8a90c1d2e4`

    Example: `inkdigits feedback delete --all`
    """
    if bool(ids) == everything:
        raise typer.BadParameter("give the ids to delete, or --all")
    with _open(database) as feedback:
        if ids:
            found = {feedback.find(beginning) for beginning in ids}
            count = feedback.delete(found)
        else:
            if not yes:
                _confirm(feedback)
            count = feedback.delete_all()
        place = feedback.place
    if as_json:
        print_json({"deleted": count})
    else:
        print(f"deleted {_counted(count)} from {place}")
    if count:
        print(
            "inkdigits: runs trained with --also feedback keep copies in also.npz in their folders",
            file=sys.stderr,
        )


def _open(database: str | None) -> "Feedback":
    from inkdigits.feedback import Feedback, default_url

    return Feedback(database or default_url())


def _confirm(feedback: "Feedback") -> None:
    question = f"Delete {_counted(feedback.count())} from {feedback.place} for good?"
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:  # there is nobody to ask
        print(file=sys.stderr)
        agreed = False
    if not agreed:
        fail("nothing is deleted; --yes deletes without asking")


def _print_table(feedback: "Feedback") -> tuple[int, int]:
    """Print the newest corrections; return how many there are, and how many are shown."""
    from rich.console import Console
    from rich.table import Table

    count = 0
    newest: deque[Correction] = deque(maxlen=_ROWS)
    for correction in feedback.each():
        newest.append(correction)
        count += 1
    table = Table("id", "is a", "model said", "confidence", "when", box=None, pad_edge=False)
    for correction in newest:
        table.add_row(*_cells(correction))
    if newest:
        Console().print(table)
    return count, len(newest)


def _print_lines(feedback: "Feedback") -> int:
    """Print a line a correction, its cells parted by tabs; return how many there are."""
    count = 0
    for correction in feedback.each():
        print(*_cells(correction), sep="\t")
        count += 1
    return count


def _cells(correction: "Correction") -> tuple[str, ...]:
    """Return what a table says of a correction; the time is this machine's."""
    return (
        correction.id[:_SHORT],
        str(correction.digit),
        "-" if correction.answer is None else str(correction.answer),
        "-" if correction.confidence is None else f"{correction.confidence:.1%}",
        f"{correction.given_at.astimezone():%Y-%m-%d %H:%M}",
    )


def _to_dict(correction: "Correction") -> dict[str, object]:
    return {
        "id": correction.id,
        "digit": correction.digit,
        "answer": correction.answer,
        "confidence": correction.confidence,
        "model": correction.model,
        "given_at": correction.given_at.isoformat(),
    }


def _counted(count: int) -> str:
    return f"{count:,} correction{'s' * (count != 1)}"
