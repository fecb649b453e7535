"""An exported file takes its place once it is known to work."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inkdigits._files import write_folder, write_through
from inkdigits.datasets import load_mnist
from inkdigits.errors import ModelError
from inkdigits.reading.classifier import Classify

__all__ = ["cannot_be_done", "check_probabilities", "write_checked"]

_CHECKED_DIGITS = 100


def write_checked(
    path: Path,
    write: Callable[[Path], object],
    check: Callable[[Path], object],
    *,
    is_folder: bool = False,
) -> None:
    """Write a file, or a folder, and put it in the place of `path` if the check holds.

    Args:
        path: of the file or folder.
        write: writes it to another place.
        check: raises a `ModelError` about what lies in that other place.
        is_folder: whether it is one.

    Raises:
        ModelError: as `write` and `check` do; but it names `path`, where nothing was written.
        FileExistsError: there is something at `path` that cannot be written over.
        OSError: the disk refuses.
    """

    def write_and_check(temporary: Path) -> None:
        try:
            write(temporary)
            check(temporary)
        except ModelError as error:  # nobody knows the temporary name
            why = str(error).replace(f"{temporary} ", f"{path} was not written: it ")
            raise ModelError(why) from error

    (write_folder if is_folder else write_through)(path, write_and_check)


def check_probabilities(classify: Classify, path: Path) -> None:
    """Make sure that an exported file gives probabilities of some digits.

    Raises:
        ModelError: it does not.
    """
    sums = classify(load_mnist()[0].images[:_CHECKED_DIGITS]).sum(axis=1)
    if not np.abs(sums - 1).max() < 1e-3:  # nor is it less where they are no numbers
        raise ModelError(f"{path} gives no probabilities: they do not sum to 1")


def cannot_be_done(path: str | Path, what: str, error: Exception) -> ModelError:
    """Say that a network has no form in a format, and which operation is to blame if it is known.

    Args:
        path: where nothing was written.
        what: the format has to offer.
        error: what a converter, or ONNX' own check, raised.
    """
    operation = re.search(r"(?:'tf\.|No Op registered for )(\w+)", str(error))
    why = f"it needs {operation[1]}" if operation else type(error).__name__
    return ModelError(f"{path} was not written: the network cannot be done in {what}: {why}")
