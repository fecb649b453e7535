"""The compiled loop takes the steps that Keras' own loop takes, and Muon's steps are Muon's."""

import numpy as np
import pytest

from inkdigits import Dataset
from inkdigits._keras import keras
from inkdigits.training.batches import Batches
from inkdigits.training.muon import Muon

if keras.backend.backend() != "tensorflow":
    pytest.skip("the loop is for TensorFlow", allow_module_level=True)

from inkdigits.training.loop import LoopedModel, Steps


def network() -> tuple[keras.KerasTensor, keras.KerasTensor]:
    keras.utils.set_random_seed(0)
    images = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(4, 5, strides=3, activation="relu")(images)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.2)(keras.layers.Flatten()(x))
    return images, keras.layers.Dense(10, activation="softmax")(x)


def fitted(model: keras.Model, digits: keras.utils.PyDataset) -> dict[str, list[float]]:
    model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
    history: dict[str, list[float]] = model.fit(digits, epochs=2, shuffle=False, verbose=0).history
    return history


@pytest.mark.parametrize("steps", [1, 3, 100])
def test_the_loop_learns_what_keras_own_loop_learns(some_digits: Dataset, steps: int) -> None:
    batches = Batches(some_digits, 96, seed=1)  # the last batch of 2000 is smaller
    batches.begin_epoch(0)
    images, outputs = network()
    plain = keras.Model(images, outputs)
    expected = fitted(plain, batches)
    images, outputs = network()
    looped = LoopedModel(batches, inputs=images, outputs=outputs)
    history = fitted(looped, Steps(batches, steps))
    for name, values in expected.items():
        assert history[name] == pytest.approx(values, rel=1e-3)
    for ours, theirs in zip(looped.get_weights(), plain.get_weights()):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)


@pytest.mark.parametrize("steps", [1, 3, 100])
def test_all_steps_of_an_epoch_are_its_batches(some_digits: Dataset, steps: int) -> None:
    batches = Batches(some_digits, 96, seed=1)
    batches.begin_epoch(3)
    dataset = Steps(batches, steps)
    numbers = [dataset[index][0] for index in range(len(dataset))]
    assert max(map(len, numbers)) <= 96 * steps
    np.testing.assert_array_equal(np.concatenate(numbers), batches.order)


def test_muon_takes_keras_own_step_for_a_matrix_and_the_same_for_a_kernel() -> None:
    rng = np.random.default_rng(0)
    start, gradient = rng.normal(size=(2, 18, 8)).astype(np.float32)
    ours, theirs = (keras.Variable(start, name="kernel") for _ in range(2))
    kernel = keras.Variable(start.reshape(3, 3, 2, 8), name="kernel")
    keras_muon = keras.optimizers.Muon(
        0.1, weight_decay=None, adam_weight_decay=None, momentum=0.9, ns_steps=3
    )
    for optimizer, variable in ((Muon(0.1), ours), (keras_muon, theirs), (Muon(0.1), kernel)):
        for sign in (1, -0.5):
            step = (sign * gradient).reshape(variable.shape)
            optimizer.apply([keras.ops.convert_to_tensor(step)], [variable])
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), atol=1e-5)
    np.testing.assert_allclose(np.asarray(kernel).reshape(18, 8), np.asarray(ours), atol=1e-5)


def test_muon_moves_vectors_and_the_last_layer_as_adam_does() -> None:
    rng = np.random.default_rng(0)
    for name, shape in (
        ("bias", (8,)),
        ("logits/kernel", (6, 10)),
        ("probabilities/kernel", (6, 10)),
    ):
        start, gradient = rng.normal(size=(2, *shape)).astype(np.float32)
        ours, theirs = keras.Variable(start, name="x"), keras.Variable(start, name="x")
        ours._path = name
        for optimizer, variable in (
            (Muon(0.1), ours),
            (keras.optimizers.Adam(0.1, beta_2=0.99), theirs),
        ):
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), atol=1e-5)
