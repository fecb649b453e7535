"""Networks with several heads, each of which learns by itself."""

from pathlib import Path

import numpy as np
import pytest

from inkdigits import Dataset, Reader, Recipe, Run, Simulation, build, train
from inkdigits._keras import keras
from inkdigits.datasets import add_channel, scale
from inkdigits.networks import gives_logits, heads
from inkdigits.networks.saved import load_network
from inkdigits.reading import Classifier
from inkdigits.synthesis import NOT_A_DIGIT, simulate
from inkdigits.training.each_head import EachHead

SMALL = {"filters": (4, 6, 8), "dropout": 0.0}

ops = keras.ops


def test_the_heads_are_the_dense_layers_that_answer() -> None:
    assert [head.name for head in heads(build("reference"))] == ["probabilities"]
    assert [head.name for head in heads(build("reader"))] == ["logits"]
    branched = build("branched", **SMALL)
    assert [head.name for head in heads(branched)] == ["logits_1", "logits_2", "logits_3"]
    assert gives_logits(branched)
    images = np.random.default_rng(0).random((5, 28, 28, 1), np.float32)
    apart = keras.Model(branched.input, [head.output for head in heads(branched)])(images)
    said = ops.convert_to_numpy(ops.stack(apart))
    assert not np.allclose(said[0], said[1], atol=0.01)
    np.testing.assert_allclose(branched.predict(images, verbose=0), said.mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("losses", [1, 2])
def test_the_loss_is_the_mean_over_the_heads(losses: int) -> None:
    rng = np.random.default_rng(1)
    said = [rng.normal(0, 3, (6, 10)).astype(np.float32) for _ in range(3)]
    labels = rng.dirichlet(np.ones(10), 6).astype(np.float32)
    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    layer = EachHead(losses)
    together = layer(said, training=True)
    total = losses * cross_entropy(labels, together) + sum(layer.losses)
    each = [float(cross_entropy(labels, head)) for head in said]
    assert float(total) == pytest.approx(losses * np.mean(each), rel=1e-5)
    # What it says is the softmax of the mean of the logits.
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.softmax(together)),
        ops.convert_to_numpy(ops.softmax(np.mean(said, axis=0))),
        atol=1e-6,
    )
    layer(said, training=False)
    assert not layer.losses


@pytest.fixture(scope="module")
def branched_run(some_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = Recipe(network="branched", options=SMALL, epochs=2, batch=16, learning_rate=0.01)
    return train(recipe, some_digits, folder=tmp_path_factory.mktemp("runs") / "branched")


def test_a_branched_network_is_calibrated_and_exported(
    branched_run: Run, some_test_digits: Dataset
) -> None:
    assert branched_run.metrics["validation_accuracy"] > 0.6
    assert branched_run.metrics["temperature"] != 1
    images = some_test_digits.images[:50]
    logits = branched_run.network().predict(add_channel(scale(images)), verbose=0)
    # A file of plain Keras layers, which says by itself what it is.
    loaded = load_network(branched_run.folder / "model.keras")
    np.testing.assert_array_equal(loaded.predict(add_channel(scale(images)), verbose=0), logits)
    np.testing.assert_allclose(
        Reader(branched_run.model_path).classify(images),
        ops.convert_to_numpy(ops.softmax(logits)),
        atol=1e-5,
    )


def test_another_learns_from_it(branched_run: Run, some_digits: Dataset, tmp_path: Path) -> None:
    recipe = branched_run.recipe.model_copy(update={"teacher": str(branched_run.folder)})
    run = train(recipe, some_digits, folder=tmp_path / "taught")
    # Two losses: on the labels, and on what the teacher says.
    assert run.history[0].loss > branched_run.history[0].loss
    assert run.metrics["validation_accuracy"] > 0.6


def test_it_learns_what_is_no_digit(some_digits: Dataset, tmp_path: Path) -> None:
    recipe = Recipe(
        network="branched",
        options=SMALL,
        epochs=2,
        batch=16,
        optimizer="muon",
        learning_rate=0.02,
        simulate=Simulation(originals=1, copies=1, negatives=1),
    )
    run = train(recipe, some_digits.take(np.arange(600)), folder=tmp_path / "run")
    classifier = Classifier(run.model_path)
    assert classifier.card.open_set
    unseen = simulate(some_digits.take(np.arange(600, 700)), copies=1, negatives=1, seed=9)
    believed = classifier.open_set(unseen.images).sum(axis=1)
    none = unseen.labels == NOT_A_DIGIT
    assert believed[~none].mean() > believed[none].mean() + 0.2
