"""A recipe: everything that decides what training does, apart from the digits."""

import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from inkdigits._files import write_text
from inkdigits._text import abbreviated
from inkdigits.datasets import Dataset
from inkdigits.errors import RecipeError, import_extra, reason

__all__ = ["Augmentation", "Recipe", "Simulation", "recipe_names"]

_RECIPES = Path(__file__).parent / "recipes"
_MAX_BYTES = 1 << 20

_Count = Annotated[int, Field(ge=1, le=1_000_000)]
_Share = Annotated[float, Field(gt=0, lt=1)]


class Augmentation(BaseModel):
    """How far training images are bent, each by its own random amount up to these.

    Args:
        rotation: degrees, either way.
        shift: pixels, in each direction.
        zoom: share of the size, larger or smaller.
        shear: degrees, either way.
        elastic: standard deviation of the smooth random displacement, in pixels.
        thickness: how far strokes go towards one pixel thicker or thinner all round, 0 to 1.
        jitter: whole pixels, in each direction, by which a batch is moved as one. It costs next to
            nothing, where all the others take time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rotation: Annotated[float, Field(ge=0, le=180)] = 10.0
    shift: Annotated[float, Field(ge=0, le=14)] = 2.0
    zoom: Annotated[float, Field(ge=0, lt=1)] = 0.1
    shear: Annotated[float, Field(ge=0, lt=60)] = 8.0
    elastic: Annotated[float, Field(ge=0, le=5)] = 0.6
    thickness: Annotated[float, Field(ge=0, le=1)] = 0.4
    jitter: Annotated[int, Field(ge=0, le=14)] = 0

    @classmethod
    def parse(cls, text: str) -> "Augmentation":
        """Make one from ``standard``, from ``rotation=15,shift=3`` (and no more than that), or from
        both: ``standard,rotation=15``.

        Raises:
            RecipeError: an unknown name or an impossible value.
        """
        first, *_ = words = [word.strip() for word in text.split(",")]
        standard = first == "standard"
        fields: dict[str, Any] = {} if standard else dict.fromkeys(cls.model_fields, 0)
        for word in words[standard:]:
            name, equals, value = word.partition("=")
            if not equals:
                raise RecipeError(
                    f"augmentation {abbreviated(word)} is not known; give standard, or NAME=AMOUNT "
                    f"with the names {', '.join(cls.model_fields)}"
                )
            fields[name] = value
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise RecipeError(_explain(error, "augmentation")) from error


class Simulation(BaseModel):
    """What is simulated beside the digits of the data set, so that a network reads real pictures.

    Args:
        originals: how many times each digit comes as it is.
        copies: how many times it is drawn anew, with another pen by another hand.
        negatives: marks that are no digit, for each digit. The network must give logits. With 0
            it learns other hands and pens, but takes every mark for a digit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    originals: Annotated[int, Field(ge=1, le=20)] = 2
    copies: Annotated[int, Field(ge=0, le=20)] = 2
    negatives: Annotated[float, Field(ge=0, le=10)] = 1.5


