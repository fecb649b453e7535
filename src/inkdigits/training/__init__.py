"""A network is *fitted*: a recipe and a data set in, a run folder out."""

from typing import TYPE_CHECKING, Any

from inkdigits.training.recipe import Augmentation, Recipe
from inkdigits.training.run import Run

if TYPE_CHECKING:
    from inkdigits.training.trainer import train

__all__ = ["Augmentation", "Recipe", "Run", "train"]


def __getattr__(name: str) -> Any:
    if name == "train":  # the one thing here that needs Keras
        from inkdigits.training.trainer import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
