"""Claims: on two cores, ``inkdigits read`` reads 2,000 pictures of 28×28 pixels a second from a
folder, in under 300 MB with all its processes, however many pictures there are.

Memory is the peak of their proportional set sizes together: what processes share counts once. Only
Linux tells it.

Each run is a process of its own, timed from outside, its start included. Beside it stands the same
on one thread, which needs no further processes.

    python benchmarks/many.py [--small 30000] [--large 100] [--repeats 3]
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from _common import report, summary

DRAW = """
import sys; from pathlib import Path
import cv2, numpy as np; from PIL import Image; from inkdigits import load_mnist
images = load_mnist()[1].images
for folder, count in (("small", int(sys.argv[1])), ("large", int(sys.argv[2]))):
    Path(folder).mkdir()
    for number in range(count):
        image = images[number % len(images)]
        if folder == "small":
            Image.fromarray(image).save(f"small/{number:06}.png")
            continue
        page = np.random.default_rng(number).normal(235, 4, (1200, 1600))
        page[150:1050, 350:1250] -= cv2.resize(image, (900, 900)) * 0.8
        Image.fromarray(page.clip(0, 255).astype(np.uint8)).save(f"large/{number:06}.jpg")
"""


def memory(pid: int) -> float:
    """Return the proportional set size of a process in megabytes, 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def family(pid: int) -> list[int]:
    """Return a process and all that came of it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text(encoding="utf-8").split()):
            found += family(child)
    return found


def measure(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run ``inkdigits read``; return its seconds, and its peak memory in megabytes."""
    peak = 0.0
    ended = threading.Event()

    def watch(pid: int) -> None:
        nonlocal peak
        while not ended.wait(0.1):
            try:
                peak = max(peak, sum(map(memory, family(pid))))
            except OSError:  # it ended while it was looked at
                continue

    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "inkdigits", "read", *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    watcher = threading.Thread(target=watch, args=(process.pid,))
    watcher.start()
    _, problems = process.communicate()
    seconds = time.perf_counter() - start
    ended.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(problems)
    return seconds, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=30_000)
    parser.add_argument("--large", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-c", DRAW, str(options.small), str(options.large)],
            cwd=folder,
            check=True,
        )
        for size, count in (("small", options.small), ("large", options.large)):
            rates: dict[str, list[float]] = {"all": [], "one": []}
            megabytes: dict[str, list[float]] = {"all": [], "one": []}
            for repeat in range(options.repeats):
                for threads, words in (("all", []), ("one", ["--threads", "1"])):
                    out = f"{size}-{threads}-{repeat}.jsonl"
                    seconds, peak = measure(folder, size, "--out", out, *words)
                    rates[threads].append(count / seconds)
                    megabytes[threads].append(peak)
            figures[size] = {
                "pictures": count,
                "pictures_a_second": summary(rates["all"]),
                "pictures_a_second_on_one_thread": summary(rates["one"]),
                "peak_megabytes": summary(megabytes["all"]),
                "peak_megabytes_on_one_thread": summary(megabytes["one"]),
            }
    report("many", "2,000 pictures of 28×28 pixels a second, in under 300 MB", figures)


if __name__ == "__main__":
    main()
