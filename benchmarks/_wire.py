"""Send bytes to the service as they are, and take apart what it answers."""

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass

__all__ = ["Answer", "Exchange", "exchange"]

_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) ?[^\r\n]*\r\n((?:[!-~]+: ?[^\r\n]*\r\n)*)\r\n")
_TELLTALES = re.compile(rb'Traceback|File "|site-packages|\.py\b|0x[0-9a-f]{8}')
_PROBLEMS = ("application/problem+json", "application/json")
_BY_THE_PARSER = b"Invalid HTTP request received.", b"The head of the request is too large."


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_whole: bool = True

    @property
    def fault(self) -> str | None:
        """What is wrong with it, if something is."""
        if not (100 <= self.status < 500):
            return f"status {self.status}: {self.body[:300]!r}"
        if self.status < 400:
            return None
        if _TELLTALES.search(self.body):
            return f"it tells what is nobody's business: {self.body[:300]!r}"
        kind = self.headers.get("content-type", "")
        if not self.is_whole or not self.body or self.body in _BY_THE_PARSER:
            return None
        if kind.startswith("text/plain") and "range" in self.body.decode("latin-1").lower():
            return None  # Starlette's words to a range that is none
        if kind not in _PROBLEMS:
            return f"an error as {kind}: {self.body[:300]!r}"
        said = json.loads(self.body)
        if "error" in said:
            return None if list(said) == ["error"] else f"no such form of an error: {said}"
        known = {"type": "about:blank", "status": self.status}
        if {**said, **known} != said or said["request_id"] != self.headers["x-request-id"]:
            return f"no sound problem: {said}"
        return None


@dataclass(frozen=True)
class Exchange:
    """What came of sending something.

    Args:
        answers: all of them; the last may be cut off.
        end: "closed" by the service, "reset", or "open" still, after the time given.
        rest: what is no answer at all.
    """

    answers: list[Answer]
    end: str
    rest: bytes = b""

    @property
    def faults(self) -> list[str]:
        """What is wrong with it."""
        faults = [answer.fault for answer in self.answers if answer.fault]
        if self.rest:
            faults.append(f"no HTTP: {self.rest[:300]!r}")
        if self.end == "open" and not self.answers:
            faults.append("the service neither answered nor closed the connection")
        return faults


async def exchange(address: str, sent: bytes, *, seconds: float) -> Exchange:
    """Send bytes over a connection of their own, and read until the service closes it.

    Args:
        address: host and port.
        sent: any number of requests; the last should ask to close the connection.
        seconds: to wait at most.
    """
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    received = bytearray()
    end = "closed"
    try:
        async with asyncio.timeout(seconds):
            sending = asyncio.ensure_future(_send(writer, sent))
            try:
                while part := await reader.read(1 << 16):
                    received += part
            finally:
                sending.cancel()
    except TimeoutError:
        end = "open"
    except ConnectionError:
        end = "reset"
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    answers, rest = _parse(bytes(received))
    return Exchange(answers, end, rest)


async def _send(writer: asyncio.StreamWriter, sent: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # what was answered until then is read all the same
        writer.write(sent)
        await writer.drain()


def _parse(received: bytes) -> tuple[list[Answer], bytes]:
    answers: list[Answer] = []
    place = 0
    while found := _ANSWER.match(received, place):
        status, place = int(found[1]), found.end()
        pairs = (line.partition(": ") for line in found[2].decode("latin-1").splitlines())
        headers = {name.lower(): value for name, _, value in pairs}
        size = int(headers.get("content-length", 0))
        if received.startswith(b"HTTP/1.1 ", place) or status in (204, 304):
            size = 0  # the answer to a HEAD
        body = received[place : place + size]
        place += len(body)
        answers.append(Answer(status, headers, body, is_whole=len(body) == size))
    return answers, received[place:]
