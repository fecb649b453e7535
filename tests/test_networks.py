"""The networks: their layers, sizes and options, and loading them from untrusted files."""

import json
import struct
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
        ("vgg", {"dropout": 1.5}, "option dropout: it must be less than 1, not 1.5$"),
        ("vgg", {"dropout": "x"}, "option dropout: it takes a number, not 'x'$"),
        ("vgg", {"dropout": [1]}, r"option dropout: it takes a number, not \[1\]$"),
        ("vgg", {"dropout": -1}, "option dropout: it must be 0 or more, not -1$"),
        ("reference", {"filters": [16]}, r"filters: it takes numbers such as 32,64, not \[16\]$"),
        ("reference", {"filters": 16}, "filters: it takes numbers such as 32,64, not 16$"),
        ("reference", {"filters": "many"}, "filters: it takes numbers such as 32,64, not 'many'$"),
        ("reference", {"filters": [1, "x"]}, "option filters: it takes whole numbers, not 'x'$"),
        ("reference", {"filters": [1, 0.5]}, "option filters: it takes whole numbers, not 0.5$"),
        ("reference", {"filters": [1, 2, 3]}, "it takes at most 2 numbers, such as 32,64, not 3$"),
        ("vgg", {"filters": [1] * 9}, "at most 4 numbers, such as 32,64,128, not 9$"),
        ("vgg", {"filters": []}, r"filters: it takes numbers such as 32,64,128, not \[\]$"),
        ("vgg", {"dense": [1]}, r"option dense: it takes whole numbers, not \[1\]$"),
        ("vgg", {"dense": 1 << 20000}, "option dense: it must be 4096 or less, not "),
        ("resnet", {"blocks": 0}, "option blocks: it must be 1 or more, not 0$"),
        (
            "reference",
            {"activation": "sigmund\x1b[31m"},
            r"activation: it may be 'celu', .* or 'tanh', not 'sigmund\\x1b\[31m'$",
        ),
        ("vgg", {"activation": "glu"}, "not 'glu'$"),  # it would halve the channels
        ("x" * 5000, {}, "there is no network 'xxx"),
        ("vgg", {"x" * 5000: 1}, "has no option 'xxx"),
    ],
)
def test_impossible_networks_get_their_sentence(
    name: str, chosen: dict[str, object], sentence: str
) -> None:
    with pytest.raises(RecipeError, match=sentence) as caught:
        build(name, **chosen)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_a_list_of_one_number_may_be_the_number() -> None:
    assert build("fast", filters=8).count_params() == build("fast", filters=(8,)).count_params()


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


def packed(path: Path, compression: int = zipfile.ZIP_STORED, **parts: bytes) -> Path:
    """Write a saved network whose parts are others, or are packed otherwise."""
    save_network(build(), path)
    with zipfile.ZipFile(path) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}
    changes = {f"{name}.json": content for name, content in parts.items()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in {**whole, **changes}.items():
            archive.writestr(name, content)
    return path


def description(network: keras.Model) -> bytes:
    return json.dumps(keras.saving.serialize_keras_object(network)).encode()


def test_a_foreign_class_is_refused(tmp_path: Path) -> None:
    system = description(build()).replace(b'"keras.layers"', b'"os"').replace(b'"Conv2D"', b'"rm"')
    with pytest.raises(ModelError, match=r"is refused: it holds 'os\.InputLayer', and only plain"):
        load_network(packed(tmp_path / "network.keras", config=system))
    name = json.dumps("\x1b[31m\n" * 1000).encode()
    nasty = description(build()).replace(b'"Conv2D"', name)
    with pytest.raises(ModelError) as caught:
        load_network(packed(tmp_path / "network.keras", config=nasty))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(tmp_path)) + 200


def test_a_description_is_bounded_before_it_is_read(tmp_path: Path) -> None:
    long = description(build()) + b" " * (16 << 20)
    path = packed(tmp_path / "network.keras", zipfile.ZIP_DEFLATED, config=long)
    with pytest.raises(ModelError, match="describes its network in more than 16 MiB"):
        load_network(path)
    load_weights(build(), path)  # which no description is read for
    deep = b'{"a":' * 900 + b"0" + b"}" * 900
    with pytest.raises(ModelError, match=r"is not a sound (\.keras file|Keras model)"):
        load_network(packed(path, config=deep))


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_file_is_packed_as_keras_does(tmp_path: Path, compression: int) -> None:
    path = packed(tmp_path / "network.keras", compression)
    for load in (load_network, lambda path: load_weights(build(), path)):
        with pytest.raises(ModelError, match="is not packed as Keras packs its files"):
            load(path)
    load_network(packed(path, zipfile.ZIP_DEFLATED))


def test_a_file_that_ends_within_its_description_is_not_sound(tmp_path: Path) -> None:
    path = packed(tmp_path / "network.keras", config=description(build()))
    with zipfile.ZipFile(path) as archive:
        sizes = struct.pack("<LL", *[archive.getinfo("config.json").file_size] * 2)
    whole = path.read_bytes()
    listed = whole.rindex(sizes)
    path.write_bytes(
        whole[:listed] + struct.pack("<LL", 1 << 23, 1 << 23) + whole[listed + len(sizes) :]
    )
    with pytest.raises(ModelError, match=r"is not a sound \.keras file"):
        load_network(path)


def test_no_more_weights_are_made_than_the_file_can_hold(tmp_path: Path) -> None:
    wide = build(dense=512)
    path = packed(tmp_path / "network.keras", config=description(wide))
    assert path.stat().st_size < 2 * wide.count_params()
    with pytest.raises(ModelError, match="is not a sound Keras model") as caught:
        load_network(path)
    assert "it has more than 465" in str(caught.value.__cause__)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "bfloat16", "float16"])
def test_every_layer_with_weights_is_loaded_in_any_precision(
    tmp_path: Path, precision: str
) -> None:
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, dtype=precision),
            layers.BatchNormalization(dtype=precision),
            layers.SeparableConv2D(8, 3, dtype=precision),
            layers.GroupNormalization(4, dtype=precision),
            layers.DepthwiseConv2D(3, dtype=precision),
            layers.LayerNormalization(dtype=precision),
            layers.PReLU(dtype=precision),
            layers.Flatten(),
            layers.Dense(1000, dtype=precision),
            layers.Dense(10, activation="softmax", dtype=precision),
        ]
    )
    network.save(tmp_path / "network.keras")
    loaded = load_network(tmp_path / "network.keras")
    for weights, theirs in zip(loaded.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, theirs)


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
    with pytest.raises(ModelError, match=r"a sound Keras model, or of another Keras than .*\d$"):
        load_network(path)
    with pytest.raises(ModelError, match="damaged, or of another network"):
        load_weights(build(), path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_network(build("vgg"), tmp_path / "vgg.keras")
    with pytest.raises(ModelError, match="damaged, or of another network"):
        load_weights(build("reference"), tmp_path / "vgg.keras")


def test_a_network_too_large_for_memory_is_refused(tmp_path: Path) -> None:
    large = description(build()).replace(b'"units": 128', b'"units": 10000000000000')
    path = packed(tmp_path / "network.keras", config=large)
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
