"""Read any number of pictures with Ray Data into a folder of Parquet files.

A part of the pictures is read at a time, into a file of its own that is there when it is whole. A
part that was read is not read again, one whose worker died is read by another, and whoever asks for
its file twice gets the same. So nothing is lost and nothing is there twice.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inkdigits._outcome_table import to_table
from inkdigits._text import to_json
from inkdigits.cluster.files import Place
from inkdigits.cluster.parts import Item, Part, fingerprint, picture_of, pictures_of
from inkdigits.errors import ClusterError, import_extra
from inkdigits.reading import Outcome, Reader, Reading
from inkdigits.reading.crew import Crew

if TYPE_CHECKING:
    from inkdigits.reading.picture import Picture

__all__ = ["Progress", "Summary", "read_parts"]

_MANIFEST = "_inkdigits.json"
"""What the folder's readings are of. Who reads a folder of Parquet leaves out what begins so."""


@dataclass(frozen=True)
class Summary:
    """What a bulk read came to.

    Args:
        pages: that were read now.
        failed: of these, with an error.
        parts: that were there already.
    """

    pages: int
    failed: int
    parts: int


Progress = Callable[[int, int], None]
"""Told how many pictures of a part were read, and how many pages they had, when it is done."""


def read_parts(
    parts: list[Part],
    out: str,
    *,
    workers: int,
    resume: bool = False,
    model: str | None = None,
    min_confidence: float | None = None,
    progress: Progress = lambda pictures, pages: None,
) -> Summary:
    """Read parts of pictures on the connected cluster, one reader a worker.

    Args:
        parts: of `parts_of`.
        out: a folder, or its URL, that all machines reach.
        workers: processes that read, each on a processor.
        resume: go on with a folder that is there.
        model: an ``.onnx`` file that all machines reach; the one in the package by default.
        min_confidence: from which on a digit is trusted; the model's own by default.
        progress: told of each part that is done.

    Raises:
        ClusterError: the folder holds something else, cannot be written, or the cluster fails.
    """
    ray = import_extra("ray")
    place = Place(out)
    done = _begin(place, parts, resume=resume, model=model, min_confidence=min_confidence)
    left = [part for part in parts if part.name not in done]
    if not left:
        return Summary(0, 0, len(done))
    data = import_extra("ray.data")
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"part": to_json(part.to_row())} for part in left]  # Arrow has no text for all paths
    results = data.from_items(rows, override_num_blocks=len(rows)).map(
        _PartReader,
        compute=data.ActorPoolStrategy(size=min(workers, len(rows))),
        num_cpus=1,
        fn_constructor_args=(out, model, min_confidence),
    )
    pages = failed = 0
    try:
        for row in results.iter_rows():
            pages += row["pages"]
            failed += row["failed"]
            progress(row["pictures"], row["pages"])
    except ray.exceptions.RayError as error:
        raise ClusterError(f"the cluster failed: {_last_line(error)}") from error
    return Summary(pages, failed, len(done))


def _begin(place: Place, parts: list[Part], *, resume: bool, **how: Any) -> set[str]:
    """Make the folder, or make sure that it is the same; return the files that are done."""
    manifest = place / _MANIFEST
    reads = fingerprint(parts, **how)
    if not place.exists() or not (names := place.names()):
        place.make_folder()
        text = json.dumps({"parts": len(parts), "sha256": reads}) + "\n"
        manifest.write(lambda stream: stream.write(text.encode()))
        return set()
    try:
        before = json.loads(manifest.read())["sha256"]
    except (ClusterError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            f"{place.where} holds something else; remove it, or choose another --out"
        ) from error
    if not resume:
        raise ClusterError(f"{place.where} exists already; remove it, or go on with it by --resume")
    if before != reads:
        raise ClusterError(
            f"{place.where} began with other pictures, or with another model; choose another --out"
        )
    place.sweep()
    return {name for name in names if name.startswith("part-")}


class _PartReader:
    """A worker's own reader, and a process in which it reads: no picture can end the worker."""

    def __init__(self, out: str, model: str | None, min_confidence: float | None) -> None:
        self._place = Place(out)
        self._crew = Crew(Reader(model, threads=1, min_confidence=min_confidence))

    def __call__(self, row: dict[str, str]) -> dict[str, int]:
        part = Part.from_row(json.loads(row["part"]))
        rows = [outcome.to_dict() for outcome in self._outcomes(part)]
        parquet = import_extra("pyarrow.parquet")
        (self._place / part.name).write(lambda file: parquet.write_table(to_table(rows), file))
        failed = sum(row["error"] is not None for row in rows)
        return {"pictures": part.pictures, "pages": len(rows), "failed": failed}

    def _outcomes(self, part: Part) -> Iterator[Outcome]:
        items, trouble = iter(part.items), list[Outcome]()
        while True:
            yield from self._crew.read(_pictures(items, trouble))
            if not trouble:
                return
            yield trouble.pop()  # in its place among the others


def _pictures(items: Iterator[Item], trouble: list[Outcome]) -> "Iterator[tuple[str, Picture]]":
    """Yield pictures with their names, as they are asked for, up to one that cannot be tried."""
    for item in items:
        try:
            if item.trouble is not None:
                raise ClusterError(item.trouble)
            if item.count:
                yield from pictures_of(item)
            else:
                yield item.where, picture_of(item)
        except ClusterError as error:
            trouble.append(Outcome(item.where, 0, Reading(0, 0), str(error)))
            return


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
