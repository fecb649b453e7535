"""The service and the browser that the tests of a file share, and tabs of it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browsing import Open, Serve, Tab, browsing
from tests.serving import Server, serving


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("film")) as browser:
        yield browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(browser: Browser, home: Path) -> Iterator[Server]:
    with serving(home) as server:
        yield server


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a service with settings of its own, and gives its URL."""
    with contextlib.ExitStack() as servers:

        def serve(**settings: str) -> str:
            return servers.enter_context(serving(tmp_path, environment=settings)).url

        yield serve


@pytest.fixture
def open_tab(browser: Browser, server: Server, serve: Serve) -> Iterator[Open]:
    tabs: list[Tab] = []

    def open_tab(url: str = server.url, **options: object) -> Tab:
        tabs.append(Tab(browser, url, **options))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.close()


@pytest.fixture
def tab(open_tab: Open) -> Tab:
    return open_tab()
