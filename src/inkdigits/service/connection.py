"""A connection to a client: what it may cost beside the requests that are answered.

uvicorn bounds neither the head of a request, in bytes or in time, nor how long an answer may lie
there untaken. A few thousand clients who do nothing would be enough to keep everybody else out.
"""

import asyncio
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

__all__ = ["Connection"]

_MOST_BESIDE = 64 << 10  # bytes between one piece of a body and the next: heads, above all
_MOST_HEADERS = 128
_MOST_AHEAD = 100  # requests that a client may send without waiting for the answers


class Connection(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with bounds.

    Args:
        patience: seconds that the head of a request may take to arrive, and what is left of it once
            it is answered; and for about which a client may take nothing of what is sent to it.
        given: what uvicorn gives to its own.
    """

    def __init__(self, patience: float, **given: Any) -> None:
        super().__init__(**given)
        self._patience = patience
        self._answering: RequestResponseCycle | None = None
        self._beside = 0  # bytes that have come and are no body
        self._arriving_since: float | None = None  # as a request has begun to
        self._blocked_since: float | None = None  # as the client must take something first
        self._was_blocked: float | str | None = None  # at the last look,
        self._untaken = 0  # and by so many bytes

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch the connection."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._timer = self.loop.call_later(self._patience / 2, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._timer.cancel()
        super().connection_lost(exc)
        # uvicorn tells the request that came last, which need not be the one that is answered.
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, unless it is a head, or something else, without end."""
        if self._beside > _MOST_BESIDE:
            self.send_400_response("The head of the request is too large.")
            return
        if self._arriving_since is None:
            self._arriving_since = self.loop.time()
        self._beside += len(data)  # set back as soon as it turns out to be something else
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if len(self.headers) > _MOST_HEADERS or len(self.pipeline) >= _MOST_AHEAD:
            raise ValueError("more than a client may need")  # which the parser makes a 400
        super().on_headers_complete()
        self.headers = []  # what follows a body as its trailer shall not pass for headers

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take note that a request is there."""
        self._beside = 0
        self._arriving_since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait until the client has taken more."""
        self._blocked_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Write on."""
        self._blocked_since = None
        super().resume_writing()

    def _unsupported_upgrade_warning(self) -> None:
        # The parser is of no use after it, and how often strangers ask is nothing to log.
        self.cycle.keep_alive = False

    def _look(self) -> None:
        """End the connection of a client who lets the service wait for too long."""
        now = self.loop.time()
        untaken = self.transport.get_write_buffer_size()
        blocked = "at the end" if self.transport.is_closing() else self._blocked_since
        if blocked is not None and blocked == self._was_blocked and untaken >= self._untaken:
            self.transport.abort()
            return
        self._was_blocked, self._untaken = blocked, untaken
        if self.cycle is None or self.cycle.response_complete:
            idle = now - self._idle_since
            since = self._arriving_since
            late = since is not None and min(idle, now - since) > self._patience
            if late or idle > self.timeout_keep_alive:
                self.transport.close()
        self._timer = self.loop.call_later(self._patience / 2, self._look)
