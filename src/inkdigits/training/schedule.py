"""How the learning rate moves through a run."""

from inkdigits._keras import keras
from inkdigits.training.recipe import Recipe

__all__ = ["learning_rate"]

_WARM_UP = 0.3  # of a one-cycle run's steps


def learning_rate(
    recipe: Recipe, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate of a run of so many `steps`, as a Keras optimizer takes it.

    Source of one-cycle: L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural
    Networks Using Large Learning Rates", 2018 (here without the cycle of momentum).
    """
    peak = recipe.learning_rate
    if recipe.schedule == "constant":
        return peak
    if recipe.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    warm_up = max(1, round(_WARM_UP * steps))
    return keras.optimizers.schedules.CosineDecay(
        peak / 25, max(1, steps - warm_up), warmup_target=peak, warmup_steps=warm_up
    )
