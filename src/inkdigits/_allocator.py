"""The memory that TensorFlow frees after each operation is kept for the next one.

glibc gives the memory that a thread frees at the end of its arena back to the system, and the next
operation then has every page of it mapped and cleared again. On a virtual machine that takes half
of the time of training the reference CNN (``benchmarks/allocator.py``).
"""

import contextlib
import ctypes
import os
import sys

__all__ = ["keep_freed_memory"]

# Of glibc's malloc.h.
_M_TOP_PAD, _M_MMAP_THRESHOLD = -2, -3
_TOP_PAD = 64 << 20
_MMAP_THRESHOLD = 32 << 20  # the most that glibc takes


def keep_freed_memory() -> None:
    """Tell glibc to keep 64 MiB a thread; other systems and what the user has set stay as is."""
    if sys.platform != "linux" or any(
        name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ
    ):
        return
    with contextlib.suppress(AttributeError, OSError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_TOP_PAD, _TOP_PAD)
        mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD)
