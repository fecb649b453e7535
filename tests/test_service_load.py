"""The service when there is too much to do, when it is killed, and when its database is gone."""

import concurrent.futures
import contextlib
import io
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import numpy as np
import pytest
from PIL import Image

from inkdigits import Dataset
from inkdigits.feedback import Feedback
from tests.serving import Server, children, serving
from tests.test_feedback import needs_postgres, postgres_database
from tests.test_service import base64_of, problem_of, wait_for
from tests.wire import DEADLINE, PICTURE, connect, figure, get, head, megabytes, post, reads_on


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service as it comes, begun where a program may at first have few files open."""
    with contextlib.ExitStack() as stack:
        with few_files():
            running = stack.enter_context(serving(tmp_path_factory.mktemp("home")))
        yield running


@contextlib.contextmanager
def few_files() -> Iterator[None]:
    """Let programs begin with 256 files at most; they may raise that."""
    if sys.platform == "win32":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


# Too much at once


def test_there_is_an_end_to_what_waits_and_to_how_long(
    tmp_path: Path, mnist: tuple[Dataset, Dataset]
) -> None:
    limits = {"INKDIGITS_TIMEOUT": "1.5", "INKDIGITS_MAX_REQUESTS": "4"}
    rows = mnist[1].images[:100].reshape(10, 10, 28, 28)
    digits = np.pad(rows, ((0, 0), (0, 0), (6, 6), (6, 6))).transpose(0, 2, 1, 3).reshape(400, 400)
    page = io.BytesIO()
    Image.fromarray(255 - digits).save(page, "PNG")
    with (
        serving(tmp_path, environment=limits, may_lose_processes=True) as server,
        concurrent.futures.ThreadPoolExecutor(12) as pool,
    ):

        def ask(_: int) -> httpx.Response:
            return post(server, "/v1/read?explain=true", page.getvalue())

        answers = list(pool.map(ask, range(12)))
        statuses = {answer.status_code for answer in answers}
        assert statuses >= {503, 429}
        assert statuses <= {200, 503, 429}
        for answer in answers:
            if answer.status_code != 200:
                late = answer.status_code == 503
                said = "takes longer than 1.5 seconds" if late else "too much to do"
                assert said in problem_of(answer, answer.status_code)
                assert int(answer.headers["retry-after"]) > 0
        # What nobody waits for any more is soon not at work either.
        wait_for(lambda: figure(server, "inkdigits_queue_depth") == 0, DEADLINE)
        wait_for(lambda: post(server, "/v1/read", PICTURE).is_success, DEADLINE)


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the processes in /proc")
def test_processes_that_die_cost_no_answer(tmp_path: Path) -> None:
    with serving(tmp_path, may_lose_processes=True) as server:
        for _ in range(3):
            for child in children(server, "inkdigits.service.inference_process"):
                os.kill(child, signal.SIGKILL)
            reads_on(server)
        assert get(server, "/healthz").is_success


def test_slow_senders_keep_nobody_from_being_answered(patient: Server) -> None:
    slow = head(patient, "POST /v1/read", "Content-Length: 1000") + b"x"
    with contextlib.ExitStack() as stack:
        for _ in range(400):  # more than the files that it may have had open at first
            stack.enter_context(connect(patient)).sendall(slow)
        for _ in range(3):
            reads_on(patient)


def test_large_bodies_have_room_that_ends(patient: Server) -> None:
    size = 20_000_000
    body = bytes(size - 1)
    line = head(patient, "POST /v1/read", f"Content-Length: {size}")
    before = megabytes(patient)

    def begin(_: int) -> socket.socket:
        connection = connect(patient)
        connection.sendall(line)
        connection.sendall(body)
        return connection

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        connections = list(pool.map(begin, range(16)))  # 320 MB, of which 268 have room
    reads_on(patient)  # what is small is let in even now
    statuses = []
    for connection in connections:
        with connection:
            connection.sendall(b"x")
            statuses.append(connection.recv(1 << 16)[9:12])
    assert set(statuses) == {b"422", b"429"}
    assert 10 <= statuses.count(b"422") <= 13
    assert megabytes(patient) - before < 700  # of which the processes that read have their share
    with begin(0) as connection:  # and then there is room again
        connection.sendall(b"x")
        assert connection.recv(1 << 16)[9:12] == b"422"


def test_who_sends_too_much_is_told_so(patient: Server) -> None:
    size = 30_000_000
    with connect(patient) as connection:
        connection.sendall(head(patient, "POST /v1/read", f"Content-Length: {size}"))
        connection.sendall(bytes(size))  # all of it, as browsers do
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413")


def test_idle_connections_do_not_keep_it_from_stopping(patient: Server) -> None:
    with contextlib.ExitStack() as stack:
        for sent in (b"", head(patient, "GET /healthz"), head(patient, "GET /healthz")[:20]) * 20:
            connection = stack.enter_context(connect(patient))
            connection.sendall(sent)
            if sent.endswith(b"\r\n\r\n"):
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        start = time.monotonic()
        assert patient.stop() in (0, -signal.SIGTERM)
        assert time.monotonic() - start < 15  # it would wait for up to 50 seconds for requests


def test_a_client_is_who_it_is_and_not_who_it_says(tmp_path: Path) -> None:
    def statuses(server: Server, *claims: str) -> list[int]:
        claimed = [{"x-forwarded-for": claim} for claim in claims]
        return [get(server, "/v1/model", headers=one).status_code for one in claimed]

    with serving(tmp_path, "--rate-limit", "2/hour") as server:
        assert statuses(server, "192.0.2.1", "192.0.2.2", "192.0.2.3") == [200, 200, 429]
    trusting = {"INKDIGITS_TRUSTED_PROXIES": "127.0.0.1"}
    with serving(tmp_path, "--rate-limit", "2/hour", environment=trusting) as server:
        assert statuses(server, *["192.0.2.1"] * 3, "192.0.2.2") == [200, 200, 429, 200]
        # What the client put there itself stands before what the proxy knows.
        spoofed = [f"198.51.100.{number}, 192.0.2.3" for number in range(3)]
        assert statuses(server, *spoofed) == [200, 200, 429]
        # A customer has a network of 64 bits, and may take any address of it.
        network = [f"2001:db8::{number}:1" for number in (1, 2, 3)]
        assert statuses(server, *network, "2001:db8:0:1::1") == [200, 200, 429, 200]


# The database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'corrections.db'}"
    else:
        with postgres_database() as url:
            yield url


def correct(client: httpx.Client, number: int) -> httpx.Response:
    image = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
    body = {"consent": True, "image": base64_of(image), "digit": number % 10}
    return client.post("/v1/corrections", json=body)


def test_a_killed_service_loses_no_correction_that_it_acknowledged(
    database: str, tmp_path: Path
) -> None:
    acknowledged: dict[str, int] = {}
    numbers = iter(range(1000))
    with serving(tmp_path / "home", "--database", database) as server:

        def work() -> None:
            with httpx.Client(base_url=server.url, timeout=DEADLINE) as client:
                for number in numbers:
                    try:
                        answer = correct(client, number)
                    except httpx.TransportError:
                        return
                    if answer.status_code == 201:
                        acknowledged[answer.json()["id"]] = number % 10

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            workers = [pool.submit(work) for _ in range(6)]
            wait_for(lambda: len(acknowledged) >= 300, DEADLINE)
            server.process.kill()
            for worker in workers:
                worker.result()
    assert 300 <= len(acknowledged) < 1000
    with Feedback(database) as feedback:
        kept = {correction.id: correction.digit for correction in feedback.each()}
    assert acknowledged.items() <= kept.items()
    assert len(kept) <= len(acknowledged) + 6  # those that were on their way


def test_without_its_database_the_service_reads_on(tmp_path: Path) -> None:
    file = tmp_path / "corrections.db"
    with (
        serving(tmp_path / "home", "--database", f"sqlite:///{file}") as server,
        httpx.Client(base_url=server.url, timeout=DEADLINE) as client,
    ):
        assert correct(client, 0).status_code == 201
        moved = file.rename(tmp_path / "moved.db")
        file.mkdir()
        for number in (1, 2):  # SQLite would write on into the file that was moved
            refused = correct(client, number)
            assert "cannot be kept now" in problem_of(refused, 503)
            assert int(refused.headers["retry-after"]) > 0
            reads_on(server)
        file.rmdir()
        moved.unlink()
        wait_for(lambda: correct(client, 3).status_code == 201, DEADLINE)
    with Feedback(f"sqlite:///{file}") as feedback:
        assert [correction.digit for correction in feedback.each()] == [3]


@needs_postgres
def test_without_its_server_the_service_reads_on(tmp_path: Path) -> None:
    with postgres_database() as url, Way(url) as way:
        with (
            serving(tmp_path, "--database", way.url) as server,
            httpx.Client(base_url=server.url, timeout=DEADLINE) as client,
        ):
            assert correct(client, 0).status_code == 201
            way.close()
            for number in (1, 2):
                assert "cannot be kept now" in problem_of(correct(client, number), 503)
                reads_on(server)
            way.open()
            wait_for(lambda: correct(client, 3).status_code == 201, DEADLINE)
        with Feedback(url) as feedback:
            assert [correction.digit for correction in feedback.each()] == [0, 3]


class Way:
    """A way to a PostgreSQL server that can be closed, so that connections are refused."""

    def __init__(self, url: str) -> None:
        found = re.fullmatch(r"(.*@)([^:/]+):(\d+)(/.*)", url)
        assert found is not None
        self._there = found[2], int(found[3])
        self._ends: list[socket.socket] = []
        self._port = 0
        self.open()
        self.url = f"{found[1]}127.0.0.1:{self._port}{found[4]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def close(self) -> None:
        for end in (self._listening, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it is closed
            while True:
                here, _ = listening.accept()
                there = socket.create_connection(self._there)
                self._ends += here, there
                for ends in ((here, there), (there, here)):
                    threading.Thread(target=self._hand_on, args=ends, daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(1 << 16):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
