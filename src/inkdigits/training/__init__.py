"""A network is *fitted*: a recipe and a data set in, a run folder out."""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy
from inkdigits.training.recipe import Augmentation, Recipe, Simulation
from inkdigits.training.run import Run

if TYPE_CHECKING:
    from inkdigits.training.trainer import resume, train

__all__ = ["Augmentation", "Recipe", "Run", "Simulation", "resume", "train"]

# The two things here that need Keras.
__getattr__ = lazy(__name__, {"resume": "trainer", "train": "trainer"})
