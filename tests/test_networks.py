"""The networks: their layers, sizes and options, and loading them from untrusted files."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from inkdigits import build
from inkdigits._keras import keras
from inkdigits.datasets import add_channel, scale
from inkdigits.errors import ModelError, RecipeError
from inkdigits.networks import (
    as_classifier,
    count_multiply_adds,
    describe,
    gives_logits,
    heads,
    names,
    options,
)
from inkdigits.networks.saved import load_network, load_weights, save_network


def test_the_reference_cnn_is_the_one_of_the_contract() -> None:
    network = build()
    layers = [(type(layer).__name__, layer.output.shape[1:]) for layer in network.layers]
    assert layers == [
        ("Conv2D", (26, 26, 32)),
        ("MaxPooling2D", (13, 13, 32)),
        ("Conv2D", (11, 11, 64)),
        ("MaxPooling2D", (5, 5, 64)),
        ("Flatten", (1600,)),
        ("Dense", (128,)),
        ("Dropout", (128,)),
        ("Dense", (10,)),
    ]
    assert network.count_params() == 225_034
    assert [layer.activation.__name__ for layer in network.layers if hasattr(layer, "kernel")] == [
        "relu",
        "relu",
        "relu",
        "softmax",
    ]
    assert network.layers[6].rate == 0.5


def test_multiply_adds_are_those_worked_out_by_hand() -> None:
    by_hand = 26 * 26 * 32 * 9 + 11 * 11 * 64 * 9 * 32 + 1600 * 128 + 128 * 10
    assert count_multiply_adds(build()) == by_hand


@pytest.mark.parametrize("name", names())
def test_every_network_maps_images_to_probabilities_or_logits(name: str) -> None:
    network = build(name)
    assert network.input_shape == (None, 28, 28, 1)
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.uint8)
    outputs = network(add_channel(scale(images)))
    assert outputs.shape == (3, 10)
    assert gives_logits(network) == (name in ("branched", "reader"))
    assert heads(network)  # which are calibrated, and which Muon leaves to Adam
    assert all("logits" in head.name or "probabilities" in head.name for head in heads(network))
    if gives_logits(network):
        outputs = keras.ops.softmax(outputs)
    np.testing.assert_allclose(keras.ops.sum(outputs, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(as_classifier(network)(images), outputs, atol=1e-5)
    assert describe(name)


def test_the_reader_is_small_and_ends_without_a_softmax() -> None:
    network = build("reader")
    places = [layer.output.shape[1] for layer in network.layers if hasattr(layer, "kernel")]
    assert places == [26, 24, 10, 8, 4, 4, 10]
    assert network.layers[-1].name == "logits"
    assert network.layers[-1].dtype_policy.compute_dtype == "float32"
    by_hand = 26**2 * 9 * 32 + 24**2 * 9 * 32 * 32 + 10**2 * 9 * 32 * 64 + 8**2 * 9 * 64 * 64
    by_hand += 4**2 * 9 * 64 * 128 + 4**2 * 9 * 128 * 128 + 128 * 10
    assert count_multiply_adds(network) == by_hand


@pytest.mark.parametrize(
    ("ending", "logits"),
    [
        (["Dense"], True),
        (["Dense softmax"], False),
        (["Dense", "Softmax"], False),
        (["Dense", "Activation"], False),
        (["Dense softmax", "Average"], False),
    ],
    ids=str,
)
def test_a_softmax_is_noticed_wherever_it_stands(ending: list[str], logits: bool) -> None:
    """Or the probabilities of somebody's network would go through one more."""
    layers = keras.layers
    make = {
        "Dense": layers.Dense(10),
        "Dense softmax": layers.Dense(10, activation="softmax"),
        "Softmax": layers.Softmax(),
        "Activation": layers.Activation("softmax"),
        "Average": lambda x: layers.Average()([x, x]),
    }
    x = images = keras.Input((28, 28, 1))
    x = layers.Flatten()(x)
    for name in ending:
        x = make[name](x)
    assert gives_logits(keras.Model(images, x)) == logits


