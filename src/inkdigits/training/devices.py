"""Train on several devices: each computes a part of every batch, then gradients are added up."""

import contextlib
from collections.abc import Iterator

from inkdigits._keras import keras
from inkdigits.errors import RecipeError, RunError

__all__ = ["check_devices", "on_devices"]


@contextlib.contextmanager
def on_devices(count: int) -> Iterator[None]:
    """Share the batches of networks that are made and fitted in here out to so many devices.

    Raises:
        RunError: this backend does not do that, or there are fewer devices.
    """
    if count == 1:
        yield
        return
    devices = _devices()
    if len(devices) < count:
        raise RunError(f"there are not {count} devices here to train on: {', '.join(devices)}")
    distribution = keras.distribution
    before = distribution.distribution()
    distribution.set_distribution(
        distribution.DataParallel(devices=devices[:count], auto_shard_dataset=False)
    )
    try:
        yield
    finally:
        distribution.set_distribution(before)


def check_devices(count: int, batch: int) -> None:
    """Make sure that batches can be shared out to so many devices.

    Raises:
        RunError: this backend does not do that, or there are fewer devices.
        RecipeError: the batch cannot be shared out equally.
    """
    with on_devices(count):
        if batch % count:
            fitting = max(count, batch - batch % count)
            raise RecipeError(
                f"a batch of {batch} cannot be shared out equally to {count} devices: give one of "
                f"{fitting}"
            )


def _devices() -> list[str]:
    backend = keras.backend.backend()
    devices: list[str] = []
    # TensorFlow has a list of devices, too, but Keras does not train on several by it.
    if backend != "tensorflow":
        with contextlib.suppress(AttributeError, NotImplementedError):
            devices = keras.distribution.list_devices()
    if not devices:
        raise RunError(
            f"Keras trains on several devices with JAX, and not with {backend}: pip install jax, "
            "and set KERAS_BACKEND=jax"
        )
    return devices
