"""Let in what may come in, whole and in time; turn the rest away before any work."""

import asyncio
import hashlib
import hmac
import ipaddress
import math
import re
import time

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkdigits.service.metrics import Metrics
from inkdigits.service.problems import Problem, problem_response
from inkdigits.service.settings import Settings

__all__ = ["Gate", "is_open"]

_BODIES = 256 << 20  # bytes of bodies that a worker holds at once
_SMALL = 64 << 10  # bytes that are let in even then: a connection cannot hold more than these
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^][:/@\s]+)(?::\d*)?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_HEALTH = ("/healthz", "/v2/health/live", "/v2/health/ready")
_OPEN = ("/", "/openapi.json", *_HEALTH)
_HURRY = {"retry-after": "1"}


class Gate:
    """Checks host, origin, key, rate, size and time of a request, and holds its body.

    Bodies arrive under a budget of bytes, apart from the work that is done with them: slow senders
    keep nobody from being answered.

    Args:
        app: is asked once the request is let in, and gets its body at once.
        settings: say what may come in.
        metrics: are told of what may not.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._hosts = frozenset(settings.hosts)
        self._held = 0
        key = settings.api_key
        self._key = None if key is None else _digest(key.get_secret_value().encode())
        self._limits = parse_many(settings.rate_limit) if settings.rate_limit else []
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._most = max(_BODIES, settings.max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._let_in(scope, receive, send)
        except Problem as problem:
            answer = problem_response(problem, path=scope["path"], request_id=scope["request_id"])
            await answer(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(headers) < len(scope["headers"]):
            self._check_doubles(scope)
        if scope["path"] not in _HEALTH:  # who watches over machines asks by their numbers
            self._check_host(headers)
        self._check_origin(headers, scope["method"])
        for_all = is_open(scope["path"])
        if not for_all:
            self._check_rate(scope)
            self._check_key(headers)
        if for_all or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)  # which looks at no body
            return

        held = 0
        try:
            parts = []
            self._check_size(headers)
            try:
                async with asyncio.timeout(self._settings.arrival_timeout):
                    more = True
                    while more:
                        message = await receive()
                        if message["type"] == "http.disconnect":
                            return
                        part = message.get("body", b"")
                        held += len(part)
                        self._held += len(part)
                        if held > self._settings.max_bytes:
                            raise self._too_large()
                        if self._held > self._most and held > _SMALL:
                            raise self._refuse(
                                "bodies", 429, "too much is arriving; try again soon", **_HURRY
                            )
                        parts.append(part)
                        more = message.get("more_body", False)
            except TimeoutError:
                raise self._refuse(
                    "slow",
                    408,
                    f"the request did not arrive within {self._settings.arrival_timeout:g} seconds",
                    connection="close",
                ) from None
            body = _Whole(b"".join(parts), receive)
            parts.clear()  # or a large body would be held twice
            await self._app(scope, body, send)
        finally:
            self._held -= held

    def _check_doubles(self, scope: Scope) -> None:
        """Refuse what a proxy in front may understand otherwise (RFC 9112, section 3.2)."""
        if sum(name == b"host" for name, _ in scope["headers"]) > 1:
            raise self._refuse("host", 400, "the request names more than one host")

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        if self._hosts:
            named = _HOST.fullmatch(headers.get(b"host", b"").decode("latin-1").lower())
            if named is None or named[1] not in self._hosts:
                raise self._refuse("host", 421, "the service does not go by the name of this host")

    def _check_origin(self, headers: dict[bytes, bytes], method: str) -> None:
        """Refuse what a foreign page sends: browsers let any page send a plain POST."""
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if not origin or method in ("GET", "HEAD"):
            return
        host = headers.get(b"host", b"").decode("latin-1").lower()
        scheme, _, site = origin.partition("://")
        port = _DEFAULT_PORTS.get(scheme)
        # Behind a proxy that speaks TLS the scheme differs, and the host does not.
        own = port is not None and site == host.removesuffix(port)
        if not own and origin not in self._settings.allowed_origins:
            raise self._refuse(
                "origin", 403, "pages of other sites may not call this service; allowed_origins may"
            )

    def _check_rate(self, scope: Scope) -> None:
        client = _client(scope) if self._limits else ""
        for limit in self._limits:
            if not self._limiter.hit(limit, client):
                reset = self._limiter.get_window_stats(limit, client).reset_time
                seconds = max(1, math.ceil(reset - time.time()))
                raise self._refuse(
                    "rate",
                    429,
                    f"more than {limit} from one client are not answered",
                    **{"retry-after": str(seconds)},
                )

    def _check_key(self, headers: dict[bytes, bytes]) -> None:
        if self._key is None:
            return
        given = headers.get(b"x-api-key")
        if given is None:
            scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
            given = token.strip() if scheme.lower() == b"bearer" else None
        # Digests are equally long, so comparing them tells nothing of the key's length either.
        if given is None or not hmac.compare_digest(_digest(given), self._key):
            detail = "this needs the service's key in the header X-API-Key"
            raise self._refuse("key", 401, detail, **{"www-authenticate": "Bearer"})

    def _check_size(self, headers: dict[bytes, bytes]) -> None:
        if b"upgrade" in headers:  # uvicorn takes the body for one in the other protocol
            detail = "the service changes to no other protocol: send no Upgrade header with a body"
            raise self._refuse("upgrade", 400, detail)
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:19]) > self._settings.max_bytes:
            raise self._too_large()

    def _too_large(self) -> Problem:
        # The connection stays: closed under one who still sends, it would take the answer along.
        return self._refuse(
            "size",
            413,
            f"a request may have {self._settings.max_bytes:,} bytes, and this one has more",
        )

    def _refuse(self, reason: str, status: int, detail: str, **headers: str) -> Problem:
        self._metrics.rejections.labels(reason).inc()
        return Problem(status, detail, headers)


class _Whole:
    """Gives a body that has arrived, and after it what the connection says."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def is_open(path: str) -> bool:
    """Tell whether anybody may ask for a path: the page, and whether the service is well."""
    return path in _OPEN or path.startswith("/static/")


def _client(scope: Scope) -> str:
    """Return whom a rate is counted for: of IPv6 a network of 64 bits, as one customer has it."""
    host = scope["client"][0] if scope.get("client") else "unknown"
    if ":" not in host:
        return str(host)
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return str(host)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
