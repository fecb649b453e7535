"""Run the service under uvicorn."""

import contextlib
import functools
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from inkdigits.errors import InkDigitsError, ServiceError, reason
from inkdigits.reading.process import ProcessLostError
from inkdigits.service.connection import Connection
from inkdigits.service.inference_process import InferenceProcess
from inkdigits.service.logs import configure_logs
from inkdigits.service.settings import Settings

__all__ = ["serve"]

_BACKLOG = 2048
_MOST_CONNECTIONS = 2000  # a worker's; more are told to come again
_OTHER_FILES = 100  # that a worker has open

_log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop; what was accepted by then is answered.

    Raises:
        ServiceError: the address cannot be had, or no process be started.
        ModelError: the model file is missing, damaged, or not a model of digits.
        RunError: a run folder without a model.
    """
    with contextlib.closing(_listen(settings)) as listening, _shared_metrics(settings):
        alone = settings.workers == 1
        if not alone:
            _check_model(settings)
        config = uvicorn.Config(
            _make_app(settings) if alone else functools.partial(_make_app_of_worker, settings),
            factory=not alone,
            http=functools.partial(Connection, settings.arrival_timeout),  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            server_header=False,
            # uvicorn would trust whoever is on this machine, and that is everybody behind a proxy
            # that hands on what it was sent.
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            limit_concurrency=_most_connections(),
            backlog=_BACKLOG,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=int(settings.timeout + settings.arrival_timeout) + 1,
            ws="none",
            timeout_worker_healthcheck=60,  # a busy machine may take a while to import all this
            workers=settings.workers,
        )
        configure_logs()
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"InkDigits is at http://{shown}:{port} (Ctrl-C stops it)", file=sys.stderr)
        if alone:
            with contextlib.suppress(KeyboardInterrupt):  # it has been heeded: all is answered
                uvicorn.Server(config).run(sockets=[listening])
        else:
            workers = Multiprocess(config, sockets=[listening])
            workers.run()
            if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
                raise ServiceError("a worker could not start; the log above says why")


def _make_app(settings: Settings) -> ASGIApp:
    """Make a worker's application."""
    with _one_process(settings) as process:  # it starts up while all this is imported
        from inkdigits.service.app import create_app

        return create_app(settings, process)


def _make_app_of_worker(settings: Settings) -> ASGIApp:
    """Make a worker's application, or end the service: the next worker could not start either."""
    configure_logs()
    try:
        return _make_app(settings)
    except InkDigitsError as error:
        _log.error("a worker cannot start", extra={"reason": str(error)})
        sys.exit(STARTUP_FAILURE)


def _check_model(settings: Settings) -> None:
    """Say what keeps workers from starting before there are any."""
    from inkdigits.service.model import ModelInService

    with _one_process(settings) as process:
        ModelInService(settings, process)
        process.close()


@contextlib.contextmanager
def _one_process(settings: Settings) -> Iterator[InferenceProcess]:
    """Start a process that reads, and end it if anything goes wrong."""
    process = None
    try:
        process = InferenceProcess(settings.max_digits)
        yield process
    except BaseException as error:
        status = None if process is None else process.close()
        if isinstance(error, ProcessLostError):
            raise ServiceError(
                f"the process that reads pictures cannot be started: {error} (exit status {status})"
            ) from error
        raise


def _most_connections() -> int:
    """Have the system allow as many open files as connections are taken, or take fewer."""
    if sys.platform == "win32":
        return _MOST_CONNECTIONS
    import resource

    wanted = _MOST_CONNECTIONS + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _MOST_CONNECTIONS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(2, allowed - _OTHER_FILES)  # uvicorn counts the one that asks


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there, it would let two programs have one address
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        listening.close()
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise ServiceError(
            f"the service cannot listen at {host}, port {port}: {why}; "
            "--host and --port take others"
        ) from error
    listening.set_inheritable(True)
    return listening


@contextlib.contextmanager
def _shared_metrics(settings: Settings) -> Iterator[None]:
    """Give several workers a folder where each leaves its figures for all of them."""
    name = "PROMETHEUS_MULTIPROC_DIR"
    if settings.workers == 1 or os.environ.get(name):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="inkdigits-", ignore_cleanup_errors=True) as folder:
        os.environ[name] = folder
        try:
            yield
        finally:
            del os.environ[name]
