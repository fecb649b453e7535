"""The rectangle around what is inked."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["inked_rectangle"]


def inked_rectangle(inked: npt.NDArray[Any]) -> tuple[slice, slice] | None:
    """Return the rows and columns from the first to the last that hold ink.

    Args:
        inked: ``(height, width)``, not 0 where there is ink.

    Returns:
        Two slices, an index of the array; `None` where there is no ink.
    """
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not rows.size:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
