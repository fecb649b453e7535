"""Print figures as a table, and digits with what they were taken for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkdigits.datasets import Dataset
    from inkdigits.evaluation import Classify, Evaluation

__all__ = ["print_figures", "print_predictions", "print_worst"]

_SHOWN = 5


def print_figures(figures: dict[str, Any]) -> None:
    """Print what `Evaluation.to_dict` holds."""
    print("digit  precision   recall       F1  images")
    for row in figures["per_digit"]:
        print(
            f"{row['digit']:>5}  {row['precision']:>9.2%}  {row['recall']:>7.2%}  "
            f"{row['f1']:>7.2%}  {row['support']:>6,}"
        )
    wrong = round((1 - figures["accuracy"]) * figures["digits"])
    print(
        f"\n{figures['data']}: accuracy {figures['accuracy']:.2%} ({wrong:,} of "
        f"{figures['digits']:,} wrong), loss {figures['loss']:.4f}, "
        f"calibration error {figures['expected_calibration_error']:.2%}"
    )


def print_worst(evaluation: "Evaluation") -> None:
    """Draw the most confidently wrong digits."""
    from inkdigits.cli._preview import preview

    worst = evaluation.misread(_SHOWN)
    if not worst.size:
        return
    labels = evaluation.dataset.require_labels()
    captions = [
        f"{labels[i]} → {evaluation.predictions[i]} ({evaluation.confidences[i]:.0%})"
        for i in worst
    ]
    print("\nmost confidently wrong, actual → predicted:")
    print(preview(evaluation.dataset.images[worst], captions))


def print_predictions(classify: "Classify", dataset: "Dataset") -> None:
    """Draw the first digits of a data set with what they are taken for."""
    from inkdigits.cli._preview import preview

    images = dataset.images[:_SHOWN]
    captions = [f"{row.argmax()} ({row.max():.1%})" for row in classify(images)]
    print(f"\npredictions for the first digits of {dataset.name}:")
    print(preview(images, captions))
