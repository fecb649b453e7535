"""Read handwritten digits, and train the networks that read them.

Everything here is loaded on first use, so that ``import inkdigits`` stays instant and reading a
picture never imports Keras.
"""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy
from inkdigits._version import __version__

if TYPE_CHECKING:
    from inkdigits.datasets import (
        Dataset,
        add_channel,
        load,
        load_mnist,
        load_parts,
        one_hot,
        scale,
    )
    from inkdigits.errors import (
        ClusterError,
        DataError,
        FeedbackError,
        InkDigitsError,
        MissingExtraError,
        ModelError,
        PictureError,
        RecipeError,
        RunError,
        ServiceError,
        TuningError,
    )
    from inkdigits.evaluation import Evaluation, evaluate
    from inkdigits.export import export_onnx
    from inkdigits.networks import build
    from inkdigits.reading import Digit, Outcome, Reader, Reading
    from inkdigits.training import Augmentation, Recipe, Run, Simulation, resume, train

__all__ = [
    "Augmentation",
    "ClusterError",
    "DataError",
    "Dataset",
    "Digit",
    "Evaluation",
    "FeedbackError",
    "InkDigitsError",
    "MissingExtraError",
    "ModelError",
    "Outcome",
    "PictureError",
    "Reader",
    "Reading",
    "Recipe",
    "RecipeError",
    "Run",
    "RunError",
    "ServiceError",
    "Simulation",
    "TuningError",
    "__version__",
    "add_channel",
    "build",
    "evaluate",
    "export_onnx",
    "load",
    "load_mnist",
    "load_parts",
    "one_hot",
    "resume",
    "scale",
    "train",
]

__getattr__ = lazy(
    __name__,
    {
        "Augmentation": "training",
        "ClusterError": "errors",
        "DataError": "errors",
        "Dataset": "datasets",
        "Digit": "reading",
        "Evaluation": "evaluation",
        "FeedbackError": "errors",
        "InkDigitsError": "errors",
        "MissingExtraError": "errors",
        "ModelError": "errors",
        "Outcome": "reading",
        "PictureError": "errors",
        "Reader": "reading",
        "Reading": "reading",
        "Recipe": "training",
        "RecipeError": "errors",
        "Run": "training",
        "RunError": "errors",
        "ServiceError": "errors",
        "Simulation": "training",
        "TuningError": "errors",
        "add_channel": "datasets",
        "build": "networks",
        "evaluate": "evaluation",
        "export_onnx": "export",
        "load": "datasets",
        "load_mnist": "datasets",
        "load_parts": "datasets",
        "one_hot": "datasets",
        "resume": "training",
        "scale": "datasets",
        "train": "training",
    },
)


def __dir__() -> list[str]:
    return __all__
