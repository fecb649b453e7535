"""The service and what it is not made for: damaged, forged and endless requests."""

import contextlib
import json
import socket
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.serving import Server, serving
from tests.test_service import base64_of, problem_of, wait_for
from tests.wire import (
    DEADLINE,
    PICTURE,
    address_of,
    answer_of,
    connect,
    figure,
    head,
    megabytes,
    post,
    reads_on,
    send,
    send_all,
)

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from _mutations import mutated, whole_pictures
from _requests import forms, last, requests, tampered

JSON = {"content-type": "application/json"}
on_linux = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that does not wait long for what does not come."""
    impatient = {"INKDIGITS_ARRIVAL_TIMEOUT": "1"}
    with serving(tmp_path_factory.mktemp("home"), environment=impatient) as running:
        yield running


def open_files(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


# The document


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
SUCCEED = ("POST /v1/classify", "POST /v1/explain", "POST /v1/corrections")


def test_every_answer_is_as_the_document_says(server: Server) -> None:
    document = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    image = base64_of(np.eye(28, dtype=np.uint8))
    statuses: dict[str, set[int]] = {}

    def asking(mode: GenerationMode) -> Callable[[schemathesis.Case], None]:
        def ask(case: schemathesis.Case) -> None:
            if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
                # The document cannot say what base64 of 784 bytes is.
                if "image" in case.body:
                    case.body["image"] = image
                if "images" in case.body:
                    images = case.body["images"]
                    case.body["images"] = [image if isinstance(i, str) else i for i in images]
                if "name" in case.path_parameters:
                    case.path_parameters["name"] = "digits"
            answer = case.call(timeout=DEADLINE)
            statuses.setdefault(case.operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        return ask

    for found in document.get_all_operations():
        operation = found.ok()
        sends = operation.method.upper() == "POST"
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[: 2 if sends else 1]:
            run = given(operation.as_strategy(generation_mode=mode))(asking(mode))
            settings(
                max_examples=4 if mode is GenerationMode.POSITIVE else 10,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(run)()
    assert len(statuses) >= 13
    assert all(200 in statuses[label] for label in SUCCEED)


# What comes in


def test_sound_requests_are_answered(server: Server) -> None:
    sent = [
        one.written(address_of(server)) + last(address_of(server)) for one in requests().values()
    ]
    for name, done in zip(requests(), send_all(server, sent)):
        assert not done.faults, name
        assert [answer.status for answer in done.answers] in ([200, 200], [201, 200]), name


def test_damaged_requests_are_answered_or_refused(server: Server) -> None:
    address = address_of(server)
    sent = [tampered(number, 1, address) + last(address) for number in range(400)]
    done = send_all(server, sent)
    assert [fault for one in done for fault in one.faults] == []
    statuses = {answer.status for one in done for answer in one.answers}
    assert statuses >= {200, 400, 404, 405, 408, 421, 422}
    reads_on(server)


def test_damaged_pictures_are_read_or_refused(server: Server) -> None:
    contents = [*whole_pictures().values(), *(mutated(number, 7)[1] for number in range(120))]
    line = "POST /v1/read?overlay=true"
    done = send_all(
        server,
        [
            head(server, line, f"Content-Length: {len(content)}", "Connection: close") + content
            for content in contents
        ],
    )
    statuses = [answer_of(one).status for one in done]
    assert set(statuses[: len(whole_pictures())]) == {200}
    assert set(statuses) == {200, 422}
    assert figure(server, 'inkdigits_rejections_total{reason="lost"}') == 0
    reads_on(server)


def png(width: int, height: int, pixels: bytes = b"", *more: tuple[bytes, bytes]) -> bytes:
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        *more,
        (b"IDAT", zlib.compress(pixels, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def test_bombs_are_refused_before_they_go_off(server: Server) -> None:
    text = b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9)
    bombs = {
        "more than 89 megapixels": png(50_000, 50_000),
        "more than 65,535 pixels long": png(70_000, 1_000),
        "truncated or damaged": png(9_000, 9_000, bytes(90_000)),
        "Decompressed data too large": png(20, 20, bytes(21 * 20), (b"zTXt", text)),
    }
    before = megabytes(server)
    for sentence, content in bombs.items():
        start = time.monotonic()
        answer = post(server, "/v1/read", content)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert time.monotonic() - start < 20
    assert megabytes(server) - before < 300
    reads_on(server)


def test_json_is_counted_before_it_is_parsed(server: Server) -> None:
    before = megabytes(server)
    bodies = {
        "/v1/classify": (b'{"images": [%b]}', b"[]"),
        "/v1/corrections": (b"{%b}", b'"a":0'),
        "/v1/explain": (b'{"image": [%b]}', b"{}"),
        "/v2/models/digits/infer": (b'{"inputs": [], "outputs": [%b]}', b"0"),
    }
    for path, (body, value) in bodies.items():
        content = body % b",".join([value] * (20_000_000 // (len(value) + 1)))
        start = time.monotonic()
        answer = post(server, path, content, **JSON)
        assert answer.status_code == 422
        assert "holds too much" in answer.text
        assert time.monotonic() - start < 20  # parsed, it would be minutes
    assert megabytes(server) - before < 300
    # As many as are allowed, each of which would be an error of its own.
    wrong = b'{"images": [%b]}' % b",".join([b"0"] * 700_000)
    answer = post(server, "/v1/classify", wrong, **JSON)
    assert "images.0" in problem_of(answer, 422)


@pytest.mark.parametrize("name", forms())
def test_forms_of_every_shape(server: Server, name: str) -> None:
    body, kind = forms()[name]
    headers = (f"Content-Length: {len(body)}", f"Content-Type: {kind}", "Connection: close")
    answer = answer_of(send(server, head(server, "POST /v1/read", *headers) + body))
    assert answer.status in (200, 400, 422)
    if answer.status == 200:
        path = json.loads(answer.body)["path"]
        assert path is None or 0 < len(path) <= 200
    assert (name == "sound") <= (answer.status == 200)
    assert name not in ("a thousand files", "a form in a form", "no end") or answer.status > 200


# HTTP itself


CHUNKED = "Transfer-Encoding: chunked"
SMUGGLING = {
    "a length and chunks": (("Content-Length: 3", CHUNKED), b"0\r\n\r\n"),
    "chunks and a length": ((CHUNKED, "Content-Length: 30"), b"0\r\n\r\n"),
    "two lengths": (("Content-Length: 1", "Content-Length: 0"), b"x"),
    "one length twice": (("Content-Length: 1", "Content-Length: 1"), b"x"),
    "a list of lengths": (("Content-Length: 1, 1",), b"x"),
    "a signed length": (("Content-Length: +1",), b"x"),
    "a length in hexadecimal": (("Content-Length: 0x1",), b"x"),
    "a length that overflows": (("Content-Length: 18446744073709551617",), b"x"),
    "chunks twice": ((CHUNKED, CHUNKED), b"0\r\n\r\n"),
    "nearly chunked": (("Transfer-Encoding: xchunked",), b"0\r\n\r\n"),
    "chunked, and then not": (("Transfer-Encoding: chunked, identity",), b"0\r\n\r\n"),
    "a space before the colon": (("Transfer-Encoding : chunked",), b"0\r\n\r\n"),
    "a tab before chunked": (("Transfer-Encoding: \x0bchunked",), b"0\r\n\r\n"),
    "a folded header": (("X: a", " Content-Length: 5", "Content-Length: 1"), b"x"),
    "a bare CR": (("X: a\rContent-Length: 5", "Content-Length: 1"), b"x"),
    "a bare LF": (("X: a\nContent-Length: 5", "Content-Length: 1"), b"x"),
    "a NUL": (("X: a\0b", "Content-Length: 1"), b"x"),
    "a negative chunk": ((CHUNKED,), b"-1\r\nx\r\n0\r\n\r\n"),
    "a chunk in C's hexadecimal": ((CHUNKED,), b"0x1\r\nx\r\n0\r\n\r\n"),
    "a chunk that overflows": ((CHUNKED,), b"10000000000000001\r\nx\r\n0\r\n\r\n"),
    "a chunk that is longer": ((CHUNKED,), b"1\r\nxx\r\n0\r\n\r\n"),
    "chunks by LF": ((CHUNKED,), b"1\nx\n0\n\n"),
    "a length in the trailer": ((CHUNKED,), b"1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n"),
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_what_proxies_may_understand_otherwise_is_refused(server: Server, name: str) -> None:
    headers, body = SMUGGLING[name]
    hidden = head(server, f"GET /hidden-{len(name)}", "Connection: close")
    done = send(server, head(server, "POST /v1/read", *headers) + body + hidden)
    answer = answer_of(done)
    assert (answer.status, answer.body) == (400, b"Invalid HTTP request received.")
    assert done.end != "open"


def test_a_request_names_one_host(server: Server) -> None:
    two = head(server, "GET /v1/model", "Host: evil.example", "Connection: close")
    assert answer_of(send(server, two)).status == 400


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LocalHost:80", 200),
        ("[::1]:8000", 200),
        ("localhost.", 421),
        ("localhost:80@evil.example", 421),
        ("localhost:x", 421),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[::1", 421),
        ("[::1]evil.example", 421),
        ("", 421),
        ("\xff", 421),
    ],
)
def test_hosts(server: Server, host: str, status: int) -> None:
    asked = f"GET /v1/model HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert answer_of(send(server, asked.encode("latin-1"))).status == status


@pytest.mark.parametrize(
    ("origin", "host", "may"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("HTTP://LocalHost:8000", "localhost:8000", True),
        ("https://localhost", "localhost:443", True),
        ("http://localhost", "localhost:80", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:8001", "localhost:8000", False),
        ("http://localhost", "localhost:443", False),
        ("http://localhost.:8000", "localhost:8000", False),
        ("http://evil.example@localhost:8000", "localhost:8000", False),
        ("http://localhost:8000.evil.example", "localhost:8000", False),
        ("//localhost:8000", "localhost:8000", False),
        ("file://localhost:8000", "localhost:8000", False),
        ("http://[::1", "[::1]", False),
        ("null", "localhost:8000", False),
        ("\xff", "localhost:8000", False),
    ],
)
def test_origins(server: Server, origin: str, host: str, may: bool) -> None:
    headers = f"Host: {host}\r\nOrigin: {origin}\r\nContent-Length: 1\r\nConnection: close"
    asked = f"POST /v1/read HTTP/1.1\r\n{headers}\r\n\r\nx"
    status = answer_of(send(server, asked.encode("latin-1"))).status
    assert status == (422 if may else 403)


def test_requests_ahead_are_answered_in_order_and_not_without_end(server: Server) -> None:
    line = "GET /healthz"
    many = [head(server, line, f"X-Request-Id: number-{number}") for number in range(60)]
    done = send(server, b"".join(many) + head(server, line, "Connection: close"))
    ids = [answer.headers["x-request-id"] for answer in done.answers]
    assert ids[:60] == [f"number-{number}" for number in range(60)]
    assert len(ids) == 61

    before = megabytes(server)
    with connect(server) as connection, contextlib.suppress(ConnectionError):
        for _ in range(1000):
            connection.sendall(many[0] * 100)
        raise AssertionError("it took 100,000 requests ahead")
    assert megabytes(server) - before < 50


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        ("GET /", b"a" * 65536),
        ("GET / HTTP/1.1\r\nX: ", b"a" * 65536),
        ("GET / HTTP/1.1\r\n", b"X: a\r\n" * 10_000),
        ("", b"\r\n" * 30_000),
        (f"POST /v1/read HTTP/1.1\r\n{CHUNKED}\r\n\r\n1;", b"a" * 65536),
        (f"POST /v1/read HTTP/1.1\r\n{CHUNKED}\r\n\r\n1\r\nx\r\n0\r\nX: ", b"a" * 65536),
        (f"POST /v1/read HTTP/1.1\r\n{CHUNKED}\r\n\r\n0\r\n", b"X: a\r\n" * 10_000),
    ],
)
def test_nothing_comes_without_end(server: Server, beginning: str, piece: bytes) -> None:
    host = f"\r\nHost: {address_of(server)}\r\n"
    before = megabytes(server)
    with connect(server) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(beginning.replace("\r\n", host, 1).encode() if beginning else b"")
        for _ in range(1000):
            connection.sendall(piece)
        raise AssertionError("it took 65 MB")
    assert megabytes(server) - before < 50
    assert answer_of(send(server, head(server, "GET /", *["X: y"] * 200))).status == 400


def test_trailers_are_no_headers(server: Server) -> None:
    body = b"1\r\nx\r\n0\r\nOrigin: https://evil.example\r\nHost: evil.example\r\n\r\n"
    asked = head(server, "POST /v1/read", CHUNKED, "Connection: close") + body
    assert answer_of(send(server, asked)).status == 422


def test_it_speaks_no_other_protocol(server: Server) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: h2c")
    done = send(server, head(server, "GET /healthz", *upgrade) + head(server, "GET /healthz"))
    assert (answer_of(done).status, done.end) == (200, "closed")
    post = head(server, "POST /v1/read", *upgrade, "Content-Length: 1") + b"x"
    answer = answer_of(send(server, post))
    assert answer.status == 400
    assert b"send no Upgrade header" in answer.body
    for line in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"):
        assert answer_of(send(server, line)).status == 400


def test_nobody_keeps_a_connection_by_sending_slowly(server: Server) -> None:
    refused = ("Origin: https://evil.example", "Content-Length: 100000")
    for beginning in (head(server, "GET /")[:-2], head(server, "POST /v1/read", *refused)):
        with connect(server) as connection:
            connection.sendall(beginning)
            stop = time.monotonic() + DEADLINE
            with contextlib.suppress(ConnectionError):
                while time.monotonic() < stop:
                    connection.sendall(b"x")
                    time.sleep(0.05)
                raise AssertionError("it is still open")


def test_nobody_keeps_a_connection_by_taking_no_answer(server: Server) -> None:
    images = [base64_of(np.zeros((28, 28), np.uint8))] * 1000
    body = json.dumps({"images": images}).encode()
    headers = (f"Content-Length: {len(body)}", "Content-Type: application/json")
    asked = head(server, "POST /v1/classify", *headers) + body
    with connect(server) as connection, contextlib.suppress(ConnectionError):
        for _ in range(60):  # 20 MB of answers, which lie in no system's buffers
            connection.sendall(asked)
        raise AssertionError("it waits for ever")
    wait_for(lambda: figure(server, "inkdigits_queue_depth") == 0, DEADLINE)
    reads_on(server)


@on_linux
def test_who_goes_away_leaves_nothing_behind(server: Server) -> None:
    reads_on(server)
    before = open_files(server)
    picture = PICTURE
    whole = head(server, "POST /v1/read?explain=true", f"Content-Length: {len(picture)}") + picture
    at_once = struct.pack("ii", 1, 0)
    for end in (len(whole) // 2, len(whole) - 1, len(whole), 40) * 10:
        with connect(server) as connection:
            if end % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            connection.sendall(whole[:end])
            if end == len(whole):
                connection.recv(10)
    wait_for(lambda: figure(server, "inkdigits_queue_depth") == 0, DEADLINE)
    wait_for(lambda: open_files(server) <= before + 2, DEADLINE)
    reads_on(server)


def test_nobody_writes_the_log_but_the_service(server: Server) -> None:
    forged = '{"level": "ERROR", "event": "forged"}'
    quoted = "".join(f"%{byte:02x}" for byte in f"\n{forged}\n\x1b[31m\u2028".encode())
    for line in (f"GET /{quoted}", f"GET /x?{quoted}", "GET /%ff%fe%ed%a0%80"):
        send(server, head(server, line, f"X-Request-Id: a{forged}", "Connection: close"))
    post(server, "/v1/read", b"\n" + forged.encode())
    send(server, head(server, "GET /healthz", "X-Request-Id: the-end", "Connection: close"))
    wait_for(lambda: any("the-end" in line for line in server.log), DEADLINE)
    ours = [line for line in server.log if line.startswith("{")]
    lines = [json.loads(line) for line in ours]
    assert not any(line["event"] == "forged" for line in lines)
    assert any("forged" in line.get("path", "") for line in lines)
    assert not any("forged" in line for line in server.log if line not in ours)
    assert not any("\x1b" in line or "Traceback" in line for line in server.log)
