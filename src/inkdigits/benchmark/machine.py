"""The machine and the packages that figures of speed belong to."""

import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from inkdigits._processor import has_bfloat16, processor_name
from inkdigits._processors import available_threads
from inkdigits._version import __version__

__all__ = ["machine", "versions"]

_PACKAGES = (
    *("numpy", "onnxruntime", "opencv-python-headless"),
    *("keras", "tensorflow-cpu", "tensorflow", "jax", "torch"),
)


def machine() -> dict[str, Any]:
    """Describe this machine.

    Returns:
        ``processor``, its name; ``avx512_bfloat16``, whether it multiplies bfloat16;
        ``processors``, how many there are; ``usable_processors``, how many this process may use;
        ``memory_bytes``, of the whole machine, or `None` where the system does not tell;
        ``system``; ``python``, its version.
    """
    return {
        "processor": processor_name(),
        "avx512_bfloat16": has_bfloat16(),
        "processors": os.cpu_count(),
        "usable_processors": available_threads(),
        "memory_bytes": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str] = _PACKAGES) -> dict[str, str]:
    """Return the versions of InkDigits and of those packages that are installed, by name."""
    found = {"inkdigits": __version__}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _memory() -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):  # a system that knows no such name
        return None