class Recipe(BaseModel):
    """What to train and how. The defaults are the reference CNN's.

    Args:
        network: name of one of the networks that ``inkdigits models`` lists.
        options: of that network.
        epochs: passes over the fitting part.
        batch: images a step.
        optimizer: Keras' name of one, or ``muon``.
        learning_rate: the highest, if the schedule changes it.
        schedule: ``constant``; ``cosine``, down to nothing; ``one-cycle``, up for the first 30 % of
            the steps and down to nothing in the rest.
        weight_decay: of the optimizers that have it.
        label_smoothing: share of the probability that is spread over all digits; the losses in the
            history then include it.
        ema: momentum of the moving average of the weights; 0 for none. With one, the averaged
            weights are those that are validated and kept.
        validation: share of the training set to validate on.
        patience: stop after so many epochs without a lower validation loss, and keep the weights of
            the best epoch; `None` to go through all epochs and keep the last.
        augment: how to bend the training images; `None` not to.
        simulate: what to simulate beside the digits; `None` nothing.
        precision: ``float32``, ``bfloat16`` (mixed: weights stay float32), or ``auto``, bfloat16
            where the processor computes in it.
        steps_per_execution: training steps in one compiled loop, between two looks at the progress;
            1 under PyTorch.
        threads: that TensorFlow uses for one operation; `None` for all processors. A small network
            trains faster with one: waking others takes as long as the work. It only counts if it is
            said before TensorFlow starts, as ``inkdigits train`` does.
        teacher: folder of a finished run whose network to learn from, beside the labels: it is
            asked about every image that the network sees. An ensemble can so become one network.
            The losses in the history then include what it costs to differ from the teacher, but
            those of the validation do not.
        members: networks to train, each with its own seed from `seed` on; of several, the mean of
            their probabilities is what is measured and exported.
        seed: of the initial weights, the order of the images, dropout, augmentation, simulation.
            The split is always the same, so that networks with other seeds can be compared, and
            averaged, on digits that none of them was fitted to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: str = "reference"
    options: dict[str, Any] = Field(default_factory=dict)
    epochs: _Count = 12
    batch: _Count = 128
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop", "muon"] = "adam"
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.001
    schedule: Literal["constant", "cosine", "one-cycle"] = "cosine"
    weight_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    validation: _Share = 0.1
    patience: _Count | None = None
    augment: Augmentation | None = None
    simulate: Simulation | None = None
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    steps_per_execution: _Count = 16
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    teacher: str | None = None
    members: Annotated[int, Field(ge=1, le=100)] = 1
    seed: Annotated[NonNegativeInt, Field(lt=2**32)] = 0

    @property
    def open_set(self) -> bool:
        """Whether the network learns that there are marks that are no digit."""
        return self.simulate is not None and self.simulate.negatives > 0

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Recipe":
        """Make a recipe from plain values.

        Raises:
            RecipeError: an unknown field or an impossible value, named.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise RecipeError(_explain(error)) from error

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Recipe":
        """Load a recipe from a ``.toml`` or ``.json`` file; a run's ``recipe.json`` is one.

        Args:
            path: of the file, or the name of a recipe that comes with InkDigits.

        Raises:
            RecipeError: missing, unreadable, larger than 1 MiB, neither format, or not a recipe.
        """
        path = Path(path)
        if str(path) in recipe_names():
            path = _RECIPES / f"{path}.toml"
        try:
            with path.open("rb") as file:  # which may have no end
                content = file.read(_MAX_BYTES + 1)
            if len(content) > _MAX_BYTES:
                raise RecipeError(f"{path} is larger than {_MAX_BYTES >> 20} MiB, as no recipe is")
            text = content.decode("utf-8")
            fields = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        except FileNotFoundError as error:
            known = ", ".join(recipe_names())
            raise RecipeError(
                f"there is no recipe {path}; those with a name are {known}"
            ) from error
        except OSError as error:
            raise RecipeError(f"{path} cannot be read: {reason(error)}") from error
        except (ValueError, RecursionError) as error:  # ValueError: of text that is not UTF-8, too
            kind = "TOML" if path.suffix == ".toml" else "JSON"
            raise RecipeError(f"{path} is not sound {kind}: {error}") from error
        if not isinstance(fields, dict):
            raise RecipeError(f"{path} is not a recipe: it holds no fields")
        fields.pop("provenance", None)  # what a run adds to its recipe
        try:
            return cls.of(fields)
        except RecipeError as error:
            raise RecipeError(f"{path}: {error}") from error

    def split(self, dataset: Dataset) -> tuple[Dataset, Dataset]:
        """Split a data set into the part to fit and the part to validate on, whatever the seed.

        Raises:
            DataError: no labels, or too few images of a digit to have it in both parts.
        """
        return dataset.split(self.validation, seed=0)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the recipe to a ``.toml`` or ``.json`` file.

        Raises:
            OSError: the file cannot be written; what stood there still stands.
        """
        path = Path(path)
        fields = self.model_dump(mode="json", exclude_none=True)
        if path.suffix == ".toml":
            toml = import_extra("tomli_w")
            write_text(path, toml.dumps(fields))
        else:
            write_text(path, json.dumps(fields, indent=2) + "\n")


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with InkDigits, sorted."""
    return sorted(file.stem for file in _RECIPES.glob("*.toml"))


def _explain(error: ValidationError, what: str = "recipe") -> str:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        parts: dict[str, type[BaseModel]] = {"augment": Augmentation, "simulate": Simulation}
        whole = Augmentation if what == "augmentation" else Recipe
        known = parts.get(str(first["loc"][0]), whole).model_fields
        article = "an" if what == "augmentation" else "a"
        return f"{article} {what} has no field {abbreviated(field)}; there are {', '.join(known)}"
    return f"the {what}'s {field} cannot be {abbreviated(first['input'])}: {first['msg'].lower()}"
