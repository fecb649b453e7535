"""The drawings of ``inkdigits read``: what was read where (--show), and why (--explain)."""

import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inkdigits._files import write_through
from inkdigits.cli._sources import Source
from inkdigits.cli._verb import sentence_of
from inkdigits.errors import InkDigitsError

if TYPE_CHECKING:
    from PIL.Image import Image

    from inkdigits.reading import Outcome, Reader

__all__ = ["Drawings"]

_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
_QUALITY = 92  # of JPEG and WebP: thin lines and text stay clean


class Drawings:
    """Draws what was read, each drawing into a file of its own.

    Args:
        show: what ``--show`` was given: a file, for one picture; or a folder, which exists or ends
            in a separator, for any number.
        explain: what ``--explain`` was given, likewise.
        arguments: the pictures, as they were given.

    Raises:
        typer.BadParameter: the options cannot be meant so.
        InkDigitsError: there is no folder to write to.
    """

    def __init__(self, show: str | None, explain: str | None, arguments: list[str]) -> None:
        if show is not None and "-" in arguments:
            raise typer.BadParameter("--show draws on a file; the standard input is read only once")
        digits = [argument for argument in arguments if Source(argument).kind == "digits"]
        if show is not None and digits:
            raise typer.BadParameter(
                f"--show draws on pictures, and {digits[0]} holds digits: give --explain"
            )
        self._show = None if show is None else _Target("show", show)
        self._explain = None if explain is None else _Target("explain", explain)
        self.failed = 0
        self._targets = [target for target in (self._show, self._explain) if target is not None]
        files = [target.path for target in self._targets if not target.is_folder]
        if len(files) > len({os.path.normcase(file.absolute()) for file in files}):
            raise typer.BadParameter("--show and --explain need a file each")

    def limit(self, sources: Iterable[Source]) -> Iterable[Source]:
        """Give sources back if they are not more than there are files to draw into.

        Raises:
            InkDigitsError: a file was named for the drawings of more than one picture.
        """
        if not self._targets:
            return sources
        all_of_them = list(sources)  # now, since drawings may come into a folder that is looked in
        for target in self._targets:
            if len(all_of_them) > 1:
                target.refuse_a_second()
            target.name_all(all_of_them)
        return all_of_them

    def draw(self, reader: "Reader", outcome: "Outcome") -> None:
        """Write the drawings of one picture; of one that could not be read there are none.

        A drawing that cannot be made is named on the standard error, and the others go on.
        """
        if outcome.error is not None:
            return
        try:
            self._draw(reader, outcome)
        except (InkDigitsError, OSError) as error:
            print(f"inkdigits: {sentence_of(error)}", file=sys.stderr)
            self.failed += 1

    def _draw(self, reader: "Reader", outcome: "Outcome") -> None:
        if self._show is not None:
            from inkdigits.reading.show import draw_reading

            self._show.write(draw_reading(outcome.source, outcome.reading, outcome.page), outcome)
        if self._explain is not None:
            from inkdigits.reading.explain import draw_explanation

            self._explain.write(draw_explanation(reader.classify_marks, outcome.reading), outcome)


class _Target:
    """Where the drawings of one kind go."""

    def __init__(self, option: str, argument: str) -> None:
        self._option = option
        self.path = Path(argument)
        separators = tuple(filter(None, (os.sep, os.altsep)))
        self.is_folder = argument.endswith(separators) or self.path.is_dir()
        self._stems: dict[str, str] = {}
        self._pictures: set[tuple[int, int] | None] = set()
        self._written = False
        folder = self.path.parent
        if not self.is_folder and self.path.suffix.lower() not in _ENDINGS:
            raise typer.BadParameter(
                f"--{option} {argument}: end the file's name with one of {', '.join(_ENDINGS)}, or "
                "name a folder that exists"
            )
        if not folder.is_dir():
            raise InkDigitsError(
                f"--{option} {argument}: there is no folder {folder}; make it first"
            )
        if self.is_folder:
            self.path.mkdir(exist_ok=True)

    def write(self, drawing: "Image", outcome: "Outcome") -> None:
        path = self._path_for(outcome)
        if _identity(path) in self._pictures:
            raise InkDigitsError(f"--{self._option} {path} would take the place of a picture")
        self._written = True
        write_through(path, lambda temporary: drawing.save(temporary, quality=_QUALITY))

    def name_all(self, sources: list[Source]) -> None:
        """Choose a name for each source, the same one whichever of them are drawn."""
        counts: Counter[str] = Counter()
        taken: set[str] = set()
        for path in dict.fromkeys(source.path for source in sources):
            stem = "standard-input" if path == "-" else Path(path).stem
            key = stem.casefold()  # which some systems take for the same
            name = stem
            while name.casefold() in taken:
                counts[key] += 1
                name = f"{stem}-{counts[key] + 1}"
            taken.add(name.casefold())
            self._stems[path] = name
        self._pictures = set(map(_identity, self._stems)) - {None}

    def refuse_a_second(self) -> None:
        if not self.is_folder:
            raise InkDigitsError(
                f"--{self._option} {self.path} is one file, and there are more pictures than one: "
                "name a folder that exists, or end its name with a slash"
            )

    def _path_for(self, outcome: "Outcome") -> Path:
        if not self.is_folder:
            if self._written:  # another page of the same picture
                self.refuse_a_second()
            return self.path
        # The page comes last: no other picture's name can end so.
        page = f"-page-{outcome.page + 1}" if outcome.page else ""
        return self.path / f"{self._stems[outcome.source]}-{self._option}{page}.png"


def _identity(path: str | Path) -> tuple[int, int] | None:
    """Return what a file is known by under each of its names and spellings; `None` for none."""
    try:
        found = os.stat(path)  # noqa: PTH116  (of a name that came from outside)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
