"""Have the C library give memory back that a large picture took."""

import ctypes
import sys

__all__ = ["give_memory_back"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h of glibc has them


def give_memory_back() -> None:
    """Bound what glibc keeps of freed memory, for the rest of the process.

    By itself it learns from each large piece that is freed to keep the next: a worker that had read
    pictures of 88 megapixels held 890 MB from then on, and so holds 180 MB. Elsewhere nothing is
    done.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(_MMAP_THRESHOLD, 4 << 20)
    mallopt(_TRIM_THRESHOLD, 16 << 20)