@pytest.mark.parametrize("name", names())
def test_every_network_has_filters_activation_and_dropout_as_options(name: str) -> None:
    assert {"filters", "activation", "dropout"} <= set(options(name))
    before = build(name)
    filters = [count // 2 for count in options(name)["filters"]]
    after = build(name, filters=filters, activation="elu", dropout=0.1)
    assert after.count_params() < before.count_params()
    assert {layer.rate for layer in after.layers if isinstance(layer, keras.layers.Dropout)} == {
        0.1
    }


@pytest.mark.parametrize(
    ("name", "chosen", "sentence"),
    [
        ("lenet", {}, "no network 'lenet'; there are branched, fast, reader"),
        ("vgg", {"width": 3}, "no option 'width'; it has filters"),
        ("vgg", {"name": "x"}, "no option 'name'"),
        ("vgg", {"dropout": 1.5}, "option dropout: Input should be less than 1"),
        ("reference", {"filters": [16]}, "option filters"),
        ("reference", {"filters": "many"}, "option filters"),
        ("resnet", {"blocks": 0}, "option blocks"),
        ("reference", {"activation": "sigmund"}, "option activation"),
        ("vgg", {"activation": "glu"}, "option activation"),
        ("vgg", {"filters": [1] * 9}, "option filters"),
    ],
)
def test_impossible_networks_get_their_sentence(
    name: str, chosen: dict[str, object], sentence: str
) -> None:
    with pytest.raises(RecipeError, match=sentence) as caught:
        build(name, **chosen)
    assert "\n" not in str(caught.value)


def test_a_network_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Adding one is adding one file: nothing else has to know."""
    from inkdigits.networks import architectures

    (tmp_path / "softmax.py").write_text(
        '''
from inkdigits._keras import keras

def network(*, dropout: float = 0.0) -> keras.Model:
    """Softmax regression."""
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
''',
        encoding="utf-8",
    )
    monkeypatch.setattr(architectures, "__path__", [*architectures.__path__, str(tmp_path)])
    assert "softmax" in names()
    assert describe("softmax") == "Softmax regression."
    assert build("softmax").count_params() == 7850


@pytest.mark.parametrize("name", names())
def test_saved_networks_come_back_the_same(name: str, tmp_path: Path) -> None:
    network, path = build(name), tmp_path / "network.keras"
    save_network(network, path)
    images = np.random.default_rng(0).random((5, 28, 28, 1), np.float32)
    other = build(name)
    load_weights(other, path)
    np.testing.assert_array_equal(other(images), network(images))
    np.testing.assert_array_equal(load_network(path)(images), network(images))


def saved_with(path: Path, *layers: keras.layers.Layer) -> Path:
    network = keras.Sequential(
        [keras.Input((28, 28, 1)), *layers, keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    network.save(path)
    return path


def test_a_lambda_is_refused(tmp_path: Path) -> None:
    path = saved_with(tmp_path / "lambda.keras", keras.layers.Lambda(lambda x: x * 2))
    with pytest.raises(ModelError, match=r"is refused: it holds .*Lambda"):
        load_network(path)


def test_a_foreign_class_is_refused(tmp_path: Path) -> None:
    path = saved_with(tmp_path / "network.keras", keras.layers.Dropout(0.1))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    description = parts["config.json"].decode()
    parts["config.json"] = (
        description.replace('"keras.layers"', '"os"').replace('"Dropout"', '"system"')
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match=r"is refused: it holds os "):
        load_network(path)


def test_damaged_keras_files_get_their_sentence(tmp_path: Path) -> None:
    path = tmp_path / "network.keras"
    with pytest.raises(ModelError, match="there is no model file"):
        load_network(path)
    path.write_bytes(b"garbage")
    with pytest.raises(ModelError, match=r"not a sound \.keras file"):
        load_network(path)
    save_network(build(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"not a sound \.keras file"):
        load_weights(build(), path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "module": "keras"}))
    with pytest.raises(ModelError, match="not a sound Keras model"):
        load_network(path)
    with pytest.raises(ModelError, match="damaged, or of another network"):
        load_weights(build(), path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_network(build("vgg"), tmp_path / "vgg.keras")
    with pytest.raises(ModelError, match="damaged, or of another network"):
        load_weights(build("reference"), tmp_path / "vgg.keras")


def test_a_network_too_large_for_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.keras"
    save_network(build(), path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = parts["config.json"].replace(b'"units": 128', b'"units": 10000000000000')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="not a sound Keras model"):
        load_network(path)
    with pytest.raises(RecipeError, match="option dense"):
        build("reference", dense=10**13)


def test_multiply_adds_of_separable_layers() -> None:
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((28, 28, 3)), layers.DepthwiseConv2D(3), layers.SeparableConv2D(8, 5)]
    )
    by_hand = 26 * 26 * 9 * 3 + 22 * 22 * (25 * 3 + 3 * 8)
    assert count_multiply_adds(network) == by_hand


def test_a_network_that_takes_no_digits_is_refused(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match="where a network of digits maps"):
        load_network(tmp_path / "other.keras")
