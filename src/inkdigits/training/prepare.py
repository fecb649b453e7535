"""What a recipe brings to fitting beside its network: simulated digits, and a teacher."""

from inkdigits._keras import keras
from inkdigits.datasets import Dataset
from inkdigits.synthesis import Marks, simulate
from inkdigits.training.fit import computing_in
from inkdigits.training.precision import POLICIES, settle_precision
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import Run

__all__ = ["load_teacher", "simulated_fitting", "simulated_validation"]

_HELD_OUT_NEGATIVES = 0.5  # marks on real pages are digits more often than in training


def load_teacher(recipe: Recipe) -> keras.Model | None:
    """Return the network to learn from, computing as fast as the one that learns."""
    if recipe.teacher is None:
        return None
    with computing_in(POLICIES[settle_precision(recipe).precision]):
        return Run(recipe.teacher).network()


def simulated_fitting(recipe: Recipe, fitting: Dataset) -> Dataset | Marks:
    """Add to the fitting part what the recipe simulates, out of its own digits."""
    how = recipe.simulate
    if how is None:
        return fitting
    marks = simulate(
        fitting,
        originals=how.originals,
        copies=how.copies,
        negatives=how.negatives,
        seed=recipe.seed,
    )
    return marks if recipe.open_set else Dataset(marks.images, marks.labels, fitting.name)


def simulated_validation(recipe: Recipe, validation: Dataset) -> Dataset | Marks:
    """Likewise for the validation part, where each digit comes once as it is and once anew.

    Without negatives it stays as it is: there is nothing else to find a threshold for.
    """
    how = recipe.simulate
    if how is None or not recipe.open_set:
        return validation
    negatives = _HELD_OUT_NEGATIVES * how.negatives
    return simulate(validation, copies=1, negatives=negatives, seed=recipe.seed)
