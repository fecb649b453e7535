"""Claim: of 10,000 damaged requests and 20,000 damaged pictures none gets an answer of 5xx or one
that tells what is nobody's business, none waits without end, no process is lost, and their memory
grows by less than 30 MB once it is under way.

Sound requests of every kind are damaged in up to four ways, in their method, path, headers, length,
chunks, form, JSON or bytes, and sent as they are, each with sound requests after it. Pictures of
every format are damaged as `fuzz.py` does it. What never arrives as a whole is refused after a
second, or the connection closed.

    python benchmarks/service_fuzz.py [--requests 10000] [--pictures 20000] [--seed 0]

Memory is measured on Linux only: the median of the last tenth of the run against that of the tenth
after the first fifth, in which caches fill.
"""

import argparse
import asyncio
import collections
import contextlib
import os
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from _common import report
from _mutations import mutated
from _requests import last, tampered
from _wire import Exchange, exchange
from service import family, ours

CONNECTIONS = 16
SECONDS = 60.0  # that any exchange may take, on a machine that others use as well
ARRIVAL = 1.0  # seconds in which a request must be there
MEGABYTES = 30.0  # that memory may grow

PICTURE = "POST /v1/read HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ["INKDIGITS_ARRIVAL_TIMEOUT"] = str(ARRIVAL)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ours(Path(folder), 1) as (url, process):
        address = url.removeprefix("http://")
        runs = {
            "requests": Run(
                options.requests,
                lambda number: tampered(number, options.seed, address) + last(address),
            ),
            "pictures": Run(options.pictures, lambda number: picture(number, options, address)),
        }
        for run in runs.values():
            asyncio.run(run.send_all(address, process.pid))
        lives = process.poll() is None
        lost = lost_processes(f"http://{address}")
    errors = [error for run in runs.values() for error in run.errors]
    grown = [run.grown for run in runs.values() if run.grown is not None]
    report(
        "service_fuzz",
        " ".join((__doc__ or "").partition("\n\n")[0].split()).removeprefix("Claim: "),
        {
            "seed": options.seed,
            "connections": CONNECTIONS,
            "minutes": (time.monotonic() - start) / 60,
            "lives": lives,
            "processes_lost": lost,
            **{name: run.figures for name, run in runs.items()},
            "errors": errors[:100],
        },
    )
    if errors or not lives or lost or any(megabytes > MEGABYTES for megabytes in grown):
        raise SystemExit(1)


def picture(number: int, options: argparse.Namespace, address: str) -> bytes:
    _, content = mutated(number, options.seed)
    return PICTURE.format(address, len(content)).encode() + content


class Run:
    """Many exchanges of one kind, several at once.

    Args:
        count: how many.
        sent: what is sent in exchange number so and so.
    """

    def __init__(self, count: int, sent: Callable[[int], bytes]) -> None:
        self.count = count
        self.errors: list[str] = []
        self._sent = sent
        self._statuses: collections.Counter[str] = collections.Counter()
        self._ends: collections.Counter[str] = collections.Counter()
        self._megabytes: list[float] = []
        self._slowest = 0.0

    async def send_all(self, address: str, process: int) -> None:
        """Send all there is to send."""
        numbers = iter(range(self.count))

        async def work() -> None:
            for number in numbers:
                if number % max(1, self.count // 100) == 0:
                    self._megabytes.append(megabytes(process))
                if number % 1000 == 0:
                    print(f"{number:,} of {self.count:,} sent", flush=True)
                start = time.monotonic()
                try:
                    done = await exchange(address, self._sent(number), seconds=SECONDS)
                except OSError as error:
                    self.errors.append(f"{number}: {error}")
                    continue
                self._slowest = max(self._slowest, time.monotonic() - start)
                self._note(number, done)

        workers: list[Awaitable[None]] = [work() for _ in range(CONNECTIONS)]
        await asyncio.gather(*workers)
        self._megabytes.append(megabytes(process))

    def _note(self, number: int, done: Exchange) -> None:
        self.errors += [f"{number}: {fault}" for fault in done.faults]
        self._statuses.update(str(answer.status) for answer in done.answers)
        self._ends[done.end if done.answers else f"{done.end} without an answer"] += 1

    @property
    def grown(self) -> float | None:
        """By how many megabytes memory grew over the run, once it was under way."""
        tenth = len(self._megabytes) // 10
        if not tenth or not self._megabytes[0]:
            return None
        early, late = self._megabytes[2 * tenth : 3 * tenth], self._megabytes[-tenth:]
        return statistics.median(late) - statistics.median(early)

    @property
    def figures(self) -> dict[str, Any]:
        """What came of it all."""
        return {
            "sent": self.count,
            "answers_by_status": dict(sorted(self._statuses.items())),
            "connections_by_end": dict(sorted(self._ends.items())),
            "slowest_seconds": self._slowest,
            "megabytes": {
                "before": self._megabytes[0],
                "after": self._megabytes[-1],
                "most": max(self._megabytes),
                "grown": self.grown,
            },
        }


def lost_processes(url: str) -> int:
    """Return how many pictures ended the processes that read them."""
    text = httpx.get(f"{url}/metrics").text
    found = re.search(r'^inkdigits_rejections_total\{reason="lost"\} (\d+)', text, re.MULTILINE)
    return int(found[1]) if found else 0


def megabytes(process: int) -> float:
    """Return what a process and those that it started hold in memory, by Linux; elsewhere 0."""
    total = 0.0
    for pid in family(process):
        with contextlib.suppress(OSError):  # it has just ended
            text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
            found = re.search(r"VmRSS:\s+(\d+) kB", text)
            total += int(found[1]) * 1024 / 1e6 if found else 0.0
    return total


if __name__ == "__main__":
    main()
