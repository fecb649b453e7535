"""Pictures of a data set: how many of each digit, what they look like, what augmentation does."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from inkdigits.datasets import Dataset
from inkdigits.datasets.dataset import DIGITS
from inkdigits.evaluation.figures import INK, figure, save, show_digits, tidy

__all__ = ["plot_augmented", "plot_counts", "plot_mean_digits", "plot_samples", "write_samples"]

_SAMPLES_A_DIGIT = 10
_UNLABELLED = 100


def write_samples(
    dataset: Dataset, folder: Path, copies: npt.NDArray[np.uint8] | None = None
) -> list[Path]:
    """Write the pictures of a data set as PNG into `folder`, which is made if need be.

    Args:
        dataset: to show; without labels only samples can be shown.
        folder: to write into.
        copies: augmented copies of the first image, uint8 ``(count, 28, 28)``.

    Returns:
        The files written.

    Raises:
        OSError: the disk refuses.
    """
    pictures = {"samples": plot_samples(dataset)}
    if dataset.labels is not None:
        pictures["counts"] = plot_counts(dataset)
        pictures["mean-digits"] = plot_mean_digits(dataset)
    if copies is not None:
        pictures["augmented"] = plot_augmented(dataset.images[0], copies)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {folder / f"{name}.png": plot for name, plot in pictures.items()}
    for path, plot in paths.items():
        save(plot, path)
    return list(paths)


def plot_counts(dataset: Dataset) -> Figure:
    """Plot how many images there are of each digit."""
    counts = np.bincount(dataset.require_labels(), minlength=DIGITS)
    plot = figure(6.4, 3.2)
    axes = plot.subplots()
    bars = axes.bar(range(DIGITS), counts, color=INK)
    axes.bar_label(bars, [f"{count:,}" for count in counts], fontsize=8, padding=2)
    axes.set_xticks(range(DIGITS))
    axes.set_xlabel("digit")
    axes.set_ylabel("images")
    axes.margins(y=0.1)
    axes.set_title(
        f"{dataset.name}: {len(dataset):,} digits", loc="left", fontsize=11, fontweight="bold"
    )
    tidy(axes)
    axes.grid(axis="x", visible=False)
    return plot


def plot_mean_digits(dataset: Dataset) -> Figure:
    """Show the mean image of each digit; an empty field where there is no image of one."""
    labels = dataset.require_labels()
    plot = figure(10, 1.5)
    means = []
    for digit in range(DIGITS):
        ours = labels == digit
        mean = dataset.images[ours].mean(axis=0) if ours.any() else np.zeros((28, 28))
        means.append((mean, f"mean {digit}"))
    show_digits(plot.subplots(), [means], DIGITS)
    return plot


def plot_samples(dataset: Dataset, *, seed: int = 0) -> Figure:
    """Show images drawn at random: a row of ten for each digit, or a hundred if unlabelled."""
    rng = np.random.default_rng(seed)
    if dataset.labels is None:
        rows = np.array_split(rng.permutation(len(dataset))[:_UNLABELLED], DIGITS)
    else:
        rows = [
            rng.permutation(np.flatnonzero(dataset.labels == digit))[:_SAMPLES_A_DIGIT]
            for digit in range(DIGITS)
        ]
    plot = figure(8, 8)
    shown = [[(dataset.images[index], "") for index in row] for row in rows]
    show_digits(plot.subplots(), shown, _SAMPLES_A_DIGIT)
    return plot


def plot_augmented(original: npt.NDArray[np.uint8], copies: npt.NDArray[np.uint8]) -> Figure:
    """Show one image ``(28, 28)`` and augmented copies of it ``(count, 28, 28)``."""
    plot = figure(1.0 * (len(copies) + 1), 1.5)
    named = [(image, f"copy {number}") for number, image in enumerate(copies, 1)]
    show_digits(plot.subplots(), [[(original, "original"), *named]], 1 + len(copies))
    return plot
