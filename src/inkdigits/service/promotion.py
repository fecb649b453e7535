"""Put a model in service if it is no worse on MNIST, and better on what people corrected."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from inkdigits.datasets import Dataset, load, load_mnist
from inkdigits.errors import ServiceError
from inkdigits.feedback import Feedback, load_corrections
from inkdigits.reading import Reader
from inkdigits.reading.model_file import DEFAULT_MODEL, read_model
from inkdigits.service.in_service import (
    Figures,
    Promotion,
    Score,
    changing,
    current_model,
    put_in_service,
)

__all__ = ["Comparison", "promote"]


@dataclass(frozen=True)
class Comparison:
    """The model that was in service, and one that would take its place, both measured now.

    Args:
        sha256: of the candidate's file.
        in_service: figures of the model in service.
        candidate: the candidate's.
        replaces_packaged: whether the model in service was the packaged one.
        forgets: whether the candidate takes every mark for a digit, and the model in service does
            not.
        refusal: why the candidate is not put in service, in a sentence; `None` if it is.
    """

    sha256: str
    in_service: Figures
    candidate: Figures
    replaces_packaged: bool
    forgets: bool
    refusal: str | None


def promote(model: Path, database: str, home: Path) -> Comparison:
    """Put a model in service, unless it gets fewer of MNIST's 10,000 test digits right than the one
    that is, or no more of the held-out corrections.

    Args:
        model: an ``.onnx`` file that InkDigits exported.
        database: URL of the corrections.
        home: InkDigits' folder, see `inkdigits._home.home`.

    Raises:
        ServiceError: nothing to measure on, or with: the model is in service already, or learned
            from the corrections that are held out; what says which one is in service is damaged; or
            another one was put in service meanwhile.
        ModelError: a model file is missing, damaged, or not a model of digits.
        FeedbackError: the database cannot be read.
        OSError: the disk refuses; the model before is still in service.
    """
    held_out = _held_out(database)
    _refuse_learned(model, held_out)
    serving = current_model(home)
    content = read_model(model)
    sha256 = hashlib.sha256(content).hexdigest()
    if content == read_model(serving or DEFAULT_MODEL):
        raise ServiceError(f"{model} is in service already")
    readers = Reader(serving or DEFAULT_MODEL), Reader(model)
    test = load_mnist()[1]
    before, figures = (
        Figures(mnist=_score(reader, test), corrections=_score(reader, held_out))
        for reader in readers
    )
    if read_model(model) != content:
        raise ServiceError(f"{model} was changed while it was measured; promote it again")
    comparison = Comparison(
        sha256=sha256,
        in_service=before,
        candidate=figures,
        replaces_packaged=serving is None,
        forgets=readers[0].card.open_set and not readers[1].card.open_set,
        refusal=_refusal(model, before, figures),
    )
    if comparison.refusal is None:
        promotion = Promotion(
            sha256=sha256,
            source=str(model.resolve()),
            promoted_at=datetime.now(UTC),
            figures=figures,
            before=before,
        )
        # Measuring takes minutes with large models, and a rollback must not wait for that.
        with changing(home):
            if current_model(home) != serving:
                raise ServiceError(
                    f"{model} was measured against a model that is no longer in service; "
                    "promote it again"
                )
            put_in_service(home, content, promotion)
    return comparison


def _held_out(database: str) -> Dataset:
    """Load the corrections to measure on.

    Raises:
        ServiceError: there are none.
    """
    held_out = load_corrections(database, held_out=True)
    if held_out is not None:
        return held_out
    with Feedback(database) as feedback:
        count, place = feedback.count(), feedback.place
    raise ServiceError(
        f"in {place} there {'is 1 correction' if count == 1 else f'are {count:,} corrections'}, "
        "none of them among the fifth that is held out to measure on, and at least one of those is "
        "needed: people make corrections on the page of inkdigits serve"
    )


def _refuse_learned(model: Path, held_out: Dataset) -> None:
    """Refuse a run that was given all corrections: of those that it knows it gets most right."""
    also = model.parent / "also.npz"
    if not also.is_file():
        return
    learned = {image.tobytes() for image in load(also).images}
    known = sum(image.tobytes() in learned for image in held_out.images)
    if known:
        raise ServiceError(
            f"{model} learned from {known:,} of the {len(held_out):,} corrections that are held "
            "out, so measuring on them says nothing: train with --also feedback, which leaves them "
            "out"
        )


def _score(reader: Reader, dataset: Dataset) -> Score:
    """Count the digits that reading would get right.

    All these marks are digits, and one that is taken for none is lost to whoever wants it read: so
    this asks as reading does, not only which digit each would be if it were one.
    """
    probabilities = reader.classify_marks(dataset.images)
    not_a_digit = 1 - probabilities.sum(axis=1)
    right = probabilities.argmax(axis=1) == dataset.require_labels()
    return Score(
        right=int(np.count_nonzero(right & (probabilities.max(axis=1) > not_a_digit))),
        digits=len(dataset),
    )


def _refusal(model: Path, before: Figures, figures: Figures) -> str | None:
    faults = []
    if figures.mnist.right < before.mnist.right:
        faults.append(
            f"gets fewer of MNIST's test digits right ({figures.mnist}) than the model in service "
            f"({before.mnist})"
        )
    if figures.corrections.right <= before.corrections.right:
        faults.append(
            f"gets no more of the held-out corrections right ({figures.corrections}) than the "
            f"model in service ({before.corrections})"
        )
    if not faults:
        return None
    return f"{model} is not put in service: it {', and '.join(faults)}"
