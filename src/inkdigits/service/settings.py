"""What a service is told: by arguments, or by environment variables that begin with INKDIGITS_."""

import ipaddress
import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from inkdigits._text import abbreviated
from inkdigits.errors import InkDigitsError, ServiceError, import_extra

__all__ = ["Settings"]

_Words = Annotated[tuple[str, ...], NoDecode]
"""In the environment: words with commas between them."""


class Settings(BaseSettings):
    """How to serve.

    Args:
        host: address to listen at; 0.0.0.0 is all of this machine's.
        port: to listen at; 0 takes a free one.
        workers: processes that answer, each with others of its own that read.
        model: a run folder or .onnx file; by default what `inkdigits promote` put in service, or
            else the one in the package.
        database: SQLAlchemy's URL of the corrections; by default a SQLite file in the user's data.
        corrections: whether corrections are taken at all.
        api_key: whoever asks must send it, if there is one.
        rate_limit: most requests of one client, such as ``600/minute``; each worker counts its own.
        max_bytes: largest body of a request.
        max_digits: most digits on a page, and most images to classify at once.
        max_requests: that one worker may have at once, waiting ones included.
        timeout: seconds that a request may take once it has arrived.
        arrival_timeout: seconds that a request may take to arrive.
        allowed_hosts: names that the service goes by. At a loopback address only those of this
            machine count by default, so that no foreign page can reach it under another name.
        allowed_origins: other web sites whose pages may call the service.
        trusted_proxies: addresses or networks of proxies that say by X-Forwarded-For who asks; from
            anybody else the header counts for nothing, since a rate limit would be no limit.
    """

    model_config = SettingsConfigDict(
        env_prefix="INKDIGITS_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)
    model: Path | None = None
    database: str | None = None
    corrections: bool = True
    api_key: SecretStr | None = None
    rate_limit: str | None = None
    max_bytes: int = Field(20 << 20, ge=1024, le=512 << 20)
    max_digits: int = Field(1000, ge=1, le=100_000)
    max_requests: int = Field(256, ge=1, le=10_000)
    timeout: float = Field(30.0, gt=0, le=600)
    arrival_timeout: float = Field(20.0, gt=0, le=600)
    allowed_hosts: _Words = ()
    allowed_origins: _Words = ()
    trusted_proxies: _Words = ()

    @classmethod
    def of(cls, **given: Any) -> "Settings":
        """Make settings of what was given; what is `None` comes from the environment.

        Raises:
            ServiceError: a value that cannot be; the sentence names it.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(map(str, first["loc"]))
            why = first["msg"].removeprefix("Value error, ")
            raise ServiceError(
                f"the setting {name} (INKDIGITS_{name.upper()}) cannot be so: {why}"
            ) from error

    @field_validator("allowed_hosts", "allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(word for word in (part.strip() for part in value.split(",")) if word)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            scheme, _, rest = origin.partition("://")
            if scheme not in ("http", "https") or not rest or "/" in rest or "*" in rest:
                raise ValueError(f"{abbreviated(origin)} is no origin such as https://example.org")
        return tuple(origin.lower() for origin in origins)

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError as error:
                raise ValueError(
                    f"{abbreviated(proxy)} is no address such as 127.0.0.1 or 10.0.0.0/8"
                ) from error
        return proxies

    @field_validator("api_key")
    @classmethod
    def _check_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None:
            return None
        text = key.get_secret_value()
        if not text or not text.isascii() or not text.isprintable() or text != text.strip():
            raise ValueError("a key is one word of ASCII characters")
        return key

    @field_validator("rate_limit")
    @classmethod
    def _check_rate(cls, rate: str | None) -> str | None:
        if rate is not None:
            from limits import parse_many

            try:
                parse_many(rate)
            except ValueError as error:
                raise ValueError(
                    f"{abbreviated(rate)} is no rate such as 600/minute or 10/second"
                ) from error
        return rate

    @field_validator("database")
    @classmethod
    def _check_database(cls, url: str | None) -> str | None:
        if url is not None:
            from inkdigits.feedback.address import parse

            try:
                if parse(url).file is None:
                    import_extra("pg8000")
            except InkDigitsError as error:
                raise ValueError(str(error)) from None
        return url

    @field_validator("timeout", "arrival_timeout")
    @classmethod
    def _check_finite(cls, seconds: float) -> float:
        if not math.isfinite(seconds):
            raise ValueError("it must be a finite number of seconds")
        return seconds

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that the service goes by; empty where any will do."""
        if self.allowed_hosts or not _is_loopback(self.host):
            return tuple(host.lower() for host in self.allowed_hosts)
        return ("localhost", "127.0.0.1", "[::1]", self.host.lower())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
