"""What can go wrong in a way that the caller can mend.

Every message is one plain sentence that names the thing and the way out; the command line prints it
as it stands.
"""

import importlib
import os
from types import ModuleType

from inkdigits._text import shell_quoted

__all__ = [
    "ClusterError",
    "DataError",
    "FeedbackError",
    "InkDigitsError",
    "MissingExtraError",
    "ModelError",
    "PictureError",
    "RecipeError",
    "RunError",
    "ServiceError",
    "TuningError",
    "import_extra",
    "missing_extra",
    "reason",
    "unfinished",
]


class InkDigitsError(Exception):
    """Base of every error that InkDigits raises on purpose."""


class DataError(InkDigitsError):
    """A data set that cannot be read, or whose images and labels do not fit together."""


class PictureError(InkDigitsError):
    """A picture that cannot be decoded, or that is past the limits."""


class RecipeError(InkDigitsError):
    """A recipe, network name or network option that does not exist or has an impossible value."""


class RunError(InkDigitsError):
    """A run folder that exists already, is not one, or is damaged."""


class ModelError(InkDigitsError):
    """A model file that is missing, damaged, foreign or not trusted."""


class FeedbackError(InkDigitsError):
    """A database of corrections that cannot be reached, or a correction that cannot be kept."""


class ServiceError(InkDigitsError):
    """A service that cannot start, or a model that is not put in service."""


class TuningError(InkDigitsError):
    """A search space or study that is not sound, or that cannot be gone on with."""


class ClusterError(InkDigitsError):
    """A cluster that cannot be reached, or a source or destination that it cannot read or write."""


class MissingExtraError(InkDigitsError):
    """An optional part of InkDigits that is not installed."""


def reason(error: OSError) -> str:
    """Say why the system refused, without the error number and path that ``str`` adds."""
    return error.strerror or str(error) or type(error).__name__


def unfinished(run: str | os.PathLike[str]) -> RunError:
    """Say that a run is not finished, and what finishes it."""
    return RunError(f"{run} is not finished: inkdigits train --resume {shell_quoted(run)}")


def import_extra(module: str) -> ModuleType:
    """Import a module that one of the install extras brings.

    Raises:
        MissingExtraError: it is not installed; the message is the ``pip`` line to type.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise missing_extra(error) or error from None


def missing_extra(error: ModuleNotFoundError) -> MissingExtraError | None:
    """Say what brings the module that was not found; `None` if it is none of ours."""
    name = (error.name or "").split(".", 1)[0]
    if name not in _BROUGHT_BY:
        return None
    return MissingExtraError(
        f"this needs {name}, which is not installed: pip install {_BROUGHT_BY[name]}"
    )


_TRAINING = (
    "keras",
    "matplotlib",
    "onnx",
    "tensorboardX",
    "tensorflow",
    "tf2onnx",
    "tomli_w",
)
_SERVING = (
    "alembic",
    "fastapi",
    "filelock",  # the other extra brings it, too, but is much larger
    "limits",
    "platformdirs",
    "prometheus_client",
    "pydantic_settings",
    "pythonjsonlogger",
    "sqlalchemy",
    "uvicorn",
)
_BROUGHT_BY = {
    **dict.fromkeys(_SERVING, '"inkdigits[serve]"'),
    **dict.fromkeys(_TRAINING, '"inkdigits[train]"'),
    "pg8000": '"inkdigits[postgres]"',
    "optuna": '"inkdigits[tune]"',
    "ray": '"inkdigits[ray]"',
    "ai_edge_litert": '"inkdigits[tflite]"',
    "pyarrow": '"inkdigits[parquet]"',
    "pillow_heif": '"inkdigits[heic]"',
    "pypdfium2": '"inkdigits[pdf]"',
    "jax": "jax",  # which KERAS_BACKEND may name, and no extra brings
    "torch": "torch",
}
