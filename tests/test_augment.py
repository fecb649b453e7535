"""Augmentation: what it does to images, checked against OpenCV."""

import cv2
import numpy as np
import pytest

from inkdigits import Augmentation, Dataset, add_channel, scale
from inkdigits._keras import keras
from inkdigits.training.augment import Augment, _sample, _smoothing, augmented_copies

STILL = dict.fromkeys(Augmentation.model_fields, 0)


@pytest.fixture(scope="module")
def images(mnist: tuple[Dataset, Dataset]) -> np.ndarray:
    return add_channel(scale(mnist[0].images[:64]))


def augment(images: np.ndarray, seed: int = 0, **amounts: float) -> np.ndarray:
    layer = Augment(Augmentation(**(STILL | amounts)), seed)
    return keras.ops.convert_to_numpy(layer(images, training=True))


def centres(images: np.ndarray) -> np.ndarray:
    """Centre of mass of each image, (count, 2), in pixels."""
    mass = images.sum(axis=(1, 2, 3))
    rows = images.sum(axis=(2, 3)) @ np.arange(28) / mass
    columns = images.sum(axis=(1, 3)) @ np.arange(28) / mass
    return np.stack([rows, columns], axis=1)


def test_looking_between_pixels_is_what_opencv_does(images: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-4, 32, (2, 8, 784)).astype(np.float32)
    ours = keras.ops.convert_to_numpy(_sample(images[:8], x, y))[..., 0]
    for image, mine, xs, ys in zip(images, ours, x, y, strict=False):
        maps = xs.reshape(28, 28), ys.reshape(28, 28)
        theirs = cv2.remap(image[..., 0], *maps, cv2.INTER_LINEAR, borderValue=0)
        np.testing.assert_allclose(mine, theirs, atol=0.02)  # OpenCV rounds to 1/32 pixel


def test_nothing_happens_outside_training_or_with_nothing_asked(images: np.ndarray) -> None:
    layer = Augment(Augmentation(), 0)
    np.testing.assert_array_equal(layer(images, training=False), images)
    np.testing.assert_allclose(augment(images), images, atol=1e-6)


def test_images_stay_images(images: np.ndarray) -> None:
    bent = augment(images, **Augmentation().model_dump())
    assert bent.shape == images.shape
    assert bent.dtype == np.float32
    assert bent.min() >= 0
    assert bent.max() <= 1 + 1e-6
    assert np.abs(bent - images).mean() > 0.02


def test_jitter_moves_a_batch_as_one_by_whole_pixels(images: np.ndarray) -> None:
    offsets = set()
    for seed in range(40):
        moved = augment(images, seed, jitter=1)
        found = [
            (row, column)
            for row in (-1, 0, 1)
            for column in (-1, 0, 1)
            if np.array_equal(np.roll(images, (row, column), axis=(1, 2)), moved)
        ]
        assert len(found) == 1
        offsets.update(found)
    assert len(offsets) == 9


def test_each_image_is_bent_by_its_own_amount(images: np.ndarray) -> None:
    same = np.repeat(images[:1], 16, axis=0)
    bent = augment(same, rotation=20)
    assert len(np.unique(bent.reshape(16, -1), axis=0)) == 16


def test_shift_moves_the_centre_of_mass_by_up_to_so_many_pixels(images: np.ndarray) -> None:
    moved = centres(augment(images, shift=2)) - centres(images)
    assert np.abs(moved).max() <= 2.05
    assert np.abs(moved).max() > 1.5
    assert np.abs(moved.mean()) < 0.5


def test_zoom_changes_the_amount_of_ink(images: np.ndarray) -> None:
    ratio = augment(images, zoom=0.2).sum(axis=(1, 2, 3)) / images.sum(axis=(1, 2, 3))
    assert ratio.min() > 0.8**2 - 0.05
    assert ratio.max() < 1.2**2 + 0.05
    assert ratio.std() > 0.05


def test_rotation_turns_a_bar_by_up_to_so_many_degrees() -> None:
    bar = np.zeros((200, 28, 28, 1), np.float32)
    bar[:, 6:22, 13:15] = 1
    turned = augment(bar, rotation=30)[..., 0]
    angles = []
    for image in turned:
        y, x = np.nonzero(image > 0.5)
        _, _, direction = np.linalg.svd(np.stack([x - x.mean(), y - y.mean()], 1))
        angles.append(np.degrees(np.arctan2(direction[0, 0], direction[0, 1])))
    angles_of_lines = (np.array(angles) + 90) % 180 - 90
    assert np.abs(angles_of_lines).max() < 33
    assert angles_of_lines.min() < -20
    assert angles_of_lines.max() > 20


def test_thickness_thickens_and_thins_without_fading(images: np.ndarray) -> None:
    bent = augment(images, thickness=1.0)
    ratio = bent.sum(axis=(1, 2, 3)) / images.sum(axis=(1, 2, 3))
    assert ratio.min() < 0.8
    assert ratio.max() > 1.5
    assert bent.max(axis=(1, 2, 3)).min() > 0.45


def test_elastic_displacements_have_the_deviation_that_was_asked_for() -> None:
    weights = _smoothing(28)
    np.testing.assert_allclose((weights**2).sum(axis=1), 1, rtol=1e-5)
    ramp = np.tile(np.linspace(0, 1, 28, dtype=np.float32)[None, None, :, None], (500, 28, 1, 1))
    moved = (augment(ramp, elastic=0.6) - ramp)[:, 10:18, 10:18] * 27  # back to pixels
    assert moved.std() == pytest.approx(0.6, rel=0.1)


def test_copies_of_one_digit(mnist: tuple[Dataset, Dataset]) -> None:
    copies = augmented_copies(mnist[0].images[0], Augmentation(), 10)
    assert copies.shape == (10, 28, 28)
    assert copies.dtype == np.uint8
    np.testing.assert_array_equal(
        copies, augmented_copies(mnist[0].images[0], Augmentation(), 10, seed=0)
    )


def test_augmentation_is_not_in_the_finished_network(trained: object) -> None:
    network = trained.network()  # type: ignore[attr-defined]
    assert not any(isinstance(layer, Augment) for layer in network.layers)
    assert network.count_params() == 225_034
