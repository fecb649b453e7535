"""The open set: a network learns from simulated marks what is no digit, and its file says so."""

from pathlib import Path

import numpy as np
import pytest

from inkdigits import Dataset, Reader, Recipe, Run, Simulation, train
from inkdigits._keras import keras
from inkdigits.datasets import add_channel, scale
from inkdigits.errors import DataError, RecipeError
from inkdigits.reading import Classifier
from inkdigits.synthesis import NOT_A_DIGIT, Marks, simulate
from inkdigits.synthesis.skeleton import skeletons
from inkdigits.training.batches import Batches
from inkdigits.training.open_set import AppendNotADigit
from inkdigits.training.prepare import simulated_fitting, simulated_validation

Mnist = tuple[Dataset, Dataset]


@pytest.fixture(scope="module")
def reader_run(mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = Recipe(
        network="reader",
        options={"filters": [8, 16, 16], "dropout": 0.0},
        epochs=2,
        batch=16,
        learning_rate=0.01,
        precision="float32",
        simulate=Simulation(originals=1, copies=1, negatives=1),
    )
    digits = mnist[0].take(np.arange(600), "600 digits")
    return train(recipe, digits, folder=tmp_path_factory.mktemp("runs") / "reader")


@pytest.fixture(scope="module")
def unseen(mnist: Mnist) -> Marks:
    """Marks of test digits, and as many that are none."""
    return simulate(mnist[1].take(np.arange(150)), copies=1, negatives=2, seed=9)


def test_a_run_that_simulates_leaves_a_file_of_logits(reader_run: Run) -> None:
    classifier = Classifier(reader_run.model_path)
    assert classifier.card.open_set
    assert classifier.card.name == "reader"
    metrics = reader_run.metrics
    assert classifier.card.rejection_threshold == metrics["rejection_threshold"]
    assert f"temperature {metrics['temperature']:.4g}" in classifier.card.calibration
    assert 0.2 < metrics["temperature"] < 5
    assert metrics["digits"] == 60  # it is measured on digits, not on marks
    assert metrics["accuracy"] == metrics["validation_accuracy"] > 0.6
    assert Recipe.load(reader_run.folder / "recipe.json").simulate == reader_run.recipe.simulate


def test_what_is_no_digit_is_believed_less(reader_run: Run, unseen: Marks) -> None:
    classifier = Classifier(reader_run.model_path)
    probabilities = classifier.open_set(unseen.images)
    assert probabilities.dtype == np.float32
    assert probabilities.min() >= 0
    is_digit = probabilities.sum(axis=1)
    assert is_digit.max() < 1
    shown = unseen.labels != NOT_A_DIGIT
    taken = is_digit > 0.5
    assert taken[shown].mean() > 0.75
    assert taken[~shown].mean() < 0.4
    # Told that it is a digit, the network says which as before.
    closed = classifier(unseen.images)
    np.testing.assert_allclose(closed.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(closed.argmax(axis=1), probabilities.argmax(axis=1))
    np.testing.assert_allclose(closed * is_digit[:, None], probabilities, atol=1e-5)


def test_the_threshold_holds_for_marks_it_has_not_seen(reader_run: Run, unseen: Marks) -> None:
    """Of what is trusted hardly anything is wrong, and it is not nothing."""
    probabilities = Classifier(reader_run.model_path).open_set(unseen.images)
    trusted = probabilities.max(axis=1) >= reader_run.metrics["rejection_threshold"]
    right = probabilities.argmax(axis=1) == unseen.labels
    assert trusted.sum() > 20
    assert right[trusted].mean() > 0.8
    assert right[trusted].mean() > right[~trusted].mean() + 0.3
    assert right[trusted].mean() > right.mean() + 0.2


def test_the_file_answers_as_the_network_does(reader_run: Run, unseen: Marks) -> None:
    logits = reader_run.network().predict(add_channel(scale(unseen.images)), verbose=0)
    ours = Reader(reader_run.model_path).classify(unseen.images)
    theirs = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_network_of_probabilities_cannot_be_taught_so(
    some_digits: Dataset, tmp_path: Path
) -> None:
    recipe = Recipe(simulate=Simulation())
    with pytest.raises(
        RecipeError,
        match="'reference' gives probabilities, and marks that are no digit need one that gives "
        "logits, such as reader",
    ):
        train(recipe, some_digits, folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_both_parts_are_simulated_out_of_their_own_digits(some_digits: Dataset) -> None:
    usable = np.flatnonzero(skeletons(some_digits.images[:300]).any(axis=(1, 2)))
    few = some_digits.take(usable[:200])
    recipe = Recipe(network="reader", simulate=Simulation(originals=2, copies=1, negatives=1))
    fitting, validation = few.split(0.2, seed=0)
    fitted = simulated_fitting(recipe, fitting)
    held_out = simulated_validation(recipe, validation)
    assert isinstance(fitted, Marks)
    assert isinstance(held_out, Marks)
    assert (len(fitted), len(held_out)) == (3 * 160 + 160, 2 * 40 + 20)
    np.testing.assert_array_equal(fitted.images[:160], fitting.images)
    np.testing.assert_array_equal(held_out.images[:40], validation.images)
    seen = {image.tobytes() for image in fitted.images}
    # A few scribbles are so plain that they come twice.
    assert sum(image.tobytes() in seen for image in held_out.images) <= 1
    assert simulated_fitting(Recipe(), fitting) is fitting
    assert simulated_validation(Recipe(), validation) is validation


def test_digits_drawn_anew_alone_teach_no_refusal(some_digits: Dataset, tmp_path: Path) -> None:
    usable = np.flatnonzero(skeletons(some_digits.images[:300]).any(axis=(1, 2)))
    few = some_digits.take(usable[:200])
    anew = Simulation(originals=1, copies=1, negatives=0)
    recipe = Recipe(simulate=anew, epochs=1, validation=0.2)  # the reference: probabilities
    fitting, validation = recipe.split(few)
    fitted = simulated_fitting(recipe, fitting)
    assert isinstance(fitted, Dataset)
    assert len(fitted) == 2 * 160
    assert simulated_validation(recipe, validation) is validation
    run = train(recipe, few, folder=tmp_path / "run")
    assert not Reader(run.model_path).card.open_set


def test_digits_without_ink_are_named(tmp_path: Path) -> None:
    pale = Dataset(np.ones((40, 28, 28), np.uint8), np.arange(40) % 10, "pale digits")
    recipe = Recipe(network="reader", simulate=Simulation(), validation=0.5)
    with pytest.raises(DataError, match="pale digits, validation part has no ink"):
        train(recipe, pale, folder=tmp_path / "run")


def test_the_logit_of_no_digit_is_0_and_has_nothing_to_learn() -> None:
    layer = AppendNotADigit()
    logits = np.random.default_rng(0).normal(size=(3, 10)).astype(np.float32)
    given = keras.ops.convert_to_numpy(layer(logits))
    np.testing.assert_array_equal(given[:, :10], logits)
    np.testing.assert_array_equal(given[:, 10], 0)
    assert not layer.weights
    assert layer(keras.KerasTensor((None, 10))).shape == (None, 11)


def test_batches_of_marks_have_a_column_for_no_digit() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    marks = Marks(images, np.array([0, 9, NOT_A_DIGIT, 3, NOT_A_DIGIT], np.uint8))
    batches = Batches(marks, 4)
    assert len(batches) == 2
    taken, labels = batches[0]
    np.testing.assert_array_equal(taken, add_channel(scale(images[:4])))
    np.testing.assert_array_equal(labels, np.eye(11, dtype=np.float32)[[0, 9, 10, 3]])
