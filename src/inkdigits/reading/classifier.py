"""Classify framed digits with a model file, through ONNX Runtime."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from inkdigits._onnxruntime import onnxruntime
from inkdigits._processors import available_threads
from inkdigits.errors import ModelError
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.model_file import DEFAULT_MODEL, read_model

__all__ = [
    "Classifier",
    "Classify",
    "check_images",
    "softmax",
]

Classify: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
"""From images uint8 ``(count, 28, 28)`` to probabilities ``(count, 10)``."""

_BATCH = 64  # activations of this many digits stay in the processor's cache


class Classifier:
    """A model file, ready to classify. Safe to share between threads.

    Args:
        path: an ``.onnx`` file that InkDigits exported.
        threads: processor threads to use; all that this process may run on by default.

    Raises:
        ModelError: missing, damaged, or not a model of digits.
    """

    def __init__(
        self, path: str | os.PathLike[str] = DEFAULT_MODEL, threads: int | None = None
    ) -> None:
        path = Path(path)
        options = onnxruntime.SessionOptions()
        # One thread a call: a single digit does not wait for others to wake up, and many digits are
        # shared out in batches, which scales better than sharing out each layer.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised; it need not be printed too
        self._threads = threads or available_threads()
        # From bytes, a model cannot name other files to load.
        content = read_model(path)
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            # Names are decoded only when they are asked for.
            metadata = self._session.get_modelmeta().custom_metadata_map
            self.card = ModelCard.from_metadata(metadata, path)
            self._gives_logits = self._check_signature(path)
        except ModelError:
            raise
        except Exception as error:  # ONNX Runtime's own kinds share no narrower base
            raise ModelError(f"{path} is not a sound ONNX model") from error
        if self.card.open_set and not self._gives_logits:
            raise ModelError(f"{path} says that it knows what is no digit, but gives no logits")
        self._path = path
        self(np.zeros((2, 28, 28), np.uint8))  # what cannot work shall not be found out later

    def _check_signature(self, path: Path) -> bool:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        names = [tensor.name for tensor in (*inputs, *outputs)]
        if (
            len(names) != 2
            or names[0] != "images"
            or names[1] not in ("logits", "probabilities")
            or {tensor.type for tensor in (*inputs, *outputs)} != {"tensor(float)"}
            or isinstance(inputs[0].shape[0], int)  # a fixed number of images
            or list(inputs[0].shape[1:]) != [28, 28, 1]
            or list(outputs[0].shape[1:]) != [10]
        ):
            raise ModelError(
                f"{path} must take images (N, 28, 28, 1) and give logits or probabilities (N, 10)"
            )
        return bool(names[1] == "logits")

    def __call__(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify images of single digits.

        Args:
            images: uint8 ``(count, 28, 28)``, bright ink on black, framed as MNIST is.

        Returns:
            float32 ``(count, 10)``: a row of probabilities an image.

        Raises:
            ValueError: another shape or type.
            ModelError: the model does not run, or gives no probabilities.
        """
        return self._shared_out(images, self._closed_set)

    def open_set(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify images of marks that may be no digits.

        Returns:
            float32 ``(count, 10)``: what a row lacks to 1 is the probability of "not a digit"; a
            model that does not know of that never lacks any.

        Raises:
            As `__call__`.
        """
        return self._shared_out(images, self._open_set if self.card.open_set else self._closed_set)

    def _shared_out(
        self,
        images: npt.NDArray[np.uint8],
        probabilities_of: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]],
    ) -> npt.NDArray[np.float32]:
        check_images(images)
        if 0 < len(images) <= _BATCH:
            return probabilities_of(self._run(images))
        probabilities = np.empty((len(images), 10), np.float32)

        def classify_from(start: int) -> None:
            batch = images[start : start + _BATCH]
            probabilities[start : start + _BATCH] = probabilities_of(self._run(batch))

        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(classify_from, range(0, len(images), _BATCH)))
        return probabilities

    def _run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        scaled = images[:, :, :, np.newaxis] * np.float32(1 / 255)
        try:
            outputs: npt.NDArray[np.float32] = self._session.run(None, {"images": scaled})[0]
        except Exception as error:  # ONNX Runtime's own kinds share no narrower base
            raise ModelError(f"{self._path} is a model that does not run") from error
        # A sum tells of anything that is not finite.
        if outputs.shape != (len(images), 10) or not np.isfinite(outputs.sum()):
            raise ModelError(f"{self._path} gives no probabilities")
        return outputs

    def _closed_set(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if self._gives_logits:
            return softmax(outputs)
        count = len(outputs)
        if not abs(outputs.sum() - count) < 1e-3 * count:
            raise ModelError(f"{self._path} gives no probabilities: they do not sum to 1")
        return outputs

    def _open_set(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        nothing = np.zeros((len(outputs), 1), np.float32)
        return softmax(np.concatenate([outputs, nothing], axis=1))[:, :10]


def check_images(images: npt.NDArray[np.uint8]) -> None:
    """Make sure that images are uint8 ``(count, 28, 28)``.

    Raises:
        ValueError: they are not.
    """
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise ValueError(f"images must be uint8 (count, 28, 28), not {images.dtype} {images.shape}")


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the probabilities of logits, row by row: float32 ``(count, classes)`` of both."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: npt.NDArray[np.float32] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return result
