"""What a service counts, for Prometheus."""

import os
import re
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SHARED = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The counters of one worker; with several workers their sums are told.

    Workers share files in the folder that PROMETHEUS_MULTIPROC_DIR names, if it does.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "inkdigits_requests", "Requests answered.", ["route", "code"], registry=registry
        )
        self.seconds = Histogram(
            "inkdigits_request_seconds",
            "From a request's first byte to the end of its answer.",
            ["route"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        self.pictures = Counter("inkdigits_pictures", "Pictures read.", registry=registry)
        self.digits = Counter(
            "inkdigits_digits", "Digits read or classified.", ["trusted"], registry=registry
        )
        self.rejections = Counter(
            "inkdigits_rejections", "Requests turned away.", ["reason"], registry=registry
        )
        self.corrections = Counter(
            "inkdigits_corrections", "Corrections kept.", ["new"], registry=registry
        )
        self.batch_size = Histogram(
            "inkdigits_batch_size",
            "Images that the network classified at once for /v1/classify and /v2.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
            registry=registry,
        )
        self.queue_depth = Gauge(
            "inkdigits_queue_depth",
            "Pieces of work that wait or are being done.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def digits_read(self, trusted: int, untrusted: int) -> None:
        """Count digits."""
        if trusted:
            self.digits.labels("true").inc(trusted)
        if untrusted:
            self.digits.labels("false").inc(untrusted)

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        registry = self._registry
        if folder := os.environ.get(_SHARED):
            _forget_dead_workers(Path(folder))
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _forget_dead_workers(folder: Path) -> None:
    """Remove what a worker that was killed had in work: nobody works on it any more."""
    if os.name == "nt":  # there, asking after a process so would end it
        return
    for file in folder.glob("gauge_live*.db"):
        found = re.search(r"_(\d+)\.db$", file.name)
        if found is not None:
            try:
                os.kill(int(found[1]), 0)
            except ProcessLookupError:
                multiprocess.mark_process_dead(int(found[1]))  # type: ignore[no-untyped-call]
