"""Digits and a trained run that many tests share."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from inkdigits import Augmentation, Dataset, Recipe, Run, load_mnist

Cli = Callable[..., Result]


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


def write_idx(path: Path, array: np.ndarray, *, magic: int | None = None) -> Path:
    """Write an IDX file, gzipped if its name says so."""
    magic = 0x0800 + array.ndim if magic is None else magic
    content = struct.pack(f">I{array.ndim}I", magic, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
