"""Claims: Ray reads a folder at 0.8 times the rate of plain processes or more, with memory
that does not grow with the number of pictures, and to the same digits.

Memory is the sum of the proportional set sizes of all processes, Ray's own among them: what they
share, such as its store of objects, counts once. It is taken a second apart; the tenths of the run
are then compared. Each run is timed from outside, the start of the cluster included.

    python benchmarks/bulk.py [--pictures 100000] [--repeats 2]
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from _common import report, summary
from many import DRAW, family, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    count = options.pictures
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw = [sys.executable, "-c", DRAW, str(count), "0"]
        subprocess.run(draw, cwd=folder, check=True)
        ways = {"plain": ["--out", "plain.parquet"], "ray": ["--engine", "ray", "--out", "ray"]}
        rates: dict[str, list[float]] = {way: [] for way in ways}
        samples: dict[str, list[float]] = {}
        for _ in range(options.repeats):
            for way, words in ways.items():
                remove(folder / words[-1])
                seconds, samples[way] = measure(folder, "small", *words)
                rates[way].append(count / seconds)
        same = pq.read_table(folder / "ray").equals(pq.read_table(folder / "plain.parquet"))
    report(
        "bulk",
        "through Ray at 0.8 times the rate of plain processes, in flat memory",
        {
            "pictures": count,
            "same_readings": same,
            "ratio": statistics.fmean(rates["ray"]) / statistics.fmean(rates["plain"]),
            "pictures_a_second": {way: summary(values) for way, values in rates.items()},
            "megabytes_by_tenth": {way: tenths(values) for way, values in samples.items()},
        },
    )


def remove(path: Path) -> None:
    """Remove what an earlier run left."""
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)


def measure(folder: Path, *arguments: str) -> tuple[float, list[float]]:
    """Run ``inkdigits read``; return its seconds, and its megabytes, second by second."""
    samples = []
    start = time.perf_counter()
    command = [sys.executable, "-m", "inkdigits", "read", *arguments]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            try:
                samples.append(sum(map(memory, family(process.pid))))
            except OSError:  # one ended while it was looked at
                continue
            finally:
                time.sleep(1)
        seconds = time.perf_counter() - start
        problems: Any = process.stderr
        if process.returncode:
            raise SystemExit(problems.read().decode())
    return seconds, samples


def tenths(samples: list[float]) -> list[float]:
    """Return the median of each tenth of the samples."""
    length = max(1, len(samples) // 10)
    return [statistics.median(samples[i : i + length]) for i in range(0, len(samples), length)][:10]


if __name__ == "__main__":
    main()
