"""Which network `inkdigits read` comes with: the packaged one, of 8 bits, beside others.

On digits that the packaged network was not fitted to: as MNIST has them, drawn anew by other hands,
and on synthesised pages; on marks that are no digit; and how long a drawing takes. Other networks
are given as runs or ``.onnx`` files; what they were fitted to may favour them. The packaged one in
float is what ``inkdigits train --recipe reader`` leaves.

    python benchmarks/packaged.py [--pages 400] [MODEL …]
"""

import argparse
import functools
from pathlib import Path
from typing import Any

import numpy as np
from _common import report, seconds_each, summary
from pages import edit_distance

from inkdigits import Dataset, Reader, Recipe, load_mnist
from inkdigits.benchmark.pictures import drawing
from inkdigits.cli.read import model_file
from inkdigits.synthesis import NOT_A_DIGIT, PageWriter, simulate

SEED = 40
TURNS = 15
CALLS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL")
    parser.add_argument("--pages", type=int, default=400)
    arguments = parser.parse_args()
    digits, _ = load_mnist()
    _, validation = Recipe.load("reader").split(digits)
    readers = {"packaged": Reader()}
    readers |= {model.stem: Reader(model_file(model)) for model in arguments.models}
    figures = {
        name: {
            "name": reader.card.name,
            **on_marks(reader, validation),
            **on_pages(reader, validation, arguments.pages),
        }
        for name, reader in readers.items()
    }
    for name, milliseconds in times(readers, drawing(validation)).items():
        figures[name]["drawing_milliseconds"] = summary(milliseconds)
    report(
        "packaged",
        "the packaged network and others, on digits, pages and what is no digit",
        {"digits": len(validation), "pages": arguments.pages, "networks": figures},
    )


def on_marks(reader: Reader, digits: Dataset) -> dict[str, Any]:
    """Return how a reader does on framed marks, one by one."""
    marks = simulate(digits, copies=1, negatives=1.0, seed=SEED)
    probabilities = reader.classify_marks(marks.images)
    trusted = probabilities.max(axis=1) >= reader.card.rejection_threshold
    right = probabilities.argmax(axis=1) == marks.labels
    as_they_are = np.arange(len(marks)) < len(digits)
    none = marks.labels == NOT_A_DIGIT
    return {
        "validation_errors": int(np.sum(~right[as_they_are])),
        "drawn_anew_right": float(np.mean((right & trusted)[~as_they_are & ~none])),
        "drawn_anew_wrong": float(np.mean((~right & trusted)[~as_they_are & ~none])),
        "no_digit_read": float(np.mean(trusted[none])),
    }


def on_pages(reader: Reader, digits: Dataset, count: int) -> dict[str, Any]:
    """Return how a reader does on synthesised pages, the same ones for all."""
    writer, rng = PageWriter(digits), np.random.default_rng(SEED)
    exact, errors, written = 0, 0, 0
    for _ in range(count):
        page = writer.write(rng)
        wanted = page.text.replace("\n", "")
        text = reader.read(page.pixels).text.replace("\n", "")
        wrong = min(edit_distance(text, wanted), len(wanted))
        exact, errors, written = exact + (wrong == 0), errors + wrong, written + len(wanted)
    return {"pages_exact": exact / count, "pages_digit_error_rate": errors / written}


def times(readers: dict[str, Reader], picture: np.ndarray) -> dict[str, list[float]]:
    """Return the milliseconds that a small drawing takes, measured in turns."""
    milliseconds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(TURNS):
        for name, reader in readers.items():
            seconds = seconds_each(functools.partial(reader.read, picture), calls=CALLS)
            milliseconds[name].append(1000 * seconds)
    return milliseconds


if __name__ == "__main__":
    main()
