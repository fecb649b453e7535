"""Read many pictures: in the order given, several at a time, each one's failure its own.

The pictures are shared out to processes (see `crew`), not to threads: most of a small picture's
time is spent in Python itself, which runs one thread at a time, and threads that wait for each
other are slower than one alone.
"""

import os
import time
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING

from inkdigits.reading.crew import Crew
from inkdigits.reading.outcomes import outcomes_of
from inkdigits.reading.picture import Picture
from inkdigits.reading.result import Outcome

if TYPE_CHECKING:
    from inkdigits.reading.reader import Reader

__all__ = ["named", "read_many"]

_ALONE_SECONDS = 0.3
"""What is read in this time is not worth starting processes for: they take as long to start."""


def named(pictures: Iterable[Picture]) -> Iterator[tuple[str, Picture]]:
    """Name each picture: its path, its `name`, or its position counted from 1, as "picture 3"."""
    for position, picture in enumerate(pictures, 1):
        if isinstance(picture, str | os.PathLike):
            yield str(picture), picture
        else:
            name = getattr(picture, "name", None)
            # A file that was opened by its number has the number for a name.
            yield (name if isinstance(name, str) and name else f"picture {position}"), picture


def read_many(
    reader: "Reader", pictures: Iterable[tuple[str, Picture]]
) -> Generator[Outcome, None, None]:
    """Read pictures, each given with the name that its outcomes shall have.

    Yields:
        An outcome a page, in the order given. A picture that cannot be read gives one with `error`
        set, and the others go on.

    Only a few pictures are taken from `pictures` ahead of what was yielded. Closing the generator
    drops what has not been read.
    """
    pictures = iter(pictures)
    crew: Crew | None = None
    spent = 0.0
    try:
        for source, picture in pictures:
            outcomes = outcomes_of(reader, source, picture)
            while True:
                start = time.monotonic()  # what the caller does with an outcome is not our time
                outcome = next(outcomes, None)
                spent += time.monotonic() - start
                if outcome is None:
                    break
                yield outcome
            if crew is None and spent > _ALONE_SECONDS and reader.processes > 1:
                crew = Crew(reader)
            if crew is not None and crew.is_ready():
                yield from crew.read(pictures)
    finally:
        if crew is not None:
            crew.close()
