"""Export: one file that says what it is and answers as Keras does."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx
import pytest

from inkdigits import Dataset, Reader, Run, add_channel, build, export_onnx, scale
from inkdigits._keras import keras
from inkdigits.errors import ModelError
from inkdigits.export import TfliteClassifier, check_size
from inkdigits.networks import as_classifier, names
from inkdigits.networks.activations import Activation
from inkdigits.reading import Classifier, ModelCard
from inkdigits.reading.model_file import DEFAULT_MODEL


def card(**changes: object) -> ModelCard:
    return ModelCard.of_unknown("made up", parameters=1) if not changes else ModelCard(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", names())
def test_every_network_is_exported_and_answers_as_keras_does(
    name: str, tmp_path: Path, some_test_digits: Dataset
) -> None:
    network = build(name)
    difference = export_onnx(network, tmp_path / "model.onnx", card())
    ours = Reader(tmp_path / "model.onnx").classify(some_test_digits.images)
    assert np.abs(ours - as_classifier(network)(some_test_digits.images)).max() <= 1e-4
    assert difference <= 1e-4


def test_every_activation_is_exported(tmp_path: Path) -> None:
    layers = keras.layers
    images = keras.Input((28, 28, 1))
    x = layers.Conv2D(1, 3)(images)
    each = [layers.Activation(name)(x) for name in get_args(Activation)]
    flat = layers.Flatten()(layers.Concatenate()(each))
    network = keras.Model(images, layers.Dense(10, activation="softmax")(flat))
    assert export_onnx(network, tmp_path / "model.onnx", card()) <= 1e-4


@pytest.mark.parametrize("activation", ["gelu", "celu"])
def test_operations_that_the_converter_lacks_are_made_of_others(
    activation: str, tmp_path: Path
) -> None:
    network = build(activation=activation)
    # Their inputs shall lie where the two bend.
    network.set_weights([3 * weights for weights in network.get_weights()])
    assert export_onnx(network, tmp_path / "model.onnx", card()) <= 1e-4
    nodes = {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    assert {"gelu": "Erf", "celu": "Exp"}[activation] in nodes


def test_a_network_too_large_to_be_read_is_known_before_training(tmp_path: Path) -> None:
    network = build("resnet")
    export_onnx(network, tmp_path / "model.onnx", card())
    graph = (tmp_path / "model.onnx").stat().st_size - 4 * network.count_params()
    assert graph < 1 << 20  # what is allowed for
    check_size(66_800_000)
    with pytest.raises(ModelError, match=r"network of 67,000,000 .* larger than 256 MiB"):
        check_size(67_000_000)


def test_odd_bytes_in_a_name_do_not_spoil_the_file(tmp_path: Path, some_digits: Dataset) -> None:
    odd = os.fsdecode(b"d\xff") if os.name == "posix" else "d\udcff"
    digits = Dataset(some_digits.images, some_digits.labels, odd)
    assert digits.name == r"d\udcff"
    export_onnx(build(), tmp_path / "model.onnx", ModelCard.of_unknown(odd, parameters=1))
    assert Classifier(tmp_path / "model.onnx").card.name == r"d\udcff"


def test_a_runs_model_answers_as_its_network_does(trained: Run, some_test_digits: Dataset) -> None:
    ours = Reader(trained.model_path).classify(some_test_digits.images)
    theirs = as_classifier(trained.network())(some_test_digits.images)
    assert np.abs(ours - theirs).max() <= 1e-4


def test_the_file_is_what_the_contract_says(trained: Run, some_digits: Dataset) -> None:
    model = onnx.load(trained.model_path)
    onnx.checker.check_model(model, full_check=True)
    assert not any(node.op_type == "Shape" for node in model.graph.node)
    (images,), (probabilities,) = model.graph.input, model.graph.output
    assert images.name == "images"
    assert images.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    shape = [axis.dim_value for axis in images.type.tensor_type.shape.dim]
    assert shape == [0, 28, 28, 1]
    assert probabilities.name == "probabilities"
    assert probabilities.type.tensor_type.shape.dim[1].dim_value == 10
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["name"] == "reference"
    assert metadata["training_data_sha256"] == some_digits.fingerprint
    assert float(metadata["test_accuracy"]) == trained.metrics["test_accuracy"]
    assert set(metadata) == {
        "name",
        "version",
        "labels",
        "preprocessing",
        "calibration",
        "open_set",
        "quantisation",
        "rejection_threshold",
        "training_data",
        "training_data_sha256",
        "test_accuracy",
        "parameters",
        "licence",
    }


def test_a_network_of_logits_says_so(tmp_path: Path, some_test_digits: Dataset) -> None:
    network, path = build("reader"), tmp_path / "model.onnx"
    export_onnx(network, path, card(**vars(card()) | {"open_set": True}))
    (output,) = onnx.load(path).graph.output
    assert output.name == "logits"
    assert output.type.tensor_type.shape.dim[1].dim_value == 10
    images = some_test_digits.images[:200]
    logits = network.predict(add_channel(scale(images)), verbose=0)
    classifier = Classifier(path)
    assert classifier.card.open_set
    # "Not a digit" has the logit 0.
    exponentials = np.exp(logits.astype(float))
    with_none = exponentials / (1 + exponentials.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(classifier.open_set(images), with_none, atol=1e-5)
    without = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(classifier(images), without, atol=1e-5)


def test_a_closed_set_is_never_short_of_a_digit(trained: Run, some_test_digits: Dataset) -> None:
    classifier = Classifier(trained.model_path)
    assert not classifier.card.open_set
    images = some_test_digits.images[:100]
    np.testing.assert_array_equal(classifier.open_set(images), classifier(images))


def test_probabilities_cannot_claim_to_know_what_is_no_digit(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.onnx was not .*: it says .* but gives no logits"):
        export_onnx(build(), tmp_path / "model.onnx", card(**vars(card()) | {"open_set": True}))
    assert list(tmp_path.iterdir()) == []


def test_a_softmax_layer_is_not_followed_by_another(tmp_path: Path, some_digits: Dataset) -> None:
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10), layers.Softmax()]
    )
    network.layers[1].set_weights([30 * weights for weights in network.layers[1].get_weights()])
    export_onnx(network, tmp_path / "model.onnx", card())
    images = some_digits.images[:100]
    confidences = Classifier(tmp_path / "model.onnx")(images).max(axis=1)
    assert confidences.mean() > 0.5  # after a second softmax it would be below a quarter


def test_files_of_the_first_version_know_digits_only_and_are_whole() -> None:
    metadata = card().to_metadata()
    assert metadata.pop("open_set") == "false"
    assert metadata.pop("quantisation") == "none"
    assert ModelCard.from_metadata(metadata, "model.onnx").quantisation == "none"
    assert not ModelCard.from_metadata(metadata, "model.onnx").open_set
    assert ModelCard.from_metadata({**metadata, "open_set": "true"}, "model.onnx").open_set


def test_the_card_survives_the_file(tmp_path: Path) -> None:
    written = ModelCard(
        name="x",
        version="1",
        training_data="some",
        training_data_sha256="ab",
        test_accuracy=0.5,
        rejection_threshold=0.25,
        parameters=3,
    )
    export_onnx(build(), tmp_path / "model.onnx", written)
    assert Reader(tmp_path / "model.onnx").card == written
    assert ModelCard.from_metadata(written.to_metadata(), "x") == written


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"labels": '["a"]'}, "does not name the digits"),
        ({"labels": "nonsense"}, "damaged metadata"),
        ({"parameters": "many"}, "damaged metadata"),
        ({"parameters": "9" * 5000}, r"model\.onnx has damaged metadata; export it again$"),
        ({"open_set": "perhaps"}, "damaged metadata"),
        ({"test_accuracy": '"high"'}, "damaged metadata"),
        ({"test_accuracy": "NaN"}, "no sound test accuracy: nan"),
        ({"name": 5}, "damaged metadata"),
        ({"rejection_threshold": None}, "no 'rejection_threshold'"),
    ],
)
def test_damaged_cards_get_their_sentence(change: dict[str, Any], sentence: str) -> None:
    metadata = {**card().to_metadata(), **change}
    with pytest.raises(ModelError, match=sentence):
        ModelCard.from_metadata({k: v for k, v in metadata.items() if v is not None}, "model.onnx")


@pytest.mark.parametrize("word", [b"MNIST train", b"rejection_threshold", b"images", b"logits"])
def test_names_and_metadata_that_are_no_text_get_their_sentence(
    tmp_path: Path, word: bytes
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(DEFAULT_MODEL.read_bytes().replace(word, b"\xff" * len(word)))
    with pytest.raises(ModelError, match=r"model\.onnx is not a sound ONNX model$"):
        Classifier(path)


@pytest.mark.parametrize("kind", [Classifier, TfliteClassifier])
def test_a_file_too_large_to_be_a_model_is_not_read(
    tmp_path: Path, kind: Callable[[Path], object]
) -> None:
    path = tmp_path / "model"
    with path.open("wb") as file:
        file.truncate((256 << 20) + 1)  # takes no room on most disks
    with pytest.raises(ModelError, match="is larger than 256 MiB, which is not read"):
        kind(path)
