"""How much of the machine there is to use."""

import os

__all__ = ["available_processes", "available_threads"]

_MOST_PROCESSES = 8  # a container may show all its host's processors and have little memory


def available_threads() -> int:
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_processes() -> int:
    """Return how many processes may read side by side, each with memory of its own."""
    return min(available_threads(), _MOST_PROCESSES)
