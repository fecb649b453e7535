"""A plan: all that makes a study what it is, so that only the same study is gone on with."""

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from inkdigits.errors import TuningError
from inkdigits.training.recipe import Recipe
from inkdigits.tuning.space import Space

__all__ = ["Against", "Method", "Plan"]

Method = Literal["grid", "random", "tpe", "hyperband"]
Against = Literal["multiply-adds", "parameters"]

_MAX_GRID = 10_000  # Optuna keeps all of it in memory


class Plan(BaseModel):
    """What is searched, how, and on which digits.

    Args:
        recipe: to change; the winner is trained for its epochs.
        space: tables of the hyperparameters that are searched; see `Space`.
        method: how parameters are chosen. ``tpe`` and ``hyperband`` learn from the trials before;
            all but ``grid`` end hopeless trials early, ``hyperband`` most of them.
        epochs: of a trial. Its learning rate goes through the whole schedule in them.
        folds: parts to validate on in turn; 1 for the recipe's own validation part.
        against: what shall be low beside high accuracy; `None` for accuracy alone.
        seed: of what is chosen at random.
        data_sha256: fingerprint of the training set.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: Recipe
    space: dict[str, Any]
    method: Method = "tpe"
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]
    folds: Annotated[int, Field(ge=1, le=100)] = 1
    against: Against | None = None
    seed: Annotated[NonNegativeInt, Field(lt=2**32)] = 0
    data_sha256: str

    @classmethod
    def of(cls, **fields: Any) -> "Plan":
        """Make a plan and make sure that it can be carried out.

        Raises:
            TuningError: an impossible value, named, or parts that do not go together.
        """
        try:
            plan = cls(**fields)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise TuningError(f"{field} cannot be {first['input']!r}: {first['msg']}") from error
        if plan.method == "hyperband" and plan.against is not None:
            raise TuningError(
                "hyperband ends trials by one figure, so it cannot weigh accuracy against another: "
                "choose tpe, random or grid"
            )
        if plan.method == "hyperband" and plan.steps < 2:
            raise TuningError("hyperband ends trials between epochs: give it 2 epochs or more")
        if plan.recipe.teacher is not None and plan.recipe.open_set:
            raise TuningError("a teacher knows digits alone: leave it out")
        size = plan.search_space.grid_size()
        if plan.method == "grid" and size > _MAX_GRID:
            raise TuningError(
                f"the grid has {size:,} points; give a --space with {_MAX_GRID:,} or fewer"
            )
        return plan

    @cached_property
    def search_space(self) -> Space:
        """The hyperparameters that are searched."""
        return Space(self.space, self.recipe)

    @property
    def steps(self) -> int:
        """How often a trial tells how it is getting on: after each epoch, or after each fold."""
        return self.epochs if self.folds == 1 else self.folds

    def most_trials(self, wanted: int) -> int:
        """Return how many trials there will be, where so many are wanted: a grid has an end."""
        return min(wanted, self.search_space.grid_size()) if self.method == "grid" else wanted

    def trial_recipe(self, params: dict[str, Any]) -> Recipe:
        """Return the recipe of a trial with these parameters.

        Raises:
            RecipeError: the parameters do not go together.
        """
        recipe = self.search_space.recipe(params)
        return recipe.model_copy(update={"epochs": self.epochs, "members": 1})
