"""How far the reader's confidence can be trusted.

On MNIST's test set as it is, on its digits drawn anew by other hands, and on marks that are no
digit: expected calibration error, and accuracy against coverage as the confidence that is asked for
rises.

    python benchmarks/confidence.py
"""

import numpy as np
from _common import report

from inkdigits import Reader, load_mnist
from inkdigits.reading.classifier import DEFAULT_MODEL, Classifier
from inkdigits.synthesis import NOT_A_DIGIT, simulate

SEED = 30
STEPS = 101


def main() -> None:
    test = load_mnist()[1]
    marks = simulate(test, copies=1, negatives=1.0, seed=SEED)
    probabilities = Classifier(DEFAULT_MODEL).open_set(marks.images)
    count = len(test)
    drawn = (np.arange(len(marks)) >= count) & (marks.labels != NOT_A_DIGIT)
    parts = {"mnist_test": slice(0, count), "drawn_anew": drawn}
    figures: dict[str, object] = {"threshold": Reader().card.rejection_threshold, "seed": SEED}
    confidence = probabilities.max(axis=1)
    for name, part in parts.items():
        sure = confidence[part]
        right = probabilities[part].argmax(axis=1) == marks.labels[part]
        figures[name] = {
            "digits": len(right),
            "accuracy": float(right.mean()),
            "expected_calibration_error": _calibration_error(sure, right),
            "curve": _curve(sure, right),
        }
    none = confidence[marks.labels == NOT_A_DIGIT]
    asked = np.linspace(0, 1, STEPS)
    figures["no_digit"] = {
        "marks": len(none),
        "taken_for_a_digit": [float((none >= least).mean()) for least in asked],
    }
    report("confidence", "Confidence says how often an answer is right", figures)


def _curve(sure: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    curve = []
    for least in np.linspace(0, 1, STEPS):
        kept = sure >= least
        if kept.any():
            curve.append(
                {
                    "min_confidence": float(least),
                    "coverage": float(kept.mean()),
                    "accuracy": float(right[kept].mean()),
                }
            )
    return curve


def _calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    bins = np.minimum((sure * 15).astype(int), 14)
    off = 0.0
    for number in range(15):
        inside = bins == number
        if inside.any():
            off += inside.sum() * abs(right[inside].mean() - sure[inside].mean())
    return float(off / len(sure))


if __name__ == "__main__":
    main()
