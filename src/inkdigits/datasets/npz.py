"""NPZ archives with the names that Keras' own ``mnist.npz`` has."""

import zipfile
from pathlib import Path

import numpy as np

from inkdigits.datasets.dataset import Dataset
from inkdigits.errors import DataError, reason

__all__ = ["load_npz"]

_PARTS = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test"), "": ("x", "y")}
_MAX_BYTES = 4 << 30


def load_npz(path: Path) -> dict[str, Dataset]:
    """Load `x_train` and `y_train`, `x_test` and `y_test`, or just `x` and `y`.

    Labels may be absent. Nothing in the archive is unpickled.

    Returns:
        A data set by part: ``"train"``, ``"test"``, or ``""`` for plain `x` and `y`.

    Raises:
        DataError: not an NPZ archive, damaged, no array of these names, or no digits in them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise DataError(
                    f"{path} unpacks to more than {_MAX_BYTES >> 30} GiB, which is not read"
                )
        with np.load(path, allow_pickle=False) as arrays:
            names = set(arrays.files)
            found = {
                part: (arrays[x], arrays[y] if y in names else None)
                for part, (x, y) in _PARTS.items()
                if x in names
            }
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}") from error
    except DataError:
        raise
    except Exception as error:  # zipfile, NumPy and the decompressors fail in a dozen ways
        why = str(error).split("\n", 1)[0]
        raise DataError(f"{path} is not a sound NPZ archive of plain arrays: {why}") from error
    for array in (array for pair in found.values() for array in pair):
        if array is not None and not isinstance(array, np.ndarray):
            raise DataError(f"{path} is not a sound NPZ archive: it holds more than arrays")
    if not found:
        raise DataError(
            f"{path} holds {', '.join(sorted(names)) or 'nothing'}; "
            "name the arrays x_train, y_train, x_test and y_test, or x and y"
        )
    return {
        part: Dataset(images, labels, f"{path.name} {part}".strip())
        for part, (images, labels) in found.items()
    }
