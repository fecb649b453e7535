"""The look that all plots share."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from inkdigits._files import write_through

__all__ = ["ACCENT", "INK", "MUTED", "figure", "save", "show_digit", "show_digits", "tidy"]

INK = "#1f3a5f"
ACCENT = "#d1495b"
MUTED = "#8a94a0"

_FAINT = "#d5dae0"

_DPI = 120
_GAP = 0.08  # between the digits of a grid, each of which is 1 wide
_CAPTION = 0.2


def figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches, outside pyplot's global state."""
    return Figure(figsize=(width, height), dpi=_DPI, layout="constrained", facecolor="white")


def tidy(axes: Axes) -> None:
    """Take the frame's upper and right side away and put a faint grid behind."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e4e8ec", linewidth=0.8)
    axes.set_axisbelow(True)


def show_digit(axes: Axes, image: npt.NDArray[np.generic], caption: str = "") -> None:
    """Show one image ``(28, 28)`` as dark ink on white, with a caption above."""
    axes.imshow(image, cmap="Greys", vmin=0, vmax=255)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(_FAINT)
    if caption:
        axes.set_title(caption, fontsize=8, pad=3)


def show_digits(
    axes: Axes, rows: Iterable[Sequence[tuple[npt.NDArray[np.generic], str]]], columns: int
) -> None:
    """Show images ``(28, 28)`` with captions in rows, which may be shorter than `columns`.

    One axes holds them all: one for each takes ten times as long to lay out.
    """
    top = 0.0
    for row in rows:
        top += _CAPTION * any(caption for _, caption in row)
        for position, (image, caption) in enumerate(row):
            left = position * (1 + _GAP)
            box = (left, left + 1, top + 1, top)
            axes.imshow(image, cmap="Greys", vmin=0, vmax=255, extent=box)
            axes.add_patch(Rectangle((left, top), 1, 1, fill=False, edgecolor=_FAINT))
            axes.text(left + 0.5, top - 0.04, caption, ha="center", va="bottom", fontsize=8)
        top += 1 + _GAP
    axes.set(xlim=(-0.01, columns * (1 + _GAP) - _GAP + 0.01), ylim=(max(top - _GAP, 1) + 0.01, 0))
    axes.set_axis_off()


def save(plot: Figure, path: Path) -> None:
    """Save a plot as PNG, whole or not at all."""
    write_through(path, lambda temporary: plot.savefig(temporary, format="png"))
