"""Claims: `import inkdigits` takes at most 0.15 s, ``inkdigits --help`` 0.5 s, ``inkdigits read
one.png`` 0.7 s and 200 MB, and training stays under 1.5 GB.

Each is a process of its own, timed from outside; Python's own start is timed beside them.

    python benchmarks/startup.py [--repeats 7]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import report, summary

# This process stays small: a child's peak memory includes what its parent had at the fork.
DRAW = """
from PIL import Image; from inkdigits import load_mnist
Image.fromarray(255 - load_mnist()[1].images[0]).resize((600, 600)).save("one.png")
"""


def measure(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Run Python with these arguments; return its seconds and its peak memory in megabytes."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.stderr.read().decode() if process.stderr else "failed")
    return seconds, usage.ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    commands = {
        "python": ["-c", "pass"],
        "import": ["-c", "import inkdigits"],
        "help": ["-m", "inkdigits", "--help"],
        "read": ["-m", "inkdigits", "read", "one.png"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    megabytes: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure(["-c", DRAW], folder)
        for command in commands.values():
            measure(command, folder)  # the files are then in the system's cache
        for _ in range(repeats):
            for key, command in commands.items():
                took, peak = measure(command, folder)
                seconds[key].append(took)
                megabytes[key].append(peak)
        _, training = measure(["-m", "inkdigits", "train", "--epochs", "2"], folder)
    report(
        "startup",
        "import 0.15 s, --help 0.5 s, read one.png 0.7 s and 200 MB, training 1.5 GB, all at most",
        {
            "seconds": {key: summary(values) for key, values in seconds.items()},
            "ratio_to_python_alone": {
                key: summary(values)["median"] / summary(seconds["python"])["median"]
                for key, values in seconds.items()
            },
            "import_seconds_beyond_python": summary(
                [a - b for a, b in zip(seconds["import"], seconds["python"], strict=True)]
            ),
            "peak_megabytes": {key: summary(values) for key, values in megabytes.items()},
            "training_peak_megabytes": training,
        },
    )


if __name__ == "__main__":
    main()
