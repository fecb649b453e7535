"""Claim: of 50,000 damaged pictures each is read or refused with a sentence; none crashes the
process, takes 2 s or 500 MB, or ends in any other error.

PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, HEIC, PDF and PPM files are made in memory, damaged in up to
four ways, and read from their bytes to their digits. A process that dies or hangs is noticed,
charged to its file, and replaced.

    python benchmarks/fuzz.py [--files 50000] [--seed 0] [--keep FOLDER]

Memory is measured on Linux only.
"""

import argparse
import collections
import contextlib
import itertools
import multiprocessing
import os
import time
import traceback
import warnings
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from _common import report
from _mutations import mutated

SECONDS = 2.0  # of processor time: others may be at work on the machine
SECONDS_BY_THE_CLOCK = 10.0
MEGABYTES = 500.0

GOOD = ("read", "refused")
OUTCOMES = (*GOOD, "failed", "crashed", "hung", "too large")

_PAGES = 20  # of one file: a damaged one may promise thousands


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="a folder for the files with a bad outcome")
    options = parser.parse_args()
    start = time.monotonic()
    results = fuzz(range(options.files), options.seed, options.processes)
    minutes = (time.monotonic() - start) / 60
    bad = [result for result in results if result["outcome"] not in GOOD]
    if options.keep:
        keep(bad, options.seed, options.keep)
    report(
        "fuzz",
        f"each damaged picture is read or refused; none crashes, takes {SECONDS:.0f} s or "
        f"{MEGABYTES:.0f} MB, or ends in another error",
        {
            "files": len(results),
            "seed": options.seed,
            "minutes": minutes,
            "outcomes": _counts(results),
            "by_format": {
                kind: _counts(result for result in results if result["format"] == kind)
                for kind in sorted({result["format"] for result in results})
            },
            "slowest_seconds": max(result["seconds"] for result in results),
            "largest_megabytes": max(result["megabytes"] for result in results),
            "bad": bad,
        },
    )
    if bad:
        raise SystemExit(1)


def keep(results: list[dict[str, Any]], seed: int, folder: Path) -> None:
    """Write the files of these results to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        kind, content = mutated(result["number"], seed)
        outcome = result["outcome"].replace(" ", "-")
        (folder / f"{outcome}-{seed}-{result['number']}.{kind}").write_bytes(content)


def fuzz(numbers: range, seed: int, processes: int) -> list[dict[str, Any]]:
    """Read the files of these numbers; return what became of each, in order."""
    left = iter(numbers)
    results: dict[int, dict[str, Any]] = {}
    workers = [Worker(seed) for _ in range(min(processes, len(numbers)))]
    try:
        while len(results) < len(numbers):
            wait([worker.pipe for worker in workers], timeout=0.1)
            for place, worker in enumerate(workers):
                result = worker.result()
                if result is not None:
                    results[result["number"]] = result
                    if len(results) % 1000 == 0:
                        print(f"{len(results):,} files read", flush=True)
                if not worker.process.is_alive():
                    workers[place] = Worker(seed)
                elif worker.idle and (number := next(left, None)) is not None:
                    worker.start(number)
    finally:
        for worker in workers:
            worker.process.kill()
    return [results[number] for number in numbers]


class Worker:
    """A process that reads damaged pictures one at a time."""

    def __init__(self, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, seed), daemon=True)
        self.process.start()
        theirs.close()  # so that the pipe ends with the process
        self.idle = False
        self._seed = seed
        self._number: int | None = None
        self._since = 0.0

    def start(self, number: int) -> None:
        """Have the process read this file."""
        with contextlib.suppress(OSError):  # it is dead, which `result` will see
            self.pipe.send(number)
        self.idle, self._number, self._since = False, number, time.monotonic()

    def result(self) -> dict[str, Any] | None:
        """Return what became of the file, once that is known; end a process that hangs."""
        with contextlib.suppress(EOFError, OSError):
            if self.pipe.poll():
                result: dict[str, Any] | None = self.pipe.recv()
                self.idle, self._number = True, None
                return result
        seconds = time.monotonic() - self._since
        if self._number is None:
            if not self.idle and not self.process.is_alive():
                raise SystemExit("a process ended before it was ready to read")
            return None
        if not self.process.is_alive():
            return self._lost("crashed", f"exit code {self.process.exitcode}", seconds)
        if seconds > SECONDS_BY_THE_CLOCK:
            self.process.kill()
            self.process.join()
            return self._lost("hung", "ended", seconds)
        return None

    def _lost(self, outcome: str, detail: str, seconds: float) -> dict[str, Any]:
        assert self._number is not None
        kind, _ = mutated(self._number, self._seed)
        return _result(self._number, kind, outcome, detail, seconds)


def _work(pipe: Connection, seed: int) -> None:
    """Read each file that comes through the pipe, and send back what became of it."""
    from inkdigits import Reader

    # The decoders' own complaints.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter("ignore")
    reader = Reader(threads=1)
    mutated(0, seed)
    pipe.send(None)
    while True:
        number = pipe.recv()
        kind, content = mutated(number, seed)
        before, start = _memory("VmRSS", reset=True), time.process_time()
        outcome, detail = _read(reader, content, by_colour=number % 4 == 0)
        seconds = time.process_time() - start
        megabytes = _memory("VmHWM") - before
        if seconds > SECONDS:
            outcome = "hung"
        elif megabytes > MEGABYTES:
            outcome = "too large"
        pipe.send(_result(number, kind, outcome, detail, seconds, megabytes))


def _read(reader: Any, content: bytes, *, by_colour: bool) -> tuple[str, str]:
    from inkdigits.errors import PictureError
    from inkdigits.reading import Page, decode, pages

    sentence = ""
    outcome = "refused"
    try:
        if by_colour:
            decode(content, by_colour=True)
        for page in itertools.islice(pages(content), _PAGES):
            if isinstance(page, Page):
                reader.read(page.pixels)
                outcome = "read"
            else:
                sentence = str(page)
        reader.read(content)
    except PictureError as error:
        sentence = str(error)
    except Exception as error:  # noqa: BLE001  (which is what is looked for)
        frames = (frame.name for frame in traceback.extract_tb(error.__traceback__))
        return "failed", f"{type(error).__name__}: {error} ({' > '.join(frames)})"
    return outcome, sentence


def _result(
    number: int, kind: str, outcome: str, detail: str, seconds: float, megabytes: float = 0.0
) -> dict[str, Any]:
    return {
        "number": number,
        "format": kind,
        "outcome": outcome,
        "detail": detail,
        "seconds": seconds,
        "megabytes": megabytes,
    }


def _memory(field: str, *, reset: bool = False) -> float:
    """Return what Linux says of this process's memory, in megabytes; elsewhere 0."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    if reset:  # the peak, to what is in use now
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    (line,) = (line for line in lines if line.startswith(field))
    return int(line.split()[1]) / 1000


def _counts(results: Iterable[dict[str, Any]]) -> dict[str, int]:
    counts = collections.Counter(result["outcome"] for result in results)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


if __name__ == "__main__":
    main()
