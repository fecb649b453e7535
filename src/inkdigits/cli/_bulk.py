"""``inkdigits read --engine ray``: pictures anywhere, read on a cluster into Parquet files."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.cli._progress import Bar, counted
from inkdigits.cli._sources import find_sources, is_picture
from inkdigits.errors import InkDigitsError, import_extra

if TYPE_CHECKING:
    from inkdigits.cluster.parts import Item

__all__ = ["read_on_cluster"]


def read_on_cluster(
    arguments: list[str],
    out: str,
    address: str | None,
    model: Path | None,
    min_confidence: float | None,
    threads: int | None,
    resume: bool,
) -> int:
    """Read what stands behind the arguments, and say what it came to; return the errors."""
    import_extra("ray")
    import_extra("pyarrow")
    from inkdigits.cluster import connected, parts_of, read_parts
    from inkdigits.reading import Reader
    from inkdigits.reading.model_file import model_file

    path = None if model is None else str(Path(model_file(model)).resolve())
    Reader(path, 1, min_confidence)  # what is wrong with the model is known before anything starts
    parts = parts_of(_items(arguments))
    total = sum(part.pictures for part in parts)
    start = time.perf_counter()
    try:
        with (
            connected(address) as processors,
            Bar(lambda: total, shown=sys.stderr is not None and sys.stderr.isatty()) as bar,
        ):
            summary = read_parts(
                parts,
                out,
                workers=threads or processors,
                resume=resume,
                model=path,
                min_confidence=min_confidence,
                progress=bar.add,
            )
    except KeyboardInterrupt as error:
        error.add_note(f"the same with --resume goes on with {out}")
        raise
    seconds = time.perf_counter() - start
    earlier = f"; {summary.parts:,} parts were there already" if summary.parts else ""
    failed = f"; {summary.failed:,} could not be read" if summary.failed else ""
    print(
        f"inkdigits: read {counted(summary.pages)} in {seconds:.1f} s "
        f"({summary.pages / seconds:,.0f} a second) into {out}{earlier}{failed}",
        file=sys.stderr,
    )
    return summary.failed


def _items(arguments: list[str]) -> "Iterator[Item]":
    from inkdigits.cluster.files import is_url
    from inkdigits.cluster.parts import Item, items_of_url

    for argument in arguments:
        if argument == "-":
            raise InkDigitsError("a cluster reads files, and not the standard input")
        if is_url(argument):
            yield from items_of_url(argument, is_picture)
            continue
        for source in find_sources([argument]):
            if source.kind == "digits" and not source.path.lower().endswith((".parquet", ".pq")):
                raise InkDigitsError(
                    f"{source.path} holds digits that need no finding: read it without --engine ray"
                )
            yield Item(source.path, source.trouble)
