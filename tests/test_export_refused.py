"""Export: what is no model of digits, or has no place to go, is refused and leaves nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from inkdigits import Dataset, Run, build, export_onnx
from inkdigits._keras import keras
from inkdigits.errors import ModelError
from inkdigits.export import Format, Quantisation, export_as, measure, quantise_onnx
from inkdigits.export.formats import file_name, quantisations
from inkdigits.networks import average
from inkdigits.networks.saved import save_network
from inkdigits.reading import Classifier, ModelCard

from .conftest import Cli

layers = keras.layers

WAYS = [(form, how) for form in Format for how in quantisations(form)]
CARD = ModelCard.of_unknown("made up", parameters=1)


def ending_in(*last: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), *last])


def rounding_alone() -> keras.Model:
    """A network whose large weights cancel: what is left is rounding, which no programs share."""
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    filters, shifts, dense, biases = network.get_weights()
    filters[..., 16:] = filters[..., :16]
    large = np.random.default_rng(0).normal(scale=1e6, size=(26, 26, 16, 10))
    dense[:] = np.concatenate([large, -large], axis=2).reshape(dense.shape)
    network.set_weights([filters, shifts, dense, biases])
    return network


def test_a_file_that_differs_from_keras_is_not_written(
    tmp_path: Path, some_digits: Dataset
) -> None:
    network, path = rounding_alone(), tmp_path / "model.onnx"
    path.write_bytes(b"old")
    for how in Quantisation:
        with pytest.raises(ModelError, match=r"model\.onnx was not written: its prob.* differ"):
            export_as(network, path, CARD, Format.ONNX, how, some_digits)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("form", "how"), WAYS)
def test_what_gives_no_probabilities_is_not_written(
    form: Format, how: Quantisation, tmp_path: Path, some_digits: Dataset
) -> None:
    path = tmp_path / file_name("model", form, how)
    sigmoid = ending_in(layers.Dense(10, activation="sigmoid"))
    normalised = ending_in(layers.Dense(10), layers.BatchNormalization())
    for network in (sigmoid, normalised):
        with pytest.raises(ModelError) as caught:
            export_as(network, path, CARD, form, how, some_digits)
        why = "it gives no probabilities: they do not sum to 1"
        assert str(caught.value) == f"{path} was not written: {why}"
    hidden = build()  # a maximum in some programs takes NaN for nothing
    hidden.set_weights([np.full_like(array, np.nan) for array in hidden.get_weights()])
    with pytest.raises(ModelError, match="was not written: the network has weights that are no nu"):
        export_as(hidden, path, CARD, form, how, some_digits)
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_form_in_onnx_gets_its_sentence(tmp_path: Path) -> None:
    images = keras.Input((28, 28, 1))
    flat = keras.ops.erfinv(layers.Flatten()(images))
    strange = keras.Model(images, layers.Dense(10, activation="softmax")(flat))
    with pytest.raises(ModelError, match=r"model\.onnx was .* cannot be done in ONNX: it needs Er"):
        export_onnx(strange, tmp_path / "model.onnx", CARD)
    assert list(tmp_path.iterdir()) == []


def test_what_follows_a_softmax_is_not_quantised(tmp_path: Path, some_digits: Dataset) -> None:
    members = average([build(filters=(4, 4), dense=8) for _ in range(3)])
    for how in (Quantisation.DYNAMIC, Quantisation.INT8):
        path = tmp_path / f"{how}.onnx"
        export_as(members, path, CARD, Format.ONNX, how, some_digits)
        figures = measure(path, Format.ONNX, members, some_digits, some_digits)
        assert figures.max_difference < 0.05
        sums = Classifier(path)(some_digits.images).sum(axis=1)
        np.testing.assert_allclose(sums, 1, atol=1e-5)


def test_names_end_as_programs_expect(trained: Run, cli: Cli, tmp_path: Path) -> None:
    recipe = trained.folder / "recipe.json"
    before = recipe.read_bytes()
    for form in ("onnx", "tflite", "keras"):
        for out in (recipe, "/dev/null", "model.pb"):
            result = cli("export", trained.folder, "--format", form, "--out", out)
            assert (result.exit_code, result.stdout) == (1, "")
            assert result.stderr.endswith(f"inkdigits: {Path(out)} must end in .{form}\n")
    assert recipe.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_a_runs_own_files_stay(trained: Run, cli: Cli, tmp_path: Path) -> None:
    mine = tmp_path / "mine.keras"
    save_network(build(), mine)
    files = [file for file in trained.folder.rglob("*") if file.is_file()]
    before = {file: file.read_bytes() for file in files}
    sentence = "belongs to a run; choose another place with --out"
    for arguments, own in (
        ([trained.folder, "--quantise", "int8"], trained.model_path),
        ([mine], trained.model_path),
        ([mine, "--format", "keras"], trained.folder / "model.keras"),
    ):
        result = cli("export", *arguments, "--out", own)
        assert (result.exit_code, result.stderr) == (1, f"inkdigits: {own} {sentence}\n")
    result = cli("export", trained.folder, "--format", "saved-model", "--out", trained.folder)
    assert result.stderr.endswith(
        f"inkdigits: {trained.folder} has something in it already; choose another place\n"
    )
    assert {file: file.read_bytes() for file in files} == before


def test_a_runs_keras_file_is_exported_as_its_run(trained: Run, cli: Cli, tmp_path: Path) -> None:
    run = Run(shutil.copytree(trained.folder, tmp_path / "run"))
    assert cli("export", run.folder / "model.keras").exit_code == 0
    assert Classifier(run.model_path).card == Classifier(trained.model_path).card


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_folders_are_not_written_over(cli: Cli, tmp_path: Path) -> None:
    save_network(build(), tmp_path / "mine.keras")
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "folder.onnx").mkdir()
    for out, form, what in (
        ("pipe.onnx", "onnx", "regular file"),
        ("folder.onnx", "onnx", "regular file"),
        ("pipe.onnx", "saved-model", "folder"),
    ):
        result = cli("export", "mine.keras", "--format", form, "--out", out)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"inkdigits: {out}: exists and is no {what}\n"
    assert (tmp_path / "pipe.onnx").is_fifo()


_FULL = """
import json, resource, signal, sys
from typer.testing import CliRunner
from inkdigits.cli import app
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for words in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, ["export", "mine.keras", *words])
    print(result.exit_code, result.stdout + result.stderr, end="")
