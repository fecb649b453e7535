"""A recipe is *tuned*: a *space* of hyperparameters and a data set in, a better recipe out."""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy

if TYPE_CHECKING:
    from inkdigits.tuning.outcome import Outcome
    from inkdigits.tuning.plan import Plan
    from inkdigits.tuning.space import Space
    from inkdigits.tuning.study import search, train_best

__all__ = ["Outcome", "Plan", "Space", "search", "train_best"]

__getattr__ = lazy(
    __name__,
    {
        "Outcome": "outcome",
        "Plan": "plan",
        "Space": "space",
        "search": "study",
        "train_best": "study",
    },
)
