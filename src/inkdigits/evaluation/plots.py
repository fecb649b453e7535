"""Plots of an evaluation: history, confusion matrix, misread digits, reliability."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from inkdigits.datasets.dataset import DIGITS
from inkdigits.evaluation.evaluate import CALIBRATION_BINS, Evaluation
from inkdigits.evaluation.figures import ACCENT, INK, MUTED, figure, show_digits, tidy

__all__ = [
    "EpochLike",
    "plot_confusion",
    "plot_history",
    "plot_misread",
    "plot_reliability",
]

_MISREAD_COLUMNS = 10
_MISREAD_ROWS = 4


class EpochLike(Protocol):
    """One epoch of a history, whoever recorded it."""

    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float: ...
    @property
    def val_loss(self) -> float: ...
    @property
    def val_accuracy(self) -> float: ...


def plot_history(history: Sequence[EpochLike]) -> Figure:
    """Plot accuracy and loss over the epochs, in training and in validation."""
    plot = figure(9, 3.6)
    left, right = plot.subplots(1, 2)
    epochs = range(1, len(history) + 1)
    marker = "o" if len(history) <= 30 else ""
    curves: list[tuple[str, str, Callable[[EpochLike], float], Callable[[EpochLike], float]]] = [
        ("Accuracy", "accuracy", lambda e: e.accuracy, lambda e: e.val_accuracy),
        ("Loss", "cross-entropy (nats)", lambda e: e.loss, lambda e: e.val_loss),
    ]
    for axes, (title, label, training, validation) in zip((left, right), curves, strict=True):
        style = {"marker": marker, "markersize": 3.5}
        axes.plot(epochs, [training(e) for e in history], color=MUTED, label="training", **style)
        axes.plot(epochs, [validation(e) for e in history], color=INK, label="validation", **style)
        axes.set_title(title, loc="left", fontweight="bold")
        axes.set_xlabel("epoch")
        axes.set_ylabel(label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.legend(frameon=False)
        tidy(axes)
    left.yaxis.set_major_formatter(PercentFormatter(1.0))
    right.set_ylim(bottom=0)
    return plot


def plot_confusion(evaluation: Evaluation) -> Figure:
    """Plot how often each digit was taken for each other; shades show shares of the row."""
    matrix = evaluation.confusion_matrix
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    plot = figure(6.4, 6.2)
    axes = plot.subplots()
    # The root lifts the few mistakes out of the white beside the many right answers.
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(matrix > 0):
        axes.text(
            column,
            row,
            f"{matrix[row, column]}",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if shares[row, column] > 0.35 else ACCENT if row != column else INK,
        )
    axes.set_xticks(range(DIGITS))
    axes.set_yticks(range(DIGITS))
    axes.set_xlabel("predicted")
    axes.set_ylabel("actual")
    wrong = int((~evaluation.correct).sum())
    axes.set_title(
        f"{evaluation.dataset.name}: {evaluation.accuracy:.2%} right, "
        f"{wrong:,} of {len(evaluation.dataset):,} wrong",
        loc="left",
        fontsize=11,
        fontweight="bold",
    )
    return plot


def plot_misread(evaluation: Evaluation) -> Figure:
    """Show the digits that were most confidently misread, with what they are and were taken for."""
    worst = evaluation.misread(_MISREAD_COLUMNS * _MISREAD_ROWS)
    labels = evaluation.dataset.require_labels()
    plot = figure(10, 0.45 + 1.2 * max(1, ceil(len(worst) / _MISREAD_COLUMNS)))
    plot.suptitle(
        f"{len(worst)} of {(~evaluation.correct).sum()} misread, most confident first: "
        "actual → predicted (confidence)"
        if len(worst)
        else "No digit was misread",
        x=0.01,
        ha="left",
        fontsize=11,
        fontweight="bold",
    )
    shown = []
    for index in worst:
        taken_for = f"{evaluation.predictions[index]} ({evaluation.confidences[index]:.0%})"
        shown.append((evaluation.dataset.images[index], f"{labels[index]} → {taken_for}"))
    rows = [shown[at : at + _MISREAD_COLUMNS] for at in range(0, len(shown), _MISREAD_COLUMNS)]
    show_digits(plot.subplots(), rows, _MISREAD_COLUMNS)
    return plot


def plot_reliability(evaluation: Evaluation) -> Figure:
    """Plot accuracy against confidence: on the diagonal, confidence means what it says."""
    plot = figure(5.4, 5.6)
    upper, lower = plot.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    width = 1 / CALIBRATION_BINS
    centres = [(level.bin + 0.5) * width for level in evaluation.calibration]
    upper.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1, label="ideal")
    upper.bar(
        centres,
        [level.accuracy for level in evaluation.calibration],
        width=0.92 * width,
        color=INK,
        alpha=0.85,
        label="measured",
    )
    upper.set_ylabel("share that is right")
    upper.set_ylim(0, 1.02)
    upper.legend(frameon=False, loc="upper left")
    upper.set_title(
        f"Expected calibration error {evaluation.expected_calibration_error:.2%}",
        loc="left",
        fontsize=11,
        fontweight="bold",
    )
    counts = [level.digits for level in evaluation.calibration]
    lower.bar(centres, counts, 0.92 * width, color=MUTED)
    lower.set_yscale("log")
    lower.set_ylabel("digits")
    lower.set_xlabel("confidence")
    lower.set_xlim(0, 1)
    for axes in (upper, lower):
        tidy(axes)
    return plot
