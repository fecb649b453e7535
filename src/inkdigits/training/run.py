"""A run folder: what training was told, what it did, and what came of it."""

import hashlib
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from inkdigits._files import make_first_free, write_text
from inkdigits._text import shell_quoted
from inkdigits._version import __version__
from inkdigits.datasets import Dataset
from inkdigits.errors import RunError, reason, unfinished
from inkdigits.reading import ModelCard
from inkdigits.training.also import load_also, save_also
from inkdigits.training.history import Epoch, read_history
from inkdigits.training.recipe import Recipe

if TYPE_CHECKING:
    import keras

__all__ = ["Run"]

_MEASURED = {
    "accuracy",
    "loss",
    "test_accuracy",
    "temperature",
    "rejection_threshold",
    "parameters",
}


class Run:
    """One training run, in its folder.

    Args:
        folder: an existing run folder.

    Attributes:
        folder: where it is.
        recipe: what it was told.

    Raises:
        RunError: there is no run in the folder.
        RecipeError: its ``recipe.json`` is damaged.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        recipe = self.folder / "recipe.json"
        if not recipe.is_file():
            raise RunError(f"{self.folder} is no run folder: there is no recipe.json in it")
        self.recipe = Recipe.load(recipe)
        try:
            fields = json.loads(recipe.read_text(encoding="utf-8"))
            self._provenance = _Provenance.model_validate(fields.get("provenance"))
        except ValidationError as error:
            raise RunError(f"{recipe} does not say soundly where its run came from") from error

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str] | None,
        recipe: Recipe,
        dataset: Dataset,
        test: Dataset | None,
        also: Dataset | None = None,
    ) -> "Run":
        """Create the folder of a new run and write down all that is needed to repeat it.

        Args:
            folder: must not exist or be empty; by default the first of ``runs/<network>``,
                ``runs/<network>-2``, … that does not exist.
            recipe: what will be done; what its precision comes to here is written down.
            dataset: the training set.
            test: the test set, if there is one.
            also: further digits to learn from, which the folder keeps: nobody else may have them
                when the run is resumed.

        Raises:
            RunError: the folder exists with something in it, or cannot be made.
            OSError: the disk refuses.
        """
        from inkdigits.training.precision import POLICIES, settle_precision

        recipe = settle_precision(recipe)
        if recipe.teacher is not None:  # so that the run can be resumed from anywhere
            teacher = str(Path(recipe.teacher).resolve())
            recipe = recipe.model_copy(update={"teacher": teacher})
        teacher_sha256 = _sha256_of_teacher(recipe)
        path = _make_folder(folder, recipe)
        fields = recipe.model_dump(mode="json")
        fields["provenance"] = _Provenance(
            training_data=_identity(dataset),
            test_data=None if test is None else _identity(test),
            also=None if also is None else _identity(also),
            teacher_sha256=teacher_sha256,
            policy=POLICIES[recipe.precision],
            versions=_versions(),
            machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        ).model_dump()
        if also is not None:
            save_also(path, also)
        write_text(path / "recipe.json", json.dumps(fields, indent=2) + "\n")
        return cls(path)

    @property
    def model_path(self) -> Path:
        """The run's ``.onnx`` file."""
        return self.folder / "model.onnx"

    @property
    def history(self) -> list[Epoch]:
        """One row an epoch."""
        return read_history(self.folder / "history.csv")

    @property
    def finished(self) -> bool:
        """Whether training, measuring and exporting are done."""
        return (self.folder / "metrics.json").is_file()

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured at the end.

        Raises:
            RunError: the run is not finished, or the file is damaged.
        """
        path = self.folder / "metrics.json"
        if not self.finished:
            raise unfinished(self.folder)
        try:
            metrics = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} is damaged: {error}") from error
        if not isinstance(metrics, dict) or not set(metrics) >= _MEASURED:
            raise RunError(f"{path} is damaged: it lacks some of {', '.join(sorted(_MEASURED))}")
        return metrics

    def network(self) -> "keras.Model":
        """Return the trained Keras model: our architecture, rebuilt, with the run's weights.

        Raises:
            RunError: the run has no model, or not yet.
            ModelError: ``model.keras`` is damaged or of another network.
        """
        from inkdigits.networks import build
        from inkdigits.networks.saved import load_weights

        path = self.folder / "model.keras"
        if not path.is_file():
            if self.finished:
                raise RunError(f"{self.folder} is damaged: there is no model.keras in it any more")
            raise unfinished(self.folder)
        networks = [
            build(self.recipe.network, **self.recipe.options) for _ in range(self.recipe.members)
        ]
        network = self.average(networks)
        load_weights(network, path)
        return network

    def average(self, networks: "list[keras.Model]") -> "keras.Model":
        """Return the run's network, made of those of its members."""
        from inkdigits.networks import average

        if len(networks) == 1:
            return networks[0]
        return average(networks, open_set=self.recipe.open_set)

    def card(self, metrics: dict[str, Any]) -> ModelCard:
        """Return the card of the run's model.

        Args:
            metrics: what was measured of it.
        """
        data = [self._provenance.training_data]
        if self._provenance.also is not None:
            data.append(self._provenance.also)
        return ModelCard(
            name=self.recipe.network,
            version=self._provenance.versions.get("inkdigits", "unknown"),
            training_data=" + ".join(part.name for part in data),
            training_data_sha256="+".join(part.sha256 for part in data),
            test_accuracy=metrics["test_accuracy"],
            rejection_threshold=metrics["rejection_threshold"],
            parameters=metrics["parameters"],
            calibration=(
                f"temperature {metrics['temperature']:.4g}, folded into the last layer"
                if self.recipe.members == 1
                else "of each member by itself"
            ),
            open_set=self.recipe.open_set,
        )

    @property
    def data_paths(self) -> tuple[str | None, str | None]:
        """Where the training set and the test set were loaded from; `None` for MNIST or arrays."""
        data, test = self._provenance.training_data, self._provenance.test_data
        return data.path, None if test is None else test.path

    def load_also(self) -> Dataset | None:
        """Load the further digits that the run learns from, which its folder keeps.

        Returns:
            `None` where there are none.

        Raises:
            RunError: they are missing or damaged.
        """
        also = self._provenance.also
        return None if also is None else load_also(self.folder, also.name, also.sha256)

    def check_also(self, also: Dataset | None) -> None:
        """Make sure that these are the further digits that the run began with.

        Raises:
            RunError: they are others.
        """
        before = self._provenance.also
        now = None if also is None else also.fingerprint
        if (None if before is None else before.sha256) != now:
            raise RunError(f"{self.folder} began with other further digits to learn from")

    def check_data(self, dataset: Dataset, test: Dataset | None) -> None:
        """Make sure that these are the digits that the run began with, and the teacher still is.

        Raises:
            RunError: they are others.
        """
        provenance = self._provenance
        for option, role, before, given in (
            ("--data", "training", provenance.training_data, dataset),
            ("--test", "test", provenance.test_data, test),
        ):
            now = None if given is None else given.fingerprint
            if (None if before is None else before.sha256) != now:
                was = "none" if before is None else before.name
                raise RunError(
                    f"{self.folder} began with other {role} data ({was}); "
                    f"give the same with {option}"
                )
        if provenance.teacher_sha256 != _sha256_of_teacher(self.recipe):
            raise RunError(f"{self.folder} began with another teacher than {self.recipe.teacher}")


