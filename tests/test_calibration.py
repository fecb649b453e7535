"""Calibration: the temperature that was put in comes out, and a network keeps its answers."""

import numpy as np
import pytest

from inkdigits import Dataset, Evaluation, build
from inkdigits._keras import keras
from inkdigits.datasets import add_channel, scale
from inkdigits.evaluation import fit_temperature
from inkdigits.reading.classifier import softmax
from inkdigits.synthesis import NOT_A_DIGIT, Marks
from inkdigits.training.calibrate import calibrate

COUNT = 10_000


def honest(seed: int, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that come out as often as those logits say."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (COUNT, classes)).astype(np.float32)
    chosen = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return logits, chosen.astype(np.uint8)


def loss(logits: np.ndarray, labels: np.ndarray) -> float:
    wide = logits.astype(np.float64)
    return float((np.logaddexp.reduce(wide, axis=1) - wide[np.arange(len(labels)), labels]).mean())


@pytest.mark.parametrize(
    ("overconfidence", "classes"), [(0.2, 10), (1.0, 11), (3.0, 11), (8.0, 10)]
)
def test_the_temperature_that_was_put_in_comes_out(overconfidence: float, classes: int) -> None:
    logits, labels = honest(0, classes)
    found = fit_temperature(logits * np.float32(overconfidence), labels)
    assert found == pytest.approx(overconfidence, rel=0.04)


def test_no_other_temperature_makes_the_labels_likelier() -> None:
    logits, labels = honest(1)
    logits = 3 * logits + np.random.default_rng(2).normal(0, 1, logits.shape).astype(np.float32)
    found = fit_temperature(logits, labels)
    least = loss(logits / np.float32(found), labels)
    for other in np.geomspace(0.1, 20, 60):
        assert least <= loss(logits / np.float32(other), labels) + 1e-6


def test_extremes_stay_within_the_range() -> None:
    certain = np.eye(10, dtype=np.float32)
    right = np.arange(10, dtype=np.uint8)
    assert fit_temperature(certain, right) == pytest.approx(0.05, rel=1e-3)
    assert fit_temperature(certain, np.roll(right, 1)) == pytest.approx(20, rel=1e-3)
    with np.errstate(all="raise", under="ignore"):
        assert 0.05 <= fit_temperature(1e30 * certain, right) <= 20


def test_dividing_by_the_temperature_mends_the_calibration_error() -> None:
    logits, labels = honest(3)
    logits *= 4
    dataset = Dataset(np.zeros((COUNT, 28, 28), np.uint8), labels)
    before = Evaluation(dataset, softmax(logits))
    after = Evaluation(dataset, softmax(logits / np.float32(fit_temperature(logits, labels))))
    assert before.expected_calibration_error > 0.15
    assert after.expected_calibration_error < 0.02
    np.testing.assert_array_equal(before.predictions, after.predictions)


def outputs(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return network.predict(add_channel(scale(images)), verbose=0)


def fitted(name: str, digits: Dataset, **options: object) -> keras.Model:
    """A small network that learned a little, and is far too sure of it."""
    network = build(name, dropout=0.0, **options)
    last = network.layers[-1]
    images, labels = add_channel(scale(digits.images)), digits.require_labels()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=name == "reader")
    network.compile(keras.optimizers.Adam(0.01), loss=loss)
    network.fit(images, labels, epochs=2, batch_size=64, verbose=0)
    last.set_weights([5 * weights for weights in last.get_weights()])
    return network


@pytest.fixture(scope="module")
def some_marks(some_digits: Dataset) -> Marks:
    """Digits, and as many pictures of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 28, 28)).astype(np.uint8)
    held_out = slice(1800, 2000)
    return Marks(
        np.concatenate([some_digits.images[held_out], noise]),
        np.concatenate(
            [some_digits.require_labels()[held_out], np.full(200, NOT_A_DIGIT, np.uint8)]
        ),
    )


def test_a_network_of_probabilities_is_calibrated_and_keeps_its_answers(
    some_digits: Dataset,
) -> None:
    keras.utils.set_random_seed(0)
    network = fitted("reference", some_digits.take(np.arange(800)), filters=(4, 8), dense=16)
    held_out = some_digits.take(np.arange(1000, 2000))
    before = Evaluation(held_out, outputs(network, held_out.images))
    calibration = calibrate(network, held_out)
    after = Evaluation(held_out, outputs(network, held_out.images))
    np.testing.assert_array_equal(before.predictions, after.predictions)
    assert calibration.temperature > 2
    assert after.expected_calibration_error < 0.5 * before.expected_calibration_error
    assert after.loss < before.loss
    trusted = after.confidences >= calibration.threshold
    assert (~after.correct[trusted]).sum() <= 0.005 * trusted.sum()
    # It is calibrated now: there is nothing left to divide by.
    assert calibrate(network, held_out).temperature == pytest.approx(1, rel=0.02)


def test_a_network_of_logits_keeps_what_it_takes_for_no_digit(
    some_digits: Dataset, some_marks: Marks
) -> None:
    keras.utils.set_random_seed(0)
    network = fitted("reader", some_digits.take(np.arange(800)), filters=(4, 4, 8))
    before = outputs(network, some_marks.images)
    calibration = calibrate(network, some_marks)
    after = outputs(network, some_marks.images)
    np.testing.assert_allclose(after * calibration.temperature, before, rtol=1e-3, atol=1e-2)
    assert calibration.temperature > 1
    # "Not a digit" has the logit 0 before and after: as many marks are below it.
    np.testing.assert_array_equal(
        np.pad(before, ((0, 0), (0, 1))).argmax(axis=1),
        np.pad(after, ((0, 0), (0, 1))).argmax(axis=1),
    )
    # The noise counted: no other temperature fits digits and noise together better.
    with_none = np.pad(after, ((0, 0), (0, 1)))
    assert fit_temperature(with_none, some_marks.labels) == pytest.approx(1, rel=0.01)
    digits = softmax(with_none)[:, :10]
    trusted = digits.max(axis=1) >= calibration.threshold
    wrong = digits.argmax(axis=1) != some_marks.labels  # noise is wrong, whatever it is taken for
    assert wrong[trusted].sum() <= 0.005 * trusted.sum()


@pytest.mark.parametrize("ending", ["softmax layer", "average"])
def test_a_network_that_ends_otherwise_stays_as_it_is(ending: str, some_digits: Dataset) -> None:
    layers = keras.layers
    images = keras.Input((28, 28, 1))
    flat = layers.Flatten()(images)
    if ending == "average":
        x = layers.Average()([layers.Dense(10, activation="softmax")(flat) for _ in range(2)])
    else:
        x = layers.Softmax()(layers.Dense(10)(flat))
    network = keras.Model(images, x)
    held_out = some_digits.take(np.arange(100))
    before = outputs(network, held_out.images)
    calibration = calibrate(network, held_out)
    assert calibration.temperature == 1
    np.testing.assert_array_equal(outputs(network, held_out.images), before)
    assert calibration.threshold > 1  # it knows nothing
