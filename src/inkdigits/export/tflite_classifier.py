"""Classify framed digits with a ``.tflite`` file, through LiteRT."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits._quiet import silenced
from inkdigits.errors import ModelError, import_extra
from inkdigits.reading import ModelCard
from inkdigits.reading.classifier import check_images, softmax
from inkdigits.reading.model_file import read_model

__all__ = ["CARD", "TfliteClassifier"]

CARD = "inkdigits"
"""Name of the metadata that holds a file's card."""


class TfliteClassifier:
    """A ``.tflite`` file, ready to classify, on one processor. Not to be shared between threads.

    Args:
        path: a ``.tflite`` file that InkDigits exported.

    Attributes:
        card: what the file says about itself.
        output: ``probabilities`` or ``logits``: what the file gives.

    Raises:
        ModelError: missing, damaged, or not a model of digits.
        MissingExtraError: LiteRT is not installed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        litert: Any = import_extra("ai_edge_litert.interpreter")
        path = Path(path)
        content = read_model(path)
        try:
            with silenced():  # it tells of its delegate
                self._interpreter = litert.Interpreter(model_content=content, num_threads=1)
                self._interpreter.allocate_tensors()
            signatures = self._interpreter.get_signature_list()
            card = _metadata(content)
        except Exception as error:  # LiteRT's own kinds share no narrower base
            raise ModelError(f"{path} is not a sound TensorFlow Lite model") from error
        self.card = ModelCard.from_metadata(card, path)
        self._path = path
        self._input, self._output = self._check_signature(signatures, path)
        self.output: str = signatures["serving_default"]["outputs"][0]

    def _check_signature(self, signatures: Any, path: Path) -> tuple[Any, Any]:
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        names = signatures.get("serving_default")
        if (
            names not in ({"inputs": ["images"], "outputs": [name]} for name in _OUTPUTS)
            or [list(tensor["shape"]) for tensor in (*inputs, *outputs)]
            != [[1, 28, 28, 1], [1, 10]]
            or {tensor["dtype"] for tensor in (*inputs, *outputs)} not in ({np.float32}, {np.int8})
        ):
            raise ModelError(
                f"{path} must take images (1, 28, 28, 1) and give logits or probabilities (1, 10)"
            )
        return inputs[0], outputs[0]

    def __call__(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify images of single digits, one after the other.

        Args:
            images: uint8 ``(count, 28, 28)``, bright ink on black, framed as MNIST is.

        Returns:
            float32 ``(count, 10)``: a row of probabilities an image.

        Raises:
            ValueError: another shape or type.
            ModelError: the model gives no probabilities.
        """
        check_images(images)
        taken = _quantised(images[..., np.newaxis] * np.float32(1 / 255), self._input)
        outputs = np.empty((len(images), 10), self._output["dtype"])
        for row, image in zip(outputs, taken):
            self._interpreter.set_tensor(self._input["index"], image[np.newaxis])
            self._interpreter.invoke()
            row[:] = self._interpreter.get_tensor(self._output["index"])[0]
        given = _dequantised(outputs, self._output)
        if self.output == "logits":
            return softmax(given)
        sums = given.sum(axis=1, keepdims=True)
        if not np.all(np.abs(sums - 1) < _ROUNDING):
            raise ModelError(f"{self._path} gives no probabilities: they do not sum to 1")
        probabilities: npt.NDArray[np.float32] = given / sums
        return probabilities


_ROUNDING = 0.05  # ten probabilities in steps of 1/256 sum to 1 only nearly
_OUTPUTS = ("probabilities", "logits")


def _quantised(values: npt.NDArray[np.float32], tensor: Any) -> npt.NDArray[Any]:
    """Bring numbers to what a tensor holds: themselves, or steps of its scale."""
    if tensor["dtype"] is np.float32:
        return values
    step, zero = tensor["quantization"]
    steps = np.rint(values / np.float32(step)) + zero
    held: npt.NDArray[np.int8] = np.clip(steps, -128, 127).astype(np.int8)
    return held


def _dequantised(values: npt.NDArray[Any], tensor: Any) -> npt.NDArray[np.float32]:
    if tensor["dtype"] is np.float32:
        return values
    step, zero = tensor["quantization"]
    numbers: npt.NDArray[np.float32] = (values.astype(np.float32) - zero) * np.float32(step)
    return numbers


def _metadata(content: bytes) -> dict[str, str]:
    """Read the card's text out of a file that LiteRT has found sound."""
    schema: Any = import_extra("ai_edge_litert.schema_py_generated")
    model = schema.Model.GetRootAs(content, 0)
    for place in range(model.MetadataLength()):
        entry = model.Metadata(place)
        if entry.Name() == CARD.encode():
            card = json.loads(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
            if isinstance(card, dict):
                return card
    return {}
