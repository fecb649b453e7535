"""The look that all plots share."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inkdigits._files import write_through

__all__ = ["ACCENT", "INK", "MUTED", "figure", "save", "show_digit", "tidy"]

INK = "#1f3a5f"
ACCENT = "#d1495b"
MUTED = "#8a94a0"

_DPI = 120


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
        spine.set_color("#d5dae0")
    if caption:
        axes.set_title(caption, fontsize=8, pad=3)


def save(plot: Figure, path: Path) -> None:
    """Save a plot as PNG, whole or not at all."""
    write_through(path, lambda temporary: plot.savefig(temporary, format="png"))
