"""Claim: with server and load on the same 2 cores, 64 connections and no errors, the service
classifies half as many digits a second again as LitServe with the same model, and reads more
pictures; it gathers requests into batches because so it answers more; it is ready within two
seconds, a worker takes at most 250 MB, and the page at most 300 kB.

The aims go further: 2,000 digits and 1,000 pictures of 28×28 pixels a second, 99 % of them within
50 ms, for a minute, and 1.5 times as many as LitServe of both; docs/research.md says what is
missing.

The load is wrk's: 64 connections, each of which asks again as soon as it is answered. LitServe is
given its best chance: with and without batches, whichever answers more.

    python benchmarks/service.py [--seconds 60] [--workers 2] [--litserve PYTHON]

PYTHON is an interpreter with litserve and inkdigits; without it, LitServe is left out. wrk must be
installed (Debian: apt install wrk).
"""

import argparse
import base64
import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from _common import report, summary
from PIL import Image

from inkdigits import load_mnist

HERE = Path(__file__).parent
CONNECTIONS = 64
UNBATCHED = (
    "import inkdigits.service.engine as engine; engine._ENOUGH = 1; "
    "from inkdigits.__main__ import main; main()"
)
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "{kind}"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("FIGURES %d %d %f %f %f %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--litserve", metavar="PYTHON")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("this needs wrk, which is not installed: apt install wrk")

    with tempfile.TemporaryDirectory() as folder:
        bodies = make_bodies(Path(folder))
        figures: dict[str, Any] = {
            "connections": CONNECTIONS,
            "seconds": arguments.seconds,
            "workers": arguments.workers,
            "ready_seconds": summary([time_to_ready(Path(folder)) for _ in range(5)]),
        }
        with ours(Path(folder), arguments.workers) as (url, process):
            for what in ("classify", "read"):
                load(bodies[what], f"{url}/v1/{what}", 3)
                figures[what] = load(bodies[what], f"{url}/v1/{what}", arguments.seconds)
            figures["worker_megabytes"] = worker_megabytes(process.pid)
            figures["page_bytes"] = page_bytes(url)
        if arguments.litserve:
            figures["litserve"] = {
                what: best_of_litserve(arguments, bodies[f"litserve_{what}"], what)
                for what in ("classify", "read")
            }
            for what, there in figures["litserve"].items():
                ratio = figures[what]["requests_per_second"] / there["requests_per_second"]
                figures[f"times_litserve_{what}"] = ratio
        seconds = max(5, arguments.seconds // 4)
        for name, program in (("batched", None), ("one_by_one", UNBATCHED)):
            with ours(Path(folder), 1, program) as (url, _):
                load(bodies["classify"], f"{url}/v1/classify", 3)
                figures[f"one_worker_classify_{name}"] = load(
                    bodies["classify"], f"{url}/v1/classify", seconds
                )
    report("service", " ".join((__doc__ or "").partition("\n\n")[0].split()), figures)


def make_bodies(folder: Path) -> dict[str, tuple[Path, str]]:
    """Write what is sent: its file and kind, for ours and for LitServe."""
    image = load_mnist()[1].images[0]
    png = io.BytesIO()
    Image.fromarray(255 - image).save(png, "PNG")
    digit = base64.b64encode(image.tobytes()).decode()
    picture = base64.b64encode(png.getvalue()).decode()
    contents = {
        "classify": (json.dumps({"images": [digit]}).encode(), "application/json"),
        "read": (png.getvalue(), "image/png"),
        "litserve_classify": (json.dumps({"image": digit}).encode(), "application/json"),
        "litserve_read": (json.dumps({"picture": picture}).encode(), "application/json"),
    }
    bodies = {}
    for name, (content, kind) in contents.items():
        bodies[name] = (folder / name, kind)
        bodies[name][0].write_bytes(content)
    return bodies


def load(body: tuple[Path, str], url: str, seconds: int) -> dict[str, float]:
    """Have wrk ask for some seconds; return rate, latencies in milliseconds, and errors."""
    path, kind = body
    script = path.with_suffix(".lua")
    script.write_text(LUA.format(kind=kind, body=path))
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", script, url],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"FIGURES (.*)", done.stdout)
    if found is None:
        sys.exit(f"wrk failed: {done.stdout}{done.stderr}")
    requests, microseconds, median, p99, most, errors = map(float, found[1].split())
    return {
        "requests": int(requests),
        "requests_per_second": requests / (microseconds / 1e6),
        "median_ms": median / 1e3,
        "p99_ms": p99 / 1e3,
        "max_ms": most / 1e3,
        "errors": int(errors),
    }


@contextlib.contextmanager
def running(command: list[str], path: str, port: int, home: Path) -> Iterator[subprocess.Popen]:
    """Run a server until the end of the block; it is there when `path` answers."""
    process = subprocess.Popen(
        command,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "INKDIGITS_HOME": str(home)},
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start: {' '.join(command)}")
            time.sleep(0.005)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def ours(
    home: Path, workers: int, program: str | None = None
) -> Iterator[tuple[str, subprocess.Popen]]:
    port = free_port()
    how = ["-m", "inkdigits"] if program is None else ["-c", program]
    command = [sys.executable, *how, "serve", "--port", str(port), "--workers", str(workers)]
    with running(command, "/healthz", port, home) as process:
        yield f"http://127.0.0.1:{port}", process


def time_to_ready(home: Path) -> float:
    start = time.perf_counter()
    with ours(home, 1):
        return time.perf_counter() - start


def best_of_litserve(
    arguments: argparse.Namespace, body: tuple[Path, str], what: str
) -> dict[str, Any]:
    tried = []
    for largest in (1, 64):
        port = free_port()
        script = str(HERE / "_litserve.py")
        command = [
            *(arguments.litserve, script, str(port), what),
            *(str(arguments.workers), str(largest)),
        ]
        with running(command, "/health", port, body[0].parent):
            url = f"http://127.0.0.1:{port}/predict"
            load(body, url, 3)
            tried.append({"largest_batch": largest, **load(body, url, arguments.seconds)})
    return max(tried, key=lambda one: one["requests_per_second"])


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def worker_megabytes(parent: int) -> float:
    """Return the most memory that the largest worker and its processes were resident in."""
    workers = [pid for pid in family(parent) if pid != parent and len(family(pid)) > 1] or [parent]
    return max(sum(map(most_megabytes, family(worker))) for worker in workers)


def family(pid: int) -> list[int]:
    """Return a process and all that it started, by Linux's /proc."""
    found = [pid]
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                found += family(int(status.parent.name))
    return found


def most_megabytes(pid: int) -> float:
    """Return the most memory that a process was resident in."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def page_bytes(url: str) -> int:
    """Return the bytes of the page and all files that it may load."""
    folder = HERE.parent / "src" / "inkdigits" / "service" / "page"
    names = ["", *(f"static/{file.name}" for file in folder.iterdir() if file.is_file())]
    total = 0
    for name in names:
        if name != "static/index.html":
            total += len(httpx.get(f"{url}/{name}").content)
    return total


if __name__ == "__main__":
    main()
