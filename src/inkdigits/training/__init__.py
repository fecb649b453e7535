"""A network is *fitted*: a recipe and a data set in, a run folder out."""

from typing import TYPE_CHECKING, Any

from inkdigits.training.recipe import Augmentation, Recipe, Simulation
from inkdigits.training.run import Run

if TYPE_CHECKING:
    from inkdigits.training.trainer import resume, train

__all__ = ["Augmentation", "Recipe", "Run", "Simulation", "resume", "train"]


def __getattr__(name: str) -> Any:
    if name in ("resume", "train"):  # the two things here that need Keras
        from inkdigits.training import trainer

        return getattr(trainer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
