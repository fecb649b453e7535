"""Ask a running service over HTTP, and over its sockets."""

import asyncio
import re
import socket
import ssl
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.serving import Server, children

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from _wire import Answer, Exchange, exchange

DEADLINE = 60.0  # seconds, for what takes moments
PICTURE = (Path(__file__).parents[1] / "docs" / "pictures" / "seven.png").read_bytes()

_TLS = ssl.create_default_context()  # httpx would load all certificates for each request


def address_of(server: Server) -> str:
    return server.url.removeprefix("http://")


def connect(server: Server) -> socket.socket:
    host, _, port = address_of(server).rpartition(":")
    return socket.create_connection((host, int(port)), timeout=DEADLINE)


def head(server: Server, line: str, *headers: str) -> bytes:
    lines = (f"{line} HTTP/1.1", f"Host: {address_of(server)}", *headers, "", "")
    return "\r\n".join(lines).encode("latin-1")


def send(server: Server, sent: bytes, seconds: float = DEADLINE) -> Exchange:
    return asyncio.run(exchange(address_of(server), sent, seconds=seconds))


def send_all(server: Server, sent: list[bytes]) -> list[Exchange]:
    """Have many connections of their own, eight at once."""

    async def ask() -> list[Exchange]:
        free = asyncio.Semaphore(8)

        async def one(content: bytes) -> Exchange:
            async with free:
                return await exchange(address_of(server), content, seconds=DEADLINE)

        return await asyncio.gather(*(one(content) for content in sent))

    return asyncio.run(ask())


def answer_of(done: Exchange) -> Answer:
    assert not done.faults
    (answer,) = done.answers
    return answer


def get(server: Server, path: str, **more: Any) -> httpx.Response:
    return httpx.get(server.url + path, timeout=DEADLINE, verify=_TLS, **more)


def post(server: Server, path: str, content: bytes, **headers: str) -> httpx.Response:
    return httpx.post(
        server.url + path, content=content, headers=headers, timeout=DEADLINE, verify=_TLS
    )


def figure(server: Server, name: str) -> float:
    text = get(server, "/metrics").text
    found = re.search(rf"^{re.escape(name)} (\S+)", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def reads_on(server: Server) -> None:
    assert post(server, "/v1/read", PICTURE).json()["text"] == "7"


def megabytes(server: Server) -> float:
    """Return the most that it and the processes that read ever held in memory, by Linux's /proc."""
    pids = [server.process.pid, *children(server, "inkdigits.service.inference_process")]
    texts = [path.read_text() for pid in pids if (path := Path(f"/proc/{pid}/status")).exists()]
    found = re.findall(r"VmHWM:\s+(\d+)", "".join(texts))
    return sum(map(int, found)) / 1000
