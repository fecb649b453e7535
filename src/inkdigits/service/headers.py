"""What every answer tells a browser not to do.

Source: OWASP Secure Headers Project.
"""

__all__ = ["security_headers"]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_COMMON = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
]
_OF_THE_PAGE = [
    *_COMMON,
    (b"content-security-policy", _POLICY.encode()),
    (b"cache-control", b"no-cache"),  # files of two versions do not work together
]
_OF_DATA = [
    *_COMMON,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]


def security_headers(path: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer: the page may run its own scripts, data may do nothing."""
    return _OF_THE_PAGE if path == "/" or path.startswith("/static/") else _OF_DATA
