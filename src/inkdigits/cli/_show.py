"""The drawings of ``inkdigits read``: what was read where (--show), and why (--explain)."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inkdigits._files import write_through
from inkdigits.cli._sources import Source
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
        return all_of_them

    def draw(self, reader: "Reader", outcome: "Outcome") -> None:
        """Write the drawings of one picture; of one that could not be read there are none.

        Raises:
            InkDigitsError: the picture cannot be drawn, or a drawing would take its place.
            OSError: a drawing cannot be written.
        """
        if outcome.error is not None:
            return
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
        self._written: set[str] = set()
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
        if path.exists() and Path(outcome.source).exists() and path.samefile(outcome.source):
            raise InkDigitsError(f"--{self._option} {path} would take the place of the picture")
        self._written.add(_key(path))
        write_through(path, lambda temporary: drawing.save(temporary, quality=_QUALITY))

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
        stem = "standard-input" if outcome.source == "-" else Path(outcome.source).stem
        name = f"{stem}-page-{outcome.page + 1}" if outcome.page else stem
        path, count = self.path / f"{name}-{self._option}.png", 1
        while _key(path) in self._written:
            count += 1
            path = self.path / f"{name}-{count}-{self._option}.png"
        return path


def _key(path: Path) -> str:
    """Name a file alike in every spelling that some system takes for the same."""
    return path.name.casefold()
