"""How far the reader's confidence can be trusted.

On MNIST's test set as it is, on its digits drawn anew by other hands, and on marks that are no
digit: expected calibration error, and accuracy against coverage as the confidence that is asked for
rises.

    python benchmarks/confidence.py
"""

import numpy as np
from _common import report

from inkdigits import Dataset, Reader, load_mnist
from inkdigits.evaluation import Evaluation
from inkdigits.synthesis import NOT_A_DIGIT, simulate

SEED = 30
STEPS = 101


def main() -> None:
    test = load_mnist()[1]
    marks = simulate(test, copies=1, negatives=1.0, seed=SEED)
    reader = Reader()
    probabilities = reader.classify_marks(marks.images)
    count = len(test)
    drawn = (np.arange(len(marks)) >= count) & (marks.labels != NOT_A_DIGIT)
    parts = {"mnist_test": slice(0, count), "drawn_anew": drawn}
    figures: dict[str, object] = {"threshold": reader.card.rejection_threshold, "seed": SEED}
    confidence = probabilities.max(axis=1)
    for name, part in parts.items():
        digits = Dataset(marks.images[part], marks.labels[part], name)
        evaluation = Evaluation(digits, probabilities[part])
        sure, right = evaluation.confidences, evaluation.correct
        figures[name] = {
            "digits": len(right),
            "accuracy": float(right.mean()),
            "expected_calibration_error": evaluation.expected_calibration_error,
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


if __name__ == "__main__":
    main()
