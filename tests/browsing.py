"""A real browser on the service's page, which minds what no test should leave unnoticed."""

import contextlib
import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.handwriting import draw, strokes

DEADLINE = 30_000
"""How long the page may take for anything, in milliseconds: the machine may be busy."""

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")  # what .ci/run is content with, too
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
_WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""

expect.set_options(timeout=DEADLINE)


@contextlib.contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """Run the system's Chromium; its camera films a page with a 7.

    Args:
        folder: for the film.
    """
    browser_file = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser_file is None:
        pytest.skip(f"there is no browser ({', '.join(_BROWSERS)}): apt-get install chromium")
    film = folder / "seven.mjpeg"
    film.write_bytes(encoded(draw("7", (640, 480), 260), "JPEG"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_file,
            args=[*_ARGUMENTS, f"--use-file-for-fake-video-capture={film}"],
        )
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """The service's page in a browser of its own, as far as cookies and storage go.

    Attributes:
        page: Playwright's.
        expected: statuses that calls may end with in this test; 0 where there is no connection.
        bytes: what came over the network so far.
    """

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self._host = urlsplit(url).netloc
        self._wrong: list[str] = []
        self._complaints: list[str] = []
        self.expected: set[int] = set()
        self.bytes = 0
        options = {"viewport": {"width": 1280, "height": 860}, **options}
        self._context = browser.new_context(**options)
        self._context.set_default_timeout(DEADLINE)
        self._context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        self.page: Page = self._context.new_page()
        self.page.add_init_script(_WATCH)
        self.page.on("pageerror", lambda error: self._wrong.append(f"error: {error}"))
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("request", self._follow)
        self.page.on("requestfinished", self._count)
        self.page.goto(url)
        self.page.locator("#model").get_by_text("Model").or_(
            self.page.locator("#key-dialog[open]")
        ).wait_for()

    def close(self) -> None:
        """Close the tab, and fail if anything went wrong in it that was not expected."""
        complaints = [text for text in self._complaints if not self._is_expected(text)]
        wrong = [*self._wrong, *complaints, *self.page.evaluate("window.violations")]
        self._context.close()
        if wrong:
            pytest.fail("\n".join(wrong))

    def set_offline(self, offline: bool) -> None:
        self._context.set_offline(offline)

    def write(self, text: str, top: float = 0.28, height: float = 0.44, left: float = 0.05) -> None:
        """Write a line of digits on the pad with the mouse; lengths in heights of the pad."""
        mouse = self.page.mouse
        for first, *rest in self.on_pad(text, top, height, left):
            mouse.move(*first)
            mouse.down()
            for point in rest:
                mouse.move(*point)
            mouse.up()

    def on_pad(
        self, text: str, top: float = 0.28, height: float = 0.44, left: float = 0.05
    ) -> list[list[tuple[float, float]]]:
        """Return where on the page the strokes of a line of digits go."""
        box = self.page.locator("#pad").bounding_box()
        assert box is not None
        unit = box["height"]
        return [
            [(box["x"] + unit * x, box["y"] + unit * y) for x, y in stroke]
            for stroke in strokes(text, left, top, height)
        ]

    def bring(self, picture: bytes, name: str, kind: str) -> None:
        """Choose a picture, as from the system's dialog."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Open picture").click()
        chooser.value.set_files({"name": name, "mimeType": kind, "buffer": picture})

    def keep(self, name: str) -> None:
        """Photograph the page for the documents, where INKDIGITS_SCREENSHOTS names a folder."""
        if folder := os.environ.get("INKDIGITS_SCREENSHOTS"):
            self.page.mouse.move(0, 0)
            self.page.wait_for_timeout(500)  # what fades has faded
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self._complaints.append(text)

    def _is_expected(self, complaint: str) -> bool:
        return any(
            (f"status of {status} " if status else "ERR_INTERNET_DISCONNECTED") in complaint
            for status in self.expected
        )

    def _follow(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("blob", "data") and parts.netloc != self._host:
            self._wrong.append(f"request: {request.url}")

    def _count(self, request: Request) -> None:
        if request.url.startswith("http"):
            sizes = request.sizes()
            self.bytes += sizes["responseHeadersSize"] + sizes["responseBodySize"]


Open = Callable[..., Tab]
"""Opens a tab, of the service that is shared or of another one's URL."""

Serve = Callable[..., str]
"""Starts a service with settings of its own, and gives its URL."""


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the bytes of a picture's file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def reads(page: Page, text: str) -> None:
    """Wait until the page says that it read this."""
    expect(page.locator("#text")).to_have_text(text)
