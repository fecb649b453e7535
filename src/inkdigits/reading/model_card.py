"""What a model file says about itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from inkdigits._text import encodable
from inkdigits.errors import ModelError

__all__ = ["ModelCard"]


@dataclass(frozen=True)
class ModelCard:
    """The metadata of an ``.onnx`` or ``.tflite`` file.

    Args:
        name: of the network and its recipe.
        version: of InkDigits when it was trained.
        training_data: name of the training set.
        training_data_sha256: fingerprint of the training set.
        test_accuracy: on the test set, 0 to 1, before quantisation; `None` where there was none.
        rejection_threshold: a digit with less confidence is not trusted.
        parameters: number of weights.
        labels: what each of the outputs stands for.
        preprocessing: what the input must be.
        calibration: how probabilities were calibrated; ``none`` when as the network gave them.
        open_set: whether the outputs are logits relative to "not a digit", whose own logit is 0.
        quantisation: ``none``, ``dynamic`` or ``int8``: how the weights were rounded to 8 bits.
        licence: of the weights.
    """

    name: str
    version: str
    training_data: str
    training_data_sha256: str
    test_accuracy: float | None
    rejection_threshold: float
    parameters: int
    labels: tuple[str, ...] = tuple("0123456789")
    preprocessing: str = (
        "float32 (N, 28, 28, 1), 0 to 1, bright ink on black, longer side 20 pixels, "
        "centre of mass at pixel (14, 14)"
    )
    calibration: str = "none"
    open_set: bool = False
    quantisation: str = "none"
    licence: str = "MIT"

    @classmethod
    def of_unknown(cls, name: str, parameters: int) -> "ModelCard":
        """Return the card of a network that somebody else trained on who knows what."""
        return cls(
            name=name,
            version="unknown",
            training_data="unknown",
            training_data_sha256="unknown",
            test_accuracy=None,
            rejection_threshold=0.0,
            parameters=parameters,
            licence="unknown",
        )

    def to_metadata(self) -> dict[str, str]:
        """Return the card as ONNX metadata: a string a key."""
        return {
            key: encodable(value) if isinstance(value, str) else json.dumps(value)
            for key, value in vars(self).items()
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], path: object) -> "ModelCard":
        """Read the card from ONNX metadata.

        Raises:
            ModelError: a key is missing or makes no sense.
        """
        try:
            if not all(isinstance(value, str) for value in metadata.values()):
                raise TypeError("metadata is text")
            accuracy = metadata["test_accuracy"]
            card = cls(
                name=metadata["name"],
                version=metadata["version"],
                training_data=metadata["training_data"],
                training_data_sha256=metadata["training_data_sha256"],
                test_accuracy=None if accuracy == "null" else float(accuracy),
                rejection_threshold=float(metadata["rejection_threshold"]),
                parameters=int(metadata["parameters"]),
                labels=tuple(json.loads(metadata["labels"])),
                preprocessing=metadata["preprocessing"],
                calibration=metadata["calibration"],
                # Files of the first version know neither.
                open_set=json.loads(metadata.get("open_set", "false")) is True,
                quantisation=metadata.get("quantisation", "none"),
                licence=metadata["licence"],
            )
        except KeyError as error:
            raise ModelError(
                f"{path} was not exported by InkDigits: its metadata has no {error.args[0]!r}"
            ) from error
        except (TypeError, ValueError, RecursionError) as error:
            raise ModelError(f"{path} has damaged metadata; export it again") from error
        if not 0 <= card.rejection_threshold < 2:
            raise ModelError(f"{path} has no sound rejection threshold: {card.rejection_threshold}")
        if card.labels != tuple("0123456789"):
            raise ModelError(f"{path} does not name the digits 0 to 9")
        if card.test_accuracy is not None and not 0 <= card.test_accuracy <= 1:
            raise ModelError(f"{path} has no sound test accuracy: {card.test_accuracy}")
        return card
