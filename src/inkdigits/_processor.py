"""What processor this is."""

import platform
import subprocess
import sys
from importlib import import_module
from pathlib import Path

__all__ = ["has_bfloat16", "processor_name"]


def processor_name() -> str:
    """Return what the processor's maker calls it, as far as the system tells."""
    return _told_by_system() or platform.processor() or platform.machine() or "unknown"


def has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 in hardware, by AVX-512."""
    try:
        numpy_core = import_module("numpy._core._multiarray_umath")
    except ImportError:
        return False
    features = getattr(numpy_core, "__cpu_features__", {})
    return bool(features.get("AVX512BF16") or features.get("AVX512_SPR"))


if sys.platform == "win32":

    def _told_by_system() -> str:
        import winreg

        # What `platform.processor` says here is a family's number, not a name.
        path = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
        except OSError:
            return ""

elif sys.platform == "darwin":

    def _told_by_system() -> str:
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            told = subprocess.run(  # noqa: S603  (a fixed command)
                command, capture_output=True, text=True, check=False
            )
        except OSError:
            return ""
        return told.stdout.strip()

else:

    def _told_by_system() -> str:
        try:
            lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        names = (line.partition(":")[2] for line in lines if line.startswith("model name"))
        return next(names, "").strip()
