"""``inkdigits read``: read the digits of pictures."""

import contextlib
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from inkdigits._text import abbreviated
from inkdigits.cli._formats import Format, submission
from inkdigits.cli._progress import Bar, counted
from inkdigits.cli._reading import name_width, print_outcome
from inkdigits.cli._show import Drawings
from inkdigits.cli._sources import (
    Source,
    count_sources,
    expand,
    find_sources,
    is_there,
    read_sources,
)
from inkdigits.cli._verb import Json, print_json, verb
from inkdigits.errors import InkDigitsError

if TYPE_CHECKING:
    from inkdigits.cli._outcomes import OutcomeFile
    from inkdigits.reading import Reader

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("read")(read)


@verb
def read(
    pictures: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE",
            help="Files, folders, globs, or - for standard input. Files of digits (IDX, CSV, NPZ, "
            "Parquet) are read as they are, a digit a row.",
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(help="A run folder or .onnx file; the one in the package by default."),
    ] = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Trust a digit from here on, 0 to 1. (default: the model's own)"
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processors to use. (default: all, up to 8)")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Write to this file, not to the standard output: .txt, .jsonl, .csv or .parquet; "
            "with --engine ray, into this folder or URL."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the --out file of a run that was cut off.")
    ] = False,
    as_submission: Annotated[
        bool,
        typer.Option(
            "--submission",
            help="Write --out as Kaggle takes it, with the columns ImageId and Label.",
        ),
    ] = False,
    show: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Draw each digit's place on the picture, into this file; or into a folder, which "
            "exists or ends in a slash, for any number: seven.jpg gives seven-show.png there.",
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Draw what speaks for and against each answer; into a file or folder as --show.",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            metavar="ray",
            help="Read on a cluster, or with all processors of this machine, into Parquet files; "
            "also Parquet files of pictures, and URLs such as s3://bucket/scans.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Of the cluster's head, or auto; by default, this machine alone."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the handwritten digits in each picture: any size, colour and polarity.

    A `?` stands for a digit that is seen but not trusted. A picture that cannot be read is named on
    the standard error, the others still come, and the exit code is 1.

    Example: `inkdigits read seven.png scans/ --json`

    Example: `inkdigits read seven.png --show seen.png --explain why.png`

    Example: `inkdigits read scans/ --out scans.csv`

    Example: `inkdigits read test.csv --out submission.csv --submission`

    Example: `inkdigits read scans/ --engine ray --out readings/`
    """
    if engine is not None or address is not None:
        _read_on_cluster(
            *(pictures, engine, address, out, model, min_confidence, threads),
            resume=resume,
            refused=bool(show or explain or as_submission or as_json),
        )
        return
    file = None if out is None else Path(out)
    if file is None and resume:
        raise typer.BadParameter("--resume goes on with a file: give --out, too")
    if file is not None and as_json:
        raise typer.BadParameter("give --out or --json; a file of JSON is --out NAME.jsonl")

    if file is not None and not any(map(is_there, pictures)):
        raise InkDigitsError(
            f"{pictures[0]} does not exist, so there is nothing to write to {file}"
        )

    import cv2

    from inkdigits.cli._outcomes import open_outcomes
    from inkdigits.reading import Reader
    from inkdigits.reading.model_file import model_file

    # What Pillow warns of is either mended by it or an error that we print ourselves.
    warnings.filterwarnings("ignore", module="PIL")
    drawings = Drawings(show, explain, pictures)
    form = _submission_of(pictures, file) if as_submission else None
    reader = Reader(None if model is None else model_file(model), threads, min_confidence)
    cv2.setNumThreads(reader.threads)  # its own threads, which wait busily
    # Rows and a bar on one terminal would write over each other.
    shown = _is_terminal(sys.stderr) and not (file is None and _is_terminal(sys.stdout))
    with Bar(lambda: count_sources(pictures), shown=shown) as bar:
        if file is None:
            failed = _print_all(reader, pictures, bar, drawings, as_json=as_json)
        else:
            outcomes = open_outcomes(file, resume=resume, form=form)
            summary = _write_all(reader, pictures, bar, drawings, outcomes)
            failed = outcomes.failed
    if file is not None:
        print(f"inkdigits: {summary}", file=sys.stderr)
    if failed or drawings.failed:
        raise typer.Exit(1)


def _read_on_cluster(
    pictures: list[str],
    engine: str | None,
    address: str | None,
    out: str | None,
    model: Path | None,
    min_confidence: float | None,
    threads: int | None,
    *,
    resume: bool,
    refused: bool,
) -> None:
    if engine is None:
        raise typer.BadParameter("--address is that of a cluster: give --engine ray, too")
    if engine != "ray":
        raise typer.BadParameter(f"--engine takes ray, not {abbreviated(engine)}")
    if refused:
        raise typer.BadParameter("--engine ray writes Parquet files, and nothing else")
    if out is None:
        raise typer.BadParameter("--engine ray writes into a folder: give --out, too")
    from inkdigits.cli._bulk import read_on_cluster

    if read_on_cluster(pictures, out, address, model, min_confidence, threads, resume):
        raise typer.Exit(1)


def _print_all(
    reader: "Reader", arguments: list[str], bar: Bar, drawings: Drawings, *, as_json: bool
) -> int:
    """Print the outcomes of all sources; return how many are errors."""
    failed = 0
    width = name_width(arguments)
    alone = arguments if Source(arguments[0]).kind == "picture" else []
    sources = drawings.limit(find_sources(arguments))
    with contextlib.closing(read_sources(reader, sources)) as outcomes:
        for outcome in outcomes:
            if as_json:
                print_json(outcome.to_dict())
            else:
                print_outcome(outcome, width=width, alone=alone == [outcome.source])
            drawings.draw(reader, outcome)
            failed += outcome.error is not None
            bar.advance(outcome)
    return failed


def _write_all(
    reader: "Reader", arguments: list[str], bar: Bar, drawings: Drawings, file: "OutcomeFile"
) -> str:
    """Append the outcomes of all sources that are not in the file; return what to say of it."""
    start, before = time.perf_counter(), file.count
    try:
        with file:
            sources = _not_done(drawings.limit(find_sources(arguments)), file, bar)
            with contextlib.closing(read_sources(reader, sources)) as outcomes:
                for outcome in outcomes:
                    if not file.done.holds(outcome):
                        file.append(outcome)
                        drawings.draw(reader, outcome)
                        bar.advance(outcome)
                        if outcome.error is not None:
                            print_outcome(outcome)
    except KeyboardInterrupt as error:
        if file.count:
            error.add_note(
                f"{counted(file.count)} read so far: {file.path}; the same with --resume goes on"
            )
        raise
    seconds, read = time.perf_counter() - start, file.count - before
    earlier = f"; {before:,} were there already" if before else ""
    failed = f"; {file.failed:,} could not be read" if file.failed else ""
    return (
        f"read {counted(read)} in {seconds:.1f} s ({read / seconds:,.0f} a second) into "
        f"{file.path}{earlier}{failed}"
    )


def _not_done(sources: Iterable[Source], file: "OutcomeFile", bar: Bar) -> Iterator[Source]:
    for source in sources:
        if file.done.covers(source.path):
            bar.skip()
        else:
            yield source


def _submission_of(arguments: list[str], out: Path | None) -> Format:
    if out is None or out.suffix.lower() != ".csv":
        raise typer.BadParameter("--submission is about a CSV file: give --out NAME.csv, too")
    files = [file for argument in arguments for file in expand(argument)]
    if len(files) != 1 or Source(files[0]).kind != "digits":
        raise typer.BadParameter("--submission takes one file of digits, such as Kaggle's test.csv")
    return submission(files[0])


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