class _Data(BaseModel):
    """Which digits were used."""

    name: str
    digits: int
    sha256: str
    path: str | None


class _Provenance(BaseModel):
    """What a run adds to its recipe."""

    training_data: _Data
    test_data: _Data | None
    also: _Data | None = None
    teacher_sha256: str | None = None
    policy: str
    versions: dict[str, str]
    machine: str


def _sha256_of_teacher(recipe: Recipe) -> str | None:
    if recipe.teacher is None:
        return None
    teacher = Run(recipe.teacher)
    path = teacher.folder / "model.keras"
    # The weights alone do not say what they are the weights of.
    said = teacher.recipe.model_dump_json(include={"network", "options", "members", "simulate"})
    try:
        return hashlib.sha256(said.encode() + path.read_bytes()).hexdigest()
    except OSError as error:
        raise RunError(f"the teacher {path} cannot be read: {reason(error)}") from error


def _identity(dataset: Dataset) -> _Data:
    return _Data(
        name=dataset.name,
        digits=len(dataset),
        sha256=dataset.fingerprint,
        path=None if dataset.source is None else str(dataset.source.resolve()),
    )


def _versions() -> dict[str, str]:
    import cv2
    import keras
    import PIL

    backend = keras.backend.backend()
    module = __import__(backend)
    # The last three draw simulated marks.
    return {
        "inkdigits": __version__,
        "python": platform.python_version(),
        "keras": version("keras"),
        backend: str(module.__version__),
        "numpy": version("numpy"),
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
        "matplotlib": version("matplotlib"),
    }


def _make_folder(folder: str | os.PathLike[str] | None, recipe: Recipe) -> Path:
    path = Path("runs") / recipe.network if folder is None else Path(folder)
    try:
        if folder is None:
            return make_first_free(path)
        path.mkdir(parents=True)
    except FileExistsError as error:
        if not path.is_dir() or any(path.iterdir()):
            raise RunError(
                f"{path} exists already; choose another name, or go on with "
                f"inkdigits train --resume {shell_quoted(path)}"
            ) from error
    except OSError as error:
        raise RunError(f"the run folder {path} cannot be made: {reason(error)}") from error
    return path
