"""Watch each request from its first byte to the end of its answer.

It gets an id, a line in the log and its place in the metrics; and whatever goes wrong within
becomes an answer that says so and no more.
"""

import logging
import random
import re
import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkdigits.service.headers import security_headers
from inkdigits.service.metrics import Metrics
from inkdigits.service.problems import Problem, problem_response

__all__ = ["Watch"]

_log = logging.getLogger("inkdigits.service.requests")
_ID = re.compile(rb"[\w.-]{1,64}")


class Watch:
    """The outermost layer of the service.

    Args:
        app: what is watched.
        metrics: are told of each request.
        routes: by path; what is turned away before it is routed counts for these, too.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Mapping[str, str]) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = routes
        # A label's child is looked up under a lock each time; these are few and stay.
        self._counts: dict[tuple[str, int], Any] = {}
        self._seconds: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        request_id = _id_of(scope)
        scope["request_id"] = request_id
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                    *security_headers(scope["path"]),
                ]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            _log.exception("a fault of the service itself", extra={"request_id": request_id})
            if status:  # the answer has begun: all that is left is to break it off
                raise
            fault = Problem(500, "this is a fault of the service itself; its log says more")
            answer = problem_response(fault, path=scope["path"], request_id=request_id)
            await answer(scope, receive, watched)
        finally:
            self._note(scope, request_id, status or 499, time.perf_counter() - start)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None)
        if route is None:
            route = self._routes.get(scope["path"], "other")
        count = self._counts.get((route, status))
        if count is None:
            count = self._counts[route, status] = self._metrics.requests.labels(route, str(status))
        count.inc()
        latency = self._seconds.get(route)
        if latency is None:
            latency = self._seconds[route] = self._metrics.seconds.labels(route)
        latency.observe(seconds)
        if _log.isEnabledFor(logging.INFO):
            _log.info(
                "answered",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "path": scope["path"][:200],
                    "status": status,
                    "seconds": round(seconds, 6),
                },
            )


def _id_of(scope: Scope) -> str:
    """Return the id that whoever asks gave the request, if it is a sound one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return str(value.decode())
    return f"{random.getrandbits(128):032x}"
