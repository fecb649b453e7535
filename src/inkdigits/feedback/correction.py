"""A correction: what a person says that a digit is."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from inkdigits._text import abbreviated
from inkdigits.datasets.dataset import DIGITS, SIDE
from inkdigits.errors import FeedbackError

__all__ = ["LONGEST_MODEL", "Correction"]

LONGEST_MODEL = 64
"""Characters that the name of a model's version may have."""


@dataclass(frozen=True, eq=False)
class Correction:
    """What a person says that a digit is, and what the model had said.

    Args:
        image: uint8 ``(28, 28)``, bright ink on black, as the network saw it; it is copied.
        digit: what it is, 0 to 9.
        answer: what the model said, 0 to 9; ``None`` where it said nothing.
        confidence: of that answer, 0 to 1; ``None`` where it is not known.
        model: the model's version; empty where it is not known.
        given_at: when the person said so, with a time zone; kept in UTC.

    Raises:
        FeedbackError: a value that is none of the above.
    """

    image: npt.NDArray[np.uint8]
    digit: int
    answer: int | None = None
    confidence: float | None = None
    model: str = ""
    given_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        image = np.array(self.image)
        if image.shape != (SIDE, SIDE) or image.dtype != np.uint8:
            raise FeedbackError(
                f"the image of a correction must be uint8 ({SIDE}, {SIDE}), "
                f"this is {image.dtype} {image.shape}"
            )
        image.flags.writeable = False
        object.__setattr__(self, "image", image)
        _check_digit("digit", self.digit)
        if self.answer is not None:
            _check_digit("answer", self.answer)
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise FeedbackError(f"confidence must be from 0 to 1, not {self.confidence}")
        # PostgreSQL keeps no NUL, UTF-8 has no lone surrogates, and a terminal obeys controls.
        if len(self.model) > LONGEST_MODEL or not self.model.isprintable():
            raise FeedbackError(
                f"the model's version must be at most {LONGEST_MODEL} printable characters, "
                f"not {abbreviated(self.model)}"
            )
        if self.given_at.tzinfo is None:
            raise FeedbackError(f"given_at must have a time zone, {self.given_at} has none")
        object.__setattr__(self, "given_at", self.given_at.astimezone(UTC))

    @cached_property
    def id(self) -> str:
        """SHA-256 of the image's 784 bytes, as hexadecimal: the same image has the same one."""
        return hashlib.sha256(self.image.tobytes()).hexdigest()


def _check_digit(name: str, value: object) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value not in range(DIGITS):
        raise FeedbackError(f"{name} must be a whole number from 0 to 9, not {abbreviated(value)}")
