"""Digits and a trained run that many tests share."""

import contextlib
import gzip
import importlib.abc
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from typer.testing import CliRunner, Result

from inkdigits import Augmentation, Dataset, Recipe, Run, load_mnist

# The same examples every time: CI must not flicker.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

Cli = Callable[..., Result]

SLOW = [
    *("test_training", "test_examples", "test_notebook", "test_cli", "test_ensembles"),
    *(
        "test_service",
        "test_service_abuse",
        "test_service_load",
        "test_page_input",
        "test_page_answers",
    ),
    *("test_promote", "test_feedback", "test_also", "test_tuning", "test_cluster"),
]
"""Files that take longest. Two processes share out whole files, so none of these may come last."""


def pytest_configure() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        # There is a worker for each processor: with threads for all of them in each, they would
        # wait for one another, and training takes three times as long.
        for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")
    # A shell has what it runs in the background ignore Ctrl-C, and programs hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in SLOW)


@pytest.fixture(scope="session")
def mnist() -> tuple[Dataset, Dataset]:
    return load_mnist()


@pytest.fixture(scope="session")
def some_digits(mnist: tuple[Dataset, Dataset]) -> Dataset:
    """2,000 training digits: enough to learn something, few enough to learn it in seconds."""
    return mnist[0].take(np.arange(2000), "some digits")


@pytest.fixture(scope="session")
def some_test_digits(mnist: tuple[Dataset, Dataset]) -> Dataset:
    return mnist[1].take(np.arange(1000), "some test digits")


@pytest.fixture(scope="session")
def trained(
    tmp_path_factory: pytest.TempPathFactory, some_digits: Dataset, some_test_digits: Dataset
) -> Run:
    """A finished run that used most of what a recipe can ask for."""
    from inkdigits import train

    recipe = Recipe(
        epochs=2,
        augment=Augmentation(),
        schedule="one-cycle",
        ema=0.9,
        patience=5,
        label_smoothing=0.05,
    )
    folder = tmp_path_factory.mktemp("runs") / "trained"
    return train(recipe, some_digits, test=some_test_digits, folder=folder)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs the command line in an empty folder."""
    from inkdigits.cli import app

    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke


@contextlib.contextmanager
def block_imports(*names: str) -> Iterator[None]:
    """Make modules look as if they were not installed."""

    class Blocker(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name.split(".", maxsplit=1)[0] in names:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    hidden = {name: sys.modules[name] for name in sys.modules if name.split(".")[0] in names}
    blocker = Blocker()
    sys.meta_path.insert(0, blocker)
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.meta_path.remove(blocker)
        sys.modules.update(hidden)


def write_idx(path: Path, array: np.ndarray, *, magic: int | None = None) -> Path:
    """Write an IDX file, gzipped if its name says so."""
    magic = 0x0800 + array.ndim if magic is None else magic
    content = struct.pack(f">I{array.ndim}I", magic, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