"""


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    """In a process of its own, which may write no large file."""
    pytest.importorskip("resource", reason="this system has no such limits")
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    save_network(build(), tmp_path / "here" / "mine.keras")
    cases = [
        (["--format", "onnx", "--out", "m.onnx"], "m.onnx"),
        (["--format", "keras", "--out", "m.keras"], "m.keras"),
        (["--format", "saved-model", "--out", "saved"], "saved"),
        (["--format", "onnx", "--out", "m.onnx", "--quantise", "int8"], tmp_path / "there"),
        (["--format", "tflite", "--out", "m.tflite"], tmp_path / "there"),
    ]
    process = subprocess.run(
        [sys.executable, "-c", _FULL, json.dumps([words for words, _ in cases])],
        cwd=tmp_path / "here",
        env={**os.environ, "TMPDIR": str(tmp_path / "there")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout.splitlines() == [
        f"1 inkdigits: {place}: File too large" for _, place in cases
    ]
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["mine.keras"]
    assert not list((tmp_path / "there").glob(".writing-*"))


def test_quantising_asks_for_room_first(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ONNX Runtime does not see that a full disk cuts its files short."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3_000_000))
    with pytest.raises(OSError, match="No space left") as caught:
        quantise_onnx(trained.model_path, tmp_path / "model.onnx", "dynamic")
    assert Path(caught.value.filename).is_dir()
    assert list(tmp_path.iterdir()) == []
