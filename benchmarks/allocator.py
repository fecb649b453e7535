"""Claim: training is faster where the memory that TensorFlow frees is kept.

An epoch of the reference CNN, in a process of its own each: as InkDigits does it, and with glibc's
own setting, said in the environment, which InkDigits leaves alone.

    python benchmarks/allocator.py [--repeats 3] [--digits 18000]
"""

import argparse
import os
import statistics
import subprocess
import sys

from _common import report, summary

PROGRAM = """
import sys, tempfile
from pathlib import Path
import numpy as np
from inkdigits import Recipe, load_mnist
from inkdigits.training.fit import fit
fitting, validation = load_mnist()[0].take(np.arange(int(sys.argv[1]))).split(0.05, seed=0)
with tempfile.TemporaryDirectory() as folder:
    _, history = fit(Recipe(epochs=2), fitting, validation, Path(folder))
print(history[-1].seconds)
"""
GLIBCS_OWN = {"MALLOC_TOP_PAD_": str(128 << 10)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--digits", type=int, default=18_000)
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {"kept": [], "given_back": []}
    for _ in range(options.repeats):
        for way, setting in (("kept", {}), ("given_back", GLIBCS_OWN)):
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM, str(options.digits)],
                env={**os.environ, **setting},
                stdout=subprocess.PIPE,
                check=True,
            )
            seconds[way].append(float(done.stdout))
    report(
        "allocator",
        "training is faster where freed memory is kept",
        {
            "digits": options.digits,
            "times_faster": statistics.fmean(seconds["given_back"])
            / statistics.fmean(seconds["kept"]),
            "epoch_seconds": {way: summary(values) for way, values in seconds.items()},
        },
    )


if __name__ == "__main__":
    main()
