"""Export to other formats and to 8 bits: each file works, and its figures are those of the file."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from inkdigits import Dataset, Reader, Recipe, Run, build, export_onnx, load_parts, train
from inkdigits import export as room
from inkdigits._keras import keras
from inkdigits.errors import ModelError
from inkdigits.export import (
    Format,
    Measured,
    Quantisation,
    TfliteClassifier,
    export_as,
    export_saved_model,
    export_tflite,
    measure,
    quantise_onnx,
)
from inkdigits.export.formats import file_name, quantisations
from inkdigits.networks import as_classifier
from inkdigits.reading import Classifier, ModelCard

from .conftest import Cli

WAYS = [(form, how) for form in Format for how in quantisations(form)]
PARAMETERS = 225_034
BIASES = 32 + 64 + 128 + 10
EIGHT_BITS = (PARAMETERS - BIASES) + 4 * BIASES

WITHIN = {Quantisation.NONE: 1e-4, Quantisation.DYNAMIC: 0.1, Quantisation.INT8: 0.15}


@pytest.fixture(scope="module")
def learned(
    tmp_path_factory: pytest.TempPathFactory, some_digits: Dataset, some_test_digits: Dataset
) -> Run:
    """A reference CNN that can tell digits apart; they came from a file."""
    folder = tmp_path_factory.mktemp("learned")
    np.savez(
        folder / "small.npz",
        x_train=some_digits.images,
        y_train=some_digits.labels,
        x_test=some_test_digits.images,
        y_test=some_test_digits.labels,
    )
    digits, test = load_parts(folder / "small.npz")
    return train(Recipe(epochs=4, batch=64), digits, test=test, folder=folder / "run")


@pytest.fixture(scope="module")
def network(learned: Run) -> keras.Model:
    return learned.network()


@pytest.fixture(scope="module")
def card(learned: Run) -> ModelCard:
    return learned.card(learned.metrics)


@pytest.fixture(scope="module")
def files(
    tmp_path_factory: pytest.TempPathFactory,
    network: keras.Model,
    card: ModelCard,
    some_digits: Dataset,
) -> dict[tuple[Format, Quantisation], Path]:
    """The trained network in every format that there is."""
    folder = tmp_path_factory.mktemp("formats")
    paths = {way: folder / file_name("model", *way) for way in WAYS}
    for way, path in paths.items():
        export_as(network, path, card, *way, some_digits)
    return paths


@pytest.fixture(scope="module")
def measured(
    files: dict[tuple[Format, Quantisation], Path],
    network: keras.Model,
    some_digits: Dataset,
    some_test_digits: Dataset,
) -> dict[tuple[Format, Quantisation], Measured]:
    return {
        (form, how): measure(path, form, network, some_digits, some_test_digits)
        for (form, how), path in files.items()
    }


def test_files_are_named_after_what_they_are(
    files: dict[tuple[Format, Quantisation], Path],
) -> None:
    assert {path.name for path in files.values()} == {
        "model.onnx",
        "model-dynamic.onnx",
        "model-int8.onnx",
        "model.tflite",
        "model-dynamic.tflite",
        "model-int8.tflite",
        "saved-model",
        "model.keras",
    }
    assert file_name("mine", Format.SAVED_MODEL, Quantisation.NONE) == "mine-saved-model"


@pytest.mark.parametrize(("form", "how"), WAYS)
def test_every_file_answers_as_keras_does(
    form: Format, how: Quantisation, measured: dict[tuple[Format, Quantisation], Measured]
) -> None:
    figures = measured[form, how]
    assert figures.digits == 1000
    assert figures.keras_accuracy > 0.85
    assert figures.accuracy == pytest.approx(figures.keras_accuracy, abs=0.01)
    assert figures.max_difference <= WITHIN[how]
    assert figures.same_digit >= 0.99


@pytest.mark.parametrize(("form", "how"), WAYS)
def test_the_bytes_are_those_of_the_weights(
    form: Format,
    how: Quantisation,
    files: dict[tuple[Format, Quantisation], Path],
    measured: dict[tuple[Format, Quantisation], Measured],
) -> None:
    figures = measured[form, how]
    if how is Quantisation.NONE:
        assert figures.weight_bytes == 4 * PARAMETERS
    elif (form, how) == (Format.TFLITE, Quantisation.DYNAMIC):
        first = 32 * 3 * 3  # a layer so small stays in float
        assert figures.weight_bytes == EIGHT_BITS + 3 * first
    else:
        assert figures.weight_bytes == EIGHT_BITS
    if files[form, how].is_file():
        assert figures.bytes == files[form, how].stat().st_size
    assert figures.weight_bytes < figures.bytes < figures.weight_bytes + 50_000


def test_the_accuracy_is_the_written_files(
    files: dict[tuple[Format, Quantisation], Path],
    network: keras.Model,
    card: ModelCard,
    some_digits: Dataset,
    some_test_digits: Dataset,
    tmp_path: Path,
) -> None:
    """A file that answers otherwise than the network is found out."""
    export_onnx(build(), tmp_path / "other.onnx", card)
    figures = measure(tmp_path / "other.onnx", Format.ONNX, network, some_digits, some_test_digits)
    labels = some_test_digits.require_labels()
    other = Classifier(tmp_path / "other.onnx")(some_test_digits.images).argmax(axis=1)
    assert figures.accuracy == pytest.approx((other == labels).mean()) != figures.keras_accuracy
    assert figures.same_digit < 0.5
    assert figures.max_difference > 0.3


@pytest.mark.parametrize("how", ["dynamic", "int8"])
def test_a_quantised_onnx_file_is_a_model_like_any_other(
    how: str, files: dict[tuple[Format, Quantisation], Path], card: ModelCard, mnist: Any
) -> None:
    path = files[Format.ONNX, Quantisation(how)]
    reader = Reader(path)
    assert reader.card == replace(card, quantisation=how)
    assert reader.read(255 - mnist[1].images[0]).text == "7"
    (images,), (given,) = onnx.load(path).graph.input, onnx.load(path).graph.output
    assert (images.name, given.name) == ("images", "probabilities")
    for tensor, shape in ((images, [0, 28, 28, 1]), (given, [0, 10])):
        assert tensor.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        assert [axis.dim_value for axis in tensor.type.tensor_type.shape.dim] == shape


def test_int8_weights_have_a_scale_a_channel_and_zero_stays_zero(
    files: dict[tuple[Format, Quantisation], Path],
) -> None:
    graph = onnx.load(files[Format.ONNX, Quantisation.INT8]).graph
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    weights = [
        [tensors[name] for name in node.input]
        for node in graph.node
        if node.op_type == "DequantizeLinear"
        and node.input[0] in tensors
        and tensors[node.input[0]].dtype == np.int8
    ]
    assert sorted(scale.size for _, scale, _ in weights) == [10, 32, 64, 128]
    for values, _, zero in weights:
        assert not zero.any()
        assert np.abs(values).max() <= 64  # 7 bits
    assert "Softmax" in {node.op_type for node in graph.node}


def test_what_is_quantised_is_not_quantised_again(
    files: dict[tuple[Format, Quantisation], Path], some_digits: Dataset, tmp_path: Path
) -> None:
    source = files[Format.ONNX, Quantisation.INT8]
    with pytest.raises(ModelError, match=r"model-int8\.onnx is quantised already: int8"):
        quantise_onnx(source, tmp_path / "again.onnx", "dynamic", some_digits)
    with pytest.raises(ValueError, match="must be dynamic or int8"):
        quantise_onnx(source, tmp_path / "again.onnx", "none", some_digits)
    assert list(tmp_path.iterdir()) == []


def test_quantising_gives_the_program_no_log(
    files: dict[tuple[Format, Quantisation], Path], some_digits: Dataset, tmp_path: Path
) -> None:
    """In a process of its own: pytest has its own log."""
    probe = (
        "import logging, sys\n"
        "from inkdigits import load_mnist\n"
        "from inkdigits.export import quantise_onnx\n"
        "quantise_onnx(sys.argv[1], 'model-int8.onnx', 'int8', load_mnist()[0])\n"
        "print(logging.getLogger().handlers)"
    )
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", probe, str(files[Format.ONNX, Quantisation.NONE])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.stdout, process.stderr) == ("[]\n", "")


def test_a_full_integer_file_holds_no_float(
    files: dict[tuple[Format, Quantisation], Path],
) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(files[Format.TFLITE, Quantisation.INT8]))
    (images,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert images["dtype"] is given["dtype"] is np.int8
    # Steps of the input are the pixels' own.
    assert images["quantization"] == (pytest.approx(1 / 255), -128)
    types = {tensor["dtype"] for tensor in interpreter.get_tensor_details()}
    assert types == {np.int8, np.int32}


@pytest.mark.parametrize("how", Quantisation)
def test_a_tflite_file_says_what_it_is(
    how: Quantisation, files: dict[tuple[Format, Quantisation], Path], card: ModelCard
) -> None:
    classifier = TfliteClassifier(files[Format.TFLITE, how])
    assert classifier.card == replace(card, quantisation=str(how))
    assert classifier.output == "probabilities"


@pytest.mark.parametrize("how", Quantisation)
def test_a_tflite_file_of_logits_says_so(
    how: Quantisation, some_digits: Dataset, card: ModelCard, tmp_path: Path
) -> None:
    network = build("reader", filters=(4, 4, 8))
    path = tmp_path / "model.tflite"
    export_tflite(network, path, card, how, some_digits)
    classifier = TfliteClassifier(path)
    assert classifier.output == "logits"
    images = some_digits.images[:50]
    theirs = as_classifier(network)(images)
    np.testing.assert_allclose(classifier(images), theirs, atol=WITHIN[how])
    np.testing.assert_allclose(classifier(images).sum(axis=1), 1, atol=1e-5)


def test_a_saved_model_of_logits_says_so(
    some_digits: Dataset, card: ModelCard, tmp_path: Path
) -> None:
    network = build("reader", filters=(4, 4, 8))
    export_saved_model(network, tmp_path / "model")
    figures = measure(tmp_path / "model", Format.SAVED_MODEL, network, some_digits, some_digits)
    assert figures.max_difference <= 1e-4


def test_tflite_takes_images_of_digits_only(
    files: dict[tuple[Format, Quantisation], Path], some_digits: Dataset
) -> None:
    classifier = TfliteClassifier(files[Format.TFLITE, Quantisation.NONE])
    assert classifier(some_digits.images[:0]).shape == (0, 10)
    with pytest.raises(ValueError, match=r"must be uint8 \(count, 28, 28\), not float32"):
        classifier(some_digits.images.astype(np.float32))


def test_tflite_files_of_others_get_their_sentence(
    files: dict[tuple[Format, Quantisation], Path], tmp_path: Path
) -> None:
    import tensorflow as tf

    whole = files[Format.TFLITE, Quantisation.NONE].read_bytes()
    path = tmp_path / "model.tflite"
    with pytest.raises(ModelError, match="there is no model file"):
        TfliteClassifier(path)
    for content in (b"", b"TFL3" * 9, whole[: len(whole) // 2], whole[:-9] + b"\xff" * 9):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"model\.tflite is not a sound TensorFlow Lite"):
            TfliteClassifier(path)
    path.write_bytes(whole.replace(b'"rejection_threshold"', b'"rejection_thresh-ld"'))
    with pytest.raises(ModelError, match="was not exported by InkDigits"):
        TfliteClassifier(path)
    for licence, sentence in (
        (b'"M\xffT"', "is not a sound TensorFlow Lite model$"),  # no text
        (b'"MIT:', "is not a sound TensorFlow Lite model$"),  # no JSON
        (b"12345", "has damaged metadata; export it again$"),  # a number
    ):
        path.write_bytes(whole.replace(b'"licence": "MIT"', b'"licence": ' + licence))
        with pytest.raises(ModelError, match=sentence):
            TfliteClassifier(path)
    path.write_bytes(whole.replace(b"probabilities", b"probabilitiez"))
    with pytest.raises(ModelError, match="must take images"):
        TfliteClassifier(path)
    keeps = tf.function(lambda x: x, input_signature=[tf.TensorSpec((1, 3), tf.float32)])
    foreign = tf.lite.TFLiteConverter.from_concrete_functions([keeps.get_concrete_function()])
    path.write_bytes(foreign.convert())
    with pytest.raises(ModelError, match="was not exported by InkDigits"):
        TfliteClassifier(path)


def test_a_failed_export_leaves_the_old_file(
    files: dict[tuple[Format, Quantisation], Path],
    card: ModelCard,
    some_digits: Dataset,
    tmp_path: Path,
) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"old")
    images = keras.Input((28, 28, 1))
    flat = keras.ops.erfinv(keras.layers.Flatten()(images))  # TensorFlow Lite has no such thing
    strange = keras.Model(images, keras.layers.Dense(10, activation="softmax")(flat))
    for how in Quantisation:
        with pytest.raises(ModelError, match=r"old was not written: .*: it needs Erfinv$"):
            export_tflite(strange, old, card, how, some_digits)

    model = onnx.load(files[Format.ONNX, Quantisation.NONE])
    (reshape,) = [n for n in model.graph.node if n.op_type == "MaxPool"][:1]
    reshape.op_type = "MaxPoolOfAStranger"
    (tmp_path / "strange.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"strange\.onnx is not a sound ONNX model"):
        quantise_onnx(tmp_path / "strange.onnx", old, "int8", some_digits)
    assert old.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"old", "strange.onnx"}


def test_only_tensorflow_makes_its_files(
    card: ModelCard, some_digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    network = build()
    sentence = "Keras runs on jax: set KERAS_BACKEND=tensorflow"
    with pytest.raises(ModelError, match=sentence):
        export_tflite(network, tmp_path / "model.tflite", card, "none", some_digits)
    with pytest.raises(ModelError, match=sentence):
        export_saved_model(network, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_no_folder_is_written_over(network: keras.Model, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    export_saved_model(network, tmp_path / "empty")
    before = sorted((tmp_path / "empty").rglob("*"))
    with pytest.raises(ModelError, match="empty has something in it already"):
        export_saved_model(build(), tmp_path / "empty")
    assert sorted((tmp_path / "empty").rglob("*")) == before
    with pytest.raises(OSError, match="nowhere"):
        export_saved_model(network, tmp_path / "nowhere" / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.parametrize("name", room.__all__)
def test_every_public_name_resolves_and_is_documented(name: str) -> None:
    assert getattr(room, name).__doc__


def test_export_prints_its_figures(learned: Run, cli: Cli) -> None:
    result = cli("export", learned.folder, "--format", "tflite", "--quantise", "int8")
    assert result.exit_code == 0, result.output
    path = learned.folder / "model-int8.tflite"
    assert result.stdout.startswith(f"{path}: 0.24 MB, accuracy ")
    assert "(Keras " in result.stdout
    assert " on the 1,000 digits of small.npz test, probabilities within 0." in result.stdout

    before = learned.model_path.read_bytes()
    result = cli("export", learned.folder, "--quantise", "int8", "--json")
    figures = json.loads(result.stdout)
    quantised = learned.folder / "model-int8.onnx"
    assert list(figures) == [
        "path", "format", "quantise", "bytes", "weight_bytes", "max_difference", "same_digit",
        "accuracy", "keras_accuracy", "digits",
    ]  # fmt: skip
    assert figures["path"] == str(quantised)
    assert (figures["format"], figures["quantise"]) == ("onnx", "int8")
    assert figures["bytes"] == quantised.stat().st_size
    assert figures["keras_accuracy"] == pytest.approx(learned.metrics["test_accuracy"], abs=2e-3)
    assert learned.model_path.read_bytes() == before


def test_export_falls_back_on_mnist_and_says_so(learned: Run, cli: Cli, tmp_path: Path) -> None:
    data = learned.folder.parent / "small.npz"
    away = data.rename(tmp_path / "away.npz")
    try:
        result = cli("export", learned.folder, "--out", "model.onnx", "--json")
    finally:
        away.rename(data)
    assert result.stderr == f"inkdigits: {data} does not exist; MNIST takes its place\n"
    assert json.loads(result.stdout)["digits"] == 10_000


def test_export_is_silent_in_a_terminal(learned: Run, tmp_path: Path) -> None:
    """In a process of its own, where TensorFlow and LiteRT may talk as they like."""
    probe = (
        "import sys; from inkdigits.cli import app\n"
        "for words in (['m.tflite', '--quantise', 'int8'], ['saved-model']):\n"
        "    form = words[0].removeprefix('m.')\n"
        "    words = ['export', sys.argv[1], '--format', form, '--out', *words]\n"
        "    app(words, standalone_mode=False)"
    )
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", probe, str(learned.folder)],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stderr == ""
    first, second = process.stdout.splitlines()
    assert first.startswith("m.tflite: ")
    assert second.startswith("saved-model: ")


@pytest.mark.parametrize("form", ["saved-model", "keras"])
@pytest.mark.parametrize("how", ["dynamic", "int8"])
def test_what_cannot_be_quantised_is_a_usage_error(cli: Cli, form: str, how: str) -> None:
    result = cli("export", "runs/none", "--format", form, "--quantise", how)
    assert result.exit_code == 2
    assert f"{form} files are not quantised" in result.stderr


def test_a_network_is_not_exported_onto_itself(learned: Run, cli: Cli, tmp_path: Path) -> None:
    source = learned.folder / "model.keras"
    before = source.read_bytes()
    for arguments in (
        [learned.folder, "--format", "keras"],
        [source, "--format", "keras"],
        [source, "--out", source],
    ):
        result = cli("export", *arguments)
        assert result.exit_code == 1
        assert result.stderr == (
            f"inkdigits: {source} is what would be exported; choose another place with --out\n"
        )
    assert source.read_bytes() == before
    result = cli("export", learned.folder, "--format", "keras", "--out", "copy.h5")
    assert result.stderr == "inkdigits: copy.h5 must end in .keras\n"
    assert list(tmp_path.iterdir()) == []
