"""Requests to the service, and damage done to them: what `service_fuzz.py` and the tests send.

Request number `n` of a seed is always the same, as the pictures of `_mutations.py` are.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from _mutations import damaged, whole_pictures

__all__ = ["Request", "forms", "last", "requests", "tampered"]

Random = np.random.Generator


@dataclass
class Request:
    """A request, before it is written as bytes.

    Args:
        method: GET, POST, …
        target: path and query.
        body: what follows the head.
        kind: of the body.
        headers: beside Host, Content-Type and Content-Length.
        length: as Content-Length has it, if not as it is.
        chunks: in place of the body, as Transfer-Encoding has them.
    """

    method: str
    target: str
    body: bytes = b""
    kind: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    length: str | None = None
    chunks: list[bytes] | None = None

    def written(self, host: str) -> bytes:
        """Return its bytes."""
        headers = [("Host", host), *self.headers]
        if self.kind:
            headers.append(("Content-Type", self.kind))
        body = self.body
        if self.chunks is not None:
            headers.append(("Transfer-Encoding", "chunked"))
            body = b"".join(self.chunks)
        if self.length is not None:
            headers.append(("Content-Length", self.length))
        elif self.chunks is None and (body or self.method == "POST"):
            headers.append(("Content-Length", str(len(body))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        head = f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n"
        return head.encode("latin-1", "replace") + body


@cache
def requests() -> dict[str, Request]:
    """Return one sound request of every kind."""
    image = np.zeros((28, 28), np.uint8)
    image[6:22, 13:16] = 255
    encoded = base64.b64encode(image.tobytes()).decode()
    picture = whole_pictures()["png colour"]
    tensor = {"name": "images", "shape": [1, 28, 28], "datatype": "UINT8", "data": image.tolist()}
    correction = {"consent": True, "image": encoded, "digit": 1, "answer": 7, "confidence": 0.5}

    def send(target: str, value: object) -> Request:
        return Request("POST", target, json.dumps(value).encode(), "application/json")

    sound = {
        "read": Request("POST", "/v1/read", picture, "image/png"),
        "read all": Request(
            "POST", "/v1/read?details=true&overlay=true&explain=true&page=0", picture, "image/png"
        ),
        "read form": Request("POST", "/v1/read?boxes=false", *form(picture)),
        "classify lists": send("/v1/classify", {"images": [image.tolist()]}),
        "classify base64": send("/v1/classify", {"images": [encoded] * 3}),
        "explain": send("/v1/explain", {"image": encoded}),
        "correct": send("/v1/corrections", {**correction, "model": "0123456789ab"}),
        "infer": send("/v2/models/digits/infer", {"id": "1", "inputs": [tensor]}),
    }
    paths = ("/", "/static/main.js", "/openapi.json", "/healthz", "/metrics", "/v1/model", "/v2")
    for path in (*paths, "/v2/models/digits", "/v2/models/digits/ready", "/v2/health/ready"):
        sound[f"get {path}"] = Request("GET", path)
    return sound


def form(picture: bytes, *, disposition: str = "", boundary: str = "b0und") -> tuple[bytes, str]:
    """Return a form with a picture, and what kind of body it is."""
    disposition = disposition or 'form-data; name="picture"; filename="a.png"'
    part = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n"
    content = part.encode("latin-1", "replace") + picture + f"\r\n--{boundary}--\r\n".encode()
    return content, f"multipart/form-data; boundary={boundary}"


@cache
def forms() -> dict[str, tuple[bytes, str]]:
    """Return forms as nobody sends them who means well."""
    picture = whole_pictures()["png colour"]
    sound, kind = form(picture)
    part = b'--b0und\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\nx\r\n'
    nested = form(sound.replace(b"b0und", b"inner"))[0]

    def named(name: str) -> tuple[bytes, str]:
        return form(picture, disposition=f'form-data; name="picture"; filename="{name}"')

    return {
        "sound": (sound, kind),
        "a thousand files": (part * 1000 + b"--b0und--\r\n", kind),
        "a thousand fields": (part.replace(b'; filename="a"', b"") * 1000 + b"--b0und--", kind),
        "a form in a form": (nested, kind),
        "no boundary": (sound, "multipart/form-data"),
        "an empty boundary": (sound, "multipart/form-data; boundary="),
        "a long boundary": (sound, f"multipart/form-data; boundary={'b' * 5000}"),
        "another boundary": (sound, "multipart/form-data; boundary=other"),
        "no end": (sound[:-12], kind),
        "no name": form(picture, disposition="form-data"),
        "no disposition": (b"--b0und\r\n\r\nx\r\n--b0und--\r\n", kind),
        "a field and no file": form(picture, disposition='form-data; name="picture"'),
        "a strange charset": (sound, f"{kind}; charset=punycode"),
        "no charset": (sound, f"{kind}; charset=idna-nothing"),
        "a header without end": (
            b"--b0und\r\nX: " + b"a" * 70_000 + b"\r\n\r\nx\r\n--b0und--",
            kind,
        ),
        "many headers": (b"--b0und\r\n" + b"X: a\r\n" * 5000 + b"\r\nx\r\n--b0und--", kind),
        "a path for a name": named("../../etc/passwd"),
        "another path": named("C:\\\\windows\\\\system32\\\\a.png"),
        "controls in a name": named("a\x00\x07\x1b[31m"),
        "a long name": named("n" * 3000),
        "a name in no UTF-8": named("\xff\xfe\xed\xa0\x80"),
        "markup for a name": named("<script>alert(1)</script>"),
        "nothing": (b"", kind),
    }


def tampered(number: int, seed: int, host: str) -> bytes:
    """Return the bytes of one damaged request."""
    random = np.random.default_rng((seed, number))
    sound = list(requests().values())
    chosen = sound[random.integers(len(sound))]
    request = Request(**{**chosen.__dict__, "headers": list(chosen.headers)})
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        _CHANGES[random.integers(len(_CHANGES))](request, random)
    written = request.written(host)
    if random.random() < 0.3:
        written = damaged(written, random)
    return written


def last(host: str) -> bytes:
    """Return what to send after a damaged request, so that the connection comes to its end.

    It is the same twice, as the first may be taken for the end of what goes before.
    """
    asking = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    return 2 * asking.encode()


_METHODS = (
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"),
    *("QUERY", "PRI", "get", "GET POST", "", "G\x00T", "A" * 300),
)
_HEADERS = (
    *(("Host", "evil.example"), ("Host", ""), ("Host", "[::1"), ("Host", "localhost:1@evil")),
    *(("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", "http://[::1")),
    *(("X-Request-Id", "a\nb"), ("X-Request-Id", "x" * 5000), ("X-Request-Id", "\xff")),
    *(("Authorization", "Bearer"), ("Authorization", "\xff"), ("X-API-Key", "")),
    *(("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "\xff, ::"), ("Forwarded", "for=_")),
    *(("Connection", "close"), ("Connection", "keep-alive, close"), ("Connection", "upgrade")),
    *(("Upgrade", "websocket"), ("Upgrade", "h2c"), ("Expect", "100-continue"), ("Expect", "tea")),
    *(("Content-Encoding", "gzip"), ("Content-Encoding", "br"), ("Accept", "text/html;q=x")),
    *(("Accept-Encoding", "gzip"), ("TE", "trailers"), ("Trailer", "Host"), ("Range", "bytes=9-1")),
    *(("Range", "bytes=0-0,1-1"), ("If-None-Match", "*"), ("If-Modified-Since", "\xff")),
    *(("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "xchunked"), ("Content-Length", "0")),
    *(
        ("Cookie", "a=b; " * 500),
        ("X", "y" * 9000),
        ("", "no name"),
        ("bad name", "x"),
        ("X", "\0"),
    ),
    *(("X", "a\r\n folded"), ("X", "a\r\nY"), ("X", "a\rY: b"), ("X", "a\nY: b"), ("Date", "\x7f")),
)
_TARGETS = (
    *("/%00", "/..", "/../../etc/passwd", "//evil.example", "/%2e%2e%2f", "/%ed%a0%80", "/%"),
    *("/\xff", "/a%0d%0aX:%20y", "?", "?page=-1", "?page=99999999999999999999", "?page=%D9%A1"),
    *("?details=maybe", "?page=1&page=2", "?" + "a=b&" * 2000, "#x", "/", "/.", " x", "\t", "*"),
    *("/" + "a" * 5000, "/static/" + "../" * 50 + "etc/passwd", "http://evil.example/v1/read"),
)
_LENGTHS = ("0", "1", "-1", "+5", "0x10", "5, 5", "99999999999999999999999", "", "1e3", "10 10")
_CHUNKS = (
    *(b"0\r\n\r\n", b"-1\r\nx\r\n", b"ffffffffffffffff\r\nx\r\n", b"1\r\nxy\r\n", b"1\nx\n0\n\n"),
    *(
        b"1;a=b\r\nx\r\n",
        b"zz\r\n",
        b"\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"1 \r\nx\r\n",
        b"00000001\r\nx\r\n",
    ),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 256, 10**30, 0.5, 1e308, "", "x", "\x00", "\ud800", "a\nb", [], {}, [[]]),
    *("A" * 2000, [0] * 785, {"a": {"b": [1]}}, [None] * 28, "=" * 1048, [[["0"]]]),
)


def _other_method(request: Request, random: Random) -> None:
    request.method = _METHODS[random.integers(len(_METHODS))]


def _other_target(request: Request, random: Random) -> None:
    added = _TARGETS[random.integers(len(_TARGETS))]
    request.target = added if random.random() < 0.3 else request.target + added


def _other_path(request: Request, random: Random) -> None:
    others = list(requests().values())
    request.target = others[random.integers(len(others))].target


def _more_headers(request: Request, random: Random) -> None:
    times = int(random.choice([1, 1, 1, 2, 200]))
    request.headers += [_HEADERS[random.integers(len(_HEADERS))]] * times


def _other_kind(request: Request, random: Random) -> None:
    kinds = ("", "text/plain", "application/json; charset=utf-16", "multipart/form-data", "a/b;c")
    request.kind = kinds[random.integers(len(kinds))]


def _other_length(request: Request, random: Random) -> None:
    nearly = (str(len(request.body) + int(random.integers(-3, 4))),)
    choices = _LENGTHS + nearly * len(_LENGTHS)
    request.length = choices[random.integers(len(choices))]


def _in_chunks(request: Request, random: Random) -> None:
    size = int(2 ** random.uniform(0, 12))
    places = range(0, len(request.body), size)
    pieces = [request.body[place : place + size] for place in places][:2000]
    request.chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    if random.random() < 0.5:
        place = int(random.integers(len(request.chunks) + 1))
        request.chunks.insert(place, _CHUNKS[random.integers(len(_CHUNKS))])
    if random.random() < 0.8:
        request.chunks.append(b"0\r\n\r\n")


def _other_body(request: Request, random: Random) -> None:
    request.body = damaged(request.body, random)


def _other_form(request: Request, random: Random) -> None:
    body, kind = list(forms().values())[random.integers(len(forms()))]
    request.method, request.target, request.body, request.kind = "POST", "/v1/read", body, kind


def _other_value(request: Request, random: Random) -> None:
    """Put something else into the JSON."""
    try:
        value = json.loads(request.body)
    except ValueError:
        return
    holders = list(_holders(value))
    if not holders:
        return
    holder, key = holders[random.integers(len(holders))]
    if random.random() < 0.2:
        del holder[key]
    else:
        holder[key] = _VALUES[random.integers(len(_VALUES))]
    request.body = json.dumps(value).encode()


def _holders(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from ((value, key) for key in value)
        yield from (found for inner in value.values() for found in _holders(inner))
    elif isinstance(value, list):
        yield from ((value, place) for place in range(min(3, len(value))))
        yield from (found for inner in value[:2] for found in _holders(inner))


_CHANGES: tuple[Callable[[Request, Random], None], ...] = (
    *(_other_method, _other_target, _other_path, _more_headers, _more_headers, _other_kind),
    *(_other_length, _in_chunks, _other_body, _other_body, _other_form, _other_value, _other_value),
)
