"""How much of the machine there is to use."""

import os

__all__ = ["available_threads"]


def available_threads() -> int:
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
