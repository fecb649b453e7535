"""Connect to a Ray cluster, or start one on this machine."""

import contextlib
import logging
import os
import socket
import warnings
from collections.abc import Iterator

from inkdigits.errors import ClusterError, import_extra

__all__ = ["connected", "set_environment"]

_KNOCK_SECONDS = 20

# Ray would tell its makers how it is used; and that a GPU-less task sees no GPU is no news. Its
# second kind of trainers, which nothing here uses, would be imported in place of the first.
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_TRAIN_V2_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
}


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[int]:
    """Be connected to a cluster.

    Args:
        address: of its head, such as ``10.0.0.1:6379`` or ``ray://…``; ``auto`` for the one that
            this machine belongs to; `None` to start one on this machine alone. A connection that is
            there already is used as it is.

    Yields:
        How many processors the cluster has.

    Raises:
        ClusterError: there is none.
        MissingExtraError: Ray is not installed.
    """
    set_environment()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray = import_extra("ray")
        if ray.is_initialized():
            yield int(ray.cluster_resources().get("CPU", 1))
            return
        try:
            _knock(address)
            ray.init(
                address=address or "local",
                include_dashboard=None if address else False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, ValueError, OSError, RuntimeError) as error:
            why = str(error).splitlines()[0]
            raise ClusterError(
                f"no cluster can be reached at {address or 'this machine'}: {why}"
            ) from error
        try:
            yield int(ray.cluster_resources().get("CPU", 1))
        finally:
            ray.shutdown()


def _knock(address: str | None) -> None:
    """Connect to a cluster's head and leave: Ray would try for minutes where nobody is."""
    _, _, place = (address or "").rpartition("://")
    host, _, port = place.rpartition(":")
    if port.isdecimal():
        with socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS):
            pass


def set_environment() -> None:
    """Say what Ray asks the environment when it is imported."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
